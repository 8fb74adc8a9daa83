"""Ranks: ties share a rank, the order does not depend on the order of input, uncertain neighbours are named."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Entry(Generic[K]):
    """What is ranked: its key, its value (None: not ranked, last), and between what bounds the truth lies."""

    key: K
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Place(Generic[K]):
    """One place of a ranking. `indistinct`: the bounds overlap with those of an entry of another value (不可区分)."""

    key: K
    value: float | None
    rank: int | None
    indistinct: bool = False


def rank(entries: Sequence[Entry[K]], decimals: int | None = None) -> list[Place[K]]:
    """Places from the greatest value down: equal values share a rank and the next rank counts them (1, 2, 2, 4).

    `decimals`: values are compared as published, rounded to so many decimals. Entries of equal value stand in the
    order of their keys, so that the result is the same for every order of input. Entries without a value come last
    and have no rank.
    """
    def shown(value: float) -> float:
        return value if decimals is None else round(value, decimals)

    known = sorted((e for e in entries if e.value is not None), key=lambda e: (-shown(e.value), e.key))
    unknown = sorted((e for e in entries if e.value is None), key=lambda e: e.key)
    uncertain = _overlapping(known, [shown(e.value) for e in known])
    places: list[Place[K]] = []
    current = 0
    for number, entry in enumerate(known, start=1):
        if number == 1 or shown(entry.value) != shown(known[number - 2].value):
            current = number
        places.append(Place(entry.key, entry.value, current, uncertain[number - 1]))
    return places + [Place(e.key, None, None) for e in unknown]


def _overlapping(known: Sequence[Entry[K]], values: Sequence[float]) -> list[bool]:
    """For entries from the top down: whether the bounds reach those of an entry with another value."""
    low = [v if e.low is None else min(e.low, v) for e, v in zip(known, values, strict=True)]
    high = [v if e.high is None else max(e.high, v) for e, v in zip(known, values, strict=True)]
    groups: list[tuple[int, int]] = []
    for i, value in enumerate(values):
        if i and values[groups[-1][0]] == value:
            groups[-1] = (groups[-1][0], i + 1)
        else:
            groups.append((i, i + 1))
    flags = [False] * len(known)
    least_above: float | None = None
    for first, end in groups:
        for i in range(first, end):
            flags[i] = least_above is not None and high[i] >= least_above
        least_above = min(low[first:end] + ([] if least_above is None else [least_above]))
    most_below: float | None = None
    for first, end in reversed(groups):
        for i in range(first, end):
            flags[i] = flags[i] or (most_below is not None and low[i] <= most_below)
        most_below = max(high[first:end] + ([] if most_below is None else [most_below]))
    return flags


@dataclass(frozen=True, slots=True)
class Move:
    """Change of rank since the previous period: `steps` > 0 is up; None when there is no earlier or present rank."""

    steps: int | None
    new: bool = False

    @property
    def words(self) -> str:
        """`↑3`, `↓2`, `－`, `新`, or a dash."""
        if self.new:
            return "新"
        if self.steps is None:
            return "—"
        return "－" if self.steps == 0 else f"{'↑' if self.steps > 0 else '↓'}{abs(self.steps)}"


def move(now: int | None, before: int | None, existed: bool) -> Move:
    """The move from rank `before` to rank `now`. `existed`: a ranking of the previous period exists at all."""
    if now is None or not existed:
        return Move(None)
    return Move(None, new=True) if before is None else Move(before - now)


def moves(now: Mapping[K, int | None], before: Mapping[K, int | None]) -> dict[K, Move]:
    """The move of every key of `now`."""
    existed = any(rank is not None for rank in before.values())
    return {key: move(rank, before.get(key), existed) for key, rank in now.items()}
