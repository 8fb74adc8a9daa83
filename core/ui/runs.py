"""Runs as a table, and what a picked one left behind: what it set aside, and the bytes that it kept."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import clock
from core.query import sources
from core.ui.ask import ask
from core.ui.parts import caption, plain
from core.ui.table import Column, table

COLUMNS: Mapping[str, Column] = {
    "started_at": Column("开始时间", "time"), "role": Column("作用"), "source": Column("采集源"),
    "state_name": Column("结果"), "note": Column("说明", width="large"), "new_rows": Column("新增", "int"),
    "known_rows": Column("已有", "int"), "rejected_rows": Column("不合格", "int"),
}
REJECTED: Mapping[str, Column] = {
    "locator": Column("位置"), "field": Column("字段"), "reason": Column("原因", width="large"),
    "raw": Column("原文", width="large"),
}


def runs(frame: pd.DataFrame, key: str, *, alt: str = "采集记录") -> None:
    """The runs; a picked one shows what it left."""
    row = table(frame, COLUMNS, key=key, select=True, alt=alt)
    if row is None:
        caption("点选一次采集，可看不合格的条目和原始数据。")
        return
    left(int(frame["run_id"][row]), key)


def left(run_id: int, key: str) -> None:
    """What a run set aside, and its captures with the beginning of their bytes."""
    refused = ask(sources.rejected, run_id)
    if not refused.empty:
        st.markdown("**不合格的条目**")
        table(refused, REJECTED, key=f"{key}_rejected_{run_id}", alt="不合格的条目")
    kept = ask(sources.captures, run_id)
    if kept.empty:
        caption("这次采集没有保存原始数据：来源没有新内容，或没有得到回应。")
    for capture in kept.to_dict("records"):
        status = f"HTTP {capture['status']}" if capture["status"] else "文件"
        caption(f"{capture['request']}，{status}，{capture['media_type'] or '类型未说明'}，{capture['size']:,} 字节，"
                f"取得于 {clock.local(capture['fetched_at']):%Y-%m-%d %H:%M:%S}，SHA-256 {capture['sha256'][:16]}…")
        preview(int(capture["capture_id"]), f"{key}_{capture['capture_id']}")


def preview(capture_id: int, key: str) -> None:
    """A switch that shows the beginning of a capture's bytes."""
    if not st.toggle("查看原始数据", key=f"preview_{key}"):
        return
    found = ask(sources.preview, capture_id)
    if found.problem:
        st.warning(plain(found.problem), icon=":material/broken_image:")
        return
    with st.container(height=320, border=True):
        st.text(found.text)
    if not found.whole:
        caption("只显示开头部分。")
