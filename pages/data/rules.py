"""规则: what is watched for, which words are sensitive, what the district and its places are called."""

import streamlit as st

from core import ui
from core.ui import rules_district, rules_watches, rules_words
from core.ui.deeds import said
from core.ui.rules_deeds import TOLD

ui.gate("rules")
said(TOLD)
rules_district.filled()
parts = {"关注方案": rules_watches.section, "敏感词": rules_words.section, "本区名称": rules_district.names,
         "本区地点": rules_district.places}
part = st.segmented_control("栏目", list(parts), default="关注方案", key="rules_part", required=True,
                            bind="query-params", label_visibility="collapsed")
parts[part]()
