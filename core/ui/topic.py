"""One topic with all its items: what it is about, where it began, how it goes on, what is thought of it, its texts."""

import streamlit as st

from core import charts, clock, labels
from core.query import opinion, topic_views
from core.query.opinion import TopicDetail
from core.ui import outlook, topic_lives
from core.ui.ask import ask
from core.ui.parts import Card, caption, cards, plain
from core.ui.topic_views import items, representatives, sentiment, summary, viewpoints


def topic(detail: TopicDetail) -> None:
    """Draw the topic under the room's head."""
    seen = ask(topic_views.seen, detail.id)
    st.subheader(plain(detail.title), anchor=False)
    caption("关键词：" + ("、".join(detail.keywords) or "—"))
    summary(seen)
    cards([
        Card("信息条数", labels.thousands(detail.mentions), help="含转载"),
        Card("去重篇数", labels.thousands(detail.folded), help="转载、摘录与原文合计一篇"),
        Card("涉及平台", labels.thousands(detail.platforms)),
    ])
    first, last = clock.local(detail.first_at), clock.local(detail.last_at)
    ended = "" if detail.active else "此后没有新信息，已停止归入。"
    caption(f"最早 {first:%Y-%m-%d %H:%M}，来源：{detail.first_source or '—'}；最近 {last:%Y-%m-%d %H:%M}。{ended}")
    _course(detail)
    representatives(seen)
    sentiment(detail.id)
    viewpoints(seen, detail.mentions)
    topic_lives.units(detail)
    topic_lives.relatives(detail)
    topic_lives.history(detail)
    st.markdown("**信息**")
    items(detail)


def _course(detail: TopicDetail) -> None:
    """How the topic went, by platform, and how it may go on."""
    days = ask(opinion.topic_days, detail.id)
    st.altair_chart(
        charts.stacked_bars(days, unit="条", value_name="信息量", title="每日信息量（按平台）", height=280),
        alt="这个话题每日信息量的柱状图",
    )
    outlook.of_topic(detail.id, detail.mentions, detail.active)
