"""Which unit of the district is responsible for what a text tells of: by the place of the event, else by the only unit
that the text names itself. Where neither says it, none is, with the reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from core.opinion.gazetteer import Own
from core.opinion.normal import Normal, normal
from core.opinion.scenes import Event

_SEATS = ("人民政府办事处", "街道办事处", "办事处", "人民政府", "镇政府", "乡政府")
"""What a street's or town's unit may be called besides the name of the place."""
NAMED = 3
"""Units that a reason names."""


@dataclass(frozen=True, slots=True)
class Office:
    """A unit as texts name it; `street`: of a street or town."""

    id: int
    name: str
    street: bool = False
    aliases: tuple[str, ...] = ()


class Offices:
    """The units of a district, with the names of the district itself and its own list of places."""

    def __init__(self, offices: Iterable[Office], ours: Iterable[str] = (), own: Iterable[Own] = ()) -> None:
        """`ours`: names of the district that mean it by themselves."""
        every = tuple(offices)
        self.by_id = {one.id: one for one in every}
        self._ours = tuple(filter(None, (normal(name).text for name in ours)))
        names: dict[str, set[int]] = {}
        self._streets: dict[str, set[int]] = {}
        for one in every:
            for name in (one.name, *one.aliases):
                if len(form := normal(name).text.strip()) > 1:
                    names.setdefault(form, set()).add(one.id)
                    if one.street:
                        self._streets.setdefault(self._place(form), set()).add(one.id)
        self._names = {name: ids.pop() for name, ids in names.items() if len(ids) == 1}
        self._patterns = sorted(self._names)
        self._automaton = AhoCorasick(
            self._patterns, implementation=Implementation.ContiguousNFA, matchkind=MatchKind.LeftmostLongest)
        of = {one.name: one.id for one in every}
        self._own = {(line.name, line.street): of[line.unit] for line in own if line.unit in of}

    def _place(self, name: str) -> str:
        """The street or town that a unit's name tells of: 云澜区青山街道办事处 → 青山街道."""
        for ours in self._ours:
            if name.startswith(ours) and len(name) > len(ours) + 1:
                name = name.removeprefix(ours)
                break
        for seat in _SEATS:
            if name.endswith(seat) and len(name) > len(seat) + 1:
                short = name.removesuffix(seat)
                return short + "街道" if seat.startswith("街道") else short + seat[0] if seat[0] in "镇乡" else short
        return name

    def named(self, form: Normal) -> dict[int, str]:
        """The units that a text names, each by the name that stands there."""
        found: dict[int, str] = {}
        for number, _, _ in self._automaton.find_matches_as_indexes(form.text):
            name = self._patterns[number]
            found.setdefault(self._names[name], name)
        return found

    def find(self, named: dict[int, str], event: Event | None, here: bool | None) -> tuple[int | None, str]:
        """The unit responsible and the reason, or None and why none is. `named` by the method of that name; `here`:
        whether it happened in the district, None where that is not known."""
        if here is False:
            return None, "发生在外地"
        if event and event.place.certain:
            place = event.place
            if unit := self._own.get((place.name, place.town)):
                return unit, f"发生在“{place.name}”，本区地点名录写明由{self.by_id[unit].name}负责"
            mine = self._streets.get(normal(place.town).text, ()) if here and place.town else ()
            if len(mine) == 1:
                (unit,) = mine
                return unit, f"发生在{place.town}，属{self.by_id[unit].name}"
        sure = {unit: name for unit, name in named.items() if here or any(ours in name for ours in self._ours)}
        if len(sure) == 1:
            ((unit, name),) = sure.items()
            return unit, f"文中点名“{name}”"
        if sure:
            return None, f"文中点名的单位不止一个（{self._said(list(sure))}），没有写明由谁负责"
        return None, "没有写明本区的街镇，也没有点名本区单位"

    def _said(self, units: Sequence[int]) -> str:
        names = [self.by_id[unit].name for unit in units]
        return "、".join(names[:NAMED]) + ("等" if len(names) > NAMED else "")
