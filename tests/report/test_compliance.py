"""The export of a check: Excel and PDF with method, filter and stamp, nothing of it a formula."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from core.clock import days, instant
from core.metrics.compliance import RULES
from core.report import compliance as report
from core.report import excel, pdf
from tests.query.test_compliance import DIGEST, EARLY, LAST, District

HOSTILE = "=HYPERLINK(\"http://x\")再接再励"


@pytest.fixture
def found(session):
    made = District(session)
    made.account("=1+1", posts=days(EARLY, LAST - timedelta(20)), silent=days(LAST - timedelta(19), LAST))
    one = made.account("好", "公安局", posts=days(EARLY, LAST), registration_no="")
    made.wrote(one, LAST, HOSTILE)
    made.account("无", "民政局")
    return made.ask()


def content(found, **changed):
    return report.compose(found, "结论：不合格", DIGEST, **{
        "as_of": instant(LAST, 21), "stamp": 77, "demo": True} | changed)


def test_the_workbook_says_what_was_checked_and_how(found):
    book = load_workbook(BytesIO(excel.render(content(found))))
    cells = {sheet.title: [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
             for sheet in book.worksheets}
    everything = [cell for sheet in cells.values() for cell in sheet]
    assert {cell.data_type for cell in everything} <= {"s", "n", "d"}, "no cell is a formula"
    texts = {str(cell.value) for cell in everything}
    assert "=1+1" in texts and HOSTILE in texts
    assert {"结论：不合格", "2026-06-01 至 2026-06-30", "【演示数据】"} <= texts
    assert any("数据版本 77" in text and DIGEST in text for text in texts)
    for rule in RULES.values():
        assert {rule.words, rule.source} <= texts
    accounts = book["三、各账号情况"]
    head = [cell.value for cell in accounts[4]]
    first = dict(zip(head, (cell.value for cell in accounts[5]), strict=True))
    assert (first["账号"], first["结论"], first["未更新天数"], first["期内超期天数"]) == ("=1+1", "不合格", 20, 6)
    unknown = dict(zip(head, (cell.value for cell in accounts[6]), strict=True))
    assert (unknown["结论"], unknown["最近发布"], unknown["至多未更新天数"]) == ("无法判定", "—", "—")
    words = book["四、文字核对"]
    listed = dict(zip((cell.value for cell in words[4]), (cell.value for cell in words[5]), strict=True))
    assert (listed["查到"], listed["规范写法"], listed["标题"]) == ("再接再励", "再接再厉", HOSTILE)
    units = book["二、各单位情况"]
    assert [cell.value for cell in units[5]][:5] == ["教育局", "委办局", "不合格", 1, 1]


def test_on_paper_the_tables_have_the_columns_that_fit(found):
    tables = {block.title: block for section in content(found, brief=True).sections for block in section.blocks
              if hasattr(block, "columns")}
    assert len(tables["各账号检查结论"].columns) == len(report.BRIEF_ACCOUNTS)
    assert [column.name for column in tables["错别字、规范表述和风险词"].columns][:3] == ["程度", "人工判断", "查到"]
    assert pdf.render(content(found, brief=True)).startswith(b"%PDF-")
