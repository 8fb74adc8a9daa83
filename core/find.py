"""Find accounts and take them in: in the ledger and at the services that can search, by a word or by a list of names.

What was picked becomes accounts, members of boards and sources in one transaction of the caller; `undo` takes back what
one such deed made, as far as nothing has been collected for it yet.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlmodel import Session

from core import audit, board_versions, db, ledger, ledger_sources
from core.catalog_sources import Definition, definitions
from core.faults import BadInput
from core.imports.cells import as_text
from core.imports.platforms import code_of
from core.imports.read import read
from core.ledger import AccountEntry, BoardEntry, Entries, MemberEntry, UnitEntry
from core.matching import LEAST, Candidate, Known, candidates, settled, similarity, sure
from core.models import (
    METADATA,
    Account,
    AccountName,
    Board,
    BoardMember,
    BoardVersion,
    Credential,
    Platform,
    Source,
    Unit,
)
from core.records import one_line
from core.settings import settings

MOST_NAMES = 500
"""Names in one list."""
MOST_HITS = 50
"""Accounts that the ledger answers to one search."""
LEDGER = "账号台账"
_HEADS = {
    "name": ("名称", "账号名称", "账号", "公众号", "公众号名称", "微博名称", "昵称", "新媒体名称"),
    "platform": ("平台", "所属平台", "平台名称", "类型"),
    "unit": ("单位", "单位名称", "所属单位", "主管单位", "主办单位", "开设单位"),
    "external_id": ("平台账号id", "账号id", "微信号", "原始id", "uid", "id"),
}
_HEAD_WITHIN = 10
"""Rows among which the head of a list may stand: lists have titles."""
_NUMBERED = re.compile(r"^[(（]?\d{1,3}[)）.．、]\s*(?=\D)")
"""What numbers a name, at its start: `1.`, `（2）`, `3、`."""
_FACTLESS = (AccountName.__tablename__, BoardMember.__tablename__)
"""Tables whose rows about an account are no collected facts, and go with it."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An account that a search came upon. `account_id`: its row in the ledger, None where it isn't there yet, and
    `by_name` where the name alone says so; `kind`: the collector of the service that found it."""

    source: str
    platform: str
    external_id: str
    name: str
    intro: str = ""
    followers: int | None = None
    url: str = ""
    unit: str = ""
    account_id: int | None = None
    kind: str = ""
    by_name: bool = False

    @property
    def pick(self) -> "Pick":
        """This account, to be taken in."""
        return Pick(self.platform, self.external_id, self.name, url=self.url, account_id=self.account_id,
                    known_as=(self.kind, self.external_id) if self.kind else None)


@dataclass(frozen=True, slots=True)
class Searcher:
    """A service that can be asked for accounts, with a stored credential or (None) as this machine is signed in."""

    kind: str
    title: str
    credential_id: int | None
    credential: str


@dataclass(frozen=True, slots=True)
class Name:
    """One line of a list of names; `platform` is a code, empty where the line names none."""

    line: int
    name: str
    platform: str = ""
    unit: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Matched:
    """A line with the accounts that it may mean. `taken`: the one that is beyond doubt."""

    line: Name
    found: list[Candidate]
    taken: Candidate | None

    @property
    def state(self) -> str:
        return "已匹配" if self.taken else "待确认" if self.found else "新增"


@dataclass(frozen=True, slots=True)
class Pick:
    """An account to take in; one of the ledger (`account_id`) only gains what is given. `known_as`: (collector, its id
    there), which may be another than the ledger's."""

    platform: str
    external_id: str
    name: str
    unit: str = ""
    url: str = ""
    account_id: int | None = None
    known_as: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How the picked accounts of one platform are collected; `credentials` as in ledger_sources.planned, `needed`
    whether it can't do without."""

    one: Definition
    for_each: bool
    credentials: dict[str, str] | str = ""
    needed: bool = False

    def lacking(self, accounts: Sequence[tuple[str, str]]) -> list[str]:
        """Names of the accounts that still need a credential."""
        if not self.needed:
            return []
        given = self.credentials
        return [name for id_, name in accounts if not (given if isinstance(given, str) else given.get(id_))]


@dataclass(slots=True)
class Added:
    """What one deed made, for taking it back. `before`: unit and tags that accounts of the ledger had."""

    words: str = ""
    accounts: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    boards: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    switched: list[int] = field(default_factory=list)
    members: list[tuple[int, int]] = field(default_factory=list)
    before: dict[int, tuple[int | None, list[str]]] = field(default_factory=dict)


# --- Searching ------------------------------------------------------------------------------------------------------


