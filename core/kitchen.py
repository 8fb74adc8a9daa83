"""Where texts are parsed: another process, so that reading a large feed keeps neither the network nor the database
waiting, and a parser that runs away or breaks down is ended and replaced."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

TASKS = 5_000
"""After so many a process is replaced by a fresh one: what parsers leave behind in memory goes with it."""


class Kitchen(Executor):
    """Processes for pure functions of plain values; by default one for each core but one, at most four."""

    def __init__(self, workers: int = 0):
        self._workers = workers or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._lock = threading.Lock()
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, mp_context=context, max_tasks_per_child=TASKS)

    def submit(self, fn: Callable, /, *args: Any, **more: Any) -> Future:
        with self._lock:
            try:
                return self._pool.submit(fn, *args, **more)
            except BrokenExecutor:
                self._pool = self._new()
                return self._pool.submit(fn, *args, **more)

    def restart(self) -> None:
        """End the processes, whatever they are at; those who wait for them hear of it by BrokenExecutor."""
        with self._lock:
            old, self._pool = self._pool, self._new()
        for process in list((old._processes or {}).values()):
            process.kill()
        old.shutdown(wait=False, cancel_futures=True)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


@contextmanager
def opened(workers: int = 0) -> Iterator[Kitchen]:
    """A kitchen for the length of a block."""
    kitchen = Kitchen(workers)
    try:
        yield kitchen
    finally:
        kitchen.shutdown(wait=True, cancel_futures=True)
