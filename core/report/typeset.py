"""Chinese lines: where they may break, and how far apart the characters stand.

fpdf2 knows no line breaking for Chinese: commas and closing brackets would start lines, and numbers would be
cut. Break opportunities come from UAX 14 (Unicode 16, through `uniseg`), tightened where Chinese print is
stricter (GB/T 15834 5.1: no line begins with a closing mark, a middle dot, a dash or a tilde; a number stays with
its 万, 亿, % and +). Lines are filled greedily; `spacing` stretches a full line to the measure.
All lengths are in the unit of `measure` (the PDF uses points).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

import rjieba
from uniseg.linebreak import line_break_units

Measure = Callable[[str], float]
"""Width of a text set in one face and size."""

_NOT_AT_START = set("·•‧・～~—–+％%‰℃°′″…＋")
_NOT_AT_END = set("≥≈≤＞＜±¥￥$＄#＃@")
_AFTER_NUMBER = set("万亿千百％%‰℃倍")
LOOSEST = 0.30
"""A line is not stretched by more than this share of a character (em); it stays ragged instead."""

FULLEST_BREAK = 0.72
"""A long Latin run (a URL) is cut when the line it would leave behind is filled less than this."""


@dataclass(frozen=True, slots=True)
class Line:
    """One set line: its text, its distance from the left edge, and the space to add after each character."""

    text: str
    indent: float
    spacing: float


def _tailor(text: str, breakables: Sequence[int]) -> list[int]:
    tailored = list(breakables)
    for at in range(1, len(text)):
        before, after = text[at - 1], text[at]
        if (
            after in _NOT_AT_START
            or before in _NOT_AT_END
            or (after in _AFTER_NUMBER and (before.isdigit() or before in "."))
            or (before in "万亿" and after in "+＋余多")
        ):
            tailored[at] = 0
    return tailored


@lru_cache(maxsize=4096)
def units(text: str) -> tuple[str, ...]:
    """The pieces between two break opportunities; blanks stay at the end of the piece before them."""
    return tuple(line_break_units(text, tailor=_tailor)) if text else ()


def set_lines(text: str, width: float, measure: Measure, *, first_indent: float = 0.0, justify: bool = True,
              ) -> list[Line]:
    """Text as lines of at most `width`. `first_indent` moves the first line in (two characters by custom).

    A piece wider than the line (a long URL) is cut at the character that no longer fits.
    """
    if measure(text.rstrip()) <= width - first_indent:
        return [Line(text.rstrip(), first_indent, 0.0)]
    em = measure("国")
    rows: list[tuple[str, float]] = []
    row, indent = "", first_indent
    pieces = list(reversed(units(text)))
    while pieces:
        piece = pieces.pop()
        room = width - indent
        if measure((row + piece).rstrip()) <= room:
            row += piece
            continue
        used = measure(row.rstrip())
        wider_than_line = measure(piece.rstrip()) > width
        latin = len(piece.rstrip()) > 12 and piece[:12].isascii()
        if wider_than_line or (latin and used < FULLEST_BREAK * room):
            cut = _fitting(row, piece, room, measure)
            if cut:
                row, rest = row + piece[:cut], piece[cut:]
                if rest.strip():
                    pieces.append(rest)
                rows.append((row.rstrip(), indent))
                row, indent = "", 0.0
                continue
        rows.append((row.rstrip(), indent))
        row, indent = "", 0.0
        pieces.append(piece.lstrip())
    if row.strip():
        rows.append((row.rstrip(), indent))
    return [
        Line(line, inset, 0.0 if not justify or n == len(rows) - 1 else _spacing(line, width - inset, em, measure))
        for n, (line, inset) in enumerate(rows)
    ]


def _fitting(row: str, piece: str, room: float, measure: Measure) -> int:
    """How many characters of the piece still fit behind the row; a closing mark is not left for the next line."""
    cut = 0
    while cut < len(piece) and measure(row + piece[: cut + 1]) <= room:
        cut += 1
    while 0 < cut < len(piece) and (piece[cut] in "，。、；：？！）”’》〉」』】〕" or piece[cut] in _NOT_AT_START):
        cut -= 1
    return 1 if cut == 0 and not row.strip() else cut


def _spacing(line: str, room: float, em: float, measure: Measure) -> float:
    gaps = len(line) - 1
    if gaps < 1:
        return 0.0
    spacing = (room - measure(line)) / gaps
    return spacing if 0 < spacing <= LOOSEST * em else 0.0


def wrap(text: str, width: float, measure: Measure) -> list[str]:
    """The same lines for a table cell: not indented, not stretched."""
    return [line.text for line in set_lines(text, width, measure, justify=False)]


def title_lines(text: str, width: float, measure: Measure, names: Sequence[str] = ()) -> list[str]:
    """A title as centred lines: as few as hold it, broken between words, and shaped as a trapezium or, of three and
    more, a diamond, since lines of one length, and a middle one that is the shortest, are thought ugly. `names`
    are not broken."""
    whole = measure(text)
    if whole <= width:
        return [text]
    places = [place for place in _between_words(text) if not any(_inside(text, name, place) for name in names)]
    many = max(2, int(-(-whole // width)))
    for count in (one for one in (many, many + 1) if one in _SHAPES):
        shape = _SHAPES[count]
        best = _broken(text, places, [part * whole for part in shape], width, measure)
        if best:
            return best
    return wrap(text, width, measure)


_SHAPES = {2: (0.55, 0.45), 3: (0.31, 0.39, 0.30), 4: (0.22, 0.28, 0.28, 0.22)}
"""Shares of a title that its lines should have."""


def _between_words(text: str) -> list[int]:
    """Where a title may break: between words, and where a line may begin and end at all; not before 的."""
    allowed, at = set(), 0
    for unit in units(text):
        at += len(unit)
        allowed.add(at)
    words, at = set(), 0
    for word in rjieba.cut(text, True):
        at += len(word)
        words.add(at)
    return sorted(place for place in allowed & words if place < len(text) and text[place] not in "的和与及、")


def _inside(text: str, name: str, place: int) -> bool:
    """Whether the place lies within the name, where the text has it."""
    at = text.find(name) if name else -1
    return at >= 0 and at < place < at + len(name)


def _broken(text: str, places: Sequence[int], ideal: Sequence[float], width: float, measure: Measure,
            ) -> list[str] | None:
    """The lines whose lengths come closest to the ideal ones; None where no break lets all of them fit."""
    best: tuple[float, list[str]] | None = None
    for cuts in combinations(places, len(ideal) - 1):
        edges = (0, *cuts, len(text))
        lines = [text[first:last].strip() for first, last in pairwise(edges)]
        sizes = [measure(line) for line in lines]
        if max(sizes) > width:
            continue
        off = sum((size - wish) ** 2 for size, wish in zip(sizes, ideal, strict=True))
        if best is None or off < best[0]:
            best = (off, lines)
    return best[1] if best else None