def in_ledger(session: Session, text: str) -> list[Hit]:
    """Accounts of the ledger whose name, former name, id, unit or tag holds the words, or nearly; likeliest first."""
    wanted = one_line(text).casefold()
    if not wanted:
        return []
    rated = []
    tags = dict(session.execute(select(Account.id, Account.tags)).all())
    accounts = {account.id: account for account in session.execute(select(Account)).scalars()}
    for one in known(session):
        account = accounts[one.id]
        words = (one.name, *one.others, *one.owner, account.external_id, *(tags[one.id] or ()))
        score = similarity(text, one.name, settings().district)
        if any(wanted in word.casefold() for word in words):
            rated.append((max(score, 80), account, one))
        elif score >= LEAST:
            rated.append((score, account, one))
    rated.sort(key=lambda row: (-row[0], row[1].name, row[1].id))
    return [
        Hit(LEDGER, a.platform, a.external_id, a.name, url=a.url, unit=one.owner[0] if one.owner else "",
            account_id=a.id)
        for _, a, one in rated[:MOST_HITS]
    ]


def searchers(session: Session, collectors: Mapping[str, Any]) -> list[Searcher]:
    """The services that can search and for which a credential is stored, in the order of the collectors; one that can
    do without a credential (a signed-in command line) counts once a source of it is there."""
    kinds = [name for name, one in collectors.items() if one.search]
    query = select(Credential.id, Credential.name, Credential.kind).where(Credential.kind.in_(kinds))
    found = [Searcher(kind, collectors[kind].title, id_, name)
             for id_, name, kind in session.execute(query.order_by(Credential.name))]
    free = [name for name in kinds if not any(secret.required for secret in collectors[name].secrets)]
    bare = select(Source.collector).where(Source.collector.in_(free), Source.credential_id.is_(None)).distinct()
    found += [Searcher(kind, collectors[kind].title, None, "本机登录") for kind in session.execute(bare).scalars()]
    return sorted(found, key=lambda one: (kinds.index(one.kind), one.credential))


def marked(session: Session, kind: str, source: str, found: Iterable[Any]) -> list[Hit]:
    """What a service found (collectors.base.Found) as hits, those of the ledger marked: by id, else by their name when
    the ledger has it once on that platform. Two different numbers are two accounts, whatever they are called."""
    out = []
    for one in found:
        account, by_name = ledger.find_account(session, one.platform, one.external_id), False
        if account is None:
            same = select(Account).where(Account.platform == one.platform, Account.name == one.name).limit(2)
            named = session.execute(same).scalars().all()
            if len(named) == 1 and not (named[0].external_id.isdecimal() and one.external_id.isdecimal()):
                account, by_name = named[0], True
        out.append(Hit(
            source, one.platform, one.external_id, one.name, one.intro, one.followers, one.url,
            account_id=account.id if account else None, kind=kind, by_name=by_name,
        ))
    return out


def known(session: Session) -> list[Known]:
    """The ledger's accounts for matching."""
    former: dict[int, list[str]] = {}
    for account_id, name in session.execute(select(AccountName.account_id, AccountName.name)):
        former.setdefault(account_id, []).append(name)
    owners = {unit.id: (unit.name, *unit.aliases) for unit in session.execute(select(Unit)).scalars()}
    query = select(Account.id, Account.name, Account.platform, Account.unit_id).order_by(Account.id)
    return [
        Known(id_, name, platform, tuple(former.get(id_, ())), owners.get(unit_id, ()))
        for id_, name, platform, unit_id in session.execute(query)
    ]


def boards(session: Session) -> list[tuple[int, str, str]]:
    """(id, name, platform) of the boards whose members are picked: the others take accounts in by their rule."""
    query = select(Board.id, Board.name, Board.platform).where(Board.picked, Board.archived.is_(False))
    query = query.order_by(*board_versions.BOARD_ORDER)
    return [tuple(row) for row in session.execute(query)]


def tags(session: Session) -> list[str]:
    """Every tag that accounts have."""
    return sorted({tag for held in session.execute(select(Account.tags)).scalars() for tag in held or ()})


def together(hits: Iterable[Hit]) -> list[Hit]:
    """What several services found of the same account, told once, with all of them named."""
    out: dict[Any, Hit] = {}
    for hit in hits:
        # By name only the ledger's number stands for another number there, which each service has to keep apart.
        key = (hit.platform, hit.external_id, hit.source == LEDGER, hit.kind if hit.by_name else "")
        one = out.get(key)
        out[key] = hit if one is None else replace(
            one, source=f"{one.source}、{hit.source}", intro=one.intro or hit.intro, url=one.url or hit.url,
            followers=hit.followers if one.followers is None else one.followers,
        )
    return list(out.values())


