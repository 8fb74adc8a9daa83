"""Web pages from strangers, read within bounds of size, depth and time.

An HTML parser may take minutes over 200,000 nested blocks, or a gigabyte for a few unclosed <b> tags that it has to
open again in every paragraph; so a page is looked over once, in linear time, before a parser sees it.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from collectors import plain
from core.faults import Fault
from core.records import one_line

MAX_PAGE = 3_000_000
"""Characters of a page; the longest list pages have a tenth of it."""
MAX_DEPTH = 800
"""Blocks within blocks, unclosed ones included."""
MAX_FORMATS = 20
"""Unclosed formatting tags (<b>, <font>…) beyond which all of them are left out."""
MAX_ATTRIBUTES = 300
"""Attributes of one tag: a parser compares each with all the others."""
MAX_URL = 2_000

_TAG = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][a-zA-Z0-9:-]{0,30}))")
_ATTRIBUTE = re.compile(r"""[\s/]*[^\s/>][^\s/>=]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*))?""")
_RAW = {tag: re.compile(f"</{tag}", re.IGNORECASE) for tag in ("script", "style", "textarea", "title", "xmp")}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_CLOSED_BY_NEXT = {
    "a", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "html",
    "head", "body",
}
_FORMATS = {"b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_FORMAT_TAG = re.compile(r"</?(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^<>]{0,500}>?", re.I)
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|spm|from|isappinstalled|share_\w+|nsukey|wfr|jsessionid|phpsessid", re.I)
_SAFE = "/%:@!$&'()*+,;=~-._"
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)


def decode(body: bytes, media_type: str = "", encoding: str = "") -> str:
    """A page's text. `encoding` (chosen by a person), the Content-Type and the page's own <meta> are asked in turn
    where the bytes are not UTF-8."""
    if encoding:
        media_type = f"text/html; charset={encoding}"
    elif "charset" not in media_type.lower() and (found := _META_CHARSET.search(body[:4096])):
        media_type = f"text/html; charset={found[1].decode('ascii')}"
    return plain.decode(body, media_type)[0]


def tree(text: str) -> LexborHTMLParser:
    """The parsed page. Raises Fault STOP for one that is beyond all measure."""
    if len(text) > MAX_PAGE:
        raise Fault("STOP", f"网页超过 {MAX_PAGE // 1_000_000} 百万字符，已拒绝读取")
    if _unclosed_formats(text) > MAX_FORMATS:
        text = _FORMAT_TAG.sub("", text)
    return LexborHTMLParser(text)


def _unclosed_formats(text: str) -> int:
    """The most formatting tags that stand open anywhere. Raises Fault STOP where blocks are nested absurdly deep."""
    at = depth = formats = most = 0
    while found := _TAG.search(text, at):
        at = found.end()
        if found[1]:
            end = text.find("-->", at)
            at = end + 3 if end >= 0 else len(text)
            continue
        name, closing = found[3].lower(), bool(found[2])
        for _ in range(MAX_ATTRIBUTES + 1):
            attribute = _ATTRIBUTE.match(text, at)
            if attribute is None:
                break
            at = attribute.end()
        else:
            raise Fault("STOP", f"网页中有的标签属性超过 {MAX_ATTRIBUTES} 个，已拒绝读取")
        if name in _RAW and not closing:
            end = _RAW[name].search(text, at)
            at = end.end() if end else len(text)
        elif name in _FORMATS:
            formats = max(formats + (-1 if closing else 1), 0)
            most = max(most, formats)
        elif name not in _VOID and name not in _CLOSED_BY_NEXT:
            depth = max(depth + (-1 if closing else 1), 0)
            if depth > MAX_DEPTH:
                raise Fault("STOP", f"网页嵌套超过 {MAX_DEPTH} 层，已拒绝读取")
    return most


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
    any other kind of link."""
    try:
        url = urljoin(base, re.sub(r"[\t\r\n]", "", href).strip())
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
    """What names an article in the long run: its address without scheme, default port, session and tracking marks."""
    parts = urlsplit(url)
    kept = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
            if not _TRACKING.fullmatch(n)] if parts.query.count("&") < 100 else []
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    path = _SESSION.sub("", unquote(parts.path))
    route = f"#{unquote(parts.fragment)}" if parts.fragment.startswith(("/", "!")) else ""
    return f"{parts.hostname}{port}{path}" + (f"?{urlencode(kept)}" if kept else "") + route


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
