"""The parts of the room 账号台账 that take files: the ledger's workbook, and exports of the platforms."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db, find, ledger
from core.faults import BadInput
from core.imports import importer
from core.imports.headers import KINDS
from core.imports.made import moment_of
from core.imports.recognise import UnknownHeader
from core.imports.shown import PERIODS, Preview
from core.labels import DEMAND_CHANNELS
from core.query import ledger as query
from core.ui import mapping
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, refuse, said
from core.ui.parts import caption, link, plain, toast_error
from core.ui.uploads import uploader

TOLD, TOLD_OF_WORKBOOK = "imports", "workbook"
_OPENED = "imports_account"
"""The account that the last file was imported for: the way to its figures."""
_SHOWN = 500
_NO_ACCOUNT = tuple(DEMAND_CHANNELS)
"""Platforms whose files belong to no account."""
_WORDED = ("标题", "账号", "位置")
"""Columns of samples that are words even where they hold digits alone."""


def workbook() -> None:
    """Download the ledger, change it in Excel, upload it again."""
    st.subheader("台账工作簿", anchor=False)
    said(TOLD_OF_WORKBOOK)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            "下载台账（Excel）", data=_exported, file_name=f"新媒体账号台账 {clock.day_of(clock.now())}.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", on_click="ignore",
            icon=":material/download:", key="ledger_download",
        )
        caption("含单位、账号、榜单、榜单成员、采集源各一张表；下载后修改，再在下面上传。")
    file = uploader("上传修改后的台账（xlsx）", key=f"ledger_file_{_round()}")
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

        if do(deed, TOLD_OF_WORKBOOK):
            _afresh()


def exports() -> None:
    """Upload an export of a platform's back office: preview, choose, import."""
    st.subheader("平台后台导出的数据", anchor=False)
    _told()
    caption("支持公众号、微博、视频号、抖音、头条号、小红书、知乎等后台导出的发文、粉丝、每日汇总数据，清博和新榜的榜单，"
            "以及 12345 工单、领导留言板和信箱的来信。文件可以是 xlsx、xls（含网页表格）或 CSV，可用 gzip 压缩；"
            "按内容识别，与扩展名无关。")
    if (found := uploaded("import", _round())) is not None:
        _previewed(*found)


def uploaded(key: str, turn: int, *, taken: bool = True) -> tuple[bytes, str, str, str, int | None] | None:
    """A file of a back office that a person uploads: (its bytes, name, platform, account, year); None while there is
    none. `taken`: it is to be imported, so that it may bring a new account. `turn` grows once a file is done with."""
    platforms = ask(query.platforms)
    if not taken:
        platforms = {code: name for code, name in platforms.items() if code not in _NO_ACCOUNT}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        platform = st.selectbox("平台", list(platforms), None, format_func=platforms.get, key=f"{key}_platform",
                                placeholder="请选择", width=200)
        account = None
        if platform not in _NO_ACCOUNT:
            hint = "选择，或输入新账号" if taken else "请选择"
            account = st.selectbox(
                "账号", ask(query.account_names, platform) if platform else [], None, key=f"{key}_account_{platform}",
                accept_new_options=taken, placeholder=hint if platform else "请先选择平台", width=260,
                disabled=platform is None, help="榜单不用选；文件里有“账号”列且只有一个账号时也可不选",
            )
        year = st.number_input("年份", 2005, clock.day_of(clock.now()).year, None, key=f"{key}_year", width=140,
                               help="只在文件的日期不带年份、又没有链接时需要", placeholder="不需要")
    file = uploader("上传文件", key=f"{key}_file_{turn}")
    if file is None:
        return None
    if platform is None:
        st.info("请先选择这个文件来自哪个平台。", icon=":material/arrow_upward:")
        return None
    return file.getvalue(), file.name, platform, account or "", year


def demands() -> None:
    """Upload work orders or messages of citizens: preview, choose, import."""
    _told()
    caption("支持 12345 工单、领导留言板和领导信箱的导出，xlsx、xls 或 CSV，按表头识别，认错的列可手工指定；"
            "有一行不合格时默认整个文件不导入。同一编号再次导入时更新办理状态和答复，原来的值留在变更记录里。")
    channel = st.segmented_control("渠道", list(DEMAND_CHANNELS), default="hotline12345", key="import_channel",
                                   format_func=DEMAND_CHANNELS.get, required=True)
    file = uploader("上传文件", key=f"import_demands_{_round()}")
    if file is not None:
        _previewed(file.getvalue(), file.name, channel, "", None)


