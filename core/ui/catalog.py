"""The catalogue in the room 采集源: look through it, read what an entry takes, test the connection, turn it on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, ledger_sources
from core.catalog_sources import SERVICES, Definition, definitions
from core.collect import trial
from core.faults import BadInput
from core.labels import FAMILIES
from core.ledger import SourceEntry
from core.query import sources
from core.ui import credentials, outside
from core.ui.ask import ask
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, empty, link, plain
from core.ui.table import Column, table

TOLD = "catalog"
_VERDICTS, _ROUND = "catalog_verdicts", "catalog_round"
_MARKS = {
    "free": "免费", "paid": "付费", "open": "不需凭据", "well": "无已知问题", "new": "未启用",
}
"""What the list can be narrowed to → its word."""
_LINKS = 8
"""Links to sources that a card shows at most."""


@dataclass(slots=True)
class Wish:
    """What a person has filled in for one entry."""

    one: Definition
    values: dict[str, str] = field(default_factory=dict)
    accounts: list[tuple[str, str]] = field(default_factory=list)
    credentials: dict[str, str] | str = ""
    lacking: str = ""


def section() -> None:
    """The list, and below it the card and the form of what was picked in it."""
    known = outside.collectors()
    frame = ask(sources.catalog).assign(
        open=[_open(one, known) for one in definitions()],
        needs=["传文件" if one.by_file else "不需" if _open(one, known) else "需要" for one in definitions()],
    )
    shown = _narrowed(frame)
    if shown.empty:
        empty("没有符合条件的来源，请放宽筛选。")
        return
    # Above the table, whose own buttons float over what stands there.
    caption(f"共 {len(shown)} 个来源，可勾选多个。")
    rows = hashlib.sha256(",".join(shown["key"]).encode()).hexdigest()[:12]
    # The rows are part of the key: what is ticked is kept by position, and must not slide onto other rows.
    ticked = table(shown, {
        "title": Column("来源", pinned=True, width=230), "platform_name": Column("平台"), "way": Column("途径"),
        "cost": Column("费用"), "needs": Column("凭据"), "state_name": Column("启用"),
        "trouble": Column("已知问题", width=330),
    }, key=f"catalog_{rows}_{_round()}", many=True, alt="来源目录")
    if not ticked:
        return
    by_key = {one.key: one for one in definitions()}
    picked = [by_key[key] for key in shown["key"].iloc[ticked]]
    made_of = dict(zip(frame["key"], frame["source_ids"], strict=True))
    if troubled := [one for one in picked if one.trouble]:
        said = "；".join(f"{one.title}：{one.trouble}" for one in troubled)
        st.warning(plain(f"已知问题：{said}。可以先测试连接，不通时不要启用。"), icon=":material/warning:")
    alone = len(picked) == 1
    with st.expander(plain(picked[0].title) if alone else f"所选 {len(picked)} 个来源的说明", expanded=alone,
                     icon=":material/info:"):
        for one in picked:
            _card(one, made_of[one.key], head=not alone, there=one.collector in known)
    ready = [one for one in picked if one.collector in known]
    if ready:
        _form(ready, known)


def _round() -> int:
    return st.session_state.setdefault(_ROUND, 0)


def _open(one: Definition, known: Mapping[str, Any]) -> bool:
    """Whether it can be turned on without a credential."""
    return one.collector in known and not any(secret.required for secret in known[one.collector].secrets)


def _narrowed(frame: pd.DataFrame) -> pd.DataFrame:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("名称或平台包含", key="catalog_search", max_chars=50, width=220).strip().lower()
        families = [word for code, word in FAMILIES.items() if code in set(frame["family"])]
        family = st.selectbox("平台类别", families, None, key="catalog_family", placeholder="全部", width=150)
        way = st.selectbox("途径", list(dict.fromkeys(frame["way"])), None, key="catalog_way", placeholder="全部",
                           width=150)
        marks = st.pills("只看", list(_MARKS), selection_mode="multi", format_func=_MARKS.get, key="catalog_marks")
    keep = pd.Series(True, index=frame.index)
    if search:
        keep &= (frame["title"] + " " + frame["platform_name"]).str.lower().str.contains(search, regex=False)
    if family:
        keep &= frame["family_name"] == family
    if way:
        keep &= frame["way"] == way
    if "free" in marks or "paid" in marks:
        keep &= frame["cost"].isin([_MARKS[mark] for mark in marks if mark in ("free", "paid")])
    if "open" in marks:
        keep &= frame["open"]
    if "well" in marks:
        keep &= frame["trouble"] == ""
    if "new" in marks:
        keep &= frame["state"] == ""
    return frame[keep].reset_index(drop=True)


def _card(one: Definition, made: Sequence[int], *, head: bool, there: bool) -> None:
    """The four texts of an entry, and links to what was made of it."""
    if head:
        st.markdown(f"#### {plain(one.title)}")
    for word, text in (("产出", one.yields), ("需要", one.needs), ("费用", one.cost), ("依据", one.licence)):
        st.markdown(f"**{word}**　{plain(text)}")
    if one.by_file:
        link("ledger", "去上传文件", ":material/upload_file:", ledger_part="导入导出")
    elif not there:
        caption("当前版本还不能采集这一种，请先用文件导入。")
    if made:
        st.markdown(f"**已有 {len(made)} 个采集源**")
        with st.container(horizontal=True):
            for number, source_id in enumerate(made[:_LINKS], start=1):
                link("sources", f"查看第 {number} 个" if len(made) > 1 else "查看", ":material/open_in_new:",
                     sources_part="采集源", source=source_id)


# --- Turning on -----------------------------------------------------------------------------------------------------


def _form(picked: list[Definition], known: Mapping[str, Any]) -> None:
    with st.container(border=True):
        st.markdown("**填写并启用**")
        bases, keys = _services(picked, known)
        wishes = [_wish(one, known[one.collector], keys, head=len(picked) > 1) for one in picked]
        with st.container(horizontal=True):
            test = st.button("测试连接", icon=":material/network_check:", key="catalog_test")
            on = st.button("启用", type="primary", icon=":material/power_settings_new:", key="catalog_on")
        caption("测试只向对方问一次，不保存内容。测试通过后再启用，后台即按周期采集。")
        if not test and not on:
            _told(_signature(wishes, bases))
            return
        try:
            entries = _entries(wishes, bases)
        except BadInput as refused:
            refuse(refused)
            return
        if test:
            with st.spinner(f"正在测试 {len(entries)} 个来源……"):
                verdicts = trial.check_entries(entries, known, outside.make_http())
            st.session_state[_VERDICTS] = (
                _signature(wishes, bases), list(zip((made.name for made in entries), verdicts, strict=True))
            )
            _told(_signature(wishes, bases))
        elif do(lambda session: _turn_on(session, entries), TOLD):
            st.session_state.pop(_VERDICTS, None)
            st.session_state[_ROUND] = _round() + 1
            st.rerun()


def _turn_on(session: Session, entries: list[SourceEntry]) -> str:
    return ledger_sources.turn_on(session, entries, who=WHO, now=clock.now())


def _entries(wishes: list[Wish], bases: Mapping[str, str]) -> list[SourceEntry]:
    if lacking := [wish.lacking for wish in wishes if wish.lacking]:
        raise BadInput("；".join(lacking))
    return [
        made for wish in wishes for made in ledger_sources.planned(
            wish.one, bases=bases, values=wish.values, accounts=wish.accounts, credentials=wish.credentials,
        )
    ]


def _signature(wishes: list[Wish], bases: Mapping[str, str]) -> str:
    """Changes when anything filled in changes: a verdict speaks of what it was given for."""
    said = [(w.one.key, sorted(w.values.items()), w.accounts, w.credentials) for w in wishes]
    return hashlib.sha256(repr((said, sorted(bases.items()))).encode()).hexdigest()


def _told(signature: str) -> None:
    """The outcome of the connection tests, while it still speaks of what is filled in."""
    known = st.session_state.get(_VERDICTS)
    if not known or known[0] != signature:
        return
    good = sum(verdict.ok for _, verdict in known[1])
    if len(known[1]) > 1:
        caption(f"测试了 {len(known[1])} 个来源，{good} 个正常。")
    for name, verdict in sorted(known[1], key=lambda pair: pair[1].ok):
        show = st.success if verdict.ok else st.error
        icon = ":material/check_circle:" if verdict.ok else ":material/error:"
        show(f"**{plain(name)}**　{plain(verdict.words)}", icon=icon)


def _services(picked: list[Definition], known: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses of the services that the picked entries are on, and the names of their keys where they have one;
    each is asked for once, and a known address stands there already."""
    held, bases, keys = ask(ledger_sources.bases), {}, {}
    for service, collector in {one.service: known[one.collector] for one in picked if one.service}.items():
        bases[service] = st.text_input(
            f"{SERVICES[service]}地址", held.get(service, ""), key=f"catalog_base_{service}", max_chars=300,
            placeholder="https://",
            help="填写本单位自建服务的地址，填一次即可。内网地址须由管理员列入允许名单（PULSE_ALLOW_PRIVATE_HOSTS）。",
        )
        if collector.secrets:
            keys[service] = credentials.choose(collector, f"catalog_key_{service}_{_round()}", needed=False)
    return bases, keys


