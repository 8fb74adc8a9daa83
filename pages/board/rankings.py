"""榜单: the accounts of one platform or board, ranked."""

from dataclasses import replace

import streamlit as st

from core import ui
from core.query import boards, scope
from core.query.trends import METRICS
from core.ui.boards import as_was, in_period, listed, other_part, settled, shown
from core.ui.origins import origins

where = ui.gate("rankings")
choices = ui.ask(scope.choices)
names = {name: code for code, name in choices.platforms if not where.platforms or code in where.platforms}
if not names:
    ui.empty("还没有可以排名的账号。请先在“账号台账”导入账号，或在左侧放宽平台筛选。")
    ui.link("ledger")
    st.stop()
if other_part(where):
    st.stop()
platform = listed(where, choices, names)
with st.container(horizontal=True, vertical_alignment="bottom"):
    where = as_was(in_period(where, choices))
    try:
        plan = settled(where, platform)
    except LookupError as gone:
        ui.empty(str(gone))
        st.stop()

frame = ui.ask(boards.ranking, where, plan.platform, index=plan.index.key if plan.index else "", basis=plan.basis,
               order=plan.order, board=where.board).round({f"{plan.main}_avg": 1} if plan.main else {})
if frame.empty:
    ui.empty("所选范围内没有这个平台的账号，请放宽单位或榜单筛选。")
    st.stop()
st.subheader(plan.title, anchor=False)
ranked = frame["rank"].notna().sum()
rounding = f"{boards.ROUNDED}。" if plan.rounded and plan.index else ""
ui.caption(f"共 {len(frame)} 个账号，{ranked} 个有名次，按{plan.by}排名。{rounding}"
           "运营分析参考，不作考核依据。")
columns = shown(plan)
picked = ui.pick(frame, columns, list(frame["account_id"]), key="rankings_table", alt=f"{plan.title}排名表",
                 height=570 if len(frame) > 15 else "content")
ui.export(frame, columns, f"{plan.title} {where.start} 至 {where.end}", plan.method, key="rankings")
offered = {name: (word, None) for name, word in METRICS.items() if name in frame and frame[name].notna().any()}
origins(replace(where, platforms=(plan.platform,)), offered, key="rankings", basis=plan.basis)
chosen = frame[frame["account_id"] == picked]
if chosen.empty:
    ui.caption("点选一行可打开账号详情。")
else:
    ui.link("account", f"打开“{chosen['name'].iloc[0]}”的账号详情", account=picked,
            **({"by": plan.title} if where.board is not None else {}))
