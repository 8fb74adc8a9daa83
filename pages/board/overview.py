"""总览: the district this morning, in a few calm figures."""

import streamlit as st

from core import charts, clock, ui
from core.query import opinion, overview, trends
from core.query.scope import Filter
from core.ui.figures import card
from core.ui.origins import origins
from core.ui.parts import plain

where = ui.gate("overview")
figures = ui.ask(overview.figures, where, clock.day_of(clock.now()))
freshness = ui.ask(overview.freshness, where)
if not figures[0].now.value:
    ui.empty("所选范围内还没有账号。请在“账号台账”导入单位和账号，或在左侧放宽筛选。")
    ui.link("ledger")
else:
    ui.caption(freshness.words)
    ui.cards([card(figure) for figure in figures])
    origins(where, {one.key: (one.label, one.now) for one in figures if one.key != "day"}, key="overview")
    if freshness.last_day is None:
        ui.empty("这些账号还没有数据。数据到达后本页会自动更新；采集是否正常见“采集源”。")
        ui.link("sources")

if freshness.last_day is not None:
    st.subheader("每日走势", anchor=False)
    daily = ui.ask(trends.daily, where, "platform")
    offered = [name for name in ("posts", "reads", "plays", "interaction") if daily[name].notna().any()] or ["posts"]
    metric = st.segmented_control("指标", offered, default=offered[0], format_func=trends.METRICS.get, required=True,
                                  key="overview_metric", label_visibility="collapsed")
    st.altair_chart(
        charts.daily_lines(trends.series(daily, metric), unit=trends.UNITS[metric], value_name=trends.METRICS[metric]),
        alt=f"各平台每日{trends.METRICS[metric]}折线图",
    )
    if daily["gap"].all():
        ui.caption("所选周期内没有采集到数据，请换一个周期。")
    st.subheader("各平台", anchor=False)
    ui.table(ui.ask(overview.platforms, where), {
        "name": ui.Column("平台"), "accounts": ui.Column("账号数", "int"),
        "active": ui.Column("有发布账号", "int"), "posts": ui.Column("发布数", "int"),
        "posts_change": ui.Column("发布环比"), "share": ui.Column("发布占比", "percent"),
        "reads": ui.Column("总阅读数", "int"), "plays": ui.Column("总播放数", "int"),
        "interaction": ui.Column("转评赞", "int"), "followers": ui.Column("粉丝数", "int"),
        "covered": ui.Column("数据覆盖率", "percent", help="已知发布情况的账号日占比"),
        "note": ui.Column("数据说明", width="large"),
    }, key="overview_platforms", alt="各平台账号、发布、阅读与互动")
    leaders = ui.ask(overview.leaders, where)
    if leaders:
        st.subheader("靠前账号", anchor=False)
        ui.caption("榜单为运营分析参考，不作考核依据。")
    with st.container(horizontal=True, gap="medium"):
        for name, frame in leaders.items():
            with st.container(border=True, width=300):
                st.markdown(f"**{plain(name)}**")
                reach = next((c for c in ("score", "reads", "plays") if frame[c].notna().any()), "posts")
                ui.table(frame, {
                    "rank": ui.Column("名次", "int"), "rank_change": ui.Column("升降"), "name": ui.Column("账号"),
                    reach: ui.Column("指数", "score") if reach == "score" else ui.Column(trends.METRICS[reach], "int"),
                }, key=f"leaders_{name}", alt=f"{name}靠前账号")
                ui.link("rankings", "完整榜单", list=name)

topics = ui.ask(opinion.hot, Filter(where.start, where.end), 10)
if not topics.empty:
    st.subheader("本期热点话题", anchor=False)
    row = ui.table(topics, {
        "rank": ui.Column("名次", "int"), "moved": ui.Column("升降"), "title": ui.Column("话题", width="large"),
        "mentions": ui.Column("信息量", "int"), "platforms": ui.Column("平台数", "int"),
        "daily": ui.Column("每日走势", "spark"), "last_at": ui.Column("最近出现", "time"),
    }, key="overview_topics", select=True, alt="本期热点话题")
    ui.link("topics", *([] if row is None else [f"打开话题“{topics['title'][row]}”"]),
            **({} if row is None else {"topic": int(topics["topic_id"][row])}))
