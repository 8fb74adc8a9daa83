"""The rate of satisfaction against published Wilson intervals."""

import pytest

from core.metrics.satisfaction import STRICT, least, of, rate, verdict


@pytest.mark.parametrize(("satisfied", "n", "low", "high"), [
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3 (score without continuity correction).
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718),
    (9, 10, 0.5958, 0.9821), (10, 10, 0.7225, 1.0),
])
def test_the_interval_is_wilsons(satisfied, n, low, high):
    found = rate(satisfied, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=6e-5), pytest.approx(high, abs=6e-5))
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_both_definitions_and_what_says_nothing():
    hotline = {"good": 60, "basic": 30, "bad": 10, "none": 50}
    assert (of(hotline).share, of(hotline).n, of(hotline, STRICT).share) == (0.9, 100, 0.6)
    five = {"best": 40, "good": 50, "fair": 6, "bad": 3, "worst": 1}
    assert of(five) == of(five, STRICT) == rate(90, 100)
    assert of({"none": 5}) is None and of({}) is None and rate(0, 0) is None
    with pytest.raises(ValueError):
        rate(3, 2)


def test_what_may_be_said_beside_the_target():
    assert least() == 35 and rate(34, 34).low < 0.9 <= rate(35, 35).low and least(0.8) == 16
    assert [verdict(rate(*one)) for one in ((34, 34), (35, 35), (92, 100), (960, 1000), (88, 100), (70, 100))] == [
        "few", "sure", "reached", "sure", "near", "below"]
    assert verdict(None) == "few"
