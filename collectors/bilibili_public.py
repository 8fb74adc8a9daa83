"""Bilibili's public statistics, as everybody sees them without logging in: followers, videos, counters.

For accounts that can't authorise an application. The list of videos is asked with the signature that the site's own
pages make (wbi: keys that change daily, MD5 over the sorted parameters). Few calls, far apart: what the platform's risk
control stops is left alone for hours. Counters of a young or due video come from the video itself; an older one has
only those that the list shows (plays and comments), until it is due.
Source: public notes on api.bilibili.com (relation/stat, wbi/arc/search, web-interface/view, nav).
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from collectors import attempts, bilibili
from collectors.base import Collector, Desk, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count
from core.faults import Fault
from core.records import Batch, Fetched, FollowerRecord, Gone, PostRecord, SourceSpec, one_line

BASE = "https://api.bilibili.com"
PACE = 3.0
REACH = timedelta(days=32)
"""How far back a list is read: no older post is due to be read again."""
PAGE = 50
PAGES = 10
YOUNG = timedelta(days=3)
"""Videos of this age are asked one by one at every round; older ones when they are due."""
VIEWS = 100
"""Due videos asked one by one in a round."""
CAREFUL = 1_800
MIXIN = (
    46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35, 27, 43, 5, 49, 33, 9,
    42, 19, 29, 28, 14, 39, 12, 38, 41, 13, 37, 48, 7, 16, 24, 55, 40, 61, 26, 17, 0, 1,
    60, 51, 30, 4, 22, 25, 54, 21, 56, 59, 6, 63, 57, 62, 11, 36, 20, 34, 44, 52,
)
"""The order in which the two keys' characters make the signing key; the first 32 count."""

_BUSY = ("RETRY", "B站系统繁忙，稍后重试")
VERDICTS = Verdicts("B站", {
    **{code: verdict for code, verdict in bilibili.VERDICTS.codes.items() if code.startswith("-")},
    "-101": ("STOP", "该数据须登录才能查看"),
    "-400": ("STOP", "请求参数不被B站接受，请核对账号的平台 ID（应为数字 UID）"),
    "-403": ("STOP", "B站不接受签名或不允许访问"),
    "-404": ("GONE", "账号或稿件不存在"),
    **dict.fromkeys(("-500", "-503", "-504"), _BUSY),
    "-509": ("RETRY", "请求过于频繁，半小时后再试"),
    "62002": ("GONE", "稿件不可见"), "62004": ("GONE", "稿件审核中"), "62012": ("GONE", "稿件仅UP主可见"),
})
GONE = ("-404", "62002", "62004", "62012")


def mixin_key(img_key: str, sub_key: str) -> str:
    """The signing key of a day's two keys. Raises ValueError for keys of another length."""
    both = img_key + sub_key
    if len(both) != len(MIXIN):
        raise ValueError("wbi 密钥长度不对")
    return "".join(both[n] for n in MIXIN)[:32]


