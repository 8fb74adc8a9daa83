"""The active topics side by side, so that what is new can be held against all of them at once.

Embeddings lie in one matrix; n-grams in an inverted index, so that a text costs what shares n-grams with it. Topics
that changed since the index was made stand beside it until there are enough of them to make it anew.
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
FRESH = 256
"""Topics beside the index before it is made anew, or an eighth of all where that is more."""


def near(a: Sequence[Topic], b: Sequence[Topic], width: int, window: float) -> np.ndarray:
    """Similarity of every one of a to every one of b, less by what either lacks in cohesion; -1 for those further apart
    in time than the window (seconds): old articles of a feed that is read for the first time. `width`: of the
    embedding, 0 without."""
    if not a or not b:
        return np.zeros((len(a), len(b)), np.float32)
    grams = (terms(a) @ terms(b).T).toarray()
    return _fused(grams, dense(a, width), dense(b, width), _facts(a), _facts(b), window)


def _facts(topics: Sequence[Topic]) -> np.ndarray:
    """Cohesion, first and last moment of topics: three rows."""
    return np.array([[topic.cohesion, topic.first_at.timestamp(), topic.last_at.timestamp()] for topic in topics]).T


def _fused(
    grams: np.ndarray, mine: np.ndarray, others: np.ndarray, a: np.ndarray, b: np.ndarray, window: float
) -> np.ndarray:
    out = np.asarray(grams, np.float32)
    if mine.shape[1]:
        out *= 1 - EMBEDDING_SHARE
        out += EMBEDDING_SHARE * (mine @ others.T)
    out *= np.minimum(a[0][:, None], b[0][None, :]).astype(np.float32)
    out[(a[1][:, None] - b[2][None, :] > window) | (b[1][None, :] - a[2][:, None] > window)] = -1
    return out


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
        self._fresh[self._row[topic.id]] = None
        self._set(self._row[topic.id], topic)
        if len(self._fresh) > max(FRESH, self._rows // 8):
            self._index()

    def drop(self, id_: int) -> Topic:
        """Let go of a topic."""
        self._forget(id_)
        row = self._row.pop(id_)
        self._fresh[row] = None
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
        if not units or not self._rows:
            return np.zeros((len(units), self._rows), np.float32)
        # Of the million buckets those that the units have: matrices as wide as all would cost more than what is in them.
        wanted = np.unique(np.concatenate([unit.buckets for unit in units]))
        mine = _narrow(units, wanted)
        grams = np.zeros((len(units), self._rows), np.float32)
        grams[:, : self._base.shape[1]] = (mine @ self._base[wanted]).toarray()
        if self._fresh:
            rows = np.fromiter(self._fresh, np.int64, len(self._fresh))
            fresh = [self._topics.get(int(id_)) for id_ in self._ids[rows]]
            there = np.array([topic is not None for topic in fresh])
            grams[:, rows] = 0
            grams[:, rows[there]] = (mine @ _narrow([topic for topic in fresh if topic], wanted).T).toarray()
        return _fused(grams, dense(units, self._width), self._dense[: self._rows], _facts(units),
                      self._facts[:, : self._rows], self._window)

    def _index(self) -> None:
        topics = list(self._topics.values())
        self._rows = len(topics)
        self._row = {topic.id: row for row, topic in enumerate(topics)}
        room = max(64, len(topics) * 5 // 4)
        self._ids = np.zeros(room, np.int64)
        self._ids[: len(topics)] = list(self._topics)
        self._facts = np.zeros((3, room))
        self._dense = np.zeros((room, self._width), np.float32)
        if topics:
            self._facts[:, : len(topics)] = _facts(topics)
            self._dense[: len(topics)] = dense(topics, self._width)
        self._base = sparse.csr_matrix(terms(topics).T)
        self._fresh: dict[int, None] = {}

    def _grow(self, room: int) -> None:
        more = room - len(self._ids)
        self._ids = np.pad(self._ids, (0, more))
        self._facts = np.pad(self._facts, ((0, 0), (0, more)))
        self._dense = np.pad(self._dense, ((0, more), (0, 0)))

    def _set(self, row: int, topic: Topic) -> None:
        self._facts[:, row] = (topic.cohesion, topic.first_at.timestamp(), topic.last_at.timestamp())
        self._dense[row] = dense([topic], self._width)[0]

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
