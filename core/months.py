"""How a month of an account is kept: one packed row of whole numbers, so that ten thousand are read at once.

A row is what SQL would need seventy columns for; it is derived, and never asked for by one of its figures. The numbers
are little-endian, 64 bits each, in the order of `FIGURES`; -1 is missing.
"""

import struct
from collections.abc import Mapping, Sequence

import numpy as np

from core.models import COUNTER_NAMES

PUBLISHED = ("posts", "pushes", "headlines", "originals", "original_known")
PARTS = ("", "_known", "_capped", "_tolerance", "_max")
HEADLINE = ("reads", "readers", "likes", "wows", "reposts")
ORIGINAL = ("reposts", "comments")
OVER = ("reads_over", "headline_reads_over")
SUMS = (
    *PUBLISHED, *(f"{name}{part}" for name in COUNTER_NAMES for part in PARTS), *(f"headline_{n}" for n in HEADLINE),
    *(f"original_{n}" for n in ORIGINAL), *OVER,
)
"""Columns of account_day that are summed, those in `_max` to their greatest."""
LEVELS = ("followers", "followers_slack", "followers_day", "first_followers", "first_followers_slack",
          "first_followers_day")
"""The last and the first reading of followers in the month, with the day of each (as ordinal)."""
FIGURES = ("known", *SUMS, *LEVELS)
"""What a row holds. Stored: another order or another figure needs a migration that marks every month."""
AT = {name: place for place, name in enumerate(FIGURES)}
_ROW = struct.Struct(f"<{len(FIGURES)}q")


def pack(figures: Mapping[str, int | None]) -> bytes:
    """The row of these figures; what is not named or None is missing."""
    return _ROW.pack(*(-1 if (value := figures.get(name)) is None else value for name in FIGURES))


def unpack(rows: Sequence[bytes]) -> np.ndarray:
    """Rows as a table of whole numbers, a column for each of `FIGURES`. Raises ValueError for another layout."""
    table = np.frombuffer(b"".join(rows), dtype="<i8")
    if len(table) != len(rows) * len(FIGURES):
        raise ValueError("months of another layout: run `python -m core rollup --rebuild`")
    return table.reshape(len(rows), len(FIGURES))