def signed(params: Mapping[str, Any], key: str, wts: int) -> dict[str, str]:
    """Parameters with `wts` (Unix time) and their signature `w_rid`; characters that the site's own pages leave out are
    left out."""
    kept = {name: re.sub(r"[!'()*]", "", str(value)) for name, value in {**params, "wts": wts}.items()}
    text = urlencode(sorted(kept.items()), quote_via=quote)
    return kept | {"w_rid": hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest()}


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The accounts one after the other: followers, the list of videos; then single videos. The cursor holds the
    accounts left ([id, page to go on at, videos in all as page 1 said, failed tries]) and the videos left ([account,
    id, moment of publishing, failed tries])."""
    moment, spare = bilibili.running_clock(desk), attempts.Spare(desk.now)
    mids = [source.account[1]] if source.account else list(desk.accounts)
    mids = [mid for mid in mids if mid.isdecimal()]
    if source.account and not mids:
        raise Fault("STOP", "账号的平台 ID 应为数字 UID，请在台账中核对")
    place = dict(desk.cursor) or await _fresh(desk, mids)
    while place["accounts"]:
        (mid, pn, total, tries), *rest = place["accounts"]
        try:
            async for fetched, *ahead in _account(source, desk, moment, mid, pn, total, place):
                spare.well()
                pn, total, views = ahead
                left = [[mid, pn, total, tries], *rest] if pn else rest
                place = place | {"accounts": left, "views": views}
                yield replace(fetched, cursor=_kept(place))
        except Fault as fault:
            fetched = spare.miss(f"账号 {mid}", fault)
            missed = [*place["missed"], *attempts.again([mid, pn, total, tries])]
            place = place | {"accounts": rest, "missed": missed}
            yield replace(fetched, cursor=_kept(place))
    while place["views"]:
        row, *views = place["views"]
        mid, post, published, _ = row
        context = {"call": "view", "mid": mid, "post": post, "published": published}
        view = _call(source, desk, moment, "web-interface/view", {"bvid": post}, context, single=True)
        fetched = await spare.ask(f"稿件 {post}", view)
        unseen = attempts.again(row) if fetched.failed else []
        place = place | {"views": views, "unseen": [*place["unseen"], *unseen]}
        yield replace(fetched, cursor=_kept(place))
    spare.end()


def _kept(place: dict[str, Any]) -> dict[str, Any]:
    """The cursor for a place: at a round's end what is to be tried again, if anything."""
    if place["accounts"] or place["views"]:
        return place
    again = {"accounts": place["missed"], "views": place["unseen"], "missed": [], "unseen": []}
    return place | again if place["missed"] or place["unseen"] else {}


async def _fresh(desk: Desk, mids: list[str]) -> dict[str, Any]:
    """A round's beginning. What is due is asked before the lists are read: being listed is being seen."""
    due = [[post.account, post.external_id, post.published_at.isoformat(), 0] for post in await desk.wanted(VIEWS)]
    return {
        "from": desk.now.isoformat(), "accounts": [[mid, 0, None, 0] for mid in mids],
        "views": [view for view in due if view[0] in mids], "missed": [], "unseen": [],
    }


async def _account(
    source: SourceSpec, desk: Desk, moment: Callable[[], datetime], mid: str, pn: int, total: int | None,
    place: dict[str, Any],
) -> AsyncIterator[tuple[Fetched, int, int | None, list[list]]]:
    """Followers (`pn` 0) and list of one account, each answer with where to go on (page, 0 behind the last; videos in
    all) and the single videos to ask. Only from a list that is `bilibili.sound` is anything concluded."""
    begun, views = datetime.fromisoformat(place["from"]), place["views"]
    if not pn:
        fetched = await _call(source, desk, moment, "relation/stat", {"vmid": mid}, {"call": "relation", "mid": mid},
                              single=not source.account)
        pn = 0 if "missing" in fetched.context or "refused" in fetched.context else 1
        yield fetched, pn, None, views
        if not pn:
            return
    oldest, before = begun - REACH, total
    for page in range(pn, PAGES + 1):
        params = {"mid": mid, "ps": PAGE, "pn": page, "order": "pubdate"}
        fetched = await _call(source, desk, moment, "space/wbi/arc/search", params, {"call": "list", "mid": mid})
        rows, said = _rows(fetched)
        through = not rows or bilibili.ends(page * PAGE, said) or min(_published(rows, mid), default=oldest) < oldest
        sound = bilibili.sound(before, said, page, rows, "bvid") and not parse(source, fetched).rejects
        views = _young(rows, mid, begun - YOUNG, views)
        context = {"exact": " ".join(view[1] for view in views if view[0] == mid)}
        if sound and through:
            context |= {"since": oldest.isoformat(), "from": place["from"]}
        before, ends = said if sound else -1, through or page == PAGES
        yield replace(fetched, context=fetched.context | context), 0 if ends else page + 1, before, views
        if ends:
            return


