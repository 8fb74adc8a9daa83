"""Text as words are looked for in it, with the way back to the original: what is found can be shown where it stands.

The original is never changed. Its normal form is simplified, lower case and NFKC (full-width letters, ligatures,
circled digits), without what can't be seen (control, format and bidirectional characters) and with one space for each
link, @name, [表情] and forwarding mark, so that no word spans them. `compact` keeps letters and digits alone: what is
left of a word that somebody broke up with symbols.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from opencc import OpenCC

LONGEST = 20_000
"""Characters of one text that are looked at."""
SHORTEST = 2
"""Letters of a text that says anything."""
CHINESE_SHARE = 0.3
"""Share of Chinese characters among the letters from which a text is Chinese."""

_MASKED = re.compile(
    r"(?a:(?:https?://|www\.)[\w\-.~:/?#\[\]@!$&'()*+,;=%]+)|//\s*@[\w\-·]{1,40}\s*[:：]|@[\w\-·]{1,40}[:：]?"
    r"|\[[^\[\]\s\d]{1,8}\]", re.IGNORECASE,
)
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
def _table() -> dict[int, str]:
    """Traditional characters to simplified ones, one to one (OpenCC)."""
    convert = OpenCC("t2s").convert
    ranges = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
    every = [chr(code) for first, last in ranges for code in range(first, last)]
    found = convert("\n".join(every)).split("\n")
    return {ord(old): new for old, new in zip(every, found, strict=True) if len(new) == 1 and new != old}


def simplified(text: str) -> str:
    """Traditional characters as simplified ones, character by character; the length stays."""
    return text.translate(_table())


def normal(text: str) -> Normal:
    """The normal form of a text, its first `LONGEST` characters."""
    text = text[:LONGEST]
    if _plain(text):
        return Normal(_lower(simplified(text)))
    out: list[str] = []
    places: list[tuple[int, int]] = []
    place = 0
    for found in _MASKED.finditer(text):
        _piece(text, place, found.start(), out, places)
        if out and out[-1] != " ":
            out.append(" ")
            places.append(found.span())
        place = found.end()
    _piece(text, place, len(text), out, places)
    return Normal("".join(out), places)


def _plain(text: str) -> bool:
    """Whether the normal form has the places of the original: nothing to mask, to hide or to take apart."""
    return (not _MASKED.search(text) and unicodedata.is_normalized("NFKC", text)
            and (text.isprintable() or not any(c in _SPACES or unicodedata.category(c) in _HIDDEN for c in text)))


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def _piece(text: str, start: int, end: int, out: list[str], places: list[tuple[int, int]]) -> None:
    """The characters from start to end, each with the marks that combine with it."""
    place = start
    while place < end:
        after = place + 1
        while after < end and unicodedata.combining(text[after]):
            after += 1
        piece = text[place:after]
        if piece in _SPACES:
            found = " "
        elif unicodedata.category(piece[0]) in _HIDDEN:
            found = ""
        else:
            found = _lower(simplified(unicodedata.normalize("NFKC", piece)))
        for char in found:
            if char != " " or (out and out[-1] != " "):
                out.append(char)
                places.append((place, after))
        place = after


def compact(form: Normal) -> Normal:
    """Only the letters and digits of a normal form."""
    if form.text.isalnum():
        return form
    kept = [i for i, char in enumerate(form.text) if char.isalnum()]
    return Normal("".join(form.text[i] for i in kept), [form.span(i, i + 1) for i in kept])


def is_chinese(form: Normal) -> bool:
    """Whether a text is long enough and Chinese enough for what follows; emoticons, links and numbers alone are not."""
    letters = [char for char in form.text if char.isalpha()]
    chinese = sum("\u3400" <= char <= "\u9fff" for char in letters)
    return len(letters) >= SHORTEST and chinese >= CHINESE_SHARE * len(letters)
