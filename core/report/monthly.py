"""The monthly report of one platform: from facts to sentences, tables and charts.

Sections after the account reports that offices really send out: overall, daily publishing, reposts and comments,
interaction, rankings, distribution over units, popular posts, accounts that fell silent, method and gaps, annex.
Every sentence holds for nothing published, one, many, missing and capped figures.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlmodel import Session

from core import labels
from core.clock import Month
from core.counts import AT_LEAST, CAPPED_READ, Count
from core.metrics.growth import share
from core.query import totals
from core.query.boards import ROUNDED
from core.report import facts as reading
from core.report.content import (
    Block,
    Chart,
    Column,
    Content,
    Figure,
    Figures,
    Heading,
    Mean,
    Note,
    Paragraph,
    Section,
    Series,
    Subject,
    Table,
)
from core.report.facts import TOP, Facts, has_data
from core.report.sentences import amount, average, changes, day, days, listed, moved, percent
from core.settings import settings

__all__ = ["build", "compose", "has_data"]

INTERACTION = ("reposts", "comments", "likes")
SHORT = {"reposts": "转发", "comments": "评论", "likes": "点赞", "reads": "阅读", "plays": "播放", "wows": "在看",
         "favourites": "收藏", "readers": "阅读人数", "interaction": "转评赞"}
BOARD_ROWS, UNIT_ROWS, SILENT_ROWS = 20, 20, 30


def build(session: Session, platform: str, month: Month, scope: str = "all", *, basis: str = "latest",
          now: datetime) -> Content:
    """The report's content from what the database holds at this moment (use `db.snapshot`).

    `platform`: a code of the catalogue · `scope`: all, bureau, street, district, other, unit:ID, board:ID ·
    `now`: aware; a month that is still running is reported up to that day and compared with nothing.
    Raises BadInput (Chinese) for an unknown platform, scope or basis and for a month to come.
    """
    found = reading.read(session, platform, month, scope, basis, now)
    return compose(found, settings().district, settings().office)


def compose(f: Facts, district: str, office: str) -> Content:
    """The report that those facts make. Pure."""
    scope = "" if f.scope.code == "all" else f"（{f.scope.words}）"
    return Content(
        subject=Subject("monthly", f.plan.platform, str(f.month), f.scope.code),
        title=f"{f.month.label}{district}{f.plan.platform_name}运营情况月报{scope}",
        subtitle="（运营分析，供工作参考）",
        office=office, district=district, platform=f.plan.platform_name, kind="月报",
        period=f"{_date(f.first)}至{f.last.month}月{f.last.day}日", scope=f.scope.words,
        basis=labels.BASES[f.basis], as_of=f.at, stamp=f.stamp, is_demo=f.demo,
        sections=tuple(section for section in (
            _overall(f), _publishing(f), _spreading(f), _interacting(f), _boards(f), _units(f), _popular(f),
            _silent(f), _method(f, district), _annex(f),
        ) if section and section.blocks),
    )


def _date(at: date) -> str:
    return f"{at.year}年{at.month}月{at.day}日"


def _piece(f: Facts) -> str:
    """The measure word of a post."""
    return "篇" if f.family in ("wechat", "news", "app") else "条"


def _posts(f: Facts) -> int | None:
    return f.total("posts").value


def _yields(f: Facts, names: Sequence[str]) -> list[str]:
    """Those counters of which the month has a value."""
    return [name for name in names if not f.total(name).missing]


# --- 总体情况


def _overall(f: Facts) -> Section:
    posts, piece = _posts(f), _piece(f)
    accounts = int(f.now["accounts"]) if f.now is not None else 0
    active = int(f.now["active"]) if f.now is not None else 0
    blocks: list[Block] = [_headline(f, accounts, active)]
    if not accounts:
        blocks.append(Paragraph(f"{f.month.label}，所选范围内没有{f.plan.platform_name}账号。"))
        return Section("总体情况", tuple(blocks))
    lead = f"{f.month.label}，{f.scope.words}共监测{f.plan.platform_name}账号{accounts}个"
    if posts is None:
        blocks.append(Paragraph(f"{lead}，没有采集到任何数据。以下各项均为空缺，不表示没有发布。"))
        return Section("总体情况", tuple(blocks))
    if posts == 0:
        blocks.append(Paragraph(f"{lead}，已采集的账号日内均无发布。"))
        return Section("总体情况", tuple(blocks))
    daily = f"，日均{posts / f.days:,.1f}{piece}" if posts >= f.days else ""
    part = f"（本月尚未结束，统计至{f.last.month}月{f.last.day}日，不作环比、同比）" if not f.complete else ""
    blocks.append(Paragraph(
        f"{lead}，其中有发布的{active}个{part}。共发布信息{posts:,}{piece}{daily}"
        f"{changes(f.total('posts'), f.earlier('posts'), f.year_earlier('posts'))}。"
        + "".join(_sums(f)) + _follower_words(f)
    ))
    if best := _best_words(f):
        blocks.append(Paragraph(best))
    blocks.append(_summary(f))
    return Section("总体情况", tuple(blocks))


def _headline(f: Facts, accounts: int, active: int) -> Figures:
    def change(name: str) -> str:
        return moved("环比", f.total(name), f.earlier(name))

    items = [Figure("监测账号", f"{accounts:,}", "个", f"有发布 {active:,} 个" if active else ""),
             Figure("发布数", labels.count(f.total("posts")), _piece(f), change("posts"))]
    items += [Figure(labels.COUNTERS[name], labels.count(f.total(name)), "次", change(name))
              for name in _yields(f, (f.plan.main,) if f.plan.main else ())]
    if not f.total("interaction").missing:
        items.append(Figure("转评赞合计", labels.count(f.total("interaction")), "次", change("interaction")))
    if not f.followers.missing:
        items.append(Figure("粉丝数", labels.count(f.followers), "人", moved("较上月末", *f.followers_compared)))
    return Figures(tuple(items))


def _sums(f: Facts) -> Iterator[str]:
    posts, piece = _posts(f), _piece(f)
    if f.main:
        total = f.total(f.main)
        known = int(f.now[f"{f.main}_known"])
        mean = average(total, known, "次")
        yield (f"{labels.COUNTERS[f.main]}合计{amount(total, '次')}，平均每{piece}{mean}"
               f"{changes(total, f.earlier(f.main), f.year_earlier(f.main))}")
        yield f"（{known:,}{piece}有此项数据）。" if known < posts else "。"
    parts = _yields(f, INTERACTION)
    if parts:
        each = "、".join(f"{SHORT[name]}{amount(f.total(name), '次')}" for name in parts)
        yield (f"{each}，合计{amount(f.total('interaction'), '次')}"
               f"{changes(f.total('interaction'), f.earlier('interaction'), f.year_earlier('interaction'))}。")


def _follower_words(f: Facts) -> str:
    if f.followers.missing:
        return ""
    now, base = f.followers_compared
    at = f"{f.last.month}月{f.last.day}日"
    said = f"截至{at}，{f.followers_accounts}个账号有粉丝数据，合计{amount(f.followers, '人')}"
    if not now.missing and not base.missing:
        gain = now.value - base.value
        words = "与上月末持平" if not gain else f"较上月末净{'增' if gain > 0 else '减'}{labels.wan(abs(gain))}人"
        said += f"，可比账号{words}" + ("（约）" if not (now.exact and base.exact) else "")
    return said + "。"


def _best_words(f: Facts) -> str:
    if f.top.empty:
        return ""
    best = f.top.iloc[0]
    value = amount(Count(int(best["value"]), totals.slack_of(best["mark"])), "次")
    title = _title(best["title"])
    metric = labels.COUNTERS.get(best["metric"], "转评赞")
    return (f"单{_piece(f)}{metric}最高的是“{_name(best['account'])}”{best['day'].month}月{best['day'].day}日发布的"
            f"《{title}》，为{value}。")


def _title(text: object, most: int = 60) -> str:
    clean = " ".join(str(text or "").split()) or "（无标题）"
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def _name(text: object) -> str:
    return " ".join(str(text).split())


def _summary(f: Facts) -> Table:
    """All totals with every digit, beside last month and last year."""
    columns = [Column("指标"), Column("本月", "count")]
    compared = [(f.before, f.earlier, "上月", "环比"), (f.year, f.year_earlier, "去年同月", "同比")]
    shown = [(total, name, word) for row, total, name, word in compared
             if row is not None and not pd.isna(row["posts"])]
    for _, name, word in shown:
        columns += [Column(name, "count"), Column(word)]
    columns.append(Column(f"平均每{_piece(f)}", "mean"))
    rows = []
    for key in ("posts", *f.counters, "interaction"):
        now = f.total(key)
        if now.missing:
            continue
        name = {"posts": "发布数", "interaction": "转评赞合计"}.get(key, labels.COUNTERS.get(key, key))
        row: list[Any] = [name, now]
        for total, _, word in shown:
            row += [total(key), moved(word, now, total(key)).removeprefix(word)]
        known = _posts(f) if key == "interaction" else None if key == "posts" else int(f.now[f"{key}_known"])
        row.append(Mean(now.value / known, now.mark) if known else None)
        rows.append(tuple(row))
    return Table("主要指标", tuple(columns), tuple(rows), note=_marks_note([row[1] for row in rows]))


def _marks_note(counts: Sequence[Any]) -> str:
    marks = {one.mark for one in counts if isinstance(one, Count)}
    said = ["≥ 为下限（平台只显示“10万+”等）"] * ("≥" in marks) + ["≈ 为约数（平台显示“1.2万”等）"] * ("≈" in marks)
    return "；".join(said)


# --- 每日发布


def _values(f: Facts, name: str) -> tuple[int | None, ...]:
    return tuple(None if pd.isna(value) else int(value) for value in f.daily[name])


def _line(f: Facts, title: str, names: Sequence[tuple[str, str]], unit: str, kind: str = "line") -> Chart:
    gaps = any(f.daily["gap"])
    note = "、".join(["断开处为没有数据的日期"] * gaps + ["阴影为法定节假日"] * bool(f.holidays and kind == "line"))
    return Chart(kind, title, "日期", tuple(f.daily["day"]),
                 tuple(Series(word, _values(f, name)) for name, word in names), unit, note=note,
                 marks=tuple(f.holidays.items()) if kind == "line" else ())


def _publishing(f: Facts) -> Section | None:
    if not _posts(f):
        return None
    known = [(at, n) for at, n in zip(f.daily["day"], _values(f, "posts"), strict=True) if n is not None]
    most, least = max(known, key=lambda one: (one[1], one[0])), min(known, key=lambda one: (one[1], one[0]))
    piece = _piece(f)
    said = f"本月有数据的{len(known)}天中，日均发布{sum(n for _, n in known) / len(known):,.1f}{piece}"
    if most[1] > least[1]:
        said += f"；{day(most[0])}最多，为{most[1]:,}{piece}；{day(least[0])}最少，为{least[1]:,}{piece}"
    said += "。"
    work = [n for at, n in known if f.working[at]]
    rest = [n for at, n in known if not f.working[at]]
    if work and rest:
        said += f"工作日日均{sum(work) / len(work):,.1f}{piece}，休息日日均{sum(rest) / len(rest):,.1f}{piece}。"
    blank = [at for at, gap in zip(f.daily["day"], f.daily["gap"], strict=True) if gap]
    if blank:
        said += f"{days(blank)}没有数据，不计入平均。"
    main = [f.main] if f.main else []
    names = [*main, *_yields(f, INTERACTION)]
    table = Table(
        "每日发布与传播情况",
        (Column("日期", "date"), Column("星期"), Column("发布数", "int"),
         *(Column(labels.COUNTERS[name], "count") for name in names), Column("有数据账号", "int")),
        tuple(
            (row["day"], "一二三四五六日"[row["day"].weekday()], row["posts"],
             *(totals.count_of(row, name) for name in names), row["covered"])
            for _, row in f.daily.iterrows()
        ),
        note="按发布日期归集；— 为没有数据，不等于零。",
    )
    blocks: list[Block] = [Paragraph(said), _line(f, "每日发布数", [("posts", "发布数")], piece)]
    if f.main:
        blocks.append(_line(f, f"每日{labels.COUNTERS[f.main]}", [(f.main, labels.COUNTERS[f.main])], "次"))
    return Section("每日发布情况", (*blocks, table))


# --- 转发评论、互动


def _spreading(f: Facts) -> Section | None:
    names = _yields(f, ("reposts", "comments"))
    if not _posts(f) or not names:
        return None
    said = []
    for name in names:
        total = f.total(name)
        known = int(f.now[f"{name}_known"])
        text = (f"{SHORT[name]}{amount(total, '次')}，平均每{_piece(f)}{average(total, known, '次')}"
                f"{changes(total, f.earlier(name), f.year_earlier(name))}")
        peak = _peak(f, name)
        said.append(f"{text}；{peak}。" if peak else f"{text}。")
    word = "转发、评论" if len(names) == 2 else SHORT[names[0]]
    chart = _line(f, f"每日{word}数", [(name, labels.COUNTERS[name]) for name in names], "次")
    return Section(f"{'转发评论' if len(names) == 2 else word}情况", (Paragraph("".join(said)), chart))


def _peak(f: Facts, name: str) -> str:
    known = [(n, at) for at, n in zip(f.daily["day"], _values(f, name), strict=True) if n is not None]
    if len(known) < 2 or not max(known)[0]:
        return ""
    top, at = max(known, key=lambda one: (one[0], -one[1].toordinal()))
    whole = f.total(name).value
    part = f"，占全月{percent(share(top, whole))}" if f.total(name).exact else ""
    return f"{at.month}月{at.day}日最多，为{labels.wan(top)}次{part}"


def _interacting(f: Facts) -> Section | None:
    names = _yields(f, (*INTERACTION, "wows", "favourites"))
    if not _posts(f) or not names:
        return None
    total = f.total("interaction")
    said = ""
    if not total.missing:
        parts = _yields(f, INTERACTION)
        said = f"{'、'.join(SHORT[name] for name in parts)}合计{amount(total, '次')}，"
        said += f"平均每{_piece(f)}{average(total, _posts(f), '次')}"
        said += changes(total, f.earlier("interaction"), f.year_earlier("interaction")) + "。"
        if total.exact and total.value and len(parts) > 1:
            shares = "、".join(f"{SHORT[name]}占{percent(share(f.total(name).value, total.value))}" for name in parts)
            said += f"其中，{shares}。"
        reach = f.total(f.main) if f.main else Count(None)
        if reach.exact and total.exact and reach.value:
            said += f"每万次{SHORT[f.main]}带来转评赞{total.value / reach.value * 10_000:,.1f}次。"
    for name in [one for one in names if one not in INTERACTION]:
        said += f"{SHORT[name]}{amount(f.total(name), '次')}{changes(f.total(name), f.earlier(name), Count(None))}。"
    shown = [(name, labels.COUNTERS[name]) for name in names]
    return Section("互动情况", (Paragraph(said), _line(f, "每日互动数", shown, "次", kind="stacked")))


# --- 榜单


def _boards(f: Facts) -> Section | None:
    ranked = f.ranking[f.ranking["rank"].notna() & (f.ranking["posts"].fillna(0) > 0)]
    if ranked.empty:
        return None
    by_index = f.plan.order == "index" and f.plan.index is not None
    what = f.plan.index.title if by_index else f"{_order_word(f)}"
    first = ranked.iloc[0]
    score = f"{first['score_mark']}{float(first['score']):,.2f}" if by_index else ""
    if len(ranked) == 1:
        said = f"本月只有“{_name(first['name'])}”有发布" + (f"，{what}得分{score}。" if by_index else "。")
    else:
        said = f"按{what}排名，有发布的{len(ranked)}个账号中，“{_name(first['name'])}”（{_name(first['unit'])}）居第一"
        said += f"，得分{score}。" if by_index else "。"
    if len(ranked) >= 3:
        said += f"前三位为{'、'.join(f'“{_name(name)}”' for name in ranked['name'][:3])}。"
    risen = ranked[ranked["rank_steps"].fillna(0) > 0].sort_values("rank_steps", ascending=False)
    if f.complete and len(risen):
        top = risen.iloc[0]
        said += f"名次上升最多的是“{_name(top['name'])}”，比上月上升{int(top['rank_steps'])}位。"
    blurred = int(ranked.head(BOARD_ROWS)["indistinct"].sum())
    if blurred:
        said += f"其中{blurred}个账号因数据为下限或约数，与邻近名次不可区分。"
    blocks: list[Block] = [Paragraph(said), Note("榜单用于运营分析，不作为考核依据。")]
    value = "score" if by_index else f.plan.order
    unit = "分" if by_index else {"posts": _piece(f), "followers": "人"}.get(f.plan.order, "次")
    if len(ranked) > 1:
        best = ranked.head(TOP)
        blocks.append(Chart("bar", f"前{len(best)}位账号", "账号", tuple(_labels(best["name"])),
                            (Series(what, tuple(None if pd.isna(v) else float(v) for v in best[value])),), unit))
    title = f"账号榜单（前{BOARD_ROWS}位）" if len(ranked) > BOARD_ROWS else "账号榜单"
    blocks.append(_board_table(f, title, ranked.head(BOARD_ROWS)))
    kinds = [kind for kind in ("bureau", "street") if (ranked["unit_kind"] == kind).any()]
    if len(kinds) == 2:
        for kind in kinds:
            part = ranked[ranked["unit_kind"] == kind]
            word = labels.UNIT_KINDS[kind]
            blocks.append(Heading(f"{word}账号"))
            blocks.append(_board_table(f, f"{word}账号前{min(TOP, len(part))}位", part.head(TOP), renumbered=True))
    return Section("榜单", tuple(blocks))


def _labels(names: Sequence[str]) -> list[str]:
    """Names as chart labels: the same name twice gets a number, or two accounts would share one bar."""
    seen: dict[str, int] = {}
    out = []
    for name in map(_name, names):
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}（{seen[name]}）")
    return out


def _order_word(f: Facts) -> str:
    return labels.ORDERS[f.plan.order]


def _board_table(f: Facts, title: str, frame: pd.DataFrame, *, full: bool = False, renumbered: bool = False) -> Table:
    """Rows of a ranking. `renumbered`: places within this list, equal places kept equal."""
    main = [f.main] if f.main else []
    by = f.plan.order
    wanted = f.counters if full else ("likes",) if main else INTERACTION
    wanted = (*wanted, by) if by in labels.COUNTERS and by not in wanted else wanted
    others = [name for name in _yields(f, wanted) if name not in main]
    scored = f.plan.index is not None and frame["score"].notna().any()
    columns = [Column("名次", "rank"), *([] if renumbered else [Column("升降")]), Column("账号"), Column("单位"),
               *([Column("指数", "score")] if scored else []), Column("发布数", "int")]
    for name in main:
        word = labels.COUNTERS[name]
        columns += [Column(f"总{word}", "count"), Column(f"最高{word}", "count"), Column(f"平均{word}", "mean")]
    columns += [Column(f"总{labels.COUNTERS[name]}" if name == "likes" else labels.COUNTERS[name], "count")
                for name in others]
    totalled = by == "interaction"
    columns += [Column(labels.ORDERS[by], "count")] * totalled
    followers = (full or by == "followers") and frame["followers"].notna().any()
    columns += [Column("粉丝数", "count")] * bool(followers)
    noted = full and any(frame["note"])
    columns += [Column("数据说明")] * noted
    rows = []
    for n, (_, row) in enumerate(frame.iterrows()):
        place = None if pd.isna(row["rank"]) else int(row["rank"])
        if renumbered and place is not None:
            place = 1 + int((frame["rank"].iloc[:n] < place).sum())
        cells: list[Any] = [place, *([] if renumbered else [row["rank_change"]]), row["name"], row["unit"]]
        if scored:
            cells.append(None if pd.isna(row["score"]) else Mean(float(row["score"]), row["score_mark"]))
        cells.append(row["posts"])
        for name in main:
            cells += [totals.count_of(row, name), _peak_count(row, name),
                      None if pd.isna(row[f"{name}_avg"]) else Mean(float(row[f"{name}_avg"]), row[f"{name}_mark"])]
        cells += [totals.count_of(row, name) for name in others]
        cells += [totals.count_of(row, by)] if totalled else []
        cells += [totals.count_of(row, "followers")] * bool(followers)
        cells += [row["note"]] * noted
        rows.append(tuple(cells))
    return Table(title, tuple(columns), tuple(rows))


def _peak_count(row: pd.Series, name: str) -> Count:
    """A maximum: a lower bound when it is the value that stands for 10万+."""
    value = row[f"{name}_max"]
    if pd.isna(value):
        return Count(None)
    mark = row[f"{name}_mark"]
    capped = mark == "≥" and int(value) == CAPPED_READ
    return Count(int(value), AT_LEAST if capped else totals.slack_of(mark) if mark == "≈" else 0)


# --- 单位、热门、更新


def _units(f: Facts) -> Section | None:
    if not _posts(f) or (len(f.by_unit) < 2 and len(f.by_kind) < 2):
        return None
    main = [f.main] if f.main else []
    names = [*main, *(["interaction"] if not f.total("interaction").missing else [])]
    heads = {"interaction": "转评赞合计"} | {name: labels.COUNTERS[name] for name in main}

    def table(title: str, head: str, frame: pd.DataFrame) -> Table:
        return Table(
            title,
            (Column(head), Column("账号数", "int"), Column("有发布账号", "int"), Column("发布数", "int"),
             Column("发布占比", "percent"), *(Column(heads[name], "count") for name in names)),
            tuple(
                (row["label"], row["accounts"], row["active"], row["posts"],
                 share(None if pd.isna(row["posts"]) else int(row["posts"]), _posts(f)),
                 *(totals.count_of(row, name) for name in names))
                for _, row in frame.iterrows()
            ),
        )

    kinds = f.by_kind.sort_values("posts", ascending=False, kind="stable", na_position="last")
    units = f.by_unit.sort_values("posts", ascending=False, kind="stable", na_position="last")
    said = "从单位类型看，" + "，".join(
        f"{row['label']}发布{int(row['posts']):,}{_piece(f)}（占{percent(share(int(row['posts']), _posts(f)))}）"
        for _, row in kinds.iterrows() if not pd.isna(row["posts"])
    ) + "。"
    best = units[units["posts"].fillna(0) > 0]
    if len(best) > 1:
        said += f"发布较多的单位有{'、'.join(_name(name) for name in best['label'][:3])}。"
    silent = [_name(row["label"]) for _, row in units.iterrows() if not pd.isna(row["posts"]) and row["posts"] == 0]
    if silent:
        said += f"本月没有发布的单位：{listed(silent)}。"
    blocks: list[Block] = [Paragraph(said)]
    if len(kinds) > 1:
        blocks.append(table("各类单位发布情况", "单位类型", kinds))
    if len(best) > 1:
        shown = best.head(TOP)
        blocks.append(Chart("bar", f"发布数前{len(shown)}位单位", "单位", tuple(_labels(shown["label"])),
                            (Series("发布数", tuple(int(v) for v in shown["posts"])),), _piece(f)))
        blocks.append(table(f"单位发布情况（前{UNIT_ROWS}位）" if len(units) > UNIT_ROWS else "单位发布情况", "单位",
                            units.head(UNIT_ROWS)))
    return Section("单位分布", tuple(blocks))


def _popular(f: Facts) -> Section | None:
    if f.top.empty:
        return None
    metric = f.top.iloc[0]["metric"]
    word = labels.COUNTERS.get(metric, "转评赞")
    others = [name for name in INTERACTION if name != metric and f.top[name].notna().any()]
    rows = []
    for place, (_, row) in enumerate(f.top.iterrows(), start=1):
        rows.append((place, _title(row["title"], 90), row["account"], row["day"],
                     Count(int(row["value"]), totals.slack_of(row["mark"])),
                     *(totals.count_of(row, name) for name in others)))
    owners = f.top["account_id"].nunique()
    said = f"按{word}排列，前{len(rows)}{_piece(f)}" + (f"来自{owners}个账号。" if owners > 1 else "如下。")
    note = "取每条的最新读数。" if f.basis != "latest" else ""
    table = Table(
        f"热门内容前{len(rows)}位",
        (Column("名次", "rank"), Column("标题"), Column("账号"), Column("发布日期", "date"), Column(word, "count"),
         *(Column(SHORT[name], "count") for name in others)),
        tuple(rows), note=note,
    )
    return Section("热门内容", (Paragraph(said), table))


def _accounts(found: Sequence[reading.Cadence]) -> str:
    return listed((f"“{_name(one.account)}”" for one in found), 8)


def _silent(f: Facts) -> Section | None:
    if not f.cadence:
        return None
    stale = [one for one in f.cadence if one.freshness == "stale"]
    warned = [one for one in f.cadence if one.freshness in ("notice", "warning")]
    unknown = [one for one in f.cadence if one.freshness == "unknown"]
    end = f"{f.last.month}月{f.last.day}日"
    said = f"截至{end}，"
    if stale:
        said += (f"{len(stale)}个账号超过14天未更新：{_accounts(stale)}，按国办秘函〔2019〕19号检查指标属单项否决情形，"
                 "请主办单位尽快核实。")
    else:
        said += "没有账号超过14天未更新。" if len(unknown) < len(f.cadence) else ""
    if warned:
        said += f"另有{len(warned)}个账号7天以上未更新，请予提醒：{_accounts(warned)}。"
    if unknown:
        said += f"{len(unknown)}个账号缺少数据，更新情况不明：{_accounts(unknown)}。"
    states = {"ok": "正常", "notice": "7天以上未更新", "warning": "10天以上未更新", "stale": "超过14天未更新",
              "unknown": "没有数据"}
    listed_ = [one for one in f.cadence if one.freshness != "ok" or one.longest_gap > 7][:SILENT_ROWS]
    blocks: list[Block] = [Paragraph(said)]
    if listed_:
        blocks.append(Table(
            "需要关注的账号",
            (Column("账号"), Column("单位"), Column("发布数", "int"), Column("有发布天数", "int"),
             Column("本月最后发布", "date"), Column("最长未更新天数", "int"), Column("无数据天数", "int"),
             Column("状态")),
            tuple((one.account, one.unit, one.posts, one.active_days, one.last_post, one.longest_gap, one.unknown,
                   states[one.freshness]) for one in listed_),
            note=f"未更新天数按本月{_date(f.first)}至{end}计算；无数据的日期不计为未更新。",
        ))
    return Section("更新情况", tuple(blocks))


# --- 口径、缺口、附表


def _method(f: Facts, district: str) -> Section:
    basis = {
        "latest": "采用“最新值”口径：每条信息取最近一次采集到的读数，报告编制日期不同，数字可能因读数增长而不同",
        "d7": "采用“发布后第7日值”口径：每条信息取发布后第7日24时前最近一次读数，没有该读数的记为空缺",
    }[f.basis]
    blocks: list[Block] = [
        Heading("统计口径"),
        Paragraph(f"统计范围为{district}{f.plan.platform_name}账号中的“{f.scope.words}”，统计时段为{_date(f.first)}至"
                  f"{_date(f.last)}，日期以北京时间为准，各项计数归入信息发布当日。{basis}。"),
        Paragraph("发布数为时段内已采集到的信息数。转评赞为转发、评论、点赞之和。平均数以有该项数据的信息数为分母。"
                  "环比与上一个自然月比较，同比与上年同月比较，缺少可比数据的不作比较。"),
    ]
    index = f.plan.index
    if index is not None and not (f.ranking["score"].notna() & (f.ranking["posts"].fillna(0) > 0)).any():
        blocks.append(Paragraph(f"本月没有账号具备{index.title}公式所需的全部数据，不计算指数，榜单按{_order_word(f)}排列。"))
    elif index is not None:
        blocks.append(Paragraph(f"指数采用{index.title}（{index.source}）。{_sentence(index.notes)}"
                                f"{f'{ROUNDED}。' if f.plan.rounded else ''}"
                                "不同版本的指数不可相互比较；缺少公式所需数据的账号不计分。"
                                f"{'' if f.plan.order == 'index' else f'榜单按{_order_word(f)}排列。'}"))
    else:
        blocks.append(Paragraph(f"{f.plan.platform_name}没有公开的指数公式，榜单按{_order_word(f)}排列。"))
    blocks.append(Paragraph("平台以“10万+”等方式显示的读数只是下限，记“≥”；以“1.2万”等方式显示的读数是约数，记“≈”；"
                            "没有数据记“—”，不以零代替。含有下限或约数的合计同样带有相应符号。"))
    capped = _inexact(f)
    if capped:
        blocks.append(Paragraph(f"本月不精确的项目：{'、'.join(capped)}。"))
    blocks += [Heading("数据缺口"), *_gaps(f)]
    return Section("统计口径与数据说明", tuple(blocks), role="method")


def _sentence(text: str) -> str:
    return f"{text.rstrip('。')}。" if text else ""


def _inexact(f: Facts) -> list[str]:
    return totals.inexact(f.now, [n for n in f.counters if not f.total(n).missing]) if f.now is not None else []


def _gaps(f: Facts) -> Iterator[Block]:
    fresh = f.freshness
    said = "统计时段内没有应采集的账号日。"
    if fresh.share is not None:
        said = f"应有数据{fresh.expected:,}账号日，已有{fresh.covered:,}账号日，覆盖率{percent(fresh.share)}。"
        said += "数据完整。" if fresh.covered >= fresh.expected else ""
    yield Paragraph(said)
    now, before = f.share_known(f.now, f.days), f.share_known(f.before, f.month.shift(-1).days)
    if now is not None and before is not None and abs(now - before) > 0.1:
        yield Paragraph(f"上月数据覆盖率为{percent(before)}，与本月（{percent(now)}）相差较大，环比仅供参考。")
    words = {**labels.COVERAGE, "unknown": "没有采集记录"}
    rows = [(words.get(state, state), n, share(n, sum(f.states.values()))) for state, n in f.states.items() if n]
    if rows:
        note = "由文件导入的账号没有逐日采集记录，有发布的日期视为已有数据。" if f.states.get("unknown") else ""
        yield Table("账号日采集状态", (Column("状态"), Column("账号日", "int"), Column("占比", "percent")), tuple(rows),
                    note=note)


def _annex(f: Facts) -> Section | None:
    if len(f.ranking) <= 1:
        return None
    return Section("全部账号数据", (_board_table(f, "全部账号数据", f.ranking, full=True),), role="annex")
