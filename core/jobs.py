"""What the scheduler does, job by job; the command line runs the same. Every job is safe to repeat and to interrupt.

Heavy parts (text analysis, renderers) are imported by the job that needs them: a second scheduler learns that it isn't
the leader without loading them.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, or_, select, update

from core import clock, collect, db, ingest, limits, notices, rollup
from core.models import Demand, Dirty, Edition, Mention, Notice, Remembered, Run, Target, Unsifted, Verification

log = logging.getLogger("pulse.jobs")

UNDERSTAND_BATCH = 400
"""Mentions between two looks at whether to stop: some ten seconds where texts are embedded."""


def collect_due(
    collectors: Mapping[str, collect.Collector],
    make_http: Callable[[], AbstractAsyncContextManager[Any]],
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Collect every source that is due now; returns how many ended in each state."""
    with db.session() as session:
        ids = collect.due(session, clock.now(), collectors)
    if not ids:
        return {}

    async def work() -> dict[str, int]:
        async with make_http() as http:
            return await collect.collect(ids, collectors, http, stopping=stopping)

    outcome = asyncio.run(work())
    log.info("collected %s", outcome)
    return outcome


def sift() -> int:
    """Match and score the mentions that came in, warn of those that rules ask for, and index what they say; returns how
    many were matched and scored."""
    done = 0
    with db.session() as session:
        if session.execute(select(exists().select_from(Unsifted))).scalar():
            from core import alerts
            from core.sift import run

            done = run(session, now=clock.now(), then=alerts.look)
        from core import search

        search.keep(session, now=clock.now())
    return done


def demands() -> int:
    """Find what the demands that came in are about, where, whose they are and what they have in common; returns how
    many were read."""
    with db.session() as session:
        unread = select(exists().where(Demand.read_at.is_(None)))
        if not session.execute(unread).scalar() and session.get(Remembered, "demands_adopted"):
            return 0
        from core.demands import reading

        return reading.run(session, now=clock.now())


def alarms() -> int:
    """Tell the next ones of what nobody has acknowledged, and digests whose time has come; returns how many."""
    now = clock.now()
    with db.session() as session:
        from core import warned

        done = warned.escalate(session, now) + warned.digests(session, now)
        session.commit()
    return done


def rounds() -> int:
    """Bring new mentions to the incidents that follow their topics, and look at topics and incidents for what is to be
    warned of; returns how many alerts were raised."""
    with db.session() as session:
        from core import alert_rounds, incidents
        from core.demo import desk

        incidents.follow(session, clock.now())
        session.commit()
        if desk.fill(session, clock.now()):
            db.bump(session, clock.now())
        session.commit()
        raised = alert_rounds.run(session, clock.now())
        session.commit()
    return raised


