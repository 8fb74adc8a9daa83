"""What is known of each account on each day, and what stands behind a cell: runs, posts, what was set aside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Select, func, or_, select
from sqlmodel import Session

from core import clock, labels
from core.clock import days
from core.metrics.growth import share
from core.models import (
    Account,
    AccountDay,
    Capture,
    Coverage,
    FollowerReading,
    Platform,
    Post,
    Reading,
    Rejected,
    Run,
    Source,
    Unit,
)
from core.notices import serves_platform
from core.query import posts, totals
from core.query.scope import Filter

GAPS = ("failed", "expired", "unknown", "pending")
"""States in which something is lacking that a source should have brought, the gravest first."""
OUTSIDE = ""
"""The account did not exist on that day, or the day has not come: it counts nowhere."""
RUNS_SHOWN = 200
_HOW = {
    "collected": "当日数据已采集。", "zero": "来源已确认当日没有发布。",
    "pending": "平台尚未公布当日数据，稍后自动再取。",
    "failed": "当日采集失败，且此后没有补采到。", "expired": "授权失效，当日没有采集到。",
    "unknown": "有采集源，但没有记录能说明当日是否有发布。", "due": "今天尚未采集到，稍后可能到达。",
    OUTSIDE: "当日账号尚未开通、已经关闭，或日期未到，不计入覆盖率。",
}


def sources_of(session: Session, account: Account) -> list[Source]:
    """The sources that bring an account's figures, those that are switched off included."""
    query = select(Source).where(or_(
        Source.account_id == account.id, Source.account_id.is_(None) & (Source.platform == account.platform),
    )).order_by(Source.account_id.is_(None), Source.id)
    return [s for s in session.execute(query).scalars() if s.account_id is not None or serves_platform(s)]


# --- The calendar ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calendar:
    """Account × day, the account with most gaps first.

    `accounts`: account_id, name, platform, platform_name, unit, expected (days that count), covered (of them known),
    gaps (of them in one of GAPS), unmonitored, share (covered of expected, None where none counts), states (one for
    each of `days`; labels.COVERAGE or OUTSIDE).
    """

    days: tuple[date, ...]
    accounts: pd.DataFrame

    @property
    def expected(self) -> int:
        return int(self.accounts["expected"].sum())

    @property
    def covered(self) -> int:
        return int(self.accounts["covered"].sum())

    @property
    def gaps(self) -> int:
        return int(self.accounts["gaps"].sum())

    @property
    def share(self) -> float | None:
        return share(self.covered, self.expected)

    def states(self) -> dict[str, int]:
        """Account-days of each state, in the order of labels.COVERAGE; those that occur."""
        found = Counter(state for states in self.accounts["states"] for state in states)
        return {state: found[state] for state in labels.COVERAGE if found[state]}

    def platforms(self) -> pd.DataFrame:
        """The same figures by platform, the least covered first: platform_name, accounts, expected, covered, gaps,
        unmonitored, share."""
        numbers = ["expected", "covered", "gaps", "unmonitored"]
        found = self.accounts.groupby("platform_name", sort=False)[numbers].sum().reset_index()
        found["accounts"] = [int((self.accounts["platform_name"] == name).sum()) for name in found["platform_name"]]
        found["share"] = [share(int(c), int(e)) for c, e in zip(found["covered"], found["expected"], strict=True)]
        return found.sort_values(["share", "platform_name"], kind="stable").reset_index(drop=True)

    def lacking(self) -> pd.DataFrame:
        """The accounts of which some day is not known."""
        return self.accounts[self.accounts["covered"] < self.accounts["expected"]].reset_index(drop=True)

    def cells(self, accounts: pd.DataFrame, last: int) -> pd.DataFrame:
        """The last so many days of these accounts as a chart takes them: id, row, day, state, text (tooltip)."""
        kept = range(max(len(self.days) - last, 0), len(self.days))
        owned = accounts.to_dict("records")
        called = Counter(f"{row['name']}·{row['platform_name']}" for row in owned)
        rows = []
        for row in owned:
            name = f"{row['name']}·{row['platform_name']}"
            name += f"（{row['account_id']}）" if called[name] > 1 else ""  # two accounts may bear one name
            known = f"覆盖率 {row['covered'] / row['expected']:.0%}" if row["expected"] else ""
            text = " · ".join(filter(None, (row["platform_name"], row["unit"], known)))
            rows += [
                {"id": row["account_id"], "row": name, "day": self.days[n], "state": row["states"][n], "text": text}
                for n in kept if row["states"][n] != OUTSIDE
            ]
        return pd.DataFrame(rows, columns=["id", "row", "day", "state", "text"])


