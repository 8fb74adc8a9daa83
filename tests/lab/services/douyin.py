"""Douyin's open.douyin.com: tokens that live and die, days of an account, its videos, with their refusals."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

REFUSALS = {
    "expired": (28001008, "access_token过期,请刷新或重新授权"), "quota": (28003017, "quota已用完"),
    "old-quota": (2190001, "quota已用完"), "busy": (28001005, "系统繁忙，此时请开发者稍候再试"),
    "slow": (28003018, "请求频率过高"), "risk": (28001052, "获取平台能力存在异常风险,请稍后再试"),
    "denied": (28001018, "应用未获得该能力"), "retired": (28001056, "该能力API已下线,不再支持调用"),
    "private": (28001047, "用户为私密用户"), "params": (28001007, "参数不合法"),
    "banned": (28001016, "当前应用已被封禁或下线"), "odd": (28099999, "未知错误"),
}
ACCESS_LIFE, REFRESH_LIFE = timedelta(days=15), timedelta(days=30)
READY_HOUR = 10


@dataclass
class Video:
    """A video of the laboratory's Douyin; `counts`: plays, likes, comments, shares."""

    id: str
    at: datetime
    title: str
    counts: tuple[Any, Any, Any, Any] = (1000, 20, 3, 4)
    status: int = 5
    top: bool = False

    def json(self) -> dict:
        plays, likes, comments, shares = self.counts
        return {
            "item_id": self.id, "title": self.title, "create_time": int(self.at.timestamp()), "is_top": self.top,
            "is_reviewed": self.status != 4, "media_type": 4, "video_status": self.status, "cover": "",
            "share_url": f"https://www.iesdouyin.com/share/video/{self.at.timestamp():.0f}/",
            "statistics": {"play_count": plays, "digg_count": likes, "comment_count": comments, "share_count": shares,
                           "download_count": 0, "forward_count": 0},
        }


