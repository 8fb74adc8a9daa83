"""BIFF workbooks and web pages saved as .xls, read in a process of their own."""

import gzip
import io
import random
import struct
from datetime import date, datetime

import pytest
import xlwt
from xlwt.CompoundDoc import XlsDoc

from core.faults import BadInput
from core.imports import apart
from core.imports.read import read
from tests.imports.make import html_file, xls_file

ROWS = [["标题", "发布时间", "阅读数"], ["春季招聘会", "2026-03-01", "1,200"], ["停水，通知", "2026-03-02", "10万+"]]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def opened(body: bytes, name: str = "报表.xls", max_rows: int = 1000, max_bytes: int = 50_000_000):
    return read(body, name, max_rows=max_rows, max_bytes=max_bytes)


def refusal(body: bytes, **limits: int) -> str:
    with pytest.raises(BadInput) as caught:
        opened(body, **limits)
    assert "报表.xls" in str(caught.value)
    return str(caught.value)


def cells(sheet) -> list[tuple[int, list]]:
    return [(row.number, list(row.cells)) for row in sheet.rows]


# --- BIFF -----------------------------------------------------------------------------------------------------------


def test_biff_cells_keep_their_types_and_places():
    when = datetime(2026, 3, 1, 8, 30)
    last = [None, "乙", date(2026, 3, 2), 1.5]
    book = xls_file(数据=[[], [None, "标题", "时间", "阅读"], [], [None, "甲", when, 12], last])
    (sheet,) = opened(book)
    assert sheet.name == "数据"
    assert cells(sheet) == [
        (2, [None, "标题", "时间", "阅读"]), (4, [None, "甲", when, 12]), (5, [None, "乙", date(2026, 3, 2), 1.5]),
    ]


def test_biff_sheets_in_order_without_hidden_ones_and_empty_ones():
    book = xlwt.Workbook()
    for name, hidden in (("一", False), ("藏", True), ("空", False), ("二", False)):
        sheet = book.add_sheet(name)
        sheet.visibility = int(hidden)
        if name != "空":
            sheet.write(0, 0, name)
    out = io.BytesIO()
    book.save(out)
    assert [sheet.name for sheet in opened(out.getvalue())] == ["一", "二"]


def test_biff_may_be_gzipped_and_is_known_by_its_content():
    assert len(opened(gzip.compress(xls_file(数据=ROWS)), "报表.csv.gz")[0].rows) == 3


def test_biff_is_bounded_in_rows_columns_and_text():
    book = xls_file(数据=[["题", "数"]] + [["甲", n] for n in range(1200)])
    assert "“数据”超过 1,000 行" in refusal(book, max_rows=1000)
    assert len(opened(book, max_rows=2000)[0].rows) == 1201
    assert "展开后超过" in refusal(xls_file(数据=[["长" * 30_000] * 200] * 10), max_bytes=10_000_000)


@pytest.mark.parametrize("cipher", [b"\x00\x00", b"\x01\x00"])
def test_biff_with_a_password_says_so(cipher):
    book = xlwt.Workbook()
    book.add_sheet("数据").write(0, 0, "密")
    stream = book.get_biff_data()
    first = 4 + struct.unpack_from("<H", stream, 2)[0]
    locked = stream[:first] + struct.pack("<HH", 0x2F, 6) + cipher + b"\x12\x34\x56\x78" + stream[first:]
    out = io.BytesIO()
    XlsDoc().save(out, locked)
    assert "密码" in refusal(out.getvalue())
    assert "密码" in refusal(OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"))


@pytest.mark.parametrize("size", [600, 2_000, 5_000])
def test_truncated_biff_is_refused(size):
    book = xls_file(数据=ROWS)
    assert len(book) > size
    assert "损坏" in refusal(book[:size])


def test_other_office_documents_are_refused():
    assert "损坏" in refusal(OLE + b"\0" * 600)
    names = ["Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")]
    assert "损坏" in refusal(xls_file(数据=ROWS).replace(*names))


