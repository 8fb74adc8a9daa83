"""报告中心: reports ordered and issued, the year's plan, what was issued, what changed since."""

import streamlit as st

from core import clock, ui
from core.ui import late, report_builder, report_list, report_order, report_plan

ui.gate("reports")
BUILD, PLAN, ISSUED, LATE = report_order.PLACES
report_order.arrive()
asked = None if "reports_part" in st.session_state else BUILD
part = st.segmented_control("栏目", [BUILD, PLAN, ISSUED, LATE], default=asked, key="reports_part", required=True,
                            bind="query-params", label_visibility="collapsed", on_change=report_order.leave)
if part == PLAN:
    report_plan.page(clock.now())
elif part == ISSUED:
    report_list.section()
elif part == LATE:
    late.page()
else:
    report_builder.page(clock.now())
