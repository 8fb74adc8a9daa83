"""Douyin's open platform: one authorised account's videos with their counters, followers and day totals.

The figures of days and of single videos are those of yesterday, ready at about 10:00; the list of videos carries
counters of the moment. A list is read back to the month that still needs readings; what an earlier reading had and this
one has not is gone (or no longer public). The authorisation renews itself five times, for half a year; then the
account's administrator has to scan again.
Source: developer.open-douyin.com, 数据开放服务 and 视频管理; codes: .../openapi/status-code.
"""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from collectors import attempts, oauth
from collectors.base import Collector, Desk, Field, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count
from core.faults import Fault
from core.records import (
    Batch,
    Complete,
    DailyRecord,
    Fetched,
    FollowerRecord,
    Gone,
    PostRecord,
    Reject,
    SourceSpec,
    one_line,
)

BASE = "https://open.douyin.com"
PACE = 0.3
CALLS = 5_000
"""Our own ceiling for one call and day; the platform's differs by application and is told by 28003017."""
REACH = timedelta(days=32)
"""How far back the list is read: no older post is due to be read again."""
PAGE = 20
PAGES = 60
ITEM_DAYS = timedelta(days=30)
"""Older videos have no figures of their own any more."""
READY_HOUR = 10
"""Shanghai hour from which yesterday's figures are to be expected."""
GIVE_UP_HOUR = 18
"""Shanghai hour from which they are no longer waited for: tomorrow's answer holds them."""
STALE_ROUND = timedelta(hours=2)
"""A round that only waits for late figures is begun anew after this, so that the videos are read meanwhile."""
RENEWALS = 5
RENEW_AHEAD = timedelta(days=7)
"""How long before its end a refresh token is renewed."""
CAREFUL = 1_800
"""Seconds to leave it alone when the platform says that we ask too much."""
PUBLIC = (1, 5)
"""`video_status` of videos that everybody can see; 2 unfit, 4 in review, 6 friends, 7 private."""

DAYS = {"fans": "粉丝数据", "item": "视频数据", "like": "点赞数据", "comment": "评论数据", "share": "分享数据"}
"""The calls for days, and what they are called where the permission is missing."""

REMEDY = "请账号管理员用抖音扫码重新授权，并把新的授权码填入凭据"
_LOST = ("REAUTH", f"抖音授权已失效，{REMEDY}")
_BUSY = ("RETRY", "抖音系统繁忙，稍后重试")
_OUR = ("STOP", "请求参数不被抖音接受")
OUR = ("28001007", "2100005")
_SCOPE = ("STOP", "没有该项数据的权限，请在抖音开放平台申请并由账号管理员重新授权")
_SLOW = ("RETRY", "抖音要求放慢，半小时后再试")
_QUOTA = ("QUOTA", "今日调用次数已用完，次日恢复")
VERDICTS = Verdicts("抖音", {
    **dict.fromkeys(("28001003", "28001008", "2190002", "2190008", "10008"), _LOST),
    **dict.fromkeys(("28001005", "28001006", "2100004"), _BUSY),
    **dict.fromkeys(OUR, _OUR),
    **dict.fromkeys(("28001012", "28001014", "28001018", "2100007"), _SCOPE),
    "28001015": ("STOP", "open_id 与授权的抖音账号不一致，请核对凭据"),
    "28001016": ("STOP", "应用已被封禁或下线，请联系抖音开放平台"),
    "28001017": ("STOP", "抖音没有这个接口"),
    "28001019": ("STOP", "该能力已被封禁或下线，请联系抖音开放平台"),
    "28001020": ("STOP", "账号未绑定该测试应用，请在抖音开放平台绑定"),
    "28001021": ("STOP", "测试应用已过期，请在抖音开放平台转正"),
    "28001045": ("GONE", "抖音账号已注销"),
    "28001046": ("GONE", "抖音账号已被封禁"),
    "28001047": ("GONE", "抖音账号已设为私密"),
    "28001052": ("RETRY", "抖音判定访问有风险，半小时后再试"),
    "28001056": ("STOP", "该接口已下线"),
    "28003018": _SLOW,
    **dict.fromkeys(("28003017", "2190001"), _QUOTA),
})
OAUTH = Verdicts("抖音", {
    **dict.fromkeys(("28001005", "28001006", "2100004", "10001"), _BUSY),
    **dict.fromkeys(("10002", "10005", *OUR), _OUR),
    **dict.fromkeys(("10003", "10013", "10014"), ("STOP", "client_key 或 client_secret 不正确，请在抖音开放平台核对")),
    "10004": ("STOP", "应用没有该项权限，请在抖音开放平台申请"),
    "10007": ("REAUTH", f"授权码已过期或已用过，{REMEDY}"),
    **dict.fromkeys(("10008", "10010", "28001003", "28001008", "2190002", "2190008"), _LOST),
    "10020": ("QUOTA", "授权续期过于频繁"),
})
ENDED = ("10004", "10010", "10020")
"""What a renewal is refused with for good: not allowed to this application, too late, too often."""
STALE = ("28001003", "28001008", "2190002", "2190008", "10008")
DENIED = ("28001012", "28001018", "2100007")
"""Scopes that are given one by one: the rest is read without them."""
SLOW = ("28001052", "28003018")
QUOTA = ("28003017", "2190001")


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """One round: the week's day totals, the list of videos, then single videos that are due and were not on it. The
    cursor holds what is left; figures that are late are asked again until the evening."""
    place = _place(desk)
    ending = await _authorised(source, desk)
    while place["todo"]:
        call, *place["todo"] = place["todo"]
        context = {"call": call, "yesterday": _yesterday(desk).isoformat()} | ({"ending": ending} if ending else {})
        fetched, data = await _call(
            source, desk, f"/data/external/user/{call}/", {"date_type": 7}, context, allowed=DENIED
        )
        if _lacks_yesterday(desk, fetched, data):
            waits = clock.local(desk.now).hour < GIVE_UP_HOUR
            fetched = replace(fetched, context=fetched.context | {"late": "1" if waits else "0"})
            place["late"] += [call] if waits else []
        yield replace(fetched, cursor=_kept(place) if place["todo"] or not place["listed"] else _end(place))
    if not place["listed"]:
        async for fetched in _list(source, desk, place):
            yield fetched
    async for fetched in _items(source, desk):
        yield fetched
    if place["late"]:
        raise Fault("NOTREADY", f"抖音昨日的{'、'.join(DAYS[call] for call in place['late'])}尚未公布，半小时后再取")


