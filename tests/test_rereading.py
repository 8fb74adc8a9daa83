"""When a post is read again: D+1, D+3, D+7 and the month's end in the evening, young ones more often."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock, rereading

POSTED = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai


@pytest.mark.parametrize(("read_after", "due_after"), [
    (timedelta(minutes=5), timedelta(hours=2, minutes=5)),
    (timedelta(hours=23, minutes=30), timedelta(hours=25, minutes=30)),
    (timedelta(hours=25), timedelta(hours=35)),  # D+1, 20:00 comes before twelve hours are over
    (timedelta(hours=40), timedelta(hours=52)),
    (timedelta(days=3, hours=1), timedelta(days=3, hours=11)),
    (timedelta(days=3, hours=12), timedelta(days=7, hours=11)),
    (timedelta(days=7, hours=12), timedelta(days=21, hours=11)),  # the 31st, 20:00
])
def test_a_post_is_due_again(read_after, due_after):
    assert rereading.next_reading(POSTED, POSTED + read_after) == POSTED + due_after


def test_after_its_month_a_post_is_left_alone():
    assert rereading.next_reading(POSTED, clock.instant(date(2026, 3, 31), 21)) is None


def test_a_post_of_the_month_s_last_days_is_followed_into_the_next():
    posted = clock.instant(date(2026, 3, 31), 10)
    assert rereading.next_reading(posted, clock.instant(date(2026, 4, 4), 0)) == clock.instant(date(2026, 4, 7), 20)


def test_a_missed_checkpoint_is_made_up_for():
    read = clock.instant(date(2026, 3, 14), 9)
    assert rereading.due(POSTED, read, clock.instant(date(2026, 3, 18), 3))
    assert not rereading.due(POSTED, read, clock.instant(date(2026, 3, 17), 19))


def test_whose_last_chance_is_today_goes_first():
    now = clock.instant(date(2026, 3, 17), 21)
    seventh = (POSTED, clock.instant(date(2026, 3, 13), 21))
    fresh = (clock.instant(date(2026, 3, 17), 8), clock.instant(date(2026, 3, 17), 8))
    assert sorted([fresh, seventh], key=lambda p: rereading.urgency(*p, now)) == [seventh, fresh]


def test_every_post_has_a_reading_that_basis_d7_may_take():
    """Played forward hour by hour with a reading whenever one is due."""
    read, now = POSTED, POSTED
    seen = []
    while now < POSTED + timedelta(days=35):
        now += timedelta(hours=1)
        if rereading.due(POSTED, read, now):
            read = now
            seen.append(clock.day_of(now))
    assert {date(2026, 3, n) for n in (11, 13, 17, 31)} <= set(seen)
    assert max(seen) == date(2026, 3, 31) and len(seen) < 25


@pytest.mark.parametrize(("hour", "period", "due"), [
    (7, 24, True), (7, 12, False), (19, 12, True), (18, 3, False), (21, 3, True),
])
def test_a_source_that_is_not_asked_again_that_day_reads_a_checkpoint_when_it_is_asked(hour, period, due):
    now = clock.instant(date(2026, 3, 17), hour)
    read = clock.instant(date(2026, 3, 13), 21)
    assert rereading.due(POSTED, read, now, now + timedelta(hours=period)) is due
    assert rereading.checkpoint(POSTED, now, now + timedelta(hours=period)) is due
    assert not rereading.due(POSTED, read, now - timedelta(days=1), now + timedelta(hours=period))


@pytest.mark.parametrize("period", [2, 3, 4, 12, 24])
def test_whatever_its_period_a_source_reads_every_post_on_its_seventh_day_and_at_the_month_s_end(period):
    """Played forward from any hour, a run each period: d7 and `latest` rest on a reading of the very day."""
    for hour in range(24):
        read, now = POSTED, clock.instant(date(2026, 3, 10), hour)
        seen = set()
        while now < POSTED + timedelta(days=35):
            now += timedelta(hours=period)
            if now > POSTED and rereading.due(POSTED, read, now, now + timedelta(hours=period)):
                read = now
                seen.add(clock.day_of(now))
        assert {date(2026, 3, 17), date(2026, 3, 31)} <= seen, hour


def test_what_is_gone_is_looked_for_on_the_evenings_of_its_checkpoints():
    evening = clock.instant(date(2026, 3, 10), 21)
    assert [n for n in range(30) if rereading.checkpoint(POSTED, evening + timedelta(days=n))] == [1, 3, 7, 21]
    assert not rereading.checkpoint(POSTED, clock.instant(date(2026, 3, 17), 19))
