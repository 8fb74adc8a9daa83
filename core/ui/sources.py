"""The forms and the detail of the room 采集源: what a person does to a source, and what its runs did."""

from datetime import date
from typing import Any

import streamlit as st
from sqlmodel import Session

from core import clock, db, ledger_sources
from core.charts import labels_day
from core.collect import trial
from core.faults import BadInput
from core.labels import ADDRESSED, FAULTS, RUN_STATES
from core.ledger import SourceEntry
from core.ledger.entries import SOURCE_COLLECTORS, WITHOUT_ACCOUNT
from core.query import coverage as days
from core.query import sources
from core.query.sources import FOR_A_PERSON
from core.ui import coverage, notices, outside, selectors
from core.ui.ask import ask, look
from core.ui.credentials import tell
from core.ui.deeds import WHO, do, said
from core.ui.parts import caption, empty, link, plain
from core.ui.runs import runs

TOLD, HEARD = "sources", "sources_heard"
"""In the session: what the last deed came to; when the outcome of a run was last heard of, before which no listing is
good enough."""
WATCH_SECONDS = 3
_ASKED, _ROUND, _VERDICT = "sources_asked", "sources_round", "sources_verdict"
_FEW = 4
"""Options that stand in the form; more of them are folded."""
_FOLDED = {"page": "列表规则（由“识别列表”填写，也可手工修改）"}
_PERIODS = {10: "10 分钟", 30: "30 分钟", 60: "1 小时", 180: "3 小时", 720: "12 小时", 1440: "1 天"}


def add_form() -> None:
    """Add a source by hand, after testing it if one likes."""
    round_ = st.session_state.setdefault(_ROUND, 0)
    caption("目录里没有的来源在这里填写。先测试，通过后再添加；需要凭据的，请先在“凭据”一栏保存。")
    made = _fields(f"add{round_}", None)
    with st.container(horizontal=True):
        test = st.button("测试连接", icon=":material/network_check:", key=f"add{round_}_test",
                         help="现在就向对方问一次，不保存内容")
        go = st.button("添加并启用", type="primary", icon=":material/add:", key=f"add{round_}_go")
    if test:
        _test(made)
    if go:
        now = clock.now()

        def deed(session: Session) -> str:
            source = _entry(made)
            ledger_sources.add(session, source, who=WHO, now=now)
            return f"已添加采集源“{source.name}”，后台采集进程将在下一轮采集它。"

        if do(deed, TOLD):
            st.session_state[_ROUND] = round_ + 1
            st.rerun()


def _test(made: dict[str, Any]) -> None:
    """Test what stands in the form; it needs no name for that."""
    try:
        entry = _entry(made | {"name": made["name"].strip() or "测试"})
        with st.spinner("正在连接……"):
            verdict = trial.check_entry(entry, outside.collectors(), outside.make_http())
    except BadInput as refused:
        verdict = trial.Verdict(False, str(refused))
    tell(verdict)


def _entry(made: dict[str, Any]) -> SourceEntry:
    """What stands in the form as an entry of the ledger. Raises BadInput for what this way of collecting can't do
    without, which the ledger doesn't know of."""
    one = outside.collectors()[made["collector"]]
    entry = ledger_sources.entry(**made)
    lacking = [option.label for option in one.options if option.required and not entry.config.get(option.name)]
    if one.account == "required" and not entry.account:
        lacking.append("内容归属（台账里没有这个账号的，请先到“账号台账”添加）")
    if any(secret.required for secret in one.secrets) and not entry.credential:
        lacking.append("凭据（还没有的，请先在“凭据”一栏保存）")
    if lacking:
        raise BadInput(f"“{one.title}”请填写：{'、'.join(lacking)}")
    return entry


