"""How counts, changes and counter columns of a query stand on the screen, the same in every room."""

from collections.abc import Sequence

from core import labels
from core.metrics.growth import Change
from core.query.overview import Figure
from core.ui.parts import Card
from core.ui.table import Column


def card(figure: Figure) -> Card:
    """A figure as a card: value with its mark, change in words, sparkline, and what else must be said as help."""
    return Card(
        figure.label, labels.count(figure.now), delta(figure.change, figure.against), figure.spark,
        figure.note or None,
    )


def delta(change: Change, against: str) -> str | None:
    """`+12.3% 较上期`; nothing where there is nothing to compare with."""
    if change.ratio is None:
        return None
    return change.words if change.words == "持平" else f"{change.words} {against}"


def counters(names: Sequence[str], detail: Sequence[str] = ()) -> dict[str, Column]:
    """Columns of sums; those in `detail` get their highest and average value beside them."""
    out = {}
    for name in names:
        word = labels.COUNTERS[name]
        out[name] = Column(f"总{word}" if name in detail else word, "int")
        if name in detail:
            out[f"{name}_max"] = Column(f"最高{word}", "int")
            out[f"{name}_avg"] = Column(f"平均{word}", "int")
    return out
