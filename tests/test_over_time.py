"""Posts followed over weeks by the real engine against services that play the platforms: what both bases then say, and
what becomes of a post that is deleted, or comes back."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from collectors import SOURCES
from collectors.http import Http
from collectors.weibo import PAGE, PAGES
from core import clock, collect, credentials, rollup
from core.clock import instant
from core.counts import Count
from core.models import Account, AccountDay, Coverage, Post, Reading, Run, Source
from core.query import quality
from core.query.scope import Filter
from tests.lab import Lab
from tests.lab.desk import OPEN
from tests.lab.services.wechat import WeChat
from tests.lab.services.weibo import Weibo

DAY = date(2026, 3, 10)
POSTED = instant(DAY, 9)
OWN = "1642909335"
MARCH = Filter(date(2026, 3, 1), date(2026, 3, 31))
EVENINGS = (21, 23)


class Town:
    """One account, its source and the service that it asks, on a clock that the test turns."""

    def __init__(self, session, lab, kind: str, service: type, account: str, platform: str, bound: bool, **secrets):
        self.session, self.now = session, POSTED
        self.service = lab.mount(service(lambda: self.now))
        self.account = Account(platform=platform, external_id=account, name="云澜发布")
        session.add(self.account)
        session.flush()
        secret = frozenset(f.name for f in SOURCES[kind].secrets if f.secret)
        made = credentials.add(session, name="号", kind=kind, fields=secrets, secret=secret, who="测试", now=self.now)
        self.source = Source(
            key="s", name="源", collector=kind, platform=platform, url=self.service.base, credential_id=made.id,
            account_id=self.account.id if bound else None, period_seconds=SOURCES[kind].period_seconds,
        )
        session.add(self.source)
        session.commit()

    def run(self, at: datetime) -> Run:
        """One run at that moment."""
        self.now = at

        async def work() -> None:
            async with Http(**OPEN) as http:
                await collect.collect([self.source.id], SOURCES, http, now=lambda: self.now)

        self.session.commit()
        asyncio.run(work())
        self.session.expire_all()
        run = self.session.execute(select(Run).order_by(Run.id.desc()).limit(1)).scalar_one()
        assert run.fault == "", run.note
        return run

    def day(self, basis: str, day: date = DAY) -> AccountDay:
        rollup.run(self.session)
        return self.session.get(AccountDay, (self.account.id, basis, day))

    def post(self, external_id: str) -> Post:
        return self.session.execute(select(Post).where(Post.external_id == external_id)).scalar_one()

    def states(self) -> dict[date, str]:
        query = select(Coverage.day, Coverage.state).where(Coverage.account_id == self.account.id)
        return dict(self.session.execute(query).all())


@pytest.fixture(autouse=True)
def _no_politeness(monkeypatch):
    for name in ("weibo", "wechat"):
        monkeypatch.setattr(f"collectors.{name}.PACE", 0)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab() as running:
        yield running


@pytest.fixture
def weibo(session, lab) -> Town:
    """The commercial interface; its account's one post has gained a comment each hour."""
    town = Town(session, lab, "weibo_commercial", Weibo, "2000", "weibo", False, access_token="lab-token")
    town.status = town.service.post("2000", 41, POSTED, "区里发布通告")
    return town


