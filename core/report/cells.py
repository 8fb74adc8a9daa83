"""The cells of a report's tables: what a column can hold, cleaned on the way in, and how it is printed."""

import math
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal

from core import labels
from core.counts import Count

ColumnKind = Literal["text", "int", "count", "mean", "score", "percent", "growth", "date", "rank", "move"]
"""How a column is written and aligned.

text · int (plain whole number) · count (`Count`: digits with ≥ or ≈) · mean (`Mean`: one decimal) ·
score (`Mean`: two decimals) · percent (a fraction of one) · growth (a signed fraction of one) · date ·
rank (1, 2, 3) · move (places won or lost since the period before)
"""


@dataclass(frozen=True, slots=True)
class Mean:
    """An average or a score, with the mark (`≥`, `≈` or nothing) that it inherits from what it was made of."""

    value: float
    mark: str = ""


Cell = str | int | float | date | Count | Mean | None


def clean_text(text: object) -> str:
    """Text without control, format, private or surrogate characters; runs of white space become one blank."""
    raw = unicodedata.normalize("NFC", "" if text is None else str(text))
    kept = []
    for char in raw:
        group = unicodedata.category(char)
        if char.isspace() or group in ("Zl", "Zp"):
            kept.append(" ")
        elif group[0] != "C":
            kept.append(char)
    return " ".join("".join(kept).split())


def _missing(value: Any) -> bool:
    """None, NaN, and pandas' NaT and NA, which this module knows by name in order to do without pandas."""
    return (value is None or (isinstance(value, Real) and math.isnan(value))
            or type(value).__name__ in ("NaTType", "NAType"))


def plain_number(value: Any) -> int | float | None:
    """A plain number, None where missing. Raises ValueError for an infinite one."""
    if _missing(value):
        return None
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a report holds no infinite number")
    return number


def clean_cell(kind: ColumnKind, value: Any) -> Cell:
    """The value in the one form its kind has. NaN and NaT become None. Raises ValueError for a wrong type."""
    if _missing(value):
        return None
    if kind == "text":
        return clean_text(value)
    if kind == "date":
        day = value.date() if isinstance(value, datetime) else value
        if not isinstance(day, date):
            raise ValueError(f"{value!r} is no date")
        return day
    if kind == "count":
        return value if isinstance(value, Count) else Count(_whole(value))
    if kind in ("mean", "score"):
        number = plain_number(value.value if isinstance(value, Mean) else value)
        return None if number is None else Mean(float(number), value.mark if isinstance(value, Mean) else "")
    if kind in ("int", "rank", "move"):
        return _whole(value)
    number = plain_number(value)
    return None if number is None else float(number)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)) or value != int(value):
        raise ValueError(f"{value!r} is no whole number")
    return int(value)


def cell_text(kind: ColumnKind, value: Cell) -> str:
    """A cell as it is printed: all digits, thousands separated, a dash where missing."""
    if kind == "text":
        return value or labels.MISSING
    if kind == "count":
        return labels.count(value, short=False) if value is not None else labels.MISSING
    if value is None:
        return labels.MISSING
    if kind in ("mean", "score"):
        return f"{value.mark}{value.value:,.{1 if kind == 'mean' else 2}f}"
    match kind:
        case "int":
            return f"{value:,}"
        case "rank":
            return str(value)
        case "move":
            return "→" if value == 0 else f"{'↑' if value > 0 else '↓'}{abs(value)}"
        case "percent":
            return f"{value:.1%}"
        case "growth":
            return labels.change(1 + value, 1)
        case "date":
            return f"{value:%Y-%m-%d}"
