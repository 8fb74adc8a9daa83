"""Matrix totals (矩阵总分): one figure for a unit from its scores on several platforms (pure).

A platform brings weight × score ÷ 100, its score taken as it is, or first made a share of the best one of the period
(0 to 100). Scores have two decimals and weights are exact decimals, so that the total is an exact sum, rounded once;
what the platforms brought is rounded to add up to it.

No account on a platform brings 0. A score that cannot be computed is not 0: the best and the sum of the other accounts
stand as a lower bound, a mean is missing; a platform whose score is missing brings nothing and leaves the total a
lower bound; a total of which every score is missing is missing itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from math import inf
from typing import Literal

Many = Literal["best", "mean", "sum"]
CENT = Decimal("0.01")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Scored:
    """One account's score as published (two decimals; None: not computable) and between what bounds the truth lies."""

    value: float | None
    low: float = 0.0
    high: float = inf


@dataclass(frozen=True, slots=True)
class Held:
    """What a unit holds on one platform: its score (None: missing), bounds, and of how many accounts."""

    value: Decimal | None
    low: float
    high: float
    accounts: int

    @property
    def mark(self) -> str:
        """≥ for a lower bound, ≈ for an estimate, nothing where it is exact or missing."""
        return "" if self.value is None else _mark(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Weight:
    """One platform of a matrix: its weight in per cent, and whether its scores become shares of the best one."""

    platform: str
    weight: Decimal
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    """A unit's total (two decimals; None: missing), its bounds, and what each platform brought (None: missing), which
    sums to it exactly."""

    value: Decimal | None
    low: float
    high: float
    brought: Mapping[str, Decimal | None]

    @property
    def mark(self) -> str:
        """As of `Held`."""
        return "" if self.value is None else _mark(self.low, self.high)


NOBODY = Held(Decimal(0), 0.0, 0.0, 0)
"""A platform on which the unit has no account."""


def _mark(low: float, high: float) -> str:
    return "" if high - low < 0.005 else "≥" if high == inf else "≈"


def exact(value: float) -> Decimal:
    """A score with its two decimals."""
    return Decimal(repr(float(value))).quantize(CENT, ROUND_HALF_UP)


def held(scores: Sequence[Scored], many: Many) -> Held:
    """The score of a unit on one platform from those of its accounts there."""
    if not scores:
        return NOBODY
    known = [score for score in scores if score.value is not None]
    whole = len(known) == len(scores)
    if not known or (many == "mean" and not whole):
        return Held(None, 0.0, inf, len(scores))
    values = [exact(score.value) for score in known]
    lows, highs = [score.low for score in known], [score.high if whole else inf for score in known]
    match many:
        case "best":
            return Held(max(values), max(lows), max(highs), len(scores))
        case "sum":
            return Held(sum(values, Decimal(0)), sum(lows), sum(highs), len(scores))
        case "mean":
            n = len(scores)
            mean = (sum(values, Decimal(0)) / n).quantize(CENT, ROUND_HALF_UP)
            return Held(mean, sum(lows) / n, sum(highs) / n, n)
    raise ValueError(f"no such way: {many}")


def best(found: Sequence[Held]) -> Decimal:
    """What 100 stands for on a platform of the period: the best known score of a unit; 0 where there is none."""
    return max((one.value for one in found if one.value is not None), default=Decimal(0))


def scaled(one: Held, best_: Decimal) -> Held:
    """A score as its share of the best one, 0 to 100; its upper bound may lie above."""
    if not best_ or not one.accounts:
        return one
    value = None if one.value is None else (one.value * HUNDRED / best_).quantize(CENT, ROUND_HALF_UP)
    return Held(value, one.low * 100 / float(best_), one.high * 100 / float(best_), one.accounts)


def total(weights: Sequence[Weight], by_platform: Mapping[str, Held]) -> Total:
    """The total of a unit from its scores (`scaled` already, where they are); platforms left out are `NOBODY`."""
    found = {part.platform: by_platform.get(part.platform, NOBODY) for part in weights}
    present = [one for one in found.values() if one.accounts]
    brought = {}
    for part in weights:
        value = found[part.platform].value
        brought[part.platform] = None if value is None else part.weight * value / HUNDRED
    if present and all(one.value is None for one in present):
        return Total(None, 0.0, inf, dict.fromkeys(brought))
    low = sum(float(part.weight) / 100 * found[part.platform].low for part in weights)
    high = sum(float(part.weight) / 100 * found[part.platform].high for part in weights)
    value, shown = _adding_up(brought)
    return Total(value, low, high, shown)


def _adding_up(brought: Mapping[str, Decimal | None]) -> tuple[Decimal, dict[str, Decimal | None]]:
    """The sum rounded once, and the parts rounded so that they add up to it: the cents left over go to the greatest
    remainders."""
    known = {name: part for name, part in brought.items() if part is not None}
    value = sum(known.values(), Decimal(0)).quantize(CENT, ROUND_HALF_UP)
    shown = {name: part.quantize(CENT, ROUND_FLOOR) for name, part in known.items()}
    left = int((value - sum(shown.values(), Decimal(0))) / CENT)
    for name in sorted(known, key=lambda name: (shown[name] - known[name], name))[:left]:
        shown[name] += CENT
    return value, {name: shown.get(name) for name in brought}
