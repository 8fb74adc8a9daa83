"""What became of a topic, the wider subject (议题) it belongs to, the units it concerns; the list of subjects."""

import streamlit as st

from core import charts, labels
from core.query import topic_lives
from core.query.opinion import TopicDetail, largest
from core.query.scope import Filter
from core.query.topic_lives import NO_UNIT
from core.ui import topic_deeds, topic_report
from core.ui.ask import ask
from core.ui.export import export
from core.ui.parts import caption, empty
from core.ui.table import Column, table


def open_topic(topic_id: int) -> None:
    """Show another topic in this room."""
    st.query_params["topic"] = str(topic_id)
    st.rerun()


def units(detail: TopicDetail) -> None:
    """The units responsible for where it happened, by day."""
    days = ask(topic_lives.units, detail.id)
    if days.empty or set(days["unit"]) == {NO_UNIT}:
        return
    st.markdown("**涉及单位**")
    shown = largest(days.rename(columns={"unit": "series", "mentions": "value"})[["day", "series", "value"]])
    st.altair_chart(
        charts.stacked_bars(shown, unit="条", value_name="信息量", title="每日信息量（按责任单位）", height=240),
        alt="这个话题每日信息量的柱状图，按责任单位分色",
    )
    number = days.groupby("unit", sort=False)["mentions"].sum()
    caption("、".join(f"{unit} {labels.thousands(int(many))} 条" for unit, many in number.items())
            + "。责任单位按事发地所在街镇、本区地点和文中点名的单位判断，看不出的列为“未定”。")


def relatives(detail: TopicDetail) -> None:
    """The other topics of its subject; one that is picked opens."""
    found = ask(topic_lives.subject_of, detail.id)
    if found is None:
        return
    others = found.topics[found.topics["topic_id"] != detail.id].reset_index(drop=True)
    st.markdown("**同一议题**")
    row = table(others, {
        "title": Column("话题", width="large"), "mentions": Column("信息条数", "int"),
        "first_at": Column("最早出现", "time"), "last_at": Column("最近出现", "time"),
    }, key=f"relatives_{detail.id}", select=True, alt="同一议题的其他话题")
    caption(f"内容相近的 {len(found.topics)} 个话题合称一个议题，共 {labels.thousands(found.mentions)} 条。"
            "点选一个话题可打开。")
    if row is not None:
        open_topic(int(others["topic_id"][row]))


def history(detail: TopicDetail) -> None:
    """What was merged into it, what left it, where its focus moved, what people did with it."""
    frame = ask(topic_lives.history, detail.id)
    if frame.empty:
        return
    st.markdown("**话题沿革**")
    topic_deeds.history(detail, frame)


def subjects(where: Filter, visit: int) -> None:
    """The period's subjects; of one that is picked, its topics. `visit`: tables begin anew with another one."""
    frame = ask(topic_lives.subjects, where, 100)
    if frame.empty:
        empty("本期没有两个以上内容相近的话题，没有形成议题。")
        return
    columns = {
        "rank": Column("名次", "int", pinned=True), "title": Column("议题", width="large"),
        "daily": Column("每日信息量", "spark"), "topics": Column("话题数", "int"),
        "mentions": Column("信息条数", "int"), "folded": Column("去重篇数", "int"),
        "platforms": Column("平台数", "int"), "names": Column("主要话题", width="large"),
        "first_at": Column("最早出现", "time"), "last_at": Column("最近出现", "time"),
    }
    row = table(frame, columns, key=f"subjects_{visit}", select=True, alt="议题榜")
    caption("议题由内容相近的话题合成，以其中最大的话题为名，按信息条数排列。点选一个议题，可看它的话题。")
    export(frame, columns, f"议题 {where.start} 至 {where.end}", key="subjects")
    if row is None:
        return
    found = ask(topic_lives.subject, int(frame["group_id"][row]))
    if found is None:
        return
    topic_report.subject_button(found)
    picked = table(found.topics, {
        "title": Column("话题", width="large"), "mentions": Column("信息条数", "int"),
        "first_at": Column("最早出现", "time"), "last_at": Column("最近出现", "time"),
    }, key=f"subject_{found.id}_{visit}", select=True, alt="这个议题的话题")
    if picked is not None:
        open_topic(int(found.topics["topic_id"][picked]))
