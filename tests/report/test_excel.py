import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from core.report import excel
from core.report.content import Column, Section, Table
from tests.report.sample import DAYS, POSTS, READS, content


@pytest.fixture(scope="module")
def made() -> bytes:
    return excel.render(content())


@pytest.fixture(scope="module")
def book(made):
    return load_workbook(BytesIO(made))


def test_sheets_and_links(book):
    assert book.sheetnames == ["封面", "文字综述", "一、总体情况", "二、每日发布情况", "三、榜单", "四、热门内容",
                               "四、热门内容·2", "方法与数据说明", "附表1 账号明细", "图1 每日阅读数", "图2 每日互动数",
                               "图3 阅读数前8位账号", "图4 发布时段分布", "图5 空图"]
    cover = book["封面"]
    links = [cell.hyperlink.location for row in cover.iter_rows() for cell in row if cell.hyperlink]
    assert [re.match(r"'(.*)'!A1", link)[1] for link in links] == book.sheetnames[1:]
    for sheet in book.worksheets[1:]:
        assert sheet["A2"].hyperlink.location == "'封面'!A1"


def test_figures_are_numbers_and_show_their_exactness(book):
    sheet = book["二、每日发布情况"]
    assert [cell.value for cell in sheet[4]] == ["日期", "发布数", "阅读数", "点赞数", "评论数", "环比"]
    days = [row[0].value.date() for row in sheet.iter_rows(min_row=5, max_row=33)]
    assert days == DAYS
    assert [row[1].value for row in sheet.iter_rows(min_row=5, max_row=33)] == POSTS
    reads = [row[2].value for row in sheet.iter_rows(min_row=5, max_row=33)]
    assert [None if value == "—" else value for value in reads] == READS
    assert sheet["C8"].number_format == '"≥"#,##0' and sheet["C10"].number_format == '"≈"#,##0'
    assert sheet["C5"].number_format == "#,##0"


def test_heads_are_frozen_and_filtered_and_repeated_in_print(book):
    for name, corner, last in (("二、每日发布情况", "B5", "F33"), ("附表1 账号明细", "D5", "J64")):
        sheet = book[name]
        assert sheet.freeze_panes == corner
        assert sheet.auto_filter.ref == f"A4:{last}"
        assert sheet.print_title_rows == "$1:$4"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToHeight == 0


def test_charts_are_native_and_point_at_the_data(book, made):
    assert len(book["二、每日发布情况"]._charts) == 2
    assert len(book["三、榜单"]._charts) == 1
    with ZipFile(BytesIO(made)) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/charts/chart")]
    assert not any("dispBlanksAs" in chart for chart in charts)  # a gap is the default and is left out
    data = book["图1 每日阅读数"]
    found = re.search(r"<c:val><c:numRef><c:f>'?图1 每日阅读数'?!\$B\$(\d+):\$B\$(\d+)</c:f>", charts[0])
    values = [data.cell(row, 2).value for row in range(int(found[1]), int(found[2]) + 1)]
    assert values == READS


