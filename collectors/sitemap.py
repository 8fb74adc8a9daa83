"""Sitemaps (sitemaps.org protocol 0.9) and news sitemaps: what a site says is new, and the articles themselves.

An index leads to maps, a map to addresses; what lies within the days asked for and is not known is read as an article
(its meta tags give title, date and source), unless a news sitemap gives title and date itself.
"""

import re
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from collectors import articles, attempts, bodies, dates, hypertext, plain, robots
from collectors.articles import Entry
from collectors.base import Collector, Desk, Field
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec, one_line

MAX_BYTES = 60_000_000
"""A map, decompressed; the protocol allows 50 MB."""
MAX_URLS = 50_000
MAX_MAPS = 50
"""Maps of an index that are read in one round, the newest first."""
MAX_ARTICLES = 200
"""Addresses of one map that are followed in one round, the newest first."""
DAYS = 3
_WANTED = {"loc", "lastmod", "title", "publication_date"}


@dataclass(frozen=True, slots=True)
class Line:
    """One <url> or <sitemap>: `title` and `at` as a news sitemap states them, `changed` is lastmod."""

    url: str
    title: str = ""
    at: datetime | None = None
    changed: datetime | None = None
    number: int = 0

    @property
    def when(self) -> datetime | None:
        """The latest that it can have been published, as far as is known."""
        day = dates.in_address(self.url)
        return self.at or (day + timedelta(days=1) if day else self.changed)


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The maps one by one, then the articles that wait. A map that can't be read is left out of the round, and read in
    the next one."""
    first = {"from": desk.now.isoformat(), "maps": [], "seen": [], "read": 0, "queue": []}
    place: dict[str, Any] = first | dict(desk.cursor)
    if not place["maps"]:
        place = place | {"maps": await _begin(source, desk)}
    failures = 0
    while place["maps"]:
        try:
            fetched, place = await _map(source, desk, place)
            failures = 0
        except Fault as fault:
            url, *maps = place["maps"]
            if attempts.of_the_site(fault) or not (maps or place["read"]):
                raise
            last, failures = fault, failures + (fault.kind != "GONE")
            fetched = attempts.failed(fault, url, desk.now)
            place = place | {"maps": maps, "seen": [*place["seen"], url]}
        yield replace(fetched, cursor=_cursor(place))
        if failures == attempts.IN_A_ROW:
            raise Fault("RETRY", f"接连 {failures} 个网站地图没有读取，稍后接着读：{last.message}")
    async for fetched in articles.texts(source, desk, place):
        yield replace(fetched, cursor=_cursor(place))


def _cursor(place: dict[str, Any]) -> dict[str, Any]:
    return dict(place) if place["maps"] else {"queue": place["queue"]} if place["queue"] else {}


async def _begin(source: SourceSpec, desk: Desk) -> list[str]:
    """The address of the source; a bare site's maps are those that its robots.txt names."""
    if urlsplit(source.url).path.strip("/"):
        return [source.url]
    named = [url for url in await robots.sitemaps(desk.http, source.url, desk.now) if _ours(url, source)]
    return named[:MAX_MAPS] or [source.url.rstrip("/") + "/sitemap.xml"]


def _ours(url: str, source: SourceSpec) -> bool:
    return bool(hypertext.absolute(url, source.url)) and hypertext.same_site(url, source.url)


