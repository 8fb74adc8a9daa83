"""Normal forms of texts, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.opinion.normal import LONGEST, Normal, normal

PIECES = ["投訴", "维权", "Ｗｅｉｘｉｎ", "㎏", "é", "\u202e", "\u200b", "#话题#", "https://a.b/c?d=1", "@张三:",
          "[怒]", "\n", " ", "①", "ﬁ", "。", "🏠", "İ", "ẞ", "//@李四：", "。。", "\x00", "e\u0301", "한"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=12).map("".join)


@pytest.mark.parametrize("text, expected", [
    ("國務院關於綫上投訴", "国务院关于线上投诉"), ("ＷｅＣｈａｔ　群", "wechat 群"), ("维\u200b权\u202e", "维权"),
    ("50㎏①", "50kg1"), ("看https://t.cn/A1b2有人@区长:讨薪[怒]了", "看 有人 讨薪 了"),
    ("拆迁//@李四：补偿", "拆迁 补偿"),
    ("cafe\u0301", "caf\u00e9"), ("", ""),
    ("一行\n\n两行", "一行 两行"), ("\x00\x01", ""),
])
def test_normal_forms(text, expected):
    assert normal(text).text == expected


def test_what_is_found_is_shown_where_it_stands():
    text = "【曝光】幼兒園\u200b食\u200b物\u200b中毒 https://t.cn/x 家長討說法"
    form = normal(text)
    place = form.text.index("食物中毒")
    start, end = form.span(place, place + 4)
    assert text[start:end] == "食\u200b物\u200b中毒"
    start, end = form.span(form.text.index("家长"), form.text.index("家长") + 2)
    assert text[start:end] == "家長"
    assert normal("50㎏重").span(3, 4) == (2, 3)


@given(texts)
def test_every_span_leads_back_to_what_it_came_from(text):
    form = normal(text)
    places = [form.span(i, i + 1) for i in range(len(form.text))]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert places == sorted(places)
    for i, (start, end) in enumerate(places):
        if form.text[i].isalnum():
            assert form.text[i] in normal(text[start:end]).text


@given(texts)
def test_a_normal_form_is_its_own(text):
    once = normal(text).text
    assert normal(once).text.strip() == once.strip() or "@" in once or "[" in once or "/" in once


def test_guards():
    assert len(normal("长" * 50_000).text) == LONGEST
    with pytest.raises(ValueError, match="no characters"):
        Normal("一").span(1, 1)
