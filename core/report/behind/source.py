"""What stands behind a figure, as it is declared: rows, or a formula with its parts, or why there is neither."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from core import labels
from core.clock import day_of
from core.faults import BadInput
from core.periods import Period
from core.report.behind.rows import Query
from core.report.content import Chart, Content, Figures, Section, Table
from core.report.figures import Number, figures

Reckon = Literal["ratio", "change", "difference", "growth"]
"""How the parts of a formula make the figure: the first by the second; its change against the second; less it; the
first, a gain, by what there was before it, the second less it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a formula: its name, and the rows behind it, or a number that needs none."""

    name: str
    query: Query | None = None
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """`what`: the definition (口径) · `first`, `last`: the days it is about · `query`: the rows behind it · `formula`
    with `parts`, of which `reckon` makes it, `times` so much · `reason`: why there are neither rows nor a formula."""

    what: str
    first: date | None = None
    last: date | None = None
    query: Query | None = None
    formula: str = ""
    parts: tuple[Part, ...] = ()
    reckon: Reckon = "ratio"
    times: float = 1
    reason: str = ""


@dataclass(frozen=True)
class At:
    """A number where it stands. `block`: the title of its table or chart, empty of headline figures; `row`, `column`:
    what its row or series and its column or label are called; `cells`: the row of its table by column, as it is held.
    """

    content: Content
    number: Number
    section: Section
    holder: Figures | Table | Chart
    block: str
    row: str
    column: str
    cells: Mapping[str, Any] = field(default_factory=dict)

    @property
    def charted(self) -> bool:
        return isinstance(self.holder, Chart)


def places(content: Content) -> Iterator[At]:
    """Every number of a content where it stands."""
    for one in figures(content):
        yield place(content, one)


def place(content: Content, number: Number) -> At:
    """A number of a content where it stands."""
    nth, n, row, column = number.at
    section = content.sections[nth]
    holder = section.blocks[n]
    match holder:
        case Figures():
            return At(content, number, section, holder, "", "", holder.items[row].label)
        case Chart():
            return At(content, number, section, holder, holder.title, holder.series[row].name,
                      str(holder.labels[column]))
    names = [one.name for one in holder.columns]
    cells = dict(zip(names, holder.rows[row], strict=True))
    return At(content, number, section, holder, holder.title, _called(holder, row), names[column], cells)


def _called(table: Table, row: int) -> str:
    """What a row is called: its first text or day."""
    for column, cell in zip(table.columns, table.rows[row], strict=True):
        if column.kind in ("text", "date"):
            return "" if cell is None else str(cell)
    return ""


Maker = Callable[[At], Source]
Rule = tuple[str, str, str, Maker]
"""Which numbers: patterns of block, row and column, each of which has to match as a whole; and what stands behind."""


def found(rules: Sequence[Rule], at: At) -> Source | None:
    """What the first rule that fits says; None where none does."""
    for block, row, column, maker in rules:
        if re.fullmatch(block, at.block) and re.fullmatch(row, at.row) and re.fullmatch(column, at.column):
            return maker(at)
    return None


@dataclass(frozen=True, slots=True)
class Spans:
    """The days of a report: its own, `last` of them reached; those of the period before and of the year before."""

    period: Period
    first: date
    last: date

    @property
    def before(self) -> tuple[date, date]:
        former = self.period.shift(-1)
        return former.first, former.last

    @property
    def year(self) -> tuple[date, date]:
        former = self.period.year_before or self.period.shift(-1)
        return former.first, former.last


_UNTIL = re.compile(r"至(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日$")


def spans(content: Content) -> Spans:
    """The days of a report. Raises BadInput for a content that is of no period."""
    period = Period.parse(content.subject.period)
    last = min(period.last, max(day_of(content.as_of), period.first))
    if said := _UNTIL.search(content.period):
        year, month, day = said.groups()
        last = min(date(int(year or period.first.year), int(month), int(day)), period.last)
        last = last if content.subject.kind != "opinion" else min(last, max(day_of(content.as_of), period.first))
    return Spans(period, period.first, last)


def basis(content: Content) -> str:
    """The code of the reading that was used."""
    return next((code for code, words in labels.BASES.items() if words == content.basis), "latest")


def months(period: Period, word: str) -> tuple[date, date] | None:
    """The month that `7月` means in a period; None for other words."""
    said = re.fullmatch(r"(\d{1,2})月", word)
    if not said:
        return None
    month = Period.of("month", period.first.replace(month=int(said[1]), day=1))
    return month.first, month.last


def day_in(period: Period, word: str) -> date | None:
    """The day that `2026-10-01`, `10月1日` or `10月1日等2天` means in a period; None for other words."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return date.fromisoformat(word)
    said = re.match(r"(\d{1,2})月(\d{1,2})日", word)
    if not said:
        return None
    for year in range(period.first.year, period.last.year + 1):
        day = date(year, int(said[1]), int(said[2]))
        if period.first <= day <= period.last:
            return day
    return None


def refuse(content: Content) -> BadInput:
    """What is said of a report whose figures have no declared source."""
    return BadInput(f"“{content.kind}”暂不支持逐个数字查看来源")
