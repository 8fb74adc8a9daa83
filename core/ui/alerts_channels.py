"""渠道 in the room 预警: the ways that warnings go out by, set up, tried out, put in order. Secrets are never shown."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import channels as kept
from core import clock, credentials, db, people, receipts
from core.faults import BadInput
from core.models import Channel
from core.query import channels as query_channels
from core.query import people as query_people
from core.senders import SENDERS, Field, Recipient, Sender, Verdict
from core.settings import settings
from core.ui.ask import look
from core.ui.deeds import do, refuse
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, pick

TOLD = "alerts"
_COLUMNS = {
    "name": Column("渠道", width=150), "kind_name": Column("类型", width=150),
    "reaches_name": Column("发到", width=90), "enabled": Column("启用", "flag", width=60),
    "state": Column("状态", width=110), "note": Column("原因和办法", width=300),
    "ok_at": Column("最近受理", "time"), "resting": Column("暂停到", "time", help="在此之前不用这个渠道，改走下一个"),
    "rules": Column("使用的规则", "int", width=90), "shown": Column("设置", width=260),
    "who": Column("修改人", width=90),
}
_BY_HAND = "另填一个"
_ROUND, _VERDICT = "channels_round", "channels_verdict"


def channels(who: str) -> None:
    """The channels, a chosen one, and the form for a new one. `who`: whose deeds these are."""
    caption("预警按规则中所选的渠道依次发送，前一个发不出去就走下一个。短信、邮件发给人，机器人和通用接口发到群或系统。")
    caption(credentials.key_place())
    frame = look(query_channels.listed)
    if frame.empty:
        empty("还没有发送渠道，预警发不出去。请在下面新增，保存后先发一条测试。", ":material/send:")
    else:
        now = clock.now()
        shown = frame.assign(resting=frame["rest_until"].where(frame["rest_until"] > pd.Timestamp(now)))
        chosen = pick(shown, _COLUMNS, frame["id"], key="channel_table", word="channel", alt="发送渠道")
        row = next((row for row in shown.to_dict("records") if row["id"] == chosen), None)
        if row is not None:
            _one(row, list(frame["id"]), who)
        elif chosen is not None:
            empty("链接里的渠道在这里找不到，可能已被删除。请在上面点选一行。", ":material/link_off:")
        else:
            caption("点选一行，可发送测试、修改、调整顺序、停用或删除。")
    with st.expander("新增渠道", icon=":material/add:", expanded=frame.empty):
        _new(who)


def _reported(id_: int) -> None:
    """Where its service is to send its receipts."""
    with st.popover("送达回执", icon=":material/mark_chat_read:", type="tertiary"):
        st.write("在服务商的管理平台把“状态报告推送地址”设为本机推送接口加下面的路径，送达与否会记到每条通知上。"
                 "路径里有密钥，请勿外传。")
        st.code(receipts.path_of(id_), language=None)
        if not settings().push_port:
            caption("推送接口还没有启用：请设置 PULSE_PUSH_PORT 后重新启动。")


def _one(row: Mapping[str, Any], ids: list[int], who: str) -> None:
    """A channel: what is wrong with it, a test, its place in the order, its settings."""
    id_, sender = int(row["id"]), SENDERS[row["kind"]]
    with st.container(border=True):
        st.markdown(f"**{plain(row['name'])}**　{plain(sender.name)}　{row['state']}")
        caption(row["shown"])
        if sender.reports:
            _reported(id_)
        if row["fault"]:
            st.warning(plain(row["note"] or row["state"]), icon=":material/warning:")
        with st.container(horizontal=True):
            _turn_off(row, who)
            place = ids.index(id_)
            for word, icon, to in (("上移", ":material/arrow_upward:", place - 1),
                                   ("下移", ":material/arrow_downward:", place + 1)):
                if st.button(word, icon=icon, key=f"channel_{to - place}_{id_}", disabled=not 0 <= to < len(ids)):
                    _save(lambda session, to=to: _moved(session, ids, place, to, who))
            with st.popover("删除", icon=":material/delete:"):
                st.write("还被规则使用、或已有发送记录的渠道不能删除，可以停用。")
                if st.button("确认删除", key=f"channel_drop_{id_}"):
                    _save(lambda session: _gone(session, id_, row["name"], who))
        _try(id_, sender, who)
        if st.toggle("修改设置", key=f"channel_edit_{_turn()}_{id_}"):
            _change(id_, sender, who)


def _turn_off(row: Mapping[str, Any], who: str) -> None:
    on, id_ = bool(row["enabled"]), int(row["id"])
    if st.button("停用" if on else "启用", icon=":material/block:" if on else ":material/play_circle:",
                 key=f"channel_on_{id_}"):

        def deed(session: Session) -> str:
            kept.enable(session, id_, not on, who=who, now=clock.now())
            return f"已{'停用' if on else '启用'}渠道“{row['name']}”。"

        _save(deed)


def _moved(session: Session, ids: list[int], place: int, to: int, who: str) -> str:
    order = [int(id_) for id_ in ids]
    order.insert(to, order.pop(place))
    kept.order(session, order, who=who, now=clock.now())
    return "已调整渠道顺序。"


def _gone(session: Session, id_: int, name: str, who: str) -> str:
    kept.remove(session, id_, who=who, now=clock.now())
    st.query_params.pop("channel", None)
    return f"已删除渠道“{name}”。"


# --- Trying out -----------------------------------------------------------------------------------------------------


def _try(id_: int, sender: Sender, who: str) -> None:
    """A test message, to somebody of the list or to whom is typed in; what came of it."""
    with st.form(f"channel_try_{_turn()}_{id_}", border=False, enter_to_submit=False), \
            st.container(horizontal=True, vertical_alignment="bottom"):
        whom = _whom(id_, sender)
        tried = st.form_submit_button("发送测试", icon=":material/outgoing_mail:", key=f"channel_test_{id_}")
    if tried:
        try:
            with st.spinner("正在发送……"), db.session() as session:
                verdict = kept.test(session, id_, whom(session), who=who, now=clock.now())
                session.commit()
        except BadInput as refused:
            refuse(refused)
            return
        st.session_state[_VERDICT] = (id_, verdict)
        st.rerun()  # the table above shows the outcome too
    known = st.session_state.get(_VERDICT)
    if known and known[0] == id_:
        _tell(known[1], sender)


def _whom(id_: int, sender: Sender) -> Callable[[Session], Recipient]:
    """Whom a test goes to: chosen from the list of people, or typed in; it is opened when it is sent."""
    if sender.reaches == "group":
        return lambda _: Recipient()
    name, word = ("phone", "手机号") if sender.reaches == "phone" else ("mail", "邮箱")
    frame = look(query_people.listed)
    known = frame[frame["active"] & (frame[name] != "")]
    offered = {f"{row['name']}（{row[name]}）": int(row["id"]) for row in known.to_dict("records")}
    chosen = st.selectbox("测试发给", [*offered, _BY_HAND], key=f"channel_whom_{id_}", width=280)
    typed = st.text_input(f"或填写{word}", key=f"channel_typed_{_turn()}_{id_}", width=240, max_chars=254,
                          autocomplete="off", placeholder=f"选“{_BY_HAND}”时填写")

    def opened(session: Session) -> Recipient:
        if typed.strip() or chosen == _BY_HAND:
            made = people.by_hand(**{name: typed})
            if made == Recipient():
                raise BadInput(f"请填写测试发给哪个{word}，或选一位通知人员")
            return made
        return people.recipient(people.get(session, offered[chosen]))

    return opened


def _tell(verdict: Verdict, sender: Sender) -> None:
    if verdict.outcome == "ok":
        st.success(f"{plain(sender.name)}已受理测试消息，请确认对方是否收到。", icon=":material/check_circle:")
    else:
        st.error(f"测试没有成功：{plain(verdict.note or verdict.code)}", icon=":material/error:")


# --- Setting up -----------------------------------------------------------------------------------------------------


def _new(who: str) -> None:
    turn = _turn()
    kind = st.selectbox("渠道类型", list(SENDERS), key=f"channel_kind_{turn}",
                        format_func=lambda kind: SENDERS[kind].name)
    sender = SENDERS[kind]
    with st.form(f"channel_new_{turn}_{kind}", border=False, enter_to_submit=False):
        name = st.text_input("渠道名称", key=f"channel_name_{turn}", max_chars=kept.NAME, placeholder="如：值班短信")
        given = _inputs(sender, f"channel_{turn}_{kind}", {}, new=True)
        go = st.form_submit_button("保存渠道", type="primary", icon=":material/save:", key="channel_save")
    if go:

        def deed(session: Session) -> str:
            made = kept.add(session, name=name, kind=kind, fields=given, who=who, now=clock.now())
            return f"已保存渠道“{made.name}”。请点选它，发送一条测试。"

        _save(deed)


def _change(id_: int, sender: Sender, who: str) -> None:
    row: Channel = look(kept.get, id_)
    key = f"channel_{_turn()}_{id_}"
    with st.form(f"{key}_form", border=False, enter_to_submit=False):
        name = st.text_input("渠道名称", row.name, key=f"{key}_name", max_chars=kept.NAME)
        given = _inputs(sender, key, row.config, new=False)
        go = st.form_submit_button("保存修改", type="primary", icon=":material/save:", key=f"channel_change_{id_}")
    if go:

        def deed(session: Session) -> str:
            kept.change(session, id_, name=name, fields=given, who=who, now=clock.now())
            return f"已修改渠道“{name.strip()}”，请重新测试。"

        _save(deed)


def _inputs(sender: Sender, key: str, config: Mapping[str, Any], *, new: bool) -> dict[str, str]:
    return {field.name: _input(field, f"{key}_{field.name}", str(config.get(field.name) or ""), new)
            for field in sender.fields}


def _input(field: Field, key: str, held: str, new: bool) -> str:
    label = field.label if field.required else f"{field.label}（可不填）"
    if field.choices:
        offered = list(field.choices)
        return st.selectbox(field.label, offered, offered.index(held or field.default), key=key,
                            format_func=lambda value: field.choices[value], help=field.help or None)
    saved = "" if new or not field.secret else "已保存，留空则不改"
    return st.text_input(
        label, held, key=key, help=field.help or None, max_chars=2_000, autocomplete="off",
        type="password" if field.secret else "default",
        placeholder=saved or (f"不填则为 {field.default}" if field.default else ""))


# --- Parts ----------------------------------------------------------------------------------------------------------


def _turn() -> int:
    return st.session_state.setdefault(_ROUND, 0)


def _save(deed: Callable[[Session], str]) -> None:
    """Carry out a deed and draw anew, with nothing that was typed left in the session."""
    if not do(deed, TOLD):
        return
    st.session_state[_ROUND] = _turn() + 1
    st.session_state.pop(_VERDICT, None)
    for key in [key for key in st.session_state if str(key).startswith("channel_") and key != "channel_table_picked"]:
        del st.session_state[key]
    st.rerun()
