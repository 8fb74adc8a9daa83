"""Proposals of selectors for a list page: repeated neighbours that hold a link each, and mostly a date.

Every proposal is read as the collector of list pages would read it, and judged by what comes out: many entries, dated,
with titles as long as headlines, leading to addresses of one kind. Pure, except for `look`.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from collectors import dates, hypertext, page, robots
from collectors.articles import Entry
from collectors.http import Http
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec, one_line

LEAST = 4
"""Entries that make a list."""
MAX_LINKS = 1_500
MAX_CANDIDATES = 40
MAX_WORK = 12_000_000
"""Characters of markup, of all candidates together, that are read to judge them."""
MAX_NAMES = 1_000
"""Characters of a class attribute that count, and at most its first 20 names."""
MAX_WORDS = 2_000
"""Characters of an element's text that are looked at."""
SHOWN = 3
SAMPLE = 5
_CLIMB = 6
_HASHED = re.compile(
    r"(?:css|sc|jsx|svelte|styles?|ng|data|v)-\w*\d|\d{3,}|[a-zA-Z]\d+[a-zA-Z]\d|__?[A-Za-z0-9]*\d\w*$|^[^A-Za-z]|.{30}"
)
_PASSING = re.compile(
    r"(?:active|on|cur|current|first|last|odd|even|hover|selected|top|new|clearfix|clear|fl|fr|cf|li\d+|item-?\d+"
    r"|(?:col|row|mt|mb|pt|pb|ml|mr|w)-?\w*\d*)$", re.IGNORECASE,
)
_ASIDE = re.compile(
    r"nav|menu|foot|head|crumb|friend|side|hot|rank|recommend|about|(?<![a-z])tabs?(?![a-z])|copyright"
    r"|banner", re.IGNORECASE
)
_NEXT = re.compile(r"下一?页|后一页|next\s*(?:page)?|>", re.IGNORECASE)
_SECOND = re.compile(r"(.*(?:[?&](?:page|p|pageno|pageindex|curpage)=|[_-]))2((?:&.*)?|\.s?html?)", re.IGNORECASE)
_SCRIPTED = re.compile(
    r"v-for|ng-repeat|\{\{|createApp|new Vue|ReactDOM|__NUXT__|__NEXT_DATA__|\$\.(?:ajax|getJSON|post|get)\(|axios|"
    r"fetch\(|XMLHttpRequest|laypage|template\(", re.IGNORECASE,
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Options for a list page, what they give (`sample`: the first entries), and how good that looks (0 to 1)."""

    list: str
    title: str = ""
    link: str = ""
    date: str = ""
    next: str = ""
    total: int = 0
    dated: int = 0
    score: float = 0.0
    sample: tuple[Entry, ...] = field(default=())

    @property
    def options(self) -> dict[str, str]:
        """The options of the collector `page` that it stands for."""
        return {name: getattr(self, name) for name in ("list", "title", "link", "date", "next")}


async def look(http: Http, url: str, now: datetime) -> list[Proposal]:
    """Fetch a page as the collector would, and propose. Raises Fault, also where the page shows no list."""
    fetched = await robots.get(http, url, now)
    return await hypertext.aside(_proposed, fetched, now)


def _proposed(fetched: Fetched, now: datetime) -> list[Proposal]:
    return propose(hypertext.decode(fetched.body, fetched.media_type), fetched.url, now)


def propose(html: str, url: str, now: datetime) -> list[Proposal]:
    """At most three proposals, the best first. Raises Fault STOP, in words, for a page without a list of its own."""
    tree = hypertext.tree(html)
    base = hypertext.base_of(tree, url)
    found: list[tuple[Proposal, frozenset[str]]] = []
    room = MAX_WORK
    for selector, aside in _candidates(tree, base):
        nodes = hypertext.select(tree, selector, "条目")[: page.MAX_ENTRIES]
        size = _size(nodes, min(room, page.MAX_MARKUP))
        if len(nodes) < LEAST or size is None:
            continue
        room -= size
        made = _tried(tree, url, selector, nodes, aside, now)
        if made is not None:
            found.append(made)
    found.sort(key=lambda pair: (-pair[0].score, len(pair[0].list)))
    chosen: list[tuple[Proposal, frozenset[str]]] = []
    for one, ids in found:
        if len(chosen) < SHOWN and all(len(ids & other) < 0.6 * min(len(ids), len(other)) for _, other in chosen):
            chosen.append((one, ids))
    if not chosen:
        raise _none(tree, html)
    step = _next(tree, url)
    best = chosen[0][0].score
    return [_with(one, next=step) for one, _ in chosen if one.score >= best * 0.4]


def _size(nodes: list[LexborNode], limit: int) -> int | None:
    """The markup of elements together, None for more than `limit`."""
    size = 0
    for node in nodes:
        size += len(node.html or "")
        if size > limit:
            return None
    return size


def _with(one: Proposal, **changed: object) -> Proposal:
    return Proposal(**{name: getattr(one, name) for name in Proposal.__slots__} | changed)


def _none(tree: LexborHTMLParser, html: str) -> Fault:
    title = hypertext.title_of(tree)
    named = f"（网页标题：{title[:40]}）" if title else ""
    if page.articles.blocked(title):
        return Fault("STOP", f"打开的是验证或拦截页面{named}，没有列表")
    if _SCRIPTED.search(html):
        return Fault(
            "STOP", f"网页源码里没有列表{named}，列表由脚本填充。请在浏览器开发者工具的“网络”里找到"
            "返回列表的 JSON 地址，把它填作地址，并填写“JSON 列表”"
        )
    return Fault("STOP", f"没有在网页上找到成列的条目{named}，请确认地址是栏目的列表页")


# --- Candidates -----------------------------------------------------------------------------------------------------


def _stable(node: LexborNode) -> list[str]:
    """The classes of an element that will still be there tomorrow."""
    names = [c for c in (node.attributes.get("class") or "")[:MAX_NAMES].split()[:20] if len(c) < 30]
    return [c for c in names
            if re.fullmatch(r"[A-Za-z_][\w-]*", c) and not _HASHED.search(c) and not _PASSING.match(c)][:3]


class _Names:
    """The elements of a page by what names them; each is looked at once."""

    def __init__(self) -> None:
        self._stable: dict[int, list[str]] = {}
        self._own: dict[int, str] = {}
        self._aside: dict[int, bool] = {}

    def stable(self, node: LexborNode) -> list[str]:
        """`_stable`."""
        if node.mem_id not in self._stable:
            self._stable[node.mem_id] = _stable(node)
        return self._stable[node.mem_id]

    def own(self, node: LexborNode) -> str:
        """An element by its id or class; empty where it has none that lasts."""
        if node.mem_id not in self._own:
            name, classes = node.attributes.get("id") or "", self.stable(node)
            if len(name) < 30 and re.fullmatch(r"[A-Za-z][\w-]*", name) and not _HASHED.search(name):
                self._own[node.mem_id] = f"{node.tag}#{name}"
            else:
                self._own[node.mem_id] = f"{node.tag}.{classes[0]}" if classes else ""
        return self._own[node.mem_id]

    def where(self, node: LexborNode | None) -> str:
        """A container by itself, or within the nearest ancestor that has a name."""
        path: list[str] = []
        while node is not None and node.tag not in ("body", "html", "-undef") and len(path) < 4:
            own = self.own(node)
            if own:
                return " ".join([own, *path])
            if node.tag not in ("tbody", "thead"):
                path.insert(0, node.tag)
            node = node.parent
        return " ".join(path)

    def aside(self, node: LexborNode | None) -> bool:
        """Whether an element lies in what stands around a page's own content."""
        for _ in range(12):
            if node is None or node.tag in ("body", "html"):
                return False
            if node.mem_id not in self._aside:
                words = " ".join((node.attributes.get(name) or "")[:MAX_NAMES] for name in ("id", "class"))
                named = node.tag in ("nav", "footer", "header", "aside") or _ASIDE.search(words) is not None
                self._aside[node.mem_id] = named
            if self._aside[node.mem_id]:
                return True
            node = node.parent
        return False


def _candidates(tree: LexborHTMLParser, base: str) -> list[tuple[str, bool]]:
    """Selectors of repeated elements with links, and whether they stand aside; the most frequent first."""
    names = _Names()
    seen: dict[str, set[str]] = {}
    aside: Counter[str] = Counter()
    for link in tree.css("a[href]")[:MAX_LINKS]:
        url = hypertext.absolute(link.attributes.get("href") or "", base)
        said = (link.text()[:MAX_WORDS], (link.attributes.get("title") or "")[:MAX_WORDS])
        words = max(map(one_line, said), key=len)
        if not url or len(words) < 4:
            continue
        node = link
        for _ in range(_CLIMB):
            parent = node.parent
            if parent is None or node.tag in ("body", "html"):
                break
            for selector in _named(node, parent, names):
                seen.setdefault(selector, set()).add(url)
                aside[selector] += names.aside(node)
            node = parent
    ranked = sorted((s for s, urls in seen.items() if len(urls) >= LEAST), key=lambda s: (-len(seen[s]), len(s)))
    return [(selector, aside[selector] * 2 > len(seen[selector])) for selector in ranked[:MAX_CANDIDATES]]


def _named(node: LexborNode, parent: LexborNode, names: _Names) -> Iterable[str]:
    """The ways to name an element as one of its parent's children."""
    if node.tag in ("tbody", "td", "th", "span", "b", "strong", "font", "em"):
        return
    where = names.where(parent)
    joint = " " if node.tag == "tr" else " > "
    classes = names.stable(node)
    if where and parent.tag not in ("body", "html"):
        yield f"{where}{joint}{node.tag}"
        if classes:
            yield f"{where}{joint}{node.tag}.{classes[0]}"
    if classes:
        yield f"{node.tag}.{classes[0]}"


# --- Trying them ----------------------------------------------------------------------------------------------------


def _tried(
    tree: LexborHTMLParser, url: str, selector: str, nodes: list[LexborNode], aside: bool, now: datetime
) -> tuple[Proposal, frozenset[str]] | None:
    link = _link(nodes)
    made = Proposal(selector, _title(nodes, link), link, _date(nodes, now))
    found = _entries(tree, url, made, now)
    if len(found) < LEAST:
        return None
    dated = sum(entry.at is not None for entry in found)
    printed = sum(bool(entry.printed) for entry in found)
    kinds = Counter(_kind(entry.url) for entry in found)
    lengths = sorted(min(len(entry.title), 24) for entry in found)
    held = [len(node.css("a[href]")) for node in nodes[:40]]
    score = (
        (min(len(found), 15) / 15) ** 0.4
        * (0.3 + 0.5 * printed / len(found) + 0.2 * dated / len(found))
        * min(lengths[len(lengths) // 2] / 12, 1)
        * (0.6 + 0.4 * max(kinds.values()) / len(found))
        * (len(found) / len(nodes)) ** 0.5
        * (0.5 if aside else 1)
        # An entry that holds a list of links itself is a block of the page, not an entry.
        * (0.4 if sorted(held)[len(held) // 2] > 6 else 1)
    )
    score = round(score, 4)
    if score < 0.15:
        return None
    sample = tuple(found[:SAMPLE])
    made = _with(made, total=len(found), dated=dated, score=score, sample=sample)
    return made, frozenset(entry.id for entry in found)


def _entries(tree: LexborHTMLParser, url: str, made: Proposal, now: datetime) -> list[Entry]:
    source = SourceSpec("proposal", "page", "", url, config=made.options)
    return page.entries(source, tree, Fetched(url, b"", 200, "text/html", now, url=url), Batch())


def _kind(url: str) -> str:
    """An address with its numbers blotted out."""
    parts = urlsplit(url)
    return f"{parts.hostname}{re.sub(r'[0-9a-f]{8,}|[0-9]+', '0', parts.path)}"


def _main(node: LexborNode) -> LexborNode | None:
    if node.tag == "a":
        return node
    return max(node.css("a[href]")[:20], key=lambda a: len(one_line(a.text())), default=None)


def _link(nodes: list[LexborNode]) -> str:
    """A selector of the link that is the title: by its class, or by its parent; empty where an entry has only one, or
    is one."""
    some = [node for node in nodes[:40] if node.tag != "a"]
    if not some or sum(len(node.css("a[href]")) > 1 for node in some) * 4 < len(some):
        return ""
    votes: Counter[str] = Counter()
    mains = [(node, main) for node in some if (main := _main(node)) is not None]
    for _, main in mains:
        for name in _stable(main)[:2]:
            votes[f"a.{name}"] += 1
        parent = main.parent
        if parent is not None and parent.tag in (*_HEADINGS, "dt", "th", "td", "p", "div", "span"):
            classes = _stable(parent)
            if classes:
                votes[f"{parent.tag}.{classes[0]} a"] += 1
            elif parent.tag in (*_HEADINGS, "dt", "th"):
                votes[f"{parent.tag} a"] += 1
    for selector, _ in votes.most_common(8):
        right = sum(_same(node.css_first(selector), main) for node, main in mains)
        if right >= 0.8 * len(mains):
            return selector
    return ""


def _same(one: LexborNode | None, other: LexborNode) -> bool:
    return one is not None and one.mem_id == other.mem_id


def _title(nodes: list[LexborNode], link: str) -> str:
    """A selector of the title where the link wraps more than it; else empty (the link's own text)."""
    votes: Counter[str] = Counter()
    wrapping = 0
    some = nodes[:40]
    for node in some:
        main = (node.css_first(link) if link else None) or _main(node)
        if main is None:
            continue
        inside = main.css("h1,h2,h3,h4,h5,h6,p,span,div,strong,em,i,b")[:60]
        parts = [e for e in inside if one_line(e.text()[:MAX_WORDS])]
        if len(parts) < 2:
            continue
        wrapping += 1
        for element in parts[:12]:
            classes = _stable(element)
            named = any("tit" in c.lower() or "name" in c.lower() for c in classes)
            if element.tag in _HEADINGS or named:
                votes[f"{element.tag}.{classes[0]}" if classes else element.tag] += 1
                break
        else:
            votes[parts[0].tag] += 1
    if wrapping * 2 < len(some) or not votes:
        return ""
    selector, hits = votes.most_common(1)[0]
    return selector if hits * 2 >= wrapping else ""


def _date(nodes: list[LexborNode], now: datetime) -> str:
    """A selector of the date: the one that gives one in the most entries; empty where it stands in no element of its
    own (then it is looked for in each entry)."""
    votes: Counter[str] = Counter()
    some = nodes[:40]
    for node in some:
        for element in node.css("span,time,em,i,b,p,td,div,dd,label,small,font")[:40]:
            words = one_line(element.text()[:MAX_WORDS])
            if not words or len(words) > 40 or dates.on_page(words, now) is None:
                continue
            classes = _stable(element)
            votes[f"{element.tag}.{classes[0]}" if classes else element.tag] += 1
    for selector, _ in sorted(votes.items(), key=lambda pair: (-pair[1], "." not in pair[0], len(pair[0])))[:8]:
        hits = 0
        for node in some:
            first = node.css_first(selector)
            hits += first is not None and dates.on_page(one_line(first.text()[:MAX_WORDS])[:60], now) is not None
        if hits >= 0.7 * len(some):
            return selector
    return ""


def _next(tree: LexborHTMLParser, url: str) -> str:
    """A selector of the link to the next page, or a template of its address; empty where neither is plain."""
    for link in tree.css("a[href]")[-400:]:
        words = one_line((link.text() or link.attributes.get("title") or "")[:MAX_WORDS])
        if len(words) > 8 or not _NEXT.fullmatch(words):
            continue
        href = one_line(link.attributes.get("href") or "")
        if not hypertext.absolute(href, url) or href.startswith("#"):
            continue
        classes = [c for c in _stable(link) if "next" in c.lower()]
        if classes and len(tree.css(f"a.{classes[0]}")) == 1:
            return f"a.{classes[0]}"
        if found := re.fullmatch(r"(.*?[a-zA-Z][_-])1(\.s?html?)", href):
            return f"{found[1]}{{page-1}}{found[2]}"
        if found := _SECOND.fullmatch(href):
            return f"{found[1]}{{page}}{found[2]}"
    return ""
