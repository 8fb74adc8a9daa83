"""Summaries of what was said, in its own words: whole sentences of the texts, within a length.

A sentence counts for as much as it shares with all of them (weighted character n-grams against their centroid), a
little more where it opens its text; what repeats a chosen one is passed over. Every sentence is verbatim from a stored
text and keeps its place there, so that it can be shown and traced.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.opinion.features import Background, hashed, rarity, unit_rows
from core.opinion.text import letters, plain

LONGEST = 200
"""Characters of a summary unless asked otherwise."""
LEAD, FADES = 0.22, 6
"""What opening its text is worth, and over how many sentences that fades."""
SAME = 0.55
"""Cosine from which two sentences say the same."""
SHORTEST, USUAL = 8, 90
"""Letters below which a sentence says nothing by itself, and above which it loses."""
READ = 400
"""Sentences that are looked at, of many texts the first ones of each."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+(?:[。！？!?；;]+[”’」』）)】]*)?")
_FURNITURE = re.compile(
    r"^[（(\[]?(?:来源|编辑|责编|责任编辑|记者|作者|审核|校对|监制|统筹|供稿|图片|图|视频|点击|扫码|长按|关注|转载|转发|原标题|更多|推荐阅读|版权)"
    r"|微博视频|阅读原文|展开全文|点赞|↓|👇|^【?[^】]{0,12}】?$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in one of the texts: `source` is the place of the text, characters `start` to `end`."""

    text: str
    source: int
    start: int
    end: int


def sentences(text: str, source: int = 0) -> list[Sentence]:
    """The sentences of a text that say something, in their order; signatures, calls to click and bare titles left
    out."""
    out = []
    for found in _SENTENCE.finditer(text):
        start, end = found.span()
        start += len(found[0]) - len(found[0].lstrip())
        end -= len(found[0]) - len(found[0].rstrip())
        said = text[start:end]
        if len(letters(said)) >= SHORTEST and not _FURNITURE.search(plain(said)):
            out.append(Sentence(said, source, start, end))
    return out


def summary(texts: Sequence[str], background: Background, longest: int = LONGEST) -> list[Sentence]:
    """The sentences that say most of what the texts say, together at most `longest` characters, in the order of the
    texts; none where no sentence fits. Raises ValueError for no length."""
    if longest < 1:
        raise ValueError("a summary needs a length")
    share = max(READ // max(len(texts), 1), 3)
    every = [one for source, text in enumerate(texts) for one in sentences(text, source)[:share]][:READ]
    fitting = [one for one in every if len(one.text) <= longest]
    if not fitting:
        return []
    rows = hashed([plain(one.text) for one in every])
    rows.data *= rarity(background.share[rows.indices])
    length = np.maximum(np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()), 1e-9)
    unit = sparse.diags(1 / length) @ rows
    centre = unit_rows(np.asarray(unit.mean(axis=0)))
    worth = np.asarray(unit @ centre.T).ravel()
    worth = worth / (worth.max() or 1)
    place: dict[int, int] = {}
    for n, one in enumerate(every):
        nth = place[one.source] = place.get(one.source, -1) + 1
        worth[n] += LEAD * max(1 - nth / FADES, 0) - 0.004 * max(len(letters(one.text)) - USUAL, 0)
    chosen: list[int] = []
    room = longest
    for n in sorted(range(len(every)), key=lambda n: (-worth[n], n)):
        if len(every[n].text) > room:
            continue
        if any(float((unit[n] @ unit[other].T).sum()) >= SAME for other in chosen):
            continue
        chosen.append(n)
        room -= len(every[n].text)
    return [every[n] for n in sorted(chosen)]


def representatives(texts: Sequence[str], background: Background, number: int = 5) -> list[int]:
    """Places of the texts that stand nearest to what all of them say, none of them saying the same as another: the most
    central first, of equals the earlier."""
    rows = hashed([plain(text)[:READ] for text in texts])
    rows.data *= rarity(background.share[rows.indices])
    length = np.maximum(np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel()), 1e-9)
    unit = sparse.csr_matrix(sparse.diags(1 / length) @ rows)
    worth = np.asarray(unit @ unit.sum(axis=0).T).ravel()
    chosen: list[int] = []
    for n in np.argsort(-worth, kind="stable"):
        if letters(texts[n]) and all(float((unit[n] @ unit[other].T).sum()) < SAME for other in chosen):
            chosen.append(int(n))
        if len(chosen) == number:
            break
    return chosen


def said(chosen: Sequence[Sentence]) -> str:
    """The sentences as one text; between those that don't follow each other stands …"""
    out = ""
    for before, one in zip([None, *chosen], chosen, strict=False):
        near = before is None or (before.source == one.source and one.start - before.end <= 2)
        out += one.text if near else "…" + one.text
    return out
