"""How much of what could be heard in a period was: the days of the sources of mentions on which a run went well.

What a run hears lies before it: it speaks for the time since it was due last, and as far back as what it brought for
the first time reaches. A report may say that nothing was said only where enough was heard.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, labels
from core.clock import day_of, days
from core.metrics.growth import share
from core.models import Capture, Mention, Platform, Run, Source
from core.notices import serves_platform
from core.periods import Period
from core.query.opinion import spoken_on

ENOUGH = 0.8
"""Share of the source-days from which on silence is silence, and periods may be compared."""
GOOD = ("ok", "unchanged", "partial")
"""States of runs that heard."""
BACK = timedelta(days=7)
"""A run speaks for no longer than that before it, and sources that are asked more seldom are not expected daily."""
LAG = timedelta(hours=6)
"""A run at the beginning of a day has heard next to nothing of that day."""
NOON = timedelta(hours=12)
COLUMNS = ("source_id", "name", "platform", "way", "expected", "heard", "mentions", "missed")


@dataclass(frozen=True, slots=True)
class Heard:
    """`sources`: COLUMNS, those with most missed days first, then most mentions; `expected` (0: nothing can be expected
    of it daily) and `heard` are days, `missed` the days that are lacking. `days`: day → source-days expected, heard."""

    sources: pd.DataFrame
    days: Mapping[date, tuple[int, int]]

    @property
    def expected(self) -> int:
        return sum(expected for expected, _ in self.days.values())

    @property
    def heard(self) -> int:
        return sum(heard for _, heard in self.days.values())

    @property
    def share(self) -> float | None:
        """None where nothing could be expected."""
        return share(self.heard, self.expected)

    @property
    def enough(self) -> bool:
        return self.share is not None and self.share >= ENOUGH

    @property
    def deaf(self) -> tuple[date, ...]:
        """Days of which something was expected and nothing heard."""
        return tuple(day for day, (expected, heard) in self.days.items() if expected and not heard)


def coverage(session: Session, period: Period, now: datetime) -> float | None:
    """The share of the expected source-days of a period that were heard; None where none were expected."""
    return heard(session, period.first, period.last, now).share


def heard(session: Session, first: date, last: date, now: datetime) -> Heard:
    """What was heard between two Shanghai days, both included; days to come are not expected, nor is today before
    noon."""
    span = days(first, min(last, day_of(now if now - clock.instant(day_of(now)) >= NOON else now - NOON)))
    sources = [one for one in session.execute(select(Source).order_by(Source.id)).scalars()
               if one.account_id is None and not serves_platform(one)]
    spoken = _spoken(session, first, last)
    began, ended = _lives(session)
    asked = [one for one in sources if one.id in began and _daily(one)]
    runs = _runs(session, asked, span)
    rows, tally = [], {day: [0, 0] for day in span}
    platforms = dict(session.execute(select(Platform.code, spoken_on(Platform.code))).all())
    for one in sources:
        own = spoken.get(one.id, {})
        expected = []
        if one in asked:
            until = span[-1] if one.enabled and span else ended[one.id]
            expected = [day for day in span if began[one.id] <= day <= until]
        if not expected and not own:
            continue
        missed = tuple(day for day in expected if day not in own and day not in runs[one.id])
        for day in expected:
            tally[day][0] += 1
            tally[day][1] += day not in missed
        rows.append((one.id, one.name, platforms.get(one.platform, one.platform) or "—",
                     labels.COLLECTORS.get(one.collector, one.collector), len(expected), len(expected) - len(missed),
                     sum(own.values()), missed))
    rows.sort(key=lambda row: (-len(row[7]), -row[6], row[0]))
    return Heard(pd.DataFrame(rows, columns=list(COLUMNS)), {day: (a, b) for day, (a, b) in tally.items()})


def _daily(source: Source) -> bool:
    """Whether something can be expected of it every day."""
    return (source.collector not in ("file", *labels.PASSIVE)
            and timedelta(seconds=source.period_seconds) <= BACK)


def _spoken(session: Session, first: date, last: date) -> dict[int, dict[date, int]]:
    """Mentions by source and day."""
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for source, day, number in session.execute(
        select(Mention.source_id, Mention.day, func.count()).where(Mention.day.between(first, last))
        .group_by(Mention.source_id, Mention.day)
    ):
        found[source][day] = number
    return found


def _lives(session: Session) -> tuple[dict[int, date], dict[int, date]]:
    """The days of every source's first and last run; of the first one, what it speaks for."""
    rows = session.execute(select(Run.source_id, func.min(Run.started_at), func.max(Run.started_at)).where(
        Run.source_id.is_not(None)).group_by(Run.source_id)).all()
    return {id_: day_of(first - LAG) for id_, first, _ in rows}, {id_: day_of(last) for id_, _, last in rows}


def _runs(session: Session, sources: Sequence[Source], span: Sequence[date]) -> dict[int, set[date]]:
    """By source, the days that its runs speak for."""
    told: dict[int, set[date]] = {one.id: set() for one in sources}
    if not span:
        return told
    periods = {one.id: timedelta(seconds=one.period_seconds) for one in sources}
    reach = _reach(session, list(told), span)
    begin, end = clock.instant(span[0]), clock.instant(span[-1] + timedelta(1)) + BACK
    for id_, source, at in session.execute(
        select(Run.id, Run.source_id, Run.started_at)
        .where(Run.source_id.in_(told), Run.state.in_(GOOD), Run.started_at >= begin, Run.started_at < end)
    ):
        period = periods[source]
        last = day_of(at - min(period / 2, LAG))
        first = min(day_of(at - period), last)
        oldest = reach.get(id_)
        if oldest is not None:
            first = min(first, max(oldest, day_of(at - BACK)))
        if first == last:
            told[source].add(last)
        else:
            told[source].update(days(first, last))
    return told


def _reach(session: Session, sources: Sequence[int], span: Sequence[date]) -> dict[int, date]:
    """By run, the oldest day, from a week before the span on, of what it brought."""
    return dict(session.execute(
        select(Capture.run_id, func.min(Mention.day)).join(Capture, Capture.id == Mention.capture_id)
        .where(Mention.day.between(span[0] - BACK, span[-1]), Mention.source_id.in_(sources),
               Capture.run_id.is_not(None)).group_by(Capture.run_id)).all())