def _fields(key: str, now_is: sources.Detail | None) -> dict:
    """The fields of a source, filled with what it is now; they fit the way in which it is collected."""
    known = outside.collectors()
    kinds = [name for name in SOURCE_COLLECTORS if name in known]
    left, right = st.columns(2)
    with left:
        name = st.text_input("名称", now_is.name if now_is else "", key=f"{key}_name", max_chars=100)
        collector = st.selectbox(
            "采集方式", kinds, kinds.index(now_is.collector) if now_is and now_is.collector in kinds else 0,
            format_func=SOURCE_COLLECTORS.get, key=f"{key}_collector",
        )
        one = known[collector]
        suffix = "" if collector in ("feed", "hotlist") else f"_{collector}"
        usual = now_is.period_minutes if now_is else one.period_seconds // 60 if suffix else 30
        periods = sorted({*_PERIODS, usual})
        period = st.selectbox(
            "采集周期", periods, periods.index(usual), key=f"{key}_period{suffix}",
            format_func=lambda minutes: _PERIODS.get(minutes, f"{minutes} 分钟"), disabled=bool(one.daily_at),
            help=f"每天 {one.daily_at} 采集一次" if one.daily_at else None,
        )
        url = st.text_input(
            "地址" if collector in ADDRESSED else "接口地址（一般不填）", now_is.address if now_is else "",
            key=f"{key}_url", max_chars=2000, placeholder="https://" if collector in ADDRESSED else one.base,
            help="热榜接口写完整地址，例如 https://服务地址/api/s?id=weibo" if collector == "hotlist" else None,
        )
    with right:
        platform = _platform(key + suffix, now_is, one)
        account = _account(key, now_is, one, platform) if collector not in WITHOUT_ACCOUNT and platform else ""
        credential = _credential(key + suffix, now_is, one)
        many = len(one.options) > _FEW
        config = {} if many else _options(key + suffix, now_is, one)
    if one.help:
        caption(one.help)
    if collector == "page":
        selectors.recognise(key + suffix, url)
    if many:
        with st.expander(_FOLDED.get(collector, "更多设置（一般不填）"), icon=":material/tune:"):
            config = _options(key + suffix, now_is, one, columns=2)
    return {"name": name, "collector": collector, "url": url, "platform": platform, "account": account,
            "period_minutes": period, "credential": credential, "config": config}


def _platform(key: str, now_is: sources.Detail | None, one: Any) -> str:
    platforms = dict(ask(ledger_sources.platforms))
    codes = list(platforms)
    meant = now_is.platform if now_is else one.platform
    return st.selectbox("平台", codes, codes.index(meant) if meant in codes else None, format_func=platforms.get,
                        key=f"{key}_platform", placeholder="条目属于哪个平台") or ""


def _account(key: str, now_is: sources.Detail | None, one: Any, platform: str) -> str:
    if one.account == "none":
        caption("台账中该平台的全部账号都由它采集。")
        return ""
    free = {} if one.account == "required" else {"": "不属于某个账号，作为舆情信息"}
    named = {**free, **dict(ask(ledger_sources.accounts, platform))}
    ids = list(named)
    mine = now_is.account if now_is and now_is.platform == platform else ""
    return st.selectbox("内容归属", ids, ids.index(mine) if mine in ids else (0 if free else None),
                        format_func=named.get, key=f"{key}_account_{platform}", placeholder="选择台账中的账号",
                        help="选账号：条目是该账号发布的帖文") or ""


def _credential(key: str, now_is: sources.Detail | None, one: Any) -> str:
    if not one.secrets:
        return ""
    names = look(sources.credential_names, one.name)
    held = now_is if now_is and now_is.collector == one.name else None
    usual = 0 if len(names) == 1 and not held else None
    return st.selectbox("凭据", names, names.index(held.credential) if held and held.credential in names else usual,
                        key=f"{key}_credential", placeholder="请先在“凭据”一栏添加") or ""


