"""The day's totals under any interleaving of new posts, late readings, corrections, deletions and roll-ups."""

import random
from datetime import UTC, date, datetime, timedelta
from zlib import crc32

import pytest
from sqlalchemy import delete, select

from core import ingest, rollup
from core.counts import AT_LEAST, Count
from core.models import (
    Account,
    AccountDay,
    AccountMonth,
    Coverage,
    DailyReading,
    Dirty,
    FollowerReading,
    Post,
    Reading,
)
from core.months import AT, FIGURES, unpack
from core.records import Batch, DailyRecord, FollowerRecord, Gone, PostRecord

T0 = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
"""23:30 in Shanghai: some posts fall on the next day."""
COUNTERS = ("reads", "likes", "wows", "reposts", "comments")


class Feed:
    """An account of which things come to be known in some order; the same seed tells the same things."""

    def __init__(self, session, seed: int):
        self.session, self.chance = session, random.Random(seed)
        made = Account(platform="wechat", external_id=f"gh_{seed}", name=f"号{seed}")
        session.add(made)
        session.commit()
        self.account = made

    def said(self, steps: int) -> list[Batch]:
        """What is told, in the order of telling."""
        return [self._one() for _ in range(steps)]

    def _one(self) -> Batch:
        chance, number = self.chance, self.chance.randrange(8)
        seen = T0 + timedelta(hours=72 + chance.randrange(24 * 16))
        if chance.random() < 0.1:
            return Batch(gone=[Gone(f"p{number}", None)])
        if chance.random() < 0.15:
            day = date(2026, 3, 2) + timedelta(chance.randrange(4))
            return Batch(followers=[FollowerRecord(
                day=day, observed_at=seen, followers=Count(chance.randrange(1000, 1100)), new=chance.randrange(9))])
        return Batch(posts=[self._post(number, seen)])

    def _post(self, number: int, seen: datetime) -> PostRecord:
        chance = self.chance
        known = [name for name in COUNTERS if chance.random() < 0.7]
        counters = {
            name: Count(100_001, AT_LEAST) if chance.random() < 0.1 else Count(chance.randrange(3000)) for name in known
        }
        return PostRecord(
            external_id=f"p{number}", published_at=T0 + timedelta(hours=9 * number), observed_at=seen,
            title=f"第{number}篇", counters=counters, position=number % 3 + 1, push_id=f"push{number // 3}",
            original=number % 2 == 0,
        )

    def take(self, batch: Batch) -> None:
        run = ingest.begin(self.session, "collect", at=T0)
        stored = ingest.store(self.session, batch, run=run, capture=None, account=self.account)
        ingest.finish(self.session, run, "ok", stored.words, at=T0, stored=stored)
        self.session.commit()

    def days(self) -> list[tuple]:
        """The rows of the account's days, and of its months."""
        self.session.expire_all()
        return [tuple(row) for table, day in ((AccountDay, AccountDay.day), (AccountMonth, AccountMonth.month))
                for row in self.session.execute(select(*table.__table__.columns).where(
                    table.account_id == self.account.id).order_by(table.basis, day))]

    def forget(self) -> None:
        """As if nothing had been told."""
        posts = select(Post.id).where(Post.account_id == self.account.id)
        self.session.execute(delete(Reading).where(Reading.post_id.in_(posts)))
        for table in (FollowerReading, Post, AccountDay, AccountMonth, Coverage, Dirty):
            self.session.execute(delete(table).where(table.account_id == self.account.id))
        self.session.commit()


@pytest.mark.parametrize("seed", range(12))
def test_rebuilt_equals_incremental_after_any_interleaving(session, seed):
    feed = Feed(session, seed)
    for batch in feed.said(60):
        feed.take(batch)
        if feed.chance.random() < 0.3:
            rollup.run(session)
    rollup.run(session)
    incremental = feed.days()
    rollup.rebuild(session)
    assert feed.days() == incremental and len(incremental) > 4


