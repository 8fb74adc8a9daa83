"""Understand what came in: fold reprints, group into topics, count by day. Incremental, and safe to kill at any moment.

Mentions whose `understood_at` is null are taken in order of arrival, a batch at a time; everything that follows from a
batch (folds, topics, day counts) is committed together with the mark that it was done, so nothing is counted twice.
Two processes that work at once don't disturb each other: the second to commit finds that the state has moved on and
drops its batch. The work is done before the first write, so other writers wait for milliseconds. The active topics stay
in memory from call to call as long as nobody else had the turn.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import ColumnElement, Engine, Row, and_, func, not_, or_, select, update
from sqlmodel import Session

from core import labels, topic_store, turn, unsifted
from core.db import bump, chunks
from core.models import Mention, MentionDay, Source, Topic, TopicGroup
from core.opinion.features import Background, embedder, load_background
from core.opinion.fold import Joined
from core.opinion.topics import Change, Clusterer, Item
from core.settings import CATALOG
from core.sift import reprints
from core.topic_store import World

BATCH = 256
"""Mentions of one transaction: some seconds of work where texts are embedded."""
TEXT_WAIT = timedelta(minutes=10)
"""How long a line of a list is left for its text, which is mostly read within the same run."""


@dataclass(slots=True)
class Understood:
    """What was done: mentions read, reprints among them, topics that are new, merged into older ones, split off."""

    mentions: int = 0
    reprints: int = 0
    new_topics: int = 0
    merged_topics: int = 0
    split_topics: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """What texts are read with: reference data, and the embedding where it is installed."""

    background: Background
    embed: Callable[[list[str]], np.ndarray] | None


@dataclass(slots=True)
class _Kept:
    """The active topics as of a turn, read with `using`."""

    turn: datetime
    using: Reader
    worlds: dict[bool, World]
    allot: Callable[[], int]
    allot_group: Callable[[], int]


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()


@cache
def reader() -> Reader:
    """The process's reader, loaded once (some 0.2 GB with the embedding)."""
    background = load_background(CATALOG / "text_background.npz")
    return Reader(background, embedder(background))


def understand(session: Session, *, now: datetime, limit: int = 2_000, using: Reader | None = None) -> Understood:
    """Work through up to `limit` mentions that are new. Commits after every batch, telling readers each time.

    The sample district and real mentions are folded and grouped apart, so that one can be removed without a trace
    in the other.
    """
    done = Understood()
    pending = (
        select(Mention.id, Mention.title, Mention.text, Mention.platform, Mention.published_at, Mention.day,
               Source.demo)
        .join(Source, Source.id == Mention.source_id)
        .where(Mention.understood_at.is_(None), ready(now)).order_by(Mention.id)
    )
    moved = select(Topic.id).where(Topic.unread.is_(True), Topic.active.is_(True))
    if session.execute(pending.limit(1)).first() is None and session.execute(moved.limit(1)).first() is None:
        return done
    # The turn first: what another process does after it is noticed, and what it did before isn't read again.
    kept = _worlds(session, using or reader(), now)
    rows = session.execute(pending.limit(limit)).all()
    unread = {row.demo for row in session.execute(
        select(Topic.demo).where(Topic.id.in_(moved)).distinct())}
    for demo in (False, True):
        # A feed that is read for the first time brings old articles: in order of time they meet their own topics.
        waiting = sorted((row for row in rows if row.demo is demo), key=lambda row: (row.published_at, row.id))
        if not waiting and demo not in unread:
            continue
        if demo not in kept.worlds:
            kept.worlds[demo] = topic_store.load(session, demo, kept.using.background, kept.using.embed, kept.allot,
                                                 kept.allot_group)
            if not _settle(session, kept, kept.worlds[demo], now):
                return done
        for batch in chunks(waiting, BATCH):
            if not _batch(session, kept, kept.worlds[demo], batch, done, now):
                return done
    _kept[_engine(session)] = kept
    return done


def _settle(session: Session, kept: _Kept, world: World, now: datetime) -> bool:
    """Store what was made anew of the topics whose mentions people moved; False when another process was quicker."""
    if not world.unread:
        return True
    if not _take(session, kept, now):
        return False
    topic_store.write_anew(session, world)
    bump(session, now)
    session.commit()
    return True


def _batch(session: Session, kept: _Kept, world: World, batch: Sequence[Row], done: Understood, now: datetime) -> bool:
    """Work through a batch and commit it, then look at the topics that have grown; False when another process was
    quicker."""
    retired = topic_store.retire(session, world, max(row.published_at for row in batch))
    folds, home = _folds(session, world, batch)
    change, topic_of = _group(world.clusterer, batch, folds, home)
    change = replace(change, retired=retired)
    if not _take(session, kept, now):
        return False
    _write(session, world, batch, folds, change, topic_of, now)
    bump(session, now)
    session.commit()
    done.mentions += len(batch)
    done.reprints += sum(one.kind is not None for one in folds.values())
    done.new_topics += len(change.created)
    done.merged_topics += len(change.merged)
    for topic_id in filter(world.clusterer.due, change.changed):
        before, topic_of = topic_store.parted(session, world, topic_id)
        if topic_of:
            if not _take(session, kept, now):
                return False
            done.split_topics += len(topic_store.write_parts(session, world, topic_id, before, topic_of, now))
            bump(session, now)
            session.commit()
    return True


