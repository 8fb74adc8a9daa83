"""The parts of the room 账号台账 that take files: the ledger's workbook, and exports of the platforms."""

import hashlib
from collections.abc import Mapping

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db, ledger
from core.faults import BadInput
from core.imports import importer
from core.imports.headers import FIELDS
from core.imports.importer import Preview
from core.imports.recognise import UnknownHeader
from core.query import ledger as query
from core.ui.ask import ask
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, plain, toast_error

TOLD = "ledger"
_SHOWN = 500


def workbook() -> None:
    """Download the ledger, change it in Excel, upload it again."""
    st.subheader("台账工作簿", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "下载台账（Excel）", data=_exported, file_name=f"新媒体账号台账 {clock.day_of(clock.now())}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", on_click="ignore",
            icon=":material/download:", key="ledger_download",
        )
        caption("含单位、账号、榜单、榜单成员、采集源各一张表；下载后修改，再在下面上传。")
    file = st.file_uploader("上传修改后的台账", type=["xlsx"], key=f"ledger_file_{_round()}")
    if file is None:
        return
    body, name = file.getvalue(), file.name
    try:
        with db.session() as session:  # tried out and rolled back: what would change
            changes = ledger.import_workbook(session, body, who=WHO, name=name)
            session.rollback()
    except BadInput as refused:
        refuse(refused)
        return
    st.markdown(f"**检查通过**：{plain(changes.words)}")
    if changes.details:
        listed = pd.DataFrame({"将要做的修改": changes.details[:_SHOWN]})
        st.dataframe(listed, hide_index=True, alt="将要做的修改")
    if st.button("确认导入台账", type="primary", icon=":material/save:", key="ledger_go", disabled=not changes.any):
        def deed(session: Session) -> str:
            return f"台账已导入：{ledger.import_workbook(session, body, who=WHO, name=name).words}。"

        if do(deed, TOLD):
            _afresh()


def exports() -> None:
    """Upload an export of a platform's back office: preview, choose, import."""
    st.subheader("平台后台导出的数据", anchor=False)
    caption("支持公众号、微博、视频号、抖音、头条号、小红书等后台导出的发文或粉丝数据，xlsx 或 CSV（可用 gzip 压缩）。")
    platforms = ask(query.platforms)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        platform = st.selectbox("平台", list(platforms), None, format_func=platforms.get, key="import_platform",
                                placeholder="请选择", width=200)
        account = st.selectbox(
            "账号", ask(query.account_names, platform) if platform else [], None, key=f"import_account_{platform}",
            accept_new_options=True, placeholder="选择，或输入新账号", width=260,
            help="文件里有“账号”列且只有一个账号时可不选",
        )
        year = st.number_input("年份", 2005, clock.day_of(clock.now()).year, None, key="import_year", width=140,
                               help="只在文件的日期不带年份、又没有链接时需要", placeholder="不需要")
    file = st.file_uploader("上传文件", type=["xlsx", "xlsm", "csv", "txt", "gz", "xls"], key=f"import_file_{_round()}")
    if file is None:
        return
    if platform is None:
        toast_error("请先选择平台。")
        return
    body = file.getvalue()
    mark = hashlib.sha256(body).hexdigest() + repr((platform, account, year))
    mapping = st.session_state.get("import_mapping", {}).get(mark)
    try:
        shown = _preview(body, file.name, platform, account or "", year, mapping, mark)
    except UnknownHeader as unknown:
        refuse(unknown)
        _mapping(mark, unknown.headers, {})
        return
    except BadInput as refused:
        refuse(refused)
        return
    _show(shown, mark)
    _take(shown)


# --- Parts ----------------------------------------------------------------------------------------------------------


def _round() -> int:
    return st.session_state.get("ledger_round", 0)


def _afresh() -> None:
    for name in ("import_preview", "import_mapping"):
        st.session_state.pop(name, None)
    st.session_state["ledger_round"] = _round() + 1
    st.rerun()


def _exported() -> bytes:
    with db.session() as session:
        return ledger.export_workbook(session)


