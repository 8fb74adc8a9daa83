"""报告 of an incident: which were issued, which is due, the next one as it would be, its words, its issue."""

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core.faults import BadInput
from core.query import incident_reports
from core.query.incident_reports import Issued
from core.query.incidents import File
from core.report import incident
from core.ui import editions, report_draft, report_polish
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.incident_deeds import TOLD, anew
from core.ui.incidents import this_minute
from core.ui.parts import caption, empty, link, plain, toast_error
from core.ui.preview import preview
from core.ui.table import Column, pick


def part(file: File) -> None:
    """The reports, and the next one."""
    done = ask(incident_reports.issued, file.head.id)
    if words := incident.due(file.head, done, this_minute()):
        st.info(plain(words), icon=":material/schedule:")
    _issued(file, done)
    offered = incident_reports.offered(done, file.head)
    if not offered:
        caption("事件已撤销，不能编发报告；恢复后可以继续。")
        return
    st.markdown("**编发报告**")
    own = [report.stage for report in done if not report.of]
    stage = st.segmented_control(
        "种类", offered, default=offered[0], key=f"incident_report_stage_{file.head.id}_{len(done)}", required=True,
        format_func=lambda one: f"{incident.stage_name(one)}{'（更正）' if one in own else ''}",
        label_visibility="collapsed")
    if stage in own:
        new = "" if stage == incident_reports.FINAL else "如有新的情况，请编发续报。"
        caption(f"更正已签发的这一期：另出新版，原版保留。{new}")
    _next(file, stage, max((report.id for report in done), default=0))


def _issued(file: File, done: tuple[Issued, ...]) -> None:
    """What was issued, the newest first; of the picked one its files."""
    st.markdown("**已签发**")
    if not done:
        empty("还没有签发过报告。", ":material/description:")
        return
    frame = pd.DataFrame([
        {"id": one.id, "stage": incident.stage_name(one.stage), "version": f"第{one.version}版", "title": one.title,
         "at": one.issued_at, "who": one.issued_by or labels.MISSING, "of": one.of} for one in reversed(done)])
    columns = {"stage": Column("种类"), "version": Column("版次"), "title": Column("报告", width="large"),
               "at": Column("签发时间", "time"), "who": Column("签发人")}
    if any(one.of for one in done):
        columns["of"] = Column("原事件")
    frame = frame.assign(at=pd.to_datetime(frame["at"], utc=True))
    ids = [int(one) for one in frame["id"]]
    chosen = pick(frame, columns, ids, key=f"incident_reports_{file.head.id}", alt="已签发的报告")
    if chosen not in ids:
        caption("点选一份报告，可下载文件。")
        return
    editions.files(chosen, f"incident_report_{chosen}")
    link("reports", "打开这份报告", icon=":material/open_in_new:", edition=chosen)


def _next(file: File, stage: str, seen: int) -> None:
    id_, key = file.head.id, f"incident_report_{file.head.id}_{stage}_{seen}"
    at = report_draft.as_of(f"{key}_at")
    try:
        drafted = ask(incident.drafted, id_, stage, now=at)
        words = report_draft.written(drafted, key)
        content = ask(incident.build, id_, stage, now=at, words=words, by=WHO)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    report_draft.doubts(content, words)
    content = report_polish.section(content, key)(content)

    def issue(session: Session) -> str:
        edition = incident.issue(session, content, now=clock.now(), by=WHO, seen=seen)
        return f"已签发《{edition.title}》第{edition.version}版，已记入处置过程。"

    report_draft.deliver(content, key, TOLD, issue, closed=anew)
    with st.container(border=True):
        st.markdown(f"#### {plain(content.title)}")
        preview(content)
