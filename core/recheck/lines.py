"""What is known of one thing, as its observations say one after the other (pure).

An observation says some values at a moment; what it says nothing of stays as it was. Of two at one moment, the one that
came later counts. What is stored is a row wherever that changes something: no row without an observation, none without
a change, and none of what was seen left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import clock

TOGETHER = timedelta(milliseconds=1)
"""Moments that lie no further apart are one: interfaces round."""
TICKS = timedelta(milliseconds=1)
"""Rows beside one of the same moment are set apart by microseconds."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """One observation: `order` is (capture, place in it), `values` what it says, by name."""

    at: datetime
    order: tuple[int, int]
    values: Values
    locator: str = ""
    day: Any = None


@dataclass(frozen=True, slots=True)
class Held:
    """One stored row. `values` without those that are missing · `day`: the day that it is said to be of, where it says
    one."""

    id: int
    at: datetime
    values: Values
    capture: int | None
    day: Any = None


@dataclass(frozen=True, slots=True)
class Moment:
    """All observations of one moment: `states` is what is known after each of them, `before` what was known until
    then."""

    first: datetime
    last: datetime
    seen: tuple[Seen, ...]
    states: tuple[Values, ...]
    before: Values

    @property
    def state(self) -> Values:
        return self.states[-1]

    @property
    def day(self) -> Any:
        return self.seen[-1].day


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is not right with a line. `kind`: altered, invented, dropped · `row`: the stored row's id, None where there
    is none · `stored` and `expected`: the values that differ."""

    kind: str
    at: datetime
    row: int | None
    stored: Values
    expected: Values
    seen: Seen | None


def moments(seen: Sequence[Seen]) -> list[Moment]:
    """What is known at each moment, in the order of time."""
    together: list[list[Seen]] = []
    for one in sorted(seen, key=lambda one: (one.at, one.order)):
        if together and one.at - together[-1][-1].at <= TOGETHER:
            together[-1].append(one)
        else:
            together.append([one])
    found: list[Moment] = []
    known: Values = {}
    for group in together:
        before, states = known, []
        group.sort(key=lambda one: one.order)
        for one in group:
            known = {**known, **one.values}
            states.append(known)
        ats = [one.at for one in group]
        found.append(Moment(min(ats), max(ats), tuple(group), tuple(states), before))
    return found


def flaws(known: Sequence[Moment], held: Sequence[Held]) -> Iterator[Flaw]:
    """Where the stored rows are not what the observations make of them. `held`: in any order."""
    rows = sorted(held, key=lambda row: (row.at, row.id))
    captures = {one.order[0] for moment in known for one in moment.seen}
    history: dict[str, list[Any]] = {}
    newest = at = 0
    for number, moment in enumerate(known):
        end = moment.last + TICKS
        if number + 1 < len(known):
            end = min(end, known[number + 1].first - timedelta(microseconds=1))
        while at < len(rows) and rows[at].at < moment.first:
            yield _invented(rows[at])
            at += 1
        own = []
        while at < len(rows) and rows[at].at <= end:
            own.append(rows[at])
            at += 1
        for one in moment.seen:
            for name, value in one.values.items():
                history.setdefault(name, []).append(value)
        yield from _of_moment(moment, own, captures, history, newest)
        newest = max(newest, *(one.order[0] for one in moment.seen))
    for row in rows[at:]:
        yield _invented(row)


def _of_moment(moment: Moment, own: Sequence[Held], captures: set[int], history: Mapping[str, Sequence[Any]],
               newest: int) -> Iterator[Flaw]:
    """`history`: all that was said of each value up to this moment · `newest`: the last capture that told of an earlier
    moment."""
    if not own:
        if moment.state != moment.before:
            yield Flaw("dropped", moment.last, None, {}, differing(moment.state, moment.before), moment.seen[-1])
        return
    stood, before = moment.before, None
    for number, row in enumerate(own):
        last = number + 1 == len(own)
        if row.values == stood and ((row.capture or 0) >= newest or (before and before.capture == row.capture)):
            # Nothing changed, so there was nothing to be stored; but for what came late of an earlier moment.
            yield _invented(row)
        elif last and row.values != moment.state:
            yield Flaw("altered", row.at, row.id, differing(row.values, moment.state),
                       differing(moment.state, row.values), moment.seen[-1])
        elif not last and (never := _never(row.values, history)):
            # One that another of the moment took the place of: it may lack what came late of an earlier moment.
            yield Flaw("altered", row.at, row.id, never, {name: moment.state.get(name) for name in never},
                       moment.seen[-1])
        elif row.capture not in captures:
            yield Flaw("altered", row.at, row.id, {"capture": row.capture}, {"capture": moment.seen[-1].order[0]},
                       moment.seen[-1])
        elif row.day is not None and row.day not in (clock.day_of(row.at), *(one.day for one in moment.seen)):
            yield Flaw("altered", row.at, row.id, {"day": row.day}, {"day": moment.day}, moment.seen[-1])
        stood, before = row.values, row


def _never(values: Values, history: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What was never said."""
    return {name: value for name, value in values.items() if value not in history.get(name, ())}


def _invented(row: Held) -> Flaw:
    return Flaw("invented", row.at, row.id, row.values, {}, None)


def differing(of: Values, other: Values) -> dict[str, Any]:
    """What the first says otherwise than the second; what only the second has is None."""
    return {name: of.get(name) for name in {**of, **other} if of.get(name) != other.get(name)}
