"""Bilibili: the open platform (signed calls of one account) and the public pages' interfaces (wbi), at one prefix."""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

REFUSALS = {
    "expired": (127001, "access_token验证错误"), "quota": (127009, "api请求次数达到上限"),
    "risk": (-352, "风控校验失败"), "stopped": (-412, "request was banned"), "often": (-799, "请求过于频繁"),
    "busy": (127201, "系统繁忙,请稍后再试"), "scope": (127007, "应用无该接口权限"),
    "unauthorised": (127011, "该接口用户未授权"), "slow": (-509, "请求过于频繁"), "login": (-101, "账号未登录"),
    "odd": (69999, "稿件状态异常"),
}
IMG, SUB = "7cd084941338484aae1ad9425b84077c", "4932caff0ff746eab6f01bf08b70ac45"
SECOND_IMG = "653657f524a547ac981ded72ea172057"
ORDER = (46, 47, 18, 2, 53, 8, 23, 32, 15, 50, 10, 31, 58, 3, 45, 35, 27, 43, 5, 49, 33, 9, 42, 19, 29, 28, 14, 39, 12,
         38, 41, 13)
SKEW = 600
"""Seconds by which a signature's moment may be off."""


@dataclass
class Archive:
    """A video of the laboratory's Bilibili; `counts`: plays, likes, comments, favourites, shares."""

    id: str
    at: datetime
    title: str
    counts: tuple[Any, Any, Any, Any, Any] = (1200, 80, 7, 11, 5)
    state: int = 0
    mid: str = ""
    """The account that published it where it isn't the one on whose list it stands."""

    def stat(self) -> dict:
        plays, likes, comments, favourites, shares = self.counts
        return {"view": plays, "danmaku": 3, "reply": comments, "favorite": favourites, "coin": 6, "share": shares,
                "like": likes}


