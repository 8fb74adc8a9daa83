"""Places named in a text, and which of those of the same name is meant.

One Aho-Corasick pass finds the names of the list (core.opinion.gazetteer); roads, estates, villages, schools and
hospitals that no list holds are known by how they end (core.opinion.spots). Of places of the same name one is chosen,
or the name is left open, with the reason (core.opinion.homonyms).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from core.opinion import gazetteer, place_cues
from core.opinion.gazetteer import LEVELS, Division, Own
from core.opinion.homonyms import Hit, settle
from core.opinion.normal import Normal, normal
from core.opinion.spots import known, ordinary, spots, words_of

_WHOLE = frozenset("大学 学院 机场 火车站 汽车站 高铁站 客运站 大桥 博物馆 图书馆 体育馆 体育场".split())  # noqa: SIM905
"""What makes a name with the short name before it alone: 南京 | 大学."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place named in characters `start` to `end` of the original.

    `level`: one of LEVELS or KINDS. `path`: the names from the province down to it. `code`: the administrative code,
    without zeros at its end, of what it is or lies in; empty abroad and where the text doesn't say. `town`: the street
    or town that it is or lies in, where that is known. `why`: empty where it is certain what is meant, else the doubt;
    `word`: the doubt is whether it is a place at all."""

    start: int
    end: int
    name: str
    level: str
    code: str = ""
    path: tuple[str, ...] = ()
    town: str = ""
    why: str = ""
    word: bool = False

    @property
    def certain(self) -> bool:
        return not self.why


class Gazetteer:
    """The list made ready for a deployment (`load`)."""

    def __init__(self, home: Division | None = None, own: Iterable[Own] = ()) -> None:
        self.home = home
        province, city = (home.at(1), home.at(2)) if home else (None, None)
        self._area = home and (home.at(3) or home)
        bearers: dict[str, list[tuple[Division, bool]]] = {}

        def add(name: str, one: Division, full: bool) -> None:
            mine = bearers.setdefault(name, [])
            if all(one is not other for other, _ in mine):
                mine.append((one, full))

        for one in (*gazetteer.abroad(), *gazetteer.divisions()):
            near = one.depth == 4 and province is not None and one.within(province)
            if len(one.name) > (1 if near or one.depth < 4 or _two(one.name) else 2):
                add(one.name, one, True)
            for short in one.short:
                add(short, one, False)
            if near and city and one.within(city) and (bare := stem(one.name)):
                add(bare, one, False)
        for name, one in gazetteer.former():
            add(name, one, name[-1] in "区县市旗")
        around = city if city and city.name else province  # of a municipality everything
        for one in gazetteer.villages(around.code) if around else ():
            if len(one.name) > 2:
                add(one.name, one, True)
        self._own: dict[str, list[Own]] = {}
        for line in own:
            for name in (line.name, *line.aliases):
                self._own.setdefault(normal(name).text.strip(), []).append(line)
        towns = [one for one in gazetteer.divisions() if one.depth == 4 and self._area and one.within(self._area)]
        self._streets = {one.name: one for one in reversed(towns)}
        self._names = list(dict.fromkeys((*self._own, *bearers, *words_of("no_place"))))
        mine = {self._area.name, *self._area.short} if self._area else set()
        no_place = words_of("no_place") - set(self._own) - mine
        self._bearers = [() if name in no_place else tuple(bearers.get(name, ())) for name in self._names]
        self._number = {name: number for number, name in enumerate(self._names) if self._bearers[number]}
        self._automaton = AhoCorasick(
            self._names, implementation=Implementation.ContiguousNFA, matchkind=MatchKind.Standard)
        self._towns: dict[str, list[Division]] = {}
        for one in gazetteer.divisions():
            if one.depth == 4 and one.parent:
                self._towns.setdefault(one.parent.code, []).append(one)
        self._inside: dict[str, dict[str, Division]] = {}

    @staticmethod
    def load(home_code: str | None = None, own: Iterable[Own] = ()) -> "Gazetteer":
        """The list for a home district (administrative code of up to 9 digits, zeros at its end or not) with its own
        places. Raises ValueError for a code that the list doesn't have."""
        if home_code is None:
            return Gazetteer(None, own)
        if found := gazetteer.division(home_code):
            return Gazetteer(found, own)
        raise ValueError(f"行政区划代码“{home_code}”不在名录中，请填本区的六位代码，如 310115")

    def find(self, text: str | Normal) -> list[Place]:
        """The places that a text (or its normal form) names, in order, none within another."""
        form = normal(text) if isinstance(text, str) else text
        words = form.text
        hits, roads = self._hits(words)
        ends = spots(words, sorted([*((hit.start, hit.end) for hit in hits), *(one[:2] for one in roads)]))
        settle(words, hits, self.home)
        places = {hit.start: self._place(form, hit) for hit in hits}
        behind = {hit.end: hit for hit in hits}
        for start, end, kind in ends:
            before = behind.get(start)
            if before and words[start:end] in words_of("plain"):  # an ending alone: 南京 | 大学
                if before.full or not before.chosen or not (words[start:end] in _WHOLE or before.chosen.depth > 2):
                    continue
                places[before.start] = _spot(form, before.start, end, kind, places[before.start])
            else:
                places[start] = _spot(form, start, end, kind, places[before.start] if before else None)
        for start, end, town in roads:
            before = behind.get(start)
            places[start] = _spot(form, start, end, "道路", places[before.start] if before else None, town)
        return [places[start] for start in sorted(places) if places[start]]

    def owns(self, place: Place) -> bool:
        """Whether a place found is one of the district's own list."""
        return any(line.name == place.name for line in self._own.get(normal(place.name).text.strip(), ()))

    def _hits(self, words: str) -> tuple[list[Hit], list[tuple[int, int, Division | None]]]:
        """The names of the list, without those that are part of another word; and (start, end, the town that the name
        is taken from) of roads named after places."""
        out: list[Hit] = []
        roads: list[tuple[int, int, Division | None]] = []
        last = 0
        matches = self._automaton.find_matches_as_indexes(words, overlapping=True)
        if len(matches) > 1:
            matches.sort(key=_leftmost)
        for place, (number, start, end) in enumerate(matches):
            own = self._own.get(self._names[number], ())
            if start < last:
                continue
            if not own and not self._bearers[number]:
                last = end
                continue
            hit: Hit | None = Hit(start, end, words[start:end], self._bearers[number], own)
            if not own:
                short = not any(full and (one.depth < 4 or len(one.name) > 2) for one, full in hit.bearers)
                if short and (road := place_cues.road(words, end)):
                    roads.append((start, road, self._town_of(hit)))
                    last = road
                    continue
                if not hit.full and self._outranked(hit, matches, place):
                    continue
                hit = self._cut(words, hit)
                if hit is None or not _bounded(words, hit, last, self._area):
                    continue
            while hit:
                out.append(hit)
                last = hit.end
                hit = self._deeper(words, hit)
        return out, roads

    def _outranked(self, hit: Hit, matches: Sequence[tuple[int, int, int]], place: int) -> bool:
        """Whether a short name takes the beginning of a greater one: 从江 of 从 | 江苏省."""
        for number, start, end in matches[place + 1 :]:
            if start >= hit.end:
                return False
            if start > hit.start and end > hit.end and self._bearers[number]:
                other = Hit(start, end, self._names[number], self._bearers[number])
                if (other.full and 0 < other.top < 4 and end - start > 2) or (0 < other.top < 3 <= hit.top):
                    return True
        return False

    def _town_of(self, hit: Hit) -> Division | None:
        """The only town of a name in full in the home district's city."""
        city = self.home and (self.home.at(2) or self.home)
        towns = [one for one, full in hit.bearers if full and one.depth == 4 and city and one.within(city)]
        return towns[0] if len(towns) == 1 else None

    def _cut(self, words: str, hit: Hit) -> Hit | None:
        """The name without its last character where that belongs to the next word; None where all of it does."""
        if not hit.full and (place_cues.estate(words, hit.end) or place_cues.branded(words, hit.end)):
            return None
        if not hit.full and hit.top > 2 and place_cues.level_behind(words, hit.end):  # 富阳 | 市, a district by now
            towns = [(one, True) for one, _ in hit.bearers if one.depth == 3]
            return Hit(hit.start, hit.end + 1, words[hit.start : hit.end + 1], towns) if towns else hit
        if not place_cues.swallowed(words, hit.end):
            return hit
        number = self._number.get(hit.name[:-1])
        return None if number is None else Hit(hit.start, hit.end - 1, hit.name[:-1], self._bearers[number])

    def _deeper(self, words: str, hit: Hit) -> Hit | None:
        """A town right behind its county, with its last syllable or without."""
        if hit.own:
            return None
        for county in (one for one, _ in hit.bearers if one.depth == 3):
            inside = self._inside.get(county.code)
            if inside is None:
                inside = self._inside[county.code] = {}
                for town in self._towns.get(county.code, ()):
                    for name in (stem(town.name), town.name):
                        if name and not ordinary(name):
                            inside[name] = town
            for size in range(min(8, len(words) - hit.end), 1, -1):
                town = inside.get(words[hit.end : hit.end + size])
                if not town:
                    continue
                end = hit.end + size
                name = words[hit.end : end]
                if name != town.name and (
                        place_cues.road(words, end) or spots(words[hit.end : end + 6], [(0, size)])
                        or words[end : end + 1] in ("村", "镇", "乡", "街", "新")):
                    continue
                return Hit(hit.end, end, name, ((town, name == town.name),))
        return None

    def _place(self, form: Normal, hit: Hit) -> Place | None:
        span = form.span(hit.start, hit.end)
        if hit.own:
            own, streets = hit.own[0], {one.street: None for one in hit.own}
            why = ""
            if len(streets) > 1:
                why = (f"本区有 {len(hit.own)} 处叫“{hit.name}”（{'、'.join(filter(None, streets))}），"
                       "文中没有写明是哪一处")
            street = "" if why else own.street
            town = self._streets.get(street)
            lies = town or self._area
            path = (lies.path if lies else ()) + ((street,) if street and not town and street != own.name else ())
            return Place(*span, own.name, own.kind, lies.code if lies else "", (*path, own.name), street, why)
        if one := hit.chosen:
            town = one.at(4)
            return Place(*span, one.name or hit.name, LEVELS[one.depth], one.code, one.path, town.name if town else "")
        depth = hit.top
        town = hit.name if depth == 4 and hit.full else ""
        if above := hit.inside:
            return Place(*span, hit.name, LEVELS[depth], above.code, (*above.path, hit.name), town)
        if hit.word and depth > 3:
            return None
        return Place(*span, hit.name, LEVELS[depth], town=town, why=hit.why, word=hit.word)