# --- Lists of names -------------------------------------------------------------------------------------------------


def read_names(session: Session, text: str, body: bytes = b"", file: str = "") -> list[Name]:
    """The names of a pasted list or an uploaded table: one a line, or columns headed 名称, 平台, 单位, 平台账号ID.
    Titles above the head, and numbers before names or in a column of their own, are passed over.

    Raises BadInput (Chinese) for a list without names, one that is too long, and platforms that don't exist.
    """
    if body:
        knobs = settings()
        sheets = read(body, file, max_rows=knobs.max_import_rows, max_bytes=knobs.max_import_bytes)
        rows = [(row.number, [one_line(as_text(cell)) for cell in row.cells]) for row in sheets[0].rows]
    else:
        rows = [(n, cells) for n, cells in enumerate(_split(text), start=1) if any(cells)]
    head = next((at for at, (_, cells) in enumerate(rows[:_HEAD_WITHIN]) if _columns(cells)), None)
    where = {"name": _named(rows)} if head is None else _columns(rows[head][1])
    rows = rows if head is None else rows[head + 1 :]
    if len(rows) > MOST_NAMES:
        raise BadInput(f"名单有 {len(rows)} 行，一次最多 {MOST_NAMES} 行，请分批导入")
    platforms = {code: name for code, name in session.execute(select(Platform.code, Platform.name))}
    out: list[Name] = []
    for number, cells in rows:
        value = {field: cells[at] if at < len(cells) else "" for field, at in where.items()}
        value["name"] = _NUMBERED.sub("", value["name"], count=1)
        if not value["name"]:
            continue
        code = code_of(value.get("platform", ""), platforms) if value.get("platform") else ""
        if code is None:
            raise BadInput(f"名单第 {number} 行：没有平台“{value['platform'][:20]}”，请改成台账中的平台名称或留空")
        line = Name(number, value["name"][:100], code, value.get("unit", "")[:60], value.get("external_id", "")[:200])
        if all((line.name, line.platform) != (other.name, other.platform) for other in out):
            out.append(line)
    if not out:
        raise BadInput("名单里没有名称。请每行写一个名称，或使用带“名称”表头的表格")
    return out


def _named(rows: Sequence[tuple[int, list[str]]]) -> int:
    """The column of the names where no head says so: the first that isn't all numbers."""
    width = max((len(cells) for _, cells in rows), default=0)
    return next((at for at in range(width) if any(
        at < len(cells) and cells[at] and not cells[at].isdecimal() for _, cells in rows
    )), 0)


def _split(text: str) -> list[list[str]]:
    """Pasted lines as cells: a table copied out of Excel has tabs; commas part columns where the head has them."""
    lines = text.replace("\r", "").split("\n")
    mark = "\t" if "\t" in text else "," if _columns(lines[0].replace("，", ",").split(",")) else ""
    if mark == ",":
        lines = [line.replace("，", ",") for line in lines]
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark)) if mark else [[line] for line in lines]
    return [[one_line(cell).lstrip("•·-*、 ") for cell in row] for row in rows]


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Field → place, of a head; empty where the first line is none."""
    heads = {settled(cell): at for at, cell in reversed(list(enumerate(cells)))}
    found = {field: heads[word] for field, words in _HEADS.items() for word in reversed(words) if word in heads}
    return found if "name" in found else {}


def match(session: Session, names: Iterable[Name], *, platform: str = "") -> list[Matched]:
    """Each line with its candidates in the ledger; `platform` holds for the lines that name none."""
    pool, district = known(session), settings().district
    out = []
    for line in names:
        meant = line.platform or platform
        line = replace(line, platform=meant)
        same = ledger.find_account(session, meant, line.external_id) if meant and line.external_id else None
        if same:
            exact = Candidate(next(one for one in pool if one.id == same.id), 100, same.external_id)
            out.append(Matched(line, [exact], exact))
            continue
        found = candidates(line.name, pool, platform=meant, district=district)
        out.append(Matched(line, found, sure(found)))
    return _once(out)


def _once(rows: list[Matched]) -> list[Matched]:
    """Of an account that several lines seem to mean, those are beyond doubt that write its own name or id; not those
    that write a former name or its unit's: they may mean another account of the unit."""
    claims = Counter(row.taken.known.id for row in rows if row.taken)
    return [
        replace(row, taken=None) if row.taken and claims[row.taken.known.id] > 1
        and row.taken.by not in (row.taken.known.name, row.line.external_id) else row for row in rows
    ]


# --- Taking in ------------------------------------------------------------------------------------------------------


