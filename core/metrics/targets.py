"""绩效目标 as arithmetic: whether a goal is met, how the year is likely to end, how a target stands and what it scores.
Pure.

Forecasts are bands of 80 %. They are made of nothing but the record so far, and refused where that is too short:

- counts of what is still due: each of them comes about as often as those before did (beta-binomial, Jeffreys' prior);
- levels: the mean of the past monthly changes goes on; the band is the spread of those changes over as many months,
  with that of their mean (Student's t); of growing things in logarithms, where changes are ratios;
- shares: what is still to be counted is right as often as what was (Wilson's interval, E. B. Wilson 1927).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from core import labels
from core.metrics.accuracy import Z, wilson

Comparison = Literal["ge", "eq", "le"]
COMPARISONS: dict[Comparison, str] = {"ge": "≥", "eq": "＝", "le": "≤"}
State = Literal["done", "fine", "risk", "missed", "none"]
STATES: dict[State, str] = {"risk": "有风险", "missed": "未达标", "none": "无数据", "fine": "正常", "done": "已完成"}
"""How a target stands, what wants attention first."""
BAND = 0.8
"""Share of the cases that a band is to hold."""
LEAST_MADE = 3
"""Due reports below which no record says how many of the coming ones will be there."""
LEAST_CHANGES = 4
"""Monthly changes below which no level is forecast."""
SLACK = 1e-12
"""What rounding of binary fractions may be off."""
_T = (3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356)
"""Student's t of an 80 % band by degrees of freedom, from one on; beyond, the normal curve's."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The year-end value that is expected, `low` ≤ `value` ≤ `high`, and how that was found, in words. Where `refusal`
    says why, there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stands, and why, in one sentence."""

    state: State
    why: str


def refused(why: str) -> Outlook:
    """A year-end without a forecast."""
    return Outlook(refusal=why)


def meets(comparison: Comparison, value: float, goal: float) -> bool:
    """Whether a value is what was aimed at."""
    within = SLACK * max(abs(goal), 1)
    match comparison:
        case "ge":
            return value >= goal - within
        case "le":
            return value <= goal + within
    return abs(value - goal) <= within


def rate_done(comparison: Comparison, value: float | None, goal: float) -> float | None:
    """完成率: the value by the goal, of what is to stay below its goal the goal by the value; None where that says
    nothing. Never below 0."""
    if value is None:
        return None
    if comparison == "le":
        return 1.0 if value <= goal else max(goal, 0) / value
    return max(value, 0) / goal if goal > 0 else None


def score(weight: float, comparison: Comparison, value: float | None, goal: float) -> float | None:
    """Points of a target: all of them where it is met, else in proportion (按完成比例), cut to two decimals so that
    nobody gets all for almost all."""
    if value is None:
        return None
    if meets(comparison, value, goal):
        return weight
    rate = rate_done(comparison, value, goal)
    return 0.0 if rate is None else min(math.floor(round(weight * min(rate, 1) * 100, 6)) / 100, weight)


def cut(share: float, decimals: int = 4) -> float:
    """A share as it is printed in per cent: cut, not rounded, so that nothing becomes 100 % that is not."""
    by = 10 ** (decimals + 2)
    return math.floor(round(share * by, 6)) / by


def per_cent(share: float | None) -> str:
    """A share in words: one decimal, and four where it is almost 100 %; a dash where missing."""
    if share is None:
        return labels.MISSING
    decimals = 4 if 0.999 <= share < 1 else 1
    return f"{cut(share, decimals) * 100:.{decimals}f}".rstrip("0").rstrip(".") + "%"


# --- Year-ends ------------------------------------------------------------------------------------------------------


def counted(done: int, ahead: int, made: int, ended: int) -> Outlook:
    """Of things that are still due: `done` are there, `ahead` are planned, and of `ended` that were due before `made`
    came about."""
    if not ahead:
        return Outlook(done, done, done, "本年编报计划中没有尚待编制的，按已完成数计")
    if ended < LEAST_MADE:
        return refused(f"到期的只有 {ended} 份，还看不出按期完成的规律（至少要 {LEAST_MADE} 份）")
    chances = beta_binomial(ahead, made + 0.5, ended - made + 0.5)
    tail, low, high, total = (1 - BAND) / 2, 0, ahead, 0.0
    for number, chance in enumerate(chances):
        if total <= tail:
            low = number
        total += chance
        if total >= 1 - tail:
            high = number
            break
    mean = sum(number * chance for number, chance in enumerate(chances))
    return Outlook(
        done + mean, done + low, done + high,
        f"已有 {done} 份；计划内还有 {ahead} 份，按已到期 {ended} 份中完成 {made} 份的比例推算（贝塔—二项分布）")


def beta_binomial(trials: int, a: float, b: float) -> list[float]:
    """Chances of 0 … `trials` successes where their share is beta-distributed."""
    def beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    base = beta(a, b)
    return [math.exp(math.lgamma(trials + 1) - math.lgamma(n + 1) - math.lgamma(trials - n + 1)
                     + beta(n + a, trials - n + b) - base) for n in range(trials + 1)]


def drifted(levels: Sequence[float], months: float, *, start: float | None = None, ratios: bool = True) -> Outlook:
    """Of a level read at month ends: where it is after so many more months, from `start` on (else from the last one).
    `ratios`: its changes are ratios, and every level is above 0."""
    if months <= 0 and levels:
        return Outlook(levels[-1], levels[-1], levels[-1], "年度已结束，按年末值计")
    changes = [math.log(b / a) if ratios else b - a for a, b in pairwise(levels)]
    if len(changes) < LEAST_CHANGES:
        return refused(f"只有 {len(changes)} 个月的变化，还看不出趋势（至少要 {LEAST_CHANGES} 个月）")
    number = len(changes)
    mean = sum(changes) / number
    spread = math.sqrt(sum((one - mean) ** 2 for one in changes) / (number - 1))
    t = _T[number - 2] if number - 2 < len(_T) else Z
    reach = t * spread * math.sqrt(months + months * months / number)

    def at(change: float) -> float:
        return begin * math.exp(change) if ratios else begin + change

    begin = levels[-1] if start is None else start
    return Outlook(at(months * mean), at(months * mean - reach), at(months * mean + reach),
                   f"按近 {number} 个月的月均变化推算，区间取自各月变化的离散程度")


def shared(right: float, whole: float, to_come: float) -> Outlook:
    """Of a share: `right` of `whole` so far, and so many more still to be counted."""
    if whole <= 0:
        return refused("还没有可计算的数据")
    low, high = wilson(right, whole)
    sofar = right / whole

    def at(rest: float) -> float:
        return (right + rest * to_come) / (whole + to_come)

    return Outlook(sofar, at(low), at(high), "已有部分按实际计，其余按至今的比例推算（威尔逊区间）")


def elapsed(first: date, last: date, today: date) -> float:
    """Share of a year's days that are over, today among them."""
    return min(max(((today - first).days + 1) / ((last - first).days + 1), 0.0), 1.0)


