"""One row of a layout, read by field name. Pure."""

import re
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from core.counts import CAPPED_READ, MISSING, Count, CountError, parse_count
from core.imports import orders
from core.imports.dates import DateError, When, parse_when
from core.imports.headers import FIELDS
from core.imports.read import Cell, SheetRow
from core.imports.recognise import Layout
from core.labels import COUNTERS
from core.records import Record, Reject, clean, one_line, reasons

R = TypeVar("R", bound=Record)


class Fault(ValueError):
    """What is wrong with a field of a row; the message is Chinese."""

    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.field = field


class Row:
    """One row read by field name."""

    def __init__(self, layout: Layout, row: SheetRow):
        self.layout, self.number, self.cells = layout, row.number, row.cells

    def __getitem__(self, name: str) -> Cell:
        column = self.layout.columns.get(name)
        return self.at(column.index) if column else None

    def at(self, index: int) -> Cell:
        """The cell at a place from 0."""
        return self.cells[index] if index < len(self.cells) else None

    def text(self, name: str) -> str:
        """The cell as text."""
        return as_text(self[name])

    @property
    def block(self) -> tuple[Cell, ...]:
        return self.cells[self.layout.first : self.layout.last]

    @property
    def locator(self) -> str:
        return self.layout.locator(self.number)

    @property
    def empty(self) -> bool:
        return not any(cell is not None and str(cell).strip() for cell in self.block)


def as_text(value: Cell) -> str:
    """Whole floats without `.0`, the guard ' that spreadsheets put before a formula taken off."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return clean(str(value)).strip("\t").removeprefix("'")


def reject(row: Row, fault: Fault) -> Reject:
    """A set-aside row with what stood there. Of a work order only the faulty cell is told, with numbers masked."""
    column = row.layout.columns.get(fault.field)
    header, reason = column.header if column else FIELDS.get(fault.field, ""), str(fault)
    if row.layout.form.table == "mentions":
        reason = orders.masked(reason)
        raw = orders.masked(row.text(fault.field)) if column else ""
    elif column:
        raw = row.text(fault.field)
    else:
        raw = " | ".join(str(cell) for cell in row.block if cell is not None)
    return Reject(row.layout.cell(row.number, fault.field), header, reason, one_line(raw)[:200])


def when(
    row: Row, name: str, faults: list[Fault], *, near: datetime | None = None, year: int | None = None
) -> When | None:
    """The date or time of a field; None with a fault where there is none."""
    try:
        return parse_when(row[name], near=near, year=year)
    except DateError as error:
        faults.append(Fault(name, str(error)))
        return None


def counters(row: Row, faults: list[Fault]) -> dict[str, Count]:
    """Every counter that has a column."""
    return {name: count(row, name, faults) for name in COUNTERS if name in row.layout.columns}


def count(row: Row, name: str, faults: list[Fault]) -> Count:
    """The count of a field in the unit of its header; missing where it has no column."""
    column = row.layout.columns.get(name)
    if column is None:
        return MISSING
    try:
        return parse_count(scaled(row[name], column.unit), cap=CAPPED_READ if name == "reads" else None)
    except CountError as error:
        faults.append(Fault(name, str(error)))
        return MISSING


def scaled(value: Cell, unit: str) -> Cell:
    """A plain number under a header with a unit, with that unit."""
    text = as_text(value).strip()
    return text + unit if unit and re.fullmatch(r"[\d,]+(\.\d+)?", text) else value


def whole(row: Row, name: str, faults: list[Fault]) -> int | None:
    """An exact whole number, or None where missing."""
    found = count(row, name, faults)
    if found.slack:
        faults.append(Fault(name, f"“{row.text(name)[:30]}”不是准确数，这一项需要准确的整数"))
        return None
    return found.value


def made(kind: type[R], values: dict[str, object], faults: list[Fault]) -> R | None:
    """The record, unless something was wrong with the row or the record refuses."""
    if faults:
        return None
    try:
        return kind(**values)
    except ValidationError as error:
        faults += [Fault(name if name in FIELDS else _field_of(reason), reason) for name, reason in reasons(error)]
        return None


def _field_of(reason: str) -> str:
    """The field that a fault of a whole record is about, by its words."""
    if reason.startswith("发布时间"):
        return "published_at"
    return "day" if reason.startswith("日期") else ""
