"""Where texts are parsed: other processes, so that reading a large feed keeps neither the network nor the database
waiting, and a parser that runs away can be ended."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def opened(workers: int = 0) -> Iterator[Executor]:
    """A pool of processes for pure functions of plain values; by default one for each core but one, at most four."""
    count = workers or max(1, min(4, (os.cpu_count() or 2) - 1))
    pool = ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=5_000)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
