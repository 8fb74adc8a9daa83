"""Articles of sites without feeds: what a list says of one, its own page with the meta tags that the national guideline
for government sites asks for (PubDate, ArticleTitle, ContentSource …), and the record that both make.

Shared by list pages and sitemaps. What the list says of an article is stored at once, its page is read when it is new
(collectors.attempts); what the page does not say, or a page that can't be read, leaves what the list said.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError
from selectolax.lexbor import LexborNode

from collectors import attempts, dates, hypertext, plain, robots
from collectors.base import Desk
from core import clock
from core.faults import Fault
from core.records import (
    EARLIEST,
    FUTURE_TOLERANCE,
    Batch,
    Fetched,
    MentionRecord,
    Reject,
    SourceSpec,
    clean,
    one_line,
    reasons,
)

MAX_TITLE, MAX_TEXT, MAX_ID = 500, 200_000, 400
THIN = 200
"""Chinese characters that a page in the way has at most; an article with such a title has more."""
PATIENCE = 3
"""So often an article that seems to break off is asked again; then it is taken as it is."""
BROKEN = "网页不完整，缺少结尾，可能传输中断；如该网站网页一向如此，请在选项“网页没有结尾标签”中选“是”"
_HAN, _TAGS = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"<[^<>]*>")
BODIES = (
    "#zoom", ".TRS_Editor", "#ivs_content", ".Article_content", ".article-content", ".article_content",
    "#article_content", ".news-content", "#content .content", ".trout-region-content", "article",
)
"""Where article pages of the usual publishing systems keep their text, tried where the given selector finds nothing."""
_BLOCKED = re.compile(
    "安全验证|访问验证|人机验证|身份验证|滑动验证|验证码|请完成验证|访问异常|访问过于频繁|请求过于频繁|正在进行安全检查|安全检查中|(?:请求|访问)(?:已|被)+拦截|"
    r"网站防火墙|403 forbidden|^forbidden|access denied|just a moment|captcha|\bwaf\b", re.IGNORECASE,
)
"""Titles of pages that stand in the way. Not single words: 全市开展消防安全检查 is an article."""
_ARTICLE = re.compile(
    r"<meta[^<>]{0,300}(?:name|property)\s*=\s*[\"']?(?:pubdate|articletitle|article:published_time)", re.IGNORECASE
)
_GUIDELINE = {"columnname": "栏目", "contentsource": "来源", "keywords": "关键词"}
_CUT = re.compile(r"\s*(?:\.{2,}|…+|⋯+)$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as a list names it; `printed`: the date as it stands there, `at` as it was understood."""

    id: str
    title: str
    url: str
    at: datetime | None = None
    printed: str = ""
    locator: str = ""

    def kept(self) -> list[str]:
        """For a cursor."""
        return [self.id, self.url, self.title[:MAX_TITLE], self.at.isoformat() if self.at else "", self.locator]

    @classmethod
    def back(cls, kept: Sequence[str]) -> "Entry":
        """From a cursor."""
        at = datetime.fromisoformat(kept[3]) if kept[3] else None
        return cls(kept[0], kept[2], kept[1], at, locator=kept[4])


def named(url: str) -> str:
    """The id of an article: its address, or a digest of a very long one."""
    name = one_line(hypertext.identity(url))
    if len(name) <= MAX_ID:
        return name
    return f"sha256:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"


def blocked(title: str) -> bool:
    """Whether a page's title says that it stands in the way of the one that was asked for."""
    return _BLOCKED.search(title) is not None


def whole_title(shown: str, full: str) -> str:
    """The title of a link: its title attribute where the text shown is the beginning of it."""
    start = _CUT.sub("", shown)
    return full if len(full) > len(start) and start and full.startswith(start) else start or full


# --- Asking ---------------------------------------------------------------------------------------------------------


