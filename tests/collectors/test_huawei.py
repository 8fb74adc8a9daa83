"""Huawei AppGallery against a service that plays it: token, export, file on another host."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.http import Http
from collectors.huawei import HUAWEI, parse
from core.faults import Fault
from core.records import Fetched, SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.huawei import Huawei

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
SECRETS = {"client_id": "lab-client", "client_secret": "lab-secret"}
SOURCE = SourceSpec("h", "huawei", "华为", "", "app", True, account=("app", "100200300"))


@pytest.fixture
def huawei(lab) -> Huawei:
    return lab.mount(Huawei(lambda: NOW))


def run(huawei: Huawei, source=SOURCE, *, secrets=SECRETS, tokens=None, act=None, **more) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": 0.5, "deadline": 0.5, **more}) as http:
            desk = MemoryDesk(http, NOW, secrets, tokens={} if tokens is None else tokens)
            spec = replace(source, url=huawei.base)
            return await (act(spec, desk) if act else play(HUAWEI, spec, desk))

    return asyncio.run(work())


def test_a_month_of_downloads(huawei):
    outcome = run(huawei)
    apps = {a.day: a for a in outcome.all("apps")}
    assert outcome.fault is None and outcome.cursor == {} and len(apps) == 30
    assert apps[date(2026, 3, 9)].downloads == 890 and apps[date(2026, 2, 8)].downloads == 919
    assert apps[date(2026, 3, 9)].new_users is None  # downloads are not users


def test_neither_secret_nor_the_file_s_address_is_kept_and_nothing_is_sent_where_it_lies(huawei):
    outcome = run(huawei)
    (kept,) = outcome.answers
    for secret in ("lab-secret", "lab-token", "lab-sign", "lab-only"):
        assert secret not in f"{kept.request}{kept.url}{kept.context}{kept.headers}{kept.body}"
    (file,) = huawei.asked("/file/")
    assert file.headers["host"].startswith("127.0.0.1") and not {"authorization", "client_id"} & set(file.headers)


def test_a_token_is_used_again_and_one_that_ran_out_replaced_once(huawei):
    tokens: dict[str, str] = {}
    run(huawei, tokens=tokens)
    huawei.script("appDownloadExport", "ok", "expired")
    run(huawei, tokens=tokens)
    assert len(huawei.asked("/token")) == 1
    assert run(huawei, tokens=tokens).fault is None and len(huawei.asked("/token")) == 2


def test_a_token_that_is_refused_again_waits_for_a_person(huawei):
    huawei.script("appDownloadExport", "expired", "expired")
    assert run(huawei).fault.kind == "REAUTH"


@pytest.mark.parametrize(("part", "act", "kind", "words"), [
    ("appDownloadExport", "denied", "STOP", "角色和应用 ID"), ("appDownloadExport", "busy", "RETRY", "system busy"),
    ("appDownloadExport", "nameless", "RETRY", "没有给出报表文件的地址"),
    ("appDownloadExport", "malformed", "RETRY", "不是完整的 JSON"), ("appDownloadExport", "html", "RETRY", "网页"),
    ("appDownloadExport", "503 30", "RETRY", "HTTP 503"), ("token", "html", "RETRY", "网页"),
    ("token", "502", "RETRY", "HTTP 502"), ("token", "reset", "RETRY", "连接中断"),
    ("/file/", "gone", "RETRY", "稍后重新生成"), ("/file/", "other", "STOP", "现有列：month、installs"),
    ("/file/", "html", "RETRY", "网页而不是 CSV"), ("/file/", "reset", "RETRY", "报表文件取不到"),
    ("/file/", "stall", "RETRY", "报表文件取不到"), ("/file/", "empty", "RETRY", "是空的"),
    ("/file/", "503 30", "RETRY", "HTTP 503"),
])
def test_every_refusal_is_a_fault_in_words(huawei, part, act, kind, words):
    huawei.script(part, act)
    outcome = run(huawei)
    assert outcome.fault.kind == kind and words in outcome.fault.message
    evidence = outcome.fault.evidence
    assert evidence is None or "lab-sign" not in f"{evidence.request}{evidence.url}{evidence.body}"
    assert run(huawei).fault is None


def test_a_file_inside_the_private_range_is_refused_where_only_the_service_is_allowed(huawei):
    fault = run(huawei, private_hosts="localhost").fault
    assert fault.kind == "STOP" and "内网" in fault.message and not huawei.asked("/file/")


@pytest.mark.parametrize(("secrets", "kind", "words"), [
    ({}, "STOP", "没有填写"), ({"client_id": "lab-client", "client_secret": "x"}, "REAUTH", "请核对客户端 ID 和密钥"),
])
def test_a_wrong_credential_is_said(huawei, secrets, kind, words):
    with pytest.raises(Fault, match=words) as caught:
        run(huawei, secrets=secrets, act=HUAWEI.check)
    assert caught.value.kind == kind and "client_secret" not in caught.value.message


def test_the_connection_test_and_an_app_id_that_can_not_be(huawei):
    assert run(huawei, act=HUAWEI.check) == "连接正常，2026-03-09 下载 890 次"
    assert run(huawei, replace(SOURCE, account=("app", "com.x"))).fault.kind == "STOP"
    assert "角色和应用 ID" in run(huawei, replace(SOURCE, account=("app", "9"))).fault.message


def test_out_of_order_and_twice(huawei):
    huawei.script("/file/", "shuffled")
    outcome = run(huawei)
    assert len({a.day for a in outcome.all("apps")}) == 30 and not outcome.all("rejects")


def file(text: str) -> Fetched:
    return Fetched("file.csv", text.encode("utf-8-sig"), 200, "text/csv", NOW)


def test_a_chinese_report_with_a_sum_a_dash_and_a_bad_line():
    batch = parse(SOURCE, file(
        "日期,展示,总下载量\n2026/03/09,5,\"1,234\"\n2026-03-08,5,-\n2026-03-07,5,很多\n2026-03-06\n合计,10,1234\n"
    ))
    assert [(a.day, a.downloads) for a in batch.apps] == [(date(2026, 3, 9), 1234)]
    assert [r.locator for r in batch.rejects] == ["行[2]", "行[3]"]


def test_a_report_without_lines_says_so():
    assert "没有数据" in parse(SOURCE, file("Date,Total downloads\n")).note
    with pytest.raises(Fault, match="不像按日汇总"):
        parse(SOURCE, file("Date,Total downloads\n" + "20260309,1\n" * 2_001))


def test_yesterday_is_the_last_day_asked_for(huawei):
    run(huawei)
    (export,) = huawei.asked("appDownloadExport")
    assert (export.query["startTime"], export.query["endTime"]) == (
        f"{NOW - timedelta(30):%Y%m%d}", "20260309"
    )
