"""What was heard of the sources of mentions: the days for which a run that went well speaks."""

from datetime import date, timedelta

from core import clock
from core.models import Capture, Run
from core.periods import Period
from core.query import heard
from tests.spoken import say, source

FIRST = date(2026, 3, 2)
WEEK = Period.of("week", FIRST)
LATER = clock.instant(FIRST + timedelta(20))


def ran(session, of, day, hour=10, state="ok"):
    run = Run(job="collect", source_id=of.id, started_at=clock.instant(day, hour), state=state)
    session.add(run)
    session.commit()
    return run


def row(session, of, now=LATER):
    found = heard.heard(session, WEEK.first, WEEK.last, now).sources
    return next(found[found["source_id"] == of.id].itertuples())


def days(*numbers):
    return tuple(FIRST + timedelta(n) for n in numbers)


def test_a_source_is_expected_from_its_first_run_and_heard_where_one_went_well(session):
    of = source(session, "weibo", period_seconds=3600)
    for day, state in zip(days(1, 2, 4, 5, 6), ("ok", "unchanged", "failed", "partial", "ok"), strict=True):
        ran(session, of, day, state=state)
    one = row(session, of)
    assert (one.expected, one.heard, one.missed) == (6, 4, days(3, 4))
    assert heard.coverage(session, WEEK, LATER) == 4 / 6
    assert heard.heard(session, WEEK.first, WEEK.last, LATER).deaf == days(3, 4)


def test_what_is_said_on_a_day_was_heard_and_a_list_reaches_back(session):
    of = source(session, "news", period_seconds=3600)
    ran(session, of, FIRST)
    late = ran(session, of, FIRST + timedelta(6))
    capture = Capture(run_id=late.id, source_id=of.id, request="列表", fetched_at=late.started_at, sha256="0" * 64)
    session.add(capture)
    session.commit()
    assert row(session, of).missed == days(1, 2, 3, 4, 5)
    old = say(session, of, None, ["旧闻"], clock.instant(FIRST + timedelta(3), 9))[0]
    assert row(session, of).missed == days(1, 2, 4, 5)
    old.capture_id = capture.id  # the last run brought it: its list goes back so far without a gap
    session.commit()
    assert row(session, of).missed == days(1, 2)


def test_a_daily_source_speaks_for_the_day_before_and_files_are_not_expected(session):
    daily, file = source(session, "liuyan", period_seconds=86_400), source(session, "weibo", name="导入")
    file.collector = "file"
    for n in range(1, 9):
        ran(session, daily, FIRST + timedelta(n), hour=5)
    ran(session, file, FIRST)
    say(session, file, None, ["导入的"], clock.instant(FIRST, 12))
    assert (row(session, daily).expected, row(session, daily).missed) == (7, ())
    assert (row(session, file).expected, row(session, file).mentions) == (0, 1)
    assert heard.coverage(session, WEEK, LATER) == 1.0


def test_where_nothing_could_be_expected_there_is_no_share_and_today_waits_till_noon(session):
    assert heard.coverage(session, WEEK, LATER) is None
    of = source(session, "weibo", period_seconds=3600)
    ran(session, of, FIRST)
    assert row(session, of, clock.instant(FIRST + timedelta(1), 9)).expected == 1
    assert row(session, of, clock.instant(FIRST + timedelta(1), 13)).missed == days(1)
    of.enabled = False
    session.commit()
    assert row(session, of).expected == 1  # switched off: no longer expected after its last run
