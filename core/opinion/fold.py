"""Reprints of one text: candidates by MinHash bands, decided by comparing the texts themselves.

24 bands of 3 minima over hashed character trigrams find a pair of Jaccard .5 with probability .96 and of .7 with
.9999; the exact check (Jaccard >= .5, or containment >= .75 between texts of comparable length) decides. Texts under
15 letters are folded only when they are equal. Measured on real texts with synthetic edits: recall .98.
Band keys are signed 64-bit integers, so that a table can hold and index them.
"""

from collections.abc import Iterable

import numpy as np

from core.opinion.text import letters

BANDS, ROWS = 24, 3
SHORTEST = 15
"""Letters below which only equal texts are folded."""
TITLE_LENGTH = 40
"""Letters below which two texts with different numbers are two pieces of news (金价涨破4000 / 4100)."""
JACCARD, CONTAINMENT, LENGTH_RATIO = 0.5, 0.75, 0.4

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


def signature(text: str) -> list[int]:
    """Band keys of a text: 24, or one for a short text, or none for a text without letters."""
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
    return keys.view(np.int64).tolist()


def _numbers(clean: str) -> set[str]:
    out, run = set(), ""
    for char in clean + " ":
        if char.isdigit():
            run += char
        elif run:
            out.add(run)
            run = ""
    return out


def same_text(a: str, b: str) -> bool:
    """Whether one is a reprint of the other. Symmetric; false for texts without letters."""
    a, b = letters(a), letters(b)
    if not a or not b:
        return False
    if a == b:
        return True
    shorter, longer = sorted((len(a), len(b)))
    if shorter < SHORTEST or shorter < LENGTH_RATIO * longer:
        return False
    if shorter < TITLE_LENGTH and _numbers(a) != _numbers(b):
        return False
    first, second = _trigrams(a), _trigrams(b)
    common = len(np.intersect1d(first, second, assume_unique=True))
    if common >= JACCARD * (len(first) + len(second) - common):
        return True
    return shorter >= TITLE_LENGTH and common >= CONTAINMENT * min(len(first), len(second))


class Folds:
    """Groups reprints in memory; its state can be rebuilt from rows of (identifier, text) of first copies."""

    def __init__(self, firsts: Iterable[tuple[int, str]] = ()):
        self._by_key: dict[int, list[int]] = {}
        self._texts: dict[int, str] = {}
        for identifier, text in firsts:
            self._keep(identifier, text, signature(text))

    def _keep(self, identifier: int, text: str, keys: list[int]) -> None:
        self._texts[identifier] = text
        for key in keys:
            self._by_key.setdefault(key, []).append(identifier)

    def add(self, identifier: int, text: str) -> int:
        """The identifier of the oldest known copy of this text: its own when it is new."""
        keys = signature(text)
        seen = {one for key in keys for one in self._by_key.get(key, ())}
        for candidate in sorted(seen):
            if same_text(text, self._texts[candidate]):
                return candidate
        self._keep(identifier, text, keys)
        return identifier


__all__ = ["Folds", "same_text", "signature"]
