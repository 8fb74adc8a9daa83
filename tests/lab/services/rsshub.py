"""A self-hosted RSSHub with an access key."""

import hashlib
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

ERROR = """<!DOCTYPE html><html lang="zh"><head><title>Welcome to RSSHub!</title></head><body>
<h1 class="text-4xl font-bold">Looks like something went wrong</h1><p class="message">Error Message:<br/>
<code class="mt-2 block details">{}</code></p></body></html>"""


class RssHub(Service):
    """RSSHub; access key `lab-key` (empty: open to all); route /thepaper/featured with `items` (number, title, time).

    Scripted words: `denied`, `route-empty`, `broken`, `shuffled`. `down`: /healthz fails as well.
    """

    prefix = "/rsshub"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.down = "lab-key", False
        self.items = [(n, f"澎湃第{n}条：区里推进旧改", now() - timedelta(hours=n)) for n in range(15)]

    def answer(self, request: Request) -> Answer:
        if request.path == "/healthz":
            return Answer(503 if self.down else 200, b"ok", "text/plain")
        code = hashlib.md5(f"{request.path}{self.key}".encode(), usedforsecurity=False).hexdigest()
        if request.act == "denied" or (self.key and request.query.get("code") != code):
            return self.error(403, "RejectError: Authentication failed. Access denied.")
        if request.act == "route-empty":
            return self.error(503, "Error: this route is empty, please check the original site")
        if request.act == "broken":
            return self.error(503, "FetchError: [GET] \"https://m.thepaper.cn/?token=abc\": 403 Forbidden")
        if request.path != "/thepaper/featured":
            return self.error(503, "NotFoundError: wrong path")
        rows = [row for row in self.items if request.query.get("filter_title", "") in row[1]]
        if request.act == "shuffled":
            rows = [*reversed(rows), rows[0]]
        items = "".join(
            f"<item><title>{title}</title><guid>tp{n}</guid><link>https://www.thepaper.cn/newsDetail_{n}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate></item>" for n, title, at in rows
        )
        body = f'<rss version="2.0"><channel><title>澎湃新闻</title>{items}</channel></rss>'
        return Answer(200, body.encode(), "application/xml; charset=utf-8")

    def error(self, status: int, message: str) -> Answer:
        return Answer(status, ERROR.format(message).encode(), "text/html; charset=UTF-8")


class RssHubCase(Case):
    collector, service, platform, path, passed, shuffled = "rsshub", RssHub, "news", "/thepaper", 0, "shuffled"
    secrets = {"access_key": "lab-key"}
    config = {"route": "/thepaper/featured"}
    expired, mended, tolerates = "denied", False, ("malformed",)

    def truth(self) -> Truth:
        return Truth(mentions=frozenset(f"tp{n}" for n, *_ in self.world.items))
