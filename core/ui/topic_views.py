"""What is thought of a topic: its summary, sentiment, viewpoints of media and netizens; people's corrections."""

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, corrections, labels
from core.corrections import CHOICES, NAMES, SENTIMENT, STANCE, Corrected
from core.query import opinion, topic_views
from core.query.opinion import TopicDetail
from core.query.topic_views import UNSURE, Point, Quote, Seen, Side
from core.ui import topic_deeds
from core.ui.ask import ask
from core.ui.deeds import WHO, do, said
from core.ui.parts import Card, anchor, caption, cards, plain
from core.ui.table import Column, pick, table

TOLD = "topic"
POINTS = 5
"""Viewpoints of a side that stand open; the smaller ones are folded away."""
LIMIT = 200
"""Distinct texts that are listed."""


def summary(seen: Seen | None) -> None:
    """What the topic is about, in sentences of its texts, each with where it stands."""
    if seen is None or not seen.summary:
        return
    with st.container(border=True):
        st.markdown("".join(f"{plain(one.text)} :small[〔{anchor(one.source, one.url)}〕] " for one in seen.summary))
        caption("摘要由系统从原文中摘出整句，未作改写。")


def representatives(seen: Seen | None) -> None:
    """The items that stand for all of them."""
    if seen is None or not seen.items:
        return
    st.markdown("**代表性信息**")
    lines = [f"- {plain(one.text)} :small[〔{anchor(one.source, one.url)} "
             f"{clock.local(one.published_at):%m-%d %H:%M}〕]" for one in seen.items]
    st.markdown("\n".join(lines))


def sentiment(topic_id: int) -> None:
    """How the topic is spoken of, and how sure that is."""
    found = ask(topic_views.feelings, topic_id)
    st.markdown("**情感**")
    if found is None:
        caption("这个话题的信息还没有判断情感，稍后自动更新。")
        return
    cards([
        Card(label, f"{found.share[label]:.0%}", help=f"{labels.thousands(found.number[label])} 条，"
             f"误差 ±{found.margin[label] * 100:.0f} 个百分点")
        for label in CHOICES[SENTIMENT]
    ])
    newest = f"按最新 {labels.thousands(topic_views.FELT)} 条统计：" if found.limited else ""
    numbers = newest + "、".join(f"{label} {labels.thousands(found.number[label])} 条" for label in CHOICES[SENTIMENT])
    margin = max(found.margin.values()) * 100
    parts = [f"{numbers}；占比误差至多 ±{margin:.0f} 个百分点"]
    if found.low:
        parts.append(f"其中 {labels.thousands(found.low)} 条把握不足，只计入占比，不逐条显示")
    if found.corrected:
        parts.append(f"{labels.thousands(found.corrected)} 条按人工更正")
    if found.without:
        parts.append(f"另有 {labels.thousands(found.without)} 条未作判断")
    caption("；".join(parts) + "。")


def viewpoints(seen: Seen | None, mentions: int) -> None:
    """What netizens and media say, side by side, with their stances."""
    st.markdown("**观点** :gray-badge[自动归纳]")
    said(f"{TOLD}_{STANCE}")
    if seen is None:
        few = mentions < labels.VIEWED_FROM
        caption("信息太少，不作归纳。" if few else "尚未归纳。近期的话题在有新信息后自动归纳。")
        return
    for column, name, side in zip(st.columns(2), ("网民", "媒体"), (seen.netizens, seen.media), strict=True):
        with column:
            _side(name, side)
    left = f"；{seen.lists} 条热榜条目不是观点，未计入" if seen.lists else ""
    stale = "有新的更正，约一分钟后重新统计。" if seen.stale else ""
    caption(f"由系统按 {labels.thousands(seen.texts)} 条信息归纳（{clock.local(seen.at):%Y-%m-%d %H:%M}）{left}。"
            f"引文均为原文；立场按用语判断，没有明显用语的归入“其他”，可逐条更正。{stale}")


def _side(name: str, side: Side) -> None:
    st.markdown(f"**{name}** :gray[{labels.thousands(side.comments)} 条]")
    if not side.comments:
        caption(f"没有{name}的信息。")
        return
    st.markdown("立场 " + " ".join(f":gray-badge[{stance} {labels.thousands(number)}]"
                                  for stance, number in side.stances.items() if number))
    for number, point in enumerate(side.points[:POINTS], 1):
        with st.container(border=True):
            _point(name, number, point)
    if more := side.points[POINTS:]:
        texts = sum(point.number for point in more)
        with st.expander(f"其余 {len(more)} 个观点，共 {labels.thousands(texts)} 条"):
            for number, point in enumerate(more, POINTS + 1):
                with st.container(border=True):
                    _point(name, number, point)
    share = side.unsorted / side.comments
    st.progress(share, f"未归类　{labels.thousands(side.unsorted)} 条，{share:.0%}")


