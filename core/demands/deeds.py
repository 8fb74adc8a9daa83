"""A person's word on a demand: its field, street, unit, and the problem that it belongs to.

Nothing is overwritten: a row for each word, the newest of a kind counts, one with an empty value takes the word back,
and what was found by itself stands again. A word goes before what a later file or reading says.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core import audit
from core.db import bump, chunks
from core.faults import BadInput
from core.models import Demand, DemandDeed, DemandGroup, Unit
from core.opinion.demand_fields import OTHER, scheme
from core.records import one_line

NAMES = {"field": "类别", "town": "街镇", "unit": "承办单位", "group": "所属问题"}
_LONGEST = 60


def correct(session: Session, id_: int, what: str, value: str, *, who: str, now: datetime) -> Demand:
    """Keep a person's word on field (a key of the scheme), town or unit (id as text) of a demand; an empty value takes
    the one that counts back. Raises BadInput for one that there is not, a demand that is gone, a word that is there
    already or is not there to be taken back. The caller commits."""
    row = _demand(session, id_)
    value = one_line(value)[:_LONGEST]
    if what not in ("field", "town", "unit"):
        raise BadInput("没有这一项可更正，请从列表中选择")
    said = words(session, [id_]).get((id_, what), "")
    before = said or _found(row, what)
    if not value and not said:
        raise BadInput(f"这件诉求的{NAMES[what]}没有更正，无需撤回，请刷新页面")
    if what == "field" and value and value not in (*scheme().keys, OTHER):
        raise BadInput(f"没有“{value}”这个类别，请从列表中选择")
    if what == "unit" and value and (not value.isdecimal() or session.get(Unit, int(value)) is None):
        raise BadInput("这个单位已不在单位台账中，请从列表中选择")
    if value and value == before:
        raise BadInput(f"这件诉求的{NAMES[what]}已是所选的，无需更正")
    session.add(DemandDeed(demand_id=id_, what=what, value=value, was=before, at=now, who=who))
    session.flush()
    stand(session, [row])
    deed = f"更正诉求{NAMES[what]}" if value else f"撤回诉求{NAMES[what]}更正"
    audit.note(session, who, deed, row.title[:60], f"{_shown(session, what, before)} → "
               f"{_shown(session, what, value) if value else '自动判断'}（诉求 {row.number}）")
    bump(session, now)
    return row


def move(session: Session, ids: Iterable[int], group: int | None, *, who: str, now: datetime) -> int:
    """Put demands into a problem (归入), or with None into a new one of their own (移出、拆分); returns its id. The
    scheduler leaves them there. Raises BadInput for demands or a problem that is gone, and where nothing would change.
    The caller commits."""
    rows = _demands(session, ids)
    target = _group(session, group) if group is not None else None
    moving = [row for row in rows if target is None or row.group_id != target.id]
    if not moving:
        raise BadInput("所选诉求已在这个问题里，无需归入")
    if target is None and {row.group_id for row in rows} == {rows[0].group_id} and rows[0].group_id and len(rows) == (
            session.execute(select(func.count()).where(Demand.group_id == rows[0].group_id)).scalar()):
        raise BadInput("这个问题里只有所选的诉求，无需移出")
    if target is None:
        first = min(moving, key=lambda row: (row.asked_at, row.id))
        target = DemandGroup(title=first.title[:_LONGEST], area=first.field.partition("/")[0],
                             first_at=first.asked_at, last_at=first.asked_at, demo=first.demo)
        session.add(target)
        session.flush()
    if any(row.demo != target.demo for row in moving):
        raise BadInput("演示数据的诉求不能与真实诉求归在一起")
    left = {row.group_id for row in moving if row.group_id}
    for row in moving:
        session.add(DemandDeed(demand_id=row.id, what="group", value=str(target.id), was=str(row.group_id or ""),
                               at=now, who=who))
        row.group_id, row.pinned, row.group_why = target.id, True, f"{who}人工归入"
    session.flush()
    count(session, {target.id, *left})
    audit.note(session, who, "归并诉求", target.title[:60], f"{len(moving)} 件归入问题 {target.id}")
    bump(session, now)
    return target.id


def release(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Take the last move of a demand back: it is where it was before, and the scheduler may fold it again. A problem
    that was merged into the one that it leaves stands by itself again, with it. Raises BadInput where there is none to
    take back. The caller commits."""
    row = _demand(session, id_)
    last = session.execute(select(DemandDeed).where(DemandDeed.demand_id == id_, DemandDeed.what == "group").order_by(
        DemandDeed.id.desc()).limit(1)).scalar()
    if last is None or not last.value:
        raise BadInput("这件诉求没有人工归并，无需撤回，请刷新页面")
    left = row.group_id
    was = session.get(DemandGroup, int(last.was)) if last.was.isdecimal() else None
    session.add(DemandDeed(demand_id=id_, what="group", value="", was=str(left or ""), at=now, who=who))
    row.pinned = False
    if was is not None:
        head = _head(session, was)
        row.group_id, row.group_why = (was if head.id == left else head).id, "撤回人工归并，回到原来的问题"
    else:
        row.read_at = None
    session.flush()
    count(session, {left, row.group_id} - {None})
    audit.note(session, who, "撤回诉求归并", row.title[:60], f"诉求 {row.number}")
    bump(session, now)


