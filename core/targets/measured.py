"""What a measure answers: how much there is of a target by now, of what, how its year is likely to end, and the
evidence row by row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlmodel import Session

from core import clock
from core.metrics.targets import Outlook, refused

Head = tuple[str, str, str]
"""A column of evidence: its name in the frame, its heading, and how it is written (core.ui.table: text, int …)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as a measure sees it. `first`, `last`: the days of its year; `demo`: of the sample district."""

    id: int
    key: str
    name: str
    goal: float
    unit: str
    year: int
    demo: bool
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def first(self) -> date:
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        return date(self.year, 12, 31)

    def until(self, now: datetime) -> date:
        """The last day that is told of: today, or the year's last one."""
        return min(self.last, clock.day_of(now))

    def months(self, now: datetime) -> list[clock.Month]:
        """The months of the year that have begun."""
        return [month for number in range(1, 13)
                if (month := clock.Month(self.year, number)).first <= clock.day_of(now)]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A table behind a value. A row leads to `room` by its `id` as the parameter `param`; empty: nowhere."""

    title: str
    frame: pd.DataFrame
    heads: tuple[Head, ...]
    room: str = ""
    param: str = ""
    note: str = ""


_UNKNOWN = refused("没有数据")


@dataclass(frozen=True, slots=True)
class Measured:
    """`value`: by now (None: `nothing` says why), with its `mark` (≥, ≈ or nothing); `of` and `whole`: what it is made
    of, where it is a share · `low`, `high`: how sure a share is, where it is of a sample · `definition`: in words ·
    `outlook`: the year-end · `expected`: where it should be by now · `most`: what it can come to at most · `doubt`: why
    it can't be called fine · `notes`: what is missing or was put in, by name · `over`: nothing more can come ·
    `sums`: it only grows · `course`: (day, value) over the year."""

    value: float | None
    definition: str
    mark: str = ""
    of: float | None = None
    whole: float | None = None
    low: float | None = None
    high: float | None = None
    nothing: str = ""
    outlook: Outlook = _UNKNOWN
    expected: float | None = None
    most: float | None = None
    doubt: str = ""
    notes: tuple[str, ...] = ()
    over: bool = False
    sums: bool = False
    course: tuple[tuple[date, float], ...] = ()
    evidence: tuple[Evidence, ...] = ()


Measure = Callable[[Session, Wanted, datetime], Measured]
"""A measure: of a target, as the database holds it at a moment."""


def heads(*named: str) -> tuple[Head, ...]:
    """Columns by `name:heading` or `name:heading:kind`; text where no kind is said."""
    found = (one.split(":") for one in named)
    return tuple((one[0], one[1], one[2] if len(one) > 2 else "text") for one in found)


def frame(rows: Sequence[dict[str, Any]], shown: Sequence[Head]) -> pd.DataFrame:
    """Rows as a frame with these columns and `id`; moments are aware UTC."""
    made = pd.DataFrame(list(rows), columns=["id", *(name for name, _, _ in shown)])
    by_kind = {"time": lambda column: pd.to_datetime(column, utc=True),
               "text": lambda column: column.astype(object).where(column.notna(), "")}
    return made.assign(**{name: by_kind[kind](made[name]) for name, _, kind in shown if kind in by_kind})


def after(last: date, now: datetime) -> bool:
    """Whether a day is over."""
    return clock.day_of(now) > last