class Douyin(Service):
    """Douyin; client key `aw-lab-key`, secret `lab-client-secret`, scan code `lab-scan-code`, open_id `lab-open-id`.

    `videos`: what the account published; `held`: yesterday's figures aren't ready; `allowance`: calls of one path and
    day (None: any number). Scripted words: those of REFUSALS, `aside` (the code stands in `extra` alone), `shuffled`,
    `stuck` (a page that names itself as the next).
    """

    prefix = "/douyin"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.secret, self.open_id = "aw-lab-key", "lab-client-secret", "lab-open-id"
        self.codes = {"lab-scan-code"}
        self.access, self.access_until = "", now()
        self.refresh, self.refresh_until, self.renewals = "rft.lab-first", now() + REFRESH_LIFE, 0
        self.made = 0
        self.held = False
        self.allowance: int | None = None
        self.used: Counter[tuple[str, date]] = Counter()
        self.videos = [
            Video(f"@9Vx{n:03}=+lab/{n}", now() - timedelta(hours=8 * n + 1), f"第{n}条：区里召开推进会 #城市更新")
            for n in range(90)
        ]
        self.videos[70].top = True

    def remove(self, item_id: str) -> None:
        self.videos = [v for v in self.videos if v.id != item_id]

    def day(self, day: date) -> tuple[int, int, int]:
        """Followers, new ones and videos published of one day."""
        n = (day - date(2026, 1, 1)).days
        return 20_000 + 7 * n, 7, sum(clock.day_of(v.at) == day for v in self.videos)

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/oauth/"):
            return self._oauth(request)
        if refusal := self._refusal(request):
            return refuse(*refusal, aside=request.act == "aside")
        if request.path.startswith("/data/external/user/"):
            return self._days(request.path.strip("/").split("/")[-1], int(request.query["date_type"]))
        if request.path == "/data/external/item/base/":
            return self._base(request.query["item_id"])
        if request.path == "/api/douyin/v1/video/video_list/":
            return self._list(request)
        return refuse(28001017, "未知URI")

    def _refusal(self, request: Request) -> tuple[int, str] | None:
        if request.act == "expired":
            self.access_until = self.now()
        if request.act in REFUSALS:
            return REFUSALS[request.act]
        if request.act == "aside":
            return REFUSALS["busy"]
        if not self.access or request.headers.get("access-token") != self.access:
            return 28001003, "access_token无效"
        if self.now() >= self.access_until:
            return REFUSALS["expired"]
        if request.query.get("open_id") != self.open_id:
            return 28001015, "请求参数access_token和openId不匹配"
        kind = (request.path, clock.day_of(self.now()))
        self.used[kind] += 1
        return REFUSALS["quota"] if self.allowance is not None and self.used[kind] > self.allowance else None

    # Tokens

    def _oauth(self, request: Request) -> Answer:
        form = request.form()
        if request.act in REFUSALS:
            return refuse(*REFUSALS[request.act])
        if form.get("client_key") != self.key:
            return refuse(10003, "client_key错误")
        if request.path == "/oauth/access_token/":
            if form.get("client_secret") != self.secret:
                return refuse(10013, "client_key或者client_secret报错")
            if form.get("code") not in self.codes or form.get("grant_type") != "authorization_code":
                return refuse(10007, "授权码过期")
            self.codes.discard(form["code"])
            self.refresh, self.refresh_until, self.renewals = self._mint("rft"), self.now() + REFRESH_LIFE, 0
            return self._tokens()
        if form.get("refresh_token") != self.refresh or self.now() >= self.refresh_until:
            return refuse(10010, "refresh_token过期")
        if request.path == "/oauth/renew_refresh_token/":
            if self.renewals >= 5:
                return refuse(10020, "刷新次数超过限制")
            self.renewals += 1
            self.refresh, self.refresh_until = self._mint("rft"), self.now() + REFRESH_LIFE
            life = int(REFRESH_LIFE.total_seconds())
            return ok({"refresh_token": self.refresh, "expires_in": life})
        return self._tokens()

    def _mint(self, kind: str) -> str:
        self.made += 1
        return f"{kind}.lab-{self.made}"

    def _tokens(self) -> Answer:
        self.access, self.access_until = self._mint("act"), self.now() + ACCESS_LIFE
        return ok({
            "access_token": self.access, "expires_in": str(int(ACCESS_LIFE.total_seconds())), "open_id": self.open_id,
            "refresh_token": self.refresh, "scope": "user_info,video.list.bind,data.external.user,data.external.item",
            "refresh_expires_in": int((self.refresh_until - self.now()).total_seconds()),
        })

    # Data

    def _days(self, call: str, span: int) -> Answer:
        if span not in (7, 15, 30) or call not in ("fans", "item", "like", "comment", "share", "profile"):
            return refuse(*REFUSALS["params"])
        local = clock.local(self.now())
        last = local.date() - timedelta(2 if self.held or local.hour < READY_HOUR else 1)
        rows = []
        for day in clock.days(last - timedelta(span - 1), last):
            followers, new, issued = self.day(day)
            rows.append({"date": day.isoformat()} | {
                "fans": {"total_fans": str(followers), "new_fans": new},
                "item": {"new_issue": issued, "new_play": "1500", "total_issue": 300}, "like": {"new_like": 60},
                "comment": {"new_comment": "9"}, "share": {"new_share": 5}, "profile": {"profile_uv": 40},
            }[call])
        return ok({"result_list": rows})

    def _base(self, item_id: str) -> Answer:
        video = next((v for v in self.videos if v.id == item_id), None)
        if video is None or video.at < self.now() - timedelta(days=30):
            return ok({"result": None})
        plays, likes, comments, shares = video.counts
        return ok({"result": {"total_like": likes, "total_comment": comments, "total_share": shares,
                              "total_play": plays, "avg_play_duration": 2.34}})

    def _list(self, request: Request) -> Answer:
        first, count = int(request.query["cursor"]), min(int(request.query["count"]), 20)
        every = sorted(self.videos, key=lambda v: (not v.top, -v.at.timestamp()))
        rows = [v.json() for v in every[first : first + count]]
        if request.act == "shuffled" and rows:
            rows = [*reversed(rows), rows[0]]
        following = first if request.act == "stuck" else first + count
        return ok({"list": rows, "cursor": following, "has_more": first + count < len(every)})


def ok(data: dict) -> Answer:
    return Answer.of({
        "data": {"error_code": 0, "description": "", **data},
        "extra": {"error_code": 0, "description": "", "sub_error_code": 0, "sub_description": "", "logid": "x"},
    })


def refuse(code: int, words: str, aside: bool = False) -> Answer:
    data = {} if aside else {"error_code": code, "description": words}
    return Answer.of({"data": data, "extra": {"error_code": code, "description": words, "logid": "x"}})


class DouyinCase(Case):
    collector, service, platform, account = "douyin", Douyin, "douyin", "lab-open-id"
    secrets = {"client_key": "aw-lab-key", "client_secret": "lab-client-secret", "code": "lab-scan-code"}
    path, expired, quota, shuffled = "video_list", "expired", "quota", "shuffled"

    def truth(self) -> Truth:
        names = ("plays", "likes", "comments", "reposts")
        last = clock.day_of(self.at) - timedelta(1)
        return Truth(
            posts={v.id: dict(zip(names, v.counts, strict=True)) for v in self.world.videos},
            followers={day: self.world.day(day)[0] for day in clock.days(last - timedelta(6), last)},
            daily={day: {"posts": self.world.day(day)[2], "plays": 1500, "likes": 60, "comments": 9, "reposts": 5}
                   for day in clock.days(last - timedelta(6), last)},
        )

    def hold(self) -> None:
        self.world.held = True

    def release(self) -> None:
        self.world.held = False

    def vanish(self) -> str:
        gone = self.world.videos[5].id
        self.world.remove(gone)
        return gone

    def fall(self) -> tuple[str, str, int]:
        self.world.videos[3].counts = (1000, 15, 3, 4)
        return self.world.videos[3].id, "likes", 15
