"""The index over what mentions say, and its upkeep: which words stand where, newest first.

Of every mention one row (`searchdoc`) keeps its normal form, title and text; its pieces (core.opinion.search_query) are
in an FTS5 table without contents on SQLite and in an array under a GIN index on PostgreSQL. The key of a row is the
second of publishing with the mention's id behind it, so that what the index finds comes in order of time, and a period
is a range of keys. The index may find too much, never too little: every answer is held against the form.

Triggers note in `searchwait` every mention that is new, gone, or says something else, in the transaction that changes
it, whoever that is; `keep` works through the notes, some hundreds in one transaction, and takes off those that nobody
noted again meanwhile. It can be killed anywhere. All this is derived from the mentions, and no model.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from zlib import crc32

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    and_,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Session

from core.db import bump, chunks
from core.models import Mention
from core.opinion.normal import normal
from core.opinion.search_query import Either, Every, Needed, Pair, Tree, pieces
from core.opinion.search_query import asked as pieces_of
from core.opinion.watch import All, Any_, Near, Not, Word

BATCH = 500
"""Mentions of one transaction: a tenth of a second of work."""
BITS = 31
"""Of a key that are the mention's id."""
DOC = Table(
    "searchdoc", MetaData(),
    Column("key", BigInteger, primary_key=True),
    Column("mention_id", BigInteger, nullable=False),
    Column("form", Text, nullable=False),
    Column("head", Integer, nullable=False),
    Column("body", Integer, nullable=False),
    Column("platform", Text, nullable=False),
    Column("author", Text, nullable=False),
)
"""`form`: the first `head` characters are the title, the text begins behind `body` of them (where it repeats the title,
at once)."""
EVER = (0, (1 << 63) - 1)
"""The first and last key that there can be."""
_DAY_ZERO, _DAY, _AHEAD = date(1970, 1, 1).toordinal(), 86_400, 8 * 3_600
"""The clock of Shanghai has been eight hours ahead for as long as there have been platforms."""
_GRAMS = Column("grams", ARRAY(Integer))
"""On PostgreSQL alone, in the same table."""
_WAIT = table("searchwait", column("mention_id", BigInteger), column("asked", Integer))
_FTS = table("searchindex", column("rowid", BigInteger), column("searchindex", Text), column("pieces", Text))


# --- Upkeep ---------------------------------------------------------------------------------------------------------


def keep(session: Session, *, now: datetime, limit: int = 2_000) -> int:
    """Index up to `limit` of the mentions that wait for it, the newest first; commits batch by batch and tells readers.
    Returns how many were looked at."""
    done = 0
    while done < limit:
        waits = session.execute(
            select(_WAIT.c.mention_id, _WAIT.c.asked).order_by(_WAIT.c.mention_id.desc())
            .limit(min(BATCH, limit - done))).all()
        if not waits:
            break
        asked = {row.mention_id: row.asked for row in waits}
        made = [_made(row) for part in chunks(list(asked)) for row in session.execute(
            select(Mention.id, Mention.title, Mention.text, Mention.published_at, Mention.platform, Mention.author)
            .where(Mention.id.in_(part)))]
        _write(session, list(asked), made)
        _done(session, asked)
        bump(session, now)
        session.commit()
        done += len(asked)
    return done


def rebuild(session: Session, *, now: datetime) -> int:
    """Make the whole index anew, as after a change of how texts are read; returns of how many mentions. Until it is
    done, and after a kill until `keep` has gone on, searches find what is indexed so far and say what waits."""
    session.execute(delete(DOC))
    if _is_sqlite(session) and indexed(session):
        session.execute(insert(_FTS).values(searchindex="delete-all"))
    session.execute(delete(_WAIT))
    session.execute(insert(_WAIT).from_select(["mention_id", "asked"], select(Mention.id, text("0"))))
    session.commit()
    done = 0
    while some := keep(session, now=now):
        done += some
    return done


def waiting(session: Session) -> int:
    """How many mentions are not in the index yet, as they are now."""
    return session.execute(select(func.count()).select_from(_WAIT)).scalar_one()


