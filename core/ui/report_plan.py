"""日程 in the room 报告中心: what is due, done, late and at risk in a year, on one calendar, with the rules behind."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from core import charts, clock, labels
from core.report import schedule
from core.report.schedule import Due
from core.ui import report_order, report_rules
from core.ui.ask import look
from core.ui.deeds import WHO, do, said
from core.ui.parts import Card, caption, cards, empty, link, plain
from core.ui.table import Column, table

TOLD = "report_plan"
_WANTED = ("late", "held", "review", "failed", "risk", "due")
"""States that want somebody's attention."""
_COLUMNS = {
    "state": Column("状态", width=90), "rule": Column("计划", width=150), "period": Column("时段", width=170),
    "platform": Column("平台", width=100), "ends": Column("期限", "time"), "issued": Column("签发", "time"),
    "coverage": Column("覆盖率", "percent", width=80), "why": Column("说明", width=360),
}


def page(now: datetime) -> None:
    """The year's calendar, what wants attention, the rules."""
    said(TOLD)
    this = clock.day_of(now).year
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.segmented_control("年度", [this - 1, this, this + 1], default=this, required=True,
                                      key="plan_year", format_func=lambda year: f"{year}年")
        with st.popover("编报计划", icon=":material/edit_calendar:"):
            report_rules.rules(now)
    found = look(schedule.year, number, now)
    if not found:
        empty(f"{number}年没有编报计划。点“编报计划”添加，或等后台按默认计划生成。")
        return
    _sums(found)
    chart = charts.plan(_months(found), states=labels.REPORT_STATES)
    st.altair_chart(chart, alt=f"{number}年编报日程：每月各计划的完成情况")
    _list(found, now)


def _sums(found: Sequence[Due]) -> None:
    states = Counter(one.state for one in found)
    done = states["done"] + states["overdone"]
    ended = len(found) - states["ahead"] - states["risk"] - states["skipped"]
    cards([
        Card("全年应编", labels.thousands(len(found) - states["skipped"])),
        Card("已完成", labels.thousands(done), help=f"其中逾期完成 {states['overdone']} 份"),
        Card("到期未编", labels.thousands(ended - done), help="含暂缓、待审核、失败和逾期"),
        Card("逾期", labels.thousands(states["late"])),
        Card("有风险", labels.thousands(states["risk"]), help="本期未结束，数据覆盖率低于要求"),
    ])
    by_kind = Counter(labels.REPORT_KINDS[one.order.kind] for one in found if one.state != "skipped")
    made = Counter(labels.REPORT_KINDS[one.order.kind] for one in found if one.state in ("done", "overdone"))
    caption("全年" + "，".join(f"{kind} {many} 份（已完成 {made[kind]}）" for kind, many in by_kind.items()) + "。")


def _months(found: Sequence[Due]) -> pd.DataFrame:
    """By rule and the month in which the period ends: how many of how many are done, and the state that wants most
    attention."""
    order = list(labels.REPORT_STATES)
    cells: dict[tuple[str, int], list[str]] = {}
    for one in sorted(found, key=lambda one: one.rule_id):
        cells.setdefault((one.rule, one.period.last.month), []).append(one.state)
    return pd.DataFrame([
        {"row": rule, "month": month, "state": min(states, key=order.index),
         "done": sum(state in ("done", "overdone", "skipped") for state in states), "all": len(states)}
        for (rule, month), states in cells.items()])


def _list(found: Sequence[Due], now: datetime) -> None:
    wanted = [one for one in found if one.state in _WANTED]
    ways = {"待办": wanted, "已完成": [one for one in found if one.state in ("done", "overdone", "skipped")],
            "全部": list(found)}
    way = st.segmented_control("清单", list(ways), default="待办", required=True, key="plan_list",
                               format_func=lambda one: f"{one} {len(ways[one])}")
    chosen = ways[way]
    if not chosen:
        caption("没有待办：到期的都已编制，未到期的数据正常。" if way == "待办" else "没有。")
        return
    order = list(labels.REPORT_STATES)
    if way == "待办":
        chosen = sorted(chosen, key=lambda one: (order.index(one.state), one.ends))
    frame = pd.DataFrame([
        {"state": labels.REPORT_STATES[one.state], "rule": one.rule, "period": one.period.label,
         "platform": one.platform, "ends": one.ends, "issued": one.issued_at, "coverage": one.coverage,
         "why": one.why} for one in chosen])
    for name in ("ends", "issued"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    if way == "待办":
        _write_all([one for one in chosen if one.state in ("due", "late") and one.opens <= now])
    row = table(frame, _COLUMNS, key=f"plan_{way}_{len(chosen)}", select=True, alt=f"编报{way}清单")
    if row is None:
        caption("点选一行可打开编制、查看已签发的报告，或写明不需编报。")
        return
    _deeds(chosen[row], now)


def _write_all(due: Sequence[Due]) -> None:
    """All that is due, one after the other, as its rules want."""
    if len(due) < 2 or not st.button(f"编制全部到期的 {len(due)} 份", icon=":material/done_all:", key="plan_all"):
        return
    bar, came = st.progress(0.0, "正在开始…"), Counter()
    for number, one in enumerate(due):
        bar.progress(number / len(due), f"{number + 1}/{len(due)}　{one.period.label}　{plain(one.platform)}")
        came[labels.REPORT_TASKS[schedule.write(one, now=clock.now())]] += 1
    st.session_state[f"{TOLD}_said"] = "，".join(f"{word} {many} 份" for word, many in came.items()) + "。"
    st.rerun()


def _deeds(one: Due, now: datetime) -> None:
    which = (one.rule_id, one.order.platform, one.period.code)
    key = f"plan_{'_'.join(map(str, which))}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(one.rule)}　{one.period.label}　{plain(one.platform)}**")
        if one.edition_id is not None:
            link("reports", "查看已签发的报告", icon=":material/open_in_new:", edition=one.edition_id)
        elif one.opens <= now and st.button("打开编制", icon=":material/edit_document:", key=f"{key}_open"):
            report_order.open_order(one.order, one.platform, one.dress)
        if one.edition_id is None and one.state in ("held", "failed", "late", "due") and one.opens <= now and st.button(
                "立即编制", icon=":material/play_arrow:", key=f"{key}_now"):
            with st.spinner("正在编制…", show_time=True):
                state = schedule.write(one, now=clock.now())
            st.session_state[f"{TOLD}_said"] = f"{one.rule} {one.period.label}：{labels.REPORT_TASKS[state]}。"
            st.rerun()
        if one.edition_id is None and one.state != "skipped":
            with st.popover("不需编报", icon=":material/block:"):
                why = st.text_input("原因", key=f"{key}_why", max_chars=100, placeholder="如：本期并入季报")
                if st.button("确定", type="primary", key=f"{key}_skip"):
                    _done(lambda session: schedule.skip(session, *which, why, who=WHO, now=clock.now()),
                          "已记为不需编报，可随时恢复。")
        elif one.state == "skipped" and st.button("恢复", icon=":material/undo:", key=f"{key}_back"):
            _done(lambda session: schedule.unskip(session, *which, who=WHO, now=clock.now()), "已恢复到编报日程。")


def _done(deed, words: str) -> None:
    if do(lambda session: (deed(session), words)[1], TOLD):
        st.rerun()
