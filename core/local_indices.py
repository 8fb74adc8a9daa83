"""Indices by key, published ones and the district's own (本地指数), and the versions of the latter.

A local index is never edited: a change is a new version under a new key, and the version before it is retired, which
means that it is offered for nothing new. Boards that name a version keep it until a person moves them, and boards that
follow their platform's usual index are made to name the version that they had, so that no ranking changes by itself.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import audit, board_versions, clock, db
from core.faults import BadInput
from core.metrics import local
from core.metrics.indices import INDICES, Index, for_platform
from core.models import Board, LocalIndex, Platform

# --- Looking up -----------------------------------------------------------------------------------------------------


def find(session: Session, key: str) -> Index:
    """The index of that key, published or local, retired ones included. Raises LookupError (Chinese) for none."""
    if key in INDICES:
        return INDICES[key]
    row = session.execute(select(LocalIndex).where(LocalIndex.key == key)).scalar()
    if row is None:
        raise LookupError(f"没有“{key}”这种指数")
    return _index(row)


def rankers(session: Session, platform: str) -> list[Index]:
    """What can rank a platform: published indices first, then local ones that are not retired. Empty for an unknown
    platform."""
    found = session.get(Platform, platform)
    public = for_platform(found.code, found.family) if found else []
    return public + [_index(row) for row in _rows(session) if platform in row.platforms and not row.retired]


def titles(session: Session, *, retired: bool = True) -> dict[str, str]:
    """Key → title of every index, published ones first. `retired` False: without the retired local ones that no board
    names."""
    named = () if retired else set(session.execute(select(Board.index)).scalars())
    public = {key: index.title for key, index in INDICES.items()}
    return public | {row.key: _title(row) for row in _rows(session) if retired or not row.retired or row.key in named}


def ranked_by(session: Session) -> dict[str, tuple[str, ...]]:
    """Local key → codes of the platforms that it is made for, retired ones included."""
    return {row.key: tuple(row.platforms) for row in _rows(session)}


def usual_of(session: Session, platform: str, as_of: date | None = None) -> str:
    """Key of the index that ranks a platform where none is asked for: the published one, else the local one marked
    usual, else "". `as_of`: the version of that local index that there was at the end of the day, the first one where
    it is younger."""
    found = session.get(Platform, platform)
    if found is None or found.index:
        return found.index if found else ""
    rows = [row for row in _rows(session) if platform in row.platforms]
    now = next((row for row in rows if row.usual), None)
    if now is None or as_of is None:
        return now.key if now else ""
    end = clock.instant(as_of + timedelta(1))
    mine = [row for row in rows if row.name == now.name and row.version <= now.version]
    return next((row.key for row in reversed(mine) if row.at < end), mine[0].key)


def offered(session: Session, platforms: Sequence[str]) -> dict[str, str]:
    """What an index for all of these platforms can be made of: input → Chinese name; empty without a platform."""
    return local.offered(_counters(session, platforms)) if platforms else {}


def template(session: Session, platforms: Sequence[str]) -> dict[str, Any]:
    """A definition to begin with, made of what all of these platforms yield."""
    return local.template(_counters(session, platforms))


def namers(session: Session, key: str) -> dict[str, list[str]]:
    """Key → names of the boards that name or follow it, for every version of the same index. Raises BadInput for an
    unknown key."""
    mine: dict[str, list[str]] = {row.key: [] for row in _versions(session, key)}
    followed = _followed(session)
    public = set(session.execute(select(Platform.code).where(Platform.index != "")).scalars())
    for name, platform, named in session.execute(select(Board.name, Board.platform, Board.index).order_by(Board.id)):
        meant = named or ("" if platform in public else followed.get(platform, ""))
        if meant in mine:
            mine[meant].append(name)
    return mine


def _rows(session: Session) -> Sequence[LocalIndex]:
    return session.execute(select(LocalIndex).order_by(LocalIndex.name, LocalIndex.version)).scalars().all()


def _title(row: LocalIndex) -> str:
    return f"{row.name}（本地，第{row.version}版）"


def _index(row: LocalIndex) -> Index:
    told = f"{clock.local(row.at):%Y-%m-%d} 由{row.who or '系统'}保存"
    return local.index(row.name, row.platforms, row.definition, key=row.key, version=row.version, told=told)


def _counters(session: Session, platforms: Sequence[str]) -> list[str]:
    held = [found.counters for code in platforms if (found := session.get(Platform, code))]
    return [name for name in held[0] if all(name in others for others in held)] if held else []


def _versions(session: Session, key: str) -> list[LocalIndex]:
    """Every version of the index of which `key` is one, the first one first. Raises BadInput for an unknown key."""
    rows = _rows(session)
    mine = next((row.name for row in rows if row.key == key), None)
    if mine is None:
        raise BadInput("这个本地指数不存在，请刷新页面后重试")
    return [row for row in rows if row.name == mine]


# --- Changes --------------------------------------------------------------------------------------------------------


def faults(session: Session, name: str, platforms: Sequence[str], definition: Mapping[str, Any]) -> list[str]:
    """Everything that keeps an index from being saved, in Chinese."""
    out = [fault] if (fault := local.name_fault(name)) else []
    if not platforms:
        return [*out, "请选择适用平台"]
    held = {code: session.get(Platform, code) for code in platforms}
    if silent := [code for code, found in held.items() if found is None or not found.counters]:
        names = "、".join(held[code].name if held[code] else code for code in silent)
        return [*out, f"“{names}”没有可用于计分的数据，请去掉这个平台"]
    return out + local.faults(definition, offered(session, platforms))


def save(
    session: Session, name: str, platforms: Sequence[str], definition: Mapping[str, Any], *, usual: bool = False,
    move: bool = False, who: str, now: datetime, demo: bool = False,
) -> LocalIndex:
    """Add the first or the next version of the index of that name, and retire the one before. `usual`: it ranks its
    platforms where no public index does; `move`: boards on older versions, named or followed, go along. Raises BadInput
    before anything is written. The caller commits."""
    name = " ".join(name.split())
    if wrong := faults(session, name, platforms, definition):
        raise BadInput("本地指数没有保存：" + "；".join(wrong))
    kept = local.tidy(definition)
    earlier = [row for row in _rows(session) if row.name == name]
    last = earlier[-1] if earlier else None
    if last and (last.definition, sorted(last.platforms)) == (kept, sorted(platforms)):
        raise BadInput(f"与第 {last.version} 版{'（已停用，可以恢复）' if last.retired else ''}相同，没有可保存的修改")
    if usual:
        _may_be_usual(session, name, platforms)
    board_versions.record(session, who="", now=now)  # what they were, for boards that have no version yet
    followed = _followed(session)
    version = last.version + 1 if last else 1
    made = LocalIndex(
        key=f"local_{hashlib.sha256(name.encode()).hexdigest()[:10]}_v{version}", name=name, version=version,
        platforms=list(platforms), definition=kept, usual=usual, at=now, who=who, demo=demo,
    )
    for row in earlier:
        row.retired, row.usual = True, False
    session.add(made)
    session.flush()
    _hold(session, followed, going=made.key if move else None)
    moved = _move(session, made, earlier) if move else []
    detail = f"适用平台：{_names(session, platforms)}；{local.words(kept)}" + ("；设为平台默认" if usual else "")
    detail += f"；改用新版的榜单：{'、'.join(moved)}" if moved else ""
    _done(session, "修改本地指数" if last else "新增本地指数", _title(made), detail, who, now)
    return made


def retire(session: Session, key: str, *, who: str, now: datetime) -> None:
    """Offer a version for nothing new; boards that name or follow it keep it. Raises BadInput for an unknown key."""
    row = _one(session, key)
    board_versions.record(session, who="", now=now)
    followed = _followed(session)
    row.retired, row.usual = True, False
    _hold(session, followed)
    _done(session, "停用本地指数", _title(row), "", who, now)


def restore(session: Session, key: str, *, who: str, now: datetime) -> None:
    """Offer a version again. Raises BadInput for an unknown key."""
    row = _one(session, key)
    row.retired = False
    _done(session, "恢复本地指数", _title(row), "", who, now)


def set_usual(session: Session, key: str, on: bool, *, who: str, now: datetime) -> None:
    """Let a version rank its platforms where no public index does, or no longer; boards that followed another version
    keep that. Raises BadInput where it is retired or another index does so already."""
    row = _one(session, key)
    if on and row.retired:
        raise BadInput(f"“{_title(row)}”已停用，请先恢复")
    if on:
        _may_be_usual(session, row.name, row.platforms)
    board_versions.record(session, who="", now=now)
    followed = _followed(session)
    for other in _versions(session, key):
        other.usual = on and other.key == key
    _hold(session, followed)
    action = "设为平台默认指数" if on else "取消平台默认指数"
    _done(session, action, _title(row), _names(session, row.platforms), who, now)


def move_boards(session: Session, key: str, *, who: str, now: datetime) -> list[str]:
    """Make the boards that name another version of the same index name this one, where it ranks their platform; returns
    their names. Raises BadInput for an unknown key."""
    row = _one(session, key)
    board_versions.record(session, who="", now=now)
    moved = _move(session, row, [other for other in _versions(session, key) if other.key != key])
    if moved:
        _done(session, "榜单改用新版本地指数", _title(row), "、".join(moved), who, now)
    return moved


def _one(session: Session, key: str) -> LocalIndex:
    return next(row for row in _versions(session, key) if row.key == key)


def _may_be_usual(session: Session, name: str, platforms: Sequence[str]) -> None:
    """Raise BadInput unless the index may rank its platforms by default."""
    without = [code for code in platforms if not session.get(Platform, code).index]
    if not without:
        raise BadInput(f"{_names(session, platforms)}已有公开指数，不能再设默认的本地指数，请取消“设为平台默认”")
    for row in _rows(session):
        if row.usual and row.name != name and (both := [code for code in without if code in row.platforms]):
            raise BadInput(f"{_names(session, both)}的默认指数已是“{_title(row)}”，请先取消它的默认")


def _followed(session: Session) -> dict[str, str]:
    """Platform → the local index that its boards without one of their own follow."""
    return {code: row.key for row in _rows(session) if row.usual for code in row.platforms}


def _hold(session: Session, followed: Mapping[str, str], going: str | None = None) -> None:
    """Let boards that followed an index name it, where their platform's usual one has become another; they go along
    with `going`."""
    session.flush()
    for board in session.execute(select(Board).where(Board.index == "", Board.platform.in_(followed))).scalars():
        before = followed[board.platform]
        if not session.get(Platform, board.platform).index and usual_of(session, board.platform) not in (before, going):
            board.index = before


def _move(session: Session, row: LocalIndex, others: Sequence[LocalIndex]) -> list[str]:
    named = select(Board).where(Board.index.in_([other.key for other in others])).order_by(Board.id)
    boards = [board for board in session.execute(named).scalars() if board.platform in row.platforms]
    for board in boards:
        board.index = row.key
    return [board.name for board in boards]


def _names(session: Session, platforms: Sequence[str]) -> str:
    return "、".join(session.get(Platform, code).name for code in platforms)


def _done(session: Session, action: str, what: str, detail: str, who: str, now: datetime) -> None:
    session.flush()
    board_versions.record(session, who=who, now=now)
    audit.note(session, who, action, what, detail)
    db.bump(session, now)
