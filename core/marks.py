"""What people do with mentions: 重点, 已阅, 误报, 批注, 分派. Deeds are rows that are never changed; what stands of
them is kept beside, for lists to filter by."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core import audit, db, labels
from core.faults import BadInput
from core.models import Mention, MentionDeed, MentionMark, Unit
from core.records import clean

FLAGS = {"starred": "starred", "read": "read", "wrong": "wrong"}
"""Deeds that are on or off, and the column of what stands."""
MOST = 500
"""Mentions of one deed."""
LONGEST = 1_000


def flag(session: Session, ids: Iterable[int], kind: str, on: bool, *, who: str, now: datetime, why: str = "") -> int:
    """Mark mentions as 重点 (starred), 已阅 (read) or 误报 (wrong), or take that back; returns how many changed. Raises
    BadInput. The caller commits."""
    if kind not in FLAGS:
        raise BadInput("没有这种标记，请刷新页面")
    held = _held(session, ids, now)
    changed = [mark for mark in held if getattr(mark, kind) != on]
    for mark in changed:
        setattr(mark, kind, on)
        mark.at = now
        session.add(MentionDeed(mention_id=mark.mention_id, at=now, who=who, kind=kind, on=on, text=_text(why)))
    if changed:
        _told(session, who, f"{'标为' if on else '取消'}{labels.DEEDS[kind]}", len(changed), now)
    return len(changed)


def unflag(session: Session, ids: Iterable[int], kind: str, why: str, *, who: str, now: datetime) -> int:
    """Take back a mark from those of these mentions that have it for that reason and were not marked again since;
    returns how many changed. Raises BadInput. The caller commits."""
    wanted = sorted(set(ids))
    newest = select(func.max(MentionDeed.id)).where(
        MentionDeed.mention_id.in_(wanted), MentionDeed.kind == kind).group_by(MentionDeed.mention_id)
    given = session.execute(select(MentionDeed.mention_id).where(
        MentionDeed.id.in_(newest), MentionDeed.on.is_(True), MentionDeed.text == _text(why))).scalars().all()
    return flag(session, given, kind, False, who=who, now=now, why=f"撤销：{why}") if given else 0


def comment(session: Session, mention_id: int, text: str, *, who: str, now: datetime) -> None:
    """Write something beside a mention. Raises BadInput for what is empty or too long. The caller commits."""
    text = _text(text)
    if not text:
        raise BadInput("批注是空的，请写上内容")
    mark = _held(session, [mention_id], now)[0]
    mark.comments += 1
    mark.at = now
    session.add(MentionDeed(mention_id=mention_id, at=now, who=who, kind="comment", text=text))
    _told(session, who, "批注", 1, now)


def take_back(session: Session, deed_id: int, *, who: str, now: datetime) -> None:
    """Take a comment back: it stays in the record as taken back. Raises BadInput. The caller commits."""
    deed = session.get(MentionDeed, deed_id)
    if deed is None or deed.kind != "comment":
        raise BadInput("这条批注不存在，请刷新页面")
    if deed.id in taken_back(session, deed.mention_id):
        raise BadInput("这条批注已撤回，请刷新页面")
    mark = _held(session, [deed.mention_id], now)[0]
    mark.comments -= 1
    session.add(MentionDeed(mention_id=deed.mention_id, at=now, who=who, kind="comment", on=False, text=str(deed.id)))
    _told(session, who, "撤回批注", 1, now)


def taken_back(session: Session, mention_id: int) -> set[int]:
    """Ids of the comments beside a mention that were taken back."""
    return {int(text) for text in session.execute(select(MentionDeed.text).where(
        MentionDeed.mention_id == mention_id, MentionDeed.kind == "comment", MentionDeed.on.is_(False))).scalars()}


def assign(
    session: Session, ids: Iterable[int], unit_id: int | None, person: str = "", *, why: str = "", who: str,
    now: datetime,
) -> int:
    """Give mentions to a unit or a person to look after, or to nobody; returns how many changed. Raises BadInput. The
    caller commits."""
    person = " ".join(person.split())[:40]
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    if unit_id is not None and unit is None:
        raise BadInput("这个单位不存在，可能已被删除，请刷新页面")
    held = _held(session, ids, now)
    changed = [mark for mark in held if (mark.unit_id, mark.assignee) != (unit_id, person)]
    on = unit is not None or bool(person)
    for mark in changed:
        mark.unit_id, mark.assignee, mark.at = unit_id, person, now
        said = "，".join(filter(None, (person, _text(why))))
        session.add(MentionDeed(mention_id=mark.mention_id, at=now, who=who, kind="assign", on=on, text=said,
                                unit_id=unit_id))
    if changed:
        _told(session, who, f"分派给{unit.name if unit else ''}{person}" if on else "取消分派", len(changed), now)
    return len(changed)


def joined(session: Session, ids: Iterable[int], incident_id: int, on: bool, *, who: str, now: datetime) -> None:
    """Note that mentions were put into an incident, or taken out; core.incidents keeps the link itself. The caller
    commits."""
    session.add_all(MentionDeed(mention_id=id_, at=now, who=who, kind="incident", on=on, incident_id=incident_id)
                    for id_ in sorted(set(ids)))


def _held(session: Session, ids: Iterable[int], now: datetime) -> Sequence[MentionMark]:
    """What stands of these mentions, made where there is nothing; locked until the commit where the database locks."""
    wanted = sorted(set(ids))
    if not wanted:
        raise BadInput("请先选择信息")
    if len(wanted) > MOST:
        raise BadInput(f"一次最多处理 {MOST} 条，请分批操作")
    there = set(session.execute(select(Mention.id).where(Mention.id.in_(wanted))).scalars())
    if len(there) < len(wanted):
        raise BadInput(f"有 {len(wanted) - len(there)} 条信息已不存在，请刷新页面")
    db.upsert(session, MentionMark, [
        {"mention_id": id_, "starred": False, "read": False, "wrong": False, "unit_id": None, "assignee": "",
         "comments": 0, "at": now} for id_ in wanted], ["mention_id"])
    return session.execute(
        select(MentionMark).where(MentionMark.mention_id.in_(wanted)).order_by(MentionMark.mention_id)
        .with_for_update().execution_options(populate_existing=True)).scalars().all()


def _text(text: str) -> str:
    text = clean(text).strip()
    if len(text) > LONGEST:
        raise BadInput(f"文字有 {len(text)} 个字，请控制在 {LONGEST} 个以内")
    return text


def _told(session: Session, who: str, deed: str, number: int, now: datetime) -> None:
    audit.note(session, who, deed, f"{number} 条信息")
    db.bump(session, now)
