"""robots.txt (RFC 9309): what a site lets a collector read, asked once per host and day.

It holds for pages that we found by ourselves: list pages, sitemaps, articles. Not for official interfaces, which a
contract governs, nor for feeds and RSSHub, which are published to be fetched by programs.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit
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
"""Hosts whose rules are kept in mind, and twice as many addresses with what was said of them."""
LONG = 10_000
"""Characters of a file from which on it is read and asked aside, since that takes its time."""
TRIED = 50
"""Rules that are tried to name the one that forbids an address."""
_AGENT = re.compile(r"user[- ]?agent(?:\s*:|\s)\s*(.*)", re.IGNORECASE)
_EVERYWHERE = re.compile(r"(?:site-?maps?|host)(?:\s*:|\s)", re.IGNORECASE)
T = TypeVar("T")


@dataclass(slots=True)
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    day: date = date.min
    text: str = ""
    rules: Protego | None = None


@dataclass(slots=True)
class _Mind:
    """What is known of hosts, and of addresses: the rule that forbids one, or that none does (empty)."""

    hosts: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    verdicts: OrderedDict[tuple[str, date], str] = field(default_factory=OrderedDict)


_minds: WeakKeyDictionary[Http, _Mind] = WeakKeyDictionary()


async def permit(http: Http, url: str, now: datetime) -> float | None:
    """Leave to fetch an address: the seconds to keep between requests where the site asks for them, else None.

    Raises Fault: STOP where the site forbids it, RETRY where its rules can't be read just now.
    """
    kept = await _rules(http, url, now)
    if kept.rules is None:
        return None
    if rule := await _verdict(http, kept, url):
        path = urlsplit(url).path[:80]
        raise Fault(
            "STOP", f"该网站的 robots.txt 不允许采集 {path}（规则 {rule}），已停止；"
            "请改用它允许的栏目、订阅或授权接口，或与网站商定后由其放行"
        )
    delay = kept.rules.crawl_delay(AGENT)
    return min(delay, MAX_DELAY) if delay and delay > 0 else None


async def _verdict(http: Http, kept: _Kept, url: str) -> str:
    """The rule that forbids an address, empty where it is allowed; found once a day for each address."""
    verdicts, key = _minds[http].verdicts, (url, kept.day)
    if key not in verdicts:
        verdicts[key] = await _worked(len(kept.text), _forbidding, kept.rules, kept.text, url)
    verdicts.move_to_end(key)
    if len(verdicts) > 2 * REMEMBERED:
        verdicts.popitem(last=False)
    return verdicts[key]


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
    hosts = _minds.setdefault(http, _Mind()).hosts
    kept = hosts.setdefault(origin, _Kept())
    hosts.move_to_end(origin)
    if len(hosts) > REMEMBERED:
        hosts.popitem(last=False)
    today = clock.day_of(now)
    async with kept.lock:
        if kept.day < today:  # a run that began yesterday may still be at work
            body, media_type = await _fetched(http, f"{origin}/robots.txt", now)
            kept.text, kept.rules = await _worked(len(body), _read, body[:MAX_BYTES], media_type)
            kept.day = today
    return kept


async def _worked(size: int, work: Callable[..., T], *args: Any) -> T:
    """`work(…)`, aside where there is much to do."""
    return await hypertext.aside(work, *args) if size > LONG else work(*args)


def _read(body: bytes, media_type: str) -> tuple[str, Protego | None]:
    """The lines of a file that concern us, and the rules that they are; None for none."""
    text = _ours(plain.decode(body, media_type)[0])
    return text, Protego.parse(text) if text else None


def _ours(text: str) -> str:
    """The lines of a file that hold for us: those for the agent that names us best, else those for all; and sitemaps.
    Left to itself, a parser would note each of 20,000 rules for each of 20,000 agents."""
    groups: dict[str, list[str]] = {}
    ours: set[str] = set()
    heading, everywhere = False, []
    for line in text.splitlines():
        said = line.partition("#")[0].strip()
        if found := _AGENT.match(said):
            name = found[1].strip().lower().replace("*", "")
            ours, heading = ours if heading else set(), True
            if AGENT.startswith(name) and found[1].strip():
                ours.add(name)
                groups.setdefault(name, [])
        elif _EVERYWHERE.match(said):
            everywhere.append(said)
        elif said:
            heading = False
            for name in ours:
                groups[name].append(said)
    best = max(groups, key=len, default=None)
    return "\n".join([*everywhere, *(["User-agent: *", *groups[best]] if best is not None else [])])


async def _fetched(http: Http, url: str, now: datetime) -> tuple[bytes, str]:
    """The file; nothing where the site has none, or redirects in circles: it then allows everything (RFC 9309,
    2.3.1.2 and 2.3.1.3)."""
    try:
        fetched = await http.get(url, now=now)
    except Fault as fault:
        status = fault.evidence.status if isinstance(fault.evidence, Fetched) else 0
        if 300 <= status < 500 and status not in (304, 429):
            return b"", ""
        raise Fault(
            fault.kind, f"读取网站的 robots.txt 时：{fault.message}", retry_after=fault.retry_after,
            evidence=fault.evidence,
        ) from fault
    return fetched.body, fetched.media_type


def _forbidding(rules: Protego, text: str, url: str) -> str:
    """The line that forbids an address, for people to read; empty where it is allowed."""
    if rules.can_fetch(url, AGENT):
        return ""
    path = unquote(urlsplit(url).path)
    said = (line.partition(":") for line in text.splitlines())
    values = {value.strip() for name, _, value in said if name.strip().lower() == "disallow"}
    near = [value for value in values if path.startswith(unquote(re.split(r"[*$?]", value)[0]))]
    for value in sorted(near, key=lambda value: ("*" not in value, len(value)), reverse=True)[:TRIED]:
        if value and not Protego.parse(f"User-agent: *\nDisallow: {value}").can_fetch(url, AGENT):
            return f"Disallow: {one_line(value)[:80]}"
    return "Disallow"
