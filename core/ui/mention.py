"""One mention: its text, what was found in it and why, how far it went, what people did with it, what is related."""

from collections.abc import Sequence

import streamlit as st

from core import clock, corrections, labels, marks
from core.query import mentions, related
from core.query.mention_choices import MentionChoices
from core.query.mention_scope import MARKS
from core.query.mentions import Deed, Detail
from core.query.related import Group
from core.ui.alerts import COLOURS
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.digests import take_in
from core.ui.mentions import FEELING_TONES, TONES, join
from core.ui.mentions_filter import TOLD
from core.ui.parts import Card, anchor, caption, cards, empty, highlighted, link, plain
from core.ui.readings import evidence
from core.ui.table import Column, table
from core.ui.topic_views import correction

_SPREAD = {"platform": Column("平台"), "reprints": Column("转载", "int"), "excerpts": Column("摘录", "int")}
LONGEST = 6_000
"""Characters of a text that are shown at first."""


def section(mention_id: int, words: str, offered: MentionChoices) -> None:
    """The mention of a link, or that it is gone."""
    detail = ask(mentions.one, mention_id, words)
    if st.button("返回列表", icon=":material/arrow_back:"):
        st.query_params.pop("mention", None)
        st.rerun()
    if detail is None:
        empty("链接里的信息在这里找不到，可能已随演示数据清除。", ":material/link_off:")
        return
    row = detail.shown
    with st.container(horizontal=True, gap="small"):
        if row.band in TONES:
            st.badge(f"{row.band}风险 {row.risk}", color=TONES[row.band])
        if row.sentiment in FEELING_TONES:
            st.badge(row.sentiment, color=FEELING_TONES[row.sentiment])
        for mark in row.marks:
            if mark in MARKS and mark != "comment":
                st.badge(MARKS[mark], color="blue")
        if detail.demo:
            st.badge(labels.DEMO, color="gray")
    st.subheader(plain(row.title or row.excerpt or "（无标题）"), anchor=False)
    when = f"{clock.local(row.published_at):%Y-%m-%d %H:%M}" + ("" if row.dated else "（没有写明，按首次见到）")
    st.markdown("　".join(filter(None, (
        plain(f"{row.platform} · {row.source}"), when, plain(f"发布者 {row.author}") if row.author else "",
        anchor("查看原文", row.url) if row.url else ""))))
    _deeds(detail, offered)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _text(detail)
        _figures(detail)
        _spread(detail)
        _captured(detail)
    with right:
        _found(detail)
        _people(detail)
    _related(ask(related.related, mention_id))


def _text(detail: Detail) -> None:
    """The text with the words that were looked for; else with its sensitive ones."""
    whole = detail.whole
    spans = [span for span in _words(detail) if span[1] <= LONGEST]
    shown = whole[:LONGEST]
    for number, part in enumerate(_paragraphs(shown)):
        if number == 0 and whole.startswith(detail.shown.title) and part[1] == len(detail.shown.title):
            continue  # the head above says it
        inside = [(start - part[0], end - part[0]) for start, end in spans if part[0] <= start and end <= part[1]]
        st.markdown(highlighted(shown[part[0] : part[1]], inside))
    if len(whole) > LONGEST:
        caption(f"正文共 {len(whole):,} 字，只显示前 {LONGEST:,} 字，全文见原文。")


def _paragraphs(text: str) -> list[tuple[int, int]]:
    out, at = [], 0
    for part in text.split("\n"):
        if part.strip():
            out.append((at, at + len(part)))
        at += len(part) + 1
    return out


def _words(detail: Detail) -> list[tuple[int, int]]:
    """Places to set off in the whole text, in order and apart from each other."""
    lead = len(detail.whole) - len(detail.text)
    found = [(start, end) for _, start, end, _ in detail.words]
    found += [(start + (lead if field == "text" else 0), end + (lead if field == "text" else 0))
              for hit in detail.hits for field, start, end in hit.spans if field in ("title", "text")]
    out: list[tuple[int, int]] = []
    for start, end in sorted(set(found)):
        if 0 <= start < end <= len(detail.whole) and (not out or start >= out[-1][1]):
            out.append((start, end))
    return out


def _figures(detail: Detail) -> None:
    known = {labels.COUNTERS.get(name, name): labels.count(value) for name, value in detail.figures.items()}
    if detail.heat.value is not None:
        known["热度"] = labels.count(detail.heat)
    if detail.best_rank:
        known["最高名次"] = str(detail.best_rank)
    if known:
        cards([Card(name, value) for name, value in known.items()])
    for name, value in detail.details.items():
        caption(f"{name}：{value}")


def _captured(detail: Detail) -> None:
    """The answer or file that it was read from, with its fields set off."""
    if detail.captured is not None and st.toggle("查看原始数据", key=f"m_captured_{detail.shown.id}"):
        evidence(detail.captured)


