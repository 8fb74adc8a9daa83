"""预警 in its room: what waits for somebody, one alert with what it stands for and who was told, what comes of it."""

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, deliveries, incidents, labels, warned
from core.models import Alert
from core.query import alerts
from core.query.alerts import STATES, Told
from core.query.scope import Filter, id_of
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do
from core.ui.export import export
from core.ui.parts import Card, anchor, caption, cards, empty, link, plain
from core.ui.table import Column, pick, table

TOLD = "alerts"
COLOURS = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}
_ALL = "全部"
_COLUMNS = {
    "level": Column("等级", width=64), "state": Column("状态", width=76), "title": Column("预警内容", width=360),
    "place": Column("地点", width=130), "mentions": Column("信息", "int", width=60), "at": Column("预警时间", "time"),
    "rule": Column("规则", width=130), "unit": Column("责任单位", width=120),
    "told": Column("已通知", "int", width=70), "waiting": Column("待发", "int", width=60),
    "failed": Column("失败", "int", width=60), "seen_by": Column("确认人", width=90),
    "outcome": Column("结果", width=90),
}
_MENTIONS = {
    "title": Column("标题", width="large"), "platform": Column("平台"), "source": Column("来源"),
    "published_at": Column("发布时间", "time"), "risk": Column("风险分", "int"), "url": Column("原文", "link"),
}
_DELIVERIES = {
    "to": Column("通知谁", width=130), "step": Column("层级", width=76), "channel": Column("渠道", width=130),
    "state": Column("状态", width=90), "receipt": Column("回执", width=76), "tries": Column("次数", "int", width=60),
    "made_at": Column("生成时间", "time"), "done_at": Column("受理时间", "time"), "note": Column("说明", width=300),
}


def section(where: Filter) -> None:
    """The alerts of the period, and the one that is picked or that a link asks for."""
    if st.session_state.get("period") not in ("自选", "上月"):
        # Named periods end with the last day of data: what is warned of now may be of a day that has none yet.
        where = where.over(where.start, max(where.end, clock.day_of(clock.now())))
    number = ask(alerts.counts, where)
    if not sum(number[state] for state in STATES):
        _one_of_link()
        empty("所选周期内没有预警。规则在“规则”栏里设置，可先试跑近 30 天看看会报什么。", ":material/notifications:")
        return
    cards([
        Card("待确认", labels.thousands(number["open"]), help="还没有人确认收到"),
        Card("其中红、橙", labels.thousands(number["grave"])),
        Card("已确认", labels.thousands(number["seen"]), help="有人确认收到，尚未处理完"),
        Card("已处理", labels.thousands(number["closed"])),
        Card("通知失败", labels.thousands(number["failed"]), help="没有发出去、或不知对方是否收到的通知，见“发送记录”"),
    ])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control("状态", [_ALL, *STATES.values()], default=_ALL, key="alert_state", required=True,
                                     bind="query-params")
        level = st.segmented_control("等级", [_ALL, *labels.LEVELS.values()], default=_ALL, key="alert_level",
                                     required=True, bind="query-params")
        search = st.text_input("查找", key="alert_q", max_chars=60, width=240, placeholder="标题、要点或地点里的词")
    frame = ask(alerts.listed, where, _key(STATES, state), _key(labels.LEVELS, level), None, search)
    if frame.empty:
        _one_of_link()
        empty("没有符合条件的预警，请换一个状态、等级或词。", ":material/search_off:")
        return
    chosen = pick(frame, _COLUMNS, frame["alert_id"], key="alert_table", word="alert", alt="预警列表",
                  height=min(38 * (len(frame) + 1), 420))
    if len(frame) == alerts.LISTED:
        caption(f"只列出前 {alerts.LISTED} 条（待确认、等级高的在前），其余请缩短周期或按状态、等级、词查找。")
    if chosen is not None:
        _opened(chosen)
    export(frame, _COLUMNS, f"预警 {where.start} 至 {where.end}", key="alerts")


