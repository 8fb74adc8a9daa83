"""The list of digests, the form that begins one, and taking things into one from other rooms."""

from collections.abc import Collection
from datetime import timedelta

import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core import digests as kept
from core.query import digests as query
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.export import export
from core.ui.parts import caption, empty
from core.ui.table import Column, table

TOLD = "digests"
COLUMNS = {
    "day": Column("日期", "date", pinned=True), "issue": Column("期号"), "title": Column("标题", width="large"),
    "items": Column("条目", "int"), "state": Column("状态"), "version": Column("版次", "int"),
    "issued_at": Column("签发时间", "time"), "made_by": Column("编辑"), "updated_at": Column("最近修改", "time"),
}
_STATES = ("全部", "草稿", "已签发", "签发后有修改", "已作废")


def section() -> None:
    """All digests; one that is picked opens."""
    frame = ask(query.listed)
    today = clock.day_of(clock.now())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("编今天的摘报", icon=":material/add:", type="primary", key="digest_today"):
            _begin(today, "")
        with st.popover("另选日期", icon=":material/event:"):
            day = st.date_input("日期", today - timedelta(days=1), key="digest_day", format="YYYY-MM-DD")
            title = st.text_input("标题（可不填）", key="digest_title", max_chars=kept.TITLE,
                                  placeholder=f"{day.month}月{day.day}日舆情摘报")
            if st.button("新建", type="primary", key="digest_begin"):
                _begin(day, title)
        state = st.segmented_control("状态", _STATES, default="全部", key="digest_state", required=True,
                                     bind="query-params", label_visibility="collapsed")
    if frame.empty:
        empty("还没有编过舆情摘报。点“编今天的摘报”，系统会列出当天值得编入的事件、信息和话题。")
        return
    shown = frame if state == "全部" else frame[frame["state"] == state].reset_index(drop=True)
    if shown.empty:
        empty(f"没有状态为“{state}”的摘报。")
        return
    shown = shown.assign(issue=[f"{day.year}年第{int(number)}期" if number == number and number else labels.MISSING
                                for day, number in zip(shown["day"], shown["number"], strict=True)])
    row = table(shown, COLUMNS, key=f"digests_{st.session_state.get('digests_visit', 0)}", select=True,
                alt="舆情摘报列表")
    caption("点选一期打开。期号在首次签发时按年编排。")
    export(shown, COLUMNS, "舆情摘报目录", key="digests")
    if row is not None:
        open_digest(int(shown["id"][row]))


def open_digest(digest_id: int) -> None:
    """Show a digest in this room."""
    st.query_params["digest"] = str(digest_id)
    st.rerun()


def _begin(day, title: str) -> None:
    made = []

    def deed(session: Session) -> str:
        last = ask(query.last_sent_to)
        made.append(kept.begin(session, day, title, sent_to=last, who=WHO, now=clock.now()).id)
        return "已新建摘报。从“候选”里勾选要编入的内容，或在其他页面点“编入摘报”。"

    if do(deed, TOLD):
        open_digest(made[0])


def take_in(kind: kept.Kind, ids: Collection[int], told: str, key: str) -> bool:
    """Which digest to take these into, and the button that does it; whether it was done. For popovers of other
    rooms."""
    held = dict(ask(query.open_ones))
    target = st.selectbox("摘报", [*held, 0], format_func=lambda id_: held.get(id_, "新编今天的摘报"),
                          key=f"{key}_digest_{len(held)}")
    chosen = st.selectbox("栏目", ["", *labels.DIGEST_SECTIONS], format_func=lambda one: one or "自动判断",
                          key=f"{key}_digest_section")
    if not st.button("编入", type="primary", key=f"{key}_digest_add", disabled=not ids):
        return False

    def deed(session: Session) -> str:
        now = clock.now()
        into = target or kept.begin(session, clock.day_of(now), sent_to=ask(query.last_sent_to), who=WHO, now=now).id
        number = kept.add(session, into, kind, ids, chosen, who=WHO, now=now)
        return f"已编入 {number} 条，在“舆情摘报”中继续。" if number else "这些内容已经在这期摘报里。"

    return do(deed, told)
