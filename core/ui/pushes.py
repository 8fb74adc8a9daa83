"""Files of signed pushes (docs/push.md), uploaded by a person where a backend can't reach the endpoint."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.imports import pushed
from core.ui import outside
from core.ui.deeds import do, said
from core.ui.parts import caption, toast_error
from core.ui.uploads import uploader

TOLD = "pushes"


def upload() -> None:
    """Choose the files, store them; each one whole or not at all."""
    st.subheader("APP 后台推送文件", anchor=False)
    said(TOLD)
    caption("APP 开发单位按推送格式（docs/push.md）提供的带签名文件；签名在另一个 .sig 文件中的，两个文件一起上传。")
    round_ = st.session_state.setdefault("pushes_round", 0)
    files = uploader("上传推送文件", key=f"pushes_{round_}", many=True)
    if not st.button("入库推送文件", icon=":material/save:", key="pushes_go", disabled=not files):
        return
    given = {file.name: file.getvalue() for file in files}
    data = {name: body for name, body in given.items() if not name.endswith(pushed.SIGNATURE_FILE)}
    if not data:
        toast_error("只有签名文件，请把数据文件一起上传。")
        return

    def deed(session: Session) -> str:
        words = []
        for name, body in data.items():
            signed = pushed.read(name, body, given.get(name + pushed.SIGNATURE_FILE))
            words.append(pushed.take_all(session, name, signed, outside.collectors()["push"].parse, now=clock.now()))
        return "；".join(words) + "。"

    if do(deed, TOLD):
        st.session_state["pushes_round"] = round_ + 1
        st.rerun()
