"""The parts of the room 榜单 beside the ranking of accounts: units among their peers, accounts compared, a board as it
was."""

from dataclasses import replace

import streamlit as st

from core import board_versions, charts, clock
from core.metrics.cadence import holiday_names
from core.query import accounts, peers, trends
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.export import export
from core.ui.parts import caption, empty, link
from core.ui.table import Column, pick, table

_THEN, _NOW = "按当时的榜单", "按现在的榜单"


def other_part(where: Filter) -> bool:
    """Offers the parts of the room; draws the chosen one unless it is the ranking of accounts. Returns whether it
    did."""
    parts = {"账号榜": None, "单位合计": units, "账号对比": comparison}
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


def comparison(where: Filter) -> None:
    """Two to six accounts side by side."""
    options = ask(accounts.options, where)
    by_label = dict(zip(options["label"], options["account_id"], strict=True))
    chosen = st.multiselect(f"账号（{peers.FEW} 到 {peers.MANY} 个）", list(by_label), key="compared",
                            bind="query-params", max_selections=peers.MANY, placeholder="输入名称查找账号")
    if len(chosen) < peers.FEW:
        empty(f"请选择 {peers.FEW} 到 {peers.MANY} 个账号，可以是不同平台的。")
        return
    ids = tuple(int(by_label[label]) for label in chosen)
    frame = ask(peers.compared, ids, where.start, where.end)
    columns = {
        "name": Column("账号", pinned=True), "platform_name": Column("平台"), "unit": Column("单位"),
        "score": Column("指数", "score"), "rank": Column("本平台名次", "int"), "ranked": Column("参与排名", "int"),
        "rank_change": Column("升降"), "posts": Column("发布数", "int"), "reads": Column("总阅读数", "int"),
        "reads_avg": Column("平均阅读数", "int"), "reads_max": Column("最高阅读数", "int"),
        "plays": Column("总播放数", "int"), "likes": Column("点赞数", "int"), "reposts": Column("转发数", "int"),
        "comments": Column("评论数", "int"), "interaction": Column("转评赞", "int"),
        "followers": Column("粉丝数", "int"), "followers_change": Column("粉丝净增", "int"),
        "note": Column("数据说明", width="large"),
    }
    shown = {name: column for name, column in columns.items() if not frame[name].isna().all()}
    if frame["platform_name"].nunique() > 1:
        caption("不同平台的指数和阅读、播放口径不同，只能各与本平台的账号相比。")
    table(frame.round({"reads_avg": 1}), shown, key="compared_table", alt="账号对比表")
    export(frame, shown, f"账号对比 {where.start} 至 {where.end}", "各账号取本平台榜单的数据；取数口径：最新值",
           key="compared")
    offered = [name for name in trends.METRICS if name in frame.columns and frame[name].notna().any()]
    metric = st.selectbox("每日走势", offered, format_func=trends.METRICS.get, key="compared_metric", width=180)
    daily = ask(peers.compared_daily, ids, where.start, where.end, metric)
    st.altair_chart(
        charts.daily_lines(daily, unit=trends.UNITS[metric], value_name=trends.METRICS[metric], height=320,
                           holidays=holiday_names(where.start, where.end)),
        alt=f"所选账号每日{trends.METRICS[metric]}折线图",
    )


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
