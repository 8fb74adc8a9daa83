"""A figure reckoned again from what stands behind it, and held against what is printed."""

import re
from dataclasses import dataclass

from sqlmodel import Session

from core import labels
from core.report.behind.rows import Rows
from core.report.behind.source import Source

_PRINTED = re.compile(r"([≥≈]?)([+-]?)(\d[\d,]*)(?:\.(\d+))?\s*(万|亿|%)?")
_SCALES = {"万": 1e4, "亿": 1e8, "%": 0.01, None: 1.0}
_DOWN = ("下降", "减少", "净减")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as it is written: its value, how far the truth may be from it by rounding, its scale (万, 亿, %; None:
    none) and how many decimals it has."""

    value: float
    within: float
    scale: str | None
    decimals: int
    mark: str

    def like(self, value: float | None, mark: str = "") -> str:
        """Another value written in the same way."""
        if value is None:
            return labels.MISSING
        if self.scale == "%":
            return f"{mark}{value * 100:,.{self.decimals}f}%"
        if self.scale:
            return f"{mark}{labels.wan(value)}"
        return f"{mark}{value:,.{self.decimals}f}"


def printed(text: str) -> Printed | None:
    """A number of a report as it is printed; None for what is no number."""
    said = _PRINTED.search(text)
    if said is None:
        return None
    mark, sign, whole, decimals, scale = said.groups()
    by = _SCALES[scale]
    number = float(f"{whole.replace(',', '')}.{decimals or 0}") * by
    if sign == "-" or any(word in text[: said.start()] for word in _DOWN):
        number = -number
    places = len(decimals or "")
    rounded = bool(decimals) or scale is not None
    return Printed(number, (0.5000001 * 10**-places * by) if rounded else 0.0, scale, places, mark)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """`value`: what the figure comes to now (None: nothing is known), `text` written as the report writes it; `agrees`:
    whether that is what is printed, None where nothing can be compared; `rows`: those behind it; `parts`: what each
    part of its formula comes to, with its mark."""

    value: float | None
    text: str
    agrees: bool | None
    rows: Rows | None
    parts: tuple[tuple[float | None, str], ...] = ()


def reckoned(session: Session, source: Source, text: str) -> Reckoned:
    """What a figure, printed as `text`, comes to now."""
    rows, parts = None, []
    if source.query is not None:
        rows = source.query.rows(session)
        value, mark = rows.value, rows.mark
    else:
        for part in source.parts:
            own = part.query.rows(session) if part.query is not None else None
            parts.append((own.value, own.mark) if own is not None else (part.value, ""))
        value, mark = _made(source, [one for one, _ in parts]), ""
    said = printed(text)
    if said is None:
        return Reckoned(value, "", None, rows, tuple(parts))
    agrees = None
    if not source.reason:
        agrees = value is not None and abs(value - said.value) <= said.within + 1e-9 * max(abs(value), 1)
    return Reckoned(value, said.like(value, mark), agrees, rows, tuple(parts))


def _made(source: Source, values: list[float | None]) -> float | None:
    """What the parts of a formula make."""
    if len(values) < 2 or values[0] is None or values[1] is None:
        return None
    one, other = values[:2]
    match source.reckon:
        case "difference":
            return one - other
        case "change":
            return (one - other) / other * source.times if other else None
        case "growth":
            return one / (other - one) if other != one else None
    return one / other * source.times if other else None
