"""新榜 newrank by contract: an Official Account's articles with times of reading; account search.

Every article that an answer holds is charged (2 units), so a ceiling can be set: what was charged is counted in the
database, and nothing more is asked on a day that used its share of the month. Reading figures are times and capped:
100001 says 10万+. `updateTime` is when the figures were taken: that, not the hour of asking, is when they were seen.
Source: the provider's interface document (sync/weixin/account/…). It prints no list of its error codes: what a refusal
means is read from its words; an answer without any is retried.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from collectors.base import Collector, Desk, Field, Found, each, read_json, whole
from collectors.providers import afford, article_id, capped, charged, whole_option
from core import clock
from core.faults import Fault, FaultKind
from core.records import Batch, Fetched, PostRecord, SourceSpec, one_line

BASE = "https://api.newrank.cn/api/sync/weixin/account"
PACE = 0.5
SIZE = 20
PAGES = 50
DAYS = 8
"""Days of articles asked for each time, unless the source says otherwise."""
LONGEST = 31
"""Days that one request may span."""
UNITS = 2
"""What one article of an answer costs."""
_SHARE = "点数"
_DAYS, _MONTH = "每次取最近几天的文章", "每月点数上限"
_REFUSALS: tuple[tuple[tuple[str, ...], FaultKind, str], ...] = (
    (("余额", "点数", "次数不足", "额度", "欠费"), "QUOTA", "，请在新榜充值或等待额度恢复"),
    (("频", "繁忙", "稍后", "超时"), "RETRY", "，稍后重试"),
    (("key", "授权", "过期", "到期"), "REAUTH", "，请核对 Key 和合同期限，重新填写凭据"),
    (("权限", "合同", "ip"), "STOP", "，请核对合同中开通的接口和允许的 IP"),
    (("未收录", "不存在", "没有找到", "参数"), "STOP", "，请核对公众号的微信号，或在新榜申请收录"),
)


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """The account's articles of the last days, page by page; the cursor holds the page and when the round began."""
    account = _account(source)
    days = whole_option(source, "days", _DAYS, 1, LONGEST, DAYS)
    month = whole_option(source, "monthly_units", _MONTH, 1, 100_000_000, 0)
    place = dict(desk.cursor) or {"from": desk.now.isoformat(), "page": 1}
    start = clock.local(datetime.fromisoformat(place["from"]))
    for page in range(int(place["page"]), PAGES + 1):
        await afford(desk, _SHARE, month, UNITS * SIZE)
        fetched = await _call(source, desk, "articles_content", {
            "account": account, "from": f"{start - timedelta(days=days):%Y-%m-%d %H:%M:%S}",
            "to": f"{start:%Y-%m-%d %H:%M:%S}", "page": page, "size": SIZE,
        })
        rows = _rows(fetched)
        await charged(desk, _SHARE, UNITS * len(rows))
        through = len(rows) < SIZE or page == PAGES
        yield replace(fetched, cursor={} if through else {"from": place["from"], "page": page + 1})
        if through:
            return


def _account(source: SourceSpec) -> str:
    name = str(source.config.get("account", "")) or (source.account[1] if source.account else "")
    if not name:
        raise Fault("STOP", "采集源没有绑定公众号")
    return name


async def _call(source: SourceSpec, desk: Desk, path: str, form: Mapping[str, Any]) -> Fetched:
    """One call. Raises Fault for every refusal."""
    key = desk.secrets.get("key", "")
    if not key:
        raise Fault("STOP", "没有填写新榜的 Key，请先添加凭据")
    shown = {name: str(value) for name, value in form.items()}
    fetched = await desk.http.ask(
        "POST", f"{(source.url or BASE).rstrip('/')}/{path}", now=desk.now, form=form, pace=PACE,
        headers={"Key": key, "content-type": "application/x-www-form-urlencoded;charset=utf-8"},
        context={"call": path, **shown},
    )
    desk.http.judge(fetched, desk.now)
    answer = read_json(fetched)
    if not isinstance(answer, dict) or str(answer.get("code")) != "0":
        raise _refusal(answer if isinstance(answer, dict) else {}, fetched)
    return fetched


def _refusal(answer: Mapping[str, Any], fetched: Fetched) -> Fault:
    said = one_line(str(answer.get("msg") or ""))[:120] or "没有说明原因"
    kind, remedy = next(
        ((kind, remedy) for words, kind, remedy in _REFUSALS if any(word in said.lower() for word in words)),
        ("RETRY", ""),
    )
    return Fault(kind, f"新榜拒绝了请求：{said}（代码 {answer.get('code', '—')}）{remedy}", evidence=fetched)


def _rows(fetched: Fetched) -> list:
    rows = read_json(fetched).get("data")
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise Fault("RETRY", "新榜返回的内容缺少列表 data，接口可能已变化", evidence=fetched)
    return rows


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """Articles of one page."""
    batch = Batch()
    each(_rows(fetched), batch, lambda row, at: batch.posts.append(_post(row, at, fetched)), "data")
    return batch


def _post(row: dict, at: str, fetched: Fetched) -> PostRecord:
    place, taken, original = row.get("orderNum"), row.get("updateTime"), row.get("originalFlag")
    url = str(row["url"])
    return PostRecord(
        external_id=article_id(url), title=str(row["title"])[:500],
        text=str(row.get("content") or row.get("summary") or ""), url=url, published_at=_when(row["publicTime"]),
        observed_at=_when(taken) if taken else fetched.fetched_at,
        position=whole(place) + 1 if place not in (None, "") else None,
        original=bool(whole(original)) if original not in (None, "") else None,
        counters={ours: capped(row[theirs]) for ours, theirs in (("reads", "readNum"), ("likes", "likeNum"))
                  if row.get(theirs) not in (None, "")},
        locator=at,
    )


def _when(text: str) -> datetime:
    return clock.aware(datetime.fromisoformat(text))


async def check(source: SourceSpec, desk: Desk) -> str:
    """One search: it costs no article."""
    found = await search(source, desk, "上海发布")
    return f"连接正常，按“上海发布”查到 {len(found)} 个公众号"


async def search(source: SourceSpec, desk: Desk, text: str) -> list[Found]:
    """Official accounts by name or keyword."""
    rows = _rows(await _call(source, desk, "search", {"keyword": text, "page": 1, "size": SIZE}))
    return [
        Found("wechat", str(row["account"]), one_line(str(row.get("name") or row["account"])),
              one_line(str(row.get("description") or row.get("certifiedText") or ""))[:200])
        for row in rows if isinstance(row, dict) and row.get("account")
    ]


NEWRANK = Collector(
    "newrank", "新榜", 86_400, collect, parse, daily_at="09:00", base=BASE, account="required", platform="wechat",
    check=check, search=search,
    secrets=(Field("key", "Key", "新榜数据服务合同附件", secret=True),),
    options=(
        Field("account", "微信号", "不填用账号的平台 ID", required=False),
        Field("days", _DAYS, f"1 到 {LONGEST}，每篇文章计 {UNITS} 点", required=False, default=str(DAYS)),
        Field("monthly_units", _MONTH,
              "不填不限。按当月天数平均到每日，当日用完后次日再取，最多超出一页", required=False),
    ),
    help="按合同购买，每篇文章计 2 点。阅读数为次数，10万+ 只知下限；数据以新榜取数的时间为准。",
)
