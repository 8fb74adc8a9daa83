"""舆情摘报: choose what matters, write it up in place, look at it as it will be printed, issue it and send it."""

import streamlit as st

from core import ui
from core.query import digests as query
from core.query.scope import id_of
from core.ui import digest, digests
from core.ui.deeds import said

ui.gate("digests")
said(digests.TOLD)
asked = st.query_params.get("digest", "")
named = id_of(asked)
found = ui.ask(query.whole, named) if named is not None else None
if found is not None:
    digest.section(found)
    st.stop()
if asked:
    st.warning("链接里的摘报在这里找不到，可能已被清除。下面是全部摘报。", icon=":material/link_off:")
digests.section()
