"""What was captured, with the very fields that a row was read from set off."""

from datetime import datetime
from html import escape

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core.recheck import pointed
from core.recheck.captured import parsers_of
from core.recheck.pointed import Pointed
from core.ui import outside
from core.ui.ask import ask
from core.ui.parts import caption, plain
from core.ui.table import Column, table

SHORT, TALL = 18, 340
"""Lines up to which an excerpt is shown whole; the height of the window in which a longer one scrolls."""
_FIELDS = {"name": Column("指标", width=100), "value": Column("原始数据", width=200),
           "places": Column("字段", width=380)}
_STYLE = (
    "<style>.captured{font:0.82em/1.7 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:0}"
    ".captured div{white-space:pre-wrap;overflow-wrap:anywhere;padding:0 .5em}"
    ".captured mark{display:block;background:rgba(255,193,7,.28);color:inherit;margin:0 -.5em;padding:0 .5em;"
    "border-left:3px solid #e8a100}"
    ".captured b{float:right;font:600 .95em/1.8 sans-serif;color:#8a5a00;padding-left:1em}</style>"
)


def fields(capture_id: int, locator: str, what: str, moment: datetime | None, named: str = "", *, key: str) -> None:
    """The excerpt of a capture around a row, its fields set off. `what`: of pointed.PARTS; `moment`, `named` tell rows
    of one place apart."""
    found: Pointed = ask(_pointed, capture_id, locator, what, moment, named)
    if found.problem:
        st.warning(plain(found.problem), icon=":material/broken_image:")
        return
    with st.container(height="content" if len(found.lines) < SHORT else TALL, border=True):
        st.html(_STYLE + _lines(found))
    missing = [one.name for one in found.fields if not one.places]
    caption("标出的是这些数字在原始数据中的字段" + (
        "：逐项改动后重新解析，数字随之改变的才标出。" if found.proven else "（按文字查找）。")
        + (f"没有对应单个字段的：{'、'.join(missing)}。" if missing else ""))
    with st.expander("字段位置", icon=":material/location_searching:"):
        frame = pd.DataFrame([(one.name, one.value, "、".join(one.places) or None) for one in found.fields],
                             columns=["name", "value", "places"])
        table(frame, _FIELDS, key=f"fields_{key}", alt="各项数字在原始数据中的字段")


def _lines(found: Pointed) -> str:
    """The excerpt as markup; everything in it is escaped."""
    out = []
    for line in found.lines:
        text = escape(line.text) or "&nbsp;"
        out.append(f"<div><mark><b>{escape(line.mark)}</b>{text}</mark></div>" if line.mark else f"<div>{text}</div>")
    return f'<div class="captured">{"".join(out)}</div>'


def _pointed(
    session: Session, capture_id: int, locator: str, what: str, moment: datetime | None, named: str
) -> Pointed:
    return pointed.point(session, capture_id, locator, what, moment, parsers_of(outside.collectors()), named)
