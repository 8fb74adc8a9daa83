"""设置 in the room 绩效目标: a year's targets changed, added, taken out; the year closed."""

from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core.metrics.targets import COMPARISONS
from core.periods import NAMES
from core.query import scope
from core.targets import kept
from core.targets.year import Assessed, Year
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.parts import caption, plain
from core.ui.table import Column, pick

TOLD = "targets"
_COLUMNS = {
    "name": Column("指标名称", width=180), "dimension": Column("类别", width=90), "aim": Column("目标值", width=90),
    "weight": Column("分值", "number", width=70), "measure": Column("计量方法", width=110),
    "note": Column("说明", width="large"),
}


def section(found: Year) -> None:
    """The targets as data, and the picked one's form."""
    weight = f"分值合计 {found.weight:g}" + ("" if found.weight == 100 else "，通常应为 100")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{found.number}年共 {len(found.targets)} 项，{weight}", width="stretch")
        _close(found)
    frame = pd.DataFrame([{"name": one.name, "dimension": one.dimension, "aim": one.aim, "weight": one.weight,
                           "measure": kept.MEASURES[one.measure].name, "note": one.note} for one in found.targets])
    chosen = pick(frame, _COLUMNS, [one.id for one in found.targets], key=f"targets_set_{found.number}",
                  alt="绩效目标", height="content")
    if found.closed:
        caption("这一年的绩效目标已封存，不能修改。")
        return
    one = next((one for one in found.targets if one.id == chosen), None)
    if one is None:
        caption("点选一项修改或删除；下面可以新增。")
    with st.expander(f"修改“{plain(one.name)}”" if one else "新增一项", icon=":material/edit:" if one else
                     ":material/add:", expanded=one is not None):
        _form(found, one)
        if one is not None:
            _remove(one)


def _close(found: Year) -> None:
    word = "解除封存" if found.closed else "封存本年"
    with st.popover(word, icon=":material/lock_open:" if found.closed else ":material/lock:"):
        st.write("解除后可以再改目标、填报和说明。" if found.closed else
                 "封存后目标、填报和说明不能再改，可以解除。上报的内容请在“自评表”中签发存档。")
        if st.button(f"确认{word}", type="primary", key=f"targets_close_{found.number}"):
            _do(lambda session: kept.close_year(session, found.number, not found.closed, who=WHO, now=clock.now()),
                f"{found.number}年绩效目标已{'解除封存' if found.closed else '封存'}。")


def _remove(one: Assessed) -> None:
    with st.popover("删除这项", icon=":material/delete:"):
        entered = "连同填报的记录一起删除，不能恢复。" if one.measure == "manual" else "不能恢复，可以重新新增。"
        st.markdown(f"删除“{plain(one.name)}”？{entered}")
        if st.button("确认删除", key=f"target_remove_{one.id}"):
            _do(lambda session: kept.remove(session, one.id, who=WHO, now=clock.now()), f"已删除“{one.name}”。")


