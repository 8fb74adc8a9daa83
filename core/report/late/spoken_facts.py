"""The same of reports on opinion: mentions that arrived late, demands, what people said of them, re-reading by changed
rules, what was entered afterwards for the time of the report."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlmodel import Session

from core import clock
from core.clock import instant
from core.models import (
    Alert,
    Capture,
    Correction,
    Demand,
    DemandChange,
    DemandDeed,
    Incident,
    IncidentMention,
    IncidentStep,
    Mention,
    Run,
    Sense,
    Source,
    Topic,
    TopicChange,
)
from core.report.late import words
from core.report.late.reasons import (
    CASES,
    COVERAGE,
    DEMANDS,
    FEELING,
    MENTIONS,
    RISK,
    TOPICS,
    Fact,
)
from core.report.late.terms import Terms

_OF_MENTIONS = frozenset({MENTIONS, FEELING, RISK, TOPICS})


def facts(session: Session, of: Terms, since: datetime) -> Iterator[Fact]:
    """All of them. `since`: when the report's data had been read."""
    for nth, (first, last) in enumerate(of.spans):
        yield from _arrived(session, of, since, nth == 0, Mention.day.between(first, last))
        yield from _said(session, since, nth == 0, Mention.day.between(first, last))
        yield from _demands(session, since, nth == 0, Demand.day.between(first, last))
    yield from _heard(session, of, since)
    yield from _entered(session, of, since)


