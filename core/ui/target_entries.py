"""What people enter for a target that no record of the system tells."""

from datetime import date

import streamlit as st
from sqlmodel import Session

from core import clock, incident_files
from core.report import editions
from core.targets import kept
from core.targets.year import Assessed
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do
from core.ui.parts import caption, link, plain
from core.ui.uploads import uploader

TOLD = "targets"
MOST = 300
"""Issued reports that are offered as grounds."""


def section(one: Assessed, closed: bool) -> None:
    """The form, and each entry with its file and the button that takes it back."""
    if not closed:
        _form(one)
    for entry in look(kept.entries, one.id):
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            gone = entry.withdrawn_at is not None
            value = kept.amount(entry.value, one.unit)
            words = f"{entry.day}　**{plain(value)}**　{plain(entry.note)}"
            st.markdown(f":gray[~~{words}~~]" if gone else words, width="stretch")
            if entry.edition_id is not None:
                link("reports", "报告", icon=":material/description:", edition=entry.edition_id)
            if entry.file_sha256 and incident_files.there(entry.file_sha256, entry.file_size):
                st.download_button(plain(entry.file_name), lambda entry=entry: incident_files.body(
                    entry.file_sha256, entry.file_name), entry.file_name, entry.file_type, on_click="ignore",
                    icon=":material/download:", key=f"target_file_{entry.id}")
            elif entry.file_sha256:
                st.markdown(":red[文件不在数据目录中，请从备份恢复]", width="content")
            if not closed and st.button("恢复" if gone else "撤回", key=f"target_entry_{entry.id}", type="tertiary",
                                        icon=":material/undo:"):
                _do(lambda session, id_=entry.id, gone=gone: kept.withdraw(
                    session, id_, not gone, who=WHO, now=clock.now()), "已恢复。" if gone else "已撤回，可以恢复。")


def _form(one: Assessed) -> None:
    turn = st.session_state.get(f"target_turn_{one.id}", 0)
    key = f"target_enter_{one.id}_{turn}"
    with st.expander("填报", icon=":material/edit_note:", expanded=one.measured.value is None):
        left, right = st.columns(2)
        day = left.date_input("截至日期", clock.day_of(clock.now()), key=f"{key}_day", format="YYYY-MM-DD")
        value = right.number_input(f"本年累计（{plain(one.unit)}）", 0.0, step=1.0, key=f"{key}_value", format="%g")
        note = st.text_area("依据", key=f"{key}_note", max_chars=kept.TEXT, height=80,
                            placeholder="数从哪里来，如：2026年11月联席会议纪要")
        issued = ask(editions.listing, MOST)
        names = {int(row.id): f"{row.title} 第{row.version}版" for row in issued.itertuples()}
        edition = st.selectbox("以已签发的报告为证（可不选）", [None, *names], key=f"{key}_edition",
                               format_func=lambda id_: "不选" if id_ is None else names[id_])
        given = uploader("证明文件（可不传）", key=f"{key}_file")
        if not st.button("保存", type="primary", key=f"{key}_save"):
            return
        file = (given.name, given.getvalue()) if given is not None else None
        if _do(lambda session: kept.enter(session, one.id, day if isinstance(day, date) else day[0], float(value), note,
                                          edition_id=edition, file=file, who=WHO, now=clock.now()),
               f"已填报“{one.name}”。", rerun=False):
            st.session_state[f"target_turn_{one.id}"] = turn + 1
            st.rerun()
    caption("填报的是本年累计数，以日期最近的一条为准。")


def _do(deed, words: str, *, rerun: bool = True) -> bool:
    def whole(session: Session) -> str:
        deed(session)
        return words

    done = do(whole, TOLD)
    if done and rerun:
        st.rerun()
    return done
