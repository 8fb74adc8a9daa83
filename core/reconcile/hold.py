"""Two values of one thing by two sources: whether they agree, differ, or can't be told yet (pure).

A counter that grows is held against what we read before and after the moment that the other source speaks of: ours
before ≤ theirs ≤ ours after is agreement. It may be out by what platforms clear away (core.counts: one in a hundred, or
three), and bounds count as bounds: 10万+ is 100 001 or more, 1.2万 is 12 000 ± 500. What is settled has to be equal.
Where nothing was read after that moment, growth may explain what is more; a week after publishing (清博's own rule
takes the figures of the seventh day) it explains no more than a fifth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.counts import AT_LEAST, CAPPED_READ, FALL_LEAST, FALL_SHARE, MISSING, Count, tolerated

AGREE, DIFFER, OPEN = "agree", "differ", "open"
"""What can come of it. OPEN: nothing was read after (or before) that moment, so that growth may explain it."""


SETTLED = timedelta(7)
GROWTH = 0.2
"""How much more than ours a counter may be, so long after publishing, where we have read nothing since."""


@dataclass(frozen=True, slots=True)
class Around:
    """What we knew of a counter around a moment that may be known by its day alone: the last value before it, the
    first one after it, and the last one within it. A missing count: none was read."""

    before: Count
    after: Count
    within: Count = MISSING

    @property
    def known(self) -> bool:
        return not (self.before.missing and self.after.missing and self.within.missing)

    @property
    def nearest(self) -> Count:
        """The one to show beside the other source's."""
        for count in (self.before, self.within, self.after):
            if not count.missing:
                return count
        return MISSING


def around(readings: Sequence[tuple[datetime, Count]], earliest: datetime, latest: datetime,
           seen: datetime | None = None) -> Around:
    """What these readings, in the order of time, knew around a moment that lies between the two. They are kept where
    something changes: `seen` is when the thing was looked at last, and until then it was as the last one says."""
    before = after = within = MISSING
    for at, count in readings:
        if count.missing:
            continue
        if at <= earliest:
            before = count
        elif at <= latest:
            within = count
        if at >= latest and after.missing:
            after = count
    found = Around(before, after, within)
    if after.missing and seen is not None and seen >= latest:
        found = replace(found, after=within if not within.missing else before)
    return found


def cumulative(theirs: Count, ours: Around, mature: bool = False) -> tuple[str, Count]:
    """(what comes of it, the value of ours that it was judged by) for a counter that only grows. `mature`: it is so
    long after publishing that it hardly grows any more."""
    if not tolerated(ours.before, theirs):
        return DIFFER, ours.before
    if not ours.after.missing and not tolerated(theirs, ours.after):
        return DIFFER, ours.after
    for bound in (ours.after, ours.within):
        if not bound.missing and tolerated(theirs, bound) and (not ours.before.missing or _near(theirs, bound)):
            return AGREE, ours.nearest
    if not ours.before.missing and _near(theirs, ours.before):
        return AGREE, ours.before
    last = ours.within if not ours.within.missing else ours.before
    if mature and last.exact and theirs.exact and theirs.value > last.value * (1 + GROWTH) + FALL_LEAST:
        return DIFFER, last
    return OPEN, ours.nearest


def settled(theirs: Count, ours: Count) -> str:
    """The same of what no longer changes: bounds have to meet."""
    low, high = _bounds(theirs)
    mine_low, mine_high = _bounds(ours)
    meets = (high is None or mine_low <= high) and (mine_high is None or low <= mine_high)
    return AGREE if meets else DIFFER


def moving(theirs: Count, ours: Count, allowed: int = 0) -> str:
    """The same of a level that was not over when one of the two was read (followers during the day): `allowed` is how
    far it is known to have moved; further apart, it can't be told."""
    slack = max(theirs.slack, 0) + max(ours.slack, 0) + max(allowed, FALL_LEAST, ours.value * FALL_SHARE)
    if settled(theirs, ours) == AGREE or abs(theirs.value - ours.value) <= slack:
        return AGREE
    return OPEN


def capped(count: Count) -> Count:
    """A count of reads as providers keep it: 10万+ as 100 001."""
    if count.value is None or count.value < CAPPED_READ:
        return count
    return Count(CAPPED_READ)


def difference(theirs: Count, ours: Count) -> int | None:
    """Theirs less ours; None where one of them is missing or a bound that says no number."""
    if theirs.value is None or ours.value is None or AT_LEAST in (theirs.slack, ours.slack):
        return None
    return theirs.value - ours.value


def _near(theirs: Count, ours: Count) -> bool:
    return tolerated(theirs, ours) and tolerated(ours, theirs)


def _bounds(count: Count) -> tuple[int, int | None]:
    if count.slack < 0:
        return count.value, None
    return count.value - count.slack, count.value + count.slack
