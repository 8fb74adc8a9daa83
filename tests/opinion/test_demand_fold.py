"""Demands about one problem are found by field, place and likeness; ids stay; how well, measured on made variations."""

from datetime import UTC, datetime, timedelta
from itertools import combinations, count

import pytest

from core import clock
from core.demo import events
from core.demo.grammar import dice
from core.demo.local import street_of
from core.opinion.demand_fields import scheme
from core.opinion.demand_fold import Problems, Said, core_text, keep_ids, pairs, subject
from core.opinion.demand_rules import rules
from core.opinion.features import load_background
from core.settings import CATALOG

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
LIFT, NOISE = "住房城建/电梯", "生态环境/噪声"


@pytest.fixture(scope="module")
def background():
    return load_background(CATALOG / "text_background.npz")


@pytest.fixture
def problems(background):
    return Problems(background, rules().fold, count(1).__next__)


def said(id_, title, text="", *, field=LIFT, town="甲街道", spot="桂园新村", caller="", days=0):
    return Said(id_, AT + timedelta(days=days), field, title, text, town, spot, caller, (spot, town))


def test_the_same_matter_in_one_place_is_one_problem_and_another_matter_is_not(problems):
    first = problems.add(said(1, "桂园新村电梯故障", "电梯三天两头停运，没有人修"))
    again = problems.add(said(2, "桂园新村电梯又坏了", "电梯停运多日无人维修"))
    other = problems.add(said(3, "桂园新村噪音", "工地凌晨打桩，噪音扰民", field=NOISE))
    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.group == first.group != other.group
    assert "同在桂园新村" in again.why and "桂园新村电梯故障" in again.why


def test_the_further_apart_the_more_alike_texts_must_be(problems):
    one, other = said(1, "电梯故障"), said(2, "电梯故障", spot="", town="")
    near = said(3, "电梯故障", spot="别处")
    far = said(4, "电梯故障", spot="", town="乙街道")
    needed = [problems.threshold(one, said(9, "电梯故障")), problems.threshold(one, near),
              problems.threshold(one, other), problems.threshold(one, far)]
    assert needed == sorted(needed) and len(set(needed)) == 4
    assert problems.threshold(one, said(5, "噪音", field=NOISE)) > needed[0]
    mine, again = said(6, "电梯", caller="甲"), said(7, "电梯", caller="甲")
    assert problems.threshold(mine, again) < problems.threshold(mine, said(8, "电梯", caller="乙"))


def test_a_problem_ends_after_its_time(problems):
    first = problems.add(said(1, "电梯故障", "电梯停运无人维修"))
    late = problems.add(said(2, "电梯故障", "电梯停运无人维修", days=rules().fold.days + 1))
    assert late.new and late.group != first.group


def test_what_is_in_names_of_places_and_formulas_says_nothing(problems):
    assert "小学" not in subject("云澜小学门口停车难", ["云澜小学"])
    text = core_text(said(1, "市民来电反映：桂园新村电梯故障，希望相关部门尽快处理，谢谢", town="甲街道"))
    assert "电梯故障" in text and not any(word in text for word in ("市民", "桂园新村", "尽快", "谢谢"))


def test_many_are_compared_as_quickly_through_the_matrix_as_one_by_one(background):
    texts = [f"{place}{what}" for place in ("东门", "西门", "南门") for what in (
        "电梯故障停运", "垃圾无人清运", "路灯不亮", "停车位被占", "下水道堵塞")] * 20
    small, large = (Problems(background, rules().fold, count(1).__next__) for _ in range(2))
    found = [small.add(said(n, text)).group for n, text in enumerate(texts)]
    for n, text in enumerate(texts):
        if n < 299:
            large.put(Said(n, AT, LIFT, text, "", "甲街道", "桂园新村", "", (), found[n]))
    assert large.add(said(299, texts[299])).group == found[299]


def test_ids_go_on_with_most_of_their_demands():
    assert keep_ids({7: [1, 2, 3], 8: [4, 5]}, {101: [1, 2], 102: [3, 4, 5], 103: [6]}) == {101: 7, 102: 8}
    assert keep_ids({7: [1, 2, 3, 4]}, {101: [1], 102: [2, 3, 4]}) == {102: 7}, "each id goes on once"


def test_a_demand_put_without_its_problem_is_a_fault(problems):
    with pytest.raises(ValueError, match="no group"):
        problems.put(said(1, "电梯"))


def test_made_variations_of_one_story_come_together_and_different_stories_stay_apart(background):
    """Not real demands: lines of the sample district's stories, as their board and forum say them."""
    story, kind, items = {}, {}, []
    for one in events.kinds("small"):
        for nth in range(2) if one.board else ():
            rng = dice("fold", one.key, nth)
            event = events._event(rng, one, clock.day_of(AT), 0.3)
            place = next((word for _, word in event.bound if street_of(word)), "")
            for _ in range(4):
                title = events._own_words(rng, "board", (*one.board, *one.forum[:2]), event.words)
                names = [word for _, word in event.bound if word in title]
                id_ = len(items) + 1
                items.append(Said(id_, AT + timedelta(hours=id_), scheme().tell(subject(title, names), "").value, title,
                                  "", street_of(place) if place in title else "", place if place in title else "", "",
                                  tuple(names)))
                story[id_], kind[id_] = (one.key, nth), one.key
    together = Problems(background, rules().fold, count(1).__next__)
    groups: dict[int, list[int]] = {}
    for one in items:
        groups.setdefault(together.add(one).group, []).append(one.id)
    found = pairs(groups.values())
    same = {pair for pair in combinations(sorted(story), 2) if story[pair[0]] == story[pair[1]]}
    wrong = {pair for pair in found if kind[pair[0]] != kind[pair[1]]}
    right = found & same
    assert len(right) / len(same) > 0.35, "of the pairs of one story, whose lines are short and mostly name no place"
    assert len(right) / (len(right) + len(wrong)) > 0.8, "of the pairs found; like stories elsewhere count for neither"
