"""Weibo's open platform, standard and commercial: posts with reposts, comments and likes; followers.

The standard interface gives an authorised account its own posts, 100 calls a day; the commercial one (c.api.weibo.com,
by contract) any account's, and posts by id. Neither knows reading figures. A list is read newest first, back to the
month that still needs readings; what an earlier reading of the list had and this one has not is gone.
Source: open.weibo.com/wiki, 微博API; error codes: /wiki/Error_code.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from collectors import attempts, plain
from collectors.base import Collector, Desk, Field, Found, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count, parse_count
from core.faults import Fault
from core.records import Batch, Complete, Fetched, FollowerRecord, Gone, PostRecord, SourceSpec, one_line

BASE = "https://api.weibo.com"
COMMERCIAL_BASE = "https://c.api.weibo.com"
PACE = 0.3
PER_USER_DAY = 100
"""Calls of one authorised user and day (standard interface, 2025-05-15)."""
PER_HOUR = 50_000
"""Calls of one address and hour (commercial interface)."""
REACH = timedelta(days=32)
"""How far back a list is read: no older post is due to be read again."""
PAGES = 20
PAGE = 100
WINDOW_PAGE = 20
"""Posts of a page where a time window is given (commercial)."""
BATCH = 50
WINDOW = timedelta(days=8)
"""How far back the commercial lists are read each time; older posts are read again by id."""
DUE = 5_000
"""Older posts that are read again in one round."""
SEARCH_POSTS = 50
"""Posts of one search: the most that a page may have."""

_MONTHS = {name: n for n, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
)}
_WHEN = re.compile(r"\w{3} (\w{3}) (\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})")

_BUSY = ("RETRY", "微博系统繁忙，稍后重试")
_LOST = ("REAUTH", "微博授权已失效，请重新授权后填写新的访问令牌")
_OUR = ("STOP", "请求参数不被微博接受")
VERDICTS = Verdicts("微博", {
    **dict.fromkeys(("10001", "10002", "10003", "10009", "10010", "10011"), _BUSY),
    "10004": ("STOP", "本机出口 IP 不被允许，请在微博开放平台的应用设置中登记"),
    "10005": ("STOP", "应用没有该接口的权限"),
    "10006": ("STOP", "缺少 App Key，请核对凭据"),
    "10013": ("STOP", "应用无效，请在微博开放平台核对"),
    "10014": ("STOP", "应用没有该接口的权限，请申请"),
    **dict.fromkeys(("10008", "10016", "10017", "10020", "10021"), _OUR),
    "10022": ("QUOTA", "本机 IP 的调用次数已用完，下一小时恢复"),
    "10023": ("QUOTA", "该用户的调用次数已用完"),
    "10024": ("QUOTA", "该接口的调用次数已用完"),
    "10032": ("STOP", "用户没有授权该项权限"),
    "20003": ("GONE", "微博账号不存在"),
    "20101": ("GONE", "微博已删除"),
    "20112": ("GONE", "微博不可见"),
    **dict.fromkeys(("21301", "21314", "21315", "21316", "21317", "21318", "21319", "21327", "21332"), _LOST),
    "21321": ("STOP", "应用未审核，授权用户数已达上限"),
})


def when(text: str) -> datetime:
    """"Sun Nov 27 09:03:15 +0800 2011" as aware UTC, whatever the locale. Raises ValueError."""
    found = _WHEN.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found or found[1] not in _MONTHS:
        raise ValueError(f"{str(text)[:40]} 不是微博的时间")
    written = datetime(int(found[9]), _MONTHS[found[1]], *(int(found[n]) for n in (2, 3, 4, 5)), tzinfo=clock.UTC)
    shift = timedelta(hours=int(found[7]), minutes=int(found[8])) * (1 if found[6] == "+" else -1)
    return written - shift


# --- Asking ---------------------------------------------------------------------------------------------------------


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The authorised account: its followers, then its posts page by page. The cursor holds where a list goes on."""
    _, uid = source.account or ("", desk.secrets.get("uid", ""))
    if not uid:
        raise Fault("STOP", "采集源没有绑定微博账号")
    place = dict(desk.cursor) or {"from": desk.now.isoformat(), "max_id": 0, "page": 0}
    if not desk.cursor:
        yield replace(await _call(source, desk, "users/show", {"uid": uid}), cursor=place)
    async for fetched in _timeline(source, desk, place):
        yield fetched


