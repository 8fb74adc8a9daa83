"""One incident as a page of its own: how it stands, its clocks, summary and risk, what can be done; then its parts."""

from dataclasses import replace

import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.incidents.entered import PLACE, RISK, SUMMARY, TITLE
from core.query import incidents as query
from core.query.incidents import STATES, Clock, File, Head
from core.ui import (
    incident_course,
    incident_info,
    incident_others,
    incident_papers,
    incident_reports,
    incident_views,
)
from core.ui.ask import look
from core.ui.deeds import WHO, do, said
from core.ui.digests import take_in
from core.ui.incident_deeds import TOLD, badge, begun, moment, save, turn, when
from core.ui.incidents import LEVELS_HELP, town_box, unit_box
from core.ui.parts import caption, empty, plain

PARTS = {
    "信息": incident_info.part, "走势": incident_views.curve, "观点": incident_views.views,
    "处置过程": incident_course.part, "报告": incident_reports.part, "附件": incident_papers.part,
    "关联事件": incident_others.part,
}
_TICK = 30
"""Seconds between two looks at the clocks."""


def page(file: File) -> None:
    """Draw the file under the room's head."""
    if st.button("返回事件清单", icon=":material/arrow_back:", key="incident_back"):
        st.query_params.pop("incident")
        st.session_state.pop("incident_tab", None)
        st.rerun()
    said(TOLD)
    file = _as_seen(file)
    _head(file)
    _stages(file)
    _clocks(file.head)
    _summary(file.head)
    _deeds(file)
    if st.session_state.get("incident_edit") == file.head.id:
        _edit(file.head)
    tabs = st.tabs(list(PARTS), key="incident_tab", on_change="rerun")
    for tab, draw in zip(tabs, PARTS.values(), strict=True):
        if tab.open:
            with tab:
                draw(file)


def _as_seen(file: File) -> File:
    """The file, dated as it was when the person saw it, so that a click doesn't overwrite what somebody else has
    changed since then."""
    id_, at = st.session_state.get("incident_shown", (None, None))
    st.session_state["incident_shown"] = (file.head.id, file.head.updated_at)
    return replace(file, head=replace(file.head, updated_at=at)) if id_ == file.head.id else file


def _head(file: File) -> None:
    one = file.head
    state = "" if one.state == "open" else f" :gray-badge[{STATES[one.state]}]"
    st.markdown(f"{badge(one.level)}{state}")
    st.header(plain(one.title), anchor=False)
    where = "".join(filter(None, (one.town if not one.place.startswith(one.town) else "", one.place)))
    caption(" · ".join([
        where or "地点未定", f"牵头单位 {one.unit}" if one.unit else "牵头单位未定",
        f"{'首次采集' if file.mentions else '发现'} {moment(one.first_at)}",
        f"{one.opened_by or query.SYSTEM} {moment(one.opened_at)} 立项", f"编号 {one.id}",
    ]))
    if file.asked != one.id:
        merged = next((other.title for other in file.merged if other.id == file.asked), "")
        st.info(f"链接中的事件“{plain(merged)}”已并入本事件。", icon=":material/merge:")
    if one.withdrawn:
        st.warning(f"事件已撤销：{plain(one.withdrawn)}", icon=":material/block:")


def _stages(file: File) -> None:
    """The stages from 发现 to 归档: those that were reached, the present one, those to come."""
    with st.container(horizontal=True, gap="small", vertical_alignment="top", key="incident_stages"):
        for reached in file.stages:
            name = labels.STAGES[reached.stage]
            if reached.now:
                shown = f":blue-badge[:material/radio_button_checked: {name}]"
            elif reached.at:
                shown = f":green-badge[:material/check: {name}]"
            else:
                shown = f":gray-badge[{name}]"
            under = "跳过" if reached.skipped else moment(reached.at) if reached.at else ""
            st.markdown(f"{shown}  \n:small[:gray[{under or '&nbsp;'}]]", width="content")


def _clocks(one: Head) -> None:
    if one.withdrawn:
        return
    if one.stopped_at is None:
        _ticking(one)
    else:
        _draw(one)


