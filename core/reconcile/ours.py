"""What is stored of an account, as it has to be held against another source: posts with their readings, days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core.counts import Count
from core.db import chunks
from core.labels import COVERAGE, KNOWN_STATES
from core.models import (
    COUNTER_NAMES,
    AccountDay,
    AppReading,
    Coverage,
    DailyReading,
    FollowerReading,
    Post,
    Reading,
)

Readings = Mapping[str, list[tuple[datetime, Count]]]
"""Counter → its values in the order of time."""


@dataclass(slots=True)
class Own:
    """One post of ours."""

    id: int
    external_id: str
    account_id: int
    day: date
    published_at: datetime
    title: str
    url: str
    position: int | None
    push_id: str
    gone_at: datetime | None
    last_seen_at: datetime
    readings: Readings = field(default_factory=lambda: defaultdict(list))


def posts(session: Session, account_id: int, first: date, last: date, ids: Iterable[str] = ()) -> dict[str, Own]:
    """The posts of these days, and those of these ids whenever they were published, with their readings."""
    columns = (Post.id, Post.external_id, Post.account_id, Post.day, Post.published_at, Post.title, Post.url,
               Post.position, Post.push_id, Post.gone_at, Post.last_seen_at)
    found: dict[str, Own] = {}
    wanted = [Post.day.between(first, last), *(Post.external_id.in_(part) for part in chunks(sorted(set(ids))))]
    for meant in wanted:
        for row in session.execute(select(*columns).where(Post.account_id == account_id, meant)):
            found[row.external_id] = Own(*row)
    read(session, found.values())
    return found


def read(session: Session, own: Iterable[Own]) -> None:
    """Fill in the readings of these posts."""
    by_id = {one.id: one for one in own}
    columns = [getattr(Reading, f"{name}{part}") for name in COUNTER_NAMES for part in ("", "_slack")]
    for part in chunks(list(by_id)):
        query = select(Reading.post_id, Reading.observed_at, *columns).where(Reading.post_id.in_(part)).order_by(
            Reading.post_id, Reading.observed_at)
        for post_id, at, *values in session.execute(query):
            for n, name in enumerate(COUNTER_NAMES):
                if values[2 * n] is not None:
                    by_id[post_id].readings[name].append((at, Count(values[2 * n], values[2 * n + 1])))


def newest(session: Session, table: type[DailyReading | FollowerReading | AppReading], account_id: int, first: date,
           last: date) -> dict[date, Any]:
    """The newest row of each day."""
    query = select(table).where(table.account_id == account_id, table.day.between(first, last)).order_by(
        table.observed_at)
    return {row.day: row for row in session.execute(query).scalars()}


def published(session: Session, account_id: int, first: date, last: date) -> dict[date, int]:
    """How many posts of each day of which that is known."""
    states = coverage(session, account_id, first, last)
    found = {day: 0 for day, state in states.items() if state in KNOWN_STATES}
    found |= dict(session.execute(select(AccountDay.day, AccountDay.posts).where(
        AccountDay.account_id == account_id, AccountDay.basis == "latest", AccountDay.day.between(first, last),
        AccountDay.posts > 0)).all())
    return found


def coverage(session: Session, account_id: int, first: date, last: date) -> dict[date, str]:
    """The stored state of each day that has one."""
    return dict(session.execute(select(Coverage.day, Coverage.state).where(
        Coverage.account_id == account_id, Coverage.day.between(first, last))).all())


def counted(session: Session, account_id: int) -> set[str]:
    """The counters of which any post of the account has a reading."""
    query = select(*(func.max(getattr(AccountDay, f"{name}_known")) for name in COUNTER_NAMES)).where(
        AccountDay.account_id == account_id, AccountDay.basis == "latest")
    return {name for name, known in zip(COUNTER_NAMES, session.execute(query).one(), strict=True) if known}


def state(states: Mapping[date, str], day: date) -> str:
    """What is known of a day, in words."""
    return COVERAGE[states.get(day, "unknown")]