# --- Standing -------------------------------------------------------------------------------------------------------


def standing(comparison: Comparison, goal: float, value: float | None, outlook: Outlook, *, over: bool, sums: bool,
             expected: float | None = None, most: float | None = None, doubt: str = "", nothing: str = "",
             written: Callable[[float], str]) -> Standing:
    """How a target stands.

    `over`: nothing more can come of its year · `sums`: it only grows, so that what is reached stays reached ·
    `expected`: where it should be by now · `most`: what it can come to at most · `doubt`: why it can't be called fine
    although its figures are · `nothing`: why there is no value · `written`: a value in words.
    """
    if value is None:
        return Standing("none", nothing or "还没有数据")
    met = meets(comparison, value, goal)
    if over:
        if met and not doubt:
            return Standing("done", f"年末值 {written(value)}，达到目标")
        return Standing("missed", doubt if met else f"年末值 {written(value)}，没有达到目标")
    if met and sums:
        return Standing("done", f"已完成 {written(value)}，达到目标")
    if most is not None and comparison == "ge" and most < goal - SLACK:
        return Standing("missed", f"全年最多 {written(most)}，已不可能达到目标")
    if doubt:
        return Standing("risk", doubt)
    if outlook.value is not None:
        return _foreseen(comparison, goal, value, outlook, met, written)
    if expected is not None and comparison == "ge" and value < expected - SLACK:
        return Standing("risk", f"至今 {written(value)}，按进度应有 {written(expected)}")
    if met:
        return Standing("fine", f"目前 {written(value)}，达到目标")
    if expected == 0:
        return Standing("fine", "还没有到应完成的时间")
    if expected is not None:
        return Standing("fine", f"至今 {written(value)}，不慢于按进度应有的 {written(expected)}")
    return Standing("risk", f"目前 {written(value)}，没有达到目标")


def _foreseen(comparison: Comparison, goal: float, value: float, outlook: Outlook, met: bool,
              written: Callable[[float], str]) -> Standing:
    low, high = outlook.low, outlook.high
    band = written(low) if math.isclose(low, high) else f"{written(low)} 至 {written(high)}"
    worst, best = (high, low) if comparison == "le" else (low, high)
    if comparison == "eq":
        if met:
            return Standing("fine", f"目前 {written(value)}，保持即可达到目标")
        return Standing("risk", f"目前 {written(value)}，没有达到目标，预计年末 {band}")
    if meets(comparison, worst, goal):
        return Standing("fine", f"预计年末 {band}，可以达到目标")
    if meets(comparison, best, goal):
        return Standing("risk", f"预计年末 {band}，不能肯定达到目标")
    return Standing("risk", f"预计年末 {band}，达不到目标")
