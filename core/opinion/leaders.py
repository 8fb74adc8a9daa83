"""Leaders' names and titles in published texts, against the district's own list (领导姓名职务).

What is looked for stands directly together: a listed title with a name behind or before it. It is suspected where the
name is a listed one that didn't hold the title on the publishing day, where it differs from a holder's in one
character, or where it is clearly some other name. Precision comes first: a title inside a longer one (原区长, 代区长,
another district's 区委书记) is passed over, and so is everything of which it isn't plain where the name ends.

Measured over real texts (docs/benchmarks.md, leaders): 0.2 false hits per 1,000 texts of the time that the list is for;
of errors put into the texts 93 % are found.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import rjieba
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from core.opinion.terms import Hit, Term, around

KIND = "领导姓名职务"
SOURCE = "本区领导名单"
SHORTEST, LONGEST = 2, 15
"""Characters of a name that can be looked for; foreign and minority names with · are the long ones."""
_HAN = r"\u3400-\u9fff\U00020000-\U000323af"
_IS_HAN = re.compile(f"[{_HAN}]")
_RUN = re.compile(f"[{_HAN}]{{0,12}}")
_JOINING = re.compile("由|和|与|及|向|对|请|同|经|让|被|听取|陪同|会见|任命|对话|专访")
"""What may stand before a title in the same run of characters; any other makes it part of a longer title."""
_FOLLOWING = re.compile(
    "主持|出席|强调|指出|讲话|带队|率队|调研|表示|介绍|致辞|宣布|一行|同志|先后|分别|前往|来到|走进|深入|实地|参加"
    "|会见|陪同|传达|通报|带领|检查|督导|视察|慰问|看望|接受|告诉|认为|主讲|回应|批示|明确|应约|应邀|今天"
    "|召开|走访|听取|接待|讲授|部署|察看|查看|开展|专题|一同|当选|[作说称在到赴率就为和与同及等任签]"
)
"""What may follow a name that is not listed; elsewhere it isn't plain where the name ends."""
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
    "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛"
    "伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景"
    "单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏"
    "栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼楚佟栗匡宗应台巫鞠僧桑荆谌扬薄伏岑习胥蔺"
)
_COMMON = 144
"""How many surnames, the most frequent first, are names even of characters that the tokeniser doesn't know as one."""
_UNITS = re.compile("[区市县省镇]委|[区市县省]政府|区人大|区政协|区纪委|党委|党组|党工委|党支部|街道党工委|纪委|全国")
"""How a row of titles may begin without saying whose they are; another beginning is another place's or office's."""
_OTHER = frozenset("副原前代任老")
"""What makes a title another one, and its holder another person."""
_ROW = re.compile(f"[{_HAN}、·]{{0,40}}$")
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯", "端木",
             "申屠")
_NEVER = frozenset(
    "的了是在等和与及不们这我你他她它将被把从向对为以于其此各每两几上下中内外前后第该并或而但也都就又再有无没"
)
"""Characters that given names hardly have, and words often begin or end with."""


