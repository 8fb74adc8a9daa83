"""Imports in the room 满意度: results of paper surveys and of calls after 12345 orders, looked at and then taken."""

from datetime import datetime

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db, labels
from core.clock import Month
from core.faults import BadInput
from core.query import satisfaction as query
from core.survey import files
from core.ui.ask import look
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, empty, plain
from core.ui.runs import original
from core.ui.satisfaction import TOLD, percent
from core.ui.table import Column, table
from core.ui.uploads import uploader

_SHOWN = 300
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PARTS = {
    "unit": Column("单位", width=220, pinned=True), "month": Column("月份", width=90), "n": Column("样本量", "int"),
    "rate": Column("满意率"), **{level: Column(word, "int") for level, word in labels.SATISFACTION.items()},
    "before": Column("将替代（样本量）", "int"),
}
_FLAWS = {
    "sheet": Column("工作表"), "row": Column("行", "int", width=60), "column": Column("列"),
    "reason": Column("问题", width=300), "remedy": Column("办法", width=360),
}
_FILES = {
    "at": Column("导入时间", "time"), "name": Column("文件", width=260), "source": Column("来源"),
    "shape": Column("形式", width=70), "rows": Column("行数", "int"), "slices": Column("单位月份", "int"),
    "replaced": Column("已被替代", "int"), "who": Column("经手"),
}


def section(now: datetime) -> None:
    """Upload a file, look at what it says, take it; what was taken before."""
    caption("可导入按单位按月的汇总数，或逐份的填报结果；xlsx、xls 或 CSV，按表头识别。"
            "有一处问题整个文件都不导入；同一文件再次导入不会重复；新文件替代同一来源、单位、月份的旧数据，旧数据留存。")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control("来源", list(files.SOURCES), default="hotline", key="sat_source", required=True,
                                      format_func=labels.SURVEY_SOURCES.get)
        first = Month.of(clock.day_of(now))
        months = [str(first.shift(-n)) for n in range(36)]
        given = st.selectbox("文件没有月份列时，按此月份", months, None, key="sat_month", placeholder="文件中有月份",
                             width=230)
        st.download_button("下载模板", files.template, "满意度数据模板.xlsx", _EXCEL, on_click="ignore",
                           icon=":material/download:", key="sat_template")
    turn = st.session_state.setdefault("sat_file_turn", 0)
    file = uploader("上传文件", key=f"sat_file_{turn}")
    if file is not None:
        _look(file.getvalue(), file.name, source, Month.parse(given) if given else None, now)
    _taken()


# --- Parts ----------------------------------------------------------------------------------------------------------


def _look(body: bytes, name: str, source: str, given: Month | None, now: datetime) -> None:
    try:
        with db.session() as session:
            seen = files.look(session, body, name, source=source, given=given, now=now)
    except BadInput as fault:
        refuse(fault)
        return
    for note in seen.notes:
        caption(note)
    if seen.flaws:
        st.error(f"有 {len(seen.flaws)} 处问题，还不能导入。请按下表改正后重新上传。", icon=":material/error:")
        table(pd.DataFrame([{name: getattr(flaw, name) for name in _FLAWS} for flaw in seen.flaws]), _FLAWS,
              key="sat_flaws", alt="文件中的问题")
        return
    if seen.known:
        st.info(f"这个文件已于 {clock.local(seen.known):%Y-%m-%d %H:%M} 导入过，内容完全相同，不用再导入。",
                icon=":material/task_alt:")
        return
    st.markdown(f"**检查通过**：{plain(seen.words)}")
    caption("读取的列：" + "、".join(f"{head}→{name}" if head != name else name for name, head in seen.columns.items()))
    rows = [{"unit": part.unit, "month": str(Month.of(part.month)), "n": part.rate.n if part.rate else 0,
             "rate": percent(part.rate.share if part.rate else None), **part.counts, "before": part.before}
            for part in seen.parts]
    frame = pd.DataFrame(rows)
    table(frame.head(_SHOWN), {key: one for key, one in _PARTS.items() if key in frame and frame[key].notna().any()},
          key="sat_look", alt="将要导入的满意度数据", height=320 if len(frame) > 8 else "auto")
    if len(frame) > _SHOWN:
        caption(f"共 {len(frame):,} 行，只列前 {_SHOWN} 行。")
    replaced = sum(part.before is not None for part in seen.parts)
    if replaced:
        st.warning(f"其中 {replaced} 组单位月份已有{labels.SURVEY_SOURCES[source]}数据，"
                   "导入后以这个文件为准，原数据留存。", icon=":material/swap_horiz:")

    def deed(session: Session) -> str:
        words = files.take(session, files.look(session, body, name, source=source, given=given, now=now), who=WHO,
                           now=clock.now())
        db.bump(session, clock.now())
        return words

    if st.button("确认导入", type="primary", icon=":material/upload:", key="sat_take") and do(deed, TOLD):
        st.session_state["sat_file_turn"] = st.session_state.get("sat_file_turn", 0) + 1
        st.rerun()


def _taken() -> None:
    found = look(query.files)
    st.markdown("**已导入的文件**")
    if found.empty:
        empty("还没有导入过满意度数据。")
        return
    row = table(found, _FILES, key="sat_files", select=True, alt="已导入的满意度文件")
    if row is None:
        caption("点选一个文件，可看留存的原始数据。")
        return
    one = found.iloc[row]
    caption(f"{one['name']}：第 {one['capture_id']} 号原始数据"
            + ("；逐份数据只留存读取的内容，个人信息没有留存" if one["shape"] == "逐份" else ""))
    name = one["name"] if one["shape"] == "汇总" else f"{one['name']} 读取的内容.csv"
    original(int(one["capture_id"]), name, f"sat_{one['id']}")