def ways(collectors: Mapping[str, Any], platform: str) -> list[tuple[Definition, bool]]:
    """(definition, whether every account has a source of its own) that can collect a platform's accounts without
    further questions, those with known trouble last."""
    found = []
    for one in definitions():
        collector = collectors.get(one.collector)
        if one.platform != platform or collector is None or one.questions:
            continue
        for_each = one.bound or collector.account == "required"
        if for_each or (collector.account == "none" and collector.platform == platform):
            found.append((one, for_each))
    return sorted(found, key=lambda pair: bool(pair[0].trouble))


def add(
    session: Session, picks: Sequence[Pick], *, tags: Sequence[str] = (), boards: Sequence[int] = (),
    new_board: str = "", by: Mapping[str, Way] | None = None, bases: Mapping[str, str] | None = None, who: str,
    now: datetime,
) -> Added:
    """Take picked accounts in, with units that don't exist yet, boards and sources. Raises BadInput before the caller
    commits anything; `by`: platform → how its accounts are collected."""
    if not picks:
        raise BadInput("请先选择账号")
    done = Added()
    units = _new_units(session, picks)
    accounts = [_entry(session, pick, tags, done) for pick in picks]
    made = _boards(session, accounts, boards, new_board)
    there = {pick.account_id for pick in picks}
    changes = ledger.apply(session, Entries(
        units=[UnitEntry(name=name) for name in units], accounts=accounts, boards=made[0], members=made[1],
    ), who=who, now=now, what="台账（查找添加）")
    rows = [ledger.find_account(session, entry.platform, entry.external_id) for entry in accounts]
    done.accounts = [row.id for row in rows if row.id not in there]
    done.units = list(session.execute(select(Unit.id).where(Unit.name.in_(units))).scalars())
    done.boards = list(session.execute(select(Board.id).where(Board.name == new_board)).scalars()) if made[0] else []
    done.members = [pair for pair in _pairs(session, rows, [*boards, *done.boards]) if pair not in made[2]]
    ids = {(pick.known_as[0], row.external_id): pick.known_as[1] for pick, row in zip(picks, rows, strict=True)
           if pick.known_as}
    sources = _collect(session, rows, ids, by or {}, bases or {}, done, who, now)
    done.words = f"{changes.words}。{sources}" if changes.any else f"台账没有变化。{sources}"
    return done


def _new_units(session: Session, picks: Sequence[Pick]) -> list[str]:
    known_: set[str] = set()
    for unit in session.execute(select(Unit)).scalars():
        known_ |= {unit.name, *unit.aliases}
    return list(dict.fromkeys(pick.unit for pick in picks if pick.unit and pick.unit not in known_))


def _entry(session: Session, pick: Pick, tags: Sequence[str], done: Added) -> AccountEntry:
    account = session.get(Account, pick.account_id) if pick.account_id else None
    if account is None:
        if other := ledger.find_account(session, pick.platform, pick.external_id):
            raise BadInput(f"平台账号ID“{pick.external_id}”已属于台账中的账号“{other.name}”，请核对")
        try:
            return AccountEntry(
                platform=pick.platform, external_id=pick.external_id, name=pick.name, unit=pick.unit, tags=list(tags),
                url=pick.url,
            )
        except ValueError as error:
            raise BadInput(f"账号“{pick.name[:30]}”没有保存：平台、账号ID、名称不能为空，链接须以 http 开头") from error
    if pick.unit or tags:
        done.before[account.id] = (account.unit_id, list(account.tags))
    given: dict[str, Any] = {"unit": pick.unit} if pick.unit else {}
    if tags:
        given["tags"] = [*dict.fromkeys([*account.tags, *tags])]
    return AccountEntry(platform=account.platform, external_id=account.external_id, name=account.name,
                        **given)


def _boards(
    session: Session, accounts: Sequence[AccountEntry], boards: Sequence[int], new_board: str
) -> tuple[list[BoardEntry], list[MemberEntry], set[tuple[int, int]]]:
    """(a new board, members of all the boards, the pairs that were there before)."""
    platforms = list(dict.fromkeys(account.platform for account in accounts))
    made = []
    if new_board:
        if len(platforms) > 1:
            raise BadInput("一个榜单只能收同一平台的账号。所选账号分属多个平台，请分次添加，或不建新榜单")
        if session.execute(select(Board.id).where(Board.name == new_board)).first():
            raise BadInput(f"已有榜单叫“{new_board}”，请在“加入榜单”中选择它，或换一个名称")
        made = [BoardEntry(name=new_board, platform=platforms[0], picked=True)]
    named = [(board.name, board.platform) for board in map(lambda id_: session.get(Board, id_), boards) if board]
    members = [
        MemberEntry(board=name, platform=platform, account=account.external_id)
        for name, platform in [*named, *((board.name, board.platform) for board in made)]
        for account in accounts if account.platform == platform
    ]
    before = set(map(tuple, session.execute(select(BoardMember.board_id, BoardMember.account_id)).all()))
    return made, members, before