def _preview(
    body: bytes, name: str, platform: str, account: str, year: int | None, mapping: Mapping[str, str] | None, mark: str
) -> Preview:
    """The preview, read once for each file and choice: a large file takes seconds."""
    key = mark + repr(mapping)
    kept = st.session_state.get("import_preview")
    if kept and kept[0] == key:
        return kept[1]
    with st.spinner("正在读取文件…"), db.session() as session:
        made = importer.preview(
            body, name, platform=platform, account_name=account, now=clock.now(), mapping=mapping, year=year,
            session=session,
        )
    st.session_state["import_preview"] = (key, made)
    return made


def _show(shown: Preview, mark: str) -> None:
    st.markdown(f"**{plain(shown.words)}**")
    if shown.good:
        st.dataframe(pd.DataFrame(shown.sample(10)), hide_index=True, alt="前 10 行", placeholder="—")
    problems = [
        {"位置": r.locator, "列": r.field, "原因": r.reason, "内容": r.raw} for r in shown.rejects[:_SHOWN]
    ]
    if problems:
        st.markdown(f"**不合格 {shown.bad} 行**" + (f"（只列出前 {_SHOWN} 处）" if len(shown.rejects) > _SHOWN else ""))
        st.dataframe(pd.DataFrame(problems), hide_index=True, alt="不合格的行及原因")
    if shown.repeats:
        with st.expander(f"重复 {len(shown.repeats)} 行"):
            repeats = [{"位置": r.locator, "说明": r.reason} for r in shown.repeats[:_SHOWN]]
            st.dataframe(pd.DataFrame(repeats), hide_index=True, alt="重复的行")
    with st.expander("各列的对应关系", icon=":material/table_chart:"):
        used = [
            {"工作表": table.sheet, "列": letter, "表头": header, "含义": FIELDS[name]}
            for table in shown.tables for name, (letter, header) in table.columns.items()
        ]
        st.dataframe(pd.DataFrame(used), hide_index=True, alt="各列的含义")
        unused = [header for table in shown.tables for header in table.unused]
        if unused:
            caption(f"没有使用的列：{'、'.join(dict.fromkeys(unused))}")
        now_is = {name: header for table in shown.tables for name, (_, header) in table.columns.items()}
        every = [*shown.headers, *now_is.values(), *unused]
        _mapping(mark, tuple(dict.fromkeys(every)), now_is)


def _mapping(mark: str, headers: tuple[str, ...], now_is: Mapping[str, str]) -> None:
    """Say by hand which column means what; remembered for files with the same headers once imported."""
    if not headers:
        return
    with st.form(f"mapping_{mark[:16]}", border=False):
        st.markdown("**手工指定各列的含义**")
        chosen: dict[str, str | None] = {}
        columns = st.columns(4)
        for at, (name, word) in enumerate(FIELDS.items()):
            with columns[at % 4]:
                first = headers.index(now_is[name]) if now_is.get(name) in headers else None
                key = f"map_{mark[:16]}_{name}"
                chosen[name] = st.selectbox(word, headers, first, key=key, placeholder="没有这一列")
        sent = st.form_submit_button("按此对应重新读取", icon=":material/refresh:")
    if sent:
        mapping = {name: header or "" for name, header in chosen.items() if header or now_is.get(name)}
        st.session_state["import_mapping"] = {mark: mapping}
        st.rerun()


def _take(shown: Preview) -> None:
    ways = {False: "全部合格才导入", True: "只导入合格的行"}
    partial = False
    if shown.bad and shown.good:
        partial = st.radio("有不合格的行时", list(ways), format_func=ways.get, key="import_partial", horizontal=True)
    blocked = not shown.good or (shown.bad > 0 and not partial)
    if blocked:
        caption("按当前选择什么都不会保存。" if shown.good else "没有可导入的数据。")
    if st.button("确认导入", type="primary", icon=":material/upload:", key="import_go", disabled=blocked):
        def deed(session: Session) -> str:
            outcome = importer.take(session, shown, partial=partial, who=WHO, now=clock.now())
            later = "。数字将在后台汇总后出现在榜单和趋势中" if outcome.stored else ""
            return outcome.words + later

        if do(deed, TOLD):
            _afresh()
