"""What waits to be sifted (core.sift): new mentions and changed ones, noted by `ingest`, and those that a change of
watches, words, places or weights concerns.

A mention that is noted again while it waits counts up (`Unsifted.asked`): who is just reading it as it was, or by the
rules that were, sees by that when it is done that it must be read once more.
"""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from core import clock, db
from core.models import Mention, Remembered, Unsifted

BACK = timedelta(days=30)
"""How far back mentions are sifted anew when something changed."""
_RULES = "rules_mark"
"""Key in `remembered`."""


def again(session: Session, now: datetime, back: timedelta = BACK) -> int:
    """Ask for the mentions published since then to be sifted again; returns how many there are. Call after the change
    that is the reason. The caller commits."""
    db.upsert(session, Remembered, [{"key": _RULES, "value": {"mark": uuid4().hex}, "updated_at": now}], ["key"],
              ["value", "updated_at"])
    return note(session, *since(now - back))


def rules(session: Session) -> str:
    """A mark that is another one after every change for which mentions are sifted again; empty before the first."""
    held = session.execute(select(Remembered.value).where(Remembered.key == _RULES)).scalar()
    return held["mark"] if held else ""


def note(session: Session, *where: ColumnElement[bool]) -> int:
    """Ask for the mentions that meet all of this to be sifted; returns how many there are. The caller commits."""
    # In order, so that two who note the same ones wait for each other instead of both for ever; by a sum, since for the
    # mere id SQLite would read the whole table in its order.
    made = db.inserting(session, Unsifted).from_select(
        ["mention_id"], select(Mention.id).where(*where).order_by(Mention.id + 0))
    return session.execute(made.on_conflict_do_update(
        index_elements=["mention_id"], set_={"asked": Unsifted.asked + 1})).rowcount


def since(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Conditions of mentions published since that moment: by the day, of which there is an index, and exactly."""
    return Mention.day >= clock.day_of(at), Mention.published_at >= at
