"""Forecasts are made once a morning from the days that are over, kept, judged by what came, and obey their record."""

from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import delete, select

from core import clock, outlook
from core.models import MentionDay, Outlook, OutlookDay, Topic, TopicDay
from core.outlook import ALL, PLATFORM, TOPIC, history, last_known, record_of, shown
from tests.spoken import count, say, source, topic

TODAY = date(2026, 9, 7)
MORNING = clock.instant(TODAY, 6)
YESTERDAY = TODAY - timedelta(1)
WEEK = (40, 42, 41, 40, 46, 30, 28)


def usual(first: date, last: date) -> dict[date, int]:
    """A steady week, busy on Fridays, quiet at weekends, never the same twice."""
    return {day: WEEK[day.weekday()] + Random(day.toordinal()).randint(-9, 9) for day in clock.days(first, last)}


@pytest.fixture
def weeks(session):
    source(session, "weibo", last_ok_at=MORNING)
    source(session, "thepaper", last_ok_at=MORNING)
    count(session, usual(TODAY - timedelta(90), YESTERDAY), "weibo")
    count(session, dict.fromkeys(clock.days(TODAY - timedelta(90), YESTERDAY), 3), "thepaper")
    session.commit()


def kept(session, **where):
    session.expire_all()
    query = select(Outlook).order_by(Outlook.id)
    return session.execute(query.filter_by(**where)).scalars().all()


def dump(session):
    session.expire_all()
    return [repr(row) for table in (Outlook, OutlookDay) for row in session.execute(select(table)).scalars()]


@pytest.mark.parametrize(("hour", "known"), [(4, date(2026, 9, 5)), (5, YESTERDAY), (23, YESTERDAY)])
def test_the_day_that_goes_on_is_not_known(hour, known):
    assert last_known(clock.instant(TODAY, hour, 30)) == known


def test_each_morning_has_its_forecasts_once(session, weeks):
    count(session, {TODAY: 500}, "weibo")
    session.commit()
    assert outlook.run(session, now=MORNING) == 3
    (all_,) = kept(session, kind=ALL)
    assert (all_.day, all_.refusal, all_.demo) == (YESTERDAY, "", False) and "平均误差" in all_.past
    assert [line[0] for line in all_.days] == [str(TODAY + timedelta(n)) for n in range(7)]
    assert all(low <= value <= high for _, value, low, high, _ in all_.days)
    monday, saturday = all_.days[0], all_.days[5]
    assert 34 < monday[1] < 48 and saturday[1] < 38
    assert [row.key for row in kept(session, kind=PLATFORM)] == ["thepaper", "weibo"]
    before = dump(session)
    assert outlook.run(session, now=MORNING + timedelta(hours=5)) == 0 and dump(session) == before
    assert outlook.run(session, now=MORNING + timedelta(days=1)) == 3


def test_what_was_made_before_a_kill_is_left(session, weeks):
    session.add(Outlook(kind=ALL, key="", day=YESTERDAY, made_at=MORNING, refusal="先前的"))
    session.commit()
    assert outlook.run(session, now=MORNING) == 2
    assert [row.refusal for row in kept(session, kind=ALL)] == ["先前的"]


def test_it_waits_until_the_days_are_counted(session, weeks):
    about = topic(session, "停水", MORNING)
    late, new = say(session, source(session, "zhihu"), about, ["停水了吗", "今天的"], MORNING - timedelta(hours=7),
                    step=timedelta(hours=6))
    late.understood_at = new.understood_at = None
    session.commit()
    assert (late.day, new.day) == (YESTERDAY, TODAY)
    assert outlook.run(session, now=MORNING) == 0 and kept(session) == []
    late.understood_at = MORNING
    session.commit()
    assert outlook.run(session, now=MORNING) == 4


def test_days_without_a_mention_from_anywhere_are_missing_and_others_zero(session, weeks):
    gap, silent = TODAY - timedelta(10), TODAY - timedelta(5)
    session.execute(delete(MentionDay).where(MentionDay.day == gap))
    session.execute(delete(MentionDay).where(MentionDay.day == silent, MentionDay.platform == "thepaper"))
    about = topic(session, "停水", MORNING)
    count(session, {gap - timedelta(1): 4, silent + timedelta(1): 8}, "thepaper", about)
    session.commit()
    whole = history(session, ALL, until=YESTERDAY)
    assert whole[gap] is None and whole[silent] == usual(silent, silent)[silent]
    paper = history(session, PLATFORM, "thepaper", until=YESTERDAY)
    assert paper[gap] is None and paper[silent] == 0
    own = history(session, TOPIC, str(about.id), until=YESTERDAY)
    assert own[gap] is None and own[silent] == 0 and own[YESTERDAY] == 0 and min(own) == gap - timedelta(1)
    assert history(session, PLATFORM, "douyin", until=YESTERDAY) == {}
    assert history(session, TOPIC, "999", until=YESTERDAY) == {}


