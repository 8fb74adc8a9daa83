"""Normal forms of texts, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.opinion.normal import LONGEST, Normal, guard, joined, normal

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


@given(texts, texts)
def test_two_texts_are_joined_as_one_would_be_read(first, second):
    """But for what reaches across the line between them: marks that combine, forwarding marks."""
    whole = f"{first}\n{second}"
    form, other = joined(normal(first), normal(second), len(first) + 1), normal(whole)
    places = [form.span(n, n + 1) for n in range(len(form.text))]
    assert all(0 <= start < end <= len(whole) for start, end in places) and places == sorted(places)
    assert form.text.replace(" ", "") == normal(first).text.replace(" ", "") + normal(second).text.replace(" ", "")
    if "//" not in first and not second.startswith(("\u0301", "\n", " ")):
        assert form.text.strip() == other.text.strip()


def test_places_of_joined_texts_are_those_of_the_whole():
    for first, second in (("停水", "投訴"), ("停\u200b水", "投诉"), ("停水 ", " 投诉"), ("停水", ""),
                          ("", "投\u200b诉")):
        whole = f"{first}\n{second}"
        form = joined(normal(first), normal(second), len(first) + 1)
        for word in ("停水", "投诉"):
            if word in form.text:
                start = form.text.index(word)
                piece = whole[slice(*form.span(start, start + 2))]
                assert normal(piece).text == word


@pytest.mark.parametrize("text, said", [
    ("今天停水了", ""), ("气死", ""), ("好", "过短"), ("6", "过短"), ("", "过短"), ("！！！……", "过短"),
    ("https://a.cn/x", "过短"),
    ("[怒][怒]", ""), ("@张三 [哈哈]", ""), ("👍", ""), ("好👍", ""), ("20260301", "过短"),
    ("Google adds shared AR experiences to Android", "非中文"), ("S15 G2 FLY", "非中文"),
    ("见て かわいい カメラ", "非中文"), ("Goddamnit! [怒]", "非中文"),
    ("iPhone18Pro前瞻", ""), ("LPL", "非中文"), ("GAI新歌", ""),
    ("Clever, is in the shortest possible time to recognize their own position. 聪明；就是在最短的时间内认清自己", ""),
    ("停水" * LONGEST, "过长"),
])
def test_what_cannot_be_read_for_its_feeling(text, said):
    assert guard(text, normal(text)) == said
