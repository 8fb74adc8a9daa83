"""文字润色 of a report that is being drafted, where a language model is set up: paragraphs are reworded while the
person looks on, shown beside the words they had, and taken back one by one."""

from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate

import rjieba
import streamlit as st

from core.query.names import known
from core.report import polish
from core.report.content import Content, Reworded
from core.report.polish import service as services
from core.report.polish.job import Job, Outcome
from core.report.polish.service import Service
from core.report.polish.skeleton import Names
from core.settings import settings
from core.ui.ask import ask, stamp
from core.ui.parts import caption, highlighted, plain

Finish = Callable[[Content], Content]
"""Puts the accepted words into a report."""
_JOB, _KEPT, _BACK = "polish_job", "polish_outcomes", "polish_undone"
_TALL = 560
"""Points of the screen that the comparison takes at most."""
_EACH = 1.0
"""Seconds between two looks at what is under way."""
STATES = {"changed": "已润色", "refused": "未采用", "failed": "没有完成", "same": "未改动"}
_TONES = {"changed": "green", "refused": "orange", "failed": "red", "same": "gray"}


def section(content: Content, key: str) -> Finish:
    """The switch, and what it brings; what is returned puts the accepted words into the report as it is built. Nothing
    is drawn where no model is set up."""
    service = services.of(settings())
    texts = polish.texts(content)
    if service is None or not texts:
        return _as_it_is
    if not st.toggle("文字润色", key=f"polish_on_{key}",
                     help=f"请语言模型（{service.model}）逐段改进措辞。数字、名称、引文等与原文不一致的一律不采用；"
                          "报告的口径说明会注明。"):
        return _as_it_is
    names = _names(content.fingerprint, stamp(), content)
    kept: dict[str, Outcome] = st.session_state.setdefault(_KEPT, {})
    job: Job | None = st.session_state.get(_JOB)
    with st.container(border=True):
        if job is not None and not job.over and set(job.texts) & set(texts):
            _course()
            caption("润色期间下载、签发的是原文。")
            return _as_it_is
        _begin(service, texts, names, key)
        found = [kept[text] for text in texts if text in kept]
        if found:
            _compared(found, key)
    undone: set[str] = st.session_state.setdefault(_BACK, set())
    words = [Reworded(one.before, one.after) for one in found if one.state == "changed" and one.before not in undone]
    return lambda built: polish.polished(built, service.model, words, names)


def issued(content: Content) -> None:
    """Of an issued report what a model reworded, beside what had been written."""
    if content.polished is None:
        return
    words = content.polished.words
    title = f"经语言模型（{plain(content.polished.model)}）润色的 {len(words)} 段"
    with st.expander(title, icon=":material/compare:"), st.container(
            height=_TALL if len(words) > 3 else "content", border=False):
        for one in words:
            _pair(one.before, one.after, "changed")


def _as_it_is(content: Content) -> Content:
    return content


@st.cache_resource(max_entries=8, show_spinner=False)
def _names(fingerprint: str, at_stamp: int, _content: Content) -> Names:
    return polish.names(_content, ask(known))


def _begin(service: Service, texts: Sequence[str], names: Names, key: str) -> None:
    """The button, and how the last try ended."""
    kept: dict[str, Outcome] = st.session_state[_KEPT]
    job: Job | None = st.session_state.get(_JOB)
    if job is not None and job.over:
        kept.update(job.outcomes)
        if job.stopped and set(job.texts) & set(texts):
            st.warning(plain(job.stopped), icon=":material/warning:")
    open_ = [text for text in texts if text not in kept or kept[text].state == "failed"]
    if not open_:
        return
    word = "重试" if all(text in kept for text in open_) else "开始润色" if len(open_) == len(texts) else "润色其余"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(f"{word} {len(open_)} 段", icon=":material/edit_note:", key=f"polish_go_{key}"):
            if job is not None:
                job.cancel()
            st.session_state[_JOB] = Job(service, open_, names).start()
            st.rerun()
        caption(f"文字只发给本单位设定的模型服务（{service.host}），每段最多 {service.seconds:g} 秒，可随时取消。")