def _options(key: str, now_is: sources.Detail | None, one: Any, columns: int = 1) -> dict[str, str]:
    """The options of a collector; those that are left empty are left out."""
    config, places = {}, st.columns(columns) if columns > 1 else [st.container()]
    for number, option in enumerate(one.options):
        value = (now_is.config if now_is else {}).get(option.name, option.default)
        with places[number % columns]:
            if option.choices:
                at = option.choices.index(value) if value in option.choices else 0
                value = st.selectbox(option.label, option.choices, at, key=f"{key}_option_{option.name}",
                                     format_func=_yes_or_no, help=option.help or None)
            else:
                value = st.text_input(option.label, value, key=f"{key}_option_{option.name}", max_chars=500,
                                      help=option.help or None).strip()
        if value:
            config[option.name] = value
    return config


def _yes_or_no(value: str) -> str:
    named = {"0": "否", "1": "是", "snapshot": "公开快照", "list": "旧版列表", "signed": "网站接口"}
    return named.get(value, value)


def detail(row: dict[str, Any]) -> None:
    """One source (a row of the listing): how it stands and what to do, deeds, the outcome of asking now, run history,
    what a run set aside, and the bytes it kept."""
    source = ask(sources.detail, int(row["source_id"]))
    if source is None:
        empty("这个采集源已不存在。")
        return
    st.subheader(plain(source.name), anchor=False)
    _standing(row, source.editable)
    if source.editable:
        _deeds(source)
    _watch(source)
    notices.panel(source.id, always=False)
    _history(source.id, coverage.strip(source.id))


_REMEDY = {
    "REAUTH": "请重新取得授权或更换凭据，再点“测试连接”；通过后点“立即采集”。",
    "STOP": "请按说明处理，再点“测试连接”；通过后点“立即采集”。",
    "GONE": "请核对地址或账号是否还在：已改名的请在“修改”中更正，不再需要的请停用。",
    "RETRY": "系统会自动重试，不用处理；长时间不恢复时，请点“测试连接”看原因。",
    "QUOTA": "额度恢复后自动继续，不用处理。",
    "NOTREADY": "平台公布后自动再取，不用处理。",
}
"""Fault of a source → what a person is to do about it."""


def reason(note: str, fault: str) -> str:
    """A source's note without the words for its kind of fault, which its state says already: there is little room."""
    return note.removeprefix(f"{FAULTS.get(fault, '')}：")


def _standing(row: dict[str, Any], editable: bool) -> None:
    """The state of a source in words, where it is not as it should be, and what to do, if a person can do anything."""
    remedy = _REMEDY.get(row["fault"], "") if editable and row["state"] in ("person", "failed", "held") else ""
    if remedy and row["fault"] in FOR_A_PERSON:
        remedy += "在此之前，系统每天自动再试一次。"
    note = reason(row["note"], row["fault"]).rstrip("。")
    words = "。".join(filter(None, (note, remedy)))
    if row["state"] == "off":
        words = "不再采集，已入库的数据保留。"
    elif row["state"] == "quiet":
        words += "。请核对对方是否停更或改版。"
    if words:
        show = {"person": st.error, "failed": st.warning, "late": st.warning, "quiet": st.warning}
        icon = ":material/error:" if row["state"] == "person" else ":material/info:"
        show.get(row["state"], st.info)(f"**{row['state_name']}**　{plain(words)}", icon=icon)
    if remedy and row["fault"] == "REAUTH":
        link("sources", "去更换凭据", ":material/key:", sources_part="凭据")


