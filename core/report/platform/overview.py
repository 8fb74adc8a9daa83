"""总体情况: the period's sums in sentences, with their change and what stands out, and all of them in a table."""

from collections.abc import Iterator
from typing import Any

from core import labels
from core.counts import Count
from core.query import totals
from core.report.content import Block, Column, Figure, Figures, Mean, Paragraph, Section, Table
from core.report.platform.base import Base
from core.report.platform.facts import Facts
from core.report.platform.wording import (
    INTERACTION,
    METRICS,
    SHORT,
    marks_note,
    name,
    short_day,
    title,
)
from core.report.sentences import amount, average, changes, moved


def overview(f: Facts) -> Section:
    posts, piece = f.posts, f.piece
    accounts = int(f.now["accounts"]) if f.now is not None else 0
    active = int(f.now["active"]) if f.now is not None else 0
    blocks: list[Block] = [headline(f, accounts, active)]
    if not accounts:
        blocks.append(Paragraph(f"{f.period.label}，所选范围内没有{f.plan.platform_name}账号。"))
        return Section("总体情况", tuple(blocks))
    lead = f"{f.period.label}，{f.scope.words}共监测{f.plan.platform_name}账号{accounts}个"
    if posts is None:
        blocks.append(Paragraph(f"{lead}，没有采集到任何数据。以下各项均为空缺，不表示没有发布。"))
        return Section("总体情况", tuple(blocks))
    if posts == 0:
        blocks.append(Paragraph(f"{lead}，已采集的账号日内均无发布。"))
        return Section("总体情况", tuple(blocks))
    daily = f"，日均{posts / f.days:,.1f}{piece}" if posts >= f.days else ""
    blocks.append(Paragraph(
        f"{lead}，其中有发布的{active}个{running(f)}。共发布信息{posts:,}{piece}{daily}"
        f"{changes(f.total('posts'), f.earlier('posts'), f.year_earlier('posts'))}。"
        + "".join(sums(f)) + follower_words(f)
    ))
    if best := best_words(f):
        blocks.append(Paragraph(best))
    blocks.append(summary(f))
    return Section("总体情况", tuple(blocks))


def running(f: Base) -> str:
    """That the period is not over, in brackets."""
    if f.complete:
        return ""
    this = "本年度" if f.period.span == "year" else f.this
    compared = "不作同比" if f.period.span == "year" else "不作环比、同比"
    return f"（{this}尚未结束，统计至{short_day(f.last)}，{compared}）"


def headline(f: Base, accounts: int, active: int) -> Figures:
    """The headline numbers, each with its 环比, or of a year its 同比."""
    word, before = ("同比", f.year_earlier) if f.period.span == "year" else ("环比", f.earlier)

    def change(counter: str) -> str:
        return moved(word, f.total(counter), before(counter))

    items = [Figure("监测账号", f"{accounts:,}", "个", f"有发布 {active:,} 个" if active else ""),
             Figure("发布数", labels.count(f.total("posts")), f.piece, change("posts"))]
    if f.posts and f.posts >= f.days:
        items.append(Figure("日均发布", f"{f.posts / f.days:,.1f}", f.piece))
    items += [Figure(labels.COUNTERS[counter], labels.count(f.total(counter)), "次", change(counter))
              for counter in f.yields((f.main,) if f.main else ())]
    if not f.total("interaction").missing:
        items.append(Figure("转评赞合计", labels.count(f.total("interaction")), "次", change("interaction")))
    if not f.followers.missing:
        items.append(Figure("粉丝数", labels.count(f.followers), "人", moved(f"较{f.former}末", *f.followers_compared)))
        if (gain := net_gain(f)) is not None:
            exact = all(one.exact for one in f.followers_compared)
            items.append(Figure("粉丝净增", f"{'' if exact else '≈'}{labels.wan(gain)}", "人"))
    if (known := f.freshness.share) is not None:
        items.append(Figure("数据覆盖率", f"{known:.1%}"))
    return Figures(tuple(items))


def sums(f: Base) -> Iterator[str]:
    """Sentences of reach and of reposts, comments and likes."""
    if f.main:
        total, known = f.total(f.main), f.known(f.main)
        mean = average(total, known, "次")
        yield (f"{labels.COUNTERS[f.main]}合计{amount(total, '次')}，平均每{f.piece}{mean}"
               f"{changes(total, f.earlier(f.main), f.year_earlier(f.main))}")
        yield f"（{known:,}{f.piece}有此项数据）。" if known < f.posts else "。"
    parts = f.yields(INTERACTION)
    if parts:
        each = "、".join(f"{SHORT[counter]}{amount(f.total(counter), '次')}" for counter in parts)
        yield (f"{each}，合计{amount(f.total('interaction'), '次')}"
               f"{changes(f.total('interaction'), f.earlier('interaction'), f.year_earlier('interaction'))}。")


def follower_words(f: Base) -> str:
    """Followers at the end, and of accounts read at both ends the net change."""
    if f.followers.missing:
        return ""
    gain, exact = net_gain(f), all(one.exact for one in f.followers_compared)
    said = f"截至{short_day(f.last)}，{f.followers_accounts}个账号有粉丝数据，合计{amount(f.followers, '人')}"
    if gain is not None:
        verb = "净增" if gain > 0 else "净减"
        words = f"较{f.former}末{verb}{labels.wan(abs(gain))}人" if gain else f"与{f.former}末持平"
        said += f"，可比账号{words}" + ("" if exact else "（约）")
    return said + "。"


def net_gain(f: Base) -> int | None:
    """The net change of followers of the accounts read at both ends; None where there are none."""
    now, base = f.followers_compared
    return None if now.missing or base.missing else now.value - base.value


def best_words(f: Base) -> str:
    """The post with the largest value."""
    if f.top.empty:
        return ""
    best = f.top.iloc[0]
    value = amount(Count(int(best["value"]), totals.slack_of(best["mark"])), "次")
    return (f"单{f.piece}{METRICS[best['metric']]}最高的是“{name(best['account'])}”{short_day(best['day'])}发布的"
            f"《{title(best['title'])}》，为{value}。")


def summary(f: Base) -> Table:
    """All totals with every digit, beside the period before and the year before."""
    columns = [Column("指标"), Column(f.this, "count")]
    for former, word, _ in f.compared:
        columns += [Column(former, "count"), Column(word)]
    columns.append(Column(f"平均每{f.piece}", "mean"))
    rows = []
    for key in ("posts", *f.counters, "interaction"):
        now = f.total(key)
        if now.missing:
            continue
        called = {"posts": "发布数", "interaction": "转评赞合计"}.get(key, labels.COUNTERS.get(key, key))
        row: list[Any] = [called, now]
        for _, word, before in f.compared:
            then = totals.count_of(before, key)
            row += [then, moved(word, now, then).removeprefix(word)]
        known = f.posts if key == "interaction" else None if key == "posts" else f.known(key)
        row.append(Mean(now.value / known, now.mark) if known else None)
        rows.append(tuple(row))
    return Table("主要指标", tuple(columns), tuple(rows), note=marks_note([row[1] for row in rows]))
