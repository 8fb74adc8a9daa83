"""Cells → layouts: where the header stands, which column is which field, and which export it is. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from core.faults import BadInput
from core.imports.about import UNNAMED, named
from core.imports.forms import FORMS, GENERIC, LEFT_OUT, Form, trend
from core.imports.headers import FIELDS, KNOWN, OF_KIND, SYNONYMS, better, normal
from core.imports.mappings import KIND, NONE, Mapped, per_table
from core.imports.orders import TIMES, masked, personal
from core.imports.read import EXCEL_ROWS, Cell, Sheet, SheetRow
from core.labels import COUNTERS

HEADER_WITHIN = 40
"""Rows with content among which a header may stand anywhere; below, only where a new table may begin."""
ENOUGH = 3
"""Known headers that make a row a header."""
_EXAMPLES_WITHIN = 20
"""Rows among which a text to show under a header is looked for."""
_EXAMPLE = 16
"""Letters of such a text."""

_OF_ORDERS = frozenset(OF_KIND["mentions"])
NEEDED = {
    "posts": "逐篇数据：发布时间（或发表时间），标题、正文、链接或作品编号之一，"
             "以及阅读数、播放量、点赞数、转发数、评论数等计数列",
    "followers": "每日粉丝：日期（或时间），以及粉丝总数、新增粉丝数、流失粉丝数之一",
    "daily": "账号每日汇总：日期（或时间），以及阅读数、播放量、点赞数等计数列",
    "boards": "榜单：公众号（或账号），以及 WCI 或新榜指数",
    "apps": "APP 每日：日期，以及活跃用户数、新增用户数、启动次数、下载量之一",
    "mentions": "12345 工单：工单编号，诉求时间（或受理时间），诉求标题或诉求内容；"
                "留言板、信箱：留言标题或留言内容，留言时间",
}


class UnknownHeader(BadInput):
    """No table that can be imported was found. `headers` are those that stand in the file, for mapping by hand, with
    `examples` of what stands under them; `brief` is the message without all that would be recognised."""

    def __init__(self, message: str, headers: Sequence[str], examples: Mapping[str, str], brief: str = ""):
        super().__init__(message)
        self.headers, self.examples, self.brief = tuple(headers), dict(examples), brief or message


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
    """One table inside a sheet: which export it is and where its columns stand. It ends before row `end`.

    `key` is the same for every file with these headers; `said` is what a person said of it. `others`: the columns that
    mean no field, place → (header as printed, its unit).
    """

    sheet: Sheet
    form: Form
    header_row: int
    first: int
    last: int
    columns: Mapping[str, Column]
    others: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    end: int = EXCEL_ROWS + 1
    key: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def unused(self) -> tuple[str, ...]:
        """Headers of columns that are not used."""
        return tuple(dict.fromkeys(header for header, _ in self.others.values()))

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
        """The rows below the header, up to the next table."""
        return [row for row in self.sheet.rows if self.header_row < row.number < self.end]


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


def recognise(
    sheet: Sheet, mapping: Mapping[str, str] | Mapped | None = None, seen: Counter[str] | None = None
) -> list[Layout]:
    """The tables of one sheet, those side by side and one under the other apart; empty when no header is found.

    `mapping`: what a person said (see `mappings`); it goes before the synonyms. `seen` counts tables with the same
    headers through the sheets of a file.
    """
    by_hand, seen = per_table(mapping), Counter() if seen is None else seen
    heads = _heads(sheet, by_hand)
    layouts = []
    for at, row in enumerate(heads, start=1):
        end = heads[at].number if at < len(heads) else EXCEL_ROWS + 1
        for first, last in _blocks(row.cells):
            key = _key(row.cells[first:last])
            seen[key] += 1
            key += f"#{seen[key]}" if seen[key] > 1 else ""
            said = by_hand.get("", {}) | by_hand.get(key, {})
            layout = _layout(sheet, row, first, last, end, key, said)
            if layout is not None:
                layouts.append(layout)
    return layouts


def _heads(sheet: Sheet, by_hand: Mapped) -> list[SheetRow]:
    """The header rows of a sheet. One that says again what the one before it says is no new table."""
    wanted = {normal(header)[0] for field, header in by_hand.get("", {}).items() if header and field != KIND}
    out: list[SheetRow] = []
    last: list[str] = []
    for at, row in enumerate(sheet.rows):
        if at >= HEADER_WITHIN and not _may_begin(sheet.rows[at - 1], row):
            continue
        names = [normal(cell)[0] if isinstance(cell, str) and len(cell) <= 60 else "" for cell in row.cells]
        present = {name for name in names if name}
        points = len(present & KNOWN) + ENOUGH * len(present & wanted)
        if any(form.matches(present) for form in FORMS) or (by_hand.keys() - {""} and _is_said(row, by_hand)):
            points = max(points, ENOUGH)
        weak = bool(out) and points * 2 < sum(cell is not None for cell in row.cells)
        if points >= ENOUGH and names != last and not weak:
            out.append(row)
            last = names
    return out


def _may_begin(before: SheetRow, row: SheetRow) -> bool:
    """Whether a table may begin at a row by what stands above it: nothing, or a title."""
    return row.number > before.number + 1 or sum(cell is not None and cell != "" for cell in before.cells) == 1


def _is_said(row: SheetRow, by_hand: Mapped) -> bool:
    return any(_key(row.cells[first:last]) in by_hand for first, last in _blocks(row.cells))


def _key(cells: Sequence[Cell]) -> str:
    return "|".join(normal(cell)[0] for cell in cells)[:2_000]


def every(sheets: Sequence[Sheet], mapping: Mapping[str, str] | Mapped | None = None) -> list[Layout]:
    """The tables of a file, those with nothing to store among them."""
    seen: Counter[str] = Counter()
    return [layout for sheet in sheets for layout in recognise(sheet, mapping, seen)]


def usable(found: Sequence[Layout], sheets: Sequence[Sheet], name: str) -> list[Layout]:
    """The tables that can be imported.

    Raises UnknownHeader (Chinese) that lists what was found and what would be needed, when there is none.
    """
    if kept := [layout for layout in found if layout.form.table]:
        return kept
    headers = list(dict.fromkeys(header for sheet in sheets for header in guess_headers(sheet)))
    under = {header: text for sheet in reversed(sheets) for header, text in _guessed_examples(sheet).items()}
    if found:
        why = "；".join(dict.fromkeys(f"“{layout.form.title}”：{layout.form.why}" for layout in found))
        raise UnknownHeader(f"文件“{name}”里没有可以导入的表。{why}", headers, under)
    brief = f"文件“{name}”里没有找到认识的表头。找到的是：{'、'.join(headers[:20]) or '（没有文字）'}"
    raise UnknownHeader(
        f"{brief}。需要下列之一——{'；'.join(NEEDED.values())}。可在预览时手工指定各列的含义", headers, under, brief,
    )


def tables(
    sheets: Sequence[Sheet], name: str, mapping: Mapping[str, str] | Mapped | None = None
) -> list[Layout]:
    """The tables of a file that can be imported. Raises UnknownHeader."""
    return usable(every(sheets, mapping), sheets, name)


def guess_headers(sheet: Sheet) -> list[str]:
    """The texts of the row that is most like a header: the first with the most short text cells."""
    return list(_guess(sheet)[1].values())


def _guess(sheet: Sheet) -> tuple[int, dict[int, str]]:
    """(number of the row that is most like a header, place → its texts)."""
    best: tuple[int, dict[int, str]] = (0, {})
    for row in sheet.rows[:HEADER_WITHIN]:
        texts = {at: shown(cell) for at, cell in enumerate(row.cells)
                 if isinstance(cell, str) and 0 < len(cell.strip()) <= 30}
        if len(texts) > len(best[1]):
            best = (row.number, texts)
    return best


def _guessed_examples(sheet: Sheet) -> dict[str, str]:
    number, heads = _guess(sheet)
    return examples((row for row in sheet.rows if row.number > number), heads)


def examples(rows: Iterable[SheetRow], heads: Mapping[int, str]) -> dict[str, str]:
    """Header → the first text under it, by which a person tells the columns apart. `heads`: place → header. What is
    personal is left out."""
    out: dict[str, str] = {}
    for row in islice(rows, _EXAMPLES_WITHIN):
        for at, header in heads.items():
            text = _example(row.cells[at]) if at < len(row.cells) and header not in out else ""
            if text and not personal(header):
                out[header] = text
    return out


def _example(cell: Cell) -> str:
    whole = isinstance(cell, float) and cell.is_integer()
    text = masked(shown(int(cell) if whole else cell))
    return f"{text[:_EXAMPLE]}…" if len(text) > _EXAMPLE else text


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
        elif (name in seen and SYNONYMS.get(name) == "day") or _starts_articles(cells, index):
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


def _starts_articles(cells: Sequence[Cell], index: int) -> bool:
    """Whether the third block of the traffic export of WeChat begins at a column."""
    return [normal(cell)[0] for cell in cells[index : index + 2]] == ["传播渠道", "发表日期"]


def _dated(cells: Sequence[Cell], block: tuple[int, int]) -> bool:
    return any(SYNONYMS.get(normal(cell)[0]) in ("day", "published_at") for cell in cells[block[0] : block[1]])


def _layout(
    sheet: Sheet, row: SheetRow, first: int, last: int, end: int, key: str, said: Mapping[str, str]
) -> Layout | None:
    names = {index: normal(row.cells[index]) for index in range(first, last)}
    present = {name for name, _ in names.values() if name}
    form = max((form for form in FORMS if form.matches(present)), key=lambda form: form.weight, default=None)
    kind = said.get(KIND, "")
    if kind == NONE:
        form = LEFT_OUT
    elif kind in GENERIC and (form is None or form.table != kind):
        form = GENERIC[kind]
    fields = dict(form.fields) if form else {}
    if form and form.key == "xiaohongshu_trend":
        fields["数值"], why = trend(sheet.name)
        form = form.empty(why) if why else form
    if form and form.table == "article" and named(sheet) is None:
        form = form.empty(UNNAMED)
    if form and form.table == "mentions":  # of a work order nothing else has a meaning of its own
        fields |= {name: "" for name, _ in names.values() if fields.get(name, SYNONYMS.get(name)) not in _OF_ORDERS}
    columns, others = _columns(row, names, fields, {f: header for f, header in said.items() if f != KIND})
    if form is None or (said and not kind):
        form = _generic(columns, form)
    if form is None:
        return None
    _dated_as(form.table, columns)
    return Layout(sheet, form, row.number, first, last, columns, others, end, key, dict(said))


def _columns(
    row: SheetRow, names: Mapping[int, tuple[str, str]], special: Mapping[str, str], said: Mapping[str, str]
) -> tuple[dict[str, Column], dict[int, tuple[str, str]]]:
    """The columns by field, and the others by place. `special`: the form's own synonyms; `said`: by hand."""
    wanted = {normal(header)[0]: field for field, header in said.items() if header}
    columns: dict[str, Column] = {}
    others: dict[int, tuple[str, str]] = {}
    for index, (name, unit) in names.items():
        field = wanted.get(name) or special.get(name, SYNONYMS.get(name, ""))
        if name not in wanted and field in said:
            field = ""  # that field was given to another column, or taken away
        column = Column(field, index, shown(row.cells[index]), unit)
        before = columns.get(field)
        if field in FIELDS and (before is None or _better(field, name, names[before.index][0], special)):
            if before is not None:
                others[before.index] = (before.header, before.unit)
            columns[field] = column
        elif name:
            others[index] = (column.header, unit)
    return columns, dict(sorted(others.items()))


