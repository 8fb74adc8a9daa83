"""Allowances and circuits, kept in the database so that a restart neither forgets a quota nor hammers a sick host."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, update
from sqlmodel import Session

from core import clock
from core.db import upsert
from core.models import Host, Quota

Window = Literal["minute", "hour", "day"]
WORDS = {"minute": "每分钟", "hour": "每小时", "day": "每日"}


def start_of(window: Window, now: datetime) -> datetime:
    """When the window that holds `now` began (aware UTC); a day is a Shanghai day."""
    if window == "day":
        return clock.instant(clock.day_of(now))
    kept = {"minute": {"second": 0}, "hour": {"minute": 0, "second": 0}}[window]
    return now.replace(microsecond=0, **kept)


def end_of(window: Window, now: datetime) -> datetime:
    """When the window that holds `now` ends."""
    length = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}[window]
    return start_of(window, now) + length


def take(session: Session, key: str, limit: int, *, window: Window, n: int, now: datetime) -> bool:
    """Take n calls from an allowance; False, and nothing taken, where that would pass the limit. The caller commits."""
    since = start_of(window, now)
    upsert(session, Quota, [{"key": key, "since": since, "used": 0, "exhausted": False}], ["key", "since"])
    return bool(session.execute(
        update(Quota)
        .where(Quota.key == key, Quota.since == since, Quota.used + n <= limit, Quota.exhausted.is_(False))
        .values(used=Quota.used + n)
        .execution_options(synchronize_session=False)
    ).rowcount)


def exhaust(session: Session, key: str, *, window: Window, now: datetime) -> None:
    """The source says that the allowance is used up: nothing more until the window ends."""
    row = {"key": key, "since": start_of(window, now), "used": 0, "exhausted": True}
    upsert(session, Quota, [row], ["key", "since"], ["exhausted"])


def used(session: Session, prefix: str, now: datetime) -> dict[str, tuple[int, bool]]:
    """What was used today of the allowances whose key begins so: name after the prefix → (calls, exhausted)."""
    rows = session.execute(
        select(Quota.key, Quota.used, Quota.exhausted).where(
            Quota.key.startswith(prefix, autoescape=True), Quota.since == start_of("day", now)
        )
    )
    return {key.removeprefix(prefix): (calls, exhausted) for key, calls, exhausted in rows}


def forget(session: Session, before: datetime) -> None:
    """Drop windows and circuits of the past. The caller commits."""
    session.execute(delete(Quota).where(Quota.since < before))
    session.execute(delete(Host).where(Host.closed_until < before))


def close(session: Session, host: str, until: datetime, failures: int, why: str) -> None:
    """Leave a host alone until then; failures 0 takes it off the list. The caller commits."""
    if not failures:
        session.execute(delete(Host).where(Host.host == host))
        return
    row = {"host": host, "closed_until": until, "failures": failures, "why": why[:300]}
    upsert(session, Host, [row], ["host"], ["closed_until", "failures", "why"])


def closed(session: Session, now: datetime) -> Iterable[Host]:
    """The hosts that are being left alone now."""
    return session.execute(select(Host).where(Host.closed_until > now).order_by(Host.host)).scalars().all()
