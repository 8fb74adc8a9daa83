"""Satisfaction as a rate with its interval and sample size. Pure.

Two definitions stand beside each other. By the usual one (满意率) 很满意, 满意 and 基本满意 are satisfied: surveys of
five levels have no 基本满意, so that theirs is 很满意+满意; 12345 asks for 满意, 基本满意 and 不满意 and counts the
first two. By the strict one 基本满意 is not. 未评价 says nothing and is left out of the denominator.

The interval is Wilson's (E. B. Wilson, 1927) at 95 %: unlike p ± 1.96·√(p(1−p)/n) it never leaves 0 to 1, does not
collapse at 100 % satisfied, and holds its level for small samples and for rates near 90 % (Brown, Cai, DasGupta 2001).
It speaks of chance only: whoever answers a public survey does so by his own choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

from core.metrics.accuracy import wilson

TARGET = 0.9
"""网民满意度 ≥ 90 %."""
USUAL = frozenset({"best", "good", "basic"})
STRICT = frozenset({"best", "good"})
UNRATED = "none"
_Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""
Verdict = Literal["few", "sure", "reached", "near", "below"]
VERDICTS: Mapping[str, str] = {
    "few": "样本不足", "sure": "达到", "reached": "达到，区间含目标线", "near": "未达到，区间含目标线",
    "below": "未达到",
}
"""sure: even the lower bound is at the target · reached: the rate is, its lower bound is not · near: the rate is below,
its upper bound is not · below: all of it is."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval, all 0 to 1, of `n` ratings of which `satisfied` are."""

    share: float
    low: float
    high: float
    n: int
    satisfied: int


def rate(satisfied: int, n: int) -> Rate | None:
    """The share with its Wilson interval; None where nobody rated. Raises ValueError for numbers that can't be."""
    if not 0 <= satisfied <= n:
        raise ValueError(f"{satisfied} of {n}")
    if not n:
        return None
    low, high = wilson(satisfied, n, _Z)
    return Rate(satisfied / n, low, high, n, satisfied)


def of(levels: Mapping[str, int], satisfied: frozenset[str] = USUAL) -> Rate | None:
    """The rate of numbers by level (labels.SATISFACTION) under one of the two definitions."""
    n = sum(number for level, number in levels.items() if level != UNRATED)
    return rate(sum(levels.get(level, 0) for level in satisfied), n)


def least(target: float = TARGET) -> int:
    """Ratings below which nothing is said to be reached: with fewer, even if everybody were satisfied, the lower bound
    n/(n+z²) would lie below the target (90 %: 35)."""
    return ceil(_Z * _Z * target / (1 - target) - 1e-9)


def verdict(found: Rate | None, target: float = TARGET) -> Verdict:
    """What may be said of a rate beside its target."""
    if found is None or found.n < least(target):
        return "few"
    if found.low >= target:
        return "sure"
    if found.share >= target:
        return "reached"
    return "near" if found.high >= target else "below"
