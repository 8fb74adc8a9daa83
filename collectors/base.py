"""What a collector is, and the polite HTTP client that all of them use."""

import asyncio
import re
import ssl
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from urllib.parse import unquote_plus

import httpx

from collectors import addresses, bodies
from core.faults import Fault, FaultKind
from core.records import Batch, Fetched, SourceSpec

MAX_REDIRECTS = 5
TRIED_ADDRESSES = 3
"""Addresses of one host tried in turn when connections are refused."""
LONG_WAIT = 3600
"""A Retry-After beyond this many seconds is a spent quota rather than a hiccup."""
REMEMBERED_HOSTS = 4096

_SECRET = re.compile(
    r"(?:^|[^a-z])(?:(?:app|api|access|secret|private)?key|(?:\w*_)?(?:token|secret|sign|signature|password|passwd|pwd)"
    r"|auth|authorization|code|ticket|session|session_?id|sid|cookie|credentials?)$|(?:token|secret|signature|password|appkey|apikey)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Collector:
    """One kind of source.

    `fetch(source, http, now)` asks the network and gives one response as it arrived; `parse(source, fetched)` is
    pure and gives records. Both raise Fault. `period_seconds` is how often it is asked where nobody chose otherwise.
    """

    name: str
    title: str
    period_seconds: int
    fetch: Callable[[SourceSpec, "Http", datetime], Awaitable[Fetched]]
    parse: Callable[[SourceSpec, Fetched], Batch]


def redact(url: str) -> str:
    """An address that may be stored and shown: no user, password or fragment, secret parameters as `***`."""
    head, _, _ = url.partition("#")
    head, mark, query = head.partition("?")
    head = re.sub(r"^([a-z][a-z0-9+.-]*://)[^/@]*@", r"\1", head, flags=re.IGNORECASE)
    if not mark:
        return head
    parts = []
    for part in query.split("&"):
        name, equals, value = part.partition("=")
        parts.append(f"{name}=***" if equals and value and _SECRET.search(unquote_plus(name)) else part)
    return f"{head}?{'&'.join(parts)}"


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (RFC 9110, 10.2.3: seconds or an HTTP date); None if unreadable."""
    value = value.strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max((at - now).total_seconds(), 0.0)


def _wait_words(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"，对方要求 {seconds / 60:.0f} 分钟后再试" if seconds >= 120 else f"，对方要求 {seconds:.0f} 秒后再试"


def fault_of_status(status: int, wait: float | None = None, evidence: Fetched | None = None) -> Fault:
    """The fault that an HTTP status outside 2xx means (RFC 9110 section 15)."""
    kind: FaultKind
    if status == 401:
        kind, words = "REAUTH", "对方要求授权（HTTP 401），请检查凭据"
    elif status in (403, 451):
        kind, words = "STOP", f"对方拒绝访问（HTTP {status}），请检查权限或是否被限制"
    elif status in (404, 410):
        kind, words = "GONE", f"地址已不存在（HTTP {status}）"
    elif status == 429:
        kind = "QUOTA" if wait is not None and wait > LONG_WAIT else "RETRY"
        words = f"请求过于频繁（HTTP 429）{_wait_words(wait)}"
    elif status in (408, 425):
        kind, words = "RETRY", f"对方暂时无法处理（HTTP {status}）{_wait_words(wait)}"
    elif status == 304:
        kind, words = "RETRY", "对方称内容未变化（HTTP 304），但本次并未询问是否变化"
    elif status >= 500:
        kind, words = "RETRY", f"对方服务器出错（HTTP {status}）{_wait_words(wait)}"
    else:
        kind, words = "STOP", f"请求不被接受（HTTP {status}），请检查网址"
    return Fault(kind, words, retry_after=wait, evidence=evidence)


def fault_of_error(error: Exception, host: str) -> Fault:
    """The fault that a failure of httpx means, told apart by what lies at its root."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(c, ssl.SSLCertVerificationError) for c in causes):
        return Fault("STOP", f"对方网站证书无效或不受信任（{host}），请人工核实")
    if any(isinstance(c, ssl.SSLError) for c in causes):
        return Fault("RETRY", f"加密连接建立失败（{host}）")
    if isinstance(error, httpx.ConnectTimeout):
        return Fault("RETRY", f"连接超时（{host}）")
    if isinstance(error, httpx.TimeoutException):
        return Fault("RETRY", f"对方迟迟没有返回内容，已超时（{host}）")
    if any(isinstance(c, ConnectionRefusedError) for c in causes):
        return Fault("RETRY", f"对方拒绝连接（{host}），服务可能未启动")
    if isinstance(error, httpx.ConnectError):
        return Fault("RETRY", f"连接不上（{host}）")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Fault("STOP", "网址不正确，只支持 http:// 和 https:// 开头的地址")
    if isinstance(error, httpx.RemoteProtocolError):
        return Fault("RETRY", f"对方返回的内容不完整或不符合 HTTP 规范（{host}）")
    return Fault("RETRY", f"连接中断（{host}）")


class _Turnstile:
    """One host's pacing: when the next request may start, and until when the host asked to be left alone."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.next_at = 0.0
        self.closed_until = 0.0


class Http:
    """A polite HTTP client for collectors; use as an async context manager, one per event loop.

    `timeout`: seconds for each wait (name, connection, bytes); `deadline`: seconds for one whole answer (a redirect
    is an answer), pacing not counted. `pace_seconds`: least time between two requests to one host; 0 switches
    politeness off (a laboratory of one's own). `private_hosts`: comma-separated hosts, addresses or networks inside
    the private range that may be asked; `*` for all. Proxies of the environment are not used.
    """

    def __init__(
        self,
        *,
        timeout: float = 20.0,
        deadline: float = 60.0,
        max_body_bytes: int = 20_000_000,
        contact: str = "",
        private_hosts: str = "",
        pace_seconds: float = 1.0,
    ):
        self._timeout = timeout
        self._deadline = deadline
        self._limit = max_body_bytes
        self._allowed = addresses.parse_allowed(private_hosts)
        self._pace = pace_seconds
        shown = re.sub(r"[^\x21-\x7e]+", " ", contact).strip(" ()")
        self._agent = f"pulse-collector/1.0{f' (+{shown})' if shown else ''}"
        self._hosts: OrderedDict[str, _Turnstile] = OrderedDict()
        # A bare transport: no cookie jar, no redirects, no proxies behind our back; a connection serves one request,
        # since the pool would file connections under the address and not under the name that the certificate is for.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._transport = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)

    async def __aenter__(self) -> "Http":
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    async def get(
        self,
        url: str,
        *,
        now: datetime,
        etag: str = "",
        last_modified: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Fetch an address; `now` becomes `fetched_at`, `etag` and `last_modified` make the request conditional.

        `headers` are sent to the address's own origin only, never to where a redirect leads. An answer 304 gives
        `unchanged=True`. Raises Fault for everything else that is not a success; a fault that came with an answer
        carries it as `evidence`.
        """
        conditional = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditional = {n: v for n, v in conditional.items() if v and v.isascii() and v.isprintable()}
        try:
            origin = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise fault_of_error(error, "") from error
        target = origin
        for _ in range(MAX_REDIRECTS + 1):
            if target.scheme not in ("http", "https") or not target.host:
                raise Fault("STOP", "网址不正确，只支持 http:// 和 https:// 开头的地址")
            own = (target.scheme, target.host, target.port) == (origin.scheme, origin.host, origin.port)
            sent = {**conditional, **(headers or {} if own else {})}
            fetched, location = await self._hop(target, redact(url), sent, now)
            if location is None:
                return self._judge(fetched, bool(conditional), now)
            try:
                target = target.join(location).copy_with(fragment=None)
            except (httpx.InvalidURL, ValueError) as error:
                raise Fault("STOP", "对方跳转到一个不正确的网址", evidence=fetched) from error
        raise Fault("STOP", f"跳转超过 {MAX_REDIRECTS} 次，已放弃", evidence=fetched)

    def _judge(self, fetched: Fetched, conditional: bool, now: datetime) -> Fetched:
        if 200 <= fetched.status < 300 or (fetched.status == 304 and conditional):
            return fetched
        wait = retry_after(fetched.headers.get("retry-after", ""), now)
        fault = fault_of_status(fetched.status, wait, fetched)
        if fetched.status == 429 and wait and self._pace:
            host = httpx.URL(fetched.url).host
            self._turnstile(host).closed_until = asyncio.get_running_loop().time() + wait
        raise fault

    def _turnstile(self, host: str) -> _Turnstile:
        found = self._hosts.setdefault(host, _Turnstile())
        self._hosts.move_to_end(host)
        if len(self._hosts) > REMEMBERED_HOSTS:
            oldest = next((name for name, seen in self._hosts.items() if not seen.lock.locked()), None)
            if oldest is not None and oldest != host:
                del self._hosts[oldest]
        return found

    async def _turn(self, host: str) -> None:
        """Wait for this host's turn. Raises Fault while the host is to be left alone."""
        if not self._pace:
            return
        clock = asyncio.get_running_loop().time
        turnstile = self._turnstile(host)
        async with turnstile.lock:
            rest = turnstile.closed_until - clock()
            if rest > 0:
                kind: FaultKind = "QUOTA" if rest > LONG_WAIT else "RETRY"
                raise Fault(kind, f"该网站要求暂缓访问（{host}）{_wait_words(rest)}", retry_after=rest)
            await asyncio.sleep(max(turnstile.next_at - clock(), 0))
            turnstile.next_at = clock() + self._pace

    async def _hop(
        self, url: httpx.URL, request: str, headers: Mapping[str, str], now: datetime
    ) -> tuple[Fetched, str | None]:
        """One request without redirects: the answer, and where it points if it is a redirect."""
        host = url.host
        await self._turn(host)
        try:
            async with asyncio.timeout(self._deadline):
                port = url.port or (443 if url.scheme == "https" else 80)
                found = await addresses.resolve(host, port, self._allowed, self._timeout)
                return await self._ask(url, found[:TRIED_ADDRESSES], request, headers, now)
        except TimeoutError:
            raise Fault("RETRY", f"{self._deadline:g} 秒内没有取完，已放弃（{host}）") from None

    async def _ask(
        self, url: httpx.URL, found: list[str], request: str, headers: Mapping[str, str], now: datetime
    ) -> tuple[Fetched, str | None]:
        for address in found[:-1]:
            try:
                return await self._send(url, address, request, headers, now)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError as error:
                raise fault_of_error(error, url.host) from error
        try:
            return await self._send(url, found[-1], request, headers, now)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise fault_of_error(error, url.host) from error

    async def _send(
        self, url: httpx.URL, address: str, request: str, headers: Mapping[str, str], now: datetime
    ) -> tuple[Fetched, str | None]:
        asked = httpx.Request(
            "GET",
            url.copy_with(host=address, username=None, password=None),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": self._agent,
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                "Connection": "close",
                **headers,
            },
            extensions={
                "timeout": httpx.Timeout(self._timeout).as_dict(),
                "sni_hostname": url.raw_host.decode("ascii"),
            },
        )
        answer = await self._transport.handle_async_request(asked)
        try:
            location = answer.headers.get("location") if answer.status_code in (301, 302, 303, 307, 308) else None
            unchanged = answer.status_code == 304
            fetched = Fetched(
                request=request,
                body=b"",
                status=answer.status_code,
                media_type=answer.headers.get("content-type", "")[:200],
                fetched_at=now,
                etag=answer.headers.get("etag", headers.get("If-None-Match", "") if unchanged else "")[:500],
                last_modified=answer.headers.get(
                    "last-modified", headers.get("If-Modified-Since", "") if unchanged else ""
                )[:100],
                unchanged=unchanged,
                url=redact(str(url)),
                headers={k.lower(): v[:1000] for k, v in answer.headers.items() if k.lower() != "set-cookie"},
            )
            if location is None and not unchanged:
                body = await bodies.read(
                    answer.aiter_raw(),
                    coding=answer.headers.get("content-encoding", ""),
                    length=answer.headers.get("content-length", ""),
                    limit=self._limit,
                )
                fetched = replace(fetched, body=body)
        except Fault as fault:
            raise Fault(fault.kind, f"{fault.message}（{url.host}）", evidence=fault.evidence) from fault
        finally:
            await answer.aclose()
        return fetched, location

