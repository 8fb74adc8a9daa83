"""Time: the business day is Asia/Shanghai, storage is aware UTC. The only module that asks what time it is."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, aware UTC, whole microseconds."""
    return datetime.now(UTC)


def day_of(at: datetime) -> date:
    """The Asia/Shanghai date of an aware instant. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no business day")
    return at.astimezone(SHANGHAI).date()


def local(at: datetime) -> datetime:
    """The same instant on the Asia/Shanghai wall clock."""
    return at.astimezone(SHANGHAI)


def instant(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """The aware UTC instant of an Asia/Shanghai wall-clock time."""
    return datetime.combine(day, time(hour, minute, second), SHANGHAI).astimezone(UTC)


def aware(at: datetime) -> datetime:
    """Aware UTC of a datetime whose naive form means Asia/Shanghai wall clock (files and Chinese pages)."""
    return (at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else at).astimezone(UTC)


def at_unix(seconds: float | str) -> datetime:
    """The aware UTC instant of a Unix time in seconds. Raises ValueError for what is none."""
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (OverflowError, OSError, TypeError) as error:
        raise ValueError(f"{seconds} is no Unix time") from error


def days(first: date, last: date) -> list[date]:
    """Every date from first to last, both included; empty when last < first."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A calendar month, e.g. Month(2020, 2); str() gives `2020-02`."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From `2020-02`. Raises ValueError with a Chinese message."""
        found = re.fullmatch(r"(\d{4})-(\d{1,2})", text.strip())
        if not found or not 1 <= int(found[2]) <= 12:
            raise ValueError(f"月份“{text}”不对，应写成 2020-02 的样子")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def label(self) -> str:
        return f"{self.year}年{self.number}月"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def days(self) -> int:
        return monthrange(self.year, self.number)[1]

    def shift(self, months: int) -> "Month":
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)


def previous_period(first: date, last: date) -> tuple[date, date]:
    """The period to compare with: before a whole month, quarter or year the one of its kind, else the same number of
    days just before."""
    for kind in _MONTHS:
        if (first, last) == span_of(kind, first):
            return span_of(kind, first - timedelta(1))
    span = (last - first).days + 1
    return first - timedelta(span), first - timedelta(1)


_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SPAN = re.compile(r"(\d{4})(?:-(\d\d)-(\d\d)|年(?:(\d\d?)月|第([1-4])季度)?)")


def span_of(kind: str, day: date, week_start: int = 0) -> tuple[date, date]:
    """First and last day of the day, week, month, quarter or year that a day lies in; `week_start`: the weekday that
    weeks begin on, 0 Monday to 6 Sunday. Raises KeyError for another kind."""
    if kind == "day":
        return day, day
    if kind == "week":
        first = day - timedelta((day.weekday() - week_start) % 7)
        return first, first + timedelta(6)
    many = _MONTHS[kind]
    month = Month(day.year, (day.month - 1) // many * many + 1)
    return month.first, month.shift(many - 1).last


def spans(kind: str, until: date, many: int, week_start: int = 0) -> list[tuple[date, date]]:
    """The last so many spans of a kind that are over by the end of a day, the newest first."""
    found = [span_of(kind, until, week_start)]
    if found[0][1] > until:
        found = [span_of(kind, found[0][0] - timedelta(1), week_start)]
    while len(found) < many:
        found.append(span_of(kind, found[-1][0] - timedelta(1), week_start))
    return found


def span_words(kind: str, span: tuple[date, date]) -> str:
    """`2026-11-26`, `2026-11-16 至 2026-11-22`, `2026年10月`, `2026年第3季度`, `2026年`."""
    first, last = span
    match kind:
        case "day":
            return f"{first}"
        case "month":
            return Month.of(first).label
        case "quarter":
            return f"{first.year}年第{(first.month + 2) // 3}季度"
        case "year":
            return f"{first.year}年"
    return f"{first} 至 {last}"


def span_called(kind: str, words: str, week_start: int = 0) -> tuple[date, date] | None:
    """The span that `span_words` calls so; None for other words."""
    found = _SPAN.match(words)
    if not found:
        return None
    year, month, day, named, quarter = (int(part) if part else 0 for part in found.groups())
    try:
        span = span_of(kind, date(year, month or named or max(quarter * 3 - 2, 1), day or 1), week_start)
    except ValueError:
        return None
    return span if span_words(kind, span) == words else None
