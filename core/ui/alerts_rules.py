"""The rules of 预警: when to warn, whom and how; tried out on the last 30 days before they are kept."""

from collections.abc import Mapping
from datetime import time
from typing import Any

import streamlit as st
from sqlmodel import Session

from core import alert_trial, alerts, charts, clock, db, labels
from core.faults import BadInput
from core.opinion.alarm import GROUPINGS, REACHES, SUBJECTS, TERMS, Plan
from core.query import alerts as asked
from core.ui.alerts import TOLD
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, pick, table

_COLUMNS = {
    "name": Column("规则", width=170), "about": Column("对象", width=90), "grade": Column("等级", width=64),
    "said": Column("什么时候报", width=360), "people": Column("通知谁", width=150),
    "channels": Column("渠道", width=150),
    "alerts": Column("近30天预警", "int"), "enabled": Column("启用", "flag"),
    "wrong": Column("误报率", "percent", help="近 30 天处理完的预警里判为误报的占几成；没有处理过的为空"),
    "at": Column("修改时间", "time"), "who": Column("修改人", width=90),
}
_TRIED = {
    "at": Column("时间", "time"), "title": Column("会报的内容", width=340), "place": Column("地点", width=120),
    "mentions": Column("信息", "int", width=60), "why": Column("原因", width=380),
}
_HELP = {
    "mention": "信息到达后几秒内逐条判断。下面选中的条件要同时满足。",
    "topic": "每分钟看一次近 24 小时的话题。下面选中的条件要同时满足。",
    "incident": "每分钟看一次未办结的事件。时限、逾期、新增三项满足一项即报。",
}
_STEPS = 3


def section() -> None:
    """The rules, one of them to change, and the form for a new one."""
    frame = ask(asked.rules)
    choices = look(asked.choices)
    if not choices.channels:
        caption("还没有通知渠道：预警只在本页显示。要发短信、群消息或邮件，先在“渠道”和“收件人”栏里添加。")
    if frame.empty:
        empty("还没有预警规则。在下面写一条，试跑近 30 天的内容，满意了再保存。", ":material/notifications:")
        _form("new", None, choices)
        return
    shown = frame.assign(
        about=frame["subject"].map(SUBJECTS), grade=frame["level"].map(labels.LEVELS),
        said=[said(row.subject, row.terms, choices) for row in frame.itertuples()])
    chosen = pick(shown, _COLUMNS, frame["rule_id"], key="rule_table", word="rule", alt="预警规则")
    row = next((row for row in frame.to_dict("records") if row["rule_id"] == chosen), None)
    if row is not None:
        with st.container(border=True):
            _form(f"edit{row['rule_id']}", row, choices)
            _away(row)
    with st.expander("新建规则", icon=":material/add:"):
        _form("new", None, choices)


def said(subject: str, terms: Mapping[str, Any], choices: asked.Choices) -> str:
    """A rule's terms as one line of Chinese."""
    units, watches = dict(choices.units), dict(choices.watches)
    parts = []
    for name, value in terms.items():
        match name:
            case "risk":
                parts.append(f"风险≥{value}")
            case "kinds" | "towns":
                parts.append("、".join(value))
            case "words":
                parts.append(f"提到 {value}")
            case "watches":
                parts.append("方案：" + "、".join(watches.get(id_, "已删除") for id_ in value))
            case "units":
                parts.append("责任单位：" + "、".join(units.get(id_, "已删除") for id_ in value))
            case "families":
                parts.append("、".join(labels.FAMILIES[one] for one in value))
            case "weight":
                parts.append(f"来源权重≥{value:g}")
            case "negative":
                parts.append("情感负面" if subject == "mention" else f"负面占比≥{value}%")
            case "reach":
                parts.append(f"{REACHES[value]}≥{labels.wan(terms['reached'])}")
            case "least":
                parts.append(f"24 小时≥{value} 条")
            case "growth":
                parts.append(f"为 7 日日均的 {value:g} 倍以上")
            case "platforms":
                parts.append(f"{value} 个平台以上")
            case "levels":
                parts.append("、".join(labels.LEVELS[one] for one in value))
            case "left":
                parts.append(f"回应时限剩 {value} 分钟")
            case "overdue":
                parts.append("单位反馈逾期")
            case "more":
                parts.append(f"24 小时新增≥{value} 条")
    return "，".join(parts)


# --- Writing --------------------------------------------------------------------------------------------------------


