"""The readings of one post: how its counters grew, and where each reading comes from."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core import charts, clock, labels
from core.query import posts
from core.ui import captured
from core.ui.ask import ask
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, table


def readings(post_id: int, title: str, counters: Sequence[str]) -> None:
    """The curve of a post's counters, its readings as a table, and the evidence of the picked (else newest) one."""
    st.subheader(plain(title) or "（无标题）", anchor=False)
    frame = ask(posts.readings, post_id)
    if frame.empty:
        empty("这篇帖文还没有读数：来源没有给出阅读、点赞等数字。")
        return
    named = [name for name in counters if frame[name].notna().any()]
    if len(frame) > 1 and named:
        st.altair_chart(_curve(frame, named), alt="这篇帖文各次读数的折线图")
    exact = {name: [f"{mark}{labels.thousands(None if pd.isna(v) else int(v))}"
                    for v, mark in zip(frame[name], frame[f"{name}_mark"], strict=True)] for name in named}
    row = table(
        frame[["observed_at", "reason"]].assign(**exact),
        {"observed_at": Column("观测时间", "time"), **{n: Column(labels.COUNTERS[n]) for n in named},
         "reason": Column("更正原因")},
        key=f"readings_{post_id}", select=True, alt="历次读数",
    )
    picked = len(frame) - 1 if row is None else row
    found = ask(posts.evidence, int(frame["reading_id"][picked]))
    if found is None:
        caption("这次读数没有保存来源文件（例如演示数据）。")
        return
    evidence(found)


def evidence(found: posts.Evidence) -> None:
    """Where a reading stands in what was captured."""
    # Plain text: Markdown would turn the address of the request into a link.
    st.text(
        f"数据来源　{found.source or '文件导入'}\n请求或文件　{found.request}\n所在位置　{found.locator or '未记录'}\n"
        f"取得时间　{clock.local(found.fetched_at):%Y-%m-%d %H:%M:%S}\n"
        f"原始数据　第 {found.capture_id} 号，{found.size:,} 字节，SHA-256 {found.sha256}"
    )
    captured.fields(found.capture_id, found.locator, found.what, found.moment, found.named, key=found.sha256[:12])


def _curve(frame: pd.DataFrame, named: Sequence[str]) -> alt.Chart:
    """Every counter over the moments at which it was read, on the Shanghai clock."""
    long = pd.concat([
        pd.DataFrame({
            "at": frame["observed_at"].dt.tz_convert(clock.SHANGHAI).dt.tz_localize(None),
            "value": frame[name].astype("Float64").astype(float), "series": labels.COUNTERS[name],
        }) for name in named
    ])
    return alt.Chart(long).mark_line(point=True).encode(
        x=alt.X("at:T", title=None, axis=alt.Axis(format="%m-%d %H:%M", labelOverlap=True, tickCount=6)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(labelExpr=charts.AXIS_NUMBER, tickCount=5)),
        color=alt.Color("series:N", title=None, sort=[labels.COUNTERS[n] for n in named],
                        legend=alt.Legend(orient="top")),
        tooltip=[alt.Tooltip("at:T", title="观测时间", format="%Y-%m-%d %H:%M"), alt.Tooltip("series:N", title="指标"),
                 alt.Tooltip("value:Q", title="读数", format=",")],
    ).properties(height=260)
