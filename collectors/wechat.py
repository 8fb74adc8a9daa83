"""WeChat Official Account: the article and user statistics that a certified account may read of itself.

The calls of 2025 (getarticleread and its kin): persons, not times, exact. Day D is ready after 08:00 of D+1. One round
a day: the account's totals and followers of the last week, yesterday's reads and shares of articles, and the cumulative
figures of every article of the last 30 publishing days. What the platform calls incomplete (`is_delay`) is asked again.
Source: developers.weixin.qq.com, 数据统计接口.
"""

import re
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from datetime import date, timedelta

from collectors import attempts, oauth
from collectors.base import Collector, Desk, Field, Verdicts, each, read_json, whole
from core import clock
from core.counts import Count
from core.faults import Fault
from core.records import (
    Batch,
    DailyRecord,
    Fetched,
    FollowerRecord,
    MentionRecord,
    PostRecord,
    SourceSpec,
    one_line,
)

BASE = "https://api.weixin.qq.com"
PACE = 0.1
READY_HOUR = 8
"""Shanghai hour from which yesterday's figures can be asked for."""
FIRST_DAY = date(2025, 11, 1)
"""The calls know nothing older."""
DAYS = 30
WEEK = 7
CALLS = 5_000
"""Our own ceiling for one call and day; the platform's differs by account and is told by 45009."""
COMMENT_PAGE = 49
COMMENT_PAGES = 20

ARTICLE = {
    "readers": "read_user", "sharers": "share_user", "likes": "like_user", "wows": "zaikan_user",
    "comments": "comment_count", "favourites": "collection_user",
}
"""Our counter → the platform's field. like_user is the thumb (赞), zaikan_user the heart (在看)."""

VERDICTS = Verdicts("微信", {
    "-1": ("RETRY", "微信系统繁忙，稍后重试"),
    "40001": ("REAUTH", "访问令牌无效，请核对 AppSecret 是否已重置"),
    "40014": ("REAUTH", "访问令牌无效，请核对 AppSecret 是否已重置"),
    "42001": ("REAUTH", "访问令牌已过期，请核对 AppSecret 是否已重置"),
    "40013": ("STOP", "AppID 不正确，请在“公众平台—设置与开发—开发接口管理”中核对"),
    "40125": ("STOP", "AppSecret 不正确，请在“公众平台—设置与开发—开发接口管理”中重置后重新填写"),
    "89501": ("STOP", "本机 IP 首次调用，需公众号管理员在微信上确认"),
    "89503": ("STOP", "本机 IP 首次调用，需公众号管理员在微信上确认"),
    "40097": ("STOP", "请求参数不被接受"),
    "47001": ("STOP", "请求格式不被接受"),
    "47009": ("STOP", "该接口已下线"),
    "45009": ("QUOTA", "今日调用次数已用完，次日零点恢复"),
    "45011": ("RETRY", "调用过于频繁，下一分钟再试"),
    "48001": ("STOP", "公众号没有该接口的权限，须为已认证的公众号"),
    "48004": ("STOP", "接口已被封禁，请登录公众平台查看通知"),
    "50002": ("STOP", "公众号受限，请登录公众平台查看通知"),
    "61004": ("STOP", "第三方平台的调用 IP 未登记"),
    "61007": ("STOP", "没有授权该接口，请公众号管理员重新授权"),
    "61500": ("STOP", "日期格式不被接受"),
    "61501": ("STOP", "日期范围不被接受"),
    "61503": ("NOTREADY", "数据尚未生成"),
    "88000": ("STOP", "公众号没有留言权限"),
    "88001": ("GONE", "文章不存在"),
})
STALE = ("40001", "40014", "42001")
NO_COMMENTS = ("88000", "88001")


