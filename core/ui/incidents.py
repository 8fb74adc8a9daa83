"""The list of incidents, the most urgent first; the form that opens one."""

from datetime import datetime

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.incidents.entered import PLACE, TITLE
from core.query import incident_mentions
from core.query import incidents as query
from core.query.incidents import STATES, Wanted
from core.query.scope import id_of
from core.ui.ask import ask
from core.ui.deeds import WHO, do, said
from core.ui.export import export
from core.ui.incident_deeds import TOLD, begun, open_incident, turn, when
from core.ui.parts import Card, caption, cards, empty
from core.ui.table import Column

VIEWS = ("清单", "按街镇")
_COLOURS = {"red": "#C8403A", "orange": "#E08A2C", "yellow": "#E3C33B", "blue": "#3F78B5"}
_LATE = "#C8553D"
LEVELS_HELP = (
    "按本区应急预案定级。等级决定回应时限：红色、橙色 5 小时内发布权威信息、24 小时内举行新闻发布会，"
    "各等级都在 48 小时内回应"
)
_OFFERED = 20
"""Mentions that a search in the form offers."""
_COLUMNS = {
    "level": Column("等级"), "time": Column("时限"), "title": Column("事件"), "stage": Column("环节"),
    "clock": Column("时限要求"),
    "mentions": Column("信息", "int"), "more": Column("24小时新增", "int"), "town": Column("街镇"),
    "unit": Column("牵头单位"), "tasks": Column("待反馈", "int"), "overdue": Column("反馈超期"),
    "first_at": Column("首次采集", "time"), "changed_at": Column("最近处置", "time"), "who": Column("处置人"),
}


def this_minute() -> datetime:
    """Now to the minute, so that what is asked for it is asked once a minute."""
    return clock.now().replace(second=0, microsecond=0)


def listing() -> None:
    """How the incidents stand, the filter row, the list; a row that is clicked opens."""
    now = this_minute()
    said(TOLD)
    many = ask(query.counts, now)
    _asked_by_link()
    if st.session_state.get("incident_new"):
        _form()
    if not (many.open or many.closed or many.withdrawn):
        _new_button()
        empty("还没有事件。点“新建事件”，把一个话题或几条信息立为事件，一事一报，从发现到归档全程留痕。")
        return
    levels = "、".join(f"{labels.LEVELS[level]} {number}" for level, number in many.levels.items() if number)
    cards([
        Card("处置中", f"{many.open} 件", help=f"其中{levels}" if levels else None),
        Card("已超时", f"{many.late} 件", help="处置中、尚未回应且已过回应时限"),
        Card("反馈超期", f"{many.overdue} 项", help="交办单位到期没有反馈的任务"),
        Card("已办结", f"{many.closed} 件", help="含已归档"),
    ])
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        view = st.segmented_control("显示", VIEWS, default=VIEWS[0], key="incident_view", required=True,
                                    label_visibility="collapsed")
        _new_button()
    if view == VIEWS[1]:
        _streets(now)
        return
    wanted = _filters()
    found = ask(query.listed, now, wanted)
    if found.empty:
        empty("没有处置中的事件。" if wanted == Wanted() else "没有符合条件的事件，请放宽筛选条件。")
        return
    chosen = _table(found)
    caption("处置中的在前，按最先到期的时限排列，同一时限按等级。点选一行打开事件。")
    words = "、".join(filter(None, (STATES[wanted.state], labels.LEVELS.get(wanted.level, ""), wanted.town)))
    export(_shown(found), _COLUMNS, f"事件清单 {clock.local(now):%Y-%m-%d}", f"范围：{words}", key="incidents_export")
    if chosen is not None:
        open_incident(chosen)


def _filters() -> Wanted:
    """The filter row, in the address."""
    known = ask(query.choices)
    states = {word: state for state, word in STATES.items()}
    levels = {word: level for level, word in labels.LEVELS.items()}
    stages = {word: stage for stage, word in labels.STAGES.items()}
    units = {name: id_ for id_, name in known.units}
    any_ = {"index": None, "bind": "query-params", "placeholder": "全部"}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        state = st.selectbox("状态", list(states), key="i_state", bind="query-params", width=108)
        level = st.selectbox("等级", list(levels), key="i_level", width=108, **any_)
        stage = st.selectbox("环节", list(stages), key="i_stage", width=108, **any_)
        town = st.selectbox("街镇", known.towns, key="i_town", width=167, **any_)
        unit = st.selectbox("单位", list(units), key="i_unit", width=167, help="牵头单位，或有任务的单位", **any_)
        search = st.text_input("查找", key="i_q", bind="query-params", max_chars=40, width=180,
                               placeholder="名称里的词")
    return Wanted(states[state], stages.get(stage or "", ""), levels.get(level or "", ""), town or "",
                  units.get(unit or ""), search)


