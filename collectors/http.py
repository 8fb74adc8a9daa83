"""The polite HTTP client that all collectors use."""

import asyncio
import re
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote_plus

import httpx

from collectors import bodies
from core import addresses
from core.faults import Fault, FaultKind
from core.records import Fetched

AGENT = "pulse-collector"
"""The name by which a site's robots.txt may address us."""
MAX_REDIRECTS = 5
TRIED_ADDRESSES = 3
"""Addresses of one host tried in turn when connections are refused."""
LONG_WAIT = 3600
"""A Retry-After beyond this many seconds is a spent quota rather than a hiccup."""
REMEMBERED_HOSTS = 4096
AT_ONCE = 2
"""Requests to one host at the same time."""
TRIPS = 5
"""Failures of a host in a row (no answer, or a server's error) that open its circuit."""
FIRST_REST = 60.0
LONGEST_REST = 3600.0
"""Seconds that a host with an open circuit is left alone: doubled at each further failure."""

_SECRET = re.compile(
    r"(?:^|[^a-z])(?:(?:app|api|access|secret|private)?key|(?:\w*_)?(?:token|secret|sign|signature|password|passwd|pwd)"
    r"|auth|authorization|code|ticket|session|session_?id|sid|cookie|credentials?)$|(?:token|secret|signature|password|appkey|apikey)$",
    re.IGNORECASE,
)


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


