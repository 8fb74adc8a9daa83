"""The issued reports of every kind: found again by words, kind and year; one of them with its files, as it was issued,
who has read it, and what was corrected since."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core import clock, db, labels
from core.faults import BadInput
from core.report import correction, editions
from core.report.content import Content
from core.ui import behind, late, report_pages, report_polish
from core.ui import editions as files
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.parts import caption, empty, link, plain, toast_error
from core.ui.preview import preview
from core.ui.table import Column, table

EVERY = "全部"
MOST = 5_000
_COLUMNS = {
    "kind": Column("种类", width=110), "title": Column("报告", width=430), "period": Column("时段或期次", width=130),
    "version": Column("版次", width=70), "issued_at": Column("签发时间", "time"),
    "issued_by": Column("签发人", width=90),
}
_READ = {"at": Column("时间", "time"), "who": Column("谁", width=120), "what": Column("做了什么", width=160)}


def section() -> None:
    """The list, or the one that the address names."""
    asked = st.query_params.get("edition", "")
    if asked:
        if st.button("返回清单", icon=":material/arrow_back:", key="editions_back"):
            for name in ("edition", behind.FIGURE, behind.PATH):
                st.query_params.pop(name, None)
            st.rerun()
        _opened(int(asked) if asked.isdecimal() and len(asked) < 10 else 0)
        return
    issued = ask(editions.listing, MOST)
    if issued.empty:
        empty("还没有签发过报告。到期的报告会按“日程”自动编制，也可以在“编制”里签发；"
              "事件专报在“事件处置”、专题报告在“热点话题”中编发。")
        return
    shown = _found(issued)
    if shown.empty:
        empty("没有符合条件的报告，请换个词或放宽条件。", ":material/search_off:")
        return
    caption(f"共 {len(shown)} 份。点选一份可打开。")
    row = table(shown.assign(version=[f"第{n}版" for n in shown["version"]],
                             kind=[labels.REPORT_KINDS.get(kind, kind) for kind in shown["kind"]]),
                _COLUMNS, key=f"editions_{len(issued)}_{len(shown)}", select=True, alt="已签发报告列表",
                height="content" if len(shown) < 13 else 480)
    if row is not None:
        st.query_params["edition"] = str(int(shown["id"].iloc[row]))
        st.rerun()


def _found(issued: pd.DataFrame) -> pd.DataFrame:
    kinds = {labels.REPORT_KINDS.get(kind, kind): kind for kind in dict.fromkeys(issued["kind"])}
    years = sorted({clock.local(at).year for at in issued["issued_at"]}, reverse=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("查找", key="editions_words", bind="query-params", placeholder="标题里的词，用空格分开",
                              width=260)
        kind = st.selectbox("种类", [EVERY, *kinds], key="editions_kind", bind="query-params", width=160)
        year = st.selectbox("签发年度", [EVERY, *map(str, years)], key="editions_year", bind="query-params", width=120)
    wanted = pd.Series(True, index=issued.index)
    for word in (words or "").split():
        wanted &= issued["title"].str.contains(word, case=False, regex=False)
    if kind in kinds:
        wanted &= issued["kind"] == kinds[kind]
    if year and year != EVERY:
        wanted &= issued["issued_at"].map(lambda at: str(clock.local(at).year)) == year
    return issued[wanted].reset_index(drop=True)


def _opened(edition_id: int) -> None:
    """A report as it was issued."""
    try:
        content: Content = ask(editions.content_of, edition_id)
        newest = ask(_newest, edition_id)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    files.opened(edition_id)
    behind.shown(content, behind.Issued(edition_id, *newest))
    st.subheader(plain(content.title), anchor=False)
    caption(" · ".join(filter(None, (content.kind, content.number, content.period, content.edition_label))))
    if newest[0] != edition_id:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(f"这一版已被第{newest[1]}版取代，对外请用新版。", icon=":material/update:")
            link("reports", f"打开第{newest[1]}版", icon=":material/open_in_new:", edition=newest[0])
    files.files(edition_id)
    late.notice_of(edition_id, content)
    report_polish.issued(content)
    if newest[0] != edition_id:
        _correct(edition_id)
    way = st.segmented_control("预览", ["按章节", "按页", "阅读回执"], default="按章节", required=True,
                               key=f"opened_view_{edition_id}", label_visibility="collapsed")
    if way == "按页":
        report_pages.pages(content, f"edition_{edition_id}")
    elif way == "阅读回执":
        _readers(edition_id)
    else:
        preview(content, {"edition": str(edition_id)}, behind.Issued(edition_id, *newest))


def _newest(session, edition_id: int) -> tuple[int, int]:
    found = editions.newest_of(session, edition_id)
    return found.id, found.version


def _readers(edition_id: int) -> None:
    with db.session() as session:
        found = editions.readers(session, edition_id)
    if found.empty:
        caption("还没有人打开或下载过。")
        return
    said = {"opened": "打开"} | {suffix: f"下载 {name}" for suffix, name in editions.FORMAT_NAMES.items()}
    table(found.assign(what=[said.get(one, one) for one in found["what"]]), _READ, key=f"readers_{edition_id}",
          alt="谁打开或下载过这份报告")


def _correct(edition_id: int) -> None:
    """The correction of this edition by the newest one."""
    with st.popover("编制更正单", icon=":material/rule:"):
        reason = st.text_area("更正原因", key=f"correct_why_{edition_id}", max_chars=correction.REASON,
                              placeholder="如：某账号后台数据于次月补齐")
        if not st.button("签发更正单", type="primary", key=f"correct_{edition_id}"):
            return
        now: datetime = clock.now()
        try:
            made = editions.publish(lambda session: correction.build(session, edition_id, reason, now=now), by=WHO,
                                    now=now)
        except BadInput as refused:
            toast_error(plain(str(refused)))
            return
    st.query_params["edition"] = str(made.id)
    st.rerun()
