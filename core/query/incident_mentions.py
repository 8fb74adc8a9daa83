"""What is linked to an incident, how it went and how it stands; what else could be linked, and incidents that may have
to do with it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import Session

from core import clock
from core.db import chunks
from core.incidents import CLOSED, STAGES, Whereabouts, family, head, heads, whereabouts
from core.models import Incident, IncidentMention, IncidentTopic, Mention, Platform, Sense, Source, Topic
from core.opinion import risk
from core.opinion.sentiment import LABELS, Sentiment, aggregate
from core.opinion.text import letters
from core.query import opinion, topic_views
from core.query.incidents import SYSTEM, linked, taken_out, ties_of
from core.query.opinion import spoken_on

HOURLY = timedelta(hours=72)
"""A curve that is no longer than that goes by hours."""
FELT = 2_000
"""Mentions whose sentiment is counted, the newest ones."""
LIKE, ALIKE = 0.3, 0.5
"""Likeness of two titles from which they are proposed as related: in one place or with one unit, or anywhere."""
COMPARED = 500
"""Incidents, the last opened ones, among which related ones are looked for."""
MENTIONS = ("mention_id", "title", "platform", "source", "published_at", "dated", "url", "reprints", "risk",
            "sentiment", "topic_id", "linked_at", "linked_by", "key")


def mentions(session: Session, incident_id: int, *, removed: bool = False, limit: int = 500) -> pd.DataFrame:
    """The newest mentions of an incident, or those that were taken out of it. Columns: mention_id, title, platform
    (name), source, published_at, dated, url, reprints (of its text, anywhere), risk (missing: not read yet), sentiment
    (as it may be shown), topic_id, linked_at, linked_by (of one that was taken out: when and by whom), key."""
    every = family(session, head(session, incident_id))
    at, who = ((IncidentMention.removed_at, IncidentMention.removed_by) if removed
               else (IncidentMention.at, IncidentMention.who))
    inside = Mention.id.in_(taken_out(every) if removed else linked(every))
    own = and_(IncidentMention.mention_id == Mention.id, IncidentMention.incident_id.in_(every),
               IncidentMention.removed_at.is_not(None) if removed else IncidentMention.removed_at.is_(None))
    key = func.max(case((IncidentMention.key.is_(True), 1), else_=0))
    rows = session.execute(
        select(Mention.id, Mention.title, spoken_on(Mention.platform), Source.name, Mention.published_at, Mention.dated,
               Mention.url, Mention.fold_id, Sense.risk, Mention.topic_id, func.min(at),
               func.min(who), key)
        .join(IncidentMention, own).join(Source, Source.id == Mention.source_id)
        .outerjoin(Platform, Platform.code == Mention.platform).outerjoin(Sense, Sense.mention_id == Mention.id)
        .where(inside).group_by(Mention.id, Platform.name, Source.name, Sense.risk)
        .order_by(key.desc(), Mention.published_at.desc(), Mention.id.desc()).limit(limit)).all()
    known = topic_views.felt(session, [row[0] for row in rows])
    felt = dict(zip(known["mention_id"], known["sentiment"], strict=True))
    spread = _reprints(session, sorted({row[7] for row in rows if row[7] is not None}))
    frame = pd.DataFrame([
        (*row[:7], spread.get(row[7], 0), row[8], felt[row[0]], *row[9:11], row[11] or SYSTEM, bool(row[12]))
        for row in rows
    ], columns=list(MENTIONS))
    return frame.assign(risk=frame["risk"].astype("Int64"), topic_id=frame["topic_id"].astype("Int64"), **{
        name: pd.to_datetime(frame[name], utc=True) for name in ("published_at", "linked_at")})


def _reprints(session: Session, folds: Sequence[int]) -> dict[int, int]:
    """Of texts, by their groups, how many reprints there are anywhere."""
    out: dict[int, int] = {}
    for part in chunks(folds):
        out |= dict(session.execute(select(Mention.fold_id, func.count()).where(
            Mention.fold_id.in_(part), Mention.fold_kind == "reprint").group_by(Mention.fold_id)).all())
    return out


def curve(session: Session, incident_id: int) -> tuple[pd.DataFrame, bool]:
    """The linked mentions by the time at which they were published, and platform; whether by hours (up to HOURLY) or by
    days. Columns: at (beginning of an hour, aware UTC) or day, series (name of the platform; small ones together),
    value. Hours and days without any are left out."""
    every = family(session, head(session, incident_id))
    rows = session.execute(
        select(Mention.published_at, Mention.day, spoken_on(Mention.platform), Platform.sort, Mention.platform)
        .outerjoin(Platform, Platform.code == Mention.platform).where(Mention.id.in_(linked(every)))
        .order_by(Platform.sort, Mention.platform, Mention.published_at)).all()
    times = [row[0] for row in rows]
    hourly = bool(times) and max(times) - min(times) <= HOURLY
    counted = Counter((at.replace(minute=0, second=0, microsecond=0) if hourly else day, name)
                      for at, day, name, _, _ in rows)
    frame = opinion.largest(pd.DataFrame([(at, name, number) for (at, name), number in counted.items()],
                                         columns=["day", "series", "value"]))
    if not hourly:
        return frame, False
    return frame.assign(day=pd.to_datetime(frame["day"], utc=True)).rename(columns={"day": "at"}), True


@dataclass(frozen=True, slots=True)
class Standing:
    """How an incident's mentions stand. `first_at`, `last_at`: first and last publishing (None: nothing is linked);
    `last_day`: those of the last 24 hours, `day_before` of the 24 before (None: it is younger than that); `numbers`:
    texts by sentiment, of `felt` that have one, `margin` (95 %, ± as a share) of 负面; `kind`: class of most of those
    that bear a risk, `risky` how many are of it; `peak` (Shanghai day) with `peaked` mentions; `names`: platforms,
    most first."""

    mentions: int
    texts: int
    platforms: int
    names: tuple[str, ...]
    first_at: datetime | None
    last_at: datetime | None
    last_day: int
    day_before: int | None
    numbers: Mapping[str, int]
    felt: int
    margin: float
    kind: str
    risky: int
    peak: str
    peaked: int

    @property
    def negative(self) -> float | None:
        """Share of 负面; None where no text has a sentiment."""
        return self.numbers["负面"] / self.felt if self.felt else None


def standing(session: Session, incident_id: int, now: datetime) -> Standing:
    """The figures of an incident's mentions as of now."""
    return standing_of(session, Mention.id.in_(linked(family(session, head(session, incident_id)))), now)