def _form(key: str, row: Mapping[str, Any] | None, choices: asked.Choices) -> None:
    turn = f"{key}_{st.session_state.get('alert_round', 0)}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("规则名称", row["name"] if row else "", key=f"rule_name_{turn}", max_chars=40, width=320)
        level = st.segmented_control(
            "预警等级", list(labels.LEVELS), default=row["level"] if row else "yellow", key=f"rule_level_{turn}",
            format_func=labels.LEVELS.get, required=True, help="红色预警不受免打扰时段限制，也不等摘报")
        enabled = st.toggle("启用", row["enabled"] if row else True, key=f"rule_on_{turn}")
    if row:
        subject = row["subject"]
    else:
        subject = st.segmented_control("对象", list(SUBJECTS), default="mention", key=f"rule_subject_{turn}",
                                       format_func=SUBJECTS.get, required=True)
    st.markdown("**什么时候报**")
    caption(_HELP[subject])
    before = row["terms"] if row else {"risk": 70} if subject == "mention" else {}
    terms = {"mention": _mention, "topic": _topic, "incident": _incident}[subject](turn, before, choices)
    st.markdown("**通知谁、怎么通知**")
    plan = _plan(turn, Plan.of(row["plan"]) if row else Plan(), subject, choices)
    try:
        TERMS[subject].of(terms)
    except BadInput as refused:
        caption(f"{refused}。")
        return
    _trial(turn, subject, terms, plan)
    if st.button("保存规则", type="primary", icon=":material/save:", key=f"rule_save_{turn}"):

        def deed(session: Session) -> str:
            made = alerts.save(session, name=name, subject=subject, terms=terms, level=level, plan=plan,
                               enabled=enabled, id_=int(row["rule_id"]) if row else None, who=WHO, now=clock.now())
            return f"已保存规则“{made.name}”，从现在起新到的信息按它判断。"

        _save(deed)


