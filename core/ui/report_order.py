"""What report is wanted: kind, platform, period, scope and parts, chosen on the screen and kept in the address."""

from datetime import date, datetime

import streamlit as st

from core import clock, labels
from core.faults import BadInput
from core.periods import NAMES, Period, Span
from core.query import scope as scopes
from core.report import kinds
from core.report.dress import Dress
from core.report.kinds import Kind
from core.report.outline import Order
from core.ui.ask import ask
from core.ui.parts import plain, toast_error

BACK = 400
"""Periods that are offered at most."""


PLACES = ("编制", "日程", "已签发", "变动台账")
"""Parts of the room."""
DRAFT = "draft"
"""What an address calls a draft one of whose figures is open."""
KNOWN = "reports_draft"
"""Where the session keeps which draft of an address it stands at."""
_GOTO, _WORN = "reports_goto", "reports_worn"
_BEFORE = {"month": "period_month", "scope": "scope_monthly", "basis": "report_basis"}
"""What links of earlier versions call things."""


def arrive() -> None:
    """Before the room draws anything: be where a link, or a button of the run before, wants to be."""
    for key, value in st.session_state.pop(_GOTO, {}).items():
        st.session_state[key] = value
    for before, key in _BEFORE.items():
        if value := st.query_params.get(before):
            st.query_params[key] = value
            st.query_params.pop(before)
    if st.query_params.get("edition"):
        st.session_state["reports_part"] = PLACES[2]
    elif st.query_params.get("late"):
        st.session_state["reports_part"] = PLACES[3]
    elif (said := st.query_params.get(DRAFT, "")) and st.session_state.get(KNOWN) != said:
        st.session_state[KNOWN] = said
        _arrive_at(said)


def leave() -> None:
    """A callback: another part of the room was chosen, where what the address names is not."""
    for name in ("edition", "late"):
        st.query_params.pop(name, None)


def address(wanted: Order) -> dict[str, str]:
    """What an address says of a draft: everything that is ordered, since what is left out would mean something else
    next month."""
    said = [wanted.kind, wanted.platform, wanted.period.code, wanted.scope, wanted.basis, *wanted.parts]
    return {DRAFT: "~".join(said)}


def leads_here(wanted: Order) -> bool:
    """Whether the address means this draft, or none."""
    return st.query_params.get(DRAFT) in (None, address(wanted)[DRAFT])


def _arrive_at(said: str) -> None:
    """Choose what a link's draft orders, as far as there is such a thing."""
    code, platform, period, scope, basis, *parts = (*said.split("~"), "", "", "", "", "")[:max(5, said.count("~") + 1)]
    try:
        kind, meant = kinds.kind_of(code), Period.parse(period)
    except BadInput as fault:
        toast_error(f"链接不完整：{plain(str(fault))}")
        return
    chosen = {"reports_part": PLACES[0], "report_kind": kind.name, f"period_{meant.span}": meant.code}
    chosen |= {"report_span": NAMES[meant.span]} if len(kind.spans) > 1 else {}
    platforms = dict(ask(scopes.choices).platforms)
    chosen |= {"report_platform": platforms[platform]} if platform in platforms and kind.per == "platform" else {}
    words = dict(ask(kind.scopes, platform))
    chosen |= {f"scope_{code}": words[scope]} if scope in words and len(words) > 1 else {}
    chosen |= {"report_basis": labels.BASES[basis]} if basis in labels.BASES and kind.per else {}
    if parts := [part for part in parts if part]:
        chosen[f"parts_{code}"] = parts
    for key, value in chosen.items():
        st.session_state[key] = value


def open_order(wanted: Order, platform: str, worn: Dress) -> None:
    """Into the builder with this order, dressed so; `platform`: its name."""
    kind = kinds.kind_of(wanted.kind)
    st.session_state[_WORN] = key_of(wanted), worn
    st.session_state[_GOTO] = {
        "reports_part": PLACES[0], "report_kind": kind.name, f"period_{wanted.period.span}": wanted.period.code,
    } | ({"report_platform": platform} if platform else {}) | (
        {"report_span": NAMES[wanted.period.span]} if len(kind.spans) > 1 else {})
    st.rerun()


def key_of(wanted: Order) -> str:
    """Which report it is, for the keys of its widgets."""
    return f"{wanted.kind}_{wanted.platform}_{wanted.period.code}_{wanted.scope}"


