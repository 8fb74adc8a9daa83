"""舆情监测: search in what is said, read it, mark it, give it to somebody, make an incident of it."""

import streamlit as st

from core import ui
from core.query import mention_choices
from core.query.scope import id_of
from core.ui import mention, mentions, mentions_filter
from core.ui.deeds import said

where = ui.gate("mentions")
said(mentions_filter.TOLD)
offered = ui.ask(mention_choices.choices)
asked = id_of(st.query_params.get("mention", ""), big=True)
if asked is not None:
    mention.section(asked, st.query_params.get("words", ""), offered)
    st.stop()
if not offered.platforms:
    ui.empty("还没有舆情信息。请在“采集源”启用热榜或订阅源，信息到达后可在这里搜索。")
    ui.link("sources")
    st.stop()
made, sort = mentions_filter.chosen(where, offered)
mentions.section(made, sort, offered)
