"""When an export was made: by what its name or its workbook says, where that can be. Pure."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from core import clock

_DATE = re.compile(
    r"(?<!\d)(20\d{2})(?:(\d{2})(\d{2})(?:\d{4}|\d{6})?(?!\d)|[-_.年](\d{1,2})[-_.月](\d{1,2})(?!\d))"
)
_MONTH = re.compile(r"(?<!\d)(20\d{2})(?:[-_.年](\d{1,2})(?:月|(?![-_.\d]))|(\d{2})(?!\d))")
SAVED = "工作簿的保存时间"
"""How a moment was found that is known to the second; all others are known by their day."""
_PROPERTIES = "docProps/core.xml"
_SMALL = 100_000


def moment_of(day: date, now: datetime) -> datetime:
    """The moment of an export made on a day: its end in Shanghai, or now."""
    return min(now, clock.instant(day + timedelta(days=1)) - timedelta(seconds=1))


def dates_in(name: str) -> list[date]:
    """The dates that a file's name states."""
    out = []
    for year, *parts in _DATE.findall(name):
        month, day = parts[:2] if parts[0] else parts[2:]
        try:
            out.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue  # eight digits that are no date
    return out


def month_in(name: str) -> date | None:
    """The last day of the month that a name states: `2026年3月`, `2026-03`, `202603`."""
    if found := _MONTH.search(name):
        month = int(found[2] or found[3])
        if 1 <= month <= 12:
            return date(int(found[1]) + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return None


def suggest(name: str, body: bytes, newest: datetime | None, now: datetime) -> tuple[datetime, str]:
    """(moment, how it was found) of the export; now when nothing plausible is stated. `newest` is the latest time of
    anything in the file: an export can't be older."""
    candidates: list[tuple[datetime, str]] = []
    if stated := dates_in(name):
        words = "文件名中的日期范围" if len(stated) > 1 else "文件名中的日期"
        candidates.append((clock.instant(max(stated) + timedelta(days=1)) - timedelta(seconds=1), words))
    saved = modified(body)
    if saved is not None and (not candidates or saved >= clock.instant(max(stated))):
        candidates.insert(0, (saved, SAVED))
    for at, words in candidates:
        if clock.day_of(at) == clock.day_of(now):
            at = min(at, now)
        if at <= now and (newest is None or at >= newest):
            return at, words
    return now, ""


def modified(body: bytes) -> datetime | None:
    """When an xlsx says that it was saved last."""
    if body[:2] != b"PK":
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if _PROPERTIES not in archive.namelist() or archive.getinfo(_PROPERTIES).file_size > _SMALL:
                return None
            root = fromstring(archive.read(_PROPERTIES))
        for node in root:
            if node.tag.endswith("}modified"):
                at = datetime.fromisoformat((node.text or "").strip())
                return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (zipfile.BadZipFile, DefusedXmlException, ParseError, ValueError, OSError, OverflowError):
        return None  # a property that can't be read says nothing
    return None


_PERIODS = (("day", ("日榜", "日报", "每日")), ("week", ("周榜", "周报", "每周")), ("month", ("月榜", "月报", "每月")))


def period_of(words: str) -> tuple[str, date | None]:
    """(day, week or month; its last day or None) of a board by the file's name and the titles above its header."""
    period = next((code for code, said in _PERIODS if any(word in words for word in said)), "")
    stated = dates_in(words)
    month = month_in(words) if not stated else None
    until = max(stated) if stated else month
    return period or ("month" if month else "day"), until
