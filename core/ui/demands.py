"""群众诉求: the figures, the problems that demands have in common, the demands themselves, what is overdue."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core import charts, clock, labels
from core.opinion.demand_fields import scheme
from core.opinion.demand_rules import rules
from core.query import demands as query
from core.query.demands import DemandChoices, DemandFilter, Overview, Totals
from core.ui import imports
from core.ui.ask import ask
from core.ui.demand_deeds import bar
from core.ui.export import export
from core.ui.parts import Card, caption, cards, empty
from core.ui.table import Column, table

SHOWN = 300
"""Rows of the list on the screen; the export has them all."""
COLUMNS = {
    "asked_at": Column("诉求时间", "time", pinned=True), "title": Column("诉求标题", width="large"),
    "kind": Column("类型"), "field": Column("领域/类别"), "town": Column("街镇"), "place": Column("地点"),
    "unit": Column("承办单位"), "state": Column("办理状态"), "due_at": Column("办理期限", "time"),
    "over": Column("超期天数", "int", help="已过期限而没有答复的自然日"), "level_name": Column("问题范围"),
    "again": Column("重复", help="同一来电人就同一问题再次反映"), "channel_name": Column("渠道"),
    "number": Column("编号"),
}
EXPORTED = COLUMNS | {
    "replied_at": Column("答复时间", "time"), "satisfied": Column("满意度"), "field_sure": Column("类别把握", "score"),
    "group_id": Column("问题编号", "int"),
}
_PROBLEMS = {
    "level_name": Column("范围", pinned=True), "title": Column("问题", width="medium"),
    "now": Column("本期件数", "int"),
    "all": Column("近半年件数", "int"),
    "people_words": Column("人数", help="按来电标识计；没有标识的每件按一人，写作“至多”"),
    "weeks": Column("近 12 周走势", "spark"), "field": Column("领域/类别"), "where": Column("主要街镇"),
    "towns": Column("涉及街镇", "int"), "overdue": Column("超期未答复", "int"),
    "overdue_share": Column("超期占比", "percent", help="占本期办理情况可知的件数"),
    "why": Column("判定依据", width="large"),
    "first_at": Column("最早", "time"), "last_at": Column("最近", "time"),
}
_PART = {
    "name": Column("名称", width="medium", pinned=True), "total": Column("件数", "int"), "moved": Column("较上期"),
    "towns": Column("涉及街镇", "int"), "overdue": Column("超期未答复", "int"),
    "rate": Column("按期答复率", "percent"), "rate_words": Column("按期/应答复"),
}
_URGED = {
    "unit": Column("承办单位", pinned=True), "number": Column("编号"), "title": Column("诉求标题", width="large"),
    "kind": Column("类型"), "field": Column("领域/类别"), "town": Column("街镇"),
    "asked_at": Column("诉求时间", "time"), "due_at": Column("办理期限", "time"), "over": Column("超期天数", "int"),
    "state": Column("办理状态"),
}


def this_hour() -> datetime:
    """The moment as of which it is said what is overdue: the last full hour, so that answers are kept that long."""
    return clock.now().replace(minute=0, second=0, microsecond=0)


def section(where: DemandFilter, offered: DemandChoices) -> None:
    """The figures and the parts below them."""
    at = this_hour()
    seen = ask(query.overview, where, at)
    parts = {"共性问题": problems, "诉求清单": listing, "分布与趋势": spread, "超期催办": urged, "导入": None}
    if seen.totals.total:
        _cards(where, seen)
    if offered.unread:
        caption(f"有 {offered.unread:,} 件诉求刚到，正在归类，稍后可见其类别和所属问题。")
    part = st.segmented_control("栏目", list(parts), default="共性问题", key="demands_part", required=True,
                                bind="query-params", label_visibility="collapsed")
    draw = parts[part]
    if draw is None:
        imports.demands()
    elif not seen.totals.total:
        empty(_nothing(where, offered))
    else:
        draw(where, offered, seen, at)


def _nothing(where: DemandFilter, offered: DemandChoices) -> str:
    if offered.first is None:
        return ("还没有诉求。请在“导入”中上传 12345 工单或留言板的导出文件，或放入收件夹 inbox/hotline12345/；"
                "在“采集源”启用留言板后也会进入这里。")
    if where.to_params():
        return "没有符合条件的诉求。可以换词、放宽筛选，或在左侧换一个周期。"
    return f"所选周期内没有诉求。已有诉求的日期是 {offered.first} 至 {offered.last}，请在左侧换一个周期。"


def share(part: int, whole: int) -> str:
    """A share in per cent; missing where there is nothing to be a share of."""
    return f"{part / whole:.1%}" if whole else labels.MISSING


def _cards(where: DemandFilter, seen: Overview) -> None:
    one = seen.totals
    daily = seen.days.groupby("day")["value"].sum()
    cards([
        Card("诉求总量", labels.thousands(one.total), None,
             charts.sparkline(list(daily.index), list(daily), where.start, where.end), "按诉求时间计入本期"),
        Card("重复率", share(one.repeats, one.called),
             help=f"同一来电人就同一问题再次反映 {one.repeats:,} 件 / 有来电标识的 {one.called:,} 件"),
        *handling(one),
    ])
    caption(shares(one))
    if one.before:  # not as the card's own change, which would praise a growth of complaints in green
        caption(f"上一个同样长的周期 {one.before:,} 件，本期{labels.change(one.total, one.before)}。")


def shares(one: Totals) -> str:
    """The shares of the cards as numbers, in one line."""
    return "；".join((
        f"重复 {one.repeats:,} / 有来电标识 {one.called:,} 件",
        f"按期答复 {one.in_time:,} / 已答复和已超期 {one.due:,} 件",
        f"满意和基本满意 {one.pleased:,} / 已评价 {one.rated:,} 件，评价覆盖已答复的 {share(one.rated, one.closed)}",
    )) + "。"


def handling(one: Totals) -> list[Card]:
    """What became of some demands: overdue, in time, satisfied, each with its numerator and denominator."""
    untimed = f"；另有 {one.untimed:,} 件已答复但没有写明时间，未计入" if one.untimed else ""
    return [
        Card("超期未答复", labels.thousands(one.overdue) if one.tracked else labels.MISSING,
             help=f"办理情况可知的 {one.tracked:,} 件中，已过期限而没有答复的"
             + (f"；{one.total - one.tracked:,} 件没有写明办理情况，无法判断" if one.tracked < one.total else "")),
        Card("按期答复率", share(one.in_time, one.due),
             help=f"期限内答复 {one.in_time:,} 件 / 已答复和已超期 {one.due:,} 件{untimed}"),
        Card("满意率", share(one.pleased, one.rated),
             help=f"满意和基本满意 {one.pleased:,} 件 / 已评价 {one.rated:,} 件；"
             f"已答复 {one.closed:,} 件中有评价的占 {share(one.rated, one.closed)}"),
    ]


# --- Parts ----------------------------------------------------------------------------------------------------------


def problems(where: DemandFilter, offered: DemandChoices, seen: Overview, at: datetime) -> None:
    """What demands have in common, the furthest-reaching first."""
    found = ask(query.problems, where, at)
    if found.empty:
        empty("本期诉求都是单独的，没有两件说的是同一问题。可到“诉求清单”逐件查看。")
        return
    number = found["level_name"].value_counts()
    caption("、".join(f"{name} {number[name]} 个" for name in labels.DEMAND_LEVELS.values() if name in number)
            + "。点选一个问题，可看它的全部诉求、走势和分布。")
    shown = found.assign(people_words=[
        f"{'至多 ' if vague else ''}{people}" for people, vague in zip(found["people"], found["vague"], strict=True)])
    visit = st.session_state.setdefault("demands_visit", 0)
    row = table(shown, _PROBLEMS, key=f"d_problems_{visit}", select=True, alt="共性问题")
    if row is not None:
        st.query_params["problem"] = str(int(shown["group_id"][row]))
        st.rerun()
    export(shown.drop(columns="weeks"), _PROBLEMS, f"共性问题 {where.start} 至 {where.end}", method(),
           key="d_problems_out")
    with st.expander("范围怎样判定", icon=":material/rule:"):
        st.markdown(method())


def method() -> str:
    """How problems are made and judged, in words."""
    reach = rules().reach
    return (
        "同一领域、地点相近、文字相似的诉求归为一个问题，地点越近，对文字相似的要求越低。按近半年的诉求判定范围——"
        f"行业性：不少于 {reach.sector} 件，涉及不少于 {reach.towns} 个街镇，最集中的街镇不到 {reach.share:.0%}；"
        f"区域性：一个街镇不少于 {reach.region} 件、{reach.people} 人，占已知街镇件数的 {reach.share:.0%} 以上；"
        f"多发：不少于 {reach.many} 件、{reach.people} 人；其余为个案。表扬不列入问题。"
    )


def listing(where: DemandFilter, offered: DemandChoices, seen: Overview, at: datetime) -> None:
    """The demands one by one, and what can be done with the ticked ones."""
    frame = worded(ask(query.demands, where, at))
    shown = frame.head(SHOWN)
    more = f"，只列最新的 {SHOWN} 件，导出为全部" if len(frame) > SHOWN else ""
    caption(f"共 {len(frame):,} 件{more}。勾选后可查看、归并或加入事件。")
    turn = st.session_state.setdefault("demands_turn", 0)
    held = st.container()
    rows = table(shown, COLUMNS, key=f"d_list_{turn}", select=True, many=True, alt="诉求清单")
    with held:
        bar(shown.iloc[rows], offered, key="d_list")
    export(frame, EXPORTED, f"群众诉求 {where.start} 至 {where.end}", _due_words(), key="d_list_out")


def worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Demands as `query.demands` gives them, with the words that tables show."""
    return frame.assign(
        channel_name=frame["channel"].map(labels.DEMAND_CHANNELS), level_name=frame["level"].map(labels.DEMAND_LEVELS),
        again=frame["repeat"].map({True: "重复", False: None}), **{
            name: frame[name].where(frame[name] != "", None) for name in ("town", "place", "unit", "state")})


