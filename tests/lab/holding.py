"""The database held against the truth of a case: what is lost, what is wrong, what is there twice."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core.models import (
    COUNTER_NAMES,
    AppReading,
    BoardReading,
    DailyReading,
    FollowerReading,
    Mention,
    Post,
    Reading,
)
from tests.lab.cases import Truth

DAYS = {
    FollowerReading: ("followers", "new", "lost"),
    AppReading: ("active_users", "new_users", "total_users", "launches", "downloads", "rating"),
    DailyReading: ("posts", "figures"),
    BoardReading: ("value", "place", "figures"),
}
FACTS = (Post, Reading, *DAYS, Mention)


def differences(session: Session, truth: Truth, source_id: int, account_id: int | None) -> list[str]:
    """What the database lacks of the truth of one source, or has otherwise; empty where all is as it should be."""
    return [
        *_posts(session, truth, account_id), *_mentions(session, truth, source_id), *_days(session, truth, account_id)
    ]


def _posts(session: Session, truth: Truth, account_id: int | None) -> Iterator[str]:
    if truth.posts is None:
        return
    posts = {post.external_id: post for post in session.execute(
        select(Post).where(Post.account_id == account_id, Post.gone_at.is_(None))
    ).scalars()}
    newest = {}
    for reading in session.execute(
        select(Reading).join(Post, Post.id == Reading.post_id).where(Post.account_id == account_id)
        .order_by(Reading.observed_at)
    ).scalars():
        newest[reading.post_id] = reading
    yield from (f"post {one} is not of this world" for one in sorted(posts.keys() - truth.posts.keys()))
    for external_id, counters in truth.posts.items():
        if external_id not in posts:
            yield f"post {external_id} is lost"
            continue
        reading = newest.get(posts[external_id].id)
        for name, value in counters.items():
            if (found := getattr(reading, name, None)) != value:
                yield f"post {external_id}: {name} is {found} instead of {value}"


def _mentions(session: Session, truth: Truth, source_id: int) -> Iterator[str]:
    if truth.mentions is None:
        return
    found = set(session.execute(select(Mention.external_id).where(Mention.source_id == source_id)).scalars())
    yield from (f"mention {one} is lost" for one in sorted(truth.mentions - found))
    yield from (f"mention {one} is not of this world" for one in sorted(found - truth.mentions))


def _days(session: Session, truth: Truth, account_id: int | None) -> Iterator[str]:
    wanted: dict[type, Any] = {
        FollowerReading: {day: {"followers": value} for day, value in (truth.followers or {}).items()},
        AppReading: truth.apps or {}, DailyReading: truth.daily or {},
        BoardReading: {day: {"value": value} for day, value in (truth.boards or {}).items()},
    }
    for table, days in wanted.items():
        found: dict[Any, dict[str, Any]] = {}
        query = select(table).where(table.account_id == account_id).order_by(table.observed_at)
        for row in session.execute(query).scalars():
            said = {name: getattr(row, name) for name in DAYS[table] if name != "figures"}
            if table is DailyReading:
                said |= {name: value for name, (value, _) in row.figures.items()}
            found.setdefault(row.day, {}).update({n: v for n, v in said.items() if v is not None})
        for day, figures in days.items():
            for name, value in figures.items():
                if (is_ := found.get(day, {}).get(name)) != value:
                    yield f"{table.__name__} {day}: {name} is {is_} instead of {value}"


def doubled(session: Session) -> list[str]:
    """Facts that are there twice: a reading that says the same as the one before it, a post under two accounts' ids,
    a day's figures that repeat themselves."""
    out = []
    columns = [c for name in COUNTER_NAMES for c in (name, f"{name}_slack")]
    lines: dict[Any, list[tuple]] = {}
    for reading in session.execute(select(Reading).order_by(Reading.post_id, Reading.observed_at)).scalars():
        lines.setdefault(("reading", reading.post_id), []).append(tuple(getattr(reading, c) for c in columns))
    for table, names in DAYS.items():
        extra = ("provider", "index", "period") if table is BoardReading else ()
        for row in session.execute(select(table).order_by(table.observed_at)).scalars():
            key = (table.__name__, row.account_id, row.day, *(getattr(row, name) for name in extra))
            lines.setdefault(key, []).append(tuple(getattr(row, name) for name in names))
    out += [f"{key} says the same twice" for key, line in lines.items() if any(a == b for a, b in pairwise(line))]
    for table, keys in ((Post, ("account_id", "external_id")), (Mention, ("source_id", "external_id"))):
        seen = list(session.execute(select(*(getattr(table, key) for key in keys))))
        out += [f"{table.__name__} twice"] * (len(seen) - len(set(seen)))
    return out
