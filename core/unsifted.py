"""What waits to be sifted (core.sift): new mentions are noted by `ingest`, and here those that a change of watches,
words, places or weights concerns."""

from datetime import datetime, timedelta

from sqlalchemy import exists, insert, select
from sqlmodel import Session

from core.models import Mention, Unsifted

BACK = timedelta(days=30)
"""How far back mentions are sifted anew when something changed."""


def again(session: Session, now: datetime, back: timedelta = BACK) -> int:
    """Ask for the mentions published since then to be sifted again; returns how many wait newly. The caller commits."""
    waiting = exists().where(Unsifted.mention_id == Mention.id)
    return session.execute(insert(Unsifted).from_select(
        ["mention_id"], select(Mention.id).where(Mention.published_at >= now - back, ~waiting))).rowcount
