"""Collecting: which sources are due, ask, keep the bytes, parse, store; one run for each, whatever happens.

The collectors are handed in. The network is asked on one event loop, the database is written on one thread, texts are
parsed on others; an answer's bytes are stored before they are parsed; one source's failure is recorded in words and
never stops another, nor does a slow host.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from core import clock, evidence
from core.collect import steps
from core.collect.desk import Desk
from core.collect.schedule import due, next_due
from core.collect.steps import close_interrupted, confirmed_zero
from core.faults import BadInput, Fault
from core.kitchen import Kitchen
from core.records import Batch, Fetched, Reject, SourceSpec

log = logging.getLogger("pulse.collect")

PER_HOST = 4
"""Runs at the same time that ask one host: a slow one keeps no more places than this."""
PARSE_SECONDS = 120
"""One answer's parsing; none that is right takes a tenth of it."""
PARSE_TRIES = 2
MAX_ANSWERS = 5_000
"""Answers of one run; a source that gives more goes on in the next one."""


class Collector(Protocol):
    """What this package needs of a collector (see collectors.base)."""

    def collect(self, source: SourceSpec, desk: Any) -> AsyncIterator[Fetched]: ...

    def parse(self, source: SourceSpec, fetched: Fetched) -> Batch: ...


class Runner:
    """Runs sources on the current event loop; close it when done. `kitchen`: where texts are parsed."""

    def __init__(
        self,
        collectors: Mapping[str, Collector],
        http: Any,
        *,
        now: Callable[[], datetime] = clock.now,
        kitchen: Executor | None = None,
    ):
        self.collectors, self.http, self.now = collectors, http, now
        self.outcome: Counter[str] = Counter()
        self._books = ThreadPoolExecutor(1, "books")
        self._kitchen = kitchen
        self._locks: dict[int, asyncio.Lock] = {}

    async def books(self, step: Callable, *args: Any, **more: Any) -> Any:
        """Run a step on the database's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._books, lambda: step(*args, **more))

    def note(self, step: Callable, *args: Any) -> None:
        """Have a step done that nobody waits for; what goes wrong in it is logged."""

        def done() -> None:
            try:
                step(*args)
            except Exception:
                log.exception("%s failed", step.__name__)

        self._books.submit(done)

    def close(self) -> None:
        """Wait for the last step."""
        self._books.shutdown(wait=True)

    async def run(self, source_id: int) -> str:
        """One run of one source; returns its state."""
        job = await self.books(steps.opened, source_id, self.now(), self.collectors)
        unread: list[Fetched] = []
        try:
            state = await self._run(job, unread)
        except Fault as fault:
            state = await self.books(steps.failed, job, fault, self.now(), *unread)
        except BadInput as error:
            state = await self.books(steps.failed, job, Fault("STOP", str(error)), self.now(), *unread)
        except asyncio.CancelledError:
            await asyncio.shield(self.books(steps.stopped, job, self.now()))
            raise
        except Exception as error:  # a collector's own mistake must not stop the others; it is on record as one
            log.exception("collector %s failed on %s", job.spec.collector, job.spec.key)
            fault = Fault("STOP", f"采集程序出错：{type(error).__name__}")
            state = await self.books(steps.failed, job, fault, self.now(), *unread)
        self.outcome[state] += 1
        return state

    async def _run(self, job: steps.Job, unread: list[Fetched]) -> str:
        """The run itself; `unread` holds the answer at hand until it is stored."""
        collector = self.collectors[job.spec.collector]
        if job.credential_id:
            job.secrets.update(await self.books(steps.unlocked, job))
        lock = self._locks.setdefault(job.credential_id or -job.source_id, asyncio.Lock())
        answers = collector.collect(job.spec, Desk(job, self.http, self.now, self.books, lock))
        try:
            async for fetched in answers:
                if fetched.unchanged:
                    if job.alone:
                        return await self.books(steps.unchanged, job, fetched, self.now())
                    continue
                written = await asyncio.to_thread(evidence.write, fetched.body)
                unread[:] = [fetched]
                if job.alone and await self.books(steps.stored_before, job, written):
                    return await self.books(steps.unchanged, job, fetched, self.now())
                batch = await self._parsed(collector, job, fetched)
                state = await self.books(steps.stored, job, written, fetched, batch, self.now())
                unread.clear()
                if state:
                    return state
                if job.answers >= MAX_ANSWERS:
                    job.notes.append(f"已取 {MAX_ANSWERS:,} 页，余下的下次接着取")
                    break
        finally:
            await answers.aclose()
        return await self.books(steps.finished, job, self.now())

    async def _parsed(self, collector: Collector, job: steps.Job, fetched: Fetched) -> Batch:
        """The records of an answer. One answer of many whose parsing does not end, or takes the process with it, holds
        none, and is set aside with the reason: the others go on. It is tried more than once, since another one may
        have been in its way."""
        if fetched.failed:
            return Batch(note=f"有一项没有读取（{fetched.failed[:120]}）")
        tries = 0
        while True:
            try:
                return await self._cooked(collector, job.spec, fetched)
            except Fault as fault:
                tries += 1
                if job.alone or not isinstance(fault.__cause__, TimeoutError | BrokenExecutor):
                    raise
                if tries == PARSE_TRIES:
                    return Batch(rejects=[Reject("$", "", fault.message, fetched.request[:300])])

    async def _cooked(self, collector: Collector, spec: SourceSpec, fetched: Fetched) -> Batch:
        waiting = asyncio.get_running_loop().run_in_executor(self._kitchen, collector.parse, spec, fetched)
        try:
            async with asyncio.timeout(PARSE_SECONDS):
                return await waiting
        except TimeoutError as error:
            if isinstance(self._kitchen, Kitchen):
                self._kitchen.restart()
            raise Fault("STOP", f"返回的内容 {PARSE_SECONDS} 秒内没有解析完，已放弃") from error
        except BrokenExecutor as error:
            raise Fault("RETRY", "解析进程意外退出，稍后重试") from error


def host_of(url: str, collector: Any) -> str:
    """The host that a source asks: that of its own address or of its collector's."""
    try:
        return urlsplit(url or getattr(collector, "base", "")).hostname or ""
    except ValueError:
        return ""


async def collect(
    ids: list[int],
    collectors: Mapping[str, Collector],
    http: Any,
    *,
    now: Callable[[], datetime] = clock.now,
    kitchen: Executor | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> dict[str, int]:
    """Collect these sources side by side; returns how many ended in each state. No new one begins when stopping."""
    runner = Runner(collectors, http, now=now, kitchen=kitchen)
    hosts = await runner.books(steps.hosts, ids, collectors, host_of)
    gates: dict[str, asyncio.Semaphore] = {}

    async def one(source_id: int) -> None:
        async with gates.setdefault(hosts[source_id] or str(source_id), asyncio.Semaphore(PER_HOST)):
            if not stopping():
                await runner.run(source_id)

    try:
        await asyncio.gather(*(one(source_id) for source_id in ids))
    finally:
        runner.close()
    return dict(runner.outcome)


__all__ = ["Collector", "Runner", "close_interrupted", "collect", "confirmed_zero", "due", "host_of", "next_due"]
