"""One source, one run: records into the database by natural key, in the caller's transaction.

Repeating a run changes nothing. A reading is written only where a counter differs from the reading before it.
Every account-day that a fact touches is marked `dirty` in the same transaction, for the roll-up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select, update
from sqlmodel import Session

from core import clock
from core.db import bump, chunks, upsert
from core.models import (
    COUNTER_NAMES,
    Account,
    AppReading,
    Capture,
    Coverage,
    Dirty,
    FollowerReading,
    Mention,
    Post,
    Reading,
    Rejected,
    Run,
    Source,
)
from core.records import AppRecord, Batch, FollowerRecord, MentionRecord, PostRecord

_PAIRS = [(name, f"{name}_slack") for name in COUNTER_NAMES]
_READING_COLUMNS = [column for pair in _PAIRS for column in pair]
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
    known: int = 0
    rejected: int = 0

    @property
    def new(self) -> int:
        return self.new_posts + self.new_readings + self.new_mentions + self.new_days

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        parts = [
            f"新增帖文 {self.new_posts} 条" if self.new_posts else "",
            f"新增读数 {self.new_readings} 条" if self.new_readings else "",
            f"新增信息 {self.new_mentions} 条" if self.new_mentions else "",
            f"新增日数据 {self.new_days} 条" if self.new_days else "",
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
    session.flush()
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
) -> Stored:
    """Write a batch. Records that name no account belong to `account`; mentions belong to `source`.

    Raises UnknownAccount when a record names an account that isn't in the ledger; nothing is committed here.
    """
    stored = Stored(rejected=len(batch.rejects))
    _store_rejects(session, run, batch)
    owners = _owners(session, [*batch.posts, *batch.followers, *batch.apps], account)
    dirty: set[tuple[int, date]] = set()
    _store_posts(session, batch.posts, owners, capture, stored, dirty)
    _store_days(session, AppReading, batch.apps, owners, capture, stored, dirty)
    covered = set(dirty)  # a reading of followers says nothing of what was published
    _store_days(session, FollowerReading, batch.followers, owners, capture, stored, dirty)
    if batch.mentions:
        if source is None:
            raise ValueError("mentions need a source")
        _store_mentions(session, batch.mentions, source, capture, stored)
    mark_dirty(session, dirty)
    cover(session, dict.fromkeys(covered, "collected"), run)
    return stored


def mark_dirty(session: Session, keys: Iterable[tuple[int, date]]) -> None:
    """Ask for these (account id, day) to be rolled up again."""
    rows = [{"account_id": account_id, "day": day} for account_id, day in sorted(set(keys))]
    upsert(session, Dirty, rows, ["account_id", "day"])


def cover(session: Session, states: dict[tuple[int, date], str], run: Run | None) -> None:
    """Set the coverage state of account-days. What was collected stays collected; a lesser state never hides it."""
    for state in sorted(set(states.values())):
        rows = [
            {"account_id": a, "day": d, "state": state, "run_id": run.id if run else None}
            for (a, d), s in sorted(states.items())
            if s == state
        ]
        if state == "collected":
            upsert(session, Coverage, rows, ["account_id", "day"], ["state", "run_id"])
            continue
        kept = _collected(session, [(r["account_id"], r["day"]) for r in rows])
        rows = [r for r in rows if (r["account_id"], r["day"]) not in kept]
        upsert(session, Coverage, rows, ["account_id", "day"], ["state", "run_id"])


def _collected(session: Session, keys: Sequence[tuple[int, date]]) -> set[tuple[int, date]]:
    if not keys:
        return set()
    first, last = min(d for _, d in keys), max(d for _, d in keys)
    found: set[tuple[int, date]] = set()
    for part in chunks(sorted({a for a, _ in keys})):
        found |= {
            (a, d)
            for a, d in session.execute(
                select(Coverage.account_id, Coverage.day).where(
                    Coverage.account_id.in_(part), Coverage.day.between(first, last), Coverage.state == "collected"
                )
            )
        }
    return found


def _store_rejects(session: Session, run: Run, batch: Batch) -> None:
    session.add_all(
        Rejected(run_id=run.id, locator=r.locator, field=r.field, reason=r.reason, raw=r.raw[:500])
        for r in batch.rejects[:KEPT_REJECTS]
    )


def _owners(session: Session, records: Sequence, account: Account | None) -> dict[tuple[str, str] | None, int]:
    owners: dict[tuple[str, str] | None, int] = {None: account.id} if account else {}
    named = {r.account for r in records if r.account is not None}
    for platform, external_id in named:
        found = session.execute(
            select(Account.id).where(Account.platform == platform, Account.external_id == external_id)
        ).scalar()
        if found is None:
            raise UnknownAccount(f"台账中没有平台“{platform}”的账号“{external_id}”，请先在账号台账中添加")
        owners[(platform, external_id)] = found
    if None not in owners and any(r.account is None for r in records):
        raise UnknownAccount("这批数据没有写明账号，采集源也没有绑定账号")
    return owners


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
        record, seen = found[-1], max(r.observed_at for r in found)
        if key in known:
            continue
        first = min(r.observed_at for r in found)
        fresh.append({
            "account_id": key[0], "external_id": key[1], "published_at": record.published_at,
            "day": clock.day_of(record.published_at), "title": record.title, "text": record.text, "url": record.url,
            "kind": record.kind, "position": record.position, "push_id": record.push_id, "original": record.original,
            "first_seen_at": first, "last_seen_at": seen, "gone_at": None,
            "capture_id": capture.id if capture else None, "locator": record.locator,
        })
    upsert(session, Post, fresh, ["account_id", "external_id"])
    stored.new_posts += len(fresh)
    dirty.update((row["account_id"], row["day"]) for row in fresh)
    posts = _known_posts(session, by_key)
    latest = _latest_readings(session, [posts[key][0] for key in known])
    seen_again, readings = [], []
    for key, found in by_key.items():
        post_id, day, last_seen = posts[key]
        newest = max(r.observed_at for r in found)
        if key in known and newest > last_seen:
            seen_again.append({"id": post_id, "last_seen_at": newest})
        before = latest.get(post_id)
        changed = False
        for record in sorted(found, key=lambda r: r.observed_at):
            values = _values(record)
            if not record.counters or (before is not None and record.observed_at <= before[0]) or (
                before is not None and values == before[1]
            ):
                continue
            readings.append({
                "post_id": post_id, "observed_at": record.observed_at, "day": clock.day_of(record.observed_at),
                **dict(zip(_READING_COLUMNS, values, strict=True)),
                "reason": "", "capture_id": capture.id if capture else None, "locator": record.locator,
            })
            before = (record.observed_at, values)
            changed = True
        if changed:
            dirty.add((key[0], day))
        elif key in known:
            stored.known += 1
    upsert(session, Reading, readings, ["post_id", "observed_at"])
    stored.new_readings += len(readings)
    for part in chunks(seen_again):
        session.execute(update(Post), list(part))


def _values(record: PostRecord) -> tuple[int | None, ...]:
    out: list[int | None] = []
    for name in COUNTER_NAMES:
        count = record.counters.get(name)
        out += [None, 0] if count is None else [count.value, count.slack]
    return tuple(out)


def _known_posts(
    session: Session, keys: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[int, date, datetime]]:
    by_account: dict[int, list[str]] = {}
    for account_id, external_id in keys:
        by_account.setdefault(account_id, []).append(external_id)
    found = {}
    for account_id, ids in by_account.items():
        for part in chunks(ids):
            query = select(Post.external_id, Post.id, Post.day, Post.last_seen_at).where(
                Post.account_id == account_id, Post.external_id.in_(part)
            )
            for external_id, post_id, day, seen in session.execute(query):
                found[(account_id, external_id)] = (post_id, day, seen)
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


def _store_days(
    session: Session,
    table: type[FollowerReading] | type[AppReading],
    records: Sequence[FollowerRecord] | Sequence[AppRecord],
    owners: dict,
    capture: Capture | None,
    stored: Stored,
    dirty: set[tuple[int, date]],
) -> None:
    """Daily readings of accounts (followers, APP figures): a row where something differs from the newest one."""
    if not records:
        return
    columns = (
        ["followers", "followers_slack", "new", "lost"]
        if table is FollowerReading
        else ["active_users", "new_users", "total_users", "launches", "downloads", "rating"]
    )
    newest: dict[tuple[int, date], tuple[datetime, tuple]] = {}
    first, last = min(r.day for r in records), max(r.day for r in records)
    for part in chunks(sorted({owners[r.account] for r in records})):
        query = (
            select(table.account_id, table.day, table.observed_at, *(getattr(table, c) for c in columns))
            .where(table.account_id.in_(part), table.day.between(first, last))
            .order_by(table.observed_at)
        )
        for account_id, day, at, *values in session.execute(query):
            newest[(account_id, day)] = (at, tuple(values))
    rows = []
    for record in sorted(records, key=lambda r: r.observed_at):
        key = (owners[record.account], record.day)
        values = (
            (record.followers.value, record.followers.slack, record.new, record.lost)
            if isinstance(record, FollowerRecord)
            else tuple(getattr(record, c) for c in columns)
        )
        before = newest.get(key)
        if before and (values == before[1] or record.observed_at <= before[0]):
            stored.known += 1
            continue
        newest[key] = (record.observed_at, values)
        rows.append({
            "account_id": key[0], "day": key[1], "observed_at": record.observed_at,
            **dict(zip(columns, values, strict=True)),
            "reason": "", "capture_id": capture.id if capture else None, "locator": record.locator,
        })
        dirty.add(key)
    upsert(session, table, rows, ["account_id", "day", "observed_at"])
    stored.new_days += len(rows)


def _store_mentions(
    session: Session, records: Sequence[MentionRecord], source: Source, capture: Capture | None, stored: Stored
) -> None:
    found: dict[str, MentionRecord] = {}
    for record in records:
        found.setdefault(record.external_id, record)
    known = {}
    for part in chunks(list(found)):
        query = select(
            Mention.external_id, Mention.id, Mention.last_seen_at, Mention.best_rank, Mention.sightings
        ).where(Mention.source_id == source.id, Mention.external_id.in_(part))
        known |= {row.external_id: row for row in session.execute(query)}
    fresh, again = [], []
    for external_id, record in found.items():
        heat = (record.heat.value, record.heat.slack)
        row = known.get(external_id)
        if row is None:
            fresh.append({
                "source_id": source.id, "external_id": external_id, "platform": record.platform or source.platform,
                "title": record.title, "text": record.text, "url": record.url, "author": record.author,
                "published_at": record.published_at, "dated": record.dated, "day": clock.day_of(record.published_at),
                "first_seen_at": record.observed_at, "last_seen_at": record.observed_at, "best_rank": record.rank,
                "sightings": 1, "heat": heat[0], "heat_slack": heat[1],
                "capture_id": capture.id if capture else None, "locator": record.locator,
            })
        elif record.observed_at > row.last_seen_at:
            ranks = [r for r in (row.best_rank, record.rank) if r is not None]
            again.append({
                "id": row.id, "last_seen_at": record.observed_at, "best_rank": min(ranks, default=None),
                "sightings": row.sightings + 1, "heat": heat[0], "heat_slack": heat[1],
            })
    upsert(session, Mention, fresh, ["source_id", "external_id"])
    for part in chunks(again):
        session.execute(update(Mention), list(part))
    stored.new_mentions += len(fresh)
    stored.known += len(found) - len(fresh)
