"""Weibo's standard and commercial interfaces against a service that plays both."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.http import Http
from collectors.weibo import WEIBO, WEIBO_COMMERCIAL, when
from core.faults import Fault
from core.records import SourceSpec, Wanted
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.weibo import Weibo

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
OWN = "1642909335"


@pytest.fixture
def weibo(lab) -> Weibo:
    return lab.mount(Weibo(lambda: NOW))


def run(weibo: Weibo, collector=WEIBO, *, now=NOW, cursor=None, token="lab-token", accounts=(OWN,), due=(),
        answers=None, used=0, act=None) -> Outcome:
    async def work() -> Outcome:
        async with Http(**OPEN) as http:
            desk = MemoryDesk(
                http, now, {"access_token": token}, accounts, cursor or {}, list(due), used={"calls": used}
            )
            bound = ("weibo", OWN) if collector is WEIBO else None
            source = SourceSpec("w", collector.name, "微博", weibo.base, "weibo", bound is not None, account=bound)
            return await (act(source, desk) if act else play(collector, source, desk, answers=answers))

    return asyncio.run(work())


def test_dates_are_read_whatever_the_locale():
    assert when("Sun Nov 27 09:03:15 +0800 2011") == datetime(2011, 11, 27, 1, 3, 15, tzinfo=UTC)
    with pytest.raises(ValueError, match="不是微博的时间"):
        when("刚刚")


def test_a_happy_day_reads_the_list_through(weibo):
    outcome = run(weibo)
    posts = outcome.all("posts")
    assert outcome.fault is None and outcome.cursor == {} and len(posts) == 130
    first = posts[0]
    assert {n: c.value for n, c in first.counters.items()} == {"reposts": 1, "comments": 2, "likes": 3}
    assert (first.title, first.published_at, first.url) == (
        "第0条：区里召开推进会", NOW, f"https://weibo.com/{OWN}/5000000000"
    )
    (followers,) = outcome.all("followers")
    assert (followers.day, followers.followers.value) == (date(2026, 3, 10), 345_678)
    (complete,) = outcome.all("complete")
    assert (complete.since, complete.until) == (NOW - timedelta(days=32), NOW)
    assert all("lab-token" not in a.request for a in outcome.answers)


def test_a_killed_run_goes_on_at_its_page(weibo):
    cut = run(weibo, answers=2)
    rest = run(weibo, cursor=cut.cursor, now=NOW + timedelta(minutes=10))
    assert len({p.external_id for p in (*cut.all("posts"), *rest.all("posts"))}) == 130
    assert len(cut.all("posts")) == 100 and rest.all("complete")[0].seen_from == NOW


def test_out_of_order_and_twice(weibo):
    weibo.script("user_timeline", "shuffled", "shuffled")
    assert len({p.external_id for p in run(weibo).all("posts")}) == 130


def test_a_spent_quota_goes_on_the_next_day(weibo):
    weibo.script("user_timeline", "ok", "quota")
    outcome = run(weibo)
    assert outcome.fault.kind == "QUOTA" and outcome.fault.retry_after is None and len(outcome.answers) == 2
    assert len(run(weibo, cursor=outcome.cursor, now=NOW + timedelta(days=1)).all("posts")) == 30
    assert run(weibo, used=100).fault.kind == "QUOTA"


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("hour", "QUOTA", "下一小时恢复"), ("expired", "REAUTH", "重新授权"), ("unauthorised", "STOP", "请申请"),
    ("busy", "RETRY", "系统繁忙"), ("ip", "STOP", "出口 IP"), ("malformed", "RETRY", "不是完整的 JSON"),
    ("html", "RETRY", "网页而不是 JSON"), ("reset", "RETRY", "连接中断"), ("stall", "RETRY", "没有"),
    ("502", "RETRY", "HTTP 502"), ("429 120", "RETRY", "HTTP 429"),
])
@pytest.mark.parametrize("collector", [WEIBO, WEIBO_COMMERCIAL], ids=lambda c: c.name)
def test_every_refusal_is_a_fault_in_words(weibo, collector, act, kind, words):
    weibo.script("user_timeline", act)
    outcome = run(weibo, collector)
    assert outcome.fault.kind == kind and words in outcome.fault.message and len(outcome.got) == 1
    assert run(weibo, collector, cursor=outcome.cursor).fault is None


def test_the_commercial_interface_reads_all_accounts_and_old_posts_by_id(weibo):
    weibo.post("2000", 41, NOW - timedelta(days=1), "街道的微博<br/>正文", counts=("100万+", 5, 6), repost=True)
    weibo.post("2000", 40, NOW - timedelta(days=20), "旧的")
    due = [Wanted("2000", "40", NOW - timedelta(days=20)), Wanted("2000", "39", NOW - timedelta(days=21))]
    outcome = run(weibo, WEIBO_COMMERCIAL, accounts=(OWN, "2000", "404"), due=due)
    assert outcome.fault is None and outcome.cursor == {}
    posts = {p.external_id: p for p in outcome.all("posts")}
    assert {"40", "41"} <= set(posts) and len(posts) == 65 + 2
    assert (posts["41"].account, posts["41"].original, str(posts["41"].counters["reposts"].mark)) == (
        ("weibo", "2000"), False, "≥"
    )
    assert [(g.external_id, g.account) for g in outcome.all("gone")] == [("39", ("weibo", "2000"))]
    assert {f.account[1] for f in outcome.all("followers")} == {OWN, "2000"}
    assert {c.account[1] for c in outcome.all("complete")} == {OWN, "2000"}
    assert any("404" in b.note for b in outcome.batches)


def test_one_account_that_fails_for_ever_holds_up_no_other(weibo):
    """Neither this round nor the next one."""
    weibo.post("2000", 41, NOW - timedelta(days=1), "街道的微博")
    weibo.post("3000", 51, NOW - timedelta(days=1), "另一街道的微博")
    weibo.jams = {"other.json?uid=2000&": "500"}
    accounts, cursor, faults = (OWN, "2000", "3000"), {}, []
    for number in range(6):
        outcome = run(weibo, WEIBO_COMMERCIAL, accounts=accounts, cursor=cursor)
        posts = {p.external_id for p in outcome.all("posts")}
        assert ("51" in posts, len(posts)) == ((True, 66) if number == 0 else (False, 0))
        cursor = outcome.cursor
        faults.append(outcome.fault.message if outcome.fault else "")
    assert all("有 1 项没有读取" in words for words in faults) and cursor == {}, "the next round reads all again"
    weibo.jams = {}
    assert "41" in {p.external_id for p in run(weibo, WEIBO_COMMERCIAL, accounts=accounts).all("posts")}


def test_accounts_that_fail_one_after_the_other_leave_the_interface_in_peace(weibo):
    accounts = tuple(str(number) for number in range(2000, 2010))
    for uid in accounts:
        weibo.post(uid, int(uid), NOW - timedelta(days=1), "街道的微博")
    weibo.jams = {"user_timeline": "500"}
    outcome = run(weibo, WEIBO_COMMERCIAL, accounts=accounts)
    assert outcome.fault.kind == "RETRY" and len(weibo.asked("user_timeline")) == 3
    weibo.jams, found = {}, set()
    cursor = outcome.cursor
    for _ in range(2):
        outcome = run(weibo, WEIBO_COMMERCIAL, accounts=accounts, cursor=cursor)
        cursor, found = outcome.cursor, found | {p.external_id for p in outcome.all("posts")}
    assert found == set(accounts) and cursor == {}


def test_a_commercial_run_killed_anywhere_loses_nothing(weibo):
    weibo.post("2000", 41, NOW - timedelta(days=1), "街道的微博")
    accounts = (OWN, "2000", "404")
    whole = {p.external_id for p in run(weibo, WEIBO_COMMERCIAL, accounts=accounts).all("posts")}
    for cut_at in range(1, 7):
        cut = run(weibo, WEIBO_COMMERCIAL, accounts=accounts, answers=cut_at)
        rest = run(weibo, WEIBO_COMMERCIAL, accounts=accounts, cursor=cut.cursor) if cut.cursor else Outcome()
        assert {p.external_id for p in (*cut.all("posts"), *rest.all("posts"))} == whole, cut_at


def test_a_post_that_vanishes_is_not_on_the_list_that_was_read_through(weibo):
    weibo.remove(OWN, 5_000_000_000 - 5)
    outcome = run(weibo)
    assert str(5_000_000_000 - 5) not in {p.external_id for p in outcome.all("posts")} and outcome.all("complete")


def test_one_bad_row_is_set_aside(weibo):
    weibo.users[OWN].statuses[3].counts = (-5, 1, 1)
    outcome = run(weibo)
    assert len(outcome.all("posts")) == 129 and outcome.all("rejects")[0].locator == "statuses[3]"


def test_the_connection_test(weibo):
    assert run(weibo, act=WEIBO.check) == "连接正常，“云澜发布”粉丝数 345678"
    assert "345678" in run(weibo, WEIBO_COMMERCIAL, act=WEIBO_COMMERCIAL.check)
    with pytest.raises(Fault, match="重新授权"):
        run(weibo, token="old", act=WEIBO.check)
