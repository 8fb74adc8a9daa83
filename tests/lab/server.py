"""The laboratory's server: pages that behave, and the misbehaviours of real sources."""

import gzip
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from tests.lab.services import Answer, Request, Service

S = TypeVar("S", bound=Service)
RSS = "application/rss+xml; charset=utf-8"

RSSHUB_ERROR = """<!DOCTYPE html><html lang="zh"><head><title>Welcome to RSSHub!</title></head><body>
<img src="/logo.png" alt="RSSHub"/><h1 class="text-4xl font-bold">Looks like something went wrong</h1>
<div><p class="mb-2 font-bold">Helpful Information</p>
<p class="message">Error Message:<br/><code class="mt-2 block details">{message}</code></p>
<p class="message">Route: <code class="ml-2">{route}</code></p></div></body></html>"""
"""The page of RSSHub's lib/views/error.tsx, cut down to its parts that say something."""

EXTERNAL_ENTITY = (
    '<?xml version="1.0"?>\n<!DOCTYPE rss [<!ENTITY secret SYSTEM "{where}">]>\n<rss version="2.0"><channel>'
    "<title>x</title><item><title>&secret;</title><link>https://example.com/1</link></item></channel></rss>"
)

BILLION_LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY a0 "哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + ']>\n<rss version="2.0"><channel><title>x</title><item><title>&a9;</title></item></channel></rss>'
)


