"""Routes of a self-hosted RSSHub against a service that plays one."""

import asyncio
import hashlib
from datetime import UTC, datetime

import pytest

from collectors.http import Http
from collectors.rsshub import RSSHUB, address
from core.faults import Fault
from core.records import SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.rsshub import RssHub

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def hub(lab) -> RssHub:
    return lab.mount(RssHub(lambda: NOW))


def spec(url: str, **config: str) -> SourceSpec:
    return SourceSpec("r", "rsshub", "澎湃", url, "news", config={"route": "/thepaper/featured", **config})


def run(source: SourceSpec, key="lab-key", act=None, patience=10.0) -> Outcome | str:
    async def work():
        async with Http(**{**OPEN, "timeout": patience, "deadline": patience}) as http:
            desk = MemoryDesk(http, NOW, {"access_key": key} if key else {})
            return await (act(source, desk) if act else play(RSSHUB, source, desk))

    return asyncio.run(work())


def test_addresses():
    base = "http://hub.cn:1200"
    assert address(spec(base)) == f"{base}/thepaper/featured"
    assert address(spec(f"{base}/", route="weibo/keyword/普陀 区")) == (
        f"{base}/weibo/keyword/%E6%99%AE%E9%99%80%20%E5%8C%BA"
    )
    assert address(spec(base, params="?limit=5&filter_title=本区&key=s3cret&format=json")) == (
        f"{base}/thepaper/featured?limit=5&filter_title=%E6%9C%AC%E5%8C%BA"
    )
    code = hashlib.md5(b"/thepaper/featuredK").hexdigest()
    assert address(spec(base, params="limit=5"), "K") == f"{base}/thepaper/featured?limit=5&code={code}"
    assert address(spec(f"{base}/eastday/24?limit=3", route=""), "K").startswith(f"{base}/eastday/24?limit=3&code=")
    with pytest.raises(Fault, match="没有填写 RSSHub 路由"):
        address(spec(base, route=""))


def test_a_route_is_read_as_a_feed_and_the_key_is_never_kept(hub):
    outcome = run(spec(hub.base))
    assert outcome.fault is None and len(outcome.all("mentions")) == 15
    (answer,) = outcome.answers
    assert "code=***" in answer.request and "lab-key" not in f"{answer.request}{answer.url}{answer.context}"
    assert hub.calls[0].query["code"] not in f"{answer.request}{answer.url}"
    assert [m.external_id for m in run(spec(hub.base, params="filter_title=第3条")).all("mentions")] == ["tp3"]
    hub.key = ""
    assert len(run(spec(hub.base), key="").all("mentions")) == 15


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("denied", "REAUTH", "访问密钥不对"), ("route-empty", "RETRY", "该路由没有取到内容"),
    ("broken", "RETRY", "抓取源站失败"),
    ("html", "RETRY", "返回的是网页"), ("empty", "RETRY", "返回内容为空"), ("reset", "RETRY", "连接中断"),
    ("stall", "RETRY", "没有"), ("cut", "RETRY", "不完整"),
    ("502", "RETRY", "HTTP 502"), ("429 120", "RETRY", "HTTP 429"),
])
def test_every_refusal_is_a_fault_in_words(hub, act, kind, words):
    hub.script("/thepaper", act)
    outcome = run(spec(hub.base), patience=0.5 if act == "stall" else 10.0)
    assert outcome.fault.kind == kind and words in outcome.fault.message and "token=abc" not in outcome.fault.message
    assert run(spec(hub.base)).fault is None


def test_an_unknown_route_and_a_missing_key_are_for_a_person(hub):
    assert run(spec(hub.base, route="/nowhere")).fault.kind == "STOP"
    fault = run(spec(hub.base), key="").fault
    assert (fault.kind, fault.message) == ("REAUTH", "RSSHub 拒绝访问，需要访问密钥，请添加凭据")


def test_the_connection_test_tells_a_broken_route_from_a_service_that_is_down(hub):
    assert run(spec(hub.base), act=RSSHUB.check) == "连接正常，该路由有 15 条，如“澎湃第0条：区里推进旧改”"
    hub.script("/thepaper", "route-empty", "502")
    with pytest.raises(Fault, match="服务运行正常，是这个路由取不到内容"):
        run(spec(hub.base), act=RSSHUB.check)
    hub.down = True
    with pytest.raises(Fault, match="服务本身也没有正常回应"):
        run(spec(hub.base), act=RSSHUB.check)
