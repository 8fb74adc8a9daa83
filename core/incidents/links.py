"""What belongs to an incident: mentions, and topics whose mentions belong to it as they come."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlmodel import Session

from core import db, marks
from core.db import chunks
from core.faults import BadInput
from core.incidents import entered, rows
from core.incidents.rows import CLOSED, STAGES, family
from core.models import Incident, IncidentMention, IncidentStep, IncidentTopic, Mention, Source, Topic
from core.records import one_line

_LIVE = (Incident.alias_of.is_(None), Incident.withdrawn == "", Incident.stage != STAGES[-1])
"""Files whose topics are followed."""
_NAMED = 3
"""Mentions that a step names."""


def link(session: Session, id_: int, mention_ids: Iterable[int], *, key: bool = False, who: str, now: datetime) -> int:
    """Let mentions belong to a file; returns how many did not yet. `key`: as evidence. Raises BadInput for one that is
    gone, and a file that is closed to changes."""
    row = rows.take(session, id_)
    ids = checked_mentions(session, mention_ids)
    every = family(session, row.id)
    before = set(held(session, every))
    new = [one for one in ids if one not in before]
    if not new:
        return 0
    put_in(session, row, new, who, now, key=key)
    marks.joined(session, new, row.id, True, who=who, now=now)
    moved = earlier(session, row, every)
    rows.step(session, row, "link", who, now, before=f"{len(before)} 条", after=f"{len(before) + len(new)} 条",
              text=f"关联 {len(new)} 条：{titles(session, new)}{moved}")
    rows.done(session, row, who, "事件关联信息", now, numbers(new))
    return len(new)


def unlink(session: Session, id_: int, mention_ids: Iterable[int], reason: str = "", *, who: str,
           now: datetime) -> int:
    """Take mentions out of a file; returns how many were in it. `link` brings them back. Raises BadInput for a file
    that is closed to changes."""
    row = rows.take(session, id_)
    every = family(session, row.id)
    before = set(held(session, every))
    gone = [one for one in dict.fromkeys(mention_ids) if one in before]
    if not gone:
        return 0
    reason = entered.words("原因", reason)
    moved = take_out(session, row, every, gone, who, now)
    rows.step(session, row, "unlink", who, now, before=f"{len(before)} 条", after=f"{len(before) - len(gone)} 条",
              text=f"移出 {len(gone)} 条：{titles(session, gone)}{moved}" + (f"。原因：{reason}" if reason else ""))
    rows.done(session, row, who, "事件移出信息", now, f"{numbers(gone)} {reason}".strip())
    return len(gone)


def mark(session: Session, id_: int, mention_ids: Iterable[int], key: bool, *, who: str, now: datetime) -> int:
    """Keep mentions of a file as evidence, or no longer; returns how many were not so before."""
    row = rows.take(session, id_)
    every, asked = family(session, row.id), set(mention_ids)
    changed = [one for one in held(session, every, IncidentMention.key.is_(not key)) if one in asked]
    for part in chunks(changed):
        session.execute(update(IncidentMention).where(
            IncidentMention.incident_id.in_(every), IncidentMention.mention_id.in_(part)).values(key=key))
    if changed:
        word = "列为佐证" if key else "不再列为佐证"
        rows.step(session, row, "link", who, now, text=f"{word} {len(changed)} 条：{titles(session, changed)}")
        rows.done(session, row, who, f"事件信息{word}", now, numbers(changed))
    return len(changed)


def link_topic(session: Session, id_: int, topic_id: int, *, who: str, now: datetime) -> int:
    """Let a topic's mentions belong to a file, those to come as well; returns how many are new to it. What was taken
    out of the file by hand stays out. Raises BadInput for a topic that is gone, or that an open incident follows."""
    row = rows.take(session, id_)
    topic = topic_of(session, topic_id)
    every = family(session, row.id)
    before = len(held(session, every))
    new = follow_topic(session, row, topic, who, now)
    moved = earlier(session, row, every)
    rows.step(session, row, "link", who, now, before=f"{before} 条", after=f"{before + new} 条",
              text=f"跟踪话题“{topic.title}”，归入 {new} 条，今后的新信息自动归入{moved}")
    rows.done(session, row, who, "事件跟踪话题", now, f"{topic.title}（{topic.id}）")
    return new


def unlink_topic(session: Session, id_: int, topic_id: int, *, mentions: bool = False, who: str,
                 now: datetime) -> int:
    """Let a file follow a topic no longer; with `mentions`, take out those of the topic, too. Returns how many were
    taken out. Raises BadInput where it does not follow the topic."""
    row = rows.take(session, id_)
    every = family(session, row.id)
    topic = session.get(Topic, topic_id)
    before = held(session, every)
    gone = held(session, every, Mention.topic_id == topic_id) if mentions else []
    if topic is None or not session.execute(delete(IncidentTopic).where(
            IncidentTopic.incident_id.in_(every), IncidentTopic.topic_id == topic_id)).rowcount:
        raise BadInput("这个事件没有跟踪该话题，请刷新页面")
    moved = take_out(session, row, every, gone, who, now)
    out = f"，移出其信息 {len(gone)} 条{moved}" if gone else "，已归入的信息保留"
    rows.step(session, row, "unlink", who, now, before=f"{len(before)} 条", after=f"{len(before) - len(gone)} 条",
              text=f"不再跟踪话题“{topic.title}”{out}")
    rows.done(session, row, who, "事件取消跟踪话题", now, f"{topic.title}（{topic.id}）{out}")
    return len(gone)


def follow(session: Session, now: datetime) -> int:
    """Link the new mentions of the topics that incidents follow; returns how many. For the scheduler, every few
    seconds: one look-up for each topic that is followed. Commits file by file, telling readers. Archived and withdrawn
    files follow nothing; a topic that was merged is followed as the one that it was merged into."""
    linked, heads = 0, rows.heads(session)
    followed: dict[int, list[int]] = {}
    for id_, topic_id in session.execute(select(IncidentTopic.incident_id, IncidentTopic.topic_id).order_by(
            IncidentTopic.incident_id, IncidentTopic.topic_id)):
        followed.setdefault(heads.get(id_, id_), []).append(topic_id)
    live = set(session.execute(select(Incident.id).where(*_LIVE)).scalars())
    for id_, topics in followed.items():
        every = family(session, id_)
        if id_ not in live or not (news(session, every, topics) or merged(session, topics)):
            continue
        row = rows.hold(session, id_)
        if not session.execute(select(exists().where(Incident.id == id_, *_LIVE))).scalar():
            session.rollback()  # it was merged or withdrawn meanwhile: the next run sees how things stand
            continue
        for topic_id in merged(session, topics):
            move_topic(session, row, every, topic_id, now)
        many = 0
        for one in every:  # each to the file that follows its topic, so that it comes away with it
            new = news(session, every, topics_of(session, [one]))
            put_in(session, session.get(Incident, one), new, "", now)
            many += len(new)
        if moved := earlier(session, row, every):
            rows.step(session, row, "link", "", now, text=f"自动归入信息 {many} 条{moved}")
        db.bump(session, now)
        session.commit()
        linked += many
    return linked


# --- What belongs to a file -------------------------------------------------------------------------------------------


def held(session: Session, every: Sequence[int], *more: Any) -> list[int]:
    """The mentions that belong to a family, the earliest captured first; `more`: terms on mention and link."""
    return list(session.execute(
        select(Mention.id).join(IncidentMention, IncidentMention.mention_id == Mention.id)
        .where(IncidentMention.incident_id.in_(every), IncidentMention.removed_at.is_(None), *more)
        .group_by(Mention.id).order_by(func.min(Mention.first_seen_at), Mention.id)).scalars())


def put_in(session: Session, row: Incident, ids: Sequence[int], who: str, now: datetime, *, key: bool = False) -> None:
    """Link mentions to the file itself, as evidence where `key`; what comes back is evidence as it was. A file is of
    the sample district as long as all its mentions are."""
    if not ids:
        return
    db.upsert(session, IncidentMention, [
        {"incident_id": row.id, "mention_id": one, "at": now, "who": who, "key": key, "removed_at": None,
         "removed_by": ""} for one in ids
    ], ["incident_id", "mention_id"], ["at", "who", "removed_at", "removed_by", *(["key"] if key else [])])
    row.demo = not session.execute(select(exists().where(
        IncidentMention.incident_id == row.id, IncidentMention.mention_id == Mention.id, Mention.source_id == Source.id,
        Source.demo.is_(False)))).scalar()
    session.add(row)
    session.flush()


def take_out(session: Session, row: Incident, every: Sequence[int], ids: Sequence[int], who: str, now: datetime) -> str:
    """Take mentions out of a family, noting it beside each; how the first capture moved, in words."""
    before, theirs = row.first_at, earliest(session, every)
    marks.joined(session, ids, row.id, False, who=who, now=now)
    for part in chunks(ids):
        session.execute(
            update(IncidentMention).where(IncidentMention.incident_id.in_(every), IncidentMention.mention_id.in_(part),
                                          IncidentMention.removed_at.is_(None))
            .values(removed_at=now, removed_by=who).execution_options(synchronize_session=False))
    if ids and before == theirs:
        row.first_at = begun(session, every) or opened(session, row)
    return _moved(before, row.first_at)


def earlier(session: Session, row: Incident, every: Sequence[int]) -> str:
    """Let the clocks of a file run from the first capture of what its family has now; how that moved, in words."""
    before = row.first_at
    row.first_at = min(before, earliest(session, every) or before)
    session.add(row)
    return _moved(before, row.first_at)


def _moved(before: datetime, after: datetime) -> str:
    return "" if before == after else f"，首次采集时间由 {rows.moment(before)} 改为 {rows.moment(after)}"


def earliest(session: Session, every: Sequence[int]) -> datetime | None:
    """The first capture of what a family holds; None where it holds nothing."""
    return session.execute(
        select(Mention.first_seen_at).join(IncidentMention, IncidentMention.mention_id == Mention.id)
        .where(IncidentMention.incident_id.in_(every), IncidentMention.removed_at.is_(None))
        .order_by(Mention.first_seen_at).limit(1)).scalar()


def begun(session: Session, every: Sequence[int]) -> datetime | None:
    """When what a family is about became known: its first capture, or the moment with which a file of it begins, where
    that is earlier and not the capture of something that was taken out. None where there is neither."""
    times = [earliest(session, every)]
    for row in session.execute(select(Incident).where(Incident.id.in_(every))).scalars():
        at = opened(session, row)
        captured = session.execute(select(exists().where(
            IncidentMention.incident_id == row.id, IncidentMention.mention_id == Mention.id,
            Mention.first_seen_at == at))).scalar()
        times += [] if captured else [at]
    return min(filter(None, times), default=None)


def opened(session: Session, row: Incident) -> datetime:
    """The moment that a file's first step gives."""
    return session.execute(select(IncidentStep.at).where(IncidentStep.incident_id == row.id)
                           .order_by(IncidentStep.id).limit(1)).scalar() or row.opened_at


