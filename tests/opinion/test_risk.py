"""Sensitive words however they are written, and the score that they make."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion import lexicon, risk
from core.opinion.lexicon import Lexicon, Word
from core.settings import CATALOG

OURS = lexicon.read((CATALOG / "risk.csv").read_text("utf-8"))
ALL = Lexicon(OURS)
FEW = Lexicon([
    Word("食物中毒", "食品药品", 3), Word("上访", "群体聚集", 2), Word("爆炸", "安全事故", 3, ("信息爆炸",)),
    Word("集体讨薪", "劳资", 3, ("及体讨薪",)), Word("中毒", "食品药品", 2), Word("维权", "群体聚集", 2),
])


def found(text: str, words: Lexicon = FEW) -> list[tuple[str, str, str]]:
    return [(hit.word.word, hit.way, text[hit.start : hit.end]) for hit in words.find(text)]


@pytest.mark.parametrize("text, expected", [
    ("幼兒園食物中毒", [("食物中毒", "原文", "食物中毒")]),
    ("有人食\u200b物\u200b中毒了", [("食物中毒", "原文", "食\u200b物\u200b中毒")]),
    ("爆*炸", [("爆炸", "夹符号", "爆*炸")]), ("爆🔥炸", [("爆炸", "夹符号", "爆🔥炸")]),
    ("维 权 上 访", [("维权", "夹符号", "维 权"), ("上访", "夹符号", "上 访")]),
    ("火暴火乍了", [("爆炸", "拆字", "火暴火乍")]), ("上讠方", [("上访", "拆字", "上讠方")]),
    ("十五中毒", [("食物中毒", "同音或拼音", "十五中毒"), ("中毒", "原文", "中毒")]),
    ("时无终毒", [("食物中毒", "同音或拼音", "时无终毒")]),
    ("jititaoxin", [("集体讨薪", "同音或拼音", "jititaoxin")]),
    ("集体tao薪", [("集体讨薪", "同音或拼音", "集体tao薪")]),
    ("信息爆炸的时代", []), ("信息*爆炸", [("爆炸", "原文", "爆炸")]), ("一路上，访谈不断", []), ("上。访", []),
    ("及体讨薪", []), ("xjititaoxinx", []), ("", []), ("[爆炸]", []),
])
def test_words_are_found_however_they_are_written(text, expected):
    assert found(text) == expected


@given(st.lists(st.sampled_from(["爆", "炸", "*", "，", "火", "暴", "乍", "上", "访", "讠", "方", "\u200b", "jiti",
                                 "集", "体", "讨", "薪", "@人", " "]), max_size=14).map("".join))
def test_every_hit_stands_in_the_text_and_none_overlaps_another(text):
    hits = FEW.find(text)
    assert all(0 <= a.start < a.end <= len(text) for a in hits)
    for certain in (True, False):
        mine = [hit for hit in hits if hit.certain is certain]
        assert all(a.end <= b.start for a, b in pairwise(mine))


@pytest.mark.parametrize("row, said", [
    ("爆,安全事故,3,,", "太短"), ("爆炸,安全,3,,", "没有“安全”这一类"), ("爆炸,安全事故,9,,", "等级应为 1"),
    ("爆炸,安全事故,3,地震,", "也不与它同音"),
])
def test_a_wrong_line_of_the_list_is_named(row, said):
    with pytest.raises(BadInput, match=f"第 2 行.*{said}"):
        lexicon.read(f"word,class,level,unless,note\n{row}\n")
    with pytest.raises(BadInput, match="表头应为"):
        lexicon.read("词,类\n")


def test_the_list_that_comes_with_it_is_sound():
    assert len(OURS) > 500 and {word.kind for word in OURS} == set(lexicon.CLASSES)
    for word in OURS:
        assert (word.word, "原文") in [(hit.word.word, hit.way) for hit in ALL.find(f"，{word.word}。")], word


@pytest.mark.parametrize("text, level, kind", [
    ("今早某小区燃气爆炸致3人死亡12人受伤，业主集体聚集讨说法", "高", "安全事故"),
    ("求助！幼儿园孩子食物中毒，数十名家长讨说法", "高", "食品药品"),
    ("工地拖欠农民工工资，工人集体讨薪", "高", "劳资"),
    ("小区停水三天没人管", "低", "住房物业"),
    ("区应急局开展燃气爆炸应急演练", "", "安全事故"),
    ("电影《爆炸》定档国庆", "低", "安全事故"),
    ("今天天气很好，公园里的花开了", "", ""),
    ("本次地震暂无人员死亡，未造成房屋倒塌", "中", "自然灾害"),
])
def test_scores(text, level, kind):
    found = risk.score(text, ALL)
    assert (found.level, found.kind) == (level, kind), found.why


def test_every_factor_is_said_and_together_they_make_the_score():
    made = risk.score("某厂爆炸致2人死亡，求扩散！！", ALL, here=True, source=1.2)
    assert made.why.startswith("严重词“爆炸” +56") and "人员死亡“2人死亡” +14" not in made.why
    points = sum(factor.points for factor in made.factors)
    for factor in made.factors:
        points *= factor.times
    assert made.score == min(round(points), 100) and made.version == "risk-2"
    assert {"发生在本区", "来源权重", "诉求语气", "人员死亡"} <= {factor.name for factor in made.factors}
    far = risk.score("某厂爆炸致2人死亡，求扩散！！", ALL, here=False)
    assert far.score < made.score and any(factor.name == "发生在外地" for factor in far.factors)


def test_a_suspicion_alone_weighs_half_and_a_denial_nothing():
    plain, sounded = risk.score("食物中毒", ALL), risk.score("时无中独", ALL)
    assert 0 < sounded.score == round(plain.score / 2)
    assert risk.score("未发生爆炸", ALL).score == 0 and risk.score("爆炸事故为零", ALL).score == 0
    assert [hit.word.word for hit in risk.score("未发生爆炸", ALL).found] == ["爆炸"]
