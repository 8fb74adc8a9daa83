"""The rules of the plan of reports: looked at, added, changed, switched."""

from datetime import datetime

import streamlit as st

from core import clock, labels
from core.models import ReportRule
from core.periods import NAMES, Period
from core.query import channels, people, scope
from core.report import kinds, schedule
from core.report.dress import Dress
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do
from core.ui.parts import caption, plain
from core.ui.report_dress import dress

TOLD = "report_plan"
_NEW = "新的计划"


def rules(now: datetime) -> None:
    """Choose a rule, or a new one, and change it."""
    found = look(schedule.rules)
    names = {_NEW: None} | {one.name + ("" if one.enabled else "（已停用）"): one for one in found}
    chosen = names[st.selectbox("计划", list(names), 1 if found else 0, key=f"rule_{len(found)}")]
    if chosen is not None:
        caption(f"{labels.REPORT_KINDS.get(chosen.kind, chosen.kind)}，{NAMES[chosen.span]}；"
                f"{labels.REPORT_WAYS[chosen.way]}；自 {chosen.since} 起")
    _form(chosen, now)
    if chosen is not None:
        with st.container(horizontal=True):
            if st.button("停用" if chosen.enabled else "启用", key=f"rule_switch_{chosen.id}"):
                _do(lambda session: schedule.switch(session, chosen.id, not chosen.enabled, who=WHO, now=clock.now()),
                    f"已{'停用' if chosen.enabled else '启用'}“{chosen.name}”。")
        with st.expander("删除这条计划"):
            st.markdown(f"删除“{plain(chosen.name)}”？已签发的报告保留，未编的不再编。")
            if st.button("确认删除", key=f"rule_remove_{chosen.id}"):
                _do(lambda session: schedule.remove(session, chosen.id, who=WHO, now=clock.now()),
                    f"已删除“{chosen.name}”。")


def _form(rule: ReportRule | None, now: datetime) -> None:
    key = f"rule_{rule.id if rule else 0}"
    of = {one.name: one for one in kinds.KINDS.values()}
    name = st.text_input("名称", rule.name if rule else "", key=f"{key}_name", max_chars=40)
    held = next((word for word, one in of.items() if rule and one.code == rule.kind), None)
    kind = of[st.selectbox("报告种类", list(of), list(of).index(held) if held else 0, key=f"{key}_kind")]
    spans = {NAMES[one]: one for one in kind.spans}
    at = list(spans.values()).index(rule.span) if rule and rule.span in spans.values() else 0
    span = spans[st.selectbox("周期", list(spans), at, key=f"{key}_span_{kind.code}")]
    platform = ""
    if kind.per == "platform":
        offered = {"每个有账号的平台": schedule.EACH} | {one: code for code, one in ask(scope.choices).platforms}
        places = list(offered.values())
        platform = offered[st.selectbox(
            "平台", list(offered), places.index(rule.platform) if rule and rule.platform in places else 0,
            key=f"{key}_platform")]
    of_whom = {words: code for code, words in ask(kind.scopes, "" if platform == schedule.EACH else platform)}
    codes = list(of_whom.values())
    wanted = of_whom[st.selectbox("范围", list(of_whom), codes.index(rule.scope) if rule and rule.scope in codes else 0,
                                  key=f"{key}_scope_{kind.code}_{platform}")] if of_whom else "all"
    left, right = st.columns(2)
    hour = left.number_input("期末次日几时编制", 0, 23, rule.hour if rule else 6, key=f"{key}_hour")
    days = right.number_input("期限（期末后几天）", 1, 90, rule.days if rule else 3, key=f"{key}_days")
    least = left.number_input("数据覆盖率低于多少暂缓（%）", 0, 100, rule.least if rule else 0, key=f"{key}_least")
    since = right.date_input("从哪天起", rule.since if rule else Period.of("year", clock.day_of(now)).first,
                             key=f"{key}_since", format="YYYY-MM-DD")
    empty = st.toggle("没有内容也编报（零报告）", rule.empty if rule else True, key=f"{key}_empty")
    with st.expander("版式、落款与水印"):
        worn = dress(key, Dress.of(rule.dress) if rule else Dress())
    ways = list(labels.REPORT_WAYS)
    way = st.segmented_control("编好后", ways, default=rule.way if rule else "issue", required=True, key=f"{key}_way",
                               format_func=labels.REPORT_WAYS.get)
    told, by = _recipients(rule, key) if way == "send" else ((), ())
    if st.button("保存", type="primary", key=f"{key}_save"):
        _do(lambda session: schedule.save(
            session, name=name, kind=kind.code, span=span, platform=platform, scope=wanted, hour=int(hour),
            days=int(days), least=int(least), empty=empty, dress=worn, way=way, people=told, channels=by, since=since,
            parts=tuple(rule.parts) if rule and rule.kind == kind.code else (),
            enabled=rule.enabled if rule else True, id_=rule.id if rule else None, who=WHO, now=clock.now()),
            f"已保存计划“{name}”。")


def _recipients(rule: ReportRule | None, key: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    everyone, ways = look(people.listed), look(channels.listed)
    everyone, ways = everyone[everyone["active"]], ways[ways["enabled"] & (ways["reaches"] == "mail")]
    names = dict(zip(everyone["id"], everyone["name"], strict=True))
    by = dict(zip(ways["id"], ways["name"], strict=True))
    if not names or not by:
        caption("请先在“预警”里添加收件人和邮件渠道。")
    told = st.multiselect("发给", list(names), [one for one in (rule.people if rule else ()) if one in names],
                          format_func=lambda one: plain(names[one]), key=f"{key}_people")
    used = st.multiselect("渠道", list(by), [one for one in (rule.channels if rule else ()) if one in by],
                          format_func=lambda one: plain(by[one]), key=f"{key}_channels")
    return tuple(map(int, told)), tuple(map(int, used))


def _do(deed, words: str) -> None:
    if do(lambda session: (deed(session), words)[1], TOLD):
        st.rerun()
