"""What the office of the sample district did with what was said: incidents, warnings, a digest. Everything is done by
the functions that people's own deeds go through, at moments of the past.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select
from sqlmodel import Session

from core import alert_trial, alerts, clock, db, digests, incidents, marks
from core.models import Alert, AlertMention, AlertRule, Mention, Remembered, Sense, Source, Topic, Unit, Unsifted
from core.opinion.alarm import Plan
from core.query import digests as asked

KEY = "sample desk"
HOUR = timedelta(hours=1)
WHO = "样例值班员"
RULES = (
    ("高风险信息", "mention", {"risk": 50}, "orange"),
    ("住房物业类诉求", "mention", {"risk": 40, "kinds": ["住房物业"]}, "yellow"),
)
"""Rules of the sample district: name, subject, terms, level. They tell nobody."""
GRAVE, NOTED = 50, 30
"""Risk of the mentions that an incident is opened for."""


def ask_for(session: Session, now: datetime) -> None:
    """Note that the rooms of opinion work are to be filled once the sample's mentions are understood. The caller
    commits."""
    db.upsert(session, Remembered, [{"key": KEY, "value": {}, "updated_at": now}], ["key"])


def fill(session: Session, now: datetime) -> bool:
    """Fill the rooms with what an office would have done by now, if that was asked for and everything that was said is
    understood; whether it was done. The caller commits."""
    if session.get(Remembered, KEY) is None:
        return False
    waits = select(Mention.id).join(Source, Source.id == Mention.source_id).where(Source.demo.is_(True))
    if session.execute(waits.where(Mention.understood_at.is_(None)).limit(1)).first() or session.execute(
            waits.where(exists().where(Unsifted.mention_id == Mention.id)).limit(1)).first():
        return False
    forget(session)
    _write(session, now)
    return True


def forget(session: Session) -> None:
    """It is not to be filled any more."""
    session.execute(delete(Remembered).where(Remembered.key == KEY))


def _write(session: Session, now: datetime) -> None:
    units = dict(session.execute(select(Unit.name, Unit.id).where(Unit.demo.is_(True), Unit.kind == "bureau")).all())
    done = _settled(session, _topic(session, GRAVE, now - timedelta(days=40), now - timedelta(days=8), ()), units, now)
    under_way = _under_way(
        session, _topic(session, NOTED, now - timedelta(days=25), now - timedelta(days=2), done), units, now)
    _fresh(session, now, [*done, *under_way])
    _warnings(session, now)
    _digest(session, now)


def _topic(session: Session, risk: int, since: datetime, until: datetime, but: Sequence[int]) -> Topic | None:
    """The largest sample topic that began and ended then and holds something of that risk."""
    return session.execute(
        select(Topic).join(Mention, Mention.topic_id == Topic.id).join(Sense, Sense.mention_id == Mention.id)
        .where(Topic.demo.is_(True), Topic.first_at >= since, Topic.last_at <= until, Topic.id.not_in(but))
        .group_by(Topic.id).having(func.max(Sense.risk) >= risk).order_by(Topic.mentions.desc(), Topic.id).limit(1)
    ).scalar()


def _leading(session: Session, topic_id: int, units: dict[str, int]) -> tuple[str, int] | None:
    """The bureau that most of a topic's mentions concern, else the first of all."""
    found = session.execute(
        select(Unit.name, Unit.id).join(Sense, Sense.unit_id == Unit.id).join(Mention, Mention.id == Sense.mention_id)
        .where(Mention.topic_id == topic_id, Unit.demo.is_(True)).group_by(Unit.name, Unit.id)
        .order_by(func.count().desc(), Unit.id).limit(1)).first()
    return (found.name, found.id) if found else next(iter(units.items()), None)


def _settled(session: Session, topic: Topic | None, units: dict[str, int], now: datetime) -> list[int]:
    """An incident that went its whole way."""
    if topic is None or (lead := _leading(session, topic.id, units)) is None:
        return []
    name, unit = lead
    began = topic.first_at + 2 * HOUR
    made = incidents.open_(
        session, topic.title[:60], "orange", topic_ids=[topic.id], unit_id=unit, who=WHO, now=began,
        summary="属地居民反映集中，媒体跟进报道，诉求集中在查明原因、公布处理结果。",
        risk="如回应不及时，存在负面情绪扩散的风险。")
    made.demo = True
    task = incidents.assign(session, made.id, unit, "核实情况，今日内反馈处置意见和回应口径。", due_at=began + 8 * HOUR,
                            who=WHO, now=began + HOUR)
    for hours, stage, why in ((1, "judged", "已核对信息来源，涉及面较广"), (1.2, "assigned", f"交{name}牵头办理"),
                              (3, "handled", "现场处置，约谈有关责任方"),
                              (4.5, "answered", "通过官方账号发布情况说明")):
        incidents.advance(session, made.id, stage, why, who=WHO, now=began + hours * HOUR)
    incidents.answer(session, task.id, "已到现场核实并责令整改，情况说明已发布，后续每日跟踪。", who=name,
                     now=began + 6 * HOUR)
    incidents.advance(session, made.id, "settled", "热度回落，诉求已答复", who=WHO,
                      now=min(max(topic.last_at, began + 12 * HOUR) + 24 * HOUR, now))
    return [topic.id]