def _wish(one: Definition, collector: Any, keys: Mapping[str, str], *, head: bool) -> Wish:
    """The fields of one entry: its parameters, its accounts, its credentials; only what it asks for."""
    wish, key = Wish(one, credentials=keys.get(one.service, "")), f"catalog_{one.key}_{_round()}"
    for_accounts = one.bound or collector.account == "required"
    own = collector.secrets and not one.service
    if not (one.questions or for_accounts or own):
        return wish
    if head:
        st.markdown(f"**{plain(one.title)}**")
    defaults = one.defaults
    for name, question in one.questions.items():
        wish.values[name] = st.text_input(question, defaults[name], key=f"{key}_{name}", max_chars=500)
    if for_accounts:
        _accounts(wish, key)
    if own:
        _credentials(wish, collector, key)
    return wish


def _accounts(wish: Wish, key: str) -> None:
    named = dict(ask(ledger_sources.accounts, wish.one.platform))
    if not named:
        wish.lacking = f"“{wish.one.title}”要为台账中的账号采集，台账里还没有这个平台的账号"
        caption("台账里还没有这个平台的账号，请先添加。")
        link("ledger", "去台账添加账号", ":material/person_add:", ledger_part="查找添加")
        return
    chosen = st.multiselect("为哪些账号采集", list(named), key=f"{key}_accounts", format_func=named.get,
                            placeholder="可选多个，每个账号一个采集源")
    wish.accounts = [(id_, named[id_]) for id_ in chosen]
    if not chosen:
        wish.lacking = f"“{wish.one.title}”请选择账号"


def _credentials(wish: Wish, collector: Any, key: str) -> None:
    needed = any(secret.required for secret in collector.secrets)
    if wish.one.own_credential and not wish.accounts:
        return
    if not wish.one.own_credential:
        wish.credentials = credentials.choose(collector, key, needed=needed)
        if needed and not wish.credentials and not wish.lacking:
            wish.lacking = f"“{wish.one.title}”请选择凭据"
        return
    wish.credentials, halves = {}, st.columns(2)
    for n, (id_, name) in enumerate(wish.accounts):
        with halves[n % 2]:
            wish.credentials[id_] = credentials.choose(collector, f"{key}_{n}", owner=name, needed=needed)
    if needed and (without := [name for id_, name in wish.accounts if not wish.credentials[id_]]):
        wish.lacking = f"“{wish.one.title}”请为这些账号选择凭据：{'、'.join(without)}"
