"""Counts are exact or say that they aren't."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.counts import AT_LEAST, MISSING, Count, CountError, add, of_sum, parse_count, parse_ratio


@pytest.mark.parametrize(("text", "expected"), [
    ("10万+", Count(100_001, AT_LEAST)), ("100001", Count(100_001, AT_LEAST)), ("10w+", Count(100_001, AT_LEAST)),
    ("1.2万", Count(12_000, 500)), ("763万+", Count(7_630_000, AT_LEAST)), ("100万+", Count(1_000_000, AT_LEAST)),
    ("1,234", Count(1_234)), ("１２３", Count(123)), ("1.25亿", Count(125_000_000, 500_000)),
    ("3千", Count(3_000, 500)),
    ("0", Count(0)), (0, Count(0)), (12.0, Count(12)), ("12.0", Count(12)), (" 7 ", Count(7)), ("'42", Count(42)),
    ("-", MISSING), ("--", MISSING), ("", MISSING), (None, MISSING), (float("nan"), MISSING), ("暂无", MISSING),
])
def test_parse_count(text, expected):
    assert parse_count(text) == expected


@pytest.mark.parametrize("text", ["-5", "1.5", "abc", "1e5", "十万", True, "12,34", "9" * 30, "=1+1"])
def test_what_is_no_count_is_refused_with_its_text(text):
    with pytest.raises(CountError, match=r"“"):
        parse_count(text)


def test_a_counter_without_a_cap_takes_100001_as_it_is():
    assert parse_count("100001", cap=None) == Count(100_001)


@pytest.mark.parametrize(("text", "expected"), [
    ("4.41%", Decimal("0.0441")), ("0.63", Decimal("0.63")), ("-", None), ("１２％", Decimal("0.12")),
])
def test_parse_ratio(text, expected):
    assert parse_ratio(text) == expected


@given(st.integers(0, 2**62))
def test_thousands_commas_survive(value):
    assert parse_count(f"{value:,}", cap=None) == Count(value)


@given(st.lists(st.builds(Count, st.one_of(st.none(), st.integers(0, 10**9)), st.sampled_from([AT_LEAST, 0, 500]))))
def test_a_sum_is_as_exact_as_its_weakest_part(parts):
    total = add(parts)
    known = [p for p in parts if p.value is not None]
    if not known:
        assert total == MISSING
        return
    assert total.value == sum(p.value for p in known)
    if any(p.slack < 0 for p in known):
        assert total.slack == AT_LEAST
    else:
        assert total.slack == sum(p.slack for p in known)


def test_a_summed_column_keeps_its_mark():
    assert of_sum(None) == MISSING
    assert of_sum(10, 1, 500).mark == "≥"
    assert of_sum(10, 0, 500).mark == "≈"
    assert of_sum(10).mark == ""
