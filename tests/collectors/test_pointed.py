"""The fields of an answer that figures were read from, found by what changing them changes, for each platform."""

import json
from datetime import UTC, date, datetime

import pytest

from collectors import SOURCES
from collectors.bilibili import BILIBILI
from core import evidence, ingest
from core.models import Account, Source
from core.recheck import leaves, pointed
from core.recheck.captured import parsers_of
from tests.collectors import (
    test_bilibili,
    test_douyin,
    test_feed,
    test_gsdata,
    test_kuaishou,
    test_newrank,
    test_wechat,
    test_weibo,
)
from tests.lab.services.gsdata import Gsdata
from tests.lab.services.newrank import Newrank
from tests.lab.services.wechat import WeChat
from tests.lab.services.weibo import Weibo

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
WHAT = {"posts": "reading", "followers": "followers", "daily": "daily", "boards": "board", "mentions": "mention"}


def wechat(lab):
    service = lab.mount(WeChat(lambda: test_wechat.NOW))
    service.publish(date(2026, 3, 5), "100_1", "头条", 1000, 1500, 1800)
    service.publish(date(2026, 3, 5), "100_2", "次条", 300, 400, 450)
    return test_wechat.run(service)


def weibo(lab):
    return test_weibo.run(lab.mount(Weibo(lambda: test_weibo.NOW)))


def gsdata(lab):
    service = lab.mount(Gsdata(lambda: test_gsdata.NOW))
    service.board("week", "20260307_20260301", date(2026, 3, 7), {"yunlan": 700.0, "jiedao": 350.0})
    return test_gsdata.run(service)


def newrank(lab):
    return test_newrank.run(lab.mount(Newrank(lambda: test_newrank.NOW)))


PLATFORMS = {
    "wechat": (wechat, ("wechat", "gh_1")), "weibo": (weibo, ("weibo", test_weibo.OWN)),
    "douyin": (lambda lab: test_douyin.World(lab).run(), ("douyin", "lab-open-id")),
    "kuaishou": (lambda lab: test_kuaishou.World(lab).run(), ("kuaishou", "lab-kuaishou")),
    "bilibili": (lambda lab: test_bilibili.World(lab).run(BILIBILI), ("bilibili", test_bilibili.OWN)),
    "newrank": (newrank, ("wechat", "yunlan")), "gsdata": (gsdata, None),
}


def kept(session, answer, collector: str, account: tuple[str, str] | None, config=None):
    """The answer as a capture of a source of that kind."""
    owner = None
    if account:
        owner = Account(platform=account[0], external_id=account[1], name="云澜发布")
        session.add(owner)
        session.flush()
    source = Source(key=f"{collector}:1", name="测试源", collector=collector, url="https://example.invalid/",
                    platform=account[0] if account else "wechat", account_id=owner.id if owner else None,
                    period_seconds=60, config=config or {})
    session.add(source)
    session.flush()

    def keep(one):
        run = ingest.begin(session, "collect", source=source, at=one.fetched_at)
        return evidence.keep(session, one.body, request=one.request, fetched_at=one.fetched_at, status=one.status,
                             media_type=one.media_type, run=run, source_id=source.id,
                             meta={"context": dict(one.context)})

    return [keep(one) for one in answer]


@pytest.mark.parametrize("name", list(PLATFORMS))
def test_each_counter_is_found_in_its_answer(lab, session, name):
    play, account = PLATFORMS[name]
    outcome = play(lab)
    config = {"group_id": "117379"} if name == "gsdata" else {}
    captures = kept(session, outcome.answers, name, account, config)
    parsers, seen = parsers_of(SOURCES), 0
    for capture, answer, batch in zip(captures, outcome.answers, outcome.batches, strict=True):
        for part, what in WHAT.items():
            records = getattr(batch, part)
            for record in {id(one): one for one in (*records[:1], *records[-1:])}.values():
                found = pointed.point(session, capture.id, record.locator, what, record.observed_at, parsers,
                                      getattr(record, "external_id", ""))
                assert not found.problem and found.proven, found
                places = {one.code: one.places for one in found.fields}
                tree = json.loads(answer.body)
                for code, figure in _numbers(record).items():
                    assert places[code], f"{part} {record.locator}: {code} {figure} is not found"
                    values = [leaves.at(tree, leaves.resolve(tree, place)) for place in places[code]]
                    # What the platform doesn't say as a number is counted: of rows that have a day, say.
                    assert str(figure) in map(str, values) or code == "posts" or sum(values) == figure, (figure, values)
                    seen += 1
                if _numbers(record):
                    assert any(line.mark for line in found.lines)
    assert seen > 5


def _numbers(record) -> dict:
    """The counts of a record."""
    named = {code: count.value for code, count in getattr(record, "counters", {}).items()}
    for name in ("followers", "new", "lost", "value", "place", "posts"):
        value = getattr(record, name, None)
        value = getattr(value, "value", value)
        if value is not None:
            named[name] = value
    return named


def test_words_of_a_feed_are_found_in_its_markup(session):
    body = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>云澜</title>
<item><title>区里召开推进会</title><link>https://example.invalid/1</link><guid>1</guid>
<pubDate>Mon, 09 Mar 2026 08:00:00 +0800</pubDate><description>通稿</description></item>
<item><title>道路 &amp; 管网改造</title><link>https://example.invalid/2</link><guid>2</guid>
<pubDate>Mon, 09 Mar 2026 09:30:00 +0800</pubDate><description>区里召开推进会之后</description></item>
</channel></rss>""".encode()
    answer = test_feed.Fetched("GET https://example.invalid/feed", body, 200, "application/rss+xml", NOW)
    (capture,) = kept(session, [answer], "feed", None)
    parsers = parsers_of(SOURCES)
    spec = test_feed.SourceSpec("f", "feed", "测试源", "https://example.invalid/", "wechat")
    record = SOURCES["feed"].parse(spec, answer).mentions[1]
    found = pointed.point(session, capture.id, record.locator, "mention", None, parsers, record.external_id)
    assert found.proven and {one.code: one.places for one in found.fields} == {
        "title": ("第 4 行",), "url": ("第 4 行",), "published_at": ("第 5 行",), "text": ("第 5 行",)}
    assert ("道路 &amp; 管网改造", "标题") in [(line.text, line.mark) for line in found.lines]


def test_an_answer_that_is_lost_or_is_read_no_more_says_so(session):
    body = json.dumps({"list": [], "is_delay": False}).encode()
    answer = test_feed.Fetched("GET https://example.invalid/x", body, 200, "application/json", NOW)
    (capture,) = kept(session, [answer], "wechat", ("wechat", "gh_1"))

    def problem(parsers) -> str:
        return pointed.point(session, capture.id, "list[0]", "reading", None, parsers).problem

    assert "不能重新解析" in problem({}) and "样式与现在的解析程序不符" in problem(parsers_of(SOURCES))
    evidence.path_of(capture.sha256).unlink()
    assert "读不出来" in problem({})
