"""What a text of a report claims, as a chain of parts that has to stay: numbers, quotations, names, words by what they
mean, stops, and all other text as it is. Words that say nothing by themselves are left out."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import ahocorasick_rs
import rjieba

from core.report.polish.lexicon import KEEP, NEUTRAL, Lexicon, lexicon

PAIRS = {"“": "”", "‘": "’", "《": "》", "「": "」", "『": "』", "【": "】", "〔": "〕", "〈": "〉"}
"""Signs around what is taken over word for word."""
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_HASHTAG = re.compile(r"#[^#\s，。；：]{1,40}#")
_WIDE = str.maketrans("０１２３４５６７８９．％＋－", "0123456789.%+-")
_STOPS = re.compile(r"([，。；：]+)")
"""Which of them stands between two clauses does not change what they say; 、 joins, as 和 does."""
_LEADS = ("其中",)
"""Words that may have a stop behind them or not, as those that say nothing."""
_BLANK = re.compile(r"(?<![A-Za-z\d]) +| +(?![A-Za-z\d])")
"""Beside Chinese characters blanks say nothing."""
_NAMED = re.compile(r"[A-Za-z\u3400-\u9fff]")
_FIGURE = re.compile(r"[\d,.%万亿次条篇个人位天+≥≈（） -]")
_DATED = re.compile(r"[\d年月日时分周一二三四五六至、.:：（）()-]+")


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `kind`: number, quote, name, word (which means `value`), stop or text · `said`: as it was written."""

    kind: str
    value: str
    said: str

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.value


class Names:
    """Names that are taken whole: of accounts, units, places … What is made of changeable words only is none."""

    def __init__(self, names: Iterable[str], words: Lexicon | None = None):
        self.words = words or lexicon()
        self.all = frozenset(one for one in map(plain, names) if self._names(one))

    def _names(self, name: str) -> bool:
        if not 2 <= len(name) <= 60 or not _NAMED.search(name) or _DATED.fullmatch(name):
            return False
        return not self._changeable(_FIGURE.sub("", name))

    def _changeable(self, name: str) -> bool:
        """Whether it is made of changeable words from end to end, as a figure with its direction is."""
        cuts, at = _Cuts(name, self.words), 0
        while at < len(name):
            to = cuts.word(at)
            if not to or self.words.meaning[name[at:to]] == KEEP:
                return False
            at = to
        return True

    @cached_property
    def _finder(self) -> ahocorasick_rs.AhoCorasick:
        return ahocorasick_rs.AhoCorasick(sorted(self.all), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)

    def places(self, text: str) -> dict[int, int]:
        """Where names begin in a text, and where they end."""
        return {start: end for _, start, end in self._finder.find_matches_as_indexes(text)} if self.all else {}


def plain(text: str) -> str:
    """Text with narrow digits and signs."""
    return unicodedata.normalize("NFC", text).translate(_WIDE).strip()


def skeleton(text: str, names: Names) -> list[Part]:
    """The parts of a text that have to stay, in order; neighbouring text is one part."""
    made: list[Part] = []
    for part in _parts(plain(text), names):
        if part.kind == "text" and made and made[-1].kind == "text":
            made[-1] = Part("text", made[-1].value + part.value, made[-1].said + part.said)
        else:
            made.append(part)
    return made


def _parts(text: str, names: Names) -> Iterator[Part]:
    found, at, free = names.places(text), 0, 0
    while at < len(text):
        kind, to = _fixed(text, at, found)
        if not kind:
            at += 1
            continue
        yield from _free(text[free:at], names.words)
        said = text[at:to]
        yield Part(kind, _value(said) if kind == "number" else said, said)
        at = free = to
    yield from _free(text[free:], names.words)


def _fixed(text: str, at: int, names: dict[int, int]) -> tuple[str, int]:
    """What begins at a place and is taken whole: its kind and end."""
    if text[at] in PAIRS:
        return "quote", _closed(text, at)
    if tag := _HASHTAG.match(text, at):
        return "quote", tag.end()
    number = _NUMBER.match(text, at)
    if at in names and (not number or names[at] > number.end()):
        return "name", names[at]
    if number and not (at and text[at - 1].isdigit()):
        return "number", number.end()
    return "", at


def _closed(text: str, at: int) -> int:
    """The end of a quotation that begins there, with others inside; of one that is never closed, the text's."""
    depth = 0
    for n in range(at, len(text)):
        depth += (text[n] == text[at]) - (text[n] == PAIRS[text[at]])
        if not depth:
            return n + 1
    return len(text)


def _value(number: str) -> str:
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number


def _free(text: str, words: Lexicon) -> Iterator[Part]:
    """Running text between what is fixed."""
    led = False
    for n, run in enumerate(_STOPS.split(_BLANK.sub("", text))):
        if n % 2:
            if not led:
                yield Part("stop", "", run)
            continue
        cuts, at, kept = _Cuts(run, words), 0, 0
        led = run.endswith(_LEADS)
        while at < len(run):
            to = cuts.word(at)
            if not to or words.meaning[run[at:to]] == KEEP:
                at = to or at + 1
                continue
            if kept < at:
                yield Part("text", run[kept:at], run[kept:at])
            means = words.meaning[run[at:to]]
            if means != NEUTRAL:
                yield Part("word", means, run[at:to])
            led = led or (means == NEUTRAL and to - at > 1 and to == len(run))
            at = kept = to
        if kept < len(run):
            yield Part("text", run[kept:], run[kept:])


class _Cuts:
    """Where the words of a run of text begin and end, by the dictionary, and also where words that the dictionary does
    not have are guessed: a single character that may be left out is no word where it may be part of a name."""

    def __init__(self, run: str, words: Lexicon):
        self.run, self.words = run, words
        meet = {match.start() + words.apart[match[0]] for match in words.meeting.finditer(run)}
        known, guessed = (set(accumulate(map(len, rjieba.cut(run, guess)), initial=0)) for guess in (False, True))
        self.known = known | meet
        self.sure = known & guessed | meet | {len(run)}

    def word(self, at: int) -> int:
        """The end of the longest changeable word that begins there; 0 for none."""
        if at not in self.known:
            return 0
        for to in range(min(len(self.run), at + self.words.longest), at, -1):
            means = self.words.meaning.get(self.run[at:to])
            if to in self.known and means is not None and (
                    to > at + 1 or means != NEUTRAL or to == len(self.run) or {at, to} <= self.sure):
                return to
        return 0
