"""The part 矩阵总分 of the room 榜单: units ranked by one weighed total over platforms."""

import streamlit as st

from core import charts, matrices
from core.query import matrix
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.export import export
from core.ui.parts import caption, empty, link
from core.ui.table import Column, pick

DRAWN = 15
"""So many units have a bar."""


def totals(where: Filter) -> None:
    """Choose a matrix; its table, what the platforms brought to the first units, export."""
    offered = {one.title: one.id for one in ask(matrix.versions) if not one.retired}
    asked = st.query_params.get("matrix", "")
    offered |= {one.title: one.id for one in ask(matrix.versions) if one.title == asked}
    if not offered:
        empty("还没有矩阵总分。请在“账号台账”的“矩阵总分”中新建：选择平台、指数和权重。")
        link("ledger", "去新建矩阵总分", ledger_part="矩阵总分")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("矩阵总分", list(offered), key="matrix", bind="query-params", width=260)
        sized = st.toggle("只与账号数相近的同类单位比", key="matrix_sized", bind="query-params",
                          help="按账号数分档：1 个、2—3 个、4—6 个、7 个以上")
    made = ask(matrix.plan, offered[chosen])
    frame = ask(matrix.ranking, where, made.id, sized)
    if frame.empty:
        empty("所选范围内没有单位在这些平台上有账号，请放宽单位筛选，或在“账号台账”里为账号填写单位。")
        return
    ranked = int(frame["rank"].notna().sum())
    caption(f"共 {len(frame)} 个单位，{ranked} 个有名次。{made.words}。左侧的平台和榜单筛选不影响总分；"
            f"同类名次只在{'账号数相近的' if sized else ''}同类单位之间排。运营分析参考，不作考核依据。")
    if ranked:
        st.altair_chart(
            charts.stacked_bars(
                matrix.contributions(frame, made, DRAWN), unit="分", value_name="各平台得分", across=True,
                title=f"总分由来（前 {min(ranked, DRAWN)} 名）", order=[part.name for part in made.parts],
            ),
            alt="各单位总分中各平台所占分数的堆叠条形图",
        )
    columns = {
        "rank": Column("名次", "int", pinned=True, width="small"),
        "unit": Column("单位", pinned=True), "total": Column("总分", "score"),
        "mark": Column("符号", width="small", help="≥ 为下限，≈ 为估计值"),
        "rank_change": Column("升降", width="small"),
        "kind_name": Column("类型"), "peer_rank": Column("同类名次", "int"), "peers": Column("同类单位数", "int"),
        **{f"{part.platform}_brought": Column(f"{part.head}得分", "score") for part in made.parts},
        **{f"{part.platform}_score": Column(f"{part.name}{'折算分' if part.scaled else '分值'}", "score",
                                            help=part.index.title) for part in made.parts},
        "accounts": Column("账号数", "int"), "note": Column("数据说明", width="large"),
    }
    chosen_id = pick(frame, columns, list(frame["unit_id"]), key="matrix_table", alt=f"{made.title}排名表")
    local = "；".join(f"{part.index.title}：{part.index.notes}" for part in made.parts if part.index.local)
    method = f"{made.words}。{matrices.METHOD}{f'其中{local}。' if local else ''}"
    export(frame, columns, f"{made.title} {where.start} 至 {where.end}",
           f"{method}取数口径：最新值。运营分析参考，不作考核依据", key="matrix")
    if chosen_id is None:
        caption("点选一行可看该单位的账号。")
        return
    name = frame.set_index("unit_id").loc[chosen_id, "unit"]
    with st.container(horizontal=True):
        link("rankings", f"“{name}”的账号名次", unit=name)
        link("trends", f"“{name}”的发布趋势", unit=name)
