"""月度核验 in the room 数据质量: the months, what a verification found, asking for one, accepting a month."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import streamlit as st

from core import clock, labels
from core.clock import Month
from core.metrics.accuracy import rate
from core.models import Verification
from core.recheck import accuracy, months
from core.recheck.findings import KINDS, WHAT, remedy
from core.recheck.pointed import PARTS
from core.reconcile import kept
from core.ui import captured
from core.ui.ask import look
from core.ui.deeds import WHO, do, said
from core.ui.parts import caption, empty, plain
from core.ui.runs import preview
from core.ui.table import Column, table

TOLD = "verification"
_MONTHS = {
    "month": Column("月份", width=100), "state": Column("核验", width=90), "accuracy": Column("准确率", width=100),
    "figures": Column("核对数字", "int"), "wrong": Column("不符", "int"), "trusted": Column("无法核验", "int"),
    "waiting": Column("待汇总账号日", "int"), "finished_at": Column("核验时间", "time"),
    "signed_by": Column("签认", width=110), "signed_at": Column("签认时间", "time"),
}
_FOUND = {
    "kind": Column("问题", width=150), "what": Column("对象", width=100), "account": Column("账号", width=150),
    "day": Column("日期", width=100), "stored": Column("库中", width=190), "expected": Column("原始数据", width=190),
    "remedy": Column("办法", width=320), "note": Column("说明", width=260),
}
_OTHER = {
    "followers": "粉丝数", "new": "新增", "lost": "取消", "title": "标题", "url": "链接", "kind": "类型",
    "push_id": "推送", "published_at": "发布时间", "timed": "时刻已知", "position": "位置", "original": "原创",
    "day": "日期", "capture": "原始数据", "posts": "发布数", "pushes": "推送数", "headlines": "头条数",
    "known": "掌握天数", "by_day": "逐日发布数", "value": "指数", "place": "名次", "active_users": "活跃用户",
    "state": "状态", "gone_at": "删除时间", "text": "正文", "author": "作者", "platform": "平台",
    "new_users": "新增用户", "total_users": "累计用户", "launches": "启动次数", "downloads": "下载量", "rating": "评分",
}
_PARTS = {"": "", "_known": "（有读数篇数）", "_capped": "（下限篇数）", "_tolerance": "（误差）", "_max": "（最大）"}


def panel(now: datetime) -> None:
    """The months, and the chosen one's verification."""
    said(TOLD)
    caption("从采集时留存的原始数据重新推算每一个数字，与库中逐一比对。准确率 = 相符的数字 ÷ 核对的数字；"
            "原始数据丢失或不能重新解析的单列为“无法核验”，不算对也不算错。每日凌晨自动核验上月和本月，并补核较早的月份。")
    found = look(months.months, now)
    if found.empty:
        empty("还没有可以核验的数据。")
        return
    shown = found.assign(
        month=[f"{month.year}年{month.month}月" for month in found["month"]],
        state=[labels.VERIFICATIONS.get(state, "未核验") for state in found["state"]],
        accuracy=[rate(_int(figures), _int(wrong)) for figures, wrong in zip(
            found["figures"], found["wrong"], strict=True)])
    row = table(shown, _MONTHS, key="verify_months", select=True, alt="各月核验情况",
                height=320 if len(shown) > 8 else "auto")
    chosen = st.query_params.get("verify", "")
    if row is not None:
        chosen = st.query_params["verify"] = f"{found['month'].iloc[row]:%Y-%m}"
    if not chosen:
        caption("点选一个月，可立即核验、查看不符的数字、签认。")
        return
    match = found[[f"{month:%Y-%m}" == chosen for month in found["month"]]]
    if match.empty:
        return
    with st.container(border=True):
        _month(match["month"].iloc[0], match.iloc[0], now)


def _int(value) -> int | None:
    return None if pd.isna(value) else int(value)


def _month(month: date, row: pd.Series, now: datetime) -> None:
    one = look(months.newest, month)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{month.year}年{month.month}月**")
        running = one is not None and one.state in ("waiting", "running")
        if st.button("立即核验", icon=":material/fact_check:", key=f"verify_{month}", disabled=running) and do(
                lambda session: _asked(session, month), TOLD):
            st.rerun()
        if one is not None and one.state == "done" and Month.of(month).last < clock.day_of(now):
            _sign(one)
    if running:
        _wait(month)
        return
    if one is None:
        caption("这个月还没有核验过。")
        return
    if one.state == "failed":
        st.error(plain(one.note), icon=":material/error:")
        return
    if row["signed_by"]:
        st.success(plain(f"{row['signed_by']} 于 {clock.local(row['signed_at']):%Y-%m-%d %H:%M} 签认"
                         + (f"：{row['why']}" if row["why"] else "")), icon=":material/verified:")
    number, held = look(kept.of_month, month)
    if number:
        caption(f"对账 {number} 次：{kept.words(held)}。逐项见本页“对账”。")
    _findings(one)


