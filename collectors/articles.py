"""Articles of sites without feeds: what a list says of one, its own page with the meta tags that the national guideline
for government sites asks for (PubDate, ArticleTitle, ContentSource …), and the record that both make.

Shared by list pages and sitemaps. An article is read once, when it is new; what its page does not say, or a page that
can't be read after several tries, leaves what the list said.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from collectors import attempts, dates, hypertext, plain, robots
from collectors.base import Desk
from core.faults import Fault
from core.records import (
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
        return [self.id, self.url, self.title, self.at.isoformat() if self.at else "", self.locator]

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


def pending(
    source: SourceSpec, desk: Desk, place: dict[str, Any], which: str = "pending"
) -> AsyncIterator[Fetched]:
    """The articles that wait (collectors.attempts), one by one; one that can't be had is set aside with what the list
    said of it. Raises Fault as `attempts.each` does."""
    return attempts.each(
        place, which, lambda row: read(source, desk, Entry.back(row)),
        lambda row, fault: unread(Entry.back(row), desk.now, fault), lambda row: Entry.back(row).url, desk.now,
    )


def new(found: Sequence[Entry], known: Container[str], place: Mapping[str, Any]) -> list[Entry]:
    """The entries that are neither stored nor waiting from earlier rounds."""
    waits = {row[0] for which in ("later", "left") for row, _ in place[which]}
    return [entry for entry in found if entry.id not in known and entry.id not in waits]


def withheld(found: Sequence[Entry], wanted: Sequence[Entry], place: Mapping[str, Any]) -> str:
    """The ids, one a line, of the entries of a list that come by their articles; the others are taken from the list."""
    waits = {entry.id for entry in wanted} | {row[0] for which in ("later", "left") for row, _ in place[which]}
    return "\n".join(entry.id for entry in found if entry.id in waits)


def _context(entry: Entry) -> dict[str, str]:
    return {"call": "article", **dict(zip(("id", "url", "title", "at", "locator"), entry.kept(), strict=True))}


async def read(source: SourceSpec, desk: Desk, entry: Entry) -> Fetched:
    """An article's page; its context says what the list said. Where the page is gone or closed to us, the answer says
    so in its context instead of raising. Raises Fault for what passes (no answer, a page in the way, half a page)."""
    if not hypertext.same_site(entry.url, source.url):
        return unread(entry, desk.now, Fault("STOP", "在其他网站"))
    try:
        fetched = await robots.get(desk.http, entry.url, desk.now, within=source.url)
    except Fault as fault:
        if fault.kind not in ("STOP", "GONE", "REAUTH"):
            raise
        return unread(entry, desk.now, fault)
    text = hypertext.decode(fetched.body, fetched.media_type, str(source.config.get("encoding") or ""))
    if not text.strip():
        raise Fault("RETRY", "文章页返回内容为空", evidence=fetched)
    whole(source, text, fetched)
    title = re.search(r"<title[^<>]{0,200}>([^<]{0,200})", text[:100_000], re.IGNORECASE)
    if title and blocked(title[1]) and not blocked(entry.title) and not _ARTICLE.search(text[:200_000]):
        raise Fault("RETRY", f"文章页被拦截（网页标题：{one_line(title[1])[:40]}），请稍后再试", evidence=fetched)
    return replace(fetched, etag="", last_modified="", context=_context(entry))


def unread(entry: Entry, now: datetime, fault: Fault) -> Fetched:
    """The answer for an article whose page is not to be had: the site's own, or the list's line in its place."""
    context = _context(entry) | {"missing": fault.message}
    if isinstance(fault.evidence, Fetched):
        return replace(fault.evidence, etag="", last_modified="", context=context)
    return attempts.made(entry.url, f"{entry.title}\n{entry.url}\n", now, context)


def whole(source: SourceSpec, text: str, fetched: Fetched) -> None:
    """Raises Fault RETRY for a page that breaks off, unless the source is known to print no end."""
    if source.config.get("unclosed") != "1" and not hypertext.is_whole(text):
        raise Fault(
            "RETRY", "网页不完整，缺少结尾，可能传输中断；如该网站网页一向如此，请在选项“网页没有结尾标签”中选“是”",
            evidence=fetched,
        )


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The record of one article's answer."""
    context, batch = fetched.context, Batch()
    entry = Entry.back([context[name] for name in ("id", "url", "title", "at", "locator")])
    why, page = context.get("missing", ""), None
    if not why:
        text = hypertext.decode(fetched.body, fetched.media_type, str(source.config.get("encoding") or ""))
        try:
            page = hypertext.tree(text)
        except Fault as fault:  # one page beyond all measure says nothing of the source
            why = fault.message
    if page is None:
        batch.note = f"有的文章页没有读取（{why[:80]}），只记录了列表中的标题"
        return put(batch, fetched, replace(entry, title=entry.title or entry.url[:MAX_TITLE]))
    metas = hypertext.metas(page)
    title = metas.get("articletitle") or entry.title or metas.get("og:title") or hypertext.title_of(page)
    printed = next((metas[n] for n in ("pubdate", "publishdate", "article:published_time", "og:release_date")
                    if metas.get(n)), "")
    at = dates.on_page(printed, fetched.fetched_at) or entry.at or dates.in_address(entry.url)
    details = {label: metas[name] for name, label in _GUIDELINE.items() if metas.get(name)}
    body = _body(page, str(source.config.get("article") or "")) or metas.get("description", "")
    author = metas.get("author") or metas.get("contentsource") or ""
    return put(batch, fetched, replace(entry, title=title, at=at, printed=printed), text=body, author=author,
               details=details)


def _body(page: Any, selector: str) -> str:
    """The article's text by the given selector, else by the usual ones."""
    wanted = [selector] if selector and selector != "*" else []
    for one in (*wanted, *BODIES):
        found = hypertext.select(page, one, "正文")
        text = "\n".join(plain.text_of(node.html or "") for node in found[:20])
        if text.strip():
            return clean(text)[:MAX_TEXT]
    return ""


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
    at = entry.at if entry.at and entry.at <= fetched.fetched_at + FUTURE_TOLERANCE else None  # a day that is announced
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
