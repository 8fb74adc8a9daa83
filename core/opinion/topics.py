"""Which of the things said belong to one event: an incremental clusterer with stable ids.

Each batch is compared with the topics that are still active: similarity is .7 x cosine of centred sentence
embeddings + .3 x cosine of weighted character n-grams (the n-grams alone where the embedding isn't installed).
In this order: items that carry a strong key of a topic (#话题#, 【title】, the same title) join it; items near enough
to a topic join it; what is left forms new topics by average linkage; topics that have grown together are merged and
the older id lives on. The cost of one more item depends on the topics of the active window, not on what is stored.

A topic's state is one byte string; `Clusterer` rebuilt from states goes on exactly as if it had never stopped.
Thresholds were chosen on hot-list titles of a week and confirmed on others (docs/benchmarks.md).
"""

import json
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from core.opinion import naming
from core.opinion.features import BUCKETS, Background, hashed, rarity, unit_rows
from core.opinion.text import gist, strong_keys

WINDOW = timedelta(days=7)
"""How long after its last item a topic takes new ones."""
EMBEDDING_SHARE = 0.7
KEYED = 0.15
"""Similarity that a shared #话题# still needs: tags such as #今日份快乐# hold many events."""
USUAL_COHESION, USUAL_GRAM_COHESION = 0.67, 0.52
"""Length of the mean member vector of topics that hold one event (embedding, n-grams); measured on 40 large topics."""
TERMS_KEPT, TERMS_SLACK = 400, 600
TITLES_KEPT = 40

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"TPC1"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Similarities from which an item joins a topic, items form a new one, two topics become one."""

    assign: float
    new: float
    merge: float


FUSED = Thresholds(assign=0.35, new=0.32, merge=0.50)
GRAMS_ONLY = Thresholds(assign=0.18, new=0.14, merge=0.28)


@dataclass(frozen=True, slots=True)
class Item:
    """Something said: `at` aware, `text` may be empty."""

    id: int
    title: str
    at: datetime
    text: str = ""


@dataclass(slots=True)
class Topic:
    """One topic's state: sums over its members, its keys and a sample of its titles."""

    id: int
    size: int
    first_at: datetime
    last_at: datetime
    dense: np.ndarray
    buckets: np.ndarray
    weights: np.ndarray
    keys: dict[str, int] = field(default_factory=dict)
    titles: dict[str, int] = field(default_factory=dict)
    _cohesion: float | None = None
    _unit_weights: np.ndarray | None = None

    def to_bytes(self) -> bytes:
        head = json.dumps(
            {"id": self.id, "size": self.size, "first": self.first_at.isoformat(), "last": self.last_at.isoformat(),
             "keys": self.keys, "titles": self.titles}, ensure_ascii=False, separators=(",", ":"),
        ).encode()
        arrays = (self.dense.astype("<f4"), self.buckets.astype("<i4"), self.weights.astype("<f4"))
        front = _HEAD.pack(_MAGIC, len(head), len(self.dense), len(self.buckets))
        return front + head + b"".join(array.tobytes() for array in arrays)

    @classmethod
    def from_bytes(cls, state: bytes) -> "Topic":
        """Raises ValueError for bytes that are not a topic's state."""
        try:
            magic, head_size, dense_size, term_count = _HEAD.unpack_from(state)
            if magic != _MAGIC or len(state) != _HEAD.size + head_size + 4 * dense_size + 8 * term_count:
                raise ValueError("not the state of a topic")
            at = _HEAD.size
            head = json.loads(state[at : at + head_size])
            at += head_size
            dense = np.frombuffer(state, "<f4", dense_size, at).copy()
            at += 4 * dense_size
            buckets = np.frombuffer(state, "<i4", term_count, at).copy()
            weights = np.frombuffer(state, "<f4", term_count, at + 4 * term_count).copy()
        except struct.error as error:
            raise ValueError("not the state of a topic") from error
        first, last = datetime.fromisoformat(head["first"]), datetime.fromisoformat(head["last"])
        return cls(head["id"], head["size"], first, last, dense, buckets, weights, head["keys"], head["titles"])

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
        self.first_at, self.last_at = min(self.first_at, other.first_at), max(self.last_at, other.last_at)
        if len(self.dense) == len(other.dense):
            self.dense = self.dense + other.dense
        buckets, place = np.unique(np.concatenate((self.buckets, other.buckets)), return_inverse=True)
        weights = np.zeros(len(buckets), np.float32)
        np.add.at(weights, place, np.concatenate((self.weights, other.weights)))
        if len(buckets) > TERMS_SLACK:
            keep = np.sort(np.argsort(-weights, kind="stable")[:TERMS_KEPT])
            buckets, weights = buckets[keep], weights[keep]
        self.buckets, self.weights = buckets.astype(np.int32), weights
        self.keys = _sampled(self.keys, other.keys)
        self.titles = _sampled(self.titles, other.titles)


