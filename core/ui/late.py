"""变动台账 in the room 报告中心: figures that changed after their report was issued, by edition; what is done about
them; and what an edition's own page and a figure's dialog say of that."""

from collections import Counter
from datetime import datetime

import pandas as pd
import streamlit as st

from core import clock, labels
from core.faults import BadInput
from core.query.scope import id_of
from core.report import correction, kinds, late
from core.report.content import Content
from core.report.late import ledger, listed
from core.report.late.terms import rules
from core.ui.ask import look
from core.ui.deeds import WHO, do, said
from core.ui.export import export
from core.ui.parts import Card, caption, cards, empty, link, plain, toast_error
from core.ui.runs import preview
from core.ui.table import Column, pick, table

TOLD, WORD = "late", "late"
"""What a deed's sentence is kept under; the edition in the address."""
EVERY = "全部"
CAUSES = 4
"""Reasons that are told before the figures, those of most figures first."""
_SIZES = {"0.1% 以上": 0.001, "1% 以上": 0.01, "10% 以上": 0.1}
_EDITIONS = {
    "report": Column("报告", width=330), "version": Column("版次", width=62), "issued_at": Column("签发时间", "time"),
    "open": Column("待处理", "int", width=68), "main": Column("其中主要数字", "int", width=100),
    "small": Column("仅列示", "int", width=68), "corrected": Column("已更正", "int", width=68),
    "waived": Column("不予更正", "int", width=76), "restored": Column("已恢复", "int", width=68),
    "why": Column("原因", width=200), "changed_at": Column("最近变动", "time"),
}
_FIGURES = {
    "name": Column("项目", width=220), "old": Column("签发时", width=100), "new": Column("现在", width=100),
    "difference": Column("差", width=112), "share": Column("幅度", "percent", width=70),
    "reason_name": Column("原因", width=90), "state_name": Column("状态", width=76), "place": Column("位置", width=230),
    "why": Column("说明", width=420), "first_at": Column("首次发现", "time"), "decided": Column("处理", width=200),
}
_EXPORTED = {
    "report": Column("报告"), "version": Column("版次"), "issued_at": Column("签发时间", "time"),
    "place": Column("位置"), "name": Column("项目"), "old": Column("签发时"), "new": Column("现在"),
    "difference": Column("差"), "share": Column("幅度", "percent"), "reason_name": Column("原因"),
    "why": Column("说明"), "state_name": Column("状态"),
    "first_at": Column("首次发现", "time"), "changed_at": Column("最近变动", "time"),
    "looked_at": Column("最近核对", "time"), "by": Column("更正版次"), "who": Column("处理人"),
    "decided_at": Column("处理时间", "time"), "said": Column("处理说明"), "key": Column("标识"),
}
_ROOMS = {"account": ("account", "account"), "mention": ("mentions", "mention"), "topic": ("topics", "topic"),
          "incident": ("incidents", "incident"), "alert": ("alerts", "alert"), "demand": ("demands", "demand")}
"""Where a record of evidence is looked at: room and parameter."""


