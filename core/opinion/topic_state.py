"""The state of one topic: sums over its members, its keys, a sample of its titles, and where it began.

A state is one byte string; what is rebuilt from it goes on exactly as if it had never stopped.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from scipy import sparse

from core.opinion.features import BUCKETS, unit_rows

USUAL_COHESION, USUAL_GRAM_COHESION = 0.67, 0.52
"""Length of the mean member vector of topics that hold one event (embedding, n-grams); measured on 40 large topics."""
TERMS_KEPT, TERMS_SLACK = 400, 600
TITLES_KEPT = 40

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"TPC1"


@dataclass(slots=True)
class Anchor:
    """What a topic was when it was last looked at for drift: its size and sums then, and what it was called."""

    size: int
    dense: np.ndarray
    buckets: np.ndarray
    weights: np.ndarray
    title: str


@dataclass(slots=True)
class Topic:
    """One topic's state. `checked`: its size when it was last looked at for being several events; `anchor`: None while
    it is small; `name`: how many members and reprints it was named by, title, keywords."""

    id: int
    size: int
    first_at: datetime
    last_at: datetime
    dense: np.ndarray
    buckets: np.ndarray
    weights: np.ndarray
    keys: dict[str, int] = field(default_factory=dict)
    titles: dict[str, int] = field(default_factory=dict)
    reprints: int = 0
    checked: int = 0
    anchor: Anchor | None = None
    name: tuple[int, str, list[str]] | None = None
    _cohesion: float | None = None
    _unit_weights: np.ndarray | None = None

    def to_bytes(self) -> bytes:
        head = {
            "id": self.id, "size": self.size, "first": self.first_at.isoformat(), "last": self.last_at.isoformat(),
            "keys": self.keys, "titles": self.titles, "reprints": self.reprints,
            "checked": self.checked, "name": self.name,
        }
        more: tuple[np.ndarray, ...] = ()
        if anchor := self.anchor:
            head["anchor"] = [anchor.size, len(anchor.dense), len(anchor.buckets), anchor.title]
            more = (anchor.dense.astype("<f4"), anchor.buckets.astype("<i4"), anchor.weights.astype("<f4"))
        words = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
        arrays = (self.dense.astype("<f4"), self.buckets.astype("<i4"), self.weights.astype("<f4"), *more)
        front = _HEAD.pack(_MAGIC, len(words), len(self.dense), len(self.buckets))
        return front + words + b"".join(array.tobytes() for array in arrays)

    @classmethod
    def from_bytes(cls, state: bytes) -> "Topic":
        """Raises ValueError for bytes that are not a topic's state."""
        try:
            magic, head_size, dense_size, term_count = _HEAD.unpack_from(state)
            if magic != _MAGIC:
                raise ValueError("not the state of a topic")
            head = json.loads(state[_HEAD.size : _HEAD.size + head_size])
            kinds = [("<f4", dense_size), ("<i4", term_count), ("<f4", term_count)]
            if held := head.get("anchor"):
                kinds += [("<f4", held[1]), ("<i4", held[2]), ("<f4", held[2])]
            at = _HEAD.size + head_size
            if len(state) != at + 4 * sum(size for _, size in kinds):
                raise ValueError("not the state of a topic")
            arrays = []
            for kind, size in kinds:
                arrays.append(np.frombuffer(state, kind, size, at).copy())
                at += 4 * size
        except struct.error as error:
            raise ValueError("not the state of a topic") from error
        first, last = datetime.fromisoformat(head["first"]), datetime.fromisoformat(head["last"])
        anchor = Anchor(held[0], *arrays[3:], held[3]) if held else None
        name = tuple(head["name"]) if head.get("name") else None
        return cls(head["id"], head["size"], first, last, *arrays[:3], head["keys"], head["titles"],
                   head.get("reprints", 0), head.get("checked", 0), anchor, name)

    @property
    def cohesion(self) -> float:
        """How alike the members are: 1 for an ordinary event, less where several events share only a name.

        The length of the mean of unit vectors is the root of their average pairwise similarity. A centroid hides
        it: that of a scattered topic is near to everything, and such topics would swallow all that names 特朗普.
        """
        if self._cohesion is None:
            grams = float(np.linalg.norm(self.weights)) / self.size / USUAL_GRAM_COHESION
            dense = float(np.linalg.norm(self.dense)) / self.size / USUAL_COHESION
            self._cohesion = min(1.0, grams, dense or 1.0)
        return self._cohesion

    @property
    def unit_weights(self) -> np.ndarray:
        """The n-gram weights as a vector of length 1."""
        if self._unit_weights is None:
            self._unit_weights = self.weights / np.float32(np.linalg.norm(self.weights) or 1)
        return self._unit_weights

    def absorb(self, other: "Topic") -> None:
        """Take over another topic's members, or a new unit of items."""
        self._cohesion = self._unit_weights = None
        self.size += other.size
        self.reprints += other.reprints
        self.first_at, self.last_at = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        if len(self.dense) == len(other.dense):
            self.dense = self.dense + other.dense
        self.buckets, self.weights = summed(self.buckets, self.weights, other.buckets, other.weights)
        if len(self.buckets) > TERMS_SLACK:
            keep = np.sort(np.argsort(-self.weights, kind="stable")[:TERMS_KEPT])
            self.buckets, self.weights = self.buckets[keep], self.weights[keep]
        self.keys = sampled(self.keys, other.keys)
        self.titles = sampled(self.titles, other.titles)


def summed(buckets: np.ndarray, weights: np.ndarray, more: np.ndarray, added: np.ndarray) -> tuple[np.ndarray, ...]:
    """Two sparse vectors added up: (buckets, ascending; weights)."""
    every, place = np.unique(np.concatenate((buckets, more)), return_inverse=True)
    total = np.zeros(len(every), np.float32)
    np.add.at(total, place, np.concatenate((weights, added)))
    return every.astype(np.int32), total


def sampled(mine: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    """Both counts added up; of many, half those seen most and half the latest: an event's words move on with it."""
    both = dict(mine)
    for text, times in more.items():
        both[text] = both.get(text, 0) + times
    if len(both) <= TITLES_KEPT:
        return both
    recent = list(both)[-TITLES_KEPT // 2 :]
    often = sorted(both, key=lambda text: -both[text])
    keep = {*recent, *[text for text in often if text not in recent][: TITLES_KEPT - len(recent)]}
    return {text: times for text, times in both.items() if text in keep}


def terms(topics: Sequence[Topic]) -> sparse.csr_matrix:
    """The n-grams of topics, a row of length 1 each."""
    ends = np.cumsum([0, *(len(topic.buckets) for topic in topics)])
    data = np.concatenate([topic.unit_weights for topic in topics] or [np.empty(0, np.float32)])
    indices = np.concatenate([topic.buckets for topic in topics] or [np.empty(0, np.int32)])
    return sparse.csr_matrix((data, indices, ends), shape=(len(topics), BUCKETS))


def dense(topics: Sequence[Topic], width: int) -> np.ndarray:
    """Unit rows; a topic whose state has no embedding has a zero row and is then near to nothing."""
    nothing = np.zeros(width, np.float32)
    rows = [topic.dense if len(topic.dense) == width else nothing for topic in topics]
    return unit_rows(np.stack(rows)) if rows else np.zeros((0, width), np.float32)
