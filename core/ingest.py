"""One source, one run: records into the database by natural key, in the caller's transaction.

Repeating a run changes nothing. A reading is written only where a counter differs from the reading before it.
Every account-day that a fact touches is marked `dirty` in the same transaction, for the roll-up.
Answers may come late and out of order: a reading is compared with the one before it in time, not with the newest.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, func, select, update
from sqlmodel import Session

from core import authors, clock, labels, unsifted
from core.counts import Count
from core.db import bump, chunks, upsert
from core.demands import intake
from core.labels import KNOWN_STATES
from core.models import (
    COUNTER_NAMES,
    Account,
    AppReading,
    BoardReading,
    Capture,
    Coverage,
    DailyReading,
    Dirty,
    FollowerReading,
    Mention,
    Post,
    Reading,
    Rejected,
    Run,
    Source,
)
from core.records import (
    AppRecord,
    Batch,
    BoardRecord,
    DailyRecord,
    FollowerRecord,
    MentionRecord,
    PostRecord,
    Reject,
)

_PAIRS = [(name, f"{name}_slack") for name in COUNTER_NAMES]
_READING_COLUMNS = [column for pair in _PAIRS for column in pair]
CORRECTED = "平台更正"
LATE = "补入较早的读数"
"""Reason of a reading that the platform gave for a moment of which it had said something else."""
_SAME = timedelta(milliseconds=1)
_TICK = timedelta(microseconds=1)
KEPT_REJECTS = 2_000
"""Rejected rows stored of one run; the run's count tells of all of them."""


class UnknownAccount(Exception):
    """A record names an account that the ledger doesn't have; the message is Chinese."""


