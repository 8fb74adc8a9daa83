"""Counts that are exact or say that they aren't.

A count is a value and a *slack*: 0 exact; n > 0 rounded, the truth lies within ± n (`1.2万` is 12 000 ± 500);
AT_LEAST the truth is the value or more (`10万+` is 100 001 or more). A missing count has value None and is never 0.
Text is parsed with Decimal. Sums carry the weakest exactness of their parts.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

AT_LEAST = -1
"""Slack of a lower bound."""

CAPPED_READ = 100_001
"""What WeChat shows as 10万+ and what providers store for it."""

_UNITS = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "百万": 1_000_000, "m": 1_000_000,
          "千万": 10_000_000, "亿": 100_000_000}
_MISSING = {"", "-", "--", "---", "—", "——", "/", "null", "none", "nan", "n/a", "暂无", "无"}
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(千万|百万|[千kwm万亿]?)\s*(\+|以上|余)?")


class CountError(ValueError):
    """The text is not a count; the message is Chinese and names the text."""


@dataclass(frozen=True, slots=True)
class Count:
    """One counter's value and its exactness (see the module)."""

    value: int | None
    slack: int = 0

    @property
    def missing(self) -> bool:
        return self.value is None

    @property
    def exact(self) -> bool:
        return self.value is not None and self.slack == 0

    @property
    def mark(self) -> str:
        """`≥`, `≈` or nothing."""
        if self.value is None or self.slack == 0:
            return ""
        return "≥" if self.slack < 0 else "≈"


MISSING = Count(None)


def parse_count(text: object, *, cap: int | None = CAPPED_READ) -> Count:
    """Read a count as platforms print it: `1,234`, `1.2万`, `763万+`, `10万+`, `-`, ints and whole floats.

    `cap`: the value that stands for "this or more" at the source (100001 for reads); None where the
    source has no such cap. Raises CountError for a negative number or for text that is no count.
    """
    if text is None:
        return MISSING
    if isinstance(text, bool):
        raise CountError(f"“{text}”不是数字")
    if isinstance(text, float) and text != text:
        return MISSING
    clean = unicodedata.normalize("NFKC", str(text)).strip().strip("'\t\ufeff ").lower()
    if clean in _MISSING:
        return MISSING
    found = _NUMBER.fullmatch(clean)
    if not found:
        raise CountError(f"“{str(text)[:30]}”不是数字")
    sign, whole, fraction, unit, plus = found.groups()
    number = Decimal(whole.replace(",", "") + (fraction or ""))
    if sign == "-" and number:
        raise CountError(f"“{str(text)[:30]}”是负数，计数不能小于 0")
    scale = _UNITS[unit]
    exact = number * scale
    if exact != exact.to_integral_value():
        raise CountError(f"“{str(text)[:30]}”不是整数")
    value = int(exact)
    if value > 2**62:
        raise CountError(f"“{str(text)[:30]}”过大")
    if plus:
        return Count(value + 1 if value == CAPPED_READ - 1 else value, AT_LEAST)
    if unit:
        decimals = len(fraction) - 1 if fraction else 0
        return Count(value, scale // 10**decimals // 2)
    return Count(value, AT_LEAST if cap is not None and value == cap else 0)


def parse_ratio(text: object) -> Decimal | None:
    """A share as a fraction of one: `4.41%` is 0.0441, `0.0441` stays; None where missing. Raises CountError."""
    clean = unicodedata.normalize("NFKC", "" if text is None else str(text)).strip().strip("'\t").lower()
    if clean in _MISSING:
        return None
    percent = clean.endswith("%")
    if not re.fullmatch(r"-?\d+(\.\d+)?", clean.rstrip("% ")):
        raise CountError(f"“{str(text)[:30]}”不是比例")
    number = Decimal(clean.rstrip("% "))
    return number / 100 if percent else number


def add(counts: Iterable[Count]) -> Count:
    """The sum of the known counts; missing when none is known. A lower bound makes the sum one; else tolerances add."""
    total, slack, known, bound = 0, 0, False, False
    for count in counts:
        if count.value is None:
            continue
        known = True
        total += count.value
        bound = bound or count.slack < 0
        slack += max(count.slack, 0)
    if not known:
        return MISSING
    return Count(total, AT_LEAST if bound else slack)


def of_sum(value: int | None, capped: int = 0, tolerance: int = 0) -> Count:
    """A count from a summed column: how many parts were lower bounds, and the sum of the tolerances."""
    if value is None:
        return MISSING
    return Count(int(value), AT_LEAST if capped else int(tolerance or 0))


FALL_SHARE = 0.01
FALL_LEAST = 3
"""A cumulative counter may fall by one in a hundred, or by three, before it counts: platforms clear away false ones."""


def tolerated(before: Count, after: Count) -> bool:
    """Whether a cumulative counter may go from one value to the other: it grew, or fell within the tolerance and the
    slack of both. A lower bound says nothing against a larger value before it."""
    if before.value is None or after.value is None or after.value >= before.value or after.slack < 0:
        return True
    slack = max(before.slack, 0) + max(after.slack, 0)
    return before.value - after.value <= max(FALL_LEAST, before.value * FALL_SHARE) + slack
