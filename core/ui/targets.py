"""The room 绩效目标: a year's targets at a glance, and one of them with its course, its definition and its evidence."""

from datetime import date, datetime
from html import escape

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import charts, clock, labels
from core.metrics import targets as arithmetic
from core.query.scope import id_of
from core.targets import kept, year
from core.targets.measured import Evidence
from core.targets.year import Assessed, Year
from core.ui import target_entries, target_forms, target_sheet
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, said
from core.ui.export import export
from core.ui.parts import Card, caption, cards, empty, link, plain
from core.ui.table import Column, table
from core.ui.target_state import badge, band

TOLD = "targets"
VIEWS = ("进展", "自评表", "设置")
_COLOURS = {"done": "#2F8F5B", "fine": "#2F6DB0", "risk": "#D98A2B", "missed": "#C8553D", "none": "#8A95A3"}
_COLUMNS = {
    "name": Column("指标"), "dimension": Column("类别"), "aim": Column("目标值"), "said": Column("完成值"),
    "rate": Column("完成率"), "ahead": Column("预计年末"), "state": Column("状态"),
    "why": Column("说明", width="large"), "weight": Column("分值", "number"), "score": Column("得分", "score"),
}


def page(now: datetime) -> None:
    """Choose a year, then look at it, settle it, or hand in its sheet."""
    said(TOLD)
    number, view = _head(now)
    found = ask(year.assessed, number, now.replace(minute=0, second=0, microsecond=0))
    if not found.targets:
        _begin(number)
        return
    asked = id_of(st.query_params.get("target", ""))
    if view == VIEWS[1]:
        target_sheet.section(found)
    elif view == VIEWS[2]:
        target_forms.section(found)
    elif (one := next((one for one in found.targets if one.id == asked), None)) is not None:
        _one(found, one)
    else:
        if st.query_params.pop("target", None):
            caption("链接里的绩效目标在这一年找不到，可能已被删除。下面是全部目标。")
        _all(found)


def _head(now: datetime) -> tuple[int, str]:
    """The year and the view; the address names both."""
    this = clock.day_of(now).year
    held = look(kept.years)
    offered = sorted({this - 1, this, *held} | ({this + 1} if this in held else set()))[-6:]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        usual = this if this in held or not held else held[0]
        words = {f"{one}年": one for one in offered}
        number = st.segmented_control("年度", list(words), default=f"{usual}年", key="targets_year", required=True,
                                      bind="query-params", on_change=_leave)
        view = st.segmented_control("视图", VIEWS, default=VIEWS[0], key="targets_view", required=True,
                                    bind="query-params", on_change=_leave)
    return words[number], view


def _leave() -> None:
    """A callback: another year or view has no target open."""
    st.query_params.pop("target", None)


def _begin(number: int) -> None:
    """A year without targets, and the button that gives it some."""
    before = [one for one in look(kept.years) if one < number]
    how = f"沿用{before[0]}年的目标" if before else "按第一套目标（各平台报告 36 份、准确率 100% 等）"
    empty(f"{number}年还没有绩效目标。点下面的按钮，{how}建立，之后可逐项修改。", ":material/flag:")
    if st.button(f"建立{number}年绩效目标", type="primary", icon=":material/add:", key="targets_open"):

        def deed(session: Session) -> str:
            made = kept.open_year(session, number, who=WHO, now=clock.now())
            return f"已建立{number}年绩效目标 {made} 项，可在“设置”中修改。"

        if do(deed, TOLD):
            st.rerun()


# --- All of them ----------------------------------------------------------------------------------------------------


def _all(found: Year) -> None:
    states = [one.standing.state for one in found.targets]
    if found.demo:
        caption(f"这是样例区的绩效目标，只计样例区的数据（{labels.DEMO}）。")
    cards([
        Card("目标", f"{len(states)} 项"),
        Card("已完成", f"{states.count('done')} 项"),
        Card("正常", f"{states.count('fine')} 项"),
        Card("有风险", f"{states.count('risk')} 项", help="按至今的进展和年末预测，可能或将会达不到"),
        Card("未达标、无数据", f"{states.count('missed') + states.count('none')} 项"),
        Card("自评得分", f"{found.score:g}", help=f"满分 {found.weight:g}；按现在的完成值计，没有数据的不得分"),
    ])
    for dimension in kept.DIMENSIONS:
        group = [one for one in found.targets if one.dimension == dimension]
        if group:
            st.markdown(f"**{dimension}**")
        for one in group:
            _row(found, one)
    caption("进度条中的竖线是按时间进度应达到的位置；预计年末为 80% 区间。"
            f"数据截至 {clock.local(found.at):%m-%d %H} 时。")
    export(_listed(found), _COLUMNS, f"{found.number}年绩效目标进展",
           "各项的口径见所选目标；比例向下取位，不四舍五入进到 100%", key="targets_all")


def _listed(found: Year) -> pd.DataFrame:
    return pd.DataFrame([{
        "name": one.name, "dimension": one.dimension, "aim": one.aim, "said": one.said,
        "rate": arithmetic.per_cent(one.rate), "ahead": band(one), "state": arithmetic.STATES[one.standing.state],
        "why": one.standing.why, "weight": one.weight, "score": one.score} for one in found.targets])


def _row(found: Year, one: Assessed) -> None:
    with st.container(border=True):
        what, bar, why, go = st.columns([2.6, 3, 4, 1.2], vertical_alignment="center")
        with what:
            st.markdown(f"**{plain(one.name)}**  \n:small[:gray[目标 {plain(one.aim)}　{one.weight:g} 分]]")
        with bar:
            _bar(one)
        with why:
            st.markdown(f"{badge(one)}　:small[{plain(one.standing.why)}]")
        with go:
            if st.button("查看", key=f"target_open_{one.id}", icon=":material/chevron_right:", width="stretch"):
                st.query_params["target"] = str(one.id)
                st.rerun()