def _rows(fetched: Fetched) -> tuple[list, int | None]:
    """The videos of a page and how many there are in all (None: not said)."""
    data = read_json(fetched).get("data")
    listed = data.get("list") if isinstance(data, dict) else None
    rows = listed.get("vlist") if isinstance(listed, dict) else None
    if not isinstance(rows, list):
        raise Fault("RETRY", "B站返回的内容缺少视频列表，接口可能已变化", evidence=fetched)
    return rows, bilibili.number(data.get("page"), "count")


def _own(row: Mapping[str, Any], mid: str) -> bool:
    """Whether a video is the account's own: lists also show those that another one published together with it."""
    return str(row.get("mid") or mid) == mid


def _published(rows: list, mid: str) -> list[datetime]:
    """When the account's own videos of a page were published, as far as it can be read."""
    found = []
    for row in rows:
        try:
            found += [clock.at_unix(row["created"])] if _own(row, mid) else []
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def _young(rows: list, mid: str, since: datetime, views: list[list]) -> list[list]:
    """The videos to ask, with a page's young ones."""
    found = {(view[0], view[1]): view for view in views}
    for row in rows:
        try:
            at = clock.at_unix(row["created"])
            if _own(row, mid) and at >= since:
                post = str(row["bvid"])
                found.setdefault((mid, post), [mid, post, at.isoformat(), 0])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return list(found.values())


async def _call(
    source: SourceSpec,
    desk: Desk,
    moment: Callable[[], datetime],
    call: str,
    params: Mapping[str, Any],
    context: Mapping[str, str],
    single: bool = False,
) -> Fetched:
    """One call; keys that were refused are asked anew, once. `single`: it is about one thing among others, so that one
    that is gone (`missing`) or refused by a code of its own (`refused`) stands in the context. Raises Fault."""
    stale = ""
    while True:
        sent = dict(params)
        if "/wbi/" in call:
            key = await desk.token("wbi", lambda: _keys(source, desk), stale=stale, margin=0)
            sent = signed(params, key, int(moment().timestamp()))
        fetched = await desk.http.ask(
            "GET", f"{_address(source)}/x/{call}", now=desk.now, params=sent, pace=PACE, context=context
        )
        answer, code = bilibili.envelope(desk, fetched)
        said = str(answer.get("message", ""))
        if code == "0":
            return desk.http.judge(fetched, desk.now)
        if single and code in GONE:
            return replace(fetched, context={**fetched.context, "missing": code})
        if single and not code.startswith("-"):
            return replace(fetched, context={**fetched.context, "refused": f"{code} {one_line(said)[:80]}"})
        if code == "-403" and "/wbi/" in call and not stale:
            stale = key
            continue
        wait = bilibili.REST if code in bilibili.RISK else CAREFUL if code == "-509" else None
        raise VERDICTS.fault(code, said, fetched, retry_after=wait)


async def _keys(source: SourceSpec, desk: Desk) -> tuple[str, float]:
    """The day's signing key: it stands in the answer to who is logged in, also where nobody is (code −101)."""
    fetched = await desk.http.ask("GET", f"{_address(source)}/x/web-interface/nav", now=desk.now, pace=PACE)
    answer, code = bilibili.envelope(desk, fetched)
    if code not in ("0", "-101"):
        wait = bilibili.REST if code in bilibili.RISK else None
        raise VERDICTS.fault(code, str(answer.get("message", "")), fetched, retry_after=wait)
    try:
        image = answer["data"]["wbi_img"]
        key = mixin_key(*(re.search(r"/([0-9a-f]{32})\.\w+$", image[name])[1] for name in ("img_url", "sub_url")))
    except (KeyError, TypeError, ValueError) as error:
        raise Fault("RETRY", "B站没有给出签名密钥，接口可能已变化", evidence=fetched) from error
    midnight = clock.instant(clock.day_of(desk.now) + timedelta(1))
    return key, (midnight - desk.now).total_seconds()


