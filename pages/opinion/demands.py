"""群众诉求: what citizens ask for, what they have in common, whether it was answered in time."""

import streamlit as st

from core import ui
from core.query import demands as query
from core.query.scope import id_of
from core.ui import demand, demand_problem, demands, demands_filter
from core.ui.deeds import said

where = ui.gate("demands")
said(demands_filter.TOLD)
offered = ui.ask(query.choices)
for word, section in (("demand", demand.section), ("problem", demand_problem.section)):
    asked = id_of(st.query_params.get(word, ""), big=word == "demand")
    if asked is not None:
        section(asked, offered)
        st.stop()
made = demands_filter.chosen(where, offered)
demands.section(made, offered)
