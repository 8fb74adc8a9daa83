"""Rhythm of publishing and the two-week rule."""

from datetime import UTC, date, datetime

import pytest

from core.clock import instant
from core.metrics.cadence import FRESHNESS_WORDS, Gap, freshness, heat, holiday_names, longest_gap, silent_days


def test_heat_counts_by_shanghai_weekday_and_hour():
    monday = instant(date(2024, 5, 6), 9, 59)
    cells = heat([monday, instant(date(2024, 5, 13), 9), datetime(2024, 5, 5, 16, tzinfo=UTC)])
    assert cells[0][9] == 2
    assert cells[0][0] == 1
    assert sum(map(sum, cells)) == 3
    with pytest.raises(ValueError, match="naive"):
        heat([datetime(2024, 5, 5)])


def test_longest_gap_includes_the_ends_of_the_period():
    first, last = date(2024, 5, 1), date(2024, 5, 10)
    assert longest_gap([date(2024, 5, 3), date(2024, 5, 6)], first, last) == Gap(date(2024, 5, 7), last)
    assert longest_gap([date(2024, 5, 3), date(2024, 5, 6)], first, date(2024, 5, 7)) == Gap(first, date(2024, 5, 2))
    assert longest_gap([], first, last).days == 10
    assert longest_gap([date(2024, 5, 1)], first, first) is None


@pytest.mark.parametrize(
    ("day", "state"),
    [(10, "ok"), (4, "ok"), (3, "notice"), (1, "notice")],
)
def test_notices_before_the_rule(day, state):
    assert freshness(date(2024, 5, day), date(2024, 5, 10)) == state


def test_the_two_week_rule():
    today = date(2024, 5, 20)
    assert freshness(date(2024, 5, 10), today) == "warning"
    assert freshness(date(2024, 5, 6), today) == "warning"
    assert silent_days(date(2024, 5, 6), today) == 14
    assert freshness(date(2024, 5, 5), today) == "stale"
    assert freshness(None, today) == "unknown"
    assert set(FRESHNESS_WORDS) == {"ok", "notice", "warning", "stale", "unknown"}


def test_the_days_of_a_holiday_bear_its_name():
    autumn = holiday_names(date(2025, 9, 26), date(2025, 10, 12))
    assert list(autumn) == [date(2025, 10, day) for day in range(1, 9)]
    assert set(autumn.values()) == {"国庆节", "中秋节"} and autumn[date(2025, 10, 5)] == "国庆节"
    assert list(holiday_names(date(2026, 2, 1), date(2026, 2, 28))) == [date(2026, 2, day) for day in range(15, 24)]
    assert holiday_names(date(2026, 3, 1), date(2026, 3, 31)) == {}, "an ordinary weekend is none"
    assert holiday_names(date(2025, 10, 3), date(2025, 10, 3)) == {date(2025, 10, 3): "国庆节"}
