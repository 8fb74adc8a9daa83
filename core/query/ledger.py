"""What the room 账号台账 shows: units, accounts and boards in the words of the ledger's workbook."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import board_versions as versions
from core import local_indices
from core.labels import BASES, ORDERS, UNIT_KINDS, WEEKDAYS
from core.ledger import AccountEntry, BoardEntry, UnitEntry, ledger_rows
from core.ledger.entries import BOARD_PERIODS, FIELDS, IMPORTANCE
from core.models import Account, AccountDay, Board, BoardMember, BoardVersion, Platform, Unit
from core.query import totals


def accounts(session: Session) -> pd.DataFrame:
    """Every account: account_id, the sheet's fields in words, former, unit_kind (in words), last_day (the last day with
    a post, missing when there is none)."""
    found = pd.DataFrame(
        ledger_rows(session)[AccountEntry], columns=["account_id", *FIELDS[AccountEntry], "former"]
    )
    kinds = {name: UNIT_KINDS.get(kind, kind) for name, kind in session.execute(select(Unit.name, Unit.kind))}
    found["unit_kind"] = [kinds.get(unit, "") for unit in found["unit"]]
    last_days = (
        select(AccountDay.account_id, func.max(AccountDay.day))
        .where(AccountDay.basis == "latest", AccountDay.posts > 0).group_by(AccountDay.account_id)
    )
    last = {account_id: day for account_id, day in session.execute(last_days)}
    found["last_day"] = [last.get(account_id) for account_id in found["account_id"]]
    return found


def units(session: Session) -> pd.DataFrame:
    """Every unit: id, the sheet's fields in words, accounts (how many it has)."""
    found = pd.DataFrame(ledger_rows(session)[UnitEntry], columns=["id", *FIELDS[UnitEntry]])
    owned = select(Account.unit_id, func.count()).where(Account.unit_id.is_not(None)).group_by(Account.unit_id)
    counts = {unit_id: number for unit_id, number in session.execute(owned)}
    found["accounts"] = [counts.get(unit_id, 0) for unit_id in found["id"]]
    return found


def boards(session: Session) -> pd.DataFrame:
    """Every board: id, the sheet's fields in words, members (accounts that it ranks now, by rule or picked)."""
    found = pd.DataFrame(ledger_rows(session)[BoardEntry], columns=["id", *FIELDS[BoardEntry]])
    held = {board.id: len(totals.members(session, board)) for board in session.execute(select(Board)).scalars()}
    found["members"] = [held[board_id] for board_id in found["id"]]
    return found


def board_versions(session: Session) -> pd.DataFrame:
    """What boards were, the newest version first: board (its name now), at, who, name, platform, scope (words), index,
    order, basis, period, others (words)."""
    named = dict(session.execute(select(Board.id, Board.name)).all())
    platforms_, indices, rows = platforms(session), local_indices.titles(session), []
    query = select(BoardVersion.board_id, BoardVersion.at, BoardVersion.who, BoardVersion.definition)
    for board_id, at, who, kept in session.execute(query.order_by(BoardVersion.id.desc())):
        said = versions.read(kept)
        kinds = "、".join(UNIT_KINDS[kind] for kind in said["unit_kinds"]) or "全部单位"
        degrees = "、".join(IMPORTANCE[degree] for degree in said["importances"])
        narrower = [f"{degrees}账号"] * bool(degrees) + [f"标签 {'、'.join(said['tags'])}"] * bool(said["tags"])
        rule = "，".join([kinds, *narrower])
        rows.append({
            "board": named[board_id], "at": at, "who": who, "name": said["name"],
            "platform": platforms_.get(said["platform"], said["platform"]),
            "scope": f"指定成员 {len(said['members'])} 个" if said["picked"] else rule,
            "index": indices.get(said["index"], "平台默认"), "basis": BASES[said["basis"]],
            "order": ORDERS[said["order_by"]], "period": _period(said), "others": _others(said),
        })
    frame = pd.DataFrame(rows, columns=["board", "at", "who", "name", "platform", "scope", "index", "order", "basis",
                                        "period", "others"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def _period(said: Mapping[str, Any]) -> str:
    word = BOARD_PERIODS[said["period"]]
    return f"{word}（{WEEKDAYS[said['week_start']]}起）" if said["period"] == "week" else word


def _others(said: Mapping[str, Any]) -> str:
    """What of a board is not as it usually is."""
    return "；".join(words for words, so in (
        (f"只显示{'、'.join(ORDERS[name] for name in said['columns'])}", said["columns"]),
        ("均值取一位小数", said["rounded"]), ("仅台账可见", not said["shown"]), ("已归档", said["archived"]),
    ) if so)


def picked(session: Session, board_id: int) -> tuple[list[int], dict[int, str]]:
    """The account ids picked for a board, and what can be picked: account id → name and unit, of its platform."""
    members = select(BoardMember.account_id).where(BoardMember.board_id == board_id).order_by(BoardMember.account_id)
    query = (
        select(Account.id, Account.name, Unit.name)
        .join(Board, Board.platform == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Board.id == board_id).order_by(Account.name, Account.id)
    )
    offered = {id_: f"{name}（{unit}）" if unit else name for id_, name, unit in session.execute(query)}
    return list(session.execute(members).scalars()), offered


def platforms(session: Session) -> dict[str, str]:
    """Platform code → name, in the catalogue's order."""
    query = select(Platform.code, Platform.name).order_by(Platform.sort)
    return {code: name for code, name in session.execute(query)}


def account_names(session: Session, platform: str) -> list[str]:
    """Names of a platform's accounts, for the form of a file import."""
    query = select(Account.name).where(Account.platform == platform).order_by(Account.name).distinct()
    return list(session.execute(query).scalars())


def matching(frame: pd.DataFrame, search: str = "", **equal: str | None) -> pd.DataFrame:
    """The rows of which a text cell holds `search` and whose named columns are equal to what is asked; pure."""
    for name, value in equal.items():
        if value:
            frame = frame[frame[name] == value]
    wanted = " ".join(search.split()).lower()
    if wanted:
        texts = frame.select_dtypes(include=["object", "string"])
        held = texts.apply(lambda cells: cells.map(lambda cell: isinstance(cell, str) and wanted in cell.lower()))
        frame = frame[held.any(axis=1)]
    return frame.reset_index(drop=True)