def _point(name: str, number: int, point: Point) -> None:
    st.progress(min(point.share, 1.0), f"观点 {number}　{labels.thousands(point.number)} 条，{point.share:.0%}，"
                                       f"立场多为{point.stance}")
    for nth, quote in enumerate(point.quotes):
        at = f"{clock.local(quote.published_at):%m-%d %H:%M}"
        with st.container(gap=None):
            st.markdown(f"“{plain(quote.text)}{'……' if quote.more else ''}”")
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f":small[{anchor(quote.source, quote.url)} :gray[{plain(f'{at}，{_stance(quote)}')}]]",
                            width="content")
                change = st.popover("", icon=":material/edit:", help="更正立场", type="tertiary")
        with change:
            correction(STANCE, quote.mention_id, quote.stance, quote.found, quote.by, f"{name}_{number}_{nth}")


def _stance(quote: Quote) -> str:
    return f"{quote.stance}（人工更正）" if quote.by else quote.stance


def correction(
    what: str, mention_id: int, label: str, found: str, by: Corrected | None, key: str, told: str = ""
) -> None:
    """A person's word instead of what was found, or back to that; `told`: where it is said that it was kept."""
    name, told = NAMES[what], told or f"{TOLD}_{what}"
    key = f"{what}_{mention_id}_{key}"
    if by:
        when = f"{clock.local(by.at):%Y-%m-%d %H:%M}"
        caption(f"{by.who or '—'}于 {when} 更正为“{by.label}”，自动判断为“{found or '—'}”。")
    with st.form(f"{key}_form", border=False):
        choices = CHOICES[what]
        chosen = st.selectbox(name, choices, choices.index(label) if label in choices else None, key=key,
                              placeholder="请选择")
        given = st.form_submit_button("保存", type="primary")
    if given and chosen is None:
        st.warning(f"请选择{name}。")
    elif given and chosen != (by.label if by else None):
        _do(told, what, mention_id, chosen, found, f"已更正{name}为“{chosen}”。")
    if by and st.button("撤回更正", icon=":material/undo:", key=f"{key}_back"):
        _do(told, what, mention_id, "", found, f"已撤回更正，恢复自动判断“{found or '—'}”。")


def _do(told: str, what: str, mention_id: int, label: str, found: str, words: str) -> None:
    def change(session: Session) -> str:
        corrections.correct(session, mention_id, what, label, was=found, who=WHO, now=clock.now())
        return words

    if do(change, told):
        st.rerun()


def items(detail: TopicDetail) -> None:
    """The topic's texts; one that is picked can be given another sentiment."""
    found = ask(opinion.members, detail.id, LIMIT)
    ids = [int(id_) for id_ in found["mention_id"]]
    known = ask(topic_views.felt, tuple(ids))
    shown = found.assign(sentiment=[
        f"{one.sentiment} ✎" if one.by else one.sentiment or labels.MISSING for one in known.itertuples()])
    columns = {
        "title": Column("标题", width="large"), "reprints": Column("转载数", "int"),
        "excerpts": Column("摘录数", "int", help="只取原文一部分的，不算转载"), "platform": Column("平台"),
        "sentiment": Column("情感", help=f"{UNSURE}：把握不足，只计入占比；✎：人工更正"),
        "source": Column("来源"), "published_at": Column("发布时间", "time"), "best_rank": Column("最高榜位", "int"),
        "url": Column("原文", "link"),
    }
    several = st.toggle("勾选多条，拆分或移到其他话题", key="pick_items", disabled=len(ids) < 2)
    if several and len(ids) > 1:
        rows = table(shown, columns, key=topic_deeds.begun(f"members_{detail.id}_many"), select=True, many=True,
                     alt="这个话题的信息")
        if not rows:
            caption("在列表中勾选属于另一件事的信息；转载随原文一起移走。")
            return
        with st.container(border=True):
            topic_deeds.split_form(detail, [ids[row] for row in rows])
        return
    chosen = pick(shown, columns, ids, key=f"members_{detail.id}", alt="这个话题的信息")
    more = f"，显示前 {LIMIT} 篇" if detail.folded > LIMIT else ""
    caption(f"共 {detail.folded} 篇{more}，转载多的在前。来源没有给出发布时间的，以首次采集的时间为准。"
            "点选一条，可更正它的情感。")
    said(f"{TOLD}_{SENTIMENT}")
    if chosen in ids:
        _item(shown.iloc[ids.index(chosen)], known.iloc[ids.index(chosen)])


def _item(row: pd.Series, known: pd.Series) -> None:
    with st.container(border=True):
        st.markdown(plain(row["title"]))
        sure = "" if known["confidence"] != known["confidence"] or known["confidence"] is None else (
            f"，把握 {known['confidence']:.0%}")
        caption(f"自动判断：{known['found'] or '未作判断'}{sure if known['found'] else ''}。更正对它的转载一并生效。")
        label = known["sentiment"] if known["by"] else known["found"]
        correction(SENTIMENT, int(row["mention_id"]), label, known["found"], known["by"], "item")
