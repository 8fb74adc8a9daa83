"""The engine, sessions, portable upsert, migrations and the stamp. SQLite by default, PostgreSQL by URL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, ColumnElement, Engine, cast, event, func, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, create_engine

from core import models
from core.settings import settings

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
CHUNK = 5_000
"""Rows of one statement: large enough to be quick, short enough not to keep other writers waiting."""


@cache
def engine(url: str = "") -> Engine:
    """The process's engine for the configured database (or that URL), made once."""
    url = url or settings().url
    if not url.startswith("sqlite"):
        made = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=10)
        event.listen(made, "connect", _planned)
        return made
    settings().data_dir.mkdir(parents=True, exist_ok=True)
    made = create_engine(url, connect_args={"timeout": 30})

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON",
                       "cache_size=-65536", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return made


def _planned(connection: Any, _: Any) -> None:
    """Let PostgreSQL plan each question for its own values: a plan for any word reads the whole index for a rare one.
    None is worth compiling."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        cursor.execute("SET jit = off")
    connection.commit()


def session() -> Session:
    """A short-lived session; use as a context manager. Objects stay readable after commit."""
    return Session(engine(), expire_on_commit=False)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A session whose reads all see one state, for reports and for any answer made of several reads."""
    with engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with Session(bind=connection, expire_on_commit=False) as open_session:
            yield open_session


def upsert(
    within: Session,
    table: type[models.Row],
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    update: Iterable[str] = (),
) -> None:
    """Insert rows (all with the same columns); on a conflict of `keys`, overwrite the columns of `update`, if any."""
    if not rows:
        return
    insert, update = inserting(within, table), list(update)
    if update:
        insert = insert.on_conflict_do_update(index_elements=list(keys), set_={c: insert.excluded[c] for c in update})
    else:
        insert = insert.on_conflict_do_nothing(index_elements=list(keys))
    for start in range(0, len(rows), CHUNK):
        within.connection().execute(insert, list(rows[start : start + CHUNK]))


def inserting(within: Session, table: type[models.Row]) -> sqlite.Insert | postgresql.Insert:
    """An insert into the table as the session's database writes it, with `on_conflict_do_…`."""
    return (sqlite if within.get_bind().dialect.name == "sqlite" else postgresql).insert(table.__table__)


def chunks(values: Sequence[Any], size: int = 900) -> Iterator[Sequence[Any]]:
    """Slices that fit the number of bound variables of one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def summed(column: Any) -> ColumnElement[int]:
    """The sum of a column as a whole number: PostgreSQL sums bigints as numeric, which would arrive as Decimal."""
    return cast(func.sum(column), BigInteger)


def stamp(within: Session) -> int:
    """The cache key, and the sign that something is new: grows with every bump. 0 before the first."""
    return int(within.execute(select(models.Stamp.value)).scalar() or 0)


def stamped_at(within: Session) -> datetime | None:
    """When the stamp last grew (aware UTC)."""
    return within.execute(select(models.Stamp.at)).scalar()


def bump(within: Session, at: datetime) -> None:
    """Tell readers that something is new. Call last before the commit.

    One row, updated under its lock: stamps grow in the order of commits, which run ids don't.
    """
    table = models.Stamp.__table__
    # Not through the session, whose updates cost several times as much: every run ends here.
    if not within.connection().execute(update(table).values(value=table.c.value + 1, at=at)).rowcount:
        within.add(models.Stamp(id=1, value=1, at=at))
        within.flush()


def compact() -> None:
    """Rewrite an SQLite database without the free pages in which what was deleted or overwritten can still be read;
    PostgreSQL clears them by itself. Call outside a transaction. Raises OperationalError where another process is
    writing all the while, or where the disk has no room for a second copy."""
    if engine().dialect.name != "sqlite":
        return
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA temp_store=FILE")  # the copy would not fit into memory
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.invalidate()  # its settings are not those of the others


def migrate() -> None:
    """Bring the database to the newest schema and the platform catalogue to its file, roll up what the migrations
    marked, and put pseudonyms in place of stored names. Writers only."""
    from core import authors, clock, rollup
    from core.catalog import sync_platforms

    late = behind()
    if late:
        _upgrade()
    with session() as open_session:
        if late:
            rollup.run(open_session)
        sync_platforms(open_session)
        _allot_beyond(open_session)
        open_session.commit()
        authors.convert(open_session, clock.now())


def _allot_beyond(within: Session) -> None:
    """Let PostgreSQL allot ids of problems of demands beyond those that are there: some came with their ids once."""
    if within.get_bind().dialect.name != "sqlite":
        within.execute(text(
            "SELECT setval('demandgroup_id_seq', top) FROM (SELECT max(id) AS top FROM demandgroup) AS held "
            "WHERE top > (SELECT last_value FROM demandgroup_id_seq)"))


def behind() -> bool:
    """Whether the database's schema is not the one that this code was written for."""
    with engine().connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return True
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() != [_newest()]


def _newest() -> str:
    """The newest migration: their files begin with their numbers."""
    return max(path.name for path in MIGRATIONS.glob("versions/[0-9]*.py")).partition("_")[0]


def _upgrade() -> None:
    from alembic import command  # half a second, only where there is something to do

    command.upgrade(_alembic(), "head")


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
