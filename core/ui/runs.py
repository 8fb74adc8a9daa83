"""Runs as a table, and what a picked one left behind: what it set aside, and the bytes that it kept."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import clock, evidence
from core.models import Capture
from core.query import sources
from core.ui.ask import ask, look
from core.ui.parts import caption, plain
from core.ui.table import Column, pick, table

COLUMNS: Mapping[str, Column] = {
    "started_at": Column("开始时间", "time"), "role": Column("作用"), "source": Column("采集源"),
    "state_name": Column("结果"), "note": Column("说明", width=430), "new_rows": Column("新增", "int"),
    "known_rows": Column("已有", "int"), "rejected_rows": Column("不合格", "int"),
}
REJECTED: Mapping[str, Column] = {
    "locator": Column("位置"), "field": Column("字段"), "reason": Column("原因", width="large"),
    "raw": Column("原文", width="large"),
}

CAPTURES: Mapping[str, Column] = {
    "shown": Column("请求或文件", width=420), "answer": Column("回应"), "media_type": Column("类型"),
    "size": Column("字节", "int"), "fetched_at": Column("取得时间", "time"),
}


def runs(frame: pd.DataFrame, key: str, *, alt: str = "采集记录") -> None:
    """The runs; a picked one shows what it left."""
    run_id = pick(frame, COLUMNS, frame["run_id"], key=key, alt=alt)
    mine = frame[frame["run_id"] == run_id]
    if mine.empty:
        caption("点选一次采集，可看完整说明、不合格的条目和原始数据。")
        return
    with st.container(border=True):
        one = mine.iloc[0]
        st.markdown(f"**{clock.local(one['started_at']):%Y-%m-%d %H:%M:%S}　{plain(one['state_name'])}**")
        caption(one["note"] or "没有说明。")
        left(int(one["run_id"]), key)


def left(run_id: int, key: str) -> None:
    """What a run set aside, and its captures: each an answer as it came, with the beginning of its bytes."""
    refused = ask(sources.rejected, run_id)
    if not refused.empty:
        st.markdown("**不合格的条目**")
        table(refused, REJECTED, key=f"{key}_rejected_{run_id}", alt="不合格的条目")
    kept = ask(sources.captures, run_id)
    if kept.empty:
        caption("这次采集没有保存原始数据：来源没有新内容，或没有得到回应。")
        return
    st.markdown(f"**原始数据（{len(kept)} 份）**")
    answered = kept.assign(
        shown=[_short(request) for request in kept["request"]],
        answer=[f"HTTP {status}" if status else "文件" for status in kept["status"]],
    )
    capture_id = pick(answered, CAPTURES, kept["capture_id"], key=f"{key}_captures_{run_id}", alt="原始数据")
    mine = kept[kept["capture_id"] == capture_id]
    if len(kept) > 1 and mine.empty:
        caption("点选一份，可看内容。")
        return
    one = (kept if mine.empty else mine).iloc[0]
    caption(f"{one['request']}，取得于 {clock.local(one['fetched_at']):%Y-%m-%d %H:%M:%S}，SHA-256 {one['sha256']}")
    preview(int(one["capture_id"]), f"{key}_{one['capture_id']}", opened=not mine.empty)


def _short(request: str) -> str:
    """What tells one request from the next comes first: `getusersummary?a=1　POST api.cn/datacube`."""
    method, _, address = request.rpartition(" ")
    head, slash, tail = address.partition("://")[2].rpartition("/")
    return f"{tail}　{method} {head}".rstrip() if slash and tail else request


def preview(capture_id: int, key: str, *, opened: bool = False) -> None:
    """A switch that shows the beginning of a capture's bytes; `opened`: it is on at first."""
    if not st.toggle("查看原始数据", opened, key=f"preview_{key}"):
        return
    found = ask(sources.preview, capture_id)
    if found.problem:
        st.warning(plain(found.problem), icon=":material/broken_image:")
        return
    with st.container(height=320, border=True):
        st.text(found.text)
    if not found.whole:
        caption("只显示开头部分。")


def original(capture_id: int, name: str, key: str) -> None:
    """A file that somebody brought in, to be taken along as it was kept, and the beginning of it where that is text."""
    try:
        body = look(lambda session: evidence.body(session.get_one(Capture, capture_id)))
    except evidence.EvidenceLost as lost:
        st.warning(plain(str(lost)), icon=":material/broken_image:")
        return
    st.download_button("下载留存的原始数据", body, name, "application/octet-stream", on_click="ignore",
                       icon=":material/download:", key=f"original_{key}")
    if b"\0" not in body[:2000]:
        preview(capture_id, key, opened=True)
