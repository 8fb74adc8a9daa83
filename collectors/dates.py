"""Dates as feeds and lists print them."""

import calendar
import re
import time
from datetime import UTC, datetime, timedelta, timezone
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