def _place(desk: Desk) -> dict[str, Any]:
    """Where this run goes on. A round of another day goes on with its list, and asks today's figures."""
    if desk.cursor:
        begun = datetime.fromisoformat(desk.cursor["from"])
        if not desk.cursor["listed"] or desk.now - begun <= STALE_ROUND:
            kept = {**desk.cursor, "late": list(desk.cursor["late"])}
            return kept if clock.day_of(begun) == clock.day_of(desk.now) else kept | {"todo": list(DAYS), "late": []}
    return {
        "from": desk.now.isoformat(), "todo": list(DAYS), "late": [], "listed": False, "cursor": 0, "page": 0,
        "sound": True,
    }


def _kept(place: Mapping[str, Any]) -> dict[str, Any]:
    """The place as it is now; what is done to it later doesn't reach the cursor."""
    return {**place, "late": list(place["late"])}


def _end(place: Mapping[str, Any]) -> dict[str, Any]:
    """The cursor at a round's end: what is late is all that is left."""
    return {**place, "todo": list(place["late"]), "late": [], "listed": True} if place["late"] else {}


def _yesterday(desk: Desk) -> date:
    return clock.day_of(desk.now) - timedelta(1)


def _lacks_yesterday(desk: Desk, fetched: Fetched, data: Mapping[str, Any]) -> bool:
    """Whether yesterday's figures are missing at an hour at which they should be there."""
    if "denied" in fetched.context or clock.local(desk.now).hour < READY_HOUR:
        return False
    return not any(row.get("date") == _yesterday(desk).isoformat() for row in _days(data))


def _days(data: Mapping[str, Any]) -> list[dict]:
    """The rows of an answer by days, as far as it holds any."""
    rows = data.get("result_list")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


