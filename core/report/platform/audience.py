"""受众情况, where the platform counts persons: how many read and share, and how often."""

from core import labels
from core.report.content import Column, Mean, Note, Paragraph, Section, Table
from core.report.platform.base import Base
from core.report.platform.wording import SHORT
from core.report.sentences import amount, average, changes, moved

PEOPLE = {"readers": "reads", "sharers": "reposts"}
"""A counter of persons, and that of the times."""


def audience(f: Base) -> Section | None:
    people = f.yields(tuple(PEOPLE))
    if not f.posts or not people:
        return None
    said, rows = "", []
    for one in people:
        total = f.total(one)
        said += (f"{labels.COUNTERS[one]}合计{amount(total, '人次')}，平均每{f.piece}"
                 f"{average(total, f.known(one), '人')}{changes(total, f.earlier(one), f.year_earlier(one))}")
        times = f.total(PEOPLE[one])
        each = None if times.missing or not total.value else times.value / total.value
        if each is not None and times.exact and total.exact:
            said += f"，人均{SHORT[PEOPLE[one]]}{each:.1f}次"
        said += "。"
        rows.append((labels.COUNTERS[one], total, Mean(total.value / f.known(one), total.mark),
                     None if each is None else Mean(each, times.mark or total.mark),
                     moved("", total, f.earlier(one)) or None, moved("", total, f.year_earlier(one)) or None))
    table = Table("受众人数", (
        Column("指标"), Column(f.this, "count"), Column(f"平均每{f.piece}（人）", "mean"), Column("人均次数", "mean"),
        Column("环比"), Column("同比")), tuple(rows))
    note = Note("人数按单条信息分别去重后相加，同一人看多条信息的，按多人次计。")
    return Section("受众情况", (Paragraph(said), table, note))
