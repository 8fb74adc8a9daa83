"""robots.txt (RFC 9309): what a site lets a collector read, asked once per host and day.

It holds for pages that we found by ourselves: list pages, sitemaps, articles. Not for official interfaces, which a
contract governs, nor for feeds and RSSHub, which are published to be fetched by programs.
"""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from protego import Protego

from collectors import hypertext, plain
from collectors.http import AGENT, Http
from core import clock
from core.faults import Fault
from core.records import Fetched, one_line

MAX_BYTES = 512_000
"""How much of the file counts (RFC 9309, 2.5, asks for 500 KiB at least)."""
MAX_DELAY = 60.0
"""Seconds between two requests that a Crawl-delay can ask for."""
REMEMBERED = 2_048
"""Hosts whose rules are kept in mind."""


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    day: date | None = None
    text: str = ""
    rules: Protego | None = None


_minds: WeakKeyDictionary[Http, OrderedDict[str, _Kept]] = WeakKeyDictionary()


async def permit(http: Http, url: str, now: datetime) -> float | None:
    """Leave to fetch an address: the seconds to keep between requests where the site asks for them, else None.

    Raises Fault: STOP where the site forbids it, RETRY where its rules can't be read just now.
    """
    kept = await _rules(http, url, now)
    if kept.rules is None:
        return None
    if not kept.rules.can_fetch(url, AGENT):
        path = urlsplit(url).path[:80]
        raise Fault(
            "STOP", f"该网站的 robots.txt 不允许采集 {path}（规则 {_rule(kept.text, url)}），已停止；"
            "请改用它允许的栏目、订阅或授权接口，或与网站商定后由其放行"
        )
    delay = kept.rules.crawl_delay(AGENT)
    return min(delay, MAX_DELAY) if delay and delay > 0 else None


async def get(http: Http, url: str, now: datetime, *, within: str = "") -> Fetched:
    """Fetch an address as its site allows, and so do the addresses that it redirects to; with `within` they must belong
    to the site of that address. Raises Fault as `permit` and Http.get do, STOP for a redirect that leaves the site."""

    async def onwards(target: str) -> None:
        if within and not hypertext.same_site(target, within):
            raise Fault("STOP", f"网页跳转到其他网站（{urlsplit(target).hostname}），没有跟随")
        await permit(http, target, now)

    pace = await permit(http, url, now)
    return await http.get(url, now=now, pace=pace, onwards=onwards)


async def sitemaps(http: Http, url: str, now: datetime) -> list[str]:
    """The sitemaps that a site names in its robots.txt."""
    kept = await _rules(http, url, now)
    return [one_line(found) for found in kept.rules.sitemaps][:50] if kept.rules else []


async def _rules(http: Http, url: str, now: datetime) -> _Kept:
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    except ValueError:
        raise Fault("STOP", "网址不正确，只支持 http:// 和 https:// 开头的地址") from None
    mind = _minds.setdefault(http, OrderedDict())
    kept = mind.setdefault(origin, _Kept())
    mind.move_to_end(origin)
    if len(mind) > REMEMBERED:
        mind.popitem(last=False)
    today = clock.day_of(now)
    async with kept.lock:
        if kept.day != today:
            body, media_type = await _fetched(http, f"{origin}/robots.txt", now)
            kept.text = plain.decode(body[:MAX_BYTES], media_type)[0]
            kept.rules = Protego.parse(kept.text) if kept.text.strip() else None
            kept.day = today
    return kept


async def _fetched(http: Http, url: str, now: datetime) -> tuple[bytes, str]:
    """The file; nothing where the site has none: it then allows everything (RFC 9309, 2.3.1.3)."""
    try:
        fetched = await http.get(url, now=now)
    except Fault as fault:
        status = fault.evidence.status if isinstance(fault.evidence, Fetched) else 0
        if 400 <= status < 500 and status != 429:
            return b"", ""
        raise Fault(
            fault.kind, f"读取网站的 robots.txt 时：{fault.message}", retry_after=fault.retry_after,
            evidence=fault.evidence,
        ) from fault
    return fetched.body, fetched.media_type


def _rule(text: str, url: str) -> str:
    """The line that forbids an address, for people to read."""
    found, agents, open_ = "", [], False
    for said in text.splitlines()[:5_000]:
        name, _, value = (part.strip() for part in said.partition("#")[0].partition(":"))
        if re.fullmatch("user-?agent", name, re.IGNORECASE):
            agents = [*agents, value.lower()] if open_ else [value.lower()]
            open_ = True
            continue
        open_ = False
        ours = any(agent == "*" or (agent and agent in AGENT) for agent in agents)
        if ours and name.lower() == "disallow" and len(value) > len(found):
            alone = Protego.parse(f"User-agent: *\nDisallow: {value}")
            if not alone.can_fetch(url, AGENT):
                found = value
    return f"Disallow: {one_line(found)[:80]}" if found else "Disallow"
