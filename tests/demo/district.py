"""A small sample district in a data folder of its own."""

from datetime import date, datetime
from pathlib import Path

import pytest

from core import db, demo
from core.clock import instant
from core.demo.loading import Loaded
from tests.conftest import forget

NOW = instant(date(2026, 3, 18), 8, 30)
SMALL = {"months": 2, "accounts": 22}


def build(place: Path, now: datetime = NOW, **size: int) -> Loaded:
    """A district in a data folder of its own; the process's settings are as before afterwards."""
    patch = pytest.MonkeyPatch()
    patch.setenv("PULSE_DATA_DIR", str(place))
    patch.delenv("DATABASE_URL", raising=False)
    forget()
    try:
        db.migrate()
        loaded = demo.load(now=now, **(SMALL | size))
        with db.engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return loaded
    finally:
        forget()
        patch.undo()
