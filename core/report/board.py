"""榜单公报: one board (榜单) of one of its periods, for the public: what it is, who stands where and who moved, which
places cannot be told apart, and by what formula and rules."""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import exists, select
from sqlmodel import Session

from core import board_versions, clock, db, labels
from core.board_versions import Definition
from core.faults import BadInput
from core.ledger.entries import IMPORTANCE
from core.models import Account, Platform
from core.periods import Period
from core.query import boards, totals
from core.query.scope import Filter
from core.report.content import (
    Block,
    Column,
    Content,
    Figure,
    Figures,
    Heading,
    Note,
    Paragraph,
    Section,
    Subject,
    Table,
)
from core.report.index_words import formula, terms
from core.report.outline import Order, Part, arranged
from core.report.platform.base import piece_of
from core.report.platform.method import BASIS, MARKS, sourced
from core.report.platform.rankings import APART, by_index, leading, order_word, score, top_chart
from core.report.platform.wording import dated, name, named, short_day
from core.report.sentences import amount, listed
from core.settings import settings

ROWS, TOP, MOVED = 30, 10, 10
"""Places that stand in the bulletin itself, in its chart, and accounts of a table of moves."""
NOTABLE = 3
"""Places that an account has to rise or fall to be named."""
BEFORE = {"day": "前一日", "week": "上周", "month": "上月", "quarter": "上季度", "year": "上年"}


@dataclass(frozen=True, slots=True)
class Facts:
    """A board over one of its periods. `ranking`: core.query.boards, best first; `ranked`: those with a place that
    published anything."""

    board: Definition
    period: Period
    first: date
    last: date
    plan: boards.Plan
    piece: str
    ranking: pd.DataFrame
    changed: datetime | None
    at: datetime
    stamp: int
    demo: bool

    @property
    def ranked(self) -> pd.DataFrame:
        return self.ranking[self.ranking["rank"].notna() & (self.ranking["posts"].fillna(0) > 0)]

    @property
    def former(self) -> str:
        return BEFORE[self.period.span]


def build(session: Session, order: Order, now: datetime) -> Content:
    """The bulletin of the board `order.scope` (`board:2`), by its own index, order and basis. Raises BadInput (Chinese)
    for a board that is none, another period than its own, and a period that is not over."""
    return compose(read(session, order, now), settings().district, settings().office, order.parts)


def empty(session: Session, order: Order, now: datetime) -> bool:
    """Whether no account of the board has a place. Errors as `build`."""
    return read(session, order, now).ranked.empty


def scopes(session: Session, platform: str) -> list[tuple[str, str]]:
    """The boards that are on offer, of one platform or of all."""
    return [(f"board:{row['id']}", row["name"]) for row in boards.list_boards(session, platform).to_dict("records")]


def read(session: Session, order: Order, now: datetime) -> Facts:
    """All facts of the bulletin; the board is as it was at the period's end. Errors as `build`."""
    kind, _, number = order.scope.partition(":")
    own = board_versions.definition(session, int(number)) if kind == "board" and number.isdecimal() else None
    if own is None:
        raise BadInput(f"榜单“{order.scope}”不存在，请选择一个榜单")
    span = order.period.span
    if own.period and own.period != span:
        raise BadInput(f"“{own.name}”是{labels.PERIODS[own.period]}，时段应选{labels.PERIODS[own.period][0]}")
    first, last = span_of(order.period, own.week_start)
    if last >= clock.day_of(now):
        raise BadInput(f"“{own.name}”的这一期到{dated(last)}才结束，结束后才能编制公报")
    board = board_versions.definition(session, own.id, last)
    where = Filter(first, last, board=own.id, as_of=last)
    plan = boards.plan(session, board.platform, board=own.id, as_of=last)
    ids = totals.meant(session, where)
    return Facts(
        board, order.period, first, last, plan, piece_of(session.get_one(Platform, plan.platform).family),
        boards.ranking(session, where, plan.platform),
        board_versions.changed_since(session, own.id, last), db.stamped_at(session) or now, db.stamp(session),
        bool(session.execute(select(exists().where(Account.id.in_(ids), Account.demo.is_(True)))).scalar()))