def _bar(one: Assessed) -> None:
    """Value against goal, with a mark where it should be by now."""
    rate = 0 if one.rate is None else min(max(one.rate, 0), 1)
    expected = one.measured.expected
    mark = "" if not expected or not one.goal else (
        f'<div style="position:absolute;left:{min(expected / one.goal, 1) * 100:.1f}%;top:-3px;width:2px;height:16px;'
        'background:currentColor;opacity:0.7"></div>')
    told = "" if not expected else f"，应至 {escape(one.words(expected))}"
    st.html(
        f'<div style="font-size:0.9em;line-height:1.5"><b style="font-size:1.15em">{escape(one.said)}</b>'
        f'<span style="opacity:0.7">　完成 {escape(arithmetic.per_cent(one.rate))}{told}</span></div>'
        '<div style="position:relative;height:10px;border-radius:5px;margin:4px 0 2px;'
        'background:rgba(128,140,155,0.22)">'
        f'<div style="width:{rate * 100:.1f}%;height:10px;border-radius:5px;background:{_COLOURS[one.standing.state]}">'
        f"</div>{mark}</div>")


# --- One ------------------------------------------------------------------------------------------------------------


def _one(found: Year, one: Assessed) -> None:
    if st.button("返回全部目标", icon=":material/arrow_back:", key="target_back"):
        st.query_params.pop("target", None)
        st.rerun()
    st.subheader(plain(one.name), anchor=False)
    st.markdown(f"{badge(one)}　{plain(one.standing.why)}")
    measured = one.measured
    row = [Card("目标值", one.aim), Card("完成值", one.said, help=_made_of(one)),
           Card("完成率", arithmetic.per_cent(one.rate)),
           Card("预计年末", one.words(measured.outlook.value),
                help=f"80% 区间 {band(one)}" if measured.outlook.value is not None else measured.outlook.refusal)]
    if measured.expected:
        row.append(Card("按进度应有", one.words(measured.expected)))
    row.append(Card("得分", labels.MISSING if one.score is None else f"{one.score:g} / {one.weight:g}"))
    cards(row)
    _course(found, one)
    with st.container(border=True):
        lines = [("口径", measured.definition),
                 ("预测", f"预计年末 {one.words(measured.outlook.value)}（80% 区间 {band(one)}）。"
                  + measured.outlook.method if measured.outlook.value is not None
                  else f"不作预测：{measured.outlook.refusal}"),
                 ("说明", one.note)]
        st.markdown("  \n".join(f":gray[{name}]　{plain(words)}" for name, words in lines if words))
        st.markdown("\n".join(f"- {plain(words)}" for words in measured.notes))
    if one.measure == "manual":
        target_entries.section(one, found.closed)
    for number, each in enumerate(measured.evidence):
        _evidence(found, one, each, number)


def _made_of(one: Assessed) -> str | None:
    measured = one.measured
    if measured.of is None or measured.whole is None or one.unit != kept.SHARE:
        return None
    return f"{measured.of:,.0f} ÷ {measured.whole:,.0f}" + (" － 1" if one.measure == "followers" else "")


def _course(found: Year, one: Assessed) -> None:
    """The way over the year, the goal, and the year-end that is expected."""
    begin, end = date(found.number, 1, 1), date(found.number, 12, 31)
    points = [(min(max(day, begin), end), value) for day, value in one.measured.course]
    if len(points) < 2:
        return
    by = 100 if one.unit == kept.SHARE else 1
    ahead = one.measured.outlook
    whole = None if ahead.value is None or one.measured.over else tuple(
        value * by for value in (ahead.value, ahead.low, ahead.high))
    frame = pd.DataFrame(points, columns=["day", "value"]).drop_duplicates("day", keep="last")
    if one.measured.sums:
        today = min(clock.day_of(found.at), end)
        frame = pd.concat([frame, pd.DataFrame({"day": [today], "value": [one.measured.value]})]).drop_duplicates(
            "day", keep="last").sort_values("day")
    frame = frame.assign(value=frame["value"] * by)
    chart = charts.course(frame, first=begin, last=end, goal=one.goal * by,
                          unit=one.unit, value_name=one.name, ahead=whole, steps=one.measured.sums,
                          ceiling=100 if one.unit == kept.SHARE and one.measure != "followers" else None)
    st.altair_chart(chart, alt=f"{found.number}年{one.name}的进展、目标和年末预测")


def _evidence(found: Year, one: Assessed, each: Evidence, number: int) -> None:
    st.markdown(f"**{each.title}**　:gray[{len(each.frame)} 条]")
    if each.frame.empty:
        caption("没有。")
        return
    columns = {name: Column(heading, kind) for name, heading, kind in each.heads}
    row = table(each.frame, columns, key=f"target_{one.id}_{number}_{len(each.frame)}", select=bool(each.room),
                height="content" if len(each.frame) < 12 else 420, alt=each.title)
    if each.note:
        caption(each.note)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export(each.frame, columns, f"{found.number}年{one.name}·{each.title}", one.measured.definition,
               key=f"target_{one.id}_{number}")
        if row is not None and each.room and not pd.isna(id_ := each.frame["id"].iloc[row]):
            link(each.room, _GO[each.room], icon=":material/open_in_new:",
                 **{each.param: id_ if isinstance(id_, str) else int(id_)})
        elif each.room:
            st.markdown(":small[:gray[点选一行可打开来源]]", width="content")


_GO = {"reports": "打开这份报告", "quality": "查看这个月的核验", "sources": "查看采集源", "account": "查看这个账号"}
