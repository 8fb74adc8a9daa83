import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.report.typeset import LOOSEST, set_lines, title_lines, units, wrap

CLOSING = "，。、；：？！）”’》〉」』】〕…·％%—～"
OPENING = "（“‘《〈「『【〔≥≈"


def measure(text: str) -> float:
    """One em for a Chinese character, half an em for a Latin one, of 10 points."""
    return sum(10.0 if unicodedata.east_asian_width(char) in "WFA" else 5.0 for char in text)


SENTENCE = (
    "2020年2月，全区共发布信息1,482条（其中“头条”120条），总阅读数≥10万+次、平均3.7万次；环比增长12.3%，其中"
    "《致全区居民的一封信》——阅读最多……详见https://weibo.com/2656274875/IraRz3asr?from=page_100206&mod=weibotime。"
)


@pytest.mark.parametrize("width", range(60, 420, 7))
def test_no_line_starts_or_ends_with_the_wrong_mark(width):
    lines = [line.text for line in set_lines(SENTENCE, width, measure, first_indent=20)]
    assert not [line for line in lines[1:] if line[0] in CLOSING]
    assert not [line for line in lines[:-1] if line[-1] in OPENING]
    assert "".join(lines).replace(" ", "") == SENTENCE.replace(" ", "")


@pytest.mark.parametrize("kept", ["1,482", "≥10万+", "3.7万", "12.3%"])
def test_a_number_stays_with_its_signs(kept):
    assert any(kept in unit for unit in units(SENTENCE))


@given(text=st.text(alphabet="国家，。（）“”《》、；万亿%+-0123456789abcXYZ/:. ·—…≥≈😷 ", max_size=160),
       width=st.integers(min_value=40, max_value=400), indent=st.sampled_from([0, 20]))
@settings(max_examples=150, deadline=None)
def test_lines_fit_and_nothing_is_lost(text, width, indent):
    lines = set_lines(text, width, measure, first_indent=indent)
    for line in lines:
        natural = measure(line.text)
        assert len(line.text) <= 1 or line.indent + natural <= width + 1e-6
        if line.spacing:
            assert line.indent + natural + line.spacing * (len(line.text) - 1) == pytest.approx(width)
            assert 0 < line.spacing <= LOOSEST * 10
    assert "".join(line.text for line in lines).replace(" ", "") == text.replace(" ", "")


def test_first_line_is_indented_and_last_is_not_stretched():
    lines = set_lines("国" * 25 + "。", 100, measure, first_indent=20)
    assert [line.indent for line in lines] == [20, 0, 0]
    assert lines[-1].spacing == 0


def test_a_long_address_is_cut_and_does_not_leave_a_hole():
    lines = wrap("见https://example.com/" + "a" * 100 + "。", 200, measure)
    assert all(measure(line) > 140 for line in lines[:-1])
    assert lines[-1][-1] == "。" and len(lines[-1]) > 1


def test_empty_text_is_one_empty_line():
    assert wrap("", 100, measure) == [""]


def test_a_name_in_a_title_is_not_broken():
    title = "2026年10月云澜区融媒体中心政务新媒体运营情况专报"
    broken = title_lines(title, 16.0, lambda text: float(len(text)))
    assert "云澜区融媒体中心" in "".join(broken) and len(broken) == 2
    for room in (16.0, 15.0, 14.5):
        lines = title_lines(title, room, lambda text: float(len(text)), ("云澜区融媒体中心", "政务新媒体"))
        assert "".join(lines) == title
        assert sum("云澜区融媒体中心" in line for line in lines) == 1
