"""Every stored figure of a period held against what the captures say, and what differs.

Posts and readings, days of followers and of APPs, platforms' own totals and boards of providers, account-days and
account-months. What can't be reckoned anew, since a capture is lost or can't be parsed any more, is taken as it is
stored and counted apart: it is neither right nor wrong.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock
from core.clock import Month
from core.db import chunks
from core.labels import KNOWN_STATES
from core.models import (
    COUNTER_NAMES,
    Account,
    AccountDay,
    AccountMonth,
    AppReading,
    BoardReading,
    Capture,
    Coverage,
    DailyReading,
    Dirty,
    FollowerReading,
    Post,
    Reading,
    Source,
)
from core.months import AT, FIGURES, SUMS, unpack
from core.recheck import captured, days, known, lines
from core.recheck.captured import Facts, Parsers
from core.recheck.findings import Finding
from core.recheck.lines import Flaw, Held, Moment, Seen


@dataclass(frozen=True, slots=True)
class Verdict:
    """`figures`: how many stored figures were reckoned anew and held against what is stored · `wrong` of them differ ·
    `trusted`: figures taken as they are, since a capture of theirs is lost or can't be parsed · `captures`, `size`: how
    many were read, of how many bytes · `waiting`: account-days of the period that are still to be rolled up · `counts`:
    account id → figures, wrong, trusted."""

    figures: int
    wrong: int
    trusted: int
    findings: tuple[Finding, ...]
    captures: int
    size: int
    waiting: int
    counts: Mapping[int, Sequence[int]]

    @property
    def accuracy(self) -> float | None:
        """Share of the figures that are as the captures say; None where nothing could be reckoned anew."""
        return (self.figures - self.wrong) / self.figures if self.figures else None


def verify(
    session: Session, first: date, last: date, parsers: Parsers, *, accounts: Sequence[int] = (),
    told: Callable[[int, int], object] = lambda done, total: None, also: Callable[[Facts], object] = lambda facts: None,
) -> Verdict:
    """Everything stored of a period; of all accounts, or of these (ids). `also` is given what the captures say. Use
    `db.snapshot`."""
    query = select(Account.platform, Account.external_id, Account.id)
    own = {(platform, external_id): id_ for platform, external_id, id_ in session.execute(query).all()
           if not accounts or id_ in accounts}
    facts = captured.facts(session, own, first, last, parsers, told)
    also(facts)
    return _Check(session, facts, sorted(own.values()), first, last).run()


class _Check:
    """One verification under way."""

    def __init__(self, session: Session, facts: Facts, accounts: Sequence[int], first: date, last: date):
        self.session, self.facts, self.accounts = session, facts, accounts
        self.first, self.last = first, last
        self.blind = facts.blind
        self.counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        self.findings: list[Finding] = []
        self.told: dict[tuple[int, date], list[days.Told]] = defaultdict(list)
        self.levels: dict[tuple[int, date], Mapping[str, Any]] = {}
        self.waiting = self._waiting()

    def run(self) -> Verdict:
        self._captures()
        self._posts()
        for what in _DAYS:
            self._days(what)
        self._account_days()
        self._known()
        figures, wrong, trusted = (sum(mine[place] for mine in self.counts.values()) for place in range(3))
        return Verdict(figures, wrong, trusted, tuple(self.findings), self.facts.read, self.facts.size,
                       len(self.waiting), dict(self.counts))

    def _count(self, account: int, figures: int = 0, wrong: int = 0, trusted: int = 0) -> None:
        mine = self.counts[account]
        for place, number in enumerate((figures, wrong, trusted)):
            mine[place] += number

    def _known(self) -> None:
        until = clock.instant(self.last + timedelta(1)) + captured.REACH
        tally = known.check(self.session, self.facts, self.accounts, self.first, self.last, until)
        for account, numbers in tally.counts.items():
            self._count(account, *numbers)
        self.findings += tally.findings

    def _waiting(self) -> set[tuple[int, date]]:
        """Account-days of the period that are still to be rolled up."""
        mine = set(self.accounts)
        return {(a, d) for a, d in self.session.execute(select(Dirty.account_id, Dirty.day).where(
            Dirty.day.between(self.first, self.last))).all() if a in mine}

    def _captures(self) -> None:
        whose = self._owners()
        for kind, found in (("lost", self.facts.lost), ("unread", self.facts.unread)):
            for id_, why in found.items():
                self.findings.append(Finding("capture", (id_,), kind, whose.get(id_), None, {}, {}, id_, note=why))

    def _owners(self) -> dict[int, int]:
        """The accounts of the captures that can't be read, of those that are about one."""
        found: dict[int, int] = {}
        query = select(Capture.id, Capture.meta, Source.account_id).outerjoin(Source, Source.id == Capture.source_id)
        for part in chunks(sorted(self.blind)):
            for id_, meta, account in self.session.execute(query.where(Capture.id.in_(part))):
                if account or (account := meta.get("account_id")):
                    found[id_] = account
        return found

    # --- Posts and their readings

    def _posts(self) -> None:
        stored: dict[tuple[int, str], Any] = {}
        readings: dict[int, list[Held]] = defaultdict(list)
        columns = (Post.id, Post.account_id, Post.external_id, Post.day, Post.published_at, Post.timed, Post.title,
                   Post.url, Post.kind, Post.position, Post.push_id, Post.original, Post.capture_id, Post.locator)
        for part in chunks(self.accounts):
            meant = (Post.account_id.in_(part), Post.day.between(self.first, self.last))
            for row in self.session.execute(select(*columns).where(*meant)):
                stored[row.account_id, row.external_id] = row
            names = [(name, f"{name}_slack") for name in COUNTER_NAMES]
            query = select(Reading.post_id, Reading.id, Reading.observed_at, Reading.capture_id, Reading.day,
                           *(getattr(Reading, column) for pair in names for column in pair)
                           ).join(Post, Post.id == Reading.post_id).where(*meant)
            for post_id, id_, at, capture, day, *values in self.session.execute(query):
                told = {name: (values[2 * n], values[2 * n + 1]) for n, name in enumerate(COUNTER_NAMES)
                        if values[2 * n] is not None}
                readings[post_id].append(Held(id_, at, told, capture, day))
        for key in {*stored, *self.facts.posts}:
            self._post(key, stored.get(key), readings)

    def _post(self, key: tuple[int, str], row: Any, readings: Mapping[int, list[Held]]) -> None:
        said = self.facts.posts.get(key, [])
        own = readings.get(row.id, []) if row is not None else []
        if row is not None and (row.capture_id in self.blind):
            expected = {name: getattr(row, name) for name in _TOLD}
            self._count(key[0], trusted=len(_TOLD))
        elif not said:
            self._count(key[0], figures=1, wrong=1)
            self.findings.append(Finding("post", (row.id,), "invented", key[0], row.day, {"title": row.title}, {},
                                         row.capture_id, row.locator))
            return
        else:
            expected = _expected_post(said)
            self._count(key[0], figures=1)
            if row is None:
                self._count(key[0], wrong=1)
                self.findings.append(Finding("post", key, "dropped", key[0], clock.day_of(expected["published_at"]), {},
                                             {"title": expected["title"]}, said[-1][0][0], said[-1][1].locator))
            else:
                self._compare_post(row, expected, said)
        trusted = [held for held in own if held.capture in self.blind]
        seen = [*self.facts.readings.get(key, []), *(_as_seen(held) for held in trusted)]
        known = lines.moments(seen)
        if row is not None:
            self._line("reading", (row.id,), known, own, trusted, key[0], row.day)
        day = clock.day_of(expected["published_at"])
        self.told[key[0], day].append(days.Told(
            expected["push_id"], expected["position"], expected["original"],
            [(moment.day, moment.state) for moment in known]))

    def _compare_post(self, row: Any, expected: Mapping[str, Any], said: Sequence) -> None:
        stored = {name: getattr(row, name) for name in _TOLD}
        stored["day"] = row.day
        wanted = {**expected, "day": clock.day_of(expected["published_at"])}
        if stored != wanted:
            self._count(row.account_id, wrong=1)
            self.findings.append(Finding(
                "post", (row.id,), "altered", row.account_id, row.day, lines.differing(stored, wanted),
                lines.differing(wanted, stored), row.capture_id, row.locator))

    def _line(self, what: str, of: tuple, known: Sequence[Moment], own: Sequence[Held], trusted: Sequence[Held],
              account: int, day: date) -> None:
        """A line of rows; `of`: what it is of, as a key."""
        taken = sum(len(held.values) for held in trusted)
        self._count(account, figures=sum(len(held.values) for held in own) - taken, trusted=taken)
        for flaw in lines.flaws(known, own):
            self._flaw(what, of, flaw, account, day)

    def _flaw(self, what: str, of: tuple, flaw: Flaw, account: int, day: date) -> None:
        self._count(account, figures=len(flaw.expected) if flaw.kind == "dropped" else 0,
                    wrong=max(len(flaw.stored), len(flaw.expected), 1))
        self.findings.append(Finding(
            what, (flaw.row,) if flaw.row is not None else (*of, flaw.at), flaw.kind, account, day, flaw.stored,
            flaw.expected, flaw.seen.order[0] if flaw.seen else None, flaw.seen.locator if flaw.seen else ""))

    # --- Days

    def _days(self, what: str) -> None:
        table, keys, values = _DAYS[what]
        stored: dict[tuple, list[Held]] = defaultdict(list)
        columns = [column.name for column in table.__table__.columns]
        for part in chunks(self.accounts):
            for row in self.session.execute(select(*table.__table__.columns).where(
                    table.account_id.in_(part), table.day.between(self.first, self.last))):
                held = dict(zip(columns, row, strict=True))
                key = (what, *(held[name] for name in keys))
                stored[key].append(Held(held["id"], held["observed_at"], values(held), held["capture_id"]))
        for key in {*stored, *(key for key in self.facts.days if key[0] == what)}:
            own = stored.get(key, [])
            trusted = [held for held in own if held.capture in self.blind]
            known = lines.moments([*self.facts.days.get(key, []), *(_as_seen(held) for held in trusted)])
            account, day = key[1], key[-1]
            self._line(what, key[1:], known, own, trusted, account, day)
            if what == "followers" and known:
                self.levels[account, day] = known[-1].state

    # --- Account-days and months

    def _account_days(self) -> None:
        columns = [c.name for c in AccountDay.__table__.columns if c.name not in ("account_id", "basis", "day")]
        stored: dict[tuple[int, str, date], Mapping[str, Any]] = {}
        for part in chunks(self.accounts):
            for row in self.session.execute(select(AccountDay.__table__).where(
                    AccountDay.account_id.in_(part), AccountDay.day.between(self.first, self.last))).mappings():
                stored[row["account_id"], row["basis"], row["day"]] = {name: row[name] for name in columns}
        expected: dict[tuple[int, str, date], Mapping[str, Any]] = {}
        for account, day in {*self.told, *self.levels}:
            for basis in ("latest", "d7"):
                row = days.totals(day, basis, self.told.get((account, day), []), self.levels.get((account, day)))
                if row is not None:
                    expected[account, basis, day] = row
        for key in sorted({*stored, *expected}):
            if (key[0], key[2]) not in self.waiting:
                self._total("day", key, key[2], stored.get(key), expected.get(key))
        self._account_months(expected)

    def _total(self, what: str, key: tuple, day: date, stored: Mapping[str, Any] | None,
               expected: Mapping[str, Any] | None) -> None:
        self._count(key[0], figures=len(stored or expected or ()))
        if stored == expected:
            return
        kind = "altered" if stored and expected else "invented" if stored else "dropped"
        one, other = lines.differing(stored or {}, expected or {}), lines.differing(expected or {}, stored or {})
        self._count(key[0], wrong=len(one))
        self.findings.append(Finding(what, key, kind, key[0], day, one, other))

    def _account_months(self, expected: Mapping[tuple[int, str, date], Mapping[str, Any]]) -> None:
        """Months that lie in the period whole."""
        month = Month.of(self.first)
        if month.first < self.first:
            month = month.shift(1)
        while month.last <= self.last:
            self._month(month, expected)
            month = month.shift(1)

    def _month(self, month: Month, expected: Mapping[tuple[int, str, date], Mapping[str, Any]]) -> None:
        covered: dict[int, set[date]] = defaultdict(set)
        stored: dict[tuple[int, str], tuple[bytes, str]] = {}
        for part in chunks(self.accounts):
            for account, day in self.session.execute(select(Coverage.account_id, Coverage.day).where(
                    Coverage.account_id.in_(part), Coverage.day.between(month.first, month.last),
                    Coverage.state.in_(KNOWN_STATES))):
                covered[account].add(day)
            for account, basis, figures, by_day in self.session.execute(select(
                    AccountMonth.account_id, AccountMonth.basis, AccountMonth.figures, AccountMonth.by_day).where(
                    AccountMonth.account_id.in_(part), AccountMonth.month == month.first)):
                stored[account, basis] = figures, by_day
        waiting = {account for account, day in self.waiting if month.first <= day <= month.last}
        mine: dict[tuple[int, str], dict[date, Mapping[str, Any]]] = defaultdict(dict)
        for (account, basis, day), row in expected.items():
            if month.first <= day <= month.last:
                mine[account, basis][day] = row
        for account in self.accounts:
            if account in waiting:
                continue
            for basis in ("latest", "d7"):
                wanted = _month_of(month, mine.get((account, basis), {}), mine.get((account, "latest"), {}),
                                   covered.get(account, set()))
                held = stored.get((account, basis))
                if held is None and wanted is None:
                    continue
                self._total("month", (account, basis, month.first), month.first,
                            None if held is None else _unpacked(*held), wanted)


