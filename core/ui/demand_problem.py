"""One problem: the demands that are about it, where, for how long, how they were answered; and its mending by hand."""

import streamlit as st

from core import charts, clock, labels
from core.demands import deeds
from core.query import demands as query
from core.query.demands import DemandChoices, Problem
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.demand import LEVEL_TONES
from core.ui.demand_deeds import bar, done, drafted, join, problem_chosen
from core.ui.demands import COLUMNS, EXPORTED, back, handling, method, shares, this_hour, worded
from core.ui.export import export
from core.ui.parts import Card, caption, cards, empty, link, plain
from core.ui.table import Column, table


def section(id_: int, offered: DemandChoices) -> None:
    """The problem of a link, or that it is gone."""
    found = ask(query.problem, id_, this_hour())
    back("problem")
    if found is None:
        empty("链接里的问题在这里找不到，可能已随演示数据清除，或其中已没有诉求。", ":material/link_off:")
        return
    how = found.standing
    with st.container(horizontal=True, gap="small"):
        st.badge(labels.DEMAND_LEVELS[how.level], color=LEVEL_TONES[how.level])
        st.badge(found.area, color="gray")
        if found.demo:
            st.badge(labels.DEMO, color="gray")
    st.subheader(plain(found.title), anchor=False)
    frame = found.frame
    first, last = (f"{clock.local(one):%Y-%m-%d}" for one in (frame["asked_at"].min(), frame["asked_at"].max()))
    caption(f"问题编号 {found.id} · {first} 至 {last} · 判定依据：{how.why}")
    if found.asked != found.id:
        st.info(f"链接中的问题 {found.asked} 已并入本问题。", icon=":material/merge:")
    _deeds(found, offered)
    cards([
        Card("诉求件数", labels.thousands(len(frame))),
        Card("涉及人数", f"{'至多 ' if how.vague else ''}{how.people}", help="按来电标识计；没有标识的每件按一人"),
        Card("涉及街镇", labels.thousands(int((found.towns["name"] != query.NOWHERE).sum()))),
        *handling(found.totals),
    ])
    caption(shares(found.totals))
    if len(found.weeks) > 1:
        weekly = charts.stacked_bars(
            found.weeks, unit="件", value_name="诉求量", title="每周诉求量（以周一为准）", height=200)
        st.altair_chart(weekly, alt="每周诉求量")
    for place, (title, part) in zip(st.columns(3), (
            ("街镇", found.towns), ("地点", found.places), ("承办单位", found.units)), strict=True):
        with place:
            st.markdown(f"**{title}**")
            if part.empty:
                caption("没有写明。")
            else:
                table(part, {"name": Column(title), "total": Column("件数", "int")}, key=f"d_p_{title}_{found.id}",
                      height="content" if len(part) < 7 else 250, alt=f"按{title}")
    st.markdown("**全部诉求**")
    shown = worded(frame)
    turn = st.session_state.setdefault("demands_turn", 0)
    held = st.container()
    rows = table(shown, COLUMNS, key=f"d_problem_{found.id}_{turn}", select=True, many=True, alt="这个问题的诉求")
    with held:
        bar(shown.iloc[rows], offered, key=f"d_problem_{found.id}")
    export(shown, EXPORTED, f"诉求问题 {found.id}", method(), key="d_problem_out")


def _deeds(found: Problem, offered: DemandChoices) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("立案、加入事件", icon=":material/folder_open:"):
            join(worded(found.frame), offered, f"d_p_{found.id}", found.title,
                 drafted(found.frame)[:120] + f"范围：{labels.DEMAND_LEVELS[found.standing.level]}。")
        with st.popover("合并问题", icon=":material/merge:"):
            other = problem_chosen("与哪个问题合并", f"d_p_merge_{found.id}", found.id)
            caption("编号小的保留，另一个的链接会转到保留的问题；每件诉求都可撤回。")
            if st.button("确定合并", type="primary", key=f"d_p_merge_go_{found.id}", disabled=other is None):
                def deed(session) -> str:
                    kept = deeds.merge(session, found.id, other, who=WHO, now=clock.now())
                    st.query_params["problem"] = str(kept)
                    return f"已合并为问题 {kept}。"

                done(deed)
        with st.popover("修改名称", icon=":material/edit:"):
            title = st.text_input("问题名称", found.title, key=f"d_p_title_{found.id}", max_chars=60)
            if st.button("保存名称", type="primary", key=f"d_p_title_go_{found.id}"):
                done(lambda session: (deeds.rename(session, found.id, title, who=WHO, now=clock.now()),
                                      f"已改名为“{title}”。")[1])
    for id_, title in found.incidents:
        link("incidents", f"事件：{title}", incident=id_)
