"""Reports: content (data and sentences) -> Excel, PDF and Word; issued editions that never change."""

from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from core.clock import Month


def write_monthly(session: Session, platform: str, month: Month, out_dir: Path, scope: str = "all", *,
                  basis: str = "latest", now: datetime) -> list[Path]:
    """Build the monthly report of a platform and write it to a folder in all formats; returns the files.

    Nothing is issued: these are previews, and a file of the same name is replaced. Arguments and errors as
    `monthly.build`.
    """
    from core.report import editions, monthly

    content = monthly.build(session, platform, month, scope, basis=basis, now=now)
    out_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for suffix, render in editions.FORMATS.items():
        path = out_dir / editions.file_name(content, suffix)
        path.write_bytes(render(content))
        written.append(path)
    return written
