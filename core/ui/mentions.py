"""舆情监测: what was found, read and marked item by item or many at once."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import charts, clock, db, incidents, labels, marks
from core.faults import BadInput
from core.query import mentions
from core.query.mention_choices import MentionChoices
from core.query.mention_scope import BANDS, MARKS, MentionFilter
from core.query.mentions import SORTS, Found, Shown
from core.ui.ask import ask
from core.ui.deeds import WHO, do, refuse
from core.ui.digests import take_in
from core.ui.export import export
from core.ui.mentions_filter import TOLD, kept_as_watch
from core.ui.parts import anchor, caption, empty, highlighted, plain
from core.ui.table import Column

SIZE = 20
EXPORTED = 2_000
"""Rows of an export, the first in the order of the screen."""
TONES = {BANDS[0]: "red", BANDS[1]: "orange", BANDS[2]: "yellow"}
FEELING_TONES = {"负面": "red", "正面": "green"}
_EXPORT = {
    "published_at": Column("发布时间", "time"), "platform": Column("平台"), "source": Column("来源"),
    "title": Column("标题"), "excerpt": Column("摘要"), "author": Column("发布者（化名）"),
    "risk": Column("风险分", "int"), "risk_kind": Column("类别"), "sentiment": Column("情感"),
    "place": Column("地点"), "town": Column("街镇"), "unit": Column("责任单位"),
    "reprints": Column("转载", "int"), "first_source": Column("首发"), "topic": Column("话题"),
    "watches": Column("关注方案"), "marks": Column("标记"), "given": Column("分派给"),
    "comments": Column("批注", "int"), "url": Column("原文", "link"),
}


def section(where: MentionFilter, sort: str, offered: MentionChoices) -> None:
    """The page of mentions that is asked for, what can be done with them, and what they add up to."""
    page = _page(where, sort)
    try:
        found = ask(mentions.search, where, sort, page, SIZE)
    except BadInput as fault:
        refuse(fault)
        return
    if found.waiting:
        caption(f"有 {found.waiting:,} 条信息刚到，正在编入索引，稍后可搜到。")
    if not found.rows:
        empty("没有符合条件的信息。可以换词、放宽筛选，或在左侧换一个周期。", ":material/search_off:")
        return
    _counted(where, sort, found)
    picked = _bar(found.rows, offered, page)
    for row in found.rows:
        _card(row, picked)
    _pages(found)
    _facets(where)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        export(lambda: _rows(where, sort), _EXPORT, f"舆情信息 {where.start} 至 {where.end}",
               f"按{SORTS[sort]}，最多 {EXPORTED:,} 条", key="mentions")
        kept_as_watch(where)


def _page(where: MentionFilter, sort: str) -> int:
    """The page; another question begins at its first."""
    asked = (where, sort)
    if st.session_state.get("m_asked") != asked:
        st.session_state["m_asked"], st.session_state["m_page"] = asked, 1
    return st.session_state["m_page"]


def _counted(where: MentionFilter, sort: str, found: Found) -> None:
    what = "篇（转载已折叠）" if where.folded else "条"
    more = f"，只列最新的 {found.counted:,} {what[0]}，可缩小范围" if found.more else ""
    number = f"至少 {found.counted:,}" if found.more else f"{found.counted:,}"
    caption(f"共 {number} {what}{more}。{SORTS[sort]}，第 {found.page} / {found.pages} 页。")


# --- Marking --------------------------------------------------------------------------------------------------------


def _key(id_: int) -> str:
    return f"m_pick_{id_}_{st.session_state.get('m_round', 0)}"


def _bar(rows: Sequence[Shown], offered: MentionChoices, page: int) -> set[int]:
    """What can be done with the ticked ones; which they are."""
    ids = [row.id for row in rows]
    with st.container(horizontal=True, vertical_alignment="center"):
        every = st.checkbox("全选本页", key=f"m_all_{page}_{st.session_state.get('m_round', 0)}")
        picked = {id_ for id_ in ids if every or st.session_state.get(_key(id_))}
        for kind, icon in (("starred", "star"), ("read", "done_all"), ("wrong", "block")):
            if st.button(MARKS[kind], icon=f":material/{icon}:", key=f"m_{kind}", disabled=not picked,
                         help=_HELP[kind]):
                _toggle(rows, picked, kind)
        with st.popover("分派", icon=":material/assignment_ind:", disabled=not picked):
            _assign(picked, offered)
        with st.popover("加入事件", icon=":material/folder_open:", disabled=not picked):
            join(picked, rows, offered)
        with st.popover("编入摘报", icon=":material/newspaper:", disabled=not picked):
            if take_in("mention", picked, TOLD, "m"):
                _again()
        if picked:
            caption(f"已选 {len(picked)} 条")
    return picked


_HELP = {"starred": "再点一次取消", "read": "再点一次取消", "wrong": "与本区无关；平时不再列出。再点一次取消"}


def _toggle(rows: Sequence[Shown], picked: set[int], kind: str) -> None:
    """Set a mark where one of the ticked ones lacks it, else take it off all of them."""
    word = MARKS[kind]
    on = any(kind not in row.marks for row in rows if row.id in picked)

    def deed(session: Session) -> str:
        number = marks.flag(session, picked, kind, on, who=WHO, now=clock.now())
        return f"已把 {number} 条标为{word}。" if on else f"已取消 {number} 条的{word}。"

    _done(deed)


def _done(deed) -> None:
    if do(deed, TOLD):
        _again()


def _again() -> None:
    """Draw the page anew with nothing ticked."""
    st.session_state["m_round"] = st.session_state.get("m_round", 0) + 1
    st.rerun()


def _assign(picked: set[int], offered: MentionChoices) -> None:
    units = dict(offered.units)
    unit = st.selectbox("单位", list(units), index=None, format_func=units.get, key="m_unit", placeholder="请选择")
    person = st.text_input("经办人（可不填）", key="m_person", max_chars=40)
    why = st.text_input("要求（可不填）", key="m_why", max_chars=200)
    if st.button("确定分派", type="primary", key="m_assign"):

        def deed(session: Session) -> str:
            number = marks.assign(session, picked, unit, person, why=why, who=WHO, now=clock.now())
            return f"已分派 {number} 条给{units.get(unit, '')}{person}。" if unit or person else "已取消分派。"

        _done(deed)


def join(picked: set[int], rows: Sequence[Shown], offered: MentionChoices) -> None:
    held = dict(offered.incidents)
    target = st.selectbox("事件", [0, *held], format_func=lambda id_: held.get(id_, "新建事件"), key="m_incident")
    title, level = "", "yellow"
    if not target:
        first = next((row.title for row in rows if row.id in picked), "")
        # Another first one is another field: a field that is there keeps what stands in it.
        title = st.text_input("事件名称", first[:60], key=f"m_incident_title_{min(picked, default=0)}", max_chars=60)
        level = st.segmented_control("等级", list(labels.LEVELS), default="yellow", format_func=labels.LEVELS.get,
                                     key="m_incident_level", required=True)
    if st.button("确定", type="primary", key="m_join"):

        def deed(session: Session) -> str:
            if target:
                number = incidents.link(session, target, picked, who=WHO, now=clock.now())
                return f"已把 {number} 条加入事件“{held[target]}”。"
            made = incidents.open_(session, title, level, sorted(picked), who=WHO, now=clock.now())
            return f"已新建事件“{made.title}”，在“事件处置”中继续。"

        _done(deed)


# --- The list -------------------------------------------------------------------------------------------------------


def _card(row: Shown, picked: set[int]) -> None:
    head = highlighted(row.title or row.excerpt or "（无标题）", row.title_spans if row.title else ())
    with st.container(border=True, horizontal=True, vertical_alignment="top", gap="small"):
        st.checkbox("选", row.id in picked, key=_key(row.id), label_visibility="collapsed")
        with st.container(gap="xxsmall"):
            if st.button(f"**{head}**", key=f"m_open_{row.id}", type="tertiary"):
                st.query_params["mention"] = str(row.id)
                st.rerun()
            if row.title and row.excerpt:
                st.markdown(f":small[{highlighted(row.excerpt, row.excerpt_spans)}]")
            st.markdown(_line(row))


def _line(row: Shown) -> str:
    """What is known of a mention, in one quiet line: badges for what is grave, then where, when and how far."""
    badges = [f":{TONES[row.band]}-badge[{row.band}风险 {row.risk}]"] if row.band in TONES else []
    if row.sentiment in FEELING_TONES:
        badges.append(f":{FEELING_TONES[row.sentiment]}-badge[{row.sentiment}]")
    badges += [f":blue-badge[{MARKS[mark]}]" for mark in row.marks if mark in MARKS and mark != "comment"]
    when = f"{clock.local(row.published_at):%m-%d %H:%M}" + ("" if row.dated else "（首次见到）")
    known = [
        plain(f"{row.platform} · {row.source}"), when,
        plain(row.place or row.town), plain(row.unit),
        f"转载 {row.reprints}，首发{plain(row.first_source)}" if row.reprints else "",
        f"批注 {row.comments}" if row.comments else "", f"分派给{plain(row.given)}" if row.given else "",
    ]
    link = anchor("原文", row.url) if row.url else ""
    return " ".join((*badges, ":small[:gray[" + "　".join(filter(None, known)) + "]]", link and f":small[{link}]"))


def _pages(found: Found) -> None:
    if found.pages < 2:
        return
    with st.container(horizontal=True, horizontal_alignment="center", vertical_alignment="center"):
        for word, icon, to, at_end in (("上一页", "chevron_left", found.page - 1, found.page <= 1),
                                       ("下一页", "chevron_right", found.page + 1, found.page >= found.pages)):
            if st.button(word, icon=f":material/{icon}:", disabled=at_end, key=f"m_to_{word}"):
                st.session_state["m_page"] = to
                st.rerun()
            if word == "上一页":
                caption(f"{found.page} / {found.pages}")


def _facets(where: MentionFilter) -> None:
    with st.expander("分布：按日、平台、情感、风险、单位", icon=":material/bar_chart:"):
        if not st.toggle("显示分布", key="m_facets", help="信息很多时要算一会儿"):
            return
        facets = ask(mentions.facets, where)
        if facets.more:
            caption(f"信息太多，只统计最新的 {facets.counted:,} 条。")
        daily = pd.DataFrame([{"day": day, "value": number, "series": "信息量"} for day, number in facets.days])
        if len(daily) > 1:
            st.altair_chart(charts.stacked_bars(daily, unit="条", value_name="信息量", title="每日信息量", height=220),
                            alt="每日信息量的柱状图")
        columns = st.columns(2)
        for n, (title, slices) in enumerate((("平台", facets.platforms), ("情感", facets.sentiments),
                                             ("风险", facets.bands), ("责任单位", facets.units))):
            shown = [one for one in slices if one.number][:12]
            if shown:
                frame = pd.DataFrame([{"label": one.name, "value": one.number} for one in shown])
                columns[n % 2].altair_chart(charts.ranking_bars(frame, unit="条", value_name="信息", title=title),
                                            alt=f"按{title}的信息量")


def _rows(where: MentionFilter, sort: str) -> pd.DataFrame:
    """Rows of the export, with the marks."""
    out: list[dict[str, Any]] = []
    with db.session() as session:
        for page in range(1, EXPORTED // mentions.FARTHEST + 1):
            found = mentions.search(session, where, sort, page, mentions.FARTHEST)
            out += [_flat(row) for row in found.rows]
            if page >= found.pages:
                break
    frame = pd.DataFrame(out, columns=list(_EXPORT))
    frame["published_at"] = pd.to_datetime(frame["published_at"], utc=True)
    return frame.assign(risk=frame["risk"].astype("Int64"), reprints=frame["reprints"].astype("Int64"))


def _flat(row: Shown) -> dict[str, Any]:
    flat = {name: getattr(row, name) for name in _EXPORT if name not in ("watches", "marks")}
    return flat | {"watches": "、".join(row.watches), "marks": "、".join(MARKS.get(one, one) for one in row.marks)}
