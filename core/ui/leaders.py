"""The list of leaders' names and titles in the part 检查指标: kept here, by paste or from a table."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock
from core.faults import BadInput
from core.ledger import leaders as ledger
from core.ledger.leaders import HEADS, Line
from core.settings import settings
from core.ui.ask import ask
from core.ui.deeds import WHO, do, refuse
from core.ui.export import export
from core.ui.parts import caption, empty
from core.ui.table import Column
from core.ui.uploads import uploader

TOLD = "compliance"
_COLUMNS = {
    "name": Column(HEADS["name"]), "titles": Column(HEADS["titles"]), "since": Column(HEADS["since"], "date"),
    "until": Column(HEADS["until"], "date"), "note": Column(HEADS["note"]),
}


def section() -> None:
    """The list, changed in place; more lines by paste or upload."""
    held = ask(ledger.lines)
    caption("标题和正文中，名单里的职务前后紧挨着的姓名与发布当日的任职不符，或姓名差一个字，列为疑似，在“文字核对”中由人工"
            "判断。名单改动后，检查时段内的帖文重新核对。职务请写到能够区分的程度，例如写“青山街道党工委书记”而不只写“书记”；"
            f"前面带有其他地名、单位名的不核对（本区名称“{settings().district}”除外）。现有 {len(held)} 行。")
    if not held:
        empty("还没有领导名单，帖文中的领导姓名职务没有核对。请在下面粘贴或上传名单。", ":material/badge:")
    else:
        _table(held)
    with st.expander("粘贴或上传名单", icon=":material/content_paste:", expanded=not held):
        _more(held)


def _table(held: list[Line]) -> None:
    rows = [{"name": one.name, "titles": "、".join(one.titles), "since": one.since, "until": one.until,
             "note": one.note, "drop": False} for one in held]
    frame = pd.DataFrame(rows)
    shown = frame.assign(since=pd.to_datetime(frame["since"]), until=pd.to_datetime(frame["until"]))
    key = f"leaders_{_round()}_{len(rows)}"
    made = st.column_config
    st.data_editor(shown, key=key, hide_index=True, num_rows="fixed", placeholder="—", alt="领导名单", column_config={
        "name": made.TextColumn(HEADS["name"], width=110), "titles": made.TextColumn(
            HEADS["titles"], width=320, help="多个职务用顿号隔开"),
        "since": made.DateColumn(HEADS["since"], format="YYYY-MM-DD", help="含当日；空白为不限"),
        "until": made.DateColumn(HEADS["until"], format="YYYY-MM-DD", help="含当日；空白为仍在任"),
        "note": made.TextColumn(HEADS["note"], width=200), "drop": made.CheckboxColumn("删除", width=56),
    })
    edits = st.session_state.get(key, {}).get("edited_rows", {})
    if st.button("保存修改", type="primary", icon=":material/save:", key="leaders_save", disabled=not edits):
        changed = [(n + 1, row | edits.get(n, edits.get(str(n), {}))) for n, row in enumerate(rows)]

        def deed(session: Session) -> str:
            kept = ledger.made((number, row) for number, row in changed if not row["drop"])
            return ledger.keep(session, kept, who=WHO, now=clock.now())

        _save(deed)
    export(frame.drop(columns="drop"), _COLUMNS, "领导名单", key="leaders_export")


def _more(held: list[Line]) -> None:
    turn = _round()
    left, right = st.columns(2)
    with left:
        text = st.text_area("粘贴名单", key=f"leaders_text_{turn}", height=150, max_chars=60_000, placeholder=(
            "每行一人：姓名，职务（多个用顿号），任职日期，离任日期，备注\n也可从 Excel 复制带“姓名、职务”表头的几列"))
    with right:
        file = uploader("或上传表格（Excel、CSV）", key=f"leaders_file_{turn}")
    if not text.strip() and file is None:
        return
    try:
        lines = ledger.read(text, file.getvalue() if file else b"", file.name if file else "")
    except BadInput as refused:
        refuse(refused)
        return
    known = {one.key: one for one in held}
    listed = [{"做法": "更新" if one.key in known else "新增", **_said(one)}
              for one in lines if known.get(one.key) != one]
    if not listed:
        caption(f"读到 {len(lines)} 行，与现有名单相同。")
        return
    st.dataframe(pd.DataFrame(listed), hide_index=True, alt="将要加入名单的行", placeholder="—")
    if st.button(f"加入名单（{len(listed)} 行）", type="primary", icon=":material/save:", key="leaders_add"):
        _save(lambda session: ledger.add(session, lines, who=WHO, now=clock.now()))


def _said(one: Line) -> Mapping[str, Any]:
    return {HEADS["name"]: one.name, HEADS["titles"]: "、".join(one.titles), HEADS["since"]: one.since,
            HEADS["until"]: one.until, HEADS["note"]: one.note}


def _round() -> int:
    return st.session_state.get("leaders_round", 0)


def _save(deed: Callable[[Session], str]) -> None:
    if do(deed, TOLD):
        st.session_state["leaders_round"] = _round() + 1
        st.rerun()
