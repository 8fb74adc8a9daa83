"""Explanations of scores: every part of a change, nothing left over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import explain, indices
from core.metrics.indices import INDICES, Inputs
from tests.metrics.test_indices import A

NAMES = sorted(indices.WORDS)


@st.composite
def totals(draw) -> Inputs:
    """Any period, without posts, too."""
    numbers = draw(st.lists(st.integers(0, 10**7), min_size=len(NAMES), max_size=len(NAMES)))
    days, posts = draw(st.integers(1, 366)), draw(st.integers(0, 400))
    return Inputs(days=days, posts=posts, **dict(zip(NAMES, numbers, strict=True)))


@given(key=st.sampled_from(sorted(INDICES)), before=totals(), after=totals(), rounded=st.booleans())
def test_parts_and_drivers_sum_to_the_change(key, before, after, rounded):
    index = INDICES[key]
    told = explain.explain(index, before, after, rounded=rounded)
    assert told.before == index.score(before, rounded=rounded).value
    assert told.after == index.score(after, rounded=rounded).value
    if before.posts and after.posts:
        assert told.silence == 0
    near = pytest.approx(told.change, rel=1e-9, abs=1e-6)
    assert sum(part.change for part in told.parts) + told.silence == near
    assert sum(told.by_dimension().values()) + told.silence == near
    assert sum(told.drivers.values()) + told.silence == near


def test_what_alone_changed_is_the_only_driver():
    for name in ("reads", "likes", "reads_max", "headline_reads"):
        told = explain.explain(INDICES["wci_v14_2_3"], A, replace(A, **{name: getattr(A, name) * 2}))
        assert set(told.drivers) == {name} and told.drivers[name] == pytest.approx(told.change)
    more = explain.explain(INDICES["wci_v14_2_3"], A, replace(A, posts=A.posts * 2))
    assert set(more.drivers) == {"posts"} and more.change < 0, "the same reads on more articles: the average falls"
    assert more.by_dimension() == {
        "整体传播力": 0, "篇均传播力": pytest.approx(more.change), "头条传播力": 0, "峰值传播力": 0,
    }
    longer = explain.explain(INDICES["wci_v14_2_3"], A, replace(A, days=31))
    assert set(longer.drivers) == {"days"} and longer.after == pytest.approx(810.05, abs=5e-3)


def test_a_silent_period_is_told_apart():
    nothing = Inputs(days=30, posts=0)
    told = explain.explain(INDICES["dci"], nothing, Inputs(
        days=30, posts=8, likes=300, comments=20, reposts=35, followers=12_000, followers_gain=-50))
    assert (told.before, round(told.after, 2)) == (0, 423.63)
    assert told.silence == pytest.approx(told.change - sum(part.change for part in told.parts))


def test_without_a_score_there_is_nothing_to_explain():
    missing = explain.explain(INDICES["wci_v14_2_4"], A, replace(A, reposts=None))
    assert (missing.value, missing.reason) == (None, "缺少转发数")


def test_what_would_be():
    index = INDICES["wci_v14_2_3"]
    same = explain.what_if(index, A)
    assert same.value == index.score(A).value
    more, better = explain.what_if(index, A, posts=1.5), explain.what_if(index, A, each=1.5)
    assert same.value < more.value < better.value, "what each article is read counts for the average and the peak, too"
    assert explain.what_if(index, A, posts=0).value == 0
    assert explain.what_if(index, Inputs(days=7, posts=None)).value is None
    assert {explain.word(name) for name in (*explain.OTHERS, *indices.WORDS)} >= {"发布数", "天数", "阅读数"}