def _shown(found: pd.DataFrame) -> pd.DataFrame:
    """The list in words."""
    time = [row.clock_words or _rest(row) for row in found.itertuples()]
    hours = {name: f"{hours} 小时内{name}" for name, hours, _ in query.CLOCKS}
    return found.assign(
        level=found["level"].map(labels.LEVELS), stage=found["stage"].map(labels.STAGES), time=time,
        clock=[hours.get(name, labels.MISSING) for name in found["clock"]],
        town=found["town"].replace("", labels.MISSING), unit=found["unit"].replace("", labels.MISSING))


def _rest(row) -> str:
    return "已撤销" if row.state == "withdrawn" else "已办结" if row.state == "closed" else "已回应"


def _table(found: pd.DataFrame) -> int | None:
    """The list with levels as coloured labels; the id of the incident that was clicked."""
    shown = _shown(found).assign(level=[[labels.LEVELS[level]] for level in found["level"]])[list(_COLUMNS)]
    for name in ("first_at", "changed_at"):
        shown[name] = shown[name].dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    made = st.column_config
    config = {
        "level": made.MultiselectColumn("等级", options=list(labels.LEVELS.values()),
                                        color=[_COLOURS[level] for level in labels.LEVELS], width=68),
        "time": made.TextColumn("时限", width=140), "title": made.TextColumn("事件", width=240),
        "clock": made.TextColumn("时限要求", width=136),
        "stage": made.TextColumn("环节", width=64), "mentions": made.NumberColumn("信息", format="localized", width=56),
        "more": made.NumberColumn("24小时新增", format="localized", width=92),
        "town": made.TextColumn("街镇", width=92), "unit": made.TextColumn("牵头单位", width=150),
        "tasks": made.NumberColumn("待反馈", width=72), "overdue": made.TextColumn("反馈超期", width=140),
        "first_at": made.DatetimeColumn("首次采集", format="MM-DD HH:mm", width=110),
        "changed_at": made.DatetimeColumn("最近处置", format="MM-DD HH:mm", width=110),
        "who": made.TextColumn("处置人", width=90),
    }
    visit = st.session_state.setdefault("incidents_visit", 0)
    late = [f"color: {_LATE}; font-weight: 600" if late else "" for late in found["late"]]
    state = st.dataframe(
        shown.style.apply(lambda _: late, subset=["time"]), hide_index=True, column_config=config,
        key=f"incidents_{visit}", on_select="rerun", placeholder="—",
        selection_mode="single-cell", alt="事件清单")
    rows = [row for row, _ in state.selection.cells if row < len(found)] if state else []
    if not rows:
        return None
    st.session_state["incidents_visit"] = visit + 1  # a new table, with nothing picked, when the list is seen again
    return int(found["incident_id"].iloc[rows[0]])


def _streets(now: datetime) -> None:
    """Open incidents by street."""
    found = ask(query.streets, now)
    if found.empty:
        empty("没有处置中的事件。")
        return
    shown = found.assign(town=found["town"].replace("", "未定"))
    columns = {"town": "街镇", "open": "处置中", "late": "已超时"} | labels.LEVELS
    st.dataframe(shown[list(columns)], hide_index=True, alt="按街镇统计的处置中事件", column_config={
        "town": st.column_config.TextColumn("街镇", width=160),
        **{name: st.column_config.NumberColumn(word, width=90) for name, word in columns.items() if name != "town"},
    })
    caption("处置中的事件，按事发街镇统计。")


# --- A new one ------------------------------------------------------------------------------------------------------


def _new_button() -> None:
    if st.button("新建事件", type="primary", icon=":material/add:", key="incident_new_button"):
        st.session_state["incident_new"] = True
        st.session_state["incident_from"] = ((), ())
        st.rerun()


def _asked_by_link() -> None:
    """A link from another room names topics or mentions to open an incident about: `topics=1,2`, `mentions=3`."""
    asked = [_ids(st.query_params.get(word, ""), big=word == "mentions") for word in ("mentions", "topics")]
    if any(asked):
        for word in ("mentions", "topics"):
            st.query_params.pop(word, None)
        st.session_state["incident_new"], st.session_state["incident_from"] = True, tuple(asked)


def _ids(text: str, *, big: bool) -> tuple[int, ...]:
    found = (id_of(part, big=big) for part in text.split(",")[:200])
    return tuple(id_ for id_ in found if id_ is not None)


