"""Hot lists in the newsnow JSON shape: {status, id, updatedTime (ms), items: [{id, title, url, pubDate?, extra?}]}.

An item without a date is named by its id and the Shanghai day: a word that trends again in another month is another
mention, and one that stays for days counts on each of them.
"""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from pydantic import ValidationError

from collectors import dates, plain
from collectors.base import Collector, single
from collectors.http import Http
from core import clock
from core.counts import MISSING, Count, CountError, parse_count
from core.faults import Fault
from core.records import Batch, Fetched, MentionRecord, Reject, SourceSpec, one_line, reasons

STALE = timedelta(hours=6)
"""A list that its server has not renewed for so long is worth a word."""
MAX_ITEMS = 500
MAX_TITLE, MAX_TEXT, MAX_ID, MAX_URL = 500, 200_000, 380, 2_000
_HEAT_WORDS = re.compile(r"\s*(?:热度值?|热|人气|阅读|讨论|次播放|播放|次浏览|浏览|人在看|人参与)\s*$")


def address(source: SourceSpec) -> str:
    """The address of the list: the source's URL as it is, or its base with `config["id"]`, the list's name there."""
    name = str(source.config.get("id") or "")
    if not name or "/api/s?" in source.url:
        return source.url
    return f"{source.url.rstrip('/')}/api/s?id={quote(name, safe='')}"


async def fetch(source: SourceSpec, http: Http, now: datetime) -> Fetched:
    """Ask for the list. newsnow answers an unknown name with HTTP 500, which is for a person to mend."""
    try:
        return await http.get(
            address(source), now=now, etag=source.etag, last_modified=source.last_modified,
            headers={"Accept": "application/json"},
        )
    except Fault as fault:
        page = fault.evidence
        if isinstance(page, Fetched) and b"Invalid source id" in page.body[:10_000]:
            raise _unknown(source, page) from fault
        raise


def _unknown(source: SourceSpec, page: Fetched | None = None) -> Fault:
    name = one_line("".join(parse_qs(urlsplit(address(source)).query).get("id", [])))[:40] or "未填写"
    return Fault("STOP", f"热榜接口没有“{name}”这个榜单，请检查榜单编号", evidence=page)


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The items of the list as mentions; their rank is their place. Raises Fault for what is no such list."""
    data = _load(fetched)
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        if isinstance(data, dict) and "Invalid source id" in str(data.get("message", ""))[:1000]:
            raise _unknown(source)
        raise Fault("RETRY", "返回的 JSON 不是热榜，缺少 items 列表")
    if data.get("status") not in ("success", "cache", None):
        raise Fault("RETRY", f"热榜接口返回失败状态“{one_line(str(data['status']))[:40]}”")
    batch = Batch()
    notes = []
    items = data["items"]
    if not items:
        notes.append("榜单是空的")
    if len(items) > MAX_ITEMS:
        notes.append(f"只取前 {MAX_ITEMS} 条（共 {len(items)} 条）")
    renewed = _instant(data.get("updatedTime"))
    if renewed is not None and fetched.fetched_at - renewed > STALE:
        notes.append(f"榜单停留在 {clock.local(renewed):%m-%d %H:%M}，之后没有更新")
    seen: set[str] = set()
    for rank, item in enumerate(items[:MAX_ITEMS], start=1):
        outcome = _record(fetched, item, rank)
        if isinstance(outcome, Reject):
            batch.rejects.append(outcome)
        elif outcome.external_id not in seen:
            seen.add(outcome.external_id)
            batch.mentions.append(outcome)
    batch.note = "；".join(notes)
    return batch


def _load(fetched: Fetched) -> Any:
    text, _ = plain.decode(fetched.body, fetched.media_type)
    if not text.strip():
        raise Fault("RETRY", "返回内容为空")
    if text.lstrip().startswith("<"):
        raise Fault("RETRY", "返回的是网页而不是热榜 JSON，请检查网址或是否被拦截")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Fault("RETRY", "返回的内容不是完整的 JSON") from error


def _record(fetched: Fetched, item: Any, rank: int) -> MentionRecord | Reject:
    locator = f"/items/{rank - 1}"
    if not isinstance(item, dict):
        return Reject(locator, "", "条目不是 JSON 对象", one_line(str(item))[:200])
    extra = item["extra"] if isinstance(item.get("extra"), dict) else {}
    title = _text(item.get("title"))
    if not title:
        return Reject(locator, "title", "标题为空", one_line(json.dumps(item, ensure_ascii=False))[:500])
    url = next((u for u in (_url(item.get("url")), _url(item.get("mobileUrl"))) if u), "")
    at = _instant(item.get("pubDate")) or _instant(extra.get("date"))
    name = one_line(str(item["id"])) if isinstance(item.get("id"), str | int) else ""
    name = name or url or title
    if len(name) > MAX_ID:
        name = f"sha256:{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"
    try:
        return MentionRecord(
            locator=locator,
            external_id=name if at else f"{name}@{clock.day_of(fetched.fetched_at)}",
            title=title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…",
            text=plain.text_of(extra["hover"])[:MAX_TEXT] if isinstance(extra.get("hover"), str) else "",
            url=url,
            published_at=at or fetched.fetched_at,
            dated=at is not None,
            observed_at=fetched.fetched_at,
            rank=rank,
            heat=_heat(extra.get("info")),
        )
    except ValidationError as error:
        faults = reasons(error)
        raw = one_line(json.dumps(item, ensure_ascii=False))[:500]
        return Reject(locator, "、".join(f for f, _ in faults if f), "；".join(reason for _, reason in faults), raw)


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return one_line(plain.text_of(value) if plain.looks_like_markup(value[: plain.MAX_MARKUP]) else value)


def _url(value: object) -> str:
    url = one_line(value) if isinstance(value, str) else ""
    return url if len(url) <= MAX_URL and re.match(r"https?://[^\s/]", url, re.IGNORECASE) else ""


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return dates.from_number(value)
    if isinstance(value, str):
        return dates.from_number(int(value)) if re.fullmatch(r"\d{9,14}", value) else dates.from_text(value)
    return None


def _heat(info: object) -> Count:
    """A printed heat such as `1234万热度`; missing where it is a word (`热`) or nothing."""
    if isinstance(info, bool) or not isinstance(info, str | int | float):
        return MISSING
    try:
        return parse_count(_HEAT_WORDS.sub("", info) if isinstance(info, str) else info, cap=None)
    except CountError:
        return MISSING


HOTLIST = Collector("hotlist", "热榜接口", 600, single(fetch), parse, alone=True)
