"""Real processes for tests: started in the background with their own environment, their output read as it comes."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from core.settings import ROOT


class Process:
    """One child; `wait_for(text)` until it prints that, `stop(signal)` and its exit code."""

    def __init__(self, *command: str, data_dir: Path, **environment: str):
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PULSE_", "DATABASE_URL"))}
        environ |= {"PULSE_DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1", **environment}
        self.child = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environ, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.child.stdout:
            self._queue.put(line)
        self._queue.put(None)

    @property
    def said(self) -> str:
        while not self._queue.empty():
            if (line := self._queue.get()) is not None:
                self.lines.append(line)
        return "".join(self.lines)

    def wait_for(self, text: str, seconds: float = 60) -> None:
        until(lambda: text in self.said or self.child.poll() is not None, seconds, lambda: self.said)
        assert text in self.said, self.said

    def stop(self, number: int, seconds: float = 60) -> int:
        if self.child.poll() is None:
            self.child.send_signal(number)
        return self.end(seconds)

    def end(self, seconds: float = 60) -> int:
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise AssertionError(f"still running after {seconds} s:\n{self.said}") from None


def until(done: Callable[[], bool], seconds: float = 30, words: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds; fails with the words when it doesn't."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s. {words()}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