def _better(field: str, name: str, than: str, special: Mapping[str, str]) -> bool:
    if field == "published_at" and name in special and than in special:
        return TIMES.index(name) < TIMES.index(than)
    return better(field, name, than)


def _dated_as(table: str, columns: dict[str, Column]) -> None:
    """A post's column 日期 is its time of publishing; a day's 发布日期 is its day."""
    ours, other = ("published_at", "day") if table in ("posts", "mentions") else ("day", "published_at")
    if ours not in columns and other in columns:
        columns[ours] = columns.pop(other)


def _generic(columns: Mapping[str, Column], form: Form | None) -> Form | None:
    """What a table is by its fields, where no export's marks say so (or a person changed the mapping)."""
    has = columns.keys()
    dated = "published_at" in has or "day" in has
    named = bool({"title", "text", "url", "external_id"} & has)
    if dated and named and (set(COUNTERS) & has or "url" in has):
        kind = "posts"
    elif "day" in has and {"followers", "new", "lost"} & has and not named:
        kind = "followers"
    elif "day" in has and {"active_users", "new_users", "total_users", "launches", "downloads", "rating"} & has:
        kind = "apps"
    elif form is not None:
        return form
    elif "day" in has and set(COUNTERS) & has:
        kind = "daily"
    else:
        return None
    return form if form is not None and form.table == kind else GENERIC[kind]
