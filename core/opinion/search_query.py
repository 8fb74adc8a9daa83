"""检索: what a person types to find mentions, as a tree, as what an index of short pieces can say of it, as places.

The words are those of watches (core.opinion.watch), so that a search can be kept as one: side by side all must be
there, `或` (|) offers, `-` forbids, quotes hold exact words, brackets group. What is typed or pasted here may be
untidier: a colon inside a headline or a clock's time, a quote without its end are taken as they are, and a search may
consist of what is forbidden alone.

The index knows of a text its pieces: every character that is a letter or a digit, and every two that stand side by
side. A word of two characters is one piece, a longer one must have all of its pieces: that a text may have without the
word, so whatever an index finds is held against the text itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from core.faults import BadInput
from core.opinion.normal import Normal, normal
from core.opinion.watch import (
    FIELDS,
    FILTERS,
    LONGEST,
    REACH,
    All,
    Any_,
    District,
    Near,
    Node,
    Not,
    Profile,
    Word,
    parse,
)
from core.opinion.watch import said as said_of

ASKED = 24
"""Pieces of one word that the index is asked for; a longer word's are picked evenly."""
MARKED = 60
"""Places of words in one text that are marked."""
EXCERPT, BEFORE = 120, 30
"""Characters of an excerpt, and of what stands before the first word in it."""

