"""What the endpoints that listen on a port share: the socket, the server's limits, a body read to its end or not."""

import asyncio
import socket
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect, Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.faults import BadInput

PATIENCE = 30.0
"""Seconds in which a body must have arrived."""
CONNECTIONS = 50


class Unread(Exception):
    """A body that was not read to its end: the HTTP status and the reason, in Chinese."""

    def __init__(self, status: int, words: str):
        super().__init__(words)
        self.status, self.words = status, words


async def body(request: Request, most: int, *, patience: float = PATIENCE, remedy: str = "") -> bytes:
    """The body. Raises Unread for one that is larger than `most` bytes, too slow or broken off."""
    too_large = Unread(413, f"请求体超过 {most:,} 字节{remedy}")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise too_large
    kept = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                kept += part
                if len(kept) > most:
                    raise too_large
    except TimeoutError as error:
        raise Unread(408, f"请求体 {patience:.0f} 秒内没有传完") from error
    except ClientDisconnect as error:
        raise Unread(400, "连接中断，请求体不完整") from error
    return bytes(kept)


def listen(host: str, port: int, what: str, variables: str) -> socket.socket:
    """The listening socket, so that a port that is taken is said at start. Raises BadInput, which names `what` listens
    and the environment `variables` to look at."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, proto)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(CONNECTIONS)
    except OSError as error:
        raise BadInput(
            f"{what}不能在 {host}:{port} 上监听（{error.strerror or error}），请核对 {variables}"
        ) from error
    return made


class Impatient(H11Protocol):
    """A connection that is closed where nothing whole was asked for in `SECONDS`: uvicorn itself waits for ever, and a
    few hundred who never finish would keep everybody else out."""

    SECONDS = 10.0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if not self._idle():
            self._unwatch()
        elif self._late is None:
            self._late = self.loop.call_later(self.SECONDS, self._give_up)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _give_up(self) -> None:
        self._late = None
        if self._idle() and not self.transport.is_closing():
            self.transport.close()


def server(app: Any, *, connections: int = CONNECTIONS, impatient: bool = False) -> uvicorn.Server:
    """A server with limits: no web sockets, no words of its own, the address of whoever connects as it is.
    `impatient`: for the public, see there."""
    return uvicorn.Server(uvicorn.Config(
        http=Impatient if impatient else "h11",
        app=app, lifespan="off", log_config=None, access_log=False, server_header=False, date_header=False,
        timeout_keep_alive=5, timeout_graceful_shutdown=10, limit_concurrency=connections, ws="none",
        proxy_headers=False, h11_max_incomplete_event_size=16_384,
    ))
