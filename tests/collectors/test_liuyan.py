"""Message boards against a service that plays the site's three forms."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from collectors.http import Http
from collectors.liuyan import LIUYAN, signature
from core.faults import Fault
from core.records import SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.liuyan import Liuyan

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def board(lab) -> Liuyan:
    return lab.mount(Liuyan(lambda: NOW))


def run(board: Liuyan, form: str, *, cursor=None, known=(), answers=None, act=None, now=NOW, patience=10.0,
        **config) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": patience, "deadline": patience}) as http:
            mentions = dict(known) if isinstance(known, dict) else {one: {} for one in known}
            desk = MemoryDesk(http, now, cursor=cursor or {}, mentions=mentions)
            config_ = {"fid": "585", "form": form, **config}
            source = SourceSpec("l", "liuyan", "留言板", board.base, "liuyan", config=config_)
            return await (act(source, desk) if act else play(LIUYAN, source, desk, answers=answers))

    return asyncio.run(work())


def test_signatures_are_those_that_the_front_end_made():
    """Two that public programs carry, recorded from the site."""
    param = '{"fid":"593","showUnAnswer":1,"typeId":5,"lastItem":"","position":"0","rows":10,"orderType":2}'
    assert signature("/v1/threads/list/df", param) == "a7db9282e68f7ccceff0785b444c2194"
    param = '{"fid":"559","showUnAnswer":1,"typeId":5,"lastItem":"","position":0,"rows":10,"orderType":2}'
    assert signature("/v1/threads/list/df", param) == "9f41eaf88787382c14da461be7079546"
    assert signature("/v1/threads/list/df", param, token="t") != signature("/v1/threads/list/df", param)


def test_the_signed_interface_gives_messages_with_their_replies(board):
    outcome = run(board, "signed")
    found = {m.external_id: m for m in outcome.all("mentions")}
    assert outcome.fault is None and outcome.cursor == {} and len(found) == 25
    answered, waiting = found["19999"], found["20000"]
    assert (answered.title, answered.text) == ("第1件：小区门口占道停车", "第1件：小区门口占道停车，已反映多次。")
    assert (answered.author, answered.platform, answered.dated) == ("网民19999", "liuyan", True)
    assert answered.url == "https://liuyan.people.com.cn/threads/content?tid=19999"
    assert answered.details == {
        "留言类型": "投诉", "留言领域": "城建", "办理状态": "已办理", "答复单位": "云澜区城管局",
        "答复时间": "2026-03-10 08:00", "答复内容": "您好，已安排整治。",
    }
    assert waiting.details == {"留言类型": "投诉", "留言领域": "城建", "办理状态": "待回复"}


def test_the_snapshot_and_the_older_list(board):
    outcome = run(board, "snapshot")
    assert outcome.fault is None and outcome.cursor == {} and len(outcome.all("mentions")) == 20
    assert outcome.all("mentions")[0].details["办理状态"] == "待回复" and len(board.calls) == 1
    outcome = run(board, "list")
    assert outcome.fault is None and len({m.external_id for m in outcome.all("mentions")}) == 25
    assert len(outcome.answers) == 3


def test_a_reply_that_comes_later_is_read(board):
    known = {m.external_id for m in run(board, "signed").all("mentions")}
    board.threads[0].reply = "正在核实。"
    again = {m.external_id: m for m in run(board, "signed", known=known).all("mentions")}
    assert again["20000"].details["答复内容"] == "正在核实。"


def test_replies_on_later_pages_are_read_once_and_finished_threads_not_again(board):
    known = {m.external_id: m.details for m in run(board, "signed").all("mentions")}
    board.threads[21].reply = "已修复。"
    board.calls.clear()
    again = run(board, "signed", known=known)
    read = [json.loads(call.json()["param"])["tid"] for call in board.asked("content")]
    assert again.fault is None and read == [str(board.threads[21].tid)]


def test_a_list_that_ends_with_nothing_or_breaks_off_is_read_as_far_as_it_goes(board):
    del board.threads[10:]
    outcome = run(board, "signed")
    assert outcome.fault is None and outcome.cursor == {} and len(outcome.mentions) == 10
    board.part = lambda last, part=board.part: part(last) or None
    assert run(board, "signed").fault is None
    board.script("/v1/threads/list", "ok", "502")
    broken = run(board, "signed")
    assert broken.fault is None and broken.cursor == {} and "HTTP 502" in broken.words


def test_a_thread_that_is_closed_to_us_holds_up_no_other(board):
    board.script("/v1/threads/content", "ok", "403", "404")
    outcome = run(board, "signed")
    assert outcome.fault is None and len(outcome.mentions) == 25
    assert sum(not m.text for m in outcome.mentions.values()) == 2 and len(outcome.cursor["queue"]) == 2


def test_a_thread_whose_own_state_differs_from_the_list_s_is_not_read_for_ever(board):
    board.threads[3].reply, content = "已修复。", board.content
    board.content = lambda thread: [part | {"stateInfo": "办理中"} for part in content(thread)]
    known: dict[str, dict] = {}
    for mention in run(board, "signed").all("mentions"):
        known.setdefault(mention.external_id, {}).update(mention.details)
    assert known[str(board.threads[3].tid)]["办理状态"] == "已办理"
    board.calls.clear()
    run(board, "signed", known=known)
    assert not board.asked("content")


def test_a_deleted_thread_leaves_what_the_list_said(board):
    gone = board.threads.pop(3)
    board.part = lambda last, part=board.part: [gone.row(), *part(last)] if last == "" else part(last)
    outcome = run(board, "signed")
    found = {m.external_id: m for m in outcome.all("mentions")}
    assert outcome.fault is None and outcome.cursor == {} and found[str(gone.tid)].text == ""
    assert any("可能已被删除" in batch.note for batch in outcome.batches)


@pytest.mark.parametrize("cut_at", range(1, 28, 4))
def test_a_run_killed_anywhere_loses_nothing(board, cut_at):
    cut = run(board, "signed", answers=cut_at)
    done = {m.external_id for m in cut.all("mentions")}
    rest = run(board, "signed", cursor=cut.cursor, known=done)
    assert done | {m.external_id for m in rest.all("mentions")} == {str(t.tid) for t in board.threads}


def test_out_of_order_and_twice(board):
    for form, path in (("signed", "/v1/threads/list"), ("list", "queryThreadsList"), ("snapshot", "new_threads")):
        board.script(path, "shuffled", "shuffled", "shuffled")
        found = [m.external_id for m in run(board, form).all("mentions") if m.text or form != "signed"]
        assert len(found) == len(set(found)) >= 20, form


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("malformed", "RETRY", "不是完整的 JSON"), ("html", "RETRY", "网页而不是 JSON"), ("empty", "RETRY", "返回内容为空"),
    ("reset", "RETRY", "连接中断"), ("stall", "RETRY", "没有"), ("cut", "RETRY", "不完整"),
    ("502", "RETRY", "HTTP 502"),
    ("429 120", "RETRY", "HTTP 429"),
])
@pytest.mark.parametrize(("form", "part"), [
    ("snapshot", "new_threads"), ("list", "queryThreadsList"), ("signed", "/v1/threads/list"), ("signed", "content"),
])
def test_every_misfortune_is_a_fault_in_words(board, form, part, act, kind, words):
    board.script(part, act)
    outcome = run(board, form, patience=0.5 if act == "stall" else 10.0)
    assert words in outcome.words
    assert (outcome.fault.kind if outcome.fault else "") == (kind if part != "content" or "429" in act else "")
    done = {m.external_id for m in outcome.all("mentions")}
    rest = run(board, form, cursor=outcome.cursor, known=done)
    wanted = {str(t.tid) for t in board.threads[: 20 if form == "snapshot" else 25]}
    assert rest.fault is None and done | {m.external_id for m in rest.all("mentions")} == wanted


def test_a_signature_that_moved_is_for_a_person(board):
    board.script("/v1/threads", "moved")
    fault = run(board, "signed").fault
    assert fault.kind == "STOP" and "SN0006" in fault.message and "改用“公开快照”" in fault.message
    assert run(board, "signed", app_code="PCother").fault.kind == "STOP"


def test_what_a_person_filled_in_wrongly(board):
    assert "没有填写留言板编号" in run(board, "signed", fid="").fault.message
    assert "没有“html”这种读取方式" in run(board, "html").fault.message
    assert "没有编号 1 的留言板快照" in run(board, "snapshot", fid="1").fault.message
    assert "“最多几页”" in run(board, "list", pages="99").fault.message


def test_the_connection_test(board):
    for form, words in (("snapshot", "公开快照有 20 条"), ("list", "旧版列表有 10 条"), ("signed", "网站接口有 10 条")):
        assert run(board, form, act=LIUYAN.check) == f"连接正常，{words}留言，如“第0件：小区门口占道停车”"
    board.script("/v1/threads", "moved")
    with pytest.raises(Fault, match="SN0006"):
        run(board, "signed", act=LIUYAN.check)
