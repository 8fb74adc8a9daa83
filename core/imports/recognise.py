"""Cells → layouts: where the header stands, which column is which field, and which export it is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.faults import BadInput
from core.imports.forms import FIELDS, FORMS, GENERIC, KNOWN, SYNONYMS, Form, normal
from core.imports.read import Cell, Sheet, SheetRow

HEADER_WITHIN = 40
"""Rows with content among which the header is looked for."""
ENOUGH = 3
"""Known headers that make a row a header."""

_COUNTS = ("reads", "readers", "plays", "likes", "wows", "reposts", "comments", "favourites")
NEEDED = {
    "posts": "逐篇数据：发布时间（或发表时间），标题、正文、链接或作品编号之一，"
             "以及阅读数、播放量、点赞数、转发数、评论数等计数列",
    "followers": "每日粉丝：日期（或时间），以及粉丝总数、新增粉丝数、流失粉丝数之一",
    "apps": "APP 每日：日期，以及活跃用户数、新增用户数、启动次数、下载量之一",
}


class UnknownHeader(BadInput):
    """No table that can be imported was found. `headers` are those that stand in the file, for mapping by hand."""

    def __init__(self, message: str, headers: Sequence[str]):
        super().__init__(message)
        self.headers = tuple(headers)


@dataclass(frozen=True, slots=True)
class Column:
    """A used column: its field, place from 0, header as printed, and the unit its header names (万, 万+, 亿, 千)."""

    field: str
    index: int
    header: str
    unit: str = ""

    @property
    def letter(self) -> str:
        return letter(self.index)


@dataclass(frozen=True, slots=True)
class Layout:
    """One table inside a sheet: which export it is and where its columns stand."""

    sheet: Sheet
    form: Form
    header_row: int
    first: int
    last: int
    columns: Mapping[str, Column]
    unused: tuple[str, ...] = ()

    @property
    def headers(self) -> dict[str, str]:
        """Field → header as printed."""
        return {field: column.header for field, column in self.columns.items()}

    def locator(self, row: int) -> str:
        """Where a row stands, as Excel writes it: `posts.csv!A12:G12`."""
        return f"{self.sheet.name}!{letter(self.first)}{row}:{letter(self.last - 1)}{row}"

    def cell(self, row: int, field: str) -> str:
        """Where a field of a row stands: `posts.csv!C12`; the whole row when the field has no column."""
        column = self.columns.get(field)
        return f"{self.sheet.name}!{column.letter}{row}" if column else self.locator(row)

    def rows(self) -> list[SheetRow]:
        """The rows below the header."""
        return [row for row in self.sheet.rows if row.number > self.header_row]


def letter(index: int) -> str:
    """`A` for 0, `AA` for 26."""
    out = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        out = chr(65 + rest) + out
    return out


def shown(cell: Cell) -> str:
    """A header as a person reads it."""
    return " ".join(str(cell).split())[:60] if cell is not None else ""


def recognise(sheet: Sheet, mapping: Mapping[str, str] | None = None) -> list[Layout]:
    """The tables of one sheet, side by side ones apart; empty when no header is found.

    `mapping`: field → header as a person set it ("" takes a field away); it goes before the synonyms.
    """
    wanted = {normal(header)[0]: field for field, header in (mapping or {}).items() if header}
    best, score = None, 0
    for row in sheet.rows[:HEADER_WITHIN]:
        known = {normal(cell)[0] for cell in row.cells if isinstance(cell, str)}
        points = len(known & KNOWN) + ENOUGH * len(known & set(wanted))
        if any(form.marks <= known for form in FORMS):
            points = max(points, ENOUGH)
        if points > score:
            best, score = row, points
    if best is None or score < ENOUGH:
        return []
    layouts = []
    for first, last in _blocks(best.cells):
        layout = _layout(sheet, best, first, last, mapping or {}, wanted)
        if layout is not None:
            layouts.append(layout)
    return layouts


def tables(sheets: Sequence[Sheet], name: str, mapping: Mapping[str, str] | None = None) -> list[Layout]:
    """The layouts of a file that can be imported.

    Raises UnknownHeader (Chinese) that lists what was found and what would be needed.
    """
    found = [layout for sheet in sheets for layout in recognise(sheet, mapping)]
    usable = [layout for layout in found if layout.form.table]
    if usable:
        return usable
    headers = list(dict.fromkeys(header for sheet in sheets for header in guess_headers(sheet)))
    if found:
        form = found[0].form
        raise UnknownHeader(f"文件“{name}”是“{form.title}”：{form.why}", headers)
    raise UnknownHeader(
        f"文件“{name}”里没有找到认识的表头。找到的是：{'、'.join(headers[:20]) or '（没有文字）'}。"
        f"需要下列之一——{'；'.join(NEEDED.values())}。可在预览时手工指定各列的含义",
        headers,
    )


def guess_headers(sheet: Sheet) -> list[str]:
    """The texts of the row that is most like a header: the first with the most short text cells."""
    best: list[str] = []
    for row in sheet.rows[:HEADER_WITHIN]:
        texts = [shown(cell) for cell in row.cells if isinstance(cell, str) and 0 < len(cell.strip()) <= 30]
        if len(texts) > len(best):
            best = texts
    return best


def _blocks(cells: Sequence[Cell]) -> list[tuple[int, int]]:
    """Column ranges (last excluded) of the tables of a header row: split at empty cells and at a repeated header."""
    out, start, seen = [], None, set()
    for index, cell in enumerate(cells):
        name = normal(cell)[0]
        if not name:
            if start is not None:
                out.append((start, index))
                start = None
        elif start is None:
            start, seen = index, {name}
        elif name in seen and SYNONYMS.get(name) == "day":
            out.append((start, index))
            start, seen = index, {name}
        else:
            seen.add(name)
    if start is not None:
        out.append((start, len(cells)))
    # An unnamed column inside one table: parts without a date of their own belong to the part before.
    joined: list[tuple[int, int]] = []
    for first, last in out:
        if joined and not (_dated(cells, (first, last)) and _dated(cells, joined[-1])):
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _dated(cells: Sequence[Cell], block: tuple[int, int]) -> bool:
    return any(SYNONYMS.get(normal(cell)[0]) in ("day", "published_at") for cell in cells[block[0] : block[1]])


def _layout(
    sheet: Sheet, row: SheetRow, first: int, last: int, mapping: Mapping[str, str], wanted: Mapping[str, str]
) -> Layout | None:
    names = {index: normal(row.cells[index]) for index in range(first, last)}
    present = {name for name, _ in names.values() if name}
    forms = [form for form in FORMS if form.marks <= present]
    form = max(forms, key=lambda form: len(form.marks), default=None)
    special = form.fields if form else {}
    columns: dict[str, Column] = {}
    unused = []
    by_hand = {index: wanted[name] for index, (name, _) in names.items() if name in wanted}
    for index, (name, unit) in names.items():
        field = by_hand.get(index, special.get(name, SYNONYMS.get(name, "")))
        if index not in by_hand and field in mapping:
            field = ""  # that field was given to another column, or taken away
        column = Column(field, index, shown(row.cells[index]), unit)
        if field in FIELDS and (field not in columns or _better(field, name)):
            if field in columns:
                unused.append(columns[field].header)
            columns[field] = column
        elif name:
            unused.append(column.header)
    if form is None or mapping:
        form = _generic(columns, form)
    if form is None:
        return None
    if form.table == "posts" and "published_at" not in columns and "day" in columns:
        columns["published_at"] = columns.pop("day")
    return Layout(sheet, form, row.number, first, last, columns, tuple(dict.fromkeys(filter(None, unused))))


def _better(field: str, name: str) -> bool:
    """Whether a later column of that name goes before an earlier one of the same field."""
    return (field, name) in {("published_at", "完整日期"), ("reads", "总阅读次数"), ("reposts", "总分享次数")}


def _generic(columns: Mapping[str, Column], form: Form | None) -> Form | None:
    """What a table is by its fields, where no export's marks say so (or a person changed the mapping)."""
    has = columns.keys()
    dated = "published_at" in has or "day" in has
    named = bool({"title", "text", "url", "external_id"} & has)
    if dated and named and (set(_COUNTS) & has or "url" in has):
        kind = "posts"
    elif "day" in has and {"followers", "new", "lost"} & has and not named:
        kind = "followers"
    elif "day" in has and {"active_users", "new_users", "total_users", "launches", "downloads", "rating"} & has:
        kind = "apps"
    elif form is not None:
        return form
    elif "day" in has and set(_COUNTS) & has:
        kind = "daily"
    else:
        return None
    return form if form is not None and form.table == kind else GENERIC[kind]
