"""Summaries: verbatim, within their length, without furniture."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.opinion.features import load_background
from core.opinion.summary import representatives, said, sentences, summary
from core.settings import CATALOG

BACKGROUND = load_background(CATALOG / "text_background.npz")
NEWS = ("【停水通知】12月3日，区水务局通报，因东街主管道爆裂，周边六个居民小区停水。抢修人员已到场，预计当晚20时"
        "恢复供水。居民可到社区服务中心领取应急用水。来源：澜桥发布 编辑：小王！点击关注我们。今天天气很好。")


def test_what_says_most_is_chosen_and_furniture_left_out():
    found = summary([NEWS], BACKGROUND, 60)
    assert said(found).startswith("12月3日，区水务局通报") or "停水" in said(found)
    every = [one.text for one in sentences(NEWS)]
    assert not any("编辑" in text or "点击" in text for text in every) and len(every) >= 3


def test_several_texts_are_summed_up_without_repeating():
    other = "东街主管道爆裂致停水，区水务局称当晚恢复供水。有居民反映家中老人用水困难，希望送水上门。"
    found = summary([NEWS, other, NEWS], BACKGROUND, 120)
    assert len({one.text for one in found}) == len(found) and {one.source for one in found} <= {0, 1, 2}
    assert "用水" in said(found) and "…" in said(found)


def test_representatives_are_central_and_say_different_things():
    titles = ["东街停水三天居民投诉", "天气转凉注意保暖", "东街停水三天，居民投诉！", "东街停水抢修人员已到场",
              "东街停水居民领取应急用水", "", "东街停水预计今晚恢复"]
    found = representatives(titles, BACKGROUND, 3)
    assert len(found) == 3 and found[0] in (0, 2) and len({0, 2} & set(found)) == 1
    assert 1 not in found and 5 not in found
    assert representatives([], BACKGROUND) == [] and representatives(["", "！"], BACKGROUND) == []


PIECES = ["停水了", "居民投诉物业费上涨", "。", "！", "\n", "“", "”", "来源：", "a", "\u202e", "，", " ", "；",
          "区水务局今日通报抢修进展情况"]
texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25).map("".join)


@settings(max_examples=80)
@given(st.lists(texts, max_size=4), st.integers(1, 120))
def test_every_sentence_is_verbatim_and_all_fit(given_texts, longest):
    found = summary(given_texts, BACKGROUND, longest)
    assert sum(len(one.text) for one in found) <= longest
    assert all(given_texts[one.source][one.start : one.end] == one.text for one in found)
    assert [(one.source, one.start) for one in found] == sorted((one.source, one.start) for one in found)


def test_a_summary_needs_a_length():
    with pytest.raises(ValueError, match="length"):
        summary([NEWS], BACKGROUND, 0)
