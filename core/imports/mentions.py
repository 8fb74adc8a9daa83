"""Rows of work orders → mentions, without what is personal. Pure."""

from datetime import datetime

from core.imports import identity, orders
from core.imports.cells import Fault, Row, as_text, made, when
from core.imports.headers import ORDERS
from core.imports.posts import headline
from core.records import MentionRecord, one_line


def mention(
    row: Row, faults: list[Fault], observed_at: datetime, year: int | None
) -> tuple[MentionRecord | None, object]:
    """(record, number of the order) of a row."""
    number = one_line(row.text("external_id"))
    numbered = "external_id" in row.layout.columns
    if not number and numbered:
        faults.append(Fault("external_id", "没有工单编号"))
    elif isinstance(row["external_id"], (int, float)) and abs(row["external_id"]) >= 1e15:
        faults.append(Fault("external_id", "编号超过 15 位，已被 Excel 改成近似值，请以文本格式导出"))
    at = when(row, "published_at", faults, year=year)
    text, title = orders.masked(row.text("text")), orders.masked(one_line(row.text("title")))
    if not (title or text):
        faults.append(Fault("title", "诉求标题和内容都是空的"))
    if faults or at is None:
        return None, ""
    # Exports of message boards may have no numbers: the same message is then known by its words and time.
    number = number or identity.of_content(title or text, at.at.isoformat())
    values = {
        "external_id": number, "caller": _caller(row), "published_at": at.at, "observed_at": observed_at,
        "title": (title or headline(text))[:500], "text": text, "details": _details(row), "locator": row.locator,
    }
    return made(MentionRecord, values, faults), number


def _caller(row: Row) -> str:
    others = row.layout.others.items()
    return orders.caller_of(
        (header, as_text(row.at(index))) for index, (header, _) in others if orders.personal(header))


def _details(row: Row) -> dict[str, str]:
    """What the order says besides, under our label or the column's own header."""
    columns = row.layout.columns
    cells = {label: row.text(name) for name, label in ORDERS.items() if name in columns}
    for index, (header, _) in row.layout.others.items():
        if not orders.personal(header):
            cells.setdefault(header, as_text(row.at(index)))
    return {label: orders.masked(text)[:2_000] for label, text in cells.items() if text.strip()}
