"""Credentials in the room 采集源: add, replace, delete, test. What was entered is never shown again."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from sqlmodel import Session

from core import clock, credentials
from core.collect import trial
from core.faults import BadInput
from core.labels import COLLECTORS
from core.query import sources
from core.ui import outside
from core.ui.ask import look
from core.ui.deeds import WHO, do
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, pick

TOLD = "credentials"
_ANEW = "＋ 新填一个凭据"
_ROUND, _VERDICT = "credentials_round", "credentials_verdict"


def section() -> None:
    """The list of credentials, the form for a new one, and what can be done to a chosen one."""
    kinds = {name: one for name, one in outside.collectors().items() if one.secrets}
    found = look(sources.credentials)
    caption(credentials.key_place())
    if found.empty:
        empty("还没有凭据。平台接口和数据服务需要先在这里保存凭据，再添加采集源。")
        _new(kinds)
        return
    spoken = [_spoken(shown, kinds.get(kind)) for shown, kind in zip(found["shown"], found["kind"], strict=True)]
    chosen = pick(found.assign(shown=spoken), {
        "name": Column("名称", width=190), "kind_name": Column("用于"), "state_name": Column("状态"),
        "note": Column("上次测试", width=280), "checked_at": Column("测试时间", "time"),
        "users": Column("采集源数", "int"), "shown": Column("公开部分"),
    }, found["credential_id"], key="credentials_table", alt="凭据")
    mine = found[found["credential_id"] == chosen]
    if mine.empty:
        caption("点选一行，可测试连接、更换内容或删除。")
    else:
        _chosen(mine.iloc[0].to_dict(), kinds.get(mine["kind"].iloc[0]))
    if st.toggle("添加凭据", key="credential_new"):
        _new(kinds)


def _spoken(shown: Mapping[str, str], collector: object | None) -> str:
    """What is no secret of a credential, each field under the name that its form gives it."""
    words = {field.name: field.label for field in collector.secrets} if collector else {}
    return "，".join(f"{words.get(name, name)}：{value}" for name, value in shown.items())


def _new(kinds: dict) -> None:
    round_ = st.session_state.setdefault(_ROUND, 0)
    kind = st.selectbox("用于", list(kinds), key=f"cred{round_}_kind", format_func=lambda k: COLLECTORS.get(k, k))
    collector = kinds[kind]
    caption(collector.help)
    with _together(f"cred{round_}_{kind}"):
        name = st.text_input("凭据名称", key=f"cred{round_}_name", max_chars=100, placeholder="如：区卫健委公众号")
        given = _inputs(collector, f"cred{round_}_{kind}", new=True)
        go = st.form_submit_button("保存凭据", type="primary", key=f"cred{round_}_go")
    if go and _store(collector, name, given):
        _forget(round_)
        st.rerun()


def _together(key: str) -> Any:
    """Fields that are sent together: outside a form, what was typed into a hidden field and then looked at with the
    field's own eye, or left with the tabulator, would not have been sent yet when the button is pressed."""
    return st.form(f"{key}_form", border=False, enter_to_submit=False)


def choose(collector: object, key: str, *, owner: str = "", needed: bool = True) -> str:
    """Pick a stored credential for a kind of source, or enter one on the spot; its name, empty while there is none."""
    if made := st.session_state.pop(f"{key}_made", ""):
        st.session_state[f"{key}_credential"] = made
    names = look(sources.credential_names, collector.name)
    offered = [*names, _ANEW]
    first = 0 if len(names) == 1 and not owner else None
    label = f"{owner} 的凭据" if owner else "凭据" if needed else f"{collector.secrets[0].label}（可不填）"
    chosen = st.selectbox(label, offered, first, key=f"{key}_credential", placeholder="选择已保存的，或新填一个")
    if chosen != _ANEW:
        return chosen or ""
    with st.container(border=True):
        caption(collector.help)
        usual = owner or COLLECTORS.get(collector.name, collector.name)
        with _together(f"{key}_new"):
            name = st.text_input("凭据名称", usual, key=f"{key}_new_name", max_chars=100)
            given = _inputs(collector, f"{key}_new", new=True)
            go = st.form_submit_button("保存凭据", key=f"{key}_new_go", icon=":material/key:")
        if go and _store(collector, name, given):
            for typed in [typed for typed in st.session_state if str(typed).startswith(f"{key}_new")]:
                del st.session_state[typed]
            st.session_state[f"{key}_made"] = name
            st.rerun()
    return ""


