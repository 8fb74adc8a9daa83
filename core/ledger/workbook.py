"""The ledger as one Excel workbook: what is exported can be edited and imported again.

A column that is missing leaves what stands in the database; a cell that is empty clears it. Nothing is deleted.
"""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import xlsxwriter
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import Session

from core import board_versions, clock, local_indices
from core.faults import BadInput
from core.imports.dates import DateError, parse_when
from core.imports.headers import normal
from core.imports.platforms import code_of
from core.imports.read import Cell, Sheet, read
from core.imports.recognise import letter
from core.labels import ACCOUNT_STATES, UNIT_KINDS
from core.ledger.changes import Changes, apply
from core.ledger.entries import (
    BOARD_WORDS,
    FIELDS,
    IMPORTANCE,
    SHEETS,
    SOURCE_COLLECTORS,
    YES_NO,
    AccountEntry,
    BoardEntry,
    Entries,
    LedgerFault,
    LedgerFaults,
    MemberEntry,
    SourceEntry,
    UnitEntry,
)
from core.models import Account, AccountName, Board, BoardMember, Credential, Platform, Source, Unit
from core.records import Record, one_line, reasons
from core.settings import settings

INTERACTIVE = {True: "有", False: "无", None: "未核"}
_LISTS = {UnitEntry: "units", AccountEntry: "accounts", BoardEntry: "boards", MemberEntry: "members",
          SourceEntry: "sources"}
_SPLIT = re.compile(r"[、,，;；\n]+")
_READ_ONLY = {AccountEntry: ("曾用名", "former"), MemberEntry: ("账号名称（参考）", "account_name")}
"""Kind of entry → a column that is written for reading only: its head and where its cells come from."""
_VALIDATED_ROWS = 5_000


class _Unreadable(ValueError):
    """A cell can't be read; (reason, remedy) in Chinese."""

    def __init__(self, reason: str, remedy: str):
        super().__init__(reason)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a column's cells are read, and which words may stand in it."""

    read: Callable[[Cell], Any]
    words: Sequence[str] = ()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if abs(cell) >= 1e15:
            raise _Unreadable(f"“{cell:.0f}”超过 15 位，已被 Excel 改成近似值", "请把该列设为“文本”格式后重新填写")
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}"
    text = one_line(str(cell)).removeprefix("'")
    if re.fullmatch(r"\d(\.\d+)?[eE]\+\d+", text):
        raise _Unreadable(f"“{text}”是 Excel 的科学计数，原来的编号已丢失", "请把该列设为“文本”格式后重新填写")
    return text


def _list(cell: Cell) -> list[str]:
    return [part for part in (one_line(part) for part in _SPLIT.split(_text(cell))) if part]


def _day(cell: Cell) -> date | None:
    if cell is None or (isinstance(cell, str) and not cell.strip(" -—")):
        return None
    try:
        return parse_when(cell).day
    except DateError as error:
        raise _Unreadable(str(error), "请写成 2024-03-29 的样子") from error


def _number(cell: Cell) -> int:
    text = _text(cell)
    if not text:
        return 0
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise _Unreadable(f"“{text[:30]}”不是整数", "请填写整数")
    return int(text)


def _choice(words: Mapping[Any, str], blank: Any, offered: Sequence[str] | None = None) -> _Kind:
    """A column of fixed words; the codes themselves are understood as well. `offered`: the words of its drop-down list,
    where these are fewer."""
    meant: dict[str, Any] = {}
    for code, word in words.items():
        meant[word.lower()] = code
        if isinstance(code, str):
            meant.setdefault(code.lower(), code)

    def read_choice(cell: Cell) -> Any:
        text = ("是" if cell else "否") if isinstance(cell, bool) else _text(cell)
        if not text:
            return blank
        if text.lower() not in meant:
            raise _Unreadable(f"“{text[:30]}”不在可选范围内", f"请选择：{'、'.join(list(words.values())[:12])}")
        return meant[text.lower()]

    return _Kind(read_choice, tuple(words.values() if offered is None else offered))


