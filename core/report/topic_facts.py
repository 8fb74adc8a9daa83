"""What a report on topics is made of, read in one go through `core.query`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import clock, db, outlook
from core.faults import BadInput
from core.models import Incident, IncidentTopic, Topic
from core.query import corpus, incident_mentions, opinion, topic_lives, topic_views
from core.query.corpus import Risks, Size, Voice
from core.query.incident_mentions import Standing
from core.query.opinion import TopicDetail
from core.query.scope import Filter
from core.query.topic_views import Ahead, Seen

MOST_TOPICS = 30
"""Topics of one report."""
VIEWED = 5
"""Of several topics, those whose viewpoints are told, the largest."""
RISKY, ANNEX = 5, 100


@dataclass(frozen=True, slots=True)
class Facts:
    """`group`: id and title of the subject, where the report is about one; `first`, `last`: the days that it covers, of
    a period or (`whole`) of the topics' life; `until`: the moment up to which it is told; `everything`: items of those
    days from anywhere; `ahead`: the forecast of a single topic that is still growing; `incidents`: titles of open ones
    that follow a topic of it."""

    topics: tuple[TopicDetail, ...]
    group: tuple[int, str] | None
    first: date
    last: date
    whole: bool
    now: datetime
    until: datetime
    size: Size
    everything: int
    how: Standing
    platforms: pd.DataFrame
    course: pd.DataFrame
    daily: pd.DataFrame
    counts: Mapping[date, int | None]
    voices: Mapping[str, Voice]
    views: tuple[tuple[str, Seen], ...]
    towns: pd.DataFrame
    units: pd.DataFrame
    risks: Risks
    risky: pd.DataFrame
    items: pd.DataFrame
    ahead: Ahead | None
    incidents: tuple[str, ...]
    demo: bool
    stamp: int

    @property
    def running(self) -> bool:
        """Whether the last day is not over yet."""
        return clock.day_of(self.now) == self.last


def read(session: Session, topics: Sequence[int], group: int | None, first: date | None, last: date | None,
         now: datetime) -> Facts:
    """Everything about the topics, or those of the subject, in the period or their whole life. Raises BadInput for
    topics or a subject that are gone, none or too many of them, and a period that cannot be."""
    found, subject = _topics(session, topics, group)
    today = clock.day_of(now)
    whole = first is None or last is None
    if not whole and (first > last or first > today):
        raise BadInput("统计时段不对：起始日应不晚于截止日，也不晚于今天")
    ids = [one.id for one in found]
    inside = corpus.about(ids, first, last)
    size = corpus.size(session, inside)
    alive = any(one.active for one in found)
    if whole:
        first = clock.day_of(size.first_at) if size.first_at else today
        last = today if alive or size.last_at is None else clock.day_of(size.last_at)
    last = min(last, today)
    until = min(now, clock.instant(last + timedelta(1)))
    views = [(one.title, seen) for one in found[:VIEWED] if (seen := topic_views.seen(session, one.id)) is not None]
    growing = len(found) == 1 and found[0].active and last == today
    return Facts(
        topics=found, group=subject, first=first, last=last, whole=whole, now=now, until=until, size=size,
        everything=opinion.volume(session, Filter(first, last)).mentions,
        how=incident_mentions.standing_of(session, inside, until), platforms=corpus.platforms(session, inside),
        course=corpus.course(session, inside), daily=corpus.daily(session, inside),
        counts=corpus.counts(session, inside, last), voices=corpus.voices(session, inside), views=tuple(views),
        towns=corpus.towns(session, inside), units=corpus.units(session, inside), risks=corpus.risks(session, inside),
        risky=corpus.items(session, inside, RISKY, riskiest=True), items=corpus.items(session, inside, ANNEX),
        ahead=topic_views.ahead(session, outlook.TOPIC, str(ids[0]), today) if growing else None,
        incidents=_incidents(session, ids),
        demo=bool(session.execute(select(Topic.id).where(Topic.id.in_(ids), Topic.demo.is_(True)).limit(1)).first()),
        stamp=db.stamp(session),
    )


def _topics(session: Session, topics: Sequence[int],
            group: int | None) -> tuple[tuple[TopicDetail, ...], tuple[int, str] | None]:
    """The topics, those of merged ones once, the largest first."""
    subject = None
    if group is not None:
        wanted = topic_lives.subject(session, group)
        if wanted is None:
            raise BadInput("这个议题不存在，或已不足两个话题，请刷新页面重选")
        subject, topics = (wanted.id, wanted.title), wanted.topics["topic_id"].tolist()[:MOST_TOPICS]
    found = {}
    for id_ in topics:
        detail = opinion.topic(session, int(id_))
        if detail is None:
            raise BadInput("所选话题已不存在，请刷新页面重选")
        found[detail.id] = detail
    if not found:
        raise BadInput("还没有选择话题")
    if len(found) > MOST_TOPICS:
        raise BadInput(f"一份专题报告最多{MOST_TOPICS}个话题，已选{len(found)}个，请减少")
    return tuple(sorted(found.values(), key=lambda one: (-one.mentions, one.id))), subject


def _incidents(session: Session, ids: Sequence[int]) -> tuple[str, ...]:
    return tuple(session.execute(
        select(Incident.title).join(IncidentTopic, IncidentTopic.incident_id == Incident.id)
        .where(IncidentTopic.topic_id.in_(ids), Incident.withdrawn == "", Incident.alias_of.is_(None))
        .distinct().order_by(Incident.title)).scalars())
