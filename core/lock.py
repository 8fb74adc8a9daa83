"""One scheduler leads: an advisory lock on PostgreSQL, a lock file beside the SQLite database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from sqlalchemy import NullPool, create_engine, text

from core import clock
from core.settings import settings

_KEY = 0x50554C53  # "PULS"


class Led(Exception):
    """Another scheduler leads; the message is Chinese and says which."""


class Leader:
    """Proof of leading; `held()` is asked from time to time, since a database connection can be lost."""

    def __init__(self, ping=lambda: True):
        self.held = ping


@contextmanager
def leader() -> Iterator[Leader]:
    """Lead for the length of the block. Raises Led when another scheduler does."""
    url = settings().url
    if url.startswith("postgresql"):
        with _advisory(url) as proof:
            yield proof
        return
    place = settings().data_dir / "scheduler.lock"
    about = place.with_suffix(".pid")
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = about.read_text("utf-8").strip() if about.exists() else "未知"
        raise Led(f"已有调度进程在工作（{who}），本进程退出") from None
    try:
        about.write_text(f"进程号 {os.getpid()}，{clock.local(clock.now()):%Y-%m-%d %H:%M:%S} 起", "utf-8")
        yield Leader()
    finally:
        about.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _advisory(url: str) -> Iterator[Leader]:
    """A PostgreSQL session lock on a connection of its own, which is never handed to a pool."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    connection = engine.connect()
    try:
        me = f"pulse-scheduler pid={os.getpid()} since={clock.local(clock.now()):%m-%d %H:%M}"
        connection.execute(text("select set_config('application_name', :me, false)"), {"me": me})
        if not connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": _KEY}).scalar():
            who = connection.execute(
                text(
                    "select a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid"
                    " where l.locktype = 'advisory' and l.objid = :key and l.granted"
                ),
                {"key": _KEY},
            ).scalar()
            raise Led(f"已有调度进程在工作（{who or '未知'}），本进程退出")

        def held() -> bool:
            return bool(
                connection.execute(
                    text(
                        "select count(*) from pg_locks"
                        " where locktype = 'advisory' and objid = :key and pid = pg_backend_pid()"
                    ),
                    {"key": _KEY},
                ).scalar()
            )

        yield Leader(held)
    finally:
        connection.close()
        engine.dispose()
