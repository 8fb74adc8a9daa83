"""The words of the sample district, read from the TOML files beside this module."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from core.demo import local
from core.demo.grammar import Words, fill
from core.demo.places import DISTRICT, STREETS, bare
from core.demo.rhythm import festival

FESTIVE_SHARE = 0.22
"""Headlines near a public holiday that are about it."""


@cache
def _file(name: str) -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))


@cache
def lexicon() -> Words:
    """Every slot's words."""
    file = _file("words.toml")
    words: dict[str, Sequence[str]] = {
        "district": (DISTRICT,), "street": STREETS, "near": tuple(bare(street) for street in STREETS),
        **local.names(), **file["places"], **file["words"], **file["chatter"],
    }
    return words | {"surname": tuple(words["surname"])}


def say(rng: Random, lines: Sequence[str], bound: Mapping[str, str] | None = None) -> str:
    """One of the lines, its slots filled."""
    return fill(rng, rng.choice(lines), lexicon(), bound)


def tag(rng: Random) -> str:
    """One of the hashtags that the district's accounts use."""
    return rng.choice(_file("headlines.toml")["tags"])


def body(rng: Random) -> str:
    """The sentence that follows a headline in a microblog."""
    return say(rng, _file("headlines.toml")["bodies"])


def headline(rng: Random, theme: str, day: date, used: set[str]) -> str:
    """A headline of that subject for that day, one that `used` doesn't hold if five tries find one; it is added."""
    file, season = _file("headlines.toml"), _file("words.toml")["season"]
    holiday = festival(day)
    bound = {name: words[day.month - 1] for name, words in season.items()} | {"month": str(day.month)}
    if holiday:
        bound["holiday"] = holiday
    lines = _lines(theme, day.month)
    text = ""
    for _ in range(5):
        text = say(rng, file["festive"] if holiday and rng.random() < FESTIVE_SHARE else lines, bound)
        if text not in used:
            break
    used.add(text)
    return text


@cache
def _lines(theme: str, month: int) -> Sequence[str]:
    lines = _file("headlines.toml")["themes"][theme]
    return [
        line if isinstance(line, str) else line["line"]
        for line in lines if isinstance(line, str) or month in line["months"]
    ]


def themes() -> Sequence[str]:
    """The subjects that headlines exist for."""
    return list(_file("headlines.toml")["themes"])


def stories() -> Mapping[str, Any]:
    """Kinds of stories as they stand in the file (see core.demo.events.Kind), and single things said."""
    return _file("stories.toml")
