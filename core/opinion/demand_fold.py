"""Demands that are about one problem: by field, place and likeness of the text (个性→共性). Pure.

A demand joins the problem whose demands it is most like, or begins one. Texts are compared without the places that
they name, since these are compared apart: the nearer the places, the less alike the texts must be, and of another
领域 or 类别 they must be more alike. A rebuild takes the demands in the order of asking.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from scipy import sparse

from core.opinion.demand_rules import Fold
from core.opinion.features import BUCKETS, Background, buckets, rarity

_FORMULAS = re.compile(
    r"(?:市民|居民|群众|来电人|网友|住户|业主|村民|反映人|诉求人)(?:来电|来信|来访|致电|留言|代表)*(?:反映|咨询|表示|称|投诉|求助|诉求|建议)*"
    r"|[^，。；！？\s]{0,6}(?:来信|住户)?(?:反映|来电|来信)[：:，,]?"
    r"|(?:希望|请|望|恳请|要求|请求|诉求)[^，。；！？]{0,8}(?:部门|单位|领导|政府|街道|物业)?[^，。；！？]{0,4}"
    r"(?:尽快|及时|早日|帮忙|协调|核实|处理|解决|整改|答复|回复|介入|督促|关注|重视)+[^，。；！？]{0,8}"
    r"|(?:您好|你好|尊敬的[^，。：]{0,10}|领导|谢谢|感谢|［[^］]*］)"
)
"""Words of politeness and procedure that every demand has."""
_DIGITS = re.compile(r"[\d\-:/.]+")
CLOSEST = 3
"""Demands of a problem, the most alike, whose likeness counts."""
SLACK = 0.08
"""How far the closest ones together may lie below what is asked, where the closest does not."""
FAINT = 0.02
"""Likeness below which a demand is not looked at."""
LONGEST = 400
"""Characters of a text that are compared."""
TAIL = 200
"""Demands that are compared one by one before they become part of the matrix."""


@dataclass(frozen=True, slots=True)
class Said:
    """A demand to be folded. `names`: the places that it names; `spot` and `town` empty where not known."""

    id: int
    at: datetime
    field: str
    title: str
    text: str = ""
    town: str = ""
    spot: str = ""
    caller: str = ""
    names: tuple[str, ...] = ()
    group: int | None = None
    """The problem that it is in already."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a demand belongs, and why; `new`: it begins that problem."""

    group: int
    new: bool
    why: str


