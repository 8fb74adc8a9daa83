"""Topics as they are stored: their states, day counts, history and groups. The cost of a write is that of what changed.

Whoever changes a topic holds the turn (core.turn), so that nobody else does meanwhile.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from core.db import chunks, upsert
from core.models import Mention, Topic, TopicApart, TopicChange, TopicDay, TopicGroup
from core.opinion.features import Background
from core.opinion.fold import TITLE_LENGTH, Folds
from core.opinion.text import letters
from core.opinion.topic_groups import Groups, Regrouped
from core.opinion.topic_state import Topic as State
from core.opinion.topics import MOST_LOOKED_AT, Change, Clusterer, Item, Ruled
from core.topic_rows import add_days, groups_of, move, recount, total, total_groups

FORMED = 500
"""Texts that a state is made anew of: some seconds where they are embedded."""
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
    unread: tuple[int, ...] = ()
    """Topics whose states were made anew from their mentions, and are to be stored (`write_anew`)."""


def load(
    session: Session, demo: bool, background: Background, embed: Callable[[list[str]], Any] | None,
    allot: Callable[[], int], allot_group: Callable[[], int],
) -> World:
    """Read the active topics and the first copies of their texts: some seconds for ten thousand. The states of those
    whose mentions people moved are made anew."""
    rows = session.execute(
        select(Topic.id, Topic.state, Topic.group_id, Topic.unread, Topic.folded)
        .where(Topic.active.is_(True), Topic.demo.is_(demo), or_(Topic.state.is_not(None), Topic.unread.is_(True)))
    ).all()
    states = [State.from_bytes(row.state) for row in rows if not row.unread]
    clusterer = Clusterer(background, embed, states, allot, ruled=_ruled(session, demo))
    unread = sorted((row.id, row.folded) for row in rows if row.unread)
    for id_, folded in unread:
        _form(session, clusterer, id_, folded)
    group_of = {row.id: row.group_id for row in rows if row.group_id is not None}
    firsts = [
        row for part in chunks(sorted(clusterer.topics))
        for row in session.execute(select(Mention.id, Mention.title, Mention.text, Mention.published_at).where(
            Mention.topic_id.in_(part), Mention.fold_id == Mention.id))
    ]
    firsts.sort(key=lambda row: row.id)
    folds = Folds([(row.id, fold_text(row.title, row.text)) for row in firsts],
                  [row.published_at.timestamp() for row in firsts], FOLD_WINDOW.total_seconds())
    return World(demo, clusterer, Groups(clusterer.topics, group_of, clusterer.thresholds.loose, allot_group), folds,
                 tuple(id_ for id_, _ in unread))


def _ruled(session: Session, demo: bool) -> Ruled:
    """What people decided of topics, as of those that live on."""
    one, other = aliased(Topic), aliased(Topic)
    pairs = session.execute(
        select(func.coalesce(one.alias_of, one.id), func.coalesce(other.alias_of, other.id))
        .select_from(TopicApart).join(one, one.id == TopicApart.topic_id).join(other, other.id == TopicApart.other_id)
        .where(one.demo.is_(demo))
    ).all()
    whole, hidden = (
        session.execute(select(Topic.id).where(term, Topic.active.is_(True), Topic.demo.is_(demo))).scalars()
        for term in (Topic.whole.is_(True), Topic.hidden_at.is_not(None))
    )
    return Ruled(frozenset((a, b) for a, b in pairs if a != b), frozenset(whole), frozenset(hidden))


def _form(session: Session, clusterer: Clusterer, topic_id: int, folded: int) -> None:
    """A topic's state from the newest of its texts, with the titles of their reprints."""
    texts = (select(Mention.id, Mention.title, Mention.published_at, Mention.text).where(Mention.topic_id == topic_id)
             .order_by(Mention.published_at.desc(), Mention.id.desc()).limit(FORMED))
    firsts = session.execute(texts.where(Mention.fold_id == Mention.id)).all()[::-1]
    clusterer.form(topic_id, [Item(row.id, row.title, row.published_at, row.text) for row in firsts], folded)
    for row in session.execute(
        select(Mention.title, Mention.published_at)
        .where(Mention.topic_id == topic_id, Mention.fold_id != Mention.id).order_by(Mention.id)
    ):
        clusterer.reprint(topic_id, row.title, row.published_at)
    state = clusterer.topics[topic_id]
    first = session.execute(select(Topic.first_at).where(Topic.id == topic_id)).scalar_one()
    state.first_at = min(state.first_at, first)
    clusterer.topics.put(state)