def _asked(session, month: date) -> str:
    months.ask(session, month, who=WHO, now=clock.now())
    return f"{month.year}年{month.month}月已排队核验，后台完成后自动显示。"


@st.fragment(run_every="3s")
def _wait(month: date) -> None:
    """Looks again until it is done."""
    one = look(months.newest, month)
    if one is None or one.state not in ("waiting", "running"):
        st.rerun()
    caption("正在核验…" if one.state == "running" else "已排队，等待后台处理…")


def _findings(one: Verification) -> None:
    caption(f"核对数字 {one.figures:,} 个，不符 {one.wrong:,} 个，无法核验 {one.trusted:,} 个；"
            f"读取原始数据 {one.captures:,} 份、{one.size / 1e6:,.1f} MB。")
    if one.waiting:
        caption(f"另有 {one.waiting:,} 个账号日待汇总，未参加核验。")
    words = one.said
    if words:
        caption(f"舆情信息的平台、标题、正文、链接、作者、时间：核对 {words['figures']:,} 项，"
                f"不符 {words['wrong']:,} 项，无法核验 {words['trusted']:,} 项；不计入准确率。")
    if not one.findings and not words.get("findings"):
        st.success("全部相符。", icon=":material/check_circle:")
        return
    for found, number, key in ((one.findings, one.found, "found"),
                               (words.get("findings", []), words.get("found", 0), "said")):
        if found:
            findings(found, f"verify_{key}_{one.id}")
            if number > len(found):
                caption(f"共 {number:,} 处，只列出前 {len(found):,} 处。")


def findings(found: Sequence[Mapping[str, Any]], key: str) -> None:
    """What is not right, each with the way to mend it; a picked one shows its captured bytes."""
    frame = pd.DataFrame([
        {"kind": KINDS[one["kind"]], "what": WHAT[one["what"]],
         "account": one["account"] or labels.MISSING, "day": one["day"] or labels.MISSING,
         "stored": _words(one["stored"]), "expected": _words(one["expected"]),
         "remedy": remedy(one["what"], one["kind"]), "note": one["note"]} for one in found])
    row = table(frame, _FOUND, key=key, select=True, alt="与原始数据不符的数字",
                height=360 if len(frame) > 9 else "auto")
    if row is None:
        caption("点选一处，可看它的原始数据。")
        return
    one = found[row]
    if one["capture_id"] is None or pd.isna(one["capture_id"]):
        caption("这一处没有对应的原始数据。")
        return
    id_ = int(one["capture_id"])
    caption(f"第 {id_} 号原始数据" + (f"，位置 {one['locator']}" if one["locator"] else ""))
    if one["what"] in PARTS and one["locator"]:
        captured.fields(id_, one["locator"], one["what"], None, key=f"{key}_{row}")
    preview(id_, f"{key}_{row}", opened=one["what"] not in PARTS)


def _words(values: dict[str, str]) -> str:
    return "，".join(f"{_name(name)} {value}" for name, value in values.items())


def _name(name: str) -> str:
    """A column in words; a part of a sum with which part it is."""
    for code, word in labels.COUNTERS.items():
        if name.startswith(code) and name.removeprefix(code) in _PARTS:
            return word + _PARTS[name.removeprefix(code)]
    return _OTHER.get(name, name)


def _sign(one: Verification) -> None:
    with st.popover("签认", icon=":material/verified:"):
        clear = months.clear(one)
        st.markdown("本月数据与原始数据全部相符，签认后作为正式数据。" if clear else
                    "有不符、无法核验或待汇总的数字。签认请写明接受哪些、为什么。")
        clear = _second(one.month) and clear
        why = st.text_area("说明", key=f"sign_why_{one.id}", max_chars=months.REASON,
                           placeholder="可不填" if clear else "如：某账号 3 日的接口返回已过期，经后台截图核对无误")
        if st.button("确认签认", type="primary", key=f"sign_{one.id}") and do(
                lambda session: _signed(session, one, why), TOLD):
            st.rerun()


def _second(month: date) -> bool:
    """What second sources say of the month; whether nothing of that needs a reason."""
    number, held = look(kept.of_month, month)
    both = look(accuracy.crossed_of, month)
    caption(f"对账 {number} 次：{kept.words(held)}。" if number else "对账：本月没有上传后台导出比对。")
    if both.compared:
        caption(f"多个采集源互证 {both.compared:,} 个数字，不符 {both.differing:,} 个。")
    if not held.clear:
        st.markdown("对账有差异，签认请一并说明。")
    return held.clear


def _signed(session, one: Verification, why: str) -> str:
    months.sign(session, one.id, why=why, who=WHO, now=clock.now())
    return f"已签认{one.month.year}年{one.month.month}月的数据。"
