"""Hot lists in the newsnow shape."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import hotlist
from collectors.http import Http
from core.counts import MISSING, Count
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SHAPE = Path(__file__).resolve().parents[3] / "shared/data/platform_examples/newsnow/s.shape.json"
WEIBO = SourceSpec(
    key="h", collector="hotlist", name="微博热搜", url="https://lists.example.cn", platform="weibo_hot",
    config={"id": "weibo"},
)


def read(data: object, at: datetime = NOW) -> Batch:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return hotlist.parse(WEIBO, Fetched("x", body, 200, "application/json", at))


def listed(*items: object, **more: object) -> dict:
    return {"status": "success", "id": "weibo", "updatedTime": NOW.timestamp() * 1000, "items": list(items), **more}


def test_items_become_mentions_in_their_order():
    batch = read(listed(
        {"id": "词条", "title": "上海 &amp; <b>暴雨</b>", "url": "https://s.weibo.com/weibo?q=x",
         "extra": {"info": "123万热度", "hover": "<p>说明</p>"}},
        {"id": 123, "title": "数字编号", "mobileUrl": "https://m.cn/1", "pubDate": 1773100800000},
        {"title": "没有编号", "url": "javascript:alert(1)", "extra": {"info": "热", "date": "2026-03-09 20:00"}},
    ))
    first, second, third = batch.mentions
    assert (first.title, first.text, first.rank, first.locator) == ("上海 & 暴雨", "说明", 1, "/items/0")
    assert (first.external_id, first.dated, first.published_at) == ("词条@2026-03-10", False, NOW)
    assert first.heat == Count(1_230_000, 5_000)
    assert (second.external_id, second.url, second.dated) == ("123", "https://m.cn/1", True)
    assert second.published_at == datetime(2026, 3, 10, tzinfo=UTC)
    assert (third.external_id, third.url, third.heat) == ("没有编号", "", MISSING)
    assert third.published_at == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert batch.note == "" and not batch.rejects


def test_a_word_without_a_date_is_another_mention_on_another_shanghai_day():
    item = {"id": "高考", "title": "高考"}
    late = datetime(2026, 3, 10, 15, 59, tzinfo=UTC)
    ids = [read(listed(item), at).mentions[0].external_id for at in (NOW, late, late + timedelta(minutes=1))]
    assert ids == ["高考@2026-03-10", "高考@2026-03-10", "高考@2026-03-11"]


@pytest.mark.parametrize(("info", "heat"), [
    ("343 万热度", Count(3_430_000, 5_000)), ("1,234", Count(1234)), (5678, Count(5678)), (10.0, Count(10)),
    ("100001", Count(100001)), ("新", MISSING), ("", MISSING), (None, MISSING), (False, MISSING), ({}, MISSING),
    ("10万+", Count(100_001, -1)), ("-5", MISSING), (1e300, MISSING),
])
def test_heat(info, heat):
    assert read(listed({"id": 1, "title": "x", "extra": {"info": info}})).mentions[0].heat == heat


def test_bad_items_are_set_aside_and_the_others_kept():
    batch = read(listed(
        "just words", {"id": 1}, {"id": 2, "title": " \x00"}, {"id": 3, "title": "好"}, {"id": 3, "title": "好"},
        {"id": 4, "title": "远", "pubDate": 4102444800000}, {"id": "x" * 900, "title": "长" * 900}, {"title": 5},
    ))
    assert [m.title[:2] for m in batch.mentions] == ["好", "长长"]
    assert (batch.mentions[0].rank, len(batch.mentions[1].title)) == (4, 500)
    assert [(r.locator, r.reason) for r in batch.rejects[:3]] == [
        ("/items/0", "条目不是 JSON 对象"), ("/items/1", "标题为空"), ("/items/2", "标题为空")
    ]
    assert "不可信" in batch.rejects[3].reason


@pytest.mark.parametrize("date", [float("nan"), float("inf"), -1, True, "昨天", [], 10**18, "20260310"])
def test_odd_dates_are_no_dates_or_read(date):
    batch = read(listed({"id": 1, "title": "x", "pubDate": date}))
    assert len(batch.mentions) == 1
    assert batch.mentions[0].dated is (date == "20260310")


@pytest.mark.parametrize(("data", "words"), [
    (b"", "返回内容为空"), (b"{\"status\": \"success\", \"items\": [{", "不是完整的 JSON"),
    (b"<!doctype html><title>Just a moment...</title>", "返回的是网页"), (b"[" * 100_000, "不是完整的 JSON"),
    (b"[]", "缺少 items"), (b"3", "缺少 items"), ({"status": "success"}, "缺少 items"),
    ({"status": "success", "items": {}}, "缺少 items"), ({"status": "error", "items": []}, "失败状态“error”"),
    (b"\xff\xfe\x00", "JSON"), (b'{"items": [], "n": ' + b"9" * 5000 + b"}", "不是完整的 JSON"),
])
def test_what_is_no_list_is_tried_again(data, words):
    with pytest.raises(Fault, match=words) as caught:
        read(data)
    assert caught.value.kind == "RETRY"


def test_an_old_or_empty_list_says_so():
    assert read(listed(updatedTime=(NOW - timedelta(days=1)).timestamp() * 1000)).note == (
        "榜单是空的；榜单停留在 03-09 10:00，之后没有更新"
    )


@pytest.mark.skipif(not SHAPE.exists(), reason="the shared data are not on this machine")
def test_the_documented_shape():
    batch = read(SHAPE.read_bytes(), datetime(2025, 10, 20, 3, tzinfo=UTC))
    assert [(m.external_id, m.rank, m.dated) for m in batch.mentions] == [("a@2025-10-20", 1, False), ("123", 2, True)]


def collect(url: str, **config) -> Batch:
    source = SourceSpec(key="h", collector="hotlist", name="热榜", url=url, config=config)

    async def work() -> Fetched:
        async with Http(private_hosts="localhost", pace_seconds=0, timeout=2, deadline=5) as http:
            return await hotlist.fetch(source, http, NOW)

    return hotlist.parse(source, asyncio.run(work()))


def test_the_address_is_made_of_base_and_name(lab):
    body = json.dumps(listed({"id": 1, "title": "甲"}))
    whole = lab.serve("/api/s?id=a%26b", body, "application/json")
    assert collect(lab.url("/"), id="a&b").mentions[0].title == "甲"
    assert collect(whole, id="ignored").mentions[0].title == "甲"
    assert collect(whole).mentions[0].title == "甲"


def test_a_name_that_the_server_does_not_know_is_for_a_person(lab):
    body = b'{"error":true,"statusCode":500,"message":"Invalid source id"}'
    for status in (500, 200):
        lab.serve("/api/s?id=webo", body, "application/json", status=status)
        with pytest.raises(Fault, match="没有“webo”这个榜单") as caught:
            collect(lab.url(""), id="webo")
        assert caught.value.kind == "STOP"
        assert status == 200 or caught.value.evidence.body == body


def test_any_other_error_of_the_server_is_tried_again(lab):
    with pytest.raises(Fault, match="HTTP 500") as caught:
        collect(lab.url("/status/500"))
    assert caught.value.kind == "RETRY"
