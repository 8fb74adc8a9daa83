"""Words that both kinds of facts share."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from core import clock


def at(moment: datetime) -> str:
    """`2026年11月28日10:20`."""
    there = clock.local(moment)
    return f"{there.year}年{there.month}月{there.day}日{there:%H:%M}"


def day(one: date) -> str:
    return f"{one.month}月{one.day}日"


def span(days: Sequence[date]) -> str:
    """Days in order, the first and the last of many."""
    if len(days) < 3:
        return "、".join(map(day, days))
    return f"{day(days[0])}至{day(days[-1])}间{len(days)}天"


def cut(text: str, most: int = 24) -> str:
    """The beginning of a text in one line, with …… where it goes on."""
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 2]}……"


def quoted(line: str) -> list[str]:
    """What stands in quotation marks."""
    return re.findall(r"“([^”]+)”", line)
