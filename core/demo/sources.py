"""The sources of the sample district as plain values, and the days on which they gave nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.demo.events import HOT
from core.demo.ledger import PRESENCE, DemoAccount

_NAMES = {
    "wechat": "微信公众号数据接口", "weibo": "微博数据接口", "channels": "视频号数据接口", "douyin": "抖音开放平台",
    "kuaishou": "快手数据接口", "bilibili": "哔哩哔哩数据接口", "toutiao": "头条号数据接口",
    "xiaohongshu": "小红书数据接口", "thepaper": "澎湃政务数据接口", "app": "APP 统计接口",
}
_MENTIONS = {
    "weibo_hot": "微博热搜榜", "baidu": "百度热搜榜", "weibo": "微博本地话题", "thepaper": "澎湃新闻频道",
    "eastday": "东方网频道", "shobserver": "上观新闻频道", "xinmin": "新民晚报频道", "toutiao": "头条本地频道",
    "baijiahao": "百家号本地频道", "zhihu": "知乎话题", "tieba": "百度贴吧·云澜吧", "douban": "豆瓣小组·云澜生活",
    "liuyan": "领导留言板", "hotline12345": "12345 工单公开",
}
MARK = "（演示）"
ORDERS = "demo-orders-hotline12345"
"""Key of the source of the hotline's exports."""


@dataclass(frozen=True, slots=True)
class DemoSource:
    """One source; `subject` is accounts or mentions, `external_id` the account that has one of its own."""

    key: str
    name: str
    subject: str
    platform: str
    period_seconds: int
    external_id: str = ""


def account_key(account: DemoAccount) -> str:
    """Key of the source that an account's figures come from."""
    return f"demo-expired-{account.platform}" if own_source(account) else f"demo-accounts-{account.platform}"


def own_source(account: DemoAccount) -> bool:
    """Accounts with an authorisation of their own, which has expired."""
    return (account.platform, account.body.theme) in (("kuaishou", "police"), ("wechat", "market"))


def sources(accounts: Iterable[DemoAccount]) -> list[DemoSource]:
    """The sources that these accounts and the mentions need."""
    accounts = list(accounts)
    made = [
        DemoSource(f"demo-accounts-{code}", _NAMES[code] + MARK, "accounts", code, 86_400)
        for code in PRESENCE if any(a.platform == code for a in accounts)
    ]
    made += [
        DemoSource(
            account_key(a), f"{_NAMES[a.platform]}·{a.name}{MARK}", "accounts", a.platform, 86_400, a.external_id
        )
        for a in accounts if own_source(a)
    ]
    made.append(DemoSource(ORDERS, "12345 工单导出" + MARK, "orders", "hotline12345", 86_400 * 31))
    return made + [
        DemoSource(f"demo-mentions-{code}", _MENTIONS[code] + MARK, "mentions", code, 1800 if code in HOT else 3600)
        for code in _MENTIONS
    ]


def gaps(account: DemoAccount, first: date, last: date) -> dict[date, str]:
    """Days on which nothing could be collected of an account, with the coverage state."""
    out: dict[date, str] = {}
    if account.platform == "douyin":
        out |= {last - timedelta(n): "failed" for n in (25, 26)}
    if account.platform == "app":
        out[last - timedelta(47)] = "failed"
    if own_source(account):
        out |= {last - timedelta(n): "expired" for n in range(4)}
    if account.platform == "xiaohongshu":
        out[last] = "pending"
    return {day: state for day, state in out.items() if day >= first}


FAILURES = {
    "failed": ("RETRY", "平台接口返回 502，三次重试未成功"),
    "expired": ("REAUTH", "授权已过期，请管理员重新扫码授权"),
    "pending": ("NOTREADY", "平台昨日数据尚未公布"),
}
"""Coverage state → class of the fault and its words."""