def span_of(period: Period, week_start: int) -> tuple[date, date]:
    """First and last day of the board's period: its weeks begin on its own weekday, and the one that ends within the
    period's week is meant."""
    if period.span == "week":
        return clock.spans("week", period.last, 1, week_start)[0]
    return period.first, period.last


def compose(f: Facts, district: str, office: str, wanted: tuple[str, ...] = ()) -> Content:
    """The bulletin that those facts make. Pure."""
    called = labels.REPORT_KINDS["board"]
    return Content(
        subject=Subject("board", f.plan.platform, f.period.code, f"board:{f.board.id}"),
        title=f"{f.period.label}“{name(f.board.name)}”公报", subtitle=f"（{_dates(f)}）",
        office=office, district=district, platform=f.plan.platform_name, kind=called, period=_dates(f),
        scope=f.board.name, basis=labels.BASES[f.plan.basis], as_of=f.at, stamp=f.stamp, is_demo=f.demo,
        sections=arranged(OUTLINE, f, wanted), layout="brief", masthead=called, number=_number(f.period))


def _dates(f: Facts) -> str:
    return dated(f.first) if f.first == f.last else f"{dated(f.first)}至{short_day(f.last)}"


def _number(period: Period) -> str:
    """`2026年第10期`; a bulletin of a year bears no number."""
    return f"{period.year}年" if period.span == "year" else f"{period.year}年第{period.number}期"


# --- The parts


def _summary(f: Facts) -> Section:
    ranked = f.ranked
    active = int((f.ranking["posts"].fillna(0) > 0).sum())
    unknown = int(f.ranking["posts"].isna().sum())
    up, down, flat, new = (len(one) for one in _moves(f))
    posts = f.ranking["posts"].dropna()
    items = [Figure("监测账号", f"{len(f.ranking):,}", "个"), Figure("有发布", f"{active:,}", "个"),
             Figure("列入排名", f"{len(ranked):,}", "个"),
             Figure("发布数合计", f"{int(posts.sum()):,}" if len(posts) else labels.MISSING, f.piece)]
    if up or down or new:
        items += [Figure("名次上升", f"{up:,}", "个"), Figure("名次下降", f"{down:,}", "个"),
                  Figure("名次不变", f"{flat:,}", "个"), *([Figure("新上榜", f"{new:,}", "个")] if new else [])]
    said = f"{_dates(f)}，“{name(f.board.name)}”共监测{f.plan.platform_name}账号{len(f.ranking)}个，"
    said += f"其中有发布的{active}个"
    said += f"，没有采集到数据的{unknown}个。" if unknown else "。"
    if ranked.empty:
        said += "没有可以排名的账号。"
    else:
        said += f"列入排名的{len(ranked)}个账号中，{leading(ranked)}居第一" if len(ranked) > 1 else \
            f"只有{leading(ranked)}可以排名"
        said += f"，{_value_words(f, ranked.iloc[0])}。"
        if len(ranked) > 3:
            said += f"前三位为{named(ranked['name'][:3])}。"
    return Section("本期概况", (Paragraph(said), Figures(tuple(items))), "lead")


def _value_words(f: Facts, row: pd.Series) -> str:
    """What the first one is ranked by."""
    if by_index(f.plan):
        return f"{f.plan.by}得分{row['score_mark']}{float(row['score']):,.2f}"
    unit = {"posts": f.piece, "followers": "人"}.get(f.plan.order, "次")
    return f"{order_word(f.plan)}{amount(totals.count_of(row, f.plan.order), unit)}"


def _ranking(f: Facts) -> Section | None:
    if f.ranked.empty:
        return None
    shown = f.ranked.head(ROWS)
    blocks: list[Block] = []
    if len(f.ranked) > 1:
        blocks.append(top_chart(f.plan, f.ranked.head(TOP), f.piece))
    title = f"“{name(f.board.name)}”前{ROWS}位" if len(f.ranked) > ROWS else f"“{name(f.board.name)}”"
    return Section("排名", (Note(APART), _table(f, title, shown), *blocks))


