"""每日发布情况, or 各月发布情况 of a long period: the course of publishing, and at what hours."""

from datetime import date

import pandas as pd

from core import labels
from core.metrics.growth import share
from core.query import totals
from core.report.content import Block, Chart, Column, Heading, Paragraph, Section, Series, Table
from core.report.platform.base import Base
from core.report.platform.wording import INTERACTION, at, each, line, short_day, values
from core.report.sentences import day, days, percent

HOURS = ((0, 6), (6, 9), (9, 12), (12, 14), (14, 18), (18, 22), (22, 24))
"""Parts of the day, from hour to hour."""
LEAST_TIMED = 20
"""Posts with an hour that are needed before it is told when they are published."""


def publishing(f: Base) -> Section | None:
    if not f.posts:
        return None
    words, rows = _days(f)
    said = (_months(f) if f.long else "") + words
    shown = [*([f.main] if f.main else []), *f.yields(INTERACTION)]
    blocks: list[Block] = [Paragraph(said), line(f, "发布数", [("posts", "发布数")], f.piece)]
    if f.main:
        blocks.append(line(f, labels.COUNTERS[f.main], [(f.main, labels.COUNTERS[f.main])], "次"))
    rhythm = Table("发布节奏", (Column("项目"), Column("日期"), Column(f"发布数（{f.piece}）", "mean")), tuple(rows))
    return Section(f"{each(f)}发布情况", (*blocks, rhythm, _course(f, shown), *_hours(f)))


def _days(f: Base) -> tuple[str, list[tuple[str, str, float | None]]]:
    """How much is published by day, in sentences and as rows."""
    known = [(one, n) for one, n in zip(f.by_day["day"], values(f.by_day, "posts"), strict=True) if n is not None]
    most, least = max(n for _, n in known), min(n for _, n in known)
    when_most, when_least = (_when([one for one, n in known if n == value]) for value in (most, least))
    mean = sum(n for _, n in known) / len(known)
    said = f"{f.this}有数据的{len(known)}天{'' if f.long else '中'}，日均发布{mean:,.1f}{f.piece}"
    rows = [("日均", f"有数据的{len(known)}天", mean)]
    if most > least:
        rows += [("最多", when_most, most), ("最少", when_least, least)]
        said += f"；{when_most}最多，为{most:,}{f.piece}"
        said += "" if f.long else f"；{when_least}最少，为{least:,}{f.piece}"
    said += "。"
    work, rest = ([n for one, n in known if f.working[one] is on] for on in (True, False))
    if work and rest:
        means = [sum(part) / len(part) for part in (work, rest)]
        said += f"工作日日均{means[0]:,.1f}{f.piece}，休息日日均{means[1]:,.1f}{f.piece}。"
        rows += [("工作日日均", f"{len(work)}天", means[0]), ("休息日日均", f"{len(rest)}天", means[1])]
    blank = [one for one, gap in zip(f.by_day["day"], f.by_day["gap"], strict=True) if gap]
    if blank:
        said += f"{days(blank)}没有数据，不计入平均。"
        rows.append(("没有数据", f"{days(blank)}（{len(blank)}天）", None))
    return said, rows


def _when(found: list[date]) -> str:
    """A day, or several equal ones by the first of them."""
    return day(found[0]) if len(found) == 1 else f"{short_day(found[0])}等{len(found)}天"


def _months(f: Base) -> str:
    """The months with most and least, of those whose days are all known."""
    whole = _whole(f)
    if len(whole) < 2:
        return ""
    most, least = max(whole, key=lambda one: (one[1], one[0])), min(whole, key=lambda one: (one[1], one[0]))
    if most[1] == least[1]:
        return f"各月发布数相同，均为{most[1]:,}{f.piece}。"
    return (f"从各月看，{at(f, most[0])}发布最多，为{most[1]:,}{f.piece}；{at(f, least[0])}最少，"
            f"为{least[1]:,}{f.piece}。")


def _whole(f: Base) -> list:
    """(month, posts) of the months that are over."""
    return [(one, n) for one, n in zip(f.course["day"], values(f.course, "posts"), strict=True)
            if n is not None and (f.complete or one != f.last.replace(day=1))]


def _course(f: Base, shown: list[str]) -> Table:
    if not f.long:
        return Table(
            "每日发布与传播情况",
            (Column("日期", "date"), Column("星期"), Column("发布数", "int"),
             *(Column(labels.COUNTERS[name], "count") for name in shown), Column("有数据账号", "int")),
            tuple((row["day"], "一二三四五六日"[row["day"].weekday()], row["posts"],
                   *(totals.count_of(row, name) for name in shown), row["covered"])
                  for _, row in f.by_day.iterrows()),
            note="按发布日期归集；— 为没有数据，不等于零。",
        )
    rows, before = [], None
    for _, row in f.course.iterrows():
        posts = None if pd.isna(row["posts"]) else int(row["posts"])
        over = f.complete or row["day"] != f.last.replace(day=1)
        growth = (posts - before) / before if posts is not None and before and over else None
        rows.append((f"{row['day'].month}月", posts, growth, *(totals.count_of(row, name) for name in shown),
                     row["days"]))
        before = posts
    return Table(
        "各月发布与传播情况",
        (Column("月份"), Column("发布数", "int"), Column("环比", "growth"),
         *(Column(labels.COUNTERS[name], "count") for name in shown), Column("有数据天数", "int")), tuple(rows),
        note="按发布日期归集；— 为没有数据，不等于零。" + ("" if f.complete else "最后一个月尚未结束，不作环比。"),
    )


def _hours(f: Base) -> list[Block]:
    """When posts are published: parts of the day in a table, weekdays and hours as a heat map."""
    by_hour = [sum(row[hour] for row in f.hours) for hour in range(24)]
    whole = sum(by_hour)
    if whole < LEAST_TIMED:
        return []
    parts = [(f"{first}时至{last}时", sum(by_hour[first:last])) for first, last in HOURS]
    ordered = sorted(parts, key=lambda one: -one[1])
    weekend = sum(map(sum, f.hours[5:]))
    said = f"有发布时刻的信息{whole:,}{f.piece}中，{ordered[0][0]}发布最多，占{percent(share(ordered[0][1], whole))}"
    if ordered[1][1]:
        said += f"，其次为{ordered[1][0]}，占{percent(share(ordered[1][1], whole))}"
    said += f"；周六、周日发布占{percent(share(weekend, whole))}。"
    rows = [*((words, n, share(n, whole)) for words, n in parts), ("合计", whole, None),
            ("其中周六、周日", weekend, share(weekend, whole))]
    return [
        Heading("发布时段"), Paragraph(said),
        Chart("heat", "发布时段分布", "时", tuple(map(str, range(24))),
              tuple(Series(word, tuple(row)) for word, row in zip(labels.WEEKDAYS, f.hours, strict=True)), f.piece),
        Table("各时段发布数", (Column("时段"), Column("发布数", "int"), Column("占比", "percent")), tuple(rows)),
    ]
