"""Who wrote a mention is stored under a pseudonym: the same author is known again on a platform, never named.

The key is derived from the office's secret key (core.credentials), so that nobody who holds the database alone can
test a guessed name; with another secret key the same author gets another pseudonym. What the source said stays as it
was in the captures: they are the evidence.
"""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import Session

from core import credentials
from core.models import Mention, Remembered
from core.opinion.text import STAND_IN, pseudonym

BATCH = 2_000
DONE = "authors_hidden"
"""Key in `remembered`: names from before pseudonyms are converted."""


def key() -> bytes:
    """The key of pseudonyms. Raises BadInput where the office's secret key cannot be used."""
    return credentials.derived("pseudonyms of authors")


def hidden(author: str, platform: str) -> str:
    """The pseudonym of an author on a platform (code); empty for none."""
    return pseudonym(author, platform, key()) if author else ""


def convert(session: Session, now: datetime) -> int:
    """Put pseudonyms in place of the names that were stored before there were any; returns how many mentions were
    changed. Done once; commits batch by batch, and goes on where it was stopped."""
    if session.get(Remembered, DONE):
        return 0
    table, changed, last = Mention.__table__, 0, 0
    renamed = update(table).where(table.c.id == bindparam("of")).values(author=bindparam("name"))
    while rows := session.execute(
        select(Mention.id, Mention.author, Mention.platform)
        .where(Mention.id > last, Mention.author != "", ~Mention.author.startswith(STAND_IN))
        .order_by(Mention.id).limit(BATCH)
    ).all():
        last = rows[-1].id
        named = [{"of": row.id, "name": hidden(row.author, row.platform)} for row in rows]
        session.connection().execute(renamed, named)
        session.commit()
        changed += len(named)
    session.add(Remembered(key=DONE, value={"mentions": changed}, updated_at=now))
    session.commit()
    return changed
