"""Kuaishou's open platform: one authorised account's videos with their counters, and its followers of the moment.

There are no day totals, and no followers of the past. The list goes on by the id of the last video; it is read back to
the month that still needs readings, and what an earlier reading had and this one has not is gone.
Source: open.kuaishou.com, 内容管理 and 用户信息; codes: 错误码 there.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectors import attempts, oauth
from collectors.base import Collector, Desk, Field, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count
from core.faults import Fault
from core.records import Batch, Complete, Fetched, FollowerRecord, Gone, PostRecord, SourceSpec, one_line

BASE = "https://open.kuaishou.com"
PACE = 0.3
REACH = timedelta(days=32)
"""How far back the list is read: no older post is due to be read again."""
PAGE = 20
PAGES = 100
CAREFUL = 1_800
"""Seconds to leave it alone when the platform says that we ask too much."""
COUNTERS = {"plays": "view_count", "likes": "like_count", "comments": "comment_count"}

REMEDY = "请账号管理员用快手扫码重新授权，并把新的授权码填入凭据"
_LOST = ("REAUTH", f"快手授权已失效，{REMEDY}")
_OUR = ("STOP", "请求参数不被快手接受")
_SLOW = ("RETRY", "快手要求放慢，半小时后再试")
VERDICTS = Verdicts("快手", {
    "100200100": _OUR,
    "100200101": ("STOP", "应用 ID 或密钥不正确，请在快手开放平台核对"),
    **dict.fromkeys(("100200102", "100200107", "100200108", "100200110", "100200111", "100200113"), _LOST),
    **dict.fromkeys(("100200103", "100200104", "100400"), _OUR),
    "100200105": ("REAUTH", f"授权码已过期或已用过，{REMEDY}"),
    "100200106": ("STOP", "应用没有该项权限，请在快手开放平台申请并由账号管理员重新授权"),
    "100200109": ("REAUTH", f"账号已取消对应用的授权，{REMEDY}"),
    "100200500": ("RETRY", "快手系统繁忙，稍后重试"),
    **dict.fromkeys(("100100402", "100100403", "100100404", "200100410"), _SLOW),
    "120001": ("GONE", "视频不存在"),
})
STALE = ("100200102", "100200108")
SLOW = ("100100402", "100100403", "100100404", "200100410")
GONE = ("120001",)


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """Followers, the list of videos page by page, then single videos that are due and were not on it. The cursor holds
    where the list goes on."""
    place = dict(desk.cursor) or {"from": desk.now.isoformat(), "cursor": "", "page": 0, "sound": True}
    if not desk.cursor:
        fetched, _ = await _call(source, desk, "user_info", {}, {})
        warning = oauth.warning(desk, "快手", REMEDY)
        context = fetched.context | ({"ending": warning} if warning else {})
        yield replace(fetched, context=context, cursor=dict(place))
    async for fetched in _list(source, desk, place):
        yield fetched
    spare = attempts.Spare(desk.now)
    for post in await desk.wanted(200):
        params, context = {"photo_id": post.external_id}, {"post": post.external_id}
        yield await spare.ask(
            f"视频 {post.external_id}", _call(source, desk, "photo/info", params, context, single=True)
        )
    spare.end()


async def _list(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> AsyncIterator[Fetched]:
    oldest = datetime.fromisoformat(place["from"]) - REACH
    for page in range(int(place["page"]), PAGES):
        params = {"count": PAGE} | ({"cursor": place["cursor"]} if place["cursor"] else {})
        fetched, answer = await _call(source, desk, "photo/list", params, {})
        rows = answer.get("video_list")
        if not isinstance(rows, list):
            raise Fault("RETRY", "快手返回的内容缺少视频列表，接口可能已变化", evidence=fetched)
        last, at = _last(rows)
        # The list ends with a page that holds nothing more; a short page may just have been filtered.
        through = not last or last == place["cursor"] or at < oldest
        # What could not be read was not seen, and a list without anything may be a hiccup: neither proves a deletion.
        sound = place["sound"] and bool(rows or page) and not parse(source, fetched).rejects
        place = {**place, "cursor": last, "page": page + 1, "sound": sound}
        context = {"since": oldest.isoformat(), "from": place["from"]} if through and sound else {}
        if page + 1 == PAGES and not through:
            context = {"notice": f"视频列表只读了前 {PAGES} 页，更早的视频逐条读取"}
        ends = through or page + 1 == PAGES
        yield replace(fetched, context=fetched.context | context, cursor={} if ends else place)
        if ends:
            return


def _last(rows: list) -> tuple[str, datetime]:
    """Id and moment of a page's oldest video, from which the list goes on; "" where there is none."""
    found = []
    for row in rows:
        try:
            found.append((_when(row), str(row["photo_id"])))
        except (KeyError, TypeError, ValueError):
            continue
    at, last = min(found, default=(datetime.max.replace(tzinfo=clock.UTC), ""))
    return last, at


def _when(row: Mapping[str, Any]) -> datetime:
    return clock.at_unix(whole(row["create_time"]) / 1000)


