"""A report as plain values: what it says, before anybody decides how it looks.

A `Content` holds everything a renderer needs and nothing it must look up, so that the same content gives
the same Excel and the same PDF for ever. It travels as canonical JSON (`to_json`, `from_json`): that text
is what an edition stores and hashes. All text is cleaned on the way in, because titles and names come
from outside: control, format and unpaired surrogate characters are taken out.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Literal

from core.clock import local
from core.counts import Count
from core.report.cells import Cell, ColumnKind, Mean, clean_cell, clean_text, plain_number
from core.report.cells import cell_text as cell_text

FORMAT = 1
"""Version of the JSON form."""

ChartKind = Literal["line", "bar", "stacked", "heat"]
Layout = Literal["report", "brief", "official"]
"""report: with a cover and contents · brief: a masthead above a few pages of text in larger type · official: a document
after GB/T 9704-2012, with what `Official` holds."""
LOOK = 3
"""State of the renderers that a new content is set with. What was issued keeps the one it was issued with:
1 as all reports were until 2026-11 · 2 with formulas, an index of figures, edition and hash on every page ·
3 with fonts that HarfBuzz cut to size."""
Role = Literal["lead", "body", "method", "annex"]
"""lead: what stands above all else, without a heading · body: numbered section · method: how the figures were made and
what is missing · annex: long tables at the end."""


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
        object.__setattr__(self, "values", tuple(plain_number(value) for value in self.values))


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
class Official:
    """What an official document (GB/T 9704) has around its text; what is empty is left out.

    `mark`: 发文机关标志, red, at the head · `number`: 发文字号 or 期号 · `issuer`: 编发单位, which stands with the
    date above the red line of an internal paper that has a 期号 · `to`: 主送机关 · `signed`, `signed_on`: who issues
    it, and 成文日期 (the day of the data where there is none) · `copies`: 抄送 · `printed_by`, `printed_on`: 印发机关
    and its day · `copy_number`: 份号 · `secrecy`: 密级 and its term · `urgency`: 紧急程度 · `signer`: 签发人 of what
    goes up.
    """

    mark: str
    number: str = ""
    issuer: str = ""
    to: str = ""
    signed: str = ""
    signed_on: date | None = None
    copies: str = ""
    printed_by: str = ""
    printed_on: date | None = None
    copy_number: str = ""
    secrecy: str = ""
    urgency: str = ""
    signer: str = ""

    def __post_init__(self):
        for one in fields(self):
            if not one.name.endswith("_on"):
                object.__setattr__(self, one.name, clean_text(getattr(self, one.name)))


@dataclass(frozen=True, slots=True)
class Reworded:
    """A paragraph that a language model put in other words: as the report said it, and as it says it now."""

    before: str
    after: str

    def __post_init__(self):
        object.__setattr__(self, "before", clean_text(self.before))
        object.__setattr__(self, "after", clean_text(self.after))


@dataclass(frozen=True, slots=True)
class Polished:
    """That a report's wording is in part a language model's (`core.report.polish`): which, and what it changed."""

    model: str
    words: tuple[Reworded, ...]

    def __post_init__(self):
        object.__setattr__(self, "model", clean_text(self.model))
        object.__setattr__(self, "words", tuple(self.words))


@dataclass(frozen=True, slots=True)
class Content:
    """A whole report.

    `platform`, `kind`, `period`, `scope`, `basis` are the Chinese words for what `subject` has in codes.
    `period`: e.g. 2026年8月 · `scope`: what it covers, e.g. 全区 · `basis`: which reading was used ·
    `as_of`: aware instant of the data (stamp) it was built from · `stamp`: id of the last finished run it saw ·
    `edition`: 0 for a preview, else the number of the issued edition · `is_demo`: sample data, marked on every page.
    `series`: what stands at the head of the cover, 政务新媒体 or 舆情 … behind the district's name.
    Of a brief: `masthead`, e.g. 舆情摘报, `number`, e.g. 2026年第12期, and `sent_to`, whom it goes to.
    `look`: state of the renderers (see `LOOK`) · `indexed`: whether the index of figures (数字索引) is printed; None:
    in a report, not in the shorter layouts · `watermark`: 内部资料, 征求意见稿 …, faint behind the text · `official`:
    of an official document · `polished`: of a report whose wording is in part a language model's.
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
    look: int = LOOK
    indexed: bool | None = None
    watermark: str = ""
    official: Official | None = None
    polished: Polished | None = None

    def __post_init__(self):
        if self.as_of.tzinfo is None:
            raise ValueError("as_of must be aware")
        if self.layout == "official" and self.official is None:
            raise ValueError("an official document needs its mark")
        for name in ("title", "subtitle", "office", "district", "platform", "kind", "period", "scope", "basis",
                     "series", "masthead", "number", "sent_to", "watermark"):
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
        """Hash of what the report says, whatever run it was built after, its number is, and however it is set.

        Two contents with one fingerprint are the same report; a new edition is issued only for another one.
        """
        return replace(self, stamp=0, edition=0, look=1,
                       as_of=datetime.fromisoformat("1970-01-01T00:00:00+00:00")).sha256

    @property
    def about(self) -> str:
        """What a file says of itself in its properties."""
        said = (self.platform, self.number, self.period, self.scope, self.edition_label)
        return " · ".join(one for one in said if one)

    @property
    def edition_label(self) -> str:
        """`第2版`, or 预览稿 before it is issued."""
        return f"第{self.edition}版" if self.edition else "预览稿"

    @property
    def seal(self) -> str:
        """`第2版　校验码 0123456789ab`: edition and the beginning of its hash; nothing more than the label of a
        preview, and nothing in what was issued before reports carried it."""
        if self.look < 2:
            return ""
        return f"{self.edition_label}　校验码 {self.sha256[:12]}" if self.edition else self.edition_label

    @property
    def has_index(self) -> bool:
        """Whether the index of figures is printed."""
        return self.look > 1 and (self.layout == "report" if self.indexed is None else self.indexed)

    @property
    def dated(self) -> date:
        """The day that a document bears: 成文日期, or the day of the data."""
        return self.official.signed_on if self.official and self.official.signed_on else local(self.as_of).date()