@st.fragment(run_every=_TICK)
def _ticking(one: Head) -> None:
    _draw(one)


def _draw(one: Head) -> None:
    """The response clocks beside each other, the first to run out first."""
    with st.container(horizontal=True, gap="small"):
        for each in query.clocks(one, clock.now()):
            with st.container(border=True, width=172, gap=None):
                st.markdown(f":small[:gray[{each.hours} 小时内{each.name}]]")
                st.markdown(_words(each))
                st.markdown(f":small[:gray[截止 {moment(each.due_at)}]]")


def _words(each: Clock) -> str:
    if not each.running:
        return f":{'red' if each.late else 'green'}[{each.words}]"
    if each.late:
        return f":red[**{each.words}**]"
    soon = each.left.total_seconds() < each.hours * 3600 / 4
    return f":orange[**{each.words}**]" if soon else f"**{each.words}**"


def _summary(one: Head) -> None:
    if not (one.summary or one.risk):
        if one.state == "open":
            empty("还没有摘要和风险提示。点“修改”填写，也可以先由系统按关联信息起草，再改定。", ":material/edit_note:")
        return
    with st.container(border=True):
        if one.summary:
            st.markdown(plain(one.summary))
        if one.risk:
            st.markdown(f":material/warning: **风险提示**　{plain(one.risk)}")


# --- What can be done -----------------------------------------------------------------------------------------------


def _deeds(file: File) -> None:
    one = file.head
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if one.withdrawn:
            _reopen(one)
            return
        _advance(one)
        if one.stage == incidents.STAGES[-1]:
            return
        if st.button("修改", icon=":material/edit:", key="incident_edit_button"):
            st.session_state["incident_edit"] = one.id
            st.session_state["incident_seen"] = one
            st.rerun()
        _level(one)
        with st.popover("编入摘报", icon=":material/newspaper:"):
            if take_in("incident", [one.id], TOLD, f"incident_{one.id}"):
                st.rerun()
        _withdraw(one)


def _advance(one: Head) -> None:
    """To the next stage, or another one with a reason."""
    here = incidents.STAGES.index(one.stage)
    following = incidents.STAGES[here + 1 : here + 2]
    word = f"转入{labels.STAGES[following[0]]}" if following else "退回环节"
    with st.popover(word, icon=":material/arrow_forward:" if following else ":material/undo:",
                    type="primary" if following else "secondary"):
        choices = [*incidents.STAGES[here + 1 :], *reversed(incidents.STAGES[:here])]
        key = begun(f"incident_stage_{one.id}")
        stage = st.selectbox("环节", choices, key=key, format_func=lambda stage: _way(one.stage, stage))
        reason = st.text_area("原因", key=f"{key}_why", height=80, max_chars=500,
                              help="顺次推进可不写；跳过或退回要写明原因")
        at = when("发生时间（不填为现在）", f"{key}_at")
        if stage == "answered":
            caption("转入“回应”后，回应时限停止计时。")
        if st.button("确定", type="primary", key=f"{key}_go"):

            def deed(session: Session) -> str:
                incidents.advance(session, one.id, stage, reason, at=at, seen=one.updated_at, who=WHO, now=clock.now())
                return f"已转入“{labels.STAGES[stage]}”环节。"

            save(deed)


def _way(here: str, there: str) -> str:
    far = incidents.STAGES.index(there) - incidents.STAGES.index(here)
    return f"{labels.STAGES[there]}{'' if far == 1 else '（跳过中间环节）' if far > 1 else '（退回）'}"


def _level(one: Head) -> None:
    with st.popover("调整等级", icon=":material/flag:"):
        key = begun(f"incident_level_{one.id}")
        others = [level for level in labels.LEVELS if level != one.level]
        level = st.selectbox("新的等级", others, key=key, help=LEVELS_HELP,
                             format_func=lambda level: f"{labels.LEVELS[level]} · {labels.LEVEL_NAMES[level]}")
        reason = st.text_area("原因", key=f"{key}_why", height=80, max_chars=500, help="调低等级要写明原因")
        if st.button("确定", type="primary", key=f"{key}_go"):

            def deed(session: Session) -> str:
                incidents.set_level(session, one.id, level, reason, seen=one.updated_at, who=WHO, now=clock.now())
                return f"等级已由{labels.LEVELS[one.level]}调整为{labels.LEVELS[level]}。"

            save(deed)


