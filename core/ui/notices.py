"""Notices: what waits for a person, what was seen to, and how many there are."""

from functools import partial

import streamlit as st
from sqlmodel import Session

from core import clock, notices
from core.query import quality
from core.ui.ask import look
from core.ui.coverage import show
from core.ui.deeds import WHO, do, said
from core.ui.parts import caption, link, plain
from core.ui.table import Column, table

TOLD = "notices"
FIRST = 3
"""Open notices that are shown at once; the others are folded."""
_ICONS = {"quiet": ":material/notifications_paused:", "reauth": ":material/key_off:", "stop": ":material/report:",
          "failing": ":material/sync_problem:", "target": ":material/flag:", "late": ":material/difference:"}


def panel(source_id: int | None = None, *, always: bool = True) -> None:
    """The open notices, the newest first, each put away with one click; those that are closed are folded. With `always`
    off nothing is drawn while nothing waits."""
    said(TOLD)
    found = look(quality.notices, source_id)
    closed = look(partial(quality.notices, closed=True, limit=100), source_id)
    if found.empty and not always:
        return
    if found.empty:
        caption("没有待处理的通知。")
    rows = found.to_dict("records")
    for row in rows[:FIRST]:
        _one(row, source_id)
    if rows[FIRST:]:
        with st.expander(f"其余 {len(rows) - FIRST} 条待处理通知"):
            for row in rows[FIRST:]:
                _one(row, source_id)
    if not closed.empty and always:
        with st.expander("已处理和已恢复的通知", icon=":material/history:", on_change="rerun",
                         key=f"notices_closed_{source_id}") as folded:
            if folded.open:
                table(closed, {
                    "at": Column("时间", "time"), "kind_name": Column("类型"), "title": Column("通知", width="large"),
                    "note": Column("说明", width="large"), "closed_at": Column("处理时间", "time"),
                    "closed_by": Column("处理人"),
                }, key=f"notices_closed_table_{source_id}", alt="已处理和已恢复的通知")


def _one(row: dict, source_id: int | None) -> None:
    notice_id = int(row["notice_id"])
    with st.container(border=True):
        words, deeds = st.columns([3, 2], vertical_alignment="center")
    known = source_id is not None and row["kind"] in ("reauth", "stop")  # the source's own state says it already
    note = "" if known else row["note"]
    with words:
        st.markdown(f"{_ICONS.get(row['kind'], ':material/notifications:')} **{plain(row['title'])}**")
        caption(f"{row['kind_name']}，{clock.local(row['at']):%Y-%m-%d %H:%M}。{note}")
    with deeds, st.container(horizontal=True, gap="small", vertical_alignment="center", horizontal_alignment="right"):
        if source_id is None and row["source_id"] == row["source_id"] and row["source_id"] is not None:
            link("sources", "查看采集源", source=int(row["source_id"]))
        if row["kind"] == "target":
            link("targets", "查看绩效目标")
        if row["edition_id"] == row["edition_id"] and row["edition_id"] is not None:
            link("reports", "查看变动", icon=":material/difference:", late=int(row["edition_id"]))
        if row["account_id"] == row["account_id"] and row["account_id"] is not None:
            _calendar(int(row["account_id"]), row, source_id)
        if st.button("标记为已处理", key=f"notice_{source_id}_{notice_id}", icon=":material/done:"):

            def put_away(session: Session) -> str:
                notices.put_away(session, notice_id, who=WHO, now=clock.now())
                return f"已处理通知“{row['title']}”。"

            if do(put_away, TOLD):
                st.rerun()


def _calendar(account_id: int, row: dict, source_id: int | None) -> None:
    """The way to the account's day: in this room a button, from another one a link."""
    day, icon = clock.day_of(row["at"]), ":material/calendar_month:"
    if source_id is None:
        st.button("查看账号日历", icon=icon, key=f"notice_day_{row['notice_id']}", type="tertiary", on_click=show,
                  args=(account_id, day))
    else:
        link("quality", "查看账号日历", icon=icon, account=account_id, day=day.isoformat())


def badge() -> None:
    """A line in the sidebar while something waits for a person."""
    if waiting := look(notices.unread):
        link("quality", f"{waiting} 条待处理通知", icon=":material/notifications:")