def test_a_platform_is_missing_after_its_sources_last_answered(session):
    failed = TODAY - timedelta(4)
    source(session, "thepaper", last_ok_at=clock.instant(failed, 9))
    count(session, usual(TODAY - timedelta(60), YESTERDAY), "weibo")
    count(session, dict.fromkeys(clock.days(TODAY - timedelta(60), failed - timedelta(2)), 3), "thepaper")
    session.commit()
    paper = history(session, PLATFORM, "thepaper", until=YESTERDAY)
    assert paper[failed - timedelta(1)] == 0 and paper[failed] is None and paper[YESTERDAY] is None


def test_a_short_history_is_refused_with_its_reason(session):
    count(session, usual(TODAY - timedelta(3), YESTERDAY), "weibo")
    session.commit()
    assert outlook.run(session, now=MORNING) == 2
    (row,) = kept(session, kind=ALL)
    assert "只有 3 天" in row.refusal and row.days == []
    told = shown(session, ALL, today=TODAY)
    assert told.refusal == row.refusal and told.days == ()


def test_before_anything_is_known_nothing_is_said(session):
    assert outlook.run(session, now=MORNING) == 0 and shown(session, ALL, today=TODAY) is None
    count(session, {TODAY: 5}, "weibo")
    session.commit()
    assert outlook.run(session, now=MORNING) == 0
    assert outlook.run(session, now=MORNING + timedelta(days=1)) == 2


def test_the_sample_district_is_forecast_apart(session, weeks):
    outlook.run(session, now=MORNING)
    alone = [(row.kind, row.key, row.days) for row in kept(session)]
    session.execute(delete(Outlook))
    session.execute(delete(outlook.Remembered))
    sample = topic(session, "样例", MORNING, demo=True)
    count(session, dict.fromkeys(clock.days(TODAY - timedelta(90), YESTERDAY), 20), "weibo", sample)
    sample.mentions = 20 * 90
    session.commit()
    outlook.run(session, now=MORNING)
    assert [(row.kind, row.key, row.days) for row in kept(session, demo=False)] == alone
    assert {(row.kind, row.key) for row in kept(session, demo=True)} == {
        (ALL, ""), (PLATFORM, "weibo"), (TOPIC, str(sample.id))}
    assert shown(session, ALL, today=TODAY, demo=True).values[0] == pytest.approx(20, abs=1)


def event(session, title, first: date, curve, active=False):
    made = topic(session, title, clock.instant(first, 9), active=active)
    made.mentions = sum(curve)
    made.last_at = clock.instant(first + timedelta(len(curve) - 1), 9)
    count(session, {first + timedelta(n): number for n, number in enumerate(curve) if number}, "weibo", made)
    return made


def test_topics_are_forecast_from_finished_ones(session, weeks):
    for n in range(25):
        event(session, f"旧事{n}", TODAY - timedelta(80 - n), [8 + n % 5, 20 + n, 9, 4, 2, 1])
    fresh = event(session, "新事", TODAY - timedelta(2), [10, 25], active=True)
    small = event(session, "小事", TODAY - timedelta(2), [3, 4], active=True)
    begun = event(session, "刚刚", TODAY, [40], active=True)
    session.commit()
    outlook.run(session, now=MORNING)
    assert {row.key for row in kept(session, kind=TOPIC)} == {str(fresh.id)} and small.id and begun.id
    (row,) = kept(session, kind=TOPIC)
    assert row.method and row.refusal == "" and row.days[0][1] < 25 and row.days[6][1] < 2


def test_without_enough_finished_topics_the_reason_is_kept(session, weeks):
    fresh = event(session, "新事", TODAY - timedelta(2), [10, 25], active=True)
    session.commit()
    outlook.run(session, now=MORNING)
    assert "既往话题不足：只有 0 个" in shown(session, TOPIC, str(fresh.id), today=TODAY).refusal