def _due_words() -> str:
    days = "、".join(f"{kind} {number}" for kind, number in rules().days.items())
    return f"文件没有写明期限的，按工作日推算（{days}），节假日和调休按国务院办公厅的安排"


def spread(where: DemandFilter, offered: DemandChoices, seen: Overview, at: datetime) -> None:
    """How many by day or week, and by field, street and unit."""
    weekly = (where.end - where.start).days > 60
    frame = seen.weeks if weekly else seen.days
    if len(frame):
        name = "每周诉求量（以周一为准）" if weekly else "每日诉求量（按渠道）"
        st.altair_chart(charts.stacked_bars(frame, unit="件", value_name="诉求量", title=name, height=240), alt=name)
    for title, part in (("领域/类别", seen.fields), ("街镇", seen.towns), ("承办单位", seen.units)):
        st.markdown(f"**按{title}**")
        left, right = st.columns([3, 2], gap="medium")
        shown = part.assign(
            moved=[labels.change(now, before) for now, before in zip(part["total"], part["before"], strict=True)],
            rate_words=[f"{early}/{due}" if due else None
                        for early, due in zip(part["in_time"], part["due"], strict=True)])
        with left:
            columns = _PART if title != "街镇" else {name: one for name, one in _PART.items() if name != "towns"}
            table(shown, columns, key=f"d_by_{title}", height=330, alt=f"按{title}的诉求")
        with right:
            top = part.head(10)[["name", "total"]].rename(columns={"total": "value"})
            st.altair_chart(charts.ranking_bars(top, unit="件", value_name="诉求量", name_title=title,
                                                 row_height=32),
                            alt=f"诉求最多的{title}")
        export(shown, columns, f"诉求按{title.replace('/', '和')} {where.start} 至 {where.end}", _due_words(),
               key=f"d_by_{title}_out")
    caption(f"类别来源：{scheme().source}。")


