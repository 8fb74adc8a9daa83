"""Days that stand out of a series."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

FEWEST = 7
"""Known values below which nothing is called unusual."""
THRESHOLD = 3.5
"""Modified z-score after Iglewicz and Hoaglin (1993): 0.6745 · (x − median) / MAD."""
TIMES = 2.0
"""And at least so many times the median, so that an even series has no outliers."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """An unusually high value: its place in the series, the value, the series' median, value / median (or None)."""

    place: int
    value: float
    usual: float
    times: float | None


def outliers(values: Sequence[float | None]) -> list[Outlier]:
    """The unusually high values, the largest first. Missing values are left out, not taken as 0."""
    known = [v for v in values if v is not None]
    if len(known) < FEWEST:
        return []
    usual = median(known)
    spread = median(abs(v - usual) for v in known)
    found = [
        Outlier(i, v, usual, v / usual if usual else None)
        for i, v in enumerate(values)
        if v is not None and v > usual and v >= TIMES * usual and 0.6745 * (v - usual) > THRESHOLD * spread
    ]
    return sorted(found, key=lambda o: (-o.value, o.place))
