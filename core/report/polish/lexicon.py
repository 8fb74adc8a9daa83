"""The words that a language model may change in a report's sentences (data/catalog/polish.toml)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from core.settings import CATALOG

FILE = CATALOG / "polish.toml"
NEUTRAL, KEEP = "", "keep"
SOFT, TOTAL = "共", "合计"
"""The first may come and go, and stand for the second."""


@dataclass(frozen=True)
class Lexicon:
    """`meaning`: word → what counts in its place: nothing for a neutral one, `keep` where it stays as it is, else the
    first of the words that mean the same · `about`: that first word → what it is about (升降, 程度 …) · `apart`: two
    words that meet → where the second begins · `longest`: of all words, in characters."""

    meaning: Mapping[str, str]
    about: Mapping[str, str]
    apart: Mapping[str, int]
    longest: int

    @cached_property
    def meeting(self) -> re.Pattern[str]:
        """Where two such words meet."""
        return re.compile("|".join(map(re.escape, self.apart)))


@cache
def lexicon(file: Path = FILE) -> Lexicon:
    """The words of the file. Raises ValueError (Chinese) for a word that stands in two lists."""
    tables = tomllib.loads(file.read_text("utf-8"))
    meaning: dict[str, str] = {}
    about: dict[str, str] = {}

    def take(word: str, means: str) -> None:
        if word in meaning:
            raise ValueError(f"润色词表 {file.name} 中“{word}”出现了两次")
        meaning[word] = means

    for word in tables["neutral"]:
        take(word, NEUTRAL)
    for word in tables["keep"]:
        if word not in {one for group in tables["same"] for one in group["words"]}:
            take(word, KEEP)
    for group in tables["same"]:
        first = group["words"][0]
        about[first] = group["about"]
        for word in group["words"]:
            take(word, first)
    for names in tables["before"]:
        about[names[0]], about[f"较{names[0]}"], about[f"与{names[0]}持平"] = "时段", "比较", "升降"
        for name in names:
            take(name, names[0])
            for word in (f"较{name}", f"比{name}", f"与{name}相比", f"同{name}相比", f"和{name}相比", f"相较{name}",
                         f"相比{name}"):
                take(word, f"较{names[0]}")
            for word in (f"与{name}持平", f"较{name}持平", f"同{name}持平", f"和{name}持平", f"比{name}持平"):
                take(word, f"与{names[0]}持平")
    apart = {pair.replace("|", ""): pair.index("|") for pair in tables["apart"]}
    return Lexicon(meaning, about, apart, max(map(len, meaning)))
