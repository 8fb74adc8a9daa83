"""A rule tried out on the past: what it would have warned of in the last 30 days, as it is written, without telling
anybody.

Mentions are taken in order of arrival with today's senses, grouped and cooled down as alerts are. Topics are judged at
the end of each Shanghai day, of that day against the seven before, not minute by minute: it would have warned earlier
in the day, and of no less.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import and_, case, func, select
from sqlmodel import Session

from core import alert_rounds, alerts, clock, db
from core.models import Mention, Sense, Topic, TopicDay, Unit
from core.opinion import alarm
from core.opinion.alarm import MentionTerms, Plan, Swell, TopicTerms
from core.opinion.fold import kin
from core.opinion.sentiment import SURE
from core.opinion.text import display_title
from core.records import whole

DAYS = 30
MOST = 50_000
"""Newest mentions that are looked at, of those that have the risk that is asked for."""
COLUMNS = ["at", "title", "gist", "place", "mentions", "why", "mention_id", "topic_id"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done: how many mentions or topics were looked at, how many met it, the alerts (COLUMNS,
    the newest first), how many of these a rule's limit an hour would have put together, and whether older ones were
    left out."""

    looked: int
    met: int
    frame: pd.DataFrame
    together: int = 0
    cut: bool = False

    def daily(self, today: date) -> pd.DataFrame:
        """Alerts by Shanghai day: day, value."""
        counted = self.frame["at"].dt.tz_convert("Asia/Shanghai").dt.date.value_counts()
        every = clock.days(today - timedelta(DAYS - 1), today)
        return pd.DataFrame({"day": every, "value": [int(counted.get(day, 0)) for day in every]})


def trial(session: Session, subject: str, terms: Mapping[str, Any], plan: Mapping[str, Any], *, now: datetime) -> Trial:
    """Try a rule out; a rule over incidents says which open incidents it would warn of now. Raises BadInput for terms
    or a plan that cannot be."""
    asked, told = alarm.TERMS[subject].of(terms), Plan.of(plan)
    if subject == "mention":
        return _mentions(session, asked, told, now)
    return _topics(session, asked, now) if subject == "topic" else _incidents(session, asked, now)


def _mentions(session: Session, terms: MentionTerms, plan: Plan, now: datetime) -> Trial:
    since = now - timedelta(days=DAYS)
    wanted = select(Mention.id).join(Sense, Sense.mention_id == Mention.id).where(
        Sense.risk >= terms.risk, Mention.day >= clock.day_of(since), Mention.published_at >= since)
    if terms.kinds:
        wanted = wanted.where(Sense.risk_kind.in_(terms.kinds))
    if terms.towns:
        wanted = wanted.where(Sense.town.in_(terms.towns))
    if terms.units:
        wanted = wanted.where(Sense.unit_id.in_(terms.units))
    ids = sorted(session.execute(wanted.order_by(Mention.id.desc()).limit(MOST)).scalars())
    reader = alerts.reading(session, ((0, terms.words),)) if terms.words else None
    raised: list[_Raised] = []
    met = together = 0
    for part in db.chunks(ids):
        for row, heard in alerts.heard(session, alerts.heard_rows(session, Mention.id.in_(part))):
            words = "" if reader is None else next((one.why for one in reader.match(alerts.item(row))), None)
            why = alarm.of_mention(terms, heard, words)
            if why is None:
                continue
            met += 1
            group = alerts.group_of(plan, row, heard)
            held = _held(raised, plan, group, row)
            if held is not None:
                held.mentions += 1
                continue
            hour = row.first_seen_at - timedelta(hours=1)
            if sum(one.at >= hour for one in raised[-plan.most :]) >= plan.most:
                together += 1
                continue
            raised.append(_Raised(
                row.first_seen_at, row.id, row.topic_id, group, display_title(row.title or row.text),
                alerts.gist(row.title, row.text, row.words), row.place or row.town, why, whole(row.title, row.text)))
    rows = [(one.at, one.title, one.gist, one.place, one.mentions, one.why, one.mention_id, one.topic_id)
            for one in reversed(raised)]
    return Trial(len(ids), met, _frame(rows), together, len(ids) == MOST)


@dataclass(slots=True)
class _Raised:
    at: datetime
    mention_id: int
    topic_id: int | None
    group: str
    title: str
    gist: str
    place: str
    why: str
    text: str
    mentions: int = 1


def _held(raised: Sequence[_Raised], plan: Plan, group: str, row: Any) -> _Raised | None:
    """The alert that a mention would have joined, as core.alerts decides it."""
    if plan.grouping == "each" or not plan.cool:
        return None
    since = row.first_seen_at - timedelta(minutes=plan.cool)
    recent = [one for one in reversed(raised[-alerts.LOOKED_AT :]) if one.at >= since]
    if plan.grouping == "place":
        return next((one for one in recent if one.group == group), None)
    mine = whole(row.title, row.text)
    return next((one for one in recent
                 if (row.topic_id is not None and one.topic_id == row.topic_id) or kin(mine, one.text)), None)


