"""Where in a capture a stored row's figures stand: the very fields, and an excerpt of the bytes around them.

A field is found by cause, not by its name: the answer is parsed again with one value of it changed, and the values
whose change changes the figure are what the figure was read from. So no parser has to say where it looks, and none can
say it wrongly. In a file that a person imported the column is known from how the file was read.
"""

import html
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlmodel import Session

from core import clock, evidence
from core.counts import Count, CountError, parse_count
from core.evidence import EvidenceLost
from core.faults import BadInput, Fault
from core.imports import orders
from core.imports.headers import FIELDS
from core.imports.read import Sheet, read
from core.imports.recognise import letter as letter_of
from core.imports.recognise import shown as cell_text
from core.labels import MISSING
from core.models import Account, Capture, Source
from core.recheck.captured import Parsers, batch_of
from core.recheck.leaves import Line, Path, at, excerpt, leaves, narrowed, other, resolve, with_value, written
from core.records import Batch, Record
from core.settings import settings

PARTS = {"reading": "posts", "post": "posts", "followers": "followers", "app": "apps", "daily": "daily",
         "board": "boards", "mention": "mentions"}
"""What a row is → where its record stands in a batch."""
PATIENCE = 2.0
"""Seconds in which fields are looked for; what has not been found by then is said to be so."""
AROUND = 240
"""Characters before and after a value that is shown out of a long text."""
_NAMES = dict(FIELDS) | {"rank": "榜上名次", "heat": "热度", "author": "作者"}
_NOT = {"locator", "observed_at", "account", "external_id", "day", "details", "caller", "push_id", "timed", "dated",
        "provider", "index", "period", "platform", "as_of", "original", "kind"}
"""Members of a record that are no figure of it, or by which it is known."""
NEAR = 60
"""Values of the row that are tried where none looks like the figure: it may be a sum."""
_CELL = re.compile(r"^(?P<sheet>.*)!(?P<first>[A-Z]+)(?P<row>\d+)(?::[A-Z]+\d+)?$")


@dataclass(frozen=True, slots=True)
class Field:
    """One figure of the row: its name, what the capture says, and where: paths or cells, several where it was summed.
    No places: it was not found, or the answer says it otherwise than as a value."""

    code: str
    name: str
    value: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pointed:
    """`fields`: the row's figures · `lines`: the excerpt, with marks · `proven`: each place was found by cause ·
    `problem`: why there is nothing, in Chinese."""

    fields: tuple[Field, ...] = ()
    lines: tuple[Line, ...] = ()
    proven: bool = False
    problem: str = ""


def point(session: Session, capture_id: int, locator: str, what: str, moment: datetime | None, parsers: Parsers,
          named: str = "") -> Pointed:
    """The fields of a capture that a stored row was read from. `what`: of PARTS · `moment`: when the row's figures were
    so, which tells records of one place apart · `named`: the external id of its post or mention."""
    capture = session.get(Capture, capture_id)
    if capture is None:
        return Pointed(problem="原始数据的记录不存在。")
    try:
        body = evidence.body(capture)
    except EvidenceLost as lost:
        return Pointed(problem=f"{lost}。")
    source = session.get(Source, capture.source_id) if capture.source_id else None
    if source is None and capture.meta.get("tables"):
        return _of_file(capture, body, locator)
    if order := orders.kept_row(body, locator, named):
        return _of_order(order)
    account_id = source.account_id if source else capture.meta.get("account_id")
    account = session.get(Account, account_id) if account_id else None

    def parse(changed: bytes) -> Batch:
        return batch_of(session, capture, changed, source, account, parsers)

    try:
        record = _record(parse(body), what, locator, moment, named)
    except (Fault, BadInput) as fault:
        return Pointed(problem=f"这份原始数据现在不能重新解析：{fault}。")
    if record is None:
        return Pointed(problem="在这份原始数据里没有找到对应的条目。")
    figures = _figures(record)
    again = _again(parse, what, record)
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return _in_text(_decoded(body), figures, again)
    return _in_tree(tree, locator, figures, again)


# --- The record and its figures -------------------------------------------------------------------------------------


