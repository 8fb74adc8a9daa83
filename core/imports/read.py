"""Bytes of a file → sheets of cells. What a file is, is decided by its content; its suffix is ignored.

Understood: xlsx/xlsm, BIFF .xls, tables of a web page saved as .xls, and CSV in UTF-8, GB18030 or UTF-16 with comma,
semicolon or tab; each may be gzipped.
Everything else, and everything broken or oversized, is a BadInput that names the file and the remedy.
"""

import codecs
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from core.faults import BadInput
from core.imports import apart
from core.imports.apart import MAX_COLUMNS, MAX_SHEETS

Cell = str | int | float | bool | datetime | date | time | timedelta | None

EXCEL_ROWS = 1_048_576
MAX_MEMBERS = 5_000
BOMB_RATIO = 150
"""How many times its size a workbook may unpack to. Sheets of real exports reach 10 to 30, deflate's limit is 1,032."""
BOMB_FLOOR = 20_000_000
"""Bytes below which the ratio does not matter."""
_HEAD = 65_536
_OLE = b"\xd0\xcf\x11\xe0"
_LOCKED = re.compile(rb"\x09\x08\x10\x00\x00\x06.{14}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
"""The start of a BIFF8 stream (BOF, perhaps WriteProtect) that FilePass follows: what comes after it is enciphered."""
_CHINESE = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5"}
"""Encodings that a page may state and that its bytes alone don't tell."""
_TAGS = ("<!doctype html", "<html", "<head", "<meta", "<title", "<body", "<style", "<script", "<div", "<form",
         "<center", "<table", "<thead", "<tbody", "<tr", "<!--", "<?xml")
_BROKEN = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, LookupError, ValueError, TypeError,
    AttributeError, ArithmeticError, EOFError, OSError,
)
"""What openpyxl raises for workbooks that aren't as the standard says."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that holds something; `number` counts from 1, as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(slots=True)
class Sheet:
    """One sheet of a workbook, or the one table of a CSV file (its name is then the file's)."""

    name: str
    rows: list[SheetRow] = field(default_factory=list)


def read(body: bytes, name: str, *, max_rows: int, max_bytes: int) -> list[Sheet]:
    """The sheets of a file that have rows.

    `max_rows` bounds the rows with content of each sheet, `max_bytes` the unpacked size. Raises BadInput (Chinese).
    """
    if not body.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise BadInput(f"文件“{name}”是空的，没有任何内容。请重新导出后再上传")
    if len(body) > max_bytes:
        raise BadInput(f"文件“{name}”超过 {_megabytes(max_bytes)}，请按时间分成几个文件")
    if body[:2] == b"\x1f\x8b":
        body = _gunzip(body, name, max_bytes)
        name = name.removesuffix(".gz")
        if not body.strip():
            raise BadInput(f"文件“{name}”解压后是空的。请重新导出后再上传")
    _refuse_known(body, name)
    if body[:2] == b"PK":
        sheets = _workbook(body, name, max_rows, max_bytes)
    elif body.startswith(_OLE):
        sheets = _foreign("biff", body, name, max_rows, max_bytes)
    elif (page := _page(body, name)) is not None:
        sheets = _foreign("html", page, name, max_rows, max_bytes)
    else:
        sheets = [_csv(body, name, max_rows)]
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise BadInput(f"文件“{name}”里没有任何数据行。请确认导出的时间范围后重新导出")
    return sheets


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB"


def _gunzip(body: bytes, name: str, max_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            out = stream.read(max_bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"压缩文件“{name}”不完整或已损坏，无法解压。请重新下载后再上传") from error
    if len(out) > max_bytes:
        raise BadInput(f"压缩文件“{name}”解压后超过 {_megabytes(max_bytes)}，已停止读取。请按时间分成几个文件")
    return out


def _refuse_known(body: bytes, name: str) -> None:
    head = body[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    lower = head[:1024].lower()
    if head.startswith(b"%PDF"):
        raise BadInput(f"文件“{name}”其实是 PDF，不是表格。请在平台后台导出 Excel 或 CSV")
    if body.startswith(_OLE) and ("EncryptedPackage".encode("utf-16-le") in body or _LOCKED.search(body)):
        raise BadInput(f"文件“{name}”设有打开密码，无法读取。请用 Excel 去掉密码后另存为 xlsx")
    if lower.startswith(b"<?xml") and b"<html" in lower:
        return
    if lower.startswith(b"mime-version:"):
        raise BadInput(f"文件“{name}”是单个文件网页（mht），不是表格。请用 Excel 打开后另存为 xlsx")
    if lower.startswith((b"<?xml", b"{", b"[{")):
        raise BadInput(f"文件“{name}”是 XML 或 JSON 数据，不是表格。请导出 Excel（xlsx）或 CSV")
    for magic, kind in ((b"\x89PNG", "图片"), (b"\xff\xd8\xff", "图片"), (b"GIF8", "图片"), (b"Rar!", "RAR 压缩包"),
                        (b"7z\xbc\xaf", "7z 压缩包"), (b"\x7fELF", "程序"), (b"MZ\x90", "程序")):
        if body.startswith(magic):
            raise BadInput(f"文件“{name}”是{kind}，不是表格。请上传 Excel（xlsx）或 CSV")


# --- Read in a process of its own -----------------------------------------------------------------------------------


def _foreign(kind: str, body: bytes, name: str, max_rows: int, max_bytes: int) -> list[Sheet]:
    """The sheets of a BIFF workbook, or the one sheet of a page's tables, which has the file's name."""
    what = "旧版 Excel 工作簿" if kind == "biff" else "网页"
    try:
        found = apart.read(kind, body, max_rows=max_rows, max_chars=max_bytes)
    except apart.Fault as fault:
        if fault.word == "rows":
            raise _too_many(name, max_rows, fault.sheet) from fault
        raise BadInput({
            "password": f"文件“{name}”设有打开密码，无法读取。请用 Excel 去掉密码后另存为 xlsx",
            "slow": f"{what}“{name}”超过 {apart.SECONDS} 秒还没有读完，已停止读取。请用 Excel 或 WPS 打开后另存为 xlsx",
            "size": f"{what}“{name}”的内容展开后超过 {_megabytes(max_bytes)}，已停止读取。请按时间分成几个文件",
            "login": f"文件“{name}”其实是登录网页，不是表格。请重新登录平台后台再导出",
            "empty": f"文件“{name}”其实是网页（HTML），里面没有数据表。请在平台后台重新导出；"
                     "若打开后是登录页，请重新登录再导出",
        }.get(fault.word, f"{what}“{name}”的内容已损坏，读不完整。请用 Excel 或 WPS 打开后另存为 xlsx")) from fault
    return [
        Sheet(sheet or name, [SheetRow(number, trimmed) for number, cells in rows if (trimmed := _trim(cells))])
        for sheet, rows in found
    ]


def _page(body: bytes, name: str) -> bytes | None:
    """The file as UTF-8 when it is a web page, in the encoding that it states or has; else None."""
    wide = body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    head = body[:4096].decode("utf-16" if wide else "latin-1", "ignore").lstrip("\ufeff\xef\xbb\xbf \t\r\n").lower()
    if not head.startswith(_TAGS):
        return None
    said = re.search(r"charset\s*=\s*[\"']?\s*([\w-]{2,20})", head)
    tried = ["utf-16"] if wide else ["utf-8-sig", "gb18030"]
    if said and not wide and said[1] in _CHINESE:
        tried.insert(0, _CHINESE[said[1]])
    for encoding in tried:
        try:
            return body.decode(encoding).removeprefix("\ufeff").encode("utf-8", "replace")
        except UnicodeDecodeError:
            continue
    raise BadInput(f"文件“{name}”的文字编码无法识别。请用 Excel 打开后另存为 xlsx")


# --- Workbooks ------------------------------------------------------------------------------------------------------


def _workbook(body: bytes, name: str, max_rows: int, max_bytes: int) -> list[Sheet]:
    _check_zip(body, name, max_bytes)
    try:
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        try:
            return [
                Sheet(sheet.title, list(_sheet_rows(sheet, name, max_rows)))
                for sheet in book.worksheets[:MAX_SHEETS]
                if sheet.sheet_state == "visible"
            ]
        finally:
            book.close()
    except _BROKEN as error:
        if isinstance(error, DefusedXmlException) or isinstance(error.__cause__, DefusedXmlException):
            message = f"工作簿“{name}”含有外部实体，不安全，已拒绝读取。请用 Excel 另存为新的 xlsx"
        else:
            message = f"工作簿“{name}”的内容已损坏，读不完整。请用 Excel 或 WPS 打开后另存为 xlsx"
        raise BadInput(message) from error


def _check_zip(body: bytes, name: str, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if not any(entry.endswith("workbook.xml") for entry in names):
                kinds = {"word/document.xml": "Word 文档", "content.xml": "ODF 文档"}
                kind = next((word for entry, word in kinds.items() if entry in names), "压缩包")
                raise BadInput(f"文件“{name}”是{kind}，不是 Excel 工作簿。请另存为 xlsx 或 CSV 再上传")
            unpacked = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS or unpacked > max_bytes or (
                unpacked > BOMB_FLOOR and unpacked > BOMB_RATIO * len(body)
            ):
                raise BadInput(
                    f"工作簿“{name}”解压后有 {_megabytes(unpacked)}，疑似压缩炸弹或内容过大，已拒绝读取。"
                    "请只导出需要的时间范围，或另存为 CSV"
                )
            if any(member.flag_bits & 1 for member in members):
                raise BadInput(f"文件“{name}”设有密码，无法读取。请去掉密码后再上传")
            # Reads every member to its end: a member whose real size differs from the declared one fails its checksum.
            if (broken := archive.testzip()) is not None:
                raise BadInput(f"工作簿“{name}”已损坏（{broken[:60]} 校验不符）。请重新下载或用 Excel 另存为 xlsx")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        raise BadInput(f"工作簿“{name}”不完整或已损坏，无法打开。请重新下载或用 Excel 另存为 xlsx") from error


def _sheet_rows(sheet: Any, name: str, max_rows: int) -> Iterator[SheetRow]:
    sheet.reset_dimensions()  # <dimension> may lie; the rows themselves count
    kept = 0
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), start=1):
        if number > EXCEL_ROWS:
            raise _too_many(name, EXCEL_ROWS, sheet.title)
        trimmed = _trim(cells)
        if trimmed:
            kept += 1
            if kept > max_rows:
                raise _too_many(name, max_rows, sheet.title)
            yield SheetRow(number, trimmed)


def _too_many(name: str, max_rows: int, sheet: str = "") -> BadInput:
    where = f"的工作表“{sheet}”" if sheet else ""
    return BadInput(f"文件“{name}”{where}超过 {max_rows:,} 行，已停止读取，没有导入任何数据。请按时间分成几个文件")


def _trim(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    last = len(cells)
    while last and (cells[last - 1] is None or (isinstance(cells[last - 1], str) and not cells[last - 1].strip())):
        last -= 1
    return tuple(cells[:last])


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv(body: bytes, name: str, max_rows: int) -> Sheet:
    encoding = _encoding(body, name)
    text = io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="")
    head = codecs.getincrementaldecoder(encoding)(errors="replace").decode(body[:_HEAD])
    if sum(ord(letter) < 32 and letter not in "\t\r\n\x0b\x0c" for letter in head) > len(head) / 100:
        raise BadInput(f"文件“{name}”不是文本表格。请上传 Excel（xlsx）或 CSV")
    sheet = Sheet(name)
    reader = csv.reader(text, delimiter=_delimiter(head))
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            trimmed = _trim(cells[:MAX_COLUMNS])
            if trimmed:
                if len(sheet.rows) >= max_rows:
                    raise _too_many(name, max_rows)
                sheet.rows.append(SheetRow(number, trimmed))
    except UnicodeDecodeError as error:
        raise BadInput(f"文件“{name}”的文字编码无法识别。请用 Excel 另存为“CSV UTF-8”或 xlsx") from error
    except csv.Error as error:
        raise BadInput(
            f"文件“{name}”第 {number + 1} 行附近的引号不成对，或有一格文字超过 13 万字。"
            "请用 Excel 打开检查后另存为 xlsx"
        ) from error
    return sheet


def _encoding(body: bytes, name: str) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = body[:_HEAD]
    if b"\x00" in head:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) > len(head) / 20 and min(even, odd) < max(even, odd) / 10:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise BadInput(f"文件“{name}”不是文本表格。请上传 Excel（xlsx）或 CSV")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(body), 1 << 20):
            decoder.decode(body[start : start + (1 << 20)])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _delimiter(head: str) -> str:
    """The delimiter under which the first lines fall into the most columns that hold for most of the lines."""
    best, score = ",", 0.0
    for mark in (",", "\t", ";"):
        try:
            widths = [len(row) for row in islice(csv.reader(io.StringIO(head, newline=""), delimiter=mark), 30) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        points = (usual - 1) * widths.count(usual) / len(widths)
        if points > score:
            best, score = mark, points
    return best


def pasted(text: str) -> list[SheetRow]:
    """The rows of a table that was pasted: tabs, or commas of either width, between the cells; empty ones left out."""
    written = text.replace("\r", "").split("\n")
    mark = "\t" if "\t" in text else ","
    if mark == ",":
        written = [line.replace("，", ",") for line in written]
    rows = csv.reader(io.StringIO("\n".join(written)), delimiter=mark)
    return [SheetRow(number, tuple(cells)) for number, cells in enumerate(rows, start=1) if any(map(str.strip, cells))]
