"""What the office's own marks add to the packaged scorer of sentiment: a linear model over its counts and logits,
character 1- to 4-grams, words and emoticons, in one file of plain arrays (never pickled). core.opinion.sentiment_fit
makes it.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rjieba

from core.opinion.normal import LONGEST, Normal, normal, simplified

if TYPE_CHECKING:
    from scipy import sparse

FILE = "sentiment.npz"
"""In the data folder."""
GRAMS = (1, 2, 3, 4)
LONGEST_WORD = 8
SHOWN = 4
"""At most so many learnt words that are said to have decided."""
LEAST = 0.15
"""Contribution to the label's logit from which a learnt word is said to have decided."""

_FORWARD = re.compile(r"//\s*@")
FACE = re.compile(r"\[[^\[\]\s]{1,8}\]|[\U0001F300-\U0001FAFF\u2600-\u27BF]")
"""An emoticon of a platform, or an emoji."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as it is learnt from: n-grams, and words (of the whole, of what the writer himself says, emoticons) with
    their places in the original."""

    grams: Counter[str]
    words: Counter[str]
    places: tuple[tuple[str, int, int], ...]


def tokens(text: str) -> Tokens:
    """The tokens of a text."""
    form = normal(text)
    own = mark.start() if (mark := _FORWARD.search(text)) else len(text)
    grams = Counter([run[start : start + size] for run in form.text.split() for size in GRAMS
                     for start in range(len(run) - size + 1)])
    faces = [(f"e {simplified(found[0])}", *found.span()) for found in FACE.finditer(text[:LONGEST])]
    words = _words(form)
    spoken = (f"o {word}" for word, start, _ in words if start < own)
    count = Counter(chain((f"w {word}" for word, _, _ in words), spoken, (face for face, _, _ in faces)))
    return Tokens(grams, count, (*((f"w {word}", start, end) for word, start, end in words), *faces))


def _words(form: Normal) -> list[tuple[str, int, int]]:
    """The words of a text with their places in the original."""
    out, at = [], 0
    for word in rjieba.cut(form.text):
        start = form.text.find(word, at)
        if start < 0:
            continue
        at = start + len(word)
        if word.strip() and len(word) <= LONGEST_WORD:
            out.append((word, *form.span(start, at)))
    return out


@dataclass(frozen=True, slots=True)
class Block:
    """The tokens of one kind that are known, with their rarity."""

    names: dict[str, int]
    rarity: np.ndarray

    @classmethod
    def of(cls, counts: Sequence[Counter[str]], least: int = 2) -> "Block":
        """Of texts: the tokens that stand in `least` of them or more."""
        seen = Counter(chain.from_iterable(counts))
        names = sorted(name for name, number in seen.items() if number >= least)
        rarity = [np.log((1 + len(counts)) / (1 + seen[name])) + 1 for name in names]
        return cls({name: place for place, name in enumerate(names)}, np.array(rarity, np.float32))

    def rows(self, counts: Sequence[Counter[str]]) -> "sparse.csr_matrix":
        """A row a text, of length 1 where anything in it is known."""
        from scipy import sparse  # only where an office has marks of its own: warnings wait for the imports

        ends, places, values = [0], [], []
        for count in counts:
            known = [(place, number) for name, number in count.items()
                     if (place := self.names.get(name)) is not None]
            places += [place for place, _ in known]
            values += [number for _, number in known]
            ends.append(len(places))
        at = np.array(places, np.int32)
        data = (1 + np.log(np.array(values, np.float32))) * self.rarity[at] if places else np.zeros(0, np.float32)
        rows = sparse.csr_matrix((data, at, ends), (len(counts), len(self.names)), np.float32)
        length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
        return sparse.diags_array(1 / np.where(length > 0, length, 1)).astype(np.float32) @ rows


@dataclass(frozen=True, slots=True)
class Local:
    """A refit. `base`: version of the packaged weights it stands on, without which it means nothing; `marks`: how many
    it was fitted on, and `seen` which (hashes of texts); `of_*`: weights, a row a label."""

    version: str
    base: str
    made: str
    marks: int
    seen: np.ndarray
    grams: Block
    words: Block
    of_counts: np.ndarray
    of_base: np.ndarray
    of_grams: np.ndarray
    of_words: np.ndarray
    constant: np.ndarray

    def logits(
        self, texts: Sequence[str], matrix: np.ndarray, base: np.ndarray
    ) -> tuple[np.ndarray, list[list[tuple[int, int, float]]]]:
        """Logits of texts, given their counts and the packaged logits; and for each text the learnt words that speak
        for its label: places in the original, and what they add (below 0 for 负面)."""
        cut = [tokens(text) for text in texts]
        out = self.of_tokens(cut, matrix, base)
        lead = self.of_words - self.of_words.mean(axis=0)
        return out, [self._deciding(one, int(label), lead) for one, label in
                     zip(cut, out.argmax(axis=1), strict=True)]

    def of_tokens(self, cut: Sequence[Tokens], matrix: np.ndarray, base: np.ndarray) -> np.ndarray:
        """Logits of texts that are cut already."""
        grams, words = self.grams.rows([one.grams for one in cut]), self.words.rows([one.words for one in cut])
        plain = np.hstack([matrix, base])
        return (np.einsum("nf,lf->nl", plain, np.hstack([self.of_counts, self.of_base])) + self.constant
                + grams @ self.of_grams.T + words @ self.of_words.T)

    def tempered(self, times: float) -> "Local":
        """The same with logits multiplied: as sure as it should be."""
        names = ("of_counts", "of_base", "of_grams", "of_words", "constant")
        return replace(self, **{name: getattr(self, name) * np.float32(times) for name in names})

    def _deciding(self, cut: Tokens, label: int, lead: np.ndarray) -> list[tuple[int, int, float]]:
        """The words that add most to a label; `lead`: weights above the labels' mean."""
        known = [(place, *where) for name, *where in cut.places if (place := self.words.names.get(name)) is not None]
        if label == 1 or not known:
            return []
        places = [place for place, _, _ in known]
        rarity = self.words.rarity[places]
        adds = rarity / np.sqrt((rarity * rarity).sum()) * lead[label, places]
        return [(*known[n][1:], float(adds[n]) * (label - 1))
                for n in np.argsort(-adds, kind="stable")[:SHOWN] if adds[n] >= LEAST]

    def save(self, file: Path) -> None:
        """Into a file of plain arrays."""
        stored: dict[str, np.ndarray] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Block):
                names = json.dumps(list(value.names), ensure_ascii=False).encode()
                stored[f"{field.name}_names"] = np.frombuffer(names, np.uint8)
                stored[f"{field.name}_rarity"] = value.rarity
            else:
                stored[field.name] = np.asarray(value)
        with file.open("wb") as stream:
            np.savez_compressed(stream, **stored)


def load(file: Path) -> Local:
    """A refit from its file. Raises FileNotFoundError, and ValueError (Chinese) where the file isn't one."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            got = {name: stored[name] for name in stored.files}
        blocks = {}
        for name in ("grams", "words"):
            names = json.loads(got.pop(f"{name}_names").tobytes())
            blocks[name] = Block({word: place for place, word in enumerate(names)}, got.pop(f"{name}_rarity"))
        plain = {name: str(got.pop(name)) for name in ("version", "base", "made")}
        return Local(**plain, marks=int(got.pop("marks")), **blocks, **got)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise ValueError(f"情感校准文件 {file} 损坏：请删除它，再重新执行 python -m core fit sentiment") from error
