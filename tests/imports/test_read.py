import gzip
import io
import re
import zipfile
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.faults import BadInput
from core.imports.read import read
from tests.imports.make import csv_file, with_part, xlsx_file

ROWS = [["标题", "发布时间", "阅读数"], ["春季招聘会", "2026-03-01", "1,200"], ["停水，通知", "2026-03-02", "10万+"]]


def opened(body: bytes, name: str = "表.csv", max_rows: int = 1000, max_bytes: int = 50_000_000):
    return read(body, name, max_rows=max_rows, max_bytes=max_bytes)


def refusal(body: bytes, name: str = "表.xlsx", **limits: int) -> str:
    with pytest.raises(BadInput) as caught:
        opened(body, name, **limits)
    message = str(caught.value)
    assert name.removesuffix(".gz") in message
    return message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_in_every_encoding_and_delimiter(encoding, mark):
    (sheet,) = opened(csv_file(ROWS, encoding, mark))
    assert [list(row.cells) for row in sheet.rows] == ROWS
    assert [row.number for row in sheet.rows] == [1, 2, 3]


def test_gzipped_csv_loses_only_its_suffix():
    (sheet,) = opened(gzip.compress(csv_file(ROWS)), "posts.csv.gz")
    assert sheet.name == "posts.csv"
    assert len(sheet.rows) == 3


def test_rows_are_numbered_as_excel_shows_them():
    body = '说明\n\n标题,内容\n甲,"两\n行"\n乙,一行\n'.encode()
    assert [(row.number, row.cells[0]) for row in opened(body)[0].rows] == [
        (1, "说明"),
        (3, "标题"),
        (4, "甲"),
        (5, "乙"),
    ]


def test_xlsx_cells_keep_their_types():
    when = datetime(2026, 3, 1, 8, 30)
    (sheet,) = opened(
        xlsx_file(数据=[["标题", "时间", "阅读"], ["甲", when, 12], [None, None, None], ["乙", 46000.5, 1.5]])
    )
    assert [(row.number, row.cells) for row in sheet.rows] == [
        (1, ("标题", "时间", "阅读")),
        (2, ("甲", when, 12)),
        (4, ("乙", 46000.5, 1.5)),
    ]


def test_suffix_does_not_matter():
    assert opened(xlsx_file(数据=ROWS), "数据.csv")[0].rows[0].cells == tuple(ROWS[0])
    assert opened(csv_file(ROWS), "数据.xlsx")[0].rows[0].cells == tuple(ROWS[0])


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "是空的"),
        (b"\xef\xbb\xbf\r\n \n", "是空的"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "mht"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "图片"),
        (b'{"rows": []}', "JSON"),
        (bytes(range(1, 32)) * 20, "不是文本表格"),
        (b"\x00\x01\x02\x03" * 50, "不是文本表格"),
        (gzip.compress(csv_file(ROWS), mtime=0)[:-12], "不完整"),
        (gzip.compress(b"", mtime=0), "是空的"),
    ],
)
def test_what_is_no_table_is_refused_in_words(body, word):
    assert word in refusal(body)


def test_truncated_workbook_is_refused():
    body = xlsx_file(数据=ROWS)
    assert "损坏" in refusal(body[: len(body) // 2])


def test_zip_without_a_workbook_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "Word" in refusal(out.getvalue())


def test_workbook_whose_xml_is_broken_is_refused():
    body = with_part(xlsx_file(数据=ROWS), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row r='1'>")
    assert "损坏" in refusal(body)


def test_workbook_with_an_external_entity_is_refused_and_reads_no_file():
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&e;</t></is></c></row></sheetData></worksheet>'
    )
    assert "外部实体" in refusal(with_part(xlsx_file(数据=ROWS), "xl/worksheets/sheet1.xml", evil))


def test_zip_bomb_is_refused_by_its_declared_size():
    bomb = with_part(xlsx_file(数据=ROWS), "xl/worksheets/sheet1.xml", b"<x>" + b" " * 60_000_000 + b"</x>")
    assert len(bomb) < 200_000
    assert "压缩炸弹" in refusal(bomb, max_bytes=300_000_000)
    assert "压缩炸弹" in refusal(bomb, max_bytes=50_000_000)


def test_zip_member_that_lies_about_its_size_is_refused():
    honest = with_part(xlsx_file(数据=ROWS), "xl/worksheets/sheet1.xml", b"<x>" + b" " * 60_000_000 + b"</x>")
    lying = honest.replace((60_000_007).to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != honest
    assert "损坏" in refusal(lying)


def test_gzip_bomb_is_stopped_at_the_limit():
    assert "停止读取" in refusal(gzip.compress(b"a,b\n" * 5_000_000), max_bytes=1_000_000)


def test_csv_of_ten_million_rows_stops_at_the_limit():
    message = refusal(gzip.compress(b"a,b,c\n" * 10_000_000, 1), max_rows=300_000, max_bytes=300_000_000)
    assert "300,000" in message and "没有导入任何数据" in message


def test_sheet_with_too_many_rows_stops_although_its_dimension_lies():
    body = xlsx_file(数据=[["标题", "阅读"]] + [["甲", n] for n in range(1200)])
    sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
    lying = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B3"', sheet)
    assert lying != sheet
    body = with_part(body, "xl/worksheets/sheet1.xml", lying)
    assert "“数据”超过 1,000 行" in refusal(body, max_rows=1000)
    assert len(opened(body, max_rows=2000)[0].rows) == 1201


def test_row_numbered_ten_million_is_refused():
    body = xlsx_file(数据=ROWS)
    sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
    far = sheet.replace(b'<row r="3"', b'<row r="10000000"').replace(b"A3", b"A10000000")
    assert far != sheet
    assert "超过 1,048,576 行" in refusal(with_part(body, "xl/worksheets/sheet1.xml", far))


def test_dimension_that_claims_millions_of_columns_costs_nothing():
    body = xlsx_file(数据=ROWS)
    sheet = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml")
    wide = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"', sheet)
    (read_back,) = opened(with_part(body, "xl/worksheets/sheet1.xml", wide))
    assert [list(row.cells) for row in read_back.rows] == ROWS


def test_unclosed_quote_is_named_by_its_row():
    body = '标题,内容\n甲,"没有结束\n'.encode() + "乙,一行文字\n".encode() * 20_000
    assert "第 2 行附近的引号" in refusal(body)


@settings(deadline=None)  # pages and BIFF start a process
@given(st.binary(max_size=400))
def test_any_bytes_end_in_sheets_or_in_words(body):
    try:
        sheets = opened(body)
    except BadInput as error:
        assert "表.csv" in str(error)
    else:
        assert all(sheet.rows for sheet in sheets)
