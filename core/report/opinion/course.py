"""走势: by hours of a day, by days, or by weeks and months of what is long; and on which platforms it was said."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pandas as pd

from core.incidents.phrases import MANY
from core.metrics.growth import share
from core.opinion.turns import LEAST
from core.query.opinion import largest
from core.report import opinion_parts as parts
from core.report.content import Block, Chart, Column, Note, Paragraph, Section, Series, Table
from core.report.opinion.facts import LONG, Facts
from core.report.opinion.words import against, change_text
from core.report.sentences import day

BARS = 12
"""Platforms that are drawn."""
WIDTH = 3
"""Hours of a span of a single day."""


def section(f: Facts) -> Section | None:
    """How it went."""
    if not f.sums.mentions:
        return None
    if f.hours:
        return Section("传播走势", tuple(_by_hour(f)))
    if len(f.counts) > LONG:
        return Section("传播走势", tuple(_by_span(f)))
    running = f.last if f.running else None
    if said := parts.turn_words(f.counts, running):
        blocks: list[Block] = [Paragraph(_calm(f, said)), parts.daily_chart(f.daily, f.counts),
                               parts.turns_table(f.counts, running), parts.daily_table(f.counts)]
    else:
        blocks = [Paragraph("只有一天有采集数据，没有逐日变化。"), parts.daily_table(f.counts)]
    return Section("传播走势", tuple(blocks))


def _calm(f: Facts, said: str) -> str:
    """That nothing rose or fell, where the course has a peak alone."""
    rows = parts.turns_table(f.counts, f.last if f.running else None).rows
    if any(row[2] != "峰值" for row in rows):
        return said
    return f"{said.removesuffix('。')}，其余各日没有明显升温或回落。" if len(f.counts) > 3 else said


def _by_hour(f: Facts) -> list[Block]:
    """A single day, by the hours of the Shanghai clock."""
    until = f.hours[-1][0] if f.running else 23
    hours = range(until + 1)
    names = [f"{hour}时" for hour in hours]
    counted = Counter(f.hours)
    frame = largest(pd.DataFrame([(hour, name, n) for (hour, name), n in counted.items()],
                                 columns=["day", "series", "value"]))
    series = []
    sizes = frame.groupby("series", sort=False)["value"].sum().sort_values(ascending=False, kind="stable")
    for name in sizes.index:
        value = frame[frame["series"] == name].groupby("day")["value"].sum()
        series.append(Series(str(name), tuple(int(value.get(hour, 0)) for hour in hours)))
    spans = Counter(hour // WIDTH * WIDTH for hour, _ in f.hours)
    top = max(spans.values())
    best = [f"{begin}时至{begin + WIDTH}时" for begin in sorted(spans) if spans[begin] == top]
    if len(best) == 1:
        said = f"信息最集中的时段为{best[0]}，为{top:,}条。"
    elif top == 1:
        said = "信息分布零散，没有集中的时段。"
    else:
        said = f"信息最集中的时段有{len(best)}个，各{top:,}条，首个为{best[0]}。"
    rows = [(f"{begin}时至{begin + WIDTH}时", spans[begin], len(best) if spans[begin] == top else None)
            for begin in range(0, until + 1, WIDTH)]
    columns = parts.heads("时段", "信息量（条）:int", *(["并列最高（个）:int"] if len(best) > 1 else []))
    table = Table("分时段信息量", columns, tuple(row[:len(columns)] for row in rows),
                  note="最后一段截至数据截止时刻。" if f.running else "")
    return [Paragraph(said), Chart("stacked", "各时段信息量（按平台）", "时", tuple(names), tuple(series), "条"), table]


def _by_span(f: Facts) -> list[Block]:
    """What is long, by months of a year, else by weeks; of its days the highest."""
    months = f.period.span == "year"
    each, name, begin = ("月", "月份", _month) if months else ("周", "周（周一）", _monday)
    whole: dict[date, int | None] = {}
    for one, value in f.counts.items():
        at = begin(one)
        whole[at] = value if whole.get(at) is None else whole[at] + (value or 0)
    by = defaultdict(Counter)
    for row in f.daily.itertuples():
        by[row.series][begin(row.day)] += int(row.value)
    chart = Chart("stacked", f"每{each}信息量（按平台）", name, tuple(_shown(at, months) for at in whole),
                  tuple(Series(str(one), tuple(None if whole[at] is None else found[at] for at in whole))
                        for one, found in by.items()), "条",
                  note="没有柱形处没有采集数据" if None in whole.values() else "")
    table = Table(f"每{each}信息量", (Column(name), Column("信息量（条）", "int")),
                  tuple((_shown(at, months), value) for at, value in whole.items()))
    known = {at: value for at, value in whole.items() if value is not None}
    most, least = max(known, key=lambda at: (known[at], at)), min(known, key=lambda at: (known[at], at))
    best = max((one for one in f.counts if f.counts[one] is not None), key=lambda one: (f.counts[one], one))
    said = f"按{each}看，{_told(most, months)}最多，为{known[most]:,}条"
    if known[most] > known[least]:
        said += f"；{_told(least, months)}最少，为{known[least]:,}条"
    said += f"。单日最高为{day(best)}的{f.counts[best]:,}条。"
    top = Table("单日最高", (Column("日期", "date"), Column("信息量（条）", "int")), ((best, f.counts[best]),))
    return [Paragraph(said), chart, table, top]


def _month(at: date) -> date:
    return at.replace(day=1)


def _monday(at: date) -> date:
    return at - timedelta(at.weekday())


def _shown(at: date, months: bool) -> str:
    return f"{at.month}月" if months else f"{at:%m-%d}"


def _told(at: date, months: bool) -> str:
    return f"{at.month}月" if months else f"{at.month}月{at.day}日起的一周"


# --- 平台分布


def platforms(f: Facts) -> Section | None:
    """On which platforms it was said, the largest first."""
    if not f.sums.mentions:
        return None
    ordered = f.platforms.sort_values(["mentions", "first_at"], ascending=[False, True], kind="stable")
    whole = int(ordered["mentions"].sum())
    compared = f.earlier is not None
    columns = parts.heads("序号:int", "平台", "信息量（条）:int", "占比:percent", "去重（篇）:int",
                          *((f"{f.before}（条）:int", "增减:int", "环比") if compared else ()))
    rows = []
    for n, row in enumerate(ordered.itertuples(), 1):
        before = f.platforms_before.get(row.platform, 0)
        rows.append((n, row.platform, row.mentions, share(row.mentions, whole), row.texts,
                     *((before, row.mentions - before, change_text(row.mentions, before)) if compared else ())))
    said = parts.platform_words(f.platforms) + _moved(f, ordered)
    blocks: list[Block] = [Paragraph(said)]
    if len(ordered) > 2:
        top = ordered.head(BARS)
        blocks.append(Chart("bar", f"各平台信息量{f'（前{BARS}位）' if len(ordered) > BARS else ''}", "平台",
                            tuple(top["platform"]), (Series("信息量", tuple(map(int, top["mentions"]))),), "条"))
    blocks.append(Table("平台分布", columns, tuple(rows)))
    gone = sorted(set(f.platforms_before) - set(ordered["platform"]))
    if gone:
        blocks.append(Note(f"{f.before}有信息、{f.this}没有的平台：{'、'.join(gone)}。"))
    return Section("平台分布", tuple(blocks))


def _moved(f: Facts, ordered: pd.DataFrame) -> str:
    """The platform that gained most against the period before; empty where none did much."""
    if f.earlier is None:
        return ""
    gains = [(int(row.mentions) - f.platforms_before.get(row.platform, 0), row.platform, int(row.mentions))
             for row in ordered.itertuples()]
    gain, name, now = max(gains, key=lambda one: (one[0], one[1]))
    if gain < LEAST:
        return ""
    before = f.platforms_before.get(name, 0)
    rate = f"，{f.before}没有信息" if not before else against(now, before, "条", f.before) if before >= MANY else ""
    return f"增加最多的是{name}，增加{gain:,}条{rate}。"

