"""Single answers in the room 满意度: what people wrote, striking out and taking that back, what was refused."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db
from core.query import satisfaction as query
from core.query.scope import Filter
from core.survey import answers
from core.ui.ask import look
from core.ui.deeds import WHO, do
from core.ui.export import export
from core.ui.parts import caption, empty
from core.ui.satisfaction import TOLD
from core.ui.table import Column, table

SHOWN = 500
"""Rows on the screen; the export has them all."""
STATES = {"text": "有意见的", "": "全部答卷", "waiting": "待核的", "struck": "已剔除的"}
_STATES = {"counted": "计入", "waiting": "待核", "struck": "已剔除"}
_COLUMNS = {
    "at": Column("时间", "time"), "unit": Column("单位", width=170), "level": Column("总体", width=80),
    "text": Column("意见和建议", width=330), "aspects": Column("分项", width=220), "channel": Column("渠道"),
    "place": Column("点位"), "source": Column("来源"), "state_name": Column("状态", width=80),
    "why": Column("理由"), "who": Column("经手"), "judged_at": Column("经手时间", "time"), "id": Column("编号", "int"),
}


def section(where: Filter, first: date, last: date) -> None:
    """The answers, searched; the ticked ones are struck out or let count."""
    waits = look(query.waiting)
    if waits:
        st.warning(f"有 {waits} 份答卷待核：短时间内来自同一网络的多份（如大厅共用网络，也可能是刷票）。"
                   "未经核对不计入统计；请在“待核的”中逐份或整批处理。", icon=":material/rule:")
    with st.container(horizontal=True, vertical_alignment="center"):
        state = st.segmented_control("范围", list(STATES), default="text", format_func=STATES.get, key="sat_state",
                                     required=True, label_visibility="collapsed")
        words = st.text_input("意见中包含", key="sat_words", max_chars=40, width=240, label_visibility="collapsed",
                              placeholder="搜索意见，空格隔开多个词")
    found = look(query.written, first, last, where.units, where.kinds, words.strip(), state)
    if found.empty:
        empty("没有符合条件的答卷。可换一个范围或词，或放宽月份和单位。")
    else:
        found = found.assign(state_name=found["state"].map(_STATES))
        shown = found.head(SHOWN)
        caption(f"共 {len(found):,} 份" + (f"，只列最新的 {SHOWN} 份，导出为全部" if len(found) > SHOWN else "")
                + "。文字中的电话、证件号和能识别的姓名在收下时已隐去。勾选后可剔除或计入。")
        held = st.container()
        turn = st.session_state.setdefault("sat_turn", 0)
        rows = table(shown, _COLUMNS, key=f"sat_answers_{turn}", select=True, many=True, alt="答卷", height=420)
        with held:
            _deeds(shown.iloc[rows])
        export(found, _COLUMNS, f"满意度答卷 {first} 至 {last}", "剔除的保留原样，注明经手人和理由",
               key="sat_answers_out")
    _refused(first, last)


# --- Parts ----------------------------------------------------------------------------------------------------------


def _deeds(ticked: pd.DataFrame) -> None:
    if ticked.empty:
        return
    ids = [int(one) for one in ticked["id"]]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input("理由", key="sat_why", max_chars=answers.MAX_WHY, width=320,
                            placeholder="如：同一人重复填写、与事项无关的乱填")
        if (ticked["state"] != "struck").any() and st.button(
                f"剔除 {len(ids)} 份", icon=":material/delete_sweep:", key="sat_strike"):
            _done(lambda session: f"已剔除 {answers.strike(session, ids, why=why, who=WHO, now=clock.now())} 份答卷，"
                                  "可在“已剔除的”中恢复。")
        if (ticked["state"] != "counted").any() and st.button(
                f"计入统计 {len(ids)} 份", icon=":material/task_alt:", key="sat_count"):
            _done(lambda session: f"已计入 {answers.count(session, ids, why=why, who=WHO, now=clock.now())} 份答卷。")


def _done(deed: Callable[[Session], str]) -> None:
    def whole(session: Session) -> str:
        words = deed(session)
        db.bump(session, clock.now())
        return words

    if do(whole, TOLD):
        st.session_state["sat_turn"] = st.session_state.get("sat_turn", 0) + 1
        st.rerun()


def _refused(first: date, last: date) -> None:
    found = look(query.refused, first, last)
    with st.expander(f"未收下的提交（{int(found['number'].sum()):,} 次）", icon=":material/shield:"):
        if found.empty:
            caption("这段时间没有拒收过提交。")
            return
        reasons = found.groupby("reason", as_index=False)["number"].sum().sort_values("number", ascending=False)
        left, right = st.columns([2, 3])
        with left:
            table(reasons, {"reason": Column("原因"), "number": Column("次数", "int")}, key="sat_refused_reason",
                  alt="未收下的原因")
        with right:
            table(found, {"day": Column("日期", "date"), "reason": Column("原因"), "number": Column("次数", "int")},
                  key="sat_refused", alt="未收下的提交", height=260 if len(found) > 6 else "auto")
        caption("“填写过快”“内容不合格”的页面会请填写人更正后再提交，其中不少随后已收下。"
                "拒收的只计数，不保存内容和网络地址。")
