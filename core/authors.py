"""Who wrote a mention is stored under a pseudonym: the same author is known again on a platform, never named.

The key is derived from the office's secret key (core.credentials), so that nobody who holds the database alone can
test a guessed name; with another secret key the same author gets another pseudonym. What the source said stays as it
was in the captures: they are the evidence.
"""

import re
from datetime import datetime

from sqlalchemy import bindparam, exists, select, update
from sqlmodel import Session

from core import credentials, db
from core.models import Mention, Remembered, WatchHit
from core.opinion.text import STAND_IN, pseudonym
from core.opinion.watch import BY_AUTHOR

BATCH = 2_000
DONE = "authors_hidden"
"""Key in `remembered`: names from before pseudonyms are converted."""
_NAMED = re.compile(r"作者(?:是|提到)“[^”]*”")
"""In the reason of a hit: whom a watch asked for."""


def key() -> bytes:
    """The key of pseudonyms. Raises BadInput where the office's secret key cannot be used."""
    return credentials.derived("pseudonyms of authors")


def hidden(author: str, platform: str) -> str:
    """The pseudonym of an author on a platform (code); empty for none."""
    return pseudonym(author, platform, key()) if author else ""


def convert(session: Session, now: datetime) -> int:
    """Put pseudonyms in place of the names that were stored before there were any, and rewrite an SQLite database so
    that they don't stay in its free pages; returns how many mentions were changed. Done once; commits batch by batch,
    and goes on where it was stopped."""
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
    _unname_hits(session)
    hides = session.execute(select(exists().where(Mention.author != ""))).scalar()
    session.commit()
    if hides:  # also where an earlier start was stopped in between
        db.compact()
    # Two may start at once: what they did is the same.
    db.upsert(session, Remembered, [{"key": DONE, "value": {"mentions": changed}, "updated_at": now}], ["key"])
    session.commit()
    return changed


def _unname_hits(session: Session) -> None:
    """Take the names out of the reasons why mentions met a watch."""
    for hit in session.execute(select(WatchHit).where(WatchHit.why.contains("作者"))).scalars():
        hit.why = _NAMED.sub(BY_AUTHOR, hit.why)
    session.commit()
