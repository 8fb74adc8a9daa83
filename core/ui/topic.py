"""One topic with all its items: what it is about, where it began, how it went on, which texts were reprinted most."""

import streamlit as st

from core import charts, clock, labels
from core.query import opinion
from core.query.opinion import TopicDetail
from core.ui.ask import ask
from core.ui.parts import Card, caption, cards, plain
from core.ui.table import Column, table

LIMIT = 200
"""Distinct texts that are listed."""


def topic(detail: TopicDetail) -> None:
    """Draw the topic under the room's head."""
    st.subheader(plain(detail.title), anchor=False)
    caption("关键词：" + ("、".join(detail.keywords) or "—"))
    cards([
        Card("信息条数", labels.thousands(detail.mentions), help="含转载"),
        Card("去重篇数", labels.thousands(detail.folded), help="同一文本的转载只计一篇"),
        Card("涉及平台", labels.thousands(detail.platforms)),
    ])
    first, last = clock.local(detail.first_at), clock.local(detail.last_at)
    ended = "" if detail.active else "此后没有新信息，已停止归入。"
    caption(f"最早 {first:%Y-%m-%d %H:%M}，来源：{detail.first_source or '—'}；最近 {last:%Y-%m-%d %H:%M}。{ended}")
    days = ask(opinion.topic_days, detail.id)
    st.altair_chart(
        charts.stacked_bars(days, unit="条", value_name="信息量", title="每日信息量（按平台）", height=240),
        alt="这个话题每日信息量的柱状图",
    )
    items = ask(opinion.members, detail.id, LIMIT)
    table(items, {
        "title": Column("标题", width="large"), "reprints": Column("转载数", "int"), "platform": Column("平台"),
        "source": Column("来源"), "published_at": Column("发布时间", "time"), "best_rank": Column("最高榜位", "int"),
        "url": Column("原文", "link"),
    }, key=f"members_{detail.id}", alt="这个话题的信息")
    shown = f"，显示前 {LIMIT} 篇" if detail.folded > LIMIT else ""
    caption(f"共 {detail.folded} 篇{shown}，转载多的在前。来源没有给出发布时间的，以首次采集的时间为准。")
