"""A language model's interface on loopback: an HTTP server that answers chat completions as it is told."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-entrusted-4711"


@dataclass
class Chat:
    """`say`: what it makes of a paragraph · `acts`: what it does instead, one a request: status and headers, bytes, or
    `mute` for nothing until it is closed · `heard`: the requests, headers in lower case."""

    url: str = ""
    say: Callable[[str], Any] = lambda text: text
    acts: list[Any] = field(default_factory=list)
    heard: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    def answer(self, text: str) -> tuple[int, dict[str, str], bytes]:
        act = self.acts.pop(0) if self.acts else None
        if act == "mute":
            self.closed.wait(30)
        if isinstance(act, tuple):
            return act[0], act[1], b'{"error": {"message": "as told"}}'
        if isinstance(act, bytes):
            return 200, {}, act
        said = self.say(text)
        choice = said if isinstance(said, dict) else {"message": {"role": "assistant", "content": said}}
        return 200, {}, json.dumps({"choices": [{"finish_reason": "stop"} | choice]}).encode()


@contextlib.contextmanager
def chat() -> Iterator[Chat]:
    """The server while it is needed."""
    made, lock = Chat(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            with lock:
                made.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, headers, said = made.answer(json.loads(body["messages"][1]["content"])["正文"])
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(said))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        try:
            yield made
        finally:
            made.closed.set()
            server.shutdown()
