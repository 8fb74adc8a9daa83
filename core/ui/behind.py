"""Where a figure of a report comes from: what it is, the rows it was reckoned from, and from each row on to its
captures.

The address says which figure is open (`figure`: its key) and how far in (`rows`: parts and rows, one after the other),
so that it can be sent to a colleague and the browser's way back goes one step back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from core import clock, labels
from core.faults import BadInput
from core.models import Post
from core.query import accounts, mentions, posts
from core.query.scope import id_of
from core.report import behind, correction, editions
from core.report.behind import Query, Reckoned, Rows, Source
from core.report.content import Content
from core.report.figures import Number
from core.ui import late
from core.ui.ask import ask
from core.ui.parts import caption, empty, link, plain, toast_error
from core.ui.readings import evidence, readings
from core.ui.report_order import DRAFT, KNOWN
from core.ui.table import Column, table

FIGURE, PATH = "figure", "rows"
SHOWN = 2_000
"""Rows that are listed; the figure counts all of them."""
_ROOMS = {
    "mention": ("mentions", "mention", "在“舆情监测”中查看这条信息"),
    "topic": ("topics", "topic", "在“热点话题”中查看"),
    "demand": ("demands", "demand", "在“群众诉求”中查看这件诉求"),
    "problem": ("demands", "problem", "在“群众诉求”中查看这个问题"),
    "incident": ("incidents", "incident", "在“事件处置”中查看"), "alert": ("alerts", "alert", "在“预警”中查看"),
    "source": ("sources", "source", "在“采集源”中查看"), "check": ("ledger", "checked", "在“账号台账”中查看检查情况"),
    "edition": ("reports", "edition", "打开这份报告"),
}
"""Where a row is looked at that is kept in a room of its own: room, parameter, what the link says."""
_GO = {
    "account": "点选一行，查看它的明细。", "day": "点选一天，查看当天的明细。",
    "post": "点选一篇，查看历次读数和采集到的原始数据。", "followers": "点选一行，查看这个账号的历次读数。",
    "reading": "点选一次读数，查看采集到的原始数据。",
}


@dataclass(frozen=True, slots=True)
class Issued:
    """The edition that is looked at: its id, the newest one of its subject with its version; None for a draft."""

    id: int
    newest: int
    version: int


def open_figure(key: str, address: Mapping[str, str]) -> None:
    """Let the address say that this figure of a report (`address`: what it says of that) is open; a callback."""
    st.session_state[KNOWN] = address.get(DRAFT)
    st.query_params.pop(PATH, None)
    st.query_params.update(dict(address) | {FIGURE: key})


def shown(content: Content, issued: Issued | None = None) -> None:
    """The figure that the address names, in a dialog; nothing where it names none."""
    key = st.query_params.get(FIGURE)
    if not key:
        return
    if not behind.told(content):
        caption(f"{content.kind}不支持逐个数字查看来源。")
        return
    _dialog(content, key, issued)


def _closed() -> None:
    """A callback: the dialog was closed."""
    for name in (FIGURE, PATH, DRAFT):
        st.query_params.pop(name, None)


@st.dialog("数字来源", width="large", icon=":material/query_stats:", on_dismiss=_closed)
def _dialog(content: Content, key: str, issued: Issued | None) -> None:
    try:
        one = behind.number(content, key)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    source = behind.source(content, one)
    if source is None:
        empty(f"“{plain(one.name)}”（{plain(one.text)}）没有登记来源：报告可能由较早的版本编制，表的样式与现在不同。")
        return
    steps = [step for step in st.query_params.get(PATH, "").split(".") if step]
    passed = way(source, steps)
    if passed:
        names = "　›　".join(plain(name) for name, _ in passed)
        st.markdown(f"**{plain(one.name)}**　:blue[**{plain(one.text)}**]　›　{names}")
        if st.button("返回上一层", icon=":material/arrow_back:", key=f"behind_up_{len(steps)}", type="tertiary"):
            go(steps[: len(passed) - 1])
        rows_of(ask(behind.rows, passed[-1][1]), steps, len(passed), deeper=True)
        return
    found: Reckoned = ask(behind.read, source, one.text)
    _head(content, one, source)
    _check(found, one, source, issued)
    if issued is not None:
        late.figure(issued.id, one.key, differs=found.agrees is False)
    if source.parts:
        _formula(source, found)
    elif found.rows is not None:
        rows_of(found.rows, steps, 0)


def way(source: Source, steps: list[str]) -> list[tuple[str, Query]]:
    """The steps of the address, as far as they lead from rows to rows: each with its name and the query behind it."""
    query, taken = source.query, []
    for step in steps:
        id_ = id_of(step, big=True)
        if step.startswith("p"):
            nth = int(step[1:]) if step[1:].isdecimal() else -1
            query = source.parts[nth].query if 0 <= nth < len(source.parts) else None
            name = source.parts[nth].name if query is not None else ""
        else:
            deeper = query.next(id_) if query is not None and id_ is not None else None
            name, query = _named(query, id_) if deeper is not None else "", deeper
        if query is None:
            break
        taken.append((name, query))
    return taken


def _named(query: Query, id_: int) -> str:
    """What a row is called: its first text or day."""
    rows = ask(behind.rows, query)
    mine = rows.frame[rows.frame["id"] == id_]
    return str(mine.iloc[0][rows.heads[0][0]]) if len(mine) else ""


def go(steps: list[str]) -> None:
    """Let the address say these steps, and draw them."""
    st.session_state["behind_turn"] = st.session_state.get("behind_turn", 0) + 1
    if steps:
        st.query_params[PATH] = ".".join(steps)
    else:
        st.query_params.pop(PATH, None)
    st.rerun(scope="fragment")


def _head(content: Content, one: Number, source: Source) -> None:
    """What it is."""
    where = " · ".join(part for part in (one.chapter, one.place.replace("　", " ")) if part)
    st.markdown(f"**{plain(one.name)}**　:blue[**{plain(one.text)}**]  \n:gray[{plain(where)}]")
    when = "" if source.first is None else f"{source.first:%Y-%m-%d}" + (
        f" 至 {source.last:%Y-%m-%d}" if source.last != source.first else "")
    whose = " · ".join(part for part in (content.platform, content.scope) if part)
    said = [("口径", source.what), ("时段", when), ("范围", whose),
            ("取数", content.basis), ("标识", one.key)]
    st.markdown("  \n".join(f":gray[{name}]　{plain(words)}" for name, words in said if words))


def _check(found: Reckoned, one: Number, source: Source, issued: Issued | None) -> None:
    """Whether what stands behind it comes to what is printed."""
    if source.reason:
        st.info(plain(source.reason), icon=":material/info:")
        return
    how = found.rows.how if found.rows is not None else "按公式计算"
    if found.agrees:
        st.success(f"{plain(how)}，得 **{plain(found.text)}**，与报告一致。", icon=":material/check_circle:")
    elif found.agrees is None:
        caption(f"{how}。")
    elif issued is None:
        st.warning(f"按现有明细得 **{plain(found.text)}**，草稿中为 **{plain(one.text)}**，"
                   "数据可能刚有变化，请重新打开草稿核对。", icon=":material/warning:")
    else:
        st.warning(f"签发后有变动：签发时为 **{plain(one.text)}**，按现有数据为 **{plain(found.text)}**。"
                   "以下是现有数据的明细。", icon=":material/published_with_changes:")
        _correction(issued, one.key)


def _correction(issued: Issued, key: str) -> None:
    """The way to what puts an issued figure right."""
    made = ask(editions.listing, 1, correction.KIND, f"edition:{issued.id}")
    if len(made):
        link("reports", "查看更正单", icon=":material/rule:", edition=int(made["id"].iloc[0]))
    elif issued.newest != issued.id:
        link("reports", f"在第{issued.version}版中查看这个数字", icon=":material/update:", edition=issued.newest,
             figure=key)
        caption("本版页面上方可“编制更正单”。")
    else:
        caption("要更正的，请在“变动台账”中签发更正版，或在“编制”中签发新版、再在本版页面“编制更正单”。")


def _formula(source: Source, found: Reckoned) -> None:
    """The formula, each part of it with its value and a way to its rows."""
    st.markdown(f":gray[算法]　{plain(source.formula)}")
    for nth, (part, (value, mark)) in enumerate(zip(source.parts, found.parts, strict=True)):
        text = labels.MISSING if value is None else f"{mark}{_amount(value)}"
        if part.query is None:
            st.markdown(f"{plain(part.name)}　**{plain(text)}**")
        elif st.button(f"{plain(part.name)}　**{plain(text)}**", icon=":material/chevron_right:",
                       key=f"behind_part_{nth}", type="tertiary"):
            go([f"p{nth}"])


def rows_of(rows: Rows, steps: list[str], depth: int, *, deeper: bool = False) -> None:
    """The rows, and what stands behind the picked one. `depth`: how many of the steps lead to these rows."""
    if deeper and rows.value is not None:
        caption(f"{rows.how}，得 {rows.mark}{_amount(rows.value)}。")
    if rows.frame.empty:
        empty("没有明细。")
        return
    picked = _place(rows, steps[depth] if depth < len(steps) else "")
    frame = rows.frame.head(SHOWN)
    turn = st.session_state.get("behind_turn", 0)
    row = table(frame, {name: Column(heading, kind) for name, heading, kind in rows.heads},
                key=f"behind_rows_{turn}_{depth}_{steps[depth:]}", select=bool(rows.leads),
                height=min(38 + 35 * len(frame), 330 if picked is None else 180), alt="数字的来源明细", picked=picked)
    left = f"只列前 {SHOWN:,} 行，数字按全部 {len(rows.frame):,} 行计算。" if len(rows.frame) > SHOWN else ""
    caption(f"共 {len(rows.frame):,} 行。{left}{_GO.get(rows.leads, '点选一行可继续查看。' if rows.leads else '')}")
    if row is None or not rows.leads or pd.isna(frame["id"].iloc[row]):
        return
    if row != picked:
        go([*steps[:depth], str(int(frame["id"].iloc[row]))])
    _behind(rows.leads, int(frame["id"].iloc[row]), frame.iloc[row])


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _place(rows: Rows, step: str) -> int | None:
    """The row that the last step means, where that row leads to no rows of its own."""
    if rows.leads in ("account", "day", "followers", "") or not step.isdecimal():
        return None
    places = [n for n, id_ in enumerate(rows.frame["id"].head(SHOWN)) if not pd.isna(id_) and int(id_) == int(step)]
    return places[0] if places else None


def _behind(leads: str, id_: int, row: pd.Series) -> None:
    """What stands behind a row that has no rows of its own."""
    if leads == "post":
        owner, counters = ask(_owner, id_)
        readings(id_, str(row["title"] or ""), counters or tuple(labels.COUNTERS))
        if owner:
            link("account", "在“账号详情”中查看这个账号", account=owner)
        return
    if leads == "reading":
        found = ask(posts.followers_evidence, id_)
        if found is None:
            caption("这次读数没有保存来源文件（例如演示数据）。")
        else:
            evidence(found)
        return
    word, name, said = _ROOMS[leads]
    if leads == "mention":
        detail = ask(mentions.one, id_, "")
        if detail is not None:
            st.markdown(f"**{plain(detail.shown.title or '（无标题）')}**  \n"
                        f":gray[首次采集 {clock.local(detail.first_seen_at):%Y-%m-%d %H:%M}]")
            if detail.captured is not None:
                evidence(detail.captured)
    link(word, said, **{name: id_})


def _owner(session, post_id: int) -> tuple[int, tuple[str, ...]]:
    """The account of a post and what its platform counts."""
    post = session.get(Post, post_id)
    profile = accounts.profile(session, post.account_id) if post is not None else None
    return (profile.id, profile.counters) if profile is not None else (0, ())
