"""The sections of a unit's report that are its own; the others it shares with those of platforms."""

from typing import Any

import pandas as pd

from core import labels
from core.counts import Count
from core.metrics.growth import share
from core.query import totals
from core.report.advice import Advice, Rule
from core.report.content import Block, Chart, Column, Heading, Paragraph, Section, Series, Table
from core.report.opinion_parts import heads
from core.report.platform.method import MARKS, counting, gaps, rest, span_words
from core.report.platform.overview import follower_words, headline, running, summary
from core.report.platform.rankings import score
from core.report.platform.suggestions import COMMON, section
from core.report.platform.wording import INTERACTION, METRICS, SHORT, bars, name
from core.report.sentences import amount, changes, listed, moved, percent
from core.report.unit.facts import Facts, Presence

BEHIND = 2 / 3
"""From which part of the places on a unit is told that it lies behind."""
LEAST_PEERS = 3
"""Units that are needed for a place among them to say something."""


def overview(f: Facts) -> Section:
    accounts = int(f.now["accounts"]) if f.now is not None else 0
    active = int(f.now["active"]) if f.now is not None else 0
    blocks: list[Block] = [headline(f, accounts, active)]
    if not accounts:
        return Section("总体情况", (*blocks, Paragraph(f"{f.period.label}，台账中没有{f.unit}的账号。")))
    lead = f"{f.period.label}，{f.unit}在{len(f.platforms)}个平台共有账号{accounts}个"
    if f.posts is None:
        return Section("总体情况", (*blocks, Paragraph(
            f"{lead}，没有采集到任何数据。以下各项均为空缺，不表示没有发布。")))
    if not f.posts:
        return Section("总体情况", (*blocks, Paragraph(f"{lead}，已采集的账号日内均无发布。"), summary(f)))
    said = (f"{lead}，其中有发布的{active}个{running(f)}。共发布信息{f.posts:,}条"
            f"{changes(f.total('posts'), f.earlier('posts'), f.year_earlier('posts'))}。")
    for counter in f.yields(("reads", "plays")):
        total = f.total(counter)
        said += (f"{labels.COUNTERS[counter]}合计{amount(total, '次')}"
                 f"{changes(total, f.earlier(counter), f.year_earlier(counter))}。")
    if parts := f.yields(INTERACTION):
        each = "、".join(f"{SHORT[counter]}{amount(f.total(counter), '次')}" for counter in parts)
        said += (f"{each}，合计{amount(f.total('interaction'), '次')}"
                 f"{changes(f.total('interaction'), f.earlier('interaction'), f.year_earlier('interaction'))}。")
    return Section("总体情况", (*blocks, Paragraph(said + follower_words(f)), summary(f)))


def platforms(f: Facts) -> Section | None:
    if not f.platforms:
        return None
    known = [one for one in f.platforms if one.total("posts").value]
    blocks: list[Block] = []
    if known and len(f.platforms) > 1:
        ordered = sorted(known, key=lambda one: -one.total("posts").value)
        said = "从平台看，" + "，".join(
            f"{one.name}发布{one.total('posts').value:,}{one.piece}"
            f"（占{percent(share(one.total('posts').value, f.posts))}）" for one in ordered[:4])
        said += "，其余平台较少。" if len(ordered) > 4 else "。"
        silent = [one.name for one in f.platforms if one.total("posts").value == 0]
        said += f"{f.this}没有发布的平台：{listed(silent)}。" if silent else ""
        blocks.append(Paragraph(said))
        if len(ordered) > 1:
            blocks.append(Chart("bar", "各平台发布数", "平台", tuple(bars([one.name for one in ordered])), (
                Series("发布数", tuple(one.total("posts").value for one in ordered)),), "条"))
    blocks.append(_platform_table(f))
    blocks += _change_table(f)
    for one in known:
        blocks += [Heading(one.name), Paragraph(_platform_words(f, one))]
    return Section("各平台情况", tuple(blocks))


