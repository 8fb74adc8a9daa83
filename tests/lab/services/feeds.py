"""A news site's feed, with its ETag."""

import hashlib
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service


class Feeds(Service):
    """A feed at /news.xml; the newest `shown` of `items` (number, title, aware time). Scripted word: `shuffled`."""

    prefix = "/feeds"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.shown = 20
        self.items = [(n, f"第{n}条：社区卫生服务中心延长夜间门诊", now() - timedelta(hours=n)) for n in range(20)]

    def answer(self, request: Request) -> Answer:
        rows = self.items[: self.shown]
        if request.act == "shuffled":
            rows = [*reversed(rows), rows[0]]
        items = "".join(
            f"<item><title>{title}</title><guid>{n}</guid><link>https://news.example.cn/{n}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>" for n, title, at in rows
        )
        body = f'<rss version="2.0"><channel><title>云澜新闻</title>{items}</channel></rss>'.encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        same = request.headers.get("if-none-match") == tag
        return Answer(304 if same else 200, b"" if same else body, "application/rss+xml; charset=utf-8", {"ETag": tag})


class FeedCase(Case):
    collector, service, platform, path, passed, shuffled = "feed", Feeds, "feed", "news.xml", 0, "shuffled"
    tolerates = ("malformed",)

    @property
    def url(self) -> str:
        return f"{self.world.base}/news.xml"

    def truth(self) -> Truth:
        return Truth(mentions=frozenset(str(n) for n, *_ in self.world.items))