@st.fragment(run_every=_EACH)
def _course() -> None:
    """How far it has come; drawn again by itself until it is over."""
    job: Job = st.session_state[_JOB]
    st.session_state[_KEPT].update(job.outcomes)
    if job.over:
        st.rerun()
    done, total = len(job.outcomes), len(job.texts)
    said = f"正在润色，已完成 {done}/{total} 段"
    if job.waits:
        said += f"；模型服务正忙，等 {job.waits:g} 秒后再试"
    st.progress(done / total, "正在取消…" if job.stopped else said)
    if st.button("取消", icon=":material/stop_circle:", key="polish_cancel", disabled=bool(job.stopped)):
        job.cancel()
        st.rerun(scope="fragment")


# --- What came of it ------------------------------------------------------------------------------------------------


def _compared(found: Sequence[Outcome], key: str) -> None:
    """Each paragraph beside what the model made of it."""
    undone: set[str] = st.session_state.setdefault(_BACK, set())
    many = {state: sum(one.state == state for one in found) for state in STATES}
    there = [state for state, number in many.items() if number]
    with st.container(horizontal=True, gap="medium"):
        for state in there:
            st.markdown(f":{_TONES[state]}[{STATES[state]} {many[state]} 段]", width="content")
    with st.expander("逐段对照", icon=":material/compare:", expanded=False):
        shown = st.segmented_control("显示", there, default=there[0], required=True, format_func=STATES.get,
                                     key=f"polish_show_{key}_{'_'.join(there)}", label_visibility="collapsed")
        of = [one for one in found if one.state == shown]
        taken = [one for one in of if one.before not in undone]
        if shown == "changed" and len(of) > 1:
            if taken and st.button("全部恢复原文", icon=":material/undo:", key=f"polish_none_{key}"):
                undone.update(one.before for one in of)
                st.rerun()
            if not taken and st.button("全部采用润色稿", icon=":material/redo:", key=f"polish_all_{key}"):
                undone.difference_update(one.before for one in of)
                st.rerun()
        with st.container(height=_TALL if len(of) > 3 else "content", border=False):
            for number, one in enumerate(of):
                _one(one, undone, f"{key}_{number}_{shown}")


def _one(one: Outcome, undone: set[str], key: str) -> None:
    with st.container(border=True):
        if one.state in ("same", "failed"):
            st.markdown(plain(one.before))
        else:
            _pair(one.before, one.after, one.state)
        if one.why:
            st.markdown(f":{_TONES[one.state]}[{plain('；'.join(one.why))}。]:gray[保持原文。]")
        if one.state != "changed":
            return
        back = one.before in undone
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button("采用润色稿" if back else "恢复原文", key=f"polish_back_{key}",
                         icon=":material/redo:" if back else ":material/undo:", type="tertiary"):
                (undone.discard if back else undone.add)(one.before)
                st.rerun()
            if back:
                st.markdown(":gray[已恢复原文]", width="content")


def _pair(before: str, after: str, state: str) -> None:
    """Old words and new side by side, with what differs."""
    old, new = _differences(before, after)
    left, right = st.columns(2)
    left.markdown(f":gray[原文]　{highlighted(before, old, 'gray')}")
    right.markdown(f":gray[润色稿]　{highlighted(after, new, _TONES[state])}")


def _differences(before: str, after: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The words, from and to, of each that the other does not have."""
    cuts = [rjieba.cut(text, False) for text in (before, after)]
    ends = [list(accumulate(map(len, words), initial=0)) for words in cuts]
    edits = [one for one in SequenceMatcher(None, *cuts, autojunk=False).get_opcodes() if one[0] != "equal"]
    return ([(ends[0][a], ends[0][b]) for _, a, b, _, _ in edits if a < b],
            [(ends[1][c], ends[1][d]) for _, _, _, c, d in edits if c < d])
