"""The room 榜单: which board, of which period, ranked and shown how; beside it units among their peers, matrix totals,
and accounts compared."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core import board_versions, clock, labels, local_indices
from core.query import boards, peers
from core.query.scope import Choices, Filter
from core.ui import compare, filters, matrix
from core.ui.ask import ask
from core.ui.export import export
from core.ui.figures import counters
from core.ui.front import restate
from core.ui.parts import caption, empty, link
from core.ui.table import Column, pick

_THEN, _NOW = "按当时的榜单", "按现在的榜单"
_BY_PLATFORM, _ARCHIVED = "按平台", "已归档"
_PERIODS = 12
"""So many of a board's last periods are offered."""
_AS_FILTERED = "按左侧统计周期"
_UNSCORED = "不计指数"


def other_part(where: Filter) -> bool:
    """Offers the parts of the room; draws the chosen one unless it is the ranking of accounts. Returns whether it
    did."""
    parts = {"账号榜": None, "单位合计": units, "矩阵总分": matrix.totals, "对比": compare.comparison}
    part = st.segmented_control("看", list(parts), default="账号榜", key="rankings_part", bind="query-params",
                                required=True, label_visibility="collapsed")
    if parts[part]:
        parts[part](where)
    return parts[part] is not None


def units(where: Filter) -> None:
    """Totals of units over all their accounts, each with its place among units of its kind."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox("排名依据", list(peers.UNIT_ORDERS), format_func=peers.UNIT_ORDERS.get, key="unit_order",
                             bind="query-params", width=180)
        sized = st.toggle("只与账号数相近的同类单位比", key="unit_sized", bind="query-params",
                          help="按账号数分档：1 个、2—3 个、4—6 个、7 个以上")
    frame = ask(peers.units, where, order, sized)
    if frame.empty:
        empty("所选范围内没有归属单位的账号，请放宽筛选，或在“账号台账”里为账号填写单位。")
        return
    caption(f"共 {len(frame)} 个单位，按各平台账号的{peers.UNIT_ORDERS[order]}合计排名；同类名次只在"
            f"{'账号数相近的' if sized else ''}同类单位（如街镇与街镇）之间排。运营分析参考，不作考核依据。")
    columns = {
        "rank": Column("总名次", "int", pinned=True, width="small"), "unit": Column("单位", pinned=True),
        "kind_name": Column("类型"), "peer_rank": Column("同类名次", "int"), "peers": Column("同类单位数", "int"),
        "rank_change": Column("同类升降"), "accounts": Column("账号数", "int"), "active": Column("有发布", "int"),
        "posts": Column("发布数", "int"), "reads": Column("总阅读数", "int"), "plays": Column("总播放数", "int"),
        "likes": Column("点赞数", "int"), "reposts": Column("转发数", "int"), "comments": Column("评论数", "int"),
        "interaction": Column("转评赞", "int"), "followers": Column("粉丝数", "int"), "note": Column("数据说明"),
    }
    shown = {name: column for name, column in columns.items() if name == "rank" or not frame[name].isna().all()}
    chosen = pick(frame, shown, list(frame["unit_id"]), key="units_table", alt="单位合计排名表")
    export(frame, shown, f"单位合计 {where.start} 至 {where.end}",
           f"各平台账号合计，按{peers.UNIT_ORDERS[order]}排名；取数口径：最新值", key="units")
    if chosen is None:
        caption("点选一行可看该单位的账号和发布趋势。")
        return
    name = frame.set_index("unit_id").loc[chosen, "unit"]
    with st.container(horizontal=True):
        link("trends", f"“{name}”的发布趋势", unit=name)
        link("rankings", f"“{name}”的账号名次", unit=name)


def listed(where: Filter, choices: Choices, platforms: Mapping[str, str]) -> str:
    """Boards to choose from by their category, and platforms (name → code); the board is the filter bar's. Returns the
    code of the platform, which counts while no board is chosen."""
    found = choices.boards
    if where.board is not None and (kept := [one for one in choices.archived if one[0] == where.board]):
        found = (*found, (*kept[0][:2], _ARCHIVED))
        st.warning("这个榜单已归档，只供查阅；恢复请到“账号台账”的“榜单”。", icon=":material/inventory_2:")
    groups: dict[str, list[str]] = {}
    for _, name, category in found:
        groups.setdefault(category, []).append(name)
    now = {id_: (category, name) for id_, name, category in found}.get(where.board, (_BY_PLATFORM, ""))
    if groups:
        st.session_state["board_category"] = now[0]
        st.segmented_control(
            "榜单分类", [_BY_PLATFORM, *groups], key="board_category", required=True, label_visibility="collapsed",
            on_change=lambda: _open(next(iter(groups.get(st.session_state["board_category"], ())), None)),
        )
    if now[1]:
        st.session_state["board_listed"] = now[1]
        st.pills("榜单", groups[now[0]], key="board_listed", required=True, label_visibility="collapsed",
                 on_change=lambda: _open(st.session_state["board_listed"]))
        return next(iter(platforms.values()))
    return platforms[st.pills("平台", list(platforms), default=next(iter(platforms)), key="list", bind="query-params",
                              required=True, label_visibility="collapsed")]


def _open(board: str | None) -> None:
    st.session_state["board"] = board


def in_period(where: Filter, choices: Choices) -> Filter:
    """The filter over the last whole period of the board's own kind, or over the one that is chosen or linked; as it is
    where the board has none."""
    board = None if where.board is None else ask(board_versions.definition, where.board)
    if board is None or not board.period:
        return where
    kind, until = board.period, filters.anchor_day(choices, clock.day_of(clock.now()), False)
    spans = clock.spans(kind, until, _PERIODS, board.week_start)
    if choices.posts:
        spans = [span for span in spans if span[1] >= choices.posts[0]] or spans[:1]
    asked = st.session_state.get("board_period", st.query_params.get("board_period"))
    linked = clock.span_called(kind, asked, board.week_start) if asked else None
    if linked and linked not in spans and linked[1] <= until:
        spans.append(linked)
    offered = {clock.span_words(kind, span): span for span in spans}
    chosen = st.selectbox(labels.PERIODS[kind], [*offered, _AS_FILTERED], key="board_period", bind="query-params",
                          width=260, help="默认为最近一个完整的周期；升降与前一个同类周期相比")
    if chosen == _AS_FILTERED:
        return where
    first, last = offered[chosen]
    return restate(replace(where, start=first, end=last))


def settled(where: Filter, platform: str) -> boards.Plan:
    """How the ranking is made: as the board or platform says, where the reader does not choose another index, order or
    basis. Raises LookupError as `boards.plan`."""
    made = with_index(ask(boards.plan, platform, board=where.board, as_of=where.as_of), where)
    mine = f"{made.platform}_{where.board}"
    orders = {replace(made, order=name).by: name for name in made.orders}
    at = made.orders.index(made.order)
    order = st.selectbox("排名依据", list(orders), at, key=f"order_{mine}_{made.order}", width=180)
    bases = {word: name for name, word in labels.BASES.items()}
    at = list(bases.values()).index(made.basis)
    basis = st.selectbox("取数口径", list(bases), at, key=f"basis_{mine}_{made.basis}", width=180)
    return replace(made, basis=bases[basis], order=orders[order])


def shown(plan: boards.Plan) -> dict[str, Column]:
    """The columns of its ranking: the board's own in their order, and what it is ordered by; else all."""
    main = [plan.main] if plan.main else []
    named = plan.columns or (*main, *(n for n in plan.counters if n not in main), "interaction", "followers")
    if plan.order not in ("index", "posts", *named):
        named = (plan.order, *named)
    sums: dict[str, Column] = {}
    for name in named:
        if name == "followers":
            sums |= {"followers": Column("粉丝数", "int"), "followers_change": Column("粉丝净增", "int")}
        else:
            sums |= {name: Column("转评赞", "int")} if name == "interaction" else counters([name], main)
    return {
        "rank": Column("名次", "rank", pinned=True, width="small"),
        "rank_change": Column("升降", pinned=True, width="small"),
        "name": Column("账号", width=120), "unit": Column("单位"),
        **({"score": Column("本地指数" if plan.index.local else "指数", "score")} if plan.index else {}),
        "posts": Column("发布数", "int"), **sums, "spark": Column("每日发布", "spark"),
        "note": Column("数据说明", width="large"),
    }


