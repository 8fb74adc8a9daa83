"""Text as the opinion side compares it, on ordinary and on hostile input."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.opinion.normal import simplified
from core.opinion.text import display_title, gist, letters, plain, pseudonym, strong_keys


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("ＡＰＰ　上线，<em>便民</em>", "APP 上线,便民"),
        ("好消息[赞] //@张三:转发微博 http://t.cn/A6abc 看看", "好消息 转发微博 看看"),
        ("撤\u202e编\u200b辑\x07", "撤编辑"),
        ("A&amp;B &lt;b&gt;粗&lt;/b&gt;", "A&B 粗"),
        ("3 < 5 且 7 > 2", "3 < 5 且 7 > 2"),
        ("[2025]年报", "[2025]年报"),
        ("坏\ud800字", "坏字"),
    ],
)
def test_plain_drops_what_carries_no_meaning(raw, clean):
    assert plain(raw) == clean


def test_copies_with_other_punctuation_have_the_same_letters():
    assert letters("【通知】明日 停水！@区水务局") == letters("通知：明日停水") == "通知明日停水"


def test_a_title_for_the_screen_keeps_chinese_punctuation_and_is_cut_visibly():
    assert display_title("#本区新规# 明起施行，请知悉！") == "本区新规 明起施行，请知悉！"
    assert display_title("【卢浮宫失窃案嫌犯落网】") == "卢浮宫失窃案嫌犯落网"
    assert display_title("长" * 80, 20) == "长" * 19 + "…"


@pytest.mark.parametrize(
    ("title", "subject"),
    [
        ("如何看待卢浮宫失窃，还有哪些信息值得关注？", "卢浮宫失窃, ?"),
        ("#郑智化发文控诉深圳机场#", "郑智化发文控诉深圳机场"),
        ("怎么回事", "怎么回事"),
        ("小狗敬礼 #今日份快乐#", "小狗敬礼"),
    ],
)
def test_the_gist_is_the_subject_without_the_question_around_it(title, subject):
    assert gist(title) == subject


def test_the_gist_adds_the_beginning_of_the_text_once():
    assert gist("停水通知", "停水通知：明日八点起，东街停水检修") == "停水通知:明日八点起,东街停水检修"
    assert gist("停水通知", "明日八点起" * 40, 60).startswith("停水通知 明日八点起")
    assert len(gist("停水通知", "明日八点起" * 40, 60)) <= 60


def test_strong_keys_are_hashtags_quoted_titles_and_the_title_itself():
    keys = strong_keys("【东街明日起封闭施工】#东街改造工程#请绕行", "")
    assert {"#东街改造工程", "#东街明日起封闭施工"} <= keys
    assert not strong_keys("#今日份快乐#小狗敬礼"), "a short tag names no event"
    assert strong_keys("高市早苗当选日本首相") == strong_keys("高市早苗当选日本首相！")


def test_a_pseudonym_is_stable_and_can_not_be_guessed_without_the_key():
    key, other = b"k" * 32, b"o" * 32
    assert pseudonym("张三", "weibo", key) == pseudonym(" 张三 ", "weibo", key)
    assert len({pseudonym(*args) for args in (("张三", "weibo", key), ("张三", "zhihu", key), ("张三", "weibo", other),
                                              ("李四", "weibo", key))}) == 4
    assert pseudonym("", "weibo", key) == ""
    with pytest.raises(ValueError, match="16"):
        pseudonym("张三", "weibo", b"short")


@given(st.text(max_size=300))
def test_any_string_is_taken_and_nothing_invisible_is_left(raw):
    for text in (plain(raw), display_title(raw), gist(raw)):
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")]
        assert "\n" not in text
    assert plain(plain(raw)) == plain(plain(plain(raw)))
    assert all(c.isalnum() for c in letters(raw))
    assert all(len(key) > 6 for key in strong_keys(raw, raw))


@pytest.mark.parametrize("raw", ["<a" * 50_000, "【" * 50_000, "#" * 50_000, "https://" + "a" * 50_000, "[" * 50_000])
def test_a_hostile_long_text_is_cut_before_it_is_read(raw):
    assert len(plain(raw)) <= 20_000
    assert len(gist(raw)) <= 120


MIXED = st.lists(st.one_of(st.characters(), st.sampled_from([
    "@区水务局", "@台灣網：", "//@网友:", "[泪]", "http://t.cn/A6", "www.js.gov.cn", "＠某人", "①", "㎡", "ﬁ",
    "e\u0301", "Σ", "Ａ１", "\u200b", "\ufe0f", "&amp;", "<b>", "臺灣", "가", "\u1161",
])), max_size=20).map("".join)


@given(MIXED)
def test_letters_are_those_of_the_readable_form_without_names(raw):
    named = re.sub(r"@[\w\-·]{1,40}[:：]?", " ", plain(raw))
    assert letters(raw) == "".join(c for c in simplified(named).lower() if c.isalnum())
