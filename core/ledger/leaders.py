"""领导姓名职务: the district's own list of who holds which titles, taken from tables and kept as a whole.

The list is what a person sees and saves; saving writes what differs and notes it in the audit trail.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session

from core import audit, db
from core.faults import BadInput
from core.imports.cells import as_text
from core.imports.dates import DateError, parse_when
from core.imports.headers import normal
from core.imports.read import Cell, pasted
from core.imports.read import read as read_file
from core.ledger.entries import LedgerFault, LedgerFaults
from core.models import Leader
from core.opinion import leaders as check
from core.records import one_line
from core.settings import settings

HEADS: Mapping[str, str] = {
    "name": "姓名", "titles": "职务", "since": "任职日期", "until": "离任日期", "note": "备注",
}
"""Fields of a line and their words, in the order of a table without a head."""
MOST = 2_000
"""Lines of the list at most."""
_ALSO = {
    "姓名": "name", "名字": "name", "职务": "titles", "职务名称": "titles", "任职日期": "since", "任职时间": "since",
    "离任日期": "until", "离任时间": "until", "备注": "note", "说明": "note",
}
_NAME = re.compile(rf"[\u3400-\u9fff\U00020000-\U000323af·]{{{check.SHORTEST},{check.LONGEST}}}")
_BETWEEN = re.compile(r"[、，,；;|｜/\n]+")
_TITLE_MOST = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a person's titles from a day to a day. Known by name and first day."""

    name: str
    titles: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, date | None]:
        return self.name, self.since

    @property
    def words(self) -> str:
        """`李鸣：区委副书记、区长（2026-01-05 起）`."""
        span = check.Leader(self.name, self.titles, self.since, self.until).span
        return f"{self.name}：{'、'.join(self.titles)}" + (f"（{span}）" if span else "")


def lines(session: Session) -> list[Line]:
    """The list as it is kept: those in office first, by their order of entry."""
    rows = session.execute(select(Leader).order_by(Leader.until.is_not(None), Leader.id)).scalars()
    return [Line(row.name, tuple(row.titles), row.since, row.until, row.note) for row in rows]


def roll(session: Session) -> check.Roll:
    """The list ready to be looked for in texts; the same object while it stays the same."""
    held = tuple(check.Leader(one.name, one.titles, one.since, one.until) for one in lines(session))
    return check.roll(held, settings().district)


# --- Taking tables in -----------------------------------------------------------------------------------------------


def read(text: str, body: bytes = b"", file: str = "") -> list[Line]:
    """The lines of a pasted table (tabs or commas) or of an Excel or CSV file, with or without a head.

    Raises BadInput, or LedgerFaults with every line that can't be taken.
    """
    if body:
        rows = read_file(body, file, max_rows=MOST + 100, max_bytes=settings().max_import_bytes)[0].rows
    else:
        rows = pasted(text)
    head = next((at for at, row in enumerate(rows[:10]) if {"name", "titles"} <= set(_columns(row.cells))), None)
    where = dict(zip(HEADS, range(len(HEADS)), strict=True)) if head is None else _columns(rows[head].cells)
    found = [(row.number, {name: row.cells[at] if at < len(row.cells) else None for name, at in where.items()})
             for row in (rows if head is None else rows[head + 1:])]
    if not found:
        raise BadInput("名单里没有内容。请每行写一人：姓名、职务、任职日期、离任日期，用制表符或逗号隔开")
    return made(found)


def _columns(cells: Sequence[Cell]) -> dict[str, int]:
    """Field → place, of a head."""
    return {_ALSO[word]: at for at, cell in enumerate(cells) if (word := normal(as_text(cell))[0]) in _ALSO}


