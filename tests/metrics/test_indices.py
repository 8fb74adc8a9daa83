"""Every published or computed vector of the indices, to two decimals, with intermediates and sensitivities."""

from dataclasses import replace
from datetime import date
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import platforms
from core.metrics import indices
from core.metrics.indices import INDICES, Inputs, wci_days


def wechat(days, posts, total, headline, peak):
    """Inputs from (reads, 在看, likes, reposts) of all posts, of the headlines, and the maxima."""
    r, z, k, s = total
    rt, zt, kt, stt = headline
    rm, zm, km, sm = peak
    return Inputs(
        days=days, posts=posts, reads=r, wows=z, likes=k, reposts=s, headline_reads=rt, headline_wows=zt,
        headline_likes=kt, headline_reposts=stt, reads_max=rm, wows_max=zm, likes_max=km, reposts_max=sm,
    )


A = wechat(30, 60, (180000, 900, 1500, 2400), (120000, 600, 1000, 1600), (25000, 80, 150, 300))
B = wechat(7, 14, (21000, 70, 140, 210), (14000, 50, 100, 150), (6000, 20, 40, 60))
C = wechat(30, 300, (3500000, 12000, 30000, 45000), (2000000, 7000, 18000, 26000), (100001, 800, 2500, 4000))
D = wechat(1, 1, *((1000, 10, 20, 5),) * 3)
E = wechat(30, 1, *((0, 0, 0, 0),) * 3)
F = wechat(30, 4, (800, 3, 6, 4), (0, 0, 0, 0), (350, 2, 3, 2))
G = wechat(30, 90, (45000, 300, 600, 900), (24000, 150, 300, 450), (3200, 15, 30, 60))


@pytest.mark.parametrize(
    ("inputs", "three", "four", "v13", "v12"),
    [
        (A, 814.58, 755.65, 649.23, 638.43), (B, 662.59, 602.69, 524.39, 507.13),
        (C, 1373.58, 1300.01, 1061.08, 991.79), (D, 523.67, 455.27, 430.95, 416.03), (E, 0, 0, 0, 0),
        (F, 129.88, 103.57, 82.39, 161.15), (G, 544.82, 506.27, None, None),
    ],
    ids="ABCDEFG",
)
def test_wci_vectors(inputs, three, four, v13, v12):
    assert round(INDICES["wci_v14_2_3"].score(inputs).value, 2) == three
    assert round(INDICES["wci_v14_2_4"].score(inputs).value, 2) == four
    if v13 is not None:
        assert round(INDICES["wci_v13"].score(inputs).value, 2) == v13
        assert round(INDICES["wci_v12"].score(inputs).value, 2) == v12


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("wci_v14_2_3", {"O": 8.281365, "A": 7.588778, "H": 7.876180, "P": 9.648231, "S": 8.239016}),
        ("wci_v14_2_4", {"O": 7.979292, "A": 7.286867, "H": 7.574188, "P": 9.330236, "S": 7.935391}),
    ],
)
def test_wci_intermediates(key, expected):
    parts = INDICES[key].score(A).parts
    assert {name: round(value, 6) for name, value in parts.items()} == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"days": 31}, 810.05), ({"days": 28}, 824.15),
        ({"headline_reads": 0, "headline_wows": 0, "headline_likes": 0}, 666.28),
        ({"headline_reads": 180000, "headline_wows": 900, "headline_likes": 1500}, 822.61),
        ({"reads": 255001, "headline_reads": 195001, "reads_max": 100001}, 894.74),
        ({"reads": 415000, "headline_reads": 355000, "reads_max": 260000}, 993.32),
    ],
    ids=["31 days", "28 days", "no headline", "all headlines", "capped", "uncapped"],
)
def test_wci_sensitivity(changed, expected):
    assert round(INDICES["wci_v14_2_3"].score(replace(A, **changed)).value, 2) == expected


def test_wci_four_metrics_refuses_missing_reposts_instead_of_taking_zero():
    missing = replace(A, reposts=None, headline_reposts=None, reposts_max=None)
    score = INDICES["wci_v14_2_4"].score(missing)
    assert score.value is None
    assert score.reason == "缺少转发数、头条转发数、最高转发数"
    assert round(INDICES["wci_v14_2_4"].score(replace(A, reposts=0, headline_reposts=0, reposts_max=0)).value, 2) \
        == 577.88
    assert round(INDICES["wci_v14_2_3"].score(missing).value, 2) == 814.58


def test_wci_v12_meets_a_published_record_to_seven_decimals():
    day = Inputs(days=1, posts=3, reads=29396, wows=72, reads_max=22858, wows_max=49)
    assert INDICES["wci_v12"].score(day, rounded=True).value == pytest.approx(812.0233948, abs=5e-8)
    assert INDICES["wci_v12"].score(day).value == pytest.approx(812.0231741, abs=5e-8)


def test_wci_v2_meets_a_published_example():
    assert INDICES["wci_v2"].score(
        Inputs(days=30, posts=100, reads=10000, wows=4000, reads_max=300, wows_max=60)
    ).value == pytest.approx(411.4875079, abs=5e-8)


def weibo(posts, originals, reposts, comments, original_reposts, original_comments, likes):
    return Inputs(days=30, posts=posts, originals=originals, reposts=reposts, comments=comments,
                  original_reposts=original_reposts, original_comments=original_comments, likes=likes)


