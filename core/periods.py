"""Periods of reports: the days, half weeks, weeks, half months, months, quarters and years that they are about.

Weeks are those of ISO 8601, Monday to Sunday; a half week ends on Wednesday or on Sunday, a half month on the 15th or
on the last day. All dates are Asia/Shanghai.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args

from core.faults import BadInput

Span = Literal["day", "halfweek", "week", "halfmonth", "month", "quarter", "year"]
SPANS: tuple[Span, ...] = get_args(Span)
NAMES: dict[Span, str] = {
    "day": "日报", "halfweek": "半周报", "week": "周报", "halfmonth": "半月报", "month": "月报", "quarter": "季报",
    "year": "年报",
}
"""What a report of such a period is called."""
BEFORE: dict[Span, str] = {
    "day": "前一日", "halfweek": "上期", "week": "上周", "halfmonth": "上期", "month": "上月", "quarter": "上季度",
    "year": "上年",
}
"""What the period before is called."""
THIS: dict[Span, str] = {
    "day": "当日", "halfweek": "本期", "week": "本周", "halfmonth": "本期", "month": "本月", "quarter": "本季度",
    "year": "全年",
}
_CODE = re.compile(
    r"(?P<year>\d{4})(?:-W(?P<week>\d\d)(?P<halfweek>[ab])?|-(?P<month>\d\d)(?:-(?P<day>\d\d)|(?P<half>[ab]))?"
    r"|Q(?P<quarter>[1-4]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """One period; `code` is how it is stored and written in addresses: `2026-11-26`, `2026-W48a`, `2026-W48`,
    `2026-11a`, `2026-11`, `2026Q4`, `2026`."""

    span: Span
    first: date
    last: date

    @classmethod
    def of(cls, span: Span, day: date) -> "Period":
        """The period of that kind that a day lies in."""
        monday = day - timedelta(day.weekday())
        match span:
            case "day":
                return cls(span, day, day)
            case "halfweek":
                early = day.weekday() < 3
                return cls(span, monday + timedelta(0 if early else 3), monday + timedelta(2 if early else 6))
            case "week":
                return cls(span, monday, monday + timedelta(6))
            case "halfmonth":
                early = day.day <= 15
                return cls(span, day.replace(day=1 if early else 16), day.replace(day=15) if early else _end(day))
            case "month":
                return cls(span, day.replace(day=1), _end(day))
            case "quarter":
                first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
                return cls(span, first, _end(first.replace(month=first.month + 2)))
        return cls(span, date(day.year, 1, 1), date(day.year, 12, 31))

    @classmethod
    def parse(cls, code: str) -> "Period":
        """The period of a code. Raises BadInput."""
        found = _CODE.fullmatch(code.strip())
        try:
            if found is None:
                raise ValueError
            part = found.groupdict()
            year = int(part["year"])
            if part["week"]:
                half = part["halfweek"]
                day = date.fromisocalendar(year, int(part["week"]), 4 if half == "b" else 1)
                return cls.of("halfweek" if half else "week", day)
            if part["quarter"]:
                return cls.of("quarter", date(year, int(part["quarter"]) * 3, 1))
            if not part["month"]:
                return cls.of("year", date(year, 1, 1))
            day = date(year, int(part["month"]), int(part["day"] or (16 if part["half"] == "b" else 1)))
            return cls.of("day" if part["day"] else "halfmonth" if part["half"] else "month", day)
        except ValueError:
            raise BadInput(f"时段“{code[:20]}”不对，应写成 2026-11-26（日）、2026-W48（周）、2026-11a（上半月）、"
                           "2026-11（月）、2026Q4（季）或 2026（年）") from None

    @property
    def code(self) -> str:
        year, week, weekday = self.first.isocalendar()
        match self.span:
            case "day":
                return f"{self.first:%Y-%m-%d}"
            case "week":
                return f"{year}-W{week:02d}"
            case "halfweek":
                return f"{year}-W{week:02d}{'a' if weekday == 1 else 'b'}"
            case "halfmonth":
                return f"{self.first:%Y-%m}{'a' if self.first.day == 1 else 'b'}"
            case "month":
                return f"{self.first:%Y-%m}"
            case "quarter":
                return f"{self.first.year}Q{(self.first.month + 2) // 3}"
        return str(self.first.year)

    def __str__(self) -> str:
        return self.code

    @property
    def label(self) -> str:
        """In official words: `2026年11月26日`, `2026年第48周`, `2026年11月上半月`, `2026年第四季度`, `2026年`."""
        year, week, weekday = self.first.isocalendar()
        match self.span:
            case "day":
                return f"{self.first.year}年{self.first.month}月{self.first.day}日"
            case "week":
                return f"{year}年第{week}周"
            case "halfweek":
                return f"{year}年第{week}周{'前半周' if weekday == 1 else '后半周'}"
            case "halfmonth":
                return f"{self.first.year}年{self.first.month}月{'上' if self.first.day == 1 else '下'}半月"
            case "month":
                return f"{self.first.year}年{self.first.month}月"
            case "quarter":
                return f"{self.first.year}年第{'一二三四'[(self.first.month - 1) // 3]}季度"
        return f"{self.first.year}年"

    @property
    def dates(self) -> str:
        """From when to when, in words, without saying twice what both have: `2026年11月23日至29日`."""
        first, last = self.first, self.last
        begin = f"{first.year}年{first.month}月{first.day}日"
        if first == last:
            return begin
        year = f"{last.year}年" if last.year != first.year else ""
        month = f"{last.month}月" if year or last.month != first.month else ""
        return f"{begin}至{year}{month}{last.day}日"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def year(self) -> int:
        """The year that it belongs to; of weeks and half weeks that of ISO 8601."""
        return self.first.isocalendar().year if self.span in ("week", "halfweek") else self.first.year

    @property
    def number(self) -> int:
        """Which one of its year it is, from 1: 12 of December, 96 of the second half of week 48."""
        first = self.first
        match self.span:
            case "day":
                return first.timetuple().tm_yday
            case "week":
                return first.isocalendar().week
            case "halfweek":
                return first.isocalendar().week * 2 - (first.weekday() == 0)
            case "halfmonth":
                return first.month * 2 - (first.day == 1)
            case "month":
                return first.month
        return (first.month + 2) // 3 if self.span == "quarter" else 1

    def shift(self, by: int) -> "Period":
        """So many periods later, or earlier."""
        found = self
        for _ in range(abs(by)):
            found = Period.of(self.span, found.last + timedelta(1) if by > 0 else found.first - timedelta(1))
        return found

    @property
    def year_before(self) -> "Period | None":
        """The same of the year before; None where a year has no such one: of days and weeks, whose weekdays differ."""
        if self.span in ("day", "halfweek", "week"):
            return None
        return Period.of(self.span, self.first.replace(year=self.first.year - 1))


def _end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def all_of(span: Span, first: date, last: date) -> list[Period]:
    """The periods of a kind that end between two days, both included, in order of time."""
    found, one = [], Period.of(span, first)
    while one.last <= last:
        found.append(one)
        one = one.shift(1)
    return found
