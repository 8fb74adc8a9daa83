"""Many 通知人员 at once: tables that are pasted or come as Excel or CSV are read, held against those who are there and
taken in.

The caller commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from core import db, people
from core.faults import BadInput
from core.imports.cells import as_text
from core.imports.headers import normal
from core.imports.read import Cell, pasted
from core.imports.read import read as read_file
from core.ledger.entries import LedgerFault, LedgerFaults
from core.models import Person, Unit
from core.records import one_line
from core.settings import settings

HEADS: Mapping[str, str] = {"name": "姓名", "unit": "单位", "post": "职务", "phone": "手机", "mail": "邮箱"}
"""Fields of a line and their words, in the order of a table without a head."""
MOST = 2_000
"""Lines of one table at most."""
_ALSO = {
    "姓名": "name", "名字": "name", "单位": "unit", "所在单位": "unit", "工作单位": "unit", "部门": "unit",
    "职务": "post", "岗位": "post", "手机": "phone", "手机号": "phone", "手机号码": "phone", "移动电话": "phone",
    "联系电话": "phone",
    "邮箱": "mail", "电子邮箱": "mail", "邮件": "mail", "电子邮件": "mail",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a table; `unit_id` of the ledger's unit, None without one."""

    name: str
    unit_id: int | None
    post: str
    phone: str = field(repr=False)
    mail: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table would change: how many persons are new, change, stay as they are."""

    lines: tuple[Line, ...]
    added: int
    changed: int
    same: int

    @property
    def words(self) -> str:
        """In Chinese."""
        parts = {"新增": self.added, "修改": self.changed, "不变": self.same}
        return "，".join(f"{word} {many} 人" for word, many in parts.items() if many) or "没有变化"


def read(session: Session, text: str, body: bytes = b"", file: str = "") -> tuple[Line, ...]:
    """The people of a pasted table (tabs or commas) or of an Excel or CSV file, with or without a head. Raises
    BadInput, or LedgerFaults with every line that can't be taken."""
    if body:
        sheets = read_file(body, file, max_rows=MOST + 100, max_bytes=settings().max_import_bytes)
        rows = sheets[0].rows if sheets else []
    else:
        rows = pasted(text)
    head = next((at for at, row in enumerate(rows[:10]) if "name" in (found := _columns(row.cells))
                 and {"phone", "mail"} & set(found)), None)
    where = dict(zip(HEADS, range(len(HEADS)), strict=True)) if head is None else _columns(rows[head].cells)
    found = [(row.number, {name: as_text(row.cells[at]) if at < len(row.cells) else "" for name, at in where.items()})
             for row in (rows if head is None else rows[head + 1:])]
    if not found:
        raise BadInput("表中没有人员。请每行写一人：姓名、单位、职务、手机、邮箱，用制表符或逗号隔开")
    if len(found) > MOST:
        raise BadInput(f"表中有 {len(found)} 行，最多 {MOST} 行，请分成几份")
    return _lines(session, found)


def plan(session: Session, lines: Sequence[Line]) -> Plan:
    """What taking these in would change. Who is there keeps what a line leaves empty."""
    rows = _by_name(session, lines)
    changed = sum(_differs(rows[line.name], line) for line in lines if line.name in rows)
    added = sum(line.name not in rows for line in lines)
    return Plan(tuple(lines), added, changed, len(lines) - added - changed)


def take_in(session: Session, lines: Sequence[Line], *, who: str, now: datetime) -> str:
    """Take people in; those of a name that is there are changed, but for what is left empty. What came of it, in
    words."""
    known = plan(session, lines)
    rows = _by_name(session, lines)
    for line in lines:
        row = rows.get(line.name)
        if row is None:
            people.add(session, name=line.name, unit_id=line.unit_id, post=line.post, phone=line.phone,
                       mail=line.mail, who=who, now=now)
        elif _differs(row, line):
            people.change(session, row.id, name=row.name, unit_id=line.unit_id or row.unit_id,
                          post=line.post or row.post, phone=line.phone or None, mail=line.mail or None, who=who,
                          now=now)
    return f"通知人员{known.words}。"


def _lines(session: Session, rows: Iterable[tuple[int, Mapping[str, str]]]) -> tuple[Line, ...]:
    units: dict[str, int] = {}
    for id_, name, aliases in session.execute(select(Unit.id, Unit.name, Unit.aliases)):
        units |= dict.fromkeys((*aliases, name), id_)
    made: dict[str, Line] = {}
    faults: list[LedgerFault] = []
    for number, cells in rows:
        before = len(faults)

        def fault(name: str, reason: str, remedy: str, row: int = number) -> None:
            faults.append(LedgerFault("通知人员", row, HEADS[name], reason, remedy))

        values = {}
        for name, check in (
            ("name", people.named), ("post", people.posted), ("phone", people.phone_of), ("mail", people.mail_of),
        ):
            try:
                values[name] = check(cells.get(name, ""))
            except BadInput as refused:
                fault(name, *str(refused).partition("，")[::2])
        unit = one_line(cells.get("unit", ""))
        if unit and unit not in units:
            fault("unit", f"台账中没有单位“{unit[:30]}”", "请填台账中的单位名称或简称，或先在账号台账中添加")
        if len(faults) > before:
            continue
        if not values["phone"] and not values["mail"]:
            fault("phone", "手机和邮箱都没有填", "请至少填写一项，否则通知不到")
        elif values["name"] in made:
            fault("name", f"“{values['name']}”在表中出现了两次", "请合并成一行；同名的人请加注，如“张伟（应急）”")
        else:
            made[values["name"]] = Line(unit_id=units.get(unit), **values)
    if faults:
        raise LedgerFaults(faults, "通知人员")
    return tuple(made.values())


def _columns(cells: Sequence[Cell]) -> dict[str, int]:
    """Field → place, of a head."""
    return {_ALSO[word]: at for at, cell in enumerate(cells) if (word := normal(as_text(cell))[0]) in _ALSO}


def _by_name(session: Session, lines: Sequence[Line]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for part in db.chunks([line.name for line in lines]):
        found |= {row.name: row for row in session.execute(select(Person).where(Person.name.in_(part))).scalars()}
    return found


def _differs(row: Person, line: Line) -> bool:
    """Whether a line says something else than what is stored."""
    held = people.held(row)
    return any(said and said != kept for said, kept in (
        (line.unit_id, row.unit_id), (line.post, row.post), (line.phone, held.get("phone", "")),
        (line.mail, held.get("mail", ""))))
