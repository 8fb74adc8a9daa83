"""What a run writes, step by step; each step is one transaction of its own, so that a kill leaves whole steps.

All of it runs on one thread (core.collect.Runner): SQLite has one writer, and a step must not hold up the network.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, credentials, evidence, ingest, labels, notices
from core.collect.schedule import PATIENT, next_due
from core.db import chunks
from core.db import session as open_session
from core.faults import Fault
from core.models import Account, Capture, Post, Run, Source
from core.records import Batch, Fetched, SourceSpec

FLAWED = "_flawed"
"""In a source's cursor, beside what the collector put there: a row of this round could not be read."""
STALE = 12
"""Failures in a row, a day of tries, after which a round that stopped in its middle is begun anew."""
ZERO_REACH_DAYS = 60
"""How far back a feed's silence between two entries is taken as a confirmed zero."""


@dataclass(slots=True)
class Job:
    """A run under way: what was read of its source at the beginning, and what it has stored so far. `rows`: the source
    and the run as they were read or written last, so that no step has to read them again. `flawed`: a row of this round
    could not be read, in this run or in one that was cut short before."""

    source_id: int
    run_id: int
    spec: SourceSpec
    account_ids: list[int]
    accounts: list[str]
    secrets: dict[str, str]
    credential_id: int | None
    cursor: dict[str, Any]
    period_seconds: int = 86_400
    daily_at: str = ""
    alone: bool = False
    holds: bool = False
    stored: ingest.Stored = field(default_factory=ingest.Stored)
    notes: list[str] = field(default_factory=list)
    first: bool = False
    flawed: bool = False
    rows: tuple[Source, Run] | None = None
    answers: int = 0
    ending: str = ""


def opened(source_id: int, at: datetime, collectors: Any) -> Job:
    """Begin a run. Raises BadInput (after closing the run) where the credential can't be opened."""
    with open_session() as session:
        source = session.get(Source, source_id)
        run = ingest.begin(session, "collect", source=source, at=at)
        session.commit()
        kind = collectors[source.collector]
        account = session.get(Account, source.account_id) if source.account_id else None
        alone = getattr(kind, "alone", False)
        accounts = [account] if account else [] if alone else _served(session, source)
        return Job(
            source_id=source_id, run_id=run.id, spec=spec_of(source, account),
            account_ids=[a.id for a in accounts], accounts=[a.external_id for a in accounts],
            secrets={}, credential_id=source.credential_id, flawed=FLAWED in source.cursor,
            cursor={name: value for name, value in source.cursor.items() if name != FLAWED},
            period_seconds=source.period_seconds, daily_at=getattr(kind, "daily_at", ""), alone=alone,
            holds=getattr(kind, "holds", False), first=source.last_ok_at is None, rows=(source, run),
        )


def _rows(session: Session, job: Job) -> tuple[Source, Run]:
    """The run's rows, in this session. Only what a step changes of them is written: a person may have changed more."""
    session.add_all(job.rows)
    return job.rows


def unlocked(job: Job) -> dict[str, str]:
    """The fields of a job's credential. Raises BadInput where they can't be opened."""
    with open_session() as session:
        return credentials.fields(session, job.credential_id)


def _served(session: Session, source: Source) -> list[Account]:
    """The accounts that a source bound to none serves: all normal ones of its platform."""
    query = select(Account).where(Account.platform == source.platform, Account.state == "normal").order_by(Account.id)
    return list(session.execute(query).scalars())


def spec_of(source: Source, account: Account | None) -> SourceSpec:
    """What a collector is told of a source."""
    return SourceSpec(
        key=source.key, collector=source.collector, name=source.name, url=source.url, platform=source.platform,
        has_account=source.account_id is not None, config=source.config, etag=source.etag,
        last_modified=source.last_modified, account=(account.platform, account.external_id) if account else None,
    )