class Bilibili(Service):
    """Bilibili; client `bl-lab-client` with secret `lab-bili-secret`, code `lab-scan-code`; its account is UID 12345.

    `archives`: UID → videos; `followers`; `spoiled`: what is wrong with each page of a list, one "row" of it, that it
    is too "short", or that it is "uncounted" how many there are. `allowance`: calls of one path and day (None: any
    number). Scripted words: those of REFUSALS, `shuffled`.
    """

    prefix = "/bilibili"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.client, self.secret, self.codes = "bl-lab-client", "lab-bili-secret", {"lab-scan-code"}
        self.own, self.followers = "12345", 34_567
        self.access, self.access_until, self.refresh, self.made = "", now(), "rt-lab-first", 0
        self.img, self.spoiled = IMG, ""
        self.nonces: set[str] = set()
        self.allowance: int | None = None
        self.used: Counter[tuple[str, date]] = Counter()
        self.archives = {self.own: [
            Archive(f"BV1lab{n:05}", now() - timedelta(hours=10 * n + 1), f"第{n}期：区长访谈") for n in range(70)
        ]}

    def remove(self, post: str, mid: str = "") -> None:
        mid = mid or self.own
        self.archives[mid] = [a for a in self.archives[mid] if a.id != post]

    def find(self, post: str) -> Archive | None:
        return next((a for every in self.archives.values() for a in every if a.id == post), None)

    def answer(self, request: Request) -> Answer:
        if request.act == "expired":
            self.access_until = self.now()
        if request.act == "stopped":
            return refuse(*REFUSALS["stopped"], status=412)
        if request.act in REFUSALS:
            return refuse(*REFUSALS[request.act])
        kind = (request.path, clock.day_of(self.now()))
        self.used[kind] += 1
        if self.allowance is not None and self.used[kind] > self.allowance:
            return refuse(*REFUSALS["quota"])
        if request.path.startswith("/x/account-oauth2/v1/"):
            return self._oauth(request)
        if request.path.startswith("/arcopen/fn/"):
            return self._open(request, request.path.removeprefix("/arcopen/fn/"))
        return self._public(request, request.path.removeprefix("/x/"))

    def page(self, request: Request, rows: list[dict]) -> list[dict]:
        """A page as it is sent: shuffled or spoiled."""
        if self.spoiled == "row" and rows:
            rows[0] |= {"ptime": "?", "created": "?"}
        rows = rows[1:] if self.spoiled == "short" else rows
        return [*reversed(rows), *rows[:1]] if request.act == "shuffled" else rows

    def total(self, name: str, every: list[Archive]) -> dict[str, int]:
        return {} if self.spoiled == "uncounted" else {name: len(every)}

    # The open platform

    def _oauth(self, request: Request) -> Answer:
        form = request.form()
        if form.get("client_id") != self.client:
            return refuse(122000, "client_id错误")
        if form.get("client_secret") != self.secret:
            return refuse(122001, "client_secret 错误")
        if request.path.endswith("/token"):
            if form.get("code") not in self.codes or form.get("grant_type") != "authorization_code":
                return refuse(122002, "code未找到")
            self.codes.discard(form["code"])
        elif form.get("refresh_token") != self.refresh:
            return refuse(122007, "refreshToken不合法")
        self.made += 1
        self.access, self.refresh = f"at-lab-{self.made}", f"rt-lab-{self.made}"
        self.access_until = self.now() + timedelta(days=30)
        return ok({"access_token": self.access, "refresh_token": self.refresh, "scopes": ["USER_DATA", "ARC_DATA"],
                   "expires_in": int(self.access_until.timestamp())})

    def _signed(self, request: Request) -> bool:
        """Whether the six headers are there, fresh, never seen before, and signed."""
        names = ("accesskeyid", "content-md5", "signature-method", "signature-nonce", "signature-version", "timestamp")
        given = {f"x-bili-{name}": request.headers.get(f"x-bili-{name}", "") for name in names}
        text = "\n".join(f"{name}:{value}" for name, value in sorted(given.items()))
        right = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        nonce = given["x-bili-signature-nonce"]
        fine = (
            request.headers.get("authorization") == right and given["x-bili-signature-version"] == "2.0"
            and given["x-bili-signature-method"] == "HMAC-SHA256" and nonce and nonce not in self.nonces
            and given["x-bili-content-md5"] == hashlib.md5(request.body, usedforsecurity=False).hexdigest()
            and abs(int(given["x-bili-timestamp"] or 0) - self.now().timestamp()) <= SKEW
        )
        self.nonces.add(nonce)
        return bool(fine)

    def _open(self, request: Request, call: str) -> Answer:
        if request.headers.get("x-bili-accesskeyid") != self.client:
            return refuse(127004, "client_id验证错误")
        if not self._signed(request):
            return refuse(127012, "鉴权错误")
        if request.headers.get("access-token") != self.access or self.now() >= self.access_until:
            return refuse(*REFUSALS["expired"])
        mine = self.archives[self.own]
        match call:
            case "data/user/stat":
                return ok({"following": 12, "follower": self.followers, "arc_passed_total": len(mine)})
            case "data/arc/inc-stats":
                return ok(self.growth())
            case "data/arc/stat":
                found = next((a for a in mine if a.id == request.query.get("resource_id")), None)
                if found is None:
                    return refuse(127124, "不存在该稿件")
                return ok({"title": found.title, "ptime": int(found.at.timestamp()), **found.stat()})
            case "archive/viewlist":
                pn, ps = int(request.query["pn"]), int(request.query["ps"])
                if ps > 50:
                    return refuse(127100, "请求参数错误")
                rows = [{
                    "resource_id": a.id, "title": a.title, "desc": "简介", "copyright": 1, "tid": 124,
                    "ctime": int(a.at.timestamp()) - 60, "ptime": int(a.at.timestamp()),
                    "addit_info": {"state": a.state, "state_desc": "开放浏览", "reject_reason": ""},
                } for a in newest(mine)[(pn - 1) * ps : pn * ps]]
                return ok({"list": self.page(request, rows), "page": {"pn": pn, "ps": ps, **self.total("total", mine)}})
        return refuse(127100, "请求参数错误")

    def growth(self) -> dict:
        """The last thirty days' growth; yesterday's from noon on."""
        last = clock.day_of(self.now() - timedelta(hours=12)) - timedelta(1)
        days = clock.days(last - timedelta(29), last)

        def rows(value: int) -> list[dict]:
            return [{"date_key": int(clock.instant(day, 8).timestamp()), "total_inc": value} for day in days]

        return {"inc_click": rows(500), "inc_dm": [], "icn_reply": rows(4), "inc_fav": rows(6), "inc_like": rows(30),
                "inc_coin": rows(2), "inc_share": rows(3), "inc_elec": []}

    # The public pages

    def _public(self, request: Request, call: str) -> Answer:
        query = request.query
        match call:
            case "web-interface/nav":
                image = {"img_url": f"https://i0.hdslb.com/bfs/wbi/{self.img}.png",
                         "sub_url": f"https://i0.hdslb.com/bfs/wbi/{SUB}.png"}
                return ok({"isLogin": False, "wbi_img": image}, code=-101, message="账号未登录")
            case "relation/stat":
                if query.get("vmid") not in self.archives:
                    return refuse(-404, "啥都木有")
                return ok({"mid": int(query["vmid"]), "following": 12, "follower": self.followers})
            case "web-interface/view":
                found = self.find(query.get("bvid", ""))
                if found is None:
                    return refuse(-404, "啥都木有")
                if found.state:
                    return refuse(62002, "稿件不可见")
                return ok({"bvid": found.id, "title": found.title, "pubdate": int(found.at.timestamp()), "desc": "简介",
                           "copyright": 1, "stat": found.stat()})
            case "space/wbi/arc/search":
                return self._search(request) if self._wbi(query) else refuse(-403, "访问权限不足")
        return refuse(-404, "啥都木有")

    def _wbi(self, query: Any) -> bool:
        key = "".join((self.img + SUB)[n] for n in ORDER)
        text = urlencode(sorted((n, v) for n, v in query.items() if n != "w_rid"), quote_via=quote)
        return query.get("w_rid") == hashlib.md5((text + key).encode(), usedforsecurity=False).hexdigest()

    def _search(self, request: Request) -> Answer:
        mid, pn, ps = request.query["mid"], int(request.query["pn"]), int(request.query["ps"])
        every = [a for a in newest(self.archives.get(mid, [])) if not a.state]
        rows = [{
            "bvid": a.id, "title": a.title, "description": "简介", "created": int(a.at.timestamp()),
            "play": a.counts[0], "comment": a.counts[2], "video_review": 3, "mid": int(a.mid or mid), "copyright": "1",
        } for a in every[(pn - 1) * ps : pn * ps]]
        page = {"pn": pn, "ps": ps, **self.total("count", every)}
        return ok({"list": {"tlist": {}, "vlist": self.page(request, rows)}, "page": page})


