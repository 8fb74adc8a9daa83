"""热点话题: what people talk about, where it began, how much of it; one topic with all its items."""

import streamlit as st

from core import charts, clock, labels, ui
from core.query import opinion
from core.query.scope import id_of
from core.ui import outlook, topic_deeds, topic_list, topic_lives
from core.ui.figures import delta
from core.ui.topic import topic

where = ui.gate("topics")
asked = st.query_params.get("topic", "")
named = id_of(asked)
detail = ui.ask(opinion.topic, named) if named is not None else None
visit = st.session_state.setdefault("topics_visit", 0)
if detail:
    if st.button("返回全部话题", icon=":material/arrow_back:"):
        st.query_params.pop("topic")
        # A table remembers its picked row by its key; a new key opens the list without one.
        st.session_state["topics_visit"] = visit + 1
        st.rerun()
    topic_deeds.told()
    topic(detail)
    st.stop()
if asked:
    st.warning("链接里的话题在这里找不到，可能已被清除。下面是全部话题。", icon=":material/link_off:")

topic_deeds.told()
where = topic_list.period(where, clock.day_of(clock.now()))
size = ui.ask(opinion.volume, where)
if not size.mentions and size.first_day:
    ui.empty(f"所选周期内没有舆情信息。已有信息的日期是 {size.first_day} 至 {size.last_day}，请换一个周期。")
    st.stop()
if not size.mentions:
    ui.empty("还没有舆情信息。请在“采集源”启用热榜或订阅源，信息到达后本页会自动更新。")
    ui.link("sources")
    st.stop()
days = ui.ask(opinion.mention_days, where)
ui.cards([
    ui.Card("信息条数", labels.thousands(size.mentions), delta(size.change, "较上期"), help="含转载"),
    ui.Card("新闻量", labels.thousands(size.news), help="新闻网站、微信公众号、APP 和订阅源的条数"),
    ui.Card("发贴量", labels.thousands(size.posts), help="微博、短视频、论坛、问答和民生诉求的条数"),
    ui.Card("去重篇数", labels.thousands(size.folded), help="转载、摘录与原文合计一篇"),
    ui.Card("热点话题", labels.thousands(size.topics), help="两条及以上信息谈同一件事，不含已隐藏的"),
    ui.Card("涉及平台", labels.thousands(size.platforms)),
])
level = st.segmented_control("层次", ["话题", "议题"], default="话题", key="level", required=True, bind="query-params",
                             help="话题是一件事；议题由内容相近的话题合成")
if level == "议题":
    topic_lives.subjects(where, visit)
    st.stop()
topic_list.ranking(where, visit)
st.altair_chart(charts.stacked_bars(days, unit="条", value_name="信息量", title="每日信息量（按平台）"),
                alt="每日信息量的柱状图，按平台分色")
outlook.of_all()