def _choices(words: Mapping[Any, str]) -> _Kind:
    """A column of several of these words; it has no drop-down list, which takes one word only."""
    one = _choice(words, "").read
    return _Kind(lambda cell: [*dict.fromkeys(one(part) for part in _list(cell))])


def _of_board(field: str, blank: Any = None) -> _Kind:
    """A field of a board that has words: several of them, or one, an empty cell being `blank`."""
    words = BOARD_WORDS[field]
    return _choices(words) if blank is None else _choice(words, blank)


def _platform(names: Mapping[str, str]) -> _Kind:
    def read_platform(cell: Cell) -> str:
        text = _text(cell)
        if text and code_of(text, names) is None:
            raise _Unreadable(f"没有平台“{text[:30]}”", "请从下拉列表中选择平台")
        return code_of(text, names) or ""

    return _Kind(read_platform, tuple(names.values()))


def _pairs(cell: Cell) -> dict[str, str]:
    found = {}
    for line in str(cell or "").splitlines():
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise _Unreadable(f"“{line[:30]}”不是“选项=值”的样子", "每行写一个选项，如 app_id=123")
        found[name.strip()] = value.strip()
    return found


_PLAIN, _MANY, _DATE, _WHOLE = _Kind(_text), _Kind(_list), _Kind(_day), _Kind(_number)
_PAIRS = _Kind(_pairs)


def _kinds(session: Session) -> dict[type[Record], dict[str, _Kind]]:
    """Kind of entry → field → how its cells are read."""
    platform = _platform(_platforms(session))
    offered = local_indices.titles(session, retired=False)
    indices = _choice(local_indices.titles(session), "", tuple(offered.values()))
    unit_kind = _choice(UNIT_KINDS, "other")
    return {
        UnitEntry: {"name": _PLAIN, "kind": unit_kind, "parent": _PLAIN, "aliases": _MANY, "sort": _WHOLE},
        AccountEntry: {
            "platform": platform, "external_id": _PLAIN, "name": _PLAIN, "unit": _PLAIN, "registration_no": _PLAIN,
            "state": _choice(ACCOUNT_STATES, "normal"), "opened_on": _DATE, "closed_on": _DATE,
            "interactive": _choice(INTERACTIVE, None), "importance": _choice(IMPORTANCE, 0), "tags": _MANY,
            "url": _PLAIN,
        },
        BoardEntry: {
            "name": _PLAIN, "category": _PLAIN, "platform": platform, "unit_kinds": _of_board("unit_kinds"),
            "importances": _of_board("importances"), "tags": _MANY, "picked": _of_board("picked", False),
            "index": indices, "order_by": _of_board("order_by", "index"),
            "basis": _of_board("basis", "latest"), "rounded": _of_board("rounded", False),
            "columns": _of_board("columns"), "period": _of_board("period", ""),
            "week_start": _of_board("week_start", 0), "shown": _of_board("shown", True),
            "archived": _of_board("archived", False), "sort": _WHOLE,
        },
        MemberEntry: {"board": _PLAIN, "platform": platform, "account": _PLAIN},
        SourceEntry: {
            "name": _PLAIN, "collector": _choice(SOURCE_COLLECTORS, "feed"), "url": _PLAIN, "platform": platform,
            "account": _PLAIN, "credential": _PLAIN, "config": _PAIRS, "period_minutes": _WHOLE,
            "enabled": _choice(YES_NO, True),
        },
    }


_REQUIRED = {
    UnitEntry: ("name",), AccountEntry: ("platform", "external_id", "name"), BoardEntry: ("name", "platform"),
    MemberEntry: ("board", "platform", "account"), SourceEntry: ("name", "collector", "platform"),
}
_KEPT_WHEN_EMPTY = {"period_minutes", "category"}
"""Fields whose empty cell means the default, as 0 or nothing would make no sense."""


# --- In -------------------------------------------------------------------------------------------------------------


