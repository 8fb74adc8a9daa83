"""All targets of a year as they stand at a moment, each measured, foreseen, judged and scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import clock
from core.metrics import targets
from core.metrics.targets import Standing
from core.models import Target
from core.targets import entered, figures, followers, kept, platforms, reports, satisfaction
from core.targets.measured import Measure, Measured, Wanted

HOW: Mapping[str, Measure] = {
    "reports": reports.issued, "ontime": reports.in_time, "accuracy": figures.accuracy,
    "platforms": platforms.monitored, "followers": followers.growth, "satisfaction": satisfaction.satisfaction,
    "manual": entered.entered,
}
"""Every measure of `kept.MEASURES`."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A target as it stands: what was aimed at, what was measured, how it stands, 完成率 (`rate`) and 得分 (`score`).
    `said`, `aim`: value and goal in words."""

    id: int
    key: str
    name: str
    dimension: str
    measure: str
    comparison: str
    goal: float
    unit: str
    options: Mapping[str, Any]
    weight: float
    note: str
    why: str
    remedy: str
    measured: Measured
    standing: Standing
    rate: float | None
    score: float | None
    said: str
    aim: str

    def words(self, value: float | None) -> str:
        """A value of this target in words."""
        return written(self.measure, self.unit, value)


@dataclass(frozen=True, slots=True)
class Year:
    """The targets of a year at a moment. `demo`: of the sample district · `closed`: nothing can be changed."""

    number: int
    at: datetime
    demo: bool
    closed: bool
    targets: tuple[Assessed, ...]

    @property
    def weight(self) -> float:
        return sum(one.weight for one in self.targets)

    @property
    def score(self) -> float:
        """The points so far; what has no value has none."""
        return round(sum(one.score or 0 for one in self.targets), 2)

    @property
    def over(self) -> bool:
        """Whether nothing more can come of any target."""
        return bool(self.targets) and all(one.measured.over for one in self.targets)


def assessed(session: Session, number: int, now: datetime, demo: bool | None = None) -> Year:
    """A year's targets as they stand at a moment (aware). `demo`: those of the sample district or not, else those that
    are seen."""
    demo = kept.sample(session) if demo is None else demo
    rows = kept.of_year(session, number, demo)
    return Year(number, now, demo, any(row.closed_at for row in rows), tuple(_assessed(session, row, now)
                                                                             for row in rows))


def named(session: Session, number: int, name: str, now: datetime, demo: bool) -> Assessed | None:
    """One target of a year by its name; None where it is gone."""
    row = next((row for row in kept.of_year(session, number, demo) if row.name == name), None)
    return None if row is None else _assessed(session, row, now)


def _assessed(session: Session, row: Target, now: datetime) -> Assessed:
    want = Wanted(row.id, row.key, row.name, row.goal, row.unit, row.year, row.demo, dict(row.options))
    begun = want.first <= clock.day_of(now)
    found = HOW[row.measure](session, want, now) if begun else Measured(
        None, f"{kept.MEASURES[row.measure].help}。", nothing="年度还没有开始")
    standing = targets.standing(
        row.comparison, row.goal, found.value, found.outlook, over=found.over, sums=found.sums,
        expected=found.expected, most=found.most, doubt=found.doubt, nothing=found.nothing,
        written=lambda value: written(row.measure, row.unit, value))
    return Assessed(
        row.id, row.key, row.name, row.dimension, row.measure, row.comparison, row.goal, row.unit, dict(row.options),
        row.weight, row.note, row.why, row.remedy, found, standing,
        targets.rate_done(row.comparison, found.value, row.goal),
        targets.score(row.weight, row.comparison, found.value, row.goal),
        found.mark + written(row.measure, row.unit, found.value),
        targets.COMPARISONS[row.comparison] + written("", row.unit, row.goal))


def written(measure: str, unit: str, value: float | None) -> str:
    """A value in words, cut and not rounded where it is a share."""
    if value is None:
        return "—"
    if unit == kept.SHARE:
        return followers.signed(value) if measure == "followers" else targets.per_cent(value)
    if measure in ("reports", "platforms") or abs(value) >= 1e6:
        return f"{value:,.0f}{unit}"
    return f"{round(value, 1):,g}{unit}"