def newest(archives: list[Archive]) -> list[Archive]:
    return sorted(archives, key=lambda a: -a.at.timestamp())


def ok(data: dict, code: int = 0, message: str = "0") -> Answer:
    return Answer.of({"code": code, "message": message, "ttl": 1, "data": data})


def refuse(code: int, words: str, status: int = 200) -> Answer:
    data = {"v_voucher": "voucher_x"} if code == -352 else None
    return Answer.of({"code": code, "message": words, "ttl": 1} | ({"data": data} if data else {}), status)


NAMES = ("plays", "likes", "comments", "favourites", "reposts")


class BilibiliCase(Case):
    collector, service, platform, account = "bilibili", Bilibili, "bilibili", "12345"
    secrets = {"client_id": "bl-lab-client", "client_secret": "lab-bili-secret", "code": "lab-scan-code"}
    path, passed, expired, quota, shuffled = "arc/stat", 5, "expired", "quota", "shuffled"

    def __init__(self) -> None:
        super().__init__()
        del self.world.archives["12345"][12:]

    def truth(self) -> Truth:
        last = clock.day_of(self.born) - timedelta(2)
        return Truth(
            posts={a.id: dict(zip(NAMES, a.counts, strict=True)) for a in self.world.archives["12345"]},
            followers={clock.day_of(self.born): 34_567},
            daily={day: {"plays": 500, "comments": 4, "favourites": 6, "likes": 30, "reposts": 3}
                   for day in clock.days(last - timedelta(20), last)},
        )

    def vanish(self) -> str:
        gone = self.world.archives["12345"][5].id
        self.world.remove(gone)
        return gone

    def fall(self) -> tuple[str, str, int]:
        archive = self.world.archives["12345"][3]
        archive.counts = (1200, 70, 7, 11, 5)
        return archive.id, "likes", 70


class BilibiliPublicCase(Case):
    collector, service, platform, account = "bilibili_public", Bilibili, "bilibili", "12345"
    path, quota, quota_until, shuffled = "arc/search", "risk", timedelta(hours=4), "shuffled"
    vanish, fall = BilibiliCase.vanish, BilibiliCase.fall

    def truth(self) -> Truth:
        """Young videos have all their counters, the others those of the list."""
        every = self.world.archives["12345"]
        young = {a.id for a in every if a.at >= self.born - timedelta(days=2)}
        kept = {a.id: dict(zip(NAMES, a.counts, strict=True)) for a in every}
        some = ("plays", "comments")
        return Truth(
            posts={post: c if post in young else {n: c[n] for n in some} for post, c in kept.items()},
            followers={clock.day_of(self.born): 34_567},
        )
