"""清博's databus gateway: signed calls at one address for articles, boards and account search."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

SEARCHED = {
    "weixin": ("wx_nickname", {"wx_name": "yunlan", "wx_nickname": "云澜发布", "wx_note": "区政府新闻办"}),
    "weibo": ("nickname", {"weibo_uid": "2000", "nickname": "云澜发布", "description": "官方微博"}),
    "douyin": ("douyin_name", {"douyin_id": "dy1", "douyin_name": "云澜发布"}),
}


class Gsdata(Service):
    """清博 gsdata; accepts app_key `appkey` with secret `appsecret`; knows the account `yunlan` and the group 117379.

    `articles`: [uuid, title, Shanghai time, reads, likes]. `boards`: (period, rank_date) → rows, best first.
    Scripted words: `expired`, `busy`, `unbought`, `shuffled`. The route stands in the token alone.
    """

    prefix = "/gsdata"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.secret, self.group = "appkey", "appsecret", "117379"
        local = clock.local(now())
        self.articles: list[list] = [
            [f"u{n}", f"第{n}篇", local - timedelta(hours=4 * n), 100_001 if n == 0 else 500 + n, 10] for n in range(45)
        ]
        self.boards: dict[tuple[str, str], list[dict]] = {}
        for n in range(1, 4):
            day = local.date() - timedelta(n)
            self.board("day", f"{day:%Y%m%d}", day, {"yunlan": 600.5 + n, "jiedao": 300.25})

    def board(self, period: str, rank_date: str, day: date, lines: Mapping[str, float]) -> None:
        """Publish a board."""
        self.boards[(period, rank_date)] = [{
            "wx_name": name, "wx_nickname": name, "result_day": day.isoformat(), "url_num": 5, "readnum_all": "12000",
            "wci": str(value), "wci_up": "1.2", "rowno": place, "rowno_up": 0,
        } for place, (name, value) in enumerate(sorted(lines.items(), key=lambda pair: -pair[1]), start=1)]

    def route(self, path: str, headers: Mapping[str, str]) -> str:
        try:
            return base64.b64decode(headers.get("access-token", "")).decode().split(":")[2]
        except (binascii.Error, UnicodeDecodeError, IndexError):
            return path

    def refuse(self, words: str) -> Answer:
        return Answer.of({"success": False, "msg": words, "data": None})

    def answer(self, request: Request) -> Answer:
        signed = base64.b64decode(request.headers.get("access-token", "")).decode().split(":")
        pairs = "".join(f"{name}{request.query[name]}" for name in sorted(request.query))
        sign = hashlib.md5(f"{self.secret}_{pairs}_{self.secret}".encode(), usedforsecurity=False).hexdigest()
        if signed != [self.key, sign, request.path]:
            return self.refuse("access-token 验证失败")
        words = {"expired": "授权已过期", "busy": "系统繁忙，请稍后再试", "unbought": "没有该接口的权限"}
        if request.act in words:
            return self.refuse(words[request.act])
        _, kind, platform, *what = request.path.split("/")
        if kind == "account":
            return self._search(request, platform)
        if kind == "rank":
            asked = {name: value for name, value in request.query.items() if name != "day"}
            return self._list([asked | {
                "result_day": request.query["day"], "url_times": 1, "url_num": 5, "readnum_all": 12_000,
                "wci": "612.34", "rowno": 1,
            }], 1)
        if kind == "myrank":
            return self._myrank(request, what[0])
        return self._articles(request)

    def _search(self, request: Request, platform: str) -> Answer:
        if platform not in SEARCHED:
            return self.refuse("没有该接口的权限")
        name, row = SEARCHED[platform]
        return self._list([row] if request.query.get(name) else [], 1)

    def _myrank(self, request: Request, what: str) -> Answer:
        if what == "group-list":
            return self._list([{"group_id": int(self.group), "group_name": "我区账号"}], 1)
        mine = request.query["group_id"] == self.group
        rows = self.boards.get((what, request.query["rank_date"]), []) if mine else []
        page, limit = int(request.query["page"]), int(request.query["limit"])
        return self._list(self._shown(request, rows[(page - 1) * limit : page * limit]), len(rows))

    def _articles(self, request: Request) -> Answer:
        query = request.query
        first, last = (datetime.fromisoformat(query[name]) for name in ("posttime_start", "posttime_end"))
        found = [a for a in self.articles if first <= a[2].replace(tzinfo=None) <= last]
        page, limit = int(query["page"]), int(query["limit"])
        rows = [{
            "news_uuid": uuid, "news_title": title, "news_posttime": f"{at:%Y-%m-%d %H:%M:%S}", "news_digest": "",
            "news_read_count": reads, "news_like_count": str(likes), "news_comment_count": 0, "news_reposts_count": 4,
            "news_url": f"http://mp.weixin.qq.com/s?x={uuid}",
        } for uuid, title, at, reads, likes in found[(page - 1) * limit : page * limit]]
        return self._list(self._shown(request, rows), len(found))

    def _shown(self, request: Request, rows: list[dict]) -> list[dict]:
        return [*reversed(rows), rows[0]] if request.act == "shuffled" and rows else rows

    def _list(self, rows: list[dict], total: int) -> Answer:
        data = {"numFound": total, "pagination": {"page": 1}, "newsList": rows}
        return Answer.of({"success": True, "msg": "", "data": data})


class GsdataCase(Case):
    collector, service, platform, account = "gsdata", Gsdata, "wechat", "yunlan"
    secrets: ClassVar = {"app_key": "appkey", "app_secret": "appsecret"}
    path, passed, shuffled = "search1", 1, "shuffled"

    def truth(self) -> Truth:
        return Truth(
            posts={uuid: {"reads": reads} for uuid, _, _, reads, _ in self.world.articles},
            boards={clock.day_of(self.at) - timedelta(1): 612.34},
        )

    def fall(self) -> tuple[str, str, int]:
        self.world.articles[7][3] = 400
        return "u7", "reads", 400


class GsdataBoardsCase(Case):
    collector, service, platform, account = "gsdata", Gsdata, "wechat", "yunlan"
    bound = False
    secrets: ClassVar = {"app_key": "appkey", "app_secret": "appsecret"}
    config: ClassVar = {"group_id": "117379"}
    path, shuffled = "myrank", "shuffled"

    def __init__(self) -> None:
        super().__init__()
        for rows in self.world.boards.values():
            rows[:] = [row for row in rows if row["wx_name"] == "yunlan"]

    def truth(self) -> Truth:
        boards = ((asked, rows) for (period, asked), rows in self.world.boards.items() if period == "day")
        return Truth(boards={
            datetime.strptime(asked, "%Y%m%d").date(): float(rows[0]["wci"]) for asked, rows in boards
        })
