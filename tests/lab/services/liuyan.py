"""The message board: snapshot, older list, and the front end's signed interface."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

EACH = 10


@dataclass
class Thread:
    tid: int
    subject: str
    at: datetime
    reply: str = ""

    def row(self) -> dict:
        return {
            "tid": self.tid, "subject": self.subject, "nickName": f"网民{self.tid}", "typeName": "投诉",
            "domainName": "城建", "traceInfo": "已办理" if self.reply else "待回复", "state": 3,
            "threadsCheckTime": int(self.at.timestamp()),
        }


class Liuyan(Service):
    """Board 585 with `threads`, newest first. Scripted words: `moved` (SN0006), `shuffled`."""

    prefix = "/liuyan"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.salt = hashlib.md5(b"PC42ce3bfa4980a9", usedforsecurity=False).hexdigest()[:16]
        self.threads = [
            Thread(20_000 - n, f"第{n}件：小区门口占道停车", now() - timedelta(hours=5 * n),
                   "您好，已安排整治。" if n % 3 else "")
            for n in range(25)
        ]

    def answer(self, request: Request) -> Answer:
        if request.path == "/new_threads_585.jsonp":
            rows = self.shuffled(request, [t.row() for t in self.threads[:20]])
            body = f"IndexThreads({json.dumps({'result': 'success', 'responseData': rows}, ensure_ascii=False)});"
            return Answer(200, body.encode(), "application/javascript")
        if request.path == "/threads/queryThreadsList":
            form = request.form()
            rows = self.part(form["lastItem"]) if form["fid"] == "585" else []
            return Answer.of({"result": "success", "responseData": self.shuffled(request, rows)})
        if not request.path.startswith("/v1/threads/"):
            return Answer(404, b"<html></html>", "text/html")
        sent = request.json()
        right = hashlib.md5(f"{request.path}{sent['param']}{self.salt}".encode(), usedforsecurity=False).hexdigest()
        if request.act == "moved" or sent["signature"] != right:
            return Answer.of({"code": "SN0006", "message": "签名错误"})
        param = json.loads(sent["param"])
        if request.path == "/v1/threads/list/df":
            rows = self.shuffled(request, self.part(param["lastItem"]))
            return Answer.of({"code": "SN0000", "resultData": rows})
        thread = next((t for t in self.threads if str(t.tid) == str(param["tid"])), None)
        return Answer.of({"code": "SN0000", "resultData": {"contentList": self.content(thread)} if thread else None})

    def part(self, last: str) -> list[dict]:
        return [t.row() for t in self.threads if last in ("", "0") or t.tid < int(last)][:EACH]

    def shuffled(self, request: Request, rows: list) -> list:
        return [*reversed(rows), rows[0]] if request.act == "shuffled" and rows else rows

    def content(self, thread: Thread) -> list[dict]:
        message = {"dataType": 1, "content": f"<p>{thread.subject}，已反映多次。</p>", "nickName": "某人",
                   "dateline": int(thread.at.timestamp()), "stateInfo": "已办理" if thread.reply else "待回复"}
        answered = thread.at + timedelta(hours=3)
        reply = {"dataType": 4, "content": thread.reply, "organization": "云澜区城管局",
                 "dateline": int(answered.timestamp())}
        return [*([reply] if thread.reply else []), message]


class LiuyanCase(Case):
    collector, service, platform, path, passed, shuffled = "liuyan", Liuyan, "liuyan", "/v1/threads", 4, "shuffled"
    config = {"fid": "585", "form": "signed", "pages": "10"}

    def truth(self) -> Truth:
        return Truth(mentions=frozenset(str(t.tid) for t in self.world.threads))

    def stick(self) -> str:
        self.world.jams = {'"tid\\":\\"19998\\"': "500"}
        return "19998"

    def grow(self) -> None:
        if len(self.world.threads) >= 9 * EACH:  # no more than the source is to read
            return
        newest = self.world.threads[0].tid
        self.world.threads.insert(0, Thread(newest + 1, "新的一件：路灯不亮", self.at))