def _leftmost(match: tuple[int, int, int]) -> tuple[int, int]:
    """Order by which names are taken: from the left, the longest first."""
    return match[1], -match[2]


def _bounded(words: str, hit: Hit, last: int, home: Division | None) -> bool:
    """Whether a name begins, and a short one ends, where the words around it do: 海风 after 晚上 is no 上海."""
    depth = hit.top
    free = hit.start == last > 0 or place_cues.free(words, hit.start)
    sure = depth in (1, 2) and known(hit.name)
    if hit.full and (free or 0 < depth < 4 or any(home and one.within(home) for one, _ in hit.bearers)):
        return True
    if free and sure:
        return True
    if not free and hit.name[-1] in "镇乡村":
        return False
    begin = hit.start if hit.start == last else max(last, hit.start - 5)
    found = place_cues.edges(words[begin : hit.end + 4])
    if not free and hit.start - begin not in found:
        return False
    return sure or hit.full or hit.end - begin in found


def _two(name: str) -> bool:
    """Whether a town's name of two characters is looked for everywhere: 唐镇, but not 城南 nor 古镇."""
    return name[-1] in "镇乡" and not ordinary(name)


def stem(name: str) -> str:
    """A town's name without its last syllable; empty where nothing, or a road's name, is left."""
    for ending in ("新村街道", "街道", "镇", "乡"):
        if name.endswith(ending):
            bare = name.removesuffix(ending)
            return bare if len(bare) > 1 and bare[-1] not in "路街镇乡" and bare not in words_of("common") else ""
    return ""


def _spot(
    form: Normal, start: int, end: int, kind: str, before: Place | None, town_of: Division | None = None
) -> Place:
    """A place that no list holds. `before`: the one it stands right behind and so lies in; `town_of`: a town that the
    name is taken from."""
    name, span = form.text[start:end], form.span(start, end)
    if before and not before.word:
        path = before.path or (before.name,)
        town = before.town or (name if kind == "乡" else "")
        return Place(*span, name, kind, before.code, (*path, name), town, before.why)
    if town_of:
        return Place(*span, name, kind, town_of.code, (*town_of.path, name), town_of.name,
                     f"按路名推断在{town_of.name}，文中没有写明")
    return Place(*span, name, kind, path=(name,), town=name if kind == "乡" else "")
