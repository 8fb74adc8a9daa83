"""关注方案: what analysts ask to be told of, as a query that they can write and read, and as one pass over all of them.

    @本区 (停水 或 停电 或 停气) -演练        the district, one of three words, none of the fourth
    "物业费上涨" 平台:微博,抖音 互动>=100    the exact words, on these platforms, with so much interaction
    学生 近15 坠楼 标题:通报 地点:澜桥街道    fifteen characters apart at most; in the title; there
    作者:澜桥小张                             by that author, whose name is known as a pseudonym only

Words side by side must all be there; `或` (or |) offers, `-` (or 不含) forbids, brackets group, `近n` asks for
nearness. Words are looked for in the normal form (core.opinion.normal): simplified, lower case, whatever the width;
what holds a space or a bracket stands in quotes. An author's name is compared whole, platform by platform. A query is
compiled with all others into one automaton.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from core.faults import BadInput
from core.opinion.normal import Normal, normal

FIELDS = {"标题": "title", "正文": "text", "作者": "author"}
FILTERS = {"平台": "platform", "来源": "source", "地点": "place", "单位": "unit"}
REACH = {"阅读": "reads", "互动": "interaction", "转载": "reprints", "热度": "heat"}
DISTRICT = "@本区"
LONGEST, DEEPEST, MOST = 2_000, 20, 200
"""Characters of a query, its nesting, its words."""
FARTHEST = 200
_BY = "作者:"
BY_AUTHOR = "作者符合方案"
"""The reason where an author was asked for: without the name, which would stand beside the pseudonym."""
OFTEN = 100
"""Occurrences of one word in one item that are looked at."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or phrase in title or text, or in one of FIELDS' values; in the author it is the whole name as written."""

    text: str
    where: str = ""

    @property
    def key(self) -> str:
        """What is looked for."""
        return _BY + self.text if self.where == "author" else self.text


@dataclass(frozen=True, slots=True)
class Near:
    """Two words with at most so many characters between them, in either order."""

    one: Word
    other: Word
    reach: int


@dataclass(frozen=True, slots=True)
class District:
    """The district is meant (see Profile)."""


@dataclass(frozen=True, slots=True)
class Among:
    """One of FILTERS' values is among these."""

    what: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """One of REACH's values is at least so much; a figure that is missing is not."""

    what: str
    number: int


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Any_:
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"


Node = Word | Near | District | Among | AtLeast | All | Any_ | Not


@dataclass(frozen=True, slots=True)
class Profile:
    """The district as texts name it. Its name and other names (`sure`), its `streets`, `landmarks` and leaders' `posts`
    mean it by themselves; `doubtful` ones are borne by others, too (a street 人民路街道, a park), and need a second one
    or one of `cues` (the city, its paper) in the same text. `code`: its administrative code, for places
    (core.opinion.places); empty where the office gave none."""

    name: str
    sure: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    code: str = ""
    streets: tuple[str, ...] = ()
    landmarks: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()

    @property
    def certain(self) -> tuple[str, ...]:
        """Every name that means it by itself."""
        return tuple(filter(None, (self.name, *self.sure, *self.streets, *self.landmarks, *self.posts)))

    @property
    def every(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.certain, *self.doubtful, *self.cues)))


@dataclass(frozen=True, slots=True)
class Item:
    """What is matched. `author`: the pseudonym on `platform` (a code; `platform_name` as on the screen). Figures that
    are not known are left out of `figures` (keys of REACH's values)."""

    title: str
    text: str = ""
    author: str = ""
    platform: str = ""
    platform_name: str = ""
    source: str = ""
    places: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """A watch that an item meets: the reason in Chinese, and where its words stand: (field, start, end) of the
    originals."""

    watch: int
    why: str
    spans: tuple[tuple[str, int, int], ...]


