"""A report as plain values: what it says, before anybody decides how it looks.

A `Content` holds everything a renderer needs and nothing it must look up, so that the same content gives
the same Excel and the same PDF for ever. It travels as canonical JSON (`to_json`, `from_json`): that text
is what an edition stores and hashes. All text is cleaned on the way in, because titles and names come
from outside: control, format and unpaired surrogate characters are taken out.
"""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal

from core import labels
from core.counts import Count

FORMAT = 1
"""Version of the JSON form."""

ColumnKind = Literal["text", "int", "count", "mean", "score", "percent", "growth", "date", "rank", "move"]
"""How a column is written and aligned.

text · int (plain whole number) · count (`Count`: digits with ≥ or ≈) · mean (`Mean`: one decimal) ·
score (`Mean`: two decimals) · percent (a fraction of one) · growth (a signed fraction of one) · date ·
rank (1, 2, 3) · move (places won or lost since the period before)
"""

ChartKind = Literal["line", "bar", "stacked", "heat"]
Layout = Literal["report", "brief"]
"""report: with a cover and contents · brief: a masthead above a few pages of text in larger type."""
Role = Literal["lead", "body", "method", "annex"]
"""lead: what stands above all else, without a heading · body: numbered section · method: how the figures were made and
what is missing · annex: long tables at the end."""


@dataclass(frozen=True, slots=True)
class Mean:
    """An average or a score, with the mark (`≥`, `≈` or nothing) that it inherits from what it was made of."""

    value: float
    mark: str = ""


Cell = str | int | float | date | Count | Mean | None


def clean_text(text: object) -> str:
    """Text without control, format, private or surrogate characters; runs of white space become one blank."""
    raw = unicodedata.normalize("NFC", "" if text is None else str(text))
    kept = []
    for char in raw:
        group = unicodedata.category(char)
        if char.isspace() or group in ("Zl", "Zp"):
            kept.append(" ")
        elif group[0] != "C":
            kept.append(char)
    return " ".join("".join(kept).split())


def _missing(value: Any) -> bool:
    """None, NaN, and pandas' NaT and NA, which this module knows by name in order to do without pandas."""
    return (value is None or (isinstance(value, Real) and math.isnan(value))
            or type(value).__name__ in ("NaTType", "NAType"))


def _number(value: Any) -> int | float | None:
    if _missing(value):
        return None
    if isinstance(value, Integral):
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a report holds no infinite number")
    return number


def clean_cell(kind: ColumnKind, value: Any) -> Cell:
    """The value in the one form its kind has. NaN and NaT become None. Raises ValueError for a wrong type."""
    if _missing(value):
        return None
    if kind == "text":
        return clean_text(value)
    if kind == "date":
        day = value.date() if isinstance(value, datetime) else value
        if not isinstance(day, date):
            raise ValueError(f"{value!r} is no date")
        return day
    if kind == "count":
        return value if isinstance(value, Count) else Count(_whole(value))
    if kind in ("mean", "score"):
        number = _number(value.value if isinstance(value, Mean) else value)
        return None if number is None else Mean(float(number), value.mark if isinstance(value, Mean) else "")
    if kind in ("int", "rank", "move"):
        return _whole(value)
    number = _number(value)
    return None if number is None else float(number)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (Real, Decimal)) or value != int(value):
        raise ValueError(f"{value!r} is no whole number")
    return int(value)


def cell_text(kind: ColumnKind, value: Cell) -> str:
    """A cell as it is printed: all digits, thousands separated, a dash where missing."""
    if kind == "text":
        return value or labels.MISSING
    if kind == "count":
        return labels.count(value, short=False) if value is not None else labels.MISSING
    if value is None:
        return labels.MISSING
    if kind in ("mean", "score"):
        return f"{value.mark}{value.value:,.{1 if kind == 'mean' else 2}f}"
    match kind:
        case "int":
            return f"{value:,}"
        case "rank":
            return str(value)
        case "move":
            return "→" if value == 0 else f"{'↑' if value > 0 else '↓'}{abs(value)}"
        case "percent":
            return f"{value:.1%}"
        case "growth":
            return labels.change(1 + value, 1)
        case "date":
            return f"{value:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Heading:
    """A second-level heading inside a section, printed as （一）…"""

    text: str

    def __post_init__(self):
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str

    def __post_init__(self):
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True)
class Note:
    """Small print below a figure or table: what is missing, how it was counted."""

    text: str

    def __post_init__(self):
        object.__setattr__(self, "text", clean_text(self.text))