def import_workbook(
    session: Session, body: bytes, *, who: str, name: str = "台账.xlsx", now: datetime | None = None
) -> Changes:
    """Bring a workbook into the ledger. The caller commits.

    Raises BadInput for a file that is no ledger, LedgerFaults (every fault with sheet, row, field, reason and remedy)
    for one that can't be taken as it is; then nothing has been written.
    """
    entries, notes = read_workbook(session, body, name)
    changes = apply(session, entries, who=who, now=now or clock.now(), what=f"台账（{name}）")
    changes.notes = notes
    return changes


def read_workbook(session: Session, body: bytes, name: str = "台账.xlsx") -> tuple[Entries, list[str]]:
    """(entries, notes on what was left aside) of a workbook. Raises BadInput or LedgerFaults."""
    sheets = read(body, name, max_rows=settings().max_import_rows, max_bytes=settings().max_import_bytes)
    kinds, entries, faults, notes = _kinds(session), Entries(), [], []
    found = False
    for sheet in sheets:
        kind = _kind_of(sheet, alone=len(sheets) == 1)
        if kind is None:
            continue
        found = True
        rows, problems, unknown = _entries(sheet, kind, kinds[kind])
        getattr(entries, _LISTS[kind]).extend(rows)
        faults += problems
        if unknown:
            notes.append(f"“{sheet.name}”表中不认识的列没有使用：{'、'.join(unknown)}")
    if not found:
        raise BadInput(
            f"文件“{name}”不是台账工作簿：没有名为{'、'.join(f'“{word}”' for word in SHEETS.values())}的工作表。"
            "请先导出台账，按其中的表头填写"
        )
    if faults:
        raise LedgerFaults(faults, f"文件“{name}”")
    if not len(entries):
        raise BadInput(f"文件“{name}”的各工作表里都没有数据行。请按表头逐行填写后再导入")
    return entries, notes


def _kind_of(sheet: Sheet, alone: bool) -> type[Record] | None:
    for kind, word in SHEETS.items():
        if sheet.name.strip() == word:
            return kind
    if alone:  # a CSV of one sheet goes by its heads
        for kind in SHEETS:
            heads = {normal(FIELDS[kind][field])[0] for field in _REQUIRED[kind]}
            if sheet.rows and heads <= {normal(_bare(cell))[0] for cell in sheet.rows[0].cells}:
                return kind
    return None


def _bare(cell: Cell) -> str:
    return str(cell).replace("*", "").replace("＊", "") if cell is not None else ""


def _entries(
    sheet: Sheet, kind: type[Record], readers: Mapping[str, _Kind]
) -> tuple[list[Record], list[LedgerFault], list[str]]:
    fields = {normal(head)[0]: name for name, head in FIELDS[kind].items()}
    header, columns = None, {}
    for row in sheet.rows[:10]:
        here = {fields[text]: at for at, cell in enumerate(row.cells) if (text := normal(_bare(cell))[0]) in fields}
        if len(here) > len(columns):
            header, columns = row, here
    missing = [FIELDS[kind][name] for name in _REQUIRED[kind] if name not in columns]
    if header is None or missing:
        place = header.number if header else 1
        fault = LedgerFault(SHEETS[kind], place, "", f"表头缺少：{'、'.join(missing)}", "请按导出的台账补上这些列")
        return [], [fault], []
    read_only = {normal(head)[0] for head, _ in _READ_ONLY.values()}
    unknown = [
        one_line(str(cell)) for cell in header.cells
        if cell is not None and (text := normal(_bare(cell))[0]) and text not in fields and text not in read_only
    ]
    entries, faults = [], []
    for row in sheet.rows:
        if row.number <= header.number or not any(
            at < len(row.cells) and row.cells[at] is not None and str(row.cells[at]).strip() for at in columns.values()
        ):
            continue
        cells = {name: row.cells[at] if at < len(row.cells) else None for name, at in columns.items()}
        entry = _entry(kind, row.number, cells, readers, faults)
        if entry is not None:
            entries.append(entry)
    return entries, faults, unknown