def test_nothing_from_outside_becomes_a_formula_or_a_link(book, made):
    with ZipFile(BytesIO(made)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    given = [formula for sheet in sheets for formula in re.findall(r"<f>(.*?)</f>", sheet)]
    assert given and all(re.fullmatch(r"(SUM\(|[A-Z]+\$?\d+|[-/:1)])+", formula) for formula in given)
    links = [cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert all(link.target is None for link in links)
    assert book["四、热门内容"]["B6"].value == "<script>alert(1)</script> & “引号”、（括号）；控制符"


def test_a_formula_stands_only_where_it_gives_what_was_issued(book, made):
    known = load_workbook(BytesIO(made), data_only=True)
    daily, values = book["二、每日发布情况"], known["二、每日发布情况"]
    assert daily["F5"].value == "—" and daily["F6"].value == "=B6/B5-1"
    assert values["F6"].value == POSTS[1] / POSTS[0] - 1
    board = book["附表1 账号明细"]
    assert board["H5"].value == "=F5/E5" and known["附表1 账号明细"]["H5"].value == 9_876_543 / 120
    assert board["G5"].value == 100_001


def test_totals_and_shares_are_formulas():
    def cells(*rows):
        heads = (Column("风险"), Column("信息量（条）", "int"), Column("占比", "percent"))
        one = replace(content(accounts=1), sections=(Section("分布", (Table("分布", heads, rows),)),))
        sheet = load_workbook(BytesIO(excel.render(one)))["一、分布"]
        return [[sheet.cell(row, column).value for column in (2, 3)] for row in range(5, 5 + len(rows))]

    assert cells(("高", 1, 0.25), ("低", 3, 0.75), ("合计", 4, 1.0)) == [
        [1, "=B5/B$7"], [3, "=B6/B$7"], ["=SUM(B5:B6)", "=B7/B$7"]]
    assert cells(("高", 1, 0.25), ("低", 3, 0.75), ("尚未判读", 5, None), ("合计已判读", 4, None)) == [
        [1, "=B5/B$8"], [3, "=B6/B$8"], [5, "—"], ["=SUM(B5:B6)", "—"]]
    assert cells(("高", 1, 0.5), ("低", 1, 0.5)) == [[1, "=B5/SUM(B$5:B$6)"], [1, "=B6/SUM(B$5:B$6)"]]
    assert cells(("高", 1, 0.1), ("低", 3, 0.3), ("合计", 10, None)) == [[1, "=B5/B$7"], [3, "=B6/B$7"], [10, "—"]]
    assert cells(("高", None, None), ("低", 3, 0.3)) == [["—", "—"], [3, 0.3]]


def test_what_is_printed_is_said_of_every_sheet(book):
    assert book["附表1 账号明细"].print_area == "'附表1 账号明细'!$A$1:$J$64"
    assert book["图1 每日阅读数"].freeze_panes == "B6"
    assert all(sheet.print_area for sheet in book)


def test_sentences_are_in_cells(book):
    text = "\n".join(str(cell.value) for row in book["文字综述"].iter_rows() for cell in row if cell.value)
    assert "总阅读数不少于5,432.1万次" in text and "（一）与上月相比" in text
    method = "\n".join(str(cell.value) for row in book["方法与数据说明"].iter_rows() for cell in row if cell.value)
    assert "最近一次采集的数值" in method


def test_sample_data_is_marked_on_every_sheet(book):
    marked = load_workbook(BytesIO(excel.render(content(is_demo=True))))
    for sheet in marked:
        assert any("演示数据" in str(cell.value) for row in sheet.iter_rows(max_row=2) for cell in row), sheet.title
        assert "演示数据" in sheet.oddHeader.center.text
    assert not any("演示数据" in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_same_content_gives_the_same_bytes_in_another_process(made, tmp_path):
    target = tmp_path / "again.xlsx"
    script = ("import sys; from pathlib import Path; from tests.report.sample import content; "
              "from core.report import excel; Path(sys.argv[1]).write_bytes(excel.render(content()))")
    subprocess.run([sys.executable, "-c", script, str(target)], check=True, env={"PYTHONHASHSEED": "7", "PATH": ""})
    assert target.read_bytes() == made


@pytest.mark.parametrize(("text", "name"), [
    ("一、总体/情况:[1]*?\\", "一、总体 情况 1"), ("'引号'", "引号"), ("长" * 40, "长" * 31), ("", "表"),
])
def test_sheet_names_are_what_excel_takes(text, name):
    assert re.sub(r" +", " ", excel.sheet_name(text)).strip() == name


def test_columns_are_wide_enough_for_chinese():
    assert excel.column_width(Column("单位"), ["城市管理综合行政执法局"]) >= 22
    assert excel.column_width(Column("标题"), ["长" * 300]) == 48