async def _list(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> AsyncIterator[Fetched]:
    oldest = datetime.fromisoformat(place["from"]) - REACH
    for page in range(int(place["page"]), PAGES):
        params = {"cursor": place["cursor"], "count": PAGE}
        fetched, data = await _call(source, desk, "/api/douyin/v1/video/video_list/", params, {"call": "list"})
        rows = data.get("list")
        if not isinstance(rows, list):
            raise Fault("RETRY", "抖音返回的内容缺少视频列表，接口可能已变化", evidence=fetched)
        through = not data.get("has_more") or _older(rows, oldest)
        if not through and data.get("cursor") in (None, place["cursor"]):
            raise Fault("RETRY", "抖音的视频列表没有给出下一页的位置，接口可能已变化", evidence=fetched)
        # What could not be read was not seen, and a list without anything may be a hiccup: neither proves a deletion.
        sound = place["sound"] and bool(rows or page) and not parse(source, fetched).rejects
        place |= {
            "cursor": data.get("cursor"), "page": page + 1, "listed": through or page + 1 == PAGES, "sound": sound
        }
        context = {"since": oldest.isoformat(), "from": place["from"]} if through and sound else {}
        if place["listed"] and not through:
            context = {"notice": f"视频列表只读了前 {PAGES} 页，更早的视频逐条读取"}
        yield replace(
            fetched, context=fetched.context | context, cursor=_end(place) if place["listed"] else _kept(place)
        )
        if place["listed"]:
            return


def _older(rows: list, oldest: datetime) -> bool:
    """Whether a page reaches back far enough; videos pinned to the top stand out of the order."""
    for row in rows:
        try:
            if not row.get("is_top") and clock.at_unix(row["create_time"]) < oldest:
                return True
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return False


async def _items(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """Videos that are due and that no list has shown in this round, by id."""
    ready, spare = clock.local(desk.now).hour >= READY_HOUR, attempts.Spare(desk.now)
    as_of = (_yesterday(desk) - timedelta(0 if ready else 1)).isoformat()
    for post in await desk.wanted(200):
        if post.published_at < desk.now - ITEM_DAYS:
            continue
        context = {"call": "base", "post": post.external_id, "published": post.published_at.isoformat(), "as_of": as_of}
        params = {"item_id": post.external_id}
        base = _call(source, desk, "/data/external/item/base/", params, context, single=True)
        yield await spare.ask(f"视频 {post.external_id}", base)
    spare.end()


async def _call(
    source: SourceSpec,
    desk: Desk,
    path: str,
    params: Mapping[str, Any],
    context: Mapping[str, str],
    allowed: Collection[str] = (),
    single: bool = False,
) -> tuple[Fetched, dict]:
    """One call with the access token; one that was refused is made anew, once. Raises Fault for every refusal but the
    `allowed` codes, and those that may mean just the one video asked for (`single`): they then stand in the context as
    `denied`."""
    stale = ""
    await desk.spend(path, CALLS)
    while True:
        token = await _access(source, desk, stale)
        fetched = await desk.http.ask(
            "GET", _address(source) + path, now=desk.now, params={"open_id": _open_id(source, desk), **params},
            headers={"access-token": token}, pace=PACE, context=context,
        )
        data, code, said = _answer(desk, fetched)
        if code == "0":
            return desk.http.judge(fetched, desk.now), data
        if code in allowed or (single and (code in OUR or code not in VERDICTS.codes)):
            return replace(fetched, context={**fetched.context, "denied": one_line(f"{code} {said}")[:100]}), data
        if code in STALE and not stale:
            stale = token
            continue
        if code in QUOTA:
            await desk.exhausted(path)
        raise VERDICTS.fault(code, said, fetched, retry_after=CAREFUL if code in SLOW else None)


def _answer(desk: Desk, fetched: Fetched) -> tuple[dict, str, str]:
    """The data of an answer, its error code and words: both places that may hold one are looked at."""
    if fetched.status not in (200, 400, 401, 403):
        desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    parts = [answer.get(name) for name in ("data", "extra")] if isinstance(answer, dict) else []
    if not any(isinstance(part, dict) for part in parts):
        raise Fault("RETRY", "抖音返回的内容不是预期的结构", evidence=fetched)
    data, extra = (part if isinstance(part, dict) else {} for part in parts)
    return data, *_verdict(data, extra)


def _verdict(data: Mapping[str, Any], extra: Mapping[str, Any]) -> tuple[str, str]:
    for part in (data, extra):
        code = str(part.get("error_code") or 0)
        if code != "0":
            return code, str(part.get("description") or extra.get("description") or extra.get("sub_description") or "")
    return "0", ""


def _open_id(source: SourceSpec, desk: Desk) -> str:
    found = desk.secrets.get("open_id", "") or (source.account[1] if source.account else "")
    if not found:
        raise Fault("STOP", "没有填写 open_id，采集源也没有绑定抖音账号")
    return found


def _address(source: SourceSpec) -> str:
    return (source.url or BASE).rstrip("/")


# --- Authorisation --------------------------------------------------------------------------------------------------


class _Ended(Exception):
    """A refresh token that can't be renewed any more; holds the code."""


async def _access(source: SourceSpec, desk: Desk, stale: str = "") -> str:
    async def ask(grant: str, value: str) -> oauth.Grant:
        key = _key(desk)
        form = {"client_key": key, "grant_type": grant}
        if grant == "authorization_code":
            secret = desk.secrets.get("client_secret", "")
            return await _grant(source, desk, "access_token", form | {"client_secret": secret, "code": value})
        return await _grant(source, desk, "refresh_token", form | {"refresh_token": value})

    return await oauth.access(desk, ask, lost=f"抖音还没有授权，{REMEDY}", stale=stale)


def _key(desk: Desk) -> str:
    if not desk.secrets.get("client_key"):
        raise Fault("STOP", "没有填写 client_key，请先添加凭据")
    return desk.secrets["client_key"]


async def _grant(source: SourceSpec, desk: Desk, call: str, form: Mapping[str, str]) -> oauth.Grant:
    """One token call. Raises Fault; _Ended where a refresh token can't be renewed any more."""
    bare, answer = await oauth.call(desk, "POST", f"{_address(source)}/oauth/{call}/", form=form, pace=PACE)
    data = answer.get("data") if isinstance(answer.get("data"), dict) else {}
    extra = answer.get("extra") if isinstance(answer.get("extra"), dict) else {}
    code, said = _verdict(data, extra)
    renewing = call == "renew_refresh_token"
    if renewing and code in ENDED:
        raise _Ended(code)
    if code != "0":
        raise OAUTH.fault(code, said or str(answer.get("message") or ""), bare)
    if not data.get("refresh_token" if renewing else "access_token"):
        raise Fault("RETRY", "抖音没有给出令牌，接口可能已变化")
    return oauth.Grant(
        str(data.get("access_token") or ""), oauth.seconds(data.get("expires_in"), desk.now) or 86_400,
        str(data.get("refresh_token") or ""),
        oauth.seconds(data.get("expires_in" if renewing else "refresh_expires_in"), desk.now),
        {"open_id": str(data.get("open_id") or "")},
    )


async def _authorised(source: SourceSpec, desk: Desk) -> str:
    """See to it that the authorisation lives on: the refresh token is renewed a week before its end. Returns a warning
    while that is no longer possible and the end is near."""
    await _access(source, desk)

    async def renew() -> tuple[str, float]:
        known = oauth.state(desk)
        if known.until is None or known.renewed >= RENEWALS:
            return "-", 86_400
        ahead = (known.until - RENEW_AHEAD - desk.now).total_seconds()
        if ahead > 0:
            return "-", ahead
        form = {"client_key": _key(desk), "refresh_token": desk.secrets["refresh_token"]}
        try:
            grant = await _grant(source, desk, "renew_refresh_token", form)
        except _Ended as ended:
            # The access token may still be good for days: they are used, and a person is told.
            over = str(ended) == "10010"
            await oauth.remember(desk, oauth.State(min(known.until, desk.now) if over else known.until, RENEWALS))
            return "-", 86_400
        await oauth.keep(desk, grant, renewed=known.renewed + 1)
        return "-", max(grant.refresh_seconds - RENEW_AHEAD.total_seconds(), 86_400)

    await desk.token("renewal", renew, margin=0)
    return oauth.warning(desk, "抖音", REMEDY) if oauth.state(desk).renewed >= RENEWALS else ""


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    context = fetched.context
    batch = Batch(note=context.get("notice", ""), ending=context.get("ending", ""))
    call = context["call"]
    if (denied := context.get("denied")) and call == "base":
        batch.note = f"视频 {context['post']} 未能单独读取（抖音 错误码 {denied}）"
        return batch
    if denied:
        said = f"没有“{DAYS[call]}”的权限（{denied}），该项未采集：粉丝较少的账号属正常，否则请在抖音开放平台申请"
        batch.note = _and(batch.note, said)
        return batch
    data = read_json(fetched).get("data")
    if not isinstance(data, dict):
        raise Fault("RETRY", "抖音返回的内容缺少 data，接口可能已变化", evidence=fetched)
    match call:
        case "list":
            each(data.get("list"), batch, lambda row, at: _video(row, at, fetched, batch), "data.list")
            if "since" in context:
                start = datetime.fromisoformat(context["from"])
                batch.complete.append(Complete(datetime.fromisoformat(context["since"]), start, start))
        case "base":
            each([data.get("result")], batch, lambda row, at: _base(row, fetched, batch), "data.result")
        case _:
            each(data.get("result_list") or [], batch, lambda row, at: _day(call, row, at, fetched, batch),
                 "data.result_list")
            if "late" in context and call == "item":
                batch.covered[(None, date.fromisoformat(context["yesterday"]))] = "pending"
            if context.get("late") == "0":
                batch.note = _and(batch.note, f"抖音到今晚仍未公布昨日的{DAYS[call]}，明日再取")
    return batch


def _and(first: str, second: str) -> str:
    return f"{first}；{second}" if first else second


def _day(call: str, row: dict, at: str, fetched: Fetched, batch: Batch) -> None:
    """One day's figures of the account: what happened on that day, to videos of any age."""
    day, seen = date.fromisoformat(row["date"]), fetched.fetched_at
    if call == "fans":
        new = whole(row["new_fans"])
        batch.followers.append(FollowerRecord(
            day=day, observed_at=seen, followers=Count(whole(row["total_fans"])), new=new if new >= 0 else None,
            locator=at,
        ))
        return
    if call == "item":
        posts = whole(row["new_issue"])
        batch.daily.append(DailyRecord(
            day=day, observed_at=seen, posts=posts, counters={"plays": Count(whole(row["new_play"]))}, locator=at,
        ))
        if not posts:
            batch.covered[(None, day)] = "zero"
        return
    ours = {"like": "likes", "comment": "comments", "share": "reposts"}[call]
    batch.daily.append(DailyRecord(
        day=day, observed_at=seen, counters={ours: Count(whole(row[f"new_{call}"]))}, locator=at,
    ))


_LISTED = {"plays": "play_count", "likes": "digg_count", "comments": "comment_count", "reposts": "share_count"}
_BASE = {"plays": "total_play", "likes": "total_like", "comments": "total_comment", "reposts": "total_share"}


def _counters(figures: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Count]:
    return {ours: Count(whole(figures[theirs])) for ours, theirs in names.items() if figures.get(theirs) is not None}


def _video(row: dict, at: str, fetched: Fetched, batch: Batch) -> None:
    """A video of the list. One that is in review or not public is left out: its counters would be 0."""
    if row.get("is_reviewed") is False or (row.get("video_status") and whole(row["video_status"]) not in PUBLIC):
        return
    title = str(row.get("title") or "")
    batch.posts.append(PostRecord(
        external_id=str(row["item_id"]), published_at=clock.at_unix(row["create_time"]),
        observed_at=fetched.fetched_at, title=one_line(title)[:500], text=title,
        url=str(row.get("share_url") or ""), kind="图文" if str(row.get("media_type")) == "2" else "视频",
        counters=_counters(row.get("statistics") or {}, _LISTED), locator=at,
    ))


def _base(row: Any, fetched: Fetched, batch: Batch) -> None:
    """A single video's totals; where there are none it is no longer to be seen."""
    post = fetched.context["post"]
    if not row:
        batch.gone.append(Gone(post))
        return
    counters = _counters(row, _BASE)
    if not counters:
        batch.rejects.append(Reject("data.result", "", "没有任何计数", one_line(str(row))[:300]))
        return
    batch.posts.append(PostRecord(
        external_id=post, published_at=datetime.fromisoformat(fetched.context["published"]),
        observed_at=fetched.fetched_at, as_of=date.fromisoformat(fetched.context["as_of"]), counters=counters,
        locator="data.result",
    ))


async def check(source: SourceSpec, desk: Desk) -> str:
    """Authorisation and the newest number of followers."""
    notice = await _authorised(source, desk)
    fetched, data = await _call(
        source, desk, "/data/external/user/fans/", {"date_type": 7}, {"call": "fans"}, allowed=DENIED
    )
    rows = [row for row in _days(data) if "total_fans" in row]
    if "denied" in fetched.context:
        said = "连接正常，但没有粉丝数据的权限"
    elif not rows:
        said = "连接正常，粉丝数据尚未公布"
    else:
        newest = max(rows, key=lambda row: str(row.get("date")))
        said = f"连接正常，{newest.get('date')} 粉丝数 {whole(newest['total_fans']):,}"
    until = oauth.state(desk).until
    said += f"，授权至 {clock.local(until):%Y-%m-%d}" if until and not notice else ""
    return f"{said}；{notice}" if notice else said


DOUYIN = Collector(
    "douyin", "抖音开放平台", 7_200, collect, parse, base=BASE, account="required", platform="douyin", check=check,
    secrets=(
        Field("client_key", "Client Key", "抖音开放平台—控制台—应用详情"),
        Field("client_secret", "Client Secret", "同一页面", secret=True),
        Field("code", "授权码", "账号管理员扫码授权后回调地址中的 code，只能用一次，请尽快填写", required=False,
              secret=True),
        Field("refresh_token", "刷新令牌", "已有 refresh_token 时填写；用授权码的不填", required=False, secret=True),
        Field("open_id", "open_id", "用授权码的自动取得；不填则用账号的平台 ID", required=False),
    ),
    help="应用主体须为企业、机关或事业单位，由账号管理员扫码授权。日数据次日 10 点后公布；授权最长约半年，"
         "到期前 14 天提示重新扫码。",
)