def page() -> None:
    """The ledger by edition, and the chosen edition's figures."""
    said(TOLD)
    every = look(listed.listing)
    rule = rules()
    caption(f"已签发的报告不改动。每日{rule.hour}时起按签发时的口径和截止时刻重新核算，与签发时不同的数字列在这里；"
            f"签发之后继续增长的阅读、点赞不算变动。幅度不到 {rule.share:.1%} 的只列示、不提醒。")
    if every.empty:
        empty("还没有签发后变动的数字。可在“已签发”中打开一份报告，点“立即核对”。", ":material/verified:")
        _chosen_elsewhere(every)
        return
    live = every[every["state"] == "open"]
    cards([
        Card("待处理变动", f"{int((~live['small']).sum()):,}", help="幅度达到门槛、还没有更正也没有作出决定的数字"),
        Card("涉及报告", f"{live.loc[~live['small'], 'edition_id'].nunique():,}"),
        Card("原因不明", f"{int((live['reason'] == 'unknown').sum()):,}",
             help="没有记录可以解释的变动，请核验该月数据"),
        Card("已更正", f"{int((every['state'] == 'corrected').sum()):,}"),
        Card("不予更正", f"{int((every['state'] == 'waived').sum()):,}"),
    ])
    shown = _filtered(every)
    groups = listed.grouped(shown)
    if groups.empty:
        empty("没有符合条件的变动，请放宽条件。", ":material/search_off:")
        _chosen_elsewhere(every)
        return
    caption(f"{len(groups)} 份报告、{len(shown):,} 处变动。点选一份，查看并处理它的变动。")
    chosen = pick(groups.assign(version=[f"第{n}版" for n in groups["version"]]), _EDITIONS, list(groups["edition_id"]),
                  key="late_editions", word=WORD, alt="有签发后变动的报告",
                  height="content" if len(groups) < 8 else 320)
    export(shown, _EXPORTED, "签发后变动台账",
           "按各报告签发时的口径和截止时刻，用现有数据重新核算后与签发时的数字逐一比对；签发后继续增长的读数不计",
           key="late_export")
    if chosen is not None:
        _edition(chosen, shown[shown["edition_id"] == chosen], every[every["edition_id"] == chosen])


def _chosen_elsewhere(every: pd.DataFrame) -> None:
    """The edition that the address names, though the list doesn't show it."""
    chosen = id_of(st.query_params.get(WORD, ""))
    if chosen is not None:
        own = every[every["edition_id"] == chosen]
        _edition(chosen, own, own)


