"""What the check of polished wording lets through and what it refuses: `python -m benchmarks.polish --data DIR`.

Builds reports of every kind from the database of that folder (the sample district with a year of opinion), takes their
paragraphs, and holds against each what a model might wrongly make of it (`tests.report.polish_cases`, seeded),
alone and among harmless changes, and harmless rewordings, of which some go beyond what the check allows. Missed: false
ones that passed. Refused: harmless ones that did not. No model is asked. The last line is one JSON object.
"""

import argparse
import json
import os
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

from core import clock, db
from core.faults import BadInput
from core.periods import Period
from core.query import scope
from core.query.names import known
from core.report import kinds, polish
from core.report.outline import Order
from core.report.polish.skeleton import Names
from tests.report.polish_cases import CORRUPTIONS, HARMLESS, NAMES, REWORDINGS, reworded

SCOPES = 3
"""Units and boards of which reports are built."""


def paragraphs() -> list[tuple[str, Names]]:
    """Every paragraph once, with the names of its report."""
    now = clock.now()
    with db.snapshot() as session:
        names, made = known(session), {}
        for order in _orders(session, clock.day_of(now) - timedelta(30)):
            try:
                content = kinds.build(session, order, now=now)
            except BadInput:  # nothing of that kind there
                continue
            held = polish.names(content, names)
            for text in polish.texts(content):
                made.setdefault(text, held)
    return list(made.items())


def _orders(session, day) -> list[Order]:
    made = []
    for kind in kinds.KINDS.values():
        for span in kind.spans:
            for period in (Period.of(span, day), Period.of(span, day).shift(-1)):
                if kind.per == "platform":
                    made += [Order(kind.code, period, code) for code, _ in scope.choices(session).platforms]
                else:
                    scopes = [code for code, _ in kind.scopes(session, "")][:SCOPES if kind.per else 1]
                    made += [Order(kind.code, period, "", code) for code in scopes]
    return made


def false_ones(texts: list[tuple[str, Names]], turns: int) -> dict[str, dict[str, int]]:
    """By corruption: tried, missed; mixed and missed_mixed among harmless changes."""
    found = {name: Counter(tried=0, missed=0, missed_mixed=0) for name in CORRUPTIONS}
    for seed in range(turns):
        for n, (text, names) in enumerate(texts):
            for name, way in CORRUPTIONS.items():
                rng = Random(f"{seed}-{n}-{name}")
                made = way(text, rng)
                if made is None or made == text:
                    continue
                found[name]["tried"] += 1
                for word, one in (("missed", made), ("missed_mixed", reworded(made, rng))):
                    if not polish.faults(text, one, names):
                        found[name][word] += 1
                        print(name, text, one, sep="\n  ")
    return {name: dict(one) for name, one in found.items()}


def harmless_ones(texts: list[tuple[str, Names]], turns: int) -> dict[str, object]:
    """Shares of harmless rewordings that passed: written by hand, of one change, of up to three."""
    written = [not polish.faults(before, after, Names(NAMES)) for before, after in HARMLESS]
    one, rules = Counter(), {}
    for old, new in REWORDINGS:
        rng = Random(f"{old}-{new}")
        tried = passed = 0
        for text, names in texts:
            made = reworded(text, rng, 1) if text.count(old) == 0 else text.replace(old, new, 1)
            if old in text and made != text and made[-1] == text[-1]:
                tried += 1
                passed += not polish.faults(text, made, names)
        if tried:
            rules[f"{old}→{new}"] = [passed, tried]
            one.update(tried=tried, passed=passed)
    mixed = Counter()
    for seed in range(turns):
        for n, (text, names) in enumerate(texts):
            made = reworded(text, Random(f"{seed}-{n}"))
            if made != text:
                mixed.update(tried=1, passed=not polish.faults(text, made, names))
    never = sorted(rule for rule, (passed, tried) in rules.items() if not passed)
    return {"by_hand": [sum(written), len(written)], "one_change": [one["passed"], one["tried"]],
            "up_to_three": [mixed["passed"], mixed["tried"]], "kinds_allowed": [len(rules) - len(never), len(rules)],
            "kinds_never": never}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data folder with a district")
    parser.add_argument("--turns", type=int, default=3, help="corruptions of each kind for a paragraph")
    options = parser.parse_args()
    os.environ["PULSE_DATA_DIR"] = str(options.data)
    texts = paragraphs()
    began = time.perf_counter()
    false = false_ones(texts, options.turns)
    tried = sum(one["tried"] for one in false.values())
    each = (time.perf_counter() - began) / max(2 * tried, 1) * 1000
    missed = sum(one["missed"] + one["missed_mixed"] for one in false.values())
    print(json.dumps({
        "paragraphs": len(texts), "characters": sum(len(text) for text, _ in texts), "false": 2 * tried,
        "missed": missed, "ms_each": round(each, 2), "harmless": harmless_ones(texts, options.turns),
        "by_kind": false}, ensure_ascii=False))


if __name__ == "__main__":
    main()
