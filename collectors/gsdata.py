"""清博 gsdata by contract: an account's articles with times of reading and its line on the day board; the district's
own boards (a group of accounts kept at the provider) of day, week and month; account search.

A source that belongs to an account reads that account; one that belongs to none reads the boards of a group. Reading
figures are times and capped: 100001 says 10万+ (a lower bound). Figures of an article are taken about D+1; a day board
is out at about 14:00 of D+1, a week (Sunday to Saturday) on Sunday night, a month on the 1st.
Source: the provider's interface document (databus gateway). One address for all: the route stands in the signed token
only. Forms of `rank_date` (20261020, 20261024_20261018, 202610) and the search parameters of Weibo, Toutiao, Douyin and
Kuaishou are those of clients in public use; what the document leaves open for other platforms can be set by `id_field`.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from collectors import attempts
from collectors.base import Collector, Desk, Field, Found, each, read_json, whole
from collectors.providers import article_id, capped
from core import clock
from core.faults import Fault
from core.records import Batch, BoardRecord, Fetched, PostRecord, SourceSpec, one_line

BASE = "http://databus.gsdata.cn:8888/api/service"
PACE = 0.5
LIMIT = 20
BOARD_LIMIT = 50
PAGES = 25
DAY_BOARDS = 3
"""Day boards read each time: yesterday's and those before it, which are corrected for some days."""
_FIGURES = (
    "url_times", "url_num", "url_num_10w", "url_times_readnum", "readnum_all", "readnum_av", "readnum_max",
    "likenum_all", "likenum_av", "likenum_max",
)
_STOP = ("token", "权限", "签名", "sign", "授权", "appkey", "app_key", "过期", "不存在")


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform as the provider names it: its code, its index, the field that holds an account's id, the parameter
    that an account is searched by, the route of its articles, and what their `news_read_count` counts."""

    code: str
    index: str
    id: str
    by_name: str
    articles: str
    seen: str = "reads"


PLATFORMS = {
    "wechat": Platform("weixin", "wci", "wx_name", "wx_nickname", "/weixin/article/search1"),
    "weibo": Platform("weibo", "bci", "weibo_uid", "nickname", "/weibo/article/search1"),
    "toutiao": Platform("toutiao", "tgi", "toutiao_user_id", "nickname", "/toutiao/article/search1"),
    "douyin": Platform("douyin", "dci", "douyin_id", "douyin_name", "/shortvideo/douyin/search1", "plays"),
    "kuaishou": Platform("kuaishou", "kci", "kuaishou_id", "kuaishou_name", "/shortvideo/kuaishou/search1", "plays"),
    "bilibili": Platform("bili", "bvci", "bili_id", "bili_name", "/shortvideo/bili/search1", "plays"),
    "channels": Platform("wxvideo", "wvci", "wxvideo_id", "wxvideo_name", "/shortvideo/wxvideo/search1", "plays"),
    "xiaohongshu": Platform("xiaohongshu", "hci", "xiaohongshu_id", "xiaohongshu_name", "/article/xiaohongshu/search1"),
}
"""By our own code."""


def token(key: str, secret: str, router: str, params: Mapping[str, Any]) -> str:
    """The `access-token` header: base64 of key:sign:router; sign is the MD5 of secret_ + sorted pairs + _secret."""
    pairs = "".join(f"{name}{params[name]}" for name in sorted(params))
    sign = hashlib.md5(f"{secret}_{pairs}_{secret}".encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(f"{key}:{sign}:{router}".encode()).decode()


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """What the source is for, page by page; the cursor holds when the round began and where it is."""
    answers = _account(source, desk) if source.account else _boards(source, desk)
    async for fetched in answers:
        yield fetched


async def _account(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The account's articles of the last eight days, then its line on yesterday's board, which not every account has
    (page 0 in the cursor, with the tries that failed)."""
    known, id_field = _platform(source), _id_field(source)
    name, spare = str(source.config.get("wx_name", "")) or source.account[1], attempts.Spare(desk.now)
    place = {"from": desk.now.isoformat(), "page": 1, "tries": 0} | dict(desk.cursor)
    start = clock.local(datetime.fromisoformat(place["from"]))
    while page := int(place["page"]):
        fetched = await _call(source, desk, known.articles, {
            id_field: name, "posttime_start": f"{start - timedelta(days=8):%Y-%m-%d %H:%M:%S}",
            "posttime_end": f"{start:%Y-%m-%d %H:%M:%S}", "page": page, "limit": LIMIT,
        })
        through = len(_rows(fetched)) < LIMIT or page == PAGES
        place = place | {"page": 0 if through else page + 1}
        yield replace(fetched, cursor=place)
    day = (start.date() - timedelta(1)).isoformat()
    rank = _call(source, desk, f"/rank/{known.code}/day", {id_field: name, "day": day})
    fetched = await spare.ask(f"{day} 榜单", rank)
    again = attempts.again([place["tries"]]) if fetched.failed else []
    yield replace(fetched, cursor=place | {"tries": again[0][0]} if again else {})
    if again:
        spare.end()


