"""What is searched for in 舆情监测, and by what it is narrowed down; it stands in the address, for links to show it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import streamlit as st

from core import clock, watches
from core.faults import BadInput
from core.labels import FAMILIES
from core.opinion import search_query
from core.query.mention_choices import MentionChoices
from core.query.mention_scope import BANDS, FEELINGS, MARKS, MentionFilter
from core.query.mentions import SORTS
from core.query.scope import Filter
from core.ui import address
from core.ui.deeds import WHO, do, refuse

TOLD = "mentions"
_NAMES = {one.name for one in fields(MentionFilter)} - {"start", "end"}
_HELP = """
| 写法 | 意思 |
| --- | --- |
| `停水 投诉` | 两个词都要有 |
| `停水 或 停电` | 有其中一个 |
| `停水 -演练` | 不要“演练” |
| `"物业费 上涨"` | 引号里的字一字不差 |
| `学生 近15 坠楼` | 两词相距不超过 15 个字 |
| `@本区 (停水 或 停电)` | 提到本区 |
| `标题:通报`、`作者:张三`、`来源:论坛` | 词在标题里、作者、来源 |
"""


def chosen(where: Filter, offered: MentionChoices) -> tuple[MentionFilter, str]:
    """Draw the search and the filters; what is asked for, and the order."""
    before, said, turn = address.read(MentionFilter, _NAMES, where, "m_said")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("搜索", before.words, key=f"m_words_{turn}", max_chars=500, width=460,
                              placeholder="停水 或 停电 -演练", icon=":material/search:",
                              help="在标题和正文里找，两个字的词也能找到。写完按回车")
        sort = st.selectbox("排列", list(SORTS), key="m_sort", format_func=SORTS.get, width=150, bind="query-params")
        folded = st.toggle("折叠转载", before.folded if said else True, key=f"m_folded_{turn}",
                           help="同一篇的转载只列一条，并写明转载数和首发")
        with st.popover("怎么写", icon=":material/help:"):
            st.markdown(_HELP)
    made = replace(before, words=words.strip(), folded=folded)
    number = sum(bool(getattr(before, name)) for name in _NAMES - {"words", "folded"})
    with st.expander(f"筛选（已选 {number} 项）" if number else "筛选", icon=":material/tune:", expanded=number > 0):
        made = _narrowed(made, before, offered, turn)
    params = made.to_params() | ({} if folded else {"folded": "0"})
    address.write(_NAMES, params, "m_said", turn)
    return made, sort


def _narrowed(made: MentionFilter, before: MentionFilter, offered: MentionChoices, turn: int) -> MentionFilter:
    columns = st.columns(3)

    def several(place: int, name: str, label: str, values: Mapping[Any, str], **more: Any) -> tuple:
        with columns[place]:
            return tuple(st.multiselect(
                label, list(values), [one for one in getattr(before, name) if one in values], key=f"m_{name}_{turn}",
                format_func=values.get, placeholder="不限", **more))

    units = {**dict(offered.units), 0: "未定单位"}
    made = replace(
        made,
        watches=several(0, "watches", "关注方案", dict(offered.watches)),
        risks=several(0, "risks", "风险等级", {band: band for band in BANDS}),
        sentiments=several(0, "sentiments", "情感", {one: one for one in FEELINGS}),
        families=several(1, "families", "来源类别", {key: FAMILIES[key] for key, _ in offered.families}),
        platforms=several(1, "platforms", "平台", dict(offered.platforms)),
        marks=several(1, "marks", "标记", MARKS, help="误报的平时不列，选“误报”才列"),
        towns=several(2, "towns", "发生地（街镇）", {town: town for town in offered.towns}),
        units=several(2, "units", "责任单位", units),
        assigned=several(2, "assigned", "已分派给", dict(offered.units)),
    )
    with columns[0]:
        place = st.text_input("地点包含", before.place, key=f"m_place_{turn}", max_chars=40)
    return replace(made, place=place.strip())


def kept_as_watch(made: MentionFilter) -> None:
    """Keep what is searched for as a watch."""
    if not made.words:
        return
    with st.popover("存为关注方案", icon=":material/visibility:"):
        query = search_query.as_watch(made.words)
        st.markdown(f"以后新到的信息也按它收：`{query.replace('`', '')}`")
        name = st.text_input("方案名称", key="m_watch_name", max_chars=40)
        if st.button("保存", type="primary", key="m_watch_save"):
            if not name.strip():
                refuse(BadInput("请填写方案名称"))
            elif do(lambda session: f"已保存方案“{watches.save(session, name, query, who=WHO, now=clock.now()).name}”，"
                    "可在“规则”中试跑和修改。", TOLD):
                st.rerun()
