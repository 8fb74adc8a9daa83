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
    return [Place(entries[i].key, entries[i].value, int(found.ranks[i]) or None, bool(found.indistinct[i]))
            for i in found.order.tolist()]


@dataclass(frozen=True, slots=True)
class Places:
    """Places of rows: `order` their positions from the first place down; by row, `ranks` (0: none) and `indistinct`."""

    order: np.ndarray
    ranks: np.ndarray
    indistinct: np.ndarray


def places(value: np.ndarray, low: np.ndarray, high: np.ndarray, decimals: int | None = None) -> Places:
    """`rank` for many rows at once, in the order of their keys; nan is a missing value or bound."""
    shown = value if decimals is None else rounded(value, decimals)
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
    return Places(order, ranks, indistinct)


def rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    """Each value as Python rounds it: numpy's rounding is not always that of the decimals shown."""
    out = np.round(values, decimals)
    near = np.flatnonzero((np.abs(np.abs(values * 10**decimals) % 1 - 0.5) < 1e-3) | (np.abs(values) > 1e9))
    out[near] = [round(v, decimals) for v in values[near].tolist()]
    return out


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


def moved(now: np.ndarray, before: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`moves` of many rows at once, ranks being 0 where there is none: the steps, whether there are any, the words."""
    has = (now > 0) & (before > 0)
    steps = np.where(has, before - now, 0)
    new = (now > 0) & (before == 0) & bool((before > 0).any())
    words = np.where(new, Move(None, new=True).words, Move(None).words).astype(object)
    kinds, which = np.unique(steps[has], return_inverse=True)
    words[has] = np.array([Move(kind).words for kind in kinds.tolist()], dtype=object)[which]
    return steps, has, words
