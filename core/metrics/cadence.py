"""When an account publishes: by weekday and hour, its longest silence, its own rhythm, and the two-week rule."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Literal

import holidays

from core.clock import days, local

STALE_DAYS = 14
"""国办秘函〔2019〕19号: an account without an update for two weeks before the check fails it."""
WARN_DAYS = (7, 10)
"""When to be reminded before that."""

Freshness = Literal["ok", "notice", "warning", "stale", "unknown"]


def heat(published: Iterable[datetime]) -> list[list[int]]:
    """Posts by weekday (0 Monday) and Shanghai hour, as 7 lists of 24. Raises ValueError for a naive instant."""
    cells: Counter[tuple[int, int]] = Counter()
    for at in published:
        if at.tzinfo is None:
            raise ValueError("a naive datetime has no business hour")
        there = local(at)
        cells[there.weekday(), there.hour] += 1
    return [[cells[weekday, hour] for hour in range(24)] for weekday in range(7)]


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of days without a post, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def longest_gap(active: Iterable[date], first: date, last: date) -> Gap | None:
    """The longest run of days without a post between first and last; the earliest of equals; None without a gap."""
    best: Gap | None = None
    expected = first
    for day in [*sorted({d for d in active if first <= d <= last}), last + timedelta(1)]:
        if day > expected:
            gap = Gap(expected, day - timedelta(1))
            best = gap if best is None or gap.days > best.days else best
        expected = day + timedelta(1)
    return best


@cache
def _offices() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", language="zh_CN")


def day_off(day: date) -> bool:
    """Whether offices are closed: weekends and public holidays, less the weekends worked instead (调休). Of years that
    the State Council has not announced yet only the statutory days are known."""
    return not _offices().is_working_day(day)


def holiday_names(first: date, last: date) -> dict[date, str]:
    """The days between two days, both included, that belong to a public holiday, with its Chinese name: the statutory
    days, and the weekends and swapped days that lengthen it, which bear the name of the day before them."""
    found: dict[date, str] = {}
    reach = timedelta(15)
    run: list[date] = []
    for day in [*days(first - reach, last + reach), date.max]:
        if day != date.max and day_off(day):
            run.append(day)
            continue
        names = {one: name.split("（")[0] for one in run if (name := _offices().get(one)) and "休息日" not in name}
        for one in run if names else ():
            before = [name for named, name in names.items() if named <= one]
            found[one] = before[-1] if before else next(iter(names.values()))
        run = []
    return {day: name for day, name in found.items() if first <= day <= last}


LEAST_ACTIVE = 5
"""Days with something that are needed before silence means anything."""
LEAST_SPAN = 14
"""Days from the first of them to the last: an office's first weekend is no silence."""
LEAST_OFF = 4
"""Days off that are needed before it is known how an account keeps them."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often somebody speaks. Silence is measured in its own days: a working day counts one, a day off `off` (how
    active its days off are against its working days, 0 to 1), so that an office's holiday is no silence.

    `limit`: from how much silence on it is out of rhythm; `longest`: the longest silence seen, in calendar days.
    """

    limit: float
    off: float
    longest: int

    def silence(self, silent: Iterable[date]) -> float:
        """How much silence these days are."""
        return sum(self.off if day_off(day) else 1.0 for day in silent)


def rhythm(active: Iterable[date]) -> Rhythm | None:
    """The rhythm that these days with something tell; None where they are too few to tell of any.

    Out of rhythm is what exceeds one and a half times the longest silence between two of them, by a day at least and
    after no less than two days.
    """
    spoken = sorted(set(active))
    if len(spoken) < LEAST_ACTIVE or (spoken[-1] - spoken[0]).days < LEAST_SPAN - 1:
        return None
    span = days(spoken[0], spoken[-1])
    closed = {day for day in span if day_off(day)}
    open_share = sum(day not in closed for day in spoken) / max(len(span) - len(closed), 1)
    off_share = sum(day in closed for day in spoken) / len(closed) if closed else 0.0
    known = len(closed) >= LEAST_OFF and open_share > 0
    made = Rhythm(0.0, min(off_share / open_share, 1.0) if known else 1.0, 0)
    gaps = [days(a + timedelta(1), b - timedelta(1)) for a, b in pairwise(spoken)]
    longest = max(made.silence(gap) for gap in gaps)
    return Rhythm(max(2.0, 1.5 * longest + 1), made.off, max(len(gap) for gap in gaps))


def silent_days(last_post: date | None, today: date) -> int | None:
    """Whole days since the last post; 0 on the day itself; None where no post is known."""
    return None if last_post is None else (today - last_post).days


def freshness(last_post: date | None, today: date) -> Freshness:
    """How the two-week rule sees it: stale after more than 14 silent days, with notices from 7 and 10 days."""
    silent = silent_days(last_post, today)
    if silent is None:
        return "unknown"
    if silent > STALE_DAYS:
        return "stale"
    if silent >= WARN_DAYS[1]:
        return "warning"
    return "notice" if silent >= WARN_DAYS[0] else "ok"


FRESHNESS_WORDS: dict[Freshness, str] = {
    "ok": "正常", "notice": "已 7 天以上未更新", "warning": "已 10 天以上未更新，请提醒",
    "stale": "超过 14 天未更新（单项否决）", "unknown": "没有发布记录",
}
