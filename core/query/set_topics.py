"""The topics of a set of mentions, ranked, beside their rank in the set of the period before; what is sensitive in it.

Topics that people hid are left out, as is what stands alone.
"""

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.db import chunks
from core.models import Mention, Platform, Sense, Source, Topic, Unit
from core.opinion.risk import LEVELS
from core.query import corpus
from core.query.corpus import Set
from core.query.opinion import spoken_on
from core.query.topic_figures import moods

COLUMNS = ("topic_id", "rank", "rank_before", "title", "mentions", "folded", "platforms", "names", "negative",
           "first_source", "first_platform", "first_at", "dated")
HIGH, SENSITIVE = LEVELS[0][0], LEVELS[1][0]
"""Points of risk from which a mention is of high risk (高), and sensitive (中 and 高)."""


def _ranked(inside: Set):
    counted = func.count()
    hidden = select(Topic.id).where(Topic.hidden_at.is_not(None))
    return (
        select(Mention.topic_id, counted.label("mentions"),
               func.count(func.coalesce(Mention.fold_id, Mention.id).distinct()).label("folded"),
               func.count(Mention.platform.distinct()).label("platforms"),
               func.rank().over(order_by=counted.desc()).label("rank"))
        .where(inside, Mention.topic_id.is_not(None), Mention.topic_id.not_in(hidden)).group_by(Mention.topic_id)
        .having(counted > 1).subquery())


def number(session: Session, inside: Set) -> int:
    """How many topics of two or more mentions a set has."""
    return session.execute(select(func.count()).select_from(_ranked(inside))).scalar_one()


def topics(session: Session, inside: Set, before: Set | None, limit: int) -> pd.DataFrame:
    """The largest topics of a set (COLUMNS); equal numbers share a rank. `rank_before`: in the set before, None: not in
    it; `names`: platforms, most first; `negative`: share of 负面 among those with a sentiment, None without any;
    `first_source`, `first_platform`, `first_at`, `dated`: of the topic's earliest mention ever."""
    ranked = _ranked(inside)
    rows = session.execute(
        select(ranked, Topic.title).join(Topic, Topic.id == ranked.c.topic_id)
        .order_by(ranked.c.rank, ranked.c.folded.desc(), Topic.first_at, Topic.id).limit(limit)).all()
    ids = [row.topic_id for row in rows]
    earlier = {}
    if before is not None:
        had = _ranked(before)
        for part in chunks(ids):
            earlier |= dict(session.execute(select(had.c.topic_id, had.c.rank).where(had.c.topic_id.in_(part))).all())
    felt, names, firsts = moods(session, inside, ids), _names(session, inside, ids), _firsts(session, ids)
    out = []
    for row in rows:
        mood = felt.get(row.topic_id)
        known = sum(mood.values()) if mood else 0
        source, platform, at, dated = firsts[row.topic_id]
        out.append((row.topic_id, row.rank, earlier.get(row.topic_id), row.title, row.mentions, row.folded,
                    row.platforms, "、".join(names[row.topic_id]), mood[corpus.NEGATIVE] / known if known else None,
                    source, platform, at, dated))
    frame = pd.DataFrame(out, columns=list(COLUMNS))
    return frame.assign(rank_before=frame["rank_before"].astype("Int64"),
                        first_at=pd.to_datetime(frame["first_at"], utc=True))


def _names(session: Session, inside: Set, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for part in chunks(ids):
        for topic, name, _ in session.execute(
            select(Mention.topic_id, spoken_on(Mention.platform), func.count()).select_from(Mention)
            .outerjoin(Platform, Platform.code == Mention.platform).where(inside, Mention.topic_id.in_(part))
            .group_by(Mention.topic_id, Mention.platform, Platform.name)
            .order_by(func.count().desc(), Mention.platform)
        ):
            found.setdefault(topic, []).append(name)
    return found


def _firsts(session: Session, ids: list[int]) -> dict[int, tuple]:
    found = {}
    place = func.row_number().over(partition_by=Mention.topic_id, order_by=(Mention.published_at, Mention.id))
    for part in chunks(ids):
        ordered = select(Mention.id, place.label("place")).where(Mention.topic_id.in_(part)).subquery()
        for topic, *rest in session.execute(
            select(Mention.topic_id, Source.name, spoken_on(Mention.platform), Mention.published_at, Mention.dated)
            .join(ordered, ordered.c.id == Mention.id).join(Source, Source.id == Mention.source_id)
            .outerjoin(Platform, Platform.code == Mention.platform).where(ordered.c.place == 1)
        ):
            found[topic] = tuple(rest)
    return found


def risky(least: int = SENSITIVE) -> Set:
    """Mentions of so many points of risk or more."""
    return Mention.id.in_(select(Sense.mention_id).where(Sense.risk >= least))


def sensitive(session: Session, inside: Set, limit: int) -> pd.DataFrame:
    """The distinct texts of a set that are sensitive, the riskiest first: corpus.ITEMS and kind (class of risk), town,
    place, unit (names; empty: not known)."""
    frame = corpus.items(session, inside, limit, riskiest=True)
    found: dict[int, tuple] = {}
    for part in chunks(frame["mention_id"].tolist()):
        for id_, *rest in session.execute(
            select(Sense.mention_id, Sense.risk_kind, Sense.town, Sense.place, func.coalesce(Unit.name, ""))
            .outerjoin(Unit, Unit.id == Sense.unit_id).where(Sense.mention_id.in_(part))
        ):
            found[id_] = tuple(rest)
    rows = [found[id_] for id_ in frame["mention_id"]]
    return frame.assign(**{name: [row[n] for row in rows] for n, name in enumerate(("kind", "town", "place", "unit"))})