def _table(f: Facts, title: str, frame: pd.DataFrame, noted: bool = False) -> Table:
    """The board's rows with the columns that it shows."""
    scored = f.plan.index is not None and frame["score"].notna().any()
    shown = f.plan.columns or (*((f.plan.main,) if f.plan.main else ()), "interaction", "followers")
    if f.plan.order not in ("index", "posts", *shown):
        shown = (f.plan.order, *shown)
    shown = [one for one in dict.fromkeys(shown) if one != "posts" and frame[one].notna().any()]
    columns = [Column("名次", "rank"), Column("升降"), Column("账号"), Column("单位"),
               *([Column(f.plan.by, "score")] if scored and by_index(f.plan) else
                 [Column("指数", "score")] if scored else []),
               Column("发布数", "int"), *(Column(labels.ORDERS[one], "count") for one in shown),
               *([Column("数据说明")] if noted else [])]
    return Table(title, tuple(columns), tuple(
        (*((int(row["rank"]), row["rank_change"]) if _has_place(row) else (None, None)), row["name"], row["unit"],
         *([score(row)] if scored else []), row["posts"], *(totals.count_of(row, one) for one in shown),
         *([row["note"]] if noted else [])) for _, row in frame.iterrows()))


def _has_place(row: pd.Series) -> bool:
    """Silent accounts score 0 and have no place in a bulletin."""
    return not pd.isna(row["rank"]) and not pd.isna(row["posts"]) and row["posts"] > 0


