"""报告中心: choose a report, look at it, download or issue it; the issued ones with their files."""

import streamlit as st

from core import clock, labels, ui
from core.faults import BadInput
from core.periods import Period
from core.query import scope
from core.report import editions, kinds, scopes
from core.report.outline import Order
from core.ui import editions as editions_ui
from core.ui import report_list
from core.ui.preview import preview

ui.gate("reports")
choices = ui.ask(scope.choices)
now = clock.now()
today = clock.day_of(now)
if not choices.platforms or choices.posts is None:
    if not ui.ask(editions.listing).empty:
        report_list.section()
        st.stop()
    ui.empty("还没有账号数据，暂时编不出报告。请先在“账号台账”导入账号，并导入或采集数据。")
    ui.link("ledger")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.selectbox("报告种类", ["平台月报"], key="report_kind", width=130)
    platforms = {name: code for code, name in choices.platforms}
    platform = platforms[st.selectbox("平台", list(platforms), key="report_platform", bind="query-params", width=170)]
    newest = clock.Month.of(min(choices.posts[1], today))
    months = [newest.shift(-n) for n in range(240) if newest.shift(-n) >= clock.Month.of(choices.posts[0])]
    ended = next((n for n, month in enumerate(months) if month.last < today), 0)
    month = st.selectbox("月份", [str(one) for one in months], index=ended, key="month", bind="query-params", width=120)
    offered = {one.words: one.code for one in ui.ask(scopes.scopes, platform)}
    chosen = offered[st.selectbox("范围", list(offered), key="scope", bind="query-params", width=220)]
    bases = {words: name for name, words in labels.BASES.items()}
    basis = bases[st.selectbox("取数口径", list(bases), key="basis", bind="query-params", width=170)]

asked = Order("monthly", Period.parse(month), platform, chosen, basis)
try:
    content = ui.ask(kinds.build, asked, now=clock.instant(today))
except BadInput as refused:
    ui.toast_error(str(refused))
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    editions_ui.downloads(content, "")
    if st.button("签发", icon=":material/verified:", type="primary", key="issue",
                 help="存为正式版次：内容固定不变，数字有变化时另出新版"):
        with st.spinner("正在生成文件…"):
            edition = editions.publish(lambda reading: kinds.build(reading, asked, now=now), now=now)
        st.query_params["edition"] = str(edition.id)
        st.rerun()

if not report_list.section():
    st.header("预览", anchor=False)
    st.markdown(f"#### {ui.parts.plain(content.title)}")
    preview(content)