@dataclass(slots=True)
class Stored:
    """What one batch changed, in rows."""

    new_posts: int = 0
    new_readings: int = 0
    new_mentions: int = 0
    new_days: int = 0
    updated: int = 0
    gone: int = 0
    known: int = 0
    rejected: int = 0

    @property
    def new(self) -> int:
        return self.new_posts + self.new_readings + self.new_mentions + self.new_days + self.updated

    def add(self, other: "Stored") -> None:
        """Count another batch of the same run."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        parts = [
            f"新增帖文 {self.new_posts} 条" if self.new_posts else "",
            f"新增读数 {self.new_readings} 条" if self.new_readings else "",
            f"新增信息 {self.new_mentions} 条" if self.new_mentions else "",
            f"新增日数据 {self.new_days} 条" if self.new_days else "",
            f"更新信息 {self.updated} 条" if self.updated else "",
            f"已删除帖文 {self.gone} 条" if self.gone else "",
            f"已有 {self.known} 条" if self.known else "",
            f"不合格 {self.rejected} 条" if self.rejected else "",
        ]
        return "，".join(part for part in parts if part) or "没有数据"


def begin(session: Session, job: str, *, source: Source | None = None, at: datetime, demo: bool = False) -> Run:
    """Open a run. The caller commits, so that a run is on record even if the process dies in it."""
    demo = demo or bool(source and source.demo)
    run = Run(job=job, source_id=source.id if source else None, started_at=at, demo=demo)
    session.add(run)
    session.flush()
    return run


def finish(
    session: Session, run: Run, state: str, note: str, *, at: datetime, stored: Stored | None = None, fault: str = ""
) -> None:
    """Close a run with its outcome in words, and tell readers unless it changed nothing. The caller commits."""
    run.state, run.note, run.fault, run.finished_at = state, note[:2000], fault, at
    if stored:
        run.new_rows, run.known_rows, run.rejected_rows = stored.new, stored.known, stored.rejected
    session.add(run)
    if state != "unchanged":
        bump(session, at)


def store(
    session: Session,
    batch: Batch,
    *,
    run: Run,
    capture: Capture | None,
    source: Source | None = None,
    account: Account | None = None,
    strict: bool = True,
) -> Stored:
    """Write a batch. Records that name no account belong to `account`; mentions belong to `source`.

    Raises UnknownAccount when a record names an account that isn't in the ledger, or with `strict` off sets such
    records aside as rejected; nothing is committed here.
    """
    owners, rejects = _owners(session, batch, account, strict)
    stored = Stored(rejected=len(batch.rejects) + len(rejects))
    _store_rejects(session, run, [*batch.rejects, *rejects])
    seen_at = capture.fetched_at if capture else run.started_at

    def owned(records: Sequence) -> list:
        return [r for r in records if r.account in owners]

    dirty: set[tuple[int, date]] = set()
    _store_posts(session, owned(batch.posts), owners, capture, stored, dirty)
    _store_days(session, AppReading, owned(batch.apps), owners, capture, stored, dirty)
    covered = set(dirty)  # a reading of followers says nothing of what was published
    _store_days(session, FollowerReading, owned(batch.followers), owners, capture, stored, dirty)
    _store_days(session, DailyReading, owned(batch.daily), owners, capture, stored, set())
    _store_days(session, BoardReading, owned(batch.boards), owners, capture, stored, set())
    _mark_gone(session, batch, owners, seen_at, stored)
    if batch.mentions:
        if source is None:
            raise ValueError("mentions need a source")
        _store_mentions(session, batch.mentions, source, capture, stored)
    mark_dirty(session, dirty)
    cover(session, _empty_days(session, batch, owners), run)
    cover(session, {(owners[who], day): state for (who, day), state in batch.covered.items() if who in owners}, run)
    cover(session, dict.fromkeys(covered, "collected"), run)
    return stored


def mark_dirty(session: Session, keys: Iterable[tuple[int, date]]) -> None:
    """Ask for these (account id, day) to be rolled up again."""
    rows = [{"account_id": account_id, "day": day} for account_id, day in sorted(set(keys))]
    upsert(session, Dirty, rows, ["account_id", "day"])


def cover(session: Session, states: dict[tuple[int, date], str], run: Run | None, *, lesser: bool = False) -> None:
    """Set the coverage state of account-days. What was collected stays collected; a lesser state never hides it. With
    `lesser`, a day that is known to have had nothing stays known, too (a later failure takes nothing back). Days that
    become known, or unknown, are rolled up again."""
    known = _covered(session, list(states), KNOWN_STATES)
    mark_dirty(session, [key for key, state in states.items() if (state in KNOWN_STATES) != (key in known)])
    for state in sorted(set(states.values())):
        rows = [
            {"account_id": a, "day": d, "state": state, "run_id": run.id if run else None}
            for (a, d), s in sorted(states.items())
            if s == state
        ]
        if state == "collected":
            upsert(session, Coverage, rows, ["account_id", "day"], ["state", "run_id"])
            continue
        strong = ("collected", "zero") if lesser else ("collected",)
        kept = _covered(session, [(r["account_id"], r["day"]) for r in rows], strong)
        rows = [r for r in rows if (r["account_id"], r["day"]) not in kept]
        upsert(session, Coverage, rows, ["account_id", "day"], ["state", "run_id"])


def _covered(
    session: Session, keys: Sequence[tuple[int, date]], states: Sequence[str]
) -> set[tuple[int, date]]:
    if not keys:
        return set()
    first, last = min(d for _, d in keys), max(d for _, d in keys)
    found: set[tuple[int, date]] = set()
    for part in chunks(sorted({a for a, _ in keys})):
        found |= {
            (a, d)
            for a, d in session.execute(
                select(Coverage.account_id, Coverage.day).where(
                    Coverage.account_id.in_(part), Coverage.day.between(first, last), Coverage.state.in_(states)
                )
            )
        }
    return found


def _store_rejects(session: Session, run: Run, rejects: Sequence[Reject]) -> None:
    session.add_all(
        Rejected(run_id=run.id, locator=r.locator, field=r.field, reason=r.reason, raw=r.raw[:500])
        for r in rejects[:KEPT_REJECTS]
    )


def _owners(
    session: Session, batch: Batch, account: Account | None, strict: bool
) -> tuple[dict[tuple[str, str] | None, int], list[Reject]]:
    """Account id of every owner that the batch names (None: the source's own), and what belongs to none of ours."""
    owners: dict[tuple[str, str] | None, int] = {None: account.id} if account else {}
    records = [*batch.posts, *batch.followers, *batch.apps, *batch.daily, *batch.boards]
    named = {r.account for r in (*records, *batch.gone, *batch.complete)} | {who for who, _ in batch.covered}
    for platform in {who[0] for who in named if who}:
        ids = sorted({who[1] for who in named if who and who[0] == platform})
        for part in chunks(ids):
            query = select(Account.external_id, Account.id).where(
                Account.platform == platform, Account.external_id.in_(part)
            )
            owners |= {(platform, external_id): found for external_id, found in session.execute(query)}
    rejects: dict[tuple[str, str] | None, Reject] = {}
    for record in records:
        if record.account in owners or record.account in rejects:
            continue
        if record.account is None:
            reason = "这批数据没有写明账号，采集源也没有绑定账号"
        else:
            reason = f"台账中没有平台“{record.account[0]}”的账号“{record.account[1]}”，请先在账号台账中添加"
        if strict:
            raise UnknownAccount(reason)
        rejects[record.account] = Reject(record.locator, "account", reason, "".join(record.account or ()))
    return owners, list(rejects.values())


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of a post, as far as a later record may add to it."""

    id: int
    day: date
    last_seen_at: datetime
    timed: bool
    gone: bool
    lacks: frozenset[str]


_FILLED = ("title", "text", "url", "kind", "position", "push_id", "original")
"""What a post keeps from the first record that knows it."""


def _store_posts(
    session: Session,
    records: Sequence[PostRecord],
    owners: dict,
    capture: Capture | None,
    stored: Stored,
    dirty: set[tuple[int, date]],
) -> None:
    if not records:
        return
    by_key: dict[tuple[int, str], list[PostRecord]] = {}
    for record in records:
        by_key.setdefault((owners[record.account], record.external_id), []).append(record)
    known = _known_posts(session, by_key)
    fresh = []
    for key, found in by_key.items():
        if key in known:
            continue
        record = next((r for r in reversed(found) if r.timed), found[-1])
        fresh.append({
            "account_id": key[0], "external_id": key[1], "published_at": record.published_at, "timed": record.timed,
            "day": clock.day_of(record.published_at),
            **{name: next((v for r in reversed(found) if (v := getattr(r, name)) not in ("", None)),
                          getattr(record, name)) for name in _FILLED},
            "first_seen_at": min(r.observed_at for r in found), "last_seen_at": max(r.observed_at for r in found),
            "gone_at": None, "capture_id": capture.id if capture else None, "locator": record.locator,
        })
    upsert(session, Post, fresh, ["account_id", "external_id"])
    stored.new_posts += len(fresh)
    dirty.update((row["account_id"], row["day"]) for row in fresh)
    posts = _known_posts(session, by_key)
    _learn(session, {key: by_key[key] for key in known}, posts, dirty)
    readings = _new_readings(session, by_key, posts, known, capture)
    for key in by_key:
        if readings[key]:
            dirty.add((key[0], posts[key].day))
        elif key in known:
            stored.known += 1
    rows = [row for found in readings.values() for row in found]
    upsert(session, Reading, rows, ["post_id", "observed_at"])
    stored.new_readings += len(rows)


def _learn(
    session: Session,
    by_key: dict[tuple[int, str], list[PostRecord]],
    posts: dict[tuple[int, str], _Known],
    dirty: set[tuple[int, date]],
) -> None:
    """What later records add to posts that are known: seen again, no longer gone, what was lacking, the hour."""
    again: list[dict[str, Any]] = []
    more: list[dict[str, Any]] = []
    for key, found in by_key.items():
        post = posts[key]
        newest = max(r.observed_at for r in found)
        change: dict[str, Any] = {}
        if newest > post.last_seen_at:
            again.append({"id": post.id, "last_seen_at": newest})
            if post.gone:
                change["gone_at"] = None
        for name in post.lacks:
            value = next((v for r in reversed(found) if (v := getattr(r, name)) not in ("", None)), None)
            if value is not None:
                change[name] = value
        timed = next((r for r in reversed(found) if r.timed), None)
        if timed and not post.timed and clock.day_of(timed.published_at) == post.day:
            change |= {"published_at": timed.published_at, "timed": True}
        if change:
            more.append({"id": post.id} | change)
        if change.keys() & {"position", "push_id", "original"}:
            dirty.add((key[0], post.day))
    for part in chunks(again):
        session.execute(update(Post), list(part))
    for row in more:
        session.execute(update(Post).where(Post.id == row["id"]).values(
            **{name: value for name, value in row.items() if name != "id"}
        ).execution_options(synchronize_session=False))


def _new_readings(
    session: Session,
    by_key: dict[tuple[int, str], list[PostRecord]],
    posts: dict[tuple[int, str], _Known],
    known: dict[tuple[int, str], _Known],
    capture: Capture | None,
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """The readings to write: where a counter differs from the reading before it in time."""
    latest = _latest_readings(session, [posts[key].id for key in known])
    late = [posts[key].id for key in known if (found := latest.get(posts[key].id)) and any(
        r.counters and _moment(r) <= found[0] for r in by_key[key]
    )]
    history = {post_id: [found] for post_id, found in latest.items()} | _histories(session, late)
    rows: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for key, found in by_key.items():
        line = history.setdefault(posts[key].id, [])
        rows[key] = []
        for record in sorted((r for r in found if r.counters), key=_moment):
            at, values, reason = _moment(record), _values(record), ""
            place = bisect_right(line, at + _SAME, key=lambda entry: entry[0])
            base = line[place - 1][1] if place else _NOTHING
            if place:
                values = _carried(values, base)
                if base == values:
                    continue
                at, reason = _after(at, values, *line[place - 1])
            onward = _onward(line[place:], base, values)
            for moment, said, why in [(at, values, reason), *onward]:
                insort(line, (moment, said), key=lambda entry: entry[0])
                day = record.as_of if moment == at and record.as_of else clock.day_of(moment)
                rows[key].append({
                    "post_id": posts[key].id, "observed_at": moment, "day": day,
                    **dict(zip(_READING_COLUMNS, said, strict=True)),
                    "reason": why, "capture_id": capture.id if capture else None, "locator": record.locator,
                })
    return rows


def _onward(
    line: Sequence[tuple[datetime, tuple]], base: tuple, values: tuple
) -> list[tuple[datetime, tuple, str]]:
    """What a reading that comes late says of the readings behind it in time (`line`; `base`: the one before it): a
    counter that still stood there as before had only been carried on, and stands as the late one says. Each such
    reading gets one beside it, as far as that reaches."""
    open_ = [n for n in range(0, len(values), 2) if values[n : n + 2] != base[n : n + 2]]
    found = []
    for number, (at, later) in enumerate(line):
        if number + 1 < len(line) and line[number + 1][0] - at <= _SAME:
            continue  # one of the same moment stands behind it, and counts
        open_ = [n for n in open_ if later[n : n + 2] == base[n : n + 2]]
        if not open_:
            break
        said = list(later)
        for n in open_:
            said[n : n + 2] = values[n : n + 2]
        found.append((at + _TICK, tuple(said), LATE if any(later[n] is not None for n in open_) else ""))
    return found


_NOTHING = tuple(0 if name.endswith("_slack") else None for name in _READING_COLUMNS)
"""A reading of nothing: what stands before the first one."""


def _carried(values: tuple, before: tuple) -> tuple:
    """(value, slack) pairs, with those that this answer says nothing of as they were: interfaces give the counters of
    one post in several answers. The reading in which a value first stands is the one whose capture holds it."""
    pairs = zip(values[::2], values[1::2], before[::2], before[1::2], strict=True)
    return tuple(v for now, slack, old, was in pairs for v in ((old, was) if now is None else (now, slack)))


def _after(at: datetime, values: Sequence, last_at: datetime, last: Sequence) -> tuple[datetime, str]:
    """Moment and reason of a reading beside one of the same moment: both stay, the later counts."""
    if last_at < at:
        return at, ""
    changed = any(old is not None and old != new for old, new in zip(last, values, strict=True))
    return last_at + _TICK, CORRECTED if changed else ""


def _moment(record: PostRecord) -> datetime:
    """The moment that a record's counters stand for: when they were seen, or the end of the day that they are of."""
    if record.as_of is None:
        return record.observed_at
    return min(record.observed_at, clock.instant(record.as_of + timedelta(1)) - timedelta(seconds=1))


def _mark_gone(session: Session, batch: Batch, owners: dict, seen_at: datetime, stored: Stored) -> None:
    """Posts that the platform says are gone, or that a list read whole no longer shows."""
    by_account: dict[int, list[str]] = {}
    for gone in batch.gone:
        if gone.account in owners:
            by_account.setdefault(owners[gone.account], []).append(gone.external_id)
    conditions = [
        and_(Post.account_id == account_id, Post.external_id.in_(part))
        for account_id, ids in by_account.items() for part in chunks(sorted(set(ids)))
    ]
    conditions += [
        and_(Post.account_id == owners[whole.account], Post.published_at >= whole.since,
             Post.published_at < whole.until, Post.last_seen_at < whole.seen_from)
        for whole in batch.complete if whole.account in owners
    ]
    for condition in conditions:
        stored.gone += session.execute(
            update(Post).where(condition, Post.gone_at.is_(None)).values(gone_at=seen_at)
            .execution_options(synchronize_session=False)
        ).rowcount


def _empty_days(session: Session, batch: Batch, owners: dict) -> dict[tuple[int, date], str]:
    """Whole days without a post of which a list was read whole: nothing was published."""
    found: dict[tuple[int, date], str] = {}
    for whole in batch.complete:
        if whole.account not in owners:
            continue
        account_id, first = owners[whole.account], clock.day_of(whole.since)
        if clock.instant(first) < whole.since:
            first += timedelta(1)
        span = clock.days(first, clock.day_of(whole.until) - timedelta(1))
        spoken = set(session.execute(
            select(Post.day).where(Post.account_id == account_id, Post.day >= first).distinct()
        ).scalars())
        found |= {(account_id, day): "zero" for day in span if day not in spoken}
    return found


def _values(record: PostRecord) -> tuple[int | None, ...]:
    out: list[int | None] = []
    for name in COUNTER_NAMES:
        count = record.counters.get(name)
        out += [None, 0] if count is None else [count.value, count.slack]
    return tuple(out)


def _known_posts(session: Session, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], _Known]:
    by_account: dict[int, list[str]] = {}
    for account_id, external_id in keys:
        by_account.setdefault(account_id, []).append(external_id)
    lacking = [
        case((getattr(Post, n).is_(None) if n in ("position", "original") else getattr(Post, n) == "", 1), else_=0)
        for n in _FILLED
    ]
    found = {}
    for account_id, ids in by_account.items():
        for part in chunks(ids):
            query = select(
                Post.external_id, Post.id, Post.day, Post.last_seen_at, Post.timed, Post.gone_at, *lacking
            ).where(Post.account_id == account_id, Post.external_id.in_(part))
            for external_id, post_id, day, seen, timed, gone_at, *lacks in session.execute(query):
                missing = frozenset(name for name, lack in zip(_FILLED, lacks, strict=True) if lack)
                found[(account_id, external_id)] = _Known(post_id, day, seen, timed, gone_at is not None, missing)
    return found