def write_anew(session: Session, world: World) -> None:
    """Store the states that were made anew, and look at the groups of their topics."""
    _write_states(session, world, world.unread)
    _write_groups(session, world, world.groups.update(world.unread, split=world.unread), set())
    total(session, world.unread)


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
        session.execute(update(Topic).where(Topic.id.in_(part)).values(active=False, state=None, unread=False)
                        .execution_options(**_QUIET))
    left = groups_of(session, {*change.merged, *change.retired})
    history = []
    for young, old in change.merged.items():
        if young in titles:  # one that was made in this batch was never stored
            moved = move(session, young, old)
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


def _titles(session: Session, ids: Iterable[int]) -> dict[int, str]:
    out: dict[int, str] = {}
    for part in chunks(sorted(ids)):
        out |= dict(session.execute(select(Topic.id, Topic.title).where(Topic.id.in_(part))).all())
    return out


def _write_states(session: Session, world: World, ids: Iterable[int]) -> None:
    """States with what they call themselves; a name given by hand stands above that."""
    ids = list(ids)
    given: dict[int, str] = {}
    for part in chunks(ids):
        given |= dict(session.execute(
            select(Topic.id, Topic.title).where(Topic.id.in_(part), Topic.own_title.is_not(None))).all())
    rows = []
    for id_ in ids:
        state = world.clusterer.topics[id_]
        own, keywords = world.clusterer.name(id_)
        rows.append({
            "id": id_, "title": given.get(id_, own), "own_title": own if id_ in given else None, "keywords": keywords,
            "first_at": state.first_at, "last_at": state.last_at, "mentions": 0, "folded": 0, "platforms": 0,
            "active": True, "alias_of": None, "state": state.to_bytes(), "demo": world.demo, "unread": False,
        })
    upsert(session, Topic, rows, ["id"],
           ["title", "own_title", "keywords", "first_at", "last_at", "active", "state", "unread"])


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
    total(session, change.changed)


# --- Groups ---------------------------------------------------------------------------------------------------------


def _write_groups(session: Session, world: World, regrouped: Regrouped, left: set[int]) -> None:
    """Store who is in which group; `left`: groups that lost topics otherwise."""
    before = left | groups_of(session, regrouped.moved)
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
    total_groups(session, before - set(regrouped.merged))


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
    upsert(session, TopicApart, [
        {"topic_id": min(id_, other), "other_id": max(id_, other), "at": now, "who": ""}
        for id_ in new for other in sorted(world.clusterer.apart(id_))
    ], ["topic_id", "other_id"])
    firsts: dict[int, list[int]] = defaultdict(list)
    for mention, topic in topic_of.items():
        firsts[topic].append(mention)
    moved = {}
    for id_ in new:
        moved[id_] = 0
        for part in chunks(firsts[id_]):
            moved[id_] += session.execute(update(Mention).where(Mention.fold_id.in_(part)).values(topic_id=id_)
                                          .execution_options(**_QUIET)).rowcount
    recount(session, [topic_id, *new])
    session.execute(insert(TopicChange), [
        {"topic_id": topic_id, "at": now, "kind": "split", "other_id": id_, "before": before,
         "after": world.clusterer.name(id_)[0], "mentions": moved[id_], "why": "其中谈的是另一件事，分出为新话题",
         "who": ""}
        for id_ in new
    ])
    _write_groups(session, world, world.groups.update([topic_id, *new], split=[topic_id]), set())
    total(session, [topic_id, *new])
    return new
