"""The parts of the room 账号台账 in which units, accounts and boards are edited."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, ledger
from core.faults import BadInput
from core.labels import ACCOUNT_STATES
from core.ledger import AccountEntry, BoardEntry, Entries, UnitEntry
from core.ledger.entries import BOARD_WORDS, FIELDS, SHEETS
from core.ledger.workbook import HINTS
from core.query import ledger as query
from core.records import Record
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.parts import caption, empty, plain, toast_error
from core.ui.table import Column, table

TOLD = "ledger"
_LISTS = {UnitEntry: "units", AccountEntry: "accounts", BoardEntry: "boards"}
_KEYS = {UnitEntry: ("name",), AccountEntry: ("platform", "external_id", "name"), BoardEntry: ("name", "platform")}
"""Fields that an entry can't do without, changed or not."""
_DATES = ("opened_on", "closed_on", "last_day")
_SEVERAL = ("unit_kinds", "importances", "columns")
"""Fields of a board that hold several of their words."""
_EXPLAINED = ("picked", "index", "order_by", "rounded", "period", "week_start", "shown")


def accounts() -> None:
    """Search, edit, add accounts; change their state."""
    frame = ask(query.accounts)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("名称、编号、单位、标签包含", key="account_search", max_chars=50, width=240)
        platform = _pick("平台", frame["platform"].unique(), "account_platform")
        kind = _pick("单位类别", sorted(filter(None, frame["unit_kind"].unique())), "account_kind")
        state = _pick("状态", list(ACCOUNT_STATES.values()), "account_state")
    shown = query.matching(frame, search, platform=platform, unit_kind=kind, state=state)
    if frame.empty:
        empty("台账里还没有账号。可在下面逐个新增，或在“导入导出”中用 Excel 批量导入。")
    elif shown.empty:
        empty("没有符合条件的账号，请放宽筛选。")
    else:
        caption(f"共 {len(shown)} 个账号。直接在表格里修改，改完后在下方确认保存；状态请用“变更状态”。")
        fixed = ("platform", "external_id", "state", "closed_on", "former", "last_day")
        _editor(AccountEntry, shown, "account_id", fixed, {"former": "曾用名", "last_day": "最近发布"},
                {"unit": ["", *ask(query.units)["name"]]})
    with st.expander("新增账号", icon=":material/person_add:"):
        _add(AccountEntry, {"": ("platform", "external_id", "name", "unit", "url", "opened_on")})
    if not frame.empty:
        with st.expander("变更状态（停更、合并、注销、恢复）", icon=":material/event_busy:"):
            _state(frame)


def units() -> None:
    """Search, edit and add units."""
    frame = ask(query.units)
    search = st.text_input("名称或别名包含", key="unit_search", max_chars=50, width=240)
    shown = query.matching(frame, search)
    if frame.empty:
        empty("台账里还没有单位。可在下面逐个新增，或在“导入导出”中用 Excel 批量导入。")
    elif shown.empty:
        empty("没有符合条件的单位，请放宽筛选。")
    else:
        caption(f"共 {len(shown)} 个单位。改名后，旧名称自动成为别名。")
        _editor(UnitEntry, shown, "id", ("accounts",), {"accounts": "账号数"}, {"parent": ["", *frame["name"]]})
    with st.expander("新增单位", icon=":material/domain_add:"):
        _add(UnitEntry, {"": ("name", "kind", "parent", "aliases")})


def boards() -> None:
    """Edit, add, order, copy and archive boards, and pick their members."""
    every = ask(query.boards)
    gone = every["archived"] == BOARD_WORDS["archived"][True]
    frame, archived = (every[mine].drop(columns="archived").reset_index(drop=True) for mine in (~gone, gone))
    if every.empty:
        empty("还没有自定义榜单。在下面新增：先起名、选平台，再按单位类别和标签自动收入，或逐个指定成员。")
    elif frame.empty:
        empty("榜单都已归档。可在下面恢复，或新增榜单。")
    else:
        caption(f"共 {len(frame)} 个榜单，按分类排列。直接在表格里修改，改完后在下方确认保存。")
        _editor(BoardEntry, frame, "id", ("members",), {"members": "现有账号数"}, {})
    with st.expander("新增榜单", icon=":material/playlist_add:"):
        _add(BoardEntry, {
            "": ("name", "category", "platform"), "成员": ("picked", "unit_kinds", "importances", "tags"),
            "排名": ("index", "order_by", "basis", "rounded"), "显示": ("columns", "period", "week_start", "shown"),
        })
    names = dict(zip(frame["id"], frame["name"], strict=True))
    if names:
        with st.expander("指定成员", icon=":material/checklist:"):
            _members(names)
        with st.expander("顺序与归档", icon=":material/swap_vert:"):
            _places(frame)
    if not every.empty:
        with st.expander("复制榜单", icon=":material/content_copy:"):
            _copy(dict(zip(every["id"], every["name"], strict=True)))
        with st.expander("历史版本", icon=":material/history:"):
            _versions()
    if not archived.empty:
        with st.expander(f"已归档（{len(archived)} 个）", icon=":material/inventory_2:"):
            _archived(archived)