def _histories(session: Session, post_ids: Sequence[int]) -> dict[int, list[tuple[datetime, tuple]]]:
    """Every reading of these posts in the order of time."""
    found: dict[int, list[tuple[datetime, tuple]]] = {}
    for part in chunks(post_ids):
        query = (
            select(Reading.post_id, Reading.observed_at, *(getattr(Reading, c) for c in _READING_COLUMNS))
            .where(Reading.post_id.in_(part))
            .order_by(Reading.observed_at)
        )
        for post_id, at, *values in session.execute(query):
            found.setdefault(post_id, []).append((at, tuple(values)))
    return found


def _latest_readings(session: Session, post_ids: Sequence[int]) -> dict[int, tuple[datetime, tuple]]:
    found = {}
    for part in chunks(post_ids):
        newest = (
            select(Reading.post_id, func.max(Reading.observed_at).label("at"))
            .where(Reading.post_id.in_(part))
            .group_by(Reading.post_id)
            .subquery()
        )
        query = select(Reading.post_id, Reading.observed_at, *(getattr(Reading, c) for c in _READING_COLUMNS)).join(
            newest, and_(newest.c.post_id == Reading.post_id, newest.c.at == Reading.observed_at)
        )
        for post_id, at, *values in session.execute(query):
            found[post_id] = (at, tuple(values))
    return found


