"""清博's databus gateway: signed calls for articles, the day board and account search."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from core import clock
from tests.lab.services import Answer, Request, Service


class Gsdata(Service):
    """清博 gsdata; accepts app_key `appkey` with secret `appsecret`; knows the account `yunlan`.

    `articles`: (uuid, title, Shanghai time, reads, likes). Scripted words: `expired`, `busy`.
    """

    prefix = "/gsdata"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.secret = "appkey", "appsecret"
        local = clock.local(now())
        self.articles = [
            (f"u{n}", f"第{n}篇", local - timedelta(hours=4 * n), 100_001 if n == 0 else 500 + n, 10) for n in range(45)
        ]

    def answer(self, request: Request) -> Answer:
        signed = base64.b64decode(request.headers.get("access-token", "")).decode().split(":")
        pairs = "".join(f"{name}{request.query[name]}" for name in sorted(request.query))
        sign = hashlib.md5(f"{self.secret}_{pairs}_{self.secret}".encode(), usedforsecurity=False).hexdigest()
        if signed != [self.key, sign, request.path]:
            return Answer.of({"success": False, "msg": "access-token 验证失败", "data": None})
        if request.act:
            words = {"expired": "授权已过期", "busy": "系统繁忙，请稍后再试"}[request.act]
            return Answer.of({"success": False, "msg": words, "data": None})
        query = request.query
        if request.path == "/account/weixin/search":
            return self._list([{"wx_name": "yunlan", "wx_nickname": "云澜发布", "wx_note": "区政府新闻办"}], 1)
        if request.path == "/rank/weixin/day":
            return self._list([{
                "wx_name": query["wx_name"], "result_day": query["day"], "url_times": 1, "url_num": 5,
                "readnum_all": 12_000, "wci": "612.34", "rowno": 1,
            }], 1)
        first, last = (datetime.fromisoformat(query[name]) for name in ("posttime_start", "posttime_end"))
        found = [a for a in self.articles if first <= a[2].replace(tzinfo=None) <= last]
        page, limit = int(query["page"]), int(query["limit"])
        return self._list([{
            "news_uuid": uuid, "news_title": title, "news_posttime": f"{at:%Y-%m-%d %H:%M:%S}", "news_digest": "",
            "news_read_count": reads, "news_like_count": str(likes), "news_comment_count": 0,
            "news_url": f"http://mp.weixin.qq.com/s?x={uuid}",
        } for uuid, title, at, reads, likes in found[(page - 1) * limit : page * limit]], len(found))

    def _list(self, rows: list[dict], total: int) -> Answer:
        data = {"numFound": total, "pagination": {"page": 1}, "newsList": rows}
        return Answer.of({"success": True, "msg": "", "data": data})
