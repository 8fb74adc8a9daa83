"""The list of a period's hot topics: its period, order and figures; hidden ones; several made one."""

from datetime import date

import pandas as pd
import streamlit as st

from core import clock
from core.query import opinion, topic_figures
from core.query.scope import Filter
from core.query.topic_figures import ORDERS
from core.ui import topic_deeds
from core.ui.ask import ask
from core.ui.export import export
from core.ui.front import restate
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, table

LIMIT = 100
SPANS = {"日": "day", "周": "week", "月": "month"}
METHOD = ("新闻量为新闻网站、微信公众号、APP 和订阅源的条数，发贴量为微博、短视频、论坛、问答和民生诉求的条数，热榜条目"
          "两者都不计；点击量为已知阅读数、播放数与热榜热度之和，覆盖率为有此数的条数占比，没有的不按 0 计")


def period(where: Filter, today: date) -> Filter:
    """The period of the filter bar, or the day, week or month that is chosen here (in the address: `span`, `on`)."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = st.segmented_control("快捷周期", list(SPANS), key="span", bind="query-params",
                                      help="自然日、周一起的自然周、自然月；不选则按左侧的统计周期")
        kind = SPANS.get(chosen)
        if kind is None:
            st.query_params.pop("on", None)
            return where
        (first, last), before, after = topic_figures.spans(kind, st.query_params.get("on", ""), where.end, today)
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.button("", icon=":material/chevron_left:", key="span_before", help="上一" + chosen, on_click=_step,
                      args=(before,))
            st.markdown(f"**{clock.span_words(kind, (first, last))}**", width="content")
            st.button("", icon=":material/chevron_right:", key="span_after", help="下一" + chosen,
                      disabled=after is None, on_click=_step, args=(after,))
    return restate(where.over(first, min(last, today)))


def _step(day: date) -> None:
    st.query_params["on"] = day.isoformat()


def ranking(where: Filter, visit: int) -> None:
    """The topics of the period; one that is picked opens, several that are ticked can be merged. `visit`: tables begin
    anew with another one."""
    search, order, hidden, several = _asked()
    topics = ask(topic_figures.ranking, where, LIMIT, search, order, hidden)
    if topics.empty:
        empty(_nothing(search, hidden))
        return
    columns = _columns(topics, where.start == where.end, hidden)
    key = topic_deeds.begun(f"topics_{visit}_{order}_{hidden}_{several}")
    rows = table(topics, columns, key=key, select=True, many=several, alt="热点话题榜")
    if several:
        _merge(topics, rows)
    elif rows is not None:
        st.query_params["topic"] = str(topics["topic_id"][rows])
        st.rerun()
    pinned = "，置顶的在前" if topics["pinned"].any() else ""
    among = f"（在信息最多的 {topic_figures.AMONG} 个话题中比较）" if order not in opinion.ORDERS else ""
    caption(f"按{ORDERS[order]}排列{among}{pinned}。点选一个话题，可看它的全部信息和逐日走势。{METHOD}。")
    exported = {**columns, "clicks_value": Column("点击量（数值）", "int")}
    export(topics, exported, f"热点话题 {where.start} 至 {where.end}", METHOD, key="topics")


def _asked() -> tuple[str, str, bool, bool]:
    """Words to look for, the order, whether hidden ones are meant, whether several are to be ticked."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        search = st.text_input("查找话题", key="q", bind="query-params", max_chars=60, width=300,
                               placeholder="标题里的词，多个词用空格分开")
        words = {word: name for name, word in ORDERS.items()}
        order = st.selectbox("排序", list(words), key="order", bind="query-params", width=150)
        hidden = st.toggle("只看已隐藏", key="hidden", bind="query-params")
        several = st.toggle("勾选多个合并", key="pick_topics")
    return search, words[order], hidden, several


def _nothing(search: str, hidden: bool) -> str:
    if search:
        return f"没有标题含“{plain(search)}”的话题，请换一个词。"
    return "本期没有隐藏的话题。" if hidden else "本期信息都是单独的，没有形成话题。"


def _columns(topics: pd.DataFrame, hourly: bool, hidden: bool) -> dict[str, Column]:
    spark = {"hourly": Column("每小时信息量", "spark")} if hourly else {"daily": Column("每日信息量", "spark")}
    return {
        "rank": Column("名次", "int", pinned=True, help="按信息条数的名次"),
        "moved": Column("升降", help="与上一个同样长的周期相比"),
        **({"mark": Column("标记")} if topics["mark"].any() else {}),
        "title": Column("话题", width="large"),
        **({"hidden_why": Column("隐藏理由")} if hidden else {}),
        **spark,
        "mentions": Column("信息条数", "int", help="含转载"),
        "news": Column("新闻量", "int", help="新闻网站、微信公众号、APP 和订阅源的条数"),
        "posts": Column("发贴量", "int", help="微博、短视频、论坛、问答和民生诉求的条数"),
        "clicks": Column("点击量", help="已知阅读数、播放数与热榜热度之和；≥ 为下限"),
        "covered": Column("点击覆盖率", "percent", help="有阅读、播放或热度数的条数占比"),
        "negative": Column("负面占比", "percent", help="已判断情感的信息中负面的占比，按人工更正"),
        "mood": Column("情感", help="已判断情感的信息中各占多少，按人工更正"),
        "platform_names": Column("平台"),
        "units": Column("涉及单位", help="责任单位和条数"), "towns": Column("涉及地点", help="街镇和条数"),
        "first_source": Column("最早来源"), "first_at": Column("最早出现", "time"),
        **({"peak_hour": Column("最高时段")} if hourly else {
            "peak_day": Column("最高日", "date"), "peak": Column("最高日条数", "int"),
            "turns": Column("转折", help="升温、峰值、回落、再起的日子")}),
        "last_at": Column("最近出现", "time"), "folded": Column("去重篇数", "int"), "keywords": Column("关键词"),
    }


def _merge(topics: pd.DataFrame, rows: list[int]) -> None:
    if len(rows) < 2:
        caption("在列表中勾选两个或更多谈同一件事的话题，再合并。")
        return
    with st.container(border=True):
        topic_deeds.merge_form({int(topics["topic_id"][row]): f"{topics['title'][row]}（{topics['mentions'][row]} 条）"
                                for row in rows}, topic_deeds.begun("topics_merge"))