@dataclass(frozen=True, slots=True)
class Leader:
    """One line of the list: who held these titles from `since` (None: from ever on) to `until` (None: still)."""

    name: str
    titles: tuple[str, ...]
    since: date | None = None
    until: date | None = None

    def held(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    @property
    def span(self) -> str:
        """`2026-01-05 起`, `至 2026-06-30`, `2020-01-01 至 2026-06-30`; empty without bounds."""
        if self.since and self.until:
            return f"{self.since} 至 {self.until}"
        return f"{self.since} 起" if self.since else f"至 {self.until}" if self.until else ""


class Roll:
    """The list, ready to be looked for in many texts. `own` is the district's name as it stands before titles."""

    def __init__(self, leaders: Iterable[Leader], own: str = ""):
        self.by_title: defaultdict[str, list[Leader]] = defaultdict(list)
        self.by_name: defaultdict[str, list[Leader]] = defaultdict(list)
        for leader in leaders:
            self.by_name[leader.name].append(leader)
            for title in leader.titles:
                self.by_title[title].append(leader)
        self.titles = sorted(self.by_title)
        self.lengths = sorted({len(name) for name in self.by_name}, reverse=True)
        self.own, stem = own, own[:-1] if len(own) > 2 else ""
        self.before = tuple(filter(None, (own, stem, "我区", "本区", "区")))
        self.starts = re.compile("|".join(map(re.escape, self.titles)) or "(?!)")
        self.automaton = AhoCorasick(
            self.titles, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA
        ) if self.titles else None

    def find(self, text: str, day: date) -> list[Hit]:
        """What is suspected in a text published on that Shanghai day, in its order."""
        if self.automaton is None:
            return []
        found: dict[int, Hit] = {}
        for n, start, end in self.automaton.find_matches_as_indexes(text):
            for hit in self._at(text, start, end, self.titles[n], day):
                found.setdefault(hit.start, hit)
        return [found[start] for start in sorted(found)]

    def _at(self, text: str, start: int, end: int, title: str, day: date) -> Iterator[Hit]:
        """What is suspected around one title."""
        holders = [leader for leader in self.by_title[title] if leader.held(day)]
        if self._begins(text, start):
            if (name := self._behind(text, start, end, title, holders, day)) is not None:
                yield self._hit(text, start, end + len(name), title, name, holders, day)
        elif (name := self._ahead(text, start, title, holders, day)) is not None:
            yield self._hit(text, start - len(name), end, title, name, holders, day)
        elif text[start - 1] not in _OTHER and (name := _mistyped(text[end:end + LONGEST], holders)) is not None:
            yield self._hit(text, start, end + len(name), title, name, holders, day)

    def _begins(self, text: str, start: int, depth: int = 2) -> bool:
        """Whether a title may begin here: it isn't the end of a longer one, nor in a row of somebody else's titles."""
        if self.own and text.endswith(self.own, 0, start):
            return True
        if not _free(text, start):
            return depth > 0 and any(text.endswith(own, 0, start) and self._begins(text, start - len(own), depth - 1)
                                     for own in self.before)
        if start == 0 or text[start - 1] != "、":
            return True
        row = _ROW.search(text, max(start - 40, 0), start)[0]
        heads = {row, _JOINING.sub("", row, 1) if _JOINING.match(row) else row}
        return any(head.startswith(self.before) or _UNITS.match(head) or self.starts.match(head) for head in heads)

    def _behind(self, text: str, start: int, end: int, title: str, holders: Sequence[Leader], day: date) -> str | None:
        """The wrong name directly behind a title; None where there is none, or where it is right."""
        rest = text[end:end + LONGEST]
        if not rest or not _IS_HAN.match(rest) or any(rest.startswith(one.name) for one in holders):
            return None
        if self._fits(rest, title, day):
            return None
        if listed := next((rest[:size] for size in self.lengths if rest[:size] in self.by_name), None):
            # Where a longer name may begin like a listed one, it isn't known to be the listed one.
            plain = len(listed) > 2 or _ends(rest, 2) or _named(
                rjieba.tag(text[start:end] + _RUN.match(rest)[0]), end - start, 2, {listed[0]})
            return listed if plain else self._other(text, start, end, holders)
        return _mistyped(rest, holders) or self._other(text, start, end, holders)

    def _fits(self, rest: str, title: str, day: date) -> bool:
        """Whether the name behind belongs to a title that the list has in a longer or shorter form."""
        return any(
            rest.startswith(leader.name) and leader.held(day) and _alike(title, other)
            for other, leaders in self.by_title.items() if _alike(title, other) for leader in leaders
        )

    def _ahead(self, text: str, start: int, title: str, holders: Sequence[Leader], day: date) -> str | None:
        """The wrong name directly before a title."""
        for size in self.lengths:
            name = text[max(start - size, 0):start]
            if name in self.by_name and _free(text, start - size):
                return None if self._holds(name, title, day) else name
        for one in holders:
            size = len(one.name)
            name = text[max(start - size, 0):start]
            if _near(name, one.name) and _free(text, start - size):
                return name
        return None

    def _holds(self, name: str, title: str, day: date) -> bool:
        return any(leader.held(day) and any(_alike(title, other) for other in leader.titles)
                   for leader in self.by_name[name])

    def _other(self, text: str, start: int, end: int, holders: Sequence[Leader]) -> str | None:
        """A name behind the title that isn't listed; told only where there is somebody who should stand there."""
        rest = _RUN.match(text, end)[0]
        tail = text[end:end + LONGEST]
        known = {*_SURNAMES[:_COMMON], *_COMPOUND, *(one.name[0] for one in holders)}
        if not holders or not rest or not (rest[0] in _SURNAMES or rest[0] in known or rest[:2] in known):
            return None
        surname = 2 if rest.startswith(_COMPOUND) else 1
        words = rjieba.tag(text[start:end] + rest)
        for size in (surname + 2, surname + 1):
            name = rest[:size]
            if len(name) == size and not _NEVER & set(name[surname:]) and _ends(tail, size) and _named(
                    words, end - start, size, known):
                return name
        return None

    def _hit(
        self, text: str, start: int, end: int, title: str, name: str, holders: Sequence[Leader], day: date
    ) -> Hit:
        right = "、".join(dict.fromkeys(one.name for one in holders))
        mine = [one for one in self.by_title[title] if one.name == name]
        if mine:
            why = f"名单中{name}任“{title}”：{'；'.join(one.span for one in mine)}"
        elif name in self.by_name:
            now = [title for one in self.by_name[name] if one.held(day) for title in one.titles]
            why = f"名单中{name}的职务是“{'、'.join(now)}”" if now else f"名单中{name}当日没有职务"
        else:
            why = f"名单中没有“{name}”"
        term = Term(
            wrong=text[start:end], right=f"{title}：{right}" if right else f"{title}：名单中当日无人", kind=KIND,
            level="严重", unless=(), quoted="", note=f"疑似：{why}（发布日 {day}）", source=SOURCE,
        )
        return Hit(term, start, end, around(text, start, end))


def _free(text: str, start: int) -> bool:
    """Whether nothing before this place belongs to what begins here."""
    return start <= 0 or not text[start - 1].isalnum() or any(
        _JOINING.fullmatch(text, max(start - size, 0), start) for size in (1, 2))


def _ends(rest: str, size: int) -> bool:
    """Whether a name of that size plainly ends there."""
    after = rest[size:]
    return not after or not (after[0].isalnum() or after[0] == "·") or _FOLLOWING.match(after) is not None


def _near(name: str, right: str) -> bool:
    """Whether a name of three characters or more is right but for one of them, or for two that changed places. (Of two
    characters one alone says too little: 李鸣 and 李主.)"""
    if len(name) != len(right) or len(right) < 3 or name == right or not all(map(_IS_HAN.match, name)):
        return False
    return sum(a != b for a, b in zip(name, right, strict=True)) == 1 or (
        name[0] == right[0] and sorted(name) == sorted(right))


def _mistyped(rest: str, holders: Sequence[Leader]) -> str | None:
    """A holder's name with one wrong character at the beginning of `rest`."""
    return next((rest[:len(one.name)] for one in holders if _near(rest[:len(one.name)], one.name)), None)


def _named(words: Sequence[tuple[str, str]], start: int, size: int, known: Set[str]) -> bool:
    """Whether the tokens between these places begin and end with them, and are a name, or single characters behind a
    surname of `known`."""
    at, inside = 0, []
    for word, tag in words:
        if at < start + size and at + len(word) > start:
            inside.append((at, word, tag))
        at += len(word)
    if not inside or inside[0][0] != start or inside[-1][0] + len(inside[-1][1]) != start + size:
        return False
    _, first, tag = inside[0]
    return (len(inside) == 1 and tag.startswith("nr")) or (
        first in known and all(len(word) == 1 for _, word, _ in inside[1:]))


def _alike(one: str, other: str) -> bool:
    return one.endswith(other) or other.endswith(one)


@lru_cache(maxsize=4)
def roll(leaders: tuple[Leader, ...], own: str) -> Roll:
    """The list made ready once; another list is another one, so that what was looked through is looked through anew."""
    return Roll(leaders, own)
