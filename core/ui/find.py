"""The part 查找添加 of the room 账号台账: search or bring a list, pick, take in with unit, boards and source."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, find, ledger_sources
from core.catalog_sources import SERVICES
from core.collect import trial
from core.faults import BadInput
from core.find import Hit, Matched, Pick, Way
from core.matching import Candidate
from core.query import ledger as query
from core.ui import credentials, outside
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, refuse
from core.ui.parts import caption, empty, link, plain, toast_error
from core.ui.table import Column, table
from core.ui.uploads import uploader

TOLD = "find"
_HITS, _FAILED, _ROWS, _DONE, _ROUND = "find_hits", "find_failed", "find_rows", "find_done", "find_round"
_NEW, _SKIP, _LATER = "新增这个账号", "不处理", "暂不采集"
ASKED_AT_MOST = 10
"""Names of one list that are looked up at a service."""
SHOWN_DOUBTS = 100


def section() -> None:
    """The whole part: how to look, what was found, what to do with what was picked; taking back the last deed."""
    _undo()
    how = st.segmented_control("方式", ["按名称或关键词", "按名单匹配"], default="按名称或关键词", key="find_how",
                               required=True, label_visibility="collapsed")
    picks: dict[Any, Pick] = {}
    for pick in _searched() if how == "按名称或关键词" else _listed():
        picks.setdefault(pick.account_id or (pick.platform, pick.external_id), pick)
    if picks:
        _take_in(list(picks.values()))


def _round() -> int:
    """Part of the keys of tables and forms: a new round starts them afresh after something was taken in."""
    return st.session_state.get(_ROUND, 0)


def _undo() -> None:
    done = st.session_state.get(_DONE)
    if done is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("撤销刚才的添加", icon=":material/undo:", key="find_undo")
        if done.sources:
            link("sources", "查看采集源", ":material/rss_feed:", sources_part="采集源")
    if pressed and do(lambda session: find.undo(session, done, who=WHO, now=clock.now()), TOLD):
        st.session_state.pop(_DONE)
        st.rerun()


# --- By a word ------------------------------------------------------------------------------------------------------


def _services() -> dict[str, find.Searcher]:
    known = look(lambda session: find.searchers(session, outside.collectors()))
    several = Counter(one.kind for one in known)
    return {f"{one.title}（{one.credential}）" if several[one.kind] > 1 else one.title: one for one in known}


def _searched() -> list[Pick]:
    services = _services()
    with st.form("find_form", border=False):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            text = st.text_input("名称或关键词", key="find_text", max_chars=50, width=260,
                                 placeholder="如：健康、某某街道")
            sent = st.form_submit_button("查找", type="primary", icon=":material/search:")
        where = st.pills("在哪里找", [find.LEDGER, *services], selection_mode="multi",
                         default=[find.LEDGER, *services], key="find_where")
    if not services:
        _no_services()
    if sent and text.strip():
        hits, failed = _ask(text.strip(), [name for name in where if name in services], services)
        own = look(find.in_ledger, text.strip()) if find.LEDGER in where else []
        st.session_state[_HITS], st.session_state[_FAILED] = find.together([*own, *hits]), failed
        st.session_state[_ROUND] = _round() + 1
    elif sent:
        st.info("请填写要找的名称或关键词。", icon=":material/search:")
    for words in st.session_state.get(_FAILED, ()):
        toast_error(plain(f"{words}。别处找到的照常列在下面，这一处可稍后再找。"))
    hits = st.session_state.get(_HITS)
    if hits is None:
        return []
    if not hits:
        empty("没有找到账号。请换一个说法，或用“按名单匹配”直接新增。")
        return []
    return _ticked(hits)


def _no_services() -> None:
    caption("现在只能在台账里找。保存清博、新榜或微博商业接口的凭据后，可以同时找台账以外的账号。")
    link("sources", "去填写凭据", ":material/key:", sources_part="凭据")


def _ask(text: str, chosen: Sequence[str], services: Mapping[str, find.Searcher]) -> tuple[list[Hit], list[str]]:
    """What the services find, and why one doesn't answer."""
    hits: list[Hit] = []
    failed: list[str] = []
    for name in chosen:
        one = services[name]
        with st.spinner(f"正在{one.title}查找……"):
            try:
                found = trial.search(one.kind, one.credential_id, text, outside.collectors(), outside.make_http())
            except BadInput as refused:
                failed.append(str(refused))
                continue
        hits += look(find.marked, one.kind, one.title, found)
    return hits, failed


