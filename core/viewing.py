"""What is thought of each topic, as last reckoned: what media and what netizens say, their stances, a summary.

Topics that have grown or changed since then are taken one by one, the newest first, so many texts a run; each is stored
in a transaction of its own, so that a kill costs one topic's work. What is looked at ends some weeks back and at so
many texts a topic, so that a run costs the same whatever is stored. Every quotation is kept with its place in its
mention's text (`core.records.whole`); a reader shows only what still stands there.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, or_, select, update
from sqlmodel import Session

from core import corrections, labels
from core.db import bump, chunks, upsert
from core.models import Mention, Platform, Source, Topic, TopicChange, TopicView
from core.opinion import summary
from core.opinion.text import letters
from core.opinion.viewpoints import Comment, Frame, Views, views
from core.records import whole
from core.settings import CATALOG
from core.understand import Reader, reader

GREW, GREW_SHARE = 5, 0.1
"""A topic is reckoned anew once it has grown by so many mentions and by that share,"""
SETTLES = timedelta(hours=6)
"""or, having grown at all, after that time."""
BACK = timedelta(days=45)
"""How far back a topic's newest mention may lie."""
MOST = 1_000
"""Texts of one topic that are read, the newest ones."""
READ = 2_000
"""Characters of a text that are read."""
A_RUN = 1_000
"""Texts of one run: some twenty seconds where texts are embedded."""
QUOTED = 120
"""Characters of a quotation."""
SUMMED = 40
"""Texts that a summary is made of, those that were reprinted most."""
MEDIA = tuple(family for family, kind in labels.SAID_ON.items() if kind == "news")
"""Families of platforms on which media and offices speak; elsewhere it is netizens, but for accounts of the ledger."""
LISTS = tuple(family for family, kind in labels.SAID_ON.items() if kind == "list")
"""Families whose lines are nobody's opinion: they are left out."""
MOVING = ("merged", "split", "moved", "drifted")
"""Changes of a topic after which it is reckoned anew, though it has not grown."""
METHOD = "自动归纳"


def run(session: Session, *, now: datetime, limit: int = A_RUN, using: Reader | None = None) -> int:
    """Reckon what topics need it, one at least, and no more than so many texts; commits topic by topic, telling
    readers. Returns how many topics were done."""
    done, room = 0, limit
    for topic_id, mentions, at, before in _due(session, now):
        if done and min(mentions, MOST) > room:
            break
        rows = _read(session, topic_id)
        room -= len(rows)
        content = _content(session, rows, using or reader())
        row = {"topic_id": topic_id, "at": now, "mentions": mentions, "content": content}
        if at is None:
            upsert(session, TopicView, [row], ["topic_id"])
        else:
            # Where a person corrected something meanwhile, it is not what was read: the next run takes it again.
            session.execute(
                update(TopicView).values(**row)
                .where(TopicView.topic_id == topic_id, TopicView.at == at, TopicView.mentions == before)
                .execution_options(synchronize_session=False)
            )
        bump(session, now)
        session.commit()
        done += 1
    return done


def _due(session: Session, now: datetime) -> Sequence[Row]:
    """Topics to be reckoned, the newest first: id, mentions, and moment and mentions of what is stored of them. Of old
    topics those alone that people merged or split of late."""
    moved = session.execute(select(TopicChange.topic_id, TopicChange.other_id).where(
        TopicChange.who != "", TopicChange.kind.in_(MOVING), TopicChange.at >= now - BACK)).all()
    found = list(_wanting(session, now, Topic.last_at >= now - BACK))
    for part in chunks(sorted({id_ for row in moved for id_ in row if id_ is not None})):
        found += _wanting(session, now, and_(Topic.id.in_(part), Topic.last_at < now - BACK))
    return found


def _wanting(session: Session, now: datetime, which: ColumnElement[bool]) -> Sequence[Row]:
    """Those of some topics that have grown or changed since they were reckoned, the newest first."""
    grown = Topic.mentions - TopicView.mentions
    later = TopicChange.kind.in_(MOVING), TopicChange.at > TopicView.at
    changed = exists().where(TopicChange.topic_id == Topic.id, *later)
    left = exists().where(TopicChange.other_id == Topic.id, *later)
    return session.execute(
        select(Topic.id, Topic.mentions, TopicView.at, TopicView.mentions)
        .outerjoin(TopicView, TopicView.topic_id == Topic.id)
        .where(
            which, Topic.mentions >= labels.VIEWED_FROM,
            or_(TopicView.topic_id.is_(None), grown < 0, and_(grown >= GREW, grown >= GREW_SHARE * TopicView.mentions),
                and_(grown > 0, TopicView.at <= now - SETTLES), changed, left),
        )
        .order_by(Topic.last_at.desc(), Topic.id)
    ).all()


