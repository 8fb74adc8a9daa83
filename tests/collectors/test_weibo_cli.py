"""Weibo's command-line client: a stand-in that is really run, against the laboratory's interface."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import program
from collectors.http import Http
from collectors.weibo_cli import WEIBO_CLI
from core.faults import Fault
from core.records import SourceSpec, Wanted
from core.settings import settings
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.programs.weibo_cli import install
from tests.lab.services.weibo_cli import WeiboCli
from tests.processes import until

NOW = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
OWN = "1642909335"


@pytest.fixture
def weibo(lab, tmp_path, monkeypatch) -> WeiboCli:
    made = lab.mount(WeiboCli(lambda: NOW))
    point(monkeypatch, install(tmp_path / "programs", made.base))
    yield made
    settings.cache_clear()


def point(monkeypatch, to: Path | str) -> None:
    monkeypatch.setenv("PULSE_WEIBO_CLI", str(to))
    monkeypatch.setenv("PULSE_SECRET_KEY", "")
    settings.cache_clear()


def run(*, now=NOW, cursor=None, accounts=(OWN,), due=(), token="", answers=None, config=None, used=None, act=None,
        deadline=20.0) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "deadline": deadline}) as http:
            desk = MemoryDesk(http, now, {"token": token} if token else {}, accounts, cursor or {}, list(due),
                              used={} if used is None else used)
            source = SourceSpec("w", "weibo_cli", "微博命令行", "", "weibo", config=config or {})
            return await (act(source, desk) if act else play(WEIBO_CLI, source, desk, answers=answers))

    return asyncio.run(work())


@pytest.mark.parametrize("wrapped", ["", "data", "bare"])
def test_the_posts_of_the_last_days_and_followers_however_the_answer_is_wrapped(weibo, tmp_path, monkeypatch, wrapped):
    point(monkeypatch, install(tmp_path / wrapped, weibo.base, f"--wrapped={wrapped}"))
    used: dict[str, int] = {}
    outcome = run(used=used)
    posts = outcome.all("posts")
    assert outcome.fault is None and outcome.cursor == {} and len(posts) == 25
    assert posts[0].account == ("weibo", OWN)
    assert {n: c.value for n, c in posts[0].counters.items()} == {"reposts": 1, "comments": 2, "likes": 3}
    assert [f.followers.value for f in outcome.all("followers")] == [345_678]
    assert outcome.all("complete")[0].since == NOW - timedelta(days=3)
    assert used == {"积分": 26}  # every returned item


def test_a_capture_tells_the_command_without_secrets_and_status_0(weibo):
    weibo.weibo.token = "hush"
    outcome = run(token="hush")
    assert outcome.fault is None
    assert outcome.answers[0].request == f"weibo-cli users show_batch/other --uids {OWN} --output json"
    assert {(a.status, a.media_type) for a in outcome.answers} == {(0, "application/json")}
    assert all("hush" not in f"{a.request}{a.context}" and b"hush" not in a.body for a in outcome.answers)


def test_old_posts_are_read_by_id_and_one_that_vanished_is_noticed(weibo):
    weibo.weibo.post("2000", 40, NOW - timedelta(days=20), "旧的")
    due = [Wanted("2000", "40", NOW - timedelta(days=20)), Wanted("2000", "39", NOW - timedelta(days=21)),
           Wanted("2000", "$(touch x)", NOW - timedelta(days=21))]
    outcome = run(accounts=(OWN, "2000", "404"), due=due)
    assert outcome.fault is None and outcome.cursor == {}
    assert "40" in {p.external_id for p in outcome.all("posts")}
    assert [(g.external_id, g.account) for g in outcome.all("gone")] == [("39", ("weibo", "2000"))]
    assert any("404" in b.note for b in outcome.batches)


def test_a_run_killed_anywhere_loses_nothing(weibo):
    whole = {p.external_id for p in run().all("posts")}
    for cut_at in (1, 2):
        cut = run(answers=cut_at)
        rest = run(cursor=cut.cursor)
        assert {p.external_id for p in (*cut.all("posts"), *rest.all("posts"))} == whole, cut_at


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("credits", "QUOTA", "积分已用完"), ("unserved", "STOP", "订购套餐"), ("unverified", "STOP", "开发者认证未完成"),
    ("slow", "RETRY", "过于频繁"), ("expired", "REAUTH", "重新授权"), ("unauthorised", "STOP", "请申请"),
    ("busy", "RETRY", "系统繁忙"), ("html", "RETRY", "BAD_RESPONSE"), ("malformed", "RETRY", "退出码 1"),
    ("reset", "RETRY", "退出码 1"), ("502", "RETRY", "HTTP 502"), ("empty", "RETRY", "退出码 1"),
])
def test_every_refusal_is_a_fault_in_words_and_the_run_goes_on(weibo, act, kind, words):
    weibo.script("user_timeline", act)
    outcome = run()
    assert outcome.fault.kind == kind and words in outcome.fault.message and len(outcome.got) == 1
    assert run(cursor=outcome.cursor).fault is None


def test_a_spent_share_of_the_month_s_credits_ends_the_round(weibo):
    outcome = run(config={"monthly_credits": str(31 * 20)}, used={"积分": 20})
    assert outcome.fault.kind == "QUOTA" and not outcome.answers and not weibo.calls
    assert "每次取最近几天的微博" in run(config={"days": "0"}).fault.message


def test_no_login_says_which_command_to_run(weibo, tmp_path, monkeypatch):
    point(monkeypatch, install(tmp_path / "out", weibo.base, "--login="))
    fault = run().fault
    assert fault.kind == "REAUTH" and "weibo-cli auth login --device" in fault.message
    with pytest.raises(Fault, match="auth login --device"):
        run(act=WEIBO_CLI.check)
    assert run(token="lab-token").fault is None  # a credential's token is handed over in the environment


def test_a_search_finds_the_name_itself_and_who_writes_of_it(weibo):
    weibo.weibo.post("2000", 41, NOW - timedelta(days=1), "云澜发布的消息说……")
    found = run(act=lambda source, desk: WEIBO_CLI.search(source, desk, "云澜发布"))
    assert (found[0].external_id, found[0].name, found[0].followers) == (OWN, "云澜发布", 345_678)
    assert "2000" in {f.external_id for f in found} and len({f.external_id for f in found}) == len(found)
    assert all(f.name for f in run(act=lambda source, desk: WEIBO_CLI.search(source, desk, "推进会")))


def test_the_connection_test(weibo, tmp_path, monkeypatch):
    assert run(act=WEIBO_CLI.check) == "连接正常，已登录，剩余积分 32,000"
    point(monkeypatch, install(tmp_path / "unserved", weibo.base, "--service=no"))
    with pytest.raises(Fault, match="订购套餐"):
        run(act=WEIBO_CLI.check)


@pytest.mark.parametrize(("where", "words"), [
    ("no-such-program", "没有找到可执行的程序"), ("bin/weibo-cli", "绝对路径"), ("/nowhere/weibo-cli", "没有找到"),
])
def test_a_program_that_is_not_there(weibo, monkeypatch, where, words):
    point(monkeypatch, where)
    fault = run().fault
    assert fault.kind == "STOP" and words in fault.message


@pytest.mark.parametrize(("own", "words"), [
    (["--say=<html>", "--exit=0"], "网页而不是 JSON"), (["--say={\"x\": 1}"], "缺少 users"),
    (["--say=boom", "--exit=3"], "退出码 3"), (["--say="], "内容为空"),
])
def test_what_it_should_not_print(weibo, tmp_path, monkeypatch, own, words):
    point(monkeypatch, install(tmp_path / "odd", weibo.base, *own))
    fault = run().fault
    assert fault.kind == "RETRY" and words in fault.message


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path):
    child = "import os,sys,time;open(sys.argv[1],'w').write(str(os.getpid()));time.sleep(600)"
    made = tmp_path / "hang"
    made.write_text(f"#!/bin/sh\n{sys.executable} -c \"{child}\" {tmp_path}/pid &\nwait\n")
    made.chmod(0o755)

    async def work() -> None:
        await program.run(str(made), [], seconds=1.5, limit=1000)

    with pytest.raises(Fault, match="没有结束，已终止"):
        asyncio.run(work())
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not alive(pid), 10)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_output_without_end_is_given_up(tmp_path):
    made = tmp_path / "yes"
    made.write_text("#!/bin/sh\nwhile :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done\n")
    made.chmod(0o755)
    with pytest.raises(Fault, match="超过 100,000 字节"):
        asyncio.run(program.run(str(made), [], seconds=60, limit=100_000))


def test_a_program_sees_nothing_of_our_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("PULSE_SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hush@h/d")
    made = tmp_path / "env"
    made.write_text("#!/bin/sh\nenv\n")
    made.chmod(0o755)
    ended = asyncio.run(program.run(str(made), [], seconds=20, limit=100_000, extra={"WEIBO_CLI_TOKEN": "t"}))
    assert b"hush" not in ended.out and b"WEIBO_CLI_TOKEN=t" in ended.out and os.environ["PATH"].encode() in ended.out
