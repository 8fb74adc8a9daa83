"""Reports: content (data and sentences) -> Excel, PDF and Word; issued editions that never change."""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from core.report.outline import Order


def write(session: Session, order: Order, out_dir: Path, *, now: datetime) -> list[Path]:
    """Build a report and write it to a folder in all formats; returns the files.

    Nothing is issued: these are previews, and a file of the same name is replaced. Errors as `kinds.build`.
    """
    from core.report import editions, kinds

    content = kinds.build(session, order, now=now)
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, render in editions.FORMATS.items():
        path = out_dir / editions.file_name(content, suffix)
        path.write_bytes(render(content))
        written.append(path)
    return written
