"""Parsing in a process of its own: what a parser says of an answer it can't read comes back whole."""

import sys
from datetime import UTC, datetime
from types import ModuleType

import pytest

from collectors import SOURCES
from core import kitchen
from core.faults import Fault
from core.records import Fetched, SourceSpec

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
PAGE = "<!doctype html><html><head><title>百度安全验证</title></head><body>请完成验证</body></html>".encode()
FEED = "<rss version='2.0'><channel><item><title>一条</title><link>https://a.cn/1</link></item></channel></rss>".encode()


def test_a_fault_keeps_its_kind_and_words_and_harms_no_other(monkeypatch):
    # A room opened by a test before leaves its script behind as the main module, which a new process would run.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    spec = SourceSpec(key="x", collector="feed", name="x", url="https://a.cn/x", platform="feed")
    refused, read = (Fetched(request="GET https://a.cn/x", fetched_at=NOW, body=body, status=200, media_type="text/xml")
                     for body in (PAGE, FEED))
    with kitchen.opened(1) as cooks:
        wrong = cooks.submit(SOURCES["feed"].parse, spec, refused)
        right = cooks.submit(SOURCES["feed"].parse, spec, read)
        with pytest.raises(Fault, match="返回的是网页而不是") as told:
            wrong.result()
        assert len(right.result().mentions) == 1
    with pytest.raises(Fault) as direct:
        SOURCES["feed"].parse(spec, refused)
    for name in ("kind", "message", "retry_after", "evidence"):
        assert getattr(told.value, name) == getattr(direct.value, name), name