def _found(detail: Detail) -> None:
    """What was found, each with its reason."""
    row = detail.shown
    st.markdown("**研判依据**")
    if detail.sensed_at is None:
        caption("刚到，尚未研判，几秒后再看。")
        return
    lines = [
        (f"风险 {row.risk} 分" + (f"，{row.risk_kind}" if row.risk_kind else ""), detail.why or "没有敏感词"),
        (f"地点：{row.place or row.town or '未写明'}", detail.place_why),
        (f"责任单位：{row.unit or '未定'}", detail.unit_why),
        (f"情感：{row.sentiment}", detail.guard or _feeling(detail)),
    ]
    for head, why in lines:
        st.markdown(f"{plain(head)}  \n:small[:gray[{plain(why)}]]" if why else plain(head))
    for hit in detail.hits:
        st.markdown(f"方案：{plain(hit.name)}  \n:small[:gray[{plain(hit.why)}]]")
    with st.popover("更正情感", icon=":material/edit:"):
        correction(corrections.SENTIMENT, row.id, row.sentiment, detail.found, detail.by, "mention", TOLD)


def _feeling(detail: Detail) -> str:
    if detail.by:
        return f"{detail.by.who} 更正为{detail.by.label}（自动判为{detail.found or '无'}）"
    words = "、".join(dict.fromkeys(detail.whole[start:end] for start, end, _ in detail.feelings))
    return f"依据：{words}" if words else ""


# --- People ---------------------------------------------------------------------------------------------------------


def _done(deed) -> None:
    if do(deed, TOLD):
        st.session_state["m_round"] = st.session_state.get("m_round", 0) + 1
        st.rerun()


def _deeds(detail: Detail, offered: MentionChoices) -> None:
    row = detail.shown
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, icon in (("starred", "star"), ("read", "done_all"), ("wrong", "block")):
            on = kind not in row.marks
            if st.button(MARKS[kind] if on else f"取消{MARKS[kind]}", icon=f":material/{icon}:", key=f"m_one_{kind}"):
                _done(lambda session, kind=kind, on=on: (
                    marks.flag(session, [row.id], kind, on, who=WHO, now=clock.now()),
                    f"已标为{MARKS[kind]}。" if on else f"已取消{MARKS[kind]}。")[1])
        with st.popover("加入事件", icon=":material/folder_open:"):
            join({row.id}, [row], offered)
        with st.popover("编入摘报", icon=":material/newspaper:"):
            if take_in("mention", [row.id], TOLD, f"one_{row.id}"):
                st.rerun()
    for incident in detail.incidents:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(labels.LEVELS[incident.level], color=COLOURS[incident.level])
            link("incidents", f"事件：{incident.title}", incident=incident.id)


def _people(detail: Detail) -> None:
    st.markdown("**处理记录**")
    gone = {int(one.text) for one in detail.deeds if one.kind == "comment" and not one.on and one.text.isdecimal()}
    for one in detail.deeds:
        if one.kind == "comment" and not one.on:
            continue
        _deed(one, one.id in gone)
    if not detail.deeds:
        caption("还没有人处理。")
    text = st.text_area("批注", key=f"m_note_{detail.shown.id}_{st.session_state.get('m_round', 0)}", max_chars=1_000,
                        height=80, placeholder="写给同事看的话")
    if st.button("添加批注", icon=":material/add_comment:", key=f"m_note_add_{detail.shown.id}", disabled=not text):
        _done(lambda session: (
            marks.comment(session, detail.shown.id, text, who=WHO, now=clock.now()), "已添加批注。")[1])


def _deed(one: Deed, gone: bool) -> None:
    word = labels.DEEDS[one.kind] if one.on else f"取消{labels.DEEDS[one.kind]}"
    said = "（已撤回）" if gone else one.text
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":small[:gray[{clock.local(one.at):%m-%d %H:%M} {plain(one.who)}] {word} "
                    f"{plain('，'.join(filter(None, (one.unit, said))))}]")
        if one.kind == "comment" and not gone and st.button(
                "撤回", key=f"m_back_{one.id}", type="tertiary", help="批注留在记录里，标明已撤回"):
            _done(lambda session: (marks.take_back(session, one.id, who=WHO, now=clock.now()), "已撤回批注。")[1])


# --- How far, and what else -----------------------------------------------------------------------------------------


def _spread(detail: Detail) -> None:
    spread = detail.spread
    if spread is None or not (spread.reprints or spread.excerpts):
        return
    st.markdown("**传播**")
    first = spread.first
    caption(f"转载 {spread.reprints} 条、摘录 {spread.excerpts} 条；首发：{first.platform} · {first.source}，"
            f"{clock.local(first.published_at):%m-%d %H:%M}")
    if len(spread.platforms):
        table(spread.platforms, _SPREAD, key=f"m_spread_{detail.shown.id}", alt="转载平台")


def _related(groups: Sequence[Group]) -> None:
    st.markdown("**关联信息**")
    if not groups:
        caption("没有找到相关的信息。")
        return
    kind = st.segmented_control("关联方式", [one.kind for one in groups], default=groups[0].kind, required=True,
                                format_func={one.kind: one.name for one in groups}.get, key="m_related",
                                label_visibility="collapsed")
    group = next((one for one in groups if one.kind == kind), groups[0])
    for one in group.rows:
        with st.container(gap="xxsmall"):
            if st.button(plain(one.title or "（无标题）"), key=f"m_rel_{kind}_{one.mention_id}", type="tertiary"):
                st.query_params["mention"] = str(one.mention_id)
                st.rerun()
            caption(f"{one.platform} · {one.source} · {clock.local(one.published_at):%m-%d %H:%M} · {one.why}")
    if group.more:
        caption("还有更多，可按上面的线索搜索。")
