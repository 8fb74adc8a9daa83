"""Change against an earlier period (环比, 同比) and shares, with what the exactness of the counts allows to say."""

from dataclasses import dataclass
from datetime import date

from core.clock import Month, previous_period
from core.counts import Count


@dataclass(frozen=True, slots=True)
class Change:
    """From an earlier to a present count. `ratio` is a fraction of one; None where it can't be said.

    `certain`: both counts are exact; otherwise the change is only as good as its weaker count.
    """

    now: Count
    before: Count
    difference: int | None
    ratio: float | None
    certain: bool

    @property
    def words(self) -> str:
        """`+12.3%`, `+12.3%（约）` when not certain, `持平`, `—` where missing, `上期为0` where no ratio exists."""
        if self.difference is None:
            return "—"
        if self.ratio is None:
            return "上期为0" if self.difference else "持平"
        if round(self.ratio * 100, 1) == 0:
            return "持平" if self.certain else "持平（约）"
        return f"{self.ratio * 100:+.1f}%{'' if self.certain else '（约）'}"


def change(now: Count, before: Count) -> Change:
    """The change between two counts. A rise from 0 has a difference but no ratio; a missing side has neither."""
    if now.value is None or before.value is None:
        return Change(now, before, None, None, False)
    difference = now.value - before.value
    ratio = difference / before.value if before.value else None
    return Change(now, before, difference, ratio, now.exact and before.exact)


def share(part: int | float | None, whole: int | float | None) -> float | None:
    """Part of the whole as a fraction of one; None where either is missing or the whole is 0."""
    return None if part is None or not whole else part / whole


def before(first: date, last: date) -> tuple[date, date]:
    """The period for 环比: the month before a whole month, else the same number of days just before."""
    return previous_period(first, last)


def year_before(first: date, last: date) -> tuple[date, date]:
    """The period for 同比: the same dates one year earlier; a whole month answers to a whole month."""
    month = Month.of(first)
    if (first, last) == (month.first, month.last):
        earlier = month.shift(-12)
        return earlier.first, earlier.last
    return last_year(first), last_year(last)


def last_year(day: date) -> date:
    """The same date one year earlier; 29 February answers to 28 February."""
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
