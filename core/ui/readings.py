"""The readings of one post: how its counters grew, and where each reading comes from."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import clock, labels
from core.query import posts
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
    curve = pd.DataFrame({
        labels.COUNTERS[name]: frame[name].astype("Float64").astype(float) for name in named
    }).set_index(frame["observed_at"].dt.tz_convert(clock.SHANGHAI).dt.tz_localize(None))
    if len(frame) > 1 and named:
        st.line_chart(curve, x_label="观测时间", height=220, alt="这篇帖文各次读数的折线图")
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
    caption(f"来源：{found.source or '文件导入'}，{found.request}，位置 {found.locator or '未记录'}，"
            f"取得于 {clock.local(found.fetched_at):%Y-%m-%d %H:%M:%S}，{found.size:,} 字节，"
            f"SHA-256 {found.sha256[:16]}…")
