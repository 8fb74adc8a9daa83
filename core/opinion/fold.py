"""Reprints of one text, and texts that take in the greater part of another: candidates by keys, decided by comparing.

24 bands of 3 minima over hashed character trigrams find a pair of Jaccard .5 with probability .96 and of .7 with .9999.
A sample of hashed runs of eight letters, the same in every text that has the run, finds a short text within a long one.
Keys are signed 64-bit integers, so that a table can index them; stored keys outlive the process and must stay the same.

The comparison decides by what differs, not only by how much is shared. A copy leaves out, adds, moves, or changes
single letters; another piece of news in the same words (previews of press conferences, daily figures) puts other
dates, other numbers or another passage in their places. So nearly three quarters of the shorter text's trigrams must be
shared, what is left of it must be single letters or a source's line at either end, and not both texts may have
passages of their own. From 150 letters on, half of the runs of eight letters are enough: articles are rewritten by
the paragraph. Where one text is much longer than the other, the one is an excerpt of the other, which is counted
apart from reprints: a quotation under a long comment, a report's beginning. In a digest or a list of headlines each
piece is a small part of the whole: no excerpt. Texts under 15 letters are folded only when they are equal. Measured
in docs/benchmarks.md.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import compress, pairwise, repeat
from math import inf
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
BRIEF, LONG = 60, 150
"""Letters up to which a text that is no whole part of the other must be nearly as long as that; letters from which
half of the runs of eight are enough."""
WHOLE, WITHIN, JACCARD, RUNS = 0.95, 0.73, 0.35, 0.5
"""Shares of the shorter text's trigrams: enough by itself; enough where the rest may be left over. Jaccard asked of a
brief text. Share of the shorter text's runs of eight letters."""
GLANCE = 0.4
"""Share of trigrams, repeated ones and chance counted, below which two texts aren't looked at any closer."""
PASSAGE, STRAY, OWN_PASSAGE, OWN, LEAST = 3, 0.1, 5, 0.06, 8
"""What may be left over: the letters in a row that make a passage, the share of the shorter text that its passages are
at most; the same for what both texts have of their own; so many letters in any case."""
ADDED = 8
"""Letters at either end that don't count: a source's line."""
LENGTH_RATIO = 0.4
"""Length of the shorter text, against the longer one, below which it is an excerpt."""
EXCERPT_SHARES = {20: 0.2, LONG: 0.12}
"""The share of the longer text that an excerpt of so many letters is at least; a smaller one is an item of a digest."""
NUMBERS = 0.34
"""The share of a text's numbers that may be others than the other text's."""
MOST_HELD, MOST_COMPARED = 8, 12
"""First copies of one key that are looked at, the newest; candidates that a text is compared with, of most keys."""
TOGETHER = 256
"""Texts whose keys are looked up at once."""

Kind = Literal["reprint", "excerpt"]

