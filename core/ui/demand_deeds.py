"""What can be done with demands: look at one, put several into a problem, take them out, make an incident of them."""

from collections.abc import Callable, Sequence
from zlib import crc32

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.demands import deeds
from core.query import demands as query
from core.query.demands import DemandChoices
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.demands_filter import TOLD
from core.ui.parts import caption

_SUMMARY = 200


def done(deed: Callable[[Session], str]) -> None:
    """Carry out a deed; the ticks are gone after it."""
    if do(deed, TOLD):
        st.session_state["demands_turn"] = st.session_state.get("demands_turn", 0) + 1
        st.rerun()


def bar(picked: pd.DataFrame, offered: DemandChoices, *, key: str) -> None:
    """What can be done with the ticked demands."""
    ids = [int(one) for one in picked["id"]]
    nothing = not ids
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("查看", icon=":material/visibility:", key=f"{key}_open", disabled=len(ids) != 1,
                     help="勾选一件后可查看全文、答复和变更"):
            st.query_params["demand"] = str(ids[0])
            st.rerun()
        with st.popover("归入问题", icon=":material/merge:", disabled=nothing):
            into(ids, key)
        if st.button("移出，另立问题", icon=":material/call_split:", key=f"{key}_out", disabled=nothing,
                     help="所选诉求单独成为一个问题；以后自动归并时保持不动"):
            done(lambda session: f"已另立问题 {deeds.move(session, ids, None, who=WHO, now=clock.now())}，"
                 f"含 {len(ids)} 件诉求。")
        with st.popover("加入事件、立案", icon=":material/folder_open:", disabled=nothing):
            join(picked, offered, key)
        if ids:
            caption(f"已勾选 {len(ids)} 件")


def into(ids: Sequence[int], key: str) -> None:
    """Put demands into another problem."""
    number = problem_chosen("归入哪个问题", f"{key}_into")
    if st.button("确定归入", type="primary", key=f"{key}_into_go", disabled=number is None):
        done(lambda session: f"已把 {len(ids)} 件诉求归入问题 "
             f"{deeds.move(session, ids, number, who=WHO, now=clock.now())}。")


def problem_chosen(label: str, key: str, but: int | None = None) -> int | None:
    """A problem chosen by its name; None while none is."""
    names = ask(query.problem_names, but)
    return st.selectbox(label, list(names), None, format_func=names.get, key=key,
                        placeholder="输入名称中的字或编号查找")


def join(picked: pd.DataFrame, offered: DemandChoices, key: str, title: str = "", summary: str = "") -> None:
    """Add demands to an incident, or open one about them with name and summary filled in."""
    held = dict(offered.incidents)
    first = (title or (picked["title"].iloc[-1] if len(picked) else ""))[:60]
    summary = (summary or drafted(picked))[:_SUMMARY]
    # Other words are other fields: a field that is there keeps what stands in it.
    mark = f"{key}_{crc32(f'{first}{summary}{len(picked)}'.encode())}"
    target = st.selectbox("事件", [0, *held], format_func=lambda id_: held.get(id_, "新建事件"), key=f"{mark}_incident")
    name, level, words = "", "yellow", ""
    if not target:
        name = st.text_input("事件名称", first, key=f"{mark}_title", max_chars=60)
        level = st.segmented_control("等级", list(labels.LEVELS), default="yellow", format_func=labels.LEVELS.get,
                                     key=f"{mark}_level", required=True)
        words = st.text_area("事件摘要", summary, key=f"{mark}_summary", max_chars=_SUMMARY)
    if st.button("确定", type="primary", key=f"{mark}_join"):
        mentions = sorted({int(one) for one in picked["mention_id"]})
        towns = {one for one in picked["town"] if isinstance(one, str) and one}
        units = {int(one) for one in picked["unit_id"].dropna()}

        def deed(session: Session) -> str:
            if target:
                number = incidents.link(session, target, mentions, who=WHO, now=clock.now())
                return f"已把 {number} 件诉求加入事件“{held[target]}”。"
            made = incidents.open_(
                session, name, level, mentions, summary=words, town=next(iter(towns)) if len(towns) == 1 else "",
                unit_id=next(iter(units)) if len(units) == 1 else None, who=WHO, now=clock.now())
            return f"已新建事件“{made.title}”，在“事件处置”中继续。"

        done(deed)


def drafted(picked: pd.DataFrame) -> str:
    """A summary of demands by their figures."""
    if picked.empty:
        return ""
    first, last = (f"{clock.local(one):%m月%d日}" for one in (picked["asked_at"].min(), picked["asked_at"].max()))
    towns = picked["town"].dropna()
    towns = towns[towns != ""].value_counts()
    where = f"，涉及{'、'.join(towns.index[:3])}{'等' if len(towns) > 3 else ''}" if len(towns) else ""
    over = int(picked["overdue"].sum())
    return (f"{first}至{last}收到群众诉求 {len(picked)} 件{where}" + (f"，其中 {over} 件超期未答复" if over else "")
            + "。" + f"反映：{picked['title'].iloc[-1][:60]}。")
