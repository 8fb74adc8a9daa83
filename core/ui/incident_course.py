"""处置过程 of an incident: tasks of units, notes, and everything that happened, the newest first."""

from datetime import datetime, timedelta

import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.incidents.entered import PERSON, WORDS
from core.query.incidents import File, Step, Task, span
from core.ui.deeds import WHO
from core.ui.incident_deeds import begun, moment, save, when
from core.ui.incidents import unit_box
from core.ui.parts import caption, plain

FIRST = 30
"""Steps that are shown at once."""
DUE = timedelta(hours=24)
"""When a unit is asked to answer unless told otherwise."""
_STATES = {"待反馈": "blue", "已超期": "red", "已反馈": "green", "超期反馈": "orange", "已收回": "gray"}
_ICONS = {
    "stage": "flag", "note": "edit_note", "level": "priority_high", "edit": "edit", "assign": "assignment_ind",
    "reply": "reply", "link": "link", "unlink": "link_off", "file": "attach_file", "merge": "merge",
    "split": "call_split", "relate": "hub", "report": "description", "withdraw": "block", "reopen": "undo",
    "alert": "notifications",
}


def part(file: File) -> None:
    """The tasks, the form for a note, the course."""
    open_ = not file.head.withdrawn and file.head.stage != incidents.STAGES[-1]
    st.markdown("**交办任务**")
    for task in file.tasks:
        _task(task, open_)
    if not file.tasks:
        caption("还没有交办任务。")
    with st.container(horizontal=True, gap="small"):
        if open_:
            _assign(file)
        _note(file)
    st.markdown("**处置记录**")
    _course(file)


# --- Tasks ----------------------------------------------------------------------------------------------------------


def _task(task: Task, open_: bool) -> None:
    now = clock.now()
    state = task.state(now)
    with st.container(border=True, gap="small"):
        person = f"（{plain(task.person)}）" if task.person else ""
        st.markdown(f":{_STATES[state]}-badge[{state}] **{plain(task.unit)}**{person}　{plain(task.text)}")
        caption(f"{task.asked_by or '系统'} {moment(task.asked_at)} 交办，{_due(task, now)}"
                + (f"。来自已并入的“{task.of}”" if task.of else ""))
        if task.answer:
            st.markdown(f":material/reply: {plain(task.answer)}")
            caption(f"{task.answered_by or '系统'} {moment(task.answered_at)} 登记反馈")
        if open_ and task.withdrawn_at is None:
            with st.container(horizontal=True, gap="small"):
                _answer(task)
                if task.answered_at is None:
                    _recall(task)


def _due(task: Task, now: datetime) -> str:
    if task.due_at is None:
        return "没有定反馈时限"
    if task.answered_at is not None or task.withdrawn_at is not None:
        return f"{moment(task.due_at)} 前反馈"
    left = task.due_at - now
    return f"{moment(task.due_at)} 前反馈，{f'已超期 {span(-left)}' if left < timedelta(0) else f'剩 {span(left)}'}"


def _assign(file: File) -> None:
    with st.popover("交办任务", icon=":material/assignment_ind:"):
        turn = begun(f"incident_assign_{file.head.id}")
        unit = unit_box("承办单位", file.head.unit_id, f"{turn}_unit")
        person = st.text_input("经办人（可不填）", key=f"{turn}_person", max_chars=PERSON)
        text = st.text_area("交办事项", key=f"{turn}_text", height=100, max_chars=WORDS,
                            placeholder="如：核实停水原因和影响户数，公布恢复时间")
        default = clock.local(clock.now() + DUE).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        due = st.datetime_input("反馈时限", default, key=f"{turn}_due", format="YYYY-MM-DD", step=900)
        if st.button("交办", type="primary", key=f"{turn}_go", disabled=unit is None):

            def deed(session: Session) -> str:
                incidents.assign(session, file.head.id, unit, text, due_at=clock.aware(due) if due else None,
                                 person=person, who=WHO, now=clock.now())
                later = "，事件仍在研判环节，可转入“交办”" if file.head.stage == "judged" else ""
                return f"已交办{later}。"

            save(deed)


def _answer(task: Task) -> None:
    with st.popover("补充反馈" if task.answered_at else "登记反馈", icon=":material/reply:"):
        turn = begun(f"incident_answer_{task.id}")
        text = st.text_area("反馈内容", task.answer, key=turn, height=120, max_chars=WORDS)
        if st.button("保存反馈", type="primary", key=f"{turn}_go"):
            save(lambda session: (incidents.answer(session, task.id, text, who=WHO, now=clock.now()),
                                  f"已登记{task.unit}的反馈。")[1])


def _recall(task: Task) -> None:
    with st.popover("收回", icon=":material/undo:", type="tertiary"):
        turn = begun(f"incident_recall_{task.id}")
        reason = st.text_input("收回原因", key=turn, max_chars=200)
        if st.button("确认收回", key=f"{turn}_go"):
            save(lambda session: (incidents.recall(session, task.id, reason, who=WHO, now=clock.now()),
                                  f"已收回交办{task.unit}的任务。")[1])


# --- The course -----------------------------------------------------------------------------------------------------


def _note(file: File) -> None:
    with st.popover("添加记录", icon=":material/edit_note:"):
        turn = begun(f"incident_note_{file.head.id}")
        text = st.text_area("记录", key=turn, height=120, max_chars=WORDS, placeholder="核实、沟通、现场处置等情况")
        at = when("发生时间（不填为现在）", f"{turn}_at")
        if st.button("保存记录", type="primary", key=f"{turn}_go"):
            save(lambda session: (incidents.note(session, file.head.id, text, at=at, who=WHO, now=clock.now()),
                                  "已添加记录。")[1])


def _course(file: File) -> None:
    steps = sorted(file.steps, key=lambda step: (step.at, step.noted_at), reverse=True)
    kinds = [kind for kind in labels.STEP_KINDS if any(step.kind == kind for step in steps)]
    chosen = st.pills("只看", kinds, selection_mode="multi", key=f"incident_kinds_{file.head.id}",
                      format_func=lambda kind: labels.STEP_KINDS[kind]) if len(kinds) > 1 else []
    shown = [step for step in steps if not chosen or step.kind in chosen]
    for step in shown[:FIRST]:
        _step(step)
    if shown[FIRST:]:
        with st.expander(f"更早的 {len(shown) - FIRST} 条记录"):
            for step in shown[FIRST:]:
                _step(step)


def _step(step: Step) -> None:
    with st.container(gap=None):
        icon = f":material/{_ICONS.get(step.kind, 'circle')}:"
        late = f"（{moment(step.noted_at)} 登记）" if step.noted_at - step.at > timedelta(minutes=1) else ""
        of = f"　:gray-badge[原事件 {plain(step.of)}]" if step.of else ""
        st.markdown(f"{icon} **{moment(step.at)}**　{labels.STEP_KINDS[step.kind]}　:gray[{plain(step.who)}{late}]{of}")
        if words := _words(step):
            st.markdown(f":small[{words}]")


def _words(step: Step) -> str:
    """What happened, and what stood there before and after; taken literally."""
    change = ""
    if step.before and step.after:
        change = f"{plain(step.before)} → {plain(step.after)}"
    elif step.after and step.kind != "stage":
        change = f"{'填写' if step.kind == 'edit' else ''}{plain(step.after)}"
    elif step.before:
        change = f"{plain(step.before)} → （清空）" if step.kind == "edit" else plain(step.before)
    told = (plain(step.text), change)
    return "　".join(filter(None, reversed(told) if step.kind in ("assign", "file") else told))
