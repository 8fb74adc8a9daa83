"""Periods of reports: what they cover, how they are written, which comes before."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.periods import SPANS, Period, all_of

DAYS = st.dates(date(2000, 1, 10), date(2099, 12, 20))


@pytest.mark.parametrize(("span", "code", "label", "dates"), [
    ("day", "2026-11-26", "2026年11月26日", "2026年11月26日"),
    ("halfweek", "2026-W48b", "2026年第48周后半周", "2026年11月26日至29日"),
    ("week", "2026-W48", "2026年第48周", "2026年11月23日至29日"),
    ("halfmonth", "2026-11b", "2026年11月下半月", "2026年11月16日至30日"),
    ("month", "2026-11", "2026年11月", "2026年11月1日至30日"),
    ("quarter", "2026Q4", "2026年第四季度", "2026年10月1日至12月31日"),
    ("year", "2026", "2026年", "2026年1月1日至12月31日"),
])
def test_one_day_in_every_kind_of_period(span, code, label, dates):
    found = Period.of(span, date(2026, 11, 26))
    assert (found.code, found.label, found.dates) == (code, label, dates)
    assert Period.parse(code) == found


@given(DAYS, st.sampled_from(SPANS))
def test_periods_of_a_kind_follow_each_other_without_a_gap(day, span):
    found = Period.of(span, day)
    assert found.first <= day <= found.last and Period.parse(found.code) == found
    assert found.shift(1).first == found.last + timedelta(1) and found.shift(1).shift(-1) == found
    assert found.shift(-1).last == found.first - timedelta(1) and found.shift(3).shift(-3) == found


def test_half_weeks_of_a_year_are_more_than_the_96_routine_reports():
    halves = all_of("halfweek", date(2026, 1, 1), date(2026, 12, 31))
    assert len(halves) >= 96 and {one.days for one in halves} == {3, 4}


def test_a_week_belongs_to_the_year_of_its_thursday():
    assert Period.of("week", date(2027, 1, 1)).code == "2026-W53"
    assert Period.of("week", date(2027, 1, 1)).dates == "2026年12月28日至2027年1月3日"


def test_the_same_of_the_year_before():
    assert Period.parse("2024-02b").year_before == Period.parse("2023-02b")
    assert Period.parse("2024-02b").last == date(2024, 2, 29)
    assert Period.parse("2026-W48").year_before is None


@pytest.mark.parametrize(
    "code", ["", "2026-13", "2026-W54", "2026Q5", "2026-02-30", "26-1", "2026-11c", "明年", "2026-1"])
def test_what_is_no_period_is_refused_in_words(code):
    with pytest.raises(BadInput, match="时段"):
        Period.parse(code)