def _moves(f: Facts) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Accounts that rose, the highest rise first, that fell, that stayed, and those that are new."""
    ranked = f.ranked
    steps = ranked["rank_steps"]
    up = ranked[steps.fillna(0) > 0].sort_values(["rank_steps", "rank"], ascending=[False, True], kind="stable")
    down = ranked[steps.fillna(0) < 0].sort_values(["rank_steps", "rank"], kind="stable")
    return up, down, ranked[steps == 0], ranked[ranked["rank_change"] == "新"]


def _moved(f: Facts) -> Section | None:
    up, down, flat, new = _moves(f)
    if f.ranked.empty:
        return None
    if up.empty and down.empty and new.empty:
        said = f"名次与{f.former}相同。" if len(flat) else f"{f.former}没有可比的名次。"
        return Section("名次升降", (Paragraph(said),))
    parts = [f"{word}的{len(part)}个" for part, word in
             ((up, "名次上升"), (down, "下降"), (flat, "不变"), (new, "新上榜")) if len(part)]
    said = f"与{f.former}相比，{'，'.join(parts)}。"
    for part, verb in ((up, "上升"), (down, "下降")):
        notable = part[part["rank_steps"].abs() >= NOTABLE].head(3)
        if len(notable):
            said += "、".join(
                f"“{name(row['name'])}”由第{int(row['previous_rank'])}位{verb}到第{int(row['rank'])}位"
                for _, row in notable.iterrows()) + "。"
    if len(new):
        said += f"新上榜的有{listed([f'“{name(one)}”' for one in new['name']], 5)}。"
    shown = pd.concat([up.head(MOVED), down.head(MOVED), new.head(MOVED)])
    table = Table("升降较大的账号", (
        Column("账号"), Column("单位"), Column("本期名次", "rank"), Column("上期名次", "rank"), Column("升降")),
        tuple((row["name"], row["unit"], int(row["rank"]), row["previous_rank"], row["rank_change"])
              for _, row in shown.iterrows()), note="“新”为上期没有名次。")
    return Section("名次升降", (Paragraph(said), table))


def _ties(f: Facts) -> Section | None:
    """Equal places, and neighbours whose figures are too rough to be told apart."""
    ranked = f.ranked
    tied = [part for _, part in ranked.groupby("rank", sort=True) if len(part) > 1]
    blurred = ranked[ranked["indistinct"]]
    if not tied and blurred.empty:
        return None
    said, rows = "", []
    if tied:
        said += "；".join(f"{named(part['name'])}并列第{int(part['rank'].iloc[0])}位" for part in tied[:5]) + (
            f"，共有并列{len(tied)}处。" if len(tied) > 5 else "。")
        rows += [(int(row["rank"]), row["name"], row["unit"], "并列") for part in tied for _, row in part.iterrows()]
    if len(blurred):
        said += (f"{len(blurred)}个账号的数据含下限或约数，与邻近名次不可区分，名次仅供参考："
                 f"{listed([f'“{name(one)}”' for one in blurred['name']], 8)}。")
        rows += [(int(row["rank"]), row["name"], row["unit"], row["note"]) for _, row in blurred.iterrows()]
    counts = Figures((Figure("并列", f"{len(tied)}", "处"), Figure("不可区分", f"{len(blurred)}", "个")))
    return Section("并列与不可区分", (Paragraph(said), counts, Table(
        "并列与不可区分的账号", (Column("名次", "rank"), Column("账号"), Column("单位"), Column("说明")), tuple(rows))))


def _rules(f: Facts) -> Section:
    board, index = f.board, f.plan.index
    blocks: list[Block] = [Heading("榜单说明"), Paragraph(
        f"“{name(board.name)}”为{labels.PERIODS[f.period.span]}，{_members(f)}。统计时段为{_dates(f)}，"
        f"按{f.plan.by}排名，数值相同的名次并列，升降与{f.former}的名次相比。{BASIS[f.plan.basis]}。"),
        Heading("计算方法")]
    if by_index(f.plan):
        rounding = f"{boards.ROUNDED}。" if f.plan.rounded else ""
        blocks += [Paragraph(f"指数采用{sourced(index)}{rounding}缺少公式所需数据的账号不计分，没有发布的不列入排名。"),
                   Paragraph(f"{formula(index)}。"), terms(index)]
    else:
        blocks.append(Paragraph(f"本榜单按{order_word(f.plan)}的原始数据排名，没有发布的账号不列入排名。"))
    rules = [MARKS, "名次前后的账号，若真实数值的可能范围重叠，记“不可区分”。",
             f"榜单由系统按公开规则自动计算，不作人工调整；{APART}"]
    if f.changed is not None:
        rules.append(f"榜单的定义在本期结束后有过修改（{dated(clock.day_of(f.changed))}），本公报按本期结束时的定义编制。")
    return Section("榜单说明与规则", (*blocks, Heading("规则"), *map(Paragraph, rules)), role="method")


def _members(f: Facts) -> str:
    """Whom it ranks, in words."""
    board = f.board
    if board.picked:
        return f"收录选定的{f.plan.platform_name}账号{len(f.ranking)}个"
    said = [f"单位类型为{'、'.join(labels.UNIT_KINDS[kind] for kind in board.unit_kinds)}"] if board.unit_kinds else []
    said += [f"标签为{'、'.join(board.tags)}"] if board.tags else []
    said += [f"重要程度为{'、'.join(IMPORTANCE[one] for one in board.importances)}"] if board.importances else []
    whom = f"中{'，'.join(said)}的账号" if said else "的全部账号"
    return f"收录台账内{f.plan.platform_name}{whom}，共{len(f.ranking)}个"


def _all(f: Facts) -> Section | None:
    if len(f.ranking) <= ROWS and len(f.ranking) == len(f.ranked) and not any(f.ranking["note"]):
        return None
    return Section("全部账号", (_table(f, "全部账号", f.ranking, noted=any(f.ranking["note"])),), role="annex")


OUTLINE: tuple[Part[Facts], ...] = (
    Part("summary", "本期概况", _summary, fixed=True),
    Part("ranking", "排名", _ranking),
    Part("moves", "名次升降", _moved),
    Part("ties", "并列与不可区分", _ties),
    Part("rules", "榜单说明与规则", _rules, fixed=True),
    Part("all", "附表：全部账号", _all, fixed=True),
)
"""The parts of a bulletin."""