def _month_of(month: Month, rows: Mapping[date, Mapping[str, Any]], latest: Mapping[date, Mapping[str, Any]],
              covered: set[date]) -> dict[str, Any] | None:
    """The row of account_month that these days make, of all figures; None where nothing is known."""
    posts = {day: row["posts"] for day, row in latest.items() if row["posts"]}
    known = {*covered, *posts}
    levels = [(day, row) for day, row in sorted(latest.items()) if row["followers"] is not None]
    if not known and not levels:
        return None
    found: dict[str, Any] = dict.fromkeys(FIGURES)
    for name in SUMS:
        values = [row[name] for row in rows.values() if row[name] is not None]
        if values:
            found[name] = max(values) if name.endswith("_max") else sum(values)
    found["known"] = len(known)
    for prefix, (day, row) in zip(("first_", ""), (levels[0], levels[-1]) if levels else (), strict=False):
        found |= {f"{prefix}followers": row["followers"], f"{prefix}followers_slack": row["followers_slack"],
                  f"{prefix}followers_day": day.toordinal()}
    found["by_day"] = ",".join(str(posts.get(day, 0)) if day in known else "" for day in clock.days(
        month.first, month.last))
    return {name: value for name, value in found.items() if value is not None}


def _unpacked(figures: bytes, by_day: str) -> dict[str, Any]:
    row = unpack([figures])[0]
    return {name: int(row[at]) for name, at in AT.items() if row[at] != -1} | {"by_day": by_day}