def _address(source: SourceSpec) -> str:
    return (source.url or BASE).rstrip("/")


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    context, batch = fetched.context, Batch()
    mid, call = context["mid"], context["call"]
    account = None if source.account else (source.platform or "bilibili", mid)
    if "missing" in context or "refused" in context:
        if call == "relation":
            batch.note = f"B站账号 {mid} 不存在或已注销"
        elif "missing" in context:
            batch.gone.append(Gone(context["post"], account))
        else:
            batch.note = f"视频 {context['post']} 未能读取（B站 错误码 {context['refused']}）"
        return batch
    if call == "list":
        rows, _ = _rows(fetched)
        each(rows, batch, lambda row, at: batch.posts.extend(_listed(row, at, fetched, account)), "data.list.vlist")
        bilibili.conclude(fetched, batch, account)
        return batch
    data = read_json(fetched).get("data")
    if call == "relation":
        each([data], batch, lambda row, at: batch.followers.append(FollowerRecord(
            day=clock.day_of(fetched.fetched_at), observed_at=fetched.fetched_at,
            followers=Count(whole(row["follower"])), account=account, locator="data",
        )), "data")
    else:
        each([data], batch, lambda row, at: batch.posts.append(_viewed(row, fetched, account)), "data")
    return batch


def _listed(row: dict, at: str, fetched: Fetched, account: tuple[str, str] | None) -> list[PostRecord]:
    """A video of the list. Its counters are a little older than the video's own: where those are asked, they count."""
    post = str(row["bvid"])
    if not _own(row, fetched.context["mid"]):
        return []
    exact = post in fetched.context.get("exact", "").split()
    return [PostRecord(
        external_id=post, published_at=clock.at_unix(row["created"]), observed_at=fetched.fetched_at,
        title=one_line(str(row.get("title") or ""))[:500], text=str(row.get("description") or ""),
        url=bilibili.address(post), kind="视频", original=_original(row), account=account, locator=at,
        counters={} if exact else bilibili.counters(row, {"plays": "play", "comments": "comment"}),
    )]


def _viewed(row: Mapping[str, Any], fetched: Fetched, account: tuple[str, str] | None) -> PostRecord:
    """One video with all its counters."""
    post, published = fetched.context["post"], datetime.fromisoformat(fetched.context["published"])
    return PostRecord(
        external_id=post, published_at=clock.at_unix(row["pubdate"]) if row.get("pubdate") else published,
        observed_at=fetched.fetched_at, title=one_line(str(row.get("title") or ""))[:500],
        text=str(row.get("desc") or ""), url=bilibili.address(post), kind="视频", original=_original(row),
        counters=bilibili.counters(row["stat"]), account=account, locator="data",
    )


def _original(row: Mapping[str, Any]) -> bool | None:
    """Own work (1) or taken from elsewhere (2); given as a number or as its digit."""
    return {"1": True, "2": False}.get(str(row.get("copyright")))


async def check(source: SourceSpec, desk: Desk) -> str:
    """The followers of the account, or of the first one of the ledger."""
    mid = source.account[1] if source.account else next((m for m in desk.accounts if m.isdecimal()), "2")
    moment = bilibili.running_clock(desk)
    fetched = await _call(source, desk, moment, "relation/stat", {"vmid": mid}, {"call": "relation", "mid": mid})
    data = read_json(fetched).get("data")
    followers = data.get("follower", "—") if isinstance(data, dict) else "—"
    return f"连接正常，UID {mid} 粉丝数 {one_line(str(followers))[:20]}"


BILIBILI_PUBLIC = Collector(
    "bilibili_public", "B站公开统计", 14_400, collect, parse, base=BASE, account="optional", platform="bilibili",
    check=check,
    help="无需凭据，读取任何人都能看到的粉丝数和视频数据，账号的平台 ID 为数字 UID；不绑定账号时采集台账中全部B站账号。"
         "可能被B站风控限制，遇到时自动暂停数小时；能授权的账号请用B站开放平台。",
)