def _deeds(source: sources.Detail) -> None:
    told = f"source_{source.id}"
    with st.container(horizontal=True):
        if st.button("立即采集", icon=":material/bolt:", disabled=not source.enabled, key=f"ask_{source.id}",
                     help="交给后台采集进程，结果稍后显示在下面"):
            now = clock.now()

            def ask_now(session: Session) -> str:
                ledger_sources.ask_now(session, source.id, who=WHO, now=now)
                return f"已请求立即采集“{source.name}”。"

            if do(ask_now, told):
                st.session_state.pop(_VERDICT, None)
                st.session_state[_ASKED] = (source.id, now)
                st.rerun()
        tested = st.button("测试连接", icon=":material/network_check:", key=f"check_{source.id}",
                           help="现在就向对方问一次，不保存内容")
        word = "停用" if source.enabled else "启用"
        if st.button(word, icon=":material/power_settings_new:", key=f"switch_{source.id}"):

            def switch(session: Session) -> str:
                ledger_sources.switch(session, source.id, not source.enabled, who=WHO, now=clock.now())
                after = "可随时再启用" if source.enabled else "后台采集进程将在下一轮采集它"
                return f"已{word}采集源“{source.name}”，{after}。"

            if do(switch, told):
                st.rerun()
        if not source.enabled:
            with st.popover("删除", icon=":material/delete:"):
                st.write("只能删除没有取得过数据的采集源，采集记录一并删除，不能恢复。")
                if st.button("确认删除", key=f"drop_{source.id}"):

                    def drop(session: Session) -> str:
                        ledger_sources.remove(session, source.id, who=WHO, now=clock.now())
                        return f"已删除采集源“{source.name}”。"

                    if do(drop, TOLD):
                        st.query_params.pop("source", None)
                        st.rerun()
    if tested:
        with st.spinner("正在连接……"):
            try:
                verdict = trial.check(source.id, outside.collectors(), outside.make_http())
            except BadInput as refused:
                verdict = trial.Verdict(False, str(refused))
        st.session_state[_VERDICT] = (source.id, verdict)
    said(told)
    known = st.session_state.get(_VERDICT)
    if known and known[0] == source.id:
        tell(known[1])
    if st.session_state.pop(f"edit_{source.id}_done", False):
        st.session_state[f"edit_{source.id}"] = False
    if st.toggle("修改", key=f"edit_{source.id}"):
        with st.container(border=True):
            made = _fields(f"edit{source.id}", source)
            if st.button("保存修改", type="primary", key=f"save_{source.id}"):

                def save(session: Session) -> str:
                    entry = _entry(made)
                    ledger_sources.change(session, source.id, entry, who=WHO, now=clock.now())
                    return f"已保存采集源“{entry.name}”。"

                if do(save, told):
                    st.session_state[f"edit_{source.id}_done"] = True
                    st.rerun()


def _watch(source: sources.Detail) -> None:
    """After asking for a source: whether its run has begun, and how it ended."""
    asked = st.session_state.get(_ASKED)
    mine = asked is not None and asked[0] == source.id

    @st.fragment(run_every=WATCH_SECONDS if mine else None)
    def look() -> None:
        if not mine:
            return
        with db.session() as session:
            outcome = sources.outcome_since(session, source.id, asked[1])
        if outcome is None:
            st.info("正在等待后台采集进程……如果一分钟后仍没有结果，请检查它是否在运行。", icon=":material/hourglass:")
        elif not outcome.finished:
            st.info("正在采集……", icon=":material/hourglass:")
        else:
            st.session_state.pop(_ASKED, None)
            st.session_state[HEARD] = clock.now()
            ok = outcome.state != RUN_STATES["failed"]
            st.session_state[_VERDICT] = (
                source.id, trial.Verdict(ok, f"采集结束：{outcome.state}。{outcome.note}")
            )
            st.rerun(scope="app")

    look()


def _history(source_id: int, day: date | None) -> None:
    """The newest runs, or those of one day."""
    with db.session() as session:  # not from the cache: a run that brought nothing new doesn't move the stamp
        if day is None:
            frame = sources.runs(session, source_id)
        else:
            frame = days.source_runs(session, source_id, day).drop(columns=["role", "source"])
    if day is None and frame.empty:
        empty("这个采集源还没有采集过。")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**最近采集记录**" if day is None else f"**{labels_day(day)}的采集记录**", width="content")
        if day is not None:
            st.button("看全部", key=f"all_runs_{source_id}", icon=":material/close:", type="tertiary",
                      on_click=coverage.every_day)
    if frame.empty:
        caption("这一天没有采集。")
        return
    runs(frame, f"runs_{source_id}_{day or ''}")
