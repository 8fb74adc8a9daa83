"""Which sources are due, and when one is due again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session

from core import clock
from core.models import Source

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)
NOT_YET = timedelta(minutes=30)
JITTER = 0.25
"""A retry is put off by up to this share of its wait, so that what failed together doesn't come back together."""
PATIENT = ("QUOTA", "NOTREADY")
"""Faults that are no failure of the source: they say when to come again."""


def _asked(collectors: Mapping[str, Any]) -> list[str]:
    """The collectors whose sources are asked; the others wait for what is sent."""
    return [name for name, kind in collectors.items() if not getattr(kind, "passive", False)]


def due(session: Session, now: datetime, collectors: Mapping[str, Any], limit: int = 1000) -> list[int]:
    """Ids of the sources that are due, the longest waiting first."""
    query = (
        select(Source.id)
        .where(Source.enabled.is_(True), Source.collector.in_(_asked(collectors)))
        .where(or_(Source.next_due_at.is_(None), Source.next_due_at <= now))
        .order_by(Source.next_due_at.is_not(None), Source.next_due_at, Source.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def due_addresses(session: Session, now: datetime, collectors: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """(id, address, collector) of every source that is due, the longest waiting first."""
    query = (
        select(Source.id, Source.url, Source.collector)
        .where(Source.enabled.is_(True), Source.collector.in_(_asked(collectors)))
        .where(or_(Source.next_due_at.is_(None), Source.next_due_at <= now))
        .order_by(Source.next_due_at.is_not(None), Source.next_due_at, Source.id)
    )
    return [tuple(row) for row in session.execute(query)]


def next_due(
    now: datetime,
    period_seconds: int,
    *,
    daily_at: str = "",
    fault: str = "",
    failures: int = 0,
    retry_after: float | None = None,
    jitter: float = 0.0,
) -> datetime:
    """When to ask again (pure). After a success one period later, or at the next `daily_at` (Shanghai, "08:10"); after
    a failure by its class.

    RETRY doubles from one minute to six hours, and never sooner than the source asked for; QUOTA waits for the next
    Shanghai midnight; NOTREADY half an hour; REAUTH, STOP and GONE wait for a person, and are tried daily meanwhile.
    `jitter` in [0, 1) puts a retry off by up to a quarter of its wait.
    """
    if not fault:
        return _next_clock(now, daily_at) if daily_at else now + timedelta(seconds=period_seconds)
    asked = timedelta(seconds=min(retry_after, 86_400)) if retry_after else timedelta(0)
    if fault == "RETRY":
        wait = min(FIRST_RETRY * 2 ** min(max(failures - 1, 0), 12), LONGEST_RETRY)
    elif fault == "NOTREADY":
        wait = NOT_YET
    elif fault == "QUOTA":
        wait = clock.instant(clock.day_of(now) + timedelta(1)) - now
        return now + (asked or wait)
    else:
        wait = timedelta(days=1)
    return now + max(wait * (1 + JITTER * jitter), asked)


def _next_clock(now: datetime, at: str) -> datetime:
    hour, minute = (int(part) for part in at.split(":"))
    today = clock.instant(clock.day_of(now), hour, minute)
    return today if today > now else clock.instant(clock.day_of(now) + timedelta(1), hour, minute)
