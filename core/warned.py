"""An alert from its raising to its end: who is told and when, acknowledgement, escalation, digests at set times.

Everyone who is to be told of something has one delivery for it, known by its key: made in the transaction of what is
its reason, so that nobody is forgotten and nobody told twice. core.deliveries sends them.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlmodel import Session

from core import audit, clock, credentials, db, labels, marks
from core.faults import BadInput
from core.models import Alert, AlertMention, AlertRule, Attempt, Delivery, Mention, Source, Topic
from core.opinion.alarm import Plan
from core.opinion.text import display_title
from core.senders import Message
from core.settings import settings

OUTCOMES = {"incident": "已立为事件", "handled": "已处置", "known": "已知情况", "wrong": "误报", "other": "其他"}
"""What can come of an alert."""
LISTED = 20
"""Alerts that a digest names; of the others it says how many there are."""
LATE = timedelta(hours=12)
"""How long after its time a digest is still sent, where nothing ran at its time."""


def raise_alert(session: Session, alert: Alert, plan: Plan, now: datetime, *, mentions: Iterable[int] = ()) -> Alert:
    """Store an alert and tell those whom its rule's plan wants told at once. The caller commits."""
    session.add(alert)
    session.flush()
    session.add_all(AlertMention(alert_id=alert.id, mention_id=id_, at=now) for id_ in mentions)
    if alert.demo or _by_digest(plan, alert.level):
        session.flush()
        return alert
    _tell(session, alert, plan, 0, now)
    alert.next_at, alert.told_at = _next(plan, alert, 0, now), now
    session.add(alert)
    session.flush()
    return alert


def escalate(session: Session, now: datetime) -> int:
    """Tell the next ones of every alert that nobody has acknowledged in time; returns of how many. The caller
    commits."""
    due = session.execute(
        select(Alert, AlertRule).join(AlertRule, AlertRule.id == Alert.rule_id)
        .where(Alert.next_at <= now, Alert.state == "open").order_by(Alert.next_at)).all()
    told = 0
    for alert, rule in due:
        plan, step = Plan.of(rule.plan), alert.step + 1
        further = step < len(plan.steps)
        # Only where nobody has acknowledged it since it was read.
        mine = session.execute(
            update(Alert).where(Alert.id == alert.id, Alert.state == "open", Alert.step == alert.step)
            .values(step=step, next_at=_next(plan, alert, step, now) if further else None)
            .execution_options(synchronize_session=False)).rowcount
        if mine and further:
            _tell(session, alert, plan, step, now)
            told += 1
    if told:
        db.bump(session, now)
    return told


def acknowledge(session: Session, alert_id: int, *, who: str, how: str, now: datetime) -> bool:
    """Somebody has seen an alert (`how`: link, room): nobody further is told. False where somebody had before. Raises
    BadInput for one that is gone. The caller commits."""
    alert = _alert(session, alert_id)
    if alert.state != "open":
        return False
    alert.state, alert.seen_at, alert.seen_by, alert.seen_how, alert.next_at = "seen", now, who, how, None
    session.add(alert)
    _drop_further(session, alert, "已有人确认，不再上报")
    audit.note(session, who, "确认预警", alert.title)
    db.bump(session, now)
    return True


def close(session: Session, alert_id: int, outcome: str, *, who: str, now: datetime, incident: int | None = None
          ) -> None:
    """Put an alert away, with what came of it (OUTCOMES); where that is 误报, its mentions are marked so. Raises
    BadInput. The caller commits."""
    alert = _alert(session, alert_id)
    if outcome not in OUTCOMES:
        raise BadInput("请选择处理结果")
    if outcome == "wrong":
        for part in db.chunks(_mentions_of(session, alert), marks.MOST):
            marks.flag(session, part, "wrong", True, who=who, now=now, why=_why_wrong(alert))
    if alert.state == "open":
        alert.seen_at, alert.seen_by, alert.seen_how = now, who, "room"
    alert.state, alert.closed_at, alert.closed_by, alert.outcome, alert.next_at = "closed", now, who, outcome, None
    alert.incident_id = incident or alert.incident_id
    session.add(alert)
    _drop_further(session, alert, "预警已处理，不再上报")
    audit.note(session, who, f"处理预警：{OUTCOMES[outcome]}", alert.title)
    db.bump(session, now)


def reopen(session: Session, alert_id: int, *, who: str, now: datetime) -> None:
    """Take a closing back, and the marks that it gave its mentions; it stays acknowledged. Raises BadInput. The caller
    commits."""
    alert = _alert(session, alert_id)
    if alert.state != "closed":
        raise BadInput("这条预警没有关闭，请刷新页面")
    if alert.outcome == "wrong":
        for part in db.chunks(_mentions_of(session, alert), marks.MOST):
            marks.unflag(session, part, "wrong", _why_wrong(alert), who=who, now=now)
    alert.state, alert.closed_at, alert.closed_by, alert.outcome = "seen", None, "", ""
    session.add(alert)
    audit.note(session, who, "重新打开预警", alert.title)
    db.bump(session, now)


