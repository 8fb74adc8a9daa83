"""When an account publishes: by weekday and hour, its longest silence, and the two-week rule."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from core.clock import local

STALE_DAYS = 14
"""国办秘函〔2019〕19号: an account without an update for two weeks before the check fails it."""
WARN_DAYS = (7, 10)
"""When to be reminded before that."""

Freshness = Literal["ok", "notice", "warning", "stale", "unknown"]


def heat(published: Iterable[datetime]) -> list[list[int]]:
    """Posts by weekday (0 Monday) and Shanghai hour, as 7 lists of 24. Raises ValueError for a naive instant."""
    cells: Counter[tuple[int, int]] = Counter()
    for at in published:
        if at.tzinfo is None:
            raise ValueError("a naive datetime has no business hour")
        there = local(at)
        cells[there.weekday(), there.hour] += 1
    return [[cells[weekday, hour] for hour in range(24)] for weekday in range(7)]


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of days without a post, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def longest_gap(active: Iterable[date], first: date, last: date) -> Gap | None:
    """The longest run of days without a post between first and last; the earliest of equals; None without a gap."""
    best: Gap | None = None
    expected = first
    for day in [*sorted({d for d in active if first <= d <= last}), last + timedelta(1)]:
        if day > expected:
            gap = Gap(expected, day - timedelta(1))
            best = gap if best is None or gap.days > best.days else best
        expected = day + timedelta(1)
    return best


def silent_days(last_post: date | None, today: date) -> int | None:
    """Whole days since the last post; 0 on the day itself; None where no post is known."""
    return None if last_post is None else (today - last_post).days


def freshness(last_post: date | None, today: date) -> Freshness:
    """How the two-week rule sees it: stale after more than 14 silent days, with notices from 7 and 10 days."""
    silent = silent_days(last_post, today)
    if silent is None:
        return "unknown"
    if silent > STALE_DAYS:
        return "stale"
    if silent >= WARN_DAYS[1]:
        return "warning"
    return "notice" if silent >= WARN_DAYS[0] else "ok"


FRESHNESS_WORDS: dict[Freshness, str] = {
    "ok": "正常", "notice": "已 7 天以上未更新", "warning": "已 10 天以上未更新，请提醒",
    "stale": "超过 14 天未更新（单项否决）", "unknown": "没有发布记录",
}
