"""The names of places: the packaged list of divisions down to villages, places abroad, and a district's own list.

The list (data/catalog/gazetteer.zip, see gazetteer.md beside it) is read once: 49,000 divisions. Villages lie in one
file for each province and are read only for the city of the home district.
"""

import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from core.faults import BadInput
from core.opinion.normal import normal
from core.opinion.wordlist import rows
from core.settings import CATALOG

FILE = CATALOG / "gazetteer.zip"
LEVELS = ("国", "省", "市", "县", "乡", "村")
KINDS = ("道路", "小区", "村", "学校", "医院", "地标")
"""What else has a name."""
COLUMNS = ("name", "kind", "street", "aliases")
SHOWN = {"name": "名称", "kind": "种类", "street": "街镇", "aliases": "别名", "unit": "责任单位"}
"""Heads of the district's own list (`unit` may be lacking), and what they are called in Chinese."""
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """One place of the list. `depth`: its place in LEVELS; `code`: the administrative code without the zeros at its end
    (of towns and villages without a code of their own, that of what they belong to; abroad empty); `short`: what else
    it is called. Levels that nobody names (市辖区) have an empty name."""

    name: str
    depth: int
    code: str
    parent: "Division | None" = None
    short: tuple[str, ...] = ()

    def up(self) -> "Iterator[Division]":
        """Itself and what it lies in, outwards."""
        one: Division | None = self
        while one:
            yield one
            one = one.parent

    def within(self, other: "Division") -> bool:
        """Whether it lies in the other one or is it."""
        return any(one is other for one in self.up())

    def at(self, depth: int) -> "Division | None":
        """What it lies in, or is, at a level."""
        return next((one for one in self.up() if one.depth == depth), None)

    @property
    def path(self) -> tuple[str, ...]:
        """The names from the province (or country) down to itself."""
        every = [one for one in self.up() if one.name]
        return tuple(one.name for one in every if one.parent is None or one.name != one.parent.name)[::-1]


@dataclass(frozen=True, slots=True)
class Own:
    """A line of the district's own list. `unit`: the name of the unit responsible, where it is not the street's."""

    name: str
    kind: str
    street: str = ""
    aliases: tuple[str, ...] = ()
    unit: str = ""


def read_own(text: str, name: str = "places.csv", streets: Collection[str] | None = None) -> tuple[Own, ...]:
    """The district's own places from CSV with the heads of COLUMNS, or as SHOWN (`aliases` with | between; `street` may
    be empty; `unit` may be lacking). `streets`: the streets and towns there are. Raises BadInput, naming file, line,
    field and remedy."""
    out: list[Own] = []
    taken: dict[tuple[str, str], str] = {}
    for where, row in rows(text, name, COLUMNS, optional=("unit",), shown=SHOWN):
        word, kind, street = (row[column] for column in COLUMNS[:3])
        aliases = tuple(part.strip() for part in row["aliases"].split("|") if part.strip())
        if kind not in KINDS:
            raise BadInput(f"{where}“种类”：没有“{kind}”这一类，应为{'、'.join(KINDS)}之一")
        if street and streets is not None and street not in streets:
            raise BadInput(f"{where}“街镇”：本区没有“{street}”，请填街道、镇的全称，如“{min(streets, default='…')}”")
        for field, one in (("name", word), *(("aliases", alias) for alias in aliases)):
            if not 2 <= len(normal(one).text.strip()) <= LONGEST_NAME:
                raise BadInput(f"{where}“{SHOWN[field]}”：“{one[:LONGEST_NAME]}”应为 2 到 {LONGEST_NAME} 个字")
            if before := taken.get((normal(one).text, street)):
                raise BadInput(f"{where}“{SHOWN[field]}”：“{one}”在{before}已有，请删去一处，或填写不同的街道、镇")
            taken[normal(one).text, street] = where.removeprefix(name).strip()
        out.append(Own(word, kind, street, aliases, row["unit"]))
    return tuple(out)


def _member(name: str) -> Iterator[list[str]]:
    with zipfile.ZipFile(FILE) as file:
        for line in file.read(name).decode().splitlines():
            yield line.split("\t")


@cache
def divisions() -> tuple[Division, ...]:
    """Every division from the provinces to streets and towns, parents first."""
    found: dict[str, Division] = {}
    out: list[Division] = []
    for number, name, short in _member("divisions.tsv"):
        code = number.lstrip("=")
        if number[0] != "=":
            depth = {2: 1, 4: 2, 6: 3, 9: 4}[len(code)]
            parent = found.get(code[:{1: 0, 2: 2, 3: 4, 4: 6}[depth]])
        elif code in ("81", "82", "71"):  # their parts have no codes and come in order
            parent, depth = found[code], 2
        elif "-" in code:
            parent, depth, code = out[-1] if out[-1].depth == 2 else out[-1].parent, 3, code.partition("-")[0]
        else:
            parent, depth = found[code], 4
        one = Division(name, depth, code, parent, tuple(short.split("|")) if short else ())
        out.append(one)
        if number[0] != "=":
            found[code] = one
    return tuple(out)


@cache
def by_code() -> dict[str, Division]:
    """The divisions that have a code of their own."""
    out: dict[str, Division] = {}
    for one in divisions():
        out.setdefault(one.code, one)
    return out


def division(code: str) -> Division | None:
    """The division of an administrative code, with the zeros at its end or without; None where the list has none."""
    for size in (9, 6, 4, 2):
        if len(code) >= size and not code[size:].strip("0") and (found := by_code().get(code[:size])):
            return found
    return None


@cache
def former() -> tuple[tuple[str, Division], ...]:
    """(former name, what it belongs to now)."""
    return tuple((name, by_code()[code]) for name, code in _member("former.tsv"))


@cache
def abroad() -> tuple[Division, ...]:
    """China, the other countries and their best-known cities."""
    out = [Division("中国", 0, "")]
    for name, other, cities in _member("abroad.tsv"):
        country = Division(name, 0, "", None, tuple(other.split("|")) if other else ())
        out += [country, *(Division(city, 2, "", country) for city in cities.split("|") if city != name)]
    return tuple(out)


@lru_cache(2)
def villages(area: str) -> tuple[Division, ...]:
    """The villages and communities of a province or city (code of 2 or 4 digits); where the list has none, nothing."""
    member = f"villages/{area[:2]}.tsv"
    with zipfile.ZipFile(FILE) as file:
        if member not in file.namelist():
            return ()
    towns = {(one.parent.code, one.name): one for one in divisions() if one.depth == 4 and one.parent}
    out = []
    for county, town, names in _member(member):
        if county.startswith(area):
            parent = towns.get((county, town)) or by_code()[county]
            out += [Division(name, 5, parent.code, parent) for name in names.split("|")]
    return tuple(out)
