"""Indices of the district's own: definitions, what is refused and why, the template, the index they make."""

from copy import deepcopy
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import platforms
from core.metrics import explain, local
from core.metrics.indices import INDICES, WORDS, Inputs

CHANNELS = ("plays", "likes", "wows", "reposts", "comments")
OFFERED = local.offered(CHANNELS)
JANUARY = Inputs(days=30, posts=12, plays=90_000, plays_max=40_000, likes=900, comments=60, reposts=300, followers=5000)


def changed(*path, to, template=None):
    """The template for 视频号 with one value changed: `changed("dimensions", 0, "weight", to=61)`."""
    made = deepcopy(template or local.template(CHANNELS))
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return made


@pytest.mark.parametrize("platform", [p for p in platforms() if p.counters], ids=lambda p: p.code)
def test_every_platform_that_has_counters_can_begin_with_the_template(platform):
    made = local.template(platform.counters)
    assert local.faults(made, local.offered(platform.counters)) == []
    index = local.index("区综合传播分", (platform.code,), made, key="k", version=2)
    assert index.title == "区综合传播分（本地，第2版）" and index.local and "不是公开指数" in index.source
    top = Inputs(days=30, posts=1000, **dict.fromkeys(WORDS, 10**9))
    assert index.score(top).value == pytest.approx(1000), "the caps are caps"


def test_a_score_by_hand():
    index = local.index("区综合传播分", ("channels",), local.template(CHANNELS))
    reach = .7 * log(90_001) / log(3_000_001) + .1 * log(40_001) / log(100_001) + .2 * log(7501) / log(100_001)
    reply = .4 * log(901) / log(150_001) + .3 * log(61) / log(30_001) + .3 * log(301) / log(60_001)
    posts = log(13) / log(301)
    assert index.score(JANUARY).value == pytest.approx(1000 * (.6 * reach + .3 * reply + .1 * posts))
    assert index.title.endswith("（本地，草稿）")


def test_a_missing_input_is_named_and_silence_scores_nothing():
    index = local.index("区综合传播分", ("channels",), local.template(CHANNELS))
    assert index.score(Inputs(days=30, posts=3, plays=100, plays_max=50)).reason == "缺少点赞数、评论数、转发数"
    assert index.score(Inputs(days=30, posts=0)).value == 0


@pytest.mark.parametrize(("definition", "said"), [
    (changed("scale", to=0), "满分"), (changed("scale", to=None), "满分"), (changed("power", to=3), "乘方"),
    (changed("dimensions", to=[]), "至少填写一个维度"),
    (changed("dimensions", 0, "weight", to=61), "各维度权重合计 101%，应为 100%（多出 1）"),
    (changed("dimensions", 0, "weight", to=59.9), "各维度权重合计 99.9%，应为 100%（还差 0.1）"),
    (changed("dimensions", 1, "title", to="传播力"), "维度“传播力”有 2 个"),
    (changed("dimensions", 1, "title", to=" "), "维度要有名称"),
    (changed("dimensions", 1, "terms", to=[]), "维度“互动力”没有数据"),
    (changed("dimensions", 1, "terms", 0, "weight", to=41), "维度“互动力”内各项权重合计 101%"),
    (changed("dimensions", 1, "terms", 0, "weight", to=-40), "维度“互动力”的“点赞数”的权重应大于 0"),
    (changed("dimensions", 1, "terms", 0, "weight", to=float("nan")), "维度“互动力”的“点赞数”的权重应大于 0"),
    (changed("dimensions", 1, "terms", 0, "input", to="reads"), "维度“互动力”：“阅读数”不是所选平台都有的数据"),
    (changed("dimensions", 1, "terms", 0, "input", to=None), "维度“互动力”：有一项没有选数据"),
    (changed("dimensions", 1, "terms", 0, "input", to="comments"), "维度“互动力”的“评论数”（总量）重复"),
    (changed("dimensions", 1, "terms", 0, "cap", to=0), "维度“互动力”的“点赞数”的封顶值应大于 0"),
    (changed("dimensions", 1, "terms", 0, "cap", to=None), "点赞数没有封顶值"),
    (changed("dimensions", 1, "terms", 0, "by", to="days"), "“点赞数”不随天数增加"),
    (changed("dimensions", 1, "terms", 0, "by", to="weeks"), "取值方式只能是总量、按天、按篇"),
    (changed("dimensions", 1, "terms", 0, "times", to=10), "放大倍数请填 1"),
    (changed("dimensions", 0, "terms", 1, "by", to="posts"), "“最高播放数”只能取总量"),
    (changed("dimensions", 0, "terms", 1, "daily", to=True), "“最高播放数”不随天数增加"),
    (changed("dimensions", 2, "terms", 0, "by", to="posts"), "不能按篇计算"),
])
def test_what_is_wrong_is_said_with_its_place_and_remedy(definition, said):
    found = local.faults(definition, OFFERED)
    assert any(said in fault for fault in found), found
    assert local.faults(local.template(CHANNELS), OFFERED) == []


