"""WeChat's api.weixin.qq.com: stable_token, the datacube calls of 2025, comments, with their refusals."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

SPAN = {
    "getarticleread": 1, "getarticleshare": 1, "getbizsummary": 30, "getarticletotaldetail": 1, "getusersummary": 7,
    "getusercumulate": 7,
}


class WeChat(Service):
    """WeChat Official Account; accepts appid `wx1234567890abcdef` with secret `lab-secret`.

    `articles`: publishing day → {msgid: {"title", "days": {stat day: read_user}}}; `delayed`: days whose figures are
    incomplete; `followers`: day → (cumulate, new, lost). Scripted words: `expired` (token), `quota`, `ip`, `busy`,
    `minute`, `unauthorised`.
    """

    prefix = "/wechat"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.appid, self.secret = "wx1234567890abcdef", "lab-secret"
        self.tokens = 0
        self.valid = ""
        self.articles: dict[date, dict[str, dict]] = {}
        self.comments: dict[str, list[dict]] = {}
        self.delayed: set[date] = set()
        self.followers: dict[date, tuple[int, int, int]] = {}
        yesterday = clock.day_of(now()) - timedelta(1)
        for n in range(-7, 30):
            self.followers[yesterday - timedelta(n)] = (10_000 - 10 * n, 15, 5)
        self.publish(yesterday, "2247490098_1", "区里召开重点工作推进会", 4123)

    def publish(self, day: date, msgid: str, title: str, *reads: int) -> None:
        """An article of that day with its cumulative readers at the end of each day since."""
        days = {day + timedelta(n): read for n, read in enumerate(reads)}
        self.articles.setdefault(day, {})[msgid] = {"title": title, "days": days}

    def answer(self, request: Request) -> Answer:
        if request.path == "/cgi-bin/stable_token":
            return self._token(request)
        refusal = {
            "expired": (42001, "access_token expired rid: x"),
            "quota": (45009, "reach max api daily quota limit rid: x"), "busy": (-1, "system error"),
            "ip": (40164, "invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist rid: x"),
            "minute": (45011, "api minute-quota reach limit, must slower, retry next minute rid: x"),
            "unauthorised": (48001, "api unauthorized rid: x"),
        }.get(request.act)
        if request.act == "expired":
            self.valid = ""
        if refusal is None and (not self.valid or request.query.get("access_token") != self.valid):
            refusal = (40001, "invalid credential, access_token is invalid or not latest rid: x")
        if refusal:
            return Answer.of({"errcode": refusal[0], "errmsg": refusal[1]})
        if request.path == "/cgi-bin/comment/list":
            return self._comments(request)
        return self._datacube(request.path.rpartition("/")[2], request)

    def _token(self, request: Request) -> Answer:
        asked = request.json()
        if request.act == "ip":
            return Answer.of({"errcode": 40164, "errmsg": "invalid ip 203.0.113.9, not in whitelist rid: x"})
        if asked.get("grant_type") != "client_credential" or asked.get("appid") != self.appid:
            return Answer.of({"errcode": 40013, "errmsg": "invalid appid rid: x"})
        if asked.get("secret") != self.secret:
            return Answer.of({"errcode": 40125, "errmsg": "invalid appsecret rid: x"})
        if not self.valid:
            self.tokens += 1
            self.valid = f"token-{self.tokens}"
        return Answer.of({"access_token": self.valid, "expires_in": 7200})

    def _datacube(self, call: str, request: Request) -> Answer:
        if call not in SPAN:
            return Answer.of({"errcode": 47009, "errmsg": "this api is offline, please use the new api rid: x"})
        try:
            body = request.json()
            first, last = (date.fromisoformat(body[name]) for name in ("begin_date", "end_date"))
        except (KeyError, ValueError, json.JSONDecodeError):
            return Answer.of({"errcode": 61500, "errmsg": "date format error rid: x"})
        today = clock.local(self.now())
        if last >= today.date() or (last - first).days >= SPAN[call] or first > last:
            return Answer.of({"errcode": 61501, "errmsg": "date range error rid: x"})
        if last == today.date() - timedelta(1) and today.hour < 8:
            return Answer.of({"errcode": 61503, "errmsg": "data not ready rid: x"})
        rows = [row for day in clock.days(first, last) for row in getattr(self, f"_{call}")(day)]
        delayed = any(day in self.delayed for day in clock.days(first, last))
        if request.act == "reversed":
            rows = [*reversed(rows), *rows[:1]]
        return Answer.of({"list": [] if delayed and call == "getarticleread" else rows, "is_delay": delayed})

    def _figures(self, read: int) -> dict:
        return {
            "read_user": read, "read_user_source": [{"user_count": read, "scene_desc": "全部"}],
            "share_user": read // 10, "zaikan_user": read // 20, "like_user": read // 15, "comment_count": read // 100,
            "collection_user": read // 50,
        }

    def _getarticleread(self, day: date) -> list[dict]:
        return [
            {"ref_date": day.isoformat(), "msgid": msgid, "detail": self._figures(article["days"][day])}
            for found in self.articles.values() for msgid, article in found.items() if day in article["days"]
        ]

    def _getarticleshare(self, day: date) -> list[dict]:
        return [{**row, "detail": {"share_user": row["detail"]["share_user"]}} for row in self._getarticleread(day)]

    def _getbizsummary(self, day: date) -> list[dict]:
        read = sum(row["detail"]["read_user"] for row in self._getarticleread(day))
        sent = len(self.articles.get(day, {}))
        return [{"ref_date": day.isoformat(), "detail": {**self._figures(read), "send_page_count": sent}}]

    def _getarticletotaldetail(self, day: date) -> list[dict]:
        today = clock.day_of(self.now())
        return [
            {"ref_date": day.isoformat(), "msgid": msgid, "publish_type": 0, "title": article["title"],
             "content_url": f"http://mp.weixin.qq.com/s?__biz=LAB&mid={msgid}",
             "detail_list": [
                 {"stat_date": at.isoformat(), **self._figures(read)}
                 for at, read in article["days"].items() if at < today
             ]}
            for msgid, article in self.articles.get(day, {}).items()
        ]

    def _getusersummary(self, day: date) -> list[dict]:
        if day not in self.followers:
            return []
        _, new, lost = self.followers[day]
        return [
            {"ref_date": day.isoformat(), "user_source": 0, "new_user": new - new // 3, "cancel_user": lost},
            {"ref_date": day.isoformat(), "user_source": 1, "new_user": new // 3, "cancel_user": 0},
        ]

    def _getusercumulate(self, day: date) -> list[dict]:
        if day not in self.followers:
            return []
        return [{"ref_date": day.isoformat(), "user_source": 0, "cumulate_user": self.followers[day][0]}]

    def _comments(self, request: Request) -> Answer:
        asked = request.json()
        found = self.comments.get(f"{asked['msg_data_id']}_{asked['index'] + 1}")
        if found is None:
            return Answer.of({"errcode": 88001, "errmsg": "article not exist"})
        page = found[asked["begin"] : asked["begin"] + asked["count"]]
        return Answer.of({"errcode": 0, "errmsg": "ok", "total": len(found), "comment": page})


def comment(number: int, text: str, at: datetime) -> dict:
    """A reader's comment as the list gives it."""
    return {"user_comment_id": number, "create_time": int(at.timestamp()), "content": text, "comment_type": 0}


