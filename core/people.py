"""通知人员: who is told of things. Numbers and addresses are sealed at rest and shown masked; no log, audit line or
message of a fault holds them.

The caller commits.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import audit, credentials, db
from core.faults import BadInput
from core.imports.cells import as_text
from core.imports.headers import normal
from core.imports.read import Cell, SheetRow
from core.imports.read import read as read_file
from core.ledger.entries import LedgerFault, LedgerFaults
from core.models import AlertRule, Delivery, Person, Unit
from core.records import one_line
from core.senders import Recipient, masked
from core.senders.mail import ADDRESS
from core.settings import settings

HEADS: Mapping[str, str] = {"name": "姓名", "unit": "单位", "post": "职务", "phone": "手机", "mail": "邮箱"}
"""Fields of a line and their words, in the order of a table without a head."""
MOST = 2_000
"""Lines of one table at most."""
NAME, POST = 30, 60
"""Characters at most."""
_ALSO = {
    "姓名": "name", "名字": "name", "单位": "unit", "所在单位": "unit", "工作单位": "unit", "部门": "unit",
    "职务": "post", "岗位": "post", "手机": "phone", "手机号": "phone", "手机号码": "phone", "移动电话": "phone",
    "联系电话": "phone",
    "邮箱": "mail", "电子邮箱": "mail", "邮件": "mail", "电子邮件": "mail",
}
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_GONE = "这个人不存在，可能已被删除，请刷新页面"


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


def listed(session: Session) -> pd.DataFrame:
    """Everybody by name: id, name, unit_id, unit, post, phone and mail (masked; "" without), active, rules (that tell
    them), at, who, demo."""
    used = _used(session)
    rows = [
        {"id": one.id, "name": one.name, "unit_id": one.unit_id, "unit": unit or "", "post": one.post,
         "phone": one.shown.get("phone", ""), "mail": one.shown.get("mail", ""), "active": one.active,
         "rules": len(used.get(one.id, ())), "at": one.at, "who": one.who, "demo": one.demo}
        for one, unit in session.execute(
            select(Person, Unit.name).outerjoin(Unit, Unit.id == Person.unit_id)
            .order_by(Person.active.desc(), Person.name))
    ]
    frame = pd.DataFrame(rows, columns=["id", "name", "unit_id", "unit", "post", "phone", "mail", "active", "rules",
                                        "at", "who", "demo"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def recipient(person: Person) -> Recipient:
    """A person as senders know them, opened; nobody who is out of use, or whose seal can't be opened, has a number."""
    try:
        held = credentials.unseal(person.sealed) if person.active else {}
    except BadInput:
        held = {}
    return Recipient(person.name, held.get("phone", ""), held.get("mail", ""))


def by_hand(phone: str = "", mail: str = "") -> Recipient:
    """Somebody who is not on the list, for a test. Raises BadInput for a number or an address that is none."""
    return Recipient("", _phone(phone), _mail(mail))


def add(
    session: Session, *, name: str, unit_id: int | None = None, post: str = "", phone: str = "", mail: str = "",
    who: str, now: datetime, demo: bool = False,
) -> Person:
    """Store a person. Raises BadInput for a name that is taken, a number or an address that is none, or neither."""
    made = Person(name=_free(session, name, None), sealed=b"", at=now, who=who, demo=demo)
    _fill(session, made, unit_id=unit_id, post=post, phone=_phone(phone), mail=_mail(mail))
    session.add(made)
    session.flush()
    audit.note(session, who, "新增通知人员", made.name, _spoken(made))
    db.bump(session, now)
    return made


def change(
    session: Session, person_id: int, *, name: str, unit_id: int | None, post: str, phone: str | None = None,
    mail: str | None = None, who: str, now: datetime,
) -> Person:
    """Change a person; None leaves number or address as it is, "" takes it out. Raises BadInput."""
    made = get(session, person_id)
    held = _held(made)
    kept = {"phone": held.get("phone", "") if phone is None else _phone(phone),
            "mail": held.get("mail", "") if mail is None else _mail(mail)}
    made.name, made.at, made.who = _free(session, name, made.id), now, who
    _fill(session, made, unit_id=unit_id, post=post, **kept)
    session.add(made)
    session.flush()
    audit.note(session, who, "修改通知人员", made.name, _spoken(made))
    db.bump(session, now)
    return made


def activate(session: Session, person_id: int, active: bool, *, who: str, now: datetime) -> None:
    """Tell a person again, or no more. Raises BadInput where they are gone."""
    made = get(session, person_id)
    made.active, made.at, made.who = active, now, who
    session.add(made)
    audit.note(session, who, "启用通知人员" if active else "停用通知人员", made.name)
    db.bump(session, now)


def remove(session: Session, person_id: int, *, who: str, now: datetime) -> None:
    """Delete a person. Raises BadInput while a rule tells them, or where they were told of something: then they are
    part of the record, and can be put out of use and have number and address taken out."""
    made = get(session, person_id)
    if rules := _used(session).get(person_id):
        raise BadInput(f"“{made.name}”还在被预警规则通知：{'、'.join(rules[:5])}。请先在规则中换人，或改为停用")
    if session.execute(select(Delivery.id).where(Delivery.person_id == person_id).limit(1)).scalar() is not None:
        raise BadInput(f"“{made.name}”已有通知记录，不能删除。请改为停用；不再需要的手机号和邮箱可以清空")
    audit.note(session, who, "删除通知人员", made.name)
    session.delete(made)
    session.flush()
    db.bump(session, now)