def _record(batch: Batch, what: str, locator: str, moment: datetime | None, named: str) -> Record | None:
    """The record that stands at a place: of several the one of that name and moment."""
    mine = [record for record in getattr(batch, PARTS[what]) if record.locator == locator] \
        or [record for record in getattr(batch, PARTS[what]) if named and record.external_id == named]
    mine = [one for one in mine if not named or getattr(one, "external_id", named) == named] or mine
    return next((one for one in mine if one.observed_at == moment), mine[0] if mine else None)


def _figures(record: Record) -> dict[str, Any]:
    """Code → value, of everything that a record says of its thing."""
    found: dict[str, Any] = {}
    for name in type(record).model_fields:
        value = getattr(record, name)
        if name in _NOT or value is None or value == "":
            continue
        if name in ("counters", "figures"):
            found |= dict(value)
        elif not isinstance(value, Count) or not value.missing:
            found[name] = value
    return found


def _again(parse: Callable[[bytes], Batch], what: str, record: Record) -> Callable[[bytes], dict[str, Any] | None]:
    """A function that parses other bytes and gives the same record's figures there; None where it is not there."""
    def same(one: Record) -> bool:
        return all(getattr(one, name, None) == getattr(record, name, None)
                   for name in ("external_id", "day", "provider", "index", "account"))

    def read_again(body: bytes) -> dict[str, Any] | None:
        try:
            batch = parse(body)
        except (Fault, BadInput):
            return None  # what was changed is no figure to this parser: nothing is read at all
        mine = [one for one in getattr(batch, PARTS[what]) if same(one)]
        at_moment = [one for one in mine if one.observed_at == record.observed_at]
        return _figures((at_moment or mine)[0]) if mine else None

    return read_again


# --- In a JSON document ---------------------------------------------------------------------------------------------


def _in_tree(tree: Any, locator: str, figures: Mapping[str, Any], again: Callable[[bytes], dict[str, Any] | None]
             ) -> Pointed:
    path = resolve(tree, locator) or ()
    small, small_path = narrowed(tree, path)
    if again(_bytes(small)) != figures:  # this parser needs the rest of the document
        small, small_path = tree, path
    causes: dict[str, list[Path]] = {code: [] for code in figures}
    until = time.monotonic() + PATIENCE
    likely = [(leaf, value) for leaf, value in leaves(at(small, small_path), small_path)
              if any(_like(value, figure) for figure in figures.values())]
    _try(small, likely, figures, again, causes, until)
    if any(not causes[code] for code, figure in figures.items() if not isinstance(figure, str)):
        near = [one for one in leaves(at(small, small_path), small_path) if one not in likely][:NEAR]
        _try(small, near, figures, again, causes, until)
    if any(not found for found in causes.values()) and small_path:
        far = [(leaf, value) for leaf, value in leaves(small) if leaf[: len(small_path)] != small_path
               and any(_like(value, figures[code]) for code, found in causes.items() if not found)]
        _try(small, far, figures, again, causes, until)
    _summed(small, figures, again, causes, until)
    real = {code: [_widened(leaf, path, small_path) for leaf in found] for code, found in causes.items()}
    marks: dict[Path, str] = {}
    for code, found in real.items():
        for leaf in found:
            marks[leaf] = f"{marks[leaf]}、{_NAMES.get(code, code)}" if leaf in marks else _NAMES.get(code, code)
    where = _common([path, *marks]) if marks else path
    fields = tuple(Field(code, _NAMES.get(code, code), _said(value), tuple(written(leaf) for leaf in real[code]))
                   for code, value in figures.items())
    return Pointed(fields, tuple(excerpt(tree, where, marks)), proven=True)


def _try(tree: Any, candidates: list[tuple[Path, Any]], figures: Mapping[str, Any],
         again: Callable[[bytes], dict[str, Any] | None], causes: dict[str, list[Path]], until: float) -> None:
    """Change each candidate by itself, and note the figures that change with it."""
    for leaf, value in candidates:
        if time.monotonic() > until:
            return
        found = again(_bytes(with_value(tree, leaf, other(value))))
        for code, figure in figures.items():
            if found is not None and found.get(code) != figure:
                causes[code].append(leaf)


