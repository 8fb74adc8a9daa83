"""榜单: accounts ranked by the index or as the board is ordered, and those of each kind of unit among themselves."""

from typing import Any

import pandas as pd

from core import labels
from core.counts import AT_LEAST, CAPPED_READ, Count
from core.query import totals
from core.query.boards import Plan
from core.report.content import Block, Chart, Column, Heading, Mean, Note, Paragraph, Section, Series, Table
from core.report.platform.facts import TOP, Facts
from core.report.platform.wording import INTERACTION, bars, name, named, unit_kind
from core.report.sentences import listed

BOARD_ROWS = 20
APART = "榜单用于运营分析，不作为考核依据。"


def rankings(f: Facts) -> Section | None:
    ranked = placed(f)
    if ranked.empty:
        return None
    indexed = by_index(f.plan)
    what = f.plan.index.title if indexed else order_word(f.plan)
    first = ranked.iloc[0]
    score = f"{first['score_mark']}{float(first['score']):,.2f}" if indexed else ""
    if len(ranked) == 1:
        said = f"{f.this}只有“{name(first['name'])}”有发布" + (f"，指数得分{score}。" if indexed else "。")
    else:
        said = f"按{what}排名，有发布的{len(ranked)}个账号中，{leading(ranked)}居第一"
        said += f"，得分{score}。" if indexed else "。"
    if len(ranked) >= 3:
        said += f"前三位为{named(ranked['name'][:3])}。"
    risen = ranked[ranked["rank_steps"].fillna(0) > 0].sort_values("rank_steps", ascending=False, kind="stable")
    if f.complete and len(risen):
        top = risen.iloc[0]
        said += f"名次上升最多的是“{name(top['name'])}”，比{f.former}上升{int(top['rank_steps'])}位。"
    blurred = int(ranked.head(BOARD_ROWS)["indistinct"].sum())
    if blurred:
        said += f"其中{blurred}个账号因数据为下限或约数，与邻近名次不可区分。"
    blocks: list[Block] = [Paragraph(said), Note(APART)]
    if len(ranked) > 1:
        blocks.append(top_chart(f.plan, ranked.head(TOP), f.piece))
    title = f"账号榜单（前{BOARD_ROWS}位）" if len(ranked) > BOARD_ROWS else "账号榜单"
    blocks.append(board_table(f, title, ranked.head(BOARD_ROWS)))
    return Section("榜单", tuple(blocks))


def kinds(f: Facts) -> Section | None:
    """The accounts of each kind of unit among themselves, where the scope has more than one kind."""
    ranked = placed(f)
    present = [kind for kind in ("bureau", "street") if (ranked["unit_kind"] == kind).any()]
    if len(present) < 2:
        return None
    blocks: list[Block] = []
    for kind in present:
        part = ranked[ranked["unit_kind"] == kind]
        word = unit_kind(kind)
        said = f"{word}有发布的账号{len(part)}个，{leading(part)}居第一" if len(part) > 1 else \
            f"{word}只有“{name(part.iloc[0]['name'])}”有发布"
        if len(part) >= 3:
            said += f"，前三位为{named(part['name'][:3])}"
        blocks += [Heading(f"{word}账号"), Paragraph(f"{said}。"),
                   board_table(f, f"{word}账号前{min(TOP, len(part))}位", part.head(TOP), renumbered=True)]
    return Section("分类榜单", tuple(blocks))


def placed(f: Facts) -> pd.DataFrame:
    """The accounts with a place that published anything."""
    return f.ranking[f.ranking["rank"].notna() & (f.ranking["posts"].fillna(0) > 0)]


def leading(ranked: pd.DataFrame) -> str:
    """The accounts in the first place: `“甲”（教育局）`, or several with equal values."""
    first = ranked[ranked["rank"] == ranked.iloc[0]["rank"]]
    if len(first) == 1:
        return f"“{name(first.iloc[0]['name'])}”（{name(first.iloc[0]['unit'])}）"
    return f"{listed([f'“{name(one)}”' for one in first['name']])}并列"


def by_index(plan: Plan) -> bool:
    return plan.order == "index" and plan.index is not None


def order_word(plan: Plan) -> str:
    return labels.ORDERS[plan.order]


def top_chart(plan: Plan, best: pd.DataFrame, piece: str) -> Chart:
    """What the first accounts are ranked by, as bars."""
    indexed = by_index(plan)
    value = "score" if indexed else plan.order
    unit = "分" if indexed else {"posts": piece, "followers": "人"}.get(plan.order, "次")
    what = plan.index.title if indexed else order_word(plan)
    return Chart("bar", f"前{len(best)}位账号", "账号", tuple(bars(best["name"])),
                 (Series(what, tuple(None if pd.isna(v) else float(v) for v in best[value])),), unit)


def board_table(f: Facts, title: str, frame: pd.DataFrame, *, full: bool = False, renumbered: bool = False) -> Table:
    """Rows of a ranking. `renumbered`: places within this list, equal places kept equal."""
    main = [f.main] if f.main else []
    by = f.plan.order
    wanted = f.counters if full else ("likes",) if main else INTERACTION
    wanted = (*wanted, by) if by in labels.COUNTERS and by not in wanted else wanted
    others = [one for one in f.yields(tuple(wanted)) if one not in main]
    scored = f.plan.index is not None and frame["score"].notna().any()
    columns = [Column("名次", "rank"), *([] if renumbered else [Column("升降")]), Column("账号"), Column("单位"),
               *([Column("指数", "score")] if scored else []), Column("发布数", "int")]
    for one in main:
        word = labels.COUNTERS[one]
        columns += [Column(f"总{word}", "count"), Column(f"最高{word}", "count"), Column(f"平均{word}", "mean")]
    columns += [Column(f"总{labels.COUNTERS[one]}" if one == "likes" else labels.COUNTERS[one], "count")
                for one in others]
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
            cells.append(score(row))
        cells.append(row["posts"])
        for one in main:
            cells += [totals.count_of(row, one), _peak_count(row, one),
                      None if pd.isna(row[f"{one}_avg"]) else Mean(float(row[f"{one}_avg"]), row[f"{one}_mark"])]
        cells += [totals.count_of(row, one) for one in others]
        cells += [totals.count_of(row, by)] if totalled else []
        cells += [totals.count_of(row, "followers")] * bool(followers)
        cells += [row["note"]] * noted
        rows.append(tuple(cells))
    return Table(title, tuple(columns), tuple(rows))


def score(row: pd.Series) -> Mean | None:
    return None if pd.isna(row["score"]) else Mean(float(row["score"]), row["score_mark"])


def _peak_count(row: pd.Series, counter: str) -> Count:
    """A maximum: a lower bound when it is the value that stands for 10万+."""
    value = row[f"{counter}_max"]
    if pd.isna(value):
        return Count(None)
    mark = row[f"{counter}_mark"]
    capped = mark == "≥" and int(value) == CAPPED_READ
    return Count(int(value), AT_LEAST if capped else totals.slack_of(mark) if mark == "≈" else 0)
