"""What units are asked to do about an incident and what they answer; attachments."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from core import incident_files
from core.faults import BadInput
from core.incidents import entered, rows
from core.incidents.entered import PERSON
from core.models import Incident, IncidentFile, IncidentTask


def assign(session: Session, id_: int, unit_id: int, text: str, *, due_at: datetime | None = None, person: str = "",
           who: str, now: datetime) -> IncidentTask:
    """Ask a unit for something, by a time. Raises BadInput for a unit that is gone, no words, a time that is over."""
    row = rows.take(session, id_)
    unit = entered.unit_of(session, unit_id)
    text, person = entered.words("交办事项", text, needed=True), entered.line("经办人", person, PERSON)
    if due_at is not None and due_at <= now:
        raise BadInput("反馈时限应晚于现在，请改正")
    task = IncidentTask(incident_id=row.id, unit_id=unit.id, person=person, text=text, asked_at=now, asked_by=who,
                        due_at=due_at)
    session.add(task)
    session.flush()
    by = f"（{rows.moment(due_at)} 前反馈）" if due_at else ""
    rows.step(session, row, "assign", who, now, after=unit.name, text=text + by, unit_id=unit.id)
    rows.done(session, row, who, "交办事件任务", now, f"{unit.name}：{text[:80]}{by}")
    return task


def answer(session: Session, task_id: int, text: str, *, who: str, now: datetime) -> None:
    """Keep what a unit answered; a further answer takes the place of the first, which stays in the steps. Raises
    BadInput for no words, a task that is gone or was taken back."""
    task, row = _task(session, task_id)
    unit = entered.unit_of(session, task.unit_id)
    before, task.answer = task.answer, entered.words("反馈", text, needed=True)
    if task.answered_at is None:
        task.answered_at, task.answered_by = now, who
    session.add(task)
    rows.step(session, row, "reply", who, now, before=before, after=task.answer, text=f"{unit.name}反馈",
              unit_id=unit.id, of=task.incident_id)
    rows.done(session, row, who, "反馈事件任务", now, f"{unit.name}：{task.answer[:80]}")


def recall(session: Session, task_id: int, reason: str, *, who: str, now: datetime) -> None:
    """Take a task back that nobody has answered, with a reason."""
    task, row = _task(session, task_id)
    unit = entered.unit_of(session, task.unit_id)
    if task.answered_at is not None:
        raise BadInput(f"{unit.name}已经反馈，不能收回，请刷新页面")
    reason, task.withdrawn_at = entered.reasoned(reason, "收回任务"), now
    session.add(task)
    rows.step(session, row, "assign", who, now, before=f"{unit.name}：{task.text}", after="已收回", text=reason,
              unit_id=unit.id, of=task.incident_id)
    rows.done(session, row, who, "收回事件任务", now, f"{unit.name} {reason}")


# --- Attachments ------------------------------------------------------------------------------------------------------


def attach(session: Session, id_: int, body: bytes, name: str, *, note: str = "", who: str,
           now: datetime) -> IncidentFile:
    """Attach a file. Raises BadInput as `incident_files.keep` does, and for one that is attached already."""
    kept = incident_files.keep(body, name)
    row = rows.take(session, id_)
    every = rows.family(session, row.id)
    if twin := session.execute(select(IncidentFile).where(
            IncidentFile.incident_id.in_(every), IncidentFile.sha256 == kept.sha256)).scalars().first():
        remedy = "，可在“已移除”中恢复" if twin.removed_at else ""
        raise BadInput(f"“{kept.name}”与已有附件“{twin.name}”内容相同{remedy}")
    file = IncidentFile(incident_id=row.id, name=kept.name, media_type=kept.media_type, sha256=kept.sha256,
                        size=kept.size, at=now, who=who, note=entered.words("说明", note))
    session.add(file)
    rows.step(session, row, "file", who, now, after=kept.name, text=file.note)
    rows.done(session, row, who, "上传事件附件", now, f"{kept.name}（{kept.sha256[:12]}）")
    return file


def detach(session: Session, file_id: int, reason: str = "", *, who: str, now: datetime) -> None:
    """Put an attachment aside; its bytes stay, and `reattach` brings it back."""
    file, row = _file(session, file_id)
    if file.removed_at is not None:
        raise BadInput(f"附件“{file.name}”已经移除，请刷新页面")
    file.removed_at, file.removed_by = now, who
    session.add(file)
    rows.step(session, row, "file", who, now, before=file.name, after="已移除", text=entered.words("原因", reason),
              of=file.incident_id)
    rows.done(session, row, who, "移除事件附件", now, file.name)


def reattach(session: Session, file_id: int, *, who: str, now: datetime) -> None:
    """Bring back an attachment that was put aside."""
    file, row = _file(session, file_id)
    if file.removed_at is None:
        raise BadInput(f"附件“{file.name}”没有移除，请刷新页面")
    file.removed_at, file.removed_by = None, ""
    session.add(file)
    rows.step(session, row, "file", who, now, before="已移除", after=file.name, text="恢复附件", of=file.incident_id)
    rows.done(session, row, who, "恢复事件附件", now, file.name)


def _task(session: Session, task_id: int) -> tuple[IncidentTask, Incident]:
    of = session.execute(select(IncidentTask.incident_id).where(IncidentTask.id == task_id)).scalar()
    if of is None:
        raise BadInput("这项任务不存在，请刷新页面")
    row = rows.take(session, rows.head(session, of))
    task = session.get(IncidentTask, task_id, populate_existing=True)
    if task.withdrawn_at is not None:
        raise BadInput("这项任务已收回，请刷新页面")
    return task, row


def _file(session: Session, file_id: int) -> tuple[IncidentFile, Incident]:
    of = session.execute(select(IncidentFile.incident_id).where(IncidentFile.id == file_id)).scalar()
    if of is None:
        raise BadInput("这个附件不存在，请刷新页面")
    row = rows.take(session, rows.head(session, of))
    return session.get(IncidentFile, file_id, populate_existing=True), row