# --- Parts ----------------------------------------------------------------------------------------------------------


def _pick(label: str, options: Sequence[str], key: str) -> str | None:
    return st.selectbox(label, list(options), None, key=key, placeholder="全部", width=160)


def _round() -> int:
    """Part of the keys of forms and tables: a new round starts them afresh after something was saved."""
    return st.session_state.get("ledger_round", 0)


def _afresh() -> None:
    st.session_state["ledger_round"] = _round() + 1
    st.rerun()


def _save(deed: Callable[[Session], str]) -> None:
    if do(deed, TOLD):
        _afresh()


def _editor(
    kind: type[Record], frame: pd.DataFrame, id_column: str, fixed: Sequence[str], extra: Mapping[str, str],
    options: Mapping[str, Sequence[str]],
) -> None:
    """A table whose cells can be changed; what was changed is listed and saved only when confirmed."""
    words = {**ask(ledger.words, kind), **options}
    heads = {**FIELDS[kind], **extra}
    shown = frame[[name for name in heads if name in frame.columns]]
    for name in set(_DATES) & set(shown.columns):
        shown = shown.assign(**{name: pd.to_datetime(shown[name])})
    for name in set(_SEVERAL) & set(shown.columns):
        shown = shown.assign(**{name: [cell.split("、") if cell else [] for cell in shown[name]]})
    # The rows are part of the key: edits are kept by position, and must not slide onto other rows.
    rows = hashlib.sha256(",".join(str(id_) for id_ in frame[id_column]).encode()).hexdigest()[:12]
    key = f"{_LISTS[kind]}_{_round()}_{rows}"
    st.data_editor(
        shown, key=key, hide_index=True, num_rows="fixed", disabled=list(fixed), alt=f"{SHEETS[kind]}台账",
        placeholder="—",
        column_config={name: _column(name, head, words.get(name)) for name, head in heads.items()
                       if name in shown.columns},
    )
    edits = {
        int(row): changed for row, changed in st.session_state.get(key, {}).get("edited_rows", {}).items()
        if int(row) < len(frame) and set(changed) - set(fixed)
    }
    if edits:
        _confirm(kind, frame, id_column, edits, heads)


def _column(name: str, head: str, words: Sequence[str] | None) -> Any:
    if name in _DATES:
        return st.column_config.DateColumn(head, format="YYYY-MM-DD")
    if name in ("sort", "accounts", "members"):
        return st.column_config.NumberColumn(head, format="localized", step=1)
    if name in _SEVERAL:
        return st.column_config.MultiselectColumn(head, options=list(BOARD_WORDS[name].values()), help="留空为全部")
    if words is not None:
        return st.column_config.SelectboxColumn(head, options=list(words), help=_help(name))
    return st.column_config.TextColumn(head, pinned=True if name == "name" else None)


def _help(name: str) -> str | None:
    return HINTS[name] if name in _EXPLAINED else None


def _confirm(
    kind: type[Record], frame: pd.DataFrame, id_column: str, edits: Mapping[int, Mapping[str, Any]],
    heads: Mapping[str, str],
) -> None:
    listed = [
        {SHEETS[kind]: frame.at[row, "name"], "项目": heads[name], "原来": _said(frame.at[row, name]),
         "改为": _said(value)}
        for row, changed in edits.items() for name, value in changed.items()
    ]
    st.markdown(f"**将要保存 {len(listed)} 处修改**")
    st.dataframe(pd.DataFrame(listed), hide_index=True, alt="将要保存的修改")
    with st.container(horizontal=True):
        save = st.button("确认保存", type="primary", icon=":material/save:", key=f"save_{_LISTS[kind]}")
        drop = st.button("放弃修改", icon=":material/undo:", key=f"drop_{_LISTS[kind]}")
    if drop:
        _afresh()
    if save:
        def deed(session: Session) -> str:
            entries = [_entry(session, kind, frame.loc[row], id_column, changed) for row, changed in edits.items()]
            made = Entries(**{_LISTS[kind]: entries})
            return f"已保存：{ledger.apply(session, made, who=WHO, now=clock.now()).words}。"

        _save(deed)


