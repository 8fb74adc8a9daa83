"""Topics as they are stored: their states, day counts, history and groups. The cost of a write is that of what changed.

Whoever changes a topic holds the turn (core.turn), so that nobody else does meanwhile.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, insert, or_, select, update
from sqlmodel import Session

from core.db import chunks, upsert
from core.models import Mention, MentionDay, Topic, TopicChange, TopicDay, TopicGroup
from core.opinion.features import Background
from core.opinion.fold import TITLE_LENGTH, Folds
from core.opinion.text import letters
from core.opinion.topic_groups import Groups, Regrouped
from core.opinion.topic_state import Topic as State
from core.opinion.topics import MOST_LOOKED_AT, Change, Clusterer, Item

FOLD_WINDOW = timedelta(days=30)
"""How far apart two copies of a text may have been published and still be reprint and first."""
_QUIET = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class World:
    """The active topics of the district, or those of the sample district, their groups and the first copies of what is
    said in them."""

    demo: bool
    clusterer: Clusterer
    groups: Groups
    folds: Folds


def load(
    session: Session, demo: bool, background: Background, embed: Callable[[list[str]], Any] | None,
    allot: Callable[[], int], allot_group: Callable[[], int],
) -> World:
    """Read the active topics and the first copies of their texts: some seconds for ten thousand."""
    rows = session.execute(
        select(Topic.id, Topic.state, Topic.group_id)
        .where(Topic.active.is_(True), Topic.demo.is_(demo), Topic.state.is_not(None))
    ).all()
    clusterer = Clusterer(background, embed, [State.from_bytes(row.state) for row in rows], allot)
    group_of = {row.id: row.group_id for row in rows if row.group_id is not None}
    firsts = [
        row for part in chunks(sorted(clusterer.topics))
        for row in session.execute(select(Mention.id, Mention.title, Mention.text, Mention.published_at).where(
            Mention.topic_id.in_(part), Mention.fold_id == Mention.id))
    ]
    firsts.sort(key=lambda row: row.id)
    folds = Folds([(row.id, fold_text(row.title, row.text)) for row in firsts],
                  [row.published_at.timestamp() for row in firsts], FOLD_WINDOW.total_seconds())
    return World(demo, clusterer, Groups(clusterer.topics, group_of, clusterer.thresholds.loose, allot_group), folds)


def fold_text(title: str, text: str) -> str:
    """What two copies share: the text where there is one, else the title."""
    return text if len(letters(text[:400])) >= TITLE_LENGTH else title


def retire(session: Session, world: World, latest: datetime) -> list[int]:
    """Let go, in memory, of the topics that are over by then, with their texts: one that comes back later starts anew.
    Of topics that go on, of the texts that nothing is a reprint of any more. Returns the ids of those that are over."""
    retired = world.clusterer.retire(latest)
    for part in chunks(retired):
        world.folds.forget(session.execute(
            select(Mention.id).where(Mention.topic_id.in_(part), Mention.fold_id == Mention.id)).scalars())
    world.folds.forget_older((latest - FOLD_WINDOW).timestamp())
    return retired


def write(session: Session, world: World, change: Change, now: datetime) -> None:
    """What a batch did to topics: states and names, aliases, history and groups. Counts come after it (`count`)."""
    titles = _titles(session, {*change.merged, *change.changed})
    drifts = {id_: found for id_ in change.changed if (found := world.clusterer.drifted(id_))}
    _write_states(session, world, change.changed)
    for part in chunks(change.retired):
        session.execute(update(Topic).where(Topic.id.in_(part)).values(active=False, state=None)
                        .execution_options(**_QUIET))
    left = _groups_of(session, {*change.merged, *change.retired})
    history = []
    for young, old in change.merged.items():
        if young in titles:  # one that was made in this batch was never stored
            moved = _move(session, young, old)
            history.append({"topic_id": old, "at": now, "kind": "merged", "other_id": young, "before": titles[young],
                            "after": titles.get(old, ""), "mentions": moved, "why": "内容趋同，并入较早的话题"})
    for id_, (before, like) in drifts.items():
        history.append({"topic_id": id_, "at": now, "kind": "drifted", "other_id": None, "before": before,
                        "after": world.clusterer.name(id_)[0], "mentions": 0,
                        "why": f"新增内容与最初的相似度为 {like:.2f}，已转向新的焦点"})
    if history:
        session.execute(insert(TopicChange), [{"who": "", **row} for row in history])
    regrouped = world.groups.update(change.changed, change.retired, change.merged)
    _write_groups(session, world, regrouped, left)


def _groups_of(session: Session, topics: Iterable[int]) -> set[int]:
    """The groups that topics are stored in."""
    out: set[int] = set()
    for part in chunks(sorted(topics)):
        out |= set(session.execute(select(Topic.group_id).where(
            Topic.id.in_(part), Topic.group_id.is_not(None)).distinct()).scalars())
    return out


def _titles(session: Session, ids: Iterable[int]) -> dict[int, str]:
    out: dict[int, str] = {}
    for part in chunks(sorted(ids)):
        out |= dict(session.execute(select(Topic.id, Topic.title).where(Topic.id.in_(part))).all())
    return out


def _write_states(session: Session, world: World, ids: Iterable[int]) -> None:
    rows = []
    for id_ in ids:
        state = world.clusterer.topics[id_]
        title, keywords = world.clusterer.name(id_)
        rows.append({
            "id": id_, "title": title, "keywords": keywords, "first_at": state.first_at, "last_at": state.last_at,
            "mentions": 0, "folded": 0, "platforms": 0, "active": True, "alias_of": None, "state": state.to_bytes(),
            "demo": world.demo,
        })
    upsert(session, Topic, rows, ["id"], ["title", "keywords", "first_at", "last_at", "active", "state"])


def _move(session: Session, young: int, old: int) -> int:
    """Make a topic an alias of an older one, with all its mentions; returns how many there were."""
    # One more batch may have made aliases of what is an alias itself now: they point on to the living topic.
    session.execute(
        update(Topic).where((Topic.id == young) | (Topic.alias_of == young))
        .values(active=False, state=None, alias_of=old, mentions=0, folded=0, platforms=0, group_id=None)
        .execution_options(**_QUIET))
    return session.execute(update(Mention).where(Mention.topic_id == young).values(topic_id=old)
                           .execution_options(**_QUIET)).rowcount


def count(
    session: Session, change: Change, mentions: Mapping[tuple, int], folded: Mapping[tuple, int],
) -> None:
    """Add a batch's counts by (topic id, day, platform), bring those of merged topics over, and total the topics."""
    day, day_folded = Counter(mentions), Counter(folded)
    gone = sorted(change.merged)
    for part in chunks(gone):
        for row in session.execute(select(TopicDay).where(TopicDay.topic_id.in_(part))).scalars():
            place = (change.merged[row.topic_id], row.day, row.platform)
            day[place] += row.mentions
            day_folded[place] += row.folded
        session.execute(delete(TopicDay).where(TopicDay.topic_id.in_(part)).execution_options(**_QUIET))
    add_days(session, TopicDay, ("topic_id", "day", "platform"), day, day_folded)
    _total(session, change.changed)


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


