"""A report before it is issued: as of when it is told, what a person puts in other words, its files, its issue."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st
from sqlmodel import Session

from core import clock
from core.report import proof
from core.report.content import Content
from core.report.opinion_parts import LONGEST, NAMES, Words
from core.ui import editions
from core.ui.deeds import do
from core.ui.parts import caption, plain, toast_error

_HELP = {
    "suggestions": "每行一条；改动后不再标注系统依据", "sent_to": "报告末尾“报送”一栏，可不填",
    "risk": "一句话", "summary": "",
}


def as_of(key: str) -> datetime:
    """The moment up to which the report is told: when it was opened, until the person asks for now."""
    kept = st.session_state.setdefault(key, clock.now())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":gray[数据截至 {clock.local(kept):%Y-%m-%d %H:%M}]", width="content")
        if st.button("更新到现在", icon=":material/refresh:", type="tertiary", key=f"{key}_now"):
            st.session_state[key] = clock.now()
            st.rerun()
    return kept


def written(drafted: Words, key: str) -> Words:
    """The fields that a person can put in other words. What was written stays when the draft is made anew."""
    kept: dict[str, str] = st.session_state.setdefault(f"{key}_kept", {})
    with st.expander("修改文字", icon=":material/edit:", expanded=bool(kept)):
        caption("标题、摘要、风险提示、建议可以改写，数字和表格由系统按数据生成。改写由谁作出，签发后记入报告。")
        values = {}
        for name, word in NAMES.items():
            own = getattr(drafted, name) or ""
            box = st.text_input if name in ("title", "sent_to") else st.text_area
            value = box(word, kept.get(name, own), key=f"{key}_{name}_{hash(own)}", max_chars=LONGEST[name],
                        help=_HELP.get(name) or None)
            values[name] = value
            if value.strip() == own.strip():
                kept.pop(name, None)
            else:
                kept[name] = value
        if kept and st.button("恢复系统起草的文字", icon=":material/undo:", key=f"{key}_back"):
            kept.clear()
            for name in NAMES:
                st.session_state.pop(f"{key}_{name}_{hash(getattr(drafted, name) or '')}", None)
            st.rerun()
    return Words(**{name: value for name, value in values.items() if name in kept})


def doubts(content: Content, words: Words) -> None:
    """Figures in a person's words that the report's data do not bear out."""
    for name in ("title", "summary", "risk", "suggestions"):
        found = proof.loose(content, getattr(words, name) or "")
        if found:
            st.warning(f"{NAMES[name]}中的 {plain('、'.join(found[:8]))} 在报告数据里找不到出处，请核对后再签发。",
                       icon=":material/fact_check:")


def deliver(content: Content, key: str, told: str, issue: Callable[[Session], str], *,
            closed: Callable[[], None]) -> None:
    """Files of the draft, and the button that issues it after a second look; `closed` draws the room anew."""
    shown = st.session_state.get(f"{key}_shown")
    st.session_state[f"{key}_shown"] = content.fingerprint
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        editions.downloads(content, key)
        with st.popover("签发", icon=":material/verified:", type="primary"):
            st.write(f"签发《{plain(content.title)}》：内容固定不变，存为正式版次，并生成 Excel、PDF、Word 文件。")
            given = st.button("确认签发", type="primary", key=f"{key}_issue")
    if not given:
        return
    if shown != content.fingerprint:
        toast_error("数据刚有变化，报告已更新，请看过下面的内容后再签发。")
        return
    with st.spinner("正在生成文件…"):
        done = do(issue, told)
    if done:
        st.session_state.pop(f"{key}_kept", None)
        closed()
