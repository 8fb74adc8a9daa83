"""Weibo's open platform, standard (api.weibo.com) and commercial (c.api.weibo.com), under one prefix."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

REFUSALS = {
    "hour": ("10022", "IP requests out of rate limit!"), "quota": (10023, "User requests out of rate limit!"),
    "expired": (21327, "expired_token"), "unauthorised": (10014, "Insufficient app permissions!"),
    "busy": (10009, "Too many pending tasks, system is busy!"), "ip": (10004, "IP limit!"),
}


@dataclass
class Status:
    """A post of the laboratory's Weibo."""

    id: int
    uid: str
    at: datetime
    text: str
    counts: tuple[Any, Any, Any] = (1, 2, 3)
    repost: bool = False
    pinned: bool = False

    def json(self) -> dict:
        local = clock.local(self.at)
        day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local.weekday()]
        month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[local.month - 1]
        reposts, comments, likes = self.counts
        out = {
            "created_at": f"{day} {month} {local:%d %H:%M:%S +0800 %Y}", "id": self.id, "idstr": str(self.id),
            "mid": str(self.id), "text": self.text, "source": '<a href="http://weibo.com">微博</a>',
            "reposts_count": reposts, "comments_count": comments, "attitudes_count": likes,
            "user": {"id": int(self.uid), "idstr": self.uid},
        }
        out |= {"isTop": 1} if self.pinned else {}
        return out | ({"retweeted_status": {"id": 1}} if self.repost else {})


@dataclass
class User:
    uid: str
    name: str
    followers: Any = 1000
    statuses: list[Status] = field(default_factory=list)


class Weibo(Service):
    """Weibo, standard and commercial; accepts access token `lab-token`; its authorised user is 1642909335.

    `users`: uid → User. Scripted words: `hour`, `quota`, `expired`, `unauthorised`, `busy`, `ip`, `shuffled` (a page
    out of order and with one post twice).
    """

    prefix = "/weibo"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.token, self.own = "lab-token", "1642909335"
        self.users = {self.own: User(self.own, "云澜发布", 345_678)}
        for n in range(130):
            self.post(self.own, 5_000_000_000 - n, now() - timedelta(hours=3 * n), f"第{n}条：区里召开推进会")

    def post(self, uid: str, number: int, at: datetime, text: str, **more: Any) -> Status:
        user = self.users.setdefault(uid, User(uid, f"用户{uid}"))
        user.statuses.append(Status(number, uid, at, text, **more))
        user.statuses.sort(key=lambda s: -s.id)
        return user.statuses[-1]

    def pin(self, status: Status) -> None:
        """Put a post at the top of its account's list."""
        status.pinned = True

    def remove(self, uid: str, number: int) -> None:
        self.users[uid].statuses = [s for s in self.users[uid].statuses if s.id != number]

    def refuse(self, request: Request, code: Any, words: str) -> Answer:
        return Answer.of({"request": request.path, "error_code": code, "error": words}, 403)

    def answer(self, request: Request) -> Answer:
        query = request.query
        if request.act in REFUSALS:
            return self.refuse(request, *REFUSALS[request.act])
        if query.get("access_token") != self.token:
            return self.refuse(request, 21332, "invalid_access_token")
        match request.path:
            case "/2/users/show.json":
                return self._show(request, query.get("uid", ""))
            case "/2/users/show_batch/other.json":
                uids = query["uids"].split(",")
                if len(uids) > 50:
                    return self.refuse(request, 10008, "Param error, see doc for more info.")
                return Answer.of({"users": [self._user(self.users[u]) for u in uids if u in self.users]})
            case "/2/statuses/user_timeline.json":
                top = int(query.get("max_id", 0)) or 1 << 62
                found = [s for s in self.users[self.own].statuses if s.id <= top and not s.pinned]
                found = [s for s in self.users[self.own].statuses if s.pinned and not int(query["max_id"])] + found
                return self._page(request, found[: min(int(query.get("count", 20)), 100)], len(found))
            case "/2/statuses/user_timeline/other.json":
                if query["uid"] not in self.users:
                    return self.refuse(request, 20003, "User does not exists!")
                first, last = int(query["start_time"]), int(query["end_time"])
                found = [s for s in self.users[query["uid"]].statuses if first <= s.at.timestamp() <= last]
                size, page = min(int(query["count"]), 20), int(query["page"])
                return self._page(request, found[(page - 1) * size : page * size], len(found))
            case "/2/statuses/show_batch/biz.json":
                every = {str(s.id): s for user in self.users.values() for s in user.statuses}
                return self._page(request, [every[i] for i in query["ids"].split(",") if i in every], 0)
            case "/2/search/statuses/limited.json":
                if not 10 <= int(query.get("count", 10)) <= 50:
                    return self.refuse(request, 10008, "Param error, see doc for more info.")
                found = [s for user in self.users.values() for s in user.statuses if query["q"] in s.text]
                found.sort(key=lambda s: s.at, reverse=True)
                return Answer.of({"statuses": [
                    s.json() | {"user": self._user(self.users[s.uid])} for s in found[: int(query.get("count", 10))]
                ], "total_number": len(found)})
        return self.refuse(request, 10020, "Request api not found!")

    def _show(self, request: Request, uid: str) -> Answer:
        if uid not in self.users:
            return self.refuse(request, 20003, "User does not exists!")
        return Answer.of(self._user(self.users[uid]))

    def _user(self, user: User) -> dict:
        return {"id": int(user.uid), "idstr": user.uid, "screen_name": user.name, "followers_count": user.followers}

    def _page(self, request: Request, statuses: list[Status], total: int) -> Answer:
        rows = [s.json() for s in statuses]
        if request.act == "shuffled" and rows:
            rows = [*reversed(rows), rows[0]]
        return Answer.of({"statuses": rows, "total_number": total, "next_cursor": 0})


class WeiboCase(Case):
    collector, service, platform, account = "weibo", Weibo, "weibo", "1642909335"
    secrets = {"access_token": "lab-token"}
    path, expired, mended, quota, shuffled = "user_timeline", "expired", False, "quota", "shuffled"

    def truth(self) -> Truth:
        reach = self.at - timedelta(days=32)
        return Truth(posts={
            str(s.id): dict(zip(("reposts", "comments", "likes"), s.counts, strict=True))
            for s in self.world.users[self.account].statuses if s.at >= reach
        }, followers={clock.day_of(self.born): 345_678})

    def renew(self) -> dict[str, str]:
        self.world.token = "new-token"
        return {"access_token": "new-token"}

    def grow(self) -> None:
        number = self.world.users[self.account].statuses[0].id + 1
        self.world.post(self.account, number, self.at, f"新发第{number}条")

    def vanish(self) -> str:
        self.world.remove(self.account, 5_000_000_000 - 5)
        return str(5_000_000_000 - 5)

    def fall(self) -> tuple[str, str, int]:
        status = next(s for s in self.world.users[self.account].statuses if s.id == 5_000_000_000 - 3)
        status.counts = (1, 2, 1)
        return str(status.id), "likes", 1


class WeiboCommercialCase(WeiboCase):
    collector, bound = "weibo_commercial", False
    quota, quota_until = "hour", timedelta(hours=1)

    def truth(self) -> Truth:
        """The window reaches eight days back; nothing older is found anew."""
        whole = super().truth()
        recent = {str(s.id) for s in self.world.users[self.account].statuses if s.at >= self.born - timedelta(days=8)}
        return Truth(posts={post: counts for post, counts in whole.posts.items() if post in recent})
