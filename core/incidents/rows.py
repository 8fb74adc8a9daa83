"""A file's row, taken and held while it is changed; the family of files that were merged; the steps of its course."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from core import audit, clock, db, labels
from core.faults import BadInput
from core.models import Incident, IncidentStep

STAGES = tuple(labels.STAGES)
CLOSED = ("settled", "archived")
"""Stages from which an incident counts as closed."""


def hold(session: Session, id_: int) -> Incident | None:
    """The row as it stands now; nobody else changes it before the commit."""
    session.execute(update(Incident).where(Incident.id == id_).values(updated_at=Incident.updated_at)
                    .execution_options(synchronize_session=False))
    return session.get(Incident, id_, populate_existing=True)


def take(session: Session, id_: int, *, seen: datetime | None = None, archived: bool = False,
          withdrawn: bool = False) -> Incident:
    """Hold a file that may be changed: one that is archived or withdrawn only where that is asked for."""
    row = hold(session, id_)
    if row is None:
        raise BadInput("这个事件不存在，请刷新页面")
    if row.alias_of is not None:
        raise BadInput(f"这个事件已并入“{session.get(Incident, head(session, id_)).title}”，请在那里操作")
    if seen is not None and row.updated_at != seen:
        raise BadInput(_overtaken(session, row))
    if row.withdrawn and not withdrawn:
        raise BadInput("这个事件已撤销，请先恢复")
    if row.stage == STAGES[-1] and not archived:
        raise BadInput("这个事件已归档，请先退回到办结或更早的环节")
    return row


def _overtaken(session: Session, row: Incident) -> str:
    last = session.execute(select(IncidentStep).where(IncidentStep.incident_id == row.id, IncidentStep.kind.in_(
        ("edit", "level", "stage", "withdraw", "reopen", "merge"))).order_by(IncidentStep.id.desc())).scalars().first()
    by = f"{last.who or '系统'}在 {moment(last.noted_at)} " if last else "其他人"
    what = f"（{labels.STEP_KINDS[last.kind]}）" if last else ""
    return f"{by}已改动这个事件{what}，您的改动没有保存。请刷新页面，看过新内容后再改"


def touch(row: Incident, now: datetime) -> None:
    """Another `updated_at` than before, even within one microsecond."""
    row.updated_at = max(now, row.updated_at + timedelta(microseconds=1))


def pair(session: Session, one: int, other: int) -> tuple[Incident, Incident]:
    """Two files, the smaller id first, held in that order, so that nobody waits for each other."""
    if one == other:
        raise BadInput("请选择另一个事件")
    first, second = sorted((one, other))
    return take(session, first), take(session, second)


def head(session: Session, id_: int) -> int:
    """The id of the file that stands for that of a merged one, or itself."""
    while (above := session.execute(select(Incident.alias_of).where(Incident.id == id_)).scalar()) is not None:
        id_ = above
    return id_


def heads(session: Session) -> dict[int, int]:
    """Merged file → the one that stands for it."""
    above = dict(session.execute(select(Incident.id, Incident.alias_of).where(Incident.alias_of.is_not(None))).all())
    out = {}
    for id_ in above:
        top = id_
        while top in above:
            top = above[top]
        out[id_] = top
    return out


def family(session: Session, id_: int) -> list[int]:
    """The ids of a file and of all that were merged into it, itself first."""
    found = [id_]
    edge: Sequence[int] = found
    while edge:
        edge = session.execute(
            select(Incident.id).where(Incident.alias_of.in_(edge)).order_by(Incident.id)).scalars().all()
        found = [*found, *edge]
    return found


def step(
    session: Session, row: Incident, kind: str, who: str, now: datetime, *, at: datetime | None = None, stage: str = "",
    before: str = "", after: str = "", text: str = "", unit_id: int | None = None, other: int | None = None,
    of: int | None = None,
) -> None:
    """Write a step; `of`: the merged file that it belongs to, where it is not the file itself."""
    session.add(IncidentStep(
        incident_id=of or row.id, at=at or now, noted_at=now, who=who, kind=kind, stage=stage or row.stage,
        before=before, after=after, text=text, unit_id=unit_id, other_id=other))
    session.flush()  # they are told in the order of their ids


def done(session: Session, row: Incident, who: str, deed: str, now: datetime, detail: str) -> Incident:
    """The end of every deed: the row, the audit, the sign for readers."""
    session.add(row)
    audit.note(session, who, deed, f"{row.title}（{row.id}）", detail)
    db.bump(session, now)
    return row


def moment(at: datetime) -> str:
    """`11-27 08:05`, on the Shanghai clock."""
    return f"{clock.local(at):%m-%d %H:%M}"
