"""新榜's synchronous interfaces: an account's articles by form with a Key, charged by article; account search."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

REFUSALS = {
    "expired": (1001, "Key 已过期"), "quota": (1007, "点数余额不足"), "busy": (1009, "请求过于频繁，请稍后再试"),
    "unknown": (1404, "该公众号未收录"), "dumb": (9999, ""),
}


@dataclass
class Article:
    """One article; `at` and `taken` are aware UTC."""

    mid: int
    order: int
    title: str
    at: datetime
    taken: datetime
    reads: Any
    likes: Any = 3
    original: Any = 0

    @property
    def id(self) -> str:
        return f"{self.mid}_{self.order + 1}"

    def json(self, account: str) -> dict:
        url = f"http://mp.weixin.qq.com/s?__biz=MzA3&mid={self.mid}&idx={self.order + 1}&sn=ab&chksm=c{self.reads}"
        return {
            "name": "云澜发布", "account": account, "type": "", "author": "", "orderNum": self.order, "imageUrl": "",
            "sourceUrl": "", "updateTime": f"{clock.local(self.taken):%Y-%m-%d %H:%M:%S}", "title": self.title,
            "summary": "", "publicTime": f"{clock.local(self.at):%Y-%m-%d %H:%M:%S}", "url": url,
            "originalFlag": self.original, "readNum": self.reads, "likeNum": self.likes, "content": "", "keywords": "",
        }


class Newrank(Service):
    """新榜; accepts the Key `lab-key`; knows the account `yunlan`; `charged` counts the units.

    Scripted words: `expired`, `quota`, `busy`, `unknown`, `dumb` (a refusal without words), `shuffled`.
    """

    prefix = "/newrank"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.account, self.charged = "lab-key", "yunlan", 0
        hour = timedelta(hours=1)
        self.articles = [
            Article(2650 + n // 3, n % 3, f"第{n}篇", now() - 4 * hour * (n // 3 + 1), now() - hour,
                    100_001 if n == 0 else 500 + n, original=n % 2) for n in range(45)
        ]

    def answer(self, request: Request) -> Answer:
        if request.method != "POST" or "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
            return Answer.of({"code": 1400, "msg": "参数格式不正确", "data": None})
        if request.headers.get("key") != self.key:
            return Answer.of({"code": 1000, "msg": "Key 无效", "data": None})
        if request.act in REFUSALS:
            code, words = REFUSALS[request.act]
            return Answer.of({"code": code, "msg": words, "data": None})
        form = request.form()
        if request.path == "/search":
            row = {"name": "云澜发布", "account": self.account, "description": "区政府新闻办", "wxId": "gh_1"}
            return Answer.of({"code": 0, "msg": "", "data": [row] if form["keyword"] else []})
        first, last = (clock.aware(datetime.fromisoformat(form[name])) for name in ("from", "to"))
        if last - first > timedelta(days=31):
            return Answer.of({"code": 1400, "msg": "参数错误：时间跨度不能超过一个月", "data": None})
        found = [a for a in self.articles if first <= a.at <= last] if form["account"] == self.account else []
        page, size = int(form["page"]), int(form["size"])
        rows = [a.json(self.account) for a in found[(page - 1) * size : page * size]]
        self.charged += 2 * len(rows)
        if request.act == "shuffled" and rows:
            rows = [*reversed(rows), rows[0]]
        return Answer.of({"code": 0, "msg": "", "data": rows})


class NewrankCase(Case):
    collector, service, platform, account = "newrank", Newrank, "wechat", "yunlan"
    secrets: ClassVar = {"key": "lab-key"}
    path, expired, mended, quota, shuffled = "articles_content", "expired", False, "quota", "shuffled"

    def truth(self) -> Truth:
        return Truth(posts={a.id: {"reads": a.reads} for a in self.world.articles})

    def renew(self) -> dict[str, str]:
        self.world.key = "next-key"
        return {"key": "next-key"}

    def fall(self) -> tuple[str, str, int]:
        article = self.world.articles[7]
        article.reads, article.taken = 400, self.at
        return article.id, "reads", 400
