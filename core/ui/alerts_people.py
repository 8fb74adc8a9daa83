"""收件人 in the room 预警: who can be told of things. Numbers and addresses are shown masked only."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, people_tables
from core import people as kept
from core.faults import BadInput
from core.query import ledger
from core.query import people as query_people
from core.senders import masked
from core.ui.ask import ask, look
from core.ui.deeds import do, refuse
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, pick
from core.ui.uploads import uploader

TOLD = "alerts"
_COLUMNS = {
    "name": Column("姓名", width=110), "unit": Column("单位", width=180), "post": Column("职务", width=140),
    "phone": Column("手机", width=130), "mail": Column("邮箱", width=190), "active": Column("启用", "flag", width=60),
    "rules": Column("通知他的规则", "int", width=110), "at": Column("修改时间", "time"),
    "who": Column("修改人", width=90),
}
_ROUND = "people_round"
_SHOWN = 50


def people(who: str) -> None:
    """The people, a chosen one, a new one, a table of them. `who`: whose deeds these are."""
    caption("预警通知到的人。手机号和邮箱加密保存，只显示一部分，只用于发送预警。")
    frame = look(query_people.listed)
    if frame.empty:
        empty("还没有通知人员。请在下面新增，或用表格一次导入值班人员名单。", ":material/contacts:")
    else:
        chosen = pick(frame, _COLUMNS, frame["id"], key="person_table", word="person", alt="通知人员")
        row = next((row for row in frame.to_dict("records") if row["id"] == chosen), None)
        if row is not None:
            _one(row, who)
        elif chosen is not None:
            empty("链接里的人在这里找不到，可能已被删除。请在上面点选一行。", ":material/link_off:")
        else:
            caption("点选一行，可修改、停用或删除。")
    with st.expander("新增人员", icon=":material/person_add:", expanded=frame.empty):
        _new(who)
    with st.expander("用表格导入", icon=":material/table:"):
        _files(who)


def _one(row: Mapping[str, Any], who: str) -> None:
    """A person: in use or not, deleted, changed."""
    id_, on = int(row["id"]), bool(row["active"])
    with st.container(border=True):
        st.markdown(f"**{plain(row['name'])}**　{plain('　'.join(filter(None, (row['unit'], row['post']))))}")
        with st.container(horizontal=True):
            if st.button("停用" if on else "启用", icon=":material/block:" if on else ":material/play_circle:",
                         key=f"person_on_{id_}", help="停用后不再通知，规则里仍保留"):

                def turned(session: Session) -> str:
                    kept.activate(session, id_, not on, who=who, now=clock.now())
                    return f"已{'停用' if on else '启用'}“{row['name']}”。"

                _save(turned)
            with st.popover("删除", icon=":material/delete:"):
                st.write("还被规则通知、或已有通知记录的人不能删除，可以停用，并清空手机号和邮箱。")
                if st.button("确认删除", key=f"person_drop_{id_}"):

                    def gone(session: Session) -> str:
                        kept.remove(session, id_, who=who, now=clock.now())
                        st.query_params.pop("person", None)
                        return f"已删除“{row['name']}”。"

                    _save(gone)
        if st.toggle("修改", key=f"person_edit_{_turn()}_{id_}"):
            _change(row, who)


def _change(row: Mapping[str, Any], who: str) -> None:
    id_ = int(row["id"])
    key = f"person_{_turn()}_{id_}"
    with st.form(f"{key}_form", border=False, enter_to_submit=False):
        name, unit_id, post = _about(key, row)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            phone = _reached("手机", f"{key}_phone", f"{row['phone']}，留空则不改" if row["phone"] else "")
            no_phone = st.checkbox("清空手机号", key=f"{key}_no_phone", disabled=not row["phone"])
        with st.container(horizontal=True, vertical_alignment="bottom"):
            mail = _reached("邮箱", f"{key}_mail", f"{row['mail']}，留空则不改" if row["mail"] else "")
            no_mail = st.checkbox("清空邮箱", key=f"{key}_no_mail", disabled=not row["mail"])
        go = st.form_submit_button("保存修改", type="primary", icon=":material/save:", key=f"person_change_{id_}")
    if go:

        def deed(session: Session) -> str:
            kept.change(session, id_, name=name, unit_id=unit_id, post=post, who=who, now=clock.now(),
                        phone="" if no_phone else phone.strip() or None, mail="" if no_mail else mail.strip() or None)
            return f"已修改“{name.strip()}”。"

        _save(deed)


def _new(who: str) -> None:
    key = f"person_{_turn()}_new"
    with st.form(f"{key}_form", border=False, enter_to_submit=False):
        name, unit_id, post = _about(key, {})
        with st.container(horizontal=True):
            phone = _reached("手机", f"{key}_phone", "11 位手机号")
            mail = _reached("邮箱", f"{key}_mail", "name@district.gov.cn")
        go = st.form_submit_button("保存人员", type="primary", icon=":material/save:", key="person_save")
    if go:

        def deed(session: Session) -> str:
            made = kept.add(session, name=name, unit_id=unit_id, post=post, phone=phone, mail=mail, who=who,
                            now=clock.now())
            return f"已新增“{made.name}”。"

        _save(deed)


def _about(key: str, row: Mapping[str, Any]) -> tuple[str, int | None, str]:
    """Name, unit and post, filled in as they are."""
    units = {int(one["id"]): one["name"] for one in ask(ledger.units).to_dict("records")}
    held = None if pd.isna(row.get("unit_id")) else int(row["unit_id"])
    with st.container(horizontal=True):
        name = st.text_input("姓名", row.get("name", ""), key=f"{key}_name", max_chars=kept.NAME)
        unit_id = st.selectbox("单位（可不填）", list(units), list(units).index(held) if held in units else None,
                               key=f"{key}_unit", format_func=units.__getitem__, placeholder="选择台账中的单位")
        post = st.text_input("职务（可不填）", row.get("post", ""), key=f"{key}_post", max_chars=kept.POST)
    return name, unit_id, post


def _reached(label: str, key: str, placeholder: str) -> str:
    return st.text_input(label, key=key, max_chars=254, autocomplete="off", placeholder=placeholder)


def _files(who: str) -> None:
    caption("表头：姓名、单位、职务、手机、邮箱（顺序不限，姓名和手机、邮箱之一必填）。已有的人按姓名更新，空着的格子不改动；"
            "有一行不对，整份都不导入。")
    key = f"person_{_turn()}_files"
    text = st.text_area("粘贴表格", key=f"{key}_text", height=120,
                        placeholder="张三\t区卫生健康委\t值班主任\t13900000000\tzhibanshi@district.gov.cn")
    file = uploader("或上传 Excel、CSV", key=f"{key}_file")
    if not text.strip() and file is None:
        return
    try:
        lines, made = look(_read, text, file.getvalue() if file else b"", file.name if file else "")
    except BadInput as refused:
        refuse(refused)
        return
    st.markdown(f"读到 {len(lines)} 人：{plain(made.words)}。")
    shown = [{"姓名": line.name, "职务": line.post, "手机": masked(line.phone), "邮箱": masked(line.mail)}
             for line in lines[:_SHOWN]]
    st.dataframe(pd.DataFrame(shown), hide_index=True, alt="将导入的人员", placeholder="—")
    if st.button("导入", type="primary", icon=":material/upload:", key="person_import",
                 disabled=not made.added and not made.changed):
        _save(lambda session: people_tables.take_in(session, lines, who=who, now=clock.now()))


def _read(
    session: Session, text: str, body: bytes, name: str,
) -> tuple[tuple[people_tables.Line, ...], people_tables.Plan]:
    lines = people_tables.read(session, text, body, name)
    return lines, people_tables.plan(session, lines)


def _turn() -> int:
    return st.session_state.setdefault(_ROUND, 0)


def _save(deed: Callable[[Session], str]) -> None:
    """Carry out a deed and draw anew, with nothing that was typed left in the session."""
    if not do(deed, TOLD):
        return
    st.session_state[_ROUND] = _turn() + 1
    for key in [key for key in st.session_state if str(key).startswith("person_") and key != "person_table_picked"]:
        del st.session_state[key]
    st.rerun()
