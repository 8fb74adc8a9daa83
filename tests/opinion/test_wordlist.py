"""Lists kept as CSV."""

import pytest

from core.faults import BadInput
from core.opinion.wordlist import decoded, rows, written


def test_rows_come_with_their_line_and_either_heads():
    text = "词,类\n停水, 民生 \n\n\"多\n行\",乙\n"
    found = list(rows(text, "a.csv", ("word", "kind"), optional=("unit",), shown={"word": "词", "kind": "类"}))
    assert found == [("a.csv 第 2 行", {"word": "停水", "kind": "民生", "unit": ""}),
                     ("a.csv 第 5 行", {"word": "多\n行", "kind": "乙", "unit": ""})]
    assert list(rows("\ufeffkind,unit,word\n甲,某局,停水\n", "a.csv", ("word", "kind"), optional=("unit",))) == [
        ("a.csv 第 2 行", {"word": "停水", "kind": "甲", "unit": "某局"})]


@pytest.mark.parametrize("text, said", [
    ("", "现为 空"), ("word\nx\n", "表头应为 word、kind，现为 word"), ("word,kind,more\n", "现为 word、kind、more"),
    ("word,kind,kind\n", "现为 word、kind、kind"), ("word,kind\n甲\n", "第 2 行：应有 2 格，现有 1 格"),
    ("word,kind\n甲,乙,丙\n", "现有 3 格"), ("word,kind\n\"甲,乙\n", "请检查引号"),
])
def test_what_is_no_such_list_is_said(text, said):
    with pytest.raises(BadInput, match=said):
        list(rows(text, "a.csv", ("word", "kind")))


def test_files_as_excel_saves_them():
    text = written(("词", "类"), [("停水", "a,b"), ("某\"词", "")])
    assert decoded(text.encode(), "a.csv") == text.removeprefix("\ufeff")
    assert decoded("停水的通知，居民反映".encode("gb18030"), "a.csv") == "停水的通知，居民反映"
    assert [tuple(row.values()) for _, row in rows(text, "a.csv", ("词", "类"))] == [("停水", "a,b"), ("某\"词", "")]
    with pytest.raises(BadInput, match="编码无法识别"):
        decoded(b"\xff\xff\x00", "a.csv")