# --- Reading --------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s+|(?P<open>[(（])|(?P<close>[)）])|(?P<or>[|｜]|或(?=[\s(（]|$)|OR(?=[\s(（]|$))"""
    r"""|(?P<and>和(?=[\s(（])|AND(?=[\s(（])|&)|(?P<not>不含(?=[\s"“(（])|NOT(?=[\s(（])|[-－])"""
    r"""|近(?P<near>\d{1,3})(?=\s)|(?P<district>@本区)"""
    r"""|(?P<reach>阅读|互动|转载|热度)\s*(?:>=|≥|>＝|＞＝)\s*(?P<number>\d{1,12})(?P<myriad>万|亿)?"""
    r"""|(?P<name>标题|正文|作者|平台|来源|地点|单位)[:：]\s*|["“”](?P<phrase>[^"“”]*)["“”]|(?P<word>[^\s()（）|｜"“”:：>≥&]+)""",
)


def parse(query: str) -> Node:
    """The query as a tree. Raises BadInput with the place and what to write instead."""
    if len(query) > LONGEST:
        raise BadInput(f"关注词太长（{len(query)} 个字符），请控制在 {LONGEST} 个以内，或拆成几个方案")
    reader = _Reader(query)
    if not reader.tokens:
        raise BadInput("关注词是空的，请至少写一个词")
    tree = reader.alternatives(0)
    if reader.at < len(reader.tokens):
        raise reader.fault("多了一个右括号", "请删去，或补上左括号")
    if not _positive(tree):
        raise BadInput("关注词里没有要提到的词、地点、平台或数字，只有要排除的，会收入几乎所有内容，"
                       "请至少写一个要提到的词")
    if (many := sum(1 for _ in words(tree))) > MOST:
        raise BadInput(f"关注词里有 {many} 个词，请控制在 {MOST} 个以内，或拆成几个方案")
    return tree


