"""A table of the screen as a workbook or as CSV, with what it is about written in (pure).

Figures stay numbers: a lower bound or an estimate (a column `x` with `x_mark`) keeps its value and shows its ≥ or ≈
through the number format. Missing stays empty. Nothing that came from outside becomes a formula or a link.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any, Literal

import pandas as pd
import xlsxwriter

from core import clock
from core.opinion import wordlist

Kind = Literal["text", "int", "score", "percent", "date", "time"]
FORMATS: Mapping[str, str] = {
    "text": "@", "int": "#,##0", "score": "#,##0.00", "percent": "0.0%", "date": "yyyy-mm-dd",
    "time": "yyyy-mm-dd hh:mm",
}
_DECIMALS = {"percent": 4, "score": 2}
_LARGEST_CELL = 32_767
_WIDE, _NARROW = 48, 8
_FACE = "微软雅黑"
_MADE = datetime(2020, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Stands in the file as its date of creation, so that the same table gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Head:
    """A column: its Chinese head, and what stands in it."""

    label: str
    kind: Kind = "text"


def neutral(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a leading apostrophe; everything else stays."""
    return wordlist.neutral(value) if isinstance(value, str) else value


def workbook(frame: pd.DataFrame, heads: Mapping[str, Head], title: str, notes: Sequence[tuple[str, str]]) -> bytes:
    """An .xlsx file of two sheets: the columns of `heads` in that order, with frozen heads and a filter, and `notes`
    (label, words). Its bytes depend on what is given only."""
    memory = BytesIO()
    book = xlsxwriter.Workbook(memory, {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
    })
    book.set_properties({"title": title, "created": _MADE})
    head = book.add_format({"bold": True, "bg_color": "#E4EBF3", "border": 1, "border_color": "#CDD3DB",
                            "font_name": _FACE, "text_wrap": True, "valign": "vcenter"})
    formats: dict[tuple[str, str], Any] = {}

    def styled(kind: str, mark: str = "") -> Any:
        if (kind, mark) not in formats:
            pattern = f'"{mark}"{FORMATS[kind]}' if mark else FORMATS[kind]
            formats[kind, mark] = book.add_format({"num_format": pattern, "font_name": _FACE, "valign": "top"})
        return formats[kind, mark]

    sheet = book.add_worksheet("数据")
    names = [name for name in heads if name in frame.columns]
    for place, name in enumerate(names):
        kind, values = heads[name].kind, list(frame[name])
        marks = list(frame[f"{name}_mark"]) if f"{name}_mark" in frame.columns else [""] * len(values)
        sheet.write_string(0, place, heads[name].label, head)
        width = _width(heads[name].label)
        for row, (value, mark) in enumerate(zip(values, marks, strict=True), start=1):
            held = _held(value, kind)
            style = styled(kind if not isinstance(held, str) else "text", mark if isinstance(held, int | float) else "")
            if held is None:
                sheet.write_blank(row, place, None, style)
            elif isinstance(held, str):
                sheet.write_string(row, place, held, style)
                width = max(width, _width(held)) if row < 200 else width
            elif isinstance(held, datetime | date):
                sheet.write_datetime(row, place, held, style)
                width = max(width, 17 if kind == "time" else 11)
            else:
                sheet.write_number(row, place, held, style)
                width = max(width, _width(f"{held:,.0f}") + 3)
        sheet.set_column(place, place, min(max(width, _NARROW), _WIDE))
    sheet.freeze_panes(1, 0)
    if names:
        sheet.autofilter(0, 0, max(len(frame), 1), len(names) - 1)
    about = book.add_worksheet("说明")
    about.set_column(0, 0, 14)
    about.set_column(1, 1, 100)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "font_name": _FACE})
    for row, (label, words) in enumerate([("表名", title), *notes]):
        about.write_string(row, 0, label, head)
        about.write_string(row, 1, words[:_LARGEST_CELL], wrapped)
    book.close()
    return memory.getvalue()


def csv_bytes(frame: pd.DataFrame, heads: Mapping[str, Head], title: str, notes: Sequence[tuple[str, str]]) -> bytes:
    """UTF-8 with BOM, formulas neutralised. Where a figure has a mark, the marks stand in a column beside it. Title and
    notes in the last lines."""
    columns: dict[str, list[Any]] = {}
    for name in (name for name in heads if name in frame.columns):
        label, kind = heads[name].label, heads[name].kind
        columns[label] = [neutral(_printed(_held(value, kind), kind)) for value in frame[name]]
        if f"{name}_mark" in frame.columns and any(frame[f"{name}_mark"]):
            columns[f"{label}（标记）"] = list(frame[f"{name}_mark"])
    text = StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(columns)
    out.writerows(zip(*columns.values(), strict=True))
    out.writerow([])
    for label, words in [("表名", title), *notes]:
        out.writerow([label, neutral(" ".join(words.split()))])
    return ("\ufeff" + text.getvalue()).encode()


def _held(value: Any, kind: str) -> Any:
    """A value as a cell holds it: None where it is missing; times on the Shanghai clock."""
    if value is None or value is pd.NaT or (not isinstance(value, list | str) and pd.isna(value)):
        return None
    if kind == "time":
        return clock.local(value.to_pydatetime() if isinstance(value, pd.Timestamp) else value).replace(tzinfo=None)
    if kind == "date":
        return value.date() if isinstance(value, datetime) else value
    if kind in ("int", "score", "percent") and not isinstance(value, str):
        return float(value) if isinstance(value, float) and not float(value).is_integer() else int(value)
    return str(value)[:_LARGEST_CELL]


def _printed(held: Any, kind: str) -> Any:
    if held is None:
        return ""
    if isinstance(held, datetime):
        return f"{held:%Y-%m-%d %H:%M}"
    if kind in _DECIMALS and not isinstance(held, str):
        return f"{held:.{_DECIMALS[kind]}f}"
    return held


def _width(text: str) -> int:
    """What a text takes in a column: a Chinese character is two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text[:60]) + 2