def _under_way(session: Session, topic: Topic | None, units: dict[str, int], now: datetime) -> list[int]:
    """One that is being dealt with, with one unit's answer there and another's overdue."""
    if topic is None or (lead := _leading(session, topic.id, units)) is None:
        return []
    name, unit = lead
    began = max(topic.first_at + 3 * HOUR, now - timedelta(days=12))
    made = incidents.open_(session, topic.title[:60], "yellow", topic_ids=[topic.id], unit_id=unit, who=WHO, now=began,
                           summary="多名居民在多个平台反映，诉求具体，尚未见正式回应。",
                           risk="诉求长期未解决，存在升级的风险。")
    made.demo = True
    first = incidents.assign(session, made.id, unit, "核实情况，提出解决办法和时间表。", due_at=began + 24 * HOUR,
                             who=WHO, now=began + HOUR)
    other = next((id_ for title, id_ in units.items() if id_ != unit), None)
    if other is not None:
        incidents.assign(session, made.id, other, "配合做好居民沟通，反馈进展。", due_at=began + 48 * HOUR, who=WHO,
                         now=began + HOUR)
    for hours, stage, why in ((1, "judged", "诉求属实"), (1.5, "assigned", f"交{name}牵头"),
                              (20, "handled", "已开始整改")):
        incidents.advance(session, made.id, stage, why, who=WHO, now=began + hours * HOUR)
    incidents.answer(session, first.id, "已制订整改方案，预计两周内完成。", who=name, now=began + 22 * HOUR)
    return [topic.id]


def _fresh(session: Session, now: datetime, but: Sequence[int]) -> None:
    """One that was found last, of the newest mention that is of some risk."""
    row = session.execute(
        select(Mention).join(Source, Source.id == Mention.source_id).join(Sense, Sense.mention_id == Mention.id)
        .where(Source.demo.is_(True), Sense.risk >= NOTED, Mention.fold_id == Mention.id,
               func.coalesce(Mention.topic_id, 0).not_in(but))
        .order_by(Mention.published_at.desc(), Mention.id.desc()).limit(1)).scalar()
    if row is None:
        return
    marks.flag(session, [row.id], "starred", True, who=WHO, now=now - HOUR)
    made = incidents.open_(session, row.title[:60], "yellow", [row.id], who=WHO,
                           now=max(row.first_seen_at, now - 2 * HOUR))
    made.demo = True
    incidents.advance(session, made.id, "judged", "正在核实", who=WHO, now=now - HOUR / 2)


def _warnings(session: Session, now: datetime) -> None:
    """What the rules would have warned of in the last 30 days, older ones seen and closed."""
    plan = {"cool": 360, "grouping": "event"}
    for name, subject, terms, level in RULES:
        if session.execute(select(AlertRule.id).where(AlertRule.name == name)).first():
            name += "（演示）"
        rule = alerts.save(session, name=name, subject=subject, terms=terms, level=level, plan=plan, who=WHO,
                           now=now - timedelta(days=31), demo=True)
        frame = alert_trial.trial(session, subject, terms, Plan.of(plan).kept(), now=now).frame
        ours = set(session.execute(
            select(Mention.id).join(Source, Source.id == Mention.source_id)
            .where(Source.demo.is_(True), Mention.id.in_([int(id_) for id_ in frame["mention_id"]]))).scalars())
        newest = True
        for row in frame.itertuples():
            if row.mention_id not in ours:
                continue
            at = row.at.to_pydatetime()
            told = session.get(Mention, int(row.mention_id))
            town = session.execute(select(Sense.town).where(Sense.mention_id == told.id)).scalar() or ""
            made = Alert(rule_id=rule.id, group=f"mention:{told.id}", level=level, at=at, arrived_at=at,
                         title=row.title, gist=row.gist, why=row.why, place=row.place, town=town,
                         mentions=int(row.mentions), mention_id=told.id, topic_id=told.topic_id, demo=True)
            if not newest:
                made.state, made.seen_at, made.seen_by, made.seen_how = "closed", at + HOUR / 4, WHO, "room"
                made.closed_at, made.closed_by, made.outcome = at + 2 * HOUR, WHO, "known"
            newest = False
            session.add(made)
            session.flush()
            session.add(AlertMention(alert_id=made.id, mention_id=told.id, at=at))


def _digest(session: Session, now: datetime) -> None:
    """A digest of the last day on which something was said, not issued yet."""
    last = session.execute(select(func.max(Mention.day)).join(Source, Source.id == Mention.source_id).where(
        Source.demo.is_(True))).scalar()
    if last is None:
        return
    made = digests.begin(session, min(last, clock.day_of(now)), sent_to="区委办公室、区政府办公室", who=WHO,
                         now=now - HOUR)
    made.demo = True
    offered = asked.proposals(session, made.id, now)
    for kind in ("incident", "mention", "topic"):
        if ids := [one.id for one in offered if one.kind == kind][:3]:
            digests.add(session, made.id, kind, ids, who=WHO, now=now - HOUR)