@pytest.mark.parametrize("seed", range(6))
def test_days_that_become_known_or_unknown_reach_their_month(session, seed):
    feed = Feed(session, seed)
    for batch in feed.said(20):
        feed.take(batch)
        day = date(2026, 2, 20) + timedelta(feed.chance.randrange(40))
        ingest.cover(session, {(feed.account.id, day): feed.chance.choice(("zero", "failed", "collected"))}, None)
        if feed.chance.random() < 0.3:
            rollup.run(session)
    rollup.run(session)
    incremental = feed.days()
    known = set(session.execute(select(Coverage.day).where(Coverage.state.in_(("zero", "collected")))).scalars())
    posted = dict(session.execute(select(AccountDay.day, AccountDay.posts).where(
        AccountDay.basis == "latest", AccountDay.posts > 0)).all())
    months = session.execute(select(AccountMonth)).scalars().all()
    assert {row.month.month for row in months} >= {2, 3} and len(months) == 2 * len({row.month for row in months})
    for row in months:
        every = [row.month + timedelta(n) for n in range(len(row.by_day.split(",")))]
        assert every[-1].month == row.month.month != (every[-1] + timedelta(1)).month
        assert row.by_day.split(",") == [str(posted.get(d, 0)) if d in posted or d in known else "" for d in every]
        held = dict(zip(FIGURES, unpack([row.figures])[0].tolist(), strict=True))
        assert held["known"] == len({*known, *posted} & {*every})
        assert max(held["posts"], 0) == sum(posted.get(d, 0) for d in every)
    rollup.rebuild(session)
    assert feed.days() == incremental


def test_reads_beyond_the_cap_are_known_apart(session):
    feed = Feed(session, 95)
    for number, reads in enumerate((Count(250_001), Count(100_001, AT_LEAST), Count(130_001), Count(90_000))):
        record = feed._post(3 * number, T0 + timedelta(days=5)).model_copy(update={
            "published_at": T0, "position": 1 + number % 2, "counters": {"reads": reads}})
        feed.take(Batch(posts=[record]))
    rollup.run(session)
    row = session.execute(select(AccountDay).where(AccountDay.basis == "latest")).scalar_one()
    assert (row.reads, row.reads_over, row.headline_reads_over) == (570_003, 180_000, 180_000)
    row = session.execute(select(AccountMonth).where(AccountMonth.basis == "latest")).scalar_one()
    held = unpack([row.figures])[0]
    assert [held[AT[name]] for name in ("reads", "reads_over", "headline_reads_over")] == [570_003, 180_000, 180_000]


@pytest.mark.parametrize("seed", range(10))
def test_the_order_in_which_readings_arrive_does_not_matter(session, seed):
    """Counters grow, each answer gives some of them; whatever arrives first, the totals are those of the moments."""
    feed = Feed(session, seed)
    chance, told = feed.chance, []
    for number in range(6):
        pace = {name: chance.randrange(1, 90) for name in COUNTERS}
        for hours in chance.sample(range(72, 24 * 16), 6):
            seen = T0 + timedelta(hours=hours)
            known = {n: Count(pace[n] * hours) for n in COUNTERS if chance.random() < 0.5}
            told.append(Batch(posts=[feed._post(number, seen).model_copy(update={"counters": known})]))
    found = []
    for _ in range(4):
        feed.chance.shuffle(told)
        for batch in told:
            feed.take(batch)
        rollup.run(session)
        found.append(feed.days())
        feed.forget()
    assert found[0] == found[1] == found[2] == found[3] != []