def _entry(
    kind: type[Record], number: int, cells: Mapping[str, Cell], readers: Mapping[str, _Kind],
    faults: list[LedgerFault], **known: Any,
) -> Record | None:
    """An entry of the cells of one row (field → cell); what is wrong with it goes to `faults`."""
    word, heads = SHEETS[kind], FIELDS[kind]
    values: dict[str, Any] = {"locator": f"{word}!{number}" if number else "", **known}
    before = len(faults)
    for name, cell in cells.items():
        try:
            value = readers[name].read(cell)
        except _Unreadable as error:
            faults.append(LedgerFault(word, number, heads[name], str(error), error.remedy))
            continue
        if value in ("", None) and name in _REQUIRED[kind]:
            faults.append(LedgerFault(word, number, heads[name], "没有填写", "这一列必须填写"))
        elif not (name in _KEPT_WHEN_EMPTY and value in ("", 0)):
            values[name] = value
    if len(faults) > before:
        return None
    try:
        return kind(**values)
    except ValidationError as error:
        for name, reason in reasons(error):
            field = name.split(".")[0]
            faults.append(LedgerFault(word, number, heads.get(field, ""), reason, "请改正后重新导入"))
        return None


def form_entry(session: Session, kind: type[Record], cells: Mapping[str, Cell], **known: Any) -> Record:
    """An entry of a form's fields, written in the words of the sheets; `known` are values that need no reading (id).

    Raises LedgerFaults with everything that is wrong.
    """
    faults: list[LedgerFault] = []
    entry = _entry(kind, 0, cells, _kinds(session)[kind], faults, **known)
    if entry is None:
        raise LedgerFaults(faults, SHEETS[kind])
    return entry


def words(session: Session, kind: type[Record]) -> dict[str, tuple[str, ...]]:
    """Field → the words that may stand in it, for the fields that have a list."""
    return {name: tuple(reader.words) for name, reader in _kinds(session)[kind].items() if reader.words}


def _platforms(session: Session) -> dict[str, str]:
    return {row.code: row.name for row in session.execute(select(Platform).order_by(Platform.sort)).scalars()}


# --- Out ------------------------------------------------------------------------------------------------------------

_WIDTHS = {
    "name": 26, "external_id": 24, "unit": 22, "url": 46, "aliases": 26, "tags": 20, "parent": 20,
    "registration_no": 20, "account": 24, "board": 24, "index": 24, "unit_kinds": 18, "basis": 18,
    "credential": 20, "config": 24, "importances": 16, "order_by": 16, "rounded": 16, "columns": 36,
}
HINTS = {
    "aliases": "多个用“、”分开", "tags": "多个用“、”分开", "unit_kinds": "多个用“、”分开；留空为全部",
    "external_id": "账号在平台上的固定编号，改名后不变", "account": "平台账号ID或账号名称",
    "period_minutes": "每隔多少分钟采集一次", "credential": "“采集源”中已保存的凭据的名称",
    "config": "该采集方式的选项，每行一个，如 app_id=123", "parent": "另一行的单位名称", "opened_on": "如 2024-03-29",
    "closed_on": "如 2024-03-29", "unit": "“单位”表中的名称或别名",
    "picked": "按规则：按单位类别、重要程度和标签自动收入",
    "index": "留空用平台默认指数", "importances": "多个用“、”分开；留空为全部",
    "order_by": "留空按传播指数；平台没有指数时按阅读数、播放数或发布数",
    "columns": "要显示的数据，按此顺序，多个用“、”分开；留空为全部。发布数和指数总是显示",
    "rounded": "篇均阅读等保留一位小数后再计入指数，与清博榜单的算法一致",
    "period": "榜单默认显示最近一个完整的周期；随筛选：用页面左侧的统计周期", "week_start": "只用于周榜",
    "shown": "仅台账：不出现在榜单、筛选和报告中", "archived": "归档的榜单不再使用，定义和历史版本保留",
}
"""Field → what to write into it."""
_GUIDE = (
    "台账填写说明",
    "",
    "1. 各工作表的第一行是表头，请勿改动；带 * 的列必须填写，鼠标移到表头上可看到说明。",
    "2. 修改后在“账号台账—导入导出”中上传。系统先检查全部内容：有一处问题就什么都不保存，"
    "并逐条列出工作表、行、列、原因和办法。",
    "3. 按名称或编号对应：单位看“单位名称”，账号看“平台＋平台账号ID”，榜单看“榜单名称”，"
    "采集源看“采集方式＋地址”（接口看“采集方式＋账号＋选项”）。已有的修改，没有的新增。",
    "4. 导入不删除任何内容：从表里删掉的行，系统里仍然保留。停用账号请把“状态”改为停更、已合并或已注销，"
    "并填写停用日期。",
    "5. 账号改名时只改“账号名称”，不改“平台账号ID”；旧名称自动记入曾用名。",
    "6. 留空的单元格表示清空该项；整列不要则可删去该列，该项保持不变。",
    "7. 平台账号ID 等长编号请保持“文本”格式，否则 Excel 会把超过 15 位的数字改成近似值。",
    "8. “榜单”的“显示列”按填写的顺序显示；“周期”为周榜等的榜单默认显示最近一个完整的周期；"
    "不再使用的榜单把“归档”改为“是”，定义和历史版本都会保留。",
    "9. “采集源”填写 RSS/Atom 订阅地址或热榜接口地址；属于某个账号的订阅请填写“账号”，否则作为舆情信息采集。",
)