def grow(town: Town, at: datetime) -> None:
    town.status.counts = (0, int((at - POSTED).total_seconds() // 3600), 0)


def follow(town: Town, *moments: datetime) -> None:
    for at in moments:
        grow(town, at)
        town.run(at)


def evening(n: int, hour: int = 21) -> datetime:
    return instant(DAY + timedelta(n), hour)


def readings(town: Town, external_id: str = "41") -> list[tuple[datetime, int]]:
    query = (
        select(Reading.observed_at, Reading.comments).join(Post, Post.id == Reading.post_id)
        .where(Post.external_id == external_id).order_by(Reading.observed_at)
    )
    return [tuple(row) for row in town.session.execute(query)]


def test_a_post_is_read_every_two_hours_at_first_at_its_checkpoints_and_at_the_month_s_end(weibo):
    young = [POSTED + timedelta(hours=2 * n) for n in range(1, 9)]
    marks = [evening(n, hour) for n in (1, 3, 7) for hour in EVENINGS]
    later = [evening(n) for n in (9, 14)]
    end = instant(date(2026, 3, 31), 21)
    follow(weibo, *young, *marks, *later, end, instant(date(2026, 4, 2), 21))
    seen = [at for at, _ in readings(weibo)]
    assert seen == [*young, *marks, end], "between D+8 and the month's end and after it, it is left alone"
    d7, latest = weibo.day("d7"), weibo.day("latest")
    assert d7.counter("comments") == Count(7 * 24 + 14), "the last reading of the seventh day"
    assert latest.counter("comments") == Count(21 * 24 + 12), "the evening of the 31st"
    assert (d7.posts, latest.posts) == (1, 1)
    assert len(weibo.service.asked("show_batch/biz")) == 1, "by id once: what the list shows is read with the list"


def test_a_missed_evening_is_made_up_for_and_d7_takes_what_was_there_in_time(weibo):
    follow(weibo, POSTED + timedelta(hours=2), evening(5), evening(9), instant(date(2026, 4, 1), 2))
    assert [at for at, _ in readings(weibo)] == [
        POSTED + timedelta(hours=2), evening(5), evening(9), instant(date(2026, 4, 1), 2)
    ]
    assert weibo.day("d7").counter("comments") == Count(5 * 24 + 12)
    assert weibo.day("latest").counter("comments") == Count(21 * 24 + 17)


def test_the_seventh_evening_is_by_id_where_the_list_no_longer_reaches(weibo):
    """A run that began on the ninth day: the list holds eight days, the checkpoint was missed."""
    follow(weibo, POSTED + timedelta(hours=2), evening(8, 23))
    assert len(readings(weibo)) == 2 and len(weibo.service.asked("show_batch/biz")) == 1


def test_a_deletion_is_noticed_kept_in_the_count_and_shown_with_its_evidence(weibo, session):
    weibo.service.post("2000", 42, POSTED + timedelta(hours=1), "另一条")
    follow(weibo, POSTED + timedelta(hours=2))
    weibo.service.remove("2000", 42)
    at = POSTED + timedelta(hours=4)
    run = weibo.run(at)
    assert "已删除帖文 1 条" in run.note and weibo.post("42").gone_at == at and weibo.post("41").gone_at is None
    assert weibo.day("latest").posts == 2, "it was published"
    (row,) = quality.found(session, MARCH, "gone").to_dict("records")
    assert row["title"] == "另一条" and "user_timeline/other" in row["request"] and row["capture_id"] is not None
    weibo.service.post("2000", 42, POSTED + timedelta(hours=1), "另一条")
    weibo.run(POSTED + timedelta(hours=6))
    assert weibo.post("42").gone_at is None and quality.found(session, MARCH, "gone").empty


def test_a_row_that_can_not_be_read_is_no_deletion(session, lab):
    town = Town(session, lab, "weibo", Weibo, OWN, "weibo", True, access_token="lab-token")
    town.run(POSTED)
    damaged = town.service.users[OWN].statuses[5]
    damaged.counts = (-1, 1, 1)
    run = town.run(POSTED + timedelta(hours=3))
    assert run.rejected_rows == 1 and town.post(str(damaged.id)).gone_at is None
    town.service.remove(OWN, damaged.id)
    town.run(POSTED + timedelta(hours=6))
    assert town.post(str(damaged.id)).gone_at is not None


def test_a_row_that_could_not_be_read_before_a_quota_is_no_deletion_after_it(session, lab):
    town = Town(session, lab, "weibo", Weibo, OWN, "weibo", True, access_token="lab-token")
    town.run(POSTED)
    damaged = town.service.users[OWN].statuses[5]
    damaged.counts = (-1, 1, 1)
    town.service.script("user_timeline", "ok", "quota")
    with pytest.raises(AssertionError, match="额度"):
        town.run(POSTED + timedelta(hours=3))
    assert town.source.cursor["_flawed"]
    town.run(POSTED + timedelta(days=1))
    assert town.post(str(damaged.id)).gone_at is None and town.source.cursor == {}


def test_an_old_pinned_post_does_not_end_a_list(session, lab):
    town = Town(session, lab, "weibo", Weibo, OWN, "weibo", True, access_token="lab-token")
    town.service.pin(town.service.post(OWN, 1_000_000, POSTED - timedelta(days=300), "置顶：办事指南"))
    town.run(POSTED)
    assert len(session.execute(select(Post.id)).all()) == 131


def test_an_old_post_that_is_gone_is_asked_for_again_at_the_month_s_end(weibo):
    follow(weibo, POSTED + timedelta(hours=2), evening(7))
    weibo.service.remove("2000", 41)
    end = instant(date(2026, 3, 31), 21)
    weibo.run(end)
    assert weibo.post("41").gone_at == end and len(readings(weibo)) == 2
    weibo.status = weibo.service.post("2000", 41, POSTED, "区里发布通告")
    follow(weibo, end + timedelta(hours=2))
    assert weibo.post("41").gone_at is None, "it was only hidden for a while"
    assert weibo.day("latest").counter("comments") == Count(21 * 24 + 14)


def test_days_without_a_post_are_known_once_the_list_was_read(weibo):
    """Yesterday is known to have had nothing; a failure of that day is answered by it; today is not over."""
    early = DAY - timedelta(3)
    weibo.session.add(Coverage(account_id=weibo.account.id, day=early, state="failed"))
    follow(weibo, evening(1))
    states = weibo.states()
    assert states[DAY] == "collected" and states[early] == "zero" and DAY + timedelta(1) not in states
    assert {DAY - timedelta(n) for n in range(1, 7)} <= states.keys()
    assert min(states) == DAY - timedelta(6), "the list's first day is not read whole"


def test_a_list_longer_than_a_run_reads_says_nothing_of_what_is_not_on_it(session, lab, monkeypatch):
    """Nothing is called gone, and the next round begins at the top."""
    monkeypatch.setattr("collectors.weibo.PAGES", 2)
    town = Town(session, lab, "weibo_commercial", Weibo, "2000", "weibo", False, access_token="lab-token")
    for n in range(45):
        town.service.post("2000", 100 + n, POSTED - timedelta(hours=n), f"第{n}条")
    town.run(POSTED + timedelta(hours=1))
    assert len(session.execute(select(Post.id)).all()) == 40 and "zero" not in town.states().values()
    town.service.post("2000", 90, POSTED - timedelta(days=2), "补")
    town.service.users["2000"].statuses.sort(key=lambda s: s.at, reverse=True)
    assert town.run(POSTED + timedelta(hours=3)).state != "failed"
    assert session.execute(select(Post.id).where(Post.gone_at.is_not(None))).all() == []


def test_the_standard_interface_begins_anew_after_its_last_page(session, lab, monkeypatch):
    assert PAGE * PAGES >= 2000, "more than any account publishes in a month"
    monkeypatch.setattr("collectors.weibo.PAGES", 1)
    town = Town(session, lab, "weibo", Weibo, OWN, "weibo", True, access_token="lab-token")
    for n in range(60):  # with what the laboratory's account has already: two pages
        town.service.post(OWN, 6_000_000_000 + n, POSTED - timedelta(minutes=n), f"新{n}")
    for n in range(2):
        town.run(POSTED + timedelta(hours=3 * n + 1))
        assert town.source.cursor == {}
    assert len(town.service.asked("user_timeline")) == 2
    assert session.execute(select(Post.id).where(Post.gone_at.is_not(None))).all() == []


def test_the_standard_interface_reads_all_of_its_month_every_three_hours(session, lab):
    town = Town(session, lab, "weibo", Weibo, OWN, "weibo", True, access_token="lab-token")
    town.status = town.service.users[OWN].statuses[0]
    for at in (POSTED + timedelta(hours=3), evening(7, 23), instant(date(2026, 3, 31), 23)):
        grow(town, at)
        town.run(at)
    assert town.day("d7").comments is not None
    seen = readings(town, str(town.status.id))
    assert [at for at, _ in seen] == [POSTED + timedelta(hours=3), evening(7, 23), instant(date(2026, 3, 31), 23)]
    assert seen[1][1] == 7 * 24 + 14
    town.service.remove(OWN, town.status.id)
    at = instant(date(2026, 4, 1), 2)
    town.run(at)
    assert town.post(str(town.status.id)).gone_at == at


def test_wechat_gives_each_day_s_end_so_that_d7_is_exact_although_it_is_asked_in_the_mornings(session, lab):
    town = Town(session, lab, "wechat", WeChat, "gh_1", "wechat", True, appid="wx1234567890abcdef",
                secret="lab-secret")
    reads = [100 + 10 * n for n in range(30)]
    town.service.publish(DAY, "2247490500_1", "通告", *reads)
    town.service.followers |= {DAY + timedelta(n): (10_000, 0, 0) for n in range(30)}
    for n in (1, 2, 8, 22):
        town.run(instant(DAY + timedelta(n), 8, 15))
    assert town.day("d7").counter("readers") == Count(170), "at the end of the seventh day, asked on the eighth"
    assert town.day("latest").counter("readers") == Count(reads[21]), "at the end of the 31st, asked on the 1st"
    (last,) = session.execute(
        select(Reading.day).join(Post, Post.id == Reading.post_id).where(Post.external_id == "2247490500_1")
        .order_by(Reading.observed_at.desc()).limit(1)
    ).scalars()
    assert last == date(2026, 3, 31)
    assert clock.day_of(town.post("2247490500_1").published_at) == DAY


def test_a_feed_that_answers_the_same_tells_that_nothing_was_published_since(session, lab):
    """Days pass, the list stays: each day that is over is known to have had nothing, a day of failures included."""
    lab.serve("/feed.xml", "<rss version='2.0'><channel><item><title>通告</title><guid>1</guid>"
                           "<pubDate>Tue, 10 Mar 2026 09:00:00 +0800</pubDate></item></channel></rss>")
    account = Account(platform="wechat", external_id="gh_1", name="健康云澜")
    session.add(account)
    session.flush()
    source = Source(key="f", name="订阅", collector="feed", platform="wechat", account_id=account.id,
                    url=lab.url("/feed.xml"))
    session.add(source)
    session.commit()

    def run(at: datetime) -> str:
        async def work() -> dict[str, int]:
            async with Http(**OPEN) as http:
                return await collect.collect([source.id], SOURCES, http, now=lambda: at)

        return next(iter(asyncio.run(work())))

    def states() -> dict[int, str]:
        session.expire_all()
        query = select(Coverage.day, Coverage.state).where(Coverage.account_id == account.id)
        return {(day - DAY).days: state for day, state in session.execute(query)}

    assert run(POSTED + timedelta(hours=2)) == "ok" and states() == {0: "collected"}
    session.add(Coverage(account_id=account.id, day=DAY + timedelta(1), state="failed"))
    session.commit()
    assert run(instant(DAY + timedelta(3), 8)) == "unchanged"
    assert states() == {0: "collected", 1: "zero", 2: "zero"}
