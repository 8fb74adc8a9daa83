"""Alembic environment: our engine, our metadata; batch mode so that SQLite can alter tables."""

from alembic import context

from core.db import engine
from core.migrations import is_model
from core.models import METADATA

with engine().connect() as connection:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:  # altering a table there means a new one in its place; what refers to it must not be cut off meanwhile
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection, target_metadata=METADATA, render_as_batch=sqlite, include_name=is_model
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"the migration left {len(broken)} rows that refer to nothing")
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()
