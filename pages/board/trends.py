"""发布趋势: day by day, by platform, kind of unit or unit, beside earlier periods."""

import streamlit as st

from core import charts, ui
from core.metrics.cadence import holiday_names
from core.query import trends
from core.ui.origins import origins

where = ui.gate("trends")
total = ui.ask(trends.daily, where)
if total.empty or total["gap"].all():
    ui.empty("所选周期和范围内没有采集到数据。请换一个周期，或在左侧放宽筛选。")
    st.stop()

offered = [name for name in trends.METRICS if total[name].notna().any()]
with st.container(horizontal=True, vertical_alignment="bottom"):
    metric = st.selectbox("指标", offered, format_func=trends.METRICS.get, key="metric", bind="query-params", width=180)
    by = st.segmented_control("分组", list(trends.GROUPS), default="", format_func=trends.GROUPS.get, key="by",
                              bind="query-params", required=True)
    compared = st.toggle("与上期、去年同期比较", key="compare", bind="query-params", disabled=bool(by))
origins(where, {name: (trends.METRICS[name], None) for name in offered}, key="trends")
word, unit = trends.METRICS[metric], trends.UNITS[metric]
off = holiday_names(where.start, where.end)

if compared and not by:
    frame = ui.ask(trends.comparison, where, metric)
    ui.caption("上期、去年同期按天对齐到本期；没有数据的时期不显示。")
    drawn = charts.daily_lines(frame, unit=unit, value_name=word, height=340, holidays=off)
    st.altair_chart(drawn, alt=f"{word}与前期对比折线图")
else:
    frame = ui.ask(trends.daily, where, by) if by else total
    shown = trends.series(frame, metric)
    most = list(dict.fromkeys(shown["series"]))[:8]
    if by and len(dict.fromkeys(shown["series"])) > len(most):
        ui.caption(f"图中显示发布最多的 {len(most)} 个，其余见下表。")
    shown = shown[shown["series"].isin(most)]
    drawn = (
        charts.stacked_bars(shown, unit=unit, value_name=word, height=340) if by and metric == "posts" else
        charts.daily_lines(shown, unit=unit, value_name=word, height=340, holidays=off)
    )
    st.altair_chart(drawn, alt=f"每日{word}图")
if off:
    ui.caption("浅色底纹为法定节假日：" + "、".join(dict.fromkeys(off.values())) + "。")
gaps = int(total["gap"].sum())
if gaps:
    ui.caption(f"有 {gaps} 天没有采集到任何数据，图中留空，不按 0 计。")

st.subheader("异常偏高的日子", anchor=False)
unusual = ui.ask(trends.outlying, where, metric)
if unusual.empty:
    ui.caption(f"本期每日{word}没有明显偏高的日子（以中位数和离散程度判断）。")
else:
    ui.table(unusual, {
        "day": ui.Column("日期", "date"), "value": ui.Column(word, "int"), "usual": ui.Column("平常（中位数）", "int"),
        "times": ui.Column("为平常的倍数", "score"), "account": ui.Column("主要账号"),
        "title": ui.Column("主要帖文", width="large"), "share": ui.Column("占当日", "percent"),
        "url": ui.Column("原文", "link"),
    }, key="trends_unusual", alt="异常偏高的日期和带动它的帖文")

st.subheader("合计" if not by else trends.GROUPS[by], anchor=False)
frame = ui.ask(trends.daily, where, by)
ui.table(trends.summary(frame, metric), {
    "label": ui.Column("名称"), "days": ui.Column("有数据天数", "int"),
    "total": ui.Column(f"{word}合计", "int"), "best": ui.Column("最高一天", "int"),
    "mean": ui.Column("日均", "int", help="按有数据的天数平均"), "note": ui.Column("数据说明"),
}, key="trends_table", alt=f"{word}汇总表")
with st.expander("每日数据"):
    days = frame.assign(value=frame[metric])[["day", "label", "value", "covered", "accounts"]]
    columns = {"day": ui.Column("日期", "date"), "label": ui.Column("名称"), "value": ui.Column(word, "int"),
               "covered": ui.Column("有数据账号", "int"), "accounts": ui.Column("账号数", "int")}
    ui.table(days, columns, key="trends_days", alt=f"每日{word}")
    ui.export(days, columns, f"每日{word} {where.start} 至 {where.end}", key="trends")
