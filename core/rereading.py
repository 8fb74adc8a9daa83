"""When a post is due to be read again (pure).

Young posts often, since their counters still run; then at the days that the bases and reports need: D+1, D+3, D+7
(the last reading that basis d7 may take) and the end of the month in which it was published (`latest` of a monthly
report). The checkpoints are read in the evening of their day, so that the reading stands for the day's end; by a
source that is not asked again that day, when it is asked.
"""

from datetime import date, datetime, timedelta

from core import clock

DAY_ONE = timedelta(hours=2)
"""Between two readings of a post in its first 24 hours."""
DAYS_TWO_AND_THREE = timedelta(hours=12)
CHECKPOINTS = (1, 3, 7)
"""Days after the publishing day."""
EVENING = 20
"""Shanghai hour from which a checkpoint is read."""
REACH = timedelta(days=32)
"""No post that is older can be due."""


def next_reading(published_at: datetime, read_at: datetime) -> datetime | None:
    """When a post last read at `read_at` is due again (aware UTC); None: never again by itself."""
    after = []
    age = read_at - published_at
    if age < timedelta(days=1):
        after.append(read_at + DAY_ONE)
    elif age < timedelta(days=3):
        after.append(read_at + DAYS_TWO_AND_THREE)
    day = clock.day_of(published_at)
    marks = [day + timedelta(n) for n in CHECKPOINTS] + [clock.Month.of(day).last]
    after += [at for mark in marks if (at := _evening(mark)) > read_at]
    return min(after, default=None)


def due(published_at: datetime, read_at: datetime, now: datetime, ahead: datetime | None = None) -> bool:
    """Whether it is time to read a post again; `ahead`: when it could be read next after now."""
    at = next_reading(published_at, read_at)
    return at is not None and _come(at, now, ahead)


def _come(at: datetime, now: datetime, ahead: datetime | None) -> bool:
    """Whether a moment has come, or will have gone by with its day when there is the next chance."""
    if at <= now:
        return True
    return ahead is not None and clock.day_of(at) == clock.day_of(now) < clock.day_of(ahead)


def urgency(published_at: datetime, read_at: datetime, now: datetime) -> tuple:
    """Sort key among the posts that are due: first those of which a checkpoint ends today, then the longest waiting."""
    today = clock.day_of(now)
    day = clock.day_of(published_at)
    last_chance = today - day == timedelta(7) or clock.Month.of(day).last == today
    return (not last_chance, next_reading(published_at, read_at) or now, published_at)


def checkpoint(published_at: datetime, now: datetime, ahead: datetime | None = None) -> bool:
    """Whether it is the evening of a day at which a post is read whatever became of it, so that one that was hidden or
    away for a while is seen again; `ahead` as for `due`."""
    day, today = clock.day_of(published_at), clock.day_of(now)
    marked = (today - day).days in CHECKPOINTS or today == clock.Month.of(day).last
    return marked and _come(_evening(today), now, ahead)


def _evening(day: date) -> datetime:
    return clock.instant(day, EVENING)
