"""Every figure of a sentence has to stand in the data of its report."""

from dataclasses import replace
from datetime import date

import pytest

from core.report import proof
from core.report.content import Chart, Column, Figure, Figures, Note, Paragraph, Section, Series, Table
from tests.report.sample import content

DATA = (
    Table("表", (Column("日期", "date"), Column("条数", "int"), Column("占比", "percent"), Column("时间")), (
        (date(2026, 3, 2), 1234, 0.385, "2026-03-02 12:05"), (date(2026, 3, 4), 12_345, None, "03-05 09:00"))),
    Figures((Figure("近24小时新增", "7", "条", "较前24小时+40%"),)),
    Chart("line", "图", "日期", (date(2026, 3, 7),), (Series("信息量", (19,)),), "条"),
)


def report(text, *, role="body"):
    return replace(content(), sections=(Section("一", (Paragraph(text),), role), Section("数据", DATA, "annex")))


@pytest.mark.parametrize("text", [
    "共1,234条，占38.5%，约1.2万条", "3月2日12时5分起", "3月5日9时，近24小时7条，增加40%", "3月7日最高，为19条",
    "3月2日至4日",
    "依据国办发〔2016〕61号", "网民称“死伤99人”", "《2077年规划》发布", "没有数字",
])
def test_what_the_data_hold_may_be_said(text):
    assert proof.unfounded(report(text)) == []


@pytest.mark.parametrize(("text", "loose"), [
    ("共1,235条", "1,235"), ("占38.6%", "38.6%"), ("占1234%", "1234%"), ("3月3日起", "3月3日"),
    ("3月2日13时起", "3月2日13时"), ("3月2日至9日", "9日"), ("约1.3万条", "1.3万"), ("共99条", "99"),
])
def test_what_they_do_not_hold_is_found_with_its_sentence(text, loose):
    assert proof.unfounded(report(text)) == [f"{loose}：{text}"]


def test_a_figure_in_small_print_is_no_data_and_rules_are_not_looked_at():
    noted = replace(report("共99条"), sections=(Section("一", (Paragraph("共99条"), Note("共99条"))),))
    assert len(proof.unfounded(noted)) == 1
    assert proof.unfounded(report("平均每99条", role="method")) == []


def test_what_a_person_wrote_is_looked_at_in_the_same_way():
    assert proof.loose(report("无"), "伤3人，3人送医，共7条，3月9日") == ["3月9日", "3"]
