"""The raw figures of a period: from months and days together what the days alone say."""

import random
from collections import defaultdict
from dataclasses import fields
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import select

from core import clock, rollup
from core.metrics.indices import Inputs
from core.models import Account, AccountDay, Coverage, FollowerReading, Post, Reading
from core.query import boards, measured
from core.query.scope import Filter

FIRST, LAST = date(2025, 11, 1), date(2026, 4, 12)
COUNTERS = ("reads", "likes", "comments")


@pytest.fixture
def scattered(session) -> list[int]:
    """Seven accounts with posts, readings, followers and coverage here and there over half a year."""
    chance, ids = random.Random(7), []
    days = clock.days(FIRST, LAST)
    for number in range(7):
        account = Account(platform="wechat", external_id=f"gh_{number}", name=f"号{number}")
        session.add(account)
        session.flush()
        ids.append(account.id)
        for day in chance.sample(days, 12 * number):
            at = clock.instant(day, 9)
            post = Post(account_id=account.id, external_id=f"{day}-{number}", published_at=at, day=day, title="题",
                        position=chance.choice((1, 2)), push_id=str(day), first_seen_at=at, last_seen_at=at)
            session.add(post)
            session.flush()
            seen = at + timedelta(days=chance.randrange(1, 20))
            values = {n: chance.choice((None, chance.randrange(200_000))) for n in COUNTERS}
            session.add(Reading(post_id=post.id, observed_at=seen, day=clock.day_of(seen), **values))
        for day in chance.sample(days, 6 * number):
            session.add(FollowerReading(account_id=account.id, day=day, observed_at=clock.instant(day, 23),
                                        followers=chance.randrange(5000),
                                        followers_slack=chance.choice((0, 0, 50, -1))))
        for day in chance.sample(days, 9 * number):
            session.add(Coverage(account_id=account.id, day=day, state=chance.choice(("collected", "zero", "failed"))))
    session.commit()
    rollup.rebuild(session)
    return ids


def plainly(session, account: int, first: date, last: date, basis: str) -> dict:
    """The same from the days alone, one after the other."""
    rows = session.execute(select(AccountDay).where(
        AccountDay.account_id == account, AccountDay.day.between(first - timedelta(31), last)
    ).order_by(AccountDay.day)).scalars().all()
    inside = [row for row in rows if row.day >= first]
    mine = [row for row in inside if row.basis == basis]
    known = set(session.execute(select(Coverage.day).where(
        Coverage.account_id == account, Coverage.state.in_(("collected", "zero")), Coverage.day.between(first, last)
    )).scalars()) | {row.day for row in inside if row.posts}
    out: dict = defaultdict(lambda: -1) | {"covered": len(known)}
    for name in measured.columns(COUNTERS):
        values = [v for row in mine if (v := getattr(row, name)) is not None]
        out[name] = -1 if not values else max(values) if name.endswith("_max") else sum(values)
    out["posts"] = max(out["posts"], 0) if known else -1
    levels = [row for row in rows if row.basis == "latest" and row.followers is not None]
    ends = [row for row in levels if row.day >= first]
    out["followers"], out["slack"] = (ends[-1].followers, ends[-1].followers_slack) if ends else (-1, 0)
    since = [row for row in levels if row.day < first][-1:] or ends[:1]
    out["gain"], out["gain_slack"] = None, 0
    if ends and since[0] is not ends[-1]:
        out["gain"] = ends[-1].followers - since[0].followers
        both = (ends[-1].followers_slack, since[0].followers_slack)
        out["gain_slack"] = -1 if min(both) < 0 else sum(both)
    return out


def periods() -> list[tuple[date, date]]:
    chance = random.Random(3)
    some = [sorted(chance.sample(clock.days(FIRST, LAST), 2)) for _ in range(25)]
    return [(date(2026, 2, 1), date(2026, 2, 28)), (date(2025, 12, 1), date(2026, 2, 28)),
            (date(2026, 1, 15), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 3, 9)),
            (date(2026, 3, 3), date(2026, 3, 3)), (date(2026, 1, 30), date(2026, 2, 2)), *map(tuple, some)]