def _closed() -> None:
    for name in ("incident_new", "incident_new_held"):
        st.session_state.pop(name, None)
    turn()


@st.dialog("新建事件", width="medium", on_dismiss=_closed)
def _form() -> None:
    now = clock.now()
    mentions, topics = _about(now)
    like = ask(incident_mentions.proposed, mentions, topics)
    key = begun(f"incident_new_{hash((mentions, topics))}")
    title = st.text_input("事件名称", like.title[:TITLE], key=f"{key}_title", max_chars=TITLE,
                          placeholder="地点、事由，如“东街小区停水”")
    words = {f"{word} · {labels.LEVEL_NAMES[level]}": level for level, word in labels.LEVELS.items()}
    level = st.segmented_control("等级", list(words), default=list(words)[-1], key=begun("incident_new_level"),
                                 required=True, help=LEVELS_HELP)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        town = town_box(like.where.town, f"{key}_town")
        place = st.text_input("地点", like.where.place, key=f"{key}_place", max_chars=PLACE)
    unit = unit_box("牵头单位", like.where.unit_id, f"{key}_unit")
    found_at = None
    if not like.mentions:
        found_at = when("发现时间（不填为现在）", begun("incident_new_found"),
                        help="没有关联信息时，回应时限从这一刻起算")
    else:
        caption(f"将关联 {labels.thousands(like.mentions)} 条信息；回应时限从其中最早的采集时间起算。")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("取消", key="incident_new_cancel"):
            _closed()
            st.rerun()
        given = st.button("建立事件", type="primary", icon=":material/check:", key="incident_new_save")
    if not given:
        return
    made: list[int] = []

    def deed(session: Session) -> str:
        row = incidents.open_(session, title, words[level], mentions, topics, unit_id=unit, town=town, place=place,
                              found_at=found_at, who=WHO, now=clock.now())
        made.append(row.id)
        return f"已建立事件“{row.title}”。"

    if do(deed, TOLD):
        _closed()
        open_incident(made[0])


def _about(now: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The mentions and topics that it is to be about."""
    mentions, topics = st.session_state.get("incident_from", ((), ()))
    known = ask(incident_mentions.topics, this_minute().replace(minute=0))
    names = {int(row.topic_id): f"{row.title}（{row.mentions} 条）" for row in known.itertuples()}
    chosen = st.multiselect("跟踪话题", list(names), [id_ for id_ in topics if id_ in names],
                            key=begun("incident_new_topics"), format_func=lambda id_: names[id_],
                            placeholder="选择近期话题，可输入词语查找", help="话题已有的和今后的新信息都归入这个事件")
    if set(topics) - set(names):
        caption("有的话题已由其他事件跟踪，或近 30 天没有新信息，没有带入。")
    search = st.text_input("查找信息", key=begun("incident_new_search"), max_chars=40,
                           placeholder="标题里的词；也可以不选信息，直接登记")
    found = ask(incident_mentions.unlinked, None, search, this_minute(), limit=_OFFERED) if search.strip() else None
    offered = {} if found is None else {
        int(row.mention_id): f"{row.title}（{row.platform} {clock.local(row.published_at):%m-%d %H:%M}）"
        for row in found.itertuples()}
    held = st.session_state.setdefault("incident_new_held", {})
    if found is not None and found.empty:
        caption("近 90 天没有标题含这些词的信息。")
    offered |= {id_: held[id_] for id_ in st.session_state.get(begun("incident_new_mentions"), ()) if id_ in held}
    held |= offered
    picked = st.multiselect("关联信息", list(offered), key=begun("incident_new_mentions"),
                            format_func=lambda id_: offered[id_], placeholder="从查找结果中选择") if offered else []
    if mentions:
        caption(f"已带入 {len(mentions)} 条信息。")
    return tuple(sorted({*mentions, *picked})), tuple(sorted(chosen))


def town_box(value: str, key: str) -> str:
    """A street or town, of those that are known or written in."""
    towns = list(dict.fromkeys([*([value] if value else []), *ask(query.towns)]))
    return st.selectbox("街镇", towns, towns.index(value) if value else None, key=key, placeholder="选择或填写",
                        accept_new_options=True) or ""


def unit_box(label: str, value: int | None, key: str) -> int | None:
    """A unit of the ledger, or none."""
    names = dict(ask(query.choices).every_unit)
    ids = list(names)
    return st.selectbox(label, ids, ids.index(value) if value in names else None, key=key, placeholder="选择单位",
                        format_func=lambda id_: names[id_])
