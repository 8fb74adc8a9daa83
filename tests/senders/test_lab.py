"""The laboratory as a process of its own, as measurements start it: what it takes can be counted."""

import json
import subprocess
import sys

import pytest

from core.senders import SENDERS
from core.settings import ROOT
from tests.senders.conftest import TO


@pytest.fixture
def process(tmp_path):
    log = tmp_path / "taken.jsonl"
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.senders", "--log", str(log), "--unpaced"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE)
    yield json.loads(started.stdout.readline()), log
    started.terminate()
    started.wait()


def test_every_kind_of_channel_leads_there_and_everything_taken_is_logged(process, http, message):
    fields, log = process
    assert set(fields) == set(SENDERS)
    for kind, given in fields.items():
        SENDERS[kind].check(given)
        assert SENDERS[kind].send(http, given, message, TO, f"pulse-1-{kind}").outcome == "ok"
    place = fields["wecom"]["address"].partition("/wecom")[0]
    http.get(f"{place}/script/wecom?part=&act=lost&act=reset")
    outcomes = [SENDERS["wecom"].send(http, fields["wecom"], message, TO, f"pulse-{n}-9").outcome for n in (2, 3, 4)]
    assert outcomes == ["UNKNOWN", "UNKNOWN", "ok"]
    http.get(f"{place}/smtp?act=lost")
    assert SENDERS["mail"].send(http, fields["mail"], message, TO, "pulse-2-8").outcome == "UNKNOWN"
    taken = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {one["kind"] for one in taken} == set(SENDERS)
    assert [one["mine"] for one in taken if one["kind"] == "wecom"] == ["pulse-1-wecom", "pulse-2-9", "pulse-4-9"]
    assert [one["mine"] for one in taken if one["kind"] == "mail"] == [
        f"<{mine}@district.gov.cn>" for mine in ("pulse-1-mail", "pulse-2-8")]
    assert all(one["text"] and one["to"] and one["at"] for one in taken)