@pytest.mark.parametrize(
    ("inputs", "bci", "simple"),
    [
        (weibo(100, 80, 500, 300, 400, 250, 1000), 905.04, 935.04),
        (weibo(30, 30, 60, 45, 60, 45, 120), 628.59, 639.16),
        (weibo(1, 0, 0, 0, 0, 0, 0), 6.65, None), (weibo(0, 0, 0, 0, 0, 0, 0), 0, 0),
        (weibo(1000, 900, 20000, 15000, 18000, 14000, 60000), 1478.29, None),
    ],
)
def test_bci_vectors(inputs, bci, simple):
    assert round(INDICES["bci_v9"].score(inputs).value, 2) == bci
    if simple is not None:
        assert round(INDICES["bci_simple"].score(inputs).value, 2) == simple


@pytest.mark.parametrize(
    ("works", "likes", "comments", "shares", "gain", "followers", "expected"),
    [(30, 5000, 400, 600, 1200, 150000, 696.05), (8, 300, 20, 35, -50, 12000, 423.63), (0, 0, 0, 0, 0, 0, 0)],
)
def test_dci_vectors(works, likes, comments, shares, gain, followers, expected):
    inputs = Inputs(days=30, posts=works, likes=likes, comments=comments, reposts=shares, followers=followers,
                    followers_gain=gain)
    assert round(INDICES["dci"].score(inputs).value, 2) == expected


@pytest.mark.parametrize(("x", "expected"), [((20, 5000, 60, 30000, 400), 639.42), ((4, 300, 2, 900, 10), 351.02)])
def test_bvci_vectors(x, expected):
    videos, plays, comments, followers, gain = x
    daily = Inputs(days=30, posts=videos, plays=plays * 30, comments=comments * 30, followers=followers,
                   followers_gain=gain)
    assert round(INDICES["bvci_v2"].score(daily).value, 2) == expected
    each = replace(daily, plays=plays * videos, comments=comments * videos)
    assert round(INDICES["bvci_v2_post"].score(each).value, 2) == expected


def test_qsci_vector():
    inputs = Inputs(days=30, posts=60, pushes=30, reads=20000, comments=80, likes=300)
    assert round(INDICES["qsci"].score(inputs).value, 4) == 6.4992


@pytest.mark.parametrize(
    ("days", "posts", "reads", "peak", "headline", "likes", "expected"),
    [(7, 14, 21000, 6000, 14000, 210, 637.37), (30, 60, 180000, 25000, 120000, 2400, 713.28),
     (30, 300, 3500000, 100000, 2000000, 42000, 881.24)],
)
def test_nri_vectors(days, posts, reads, peak, headline, likes, expected):
    inputs = Inputs(days=days, posts=posts, reads=reads, reads_max=peak, headline_reads=headline, likes=likes)
    assert round(INDICES["nri_2018"].score(inputs).value, 2) == expected


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2024, 1, 1), date(2024, 1, 31), 30), (date(2023, 2, 1), date(2023, 2, 28), 30),
        (date(2024, 3, 3), date(2024, 3, 9), 7), (date(2024, 1, 1), date(2024, 12, 31), 365),
        (date(2024, 1, 1), date(2024, 2, 29), 60), (date(2024, 1, 5), date(2024, 1, 5), 1),
        (date(2024, 1, 1), date(2024, 1, 30), 30), (date(2024, 1, 2), date(2024, 2, 1), 31),
    ],
)
def test_length_of_a_period(first, last, days):
    assert wci_days(first, last) == days


@pytest.mark.parametrize("index", INDICES.values(), ids=lambda index: index.key)
def test_no_post_scores_zero_and_unknown_posts_have_no_score(index):
    empty = index.score(Inputs(days=7, posts=0))
    assert (empty.value, empty.reason) == (0.0, "本期未发布")
    unknown = index.score(Inputs(days=7, posts=None))
    assert (unknown.value, unknown.reason) == (None, "发布数未知")
    bare = index.score(Inputs(days=7, posts=3))
    assert bare.value is None
    assert bare.reason.startswith("缺少")


def test_a_period_without_days_is_refused():
    with pytest.raises(ValueError, match="one day"):
        INDICES["bci_v9"].score(Inputs(days=0, posts=1))


counts = st.integers(0, 10**9)


@given(
    key=st.sampled_from(sorted(INDICES)), posts=st.integers(1, 5000),
    numbers=st.lists(counts, min_size=len(indices.WORDS), max_size=len(indices.WORDS)),
    which=st.integers(0, len(indices.WORDS) - 1), more=st.integers(1, 10**6),
)
def test_every_index_rises_with_every_input(key, posts, numbers, which, more):
    index = INDICES[key]
    names = sorted(indices.WORDS)
    values = dict(zip(names, numbers, strict=True))
    inputs = Inputs(days=30, posts=posts, **values)
    larger = Inputs(days=30, posts=posts, **values | {names[which]: values[names[which]] + more})
    assert index.score(larger).value >= index.score(inputs).value >= 0


def test_bounds_follow_the_tolerance_of_the_inputs():
    index = INDICES["wci_v14_2_3"]
    low, high = index.bounds(A, {"reads": 500, "comments": inf})
    middle = index.score(A).value
    assert low == index.score(replace(A, reads=179500)).value < middle
    assert high == index.score(replace(A, reads=180500)).value > middle
    assert index.bounds(A, {}) == (middle, middle)
    assert index.bounds(A, {"wows": inf}) == (middle, inf)
    assert index.bounds(replace(A, reads=None), {"reads": 5}) is None


def test_every_index_of_the_platform_catalogue_exists_and_fits_its_platform():
    named = [p for p in platforms() if p.index]
    assert {p.code for p in named} >= {"weibo", "wechat", "douyin", "bilibili"}
    for platform in named:
        assert platform.index in [i.key for i in indices.for_platform(platform.code, platform.family)]


def test_indices_of_a_platform_without_a_published_formula():
    assert indices.for_platform("kuaishou", "video") == []
    assert [i.key for i in indices.for_platform("weibo", "weibo")] == ["bci_v9", "bci_simple"]