# --- What rows say --------------------------------------------------------------------------------------------------

_TOLD = ("published_at", "timed", "title", "url", "kind", "position", "push_id", "original")
"""What is held of a post beside its counters."""
_FIRST = ("title", "url", "kind", "position", "push_id", "original")


def _expected_post(said: Sequence[tuple[tuple[int, int], Any]]) -> dict[str, Any]:
    """What a post is, from all that was said of it: of each answer its last word, of several answers the first that
    has one; the hour as soon as one tells it, if it is of the same day."""
    answers: dict[int, list[Any]] = defaultdict(list)
    for order, record in sorted(said, key=lambda one: one[0]):
        answers[order[0]].append(record)
    found: dict[str, Any] = dict.fromkeys(_FIRST)
    published, timed = None, False
    for records in answers.values():
        for name in _FIRST:
            if found[name] in ("", None):
                value = next((v for r in reversed(records) if (v := getattr(r, name)) not in ("", None)), None)
                found[name] = getattr(records[-1], name) if value is None else value
        told = next((r for r in reversed(records) if r.timed), None)
        if published is None:
            published, timed = (told or records[-1]).published_at, told is not None
        elif told is not None and not timed and clock.day_of(told.published_at) == clock.day_of(published):
            published, timed = told.published_at, True
    return {"published_at": published, "timed": timed, **found}