def _read(session: Session, topic_id: int) -> Sequence[Row]:
    """The topic's newest mentions, oldest first."""
    rows = session.execute(
        select(Mention.id, Mention.title, func.substr(Mention.text, 1, READ).label("text"), Mention.fold_id,
               Source.account_id, func.coalesce(Platform.family, "other").label("family"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(Mention.topic_id == topic_id).order_by(Mention.published_at.desc(), Mention.id.desc()).limit(MOST)
    ).all()
    return rows[::-1]


def _content(session: Session, rows: Sequence[Row], using: Reader) -> dict[str, Any]:
    spoken = [row for row in rows if row.family not in LISTS]
    told = corrections.corrected(session, [row.id for row in spoken], corrections.STANCE)
    comments = [_comment(row) for row in spoken]
    netizens, media = views(comments, using.background, frame(), using.embed,
                            {id_: one.label for id_, one in told.items()})
    by_id = {row.id: (row, one) for row, one in zip(spoken, comments, strict=True)}
    return {
        "method": METHOD, "texts": len(rows), "lists": len(rows) - len(spoken),
        "netizens": _side(netizens, by_id), "media": _side(media, by_id), "summary": _summary(rows, using),
        "items": _items(rows, using),
    }


@cache
def frame() -> Frame:
    """The stances with their cues, as the office keeps them (data/catalog/stance.csv)."""
    return Frame.read((CATALOG / "stance.csv").read_text("utf-8"))


def _comment(row: Row) -> Comment:
    """What a mention says: media in their headline, netizens in all they write."""
    media = row.family in MEDIA or row.account_id is not None
    return Comment(row.id, row.title if media and row.title else whole(row.title, row.text).strip(), media)


def _side(found: Views, by_id: dict[int, tuple[Row, Comment]]) -> dict[str, Any]:
    return {
        "comments": found.comments, "unsorted": found.unsorted, "stances": found.stances,
        "viewpoints": [
            {"number": one.number, "share": one.share, "stance": one.stance,
             "quotes": [_quote(*by_id[id_]) for id_ in one.quotes]}
            for one in found.viewpoints
        ],
    }


def _quote(row: Row, said: Comment) -> dict[str, Any]:
    """The beginning of what is said, verbatim, up to the end of a sentence where there is one; `stance`: what the cues
    say of the whole."""
    text = whole(row.title, row.text)
    start = text.find(said.text)
    end = start + len(said.text)
    if end - start > QUOTED:
        ends = [one.end for one in summary.sentences(text[start : start + QUOTED]) if one.end < QUOTED]
        end = start + (ends[-1] if ends else QUOTED)
    return {"mention": row.id, "start": start, "end": end, "text": text[start:end],
            "stance": frame().stance(said.text)[0]}


def _items(rows: Sequence[Row], using: Reader) -> list[dict[str, Any]]:
    """The titles that stand for all of them, each of another text."""
    firsts = list({row.fold_id or row.id: row for row in reversed(rows) if row.title}.values())[::-1]
    chosen = summary.representatives([row.title for row in firsts], using.background)
    return [{"mention": row.id, "start": 0, "end": len(row.title), "text": row.title}
            for row in (firsts[n] for n in chosen)]


def _summary(rows: Sequence[Row], using: Reader) -> list[dict[str, Any]]:
    """Sentences of what was reprinted most; of articles where there are any, since they tell what happened."""
    copies: Counter[int] = Counter()
    first: dict[int, Row] = {}
    for row in rows:
        copies[row.fold_id or row.id] += 1
        first.setdefault(row.fold_id or row.id, row)
    articles = [id_ for id_, row in first.items()
                if row.family in MEDIA and len(letters(row.text)) > len(letters(row.title))]
    most = sorted(articles or first, key=lambda id_: (-copies[id_], first[id_].id))[:SUMMED]
    chosen = [first[id_] for id_ in sorted(most, key=lambda id_: first[id_].id)]
    texts = [row.text or row.title for row in chosen]
    out = []
    for one in summary.summary(texts, using.background):
        row = chosen[one.source]
        shift = len(whole(row.title, row.text)) - len(row.text) if row.text else 0
        out.append({"mention": row.id, "start": one.start + shift, "end": one.end + shift, "text": one.text})
    return out
