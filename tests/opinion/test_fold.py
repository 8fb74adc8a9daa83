"""Reprints: what is one text, what is not, and that candidates are found by their keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.opinion.fold import Folds, Joined, kin, signature

NEWS = (
    "江苏省统计局今日发布消息称，上半年全省经济运行总体平稳、稳中有进，地区生产总值同比增长5.7%，高于全国0.4个百分点，"
    "其中第三产业增加值增长6.1%，固定资产投资保持稳定增长，居民人均可支配收入实际增长5.2%。"
)
OTHER = (
    "区水务局通知，因东街主管道检修，明日八时至二十时沿线居民小区停水，请提前储水。恢复供水初期水质可能发黄，"
    "放水数分钟后即可正常使用，如有疑问请拨打二十四小时服务热线。"
)
COPIES = {
    "source line": "【快讯】" + NEWS + "（来源：新华日报）",
    "truncated": NEWS[: int(len(NEWS) * 0.6)],
    "edited": NEWS.replace("总体平稳", "整体平稳").replace("地区生产总值", "GDP"),
    "link and tag": "#江苏经济半年报# " + NEWS + " http://t.cn/A6abc",
    "reordered": NEWS[60:] + NEWS[:60],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_reprint_is_the_same_text_and_shares_a_key(name):
    copy = COPIES[name]
    assert kin(NEWS, copy) == kin(copy, NEWS) == "reprint"
    assert set(signature(NEWS)) & set(signature(copy))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (NEWS, OTHER),
        ("国内金饰价格涨破每克1190元创历史新高", "国内金饰价格涨破每克1280元创历史新高"),
        ("今日停水通知", "今日停电通知"),
        ("东街明日停水检修请居民储水", NEWS + "东街明日停水检修请居民储水" + OTHER),
        ("", ""),
        ("！！！", "。。。"),
    ],
)
def test_other_news_is_not_folded(a, b):
    assert kin(a, b) is None


def test_short_texts_are_folded_only_when_their_letters_are_equal():
    assert kin("高市早苗当选！", "高市早苗 当選") == "reprint"
    assert signature("高市早苗当选！") == signature("高市早苗 當選")
    assert kin("高市早苗当选", "高市早苗落选") is None
    assert signature("") == [] and len(signature("停水")) == 1


def test_keys_fit_a_signed_64_bit_column_and_do_not_change_between_processes():
    keys = signature(NEWS)
    assert len(keys) > 24 and all(-(2**63) <= key < 2**63 for key in keys)
    # Stored keys outlive the process: another value here would orphan every stored text.
    assert (signature("停水"), keys[0], keys[23], keys[24]) == EXPECTED


EXPECTED = ([8261065342880987579], 3870741677211911463, 3048448774483834843, -5376164837383658857)


def test_folding_finds_the_first_copy_and_keeps_others_apart():
    folds = Folds()
    assert folds.add(1, NEWS) == Joined(1, None)
    assert folds.add(2, OTHER).first == 2
    joined = [folds.add(n, copy) for n, copy in enumerate(COPIES.values(), 3)]
    assert {(one.first, one.kind) for one in joined} == {(1, "reprint")}
    assert folds.add(9, "今日停水").first == 9


def test_a_text_within_a_much_longer_one_is_an_excerpt_and_other_numbers_are_other_news():
    words = [f"第{n}项安排由各街道{chr(0x4E00 + n * 37)}{chr(0x5E00 + n * 91)}组织落实" for n in range(40)]
    piece = NEWS + "记者从会上获悉，下一步将继续做好稳就业工作，重点支持中小企业。"
    whole = piece + OTHER * 2 + "。".join(words)
    assert kin(piece, whole) == "excerpt"
    assert kin(NEWS[:50], whole) is None
    folds = Folds()
    folds.add(1, whole)
    assert folds.add(2, piece) == Joined(1, "excerpt")
    daily = "截至{}日24时，全区累计接种{}剂次，其中老年人{}剂次，当日新增{}剂次，请市民前往就近接种点。"
    assert kin(daily.format(3, 1204, 331, 25), daily.format(9, 2877, 602, 41)) is None


def test_state_rebuilt_from_first_copies_goes_on_as_before():
    before = Folds()
    before.add(1, NEWS)
    before.add(2, OTHER)
    after = Folds([(1, NEWS), (2, OTHER)])
    for n, copy in enumerate([*COPIES.values(), "另一条新闻", OTHER + "（转）"], 10):
        assert after.add(n, copy) == before.add(n, copy)


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200))
def test_sameness_is_symmetric_and_equal_texts_share_every_key(a, b):
    assert kin(a, b) == kin(b, a)
    assert signature(a) == signature(a + " ！")
    if signature(a):
        assert kin(a, a) == "reprint"