async def _map(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> tuple[Fetched, dict[str, Any]]:
    """One map, and where to go on behind it."""
    url, *maps = place["maps"]
    fetched = await robots.get(desk.http, url, desk.now)
    since = datetime.fromisoformat(place["from"]) - timedelta(days=_days(source))
    kind, lines, _ = await hypertext.aside(read, fetched)
    seen, notice = [*place["seen"], url], ""
    context = {"call": "map", "since": since.isoformat(), "lines": ""}
    fresh: list[Entry] = []
    if kind == "sitemapindex":
        maps, notice = _inner(lines, since, maps, seen, source)
    else:
        entries = await hypertext.aside(chosen, source, lines, since, fetched.fetched_at)
        known = await desk.known([entry.id for entry in entries])
        waits = articles.waits(place)
        room = 0 if attempts.full(place) else MAX_ARTICLES
        fresh = [entry for entry in entries if entry.id not in known and entry.id not in waits][:room]
        context["lines"] = "\n".join(entry.id for entry in fresh if entry.title)
    ahead = place | {"maps": maps, "seen": seen, "read": place["read"] + 1}
    always = bool(source.config.get("article"))
    attempts.queue(ahead, [entry.kept() for entry in fresh if always or not entry.title])
    context |= {"notice": notice} if notice else {}
    return replace(fetched, etag="", last_modified="", context=context), ahead


def _inner(
    lines: list[Line], since: datetime, maps: list[str], seen: list[str], source: SourceSpec
) -> tuple[list[str], str]:
    """The maps still to be read when an index has been: those that changed since, the newest first; then, of those
    without a date, the first and the last ones by turns, since nothing says where an index puts what is new. And what
    is to be said of those that are left out."""
    there = {*seen, *maps}
    dated = sorted((line for line in lines if line.changed and line.changed >= since), key=_changed, reverse=True)
    undated = [line for line in lines if line.changed is None]
    turns = [line for pair in zip(undated, reversed(undated), strict=True) for line in pair]
    named = [url for url in dict.fromkeys(line.url for line in (*dated, *turns)) if url not in there]
    room, found = max(MAX_MAPS - len(seen) - len(maps), 0), []
    for number, url in enumerate(named):
        if len(found) >= room:
            notice = f"网站地图过多，本次只读 {MAX_MAPS} 个，另有 {len(named) - number} 个没有读取"
            return [*maps, *found], notice
        if _ours(url, source):
            found.append(url)
    return [*maps, *found], ""


def _changed(line: Line) -> datetime:
    return line.changed


def _days(source: SourceSpec) -> int:
    said = str(source.config.get("days") or DAYS).strip()
    if not said.isdecimal() or not 1 <= int(said) <= 366:
        raise Fault("STOP", f"“只取最近几天”应是 1 到 366 的整数，现在是“{said[:20]}”")
    return int(said)


def chosen(source: SourceSpec, lines: list[Line], since: datetime, now: datetime) -> list[Entry]:
    """The addresses that a source wants, the newest first, those without any date last; each once."""
    try:
        pattern = re.compile(str(source.config.get("include") or ""))
    except re.error:
        raise Fault("STOP", f"“网址须符合”不是正确的正则表达式：{str(source.config['include'])[:80]}") from None
    found: dict[str, tuple[datetime | None, Entry]] = {}
    for line in lines:
        when = line.when
        if not pattern.search(line.url) or (when is not None and when < since) or not _ours(line.url, source):
            continue
        published = line.at or dates.in_address(line.url)
        name = articles.named(hypertext.absolute(line.url, source.url))
        entry = Entry(name, line.title, line.url, published, locator=f"url[{line.number}]")
        found.setdefault(name, (when if when is None or when <= now else now, entry))
    dated = sorted((pair for pair in found.values() if pair[0] is not None), key=lambda pair: pair[0], reverse=True)
    return [entry for _, entry in (*dated, *(pair for pair in found.values() if pair[0] is None))]


# --- Reading maps ---------------------------------------------------------------------------------------------------


def _text(fetched: Fetched) -> str:
    body = fetched.body
    if not body.strip():
        raise Fault("RETRY", "网站地图返回内容为空", evidence=fetched)
    if body.startswith(b"\x1f\x8b"):
        inflater = bodies.Inflater("gzip")
        try:
            body = inflater.feed(body, MAX_BYTES)
        except zlib.error:
            raise Fault("RETRY", "网站地图的压缩数据已损坏", evidence=fetched) from None
        if len(body) <= MAX_BYTES and not inflater.complete:
            raise Fault("RETRY", "网站地图的压缩数据不完整，传输可能中断", evidence=fetched)
    if len(body) > MAX_BYTES:
        raise Fault("STOP", f"网站地图超过 {MAX_BYTES // 1_000_000} MB，已拒绝读取", evidence=fetched)
    return plain.decode(body, fetched.media_type)[0]


def read(fetched: Fetched) -> tuple[str, list[Line], str]:
    """The root element's name, the lines, and a note in Chinese. Raises Fault for what is no sitemap, for a DOCTYPE
    (nothing is ever expanded or looked up), and for half a document."""
    text = _text(fetched).lstrip()
    head = text[:2_000].lower()
    if text and not text.startswith("<"):
        return _plain_list(text, fetched)
    if "<html" in head or head.startswith("<!doctype html"):
        raise Fault("RETRY", "返回的是网页而不是网站地图，请检查网址或是否被拦截", evidence=fetched)
    reader = _Reader()
    try:
        reader.run(re.sub(r"^<\?xml[^>]{0,200}\?>", "", text))
    except expat.ExpatError as error:
        raise Fault("RETRY", "网站地图不是完整的 XML，可能传输中断", evidence=fetched) from error
    if reader.root not in ("urlset", "sitemapindex"):
        raise Fault("STOP", f"返回的 XML 不是网站地图（根元素 {reader.root[:40]}），请检查网址", evidence=fetched)
    note = f"网址过多，只取前 {MAX_URLS} 个" if reader.number > MAX_URLS else ""
    return reader.root, reader.lines, note


def _plain_list(text: str, fetched: Fetched) -> tuple[str, list[Line], str]:
    """A sitemap may also be a text file with an address on each line."""
    said_lines = text.split("\n", MAX_URLS)[:MAX_URLS]
    urls = [url for said in said_lines if said.strip() and (url := hypertext.absolute(said, ""))]
    if not text.startswith(("http://", "https://")) or not urls:
        raise Fault("RETRY", "返回的内容不是网站地图，请检查网址", evidence=fetched)
    return "urlset", [Line(url, number=number) for number, url in enumerate(urls, start=1)], ""


class _Reader:
    """A strict parser that keeps the few elements that count, whatever their prefixes."""

    def __init__(self) -> None:
        self.root, self.lines, self.number = "", [], 0
        self._fields: dict[str, str] = {}
        self._open, self._words, self._depth = "", [], 0

    def run(self, text: str) -> None:
        parser = expat.ParserCreate(encoding="utf-8")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.Parse(text.encode("utf-8", "ignore"), True)

    def _refuse(self, *_: object) -> None:
        raise Fault("STOP", "网站地图中含有 DOCTYPE 或实体声明，可能用于攻击，已拒绝读取")

    def _start(self, name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self._depth += 1
        if self._depth > 50:
            raise Fault("STOP", "网站地图嵌套超过 50 层，已拒绝读取")
        if local in ("url", "sitemap") and self._depth == 2:
            self._fields = {}
        # The loc of an image or a video inside <url> names that one, not the page.
        plain_loc = local != "loc" or self._depth == 3
        self._open, self._words = (local if local in _WANTED and plain_loc else ""), []

    def _data(self, words: str) -> None:
        if self._open and len(self._words) < 200:
            self._words.append(words)

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        self._depth -= 1
        if self._open == local:
            self._fields.setdefault(local, one_line("".join(self._words))[:2_000])
        self._open = ""
        if local in ("url", "sitemap") and self._depth == 1:
            self.number += 1
            url = hypertext.absolute(self._fields.get("loc", ""), "")
            if url and self.number <= MAX_URLS:
                fields = self._fields
                self.lines.append(Line(
                    url, fields.get("title", "") if "publication_date" in fields else "",
                    dates.from_text(fields.get("publication_date", "")), _latest(fields.get("lastmod", "")),
                    self.number,
                ))


def _latest(lastmod: str) -> datetime | None:
    """The latest instant that a lastmod may mean: a bare day's end."""
    at = dates.from_text(lastmod)
    return at + timedelta(days=1) if at and len(lastmod) <= len("2026-03-08") else at


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """What a map says of new articles by itself, or one article."""
    if fetched.context.get("call") == "article":
        return articles.parse(source, fetched)
    _, lines, note = read(fetched)
    batch = Batch(note=fetched.context.get("notice", "") or note)
    lines_of = set(filter(None, fetched.context.get("lines", "").split("\n")))
    if lines_of:
        since = datetime.fromisoformat(fetched.context["since"])
        for entry in chosen(source, lines, since, fetched.fetched_at):
            if entry.id in lines_of:
                articles.put(batch, fetched, entry)
    return batch


async def check(source: SourceSpec, desk: Desk) -> str:
    """The map that the source names."""
    since = desk.now - timedelta(days=_days(source))
    fetched = await robots.get(desk.http, (await _begin(source, desk))[0], desk.now)
    kind, lines, _ = await hypertext.aside(read, fetched)
    if kind == "sitemapindex":
        newer = sum(line.changed is None or line.changed >= since for line in lines)
        return f"连接正常，是网站地图索引，有 {len(lines)} 个地图，其中 {newer} 个在 {_days(source)} 天内更新过"
    found = chosen(source, lines, since, desk.now)
    return f"连接正常，网站地图有 {len(lines):,} 个网址，符合条件的 {len(found):,} 个"


SITEMAP = Collector(
    "sitemap", "网站地图", 7_200, collect, parse, account="none", holds=True, check=check,
    options=(
        Field("days", "只取最近几天", "1 到 366", required=False, default=str(DAYS)),
        Field("include", "网址须符合", "正则表达式，如 /20\\d\\d/\\d\\d/\\d\\d/；不填则全部", required=False),
        Field("article", "正文", "正文的选择器，写 * 按常见版式识别；不填时只读没有标题的文章", required=False),
        Field("encoding", "网页编码", "一般不填，自动识别", required=False),
        Field("unclosed", "网页没有结尾标签", "选“是”则不检查网页是否完整", required=False, default="0",
              choices=("0", "1")),
    ),
    help="地址填网站地图，或只填首页，由 robots.txt 找到地图。",
)
