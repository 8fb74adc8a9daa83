"""newsnow's hot lists."""

from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service


class NewsNow(Service):
    """newsnow; one list, `weibo`: `titles` in their order. Scripted words: `shuffled`, `badid`."""

    prefix = "/newsnow"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.titles = [f"热搜词条第{n}号" for n in range(30)]

    def answer(self, request: Request) -> Answer:
        if request.path != "/api/s" or request.query.get("id") != "weibo" or request.act == "badid":
            return Answer.of({
                "error": True, "statusCode": 500, "statusMessage": "Server Error", "message": "Invalid source id"
            }, 500)
        titles = [*reversed(self.titles), self.titles[0]] if request.act == "shuffled" else self.titles
        items = [{
            "id": title, "title": title, "url": f"https://s.weibo.com/weibo?q=%23{title}%23",
            "extra": {"info": "12.3万"},
        } for title in titles]
        moment = int(self.now().timestamp() * 1000)
        return Answer.of({"status": "success", "id": "weibo", "updatedTime": moment, "items": items})


class HotlistCase(Case):
    collector, service, platform, path, passed, shuffled = "hotlist", NewsNow, "weibo_hot", "api/s", 0, "shuffled"

    @property
    def url(self) -> str:
        return f"{self.world.base}/api/s?id=weibo"

    def truth(self) -> Truth:
        return Truth(mentions=frozenset(f"{title}@{clock.day_of(self.at)}" for title in self.world.titles))
