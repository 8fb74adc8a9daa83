"""Reprints of one text, and texts that take in the greater part of another: candidates by keys, decided by comparing.

24 bands of 3 minima over hashed character trigrams find a pair of Jaccard .5 with probability .96 and of .7 with .9999.
A sample of hashed runs of eight letters, the same in every text that has the run, finds a short text within a long one.
The comparison decides: a reprint shares six tenths of all trigrams (Jaccard), or eight tenths of the shorter one's
between texts of comparable length, or half of its runs of eight letters; where the other is much longer, that is an
excerpt, which is counted apart from reprints (a digest of the day's news takes in shorter pieces: they are no excerpts
of it). Texts that give other numbers are other news. Texts under 15 letters are folded only when they are equal.
Measured in docs/benchmarks.md. Keys are signed 64-bit integers, so that a table can index them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from core.opinion.text import letters

BANDS, ROWS = 24, 3
RUN, SAMPLED, MOST_RUNS = 8, 8, 96
"""Letters of a run, one run in so many is a key, at most so many of one text."""
SHORTEST = 15
"""Letters below which only equal texts are folded."""
TITLE_LENGTH = 40
"""Letters below which two texts with different numbers are two pieces of news (金价涨破4000 / 4100)."""
RUN_LENGTH, EXCERPT_LENGTH = 60, 120
"""Letters of the shorter text from which half of its runs are enough, between texts of comparable length and others."""
JACCARD, CONTAINMENT, RUNS, LENGTH_RATIO, NUMBERS = 0.6, 0.8, 0.5, 0.4, 0.5

Kind = Literal["reprint", "excerpt"]

_MASK = (1 << 64) - 1
_rng = np.random.Generator(np.random.PCG64(20201123))
_MULTIPLY = _rng.integers(1, 1 << 63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
_ADD = _rng.integers(0, 1 << 63, BANDS * ROWS, dtype=np.uint64)
_BAND_MULTIPLY = _rng.integers(1, 1 << 63, (1, ROWS), dtype=np.uint64) | np.uint64(1)
_BAND_ADD = _rng.integers(0, 1 << 63, BANDS, dtype=np.uint64)


def _mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64: spreads every bit of the input over the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _trigrams(clean: str) -> np.ndarray:
    """Distinct hashed character trigrams (uint64) of a text's letters."""
    codes = np.frombuffer(clean.encode("utf-32-le"), np.uint32).astype(np.uint64)
    if len(codes) < 3:
        return np.unique(_mix(codes))
    # A code point has 21 bits, so three fit into 63: the packing itself loses nothing.
    return np.unique(_mix((codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:]))


def _exact_key(clean: str) -> int:
    """One key for a short text: equal texts, equal keys."""
    value = np.array([0xCBF29CE484222325], np.uint64)
    for code in clean:
        value = _mix(value ^ np.uint64(ord(code)))
    return int(value.view(np.int64)[0])


def _runs(clean: str) -> np.ndarray:
    """Distinct hashed runs of eight letters (uint64)."""
    codes = np.frombuffer(clean.encode("utf-32-le"), np.uint32).astype(np.uint64)
    count = len(codes) - RUN + 1
    if count < 1:
        return np.empty(0, np.uint64)
    value = np.zeros(count, np.uint64)
    for place in range(RUN):
        value = value * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + count]
    return np.unique(_mix(value))


