"""Shares of figures that are right, in words that never claim more than was found."""

import math

from core import labels


def rate(figures: int | None, wrong: int | None) -> str:
    """An accuracy in words: never rounded up to 100 %."""
    if not figures or wrong is None:
        return labels.MISSING
    return "100%" if not wrong else f"{math.floor((figures - wrong) / figures * 1e6) / 1e4:.4f}%"
