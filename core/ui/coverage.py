"""The coverage calendar, what stands behind a cell, and a source's own days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import streamlit as st

from core import charts, clock, db, labels
from core.query import accounts, coverage
from core.query.coverage import Calendar, Cell
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.choice import linked
from core.ui.figures import counters
from core.ui.parts import caption, empty, link, plain
from core.ui.readings import readings
from core.ui.runs import runs
from core.ui.table import Column, table

ROWS = 30
"""Accounts on one page of the calendar."""
DAYS = 62
"""Days that are drawn; the figures are of the whole period."""
STRIP_DAYS = 60
_SEEN, _STRIP_OF, _STRIP_TURN = "coverage_seen", "coverage_strip_of", "coverage_strip_turn"
ON = "on"
"""Query parameter: the day of a source that is looked at."""


def calendar(found: Calendar, where: Filter) -> None:
    """The calendar with its pages; a click puts account and day into the address."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("账号或单位包含", key="coverage_search", max_chars=50, width=220)
        only = st.toggle("只看有缺口的账号", key="coverage_gaps", value=False)
    shown = found.lacking() if only else found.accounts
    if wanted := search.strip().lower():
        named = shown["name"].fillna("") + " " + shown["unit"].fillna("")
        shown = shown[named.str.lower().str.contains(wanted, regex=False)]
    if shown.empty:
        empty("没有符合条件的账号。" if search.strip() else "本期每个账号每天的情况都已掌握，没有缺口。",
              ":material/filter_alt_off:" if search.strip() else ":material/check_circle:")
        return
    pages = max(-(-len(shown) // ROWS), 1)
    key = f"coverage_page_{where.start}_{where.end}_{only}_{search}_{len(shown)}"
    page = min(st.session_state.get(key, 1), pages)
    part = shown.iloc[(page - 1) * ROWS : page * ROWS]
    cells = found.cells(part, DAYS)
    if cells.empty:
        empty("所选周期还没有到来，或这些账号当时尚未开通。")
        return
    legend(found.states(), labels.COVERAGE, "账号日")
    clicked = st.altair_chart(
        charts.calendar(cells, states=labels.COVERAGE), key="coverage_calendar", on_select="rerun",
        selection_mode=charts.CELL, alt="账号逐日数据情况：每行一个账号，每格一天，颜色表示状态",
    )
    if pages > 1:
        st.pagination(pages, key=key)
    more = f"图中只画最近 {DAYS} 天，覆盖率按整个周期计算。" if len(found.days) > DAYS else ""
    caption(f"共 {len(shown)} 个账号，缺口多的在前。点选一格，或在下面选择账号和日期，可看当天的采集和数据。{more}")
    if picked := _clicked(clicked, _SEEN):
        show(int(picked["id"]), date.fromisoformat(picked["date"]))


def legend(numbers: Mapping[str, int], words: Mapping[str, str], unit: str) -> None:
    """What the colours and signs of a calendar mean, with how often each occurs; it wraps on a phone."""
    parts = [
        f'<span style="white-space:nowrap;margin-right:1.1em"><span style="display:inline-block;width:1em;height:1em;'
        f"line-height:1em;border-radius:2px;vertical-align:-0.1em;margin-right:0.4em;text-align:center;color:#fff;"
        f'font-size:0.8em;background:{charts.STATE_COLOURS[state]}">{charts.STATE_SIGNS.get(state, "")}</span>'
        f"{word} {int(numbers[state]):,}</span>"
        for state, word in words.items() if numbers.get(state)
    ]
    st.html(f'<div style="font-size:0.85em;line-height:1.9;opacity:0.85">{"".join(parts)}（{unit}）</div>')


def show(account_id: int, day: date) -> None:
    """A callback that opens a cell of the calendar in this room."""
    st.query_params["account"] = str(account_id)
    st.session_state["day"] = day
    st.session_state["quality_part"] = "覆盖率"


def _clicked(event: Any, seen: str) -> dict[str, Any] | None:
    """The cell of a new click; None where nothing was clicked since the last look."""
    cells = list(event.selection.get(charts.CELL, [])) if event else []
    now = cells[-1] if cells else None
    if now == st.session_state.get(seen):
        return None
    st.session_state[seen] = now
    return now


def choice(where: Filter) -> tuple[int | None, date | None]:
    """The account and day that are looked at; both stand in the address."""
    offered = ask(accounts.options)
    today = clock.day_of(clock.now())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=420):
            chosen = linked("account", "账号", dict(zip(offered["account_id"], offered["label"], strict=True)),
                            "输入名称查找账号")
        if chosen is not None and st.session_state.get("day") is None and "day" not in st.query_params:
            st.session_state["day"] = min(where.end, today)
        day = st.date_input("日期", None, key="day", bind="query-params", min_value=today - timedelta(3650),
                            max_value=today, format="YYYY-MM-DD", width=180)
    return chosen, day


def behind(account_id: int, day: date) -> None:
    """What stands behind a cell: the state in words, posts, runs with what they kept and set aside."""
    found = ask(coverage.cell, account_id, day, clock.day_of(clock.now()))
    if found is None:
        empty("这个账号已不存在。")
        return
    st.subheader(plain(f"{found.name}·{found.platform}　{charts.labels_day(day)}"), anchor=False)
    _state(found)
    with st.container(horizontal=True, gap="medium"):
        link("account", "账号详情", account=account_id)
    st.markdown("**当日帖文**")
    _posts(account_id, day)
    st.markdown("**采集记录**")
    with db.session() as session:  # not from the cache: a run that brought nothing new doesn't move the stamp
        frame = coverage.runs_behind(session, account_id, day)
    if frame.empty:
        caption("没有与这一天有关的采集记录。")
        return
    runs(frame, f"behind_{account_id}_{day}", alt="与这一天有关的采集记录")
    refused = ask(coverage.rejected_behind, tuple(int(i) for i in frame["run_id"]))
    if not refused.empty:
        st.markdown("**以上采集中不合格的条目**")
        table(refused, {"locator": Column("位置"), "field": Column("字段"), "reason": Column("原因", width="large"),
                        "raw": Column("原文", width="large")}, key=f"behind_rejected_{account_id}_{day}",
              alt="不合格的条目")


def _state(found: Cell) -> None:
    words = f"**{found.word}**　{plain(found.words)}"
    if found.state in ("failed", "expired"):
        st.error(words, icon=":material/error:")
    elif found.state in coverage.GAPS:
        st.warning(words, icon=":material/help:")
    else:
        st.info(words, icon=":material/event_available:")


def _posts(account_id: int, day: date) -> None:
    frame = ask(coverage.posts_behind, account_id, day)
    if frame.empty:
        caption("没有这一天的帖文。")
        return
    profile = ask(accounts.profile, account_id)
    row = table(frame, {
        "published_at": Column("发布时间", "time"), "title": Column("标题", width="large"),
        **counters(profile.counters), "readings": Column("读数次数", "int"), "gone_at": Column("发现删除", "time"),
        "url": Column("原文", "link"),
    }, key=f"behind_posts_{account_id}_{day}", select=True, alt="当日帖文及最新读数")
    if row is None:
        caption("点选一篇，可看历次读数和数据来源。")
    else:
        readings(int(frame["post_id"][row]), frame["title"][row], profile.counters)


def strip(source_id: int) -> date | None:
    """The last days of a source, coloured by what its runs did; a click puts the day into the address. Returns the day
    that is looked at."""
    if st.session_state.get(_STRIP_OF) not in (None, source_id):
        st.query_params.pop(ON, None)  # the day was another source's
    st.session_state[_STRIP_OF] = source_id
    today = clock.day_of(clock.now())
    with db.session() as session:
        frame = coverage.source_days(session, source_id, today - timedelta(STRIP_DAYS - 1), today)
    if not frame["runs"].any():
        return None
    st.markdown(f"**近 {STRIP_DAYS} 天采集情况**")
    legend(dict(frame["state"].value_counts()), labels.RUN_DAYS, "天")
    clicked = st.altair_chart(
        charts.calendar(frame, states=labels.RUN_DAYS, row_height=28, row_labels=False),
        key=f"strip_{source_id}_{st.session_state.get(_STRIP_TURN, 0)}", on_select="rerun", selection_mode=charts.CELL,
        alt=f"这个采集源近 {STRIP_DAYS} 天每天的采集结果",
    )
    if picked := _clicked(clicked, f"strip_seen_{source_id}"):
        st.query_params[ON] = picked["date"]
    try:
        return date.fromisoformat(st.query_params.get(ON, ""))
    except ValueError:
        caption("点选一天，只看当天的采集。")
        return None


def every_day() -> None:
    """A callback: no day of the strip is looked at any more; it is drawn anew, so that the same day can be clicked."""
    st.query_params.pop(ON, None)
    st.session_state[_STRIP_TURN] = st.session_state.get(_STRIP_TURN, 0) + 1


def shares(found: Calendar) -> None:
    """How complete each platform and each account is."""
    by = st.segmented_control("口径", ["各平台", "各账号"], default="各平台", key="coverage_by", required=True,
                              label_visibility="collapsed")
    figures = {
        "expected": Column("应有账号日", "int"), "covered": Column("已掌握", "int"), "gaps": Column("缺口", "int"),
        "unmonitored": Column("未监测", "int"), "share": Column("覆盖率", "percent"),
    }
    if by == "各平台":
        table(found.platforms(), {"platform_name": Column("平台"), "accounts": Column("账号数", "int"), **figures},
              key="coverage_platforms", alt="各平台数据覆盖率")
        return
    table(found.accounts, {"name": Column("账号"), "platform_name": Column("平台"), "unit": Column("单位"), **figures},
          key="coverage_accounts", alt="各账号数据覆盖率")
