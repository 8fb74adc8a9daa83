"""One request to a service: out to an address that was checked, back with an answer within bounds, or with the verdict
of why there is none.

What decides is whether the request had been written out: before that nothing can have been sent and it is tried again;
after that, nobody knows (UNKNOWN).
"""

import json
import logging
import socket
import ssl
import threading
import zlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import httpx

from core import addresses
from core.faults import Fault
from core.records import one_line
from core.senders.model import Verdict

LIMIT = 512_000
"""Bytes of an answer that are read; the services' own are some kilobytes."""
TRIED_ADDRESSES = 3
PATIENCE = 30.0
"""Seconds for one whole answer, however slowly it comes, where the client says nothing of its own."""
_CHARACTERS = "渠道设置中有不能用于接口的字符（如汉字、全角符号），请核对地址、密钥、编号等项"
EVERYWHERE, NOWHERE = frozenset({"*"}), frozenset[str]()

# It tells whole addresses, in which bots' keys and recipients' numbers stand, to whoever sets logging to INFO.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> dict[str, Any]:
        """The body's JSON object; empty where it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def wait(self) -> float | None:
        """Seconds of a Retry-After header."""
        said = self.headers.get("retry-after", "").strip()
        return float(said) if said.isdecimal() and len(said) < 7 else None


def client(timeout: float = 10.0) -> httpx.Client:
    """What services are called with: no redirects, no proxies or passwords of the environment."""
    return httpx.Client(timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)), trust_env=False)


class Patience:
    """Cuts a connection once its time is over: a service that sends a byte now and then would hold up a sender for
    ever. Lend it each socket with `hold`; `over` says whether it has cut."""

    def __init__(self, seconds: float):
        self.over = False
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True

    def hold(self, sock: socket.socket) -> None:
        self._sock = sock
        if self.over:
            self.cut()

    def cut(self) -> None:
        """Cut it now."""
        self.over = True
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Patience":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()


class _Course:
    """How far a request has come, as httpcore tells it."""

    def __init__(self, patience: Patience):
        self.sent = False
        self._patience = patience

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._patience.hold(info["return_value"].get_extra_info("socket"))
        elif event == "http11.send_request_body.complete":
            self.sent = True


def call(
    http: httpx.Client, url: str, *, content: bytes = b"", headers: Mapping[str, str] | None = None,
    inside: bool = False,
) -> Answer | Verdict:
    """POST to an address; the answer whatever its status, or the verdict where none came. `inside`: the address may lie
    in the private range. Redirects are answers."""
    target = target_of(url)
    if target is None:
        return Verdict("STOP", note="接口地址不正确，应以 http:// 或 https:// 开头，请核对渠道设置")
    found = resolved(target.host, port_of(target), inside)
    return found if isinstance(found, Verdict) else post(http, target, found, content=content, headers=headers)


def target_of(url: str) -> httpx.URL | None:
    """An address without passwords in it; None where it is none."""
    try:
        target = httpx.URL(url).copy_with(username=None, password=None, fragment=None)
    except (httpx.InvalidURL, ValueError):
        return None
    return target if target.scheme in ("http", "https") and target.host else None


def port_of(target: httpx.URL) -> int:
    return target.port or (443 if target.scheme == "https" else 80)


def post(
    http: httpx.Client, target: httpx.URL, found: Sequence[str], *, content: bytes = b"",
    headers: Mapping[str, str] | None = None, patience: Patience | None = None,
) -> Answer | Verdict:
    """POST to a host at the addresses that were checked, the first that can be connected to. `patience`: who cuts it
    off; without, what the client's own time-out says."""
    sent = httpx.Headers({
        "Host": target.netloc.decode("ascii"), "User-Agent": "pulse-sender/1.0", "Accept": "application/json, */*",
        "Accept-Encoding": "identity", "Connection": "close",
    })
    try:
        sent.update(headers or {})
    except UnicodeError:
        return Verdict("STOP", note=_CHARACTERS)
    for address in found[:-1]:
        try:
            return _ask(http, target, address, sent, content, patience)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    try:
        return _ask(http, target, found[-1], sent, content, patience)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        return unreachable(error, target.host)


def resolved(host: str, port: int, inside: bool) -> list[str] | Verdict:
    """The addresses of a host that may be called, or why there are none."""
    try:
        return addresses.resolve_now(host, port, EVERYWHERE if inside else NOWHERE)[:TRIED_ADDRESSES]
    except Fault as fault:
        if fault.kind == "RETRY":
            return Verdict("RETRY", note=f"{fault.message}；内容没有发出")
        remedy = "确为内网服务的，请在渠道设置中把“内网地址”选为“是”"
        return Verdict("STOP", note=f"接口地址在内网或本机（{host}），没有发送；{remedy}")


