"""Bilibili's open platform: one authorised account's videos with their counters, followers, and day totals.

Every call carries the access token and a signature over six headers; the address and its parameters are not signed. The
list of videos has no counters: each video of the last month is asked for its own, at every round. Coins and bullet
comments (弹幕) have no counter of ours: a coin is no like, and a bullet comment stands in the picture, not under it.
Source: open.bilibili.com/doc; signature: doc/4/8673959e-f7bb-56e6-6e68-d225f971b81b and the platform's own example,
github.com/bilibili-openplatform/SignatureAlgorithm_DotnetDemo.
"""

import asyncio
import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from collectors import attempts, oauth
from collectors.base import Collector, Desk, Field, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count
from core.faults import Fault
from core.records import Batch, Complete, DailyRecord, Fetched, FollowerRecord, Gone, PostRecord, SourceSpec, one_line

BASE = "https://member.bilibili.com"
OAUTH_BASE = "https://api.bilibili.com"
"""Where tokens are had; a source with an address of its own asks that one for both."""
PACE = 0.3
CALLS = 5_000
"""Our own ceiling for one call and day; the platform's is told by 127009."""
REACH = timedelta(days=32)
"""How far back the list is read: no older post is due to be read again."""
PAGE = 50
PAGES = 40
AHEAD = 7 * 86_400
"""Seconds before its end at which the access token is renewed."""
REST = 4 * 3600
"""Seconds to leave it alone when the platform's risk control stops us."""
STEPS = ("user/stat", "arc/inc-stats")
DAYS = {
    "plays": ("inc_click",), "likes": ("inc_like",), "comments": ("inc_reply", "icn_reply"), "favourites": ("inc_fav",),
    "reposts": ("inc_share",),
}
"""Our counter → the platform's names of a day's growth; the documentation itself spells one of them wrong."""
COUNTERS = {"plays": "view", "likes": "like", "comments": "reply", "favourites": "favorite", "reposts": "share"}
"""Our counter → the platform's name."""

REMEDY = "请账号管理员在B站重新授权，并把新的授权码填入凭据"
_LOST = ("REAUTH", f"B站授权已失效，{REMEDY}")
_OUR = ("STOP", "请求参数不被B站接受")
_RISK = ("QUOTA", "被B站风控拦截，暂停数小时")
VERDICTS = Verdicts("B站", {
    "122000": ("STOP", "client_id 不正确，请在B站开放平台核对"),
    "122001": ("STOP", "client_secret 不正确，请在B站开放平台核对"),
    "122002": ("REAUTH", f"授权码无效或已用过，{REMEDY}"),
    "122007": _LOST,
    "127000": _OUR,
    "127001": _LOST,
    "127004": ("STOP", "client_id 不正确，请在B站开放平台核对"),
    "127005": ("STOP", "机构认证未通过，请在B站开放平台查看"),
    "127006": ("STOP", "应用认证未通过，请在B站开放平台查看"),
    "127007": ("STOP", "应用没有该接口的权限，请在B站开放平台申请"),
    "127009": ("QUOTA", "调用次数已达上限，次日恢复"),
    "127011": ("REAUTH", f"账号没有授权该接口，{REMEDY}"),
    "127012": ("STOP", "签名不被接受，请核对 client_secret 和本机时间"),
    "127100": _OUR,
    "127107": ("GONE", "稿件已被删除"),
    "127124": ("GONE", "稿件不存在"),
    **dict.fromkeys(("127200", "127201"), ("RETRY", "B站系统繁忙，稍后重试")),
    **dict.fromkeys(("-352", "-412", "-799"), _RISK),
})
STALE = ("127001",)
GONE = ("127107", "127124")
RISK = ("-352", "-412", "-799")
QUOTA = ("127009",)