_LATER = {"layout": "report", "series": "政务新媒体", "masthead": "", "number": "", "sent_to": "", "look": 1,
          "indexed": None, "watermark": "", "official": None, "polished": None}
"""Members that the first contents did not have, with what their lack means. They are not written where they say that,
so that the text of an old content stays what it was, byte for byte."""

NUMERALS = "零一二三四五六七八九十"


def numeral(number: int) -> str:
    """一 … 九十九, as chapters are numbered. Raises ValueError outside 1 to 99."""
    if not 1 <= number <= 99:
        raise ValueError(f"no chapter has the number {number}")
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{NUMERALS[tens]}十") + (NUMERALS[ones] if ones else "")


def written_date(day: date) -> str:
    """`2026年8月3日`."""
    return f"{day.year}年{day.month}月{day.day}日"


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


def captions(section: Section, tables: int = 0, charts: int = 0) -> list[str]:
    """What stands at each block of a section: `表1　…` above tables, `图1　…` below charts, nothing at the others and
    at a table that is all there is of an annex of its name. `tables`, `charts`: how many stand in sections before."""
    named = []
    for block in section.blocks:
        said = ""
        if isinstance(block, Table):
            alone = section.role == "annex" and len(section.blocks) == 1 and block.title == section.title
            tables += not alone
            said = "" if alone else f"表{tables}　{block.title}"
        elif isinstance(block, Chart):
            charts += 1
            said = f"图{charts}　{block.title}"
        named.append(said)
    return named


def all_captions(sections: Sequence[Section]) -> list[list[str]]:
    """The captions of all sections, numbered through."""
    named: list[list[str]] = []
    tables = charts = 0
    for section in sections:
        named.append(captions(section, tables, charts))
        tables += sum(one.startswith("表") for one in named[-1])
        charts += sum(isinstance(block, Chart) for block in section.blocks)
    return named


_PARTS = (Heading, Paragraph, Note, Origin, Figures, Figure, Table, Column, Chart, Series, Official, Polished, Reworded)
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
            members.setdefault("look", _LATER["look"])
            members["as_of"] = datetime.fromisoformat(members["as_of"])
            return Content(**{key: _unpack(one) for key, one in members.items()})
        case {"kind": kind, "platform": platform, "period": period, "scope": scope, **rest} if not rest:
            return Subject(kind, platform, period, scope)
        case {"title": title, "blocks": blocks, "role": role}:
            return Section(title, _unpack(blocks), role)
    return value
