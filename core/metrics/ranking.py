"""Ranks: ties share a rank, the order does not depend on the order of input, uncertain neighbours are named."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

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
    entries = sorted(entries, key=lambda e: e.key)
    value, low, high = (np.array([getattr(e, name) for e in entries], dtype=float) for name in ("value", "low", "high"))
    found = places(value, low, high, decimals)
    return [Place(entries[i].key, entries[i].value, found.ranks[i] or None, bool(found.indistinct[i]))
            for i in found.order.tolist()]


@dataclass(frozen=True, slots=True)
class Places:
    """Places of rows: `order` their positions from the first place down; by row, `ranks` (0: none) and `indistinct`."""

    order: np.ndarray
    ranks: list[int]
    indistinct: np.ndarray


def places(value: np.ndarray, low: np.ndarray, high: np.ndarray, decimals: int | None = None) -> Places:
    """`rank` for many rows at once, in the order of their keys; nan is a missing value or bound."""
    # Python's rounding, not numpy's, which is not always that of the decimals shown.
    shown = value if decimals is None else np.array([round(v, decimals) for v in value.tolist()], dtype=float)
    order = np.argsort(-shown, kind="stable")
    known = order[: len(order) - int(np.isnan(shown).sum())]
    ranks, indistinct = np.zeros(len(value), dtype=int), np.zeros(len(value), dtype=bool)
    if len(known):
        values = shown[known]
        begins = np.concatenate([[True], values[1:] != values[:-1]])
        starts = np.flatnonzero(begins)
        group = np.cumsum(begins) - 1
        start, end = starts[group], np.append(starts[1:], len(known))[group]
        ranks[known] = start + 1
        indistinct[known] = _overlapping(np.fmin(low[known], values), np.fmax(high[known], values), start, end)
    return Places(order, ranks.tolist(), indistinct)


def _overlapping(low: np.ndarray, high: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """For bounds from the top down: whether they reach those of another value. Entries of the same value stand from
    `start` to before `end`."""
    least_above = np.concatenate([[np.inf], np.minimum.accumulate(low)])[start]
    most_below = np.concatenate([np.maximum.accumulate(high[::-1])[::-1], [-np.inf]])[end]
    return ((start > 0) & (high >= least_above)) | ((end < len(low)) & (low <= most_below))


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
