"""榜单: the accounts of one platform or board, ranked."""

import streamlit as st

from core import labels, ui
from core.metrics import indices
from core.query import boards, scope
from core.ui.boards import as_was, other_part
from core.ui.figures import counters
from core.ui.parts import plain

where = ui.gate("rankings")
choices = ui.ask(scope.choices)
names = {code: name for code, name in choices.platforms if not where.platforms or code in where.platforms}
if not names:
    ui.empty("还没有可以排名的账号。请先在“账号台账”导入账号，或在左侧放宽平台筛选。")
    ui.link("ledger")
    st.stop()
if other_part(where):
    st.stop()
where = as_was(where)
platform = next(iter(names))
if where.board is None:
    by_name = {name: code for code, name in names.items()}
    picked = st.pills("平台", list(by_name), default=next(iter(by_name)), key="list", bind="query-params",
                      required=True, label_visibility="collapsed")
    platform = by_name[picked]
try:
    plan = ui.ask(boards.plan, platform, board=where.board, as_of=where.as_of)
except LookupError as gone:
    ui.empty(str(gone))
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    families = {index.title: index.key for index in indices.INDICES.values()
                if plan.index and plan.index.families == index.families and plan.index.platforms == index.platforms}
    key = None
    if families:
        titles = list(families)
        title = st.selectbox("指数", titles, index=titles.index(plan.index.title), key=f"index_{plan.index.key}",
                             help="不同版本的分值不可相互比较", width=230)
        key = families[title]
    orders = {boards.ORDERS[name]: name for name in ("index", "posts", *plan.counters, "interaction", "followers")
              if name != "index" or plan.index}
    order = orders[st.selectbox("排名依据", list(orders), index=list(orders.values()).index(plan.order),
                                key=f"order_{plan.platform}_{where.board}", width=180)]
    bases = {label: name for name, label in labels.BASES.items()}
    basis = bases[st.selectbox("取数口径", list(bases), index=list(bases.values()).index(plan.basis),
                               key=f"basis_{plan.platform}_{where.board}", width=180)]

frame = ui.ask(boards.ranking, where, plan.platform, index=key, basis=basis, order=order, board=where.board).round(
    {f"{plan.main}_avg": 1} if plan.main else {})
if frame.empty:
    ui.empty("所选范围内没有这个平台的账号，请放宽单位或榜单筛选。")
    st.stop()
st.subheader(plan.title, anchor=False)
ranked = frame["rank"].notna().sum()
ui.caption(f"共 {len(frame)} 个账号，{ranked} 个有名次，按{boards.ORDERS[order]}排名。运营分析参考，不作考核依据。")
main = [plan.main] if plan.main else []
columns = {
    "rank": ui.Column("名次", "int", pinned=True, width="small"),
    "rank_change": ui.Column("升降", pinned=True, width="small"),
    "name": ui.Column("账号", width=120), "unit": ui.Column("单位"),
    **({"score": ui.Column("指数", "score")} if plan.index else {}),
    "posts": ui.Column("发布数", "int"), **counters(main, main),
    **counters([name for name in plan.counters if name not in main]),
    "interaction": ui.Column("转评赞", "int"), "followers": ui.Column("粉丝数", "int"),
    "followers_change": ui.Column("粉丝净增", "int"), "spark": ui.Column("每日发布", "spark"),
    "note": ui.Column("数据说明", width="large"),
}
row = ui.table(frame, columns, key="rankings_table", select=True, height=570, alt=f"{plan.title}排名表")
used = indices.INDICES.get(key or "")
method = f"{used.title}：{used.notes}；来源：{used.source}" if used else "按原始数据排名，不计指数"
ui.export(frame, columns, f"{plan.title} {where.start} 至 {where.end}",
          f"按{boards.ORDERS[order]}排名；取数口径：{labels.BASES[basis]}；{method}", key="rankings")
if row is None:
    ui.caption("点选一行可打开账号详情。")
else:
    chosen = frame.iloc[row]
    ui.link("account", f"打开“{plain(chosen['name'])}”的账号详情", account=int(chosen["account_id"]))