def unreachable(error: Exception, host: str) -> Verdict:
    """Why no connection came about; nothing was sent."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Verdict("STOP", note=f"对方的加密证书无效或不受信任（{host}），没有发送；请核对地址")
        cause = cause.__cause__ or cause.__context__
    return Verdict("RETRY", note=f"连接不上对方（{host}），内容没有发出，将自动重试")


def _ask(
    http: httpx.Client, target: httpx.URL, address: str, headers: httpx.Headers, content: bytes,
    lent: Patience | None = None,
) -> Answer | Verdict:
    """Raises httpx.ConnectError, httpx.ConnectTimeout where the address can't be connected to."""
    timeout = http.timeout
    with nullcontext(lent) if lent else Patience(2 * timeout.read if timeout.read else PATIENCE) as patience:
        course = _Course(patience)
        try:
            # Not made by the client: it would add its cookies.
            request = httpx.Request(
                "POST", target.copy_with(host=address), headers=headers, content=content,
                extensions={"timeout": timeout.as_dict(), "sni_hostname": target.raw_host.decode("ascii"),
                            "trace": course.trace})
            response = http.send(request, stream=True, follow_redirects=False, auth=None)
            try:
                body = _body(response, patience)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol):
            return Verdict("STOP", note=_CHARACTERS)
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            if not course.sent:
                return Verdict("RETRY", note=f"与对方的连接中断（{target.host}），内容没有完整发出，将自动重试")
            how = "对方迟迟没有回答" if patience.over or isinstance(error, httpx.TimeoutException) else "连接中断"
            return Verdict("UNKNOWN", note=f"内容已发给对方，但{how}（{target.host}），不知是否受理")
    return Answer(response.status_code, body, {name.lower(): value for name, value in response.headers.items()})


def _body(response: httpx.Response, patience: Patience) -> bytes:
    """The body, decompressed, empty where it is too large or damaged. Raises httpx.HTTPError where it is cut off."""
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > LIMIT:
            return b""
    if patience.over:  # a body without a length ends where the connection is cut
        raise httpx.ReadError("cut off")
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        return bytes(body)
    engine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        return engine.decompress(bytes(body), LIMIT) if coding in ("gzip", "deflate") else b""
    except zlib.error:
        return b""


def unreadable(answer: Answer) -> Verdict:
    """The verdict of an answer whose body is not the service's: by its status only where that proves that nothing was
    taken, else nobody knows."""
    status, code = answer.status, f"HTTP {answer.status}"
    if 300 <= status < 400:
        return Verdict("STOP", code, "接口把请求转到了别的地址，没有跟随，内容没有被受理；请核对接口地址")
    if status == 429:
        return Verdict("QUOTA", code, "对方称发送过于频繁（HTTP 429），稍后自动重试", wait=answer.wait or 60.0)
    if status in (408, 425, 503):
        return Verdict("RETRY", code, f"对方暂时不能受理（HTTP {status}），将自动重试", wait=answer.wait)
    if status in (401, 403):
        return Verdict("STOP", code, f"对方拒绝访问（HTTP {status}），请核对密钥、权限和 IP 白名单")
    if 400 <= status < 500:
        return Verdict("STOP", code, f"对方不接受请求（HTTP {status}），请核对接口地址")
    seen = "空白" if not answer.body else "网页" if answer.body.lstrip()[:1] == b"<" else "无法解读的内容"
    return Verdict("UNKNOWN", code, f"对方返回的是{seen}（HTTP {status}），不知是否受理；请核对接口地址或联系服务商")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a service's code means: outcome, Chinese words with the remedy, seconds to wait, whom it concerns."""

    outcome: str
    words: str
    wait: float | None = None
    scope: str = "channel"


def judged(service: str, code: object, said: object, meaning: Meaning) -> Verdict:
    """The verdict of a refusal, with the service's own words."""
    own = one_line(said)[:120] if isinstance(said, str) else ""
    shown = one_line(str(code))[:80]
    note = f"{meaning.words}（{service} {shown}{f'：{own}' if own and own != shown else ''}）"
    return Verdict(meaning.outcome, shown, note, wait=meaning.wait, scope=meaning.scope)

