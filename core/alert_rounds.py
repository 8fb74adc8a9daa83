"""Rules over topics and incidents, looked at once a minute: what swells, and what runs out of time.

A topic is judged by its last 24 hours against the seven days before them; `days` judges the past the same way, day by
day, for trying a rule out.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlmodel import Session

from core import alerts, db
from core import incidents as filed
from core.models import Alert, AlertRule, Incident, IncidentMention, Mention, Sense, Topic, Unit
from core.opinion import alarm
from core.opinion.alarm import IncidentTerms, Plan, Standing, Swell, TopicTerms
from core.opinion.sentiment import SURE
from core.opinion.watch import Item
from core.query import incidents
from core.warned import raise_alert

DAY = timedelta(hours=24)
RHYTHM = 7
"""Days before that a topic's rhythm is the mean of."""
LEAST = 3
"""Mentions of the last 24 hours below which a topic is none to warn of."""
MOST = 2_000
"""Topics that are looked at, the largest."""


@dataclass(frozen=True, slots=True)
class Swelling:
    """A topic with how it stands: the gravest of its newest mentions, place and unit of most of them."""

    topic: Topic
    swell: Swell
    mention_id: int | None
    town: str
    unit_id: int | None


def run(session: Session, now: datetime) -> int:
    """Look at topics and incidents; returns how many alerts were raised. The caller commits."""
    return _topics(session, now) + _incidents(session, now)


def _topics(session: Session, now: datetime) -> int:
    rules = _rules(session, "topic")
    if not rules:
        return 0
    raised = 0
    for one in swelling(session, now, min(max(terms.least, LEAST) for _, terms, _ in rules)):
        for rule, terms, plan in rules:
            words = alerts.reading(session, tuple((row.id, asked.words) for row, asked, _ in rules if asked.words))
            met = {match.watch: match.why for match in words.match(item(one.topic))} if terms.words else {}
            why = alarm.of_topic(terms, one.swell, met.get(rule.id))
            if why is None or _fired(session, rule, f"topic:{one.topic.id}", plan, now):
                continue
            raise_alert(session, Alert(
                rule_id=rule.id, group=f"topic:{one.topic.id}", level=rule.level, at=now, arrived_at=now,
                title=one.topic.title, gist=_topic_gist(one), why=why, place=one.town, town=one.town,
                unit_id=one.unit_id, mentions=one.swell.mentions, mention_id=one.mention_id, topic_id=one.topic.id,
                demo=one.topic.demo), plan, now)
            raised += 1
    if raised:
        db.bump(session, now)
    return raised


def _topic_gist(one: Swelling) -> str:
    times = alarm.growth(one.swell)
    grown = f"，为前 7 日日均的 {times:.1f} 倍" if times is not None and times >= 1.05 else ""
    return f"近 24 小时 {one.swell.mentions} 条、{one.swell.platforms} 个平台{grown}"


def item(topic: Topic) -> Item:
    """A topic as queries see it: its title and keywords."""
    return Item(topic.title, " ".join(topic.keywords))


def swelling(session: Session, now: datetime, least: int) -> list[Swelling]:
    """Topics with so many mentions in the last 24 hours, the largest first."""
    since = now - DAY
    rows = session.execute(
        select(Mention.topic_id, func.count().label("mentions"), func.count(Mention.platform.distinct())
               .label("platforms"), func.coalesce(func.max(Sense.risk), 0).label("risk"),
               func.sum(case((and_(Sense.sentiment != "", Sense.confidence >= SURE), 1), else_=0)).label("read"),
               func.sum(case((and_(Sense.sentiment == alarm.NEGATIVE, Sense.confidence >= SURE), 1), else_=0))
               .label("negative"))
        .join(Topic, Topic.id == Mention.topic_id).outerjoin(Sense, Sense.mention_id == Mention.id)
        .where(Topic.active.is_(True), Topic.last_at >= since, Mention.published_at >= since,
               Mention.published_at <= now)
        .group_by(Mention.topic_id).having(func.count() >= least)
        .order_by(func.count().desc(), Mention.topic_id).limit(MOST)
    ).all()
    ids = [row.topic_id for row in rows]
    topics = {one.id: one for part in db.chunks(ids)
              for one in session.execute(select(Topic).where(Topic.id.in_(part))).scalars()}
    before, gravest = _rhythm(session, ids, since), _gravest(session, ids, since)
    towns = _counted(session, ids, since, Sense.town, "")
    units = _counted(session, ids, since, Sense.unit_id, None)
    names = _unit_names(session)
    return [
        Swelling(
            topics[row.topic_id],
            Swell(row.mentions, _mean(topics[row.topic_id], before[row.topic_id], since), int(row.read),
                  int(row.negative), row.risk, row.platforms, towns[row.topic_id], units[row.topic_id], names),
            gravest.get(row.topic_id), _first(towns[row.topic_id], ""), _first(units[row.topic_id], None))
        for row in rows
    ]


