"""A report's content on the screen, as it will stand on paper."""

import pandas as pd
import streamlit as st

from core.report import plots
from core.report.content import (
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
from core.ui.parts import Card, anchor, caption, cards, empty, plain

_CARDS = 5
"""Headline figures of one row: more would be cut off."""


def preview(content: Content) -> None:
    """Draw the whole report; annexes are folded."""
    for title, section in zip(headings(content.sections), content.sections, strict=True):
        if section.role == "annex":
            with st.expander(plain(title)):
                _section(section)
        else:
            if title:
                st.subheader(plain(title), anchor=False, divider="gray")
            _section(section)


def _section(section: Section) -> None:
    count = 0
    for block in section.blocks:
        match block:
            case Heading():
                count += 1
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
                _table(block)
            case Chart():
                _chart(block)


def _table(table: Table) -> None:
    st.markdown(f"**{plain(table.title)}**")
    if not table.rows:
        empty("本期无数据。")
        return
    texts = [[cell_text(column.kind, cell) for column, cell in zip(table.columns, row, strict=True)]
             for row in table.rows]
    frame = pd.DataFrame(texts, columns=[column.name for column in table.columns])
    st.dataframe(frame, hide_index=True, height=min(38 + 35 * len(frame), 420), alt=table.title)
    if table.note:
        caption(f"注：{table.note}")


def _chart(chart: Chart) -> None:
    if chart.empty:
        empty(f"“{plain(chart.title)}”本期没有可以画出的数据。")
        return
    st.altair_chart(plots.altair_chart(chart))
    if chart.note:
        caption(chart.note)
