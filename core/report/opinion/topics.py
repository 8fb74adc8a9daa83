"""热点话题: the largest ones with their rank and how it moved, and the first of them in detail: where they began, where
they were told, how they are spoken of, and what netizens and media, apart, think of them."""

import pandas as pd

from core.clock import local
from core.incidents.phrases import MANY, moment
from core.metrics.growth import share
from core.query.corpus import MEDIA, NEGATIVE, NETIZENS
from core.report import opinion_parts as parts
from core.report.content import Block, Column, Heading, Paragraph, Section, Table
from core.report.opinion.facts import LISTED, Facts, Told
from core.report.opinion_parts import SIDE_WORDS, cut, quote_words, stamp, titled
from core.report.sentences import percent

HEAD = 3
"""Topics that are named in the first sentence."""
POINTS = 2
"""Viewpoints of each side in the table of a topic."""
NEW = "新上榜"
LIST, VIEWS, DETAILS = "热点话题", "主要话题的观点", "主要话题情况"


def section(f: Facts) -> Section | None:
    """What was talked about."""
    if f.topics.empty:
        return None
    blocks: list[Block] = [Paragraph(_lead(f)), table(f, LISTED)]
    for told in f.told:
        blocks.append(Heading(cut(str(told.row["title"]), 40)))
        blocks.append(Paragraph(_detail(f, told)))
        if told.seen is not None and (views := _views(told)):
            blocks.append(Paragraph(views))
    blocks.append(_details(f))
    if any(told.seen is not None and (told.seen.netizens.points or told.seen.media.points) for told in f.told):
        blocks.append(_view_table(f))
    return Section(LIST, tuple(blocks))


def _lead(f: Facts) -> str:
    top = f.topics.head(HEAD)
    named = "、".join(f"{titled(row.title)}（{int(row.mentions):,}条）" for row in top.itertuples())
    if f.sums.topics <= HEAD:
        said = f"{f.this}两条以上信息的话题{f.sums.topics}个：{named}。"
    else:
        said = f"{f.this}两条以上信息的话题{f.sums.topics:,}个，居前的是：{named}。"
    if f.earlier is None:
        return said
    new = int(f.topics.head(LISTED)["rank_before"].isna().sum())
    number = min(len(f.topics), LISTED)
    if new == number:
        return f"{said}列出的话题均为{f.this}新上榜。" if number > 1 else f"{said}该话题为{f.this}新上榜。"
    return f"{said}列出的{number}个话题中新上榜{new}个。" if new else f"{said}列出的话题{f.before}均已上榜。"


def move(rank: int, before: object) -> str:
    """`↑3`, `↓2`, `—`, 新上榜."""
    if pd.isna(before):
        return NEW
    return f"↑{before - rank}" if before > rank else f"↓{rank - before}" if rank > before else "—"


def table(f: Facts, most: int, title: str = LIST, *, wide: bool = False) -> Table:
    """The topics by rank. `wide`: with the time at which they began, for an annex; among the sentences of a brief they
    stand with few figures."""
    compared, narrow = f.earlier is not None, f.brief and not wide
    when, form = parts.clock_column(f.topics["first_at"].head(most), "首发时间")
    names = ["排名:rank", *(["变化"] if compared else []), "话题", "信息量（条）:int",
             *([] if narrow else ["去重（篇）:int"]), "平台（个）:int", "负面占比:percent",
             *([] if narrow else ["首发来源"]), *([when] if wide else [])]
    rows = []
    for row in f.topics.head(most).itertuples():
        negative = None if row.negative is None or row.negative != row.negative else row.negative
        moved, folded = [move(row.rank, row.rank_before)], [int(row.folded)]
        source, at = [cut(row.first_source, 16)], [f"{local(row.first_at):{form}}"]
        rows.append((int(row.rank), *(moved if compared else []), cut(row.title, 40), int(row.mentions),
                     *([] if narrow else folded), int(row.platforms), negative, *([] if narrow else source),
                     *(at if wide else [])))
    new = int(f.topics.head(most)["rank_before"].isna().sum()) if compared else 0
    note = f"变化为与{f.before}排名相比，新上榜{new}个；" if compared else ""
    left = f"；{f.this}共{f.sums.topics:,}个，仅列前{most}位" if f.sums.topics > most else ""
    return Table(title, parts.heads(*names), tuple(rows), note=f"{note}负面占比以已判读情感的信息为分母{left}。")


