"""Which figure each number of a report's sentences is: one that is written so (core.report.proof), and of several the
one that stands nearest and is called as the sentence calls it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from core.counts import Count
from core.report import proof
from core.report.content import Chart, Content, Figures, Mean, Paragraph, Table
from core.report.figures import Number, figures

Span = tuple[int, int, str]
"""From where to where in the text, and the key of the figure."""
NEAR = 18
"""Characters before a number among which it is called something."""
_PLAIN = re.compile(r"（[^）]*）|合计|总数|数$|^总|平均每?[篇条]?")
_CLAUSE = re.compile(r"[。；：]")
_WRITTEN = re.compile(r"\d[\d,]*(?:\.\d+)?(?:%|万|亿)?")
SURE = 4
"""From how well on a figure is taken for the one that is meant; of one less, where it is the only one so near."""


def spans(content: Content) -> Mapping[tuple[int, int], tuple[Span, ...]]:
    """The numbers of every paragraph, by section and block; those that fit no figure well are left out."""
    index: dict[str, list[Number]] = defaultdict(list)
    for one in figures(content):
        for text in _ways(content, one):
            index[text].append(one)
    found = {}
    for nth, section in enumerate(content.sections):
        for number, block in enumerate(section.blocks):
            if isinstance(block, Paragraph) and section.role != "method":
                here = tuple(_of(content, index, block.text, nth))
                if here:
                    found[nth, number] = here
    return found


def _of(content: Content, index: Mapping[str, list[Number]], text: str, nth: int) -> Iterator[Span]:
    for begin, end in proof.numbers(text):
        candidates = index.get(text[begin:end].replace(",", ""), ())
        before = _CLAUSE.split(text[max(begin - NEAR, 0) : begin])[-1]
        scored = [(_score(content, one, before, text[end : end + 2], nth), -n, one) for n, one in enumerate(candidates)]
        if not scored:
            continue
        best, _, one = max(scored)
        digits = sum(char.isdigit() for char in text[begin:end])
        alone = len({(found.name, found.text) for found in candidates}) == 1 and digits > 2
        only = sum(score == best for score, _, _ in scored) == 1
        if best >= SURE or alone or (only and digits > 1 and best == SURE - 1 and one.at[0] == nth):
            yield begin, end, one.key


def _score(content: Content, one: Number, before: str, after: str, nth: int) -> int:
    """How well a figure fits a number: where it stands, what it is called, what it is counted by."""
    block = content.sections[one.at[0]].blocks[one.at[1]]
    score = 2 * (one.at[0] == nth) + one.main + isinstance(block, Figures) - 2 * isinstance(block, Chart)
    words = [_PLAIN.sub("", word) for word in one.name.split("·")]
    score += 3 * sum(bool(word) and len(word) > 1 and word in before for word in words)
    unit = one.text[-1]
    return score + (bool(after) and (unit == after[0] or f"（{after[0]}）" in one.name))


def _ways(content: Content, one: Number) -> set[str]:
    """How sentences may write a figure."""
    nth, number, row, column = one.at
    block = content.sections[nth].blocks[number]
    match block:
        case Table():
            cell = block.rows[row][column]
        case Chart():
            cell = block.series[row].values[column]
        case _:
            cell = None
    value = cell.value if isinstance(cell, Count | Mean) else cell
    said = proof.written(value) if isinstance(value, int | float) and value is not None else set()
    if not isinstance(block, Chart):
        said |= {found[0].replace(",", "") for found in _WRITTEN.finditer(one.text)}
    return said
