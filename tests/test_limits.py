"""Allowances and circuits in the database."""

from datetime import UTC, datetime, timedelta

from core import limits

NOW = datetime(2026, 3, 10, 15, 59, 30, tzinfo=UTC)  # half a minute before midnight in Shanghai


def test_an_allowance_is_taken_until_it_is_used_up_and_comes_back_the_next_day(session):
    def take(n: int, at: datetime) -> bool:
        return limits.take(session, "credential:1:read", 3, window="day", n=n, now=at)

    assert [take(2, NOW), take(2, NOW), take(1, NOW), take(1, NOW)] == [True, False, True, False]
    assert limits.used(session, "credential:1:", NOW) == {"read": (3, False)}
    assert take(3, NOW + timedelta(minutes=1))


def test_what_the_source_calls_used_up_is(session):
    limits.exhaust(session, "credential:1:read", window="day", now=NOW)
    assert not limits.take(session, "credential:1:read", 1000, window="day", n=1, now=NOW)
    assert limits.take(session, "credential:2:read", 1000, window="day", n=1, now=NOW)
    limits.forget(session, NOW + timedelta(days=2))
    assert limits.take(session, "credential:1:read", 1000, window="day", n=1, now=NOW)


def test_windows(session):
    assert limits.end_of("minute", NOW) == NOW + timedelta(seconds=30)
    assert limits.end_of("hour", NOW) == NOW + timedelta(seconds=30)
    assert limits.end_of("day", NOW) == NOW + timedelta(seconds=30)
    assert limits.start_of("day", NOW) == datetime(2026, 3, 9, 16, tzinfo=UTC)


def test_a_closed_host_is_remembered_until_it_is_whole(session):
    limits.close(session, "a.cn", NOW + timedelta(hours=1), 6, "连接超时")
    limits.close(session, "a.cn", NOW + timedelta(hours=2), 7, "连接超时")
    (host,) = limits.closed(session, NOW)
    assert (host.host, host.failures, host.closed_until) == ("a.cn", 7, NOW + timedelta(hours=2))
    assert not limits.closed(session, NOW + timedelta(hours=3))
    limits.close(session, "a.cn", NOW, 0, "")
    assert not limits.closed(session, NOW)
