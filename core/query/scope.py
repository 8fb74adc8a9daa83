"""What a question is about: the shared filter, and the accounts that it means."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from core.models import Account, Board, BoardMember, Unit


@dataclass(frozen=True, slots=True)
class Filter:
    """The shared filter bar. Dates are Shanghai days, both included; empty means all.

    `kinds` are unit kinds (bureau, street …), `units` unit ids, `board` a board's id.
    """

    start: date
    end: date
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    board: int | None = None

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def accounts(where: Filter) -> Select[tuple[int]]:
    """SELECT of the ids of the accounts meant; use as `AccountDay.account_id.in_(accounts(where))`."""
    query = select(Account.id)
    if where.platforms:
        query = query.where(Account.platform.in_(where.platforms))
    if where.units:
        query = query.where(Account.unit_id.in_(where.units))
    if where.kinds:
        query = query.where(Account.unit_id.in_(select(Unit.id).where(Unit.kind.in_(where.kinds))))
    if where.board is not None:
        query = query.where(Account.id.in_(board_members(where.board)))
    return query


def board_members(board_id: int) -> Select[tuple[int]]:
    """SELECT of the account ids of a board: its platform, and its picked members or its rule by kind of unit.

    A rule over tags is applied in `query.boards`, where the accounts are read anyway (tags are JSON).
    """
    board = select(Board).where(Board.id == board_id).subquery()
    picked = select(BoardMember.account_id).where(BoardMember.board_id == board_id)
    return (
        select(Account.id)
        .join(board, board.c.platform == Account.platform)
        .where((board.c.picked.is_(False)) | (Account.id.in_(picked)))
    )
