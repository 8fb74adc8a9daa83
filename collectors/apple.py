"""The App Store: an APP's rating (lookup) and its newest reviews (feed of the store in China).

Reviews are opinion material; the rating is the mean over all versions as printed, with the number of ratings.
Source: developer.apple.com, iTunes Search API (lookup); the review feed is public but undocumented.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from collectors.base import Collector, Desk, Field, each, read_json
from core import clock
from core.faults import Fault
from core.records import AppRecord, Batch, Fetched, MentionRecord, SourceSpec, one_line

BASE = "https://itunes.apple.com"
PACE = 3.0
"""Some twenty calls a minute are let through."""
PAGES = 10


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The rating, then pages of reviews until one is empty; the cursor holds the page to go on at."""
    page = int(desk.cursor.get("page", 0))
    last = PAGES if source.config.get("reviews", "1") == "1" else 0
    while page <= last:
        fetched = await (_page(source, desk, page) if page else _lookup(source, desk))
        through = page == last or (page > 0 and not _entries(read_json(fetched)))
        page += 1
        yield replace(fetched, cursor={} if through else {"page": page})
        if through:
            return


def _app(source: SourceSpec) -> str:
    number = str(source.config.get("id", "")) or (source.account[1] if source.account else "")
    if not number.isdecimal():
        raise Fault("STOP", "没有填写 App Store 的应用编号（网址中 id 后面的数字）")
    return number


async def _lookup(source: SourceSpec, desk: Desk) -> Fetched:
    return await _ask(source, desk, "/lookup", {"id": _app(source), "country": "cn"}, "lookup")


async def _page(source: SourceSpec, desk: Desk, page: int) -> Fetched:
    path = f"/cn/rss/customerreviews/page={page}/id={_app(source)}/sortby=mostrecent/json"
    return await _ask(source, desk, path, {}, "reviews")


async def _ask(source: SourceSpec, desk: Desk, path: str, params: dict[str, str], call: str) -> Fetched:
    url = (source.url or BASE).rstrip("/") + path
    fetched = await desk.http.ask("GET", url, now=desk.now, params=params, pace=PACE, context={"call": call})
    desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    parts = {"resultCount": int, "results": list} if call == "lookup" else {"feed": dict}
    if not isinstance(answer, dict) or not all(isinstance(answer.get(name), kind) for name, kind in parts.items()):
        raise Fault("RETRY", "App Store 返回的内容不是预期的结构", evidence=fetched)
    if call == "lookup" and not (answer["resultCount"] and answer["results"]):
        raise Fault("GONE", "中国区 App Store 没有这个应用，请核对应用编号", evidence=fetched)
    return fetched


def _entries(answer: Any) -> list:
    """The feed's entries: none, one object, or a list. The first page's first one may be the APP itself."""
    found = answer["feed"].get("entry", [])
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise Fault("RETRY", "App Store 返回的评论不是列表，接口可能已变化")
    return [entry for entry in found if isinstance(entry, dict) and "im:rating" in entry]


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The rating, or reviews."""
    batch, answer = Batch(), read_json(fetched)
    if fetched.context["call"] == "lookup":
        each(answer["results"][:1], batch, lambda row, at: batch.apps.append(AppRecord(
            day=clock.day_of(fetched.fetched_at), observed_at=fetched.fetched_at, rating=row.get("averageUserRating"),
            locator=at,
        )), "results")
        return batch

    def review(entry: dict, at: str) -> None:
        title, text = entry["title"]["label"], entry["content"]["label"]
        batch.mentions.append(MentionRecord(
            external_id=f"{_app(source)}#{entry['id']['label']}",
            title=f"【{entry['im:rating']['label']}星】{one_line(title) or one_line(text)[:60]}"[:500], text=text,
            published_at=datetime.fromisoformat(entry["updated"]["label"]), observed_at=fetched.fetched_at,
            platform=source.platform, locator=at,
        ))

    each(_entries(answer), batch, review, "feed.entry")
    return batch


async def check(source: SourceSpec, desk: Desk) -> str:
    """The APP's name and rating."""
    fetched = await _lookup(source, desk)
    rating = next((record.rating for record in parse(source, fetched).apps), None)
    row = read_json(fetched)["results"][0]
    name = one_line(str(row.get("trackName", "")))[:40] if isinstance(row, dict) else ""
    return f"连接正常，“{name}”评分 {'—' if rating is None else f'{rating:.1f}'}"


APPLE = Collector(
    "apple", "App Store", 43_200, collect, parse, base=BASE, account="required", platform="app", check=check,
    options=(Field("id", "应用编号", "App Store 网址中 id 后面的数字；不填用账号的平台 ID", required=False),
             Field("reviews", "用户评论", "是否采集最新评论", required=False, default="1", choices=("1", "0"))),
    help="公开接口，不需要凭据。评分为各版本平均；评论作为舆情信息。",
)