def _pairs(session: Session, rows: Sequence[Account], boards: Sequence[int]) -> list[tuple[int, int]]:
    query = select(BoardMember.board_id, BoardMember.account_id).where(
        BoardMember.board_id.in_(list(boards)), BoardMember.account_id.in_([row.id for row in rows])
    )
    return [tuple(row) for row in session.execute(query)]


def _collect(
    session: Session, rows: Sequence[Account], ids: Mapping[tuple[str, str], str], by: Mapping[str, Way],
    bases: Mapping[str, str], done: Added, who: str, now: datetime,
) -> str:
    """Turn the sources on; `ids`: (collector, account's id) → its id there."""
    entries = []
    for platform, way in by.items():
        mine = [(row.external_id, row.name) for row in rows if row.platform == platform]
        if lacking := way.lacking(mine):
            raise BadInput(f"“{way.one.title}”请为这些账号选择凭据：{'、'.join(lacking[:10])}")
        if mine:
            entries += ledger_sources.planned(
                way.one, bases=bases, values={}, accounts=mine if way.for_each else (), credentials=way.credentials,
                ids={id_: other for (kind, id_), other in ids.items() if kind == way.one.collector},
            )
    if not entries:
        return "没有为它们启用采集源。"
    before = dict(session.execute(select(Source.id, Source.enabled)).all())
    words = ledger_sources.turn_on(session, entries, who=who, now=now)
    for id_, enabled in session.execute(select(Source.id, Source.enabled)).all():
        if id_ not in before:
            done.sources.append(id_)
        elif enabled and not before[id_]:
            done.switched.append(id_)
    return words


# --- Taking back ----------------------------------------------------------------------------------------------------


def undo(session: Session, done: Added, *, who: str, now: datetime) -> str:
    """Take back what one deed made; what already holds collected facts stays, its sources switched off. The outcome in
    Chinese."""
    for board_id, account_id in done.members:
        session.execute(delete(BoardMember).where(
            BoardMember.board_id == board_id, BoardMember.account_id == account_id
        ))
    kept_sources = _drop(session, Source, "source", done.sources, ())
    for id_ in (*kept_sources, *done.switched):
        source = session.get(Source, id_)
        if source is not None:
            source.enabled = False
    for id_, (unit_id, tags) in done.before.items():
        account = session.get(Account, id_)
        if account is not None:
            account.unit_id, account.tags = unit_id, tags
    session.flush()
    kept = _drop(session, Account, "account", done.accounts, _FACTLESS)
    _drop(session, Board, "board", done.boards, (BoardVersion.__tablename__,))
    board_versions.record(session, who=who, now=now)
    _drop(session, Unit, "unit", done.units, ())
    removed = len(done.accounts) - len(kept)
    parts = [f"去掉账号 {removed} 个、采集源 {len(done.sources) - len(kept_sources)} 个"]
    if done.members:
        parts.append(f"去掉榜单成员 {len(done.members)} 条")
    if done.before:
        parts.append(f"{len(done.before)} 个账号恢复了原来的单位和标签")
    if kept:
        parts.append(f"{len(kept)} 个账号已有采集到的数据，保留在台账中")
    if kept_sources:
        parts.append(f"{len(kept_sources)} 个采集源已经采集过，改为停用")
    words = "已撤销：" + "；".join(parts) + "。"
    audit.note(session, who, "撤销查找添加", detail=words)
    session.flush()
    db.bump(session, now)
    return words


def _drop(session: Session, kind: Any, table: str, ids: Sequence[int], along: Sequence[str]) -> list[int]:
    """Delete rows that nothing refers to, with what `along` names; the ids of the others."""
    users = [
        (other, key.parent) for other in METADATA.tables.values() for key in other.foreign_keys
        if key.column.table.name == table and key.column.name == "id"
    ]
    kept = []
    for id_ in ids:
        held = [column for other, column in users if other.name not in along]
        if any(session.execute(select(exists().where(column == id_))).scalar() for column in held):
            kept.append(id_)
            continue
        for other, column in users:
            if other.name in along:
                session.execute(delete(other).where(column == id_))
        if (row := session.get(kind, id_)) is not None:
            session.delete(row)
            session.flush()
    return kept
