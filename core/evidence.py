"""Captured bytes: stored before anything is parsed, named by their SHA-256, compressed, never changed."""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock
from core.models import Capture, Run
from core.settings import settings


class EvidenceLost(Exception):
    """The bytes of a capture are not there, or are not what was stored; the message is Chinese."""


def path_of(sha256: str) -> Path:
    """Where the body of that hash lies."""
    return settings().captures_dir / sha256[:2] / sha256[2:4] / f"{sha256}.gz"


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def write(body: bytes) -> str:
    """Put the bytes on disk (once per content) and give their hash. Complete and synced when this returns."""
    sha256 = digest(body)
    target = path_of(sha256)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(gzip.compress(body, compresslevel=6, mtime=0))
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return sha256


def keep(
    session: Session,
    body: bytes,
    *,
    request: str,
    fetched_at: datetime,
    status: int = 0,
    media_type: str = "",
    run: Run | None = None,
    source_id: int | None = None,
    meta: Mapping[str, Any] | None = None,
    demo: bool = False,
    written: str = "",
) -> Capture:
    """Store the bytes and a row that tells of this fetch; `written` is their hash where `write` was called before. The
    caller commits.

    The file is complete and on disk before the row is written, so that a row never points at nothing.
    """
    sha256 = written or write(body)
    shared = session.execute(select(Capture.id).where(
        Capture.sha256 == sha256, Capture.thinned_at.is_(None)).limit(1)).first()
    capture = Capture(
        run_id=run.id if run else None, source_id=source_id, request=request, fetched_at=fetched_at, status=status,
        media_type=media_type, sha256=sha256, size=len(body), meta=dict(meta or {}), demo=demo,
        packed=0 if shared else path_of(sha256).stat().st_size,
    )
    session.add(capture)
    session.flush()
    return capture


def body(capture: Capture) -> bytes:
    """The stored bytes, checked against their hash. Raises EvidenceLost."""
    if capture.thinned_at is not None:
        raise EvidenceLost(f"第 {capture.id} 号原始数据已于 {clock.local(capture.thinned_at):%Y-%m-%d} 按保管期限清理，"
                           f"校验值 {capture.sha256[:12]}… 留存")
    target = path_of(capture.sha256)
    try:
        with gzip.open(target, "rb") as stream:
            data = stream.read(capture.size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise EvidenceLost(f"第 {capture.id} 号原始数据读不出来（{target.name}）：{error}") from error
    if digest(data) != capture.sha256:
        raise EvidenceLost(f"第 {capture.id} 号原始数据与入库时的校验值不符（{target.name}）")
    return data