def indexed(session: Session) -> bool:
    """Whether the database has an index of pieces; an SQLite built without FTS5 hasn't: then every form is read."""
    return not _is_sqlite(session) or session.execute(
        text("SELECT 1 FROM sqlite_master WHERE name = 'searchindex'")).scalar() is not None


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _made(row: Row) -> dict:
    """The row of the index for a mention's row."""
    title, said = normal(row.title).text, normal(row.text).text
    if row.title and row.text.startswith(row.title) and said.startswith(title):
        form, body = said, 0
    else:
        form, body = (f"{title}\n{said}", len(title) + 1) if said else (title, len(title))
    return {"key": key_of(row.published_at, row.id), "mention_id": row.id, "form": form, "head": len(title),
            "body": body, "platform": row.platform, "author": row.author}


def _write(session: Session, ids: Sequence[int], made: Sequence[dict]) -> None:
    """Put the rows in place of what the index has of these mentions; those that are as they were are left alone."""
    old = [dict(row) for part in chunks(ids) for row in session.execute(
        select(DOC).where(DOC.c.mention_id.in_(part))).mappings()]
    same = {row["mention_id"] for row in made if row in old}
    out = sorted((row for row in old if row["mention_id"] not in same), key=lambda row: row["key"])
    new = sorted((row for row in made if row["mention_id"] not in same), key=lambda row: row["key"])
    for part in chunks([row["key"] for row in out]):
        session.execute(delete(DOC).where(DOC.c.key.in_(part)))
    run = session.connection().execute
    if not _is_sqlite(session):
        if new:
            run(_with_grams, [row | {"grams": list(map(_number, _pieces(row)))} for row in new])
        return
    if new:
        run(insert(DOC), new)
    if indexed(session):
        # In order of keys: FTS5 would write a segment for each that is smaller than the one before.
        if out:
            run(_taken_out, [{"rowid": row["key"], "pieces": " ".join(_pieces(row))} for row in out])
        if new:
            run(_put_in, [{"rowid": row["key"], "pieces": " ".join(_pieces(row))} for row in new])


_taken_out = text("INSERT INTO searchindex (searchindex, rowid, pieces) VALUES ('delete', :rowid, :pieces)")
_put_in = text("INSERT INTO searchindex (rowid, pieces) VALUES (:rowid, :pieces)")
_with_grams = insert(table(DOC.name, *(column(c.name, c.type) for c in DOC.c), column(_GRAMS.name, _GRAMS.type)))


def _pieces(row: dict) -> list[str]:
    who = [on_platform(row["platform"])] + ([by_author(row["author"])] if row["author"] else [])
    return [*pieces(row["form"]), *who]


def _done(session: Session, asked: dict[int, int]) -> None:
    """Take off the notes of those that nobody noted again since they were read."""
    for part in chunks(sorted(asked)):
        # Those that somebody is just noting again are left to the next time: nobody waits for anybody.
        noted = session.execute(select(_WAIT.c.mention_id, _WAIT.c.asked).where(_WAIT.c.mention_id.in_(part))
                                .order_by(_WAIT.c.mention_id).with_for_update(skip_locked=True))
        session.execute(delete(_WAIT).where(
            _WAIT.c.mention_id.in_([id_ for id_, times in noted if times == asked[id_]])))


# --- Keys -----------------------------------------------------------------------------------------------------------


def key_of(at: datetime, mention: int) -> int:
    """The key of a mention published at that moment."""
    return _second(at) << BITS | mention


def keys_of(start: date, end: date) -> tuple[int, int]:
    """The first and last key that mentions of these Shanghai days can have, both included."""
    return _begin(start.toordinal()) << BITS, max((_begin(end.toordinal() + 1) << BITS) - 1, 0)