def signature(text: str) -> list[int]:
    """Keys of a text: 24 of its bands and a sample of its runs, or one for a short text, or none for a text without
    letters."""
    clean = letters(text)
    if not clean:
        return []
    if len(clean) < SHORTEST:
        return [_exact_key(clean)]
    shingles = _trigrams(clean)
    minima = np.full(BANDS * ROWS, _MASK, np.uint64)
    for start in range(0, len(shingles), 4096):
        part = shingles[start : start + 4096, None]
        minima = np.minimum(minima, _mix(part * _MULTIPLY + _ADD).min(axis=0))
    keys = _mix((_mix(minima.reshape(BANDS, ROWS)) * _BAND_MULTIPLY).sum(axis=1, dtype=np.uint64) + _BAND_ADD)
    runs = _runs(clean)
    sampled = runs[runs < np.uint64(_MASK // SAMPLED)][:MOST_RUNS]  # the smallest ones: the same in every text
    return [*keys.view(np.int64).tolist(), *_mix(sampled).view(np.int64).tolist()]


def _numbers(clean: str) -> set[str]:
    out, run = set(), ""
    for char in clean + " ":
        if char.isdigit():
            run += char
        elif run:
            out.add(run)
            run = ""
    return out


@dataclass(frozen=True, slots=True)
class _Shape:
    """What texts are compared by."""

    clean: str
    trigrams: np.ndarray
    runs: np.ndarray
    numbers: frozenset[str]


@lru_cache(4096)
def _shape(clean: str) -> _Shape:
    return _Shape(clean, _trigrams(clean), _runs(clean), frozenset(_numbers(clean)))


def _shared(a: np.ndarray, b: np.ndarray) -> int:
    return len(np.intersect1d(a, b, assume_unique=True))


def _kin(a: str, b: str) -> tuple[Kind | None, float]:
    """What two texts (letters) are to each other, and how much they share: 0 to 1, 2 where they are equal."""
    if not a or not b:
        return None, 0.0
    if a == b:
        return "reprint", 2.0
    shorter, longer = sorted((len(a), len(b)))
    if shorter < SHORTEST:
        return None, 0.0
    one, other = _shape(a), _shape(b)
    few = min(len(one.numbers), len(other.numbers))
    same = len(one.numbers & other.numbers)
    if one.numbers != other.numbers and (shorter < TITLE_LENGTH or (few > 1 and same < NUMBERS * few)):
        return None, 0.0
    near = shorter >= LENGTH_RATIO * longer
    common = _shared(one.trigrams, other.trigrams)
    likeness = common / (len(one.trigrams) + len(other.trigrams) - common)
    within = common / min(len(one.trigrams), len(other.trigrams))
    if near and (likeness >= JACCARD or (shorter >= TITLE_LENGTH and within >= CONTAINMENT)):
        return "reprint", max(likeness, within)
    if shorter >= (RUN_LENGTH if near else EXCERPT_LENGTH) and within >= RUNS:
        runs = _shared(one.runs, other.runs) / min(len(one.runs), len(other.runs))
        if runs >= RUNS:
            return ("reprint" if near else "excerpt"), runs
    return None, 0.0


def kin(a: str, b: str) -> Kind | None:
    """What one text is to the other: a reprint, or the one an excerpt of the other; None for neither. Symmetric; None
    for texts without letters."""
    return _kin(letters(a), letters(b))[0]


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a text belongs: the first copy of its group, and what it is to that (None: it is the first copy itself)."""

    first: int
    kind: Kind | None


class Folds:
    """Groups reprints and excerpts in memory; its state can be rebuilt from rows of (identifier, text) of first copies.

    Only first copies are compared with: groups that grew by their members would chain what is said in one pattern.
    """

    def __init__(self, firsts: Iterable[tuple[int, str]] = ()):
        self._by_key: dict[int, list[int]] = {}
        self._texts: dict[int, str] = {}
        for identifier, text in firsts:
            self._keep(identifier, letters(text), signature(text))

    def _keep(self, identifier: int, clean: str, keys: list[int]) -> None:
        self._texts[identifier] = clean
        for key in keys:
            self._by_key.setdefault(key, []).append(identifier)

    def add(self, identifier: int, text: str) -> Joined:
        """Find the group of a text: that of the first copy that it is nearest kin of, the oldest of equals."""
        keys, clean = signature(text), letters(text)
        seen = {one for key in keys for one in self._by_key.get(key, ())}
        best, joined = 0.0, Joined(identifier, None)
        for candidate in sorted(seen):
            kind, likeness = _kin(clean, self._texts[candidate])
            if kind and likeness > best:
                best, joined = likeness, Joined(candidate, kind)
        if joined.kind is None:
            self._keep(identifier, clean, keys)
        return joined


__all__ = ["Folds", "Joined", "Kind", "kin", "signature"]
