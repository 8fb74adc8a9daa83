"""Entries into the database: everything is validated first, then everything is written, and noted in the audit trail.

Nothing is deleted here, except members that a person takes off a board. The caller commits.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session

from core import audit, board_versions, clock, db, local_indices, unsifted
from core.faults import BadInput
from core.labels import ACCOUNT_STATES, ADDRESSED, COUNTERS, INTERACTION, ORDERS
from core.ledger.entries import (
    BOARD_COLUMNS,
    BOARD_WORDS,
    FIELDS,
    SHEETS,
    SOURCE_COLLECTORS,
    WITHOUT_ACCOUNT,
    AccountEntry,
    BoardEntry,
    Entries,
    LedgerFault,
    LedgerFaults,
    MemberEntry,
    SourceEntry,
    UnitEntry,
)
from core.metrics.indices import INDICES
from core.models import Account, AccountName, Board, BoardMember, Credential, Platform, Row, Source, Unit
from core.records import Record, one_line

_DETAILS = 200
_BY_ADDRESS = tuple(name for name in ADDRESSED if name not in ("rsshub", "liuyan"))
"""Collectors of which one address is one source; at one RSSHub every route is one, at one message board every forum."""


@dataclass(slots=True)
class Changes:
    """What was written, in rows by kind (the sheet's word); `details` says which and what, in Chinese."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    details: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.added or self.changed)

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        parts = [f"新增{kind} {n} 条" for kind, n in self.added.items()]
        parts += [f"修改{kind} {n} 条" for kind, n in self.changed.items()]
        if self.unchanged:
            parts.append(f"{self.unchanged} 条没有变化")
        return "；".join(["，".join(parts) or "没有任何内容", *self.notes])


# --- Looking up -----------------------------------------------------------------------------------------------------


def find_account(session: Session, platform: str, external_id: str) -> Account | None:
    """The account with that id on that platform."""
    return session.execute(
        select(Account).where(Account.platform == platform, Account.external_id == external_id)
    ).scalar()


def account_named(session: Session, platform: str, name: str) -> Account | None:
    """The account with that id, name or former name on that platform. Raises BadInput when several have it."""
    if found := find_account(session, platform, name):
        return found
    for query in (
        select(Account).where(Account.platform == platform, Account.name == name),
        select(Account).join(AccountName, AccountName.account_id == Account.id).where(
            Account.platform == platform, AccountName.name == name
        ),
    ):
        found_all = session.execute(query).scalars().unique().all()
        if len(found_all) > 1:
            raise BadInput(f"台账中有 {len(found_all)} 个账号叫“{name}”，请改填平台账号ID")
        if found_all:
            return found_all[0]
    return None


def exists(session: Session, entry: UnitEntry | AccountEntry | BoardEntry) -> bool:
    """Whether the ledger already has something with that key."""
    match entry:
        case AccountEntry():
            return find_account(session, entry.platform, entry.external_id) is not None
        case UnitEntry():
            query = select(Unit.id).where(Unit.name == entry.name)
        case BoardEntry():
            query = select(Board.id).where(Board.name == entry.name)
    return session.execute(query).first() is not None


def known_as(session: Session, account: Account, name: str) -> bool:
    """Whether a name means that account: its name, a former one, or its id."""
    if name in (account.name, account.external_id):
        return True
    former = select(AccountName.id).where(AccountName.account_id == account.id, AccountName.name == name)
    return session.execute(former).first() is not None


# --- Single deeds ---------------------------------------------------------------------------------------------------


def add_account(session: Session, entry: AccountEntry, *, who: str, now: datetime) -> Account:
    """Add or change one account, and return it."""
    apply(session, Entries(accounts=[entry]), who=who, now=now)
    return session.execute(
        select(Account).where(Account.platform == entry.platform, Account.external_id == entry.external_id)
    ).scalar_one()


def identify(session: Session, account: Account, external_id: str, *, who: str) -> None:
    """Give an account that was entered by name its own id on the platform. Raises BadInput when another has it."""
    if other := find_account(session, account.platform, external_id):
        raise BadInput(f"平台账号ID“{external_id}”已属于账号“{other.name}”")
    audit.note(session, who, "补登平台账号ID", account.name, f"{account.external_id} → {external_id}")
    account.external_id = external_id
    session.add(account)
    session.flush()


def set_account_state(session: Session, account_id: int, state: str, on: date, *, who: str, now: datetime) -> Changes:
    """Change an account's state as of a Shanghai day; `normal` takes the closing day away. Raises LedgerFaults."""
    account = session.get(Account, account_id)
    if account is None or state not in ACCOUNT_STATES:
        raise LedgerFaults([LedgerFault("账号", 0, "状态", "账号或状态不存在", "请刷新页面后重试")], "状态变更")
    if on > clock.day_of(now):
        raise LedgerFaults([LedgerFault("账号", 0, "停用日期", f"{on} 在今天之后", "请改成今天或以前")], "状态变更")
    values = {
        "platform": account.platform, "external_id": account.external_id, "name": account.name, "state": state,
        "opened_on": account.opened_on, "closed_on": None if state == "normal" else on,
    }
    if account.opened_on and state != "normal" and on < account.opened_on:
        raise LedgerFaults([LedgerFault("账号", 0, "停用日期", "停用日期早于开通日期", "请核对日期")], "状态变更")
    return apply(session, Entries(accounts=[AccountEntry(**values)]), who=who, now=now)


def set_members(session: Session, board_id: int, account_ids: Sequence[int], *, who: str, now: datetime) -> None:
    """Make exactly these accounts the members of a board. Raises LedgerFaults when one is not on its platform."""
    board = session.get(Board, board_id)
    if board is None:
        raise LedgerFaults([LedgerFault("榜单", 0, "榜单名称", "榜单不存在", "请刷新页面后重试")], "榜单成员")
    wanted = set(account_ids)
    found = {
        account.id: account
        for part in db.chunks(sorted(wanted))
        for account in session.execute(select(Account).where(Account.id.in_(part))).scalars()
    }
    faults = [
        LedgerFault("榜单成员", 0, "账号", f"“{account.name}”不在“{board.name}”所属的平台上", "请去掉这个账号")
        for account in found.values() if account.platform != board.platform
    ]
    faults += [
        LedgerFault("榜单成员", 0, "账号", f"没有编号为 {i} 的账号", "请刷新页面后重试") for i in wanted - found.keys()
    ]
    if faults:
        raise LedgerFaults(faults, "榜单成员")
    board_versions.record(session, who="", now=now)  # what it was, for a board that has no version yet
    before = set(session.execute(select(BoardMember.account_id).where(BoardMember.board_id == board_id)).scalars())
    for part in db.chunks(sorted(before - wanted)):
        session.execute(delete(BoardMember).where(BoardMember.board_id == board_id, BoardMember.account_id.in_(part)))
    session.add_all(BoardMember(board_id=board_id, account_id=i) for i in sorted(wanted - before))
    board.picked = True
    session.add(board)
    counts = f"增加 {len(wanted - before)} 个，去掉 {len(before - wanted)} 个"
    audit.note(session, who, "调整榜单成员", board.name, counts)
    board_versions.record(session, who=who, now=now)
    db.bump(session, now)


def copy_board(session: Session, board_id: int, name: str, *, who: str, now: datetime) -> int:
    """A board like another one under a new name, with its picked members; returns its id. Raises LedgerFaults where the
    name is taken or the board is gone."""
    board = _board(session, board_id, "复制榜单")
    if session.execute(select(Board.id).where(Board.name == name)).scalar():
        raise LedgerFaults([LedgerFault("榜单", 0, "榜单名称", f"已有榜单“{name}”", "请换一个名称")], "复制榜单")
    like = {field: getattr(board, field) for field in FIELDS[BoardEntry] if field not in ("name", "archived")}
    entry = BoardEntry(name=name, **like)
    apply(session, Entries(boards=[entry]), who=who, now=now, what=f"榜单（复制自“{board.name}”）")
    made = session.execute(select(Board.id).where(Board.name == entry.name)).scalar_one()
    if board.picked:
        members = select(BoardMember.account_id).where(BoardMember.board_id == board_id)
        set_members(session, made, list(session.execute(members).scalars()), who=who, now=now)
    return made


def archive_board(session: Session, board_id: int, archived: bool, *, who: str, now: datetime) -> Changes:
    """Put a board away (it is offered nowhere, and keeps its versions), or take it back. Raises LedgerFaults."""
    board = _board(session, board_id, "归档榜单")
    entry = BoardEntry(id=board_id, name=board.name, platform=board.platform, archived=archived)
    what = f"榜单（{'归档' if archived else '恢复'}）"
    return apply(session, Entries(boards=[entry]), who=who, now=now, what=what)


def move_board(session: Session, board_id: int, up: bool, *, who: str, now: datetime) -> Changes:
    """Let a board change places with its neighbour above or below in its category; the first stays first, the last
    last. Archived boards have no place. Raises LedgerFaults."""
    board = _board(session, board_id, "榜单排序")
    query = select(Board).where(Board.category == board.category, Board.archived.is_(False))
    row = list(session.execute(query.order_by(Board.sort, Board.name)).scalars())
    place = row.index(board) if board in row else -1
    other = place + (-1 if up else 1)
    if place < 0 or not 0 <= other < len(row):
        return Changes()
    sorts: list[int] = []
    for one in row:  # the places that there are, apart where several boards share one
        sorts.append(max(one.sort, sorts[-1] + 1) if sorts else one.sort)
    row[place], row[other] = row[other], row[place]
    moved = [BoardEntry(id=one.id, name=one.name, platform=one.platform, sort=sort)
             for one, sort in zip(row, sorts, strict=True)]
    return apply(session, Entries(boards=moved), who=who, now=now, what="榜单（排序）")


def _board(session: Session, board_id: int, what: str) -> Board:
    board = session.get(Board, board_id)
    if board is None:
        raise LedgerFaults([LedgerFault("榜单", 0, "榜单名称", "榜单不存在", "请刷新页面后重试")], what)
    return board


# --- Entries --------------------------------------------------------------------------------------------------------


def apply(session: Session, entries: Entries, *, who: str, now: datetime, what: str = "台账") -> Changes:
    """Add what is new and change what differs, by natural key. Raises LedgerFaults before anything is written.

    Keys: a unit's and a board's name (or `id`, when a person renames one), an account's platform and id there,
    a source's collector and address. A renamed account keeps its former name with the day until which it had it.
    """
    state = _State(session)
    faults = _faults(state, entries)
    if faults:
        raise LedgerFaults(faults, what)
    changes = Changes()
    if entries.boards or entries.members:
        board_versions.record(session, who="", now=now)  # what they were, for boards that have no version yet
    if _write_units(session, state, entries.units, changes):
        unsifted.again(session, now)  # which unit is responsible rests on their names
    _write_accounts(session, state, entries.accounts, changes, now)
    _write_boards(session, state, entries.boards, changes)
    _write_members(session, state, entries.members, changes)
    _write_sources(session, state, entries.sources, changes)
    session.flush()
    if entries.boards or entries.members:
        board_versions.record(session, who=who, now=now)
    if changes.any:
        shown = changes.details[:_DETAILS]
        if len(changes.details) > _DETAILS:
            shown.append(f"……另有 {len(changes.details) - _DETAILS} 项")
        audit.note(session, who, f"修改{what}", changes.words, "\n".join(shown))
        db.bump(session, now)
    return changes


class _State:
    """What the ledger holds now, by key."""

    def __init__(self, session: Session):
        self.platforms = {platform.code: platform for platform in session.execute(select(Platform)).scalars()}
        self.local_indices = local_indices.ranked_by(session)
        self.units = {unit.name: unit for unit in session.execute(select(Unit).order_by(Unit.id)).scalars()}
        self.accounts = {
            (account.platform, account.external_id): account for account in session.execute(select(Account)).scalars()
        }
        self.boards = {board.name: board for board in session.execute(select(Board)).scalars()}
        self.credentials = {
            name: (found, kind)
            for name, found, kind in session.execute(select(Credential.name, Credential.id, Credential.kind))
        }
        self.sources = {
            source.key: source
            for source in session.execute(select(Source).order_by(Source.id)).scalars()
        }
        self.former: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for platform, external_id, name in session.execute(
            select(Account.platform, Account.external_id, AccountName.name).join(
                AccountName, AccountName.account_id == Account.id
            )
        ):
            self.former.setdefault((platform, name), set()).add((platform, external_id))

    def unit(self, name: str) -> Unit | None:
        """By name, else by alias."""
        return self.units.get(name) or next((unit for unit in self.units.values() if name in unit.aliases), None)

    def names(self, extra: Iterable[AccountEntry] = ()) -> dict[tuple[str, str], set[tuple[str, str]]]:
        """(platform, id or name) → keys of the accounts meant; current names go before former ones."""
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for key, account in self.accounts.items():
            found.setdefault((account.platform, account.name), set()).add(key)
        for entry in extra:
            found.setdefault((entry.platform, entry.name), set()).add((entry.platform, entry.external_id))
        for name, keys in self.former.items():
            found.setdefault(name, keys)
        for key in [*self.accounts, *((entry.platform, entry.external_id) for entry in extra)]:
            found[key] = {key}
        return found


def _faults(state: _State, entries: Entries) -> list[LedgerFault]:
    names = state.names(entries.accounts)
    by_sheet = (
        _unit_faults(state, entries.units), _account_faults(state, entries), _board_faults(state, entries.boards),
        _member_faults(state, entries, names), _source_faults(state, entries.sources, names),
    )
    return [fault for found in by_sheet for fault in sorted(found, key=lambda fault: fault.row)]


def _fault(entry: Record, field: str, reason: str, remedy: str) -> LedgerFault:
    kind = type(entry)
    row = entry.locator.rpartition("!")[2]
    return LedgerFault(SHEETS[kind], int(row) if row.isdigit() else 0, FIELDS[kind].get(field, field), reason, remedy)


def _twice(entries: Iterable[Record], key_fields: tuple[str, ...]) -> list[LedgerFault]:
    seen: dict[tuple, Record] = {}
    out = []
    for entry in entries:
        key = tuple(getattr(entry, name) for name in key_fields)
        if (first := seen.setdefault(key, entry)) is not entry:
            where = first.locator.rpartition("!")[2]
            where = f"第 {where} 行" if where else "前面一行"
            out.append(_fault(entry, key_fields[-1], f"与{where}重复", "请只保留一行"))
    return out


def _unit_faults(state: _State, entries: list[UnitEntry]) -> list[LedgerFault]:
    out = _twice(entries, ("name",))
    parents = {unit.name: next((u.name for u in state.units.values() if u.id == unit.parent_id), "")
               for unit in state.units.values()}
    known = {*state.units, *(entry.name for entry in entries)}
    owners: dict[str, str] = {name: name for name in known}
    by_id = {unit.id: unit for unit in state.units.values()}
    rewritten = {entry.name for entry in entries if "aliases" in entry.model_fields_set}
    for unit in state.units.values():
        if unit.name not in rewritten:
            for alias in unit.aliases:
                owners.setdefault(alias, unit.name)
    for entry in entries:
        unit = by_id.get(entry.id) if entry.id is not None else None
        if entry.id is not None and unit is None:
            out.append(_fault(entry, "name", "单位不存在", "请刷新页面后重试"))
        if unit is not None and entry.name != unit.name and entry.name in state.units:
            out.append(_fault(entry, "name", f"已有单位叫“{entry.name}”", "请换一个名称"))
        for alias in entry.aliases:
            if owners.setdefault(alias, entry.name) != entry.name:
                out.append(_fault(entry, "aliases", f"别名“{alias}”已属于单位“{owners[alias]}”", "请去掉这个别名"))
        if "parent" in entry.model_fields_set:
            parents[entry.name] = entry.parent
            if entry.parent and entry.parent not in known:
                out.append(_fault(entry, "parent", f"没有单位“{entry.parent}”", "请先在“单位”表中添加上级单位"))
    for entry in entries:
        seen, above = {entry.name}, parents.get(entry.name, "")
        while above and above not in seen:
            seen.add(above)
            above = parents.get(above, "")
        if above == entry.name:
            out.append(_fault(entry, "parent", "上级单位绕回了自己", "请改正上级单位"))
    return out


def _no_platform(state: _State, entry: AccountEntry | BoardEntry | MemberEntry | SourceEntry) -> list[LedgerFault]:
    if entry.platform in state.platforms:
        return []
    return [_fault(entry, "platform", f"没有平台“{entry.platform}”", "请从下拉列表中选择平台")]


def _account_faults(state: _State, entries: Entries) -> list[LedgerFault]:
    out = _twice(entries.accounts, ("platform", "external_id"))
    coming = {name for entry in entries.units for name in (entry.name, *entry.aliases)}
    for entry in entries.accounts:
        out += _no_platform(state, entry)
        if entry.unit and entry.unit not in coming and state.unit(entry.unit) is None:
            out.append(_fault(entry, "unit", f"没有单位“{entry.unit}”", "请先在“单位”表中添加，或改成已有的名称"))
    return out


def _board_faults(state: _State, entries: list[BoardEntry]) -> list[LedgerFault]:
    out = _twice(entries, ("name",))
    by_id = {board.id: board for board in state.boards.values()}
    for entry in entries:
        out += _no_platform(state, entry)
        if entry.index and entry.index not in INDICES and entry.index not in state.local_indices:
            out.append(_fault(entry, "index", f"没有指数“{entry.index}”", "请从下拉列表中选择指数，或留空"))
        if entry.id is not None and entry.id not in by_id:
            out.append(_fault(entry, "name", "榜单不存在", "请刷新页面后重试"))
        elif entry.id is not None and by_id[entry.id].name != entry.name and entry.name in state.boards:
            out.append(_fault(entry, "name", f"已有榜单叫“{entry.name}”", "请换一个名称"))
        held = by_id.get(entry.id) if entry.id is not None else state.boards.get(entry.name)
        index = entry.index if held is None or "index" in entry.model_fields_set else held.index
        if entry.platform not in state.local_indices.get(index, (entry.platform,)):
            out.append(_fault(entry, "index", "这个本地指数不适用于榜单的平台", "请换一个指数，或留空"))
        out += _not_yielded(state.platforms.get(entry.platform), entry, held)
    return out


def _not_yielded(platform: Platform | None, entry: BoardEntry, held: Board | None) -> list[LedgerFault]:
    """What a board would order by or show, of which its platform has no figures; what stands there (`held`) counts,
    too, since the platform may be what is changed."""
    def meant(field: str) -> Any:
        return getattr(entry if held is None or field in entry.model_fields_set else held, field)

    named = {"order_by", "columns"} & entry.model_fields_set
    if platform is None or (held is not None and held.platform == entry.platform and not named):
        return []
    yields = {*platform.counters, *(["interaction"] if {*INTERACTION} & {*platform.counters} else [])}
    asked = {*COUNTERS, "interaction"}
    out = []
    offered = [name for name in ORDERS if name not in asked or name in yields]
    if (order := meant("order_by")) not in offered:
        why = f"{platform.name}没有{ORDERS[order]}" if order in ORDERS else f"不能按“{order}”排名"
        out.append(_fault(entry, "order_by", why, f"请改选：{'、'.join(ORDERS[name] for name in offered)}"))
    if lacking := [name for name in meant("columns") if name not in BOARD_COLUMNS or name not in offered]:
        words = "、".join(BOARD_COLUMNS.get(name, name) for name in lacking)
        left = "、".join(BOARD_COLUMNS[name] for name in offered if name in BOARD_COLUMNS)
        out.append(_fault(entry, "columns", f"{platform.name}没有{words}", f"请去掉，可选：{left}；留空为全部显示"))
    return out


def _member_faults(
    state: _State, entries: Entries, names: Mapping[tuple[str, str], set[tuple[str, str]]]
) -> list[LedgerFault]:
    out = []
    platforms = {board.name: board.platform for board in state.boards.values()}
    platforms |= {entry.name: entry.platform for entry in entries.boards}
    for entry in entries.members:
        out += _no_platform(state, entry)
        if entry.board not in platforms:
            out.append(_fault(entry, "board", f"没有榜单“{entry.board}”", "请先在“榜单”表中添加"))
        elif platforms[entry.board] != entry.platform:
            out.append(_fault(entry, "platform", "与榜单的平台不同", "榜单只能收同一平台的账号，请改正平台"))
        out += _account_meant(entry, names)
    return out


def _source_faults(
    state: _State, entries: list[SourceEntry], names: Mapping[tuple[str, str], set[tuple[str, str]]]
) -> list[LedgerFault]:
    out = _twice([e for e in entries if e.collector in _BY_ADDRESS], ("collector", "url"))
    asking = [e for e in entries if e.collector not in _BY_ADDRESS]
    out += _twice(asking, ("collector", "url", "platform", "config_text", "account"))
    for entry in entries:
        out += _no_platform(state, entry)
        if entry.account:
            out += _account_meant(entry, names)
            if entry.collector in WITHOUT_ACCOUNT:
                word = SOURCE_COLLECTORS[entry.collector]
                out.append(_fault(entry, "account", f"{word}不属于任何账号", "请把“账号”留空"))
        if entry.credential:
            _, kind = state.credentials.get(entry.credential, (None, ""))
            if not kind:
                out.append(_fault(entry, "credential", f"没有凭据“{entry.credential}”", "请先在“采集源”中添加凭据"))
            elif kind != entry.collector:
                words = f"凭据“{entry.credential}”是给{SOURCE_COLLECTORS.get(kind, kind)}用的"
                out.append(_fault(entry, "credential", words, "请换一个凭据"))
    return out


def _account_meant(
    entry: MemberEntry | SourceEntry, names: Mapping[tuple[str, str], set[tuple[str, str]]]
) -> list[LedgerFault]:
    meant = names.get((entry.platform, entry.account), set())
    if len(meant) == 1:
        return []
    if meant:
        return [_fault(entry, "account", f"有 {len(meant)} 个账号叫“{entry.account}”", "请改填平台账号ID")]
    return [_fault(entry, "account", f"这个平台上没有账号“{entry.account}”", "请先在“账号”表中添加，或核对平台")]


# --- Writing --------------------------------------------------------------------------------------------------------


def _set(row: Row, values: Mapping[str, object], kind: type[Record], name: str, changes: Changes, new: bool) -> None:
    """Put values on a row and count it as added, changed or unchanged."""
    word = SHEETS[kind]
    differing = [key for key, value in values.items() if getattr(row, key) != value]
    old = {key: getattr(row, key) for key in differing}
    for key in differing:
        setattr(row, key, values[key])
    if new:
        changes.added[word] += 1
        changes.details.append(f"新增{word}“{name}”")
    elif differing:
        changes.changed[word] += 1
        heads = {"unit_id": "所属单位", "parent_id": "上级单位", "account_id": "账号",
                 "period_seconds": "周期（秒）", "credential_id": "凭据"}
        heads |= FIELDS[kind]
        words = BOARD_WORDS if kind is BoardEntry else {}
        said = "，".join(
            f"{heads.get(key, key)} {_said(old[key], words.get(key))} → {_said(values[key], words.get(key))}"
            for key in differing
        )
        changes.details.append(f"修改{word}“{name}”：{said}")
    else:
        changes.unchanged += 1


def _said(value: Any, words: Mapping[Any, str] | None = None) -> str:
    """A value in the words of its field, where it has some."""
    if isinstance(value, list):
        return "、".join(_said(part, words) for part in value) or "空"
    if words and value in words:
        return words[value]
    return "空" if value in (None, "") else str(value)


def _given(entry: Record, *names: str) -> dict[str, object]:
    return {name: getattr(entry, name) for name in names if name in entry.model_fields_set}


def _write_units(session: Session, state: _State, entries: list[UnitEntry], changes: Changes) -> bool:
    """Returns whether texts may name other units than before: one is new, or has another name, alias or kind."""
    before = {unit.id: _named(unit) for unit in state.units.values()}
    by_id = {unit.id: unit for unit in state.units.values()}
    written = []
    for entry in entries:
        row = by_id[entry.id] if entry.id is not None else state.units.get(entry.name)
        new = row is None
        if row is None:
            row = Unit(name=entry.name, kind=entry.kind)
            session.add(row)
        elif row.name != entry.name:
            state.units.pop(row.name)
        state.units[entry.name] = row
        written.append((entry, row, new))
    session.flush()
    for entry, row, new in written:
        values = _given(entry, "name", "kind", "aliases", "sort")
        if not new and row.name != entry.name:  # who looks for the old name still finds the unit
            kept = entry.aliases if "aliases" in entry.model_fields_set else row.aliases
            values["aliases"] = [*dict.fromkeys([*kept, row.name])]
        if "parent" in entry.model_fields_set:
            values["parent_id"] = state.units[entry.parent].id if entry.parent else None
        _set(row, values, UnitEntry, entry.name, changes, new)
    return any(before.get(row.id) != _named(row) for _, row, _ in written)


def _named(unit: Unit) -> tuple[str, str, frozenset[str]]:
    return unit.name, unit.kind, frozenset(unit.aliases)


def _write_accounts(
    session: Session, state: _State, entries: list[AccountEntry], changes: Changes, now: datetime
) -> None:
    for entry in entries:
        key = (entry.platform, entry.external_id)
        row = state.accounts.get(key)
        new = row is None
        if row is None:
            row = Account(platform=entry.platform, external_id=entry.external_id, name=entry.name)
            session.add(row)
            state.accounts[key] = row
        elif row.name != entry.name:
            session.add(AccountName(account_id=row.id, name=row.name, until=clock.day_of(now)))
        values = _given(
            entry, "name", "registration_no", "state", "opened_on", "closed_on", "interactive", "importance", "tags",
            "url",
        )
        if "unit" in entry.model_fields_set:
            unit = state.unit(entry.unit) if entry.unit else None
            values["unit_id"] = unit.id if unit else None
        _set(row, values, AccountEntry, entry.name, changes, new)
    session.flush()


def _write_boards(session: Session, state: _State, entries: list[BoardEntry], changes: Changes) -> None:
    by_id = {board.id: board for board in state.boards.values()}
    for entry in entries:
        row = by_id[entry.id] if entry.id is not None else state.boards.get(entry.name)
        new = row is None
        if row is None:
            row = Board(name=entry.name, platform=entry.platform)
            session.add(row)
        elif row.name != entry.name:
            state.boards.pop(row.name)
        values = _given(entry, *FIELDS[BoardEntry])
        if new and "sort" not in values:  # it comes last, in its category where that has boards already
            mine = [one.sort for one in state.boards.values() if one.category == entry.category]
            values["sort"] = 1 + max(mine or [one.sort for one in state.boards.values()], default=0)
        state.boards[entry.name] = row
        _set(row, values, BoardEntry, entry.name, changes, new)
    session.flush()


def _write_members(session: Session, state: _State, entries: list[MemberEntry], changes: Changes) -> None:
    names = state.names()
    known = {
        (board_id, account_id)
        for board_id, account_id in session.execute(select(BoardMember.board_id, BoardMember.account_id))
    }
    for entry in entries:
        board = state.boards[entry.board]
        account = state.accounts[next(iter(names[(entry.platform, entry.account)]))]
        pair = (board.id, account.id)
        if pair in known:
            changes.unchanged += 1
            continue
        known.add(pair)
        session.add(BoardMember(board_id=board.id, account_id=account.id))
        changes.added["榜单成员"] += 1
        changes.details.append(f"榜单“{board.name}”增加“{account.name}”")


def _write_sources(session: Session, state: _State, entries: list[SourceEntry], changes: Changes) -> None:
    names = state.names()
    for entry in entries:
        account = state.accounts[next(iter(names[(entry.platform, entry.account)]))] if entry.account else None
        key = source_key(entry, account.external_id if account else "")
        row = state.sources.get(key)
        new = row is None
        values = _given(entry, "name", "platform", "enabled", "config")
        if "period_minutes" in entry.model_fields_set:
            values["period_seconds"] = entry.period_minutes * 60
        if "account" in entry.model_fields_set:
            values["account_id"] = account.id if account else None
        if "credential" in entry.model_fields_set:
            values["credential_id"] = state.credentials[entry.credential][0] if entry.credential else None
        if row is None:
            row = Source(key=key, name=entry.name, collector=entry.collector, url=entry.url, platform=entry.platform,
                         period_seconds=entry.period_minutes * 60)
            session.add(row)
            state.sources[key] = row
        elif entry.enabled and not row.enabled and "enabled" in entry.model_fields_set:
            row.next_due_at = None
        _set(row, values, SourceEntry, entry.name, changes, new)


def source_key(entry: SourceEntry, account_id: str = "") -> str:
    """The key of a source that a person entered: its collector and a digest of its address; for a source that asks its
    service's own address, of account (its id on the platform) and options as well."""
    parts = [one_line(entry.url)]
    if entry.collector not in _BY_ADDRESS:
        parts += [entry.platform, account_id, entry.config_text]
    return f"{entry.collector}-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:16]}"