def _form(found: Year, one: Assessed | None) -> None:
    turn = st.session_state.get("targets_turn", 0)
    key = f"target_set_{one.id}" if one else f"target_new_{found.number}_{turn}"
    left, right = st.columns(2)
    name = left.text_input("指标名称", one.name if one else "", key=f"{key}_name", max_chars=kept.NAME)
    dimension = right.selectbox("类别", kept.DIMENSIONS, kept.DIMENSIONS.index(one.dimension) if one else 0,
                                key=f"{key}_dimension")
    measures = list(kept.MEASURES)
    measure = left.selectbox("计量方法", measures, measures.index(one.measure) if one else measures.index("manual"),
                             key=f"{key}_measure", format_func=lambda code: kept.MEASURES[code].name)
    how = kept.MEASURES[measure]
    right.markdown(f"  \n:small[:gray[{how.help}]]")
    codes = list(COMPARISONS)
    comparison = left.segmented_control("比较", codes, default=one.comparison if one else "ge", required=True,
                                        key=f"{key}_comparison", format_func=_COMPARED.get)
    by = 100 if how.share else 1
    unit = kept.SHARE
    with right.container(horizontal=True):
        goal = st.number_input(f"目标值{'（%）' if how.share else ''}", 0.0, step=1.0, key=f"{key}_goal_{by}",
                               value=float(one.goal * by) if one and one.measure == measure else 0.0, format="%g")
        if not how.share:
            unit = st.text_input("单位", one.unit if one and one.unit != kept.SHARE else "个", key=f"{key}_unit",
                                 max_chars=kept.UNIT, width=90)
    options = _options(measure, dict(one.options) if one and one.measure == measure else {}, key)
    weight = left.number_input("分值", 0.0, 100.0, float(one.weight) if one else 0.0, 1.0, key=f"{key}_weight",
                               format="%g")
    note = st.text_area("说明（来源、依据）", one.note if one else "", key=f"{key}_note", max_chars=kept.TEXT,
                        height=80)
    if not st.button("保存", type="primary", key=f"{key}_save"):
        return

    def deed(session: Session) -> None:
        kept.save(session, name=name, dimension=dimension, measure=measure, comparison=comparison,
                  goal=round(float(goal) / by, 8), unit=unit, weight=float(weight), note=note, options=options,
                  year=found.number, id_=one.id if one else None, who=WHO, now=clock.now())

    if _do(deed, f"已保存“{name}”。", rerun=False):
        st.session_state["targets_turn"] = turn + 1
        st.rerun()


_COMPARED = {"ge": "不低于", "eq": "等于", "le": "不高于"}


def _options(measure: str, held: dict[str, Any], key: str) -> dict[str, Any]:
    """What a measure has to be told."""
    if measure == "reports":
        return _reports(held, key)
    if measure == "platforms":
        left, right = st.columns(2)
        days = left.number_input("近几天内采集成功", 1, 60, int(held.get("days", 7)), key=f"{key}_days")
        only = right.toggle("只计平台目录中标为重要的", bool(held.get("important", True)), key=f"{key}_important")
        return {"days": int(days), "important": only}
    if measure == "followers":
        by_hand = st.toggle("基数由人填写（不取上年末的读数）", held.get("baseline") is not None, key=f"{key}_by_hand")
        if not by_hand:
            return {}
        left, right = st.columns(2)
        base = left.number_input("基数（粉丝总数）", 0.0, step=1.0, value=float(held.get("baseline") or 0), format="%g",
                                 key=f"{key}_baseline")
        why = right.text_input("依据", held.get("baseline_why", ""), key=f"{key}_baseline_why", max_chars=100,
                               placeholder="如：上年度绩效自评表")
        return {"baseline": float(base), "baseline_why": why.strip()}
    return {}


def _reports(held: dict[str, Any], key: str) -> dict[str, Any]:
    left, right = st.columns(2)
    kinds = left.multiselect("计哪几种报告", kept.COUNTED_KINDS, held.get("kinds", ()), key=f"{key}_kinds",
                             format_func=labels.REPORT_KINDS.get, placeholder="请选择")
    spans = right.multiselect("周期（不选为全部）", list(NAMES), held.get("spans", ()), key=f"{key}_spans",
                              format_func=NAMES.get, placeholder="全部")
    offered = dict(ask(scope.choices).platforms)
    platforms = left.multiselect("平台（不选为全部）", list(offered),
                                 [code for code in held.get("platforms", ()) if code in offered],
                                 key=f"{key}_platforms", format_func=lambda code: plain(offered[code]),
                                 placeholder="全部")
    each = right.number_input("每个平台至多计几份（0 不限）", 0, 366, int(held.get("each", 0)), key=f"{key}_each")
    return {"kinds": kinds} | ({"spans": spans} if spans else {}) | (
        {"platforms": platforms} if platforms else {}) | ({"each": int(each)} if each else {})


def _do(deed, words: str, *, rerun: bool = True) -> bool:
    def whole(session: Session) -> str:
        deed(session)
        return words

    done = do(whole, TOLD)
    if done and rerun:
        st.rerun()
    return done
