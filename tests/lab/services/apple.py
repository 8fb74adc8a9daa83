"""Apple's iTunes host: lookup and the review feed of the store in China."""

import re
from datetime import timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service


class Apple(Service):
    """The App Store; one APP, id 1234567890; no credential. `reviews`: (id, stars, title, text, aware time)."""

    prefix = "/apple"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.app, self.name, self.rating = "1234567890", "云澜随申办", 4.6
        self.reviews = [(n, 1 + n % 5, f"第{n}条", "打不开，闪退", now() - timedelta(hours=n)) for n in range(70)]

    def answer(self, request: Request) -> Answer:
        if request.path == "/lookup":
            found = request.query.get("id") == self.app and request.query.get("country") == "cn"
            row = {"trackName": self.name, "averageUserRating": self.rating, "userRatingCount": 1200}
            return Answer.of({"resultCount": int(found), "results": [row] if found else []})
        page = re.fullmatch(r"/cn/rss/customerreviews/page=(\d+)/id=(\d+)/sortby=mostrecent/json", request.path)
        if not page or page[2] != self.app:
            return Answer(404, b"Not Found", "text/plain")
        part = self.reviews[(int(page[1]) - 1) * 50 : int(page[1]) * 50]
        feed: dict[str, Any] = {"author": {"name": {"label": "iTunes Store"}}}
        entries = [{
            "id": {"label": str(number)}, "im:rating": {"label": str(stars)}, "im:version": {"label": "1.0"},
            "title": {"label": title}, "content": {"label": text}, "author": {"name": {"label": "某人"}},
            "updated": {"label": (at - timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%S-07:00")},
        } for number, stars, title, text, at in part]
        if entries:
            feed["entry"] = entries[0] if len(entries) == 1 else entries
        return Answer.of({"feed": feed})


class AppleCase(Case):
    collector, service, platform, account = "apple", Apple, "app", "1234567890"
    path = "customerreviews"

    def truth(self) -> Truth:
        return Truth(
            mentions=frozenset(f"{self.account}#{number}" for number, *_ in self.world.reviews),
            apps={clock.day_of(self.at): {"rating": 4.6}},
        )

    def grow(self) -> None:
        self.world.reviews.insert(0, (1000 + len(self.world.reviews), 5, "好用", "办事方便", self.at))