@dataclass(slots=True)
class _Held:
    """Demands as rows of a matrix, and those that came since it was made."""

    said: list[Said] = field(default_factory=list)
    rows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    matrix: sparse.csr_matrix | None = None

    def put(self, said: Said, columns: np.ndarray, weight: np.ndarray) -> None:
        self.said.append(said)
        self.rows.append((columns, weight))

    def likeness(self, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Cosine, 0 to 1, of a text to each of them."""
        done = self.matrix.shape[0] if self.matrix is not None else 0
        if len(self.rows) - done > TAIL:
            self.matrix, done = _matrix(self.rows), len(self.rows)
        dense = np.zeros(BUCKETS, np.float32)
        dense[columns] = weight
        tail = [float(dense[theirs] @ heavy) for theirs, heavy in self.rows[done:]]
        return np.concatenate([self.matrix @ dense if self.matrix is not None else [], tail]).astype(np.float32)


def _matrix(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> sparse.csr_matrix:
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([one for one, _ in rows]) if rows else []
    weights = np.concatenate([one for _, one in rows]) if rows else []
    return sparse.csr_matrix((weights, columns, ends), shape=(len(rows), BUCKETS), dtype=np.float32)


@dataclass(slots=True)
class Problems:
    """The problems of a district, in memory. `allot` gives the id of a new one."""

    background: Background
    rules: Fold
    allot: Callable[[], int]
    _held: _Held = field(default_factory=lambda: _Held())

    def put(self, said: Said) -> None:
        """A demand that is in a problem already (`group`)."""
        if said.group is None:
            raise ValueError("the demand has no group")
        self._held.put(said, *self._weighed(said))

    def add(self, said: Said) -> Joined:
        """The problem of a demand, which is in it from now on."""
        columns, weight = self._weighed(said)
        held = self._held
        likeness = held.likeness(columns, weight)
        reach = timedelta(days=self.rules.days)
        margins: dict[int, list[tuple[float, float, Said]]] = {}
        for place in np.flatnonzero(likeness >= FAINT):
            other, like = held.said[place], float(likeness[place])
            if other.group is not None and abs(other.at - said.at) <= reach:
                margins.setdefault(other.group, []).append((like - self.threshold(said, other), like, other))
        best: tuple[float, int, Said, float] | None = None
        for group, found in margins.items():
            found.sort(key=lambda one: -one[0])
            closest = found[:CLOSEST]
            score = sum(one[0] for one in closest) / len(closest)
            if closest[0][0] >= 0 and score >= -SLACK and (best is None or (score, -group) > (best[0], -best[1])):
                best = (score, group, closest[0][2], closest[0][1])
        if best is None:
            joined = Joined(self.allot(), True, "没有足够相似的诉求，单独成一个问题")
        else:
            joined = Joined(best[1], False, _why(said, best[2], best[3]))
        held.put(replace(said, group=joined.group), columns, weight)
        return joined

    def rename(self, same: Mapping[int, int]) -> None:
        """Give problems other ids: id → the one that it gets."""
        self._held.said = [
            replace(one, group=same[one.group]) if one.group in same else one for one in self._held.said]

    def threshold(self, one: Said, other: Said) -> float:
        """The likeness from which two demands are about the same."""
        rules = self.rules
        if one.spot and one.spot == other.spot and one.town == other.town:
            need = rules.same_spot
        elif one.town and other.town:
            need = rules.same_town if one.town == other.town else rules.other_town
        else:
            need = rules.unknown
        if one.field != other.field:
            need += rules.other_category if _area(one) == _area(other) else rules.other_area
        return need - rules.same_person * bool(one.caller and one.caller == other.caller)

    def _weighed(self, said: Said) -> tuple[np.ndarray, np.ndarray]:
        """Columns of a text's pieces and their weights, of length 1."""
        columns = buckets(core_text(said))
        weight = rarity(self.background.share[columns]) if len(columns) else np.zeros(0, np.float32)
        length = float(np.linalg.norm(weight))
        return columns, weight / length if length else weight


def core_text(said: Said) -> str:
    """What is compared: title and text without places, numbers and formulas."""
    text = said.text if said.text.startswith(said.title) else f"{said.title}。{said.text}"
    return _DIGITS.sub(" ", subject(text[:LONGEST], (*said.names, said.spot, said.town)))


def subject(text: str, names: Iterable[str]) -> str:
    """A text without these places and without formulas: neither says anything of what it is about."""
    for name in sorted(set(names) - {""}, key=len, reverse=True):
        text = text.replace(name, " ")
    return _FORMULAS.sub(" ", text)


def _why(said: Said, other: Said, like: float) -> str:
    where = ""
    if said.spot and said.spot == other.spot:
        where = f"，同在{said.spot}"
    elif said.town and said.town == other.town:
        where = f"，同在{said.town}"
    who = "，同一来电人" if said.caller and said.caller == other.caller else ""
    return f"与“{other.title[:24]}”文字相似度 {like:.2f}{where}{who}"


def _area(said: Said) -> str:
    return said.field.partition("/")[0]


def keep_ids(before: dict[int, Sequence[int]], after: dict[int, Sequence[int]]) -> dict[int, int]:
    """New problem → the old one that it goes on as: the one most of whose demands it has; each old one goes on at most
    once, the larger ones first. `before` and `after`: problem → ids of its demands."""
    home = {demand: group for group, demands in before.items() for demand in demands}
    shared: list[tuple[int, int, int]] = []
    for group, demands in after.items():
        counted: dict[int, int] = {}
        for demand in demands:
            if (old := home.get(demand)) is not None:
                counted[old] = counted.get(old, 0) + 1
        shared += [(number, old, group) for old, number in counted.items()]
    out: dict[int, int] = {}
    taken: set[int] = set()
    for _, old, group in sorted(shared, key=lambda one: (-one[0], one[1], one[2])):
        if group not in out and old not in taken:
            out[group] = old
            taken.add(old)
    return out


def pairs(groups: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    """Every pair of demands that are in one group, for measuring."""
    out: set[tuple[int, int]] = set()
    for demands in groups:
        ordered = sorted(demands)
        out |= {(one, other) for place, one in enumerate(ordered) for other in ordered[place + 1 :]}
    return out
