"""List pages of sites without feeds, read by selectors; a JSON list that a page is filled from; new articles in full.

Newest first: page by page as long as a page brings something that is not known. An article's page is read for entries
that are new, one by one; the cursor holds the page that comes next and the articles still to be read.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urljoin

from selectolax.lexbor import LexborNode

from collectors import articles, attempts, dates, hypertext, plain, robots
from collectors.articles import Entry
from collectors.base import Collector, Desk, Field, read_json
from core.faults import Fault
from core.records import Batch, Fetched, Reject, SourceSpec, one_line

MAX_ENTRIES = 300
"""Entries of one page."""
MAX_PAGES = 50
MAX_MARKUP = 4_000_000
"""Characters of markup inside all the entries of a page together: selectors may well take blocks within blocks."""
USUAL = ("ul li, ol li", "table tr", "dl dd")
"""Lists of the usual kind, tried in turn where no selector was given: the first with linked, dated entries counts."""


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The list page by page, then the articles that wait."""
    place: dict[str, Any] = {"page": 1, "url": source.url, "queue": [], "deep": 0, **desk.cursor}
    while place["url"]:
        try:
            fetched, place = await _list(source, desk, place)
        except Fault as fault:
            if int(place["page"]) == 1 or attempts.of_the_site(fault):
                raise
            fetched, place = _page_failed(fault, place, desk)
        yield replace(fetched, cursor=_cursor(place))
    async for fetched in articles.texts(source, desk, place):
        yield replace(fetched, cursor=_cursor(place))


def _cursor(place: dict[str, Any]) -> dict[str, Any]:
    return dict(place) if place["url"] else {name: place[name] for name in ("queue", "deep") if place[name]}


def _page_failed(fault: Fault, place: dict[str, Any], desk: Desk) -> tuple[Fetched, dict[str, Any]]:
    """A page further down that can't be read ends the round; `deep` (how often that happened) has the next rounds go
    down the list, with or without anything new at its top."""
    deep = int(place["deep"]) + 1
    fetched = attempts.failed(fault, str(place["url"]), desk.now)
    return fetched, place | {"url": "", "deep": deep if deep < attempts.TRIES else 0}