def _take(session: Session, kept: _Kept, now: datetime) -> bool:
    mine = turn.take(session, kept.turn, now)
    kept.turn = mine or kept.turn
    return mine is not None


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def _worlds(session: Session, using: Reader, now: datetime) -> _Kept:
    """The active topics, from memory where nobody else had the turn since. They are out of memory until all has gone
    well."""
    kept = _kept.pop(_engine(session), None)
    last = turn.seen(session, now)
    if kept is not None and kept.turn == last and kept.using is using:
        return kept
    allot, allot_group = (count((session.execute(select(func.max(table.id))).scalar() or 0) + 1).__next__
                          for table in (Topic, TopicGroup))
    return _Kept(last, using, {}, allot, allot_group)


def ready(now: datetime) -> ColumnElement[bool]:
    """The mentions (joined with their sources) that are to be understood now: a line of a list whose text is being read
    waits for it a while."""
    reading = []
    for collector, option in labels.TEXT_LATER.items():
        name, _, value = option.partition("=")
        said = func.coalesce(Source.config[name].as_string(), "")
        asked = [said == value if value else said != ""] if name else []
        reading.append(and_(Source.collector == collector, *asked))
    bare = and_(Mention.text == "", or_(*reading))
    return or_(not_(bare), Mention.first_seen_at <= now - TEXT_WAIT)


def _folds(session: Session, world: World, batch: Sequence[Row]) -> tuple[dict[int, Joined], dict[int, int]]:
    """Where each mention's text belongs, and the topics of firsts that were stored before."""
    texts = [(row.id, topic_store.fold_text(row.title, row.text)) for row in batch]
    joined = world.folds.add_many(texts, [row.published_at.timestamp() for row in batch])
    folds = {row.id: one for row, one in zip(batch, joined, strict=True)}
    home: dict[int, int] = {}
    for part in chunks(sorted({one.first for one in joined} - set(folds))):
        home |= dict(session.execute(select(Mention.id, Mention.topic_id).where(Mention.id.in_(part))).all())
    return folds, home


def _group(
    clusterer: Clusterer, batch: Sequence[Row], folds: Mapping[int, Joined], home: Mapping[int, int]
) -> tuple[Change, dict[int, int]]:
    """What changed, and the topic of every mention of the batch. A reprint goes where its first copy is."""
    change = clusterer.add([
        Item(row.id, row.title, row.published_at, row.text) for row in batch if folds[row.id].kind is None
    ])
    topic_of, changed = dict(change.assigned), set(change.changed)
    for row in batch:
        if folds[row.id].kind is not None:
            first = folds[row.id].first
            topic = topic_of[first] if first in topic_of else _living(home[first], change)
            clusterer.reprint(topic, row.title, row.published_at)
            topic_of[row.id] = topic
            changed.add(topic)
    return replace(change, changed=sorted(changed)), topic_of


def _living(topic: int, change: Change) -> int:
    return change.merged.get(topic, topic)


def _write(
    session: Session, world: World, batch: Sequence[Row], folds: Mapping[int, Joined], change: Change,
    topic_of: Mapping[int, int], now: datetime,
) -> None:
    """Everything that follows from a batch, in the caller's transaction."""
    all_day: Counter[tuple] = Counter()
    all_folded: Counter[tuple] = Counter()
    day: Counter[tuple] = Counter()
    day_folded: Counter[tuple] = Counter()
    for row in batch:
        place, topic_place = (row.day, row.platform), (topic_of[row.id], row.day, row.platform)
        all_day[place] += 1
        day[topic_place] += 1
        if folds[row.id].kind is None:
            all_folded[place] += 1
            day_folded[topic_place] += 1
    topic_store.write(session, world, change, now)
    session.execute(update(Mention), [
        {"id": row.id, "understood_at": now, "fold_id": folds[row.id].first, "fold_kind": folds[row.id].kind or "",
         "topic_id": topic_of[row.id]}
        for row in batch
    ])
    _ask_again(session, folds)
    topic_store.add_days(session, MentionDay, ("day", "platform"), all_day, all_folded)
    topic_store.count(session, change, day, day_folded)


def _ask_again(session: Session, folds: Mapping[int, Joined]) -> None:
    """Have the texts sifted again whose reprints have doubled: their number is part of what watches and scores ask."""
    new = Counter(one.first for one in folds.values() if one.kind == "reprint")
    grown = [first for first, number in reprints(session, sorted(new)).items()
             if number.bit_length() > (number - new[first]).bit_length()]
    for part in chunks(grown):
        unsifted.note(session, Mention.id.in_(part))