def stored_before(job: Job, sha256: str) -> bool:
    """Whether these very bytes were the last that this source gave and that were stored to the end. Only for sources
    that are one answer: where there are several, being seen again is itself a fact."""
    if job.first:
        return False
    with open_session() as session:
        last = session.execute(
            select(Capture.sha256)
            .join(Run, Run.id == Capture.run_id)
            .where(Capture.source_id == job.source_id, Run.state.in_(("ok", "partial", "unchanged")))
            .order_by(Capture.id.desc())
            .limit(1)
        ).scalar()
    return last == sha256


def _keep(session: Session, run: Run, fetched: Fetched, written: str = "") -> Capture:
    return evidence.keep(
        session, fetched.body, request=fetched.request, fetched_at=fetched.fetched_at, status=fetched.status,
        media_type=fetched.media_type, run=run, source_id=run.source_id, demo=run.demo,
        meta={"context": dict(fetched.context)} if fetched.context else None, written=written,
    )


def stored(job: Job, written: str, fetched: Fetched, batch: Batch, at: datetime) -> str:
    """Store one answer's records together with its capture and the cursor; where the source is one answer, close the
    run in the same transaction and return its state. `written`: the hash under which the bytes lie on disk."""
    job.flawed = job.flawed or bool(batch.rejects)
    if job.flawed:  # a row that can't be read may be the post that seems to be gone
        batch.complete.clear()
    with open_session() as session:
        source, run = _rows(session, job)
        account = session.get(Account, source.account_id) if source.account_id else None
        one = ingest.store(
            session, batch, run=run, capture=_keep(session, run, fetched, written), source=source, account=account,
            strict=False,
        )
        if account and job.alone and not batch.rejects:  # what can't be read may be a day's only post
            ingest.cover(session, confirmed_zero(account.id, [p.published_at for p in batch.posts], at), run)
        source.etag, source.last_modified = fetched.etag, fetched.last_modified
        if fetched.cursor is not None:
            source.cursor = dict(fetched.cursor) | ({FLAWED: True} if fetched.cursor and job.flawed else {})
        job.stored.add(one)
        job.answers += 1
        job.notes += [words for words in (batch.note, batch.ending) if words]
        job.ending = batch.ending or job.ending
        state = _finished(session, job, source, run, at) if job.alone else ""
        session.commit()
        return state


def finished(job: Job, at: datetime) -> str:
    """Close a run that came to its end; returns its state."""
    with open_session() as session:
        state = _finished(session, job, *_rows(session, job), at)
        session.commit()
        return state


def _finished(session: Session, job: Job, source: Source, run: Run, at: datetime) -> str:
    state = "partial" if job.stored.rejected else ("ok" if job.stored.new or job.stored.gone else "unchanged")
    _succeeded(session, source, at, job.daily_at)
    if job.credential_id and (job.ending or not job.cursor):  # a run that goes on in the middle hears nothing of it
        notices.ending(session, source, job.ending, at)
    ingest.finish(session, run, state, "；".join([job.stored.words, *_some(job.notes)]), at=at, stored=job.stored)
    return state


def _some(notes: list[str]) -> list[str]:
    return list(dict.fromkeys(notes))[:5]


def confirmed_zero(account_id: int, published: list[datetime], at: datetime) -> dict[tuple[int, date], str]:
    """Days without a post between the oldest entry that a feed still lists and yesterday: nothing was published.
    `published`: in the feed's own order. Entries pinned on top, older than what follows, say nothing of how far back
    the feed goes."""
    if not published:
        return {}
    ordered = published[::-1] if published == sorted(published) else published
    pinned = ordered.index(max(ordered))
    days = {clock.day_of(p) for p in published}
    today = clock.day_of(at)
    first = max(clock.day_of(min(ordered[pinned:])), today - timedelta(ZERO_REACH_DAYS))
    return {(account_id, day): "zero" for day in clock.days(first, today - timedelta(1)) if day not in days}


