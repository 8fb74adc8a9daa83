"""Tables that people take along: figures as figures, marks, missing, and nothing that a spreadsheet would run."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import openpyxl
import pandas as pd

from core.report import sheet
from core.report.sheet import Head

HEADS = {
    "name": Head("账号"), "reads": Head("总阅读数", "int"), "score": Head("指数", "score"),
    "share": Head("占比", "percent"), "day": Head("日期", "date"), "at": Head("时间", "time"),
}
FRAME = pd.DataFrame({
    "name": ["=cmd|' /C calc'!A0", "云澜发布"], "reads": pd.array([100_001, None], dtype="Int64"),
    "reads_mark": ["≥", ""], "score": [814.576, float("nan")], "share": [0.1234, None],
    "day": [date(2026, 3, 8), None], "at": pd.to_datetime(["2026-03-08T01:30:00Z", None]), "hidden": [1, 2],
})
NOTES = [("筛选", "2026-03-01 至 2026-03-31"), ("口径与方法", "-WCI")]


def test_a_workbook_holds_figures_marks_and_what_it_is_about():
    made = sheet.workbook(FRAME, HEADS, "政务微信榜", NOTES)
    assert made == sheet.workbook(FRAME, HEADS, "政务微信榜", NOTES)
    book = openpyxl.load_workbook(BytesIO(made))
    data, about = book["数据"], book["说明"]
    assert [cell.value for cell in data[1]] == [head.label for head in HEADS.values()]
    first, second = data[2], data[3]
    assert (first[0].value, first[0].data_type) == ("=cmd|' /C calc'!A0", "s"), "text, not a formula"
    assert (first[1].value, first[1].number_format) == (100_001, '"≥"#,##0')
    assert (first[2].value, first[2].number_format) == (814.576, "#,##0.00")
    assert first[4].value.date() == date(2026, 3, 8)
    assert first[5].value == datetime(2026, 3, 8, 9, 30, tzinfo=UTC).replace(tzinfo=None), "on the Shanghai clock"
    assert [cell.value for cell in second] == ["云澜发布", *[None] * 5], "missing is empty, not 0"
    assert data.auto_filter.ref == "A1:F3" and data.freeze_panes == "A2"
    assert [(row[0].value, row[1].value) for row in about.iter_rows()] == [("表名", "政务微信榜"), *NOTES]


def test_csv_says_the_same_and_runs_nothing():
    made = sheet.csv_bytes(FRAME, HEADS, "政务微信榜", NOTES)
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(made.decode("utf-8-sig"))))
    assert rows[0] == ["账号", "总阅读数", "总阅读数（标记）", "指数", "占比", "日期", "时间"]
    assert rows[1] == ["'=cmd|' /C calc'!A0", "100001", "≥", "814.58", "0.1234", "2026-03-08", "2026-03-08 09:30"]
    assert rows[2] == ["云澜发布", "", "", "", "", "", ""]
    assert rows[-3:] == [["表名", "政务微信榜"], ["筛选", "2026-03-01 至 2026-03-31"], ["口径与方法", "'-WCI"]]


def test_an_empty_table_is_still_a_table():
    empty = FRAME.iloc[:0]
    book = openpyxl.load_workbook(BytesIO(sheet.workbook(empty, HEADS, "空", [])))
    assert book["数据"].max_row == 1 and book["数据"]["A1"].value == "账号"
    assert sheet.csv_bytes(empty, HEADS, "空", []).decode("utf-8-sig").splitlines()[0].startswith("账号,总阅读数")