def _entry(session: Session, kind: type[Record], row: pd.Series, id_column: str, changed: Mapping[str, Any]) -> Record:
    cells = {name: row[name] for name in _KEYS[kind]}
    cells |= {k: "、".join(v) if isinstance(v, list) else v for k, v in changed.items() if k in FIELDS[kind]}
    known = {"id": int(row["id"])} if id_column == "id" else {}
    return ledger.form_entry(session, kind, cells, **known)


def _said(value: object) -> str:
    if isinstance(value, list):
        return "、".join(value) or "（空）"
    return "（空）" if value is None or value is pd.NaT or value == "" else str(value)


def _add(kind: type[Record], groups: Mapping[str, Sequence[str]]) -> None:
    """A form for one new entry, its fields in groups under their heads."""
    words, cells = ask(ledger.words, kind), {}
    with st.form(f"add_{_LISTS[kind]}", clear_on_submit=False, border=False):
        for head, fields in groups.items():
            if head:
                st.markdown(f"**{head}**")
            for name, column in zip(fields, _grid(len(fields), 4 if kind is BoardEntry else 3), strict=True):
                with column:
                    cells[name] = _cell(kind, name, words.get(name))
        sent = st.form_submit_button("新增", type="primary", icon=":material/add:")
    if sent:
        def deed(session: Session) -> str:
            given = {name: cell for name, cell in cells.items() if cell or name in _KEYS[kind]}
            entry = ledger.form_entry(session, kind, given)
            if ledger.exists(session, entry):
                raise BadInput(f"台账中已有这个{SHEETS[kind]}（{entry.name}），请在表格中修改")
            made = Entries(**{_LISTS[kind]: [entry]})
            return f"已保存：{ledger.apply(session, made, who=WHO, now=clock.now()).words}。"

        _save(deed)


def _cell(kind: type[Record], name: str, words: Sequence[str] | None) -> Any:
    """One field of a form; what a person leaves alone is what an entry has without it."""
    key = f"new_{_LISTS[kind]}_{name}_{_round()}"
    label = FIELDS[kind][name] + ("（必填）" if name in _KEYS[kind] else "")
    if name in _SEVERAL:
        return "、".join(st.multiselect(label, list(BOARD_WORDS[name].values()), key=key, placeholder="全部"))
    if name in ("unit", "parent"):
        return st.selectbox(label, list(ask(query.units)["name"]), None, key=key, placeholder="无")
    if words is not None:
        usual = BOARD_WORDS.get(name, {}).get(kind.model_fields[name].default)
        first = list(words).index(usual) if usual in words else None
        return st.selectbox(label, list(words), first, key=key, placeholder="请选择", help=_help(name))
    if name == "opened_on":
        return st.date_input(label, None, key=key, format="YYYY-MM-DD", min_value=date(2005, 1, 1))
    return st.text_input(label, key=key, max_chars=200)


def _grid(count: int, across: int) -> list[Any]:
    out: list[Any] = []
    while len(out) < count:
        out += st.columns(across)
    return out[:count]


def _state(frame: pd.DataFrame) -> None:
    """Suspend, merge, deregister or take up an account as of a day."""
    rows = frame[["account_id", "name", "platform", "state"]].itertuples(index=False)
    names = {int(row.account_id): f"{row.name} · {row.platform}（{row.state}）" for row in rows}
    today = clock.day_of(clock.now())
    with st.form("account_state_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("账号", list(names), None, format_func=names.get, placeholder="输入名称查找",
                              key=f"state_of_{_round()}")
        state = st.selectbox("改为", list(ACCOUNT_STATES), None, format_func=ACCOUNT_STATES.get,
                             key=f"state_to_{_round()}", placeholder="请选择", width=160)
        on = st.date_input("自哪天起", today, max_value=today, key=f"state_on_{_round()}",
                           format="YYYY-MM-DD", width=180)
        sent = st.form_submit_button("变更状态", icon=":material/event_busy:")
    if sent and (chosen is None or state is None):
        toast_error("请选择账号和新的状态。")
    elif sent:
        _save(lambda session: "已保存：" + ledger.set_account_state(
            session, chosen, state, on, who=WHO, now=clock.now()).words + "。")


