"""Dates and times as back offices print them. Pure; a time without a zone is Asia/Shanghai wall clock."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime

from core.clock import SHANGHAI, aware

_CLOCK = (
    r"(?P<half>上午|下午|早上|晚上|凌晨|中午|am|pm)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})"
    r"(?:\s*[:分]\s*(?P<second>\d{1,2})(?:[.]\d+)?)?\s*[分秒]?\s*(?P<after>am|pm)?\s*(?P<zone>z|utc|[+-]\d{2}:?\d{2})?"
)
_FULL = re.compile(r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*(?:日|(?![\d/.-]))")
_SHORT = re.compile(r"(?P<month>\d{1,2})\s*[-/月]\s*(?P<day>\d{1,2})\s*(?:日|(?![\d/.-]))")
_DIGITS = re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?:\s*(?P<hms>\d{4}|\d{6}))?")
_TIME = re.compile(r"\s*[t,，]?\s*" + _CLOCK)
_ENGLISH = re.compile(
    r"[a-z]{3},? +([a-z]{3} +\d{1,2} +\d{2}:\d{2}:\d{2} +[+-]\d{4} +\d{4}|\d{1,2} +[a-z]{3} +\d{4} .+)"
)
_AGAIN = re.compile(r"(?:\d{4}\s*[-/.年]\s*)?\d{1,2}\s*[-/月]\s*\d{1,2}\s*日?\s*\d{1,2}:\d{2}")
_TAIL = re.compile(r"\s*(?:$|来自|已编辑|发布|[,，;；(（]|\s)")
_WEEKDAY = re.compile(r"\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?")
_RELATIVE = re.compile(r"刚刚|秒前|分钟前|小时前|天前|今天|昨天|前天")


class DateError(ValueError):
    """The cell is no date; the message is Chinese and names what stood there."""


@dataclass(frozen=True, slots=True)
class When:
    """A date or time that a cell holds. `again`: a second, quoted time stands after it (an earlier post reposted)."""

    at: datetime
    timed: bool
    again: bool = False

    @property
    def day(self) -> date:
        return self.at.astimezone(SHANGHAI).date()


def parse_when(cell: object, *, near: datetime | None = None, year: int | None = None) -> When:
    """Read a date or a time of a cell: datetimes, Excel serials, Unix seconds, and the printed forms of platforms.

    `near`: an independent instant of the same event, which settles the year where none is printed; otherwise `year`
    does. Raises DateError (Chinese), also for a date without a year when neither is given.
    """
    if isinstance(cell, (bool, time, timedelta)):
        raise DateError(f"“{cell}”不是日期")
    if isinstance(cell, datetime):
        return When(aware(cell), True)
    if isinstance(cell, date):
        return When(_instant(cell.year, cell.month, cell.day, cell), False)
    if isinstance(cell, (int, float)):
        return _number(cell)
    text = unicodedata.normalize("NFKC", "" if cell is None else str(cell)).strip("'\" \t\r\n\ufeff\u200b")
    if not text:
        raise DateError("日期是空的")
    return _text(" ".join(text.split()).lower(), near, year)


def _number(value: int | float) -> When:
    if not 0 <= value < 1e15:
        raise DateError(f"“{str(value)[:30]}”不是日期")
    if 20_000 <= value < 80_000:  # Excel serials from 1954 to 2119
        at = datetime(1899, 12, 30, tzinfo=SHANGHAI) + timedelta(seconds=round(value * 86_400))
        return When(at.astimezone(UTC), value != int(value))
    if value == int(value):
        whole = int(value)
        if 19_000_101 <= whole <= 21_001_231 or (len(str(whole)) in (12, 14) and str(whole)[:2] in ("19", "20")):
            return _text(str(whole), None, None)
        if 1_000_000_000 <= whole < 10_000_000_000:
            return When(datetime.fromtimestamp(whole, UTC), True)
        if 1_000_000_000_000 <= whole < 10_000_000_000_000:
            return When(datetime.fromtimestamp(whole / 1000, UTC), True)
    raise DateError(f"“{str(value)[:30]}”不是日期")


def _text(text: str, near: datetime | None, year: int | None) -> When:
    shown = text[:30]
    if digits := _DIGITS.fullmatch(text):
        hms = digits["hms"] or ""
        parts = [int(hms[at : at + 2]) for at in range(0, len(hms), 2)]
        return When(_instant(int(digits["year"]), int(digits["month"]), int(digits["day"]), shown, *parts), bool(hms))
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return _number(float(text))
    if _ENGLISH.match(text):
        return _english(text)
    if found := _FULL.match(text):
        printed: int | None = int(found["year"])
    elif found := _SHORT.match(text):
        printed = None
    else:
        if _RELATIVE.search(text):
            raise DateError(f"“{shown}”是相对时间，无法确定是哪一天，请导出带完整日期的文件")
        raise DateError(f"“{shown}”不是日期")
    rest = text[found.end() :]
    if weekday := _WEEKDAY.match(rest):
        rest = rest[weekday.end() :]
    clock, zone = (), None
    if timed := _TIME.match(rest):
        rest = rest[timed.end() :]
        clock, zone = _wall(timed, shown), timed["zone"]
    if not _TAIL.match(rest):
        raise DateError(f"“{shown}”不是日期")
    again = bool(_AGAIN.search(rest))
    month, day = int(found["month"]), int(found["day"])
    if printed is None:
        return When(_year_found(month, day, clock, shown, near, year), bool(timed), again)
    at = _instant(printed, month, day, shown, *clock)
    return When(_shifted(at, zone), bool(timed), again)


def _english(text: str) -> When:
    """`Sun Nov 27 09:03:15 +0800 2011` (Weibo) and RFC 822, whatever the machine's locale is."""
    words = text.split()
    if len(words) == 6 and words[5].isdigit():
        text = f"{words[0]}, {words[2]} {words[1]} {words[5]} {words[3]} {words[4]}"
    try:
        return When(aware(parsedate_to_datetime(text)), True)
    except (ValueError, IndexError, OverflowError) as error:
        raise DateError(f"“{text[:30]}”不是日期") from error


