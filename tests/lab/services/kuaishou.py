"""Kuaishou's open.kuaishou.com: tokens, an account's videos by cursor, single videos, with their refusals."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

REFUSALS = {
    "expired": (100200108, "access_token expired"), "slow": (100100403, "rate limited"),
    "slow-too": (200100410, "rate limited"), "cancelled": (100200109, "user canceled authorization"),
    "scope": (100200106, "invalid scope"), "params": (100400, "param error"), "busy": (100200500, "internal error"),
    "odd": (129999, "unknown"),
}


@dataclass
class Photo:
    """A video of the laboratory's Kuaishou; `counts`: plays, likes, comments."""

    id: str
    at: datetime
    caption: str
    counts: tuple[Any, Any, Any] = (3000, 40, 5)
    pending: bool = False

    def json(self) -> dict:
        plays, likes, comments = self.counts
        return {
            "photo_id": self.id, "caption": self.caption, "cover": "", "play_url": "", "like_count": likes,
            "create_time": int(self.at.timestamp() * 1000), "comment_count": comments, "view_count": plays,
            "pending": self.pending,
        }


class Kuaishou(Service):
    """Kuaishou; app `ks-lab-app` with secret `lab-app-secret`, scan code `lab-scan-code`; a refresh token works once.

    `photos`: what the account published; `hidden`: ids that a page leaves out after it was cut; `fans`. Scripted words:
    those of REFUSALS, `shuffled`.
    """

    prefix = "/kuaishou"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.app, self.secret, self.codes = "ks-lab-app", "lab-app-secret", {"lab-scan-code"}
        self.access, self.access_until, self.refresh = "", now(), "rt-lab-first"
        self.refresh_life = timedelta(days=180)
        self.made, self.fans = 0, 12_345
        self.hidden: set[str] = set()
        self.photos = [
            Photo(f"3x{n:04}lab", now() - timedelta(hours=10 * n + 1), f"第{n}条：街道里的新鲜事") for n in range(70)
        ]

    def remove(self, photo_id: str) -> None:
        self.photos = [p for p in self.photos if p.id != photo_id]

    def answer(self, request: Request) -> Answer:
        query = request.query
        if request.act == "expired":
            self.access_until = self.now()
        if request.act in REFUSALS:
            return refuse(*REFUSALS[request.act])
        if query.get("app_id") != self.app:
            return refuse(100200101, "invalid client")
        if request.path.startswith("/oauth2/"):
            return self._oauth(request)
        if not self.access or query.get("access_token") != self.access:
            return refuse(100200102, "invalid token")
        if self.now() >= self.access_until:
            return refuse(*REFUSALS["expired"])
        match request.path:
            case "/openapi/user_info":
                return ok({"user_info": {"name": "云澜发布", "sex": "", "head": "", "fan": self.fans, "follow": 3}})
            case "/openapi/photo/list":
                return self._list(request)
            case "/openapi/photo/info":
                photo = next((p for p in self.photos if p.id == query.get("photo_id")), None)
                return ok({"video_info": photo.json()}) if photo else refuse(120001, "photo not exist")
            case "/openapi/photo/count":
                return ok({"public_count": len(self.photos), "friend_count": 0, "private_count": 0})
        return refuse(*REFUSALS["params"])

    def _oauth(self, request: Request) -> Answer:
        query = request.query
        if query.get("app_secret") != self.secret:
            return refuse(100200101, "invalid client")
        if request.path == "/oauth2/access_token":
            if query.get("code") not in self.codes or query.get("grant_type") != "authorization_code":
                return refuse(100200105, "invalid code")
            self.codes.discard(query["code"])
        elif query.get("refresh_token") != self.refresh:
            return refuse(100200113, "refresh_token expired")
        self.made += 1
        self.access, self.refresh = f"at-lab-{self.made}", f"rt-lab-{self.made}"
        self.access_until = self.now() + timedelta(hours=48)
        return ok({
            "access_token": self.access, "expires_in": 172_800, "refresh_token": self.refresh, "open_id": "lab-open",
            "refresh_token_expires_in": int(self.refresh_life.total_seconds()), "scopes": ["user_video_info"],
        })

    def _list(self, request: Request) -> Answer:
        count, after = int(request.query.get("count", 20)), request.query.get("cursor", "")
        if count > 20:
            return refuse(*REFUSALS["params"])
        every = sorted(self.photos, key=lambda p: -p.at.timestamp())
        place = next((n + 1 for n, photo in enumerate(every) if photo.id == after), 0)
        rows = [photo.json() for photo in every[place : place + count] if photo.id not in self.hidden]
        if request.act == "shuffled" and rows:
            rows = [*reversed(rows), rows[0]]
        return ok({"video_list": rows})


def ok(answer: dict) -> Answer:
    return Answer.of({"result": 1, **answer})


def refuse(code: int, words: str) -> Answer:
    return Answer.of({"result": code, "error_msg": words})


class KuaishouCase(Case):
    collector, service, platform, account = "kuaishou", Kuaishou, "kuaishou", "lab-kuaishou"
    secrets = {"app_id": "ks-lab-app", "app_secret": "lab-app-secret", "code": "lab-scan-code"}
    path, expired, shuffled = "photo/list", "expired", "shuffled"

    def truth(self) -> Truth:
        names = ("plays", "likes", "comments")
        return Truth(
            posts={p.id: dict(zip(names, p.counts, strict=True)) for p in self.world.photos},
            followers={clock.day_of(self.born): 12_345},
        )

    def vanish(self) -> str:
        gone = self.world.photos[5].id
        self.world.remove(gone)
        return gone

    def fall(self) -> tuple[str, str, int]:
        self.world.photos[3].counts = (2900, 40, 5)
        return self.world.photos[3].id, "plays", 2900
