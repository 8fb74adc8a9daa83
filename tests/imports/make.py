"""Files made for the tests of imports."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import xlwt
from openpyxl import Workbook

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
WEIBO = SHARED / "weibo_cctvnews_2020" / "posts.csv.gz"
TRAFFIC = [
    "日期", "渠道", "阅读人数", None, "日期", "分享人数", "跳转阅读原文人数", "微信收藏人数", "发表篇数", None,
    "传播渠道", "发表日期", "内容标题", "阅读人数", "阅读人数占比",
]
"""Heads of the three tables that stand side by side in 公众号's export of its traffic."""


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


def xls_file(**sheets: Sequence[Sequence[object]]) -> bytes:
    """A real BIFF workbook."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for at, cell in enumerate(row):
                if cell is not None:
                    style = "yyyy-mm-dd hh:mm" if isinstance(cell, datetime) else "yyyy-mm-dd"
                    dated = isinstance(cell, date)
                    sheet.write(number, at, cell, *([xlwt.easyxf(num_format_str=style)] if dated else []))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def html_file(*tables: Sequence[Sequence[object]], encoding: str = "utf-8", charset: str = "") -> bytes:
    """Tables as a back office saves them under the name .xls."""
    body = "".join(
        "<table>" + "".join(
            "<tr>" + "".join(f"<td>{'' if cell is None else cell}</td>" for cell in row) + "</tr>" for row in rows
        ) + "</table>"
        for rows in tables
    )
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">' if charset else ""
    return f"<html><head>{meta}</head><body>{body}</body></html>".encode(encoding)


def with_part(workbook: bytes, part: str, content: bytes) -> bytes:
    """The same workbook with one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, content if member.filename == part else old.read(member))
    return out.getvalue()