def _arrived(session: Session, of: Terms, since: datetime, own: bool, inside) -> Iterator[Fact]:
    rows = session.execute(
        select(Mention.id, Mention.day, Mention.capture_id, Mention.title, Mention.fold_kind, Mention.first_seen_at,
               Source.name, Capture.fetched_at, Topic.title.label("topic"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Capture, Capture.id == Mention.capture_id)
        .outerjoin(Topic, Topic.id == Mention.topic_id)
        .where(inside, or_(Mention.first_seen_at > since, Capture.fetched_at > since))).all()
    groups: dict[str, list] = defaultdict(list)
    for row in rows:
        groups[row.name].append(row)
    for name, found in groups.items():
        at = min(row.fetched_at or row.first_seen_at for row in found)
        last = max(row.fetched_at or row.first_seen_at for row in found)
        reprints = sum(row.fold_kind == "reprint" for row in found)
        more = f"（其中转载{reprints:,}条）" if reprints else ""
        titles = frozenset(row.topic for row in found if row.topic)
        until = "" if clock.day_of(at) == clock.day_of(last) else f"至{words.at(last)}"
        yield Fact("arrived", f"{words.at(at)}{until}由“{name}”采到本期{len(found):,}条信息{more}", at, _OF_MENTIONS,
                   days=frozenset(row.day for row in found), number=len(found), named=titles, own=own,
                   ids=(*(("mention", row.id) for row in found[:10]),
                        *(("capture", id_) for id_ in dict.fromkeys(row.capture_id for row in found) if id_)))


def _said(session: Session, since: datetime, own: bool, inside) -> Iterator[Fact]:
    """What people said of sentiments, and what was read anew by other rules."""
    rows = session.execute(select(Correction.id, Correction.mention_id, Correction.at, Correction.who, Correction.label,
                                  Mention.title, Mention.day)
                           .join(Mention, Mention.id == Correction.mention_id)
                           .where(inside, Correction.at > since).order_by(Correction.id)).all()
    for row in rows:
        did = "更正" if row.label else "撤回更正"
        yield Fact("marks", f"{words.at(row.at)}{row.who}{did}《{words.cut(row.title)}》的判读", row.at,
                   frozenset({FEELING, TOPICS}), days=frozenset({row.day}), ids=(("mention", row.mention_id),), own=own)
    again = session.execute(select(Sense.mention_id, Sense.at).join(Mention, Mention.id == Sense.mention_id)
                            .where(inside, Sense.at > since, Mention.first_seen_at <= since)).all()
    if again:
        at = min(row.at for row in again)
        yield Fact("rules", f"{words.at(at)}起按调整后的规则或补到的正文重新判读本期{len(again):,}条信息", at,
                   frozenset({FEELING, RISK, TOPICS, MENTIONS}), number=len(again), own=own,
                   ids=tuple(("mention", row.mention_id) for row in again[:10]))


def _demands(session: Session, since: datetime, own: bool, inside) -> Iterator[Fact]:
    rows = session.execute(
        select(Demand.id, Source.name, Mention.first_seen_at, Capture.fetched_at, Capture.request, Demand.capture_id)
        .join(Mention, Mention.id == Demand.mention_id).join(Source, Source.id == Demand.source_id)
        .outerjoin(Capture, Capture.id == Demand.capture_id)
        .where(inside, or_(Mention.first_seen_at > since, Capture.fetched_at > since))).all()
    if rows:
        at = min(row.fetched_at or row.first_seen_at for row in rows)
        yield Fact("arrived", f"{words.at(at)}起收到本期受理的诉求{len(rows):,}件（{words.cut(rows[0].name)}）", at,
                   frozenset({DEMANDS}), number=len(rows), own=own,
                   ids=(*(("demand", row.id) for row in rows[:10]),
                        *(("capture", id_) for id_ in dict.fromkeys(row.capture_id for row in rows) if id_)))
    changed = session.execute(select(DemandChange.demand_id, DemandChange.at).join(
        Demand, Demand.id == DemandChange.demand_id).where(inside, DemandChange.at > since)).all()
    if changed:
        at = min(row.at for row in changed)
        yield Fact("arrived", f"{words.at(at)}起有{len(changed):,}件诉求的内容被后来的文件更新", at,
                   frozenset({DEMANDS}), number=len(changed), own=own,
                   ids=tuple(("demand", row.demand_id) for row in changed[:10]))
    said = session.execute(select(DemandDeed.demand_id, DemandDeed.at, DemandDeed.who).join(
        Demand, Demand.id == DemandDeed.demand_id).where(inside, DemandDeed.at > since)).all()
    if said:
        yield Fact("marks", f"{words.at(said[0].at)}起{said[0].who}等对{len(said):,}件诉求作了归类或归并", said[0].at,
                   frozenset({DEMANDS}), number=len(said), own=own,
                   ids=tuple(("demand", row.demand_id) for row in said[:10]))


def _heard(session: Session, of: Terms, since: datetime) -> Iterator[Fact]:
    """Runs for the days of the report that ended after it."""
    first, last = of.own
    row = session.execute(
        select(Run.id, Run.started_at).where(Run.finished_at > since, Run.started_at <= instant(last + timedelta(1)),
                                             Run.started_at >= instant(first)).limit(1)).first()
    if row:
        yield Fact("arrived", f"{words.at(row.started_at)}开始的采集在报告之后才结束", row.started_at,
                   frozenset({COVERAGE}), ids=(("run", row.id),))


def _entered(session: Session, of: Terms, since: datetime) -> Iterator[Fact]:
    """What people entered afterwards of incidents, warnings and topics, for the time of the report."""
    first, last = instant(of.own[0]), instant(of.own[1] + timedelta(1))
    until = min(last, of.now)
    steps = session.execute(
        select(IncidentStep.incident_id, IncidentStep.noted_at, IncidentStep.who, Incident.title)
        .join(Incident, Incident.id == IncidentStep.incident_id)
        .where(IncidentStep.noted_at > since, or_(IncidentStep.at <= until, IncidentStep.kind.in_(
            ("withdraw", "merge", "split", "reopen"))), Incident.opened_at < last)).all()
    for row in {row.incident_id: row for row in steps}.values():
        yield Fact("marks", f"{words.at(row.noted_at)}{row.who}补记或改动了事件“{words.cut(row.title)}”", row.noted_at,
                   frozenset({CASES}), ids=(("incident", row.incident_id),), named=frozenset({row.title}))
    linked = session.execute(
        select(IncidentMention.incident_id, IncidentMention.at, IncidentMention.who, Incident.title)
        .join(Incident, Incident.id == IncidentMention.incident_id)
        .join(Mention, Mention.id == IncidentMention.mention_id)
        .where(Mention.day.between(*of.own),
               or_(IncidentMention.at > since, IncidentMention.removed_at > since))).all()
    for row in {row.incident_id: row for row in linked}.values():
        yield Fact("marks", f"{words.at(row.at)}起{row.who}等调整了归入事件“{words.cut(row.title)}”的本期信息", row.at,
                   frozenset({CASES, RISK}), ids=(("incident", row.incident_id),), named=frozenset({row.title}))
    for row in session.execute(select(Alert.id, Alert.title, Alert.arrived_at).where(
            Alert.at >= first, Alert.at < until, Alert.arrived_at > since)).all():
        yield Fact("arrived", f"{words.at(row.arrived_at)}补发预警“{words.cut(row.title)}”", row.arrived_at,
                   frozenset({CASES}), ids=(("alert", row.id),))
    for row in session.execute(
            select(TopicChange.topic_id, TopicChange.at, TopicChange.who, Topic.title)
            .join(Topic, Topic.id == TopicChange.topic_id)
            .where(TopicChange.at > since, TopicChange.who != "", Topic.first_at < last, Topic.last_at >= first)).all():
        yield Fact("marks", f"{words.at(row.at)}{row.who}改动了话题“{words.cut(row.title)}”", row.at,
                   frozenset({TOPICS}), ids=(("topic", row.topic_id),), named=frozenset({row.title}))