def _ticked(hits: Sequence[Hit]) -> list[Pick]:
    platforms = ask(query.platforms)
    frame = pd.DataFrame([
        {"name": hit.name, "platform": platforms.get(hit.platform, hit.platform),
         "known": "台账有同名" if hit.by_name else "已在台账" if hit.account_id else "",
         "source": hit.source, "followers": hit.followers,
         "intro": hit.intro or hit.unit, "external_id": hit.external_id, "url": hit.url or None}
        for hit in hits
    ]).astype({"followers": "Int64"})
    caption(f"找到 {len(hits)} 个。勾选要加入的账号；已在台账的，可为它设榜单、标签和采集源。")
    if any(hit.by_name for hit in hits):
        caption("“台账有同名”：编号写法不同、名称相同，按台账中的那个账号处理，勾选前请核对是否同一个。")
    rows = table(frame, {
        "name": Column("名称", pinned=True), "platform": Column("平台"), "known": Column("台账"),
        "source": Column("来自"), "followers": Column("粉丝数", "int"), "intro": Column("简介或单位", width="large"),
        "external_id": Column("平台账号ID"), "url": Column("主页", "link"),
    }, key=f"find_hits_{_round()}", many=True, alt="查找结果")
    return [hits[row].pick for row in rows]


# --- By a list of names ---------------------------------------------------------------------------------------------


def _listed() -> list[Pick]:
    platforms, services = ask(query.platforms), _services()
    with st.form("find_list", border=False):
        left, right = st.columns(2)
        with left:
            text = st.text_area("粘贴名单", key="find_names", height=160, max_chars=60_000,
                                placeholder="每行一个名称；或从 Excel 复制带“名称、平台、单位”表头的几列")
        with right:
            file = uploader("或上传表格", key="find_file")
            platform = st.selectbox("没写平台的按这个平台", list(platforms), None, format_func=platforms.get,
                                    key="find_platform", placeholder="不限")
        where = st.pills(f"台账中没有的，再到这些服务查找（前 {ASKED_AT_MOST} 个）", list(services),
                         selection_mode="multi", key="find_list_where") if services else []
        sent = st.form_submit_button("匹配", type="primary", icon=":material/join_inner:")
    if sent:
        body, name = (file.getvalue(), file.name) if file else (b"", "")
        try:
            names = look(find.read_names, text, body, name)
        except BadInput as refused:
            refuse(refused)
            return []
        rows = look(lambda session: find.match(session, names, platform=platform or ""))
        st.session_state[_ROWS] = (rows, _elsewhere(rows, where, services))
        st.session_state[_ROUND] = _round() + 1
    held = st.session_state.get(_ROWS)
    return _decided(*held, platforms) if held else []


def _elsewhere(
    rows: Sequence[Matched], where: Sequence[str], services: Mapping[str, find.Searcher]
) -> dict[int, list[Hit]]:
    """Line → what the services find for a name that the ledger doesn't have."""
    out: dict[int, list[Hit]] = {}
    for row in [row for row in rows if not row.taken][:ASKED_AT_MOST] if where else ():
        hits, failed = _ask(row.line.name, where, services)
        if failed:
            toast_error(plain("；".join(failed)))
            break
        meant = [hit for hit in hits if row.line.platform in ("", hit.platform) and not hit.account_id]
        out[row.line.line] = meant[:5]
    return out