def steps(yesterday: date, comments: bool) -> list[tuple[str, date, date]]:
    """One round: (call, first day, last day), the account's totals first."""
    week = max(yesterday - timedelta(WEEK - 1), FIRST_DAY)
    days = [yesterday - timedelta(n) for n in range(DAYS)]
    out = [
        ("getbizsummary", week, yesterday), ("getusersummary", week, yesterday), ("getusercumulate", week, yesterday),
        ("getarticleread", yesterday, yesterday), ("getarticleshare", yesterday, yesterday),
    ]
    out += [("getarticletotaldetail", day, day) for day in days if day >= FIRST_DAY]
    return [*out, ("comments", yesterday, yesterday)] if comments else out


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """What is left of today's round: `cursor` holds the round's day and the steps not done yet."""
    today = clock.day_of(desk.now)
    if clock.local(desk.now).hour < READY_HOUR:
        wait = (clock.instant(today, READY_HOUR, 10) - desk.now).total_seconds()
        raise Fault("NOTREADY", "公众号数据每天 8 点后公布，届时再取", retry_after=wait)
    plan = steps(today - timedelta(1), source.config.get("comments") == "1")
    going_on = desk.cursor.get("round") == today.isoformat()
    todo = [n for n in desk.cursor["todo"] if n < len(plan)] if going_on else list(range(len(plan)))
    late: list[int] = list(desk.cursor.get("late", [])) if going_on else []
    spare = attempts.Spare(desk.now)
    while todo:
        number = todo.pop(0)
        call, first, last = plan[number]
        if call == "comments":
            async for fetched in _comments(source, desk, spare):
                yield fetched
            continue
        fetched = await spare.ask(f"{call} {last}", _ask(source, desk, call, first, last))
        if fetched.failed or _incomplete(call, read_json(fetched), last):
            late.append(number)
        left = {"round": today.isoformat(), "todo": list(todo), "late": list(late)} if todo else (
            {"round": today.isoformat(), "todo": list(late), "late": []} if late else {}
        )
        yield replace(fetched, cursor=left)
    spare.end()
    if late:
        raise Fault("NOTREADY", f"微信尚有 {len(late)} 项数据未算完，半小时后再取")


def _incomplete(call: str, answer: dict, last: date) -> bool:
    if answer.get("is_delay"):
        return True
    if call in ("getusersummary", "getusercumulate"):
        return not any(isinstance(r, dict) and r.get("ref_date") == last.isoformat() for r in answer["list"])
    return False


async def _comments(source: SourceSpec, desk: Desk, spare: attempts.Spare) -> AsyncIterator[Fetched]:
    """Readers' comments under the posts that are due to be read again."""
    for post in await desk.wanted(100):
        found = re.fullmatch(r"(\d+)_(\d+)", post.external_id)
        if not found:
            continue
        for page in range(COMMENT_PAGES):
            body = {"msg_data_id": int(found[1]), "index": int(found[2]) - 1, "begin": page * COMMENT_PAGE,
                    "count": COMMENT_PAGE, "type": 0}
            context = {"call": "comments", "post": post.external_id, "url": post.url}
            page_of = _call(source, desk, "/cgi-bin/comment/list", body, context, NO_COMMENTS)
            fetched = await spare.ask(f"{post.external_id} 的留言", page_of)
            if fetched.failed:
                yield fetched
                break
            answer = read_json(fetched)
            if str(answer.get("errcode")) == "88000":
                return
            if answer.get("errcode"):
                break
            yield fetched
            if (page + 1) * COMMENT_PAGE >= int(answer.get("total") or answer.get("comment_cnt") or 0):
                break


async def _ask(source: SourceSpec, desk: Desk, call: str, first: date, last: date) -> tuple[Fetched, dict]:
    body = {"begin_date": first.isoformat(), "end_date": last.isoformat()}
    context = {"call": call, "first": first.isoformat(), "last": last.isoformat()}
    fetched, answer = await _call(source, desk, f"/datacube/{call}", body, context)
    if not isinstance(answer.get("list"), list):
        raise Fault("RETRY", "微信返回的内容缺少 list，接口可能已变化", evidence=fetched)
    return fetched, answer


async def _call(
    source: SourceSpec, desk: Desk, path: str, body: dict, context: dict[str, str], allowed: Collection[str] = ()
) -> tuple[Fetched, dict]:
    """One call with the access token; a token that was refused is made anew, once. Raises Fault for every refusal but
    the `allowed` codes."""
    stale = ""
    await desk.spend(path, CALLS)
    while True:
        token = await desk.token("access", lambda: _token(source, desk), stale=stale)
        fetched = await desk.http.ask(
            "POST", _address(source) + path, now=desk.now, params={"access_token": token}, json=body, pace=PACE,
            context=context,
        )
        answer = _answer(desk, fetched)
        code = str(answer.get("errcode", 0))
        if code == "0" or code in allowed:
            return fetched, answer
        if code in STALE and not stale:
            stale = token
            continue
        if code == "45009":
            await desk.exhausted(path)
        raise _fault(code, str(answer.get("errmsg", "")), fetched)


