"""The endpoint that the district's own APP backends push to: POST /push, signed (core.imports.pushed, docs/push.md);
and that short message services report to: POST /receipts/CHANNEL/KEY (core.receipts).

It lives in the scheduler's process, on a thread and an event loop of its own, when PULSE_PUSH_PORT is set. Pushes are
stored one after the other on a second thread, each in one short transaction: not on the collecting engine's thread,
whose queue can be long and which ends before this does; where both want to write at once, the database's own lock (30 s
of patience) puts them in order. Speak HTTPS through a reverse proxy; by itself it listens on this machine only.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core import clock, listening, receipts
from core.db import session as open_session
from core.faults import BadInput
from core.imports.pushed import MAX_BODY, Answer, Parse, Signed, refused, take
from core.settings import Settings

log = logging.getLogger("pulse.push")

HEADERS = ("x-pulse-key", "x-pulse-timestamp", "x-pulse-signature")
MAX_HEADER = 200


class Receiver:
    """Start it, stop it. `parse` reads a push (collectors.push)."""

    def __init__(self, parse: Parse, host: str, port: int, *, now: Callable[[], datetime] = clock.now):
        self._parse, self._now = parse, now
        self._books = ThreadPoolExecutor(1, "push")
        self._socket = listening.listen(host, port, "推送接口", "PULSE_PUSH_HOST 和 PULSE_PUSH_PORT")
        self.port = self._socket.getsockname()[1]
        self._server = listening.server(self.app())
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="receive", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 15.0) -> None:
        """Take nothing more; what is being stored is stored to its end."""
        self._server.should_exit = True
        if self._thread.ident:
            self._thread.join(timeout)
        self._books.shutdown(wait=True)
        self._socket.close()

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(routes=[
            Route("/push", self._push, methods=["POST"]), Route("/health", _health),
            Route("/receipts/{channel:int}/{key}", self._receipts, methods=["POST"]),
        ])

    async def _push(self, request: Request) -> JSONResponse:
        answer = await self._answered(request)
        body: dict[str, Any] = {"ok": answer.ok, "message": answer.words}
        body |= {"errors": list(answer.errors)} if answer.errors else {}
        body |= {"stored": dict(answer.stored)} if answer.stored else {}
        more = {"Retry-After": "60"} if answer.status in (429, 503) else {}
        return JSONResponse(body, answer.status, headers=more)

    async def _receipts(self, request: Request) -> JSONResponse:
        """状态报告 of a short message service (core.receipts)."""
        channel, key = request.path_params["channel"], request.path_params["key"]
        try:
            receipts.check(channel, key)  # nobody else is listened to
            body = await _body(request, receipts.MAX_BODY)
            if not isinstance(body, bytes):
                return JSONResponse({"ok": False, "message": body.words}, body.status)
            kept = await asyncio.get_running_loop().run_in_executor(
                self._books, receipts.take, channel, key, body, self._now())
        except receipts.Unknown:
            return JSONResponse({"ok": False, "message": "没有这个地址"}, 404)
        except BadInput as fault:
            return JSONResponse({"ok": False, "message": str(fault)}, 400)
        except Exception:
            log.exception("a report of receipts could not be kept")
            return JSONResponse({"ok": False, "message": "暂时不能入库，请稍后重推"}, 503)
        return JSONResponse({"ok": True, "message": f"已收到 {kept} 条状态报告"})

    async def _answered(self, request: Request) -> Answer:
        given = [request.headers.get(name, "") for name in HEADERS]
        if not all(given):
            return Answer(401, "缺少请求头 X-Pulse-Key、X-Pulse-Timestamp 或 X-Pulse-Signature")
        if any(len(value) > MAX_HEADER for value in given):
            return Answer(400, "请求头过长")
        if request.headers.get("content-encoding", "identity") != "identity":
            return Answer(415, "请不要压缩请求体")
        try:
            body = await _body(request)
            step = self._take if isinstance(body, bytes) else self._refuse
            made = Signed(*given, body) if isinstance(body, bytes) else (given[0], body)
            return await asyncio.get_running_loop().run_in_executor(self._books, step, made)
        except Exception:
            log.exception("a push could not be stored")
            return Answer(503, "本系统暂时不能入库，请一分钟后用同一批次号重新推送")

    def _take(self, signed: Signed) -> Answer:
        with open_session() as session:
            answer = take(session, signed, self._parse, now=self._now())
            session.commit()
            return answer


    def _refuse(self, made: tuple[str, Answer]) -> Answer:
        key, answer = made
        with open_session() as session:
            refused(session, key, answer, now=self._now())
            session.commit()
        return answer


async def _health(_: Request) -> JSONResponse:
    return JSONResponse({"ok": True, "message": "推送接口在工作"})


async def _body(request: Request, most: int = MAX_BODY) -> bytes | Answer:
    """The body, or why it is not read to its end."""
    try:
        return await listening.body(request, most, remedy="，请分批推送")
    except listening.Unread as fault:
        return Answer(fault.status, fault.words)


def opened(collectors: Mapping[str, Any], knobs: Settings) -> Receiver | None:
    """The endpoint as the settings want it, not started; None where they want none. Raises BadInput."""
    if not knobs.push_port:
        return None
    return Receiver(collectors["push"].parse, knobs.push_host, knobs.push_port)