def _total(session: Session, topics: Sequence[int]) -> None:
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
        _total_groups(session, groups)


# --- Groups ---------------------------------------------------------------------------------------------------------


def _write_groups(session: Session, world: World, regrouped: Regrouped, left: set[int]) -> None:
    """Store who is in which group; `left`: groups that lost topics otherwise."""
    before = left | _groups_of(session, regrouped.moved)
    wanted = sorted({group for group in regrouped.moved.values() if group is not None})
    upsert(session, TopicGroup, [
        {"id": id_, "title": "", "first_at": state.first_at, "last_at": state.last_at, "mentions": 0, "topics": 0,
         "active": True, "alias_of": None, "demo": world.demo}
        for id_ in wanted for state in [world.clusterer.topics[min(world.groups.members(id_))]]
    ], ["id"], ["active"])
    for young, old in regrouped.merged.items():
        session.execute(update(TopicGroup).where(or_(TopicGroup.id == young, TopicGroup.alias_of == young))
                        .values(active=False, alias_of=old, mentions=0, topics=0).execution_options(**_QUIET))
        session.execute(update(Topic).where(Topic.group_id == young).values(group_id=old).execution_options(**_QUIET))
    if regrouped.moved:
        session.execute(update(Topic), [{"id": id_, "group_id": group} for id_, group in regrouped.moved.items()])
    _total_groups(session, before - set(regrouped.merged))


