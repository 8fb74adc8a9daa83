"""年度亮点: what stands out of a year: its records and the best post of each month."""

import pandas as pd

from core import labels
from core.counts import Count
from core.query import totals
from core.report.content import Block, Column, Heading, Paragraph, Section, Table
from core.report.platform.facts import Facts
from core.report.platform.growth import gains
from core.report.platform.rankings import by_index, placed
from core.report.platform.wording import METRICS, name, short_day, title


def highlights(f: Facts) -> Section | None:
    if not f.posts:
        return None
    found = [one for one in (_month(f), _day(f), _most(f), _first(f), _fans(f), _post(f)) if one]
    blocks: list[Block] = []
    if found:
        said = "".join(f"{what}是{who}，{word}{labels.wan(value)}{unit}；" for what, who, word, value, unit in found)
        blocks.append(Paragraph(f"{said.rstrip('；')}。"))
        blocks.append(Table("年度之最", (
            Column("项目"), Column("结果"), Column("依据"), Column("数值", "count"), Column("计量单位")),
            tuple((what, who, word, Count(int(value)), unit) for what, who, word, value, unit in found)))
    if not f.best.empty:
        metric = f.best["metric"].iloc[0]
        mixed = f.best["metric"].nunique() > 1
        blocks += [Heading("各月热门内容"), Table(
            "各月热门内容之首", (Column("月份"), Column("标题"), Column("账号"), Column("发布日期", "date"),
                         *([Column("依据")] if mixed else []),
                         Column("读数" if mixed else METRICS[metric], "count")),
            tuple((f"{row['month'].month}月", title(row["title"], 90), row["account"], row["day"],
                   *([METRICS[row["metric"]]] if mixed else []),
                   Count(int(row["value"]), totals.slack_of(row["mark"]))) for _, row in f.best.iterrows()))]
    return Section("年度亮点", tuple(blocks)) if blocks else None


Record = tuple[str, str, str, float, str]
"""What it is, who or when, what it is counted by, how much, its measure word."""


def _month(f: Facts) -> Record | None:
    known = f.course[f.course["posts"].fillna(0) > 0]
    if len(known) < 2:
        return None
    row = known.sort_values(["posts", "day"], ascending=[False, True]).iloc[0]
    return "发布最多的月份", f"{row['day'].month}月", "发布", int(row["posts"]), f.piece


def _day(f: Facts) -> Record | None:
    known = f.by_day[f.by_day["posts"].fillna(0) > 0]
    if len(known) < 2:
        return None
    row = known.sort_values(["posts", "day"], ascending=[False, True]).iloc[0]
    return "发布最多的一天", short_day(row["day"]), "发布", int(row["posts"]), f.piece


def _most(f: Facts) -> Record | None:
    rows = f.ranking[f.ranking["posts"].fillna(0) > 0].sort_values(["posts", "name"], ascending=[False, True])
    if len(rows) < 2:
        return None
    return "发布最多的账号", f"“{name(rows.iloc[0]['name'])}”", "发布", int(rows.iloc[0]["posts"]), f.piece


def _first(f: Facts) -> Record | None:
    """By reach or 转评赞 where that is known exactly enough; the index's first place stands in the rankings."""
    metric = f.main or "interaction"
    rows = placed(f)
    rows = rows[rows[metric].notna()].sort_values([metric, "name"], ascending=[False, True])
    if len(rows) < 2 or (by_index(f.plan) and pd.isna(rows.iloc[0][metric])):
        return None
    first = rows.iloc[0]
    if first[f"{metric}_mark"]:
        return None
    return f"{METRICS[metric]}最多的账号", f"“{name(first['name'])}”", METRICS[metric], int(first[metric]), "次"


def _fans(f: Facts) -> Record | None:
    found = gains(f)
    if found.empty or int(found.iloc[0]["followers_change"]) <= 0:
        return None
    first = found.iloc[0]
    return "粉丝净增最多的账号", f"“{name(first['name'])}”", "净增", int(first["followers_change"]), "人"


def _post(f: Facts) -> Record | None:
    if f.top.empty or f.top.iloc[0]["mark"]:
        return None
    best = f.top.iloc[0]
    word = METRICS[best["metric"]]
    return (f"{word}最高的单{f.piece}内容", f"“{name(best['account'])}”的《{title(best['title'], 40)}》", word,
            int(best["value"]), "次")
