"""How many comparisons came to what, and what a finding says (pure)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from core.counts import Count
from core.labels import MISSING
from core.reconcile.hold import AGREE, DIFFER

KINDS = {
    "differs": "数字不符", "theirs": "只有对方有", "ours": "只有我方有", "open": "暂不能判定",
}
"""What a finding can be. `open` is no fault: it is told so that it can be held anew."""
WHAT = {
    "post": "帖文", "day": "账号日", "followers": "粉丝数", "app": "APP 数据", "board": "榜单",
}


@dataclass(slots=True)
class Tally:
    """`compared` figures of both, of which `differing` are not the same; the others agree. `open`: growth may explain
    them. `theirs`, `ours`: posts and days that only one of the two has."""

    compared: int = 0
    differing: int = 0
    open: int = 0
    theirs: int = 0
    ours: int = 0

    @property
    def agreeing(self) -> int:
        return self.compared - self.differing

    @property
    def share(self) -> float | None:
        """Of the figures that could be compared, how many agree."""
        return self.agreeing / self.compared if self.compared else None

    @property
    def clear(self) -> bool:
        """Whether nothing needs a person."""
        return not (self.differing or self.theirs)

    def add(self, outcome: str) -> None:
        """Count one comparison by what `hold` said."""
        if outcome in (AGREE, DIFFER):
            self.compared += 1
            self.differing += outcome == DIFFER
        else:
            self.open += 1

    def plus(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def packed(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, int]) -> "Tally":
        """Of what was stored; what it does not name is 0."""
        return cls(**{f.name: int(values.get(f.name, 0)) for f in fields(cls)})


def total(tallies: Iterable[Tally]) -> Tally:
    found = Tally()
    for one in tallies:
        found = found.plus(one)
    return found


def of_crossed(crossed: Mapping[str, Any]) -> Tally:
    """What two sources came to over all accounts, as a verification keeps it (core.reconcile.crossed)."""
    return total(Tally.of(one) for one in crossed.get("counts", {}).values())


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not the same on both sides, in words. `name`: the figure · `theirs`, `ours`: as shown ·
    `difference`: theirs less ours, None where there is no such number · `post_id`: ours · `locator`: where it stands in
    the other source."""

    kind: str
    what: str
    account_id: int | None
    day: date
    title: str = ""
    name: str = ""
    theirs: str = ""
    ours: str = ""
    difference: int | None = None
    reason: str = ""
    remedy: str = ""
    post_id: int | None = None
    locator: str = ""
    url: str = ""

    def packed(self) -> dict[str, Any]:
        return asdict(self) | {"day": self.day.isoformat()}


ORDER = ("theirs", "differs", "ours", "open")


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """What needs a person first; the greatest difference first."""
    return sorted(findings, key=lambda one: (ORDER.index(one.kind), -abs(one.difference or 0), one.day.toordinal()))


def shown(count: Count) -> str:
    """`≥100,001`, `≈12,000`, `—`."""
    return MISSING if count.value is None else f"{count.mark}{count.value:,}"


EXPORT_DATE = ("不符的数字里绝大多数是对方{way}。很可能是导出日期与实际不符：请核对导出日期后重新比对；"
               "若日期无误，再逐项核查。")


def hint(ways: Iterable[int]) -> str:
    """What most differences have in common: `ways` are their signs. Empty where there is no such thing."""
    counted = Counter(1 if way > 0 else -1 for way in ways if way)
    if not counted:
        return ""
    way, number = counted.most_common(1)[0]
    if number < 10 or number < 0.9 * sum(counted.values()):
        return ""
    return EXPORT_DATE.format(way="大于我方" if way > 0 else "小于我方")