def settled_at(session: Session, row: Incident) -> datetime | None:
    """When a file in one of the last stages came there; None for others."""
    if row.stage not in CLOSED:
        return None
    steps = session.execute(
        select(IncidentStep.at, IncidentStep.stage)
        .where(IncidentStep.incident_id == row.id, IncidentStep.kind == "stage").order_by(IncidentStep.id)).all()
    at = None
    for step in steps:
        at = (at or step.at) if step.stage in CLOSED else None
    return at


def follow_topic(session: Session, row: Incident, topic: Topic, who: str, now: datetime) -> int:
    """Follow a topic and link its mentions; returns how many are new."""
    session.get(Topic, topic.id, with_for_update=True)  # that nobody opens another file about it meanwhile
    every, heads = family(session, row.id), rows.heads(session)
    for id_ in session.execute(select(IncidentTopic.incident_id).where(IncidentTopic.topic_id == topic.id)).scalars():
        if id_ in every:
            raise BadInput(f"这个事件已在跟踪话题“{topic.title}”")
        other = session.get(Incident, heads.get(id_, id_))
        if not other.withdrawn and other.stage not in CLOSED:
            raise BadInput(f"话题“{topic.title}”已由事件“{other.title}”跟踪，请在该事件中处置，或先在那里取消跟踪")
    session.add(IncidentTopic(incident_id=row.id, topic_id=topic.id, at=now, who=who))
    session.flush()
    new = news(session, every, [topic.id])
    put_in(session, row, new, who, now)
    return len(new)