def _key(words: dict[str, str], word: str) -> str:
    return next((key for key, value in words.items() if value == word), "")


def _one_of_link() -> None:
    if (asked := id_of(st.query_params.get("alert", ""))) is not None:
        _opened(asked)


def _opened(alert_id: int) -> None:
    told = ask(alerts.one, alert_id)
    if told is None:
        empty("链接里的预警在这里找不到，可能已随演示数据清除。", ":material/link_off:")
        return
    with st.container(border=True):
        _head(told)
        _deeds(told.alert, _reader(told.alert))
    part = st.segmented_control("内容", [f"信息（{len(told.mentions)}）", f"通知（{len(told.deliveries)}）"],
                                key=f"alert_part_{alert_id}", default=f"信息（{len(told.mentions)}）", required=True,
                                label_visibility="collapsed")
    if part.startswith("信息"):
        _mentions(told)
    else:
        _deliveries(told)


def _reader(alert: Alert) -> str:
    """Whose link this is: the person that the alert was sent to, else nobody in particular."""
    delivery = look(warned.told_by, st.query_params.get("key", ""))
    if delivery is None or delivery.alert_id != alert.id:
        return ""
    return look(alerts.person_name, delivery.person_id) if delivery.person_id else ""


def _head(told: Told) -> None:
    alert = told.alert
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(f"{labels.LEVELS[alert.level]}预警", color=COLOURS[alert.level])
        st.badge(STATES[alert.state], color="gray")
        if alert.demo:
            st.badge(labels.DEMO, color="gray")
    st.markdown(f"#### {plain(alert.title)}")
    if alert.gist and alert.gist != alert.title:
        st.markdown(plain(alert.gist))
    facts = [
        f"地点：{alert.place or '未写明'}", f"信息 {alert.mentions} 条", f"预警 {clock.local(alert.at):%m-%d %H:%M:%S}",
        f"责任单位：{told.unit}" if told.unit else "", f"规则：{told.rule}",
    ]
    caption(" · ".join(filter(None, facts)))
    caption(f"原因：{alert.why}")
    if alert.state == "open" and alert.next_at:
        caption(f"无人确认时，{clock.local(alert.next_at):%H:%M} 起报告 {'、'.join(told.next_names) or '下一级'}。")
    if alert.seen_by or alert.seen_at:
        how = {"link": "经链接", "room": "在本页"}.get(alert.seen_how, "")
        caption(f"{clock.local(alert.seen_at):%m-%d %H:%M} {alert.seen_by}{how}确认收到")
    if alert.state == "closed":
        caption(f"{clock.local(alert.closed_at):%m-%d %H:%M} {alert.closed_by} 处理：{warned.OUTCOMES[alert.outcome]}")


def _deeds(alert: Alert, reader: str) -> None:
    who = reader or WHO
    with st.container(horizontal=True):
        if alert.state == "open" and st.button(f"{reader}确认收到" if reader else "确认收到", type="primary",
                                               icon=":material/done:", key=f"alert_seen_{alert.id}"):
            _do(lambda session: (
                "已确认收到，不再向上一级报告。" if warned.acknowledge(
                    session, alert.id, who=who, how="link" if reader else "room", now=clock.now())
                else "这条预警已有人确认。"))
        if alert.incident_id:
            link("incidents", "查看事件", incident=alert.incident_id)
        elif alert.state != "closed" and alert.mention_id and st.button(
                "立为事件", icon=":material/folder_open:", key=f"alert_incident_{alert.id}",
                help="建立一事一报的事件档案，并关联这条预警的信息"):
            _do(lambda session: _incident(session, alert, who))
        if alert.state == "closed":
            if st.button("重新打开", icon=":material/undo:", key=f"alert_reopen_{alert.id}"):
                _do(lambda session: (warned.reopen(session, alert.id, who=who, now=clock.now()), "已重新打开。")[1])
            return
        with st.popover("处理完毕", icon=":material/task_alt:"):
            outcomes = {word: key for key, word in warned.OUTCOMES.items() if key != "incident"}
            outcome = st.radio("结果", list(outcomes), key=f"alert_outcome_{alert.id}",
                               help="选“误报”会把这些信息标为误报（重新打开时撤回），并计入规则的误报率")
            if st.button("确定", type="primary", key=f"alert_close_{alert.id}"):
                _do(lambda session: (
                    warned.close(session, alert.id, outcomes[outcome], who=who, now=clock.now()),
                    f"已处理：{outcome}。")[1])