def standing_of(session: Session, inside: ColumnElement[bool], now: datetime) -> Standing:
    """The same of any mentions: `inside` is a condition on them."""
    rows = session.execute(
        select(Mention.id, Mention.published_at, Mention.day, func.coalesce(Mention.fold_id, Mention.id),
               spoken_on(Mention.platform), Sense.risk, Sense.risk_kind)
        .outerjoin(Platform, Platform.code == Mention.platform).outerjoin(Sense, Sense.mention_id == Mention.id)
        .where(inside).order_by(Mention.published_at.desc(), Mention.id.desc())).all()
    times = [row[1] for row in rows]
    day = timedelta(days=1)
    last, before = (sum(since < at <= until for at in times)
                    for since, until in ((now - day, now), (now - 2 * day, now - day)))
    numbers, felt, margin = sentiments(session, [row[0] for row in rows[:FELT]])
    least = risk.LEVELS[-1][0]
    kinds = Counter(row[6] for row in rows if row[6] and row[5] >= least)
    days, names = Counter(f"{row[2]}" for row in rows), Counter(row[4] for row in rows)
    peak, kind = (min(counted, key=lambda one: (-counted[one], one), default="") for counted in (days, kinds))
    return Standing(
        len(rows), len({row[3] for row in rows}), len(names), tuple(name for name, _ in names.most_common()),
        min(times, default=None), max(times, default=None), last,
        before if times and min(times) <= now - day else None, numbers, felt, margin,
        kind, kinds[kind], peak, days[peak],
    )