async def _timeline(source: SourceSpec, desk: Desk, place: dict[str, Any]) -> AsyncIterator[Fetched]:
    oldest = datetime.fromisoformat(place["from"]) - REACH
    for page in range(int(place["page"]), PAGES):
        params = {"count": PAGE, "max_id": place["max_id"]}
        fetched = await _call(source, desk, "statuses/user_timeline", params)
        rows = _statuses(fetched)
        listed = [row for row in rows if isinstance(row, dict) and not _pinned(row)] or rows
        said = [str(row.get("id")) for row in listed if isinstance(row, dict)]
        ids = [int(one) for one in said if re.fullmatch(r"[0-9]{1,19}", one)]
        place = {"from": place["from"], "max_id": min(ids, default=1) - 1, "page": page + 1}
        through = not ids or _oldest(listed) < oldest
        proved = through and (bool(ids) or page > 0 or not _total(fetched))
        context = fetched.context | ({"since": oldest.isoformat(), "from": place["from"]} if proved else {})
        ends = through or page + 1 == PAGES  # the next round begins at the top again
        yield replace(fetched, context=context, cursor={} if ends else place)
        if ends:
            return


async def collect_commercial(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The ledger's accounts one after the other (`rounds`)."""
    async for fetched in rounds(desk, partial(_call, source, desk), _statuses, WINDOW):
        yield fetched


async def rounds(
    desk: Desk, call: Callable[..., Awaitable[Fetched]], statuses: Callable[[Fetched], list], window: timedelta
) -> AsyncIterator[Fetched]:
    """Followers in batches, each account's posts of the window, then by id the older posts that are due to be read
    again. `call(path, params, skip=codes)` asks the interface, `statuses` finds the posts in an answer. The cursor
    holds the accounts left: [id, page to go on at, failed tries]."""
    uids = [uid for uid in desk.accounts if uid.isdecimal()]
    place = dict(desk.cursor) or {
        "from": desk.now.isoformat(), "todo": [[uid, 1, 0] for uid in uids], "missed": [],
    }
    start, spare = datetime.fromisoformat(place["from"]), attempts.Spare(desk.now)
    since = start - window
    due = [post for post in await desk.wanted(DUE) if post.published_at < since]
    old = [post for post in due if post.external_id.isdecimal()]
    for part in _parts(uids) if not desk.cursor else ():
        yield replace(await call("users/show_batch/other", {"uids": ",".join(part)}), cursor=dict(place))
    while place["todo"]:
        (uid, page, tries), *rest = place["todo"]
        try:
            async for fetched, following in _window(call, statuses, uid, page, since, start):
                spare.well()
                page = following
                place = place | {"todo": [[uid, page, tries], *rest] if page else rest}
                yield replace(fetched, cursor=_kept(place, more=bool(old)))
        except Fault as fault:
            fetched = spare.miss(f"账号 {uid}", fault)
            place = place | {"todo": rest, "missed": [*place["missed"], *attempts.again([uid, page, tries])]}
            yield replace(fetched, cursor=_kept(place, more=bool(old)))
    parts = list(_parts(old))
    for number, part in enumerate(parts, start=1):
        ids = ",".join(post.external_id for post in part)
        fetched = await spare.ask(f"微博 {ids[:60]}", call("statuses/show_batch/biz", {"ids": ids}))
        context = fetched.context | {"asked": " ".join(f"{post.external_id}:{post.account}" for post in part)}
        yield replace(fetched, context=context, cursor=_kept(place, more=number < len(parts)))
    spare.end()


def _kept(place: dict[str, Any], *, more: bool) -> dict[str, Any]:
    """The cursor for a place: at a round's end the accounts that are to be tried again, if any."""
    if place["todo"] or more:
        return dict(place)
    return {**place, "todo": place["missed"], "missed": []} if place["missed"] else {}


async def _window(
    call: Callable[..., Awaitable[Fetched]], statuses: Callable[[Fetched], list], uid: str, first: int, since: datetime,
    start: datetime,
) -> AsyncIterator[tuple[Fetched, int]]:
    """The pages of one account's posts in the window from page `first` on, each with the number of the next one; 0: the
    account is through."""
    for page in range(first, PAGES + 1):
        params = {"uid": uid, "start_time": int(since.timestamp()), "end_time": int(start.timestamp()),
                  "count": WINDOW_PAGE, "page": page}
        fetched = await call("statuses/user_timeline/other", params, skip=("20003",))
        missing = "missing" in fetched.context
        rows = [] if missing else statuses(fetched)
        total = None if missing else _total(fetched)
        # Posts that nobody may see are left out of a page, so that a short one need not be the last.
        last = (not rows and page > 1) or (len(rows) < WINDOW_PAGE if total is None else page * WINDOW_PAGE >= total)
        through = missing or last or not rows or page == PAGES
        context = fetched.context | {"uid": uid}
        if last and not missing:
            context |= {"since": since.isoformat(), "from": start.isoformat()}
        yield replace(fetched, context=context), 0 if through else page + 1
        if through:
            return


def _parts(values: list) -> list[list]:
    return [values[n : n + BATCH] for n in range(0, len(values), BATCH)]


async def _call(
    source: SourceSpec, desk: Desk, path: str, params: Mapping[str, Any], skip: tuple[str, ...] = ()
) -> Fetched:
    """One call. Raises Fault for every refusal but the codes of `skip`."""
    commercial = source.collector == "weibo_commercial"
    token = desk.secrets.get("access_token", "")
    if not token:
        raise Fault("STOP", "没有填写访问令牌，请先添加凭据")
    await (desk.spend("calls", PER_HOUR, window="hour") if commercial else desk.spend("calls", PER_USER_DAY))
    base = (source.url or (COMMERCIAL_BASE if commercial else BASE)).rstrip("/")
    fetched = await desk.http.ask(
        "GET", f"{base}/2/{path}.json", now=desk.now, params={**params, "access_token": token}, pace=PACE,
        context={"call": path},
    )
    answer = read_json(fetched) if fetched.status in (200, 400, 401, 403) else None
    if isinstance(answer, dict) and answer.get("error_code"):
        code = str(answer["error_code"])
        if code in skip:
            return replace(fetched, context=fetched.context | {"missing": code})
        if code in ("10022", "10023", "10024"):
            hour = commercial or code == "10022"
            await desk.exhausted("calls", window="hour" if hour else "day")
            rest = (clock.local(desk.now).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)) - desk.now
            raise VERDICTS.fault(
                code, str(answer.get("error", "")), fetched, retry_after=rest.total_seconds() if hour else None
            )
        raise VERDICTS.fault(code, str(answer.get("error", "")), fetched)
    desk.http.judge(fetched, desk.now)
    return fetched


