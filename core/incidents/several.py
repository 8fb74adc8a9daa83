"""Several incidents: related ones, files merged into an older one and taken apart again, files split off."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlmodel import Session

from core import labels
from core.faults import BadInput
from core.incidents import entered, links, rows
from core.incidents.course import open_
from core.incidents.rows import CLOSED, family
from core.models import Incident, IncidentMention, IncidentStep, IncidentTie, IncidentTopic, Mention


def relate(session: Session, one: int, other: int, why: str = "", *, who: str, now: datetime) -> None:
    """Say that two incidents have to do with each other. Raises BadInput for one with itself, or said already."""
    first, second = rows.pair(session, one, other)
    if session.get(IncidentTie, (first.id, second.id)):
        raise BadInput("两个事件已经关联，请刷新页面")
    why = entered.words("关联理由", why)
    session.add(IncidentTie(incident_id=first.id, other_id=second.id, why=why, at=now, who=who))
    for row, with_ in ((first, second), (second, first)):
        rows.step(session, row, "relate", who, now, after=with_.title, text=why, other=with_.id)
    rows.done(session, first, who, "关联事件", now, f"{second.title} {why}".strip())


def unrelate(session: Session, one: int, other: int, *, who: str, now: datetime) -> None:
    """Take back that two incidents have to do with each other."""
    first, second = rows.pair(session, one, other)
    these, those = family(session, first.id), family(session, second.id)
    gone = session.execute(delete(IncidentTie).where(or_(
        and_(IncidentTie.incident_id.in_(these), IncidentTie.other_id.in_(those)),
        and_(IncidentTie.incident_id.in_(those), IncidentTie.other_id.in_(these))))).rowcount
    if not gone:
        raise BadInput("两个事件没有关联，请刷新页面")
    for row, with_ in ((first, second), (second, first)):
        rows.step(session, row, "relate", who, now, before=with_.title, after="已取消关联", other=with_.id)
    rows.done(session, first, who, "取消关联事件", now, second.title)


def merge(session: Session, one: int, other: int, reason: str, *, who: str, now: datetime) -> Incident:
    """Make the younger of two files an alias of the older, which is returned: it has the links, tasks and attachments
    of both, the earlier first capture, and the graver level. Raises BadInput where the older one is settled, or one of
    them is closed to changes."""
    pair = rows.pair(session, one, other)
    old, young = sorted(pair, key=lambda row: (row.opened_at, row.id))
    reason = entered.reasoned(reason, "合并事件")
    if old.stage in CLOSED:
        raise BadInput(f"较早的事件“{old.title}”已办结，请先把它退回到处置中的环节，再合并")
    before = f"{labels.LEVELS[old.level]}，{len(links.held(session, family(session, old.id)))} 条"
    young.alias_of, young.closed_at = old.id, young.closed_at or now
    old.first_at = min(old.first_at, young.first_at)
    old.level = min(old.level, young.level, key=list(labels.LEVELS).index)
    for row in pair:
        rows.touch(row, now)
    session.flush()
    after = f"{labels.LEVELS[old.level]}，{len(links.held(session, family(session, old.id)))} 条"
    rows.step(session, old, "merge", who, now, before=before, after=after, text=f"并入“{young.title}”：{reason}",
              other=young.id)
    rows.step(session, young, "merge", who, now, before="单独处置", after=f"并入“{old.title}”", text=reason,
              other=old.id)
    return rows.done(session, old, who, "合并事件", now, f"并入“{young.title}”（{young.id}） {reason}")


def unmerge(session: Session, id_: int, reason: str, *, who: str, now: datetime) -> Incident:
    """Make a merged file stand by itself again, with all that it had and what was linked to its topics since; level and
    clocks of the older one are again what they were, unless somebody has set the level since. Returns the file. Raises
    BadInput where it is not merged."""
    alias_of = session.execute(select(Incident.alias_of).where(Incident.id == id_)).scalar()
    if alias_of is None:
        raise BadInput("这个事件没有并入其他事件，请刷新页面")
    head = rows.head(session, alias_of)
    held = {one: rows.hold(session, one) for one in sorted({id_, alias_of, head})}
    young, old = held[id_], held[head]
    if young.alias_of != alias_of or old.alias_of is not None:
        raise BadInput("事件的合并关系刚有变化，请刷新页面")
    reason = entered.reasoned(reason, "撤销合并")
    before = len(links.held(session, family(session, head)))
    was = labels.LEVELS[old.level]
    young.alias_of = None
    session.flush()
    old.level = _level_without(session, old, young)
    young.closed_at = links.settled_at(session, young)
    if old.first_at == young.first_at:
        old.first_at = links.begun(session, family(session, head)) or links.opened(session, old)
    for row in held.values():
        rows.touch(row, now)
    after = len(links.held(session, family(session, head)))
    rows.step(session, old, "merge", who, now, before=f"{was}，{before} 条",
              after=f"{labels.LEVELS[old.level]}，{after} 条",
              text=f"撤销合并“{young.title}”：{reason}", other=young.id)
    rows.step(session, young, "merge", who, now, before=f"并入“{old.title}”", after="单独处置", text=reason,
              other=old.id)
    return rows.done(session, young, who, "撤销合并事件", now, f"原并入“{old.title}”（{old.id}） {reason}")


def _level_without(session: Session, old: Incident, young: Incident) -> str:
    """The level of a file from which another was just taken out: what it was before any came in, or the graver one of
    those that are still in it; one that a person has set since stays."""
    levels: list[str] = []
    within = set(family(session, old.id))
    for step in session.execute(
        select(IncidentStep).where(IncidentStep.incident_id == old.id, IncidentStep.kind.in_(("merge", "level")))
        .order_by(IncidentStep.id)
    ).scalars():
        if step.kind == "level":
            levels = []
            continue
        if not levels:
            levels = [level for level, word in labels.LEVELS.items() if step.before.startswith(word)]
        if step.other_id in within:
            levels.append(session.get_one(Incident, step.other_id).level)
    return min(levels, key=list(labels.LEVELS).index, default=old.level)


def split(session: Session, id_: int, mention_ids: Iterable[int], title: str, level: str, reason: str, *,
          topic_ids: Iterable[int] = (), unit_id: int | None = None, who: str, now: datetime) -> Incident:
    """Open a file of its own for some of a file's mentions, and for topics that it follows, with theirs; returns it. It
    begins at 发现, its clocks at its own first capture. Merging the two undoes it. Raises BadInput for mentions that
    are not in the file, for all of them, and as `open_` does."""
    row = rows.take(session, id_)
    reason = entered.reasoned(reason, "拆分事件")
    every = family(session, row.id)
    held, topics = links.held(session, every), list(dict.fromkeys(topic_ids))
    if set(topics) - set(links.topics_of(session, every)):
        raise BadInput("所选话题已不在这个事件中，请刷新页面重选")
    gone = set(mention_ids) | set(links.held(session, every, Mention.topic_id.in_(topics)) if topics else ())
    if not gone or gone - set(held):
        raise BadInput("请选择这个事件中要拆出的信息；所选信息可能已被移出，请刷新页面重选")
    if gone == set(held):
        raise BadInput("不能把全部信息都拆出；如果事件本身有误，请修改名称或撤销")
    ids = [one for one in held if one in gone]
    evidence = [one for one in links.held(session, every, IncidentMention.key.is_(True)) if one in gone]
    session.execute(delete(IncidentTopic).where(
        IncidentTopic.incident_id.in_(every), IncidentTopic.topic_id.in_(topics)))
    moved = links.take_out(session, row, every, ids, who, now)
    made = open_(session, title, level, ids, topics, unit_id=unit_id, who=who, now=now)
    links.put_in(session, made, evidence, who, now, key=True)
    rows.step(session, row, "split", who, now, before=f"{len(held)} 条", after=f"{len(held) - len(ids)} 条",
              text=f"拆出“{made.title}”{len(ids)} 条{moved}：{reason}", other=made.id)
    rows.step(session, made, "split", who, now, before=f"“{row.title}”", after=f"“{made.title}”", text=reason,
              other=row.id)
    rows.done(session, row, who, "拆分事件", now, f"拆出“{made.title}”（{made.id}）{len(ids)} 条 {reason}")
    return made
