"""How much room the captures will take: a forecast of bytes on disk from what came in day by day. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

DAYS = 56
"""Days whose arrivals a forecast rests on."""
LEAST = 14
"""Days with which there is a forecast at all."""
Z = 1.2816
"""Of 80 %."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Bytes on disk `day` days from now, with a band of 80 %."""

    day: int
    value: float
    low: float
    high: float


def ahead(now: float, daily: Sequence[float], leaving: Sequence[float], days: Sequence[int]) -> list[Ahead]:
    """Bytes on disk at so many days from now. `now`: today's; `daily`: bytes that came in on each of the last days, the
    newest last; `leaving`: bytes that the rule takes out on each day from tomorrow on. Days are taken to be alike and
    independent, and their mean to be known as well as so many days tell it, so that the band widens with the time that
    is looked ahead. Empty with fewer than LEAST days."""
    known = list(daily)[-DAYS:]
    if len(known) < LEAST:
        return []
    mean = math.fsum(known) / len(known)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in known) / (len(known) - 1))
    out = []
    for day in days:
        value = now + mean * day - math.fsum(leaving[:day])
        band = Z * spread * math.sqrt(day + day * day / len(known))
        out.append(Ahead(day, max(value, 0.0), max(value - band, 0.0), value + band))
    return out


def full_in(now: float, free: float, daily: Sequence[float]) -> int | None:
    """Days until so many free bytes are used up at the pace of the last days; None where they are not, or too few days
    are known."""
    known = list(daily)[-DAYS:]
    mean = math.fsum(known) / len(known) if len(known) >= LEAST else 0.0
    return int(free / mean) if mean > 0 else None
