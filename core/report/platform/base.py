"""What every report on accounts has in common: its period and how its words are, its sums beside earlier ones, its days
and months, and how accounts kept publishing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from core.clock import days
from core.counts import Count
from core.metrics.cadence import WARN_DAYS, Freshness, freshness, longest_gap
from core.periods import BEFORE, THIS, Period
from core.query import measured, overview, totals
from core.query.compliance import Compliance
from core.report.scopes import Scope

YEAR_WORDS = {"month": "去年同月", "quarter": "上年同季", "year": "上年"}
"""What the same period of the year before is called."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """How one account kept publishing in the period. Days without any word are in `unknown`, not in the gap."""

    account: str
    unit: str
    posts: int | None
    active_days: int
    last_post: date | None
    longest_gap: int
    unknown: int
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a report on accounts says, as read at one moment.

    `first`, `last`: of the period; the last is earlier while it is running: `complete` is False and nothing is
    compared. `now`, `before`, `year`: totals of core.query.totals, one row or none; a year is compared with the year
    before only once, as 同比. `by_day`: core.query.trends; `course`: the same, or of a `long` period its months.
    `top`: posts with `metric` and `value`. `states`: account-days by state of coverage. `checked`: the accounts by
    检查指标. `hours`: posts by weekday and hour.
    """

    period: Period
    first: date
    last: date
    complete: bool
    scope: Scope
    basis: str
    at: datetime
    stamp: int
    demo: bool
    piece: str
    main: str
    counters: tuple[str, ...]
    now: pd.Series | None
    before: pd.Series | None
    year: pd.Series | None
    by_day: pd.DataFrame
    course: pd.DataFrame
    top: pd.DataFrame
    cadence: tuple[Cadence, ...]
    followers: Count
    followers_compared: tuple[Count, Count]
    followers_accounts: int
    states: dict[str, int]
    freshness: overview.Freshness
    checked: Compliance
    hours: list[list[int]]
    holidays: dict[date, str]
    working: dict[date, bool]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def long(self) -> bool:
        """Whether its course is told by months."""
        return is_long(self.period)

    @property
    def this(self) -> str:
        """`本月`, `本季度`, `全年`."""
        return THIS[self.period.span] if self.period.span != "year" or self.complete else "本年"

    @property
    def former(self) -> str:
        """`上月`, `上季度`, `上年`."""
        return BEFORE[self.period.span]

    def total(self, name: str) -> Count:
        """The period's sum of a counter, `posts` or `interaction`."""
        return _count(self.now, name)

    def earlier(self, name: str) -> Count:
        return _count(self.before, name)

    def year_earlier(self, name: str) -> Count:
        return _count(self.year, name)

    def known(self, name: str) -> int:
        """How many posts a sum rests on."""
        return int(self.now[f"{name}_known"])

    def yields(self, names: tuple[str, ...]) -> list[str]:
        """Those counters of which the period has a value."""
        return [name for name in names if not self.total(name).missing]

    @property
    def posts(self) -> int | None:
        return self.total("posts").value

    def share_known(self, row: pd.Series | None, days_: int) -> float | None:
        """Known account-days of a totals row as a share of all."""
        if row is None or not int(row["accounts"]):
            return None
        return int(row["covered"]) / (int(row["accounts"]) * days_)

    @property
    def compared(self) -> list[tuple[str, str, pd.Series]]:
        """What the totals stand beside: (its name, 环比 or 同比, its totals), where there are any."""
        found = [(self.former, "环比", self.before), (YEAR_WORDS[self.period.span], "同比", self.year)]
        return [(name, word, row) for name, word, row in found if row is not None and not pd.isna(row["posts"])]


def is_long(period: Period) -> bool:
    return period.days > 31


def _count(row: pd.Series | None, name: str) -> Count:
    return Count(None) if row is None else totals.count_of(row, name)


def main_of(now: pd.Series | None, names: tuple[str, ...]) -> str:
    """The counter of reach, reads or plays, of which there is a value; "" where there is none."""
    return next((name for name in names if not _count(now, name).missing), "")


def piece_of(family: str) -> str:
    """The measure word of a post."""
    return "篇" if family in ("wechat", "news", "app") else "条"


def inexact(f: Base) -> list[str]:
    """What of the period's sums is not exact, in words."""
    return totals.inexact(f.now, [n for n in f.counters if not f.total(n).missing]) if f.now is not None else []


def cadences(session, rows: list[dict], first: date, last: date) -> tuple[Cadence, ...]:
    """How the accounts in normal state kept publishing, those that kept silent longest first. `rows`: account_id, name,
    unit, posts, state."""
    rows = [row for row in rows if row["state"] == "normal"]
    span = days(first, last)
    by_day = measured.by_day(session, [int(row["account_id"]) for row in rows], first, last)
    made = []
    for row in rows:
        known = [(day, n) for day, n in zip(span, by_day[row["account_id"]], strict=True) if n is not None]
        active = [day for day, n in known if n]
        last_post = max(active, default=None)
        gap = longest_gap({*active, *set(span).difference(day for day, _ in known)}, first, last)
        made.append(Cadence(
            row["name"], row["unit"], None if pd.isna(row["posts"]) else int(row["posts"]), len(active), last_post,
            gap.days if gap else 0, len(span) - len(known), _freshness([day for day, _ in known], last_post, last),
        ))
    return tuple(sorted(made, key=lambda one: (-one.longest_gap, one.account)))


def _freshness(known: list[date], last_post: date | None, last: date) -> Freshness:
    """How the two-week rule sees the period's end. Only days known to be silent count; none known: unknown."""
    silent = sum(day > (last_post or date.min) for day in known)
    if not known or (silent == 0 and known[-1] < last - timedelta(WARN_DAYS[0])):
        return "unknown"
    return freshness(last - timedelta(silent), last)