def digests(session: Session, now: datetime) -> int:
    """Tell together what rules with set times have raised and nobody was told of so far; returns how many deliveries
    were made. A time at which nothing ran is made up for within twelve hours, later than that the next one tells it
    all; what a rule held back that has set times no more is told now. The caller commits."""
    made = 0
    untold = select(Alert.rule_id).where(Alert.told_at.is_(None), Alert.demo.is_(False))
    for rule in session.execute(select(AlertRule).where(AlertRule.id.in_(untold))).scalars().all():
        plan = Plan.of(rule.plan)
        held = _by_digest(plan, rule.level)
        slot = _slot(plan.digest, now) if held else now
        if now - slot > LATE:
            continue
        # Taken before they are read: whoever does the same at the same time finds none of them.
        taken = session.execute(
            update(Alert).where(Alert.rule_id == rule.id, Alert.told_at.is_(None), Alert.at <= slot,
                                Alert.demo.is_(False))
            .values(told_at=now).returning(Alert.id).execution_options(synchronize_session=False)).scalars().all()
        alerts = [one for part in db.chunks(taken)
                  for one in session.execute(select(Alert).where(Alert.id.in_(part))).scalars()]
        if alerts:
            alerts.sort(key=lambda one: (one.at, one.id), reverse=True)
            content = _digest(rule, alerts, slot).to_dict()
            # One that came late to be told at its time makes a digest of its own.
            key = f"digest:{rule.id}:{slot.isoformat()}:{min(taken)}"
            made += _make(session, key, plan, 0, content, now, quiet=not held)
    return made


def told_by(session: Session, key: str) -> Delivery | None:
    """The delivery whose link has that key."""
    if not key:
        return None
    return session.execute(select(Delivery).where(Delivery.token == _hash(key))).scalar()


def key_of(delivery_key: str) -> str:
    """The key of a delivery's link: nobody can tell it who does not have it, and it is not in the database."""
    return hmac.new(credentials.derived("alert links"), delivery_key.encode(), hashlib.sha256).hexdigest()[:24]


def link(alert_id: int, key: str) -> str:
    """The address of an alert in the room, empty where the office gave the app no address."""
    base = settings().url_of_app.rstrip("/")
    return f"{base}/alerts?alert={alert_id}&key={key}" if base else ""


def forget_sample(session: Session) -> None:
    """Take out the sample district's rules and alerts, and what real alerts hold of it; call before its mentions,
    topics and incidents go. The caller commits."""
    quiet = {"synchronize_session": False}
    mentions = select(Mention.id).join(Source, Source.id == Mention.source_id).where(Source.demo.is_(True))
    rules = select(AlertRule.id).where(AlertRule.demo.is_(True))
    alerts = select(Alert.id).where(or_(Alert.demo.is_(True), Alert.rule_id.in_(rules)))
    sent = select(Delivery.id).where(Delivery.alert_id.in_(alerts))
    for change in (
        delete(Attempt).where(Attempt.delivery_id.in_(sent)), delete(Delivery).where(Delivery.alert_id.in_(alerts)),
        delete(AlertMention).where(or_(AlertMention.alert_id.in_(alerts), AlertMention.mention_id.in_(mentions))),
        delete(Alert).where(or_(Alert.demo.is_(True), Alert.rule_id.in_(rules))),
        update(Alert).where(Alert.mention_id.in_(mentions)).values(mention_id=None),
        update(Alert).where(Alert.topic_id.in_(select(Topic.id).where(Topic.demo.is_(True)))).values(topic_id=None),
        delete(AlertRule).where(AlertRule.demo.is_(True)),
    ):
        session.execute(change.execution_options(**quiet))


# --- Parts ----------------------------------------------------------------------------------------------------------


def _alert(session: Session, id_: int) -> Alert:
    found = session.get(Alert, id_)
    if found is None:
        raise BadInput("这条预警不存在，可能已随演示数据清除，请刷新页面")
    return found


def _mentions_of(session: Session, alert: Alert) -> Sequence[int]:
    return session.execute(select(AlertMention.mention_id).where(AlertMention.alert_id == alert.id)
                           .order_by(AlertMention.mention_id)).scalars().all()


def _why_wrong(alert: Alert) -> str:
    return f"预警第{alert.id}号判为误报"


def _by_digest(plan: Plan, level: str) -> bool:
    return bool(plan.digest) and level != "red"


def _next(plan: Plan, alert: Alert, step: int, now: datetime) -> datetime | None:
    """When the step after this one is due: counted from when this one hears of it."""
    if step + 1 >= len(plan.steps):
        return None
    heard = now if alert.level == "red" else awake(plan, now)
    return heard + timedelta(minutes=plan.steps[step + 1].after - plan.steps[step].after)


def _tell(session: Session, alert: Alert, plan: Plan, step: int, now: datetime) -> None:
    content = message(session, alert, escalated=step > 0).to_dict()
    _make(session, f"alert:{alert.id}", plan, step, content, now, quiet=alert.level != "red", alert=alert)