def test_thirds_are_no_hundred_and_exact_decimals_are():
    terms = [{**local.template(CHANNELS)["dimensions"][1]["terms"][n], "weight": w}
             for n, w in enumerate((33.3, 33.3, 33.4))]
    assert local.faults(changed("dimensions", 1, "terms", to=terms), OFFERED) == []
    terms[2]["weight"] = 33.3
    assert "99.9%" in local.faults(changed("dimensions", 1, "terms", to=terms), OFFERED)[0]


def test_uncapped_terms_stand_as_bare_logarithms():
    made = local.template(CHANNELS)
    for part in made["dimensions"]:
        for term in part["terms"]:
            term |= {"cap": None, "daily": False}
    made |= {"scale": 100, "power": 2}
    assert local.faults(made, OFFERED) == []
    index = local.index("区综合传播分", ("channels",), made)
    assert not any(term.ceiling for part in index.dimensions for term in part.terms)
    assert "倍数 100，乘方 2" in index.notes


@pytest.mark.parametrize("name", [
    "WCI", "wci v14", "区WCI", "快手传播指数（KCI）", "TGI", "视频号 WVCI", "新榜指数", "清博指数", "微信传播指数",
    "头条号指数", *(index.title for index in INDICES.values()),
])
def test_names_of_published_indices_are_refused(name):
    assert "公开指数的名称" in local.name_fault(name)


def test_other_names_are_free():
    for name in ("区综合传播分", "Vivid 传播分", "政务短视频得分", "知识传播力"):
        assert local.name_fault(name) == ""
    assert "不能为空" in local.name_fault("  ") and "最多" in local.name_fault("分" * 31)


numbers = st.lists(st.integers(0, 10**8), min_size=len(WORDS), max_size=len(WORDS))


@given(posts=st.integers(1, 5000), one=numbers, which=st.integers(0, len(WORDS) - 1), more=st.integers(1, 10**7))
def test_it_rises_with_every_counter_and_many_score_as_one_and_changes_add_up(posts, one, which, more):
    index = local.index("区综合传播分", ("channels",), local.template(CHANNELS))
    names = sorted(WORDS)
    before = Inputs(days=30, posts=posts, **dict(zip(names, one, strict=True)))
    after = Inputs(days=30, posts=posts, **dict(zip(names, one, strict=True)) | {names[which]: one[which] + more})
    low, high = index.score(before).value, index.score(after).value
    assert 0 <= low <= high <= 1000 + 1e-9
    arrays = {name: np.array([getattr(x, name) for x in (before, after)], dtype=float) for name in ("posts", *names)}
    np.testing.assert_allclose(index.scores(arrays, 30), [low, high], rtol=1e-12)
    told = explain.explain(index, before, after)
    assert sum(told.drivers.values()) == pytest.approx(told.change, abs=1e-9)
