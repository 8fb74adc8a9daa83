"""What a verification can find, in words, and what mends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

KINDS = {
    "altered": "与原始数据不符", "invented": "原始数据中没有", "dropped": "原始数据中有，库中没有",
    "lost": "原始数据丢失或被改动", "unread": "原始数据不能重新解析",
}
"""What can be wrong."""
WHAT = {
    "post": "帖文", "reading": "读数", "followers": "粉丝数", "app": "APP 数据", "daily": "平台日汇总",
    "board": "平台榜单", "day": "账号日汇总", "month": "账号月汇总", "coverage": "采集状态", "mention": "舆情信息",
    "capture": "原始数据",
}
"""What a finding can be about."""
REMEDIES = {
    "altered": "库中的数字被改动过，或程序当时有误：请联系管理员从备份恢复，或重新入库这份原始数据",
    "invented": "库中多出的一行：请管理员核查来历后删除，再汇总",
    "dropped": "库中缺少的一行：请重新采集或导入，再汇总",
    "lost": "请从备份恢复原始数据文件（captures 目录）",
    "unread": "采集方式已改变或来源已删除：保留原样，签认时说明",
    "totals": "请重新汇总：python -m core rollup --rebuild",
}
"""What mends it, by what is wrong; sums of days and months have a way of their own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not right. `what`: of WHAT · `row`: its id or key, of what was dropped what it is of and the
    moment · `kind`: of KINDS · `stored`, `expected`: what differs, by name."""

    what: str
    row: tuple[Any, ...]
    kind: str
    account_id: int | None
    day: date | None
    stored: Mapping[str, Any]
    expected: Mapping[str, Any]
    capture_id: int | None = None
    locator: str = ""
    note: str = ""


@dataclass(slots=True)
class Tally:
    """What a check came to: account id → [figures, wrong, trusted], and what it found."""

    counts: dict[int, list[int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def count(self, account: int, figures: int = 0, wrong: int = 0, trusted: int = 0) -> None:
        """Add to an account's numbers."""
        mine = self.counts.setdefault(account, [0, 0, 0])
        for place, number in enumerate((figures, wrong, trusted)):
            mine[place] += number


def remedy(what: str, kind: str) -> str:
    """What mends a finding."""
    return REMEDIES["totals" if what in ("day", "month") else kind]
