"""Silence and recovery on the sequences that a district really sees, day by day through the intake."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core import clock, ingest, ledger_sources, notices
from core.clock import days, instant
from core.metrics.cadence import day_off, rhythm
from core.models import Account, Notice, Source
from core.records import Batch, MentionRecord, PostRecord

START = date(2025, 12, 1)
"""A Monday."""


class District:
    """Days that pass: accounts publish or not, sources are asked or fail, and the watch looks every morning."""

    def __init__(self, session):
        self.session = session
        self.today = START
        self.last = 0

    def account(self, name: str, platform: str = "weibo") -> Account:
        made = Account(platform=platform, external_id=name, name=name)
        self.session.add(made)
        self.session.flush()
        return made

    def source(self, name: str, of: Account | None = None, collector: str = "weibo_commercial", **values) -> Source:
        made = Source(key=name, name=name, collector=collector, platform=values.pop("platform", "weibo"),
                      account_id=of.id if of else None, **values)
        self.session.add(made)
        self.session.flush()
        return made

    def day(self, source: Source, spoke: Iterable[Account] = (), silent: Iterable[Account] = (),
            failed: Iterable[Account] = ()) -> None:
        """One day of one source, as its runs leave it."""
        at = instant(self.today, 21)
        bad = list(failed)
        run = ingest.begin(self.session, "collect", source=source, at=at)
        for account in spoke:
            self.last += 1
            ingest.store(self.session, Batch(posts=[PostRecord(
                external_id=str(self.last), published_at=instant(self.today, 10), observed_at=at, title="通告"
            )]), run=run, capture=None, account=account)
        ingest.cover(self.session, {(a.id, self.today): "zero" for a in silent}, run)
        ingest.cover(self.session, {(a.id, self.today): "failed" for a in bad}, run, lesser=True)
        source.fault = "RETRY" if bad else ""
        source.last_ok_at = source.last_ok_at if bad else at
        ingest.finish(self.session, run, "failed" if bad else "ok", "", at=at)

    def morning(self) -> list[tuple[str, str]]:
        """The next day begins; the watch looks twice. What it said: (kind, title)."""
        self.today += timedelta(1)
        before = set(self.session.execute(select(Notice.id)).scalars())
        for hour in (1, 9):
            notices.watch(self.session, instant(self.today, hour))
            self.session.commit()
        return [(n.kind, n.title) for n in self.session.execute(select(Notice).order_by(Notice.id)).scalars()
                if n.id not in before]

    def play(self, source: Source, account: Account, until: date, speaks: Callable[[date], bool]) -> dict[date, list]:
        """One account up to a day; what was said on which morning."""
        said = {}
        while self.today <= until:
            spoke = speaks(self.today)
            self.day(source, [account] if spoke else (), () if spoke else [account])
            if found := self.morning():
                said[self.today] = found
        return said


@pytest.fixture
def town(session) -> District:
    return District(session)


def waiting(session) -> list[str]:
    session.expire_all()
    query = select(Notice.title).where(Notice.closed_at.is_(None), Notice.kind != "recovered").order_by(Notice.id)
    return list(session.execute(query).scalars())


# --- One account ----------------------------------------------------------------------------------------------------


def test_one_notice_of_silence_and_one_of_recovery(town, session):
    one = town.account("区发布")
    source = town.source("区发布微博", one, "weibo")
    silence = days(date(2026, 1, 12), date(2026, 1, 20))
    said = town.play(source, one, date(2026, 1, 25), lambda d: d not in silence)
    assert said == {
        date(2026, 1, 14): [("quiet", "“区发布微博”没有动静")],
        date(2026, 1, 22): [("recovered", "“区发布微博”已恢复")],
    }
    first = session.get(Notice, 1)
    assert "已有 2 天没有新内容" in first.note and "2026-01-11" in first.note and first.account_id == one.id
    assert (first.closed_by, clock.day_of(first.closed_at)) == ("系统", date(2026, 1, 22))
    assert notices.unread(session) == 0


def test_an_office_s_weekends_and_holidays_are_no_silence(town, session):
    """An account that speaks on working days only, over New Year and the nine days of Spring Festival 2026."""
    one = town.account("街道")
    source = town.source("街道微博", one, "weibo")
    assert town.play(source, one, date(2026, 3, 6), lambda d: not day_off(d)) == {}
    said = town.play(source, one, date(2026, 3, 13), lambda d: False)
    assert list(said) == [date(2026, 3, 11)], "two working days, since it never missed one"
    assert "休息日已按其习惯折算" in session.get(Notice, 1).note


def test_an_account_that_keeps_its_weekends_is_missed_on_them(town):
    one = town.account("交警")
    source = town.source("交警微博", one, "weibo")
    town.play(source, one, date(2026, 1, 9), lambda d: True)
    assert list(town.play(source, one, date(2026, 1, 11), lambda d: False)) == [date(2026, 1, 12)]


def test_one_that_speaks_weekly_is_given_more_time(town):
    one = town.account("农委")
    source = town.source("农委微博", one, "weibo")
    assert town.play(source, one, date(2026, 2, 4), lambda d: d.weekday() == 2) == {}
    said = town.play(source, one, date(2026, 3, 20), lambda d: False)
    assert len(said) == 1 and date(2026, 2, 11) < next(iter(said)) < date(2026, 2, 28)


def test_too_little_is_known_of_a_new_account(town):
    one = town.account("新号")
    source = town.source("新号微博", one, "weibo")
    assert town.play(source, one, START + timedelta(20), lambda d: d < START + timedelta(4)) == {}
    assert town.play(source, one, START + timedelta(40), lambda d: d.day in (22, 25, 31)) == {}


def test_a_silence_longer_than_the_look_back_is_one_notice_and_no_recovery(town, session):
    one = town.account("停更")
    source = town.source("停更微博", one, "weibo")
    last = date(2026, 1, 10)
    said = town.play(source, one, date(2026, 3, 25), lambda d: d <= last)
    assert [found for _, found in said.items()] == [[("quiet", "“停更微博”没有动静")]]
    assert waiting(session) == ["“停更微博”没有动静"]
    assert list(town.play(source, one, date(2026, 3, 26), lambda d: True).values()) == [
        [("recovered", "“停更微博”已恢复")]
    ]


def test_while_a_source_fails_nobody_is_silent(town, session):
    one = town.account("区发布")
    source = town.source("区发布微博", one, "weibo")
    town.play(source, one, date(2026, 1, 9), lambda d: True)
    for _ in range(9):
        town.day(source, failed=[one])
        assert town.morning() == []
    assert list(town.play(source, one, town.today, lambda d: False).values()) == [], "one day that is known"
    assert list(town.play(source, one, town.today, lambda d: False).values()) == [[("quiet", "“区发布微博”没有动静")]]
    town.day(source, failed=[one])
    assert town.morning() == [] and waiting(session), "a failure is no recovery"


def test_days_that_nobody_confirmed_count_once_the_source_has_looked_long_after(town):
    """A provider that lists articles and never says that there was none."""
    one = town.account("健康", "wechat")
    source = town.source("清博·健康", one, "gsdata", platform="wechat")
    town.play(source, one, date(2026, 1, 9), lambda d: True)
    heard = []
    for _ in range(5):
        town.day(source)
        heard += [(town.today, *found) for found in town.morning()]
    assert heard == [(date(2026, 1, 14), "quiet", "“清博·健康”没有动静")]


def test_what_a_person_put_away_stays_away_until_it_spoke_again(town, session):
    one = town.account("区发布")
    source = town.source("区发布微博", one, "weibo")
    town.play(source, one, date(2026, 1, 9), lambda d: True)
    assert len(town.play(source, one, date(2026, 1, 11), lambda d: False)) == 1
    notices.put_away(session, 1, who="王敏", now=instant(town.today, 10))
    assert town.play(source, one, date(2026, 1, 20), lambda d: False) == {}
    assert town.play(source, one, date(2026, 1, 22), lambda d: True) == {}, "nothing is open that could recover"
    (again,) = town.play(source, one, date(2026, 2, 15), lambda d: False).values()
    assert again == [("quiet", "“区发布微博”没有动静")]


@pytest.mark.parametrize("end", ["source", "account"])
def test_what_is_no_longer_in_operation_is_waited_for_no_more(town, session, end):
    one = town.account("区发布")
    source = town.source("区发布微博", one, "weibo")
    town.play(source, one, date(2026, 1, 9), lambda d: True)
    town.play(source, one, date(2026, 1, 13), lambda d: False)
    assert waiting(session)
    if end == "source":
        source.enabled = False
    else:
        one.state = "suspended"
    session.commit()
    assert town.morning() == [] and waiting(session) == []


# --- Sources of many accounts ---------------------------------------------------------------------------------------


def test_each_account_of_a_shared_source_is_judged_by_itself(town, session):
    busy, still, other = (town.account(name) for name in ("甲", "乙", "丙"))
    source = town.source("微博商业接口")
    for _ in range(30):
        town.day(source, [busy, still], [other])
        assert town.morning() == []
    said = []
    for _ in range(6):
        town.day(source, [busy], [still, other])
        said += town.morning()
    assert said == [("quiet", "“乙·政务微博”没有动静")], "丙 never spoke: nothing is missed"
    (notice,) = session.execute(select(Notice)).scalars()
    assert (notice.source_id, notice.account_id) == (source.id, still.id)
    town.day(source, [busy, still], [other])
    assert town.morning() == [("recovered", "“乙·政务微博”已恢复")]


def test_most_accounts_silent_together_are_the_source_s_silence(town, session):
    every = [town.account(f"号{n}") for n in range(6)]
    source = town.source("微博商业接口")
    for _ in range(30):
        town.day(source, every)
        town.morning()
    said = []
    for _ in range(5):
        town.day(source, every[:1], every[1:])
        said += town.morning()
    assert said == [("quiet", "“微博商业接口”没有动静")]
    (notice,) = session.execute(select(Notice)).scalars()
    names = "、".join(f"号{n}·政务微博" for n in range(1, 6))
    assert notice.account_id is None and f"其 5 个账号同时没有新内容（{names}）" in notice.note
    town.day(source, every)
    assert town.morning() == [("recovered", "“微博商业接口”已恢复")] and waiting(session) == []


def test_an_account_of_its_own_source_is_not_judged_twice(town):
    one = town.account("甲")
    own = town.source("甲微博", one, "weibo")
    shared = town.source("微博商业接口")
    for n in range(40):
        town.day(own, [one] if n < 35 else (), () if n < 35 else [one])
        town.day(shared)
        for said in town.morning():
            assert said == ("quiet", "“甲微博”没有动静") and n == 36


def mention_day(town: District, source: Source, new: bool, state: str = "ok") -> None:
    at = instant(town.today, 12)
    run = ingest.begin(town.session, "collect", source=source, at=at)
    if new:
        town.last += 1
        record = MentionRecord(external_id=str(town.last), title="热点", published_at=at, observed_at=at)
        ingest.store(town.session, Batch(mentions=[record]), run=run, capture=None, source=source)
    ingest.finish(town.session, run, state, "", at=at)


def test_hot_lists_are_judged_by_what_they_list(town):
    source = town.source("微博热搜", collector="hotlist", platform="weibo_hot")
    for _ in range(20):
        mention_day(town, source, True)
        assert town.morning() == []
    for _ in range(4):
        mention_day(town, source, False, "failed")
        assert town.morning() == [], "it could not be asked"
    mention_day(town, source, False, "unchanged")
    assert town.morning() == []
    mention_day(town, source, False, "unchanged")
    assert town.morning() == [("quiet", "“微博热搜”没有动静")]
    mention_day(town, source, False, "unchanged")
    assert town.morning() == []
    mention_day(town, source, True)
    assert town.morning() == [("recovered", "“微博热搜”已恢复")]


def test_a_source_s_silence_outlives_the_look_back_and_single_accounts(town, session):
    """Neither that the rhythms are forgotten nor that a silent account is closed is a recovery."""
    every = [town.account(f"号{n}") for n in range(6)]
    dormant = town.account("沉睡号")
    source = town.source("微博商业接口")
    for _ in range(30):
        town.day(source, every, [dormant])
        town.morning()
    said = []
    for n in range(100):
        town.day(source, every[:1] if n < 20 else (), every[1:])
        if n == 10:
            every[5].state = "suspended"
        said += town.morning()
    assert said == [("quiet", "“微博商业接口”没有动静")]
    town.day(source, every[1:2], every[2:])
    assert town.morning() == [], "two of five: not most of them yet"
    town.day(source, every[2:3], every[3:])
    assert ("recovered", "“微博商业接口”已恢复") in town.morning()


def test_a_source_whose_accounts_are_all_closed_is_waited_for_no_longer(town, session):
    every = [town.account(f"号{n}") for n in range(4)]
    source = town.source("微博商业接口")
    for n in range(40):
        town.day(source, every if n < 30 else (), () if n < 30 else every)
        town.morning()
    assert waiting(session) == ["“微博商业接口”没有动静"]
    for account in every:
        account.state = "closed"
    assert town.morning() == [] and waiting(session) == []


# --- Sources that keep failing --------------------------------------------------------------------------------------


def sources_that(town: District, *failures: int) -> list[Source]:
    """Feeds that were asked, each with so many failures in a row."""
    made = []
    for number, times in enumerate(failures):
        one = town.source(f"来源{number}", collector="feed", platform="news", failures=times)
        one.last_run_at = instant(START)
        one.fault, one.fault_note = ("RETRY", "连接超时") if times else ("", "")
        made.append(one)
    return made


def told(session, at) -> list[str]:
    notices.failing(session, at)
    session.commit()
    return waiting(session)


def test_a_source_that_keeps_failing_is_said_once_and_its_recovery(town, session):
    one, *_ = sources_that(town, 6, 5, 0, 0, 0)
    now = instant(START, 9)
    assert told(session, now) == told(session, now) == ["“来源0”持续采集失败"]
    (notice,) = session.execute(select(Notice)).scalars()
    assert (notice.kind, notice.note) == ("failing", "已连续失败 6 次：连接超时")
    notices.put_away(session, notice.id, who="王敏", now=now)
    one.failures = 9
    assert told(session, now + timedelta(hours=1)) == [], "a person has seen to it"
    one.last_ok_at = now + timedelta(hours=2)
    assert told(session, now + timedelta(hours=3)) == ["“来源0”持续采集失败"]
    notices.recovered(session, one, now + timedelta(hours=4))
    session.commit()
    assert waiting(session) == [] and session.get(Notice, 3).title == "“来源0”已恢复"


def test_most_sources_failing_together_are_hardly_their_own_fault(town, session):
    every = sources_that(town, 7, 7, 7, 7, 0)
    now = instant(START, 9)
    assert told(session, now) == ["多数来源采集失败"]
    (notice,) = session.execute(select(Notice)).scalars()
    assert notice.source_id is None and "5 个采集源中有 4 个" in notice.note and "网络" in notice.note
    for one in every[1:]:
        one.failures, one.fault = 0, ""
    assert told(session, now + timedelta(hours=1)) == ["“来源0”持续采集失败"]
    assert "“多数来源”已恢复" in session.execute(select(Notice.title)).scalars().all()


def test_a_source_that_is_switched_off_waits_for_nobody(town, session):
    one, *_ = sources_that(town, 8, 0, 0)
    now = instant(START, 9)
    assert told(session, now) == ["“来源0”持续采集失败"]
    ledger_sources.switch(session, one.id, False, who="王敏", now=now)
    session.commit()
    assert waiting(session) == [] and told(session, now) == []
    assert "“来源0”已恢复" not in session.execute(select(Notice.title)).scalars().all()


def test_a_failure_that_comes_to_need_a_person_is_one_notice(town, session):
    one, *_ = sources_that(town, 8, 0, 0)
    now = instant(START, 9)
    assert told(session, now) == ["“来源0”持续采集失败"]
    one.fault, one.fault_note = "STOP", "网址不存在"
    notices.needs_a_person(session, one, now + timedelta(hours=1))
    session.commit()
    assert waiting(session) == ["“来源0”采集停止"]


# --- What waits for a person ----------------------------------------------------------------------------------------


def test_a_fault_put_away_comes_back_only_when_it_is_another_or_the_source_worked_in_between(town, session):
    source = town.source("公众号", town.account("健康", "wechat"), "wechat", platform="wechat")
    source.fault, source.fault_note = "STOP", "IP 不在白名单"
    now = instant(START, 9)
    notices.needs_a_person(session, source, now)
    notices.put_away(session, 1, who="王敏", now=now)
    notices.needs_a_person(session, source, now + timedelta(days=1))
    assert waiting(session) == []
    source.fault_note = "AppSecret 不正确"
    notices.needs_a_person(session, source, now + timedelta(days=2))
    assert len(waiting(session)) == 1
    notices.put_away(session, 2, who="王敏", now=now + timedelta(days=2))
    source.last_ok_at = now + timedelta(days=3)
    notices.needs_a_person(session, source, now + timedelta(days=4))
    assert len(waiting(session)) == 1


# --- The rhythm itself ----------------------------------------------------------------------------------------------


def test_working_days_are_those_of_the_state_council():
    assert day_off(date(2026, 2, 18)) and day_off(date(2026, 2, 20)) and day_off(date(2026, 3, 7))
    assert not day_off(date(2026, 2, 14)), "a Saturday that is worked"
    assert not day_off(date(2026, 3, 6))


def test_a_rhythm_weighs_days_off_as_they_are_kept():
    month = days(date(2026, 3, 2), date(2026, 3, 29))
    office = rhythm(d for d in month if not day_off(d))
    assert (office.limit, office.off, office.longest) == (2.0, 0.0, 2)
    assert office.silence(days(date(2026, 4, 3), date(2026, 4, 7))) == 2.0  # Friday, Qingming to Monday, Tuesday
    daily = rhythm(month)
    assert (daily.limit, daily.off, daily.longest) == (2.0, 1.0, 0)
    half = rhythm(d for d in month if not day_off(d) or d.day in (7, 15, 21, 29))
    assert half.off == 0.5 and half.limit == 2.0
    weekly = rhythm(d for d in month if d.weekday() == 2)
    assert weekly is None and rhythm([]) is None