def _mean(topic: Topic, before: int, since: datetime) -> float | None:
    """Mentions a day of a topic in the days before, at most seven; None where it has none."""
    lived = (since - topic.first_at) / DAY
    return before / min(max(lived, 1), RHYTHM) if lived > 0 else None


def _rhythm(session: Session, ids: Sequence[int], since: datetime) -> Counter[int]:
    """Mentions of the seven days before the last 24 hours."""
    out: Counter[int] = Counter()
    for part in db.chunks(ids):
        out.update(dict(session.execute(
            select(Mention.topic_id, func.count()).where(
                Mention.topic_id.in_(part), Mention.published_at < since,
                Mention.published_at >= since - RHYTHM * DAY).group_by(Mention.topic_id)).all()))
    return out


def _gravest(session: Session, ids: Sequence[int], since: datetime) -> dict[int, int]:
    """The gravest of each topic's newest mentions, of equals the first."""
    place = func.row_number().over(partition_by=Mention.topic_id, order_by=(
        func.coalesce(Sense.risk, 0).desc(), Mention.id))
    out: dict[int, int] = {}
    for part in db.chunks(ids):
        ranked = select(Mention.topic_id, Mention.id, place.label("place")).outerjoin(
            Sense, Sense.mention_id == Mention.id).where(
            Mention.topic_id.in_(part), Mention.published_at >= since).subquery()
        out |= dict(session.execute(select(ranked.c.topic_id, ranked.c.id).where(ranked.c.place == 1)).all())
    return out


def _counted(session: Session, ids: Sequence[int], since: datetime, column: Any, nothing: Any
             ) -> dict[int, Counter[Any]]:
    out: dict[int, Counter[Any]] = defaultdict(Counter)
    for part in db.chunks(ids):
        asked = column != nothing if nothing is not None else column.is_not(None)
        for topic, value, number in session.execute(
            select(Mention.topic_id, column, func.count()).join(Sense, Sense.mention_id == Mention.id)
            .where(Mention.topic_id.in_(part), Mention.published_at >= since, asked)
            .group_by(Mention.topic_id, column)
        ):
            out[topic][value] = number
    return out


def _first(counted: Counter[Any], nothing: Any) -> Any:
    return counted.most_common(1)[0][0] if counted else nothing


def _unit_names(session: Session) -> Mapping[int, str]:
    return dict(session.execute(select(Unit.id, Unit.name)).all())


def _rules(session: Session, subject: str) -> list[tuple[AlertRule, Any, Plan]]:
    rows = session.execute(select(AlertRule).where(AlertRule.enabled.is_(True), AlertRule.subject == subject)
                           .order_by(AlertRule.sort, AlertRule.id)).scalars().all()
    return [(row, alarm.TERMS[subject].of(row.terms), Plan.of(row.plan)) for row in rows]


def _fired(session: Session, rule: AlertRule, group: str, plan: Plan, now: datetime) -> bool:
    """Whether a rule has warned of this within its cool-down (a day at least, where it has none)."""
    cool = timedelta(minutes=plan.cool) or DAY
    return session.execute(select(Alert.id).where(
        Alert.rule_id == rule.id, Alert.group == group, Alert.at >= now - cool).limit(1)).first() is not None


# --- Incidents ------------------------------------------------------------------------------------------------------


def _incidents(session: Session, now: datetime) -> int:
    rules = _rules(session, "incident")
    if not rules:
        return 0
    raised = 0
    for incident, standing in standings(session, now):
        for rule, terms, plan in rules:
            why = alarm.of_incident(terms, standing)
            group = f"incident:{incident.id}"
            if why is None or _fired(session, rule, group, plan, now):
                continue
            raise_alert(session, Alert(
                rule_id=rule.id, group=group, level=rule.level, at=now, arrived_at=now, title=incident.title, gist=why,
                why=why, place=incident.place or incident.town, town=incident.town, unit_id=incident.unit_id,
                mentions=standing.more, incident_id=incident.id, demo=incident.demo), plan, now)
            raised += 1
    if raised:
        db.bump(session, now)
    return raised


def standings(session: Session, now: datetime) -> list[tuple[Incident, Standing]]:
    """Open incidents with how they stand."""
    rows = session.execute(select(Incident).where(Incident.closed_at.is_(None))).scalars().all()
    of = filed.heads(session)
    more: dict[int, set[int]] = defaultdict(set)  # of a file with those that were merged into it
    for file, mention in session.execute(select(IncidentMention.incident_id, IncidentMention.mention_id).where(
            IncidentMention.at >= now - DAY, IncidentMention.removed_at.is_(None))):
        more[of.get(file, file)].add(mention)
    overdue = incidents.overdue_units(session, now)
    out = []
    for row in rows:
        nearest = incidents.pressing(row, now)
        out.append((row, Standing(
            row.level, int(nearest.left.total_seconds() // 60) if nearest else None,
            f"{nearest.name}时限（{nearest.hours} 小时）" if nearest else "", overdue.get(row.id, ()),
            len(more[row.id]))))
    return out


__all__ = ["IncidentTerms", "Swelling", "TopicTerms", "item", "run", "standings", "swelling"]