def _platform_words(f: Facts, one: Presence) -> str:
    posts = one.total("posts")
    said = f"发布{posts.value:,}{one.piece}{changes(posts, one.earlier('posts'), one.year_earlier('posts'))}"
    for counter in (*((one.main,) if one.main else ()), "interaction"):
        total = one.total(counter)
        if not total.missing:
            said += (f"；{METRICS[counter]}{amount(total, '次')}"
                     f"{changes(total, one.earlier(counter), one.year_earlier(counter))}")
    said += "。"
    ranked = one.accounts[one.accounts["rank"].notna() & (one.accounts["posts"].fillna(0) > 0)]
    if len(ranked):
        said += "".join(
            f"“{name(row['name'])}”居全区{one.name}第{int(row['rank'])}位{_step_words(f, row)}。"
            for _, row in ranked.head(3).iterrows())
    return said


def _step_words(f: Facts, row: pd.Series) -> str:
    if not f.complete or pd.isna(row["rank_steps"]):
        return ""
    steps = int(row["rank_steps"])
    return f"，比{f.former}{'上升' if steps > 0 else '下降'}{abs(steps)}位" if steps else f"，与{f.former}持平"


def _platform_table(f: Facts) -> Table:
    rows: list[tuple[Any, ...]] = []
    for one in f.platforms:
        reach = next((one.total(n) for n in ("reads", "plays") if not one.total(n).missing), Count(None))
        rows.append((one.name, one.now["accounts"], one.now["active"], one.total("posts"),
                     share(one.total("posts").value, f.posts), reach, one.total("interaction"), one.followers))
    columns = heads("平台", "账号数:int", "有发布:int", "发布数:count", "发布占比:percent", "阅读（播放）数:count",
                    "转评赞合计:count", "粉丝数:count")
    return Table("各平台主要指标", columns, tuple(rows), note="— 为没有数据，不等于零。")


def _change_table(f: Facts) -> list[Table]:
    """The changes of each platform, where anything can be compared."""
    words = ("同比",) if f.period.span == "year" else ("环比", "同比")
    rows = []
    for one in f.platforms:
        cells = [moved("", one.total(counter), (one.earlier if word == "环比" else one.year_earlier)(counter)) or None
                 for counter in ("posts", one.main or "reads", "interaction") for word in words]
        if any(cells):
            rows.append((one.name, *cells))
    heads_ = [f"{what}{word}" for what in ("发布数", "阅读（播放）数", "转评赞") for word in words]
    return [Table("各平台增减", heads("平台", *heads_), tuple(rows))] if rows else []


def accounts(f: Facts) -> Section | None:
    """Every account with its place on its platform."""
    rows: list[tuple[Any, ...]] = []
    for one in f.platforms:
        for _, row in one.accounts.iterrows():
            reach = totals.count_of(row, one.main) if one.main else Count(None)
            placed = not pd.isna(row["rank"]) and not pd.isna(row["posts"]) and row["posts"] > 0
            rows.append((row["name"], one.name, row["posts"], reach, totals.count_of(row, "interaction"),
                         totals.count_of(row, "followers"), row["followers_change"],
                         score(row), int(row["rank"]) if placed else None, row["rank_change"] if placed else None,
                         one.ranked))
    if not rows:
        return None
    active = [row for row in rows if not pd.isna(row[2]) and row[2]]
    said = f"{f.unit}共有账号{len(rows)}个，其中有发布的{len(active)}个。"
    if len(active) > 1:
        best = max(active, key=lambda row: int(row[2]))
        said += f"发布最多的是“{name(best[0])}”（{best[1]}），发布{int(best[2]):,}条。"
    silent = [row for row in rows if not pd.isna(row[2]) and not row[2]]
    tally = Table("账号数量", heads("项目", "账号数:int"), (
        ("全部账号", len(rows)), ("有发布", len(active)), ("无发布", len(silent)),
        ("没有数据", len(rows) - len(active) - len(silent))))
    columns = heads("账号", "平台", "发布数:int", "阅读（播放）数:count", "转评赞:count", "粉丝数:count",
                    "粉丝净增:int", "指数:score", "名次:rank", "升降", "参与排名:int")
    return Section("各账号情况", (Paragraph(said), tally, Table(
        "各账号主要指标", columns, tuple(rows),
        note="名次为全区同平台有发布账号中的名次；不同平台的指数不可相互比较。")))


