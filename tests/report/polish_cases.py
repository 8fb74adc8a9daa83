"""Sentences of reports, harmless rewordings of them, and ways in which a model's answer can be false. Used by the tests
and by benchmarks.polish."""

import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

CASES = tomllib.loads(Path(__file__).with_name("polish_cases.toml").read_text("utf-8"))
NAMES: list[str] = CASES["names"]
SENTENCES: list[str] = [one["text"] for one in CASES["sentences"]]
HARMLESS: list[tuple[str, str]] = [(one["text"], new) for one in CASES["sentences"] for new in one["harmless"]]
REWORDINGS: list[tuple[str, str]] = [(old, new) for old, new in CASES["rewordings"]]

_NUMBER = re.compile(r"(?<![\d,.])\d[\d,]*(?:\.\d+)?(?![\d,.]*\d)")
_QUOTE = re.compile(r"“[^“”]+”|《[^《》]+》")
Way = Callable[[str, Random], str | None]


def _swap(text: str, table: dict[str, str], rng: Random) -> str | None:
    outside = [(match.start(), word) for word in table for match in re.finditer(re.escape(word), text)]
    if not outside:
        return None
    at, word = rng.choice(outside)
    return text[:at] + table[word] + text[at + len(word):]


def _number(text: str, rng: Random) -> str | None:
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    one = rng.choice(found)
    digits = [n for n, char in enumerate(one[0]) if char.isdigit()]
    n = rng.choice(digits)
    new = rng.choice([char for char in "0123456789" if char != one[0][n]])
    return text[:one.start()] + one[0][:n] + new + one[0][n + 1:] + text[one.end():]


def _exchange(pattern: re.Pattern[str]) -> Way:
    """Two of a kind, which are not the same, change places."""

    def made(text: str, rng: Random) -> str | None:
        found = list(pattern.finditer(text))
        pairs = [(a, b) for n, a in enumerate(found) for b in found[n + 1:]
                 if a[0].replace(",", "") != b[0].replace(",", "")]
        if not pairs:
            return None
        a, b = rng.choice(pairs)
        return text[:a.start()] + b[0] + text[a.end():b.start()] + a[0] + text[b.end():]

    return made


def _quote(text: str, rng: Random) -> str | None:
    """A character inside a quotation is another one, or missing, or the quotation is."""
    found = [one for one in _QUOTE.finditer(text) if len(one[0]) > 3]
    if not found:
        return None
    one = rng.choice(found)
    way, n = rng.randrange(4), rng.randrange(1, len(one[0]) - 1)
    char = rng.choice([char for char in "澜星区民新京的为" if char != one[0][n]])
    new = (one[0][:n] + char + one[0][n + 1:], one[0][:n] + one[0][n + 1:], "", one[0][1:-1])[way]
    return text[:one.start()] + new + text[one.end():]


def _name(text: str, rng: Random) -> str | None:
    found = [name for name in NAMES if name in text]
    if not found:
        return None
    name = rng.choice(found)
    n = rng.randrange(len(name))
    other = rng.choice([one for one in NAMES if one not in text])
    return text.replace(name, rng.choice([name[:n] + name[n + 1:], other]), 1)


def _unit(text: str, rng: Random) -> str | None:
    other = {"万次": "亿次", "万人": "人", "%": "个百分点", "条、": "万条、", "次，": "万次，", "第1位": "第2位"}
    return _swap(text, other, rng)


def _inserted(words: Sequence[str], where: str) -> Way:
    """A word comes in: behind a stop, before a number, or at the end."""

    pattern = re.compile({"stop": r"(?<=[，。；])(?!$)|^", "end": "$",
                          "number": "(?=增长|下降|增加|减少|上升|发布|占|居)"}[where])

    def made(text: str, rng: Random) -> str | None:
        places = [match.start() for match in pattern.finditer(text)]
        if not places:
            return None
        at = rng.choice(places)
        return text[:at] + rng.choice(words) + text[at:]

    return made


def _lost(text: str, rng: Random) -> str | None:
    parts = re.split(r"(?<=[，。；])", text.removesuffix("。"))
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return None
    n = rng.randrange(len(parts))
    return "".join(part for k, part in enumerate(parts) if k != n).rstrip("，；。") + "。"


def _moved(text: str, rng: Random) -> str | None:
    parts = [part for part in re.split(r"[，。；]", text) if part]
    pairs = [n for n in range(len(parts) - 1) if parts[n] != parts[n + 1]]
    if not pairs:
        return None
    n = rng.choice(pairs)
    parts[n], parts[n + 1] = parts[n + 1], parts[n]
    return "，".join(parts) + "。"


def _cut(text: str, rng: Random) -> str | None:
    """A stop stands where it takes apart what belongs together, or is missing."""
    after = [match.end() for match in re.finditer("没有|未|尚有|不少于|其余|全部", text)]
    stops = [match.start() for match in re.finditer("(?<!其中)[，。；](?!$)", text)]
    made = [text[:at] + "，" + text[at:] for at in after] + [text[:at] + text[at + 1:] for at in stops]
    return rng.choice(made) if made else None


def _dropped(text: str, rng: Random) -> str | None:
    """A character of meaning is missing."""
    places = [match.start() for match in re.finditer("(?![的了为是达于则即而其还也共])[\u4e00-\u9fff]", text)]
    n = rng.choice(places)
    return text[:n] + text[n + 1:]


CORRUPTIONS: dict[str, Way] = {
    "number altered": _number, "numbers exchanged": _exchange(_NUMBER), "unit altered": _unit,
    "direction or negation flipped": lambda text, rng: _swap(text, CASES["flips"], rng),
    "hedge lost": lambda text, rng: _swap(text, CASES["hedges"], rng),
    "measure exchanged": lambda text, rng: _swap(text, CASES["measures"], rng),
    "quotation altered": _quote, "quotations exchanged": _exchange(_QUOTE), "name altered": _name,
    "claim added": _inserted(CASES["claims"], "number"),
    "source, cause or name added": _inserted(CASES["said"], "stop"),
    "sentence added": _inserted(CASES["added"], "end"), "clause lost": _lost, "clauses exchanged": _moved,
    "sentence cut elsewhere": _cut,
    "character lost": _dropped,
}
"""Each makes something else of a text, or None where there is nothing of its kind."""


def reworded(text: str, rng: Random, most: int = 3) -> str:
    """A text with up to so many harmless rewordings outside its quotations."""
    fitting = [pair for pair in REWORDINGS if pair[0] in text]
    for old, new in rng.sample(fitting, min(len(fitting), rng.randint(1, most))):
        spans = [match.span() for match in _QUOTE.finditer(text)]
        places = [match.start() for match in re.finditer(re.escape(old), text[:-1])
                  if not any(a <= match.start() < b for a, b in spans)]
        if places:
            at = rng.choice(places)
            text = text[:at] + new + text[at + len(old):]
    return text