def _total_groups(session: Session, groups: Iterable[int]) -> None:
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


# --- Splits ---------------------------------------------------------------------------------------------------------


def parted(session: Session, world: World, topic_id: int) -> tuple[str, dict[int, int]]:
    """Look at a topic that is due with all its texts: its title before, and where it is several events, the topic of
    each of its texts from now on, for `write_parts`. Writes nothing."""
    rows = session.execute(
        select(Mention.id, Mention.title, Mention.published_at, Mention.text)
        .where(Mention.topic_id == topic_id, Mention.fold_id == Mention.id).order_by(Mention.published_at, Mention.id)
        .limit(2 * MOST_LOOKED_AT)
    ).all()
    before = world.clusterer.name(topic_id)[0]
    if len(rows) > MOST_LOOKED_AT:
        return before, {}
    items = [Item(row.id, row.title, row.published_at, row.text) for row in rows]
    return before, world.clusterer.split(topic_id, items)


def write_parts(
    session: Session, world: World, topic_id: int, before: str, topic_of: Mapping[int, int], now: datetime
) -> list[int]:
    """Store what a topic was split into: ids of the new topics."""
    new = sorted(set(topic_of.values()) - {topic_id})
    for row in session.execute(
        select(Mention.fold_id, Mention.title, Mention.published_at)
        .where(Mention.topic_id == topic_id, Mention.fold_id != Mention.id).order_by(Mention.id)
    ):
        world.clusterer.reprint(topic_of[row.fold_id], row.title, row.published_at)
    _write_states(session, world, [topic_id, *new])
    firsts: dict[int, list[int]] = defaultdict(list)
    for mention, topic in topic_of.items():
        firsts[topic].append(mention)
    moved = {}
    for id_ in new:
        moved[id_] = 0
        for part in chunks(firsts[id_]):
            moved[id_] += session.execute(update(Mention).where(Mention.fold_id.in_(part)).values(topic_id=id_)
                                          .execution_options(**_QUIET)).rowcount
    _recount(session, [topic_id, *new])
    session.execute(insert(TopicChange), [
        {"topic_id": topic_id, "at": now, "kind": "split", "other_id": id_, "before": before,
         "after": world.clusterer.name(id_)[0], "mentions": moved[id_], "why": "其中谈的是另一件事，分出为新话题",
         "who": ""}
        for id_ in new
    ])
    _write_groups(session, world, world.groups.update([topic_id, *new], split=[topic_id]), set())
    _total(session, [topic_id, *new])
    return new


def _recount(session: Session, topics: Sequence[int]) -> None:
    """Day counts of topics from their mentions."""
    session.execute(delete(TopicDay).where(TopicDay.topic_id.in_(topics)).execution_options(**_QUIET))
    rows = session.execute(
        select(Mention.topic_id, Mention.day, Mention.platform, func.count().label("mentions"),
               func.sum(case((Mention.fold_id == Mention.id, 1), else_=0)).label("folded"))
        .where(Mention.topic_id.in_(topics)).group_by(Mention.topic_id, Mention.day, Mention.platform)
    ).all()
    session.execute(insert(TopicDay), [
        {"topic_id": row.topic_id, "day": row.day, "platform": row.platform, "mentions": row.mentions,
         "folded": int(row.folded)} for row in rows
    ])