def _do(deed) -> None:
    if do(deed, TOLD):
        st.rerun()


def _incident(session: Session, alert: Alert, who: str) -> str:
    now = clock.now()
    ids = alerts.mention_ids(session, alert.id)
    topics = (alert.topic_id,) if alert.topic_id else ()
    made = incidents.open_(session, alert.title, alert.level, ids, topic_ids=topics, unit_id=alert.unit_id, who=who,
                           now=now)
    warned.close(session, alert.id, "incident", who=who, now=now, incident=made.id)
    return f"已立为事件“{made.title}”，在“事件处置”中继续。"


def _mentions(told: Told) -> None:
    if told.mentions.empty:
        empty("这条预警不是由单条信息引起的，没有可列的信息。")
        return
    for row in told.mentions.head(1).itertuples():
        st.markdown(f"最新一条：{anchor(row.title or '（无标题）', row.url)}")
    table(told.mentions, _MENTIONS, key=f"alert_mentions_{told.alert.id}", alt="预警涉及的信息")


def _deliveries(told: Told) -> None:
    if told.deliveries.empty:
        empty("演示数据的预警不通知任何人。" if told.alert.demo else "这条规则没有设置即时通知，见规则的“通知”部分。")
        return
    _pick_sent(told.deliveries, f"alert_deliveries_{told.alert.id}", "通知记录")


def sent() -> None:
    """发送记录: the deliveries, the newest first, or those alone that failed or that nobody knows of."""
    undone = ask(alerts.undone)
    only = bool(undone) and st.toggle(f"只看失败和结果不明的（{labels.thousands(undone)}）", key="sent_failed")
    frame = ask(alerts.deliveries, None, only)
    if frame.empty:
        empty("还没有发出过通知。", ":material/outgoing_mail:")
        return
    _pick_sent(frame, "sent_table", "发送记录")
    if len(frame) == alerts.SENT:
        caption(f"只列出最新的 {alerts.SENT} 条；较早的，请打开那条预警，在“通知”里看。")


def _pick_sent(frame: pd.DataFrame, key: str, alt: str) -> None:
    """Deliveries, and every call for the one that is picked; one that failed can be sent anew."""
    chosen = pick(frame, _DELIVERIES, frame["delivery_id"], key=key, alt=alt)
    row = next((row for row in frame.to_dict("records") if row["delivery_id"] == chosen), None)
    if row is not None:
        st.markdown(f"**{plain(row['to'])}**　{row['state']}　{plain(row['note'] or '')}")
        table(ask(alerts.attempts, int(chosen)), _ATTEMPTS, key=f"attempts_{chosen}", alt="每次发送")
        undone = {labels.DELIVERIES[state] for state in alerts.UNDONE}
        if row["state"] in undone and st.button("重新发送", icon=":material/send:", key=f"again_{chosen}"):
            _do(lambda session: (deliveries.again(session, int(chosen), who=WHO, now=clock.now()), "已排队重发。")[1])


_ATTEMPTS = {
    "at": Column("时间", "time"), "channel": Column("渠道", width=140), "outcome": Column("结果", width=110),
    "code": Column("返回码", width=140), "note": Column("说明", width=360),
    "reference": Column("服务方编号", width=180), "receipt": Column("回执", width=90),
    "receipt_note": Column("回执说明", width=200),
}