@dataclass(frozen=True, slots=True)
class Origin:
    """Small print below what was taken over: whose it is, and its address, which becomes a link where it is one."""

    text: str
    url: str = ""

    def __post_init__(self):
        object.__setattr__(self, "text", clean_text(self.text))
        url = clean_text(self.url)
        object.__setattr__(self, "url", url if re.match(r"https?://[^\s]+$", url) else "")


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline number, already written out: label, value, unit and its change (`环比 +3.2%`) or nothing."""

    label: str
    value: str
    unit: str = ""
    change: str = ""

    def __post_init__(self):
        for one in fields(self):
            object.__setattr__(self, one.name, clean_text(getattr(self, one.name)))


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of headline numbers."""

    items: tuple[Figure, ...]

    def __post_init__(self):
        object.__setattr__(self, "items", tuple(self.items))


@dataclass(frozen=True, slots=True)
class Column:
    """A table column: its heading and how its cells are written."""

    name: str
    kind: ColumnKind = "text"

    def __post_init__(self):
        object.__setattr__(self, "name", clean_text(self.name))


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table. Every row has one cell for each column; raises ValueError if not."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self):
        object.__setattr__(self, "title", clean_text(self.title))
        object.__setattr__(self, "note", clean_text(self.note))
        object.__setattr__(self, "columns", tuple(self.columns))
        kinds = [column.kind for column in self.columns]
        rows = tuple(
            tuple(clean_cell(kind, cell) for kind, cell in zip(kinds, row, strict=True)) for row in self.rows
        )
        object.__setattr__(self, "rows", rows)