def send(*, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due and wait for its end; returns how many deliveries were begun. The scheduler does not wait: see
    its sender."""
    from core import deliveries

    return deliveries.send_due(stopping=stopping)


def receipts() -> int:
    """Ask the services what became of what they took; returns how many answers came."""
    from core import deliveries

    return deliveries.fetch_receipts(clock.now())


def digest(*, stopping: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Roll up what changed and understand what came in; returns (account-days, mentions) done."""
    with db.session() as session:
        if session.execute(select(exists().select_from(Dirty))).scalar():
            run = ingest.begin(session, "rollup", at=clock.now())
            session.commit()
            days = rollup.run(session)
            ingest.finish(session, run, "ok", f"汇总 {days} 个账号日", at=clock.now())
            session.commit()
        else:
            days = 0
    mentions = 0
    while not stopping():
        with db.session() as session:
            if not session.execute(select(exists().where(Mention.understood_at.is_(None)))).scalar():
                break
            from core.understand import understand

            done = understand(session, now=clock.now(), limit=UNDERSTAND_BATCH)
        if not done.mentions:
            break
        mentions += done.mentions
    return days, mentions


def views() -> int:
    """Reckon what is thought of the topics that have changed, as many as one short run holds; returns how many."""
    with db.session() as session:
        from core.viewing import run

        return run(session, now=clock.now())


def outlook() -> int:
    """Judge the forecasts whose days are over and make this morning's, once a day; returns how many were made."""
    with db.session() as session:
        from core.outlook import run

        return run(session, now=clock.now())


def watch() -> tuple[int, int]:
    """Look at every source's rhythm and failures; returns how many notices were raised and how many of those that were
    quiet speak again. Drops old quotas."""
    now = clock.now()
    with db.session() as session:
        quiet, back = notices.watch(session, now)
        quiet += notices.failing(session, now)
        limits.forget(session, now - timedelta(days=40))
        if quiet or back:
            db.bump(session, now)
        session.commit()
    return quiet, back


def sweep_inbox(collectors: Mapping[str, Any] | None = None) -> int:
    """Import the files that lie in the inbox; returns how many. Of the collectors the one that reads pushes is used."""
    from core.imports import inbox

    reader = (collectors or {}).get("push")
    outcomes = inbox.sweep_inbox(clock.now(), reader.parse if reader else None)
    for outcome in outcomes:
        log.info("inbox: %s", outcome.message)
    return len(outcomes)


def write_reports(*, stopping: Callable[[], bool] = lambda: False) -> int:
    """Write the reports of the plan that are due (core.report.schedule); returns how many were issued."""
    from core.report import schedule

    now = clock.now()
    with db.session() as session:
        if schedule.install(session, now):
            db.bump(session, now)
        session.commit()
        due = schedule.open_ones(session, now)
    written = 0
    for one in due:
        if stopping():
            break
        try:
            state = schedule.write(one, now=clock.now())
        except Exception as error:  # one report must not keep the others from being written
            log.exception("report %s %s failed", one.rule, one.period)
            failed("report", error)
            continue
        log.info("%s %s %s: %s", one.rule, one.order.platform, one.period, state)
        written += state == "issued"
    return written


def targets() -> bool:
    """Look whether targets of the year are at risk; whether a notice was raised or closed."""
    now = clock.now()
    with db.session() as session:
        said = exists().where(Notice.kind == "target", Notice.closed_at.is_(None))
        if not session.execute(select(or_(exists(select(Target.id)), said))).scalar():
            return False
        from core.targets import warn

        moved = warn.look(session, now)
        if moved:
            db.bump(session, now)
        session.commit()
    return moved


def verify(collectors: Mapping[str, Any], *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Verify the months that wait for it, and each night this one and the last (core.recheck); returns how many were
    verified."""
    from core.recheck import months
    from core.recheck.captured import parsers_of

    with db.session() as session:
        months.ask_nightly(session, clock.now())
        session.commit()
    done, known = 0, parsers_of(collectors)
    while not stopping() and months.step(known) is not None:
        done += 1
    return done


def late_figures(*, stopping: Callable[[], bool] = lambda: False) -> int:
    """Each night hold the figures of issued reports against what they come to now (core.report.late); returns how many
    editions were looked at."""
    with db.session() as session:
        if not session.execute(select(exists().select_from(Edition))).scalar():
            return 0
    from core.report import late

    return late.run(stopping=stopping)


def retain(*, stopping: Callable[[], bool] = lambda: False) -> int:
    """Let the bytes of captures go that the rule no longer keeps, once a day; returns of how many."""
    from core import retention

    outcome = retention.nightly(clock.now(), stopping=stopping)
    return outcome.gone if outcome else 0


def recover() -> None:
    """At start: close the runs that a killed process left open, and make due what it was just sending."""
    from core import deliveries

    with db.session() as session:
        session.execute(update(Verification).where(Verification.state == "running").values(state="waiting"))
        left = collect.close_interrupted(session, clock.now())
        sending = deliveries.recover(session, clock.now())
        session.commit()
    if left or sending:
        log.warning("closed %s interrupted runs; %s deliveries were being sent", left, sending)


def failed(job: str, error: BaseException) -> None:
    """Put a job's own failure on record, where the operator sees it."""
    with db.session() as session:
        run = Run(job=job, started_at=clock.now())
        session.add(run)
        session.flush()
        words = f"后台任务出错：{type(error).__name__}：{error}"
        ingest.finish(session, run, "failed", words, at=clock.now(), fault="STOP")
        session.commit()
