"""Tables with Chinese heads, and rows that can be picked."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from core.query.scope import id_of

Kind = Literal["text", "int", "rank", "score", "percent", "date", "time", "link", "spark", "change", "flag", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """How one column of a frame stands on the screen. Times are shown on the Shanghai clock."""

    label: str
    kind: Kind = "text"
    help: str | None = None
    width: Literal["small", "medium", "large"] | int | None = None
    pinned: bool = False


def table(
    frame: pd.DataFrame,
    columns: Mapping[str, Column],
    *,
    key: str,
    select: bool = False,
    many: bool = False,
    height: int | Literal["auto", "content", "stretch"] = "auto",
    alt: str = "",
    picked: int | None = None,
) -> Any:
    """Show those columns of the frame, in that order; with `select`, return the picked row's position (None: none is
    picked; `picked` is picked at first); with `many`, the positions of all the ticked rows."""
    shown = frame[[name for name in columns if name in frame.columns]].copy()
    for name in shown.columns:
        if columns[name].kind == "time" and isinstance(shown[name].dtype, pd.DatetimeTZDtype):
            shown[name] = shown[name].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
        elif columns[name].kind == "spark":  # one with a gap, or without any value, would stand there as text
            lines = [[value for value in line or () if value is not None] or None for line in shown[name]]
            shown[name] = pd.Series(lines, index=shown.index, dtype=object)
    config = {name: _config(columns[name]) for name in shown.columns}
    ranks = [name for name in shown.columns if columns[name].kind == "rank"]
    if ranks and len(shown) <= _STYLED_ROWS:
        shown = shown.style.apply(_ahead, subset=ranks)
    state = st.dataframe(
        shown, hide_index=True, column_config=config, key=key, height=height, alt=alt or None, placeholder="—",
        on_select=(lambda: _whole_row(key, many)) if select or many else "ignore",
        selection_mode=["multi-row" if many else "single-row", "single-cell"],
        selection_default=None if picked is None else {"selection": {"rows": [picked], "columns": [], "cells": []}},
    )
    rows = [row for row in (state.selection.rows if (select or many) and state else []) if row < len(frame)]
    return rows if many else rows[0] if rows else None


def pick(
    frame: pd.DataFrame, columns: Mapping[str, Column], ids: Sequence[int], *, key: str, word: str = "", alt: str = "",
    height: int | Literal["auto", "content", "stretch"] = "auto",
) -> int | None:
    """A table of which one row is picked, known by its id (`ids`: one for each row) and not by its place: it stays
    picked when rows come, go or change places, and while they are filtered away. With `word` it stands in the address
    as that parameter, so that a link opens it. Returns the picked id, which may be one that a link made up."""
    order, memory = [int(id_) for id_ in ids], f"{key}_picked"
    chosen, turn = st.session_state.get(memory, (None, 0))
    said = st.query_params.get(word, "") if word else ""
    asked = id_of(said)
    if asked is None and said.isdecimal():
        asked = _NOBODY  # said to be gone like any other that a link made up
    if word and asked != chosen:
        chosen, turn = asked, turn + 1  # a link, or the browser's way back: the table begins anew
    rows = hashlib.sha256(repr(order).encode()).hexdigest()[:12]
    place = order.index(chosen) if chosen in order else None
    row = table(frame, columns, key=f"{key}_{turn}_{rows}", select=True, height=height, alt=alt, picked=place)
    chosen = order[row] if row is not None else chosen if place is None else None
    st.session_state[memory] = (chosen, turn)
    if word and chosen is None:
        st.query_params.pop(word, None)
    elif word and str(chosen) != said:
        st.query_params[word] = str(chosen)
    return chosen


_NOBODY = 2**31 - 1
"""An id that no row has come to."""


def _whole_row(key: str, many: bool) -> None:
    """A callback: a click on any cell picks its row, since people click on the name and not on the narrow box before
    it; where many can be ticked, it ticks and unticks."""
    selection = st.session_state[key].selection
    if cells := list(selection.cells):
        clicked = cells[-1][0]
        rows = sorted({*selection.rows} ^ {clicked}) if many else [clicked]
        st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _ahead(ranks: pd.Series) -> list[str]:
    """The first three places stand out a little, the first the most."""
    return [_AHEAD.get(0 if pd.isna(rank) else int(rank), "") for rank in ranks]


def _config(column: Column) -> Any:
    made = st.column_config
    width = column.width or (_TIME_WIDTH if column.kind == "time" else None)
    common = {"help": column.help, "width": width, "pinned": column.pinned or None}
    match column.kind:
        case "int" | "rank":
            return made.NumberColumn(column.label, format="localized", **common)
        case "number":
            return made.NumberColumn(column.label, format="%.6g", **common)
        case "score":
            return made.NumberColumn(column.label, format="%.2f", **common)
        case "percent":
            return made.NumberColumn(column.label, format="percent", **common)
        case "date":
            return made.DateColumn(column.label, format="YYYY-MM-DD", **common)
        case "time":
            return made.DatetimeColumn(column.label, format="YYYY-MM-DD HH:mm", **common)
        case "link":
            return made.LinkColumn(column.label, display_text="打开", **common)
        case "spark":
            return made.AreaChartColumn(column.label, y_min=0, **common)
        case "flag":
            return made.CheckboxColumn(column.label, **common)
        case _:
            return made.TextColumn(column.label, **common)


_AHEAD = {place: f"font-weight: 600; background-color: rgba(178, 138, 56, {tone})"
          for place, tone in ((1, 0.30), (2, 0.18), (3, 0.09))}
_STYLED_ROWS = 300
"""A longer table stands without: pandas writes out every cell of a styled one, at every run."""
_TIME_WIDTH = 142
"""Pixels that a moment needs: beside a wide column it would be cut off."""
