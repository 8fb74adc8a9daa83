"""Dates as feeds, lists and pages print them."""

import calendar
import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

from core import clock

_CLOCK = (
    r"(?:[\s(（]*(?:星期|礼拜|周)[一二三四五六日天])?[\s)）T]*(?P<half>上午|下午|中午|午后|晚上|晚间|傍晚|凌晨|早上|早晨|清晨)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:：](?=\s*\d)|[时点])\s*(?P<minute>\d{1,2})?(?!\d)\s*分?"
    r"(?:(?:\s*[:：]|(?<=分))\s*(?P<second>\d{1,2})(?!\d)(?:\.\d+)?\s*秒?)?(?:\s*(?P<noon>[AP]M)\b)?"
)
"""A time of day behind its day, with a weekday or the part of the day between them."""
_WALL = re.compile(
    r"(?<!\d)(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})(?!\d(?!\d?[:：]))\s*[日号]?"
    rf"(?:{_CLOCK})?", re.IGNORECASE,
)
_ZONE = re.compile(r"(?:(?<![A-Za-z])(Z|UTC?|GMT)|([+-])(\d{2}):?(\d{2}))(?:\s+\d{4})?$", re.IGNORECASE)
_CST = re.compile(r"\bCST\b")
_NAMED = re.compile(r"(?<![A-Za-z])[A-Z]{2,5}(?:\s+\d{4})?$")


def from_text(text: str, parsed: time.struct_time | None = None) -> datetime | None:
    """The aware UTC instant of a printed date, None where it can't be read.

    A date without a zone is Shanghai wall clock, and CST is China Standard Time, not the American one. `parsed` is
    feedparser's reading of the same text, for the forms that only feedparser knows; it takes a missing zone for UTC.
    """
    text = _CST.sub("+0800", " ".join(text.split())[:100])
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
    late = timedelta(hours=12 if re.search(r"\b(?:0?[1-9]|1[01]):\d\d(?::\d\d)? ?PM\b", text, re.IGNORECASE) else 0)
    try:
        return _aware(parsedate_to_datetime(text) + late)
    except (ValueError, TypeError, OverflowError):
        return None


def _wall(text: str) -> datetime | None:
    """Chinese and slashed dates, with a zone behind them or without; the first that is possible."""
    for found in _WALL.finditer(text):
        zone = _ZONE.search(text, found.end())
        shift = timedelta(hours=int(zone[3]), minutes=int(zone[4])) if zone and zone[2] else timedelta()
        where = None
        if zone and shift < timedelta(hours=24):
            where = timezone(-shift if zone[2] == "-" else shift)
        try:
            day = datetime(int(found["year"]), int(found["month"]), int(found["day"]), tzinfo=where)
            return _aware(day + _time(found))
        except (ValueError, OverflowError):
            continue
    return None


def _time(found: re.Match[str]) -> timedelta:
    """The time of day that a match of _CLOCK says; 0:00 where there is none. Raises ValueError for what is none."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if (hour, minute, second) > (24, 0, 0) or minute > 59 or second > 60:
        raise ValueError(f"{found[0]} holds no time of day")
    half = found["half"] or (found["noon"] or "").upper()
    late = hour < 12 if half in ("下午", "午后", "傍晚", "PM") else hour <= 12 if half in ("晚上", "晚间") else False
    if late or (half == "中午" and hour < 10):
        hour += 12
    elif half in ("凌晨", "AM") and hour == 12:
        hour = 0
    return timedelta(hours=hour, minutes=minute, seconds=second)


_AGO = re.compile(r"(?P<many>\d{1,4}|半|一|几)\s*个?(?P<unit>秒钟?|分钟?|小时|天|日|周|星期|月|年)\s*(?:之|以)?前")
_NEAR = re.compile(rf"(?P<word>今天|今日|昨天|昨日|大前天|前天)(?:{_CLOCK})?", re.IGNORECASE)
_DAY_FIRST = re.compile(
    r"(?<![\d:./-])(?P<day>\d{1,2})\s+(?P<year>20\d\d)\s*[-./年]\s*(?P<month>\d{1,2})(?!\s*[-./月]?\s*\d)"
)
_SPAN = r"(?!\s*[-~～—–至到]\s*\d)"
_MONTH_DAY = re.compile(
    r"(?<![\d:./第-])(?P<month>\d{1,2})\s*月\s*(?P<day>\d{1,2})"
    r"(?:\s*日|\s*号(?![楼栋幢线路院门馆厅房室文令仓厂井船])|(?!\s*[\d./%万亿期年号月楼栋幢日-]))"
    rf"{_SPAN}(?:{_CLOCK})?", re.IGNORECASE,
)
_SHORT = re.compile(
    r"(?<![\d:./第A-Za-z-])(?P<month>\d{1,2})\s*[-/.]\s*(?P<day>\d{1,2})(?!\s*[\d./%％℃千万亿期年号月楼栋幢-])"
    r"(?![a-z分岁个次名届级层版折星颗度米元块斤克吨倍周天小条件]|人(?!民)|\s*(?:[kmgt]?b|[kwm])\b|\s+(?:分|岁|元|折|米|度)(?!\w))"
    rf"\s*日?{_SPAN}(?:{_CLOCK})?", re.IGNORECASE,
)
"""A month and its day, not a number or a span of whatever is counted."""
_COMPACT = re.compile(r"(20\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")
_ONLY = re.compile(
    r"[\s\[\]()（）【】|]*(?:(?:发布|发表|更新)?(?:时间|日期|于)\s*[:：]?\s*)?"
    r"(?:(?:[\d年月日号时分秒点:：/.\sTZ+()（）-]|(?:星期|礼拜|周)[一二三四五六日天]"
    r"|上午|下午|中午|午后|晚上|晚间|傍晚|凌晨|早上|早晨|清晨|[AP]M)+|刚刚|刚才|(?:今天|今日|昨天|昨日|大?前天)[\d:：\s上下午]*|"
    r"[\d半一几]+\s*个?(?:秒钟?|分钟?|小时|天|日|周|星期|月|年)\s*(?:之|以)?前)[\s\[\]()（）【】|]*"
)
_TIME = re.compile(
    rf"(?<![\d:：.~～—–至到-])(?<![~～—–至到-]\s)(?:{_CLOCK}){_SPAN}(?![\d:：.])", re.IGNORECASE
)
_IN_PATH = re.compile(
    r"/(?P<year>20\d\d)(?:[/_-]?(?P<month>0[1-9]|1[0-2])[/_-]?(?P<day>0[1-9]|[12]\d|3[01])"
    r"|([/_-])(?P<smonth>\d{1,2})\4(?P<sday>\d{1,2}))(?=[/_.-])|/t(?P<tyear>20\d\d)(?P<tmonth>\d\d)(?P<tday>\d\d)_"
)
_SECONDS = {"秒": 1, "分": 60, "小": 3600, "天": 86_400, "日": 86_400, "周": 604_800, "星": 604_800}
_DAYS_BACK = {"今": 0, "昨": 1, "前": 2, "大": 3}
_FIRST_YEAR = 1990
_AHEAD = timedelta(hours=26)
"""How far ahead a day without its year may be: clocks are set wrong, and lists announce the next day's paper."""
CLOCK, DAY, SURE = 1, 2, 3
"""How much a printed date says: a time of day only, a day without its year, or all that is to be known."""
LIMIT = 300
"""Characters of a text that are searched for a date."""