@pytest.mark.parametrize("basis", ["latest", "d7"])
def test_months_and_days_together_say_what_the_days_say(session, scattered, basis):
    accounts = measured.Accounts(session, select(Account.id), basis)
    for first, last in periods():
        rows = measured.measure(accounts, first, last, COUNTERS)
        brief = measured.measure(accounts, first, last, COUNTERS, needed=("reads", "followers_gain"))
        assert rows.ids.tolist() == scattered
        for i, account in enumerate(scattered):
            expected = plainly(session, account, first, last, basis)
            said = {name: int(rows.sums[name][i]) for name in rows.sums}
            assert said == {name: expected[name] for name in said}, (first, last, account)
            assert (rows.covered[i], rows.followers[i], rows.followers_slack[i], rows.gain_slack[i]) == (
                expected["covered"], expected["followers"], expected["slack"], expected["gain_slack"])
            gain = rows.followers_gain[i]
            assert (None if np.isnan(gain) else gain) == expected["gain"]
            assert (brief.sums["reads"][i], brief.sums["posts"][i]) == (expected["reads"], expected["posts"])


def test_sparklines_say_what_is_known_of_each_day(session, scattered):
    for first, last in periods():
        lines = measured.sparks(session, scattered, first, last)
        shown = clock.days(max(first, last - timedelta(30)), last)
        for account in scattered:
            known = dict(session.execute(select(Coverage.day, 0).where(
                Coverage.account_id == account, Coverage.state.in_(("collected", "zero")))).all())
            known |= dict(session.execute(select(AccountDay.day, AccountDay.posts).where(
                AccountDay.account_id == account, AccountDay.basis == "latest", AccountDay.posts > 0)).all())
            assert lines[account] == [known.get(day) for day in shown]


@pytest.mark.parametrize("first, last, expected", [
    (date(2026, 2, 1), date(2026, 2, 28), [True]), (date(2026, 1, 2), date(2026, 1, 31), [False]),
    (date(2026, 1, 31), date(2026, 3, 1), [False, True, False]), (date(2026, 1, 1), date(2026, 2, 3), [True, False]),
    (date(2026, 1, 30), date(2026, 2, 2), [False]), (date(2025, 12, 31), date(2026, 1, 31), [False, True]),
])
def test_pieces_follow_each_other_without_a_gap(first, last, expected):
    made = list(measured.pieces(first, last))
    assert [months for months, _, _ in made] == expected and (made[0][1], made[-1][2]) == (first, last)
    assert all(b[1] - a[2] == timedelta(1) for a, b in pairwise(made))


def test_reads_beyond_10万_enter_an_index_as_100001_and_are_shown_as_they_are(session):
    """The same account with its true reads (a back-office export) and with what the public page says."""
    day = date(2026, 2, 3)
    for name, reads, slack in (("真实数", 312_345, 0), ("公开数", 100_001, -1)):
        account = Account(platform="wechat", external_id=name, name=name)
        session.add(account)
        session.flush()
        at = clock.instant(day, 9)
        for place, value, off in ((1, reads, slack), (2, 5000, 0)):
            post = Post(account_id=account.id, external_id=f"{name}{place}", published_at=at, day=day, title="题",
                        position=place, push_id="一", first_seen_at=at, last_seen_at=at)
            session.add(post)
            session.flush()
            session.add(Reading(post_id=post.id, observed_at=at, day=day, reads=value, reads_slack=off, likes=7,
                                wows=3))
    session.commit()
    rollup.rebuild(session)
    for where in (Filter(date(2026, 2, 1), date(2026, 2, 28)), Filter(day, day)):
        frame = boards.ranking(session, where, "wechat").set_index("name")
        assert frame["score"].nunique() == 1 and list(frame["rank"]) == [1, 1]
        assert dict(frame["reads"]) == {"真实数": 317_345, "公开数": 105_001}
        assert dict(frame["reads_max"]) == {"真实数": 312_345, "公开数": 100_001}
        assert "指数按10万+计，未计入超出的212,344次阅读" in frame.loc["真实数", "note"]
        by_reads = boards.ranking(session, where, "wechat", order="reads").set_index("name")
        assert by_reads.loc["真实数", "rank"] == 1


def test_an_account_has_everything_that_an_index_can_take(session, scattered):
    rows = measured.measure(measured.Accounts(session, select(Account.id), "latest"), *periods()[0], COUNTERS)
    assert set(rows.inputs(None)) == {field.name for field in fields(Inputs)} - {"days"}


@pytest.mark.parametrize("first, last", [(date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 2, 3), date(2026, 2, 9))])
def test_an_account_that_is_added_meanwhile_disturbs_no_other(session, scattered, first, last):
    before = measured.measure(measured.Accounts(session, select(Account.id), "latest"), first, last, COUNTERS)
    accounts = measured.Accounts(session, select(Account.id), "latest")
    accounts.id_, accounts.owners = accounts.id_[:-2], accounts.owners[:-2]  # as if the last two had come just now
    rows = measured.measure(accounts, first, last, COUNTERS)
    assert rows.ids.tolist() == scattered[:-2]
    assert all(rows.sums[name].tolist() == before.sums[name][:-2].tolist() for name in rows.sums)
