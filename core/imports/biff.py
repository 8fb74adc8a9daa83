"""BIFF workbooks (.xls of Excel 5 to 2003) → plain sheets, by python-calamine. Runs in the child of `apart`."""

import io
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from core.imports.apart import MAX_COLUMNS, MAX_SHEETS, Fault, Limits, Plain


def sheets(body: bytes, limits: Limits) -> list[Plain]:
    """The visible sheets. Raises Fault."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        seen = [
            sheet for sheet in book.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        return [(sheet.name, _rows(book, sheet.name, limits)) for sheet in seen[:MAX_SHEETS]]
    except PasswordError as error:
        raise Fault("password") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Fault("broken") from error


def _rows(book: CalamineWorkbook, name: str, limits: Limits) -> list[tuple[int, list[Any]]]:
    limits.sheet()
    sheet = book.get_sheet_by_name(name)
    if sheet.start is None:
        return []
    top, left = sheet.start
    if left >= MAX_COLUMNS:
        return []
    out = []
    for number, cells in enumerate(sheet.to_python(skip_empty_area=True), start=top + 1):
        kept = [None] * left + [None if cell == "" else cell for cell in cells[: MAX_COLUMNS - left]]
        if any(cell is not None for cell in kept):
            limits.take(kept, name)
            out.append((number, kept))
    return out
