"""Targets as arithmetic: what is met, what the year is likely to end with, how it stands, what it scores."""

from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import targets
from core.metrics.targets import Outlook, refused

SAID = "{:g}份".format
whole = st.integers(0, 60)


@given(whole, whole, whole, whole)
def test_a_count_ahead_lies_between_what_is_there_and_all_that_is_planned(done, ahead, made, more):
    found = targets.counted(done, ahead, made, made + more)
    if not ahead:
        assert (found.value, found.low, found.high) == (done, done, done)
    elif made + more < targets.LEAST_MADE:
        assert found.value is None and "至少" in found.refusal
    else:
        assert done <= found.low <= found.high <= done + ahead and done <= found.value <= done + ahead


@given(st.integers(0, 40), st.floats(0.5, 40), st.floats(0.5, 40))
def test_the_chances_are_all_there_are_and_their_mean_is_the_share(trials, a, b):
    chances = targets.beta_binomial(trials, a, b)
    assert isclose(sum(chances), 1, rel_tol=1e-9)
    mean = sum(n * chance for n, chance in enumerate(chances))
    assert isclose(mean, trials * a / (a + b), rel_tol=1e-6, abs_tol=1e-9)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_wilson_holds_the_share_and_stays_one(whole, part):
    right = round(whole * part)
    low, high = targets.wilson(right, whole)
    assert 0 <= low <= right / whole <= high <= 1


def test_wilsons_interval_is_the_published_one():
    low, high = targets.wilson(81, 263, 1.96)  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.lists(st.floats(1, 1e9), min_size=6, max_size=13), st.floats(0.1, 11))
def test_a_level_ahead_lies_in_its_band_and_too_few_months_give_none(levels, months):
    found = targets.drifted(levels, months)
    assert found.low <= found.value <= found.high
    assert targets.drifted(levels[: targets.LEAST_CHANGES], months).value is None


def test_a_level_that_grows_steadily_goes_on_so():
    found = targets.drifted([100 * 1.02**n for n in range(8)], 5)
    assert found.value == pytest.approx(100 * 1.02**12) and found.low == pytest.approx(found.high)


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_nothing_that_is_not_whole_is_printed_as_100_per_cent(whole, wrong):
    wrong = min(wrong, whole)
    said = targets.per_cent((whole - wrong) / whole)
    assert said != "100%" and targets.cut((whole - wrong) / whole) <= (whole - wrong) / whole + 1e-12
    assert targets.score(15, "eq", (whole - wrong) / whole, 1) < 15


def test_points_are_in_proportion_and_never_more_than_all():
    assert targets.score(15, "ge", 40, 36) == 15 and targets.score(15, "ge", 9, 36) == 3.75
    assert targets.score(10, "le", 3, 2) == 6.66 and targets.score(20, "ge", -0.1, 0.5) == 0
    assert targets.score(10, "ge", None, 5) is None


BAND = Outlook(30, 28, 33, "")


@pytest.mark.parametrize(("value", "outlook", "more", "state", "words"), [
    (None, BAND, {"nothing": "没有数据"}, "none", "没有数据"),
    (36, BAND, {}, "done", "达到目标"),
    (20, BAND, {}, "risk", "达不到"),
    (20, Outlook(37, 35, 39), {}, "risk", "不能肯定"),
    (20, Outlook(38, 36, 40), {}, "fine", "36份 至 40份"),
    (20, BAND, {"most": 30}, "missed", "最多 30份"),
    (20, BAND, {"over": True}, "missed", "年末值 20份"),
    (20, refused("少"), {"expected": 25.0}, "risk", "应有 25份"),
    (26, refused("少"), {"expected": 25.0}, "fine", "不慢于"),
    (20, Outlook(38, 36, 40), {"doubt": "3月尚未核验"}, "risk", "3月尚未核验"),
    (36, BAND, {"over": True, "doubt": "3月尚未核验"}, "missed", "3月尚未核验"),
])
def test_how_a_target_stands_is_said_with_its_reason(value, outlook, more, state, words):
    more = {"over": False, "sums": True} | more
    found = targets.standing("ge", 36, value, outlook, written=SAID, **more)
    assert found.state == state and words in found.why


def test_what_can_fall_again_is_not_done_before_the_year_is_over():
    found = targets.standing("ge", 30, 33, Outlook(31, 28, 34), over=False, sums=False, written=SAID)
    assert found.state == "risk"
    assert targets.standing("ge", 30, 33, refused("少"), over=True, sums=False, written=SAID).state == "done"


def test_all_right_has_to_stay_so():
    share = targets.shared(10**6, 10**6, 10**5)
    assert targets.standing("eq", 1, 1.0, share, over=False, sums=False, written=targets.per_cent).state == "fine"
    wrong = targets.standing("eq", 1, 1 - 1e-7, share, over=False, sums=False, written=targets.per_cent)
    assert wrong.state == "risk" and "99.9999%" in wrong.why