@pytest.mark.parametrize("seed", range(8))
def test_damaged_biff_ends_in_sheets_or_in_words(seed):
    luck, book = random.Random(seed), bytearray(xls_file(数据=ROWS))
    for _ in range(20):
        book[luck.randrange(8, len(book))] = luck.randrange(256)
    try:
        opened(bytes(book))
    except BadInput as error:
        assert "报表.xls" in str(error)


def test_a_parser_that_aborts_costs_only_its_process():
    """DIMENSIONS that claim 2³¹ rows: the parser asks for more memory than there is."""
    book = bytearray(xls_file(数据=ROWS))
    at = book.index(b"\x00\x02\x0e\x00") + 8
    book[at : at + 4] = b"\xff\xff\xff\x7f"
    assert "损坏" in refusal(bytes(book))


# --- Web pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "charset"), [
    ("utf-8", "utf-8"), ("utf-8", ""), ("utf-8-sig", ""), ("gb18030", "gb2312"), ("gb18030", "GBK"), ("gb18030", ""),
    ("utf-16", ""), ("big5", "big5"),
])
def test_a_page_in_the_encoding_that_it_states_or_has(encoding, charset):
    (sheet,) = opened(html_file([["日期", "分享"], ["2026-03-01", "3"]], encoding=encoding, charset=charset))
    assert (sheet.name, cells(sheet)) == ("报表.xls", [(1, ["日期", "分享"]), (2, ["2026-03-01", "3"])])


def test_entities_breaks_links_and_spans():
    page = (
        "<table><tr><th rowspan=2>日期</th><th colspan='2'>阅读</th><th>链接</th></tr>"
        "<tr><td>人&amp;数</td><td>次<br>数</td><td><a href='https://a.cn/x'>查看</a></td></tr>"
        "<tr><td>2026-03-01</td><td>&nbsp;1 </td><td></td><td><a href=https://a.cn/y><b></b></a></td></tr></table>"
    )
    assert [row for _, row in cells(opened(page.encode())[0])] == [
        ["日期", "阅读", None, "链接"], ["日期", "人&数", "次 数", "https://a.cn/x"],
        ["2026-03-01", "1", None, "https://a.cn/y"],
    ]


def test_tables_one_under_the_other_and_inside_each_other():
    page = (
        "<div><table><tr><td>外<table><tr><td>日期</td><td>数</td></tr><tr><td>2026-03-01</td><td>5</td></tr></table>"
        "</td><td>旁</td></tr></table><table><tbody><tr><td>末</td></tr></tbody></table></div>"
    )
    assert cells(opened(page.encode())[0]) == [
        (1, ["外", "旁"]), (3, ["日期", "数"]), (4, ["2026-03-01", "5"]), (6, ["末"]),
    ]


def test_pages_that_hold_no_table_are_refused_with_the_remedy():
    login = '<html><body><form><table><tr><td>账号</td><td><input></td></tr><tr><td>密码</td><td>' \
            '<input type="password"></td></tr></table></form></body></html>'
    assert "登录网页" in refusal(login.encode())
    for page in ("<!DOCTYPE html><html><body>系统繁忙</body></html>", "\ufeff<table><tr><td>时间</td></tr></table>"):
        words = refusal(page.encode())
        assert "没有数据表" in words and "重新登录" in words


def test_pages_are_bounded():
    assert "超过 1,000 行" in refusal(html_file([["日期", "数"]] * 1200), max_rows=1000)
    cell = "<td colspan=99999999 rowspan=99999999>长</td>"
    wide = f"<table>{'<tr><td>日期</td><td>数</td></tr>' * 2}{f'<tr>{cell * 9}</tr>' * 900}</table>"
    (sheet,) = opened(wide.encode())
    assert all(len(row.cells) <= apart.MAX_COLUMNS for row in sheet.rows)
    tall = f"<table><tr><td rowspan=60000>{'长' * 3_000}</td><td>x</td></tr>{'<tr><td>y</td></tr>' * 900}</table>"
    assert "展开后超过" in refusal(tall.encode(), max_bytes=1_000_000)


def test_a_parser_that_does_not_end_is_ended():
    with pytest.raises(apart.Fault, match="slow"):
        apart.read("html", b"<div>" * 400_000, max_rows=10, max_chars=10, seconds=2)
