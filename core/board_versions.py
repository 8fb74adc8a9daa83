"""What each board was, and since when: a version for every change of its definition or of its picked members.

A board by rule (kinds of units, tags) is versioned with its rule; which accounts a rule means is what the ledger says
now, since units and tags have no versions of their own.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock
from core.models import Board, BoardMember, BoardVersion

BOARD_ORDER = (func.min(Board.sort).over(partition_by=Board.category), Board.category, Board.sort, Board.name)
"""ORDER BY of boards wherever they are listed: by category, that of the smallest place first, then by place."""
_KEPT = ("name", "platform", "unit_kinds", "tags", "importances", "picked", "index", "order_by", "basis", "rounded",
         "columns", "period", "week_start", "shown", "archived")
_LATER = {"importances": [], "order_by": "index", "rounded": False, "columns": [], "period": "", "week_start": 0,
          "shown": True, "archived": False}
"""What a version says of which it was not yet kept: what every board was then."""
_OFFERED = ("shown", "archived")
"""Where a board is offered: versioned, but nothing that makes it another list."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A board as it is or was. `since`: when this version began, and `members` the account ids that were picked then;
    None for the present one, whose members stand in the ledger."""

    id: int
    name: str
    platform: str
    unit_kinds: tuple[str, ...]
    tags: tuple[str, ...]
    picked: bool
    index: str
    basis: str
    importances: tuple[int, ...] = ()
    order_by: str = "index"
    columns: tuple[str, ...] = ()
    period: str = ""
    week_start: int = 0
    rounded: bool = False
    shown: bool = True
    archived: bool = False
    members: tuple[int, ...] = ()
    since: datetime | None = None


def record(session: Session, *, who: str, now: datetime) -> int:
    """Write a version of every board that differs from its last one; returns how many. The caller commits."""
    session.flush()
    last = _last(session)
    made = 0
    for board in session.execute(select(Board).order_by(Board.id)).scalars():
        said = _said(session, board)
        if last.get(board.id) != said:
            session.add(BoardVersion(board_id=board.id, at=now, who=who, definition=said))
            made += 1
    session.flush()
    return made


def _said(session: Session, board: Board) -> dict[str, Any]:
    out: dict[str, Any] = {name: getattr(board, name) for name in _KEPT}
    query = select(BoardMember.account_id).where(BoardMember.board_id == board.id).order_by(BoardMember.account_id)
    return out | {"members": list(session.execute(query).scalars()) if board.picked else []}


def _last(session: Session) -> dict[int, dict[str, Any]]:
    newest = select(func.max(BoardVersion.id)).group_by(BoardVersion.board_id)
    query = select(BoardVersion.board_id, BoardVersion.definition).where(BoardVersion.id.in_(newest))
    return {board_id: read(said) for board_id, said in session.execute(query)}


def read(said: dict[str, Any]) -> dict[str, Any]:
    """What a version says (BoardVersion.definition), with all that is kept today."""
    return _LATER | said


def definition(session: Session, board_id: int, as_of: date | None = None) -> Definition | None:
    """A board as it is, or as it was at the end of a Shanghai day: the version then in force, the first one where it is
    younger. None where there is no such board."""
    board = session.get(Board, board_id)
    if board is None:
        return None
    if as_of is not None and (version := _version(session, board_id, as_of)):
        said = read(version.definition)
        return Definition(board_id, **{name: _fixed(value) for name, value in said.items()}, since=version.at)
    return Definition(board_id, **{name: _fixed(getattr(board, name)) for name in _KEPT})


def _fixed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _version(session: Session, board_id: int, as_of: date) -> BoardVersion | None:
    mine = select(BoardVersion).where(BoardVersion.board_id == board_id)
    end = clock.instant(as_of + timedelta(1))
    then = mine.where(BoardVersion.at < end).order_by(BoardVersion.id.desc()).limit(1)
    return session.execute(then).scalar() or session.execute(mine.order_by(BoardVersion.id).limit(1)).scalar()


def changed_since(session: Session, board_id: int, day: date) -> datetime | None:
    """When a board last became another list, if that was after a Shanghai day; else None. Where it is offered does not
    count."""
    query = select(BoardVersion.at, BoardVersion.definition).where(BoardVersion.board_id == board_id)
    changed, before = None, None
    for at, said in session.execute(query.order_by(BoardVersion.id)):
        listed = {name: value for name, value in read(said).items() if name not in _OFFERED}
        if before is not None and listed != before:
            changed = at
        before = listed
    return changed if changed is not None and changed >= clock.instant(day + timedelta(1)) else None