async def _list(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> tuple[Fetched, dict[str, Any]]:
    """One list page, and where to go on behind it."""
    number, url = int(place["page"]), str(place["url"])
    ended = place | {"url": "", "deep": 0}
    try:
        fetched = await _fetch(source, desk, url)
    except Fault as fault:
        # Behind its last page a list that is counted up ends with "not found".
        if fault.kind == "GONE" and number > 1 and isinstance(fault.evidence, Fetched):
            return replace(fault.evidence, context={"call": "end"}), ended
        raise
    found, title, following = await hypertext.aside(_looked, source, fetched, number)
    if not found:
        if number > 1 and not articles.blocked(title):
            return replace(fetched, context={"call": "end"}), ended
        raise nothing(title, fetched)
    known = await desk.known([entry.id for entry in found])
    fresh = [entry for entry in found if entry.id not in known]
    if not (fresh or place["deep"]) or number >= _pages(source) or following == url:
        following = ""
    ahead = place | {"page": number + 1, "url": following, "deep": place["deep"] if following else 0}
    if source.config.get("article"):
        attempts.queue(ahead, [entry.kept() for entry in fresh])
    if following and attempts.full(ahead):  # the rest of the list is left to the next rounds
        ahead |= {"url": "", "deep": 1}
    return replace(fetched, etag="", last_modified="", context={"call": "list", "page": str(number)}), ahead


async def _fetch(source: SourceSpec, desk: Desk, url: str) -> Fetched:
    fetched = await robots.get(desk.http, url, desk.now)
    if not fetched.body.strip():
        raise Fault("RETRY", "列表页返回内容为空", evidence=fetched)
    return fetched


def nothing(title: str, fetched: Fetched) -> Fault:
    """The fault of a page without a single entry."""
    named = f"（网页标题：{title[:40]}）" if title else ""
    if articles.blocked(title):
        return Fault("RETRY", f"列表页被拦截{named}，请稍后再试", evidence=fetched)
    return Fault(
        "RETRY", f"列表页没有找到条目{named}：网页可能改版、由脚本填充或被拦截，请用“识别列表”重新设置选择器",
        evidence=fetched,
    )


def _pages(source: SourceSpec) -> int:
    said = str(source.config.get("pages") or "") or ("3" if source.config.get("next") else "1")
    if not said.isdecimal() or not 1 <= int(said) <= MAX_PAGES:
        raise Fault("STOP", f"“最多几页”应是 1 到 {MAX_PAGES} 的整数，现在是“{said[:20]}”")
    return int(said)


# --- Reading pages --------------------------------------------------------------------------------------------------


def _option(source: SourceSpec, name: str) -> str:
    return str(source.config.get(name) or "").strip()


def _looked(source: SourceSpec, fetched: Fetched, number: int) -> tuple[list[Entry], str, str]:
    """The entries of a list page, its title, and the address of the next one (empty: none)."""
    step = _option(source, "next")
    template = step if "{page" in step else ""
    following = urljoin(source.url, template.replace("{page-1}", str(number)).replace("{page}", str(number + 1)))
    if _option(source, "json"):
        return json_entries(source, fetched, Batch()), "", hypertext.absolute(following, source.url) if template else ""
    text = hypertext.decode(fetched.body, fetched.media_type, _option(source, "encoding"))
    if not articles.is_whole(source, text):
        raise Fault("RETRY", articles.BROKEN, evidence=fetched)
    page = hypertext.tree(text)
    if not template and step:
        node = next(iter(hypertext.select(page, step, "下一页")), None)
        href = (node.attributes.get("href") or "") if node is not None else ""
        usable = href and not href.startswith("#")
        following = hypertext.absolute(href, hypertext.base_of(page, fetched.url)) if usable else ""
    elif not template:
        following = ""
    if following and not hypertext.same_site(following, source.url):
        following = ""
    found = entries(source, page, fetched, Batch())
    return found, hypertext.title_of(page), hypertext.absolute(following, source.url) if following else ""


def entries(source: SourceSpec, page: Any, fetched: Fetched, batch: Batch) -> list[Entry]:
    """The entries of a list page, each once; what can't be one is set aside in the batch."""
    base = hypertext.base_of(page, fetched.url or source.url)
    chosen = _option(source, "list")
    if chosen:
        return _read(source, hypertext.select(page, chosen, "条目"), base, fetched.fetched_at, batch)
    for usual in USUAL:
        trial = Batch()
        found = [e for e in _read(source, page.css(usual), base, fetched.fetched_at, trial) if e.at is not None]
        if len(found) >= 3:
            return found
    return []


def _read(source: SourceSpec, nodes: list[LexborNode], base: str, now: datetime, batch: Batch) -> list[Entry]:
    found: dict[str, Entry] = {}
    room = MAX_MARKUP
    for number, node in enumerate(nodes, start=1):
        room -= len(node.html or "")
        if room < 0 or len(found) >= MAX_ENTRIES:
            batch.note = f"条目过多，只取前 {len(found)} 条"
            break
        entry = _entry(source, node, base, now, f"{_option(source, 'list') or 'li'}[{number}]", batch)
        if entry is not None:
            found.setdefault(entry.id, entry)
    return list(found.values())


def _entry(
    source: SourceSpec, node: LexborNode, base: str, now: datetime, locator: str, batch: Batch
) -> Entry | None:
    """One entry; None for what is only decoration (no link and no date), or is set aside."""
    link = _link(node, _option(source, "link"))
    if link is None:
        return None
    url = hypertext.absolute(link.attributes.get("href") or "", base)
    title = _title(node, link, _option(source, "title"))
    printed, at = _date(node, link, _option(source, "date"), now)
    if not url:
        if printed and title:
            href = one_line(link.attributes.get("href") or "")[:200]
            batch.rejects.append(Reject(locator, "url", "链接不是 http:// 或 https:// 开头的网址", f"{title} {href}"))
        return None
    return Entry(articles.named(url), title, url, at or dates.in_address(url), printed, locator)


def _link(node: LexborNode, selector: str) -> LexborNode | None:
    """The link of an entry: by its selector, else the one with the most text."""
    if selector:
        found = next(iter(hypertext.select(node, selector, "链接")), None)
        return found if found is None or found.tag == "a" else found.css_first("a[href]")
    if node.tag == "a" and node.attributes.get("href"):
        return node
    return max(node.css("a[href]")[:20], key=lambda a: len(a.text() or a.attributes.get("title") or ""), default=None)


def _title(node: LexborNode, link: LexborNode, selector: str) -> str:
    if selector:
        found = next(iter(hypertext.select(node, selector, "标题")), None)
        if found is not None:
            return articles.whole_title(hypertext.line(found), one_line(found.attributes.get("title") or ""))
    return articles.whole_title(hypertext.line(link), one_line(link.attributes.get("title") or ""))


def _date(node: LexborNode, link: LexborNode, selector: str, now: datetime) -> tuple[str, datetime | None]:
    """The printed date and its instant: by its selector, else the short piece of text that is a date and nothing more,
    else one beside the link that holds one, a mere time of day last. A title may well speak of days that are not its
    own."""
    if selector:
        found = next(iter(hypertext.select(node, selector, "日期")), None)
        if found is None:
            return "", None
        printed = hypertext.line(found, 200)
        named = one_line(found.attributes.get("datetime") or found.attributes.get("title") or "")
        return printed, dates.on_page(printed, now) or dates.on_page(named, now)
    pieces = [piece for piece in hypertext.texts(node) if len(piece) <= 40][:40]
    titles = set(hypertext.texts(link))
    beside = [piece for piece in pieces if piece not in titles]
    own, some = [*filter(dates.only, pieces)], [piece for piece in beside if len(piece) <= 30]
    # A day and its month may stand in elements of their own.
    pairs = [f"{one} {two}" for one, two in pairwise(beside or pieces) if len(one) + len(two) <= 12]
    for least in (dates.DAY, dates.CLOCK):
        for said in (own, some, pairs):
            if found := dates.chosen(said, now, least):
                return found
    return "", None


def json_entries(source: SourceSpec, fetched: Fetched, batch: Batch) -> list[Entry]:
    """The entries of a JSON list: `json` is the way to it (`data.list`), `title`, `link` and `date` name fields; a link
    may be a template (`/detail.html?id={id}`)."""
    rows = _walk(read_json(fetched), _option(source, "json"))
    if not isinstance(rows, list):
        path = _option(source, "json")[:60]
        raise Fault("RETRY", f"返回的 JSON 中没有列表“{path}”，接口可能已变化", evidence=fetched)
    if len(rows) > MAX_ENTRIES:
        batch.note = f"条目过多，只取前 {MAX_ENTRIES} 条（共 {len(rows)} 条）"
    found: dict[str, Entry] = {}
    for number, row in enumerate(rows[:MAX_ENTRIES]):
        at = f"{_option(source, 'json')}[{number}]"
        title = one_line(plain.text_of(_said(row, _option(source, "title") or "title")))
        href = _filled(_option(source, "link") or "url", row)
        url = hypertext.absolute(href, fetched.url or source.url) if href else ""
        printed = _said(row, _option(source, "date") or "date")
        if not url or not title:
            batch.rejects.append(Reject(at, "title" if url else "url", "缺少标题或链接", one_line(str(row))[:300]))
            continue
        when = dates.of_field(printed, fetched.fetched_at)
        found.setdefault(articles.named(url), Entry(articles.named(url), title, url, when, printed, at))
    return list(found.values())


def _filled(link: str, row: Any) -> str:
    """A row's link: the field of that name, or the template with the row's fields."""
    if "{" not in link:
        return _said(row, link)
    return re.sub(r"\{([\w.]+)\}", lambda found: quote(_said(row, found[1]), safe=""), link)


def _walk(value: Any, path: str) -> Any:
    for step in filter(None, re.split(r"[.\[\]]+", "" if path in ("$", ".") else path)):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _said(row: Any, path: str) -> str:
    value = _walk(row, path)
    return one_line(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The entries of a list page, or one article."""
    call, batch = fetched.context.get("call", "list"), Batch()
    if call == "article":
        return articles.parse(source, fetched)
    if call == "end":
        return batch
    if _option(source, "json"):
        found = json_entries(source, fetched, batch)
    else:
        text = hypertext.decode(fetched.body, fetched.media_type, _option(source, "encoding"))
        page = hypertext.tree(text)
        found = entries(source, page, fetched, batch)
        if not found:
            raise nothing(hypertext.title_of(page), fetched)
    for entry in found:
        articles.put(batch, fetched, entry)
    return batch


async def check(source: SourceSpec, desk: Desk) -> str:
    """The first list page."""
    _pages(source)
    fetched = await _fetch(source, desk, source.url)
    found, title, following = await hypertext.aside(_looked, source, fetched, 1)
    if not found:
        raise nothing(title, fetched)
    undated = sum(entry.at is None for entry in found)
    words = f"连接正常，列表页有 {len(found)} 条，如“{found[0].title[:30]}”"
    words += f"；其中 {undated} 条没有读出日期" if undated else ""
    return words + ("；没有找到下一页" if _option(source, "next") and not following else "")


PAGE = Collector(
    "page", "网页列表", 3_600, collect, parse, account="none", holds=True, check=check,
    options=(
        Field("list", "条目", "每条信息外层元素的 CSS 选择器，如 ul.list > li；不填则按常见列表识别", required=False),
        Field("title", "标题", "相对于条目；不填取链接文字", required=False),
        Field("link", "链接", "相对于条目；不填取文字最长的链接", required=False),
        Field("date", "日期", "相对于条目；不填自动寻找", required=False),
        Field("next", "下一页", "“下一页”链接的选择器，或网址模板，如 index_{page}.html；第二页编号为 1 时写 {page-1}",
              required=False),
        Field("pages", "最多几页", f"1 到 {MAX_PAGES}；有下一页时默认 3", required=False),
        Field("article", "正文", "填写后读取每条新信息的文章页；正文的选择器，写 * 按常见版式识别", required=False),
        Field("encoding", "网页编码", "一般不填，自动识别", required=False),
        Field("json", "JSON 列表", "列表由脚本填充时：地址填数据接口，此处写列表的路径，如 data.list，其余各项写字段名",
              required=False),
        Field("unclosed", "网页没有结尾标签", "选“是”则不检查网页是否完整", required=False, default="0",
              choices=("0", "1")),
    ),
    help="用于没有订阅的网站栏目页。遵守对方的 robots.txt，每个网站每秒最多一次请求。",
)
