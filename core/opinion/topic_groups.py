"""议题: the level above events. Topics that are alike on average, though each is an event of its own, are one subject.

Looser than topics on purpose: 国际金价大跌 and 现在还适合买入黄金吗 are two events and one subject. Membership is by
average likeness to the topics of a group that are still active, so that groups neither chain nor grow without end. Ids
are stable: the older group's id survives a merge.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np

from core.opinion.shelf import Shelf

LEAST = 2
"""Items of a topic from which it takes part: single items are no events yet."""
STAYS = 0.75
"""Share of the likeness for joining that is enough for staying."""
LARGEST = 12
"""Topics of a group that are held against those of another."""
GROWN = 1.25
"""Times its size when it was last looked at from which a topic is looked at again."""


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What changed: topic id to its group now (None: none any more); group id to the older one it was merged into."""

    moved: dict[int, int | None]
    merged: dict[int, int]


class Groups:
    """Groups of the active topics of a shelf. `group_of`: topic id to group id, as stored; `least`: average likeness
    from which a topic joins; `allot` gives the id of a new group, each larger than the one before."""

    def __init__(
        self, topics: Shelf, group_of: Mapping[int, int], least: float, allot: Callable[[], int] | None = None
    ) -> None:
        self._topics, self._least = topics, least
        self.group_of = {topic: group for topic, group in group_of.items() if topic in topics}
        self._members: dict[int, set[int]] = {}
        self._looked: dict[int, int] = {}
        self._before: dict[int, int | None] = {}
        for topic, group in self.group_of.items():
            self._members.setdefault(group, set()).add(topic)
        self._allot = allot or count(max(self._members, default=0) + 1).__next__

    def members(self, group: int) -> frozenset[int]:
        """The active topics of a group."""
        return frozenset(self._members.get(group, ()))

    def update(
        self, touched: Iterable[int], gone: Iterable[int] = (), merged: Mapping[int, int] | None = None,
        split: Iterable[int] = (),
    ) -> Regrouped:
        """Look at the topics that changed. `gone`: that are no longer active; `merged`: topic id to the one that took
        it in, which inherits its group where it has none; `split`: that lost a part."""
        self._before = {}
        for topic in (*(merged or {}), *split):
            self._looked.pop(topic, None)
        for young, old in (merged or {}).items():
            group = self._leave(young)
            if group is not None and old not in self.group_of and old in self._topics:
                self._join(old, group)
        for topic in gone:
            self._leave(topic)
            self._before.pop(topic)  # what is over stays where it was
            self._looked.pop(topic, None)
        wanted = sorted(id_ for id_ in set(touched) if id_ in self._topics and self._due(id_))
        near = self._topics.near([self._topics[id_] for id_ in wanted])
        for id_, row in zip(wanted, near, strict=True):
            self._place(id_, row)
        absorbed = self._merge(dict(zip(wanted, near, strict=True)))
        moved = {topic: self.group_of.get(topic) for topic, group in self._before.items()
                 if topic in self._topics and group != self.group_of.get(topic)}
        return Regrouped(moved, absorbed)

    def _due(self, id_: int) -> bool:
        """Whether a topic has grown enough since it was last looked at for its place to be another one."""
        size = self._topics[id_].size
        if size < max(LEAST, GROWN * self._looked.get(id_, 0)):
            return False
        self._looked[id_] = size
        return True

    def _place(self, id_: int, row: np.ndarray) -> None:
        """Let a topic leave a group that it no longer belongs to, and join the nearest."""
        mine = self._leave(id_)
        close = [int(one) for one in self._topics.ids[np.flatnonzero(row >= self._least)]]
        likeness = {group: self._average(row, group) for group in {self.group_of[one] for one in close
                                                                     if one in self.group_of} | {mine} - {None}}
        if mine is not None and mine in self._members and likeness[mine] >= STAYS * self._least:
            self._join(id_, mine)
            return
        best = max(likeness, key=lambda group: (likeness[group], -group), default=None)
        if best is not None and likeness[best] >= self._least:
            self._join(id_, best)
            return
        alone = [one for one in close if one != id_ and one not in self.group_of and self._topics[one].size >= LEAST]
        if alone:
            group = self._allot()
            self._join(id_, group)
            self._join(max(alone, key=lambda one: (row[self._topics.row(one)], -one)), group)

    def _average(self, row: np.ndarray, group: int) -> float:
        held = self._members.get(group)
        return float(np.mean([row[self._topics.row(one)] for one in held])) if held else -1.0

    def _merge(self, near: Mapping[int, np.ndarray]) -> dict[int, int]:
        """Merge groups that are as alike as a topic and the group that it joins; `near`: likeness of the topics that
        were looked at to all: one of them has come near to another group, where two have grown together."""
        merged: dict[int, int] = {}
        for id_, row in near.items():
            group = self.group_of.get(id_)
            if group is None:
                continue
            close = {self.group_of.get(int(one)) for one in self._topics.ids[np.flatnonzero(row >= self._least)]}
            for other in sorted(close - {None, group}):
                if group == self.group_of.get(id_) and self._average(row, other) >= self._least and (
                    self._apart(group, other) >= self._least
                ):
                    old, young = min(group, other), max(group, other)
                    for one in tuple(self._members[young]):
                        self._leave(one)
                        self._join(one, old)
                    merged[young] = old
                    break
        return merged

    def _apart(self, group: int, other: int) -> float:
        """Average likeness of the largest topics of two groups."""
        some, others = (sorted(self._members[one], key=lambda id_: (-self._topics[id_].size, id_))[:LARGEST]
                        for one in (group, other))
        return float(self._topics.between(some, others).mean())

    def _join(self, topic: int, group: int) -> None:
        self._before.setdefault(topic, self.group_of.get(topic))
        self.group_of[topic] = group
        self._members.setdefault(group, set()).add(topic)

    def _leave(self, topic: int) -> int | None:
        self._before.setdefault(topic, self.group_of.get(topic))
        group = self.group_of.pop(topic, None)
        if group is not None:
            self._members[group].discard(topic)
            if not self._members[group]:
                del self._members[group]
        return group
