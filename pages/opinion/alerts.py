"""预警: what waits for somebody to acknowledge it, the rules, people and channels behind it, and what was sent."""

import streamlit as st

from core import ui
from core.ui import alerts, alerts_channels, alerts_people, alerts_rules
from core.ui.deeds import WHO, said

where = ui.gate("alerts")
said(alerts.TOLD)
parts = {
    "预警": lambda: alerts.section(where), "规则": alerts_rules.section, "收件人": lambda: alerts_people.people(WHO),
    "渠道": lambda: alerts_channels.channels(WHO), "发送记录": alerts.sent,
}
part = st.segmented_control("栏目", list(parts), default="预警", key="alerts_part", required=True, bind="query-params",
                            label_visibility="collapsed")
parts[part]()