def _decided(rows: Sequence[Matched], found: Mapping[int, list[Hit]], platforms: Mapping[str, str]) -> list[Pick]:
    """What a person makes of the lines: the sure ones are ticked, the doubtful ones asked for, the rest are new."""
    sure = [row for row in rows if row.taken]
    open_ = [row for row in rows if not row.taken and (row.found or found.get(row.line.line))]
    new = [row for row in rows if not row.taken and row not in open_]
    meant = len({row.taken.known.id for row in sure})
    twice = f"（{meant} 个账号）" if meant < len(sure) else ""
    caption(f"名单 {len(rows)} 个：已匹配 {len(sure)} 个{twice}，待确认 {len(open_)} 个，台账中没有 {len(new)} 个。")
    picks = _sure(sure, platforms)
    if open_:
        st.markdown("**待确认**")
        caption("名称相近但不能断定是同一个账号，请逐个选择；没有选择的不处理。")
        for at in range(0, min(len(open_), SHOWN_DOUBTS), 2):
            for row, half in zip(open_[at : min(at + 2, SHOWN_DOUBTS)], st.columns(2), strict=False):
                with half:
                    picks += _doubt(row, found.get(row.line.line, []), platforms)
        if len(open_) > SHOWN_DOUBTS:
            caption(f"先处理这 {SHOWN_DOUBTS} 个，其余 {len(open_) - SHOWN_DOUBTS} 个加入台账后再匹配一次。")
    return picks + _fresh(new, platforms)


def _of_ledger(candidate: Candidate) -> Pick:
    known = candidate.known
    return Pick(known.platform, "", known.name, account_id=known.id)


def _sure(rows: Sequence[Matched], platforms: Mapping[str, str]) -> list[Pick]:
    if not rows:
        return []
    st.markdown("**已匹配**")
    first: dict[int, int] = {}
    frame = pd.DataFrame([
        {"use": True, "name": row.line.name, "account": row.taken.known.name,
         "platform": platforms.get(row.taken.known.platform, ""), "by": row.taken.by, "score": row.taken.score,
         "again": f"与第 {first[row.taken.known.id]} 行同一账号，只计一次"
                  if first.setdefault(row.taken.known.id, row.line.line) != row.line.line else None}
        for row in rows
    ])
    made = st.column_config
    edited = st.data_editor(
        frame, key=f"find_sure_{_round()}", hide_index=True, num_rows="fixed", alt="已匹配的名称",
        disabled=["name", "account", "platform", "by", "score", "again"], placeholder="",
        column_config={
            "use": made.CheckboxColumn("选用", width="small"), "name": made.TextColumn("名单中的名称"),
            "account": made.TextColumn("台账中的账号"), "platform": made.TextColumn("平台"),
            "by": made.TextColumn("匹配依据"), "score": made.NumberColumn("相似度", format="%d"),
            "again": made.TextColumn("说明", width="medium"),
        },
    )
    return [_of_ledger(row.taken) for row, use in zip(rows, edited["use"], strict=True) if use]


def _doubt(row: Matched, hits: Sequence[Hit], platforms: Mapping[str, str]) -> list[Pick]:
    offered: dict[str, Pick | None] = {}
    for one in row.found:
        by = f"，因“{one.by}”" if one.by != one.known.name else ""
        words = f"{one.known.name}（台账，{platforms.get(one.known.platform, '')}，相似度 {one.score}{by}）"
        offered[words if words not in offered else f"{words} #{one.known.id}"] = _of_ledger(one)
    for hit in hits:
        words = f"{hit.name}（{hit.source}，{platforms.get(hit.platform, hit.platform)}，{hit.external_id}）"
        offered[words] = replace(hit.pick, unit=row.line.unit)
    if row.line.platform:
        offered[_NEW] = _pick(row.line)
    offered[_SKIP] = None
    nearest = f"请选择；最接近的是“{row.found[0].known.name}”" if row.found else "请选择"
    chosen = st.selectbox(f"第 {row.line.line} 行　{plain(row.line.name)}", list(offered), None,
                          key=f"find_doubt_{_round()}_{row.line.line}", placeholder=nearest)
    pick = offered.get(chosen) if chosen else None
    return [pick] if pick else []


