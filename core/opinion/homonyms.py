"""Who is meant by a name that several places share, or that is an ordinary word: the one whose parent the text names,
or the one of the home district. Where neither helps, the name stays open, with the reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.opinion import place_cues
from core.opinion.gazetteer import Division, Own
from core.opinion.spots import known, ordinary, words_of

_ABSTRACT = ("和平", "平安", "东方", "新华", "建设", "中心", "文明", "城关", "城区", "新城", "向阳", "友好", "解放")
"""Districts whose short name needs a cue even at home."""
GAPS = ("", " ", "·", "-", ",", "，")
"""What may stand between a name and the one that lies in it."""


@dataclass(slots=True)
class Hit:
    """A name of the list in the normal form. `bearers`: who is called so, and whether that is the full name;
    `inside`: what a place lies in that has no bearer there."""

    start: int
    end: int
    name: str
    bearers: Sequence[tuple[Division, bool]]
    own: Sequence[Own] = ()
    chosen: Division | None = None
    inside: Division | None = None
    why: str = ""
    word: bool = False

    @property
    def full(self) -> bool:
        """Whether it is somebody's full name."""
        return any(full for _, full in self.bearers)

    @property
    def top(self) -> int:
        return min(one.depth for one, _ in self.bearers)

    @property
    def settled(self) -> bool:
        return bool(self.own or self.chosen or self.inside or self.why)


def settle(words: str, hits: Sequence[Hit], home: Division | None) -> None:
    """Choose who is meant, in place: first by what stands right before, then by the name itself and the home district,
    then by what else the text names."""
    before: Hit | None = None
    for hit in hits:
        if not hit.own and before and not before.own and (gap := words[before.end : hit.start]) in GAPS:
            _chained(words, before, hit, gap, home)
        if before and not before.settled:
            _alone(words, before, home)
        before = hit
    if before and not before.settled:
        _alone(words, before, home)
    named = [hit.chosen for hit in hits if hit.chosen and hit.chosen.depth]
    for hit in hits:
        if hit.why and named and hit.name not in words_of("common") and (found := _beside(hit, named)):
            hit.chosen, hit.why, hit.word = found, "", False
        if len(hit.own) > 1:
            towns = {one.name for one in named}
            hit.own = [one for one in hit.own if one.street in towns] or hit.own


def _chained(words: str, before: Hit, hit: Hit, gap: str, home: Division | None) -> None:
    """Choose who is meant right behind another name: the one that lies in it."""
    above = [before.chosen] if before.chosen else [one for one, _ in before.bearers]
    pairs = [(one, other) for other in above for one, _ in hit.bearers if one is not other and one.within(other)]
    if pairs:
        hit.chosen, other = min(pairs, key=lambda pair: pair[0].depth)
        before.chosen = before.chosen or other
        return
    if not before.settled:
        _alone(words, before, home)
    if before.chosen and hit.top > before.chosen.depth > 2 and gap in ("", " "):
        hit.inside = before.chosen


def _alone(words: str, hit: Hit, home: Division | None) -> None:
    """Choose by the name itself and the home district."""
    bearers, name = hit.bearers, hit.name
    area = home and (home.at(3) or home)
    common = name in words_of("common")
    vague = name in words_of("vague")
    stressed = not common and place_cues.stressed(words, hit.start, hit.end)
    doubtful = common or vague or (
        hit.top > 2 and (len(name) < 3 or not hit.full) and not known(name) and ordinary(name))
    if area and (mine := highest(
            one for one, _ in bearers if one.within(area) or area.within(one))):
        outranked = (mine[0].depth > 3 and any(one.depth < 3 for one, _ in bearers)) or (
            mine[0].depth == 5 and area.depth < 3)  # for a village its city is not enough
        if len(mine) > 1 and not outranked:
            hit.why = f"本区有 {len(mine)} 处叫“{name}”，文中没有说明是哪一处"
            return
        if not outranked and (not doubtful or vague or stressed or (
                mine[0].depth == 3 and not common and not mine[0].name.startswith(_ABSTRACT))):
            hit.chosen = mine[0]
            return
    city = home.at(2) if home else None
    if city and not common and place_cues.visited(words, hit.start) and len(
            mine := [one for one, _ in bearers if one.depth == 3 and one.at(2) is city]) == 1:
        hit.chosen = mine[0]
        return
    if doubtful and not stressed:
        hit.why, hit.word = f"“{name}”也是常用词，文中没有写明所属的省市", True
        return
    every = highest(one for one, full in bearers if full or not hit.full)
    for depth in (2, 1) if home and len(every) > 1 else ():
        near = [one for one in every if one.at(depth) is home.at(depth)]
        every = near if len(near) == 1 else every
    if hit.top == 5 and every[0].at(3) is not area:
        hit.why = f"本市有 {len(every)} 处叫“{name}”，文中没有写明所属的乡镇或区县"
    elif len(every) > 1:
        where = "、".join(dict.fromkeys((one.at(2) or one).name or one.path[0] for one in every[:4]))
        hit.why = (f"叫“{name}”的有 {len(every)} 处（{where}{'等' if len(every) > 4 else ''}），"
                   "文中没有写明是哪一处")
    elif not hit.full and hit.top == 3 and not (known(name) or stressed) and (
            not place_cues.free(words, hit.start) or (home and every[0].at(1) is not home.at(1))):
        hit.why, hit.word = f"“{name}”前后的字可能与它成词，文中没有写明所属的省市", True
    else:
        hit.chosen = every[0]


def highest(every: Iterable[Division]) -> list[Division]:
    """Those of the highest level."""
    found = list(every)
    top = min((one.depth for one in found), default=0)
    return [one for one in found if one.depth == top]


def _beside(hit: Hit, named: Iterable[Division]) -> Division | None:
    """Of those called so the only one that lies in a place named elsewhere in the text, or beside it in one city."""
    every = [one for one in named if one.depth > 1 or not hit.word]  # a province is too far from an ordinary word
    for test in (
        lambda one: any(one is not other and one.within(other) for other in every),
        lambda one: any(other.depth > 2 and (city := other.at(2)) and one.at(2) is city for other in every),
    ):
        if found := highest(one for one, _ in hit.bearers if one.depth and test(one)):
            return found[0] if len(found) == 1 else None
    return None
