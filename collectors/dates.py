"""Dates as feeds, lists and pages print them."""

import calendar
import re
import time
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from core import clock

_WALL = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:：时]\s*(\d{1,2})\s*分?(?:\s*[:：]?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?"
)
_ZONE = re.compile(r"(?:(?<![A-Za-z])(Z|UTC?|GMT)|([+-])(\d{2}):?(\d{2}))(?:\s+\d{4})?$", re.IGNORECASE)
_NAMED = re.compile(r"(?<![A-Za-z])[A-Z]{2,5}(?:\s+\d{4})?$")


def from_text(text: str, parsed: time.struct_time | None = None) -> datetime | None:
    """The aware UTC instant of a printed date, None where it can't be read.

    A date without a zone is Shanghai wall clock, and CST is China Standard Time, not the American one. `parsed` is
    feedparser's reading of the same text, for the forms that only feedparser knows; it takes a missing zone for UTC.
    """
    text = re.sub(r"\bCST\b", "+0800", " ".join(text.split())[:100])
    at = _iso(text) or _wall(text) or _mail(text)
    if at is not None or parsed is None:
        return at
    try:
        at = _instant(calendar.timegm(parsed))
    except ValueError:
        return None
    if at is None or _ZONE.search(text) or _NAMED.search(text):
        return at
    return clock.aware(at.replace(tzinfo=None))


def from_number(value: float) -> datetime | None:
    """The instant of a Unix time in seconds or milliseconds; None outside 1970 to 9999."""
    return _instant(value / 1000 if abs(value) >= 100_000_000_000 else value)


