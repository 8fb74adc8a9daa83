"""Understand what came in: fold reprints, group into topics, count by day. Incremental, and safe to kill at any moment.

Mentions whose `understood_at` is null are taken in order of arrival, a batch at a time; everything that follows from a
batch (folds, topics, day counts) is committed together with the mark that it was done, so nothing is counted twice.
Two processes that work at once don't disturb each other: the second to commit finds that the state has moved on and
drops its batch. The work is done before the first write, so other writers wait for milliseconds. The active topics stay
in memory from call to call as long as nobody else had the turn.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from heapq import nlargest
from itertools import count
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import ColumnElement, Engine, Row, and_, func, insert, not_, or_, select, update
from sqlmodel import Session

from core import labels, topic_store
from core.db import bump, chunks, upsert
from core.models import FoldKey, Mention, MentionDay, Remembered, Source, Topic, TopicGroup, Unsifted
from core.opinion import fold
from core.opinion.features import Background, embedder, load_background
from core.opinion.fold import Joined
from core.opinion.text import letters
from core.opinion.topics import Change, Clusterer, Item
from core.settings import CATALOG
from core.sift import reprints
from core.topic_store import World

BATCH = 256
"""Mentions of one transaction: some seconds of work where texts are embedded."""
FOLD_WINDOW = timedelta(days=30)
"""How far apart two copies of a text may have been published and still be reprint and first."""
TEXT_WAIT = timedelta(minutes=10)
"""How long a line of a list is left for its text, which is mostly read within the same run."""
_TURN = "understand"


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


@dataclass(frozen=True, slots=True)
class Folded:
    """Where the texts of a batch belong, by mention; the topics of firsts that were stored before; keys by mention."""

    joined: dict[int, Joined]
    home: dict[int, int]
    keys: dict[int, list[int]]


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
    rows = session.execute(
        select(Mention.id, Mention.title, Mention.text, Mention.platform, Mention.published_at, Mention.day,
               Source.demo)
        .join(Source, Source.id == Mention.source_id)
        .where(Mention.understood_at.is_(None), ready(now)).order_by(Mention.id).limit(limit)
    ).all()
    if not rows:
        return done
    kept = _worlds(session, using or reader(), now)
    for demo in (False, True):
        # A feed that is read for the first time brings old articles: in order of time they meet their own topics.
        waiting = sorted((row for row in rows if row.demo is demo), key=lambda row: (row.published_at, row.id))
        if not waiting:
            continue
        if demo not in kept.worlds:
            kept.worlds[demo] = topic_store.load(session, demo, kept.using.background, kept.using.embed, kept.allot,
                                                 kept.allot_group)
        for batch in chunks(waiting, BATCH):
            if not _batch(session, kept, kept.worlds[demo], batch, done, now):
                return done
    _kept[_engine(session)] = kept
    return done


def _batch(session: Session, kept: _Kept, world: World, batch: Sequence[Row], done: Understood, now: datetime) -> bool:
    """Work through a batch and commit it, then look at the topics that have grown; False when another process was
    quicker."""
    clusterer = world.clusterer
    retired = clusterer.retire(max(row.published_at for row in batch))
    folded = _folds(session, clusterer, batch, world.demo)
    change, topic_of = _group(clusterer, batch, folded)
    change = replace(change, retired=retired)
    if not _claim(session, kept, now):
        return False
    _write(session, world, batch, folded, change, topic_of, now)
    bump(session, now)
    session.commit()
    done.mentions += len(batch)
    done.reprints += sum(one.kind is not None for one in folded.joined.values())
    done.new_topics += len(change.created)
    done.merged_topics += len(change.merged)
    for topic_id in change.changed:
        if clusterer.due(topic_id):
            if not _claim(session, kept, now):
                return False
            done.split_topics += len(topic_store.split(session, world, topic_id, now))
            session.commit()
    return True


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine


def _worlds(session: Session, using: Reader, now: datetime) -> _Kept:
    """The active topics, from memory where nobody else had the turn since. They are out of memory until all has gone
    well."""
    kept = _kept.pop(_engine(session), None)
    turn = _turn(session, now)
    if kept is not None and kept.turn == turn and kept.using is using:
        return kept
    allot, allot_group = (count((session.execute(select(func.max(table.id))).scalar() or 0) + 1).__next__
                          for table in (Topic, TopicGroup))
    return _Kept(turn, using, {}, allot, allot_group)


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


def _turn(session: Session, now: datetime) -> datetime:
    """The moment of the last batch, by which a process notices that another one was quicker."""
    upsert(session, Remembered, [{"key": _TURN, "value": {}, "updated_at": now}], ["key"])
    session.commit()
    return session.execute(select(Remembered.updated_at).where(Remembered.key == _TURN)).scalar_one()


def _claim(session: Session, kept: _Kept, now: datetime) -> bool:
    """Take the turn, holding it until the commit; False, with all undone, when another process had it since."""
    mine = max(now, kept.turn + timedelta(microseconds=1))
    taken = session.execute(
        update(Remembered).where(Remembered.key == _TURN, Remembered.updated_at == kept.turn).values(updated_at=mine)
        .execution_options(synchronize_session=False)
    ).rowcount
    if not taken:
        session.rollback()
        return False
    kept.turn = mine
    return True


def _fold_text(title: str, text: str) -> str:
    """What two copies share: the text where there is one, else the title."""
    return text if len(letters(text[:400])) >= fold.TITLE_LENGTH else title


def _folds(session: Session, clusterer: Clusterer, batch: Sequence[Row], demo: bool) -> Folded:
    """Where each mention's text belongs. Only what is in active topics counts: a text that comes back later starts
    anew."""
    texts = {row.id: _fold_text(row.title, row.text) for row in batch}
    keys = dict(zip(texts, fold.signatures(list(texts.values())), strict=True))
    holders: dict[int, list[int]] = defaultdict(list)
    for part in chunks(sorted({key for some in keys.values() for key in some})):
        for key, mention in session.execute(select(FoldKey.key, FoldKey.mention_id).where(FoldKey.key.in_(part))):
            holders[key].append(mention)
    # Of a key that very many texts have (the words of a form) the newest: what one mention costs doesn't grow.
    newest = {key: nlargest(fold.MOST_HELD, some) for key, some in holders.items()}
    shared: dict[int, set[int]] = defaultdict(set)
    for own in keys.values():
        for mention in fold.likeliest(one for key in own for one in newest.get(key, ())):
            shared[mention].update(key for key in own if mention in newest.get(key, ()))
    first, last = min(row.published_at for row in batch), max(row.published_at for row in batch)
    known: list[tuple[int, str]] = []
    home: dict[int, int] = {}
    for part in chunks(sorted(shared)):
        for row in session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.topic_id)
            .join(Source, Source.id == Mention.source_id)
            .where(Mention.id.in_(part), Source.demo.is_(demo),
                   Mention.published_at.between(first - FOLD_WINDOW, last + FOLD_WINDOW)).order_by(Mention.id)
        ):
            if row.topic_id in clusterer.topics:
                known.append((row.id, _fold_text(row.title, row.text)))
                home[row.id] = row.topic_id
    folds = fold.Folds(known, {id_: sorted(shared[id_]) for id_, _ in known})
    return Folded({id_: folds.add(id_, text, keys[id_]) for id_, text in texts.items()}, home, keys)


def _group(clusterer: Clusterer, batch: Sequence[Row], folded: Folded) -> tuple[Change, dict[int, int]]:
    """What changed, and the topic of every mention of the batch. A reprint goes where its first copy is."""
    folds = folded.joined
    change = clusterer.add([
        Item(row.id, row.title, row.published_at, row.text) for row in batch if folds[row.id].kind is None
    ])
    topic_of, changed = dict(change.assigned), set(change.changed)
    for row in batch:
        if folds[row.id].kind is not None:
            first = folds[row.id].first
            topic = topic_of[first] if first in topic_of else _living(folded.home[first], change)
            clusterer.reprint(topic, row.title, row.published_at)
            topic_of[row.id] = topic
            changed.add(topic)
    return replace(change, changed=sorted(changed)), topic_of


def _living(topic: int, change: Change) -> int:
    return change.merged.get(topic, topic)


def _write(
    session: Session, world: World, batch: Sequence[Row], folded: Folded, change: Change, topic_of: dict[int, int],
    now: datetime,
) -> None:
    """Everything that follows from a batch, in the caller's transaction."""
    folds = folded.joined
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
    keys = [
        {"mention_id": row.id, "key": key}
        for row in batch if folds[row.id].kind is None for key in set(folded.keys[row.id])
    ]
    if keys:
        session.execute(insert(FoldKey), keys)
    _ask_again(session, folds)
    topic_store.add_days(session, MentionDay, ("day", "platform"), all_day, all_folded)
    topic_store.count(session, change, day, day_folded)


def _ask_again(session: Session, folds: Mapping[int, Joined]) -> None:
    """Have the texts sifted again whose reprints have doubled: their number is part of what watches and scores ask."""
    new = Counter(one.first for one in folds.values() if one.kind == "reprint")
    grown = [
        {"mention_id": first} for first, number in reprints(session, sorted(new)).items()
        if number.bit_length() > (number - new[first]).bit_length()
    ]
    upsert(session, Unsifted, grown, ["mention_id"])