def unchanged(job: Job, fetched: Fetched, at: datetime) -> str:
    """Close a run whose one answer brought nothing new: after the newest post that is known, none was published."""
    with open_session() as session:
        source, run = _rows(session, job)
        source.etag, source.last_modified = fetched.etag or source.etag, fetched.last_modified or source.last_modified
        for account_id in job.account_ids:
            newest = session.execute(select(func.max(Post.published_at)).where(Post.account_id == account_id)).scalar()
            ingest.cover(session, confirmed_zero(account_id, [newest] if newest else [], at), run)
        _succeeded(session, source, at, job.daily_at)
        ingest.finish(session, run, "unchanged", "来源没有新内容", at=at)
        session.commit()
    return "unchanged"


def _succeeded(session: Session, source: Source, at: datetime, daily_at: str) -> None:
    if source.fault:
        notices.recovered(session, source, at)
    source.failures, source.fault, source.fault_note = 0, "", ""
    source.last_run_at = source.last_ok_at = at
    source.next_due_at = next_due(at, source.period_seconds, daily_at=daily_at)


_FAULT_COVERAGE = {"REAUTH": "expired", "NOTREADY": "pending"}


def failed(
    job: Job, fault: Fault, at: datetime, unread: Fetched | None = None, *, jitter: Callable[[], float] = random.random
) -> str:
    """Close a run that a fault ended; what it stored before stays, and is said. `unread`: the answer that could not be
    parsed or stored. Returns the run's state."""
    with open_session() as session:
        source, run = _rows(session, job)
        answer = unread or fault.evidence
        if isinstance(answer, Fetched) and answer.body:
            _keep(session, run, answer)
        source.failures += fault.kind not in PATIENT
        source.fault, source.fault_note, source.last_run_at = fault.kind, fault.message, at
        stuck = fault.kind in ("STOP", "GONE") or (fault.kind == "RETRY" and source.failures >= STALE)
        if stuck and not job.holds:  # where to go on may be what is wrong: begin the round again
            source.cursor = {}
        source.next_due_at = next_due(
            at, source.period_seconds, fault=fault.kind, failures=source.failures, retry_after=fault.retry_after,
            jitter=jitter(),
        )
        if fault.kind in ("REAUTH", "STOP", "GONE"):
            notices.needs_a_person(session, source, at)
        day = clock.day_of(at) - timedelta(1 if job.daily_at else 0)
        state = _FAULT_COVERAGE.get(fault.kind, "failed")
        ingest.cover(session, {(account_id, day): state for account_id in job.account_ids}, run, lesser=True)
        said = [job.stored.words] if job.stored.new else []
        note = "；".join([f"{labels.FAULTS[fault.kind]}：{fault.message}", *said, *_some(job.notes)])
        outcome = "partial" if job.stored.new or job.stored.gone else "failed"
        ingest.finish(session, run, outcome, note, at=at, fault=fault.kind, stored=job.stored)
        session.commit()
        return outcome


def stopped(job: Job, at: datetime) -> None:
    """Close a run that the process's own end cut short; it is due again at once, from its cursor."""
    with open_session() as session:
        source, run = _rows(session, job)
        source.next_due_at = None
        words = "；".join(["程序停止，本次未完成；已入库的数据有效，将自动续采", job.stored.words])
        ingest.finish(session, run, "failed", words, at=at, fault="RETRY", stored=job.stored)
        session.commit()


def close_interrupted(session: Session, at: datetime) -> int:
    """Runs that a killed process left open are closed as failed; what they had committed stays. The caller commits."""
    left = list(session.execute(select(Run).where(Run.finished_at.is_(None))).scalars())
    for run in left:
        words = "进程中断，本次未完成；已入库的数据有效，将自动重来"
        ingest.finish(session, run, "failed", words, at=at, fault="RETRY")
        if run.source_id:
            session.get(Source, run.source_id).next_due_at = None
    return len(left)


def hosts(ids: list[int], collectors: Any, host_of: Callable[[str, Any], str]) -> dict[int, str]:
    """The host that each of these sources asks."""
    found: dict[int, str] = {}
    with open_session() as session:
        for part in chunks(ids):
            query = select(Source.id, Source.url, Source.collector).where(Source.id.in_(part))
            found |= {i: host_of(url, collectors[kind]) for i, url, kind in session.execute(query)}
    return found
