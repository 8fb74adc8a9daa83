"""The part 矩阵总分 of the room 账号台账: what matrix totals are made of, with their versions."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, local_indices, matrices
from core.query import indices, matrix
from core.query.matrix import Version
from core.ui.ask import ask
from core.ui.deeds import WHO, do, said
from core.ui.parts import caption, empty, link, plain
from core.ui.table import Column, pick

TOLD = "matrices"
_MANY_BY_WORD = {words: many for many, words in matrices.MANY.items()}
EXAMPLE = {"wechat": 40, "weibo": 40, "douyin": 20}


def section() -> None:
    """The whole part: versions, retiring, the editor."""
    said(TOLD)
    found = ask(matrix.versions)
    chosen = None
    if found:
        caption(f"共 {len(found)} 个版本。{matrices.METHOD}")
        frame = pd.DataFrame([{
            "name": one.name, "version": f"第{one.version}版", "state": "停用" if one.retired else "使用中",
            "words": one.words, "at": one.at, "who": one.who,
        } for one in found])
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        picked = pick(frame, {
            "name": Column("矩阵总分", pinned=True), "version": Column("版本", width="small"),
            "state": Column("状态", width="small"), "words": Column("构成", width="large"),
            "at": Column("保存时间", "time"), "who": Column("保存人"),
        }, [one.id for one in found], key="matrices", alt="矩阵总分及其版本")
        chosen = next((one for one in found if one.id == picked), None)
        if chosen is None:
            caption("点选一行可修改或停用。")
    else:
        empty("还没有矩阵总分。它按权重把一个单位在各平台的分值合成一个总分，可在下面新建。")
    if chosen is None:
        with st.expander("新建矩阵总分", icon=":material/add_chart:", expanded=not found):
            _editor(None)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        word = "恢复使用" if chosen.retired else "停用"
        if st.button(word, icon=f":material/{'restore' if chosen.retired else 'block'}:", key=f"matrix_{chosen.id}"):
            def deed(session: Session) -> str:
                matrices.set_retired(session, chosen.id, not chosen.retired, who=WHO, now=clock.now())
                return f"“{chosen.title}”已{word}。"

            _save(deed)
        link("rankings", "查看排名", rankings_part="矩阵总分", matrix=chosen.title)
    with st.expander(f"以“{chosen.title}”为底稿修改（保存为新版）", icon=":material/edit:", expanded=True):
        _editor(chosen)


def _round() -> int:
    return st.session_state.get("matrices_round", 0)


def _save(deed: Callable[[Session], str], left: bool = False) -> None:
    """Carry out a deed; with `left` no version stays picked."""
    if do(deed, TOLD):
        st.session_state["matrices_round"] = _round() + 1
        if left:
            st.session_state["matrices_picked"] = (None, _round())
        st.rerun()


def _editor(start: Version | None) -> None:
    """Name, one row for each platform, and what counts of several accounts."""
    turn = f"{_round()}_{start.id if start else 'new'}"
    left, right = st.columns(2)
    with left:
        name = st.text_input("名称", start.name if start else "", key=f"matrix_name_{turn}", disabled=start is not None,
                             max_chars=matrices.NAME_LENGTH, placeholder="如：区矩阵总分")
    with right:
        ways = list(_MANY_BY_WORD)
        way = st.selectbox("一个单位在同一平台有多个账号时", ways, key=f"matrix_many_{turn}",
                           index=ways.index(matrices.MANY[start.many]) if start else 0)
    parts = _table(start, turn)
    wrong = ask(matrices.faults, name, parts, _MANY_BY_WORD[way])
    if faults := [fault for fault in wrong if name.strip() or not fault.startswith("名称")]:
        st.warning("\n".join(["还不能保存：", "", *(f"- {plain(fault)}" for fault in faults)]), icon=":material/rule:")
    word = "保存为新版" if start else "保存"
    if st.button(word, type="primary", icon=":material/save:", key=f"matrix_save_{turn}",
                 disabled=bool(faults) or not name.strip()):
        def deed(session: Session) -> str:
            made = matrices.save(session, name, parts, _MANY_BY_WORD[way], who=WHO, now=clock.now())
            return f"已保存“{made.name}”第 {made.version} 版，可在“榜单”的“矩阵总分”中查看。"

        _save(deed, left=True)
    if not name.strip():
        caption("填写名称后即可保存。")


def _table(start: Version | None, turn: str) -> list[dict[str, Any]]:
    """One row for each platform; what they say."""
    names, titles = ask(indices.platforms), ask(local_indices.titles)
    offered = {title: key for key, title in ask(local_indices.titles, retired=False).items()}
    first = start.parts if start else _example()
    made = st.column_config
    rows = st.data_editor(
        pd.DataFrame([{
            "platform": names[part["platform"]], "index": titles.get(part["index"]), "weight": float(part["weight"]),
            "scaled": part["scaled"],
        } for part in first], columns=["platform", "index", "weight", "scaled"]),
        key=f"matrix_parts_{turn}", num_rows="dynamic", hide_index=True, alt="各平台的指数和权重", placeholder="—",
        column_config={
            "platform": made.SelectboxColumn("平台", options=list(names.values())),
            "index": made.SelectboxColumn("指数", options=list(offered), width="medium",
                                          help="要能用于该平台；没有公开指数的平台请先在“本地指数”中新建"),
            "weight": made.NumberColumn("权重（%）", format="%.6g", help="合计 100%"),
            "scaled": made.CheckboxColumn("折算为100", default=False, help="按本期最高分折算为100"),
        },
    )
    code_of, key_of = {name: code for code, name in names.items()}, {title: key for key, title in titles.items()}
    return [
        {"platform": code_of.get(row["platform"], ""), "index": key_of.get(row["index"], ""),
         "weight": None if pd.isna(row["weight"]) else float(row["weight"]), "scaled": row["scaled"] is True}
        for row in rows.to_dict("records")
        if isinstance(row["platform"], str) or isinstance(row["index"], str) or not pd.isna(row["weight"])
    ]


def _example() -> list[Mapping[str, Any]]:
    """Rows to begin with: platforms that have a public index."""
    return [{"platform": code, "index": ask(local_indices.usual_of, code), "weight": weight, "scaled": False}
            for code, weight in EXAMPLE.items()]
