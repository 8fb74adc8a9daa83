"""Why an account's score is what it is: its change since the period before, in points and in words; what would be."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlmodel import Session

from core.clock import previous_period
from core.labels import wan
from core.metrics import explain
from core.metrics.explain import Explanation
from core.metrics.indices import Index, Inputs
from core.query import boards

LEAST_SAID = 0.05
"""Points of a change that are too few to be named as a reason."""
MOST_SAID = 3
MOST_DRAWN = 7
_BY = {"": "", "days": "日均", "posts": "篇均"}


@dataclass(frozen=True, slots=True)
class Told:
    """An account's score in a period and in the one before. `reason` (Chinese) says why there is none to explain; then
    `change` is None."""

    index: Index
    first: date
    last: date
    before: tuple[date, date]
    now: Inputs
    then: Inputs
    change: Explanation | None
    reason: str = ""
    rounded: bool = False

    @property
    def words(self) -> str:
        """The change in a sentence: how much, and the drivers that weigh most."""
        told = self.change
        since = f"比上一周期（{self.before[0]} 至 {self.before[1]}）"
        if abs(told.change) < LEAST_SAID:
            return f"{since}基本持平。"
        if told.silence and not self.then.posts:
            return f"上一周期（{self.before[0]} 至 {self.before[1]}）没有发布，不计分；本期 {told.after:.2f} 分。"
        if told.silence:
            return f"{since}下降 {-told.change:.2f} 分：本期没有发布，不计分。"
        ahead = [f"{self._why(name)}（{share:+.2f}）" for name, share in self.drivers if abs(share) >= LEAST_SAID]
        verb = "上升" if told.change > 0 else "下降"
        return f"{since}{verb} {abs(told.change):.2f} 分。主要原因：{'，'.join(ahead[:MOST_SAID])}。"

    @property
    def drivers(self) -> list[tuple[str, float]]:
        """(input, its share of the change), the weightiest first."""
        return sorted(self.change.drivers.items(), key=lambda pair: (-abs(pair[1]), pair[0]))

    def _why(self, name: str) -> str:
        now, then = getattr(self.now, name) or 0, getattr(self.then, name) or 0
        moved = "增加" if now > then else "减少"
        if name == "days":
            return f"计分天数由 {then} 变为 {now}"
        if name == "posts":
            thinner = now > then and self.change.drivers["posts"] < 0
            fuller = now < then and self.change.drivers["posts"] > 0
            means = "，摊薄了篇均数据" if thinner else "，篇均数据因此提高" if fuller else ""
            return f"发布数由 {then:g} 篇{moved}到 {now:g} 篇{means}"
        if not then or now > 4 * then:
            return f"{explain.word(name)}由 {wan(then)} {moved}到 {wan(now)}"
        return f"{explain.word(name)}{moved} {abs(now - then) / then:.0%}"

    def driver_frame(self) -> pd.DataFrame:
        """The drivers as charts take them: name, value (points); those that weigh least stand together."""
        shown, rest = self.drivers[:MOST_DRAWN], self.drivers[MOST_DRAWN:]
        if len(rest) == 1:
            shown, rest = self.drivers, []
        rows = [(explain.word(name), share) for name, share in shown]
        rows += [(f"其余 {len(rest)} 项", sum(share for _, share in rest))] if rest else []
        return pd.DataFrame({"name": [name for name, _ in rows], "value": [round(share, 2) for _, share in rows]})

    def parts(self) -> pd.DataFrame:
        """Each term of the index: dimension, quantity, before and after (the quantity itself, not its logarithm),
        change (points)."""
        rows = []
        for part in self.change.parts:
            rows.append({
                "dimension": part.title, "quantity": _BY[part.by] + explain.word(part.input),
                "before": _quantity(self.then, part.input, part.by), "after": _quantity(self.now, part.input, part.by),
                "change": round(part.change, 2),
            })
        return pd.DataFrame(rows, columns=["dimension", "quantity", "before", "after", "change"])

    def what_if(self, posts: float, each: float) -> float:
        """The score with so many times the posts, each with so many times the counters (core.metrics.explain)."""
        return explain.what_if(self.index, self.now, posts=posts, each=each, rounded=self.rounded).value


def _quantity(inputs: Inputs, name: str, by: str) -> float | None:
    value = getattr(inputs, name)
    if value is None or not by:
        return value
    divisor = getattr(inputs, by)
    return round(value / divisor, 2) if divisor else None


def told(
    session: Session, account_id: int, platform: str, first: date, last: date, index: str | None = None,
    basis: str | None = None, board: int | None = None,
) -> Told | None:
    """The change of an account's score since the period before, by the index, basis and rounding of a board where one
    is chosen; None where there is no index. Raises LookupError as `boards.plan`."""
    made = boards.plan(session, platform, index, basis, board=board)
    if made.index is None:
        return None
    before = previous_period(first, last)
    now, then = (boards.inputs(session, account_id, *span, made) for span in ((first, last), before))
    found = explain.explain(made.index, then, now, rounded=made.rounded)
    if isinstance(found, Explanation):
        return Told(made.index, first, last, before, now, then, found, rounded=made.rounded)
    lacking = made.index.score(now)
    where = "本期" if lacking.value is None else "上一周期"
    return Told(made.index, first, last, before, now, then, None, f"{where}{found.reason}")