def urged(where: DemandFilter, offered: DemandChoices, seen: Overview, at: datetime) -> None:
    """What is overdue, by unit."""
    found = ask(query.urged, where, at)
    if found.empty:
        words = "没有超期未答复的诉求。" if seen.totals.tracked else "诉求都没有写明办理情况，无法判断是否超期。"
        empty(f"本期{words}", ":material/task_alt:")
        return
    units = found.groupby("unit", sort=False).agg(total=("id", "size"), longest=("over", "max")).reset_index()
    units = units.sort_values(["total", "longest"], ascending=False)
    caption(f"截至 {clock.local(at):%m-%d %H:%M}，{len(units)} 个单位共 {len(found):,} 件超期未答复。{_due_words()}。")
    table(units, {"unit": Column("承办单位"), "total": Column("超期件数", "int"),
                  "longest": Column("最长超期天数", "int")}, key="d_urged_units", alt="各单位超期件数")
    st.markdown("**逐件清单**")
    visit = st.session_state.setdefault("demands_visit", 0)
    row = table(found, _URGED, key=f"d_urged_{visit}", select=True, alt="超期未答复的诉求")
    if row is not None:
        st.query_params["demand"] = str(int(found["id"][row]))
        st.rerun()
    export(found, _URGED, f"诉求催办清单 {clock.local(at):%Y-%m-%d}", _due_words(), key="d_urged_out")


def back(word: str) -> None:
    """The way back from one thing to the list; tables forget which row was picked."""
    if st.button("返回", icon=":material/arrow_back:", key=f"d_back_{word}"):
        st.query_params.pop(word, None)
        st.session_state["demands_visit"] = st.session_state.get("demands_visit", 0) + 1
        st.session_state["demands_turn"] = st.session_state.get("demands_turn", 0) + 1
        st.rerun()