def day_of(key: int) -> date:
    """The Shanghai day on which the mention of that key was published."""
    return date.fromordinal(_DAY_ZERO + ((key >> BITS) + _AHEAD) // _DAY)


def _second(at: datetime) -> int:
    return _within(int(at.timestamp()))


def _begin(day: int) -> int:
    """The first second of a Shanghai day, by its ordinal."""
    return _within((day - _DAY_ZERO) * _DAY - _AHEAD)


def _within(second: int) -> int:
    return min(max(second, 0), (1 << 32) - 1)


# --- Asking ---------------------------------------------------------------------------------------------------------


def on_platform(code: str) -> str:
    """The piece that what was said on a platform has."""
    return f"p{code.encode().hex()}"


def by_author(pseudonym: str) -> str:
    """The piece that what an author said has."""
    return f"a{pseudonym.encode().hex()}"


def candidates(session: Session, what: Needed | None, first: int, last: int) -> tuple[FromClause, ColumnElement[int],
                                                                                     ColumnElement[bool]]:
    """What to select from, the key in it, and the condition for the rows of `searchdoc` that have these pieces, keys
    from `first` to `last`; without pieces all of them. DOC's columns are among those to select from."""
    if what is None or not indexed(session):
        return DOC, DOC.c.key, DOC.c.key.between(first, last)
    if not _is_sqlite(session):
        return DOC, DOC.c.key, and_(_having(what), DOC.c.key.between(first, last))
    # The sum keeps SQLite from going the other way round, row by row into the index.
    joined = _FTS.join(DOC, DOC.c.key == _FTS.c.rowid + 0)
    return joined, _FTS.c.rowid, and_(_FTS.c.searchindex.op("MATCH")(_query(what)),
                                      _FTS.c.rowid.between(first, last))


def walks(session: Session, tree: Tree, first: int, last: int, wanted: int) -> bool:
    """Whether it is quicker to read mentions from the last key down, until so many are found of what is this common,
    than all candidates: on PostgreSQL, whose index comes in no order."""
    if _is_sqlite(session):
        return False
    rows = _expected(session, None, first, last)
    found = max(_met(tree, lambda piece: _expected(session, piece, first, last) / max(rows, 1)) * rows, 1)
    return _FOUND * found > min(rows, wanted * rows / found)


_FOUND = 6
"""What a row costs that is found by the index, in rows that are read one after the other (measured)."""


def _met(node: Tree, share: Callable[[str], float]) -> float:
    """About which share of texts meets a tree. The pieces of a word come together, so that it is as rare as the rarest
    of them; words come as they like."""
    match node:
        case Word(said, where) if where != "author":
            return min(map(share, pieces_of(said)), default=1.0)
        case Near(one, other, _):
            return _met(one, share) * _met(other, share)
        case All(parts):
            return math.prod(_met(part, share) for part in parts)
        case Any_(parts) | Pair(parts):
            return min(sum(_met(part, share) for part in parts), 1.0)
        case Not(part):
            return 1 - _met(part, share)
    return 1.0


def _expected(session: Session, piece: str | None, first: int, last: int) -> int:
    """How many rows with a piece PostgreSQL expects: it knows how common the common ones are."""
    query = select(DOC.c.key).where(
        *([] if piece is None else [_contains([piece])]), DOC.c.key.between(first, last)).compile(
        dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})  # numbers alone
    plan = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {query}").scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def keys(session: Session, what: Needed | None, first: int, last: int, limit: int) -> Select[tuple[int]]:
    """SELECT of the newest `limit` keys of candidates, as `key`; quicker than with the rows."""
    within, key, condition = candidates(session, what, first, last)
    if within is not DOC:
        within = _FTS
    return select(key.label("key")).select_from(within).where(condition).order_by(key.desc()).limit(limit)


def readable(session: Session) -> None:
    """Let SQL on this session's SQLite connection ask `search_near(text, pattern)`: 1 where a regular expression is
    found in a text."""
    connection = session.connection().connection.driver_connection
    connection.create_function("search_near", 2, lambda said, pattern: int(bool(re.search(pattern, said))),
                               deterministic=True)


def _query(what: Needed) -> str:
    """In the language of FTS5."""
    match what:
        case Every(parts):
            return f"({' AND '.join(map(_query, parts))})"
        case Either(parts):
            return f"({' OR '.join(map(_query, parts))})"
    return f'"{what}"'


def _having(what: Needed) -> ColumnElement[bool]:
    match what:
        case Every(parts):
            plain = [part for part in parts if isinstance(part, str)]
            others = [_having(part) for part in parts if not isinstance(part, str)]
            return and_(*([_contains(plain)] if plain else []), *others)
        case Either(parts):
            return or_(*map(_having, parts))
    return _contains([what])


def _contains(some: Sequence[str]) -> ColumnElement[bool]:
    return column("grams", ARRAY(Integer)).contains(list(map(_number, some)))


def _number(piece: str) -> int:
    """A piece as a number of 32 bits with its sign; rare characters share theirs with others."""
    found = crc32(piece.encode()) if len(piece) > 2 else (
        ord(piece[0]) & 0xFFFF) << 16 | (ord(piece[1]) & 0xFFFF if len(piece) == 2 else 0)
    return found - (1 << 32) if found >> 31 else found
