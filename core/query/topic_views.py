"""What is known of a topic beyond its items: its summary, what media and netizens say, sentiment, its forecast.

People's corrections go before what was found by itself, here and in every share.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import outlook
from core.corrections import SENTIMENT, STANCE, Corrected, corrected
from core.db import chunks
from core.labels import STANCES
from core.models import Mention, Sense, Source, Topic, TopicView
from core.opinion.sentiment import LABELS, SURE, Sentiment, aggregate
from core.outlook import Shown
from core.records import whole

FELT = 2_000
"""Texts of a topic whose sentiment is counted, the newest ones."""
UNSURE = "不确定"


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand in a mention as shown. `more`: its title or text goes on; `stance` is what counts (empty in
    a summary), `found` what the cues said, `by` the person's word that counts instead."""

    mention_id: int
    text: str
    more: bool
    source: str
    url: str
    published_at: datetime
    stance: str = ""
    found: str = ""
    by: Corrected | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """A viewpoint: texts that say it, their share of the side's, the stance of most of them, quotes."""

    number: int
    share: float
    stance: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says; `unsorted`: texts in no viewpoint; `stances`: texts by stance, all of STANCES."""

    comments: int
    points: tuple[Point, ...]
    unsorted: int
    stances: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is thought of a topic, as last reckoned at `at` from `texts` of its mentions, of which `lists` are lines of
    hot lists and nobody's opinion. `items`: titles that stand for all of them. `stale`: something was corrected since
    then."""

    at: datetime
    texts: int
    lists: int
    method: str
    netizens: Side
    media: Side
    summary: tuple[Quote, ...]
    items: tuple[Quote, ...]
    stale: bool


def seen(session: Session, topic_id: int) -> Seen | None:
    """The topic's viewpoints and summary; None where they have not been reckoned. A quotation that does not stand in a
    mention of the topic any more is left out."""
    row = session.get(TopicView, topic_id)
    if row is None or set(row.content["netizens"]["stances"]) != set(STANCES):  # of another frame: not reckoned yet
        return None
    content = row.content
    items = content.get("items", [])
    points = [point for side in ("netizens", "media") for point in content[side]["viewpoints"]]
    lines = [*content["summary"], *items, *(quote for point in points for quote in point["quotes"])]
    ids = sorted({line["mention"] for line in lines})
    mentions = {}
    for part in chunks(ids):
        mentions |= {one.id: one for one in session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.url, Mention.published_at, Mention.topic_id,
                   Source.name.label("source"))
            .join(Source, Source.id == Mention.source_id).where(Mention.id.in_(part)))}
    told = corrected(session, ids, STANCE)

    def quotes(found: Sequence[Mapping[str, Any]]) -> tuple[Quote, ...]:
        out = []
        for line in found:
            one = mentions.get(line["mention"])
            text = whole(one.title, one.text) if one and one.topic_id == topic_id else ""
            if text[line["start"] : line["end"]] == line["text"]:
                by, own = told.get(one.id), line.get("stance", "")
                more = line["end"] != len(one.title) and bool(text[line["end"] :].strip())
                out.append(Quote(one.id, line["text"], more, one.source, one.url, one.published_at,
                                 by.label if by and own else own, own, by if own else None))
        return tuple(out)

    def side(found: Mapping[str, Any]) -> Side:
        points = tuple(Point(one["number"], one["share"], one["stance"], quotes(one["quotes"]))
                       for one in found["viewpoints"])
        return Side(found["comments"], points, found["unsorted"], {name: found["stances"][name] for name in STANCES})

    return Seen(row.at, content["texts"], content["lists"], content["method"], side(content["netizens"]),
                side(content["media"]), quotes(content["summary"]), quotes(items), row.mentions == 0)


@dataclass(frozen=True, slots=True)
class Feelings:
    """Sentiment of a topic's newest texts: number, share and margin (95 %, ± as a share) by label; of how many texts,
    how many of these were corrected by people, how many are too doubtful to be shown one by one, how many have no
    sentiment and are not counted, and whether older texts were left out."""

    number: Mapping[str, int]
    share: Mapping[str, float]
    margin: Mapping[str, float]
    texts: int
    corrected: int
    low: int
    without: int
    limited: bool


