"""The checks of the room 数据质量: a line for each, and the cases behind a picked one."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core.query import quality
from core.query.quality import Check
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.coverage import show
from core.ui.export import export
from core.ui.parts import caption, empty, link, plain
from core.ui.runs import left, preview
from core.ui.table import Column, table

PARTS = {"准确率": "verify", "对账": "reconcile", "覆盖率": "day", "核对项": "check", "原始数据保管": "retention"}
"""The parts of the room, each with the query parameter of a link that opens it."""
_PART = "quality_part"
_WHO = {"account": Column("账号"), "platform": Column("平台")}
_POST = {"day": Column("发布日期", "date"), "title": Column("标题", width="large")}
CASES: Mapping[str, Mapping[str, Column]] = {
    "followers": {**_WHO, "missing": Column("缺少天数", "int"), "first": Column("最早缺少", "date"),
                  "last": Column("最近缺少", "date"), "read": Column("已有天数", "int")},
    "readings": {**_WHO, **_POST, "url": Column("原文", "link")},
    "identity": {**_WHO, "day": Column("日期", "date"), "before": Column("前日粉丝数", "int"),
                 "followers": Column("当日粉丝数", "int"), "new": Column("新增", "int"), "lost": Column("取消", "int"),
                 "difference": Column("差额", "int")},
    "months": {**_WHO, "month": Column("月份"), "basis": Column("口径"), "counter": Column("指标"),
               "stored": Column("月值", "int"), "summed": Column("各日之和", "int"),
               "difference": Column("差额", "int")},
    "published": {**_WHO, "day": Column("日期", "date"), "stated": Column("平台公布", "int"),
                  "posts": Column("采集到", "int"), "difference": Column("差额", "int"),
                  "observed_at": Column("公布数取得时间", "time")},
    "falls": {**_WHO, **_POST, "counter": Column("指标"), "before": Column("前次", "int"),
              "after": Column("本次", "int"), "fall": Column("回落", "int"), "observed_at": Column("观测时间", "time")},
    "bounds": {"platform": Column("平台"), "counter": Column("指标"), "known": Column("读数", "int"),
               "capped": Column("其中下限", "int"), "rounded": Column("其中约数", "int"),
               "share": Column("占比", "percent")},
    "corrections": {**_WHO, "day": Column("日期", "date"), "what": Column("对象", width="large"),
                    "reason": Column("原因"), "change": Column("更正内容", width="large"),
                    "observed_at": Column("更正时间", "time")},
    "gone": {**_WHO, **_POST, "published_at": Column("发布时间", "time"), "last_seen_at": Column("最后见到", "time"),
             "gone_at": Column("发现删除", "time"), "request": Column("依据（请求）", width="large")},
    "rejects": {"source": Column("采集源"), "reason": Column("原因", width="large"), "field": Column("字段"),
                "rows": Column("条数", "int"), "last_at": Column("最近一次", "time")},
}
"""Columns of the cases of each check, as `query.quality.found` gives them."""


REMEDIES: Mapping[str, str] = {
    "followers": "补采，或从后台导出粉丝数据导入；已停用的账号请在账号台账改状态",
    "readings": "检查采集源是否给出读数；没有的可从后台导出逐篇数据导入",
    "identity": "以后台为准：从后台导出这几天的粉丝数据导入，系统按更正保留原值",
    "months": "请重新汇总：python -m core rollup --rebuild",
    "published": "从后台导出当日的逐篇数据，先在“对账”比对，再导入缺少的",
    "falls": "打开原文核对；平台清理异常数据的属正常，读错的以后台导出更正",
    "bounds": "平台公开的只有下限或约数；需要精确值的从后台导出导入",
    "corrections": "无需处理，原值和更正都留存",
    "gone": "无需处理，仍计入发布数；误判的在下次采集到时自动恢复",
    "rejects": "查看采集记录和原文：文件有误的改正后重新导入，接口变化的联系维护人员",
}
"""What to do about the cases of each check."""


def part() -> str:
    """The part of the room that is looked at; a link that names none opens where what it speaks of stands."""
    if _PART not in st.session_state and _PART not in st.query_params:
        asked = next((name for name, word in PARTS.items() if word in st.query_params), "")
        st.session_state[_PART] = asked or ("覆盖率" if "account" in st.query_params else next(iter(PARTS)))
    return st.segmented_control("栏目", list(PARTS), key=_PART, required=True, bind="query-params",
                                label_visibility="collapsed")


def checks(found: tuple[Check, ...], where: Filter) -> None:
    """Every check as a line; a picked one lists its cases."""
    frame = pd.DataFrame([
        {"name": c.name, "state": c.state, "checked": c.checked, "wrong": c.wrong, "unit": c.unit, "share": c.share,
         "rule": c.rule} for c in found
    ])
    row = table(frame, {
        "name": Column("核对项"), "state": Column("结果", width=110), "wrong": Column("涉及", "int"),
        "checked": Column("核对数量", "int"), "unit": Column("单位"), "share": Column("占比", "percent"),
        "rule": Column("规则", width="large"),
    }, key="quality_checks", select=True, alt="数据准确性核对结果")
    names = {c.key: c.name for c in found}
    if row is not None:
        st.query_params["check"] = found[row].key
    key = st.query_params.get("check", "")
    if key not in names:
        caption("点选一项，可看具体情况。")
        return
    cases(next(c for c in found if c.key == key), where)


def cases(check: Check, where: Filter) -> None:
    """The cases of one check, and what stands behind a picked one."""
    st.markdown(f"**{plain(check.name)}**")
    caption(f"规则：{check.rule}。" + (f"办法：{REMEDIES[check.key]}。" if check.wrong else ""))
    frame = ask(quality.found, where, check.key)
    if frame.empty:
        empty("本期没有这类情况。" if check.checked else "所选范围内没有可以核对的数据。", ":material/check_circle:")
        return
    shown = frame
    if "month" in frame.columns:
        shown = frame.assign(month=[f"{month.year}年{month.month}月" for month in frame["month"]])
    row = table(shown, CASES[check.key], key=f"cases_{check.key}", select=True, alt=check.name)
    export(shown, CASES[check.key], check.name, f"{check.rule}。办法：{REMEDIES[check.key]}",
           key=f"cases_x_{check.key}")
    if len(frame) >= quality.SHOWN:
        caption(f"只列出前 {quality.SHOWN} 条。")
    if row is None:
        return
    picked = frame.iloc[row]
    with st.container(border=True):
        if "account_id" in frame.columns:
            account_id = int(picked["account_id"])
            day = picked.get("day", picked.get("last", picked.get("month")))
            st.button(f"在采集日历中查看“{plain(picked['account'])}”{day:%m月%d日}的情况", type="tertiary",
                      icon=":material/calendar_month:", key=f"case_day_{check.key}_{row}", on_click=show,
                      args=(account_id, day))
            link("account", "账号详情", account=account_id)
        if check.key == "rejects":
            left(int(picked["run_id"]), "rejects")
        elif "capture_id" in frame.columns and not pd.isna(picked["capture_id"]):
            preview(int(picked["capture_id"]), f"case_{check.key}_{int(picked['capture_id'])}")
        elif check.key in ("falls", "corrections", "gone"):
            caption("没有保存这次读数的原始数据。")
