"""Taking what is on the screen along: as Excel and as CSV, with its filter, method and stamp written in."""

from collections.abc import Callable, Mapping

import pandas as pd
import streamlit as st

from core import clock, db
from core.report import sheet
from core.ui.ask import look
from core.ui.table import Column

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KINDS = {"link": "text", "change": "text", "flag": "text", "rank": "int"}


def export(
    frame: pd.DataFrame | Callable[[], pd.DataFrame], columns: Mapping[str, Column], title: str, method: str = "", *,
    key: str,
) -> None:
    """Two buttons that hand out a table as it stands, or, where the screen shows a page of it, in full (`frame` then
    makes it): `title` names the file, `method` says how its figures were made. The files are made when a button is
    pressed."""
    whole = frame if callable(frame) else lambda: frame
    heads = {
        name: sheet.Head(column.label, _KINDS.get(column.kind, column.kind))
        for name, column in columns.items() if column.kind != "spark"
    }

    words = st.session_state.get("_words", "") or "全部"

    def notes() -> list[tuple[str, str]]:
        at = look(db.stamped_at)
        return [
            ("筛选", words), *([("口径与方法", method)] if method else []),
            ("数据更新于", f"{clock.local(at):%Y-%m-%d %H:%M:%S}" if at else "尚无数据"),
            ("导出时间", f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}"),
            ("符号", "≥ 为下限（平台只显示“10万+”等），≈ 为估计值，空白为未采集到，不按 0 计"),
        ]

    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "导出 Excel", lambda: sheet.workbook(whole(), heads, title, notes()), f"{title}.xlsx", _EXCEL,
            on_click="ignore", icon=":material/table_view:", key=f"{key}_xlsx",
        )
        st.download_button(
            "导出 CSV", lambda: sheet.csv_bytes(whole(), heads, title, notes()), f"{title}.csv", "text/csv",
            on_click="ignore", icon=":material/download:", key=f"{key}_csv",
        )
