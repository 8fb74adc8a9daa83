"""Shares of figures that are right, in words that never claim more than was found, and how sure a share is."""

import math

from core import labels

Z = 1.2816
"""Of a band of 80 % under the normal curve."""


def rate(figures: int | None, wrong: int | None) -> str:
    """An accuracy in words: never rounded up to 100 %."""
    if not figures or wrong is None:
        return labels.MISSING
    return "100%" if not wrong else f"{math.floor((figures - wrong) / figures * 1e6) / 1e4:.4f}%"


def wilson(right: float, whole: float, z: float = Z) -> tuple[float, float]:
    """Wilson's interval of a share. Raises ValueError without anything counted."""
    if whole <= 0:
        raise ValueError("nothing was counted")
    share, by = right / whole, 1 + z * z / whole
    middle = (share + z * z / (2 * whole)) / by
    reach = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole)) / by
    return max(middle - reach, 0.0) if right > 0 else 0.0, min(middle + reach, 1.0) if right < whole else 1.0
