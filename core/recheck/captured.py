"""What the captures say of the accounts' posts and days, read again from their bytes."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import Session

from core import clock, evidence
from core.collect.steps import spec_of
from core.counts import Count
from core.db import chunks
from core.demo import payload
from core.evidence import EvidenceLost
from core.faults import BadInput, Fault
from core.imports import importer
from core.models import Account, Capture, FollowerReading, Post, Reading, Rejected, Run, Source
from core.notices import serves_platform
from core.recheck.lines import Seen
from core.records import (
    AppRecord,
    Batch,
    BoardRecord,
    Complete,
    DailyRecord,
    Fetched,
    FollowerRecord,
    PostRecord,
    SourceSpec,
)

log = logging.getLogger("pulse.recheck")
REACH = timedelta(days=62)
"""Answers that came later than so long after a period are read where a stored row points to them, and files always:
posts are read again for a month, exports come at any time."""

Parse = Callable[[SourceSpec, Fetched], Batch]
Parsers = Mapping[str, Parse]
"""How the answers of each kind of source are read."""
PostKey = tuple[int, str]
"""(account id, external id)."""
DayKey = tuple[Any, ...]
"""(kind, account id, …, day)."""


def parsers_of(collectors: Mapping[str, Any]) -> Parsers:
    """How the answers of each kind of source are read, the sample district's among them."""
    return {name: kind.parse for name, kind in collectors.items()} | {
        "demo": lambda spec, fetched: payload.parse(fetched.body)}


@dataclass(frozen=True, slots=True)
class Ended:
    """An answer that says of a post of an account that it is gone (`post`: its external id), or by a list that was read
    whole that all are which it should have shown. `at`: when the answer came."""

    account: int
    capture: int
    at: datetime
    post: str = ""
    whole: Complete | None = None

    def means(self, external_id: str, published_at: datetime, last_seen: datetime) -> bool:
        """Whether a post that was last seen then is gone by this."""
        if self.whole is None:
            return self.post == external_id
        return self.whole.since <= published_at < self.whole.until and last_seen < self.whole.seen_from


