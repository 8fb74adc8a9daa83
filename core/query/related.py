"""关联检索: what has to do with a mention, and why: its event, its copies, its place, its words, its author.

Each way is bounded: it looks at the newest mentions that an index names, never at all of them. 误报 are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import rjieba
from sqlalchemy import false, func, literal, or_, select, union_all
from sqlmodel import Session

from core import search
from core.models import Mention, MentionMark, Platform, Sense, Source, Topic
from core.opinion import search_query
from core.opinion.normal import normal
from core.opinion.search_query import Either
from core.opinion.watch import Word
from core.query.opinion import spoken_on
from core.search import DOC

KINDS = {"topic": "同一事件", "copies": "同文转载", "place": "同一地点", "words": "相同词语", "author": "同一发布者"}
SHOWN = 8
READ = 300
"""Characters of a text whose words are looked for elsewhere."""
RAREST, COMMON = 8, 1_000
"""Words that are looked for, the rarest ones; from so many mentions on a word says nothing."""
LOOKED = 2_000
"""Mentions that share a word, and mentions of a place, that are looked at."""
TOWN = 9
"""Digits of the code of a street or town: of two mentions of one whole district that is no relation."""
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Related:
    """A mention that has to do with the one asked about, and why (Chinese). `platform` is a name."""

    mention_id: int
    title: str
    source: str
    platform: str
    url: str
    published_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """What is related in one way (of KINDS), the newest first; `more`: there are others."""

    kind: str
    rows: tuple[Related, ...]
    more: bool

    @property
    def name(self) -> str:
        return KINDS[self.kind]


def related(session: Session, mention_id: int, limit: int = SHOWN) -> tuple[Group, ...]:
    """What has to do with a mention, in the order of KINDS; ways in which nothing has are left out. Empty where the
    mention is gone."""
    one = session.get(Mention, mention_id)
    if one is None:
        return ()
    ways = {"topic": _topic, "copies": _copies, "place": _place, "words": _words, "author": _author}
    found = {kind: way(session, one, limit + 1) for kind, way in ways.items()}
    rows = _rows(session, {id_ for why in found.values() for id_ in why})
    out = []
    for kind, why in found.items():
        these = sorted((rows[id_] for id_ in why if id_ in rows), key=lambda row: (row.published_at, row.id),
                       reverse=True)
        if these:
            out.append(Group(kind, tuple(
                Related(row.id, row.title, row.source, row.platform, row.url, row.published_at, why[row.id])
                for row in these[:limit]), len(these) > limit))
    return tuple(out)


def _rows(session: Session, ids: set[int]) -> Mapping[int, object]:
    return {row.id: row for row in session.execute(
        select(Mention.id, Mention.title, Source.name.label("source"), spoken_on(Mention.platform).label("platform"),
               Mention.url, Mention.published_at)
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(Mention.id.in_(sorted(ids))))}


def _right(id_):
    """That a mention was not marked 误报."""
    return ~select(MentionMark.mention_id).where(MentionMark.mention_id == id_, MentionMark.wrong).exists()


def _topic(session: Session, one: Mention, limit: int) -> dict[int, str]:
    if one.topic_id is None:
        return {}
    title = session.execute(select(Topic.title).where(Topic.id == one.topic_id)).scalar()
    ids = session.execute(
        select(Mention.id).where(Mention.topic_id == one.topic_id, Mention.id != one.id, _right(Mention.id))
        .order_by(Mention.published_at.desc()).limit(limit)).scalars()
    return dict.fromkeys(ids, f"与本条同属话题“{title}”")


def _copies(session: Session, one: Mention, limit: int) -> dict[int, str]:
    if one.fold_id is None:
        return {}
    rows = session.execute(
        select(Mention.id, Mention.fold_kind)
        .where(Mention.fold_id == one.fold_id, Mention.id != one.id, _right(Mention.id))
        .order_by(Mention.published_at.desc()).limit(limit))
    return {id_: _copied(one.fold_kind, kind) for id_, kind in rows}


def _copied(mine: str, theirs: str) -> str:
    """What two copies of a text are to each other: "" its first, a reprint, an excerpt."""
    if "excerpt" in (mine, theirs):
        return ("与本条出自同一篇，各有摘录" if mine == theirs else
                "与本条同文，其中一条是摘录" if "reprint" in (mine, theirs) else
                "摘录了本条的内容" if theirs else "本条摘录了它的内容")
    return "转载了本条" if not mine else "本条是它的转载" if not theirs else "与本条是同一篇的转载"


def _place(session: Session, one: Mention, limit: int) -> dict[int, str]:
    sense = session.get(Sense, one.id)
    if sense is None or not sense.place or (sense.place_code and len(sense.place_code) < TOWN):
        return {}
    newest = select(Sense.mention_id, Sense.place, Sense.town)
    if sense.place_code:
        newest = newest.where(Sense.place_code == sense.place_code)
    newest = newest.order_by(Sense.mention_id.desc()).limit(LOOKED).subquery()
    ids = session.execute(
        select(newest.c.mention_id).join(Mention, Mention.id == newest.c.mention_id)
        .where(newest.c.place == sense.place, newest.c.town == sense.town, newest.c.mention_id != one.id,
               _right(newest.c.mention_id))
        .order_by(Mention.published_at.desc()).limit(limit)).scalars()
    return dict.fromkeys(ids, f"与本条都发生在{sense.place}")


def _author(session: Session, one: Mention, limit: int) -> dict[int, str]:
    if not one.author:
        return {}
    rows = _found(session, search.by_author(one.author), limit + 1)
    ids = [row.mention_id for row in rows if row.author == one.author and row.mention_id != one.id][:limit]
    return dict.fromkeys(ids, "与本条由同一平台上的同一发布者发布")


def _words(session: Session, one: Mention, limit: int) -> dict[int, str]:
    """What shares the rarest words: two of them, or one that tells enough."""
    words = _rare(session, _said(one))
    if not words:
        return {}
    asked = [search_query.needed(Word(word)) for word in words]
    what = asked[0] if len(asked) == 1 else Either(tuple(asked))
    out: dict[int, str] = {}
    for row in _found(session, what, LOOKED):
        shared = [word for word in words if word in row.form]
        if row.mention_id != one.id and (len(shared) > 1 or any(_tells(word, words[word]) for word in shared)):
            out[row.mention_id] = f"与本条都提到{''.join(f'“{word}”' for word in shared[:4])}"
        if len(out) > 4 * limit:
            break
    elsewhere = [column == value for column, value in ((Mention.fold_id, one.fold_id), (Mention.topic_id, one.topic_id))
                 if value is not None]
    for id_ in session.execute(select(Mention.id).where(Mention.id.in_(list(out)), or_(false(), *elsewhere))).scalars():
        del out[id_]
    return dict(list(out.items())[:limit])


def _tells(word: str, many: int) -> bool:
    """Whether a word relates two mentions by itself: a long one that hardly anybody else says."""
    return len(word) > _SHORTEST and many <= RAREST


def _said(one: Mention) -> list[str]:
    """The words of a mention's title and the beginning of its text, each once."""
    said = normal(f"{one.title}\n{one.text[:READ]}").text
    words = (word.strip() for word in rjieba.cut(said))
    return list(dict.fromkeys(word for word in words if len(word) >= _SHORTEST and word.isalnum()
                              and not word.isdigit() and search_query.asked(word)))


def _rare(session: Session, words: Sequence[str]) -> dict[str, int]:
    """The rarest of these words that others say, too, with how many say them."""
    if not words:
        return {}
    first, last = search.EVER
    counted = [
        select(literal(number).label("number"), func.count().label("many")).select_from(
            search.keys(session, search_query.needed(Word(word)), first, last, COMMON).subquery())
        for number, word in enumerate(words)
    ]
    many = {words[row.number]: row.many for row in session.execute(union_all(*counted))}
    rare = sorted((number, word) for word, number in many.items() if 1 < number < COMMON)
    return {word: number for number, word in rare[:RAREST]}


def _found(session: Session, what: search_query.Needed, limit: int):
    """The newest mentions that have these pieces: mention_id, form, author."""
    within, key, condition = search.candidates(session, what, *search.EVER)
    return session.connection().execute(
        select(DOC.c.mention_id, DOC.c.form, DOC.c.author).select_from(within)
        .where(condition, _right(DOC.c.mention_id)).order_by(key.desc()).limit(limit)).all()
