"""Change and share."""

from datetime import date

import pytest

from core.counts import AT_LEAST, MISSING, Count
from core.metrics.growth import before, change, share, year_before


@pytest.mark.parametrize(
    ("now", "earlier", "words", "ratio"),
    [
        (Count(120), Count(100), "+20.0%", 0.2), (Count(80), Count(100), "-20.0%", -0.2),
        (Count(100), Count(100), "持平", 0.0), (Count(10003), Count(10000), "持平", 0.0003),
        (Count(5), Count(0), "上期为0", None), (Count(0), Count(0), "持平", None), (MISSING, Count(3), "—", None),
        (Count(3), MISSING, "—", None), (Count(12000, 500), Count(10000), "+20.0%（约）", 0.2),
        (Count(100001, AT_LEAST), Count(100001), "持平（约）", 0.0),
    ],
)
def test_change_in_words(now, earlier, words, ratio):
    found = change(now, earlier)
    assert found.words == words
    assert found.ratio == pytest.approx(ratio) if ratio is not None else found.ratio is None


def test_share_of_nothing_is_missing():
    assert share(1, 4) == 0.25
    assert share(None, 4) is None
    assert share(1, 0) is None
    assert share(1, None) is None


def test_periods_to_compare_with():
    assert before(date(2020, 3, 1), date(2020, 3, 31)) == (date(2020, 2, 1), date(2020, 2, 29))
    assert before(date(2020, 3, 2), date(2020, 3, 8)) == (date(2020, 2, 24), date(2020, 3, 1))
    assert year_before(date(2021, 2, 1), date(2021, 2, 28)) == (date(2020, 2, 1), date(2020, 2, 29))
    assert year_before(date(2020, 2, 10), date(2020, 2, 29)) == (date(2019, 2, 10), date(2019, 2, 28))
