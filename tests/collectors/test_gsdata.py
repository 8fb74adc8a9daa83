"""清博's own boards, and its other platforms."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from collectors.gsdata import GSDATA, periods
from collectors.http import Http
from core.faults import Fault
from core.records import SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.gsdata import Gsdata

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
SECRETS = {"app_key": "appkey", "app_secret": "appsecret"}
BOARDS = SourceSpec("g", "gsdata", "自有榜单", "", "wechat", config={"group_id": "117379"})


@pytest.fixture
def gsdata(lab) -> Gsdata:
    return lab.mount(Gsdata(lambda: NOW))


def run(gsdata: Gsdata, source=BOARDS, *, cursor=None, answers=None, act=None) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": 0.5, "deadline": 0.5}) as http:
            desk = MemoryDesk(http, NOW, SECRETS, cursor=cursor or {})
            spec = SourceSpec(source.key, "gsdata", source.name, gsdata.base, source.platform, bool(source.account),
                              source.config, account=source.account)
            return await (act(spec, desk) if act else play(GSDATA, spec, desk, answers=answers))

    return asyncio.run(work())


def test_which_boards_there_are_on_a_day():
    assert periods(date(2026, 3, 10)) == [
        ("day", date(2026, 3, 9), "20260309"), ("day", date(2026, 3, 8), "20260308"),
        ("day", date(2026, 3, 7), "20260307"), ("week", date(2026, 3, 7), "20260307_20260301"),
        ("month", date(2026, 2, 28), "202602"),
    ]
    sunday, saturday = periods(date(2026, 3, 8)), periods(date(2026, 3, 7))
    assert sunday[3][1] == date(2026, 3, 7) and saturday[3][1] == date(2026, 2, 28)  # a week that has ended


def test_the_group_s_boards_tell_of_every_account_in_it(gsdata):
    gsdata.board("week", "20260307_20260301", date(2026, 3, 7), {"yunlan": 700.0, "jiedao": 350.0})
    outcome = run(gsdata)
    lines = {(b.period, b.day, b.account): b for b in outcome.all("boards")}
    assert outcome.fault is None and outcome.cursor == {} and len(lines) == 8
    line = lines[("week", date(2026, 3, 7), ("wechat", "jiedao"))]
    assert (line.provider, line.index, line.value, line.place) == ("gsdata", "wci", 350.0, 2)
    assert line.figures["readnum_all"] == 12_000
    assert [b.note for b in outcome.batches][-1] == "清博尚未公布截至 2026-02-28 的月榜"
    assert all("appsecret" not in f"{a.request}{a.context}" for a in outcome.answers)
    assert {call.path for call in gsdata.calls} == {f"/myrank/weixin/{p}" for p in ("day", "week", "month")}


def test_boards_of_several_pages_killed_anywhere_lose_nothing(gsdata):
    gsdata.board("day", "20260309", date(2026, 3, 9), {f"a{n}": float(n) for n in range(120)})

    def keys(outcome: Outcome) -> set:
        return {(b.period, b.day, b.account) for b in outcome.all("boards")}

    whole = keys(run(gsdata))
    assert len(whole) == 124
    for answers in range(1, 7):
        cut = run(gsdata, answers=answers)
        rest = run(gsdata, cursor=cut.cursor) if cut.cursor else Outcome()
        assert keys(cut) | keys(rest) == whole, answers


def test_a_bad_line_is_set_aside(gsdata):
    gsdata.boards[("day", "20260309")][0]["wci"] = "—"
    outcome = run(gsdata)
    assert len(outcome.all("boards")) == 5 and outcome.all("rejects")[0].locator == "data.newsList[0]"


def test_a_source_of_neither_account_nor_group_says_what_is_missing(gsdata):
    outcome = run(gsdata, SourceSpec("g", "gsdata", "x", "", "wechat"))
    assert outcome.fault.kind == "STOP" and "分组编号" in outcome.fault.message and not gsdata.calls
    nowhere = run(gsdata, SourceSpec("g", "gsdata", "x", "", "zhihu", account=("zhihu", "1")))
    assert nowhere.fault.kind == "STOP" and "zhihu" in nowhere.fault.message


def test_the_connection_test_of_boards_names_the_groups(gsdata):
    assert run(gsdata, act=GSDATA.check) == "连接正常，分组“我区账号”"
    other = SourceSpec("g", "gsdata", "x", "", "wechat", config={"group_id": "1"})
    with pytest.raises(Fault, match=r"没有编号为 1 的分组，现有：我区账号（117379）"):
        run(gsdata, other, act=GSDATA.check)


@pytest.mark.parametrize(("platform", "config", "router", "field", "seen"), [
    ("weibo", {}, "/weibo/article/search1", "weibo_uid", "reads"),
    ("douyin", {}, "/shortvideo/douyin/search1", "douyin_id", "plays"),
    ("bilibili", {"id_field": "bili_mid"}, "/shortvideo/bili/search1", "bili_mid", "plays"),
])
def test_articles_of_other_platforms(gsdata, platform, config, router, field, seen):
    gsdata.articles[1][3] = 0
    source = SourceSpec("g", "gsdata", "x", "", platform, True, config, account=(platform, "77"))
    outcome = run(gsdata, source)
    assert outcome.fault is None and len(outcome.all("posts")) == 45
    asked = [(call.path, call.query[field]) for call in gsdata.calls]
    assert set(asked[:-1]) == {(router, "77")} and asked[-1][0].startswith("/rank/"), "the board comes last"
    zero, other = outcome.all("posts")[1:3]
    assert set(zero.counters) == {"likes", "reposts"} and set(other.counters) == {seen, "likes", "reposts"}


def test_a_search_that_is_refused_for_another_reason_than_the_contract_is_said(gsdata):
    gsdata.script("/account/weibo", "busy")
    with pytest.raises(Fault, match="系统繁忙"):
        run(gsdata, act=lambda source, desk: GSDATA.search(source, desk, "云澜"))


def test_out_of_order_and_twice(gsdata):
    gsdata.script("myrank", *["shuffled"] * 5)
    assert len({(b.day, b.account) for b in run(gsdata).all("boards")}) == 6


def test_the_day_of_the_round_holds_when_it_goes_on_later(gsdata):
    cut = run(gsdata, answers=1)
    assert datetime.fromisoformat(cut.cursor["from"]) == NOW and cut.cursor["board"] == 1
    assert {b.day for b in run(gsdata, cursor=cut.cursor).all("boards")} == {
        date(2026, 3, 9) - timedelta(n) for n in (1, 2)
    }
