"""What things of the district are called: names that have to be told from other words."""

from sqlalchemy import select
from sqlmodel import Session

from core.models import Account, Board, OwnPlace, Platform, Topic, Unit


def known(session: Session) -> frozenset[str]:
    """Names of accounts, units, platforms, boards and the district's own places, with their other names, and the titles
    of the active topics."""
    found: set[str] = set()
    for column in (Account.name, Platform.name, Board.name):
        found |= set(session.execute(select(column)).scalars())
    for table in (Unit, OwnPlace):
        for name, aliases in session.execute(select(table.name, table.aliases)):
            found |= {name, *aliases}
    shown = select(Topic.title).where(Topic.active.is_(True), Topic.hidden_at.is_(None))
    found |= set(session.execute(shown).scalars())
    return frozenset(name for name in found if name)
