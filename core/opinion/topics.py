"""Which of the things said belong to one event: an incremental clusterer with stable ids.

Each batch is compared with the topics that are still active: similarity is .7 x cosine of centred sentence
embeddings + .3 x cosine of weighted character n-grams (the n-grams alone where the embedding isn't installed).
In this order: items that carry a strong key of a topic (#话题#, 【title】, the same title) join it; items near enough
to a topic join it; what is left forms new topics by average linkage; topics that have grown together are merged and
the older id lives on. The cost of one more item depends on the topics of the active window, not on what is stored.

A topic that turns out to hold several events is split, and one that moved on from where it began is said to have
drifted: both are asked for (`due`, `split`, `drifted`), since a split has to read the members again.

What people decided of topics (`Ruled`) stands above all of this.

`Clusterer` rebuilt from states (core.opinion.topic_state) goes on exactly as if it had never stopped.
Thresholds were chosen on hot-list titles of a week and confirmed on others (docs/benchmarks.md).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from core.opinion import naming, shelf
from core.opinion.features import Background, hashed
from core.opinion.shelf import Shelf
from core.opinion.text import gist, strong_keys
from core.opinion.topic_state import Anchor, Topic, sampled

WINDOW = timedelta(days=7)
"""How long after its last item a topic takes new ones."""
KEYWORDED = 3
"""Different titles from which a topic has keywords: fewer are read as quickly as words taken from them."""
RENAMED = 0.4
"""Share by which a topic has to grow for it to be named anew."""
KEYED = 0.15
"""Similarity that a shared #话题# still needs: tags such as #今日份快乐# hold many events."""
LOOKED_AT = 16
"""Members from which a topic is looked at for being several events, and again each time it has doubled."""
MOST_LOOKED_AT = 200
"""Members beyond which a topic is what it is: it has been looked at several times by then."""
LEAST_PART, PART_SHARE = 4, 0.15
"""A part of a topic is an event of its own from so many members, and that share of them."""
STAY_APART = 0.9
"""Share of the similarity at which two topics become one, below which parts are told apart: they must not meet again at
once."""
ANCHORED = 12
"""Members that a topic's beginning is made of; as many again at least, and half of all then, are held against it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Similarities from which an item joins a topic, items form a new one, two topics become one; below which, on
    average, two parts of a topic are two events (`apart`), and what came later is no longer what it began with
    (`drift`); from which, on average, topics are one subject (`loose`, core.opinion.topic_groups)."""

    assign: float
    new: float
    merge: float
    apart: float
    drift: float
    loose: float


FUSED = Thresholds(assign=0.35, new=0.32, merge=0.50, apart=0.22, drift=0.70, loose=0.24)
GRAMS_ONLY = Thresholds(assign=0.18, new=0.14, merge=0.28, apart=0.08, drift=0.45, loose=0.08)