def _store(collector: object, name: str, given: dict[str, str]) -> bool:
    """Save a new credential; nothing of it is told but its name."""
    nothing = not any(value.strip() for value in given.values())
    lacking = [f.label for f in collector.secrets if (f.required or nothing) and not given[f.name].strip()]

    def deed(session: Session) -> str:
        if lacking:
            raise BadInput(f"凭据没有保存。请填写：{'、'.join(lacking)}")
        credentials.add(
            session, name=name, kind=collector.name, fields=given, secret=_secret(collector), who=WHO, now=clock.now()
        )
        return f"已保存凭据“{name}”，内容已加密，不再显示。请测试连接。"

    return do(deed, TOLD)


def _inputs(collector: object, key: str, *, new: bool) -> dict[str, str]:
    given = {}
    for field in collector.secrets:
        given[field.name] = st.text_input(
            field.label, key=f"{key}_{field.name}", help=field.help or None, max_chars=credentials.MAX_FIELD,
            type="password" if field.secret else "default", autocomplete="off",
            placeholder="" if new else "已保存，留空则不改",
        )
    return given


def _forget(round_: int) -> None:
    """Fresh inputs; nothing that was typed stays in the session."""
    st.session_state[_ROUND] = round_ + 1
    for key in [key for key in st.session_state if str(key).startswith(f"cred{round_}_")]:
        del st.session_state[key]


def _secret(collector: object) -> frozenset[str]:
    return frozenset(field.name for field in collector.secrets if field.secret)


def _chosen(row: Mapping[str, Any], collector: object | None) -> None:
    credential_id, name = int(row["credential_id"]), str(row["name"])
    with st.container(border=True):
        st.markdown(f"**{plain(name)}**")
        if collector is None:
            caption("这类来源已不受支持。")
            return
        with st.container(horizontal=True):
            tested = st.button("测试连接", icon=":material/network_check:", key=f"cred_test_{credential_id}")
            with st.popover("删除", icon=":material/delete:"):
                st.write("删除后不能恢复。还在使用它的采集源须先更换凭据。")
                if st.button("确认删除", key=f"cred_drop_{credential_id}"):

                    def drop(session: Session) -> str:
                        credentials.remove(session, credential_id, who=WHO)
                        return f"已删除凭据“{name}”。"

                    if do(drop, TOLD):
                        st.rerun()
        if tested:
            with st.spinner("正在连接对方接口……"):
                verdict = trial.check_credential(
                    credential_id, outside.collectors(), outside.make_http(), str(row["url"])
                )
            st.session_state[_VERDICT] = (credential_id, verdict)
            st.rerun()  # the table above shows the outcome too
        known = st.session_state.get(_VERDICT)
        if known and known[0] == credential_id:
            tell(known[1])
        if st.session_state.pop(f"cred_edit_{credential_id}_done", False):
            st.session_state[f"cred_edit_{credential_id}"] = False
        if st.toggle("更换内容", key=f"cred_edit_{credential_id}"):
            round_ = st.session_state.setdefault(_ROUND, 0)
            with _together(f"cred{round_}_change_{credential_id}"):
                given = _inputs(collector, f"cred{round_}_change_{credential_id}", new=False)
                go = st.form_submit_button("保存更换", type="primary", key=f"cred_save_{credential_id}")
            if go:

                def change(session: Session) -> str:
                    if not any(value.strip() for value in given.values()):
                        raise BadInput("没有填写要更换的内容")
                    credentials.change(
                        session, credential_id, given, secret=_secret(collector), who=WHO, now=clock.now()
                    )
                    return f"已更换凭据“{name}”，使用它的采集源将在下一轮采集。"

                if do(change, TOLD):
                    st.session_state.pop(_VERDICT, None)
                    st.session_state[f"cred_edit_{credential_id}_done"] = True
                    _forget(round_)
                    st.rerun()


def tell(verdict: trial.Verdict) -> None:
    """What a connection test found."""
    if verdict.ok:
        st.success(plain(verdict.words), icon=":material/check_circle:")
    else:
        st.error(plain(verdict.words), icon=":material/error:")