def feelings(session: Session, topic_id: int) -> Feelings | None:
    """How the topic is spoken of; None where no text of it has a sentiment."""
    rows = session.execute(
        select(Mention.id, func.coalesce(Sense.sentiment, "").label("label"), Sense.confidence)
        .outerjoin(Sense, Sense.mention_id == Mention.id).where(Mention.topic_id == topic_id)
        .order_by(Mention.published_at.desc(), Mention.id.desc()).limit(FELT)
    ).all()
    told = corrected(session, [row.id for row in rows], SENTIMENT)
    found = [_sentiment(row.label, row.confidence) for row in rows if row.id not in told and row.label in LABELS]
    texts = len(found) + len(told)
    if not texts:
        return None
    number = Counter({label: 0 for label in LABELS})
    number.update(one.label for one in found)
    number.update(one.label for one in told.values())
    shares = aggregate(found)
    return Feelings(
        dict(number), {label: number[label] / texts for label in LABELS},
        # What people said is not in doubt.
        {label: shares.margin[label] * len(found) / texts if shares else 0.0 for label in LABELS},
        texts, len(told), shares.low if shares else 0, len(rows) - texts, len(rows) == FELT,
    )


def _sentiment(label: str, confidence: float) -> Sentiment:
    """A stored label; what it may be otherwise falls on the two others alike."""
    shares = tuple(confidence if one == label else (1 - confidence) / 2 for one in LABELS)
    return Sentiment(label, confidence, shares, ())


def felt(session: Session, mentions: Sequence[int]) -> pd.DataFrame:
    """Each mention's sentiment as it may be shown: mention_id, sentiment (a label, UNSURE where only shares of many
    may be shown, empty without one), found (the scorer's label), confidence, by (a person's word that counts)."""
    told = corrected(session, mentions, SENTIMENT)
    found = {}
    for part in chunks(list(mentions)):
        found |= {row.mention_id: row for row in session.execute(
            select(Sense.mention_id, Sense.sentiment, Sense.confidence).where(Sense.mention_id.in_(part)))}
    rows = []
    for id_ in mentions:
        row, by = found.get(id_), told.get(id_)
        own = row.sentiment if row else ""
        shown = by.label if by else "" if not own else own if row.confidence >= SURE else UNSURE
        rows.append({"mention_id": id_, "sentiment": shown, "found": own,
                     "confidence": row.confidence if own else None, "by": by})
    return pd.DataFrame(rows, columns=["mention_id", "sentiment", "found", "confidence", "by"])


@dataclass(frozen=True, slots=True)
class Ahead:
    """A series with what is forecast of it: `past` (day, value; NaN where nothing is known) ends with the last day that
    was known, `line` (day, value, low, high) begins after it and is empty where there is none to be drawn. `sample`: it
    is the sample district's."""

    shown: Shown
    past: pd.DataFrame
    line: pd.DataFrame
    sample: bool


def ahead(session: Session, kind: str, key: str, today: date) -> Ahead | None:
    """The forecast of all mentions, a platform or a topic (core.outlook) that holds on that day; None where there is
    none. Of all mentions and of platforms the real ones are meant, and the sample district's where there are no
    others."""
    sides = (False, True)
    if kind == outlook.TOPIC:
        sides = (bool(session.execute(select(Topic.demo).where(Topic.id == int(key))).scalar()),)
    for sample in sides:
        shown = outlook.shown(session, kind, key, today=today, demo=sample)
        if shown is not None:
            counts = outlook.history(session, kind, key, until=shown.day, demo=sample)
            past = pd.DataFrame({"day": list(counts), "value": pd.Series(list(counts.values()), dtype="float64")})
            lines = zip(shown.days, shown.values, shown.low, shown.high, strict=True)
            return Ahead(shown, past, pd.DataFrame(lines, columns=["day", "value", "low", "high"]), sample)
    return None