@dataclass(frozen=True, slots=True)
class Item:
    """Something said: `at` aware, `text` may be empty."""

    id: int
    title: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What people decided of topics. `apart`: pairs that are not merged; `whole`: topics that are not split; `hidden`:
    topics that are not shown: what is shown and what is hidden are not merged, so that neither comes or goes with the
    other."""

    apart: frozenset[tuple[int, int]] = frozenset()
    whole: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()


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
        ruled: Ruled | None = None,
    ):
        self._background, self._embed, self._window = background, embed, window
        self.thresholds = thresholds or (FUSED if embed else GRAMS_ONLY)
        held = list(topics)
        self._width = max((len(topic.dense) for topic in held), default=0) if embed else 0
        self.topics = Shelf(held, self._width, window.total_seconds())
        self._allot = allot or count(max(self.topics, default=0) + 1).__next__
        ruled = ruled or Ruled()
        self._apart: dict[int, set[int]] = {}
        for one, other in ruled.apart:
            self._hold_apart(one, other)
        self._whole, self._hidden = set(ruled.whole), set(ruled.hidden)

    def apart(self, topic_id: int) -> frozenset[int]:
        """The topics that this one is held apart from."""
        return frozenset(self._apart.get(topic_id, ()))

    def add(self, items: Sequence[Item]) -> Change:
        """Assign every item of the batch to a topic, new or known. Empty titles form topics of their own."""
        if not items:
            return Change({}, [], [], {}, [])
        retired = self.retire(max(item.at for item in items))
        units, members = self._units(items)
        chosen, created = self._assign(units)
        touched = set(chosen)
        alone = set(created) & {id_ for id_, number in Counter(chosen).items() if number == 1}
        # One that was made just now of a single unit is near to none: that was seen when its unit was placed.
        merged = self._merge({id_ for id_ in touched if id_ not in alone})
        final = {id_: _follow(id_, merged) for id_ in touched}
        assigned = {item.id: final[chosen[n]] for n, unit in enumerate(members) for item in unit}
        living = set(final.values())
        return Change(assigned, sorted(set(created) & living), sorted(living), merged, retired)

    def reprint(self, topic_id: int, title: str, at: datetime) -> bool:
        """Note a reprint of one of a topic's members: it keeps the topic active, and a title that many print again is
        the one to show. The topic's centre stays as it is. False when the topic is no longer active."""
        topic = self.topics.get(topic_id)
        if topic is None:
            return False
        topic.first_at, topic.last_at = min(topic.first_at, at.astimezone(UTC)), max(topic.last_at, at.astimezone(UTC))
        topic.titles = sampled(topic.titles, {title: 1})
        topic.reprints += 1
        self.topics.put(topic)
        return True

    def name(self, topic_id: int) -> tuple[str, list[str]]:
        """Title and keywords of a living topic; of one or two titles, no keywords. A topic is named anew once it has
        grown by two fifths. Raises KeyError."""
        topic = self.topics[topic_id]
        number = topic.size + topic.reprints
        if topic.name is None or number >= topic.name[0] + max(1, RENAMED * topic.name[0]):
            title = naming.title(topic.titles, topic.buckets, topic.weights, self._background)
            words = naming.keywords(topic.titles, self._background) if len(topic.titles) >= KEYWORDED else []
            topic.name = (number, title, words)
        return topic.name[1], list(topic.name[2])

    def retire(self, latest: datetime) -> list[int]:
        """Let go of the topics whose last item lies more than the window before `latest`; returns their ids."""
        old = self.topics.older(latest - self._window)
        for id_ in old:
            self.topics.drop(id_)
        return old

    def due(self, topic_id: int) -> bool:
        """Whether a topic has grown enough to be looked at for being several events."""
        topic = self.topics.get(topic_id)
        if topic is None or topic_id in self._whole:
            return False
        return max(LOOKED_AT, 2 * topic.checked) <= topic.size <= MOST_LOOKED_AT

    def form(self, topic_id: int, items: Sequence[Item], size: int) -> None:
        """Make a topic's state anew from its members, each text once; of one with more of them than are given (`size`)
        these stand for all."""
        units, _ = self._units(items)
        made = _joined(topic_id, units)
        share = np.float32(size / made.size)
        made.dense, made.weights, made.size = made.dense * share, made.weights * share, size
        self.topics.put(made)

    def split(self, topic_id: int, items: Sequence[Item]) -> dict[int, int]:
        """Look at a topic with its members, each text once. Where it is several events that have little in common,
        the largest part, of equals the older, keeps the id and the others become topics: topic id of every item; empty
        where it stays one. Raises KeyError for a topic that isn't active."""
        topic = self.topics[topic_id]
        topic.checked = topic.size
        units, members = self._units(items)
        parts = self._parts(units)
        if len(parts) < 2:
            return {}
        parts.sort(key=lambda part: (-sum(units[n].size for n in part), min(units[n].first_at for n in part)))
        out: dict[int, int] = {}
        for nth, part in enumerate(parts):
            made = _joined(topic_id if nth == 0 else self._allot(), [units[n] for n in part])
            made.checked = made.size
            self.topics.put(made)
            for other in tuple(self._apart.get(topic_id, ())) if nth else ():
                self._hold_apart(made.id, other)
            out |= {item.id: made.id for n in part for item in members[n]}
        return out

    def drifted(self, topic_id: int) -> tuple[str, float] | None:
        """Whether what came to a topic since its beginning (or since it was last said to have drifted) is something
        else: its title then, and how like it is, 0 to 1. Where it is, what it is now counts as its beginning."""
        topic = self.topics[topic_id]
        if topic.size < ANCHORED:
            return None
        if topic.anchor is None or topic.anchor.size > topic.size:
            topic.anchor = self._anchor(topic)
            return None
        anchor = topic.anchor
        if topic.size - anchor.size < max(ANCHORED, anchor.size / 2):
            return None
        like = _like(topic, anchor)
        if like < self.thresholds.drift or topic.size >= 4 * anchor.size:
            topic.anchor = self._anchor(topic)
        return (anchor.title, like) if like < self.thresholds.drift else None

    def _anchor(self, topic: Topic) -> Anchor:
        return Anchor(topic.size, topic.dense, topic.buckets, topic.weights, self.name(topic.id)[0])

    def _units(self, items: Sequence[Item]) -> tuple[list[Topic], list[list[Item]]]:
        """Items of one batch with the same title as one unit each, in order of arrival; ids are placeholders."""
        grouped: dict[str, list[Item]] = {}
        for item in items:
            grouped.setdefault(gist(item.title, item.text), []).append(item)
        texts, members = list(grouped), list(grouped.values())
        terms = sparse.csr_matrix(hashed(texts))
        terms.sort_indices()
        terms.data = terms.data * self.topics.weight(terms.indices, self._background)
        dense = self._embedded(texts)
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

    def _embedded(self, texts: list[str]) -> np.ndarray:
        dense = self._embed(texts) if self._embed else np.zeros((len(texts), 0), np.float32)
        if dense.shape[1] > self._width:
            self._width = dense.shape[1]
            self.topics.widen(self._width)
        return dense

    def _assign(self, units: list[Topic]) -> tuple[list[int], list[int]]:
        """The topic id of every unit, and the ids that are new."""
        near, ids = self.topics.near(units), self.topics.ids
        chosen: list[int | None] = []
        for n, unit in enumerate(units):
            held = {id_ for key in unit.keys for id_ in self._of_key(key)}
            keyed = [(float(near[n, self.topics.row(id_)]), -id_) for id_ in held]
            best, other = max(keyed, default=(-1.0, 0))
            if best >= KEYED:
                chosen.append(-other)
                continue
            best = int(near[n].argmax()) if len(ids) else -1
            chosen.append(int(ids[best]) if best >= 0 and near[n, best] >= self.thresholds.assign else None)
        for n, unit in enumerate(units):
            if chosen[n] is not None:
                topic = self.topics[chosen[n]]
                topic.absorb(unit)
                self.topics.put(topic)
        left = [n for n, id_ in enumerate(chosen) if id_ is None]
        created = []
        for group in self._link([units[n] for n in left], self.thresholds.new):
            new = self._allot()
            created.append(new)
            self.topics.put(_joined(new, [units[left[place]] for place in group]))
            for place in group:
                chosen[left[place]] = new
        return [id_ for id_ in chosen if id_ is not None], created

    def _of_key(self, key: str) -> list[int]:
        """The oldest topic that has this key, and those with it that people hold apart from it."""
        oldest = self.topics.of_key(key)
        if oldest is None:
            return []
        others = (id_ for id_ in self._apart.get(oldest, ()) if id_ in self.topics and key in self.topics[id_].keys)
        return [oldest, *others]

    def _link(self, units: list[Topic], least: float) -> list[list[int]]:
        """Average-linkage groups of units, in order of arrival."""
        if len(units) < 2:
            return [[n] for n in range(len(units))]
        near = self._keyed(units)
        distance = 1 - (near + near.T) / 2
        np.fill_diagonal(distance, 0)
        tree = linkage(squareform(np.clip(distance, 0, 2), checks=False), "average")
        groups: dict[int, list[int]] = {}
        for n, label in enumerate(fcluster(tree, 1 - least, "distance")):
            groups.setdefault(int(label), []).append(n)
        return sorted(groups.values())

    def _keyed(self, units: list[Topic]) -> np.ndarray:
        """Similarity of units to one another; those that share a key are as near as two topics that become one."""
        near = shelf.near(units, units, self._width, self._window.total_seconds())
        by_key: dict[str, list[int]] = {}
        for n, unit in enumerate(units):
            for key in unit.keys:
                by_key.setdefault(key, []).append(n)
        for same in by_key.values():
            for a in same:
                for b in same:
                    if near[a, b] >= KEYED:
                        near[a, b] = max(near[a, b], self.thresholds.merge)
        return near

    def _parts(self, units: list[Topic]) -> list[list[int]]:
        """The events that units are: groups large enough and far enough from one another; what belongs to none goes
        with the nearest."""
        groups = self._link(units, self.thresholds.apart)
        least = max(LEAST_PART, PART_SHARE * sum(unit.size for unit in units))
        large = [group for group in groups if sum(units[n].size for n in group) >= least]
        parts = [_joined(-1, [units[n] for n in group]) for group in large]
        while len(parts) > 1:
            near = shelf.near(parts, parts, self._width, self._window.total_seconds())
            np.fill_diagonal(near, -1)
            a, b = sorted(divmod(int(near.argmax()), len(parts)))
            if near[a, b] < STAY_APART * self.thresholds.merge:
                break
            large[a] += large.pop(b)
            parts[a].absorb(parts.pop(b))
        if len(parts) < 2:
            return []
        rest = [n for group in groups if not any(group[0] in part for part in large) for n in group]
        if rest:
            near = shelf.near([units[n] for n in rest], parts, self._width, self._window.total_seconds())
            for n, best in zip(rest, near.argmax(axis=1), strict=True):
                large[int(best)].append(n)
        return [sorted(part) for part in large]

    def _merge(self, touched: set[int]) -> dict[int, int]:
        """Merge topics that have grown together; returns younger id to the id that lives on."""
        merged: dict[int, int] = {}
        looking = {id_ for id_ in touched if id_ in self.topics}
        while looking:
            rows = [self.topics[id_] for id_ in sorted(looking)]
            near, ids = self.topics.near(rows), self.topics.ids.copy()
            looking = set()
            for row, column in np.argwhere(near >= self.thresholds.merge):
                a, b = _follow(rows[row].id, merged), _follow(int(ids[column]), merged)
                if a == b or a in looking or b in looking or not self._may_merge(a, b):
                    continue
                old, young = min(a, b), max(a, b)
                topic = self.topics[old]
                topic.absorb(self.topics.drop(young))
                self.topics.put(topic)
                self._inherit(old, young)
                merged[young] = old
                looking.add(old)
        return {id_: _follow(id_, merged) for id_ in merged}

    def _may_merge(self, one: int, other: int) -> bool:
        return other not in self._apart.get(one, ()) and (one in self._hidden) == (other in self._hidden)

    def _hold_apart(self, one: int, other: int) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def _inherit(self, old: int, young: int) -> None:
        """What people decided of a topic holds for the one that takes it in."""
        for other in self._apart.pop(young, set()):
            self._apart[other].discard(young)
            self._hold_apart(old, other)
        if young in self._whole:
            self._whole.discard(young)
            self._whole.add(old)
        self._hidden.discard(young)


