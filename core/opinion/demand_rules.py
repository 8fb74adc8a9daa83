"""By when a demand is to be answered, and how far a problem goes: 个案, 多发, 区域性, 行业性. Pure.

The figures are declared in data/catalog/demand_rules.toml; every answer comes with its grounds in Chinese.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from core import clock
from core.metrics.cadence import day_off
from core.settings import CATALOG


@dataclass(frozen=True, slots=True)
class Reach:
    """Thresholds of a problem's level; see the file."""

    people: int
    many: int
    region: int
    share: float
    sector: int
    towns: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Likeness (0 to 1) from which demands are one problem, by where they are; days after which one has ended."""

    same_spot: float
    same_town: float
    unknown: float
    other_town: float
    other_category: float
    other_area: float
    same_person: float
    days: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What is declared: working days by kind, levels, folding."""

    days: Mapping[str, int]
    reach: Reach
    fold: Fold

    def due(self, asked_at: datetime, kind: str) -> tuple[datetime | None, str]:
        """(the last second by which an answer is in time, the rule in words); None for a kind without a rule."""
        many = self.days.get(kind)
        if many is None:
            return None, "没有写明期限，这类诉求也没有规定"
        return deadline(asked_at, many), f"{kind}按 {many} 个工作日推算"


def deadline(asked_at: datetime, working_days: int) -> datetime:
    """The end of the last of so many working days after the day of asking."""
    day, left = clock.day_of(asked_at), working_days
    while left > 0:
        day += timedelta(1)
        left -= not day_off(day)
    return clock.instant(day, 23, 59, 59)


@dataclass(frozen=True, slots=True)
class One:
    """A demand as a problem's level sees it: its street or town and its caller, empty where not known."""

    town: str
    caller: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a problem goes (labels.DEMAND_LEVELS), and why. `people`: different callers; each demand without a known
    caller counts as one, and then `vague` says that there may be fewer."""

    level: str
    why: str
    people: int
    vague: bool


def standing(ones: Iterable[One], rules: Reach) -> Standing:
    """The level of a problem by its demands."""
    every = list(ones)
    number = len(every)
    callers = {one.caller for one in every if one.caller}
    nameless = sum(not one.caller for one in every)
    people = len(callers) + nameless
    towns = Counter(one.town for one in every if one.town)
    known = sum(towns.values())
    top, most = towns.most_common(1)[0] if towns else ("", 0)
    said = f"{number} 件、{'至多 ' if nameless else ''}{people} 人"
    if people < rules.people:
        why = f"{said}，同一人重复反映" if number > 1 else "只有 1 件"
        return Standing("single", why, people, bool(nameless))
    if number >= rules.sector and len(towns) >= rules.towns and most < rules.share * known:
        why = f"{said}，涉及 {len(towns)} 个街镇，最集中的{top}只有 {most} 件"
        return Standing("sector", why, people, bool(nameless))
    there = [one for one in every if one.town == top]
    inside = len({one.caller for one in there if one.caller}) + sum(not one.caller for one in there)
    if top and most >= rules.region and inside >= rules.people and most >= rules.share * known:
        return Standing("region", f"{said}，其中 {most} 件在{top}", people, bool(nameless))
    if number >= rules.many:
        where = f"，分布在 {len(towns)} 个街镇" if towns else "，地点不明"
        return Standing("many", f"{said}{where}，未达到区域性、行业性的门槛", people, bool(nameless))
    return Standing("single", said, people, bool(nameless))


@cache
def rules(path: Path = CATALOG / "demand_rules.toml") -> Rules:
    """What is declared. Raises KeyError or TypeError for a file that lacks something."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    return Rules(dict(held["due"]["days"]), Reach(**held["reach"]), Fold(**held["fold"]))
