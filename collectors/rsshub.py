"""Routes of a self-hosted RSSHub: feeds of sites that publish none.

The access key never travels: `code` is the MD5 of the route's path and the key (RSSHub documentation, 部署 › 访问控制).
A route that fails answers 503 with a web page that says why; /healthz tells a broken route from a service that is down.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from collectors import feed, plain
from collectors.base import Collector, Desk, Field
from collectors.http import Http
from core.faults import Fault
from core.records import Fetched, SourceSpec

_ACCEPT = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.1"}
_OURS = ("key", "code", "format")
"""Parameters that are not a person's to choose: the key is the credential's, and RSS is what is read."""


def address(source: SourceSpec, key: str = "") -> str:
    """The address to ask: the base with the option `route` (or the whole address as the source's own), the `params`,
    and the code that the key makes. Raises Fault STOP without a route."""
    base, _, own = source.url.partition("?")
    route = str(source.config.get("route") or "").strip()
    if "://" in route:
        route = urlsplit(route).path
    route, _, more = route.partition("?")
    mount = urlsplit(base).path.rstrip("/")
    path = quote(unquote(f"/{route.strip('/')}"), safe="/:@!$&'()*+,;=~-._") if route.strip("/") else mount
    if not path.strip("/"):
        raise Fault("STOP", "没有填写 RSSHub 路由，请在选项“路由”中填写，如 /thepaper/featured")
    chosen = "&".join(filter(None, (own, more, str(source.config.get("params") or "").strip().lstrip("?&"))))
    params = [(n, v) for n, v in parse_qsl(chosen, keep_blank_values=True, max_num_fields=50) if n not in _OURS]
    if key:
        params.append(("code", code(path, key)))
    query = f"?{urlencode(params)}" if params else ""
    return f"{base.rstrip('/')}{path if route.strip('/') else ''}{query}"


def code(path: str, key: str) -> str:
    """The proof of an access key for one route."""
    return hashlib.md5(f"{unquote(path)}{key}".encode(), usedforsecurity=False).hexdigest()


async def fetch(source: SourceSpec, http: Http, now: datetime, key: str = "") -> Fetched:
    """Ask for the route. Raises Fault with what RSSHub's error page says."""
    url = address(source, key)
    try:
        return await http.get(url, now=now, etag=source.etag, last_modified=source.last_modified, headers=_ACCEPT)
    except Fault as fault:
        page = fault.evidence
        if isinstance(page, Fetched) and page.status in (401, 403):
            words = "RSSHub 拒绝访问，访问密钥不对" if key else "RSSHub 拒绝访问，需要访问密钥，请添加凭据"
            raise Fault("REAUTH", words, evidence=page) from fault
        if isinstance(page, Fetched) and page.body:
            told = feed.rsshub_fault(plain.decode(page.body[: plain.MAX_MARKUP], page.media_type)[0])
            if told is not None:
                raise Fault(told.kind, told.message, retry_after=fault.retry_after, evidence=page) from fault
        raise


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The one answer of a route."""
    yield await fetch(source, desk.http, desk.now, desk.secrets.get("access_key", ""))


async def check(source: SourceSpec, desk: Desk) -> str:
    """The route; where it fails, /healthz says whether it is the route or the whole service."""
    unconditional = replace(source, etag="", last_modified="")
    try:
        fetched = await fetch(unconditional, desk.http, desk.now, desk.secrets.get("access_key", ""))
        batch = feed.parse(source, fetched)
    except Fault as fault:
        if fault.kind in ("REAUTH", "STOP"):
            raise
        state = await _health(source, desk)
        raise Fault(fault.kind, f"{fault.message}。{state}", evidence=fault.evidence) from fault
    first = next((entry.title for entry in (*batch.mentions, *batch.posts)), "")
    return f"连接正常，该路由有 {len(batch)} 条" + (f"，如“{first[:30]}”" if first else "")


async def _health(source: SourceSpec, desk: Desk) -> str:
    parts = urlsplit(source.url)
    mount = parts.path.rstrip("/") if source.config.get("route") else ""
    try:
        await desk.http.get(f"{parts.scheme}://{parts.netloc}{mount}/healthz", now=desk.now)
    except Fault as fault:
        return f"RSSHub 服务本身也没有正常回应（{fault.message}），请检查服务是否在运行"
    return "RSSHub 服务运行正常，是这个路由取不到内容"


RSSHUB = Collector(
    "rsshub", "RSSHub 路由", 1_800, collect, feed.parse, alone=True, check=check,
    secrets=(Field("access_key", "访问密钥", "自建 RSSHub 的 ACCESS_KEY；服务没有设置密钥时不需要凭据", required=False,
                   secret=True),),
    options=(
        Field("route", "路由", "如 /thepaper/featured；地址填自建服务的根地址"),
        Field("params", "路由参数", "如 filter_title=本区&limit=50，参见 RSSHub 文档的通用参数", required=False),
    ),
    help="建议自建 RSSHub：公共服务常限流。地址在内网时，须由管理员列入允许名单（PULSE_ALLOW_PRIVATE_HOSTS）。",
)