def _summed(tree: Any, figures: Mapping[str, Any], again: Callable[[bytes], dict[str, Any] | None],
            causes: dict[str, list[Path]], until: float) -> None:
    """Where a figure is none of the values it was read from, it is made of several: those of the other rows, too; and
    of values that are no numbers (whose day a row is of) only where there are no others."""
    every = list(leaves(tree))
    for code, figure in figures.items():
        if isinstance(figure, str | datetime) or not causes[code] or any(_like(at(tree, leaf), figure)
                                                                         for leaf in causes[code]):
            continue
        numbers = [leaf for leaf in causes[code] if _number(at(tree, leaf))]
        if numbers:
            shapes = {_shape(leaf) for leaf in numbers}
            alike = [(leaf, value) for leaf, value in every if _shape(leaf) in shapes and leaf not in causes[code]]
            found: dict[str, list[Path]] = {code: numbers}
            _try(tree, alike[:NEAR], {code: figure}, again, found, until)
            causes[code] = found[code]


def _shape(leaf: Path) -> Path:
    """A path without its places in lists."""
    return tuple(0 if isinstance(step, int) else step for step in leaf)


def _number(value: Any) -> bool:
    try:
        return not isinstance(value, str) or not parse_count(value).missing
    except CountError:
        return False


def _bytes(tree: Any) -> bytes:
    return json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _widened(leaf: Path, path: Path, small_path: Path) -> Path:
    """A path of the narrowed document in the whole one."""
    shared = next((n for n, (one, two) in enumerate(zip(leaf, small_path, strict=False)) if one != two),
                  min(len(leaf), len(small_path)))
    return (*path[:shared], *leaf[shared:])


def _common(paths: list[Path]) -> Path:
    """The nearest place that holds all of these."""
    first = min(paths, key=len)
    for length in range(len(first), -1, -1):
        if all(one[:length] == first[:length] for one in paths):
            return first[:length] if any(len(one) > length for one in paths) else first[: max(length - 1, 0)]
    return ()


def _like(value: Any, figure: Any) -> bool:
    """Whether a value of a document may be that figure as it is printed."""
    if isinstance(figure, Count | int | float | Decimal) and not isinstance(figure, bool):
        number = figure.value if isinstance(figure, Count) else figure
        if isinstance(value, int | float):
            return value == number
        try:
            return parse_count(value).value == number
        except CountError:
            return str(value).strip().rstrip("%") == str(number)
    if isinstance(figure, str):
        return isinstance(value, str) and (figure == value or (len(figure) > 1 and figure[:60] in value))
    if isinstance(figure, datetime):
        return any(part in str(value) for part in _moments(figure))
    return str(figure) in str(value)


def _moments(at_: datetime) -> tuple[str, ...]:
    """A moment as documents write it."""
    local = clock.local(at_)
    return (str(int(at_.timestamp())), f"{local:%Y-%m-%d %H:%M}", f"{local:%Y-%m-%dT%H:%M}", f"{at_:%Y-%m-%dT%H:%M}",
            f"{local:%Y/%m/%d %H:%M}", f"{local:%H:%M}", f"{local:%Y-%m-%d}")


# --- In other text --------------------------------------------------------------------------------------------------


def _in_text(text: str, figures: Mapping[str, Any], again: Callable[[bytes], dict[str, Any] | None]) -> Pointed:
    """Fields of a page or a feed: where its words and numbers stand, by cause where the parser reads the text again."""
    fields, spans = [], []
    until = time.monotonic() + PATIENCE
    proven = again(text.encode()) == figures
    for code, figure in figures.items():
        place = None
        for start, end in _standing(text, figure):
            changed = text[:start] + str(other(text[start:end])) + text[end:]
            found = again(changed.encode()) if proven else None
            if not proven or (found is not None and found.get(code) != figure):
                place = (start, end)
                break
            if time.monotonic() > until:
                break
        if place:
            spans.append((*place, _NAMES.get(code, code)))
        line = text.count("\n", 0, place[0]) + 1 if place else 0
        fields.append(Field(code, _NAMES.get(code, code), _said(figure), (f"第 {line} 行",) if place else ()))
    return Pointed(tuple(fields), tuple(_around(text, sorted(spans))), proven)


