"""群众诉求: how many, about what, from where, which problems come back, what is overdue."""

import pandas as pd

from core.labels import DEMAND_CHANNELS
from core.metrics.growth import share
from core.query.demands import NOBODY, NOWHERE
from core.report import opinion_parts as parts
from core.report.content import Block, Paragraph, Section, Table
from core.report.opinion.facts import Facts
from core.report.opinion.words import changed, ends
from core.report.opinion_parts import cut
from core.report.sentences import percent

NAMED = 3
UNJUDGED = ("", "未判定")


def section(f: Facts) -> Section | None:
    """What people asked for."""
    if f.asked is None:
        return None
    blocks: list[Block] = [Paragraph(_lead(f)), Paragraph(_where(f))]
    if problems := _problem_words(f):
        blocks.append(Paragraph(problems))
    blocks += [_totals(f), _spread(f)]
    if len(f.problems):
        blocks.append(_problems(f))
    return Section("群众诉求", tuple(blocks))


def _lead(f: Facts) -> str:
    told = f.asked.totals
    channels = f.asked.days.groupby("series", sort=False)["value"].sum().sort_values(ascending=False, kind="stable")
    said = f"{f.this}收到群众诉求{told.total:,}件{changed(f, 'demands', '件')}"
    if len(channels) == 1:
        said += f"，均来自{channels.index[0]}。"
    else:
        said += f"，其中{'、'.join(f'{name}{int(n):,}件' for name, n in channels.items())}。"
    if told.repeats:
        said += f"同一诉求人就同一问题再次反映的{told.repeats:,}件。"
    if not told.tracked:
        return said + "来源未提供办理情况，办理是否及时无法判断。"
    part = f"（{told.tracked:,}件有办理情况）" if told.tracked < told.total else ""
    said += f"已答复或办结{told.closed:,}件{part}" if told.closed else f"尚无已答复或办结的{part}"
    if told.due:
        said += (f"，可判断是否按时的{told.due:,}件中按时办理{told.in_time:,}件、"
                 f"占{percent(share(told.in_time, told.due))}")
    said += f"，{ends(f)}超期未答复{told.overdue:,}件。" if told.overdue else f"，{ends(f)}没有超期未答复的诉求。"
    if told.rated:
        said += (f"有满意度评价的{told.rated:,}件中，满意和基本满意{told.pleased:,}件、"
                 f"占{percent(share(told.pleased, told.rated))}。")
    return said


def _where(f: Facts) -> str:
    said = []
    for frame, name in ((f.asked.fields, "领域"), (f.asked.towns, "街镇"), (f.asked.units, "承办单位")):
        known = frame[~frame["name"].isin((*UNJUDGED, NOWHERE, NOBODY))]
        if known.empty:
            continue
        top = "、".join(f"{_field(row.name_)}{int(row.total):,}件" for row in known.rename(
            columns={"name": "name_"}).head(NAMED).itertuples())
        said.append(f"按{name}，{top}{'居前' if len(known) > NAMED else ''}")
    return f"{'；'.join(said)}。" if said else "诉求的领域、街镇和承办单位尚未判定。"


def _field(name: str) -> str:
    return name.replace("/", "·")


def _problem_words(f: Facts) -> str:
    """What was asked for again and again."""
    if f.problems.empty:
        return ""
    named = []
    for row in f.problems.drop_duplicates("title").head(NAMED).itertuples():
        where = f"，涉及{row.towns}个街镇" if row.towns > 1 else ""
        many = f"{f.this}{int(row.now):,}件、近半年{int(row.all):,}件"
        named.append(f"{parts.titled(row.title)}（{row.level_name}，{many}{where}）")
    return f"反复出现的问题有：{'；'.join(named)}。"


def _totals(f: Facts) -> Table:
    told = f.asked.totals
    channels = f.asked.days.groupby("series", sort=False)["value"].sum() if len(f.asked.days) else pd.Series(dtype=int)
    rows = [("诉求总数", told.total, None), *((name, int(channels[name]), None) for name in DEMAND_CHANNELS.values()
                                          if name in channels.index and len(channels) > 1)]
    rows += [("重复反映", told.repeats, share(told.repeats, told.called)),
             ("有办理情况", told.tracked, share(told.tracked, told.total)), ("已答复或办结", told.closed, None),
             ("可判断是否按时", told.due, None), ("其中：按时办理", told.in_time, share(told.in_time, told.due)),
             ("超期未答复", told.overdue, share(told.overdue, told.tracked)), ("有满意度评价", told.rated, None),
             ("其中：满意和基本满意", told.pleased, share(told.pleased, told.rated))]
    return Table("诉求办理情况", parts.heads("项目", "件数:int", "占比:percent"), tuple(rows),
                 note="重复反映以有诉求人信息的为分母；没有办理情况的不计入按时和超期。")


def _spread(f: Facts) -> Table:
    """The largest fields, streets and units."""
    most = 5 if f.brief else parts.PLACES
    rows = []
    for frame, name in ((f.asked.fields, "领域"), (f.asked.towns, "街镇"), (f.asked.units, "承办单位")):
        rows += [(name, _field(row["name"]), int(row["total"]), int(row["overdue"]),
                  None if pd.isna(row["rate"]) else float(row["rate"]))
                 for row in frame.head(most).to_dict("records")]
    return Table("诉求分布", parts.heads("方面", "名称", "件数:int", "超期:int", "按时率:percent"), tuple(rows),
                 note=f"各方面列前{most}位；按时率以可判断是否按时的诉求为分母。")


def _problems(f: Facts) -> Table:
    return Table("反复出现的问题", parts.heads("序号:int", "问题", "程度", f"{f.this}（件）:int", "近半年（件）:int",
                                            "街镇（个）:int", "超期（件）:int"), tuple(
        (n, cut(row.title, 40), row.level_name, int(row.now), int(row.all), int(row.towns), int(row.overdue))
        for n, row in enumerate(f.problems.itertuples(), 1)), note="程度按近半年诉求的件数、人数和街镇判定。")
