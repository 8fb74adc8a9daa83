"""A report's content on the screen, as it will stand on paper; its figures lead to where they come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pandas as pd
import streamlit as st

from core.report import behind, plots, spoken
from core.report.content import (
    Block,
    Chart,
    Content,
    Figures,
    Heading,
    Note,
    Origin,
    Paragraph,
    Section,
    Table,
    cell_text,
    headings,
    numeral,
)
from core.report.figures import figures
from core.ui.behind import Issued, open_figure, shown
from core.ui.linked import linked
from core.ui.parts import Card, anchor, caption, cards, empty, plain

_CARDS = 5
"""Headline figures of one row: more would be cut off."""
_LISTED = 400
"""Rows up to which the numbers of a table are links."""


@dataclass(frozen=True)
class _Links:
    """The keys of a content's figures by place, the numbers of its paragraphs, what an address says of it, and what
    draws the figure that an address names."""

    sha256: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[tuple[int, int, int, int], str] = field(default_factory=dict)
    said: Mapping[tuple[int, int], tuple[spoken.Span, ...]] = field(default_factory=dict)
    then: Callable[[], None] = lambda: None


def preview(content: Content, address: Mapping[str, str] | None = None, issued: Issued | None = None) -> None:
    """Draw the whole report; annexes are folded. `address`: what the address of this report (`issued`: of an edition)
    says; with it figures can be clicked, where the report says where they come from."""
    links = _Links()
    if address and behind.told(content):
        links = _Links(content.sha256, address, *_placed(content.sha256, content), lambda: shown(content, issued))
    if links.keys:
        st.caption("点一下带下划线的数字，或表格中的数字，可查看它的口径和来源。")
    for nth, (title, section) in enumerate(zip(headings(content.sections), content.sections, strict=True)):
        if section.role == "annex":
            with st.expander(plain(title)):
                _section(section, nth, links)
        else:
            if title:
                st.subheader(plain(title), anchor=False, divider="gray")
            _section(section, nth, links)


@st.cache_data(max_entries=32, show_spinner=False)
def _placed(sha256: str, _content: Content) -> tuple[dict, dict]:
    """The keys of the figures by place, and the numbers of the paragraphs."""
    return {one.at: one.key for one in figures(_content)}, dict(spoken.spans(_content))


def _section(section: Section, nth: int, links: _Links) -> None:
    blocks = list(enumerate(section.blocks))
    if not links.keys:
        _plain(section, blocks, nth, links)
        return
    for said, run in groupby(blocks, key=lambda pair: isinstance(pair[1], Paragraph | Figures)):
        if said:
            _said(list(run), nth, links)
        else:
            _plain(section, list(run), nth, links)


def _plain(section: Section, run: list[tuple[int, Block]], nth: int, links: _Links) -> None:
    for number, block in run:
        match block:
            case Heading():
                count = sum(isinstance(one, Heading) for one in section.blocks[: number + 1])
                st.markdown(f"**（{numeral(count)}）{plain(block.text)}**")
            case Paragraph():
                st.markdown(f"　　{plain(block.text)}")
            case Note():
                caption(block.text)
            case Origin():
                st.markdown(f"　　:small[{anchor(block.text, block.url)}]")
            case Figures():
                shown = [Card(one.label, f"{one.value}{one.unit}", help=one.change or None) for one in block.items]
                for start in range(0, len(shown), _CARDS):
                    cards(shown[start : start + _CARDS])
            case Table():
                _table(block, (nth, number), links)
            case Chart():
                _chart(block, (nth, number), links)


def _said(run: list[tuple[int, Block]], nth: int, links: _Links) -> None:
    """Paragraphs and headline figures that follow each other, as one element with links."""
    blocks: list[dict[str, Any]] = []
    for number, block in run:
        if isinstance(block, Figures):
            blocks.append({"cards": [
                {"label": one.label, "value": one.value, "unit": one.unit, "change": one.change,
                 "key": links.keys.get((nth, number, n, 0))} for n, one in enumerate(block.items)]})
        else:
            blocks.append({"kind": "", "pieces": _pieces(block.text, links.said.get((nth, number), ()))})
    linked(blocks, links.address, f"said_{nth}_{run[0][0]}",
           lambda key: open_figure(key, links.address), links.then)


def _pieces(text: str, spans: tuple[spoken.Span, ...]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    at = 0
    for begin, end, key in spans:
        found += [(text[at:begin], None), (text[begin:end], key)]
        at = end
    return [piece for piece in (*found, (text[at:], None)) if piece[0]]


def _table(table: Table, at: tuple[int, int], links: _Links) -> None:
    st.markdown(f"**{plain(table.title)}**")
    if not table.rows:
        empty("本期无数据。")
        return
    texts = [[cell_text(column.kind, cell) for column, cell in zip(table.columns, row, strict=True)]
             for row in table.rows]
    keys = {(row, column): key for row in range(len(texts)) for column in range(len(table.columns))
            if (key := links.keys.get((*at, row, column)))}
    _grid(texts, [column.name for column in table.columns], [column.kind not in ("text", "date") for column in
                                                             table.columns], table.title, keys, at, links)
    if table.note:
        caption(f"注：{table.note}")


def _grid(texts: list[list[str]], names: list[str], numbers: list[bool], alt: str,
          keys: Mapping[tuple[int, int], str], at: tuple[int, int], links: _Links) -> None:
    """A table of texts, some of which can be clicked; a long one can be searched and sorted instead of looking like
    links."""
    if keys and len(texts) <= _LISTED:
        rows = [[(text, keys.get((row, column))) for column, text in enumerate(cells)] for row, cells in
                enumerate(texts)]
        linked([{"heads": names, "rows": rows, "numbers": numbers}], links.address, f"grid_{at[0]}_{at[1]}",
               lambda key: open_figure(key, links.address), links.then)
        return
    _cells(texts, [name + "\u200b" * names[:n].count(name) for n, name in enumerate(names)], alt, keys,
           f"cells_{at[0]}_{at[1]}", links)


@st.fragment
def _cells(texts: list[list[str]], names: list[str], alt: str, keys: Mapping[tuple[int, int], str], key: str,
           links: _Links) -> None:
    frame = pd.DataFrame(texts, columns=names)
    more = {"key": key, "selection_mode": "single-cell", "on_select": lambda: _clicked(key, names, keys, links)}
    st.dataframe(frame, hide_index=True, height=min(38 + 35 * len(frame), 420), alt=alt, **(more if keys else {}))
    if st.session_state.pop(f"{key}_heard", False):
        links.then()


def _clicked(key: str, names: list[str], keys: Mapping[tuple[int, int], str], links: _Links) -> None:
    """A callback: the figure of the cell; nothing stays selected, so that it can be clicked again."""
    cells = list(st.session_state[key].selection.cells)
    st.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": []}}
    if cells and (figure := keys.get((cells[-1][0], names.index(cells[-1][1])))):
        st.session_state[f"{key}_heard"] = True
        open_figure(figure, links.address)


def _chart(chart: Chart, at: tuple[int, int], links: _Links) -> None:
    if chart.empty:
        empty(f"“{plain(chart.title)}”本期没有可以画出的数据。")
        return
    if not links.keys:
        st.altair_chart(plots.altair_chart(chart))
    else:
        st.vega_lite_chart(_drawn(links.sha256, at, chart))
        with st.popover("图中各数", icon=":material/table_rows:", type="tertiary"):
            _numbers(chart, at, links)
    if chart.note:
        caption(chart.note)


@st.cache_data(max_entries=200, show_spinner=False)
def _drawn(sha256: str, at: tuple[int, int], _chart: Chart) -> dict[str, Any]:
    """A chart as it is drawn: a click draws the preview anew, and making a chart takes long."""
    return plots.altair_chart(_chart).to_dict()


def _numbers(chart: Chart, at: tuple[int, int], links: _Links) -> None:
    """The values of a chart, a row for each label."""
    texts = [[str(label), *("—" if one.values[n] is None else f"{one.values[n]:,}" for one in chart.series)]
             for n, label in enumerate(chart.labels)]
    keys = {(n, column + 1): key for n in range(len(chart.labels)) for column in range(len(chart.series))
            if (key := links.keys.get((*at, column, n)))}
    _grid(texts, [chart.x, *(one.name for one in chart.series)], [False, *(True for _ in chart.series)], chart.title,
          keys, at, links)
