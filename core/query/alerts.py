"""Alerts as people see them: which there are, what one stands for, who was told and when; how the channels do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from core import clock, district, labels
from core.models import (
    Alert,
    AlertMention,
    AlertRule,
    Attempt,
    Channel,
    Delivery,
    Mention,
    Person,
    Platform,
    Sense,
    Source,
    Topic,
    Unit,
    Watch,
)
from core.opinion.alarm import Plan
from core.opinion.lexicon import CLASSES
from core.query.scope import Filter
from core.senders import SENDERS
from core.warned import OUTCOMES

STATES = {"open": "待确认", "seen": "已确认", "closed": "已处理"}
RECEIPTS = {"delivered": "已送达", "undelivered": "未送达"}
UNDONE = ("failed", "unknown")
"""States of deliveries that a person has to look after."""
LISTED, SENT = 500, 300
"""Alerts, and deliveries, that are listed at most."""
COLUMNS = ("alert_id", "level", "state", "title", "gist", "place", "mentions", "at", "rule", "unit", "waiting", "told",
           "failed", "seen_by", "seen_at", "outcome", "demo")
DELIVERY_COLUMNS = ("delivery_id", "step", "to", "channel", "state", "made_at", "done_at", "note", "receipt", "tries")


def counts(session: Session, where: Filter) -> dict[str, int]:
    """Alerts of the period by state (open, seen, closed), those open that are red or orange (`grave`), and deliveries
    that failed or of which nobody knows (`failed`)."""
    begin, end = _span(where)
    rows = session.execute(
        select(Alert.state, Alert.level, func.count()).where(Alert.at >= begin, Alert.at < end)
        .group_by(Alert.state, Alert.level)).all()
    out = dict.fromkeys((*STATES, "grave"), 0)
    for state, level, number in rows:
        out[state] += number
        out["grave"] += number if state == "open" and level in ("red", "orange") else 0
    out["failed"] = session.execute(
        select(func.count()).select_from(Delivery).where(
            Delivery.state.in_(UNDONE), Delivery.made_at >= begin, Delivery.made_at < end)).scalar_one()
    return out


def person_name(session: Session, person_id: int) -> str:
    """The name of somebody who was told; empty where the entry is gone."""
    return session.execute(select(Person.name).where(Person.id == person_id)).scalar() or ""


def listed(
    session: Session, where: Filter, state: str = "", level: str = "", rule_id: int | None = None, search: str = "",
) -> pd.DataFrame:
    """Alerts of the period (COLUMNS; level and state as words), the open ones first, then the gravest, then the newest;
    `waiting`, `told`, `failed`: deliveries by what became of them."""
    begin, end = _span(where)
    query = (
        select(Alert, AlertRule.name.label("rule"), Unit.name.label("unit"))
        .join(AlertRule, AlertRule.id == Alert.rule_id).outerjoin(Unit, Unit.id == Alert.unit_id)
        .where(Alert.at >= begin, Alert.at < end)
    )
    for value, column in ((state, Alert.state), (level, Alert.level), (rule_id, Alert.rule_id)):
        query = query.where(column == value) if value else query
    for word in search.split():
        query = query.where(or_(*(column.icontains(word, autoescape=True)
                                  for column in (Alert.title, Alert.gist, Alert.place))))
    grade = case({name: n for n, name in enumerate(labels.LEVELS)}, value=Alert.level, else_=9)
    rows = session.execute(query.order_by(
        case({name: n for n, name in enumerate(STATES)}, value=Alert.state, else_=9), grade, Alert.at.desc(),
        Alert.id.desc()).limit(LISTED)).all()
    sent = _sent(session, [row.Alert.id for row in rows])
    out = [
        {"alert_id": one.id, "level": labels.LEVELS[one.level], "state": STATES[one.state], "title": one.title,
         "gist": one.gist, "place": one.place, "mentions": one.mentions, "at": one.at, "rule": rule, "unit": unit,
         **sent.get(one.id, {"waiting": 0, "told": 0, "failed": 0}), "seen_by": one.seen_by, "seen_at": one.seen_at,
         "outcome": OUTCOMES.get(one.outcome, ""), "demo": one.demo}
        for one, rule, unit in rows
    ]
    frame = pd.DataFrame(out, columns=list(COLUMNS))
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("at", "seen_at")})


def _span(where: Filter) -> tuple[datetime, datetime]:
    return clock.instant(where.start), clock.instant(where.end + timedelta(days=1))


def _sent(session: Session, ids: list[int]) -> dict[int, dict[str, int]]:
    out: dict[int, dict[str, int]] = {}
    names = {"waiting": "waiting", "sending": "waiting", "accepted": "told", "delivered": "told",
             **dict.fromkeys(UNDONE, "failed")}
    for alert, state, number in session.execute(
        select(Delivery.alert_id, Delivery.state, func.count()).where(Delivery.alert_id.in_(ids))
        .group_by(Delivery.alert_id, Delivery.state)
    ):
        if state in names:
            held = out.setdefault(alert, {"waiting": 0, "told": 0, "failed": 0})
            held[names[state]] += number
    return out


@dataclass(frozen=True, slots=True)
class Told:
    """One alert with what it stands for: its mentions (mention_id, title, platform, source, published_at, risk, url),
    the newest first, and its deliveries (DELIVERY_COLUMNS), in order."""

    alert: Alert
    rule: str
    unit: str
    mentions: pd.DataFrame
    deliveries: pd.DataFrame
    next_names: tuple[str, ...]


def one(session: Session, alert_id: int) -> Told | None:
    """An alert with its mentions, deliveries, and the names of whom it goes to next; None where there is none."""
    row = session.execute(
        select(Alert, AlertRule, Unit.name).join(AlertRule, AlertRule.id == Alert.rule_id)
        .outerjoin(Unit, Unit.id == Alert.unit_id).where(Alert.id == alert_id)).first()
    if row is None:
        return None
    alert, rule, unit = row
    steps = Plan.of(rule.plan).steps
    further = steps[alert.step + 1].people if alert.next_at and alert.step + 1 < len(steps) else ()
    names = session.execute(select(Person.name).where(Person.id.in_(further)).order_by(Person.id)).scalars()
    return Told(alert, rule.name, unit or "", _mentions(session, alert), deliveries(session, alert_id), tuple(names))


def _mentions(session: Session, alert: Alert) -> pd.DataFrame:
    query = (
        select(Mention.id.label("mention_id"), Mention.title, func.coalesce(Platform.name, Mention.platform)
               .label("platform"), Source.name.label("source"), Mention.published_at, Sense.risk, Mention.url)
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .outerjoin(Sense, Sense.mention_id == Mention.id)
    )
    if alert.topic_id and not alert.group.startswith("mention:"):
        living = select(func.coalesce(Topic.alias_of, Topic.id)).where(Topic.id == alert.topic_id).scalar_subquery()
        query = query.where(Mention.topic_id == living, Mention.published_at >= alert.at - timedelta(days=1),
                            Mention.published_at <= alert.at + timedelta(days=1))
    else:
        query = query.join(AlertMention, and_(AlertMention.mention_id == Mention.id, AlertMention.alert_id == alert.id))
    rows = session.execute(query.order_by(Mention.published_at.desc(), Mention.id.desc()).limit(200)).all()
    frame = pd.DataFrame(rows, columns=["mention_id", "title", "platform", "source", "published_at", "risk", "url"])
    frame["published_at"] = pd.to_datetime(frame["published_at"], utc=True)
    return frame.assign(risk=frame["risk"].astype("Int64"))


def undone(session: Session) -> int:
    """How many deliveries failed, or nobody knows of."""
    return session.execute(select(func.count()).select_from(Delivery).where(Delivery.state.in_(UNDONE))).scalar_one()


def deliveries(
    session: Session, alert_id: int | None = None, undone: bool = False, limit: int = SENT
) -> pd.DataFrame:
    """Deliveries of an alert in order, or of all, the newest first (DELIVERY_COLUMNS): `step` 首报, 第2级 …; `channel`
    and `receipt` of the last attempt; `undone`: only those that failed or that nobody knows of."""
    query = select(Delivery, Person.name).outerjoin(Person, Person.id == Delivery.person_id)
    query = query.where(Delivery.state.in_(UNDONE)) if undone else query
    query = (query.where(Delivery.alert_id == alert_id).order_by(Delivery.id) if alert_id
             else query.order_by(Delivery.id.desc()))
    rows = session.execute(query.limit(limit)).all()
    ids = [row.Delivery.id for row in rows]
    tries: dict[int, list[Attempt]] = {}
    for attempt in session.execute(select(Attempt).where(Attempt.delivery_id.in_(ids)).order_by(Attempt.id)).scalars():
        tries.setdefault(attempt.delivery_id, []).append(attempt)
    names = dict(session.execute(select(Channel.id, Channel.name)).all())
    out = []
    for delivery, person in rows:
        mine = tries.get(delivery.id, [])
        last = mine[-1] if mine else None
        group = names.get(delivery.channels[0], "") if delivery.channels else ""
        out.append({
            "delivery_id": delivery.id, "to": person or group, "step": _step(delivery),
            "channel": names.get(last.channel_id, "") if last else "", "state": labels.DELIVERIES[delivery.state],
            "made_at": delivery.made_at, "done_at": delivery.done_at,
            "note": (last.note if last and last.outcome != "ok" and delivery.state != "unknown" else "")
            or delivery.note,
            "receipt": RECEIPTS.get(last.receipt if last else "", ""),
            "tries": len(mine),
        })
    frame = pd.DataFrame(out, columns=list(DELIVERY_COLUMNS))
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("made_at", "done_at")})


def _step(delivery: Delivery) -> str:
    if delivery.alert_id is None:
        return "摘报"
    step = int(delivery.key.split(":")[2])
    return f"第 {step + 1} 级" if step else "首报"


def rules(session: Session) -> pd.DataFrame:
    """Every rule: rule_id, name, subject, level (words), enabled, terms, plan, people and channels (names), alerts of
    the last 30 days, wrong (share of those put away that were 误报; missing without), at, who."""
    people = dict(session.execute(select(Person.id, Person.name)).all())
    ways = dict(session.execute(select(Channel.id, Channel.name)).all())
    since = clock.now() - timedelta(days=30)
    fired = {id_: (n, done, wrong) for id_, n, done, wrong in session.execute(
        select(Alert.rule_id, func.count(), func.sum(case((Alert.state == "closed", 1), else_=0)),
               func.sum(case((Alert.outcome == "wrong", 1), else_=0)))
        .where(Alert.at >= since).group_by(Alert.rule_id))}
    out = []
    for row in session.execute(select(AlertRule).order_by(AlertRule.sort, AlertRule.id)).scalars():
        number, done, wrong = fired.get(row.id, (0, 0, 0))
        plan = Plan.of(row.plan)
        out.append({
            "rule_id": row.id, "name": row.name, "subject": row.subject, "level": row.level, "enabled": row.enabled,
            "terms": row.terms, "plan": row.plan,
            "people": "、".join(people.get(id_, "已删除") for step in plan.steps for id_ in step.people),
            "channels": "、".join(ways.get(id_, "已删除") for id_ in (*plan.channels, *plan.groups)),
            "alerts": number, "wrong": wrong / done if done else None, "at": row.at, "who": row.who,
        })
    return pd.DataFrame(out, columns=["rule_id", "name", "subject", "level", "enabled", "terms", "plan", "people",
                                      "channels", "alerts", "wrong", "at", "who"])


@dataclass(frozen=True, slots=True)
class Choices:
    """What a rule can ask for and whom it can tell: (id, name) each; `away` are people who are told no more (停用),
    `direct` channels reach people, `groups` are bots and other systems."""

    kinds: tuple[str, ...]
    towns: tuple[str, ...]
    units: tuple[tuple[int, str], ...]
    watches: tuple[tuple[int, str], ...]
    people: tuple[tuple[int, str], ...]
    away: tuple[tuple[int, str], ...]
    direct: tuple[tuple[int, str], ...]
    groups: tuple[tuple[int, str], ...]

    @property
    def channels(self) -> bool:
        """Whether anybody can be told."""
        return bool(self.direct or self.groups)


def choices(session: Session) -> Choices:
    """What the form of a rule offers."""
    named = {table: tuple(map(tuple, session.execute(select(table.id, table.name).where(*where).order_by(*order))))
             for table, where, order in (
                 (Unit, (), (Unit.sort, Unit.name)), (Watch, (), (Watch.sort, Watch.name)),
                 (Person, (Person.active.is_(True),), (Person.id,)))}
    away = session.execute(select(Person.id, Person.name).where(Person.active.is_(False)).order_by(Person.id)).all()
    ways = session.execute(select(Channel.id, Channel.name, Channel.kind).order_by(Channel.sort, Channel.id)).all()
    reach = {row.id: SENDERS[row.kind].reaches for row in ways}
    ours = district.profile(session)
    streets = tuple(name for name in session.execute(
        select(Unit.name).where(Unit.kind == "street").order_by(Unit.sort, Unit.name)).scalars())
    return Choices(
        CLASSES, tuple(dict.fromkeys((*ours.streets, *streets))), named[Unit], named[Watch], named[Person],
        tuple((row.id, row.name) for row in away),
        tuple((row.id, row.name) for row in ways if reach[row.id] != "group"),
        tuple((row.id, row.name) for row in ways if reach[row.id] == "group"))


def mention_ids(session: Session, alert_id: int) -> list[int]:
    """The mentions that an alert stands for, in order."""
    return list(session.execute(select(AlertMention.mention_id).where(AlertMention.alert_id == alert_id)
                                .order_by(AlertMention.mention_id)).scalars())


def attempts(session: Session, delivery_id: int) -> pd.DataFrame:
    """Every call for a delivery, in order: at, channel, outcome (word), code, note, reference, receipt (word),
    receipt_note."""
    rows = session.execute(
        select(Attempt, Channel.name).join(Channel, Channel.id == Attempt.channel_id)
        .where(Attempt.delivery_id == delivery_id).order_by(Attempt.id)).all()
    frame = pd.DataFrame([
        {"at": one.at, "channel": name, "outcome": labels.OUTCOMES.get(one.outcome, "进行中"), "code": one.code,
         "note": one.note, "reference": one.reference, "receipt": RECEIPTS.get(one.receipt, ""),
         "receipt_note": one.receipt_note}
        for one, name in rows
    ], columns=["at", "channel", "outcome", "code", "note", "reference", "receipt", "receipt_note"])
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True))
