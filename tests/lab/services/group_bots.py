"""Bots of groups (企业微信, 钉钉, 飞书) and an office's own webhook, with their signatures, limits and sizes."""

import base64
import hashlib
import hmac
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from core import clock
from tests.lab.services import Answer, Request, Service
from tests.lab.services.taking import Taking


class _Paced:
    """How many messages a minute are taken; `silence`: how long nothing is taken after too many."""

    def __init__(self, most: int, silence: timedelta = timedelta()):
        self.most, self.silence = most, silence
        self._times: deque[datetime] = deque()
        self._until: datetime | None = None

    def full(self, now: datetime) -> bool:
        while self._times and self._times[0] <= now - timedelta(minutes=1):
            self._times.popleft()
        if self._until and now < self._until:
            return True
        if len(self._times) >= self.most:
            self._until = now + self.silence
            return True
        self._times.append(now)
        return False


class WeComBot(Taking, Service):
    """企业微信群机器人 with the key `lab-key`; 20 texts of 2,048 bytes a minute."""

    prefix, kind = "/wecom", "wecom"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.paced = _Paced(20)

    def sample(self) -> dict[str, str]:
        return {"address": f"{self.base}/cgi-bin/webhook/send?key=lab-key", "inside": "yes"}

    def refuse(self, code: int, words: str) -> Answer:
        return Answer.of({"errcode": code, "errmsg": f"{words}, hint: [1700000000], from ip: 127.0.0.1"})

    def reply(self, request: Request) -> Answer:
        acts = {"quota": (45009, "api freq out of limit"), "unsigned": (93000, "invalid webhook url"),
                "template": (40058, "invalid Parameter"), "failure": (-1, "system busy")}
        if request.act in acts:
            return self.refuse(*acts[request.act])
        if request.query.get("key") != "lab-key":
            return self.refuse(93000, "invalid webhook url")
        asked = request.json()
        text = asked["text"]["content"]
        if asked["msgtype"] != "text" or not text:
            return self.refuse(44004, "empty content")
        if len(text.encode()) > 2048:
            return self.refuse(40058, "text.content exceed max length 2048")
        if self.paced.full(self.now()):
            return self.refuse(45009, "api freq out of limit")
        self.take(request.headers.get("x-request-id", ""), "group", text)
        return Answer.of({"errcode": 0, "errmsg": "ok"})


class DingTalkBot(Taking, Service):
    """钉钉群机器人 with the token `lab-token`, signed with `SEClab`; 20 messages a minute, then silence of ten."""

    prefix, kind = "/dingtalk", "dingtalk"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.paced = _Paced(20, timedelta(minutes=10))
        self.secret, self.keyword = "SEClab", ""

    def sample(self) -> dict[str, str]:
        return {"address": f"{self.base}/robot/send?access_token=lab-token", "secret": self.secret, "inside": "yes"}

    def reply(self, request: Request) -> Answer:
        acts = {"quota": (130101, "send too fast, exceed 20 times per minute"),
                "unsigned": (310000, "sign not match"), "template": (430104, "content is not allowed"),
                "failure": (-1, "系统繁忙")}
        code, words = acts.get(request.act) or self._verdict(request)
        if code == 0:
            self.take(request.headers.get("x-request-id", ""), "group", request.json()["text"]["content"])
        return Answer.of({"errcode": code, "errmsg": words})

    def _verdict(self, request: Request) -> tuple[int, str]:
        query = request.query
        if query.get("access_token") != "lab-token":
            return 300005, "token is not exist"
        if self.secret:
            stamp = query.get("timestamp", "0")
            text = f"{stamp}\n{self.secret}".encode()
            sign = base64.b64encode(hmac.new(self.secret.encode(), text, hashlib.sha256).digest()).decode()
            if query.get("sign") != sign:
                return 310000, "sign not match"
            if abs(int(stamp) / 1000 - self.now().timestamp()) > 3600:
                return 310000, "invalid timestamp"
        if self.keyword not in request.json()["text"]["content"]:
            return 310000, "keywords not in content"
        if len(request.body) > 20_000:
            return 460101, "message too long, exceed 20000 bytes"
        if self.paced.full(self.now()):
            return 130101, "send too fast, exceed 20 times per minute"
        return 0, "ok"