def topics_of(session: Session, every: Sequence[int]) -> list[int]:
    """The topics that a family follows."""
    return list(session.execute(
        select(IncidentTopic.topic_id).where(IncidentTopic.incident_id.in_(every)).distinct()).scalars())


def news(session: Session, every: Sequence[int], topics: Sequence[int]) -> list[int]:
    """Mentions of topics that a family neither has nor had."""
    known = exists().where(IncidentMention.mention_id == Mention.id, IncidentMention.incident_id.in_(every))
    return list(session.execute(
        select(Mention.id).where(Mention.topic_id.in_(topics), ~known).order_by(Mention.id)).scalars())


def merged(session: Session, topics: Sequence[int]) -> list[int]:
    """Those of the topics that were merged into others."""
    return list(session.execute(
        select(Topic.id).where(Topic.id.in_(topics), Topic.alias_of.is_not(None)).order_by(Topic.id)).scalars())


def move_topic(session: Session, row: Incident, every: Sequence[int], topic_id: int, now: datetime) -> None:
    """Follow the topic that a followed one was merged into."""
    gone = session.get(Topic, topic_id)
    living = topic_of(session, topic_id)
    for one in session.execute(select(IncidentTopic).where(
            IncidentTopic.incident_id.in_(every), IncidentTopic.topic_id == topic_id)).scalars().all():
        db.upsert(session, IncidentTopic, [{"incident_id": one.incident_id, "topic_id": living.id, "at": one.at,
                                            "who": one.who}], ["incident_id", "topic_id"])
        session.delete(one)
    session.flush()
    rows.step(session, row, "link", "", now, before=f"话题“{gone.title}”", after=f"话题“{living.title}”",
              text="所跟踪的话题已并入另一话题，改为跟踪后者")