def _filtered(every: pd.DataFrame) -> pd.DataFrame:
    of = {labels.REPORT_KINDS.get(kind, kind): kind for kind in dict.fromkeys(every["kind"])}
    platforms = [name for name in dict.fromkeys(every["platform_name"]) if name]
    states = {name: code for code, name in labels.LATE_STATES.items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.selectbox("状态", [EVERY, *states], 1, key="late_state", bind="query-params", width=130)
        kind = st.selectbox("报告种类", [EVERY, *of], key="late_kind", bind="query-params", width=150)
        platform = st.selectbox("平台", [EVERY, *platforms], key="late_platform", bind="query-params", width=150)
        size = st.selectbox("变动幅度", [EVERY, *_SIZES], key="late_size", bind="query-params", width=130,
                            help="整行增减、原数为 0 的没有幅度，始终列出")
        main = st.toggle("只看主要数字", key="late_main", bind="query-params", help="各部分的主要数字和表中合计数")
    wanted = pd.Series(True, index=every.index)
    if state in states:
        wanted &= every["state"] == states[state]
    if kind in of:
        wanted &= every["kind"] == of[kind]
    if platform and platform != EVERY:
        wanted &= every["platform_name"] == platform
    if size in _SIZES:
        wanted &= every["share"].isna() | (every["share"] >= _SIZES[size])
    if main:
        wanted &= every["main"]
    return every[wanted].reset_index(drop=True)


def _edition(edition_id: int, shown: pd.DataFrame, every: pd.DataFrame) -> None:
    """One edition: how it stands, its figures, what can be done."""
    with st.container(border=True):
        if every.empty:
            caption("这份报告在台账中没有变动。")
            link("reports", "打开报告", icon=":material/description:", edition=edition_id)
            return
        first = every.iloc[0]
        st.markdown(f"**{plain(first['report'])}**　第{int(first['version'])}版")
        stands = look(listed.standing, edition_id)
        caption(_looked(stands))
        left = every[every["state"] == "open"]
        with st.container(horizontal=True, vertical_alignment="center"):
            link("reports", "打开报告", icon=":material/description:", edition=edition_id)
            if (sheet := look(listed.sheet_of, edition_id)) is not None:
                link("reports", "查看更正单", icon=":material/rule:", edition=sheet)
            _again(edition_id, "late")
            if len(left):
                _correct(edition_id, left)
        for words, number in Counter(left["why"]).most_common(CAUSES):
            st.markdown(f"- {plain(words)}　:gray[{number} 处]")
        ticked = _table(edition_id, shown)
        _decide(ticked)
        if len(ticked) == 1:
            _one(int(ticked["id"].iloc[0]))
        elif not len(ticked):
            caption("勾选一处查看经过和依据；勾选一处或多处，可作“不予更正”处理。")


def _looked(stands: listed.Standing) -> str:
    if stands.looked_at is None:
        return "还没有核对过。"
    at = f"最近核对 {clock.local(stands.looked_at):%Y-%m-%d %H:%M}"
    if stands.note:
        return f"{at}：{stands.note}。"
    more = f"，另有 {stands.uncompared:,} 个因表的样式与现在不同未能比对" if stands.uncompared else ""
    return f"{at}，比对数字 {stands.figures:,} 个{more}。"


def _table(edition_id: int, shown: pd.DataFrame) -> pd.DataFrame:
    """The figures, of which many can be ticked; those that are."""
    decided = [f"{by}" if state == "corrected" else f"{who}：{why}" if state == "waived" else ""
               for state, by, who, why in zip(shown["state"], shown["by"], shown["who"], shown["said"], strict=True)]
    frame = shown.assign(decided=decided)
    rows = table(frame, _FIGURES, key=f"late_figures_{edition_id}_{st.session_state.get('late_turn', 0)}", many=True,
                 alt="签发后变动的数字", height="content" if len(shown) < 10 else 390)
    return frame.iloc[rows]


def _decide(ticked: pd.DataFrame) -> None:
    """不予更正 of what is ticked and open, and taking it back."""
    left = [int(id_) for id_ in ticked.loc[ticked["state"] == "open", "id"]]
    waived = [int(id_) for id_ in ticked.loc[ticked["state"] == "waived", "id"]]
    if not left and not waived:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if left:
            with st.popover(f"不予更正（{len(left)} 处）", icon=":material/do_not_disturb_on:"):
                why = st.text_area("原因", key="late_waive_why", max_chars=ledger.WHY,
                                   placeholder="如：变动很小，不影响结论；已在下期报告中说明")
                if st.button("确认不予更正", type="primary", key="late_waive"):
                    _do(lambda session: late.waive(session, left, why, who=WHO, now=clock.now()))
        if waived and st.button(f"撤回不予更正（{len(waived)} 处）", icon=":material/undo:", key="late_reopen"):
            _do(lambda session: late.reopen(session, waived, who=WHO, now=clock.now()))


def _do(deed) -> None:
    if do(deed, TOLD):
        st.session_state["late_turn"] = st.session_state.get("late_turn", 0) + 1
        st.rerun()


def _correct(edition_id: int, left: pd.DataFrame) -> None:
    """The next version on the same terms, with its 更正单."""
    with st.popover("签发更正版和更正单", icon=":material/rule:", type="primary"):
        st.markdown(f"按原口径和原截止时刻重新编制，签发新版并编制更正单；本版 {len(left)} 处变动随即记为“已更正”。")
        why = st.text_area("更正原因", listed.drafted(left), key=f"late_correct_why_{edition_id}_{len(left)}",
                           max_chars=correction.REASON, height=140)
        if not st.button("确认签发", type="primary", key=f"late_correct_{edition_id}"):
            return
        try:
            with st.spinner("正在编制、签发…"):
                newer, sheet = late.correct(edition_id, why, who=WHO, now=clock.now())
        except BadInput as refused:
            toast_error(plain(str(refused)))
            return
    st.session_state[f"{TOLD}_said"] = (
        f"已签发《{newer.title}》第{newer.version}版和更正单《{sheet.title}》，可在“已签发”中查看、下载和发送。")
    st.rerun()


def _again(edition_id: int, key: str) -> None:
    """立即核对."""
    if not st.button("立即核对", icon=":material/fact_check:", key=f"{key}_look_{edition_id}"):
        return
    try:
        with st.spinner("正在按原口径重新核算…"):
            looked = late.look(edition_id, now=clock.now(), anew=True)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    happened = {name: looked.events.count(code) for code, name in labels.LATE_EVENTS.items()}
    words = "，".join(f"{name} {number} 处" for name, number in happened.items() if number)
    st.session_state[f"{TOLD}_said"] = f"核对完成：{looked.note or words or '与上次核对相同，没有新的变动'}。"
    st.rerun()


def _one(id_: int) -> None:
    """What became of one figure, and the records behind its reason."""
    one = look(listed.entry, id_)
    if one is None:
        return
    st.markdown(f"**{plain(one.name)}**　{plain(one.old)} → **{plain(one.new)}**")
    st.markdown(plain(one.why))
    if one.key and "（整行）" not in one.name:
        link("reports", "查看这个数字的口径和现有明细", icon=":material/query_stats:", edition=one.edition_id,
             figure=one.key)
    for at, what, value, words, who in one.history:
        caption(f"{clock.local(at):%Y-%m-%d %H:%M}　{what}　{value}" + (f"　{who}" if who else "") + (
            f"　{words}" if words and words != one.why else ""))
    with st.container(horizontal=True):
        for what, other, name in one.evidence[:12]:
            if what in _ROOMS:
                room, word = _ROOMS[what]
                link(room, name, **{word: other})
            else:
                caption(name)
    if captures := [other for what, other, _ in one.evidence if what == "capture"]:
        preview(captures[0], f"late_{id_}")


def notice_of(edition_id: int, content: Content) -> None:
    """What an edition's own page says: how many of its figures have changed, and the way to them."""
    if content.subject.kind not in kinds.KINDS:
        return
    said(TOLD)
    stands = look(listed.standing, edition_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if stands.open:
            st.warning(f"签发后有 {stands.open:,} 处数字有变动，尚未处理。" + (
                f"另有 {stands.small:,} 处变动很小，仅列示。" if stands.small else ""),
                icon=":material/published_with_changes:")
        elif stands.all:
            caption(f"签发后变动 {stands.all:,} 处，均已处理或仅列示。{_looked(stands)}")
        else:
            caption(f"{'签发后的数字没有变动。' if stands.looked_at and not stands.note else ''}{_looked(stands)}")
        if stands.all:
            link("reports", "查看变动台账", icon=":material/difference:", **{WORD: edition_id, "late_state": EVERY})
        _again(edition_id, "opened")


def figure(edition_id: int, key: str, *, differs: bool) -> None:
    """What the ledger says of one figure; `differs`: whether it comes to something else now."""
    one = look(listed.of_figure, edition_id, key)
    if one is None:
        stands = look(listed.standing, edition_id) if differs else None
        if stands is not None and stands.looked_at is not None and not stands.note:
            caption(f"按签发时的截止时刻核算没有变动（{clock.local(stands.looked_at):%Y-%m-%d %H:%M} 核对）："
                    "上面的差别是签发之后继续增长的读数，或核对之后才有的变动。")
        return
    at: datetime = one.history[0][0]
    words = f"变动台账：{clock.local(at):%Y-%m-%d} 发现，按签发时的截止时刻核算，{one.old} → {one.new}，"
    st.markdown(f":material/difference: {plain(f'{words}{labels.LATE_STATES[one.state]}。{one.why}')}")
    if one.said:
        caption(f"{one.who}：{one.said}")
    if differs:
        caption("上面“按现有数据”的数若与台账不同，多出的是签发之后继续增长的读数，不算变动。")
    link("reports", "在变动台账中查看", icon=":material/difference:", **{WORD: edition_id, "late_state": EVERY})