def _pick(line: find.Name) -> Pick:
    """A name as a new account; until its id on the platform is known, its name stands for it."""
    return Pick(line.platform, line.external_id or line.name, line.name, unit=line.unit)


def _fresh(rows: Sequence[Matched], platforms: Mapping[str, str]) -> list[Pick]:
    ready = [row for row in rows if row.line.platform]
    if len(ready) < len(rows):
        names = "、".join(row.line.name for row in rows if not row.line.platform)[:200]
        caption(f"台账中没有、又不知道平台：{names}。要新增，请在名单里写明平台，或选择“没写平台的按这个平台”。")
    if not ready:
        return []
    st.markdown("**新增**")
    frame = pd.DataFrame([
        {"use": True, "name": row.line.name, "platform": platforms.get(row.line.platform, "")} for row in ready
    ])
    made = st.column_config
    edited = st.data_editor(
        frame, key=f"find_new_{_round()}", hide_index=True, num_rows="fixed", disabled=["name", "platform"],
        alt="台账中没有的名称", column_config={
            "use": made.CheckboxColumn("选用", width="small"), "name": made.TextColumn("名称"),
            "platform": made.TextColumn("平台"),
        },
    )
    return [_pick(row.line) for row, use in zip(ready, edited["use"], strict=True) if use]


# --- Taking in ------------------------------------------------------------------------------------------------------


def _take_in(picks: list[Pick]) -> None:
    """The last step: unit, tags, boards and how each platform is collected, in one go."""
    platforms = ask(query.platforms)
    with st.container(border=True):
        st.markdown(f"**加入台账：{len(picks)} 个账号**")
        picks = _edited(picks, platforms)
        codes = list(dict.fromkeys(pick.platform for pick in picks))
        left, right = st.columns(2)
        with left:
            unit = st.selectbox("没有单位的都归到", list(ask(query.units)["name"]), None, key=f"find_unit_{_round()}",
                                accept_new_options=True, placeholder="可选，也可输入新单位；逐个不同的在上表中改")
            tags = st.multiselect("标签", ask(find.tags), key=f"find_tags_{_round()}", accept_new_options=True,
                                  placeholder="可选，也可输入新的")
        with right:
            fitting = {id_: f"{name}（{platforms.get(code, '')}）" for id_, name, code in ask(find.boards)
                       if code in codes}
            boards = st.multiselect("加入榜单", list(fitting), key=f"find_boards_{_round()}",
                                    format_func=fitting.get, placeholder="可选",
                                    help="只列出指定成员的榜单；按规则收入的榜单会自动收入合条件的账号")
            new_board = st.text_input("并新建榜单", key=f"find_board_{_round()}", max_chars=60,
                                      placeholder="可选，填写新榜单的名称").strip()
        picks = [replace(pick, unit=pick.unit or (unit or "").strip()) for pick in picks]
        by, bases = _ways(picks, codes, platforms)
        if st.button("加入台账并开始采集" if by else "加入台账", type="primary", icon=":material/playlist_add_check:",
                     key="find_go"):
            _go(picks, tags=tags, boards=boards, new_board=new_board, by=by, bases=bases)


def _go(picks: list[Pick], **given: Any) -> None:
    made: list[find.Added] = []

    def deed(session: Session) -> str:
        made.append(find.add(session, picks, who=WHO, now=clock.now(), **given))
        return made[0].words

    if do(deed, TOLD):
        st.session_state[_DONE] = made[0]
        for key in (_HITS, _ROWS, _FAILED):
            st.session_state.pop(key, None)
        st.session_state[_ROUND] = _round() + 1
        st.rerun()


