"""Two versions of one report held against each other: which figures differ, which sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from core.counts import Count
from core.report.content import Cell, Chart, Column, Content, Figures, Mean, Paragraph, Section, Table, cell_text

COLUMNS = ("where", "name", "old", "new", "change")
GONE, SENTENCE = "（没有）", "文字"
_NAMED = ("text", "date")
"""Kinds of cells that say what a row is about."""
_PLACES = ("rank", "move")
"""Kinds that may stand before those."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a report says: where, of what, how it is written, its number where it is one, and by what it is
    known again where that is not its name."""

    where: str
    name: str
    text: str
    value: float | None = None
    known_by: str = ""


def changes(before: Content, after: Content) -> pd.DataFrame:
    """What differs, in the order of the newer report: where (section and table), name (row and column), old and new as
    they are written, change in words where both are numbers. What only one of them has says so."""
    old, new = _said(before), _said(after)
    rows = [_row(old.get(key), new[key]) for key in new if key not in old or old[key].text != new[key].text]
    rows += [_row(old[key], None) for key in old if key not in new]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def figures_changed(found: pd.DataFrame) -> pd.DataFrame:
    """Of those all but the sentences, which say what the figures do."""
    return found[found["name"] != SENTENCE].reset_index(drop=True)


def _row(old: Said | None, new: Said | None) -> tuple[str, str, str, str, str]:
    one = new or old
    change = ""
    if old and new and old.value is not None and new.value is not None:
        change = f"{new.value - old.value:+,.{max(_decimals(old.text), _decimals(new.text))}f}"
    return one.where, one.name, old.text if old else GONE, new.text if new else GONE, change


def _decimals(text: str) -> int:
    """How many places a number is written with."""
    found = re.search(r"\d\.(\d+)", text)
    return len(found[1]) if found else 0


def _said(content: Content) -> dict[tuple[str, str, int], Said]:
    """Everything by where, name, and how many of the same name came before."""
    found: dict[tuple[str, str, int], Said] = {}
    for section in content.sections:
        for one in _of(section):
            number, about = 0, one.known_by or one.name
            while (one.where, about, number) in found:
                number += 1
            found[one.where, about, number] = one
    return found


def _of(section: Section) -> Iterator[Said]:
    for block in section.blocks:
        match block:
            case Figures(items):
                yield from (Said(section.title, one.label, f"{one.value}{one.unit}") for one in items)
            case Table():
                yield from _cells(section, block)
            case Paragraph(text):
                sentences = [part for part in text.replace("。", "。\n").split("\n") if part]
                yield from (Said(section.title, SENTENCE, part, known_by=_about(part)) for part in sentences)
            case Chart():
                for series in block.series:
                    for label, value in zip(block.labels, series.values, strict=True):
                        yield Said(f"{section.title}·{block.title}", f"{label} {series.name}",
                                   "—" if value is None else f"{value:,.10g}", None if value is None else float(value))


def _cells(section: Section, table: Table) -> Iterator[Said]:
    """A row is known by the words before its first figure; those behind, as 环比, change with the figures."""
    first = next((n for n, column in enumerate(table.columns) if column.kind not in (*_NAMED, *_PLACES)),
                 len(table.columns))
    naming = [n for n, column in enumerate(table.columns[:first]) if column.kind in _NAMED][:2]
    for row in table.rows:
        about = " ".join(cell_text(table.columns[n].kind, row[n]) for n in naming if row[n] is not None)
        for n, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if n not in naming:
                yield Said(f"{section.title}·{table.title}", f"{about} {column.name}".strip(),
                           cell_text(column.kind, cell), _value(column, cell))


def _value(column: Column, cell: Cell) -> float | None:
    match cell:
        case Count(value):
            return None if value is None else float(value)
        case Mean(value):
            return float(value)
        case int() | float() if column.kind not in _PLACES:
            return float(cell)
    return None


def _about(sentence: str) -> str:
    """A sentence without its figures, so that it is known again when they change."""
    return "".join("#" if char.isdigit() else char for char in sentence)[:24].replace("##", "#")