def _copy(names: Mapping[int, str]) -> None:
    """A board like another one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        board = st.selectbox("复制哪个榜单", list(names), None, format_func=names.get, key="copy_of",
                             placeholder="请选择榜单", width=280)
        name = st.text_input("新榜单的名称", key=f"copy_name_{_round()}", max_chars=60, width=280)
        lacking = board is None or not name.strip()
        if st.button("复制", icon=":material/content_copy:", key="copy_board", disabled=lacking):
            def deed(session: Session) -> str:
                ledger.copy_board(session, board, name.strip(), who=WHO, now=clock.now())
                return f"已按“{names[board]}”新增榜单“{name.strip()}”。"

            _save(deed)


def _places(frame: pd.DataFrame) -> None:
    """The boards of each category in their order, each with what moves it and what puts it away."""
    for category, rows in frame.groupby("category", sort=False):
        st.markdown(f"**{plain(category)}**")
        last = len(rows) - 1
        for n, (id_, name, platform) in enumerate(zip(rows["id"], rows["name"], rows["platform"], strict=True)):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"place_{id_}"):
                st.markdown(f"{plain(name)} :gray[{plain(platform)}]", width="stretch")
                with st.container(horizontal=True, width="content", gap="small", key=f"place_deeds_{id_}"):
                    _deeds(int(id_), name, first=n == 0, last=n == last)


def _deeds(board: int, name: str, *, first: bool, last: bool) -> None:
    for word, icon, up, ends in (("上移", "arrow_upward", True, first), ("下移", "arrow_downward", False, last)):
        if st.button(word, key=f"{'up' if up else 'down'}_{board}", icon=f":material/{icon}:", disabled=ends,
                     type="tertiary"):
            _save(lambda session, up=up: _moved(session, board, up, name))
    if st.button("归档", key=f"archive_{board}", icon=":material/archive:", type="tertiary"):
        _save(lambda session: _put(session, board, True, name))


def _archived(frame: pd.DataFrame) -> None:
    """The boards that were put away, each with what takes it back."""
    caption("归档的榜单不出现在筛选、榜单和报告中；定义和历史版本都保留，原来的链接仍可打开。")
    for id_, name, category, platform in zip(*(frame[c] for c in ("id", "name", "category", "platform")), strict=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"archived_{id_}"):
            st.markdown(f"{plain(name)} :gray[{plain(category)} · {plain(platform)}]", width="stretch")
            if st.button("恢复", key=f"restore_{id_}", icon=":material/unarchive:", type="tertiary"):
                _save(lambda session, id_=int(id_), name=name: _put(session, id_, False, name))


def _moved(session: Session, board: int, up: bool, name: str) -> str:
    ledger.move_board(session, board, up, who=WHO, now=clock.now())
    return f"榜单“{name}”已{'上移' if up else '下移'}。"


def _put(session: Session, board: int, away: bool, name: str) -> str:
    ledger.archive_board(session, board, away, who=WHO, now=clock.now())
    return f"榜单“{name}”已归档，可在“已归档”中恢复。" if away else f"榜单“{name}”已恢复。"


def _versions() -> None:
    """What boards were, so that an earlier ranking can be understood."""
    found = ask(query.board_versions)
    if found.empty:
        caption("还没有改动过榜单。以后每次改动都会留下版本，查看过去的周期时按当时的榜单显示。")
        return
    caption("查看过去的周期时，榜单按当时的版本显示。按规则收入的榜单，成员随台账中单位和标签的现状而定。")
    table(found, {
        "board": Column("榜单"), "at": Column("改动时间", "time"), "who": Column("改动人"),
        "name": Column("当时的名称"), "platform": Column("平台"), "scope": Column("成员", width="medium"),
        "index": Column("指数"), "order": Column("排序依据"), "basis": Column("取数口径"), "period": Column("周期"),
        "others": Column("其他", width="medium"),
    }, key="board_versions", alt="榜单的历史版本")


def _members(names: Mapping[int, str]) -> None:
    """Pick the members of one board."""
    board = st.selectbox("榜单", list(names), None, format_func=names.get, key="members_of",
                         placeholder="请选择榜单")
    if board is None:
        return
    members, offered = ask(query.picked, board)
    chosen = st.multiselect("成员", list(offered), members, format_func=offered.get, key=f"members_{board}_{_round()}",
                            placeholder="输入名称查找")
    if st.button("保存成员", type="primary", icon=":material/save:", key="save_members"):
        def deed(session: Session) -> str:
            ledger.set_members(session, board, chosen, who=WHO, now=clock.now())
            return f"榜单“{names[board]}”现有 {len(chosen)} 个成员。"

        _save(deed)