class WeChatCase(Case):
    collector, service, platform, account = "wechat", WeChat, "wechat", "gh_1"
    secrets = {"appid": "wx1234567890abcdef", "secret": "lab-secret"}
    path, passed, expired, quota, shuffled = "getarticletotaldetail", 3, "expired", "quota", "reversed"

    def __init__(self) -> None:
        super().__init__()
        self.day = clock.day_of(self.at) - timedelta(4)
        self.world.publish(self.day, "100_1", "头条", 1000, 1500, 1800, 1900)
        self.world.publish(self.day, "100_2", "次条", 300, 400, 450, 460)

    def truth(self) -> Truth:
        last = clock.day_of(self.at) - timedelta(1)
        posts = {
            msgid: {"readers": max((d, read) for d, read in article["days"].items() if d <= last)[1]}
            for found in self.world.articles.values() for msgid, article in found.items()
        }
        daily = {self.day: {"readers": 1300}} if last - self.day < timedelta(7) else None
        return Truth(posts=posts, followers={last: self.world.followers[last][0]}, daily=daily)

    def hold(self) -> None:
        self.world.delayed.add(clock.day_of(self.at) - timedelta(1))

    def release(self) -> None:
        self.world.delayed.clear()

    def fall(self) -> tuple[str, str, int]:
        self.world.articles[self.day]["100_1"]["days"][clock.day_of(self.at)] = 1700
        return "100_1", "readers", 1700
