"""A government site without feeds: list pages, articles with the guideline's meta tags, a JSON list, a sitemap."""

import gzip
from datetime import timedelta
from html import escape
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

HTML = "text/html"
EACH = 10


class Pages(Service):
    """Lists at /zwgk/index.html, index_1.html …; articles at /zwgk/t<day>_<n>.html; /list.json; /sitemap.xml (index).

    `items`: (number, title, aware time), newest first; `gone`: numbers whose article is deleted. `charset` is what it
    writes in. Scripted word: `shuffled` (entries reversed, one twice).
    """

    prefix = "/pages"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.charset = "utf-8"
        self.gone: set[int] = set()
        self.items = [
            (100 - n, f"第{100 - n}号：关于社区卫生服务的通知", now() - timedelta(hours=2 * n)) for n in range(25)
        ]

    def path(self, number: int) -> str:
        at = next(at for n, _, at in self.items if n == number)
        return f"/zwgk/t{clock.local(at):%Y%m%d}_{number}.html"

    def identity(self, number: int) -> str:
        """The id that an article is to have."""
        return self.base.partition("://")[2] + self.path(number)

    def page(self, body: str, head: str = "") -> Answer:
        html = (
            f'<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset={self.charset}">'
            f"{head}</head><body><div class='nav'><ul><li><a href='/'>首页</a></li></ul></div>{body}</body></html>"
        )
        return Answer(200, html.encode("gb18030" if self.charset == "gb2312" else self.charset), HTML)

    def answer(self, request: Request) -> Answer:
        name = request.path.rpartition("/")[2]
        rows = [*self.items]
        if name in ("index.html", "") or name.startswith("index_"):
            number = int(name.removeprefix("index_").removesuffix(".html")) if name.startswith("index_") else 0
            return self._list(request, rows[number * EACH : (number + 1) * EACH], number, len(rows))
        if name == "list.json":
            start = (int(request.query.get("page", 1)) - 1) * EACH
            return Answer.of({"data": {"list": [
                {"id": n, "title": title, "day": f"{clock.local(at):%Y-%m-%d %H:%M}"}
                for n, title, at in self._shuffled(request, rows[start : start + EACH])
            ]}})
        if name == "sitemap.xml":
            return self._index()
        if name.startswith("sitemap-"):
            part = int(name.removeprefix("sitemap-").partition(".")[0])
            return self._map(request, rows[part * EACH : (part + 1) * EACH])
        return self._article(request)

    def _shuffled(self, request: Request, rows: list) -> list:
        return [*reversed(rows), rows[0]] if request.act == "shuffled" and rows else rows

    def _list(self, request: Request, rows: list, number: int, total: int) -> Answer:
        if not rows:
            return Answer(404, b"<html><title>404</title></html>", HTML)
        items = "".join(
            f'<li><a href=".{self.path(n).removeprefix("/zwgk")}?spm=a.{number}" title="{escape(title)}">'
            f"{escape(title[:12])}…</a><span>{clock.local(at):%Y-%m-%d}</span></li>"
            for n, title, at in self._shuffled(request, rows)
        )
        following = f'<a class="next" href="index_{number + 1}.html">下一页</a>' if (number + 1) * EACH < total else ""
        return self.page(f'<ul class="list">{items}</ul><div class="pages">{following}</div>',
                         "<title>政务公开_云澜区人民政府</title>")

    def _article(self, request: Request) -> Answer:
        there = (item for item in self.items if request.path == self.path(item[0]) and item[0] not in self.gone)
        found = next(there, None)
        if found is None:
            return Answer(404, "<html><title>页面不存在</title></html>".encode(), HTML)
        number, title, at = found
        head = (
            f'<title>{title}_云澜区</title><meta name="ArticleTitle" content="{title}（全文）">'
            f'<meta name="PubDate" content="{clock.local(at):%Y-%m-%d %H:%M}">'
            '<meta name="ContentSource" content="云澜区卫健委"><meta name="Keywords" content="社区;卫生">'
            '<meta name="ColumnName" content="通知公告">'
        )
        body = f'<div id="zoom"><p>各街镇：</p><script>x()</script><p>现将第{number}号通知如下。</p></div>'
        return self.page(body, head)

    def _index(self) -> Answer:
        parts = "".join(
            f"<sitemap><loc>{self.base}/sitemap-{part}.xml.gz</loc>"
            f"<lastmod>{self.items[part * EACH][2].isoformat()}</lastmod></sitemap>"
            for part in range((len(self.items) + EACH - 1) // EACH)
        )
        xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        return Answer(200, f'<?xml version="1.0"?><sitemapindex {xmlns}>{parts}</sitemapindex>'.encode(), "text/xml")

    def _map(self, request: Request, rows: list) -> Answer:
        urls = "".join(
            f"<url><loc>{self.base}{self.path(n)}</loc><lastmod>{at.isoformat()}</lastmod>"
            + (f"<news:news><news:title>{escape(title)}</news:title><news:publication_date>{at.isoformat()}"
               "</news:publication_date></news:news>" if n % 2 else "")
            + "</url>"
            for n, title, at in self._shuffled(request, rows)
        )
        xmlns = ('xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
                 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"')
        body = f'<?xml version="1.0" encoding="UTF-8"?><urlset {xmlns}>{urls}</urlset>'.encode()
        return Answer(200, gzip.compress(body) if request.path.endswith(".gz") else body, "application/x-gzip")


class PageCase(Case):
    collector, service, platform, path, passed, shuffled = "page", Pages, "news", "/zwgk/", 4, "shuffled"
    config = {"list": "ul.list > li", "next": "a.next", "pages": "50", "article": "#zoom"}

    def stick(self) -> str:
        self.world.jams = {"_98.html": "500"}
        return self.world.identity(98)

    def grow(self) -> None:
        number = self.world.items[0][0] + 1
        self.world.items.insert(0, (number, f"第{number}号：新发通知", self.at))

    @property
    def url(self) -> str:
        return f"{self.world.base}/zwgk/index.html"

    def truth(self) -> Truth:
        return Truth(mentions=frozenset(self.world.identity(n) for n, *_ in self.world.items))


class SitemapCase(PageCase):
    collector, service, platform, path, passed, shuffled = "sitemap", Pages, "news", "/", 5, "shuffled"
    config = {"days": "7", "include": r"/zwgk/", "article": "#zoom"}

    @property
    def url(self) -> str:
        return f"{self.world.base}/sitemap.xml"