async def _boards(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The group's boards: the last days, the last whole week, the last whole month."""
    known, group = _platform(source), str(source.config.get("group_id", "")).strip()
    if not group:
        raise Fault("STOP", "没有填写清博的分组编号：属于账号的采集源请选择账号，采集自有榜单请在选项中填写分组编号")
    place = dict(desk.cursor) or {"from": desk.now.isoformat(), "board": 0, "page": 1}
    boards = periods(clock.day_of(datetime.fromisoformat(place["from"])))
    for number in range(int(place["board"]), len(boards)):
        period, last, asked = boards[number]
        for page in range(int(place["page"]) if number == place["board"] else 1, PAGES + 1):
            fetched = await _call(
                source, desk, f"/myrank/{known.code}/{period}",
                {"group_id": group, "rank_date": asked, "page": page, "limit": BOARD_LIMIT},
                period=period, day=last.isoformat(),
            )
            through = len(_rows(fetched)) < BOARD_LIMIT or page == PAGES
            ahead = {"from": place["from"], "board": number + through, "page": 1 if through else page + 1}
            yield replace(fetched, cursor={} if ahead["board"] == len(boards) else ahead)
            if through:
                break


def periods(today: date) -> list[tuple[str, date, str]]:
    """The boards to read on a day (pure): (period, its last day, `rank_date`)."""
    days = [today - timedelta(n) for n in range(1, DAY_BOARDS + 1)]
    saturday = today - timedelta((today.weekday() - 5) % 7 or 7)
    month = clock.Month.of(today).shift(-1)
    return [
        *(("day", day, f"{day:%Y%m%d}") for day in days),
        ("week", saturday, f"{saturday:%Y%m%d}_{saturday - timedelta(6):%Y%m%d}"),
        ("month", month.last, f"{month.first:%Y%m}"),
    ]


def _platform(source: SourceSpec) -> Platform:
    known = PLATFORMS.get(source.platform or "wechat")
    if known is None:
        raise Fault("STOP", f"清博没有平台“{source.platform}”的数据，请换一个平台")
    return known


def _id_field(source: SourceSpec) -> str:
    return str(source.config.get("id_field", "")).strip() or _platform(source).id


async def _call(
    source: SourceSpec, desk: Desk, router: str, params: Mapping[str, Any], **context: str
) -> Fetched:
    """One call. Raises Fault for every refusal."""
    key, secret = desk.secrets.get("app_key", ""), desk.secrets.get("app_secret", "")
    if not key or not secret:
        raise Fault("STOP", "没有填写 app_key 或 app_secret，请先添加凭据")
    fetched = await desk.http.ask(
        "GET", (source.url or BASE).rstrip("/"), now=desk.now, params=params, pace=PACE,
        headers={"access-token": token(key, secret, router, params)}, context={"call": router, **context},
    )
    desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    if not isinstance(answer, dict) or answer.get("success") is not True:
        said = one_line(str(answer.get("msg", "") if isinstance(answer, dict) else ""))[:120] or "没有说明原因"
        stop = any(word in said.lower() for word in _STOP)
        words = f"清博拒绝了请求：{said}" + ("，请核对凭据、权限和合同期限" if stop else "")
        raise Fault("STOP" if stop else "RETRY", words, evidence=fetched)
    return fetched


def _rows(fetched: Fetched) -> list:
    data = read_json(fetched).get("data")
    rows = data.get("newsList") if isinstance(data, dict) else None
    if rows is None and isinstance(data, dict) and not data.get("numFound"):
        return []
    if not isinstance(rows, list):
        raise Fault("RETRY", "清博返回的内容缺少 newsList，接口可能已变化", evidence=fetched)
    return rows


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Board lines, or articles."""
    batch, rows, call = Batch(), _rows(fetched), fetched.context["call"]
    if call.startswith(("/rank/", "/myrank/")):
        each(rows, batch, lambda row, at: batch.boards.append(_line(source, row, at, fetched)), "data.newsList")
        if not rows and "day" in fetched.context:
            word = {"day": "日榜", "week": "周榜", "month": "月榜"}[fetched.context["period"]]
            batch.note = f"清博尚未公布截至 {fetched.context['day']} 的{word}"
        return batch
    each(rows, batch, lambda row, at: batch.posts.append(_article(source, row, at, fetched)), "data.newsList")
    return batch


def _line(source: SourceSpec, row: dict, at: str, fetched: Fetched) -> BoardRecord:
    known = _platform(source)
    day = fetched.context.get("day") or row["result_day"]
    place = row.get("rowno")
    return BoardRecord(
        provider="gsdata", index=known.index, period=fetched.context.get("period", "day"), day=date.fromisoformat(day),
        observed_at=fetched.fetched_at, value=float(row[known.index]),
        place=whole(place) or None if place not in (None, "") else None,
        figures={name: float(row[name]) for name in _FIGURES if row.get(name) not in (None, "")},
        account=None if source.account else (source.platform or "wechat", str(row[_id_field(source)])), locator=at,
    )


def _article(source: SourceSpec, row: dict, at: str, fetched: Fetched) -> PostRecord:
    known, url = _platform(source), str(row.get("news_url") or "")
    names = {known.seen: "news_read_count", "likes": "news_like_count", "comments": "news_comment_count",
             "reposts": "news_reposts_count"}
    # The provider prints 0 for what it does not have: of WeChat it always has reads and likes, elsewhere only likes
    # are sure to be measured.
    measured = ("reads", "likes") if known.code == "weixin" else ("likes",)
    return PostRecord(
        external_id=article_id(url, str(row.get("news_uuid") or "")), title=str(row["news_title"])[:500],
        text=str(row.get("news_digest") or ""), url=url,
        published_at=clock.aware(datetime.fromisoformat(row["news_posttime"])), observed_at=fetched.fetched_at,
        counters={ours: capped(row[theirs]) for ours, theirs in names.items()
                  if row.get(theirs) not in (None, "") and (ours in measured or whole(row[theirs]))},
        locator=at,
    )


async def check(source: SourceSpec, desk: Desk) -> str:
    """One search; for a source of boards the groups that the provider keeps."""
    if source.account or not source.config.get("group_id"):
        found = await _search(source, desk, "上海发布", "wechat")
        return f"连接正常，按“上海发布”查到 {len(found)} 个账号"
    rows = _rows(await _call(source, desk, f"/myrank/{_platform(source).code}/group-list", {}))
    groups = {str(row.get("group_id", "")): one_line(str(row.get("group_name", ""))) for row in rows
              if isinstance(row, dict)}
    mine = str(source.config["group_id"])
    if mine not in groups:
        listed = "、".join(f"{name}（{number}）" for number, name in list(groups.items())[:10]) or "没有分组"
        raise Fault("STOP", f"清博没有编号为 {mine} 的分组，现有：{listed}")
    return f"连接正常，分组“{groups[mine]}”"


async def search(source: SourceSpec, desk: Desk, text: str) -> list[Found]:
    """Accounts by name or keyword, on every platform that the contract covers; WeChat must answer."""
    found = await _search(source, desk, text, "wechat")
    for platform in list(PLATFORMS)[1:]:
        try:
            found += await _search(source, desk, text, platform)
        except Fault as fault:
            if fault.kind != "STOP":  # a platform that was not bought is no fault of the search
                raise
    return found


async def _search(source: SourceSpec, desk: Desk, text: str, platform: str) -> list[Found]:
    known = PLATFORMS[platform]
    router = f"/account/{known.code}/search"
    rows = _rows(await _call(source, desk, router, {known.by_name: text, "page": 1, "limit": LIMIT}))
    return [
        Found(platform, str(row[known.id]), one_line(_first(row, "wx_nickname", "nickname", known.by_name, known.id)),
              one_line(_first(row, "wx_note", "note", "description", "signature"))[:200])
        for row in rows if isinstance(row, dict) and row.get(known.id)
    ]


def _first(row: Mapping[str, Any], *names: str) -> str:
    return next((str(row[name]) for name in names if row.get(name)), "")


GSDATA = Collector(
    "gsdata", "清博数据", 43_200, collect, parse, daily_at="15:30", base=BASE, account="optional", platform="wechat",
    check=check, search=search,
    secrets=(Field("app_key", "app_key", "清博数据服务合同附件"),
             Field("app_secret", "app_secret", "清博数据服务合同附件", secret=True)),
    options=(Field("wx_name", "账号标识", "微信号、微博 UID 等，不填用账号的平台 ID", required=False),
             Field("group_id", "分组编号", "自有榜单用，此时不选账号；见清博后台“我的榜单”", required=False),
             Field("id_field", "账号标识的参数名", "清博接口文档另有规定时填写，如 bili_id", required=False)),
    help="按合同购买。选账号：采集该账号的文章和日榜；不选账号并填分组编号：采集自有榜单的日、周、月榜。"
         "阅读数为次数，10万+ 只知下限；文章数据次日约 12 点更新，日榜约 14 点更新。",
)
