"""A fresh database and data folder for every test."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from core import db
from core.settings import settings

hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")
"""The same examples every time, and no clock: a busy machine is no failure."""


def forget() -> None:
    """Drop what the process remembers of settings and databases."""
    if db.engine.cache_info().currsize:
        db.engine().dispose()
    settings.cache_clear()
    db.engine.cache_clear()


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder that the settings point at; no database yet."""
    monkeypatch.setenv("PULSE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    yield tmp_path / "var"
    forget()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated SQLite database, made once: copying is quicker than migrating."""
    patch = pytest.MonkeyPatch()
    place = tmp_path_factory.mktemp("template")
    patch.setenv("PULSE_DATA_DIR", str(place))
    patch.delenv("DATABASE_URL", raising=False)
    forget()
    db.migrate()
    with db.engine().connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    forget()
    patch.undo()
    return (place / "pulse.db").read_bytes()


@pytest.fixture
def database(data_dir: Path, empty_database: bytes) -> Path:
    """A migrated, empty database in a data folder of its own."""
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / "pulse.db").write_bytes(empty_database)
    return data_dir


@pytest.fixture
def session(database: Path):
    """A session on the fresh database."""
    with db.session() as open_session:
        yield open_session