def _wall(found: re.Match[str], shown: str) -> tuple[int, int, int]:
    hour, half = int(found["hour"]), found["half"] or found["after"] or ""
    if half in ("下午", "晚上", "pm") and hour < 12:
        hour += 12
    elif half in ("上午", "凌晨", "am") and hour == 12:
        hour = 0
    second = int(found["second"] or 0)
    if hour > 23 or int(found["minute"]) > 59 or second > 59:
        raise DateError(f"“{shown}”里的时间不对")
    return hour, int(found["minute"]), second


def _instant(
    year: int, month: int, day: int, shown: object, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DateError(f"“{shown}”不是有效的日期") from error


def _shifted(at: datetime, zone: str | None) -> datetime:
    if not zone:
        return at
    if zone in ("z", "utc"):
        offset = timedelta()
    else:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    try:
        return at + timedelta(hours=8) - offset
    except OverflowError as error:
        raise DateError("时间超出范围") from error


def _year_found(
    month: int, day: int, clock: tuple[int, ...], shown: str, near: datetime | None, year: int | None
) -> datetime:
    if near is None:
        if year is None:
            raise DateError(f"“{shown}”没有年份，也没有能推出年份的链接，请在导入时填写年份")
        return _instant(year, month, day, shown, *clock)
    candidates = []
    for guess in (near.year - 1, near.year, near.year + 1):
        try:
            candidates.append(_instant(guess, month, day, shown, *clock))
        except DateError:
            continue  # 29 February exists only in the leap years among the three
    if not candidates:
        raise DateError(f"“{shown}”不是有效的日期")
    return min(candidates, key=lambda at: abs(at - near))
