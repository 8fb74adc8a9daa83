"""Files made for the tests of imports."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from openpyxl import Workbook

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
WEIBO = SHARED / "weibo_cctvnews_2020" / "posts.csv.gz"


def csv_file(rows: Sequence[Sequence[object]], encoding: str = "utf-8", mark: str = ",") -> bytes:
    quoted = (
        ('"' + str(c).replace('"', '""') + '"' if mark in str(c) or "\n" in str(c) else str(c)) for r in rows for c in r
    )
    cells = iter(quoted)
    return "\r\n".join(mark.join(next(cells) for _ in row) for row in rows).encode(encoding)


def xlsx_file(**sheets: Sequence[Sequence[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(workbook: bytes, part: str, content: bytes) -> bytes:
    """The same workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, content if member.filename == part else old.read(member))
    return out.getvalue()
