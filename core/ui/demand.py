"""One demand: what is asked, what was answered, where it is known from, what it has in common with others."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core import clock, labels
from core.demands import deeds
from core.masking import masked
from core.opinion.demand_fields import OTHER, scheme
from core.query import demands as query
from core.query.demands import NOBODY, NOWHERE, UNSAID, DemandChoices, Detail
from core.ui import captured
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.demand_deeds import done, into, join
from core.ui.demands import back, this_hour, worded
from core.ui.demands_filter import TOLD
from core.ui.digests import take_in
from core.ui.parts import caption, empty, link, plain
from core.ui.table import Column, table

LEVEL_TONES = {"sector": "red", "region": "orange", "many": "blue", "single": "gray"}
_HISTORY = {
    "at": Column("时间", "time"), "what": Column("内容"), "before": Column("原来"), "after": Column("改为"),
    "by": Column("来自"), "late": Column("说明"),
}
_ALIKE = {
    "title": Column("诉求标题", width="large"), "asked_at": Column("诉求时间", "time"), "town": Column("街镇"),
    "state": Column("办理状态"), "why": Column("关系"),
}


def section(id_: int, offered: DemandChoices) -> None:
    """The demand of a link, or that it is gone."""
    at = this_hour()
    detail = ask(query.one, id_, at)
    back("demand")
    if detail is None:
        empty("链接里的诉求在这里找不到，可能已随演示数据清除。", ":material/link_off:")
        return
    _head(detail)
    _deeds(detail, offered)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _text(detail)
        _alike(detail)
        _history(detail)
    with right:
        _found(detail, offered)
        _evidence(detail)


def _head(detail: Detail) -> None:
    row = detail.row
    with st.container(horizontal=True, gap="small"):
        if detail.overdue:
            st.badge(f"超期 {detail.over} 天未答复", color="red")
        st.badge(row.state or UNSAID, color="green" if detail.answered else "gray")
        if row.kind:
            st.badge(row.kind, color="blue")
        if row.satisfied:
            st.badge(row.satisfied, color={"不满意": "red", "未评价": "gray"}.get(row.satisfied, "green"))
        if row.demo:
            st.badge(labels.DEMO, color="gray")
    st.subheader(plain(row.title), anchor=False)
    way = f"（{row.way}）" if row.way and row.way != labels.DEMAND_CHANNELS[row.channel] else ""
    caller = f" · 来电标识 {row.caller}" if row.caller else " · 没有来电标识"
    caption(f"{labels.DEMAND_CHANNELS[row.channel]}{way} · 编号 {row.number} · {_moment(row.asked_at)}{caller}")


def _moment(at: datetime | None) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}" if at else labels.MISSING


def _text(detail: Detail) -> None:
    row = detail.row
    for part in (row.text or row.title).split("\n"):
        if part.strip():
            st.markdown(plain(masked(part)))
    st.markdown("**答复**")
    if row.reply:
        caption(f"{detail.unit or row.unit_said or NOBODY} · {_moment(row.replied_at)}")
        for part in row.reply.split("\n"):
            if part.strip():
                st.markdown(plain(part))
    else:
        caption("已答复，没有答复内容。" if detail.answered else "还没有答复。")


def _found(detail: Detail, offered: DemandChoices) -> None:
    """Field, place, unit and time limit, each with its reason, and the form that corrects the first three."""
    row = detail.row
    st.markdown("**归类依据**")
    if row.read_at is None:
        caption("刚到，正在归类，几秒后再看。")
    sure = "" if row.field_sure >= 0.6 or not row.field else "（把握不大，请核对）"
    lines = [
        (f"类别：{row.field or '未归类'}{sure}", row.field_why), (f"类型：{row.kind or '未判定'}", row.kind_why),
        (f"街镇：{row.town or NOWHERE}{f'，{row.place}' if row.place else ''}",
         "人工更正" if "town" in detail.corrected else row.place_why),
        (f"承办单位：{detail.unit or row.unit_said or NOBODY}", row.unit_why),
        (f"办理期限：{_moment(row.due_at)}", row.due_why),
        (f"办理状态：{row.state or UNSAID}", f"文件写明“{row.state_said}”" if row.state_said else ""),
    ]
    for head, why in lines:
        st.markdown(f"{plain(head)}  \n:small[:gray[{plain(why)}]]" if why else plain(head))
    with st.popover("更正类别、街镇、单位", icon=":material/edit:"):
        _correct(detail, offered)


def _correct(detail: Detail, offered: DemandChoices) -> None:
    row = detail.row
    keys = [*scheme().keys, OTHER]
    units = {str(id_): name for id_, name in offered.every_unit}
    turn = st.session_state.get("demands_turn", 0)
    chosen = {
        "field": st.selectbox("类别", keys, keys.index(row.field) if row.field in keys else None,
                              key=f"d_fix_field_{row.id}_{turn}", placeholder="请选择"),
        "town": st.selectbox("街镇", sorted({*offered.towns, *offered.streets, row.town} - {""}),
                             sorted({*offered.towns, *offered.streets, row.town} - {""}).index(row.town)
                             if row.town else None, key=f"d_fix_town_{row.id}_{turn}", placeholder="请选择"),
        "unit": st.selectbox("承办单位", list(units), list(units).index(str(row.unit_id)) if str(row.unit_id) in units
                             else None, format_func=units.get, key=f"d_fix_unit_{row.id}_{turn}",
                             placeholder="请选择"),
    }
    now_is = {"field": row.field, "town": row.town, "unit": str(row.unit_id or "")}
    changed = {what: value for what, value in chosen.items() if value and value != now_is[what]}
    if st.button("保存更正", type="primary", key=f"d_fix_{row.id}", disabled=not changed):
        def deed(session) -> str:
            for what, value in changed.items():
                deeds.correct(session, row.id, what, value, who=WHO, now=clock.now())
            return f"已更正{'、'.join(deeds.NAMES[what] for what in changed)}，以后导入也不会改回。"

        done(deed)
    for what in detail.corrected:
        if what != "group" and st.button(f"撤回{deeds.NAMES[what]}更正", key=f"d_unfix_{what}_{row.id}"):
            done(lambda session, what=what: (
                deeds.correct(session, row.id, what, "", who=WHO, now=clock.now()),
                f"已撤回{deeds.NAMES[what]}的更正，恢复自动判断。")[1])


def _deeds(detail: Detail, offered: DemandChoices) -> None:
    row = detail.row
    at = this_hour()
    mine = ask(query.demands, query.DemandFilter(row.day, row.day), at)
    mine = worded(mine[mine["id"] == row.id])
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("加入事件、立案", icon=":material/folder_open:"):
            join(mine, offered, f"d_one_{row.id}")
        with st.popover("归入问题", icon=":material/merge:"):
            into([row.id], f"d_one_{row.id}")
        with st.popover("编入摘报", icon=":material/newspaper:"):
            if take_in("mention", [row.mention_id], TOLD, f"d_one_{row.id}"):
                st.rerun()
        if row.pinned and st.button("撤回人工归并", icon=":material/undo:", key=f"d_release_{row.id}"):
            done(lambda session: (deeds.release(session, row.id, who=WHO, now=clock.now()),
                                  "已撤回人工归并，回到原来的问题。")[1])
        link("mentions", "在舆情监测中查看和关联搜索", mention=row.mention_id)
    for id_, title in detail.incidents:
        link("incidents", f"事件：{title}", incident=id_)
    if detail.group:
        id_, title, how = detail.group
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(labels.DEMAND_LEVELS[how.level], color=LEVEL_TONES[how.level])
            if st.button(plain(f"所属问题：{title}"), key=f"d_group_{row.id}", type="tertiary"):
                st.query_params.pop("demand", None)
                st.query_params["problem"] = str(id_)
                st.rerun()
        caption(f"{how.why}。{row.group_why}")


def _alike(detail: Detail) -> None:
    st.markdown("**相近的诉求**")
    if detail.alike.empty:
        caption("没有同一问题或同街镇同类别的其他诉求。")
        return
    turn = st.session_state.get("demands_visit", 0)
    row = table(detail.alike, _ALIKE, key=f"d_alike_{detail.row.id}_{turn}", select=True, alt="相近的诉求")
    if row is not None:
        st.query_params["demand"] = str(int(detail.alike["id"][row]))
        st.rerun()


def _history(detail: Detail) -> None:
    st.markdown("**变更记录**")
    if not detail.history:
        caption("首次导入以来没有变更。")
        return
    frame = pd.DataFrame([
        {"at": one.at, "what": one.what, "before": one.before or None, "after": one.after or "撤回", "by": one.by,
         "late": "来自较早的文件，未覆盖现值" if one.late else None} for one in detail.history])
    table(frame, _HISTORY, key=f"d_history_{detail.row.id}", alt="变更记录")


def _evidence(detail: Detail) -> None:
    st.markdown("**凭据**")
    if detail.capture is None:
        caption("没有保存原始内容。")
        return
    id_, name, at = detail.capture
    caption(f"{detail.source} · {name} · {_moment(at)} · 位置 {detail.row.locator or labels.MISSING}")
    if detail.row.channel != "liuyan":
        caption("保存的是隐去个人信息后的内容。")
    captured.fields(id_, detail.row.locator, "mention", None, detail.row.number, key=f"d_{detail.row.id}")
