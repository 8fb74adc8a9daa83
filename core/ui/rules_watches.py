"""关注方案 in the room 规则: what is watched for, tried out on what is stored before it is kept, judged by marks."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db, watches
from core.faults import BadInput
from core.opinion.watch import parse, said
from core.ui.ask import ask
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, empty, plain
from core.ui.rules_deeds import TOLD, anew, begun, save
from core.ui.table import Column, pick

DAYS = 30
_MARKS = {"对": True, "错": False}
_COLUMNS = {
    "name": Column("方案", width=160), "said": Column("收什么", width=380), "hits": Column("命中", "int"),
    "precision": Column("准确率", "percent", help="人工判为“对”的占已判的几成；没有判过的为空"),
    "marked": Column("已判", "int"), "enabled": Column("启用", "flag"), "note": Column("说明", width=160),
    "at": Column("修改时间", "time"), "who": Column("修改人"),
}
_HELP = """
| 写法 | 意思 |
| --- | --- |
| `停水 投诉` | 两个词都要提到 |
| `停水 或 停电` | 提到其中一个 |
| `@本区 (停水 或 停电) -演练` | 提到本区，提到其中一个，不提“演练” |
| `"物业费 上涨"` | 引号里的字一字不差 |
| `学生 近15 坠楼` | 两词相距不超过 15 个字 |
| `标题:通报`、`正文:停水` | 词要在标题里、正文里 |
| `作者:张三` | 作者的全名，按平台比对 |
| `平台:微博,抖音`、`来源:论坛`、`地点:澜桥街道`、`单位:教育局` | 只要这些平台、来源、地点、单位的 |
| `阅读>=1万`、`互动>=100`、`转载>=10`、`热度>=100万` | 数字够大的 |
"""


def section() -> None:
    """The watches, one of them in detail, and the form for a new one."""
    frame = ask(watches.listed)
    if frame.empty:
        empty("还没有关注方案。在下面写上要关注的词，先试跑近 30 天的内容，满意了再保存。", ":material/visibility:")
        _form("new", None)
        return
    caption("新来的内容几秒内就按方案逐条比对。点选一行可看命中的内容，判对错、修改或删除。")
    shown = frame.assign(said=frame["said"].where(frame["fault"] == "", "关注词有误：" + frame["fault"]))
    chosen = pick(shown, _COLUMNS, frame["id"], key="watch_table", word="watch", alt="关注方案")
    row = next((row for row in frame.to_dict("records") if row["id"] == chosen), None)
    if row is not None:
        _one(row)
    elif chosen is not None:
        empty("链接里的方案在这里找不到，可能已被删除。请在上面点选一行。", ":material/link_off:")
    with st.expander("新建方案", icon=":material/add:"):
        _form("new", None)


def _one(row: Mapping[str, Any]) -> None:
    """A watch: what it found, or the form to change it."""
    with st.container(border=True):
        st.markdown(f"**{plain(row['name'])}**　{plain(row['said'])}")
        if row["fault"]:
            st.warning(f"这个方案的关注词现在读不出来，已停止收内容，其他方案不受影响：{plain(row['fault'])}。"
                       "请在“修改”中改好保存，或删除。", icon=":material/warning:")
        part = st.segmented_control("内容", ["命中的内容", "修改"], default="命中的内容", key=f"watch_part_{row['id']}",
                                    required=True, label_visibility="collapsed")
        if part == "修改":
            _form(f"edit{row['id']}", row)
            _drop(row)
        else:
            _hits(row)


# --- What was found -------------------------------------------------------------------------------------------------


def _hits(row: Mapping[str, Any]) -> None:
    # As it was when it was opened: rows that move while a person marks them would be marked for others.
    held = begun(f"hits_{row['id']}")
    if held not in st.session_state or st.session_state[held].empty:
        st.session_state[held] = ask(watches.hits, int(row["id"]))
    found = st.session_state[held]
    if found.empty:
        if not row["fault"]:
            empty("近期没有内容符合这个方案。" if row["enabled"] else
                  "方案已停用，不再收内容。在“修改”中可重新启用。", ":material/search_off:")
        return
    caption(f"最新 {len(found)} 条。在“判断”一列标“对”“错”，方案的准确率由此算出。")
    marks = _marked(found, f"{held}_table")
    before = dict(zip(found["mention_id"], found["right"], strict=True))
    changed = {id_: right for id_, right in marks.items() if right != (None if pd.isna(before[id_]) else before[id_])}

    def deed(session: Session) -> str:
        for mention, right in changed.items():
            watches.mark(session, int(row["id"]), int(mention), right, who=WHO, now=clock.now())
        return f"已保存 {len(changed)} 条判断。"

    with st.container(horizontal=True):
        if st.button(f"保存判断（{len(changed)} 条）", type="primary", icon=":material/save:", disabled=not changed,
                     key=f"marks_{row['id']}"):
            save(deed)
        if st.button("刷新", icon=":material/refresh:", key=f"hits_new_{row['id']}", help="没有保存的判断会丢掉"):
            anew()


def _marked(found: pd.DataFrame, key: str) -> dict[int, bool | None]:
    """A table of mentions with a column to mark them in; what each is marked as."""
    words = {right: word for word, right in _MARKS.items()}
    shown = pd.DataFrame({
        "right": [None if pd.isna(right) else words[bool(right)] for right in found.get("right", [None] * len(found))],
        "title": found["title"], "why": found["why"],
        "published_at": found["published_at"].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None),
        "platform": found["platform"], "source": found["source"],
    })
    made = st.column_config
    edited = st.data_editor(
        shown, key=key, hide_index=True, num_rows="fixed", placeholder="—", alt="符合的内容",
        disabled=[name for name in shown if name != "right"], column_config={
            "right": made.SelectboxColumn("判断", options=list(_MARKS), width=72, help="这条内容该不该被这个方案收到"),
            "title": made.TextColumn("标题", width=320), "why": made.TextColumn("为什么", width=280),
            "published_at": made.DatetimeColumn("发布时间", format="YYYY-MM-DD HH:mm", width=142),
            "platform": made.TextColumn("平台"), "source": made.TextColumn("来源"),
        })
    return {int(id_): _MARKS.get(word) for id_, word in zip(found["mention_id"], edited["right"], strict=True)}


# --- Writing --------------------------------------------------------------------------------------------------------


def _form(key: str, row: Mapping[str, Any] | None) -> None:
    """Name and query, what it asks for in a sentence, the trial, saving."""
    turn = begun(key)
    name = st.text_input("方案名称", row["name"] if row else "", key=f"watch_name_{turn}", max_chars=40)
    query = st.text_area("关注词", row["query"] if row else "", key=f"watch_query_{turn}", max_chars=2_000, height=80,
                         placeholder="@本区 (停水 或 停电) -演练", help="写完后点一下框外，下面会说明这样写收什么")
    with st.popover("怎么写", icon=":material/help:"):
        st.markdown(_HELP)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input("说明（可不填）", row["note"] if row else "", key=f"watch_note_{turn}", max_chars=200)
        enabled = st.toggle("启用", row["enabled"] if row else True, key=f"watch_on_{turn}")
    if not query.strip():
        return
    try:
        st.info(f"收这样的内容：{plain(said(parse(query)))}", icon=":material/subject:")
    except BadInput as refused:
        refuse(refused)
        return
    marks = _trial(turn, query)
    if st.button("保存方案", type="primary", icon=":material/save:", key=f"watch_save_{turn}"):

        def deed(session: Session) -> str:
            made = watches.save(session, name, query, id_=int(row["id"]) if row else None, note=note, enabled=enabled,
                                marks=marks, who=WHO, now=clock.now())
            return f"已保存方案“{made.name}”，近 {DAYS} 天的内容正在后台重新比对，稍后可见命中。"

        save(deed)


def _trial(turn: str, query: str) -> dict[int, bool]:
    """The query on what is stored, on demand; what a person marked of it."""
    held = f"watch_trial_{turn}"
    if st.button(f"试跑近 {DAYS} 天", icon=":material/play_arrow:", key=f"watch_try_{turn}",
                 help="只看会收到什么，不保存"):
        with st.spinner("正在比对……"), db.session() as session:
            st.session_state[held] = (query, watches.trial(session, query, now=clock.now(), days=DAYS))
    tried, found = st.session_state.get(held, ("", None))
    if found is None or tried != query:
        return {}
    if not found.looked:
        empty(f"近 {DAYS} 天还没有采集到内容，无法试跑。", ":material/inbox:")
        return {}
    shown = f"，下面是最新的 {len(found.frame)} 条" if found.met > len(found.frame) else ""
    placed = re.search(r"(地点|单位)[:：]", query)
    later = "试跑时不知道地点和单位，写了“地点:”“单位:”的要保存后才收得到。" if placed else ""
    st.markdown(f"看了 {found.looked:,} 条，符合 **{found.met:,}** 条{shown}。{later}")
    if found.frame.empty:
        return {}
    marks = {id_: right for id_, right in _marked(found.frame, f"{held}_marks").items() if right is not None}
    if marks:
        caption(f"已判 {len(marks)} 条，准确率 {sum(marks.values()) / len(marks):.0%}；保存方案时一并保存。")
    return marks


def _drop(row: Mapping[str, Any]) -> None:
    with st.popover("删除方案", icon=":material/delete:"):
        st.write(f"“{plain(row['name'])}”命中的 {row['hits']:,} 条和 {row['marked']} 条判断一并删除，不能恢复；"
                 "内容本身保留。暂时不用，可改为停用。")
        if st.button("确认删除", key=f"watch_drop_{row['id']}"):

            def deed(session: Session) -> str:
                watches.remove(session, int(row["id"]), who=WHO, now=clock.now())
                return f"已删除方案“{row['name']}”。"

            if do(deed, TOLD):
                st.query_params.pop("watch", None)
                st.rerun()