def _joined(id_: int, units: Sequence[Topic]) -> Topic:
    """Units as one topic."""
    first = units[0]
    made = replace(first, id=id_, keys=dict(first.keys), titles=dict(first.titles), anchor=None, checked=0, name=None)
    for unit in units[1:]:
        made.absorb(unit)
    return made


def _like(topic: Topic, anchor: Anchor) -> float:
    """Similarity of what came to a topic since its anchor to the anchor."""
    with_both = len(topic.dense) == len(anchor.dense) and len(topic.dense) > 0
    before = dict(zip(anchor.buckets.tolist(), anchor.weights.tolist(), strict=True))
    since = np.maximum(topic.weights - np.array([before.get(int(one), 0.0) for one in topic.buckets], np.float32), 0)
    then = np.array([before.get(int(one), 0.0) for one in topic.buckets], np.float32)
    grams = float(since @ then) / ((float(np.linalg.norm(since)) * float(np.linalg.norm(anchor.weights))) or 1.0)
    if not with_both:
        return grams
    later = topic.dense - anchor.dense
    near = float(later @ anchor.dense) / ((float(np.linalg.norm(later)) * float(np.linalg.norm(anchor.dense))) or 1.0)
    return shelf.EMBEDDING_SHARE * near + (1 - shelf.EMBEDDING_SHARE) * grams


def _follow(id_: int, merged: Mapping[int, int]) -> int:
    while id_ in merged:
        id_ = merged[id_]
    return id_
