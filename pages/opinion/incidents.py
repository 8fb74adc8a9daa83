"""事件处置: the incidents by urgency; one incident, one file, from its discovery to the archive."""

import streamlit as st

from core import ui
from core.query import incidents
from core.query.scope import id_of
from core.ui.incident_file import page
from core.ui.incidents import listing

ui.gate("incidents")
asked = st.query_params.get("incident", "")
named = id_of(asked)
file = ui.ask(incidents.file, named) if named is not None else None
if file:
    page(file)
    st.stop()
if asked:
    st.warning("链接里的事件在这里找不到，可能编号有误。下面是全部事件。", icon=":material/link_off:")
listing()
