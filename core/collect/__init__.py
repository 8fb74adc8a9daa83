"""Collecting: which sources are due, fetch, keep the bytes, parse, store; one run for each, whatever happens.

The collectors are handed in. A fetch holds no session; the bytes are stored and committed before they are parsed;
one source's failure is recorded in words and never stops another.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlmodel import Session

from core import clock, evidence, ingest, labels
from core.db import session as open_session
from core.faults import Fault
from core.models import Account, Capture, Run, Source
from core.records import Batch, Fetched, SourceSpec

log = logging.getLogger("pulse.collect")

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
ZERO_REACH_DAYS = 60
"""How far back a feed's silence between two entries is taken as a confirmed zero."""


class Collector(Protocol):
    """What this module needs of a collector (see collectors.base)."""

    def fetch(self, source: SourceSpec, http: Any, now: datetime) -> Awaitable[Fetched]: ...

    def parse(self, source: SourceSpec, fetched: Fetched) -> Batch: ...


def due(session: Session, now: datetime, collectors: Mapping[str, Collector], limit: int = 1000) -> list[int]:
    """Ids of the sources that are due, the longest waiting first."""
    query = (
        select(Source.id)
        .where(Source.enabled.is_(True), Source.collector.in_(list(collectors)))
        .where(or_(Source.next_due_at.is_(None), Source.next_due_at <= now))
        .order_by(Source.next_due_at.is_not(None), Source.next_due_at, Source.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def next_due(
    now: datetime, period_seconds: int, *, fault: str = "", failures: int = 0, retry_after: float | None = None
) -> datetime:
    """When to ask again (pure). After a success one period later; after a failure by its class.

    RETRY doubles from one minute to six hours, and never sooner than the source asked for; QUOTA waits for the next
    Shanghai midnight; NOTREADY half an hour; REAUTH, STOP and GONE wait for a person, and are tried daily meanwhile.
    """
    period = timedelta(seconds=period_seconds)
    if not fault:
        return now + period
    asked = timedelta(seconds=min(retry_after, 86_400)) if retry_after else timedelta(0)
    if fault == "RETRY":
        wait = min(FIRST_RETRY * 2 ** min(failures - 1, 12), LONGEST_RETRY)
    elif fault == "NOTREADY":
        wait = timedelta(minutes=30)
    elif fault == "QUOTA":
        wait = clock.instant(clock.day_of(now) + timedelta(1)) - now
        return now + (asked or wait)
    else:
        wait = timedelta(days=1)
    return now + max(wait, asked)


async def collect(
    ids: list[int],
    collectors: Mapping[str, Collector],
    http: Any,
    *,
    now: Callable[[], datetime] = clock.now,
    concurrency: int = 16,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Collect these sources side by side; returns how many ended in each state. No new one begins when stopping."""
    gate = asyncio.Semaphore(concurrency)
    outcome: dict[str, int] = {}

    async def one(source_id: int) -> None:
        async with gate:
            if stopping():
                return
            state = await _collect_one(source_id, collectors, http, now)
            outcome[state] = outcome.get(state, 0) + 1

    await asyncio.gather(*(one(source_id) for source_id in ids))
    return outcome


async def _collect_one(
    source_id: int, collectors: Mapping[str, Collector], http: Any, now: Callable[[], datetime]
) -> str:
    with open_session() as session:
        source = session.get(Source, source_id)
        run = ingest.begin(session, "collect", source=source, at=now())
        spec = _spec(source)
        session.commit()
        run_id = run.id
    collector = collectors[spec.collector]
    try:
        fetched = await collector.fetch(spec, http, now())
    except Fault as fault:
        return _failed(source_id, run_id, fault, now())
    except Exception as error:  # a collector's own mistake must not stop the others; it is on record as one
        log.exception("collector %s failed on %s", spec.collector, spec.key)
        return _failed(source_id, run_id, Fault("STOP", f"采集程序出错：{type(error).__name__}"), now())
    if fetched.unchanged or _stored_before(source_id, fetched):
        return _unchanged(source_id, run_id, fetched, now())
    capture_id = _kept(source_id, run_id, fetched)
    try:
        batch = await asyncio.to_thread(collector.parse, spec, fetched)
        return _stored(source_id, run_id, capture_id, fetched, batch, now())
    except Fault as fault:
        return _failed(source_id, run_id, fault, now())
    except ingest.UnknownAccount as error:
        return _failed(source_id, run_id, Fault("STOP", str(error)), now())
    except Exception as error:  # as above: parsing or storing this source's answer
        log.exception("storing what %s gave failed", spec.key)
        return _failed(source_id, run_id, Fault("STOP", f"解析或入库出错：{type(error).__name__}"), now())


def _spec(source: Source) -> SourceSpec:
    return SourceSpec(
        key=source.key, collector=source.collector, name=source.name, url=source.url, platform=source.platform,
        has_account=source.account_id is not None, config=source.config, etag=source.etag,
        last_modified=source.last_modified,
    )


def _stored_before(source_id: int, fetched: Fetched) -> bool:
    """Whether these very bytes were the last that this source gave and that were stored to the end."""
    with open_session() as session:
        last = session.execute(
            select(Capture.sha256)
            .join(Run, Run.id == Capture.run_id)
            .where(Capture.source_id == source_id, Run.state.in_(("ok", "partial", "unchanged")))
            .order_by(Capture.id.desc())
            .limit(1)
        ).scalar()
    return last == evidence.digest(fetched.body)


def _kept(source_id: int, run_id: int, fetched: Fetched) -> int:
    with open_session() as session:
        run = session.get(Run, run_id)
        capture = evidence.keep(
            session, fetched.body, request=fetched.request, fetched_at=fetched.fetched_at, status=fetched.status,
            media_type=fetched.media_type, run=run, source_id=source_id, demo=run.demo,
        )
        session.commit()
        return capture.id


def _stored(source_id: int, run_id: int, capture_id: int, fetched: Fetched, batch: Batch, at: datetime) -> str:
    with open_session() as session:
        source, run = session.get(Source, source_id), session.get(Run, run_id)
        account = session.get(Account, source.account_id) if source.account_id else None
        stored = ingest.store(
            session, batch, run=run, capture=session.get(Capture, capture_id), source=source, account=account
        )
        if account:
            ingest.cover(session, confirmed_zero(account.id, [p.published_at for p in batch.posts], at), run)
        state = "partial" if batch.rejects else ("ok" if stored.new else "unchanged")
        note = "；".join(part for part in (stored.words, batch.note) if part)
        source.etag, source.last_modified = fetched.etag, fetched.last_modified
        _succeeded(source, at)
        ingest.finish(session, run, state, note, at=at, stored=stored)
        session.commit()
        return state


def confirmed_zero(account_id: int, published: list[datetime], at: datetime) -> dict[tuple[int, date], str]:
    """Days without a post between the oldest entry that a feed still lists and yesterday: nothing was published."""
    if not published:
        return {}
    days = {clock.day_of(p) for p in published}
    today = clock.day_of(at)
    first = max(min(days), today - timedelta(ZERO_REACH_DAYS))
    return {(account_id, day): "zero" for day in clock.days(first, today - timedelta(1)) if day not in days}


def _unchanged(source_id: int, run_id: int, fetched: Fetched, at: datetime) -> str:
    with open_session() as session:
        source, run = session.get(Source, source_id), session.get(Run, run_id)
        source.etag, source.last_modified = fetched.etag or source.etag, fetched.last_modified or source.last_modified
        _succeeded(source, at)
        ingest.finish(session, run, "unchanged", "来源没有新内容", at=at)
        session.commit()
    return "unchanged"


def _succeeded(source: Source, at: datetime) -> None:
    source.failures, source.fault, source.fault_note = 0, "", ""
    source.last_run_at = source.last_ok_at = at
    source.next_due_at = next_due(at, source.period_seconds)


_FAULT_COVERAGE = {"REAUTH": "expired", "NOTREADY": "pending"}


def _failed(source_id: int, run_id: int, fault: Fault, at: datetime) -> str:
    with open_session() as session:
        source, run = session.get(Source, source_id), session.get(Run, run_id)
        if isinstance(fault.evidence, Fetched) and fault.evidence.body:
            evidence.keep(
                session, fault.evidence.body, request=fault.evidence.request, fetched_at=fault.evidence.fetched_at,
                status=fault.evidence.status, media_type=fault.evidence.media_type, run=run, source_id=source_id,
                demo=run.demo,
            )
        source.failures += 1
        source.fault, source.fault_note, source.last_run_at = fault.kind, fault.message, at
        source.next_due_at = next_due(
            at, source.period_seconds, fault=fault.kind, failures=source.failures, retry_after=fault.retry_after
        )
        if source.account_id:
            state = _FAULT_COVERAGE.get(fault.kind, "failed")
            ingest.cover(session, {(source.account_id, clock.day_of(at)): state}, run)
        note = f"{labels.FAULTS[fault.kind]}：{fault.message}"
        ingest.finish(session, run, "failed", note, at=at, fault=fault.kind)
        session.commit()
    return "failed"


def close_interrupted(session: Session, at: datetime) -> int:
    """Runs that a killed process left open are closed as failed; what they had committed stays. The caller commits."""
    left = list(session.execute(select(Run).where(Run.finished_at.is_(None))).scalars())
    for run in left:
        words = "进程中断，本次未完成；已入库的数据有效，将自动重来"
        ingest.finish(session, run, "failed", words, at=at, fault="RETRY")
        if run.source_id:
            session.get(Source, run.source_id).next_due_at = None
    return len(left)
