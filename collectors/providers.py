"""What services that are paid by the item, and providers of WeChat figures, have in common."""

from calendar import monthrange
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.base import Desk, whole
from core import clock
from core.counts import AT_LEAST, CAPPED_READ, Count
from core.faults import Fault
from core.records import SourceSpec

_NO_CEILING = 1 << 40


def whole_option(source: SourceSpec, name: str, label: str, least: int, most: int, otherwise: int) -> int:
    """An option of a source that is a whole number. Raises Fault STOP for what is none, or out of bounds."""
    text = str(source.config.get(name, "")).strip()
    if not text:
        return otherwise
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Fault("STOP", f"采集源的选项不对：{label}应为 {least} 到 {most:,} 的整数")
    return int(text)


async def afford(desk: Desk, what: str, month: int, least: int) -> None:
    """Go on only while today's share of a month's ceiling (0: none; spread over the month's days, no less than `least`)
    is not used up. What is asked next may pass it by one page. Raises Fault QUOTA."""
    today = clock.day_of(desk.now)
    share = max(month // monthrange(today.year, today.month)[1], least) if month else _NO_CEILING
    await desk.spend(what, share - 1, n=0)


async def charged(desk: Desk, what: str, n: int) -> None:
    """Count what an answer cost, before it is stored: whatever happens next, it was charged."""
    await desk.spend(what, _NO_CEILING, n=n)


def capped(value: Any) -> Count:
    """A number of times as providers give it: 100001 is WeChat's 10万+, a lower bound. Raises ValueError."""
    number = whole(value)
    return Count(CAPPED_READ, AT_LEAST) if number >= CAPPED_READ else Count(number)


def article_id(url: str, otherwise: str = "") -> str:
    """The id of an article by its address: `mid_idx`, which the official interface calls msgid, so that an article that
    two sources know is one post; `otherwise`, or the address itself, where it has no such parts (a short link)."""
    try:
        parts = parse_qs(urlsplit(url.replace("&amp;", "&")).query)
    except ValueError:
        parts = {}
    mid, idx = parts.get("mid", [""])[0], parts.get("idx", [""])[0]
    return f"{mid}_{idx}" if mid.isdecimal() and idx.isdecimal() else otherwise or url
