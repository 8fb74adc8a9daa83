"""预警: rules look at what was sifted, at topics and at incidents; what fires becomes an alert, with a delivery for
everyone who is to be told (core.deliveries sends them).

Mentions are looked at in the transaction that stores what they were found to say (`look`, handed to core.sift), so that
a killed process neither loses an alert nor raises one twice. What belongs to an alert that there is joins it: the same
event (the text of one of its mentions in other words, or its topic), or the same place and class, as the rule wants.
Beyond so many alerts an hour a rule raises one for all the rest. Alerts of the sample district tell nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlmodel import Session

from core import audit, authors, db, district, labels, scoring, sift
from core.faults import BadInput
from core.models import (
    Alert,
    AlertMention,
    AlertRule,
    Channel,
    Mention,
    Person,
    Platform,
    Sense,
    Source,
    Unit,
    Watch,
    WatchHit,
)
from core.opinion import alarm
from core.opinion.alarm import Heard, MentionTerms, Plan
from core.opinion.fold import kin
from core.opinion.sentiment import SURE
from core.opinion.text import display_title, pseudonym
from core.opinion.watch import Item, Profile, Watches
from core.records import whole
from core.warned import raise_alert

ARRIVED, SAID = timedelta(hours=24), timedelta(days=3)
"""How long ago a mention may have arrived, and been published, to be worth a warning: what is sifted again after a
change of rules, or what a feed brings of last year, is none."""
LOOKED_AT = 100
"""Alerts of a rule, the newest, that something new is held against for being the same event."""
TOGETHER = "rest"
"""Group of the alert for all that goes beyond a rule's alerts an hour."""
_NAME = 40


# --- Rules ----------------------------------------------------------------------------------------------------------


def save(
    session: Session, *, name: str, subject: str, terms: Mapping[str, Any], level: str, plan: Mapping[str, Any],
    enabled: bool = True, id_: int | None = None, who: str, now: datetime, demo: bool = False,
) -> AlertRule:
    """Add a rule, or change the one of that id; what arrived before a change of its terms does not fire it. Raises
    BadInput for terms or a plan that cannot be, a name that is empty, too long or taken, an id that is gone, people or
    channels that are. The caller commits."""
    name = " ".join(name.split())
    if not name or len(name) > _NAME:
        raise BadInput(f"规则名称应有 1 到 {_NAME} 个字")
    if subject not in alarm.SUBJECTS or level not in labels.LEVELS:
        raise BadInput("请选择规则的对象和等级")
    asked, told = alarm.TERMS[subject].of(terms), Plan.of(plan)
    _all_there(session, told)
    taken = session.execute(select(AlertRule.id).where(AlertRule.name == name)).scalar()
    if taken is not None and taken != id_:
        raise BadInput(f"已有规则“{name}”，请换一个名称")
    made = AlertRule(name=name, subject=subject, level=level, since=now, at=now) if id_ is None else _rule(session, id_)
    if id_ is not None and ((made.subject, made.terms) != (subject, asked.kept()) or (enabled and not made.enabled)):
        made.since = now
    made.name, made.subject, made.terms, made.level, made.plan = name, subject, asked.kept(), level, told.kept()
    made.enabled, made.at, made.who, made.demo = enabled, now, who, demo
    session.add(made)
    session.flush()
    audit.note(session, who, "新增预警规则" if id_ is None else "修改预警规则", name)
    db.bump(session, now)
    return made


def switch(session: Session, id_: int, enabled: bool, *, who: str, now: datetime) -> None:
    """Turn a rule on or off. Raises BadInput where it is gone. The caller commits."""
    made = _rule(session, id_)
    if enabled and not made.enabled:
        made.since = now
    made.enabled, made.at, made.who = enabled, now, who
    session.add(made)
    audit.note(session, who, "启用预警规则" if enabled else "停用预警规则", made.name)
    db.bump(session, now)