def _edited(picks: list[Pick], platforms: Mapping[str, str]) -> list[Pick]:
    """The picked accounts in a table: the unit of each, and the id of those that are new."""
    units = list(ask(query.units)["name"])
    coming = list(dict.fromkeys(pick.unit for pick in picks if pick.unit and pick.unit not in units))
    own = dict(ask(query.accounts).set_index("account_id")[["external_id", "unit"]].to_dict("index"))
    frame = pd.DataFrame([
        {"name": pick.name, "platform": platforms.get(pick.platform, pick.platform),
         "external_id": own[pick.account_id]["external_id"] if pick.account_id in own else pick.external_id,
         "unit": pick.unit or (own[pick.account_id]["unit"] if pick.account_id in own else "") or None,
         "known": "已在台账" if pick.account_id else "新增"}
        for pick in picks
    ])
    made = st.column_config
    # The accounts are part of the key: edits are kept by position, and must not slide onto other rows.
    mark = hashlib.sha256(repr([(p.platform, p.external_id, p.account_id) for p in picks]).encode()).hexdigest()[:12]
    edited = st.data_editor(
        frame, key=f"find_picks_{_round()}_{mark}", hide_index=True, num_rows="fixed", alt="要加入的账号",
        disabled=["name", "platform", "known"], placeholder="—",
        column_config={
            "name": made.TextColumn("名称", pinned=True), "platform": made.TextColumn("平台"),
            "external_id": made.TextColumn("平台账号ID"),
            "unit": made.SelectboxColumn("单位", options=[*units, *coming]), "known": made.TextColumn("台账"),
        },
    )
    if coming:
        caption(f"台账中没有的单位将一并新增：{'、'.join(coming)}。")
    if any(pick.external_id == pick.name and not pick.account_id for pick in picks):
        caption("还不知道平台账号ID的，先以名称代替；接口采集前请改成真正的ID（如公众号的 gh_ 开头原始ID、微博 UID）。")
    return [
        replace(
            pick, unit="" if pd.isna(row["unit"]) else str(row["unit"]),
            external_id=own[pick.account_id]["external_id"] if pick.account_id in own
            else str(row["external_id"] or "").strip(),
        )
        for pick, row in zip(picks, edited.to_dict("records"), strict=True)
    ]


def _ways(
    picks: Sequence[Pick], codes: Sequence[str], platforms: Mapping[str, str]
) -> tuple[dict[str, Way], dict[str, str]]:
    """For each platform: what collects its accounts, with its credentials and its service's address."""
    known, by, services = outside.collectors(), {}, []
    for code in codes:
        offered = {_LATER: None} | {
            one.title + (f"（{one.trouble}）" if one.trouble else ""): (one, for_each)
            for one, for_each in find.ways(known, code)
        }
        chosen = st.selectbox(f"{platforms.get(code, code)}怎样采集", list(offered), key=f"find_way_{_round()}_{code}")
        if offered[chosen] is None:
            continue
        one, for_each = offered[chosen]
        mine = [pick for pick in picks if pick.platform == code]
        needed = any(secret.required for secret in known[one.collector].secrets)
        by[code] = Way(one, for_each, _credentials(one, for_each, mine, known[one.collector], code), needed)
        services += [one.service] if one.service else []
    held = ask(ledger_sources.bases) if services else {}
    return by, {
        service: st.text_input(f"{SERVICES[service]}地址", held.get(service, ""), key=f"find_base_{service}",
                               max_chars=300, placeholder="https://")
        for service in dict.fromkeys(services)
    }


def _credentials(
    one: Any, for_each: bool, picks: Sequence[Pick], collector: Any, code: str
) -> dict[str, str] | str:
    if not collector.secrets:
        return ""
    key, needed = f"find_cred_{_round()}_{code}_{one.key}", any(secret.required for secret in collector.secrets)
    if not (one.own_credential and for_each):
        return credentials.choose(collector, key, needed=needed)
    return {
        pick.external_id: credentials.choose(collector, f"{key}_{n}", owner=pick.name, needed=needed)
        for n, pick in enumerate(picks)
    }