def worn(wanted: Order) -> Dress:
    """How a report is dressed that was opened from a plan; as it comes where it was not."""
    key, held = st.session_state.get(_WORN, ("", Dress()))
    return held if key == key_of(wanted) else Dress()


def order(now: datetime) -> Order | None:
    """The report that the screen's choices mean; None where there is none of what is needed."""
    offered = ask(scopes.choices)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = _kind()
        platform = _platform(kind, offered.platforms) if kind.per == "platform" else ""
        if platform is None:
            return None
        period = _period(kind, now)
        scope = _scope(kind, platform)
        if scope is None:
            return None
        basis = _basis() if kind.per else "latest"
    return Order(kind.code, period, platform, scope, basis, _parts(kind))


def _kind() -> Kind:
    names = {one.name: one for one in kinds.KINDS.values()}
    return names[st.selectbox("报告种类", list(names), key="report_kind", bind="query-params", width=170)]


def _platform(kind: Kind, offered: tuple[tuple[str, str], ...]) -> str | None:
    codes = {name: code for code, name in offered}
    if not codes:
        st.selectbox("平台", [], key="platform_none", placeholder="还没有账号", disabled=True, width=170)
        return None
    return codes[st.selectbox("平台", list(codes), key="report_platform", bind="query-params", width=170)]


def _period(kind: Kind, now: datetime) -> Period:
    span = kind.spans[0]
    if len(kind.spans) > 1:
        words = {NAMES[one]: one for one in kind.spans}
        usual = NAMES["week"] if NAMES["week"] in words else next(iter(words))
        span = words[st.selectbox("周期", list(words), list(words).index(usual), key="report_span", bind="query-params",
                                  width=110)]
    today = clock.day_of(now)
    offered = _periods(span, *_held(kind, today))
    ended = next((n for n, one in enumerate(offered) if one.last < today), 0)
    codes = {one.code: one for one in offered}
    # Another kind of period is another field: what was chosen for months says nothing about weeks.
    code = st.selectbox("时段", list(codes), index=ended, format_func=lambda code: codes[code].label, width=190,
                        key=f"period_{span}", bind="query-params")
    return codes[code]


def _held(kind: Kind, today: date) -> tuple[date, date]:
    """The days of which there is something to be reported, up to today."""
    offered = ask(scopes.choices)
    first, last = (offered.posts if kind.per else offered.mentions) or (today, today)
    return min(first, today), min(last, today)


def _periods(span: Span, first: date, last: date) -> list[Period]:
    """Those that hold such days, the newest first."""
    found = [Period.of(span, last)]
    while found[-1].first > first and len(found) < BACK:
        found.append(found[-1].shift(-1))
    return found


def _scope(kind: Kind, platform: str) -> str | None:
    """None where the kind is of something that there is not, as boards."""
    offered = ask(kind.scopes, platform)
    word = {"unit": "单位", "board": "榜单"}.get(kind.per, "范围")
    if not offered:
        st.selectbox(word, [], key=f"scope_none_{kind.code}", placeholder=f"还没有{word}", disabled=True, width=220)
        return None
    names = {words: code for code, words in offered}
    if len(names) == 1:
        return next(iter(names.values()))
    return names[st.selectbox(word, list(names), key=f"scope_{kind.code}", bind="query-params", width=220)]


def _basis() -> str:
    bases = {words: name for name, words in labels.BASES.items()}
    return bases[st.selectbox("取数口径", list(bases), key="report_basis", bind="query-params", width=170)]


def _parts(kind: Kind) -> tuple[str, ...]:
    """The parts that are wanted, in the order in which they were chosen; () for all as they are declared."""
    free = {part.key: part.title for part in kind.outline if not part.fixed}
    if len(free) < 2:
        return ()
    with st.expander("内容：选择章节和次序", icon=":material/format_list_numbered:"):
        chosen = st.multiselect("章节", list(free), list(free), format_func=free.get, key=f"parts_{kind.code}",
                                label_visibility="collapsed", placeholder="至少选一章")
        st.caption("按选择的先后编排；去掉一章再选，就排到最后。封面、口径与数据说明总在原处。没有数据的章节自动略去。")
    return () if list(chosen) == list(free) or not chosen else tuple(chosen)