def _statuses(fetched: Fetched) -> list:
    answer = read_json(fetched)
    rows = answer.get("statuses", []) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise Fault("RETRY", "微博返回的内容缺少 statuses，接口可能已变化", evidence=fetched)
    return rows


def _total(fetched: Fetched) -> int | None:
    """How many posts a list has in all, as its answer says; None where it doesn't."""
    answer = read_json(fetched)
    try:
        return whole(answer["total_number"])
    except (KeyError, TypeError, ValueError):
        return None


def _pinned(row: Mapping[str, Any]) -> bool:
    """Whether a post stands at the top of the list whatever its age; it tells nothing of where the list has come to."""
    return str(row.get("isTop", "0")) in ("1", "True") or str(row.get("mblogtype", "0")) == "2"


def _oldest(rows: list) -> datetime:
    """The oldest moment of a page; a page without any readable one counts as new."""
    found = []
    for row in rows:
        try:
            found.append(when(row["created_at"]))
        except (ValueError, KeyError, TypeError):
            continue
    return min(found, default=datetime.max.replace(tzinfo=clock.UTC))


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    return read(source, fetched, {} if fetched.context.get("missing") else read_json(fetched))


def read(source: SourceSpec, fetched: Fetched, answer: Any) -> Batch:
    """Records of an answer whose JSON is `answer`."""
    batch = Batch()
    call = fetched.context.get("call", "")
    if fetched.context.get("missing"):
        batch.note = f"微博账号 {fetched.context.get('uid', '')} 不存在或已注销"
        return batch
    if call == "users/show":
        each([answer], batch, lambda row, at: batch.followers.append(_followers(source, row, at, fetched)), "$")
    elif call == "users/show_batch/other":
        users = answer.get("users") if isinstance(answer, dict) else None
        each(users, batch, lambda row, at: batch.followers.append(_followers(source, row, at, fetched)), "users")
    elif call.startswith("statuses/"):
        each(answer.get("statuses"), batch, lambda row, at: _status(source, row, at, fetched, batch), "statuses")
        _notice_deletions(source, fetched, batch)
    return batch


def _owner(source: SourceSpec, uid: str) -> tuple[str, str] | None:
    return None if source.account else (source.platform or "weibo", uid)


def _followers(source: SourceSpec, row: dict, at: str, fetched: Fetched) -> FollowerRecord:
    return FollowerRecord(
        day=clock.day_of(fetched.fetched_at), observed_at=fetched.fetched_at,
        followers=parse_count(row["followers_count"]), account=_owner(source, str(row.get("idstr") or row["id"])),
        locator=at,
    )


