"""WeChat's statistics through the collector, against a service that checks what is asked."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.http import Http
from collectors.wechat import WECHAT, steps
from core.faults import Fault
from core.records import SourceSpec, Wanted
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.wechat import WeChat, comment

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
YESTERDAY = date(2026, 3, 9)
SECRETS = {"appid": "wx1234567890abcdef", "secret": "lab-secret"}


@pytest.fixture
def wechat(lab) -> WeChat:
    return lab.mount(WeChat(lambda: NOW))


def run(wechat: WeChat, *, now=NOW, cursor=None, secrets=SECRETS, answers=None, act: Callable | None = None, due=(),
        **config) -> Outcome:
    async def work() -> Outcome:
        async with Http(**OPEN) as http:
            desk = MemoryDesk(http, now, secrets, cursor=cursor or {}, due=list(due))
            source = SourceSpec("w", "wechat", "健康云澜", wechat.base, "wechat", True, config,
                                account=("wechat", "gh_1"))
            return await (act(source, desk) if act else play(WECHAT, source, desk, answers=answers))

    return asyncio.run(work())


def test_a_happy_day(wechat):
    wechat.publish(date(2026, 3, 5), "100_1", "头条", 1000, 1500, 1800)
    wechat.publish(date(2026, 3, 5), "100_2", "次条", 300, 400, 450)
    outcome = run(wechat)
    assert outcome.fault is None and outcome.cursor == {} and wechat.tokens == 1
    assert len(outcome.answers) == 35 and not outcome.all("rejects")
    posts = [p for p in outcome.all("posts") if p.external_id == "100_1"]
    assert [(p.as_of, p.counters["readers"].value) for p in posts] == [
        (date(2026, 3, 5), 1000), (date(2026, 3, 6), 1500), (date(2026, 3, 7), 1800)
    ]
    first = posts[0]
    assert (first.title, first.position, first.push_id, first.timed) == ("头条", 1, "100", False)
    assert {n: c.value for n, c in first.counters.items()} == {
        "readers": 1000, "sharers": 100, "likes": 66, "wows": 50, "comments": 10, "favourites": 20
    }
    followers = {(f.day, f.followers.value, f.new, f.lost) for f in outcome.all("followers")}
    assert {(YESTERDAY, 10_000, None, None), (YESTERDAY, None, 15, 5)} <= followers
    daily = {d.day: (d.posts, d.counters["readers"].value) for d in outcome.all("daily")}
    assert daily[date(2026, 3, 5)] == (2, 1300) and len(daily) == 7
    zero = {day for batch in outcome.batches for (_, day), state in batch.covered.items() if state == "zero"}
    assert date(2026, 3, 4) in zero and date(2026, 3, 5) not in zero and YESTERDAY not in zero
    assert all("lab-secret" not in a.request and "token-1" not in a.request for a in outcome.answers)


def test_before_eight_nothing_is_asked(wechat):
    outcome = run(wechat, now=NOW - timedelta(hours=2))
    assert outcome.fault.kind == "NOTREADY" and outcome.fault.retry_after == 70 * 60 and not wechat.calls


def test_a_token_that_runs_out_in_mid_run_is_made_anew_once(wechat):
    wechat.script("getarticletotaldetail", "ok", "ok", "expired")
    outcome = run(wechat)
    assert outcome.fault is None and len(outcome.answers) == 35 and wechat.tokens == 2


def test_a_token_that_is_never_accepted_is_a_matter_for_a_person(wechat):
    wechat.script("getbizsummary", "expired", "expired")
    assert (run(wechat).fault.kind, wechat.tokens) == ("REAUTH", 2)


def test_a_spent_quota_leaves_the_rest_for_the_next_day(wechat):
    wechat.script("getarticletotaldetail", *["ok"] * 10, "quota")
    outcome = run(wechat)
    assert outcome.fault.kind == "QUOTA" and len(outcome.answers) == 15
    wechat.calls.clear()
    again = run(wechat, cursor=outcome.cursor)
    assert again.fault is None and len(again.answers) == 20 and again.cursor == {}
    wechat.now = lambda: NOW + timedelta(days=1)
    assert len(run(wechat, cursor=outcome.cursor, now=NOW + timedelta(days=1)).answers) == 35


def test_what_is_delayed_is_asked_again_and_only_that(wechat):
    wechat.delayed = {YESTERDAY}
    outcome = run(wechat)
    assert outcome.fault.kind == "NOTREADY"
    pending = {day for b in outcome.batches for (_, day), state in b.covered.items() if state == "pending"}
    assert pending == {YESTERDAY}
    wechat.delayed = set()
    again = run(wechat, cursor=outcome.cursor)
    calls = [a.context["call"] for a in again.answers]
    assert again.fault is None and again.cursor == {} and "getarticletotaldetail" in calls and len(calls) <= 6


def test_followers_of_yesterday_that_are_not_there_yet(wechat):
    del wechat.followers[YESTERDAY]
    outcome = run(wechat)
    assert outcome.fault.kind == "NOTREADY" and len(outcome.cursor["todo"]) == 2


def test_a_kill_after_any_answer_loses_nothing(wechat):
    whole = {(a.context["call"], a.context["first"]) for a in run(wechat).answers}
    cut = run(wechat, answers=7)
    rest = run(wechat, cursor=cut.cursor)
    seen = [(a.context["call"], a.context["first"]) for a in (*cut.answers, *rest.answers)]
    assert set(seen) == whole and len(seen) == len(whole)


def test_rows_out_of_order_and_twice(wechat):
    wechat.publish(date(2026, 3, 5), "100_1", "头条", 1000)
    wechat.publish(date(2026, 3, 5), "100_2", "次条", 300)
    wechat.script("getarticletotaldetail", *["reversed"] * 30)
    ids = [p.external_id for p in run(wechat).all("posts")]
    assert set(ids) == {"100_1", "100_2", "2247490098_1"}


def test_a_counter_that_falls_is_what_it_is(wechat):
    wechat.publish(date(2026, 3, 5), "100_1", "头条", 1000, 900)
    values = [p.counters["readers"].value for p in run(wechat).all("posts") if p.external_id == "100_1"]
    assert values == [1000, 900]


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("ip", "STOP", "把 203.0.113.9 加入 IP 白名单"),
    ("busy", "RETRY", "错误码 -1"),
    ("minute", "RETRY", "下一分钟再试"),
    ("unauthorised", "STOP", "须为已认证的公众号"),
    ("malformed", "RETRY", "不是完整的 JSON"),
    ("html", "RETRY", "网页而不是 JSON"),
    ("empty", "RETRY", "返回内容为空"),
    ("reset", "RETRY", "连接中断"),
    ("stall", "RETRY", "没有"),
    ("502", "RETRY", "HTTP 502"),
])
def test_every_refusal_is_a_fault_in_words_and_what_came_before_stays(wechat, act, kind, words):
    wechat.script("getarticleread", act)
    outcome = run(wechat)
    assert outcome.fault.kind == kind and words in outcome.fault.message
    if kind == "RETRY" and act != "minute":
        assert len(outcome.got) == 34 and outcome.cursor["todo"] == [3], "the one call is passed over"
    else:
        assert len(outcome.answers) == 3 and len(outcome.cursor["todo"]) == 32


@pytest.mark.parametrize(("secrets", "words"), [
    ({}, "没有填写"), (SECRETS | {"appid": "wx0"}, "AppID 不正确"), (SECRETS | {"secret": "x"}, "AppSecret 不正确"),
])
def test_a_wrong_credential_is_said_precisely(wechat, secrets, words):
    with pytest.raises(Fault, match=words) as caught:
        run(wechat, secrets=secrets, act=WECHAT.check)
    assert caught.value.kind == "STOP"


def test_the_connection_test_says_what_it_saw(wechat):
    assert run(wechat, act=WECHAT.check) == "连接正常，2026-03-09 粉丝数 10,000"
    wechat.script("stable_token", "ip")
    wechat.valid = ""
    with pytest.raises(Fault, match=r"203\.0\.113\.9"):
        run(wechat, act=WECHAT.check)


def test_one_bad_row_is_set_aside(wechat):
    wechat.articles[YESTERDAY]["bad_1"] = {"title": "坏", "days": {YESTERDAY: "many"}}
    wechat._figures = lambda read: {"read_user": read}
    wechat._getarticleread = wechat._getarticleshare = lambda day: []
    outcome = run(wechat)
    (reject,) = outcome.all("rejects")
    assert "list[1]" in reject.locator and outcome.fault is None
    assert [p.external_id for p in outcome.all("posts")] == ["2247490098_1"]


def test_comments_come_page_by_page_where_they_are_wanted(wechat):
    wechat.comments["100_2"] = [comment(n, f"第{n}条留言", NOW) for n in range(60)]
    due = [Wanted("gh_1", "100_2", NOW, "http://mp.weixin.qq.com/s"), Wanted("gh_1", "404_1", NOW)]
    outcome = run(wechat, due=due, comments="1")
    assert outcome.fault is None
    assert sorted({m.external_id for m in outcome.all("mentions")}) == sorted(f"100_2#{n}" for n in range(60))


def test_nothing_older_than_the_interface_is_asked():
    assert {call for call, first, _ in steps(date(2025, 11, 3), False) if first < date(2025, 11, 1)} == set()
