"""Understand what came in: fold reprints, group into topics, count by day. Incremental, and safe to kill at any moment.

Mentions whose `understood_at` is null are taken in order of arrival, a batch at a time; everything that follows from a
batch (folds, topics, day counts) is committed together with the mark that it was done, so nothing is counted twice.
Two processes that work at once don't disturb each other: the second to commit finds that the state has moved on and
drops its batch. The work is done before the first write, so other writers wait for milliseconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count

import numpy as np
from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, not_, or_, select, update
from sqlmodel import Session

from core import labels
from core.db import bump, chunks, upsert
from core.models import FoldKey, Mention, MentionDay, Remembered, Source, Topic, TopicDay
from core.opinion import fold
from core.opinion.features import Background, embedder, load_background
from core.opinion.fold import Joined
from core.opinion.text import letters
from core.opinion.topics import Change, Clusterer, Item
from core.opinion.topic_state import Topic as State
from core.settings import CATALOG

BATCH = 256
"""Mentions of one transaction: some seconds of work where texts are embedded."""
FOLD_WINDOW = timedelta(days=30)
"""How far apart two copies of a text may have been published and still be reprint and first."""
TEXT_WAIT = timedelta(minutes=10)
"""How long a line of a list is left for its text, which is mostly read within the same run."""
_TURN = "understand"


@dataclass(slots=True)
class Understood:
    """What was done: mentions read, reprints among them, topics that are new, topics merged into older ones."""

    mentions: int = 0
    reprints: int = 0
    new_topics: int = 0
    merged_topics: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """What texts are read with: reference data, and the embedding where it is installed."""

    background: Background
    embed: Callable[[list[str]], np.ndarray] | None


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
    using = using or reader()
    turn = _turn(session, now)
    new_id = count((session.execute(select(func.max(Topic.id))).scalar() or 0) + 1).__next__
    for demo in (False, True):
        # A feed that is read for the first time brings old articles: in order of time they meet their own topics.
        waiting = sorted((row for row in rows if row.demo is demo), key=lambda row: (row.published_at, row.id))
        if not waiting:
            continue
        clusterer = Clusterer(using.background, using.embed, _active(session, demo), new_id)
        for batch in chunks(waiting, BATCH):
            retired = clusterer.retire(max(row.published_at for row in batch))
            folds, home = _folds(session, clusterer, batch, demo)
            change, topic_of = _group(clusterer, batch, folds, home)
            change = replace(change, retired=retired)
            turn = _claim(session, turn, now)
            if turn is None:
                session.rollback()
                return done
            _write(session, clusterer, batch, folds, change, topic_of, demo, now)
            bump(session, now)
            session.commit()
            done.mentions += len(batch)
            done.reprints += sum(folds[row.id].kind is not None for row in batch)
            done.new_topics += len(change.created)
            done.merged_topics += len(change.merged)
    return done


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


def _claim(session: Session, seen: datetime, now: datetime) -> datetime | None:
    """Take the turn, holding it until the commit; None when another process had it since `seen`."""
    mine = max(now, seen + timedelta(microseconds=1))
    taken = session.execute(
        update(Remembered).where(Remembered.key == _TURN, Remembered.updated_at == seen).values(updated_at=mine)
        .execution_options(synchronize_session=False)
    ).rowcount
    return mine if taken else None


def _active(session: Session, demo: bool) -> list[State]:
    states = session.execute(
        select(Topic.state).where(Topic.active.is_(True), Topic.demo.is_(demo), Topic.state.is_not(None))
    ).scalars()
    return [State.from_bytes(state) for state in states]


def _fold_text(title: str, text: str) -> str:
    """What two copies share: the text where there is one, else the title."""
    return text if len(letters(text[:400])) >= fold.TITLE_LENGTH else title


def _folds(
    session: Session, clusterer: Clusterer, batch: Sequence[Row], demo: bool
) -> tuple[dict[int, Joined], dict[int, int]]:
    """Where each mention's text belongs, and the topics of firsts that were stored before. Only what is in active
    topics counts: a text that comes back later starts anew."""
    texts = {row.id: _fold_text(row.title, row.text) for row in batch}
    keys = sorted({key for text in texts.values() for key in fold.signature(text)})
    found: set[int] = set()
    for part in chunks(keys):
        found.update(session.execute(select(FoldKey.mention_id).where(FoldKey.key.in_(part))).scalars())
    first, last = min(row.published_at for row in batch), max(row.published_at for row in batch)
    known: list[tuple[int, str]] = []
    home: dict[int, int] = {}
    for part in chunks(sorted(found)):
        for row in session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.topic_id)
            .join(Source, Source.id == Mention.source_id)
            .where(Mention.id.in_(part), Source.demo.is_(demo),
                   Mention.published_at.between(first - FOLD_WINDOW, last + FOLD_WINDOW)).order_by(Mention.id)
        ):
            if row.topic_id in clusterer.topics:
                known.append((row.id, _fold_text(row.title, row.text)))
                home[row.id] = row.topic_id
    folds = fold.Folds(known)
    return {id_: folds.add(id_, text) for id_, text in texts.items()}, home


def _group(
    clusterer: Clusterer, batch: Sequence[Row], folds: dict[int, Joined], home: dict[int, int]
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
    session: Session, clusterer: Clusterer, batch: Sequence[Row], folds: dict[int, Joined], change: Change,
    topic_of: dict[int, int], demo: bool, now: datetime,
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
    for table_row in _days_of(session, change.merged):
        place = (_living(table_row.topic_id, change), table_row.day, table_row.platform)
        day[place] += table_row.mentions
        day_folded[place] += table_row.folded
    _write_topics(session, clusterer, change, demo)
    session.execute(update(Mention), [
        {"id": row.id, "understood_at": now, "fold_id": folds[row.id].first, "fold_kind": folds[row.id].kind or "",
         "topic_id": topic_of[row.id]}
        for row in batch
    ])
    keys = [
        {"mention_id": row.id, "band": band, "key": key}
        for row in batch if folds[row.id].kind is None
        for band, key in enumerate(fold.signature(_fold_text(row.title, row.text)))
    ]
    if keys:
        session.execute(insert(FoldKey), keys)
    for young, old in change.merged.items():
        session.execute(
            update(Mention).where(Mention.topic_id == young).values(topic_id=old)
            .execution_options(synchronize_session=False)
        )
        session.execute(delete(TopicDay).where(TopicDay.topic_id == young))
    _add(session, MentionDay, ("day", "platform"), all_day, all_folded)
    _add(session, TopicDay, ("topic_id", "day", "platform"), day, day_folded)
    _total_topics(session, change.changed)


def _write_topics(session: Session, clusterer: Clusterer, change: Change, demo: bool) -> None:
    rows = []
    for id_ in change.changed:
        state = clusterer.topics[id_]
        title, keywords = clusterer.name(id_)
        rows.append({
            "id": id_, "title": title, "keywords": keywords, "first_at": state.first_at, "last_at": state.last_at,
            "mentions": 0, "folded": 0, "platforms": 0, "active": True, "alias_of": None, "state": state.to_bytes(),
            "demo": demo,
        })
    upsert(session, Topic, rows, ["id"], ["title", "keywords", "first_at", "last_at", "active", "state"])
    for part in chunks(change.retired):
        session.execute(
            update(Topic).where(Topic.id.in_(part)).values(active=False, state=None)
            .execution_options(synchronize_session=False)
        )
    for young, old in change.merged.items():
        # One more batch may have made aliases of what is an alias itself now: they point on to the living topic.
        session.execute(
            update(Topic).where((Topic.id == young) | (Topic.alias_of == young))
            .values(active=False, state=None, alias_of=old, mentions=0, folded=0, platforms=0)
            .execution_options(synchronize_session=False)
        )


def _days_of(session: Session, topics: Iterable[int]) -> list[TopicDay]:
    found: list[TopicDay] = []
    for part in chunks(sorted(topics)):
        found += session.execute(select(TopicDay).where(TopicDay.topic_id.in_(part))).scalars().all()
    return found


def _add(
    session: Session, table: type[MentionDay] | type[TopicDay], keys: tuple[str, ...], mentions: Counter,
    folded: Counter,
) -> None:
    """Add to day counts; the caller holds the turn, so nobody else does."""
    columns = [getattr(table, key) for key in keys]
    known = {}
    for part in chunks(sorted({place[0] for place in mentions})):
        query = select(*columns, table.mentions, table.folded).where(columns[0].in_(part))
        known |= {tuple(row[: len(keys)]): row for row in session.execute(query)}
    rows = [
        dict(zip(keys, place, strict=True)) | {
            "mentions": times + (known[place].mentions if place in known else 0),
            "folded": folded[place] + (known[place].folded if place in known else 0),
        }
        for place, times in mentions.items()
    ]
    upsert(session, table, rows, keys, ["mentions", "folded"])


def _total_topics(session: Session, topics: Sequence[int]) -> None:
    """Totals of topics from their day counts."""
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