_MASK = (1 << 64) - 1
_rng = np.random.Generator(np.random.PCG64(20201123))
_MULTIPLY = _rng.integers(1, 1 << 63, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
_ADD = _rng.integers(0, 1 << 63, BANDS * ROWS, dtype=np.uint64)
_BAND_MULTIPLY = _rng.integers(1, 1 << 63, (1, ROWS), dtype=np.uint64) | np.uint64(1)
_BAND_ADD = _rng.integers(0, 1 << 63, BANDS, dtype=np.uint64)
_STEP = 1 << 14
"""Hashes that are worked on at a time: they stay in the processor's cache."""
_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
_NUMBER = re.compile(r"[0-9]+")
_DATE = re.compile(r"([0-9]{1,2})月([0-9]{1,2})日")


def _mix(values: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64, in place: spreads every bit of the input over the output."""
    moved = np.empty_like(values)
    for bits, factor in _STEPS:
        np.right_shift(values, np.uint64(bits), out=moved)
        np.bitwise_xor(values, moved, out=values)
        if factor != 1:
            np.multiply(values, np.uint64(factor), out=values)
    return values


def _codes(clean: str) -> np.ndarray:
    return np.frombuffer(clean.encode("utf-32-le"), np.uint32).astype(np.uint64)


def _packed(codes: np.ndarray) -> np.ndarray:
    """Every three letters as one number. A code point has 21 bits, so three fit into 63: nothing is lost."""
    return (codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:]


def _rolled(codes: np.ndarray) -> np.ndarray:
    """Every run of eight letters as one number."""
    count = max(len(codes) - RUN + 1, 0)
    value = np.zeros(count, np.uint64)
    for place in range(RUN):
        value *= np.uint64(0x9E3779B97F4A7C15)
        value += codes[place : place + count]
    return value


def _bounds(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Where, among the trigrams of texts that stand one after the other, those of each begin and end, for `reduceat`:
    every second sum is of trigrams that span two texts, and none."""
    bounds = np.empty(2 * len(starts), np.int64)
    bounds[::2], bounds[1::2] = starts, ends - 2
    return bounds[:-1]  # behind the last one there is nothing


def _distinct(values: np.ndarray) -> np.ndarray:
    """The values in order, each once; several times as quick as numpy.unique for some hundreds."""
    values = np.sort(values)
    new = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return values[new]


# --- Keys -----------------------------------------------------------------------------------------------------------


def signature(text: str) -> list[int]:
    """Keys of a text: 24 of its bands and a sample of its runs, or one for a short text, or none for a text without
    letters."""
    return _keys([letters(text)])[0]


def signatures(texts: Sequence[str]) -> list[list[int]]:
    """The keys of each text, as `signature` gives them; several times as quick for many."""
    return _keys([letters(text) for text in texts])


def _keys(cleans: Sequence[str]) -> list[list[int]]:
    out: list[list[int]] = [[] for _ in cleans]
    batch: list[int] = []
    size = 0
    for number, clean in enumerate(cleans):
        if len(clean) < SHORTEST:
            out[number] = [_exact_key(clean)] if clean else []
            continue
        batch.append(number)
        size += len(clean)
        if size >= _STEP:
            _fill(out, batch, cleans)
            batch, size = [], 0
    if batch:
        _fill(out, batch, cleans)
    return out


def _exact_key(clean: str) -> int:
    """One key for a short text: equal texts, equal keys."""
    value = 0xCBF29CE484222325
    for char in clean:
        value ^= ord(char)
        for bits, factor in _STEPS:
            value = ((value ^ (value >> bits)) * factor) & _MASK
    return value - (1 << 64) if value >> 63 else value


def _fill(out: list[list[int]], batch: Sequence[int], cleans: Sequence[str]) -> None:
    """Keys of texts of 15 letters and more, all at once: their letters stand one after the other, and what spans two of
    them is left out."""
    sizes = np.array([len(cleans[number]) for number in batch])
    ends = np.cumsum(sizes)
    starts = ends - sizes
    codes = _codes("".join(cleans[number] for number in batch))
    bands = _bands(_mix(_packed(codes)), starts, ends)
    runs = _sampled(_mix(_rolled(codes)), starts, ends)
    for place, number in enumerate(batch):
        out[number] = [*bands[place], *runs[place]]


def _bands(shingles: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> list[list[int]]:
    bounds = _bounds(starts, ends)
    minima = np.empty((BANDS * ROWS, len(starts)), np.uint64)
    rows = max(_STEP // len(shingles), 1)
    for first in range(0, BANDS * ROWS, rows):
        part = slice(first, first + rows)
        hashed = _mix(shingles * _MULTIPLY[part, None] + _ADD[part, None])
        minima[part] = np.minimum.reduceat(hashed, bounds, axis=1)[:, ::2]
    mixed = _mix(np.ascontiguousarray(minima.T)).reshape(len(starts), BANDS, ROWS)
    return _mix((mixed * _BAND_MULTIPLY).sum(axis=2, dtype=np.uint64) + _BAND_ADD).view(np.int64).tolist()


def _sampled(runs: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> list[list[int]]:
    """Of each text its smallest runs, without repetition: the same in every text that has them."""
    places = np.flatnonzero(runs < np.uint64(_MASK // SAMPLED))
    owners = np.searchsorted(ends, places, side="right")
    inside = places + RUN <= ends[owners]
    places, owners = places[inside], owners[inside]
    values = runs[places]
    order = np.lexsort((values, owners))
    values, owners = values[order], owners[order]
    new = np.ones(len(values), bool)
    new[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
    values, owners = values[new], owners[new]
    cuts = np.searchsorted(owners, np.arange(len(starts) + 1))
    keys = _mix(values).view(np.int64).tolist()
    return [keys[first : min(last, first + MOST_RUNS)] for first, last in pairwise(cuts)]


# --- Comparing ------------------------------------------------------------------------------------------------------


class _Shape:
    """What a text is compared by."""

    def __init__(self, clean: str):
        self.clean = clean
        self.size = len(clean)
        self.places = _packed(_codes(clean))

    @cached_property
    def trigrams(self) -> np.ndarray:
        return _distinct(self.places)

    @cached_property
    def runs(self) -> np.ndarray:
        return _distinct(_rolled(_codes(self.clean)))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(_NUMBER.findall(self.clean))

    @cached_property
    def dates(self) -> frozenset[tuple[str, str]]:
        return frozenset(_DATE.findall(self.clean))


_shape = lru_cache(2048)(_Shape)


def _held(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Which values are among the sorted ones."""
    return by.take(by.searchsorted(values), mode="clip") == values


def _left(one: _Shape, other: _Shape) -> tuple[np.ndarray, np.ndarray]:
    """The passages of one text that no trigram of the other covers: their lengths, and how much of each stands at an
    end and doesn't count."""
    shared = _held(one.places, other.trigrams)
    covered = np.ones(len(shared) + 4, bool)  # with a covered letter before and behind
    covered[1:-1] = False
    for place in (1, 2, 3):
        covered[place : place + len(shared)] |= shared
    edges = np.flatnonzero(covered[1:] != covered[:-1])
    starts, ends = edges[::2], edges[1::2]
    at_end = (starts == 0) | (ends == len(shared) + 2)
    return ends - starts, np.where(at_end, np.minimum(ends - starts, ADDED), 0)


def _passages(left: tuple[np.ndarray, np.ndarray], least: int) -> int:
    lengths, free = left
    return int((lengths - free)[lengths >= least].sum())


def _others(some: frozenset[str], those: frozenset[str]) -> int:
    """How many numbers are not among those, nor parts of one (a digit was lost), nor hold one."""
    return sum(not any(len(b) > 1 and len(a) > 1 and (a in b or b in a) for b in those) for a in some - those)


def _other_news(short: _Shape, long: _Shape) -> bool:
    """Whether dates or numbers tell two texts apart."""
    if short.size < LONG and short.dates and long.dates and short.dates.isdisjoint(long.dates):
        return True
    if short.size < LONG or short.size >= LENGTH_RATIO * long.size:
        differ = min(_others(short.numbers, long.numbers), _others(long.numbers, short.numbers))
        if short.size < TITLE_LENGTH:
            return differ > 0
        return differ > 1 and differ > NUMBERS * min(len(short.numbers), len(long.numbers))
    return False


def _copied(short: _Shape, long: _Shape, within: float, likeness: float) -> bool:
    """Whether the shorter text says nothing that the other doesn't: by what of either is left over."""
    if within >= WHOLE:
        return True
    if within < WITHIN or (short.size < BRIEF and likeness < JACCARD):
        return False
    left, others = _left(short, long), _left(long, short)
    own = min(_passages(some, OWN_PASSAGE) for some in (left, others))
    return _passages(left, PASSAGE) <= max(STRAY * short.size, LEAST) and own <= max(OWN * short.size, LEAST)


def _kin(clean: str, others: Sequence[str]) -> list[tuple[Kind | None, float]]:
    """What a text (letters) is to each of the others, and how near: below 2, and 2 where they are equal."""
    out: list[tuple[Kind | None, float]] = [("reprint", 2.0) if clean == other else (None, 0.0) for other in others]
    places = [n for n, other in enumerate(others) if len(other) >= SHORTEST and other != clean]
    if len(clean) < SHORTEST or not places:
        return out
    mine = _shape(clean)
    for n in _near(mine, others, places):
        shape = _shape(others[n])
        short, long = (mine, shape) if (mine.size, clean) < (shape.size, shape.clean) else (shape, mine)
        out[n] = _nearness(short, long)
    return out


def _near(mine: _Shape, others: Sequence[str], places: list[int]) -> list[int]:
    """Those of the others that may be kin, by the trigrams that they share with a text, all others at once: looked up
    in a table of hashes, where one in thirty at most is found by chance."""
    bits = max(12, len(mine.places).bit_length() + 5)
    table = np.zeros(1 << bits, bool)
    table[_hashed(mine.places, bits)] = True
    sizes = np.array([len(others[n]) for n in places])
    starts = np.cumsum(sizes) - sizes
    held = table[_hashed(_packed(_codes("".join(others[n] for n in places))), bits)]
    shared = np.add.reduceat(held, _bounds(starts, starts + sizes), dtype=np.int64)[::2]
    return [places[n] for n in np.flatnonzero(shared >= GLANCE * np.minimum(sizes, mine.size))]


def _hashed(trigrams: np.ndarray, bits: int) -> np.ndarray:
    return (trigrams * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - bits)).view(np.int64)


def _nearness(short: _Shape, long: _Shape) -> tuple[Kind | None, float]:
    """What two texts are to each other."""
    common = int(_held(short.trigrams, long.trigrams).sum())
    within = common / min(len(short.trigrams), len(long.trigrams))
    if within < (RUNS if short.size >= LONG else WITHIN) or _other_news(short, long):
        return None, 0.0
    likeness = common / (len(short.trigrams) + len(long.trigrams) - common)
    rewritten = short.size >= LONG and _held(short.runs, long.runs).mean() >= RUNS
    if not rewritten and not _copied(short, long, within, likeness):
        return None, 0.0
    if short.size >= LENGTH_RATIO * long.size:
        return "reprint", within + likeness / 2
    share = 1 - _left(long, short)[0].sum() / long.size
    if any(short.size >= size and share >= least for size, least in EXCERPT_SHARES.items()):
        return "excerpt", within
    return None, 0.0


def kin(a: str, b: str) -> Kind | None:
    """What one text is to the other: a reprint, or the one an excerpt of the other; None for neither. Symmetric; None
    for texts without letters."""
    a, b = letters(a), letters(b)
    return _kin(a, [b])[0][0] if a else None


# --- Groups ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a text belongs: the first copy of its group, and what it is to that (None: it is the first copy itself)."""

    first: int
    kind: Kind | None


_BACK = np.arange(MOST_HELD)


class _Index:
    """Which texts have a key: sorted arrays of falling size, twelve bytes a key, behind a dictionary of the newest.

    An array that has grown to an eighth of the one before it is merged into that: there are few of them at any size.
    """

    NEWEST = 20_000
    """Keys that the dictionary holds before they are sorted."""
    GROWTH = 8

    def __init__(self) -> None:
        self._newest: dict[int, list[int]] = {}
        self._waiting = 0
        self._sorted: list[tuple[np.ndarray, np.ndarray]] = []

    @property
    def size(self) -> int:
        return sum(part.nbytes for held in self._sorted for part in held)

    def add(self, keys: Iterable[int], number: int) -> None:
        for key in keys:
            self._newest.setdefault(key, []).append(number)
            self._waiting += 1

    def settle(self) -> None:
        """Sort what is in the dictionary where that is much."""
        if self._waiting < self.NEWEST:
            return
        keys = np.fromiter((key for key, some in self._newest.items() for _ in some), np.int64, self._waiting)
        numbers = np.fromiter((one for some in self._newest.values() for one in some), np.uint32, self._waiting)
        self._newest, self._waiting = {}, 0
        self._sorted.append(_by_key(keys, numbers))
        while len(self._sorted) > 1 and self._sorted[-2][0].size < self.GROWTH * self._sorted[-1][0].size:
            last, before = self._sorted.pop(), self._sorted.pop()
            self._sorted.append(_by_key(*map(np.concatenate, zip(before, last, strict=True))))

    def keep(self, alive: np.ndarray) -> None:
        """Forget the texts that are not alive, and number the others anew, in their order."""
        number = np.cumsum(alive) - 1
        self._newest = {key: kept for key, some in self._newest.items()
                        if (kept := [int(number[one]) for one in some if alive[one]])}
        self._waiting = sum(map(len, self._newest.values()))
        self._sorted = [(keys[alive[numbers]], number[numbers[alive[numbers]]].astype(np.uint32))
                        for keys, numbers in self._sorted if alive[numbers].any()]

    def newest(self, keys: Iterable[int]) -> list[int]:
        """The newest texts in the dictionary that have each key; a text comes once for every key that it shares."""
        return [one for key in keys for one in self._newest.get(key, ())[-MOST_HELD:]]

    def settled(self, many: Sequence[Sequence[int]]) -> list[list[int]]:
        """The same of the sorted arrays, of many texts' keys at once."""
        counts = [len(keys) for keys in many]
        wanted = np.fromiter((key for keys in many for key in keys), np.int64, sum(counts))
        order = np.argsort(wanted)  # neighbours lie in the same part of an array
        wanted, askers = wanted[order], np.repeat(np.arange(len(many)), counts)[order]
        found, asked = [np.empty(0, np.uint32)], [np.empty(0, np.int64)]
        for held, numbers in self._sorted:
            last = held.searchsorted(wanted, "right") - 1
            hit = np.flatnonzero(held[last] == wanted)
            places = last[hit, None] - _BACK
            same = (held[places] == wanted[hit, None]) & (places >= 0)
            found.append(numbers[places[same]])
            asked.append(np.broadcast_to(askers[hit, None], same.shape)[same])
        askers = np.concatenate(asked)
        order = np.argsort(askers, kind="stable")
        ends = np.cumsum(np.bincount(askers, minlength=len(many)))
        return [part.tolist() for part in np.split(np.concatenate(found)[order], ends[:-1])]


def _by_key(keys: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(keys, kind="stable")
    return keys[order], numbers[order]


class Folds:
    """Groups reprints and excerpts in memory; its state can be rebuilt from rows of (identifier, text) of first copies,
    with their moments where those count (seconds): copies that lie further apart than `apart` are not each other's.

    Only first copies are compared with: groups that grew by their members would chain what is said in one pattern.
    """

    def __init__(self, firsts: Iterable[tuple[int, str]] = (), whens: Sequence[float] | None = None,
                 apart: float = inf):
        self._index = _Index()
        self._texts: list[str] = []
        self._identifiers, self._whens = array("q"), array("d")
        self._apart, self._gone = apart, set[int]()
        some = list(firsts)
        cleans = [letters(text) for _, text in some]
        for (identifier, _), clean, keys, when in zip(some, cleans, _keys(cleans), whens or repeat(0.0), strict=False):
            self._keep(identifier, clean, keys, when)
            self._index.settle()

    def __len__(self) -> int:
        """How many first copies it holds."""
        return len(self._texts) - len(self._gone)

    @property
    def key_bytes(self) -> int:
        """Bytes of memory that the sorted keys take."""
        return self._index.size

    def forget(self, identifiers: Iterable[int]) -> None:
        """Nothing is to be grouped with these any more."""
        self._let_go(np.isin(np.array(self._identifiers, np.int64), np.fromiter(identifiers, np.int64)))

    def forget_older(self, when: float) -> None:
        """Nothing is to be grouped any more with what is older than a moment."""
        self._let_go(np.array(self._whens) < when)

    def _let_go(self, gone: np.ndarray) -> None:
        self._gone.update(np.flatnonzero(gone).tolist())
        if len(self._gone) * 2 > len(self._texts):
            alive = np.ones(len(self._texts), bool)
            alive[list(self._gone)] = False
            self._index.keep(alive)
            self._texts = list(compress(self._texts, alive))
            self._identifiers = array("q", compress(self._identifiers, alive))
            self._whens = array("d", compress(self._whens, alive))
            self._gone = set()

    def _keep(self, identifier: int, clean: str, keys: Iterable[int], when: float) -> None:
        self._index.add(keys, len(self._texts))
        self._texts.append(clean)
        self._identifiers.append(identifier)
        self._whens.append(when)

    def add(self, identifier: int, text: str) -> Joined:
        """Find the group of a text: that of the first copy that it is nearest kin of, the oldest of equals."""
        return self.add_many([(identifier, text)])[0]

    def add_many(self, texts: Sequence[tuple[int, str]], whens: Sequence[float] | None = None) -> list[Joined]:
        """`add` for (identifier, text) one after the other, several times as quick."""
        cleans = [letters(text) for _, text in texts]
        keys, times = _keys(cleans), whens or [0.0] * len(texts)
        out: list[Joined] = []
        for start in range(0, len(cleans), TOGETHER):
            part = slice(start, start + TOGETHER)
            settled = self._index.settled(keys[part])
            out += map(self._join, [identifier for identifier, _ in texts[part]], cleans[part], keys[part], settled,
                       times[part])
            self._index.settle()
        return out

    def _join(self, identifier: int, clean: str, keys: Sequence[int], settled: Sequence[int], when: float) -> Joined:
        best, joined = 0.0, Joined(identifier, None)
        near = [one for one in (*self._index.newest(keys), *settled)
                if one not in self._gone and abs(self._whens[one] - when) <= self._apart]
        seen = Counter(near)
        numbers = sorted(sorted(seen, key=seen.__getitem__, reverse=True)[:MOST_COMPARED])
        for number, (kind, nearness) in zip(numbers, _kin(clean, [self._texts[one] for one in numbers]), strict=True):
            if nearness > best:
                best, joined = nearness, Joined(self._identifiers[number], kind)
        if joined.kind is None:
            self._keep(identifier, clean, keys, when)
        return joined


__all__ = ["Folds", "Joined", "Kind", "kin", "signature", "signatures"]
