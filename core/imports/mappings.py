"""What a person said about the columns of a table, kept for the next file with the same headers.

A mapping is per table: key of the table (its headers) → {field: header, "" takes a field away; "@": kind of the table,
`none` leaves it out}. Under the key "" stands what holds for every table.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session

from core import audit
from core.models import Remembered

KIND = "@"
NONE = "none"
Mapped = Mapping[str, Mapping[str, str]]
_PREFIX = "import-mapping"


def per_table(mapping: Mapping[str, str] | Mapped | None) -> dict[str, dict[str, str]]:
    """A mapping by tables; one given flat holds for every table."""
    mapping = dict(mapping or {})
    if any(isinstance(value, str) for value in mapping.values()):
        return {"": mapping}
    return {key: dict(value) for key, value in mapping.items()}


def recall(session: Session, platform: str) -> dict[str, dict[str, str]]:
    """What was remembered of this platform's tables."""
    kept = session.execute(select(Remembered.value).where(Remembered.key.startswith(f"{_PREFIX}:{platform}:")))
    return {value["table"]: value["mapping"] for value in kept.scalars() if "table" in value}


def remember(session: Session, platform: str, mapping: Mapped, now: datetime) -> None:
    """Keep what was said of each table. The caller commits."""
    for table, said in mapping.items():
        value = {"table": table, "mapping": dict(said)}
        session.merge(Remembered(key=_key(platform, table), value=value, updated_at=now))


def forget(session: Session, platform: str, tables: Iterable[str], *, who: str) -> int:
    """Drop what was remembered of these tables; how many there were. The caller commits."""
    keys = [_key(platform, table) for table in tables]
    gone = session.execute(delete(Remembered).where(Remembered.key.in_(keys))).rowcount
    if gone:
        audit.note(session, who, "忘记列对应", platform, f"{gone} 个表")
    return gone


def _key(platform: str, table: str) -> str:
    return f"{_PREFIX}:{platform}:{hashlib.sha256(table.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