def remove(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Delete a rule that never fired; one that did is part of the record and can be turned off only. Raises BadInput.
    The caller commits."""
    made = _rule(session, id_)
    if session.execute(select(exists().where(Alert.rule_id == id_))).scalar():
        raise BadInput(f"规则“{made.name}”已有预警记录，不能删除，可以停用")
    audit.note(session, who, "删除预警规则", made.name)
    session.delete(made)
    db.bump(session, now)


def _rule(session: Session, id_: int) -> AlertRule:
    made = session.get(AlertRule, id_)
    if made is None:
        raise BadInput("这条规则不存在，可能已被删除，请刷新页面")
    return made


def _all_there(session: Session, plan: Plan) -> None:
    people = {id_ for step in plan.steps for id_ in step.people}
    for wanted, table, what in ((people, Person, "通知的人"), ({*plan.channels, *plan.groups}, Channel, "通知渠道")):
        there = set(session.execute(select(table.id).where(table.id.in_(wanted))).scalars())
        if wanted - there:
            raise BadInput(f"有{what}已被删除，请刷新页面后重新选择")


# --- Mentions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    id: int
    terms: MentionTerms
    plan: Plan
    row: AlertRule


def look(session: Session, ids: Sequence[int], now: datetime) -> int:
    """Hold mentions that were just sifted against the rules, in the caller's transaction; returns how many alerts were
    raised. Those that fired a rule before join what they fired."""
    rules = _rules(session, "mention")
    if not rules or not ids:
        return 0
    least = min(rule.terms.risk for rule in rules)
    raised = 0
    for part in db.chunks(sorted(ids)):
        rows = heard_rows(session, Mention.id.in_(part), Sense.risk >= least, Mention.first_seen_at >= now - ARRIVED,
                          Mention.published_at >= now - SAID)
        for row, said in heard(session, rows):
            for rule in rules:
                if row.first_seen_at < rule.row.since:
                    continue
                why = alarm.of_mention(rule.terms, said, _words(session, rules, rule, row))
                if why is not None:
                    raised += _fire(session, rule, row, said, why, now)
    return raised


def heard_rows(session: Session, *where: Any) -> Sequence[Row]:
    """Mentions with what they were found to say, as `heard` takes them, in order of arrival."""
    return session.execute(
        select(Mention.id, Mention.title, Mention.text, Mention.author, Mention.platform, Mention.url, Mention.figures,
               Mention.heat, Mention.fold_id, Mention.topic_id, Mention.published_at, Mention.first_seen_at,
               Mention.source_id, Source.name.label("source"), Source.demo, Platform.name.label("platform_name"),
               Platform.family, Sense.risk, Sense.risk_kind, Sense.sentiment, Sense.confidence, Sense.town, Sense.place,
               Sense.words, Sense.unit_id, Unit.name.label("unit"))
        .join(Sense, Sense.mention_id == Mention.id).join(Source, Source.id == Mention.source_id)
        .outerjoin(Platform, Platform.code == Mention.platform).outerjoin(Unit, Unit.id == Sense.unit_id)
        .where(*where).order_by(Mention.id)
    ).all()


def heard(session: Session, rows: Sequence[Row]) -> list[tuple[Row, Heard]]:
    """Mentions as their rules see them."""
    met: dict[int, dict[int, str]] = {}
    for part in db.chunks([row.id for row in rows]):
        for mention, watch, name in session.execute(
            select(WatchHit.mention_id, Watch.id, Watch.name).join(Watch, Watch.id == WatchHit.watch_id)
            .where(WatchHit.mention_id.in_(part))
        ):
            met.setdefault(mention, {})[watch] = name
    weights = scoring.source_weights(session)
    spread = sift.reprints(session, [row.fold_id for row in rows])
    return [
        (row, Heard(
            row.risk, row.risk_kind, row.sentiment, row.confidence >= SURE, row.town, row.unit_id, row.unit or "",
            row.family or "other", met.get(row.id, {}), weights.get(row.source_id, 1.0),
            sift.item_of(row, spread).figures))
        for row in rows
    ]


def item(row: Row) -> Item:
    """A mention as queries see it, with its place and unit."""
    return Item(row.title, row.text, row.author, row.platform, row.platform_name or "", row.source,
                tuple(filter(None, (row.town, row.place))), tuple(filter(None, (row.unit,))))


def _rules(session: Session, subject: str) -> list[_Rule]:
    rows = session.execute(select(AlertRule).where(AlertRule.enabled.is_(True), AlertRule.subject == subject)
                           .order_by(AlertRule.sort, AlertRule.id)).scalars()
    return [_Rule(row.id, alarm.TERMS[subject].of(row.terms), Plan.of(row.plan), row) for row in rows]


def _words(session: Session, rules: Sequence[_Rule], rule: _Rule, row: Row) -> str | None:
    """Why a mention's text meets the rule's words; None where it does not, "" where it has none."""
    if not rule.terms.words:
        return ""
    queries = tuple((one.id, one.terms.words) for one in rules if one.terms.words)
    return next((match.why for match in reading(session, queries).match(item(row)) if match.watch == rule.id), None)


def reading(session: Session, queries: tuple[tuple[int, str], ...]) -> Watches:
    """The rules' words as this district reads them, compiled once."""
    key = authors.key() if any("作者" in query for _, query in queries) else b""
    return _compiled(queries, district.profile(session), key)


@lru_cache(4)
def _compiled(queries: tuple[tuple[int, str], ...], ours: Profile, key: bytes) -> Watches:
    return Watches(dict(queries), ours, partial(pseudonym, key=key) if key else None)


def _fire(session: Session, rule: _Rule, row: Row, said: Heard, why: str, now: datetime) -> int:
    """Let a mention join the alert that it belongs to, or raise one; returns how many were raised."""
    already = session.execute(
        select(Alert.id).join(AlertMention, AlertMention.alert_id == Alert.id)
        .where(Alert.rule_id == rule.id, AlertMention.mention_id == row.id)).first()
    if already:
        return 0
    group = group_of(rule.plan, row, said)
    held = _held(session, rule, row, group, now)
    if held is None and _busy(session, rule, row.demo, now):
        group = TOGETHER
        held = session.execute(_recent(rule, now - timedelta(hours=1), row.demo).where(
            Alert.group == TOGETHER).limit(1)).scalar()
    if held is not None:
        session.add(AlertMention(alert_id=held.id, mention_id=row.id, at=now))
        held.mentions += 1
        session.add(held)
        session.flush()
        return 0
    place = row.place or row.town
    told = gist(row.title, row.text, row.words)
    title = f"“{rule.row.name}”预警过多，其余合并" if group == TOGETHER else display_title(row.title or row.text)
    made = Alert(
        rule_id=rule.id, group=group, level=rule.row.level, at=now, arrived_at=row.first_seen_at, title=title,
        gist=told, why=why, place=place, town=row.town, unit_id=row.unit_id, mention_id=row.id,
        topic_id=row.topic_id, demo=row.demo,
    )
    raise_alert(session, made, rule.plan, now, mentions=[row.id])
    return 1


def group_of(plan: Plan, row: Row, said: Heard) -> str:
    """What belongs together by the rule's grouping; each text for itself where it is by the event (see `_held`)."""
    if plan.grouping == "place" and (said.town or row.place):
        return f"place:{said.town or row.place}:{said.kind}"
    return f"mention:{row.id}"


def _recent(rule: _Rule, since: datetime, demo: bool) -> Any:
    return select(Alert).where(Alert.rule_id == rule.id, Alert.at >= since, Alert.demo.is_(demo)).order_by(
        Alert.at.desc(), Alert.id.desc())


def _held(session: Session, rule: _Rule, row: Row, group: str, now: datetime) -> Alert | None:
    """The alert within the cool-down that a mention belongs to."""
    if rule.plan.grouping == "each" or not rule.plan.cool:
        return None
    recent = _recent(rule, now - timedelta(minutes=rule.plan.cool), row.demo)
    if rule.plan.grouping == "place":
        return session.execute(recent.where(Alert.group == group).limit(1)).scalar()
    if row.topic_id is not None:
        mine = session.execute(recent.where(Alert.topic_id == row.topic_id).limit(1)).scalar()
        if mine is not None:
            return mine
    held = session.execute(recent.where(Alert.group != TOGETHER).limit(LOOKED_AT)).scalars().all()
    texts = _texts(session, [one.mention_id for one in held if one.mention_id is not None])
    mine = whole(row.title, row.text)
    return next((one for one in held if one.mention_id in texts and kin(mine, texts[one.mention_id])), None)


def _texts(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(select(Mention.id, Mention.title, Mention.text).where(Mention.id.in_(ids)))
    return {row.id: whole(row.title, row.text) for row in rows}


def _busy(session: Session, rule: _Rule, demo: bool, now: datetime) -> bool:
    """Whether a rule has raised as many alerts as may go out singly in an hour."""
    raised = session.execute(select(func.count()).select_from(Alert).where(
        Alert.rule_id == rule.id, Alert.at >= now - timedelta(hours=1), Alert.group != TOGETHER,
        Alert.demo.is_(demo))).scalar_one()
    return raised >= rule.plan.most


def gist(title: str, text: str, words: Sequence[Sequence[Any]] = ()) -> str:
    """One sentence of a mention to be told by: that of its first sensitive word (places as in Sense.words), else its
    title, else its beginning."""
    said = whole(title, text)
    for _, start, end, *_ in words:
        first = max((said.rfind(mark, 0, start) for mark in _ENDS), default=-1) + 1
        last = min((at for mark in _ENDS if (at := said.find(mark, end)) >= 0), default=len(said) - 1) + 1
        sentence = said[first:last]
        if len(sentence) > GIST:  # around the word
            begin = max(0, min(start - first - GIST // 3, len(sentence) - GIST))
            sentence = ("…" if begin else "") + sentence[begin : begin + GIST]
        return display_title(sentence, GIST)
    return display_title(title or text, GIST)


GIST = 60
"""Characters of the sentence that an alert is told by."""
_ENDS = "。！？!?\n；"


__all__ = ["gist", "group_of", "heard", "heard_rows", "item", "look", "reading", "remove", "save", "switch"]