# --- Parts ----------------------------------------------------------------------------------------------------------


def _told() -> None:
    """What became of the last file, and the way to its figures. It stands here, where the person is, not at the top."""
    said(TOLD)
    account = st.session_state.pop(_OPENED, None)
    if account:
        link("account", "查看这个账号", ":material/account_circle:", account=account)


def _round() -> int:
    return st.session_state.get("ledger_round", 0)


def _afresh() -> None:
    st.session_state.pop("import_preview", None)
    mapping.forget_all()
    st.session_state["ledger_round"] = _round() + 1
    st.rerun()


def _exported() -> bytes:
    with db.session() as session:
        return ledger.export_workbook(session)


def _previewed(body: bytes, name: str, platform: str, account: str, year: int | None) -> None:
    if (shown := reading(body, name, platform, account, year, TOLD)) is not None:
        _take(shown)


def reading(body: bytes, name: str, platform: str, account: str, year: int | None, told: str, *, taken: bool = True,
            ) -> Preview | None:
    """What an upload is, shown, with what a person can correct; None while it can't be used. `taken`: it is to be
    imported, and not only compared."""
    mark = hashlib.sha256(body).hexdigest() + repr((platform, account, year))
    options: dict[str, Any] = {
        "platform": platform, "account_name": account, "year": year, "mapping": mapping.said(mark),
    }
    try:
        found = _preview(mark, body, name, options)
        shown = _preview(mark, body, name, options | _when(found, mark))
    except UnknownHeader as unknown:
        later = "导入后会记住，下次同样表头的文件自动沿用" if taken else "指定后重新读取"
        toast_error(plain(f"{unknown.brief}。请在下面指定各列的含义；{later}。"))
        mapping.correct(mark, "", unknown.headers, unknown.examples)
        return None
    except BadInput as refused:
        refuse(refused)
        return None
    if not shown.needs_until:  # else every line would be told as faulty, for want of the date that was just asked for
        if taken:
            _newcomer(shown)
        _show(shown)
    mapping.columns(shown, mark, told)
    return None if shown.needs_until else shown


def _preview(mark: str, body: bytes, name: str, options: Mapping[str, Any]) -> Preview:
    """The preview, read once for each file and choice: a large file takes seconds."""
    kept = st.session_state.get("import_preview")
    if not kept or kept[0] != mark:
        kept = st.session_state["import_preview"] = (mark, {})
    key = repr(sorted(options.items()))
    if key not in kept[1]:
        now, day = clock.now(), options.get("day")
        asked = {name: value for name, value in options.items() if name != "day"}
        with st.spinner("正在读取文件…"), db.session() as session:
            kept[1][key] = importer.preview(
                body, name, now=now, session=session, observed_at=moment_of(day, now) if day else None, **asked
            )
    return kept[1][key]


def _when(found: Preview, mark: str) -> dict[str, Any]:
    """What a person changed of the dates that the file states: day of the export; a board's period and last day."""
    changed: dict[str, Any] = {}
    today, stated = clock.day_of(clock.now()), clock.day_of(found.observed_at)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "导出日期", min(stated, today), max_value=today, width=180,
            key=f"import_day_{mark[:16]}",
            help="数据是哪一天从后台导出的。导入较早的文件时请改成当时的日期，“发布后第7日值”才准确",
        )
        if found.has_board:
            period = st.selectbox("榜单周期", list(PERIODS), list(PERIODS).index(found.period),
                                  format_func=PERIODS.get, key=f"import_period_{mark[:16]}", width=140)
            until = st.date_input("榜单截止日期", found.until, max_value=today, key=f"import_until_{mark[:16]}",
                                  width=180)
            changed |= {"period": period} if period != found.period else {}
            changed |= {"until": until} if until != found.until else {}
        needed = found.needs_until and "until" not in changed
        caption(f"导出日期按{found.made}推定，可修改。" if found.made else "文件没有写明导出日期，按今天计，可修改。")
    if needed:
        st.info("请填写榜单截止日期：文件名和表头上方都没有写明是哪一期榜单。", icon=":material/event:")
    return changed | ({"day": day} if day != stated else {})