def _with_known(values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """A day's figures, with those that this answer says nothing of as an earlier one gave them."""
    kept = dict(values)
    for name, value in values.items():
        if name == "figures":
            kept[name] = before[name] | value
        elif name.endswith("_slack"):
            kept[name] = before[name] if values[name.removesuffix("_slack")] is None else value
        elif value is None:
            kept[name] = before[name]
    return kept


def _nothing(name: str) -> Any:
    """What a column of a day's figures holds where nothing is known."""
    return {} if name == "figures" else 0 if name.endswith("_slack") else None


def _onward_day(
    line: Sequence[tuple[datetime, dict]], base: dict[str, Any], values: dict[str, Any]
) -> list[tuple[datetime, dict[str, Any], str]]:
    """As `_onward`, for a day's figures: what came late, on those that had only been carried on behind it."""
    told, had = _flat(values), _flat(base)
    open_ = {name for name, value in told.items() if value != had.get(name)}
    found = []
    for number, (at, later) in enumerate(line):
        if number + 1 < len(line) and line[number + 1][0] - at <= _SAME:
            continue
        flat = _flat(later)
        open_ = {name for name in open_ if flat.get(name) == had.get(name)}
        if not open_:
            break
        known = any(flat.get(name) is not None for name in open_)
        found.append((at + _TICK, _deep(later, {name: told[name] for name in open_}), LATE if known else ""))
    return found


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """A day's figures with those of the JSON beside the columns; a value and its slack are one thing."""
    out = {f"figures.{name}": value for name, value in (values.get("figures") or {}).items()}
    for name, value in values.items():
        if name != "figures" and not name.endswith("_slack"):
            out[name] = (value, values[f"{name}_slack"]) if f"{name}_slack" in values and value is not None else value
    return out


def _deep(values: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """The reverse of `_flat`, for what changed."""
    out = dict(values)
    for name, value in changed.items():
        if name.startswith("figures."):
            out["figures"] = out["figures"] | {name.removeprefix("figures."): value}
        elif isinstance(value, tuple):
            out[name], out[f"{name}_slack"] = value
        else:
            out[name] = value
    return out


_DAY_TABLES: dict[type, tuple[list[str], list[str]]] = {
    FollowerReading: (["account_id", "day"], ["followers", "followers_slack", "new", "lost"]),
    AppReading: (
        ["account_id", "day"], ["active_users", "new_users", "total_users", "launches", "downloads", "rating"]
    ),
    DailyReading: (["account_id", "day"], ["posts", "figures"]),
    BoardReading: (["account_id", "provider", "index", "period", "day"], ["value", "place", "figures"]),
}
"""Tables of an account's days: what a row is of, and what it says."""


def _figures(counters: Mapping[str, Count]) -> dict[str, list[int | None]]:
    return {name: [count.value, count.slack] for name, count in sorted(counters.items())}


def _day_row(record: FollowerRecord | AppRecord | DailyRecord | BoardRecord, names: Iterable[str]) -> dict[str, Any]:
    row = {}
    for name in names:
        value = getattr(record, name.removesuffix("_slack"), None)
        if isinstance(value, Count):
            value = value.slack if name.endswith("_slack") else value.value
        elif name == "figures" and isinstance(record, DailyRecord):
            value = _figures(record.counters)
        row[name] = value
    return row


def _store_days(
    session: Session,
    table: type[FollowerReading] | type[AppReading] | type[DailyReading] | type[BoardReading],
    records: Sequence[FollowerRecord] | Sequence[AppRecord] | Sequence[DailyRecord] | Sequence[BoardRecord],
    owners: dict,
    capture: Capture | None,
    stored: Stored,
    dirty: set[tuple[int, date]],
) -> None:
    """Daily readings of accounts: a row where something differs from the one before it."""
    if not records:
        return
    keys, columns = _DAY_TABLES[table]
    lines: dict[tuple, list[tuple[datetime, dict]]] = {}
    first, last = min(r.day for r in records), max(r.day for r in records)
    for part in chunks(sorted({owners[r.account] for r in records})):
        query = (
            select(table.observed_at, *(getattr(table, c) for c in (*keys, *columns)))
            .where(table.account_id.in_(part), table.day.between(first, last))
            .order_by(table.observed_at)
        )
        for row in session.execute(query).mappings():
            lines.setdefault(tuple(row[k] for k in keys), []).append((row["observed_at"], {c: row[c] for c in columns}))
    rows = []
    for record in sorted(records, key=lambda r: r.observed_at):
        said = {"account_id": owners[record.account]} | _day_row(record, keys[1:])
        key, values = tuple(said[k] for k in keys), _day_row(record, columns)
        line, at, reason = lines.setdefault(key, []), record.observed_at, ""
        place = bisect_right(line, at + _SAME, key=lambda entry: entry[0])
        last_at, last = line[place - 1] if place else (None, {name: _nothing(name) for name in columns})
        if place:
            values = _with_known(values, last)
            if values == last:
                stored.known += 1
                continue
            at, reason = _after(at, list(values.values()), last_at, list(last.values()))
        for moment, told, why in [(at, values, reason), *_onward_day(line[place:], last, values)]:
            insort(line, (moment, told), key=lambda entry: entry[0])
            rows.append({
                **said, **told, "observed_at": moment, "reason": why,
                "capture_id": capture.id if capture else None, "locator": record.locator,
            })
        dirty.add((said["account_id"], record.day))
    upsert(session, table, rows, [*keys, "observed_at"])
    stored.new_days += len(rows)


def _store_mentions(
    session: Session, records: Sequence[MentionRecord], source: Source, capture: Capture | None, stored: Stored
) -> None:
    found: dict[str, MentionRecord] = {}
    asked: list[MentionRecord] = []
    for record in records:
        if record.external_id not in found:
            if (record.platform or source.platform) in labels.DEMAND_CHANNELS:
                record = intake.record_of(record)
                asked.append(record)
            found[record.external_id] = record
    known = {}
    table = Mention.__table__.c
    for part in chunks(list(found)):
        query = select(
            table.external_id, table.id, table.last_seen_at, table.best_rank, table.sightings, table.figures,
            table.details, table.understood_at, table.platform, table.heat, (table.text == "").label("bare"),
        ).where(table.source_id == source.id, table.external_id.in_(part))
        known |= {row.external_id: row for row in session.connection().execute(query)}
    fresh, again, full, grown = [], [], [], []
    for external_id, record in found.items():
        heat = (record.heat.value, record.heat.slack)
        figures = _figures(record.counters)
        row = known.get(external_id)
        if row is None:
            fresh.append({
                "source_id": source.id, "external_id": external_id, "platform": record.platform or source.platform,
                "title": record.title, "text": record.text, "url": record.url, "author": authors.hidden(
                    record.author, record.platform or source.platform),
                "published_at": record.published_at, "dated": record.dated, "day": clock.day_of(record.published_at),
                "first_seen_at": record.observed_at, "last_seen_at": record.observed_at, "best_rank": record.rank,
                "sightings": 1, "heat": heat[0], "heat_slack": heat[1], "figures": figures, "details": record.details,
                "capture_id": capture.id if capture else None, "locator": record.locator,
            })
            continue
        if row.bare and record.text:
            full.append({"id": row.id, **_full(record, row, capture)})
            stored.updated += 1
        if record.observed_at >= row.last_seen_at:
            ranks = [r for r in (row.best_rank, record.rank) if r is not None]
            details = row.details | record.details
            stored.updated += details != row.details and not (row.bare and record.text)
            if _doubled(row.figures | {"heat": [row.heat]}, figures | {"heat": heat}):
                grown.append(row.id)
            again.append({
                "id": row.id, "last_seen_at": record.observed_at, "best_rank": min(ranks, default=None),
                "sightings": row.sightings + (record.observed_at > row.last_seen_at), "heat": heat[0],
                "heat_slack": heat[1], "figures": row.figures | figures, "details": details,
            })
    upsert(session, Mention, fresh, ["source_id", "external_id"])
    for part in (*chunks(again), *chunks(full)):
        session.execute(update(Mention), list(part))
    for part in chunks([row["external_id"] for row in fresh]):
        unsifted.note(session, Mention.source_id == source.id, Mention.external_id.in_(part))
    for part in chunks(sorted({*grown, *(row["id"] for row in full)})):
        unsifted.note(session, Mention.id.in_(part))
    if asked:
        intake.take(session, asked, source, capture)
    stored.new_mentions += len(fresh)
    stored.known += len(found) - len(fresh)


def _doubled(before: Mapping[str, Sequence], after: Mapping[str, Sequence]) -> bool:
    """Whether a figure has passed a power of two since it was last seen: then what asks for reach is asked again."""
    return any(
        (value[0] or 0).bit_length() > ((before.get(name) or (None,))[0] or 0).bit_length()
        for name, value in after.items()
    )


def _full(record: MentionRecord, known: Row, capture: Capture | None) -> dict[str, Any]:
    """What a mention that was only a line in a list takes from the first record that has a text. Its day only while it
    is not understood: from then on it is counted."""
    said = {
        "title": record.title, "text": record.text, "author": authors.hidden(record.author, known.platform),
        "url": record.url,
        "capture_id": capture.id if capture else None, "locator": record.locator,
    }
    if known.understood_at is None and record.dated:
        said |= {"published_at": record.published_at, "dated": True, "day": clock.day_of(record.published_at)}
    return {name: value for name, value in said.items() if value not in ("", None)}
