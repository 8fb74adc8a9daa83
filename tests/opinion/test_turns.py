"""Turning points of daily counts: rises, peaks, falls and returns, and no others."""

from datetime import date, timedelta

import pytest

from core.opinion.turns import turns

FIRST = date(2025, 10, 20)


def found(*values):
    return [((one.day - FIRST).days, one.kind) for one in turns(
        [(FIRST + timedelta(n), value) for n, value in enumerate(values)])]


@pytest.mark.parametrize(("values", "expected"), [
    ((), []), ((9,), []), ((1, 1, 1), []), ((3, 3, 3), [(0, "peak")]),
    ((2, 2, 3, 12, 30, 20, 4), [(3, "rise"), (4, "peak"), (6, "fall")]),
    ((10, 11, 12, 13), [(3, "peak")]),
    ((8, 2, 0, 0, 0, 6), [(0, "peak"), (1, "fall"), (5, "again")]),
    ((2, 2, None, 8), [(3, "peak"), (3, "rise")]),
    ((2, 0, None, 0, 3), [(4, "peak")]), ((0, 0, 0, 11, 10, 9), [(3, "peak")]), ((0, 0, 0, 5), [(3, "peak")]),
])
def test_turning_points(values, expected):
    assert found(*values) == expected


def test_a_turn_says_its_figures():
    rise = next(one for one in turns([(FIRST + timedelta(n), value) for n, value in enumerate((2, 4, 9))])
                if one.kind == "rise")
    assert rise.words == "当日 9 条，为前几日均值（3.0 条）的 3.0 倍"