def topic_of(session: Session, id_: int) -> Topic:
    """The topic, or the one that it was merged into."""
    topic = session.get(Topic, id_, populate_existing=True)
    while topic is not None and topic.alias_of is not None:
        topic = session.get(Topic, topic.alias_of, populate_existing=True)
    if topic is None:
        raise BadInput("所选话题已不存在，请刷新页面重选")
    return topic


def checked_mentions(session: Session, ids: Iterable[int]) -> list[int]:
    """The ids without repetition. Raises BadInput for one that is gone."""
    asked = list(dict.fromkeys(ids))
    found: set[int] = set()
    for part in chunks(asked):
        found |= set(session.execute(select(Mention.id).where(Mention.id.in_(part))).scalars())
    if gone := len(asked) - len(found):
        raise BadInput(f"所选信息中有 {gone} 条已不存在，请刷新页面重选")
    return asked


def titles(session: Session, ids: Sequence[int]) -> str:
    """Some mentions in words: the first titles, all ids."""
    found = dict(session.execute(select(Mention.id, Mention.title).where(Mention.id.in_(ids[:_NAMED]))).all())
    named = "；".join(f"“{one_line(found.get(one, ''))[:40]}”" for one in ids[:_NAMED])
    return f"{named}{'等' if len(ids) > _NAMED else ''}（编号 {numbers(ids)}）"


def numbers(ids: Sequence[int]) -> str:
    """Ids in a line, of many the first 50."""
    return "、".join(map(str, ids[:50])) + ("……" if len(ids) > 50 else "")
