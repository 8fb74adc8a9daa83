"""Topics as rows: counts by day and platform, totals of topics and of their groups (议题), what a merge hands on.

Nothing here reads texts, so that a room may use it. Whoever changes a topic holds the turn (core.turn), so that nobody
else does meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update
from sqlmodel import Session

from core.db import chunks, upsert
from core.models import Mention, MentionDay, Topic, TopicDay, TopicGroup

_QUIET = {"synchronize_session": False}


def move(session: Session, young: int, old: int) -> int:
    """Make a topic an alias of an older one, with all its mentions; returns how many there were. What people decided
    of it goes on with the older one."""
    bequeath(session, young, old)
    # One more batch may have made aliases of what is an alias itself now: they point on to the living topic.
    session.execute(
        update(Topic).where((Topic.id == young) | (Topic.alias_of == young))
        .values(active=False, state=None, unread=False, alias_of=old, mentions=0, folded=0, platforms=0, group_id=None)
        .execution_options(**_QUIET))
    return session.execute(update(Mention).where(Mention.topic_id == young).values(topic_id=old)
                           .execution_options(**_QUIET)).rowcount


def bequeath(session: Session, young: int, old: int) -> None:
    """Let the older topic have the name that people gave the younger, its pin, and that it is one."""
    columns = (Topic.title, Topic.own_title, Topic.pinned_at, Topic.whole)
    theirs, mine = (session.execute(select(*columns).where(Topic.id == id_)).one_or_none() for id_ in (young, old))
    if theirs is None or mine is None:  # one that was made in this batch was never stored
        return
    values: dict[str, Any] = {}
    if theirs.own_title is not None and mine.own_title is None:
        values |= {"title": theirs.title, "own_title": mine.title}
    if theirs.pinned_at is not None and mine.pinned_at is None:
        values["pinned_at"] = theirs.pinned_at
    if theirs.whole:
        values["whole"] = True
    if values:
        session.execute(update(Topic).where(Topic.id == old).values(**values).execution_options(**_QUIET))


def add_days(
    session: Session, table: type[MentionDay] | type[TopicDay], keys: tuple[str, ...], mentions: Mapping[tuple, int],
    folded: Mapping[tuple, int],
) -> None:
    """Add to day counts; the caller holds the turn, so nobody else does."""
    columns = [getattr(table, key) for key in keys]
    known = {}
    when = {place[keys.index("day")] for place in mentions}  # of a topic that lives long, not all its days
    for part in chunks(sorted({place[0] for place in mentions})):
        query = select(*columns, table.mentions, table.folded).where(
            columns[0].in_(part), table.day.between(min(when), max(when)))
        known |= {tuple(row[: len(keys)]): row for row in session.execute(query)}
    rows = [
        dict(zip(keys, place, strict=True)) | {
            "mentions": times + (known[place].mentions if place in known else 0),
            "folded": folded.get(place, 0) + (known[place].folded if place in known else 0),
        }
        for place, times in mentions.items()
    ]
    upsert(session, table, rows, keys, ["mentions", "folded"])


def total(session: Session, topics: Sequence[int]) -> None:
    """Totals of topics from their day counts, and of their groups."""
    for part in chunks(topics):
        totals = session.execute(
            select(
                TopicDay.topic_id, func.sum(TopicDay.mentions).label("mentions"),
                func.sum(TopicDay.folded).label("folded"), func.count(TopicDay.platform.distinct()).label("platforms"),
            )
            .where(TopicDay.topic_id.in_(part)).group_by(TopicDay.topic_id)
        ).all()
        session.execute(update(Topic), [
            {"id": row.topic_id, "mentions": int(row.mentions), "folded": int(row.folded),
             "platforms": int(row.platforms)}
            for row in totals
        ])
        groups = session.execute(select(Topic.group_id).where(Topic.id.in_(part), Topic.group_id.is_not(None))
                                 .distinct()).scalars()
        total_groups(session, groups)


def recount(session: Session, topics: Sequence[int]) -> None:
    """Day counts of topics from their mentions."""
    session.execute(delete(TopicDay).where(TopicDay.topic_id.in_(topics)).execution_options(**_QUIET))
    rows = session.execute(
        select(Mention.topic_id, Mention.day, Mention.platform, func.count().label("mentions"),
               func.sum(case((Mention.fold_id == Mention.id, 1), else_=0)).label("folded"))
        .where(Mention.topic_id.in_(topics)).group_by(Mention.topic_id, Mention.day, Mention.platform)
    ).all()
    counted = [{"topic_id": row.topic_id, "day": row.day, "platform": row.platform, "mentions": row.mentions,
                "folded": int(row.folded)} for row in rows]
    for part in chunks(counted):
        session.execute(insert(TopicDay), part)


def groups_of(session: Session, topics: Iterable[int]) -> set[int]:
    """The groups that topics are stored in."""
    out: set[int] = set()
    for part in chunks(sorted(topics)):
        out |= set(session.execute(select(Topic.group_id).where(
            Topic.id.in_(part), Topic.group_id.is_not(None)).distinct()).scalars())
    return out


def total_groups(session: Session, groups: Iterable[int]) -> None:
    """Title (that of the largest topic), span and totals of groups from their topics. Aliases are in no group: a
    condition on them would lead SQLite to the wrong index."""
    for part in chunks(sorted(groups)):
        rows = session.execute(
            select(Topic.group_id, func.sum(Topic.mentions).label("mentions"), func.count().label("topics"),
                   func.min(Topic.first_at).label("first_at"), func.max(Topic.last_at).label("last_at"),
                   func.max(case((Topic.active.is_(True), 1), else_=0)).label("active"))
            .where(Topic.group_id.in_(part)).group_by(Topic.group_id)
        ).all()
        place = func.row_number().over(partition_by=Topic.group_id, order_by=(Topic.mentions.desc(), Topic.id))
        largest = select(Topic.group_id, Topic.title, place.label("place")).where(
            Topic.group_id.in_(part)).subquery()
        title = dict(session.execute(select(largest.c.group_id, largest.c.title).where(largest.c.place == 1)).all())
        found = {row.group_id: row for row in rows}
        session.execute(update(TopicGroup), [
            {"id": id_, "title": title[id_], "first_at": row.first_at, "last_at": row.last_at,
             "mentions": int(row.mentions), "topics": row.topics, "active": bool(row.active)}
            for id_, row in found.items()
        ] + [{"id": id_, "mentions": 0, "topics": 0, "active": False} for id_ in part if id_ not in found])