class FeishuBot(Taking, Service):
    """飞书群机器人 `lab-hook`, signed with `lab-secret`; 100 messages a minute, 20 KB each."""

    prefix, kind = "/feishu", "feishu"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.paced = _Paced(100)
        self.secret, self.keyword = "lab-secret", ""
        self.old = False
        """Whether it answers in its older form."""

    def sample(self) -> dict[str, str]:
        return {"address": f"{self.base}/open-apis/bot/v2/hook/lab-hook", "secret": self.secret, "inside": "yes"}

    def reply(self, request: Request) -> Answer:
        acts = {"quota": (11232, "frequency limited"), "unsigned": (19021, "sign match fail or timestamp is not within "
                "one hour from current time"), "template": (19002, "params error, msg_type need"),
                "failure": (9499, "Bad Request")}
        code, words = acts.get(request.act) or self._verdict(request)
        if code:
            return Answer.of({"code": code, "msg": words, "data": {}}, 400 if code == 9499 else 200)
        self.take(request.headers.get("x-request-id", ""), "group", request.json()["content"]["text"])
        if self.old:
            return Answer.of({"Extra": None, "StatusCode": 0, "StatusMessage": "success"})
        return Answer.of({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def _verdict(self, request: Request) -> tuple[int, str]:
        if request.path != "/open-apis/bot/v2/hook/lab-hook":
            return 19001, "param invalid: incoming webhook access token invalid"
        asked = request.json()
        if self.secret:
            stamp = asked.get("timestamp", "0")
            sign = base64.b64encode(hmac.new(f"{stamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest())
            if asked.get("sign") != sign.decode() or abs(int(stamp) - self.now().timestamp()) > 3600:
                return 19021, "sign match fail or timestamp is not within one hour from current time"
        if self.keyword not in asked["content"]["text"]:
            return 19024, "Key Words Not Found"
        if len(request.body) > 20_480:
            return 9499, "Bad Request"
        return (11232, "frequency limited") if self.paced.full(self.now()) else (0, "")


class Hook(Taking, Service):
    """A webhook of the office's own, signed with `lab-secret-of-32-characters-000`; the same id is taken once."""

    prefix, kind = "/hook", "webhook"
    secret = "lab-secret-of-32-characters-0000"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.repeated = 0
        """Calls with an id that had been taken before."""

    def sample(self) -> dict[str, str]:
        return {"address": f"{self.base}/warn", "secret": self.secret, "inside": "yes"}

    def reply(self, request: Request) -> Answer:
        acts = {
            "quota": Answer.of({"ok": False, "message": "too many"}, 429, **{"Retry-After": "30"}),
            "template": Answer.of({"ok": False, "message": "title is missing"}, 422),
            "failure": Answer.of({"ok": False, "message": "不接收此类信息"}),
            "busy": Answer.of({"ok": False, "retry": True, "wait": 20, "message": "忙"}),
        }
        if request.act in acts:
            return acts[request.act]
        stamp = request.headers.get("x-pulse-timestamp", "0")
        sign = hmac.new(self.secret.encode(), stamp.encode() + b"\n" + request.body, hashlib.sha256).hexdigest()
        if request.act == "unsigned" or request.headers.get("x-pulse-signature") != sign or abs(
                int(stamp) - self.now().timestamp()) > 300:
            return Answer.of({"ok": False, "message": "signature"}, 401)
        mine = request.headers.get("idempotency-key", "")
        if any(one.mine == mine for one in self.taken):
            self.repeated += 1
        else:
            self.take(mine, request.json().get("to", {}).get("phone", "group"), request.json()["text"])
        return Answer.of({"ok": True, "id": f"hook-{mine}"})
