"""清博 gsdata by contract: an account's articles with times of reading, its line on the day board, account search.

Reading figures are times and capped: 100001 says 10万+ (a lower bound). Figures of an article are taken about D+1.
Source: the provider's interface document (databus gateway); signature as in `token`.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from collectors.base import Collector, Desk, Field, Found, each, read_json, whole
from core import clock
from core.counts import AT_LEAST, Count
from core.faults import Fault
from core.records import Batch, BoardRecord, Fetched, PostRecord, SourceSpec, one_line

BASE = "http://databus.gsdata.cn:8888/api/service"
PACE = 0.5
LIMIT = 20
PAGES = 25
CAP = 100_001
_FIGURES = (
    "url_times", "url_num", "url_num_10w", "url_times_readnum", "readnum_all", "readnum_av", "readnum_max",
    "likenum_all", "likenum_av", "likenum_max",
)
_STOP = ("token", "权限", "签名", "sign", "授权", "appkey", "app_key", "过期", "不存在")


def token(key: str, secret: str, router: str, params: Mapping[str, Any]) -> str:
    """The `access-token` header: base64 of key:sign:router; sign is the MD5 of secret_ + sorted pairs + _secret."""
    pairs = "".join(f"{name}{params[name]}" for name in sorted(params))
    sign = hashlib.md5(f"{secret}_{pairs}_{secret}".encode(), usedforsecurity=False).hexdigest()
    return base64.b64encode(f"{key}:{sign}:{router}".encode()).decode()


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The account's line on yesterday's board, then its articles of the last eight days, page by page."""
    name = _account(source)
    place = dict(desk.cursor) or {"from": desk.now.isoformat(), "page": 0}
    start = clock.local(datetime.fromisoformat(place["from"]))
    for page in range(int(place["page"]), PAGES + 1):
        if not page:
            day = (start.date() - timedelta(1)).isoformat()
            fetched = await _call(source, desk, "/rank/weixin/day", {"wx_name": name, "day": day})
            through = False
        else:
            fetched = await _call(source, desk, "/weixin/article/search1", {
                "wx_name": name, "posttime_start": f"{start - timedelta(days=8):%Y-%m-%d %H:%M:%S}",
                "posttime_end": f"{start:%Y-%m-%d %H:%M:%S}", "page": page, "limit": LIMIT,
            })
            through = len(_rows(fetched)) < LIMIT or page == PAGES
        yield replace(fetched, cursor={} if through else {"from": place["from"], "page": page + 1})
        if through:
            return


def _account(source: SourceSpec) -> str:
    name = str(source.config.get("wx_name", "")) or (source.account[1] if source.account else "")
    if not name:
        raise Fault("STOP", "采集源没有绑定公众号")
    return name


async def _call(source: SourceSpec, desk: Desk, router: str, params: Mapping[str, Any]) -> Fetched:
    key, secret = desk.secrets.get("app_key", ""), desk.secrets.get("app_secret", "")
    if not key or not secret:
        raise Fault("STOP", "没有填写 app_key 或 app_secret，请先添加凭据")
    fetched = await desk.http.ask(
        "GET", (source.url or BASE).rstrip("/") + router, now=desk.now, params=params, pace=PACE,
        headers={"access-token": token(key, secret, router, params)}, context={"call": router},
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


def _count(value: Any) -> Count:
    number = whole(value)
    return Count(CAP, AT_LEAST) if number >= CAP else Count(number)


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """A board line, or articles."""
    batch, rows = Batch(), _rows(fetched)
    if fetched.context["call"].startswith("/rank/"):
        each(rows, batch, lambda row, at: batch.boards.append(BoardRecord(
            provider="gsdata", index="wci", period="day", day=date.fromisoformat(row["result_day"]),
            observed_at=fetched.fetched_at, value=float(row["wci"]), place=whole(row["rowno"]) or None,
            figures={name: float(row[name]) for name in _FIGURES if row.get(name) not in (None, "")}, locator=at,
        )), "data.newsList")
        return batch
    names = {"reads": "news_read_count", "likes": "news_like_count", "comments": "news_comment_count",
             "reposts": "news_reposts_count"}
    # The provider prints 0 for comments and reposts that it does not have: reads alone are always measured.
    measured = ("reads", "likes")
    each(rows, batch, lambda row, at: batch.posts.append(PostRecord(
        external_id=str(row.get("news_uuid") or row["news_url"]), title=str(row["news_title"])[:500],
        text=str(row.get("news_digest") or ""), url=str(row.get("news_url") or ""),
        published_at=clock.aware(datetime.fromisoformat(row["news_posttime"])), observed_at=fetched.fetched_at,
        counters={ours: _count(row[theirs]) for ours, theirs in names.items()
                  if row.get(theirs) not in (None, "") and (ours in measured or whole(row[theirs]))},
        locator=at,
    )), "data.newsList")
    return batch


async def check(source: SourceSpec, desk: Desk) -> str:
    """One search."""
    found = await search(source, desk, "上海发布")
    return f"连接正常，按“上海发布”查到 {len(found)} 个账号"


async def search(source: SourceSpec, desk: Desk, text: str) -> list[Found]:
    """Official accounts by name or keyword."""
    fetched = await _call(source, desk, "/account/weixin/search", {"keywords": text, "page": 1, "limit": LIMIT})
    return [
        Found("wechat", str(row["wx_name"]), one_line(str(row.get("wx_nickname") or row["wx_name"])),
              one_line(str(row.get("wx_note") or ""))[:200])
        for row in _rows(fetched) if isinstance(row, dict) and row.get("wx_name")
    ]


GSDATA = Collector(
    "gsdata", "清博数据", 43_200, collect, parse, daily_at="15:30", base=BASE, account="required", platform="wechat",
    check=check, search=search,
    secrets=(Field("app_key", "app_key", "清博数据服务合同附件"),
             Field("app_secret", "app_secret", "清博数据服务合同附件", secret=True)),
    options=(Field("wx_name", "微信号", "不填用账号的平台 ID", required=False),),
    help="按合同购买。阅读数为次数，10万+ 只知下限；文章数据次日约 12 点更新，日榜约 14 点更新。",
)