def sentiments(session: Session, ids: Sequence[int]) -> tuple[dict[str, int], int, float]:
    """Texts by sentiment, how many have one, and the margin of the share of 负面. People's word goes first and is not
    in doubt."""
    known = topic_views.felt(session, ids)
    told = [one.by.label for one in known.itertuples() if one.by]
    found = [(one.found, one.confidence) for one in known.itertuples() if not one.by and one.found]
    shares = aggregate(Sentiment(label, sure, tuple(sure if one == label else (1 - sure) / 2 for one in LABELS), ())
                       for label, sure in found)
    numbers = Counter([*told, *(label for label, _ in found)])
    felt = len(told) + len(found)
    margin = shares.margin["负面"] * len(found) / felt if shares else 0.0
    return {label: numbers[label] for label in LABELS}, felt, margin


# --- What could be linked -------------------------------------------------------------------------------------------


def unlinked(session: Session, incident_id: int | None, words: str, now: datetime, *, days: int = 90,
             limit: int = 50) -> pd.DataFrame:
    """Mentions of the last so many days whose titles hold all the words, that the incident neither has nor had, the
    newest first: mention_id, title, platform, source, published_at, url."""
    inside = family(session, head(session, incident_id)) if incident_id is not None else []
    query = (
        select(Mention.id, Mention.title, spoken_on(Mention.platform), Source.name, Mention.published_at, Mention.url)
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(Mention.day >= clock.day_of(now - timedelta(days=days)), Mention.id.not_in(linked(inside)))
        .order_by(Mention.published_at.desc(), Mention.id.desc()).limit(limit)
    )
    for word in words.split()[:8]:
        query = query.where(Mention.title.icontains(word, autoescape=True))
    frame = pd.DataFrame(session.execute(query).all(),
                         columns=["mention_id", "title", "platform", "source", "published_at", "url"])
    return frame.assign(published_at=pd.to_datetime(frame["published_at"], utc=True))


def followed(session: Session, topic_id: int) -> int:
    """How many files follow a topic that are neither archived nor withdrawn."""
    return int(session.execute(
        select(func.count(IncidentTopic.incident_id.distinct())).join(
            Incident, Incident.id == IncidentTopic.incident_id)
        .where(IncidentTopic.topic_id == topic_id, Incident.withdrawn == "", Incident.stage != STAGES[-1])).scalar())


def topics(session: Session, now: datetime, *, days: int = 30, limit: int = 300) -> pd.DataFrame:
    """Topics that could be followed, the last ones with something new first: topic_id, title, mentions, last_at."""
    taken = select(IncidentTopic.topic_id).join(Incident, Incident.id == IncidentTopic.incident_id).where(
        Incident.withdrawn == "", Incident.stage.not_in(CLOSED))
    rows = session.execute(
        select(Topic.id, Topic.title, Topic.mentions, Topic.last_at)
        .where(Topic.alias_of.is_(None), Topic.last_at >= now - timedelta(days=days), Topic.mentions > 1,
               Topic.id.not_in(taken))
        .order_by(Topic.last_at.desc(), Topic.id).limit(limit)).all()
    return pd.DataFrame(rows, columns=["topic_id", "title", "mentions", "last_at"])


