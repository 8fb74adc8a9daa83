"""Rows of a provider's board → records, one for each account by its name on the board. Pure."""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from core.counts import CountError, parse_count
from core.imports.cells import Fault, Row, as_text, made, scaled, when
from core.imports.forms import PROVIDERS
from core.imports.headers import normal
from core.imports.read import Cell
from core.records import BoardRecord, one_line

_TIMES = re.compile(r"\s*([\d,]+)\s*/\s*([\d,]+)\s*")
_GSDATA = {
    "发布次数": "url_times", "发布篇数": "url_num", "总阅读数": "readnum_all", "头条阅读": "url_times_readnum",
    "平均阅读": "readnum_av", "最高阅读": "readnum_max", "总点赞": "likenum_all", "总点赞数": "likenum_all",
    "平均点赞": "likenum_av",
}
"""Columns of gsdata's board → the names that its interface has for them, so that both give the same figures."""
_NO_FIGURES = ("account", "place", "value", "day", "platform")


def board(
    row: Row, faults: list[Fault], observed_at: datetime, year: int | None, period: str, until: date | None
) -> tuple[BoardRecord | None, str]:
    """(record without its account, the account's name) of a row. The period ends on the row's own date, else `until`.

    A figure that is a lower bound (10万+) or rounded has its slack beside it under NAME_slack, as counters have.
    """
    name = one_line(row.text("account"))
    if not name:
        faults.append(Fault("account", "没有账号名称"))
    value = _number(row, "value", faults)
    place = _number(row, "place", faults)
    if place is not None and (place < 1 or place != int(place)):
        faults.append(Fault("place", f"“{row.text('place')[:30]}”不是名次"))
    if row.text("day").strip():
        at = when(row, "day", faults, year=year)
        until = at.day if at else None
    elif until is None:
        faults.append(Fault("day", "不知道是哪一期榜单，请填写榜单的截止日期"))
    if faults:
        return None, name
    form = row.layout.form.key
    provider, index = PROVIDERS.get(form, ("file", _bare(row.layout.columns["value"].header)
                                           if "value" in row.layout.columns else "place"))
    values = {
        "provider": provider, "index": index, "period": period, "day": until, "observed_at": observed_at,
        "value": value, "place": None if place is None else int(place), "figures": _figures(row, provider == "gsdata"),
        "locator": row.locator,
    }
    return made(BoardRecord, values, faults), name


def _bare(header: str) -> str:
    return normal(header)[0][:40] or "value"


def _number(row: Row, name: str, faults: list[Fault]) -> float | None:
    text = row.text(name).replace(",", "").strip()
    if text in ("", "-", "--"):
        return None
    try:
        number = float(Decimal(text))
    except InvalidOperation:
        number = float("nan")
    if number != number or abs(number) > 1e15:
        faults.append(Fault(name, f"“{text[:30]}”不是数字"))
        return None
    return number


def _figures(row: Row, gsdata: bool) -> dict[str, float]:
    """The other columns that hold numbers."""
    columns = {c.index: (c.header, c.unit) for c in row.layout.columns.values() if c.field not in _NO_FIGURES}
    out: dict[str, float] = {}
    for index, (header, unit) in sorted((columns | dict(row.layout.others)).items()):
        name = _bare(header)
        if pair := _TIMES.fullmatch(as_text(row.at(index))):
            parts = {f"{name}次数": pair[1], f"{name}篇数": pair[2]}
        else:
            parts = {name: scaled(row.at(index), unit)}
        for part, cell in parts.items():
            figure = _figure(cell)
            if figure is not None:
                key = _GSDATA.get(part, part) if gsdata else part
                out[key] = figure[0]
                if figure[1]:
                    out[f"{key}_slack"] = float(figure[1])
    return out


def _figure(cell: Cell) -> tuple[float, int] | None:
    """(number, slack) of a cell; None for one that is missing or holds words."""
    try:
        found = parse_count(cell)
        return None if found.value is None else (float(found.value), found.slack)
    except CountError:
        text = as_text(cell).replace(",", "").strip()
        return (float(text), 0) if re.fullmatch(r"-?\d{1,15}(\.\d+)?", text) else None