class _Reader:
    def __init__(self, query: str) -> None:
        self.query, self.at = query, 0
        self.tokens: list[re.Match[str]] = []
        place = 0
        while place < len(query):
            found = _TOKEN.match(query, place)
            if not found:
                raise BadInput(f"关注词第 {place + 1} 个字符“{query[place]}”看不懂，请检查前后的写法"
                               "（词之间用空格，任选用“或”，排除用“-”）")
            if found[0].strip():
                self.tokens.append(found)
            place = found.end()

    def fault(self, what: str, remedy: str) -> BadInput:
        place = self.tokens[self.at].start() if self.at < len(self.tokens) else len(self.query)
        return BadInput(f"关注词第 {place + 1} 个字符处：{what}，{remedy}")

    def kind(self, ahead: int = 0) -> str:
        """The kind of a token that stands ahead, "" at the end."""
        at = self.at + ahead
        if at >= len(self.tokens):
            return ""
        return next(name for name, value in self.tokens[at].groupdict().items() if value is not None)

    def alternatives(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise self.fault("括号套得太深", f"请控制在 {DEEPEST} 层以内")
        parts = [self.together(depth)]
        while self.kind() == "or":
            self.at += 1
            parts.append(self.together(depth))
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def together(self, depth: int) -> Node:
        parts: list[Node] = []
        while (kind := self.kind()) not in ("", "or", "close"):
            if kind == "and":
                if not parts:
                    raise self.fault("“和”前面没有词", "请补上")
                self.at += 1
                continue
            parts.append(self.one(depth))
        if not parts:
            raise self.fault("这里少了一个词", "“或”两边、括号里面都要有词")
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self, depth: int) -> Node:
        kind = self.kind()
        token = self.tokens[self.at]
        match kind:
            case "not":
                self.at += 1
                if self.kind() in ("", "or", "close", "and", "near"):
                    raise self.fault("“-”后面没有要排除的词", "请补上")
                return Not(self.one(depth + 1))
            case "open":
                self.at += 1
                inside = self.alternatives(depth + 1)
                if self.kind() != "close":
                    raise self.fault("少了右括号", "请补上")
                self.at += 1
                return inside
            case "district":
                self.at += 1
                return District()
            case "reach":
                self.at += 1
                number = int(token["number"]) * {"万": 10**4, "亿": 10**8}.get(token["myriad"], 1)
                return AtLeast(REACH[token["reach"]], number)
            case "name" if token["name"] in FILTERS:
                self.at += 1
                return self.among(token["name"])
            case "name" | "word" | "phrase":
                word = self.word()
                if self.kind() == "near" and word.where != "author":
                    reach = int(self.tokens[self.at]["near"])
                    if not 0 < reach <= FARTHEST:
                        raise self.fault(f"距离 {reach} 不对", f"应为 1 到 {FARTHEST} 个字")
                    self.at += 1
                    if self.kind() not in ("name", "word", "phrase"):
                        raise self.fault("“近”后面没有词", "应写成 学生 近15 坠楼 的样子")
                    other = self.word()
                    if other.where == "author":
                        raise self.fault("“作者:”不能用在“近”的旁边", "请单独写")
                    return Near(word, other, reach)
                return word
        raise self.fault("“近”前面没有词" if kind == "near" else "这里看不懂", "应写成 学生 近15 坠楼 的样子")

    def word(self) -> Word:
        where = ""
        if self.kind() == "name":
            name = self.tokens[self.at]["name"]
            if name not in FIELDS:
                raise self.fault(f"“{name}:”不能用在“近”的旁边", "请单独写")
            where = FIELDS[name]
            self.at += 1
            if self.kind() not in ("word", "phrase"):
                raise self.fault(f"“{name}:”后面没有词", f"应写成 {name}:通报 的样子")
        token = self.tokens[self.at]
        written = token["word"] or token["phrase"] or ""
        text = " ".join(written.split()) if where == "author" else normal(written).text.strip()
        if not text:
            raise self.fault("引号里是空的", "请写上要找的词")
        self.at += 1
        return Word(text, where)

    def among(self, name: str) -> Among:
        if self.kind() not in ("word", "phrase"):
            raise self.fault(f"“{name}:”后面没有内容", f"应写成 {name}:微博,抖音 的样子")
        token = self.tokens[self.at]
        values = tuple(part for part in re.split(r"[,，、]", token["word"] or token["phrase"]) if part)
        if not values:
            raise self.fault(f"“{name}:”后面没有内容", "请补上")
        self.at += 1
        return Among(FILTERS[name], values)


def words(node: Node) -> Iterable[Word]:
    """Every word of a tree, forbidden ones included."""
    match node:
        case Word():
            yield node
        case Near(one, other, _):
            yield from (one, other)
        case All(parts) | Any_(parts):
            for part in parts:
                yield from words(part)
        case Not(part):
            yield from words(part)


def _positive(node: Node) -> bool:
    match node:
        case Not():
            return False
        case All(parts):
            return any(_positive(part) for part in parts)
        case Any_(parts):
            return all(_positive(part) for part in parts)
    return True


_NAMES = {value: name for name, value in (FIELDS | FILTERS | REACH).items()}


def said(node: Node) -> str:
    """What a query asks for, as a sentence: 提到本区，并提到“停水”或“停电”，且不提“演练”."""
    match node:
        case Word(text, "author"):
            return f"作者是“{text}”"
        case Word(text, where):
            return f"{_NAMES[where] if where else ''}提到“{text}”"
        case Near(one, other, reach):
            return f"“{one.text}”与“{other.text}”相距不超过 {reach} 个字"
        case District():
            return "提到本区"
        case Among(what, values):
            return f"{_NAMES[what]}为{'、'.join(values)}{'之一' if len(values) > 1 else ''}"
        case AtLeast(what, number):
            return f"{_NAMES[what]}不少于 {number:,}"
        case Any_(parts) if all(isinstance(part, Word) and not part.where for part in parts):
            return f"提到{'或'.join(f'“{part.text}”' for part in parts)}"
        case Any_(parts):
            return "（" + "，或".join(map(said, parts)) + "）"
        case Not(Word(text, "author")):
            return f"作者不是“{text}”"
        case Not(part):
            return f"不{said(part)}" if isinstance(part, Word | District) else f"不符合（{said(part)}）"
        case All(parts):
            return "，且".join(map(said, parts))
    raise TypeError(node)


