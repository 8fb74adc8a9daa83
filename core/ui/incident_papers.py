"""附件 of an incident: uploaded, downloaded, put aside and brought back."""

from functools import partial

import streamlit as st
from sqlmodel import Session

from core import clock, incident_files, incidents
from core.query.incidents import Attachment, File
from core.ui.deeds import WHO
from core.ui.incident_deeds import begun, moment, save
from core.ui.parts import caption, plain
from core.ui.uploads import uploader


def part(file: File) -> None:
    """The attachments, and the form for more."""
    open_ = not file.head.withdrawn and file.head.stage != incidents.STAGES[-1]
    here = [one for one in file.files if one.removed_at is None]
    gone = [one for one in file.files if one.removed_at is not None]
    if not here:
        caption("还没有附件。现场照片、情况说明、批示件等可以在这里留存。")
    for one in here:
        _one(one, open_)
    if open_:
        _add(file)
    if gone:
        with st.expander(f"已移除 {len(gone)} 个", icon=":material/history:"):
            for one in gone:
                _one(one, open_)


def _one(one: Attachment, open_: bool) -> None:
    with st.container(border=True, gap="small"):
        st.markdown(f":material/attach_file: **{plain(one.name)}**　:gray[{_size(one.size)}]")
        if one.note:
            st.markdown(plain(one.note))
        gone = f"；{one.removed_by or '系统'} {moment(one.removed_at)} 移除" if one.removed_at else ""
        of = f"。来自已并入的“{one.of}”" if one.of else ""
        caption(f"{one.who or '系统'} {moment(one.at)} 上传{gone}{of}")
        with st.container(horizontal=True, gap="small"):
            if one.there:
                st.download_button("下载", partial(incident_files.body, one.sha256, one.name), one.name, one.media_type,
                                   on_click="ignore", icon=":material/download:", key=f"incident_file_{one.id}")
            else:
                st.markdown(":red[文件不在数据目录中，请从备份恢复]", width="content")
            if open_ and one.removed_at is None:
                _detach(one)
            elif open_ and st.button("恢复", icon=":material/undo:", key=begun(f"incident_file_back_{one.id}")):
                save(lambda session: (incidents.reattach(session, one.id, who=WHO, now=clock.now()),
                                      f"已恢复附件“{one.name}”。")[1])


def _detach(one: Attachment) -> None:
    with st.popover("移除", icon=":material/delete:"):
        turn = begun(f"incident_file_out_{one.id}")
        st.write("移除后仍留存，可在“已移除”中恢复。")
        reason = st.text_input("原因（可不填）", key=turn, max_chars=200)
        if st.button("确认移除", key=f"{turn}_go"):
            save(lambda session: (incidents.detach(session, one.id, reason, who=WHO, now=clock.now()),
                                  f"已移除附件“{one.name}”，可在“已移除”中恢复。")[1])


def _add(file: File) -> None:
    turn = begun(f"incident_files_{file.head.id}")
    with st.expander("上传附件", icon=":material/upload_file:", expanded=not file.files):
        given = uploader("附件", key=turn, many=True)
        note = st.text_input("说明（可不填）", key=f"{turn}_note", max_chars=200)
        caption(f"可上传{incident_files.SHOWN}，单个不超过 {incident_files.MOST_BYTES / 1e6:.0f} MB。")
        if not st.button(f"上传（{len(given)} 个）", type="primary", disabled=not given, key=f"{turn}_go",
                         icon=":material/upload:"):
            return

        def deed(session: Session) -> str:
            for each in given:
                incidents.attach(session, file.head.id, each.getvalue(), each.name, note=note, who=WHO,
                                 now=clock.now())
            return f"已上传 {len(given)} 个附件。"

        save(deed)


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size // 1000, 1)} KB"