@dataclass(slots=True)
class Page:
    """What a path answers. `etag` makes it answer 304 where it is asked for by that tag."""

    body: bytes
    media_type: str = RSS
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that the server received; header names in lower case."""

    path: str
    headers: Mapping[str, str]


class Lab:
    """The server; a context manager. `pages` maps a path (with its query) to a Page; `seen` lists the requests.

    Misbehaviours, each under its own path:
    `/stall` never answers · `/drip` sends a byte now and then · `/status/N[?retry_after=…]` · `/reset` cuts the
    connection without a word · `/cut` promises more than it sends · `/truncated-gzip` · `/broken-gzip` ·
    `/gzip-bomb` · `/endless` · `/redirect?to=…[&status=…]` · `/loop` · `/html` · `/rsshub-empty` (503) ·
    `/external-entity` (asks for /secret) · `/billion-laughs` · `/bad-list` (newsnow's 500)
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1"):
        self.pages: dict[str, Page] = {}
        self.seen: list[Seen] = []
        self.services: dict[str, Service] = {}
        self.closing = threading.Event()
        lab = self

        class Handler(_Handler):
            server_lab = lab

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def url(self, path: str) -> str:
        """The address of a path; the host is a name, so that it has to be resolved."""
        return f"http://localhost:{self.port}{path}"

    def serve(self, path: str, body: bytes | str, media_type: str = RSS, **more: object) -> str:
        """Let a path answer with that body; gives its address."""
        self.pages[path] = Page(body.encode() if isinstance(body, str) else body, media_type, **more)
        return self.url(path)

    def mount(self, service: S) -> S:
        """Put a service on its prefix; its `base` becomes its address."""
        self.services[service.prefix] = service
        service.base = self.url(service.prefix)
        return service

    def asked(self, path: str) -> list[Seen]:
        """The requests that a path received."""
        return [seen for seen in self.seen if seen.path == path]

    def __enter__(self) -> "Lab":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_lab: Lab

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        lab = self.server_lab
        lab.seen.append(Seen(self.path, {name.lower(): value for name, value in self.headers.items()}))
        try:
            if self.path in lab.pages:
                self._page(lab.pages[self.path])
                return
            parts = urlsplit(self.path)
            for prefix, service in lab.services.items():
                if parts.path == prefix or parts.path.startswith(f"{prefix}/"):
                    self._service(service, parts.path.removeprefix(prefix), parts.query)
                    return
            if parts.path.startswith("/script/"):
                self._script(parts.path.removeprefix("/script"), parse_qs(parts.query))
                return
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            name, _, rest = parts.path.strip("/").partition("/")
            act = getattr(self, f"_{name.replace('-', '_')}", None) if name in MISBEHAVIOURS else None
            if act is None:
                self._page(Page("没有这个页面".encode(), "text/plain; charset=utf-8", 404))
            else:
                act(rest, query)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_GET

    def _script(self, prefix: str, query: dict[str, list[str]]) -> None:
        """`/script/wechat?part=getbizsummary&act=ok&act=expired`: what the service's next calls meet."""
        service = self.server_lab.services.get(prefix)
        if service is None or not query.get("act"):
            words = "写法：/script/服务?part=路径中的一段&act=ok&act=expired"
            self._page(Page(words.encode(), "text/plain; charset=utf-8", 404))
            return
        part = query.get("part", [""])[0]
        service.script(part, *query["act"])
        words = f"{prefix} 中含“{part}”的下 {len(query['act'])} 次调用：{'、'.join(query['act'])}"
        self._page(Page(words.encode(), "text/plain; charset=utf-8"))

    def _service(self, service: Service, path: str, query: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # whoever asked was killed
            self.close_connection = True
            return
        found = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = service.route(path, headers)
        act = service.next_act(path, f"{path}?{query} {body.decode('utf-8', 'replace')}")
        word, _, rest = act.partition(" ")
        if word.isdecimal():
            service.calls.append(Request(self.command, path, found, headers, body, act))
            headers_out = {"Retry-After": rest} if rest else {}
            self._answer(Answer(int(word), "<html><title>出错了</title></html>".encode(), "text/html", headers_out))
            return
        if word in ("reset", "stall", "html", "cut"):
            service.calls.append(Request(self.command, path, found, headers, body, act))
            getattr(self, f"_{word}")("", {})
            return
        if word == "empty":
            self._answer(Answer(200, b""))
            return
        request = Request(self.command, path, found, headers, body, "" if word == "malformed" else act)
        service.calls.append(request)
        answer = service.answer(request)
        if word == "malformed":
            answer = Answer(answer.status, answer.body[: max(len(answer.body) * 2 // 3, 1)], answer.media_type)
        self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self._send({**answer.headers, "Content-Type": answer.media_type}, answer.body)

    def _page(self, page: Page) -> None:
        same = page.etag and self.headers.get("If-None-Match") == page.etag
        since = page.last_modified and self.headers.get("If-Modified-Since") == page.last_modified
        body = b"" if same or since else page.body
        self.send_response(304 if same or since else page.status)
        sent = {**page.headers, "Content-Type": page.media_type}
        if page.etag:
            sent["ETag"] = page.etag
        if page.last_modified:
            sent["Last-Modified"] = page.last_modified
        if page.compressed and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body)
            sent["Content-Encoding"] = "gzip"
        self._send(sent, body)

    def _send(self, headers: Mapping[str, str], body: bytes, length: int | None = None) -> None:
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _chunks(self, piece: Callable[[], bytes | None], headers: Mapping[str, str]) -> None:
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server_lab.closing.is_set() and (data := piece()) is not None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def _stall(self, _: str, __: dict[str, str]) -> None:
        self.server_lab.closing.wait()
        self.close_connection = True

    def _drip(self, _: str, __: dict[str, str]) -> None:
        def piece() -> bytes:
            self.server_lab.closing.wait(0.02)
            return b"<"

        self._chunks(piece, {"Content-Type": RSS})

    def _status(self, rest: str, query: dict[str, str]) -> None:
        headers = {"Retry-After": query["retry_after"]} if "retry_after" in query else {}
        page = Page("<html><title>出错了</title></html>".encode(), "text/html; charset=utf-8", int(rest), headers)
        self._page(page)

    def _reset(self, _: str, __: dict[str, str]) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _cut(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self._send({"Content-Type": RSS}, b"<rss><channel>", length=5000)
        self.close_connection = True

    def _truncated_gzip(self, _: str, __: dict[str, str]) -> None:
        whole = gzip.compress(b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 500)
        self.send_response(200)
        self._send({"Content-Type": RSS, "Content-Encoding": "gzip"}, whole[: len(whole) // 2])

    def _broken_gzip(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self._send({"Content-Type": RSS, "Content-Encoding": "gzip"}, b"<rss>this was never compressed</rss>")

    def _gzip_bomb(self, _: str, __: dict[str, str]) -> None:
        self.send_response(200)
        self._send({"Content-Type": RSS, "Content-Encoding": "gzip"}, gzip.compress(bytes(20_000_000), 1))

    def _endless(self, _: str, __: dict[str, str]) -> None:
        self._chunks(lambda: b"<item><title>x</title></item>" * 2000, {"Content-Type": RSS})

    def _redirect(self, _: str, query: dict[str, str]) -> None:
        self._page(Page(b"", "text/html", int(query.get("status", "302")), {"Location": query["to"]}))

    def _loop(self, rest: str, _: dict[str, str]) -> None:
        self._page(Page(b"", "text/html", 302, {"Location": f"/loop/{int(rest or 0) + 1}"}))

    def _html(self, _: str, __: dict[str, str]) -> None:
        page = "<!doctype html><html><head><title>百度安全验证</title></head><body>请完成验证</body></html>"
        self._page(Page(page.encode(), "text/html; charset=utf-8"))

    def _rsshub_empty(self, _: str, __: dict[str, str]) -> None:
        message = (
            "Error: this route is empty, please check the original site or "
            '&lt;a href="https://github.com/DIYgod/RSSHub/issues/new/choose"&gt;create an issue&lt;/a&gt;'
        )
        page = RSSHUB_ERROR.format(message=message, route="/thepaper/featured")
        self._page(Page(page.encode(), "text/html; charset=UTF-8", 503))

    def _external_entity(self, _: str, __: dict[str, str]) -> None:
        self._page(Page(EXTERNAL_ENTITY.format(where=self.server_lab.url("/secret")).encode()))

    def _billion_laughs(self, _: str, __: dict[str, str]) -> None:
        self._page(Page(BILLION_LAUGHS.encode()))

    def _bad_list(self, _: str, __: dict[str, str]) -> None:
        body = b'{"error":true,"statusCode":500,"statusMessage":"Server Error","message":"Invalid source id"}'
        self._page(Page(body, "application/json", 500))


MISBEHAVIOURS = (
    "stall", "drip", "status", "reset", "cut", "truncated-gzip", "broken-gzip", "gzip-bomb", "endless", "redirect",
    "loop", "html", "rsshub-empty", "external-entity", "billion-laughs", "bad-list",
)
