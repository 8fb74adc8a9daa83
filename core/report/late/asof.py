"""A reading of the database as of a report's moment: the readings of posts that were made later are left out.

What a post has been read and liked since says nothing against a report: counters go on growing, and a report says up
to when it speaks. What was learnt later of the time before (an export of those days, a correction by the platform, a
post or a figure that nobody had) does count. So `reading` is covered by a view of the readings up to that moment and
of the first later ones that say what was not known at all, and the days and months that they go into are summed anew.

All of it is temporary and lies over the real tables in this transaction only: a temporary table goes before one of the
same name, in SQLite and PostgreSQL. Nothing is written to the database, and the rollback takes it away.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, text
from sqlmodel import Session

from core import rollup
from core.db import chunks
from core.models import COUNTER_NAMES, Account, AccountDay, AccountMonth, Capture, Dirty, Post, Reading

BACK = timedelta(days=62)
"""Days before the first one told of that are read with them, as followers are."""
_COLUMNS = tuple(part for name in COUNTER_NAMES for part in (name, f"{name}_slack"))
_AT, _KEPT = "pulse_then", "pulse_then_kept"


def cover(session: Session, at: datetime, spans: Sequence[tuple[date, date]], platform: str) -> int:
    """Let this session (of `db.snapshot`) read posts as of a moment, those of these days and that platform (empty: of
    all). Returns how many account-days are summed anew; 0: nothing was read since, and nothing is covered. The caller
    rolls back."""
    ids = select(Account.id).where(*([Account.platform == platform] if platform else []))
    within = or_(*(Post.day.between(first, last) for first, last in spans))
    later = session.execute(
        select(Post.id, Post.account_id, Post.day)
        .where(Post.account_id.in_(ids), within,
               select(Reading.id).where(Reading.post_id == Post.id, Reading.observed_at > at).exists())).all()
    if not later:
        return 0
    counted = kept(session, [row.id for row in later], at)
    _tables(session, at, counted, min(first for first, _ in spans) - BACK, max(last for _, last in spans))
    keys = sorted({(row.account_id, row.day) for row in later})
    for some in chunks(keys, rollup.SLICE):
        rollup.roll(session, some)
    return len(keys)


def kept(session: Session, posts: Sequence[int], at: datetime) -> list[dict[str, Any]]:
    """The readings after that moment that count all the same: those that had come in by then, and those that first
    tell a counter of which nothing was known, with what was known of the others."""
    found: list[dict[str, Any]] = []
    for part in chunks(posts):
        held: dict[int, dict[str, Any]] = defaultdict(dict)
        rows = session.execute(
            select(Reading.id, Reading.post_id, Reading.observed_at, Capture.fetched_at,
                   *(getattr(Reading, name) for name in _COLUMNS))
            .outerjoin(Capture, Capture.id == Reading.capture_id)
            .where(Reading.post_id.in_(part)).order_by(Reading.post_id, Reading.observed_at)).mappings()
        for row in rows:
            known = held[row["post_id"]]
            had = row["observed_at"] <= at or (row["fetched_at"] is not None and row["fetched_at"] <= at)
            told = [name for name in COUNTER_NAMES if row[name] is not None and (had or known.get(name) is None)]
            known |= {part: row[part] for name in told for part in (name, f"{name}_slack")}
            if row["observed_at"] > at and told:
                found.append({"id": row["id"]} | {
                    name: known.get(name, 0 if name.endswith("_slack") else None) for name in _COLUMNS})
    return found


def _tables(session: Session, at: datetime, counted: Sequence[dict[str, Any]], first: date, last: date) -> None:
    """Lay the temporary tables over the real ones."""
    session.flush()
    on = session.connection()
    home = "main" if on.dialect.name == "sqlite" else on.execute(text("SELECT current_schema()")).scalar_one()

    def make(sql: str) -> None:
        on.exec_driver_sql(sql)

    day, month, reading, dirty = (one.__tablename__ for one in (AccountDay, AccountMonth, Reading, Dirty))
    make(f"CREATE TEMPORARY TABLE {_AT} AS SELECT observed_at AS at FROM {home}.{reading} WHERE 1 = 0")
    make(f"CREATE TEMPORARY TABLE {_KEPT} (id BIGINT PRIMARY KEY, {', '.join(f'{name} BIGINT' for name in _COLUMNS)})")
    moment = bindparam("at", at, type_=Reading.__table__.c.observed_at.type)
    on.execute(text(f"INSERT INTO {_AT} (at) VALUES (:at)").bindparams(moment))
    for part in chunks(counted):
        values = ", ".join(f":{name}" for name in ("id", *_COLUMNS))
        on.execute(text(f"INSERT INTO {_KEPT} VALUES ({values})"), list(part))
    for name, column in ((day, "day"), (month, "month")):
        since = first if name == day else first.replace(day=1)
        make(f"CREATE TEMPORARY TABLE {name} AS SELECT * FROM {home}.{name} WHERE {column} >= '{since:%Y-%m-%d}' "
             f"AND {column} <= '{last:%Y-%m-%d}'")
    make(f"CREATE INDEX pulse_then_day ON {day} (account_id, day)")
    make(f"CREATE INDEX pulse_then_month ON {month} (month, account_id)")
    make(f"CREATE TEMPORARY TABLE {dirty} AS SELECT * FROM {home}.{dirty} WHERE 1 = 0")
    columns = ", ".join(
        f"CASE WHEN r.id IN (SELECT id FROM {_KEPT}) THEN (SELECT k.{one.name} FROM {_KEPT} AS k WHERE k.id = r.id) "
        f"ELSE r.{one.name} END AS {one.name}" if one.name in _COLUMNS else f"r.{one.name}"
        for one in Reading.__table__.columns)
    make(f"CREATE TEMPORARY VIEW {reading} AS SELECT {columns} FROM {home}.{reading} AS r "
         f"WHERE r.observed_at <= (SELECT at FROM {_AT}) OR r.id IN (SELECT id FROM {_KEPT})")
