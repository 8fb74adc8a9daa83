"""新榜: what its articles become, what they cost, what its refusals mean."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from collectors.http import Http
from collectors.newrank import NEWRANK
from collectors.providers import article_id
from core.faults import Fault
from core.records import SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.newrank import Newrank

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


@pytest.fixture
def newrank(lab) -> Newrank:
    return lab.mount(Newrank(lambda: NOW))


def run(newrank: Newrank, *, cursor=None, config=None, used=None, key="lab-key", now=NOW, act=None) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": 0.5, "deadline": 0.5}) as http:
            desk = MemoryDesk(http, now, {"key": key}, cursor=cursor or {}, used={} if used is None else used)
            source = SourceSpec("n", "newrank", "新榜", newrank.base, "wechat", True, config or {},
                                account=("wechat", "yunlan"))
            return await (act(source, desk) if act else play(NEWRANK, source, desk))

    return asyncio.run(work())


def test_an_article_with_its_place_its_exactness_and_the_hour_of_its_figures(newrank):
    outcome = run(newrank)
    posts = outcome.all("posts")
    assert outcome.fault is None and outcome.cursor == {} and len(posts) == 45
    first, second = posts[:2]
    assert (first.external_id, first.position, first.original) == ("2650_1", 1, False)
    assert (second.external_id, second.position, second.original) == ("2650_2", 2, True)
    assert (first.counters["reads"].value, first.counters["reads"].mark) == (100_001, "≥")
    assert second.counters["reads"].mark == "" and second.counters["likes"].value == 3
    assert first.observed_at == NOW - timedelta(hours=1) and first.published_at == NOW - timedelta(hours=4)


def test_the_key_is_in_no_capture(newrank):
    for answer in run(newrank).answers:
        assert "lab-key" not in f"{answer.request}{answer.url}{answer.context}{answer.headers}"
    assert newrank.calls[0].headers["key"] == "lab-key"


def test_a_missing_count_is_left_out_and_one_bad_row_is_set_aside(newrank):
    newrank.articles[3].reads, newrank.articles[4].reads = None, "很多"
    outcome = run(newrank)
    assert set(outcome.all("posts")[3].counters) == {"likes"}
    assert [r.locator for r in outcome.all("rejects")] == ["data[4]"] and len(outcome.all("posts")) == 44


def test_every_article_charged_is_counted_and_the_day_s_share_of_the_month_ends_the_round(newrank):
    used: dict[str, int] = {}
    assert run(newrank, used=used).fault is None
    assert used["点数"] == newrank.charged == 90
    share = {"monthly_units": str(31 * 45)}  # 45 units a day: passed by the second page
    used.clear()
    outcome = run(newrank, config=share, used=used)
    assert outcome.fault.kind == "QUOTA" and len(outcome.answers) == 2 and used["点数"] == 80
    rest = run(newrank, config=share, cursor=outcome.cursor, now=NOW + timedelta(days=1))
    ids = {p.external_id for p in (*outcome.all("posts"), *rest.all("posts"))}
    assert rest.fault is None and len(ids) == 45


@pytest.mark.parametrize(("config", "words"), [
    ({"days": "60"}, "每次取最近几天的文章应为 1 到 31"), ({"monthly_units": "很多"}, "每月点数上限应为"),
])
def test_an_option_that_can_not_be_is_said_before_anything_is_asked(newrank, config, words):
    outcome = run(newrank, config=config)
    assert outcome.fault.kind == "STOP" and words in outcome.fault.message and not newrank.calls


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("expired", "REAUTH", "重新填写凭据"), ("quota", "QUOTA", "充值"), ("busy", "RETRY", "稍后重试"),
    ("unknown", "STOP", "申请收录"), ("dumb", "RETRY", "没有说明原因（代码 9999）"),
])
def test_refusals_are_faults_in_words_and_the_run_goes_on(newrank, act, kind, words):
    newrank.script("articles_content", "ok", act)
    outcome = run(newrank)
    assert outcome.fault.kind == kind and words in outcome.fault.message and len(outcome.answers) == 1
    assert len(run(newrank, cursor=outcome.cursor).all("posts")) == 25


def test_a_wrong_key_is_said(newrank):
    with pytest.raises(Fault, match="重新填写凭据") as caught:
        run(newrank, key="x", act=NEWRANK.check)
    assert caught.value.kind == "REAUTH"


def test_out_of_order_and_twice(newrank):
    newrank.script("articles_content", "shuffled", "shuffled")
    assert len({p.external_id for p in run(newrank).all("posts")}) == 45


@pytest.mark.parametrize(("url", "otherwise", "expected"), [
    ("http://mp.weixin.qq.com/s?__biz=MzA=&amp;mid=2650&amp;idx=2&amp;sn=f#rd", "u1", "2650_2"),
    ("https://mp.weixin.qq.com/s/AbCdEf", "u1", "u1"), ("https://mp.weixin.qq.com/s/AbCdEf", "",
                                                       "https://mp.weixin.qq.com/s/AbCdEf"),
    ("http://[bad", "", "http://[bad"),
])
def test_an_article_has_the_id_that_the_official_interface_gives_it(url, otherwise, expected):
    assert article_id(url, otherwise) == expected