# --- Matching -------------------------------------------------------------------------------------------------------


class Watches:
    """All watches of a deployment, compiled into one automaton."""

    def __init__(
        self, queries: Mapping[int, str | Node], profile: Profile, hidden: Callable[[str, str], str] | None = None
    ) -> None:
        """`queries` by the watch's id; `hidden(name, platform)`: what an author's name is stored as (without: the
        name). Raises BadInput for a query that cannot be read."""
        self.trees = {id_: parse(query) if isinstance(query, str) else query for id_, query in queries.items()}
        self.profile = profile
        self._hidden = hidden or (lambda name, _: name)
        every = [word for tree in self.trees.values() for word in words(tree)]
        self._authors = sorted({word for word in every if word.where == "author"}, key=lambda word: word.text)
        self._by_author: dict[str, dict[str, list[str]]] = {}
        ours = [_form(name) for name in profile.every]
        self._patterns = list(dict.fromkeys([*ours, *(word.text for word in every if word.where != "author")]))
        self._automaton = AhoCorasick(
            self._patterns, implementation=Implementation.ContiguousNFA, matchkind=MatchKind.Standard)
        # A watch is looked at only where one of its words stands; one without a word of its own at every item.
        self._by_word: dict[str, set[int]] = {}
        self._always: set[int] = set()
        for id_, tree in self.trees.items():
            needed = _needed(tree, ours)
            if needed is None:
                self._always.add(id_)
            for word in needed or ():
                self._by_word.setdefault(word, set()).add(id_)

    def see(self, item: Item, title: Normal | None = None, text: Normal | None = None) -> "Seen":
        """Which words and names stand in an item, by one pass; `title`, `text`: their normal forms, where they are made
        already."""
        forms = {"title": title or normal(item.title), "text": text or normal(item.text),
                 "author": Normal(item.author)}
        places: dict[str, list[tuple[str, int, int]]] = {}
        for name in ("title", "text"):
            for pattern, start, end in self._automaton.find_matches_as_indexes(forms[name].text, overlapping=True):
                places.setdefault(self._patterns[pattern], []).append((name, start, end))
        for key in self._keys(item.platform).get(item.author, ()) if item.author else ():
            places[key] = [("author", 0, len(item.author))]
        return Seen(item, forms, places)

    def _keys(self, platform: str) -> dict[str, list[str]]:
        """The authors that watches ask for, by what they are stored as on a platform."""
        if platform not in self._by_author:
            made: dict[str, list[str]] = {}
            for word in self._authors:
                made.setdefault(self._hidden(word.text, platform), []).append(word.key)
            self._by_author[platform] = made
        return self._by_author[platform]

    def local(self, seen: "Seen") -> bool:
        """Whether an item speaks of the district."""
        return _Told(seen.item, seen.places, self.profile).meets(District())

    def match(self, item: Item, seen: "Seen | None" = None) -> list[Match]:
        """Every watch that an item meets, in order of id. `seen`: what stands in it, where that is known (the item may
        have places and units by now that it had not then)."""
        seen = seen or self.see(item)
        asked = self._always.union(*(self._by_word.get(word, ()) for word in seen.places))
        out = []
        for id_ in sorted(asked):
            told = _Told(item, seen.places, self.profile)
            if told.meets(self.trees[id_]):
                out.append(Match(id_, told.why, told.spans(seen.forms)))
        return out


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in an item: its normal forms by field, and the places (field, start, end) of words and names."""

    item: Item
    forms: Mapping[str, Normal]
    places: Mapping[str, list[tuple[str, int, int]]]


@lru_cache(4_000)
def _form(name: str) -> str:
    """A name as it is looked for."""
    return normal(name).text


def _needed(node: Node, ours: Sequence[str]) -> set[str] | None:
    """Words of which one must stand in every text that meets the query; None where none must."""
    match node:
        case Word():
            return {node.key}
        case Near(one, _, _):
            return {one.key}
        case District():
            return set(ours)
        case All(parts):
            found = [some for part in parts if (some := _needed(part, ours)) is not None]
            return min(found, key=len, default=None)
        case Any_(parts):
            each = [_needed(part, ours) for part in parts]
            return None if None in each else set().union(*each)  # type: ignore[arg-type]
    return None


class _Told:
    """One item against one watch, and what was found on the way."""

    def __init__(self, item: Item, seen: Mapping[str, list[tuple[str, int, int]]], profile: Profile) -> None:
        self.item, self.seen, self.profile = item, seen, profile
        self.reasons: list[str] = []
        self.places: list[tuple[str, int, int]] = []

    def meets(self, node: Node) -> bool:
        match node:
            case All(parts):
                return all(self.meets(part) for part in parts)
            case Any_(parts):
                return any([self.meets(part) for part in parts])
            case Not(part):
                return not _Told(self.item, self.seen, self.profile).meets(part)
            case Word(where="author"):
                return self._note(BY_AUTHOR, self._of(node))
            case Word():
                return self._note(said(node), self._of(node))
            case Near(one, other, reach):
                close = [place for a in self._of(one) for b in self._of(other) if a[0] == b[0]
                         and max(b[1] - a[2], a[1] - b[2]) <= reach and (a[2] <= b[1] or b[2] <= a[1])
                         for place in (a, b)]
                return self._note(said(node), close)
            case District():
                return self._district()
            case Among(what, values):
                return self._among(what, values)
            case AtLeast(what, number):
                held = self.item.figures.get(what)
                if held is None or held < number:
                    return False
                self.reasons.append(f"{_NAMES[what]} {held:,}（不少于 {number:,}）")
                return True
        raise TypeError(node)

    def _of(self, word: Word) -> list[tuple[str, int, int]]:
        found = [place for place in self.seen.get(word.key, ()) if not word.where or place[0] == word.where]
        return found[:OFTEN]

    def _note(self, reason: str, places: Sequence[tuple[str, int, int]]) -> bool:
        if places:
            self.reasons.append(reason)
            self.places += places
        return bool(places)

    def _district(self) -> bool:
        def there(names: Iterable[str]) -> dict[str, list[tuple[str, int, int]]]:
            return {name: places for name in names if (places := self.seen.get(_form(name)))}

        sure = there(self.profile.certain)
        if sure:
            return self._note(f"提到本区（{'、'.join(list(sure)[:3])}）", list(chain.from_iterable(sure.values())))
        doubtful, cues = there(self.profile.doubtful), there(self.profile.cues)
        if doubtful and (cues or len(doubtful) > 1):
            both = doubtful | cues
            return self._note(f"提到本区（{'、'.join(list(both)[:3])}，互相印证）",
                              list(chain.from_iterable(both.values())))
        return False

    def _among(self, what: str, values: Sequence[str]) -> bool:
        item = self.item
        held = {"platform": (item.platform_name, item.platform), "source": (item.source,), "place": item.places,
                "unit": item.units}[what]
        found = [one for one in held if one and any(value in one for value in values)]
        if found:
            self.reasons.append(f"{_NAMES[what]}为{found[0]}")
        return bool(found)

    @property
    def why(self) -> str:
        """The reasons in one sentence."""
        return "；".join(dict.fromkeys(self.reasons)) or "不含要排除的词"

    def spans(self, forms: Mapping[str, Normal]) -> tuple[tuple[str, int, int], ...]:
        return tuple(sorted({(name, *forms[name].span(start, end)) for name, start, end in self.places}))
