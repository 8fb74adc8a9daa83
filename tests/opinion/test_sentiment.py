"""Sentiment: what decides, spans in the original, confidence, shares of many; the list and its faults."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion import sentiment
from core.opinion.sentiment import FEATURES, LABELS, Scorer, Weights, aggregate, packaged, read
from core.settings import CATALOG

OURS = packaged()
HEAD = "word,kind,weight,note\n"


def words(text: str) -> list[str]:
    return [text[cue.start : cue.end] for cue in OURS.score(text).words]


@pytest.mark.parametrize("text, label, deciding", [
    ("公园真漂亮，孩子们很喜欢", "正面", ["漂亮", "喜欢"]),
    ("医院态度太差了", "负面", ["太差"]),
    ("請相關部門解決噪音擾民", "负面", ["請相關部門", "噪音擾民"]),
    ("并不开心", "负面", ["并不开心"]),
    ("差点摔倒", "中性", []), ("不好意思", "中性", []), ("这样好吗？", "中性", []),
    ("某小区发生火灾致3人死亡", "负面", ["火灾", "3人死亡"]),
    ("避免火灾发生", "中性", []), ("防范火灾演练", "中性", []),
    ("消防员成功救出被困儿童", "正面", ["成功救"]), ("张三荣获全国劳动模范", "正面", ["荣获", "劳动模范"]),
    ("业主投诉物业乱收费", "负面", ["投诉", "乱收费"]),
    ("[怒][怒]", "负面", ["[怒]", "[怒]"]), ("[淚][悲傷]", "负面", ["[淚]", "[悲傷]"]), ("😡", "负面", ["😡"]),
    ("👍👍", "正面", ["👍", "👍"]), ("[赞]", "正面", ["[赞]"]),
    ("转发微博//@小明:太让人失望了[泪]", "负面", ["失望", "[泪]"]),
    ("凭什么不给我们解决！", "负面", ["凭什么"]),
    ("区政府召开食品安全工作会议", "中性", []), ("", "中性", []), (" \n", "中性", []), ("12345", "中性", []),
])
def test_the_label_and_the_words_that_decided(text, label, deciding):
    found = OURS.score(text)
    assert (found.label, words(text)) == (label, deciding)
    assert found.confidence == max(found.shares) and 0.999 < sum(found.shares) < 1.001


def test_what_follows_a_but_weighs_more():
    first, second = OURS.score("服务很好，但是环境太脏了"), OURS.score("环境太脏了，但是服务很好")
    assert first.shares[0] > second.shares[0] and first.shares[2] < second.shares[2]


def test_degree_and_repetition_make_surer():
    assert OURS.score("非常喜欢").shares[2] > OURS.score("喜欢").shares[2]
    assert OURS.score("[怒][怒][怒]").shares[0] > OURS.score("[怒]").shares[0]


def test_mixed_texts_are_unsure_and_plain_ones_are_not():
    assert OURS.score("物业服务很好，但是电梯天天坏").low
    assert not OURS.score("太让人失望了，态度恶劣，强烈谴责").low


def test_in_a_negative_text_only_negative_words_are_shown():
    found = OURS.score("喜欢不起来，太差劲了，恶心")
    assert found.label == "负面" and all(cue.value < 0 for cue in found.words)


@given(st.one_of(st.text(), st.lists(st.sampled_from([
    "不", "喜欢", "[怒]", "😡", "👍🏻", "//@人:", "但是", "！", "\u200b", "\ufe0f", "ﬁ", "İ", "火災", "救出", "[", "]",
    "http://t.cn/a", " ", "\n", "吗", "？", "㍿", "转发微博", "\x00", "\ud800", "哈" * 30,
]), max_size=20).map("".join)))
def test_any_text_has_a_label_and_spans_inside(text):
    found = OURS.score(text)
    assert found.label in LABELS and 0 < found.confidence <= 1
    assert all(0 <= cue.start < cue.end <= len(text) and cue.value for cue in found.words)
    assert all(a.start <= b.start for a, b in pairwise(found.words))
    assert found == OURS.many(["喜欢", text, ""])[1] == OURS.score(text)


@pytest.mark.parametrize("text", [
    "不" * 50_000, "喜欢不" * 20_000, "但是喜欢。" * 10_000, "[" * 50_000, "//@" * 20_000, "怒\u0301" * 30_000,
    "？" * 40_000,
])
def test_huge_texts_take_no_time(text):
    found = OURS.score(text)
    assert all(cue.end <= len(text) for cue in found.words) and len(found.words) <= sentiment.SHOWN


def test_shares_of_many_with_margins():
    found = OURS.many(["太差了"] * 30 + ["很喜欢"] * 10 + ["区政府召开会议"] * 60)
    told = aggregate(found)
    assert told.share == {"负面": 0.3, "中性": 0.6, "正面": 0.1} and told.texts == 100
    assert all(sentiment.BIAS <= margin < 0.2 for margin in told.margin.values())
    assert aggregate(found[:1]).margin["负面"] > told.margin["负面"]
    assert told.low == sum(one.low for one in found) and aggregate([]) is None


@pytest.mark.parametrize("text, said", [
    ("word,kind\n", "s.csv：表头应为 word、kind、weight、note，现为 word、kind"),
    (HEAD + "好,评语,1,\n", "s.csv 第 2 行：kind 为“评语”，应为 评价、"),
    (HEAD + "好,评价,4,\n", "s.csv 第 2 行：weight 为“4”，评价应为 1、2、3、-1、-2、-3 之一"),
    (HEAD + ",评价,1,\n", "s.csv 第 2 行：word 为空"),
    (HEAD + "好,评价,1,\n好,祝愿,2,\n", "s.csv 第 3 行：“好”与前面的“好”重复"),
    (HEAD + "好,评价,1\n", "s.csv 第 2 行：应有 4 格"),
])
def test_a_wrong_list_is_refused_with_line_field_and_remedy(text, said):
    with pytest.raises(BadInput) as caught:
        read(text, "s.csv")
    assert said in str(caught.value)


def test_an_edited_list_takes_effect():
    mine = Scorer(read(HEAD + "口袋公园,评价,3,\n"), OURS.weights)
    assert mine.score("新建口袋公园").label == "正面" and OURS.score("新建口袋公园").label == "中性"


def test_the_packaged_weights_belong_to_what_is_counted():
    text = (CATALOG / "sentiment.json").read_text("utf-8")
    assert Weights.parse(text).json() == text and OURS.weights.of.shape == (3, len(FEATURES))
    with pytest.raises(KeyError):
        Weights.parse(text.replace('"length"', '"longth"'))