def test_an_export_that_comes_after_the_interface_fills_what_the_interface_does_not_say(session):
    """Reads from the interface to this morning, likes and 在看 from yesterday's export, imported now."""
    feed = Feed(session, 99)
    at = T0 + timedelta(days=5)

    def said(hours: int, **counters: int) -> Batch:
        record = feed._post(1, at + timedelta(hours=hours))
        held = {name: Count(value) for name, value in counters.items()}
        return Batch(posts=[record.model_copy(update={"counters": held})])

    for batch in (said(0, reads=100), said(24, reads=200), said(12, reads=150, likes=9, wows=4), said(48, reads=300)):
        feed.take(batch)
    rollup.run(session)
    row = session.execute(select(AccountDay).where(AccountDay.basis == "latest")).scalar_one()
    assert (row.reads, row.likes, row.wows) == (300, 9, 4)
    lines = session.execute(select(Reading.reads, Reading.likes, Reading.reason).order_by(Reading.observed_at)).all()
    assert lines == [(100, None, ""), (150, 9, ""), (200, None, ""), (200, 9, ""), (300, 9, "")]


def test_a_figure_that_was_only_carried_on_is_said_to_be_corrected(session):
    feed = Feed(session, 98)
    at = T0 + timedelta(days=5)

    def said(hours: int, **counters: int) -> Batch:
        record = feed._post(1, at + timedelta(hours=hours))
        held = {name: Count(value) for name, value in counters.items()}
        return Batch(posts=[record.model_copy(update={"counters": held})])

    for batch in (said(0, reads=100, likes=5), said(24, reads=200), said(12, likes=9), said(13, likes=9)):
        feed.take(batch)
    lines = session.execute(select(Reading.reads, Reading.likes, Reading.reason).order_by(Reading.observed_at)).all()
    assert lines == [(100, 5, ""), (100, 9, ""), (200, 5, ""), (200, 9, "补入较早的读数")]


def test_a_day_s_figures_that_come_late_reach_the_readings_behind_them(session):
    """Followers from the interface this morning, gains and losses of the same day from an export made before."""
    feed, day, at = Feed(session, 97), date(2026, 3, 2), datetime(2026, 3, 3, 1, tzinfo=UTC)

    def said(hours: int, **figures) -> Batch:
        return Batch(followers=[FollowerRecord(day=day, observed_at=at + timedelta(hours=hours), **figures)])

    for batch in (said(0, followers=Count(1000)), said(9, followers=Count(1003)), said(4, new=7, lost=2)):
        feed.take(batch)
    query = select(FollowerReading.followers, FollowerReading.new, FollowerReading.lost, FollowerReading.reason)
    lines = session.execute(query.order_by(FollowerReading.observed_at)).all()
    assert lines == [(1000, None, None, ""), (1000, 7, 2, ""), (1003, None, None, ""), (1003, 7, 2, "")]
    rollup.run(session)
    row = session.execute(select(AccountDay).where(AccountDay.basis == "latest")).scalar_one()
    assert (row.followers, row.followers_new) == (1003, 7)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_the_figures_of_a_day_are_the_same_in_whatever_order_they_come(session, order):
    feed, day, at = Feed(session, 96), date(2026, 3, 2), datetime(2026, 3, 3, 1, tzinfo=UTC)
    told = [
        DailyRecord(day=day, observed_at=at, counters={"plays": Count(10), "likes": Count(1)}),
        DailyRecord(day=day, observed_at=at + timedelta(hours=3), counters={"likes": Count(2), "comments": Count(5)}),
        DailyRecord(day=day, observed_at=at + timedelta(hours=6), posts=4, counters={"plays": Count(12)}),
    ]
    for number in order:
        feed.take(Batch(daily=[told[number]]))
    newest = session.execute(
        select(DailyReading.posts, DailyReading.figures).order_by(DailyReading.observed_at.desc())).first()
    assert newest == (4, {"plays": [12, 0], "likes": [2, 0], "comments": [5, 0]})


def test_the_layout_of_months_is_the_stored_one():
    """Another order or figure makes stored rows unreadable: mark every month in a migration, then change this."""
    assert (len(FIGURES), crc32(",".join(FIGURES).encode())) == (66, 3805544518)
