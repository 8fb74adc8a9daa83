"""One topic with all its items: what it is about, where it began, how it goes on, what is thought of it, its texts."""

import streamlit as st

from core import charts, clock, labels
from core.query import opinion, topic_course, topic_figures, topic_views
from core.query.opinion import TopicDetail
from core.query.topic_course import Node
from core.ui import outlook, topic_deeds, topic_lives, topic_report
from core.ui.ask import ask
from core.ui.parts import Card, anchor, caption, cards, plain
from core.ui.topic_views import items, representatives, sentiment, summary, viewpoints

NODES = 12
"""Nodes of the timeline that stand open; the others are folded away."""


def topic(detail: TopicDetail) -> None:
    """Draw the topic under the room's head, or the report on it that is asked for."""
    if topic_report.asked():
        topic_report.page(detail)
        return
    seen = ask(topic_views.seen, detail.id)
    _head(detail)
    summary(seen)
    _figures(detail)
    _course(detail)
    _timeline(detail)
    representatives(seen)
    sentiment(detail.id)
    viewpoints(seen, detail.mentions)
    topic_lives.units(detail)
    topic_lives.relatives(detail)
    topic_lives.history(detail)
    st.markdown("**信息**")
    items(detail)


def _head(detail: TopicDetail) -> None:
    """Name, what people decided of it, and the buttons."""
    st.subheader(plain(detail.title), anchor=False)
    marks = [mark for mark, is_so in ((":orange-badge[:material/keep: 置顶]", detail.pinned),
                                      (":gray-badge[:material/visibility_off: 已隐藏]", detail.hidden_why),
                                      (":blue-badge[人工命名]", detail.named)) if is_so]
    if detail.hidden_why:
        marks.append(f":small[:gray[隐藏理由：{plain(detail.hidden_why)}]]")
    if marks:
        st.markdown(" ".join(marks))
    caption("关键词：" + ("、".join(detail.keywords) or "—"))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        topic_deeds.links(detail)
        topic_report.button(detail)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        topic_deeds.deeds(detail)


def _figures(detail: TopicDetail) -> None:
    first, last = clock.local(detail.first_at), clock.local(detail.last_at)
    sides = ask(opinion.sides, detail.id)
    clicks, covered = ask(topic_figures.clicks, detail.id, first.date(), last.date())
    cards([
        Card("信息条数", labels.thousands(detail.mentions), help="含转载"),
        Card("新闻量", labels.thousands(sides["news"]), help="新闻网站、微信公众号、APP 和订阅源的条数"),
        Card("发贴量", labels.thousands(sides["post"]), help="微博、短视频、论坛、问答和民生诉求的条数"),
        Card("点击量", labels.count(clicks), help=f"已知阅读数、播放数与热榜热度之和，覆盖 {covered:.0%} 的信息"),
        Card("去重篇数", labels.thousands(detail.folded), help="转载、摘录与原文合计一篇"),
        Card("涉及平台", labels.thousands(detail.platforms)),
    ])
    ended = "" if detail.active else "此后没有新信息，已停止归入。"
    lists = f"另有榜单条目 {sides['list']} 条，不计入新闻量和发贴量。" if sides["list"] else ""
    span = f"最早 {first:%Y-%m-%d %H:%M}，来源：{detail.first_source or '—'}；最近 {last:%Y-%m-%d %H:%M}。"
    caption(span + ended + lists)


def _course(detail: TopicDetail) -> None:
    """How the topic went, by platform, and how it may go on."""
    days = ask(opinion.topic_days, detail.id)
    st.altair_chart(
        charts.stacked_bars(days, unit="条", value_name="信息量", title="每日信息量（按平台）", height=280),
        alt="这个话题每日信息量的柱状图",
    )
    outlook.of_topic(detail.id, detail.mentions, detail.active)


def _timeline(detail: TopicDetail) -> None:
    """The items and days that matter, each with its reason."""
    nodes = ask(topic_course.course, detail.id)
    st.markdown("**时间线**")
    st.markdown("\n".join(map(_node, nodes[:NODES])))
    if nodes[NODES:]:
        with st.expander(f"其余 {len(nodes) - NODES} 个节点"):
            st.markdown("\n".join(map(_node, nodes[NODES:])))


def _node(node: Node) -> str:
    at = clock.local(node.at)
    when = f"{at:%Y-%m-%d}" if node.whole_day else f"{at:%Y-%m-%d %H:%M}"
    source = f" :small[〔{anchor(node.source, node.url)}〕]" if node.source else ""
    return f"- {plain(when)} :{_TONES.get(node.kind, 'gray')}-badge[{plain(node.kind)}] {plain(node.words)}{source} " \
           f":small[:gray[{plain(node.why)}]]"


_TONES = {"首发": "blue", "官方首次发声": "green", "峰值": "orange", "升温": "orange", "再起": "orange",
          "负面上升": "red"}
