"""热点话题: what people talk about, where it began, how much of it; one topic with all its items."""

import streamlit as st

from core import charts, labels, ui
from core.query import opinion
from core.ui import outlook, topic_lives
from core.ui.figures import delta
from core.ui.parts import plain
from core.ui.topic import topic

where = ui.gate("topics")
asked = st.query_params.get("topic", "")
detail = ui.ask(opinion.topic, int(asked)) if asked.isdecimal() and len(asked) < 16 else None
visit = st.session_state.setdefault("topics_visit", 0)
if detail:
    if st.button("返回全部话题", icon=":material/arrow_back:"):
        st.query_params.pop("topic")
        # A table remembers its picked row by its key; a new key opens the list without one.
        st.session_state["topics_visit"] = visit + 1
        st.rerun()
    topic(detail)
    st.stop()
if asked:
    st.warning("链接里的话题在这里找不到，可能已被清除。下面是全部话题。", icon=":material/link_off:")

size = ui.ask(opinion.volume, where)
if not size.mentions and size.first_day:
    ui.empty(f"所选周期内没有舆情信息。已有信息的日期是 {size.first_day} 至 {size.last_day}，请在左侧换一个周期。")
    st.stop()
if not size.mentions:
    ui.empty("还没有舆情信息。请在“采集源”启用热榜或订阅源，信息到达后本页会自动更新。")
    ui.link("sources")
    st.stop()
days = ui.ask(opinion.mention_days, where)
spoken = days.groupby("day")["value"].sum()
ui.cards([
    ui.Card("信息条数", labels.thousands(size.mentions), delta(size.change, "较上期"),
            charts.sparkline(list(spoken.index), list(spoken), where.start, where.end), "含转载"),
    ui.Card("去重篇数", labels.thousands(size.folded), help="转载、摘录与原文合计一篇"),
    ui.Card("热点话题", labels.thousands(size.topics), help="两条及以上信息谈同一件事"),
    ui.Card("涉及平台", labels.thousands(size.platforms)),
])
level = st.segmented_control("层次", ["话题", "议题"], default="话题", key="level", required=True, bind="query-params",
                             help="话题是一件事；议题由内容相近的话题合成")
if level == "议题":
    topic_lives.subjects(where, visit)
    st.stop()
search = st.text_input("查找话题", key="q", bind="query-params", max_chars=60, width=360,
                       placeholder="标题里的词，多个词用空格分开")
topics = ui.ask(opinion.hot, where, 100, search)
if topics.empty:
    ui.empty(f"没有标题含“{plain(search)}”的话题，请换一个词。" if search else "本期信息都是单独的，没有形成话题。")
    st.stop()
columns = {
    "rank": ui.Column("名次", "int", pinned=True),
    "moved": ui.Column("升降", help="与上一个同样长的周期相比"),
    "title": ui.Column("话题", width="large"),
    "daily": ui.Column("每日信息量", "spark"),
    "mentions": ui.Column("信息条数", "int"),
    "folded": ui.Column("去重篇数", "int"),
    "keywords": ui.Column("关键词"),
    "platform_names": ui.Column("平台"),
    "first_source": ui.Column("最早来源"),
    "first_at": ui.Column("最早出现", "time"),
    "peak_day": ui.Column("最高日", "date"),
    "last_at": ui.Column("最近出现", "time"),
}
row = ui.table(topics, columns, key=f"topics_{visit}", select=True, alt="热点话题榜")
if row is not None:
    st.query_params["topic"] = str(topics["topic_id"][row])
    st.rerun()
ui.caption("按信息条数排列。点选一个话题，可看它的全部信息和逐日走势。")
ui.export(topics, columns, f"热点话题 {where.start} 至 {where.end}", key="topics")
st.altair_chart(charts.stacked_bars(days, unit="条", value_name="信息量", title="每日信息量（按平台）"),
                alt="每日信息量的柱状图，按平台分色")
outlook.of_all()
