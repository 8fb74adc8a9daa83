"""Where the figures of a room come from: a button that opens the accounts behind each of them, from these the posts,
and from these the captured readings with the very fields."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core import labels
from core.counts import Count
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.parts import caption, plain

ORIGIN, PATH = "origin", "rows"
"""The figure that is open, and how far in, as the address says them."""
_WHAT = {
    "accounts": "所选范围内的账号", "posts": "所选周期内发布的篇（条）数", "followers": "周期末最近一次粉丝读数",
    "interaction": "所选周期内发布的各篇（条）的转发、点赞、评论之和，取最新读数",
}


def origins(where: Filter, offered: Mapping[str, tuple[str, Count | None]], *, key: str, basis: str = "latest",
            account: int = 0) -> None:
    """The button, and the dialog while the address names one of the figures `offered`: code (posts, a counter,
    interaction, followers, accounts) → its name on the page, and what the page says (None: something else). Of all
    accounts that the filter means, or of one (`account`)."""
    if not offered:
        return
    st.button("数字来源", icon=":material/query_stats:", key=f"{key}_origins", type="tertiary", on_click=_open,
              args=(next(iter(offered)),), help="从页面上的合计，一层层看到账号、帖文、每次读数和采集到的原始数据")
    if st.query_params.get(ORIGIN) in offered:
        _dialog(where, offered, basis, account)


def _open(code: str) -> None:
    st.query_params.pop(PATH, None)
    st.query_params[ORIGIN] = code


def _chosen() -> None:
    """A callback: another figure."""
    _open(st.session_state["origin_figure"])


def _closed() -> None:
    for name in (ORIGIN, PATH):
        st.query_params.pop(name, None)


def _query(where: Filter, code: str, basis: str, account: int) -> Any:
    # Reports and their renderers come along: only when somebody asks.
    from core.report.behind.account_rows import ByAccount, OfAccount
    from core.report.behind.follower_rows import Followers, Readings

    if account:
        return Readings(where.start, where.end, account) if code == "followers" else OfAccount(
            where.start, where.end, basis, code, account)
    return Followers(where, where.end) if code == "followers" else ByAccount(where, basis, code)


@st.dialog("数字来源", width="large", icon=":material/query_stats:", on_dismiss=_closed)
def _dialog(where: Filter, offered: Mapping[str, tuple[str, Count | None]], basis: str, account: int) -> None:
    from core.report import behind as behind_reports
    from core.report.behind import Source
    from core.ui import behind

    code = st.query_params.get(ORIGIN, "")
    if code not in offered:
        return
    st.session_state["origin_figure"] = code  # what the address says; another choice changes that first
    st.selectbox("数字", list(offered), key="origin_figure", format_func=lambda one: offered[one][0], on_change=_chosen)
    name, said = offered[code]
    what = _WHAT.get(code, f"所选周期内发布的各篇（条）的{labels.COUNTERS.get(code, name)}之和，取最新读数")
    steps = [step for step in st.query_params.get(PATH, "").split(".") if step]
    source = Source(what, where.start, where.end, _query(where, code, basis, account))
    way = behind.way(source, steps)
    if way:
        st.markdown(f"**{plain(name)}**　›　{'　›　'.join(plain(part) for part, _ in way)}")
        if st.button("返回上一层", icon=":material/arrow_back:", key=f"origin_up_{len(steps)}", type="tertiary"):
            behind.go(steps[: len(way) - 1])
        behind.rows_of(ask(behind_reports.rows, way[-1][1]), steps, len(way), deeper=True)
        return
    rows = ask(behind_reports.rows, source.query)
    caption(f"{what}；{where.start:%Y-%m-%d} 至 {where.end:%Y-%m-%d}。")
    value = labels.MISSING if rows.value is None else f"{rows.mark}{rows.value:,.0f}"
    if said is None or said.missing:
        st.markdown(f"{plain(rows.how)}，得 **{plain(value)}**。")
    elif rows.value == said.value:
        st.success(f"{plain(rows.how)}，得 **{plain(value)}**，与页面一致。", icon=":material/check_circle:")
    else:
        st.warning(f"{plain(rows.how)}，得 **{plain(value)}**，页面为 **{plain(labels.count(said))}**，"
                   "数据可能刚有变化，请刷新页面。", icon=":material/warning:")
    behind.rows_of(rows, steps, 0)