def on_page(text: str, now: datetime) -> datetime | None:
    """The aware UTC instant of a date as a page prints it beside a title, None where there is none.

    Beside the full forms: `3小时前`, `刚刚`, `昨天 10:00`, `03-08`, `3月8日 09:30` (the latest such day that is no more
    than 26 hours ahead of `now`), `09:30` (of today, or yesterday where that is ahead), and a day before its month
    (`08 2026-03`), as lists print that set the day in large type. A day without a time is its 00:00 in Shanghai, CST is
    China Standard Time. A full date that can't be, or of before 1990, is none.
    """
    found = _read(text, now)
    return found[1] if found else None


def chosen(pieces: Iterable[str], now: datetime, least: int = CLOCK) -> tuple[str, datetime] | None:
    """The piece that says most of a date (at least `least`: CLOCK, DAY or SURE), the first of such, and its instant: a
    film's length may look like a time of day, and a page's number like a day."""
    found = [(read[0], piece, read[1]) for piece in pieces if (read := _read(piece, now)) and read[0] >= least]
    best = max(found, key=lambda one: one[0], default=None)
    return best[1:] if best else None


def _read(text: str, now: datetime) -> tuple[int, datetime] | None:
    """What a text says of a date, and how much that is. A full date that can't be is none, and hides no other."""
    text = _CST.sub("+0800", " ".join(text.split())[:LIMIT])
    if not text:
        return None
    full = _wall(text) or _compact(text) or _iso(text) or _mail(text)
    if full or _WALL.search(text):
        return (SURE, full) if full and full.year >= _FIRST_YEAR else None
    if "刚刚" in text or "刚才" in text:
        return SURE, now
    try:
        return _relative(text, now) or _partial(text, now)
    except ValueError:
        return None


def _relative(text: str, now: datetime) -> tuple[int, datetime] | None:
    """Dates told from today, and days in large type before their month. Raises ValueError for one that can't be."""
    if found := _AGO.search(text):
        at = _ago(found, now)
    elif found := _NEAR.search(text):
        at = clock.instant(clock.day_of(now) - timedelta(_DAYS_BACK[found["word"][0]])) + _time(found)
    elif found := _DAY_FIRST.search(text):
        at = _made(int(found["year"]), int(found["month"]), int(found["day"]))
    else:
        return None
    return (SURE, at) if at else None


def _partial(text: str, now: datetime) -> tuple[int, datetime] | None:
    """Days without a year, and times without a day. Raises ValueError for one that can't be."""
    today = clock.day_of(now)
    if found := _MONTH_DAY.search(text) or _SHORT.search(text):
        for year in (today.year + 1, today.year, today.year - 1):
            day = _made(year, int(found["month"]), int(found["day"]))
            if day is not None and day + _time(found) <= now + _AHEAD:
                return DAY, day + _time(found)
    elif (found := _TIME.search(text)) and found["minute"]:
        at = clock.instant(today) + _time(found)
        return CLOCK, at if at <= now + timedelta(minutes=10) else at - timedelta(days=1)
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
    """The day that an article's address names (`/2026/03/08/`, `/2026/3/8/`, `/20260308/`, `/t20260308_12.html`), its
    00:00."""
    for found in _IN_PATH.finditer(url[:2_000].partition("?")[0]):
        year, month, day = (
            found["year"] or found["tyear"], found["month"] or found["smonth"] or found["tmonth"],
            found["day"] or found["sday"] or found["tday"],
        )
        if at := _made(int(year), int(month), int(day)):
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


def _made(year: int, month: int, day: int) -> datetime | None:
    try:
        return clock.instant(date(year, month, day))
    except ValueError:
        return None