def _detail(f: Facts, told: Told) -> str:
    """Rank, origin, platforms, streets and sentiment of one topic."""
    row = told.row
    number, rank = int(row["mentions"]), int(row["rank"])
    said = f"{f.this}信息{number:,}条、排名第{rank}"
    before = row["rank_before"]
    if f.earlier is not None:
        change = move(rank, before)
        said += {"—": f"，与{f.before}持平", NEW: "，为新上榜"}.get(
            change, f"，较{f.before}{'上升' if change[0] == '↑' else '下降'}{change[1:]}位")
    undated = "" if row["dated"] else "（首次采集时间）"
    source = f"{cut(str(row['first_source']), 20)}（{row['first_platform']}）"
    said += f"。首发于{source}，时间为{moment(row['first_at'], f.now)}{undated}。"
    if len(told.platforms) > 1:
        said += f"{f.this}见于{_platforms(told)}。"
    towns = told.towns[told.towns["town"] != ""]
    if not towns.empty:
        many = f"等{len(towns)}个街镇" if len(towns) > 3 else ""
        said += f"涉及{'、'.join(towns['town'].head(3))}{many}。"
    felt = sum(voice.felt for voice in told.voices.values())
    bad = sum(voice.numbers[NEGATIVE] for voice in told.voices.values())
    if felt:
        part = f"、占{percent(share(bad, felt))}" if felt >= MANY else ""
        said += f"已判读情感的{felt:,}条中{f'，负面{bad:,}条{part}' if bad else '没有负面信息'}。"
    return said


def _platforms(told: Told) -> str:
    """`微博、东方网、知乎等9个平台`, the largest first."""
    ordered = told.platforms.sort_values(["mentions", "first_at"], ascending=[False, True], kind="stable")
    return "、".join(ordered["platform"].head(3)) + (f"等{len(ordered)}个平台" if len(ordered) > 3 else "")


def _views(told: Told) -> str:
    """What both sides think, each in its own words."""
    seen = told.seen
    points = parts.points_words(NETIZENS, seen.netizens, 1) + parts.points_words(MEDIA, seen.media, 1)
    if points:
        return points
    sides = [(SIDE_WORDS[side], view.comments) for side, view in ((NETIZENS, seen.netizens), (MEDIA, seen.media))
             if view.comments]
    return f"{'、'.join(name for name, _ in sides)}信息内容分散，没有形成集中的观点。" if sides else ""


def _details(f: Facts) -> Table:
    """The figures of what is told of topics."""
    rows = []
    for told in f.told:
        row, felt = told.row, sum(voice.felt for voice in told.voices.values())
        bad = sum(voice.numbers[NEGATIVE] for voice in told.voices.values())
        towns = int((told.towns["town"] != "").sum())
        rows.append((int(row["rank"]), cut(str(row["title"]), 30), stamp(row["first_at"]), int(row["platforms"]), towns,
                     felt, bad if felt else None, share(bad, felt)))
    return Table(DETAILS, (Column("排名", "rank"), Column("话题"), Column("首发时间"), Column("平台", "int"),
                           Column("街镇", "int"), Column("已判读", "int"), Column("负面", "int"),
                           Column("负面占比", "percent")), tuple(rows), note="平台、街镇为个数，已判读和负面为条数。")


def _view_table(f: Facts) -> Table:
    rows = []
    for told in f.told:
        for side, view in ((NETIZENS, told.seen.netizens), (MEDIA, told.seen.media)) if told.seen else ():
            for point in view.points[:POINTS]:
                shown = "".join(map(quote_words, point.quotes[:1])) or "（原文已变动，不再引用）"
                rows.append((cut(str(told.row["title"]), 14), SIDE_WORDS[side], len(view.points), shown, point.number,
                             point.share, cut(point.quotes[0].source, 12) if point.quotes else ""))
    return Table(VIEWS, (Column("话题"), Column("方面"), Column("观点（类）", "int"), Column("代表性原文"),
                         Column("条数", "int"), Column("占比", "percent"), Column("出处")), tuple(rows),
                 note=f"观点按话题全程的信息归纳，不限于统计时段；各方面列前{POINTS}类，占比以本方面可归纳的信息为分母；"
                      "原文逐字摘录，不代表本单位观点。")
