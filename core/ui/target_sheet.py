"""绩效自评表 in the room 绩效目标: reasons and remedies written, the sheet looked at, taken away, issued."""

import streamlit as st
from sqlmodel import Session

from core import clock
from core.report import editions as store
from core.targets import kept, sheet
from core.targets.year import Assessed, Year
from core.ui import editions, report_draft
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.parts import caption, plain
from core.ui.preview import preview
from core.ui.target_state import badge

TOLD = "targets"


def section(found: Year) -> None:
    """What people write, the files, the issue, the sheet."""
    key = f"targets_sheet_{found.number}"
    at = report_draft.as_of(f"{key}_at")
    content = ask(sheet.build, found.number, now=at)
    _reasons(found)

    def issue(session: Session) -> str:
        edition = sheet.issue(session, content, by=WHO, now=clock.now())
        return f"已签发《{edition.title}》第{edition.version}版，可在报告中心查阅、发送。"

    report_draft.deliver(content, key, TOLD, issue, closed=st.rerun)
    _issued(found.number)
    with st.container(border=True):
        st.markdown(f"#### {plain(content.title)}")
        preview(content)


def _issued(number: int) -> None:
    """The versions that were issued already."""
    made = ask(store.listing, 1_000, sheet.KIND, "all")
    none = "这一年还没有签发过自评表。签发后内容固定不变，可作为上报的存档。"
    editions.earlier(made[made["period"] == str(number)], none, "targets_issued")


def _reasons(found: Year) -> None:
    """Why what was not met was not, and what is done about it: kept with the target."""
    wanted = [one for one in found.targets if one.standing.state not in ("done", "fine")]
    others = [one for one in found.targets if one not in wanted]
    lacking = sum(not one.why for one in wanted)
    said = f"，{lacking} 项有风险、未达标或无数据的还没有写" if lacking else ""
    with st.expander(f"未完成原因和改进措施{said}", icon=":material/edit_note:"):
        if found.closed:
            caption("这一年已封存，要改请先在“设置”中解除封存。")
        names = {f"{one.name}（{'已写' if one.why or one.remedy else '未写'}）": one for one in (*wanted, *others)}
        one = names[st.selectbox("指标", list(names), key=f"targets_why_{found.number}")]
        _reason(one, found.closed)


def _reason(one: Assessed, closed: bool) -> None:
    st.markdown(f"{badge(one)}　目标 {plain(one.aim)}，完成 {plain(one.said)}。{plain(one.standing.why)}")
    key = f"target_why_{one.id}_{hash((one.why, one.remedy))}"
    why = st.text_area("未完成原因", one.why, key=f"{key}_why", max_chars=kept.TEXT, disabled=closed, height=90)
    remedy = st.text_area("改进措施", one.remedy, key=f"{key}_remedy", max_chars=kept.TEXT, disabled=closed, height=90)
    if st.button("保存", type="primary", key=f"{key}_save", disabled=closed):

        def deed(session: Session) -> str:
            kept.explain(session, one.id, why, remedy, who=WHO, now=clock.now())
            return f"已保存“{one.name}”的原因和措施。"

        if do(deed, TOLD):
            for name in [name for name in st.session_state if str(name).endswith("_sheet_at")]:
                st.session_state.pop(name)
            st.rerun()