def signature(headers: Mapping[str, str], secret: str) -> str:
    """The Authorization of a call: hex of HMAC-SHA256 over its `x-bili-` headers, sorted, as lines `name:value`."""
    text = "\n".join(f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-bili-"))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def running_clock(desk: Desk) -> Callable[[], datetime]:
    """The moment while a run goes on: its beginning and what has passed since. A signature is good for ten minutes, and
    a run may take longer."""
    begun = asyncio.get_running_loop().time()
    return lambda: desk.now + timedelta(seconds=asyncio.get_running_loop().time() - begun)


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """One round: followers and day totals, the list of videos, then the counters of each. The cursor holds what is
    left, the videos by id and moment of publishing, with the tries that failed."""
    place, moment, spare = _place(desk), running_clock(desk), attempts.Spare(desk.now)
    while place["steps"]:
        step, *steps = place["steps"]
        place = place | {"steps": steps}
        fetched, _ = await _call(source, desk, moment, f"data/{step}", {}, {"call": step})
        yield replace(fetched, cursor=place)
    if not place["listed"]:
        async for fetched, ahead in _list(source, desk, moment, place):
            place = ahead
            yield replace(fetched, cursor=_kept(place))
    while place["todo"]:
        row, *todo = place["todo"]
        fetched = await spare.ask(f"稿件 {row[0]}", _stat(source, desk, moment, row[0], row[1]))
        missed = attempts.again(row) if fetched.failed else []
        place = place | {"todo": todo, "missed": [*place["missed"], *missed]}
        yield replace(fetched, cursor=_kept(place))
    for wanted in await desk.wanted(200):
        post, published = wanted.external_id, wanted.published_at.timestamp()
        yield await spare.ask(f"稿件 {post}", _stat(source, desk, moment, post, published))
    spare.end()


def _kept(place: dict[str, Any]) -> dict[str, Any]:
    """The cursor for a place: at a round's end the videos that are to be tried again, if any."""
    if place["todo"] or not place["listed"]:
        return place
    return {**place, "todo": place["missed"], "missed": []} if place["missed"] else {}


def _place(desk: Desk) -> dict[str, Any]:
    """Where this run goes on. A round of another day asks today's figures, too."""
    today = clock.day_of(desk.now)
    if not desk.cursor:
        return {
            "from": desk.now.isoformat(), "steps": list(STEPS), "listed": False, "pn": 1, "total": None, "todo": [],
            "missed": [],
        }
    same = clock.day_of(datetime.fromisoformat(desk.cursor["from"])) == today
    return dict(desk.cursor) if same else {**desk.cursor, "steps": list(STEPS)}


async def _list(
    source: SourceSpec, desk: Desk, moment: Callable[[], datetime], place: dict[str, Any]
) -> AsyncIterator[tuple[Fetched, dict[str, Any]]]:
    """The pages of the list, each with where to go on; only from a list that is `sound` is anything concluded."""
    oldest = datetime.fromisoformat(place["from"]) - REACH
    for page in range(int(place["pn"]), PAGES + 1):
        params = {"pn": page, "ps": PAGE, "status": "pubed"}
        fetched, answer = await _call(source, desk, moment, "archive/viewlist", params, {"call": "list"})
        rows = answer.get("list") or []
        if not isinstance(rows, list):
            raise Fault("RETRY", "B站返回的内容缺少视频列表，接口可能已变化", evidence=fetched)
        total = number(answer.get("page"), "total")
        through = not rows or ends(page * PAGE, total) or min(_published(rows), default=oldest) < oldest
        whole_so_far = sound(place["total"], total, page, rows, "resource_id") and not parse(source, fetched).rejects
        context = {"since": oldest.isoformat(), "from": place["from"]} if through and whole_so_far else {}
        place = place | {
            "pn": page + 1, "total": total if whole_so_far else -1, "listed": through or page == PAGES,
            "todo": place["todo"] + _asked(rows, oldest, {row[0] for row in place["todo"]}),
        }
        yield replace(fetched, context=fetched.context | context), place
        if place["listed"]:
            return


def number(page: Any, name: str) -> int | None:
    """How many videos there are in all, as a page states it; None where it does not."""
    try:
        return whole(page[name])
    except (KeyError, TypeError, ValueError):
        return None


def sound(before: int | None, total: int | None, page: int, rows: list, name: str) -> bool:
    """Whether a list read by numbered pages is whole up to this one: as many videos in all as the page before said
    (`before`; None: it is the first; else one may have slipped through between them), and as many on it as there ought
    to be, told apart by the field `name`. What is missing from any other list is not gone for that."""
    ids = {str(row.get(name)) for row in rows if isinstance(row, dict)}
    return total is not None and before in (None, total) and len(ids) >= min(PAGE, total - (page - 1) * PAGE)


def ends(read: int, total: int | None) -> bool:
    """Whether so many read are all that there are; never where nobody said how many that is."""
    return total is not None and read >= total


def _visible(row: Mapping[str, Any]) -> bool:
    """Whether everybody can see a video of the list: `state` is negative where it is in review, locked or withdrawn."""
    return whole((row.get("addit_info") or {}).get("state") or 0) >= 0


def _published(rows: list) -> list[datetime]:
    """When the visible videos of a page were published, as far as it can be read."""
    found = []
    for row in rows:
        try:
            found += [clock.at_unix(row["ptime"])] if _visible(row) else []
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def _asked(rows: list, oldest: datetime, known: set[str]) -> list[list]:
    """The videos of a page whose counters are to be read: [id, Unix time of publishing, tries that failed]."""
    found: dict[str, float] = {}
    for row in rows:
        try:
            if _visible(row) and clock.at_unix(row["ptime"]) >= oldest and row["resource_id"] not in known:
                found[str(row["resource_id"])] = row["ptime"]
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return [[post, published, 0] for post, published in found.items()]


async def _stat(
    source: SourceSpec, desk: Desk, moment: Callable[[], datetime], post: str, published: float
) -> Fetched:
    context = {"call": "stat", "post": post, "published": clock.at_unix(published).isoformat()}
    fetched, _ = await _call(source, desk, moment, "data/arc/stat", {"resource_id": post}, context, single=True)
    return fetched


async def _call(
    source: SourceSpec,
    desk: Desk,
    moment: Callable[[], datetime],
    call: str,
    params: Mapping[str, Any],
    context: Mapping[str, str],
    single: bool = False,
) -> tuple[Fetched, dict]:
    """One signed call; an access token that was refused is made anew, once. Returns the answer and its data. `single`:
    it is about one video, so that one that is gone (`missing`) or refused by an unknown code (`refused`) stands in the
    context. Raises Fault."""
    stale = ""
    await desk.spend(call, CALLS)
    while True:
        token = await _access(source, desk, stale)
        fetched = await desk.http.ask(
            "GET", f"{(source.url or BASE).rstrip('/')}/arcopen/fn/{call}", now=desk.now, params=params,
            headers=_headers(desk, token, moment()), pace=PACE, context=context,
        )
        answer, code = envelope(desk, fetched)
        if code == "0":
            data = answer.get("data")
            if not isinstance(data, dict):
                raise Fault("RETRY", "B站返回的内容缺少 data，接口可能已变化", evidence=fetched)
            return desk.http.judge(fetched, desk.now), data
        if single and (code in GONE or code not in VERDICTS.codes):
            said = one_line(f"{code} {answer.get('message', '')}")[:100]
            return replace(fetched, context={**fetched.context, "missing" if code in GONE else "refused": said}), {}
        if code in STALE and not stale:
            stale = token
            continue
        if code in QUOTA:
            await desk.exhausted(call)
        raise VERDICTS.fault(code, str(answer.get("message", "")), fetched, retry_after=REST if code in RISK else None)


def envelope(desk: Desk, fetched: Fetched) -> tuple[dict, str]:
    """An answer of Bilibili's and its code. Risk control also answers by status 412, with or without a body."""
    if fetched.status == 412:
        raise VERDICTS.fault("-412", "", fetched, retry_after=REST)
    if fetched.status not in (200, 400, 401, 403):
        desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    if not isinstance(answer, dict) or "code" not in answer:
        desk.http.judge(fetched, desk.now)
        raise Fault("RETRY", "B站返回的内容不是预期的结构", evidence=fetched)
    return answer, str(answer["code"])


def _headers(desk: Desk, token: str, at: datetime) -> dict[str, str]:
    client, secret = _client(desk)
    headers = {
        "x-bili-accesskeyid": client, "x-bili-content-md5": hashlib.md5(b"", usedforsecurity=False).hexdigest(),
        "x-bili-signature-method": "HMAC-SHA256", "x-bili-signature-nonce": str(uuid.uuid4()),
        "x-bili-signature-version": "2.0", "x-bili-timestamp": str(int(at.timestamp())),
    }
    return headers | {
        "Accept": "application/json", "Content-Type": "application/json", "Access-Token": token,
        "Authorization": signature(headers, secret),
    }


def _client(desk: Desk) -> tuple[str, str]:
    client, secret = desk.secrets.get("client_id", ""), desk.secrets.get("client_secret", "")
    if not client or not secret:
        raise Fault("STOP", "没有填写 client_id 或 client_secret，请先添加凭据")
    return client, secret


async def _access(source: SourceSpec, desk: Desk, stale: str = "") -> str:
    """The access token; a refresh token works once and brings the next one."""
    async def ask(grant: str, value: str) -> oauth.Grant:
        client, secret = _client(desk)
        call, name = ("token", "code") if grant == "authorization_code" else ("refresh_token", "refresh_token")
        bare, answer = await oauth.call(
            desk, "POST", f"{(source.url or OAUTH_BASE).rstrip('/')}/x/account-oauth2/v1/{call}", pace=PACE,
            form={"client_id": client, "client_secret": secret, "grant_type": grant, name: value},
        )
        code, data = str(answer.get("code")), answer.get("data")
        if code != "0":
            raise VERDICTS.fault(code, str(answer.get("message", "")), bare, retry_after=REST if code in RISK else None)
        if not isinstance(data, dict) or not data.get("access_token"):
            raise Fault("RETRY", "B站没有给出令牌，接口可能已变化")
        life = oauth.seconds(data.get("expires_in"), desk.now) or 86_400
        # One that ran out can't be refreshed any more: it is renewed well before.
        life -= AHEAD if life > 2 * AHEAD else 0
        return oauth.Grant(str(data["access_token"]), life, str(data.get("refresh_token") or ""))

    return await oauth.access(desk, ask, lost=f"B站还没有授权，{REMEDY}", stale=stale)


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    context, batch = fetched.context, Batch()
    if "missing" in context:
        batch.gone.append(Gone(context["post"]))
        return batch
    if "refused" in context:
        batch.note = f"视频 {context['post']} 未能读取（B站 错误码 {context['refused']}）"
        return batch
    data = read_json(fetched)["data"]
    match context["call"]:
        case "user/stat":
            each([data], batch, lambda row, at: batch.followers.append(FollowerRecord(
                day=clock.day_of(fetched.fetched_at), observed_at=fetched.fetched_at,
                followers=Count(whole(row["follower"])), locator="data",
            )), "data")
        case "arc/inc-stats":
            _growth(data, fetched, batch)
        case "stat":
            each([data], batch, lambda row, at: batch.posts.append(_video(row, fetched)), "data")
        case _:
            each(data.get("list") or [], batch, lambda row, at: batch.posts.extend(_listed(row, at, fetched)),
                 "data.list")
            conclude(fetched, batch, None)
    return batch


def conclude(fetched: Fetched, batch: Batch, account: tuple[str, str] | None) -> None:
    """What a list that was read through proves by what is not on it."""
    if "since" in fetched.context:
        start = datetime.fromisoformat(fetched.context["from"])
        batch.complete.append(Complete(datetime.fromisoformat(fetched.context["since"]), start, start, account))


def counters(figures: Mapping[str, Any], names: Mapping[str, str] = COUNTERS) -> dict[str, Count]:
    """The counters that are there and are numbers: a hidden one is given as "--"."""
    return {
        ours: Count(whole(figures[theirs])) for ours, theirs in names.items() if figures.get(theirs) not in (None, "--")
    }


def address(post: str) -> str:
    """The address of a video."""
    return f"https://www.bilibili.com/video/{post}"


def _growth(data: Mapping[str, Any], fetched: Fetched, batch: Batch) -> None:
    """The account's growth of each day: rows {date_key, total_inc}, one list for each counter. A bare number, which
    some applications are given instead, is of no day."""
    days: dict[date, dict[str, Count]] = {}
    for ours, names in DAYS.items():
        name = next((n for n in names if n in data), "")
        if name and not isinstance(data[name], list):
            batch.note = "B站给出的增量没有日期，未采集每日数据"
        elif name:
            def read(row: dict, _: str, ours: str = ours) -> None:
                day = clock.day_of(clock.at_unix(row["date_key"]))
                days.setdefault(day, {})[ours] = Count(whole(row["total_inc"]))

            each(data[name], batch, read, f"data.{name}")
    each(sorted(days.items()), batch, lambda pair, _: batch.daily.append(DailyRecord(
        day=pair[0], observed_at=fetched.fetched_at, counters=pair[1], locator=f"data[?date_key={pair[0]}]",
    )), "data")


def _video(row: Mapping[str, Any], fetched: Fetched) -> PostRecord:
    """One video with its counters."""
    post, published = fetched.context["post"], datetime.fromisoformat(fetched.context["published"])
    return PostRecord(
        external_id=post, published_at=clock.at_unix(row["ptime"]) if row.get("ptime") else published,
        observed_at=fetched.fetched_at, title=one_line(str(row.get("title") or ""))[:500], url=address(post),
        kind="视频", counters=counters(row), locator="data",
    )


def _listed(row: dict, at: str, fetched: Fetched) -> list[PostRecord]:
    """A video of the list, without counters."""
    if not _visible(row):
        return []
    post, made = str(row["resource_id"]), row.get("copyright")
    return [PostRecord(
        external_id=post, published_at=clock.at_unix(row["ptime"]), observed_at=fetched.fetched_at,
        title=one_line(str(row.get("title") or ""))[:500], text=str(row.get("desc") or ""), url=address(post),
        kind="视频", original=None if made is None else whole(made) == 1, locator=at,
    )]


async def check(source: SourceSpec, desk: Desk) -> str:
    """Authorisation, signature, and the followers of the moment."""
    _, data = await _call(source, desk, running_clock(desk), "data/user/stat", {}, {"call": "user/stat"})
    return f"连接正常，粉丝数 {data.get('follower', '—')}，已发布视频 {data.get('arc_passed_total', '—')} 个"


BILIBILI = Collector(
    "bilibili", "B站开放平台", 10_800, collect, parse, base=BASE, account="required", platform="bilibili", check=check,
    secrets=(
        Field("client_id", "client_id", "B站开放平台—应用管理"),
        Field("client_secret", "client_secret", "同一页面；也用于签名", secret=True),
        Field("code", "授权码", "账号管理员授权后回调地址中的 code，只能用一次，请尽快填写", required=False,
              secret=True),
        Field("refresh_token", "刷新令牌", "已有 refresh_token 时填写；用授权码的不填", required=False, secret=True),
    ),
    help="须有机构认证的应用，并申请用户数据和视频数据权限，由账号管理员授权。分享计入转发；投币、弹幕不计入。",
)