def merge(session: Session, one: int, other: int, *, who: str, now: datetime) -> int:
    """Make two problems one, the older; the other's demands are moved there, each with its row, and a link to it leads
    on. Returns the id that stays. Raises BadInput for one that is gone, or both the same. The caller commits."""
    first, second = sorted((_group(session, one), _group(session, other)), key=lambda group: group.id)
    if first.id == second.id:
        raise BadInput("两个问题是同一个，无需合并")
    ids = session.execute(select(Demand.id).where(Demand.group_id == second.id)).scalars().all()
    move(session, ids, first.id, who=who, now=now)
    second.alias_of = first.id
    session.flush()
    return first.id


def rename(session: Session, id_: int, title: str, *, who: str, now: datetime) -> None:
    """Give a problem a name of one's own. Raises BadInput for an empty one. The caller commits."""
    group = _group(session, id_)
    title = one_line(title)[:_LONGEST]
    if not title:
        raise BadInput("问题名称还没有填写")
    audit.note(session, who, "修改问题名称", group.title, title)
    group.title, group.named = title, True
    bump(session, now)


def words(session: Session, ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """The words that count, by (demand, what); those that were taken back are left out."""
    found: dict[tuple[int, str], str] = {}
    for part in chunks(sorted(set(ids))):
        for row in session.execute(select(DemandDeed.demand_id, DemandDeed.what, DemandDeed.value).where(
                DemandDeed.demand_id.in_(part)).order_by(DemandDeed.id)):
            found[row.demand_id, row.what] = row.value
    return {key: value for key, value in found.items() if value}


def stand(session: Session, rows: Sequence[Demand]) -> None:
    """Let what people said of these stand before what was found."""
    said = words(session, [row.id for row in rows])
    named = {int(value) for (_, what), value in said.items() if what == "unit"}
    named |= {row.found["unit_id"] for row in rows if row.found.get("unit_id")}
    units = {id_ for part in chunks(sorted(named)) for id_ in session.execute(
        select(Unit.id).where(Unit.id.in_(part))).scalars()}  # one may have gone with the sample district since
    for row in rows:
        if not row.found:
            continue
        field = said.get((row.id, "field"))
        row.field = field or row.found["field"]
        row.field_sure, row.field_why = (1.0, "人工更正") if field else (
            row.found["field_sure"], row.found["field_why"])
        row.town = said.get((row.id, "town")) or row.found["town"]
        unit = int(said.get((row.id, "unit"), 0))
        row.unit_id, row.unit_why = (unit, "人工更正") if unit in units else (
            (row.found["unit_id"], row.found["unit_why"]) if row.found["unit_id"] in {None, *units}
            else (None, "原来的单位已不在单位台账中"))


def count(session: Session, groups: Iterable[int]) -> None:
    """Write span and number of problems anew; one that demands are in stands for itself. The caller commits."""
    for part in chunks(sorted(set(groups))):
        found = {row.group_id: row for row in session.execute(
            select(Demand.group_id, func.count().label("n"), func.min(Demand.asked_at).label("first"),
                   func.max(Demand.asked_at).label("last"))
            .where(Demand.group_id.in_(part)).group_by(Demand.group_id))}
        for group in session.execute(select(DemandGroup).where(DemandGroup.id.in_(part)).execution_options(
                populate_existing=True)).scalars():
            row = found.get(group.id)
            group.demands = row.n if row else 0
            if row:
                group.first_at, group.last_at, group.alias_of = row.first, row.last, None
    session.flush()


# --- Parts ----------------------------------------------------------------------------------------------------------


def _found(row: Demand, what: str) -> str:
    if what == "unit":
        return str(row.found.get("unit_id") or "")
    return row.found.get(what) or ""


def _shown(session: Session, what: str, value: str) -> str:
    if what == "unit" and value:
        unit = session.get(Unit, int(value))
        return unit.name if unit else value
    return value or "未判定"


def _demand(session: Session, id_: int) -> Demand:
    row = session.get(Demand, id_)
    if row is None:
        raise BadInput("这件诉求已不存在，可能已被清除，请刷新页面")
    return row


def _demands(session: Session, ids: Iterable[int]) -> list[Demand]:
    wanted = sorted(set(ids))
    rows: list[Demand] = []
    for part in chunks(wanted):
        rows += session.execute(select(Demand).where(Demand.id.in_(part))).scalars()
    if not rows or len(rows) != len(wanted):
        raise BadInput("所选诉求有的已不存在，请刷新页面后重新勾选")
    return rows


def _group(session: Session, id_: int) -> DemandGroup:
    group = session.get(DemandGroup, id_)
    if group is None:
        raise BadInput("这个问题已不存在，请刷新页面")
    return _head(session, group)


def _head(session: Session, group: DemandGroup) -> DemandGroup:
    seen = {group.id}
    while group.alias_of is not None and group.alias_of not in seen:
        seen.add(group.alias_of)
        group = session.get(DemandGroup, group.alias_of)
    return group
