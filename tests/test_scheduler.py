"""The clock as a real process: finishes the job at hand, picks up what a kill left, never leads twice."""

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from core import db
from core.models import Mention, Run, Source
from tests.processes import Process, until

LIST = {"status": "success", "items": [{"id": "a", "title": "云澜区暴雨积水已排除", "url": "https://example.cn/a"}]}


class SlowList:
    """A hot list that answers when it is let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                slow.asked.set()
                slow.let_go.wait(60)
                body = json.dumps(LIST).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def slow_list(session):
    lab = SlowList()
    session.add(Source(
        key="slow", name="慢榜", collector="hotlist", platform="baidu", config={"id": "x"},
        url=f"http://127.0.0.1:{lab.server.server_port}",
    ))
    session.commit()
    yield lab
    lab.let_go.set()
    lab.server.shutdown()


def start(data_dir) -> Process:
    return Process(
        "scheduler.py", data_dir=data_dir, PULSE_ALLOW_PRIVATE_HOSTS="127.0.0.1", PULSE_TICK_SECONDS="0.2",
        PULSE_PACE_SECONDS="0",
    )


def runs(session) -> list[tuple[str, str]]:
    session.expire_all()
    return [(r.job, r.state) for r in session.execute(select(Run).where(Run.job == "collect")).scalars()]


def test_sigterm_ends_the_job_at_hand_and_nothing_is_lost(session, database, slow_list):
    process = start(database)
    assert slow_list.asked.wait(60), process.said
    process.child.send_signal(signal.SIGTERM)
    process.wait_for("stopping after the job at hand")
    slow_list.let_go.set()
    assert process.end() == 0, process.said
    assert runs(session) == [("collect", "ok")]
    assert session.execute(select(Mention.title)).scalars().all() == ["云澜区暴雨积水已排除"]


def test_a_killed_scheduler_is_made_good_by_the_next(session, database, slow_list):
    first = start(database)
    assert slow_list.asked.wait(60), first.said
    assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    assert runs(session) == [("collect", "running")]
    slow_list.let_go.set()
    second = start(database)
    until(lambda: ("collect", "ok") in runs(session), 60, lambda: second.said)
    assert second.stop(signal.SIGTERM) == 0
    assert runs(session)[0] == ("collect", "failed")
    assert db.stamp(session) > 0
    assert len(session.execute(select(Mention)).scalars().all()) == 1


def test_a_second_scheduler_says_who_leads_and_exits(session, database):
    leader = start(database)
    leader.wait_for("leading")
    second = start(database)
    assert second.end() == 3
    assert f"进程号 {leader.child.pid}" in second.said
    assert leader.stop(signal.SIGTERM) == 0