def _save(deed) -> None:
    if do(deed, TOLD):
        st.session_state["alert_round"] = st.session_state.get("alert_round", 0) + 1
        st.rerun()


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in."""
    return {name: value for name, value in values.items() if value}


def _mention(turn: str, before: Mapping[str, Any], choices: asked.Choices) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        risk = st.slider("风险分不低于", 0, 100, before.get("risk", 0), 5, key=f"rule_risk_{turn}",
                         help="0：不看风险分。70 分以上为高，40 分以上为中")
        kinds = st.multiselect("敏感类别", choices.kinds, before.get("kinds", []), key=f"rule_kinds_{turn}",
                               placeholder="不限")
        words = st.text_input("提到", before.get("words", ""), key=f"rule_words_{turn}", max_chars=2_000,
                              placeholder="@本区 (停水 或 停电) -演练", help="写法与关注方案相同")
        watches = st.multiselect("符合关注方案", [id_ for id_, _ in choices.watches],
                                 _still(before.get("watches"), choices.watches), key=f"rule_watches_{turn}",
                                 format_func=dict(choices.watches).get, placeholder="不限")
        negative = st.toggle("情感为负面（有把握的）", before.get("negative", False), key=f"rule_negative_{turn}")
    with right:
        towns, units = _where(turn, before, choices, "发生地（街镇）", "责任单位")
        families = st.multiselect("平台类别", list(labels.FAMILIES), before.get("families", []),
                                  key=f"rule_families_{turn}", format_func=labels.FAMILIES.get, placeholder="不限")
        weight = st.number_input("来源权重不低于", 0.0, 10.0, float(before.get("weight", 0)), 0.1,
                                 key=f"rule_weight_{turn}", help="0：不看。来源权重在“规则－敏感词”里设置")
        one, other = st.columns(2)
        reach = one.selectbox("传播量", ["", *REACHES], ["", *REACHES].index(before.get("reach", "")),
                              key=f"rule_reach_{turn}", format_func=lambda key: REACHES.get(key, "不限"))
        reached = other.number_input("不低于", 0, 10**9, int(before.get("reached", 0)), 1000,
                                     key=f"rule_reached_{turn}", disabled=not reach)
    return _given({
        "risk": risk, "kinds": kinds, "words": words.strip(), "watches": watches, "towns": towns, "units": units,
        "families": families, "weight": weight, "negative": negative, "reach": reach if reached else "",
        "reached": reached if reach else 0})


def _where(
    turn: str, before: Mapping[str, Any], choices: asked.Choices, town_word: str, unit_word: str
) -> tuple[list[str], list[int]]:
    held = [one for one in before.get("towns", []) if one in choices.towns]
    names = dict(choices.units)
    towns = st.multiselect(town_word, choices.towns, held, key=f"rule_towns_{turn}", placeholder="不限")
    units = st.multiselect(unit_word, list(names), _still(before.get("units"), choices.units),
                           key=f"rule_units_{turn}", format_func=names.get, placeholder="不限")
    return towns, units


def _still(ids: Any, choices: Any) -> list[int]:
    there = {id_ for id_, _ in choices}
    return [id_ for id_ in ids or [] if id_ in there]


def _topic(turn: str, before: Mapping[str, Any], choices: asked.Choices) -> dict[str, Any]:
    left, right = st.columns(2)
    with left:
        least = st.number_input("24 小时信息不少于（条）", 0, 10**6, int(before.get("least", 20)), 5,
                                key=f"rule_least_{turn}")
        growth = st.number_input("达到前 7 日日均的几倍", 0.0, 1000.0, float(before.get("growth", 3)), 0.5,
                                 key=f"rule_growth_{turn}", help="0：不看。只有一天历史的话题没有倍数可言，不按此项报")
        negative = st.slider("负面占比不低于（%）", 0, 100, int(before.get("negative", 0)), 5,
                             key=f"rule_share_{turn}", help="0：不看。只算情感有把握的信息")
        risk = st.slider("最高风险分不低于", 0, 100, int(before.get("risk", 0)), 5, key=f"rule_top_{turn}",
                         help="0：不看")
    with right:
        platforms = st.number_input("平台数不少于", 0, 200, int(before.get("platforms", 0)), 1,
                                    key=f"rule_platforms_{turn}")
        words = st.text_input("标题或关键词提到", before.get("words", ""), key=f"rule_words_{turn}", max_chars=2_000,
                              help="写法与关注方案相同")
        towns, units = _where(turn, before, choices, "主要发生地（街镇）", "主要责任单位")
    return _given({"least": least, "growth": growth, "negative": negative, "risk": risk, "platforms": platforms,
                   "words": words.strip(), "towns": towns, "units": units})


def _incident(turn: str, before: Mapping[str, Any], _: asked.Choices) -> dict[str, Any]:
    levels = st.multiselect("事件等级", list(labels.LEVELS), before.get("levels", []), key=f"rule_levels_{turn}",
                            format_func=labels.LEVELS.get, placeholder="不限")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        left = st.number_input("回应时限剩余不到（分钟）", 0, 48 * 60, int(before.get("left", 60)), 10,
                               key=f"rule_left_{turn}", help="0：不看。5 小时、24 小时、48 小时时限从首次采集到算起")
        more = st.number_input("24 小时新增信息不少于（条）", 0, 10**6, int(before.get("more", 0)), 5,
                               key=f"rule_more_{turn}", help="0：不看")
        overdue = st.toggle("单位反馈逾期", before.get("overdue", True), key=f"rule_overdue_{turn}")
    return _given({"levels": levels, "left": left, "overdue": overdue, "more": more})


def _plan(turn: str, before: Plan, subject: str, choices: asked.Choices) -> dict[str, Any]:
    direct, groups = dict(choices.direct), dict(choices.groups)
    told = {id_ for step in before.steps for id_ in step.people}
    people = dict(choices.people) | {id_: f"{name}（已停用）" for id_, name in choices.away if id_ in told}
    steps: list[dict[str, Any]] = []
    for n in range(_STEPS):
        held = before.steps[n] if n < len(before.steps) else None
        with st.container(horizontal=True, vertical_alignment="bottom"):
            chosen = st.multiselect("先通知" if not n else f"第 {n + 1} 级通知", list(people),
                                    [id_ for id_ in held.people if id_ in people] if held else [],
                                    key=f"rule_people{n}_{turn}", format_func=people.get, placeholder="不通知个人",
                                    width=420)
            after = st.number_input("无人确认几分钟后", 1, 1440, held.after if held and n else 10 * n or 1, 5,
                                    key=f"rule_after{n}_{turn}", width=160) if n else 0
        if chosen:  # whoever is left first is told at once
            steps.append({"people": chosen, "after": after if steps else 0})
        elif n + 1 >= len(before.steps):
            break
    with st.container(horizontal=True, vertical_alignment="bottom"):
        channels = st.multiselect("发给个人的渠道（按先后，前一个发不出就用后一个）", list(direct),
                                  [id_ for id_ in before.channels if id_ in direct], key=f"rule_channels_{turn}",
                                  format_func=direct.get, placeholder="请选择", width=420)
        told = st.multiselect("同时发到群和系统", list(groups), [id_ for id_ in before.groups if id_ in groups],
                              key=f"rule_groups_{turn}", format_func=groups.get, placeholder="不发", width=320)
    with st.expander("合并、免打扰与摘报"), st.container(horizontal=True, vertical_alignment="bottom"):
        grouping = before.grouping
        if subject == "mention":
            grouping = st.selectbox("合并方式", list(GROUPINGS), list(GROUPINGS).index(before.grouping),
                                    key=f"rule_grouping_{turn}", format_func=GROUPINGS.get, width=200)
        cool = st.number_input("冷却（分钟）", 0, 7 * 1440, before.cool, 30, key=f"rule_cool_{turn}", width=140,
                               help="这段时间内同一件事只报一次，后来的并入同一条预警")
        most = st.number_input("每小时最多单独报", 1, 1000, before.most, 5, key=f"rule_most_{turn}", width=150,
                               help="超过的并成一条")
        quiet = st.toggle("夜间免打扰", before.quiet[0] != before.quiet[1], key=f"rule_quiet_{turn}")
        start, end = (st.time_input(word, _time(minute), key=f"rule_{word}_{turn}", width=110, disabled=not quiet)
                      for word, minute in (("从", before.quiet[0] or 22 * 60), ("到", before.quiet[1] or 7 * 60)))
        slots = st.multiselect("改为定时摘报", list(range(0, 1440, 30)), list(before.digest), key=f"rule_digest_{turn}",
                               format_func=lambda minute: f"{minute // 60:02d}:{minute % 60:02d}", width=260,
                               placeholder="不用摘报，即时通知",
                               help="到点把这段时间的预警合成一条发出；红色预警仍即时发")
    return {
        "steps": steps, "channels": channels if steps else [], "groups": told, "grouping": grouping, "cool": cool,
        "quiet": [_minute(start), _minute(end)] if quiet else [0, 0], "digest": sorted(slots), "most": most}


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def _trial(turn: str, subject: str, terms: Mapping[str, Any], plan: Mapping[str, Any]) -> None:
    """What the rule would have done, on demand."""
    held = f"rule_trial_{turn}"
    word = "看看现在会报什么" if subject == "incident" else f"试跑近 {alert_trial.DAYS} 天"
    if st.button(word, icon=":material/play_arrow:", key=f"rule_try_{turn}",
                 help="只看会报什么，不保存，也不通知任何人"):
        try:
            with st.spinner("正在试跑……"), db.session() as session:
                made = alert_trial.trial(session, subject, terms, plan, now=clock.now())
        except BadInput as refused:
            refuse(refused)
            return
        st.session_state[held] = (repr((terms, plan)), made)
    asked_for, found = st.session_state.get(held, ("", None))
    if found is None or asked_for != repr((terms, plan)):
        return
    what = {"mention": "条信息", "topic": "个话题", "incident": "个未办结事件"}[subject]
    cut = f"（只看了最新的 {alert_trial.MOST:,} 条）" if found.cut else ""
    more = f"，另有 {found.together} 次因每小时上限并入" if found.together else ""
    st.markdown(f"看了 {found.looked:,} {what}{plain(cut)}，会报 **{len(found.frame):,}** 次{more}。")
    if found.frame.empty:
        return
    if subject != "incident":
        daily = found.daily(clock.day_of(clock.now()))
        st.altair_chart(charts.stacked_bars(daily, unit="次", title="每日会报的次数", height=200),
                        alt="每日会报次数的柱状图")
    table(found.frame.head(200), _TRIED, key=f"{held}_table", alt="会报的内容")


def _away(row: Mapping[str, Any]) -> None:
    with st.popover("删除规则", icon=":material/delete:"):
        st.write("没有报过的规则可以删除；报过的留有记录，只能停用。")
        if st.button("确认删除", key=f"rule_drop_{row['rule_id']}"):

            def deed(session: Session) -> str:
                alerts.remove(session, int(row["rule_id"]), who=WHO, now=clock.now())
                return f"已删除规则“{row['name']}”。"

            _save(deed)


__all__ = ["said", "section"]
