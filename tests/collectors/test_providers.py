"""Umeng, the App Store and 清博: figures of APPs and articles, against services that check every signature."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.apple import APPLE
from collectors.gsdata import GSDATA, token
from collectors.http import Http
from collectors.newrank import NEWRANK
from collectors.umeng import UMENG, signature
from core.faults import Fault
from core.records import SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.apple import Apple
from tests.lab.services.gsdata import Gsdata
from tests.lab.services.newrank import Newrank
from tests.lab.services.umeng import Umeng

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
CASES = {
    "umeng": (UMENG, Umeng, {"api_key": "1234567", "api_security": "testsecret"}, ("app", "abc")),
    "apple": (APPLE, Apple, {}, ("app", "1234567890")),
    "gsdata": (GSDATA, Gsdata, {"app_key": "appkey", "app_secret": "appsecret"}, ("wechat", "yunlan")),
    "newrank": (NEWRANK, Newrank, {"key": "lab-key"}, ("wechat", "yunlan")),
}


@pytest.fixture
def service(lab):
    return lambda name: lab.mount(CASES[name][1](lambda: NOW))


def run(service, name, *, cursor=None, secrets=None, account=None, answers=None, act=None) -> Outcome:
    collector, _, known, bound = CASES[name]

    async def work() -> Outcome:
        async with Http(**OPEN) as http:
            desk = MemoryDesk(http, NOW, known if secrets is None else secrets, cursor=cursor or {})
            source = SourceSpec(name, name, name, service.base, bound[0], True, account=account or bound)
            return await (act(source, desk) if act else play(collector, source, desk, answers=answers))

    return asyncio.run(work())


@pytest.mark.parametrize(("api", "params", "expected"), [
    ("umeng.uapp.getDailyData", {"appkey": "abc", "date": "2026-10-20"}, "E2B8453D80B0AAFA58F56AF961F49E158812B801"),
    ("umeng.uapp.getAppList", {"page": "1", "perPage": "100"}, "5C556FF4487165CD4904C9ABE648CD63BC3DFD21"),
])
def test_the_signature_of_umeng(api, params, expected):
    assert signature(api, "1234567", "testsecret", params) == expected


def test_the_token_of_gsdata():
    params = {"keywords": "徐汇", "limit": "20", "page": "1"}
    assert token("appkey", "appsecret", "/weixin/article/search1", params) == (
        "YXBwa2V5OjJkMTMxYmFiZWExMmU2ZTg4NDllMjFiYjJlN2Q0YTE0Oi93ZWl4aW4vYXJ0aWNsZS9zZWFyY2gx"
    )


def test_a_week_of_an_app(service):
    outcome = run(service("umeng"), "umeng")
    apps = outcome.all("apps")
    assert outcome.fault is None and outcome.cursor == {} and len(apps) == 7
    assert (apps[0].day, apps[0].active_users, apps[0].new_users, apps[0].total_users, apps[0].launches) == (
        date(2026, 3, 9), 1200, 35, 90_000, 4000
    )
    assert all("1234567" not in a.request and "1234567" not in a.url for a in outcome.answers)


def test_rating_and_reviews(service):
    outcome = run(service("apple"), "apple")
    assert outcome.fault is None and outcome.cursor == {}
    assert [a.rating for a in outcome.all("apps")] == [4.6]
    reviews = outcome.all("mentions")
    assert len(reviews) == 70 and reviews[4].title == "【5星】第4条"
    assert reviews[4].published_at == NOW - timedelta(hours=4) and not reviews[4].author


@pytest.mark.parametrize("count", [0, 1], ids=["none", "one object"])
def test_a_feed_of_no_or_one_review(service, count):
    apple = service("apple")
    apple.reviews = apple.reviews[:count]
    outcome = run(apple, "apple")
    assert outcome.fault is None and len(outcome.all("mentions")) == count


def test_an_app_that_the_store_does_not_have(service):
    assert run(service("apple"), "apple", account=("app", "1")).fault.kind == "GONE"
    assert run(service("apple"), "apple", account=("app", "com.x")).fault.kind == "STOP"


def test_articles_and_the_board(service):
    outcome = run(service("gsdata"), "gsdata")
    posts = outcome.all("posts")
    assert outcome.fault is None and len(posts) == 45 and outcome.cursor == {}
    assert (posts[0].counters["reads"].value, posts[0].counters["reads"].mark) == (100_001, "≥")
    assert set(posts[1].counters) == {"reads", "likes", "reposts"} and posts[1].published_at == NOW - timedelta(hours=4)
    (line,) = outcome.all("boards")
    assert (line.day, line.value, line.place, line.figures["readnum_all"]) == (date(2026, 3, 9), 612.34, 1, 12_000)


def test_a_search_finds_accounts(service):
    gsdata = service("gsdata")
    found = run(gsdata, "gsdata", act=lambda source, desk: GSDATA.search(source, desk, "云澜"))
    assert [(f.platform, f.external_id, f.name, f.intro) for f in found] == [
        ("wechat", "yunlan", "云澜发布", "区政府新闻办"), ("weibo", "2000", "云澜发布", "官方微博"),
        ("douyin", "dy1", "云澜发布", ""),
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_kill_after_any_answer_loses_nothing(service, name):
    played = service(name)

    def facts(outcome: Outcome) -> set:
        parts = ("posts", "mentions", "apps", "boards")
        return {(part, getattr(r, "external_id", None) or str(r.day)) for part in parts for r in outcome.all(part)}

    whole = facts(run(played, name))
    for answers in (1, 2, 3):
        cut = run(played, name, answers=answers)
        rest = run(played, name, cursor=cut.cursor) if cut.cursor else Outcome()
        assert facts(cut) | facts(rest) == whole


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("act", "words"), [
    ("malformed", "不是完整的 JSON"), ("html", "网页而不是 JSON"), ("reset", "连接中断"), ("stall", "没有"),
    ("503 30", "HTTP 503"), ("empty", "内容为空"),
])
def test_faults_of_the_way_are_retried_and_the_run_goes_on(service, name, act, words):
    played = service(name)
    played.script("", "ok", act)
    outcome = run(played, name)
    assert outcome.fault.kind == "RETRY" and words in outcome.fault.message
    assert len(outcome.got) == (6 if name == "umeng" and act != "503 30" else 1), "one day that fails is passed over"
    assert run(played, name, cursor=outcome.cursor).fault is None


def test_an_account_that_is_on_no_board_has_its_articles_all_the_same(service):
    gsdata = service("gsdata")
    gsdata.jams, cursor, faults = {"/rank/": "500"}, {}, []
    for _ in range(6):
        outcome = run(gsdata, "gsdata", cursor=cursor)
        cursor = outcome.cursor
        faults.append(outcome.fault.kind if outcome.fault else "")
        assert bool(outcome.all("posts")) == (len(faults) == 1), "articles are read, and paid for, once"
    assert faults == ["RETRY"] * 5 + [""] and cursor == {}


@pytest.mark.parametrize(("name", "secrets", "words"), [
    ("umeng", {"api_key": "1234567", "api_security": "x"}, "请核对凭据"), ("umeng", {}, "没有填写"),
    ("gsdata", {"app_key": "appkey", "app_secret": "x"}, "请核对凭据"), ("gsdata", {}, "没有填写"),
    ("newrank", {}, "没有填写"),
])
def test_a_wrong_credential_is_said(service, name, secrets, words):
    with pytest.raises(Fault, match=words) as caught:
        run(service(name), name, secrets=secrets, act=CASES[name][0].check)
    assert caught.value.kind == "STOP"


@pytest.mark.parametrize(("name", "words"), [
    ("umeng", "2026-03-09 活跃用户 1,200"), ("apple", "“云澜随申办”评分 4.6"), ("gsdata", "查到 1 个账号"),
    ("newrank", "查到 1 个公众号"),
])
def test_connection_tests(service, name, words):
    assert words in run(service(name), name, act=CASES[name][0].check)


def test_a_provider_that_is_busy_is_asked_later_and_one_whose_contract_ended_waits_for_a_person(service):
    gsdata = service("gsdata")
    gsdata.script("search1", "busy", "expired")
    assert run(gsdata, "gsdata").fault.kind == "RETRY"
    assert run(gsdata, "gsdata").fault.kind == "STOP"