def get(session: Session, person_id: int) -> Person:
    """The row of a person. Raises BadInput where there is none."""
    found = session.get(Person, person_id)
    if found is None:
        raise BadInput(_GONE)
    return found


# --- Tables ---------------------------------------------------------------------------------------------------------


def read(session: Session, text: str, body: bytes = b"", file: str = "") -> tuple[Line, ...]:
    """The people of a pasted table (tabs or commas) or of an Excel or CSV file, with or without a head. Raises
    BadInput, or LedgerFaults with every line that can't be taken."""
    if body:
        sheets = read_file(body, file, max_rows=MOST + 100, max_bytes=settings().max_import_bytes)
        rows = sheets[0].rows if sheets else []
    else:
        rows = _pasted(text)
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
            add(session, name=line.name, unit_id=line.unit_id, post=line.post, phone=line.phone, mail=line.mail,
                who=who, now=now)
        elif _differs(row, line):
            change(session, row.id, name=row.name, unit_id=line.unit_id or row.unit_id, post=line.post or row.post,
                   phone=line.phone or None, mail=line.mail or None, who=who, now=now)
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
        for name, check in (("name", _named), ("post", _posted), ("phone", _phone), ("mail", _mail)):
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


def _pasted(text: str) -> list[SheetRow]:
    written = text.replace("\r", "").split("\n")
    mark = "\t" if "\t" in text else ","
    if mark == ",":
        written = [line.replace("，", ",") for line in written]
    rows = csv.reader(io.StringIO("\n".join(written)), delimiter=mark)
    return [SheetRow(number, tuple(cells)) for number, cells in enumerate(rows, start=1) if any(map(str.strip, cells))]


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
    held = _held(row)
    return any(said and said != kept for said, kept in (
        (line.unit_id, row.unit_id), (line.post, row.post), (line.phone, held.get("phone", "")),
        (line.mail, held.get("mail", ""))))


# --- Parts ----------------------------------------------------------------------------------------------------------


def _fill(session: Session, made: Person, *, unit_id: int | None, post: str, phone: str, mail: str) -> None:
    if not phone and not mail and made.id is None:
        raise BadInput("请至少填写手机号或邮箱，否则通知不到")
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise BadInput("所选单位已不在台账中，请刷新页面后重选")
    kept = {name: value for name, value in (("phone", phone), ("mail", mail)) if value}
    made.unit_id, made.post, made.sealed = unit_id, _posted(post), credentials.seal(kept)
    made.shown = {name: masked(value) for name, value in kept.items()}


def _held(person: Person) -> dict[str, str]:
    """Number and address; neither where the key that sealed them is lost, so that they can be entered anew."""
    try:
        return credentials.unseal(person.sealed)
    except BadInput:
        return {}


def _free(session: Session, name: str, mine: int | None) -> str:
    name = _named(name)
    taken = session.execute(select(Person.id).where(Person.name == name)).scalar()
    if taken is not None and taken != mine:
        raise BadInput(f"已有“{name}”，请换一个名称；同名的人请在姓名后加注，如“{name[:20]}（应急）”")
    return name


def _named(text: str) -> str:
    name = one_line(text)
    if not name or len(name) > NAME:
        raise BadInput(f"姓名应有 1 到 {NAME} 个字，请核对")
    return name


def _posted(text: str) -> str:
    post = one_line(text)
    if len(post) > POST:
        raise BadInput(f"职务超过 {POST} 个字，请缩短")
    return post


def _phone(text: str) -> str:
    """A mobile number of the mainland as its 11 digits; "" for nothing. Raises BadInput, without saying the number."""
    told = unicodedata.normalize("NFKC", one_line(text))
    told = re.sub(r"^(?:\+|00)?86(?=1[0-9\s-]{10,})", "", re.sub(r"[\s\-—–()]", "", told)).removesuffix(".0")
    if told and not _PHONE.fullmatch(told):
        raise BadInput("手机号不对，应是 1 开头的 11 位手机号码（短信不能发到座机）")
    return told


def _mail(text: str) -> str:
    """An address; "" for nothing. Raises BadInput, without saying the address."""
    told = unicodedata.normalize("NFKC", one_line(text)).replace(" ", "")
    if told and (not ADDRESS.fullmatch(told) or len(told) > 254):
        raise BadInput("邮箱不对，应是完整的地址，如 name@district.gov.cn")
    return told


def _spoken(person: Person) -> str:
    """What may be told of how a person is reached."""
    return "，".join(filter(None, (person.shown.get("phone", ""), person.shown.get("mail", ""))))


def _used(session: Session) -> dict[int, list[str]]:
    """Names of the rules that tell each person."""
    used: dict[int, list[str]] = {}
    for name, told in session.execute(select(AlertRule.name, AlertRule.plan).order_by(AlertRule.name)):
        for id_ in {id_ for step in told.get("steps", ()) for id_ in step.get("people", ())}:
            used.setdefault(id_, []).append(name)
    return used
