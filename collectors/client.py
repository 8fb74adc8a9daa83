"""The collectors' HTTP client, with this process's settings."""

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from collectors.http import Closed, Http
from core.settings import settings


class ClosedHost(Protocol):
    """A host that is being left alone, as the database keeps it (core.models.Host)."""

    host: str
    closed_until: datetime
    failures: int
    why: str


def make_http(
    closed: Iterable[ClosedHost] = (), on_closed: Callable[[Closed], None] = lambda _: None
) -> AbstractAsyncContextManager[Any]:
    """A client for one event loop; `closed`: hosts that are being left alone."""
    knobs = settings()
    return Http(
        timeout=knobs.http_timeout, max_body_bytes=knobs.max_body_bytes, contact=knobs.contact,
        private_hosts=knobs.allow_private_hosts, pace_seconds=knobs.pace_seconds, proxy=knobs.proxy,
        concurrency=knobs.collect_concurrency, on_closed=on_closed,
        closed=tuple(Closed(h.host, h.closed_until, h.failures, h.why) for h in closed),
    )
