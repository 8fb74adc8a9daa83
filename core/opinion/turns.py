"""Turning points of a series of daily counts: where it rises, where it stands highest, where it falls, where what was
quiet comes up again. Against the mean of the days just before, so that a slow change is none.

A day of which nothing is known (None) is left out, and is nobody's neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BEFORE = 3
"""Days before that a day is held against."""
TIMES = 2.0
"""Times the mean of the days before from which a day is a rise; the other way round, a fall."""
LEAST = 5
"""Items of a day, or of the mean before it, from which a change is one."""
QUIET, AGAIN = 3, 3
"""Days without any item after which so many are a return."""
WORDS = {"rise": "升温", "peak": "峰值", "fall": "回落", "again": "再起"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which a series turned: `value` on it, `before`: the mean of the days before (of a peak: of all)."""

    day: date
    kind: str
    value: int
    before: float

    @property
    def words(self) -> str:
        """What happened, with the figures that say so."""
        match self.kind:
            case "rise":
                return f"当日 {self.value} 条，为前几日均值（{self.before:.1f} 条）的 {self.value / self.before:.1f} 倍"
            case "fall":
                return f"当日 {self.value} 条，降至前几日均值（{self.before:.1f} 条）的一半以下"
            case "again":
                return f"沉寂 {QUIET} 天以上后，当日又有 {self.value} 条"
            case _:
                return f"当日 {self.value} 条，为各日最高"


def turns(series: Sequence[tuple[date, int | None]]) -> list[Turn]:
    """The turning points in order of time. Of rises, and of falls, in a row the first; one peak, of equals the
    earliest, where there are several days and it has two items or more."""
    known = [(day, value) for day, value in series if value is not None]
    several = len(known) > 1
    while known and not known[0][1]:  # days before the first item say nothing of a change
        known.pop(0)
    out: list[Turn] = []
    for nth, (day, value) in enumerate(known):
        earlier = [one for _, one in known[max(0, nth - BEFORE) : nth]]
        mean = sum(earlier) / len(earlier) if earlier else 0.0
        kind = _kind(value, mean, earlier)
        if kind and not (out and out[-1].kind == kind and kind != "again"):
            out.append(Turn(day, kind, value, mean))
    top = max((value for _, value in known), default=0)
    if several and top >= 2:
        day = next(day for day, value in known if value == top)
        out.append(Turn(day, "peak", top, sum(value for _, value in known) / len(known)))
    return sorted(out, key=lambda one: (one.day, one.kind != "peak"))


def _kind(value: int, mean: float, earlier: Sequence[int]) -> str:
    if value >= AGAIN and len(earlier) >= QUIET and not any(earlier):
        return "again"
    if mean and value >= LEAST and value >= TIMES * mean and value > earlier[-1]:
        return "rise"
    if mean >= LEAST and value <= mean / TIMES:
        return "fall"
    return ""
