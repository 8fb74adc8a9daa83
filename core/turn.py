"""Whose turn it is to change topics: a moment in the database that every change moves on.

Topics are worked out in memory before anything is written. Whoever writes takes the turn first, and finds that somebody
else had it since: then what was worked out is dropped.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import Session

from core.db import upsert
from core.models import Remembered

_KEY = "understand"
_STEP = timedelta(microseconds=1)


def seen(session: Session, now: datetime) -> datetime:
    """The moment of the last turn; ends the transaction at hand, so that what is read next is not older."""
    upsert(session, Remembered, [{"key": _KEY, "value": {}, "updated_at": now}], ["key"])
    session.commit()
    return session.execute(select(Remembered.updated_at).where(Remembered.key == _KEY)).scalar_one()


def take(session: Session, last: datetime, now: datetime) -> datetime | None:
    """Take the turn, holding it until the commit; None, with all undone, when somebody had it since `last`."""
    mine = max(now, last + _STEP)
    taken = session.execute(
        update(Remembered).where(Remembered.key == _KEY, Remembered.updated_at == last).values(updated_at=mine)
        .execution_options(synchronize_session=False)
    ).rowcount
    if not taken:
        session.rollback()
        return None
    return mine


def move_on(session: Session) -> None:
    """Topics are changed in this transaction otherwise: what others hold of them in memory is out of date. Whoever
    calls it first keeps everybody else from changing topics until the commit."""
    mine = update(Remembered).where(Remembered.key == _KEY).execution_options(synchronize_session=False)
    session.execute(mine.values(value={}))  # takes the row before it is read, so that no two read the same moment
    last = session.execute(select(Remembered.updated_at).where(Remembered.key == _KEY)).scalar()
    if last is not None:
        session.execute(mine.values(updated_at=last + _STEP))