def calendar(session: Session, where: Filter, today: date) -> Calendar:
    """The calendar of the accounts in scope; `today` is the Shanghai date."""
    span = tuple(days(where.start, where.end))
    states = _states(session, totals.meant(session, where), span, today)
    query = (
        select(
            Account.id.label("account_id"), Account.name, Account.platform, Platform.name.label("platform_name"),
            Unit.name.label("unit"), Platform.sort,
        )
        .join(Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(totals.meant(session, where)))
    )
    rows = []
    for row in session.execute(query).mappings():
        mine = states[row["account_id"]]
        tally = Counter(mine)
        expected = len(span) - tally[OUTSIDE]
        covered = sum(tally[state] for state in labels.KNOWN_STATES)
        rows.append(dict(row) | {
            "unit": row["unit"] or "", "expected": expected, "covered": covered,
            "gaps": sum(tally[state] for state in GAPS), "unmonitored": tally["unmonitored"],
            "share": share(covered, expected), "states": tuple(mine),
        })
    rows.sort(key=lambda r: (-r["gaps"], -r["unmonitored"], r["sort"], r["name"], r["account_id"]))
    return Calendar(span, pd.DataFrame(rows, columns=[
        "account_id", "name", "platform", "platform_name", "unit", "expected", "covered", "gaps", "unmonitored",
        "share", "states",
    ]))


def _states(session: Session, ids: Select, span: Sequence[date], today: date) -> dict[int, list[str]]:
    """The state of each day of each account; a post outweighs whatever else was said of its day."""
    place = {day: n for n, day in enumerate(span)}
    said: dict[int, dict[int, str]] = {}
    covered = select(Coverage.account_id, Coverage.day, Coverage.state).where(
        Coverage.account_id.in_(ids), Coverage.day.between(span[0], span[-1])
    )
    for account_id, day, state in session.execute(covered):
        said.setdefault(account_id, {})[place[day]] = state
    published = select(AccountDay.account_id, AccountDay.day).where(
        AccountDay.account_id.in_(ids), totals.within("latest", span[0], span[-1]), AccountDay.posts > 0
    )
    for account_id, day in session.execute(published):
        said.setdefault(account_id, {})[place[day]] = "collected"
    enabled = list(session.execute(select(Source).where(Source.enabled.is_(True))).scalars())
    bound = {source.account_id for source in enabled}
    platforms = {source.platform for source in enabled if serves_platform(source)}
    found = {}
    for account in session.execute(
        select(Account.id, Account.platform, Account.state, Account.opened_on, Account.closed_on)
        .where(Account.id.in_(ids))
    ):
        mine = said.get(account.id, {})
        watched = account.state == "normal" and (
            account.id in bound or account.platform in platforms
            or any(state in labels.KNOWN_STATES for state in mine.values())
        )
        first, last = account.opened_on or date.min, min(account.closed_on or today, today)
        found[account.id] = [
            OUTSIDE if not first <= day <= last
            else mine.get(n) or ("unmonitored" if not watched else "due" if day == today else "unknown")
            for n, day in enumerate(span)
        ]
    return found


# --- Behind one cell ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One account on one day: its state, the word for it, and a sentence that says why."""

    account_id: int
    name: str
    platform: str
    day: date
    state: str
    word: str
    words: str


def cell(session: Session, account_id: int, day: date, today: date) -> Cell | None:
    """What is known of an account on a day; None where there is no such account."""
    account = session.get(Account, account_id)
    if account is None:
        return None
    (state,) = _states(session, select(Account.id).where(Account.id == account_id), [day], today)[account_id]
    how = _HOW.get(state, "")
    if state == "unmonitored":
        normal = account.state == "normal"
        how = "没有启用的采集源。" if normal else f"账号{labels.ACCOUNT_STATES[account.state]}，不再采集。"
    elif state == "collected":
        number = session.execute(
            select(func.count()).select_from(Post).where(Post.account_id == account_id, Post.day == day)
        ).scalar()
        how = f"当日发布 {number} 篇，已采集。" if number else how
    elif state in ("failed", "expired", "pending"):
        note = session.execute(
            select(Run.note).join(Coverage, Coverage.run_id == Run.id)
            .where(Coverage.account_id == account_id, Coverage.day == day)
        ).scalar()
        how += f"当次说明：{note}" if note else ""
    platform = session.get(Platform, account.platform)
    return Cell(account_id, account.name, platform.name, day, state, labels.COVERAGE.get(state, "不计入"), how)


def runs_behind(session: Session, account_id: int, day: date) -> pd.DataFrame:
    """The runs of that day of the account's sources, and those that brought or told what is known of the day.

    Columns: run_id, source_id, source, started_at (aware UTC), state, state_name, note, new_rows, known_rows,
    rejected_rows, role (当日采集, or 状态和数据依据 for those that brought or told it); the newest first, at most
    RUNS_SHOWN.
    """
    account = session.get(Account, account_id)
    if account is None:
        return _runs(session, set(), set())
    told = set(session.execute(
        select(Coverage.run_id).where(Coverage.account_id == account_id, Coverage.day == day,
                                      Coverage.run_id.is_not(None))
    ).scalars())
    for table in (Post, FollowerReading):
        told |= set(session.execute(
            select(Capture.run_id).join(table, table.capture_id == Capture.id)
            .where(table.account_id == account_id, table.day == day, Capture.run_id.is_not(None)).distinct()
        ).scalars())
    mine = [source.id for source in sources_of(session, account)]
    then = _started(session, Run.source_id.in_(mine), day)
    return _runs(session, told, then - told)


