"""The terms of an issued report, by which its figures are reckoned again: its order, its moment, what is worth telling.

Settings are declared in data/catalog/late.toml.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from core.clock import instant
from core.periods import Period
from core.report import kinds
from core.report.behind.source import basis
from core.report.content import Content
from core.report.outline import Order
from core.settings import CATALOG

OPINION = "opinion"


@dataclass(frozen=True, slots=True)
class Rules:
    """`hour`: Shanghai hour from which the night's round begins · `days`: how long after its issue a report is looked
    at by itself · `anew`: after how many days it is built anew though nothing seems to have changed · `share`: of the
    old value, below which a change is listed only, unless that value is below `least`."""

    hour: int
    days: int
    anew: int
    share: float
    least: float


@cache
def rules(path: Path = CATALOG / "late.toml") -> Rules:
    """What is declared. Raises KeyError or TypeError for a file that lacks something."""
    held = tomllib.loads(path.read_text(encoding="utf-8"))
    return Rules(**held["look"], **held["worth"])


@dataclass(frozen=True, slots=True)
class Terms:
    """`order`: every part, since those that were not wanted are known by their titles · `at`: the moment of the data ·
    `now`: what the time was when it was built · `accounts`: whether it is on accounts, of which readings go on ·
    `spans`: the days that it tells of: its own, those before, those of the year before."""

    order: Order
    at: datetime
    now: datetime
    accounts: bool
    spans: tuple[tuple[date, date], ...]

    @property
    def own(self) -> tuple[date, date]:
        return self.spans[0]


def can(content: Content, issued_at: datetime) -> bool:
    """Whether a report's figures can be reckoned again by its own terms: of a kind that is ordered by period, whose
    period was over. What tells of a part of a period, of a moment (incidents, topics, digests) or of other editions
    (corrections) says nothing of what came later."""
    if content.subject.kind not in kinds.KINDS:
        return False
    # The data of a report on accounts are as old as the last thing that came in, the report is not.
    at = content.as_of if content.subject.kind == OPINION else max(content.as_of, issued_at)
    return at >= _over(Period.parse(content.subject.period))


def _over(period: Period) -> datetime:
    return instant(period.last + timedelta(1))


def terms(content: Content) -> Terms:
    """The terms of a content of which `can` holds."""
    subject = content.subject
    period = Period.parse(subject.period)
    order = Order(subject.kind, period, subject.platform if kinds.KINDS[subject.kind].per == "platform" else "",
                  subject.scope, basis(content))
    before = [one for one in (period.shift(-1), period.year_before) if one is not None]
    spans = tuple((one.first, one.last) for one in (period, *dict.fromkeys(before)))
    if subject.kind == "board":  # its weeks may begin on another weekday
        spans = tuple((first - timedelta(7), last) for first, last in spans)
    accounts = subject.kind != OPINION
    now = max(content.as_of, _over(period)) if accounts else content.as_of
    return Terms(order, content.as_of, now, accounts, spans)
