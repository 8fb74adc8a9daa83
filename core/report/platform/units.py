"""单位分布: publishing and its echo by kind of unit and by unit."""

import pandas as pd

from core import labels
from core.metrics.growth import share
from core.query import totals
from core.report.content import Block, Chart, Column, Paragraph, Section, Series, Table
from core.report.platform.facts import TOP, Facts
from core.report.platform.wording import bars, name
from core.report.sentences import listed, percent

UNIT_ROWS = 20


def units(f: Facts) -> Section | None:
    if not f.posts or (len(f.by_unit) < 2 and len(f.by_kind) < 2):
        return None
    kinds, all_ = _ordered(f.by_kind), _ordered(f.by_unit)
    said = "从单位类型看，" + "，".join(
        f"{row['label']}发布{int(row['posts']):,}{f.piece}（占{percent(share(int(row['posts']), f.posts))}）"
        for _, row in kinds.iterrows() if not pd.isna(row["posts"])
    ) + "。"
    best = all_[all_["posts"].fillna(0) > 0]
    if len(best) > 1:
        said += f"发布较多的单位有{'、'.join(name(one) for one in best['label'][:3])}。"
    silent = [name(row["label"]) for _, row in all_.iterrows() if not pd.isna(row["posts"]) and row["posts"] == 0]
    if silent:
        said += f"{f.this}没有发布的单位：{listed(silent)}。"
    blocks: list[Block] = [Paragraph(said)]
    if len(kinds) > 1:
        blocks.append(_table(f, "各类单位发布情况", "单位类型", kinds))
    if len(best) > 1:
        shown = best.head(TOP)
        blocks.append(Chart("bar", f"发布数前{len(shown)}位单位", "单位", tuple(bars(shown["label"])),
                            (Series("发布数", tuple(int(v) for v in shown["posts"])),), f.piece))
        title = f"单位发布情况（前{UNIT_ROWS}位）" if len(all_) > UNIT_ROWS else "单位发布情况"
        blocks.append(_table(f, title, "单位", all_.head(UNIT_ROWS)))
    return Section("单位分布", tuple(blocks))


def all_units(f: Facts) -> Table | None:
    """Every unit, where the section shows the first ones only."""
    return _table(f, "全部单位数据", "单位", _ordered(f.by_unit)) if len(f.by_unit) > UNIT_ROWS else None


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("posts", ascending=False, kind="stable", na_position="last")


def _table(f: Facts, title: str, head: str, frame: pd.DataFrame) -> Table:
    names = [*([f.main] if f.main else []), *(["interaction"] if not f.total("interaction").missing else [])]
    heads = {"interaction": "转评赞合计"} | ({f.main: labels.COUNTERS[f.main]} if f.main else {})
    return Table(
        title,
        (Column(head), Column("账号数", "int"), Column("有发布账号", "int"), Column("发布数", "int"),
         Column("发布占比", "percent"), *(Column(heads[one], "count") for one in names)),
        tuple(
            (row["label"], row["accounts"], row["active"], row["posts"],
             share(None if pd.isna(row["posts"]) else int(row["posts"]), f.posts),
             *(totals.count_of(row, one) for one in names))
            for _, row in frame.iterrows()
        ),
    )