def _standing(text: str, figure: Any) -> list[tuple[int, int]]:
    """Where a figure may stand in a text, as it is and as markup writes it; at most twelve places."""
    if isinstance(figure, datetime):
        mail = "%d %b %Y %H:%M"
        words = [*_moments(figure)[:-2], figure.strftime(mail), clock.local(figure).strftime(mail),
                 *_moments(figure)[-2:]]
    elif isinstance(figure, str):
        words = [figure[:80], html.escape(figure[:80]), html.escape(figure[:80], quote=False), figure[:12]]
    else:
        number = figure.value if isinstance(figure, Count) else figure
        words = [str(number), f"{number:,}"] if isinstance(number, int) else [str(number)]
    found: list[tuple[int, int]] = []
    for word in dict.fromkeys(words):
        edge = r"(?<!\d)" if word[:1].isdigit() else "", r"(?!\d)" if word[-1:].isdigit() else ""
        found += [one.span() for one in re.finditer(edge[0] + re.escape(word) + edge[1], text)]
    return list(dict.fromkeys(found))[:12]


def _around(text: str, spans: list[tuple[int, int, str]]) -> list[Line]:
    """The text around the places, a mark to a line."""
    lines: list[Line] = []
    shown = 0
    for start, end, name in spans:
        begin = max(start - AROUND, shown)
        if lines and begin > shown:
            lines.append(Line("…"))
        lines += [Line(part) for part in text[begin:start].split("\n") if part.strip()]
        lines.append(Line(text[start:min(end, start + AROUND)], name))
        shown = max(end, shown)
    if spans:
        lines += [Line(part) for part in text[shown:shown + AROUND].split("\n") if part.strip()]
    return lines


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    return min((body.decode(name, "replace") for name in ("utf-8", "gb18030")), key=lambda text: text.count("\ufffd"))


# --- In an imported file --------------------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _sheets(sha256: str, body: bytes, name: str) -> list[Sheet]:
    return read(body, name, max_rows=settings().max_import_rows, max_bytes=settings().max_import_bytes)


def _of_file(capture: Capture, body: bytes, locator: str) -> Pointed:
    """The cells of a file's rows, one a line, with those that figures were read from."""
    try:
        sheets = {sheet.name: sheet for sheet in _sheets(capture.sha256, body, capture.request)}
    except BadInput as fault:
        return Pointed(problem=f"这份原始数据现在不能重新读取：{fault}。")
    fields: list[Field] = []
    lines: list[Line] = []
    for part in locator.split("、"):
        found = _CELL.match(part)
        sheet = sheets.get(found["sheet"]) if found else None
        if found is None or sheet is None:
            continue
        number = int(found["row"])
        table = _table_of(capture.meta["tables"], sheet.name, number)
        rows = {row.number: row.cells for row in sheet.rows if row.number in (number, (table or {}).get("header_row"))}
        if table is None or number not in rows:
            continue
        by_letter = {letter: code for code, letter in table["columns"].items()}
        if lines:
            lines.append(Line(""))
        for index, cell in enumerate(rows[number]):
            letter = letter_of(index)
            code = by_letter.get(letter, "")
            heads = rows.get(table["header_row"], ())
            head = cell_text(heads[index]) if index < len(heads) and heads[index] is not None else letter
            text = "" if cell is None else cell_text(cell)
            lines.append(Line(f"{letter}{number}　{head}：{text[:200]}", _NAMES.get(code, code) if code else ""))
            if code and text:
                fields.append(Field(code, _NAMES.get(code, code), text[:200], (f"{sheet.name}!{letter}{number}",)))
    if not lines:
        return Pointed(problem="在这份文件里没有找到对应的行。")
    return Pointed(tuple(fields), tuple(lines), proven=True)


def _of_order(row: tuple[str, ...]) -> Pointed:
    """An order or message as it was kept of a file without what is personal."""
    lines = [Line(f"{head}：{text}", mark) for head, text, mark in zip(
        orders.HEAD, row, ("", "编号", "发布时间", "标题", "正文", ""), strict=True)]
    fields = [Field(code, line.mark, text, (orders.HEAD[n],)) for n, (code, line, text) in enumerate(zip(
        ("", "external_id", "published_at", "title", "text", ""), lines, row, strict=True)) if code]
    return Pointed(tuple(fields), tuple(lines), proven=True)


def _table_of(tables: list[dict[str, Any]], sheet: str, row: int) -> dict[str, Any] | None:
    """The table of a file that a row belongs to: the nearest above it."""
    mine = [table for table in tables if table["sheet"] == sheet and table["header_row"] < row]
    return max(mine, key=lambda table: table["header_row"], default=None)


def _said(value: Any) -> str:
    """A figure in words."""
    if isinstance(value, Count):
        return MISSING if value.value is None else f"{value.mark}{value.value:,}"
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)[:200]
