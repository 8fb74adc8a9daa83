"""Senders against services that behave as the real ones do, on loopback."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from core.senders import SENDERS, Message, Recipient, Verdict
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.taking import Taking

TO = Recipient("张三", "13800138000", "zhangsan@district.gov.cn")


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A client that waits long enough on a busy machine."""
    with httpx.Client(timeout=20.0) as client:
        yield client


@pytest.fixture
def hasty() -> Iterator[httpx.Client]:
    """A client for those that do not answer."""
    with httpx.Client(timeout=httpx.Timeout(0.4, connect=20.0)) as client:
        yield client


@pytest.fixture
def message() -> Message:
    return Message(
        level="red", title="某小区停水两天", gist="停水已两天，居民要求尽快恢复", place="澜桥街道", count=12,
        where="舆情系统预警第1032号", text="【红色预警】某小区停水两天\n要点：停水已两天\n地点：澜桥街道",
        link="http://10.1.2.3:8501/alerts?alert=1032&key=abc", at=datetime(2026, 11, 27, 1, 30, tzinfo=UTC))


@pytest.fixture
def send(http, hasty, message) -> Callable[..., Verdict]:
    """`send(service, act, text="…")`: one message to a mounted service of the laboratory that meets that act."""

    def sent(service: Taking, act: str = "ok", *, to: Recipient = TO, mine: str = "pulse-1-1", said: Message = message,
             **fields: str) -> Verdict:
        service.script("", act)
        client = hasty if act in ("mute", "stall") else http
        return SENDERS[service.kind].send(client, service.sample() | fields, said, to, mine)

    return sent


@dataclass
class Parrot:
    """A server that answers everything in one way, and keeps what it heard."""

    url: str = ""
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def parrot() -> Iterator[Parrot]:
    made = Parrot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.heard.append((self.path, headers, self.rfile.read(length)))
            self.send_response(made.status)
            for name, value in ({"Content-Length": str(len(made.body))} | made.headers).items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(made.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield made
        server.shutdown()
