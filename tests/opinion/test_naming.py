"""What a topic is called."""

import pytest

from core.opinion.features import load_background
from core.opinion.naming import keywords
from core.opinion.topics import Clusterer, Item
from core.settings import CATALOG
from tests.opinion.test_topics import MONDAY

ZHENG = {
    "国台办回应郑丽文称愿赴大陆交流": 3, "郑丽文：绝不让台湾成“麻烦制造者”": 2, "郑丽文称要赴大陆交流：怕就别出来混": 1,
    "三股力量助郑丽文上位": 1, "如何看待郑丽文当选国民党主席？": 1, "国民党主席郑丽文如何逆袭成功": 1,
}


@pytest.fixture(scope="module")
def background():
    return load_background(CATALOG / "text_background.npz")


def test_keywords_are_whole_names_and_no_empty_words(background):
    found = keywords(ZHENG, background)
    assert found[0] == "郑丽文" and any("国民党" in word for word in found)
    assert not {"如何", "回应", "看待", "成功"} & set(found)
    assert len(found) <= 5 and all(2 <= len(word) <= 10 for word in found)


def test_no_keyword_repeats_another(background):
    found = keywords(ZHENG, background)
    assert not [(a, b) for a in found for b in found if a != b and a in b]


def test_nothing_to_say_gives_no_keyword(background):
    assert keywords({"": 1, "！！": 1}, background) == []


def named(background, titles):
    clusterer = Clusterer(background)
    change = clusterer.add([Item(n, title, MONDAY) for n, title in enumerate(titles)])
    return clusterer.name(change.assigned[0])[0]


def test_the_title_is_a_statement_rather_than_a_question_or_a_digest(background):
    titles = [
        "如何看待高市早苗当选日本首相？", "高市早苗当选日本首相", "【早报】高市早苗当选日本首相；金价大跌；多地降温",
        "高市早苗当选 日本首相指名选举结束",
    ]
    assert named(background, titles) == "高市早苗当选日本首相"


def test_a_single_item_gives_its_own_title_cleaned(background):
    assert named(background, ["#郑智化发文控诉深圳机场#"]) == "郑智化发文控诉深圳机场"
