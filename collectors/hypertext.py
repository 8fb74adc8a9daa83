"""Web pages from strangers, read within bounds of size, depth and time.

An HTML parser may take minutes over 200,000 nested blocks, or a gigabyte for a few unclosed <b> tags that it has to
open again in every paragraph; so a page is looked over once, in linear time, before a parser sees it.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from collectors import plain
from core.faults import Fault
from core.records import one_line

MAX_PAGE = 3_000_000
"""Characters of a page; the longest list pages have a tenth of it."""
MAX_TAGS = 200_000
MAX_DEPTH = 800
"""Blocks within blocks."""
MAX_LOAD = 100_000_000
"""Sum, over all tags, of the elements that may stand open there: a parser searches them at each. It takes a quarter of
a second for so many; a sloppy page of 1,000 entries that leave two elements open each comes to a tenth."""
MAX_FORMATS = 20
"""Unclosed formatting tags (<b>, <font>…) beyond which all of them are left out."""
MAX_COPIES = 500_000
"""Sum, over all tags, of the formatting tags open there, each of which may have to be opened again, beyond which all of
them are left out."""
MAX_ATTRIBUTES = 300
"""Attributes of one tag: a parser compares each with all the others."""
MAX_URL = 2_000

_MARK = re.compile(r"<(?:(!--)|([!?]|/(?![a-zA-Z]))|(/?)([a-zA-Z][^\t\n\f\r />]*))")
_COMMENT_END = re.compile(r"--!?>")
_REST = re.compile(
    r"""(?:[\t\n\f\r /]*[^\t\n\f\r />][^\t\n\f\r />=]*"""
    r"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|(?!["'])[^\t\n\f\r >]*))?"""
    rf"""){{0,{MAX_ATTRIBUTES}}}+[\t\n\f\r /]*+(>?)"""
)
"""What stands in a tag behind its name, as HTML5 reads it."""
_RAW = {
    tag: re.compile(f"</{tag}(?=[\t\n\f\r />])", re.IGNORECASE)
    for tag in ("style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}
_SCRIPT = re.compile(r"<!--(-*>)?|(-->)|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE)
_HOLLOW = re.compile(r"<(/?)(svg|math|select|template)(?=[\t\n\f\r />])", re.IGNORECASE)
"""Elements with rules of their own for what stands in them, none of which is of use here: they are emptied."""
_CUT = {"svg", "math", "select", "template", "frameset", "plaintext"}
_ONCE = {"html", "body"}
_VOID = {
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input", "keygen",
    "link", "meta", "param", "source", "track", "wbr",
}
_FORMATS = {"b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_CELLS = {"tbody", "thead", "tfoot", "tr", "td", "th", "colgroup"}
_UNSEEN = _VOID | _CELLS | {"html", "head", "body", "a", "script"} | set(_RAW)
"""Elements that no number of can stand open within each other, unless there are others between them."""
_WALLS = {"table", "caption", "object", "applet", "marquee"}
"""Elements whose inside does not close what stands open outside."""
_NEXT = {
    "li": {"li", "p"}, "dt": {"dt", "dd", "p"}, "dd": {"dt", "dd", "p"}, "option": {"option"}, "optgroup": {"option"},
    **{tag: {"p"} for tag in (
        "address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "fieldset",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "listing",
        "main", "menu", "nav", "ol", "p", "pre", "search", "section", "summary", "table", "ul",
    )},
}
"""What a tag closes where it stands directly in it."""
_CLOSED_BY_NEXT = {"p", "li", "dt", "dd", "option"}
_NOTHING = "<!---->"
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|spm|isappinstalled|share_\w+|nsukey|wfr|jsessionid|phpsessid)=.*|from=(?:|timeline|singlemessage"
    r"|groupmessage|message|mp|mp_\w+|wx|wechat|weixin|wework|qq|qzone|weibo|sina|share|app|appshare|wap|h5|pc|mobile"
    r"|search|baidu|toutiao|douyin|ding|dingtalk|page_\w+)", re.IGNORECASE | re.DOTALL,
)
"""Parameters (name=value) that say how a reader came to an address."""
_SAFE = "/%:@!$&'()*+,;=~-._"
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="hypertext")

P = ParamSpec("P")
T = TypeVar("T")


async def aside(read: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """`read(…)` on one of two threads that read pages and do nothing else: a page that takes its time holds up other
    pages, but neither the event loop nor what works on its usual threads. Raises what `read` raises."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, lambda: read(*args, **named))


def decode(body: bytes, media_type: str = "", encoding: str = "") -> str:
    """A page's text. `encoding` (chosen by a person), the Content-Type and the page's own <meta> are asked in turn
    where the bytes are not UTF-8."""
    if encoding:
        media_type = f"text/html; charset={encoding}"
    elif "charset" not in media_type.lower() and (found := _META_CHARSET.search(body[:4096])):
        media_type = f"text/html; charset={found[1].decode('ascii')}"
    return plain.decode(body, media_type)[0]


def tree(text: str) -> LexborHTMLParser:
    """The parsed page; drawings, formulas, selection boxes and templates are empty in it. Raises Fault STOP for one
    that is beyond all measure."""
    if len(text) > MAX_PAGE:
        raise Fault("STOP", f"网页超过 {MAX_PAGE // 1_000_000} 百万字符，已拒绝读取")
    return LexborHTMLParser(_bounded(text))


def _bounded(text: str) -> str:
    """The page without what would make a parser's work hard to foresee. Raises Fault STOP where that is too much.

    How HTML5 mends misnested tags isn't played through. A tag counts as closed only where its end stands directly in
    it; so a parser never has more open than is counted here.
    """
    gaps = _gaps(text)
    cuts: list[tuple[int, int, str]] = []
    formats: list[tuple[int, int, str]] = []
    seen: set[str] = set()
    open_ = _Open()
    for number, (start, end, name, closing) in enumerate(_tags(text, gaps)):
        if number >= MAX_TAGS:
            raise Fault("STOP", f"网页标签超过 {MAX_TAGS // 10_000} 万个，已拒绝读取")
        if name in _FORMATS:
            formats.append((start, end, _NOTHING))
            open_.format(name, closing)
        elif closing:
            open_.close(name)
        elif start in gaps:
            cuts.append((end, gaps[start], ""))
        elif name in _CUT or name in seen:
            cuts.append((start, end, _NOTHING))
        elif name in _ONCE:
            seen.add(name)
        else:
            open_.open(name)
        open_.weigh()
    if open_.most > MAX_FORMATS or open_.copies > MAX_COPIES:
        cuts = sorted([*cuts, *formats])
    return _without(text, cuts)


class _Open:
    """What stands open at a tag: `names` at the most, `nested` as the page's author will have meant it; the formatting
    tags by the walls that they stand in."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.nested: list[str] = []
        self.counts: Counter[str] = Counter()
        self.walls: list[Counter[str]] = [Counter()]
        self.formats = self.most = self.copies = self.load = 0

    def open(self, name: str) -> None:
        while self.names and self.names[-1] in _NEXT.get(name, ()):
            self.names.pop()
        if name in _CELLS:
            self.walls[-1].clear()
        if name in _UNSEEN:
            return
        self.names.append(name)
        if name in _WALLS:
            self.walls.append(Counter())
        if name not in _CLOSED_BY_NEXT:
            self.nested.append(name)
            self.counts[name] += 1
            if len(self.nested) > MAX_DEPTH:
                raise Fault("STOP", f"网页嵌套超过 {MAX_DEPTH} 层，已拒绝读取")

    def close(self, name: str) -> None:
        if self.names and self.names[-1] == name:
            self.names.pop()
            if name in _WALLS:
                self.walls.pop()
        while self.counts[name]:
            last = self.nested.pop()
            self.counts[last] -= 1
            if last == name:
                break

    def format(self, name: str, closing: bool) -> None:
        here = self.walls[-1]
        if not closing:
            here[name] += 1
            self.formats += 1
            self.most = max(self.most, self.formats)
        elif here[name]:
            here[name] -= 1
            self.formats -= 1

    def weigh(self) -> None:
        self.load += len(self.names)
        self.copies += self.formats
        if self.load > MAX_LOAD:
            raise Fault("STOP", "网页中没有正确关闭的标签过多，已拒绝读取")


def _tags(text: str, gaps: dict[int, int]) -> Iterator[tuple[int, int, str, bool]]:
    """The tags of a page as HTML5 tells them from comments, scripts and text: start, end, name in lower case, whether
    it is an end tag. What lies in a gap (start of a tag → where to go on) is passed over. Raises Fault STOP."""
    at = 0
    while found := _MARK.search(text, at):
        start, at = found.span()
        if found[1]:
            at = _comment_end(text, at)
            continue
        if found[2]:
            at = text.find(">", at - (found[2] == "/")) + 1 or len(text)
            continue
        name, closing = found[4].lower(), bool(found[3])
        rest = _REST.match(text, at)
        at = rest.end() if rest else at
        if not rest or not rest[1]:
            if at < len(text):
                raise Fault("STOP", f"网页中有的标签属性超过 {MAX_ATTRIBUTES} 个，已拒绝读取")
            return
        if gaps.get(start, at) < at:
            del gaps[start]  # its end stood in one of its own attributes
        yield start, at, name, closing
        if closing:
            continue
        if start in gaps:
            at = gaps[start]
        elif name == "script":
            at = _script_end(text, at)
        elif name in _RAW:
            end = _RAW[name].search(text, at)
            at = end.start() if end else len(text)


def _comment_end(text: str, at: int) -> int:
    """Where a comment ends that begins with `<!--` before `at`: `<!-->` and `<!--->` are whole."""
    for short in (">", "->"):
        if text.startswith(short, at):
            return at + len(short)
    end = _COMMENT_END.search(text, at)
    return end.end() if end else len(text)


def _script_end(text: str, at: int) -> int:
    """Where a script's end tag begins: behind `<!--` a script may hold another one with its end tag."""
    hidden = inner = False
    for found in _SCRIPT.finditer(text, at):
        if found[2]:
            hidden = inner = False
        elif found[3] is None:
            hidden = hidden or not found[1]
        elif not found[3]:
            inner = inner or hidden
        elif inner:
            inner = False
        else:
            return found.start()
    return len(text)


def _gaps(text: str) -> dict[int, int]:
    """Where the start tags of elements that are emptied begin → where their end tags do."""
    gaps: dict[int, int] = {}
    open_: dict[str, list[int]] = {}
    for found in _HOLLOW.finditer(text):
        starts = open_.setdefault(found[2].lower(), [])
        if not found[1]:
            starts.append(found.start())
        elif starts:
            gaps[starts.pop()] = found.start()
    return gaps


def _without(text: str, cuts: list[tuple[int, int, str]]) -> str:
    """A text with pieces (start, end, what stands there instead) cut out, in order."""
    parts, at = [], 0
    for start, end, instead in cuts:
        parts += [text[at:start], instead]
        at = end
    return "".join([*parts, text[at:]])


def is_whole(text: str) -> bool:
    """Whether a page that has a beginning has an end as well."""
    low = text[:5_000].lower()
    if "<html" not in low and "<body" not in low:
        return True
    tail = text[-20_000:].lower()
    return "</html" in tail or "</body" in tail


def title_of(page: LexborHTMLParser) -> str:
    """What stands in the browser's title bar."""
    node = page.css_first("title")
    return one_line(node.text())[:200] if node else ""


def line(node: LexborNode | None, limit: int = 500) -> str:
    """The text of an element on one line; empty for none."""
    return one_line(plain.text_of((node.html or "")[: plain.MAX_MARKUP]))[:limit] if node is not None else ""


def select(node: LexborHTMLParser | LexborNode, selector: str, label: str) -> list[LexborNode]:
    """Elements by a selector that a person wrote; `label` names its field. Raises Fault STOP where it is none."""
    try:
        return node.css(selector)
    except SelectolaxError:
        raise Fault("STOP", f"“{label}”的选择器写法不正确：{selector[:80]}") from None


def base_of(page: LexborHTMLParser, url: str) -> str:
    """The address that a page's relative links start from."""
    node = page.css_first("base[href]")
    return (absolute(node.attributes.get("href") or "", url) if node else "") or url


def absolute(href: str, base: str) -> str:
    """The http(s) address that a link leads to, without fragment unless that is a route (`#/detail?id=1`); empty for
    any other kind of link. A backslash in its path is a slash, as for browsers."""
    try:
        link = re.sub(r"[\t\r\n]", "", href).strip()
        url = urljoin(base, re.sub(r"^[^?#]+", lambda path: path[0].replace("\\", "/"), link))
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > MAX_URL:
        return ""
    host = parts.hostname + (f":{port}" if port else "")
    path, query = quote(parts.path or "/", safe=_SAFE), quote(parts.query, safe=f"?{_SAFE}")
    route = f"#{quote(parts.fragment, safe=f'?{_SAFE}')}" if parts.fragment.startswith(("/", "!")) else ""
    return f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "") + route


def identity(url: str) -> str:
    """What names an article in the long run: its address without scheme, default port, session and tracking marks,
    readable as far as it is UTF-8. Parameters keep their order: a site prints them in one, and ids are stored."""
    parts = urlsplit(url)
    query = parts.query
    if query.count("&") < 100:
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
        query = urlencode([p for p in pairs if not _TRACKING.fullmatch("=".join(p))], errors="surrogateescape")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = re.sub("/{2,}", "/", _SESSION.sub("", _readable(parts.path)))
    route = f"#{_readable(parts.fragment)}" if parts.fragment.startswith(("/", "!")) else ""
    return f"{parts.hostname}{port}{path}" + (f"?{query}" if query else "") + route


def _readable(text: str) -> str:
    """A text without its %-escapes, except for bytes that are no UTF-8, as in names that are GBK."""
    return re.sub("[\udc80-\udcff]", lambda c: f"%{ord(c[0]) - 0xDC00:02X}", unquote(text, errors="surrogateescape"))


_KINDS = (
    "com", "gov", "org", "net", "edu", "ac", "mil",
    "bj", "sh", "tj", "cq", "he", "sx", "nm", "ln", "jl", "hl", "js", "zj", "ah", "fj", "jx", "sd", "ha", "hb", "hn",
    "gd", "gx", "hi", "sc", "gz", "yn", "xz", "sn", "gs", "qh", "nx", "xj", "tw", "hk", "mo",
)
_SHARED = {f"{kind}.cn" for kind in _KINDS}
"""Suffixes under which anybody's domains stand."""


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one site: the same host, or hosts of one domain."""
    a, b = (urlsplit(url).hostname or "" for url in (one, other))
    if a == b:
        return True
    if any(re.fullmatch(r"[\d.]+|.*:.*", host) for host in (a, b)):  # addresses have no domain
        return False
    if a.endswith(f".{b}") or b.endswith(f".{a}"):
        return True
    tails = {host.partition(".")[2] for host in (a, b)}
    tail = next(iter(tails))
    return len(tails) == 1 and "." in tail and tail not in _SHARED


def metas(page: LexborHTMLParser) -> dict[str, str]:
    """The page's <meta> tags by name in lower case; the first of a name that says something counts."""
    out: dict[str, str] = {}
    for node in page.css("meta"):
        name = node.attributes.get("name") or node.attributes.get("property") or ""
        value = one_line(node.attributes.get("content") or "")[:1_000]
        if name and value and len(out) < 200:
            out.setdefault(name.strip().lower()[:60], value)
    return out


def texts(node: LexborNode) -> Iterator[str]:
    """The pieces of text inside an element, each stripped, in order; scripts and styles are none."""
    for child in node.traverse(include_text=True):
        parent = child.parent
        if not child.is_text_node or parent is None or parent.tag in ("script", "style", "template"):
            continue
        if said := one_line(child.text_content or ""):
            yield said
