"""附表: every account and every unit; of a long period, its days."""

from core import labels
from core.query import totals
from core.report.content import Block, Column, Section, Table
from core.report.platform.facts import Facts
from core.report.platform.rankings import board_table
from core.report.platform.units import all_units


def accounts(f: Facts) -> Section | None:
    if len(f.ranking) <= 1:
        return None
    return Section("全部账号数据", (board_table(f, "全部账号数据", f.ranking, full=True),), role="annex")


def units(f: Facts) -> Section | None:
    table = all_units(f)
    return Section("全部单位数据", (table,), role="annex") if table else None


def days(f: Facts) -> Section | None:
    """The days behind the months of a quarter or a year."""
    if not f.long or not f.posts:
        return None
    names = [*([f.main] if f.main else []), *(["interaction"] if not f.total("interaction").missing else [])]
    blocks: list[Block] = [Table(
        "逐日数据", (Column("日期", "date"), Column("发布数", "int"),
                 *(Column({**labels.COUNTERS, "interaction": "转评赞"}[one], "count") for one in names),
                 Column("有数据账号", "int")),
        tuple((row["day"], row["posts"], *(totals.count_of(row, one) for one in names), row["covered"])
              for _, row in f.by_day.iterrows()),
        note="按发布日期归集；— 为没有数据，不等于零。")]
    return Section("逐日数据", tuple(blocks), role="annex")
