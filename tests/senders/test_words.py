"""Texts fitted to channels: nothing that a service refuses, nothing longer than it takes."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.labels import LEVELS
from core.senders import SENDERS, Message, words
from core.senders.aliyun import PROPOSAL as ALIYUN
from core.senders.tencent import PROPOSAL as TENCENT

REFUSED = re.compile(r"https?[:：]|www\.|[\[\]【】〖〗<>{}$\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
                     r"|[\U0001f000-\U0001faff]", re.IGNORECASE)
PIECES = ["http", "://", "ｗww.", "a.com", "【", "】", "\u200d", "😡", "停水", "/", "．", "\n", "<", "${", "："]


@pytest.mark.parametrize(("text", "told"), [
    ("某小区停水两天", "某小区停水两天"),
    ("详见 https://example.com/a?b=c。居民投诉", "详见 。居民投诉"),
    ("详见https://example.com/a居民投诉", "详见 居民投诉"),
    ("WWW.EXAMPLE.CN 停水", "停水"),
    ("加微信到 abc.com/x1 领取", "加微信到 领取"),
    ("ｈｔｔｐ：//例子", "例子"),
    ("ht【】tp://a.cn 停水", "停水"),
    ("hthttp://tp://x.cn 停水", "ht 停水"),
    ("【官方】停水[通知]", "官方停水通知"),
    ("停\u202e水\u200b了\x07", "停水了"),
    ("停水😡💢❗️了①", "停水了"),
    ("一\n二\r\n三\t四", "一 二 三 四"),
    ("气温-3℃，面积100㎡，№5", "气温-3℃，面积100㎡，№5"),
    ("𠮷祥里小区", "𠮷祥里小区"),
    ("价格 ${phone} <b>", "价格 phone b"),
    ("版本1.2.3、3.5万元、8.30晚", "版本1.2.3、3.5万元、8.30晚"),
])
def test_a_variable_holds_words_only(text, told):
    assert words.short(text, 35) == told


def test_a_variable_is_cut_to_its_length_with_a_mark():
    assert words.short("一二三四五六七", 7) == "一二三四五六七"
    assert words.short("一二三四五六七八", 7) == "一二三四五六…"


@given(st.text(st.characters(), max_size=120) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
       st.integers(2, 40))
def test_whatever_comes_nothing_refused_is_left(text, most):
    told = words.short(text, most)
    assert len(told) <= most and not REFUSED.search(told), told
    assert told == told.strip() and "\n" not in told


def test_variables_are_named_held_and_cut_as_the_template_wants(message):
    wanted = words.variables("dengji=level:6, place:4；gist:8 count:6,number:6")
    assert [one.name for one in wanted] == ["dengji", "place", "gist", "count", "number"]
    assert words.values(wanted, message) == {
        "dengji": "红色", "place": "澜桥街道", "gist": "停水已两天，居…", "count": "12", "number": "1032"}


def test_no_variable_is_empty(message):
    bare = replace(message, place="", gist="【】", where="", title="😡")
    held = words.values(words.variables("level,place,gist,count,where,number,title"), bare)
    assert all(held.values()), held
    assert held["place"] == "地点不明"


@pytest.mark.parametrize(("text", "said"), [
    ("level,weather", "weather"), ("level:1", "2 到 200"), ("level:6,level:6", "重名"), ("", "模板变量"),
    ("level:六", "level"), ("短=level", "短"),
])
def test_variables_that_cannot_be_are_refused_in_words(text, said):
    with pytest.raises(BadInput, match=said):
        words.variables(text)


LONG = Message(level="orange", title="长" * 300, gist="要点" * 300, place="街" * 300, count=999_999, where="第" * 300,
               text="文" * 9_000, link="https://pulse.district.gov.cn/alerts?alert=1&key=" + "k" * 40, at=None)


@pytest.mark.parametrize(("kind", "proposal", "sign"), [("aliyun", ALIYUN, "【澜桥区新媒体中心】"),
                                                        ("tencent", TENCENT, "【澜桥区新媒体中心】")])
def test_the_longest_message_by_the_proposed_template_is_two_parts_at_most(kind, proposal, sign):
    """70 characters are one part, further ones hold 67; 500 are the most that a service takes."""
    default = next(one.default for one in SENDERS[kind].fields if one.name == "variables")
    held = words.values(words.variables(default), LONG)
    parts = iter(held.values())
    text = sign + re.sub(r"\$?\{\w+\}", lambda _: next(parts), proposal)
    assert next(parts, None) is None, "the template takes every variable"
    assert all(len(value) <= 35 for value in held.values())
    assert len(text) <= 134


def test_a_wording_is_filled_and_what_it_holds_is_cut(message):
    assert words.filled(words.WORDING, message, {"gist": 8}) == (
        "舆情预警：红色等级，地点澜桥街道，停水已两天，居…，涉及信息12条，请到舆情系统预警第1032号查看处理。")
    assert len(words.filled(words.WORDING, LONG, {})) < 140
    assert words.filled("{level}{unknown}", message, {}) == "红色"


@given(st.text(max_size=300), st.integers(3, 200))
def test_bytes_are_cut_between_characters(text, most):
    told = words.cut_bytes(text, most)
    assert len(told.encode()) <= most
    told.encode().decode()


def test_a_whole_message_says_its_title_once_and_keeps_its_link(message):
    said = words.whole(message)
    assert said.count(message.title) == 1 and said.endswith(message.link)
    assert words.whole(replace(message, text=f"{message.text}\n确认收到：{message.link}")).count(message.link) == 1
    assert words.whole(replace(message, text="没有标题的正文")).startswith(message.title)
    cut = words.whole(replace(LONG, at=message.at), 2_048)
    assert len(cut.encode()) <= 2_048 and cut.endswith(f"…\n{LONG.link}")
    inside = replace(LONG, text=LONG.text + f"\n确认收到：{LONG.link}")
    assert words.whole(inside, 2_048).endswith(f"…\n{LONG.link}"), "a link at the end of a long text is not cut off"


def test_every_level_has_its_word():
    assert all(words.values(words.variables("level"), replace(LONG, level=level)) == {"level": word}
               for level, word in LEVELS.items())
