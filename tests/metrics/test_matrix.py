"""Matrix totals: published recipes, exact sums, what is missing."""

from decimal import Decimal
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics import matrix
from core.metrics.matrix import NOBODY, Held, Scored, Weight, held, scaled, total


def exactly(value: float) -> Scored:
    return Scored(value, value, value)


def parts(**weights: float) -> list[Weight]:
    return [Weight(name, Decimal(str(weight))) for name, weight in weights.items()]


def test_a_published_recipe_weighs_scores_as_they_are():
    """MCCI: WCI 30 + BCI 25 + DCI 25 + WVCI 20."""
    recipe = parts(wechat=30, weibo=25, douyin=25, channels=20)
    scores = {"wechat": 812.34, "weibo": 905.04, "douyin": 696.05, "channels": 551.2}
    found = total(recipe, {name: held([exactly(score)], "best") for name, score in scores.items()})
    # 243.702 + 226.26 + 174.0125 + 110.24 = 754.2145
    assert found.value == Decimal("754.21") and found.mark == ""
    assert found.brought == {
        "wechat": Decimal("243.70"), "weibo": Decimal("226.26"), "douyin": Decimal("174.01"),
        "channels": Decimal("110.24"),
    }


def test_several_accounts_on_one_platform():
    three = [exactly(300), exactly(500.5), exactly(100)]
    assert held(three, "best").value == Decimal("500.50")
    assert held(three, "sum").value == Decimal("900.50")
    assert held(three, "mean").value == Decimal("300.17") and held(three, "mean").accounts == 3
    with pytest.raises(ValueError):
        held(three, "median")


def test_no_account_brings_nothing_and_the_total_stays_exact():
    found = total(parts(wechat=80, weibo=20), {"wechat": held([exactly(500)], "best")})
    assert (found.value, found.mark) == (Decimal("400.00"), "")
    assert found.brought == {"wechat": Decimal("400.00"), "weibo": Decimal("0.00")}


def test_a_missing_score_is_no_zero():
    gone = Scored(None)
    assert held([gone], "best") == Held(None, 0.0, inf, 1)
    assert held([exactly(500), gone], "best").mark == "≥" and held([exactly(500), gone], "sum").value == 500
    assert held([exactly(500), gone], "mean").value is None, "a mean over some would be neither mean nor bound"
    found = total(parts(wechat=80, weibo=20), {"wechat": held([exactly(500)], "best"), "weibo": held([gone], "best")})
    assert (found.value, found.mark, found.brought["weibo"]) == (Decimal("400.00"), "≥", None)
    alone = total(parts(wechat=80, weibo=20), {"weibo": held([gone], "best")})
    assert alone.value is None and alone.mark == "" and set(alone.brought.values()) == {None}
    nobody = total(parts(wechat=80, weibo=20), {})
    assert nobody.value == 0, "no account anywhere is known, and brings nothing"


def test_bounds_of_the_accounts_carry_over():
    near = held([Scored(500, 490, 510)], "best")
    found = total(parts(wechat=50, weibo=50), {"wechat": near, "weibo": held([exactly(100)], "best")})
    assert (found.low, found.high, found.mark) == (295, 305, "≈")
    over = held([Scored(500, 500, inf)], "mean")
    assert total(parts(wechat=100), {"wechat": over}).mark == "≥"


def test_shares_of_the_best():
    found = [held([exactly(value)], "best") for value in (800, 200.1, 0)]
    best = matrix.best([*found, held([Scored(None)], "best"), NOBODY])
    assert best == 800
    assert [scaled(one, best).value for one in found] == [Decimal("100.00"), Decimal("25.01"), Decimal("0.00")]
    assert scaled(held([Scored(None)], "best"), best).value is None
    silent = held([exactly(0)], "best")
    assert matrix.best([silent]) == 0 and scaled(silent, Decimal(0)).value == 0
    open_ = scaled(held([Scored(400, 400, inf)], "best"), best)
    assert (open_.value, open_.low, open_.mark) == (50, 50, "≥")


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(0, 200_000)), min_size=1, max_size=9))
def test_what_the_platforms_brought_adds_up_to_the_total(pairs):
    weights = [Weight(str(n), Decimal(weight)) for n, (weight, _) in enumerate(pairs)]
    scores = {str(n): Held(Decimal(cents) / 100, cents / 100, cents / 100, 1) for n, (_, cents) in enumerate(pairs)}
    found = total(weights, scores)
    whole = sum(Decimal(weight) * Decimal(cents) for weight, cents in pairs) / 10_000
    assert abs(found.value - whole) <= Decimal("0.005")
    assert sum(found.brought.values()) == found.value
    for n, (weight, cents) in enumerate(pairs):
        assert abs(found.brought[str(n)] - Decimal(weight * cents) / 10_000) < Decimal("0.01")
