"""关联事件 of an incident: those that people related, those that may be, files that were merged into it."""

import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.query import incident_mentions
from core.query import incidents as query
from core.query.incidents import File, Other, Wanted
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.incident_deeds import TOLD, badge, begun, moment, open_incident, save
from core.ui.incidents import this_minute
from core.ui.parts import caption, plain


def part(file: File) -> None:
    """Related ones, proposals, the way to others, merged ones."""
    open_ = not file.head.withdrawn and file.head.stage != incidents.STAGES[-1]
    st.markdown("**已关联**")
    for other in file.ties:
        _other(file, other, open_)
    if not file.ties:
        caption("还没有关联的事件。")
    likely = ask(incident_mentions.likely, file.head.id) if open_ else ()
    if likely:
        st.markdown("**可能有关** :gray-badge[自动推荐]")
        for other in likely:
            _likely(file, other)
    if open_:
        _choose(file)
    if file.merged:
        st.markdown("**并入本事件的**")
        for other in file.merged:
            _merged(other, open_)


def _line(title: str, level: str, stage: str, withdrawn: bool, why: str) -> None:
    state = "已撤销" if withdrawn else labels.STAGES[stage]
    st.markdown(f"{badge(level)} **{plain(title)}**　:gray[{state}]" + (f"  \n:small[{plain(why)}]" if why else ""))


def _open(id_: int, key: str) -> None:
    if st.button("打开", icon=":material/open_in_new:", key=begun(f"{key}_{id_}")):
        open_incident(id_)


def _other(file: File, other: Other, open_: bool) -> None:
    with st.container(border=True, gap="small"):
        _line(other.title, other.level, other.stage, other.withdrawn, other.why)
        caption(f"{other.who} {moment(other.at)} 确认关联")
        with st.container(horizontal=True, gap="small"):
            _open(other.id, "incident_tie_open")
            if open_ and not other.withdrawn and st.button("取消关联", icon=":material/link_off:",
                                                           key=begun(f"incident_untie_{other.id}")):
                save(lambda session: (
                    incidents.unrelate(session, file.head.id, other.id, who=WHO, now=clock.now()),
                    f"已取消与“{other.title}”的关联。")[1])


def _likely(file: File, other: incident_mentions.Likely) -> None:
    with st.container(border=True, gap="small"):
        _line(other.title, other.level, other.stage, other.withdrawn, other.why)
        with st.container(horizontal=True, gap="small"):
            if st.button("确认关联", icon=":material/hub:", key=begun(f"incident_tie_{other.id}")):
                save(lambda session: (
                    incidents.relate(session, file.head.id, other.id, other.why, who=WHO, now=clock.now()),
                    f"已与“{other.title}”关联。")[1])
            _merge(file, other.id, other.title)
            _open(other.id, "incident_likely_open")


def _choose(file: File) -> None:
    """Any other incident, to relate or to merge."""
    frame = ask(query.listed, this_minute(), Wanted("all"))
    taken = {file.head.id, *(other.id for other in file.ties)}
    names = {int(row.incident_id): f"{labels.LEVELS[row.level]}　{row.title}（{labels.STAGES[row.stage]}）"
             for row in frame.itertuples() if row.incident_id not in taken and row.state != "withdrawn"}
    if not names:
        return
    with st.expander("选择其他事件关联或合并", icon=":material/add:"):
        turn = begun(f"incident_choose_{file.head.id}")
        chosen = st.selectbox("事件", list(names), None, key=turn, format_func=lambda id_: names[id_],
                              placeholder="选择事件，可输入词语查找")
        why = st.text_input("关联理由（可不填）", key=f"{turn}_why", max_chars=200)
        if chosen is None:
            return
        title = frame.loc[frame["incident_id"] == chosen, "title"].iloc[0]
        with st.container(horizontal=True, gap="small"):
            if st.button("关联", type="primary", icon=":material/hub:", key=f"{turn}_go"):
                save(lambda session: (incidents.relate(session, file.head.id, chosen, why, who=WHO, now=clock.now()),
                                      f"已与“{title}”关联。")[1])
            _merge(file, chosen, title)


def _merge(file: File, other_id: int, title: str) -> None:
    with st.popover("合并", icon=":material/merge:"):
        st.write("两个事件合为一个：较早立项的保留，较晚的并入其中，信息、任务、附件和记录合在一起看，等级取较高的。可以撤销合并。")
        turn = begun(f"incident_merge_{other_id}")
        reason = st.text_input("合并原因", key=turn, max_chars=200)
        if st.button(f"与“{plain(title)}”合并", type="primary", key=f"{turn}_go"):
            kept: list[int] = []

            def deed(session: Session) -> str:
                row = incidents.merge(session, file.head.id, other_id, reason, who=WHO, now=clock.now())
                kept.append(row.id)
                return f"已合并为“{row.title}”，可在“关联事件”中撤销合并。"

            if do(deed, TOLD):
                open_incident(kept[0])


def _merged(other: Other, open_: bool) -> None:
    with st.container(border=True, gap="small"):
        _line(other.title, other.level, other.stage, False, other.why)
        caption(f"{other.who} {moment(other.at)} 并入，编号 {other.id}")
        if not open_:
            return
        with st.popover("撤销合并", icon=":material/undo:"):
            turn = begun(f"incident_unmerge_{other.id}")
            reason = st.text_input("撤销原因", key=turn, max_chars=200)
            if st.button("确认撤销合并", key=f"{turn}_go"):
                save(lambda session: (incidents.unmerge(session, other.id, reason, who=WHO, now=clock.now()),
                                      f"已撤销合并，“{other.title}”恢复为单独的事件。")[1])
