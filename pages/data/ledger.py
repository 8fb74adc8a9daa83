"""账号台账: units, accounts and boards; their check; the ledger's workbook; exports of the platforms."""

import streamlit as st

from core import ui
from core.ui import compliance, credentials, find, imports, indices, ledger, matrices, pushes
from core.ui.deeds import said

ui.gate("ledger")
for told in (ledger.TOLD, find.TOLD, credentials.TOLD):
    said(told)
parts = {"账号": ledger.accounts, "查找添加": find.section, "单位": ledger.units, "榜单": ledger.boards,
         "本地指数": indices.section, "矩阵总分": matrices.section, "检查指标": compliance.section, "导入导出": None}
part = st.segmented_control("栏目", list(parts), default="账号", key="ledger_part", required=True, bind="query-params",
                            label_visibility="collapsed")
if draw := parts[part]:
    draw()
else:
    imports.workbook()
    st.divider()
    imports.exports()
    st.divider()
    pushes.upload()
