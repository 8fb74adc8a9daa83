"""满意度: whether people are satisfied, with interval and sample size; surveys, answers, imports."""

import streamlit as st

from core import clock, ui
from core.ui import satisfaction, survey_answers, survey_files, surveys
from core.ui.deeds import said

where = ui.gate("satisfaction")
now = clock.now()
said(satisfaction.TOLD)
first, last = satisfaction.head(where, now)
PARTS = ("统计", "答卷与意见", "问卷", "导入")
part = st.segmented_control("栏目", PARTS, default=None if "sat_part" in st.session_state else PARTS[0],
                            key="sat_part", required=True, bind="query-params", label_visibility="collapsed")
if part == "答卷与意见":
    survey_answers.section(where, first, last)
elif part == "问卷":
    surveys.section(now)
elif part == "导入":
    survey_files.section(now)
else:
    satisfaction.figures(where, first, last)
