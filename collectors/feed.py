"""RSS, Atom and RDF feeds, RSSHub's among them.

feedparser reads the entries; what it is given is prepared here, since it trusts too much and knows nothing of China:
bytes are decoded by us (gb2312 in name, gb18030 in fact), the prolog is read and dropped with its DOCTYPE (so nothing
is ever expanded or looked up), and dates without a zone are Shanghai's.
"""

import hashlib
import io
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from xml.parsers import expat

import feedparser
from pydantic import ValidationError

from collectors import dates, plain
from collectors.base import Collector, single
from collectors.http import Http
from core.counts import Count, CountError, parse_count
from core.faults import Fault
from core.records import Batch, Fetched, MentionRecord, PostRecord, Reject, SourceSpec, clean, one_line, reasons

MAX_BROKEN_MARKS = 60_000
"""Angle brackets and ampersands of a feed that is not well-formed: reading such a one takes 20 µs for each."""
MAX_DEPTH = 500
"""Elements within elements; feedparser's work on text grows with it."""
MAX_PROLOG = 50
"""Declarations, instructions and comments before the root element."""
MAX_ENTRIES = 5_000
MAX_TITLE, MAX_TEXT, MAX_ID, MAX_URL = 500, 200_000, 400, 2_000
TITLE_OF_TEXT = 60
"""Characters of the text that stand in for a missing title (microblogs have none)."""

_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
# What older programs mean by the control characters 128 to 159 (HTML standard, 13.2.5.80): dashes and quotes of cp1252.
_WINDOWS = {n: bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0)}
_C1 = re.compile("[\x80-\x9f]")
_REFERENCE = re.compile(r"&#(?:(\d{1,8})|[xX]([0-9a-fA-F]{1,7}));")
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*(?::[\w.-]+)?)")
_FEED_ROOTS = {"rss", "rdf", "feed", "channel"}
_ENTRY_PATHS = {"rss": "/rss/channel/item", "rdf": "/rdf:RDF/item", "feed": "/feed/entry"}


async def fetch(source: SourceSpec, http: Http, now: datetime) -> Fetched:
    """Ask for the feed, conditionally where the last answer allows it. An error page of RSSHub says why it failed."""
    try:
        return await http.get(
            source.url, now=now, etag=source.etag, last_modified=source.last_modified, headers={"Accept": _ACCEPT}
        )
    except Fault as fault:
        page = fault.evidence
        if isinstance(page, Fetched) and page.body:
            told = rsshub_fault(plain.decode(page.body[: plain.MAX_MARKUP], page.media_type)[0])
            if told is not None:
                raise Fault(told.kind, told.message, retry_after=fault.retry_after, evidence=page) from fault
        raise


