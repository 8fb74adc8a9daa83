"""Wrong words and risky ones in published texts, by a list that people keep (data/catalog/terms.csv).

One pass over a text finds every listed word (Aho-Corasick). A hit is dropped where it is part of a longer right word
that the list names, where it is only mentioned (`“帐号”应写作“账号”`), or where a longer listed word covers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from ahocorasick_rs import AhoCorasick, Implementation

from core.faults import BadInput
from core.opinion.wordlist import rows

Kind = Literal["错别字", "规范表述", "涉敏"]
Level = Literal["严重", "一般", "提示"]
"""严重: of the kind for which a check fails an account, once a person has confirmed it; 一般: costs points where local
rules give points; 提示: to be looked at, often right."""
Quoted = Literal["", "任意", "照查"]
"""What quotes do. Empty: exactly this word in quotes is a mention and no hit; 任意: anywhere inside quotes is right;
照查: wrong in quotes, too."""
COLUMNS = ("wrong", "right", "kind", "level", "unless", "quoted", "note", "source")
_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "\"": "\"", "'": "'", "＂": "＂"}
_REACH = 60
"""Characters between which a pair of quotes is looked for."""
_AROUND = 12
"""Characters of the text that are shown on either side of a hit."""


@dataclass(frozen=True, slots=True)
class Term:
    """One line of the list; what `core.opinion.leaders` finds has the same form. `right` is empty where the word is to
    be left out; `unless`: longer words that hold it and are right; `source` is the public document that says so."""

    wrong: str
    right: str
    kind: Kind | Literal["领导姓名职务"]
    level: Level
    unless: tuple[str, ...]
    quoted: Quoted
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A term at a place of a text: characters `start` to `end`, and the words around it with the term in 【】."""

    term: Term
    start: int
    end: int
    around: str


def read(text: str, name: str = "terms.csv") -> tuple[Term, ...]:
    """The terms of a list (CSV with the heads of COLUMNS). Raises BadInput, naming file, line, field and remedy."""
    found: dict[str, Term] = {}
    for where, row in rows(text, f"词表 {name}", COLUMNS):
        term = _term(row, where)
        if term.wrong in found:
            raise BadInput(f"{where}：“{term.wrong}”重复，请只保留一行")
        found[term.wrong] = term
    return tuple(found.values())


def _term(cells: dict[str, str], where: str) -> Term:
    for head, allowed in (("kind", Kind), ("level", Level), ("quoted", Quoted)):
        if cells[head] not in get_args(allowed):
            words = "、".join(word or "（空）" for word in get_args(allowed))
            raise BadInput(f"{where}：{head} 为“{cells[head]}”，应为 {words} 之一")
    for head in ("wrong", "source"):
        if not cells[head]:
            raise BadInput(f"{where}：{head} 为空，请填写{'要查的词' if head == 'wrong' else '依据'}")
    if cells["wrong"] == cells["right"]:
        raise BadInput(f"{where}：wrong 和 right 相同（“{cells['wrong']}”），请改正其中一个")
    unless = tuple(part for part in (part.strip() for part in cells["unless"].split("|")) if part)
    for longer in unless:
        if cells["wrong"] not in longer or longer == cells["wrong"]:
            raise BadInput(f"{where}：unless 中的“{longer}”应是包含“{cells['wrong']}”的更长的词")
    return Term(**{**cells, "unless": unless})


class Matcher:
    """The terms, ready to be looked for in many texts."""

    def __init__(self, terms: Sequence[Term]):
        self.terms = {term.wrong: term for term in terms}
        self.guards = {longer for term in terms for longer in term.unless}
        self.patterns = sorted(self.terms.keys() | self.guards)
        self.automaton = AhoCorasick(self.patterns, implementation=Implementation.DFA)

    def find(self, text: str) -> list[Hit]:
        """The hits of a text in their order; time grows with the text, not with the list."""
        spans = [(start, end, self.patterns[n])
                 for n, start, end in self.automaton.find_matches_as_indexes(text, overlapping=True)]
        if not spans:
            return []
        right = [(start, end) for start, end, word in spans if word in self.guards]
        kept = [
            (start, end, self.terms[word]) for start, end, word in spans
            if word in self.terms and not _covered(start, end, right)
            and not _mentioned(text, start, end, self.terms[word].quoted)
        ]
        places = [(start, end) for start, end, _ in kept]
        return [Hit(term, start, end, around(text, start, end)) for start, end, term in sorted(kept, key=_place)
                if not _covered(start, end, places)]


def _place(one: tuple[int, int, Term]) -> tuple[int, int]:
    return one[0], one[1]


def _covered(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a longer one of these spans holds it."""
    return any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans)


def _mentioned(text: str, start: int, end: int, quoted: Quoted) -> bool:
    """Whether quotes make it a mention, or right."""
    if quoted == "照查":
        return False
    if start and end < len(text) and _PAIRS.get(text[start - 1]) == text[end]:
        return True
    return quoted == "任意" and _inside(text, start, end)


def _inside(text: str, start: int, end: int) -> bool:
    """Whether the nearest quote before it opens, and is closed after it, within the same line."""
    before, after = text[max(start - _REACH, 0):start].split("\n")[-1], text[end:end + _REACH].split("\n")[0]
    for letter in reversed(before):
        if letter in _PAIRS and (letter != _PAIRS[letter] or before.count(letter) % 2):
            return _PAIRS[letter] in after
        if letter in _PAIRS.values():
            return False
    return False


def around(text: str, start: int, end: int) -> str:
    """That place of a text in 【】 with some characters on either side."""
    left = text[max(start - _AROUND, 0):start]
    before, after = "…" if start > _AROUND else "", "…" if end + _AROUND < len(text) else ""
    return " ".join(f"{before}{left}【{text[start:end]}】{text[end:end + _AROUND]}{after}".split())


@lru_cache(maxsize=4)
def matcher(text: str, name: str = "terms.csv") -> Matcher:
    """The matcher of a list's text; made once for each text. Raises BadInput as `read`."""
    return Matcher(read(text, name))