def _make(
    session: Session, key: str, plan: Plan, step: int, content: dict[str, Any], now: datetime, *, quiet: bool,
    alert: Alert | None = None,
) -> int:
    """A delivery for each person of the step, and for each group at the first one; returns how many are new."""
    wanted = [(f"person:{id_}", id_, list(plan.channels)) for id_ in (
        plan.steps[step].people if step < len(plan.steps) else ())]
    if step == 0:
        wanted += [(f"channel:{id_}", None, [id_]) for id_ in plan.groups]
    at = awake(plan, now) if quiet else now
    rows = []
    for name, person, channels in wanted:
        whole = f"{key}:{step}:{name}"
        rows.append({
            "key": whole, "alert_id": alert.id if alert else None, "person_id": person, "channels": channels,
            "content": content, "state": "waiting", "made_at": now, "next_at": at, "done_at": None,
            "token": _hash(key_of(whole)) if alert else "", "note": "" if at == now else "免打扰时段，到时再发",
            "demo": False,
        })
    if not rows:
        return 0
    there = set(session.execute(select(Delivery.key).where(Delivery.key.in_([row["key"] for row in rows]))).scalars())
    db.upsert(session, Delivery, rows, ["key"])
    return sum(row["key"] not in there for row in rows)


def awake(plan: Plan, now: datetime) -> datetime:
    """Now, or the end of the quiet hours that it lies in."""
    start, end = plan.quiet
    if start == end:
        return now
    local = clock.local(now)
    minute = local.hour * 60 + local.minute
    if not (start <= minute < end if start < end else minute >= start or minute < end):
        return now
    day = local.date() + timedelta(days=int(start > end and minute >= start))
    return clock.instant(day, *divmod(end, 60))


def _slot(minutes: Sequence[int], now: datetime) -> datetime:
    """The latest of the set times that has come."""
    today = clock.day_of(now)
    times = (clock.instant(today - timedelta(days=back), *divmod(minute, 60))
             for back in range(2) for minute in minutes)
    return max(at for at in times if at <= now)


def _drop_further(session: Session, alert: Alert, why: str) -> None:
    """Nobody is told any more who was to be told because nobody had acknowledged."""
    session.execute(
        update(Delivery).where(Delivery.alert_id == alert.id, Delivery.state == "waiting",
                               Delivery.key.not_like(f"alert:{alert.id}:0:%"))
        .values(state="dropped", note=why).execution_options(synchronize_session=False))


def message(session: Session, alert: Alert, *, escalated: bool = False) -> Message:
    """What is said of an alert, by whatever channel."""
    lead = session.execute(
        select(Mention.published_at, Mention.url, Source.name).join(Source, Source.id == Mention.source_id)
        .where(Mention.id == alert.mention_id)).first() if alert.mention_id else None
    level = labels.LEVELS[alert.level]
    lines = [
        f"【{level}预警】{'（逐级上报）' if escalated else ''}{alert.title}",
        f"要点：{alert.gist}" if alert.gist and alert.gist != alert.title else "",
        f"地点：{alert.place}" if alert.place else "地点：未写明",
        f"信息：{alert.mentions} 条" + (f"，首条来自{lead.name}（{clock.local(lead.published_at):%m-%d %H:%M}）"
                                    if lead else ""),
        f"原因：{alert.why}" if alert.why else "",
        f"原文：{lead.url}" if lead and lead.url else "",
    ]
    return Message(
        level=alert.level, title=alert.title, gist=alert.gist or alert.title, place=alert.place, count=alert.mentions,
        where=f"舆情系统预警第{alert.id}号", text="\n".join(filter(None, lines)), link="", at=alert.at)


def _digest(rule: AlertRule, alerts: Sequence[Alert], slot: datetime) -> Message:
    mentions = sum(one.mentions for one in alerts)
    when = f"{clock.local(slot):%m月%d日 %H:%M}".lstrip("0")
    title = f"预警摘报（{rule.name}，{when}）：{len(alerts)} 项"
    lines = [title, *(
        f"{n}. {clock.local(one.at):%m-%d %H:%M} {one.place and one.place + '：'}{one.title}（{one.mentions} 条）"
        for n, one in enumerate(alerts[:LISTED], 1))]
    if len(alerts) > LISTED:
        lines.append(f"另有 {len(alerts) - LISTED} 项，请到“预警”查看。")
    most = max(alerts, key=lambda one: one.mentions)
    places = {one.town or one.place for one in alerts} - {""}
    return Message(
        level=rule.level, title=title, gist=display_title(f"{len(alerts)} 项预警，最多的是“{most.title}”", 60),
        place=places.pop() if len(places) == 1 else "", count=mentions, where="舆情系统预警", text="\n".join(lines),
        link="", at=slot)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


__all__ = ["LISTED", "OUTCOMES", "acknowledge", "awake", "close", "digests", "escalate", "forget_sample", "key_of",
           "link", "message", "raise_alert", "reopen", "told_by"]
