"""Which names are taken as the same, and which are left to a person."""

import pytest

from core.matching import LEAST, MARGIN, SURE, Known, candidates, settled, similarity, sure


def pool(*names: str, **others) -> list[Known]:
    return [Known(n, name, **others) for n, name in enumerate(names, start=1)]


def taken(name: str, known: list[Known], **more) -> str | None:
    found = sure(candidates(name, known, **more))
    return found.known.name if found else None


@pytest.mark.parametrize(("one", "other"), [
    ("健康云澜", "健康云澜"), ("健康云澜", " 健康 云澜 "), ("ＡＰＰ云澜", "app云澜"), ("健康云澜", "健康云澜（官方）"),
    ("健康云澜", "健康云澜官方微信"), ("健康云澜微信公众号", "健康云澜官微"), ("上海市静安区", "静安区"),
    ("上海静安", "静安"), ("江宁路街道", "江宁路街道办事处"), ("静安区人民政府", "静安区"),
    ("静安发布", "上海静安发布"), ("静安发布", "静安发布政务微博"),
])
def test_the_same_name_written_otherwise(one, other):
    assert similarity(one, other) == similarity(other, one) >= SURE


@pytest.mark.parametrize(("one", "other"), [
    ("静安发布", "上海静安"), ("静安区", "上海静安"), ("静安发布", "静安区"), ("浦东发布", "浦东新区"),
    ("浦东发布", "浦东"), ("江宁路街道", "江宁路"), ("静安寺街道", "静安"), ("区卫健委", "区教委"),
    ("云澜教育", "云澜教育考试"), ("健康云澜", "健康云栏"), ("长征镇", "长征医院"), ("南京东路街道", "南京西路街道"),
])
def test_what_looks_alike_is_left_to_a_person(one, other):
    assert similarity(one, other) == similarity(other, one) < SURE


@pytest.mark.parametrize(("one", "other"), [("石泉路街道", "石泉路镇"), ("曹杨镇", "曹杨街道"), ("桃浦镇", "桃浦乡")])
def test_another_kind_of_body_is_no_candidate(one, other):
    assert similarity(one, other) < LEAST


def test_one_place_with_three_names():
    three = pool("上海静安", "静安区", "静安发布")
    assert taken("上海静安", three) == "上海静安"
    assert taken("静安区", three) == "静安区"
    assert taken("静安发布", three) == "静安发布"
    assert taken("上海静安发布", three) == "静安发布"
    assert taken("静安区人民政府", three) == "静安区"
    two = pool("上海静安", "静安区")
    assert taken("静安发布", two) is None, "neither of them is it"
    assert [c.known.name for c in candidates("静安发布", two)] == ["上海静安", "静安区"]
    assert taken("静安", pool("静安区", "静安发布")) is None


def test_streets_and_towns():
    bodies = pool("江桥镇", "江川路街道", "江宁路街道", "江湾镇街道")
    assert taken("江宁路街道办事处", bodies) == "江宁路街道"
    assert taken("江桥镇人民政府", bodies) == "江桥镇"
    assert taken("江桥街道", bodies) is None
    assert taken("江桥", bodies) is None, "a name cut short is offered, not taken"
    assert candidates("江桥", bodies)[0].known.name == "江桥镇"


def test_homonyms_are_left_to_a_person_unless_the_platform_tells_them_apart():
    both = [Known(1, "云澜发布", "weibo"), Known(2, "云澜发布", "wechat")]
    assert taken("云澜发布", both) is None
    assert [c.score for c in candidates("云澜发布", both)] == [100, 100]
    assert sure(candidates("云澜发布", both, platform="wechat")).known.id == 2
    assert candidates("云澜发布", both, platform="douyin") == []


def test_former_names_and_the_units_names():
    known = [
        Known(1, "健康云澜", "wechat", others=("云澜卫生",), owner=("区卫生健康委", "区卫健委")),
        Known(2, "云澜教育", "wechat", owner=("区教育局",)),
        Known(3, "云澜学生", "wechat", owner=("区教育局",)),
    ]
    assert taken("云澜卫生", known) == "健康云澜"
    assert taken("区卫健委", known) == "健康云澜"
    assert taken("云澜区卫健委", known, district="云澜区") == "健康云澜"
    assert taken("区教育局", known) is None, "it runs two accounts"
    assert {c.known.id for c in candidates("区教育局", known)} >= {2, 3}


def test_ones_own_district_may_be_left_out():
    assert similarity("云澜区教育局", "区教育局", "云澜区") >= SURE
    assert similarity("云澜区教育局", "教育局", "云澜区") >= SURE
    assert similarity("云澜发布", "发布", "云澜区") < SURE
    assert similarity("静安区教育局", "区教育局", "云澜区") < SURE, "another district's is another"
    assert similarity("静安寺街道", "静安寺街道办事处", "静安区") >= SURE, "no 寺街道 of 静安"


@pytest.mark.parametrize(("written", "meant"), [
    ("静安发步", "静安发布"), ("静安发布厅", "静安发布"), ("静安发", "静安发布"), ("江宇路街道", "江宁路街道"),
])
def test_a_slip_of_the_pen_is_offered_but_not_taken(written, meant):
    known = pool(meant, "健康云澜", "石泉路街道")
    assert candidates(written, known, district="静安区")[0].known.name == meant
    assert taken(written, known, district="静安区") is None


def test_nothing_is_made_of_nothing():
    assert similarity("", "甲") == similarity("（）", "甲") == 0
    assert candidates("全然不同的名字", pool("健康云澜", "静安寺街道")) == []
    assert sure([]) is None
    assert settled("【官方】") == "官方"
    assert SURE - MARGIN > LEAST