def _sampled(mine: dict[str, int], more: dict[str, int]) -> dict[str, int]:
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


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch did. `assigned`: item id to topic id, after merging; `created`, `changed`: ids of living topics;
    `merged`: id that became an alias to the id that lives on; `retired`: ids that left the active window."""

    assigned: dict[int, int]
    created: list[int]
    changed: list[int]
    merged: dict[int, int]
    retired: list[int]


class Clusterer:
    """Assigns items to topics batch by batch. `embed` gives centred unit rows, or is None (n-grams alone);
    `allot` gives the id of a new topic, each larger than the one before."""

    def __init__(
        self,
        background: Background,
        embed: Callable[[list[str]], np.ndarray] | None = None,
        topics: Iterable[Topic] = (),
        allot: Callable[[], int] | None = None,
        window: timedelta = WINDOW,
        thresholds: Thresholds | None = None,
    ):
        self._background, self._embed, self._window = background, embed, window
        self.thresholds = thresholds or (FUSED if embed else GRAMS_ONLY)
        self.topics: dict[int, Topic] = {topic.id: topic for topic in sorted(topics, key=lambda topic: topic.id)}
        self._allot = allot or count(max(self.topics, default=0) + 1).__next__

    def add(self, items: Sequence[Item]) -> Change:
        """Assign every item of the batch to a topic, new or known. Empty titles form topics of their own."""
        if not items:
            return Change({}, [], [], {}, [])
        retired = self.retire(max(item.at for item in items))
        units, members = self._units(items)
        chosen, created = self._assign(units)
        touched = set(chosen)
        merged = self._merge(touched)
        final = {id_: _follow(id_, merged) for id_ in touched}
        assigned = {item.id: final[chosen[n]] for n, unit in enumerate(members) for item in unit}
        living = {id_ for id_ in final.values()}
        return Change(assigned, sorted(set(created) & living), sorted(living), merged, retired)

    def reprint(self, topic_id: int, title: str, at: datetime) -> bool:
        """Note a reprint of one of a topic's members: it keeps the topic active, and a title that many print again is
        the one to show. The topic's centre stays as it is. False when the topic is no longer active."""
        topic = self.topics.get(topic_id)
        if topic is None:
            return False
        topic.first_at, topic.last_at = min(topic.first_at, at.astimezone(UTC)), max(topic.last_at, at.astimezone(UTC))
        topic.titles = _sampled(topic.titles, {title: 1})
        return True

    def name(self, topic_id: int) -> tuple[str, list[str]]:
        """Title and keywords of a living topic. Raises KeyError."""
        topic = self.topics[topic_id]
        return (
            naming.title(topic.titles, topic.buckets, topic.weights, self._background),
            naming.keywords(topic.titles, self._background),
        )

    def retire(self, latest: datetime) -> list[int]:
        """Let go of the topics whose last item lies more than the window before `latest`; returns their ids."""
        old = [id_ for id_, topic in self.topics.items() if topic.last_at < latest - self._window]
        for id_ in old:
            del self.topics[id_]
        return old

    def _idf(self) -> np.ndarray:
        """Weight of every bucket: rarity among titles at large or among the active topics, whichever is less.

        The topics' part keeps the district's own name from pulling everything together.
        """
        share = self._background.share
        if self.topics:
            held = np.bincount(np.concatenate([t.buckets for t in self.topics.values()]), minlength=BUCKETS)
            local = np.maximum(held - 3, 0) / np.float32(len(self.topics) + 200)
            share = np.maximum(share, local)
        return rarity(share)

    def _units(self, items: Sequence[Item]) -> tuple[list[Topic], list[list[Item]]]:
        """Items of one batch with the same title as one unit each, in order of arrival; ids are placeholders."""
        grouped: dict[str, list[Item]] = {}
        for item in items:
            grouped.setdefault(gist(item.title, item.text), []).append(item)
        texts, members = list(grouped), list(grouped.values())
        terms = hashed(texts)
        terms = sparse.csr_matrix(terms.multiply(self._idf()[None, :]), dtype=np.float32)
        terms.sort_indices()
        dense = self._embed(texts) if self._embed else np.zeros((len(texts), 0), np.float32)
        units = []
        for row, group in enumerate(members):
            part = slice(terms.indptr[row], terms.indptr[row + 1])
            weights = terms.data[part]
            length = np.float32(np.linalg.norm(weights))
            keys = Counter(key for item in group for key in sorted(strong_keys(item.title, item.text)))
            titles = Counter(item.title for item in group)
            times = [item.at.astimezone(UTC) for item in group]
            size = np.float32(len(group))
            units.append(Topic(
                -1 - row, len(group), min(times), max(times), dense[row] * size, terms.indices[part].astype(np.int32),
                weights / (length or 1) * size, dict(keys), dict(titles),
            ))
        return units, members

    def _similarity(self, a: Sequence[Topic], b: Sequence[Topic]) -> np.ndarray:
        """Similarity of every one of a to every one of b, less by what either lacks in cohesion; -1 for those
        further apart in time than the window (old articles of a feed that is read for the first time)."""
        if not a or not b:
            return np.zeros((len(a), len(b)), np.float32)
        near = (_terms(a) @ _terms(b).T).toarray()
        if self._embed is not None:
            width = max(len(topic.dense) for topic in (*a, *b))
            near = EMBEDDING_SHARE * (_dense(a, width) @ _dense(b, width).T) + (1 - EMBEDDING_SHARE) * near
        near = near * np.minimum(_cohesion(a)[:, None], _cohesion(b)[None, :])
        first_a, last_a, first_b, last_b = (_times(which, side) for side in (a, b) for which in ("first_at", "last_at"))
        apart = np.maximum(first_a[:, None] - last_b[None, :], first_b[None, :] - last_a[:, None])
        near[apart > self._window.total_seconds()] = -1
        return near

    def _assign(self, units: list[Topic]) -> tuple[list[int], list[int]]:
        """The topic id of every unit, and the ids that are new."""
        known = list(self.topics.values())
        near = self._similarity(units, known)
        row_of = {topic.id: row for row, topic in enumerate(known)}
        by_key = {key: topic.id for topic in reversed(known) for key in topic.keys}
        chosen: list[int | None] = []
        for n, unit in enumerate(units):
            held = [by_key[key] for key in sorted(unit.keys) if key in by_key]
            held = [id_ for id_ in held if near[n, row_of[id_]] >= KEYED]
            best = int(near[n].argmax()) if known else -1
            if held:
                chosen.append(max(held, key=lambda id_: near[n, row_of[id_]]))
            elif known and near[n, best] >= self.thresholds.assign:
                chosen.append(known[best].id)
            else:
                chosen.append(None)
        for n, unit in enumerate(units):
            if chosen[n] is not None:
                self.topics[chosen[n]].absorb(unit)
        left = [n for n, id_ in enumerate(chosen) if id_ is None]
        created = []
        for group in self._link([units[n] for n in left]):
            new = self._allot()
            created.append(new)
            first = units[left[group[0]]]
            self.topics[new] = Topic(new, first.size, first.first_at, first.last_at, first.dense, first.buckets,
                                     first.weights, dict(first.keys), dict(first.titles))
            for place in group[1:]:
                self.topics[new].absorb(units[left[place]])
            for place in group:
                chosen[left[place]] = new
        return [id_ for id_ in chosen if id_ is not None], created

    def _link(self, units: list[Topic]) -> list[list[int]]:
        """Average-linkage groups of units, in order of arrival."""
        if len(units) < 2:
            return [[n] for n in range(len(units))]
        near = self._similarity(units, units)
        by_key: dict[str, list[int]] = {}
        for n, unit in enumerate(units):
            for key in unit.keys:
                by_key.setdefault(key, []).append(n)
        for same in by_key.values():
            for a in same:
                for b in same:
                    if near[a, b] >= KEYED:
                        near[a, b] = max(near[a, b], self.thresholds.merge)
        distance = 1 - (near + near.T) / 2
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(np.clip(distance, 0, 2), checks=False), "average")
        groups: dict[int, list[int]] = {}
        for n, label in enumerate(fcluster(tree, 1 - self.thresholds.new, "distance")):
            groups.setdefault(int(label), []).append(n)
        return sorted(groups.values())

    def _merge(self, touched: set[int]) -> dict[int, int]:
        """Merge topics that have grown together; returns younger id to the id that lives on."""
        merged: dict[int, int] = {}
        looking = {id_ for id_ in touched if id_ in self.topics}
        while looking:
            known = list(self.topics.values())
            rows = [self.topics[id_] for id_ in sorted(looking)]
            near = self._similarity(rows, known)
            looking = set()
            for row, column in np.argwhere(near >= self.thresholds.merge):
                a, b = _follow(rows[row].id, merged), _follow(known[column].id, merged)
                if a == b or a in looking or b in looking:
                    continue
                old, young = min(a, b), max(a, b)
                self.topics[old].absorb(self.topics.pop(young))
                merged[young] = old
                looking.add(old)
        return {id_: _follow(id_, merged) for id_ in merged}


def _follow(id_: int, merged: Mapping[int, int]) -> int:
    while id_ in merged:
        id_ = merged[id_]
    return id_


def _terms(topics: Sequence[Topic]) -> sparse.csr_matrix:
    ends = np.cumsum([0, *(len(topic.buckets) for topic in topics)])
    data = np.concatenate([topic.unit_weights for topic in topics])
    indices = np.concatenate([topic.buckets for topic in topics])
    return sparse.csr_matrix((data, indices, ends), shape=(len(topics), BUCKETS))


def _times(which: str, topics: Sequence[Topic]) -> np.ndarray:
    return np.array([getattr(topic, which).timestamp() for topic in topics])


def _cohesion(topics: Sequence[Topic]) -> np.ndarray:
    return np.array([topic.cohesion for topic in topics], np.float32)


def _dense(topics: Sequence[Topic], width: int) -> np.ndarray:
    """Unit rows; a topic whose state has no embedding has a zero row and is then near to nothing."""
    nothing = np.zeros(width, np.float32)
    return unit_rows(np.stack([topic.dense if len(topic.dense) == width else nothing for topic in topics]))