def _newcomer(shown: Preview) -> None:
    """A name that the ledger lacks becomes an account: it may have been miswritten."""
    if not shown.newcomer:
        return
    (row,) = look(find.match, [find.Name(1, shown.account_name, shown.platform)])
    near = "、".join(one.known.name for one in row.found)
    hint = f"台账中名称相近的有：{near}，如果是其中之一，请在上面改选" if near else "请核对名称，写错的话请在上面改正"
    st.warning(plain(f"台账中没有账号“{shown.account_name}”，导入时将新增。{hint}。"), icon=":material/person_add:")


def _numbers(lines: Sequence[Mapping[str, object]]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """(frame, its columns' looks) of sample lines: numbers stand on the right, with thousands and their mark."""
    frame, looks = pd.DataFrame(lines), {}
    for name in frame.columns:
        texts = frame[name].dropna().astype(str)
        if name not in _WORDED and len(texts) and texts.str.fullmatch(r"[≥≈]?-?\d+(\.\d+)?").all():
            frame[name] = frame[name].map(_grouped)
            looks[name] = st.column_config.TextColumn(alignment="right")
    return frame, looks


def _grouped(cell: object) -> str | None:
    """`≥100001` as `≥100,001`; None stays."""
    if cell is None or pd.isna(cell):
        return None
    mark = "".join(letter for letter in str(cell) if letter in "≥≈")
    number = float(str(cell).lstrip("≥≈"))
    return f"{mark}{int(number):,}" if number.is_integer() else f"{mark}{number:,}"


def _show(shown: Preview) -> None:
    st.markdown(f"**{plain(shown.words)}**")
    if len(shown.tables) + len(shown.empty) > 1:
        listed = [
            {"工作表": table.sheet, "表头在第几行": table.header_row, "识别为": table.title,
             "存为": KINDS.get(table.kind, "逐篇数据") if table.kind else "不导入",
             **({"说明": table.why} if shown.empty else {})}
            for table in (*shown.tables, *shown.empty)
        ]
        st.dataframe(pd.DataFrame(listed), hide_index=True, alt="识别出的表")
    samples = shown.samples(10)
    for kind, lines in samples.items():
        if len(samples) > 1:
            caption(f"{kind}（前 {len(lines)} 条）")
        frame, looks = _numbers(lines) if kind != KINDS["mentions"] else (pd.DataFrame(lines), {})
        st.dataframe(frame, hide_index=True, alt=f"{kind}，前 10 行", placeholder="—", column_config=looks)
    if shown.strangers:
        with st.expander(f"台账中没有的账号 {len(shown.strangers)} 个（不会导入，需要的请先在台账中添加）"):
            st.dataframe(pd.DataFrame({"账号": shown.strangers[:_SHOWN]}), hide_index=True, alt="台账中没有的账号")
    if shown.checked.batch.mentions:
        caption("来电人姓名、电话等个人信息不保存，文中的电话和证件号已隐去；原文件也不留存。")
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


def _take(shown: Preview) -> None:
    ways = {False: "先不导入，改正文件后重新上传", True: f"只导入合格的 {shown.good:,} 条"}
    partial = False
    if shown.bad and shown.good:
        partial = st.radio(f"有 {shown.bad:,} 行不合格", list(ways), format_func=ways.get, key="import_partial",
                           horizontal=True)
    blocked = not shown.good or (shown.bad > 0 and not partial)
    if not shown.checked.rows:
        caption("表头下面没有数据行，没有可导入的数据。请核对导出的时间范围后重新导出。")
    elif not shown.good:
        caption("没有可导入的数据，什么都不会保存。")
    if st.button("确认导入", type="primary", icon=":material/upload:", key="import_go", disabled=blocked):
        def deed(session: Session) -> str:
            outcome = importer.take(session, shown, partial=partial, who=WHO, now=clock.now())
            st.session_state[_OPENED] = outcome.account_id
            if not outcome.stored:
                return outcome.words
            whose = f"为“{shown.account_name}”" if shown.owned else ""
            later = "数字将在后台汇总后出现在榜单和趋势中。" if shown.owned else ""
            return f"已{whose}导入“{shown.name}”。{outcome.words}。{later}"

        if do(deed, TOLD):
            _afresh()
