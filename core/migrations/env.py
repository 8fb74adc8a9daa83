"""Alembic environment: our engine, our metadata; batch mode so that SQLite can alter tables."""

from alembic import context

from core.db import engine
from core.models import METADATA

with engine().connect() as connection:
    context.configure(
        connection=connection, target_metadata=METADATA, render_as_batch=connection.dialect.name == "sqlite"
    )
    with context.begin_transaction():
        context.run_migrations()