def rsshub_fault(page: str) -> Fault | None:
    """What an error page of RSSHub (lib/views/error.tsx) says; None for any other page."""
    if "RSSHub" not in page or "Looks like something went wrong" not in page:
        return None
    start = page.find("Error Message:")
    opened = page.find("<code", start) if start >= 0 else -1
    closed = page.find("</code", opened) if opened >= 0 else -1
    # The message may quote an address with its secrets.
    said = re.sub(r"\?[^\s\"'<>]*", "?…", one_line(plain.text_of(page[opened:closed])))[:160] if closed > 0 else ""
    lowered = said.lower()
    if "route is empty" in lowered:
        return Fault("RETRY", "RSSHub 该路由没有取到内容，源站可能改版或暂无更新")
    if "confignotfound" in lowered or "disabled due to" in lowered:
        return Fault("STOP", f"RSSHub 缺少该路由需要的配置（如登录 Cookie）：{said}")
    if "notfounderror" in lowered or "route does not exist" in lowered or "wrong path" in lowered:
        return Fault("STOP", "RSSHub 没有这个路由，请检查网址")
    if "rejecterror" in lowered or "authentication failed" in lowered:
        return Fault("REAUTH", "RSSHub 拒绝访问，请检查访问密钥")
    return Fault("RETRY", f"RSSHub 抓取源站失败：{said}" if said else "RSSHub 抓取源站失败")


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The entries of a feed: posts where the source belongs to an account, else mentions.

    Raises Fault: for what is no feed (a web page, an error page, JSON, nothing), for a feed that declares entities,
    and for one that is broken beyond reading.
    """
    text, lost = plain.decode(fetched.body, fetched.media_type)
    text = _FORBIDDEN.sub("", _REFERENCE.sub(_legal_reference, _C1.sub(lambda found: _WINDOWS[ord(found[0])], text)))
    root, body = _prepare(text)
    whole = _well_formed(body)
    if not whole and body.count("<") + body.count("&") > MAX_BROKEN_MARKS:
        raise Fault("STOP", "订阅内容格式有误且过于庞大，无法读取")
    # `sanitize_html` and relative links inside HTML are for showing HTML; here it becomes plain text. No base address
    # either: feedparser would make ids out of it, and they must outlive a feed's move to another address.
    found = feedparser.parse(
        io.BytesIO(body.encode("utf-8")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    entries = found.entries
    cut = not whole and f"</{root}" not in body[-2000:]
    if not whole and len(entries) <= cut:
        raise Fault("RETRY", "订阅内容不完整或格式有误，没有读出任何条目")
    if not entries and not found.version:
        raise Fault("RETRY", "返回的内容不是 RSS/Atom 订阅，请检查网址")
    batch = Batch()
    notes = ["订阅中没有条目"] if not entries else []
    if len(entries) > MAX_ENTRIES:
        notes.append(f"条目过多，只取前 {MAX_ENTRIES} 条（共 {len(entries)} 条）")
        entries = entries[:MAX_ENTRIES]
    path = _ENTRY_PATHS.get(_local(root), "//item")
    if not whole:
        notes.append("订阅格式有误，已尽量读取")
        if cut:
            at = f"{path}[{len(entries)}]"
            batch.rejects.append(Reject(at, "", "订阅内容在此处中断，该条可能不完整，下次采集再取"))
            entries = entries[:-1]
    if lost:
        notes.append(f"有 {lost} 个字符无法识别")
    repeated = _read_entries(source, fetched, entries, path, batch)
    if repeated:
        notes.append(f"{repeated} 条重复")
    batch.note = "；".join(notes)
    return batch


def _legal_reference(found: re.Match[str]) -> str:
    number = int(found[1]) if found[1] else int(found[2], 16)
    if number in _WINDOWS:
        return _WINDOWS[number]
    return found[0] if number <= 0x10FFFF and not _FORBIDDEN.match(chr(number)) else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()


def _prepare(text: str) -> tuple[str, str]:
    """The root element's name, and the document from there on behind a declaration of our own.

    Everything before the root is walked over item by item, so that no DOCTYPE reaches a parser; behind the root a
    DOCTYPE is an error that no parser follows.
    """
    if not text.strip():
        raise Fault("RETRY", "返回内容为空")
    if text.lstrip()[:1] in "{[":
        raise Fault("RETRY", "返回的是 JSON 而不是 RSS/Atom 订阅，请检查网址")
    at = text.find("<")
    for _ in range(MAX_PROLOG):
        if at < 0:
            break
        if text.startswith("<?", at):
            end = text.find("?>", at)
        elif text.startswith("<!--", at):
            end = text.find("-->", at)
        elif text.startswith("<!", at):
            end = _declaration_end(text, at)
        else:
            break
        at = text.find("<", end) if end >= 0 else -1
    root = _ROOT.match(text, at) if at >= 0 else None
    if root is None:
        raise Fault("RETRY", "返回的内容不是 RSS/Atom 订阅，请检查网址")
    if _local(root[1]) not in _FEED_ROOTS:
        raise _not_a_feed(root[1], text)
    return root[1], f"<?xml version='1.0' encoding='utf-8'?>\n{text[at:]}"


def _declaration_end(text: str, at: int) -> int:
    """Where a `<!…>` declaration ends, its internal subset included. Raises Fault where that declares entities."""
    close, subset = text.find(">", at), text.find("[", at)
    if subset < 0 or 0 <= close < subset:
        return close
    end = text.find("]", subset)
    # An entity's value may hold "]", so the look goes to wherever the subset could end at the latest.
    if re.search(r"<!\s*ENTITY", text[subset:], re.IGNORECASE):
        raise Fault("STOP", "订阅中含有实体声明（ENTITY），可能用于攻击，已拒绝读取")
    return text.find(">", end) if end >= 0 else -1


def _not_a_feed(root: str, text: str) -> Fault:
    told = rsshub_fault(text[: plain.MAX_MARKUP])
    if told is not None:
        return told
    if _local(root) in ("html", "head", "body", "script", "div", "meta"):
        start = re.search(r"<title[^<>]{0,200}>", text[: plain.MAX_MARKUP], re.IGNORECASE)
        title = one_line(plain.text_of(text[start.end() : start.end() + 200].partition("</")[0])) if start else ""
        named = f"（网页标题：{title[:40]}）" if title else ""
        return Fault("RETRY", f"返回的是网页而不是 RSS/Atom 订阅{named}，请检查网址或是否被拦截")
    return Fault("RETRY", f"返回的 XML 不是 RSS/Atom 订阅（根元素 {root[:40]}），请检查网址")


def _well_formed(body: str) -> bool:
    """Whether a strict parser accepts the document. Raises Fault for one that is nested absurdly deep."""
    depth = deepest = 0

    def down(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)

    def up(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = down, up
    try:
        parser.Parse(body.encode("utf-8"), True)
        whole = True
    except expat.ExpatError:
        whole = False
    if deepest > MAX_DEPTH:
        raise Fault("STOP", f"订阅内容嵌套超过 {MAX_DEPTH} 层，已拒绝读取")
    return whole


def _read_entries(source: SourceSpec, fetched: Fetched, entries: list[Any], path: str, batch: Batch) -> int:
    """Turn entries into records or rejects; how many entries merely repeat another."""
    drafts = [_draft(entry, number, fetched.url) for number, entry in enumerate(entries, start=1)]
    # Feeds exist whose ids are all the same: an id that names two things names none.
    names: dict[str, set[tuple[str, str]]] = {}
    for draft in drafts:
        names.setdefault(draft["id"], set()).add((draft["title"], draft["url"]))
    seen: set[str] = set()
    repeated = 0
    for draft in drafts:
        if not draft["id"] or len(names[draft["id"]]) > 1:
            draft["id"] = _hashed(f"{draft['title']}\n{draft['url']}")
        if draft["id"] in seen:
            repeated += 1
            continue
        seen.add(draft["id"])
        outcome = _record(source, fetched, draft, f"{path}[{draft['number']}]")
        if isinstance(outcome, Reject):
            batch.rejects.append(outcome)
        elif isinstance(outcome, PostRecord):
            batch.posts.append(outcome)
        else:
            batch.mentions.append(outcome)
    return repeated


def _draft(entry: Any, number: int, base: str) -> dict[str, Any]:
    """One entry as plain values. The plain dict's `get` is asked: feedparser's own invents fields out of others."""

    def field(name: str) -> str:
        value = dict.get(entry, name)
        return value if isinstance(value, str) else ""

    contents = [part.get("value") or "" for part in dict.get(entry, "content") or []]
    text = _plain(max([*contents, field("summary")], key=len))[:MAX_TEXT]
    title = _shortened(one_line(_plain(field("title"))), MAX_TITLE)
    if not title:
        title = _shortened(one_line(text), TITLE_OF_TEXT)
    url = _link(field("link"), field("id"), base)
    printed, at = "", None
    for name in ("published", "updated", "created"):
        if field(name).strip():
            printed = field(name)
            at = dates.from_text(printed, dict.get(entry, f"{name}_parsed"))
            break
    wechat = _wechat(url)
    identity = wechat.get("id") or one_line(field("id")) or url
    return {
        "number": number, "id": identity if len(identity) <= MAX_ID else _hashed(identity), "title": title,
        "text": text, "url": url, "author": one_line(_plain(field("author")))[:200], "printed": printed, "at": at,
        "wechat": wechat, "comments": field("slash_comments"),
    }


def _link(printed: str, identity: str, base: str) -> str:
    """An entry's web address, resolved against the feed's; empty where it has none that a browser should open."""
    printed = one_line(printed)
    if printed == one_line(identity) and not printed.lower().startswith(("http:", "https:")):
        return ""  # feedparser takes an id for the link where there is none
    try:
        url = urljoin(base, printed)
    except ValueError:
        return ""
    return url if len(url) <= MAX_URL and re.match(r"https?://[^\s/]", url, re.IGNORECASE) else ""


def _record(
    source: SourceSpec, fetched: Fetched, draft: dict[str, Any], locator: str
) -> PostRecord | MentionRecord | Reject:
    raw = one_line(f"{draft['title']} {draft['url']} {draft['printed']}")[:500]
    if not draft["title"]:
        return Reject(locator, "title", "标题和正文都为空", raw)
    wechat = draft["wechat"]
    common = {
        "locator": locator, "title": draft["title"], "text": draft["text"], "url": draft["url"],
        "observed_at": fetched.fetched_at, "counters": _comments(draft["comments"]),
    }
    try:
        if not source.has_account:
            # Message numbers of WeChat are unique within one account only; a feed of mentions may hold many.
            biz = f"{wechat['biz']}:" if wechat.get("biz") and draft["id"] == wechat.get("id") else ""
            return MentionRecord(
                external_id=(biz + draft["id"])[:MAX_ID], author=draft["author"], dated=draft["at"] is not None,
                published_at=draft["at"] or fetched.fetched_at, **common,
            )
        if draft["at"] is None:
            reason = f"发布时间“{draft['printed'][:40]}”无法识别" if draft["printed"] else "没有发布时间"
            return Reject(locator, "published_at", f"{reason}，无法计入发布日", raw)
        return PostRecord(
            external_id=draft["id"], published_at=draft["at"], position=wechat.get("position"),
            push_id=wechat.get("push", ""), **common,
        )
    except ValidationError as error:
        faults = reasons(error)
        return Reject(locator, "、".join(f for f, _ in faults if f), "；".join(reason for _, reason in faults), raw)


def _comments(printed: str) -> dict[str, Count]:
    try:
        return {"comments": parse_count(printed, cap=None)} if printed.strip() else {}
    except CountError:
        return {}


def _wechat(url: str) -> dict[str, Any]:
    """The stable parts of a WeChat article's address: `mid_idx` as the platform's statistics name it, or its token."""
    try:
        parts = urlsplit(url)
        if parts.hostname != "mp.weixin.qq.com":
            return {}
        query = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=50).items()}
    except ValueError:
        return {}
    token = re.fullmatch(r"/s/([\w-]{10,80})", parts.path)
    if token:
        return {"id": token[1]}
    mid, index, biz = query.get("mid", ""), query.get("idx", ""), query.get("__biz", "")[:60]
    if parts.path != "/s" or not re.fullmatch(r"\d{1,20}", mid):
        return {}
    position = int(index) if re.fullmatch(r"[1-9]\d?", index) else None
    return {"id": f"{mid}_{position or 1}", "biz": biz, "push": mid, "position": position}


def _plain(markup: str) -> str:
    return plain.text_of(markup) if plain.looks_like_markup(markup[: plain.MAX_MARKUP]) else clean(markup)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _hashed(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


FEED = Collector("feed", "RSS/Atom 订阅", 1800, single(fetch), parse, alone=True)