def peers(f: Facts) -> Section | None:
    """The unit's place among units of its kind on each platform, by the best account of each."""
    placed = [one for one in f.platforms if one.place.rank is not None and one.place.units > 1]
    if not placed:
        return None
    said = f"在全区{f.kind}中，" + "，".join(
        f"{one.name}居第{one.place.rank}位（共{one.place.units}个单位）" for one in placed[:6]) + (
        "等" if len(placed) > 6 else "") + "。"
    up = [one for one in placed if f.complete and one.place.before and one.place.before > one.place.rank]
    down = [one for one in placed if f.complete and one.place.before and one.place.before < one.place.rank]
    for part, verb in ((up, "上升"), (down, "下降")):
        if part:
            each = "、".join(f"{one.name}{verb}{abs(one.place.before - one.place.rank)}位" for one in part)
            said += f"与{f.former}相比，{each}。"
    table = Table(f"在{f.kind}中的名次", (
        Column("平台"), Column("参与排名的单位", "int"), Column("名次", "rank"), Column(f"{f.former}名次", "rank"),
        Column("升降", "move"), Column("居首单位"), Column("排名依据")), tuple(
        (one.name, one.place.units, one.place.rank, one.place.before if f.complete else None,
         one.place.before - one.place.rank if f.complete and one.place.before else None, one.place.first, one.by)
        for one in placed), note="各单位取其在该平台名次最好的账号；只有一个单位参与的平台不列。")
    return Section("同类比较", (Paragraph(said), table))


# --- Suggestions, method


def _behind(f: Facts) -> Advice | None:
    found = [one for one in f.platforms if one.place.rank is not None and one.place.units >= LEAST_PEERS
             and one.place.rank > BEHIND * one.place.units]
    if not found:
        return None
    where = "、".join(f"{one.name}居第{one.place.rank}位（共{one.place.units}个单位）" for one in found[:3])
    return Advice("对标居前单位，在选题、形式和发布频次上改进", f"在全区{f.kind}中，{where}")


def _empty(f: Facts) -> Advice | None:
    found = [name(row["name"]) + f"（{one.name}）" for one in f.platforms for _, row in one.accounts.iterrows()
             if row["state"] == "normal" and not pd.isna(row["posts"]) and row["posts"] == 0]
    if not found:
        return None
    return Advice("核实账号是否仍需保留，确需保留的明确专人维护",
                  f"{f.this}{len(found)}个账号没有发布：{listed([f'“{one}”' for one in found], 5)}")


RULES: tuple[Rule[Facts], ...] = (
    *COMMON[:2], Rule("有账号整个时段没有发布", _empty), *COMMON[2:5],
    Rule("在同类单位中的名次落在后三分之一", _behind), *COMMON[5:],
)


def suggestions(f: Facts) -> Section | None:
    return section(f, RULES) if f.posts is not None else None


def method(f: Facts) -> Section:
    by = "；".join(f"{one.name}按{one.by}" for one in f.platforms)
    ranking = f"名次为账号在全区同平台账号中的名次，{by}。缺少公式所需数据的账号不计分，不同指数不可相互比较。"
    said = [f"统计范围为台账中归属“{f.unit}”的账号，{span_words(f)}", counting(f),
            *([ranking] if by else []), MARKS]
    return Section("统计口径与数据说明", (
        Heading("统计口径"), *map(Paragraph, said), *rest(f, RULES), Heading("数据缺口"), *gaps(f)), role="method")
