"""Text as words are looked for in it, with the way back to the original: what is found can be shown where it stands.

The original is never changed. Its normal form is simplified, lower case and NFKC (full-width letters, ligatures,
circled digits), without what can't be seen (control, format and bidirectional characters) and with one space for each
link, @name, [表情] and forwarding mark, so that no word spans them.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from opencc import OpenCC

LONGEST = 20_000
"""Characters of one text that are looked at."""

LEAST_READ = 2
"""Letters from which a text says something; one with less may still say it by an emoticon."""
LEAST_CHINESE = 0.3
"""Share of Chinese characters among characters and Latin words from which a text is read as Chinese. Below it, titles
and posts are English or made of names (S15 G2 FLY); the two languages side by side lie above, and iPhone18Pro前瞻."""

_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-z\u00df-\u024f]+")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_FACES = re.compile(r"\[[^\[\]\s\d]{1,8}\]|[\u2600-\u27bf\U0001f300-\U0001faff]")
_ADDRESS = r"[\w\-.~:/?#\[\]@!$&'()*+,;=%]+"
# Each alternative begins with a letter of its own: the search then skips from one of them to the next.
_MASKED = "|".join((
    *(rf"(?a:{begin}{_ADDRESS})" for begin in ("h[tT][tT][pP][sS]?://", "H[tT][tT][pP][sS]?://", "w[wW]{2}\\.",
                                               "W[wW]{2}\\.")),
    r"//\s*@[\w\-·]{1,40}\s*[:：]", r"@[\w\-·]{1,40}[:：]?", r"\[[^\[\]\s\d]{1,8}\]", "  +",
))
_HIDDEN = {"Cf", "Cc", "Cs", "Co", "Cn"}
_SPACES = "\t\n\r\x0b\x0c\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class Normal:
    """A form of a text. `places`: where each of its characters begins and ends in the original; None where the places
    are the same."""

    text: str
    places: Sequence[tuple[int, int]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters `start` to `end` stand in the original: from the first one's beginning to the last one's
        end. Raises ValueError for an empty or impossible span."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no characters {start} to {end} in a text of {len(self.text)}")
        return (start, end) if self.places is None else (self.places[start][0], self.places[end - 1][1])


@cache
def _simple() -> dict[int, str]:
    """Traditional characters to simplified ones, one to one (OpenCC)."""
    ranges = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
    every = [chr(code) for first, last in ranges for code in range(first, last)]
    found = OpenCC("t2s").convert("\n".join(every)).split("\n")
    return {ord(old): new for old, new in zip(every, found, strict=True) if len(new) == 1 and new != old}


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, character by character; the length stays."""
    return text.translate(_simple())


@cache
def _tables() -> tuple[dict[int, str], frozenset[str]]:
    """The characters that become exactly one other, and those that have to be looked at more closely: what becomes
    nothing or several, combines with the one before or is a space of some kind."""
    one: dict[int, str] = {}
    hard: list[str] = []
    for code in (*range(0x30000), *range(0xE0000, 0xE0200)):
        char = chr(code)
        found = _form_of(char)
        if len(found) != 1 or found == " " != char or unicodedata.combining(char):
            hard.append(char)
        elif found != char:
            one[code] = found
    return one, frozenset(hard)


@lru_cache(256)
def _pattern(hard: frozenset[str]) -> re.Pattern[str]:
    """What is found in a text that holds these hard characters."""
    marks = "".join(map(re.escape, sorted(char for char in hard if unicodedata.combining(char))))
    single = [re.escape(char) for char in sorted(hard) if not unicodedata.combining(char)]
    return re.compile("|".join((_MASKED, *single, *([f".[{marks}]+", f"[{marks}]"] if marks else ()))), re.DOTALL)


def _form_of(piece: str) -> str:
    """The normal form of one character, with the marks that combine with it."""
    if piece[0] in _SPACES:
        return " "
    if unicodedata.category(piece[0]) in _HIDDEN:
        return ""
    return simplified(unicodedata.normalize("NFKC", piece).lower())


def normal(text: str) -> Normal:
    """The normal form of a text, its first `LONGEST` characters."""
    text = text[:LONGEST]
    one, hard = _tables()
    found = list(_pattern(hard.intersection(text)).finditer(text))
    if not found:
        return Normal(text.translate(one))
    out: list[str] = []
    places: list[tuple[int, int]] = []
    place = 0
    for spot in (*found, None):
        start, end = spot.span() if spot else (len(text), len(text))
        if start > place:
            out.append(text[place:start].translate(one))
            places += zip(range(place, start), range(place + 1, start + 1), strict=True)
        piece = text[start:end]
        form = " " if end - start > 1 and not unicodedata.combining(piece[1]) else _form_of(piece) if piece else ""
        if form == " " and out and out[-1][-1:] == " ":
            form = ""
        if form:
            out.append(form)
            places += [(start, end)] * len(form)
        place = end
    return Normal("".join(out), places)


def joined(first: Normal, second: Normal, begin: int) -> Normal:
    """The form of two texts with one character between them that separates words; the second begins at `begin` of the
    whole."""
    if first.text[-1:] == " " and second.text[:1] == " ":
        second = Normal(second.text[1:], second.places[1:] if second.places else
                        [(n, n + 1) for n in range(1, len(second.text))])
    gap = "" if first.text[-1:] in ("", " ") or second.text[:1] in ("", " ") else " "
    text = f"{first.text}{gap}{second.text}"
    if first.places is None and second.places is None and begin == len(first.text) + len(gap):
        return Normal(text)
    one = first.places or [(n, n + 1) for n in range(len(first.text))]
    other = second.places or [(n, n + 1) for n in range(len(second.text))]
    return Normal(text, [*one, *([(begin - 1, begin)] if gap else ()),
                         *((start + begin, end + begin) for start, end in other)])


def guard(text: str, form: Normal) -> str:
    """Why a text cannot be read for what it feels: 过短 (nothing to read in it), 非中文; 过长 where only its first
    `LONGEST` characters are read; empty: nothing stands against it. `form`: its normal form."""
    letters = sum(map(len, _LETTERS.findall(form.text)))
    if letters < LEAST_READ:
        return "" if _FACES.search(text) else "过短"
    latin = _LATIN.findall(form.text)
    words = letters - sum(map(len, latin)) + len(latin)
    if sum(map(len, _CHINESE.findall(form.text))) < LEAST_CHINESE * words:
        return "非中文"
    return "过长" if len(text) > LONGEST else ""
