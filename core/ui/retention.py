"""原始数据保管 in the room 数据质量: how much room captures take and will take, how long they are kept, holds."""

import shutil
from datetime import date, datetime, timedelta

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import catalog, charts, clock, labels, retention
from core.settings import settings
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, said
from core.ui.parts import Card, caption, cards, empty, plain
from core.ui.table import Column, table

TOLD, YEAR = "retention", 365
_HOLDS = {
    "span": Column("采集日期", width=200), "platform": Column("来源", width=110), "reason": Column("依据", width=320),
    "who": Column("办理", width=110), "at": Column("时间", "time"), "state": Column("状态", width=90),
    "why": Column("解除依据", width=220),
}
_KINDS = {"kind_name": Column("类别", width=120), "captures": Column("份数", "int"),
          "size": Column("原文", width=110), "packed": Column("磁盘占用", width=110), "gone": Column("已清理", "int")}


def amount(size: float | None) -> str:
    """Bytes as people say them."""
    if size is None or pd.isna(size):
        return labels.MISSING
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:,.1f} {unit}"
    return f"{size / 1e3:,.0f} KB"


def panel(now: datetime) -> None:
    """Room taken, the rule, and the holds."""
    said(TOLD)
    frame = ask(retention.stored)
    if frame.empty:
        empty("还没有采集或导入过数据。")
        return
    free = shutil.disk_usage(settings().data_dir).free
    ahead = ask(retention.forecast, now.replace(minute=0, second=0), free // 10**8 * 10**8)
    _room(frame, ahead, now)
    _rule(now)
    _holds(now)


def _room(frame: pd.DataFrame, ahead: retention.Forecast, now: datetime) -> None:
    year = ahead.points[-1] if ahead.points else None
    cards([
        Card("原始数据", f"{labels.wan(int(frame['captures'].sum()))}份",
             help=f"原文合计 {amount(frame['size'].sum())}"),
        Card("磁盘占用", amount(ahead.now), help="压缩后的实际占用，相同内容只存一份"),
        Card("近期每日新增", amount(ahead.daily), help="近八周平均"),
        Card("一年后占用", amount(year.value) if year else labels.MISSING,
             help=f"80% 区间 {amount(year.low)} 至 {amount(year.high)}" if year else "积累两周数据后给出预测"),
        Card("磁盘剩余", amount(ahead.free), help="数据目录所在磁盘"),
        Card("预计可用", _days(ahead.full_in), help="按近期每日新增，不计清理"),
    ])
    waiting = look(retention.unmeasured)
    if waiting:
        caption(f"另有 {waiting:,} 份较早的原始数据尚未计入磁盘占用，后台正在补算。")
    today = clock.day_of(now)
    daily = frame.groupby("day")["packed"].sum().cumsum()
    past = pd.DataFrame({"day": [*daily.index, today], "value": [*daily.to_numpy() / 1e6, ahead.now / 1e6]})
    past = past[past["day"] >= today - timedelta(YEAR)].drop_duplicates("day", keep="last")
    st.altair_chart(charts.course(
        past, first=past["day"].min(), last=today + timedelta(YEAR), goal=None, unit="MB", value_name="磁盘占用",
        ahead=(year.value / 1e6, year.low / 1e6, year.high / 1e6) if year else None, steps=True, end_name="一年后",
        height=240), alt="原始数据磁盘占用及一年预测")
    kinds = frame.groupby("kind_name", as_index=False)[["captures", "size", "packed", "gone"]].sum()
    table(kinds.assign(size=[amount(one) for one in kinds["size"]], packed=[amount(one) for one in kinds["packed"]]),
          _KINDS, key="retention_kinds", alt="各类原始数据的份数和占用")


def _days(days: int | None) -> str:
    if days is None:
        return labels.MISSING
    return f"{days:,} 天" if days < 2 * YEAR else f"{days // YEAR} 年" if days < 10 * YEAR else "10 年以上"


def _rule(now: datetime) -> None:
    counts = look(retention.rule)
    st.markdown("**保管期限**")
    if counts is None:
        caption("未设期限，全部永久保管。")
    else:
        caption(f"有数据引用的保管{_months(counts.used_months)}，没有数据引用的（重复采集、没有新内容）"
                f"保管{_months(counts.idle_months)}；{counts.who} 于 {clock.local(counts.at):%Y-%m-%d %H:%M} 设定。")
    caption("到期只清理原文，采集记录和校验值永久留存。已签发报告的证明需要的、在保全范围内的、事件预警摘报引用的，一律不清理。")
    if (last := look(retention.last)) is not None:
        at, value = last
        kept = "，".join(f"{retention.WHY[code]} {number:,} 份" for code, number in value["kept"].items()
                         if code != "rule")
        caption(f"最近一次清理：{clock.local(at):%Y-%m-%d %H:%M}，清理 {value['gone']:,} 份，"
                f"释放 {amount(value['size'])}{f'；到期但保留：{kept}' if kept else ''}。")
    with st.container(horizontal=True), st.popover("设定保管期限", icon=":material/schedule:"):
        _form(counts, now)


def _months(number: int) -> str:
    return f" {number} 个月" if number else "永久"


def _form(counts, now: datetime) -> None:
    used = st.number_input("有数据引用的（月，0 为永久）", 0, retention.LONGEST, counts.used_months if counts else 0,
                           key="retention_used")
    idle = st.number_input("没有数据引用的（月，0 为永久）", 0, retention.LONGEST, counts.idle_months if counts else 12,
                           key="retention_idle")
    if st.button("试算", icon=":material/calculate:", key="retention_try"):
        st.session_state["retention_tried"] = (used, idle, look(_tried, used, idle, now))
    tried = st.session_state.get("retention_tried")
    if tried and tried[:2] == (used, idle):
        st.info(plain(tried[2]), icon=":material/calculate:")
    if st.button("确认设定", type="primary", key="retention_set") and do(
            lambda session: _set(session, used, idle, now), TOLD):
        st.session_state.pop("retention_tried", None)
        st.rerun()


def _tried(session: Session, used: int, idle: int, now: datetime) -> str:
    """What a rule would take at once; nothing is kept of the trial."""
    try:
        retention.set_rule(session, used, idle, who=WHO, now=now)
        found = retention.planned(session, now)
    except retention.BadInput as refused:
        return str(refused)
    finally:
        session.rollback()
    kept = "，".join(f"{retention.WHY[code]} {number:,} 份" for code, number in found.kept.items())
    return f"按此期限，现在会清理 {found.gone:,} 份，释放 {amount(found.size)}。保留：{kept or '无'}。"


def _set(session: Session, used: int, idle: int, now: datetime) -> str:
    retention.set_rule(session, used, idle, who=WHO, now=now)
    return "保管期限已设定，每日凌晨三点清理到期的原始数据。"


def _holds(now: datetime) -> None:
    st.markdown("**保全**")
    frame = look(retention.holds)
    known = {one.code: one.name for one in catalog.platforms()}
    with st.container(horizontal=True), st.popover("新增保全", icon=":material/gavel:"):
        _hold_form(known, now)
    if frame.empty:
        caption("没有保全。因案件、审计、信访需要保全某段时间的原始数据的，在此登记，登记期间不受保管期限影响。")
        return
    shown = frame.assign(
        span=[f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}" if last else f"{first:%Y-%m-%d} 起"
              for first, last in zip(frame["first"], frame["last"], strict=True)],
        platform=[known.get(code, code) or "全部来源" for code in frame["platform"]],
        state=["保全中" if pd.isna(at) else "已解除" for at in frame["lifted_at"]])
    row = table(shown, _HOLDS, key="retention_holds", select=True, alt="保全登记")
    if row is None or not pd.isna(frame["lifted_at"].iloc[row]):
        return
    with st.container(border=True):
        id_ = int(frame["id"].iloc[row])
        why = st.text_input("解除依据", key=f"retention_why_{id_}", max_chars=retention.REASON)
        if st.button("解除保全", key=f"retention_lift_{id_}") and do(
                lambda session: _lifted(session, id_, why, now), TOLD):
            st.rerun()


def _hold_form(known: dict[str, str], now: datetime) -> None:
    today = clock.day_of(now)
    first = st.date_input("采集日期从", today, key="retention_first", format="YYYY-MM-DD")
    last = st.date_input("到（不填为持续保全）", None, key="retention_last", format="YYYY-MM-DD")
    platform = st.selectbox("来源", ["", *known], key="retention_platform",
                            format_func=lambda code: known.get(code, "全部来源"))
    reason = st.text_area("依据", key="retention_reason", max_chars=retention.REASON,
                          placeholder="如：某案件取证，办案单位和文号")
    if st.button("确认保全", type="primary", key="retention_hold") and do(
            lambda session: _held(session, first, last, platform, reason, now), TOLD):
        st.rerun()


def _held(session: Session, first: date, last: date | None, platform: str, reason: str, now: datetime) -> str:
    retention.hold(session, first, last, platform=platform, reason=reason, who=WHO, now=now)
    return "已登记保全。"


def _lifted(session: Session, id_: int, why: str, now: datetime) -> str:
    retention.lift(session, id_, why=why, who=WHO, now=now)
    return "已解除保全。"
