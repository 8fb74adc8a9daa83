"""Every number of a content with a key that stays, where it stands and how it is written; and the index of figures
(数字索引), the last annex of a report: its headline figures and totals.

A key is made of words, not of places: section/table/row/column as they are titled, so that the same figure of the next
edition has the same key unless it was renamed. Where two numbers would have one key the later ones get `#2`, `#3` …
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from core import labels
from core.report.content import (
    Chart,
    Column,
    Content,
    Figures,
    Section,
    Table,
    all_captions,
    cell_text,
    headings,
)

INDEX = "数字索引"
TOTALS = ("合计", "总计", "总数", "小计")
"""How the row of a total is named, by itself or with what it is a total of behind or before it."""
MEASURES = "指标"
"""Heading of the first column of a table whose rows are measures of the whole: what stands beside it are totals."""
NUMBERING = "序号"
"""Heading of the column that only counts the rows: its numbers are no figures."""
MOVES = ("升降", "变化")
"""Columns of text that tell how a place moved: they name no row where another column does."""
_WRITTEN = re.compile(r"[≥≈]?[+-]?\d")


@dataclass(frozen=True, slots=True)
class Number:
    """One number as it is printed. `key`: see the module · `chapter`: the numbered heading it stands under, empty in
    a lead · `place`: the caption of its table or chart, or 主要数字 · `name`: what it is (row and column) · `text`:
    digits and unit · `main`: a headline figure or a total · `at`: which section, which block of it, and there which
    item, row or series and which column or label."""

    key: str
    chapter: str
    place: str
    name: str
    text: str
    main: bool
    at: tuple[int, int, int, int] = (0, 0, 0, 0)


def figures(content: Content) -> list[Number]:
    """All numbers of headline figures, tables and charts, in the order of the report; what is missing is left out."""
    taken: dict[str, int] = {}
    found = []
    named = zip(headings(content.sections), content.sections, all_captions(content.sections), strict=True)
    for nth, (heading, section, said) in enumerate(named):
        for number, (block, caption) in enumerate(zip(section.blocks, said, strict=True)):
            for parts, name, text, main, row, column in _numbers(block):
                key = "/".join(_word(part) for part in (section.title, *parts))
                taken[key] = taken.get(key, 0) + 1
                unique = key if taken[key] == 1 else f"{key}#{taken[key]}"
                found.append(Number(unique, heading, caption or _place(block, section), name, text, main,
                                    (nth, number, row, column)))
    return found


def index(content: Content) -> Section | None:
    """The annex that lists headline figures and totals; None where there are none."""
    main = [one for one in figures(content) if one.main]
    if not main:
        return None
    columns = (Column("序号", "rank"), Column("所在部分"), Column("图表"), Column("数字"), Column("数值"))
    rows = tuple((n, one.chapter or None, one.place, one.name, one.text) for n, one in enumerate(main, 1))
    return Section(INDEX, (Table(INDEX, columns, rows, note="列出各部分主要数字和表中合计数，明细见各表。"),), "annex")


def printed(content: Content) -> tuple[Section, ...]:
    """The sections as they go on paper: the content's, and the index where it has one; an official document says its
    headline figures in its text only."""
    last = index(content) if content.has_index else None
    sections = content.sections
    if content.layout == "official":
        plain = (replace(section, blocks=tuple(one for one in section.blocks if not isinstance(one, Figures)))
                 for section in sections)
        sections = tuple(section for section in plain if section.blocks)
    return (*sections, last) if last else sections


Found = tuple[tuple[str, ...], str, str, bool, int, int]
"""What the key is made of below the section, name, text, whether it is a main one, row and column."""


def _numbers(block: object) -> Iterator[Found]:
    match block:
        case Figures():
            for n, one in enumerate(block.items):
                if _WRITTEN.match(one.value):
                    yield ("", one.label), one.label, f"{one.value}{one.unit}", True, n, 0
        case Table():
            yield from _of_table(block)
        case Chart():
            for row, series in enumerate(block.series):
                for n, (label, value) in enumerate(zip(block.labels, series.values, strict=True)):
                    if value is not None:
                        yield (block.title, series.name, str(label)), f"{series.name}·{label}", \
                            f"{value:,}{block.unit}", False, row, n


def _of_table(table: Table) -> Iterator[Found]:
    measures = len(table.columns) > 1 and table.columns[0].name == MEASURES
    words = [n for n, column in enumerate(table.columns) if column.kind in ("text", "date")]
    naming = next((n for n in words if table.columns[n].name not in MOVES), words[0] if words else None)
    for number, row in enumerate(table.rows):
        label = str(number + 1) if naming is None or row[naming] is None else _plain(row[naming])
        total = is_total(table.columns, row)
        for n, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            text = cell_text(column.kind, cell)
            if n == naming or column.kind in ("rank", "move", "date") or text == labels.MISSING:
                continue
            if column.name == NUMBERING or (column.kind == "text" and not (measures and _WRITTEN.search(text))):
                continue
            yield ((table.title, label, column.name), f"{label}·{column.name}", text, total or (measures and n == 1),
                   number, n)


def is_total(columns: Sequence[Column], row: Sequence[object]) -> bool:
    """Whether a row of a table is a total of others: its first text says so."""
    for column, cell in zip(columns, row, strict=True):
        if column.kind == "text" and cell:
            said = str(cell)
            return said.startswith(TOTALS) or (said.endswith(TOTALS) and len(said) <= 8)
    return False


def _plain(cell: object) -> str:
    return f"{cell:%Y-%m-%d}" if isinstance(cell, date) else str(cell)


def _place(block: object, section: Section) -> str:
    return "主要数字" if isinstance(block, Figures) else section.title


def _word(part: str) -> str:
    """A part of a key: its slash would divide it."""
    return part.replace("/", "／")
