"""The part of an import's preview where a person says what the columns of a table mean."""

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core.imports import mappings
from core.imports.headers import FIELDS, KINDS, OF_KIND
from core.imports.recognise import NEEDED
from core.imports.shown import Preview, Table
from core.ui.deeds import WHO, do
from core.ui.parts import caption

_STATE = "import_mapping"
_COLUMNS = 4
_AS_IT_IS = {"article": "单篇详情（逐日）", "": "不导入（没有可存的数据）"}


def said(mark: str) -> dict[str, dict[str, str]] | None:
    """What was said of this file so far, by tables."""
    return st.session_state.get(_STATE, {}).get(mark)


def forget_all() -> None:
    """Drop what was said of the file before."""
    st.session_state.pop(_STATE, None)


def columns(shown: Preview, mark: str, told: str) -> None:
    """How the columns of each table were understood, and the form that corrects one table."""
    every = [*shown.tables, *shown.empty]
    _remembered(shown, told)
    with st.expander("各列的对应关系", icon=":material/table_chart:"):
        used = [
            {"表": table.words, "列": letter, "表头": header, "第一个值": table.examples.get(header),
             "含义": FIELDS[name]}
            for table in shown.tables for name, (letter, header) in table.columns.items()
        ]
        st.dataframe(pd.DataFrame(used), hide_index=True, alt="各列的含义", placeholder="—")
        unused = [header for table in shown.tables for header in table.unused]
        if unused:
            what = "按原名存入工单详情，个人信息除外" if shown.checked.batch.mentions else "没有使用"
            caption(f"其余的列（{what}）：{'、'.join(dict.fromkeys(unused))}")
    with st.expander("手工指定各列的含义", icon=":material/edit:"):
        table = every[0]
        if len(every) > 1:
            at = st.selectbox("要改的表", range(len(every)), format_func=lambda at: every[at].words,
                              key=f"map_table_{mark[:16]}")
            table = every[at]
        correct(mark, table.key, table.headers, table.examples, table)


def _remembered(shown: Preview, told: str) -> None:
    if not shown.remembered:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        caption(f"有 {len(shown.remembered)} 个表沿用了以前手工指定的对应关系。")
        if st.button("忘记以前的指定", icon=":material/delete:", key="import_forget"):
            def deed(session: Session) -> str:
                gone = mappings.forget(session, shown.platform, shown.remembered, who=WHO)
                return f"已忘记 {gone} 个表以前的指定，现按表头自动识别。"

            if do(deed, told):
                st.session_state.pop("import_preview", None)
                st.rerun()


def correct(
    mark: str, key: str, headers: Sequence[str], examples: Mapping[str, str], table: Table | None = None
) -> None:
    """Say by hand what a table is and which column means what; remembered for files with the same headers once
    imported. `examples`: header → what stands under it. Without `table` nothing was recognised, and what is said holds
    for the whole file."""
    if not headers:
        return
    base = f"map_{mark[:16]}_{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"
    now_is = {name: header for name, (_, header) in table.columns.items()} if table else {}
    kind = table.kind if table else ""
    kinds = {**({kind: _AS_IT_IS.get(kind, KINDS.get(kind, kind))} if table else {"": "自动判断"}), **KINDS,
             mappings.NONE: "不导入这个表"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen_kind = st.selectbox("这个表是", list(kinds), format_func=kinds.get, key=f"{base}@kind", width=240)
        wide = st.checkbox("显示其他字段", key=f"{base}@wide", help="平时用不到的字段，例如粉丝表里的阅读数")
    if needed := NEEDED.get(chosen_kind or "posts"):
        caption(f"需要有——{needed}。")
    words = {header: f"{header}（如：{examples[header]}）" if header in examples else header for header in headers}
    with st.form(f"{base}@form", border=False):
        chosen = _fields(base, chosen_kind or "posts", wide, words, now_is)
        sent = st.form_submit_button("按此对应重新读取", icon=":material/refresh:")
    if sent:
        mapping = {name: header or "" for name, header in chosen.items() if header or now_is.get(name)}
        if chosen_kind != kind:
            mapping[mappings.KIND] = chosen_kind
        before = said(mark) or {}
        st.session_state[_STATE] = {mark: {**before, key: mapping}}
        st.rerun()


def _fields(
    base: str, kind: str, wide: bool, words: Mapping[str, str], now_is: Mapping[str, str]
) -> dict[str, str | None]:
    """The header chosen for each field: those that make sense for the kind first, others when asked for or in use.
    `words`: header → as it is offered."""
    headers = list(words)
    own = OF_KIND.get(kind, () if kind == mappings.NONE else tuple(now_is) or OF_KIND["posts"])
    rest = [name for name in FIELDS if name not in own and (wide or name in now_is)]
    chosen: dict[str, str | None] = {}
    for title, names in ((None, own), ("其他字段", rest)):
        if title and names:
            st.markdown(f"**{title}**")
        for start in range(0, len(names), _COLUMNS):
            for name, place in zip(names[start : start + _COLUMNS], st.columns(_COLUMNS), strict=False):
                with place:
                    first = headers.index(now_is[name]) if now_is.get(name) in headers else None
                    chosen[name] = st.selectbox(FIELDS[name], headers, first, key=f"{base}_{name}",
                                                format_func=words.get, placeholder="没有这一列")
    return chosen