def texts(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> AsyncIterator[Fetched]:
    """The articles in a place's queue (`waiting`), as `attempts.texts` reads them."""
    return attempts.texts(
        place, lambda row, tries: read(source, desk, Entry.back(row), patient=tries < PATIENCE),
        lambda row, fault: unread(Entry.back(row), desk.now, fault), desk.now,
    )


def waits(place: Mapping[str, Any]) -> set[str]:
    """The ids of the articles in a place's queue."""
    return {row[0] for row, *_ in place["queue"]}


def _context(entry: Entry) -> dict[str, str]:
    return {"call": "article", **dict(zip(("id", "url", "title", "at", "locator"), entry.kept(), strict=True))}


async def read(source: SourceSpec, desk: Desk, entry: Entry, *, patient: bool = True) -> Fetched:
    """An article's page; its context says what the list said. Raises Fault, also for a page in the way, and (`patient`)
    for one that seems to break off."""
    if not hypertext.same_site(entry.url, source.url):
        raise Fault("STOP", "文章在其他网站")
    fetched = await robots.get(desk.http, entry.url, desk.now, within=source.url)
    problem = await hypertext.aside(_problem, source, fetched, entry, patient)
    if problem:
        raise Fault("RETRY", problem, evidence=fetched)
    return replace(fetched, etag="", last_modified="", unchanged=False, context=_context(entry))


def _problem(source: SourceSpec, fetched: Fetched, entry: Entry, patient: bool) -> str:
    """Why an answer can't be the article; empty where it may be."""
    if not fetched.body.strip():
        return "文章页返回内容为空"
    text = hypertext.decode(fetched.body, fetched.media_type, str(source.config.get("encoding") or ""))
    if patient and not is_whole(source, text):
        return BROKEN
    found = re.search(r"<title[^<>]{0,200}>([^<]{0,200})", text[:100_000], re.IGNORECASE)
    in_the_way = found and blocked(found[1]) and not blocked(entry.title) and not _ARTICLE.search(text[:200_000])
    if in_the_way and len(_HAN.findall(_TAGS.sub("", text[:MAX_TEXT]))) < THIN:
        return f"文章页被拦截（网页标题：{one_line(found[1])[:40]}）"
    return ""


def unread(entry: Entry, now: datetime, fault: Fault) -> Fetched:
    """The answer for an article whose page is not to be had: the site's own, or a line in its place. Where no list gave
    a title, it is read as the record."""
    fetched = attempts.failed(fault, entry.url, now)
    return fetched if entry.title else replace(fetched, failed="", context=_context(entry) | {"missing": fault.message})


def is_whole(source: SourceSpec, text: str) -> bool:
    """Whether a page has its end, unless the source is known to print none."""
    return source.config.get("unclosed") == "1" or hypertext.is_whole(text)


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The record of one article's answer."""
    context, batch = fetched.context, Batch()
    entry = Entry.back([context[name] for name in ("id", "url", "title", "at", "locator")])
    why, page = context.get("missing", ""), None
    if not why and _is_page(fetched):
        text = hypertext.decode(fetched.body, fetched.media_type, str(source.config.get("encoding") or ""))
        try:
            page = hypertext.tree(text)
        except Fault as fault:  # one page beyond all measure says nothing of the source
            why = fault.message
    if page is None:
        batch.note = f"有的文章页没有读取（{why[:80] or '是附件而不是网页'}），目前只有列表所示内容"
        return put(batch, fetched, replace(entry, title=entry.title or file_name(entry.url)))
    metas = hypertext.metas(page)
    title = metas.get("articletitle") or entry.title or metas.get("og:title") or hypertext.title_of(page)
    printed = [metas[n] for n in ("pubdate", "publishdate", "article:published_time", "og:release_date") if n in metas]
    at = _first_credible([*(dates.on_page(p, fetched.fetched_at) for p in printed), entry.at], fetched.fetched_at)
    if at and entry.at and clock.local(at).time() == time() and clock.day_of(entry.at) == clock.day_of(at):
        at = entry.at  # a bare day says less than the list's moment of that day
    details = {label: metas[name] for name, label in _GUIDELINE.items() if metas.get(name)}
    body = _body(page, str(source.config.get("article") or "")) or metas.get("description", "")
    if not body:
        batch.note = "有的文章页上没有找到正文，请核对“正文”选择器"
    author = metas.get("author") or metas.get("contentsource") or ""
    return put(
        batch, fetched, replace(entry, title=title or file_name(entry.url), at=at, printed="、".join(printed)),
        text=body, author=author, details=details,
    )


def _is_page(fetched: Fetched) -> bool:
    """Whether an answer is text of any kind; attachments are not read."""
    return fetched.media_type.partition("/")[0].strip().lower() in ("text", "") or "ml" in fetched.media_type


def file_name(url: str) -> str:
    """What an address is called where nothing else names it: its file's name, or the address."""
    name = one_line(unquote(urlsplit(url).path.rpartition("/")[2]))
    return (name or url)[:MAX_TITLE]


def _first_credible(found: Sequence[datetime | None], now: datetime) -> datetime | None:
    """The first of these instants at which something can have been published."""
    return next((at for at in found if at and EARLIEST <= at <= now + FUTURE_TOLERANCE), None)


def _body(page: Any, selector: str) -> str:
    """The article's text by the given selector, else by the usual ones."""
    wanted = [selector] if selector and selector != "*" else []
    for one in (*wanted, *BODIES):
        found = _outermost(hypertext.select(page, one, "正文")[:20])
        text = "\n".join(plain.text_of(node.html or "") for node in found)
        if text.strip():
            return clean(text)[:MAX_TEXT]
    return ""


def _outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Elements without those that lie within another one of them."""
    chosen = {node.mem_id for node in nodes}

    def within(node: LexborNode | None) -> bool:
        while node is not None and (node := node.parent) is not None:
            if node.mem_id in chosen:
                return True
        return False

    return [node for node in nodes if not within(node)]


def put(
    batch: Batch, fetched: Fetched, entry: Entry, *, text: str = "", author: str = "",
    details: dict[str, str] | None = None,
) -> Batch:
    """Add an entry's record to a batch, or the reason why it can't be one."""
    raw = one_line(f"{entry.title} {entry.url} {entry.printed}")[:500]
    if not entry.title:
        batch.rejects.append(Reject(entry.locator, "title", "没有标题", raw))
        return batch
    title = one_line(entry.title)
    at = _first_credible([entry.at, dates.in_address(entry.url)], fetched.fetched_at)
    try:
        batch.mentions.append(MentionRecord(
            locator=entry.locator, external_id=entry.id, url=entry.url, text=text, author=author[:200],
            title=title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…",
            published_at=at or fetched.fetched_at, dated=at is not None,
            observed_at=fetched.fetched_at, details=details or {},
        ))
    except ValidationError as error:
        batch.rejects += [Reject(entry.locator, field, reason, raw) for field, reason in reasons(error)]
    return batch