def made(rows: Iterable[tuple[int, Mapping[str, Cell]]]) -> list[Line]:
    """The lines of rows (number, cells by field). Raises LedgerFaults with everything that is wrong, BadInput for too
    many."""
    out: dict[tuple[str, date | None], Line] = {}
    faults: list[LedgerFault] = []
    for number, cells in rows:
        line = _line(number, cells, faults)
        if line is not None and line.key in out:
            faults.append(LedgerFault("领导名单", number, "姓名", f"“{line.name}”与前面一行的任职日期相同",
                                      "请把职务合并成一行，或改正任职日期"))
        elif line is not None:
            out[line.key] = line
    if faults:
        raise LedgerFaults(faults, "领导名单")
    if len(out) > MOST:
        raise BadInput(f"领导名单有 {len(out)} 行，最多 {MOST} 行，请只保留需要核对的")
    return list(out.values())


def _line(number: int, cells: Mapping[str, Cell], faults: list[LedgerFault]) -> Line | None:
    before = len(faults)

    def fault(field: str, reason: str, remedy: str) -> None:
        faults.append(LedgerFault("领导名单", number, HEADS[field], reason, remedy))

    name = "".join(as_text(cells.get("name")).split())
    if not _NAME.fullmatch(name):
        fault("name", f"“{name[:20]}”不是姓名", f"请填 {check.SHORTEST} 至 {check.LONGEST} 个汉字，姓名中的间隔用“·”")
    titles = tuple(dict.fromkeys(
        "".join(part.split()) for part in _BETWEEN.split(as_text(cells.get("titles"))) if part.strip()))
    if not titles:
        fault("titles", "没有职务", "请填写职务，多个职务用顿号隔开")
    for title in titles:
        if not 2 <= len(title) <= _TITLE_MOST:
            fault("titles", f"“{title[:20]}”不像职务", f"请写 2 至 {_TITLE_MOST} 个字的职务全称")
    since, until = (_day(cells.get(field), field, fault) for field in ("since", "until"))
    if since and until and until < since:
        fault("until", f"离任日期 {until} 早于任职日期 {since}", "请核对日期")
    if len(faults) > before:
        return None
    return Line(name, titles, since, until, one_line(as_text(cells.get("note")))[:200])


def _day(cell: Cell, field: str, fault) -> date | None:
    if cell is None or not as_text(cell).strip():
        return None
    try:
        return parse_when(cell).day
    except DateError as error:
        fault(field, str(error), "请写成 2026-01-05 的样子，不清楚的留空")
        return None


# --- Keeping it -----------------------------------------------------------------------------------------------------


def keep(session: Session, wanted: Sequence[Line], *, who: str, now: datetime) -> str:
    """Make these lines the list, each known by name and first day; what came of it in words. The caller commits.
    Raises BadInput where two lines are the same person from the same day."""
    if len({line.key for line in wanted}) < len(wanted):
        raise BadInput("领导名单中有两行姓名和任职日期都相同，请合并成一行")
    held = {(row.name, row.since): row for row in session.execute(select(Leader)).scalars()}
    counts = {"新增": 0, "修改": 0, "删除": 0}
    for line in wanted:
        row = held.pop(line.key, None)
        values = {"titles": list(line.titles), "until": line.until, "note": line.note}
        if row is None:
            session.add(Leader(name=line.name, since=line.since, **values))
            deed = "新增"
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            deed = "修改"
        else:
            continue
        counts[deed] += 1
        audit.note(session, who, f"{deed}领导名单", line.name, line.words)
    for row in held.values():
        counts["删除"] += 1
        audit.note(session, who, "删除领导名单", row.name,
                   Line(row.name, tuple(row.titles), row.since, row.until).words)
        session.delete(row)
    session.flush()
    if any(counts.values()):
        db.bump(session, now)
    done = "，".join(f"{deed} {n} 行" for deed, n in counts.items() if n) or "没有变化"
    return f"领导名单{done}；现有 {len(wanted)} 行。"


def add(session: Session, more: Sequence[Line], *, who: str, now: datetime) -> str:
    """Put lines into the list; those of the same person from the same day take their place."""
    held = {line.key: line for line in lines(session)}
    return keep(session, [*(held | {line.key: line for line in more}).values()], who=who, now=now)
