"""One filled database per test that asks for it, copied from one made once."""

import pickle
from pathlib import Path

import pytest

from core import db
from tests.conftest import forget
from tests.query.district import District, build


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, empty_database: bytes) -> tuple[bytes, bytes]:
    """Bytes of the filled database, and the pickled District."""
    place = tmp_path_factory.mktemp("district")
    (place / "pulse.db").write_bytes(empty_database)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULSE_DATA_DIR", str(place))
        patch.delenv("DATABASE_URL", raising=False)
        forget()
        with db.session() as session:
            made = build(session)
        with db.engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        forget()
    return (place / "pulse.db").read_bytes(), pickle.dumps(made)


@pytest.fixture
def district(database: Path, filled: tuple[bytes, bytes]) -> District:
    """The filled database in place of the empty one."""
    forget()
    for name in ("pulse.db", "pulse.db-wal", "pulse.db-shm"):
        (database / name).unlink(missing_ok=True)
    (database / "pulse.db").write_bytes(filled[0])
    return pickle.loads(filled[1])


@pytest.fixture
def reader(district: District):
    """A session on the filled database."""
    with db.session() as open_session:
        yield open_session