def test_days_that_came_are_judged_once(session, weeks):
    outlook.run(session, now=MORNING)
    assert record_of(session, ALL, "", until=TODAY) is None
    count(session, {TODAY: 44}, "weibo")
    session.commit()
    outlook.run(session, now=MORNING + timedelta(days=1))
    made = kept(session, kind=ALL)[0]
    (day,) = session.execute(select(OutlookDay).where(OutlookDay.outlook_id == made.id)).scalars()
    value, naive = made.days[0][1], made.days[0][4]
    assert (day.day, day.horizon, day.actual, day.value) == (TODAY, 1, 44, value)
    assert day.error == pytest.approx(abs(44 - value)) and day.naive == pytest.approx(abs(44 - naive))
    assert day.inside == (made.days[0][2] <= 44 <= made.days[0][3])
    held = record_of(session, ALL, "", until=TODAY)
    assert (held.days, held.error) == (1, pytest.approx(day.error))
    count(session, {TODAY: 1000}, "weibo")
    session.commit()
    outlook.run(session, now=MORNING + timedelta(days=2))
    session.expire_all()
    assert session.get(OutlookDay, (made.id, TODAY)).actual == 44
    # The next day nothing was collected: it is not judged until something is known of it.
    assert session.get(OutlookDay, (made.id, TODAY + timedelta(1))) is None
    count(session, {TODAY + timedelta(1): 50}, "weibo")
    session.commit()
    outlook.run(session, now=MORNING + timedelta(days=3))
    session.expire_all()
    assert session.get(OutlookDay, (made.id, TODAY + timedelta(1))).actual == 50


def test_a_topic_that_was_merged_is_judged_no_more(session, weeks):
    for n in range(25):
        event(session, f"旧事{n}", TODAY - timedelta(80 - n), [8 + n % 5, 20 + n, 9, 4, 2, 1])
    fresh, other = (event(session, title, TODAY - timedelta(2), [10, 25], active=True) for title in ("新事", "另一件"))
    session.commit()
    outlook.run(session, now=MORNING)
    session.execute(delete(TopicDay).where(TopicDay.topic_id == fresh.id))
    row = session.get(Topic, fresh.id)
    row.alias_of, row.active = other.id, False
    count(session, {TODAY: 3}, "weibo", other)
    session.commit()
    outlook.run(session, now=MORNING + timedelta(days=1))
    judged = select(Outlook.key).join(OutlookDay, OutlookDay.outlook_id == Outlook.id).where(Outlook.kind == TOPIC)
    assert session.execute(judged).scalars().all() == [str(other.id)]


def judged(session, kind, key, number, error, naive):
    """So many days of earlier forecasts that were missed by that much."""
    for n in range(number):
        day = YESTERDAY - timedelta(n + 2)
        made = Outlook(kind=kind, key=key, day=day, made_at=MORNING, days=[])
        session.add(made)
        session.flush()
        session.add(OutlookDay(outlook_id=made.id, day=day + timedelta(1), horizon=1, value=1, actual=1 + error,
                               error=error, naive=naive, inside=True))
    session.commit()


@pytest.mark.parametrize(("number", "error", "naive", "drawn"), [
    (21, 4, 5, True), (21, 5, 4, False), (20, 5, 4, True), (21, 0, 0, True), (21, 3, 3, False),
])
def test_a_series_that_did_not_beat_the_naive_forecast_is_not_drawn(session, weeks, number, error, naive, drawn):
    outlook.run(session, now=MORNING)
    judged(session, ALL, "", number, error, naive)
    told = shown(session, ALL, today=TODAY)
    assert bool(told.days) == drawn == (not told.refusal) and told.own.days == number
    assert drawn or "不比照搬最近一天准" in told.refusal
    assert kept(session, kind=ALL, day=YESTERDAY)[0].refusal == ""


def test_a_young_series_is_judged_by_its_kind(session, weeks):
    outlook.run(session, now=MORNING)
    judged(session, PLATFORM, "thepaper", 40, 5, 4)
    judged(session, PLATFORM, "douyin", 40, 5, 4)
    young = shown(session, PLATFORM, "weibo", today=TODAY)
    assert young.own is None and young.kind.days == 80 and "同类" in young.refusal
    judged(session, PLATFORM, "weibo", 30, 2, 4)
    assert shown(session, PLATFORM, "weibo", today=TODAY).days
    assert shown(session, ALL, today=TODAY).days


def test_an_old_forecast_is_not_shown(session, weeks):
    outlook.run(session, now=MORNING)
    assert shown(session, ALL, today=TODAY + timedelta(2)).days
    assert shown(session, ALL, today=TODAY + timedelta(3)) is None