def export_workbook(session: Session) -> bytes:
    """The whole ledger as an xlsx file, with drop-down lists and instructions."""
    kinds = _kinds(session)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": "新媒体账号台账", "company": settings().office})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1, "valign": "vcenter"}),
        "text": book.add_format({"num_format": "@"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "title": book.add_format({"bold": True, "font_size": 16}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    guide = book.add_worksheet("填写说明")
    guide.set_column(0, 0, 110)
    for at, line in enumerate(_GUIDE):
        guide.write_string(at, 0, line, formats["title"] if at == 0 else formats["wrap"])
    rows = ledger_rows(session)
    choices: list[tuple[str, Sequence[str]]] = []
    for kind, word in SHEETS.items():
        _write_sheet(book.add_worksheet(word), kind, kinds[kind], rows[kind], formats, choices)
    options = book.add_worksheet("选项")
    options.hide()
    for at, (head, words) in enumerate(choices):
        options.write_string(0, at, head)
        for number, word in enumerate(words, start=1):
            options.write_string(number, at, word)
    book.close()
    return out.getvalue()


def _write_sheet(
    sheet: Any, kind: type[Record], readers: Mapping[str, _Kind], rows: list[dict[str, Any]],
    formats: Mapping[str, Any], choices: list[tuple[str, Sequence[str]]],
) -> None:
    heads = list(FIELDS[kind].items())
    sheet.freeze_panes(1, 3 if kind is AccountEntry else 1)
    sheet.set_row(0, 22)
    for at, (name, head) in enumerate(heads):
        style = formats["day"] if name in ("opened_on", "closed_on") else formats["text"]
        sheet.set_column(at, at, _WIDTHS.get(name, 13), None if readers[name] is _WHOLE else style)
        sheet.write_string(0, at, head + ("*" if name in _REQUIRED[kind] else ""), formats["head"])
        if name in HINTS:
            sheet.write_comment(0, at, HINTS[name])
        if words := readers[name].words:
            place = letter(len(choices))
            choices.append((head, words))
            sheet.data_validation(1, at, _VALIDATED_ROWS, at, {
                "validate": "list", "source": f"=选项!${place}$2:${place}${len(words) + 1}",
                "error_title": head, "error_message": "请从列表中选择",
            })
    names = [name for name, _ in heads]
    extra, name = _READ_ONLY.get(kind, ("", ""))
    if extra:
        names.append(name)
        sheet.set_column(len(heads), len(heads), 26, formats["text"])
        sheet.write_string(0, len(heads), extra, formats["head"])
    for number, row in enumerate(rows, start=1):
        for at, value in enumerate(row[name] for name in names):
            if isinstance(value, date):
                sheet.write_datetime(number, at, datetime(value.year, value.month, value.day), formats["day"])  # noqa: DTZ001
            elif isinstance(value, int):
                sheet.write_number(number, at, value)
            elif value:
                sheet.write_string(number, at, value, formats["text"])
    sheet.autofilter(0, 0, max(len(rows), 1), len(heads) - (0 if extra else 1))


def ledger_rows(session: Session) -> dict[type[Record], list[dict[str, Any]]]:
    """Every entry of the ledger in the words of its sheet: field → cell; `id` (accounts: `account_id`) and, read only,
    an account's `former` names and a member's `account_name` besides."""
    units = {unit.id: unit for unit in session.execute(select(Unit).order_by(Unit.sort, Unit.id)).scalars()}
    platforms = {p.code: p for p in session.execute(select(Platform)).scalars()}
    accounts = {
        account.id: account
        for account in session.execute(
            select(Account).join(Platform, Platform.code == Account.platform).order_by(Platform.sort, Account.id)
        ).scalars()
    }
    query = select(Board).order_by(*board_versions.BOARD_ORDER)
    boards = {board.id: board for board in session.execute(query).scalars()}
    former: dict[int, list[str]] = {}
    for account_id, name in session.execute(
        select(AccountName.account_id, AccountName.name).order_by(AccountName.until, AccountName.id)
    ):
        former.setdefault(account_id, []).append(name)
    members = session.execute(select(BoardMember).order_by(BoardMember.board_id, BoardMember.account_id)).scalars()
    sources = session.execute(
        select(Source).where(Source.collector.in_(list(SOURCE_COLLECTORS))).order_by(Source.id)
    ).scalars()
    credentials = {found: name for found, name in session.execute(select(Credential.id, Credential.name))}
    index = local_indices.titles(session)
    return {
        UnitEntry: [
            {"id": u.id, "name": u.name, "kind": UNIT_KINDS.get(u.kind, u.kind),
             "parent": units[u.parent_id].name if u.parent_id else "", "aliases": "、".join(u.aliases), "sort": u.sort}
            for u in units.values()
        ],
        AccountEntry: [
            {"account_id": a.id, "platform": platforms[a.platform].name, "external_id": a.external_id, "name": a.name,
             "unit": units[a.unit_id].name if a.unit_id else "", "registration_no": a.registration_no,
             "state": ACCOUNT_STATES.get(a.state, a.state), "opened_on": a.opened_on, "closed_on": a.closed_on,
             "interactive": INTERACTIVE[a.interactive], "importance": IMPORTANCE.get(a.importance, ""),
             "tags": "、".join(a.tags), "url": a.url, "former": "、".join(former.get(a.id, []))}
            for a in accounts.values()
        ],
        BoardEntry: [
            {"id": b.id, "name": b.name, "category": b.category, "platform": platforms[b.platform].name,
             "tags": "、".join(b.tags), "index": index.get(b.index, ""), "sort": b.sort,
             **{field: _worded(getattr(b, field), words) for field, words in BOARD_WORDS.items()}}
            for b in boards.values()
        ],
        MemberEntry: [
            {"board": boards[m.board_id].name, "platform": platforms[boards[m.board_id].platform].name,
             "account": accounts[m.account_id].external_id, "account_name": accounts[m.account_id].name}
            for m in members
        ],
        SourceEntry: [
            {"name": s.name, "collector": SOURCE_COLLECTORS[s.collector], "url": s.url,
             "platform": platforms[s.platform].name if s.platform in platforms else s.platform,
             "account": accounts[s.account_id].external_id if s.account_id else "",
             "credential": credentials.get(s.credential_id, ""),
             "config": "\n".join(f"{name}={value}" for name, value in s.config.items()),
             "period_minutes": s.period_seconds // 60, "enabled": YES_NO[s.enabled]}
            for s in sources
        ],
    }


def _worded(value: Any, words: Mapping[Any, str]) -> str:
    """A value, or several, in these words."""
    held = value if isinstance(value, list) else [value]
    return "、".join(words.get(one, str(one)) for one in held)
