"""The collecting that never stops: a loop on a thread of its own that starts what is due as places become free.

Not bound to the clock's ticks: a source that takes minutes holds up nothing but itself, and no host takes more than
its few places, however many sources it has.
"""

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from core import clock, limits
from core.collect import PER_HOST, Collector, Runner, host_of
from core.collect.schedule import due_addresses
from core.db import session as open_session

log = logging.getLogger("pulse.collect")

AT_ONCE = 512
"""Runs under way; most of them wait for a host's turn."""
GRACE = 20.0
"""Seconds that runs get to end by themselves when the process is told to stop."""

MakeHttp = Callable[..., AbstractAsyncContextManager[Any]]


class Engine:
    """Start it, stop it. `make_http(closed=…, on_closed=…)` gives the collectors' client; `tick` is how many seconds
    pass between two looks at what is due while nothing ends; `on_error` hears of what ends the loop itself."""

    def __init__(
        self,
        collectors: Mapping[str, Collector],
        make_http: MakeHttp,
        *,
        tick: float,
        kitchen: Executor | None = None,
        now: Callable[[], datetime] = clock.now,
        on_error: Callable[[BaseException], None] = lambda _: None,
    ):
        self.collectors, self.make_http, self.tick = collectors, make_http, tick
        self.outcome: Counter[str] = Counter()
        self._kitchen, self._now, self._on_error = kitchen, now, on_error
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="collect", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = GRACE + 10) -> None:
        """Start nothing more, let what runs end (for a while), and wait for that."""
        self._stopping.set()
        if self._thread.ident:
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # on a thread nobody would hear of it
            log.exception("the collecting loop ended")
            self._on_error(error)

    async def _main(self) -> None:
        runner: Runner | None = None

        def on_closed(closed: Any) -> None:
            if runner:
                runner.note(_remember, closed)

        async with self.make_http(closed=_closed(self._now()), on_closed=on_closed) as http:
            runner = Runner(self.collectors, http, now=self._now, kitchen=self._kitchen)
            runner.outcome = self.outcome
            running: dict[asyncio.Task, tuple[int, str]] = {}
            try:
                await self._serve(runner, running)
                if running:
                    await asyncio.wait(running, timeout=GRACE)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                runner.close()

    async def _serve(self, runner: Runner, running: dict[asyncio.Task, tuple[int, str]]) -> None:
        clock_ = asyncio.get_running_loop().time
        waiting: deque[tuple[int, str]] = deque()
        look_at = 0.0
        while not self._stopping.is_set():
            if clock_() >= look_at:
                busy = {source_id for source_id, _ in running.values()}
                waiting = deque(pair for pair in await runner.books(self._due) if pair[0] not in busy)
                look_at = clock_() + self.tick
            self._fill(runner, running, waiting)
            rest = min(max(look_at - clock_(), 0), 0.5)
            if not running:
                await asyncio.sleep(rest)
                continue
            done, _ = await asyncio.wait(running, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del running[task]
                if error := task.exception():
                    log.error("a run could not be written down", exc_info=error)

    def _fill(
        self, runner: Runner, running: dict[asyncio.Task, tuple[int, str]], waiting: deque[tuple[int, str]]
    ) -> None:
        """Start what has a place; what waits for its host keeps its turn."""
        places = Counter(host for _, host in running.values())
        for _ in range(len(waiting)):
            if len(running) >= AT_ONCE:
                return
            source_id, host = waiting.popleft()
            if host and places[host] >= PER_HOST:
                waiting.append((source_id, host))
                continue
            places[host] += 1
            running[asyncio.create_task(runner.run(source_id))] = (source_id, host)

    def _due(self) -> list[tuple[int, str]]:
        with open_session() as session:
            found = due_addresses(session, self._now(), self.collectors)
        return [(source_id, host_of(url, self.collectors[kind])) for source_id, url, kind in found]


def _closed(now: datetime) -> list[Any]:
    with open_session() as session:
        return list(limits.closed(session, now))


def _remember(closed: Any) -> None:
    with open_session() as session:
        limits.close(session, closed.host, closed.until, closed.failures, closed.why)
        session.commit()