async def _token(source: SourceSpec, desk: Desk) -> tuple[str, float]:
    """A stable access token (never forced: that would end the token of others who use the account)."""
    body = {
        "grant_type": "client_credential", "appid": desk.secrets.get("appid", ""),
        "secret": desk.secrets.get("secret", ""), "force_refresh": False,
    }
    if not body["appid"] or not body["secret"]:
        raise Fault("STOP", "没有填写 AppID 或 AppSecret，请先添加凭据")
    url = f"{_address(source)}/cgi-bin/stable_token"
    fetched, answer = await oauth.call(desk, "POST", url, json=body, pace=PACE)
    if not answer.get("access_token"):
        raise _fault(str(answer.get("errcode", "")), str(answer.get("errmsg", "")), fetched)
    return str(answer["access_token"]), oauth.seconds(answer.get("expires_in"), desk.now) or 7200


def _answer(desk: Desk, fetched: Fetched) -> dict:
    answer = read_json(desk.http.judge(fetched, desk.now))
    if not isinstance(answer, dict):
        raise Fault("RETRY", "微信返回的内容不是预期的结构", evidence=fetched)
    return answer


def _fault(code: str, message: str, fetched: Fetched) -> Fault:
    if code == "40164":
        seen = re.search(r"invalid ip ([0-9a-fA-F.:]+)", message)
        address = seen[1] if seen else "（见错误信息）"
        words = (
            f"本机出口 IP {address} 不在公众号的 IP 白名单中："
            f"请在“公众平台—设置与开发—开发接口管理”里把 {address} 加入 IP 白名单"
        )
        return Fault("STOP", f"{words}（微信 错误码 40164）", evidence=fetched)
    return VERDICTS.fault(code, message, fetched, retry_after=60 if code == "45011" else None)


def _address(source: SourceSpec) -> str:
    return (source.url or BASE).rstrip("/")


