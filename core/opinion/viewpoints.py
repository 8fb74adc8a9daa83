"""What people think of one event: groups of like comments with their shares and quotes, and their stances.

Both are automatic and say so. Groups are made of the comments themselves: copies are folded and count as weight, the
rest is linked by likeness (embedding and n-grams, n-grams alone without the package); a group is named by its most
central comment, verbatim, and what belongs to none is an explicit remainder, usually half or more. Stances are a fixed
frame with cues that the office can edit (data/catalog/stance.csv); a comment without a cue is 其他, not guessed. Media
and netizens are reckoned apart.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from core.faults import BadInput
from core.labels import STANCES
from core.opinion.features import Background, hashed, rarity, unit_rows
from core.opinion.fold import Folds
from core.opinion.text import letters, plain
from core.opinion.wordlist import rows

COLUMNS = ("stance", "cue", "note")
SHORTEST, LONGEST = 4, 280
"""Letters of a comment that says something, and characters of one that are compared."""
MOST = 2_000
"""Different comments that are grouped; of more, those that were said most."""
NEAR, NEAR_GRAMS = 0.35, 0.2
"""Likeness from which comments are linked, with the embedding and without."""
MANY = 8
"""Comments from which what they have in common can be told from what each says: the event's name is nobody's view."""
LEAST, LEAST_SHARE = 3, 0.02
"""Comments of a group: at least so many, and at least that share of all."""
QUOTES = 3


@dataclass(frozen=True, slots=True)
class Comment:
    """Something said about an event; `id` leads back to what is stored. `media`: by a medium or an office, not by a
    netizen."""

    id: int
    text: str
    media: bool = False


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A group of like comments: its number and share of all (copies counted), quotes (ids of comments, the most central
    first; their texts are what was stored) and the stance of most of them."""

    number: int
    share: float
    quotes: tuple[int, ...]
    stance: str


@dataclass(frozen=True, slots=True)
class Views:
    """What one side thinks. `unsorted`: number of comments in no group; `stances`: number by stance, all of STANCES."""

    comments: int
    viewpoints: tuple[Viewpoint, ...]
    unsorted: int
    stances: dict[str, int]

    @property
    def unsorted_share(self) -> float:
        return self.unsorted / self.comments if self.comments else 0.0


class Frame:
    """The stances with their cues."""

    def __init__(self, cues: Sequence[tuple[str, str]]) -> None:
        self._cues = [(stance, re.compile(cue, re.IGNORECASE)) for stance, cue in cues]

    @classmethod
    def read(cls, text: str, name: str = "stance.csv") -> "Frame":
        """From CSV with the heads of COLUMNS, `cue` a regular expression. Raises BadInput, naming file, line, field and
        remedy."""
        cues = []
        for where, row in rows(text, name, COLUMNS):
            if row["stance"] not in STANCES[:-1]:
                raise BadInput(f"{where}“stance”：没有“{row['stance']}”，"
                               f"应为{'、'.join(STANCES[:-1])}之一")
            try:
                re.compile(row["cue"])
            except re.error as fault:
                raise BadInput(f"{where}“cue”：写法有误（{fault}），多个说法之间用 | 隔开") from fault
            if not row["cue"] or re.search(row["cue"], ""):
                raise BadInput(f"{where}“cue”：是空的或什么都符合，请写上这种立场的说法，用 | 隔开")
            cues.append((row["stance"], row["cue"]))
        return cls(cues)

    def stance(self, text: str) -> tuple[str, str]:
        """The stance of a comment and the words that decided: the one with most cues, of equals the first listed."""
        found: Counter[str] = Counter()
        words: dict[str, str] = {}
        for stance, cue in self._cues:
            for hit in cue.finditer(text[:LONGEST]):
                found[stance] += 1
                words.setdefault(stance, hit[0])
        if not found:
            return STANCES[-1], ""
        best = max(found, key=lambda one: (found[one], -STANCES.index(one)))
        return best, words[best]


def views(
    comments: Sequence[Comment], background: Background, frame: Frame,
    embed: Callable[[list[str]], np.ndarray] | None = None, told: Mapping[int, str] | None = None,
) -> tuple[Views, Views]:
    """What netizens think, and what media say. `told`: stances by people's word, by id of the comment, which go before
    what the cues say."""
    netizens = [one for one in comments if not one.media]
    return (_views(netizens, background, frame, embed, told or {}),
            _views([one for one in comments if one.media], background, frame, embed, told or {}))


def _views(
    comments: Sequence[Comment], background: Background, frame: Frame,
    embed: Callable[[list[str]], np.ndarray] | None, told: Mapping[int, str],
) -> Views:
    stance_of = {one.id: told.get(one.id) or frame.stance(one.text)[0] for one in comments}
    counted = Counter(stance_of.values())
    folds, copies, first = Folds(), Counter[int](), {}
    for one in comments:
        if len(letters(one.text)) >= SHORTEST:
            home = folds.add(one.id, one.text[:LONGEST]).first
            copies[home] += 1
            first.setdefault(home, one)
    heads = [first[id_] for id_, _ in sorted(copies.items(), key=lambda item: (-item[1], item[0]))[:MOST]]
    least = max(LEAST, LEAST_SHARE * len(comments))
    found = []
    for group in _groups([plain(one.text[:LONGEST]) for one in heads], background, embed):
        number = sum(copies[heads[n].id] for n in group)
        if number >= least:
            stances = Counter()
            for n in group:
                stances[stance_of[heads[n].id]] += copies[heads[n].id]
            quotes = tuple(heads[n].id for n in group[:QUOTES])
            most = max(stances, key=lambda one: (stances[one], -STANCES.index(one)))
            found.append(Viewpoint(number, number / len(comments), quotes, most))
    found.sort(key=lambda one: (-one.number, one.quotes))
    unsorted = len(comments) - sum(one.number for one in found)
    return Views(len(comments), tuple(found), unsorted, {name: counted[name] for name in STANCES})


def _groups(
    texts: list[str], background: Background, embed: Callable[[list[str]], np.ndarray] | None
) -> list[list[int]]:
    """Groups of like texts by average linkage, in each the most central one first."""
    if len(texts) < 2:
        return [[n] for n in range(len(texts))]
    rows = hashed(texts)
    rows.data *= rarity(background.share[rows.indices])
    if len(texts) >= MANY:
        rows.data[np.bincount(rows.indices)[rows.indices] > len(texts) / 2] = 0
    length = np.maximum(np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()), 1e-9)
    rows = rows.multiply(1 / length[:, None]).tocsr()
    near = (rows @ rows.T).toarray()
    if embed:
        dense = embed(texts)
        if len(texts) >= MANY:
            dense = unit_rows(dense - dense.mean(axis=0))
        near = 0.7 * (dense @ dense.T) + 0.3 * near
    distance = np.clip(1 - (near + near.T) / 2, 0, 2)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average")
    groups: dict[int, list[int]] = {}
    for n, label in enumerate(fcluster(tree, 1 - (NEAR if embed else NEAR_GRAMS), "distance")):
        groups.setdefault(int(label), []).append(n)
    return [sorted(group, key=lambda n: (-near[n, group].sum(), n)) for group in groups.values()]