@dataclass(slots=True)
class Facts:
    """Everything that the captures say. `posts`: what each record says of a post beside its counters, in the order in
    which they arrived · `readings`, `days`: observations · `gone`: what is said of posts that are no longer there ·
    `covered`: states of days that answers themselves prove · `lost`: captures whose bytes are gone or changed, and
    why · `thinned`: those whose bytes went by the rule of retention · `unread`: captures that can't be parsed now, and
    why · `read`: how many were read, of how many bytes."""

    posts: dict[PostKey, list[tuple[tuple[int, int], PostRecord]]] = field(default_factory=lambda: defaultdict(list))
    readings: dict[PostKey, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    days: dict[DayKey, list[Seen]] = field(default_factory=lambda: defaultdict(list))
    gone: list[Ended] = field(default_factory=list)
    covered: dict[tuple[int, date], set[str]] = field(default_factory=lambda: defaultdict(set))
    lost: dict[int, str] = field(default_factory=dict)
    thinned: set[int] = field(default_factory=set)
    unread: dict[int, str] = field(default_factory=dict)
    read: int = 0
    size: int = 0

    @property
    def blind(self) -> set[int]:
        """Captures that say nothing any more."""
        return {*self.lost, *self.thinned, *self.unread}


def facts(
    session: Session, accounts: Mapping[tuple[str, str], int], first: date, last: date, parsers: Parsers,
    told: Callable[[int, int], object] = lambda done, total: None,
) -> Facts:
    """What the captures say of these accounts (by platform and external id) and of posts and days of the period.
    `told` hears how many of how many captures were read."""
    found = Facts()
    captures = list(_captures(session, accounts, first, last))
    sources = {source.id: source for source in session.execute(select(Source)).scalars()}
    own = {id_: key for key, id_ in accounts.items()}
    by_id = {account.id: account for account in session.execute(select(Account)).scalars()}
    aside = _aside(session, captures)
    for number, capture in enumerate(captures):
        if number % 50 == 0:
            told(number, len(captures))
        source = sources.get(capture.source_id)
        if capture.thinned_at is not None:
            found.thinned.add(capture.id)
            continue
        try:
            body = evidence.body(capture)
        except EvidenceLost as lost:
            found.lost[capture.id] = str(lost)
            continue
        found.read += 1
        found.size += len(body)
        account = by_id.get(source.account_id) if source and source.account_id else None
        try:
            owner = account if source is not None else by_id.get(capture.meta.get("account_id"))
            batch = batch_of(session, capture, body, source, owner, parsers)
        except (Fault, BadInput) as fault:
            found.unread[capture.id] = str(fault)
            continue
        whose = capture.meta.get("account_id") if source is None else account.id if account else None
        _take(found, capture, batch, accounts, whose if whose in own else None, first, last, aside)
    told(len(captures), len(captures))
    return found


def serving(session: Session) -> list[int]:
    """The sources that bring figures of accounts."""
    return [source.id for source in session.execute(select(Source)).scalars()
            if source.account_id is not None or serves_platform(source)]


def _captures(session: Session, accounts: Mapping, first: date, last: date) -> Iterator[Capture]:
    """Those that may say something of the period, in the order in which they came: answers of sources of accounts from
    its first day on, files whenever they came, and whatever a stored row of the period points to."""
    ids, serving_ = list(accounts.values()), serving(session)
    pointed: set[int] = set()
    for part in chunks(ids):
        for query in (
            select(Post.capture_id).where(Post.account_id.in_(part), Post.day.between(first, last)),
            select(Reading.capture_id).join(Post, Post.id == Reading.post_id).where(
                Post.account_id.in_(part), Post.day.between(first, last)),
            select(FollowerReading.capture_id).where(
                FollowerReading.account_id.in_(part), FollowerReading.day.between(first, last)),
        ):
            pointed.update(id_ for id_ in session.execute(query.distinct()).scalars() if id_ is not None)
    since, until = clock.instant(first), clock.instant(last + timedelta(1)) + REACH
    failed, foreign = _failed(session), _foreign(session, accounts)
    query = select(Capture).join(Run, Run.id == Capture.run_id).where(
        or_(Capture.source_id.in_(serving_) & (Capture.fetched_at >= since) & (Capture.fetched_at < until),
            Capture.source_id.is_(None) & (Run.job == "import") & (Run.state != "failed"))
    ).order_by(Capture.id)
    taken = {capture.id: capture for capture in session.execute(query).scalars()}
    for part in chunks(sorted(pointed - taken.keys())):
        taken |= {capture.id: capture for capture in session.execute(
            select(Capture).where(Capture.id.in_(part))).scalars()}
    for id_ in sorted(taken):
        capture = taken[id_]
        if id_ in pointed or (id_ not in failed and capture.source_id not in foreign and (
                capture.source_id is not None or capture.meta.get("account_id") in (None, *ids))):
            yield capture


def _foreign(session: Session, accounts: Mapping[tuple[str, str], int]) -> set[int]:
    """The sources that bring nothing of these accounts: of one that is none of them, or of another platform."""
    ids, platforms = set(accounts.values()), {platform for platform, _ in accounts}
    return {source.id for source in session.execute(select(Source)).scalars()
            if (source.account_id not in ids if source.account_id is not None
                else source.platform and source.platform not in platforms)}


def _failed(session: Session) -> set[int]:
    """The last captures of runs that a fault ended: kept as evidence of it, and never stored."""
    return set(session.execute(
        select(func.max(Capture.id)).join(Run, Run.id == Capture.run_id).where(Run.fault != "").group_by(Capture.run_id)
    ).scalars())


def _aside(session: Session, captures: Iterable[Capture]) -> set[tuple[int, str]]:
    """(run, locator) of what was set aside: it was never stored, though it may be read well now."""
    runs = sorted({capture.run_id for capture in captures if capture.run_id is not None})
    return {(run, locator) for part in chunks(runs) for run, locator in session.execute(
        select(Rejected.run_id, Rejected.locator).where(Rejected.run_id.in_(part)))}


def batch_of(session: Session, capture: Capture, body: bytes, source: Source | None, account: Account | None,
             parsers: Parsers) -> Batch:
    """The records of a capture, read again: of an answer of its source, or of an imported file. Raises Fault and
    BadInput where it can't be read."""
    if source is not None:
        return _answer(capture, body, source, account, parsers)
    return _file(session, capture, body, account)


def _answer(capture: Capture, body: bytes, source: Source, account: Account | None, parsers: Parsers) -> Batch:
    parse = parsers.get(source.collector)
    if parse is None:
        raise BadInput(f"没有“{source.collector}”这种采集方式，第 {capture.id} 号原始数据不能重新解析")
    answer = Fetched(
        request=capture.request, body=body, status=capture.status, media_type=capture.media_type,
        fetched_at=capture.fetched_at, context=capture.meta.get("context") or {})
    try:
        return parse(spec_of(source, account), answer)
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # kept by an older version of this collector
        raise BadInput(
            f"第 {capture.id} 号原始数据的样式与现在的解析程序不符（{type(error).__name__}：{error}）") from error


def _file(session: Session, capture: Capture, body: bytes, account: Account | None) -> Batch:
    """An imported file, read as it was read then. Raises BadInput."""
    meta = capture.meta
    at = datetime.fromisoformat(meta["observed_at"])
    until = date.fromisoformat(meta["until"]) if meta.get("until") else None
    seen = importer.preview(
        body, capture.request, platform=meta["platform"], account_name=meta.get("account", ""), now=capture.fetched_at,
        year=meta.get("year"), observed_at=at, period=meta.get("period", ""), until=until, session=session)
    return importer.batch_of(session, seen, account)


def _take(
    found: Facts, capture: Capture, batch: Batch, accounts: Mapping[tuple[str, str], int], whose: int | None,
    first: date, last: date, aside: set[tuple[int, str]],
) -> None:
    def owner(record: Any) -> int | None:
        if (capture.run_id, record.locator) in aside:
            return None
        return whose if record.account is None else accounts.get(record.account)

    for one in (*batch.gone, *batch.complete):
        id_ = whose if one.account is None else accounts.get(one.account)
        if id_ is not None:
            found.gone.append(Ended(id_, capture.id, capture.fetched_at, whole=one) if isinstance(one, Complete)
                              else Ended(id_, capture.id, capture.fetched_at, one.external_id))
    for (said, day), state in batch.covered.items():
        id_ = whose if said is None else accounts.get(said)
        if id_ is not None:
            found.covered[id_, day].add(state)
    for place, record in enumerate(batch.posts):
        id_ = owner(record)
        if id_ is None or not first <= clock.day_of(record.published_at) <= last:
            continue
        key, order = (id_, record.external_id), (capture.id, place)
        found.posts[key].append((order, record))
        if record.counters:
            at = _stands_for(record)
            values = {name: (count.value, count.slack) for name, count in record.counters.items()}
            found.readings[key].append(Seen(at, order, values, record.locator, record.as_of or clock.day_of(at)))
    for records in (batch.followers, batch.apps, batch.daily, batch.boards):
        for place, record in enumerate(records):
            id_ = owner(record)
            if id_ is not None and first <= record.day <= last:
                found.days[_key(record, id_)].append(Seen(
                    record.observed_at, (capture.id, place), _values(record), record.locator, record.day))


def _stands_for(record: PostRecord) -> datetime:
    """When its counters were so: when they were seen, or at the end of the day that they are said to be of."""
    if record.as_of is None:
        return record.observed_at
    return min(record.observed_at, clock.instant(record.as_of + timedelta(1)) - timedelta(seconds=1))


def _key(record: FollowerRecord | AppRecord | DailyRecord | BoardRecord, account: int) -> DayKey:
    match record:
        case BoardRecord():
            return "board", account, record.provider, record.index, record.period, record.day
        case FollowerRecord():
            return "followers", account, record.day
        case AppRecord():
            return "app", account, record.day
    return "daily", account, record.day


APP = ("active_users", "new_users", "total_users", "launches", "downloads", "rating")


def _values(record: FollowerRecord | AppRecord | DailyRecord | BoardRecord) -> dict[str, Any]:
    match record:
        case FollowerRecord():
            said = {"followers": _pair(record.followers), "new": record.new, "lost": record.lost}
        case AppRecord():
            said = {name: _pair(getattr(record, name)) for name in APP}
            said = {name: value[0] if isinstance(value, tuple) else value for name, value in said.items()}
        case DailyRecord():
            said = {"posts": record.posts} | {
                f"figures.{name}": [count.value, count.slack] for name, count in record.counters.items()}
        case BoardRecord():
            said = {"value": record.value, "place": record.place} | {
                f"figures.{name}": value for name, value in record.figures.items()}
    return {name: value for name, value in said.items() if value is not None}


def _pair(value: Any) -> Any:
    if not isinstance(value, Count):
        return value
    return None if value.value is None else (value.value, value.slack)