# --- Reading answers ------------------------------------------------------------------------------------------------


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Records of one answer; which call it was stands in its context."""
    answer = read_json(fetched)
    call, batch = fetched.context["call"], Batch()
    if call == "comments":
        _read_comments(source, fetched, answer, batch)
        return batch
    last = date.fromisoformat(fetched.context["last"])
    rows = answer["list"]
    if answer.get("is_delay"):
        batch.covered[(None, last)] = "pending"
        batch.note = f"微信称 {last} 的数据尚未算完"
    match call:
        case "getbizsummary":
            each(rows, batch, lambda row, at: [batch.daily.append(_daily(d, row, at, fetched)) for d in _many(row)])
        case "getusersummary":
            _read_new_and_lost(rows, fetched, batch)
        case "getusercumulate":
            each(rows, batch, lambda row, at: batch.followers.append(FollowerRecord(
                day=row["ref_date"], observed_at=fetched.fetched_at, followers=Count(whole(row["cumulate_user"])),
                locator=at,
            )))
        case "getarticletotaldetail":
            each(rows, batch, lambda row, at: batch.posts.extend(_article(row, at, fetched)))
            if not rows and not answer.get("is_delay"):
                batch.covered[(None, last)] = "zero"
        case _:  # reads and shares of one day: kept as they are, since posts carry cumulative figures
            batch.note = batch.note or f"{last} 有{'阅读' if call == 'getarticleread' else '分享'}的文章 {len(rows)} 篇"
    return batch


def _counters(figures: dict) -> dict[str, Count]:
    return {ours: Count(whole(figures[theirs])) for ours, theirs in ARTICLE.items() if figures.get(theirs) is not None}


def _many(row: dict) -> list[dict]:
    detail = row["detail"]
    return detail if isinstance(detail, list) else [detail]


def _daily(figures: dict, row: dict, at: str, fetched: Fetched) -> DailyRecord:
    posts = figures.get("send_page_count")
    return DailyRecord(
        day=row["ref_date"], observed_at=fetched.fetched_at, posts=None if posts is None else whole(posts),
        counters=_counters(figures), locator=f"{at}.detail",
    )


def _read_new_and_lost(rows: list, fetched: Fetched, batch: Batch) -> None:
    """Several rows a day, one for each way in which followers came (0 is 其他, not the total): summed."""
    days: dict[str, list[int]] = {}

    def add(row: dict, _: str) -> None:
        new, lost = whole(row["new_user"]), whole(row["cancel_user"])
        total = days.setdefault(row["ref_date"], [0, 0])
        total[0] += new
        total[1] += lost

    each(rows, batch, add)
    if not batch.rejects:  # a sum with a part missing would be wrong
        each(list(days.items()), batch, lambda pair, _: batch.followers.append(FollowerRecord(
            day=pair[0], observed_at=fetched.fetched_at, new=pair[1][0], lost=pair[1][1],
            locator=f"list[?ref_date={pair[0]}]",
        )))


def _article(row: dict, at: str, fetched: Fetched) -> list[PostRecord]:
    """An article with its cumulative figures at the end of each day of statistics; only its day is known."""
    day = date.fromisoformat(row["ref_date"])
    mid, _, position = str(row["msgid"]).partition("_")
    common = {
        "external_id": str(row["msgid"]), "published_at": clock.instant(day), "timed": False,
        "observed_at": fetched.fetched_at, "title": str(row.get("title") or "")[:500],
        "url": str(row.get("content_url") or ""), "kind": "发布" if row.get("publish_type") == 1 else "群发",
        "position": int(position) if position.isdecimal() else None, "push_id": mid,
    }
    found = [
        PostRecord(**common, as_of=date.fromisoformat(figures["stat_date"]), counters=_counters(figures),
                   locator=f"{at}.detail_list[{n}]")
        for n, figures in enumerate(row.get("detail_list") or [])
    ]
    return found or [PostRecord(**common, locator=at)]


def _read_comments(source: SourceSpec, fetched: Fetched, answer: dict, batch: Batch) -> None:
    post = fetched.context["post"]

    def read(row: dict, at: str) -> None:
        text = str(row["content"])
        batch.mentions.append(MentionRecord(
            external_id=f"{post}#{row['user_comment_id']}", title=one_line(text)[:60] or "（无文字）", text=text,
            url=fetched.context.get("url", ""), published_at=clock.at_unix(row["create_time"]),
            observed_at=fetched.fetched_at, platform=source.platform or "wechat", locator=at,
        ))

    each(answer.get("comment") or [], batch, read, "comment")


async def check(source: SourceSpec, desk: Desk) -> str:
    """Token and permission: the followers of the newest day that is ready."""
    yesterday = clock.day_of(desk.now - timedelta(hours=READY_HOUR)) - timedelta(1)
    _, answer = await _ask(source, desk, "getusercumulate", yesterday, yesterday)
    rows = [row for row in answer["list"] if isinstance(row, dict) and "cumulate_user" in row]
    if not rows:
        return f"连接正常，{yesterday} 的数据尚未公布"
    try:
        followers = whole(rows[-1]["cumulate_user"])
    except ValueError as error:
        raise Fault("RETRY", "微信返回的粉丝数不是数字，接口可能已变化") from error
    return f"连接正常，{one_line(str(rows[-1].get('ref_date', yesterday)))[:20]} 粉丝数 {followers:,}"


WECHAT = Collector(
    "wechat", "微信公众号接口", 86_400, collect, parse, daily_at="08:10", base=BASE, account="required",
    platform="wechat", check=check,
    secrets=(
        Field("appid", "AppID", "公众平台—设置与开发—开发接口管理"),
        Field("secret", "AppSecret", "同一页面；重置后只显示一次", secret=True),
    ),
    options=(Field("comments", "读者留言", "是否采集文章的读者留言", required=False, default="0", choices=("0", "1")),),
    help="须为已认证的公众号；请把本系统的出口 IP 加入公众号的 IP 白名单。数据为人数，不含阅读次数。",
)