def _started(session: Session, where: object, day: date) -> set[int]:
    query = select(Run.id).where(
        where, Run.started_at >= clock.instant(day), Run.started_at < clock.instant(day + timedelta(1))
    )
    return set(session.execute(query.order_by(Run.id.desc()).limit(RUNS_SHOWN)).scalars())


def _runs(session: Session, told: set[int], then: set[int]) -> pd.DataFrame:
    query = (
        select(
            Run.id.label("run_id"), Run.source_id, Source.name.label("source"), Run.started_at, Run.state, Run.note,
            Run.new_rows, Run.known_rows, Run.rejected_rows,
        )
        .outerjoin(Source, Source.id == Run.source_id).where(Run.id.in_(sorted(told | then)))
        .order_by(Run.started_at.desc(), Run.id.desc()).limit(RUNS_SHOWN)
    )
    found = totals.read(session, query)
    found["state_name"] = [labels.RUN_STATES.get(state, state) for state in found["state"]]
    found["role"] = ["状态和数据依据" if run_id in told else "当日采集" for run_id in found["run_id"]]
    found["source"] = [name or "系统" for name in found["source"]]
    return found.assign(started_at=pd.to_datetime(found["started_at"], utc=True))


def posts_behind(session: Session, account_id: int, day: date) -> pd.DataFrame:
    """The account's posts of that day with their newest reading (columns of `posts.of_account`), how many readings
    each has, and gone_at (aware UTC, missing where it is there)."""
    found = posts.of_account(session, account_id, day, day, size=RUNS_SHOWN).frame
    ids = [int(post_id) for post_id in found["post_id"]]
    gone = dict(session.execute(select(Post.id, Post.gone_at).where(Post.id.in_(ids))).all())
    many = dict(session.execute(
        select(Reading.post_id, func.count()).where(Reading.post_id.in_(ids)).group_by(Reading.post_id)
    ).all())
    return found.assign(
        gone_at=pd.to_datetime(pd.Series([gone[i] for i in ids], dtype=object), utc=True),
        readings=[many.get(i, 0) for i in ids],
    )


def rejected_behind(session: Session, run_ids: Sequence[int]) -> pd.DataFrame:
    """What these runs set aside: run_id, locator, field, reason, raw; at most RUNS_SHOWN."""
    return totals.read(session, (
        select(Rejected.run_id, Rejected.locator, Rejected.field, Rejected.reason, Rejected.raw)
        .where(Rejected.run_id.in_(list(run_ids))).order_by(Rejected.id).limit(RUNS_SHOWN)
    ))


# --- One source's days ----------------------------------------------------------------------------------------------


def source_days(session: Session, source_id: int, first: date, last: date) -> pd.DataFrame:
    """What a source's runs did on each day: id (the source), row, day, state (labels.RUN_DAYS), runs, failed, new
    (rows), text (tooltip). A day without a run is `none`."""
    query = select(Run.started_at, Run.state, Run.new_rows).where(
        Run.source_id == source_id, Run.started_at >= clock.instant(first),
        Run.started_at < clock.instant(last + timedelta(1)),
    )
    by_day: dict[date, list[tuple[str, int]]] = {}
    for at, state, new in session.execute(query):
        by_day.setdefault(clock.day_of(at), []).append((state, new))
    rows = []
    for day in days(first, last):
        outcomes = by_day.get(day, [])
        tally = Counter(state for state, _ in outcomes)
        new = sum(n for _, n in outcomes)
        said = "，".join(f"{labels.RUN_STATES[state]} {tally[state]} 次" for state in labels.RUN_STATES if tally[state])
        rows.append({
            "id": source_id, "row": "采集", "day": day, "state": day_state(tally, new), "runs": len(outcomes),
            "failed": tally["failed"], "new": new, "text": f"{said}；新增 {new:,} 条" if outcomes else "没有采集",
        })
    return pd.DataFrame(rows)


def day_state(tally: Counter, new: int) -> str:
    """The state of a day of runs (pure): failed where every run failed, partial where some did or set rows aside."""
    ended = sum(n for state, n in tally.items() if state != "running")
    if not ended:
        return "running" if tally["running"] else "none"
    if tally["failed"] == ended:
        return "failed"
    if tally["failed"] or tally["partial"]:
        return "partial"
    return "ok" if new or tally["ok"] else "unchanged"


def source_runs(session: Session, source_id: int, day: date) -> pd.DataFrame:
    """The runs of a source on one day, as `runs_behind`."""
    return _runs(session, set(), _started(session, Run.source_id == source_id, day))
