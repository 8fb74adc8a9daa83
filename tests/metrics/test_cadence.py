"""Rhythm of publishing and the two-week rule."""

from datetime import UTC, date, datetime

import pytest

from core.clock import instant
from core.metrics.cadence import FRESHNESS_WORDS, Gap, freshness, heat, longest_gap, silent_days


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
