"""The one shared filter bar. It lives in the URL, so that a link shows what its sender saw."""

from datetime import date, timedelta

import streamlit as st

from core import clock, labels
from core.query.scope import Choices, Filter
from core.rooms import Room

PERIODS = ("近30天", "近7天", "今天", "本月", "上月", "近一年", "自选")


def anchor_day(choices: Choices, today: date, opinion: bool) -> date:
    """The day that named periods end at: the last with data. Accounts are counted in full days, so not today."""
    if opinion or (choices.mentions and not choices.posts):
        return min(choices.mentions[1] if choices.mentions else today, today)
    yesterday = today - timedelta(1)
    return min(choices.posts[1] if choices.posts else yesterday, yesterday)


def period(choice: str, anchor: date, today: date, custom: tuple[date, date] | None) -> tuple[date, date]:
    """First and last day of a named period that ends at the anchor."""
    month = clock.Month.of(anchor)
    match choice:
        case "今天":
            return today, today
        case "近7天":
            return anchor - timedelta(6), anchor
        case "本月":
            return month.first, anchor
        case "上月":
            return month.shift(-1).first, month.shift(-1).last
        case "近一年":
            return anchor - timedelta(364), anchor
        case "自选" if custom:
            return custom
        case _:
            return anchor - timedelta(29), anchor


def bar(room: Room, choices: Choices, today: date) -> Filter:
    """Draw the parts that the room uses, in the sidebar; returns what is chosen. Bad URL values are dropped."""
    parts = room.filters
    opinion = room.section == "opinion"
    anchor = anchor_day(choices, today, opinion)
    start, end = period(PERIODS[0], anchor, today, None)
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    board = None
    if not parts:
        return Filter(start, end)
    with st.sidebar:
        st.subheader("筛选", anchor=False)
        if "period" in parts:
            choice = st.selectbox("统计周期", PERIODS, key="period", bind="query-params")
            span = choices.mentions if opinion else choices.posts
            custom = _custom(span, anchor, today) if choice == "自选" else None
            start, end = period(choice, anchor, today, custom)
        if "platform" in parts:
            names = {name: code for code, name in choices.platforms}
            chosen = st.multiselect("平台", list(names), key="platform", bind="query-params", placeholder="全部平台")
            platforms = tuple(names[name] for name in chosen)
        if "unit" in parts:
            kind_names = {labels.UNIT_KINDS[kind]: kind for kind in choices.kinds}
            picked = st.pills("单位类型", list(kind_names), selection_mode="multi", key="kind",
                              bind="query-params") if kind_names else ()
            kinds = tuple(kind_names[name] for name in picked or ())
            offered = {name: id_ for id_, name, kind in choices.units if not kinds or kind in kinds}
            chosen = st.multiselect("单位", list(offered), key="unit", bind="query-params", placeholder="全部单位")
            units = tuple(offered[name] for name in chosen)
        boards = _boards(choices) if "board" in parts else {}
        if boards:
            chosen = st.selectbox(
                "榜单", list(boards), index=None, key="board", bind="query-params", placeholder="不限榜单"
            )
            board = boards.get(chosen)
        st.button("清除筛选", icon=":material/filter_alt_off:", on_click=_clear, type="tertiary")
    return Filter(start, end, platforms, kinds, units, board)


def _boards(choices: Choices) -> dict[str, int]:
    """Names and ids of the boards on offer, and of an archived one while a link or a person keeps it open."""
    asked = st.session_state.get("board", st.query_params.get("board"))
    kept = [(name, id_) for id_, name, _ in choices.archived if name == asked]
    return {name: id_ for id_, name, _ in choices.boards} | dict(kept)


def _custom(span: tuple[date, date] | None, anchor: date, today: date) -> tuple[date, date]:
    first = min(span[0] if span else anchor - timedelta(365), anchor)
    default = max(anchor - timedelta(29), first), anchor
    chosen = st.date_input(
        "起止日期", default, min_value=first, max_value=max(today, anchor), key="days", bind="query-params",
        format="YYYY-MM-DD",
    )
    return chosen if isinstance(chosen, tuple) and len(chosen) == 2 else default


def _clear() -> None:
    for key, value in (("period", PERIODS[0]), ("platform", []), ("kind", []), ("unit", []), ("board", None)):
        if key in st.session_state:
            st.session_state[key] = value


def words(where: Filter, choices: Choices, parts: tuple[str, ...]) -> str:
    """The filter as one line, for heads, exports and screenshots."""
    out = []
    if "period" in parts:
        out.append(f"{where.start:%Y-%m-%d} 至 {where.end:%Y-%m-%d}（{where.days} 天）")
    if "platform" in parts:
        names = dict(choices.platforms)
        out.append("、".join(names.get(p, p) for p in where.platforms) or "全部平台")
    if "unit" in parts:
        units = {id_: name for id_, name, _ in choices.units}
        named = [units.get(u, str(u)) for u in where.units] or [labels.UNIT_KINDS[k] for k in where.kinds]
        out.append("、".join(named) or "全部单位")
    if where.board is not None:
        names = {id_: name for id_, name, _ in (*choices.boards, *choices.archived)}
        out.append("榜单：" + names.get(where.board, "已删除的榜单"))
    return " · ".join(out)