@dataclass(frozen=True, slots=True)
class Series:
    """One line, bar colour or heat-map row: a value for each label of its chart, None where missing."""

    name: str
    values: tuple[int | float | None, ...]

    def __post_init__(self):
        object.__setattr__(self, "name", clean_text(self.name))
        object.__setattr__(self, "values", tuple(_number(value) for value in self.values))


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with its data. `labels` are dates (a daily series) or names; each series has a value for each label.

    kind: line (dates along x) · bar (one series, ranked names) · stacked (series on top of each other) ·
    heat (labels are columns, series are rows). `x` names the labels, `unit` the values.
    `marks`: days to be marked with a name, such as public holidays.
    """

    kind: ChartKind
    title: str
    x: str
    labels: tuple[str | date, ...]
    series: tuple[Series, ...]
    unit: str
    note: str = ""
    marks: tuple[tuple[date, str], ...] = ()

    def __post_init__(self):
        for name in ("title", "x", "unit", "note"):
            object.__setattr__(self, name, clean_text(getattr(self, name)))
        labels_ = tuple(one if isinstance(one, date) else clean_text(one) for one in self.labels)
        object.__setattr__(self, "labels", labels_)
        object.__setattr__(self, "series", tuple(self.series))
        object.__setattr__(self, "marks", tuple((day, clean_text(name)) for day, name in self.marks))
        if any(len(one.values) != len(self.labels) for one in self.series):
            raise ValueError(f"chart {self.title!r}: a series does not have one value for each label")

    @property
    def empty(self) -> bool:
        """No value at all."""
        return not any(value is not None for one in self.series for value in one.values)


Block = Heading | Paragraph | Note | Origin | Figures | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the report."""

    title: str
    blocks: tuple[Block, ...]
    role: Role = "body"

    def __post_init__(self):
        object.__setattr__(self, "title", clean_text(self.title))
        object.__setattr__(self, "blocks", tuple(self.blocks))


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is about, in codes: editions of one subject are versions of one report.

    `kind`: of labels.REPORT_KINDS · `platform`: weibo; empty where the report is of none · `period`: 2020-02 ·
    `scope`: all, bureau, street, unit:3, board:2, incident:7 …
    """

    kind: str
    platform: str
    period: str
    scope: str


@dataclass(frozen=True, slots=True)
class Content:
    """A whole report.

    `platform`, `kind`, `period`, `scope`, `basis` are the Chinese words for what `subject` has in codes.
    `period`: e.g. 2026年8月 · `scope`: what it covers, e.g. 全区 · `basis`: which reading was used ·
    `as_of`: aware instant of the data (stamp) it was built from · `stamp`: id of the last finished run it saw ·
    `edition`: 0 for a preview, else the number of the issued edition · `is_demo`: sample data, marked on every page.
    `series`: what stands at the head of the cover, 政务新媒体 or 舆情 … behind the district's name.
    Of a brief: `masthead`, e.g. 舆情摘报, `number`, e.g. 2026年第12期, and `sent_to`, whom it goes to.
    """

    subject: Subject
    title: str
    subtitle: str
    office: str
    district: str
    platform: str
    kind: str
    period: str
    scope: str
    basis: str
    as_of: datetime
    stamp: int
    is_demo: bool
    sections: tuple[Section, ...] = field(default=())
    edition: int = 0
    layout: Layout = "report"
    series: str = "政务新媒体"
    masthead: str = ""
    number: str = ""
    sent_to: str = ""

    def __post_init__(self):
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must be aware")
        for name in ("title", "subtitle", "office", "district", "platform", "kind", "period", "scope", "basis",
                     *_LATER):
            object.__setattr__(self, name, clean_text(getattr(self, name)))
        object.__setattr__(self, "sections", tuple(self.sections))

    def to_json(self) -> str:
        """Canonical JSON: the same content is the same text, byte for byte."""
        return json.dumps(_pack(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Content":
        """The content of `to_json`'s text. Raises ValueError for another format."""
        data = json.loads(text)
        if data.get("format") != FORMAT:
            raise ValueError(f"report content of format {data.get('format')!r} can't be read")
        return _unpack(data)

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Hash of what the report says, whatever run it was built after and whatever its number is.

        Two contents with one fingerprint are the same report; a new edition is issued only for another one.
        """
        return replace(self, stamp=0, edition=0, as_of=datetime.fromisoformat("1970-01-01T00:00:00+00:00")).sha256

    @property
    def about(self) -> str:
        """What a file says of itself in its properties."""
        said = (self.platform, self.number, self.period, self.scope, self.edition_label)
        return " · ".join(one for one in said if one)

    @property
    def edition_label(self) -> str:
        """`第2版`, or 预览稿 before it is issued."""
        return f"第{self.edition}版" if self.edition else "预览稿"


_LATER = {one.name: one.default for one in fields(Content)[-5:]}
"""Members that the first contents did not have. Where they say nothing they are not written, so that the text of an
old content stays what it was, byte for byte."""

NUMERALS = "零一二三四五六七八九十"


def numeral(number: int) -> str:
    """一 … 九十九, as chapters are numbered. Raises ValueError outside 1 to 99."""
    if not 1 <= number <= 99:
        raise ValueError(f"no chapter has the number {number}")
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十") + (NUMERALS[ones] if ones else "")


def headings(sections: Sequence[Section]) -> list[str]:
    """The numbered titles of the sections: 一、… for body and method, 附表… for annexes, none for a lead."""
    named, chapter, annex = [], 0, 0
    for section in sections:
        if section.role == "lead":
            named.append("")
        elif section.role == "annex":
            annex += 1
            named.append(f"附表{annex}　{section.title}")
        else:
            chapter += 1
            named.append(f"{numeral(chapter)}、{section.title}")
    return named


_PARTS = (Heading, Paragraph, Note, Origin, Figures, Figure, Table, Column, Chart, Series)
_TYPES = {one.__name__.lower(): one for one in _PARTS}


def _pack(value: Any) -> Any:
    match value:
        case Content():
            said = {name: one for name, one in _members(value).items() if name not in _LATER or one != _LATER[name]}
            return {"format": FORMAT, **said}
        case Count():
            return {"count": value.value, "slack": value.slack}
        case Mean():
            return {"mean": value.value, "mark": value.mark}
        case datetime():
            return value.isoformat()
        case date():
            return {"day": value.isoformat()}
        case tuple():
            return [_pack(one) for one in value]
        case Section() | Subject():
            return _members(value)
        case _ if type(value) in _TYPES.values():
            return {"block": type(value).__name__.lower(), **_members(value)}
    return value


def _members(value: Any) -> dict[str, Any]:
    return {one.name: _pack(getattr(value, one.name)) for one in fields(value)}


def _unpack(value: Any) -> Any:
    match value:
        case list():
            return tuple(_unpack(one) for one in value)
        case {"count": number, "slack": slack}:
            return Count(number, slack)
        case {"mean": number, "mark": mark}:
            return Mean(number, mark)
        case {"day": text}:
            return date.fromisoformat(text)
        case {"block": name, **members}:
            return _TYPES[name](**{key: _unpack(one) for key, one in members.items()})
        case {"format": _, **members}:
            members["as_of"] = datetime.fromisoformat(members["as_of"])
            return Content(**{key: _unpack(one) for key, one in members.items()})
        case {"kind": kind, "platform": platform, "period": period, "scope": scope, **rest} if not rest:
            return Subject(kind, platform, period, scope)
        case {"title": title, "blocks": blocks, "role": role}:
            return Section(title, _unpack(blocks), role)
    return value
