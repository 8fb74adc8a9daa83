"""A small sample district, loaded once into a template: copying it is quicker than loading it."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from core import db, demo
from core.clock import instant
from tests.conftest import forget

NOW = instant(datetime(2026, 3, 18).date(), 8, 30)
SMALL = {"months": 2, "accounts": 22}


def build(place: Path, now: datetime = NOW, **size: int) -> demo.Loaded:
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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, demo.Loaded]:
    place = tmp_path_factory.mktemp("district")
    return place, build(place)


@pytest.fixture
def sample(data_dir: Path, template: tuple[Path, demo.Loaded]) -> Path:
    """A data folder of one's own with the small district in it."""
    shutil.copytree(template[0], data_dir)
    return data_dir