def unfollowed(session: Session, incident_id: int) -> pd.DataFrame:
    """Topics of an incident's mentions that it does not follow, those with most of them first: topic_id, title,
    mentions (of the topic), inside (of these, how many the incident has)."""
    every = family(session, head(session, incident_id))
    followed = select(IncidentTopic.topic_id).where(IncidentTopic.incident_id.in_(every))
    inside = func.count(Mention.id)
    rows = session.execute(
        select(Topic.id, Topic.title, Topic.mentions, inside).join(Mention, Mention.topic_id == Topic.id)
        .where(Mention.id.in_(linked(every)), Topic.id.not_in(followed))
        .group_by(Topic.id, Topic.title, Topic.mentions)
        .order_by(inside.desc(), Topic.id).limit(20)).all()
    return pd.DataFrame(rows, columns=["topic_id", "title", "mentions", "inside"])


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a new incident about some mentions and topics would be called, and where it is."""

    title: str
    mentions: int
    where: Whereabouts


def proposed(session: Session, mention_ids: tuple[int, ...], topic_ids: tuple[int, ...]) -> Proposed:
    """A name (of the largest topic, else of the first mention), how many mentions, and their whereabouts."""
    ids = set(mention_ids) | set(session.execute(
        select(Mention.id).where(Mention.topic_id.in_(topic_ids))).scalars() if topic_ids else ())
    title = session.execute(select(Topic.title).where(Topic.id.in_(topic_ids)).order_by(
        Topic.mentions.desc(), Topic.id).limit(1)).scalar() or session.execute(
        select(Mention.title).where(Mention.id.in_(mention_ids)).order_by(Mention.first_seen_at, Mention.id)
        .limit(1)).scalar() or ""
    return Proposed(title, len(ids), whereabouts(session, sorted(ids)))


@dataclass(frozen=True, slots=True)
class Likely:
    """An incident that may have to do with another, and why."""

    id: int
    title: str
    level: str
    stage: str
    withdrawn: bool
    why: str


def likely(session: Session, incident_id: int, limit: int = 6) -> tuple[Likely, ...]:
    """Incidents that may have to do with this one and are not related yet, the likeliest first: mentions of one topic,
    one street or unit and like titles, or titles that are much alike."""
    top = head(session, incident_id)
    every = family(session, top)
    mine = session.get(Incident, top)
    known = {one.id for one in ties_of(session, every)} | {top}
    others = session.execute(
        select(Incident).where(Incident.alias_of.is_(None), Incident.withdrawn == "")
        .order_by(Incident.opened_at.desc()).limit(COMPARED)).scalars().all()
    shared = _shared(session, every)
    found = []
    for other in others:
        if other.id in known:
            continue
        near = likeness(mine.title, other.title)
        why = [f"有同一话题“{shared[other.id]}”的信息"] if other.id in shared else []
        why += [f"同在{mine.town}"] if mine.town and mine.town == other.town else []
        why += ["牵头单位相同"] if mine.unit_id is not None and mine.unit_id == other.unit_id else []
        if near >= LIKE:
            why.append("名称相近")
        if other.id in shared or near >= ALIKE or (near >= LIKE and len(why) > 1):
            found.append((other.id in shared, len(why), near, Likely(
                other.id, other.title, other.level, other.stage, False, "，".join(why))))
    return tuple(one[-1] for one in sorted(found, key=lambda one: (*one[:3], one[-1].id), reverse=True)[:limit])


def likeness(one: str, other: str) -> float:
    """How much two titles have in common, 0 to 1: pairs of characters that follow each other in both (Dice)."""
    first, second = ({said[n : n + 2] for n in range(len(said) - 1)} for said in map(letters, (one, other)))
    return 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0


def _shared(session: Session, every: Sequence[int]) -> dict[int, str]:
    """Other incidents that have mentions of the same topics → such a topic's title."""
    mine = select(Mention.topic_id).where(Mention.id.in_(linked(every)), Mention.topic_id.is_not(None)).distinct()
    tops = heads(session)
    rows = session.execute(
        select(IncidentMention.incident_id, Topic.title).join(Mention, Mention.id == IncidentMention.mention_id)
        .join(Topic, Topic.id == Mention.topic_id)
        .where(Mention.topic_id.in_(mine), IncidentMention.incident_id.not_in(every),
               IncidentMention.removed_at.is_(None)).distinct().order_by(Topic.title)).all()
    return {tops.get(id_, id_): title for id_, title in rows}