async def _call(
    source: SourceSpec,
    desk: Desk,
    call: str,
    params: Mapping[str, Any],
    context: Mapping[str, str],
    single: bool = False,
) -> tuple[Fetched, dict]:
    """One call with the access token; one that was refused is made anew, once. `single`: it is about one video, so that
    one that is gone (`missing`) or refused by an unknown code (`refused`) stands in the context. Raises Fault."""
    stale = ""
    while True:
        token = await _access(source, desk, stale)
        fetched = await desk.http.ask(
            "GET", f"{_address(source)}/openapi/{call}", now=desk.now,
            params={"app_id": _app(desk)["app_id"], **params, "access_token": token}, pace=PACE,
            context={"call": call, **context},
        )
        if fetched.status not in (200, 400, 401, 403):
            desk.http.judge(fetched, desk.now)
        answer = read_json(fetched)
        if not isinstance(answer, dict) or "result" not in answer:
            desk.http.judge(fetched, desk.now)
            raise Fault("RETRY", "快手返回的内容不是预期的结构", evidence=fetched)
        code = str(answer["result"])
        if code == "1":
            return desk.http.judge(fetched, desk.now), answer
        if single and (code in GONE or code not in VERDICTS.codes):
            said = one_line(f"{code} {answer.get('error_msg') or ''}")[:100]
            return replace(fetched, context={**fetched.context, "missing" if code in GONE else "refused": said}), answer
        if code in STALE and not stale:
            stale = token
            continue
        raise VERDICTS.fault(
            code, str(answer.get("error_msg") or ""), fetched, retry_after=CAREFUL if code in SLOW else None
        )


async def _access(source: SourceSpec, desk: Desk, stale: str = "") -> str:
    async def ask(grant: str, value: str) -> oauth.Grant:
        call, name = ("access_token", "code") if grant == "authorization_code" else ("refresh_token", "refresh_token")
        bare, answer = await oauth.call(
            desk, "GET", f"{_address(source)}/oauth2/{call}", params=_app(desk) | {"grant_type": grant, name: value},
            pace=PACE,
        )
        code = str(answer.get("result"))
        if code != "1":
            raise VERDICTS.fault(code, str(answer.get("error_msg") or ""), bare)
        if not answer.get("access_token"):
            raise Fault("RETRY", "快手没有给出令牌，接口可能已变化")
        return oauth.Grant(
            str(answer["access_token"]), oauth.seconds(answer.get("expires_in"), desk.now) or 86_400,
            str(answer.get("refresh_token") or ""), oauth.seconds(answer.get("refresh_token_expires_in"), desk.now),
        )

    return await oauth.access(desk, ask, lost=f"快手还没有授权，{REMEDY}", stale=stale)


def _app(desk: Desk) -> dict[str, str]:
    """The application: id and secret. Raises Fault where one is missing."""
    found = {name: desk.secrets.get(name, "") for name in ("app_id", "app_secret")}
    if not all(found.values()):
        raise Fault("STOP", "没有填写 App ID 或 App Secret，请先添加凭据")
    return found


def _address(source: SourceSpec) -> str:
    return (source.url or BASE).rstrip("/")


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    context = fetched.context
    batch = Batch(note=context.get("notice", ""), ending=context.get("ending", ""))
    if "missing" in context:
        batch.gone.append(Gone(context["post"]))
        return batch
    if "refused" in context:
        batch.note = f"视频 {context['post']} 未能单独读取（快手 错误码 {context['refused']}）"
        return batch
    answer = read_json(fetched)
    match context["call"]:
        case "user_info":
            each([answer.get("user_info")], batch, lambda row, at: batch.followers.append(FollowerRecord(
                day=clock.day_of(fetched.fetched_at), observed_at=fetched.fetched_at,
                followers=Count(whole(row["fan"])), locator="user_info",
            )), "user_info")
        case "photo/info":
            each([answer.get("video_info")], batch, lambda row, at: _video(row, "video_info", fetched, batch),
                 "video_info")
        case _:
            each(answer.get("video_list"), batch, lambda row, at: _video(row, at, fetched, batch), "video_list")
            if "since" in context:
                start = datetime.fromisoformat(context["from"])
                batch.complete.append(Complete(datetime.fromisoformat(context["since"]), start, start))
    return batch


def _video(row: dict, at: str, fetched: Fetched, batch: Batch) -> None:
    """A video; one that is still being processed or reviewed is left out."""
    if row.get("pending"):
        return
    caption = str(row.get("caption") or "")
    photo = str(row["photo_id"])
    batch.posts.append(PostRecord(
        external_id=photo, published_at=_when(row), observed_at=fetched.fetched_at, title=one_line(caption)[:500],
        text=caption, url=f"https://www.kuaishou.com/short-video/{photo}", kind="视频",
        counters={ours: Count(whole(row[theirs])) for ours, theirs in COUNTERS.items() if row.get(theirs) is not None},
        locator=at,
    ))


async def check(source: SourceSpec, desk: Desk) -> str:
    """The account behind the token."""
    fetched, answer = await _call(source, desk, "user_info", {}, {})
    user = answer.get("user_info")
    if not isinstance(user, dict):
        raise Fault("RETRY", "快手返回的内容缺少账号信息，接口可能已变化", evidence=fetched)
    said = f"连接正常，“{one_line(str(user.get('name', '')))[:40]}”粉丝数 {user.get('fan', '—')}"
    warning = oauth.warning(desk, "快手", REMEDY)
    return f"{said}；{warning}" if warning else said


KUAISHOU = Collector(
    "kuaishou", "快手开放平台", 7_200, collect, parse, base=BASE, account="required", platform="kuaishou", check=check,
    secrets=(
        Field("app_id", "App ID", "快手开放平台—应用详情"),
        Field("app_secret", "App Secret", "同一页面", secret=True),
        Field("code", "授权码", "账号管理员扫码授权后回调地址中的 code，只能用一次，请尽快填写", required=False,
              secret=True),
        Field("refresh_token", "刷新令牌", "已有 refresh_token 时填写；用授权码的不填", required=False, secret=True),
    ),
    help="由账号管理员扫码授权，读取账号自己的视频和当前粉丝数；不含每日增减和收藏、转发，这些请用后台导出的文件。",
)
