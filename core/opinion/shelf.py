"""The active topics side by side, so that what is new can be held against all of them at once.

Embeddings and the commonest n-grams lie in one matrix; all other n-grams in an inverted index, so that a text costs
what shares n-grams with it. Topics that changed since the index was made stand beside it until there are enough of them
to make it anew.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from scipy import sparse

from core.opinion.features import BUCKETS, Background, rarity
from core.opinion.topic_state import Topic, dense, terms

EMBEDDING_SHARE = 0.7
"""Of the similarity where there is an embedding; the rest are n-grams."""
OFTEN, TOGETHER = 256, 256
"""N-grams that most topics have, which lie in the matrix of embeddings, so that no list of the index is long; units
that are compared at once."""
FRESH = 256
"""Topics beside the index before it is made anew, or an eighth of all where that is more."""


def near(a: Sequence[Topic], b: Sequence[Topic], width: int, window: float) -> np.ndarray:
    """Similarity of every one of a to every one of b, less by what either lacks in cohesion; -1 for those further apart
    in time than the window (seconds): old articles of a feed that is read for the first time. `width`: of the
    embedding, 0 without."""
    if not a or not b:
        return np.zeros((len(a), len(b)), np.float32)
    wanted = np.unique(np.concatenate([topic.buckets for topic in b]))
    out = (_narrow(a, wanted) @ _narrow(b, wanted).T).toarray()
    if width:
        out *= 1 - EMBEDDING_SHARE
        out += EMBEDDING_SHARE * (dense(a, width) @ dense(b, width).T)
    _lessened(out, _facts(a), _facts(b), window)
    return out


def _facts(topics: Sequence[Topic]) -> np.ndarray:
    """Cohesion, first and last moment of topics: three rows."""
    return np.array([[topic.cohesion, topic.first_at.timestamp(), topic.last_at.timestamp()] for topic in topics]).T


def _lessened(out: np.ndarray, a: np.ndarray, b: np.ndarray, window: float) -> None:
    """Make similarities less by what is lacking in cohesion, and -1 where the times are too far apart."""
    cohesion = b[0].astype(np.float32)
    for row, own in zip(out, a[0].astype(np.float32), strict=True):
        row *= np.minimum(cohesion, own)
    # Nearly all are near in time to all: only those are looked at one by one that are far from some.
    far = np.flatnonzero((a[1].max() - b[2] > window) | (b[1] - a[2].min() > window))
    if len(far):
        apart = (a[1][:, None] - b[2][far] > window) | (b[1][far] - a[2][:, None] > window)
        out[:, far] = np.where(apart, -1, out[:, far])


def _narrow(topics: Sequence[Topic], wanted: np.ndarray) -> sparse.csr_matrix:
    """As `terms`, with columns only for the buckets that are wanted (ascending)."""
    whole = [topic.buckets for topic in topics] or [np.empty(0, np.int32)]
    indices = np.concatenate(whole)
    data = np.concatenate([topic.unit_weights for topic in topics] or [np.empty(0, np.float32)])
    places = wanted.searchsorted(indices)
    held = wanted.take(places, mode="clip") == indices if len(wanted) else np.zeros(len(indices), bool)
    ends = np.concatenate(([0], np.cumsum(held)))[np.cumsum([0, *map(len, whole)])] if len(topics) else np.zeros(1, int)
    return sparse.csr_matrix((data[held], places[held], ends), shape=(len(topics), len(wanted)))


class Shelf(Mapping[int, Topic]):
    """Topics by id. `put` after every change of one; `near` holds others against all of them, column by column as
    `ids` says."""

    def __init__(self, topics: Iterable[Topic], width: int, window: float) -> None:
        self._width, self._window = width, window
        self._topics: dict[int, Topic] = {topic.id: topic for topic in sorted(topics, key=lambda topic: topic.id)}
        self._by_key: dict[str, list[int]] = {}
        self._held = np.zeros(BUCKETS, np.int32)
        self._noted: dict[int, tuple[np.ndarray, dict[str, int]]] = {}
        for topic in self._topics.values():
            self._note(topic)
        self._index()

    def __getitem__(self, id_: int) -> Topic:
        return self._topics[id_]

    def __iter__(self) -> Iterator[int]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)

    @property
    def ids(self) -> np.ndarray:
        """Topic id of every column of `near`; a column of a topic that is gone is -1 throughout."""
        return self._ids[: self._rows]

    def widen(self, width: int) -> None:
        """Embeddings are so wide from now on: the first ones of all came, or the package was installed since."""
        self._width = width
        self._index()

    def put(self, topic: Topic) -> None:
        """Take a topic in, or note that it changed."""
        if topic.id in self._topics:
            self._forget(topic.id)
        self._topics[topic.id] = topic
        self._note(topic)
        if topic.id not in self._row:
            self._row[topic.id] = self._rows
            self._rows += 1
            if self._rows > len(self._ids):
                self._grow(max(2 * len(self._ids), 64))
            self._ids[self._row[topic.id]] = topic.id
        self._outdated(self._row[topic.id])
        self._set(self._row[topic.id], topic)
        if len(self._fresh) > max(FRESH, self._rows // 8):
            self._index()

    def drop(self, id_: int) -> Topic:
        """Let go of a topic."""
        self._forget(id_)
        row = self._row.pop(id_)
        self._outdated(row)
        self._facts[:, row] = (0.0, np.inf, -np.inf)
        return self._topics.pop(id_)

    def older(self, moment: datetime) -> list[int]:
        """The topics whose last item is older."""
        last = self._facts[2, : self._rows]
        return [int(id_) for id_ in self._ids[: self._rows][(last < moment.timestamp()) & np.isfinite(last)]]

    def row(self, id_: int) -> int:
        """The column of a topic."""
        return self._row[id_]

    def of_key(self, key: str) -> int | None:
        """The oldest topic that has this key."""
        held = self._by_key.get(key)
        return held[0] if held else None

    def weight(self, buckets: np.ndarray, background: Background) -> np.ndarray:
        """Weight of n-grams: rarity among titles at large or among the topics here, whichever is less.

        The topics' part keeps the district's own name from pulling everything together.
        """
        local = np.maximum(self._held[buckets] - 3, 0) / np.float32(len(self._topics) + 200)
        return rarity(np.maximum(background.share[buckets], local))

    def near(self, units: Sequence[Topic]) -> np.ndarray:
        """Similarity of every unit to every topic (`ids`), as of the function `near`."""
        out = np.empty((len(units), self._rows), np.float32)
        for first in range(0, len(units), TOGETHER):
            some = units[first : first + TOGETHER]
            self._compare(some, out[first : first + len(some)])
        return out

    def between(self, some: Sequence[int], others: Sequence[int]) -> np.ndarray:
        """Similarity of topics to others, by their ids."""
        a, b = ([self._topics[id_] for id_ in ids] for ids in (some, others))
        return near(a, b, self._width, self._window)

    def _compare(self, units: Sequence[Topic], out: np.ndarray) -> None:
        """Fill in the similarities of some units."""
        share = 1 - EMBEDDING_SHARE if self._width else 1.0
        # Of the million buckets those that the units have: what is as wide as all costs more than what is in it.
        wanted = np.unique(np.concatenate([unit.buckets for unit in units]))
        mine = _narrow(units, wanted)
        common = np.isin(wanted, self._often, assume_unique=True)
        wide = np.zeros((len(units), self._wide.shape[1]), np.float32)
        wide[:, : self._width] = EMBEDDING_SHARE * dense(units, self._width)
        wide[:, self._width + self._often.searchsorted(wanted[common])] = share * mine[:, common].toarray()
        np.matmul(wide, self._wide[: self._rows].T, out=out)
        rare = (mine[:, ~common] @ self._base[wanted[~common]]).tocoo()
        good = ~self._stale[rare.col]
        out[rare.row[good], rare.col[good]] += share * rare.data[good]
        if self._fresh:
            rows = np.fromiter(self._fresh, np.int64, len(self._fresh))
            fresh = [self._topics.get(int(id_)) for id_ in self._ids[rows]]
            alive = rows[[topic is not None for topic in fresh]]
            out[:, alive] += share * (mine @ _narrow([topic for topic in fresh if topic], wanted).T).toarray()
        _lessened(out, _facts(units), self._facts[:, : self._rows], self._window)

    def _index(self) -> None:
        topics = list(self._topics.values())
        self._rows = len(topics)
        self._row = {topic.id: row for row, topic in enumerate(topics)}
        room = max(64, len(topics) * 5 // 4)
        self._ids = np.zeros(room, np.int64)
        self._ids[: len(topics)] = list(self._topics)
        self._facts = np.zeros((3, room))
        every = terms(topics)
        counted = np.bincount(every.indices, minlength=BUCKETS)
        self._often = np.sort(np.argpartition(-counted, OFTEN)[:OFTEN])
        places = self._often.searchsorted(every.indices)
        common = self._often.take(places, mode="clip") == every.indices
        owners = np.repeat(np.arange(len(topics)), np.diff(every.indptr))
        self._wide = np.zeros((room, self._width + OFTEN), np.float32)
        self._wide[owners[common], self._width + places[common]] = every.data[common]
        if topics:
            self._facts[:, : len(topics)] = _facts(topics)
            self._wide[: len(topics), : self._width] = dense(topics, self._width)
        self._base = sparse.csr_matrix((every.data[~common], (every.indices[~common], owners[~common])),
                                       shape=(BUCKETS, len(topics)))
        self._stale = np.zeros(len(topics), bool)
        self._fresh: dict[int, None] = {}

    def _outdated(self, row: int) -> None:
        """What the index says of a row counts no more."""
        self._fresh[row] = None
        self._wide[row, self._width :] = 0
        if row < len(self._stale):
            self._stale[row] = True

    def _grow(self, room: int) -> None:
        more = room - len(self._ids)
        self._ids = np.pad(self._ids, (0, more))
        self._facts = np.pad(self._facts, ((0, 0), (0, more)))
        self._wide = np.pad(self._wide, ((0, more), (0, 0)))

    def _set(self, row: int, topic: Topic) -> None:
        self._facts[:, row] = (topic.cohesion, topic.first_at.timestamp(), topic.last_at.timestamp())
        self._wide[row, : self._width] = dense([topic], self._width)[0]

    def _note(self, topic: Topic) -> None:
        self._held[topic.buckets] += 1
        self._noted[topic.id] = (topic.buckets, topic.keys)
        for key in topic.keys:
            held = self._by_key.setdefault(key, [])
            if topic.id not in held:
                insort(held, topic.id)

    def _forget(self, id_: int) -> None:
        buckets, keys = self._noted.pop(id_)
        self._held[buckets] -= 1
        for key in keys:
            held = self._by_key[key]
            held.remove(id_)
            if not held:
                del self._by_key[key]