def as_was(where: Filter) -> Filter:
    """The filter, with the board as it was at the period's end unless a person wants it as it is now."""
    if where.board is None:
        return where
    changed = ask(board_versions.changed_since, where.board, where.end)
    if changed is None:
        return where
    chosen = st.segmented_control(
        "榜单定义", [_THEN, _NOW], default=_THEN, key="board_as", bind="query-params", required=True,
        help=f"这个榜单在 {clock.local(changed):%Y-%m-%d %H:%M} 改过，晚于所选周期；当时的成员和口径已保存",
    )
    return replace(where, as_of=where.end) if chosen == _THEN else where


def with_index(plan: boards.Plan, where: Filter) -> boards.Plan:
    """Offers the indices that can rank the plan's platform, its own first chosen; the plan with the one that a person
    chose. Draws nothing where there is none."""
    offered = ask(local_indices.rankers, plan.platform)
    own = [plan.index] if plan.index and plan.index not in offered else []
    by_title = {index.title: index.key for index in (*offered, *own)}
    if not by_title:
        return plan
    titles = [*([] if plan.index else [_UNSCORED]), *by_title]
    title = st.selectbox(
        "指数", titles, index=titles.index(plan.index.title) if plan.index else 0, width=290,
        key=f"index_{plan.index.key if plan.index else plan.platform}",
        help="不同版本的分值不可相互比较；标有“本地”的为本单位自定，不是公开指数",
    )
    if title in (_UNSCORED, plan.index and plan.index.title):
        return plan
    return ask(boards.plan, plan.platform, by_title[title], board=where.board, as_of=where.as_of)