def _status(source: SourceSpec, row: dict, at: str, fetched: Fetched, batch: Batch) -> None:
    uid = str((row.get("user") or {}).get("idstr") or (row.get("user") or {}).get("id") or "")
    if source.account and uid and uid != source.account[1]:
        return
    post = str(row.get("idstr") or row["id"])
    owner = _owner(source, uid or fetched.context.get("uid", ""))
    if str(row.get("deleted", "0")) == "1":
        batch.gone.append(Gone(post, owner))
        return
    text = plain.text_of(str(row.get("text") or ""))
    counters = {"reposts": "reposts_count", "comments": "comments_count", "likes": "attitudes_count"}
    batch.posts.append(PostRecord(
        external_id=post, published_at=when(row["created_at"]), observed_at=fetched.fetched_at,
        title=one_line(text)[:60], text=text, url=f"https://weibo.com/{uid}/{post}" if uid else "",
        kind="转发" if row.get("retweeted_status") else "原创", original=not row.get("retweeted_status"),
        counters={ours: parse_count(row[theirs]) if isinstance(row[theirs], str) else Count(whole(row[theirs]))
                  for ours, theirs in counters.items() if row.get(theirs) is not None},
        account=owner, locator=at,
    ))


def _notice_deletions(source: SourceSpec, fetched: Fetched, batch: Batch) -> None:
    """What a list read through, or an answer to named ids, no longer shows."""
    context = fetched.context
    if "since" in context:
        start = datetime.fromisoformat(context["from"])
        batch.complete.append(Complete(
            since=datetime.fromisoformat(context["since"]), until=start, seen_from=start,
            account=_owner(source, context.get("uid", "")),
        ))
    if (asked := context.get("asked")) and not batch.rejects:  # a row that can't be read may be one of them
        there = {post.external_id for post in batch.posts}
        pairs = (pair.partition(":") for pair in asked.split())
        batch.gone += [Gone(post, _owner(source, uid)) for post, _, uid in pairs if post not in there]


async def check(source: SourceSpec, desk: Desk) -> str:
    """The account behind the token."""
    uid = source.account[1] if source.account else desk.secrets.get("uid", "")
    if source.collector == "weibo_commercial":
        uid = uid or next(iter(desk.accounts), "1642909335")
        fetched = await _call(source, desk, "users/show_batch/other", {"uids": uid})
        users = answer.get("users") if isinstance(answer := read_json(fetched), dict) else None
        user = users[0] if isinstance(users, list) and users else {}
    else:
        fetched = await _call(source, desk, "users/show", {"uid": uid})
        user = read_json(fetched)
    if not isinstance(user, dict):
        raise Fault("RETRY", "微博返回的内容不是预期的结构", evidence=fetched)
    name, followers = (one_line(str(user.get(field, "—")))[:40] for field in ("screen_name", "followers_count"))
    return f"连接正常，“{name}”粉丝数 {followers}"


async def search(source: SourceSpec, desk: Desk, text: str) -> list[Found]:
    """Accounts that write about a keyword, those whose name holds it first.

    No documented call looks up users by name, so it asks for posts (search/statuses/limited) and gives their authors:
    an account that hasn't written of the keyword lately is not found.
    """
    fetched = await _call(source, desk, "search/statuses/limited", {
        "q": text, "sort": "time", "count": SEARCH_POSTS, "page": 1, "dup": 1, "antispam": 1,
    })
    return named([row.get("user") for row in _statuses(fetched) if isinstance(row, dict)], text)


def named(users: Iterable[Any], text: str) -> list[Found]:
    """Users as interfaces give them, each once, those whose name holds the text first, then by followers."""
    found: dict[str, Found] = {}
    for user in users:
        uid = str(user.get("idstr") or user.get("id") or "") if isinstance(user, dict) else ""
        name = one_line(str(user.get("screen_name") or "")) if uid else ""
        if name:
            followers = user.get("followers_count")
            found.setdefault(uid, Found(
                "weibo", uid, name, one_line(str(user.get("verified_reason") or user.get("description") or ""))[:200],
                followers if type(followers) is int and followers >= 0 else None, f"https://weibo.com/u/{uid}",
            ))
    return sorted(found.values(), key=lambda one: (text.casefold() not in one.name.casefold(), -(one.followers or 0)))


_TOKEN = Field("access_token", "访问令牌", "微博开放平台授权后得到的 access_token", secret=True)
WEIBO = Collector(
    "weibo", "微博开放平台", 10_800, collect, parse, base=BASE, account="required", platform="weibo", check=check,
    secrets=(_TOKEN,), help="只能读取授权账号自己的微博，每个账号每天 100 次；不含阅读数。令牌到期须重新授权。",
)
WEIBO_COMMERCIAL = Collector(
    "weibo_commercial", "微博商业接口", 7_200, collect_commercial, parse, base=COMMERCIAL_BASE, account="none",
    platform="weibo", check=check, search=search, secrets=(_TOKEN,),
    help="须与微博签订商业接口合同；台账中的微博账号全部由它采集，不含阅读数。",
)