_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r'"[^"]*"|[()|\s]+|[^"()|\s]+')
_NAMED = re.compile(rf"-?(?:{'|'.join((*FIELDS, *FILTERS))}):")
_REACH = re.compile(rf"-?(?:{'|'.join(REACH)})(?:>=|≥)\d{{1,12}}[万亿]?$")
_SAME = str.maketrans("“”＂（）｜：＞＝－　", '"""()|:>=- ')
_LINK = re.compile(r"-?(?:https?://|www\.)\S+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pair:
    """At least two of these words: how names that others bear, too, mean the district (core.opinion.watch.Profile)."""

    parts: tuple[Word, ...]


Tree = Node | Pair


@dataclass(frozen=True, slots=True)
class Every:
    """Pieces, or what is made of them, that must all be in a text."""

    parts: tuple["Needed", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Pieces, or what is made of them, of which one must be in a text."""

    parts: tuple["Needed", ...]


Needed = str | Every | Either


# --- Reading --------------------------------------------------------------------------------------------------------


def read(text: str) -> Node | None:
    """What was typed as a tree; None for nothing. Raises BadInput with the place and what to write instead."""
    query = tidy(text)
    if not query:
        return None
    if len(query) > LONGEST:
        raise BadInput(f"检索词太长（{len(query)} 个字符），请控制在 {LONGEST} 个以内")
    try:
        return parse(query)
    except BadInput as fault:
        try:
            # Beside a word that is there, one that is only forbidden may stand.
            beside = parse(f"〇 ({query} )")
        except BadInput:
            raise BadInput(str(fault).replace("关注词", "检索词")) from None
        return beside.parts[1] if len(beside.parts) == 2 else All(beside.parts[1:])


def as_watch(text: str) -> str:
    """The query of a watch that asks for the same. Raises BadInput where there is none: for nothing, and for what is
    forbidden alone."""
    query = tidy(text)
    parse(query)
    return query


def said(text: str) -> str:
    """What a search asks for, as a sentence in Chinese; empty for nothing. Raises BadInput as `read`."""
    tree = read(text)
    return said_of(tree) if tree else ""


def tidy(text: str) -> str:
    """What was typed as a query of the watches' grammar: quotes around what holds a sign that means something else
    there, one kind of sign and of space, no quote without its end. Raises BadInput for a link."""
    text = text.translate(_SAME)
    if text.count('"') % 2:
        last = text.rindex('"')
        text = f"{text[:last]} {text[last + 1:]}"
    out: list[str] = []
    for part in _PART.findall(" ".join(text.split())):
        held = out[-1] if out else ""
        out.append(part if part[0] in '"()| ' else _word(part, held.endswith(":")))
    return "".join(out).strip()


def _word(part: str, valued: bool) -> str:
    """One word of what was typed. `valued`: it stands behind 标题: and the like."""
    if _LINK.match(part):
        raise BadInput(f"检索词里的“{part[:40]}”是链接，请改用标题或正文中的词")
    if part == "&" or _REACH.match(part):
        return part
    named = None if valued else _NAMED.match(part)
    begin = named.end() if named else 1 if part.startswith("-") and not valued else 0
    rest = part[begin:]
    return part[:begin] + (f'"{rest}"' if re.search(r"[:>≥&]", rest) else rest)


def local(node: Node, ours: Profile) -> Tree:
    """The tree with the district's names in place of `@本区`."""
    match node:
        case District():
            certain, doubtful, cues = (
                tuple(Word(form) for name in names if (form := _form(name)))
                for names in (ours.certain, ours.doubtful, ours.cues))
            both = All((Any_(doubtful), Any_(cues)))
            return Any_((*certain, both, Pair(doubtful)) if doubtful else certain)
        case All(parts):
            return All(tuple(local(part, ours) for part in parts))
        case Any_(parts):
            return Any_(tuple(local(part, ours) for part in parts))
        case Not(part):
            return Not(local(part, ours))
    return node


@lru_cache(4_000)
def _form(name: str) -> str:
    return normal(name).text.strip()


def looked_for(node: Tree) -> Iterator[Word]:
    """The words of a tree that are to be marked where they stand: those that are not forbidden, nor authors."""
    match node:
        case Word():
            if node.where != "author":
                yield node
        case Near(one, other, _):
            yield from (one, other)
        case All(parts) | Any_(parts) | Pair(parts):
            for part in parts:
                yield from looked_for(part)


# --- What an index can say ------------------------------------------------------------------------------------------


def pieces(form: str) -> list[str]:
    """The pieces of a normal form by which it can be found, each once."""
    out: dict[str, None] = {}
    for run in _RUN.findall(form):
        out.update(dict.fromkeys(run))
        out.update(dict.fromkeys(map("".join, pairwise(run))))
    return sorted(out)


def asked(word: str) -> tuple[str, ...]:
    """The pieces that a text must have to hold the word: pairs, and characters that stand alone; none where the word
    has neither letter nor digit."""
    out: dict[str, None] = {}
    for run in _RUN.findall(word):
        out.update(dict.fromkeys(map("".join, pairwise(run)) if len(run) > 1 else run))
    found = list(out)
    if len(found) > ASKED:
        found = [found[n * (len(found) - 1) // (ASKED - 1)] for n in range(ASKED)]
    return tuple(found)


def needed(node: Tree, other: Callable[[Node], Needed | None] = lambda node: None) -> Needed | None:
    """What pieces a text must have to meet the tree; None where none can be named. Texts that don't meet it may have
    them, too. `other`: what those have that meet something else than words."""
    match node:
        case Word(text, where) if where != "author":
            return every(asked(text))
        case Near(one, another, _):
            return every((*asked(one.text), *asked(another.text)))
        case All(parts):
            return every([some for part in parts if (some := needed(part, other)) is not None])
        case Any_(parts) | Pair(parts):
            return either([needed(part, other) for part in parts])
        case Not():
            return None
    return other(node)


def either(parts: Sequence[Needed | None]) -> Needed | None:
    """What a text has that has one of these; None where that says nothing."""
    if not parts or None in parts:
        return None
    return parts[0] if len(parts) == 1 else Either(tuple(parts))  # type: ignore[arg-type]


def every(parts: Sequence[Needed]) -> Needed | None:
    """What a text has that has all of these; None where that says nothing."""
    flat = dict.fromkeys(
        inner for part in parts for inner in (part.parts if isinstance(part, Every) else (part,)))
    return None if not flat else next(iter(flat)) if len(flat) == 1 else Every(tuple(flat))


def near(one: str, other: str, reach: int) -> str:
    """A regular expression, read alike by Python and PostgreSQL, for two words with at most so many characters between
    them, on one line."""
    a, b = (re.sub(r"([^\w\s])", r"\\\1", word) for word in (one, other))
    return rf"{a}[^\n]{{0,{reach}}}{b}|{b}[^\n]{{0,{reach}}}{a}"


# --- Places ---------------------------------------------------------------------------------------------------------


def spans(form: Normal, words: Iterable[Word], where: str) -> tuple[tuple[int, int], ...]:
    """Where the words stand in the original of which this is the normal form, its field being `where` (title, text):
    from, to, in order, none over another; the first MARKED."""
    found: list[tuple[int, int]] = []
    for word in words:
        if word.where not in ("", where):
            continue
        at = form.text.find(word.text)
        while at >= 0 and len(found) < 4 * MARKED:
            found.append(form.span(at, at + len(word.text)))
            at = form.text.find(word.text, at + len(word.text))
    out: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(end, out[-1][1])
        else:
            out.append((start, end))
    return tuple(out[:MARKED])


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a text in one line, with … where it goes on, and the places of words in it."""

    text: str
    spans: tuple[tuple[int, int], ...]


def excerpt(text: str, found: Sequence[tuple[int, int]], begin: int = 0) -> Excerpt:
    """The piece of a text around the first place found in it, from `begin` on (what stands before is shown elsewhere);
    without one, its beginning from there."""
    begin += len(text[begin:]) - len(text[begin:].lstrip())
    inside = [span for span in found if span[1] > begin]
    start = begin
    if inside:
        first = inside[0][0]
        start = min(first, begin) if first <= begin + BEFORE else first - BEFORE
    end = min(max(start + EXCERPT, inside[0][1] if inside else 0), len(text))
    head, tail = "…" if start > begin else "", "…" if end < len(text) else ""
    shift = len(head) - start
    return Excerpt(
        head + re.sub(r"\s", " ", text[start:end]) + tail,
        tuple((max(a, start) + shift, min(b, end) + shift) for a, b in inside if a < end and b > start),
    )