def _as_seen(held: Held) -> Seen:
    """A stored row whose capture can't be read, taken as it is."""
    return Seen(held.at, (held.capture or 0, 0), held.values, day=clock.day_of(held.at))


def _followers(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {"new": row["new"], "lost": row["lost"]}
    if row["followers"] is not None:
        found["followers"] = row["followers"], row["followers_slack"]
    return _known(found)


def _app(row: Mapping[str, Any]) -> dict[str, Any]:
    return _known({name: row[name] for name in captured.APP})


def _daily(row: Mapping[str, Any]) -> dict[str, Any]:
    return _known({"posts": row["posts"]} | {f"figures.{name}": value for name, value in row["figures"].items()})


def _board(row: Mapping[str, Any]) -> dict[str, Any]:
    return _known({"value": row["value"], "place": row["place"]} | {
        f"figures.{name}": value for name, value in row["figures"].items()})


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_DAYS: dict[str, tuple[Any, tuple[str, ...], Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "followers": (FollowerReading, ("account_id", "day"), _followers),
    "app": (AppReading, ("account_id", "day"), _app),
    "daily": (DailyReading, ("account_id", "day"), _daily),
    "board": (BoardReading, ("account_id", "provider", "index", "period", "day"), _board),
}


def names(session: Session, findings: Sequence[Finding]) -> dict[int, str]:
    """Names of the accounts that are meant."""
    ids = sorted({one.account_id for one in findings if one.account_id is not None})
    return {id_: name for part in chunks(ids) for id_, name in session.execute(
        select(Account.id, Account.name).where(Account.id.in_(part)))}
