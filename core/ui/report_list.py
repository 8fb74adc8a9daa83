"""The issued reports of every kind: the list, one of them with its files and as it was issued."""

import streamlit as st

from core import labels
from core.faults import BadInput
from core.report import editions
from core.report.content import Content
from core.ui import editions as files
from core.ui.ask import ask
from core.ui.choice import linked
from core.ui.parts import caption, empty, plain, toast_error
from core.ui.preview import preview
from core.ui.table import Column, table

EVERY = "全部"


def section() -> bool:
    """Draw the list; whether a report was opened from it, or by its link."""
    st.header("已签发报告", anchor=False)
    issued = ask(editions.listing)
    if issued.empty:
        empty("还没有签发过报告。每月1日会自动签发上月月报，也可以点“签发”；事件专报在“事件处置”、专题报告在“热点话题”中编发。")
        return False
    names = {row["id"]: f"{row['title']}　第{row['version']}版" for row in issued.to_dict("records")}
    opened = linked("edition", "打开一份报告", names, "选择一份已签发的报告")
    if opened is not None:
        _opened(opened)
        return True
    kinds = {labels.REPORT_KINDS.get(kind, kind): kind for kind in dict.fromkeys(issued["kind"])}
    kind = EVERY
    if len(kinds) > 1:
        kind = st.segmented_control("报告种类", [EVERY, *kinds], default=EVERY, key="issued_kind", bind="query-params",
                                    required=True)
    shown = issued if kind == EVERY else issued[issued["kind"] == kinds[kind]]
    table(shown.assign(version=[f"第{n}版" for n in shown["version"]],
                       kind=[labels.REPORT_KINDS.get(kind, kind) for kind in shown["kind"]]), {
        "kind": Column("种类"), "title": Column("报告", width="large"), "period": Column("时段或期次"),
        "version": Column("版次"), "issued_at": Column("签发时间", "time"), "issued_by": Column("签发人"),
    }, key=f"editions_{kind}", alt="已签发报告列表")
    return False


def _opened(edition_id: int) -> None:
    """A report as it was issued."""
    files.files(edition_id)
    try:
        content: Content = ask(editions.content_of, edition_id)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    st.markdown(f"#### {plain(content.title)}")
    caption(" · ".join(filter(None, (content.kind, content.number, content.period, content.edition_label))))
    preview(content)