def _instant(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds < 253_402_214_400 else None


def _aware(at: datetime) -> datetime | None:
    try:
        return clock.aware(at)
    except OverflowError:
        return None


def _iso(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _mail(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, TypeError, OverflowError):
        return None


def _wall(text: str) -> datetime | None:
    """Chinese and slashed dates, with a zone behind them or without."""
    found = _WALL.search(text)
    if not found:
        return None
    zone = _ZONE.search(text, found.end())
    shift = timedelta(hours=int(zone[3]), minutes=int(zone[4])) if zone and zone[2] else timedelta()
    where = None
    if zone and shift < timedelta(hours=24):
        where = timezone(-shift if zone[2] == "-" else shift)
    try:
        return _aware(datetime(*(int(part or 0) for part in found.groups()), tzinfo=where))
    except ValueError:
        return None


_CLOCK = r"(?:\s*(?P<hour>[01]?\d|2[0-3])\s*[:：]\s*(?P<minute>[0-5]\d)(?:\s*[:：]\s*[0-5]\d)?)?"
_AGO = re.compile(r"(?P<many>\d{1,4}|半|一|几)\s*个?(?P<unit>秒钟?|分钟?|小时|天|日|周|星期|月|年)\s*(?:之|以)?前")
_NEAR = re.compile(rf"(?P<word>今天|今日|昨天|昨日|前天){_CLOCK}")
_DAY_FIRST = re.compile(
    r"(?<![\d:./-])(?P<day>\d{1,2})\s+(?P<year>20\d\d)\s*[-./年]\s*(?P<month>\d{1,2})(?!\s*[-./月]?\s*\d)"
)
_SHORT = re.compile(
    rf"(?<![\d:./第-])(?P<month>\d{{1,2}})(?:\s*月\s*|\s*[-/.]\s*)(?P<day>\d{{1,2}})(?!\s*[\d./%万亿期年号月楼栋幢-])\s*日?{_CLOCK}"
)
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")
_ONLY = re.compile(
    r"[\s\[\]()（）【】|]*(?:(?:发布|发表|更新)?(?:时间|日期|于)\s*[:：]?\s*)?"
    r"(?:[\d年月日时分秒:：/.\sTZ+-]+|刚刚|刚才|(?:今天|今日|昨天|昨日|前天)[\d:：\s]*|"
    r"[\d半一几]+\s*个?(?:秒钟?|分钟?|小时|天|日|周|星期|月|年)\s*(?:之|以)?前)[\s\[\]()（）【】|]*"
)
_TIME = re.compile(r"(?<![\d:：.-])(?P<hour>[01]?\d|2[0-3])[:：](?P<minute>[0-5]\d)(?![\d])")
_IN_PATH = re.compile(
    r"/(?P<year>20\d\d)[/_-]?(?P<month>0[1-9]|1[0-2])[/_-]?(?P<day>0[1-9]|[12]\d|3[01])(?=[/_.-])|"
    r"/t(?P<tyear>20\d\d)(?P<tmonth>\d\d)(?P<tday>\d\d)_"
)
_SECONDS = {"秒": 1, "分": 60, "小": 3600, "天": 86_400, "日": 86_400, "周": 604_800, "星": 604_800}
_DAYS_BACK = {"今": 0, "昨": 1, "前": 2}
LIMIT = 300
"""Characters of a text that are searched for a date."""


def on_page(text: str, now: datetime) -> datetime | None:
    """The aware UTC instant of a date as a page prints it beside a title, None where there is none.

    Beside the full forms: `3小时前`, `刚刚`, `昨天 10:00`, `03-08`, `3月8日 09:30` (the latest such day that is not
    ahead of `now`), `09:30` (of today, or yesterday where that is ahead), and a day before its month (`08 2026-03`), as
    lists print that set the day in large type. A day without a time is its 00:00 in Shanghai.
    """
    text = " ".join(text.split())[:LIMIT]
    if not text:
        return None
    if full := _wall(text) or _compact(text) or _iso(text) or _mail(text):
        return full
    if "刚刚" in text or "刚才" in text:
        return now
    if found := _AGO.search(text):
        return _ago(found, now)
    today = clock.day_of(now)
    if found := _NEAR.search(text):
        return _at(today - timedelta(_DAYS_BACK[found["word"][0]]), found)
    if found := _DAY_FIRST.search(text):
        return _made(int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _SHORT.search(text):
        for year in (today.year, today.year - 1):
            at = _made(year, int(found["month"]), int(found["day"]), int(found["hour"] or 0), int(found["minute"] or 0))
            if at is not None and at <= now + timedelta(days=1):
                return at
        return None
    if found := _TIME.search(text):
        at = _at(today, found)
        return at if at <= now + timedelta(minutes=10) else at - timedelta(days=1)
    return None


def only(text: str) -> bool:
    """Whether a text is a date as a page prints it, and nothing else."""
    return len(text) <= 60 and _ONLY.fullmatch(text) is not None


def of_field(text: str, now: datetime) -> datetime | None:
    """The instant of a date that stands in a field of its own, as interfaces give it: Unix seconds or milliseconds,
    `20260308`, `20260308093000`, or any form that pages print."""
    return from_number(int(text)) if re.fullmatch(r"\d{10}|\d{13}", text) else on_page(text, now)


def _compact(text: str) -> datetime | None:
    """`20260308`, `202603080930` or `20260308093000` of Shanghai's clock."""
    found = _COMPACT.fullmatch(text)
    try:
        return _aware(datetime(*(int(part or 0) for part in found.groups()), tzinfo=clock.SHANGHAI)) if found else None
    except ValueError:
        return None


def in_address(url: str) -> datetime | None:
    """The day that an article's address names (`/2026/03/08/`, `/20260308/`, `/t20260308_12.html`), its 00:00."""
    for found in _IN_PATH.finditer(url[:2_000].partition("?")[0]):
        parts = [found[name] or found[f"t{name}"] for name in ("year", "month", "day")]
        if at := _made(*map(int, parts)):
            return at
    return None


def _ago(found: re.Match[str], now: datetime) -> datetime | None:
    many = {"半": 0.5, "一": 1, "几": 3}.get(found["many"]) or float(found["many"])
    unit = found["unit"][0]
    if unit in "月年":
        many, unit = many * (30 if unit == "月" else 365), "天"
    try:
        return now - timedelta(seconds=many * _SECONDS[unit])
    except OverflowError:
        return None


def _at(day: date, found: re.Match[str]) -> datetime:
    return clock.instant(day, int(found["hour"] or 0), int(found["minute"] or 0))


def _made(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime | None:
    try:
        return clock.instant(date(year, month, day), hour, minute)
    except ValueError:
        return None
