"""采集源: where data come from, whether they come on time, what each run did."""

import streamlit as st

from core import clock, ui
from core.query import sources
from core.ui import catalog, credentials, deeds
from core.ui import sources as forms

ui.gate("sources")
# A minute's answer serves everybody who looks within it; runs that brought nothing new don't move the stamp.
deeds.said(forms.TOLD)
deeds.said(credentials.TOLD)
deeds.said(catalog.TOLD)
minute = clock.now().replace(second=0, microsecond=0)
frame = ui.ask(sources.listing, max(minute, st.session_state.get(forms.HEARD, minute)))
parts = {"采集源": None, "从目录添加": catalog.section, "自己填写": forms.add_form, "凭据": credentials.section}
part = st.segmented_control("栏目", list(parts), default="从目录添加" if frame.empty else "采集源", key="sources_part",
                            required=True, bind="query-params", label_visibility="collapsed")
if frame.empty and part == "从目录添加":
    ui.empty("还没有采集源。请先从下面的目录中选用；平台接口要用的凭据可以当场填写。")
if draw := parts[part]:
    draw()
    st.stop()
if frame.empty:
    ui.empty("还没有采集源。请在“从目录添加”中选用，也可以自己填写，或在“账号台账”用 Excel 批量导入。")
    st.stop()

board = sources.board(frame)
ui.cards([
    ui.Card("采集源", str(board.total), help=f"其中停用 {board.states['off']} 个"),
    ui.Card(sources.STATES["fine"], str(board.states["fine"])),
    *(ui.Card(sources.STATES[name], str(board.states[name]))
      for name in ("person", "failed", "late", "quiet") if board.states[name]),
    ui.Card("近24小时新增", f"{board.new_day:,}", help=f"近 7 天新增 {board.new_week:,} 条"),
])
with st.container(horizontal=True, vertical_alignment="bottom"):
    words = {word: state for state, word in sources.STATES.items() if board.states[state]}
    states = st.pills("状态", list(words), selection_mode="multi", key="source_state", bind="query-params")
    kinds = st.selectbox("采集方式", sorted(frame["collector_name"].unique()), None, key="source_kind",
                         placeholder="全部", bind="query-params", width=180)
    search = st.text_input("名称或账号包含", key="source_search", bind="query-params", max_chars=50, width=220)
shown = frame
if states:
    shown = shown[shown["state"].isin([words[word] for word in states])]
if kinds:
    shown = shown[shown["collector_name"] == kinds]
if search.strip():
    named = shown["name"].fillna("") + " " + shown["account"].fillna("")
    shown = shown[named.str.contains(search.strip(), case=False, regex=False)]
shown = shown.reset_index(drop=True)
if shown.empty:
    ui.empty("没有符合条件的采集源，请放宽筛选。")
    st.stop()
# Above the table, whose own buttons float over what stands there.
ui.caption(f"共 {len(shown)} 个采集源，需要处理的在前。")

reasons = [forms.reason(note, fault) for note, fault in zip(shown["note"], shown["fault"], strict=True)]
chosen = ui.pick(shown.assign(note=reasons), {
    "state_name": ui.Column("状态", width=92), "name": ui.Column("名称", width=210),
    "note": ui.Column("说明", width=300), "last_run_at": ui.Column("最近采集", "time"),
    "next_due_at": ui.Column("下次采集", "time"), "new_day": ui.Column("近24小时新增", "int"),
    "new_week": ui.Column("近7天新增", "int"), "failures": ui.Column("连续失败", "int"),
    "last_ok_at": ui.Column("最近成功", "time"), "collector_name": ui.Column("采集方式"),
    "platform_name": ui.Column("平台"), "account": ui.Column("账号"),
    "period_minutes": ui.Column("周期（分钟）", "int"), "address": ui.Column("地址"),
}, shown["source_id"], key="sources_table", word="source", alt="采集源及其状态")
if chosen is None:
    ui.caption("点选一行，可看采集记录和原始数据，也可立即采集、测试连接、停用或修改。")
    st.stop()
found = frame[frame["source_id"] == chosen]
if found.empty:
    ui.empty("链接里的采集源在这里找不到，可能已被删除。请在上面点选一行。", ":material/link_off:")
    st.stop()
forms.detail(found.iloc[0].to_dict())