def _withdraw(one: Head) -> None:
    with st.popover("撤销事件", icon=":material/block:"):
        st.write("误报或重复的事件可以撤销。档案全部保留，可随时恢复。")
        key = begun(f"incident_withdraw_{one.id}")
        reason = st.text_area("撤销原因", key=f"{key}_why", height=80, max_chars=500)
        if st.button("确认撤销", key=f"{key}_go"):

            def deed(session: Session) -> str:
                incidents.withdraw(session, one.id, reason, seen=one.updated_at, who=WHO, now=clock.now())
                return f"已撤销事件“{one.title}”，可在本页恢复。"

            save(deed)


def _reopen(one: Head) -> None:
    with st.popover("恢复事件", icon=":material/undo:", type="primary"):
        key = begun(f"incident_reopen_{one.id}")
        reason = st.text_area("恢复原因", key=f"{key}_why", height=80, max_chars=500)
        if st.button("确认恢复", type="primary", key=f"{key}_go"):

            def deed(session: Session) -> str:
                incidents.reopen(session, one.id, reason, who=WHO, now=clock.now())
                return f"已恢复事件“{one.title}”，仍在“{labels.STAGES[one.stage]}”环节。"

            save(deed)


# --- The form -------------------------------------------------------------------------------------------------------


def _closed() -> None:
    for name in ("incident_edit", "incident_seen"):
        st.session_state.pop(name, None)
    turn()


@st.dialog("修改事件", width="medium", on_dismiss=_closed)
def _edit(shown: Head) -> None:
    """The form as the file was when it was opened: what somebody else has changed since is not written over."""
    one: Head = st.session_state.get("incident_seen") or shown
    key = begun(f"incident_edit_{one.id}")
    title = st.text_input("事件名称", one.title, key=f"{key}_title", max_chars=TITLE)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        town = town_box(one.town, f"{key}_town")
        place = st.text_input("地点", one.place, key=f"{key}_place", max_chars=PLACE)
    unit = unit_box("牵头单位", one.unit_id, f"{key}_unit")
    st.button("由系统起草摘要和风险提示", icon=":material/auto_awesome:", key=f"{key}_draft", on_click=_draft,
              args=(one, key), help="摘取关联信息的原句，数字取自关联信息；请核对后再保存")
    summary = st.text_area(f"摘要（{SUMMARY} 字以内）", one.summary, key=f"{key}_summary", height=140,
                           max_chars=SUMMARY)
    risk = st.text_area("风险提示（一句话）", one.risk, key=f"{key}_risk", height=80, max_chars=RISK)
    if note := st.session_state.get(f"{key}_note"):
        caption(note)
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("取消", key=f"{key}_cancel"):
            _closed()
            st.rerun()
        given = st.button("保存", type="primary", icon=":material/save:", key=f"{key}_save")
    if not given:
        return

    def deed(session: Session) -> str:
        changed = incidents.edit(session, one.id, seen=one.updated_at, who=WHO, now=clock.now(), title=title,
                                 summary=summary, risk=risk, town=town, place=place, unit_id=unit)
        return "已保存修改。" if changed else "没有改动。"

    if do(deed, TOLD):
        _closed()
        st.rerun()


def _draft(one: Head, key: str) -> None:
    """A callback: put a draft into the form."""
    from core.incidents.draft import draft  # reads texts: with what only the scheduler needs otherwise

    made = look(draft, one.id, clock.now())
    if made is None:
        st.session_state[f"{key}_note"] = "还没有关联信息，无法起草。请先在“信息”中关联。"
        return
    st.session_state[f"{key}_summary"], st.session_state[f"{key}_risk"] = made.summary, made.risk
    sources = "、".join(dict.fromkeys(one.source for one in made.cited))
    st.session_state[f"{key}_note"] = (
        f"起草内容摘自：{sources}。请核对后保存。" if sources else "起草内容只有统计数字，请补充经过。")