def _rest_words(seconds: float) -> str:
    return f"，{seconds / 60:.0f} 分钟后再试" if seconds >= 120 else f"，{seconds:.0f} 秒后再试"


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
    """One host's pacing: when the next request may start, how many run, and until when it is to be left alone."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.next_at = 0.0
        self.closed_until = 0.0
        self.failures = 0
        self.running = 0

    @property
    def idle(self) -> bool:
        return not self.running and not self.failures


@dataclass(frozen=True, slots=True)
class Closed:
    """A host that is left alone until `until` (aware UTC), after `failures` in a row; `why` in Chinese."""

    host: str
    until: datetime
    failures: int
    why: str


class Http:
    """A polite HTTP client for collectors; use as an async context manager, one per event loop.

    `timeout`: seconds for each wait (name, connection, bytes); `deadline`: seconds for one whole answer (a redirect
    is an answer), pacing not counted. `pace_seconds`: least time between two requests to one host; 0 switches
    politeness off (a laboratory of one's own). `private_hosts`: comma-separated hosts, addresses or networks inside
    the private range that may be asked; `*` for all. Proxies of the environment are not used; `proxy` names one on
    purpose ("http://proxy:3128"), which then resolves the names, so that only literal private addresses are refused.
    `concurrency` bounds the requests under way; a host never has more than AT_ONCE of them, so that a slow one can't
    take the places of others. `closed`: hosts to be left alone, as an earlier client told `on_closed`, which is called
    when a host's circuit opens, and with None for `why` and failures 0 when it is whole again.
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
        proxy: str = "",
        concurrency: int = 64,
        closed: tuple[Closed, ...] = (),
        on_closed: Callable[[Closed], None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._timeout = timeout
        self._deadline = deadline
        self._limit = max_body_bytes
        self._allowed = addresses.parse_allowed(private_hosts)
        self._pace = pace_seconds
        shown = re.sub(r"[^\x21-\x7e]+", " ", contact).strip(" ()")
        self._agent = f"{AGENT}/1.0{f' (+{shown})' if shown else ''}"
        self._hosts: OrderedDict[str, _Turnstile] = OrderedDict()
        # A bare transport: no cookie jar, no redirects, no proxies behind our back; a connection serves one request,
        # since the pool would file connections under the address and not under the name that the certificate is for.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._proxied = bool(proxy)
        self._transport = httpx.AsyncHTTPTransport(limits=limits, trust_env=False, proxy=proxy or None)
        self._gate = asyncio.Semaphore(concurrency)
        self._closed_before = {c.host: c for c in closed}
        self._on_closed = on_closed
        self._clock = clock

    @property
    def deadline(self) -> float:
        """Seconds for one whole answer."""
        return self._deadline

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
        pace: float | None = None,
        onwards: Callable[[str], Awaitable[None]] | None = None,
    ) -> Fetched:
        """Fetch an address; `now` becomes `fetched_at`, `etag` and `last_modified` make the request conditional.

        `headers` are sent to the address's own origin only, never to where a redirect leads. `pace`: seconds that the
        host wants between two requests, where that is more than the client's own. `onwards` is asked for leave before a
        redirect is followed to another address (it raises Fault to refuse). An answer 304 gives
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
            own = (target.scheme, target.host, target.port) == (origin.scheme, origin.host, origin.port)
            sent = {**conditional, **(headers or {} if own else {})}
            wait = max(pace, self._pace) if pace else None
            fetched, location = await self._hop("GET", target, redact(url), sent, b"", now, wait)
            if location is None:
                if fetched.status == 304 and conditional:
                    return fetched
                return self.judge(fetched, now)
            try:
                target = target.join(location).copy_with(fragment=None)
            except (httpx.InvalidURL, ValueError) as error:
                raise Fault("STOP", "对方跳转到一个不正确的网址", evidence=fetched) from error
            if onwards is not None:
                await onwards(str(target))
        raise Fault("STOP", f"跳转超过 {MAX_REDIRECTS} 次，已放弃", evidence=fetched)

    async def ask(
        self,
        method: str,
        url: str,
        *,
        now: datetime,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        pace: float | None = None,
        context: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Call an interface: no redirects, and every answer is given back whatever its status, since interfaces say
        in the body of a 400 what is wrong; `judge` it after its own error codes were looked at.

        The body is one of `json`, `form` and `content`. `pace` overrides the client's for this host; `context` becomes
        the answer's. The request's body is not kept. Raises Fault where no answer came.
        """
        try:
            made = httpx.Request(
                method, url, params=dict(params) if params else None, json=json, data=dict(form) if form else None,
                content=content or None,
            )
        except httpx.InvalidURL as error:
            raise fault_of_error(error, "") from error
        sent = {name: value for name, value in made.headers.items() if name in ("content-type",)} | dict(headers or {})
        shown = redact(str(made.url)) if method == "GET" else f"{method} {redact(str(made.url))}"
        fetched, location = await self._hop(method, made.url, shown, sent, made.read(), now, pace)
        if location is not None:
            raise Fault("STOP", "接口把请求转到了别的网址，已停止以免泄露凭据", evidence=fetched)
        return replace(fetched, context=dict(context or {}))

    def judge(self, fetched: Fetched, now: datetime) -> Fetched:
        """The answer itself if its status is a success. Raises the Fault that its status means otherwise."""
        if 200 <= fetched.status < 300:
            return fetched
        wait = retry_after(fetched.headers.get("retry-after", ""), now)
        fault = fault_of_status(fetched.status, wait, fetched)
        if fetched.status == 429 and wait and self._pace:
            host = httpx.URL(fetched.url).host
            turnstile = self._turnstile(host)
            turnstile.closed_until = asyncio.get_running_loop().time() + wait
            until = self._clock() + timedelta(seconds=wait)
            self._on_closed(Closed(host, until, max(turnstile.failures, 1), "对方要求暂缓访问（HTTP 429）"))
        raise fault

    def _turnstile(self, host: str) -> _Turnstile:
        found = self._hosts.get(host)
        if found is None:
            found = self._hosts[host] = _Turnstile()
            if before := self._closed_before.pop(host, None):
                rest = (before.until - self._clock()).total_seconds()
                found.closed_until = asyncio.get_running_loop().time() + rest
                found.failures = before.failures
        self._hosts.move_to_end(host)
        if len(self._hosts) > REMEMBERED_HOSTS:
            oldest = next((name for name, seen in self._hosts.items() if seen.idle), None)
            if oldest is not None and oldest != host:
                del self._hosts[oldest]
        return found

    @asynccontextmanager
    async def _turn(self, host: str, pace: float | None) -> AsyncIterator[_Turnstile]:
        """This host's turn and a place among the requests under way. Raises Fault while it is to be left alone."""
        clock = asyncio.get_running_loop().time
        turnstile = self._turnstile(host)
        turnstile.running += 1
        try:
            async with turnstile.slots:
                async with turnstile.lock:
                    rest = turnstile.closed_until - clock()
                    if rest > 0:
                        kind: FaultKind = "QUOTA" if rest > LONG_WAIT else "RETRY"
                        raise Fault(kind, f"该网站暂缓访问（{host}）{_rest_words(rest)}", retry_after=rest)
                    if self._pace:
                        await asyncio.sleep(max(turnstile.next_at - clock(), 0))
                        turnstile.next_at = clock() + (self._pace if pace is None else pace)
                async with self._gate:
                    yield turnstile
        finally:
            turnstile.running -= 1

    def _failed(self, host: str, turnstile: _Turnstile, why: str) -> None:
        """Count a failure of the host; enough in a row open its circuit."""
        turnstile.failures += 1
        if turnstile.failures < TRIPS or not self._pace:
            return
        rest = min(FIRST_REST * 2 ** min(turnstile.failures - TRIPS, 10), LONGEST_REST)
        turnstile.closed_until = asyncio.get_running_loop().time() + rest
        self._on_closed(Closed(host, self._clock() + timedelta(seconds=rest), turnstile.failures, why))

    def _answered(self, host: str, turnstile: _Turnstile) -> None:
        if turnstile.failures >= TRIPS and self._pace:
            self._on_closed(Closed(host, self._clock(), 0, ""))
        turnstile.failures = 0

    async def _hop(
        self,
        method: str,
        url: httpx.URL,
        request: str,
        headers: Mapping[str, str],
        content: bytes,
        now: datetime,
        pace: float | None,
    ) -> tuple[Fetched, str | None]:
        """One request without redirects: the answer, and where it points if it is a redirect."""
        if url.scheme not in ("http", "https") or not url.host:
            raise Fault("STOP", "网址不正确，只支持 http:// 和 https:// 开头的地址")
        host = url.host
        async with self._turn(host, pace) as turnstile:
            try:
                async with asyncio.timeout(self._deadline):
                    port = url.port or (443 if url.scheme == "https" else 80)
                    if self._proxied:
                        addresses.refuse_literal(host, self._allowed)
                        found = [host]
                    else:
                        found = await addresses.resolve(host, port, self._allowed, self._timeout)
                    made = (method, url, request, headers, content, now)
                    fetched, location = await self._ask(made, found[:TRIED_ADDRESSES])
            except TimeoutError:
                words = f"{self._deadline:g} 秒内没有取完，已放弃（{host}）"
                self._failed(host, turnstile, words)
                raise Fault("RETRY", words) from None
            except Fault as fault:
                if fault.kind == "RETRY":
                    self._failed(host, turnstile, fault.message)
                raise
            if fetched.status >= 500:
                self._failed(host, turnstile, f"对方服务器出错（HTTP {fetched.status}）")
            else:
                self._answered(host, turnstile)
            return fetched, location

    async def _ask(self, made: tuple, found: list[str]) -> tuple[Fetched, str | None]:
        host = made[1].host
        for address in found[:-1]:
            try:
                return await self._send(*made, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError as error:
                raise fault_of_error(error, host) from error
        try:
            return await self._send(*made, found[-1])
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise fault_of_error(error, host) from error

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        request: str,
        headers: Mapping[str, str],
        content: bytes,
        now: datetime,
        address: str,
    ) -> tuple[Fetched, str | None]:
        asked = httpx.Request(
            method,
            url.copy_with(host=address, username=None, password=None),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": self._agent,
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
                "Connection": "close",
                **headers,
            },
            content=content or None,
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

