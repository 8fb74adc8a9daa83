"""Two to six accounts or units side by side: a part of the room 榜单."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core import charts
from core.metrics.cadence import holiday_names
from core.query import accounts, peers, scope, trends
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.export import export
from core.ui.parts import caption, empty
from core.ui.table import Column, table

_SUMS = {
    "posts": Column("发布数", "int"), "reads": Column("总阅读数", "int"), "reads_avg": Column("平均阅读数", "int"),
    "reads_max": Column("最高阅读数", "int"), "plays": Column("总播放数", "int"), "likes": Column("点赞数", "int"),
    "reposts": Column("转发数", "int"), "comments": Column("评论数", "int"), "interaction": Column("转评赞", "int"),
    "followers": Column("粉丝数", "int"), "followers_change": Column("粉丝净增", "int"),
    "note": Column("数据说明", width="large"),
}


def comparison(where: Filter) -> None:
    """Accounts or units, as the reader wants."""
    what = st.segmented_control("对比", ["账号", "单位"], default="账号", key="compared_what", bind="query-params",
                                required=True, label_visibility="collapsed")
    (_accounts if what == "账号" else _units)(where)


def _accounts(where: Filter) -> None:
    options = ask(accounts.options, where)
    chosen = _chosen("账号", dict(zip(options["label"], options["account_id"], strict=True)), "compared",
                     "可以是不同平台的")
    if not chosen:
        return
    frame = ask(peers.compared, chosen, where.start, where.end)
    if frame["platform_name"].nunique() > 1:
        caption("不同平台的指数和阅读、播放口径不同，只能各与本平台的账号相比。")
    columns = {
        "name": Column("账号", pinned=True), "platform_name": Column("平台"), "unit": Column("单位"),
        "score": Column("指数", "score"), "rank": Column("本平台名次", "int"), "ranked": Column("参与排名", "int"),
        "rank_change": Column("升降"), **_SUMS,
    }
    _shown(frame.round({"reads_avg": 1}), columns, f"账号对比 {where.start} 至 {where.end}",
           "各账号取本平台榜单的数据；取数口径：最新值", "compared")
    metric = _metric(frame)
    _drawn(ask(peers.compared_daily, chosen, where.start, where.end, metric), metric, where)


def _units(where: Filter) -> None:
    names = {name: id_ for id_, name, _ in ask(scope.choices).units}
    chosen = _chosen("单位", names, "compared_units", "可以是不同类型的")
    if not chosen:
        return
    frame = ask(peers.units_compared, where, chosen)
    if frame.empty:
        empty("所选单位在当前筛选范围内没有账号，请放宽筛选。")
        return
    caption("各单位为其全部账号的合计；同类名次在当前筛选范围内的同类单位之间排。运营分析参考，不作考核依据。")
    columns = {
        "unit": Column("单位", pinned=True), "kind_name": Column("类型"), "peer_rank": Column("同类名次", "int"),
        "peers": Column("同类单位数", "int"), "rank_change": Column("同类升降"), "accounts": Column("账号数", "int"),
        "active": Column("有发布", "int"), "per_account": Column("账号平均发布数", "number"), **_SUMS,
    }
    _shown(frame.round({"per_account": 1}), columns, f"单位对比 {where.start} 至 {where.end}",
           "各平台账号合计，按转评赞排同类名次；取数口径：最新值", "compared_units")
    metric = _metric(frame)
    _drawn(ask(peers.units_daily, where, chosen, metric), metric, where)


def _chosen(word: str, offered: Mapping[str, int], key: str, more: str) -> tuple[int, ...]:
    """The ids that are to be compared; nothing until there are enough of them."""
    chosen = st.multiselect(f"{word}（{peers.FEW} 到 {peers.MANY} 个）", list(offered), key=key, bind="query-params",
                            max_selections=peers.MANY, placeholder=f"输入名称查找{word}")
    if len(chosen) < peers.FEW:
        empty(f"请选择 {peers.FEW} 到 {peers.MANY} 个{word}，{more}。")
        return ()
    return tuple(int(offered[label]) for label in chosen)


def _shown(frame: pd.DataFrame, columns: Mapping[str, Column], title: str, method: str, key: str) -> None:
    """The table without what none of them has, and its export."""
    shown = {name: column for name, column in columns.items()
             if name in frame.columns and not frame[name].isna().all() and not (frame[name].astype(str) == "").all()}
    table(frame, shown, key=f"{key}_table", alt=f"{title.split()[0]}表")
    export(frame, shown, title, method, key=key)


def _metric(frame: pd.DataFrame) -> str:
    offered: Sequence[str] = [name for name in trends.METRICS if name in frame.columns and frame[name].notna().any()]
    return st.selectbox("每日走势", offered, format_func=trends.METRICS.get, key="compared_metric", width=180)


def _drawn(daily: pd.DataFrame, metric: str, where: Filter) -> None:
    st.altair_chart(
        charts.daily_lines(daily, unit=trends.UNITS[metric], value_name=trends.METRICS[metric], height=320,
                           holidays=holiday_names(where.start, where.end)),
        alt=f"每日{trends.METRICS[metric]}对比折线图",
    )
