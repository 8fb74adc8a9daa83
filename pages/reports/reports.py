"""报告中心: reports ordered and issued, the year's plan, what was issued."""

import streamlit as st

from core import clock, ui
from core.ui import report_builder, report_list, report_order, report_plan

ui.gate("reports")
BUILD, PLAN, ISSUED = report_order.PLACES
report_order.arrive()
asked = None if "reports_part" in st.session_state else BUILD
part = st.segmented_control("栏目", [BUILD, PLAN, ISSUED], default=asked, key="reports_part", required=True,
                            bind="query-params", label_visibility="collapsed",
                            on_change=lambda: st.query_params.pop("edition", None))
if part == PLAN:
    report_plan.page(clock.now())
elif part == ISSUED:
    report_list.section()
else:
    report_builder.page(clock.now())