def _topics(session: Session, terms: TopicTerms, now: datetime) -> Trial:
    today = clock.day_of(now)
    first = today - timedelta(DAYS - 1)
    counted: dict[int, dict[date, int]] = defaultdict(dict)
    for topic, day, number in session.execute(
        select(TopicDay.topic_id, TopicDay.day, func.sum(TopicDay.mentions))
        .where(TopicDay.day >= first - timedelta(alert_rounds.RHYTHM)).group_by(TopicDay.topic_id, TopicDay.day)
    ):
        counted[topic][day] = int(number)
    least = max(terms.least, alert_rounds.LEAST)
    wanted = sorted((day, topic) for topic, days in counted.items()
                    for day, number in days.items() if number >= least and day >= first)
    stands = _stands(session, wanted)
    ids = sorted({topic for _, topic in wanted})
    topics = {one.id: one for part in db.chunks(ids)
              for one in session.execute(select(Topic).where(Topic.id.in_(part))).scalars()}
    names = dict(session.execute(select(Unit.id, Unit.name)).all())
    reader = alerts.reading(session, ((0, terms.words),)) if terms.words else None
    rows = []
    for day, topic in wanted:
        one, facts = topics[topic], stands[(topic, day)]
        before = [counted[topic].get(day - timedelta(n), 0) for n in range(1, alert_rounds.RHYTHM + 1)]
        lived = min((day - clock.day_of(one.first_at)).days, alert_rounds.RHYTHM)
        swell = Swell(counted[topic][day], sum(before[:lived]) / lived if lived > 0 else None, facts.read,
                      facts.negative, facts.risk, facts.platforms, facts.towns, facts.units, names)
        words = "" if reader is None else next(
            (match.why for match in reader.match(alert_rounds.item(one))), None)
        why = alarm.of_topic(terms, swell, words)
        if why is not None:
            place = max(facts.towns, key=lambda town: (facts.towns[town], town), default="")
            said = f"当日 {swell.mentions} 条、{swell.platforms} 个平台"
            rows.append((clock.instant(day, 23, 59), one.title, said, place, swell.mentions,
                         why.replace("近 24 小时", "当日"), None, topic))
    return Trial(len(ids), len(rows), _frame(list(reversed(rows))))


@dataclass(slots=True)
class _Stand:
    read: int = 0
    negative: int = 0
    risk: int = 0
    platforms: int = 0
    towns: dict[str, int] = field(default_factory=dict)
    units: dict[int, int] = field(default_factory=dict)


def _stands(session: Session, wanted: Sequence[tuple[date, int]]) -> dict[tuple[int, date], _Stand]:
    """What was said of topics on single days."""
    out: dict[tuple[int, date], _Stand] = defaultdict(_Stand)
    by_day: dict[date, list[int]] = defaultdict(list)
    for day, topic in wanted:
        by_day[day].append(topic)
    sure = and_(Sense.confidence >= SURE, Sense.sentiment != "")
    for day, topics in by_day.items():
        for part in db.chunks(topics):
            base = select(Mention.topic_id).outerjoin(Sense, Sense.mention_id == Mention.id).where(
                Mention.topic_id.in_(part), Mention.day == day)
            for row in session.execute(base.add_columns(
                func.sum(case((sure, 1), else_=0)), func.sum(case((and_(sure, Sense.sentiment == alarm.NEGATIVE), 1),
                                                                  else_=0)),
                func.coalesce(func.max(Sense.risk), 0), func.count(Mention.platform.distinct()),
            ).group_by(Mention.topic_id)):
                one = out[(row[0], day)]
                one.read, one.negative, one.risk, one.platforms = int(row[1]), int(row[2]), int(row[3]), int(row[4])
            for column, name in ((Sense.town, "towns"), (Sense.unit_id, "units")):
                for topic, value, number in session.execute(
                    base.add_columns(column, func.count()).group_by(Mention.topic_id, column)
                ):
                    if value:
                        getattr(out[(topic, day)], name)[value] = number
    return out


def _incidents(session: Session, terms: Any, now: datetime) -> Trial:
    standing = alert_rounds.standings(session, now)
    rows = [
        (now, incident.title, why, incident.place or incident.town, how.more, why, None, None)
        for incident, how in standing if (why := alarm.of_incident(terms, how)) is not None
    ]
    return Trial(len(standing), len(rows), _frame(rows))


def _frame(rows: Sequence[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame.assign(**{name: frame[name].astype("Int64") for name in ("mention_id", "topic_id")})
