"""Why a score is what it is: what changed it between two periods, and what it would be (pure).

Every index is scale × (Σ weight × logarithm) ^ power (core.metrics.indices), so that a difference of scores is a sum:
with power 1 of the differences of the logarithms, with power 2 of these times the sum of both roots. A logarithm of an
average (reads by article) changes with what is divided and with what it is divided by; the two effects are told apart
by Shapley's rule, the mean of changing the one before and after the other, which leaves nothing over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.metrics.indices import WORDS, Index, Inputs, Score, Term

OTHERS = {"posts": "发布数", "days": "天数"}
"""Chinese names of the drivers that are no counters."""


@dataclass(frozen=True, slots=True)
class Part:
    """One term of an index in two periods: its dimension's key and title, its input, its values before and after, and
    its share of the change of the score."""

    dimension: str
    title: str
    input: str
    by: str
    before: float
    after: float
    change: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The change of a score. `parts` and `drivers` (input → its share) each sum to `change`, up to the last bits of a
    float; `silence` is what neither can tell: one of the periods has no post, and scores 0 by rule."""

    before: float
    after: float
    parts: tuple[Part, ...]
    drivers: Mapping[str, float]
    silence: float = 0.0

    @property
    def change(self) -> float:
        return self.after - self.before

    def by_dimension(self) -> dict[str, float]:
        """The change by dimension title, in the index's order."""
        found: dict[str, float] = {}
        for part in self.parts:
            found[part.title] = found.get(part.title, 0.0) + part.change
        return found


def explain(index: Index, before: Inputs, after: Inputs, *, rounded: bool = False) -> Explanation | Score:
    """What changed a score from one period to the other; the Score that is missing, with its reason, where one is."""
    scores = [index.score(inputs, rounded=rounded) for inputs in (before, after)]
    if missing := next((score for score in scores if score.value is None), None):
        return missing
    roots = [_root(index, inputs, rounded) for inputs in (before, after)]
    by = index.scale * (sum(roots) if index.power == 2 else 1.0)
    parts, drivers = [], {}
    for group in index.dimensions:
        for term in group.terms:
            weight = by * group.weight * term.weight
            one, two = (_value(term, inputs, rounded) for inputs in (before, after))
            parts.append(Part(group.key, group.title, term.input, term.by, one, two, weight * (two - one)))
            for name, effect in _effects(term, before, after, rounded).items():
                drivers[name] = drivers.get(name, 0.0) + weight * effect
    change = scores[1].value - scores[0].value
    told = sum(part.change for part in parts)
    silent = not before.posts or not after.posts
    return Explanation(
        scores[0].value, scores[1].value, tuple(parts), {n: v for n, v in drivers.items() if v},
        change - told if silent else 0.0,
    )


def _value(term: Term, inputs: Inputs, rounded: bool) -> float:
    """A term, 0 where nothing is known of a silent period."""
    return 0.0 if getattr(inputs, term.input) is None else term.value(inputs, rounded)


def _root(index: Index, inputs: Inputs, rounded: bool) -> float:
    return sum(
        group.weight * sum(term.weight * _value(term, inputs, rounded) for term in group.terms)
        for group in index.dimensions
    )


def _effects(term: Term, before: Inputs, after: Inputs, rounded: bool) -> dict[str, float]:
    """How far each of the quantities that a term is made of changed it."""
    names = [term.input, *([term.by] if term.by else []), *(["days"] if term.daily and term.by != "days" else [])]
    if len(set(names)) == 1:
        return {names[0]: _value(term, after, rounded) - _value(term, before, rounded)}
    one, two = names

    def at(first: Inputs, second: Inputs) -> float:
        return _value(term, replace(second, **{one: getattr(first, one)}), rounded)

    whole = _value(term, after, rounded) - _value(term, before, rounded)
    effect = (at(after, before) - _value(term, before, rounded) + _value(term, after, rounded) - at(before, after)) / 2
    return {one: effect, two: whole - effect}


def word(name: str) -> str:
    """The Chinese name of a driver."""
    return OTHERS.get(name) or WORDS[name]


def what_if(
    index: Index, inputs: Inputs, *, posts: float = 1.0, each: float = 1.0, rounded: bool = False
) -> Score:
    """The score with `posts` times as many posts (of the same kind) of which each has `each` times as much of every
    counter. The greatest post grows with `each` only; followers stay."""
    if inputs.posts is None:
        return index.score(inputs, rounded=rounded)
    changed: dict[str, float] = {"posts": inputs.posts * posts}
    for name in WORDS:
        value = getattr(inputs, name)
        if value is None or name in ("followers", "followers_gain"):
            continue
        if name in ("pushes", "originals"):
            changed[name] = value * posts
        elif name.endswith("_max"):
            changed[name] = value * each
        else:
            changed[name] = value * posts * each
    return index.score(replace(inputs, **changed), rounded=rounded)
