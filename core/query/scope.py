"""What a question is about: the shared filter, and the accounts that it means."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session

from core.labels import UNIT_KINDS
from core.models import Account, AccountDay, Board, BoardMember, MentionDay, Platform, Source, Unit


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


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter bar offers, and the first and last Shanghai day that hold data (None: none)."""

    platforms: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    units: tuple[tuple[int, str, str], ...]
    boards: tuple[tuple[int, str], ...]
    first_day: date | None
    last_day: date | None
    demo: bool


def choices(session: Session) -> Choices:
    """Platforms that have accounts, units, boards, and the span of the data."""
    used = select(Account.platform).distinct()
    platforms = session.execute(
        select(Platform.code, Platform.name).where(Platform.code.in_(used)).order_by(Platform.sort)
    ).all()
    units = session.execute(select(Unit.id, Unit.name, Unit.kind).order_by(Unit.sort, Unit.name)).all()
    boards = session.execute(select(Board.id, Board.name).order_by(Board.sort, Board.name)).all()
    kinds = {unit.kind for unit in units}
    first_day, last_day = span(session)
    demo = session.execute(
        select(exists().where(Account.demo.is_(True)) | exists().where(Source.demo.is_(True)))
    ).scalar()
    return Choices(
        tuple((p.code, p.name) for p in platforms), tuple(k for k in UNIT_KINDS if k in kinds),
        tuple((u.id, u.name, u.kind) for u in units), tuple((b.id, b.name) for b in boards),
        first_day, last_day, bool(demo),
    )


def span(session: Session) -> tuple[date | None, date | None]:
    """First and last Shanghai day with account data, else with mentions; (None, None) in an empty database."""
    for column, where in ((AccountDay.day, AccountDay.basis == "latest"), (MentionDay.day, True)):
        # Two look-ups in the index; one SELECT with both min and max would read all of it.
        least = select(func.min(column)).where(where).scalar_subquery()
        most = select(func.max(column)).where(where).scalar_subquery()
        first, last = session.execute(select(least, most)).one()
        if first is not None:
            break
    return first, last
