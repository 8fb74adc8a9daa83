"""The export of a check: Excel and PDF with method, filter and stamp, nothing of it a formula."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from core.clock import days, instant
from core.ledger import deductions as ledger
from core.metrics.compliance import RULES
from core.metrics.deductions import APART
from core.report import compliance as report
from core.report import excel, pdf
from tests.query.test_compliance import DIGEST, EARLY, LAST, District
from tests.query.test_deductions import BY, SHEET

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


def test_the_local_list_has_a_part_of_its_own_with_source_and_evidence(session):
    made = District(session)
    made.account("停", posts=days(EARLY, LAST - timedelta(20)), silent=days(LAST - timedelta(19), LAST))
    one = made.account("=1+1", "公安局", posts=days(EARLY, LAST))
    made.account("网", "民政局", platform="govsite", posts=days(EARLY, LAST))
    ledger.keep(session, replace(SHEET, pass_line=95), **BY)
    ledger.enter(session, one.id, "01", LAST, times=1, reason="=HYPERLINK(1)", post=f"=1+1{LAST}", **BY)
    answer = made.ask()
    book = load_workbook(BytesIO(excel.render(content(answer))))
    rows = [row for name in book.sheetnames if "本地扣分" in name for row in book[name].iter_rows()]
    cells = [[cell.value for cell in row if cell.value is not None] for row in rows]
    assert not any(cell.data_type == "f" for row in rows for cell in row)
    assert any(APART in str(cell.value) for row in book["文字综述"].iter_rows() for cell in row)
    assert any("本地另算" in str(cell) for row in cells for cell in row)
    heads = next(row for row in cells if "得分" in row)
    listed = {row[0]: dict(zip(heads, row, strict=True)) for row in cells[cells.index(heads) + 1:][:3]}
    assert [(row["全国口径"], row["本地结论"], row["得分"]) for row in listed.values()] == [
        ("不合格", "不合格", "90"), ("合格", "合格", "95"), ("不检查", "不检查", "—")]
    lines = [row for row in cells if row[:2] == ["=1+1", "公安局"] and len(row) == 6]
    assert ["=1+1", "公安局", "功能无法使用", "扣 5 分", "人工", f"{LAST} =HYPERLINK(1)，依据：《好消息》。"] in lines
    assert len(lines) == 3 and ["更新不及时", "扣分", "10", "20", "—", "最长间断（超过几天 7）"] in cells
    blocks = [block for section in content(answer, brief=True).sections for block in section.blocks]
    brief = next(block for block in blocks if getattr(block, "title", "") == "逐项扣分、加分")
    assert [row[3] for row in brief.rows] == ["扣 10 分", "扣 5 分"], "on paper only what costs or brings something"
    assert pdf.render(content(answer, brief=True)).startswith(b"%PDF-")
    assert not any(section.title == "本地扣分" for section in content(replace(answer, sheet=None)).sections)
