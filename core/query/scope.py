"""What a question is about: the shared filter, and the accounts that it means."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session

from core.board_versions import BOARD_ORDER
from core.labels import UNIT_KINDS
from core.models import Account, AccountDay, Board, MentionDay, Platform, Source, Unit


@dataclass(frozen=True, slots=True)
class Filter:
    """The shared filter bar. Dates are Shanghai days, both included; empty means all.

    `kinds` are unit kinds (bureau, street …), `units` unit ids, `board` a board's id, `as_of` the day as of which the
    board's definition counts (None: as it is now).
    """

    start: date
    end: date
    platforms: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    board: int | None = None
    as_of: date | None = None

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def over(self, first: date, last: date) -> "Filter":
        """The same over another period."""
        return replace(self, start=first, end=last)


def id_of(text: str, *, big: bool = False) -> int | None:
    """The id that a link says; None for what can be none: PostgreSQL refuses to look for one that its column does not
    hold. `big`: of mentions and demands, whose ids have 64 bits."""
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None
    return found if found is not None and found < 2 ** (63 if big else 31) else None


def accounts(where: Filter) -> Select[tuple[int]]:
    """SELECT of the ids of the accounts meant by platform, kind and unit.

    A board's rule is wider than SQL can say alike everywhere (tags are JSON): `query.totals.meant` applies it too.
    """
    query = select(Account.id)
    if where.platforms:
        query = query.where(Account.platform.in_(where.platforms))
    if where.units:
        query = query.where(Account.unit_id.in_(where.units))
    if where.kinds:
        query = query.where(Account.unit_id.in_(select(Unit.id).where(Unit.kind.in_(where.kinds))))
    return query


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter bar offers; `posts` and `mentions` are the first and last Shanghai day that hold some. Boards
    are (id, name, category); `archived` ones are offered nowhere, but a link still opens them."""

    platforms: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]
    units: tuple[tuple[int, str, str], ...]
    boards: tuple[tuple[int, str, str], ...]
    archived: tuple[tuple[int, str, str], ...]
    posts: tuple[date, date] | None
    mentions: tuple[date, date] | None
    demo: bool


def choices(session: Session) -> Choices:
    """Platforms that have accounts, units, boards, and the spans of the data."""
    used = select(Account.platform).distinct()
    platforms = session.execute(
        select(Platform.code, Platform.name).where(Platform.code.in_(used)).order_by(Platform.sort)
    ).all()
    units = session.execute(select(Unit.id, Unit.name, Unit.kind).order_by(Unit.sort, Unit.name)).all()
    listed = select(Board.id, Board.name, Board.category).where(Board.shown).order_by(*BOARD_ORDER)
    boards, archived = (session.execute(listed.where(Board.archived.is_(gone))).all() for gone in (False, True))
    kinds = {unit.kind for unit in units}
    demo = session.execute(
        select(exists().where(Account.demo.is_(True)) | exists().where(Source.demo.is_(True)))
    ).scalar()
    return Choices(
        tuple((p.code, p.name) for p in platforms), tuple(k for k in UNIT_KINDS if k in kinds),
        tuple((u.id, u.name, u.kind) for u in units), tuple(map(tuple, boards)),
        tuple(map(tuple, archived)),
        _span(session, AccountDay.day, AccountDay.basis == "latest"), _span(session, MentionDay.day), bool(demo),
    )


def _span(session: Session, column, *where) -> tuple[date, date] | None:
    # Two look-ups in the index; one SELECT with both min and max would read all of it.
    least = select(func.min(column)).where(*where).scalar_subquery()
    most = select(func.max(column)).where(*where).scalar_subquery()
    first, last = session.execute(select(least, most)).one()
    return None if first is None else (first, last)
