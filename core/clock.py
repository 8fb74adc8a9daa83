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
    """The period to compare with: the month before for a whole month, else the same number of days just before."""
    month = Month.of(first)
    if (first, last) == (month.first, month.last):
        before = month.shift(-1)
        return before.first, before.last
    span = (last - first).days + 1
    return first - timedelta(span), first - timedelta(1)
