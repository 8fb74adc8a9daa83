"""Many paragraphs to the model, a few at a time, on threads of their own: what has come of each can be looked at while
the others are under way, and the whole can be called off. Nothing of it touches the database."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from core.faults import Fault
from core.report.polish.check import faults
from core.report.polish.service import Service
from core.report.polish.skeleton import Names
from core.senders.wire import Patience

AT_ONCE = 3
LONGEST_WAIT = 30.0
"""Seconds that are waited where the service asks for it; for more the paragraph is given up."""
TRIES = 3
ENOUGH = 3
"""Failures in a row, after which the rest is not asked."""
WHOLE = 900.0
"""Seconds for all paragraphs."""
State = Literal["changed", "same", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one paragraph. changed: `after` passed the check · same: the model left it as it was · refused:
    `after` says something else, `why` says what · failed: no answer, `why` says why."""

    before: str
    after: str
    state: State
    why: tuple[str, ...] = ()


class Job:
    """The paragraphs that are being reworded. `start` it once; read `outcomes`, `waits`, `over`; `cancel` it."""

    def __init__(self, service: Service, texts: Sequence[str], names: Names):
        self.service, self.texts, self._names = service, tuple(texts), names
        self.outcomes: dict[str, Outcome] = {}
        self.stopped = ""
        self.waits = 0.0
        self.over = False
        self._failures = 0
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._held: set[Patience] = set()
        self._until = 0.0

    def start(self) -> "Job":
        """Begin, on a thread that ends with the process."""
        self._until = time.monotonic() + WHOLE
        threading.Thread(target=self._run, name="polish", daemon=True).start()
        return self

    def cancel(self, why: str = "已取消，其余段落保持原文") -> None:
        """Ask nothing more, and cut off what is under way."""
        with self._lock:
            self.stopped = self.stopped or why
            self._end.set()
            for patience in self._held:
                patience.cut()

    def wait(self, seconds: float | None = None) -> bool:
        """Until all is over; whether it is."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.over and (end is None or time.monotonic() < end):
            time.sleep(0.01)
        return self.over

    def _run(self) -> None:
        try:
            with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="polish") as pool:
                list(pool.map(self._one, self.texts))
        finally:
            self.over = True

    def _one(self, text: str) -> None:
        if time.monotonic() > self._until:
            self.cancel(f"超过 {WHOLE / 60:.0f} 分钟，其余段落保持原文")
        if self._end.is_set():
            return
        try:
            said = self._asked(text)
        except Fault as fault:
            if not self._end.is_set():
                self._failed(text, fault)
            return
        reasons = () if said == text else tuple(faults(text, said, self._names))
        state: State = "same" if said == text else "refused" if reasons else "changed"
        with self._lock:
            self._failures = 0
            self.outcomes[text] = Outcome(text, said, state, reasons)

    def _failed(self, text: str, fault: Fault) -> None:
        with self._lock:
            self.outcomes[text] = Outcome(text, "", "failed", (fault.message,))
            self._failures = 0 if fault.kind == "GONE" else self._failures + 1
            many = self._failures >= ENOUGH
        if fault.kind == "STOP" or many:
            self.cancel(f"{fault.message}；其余段落保持原文")

    def _asked(self, text: str) -> str:
        """The model's words; where it is busy, it is asked again after the time that it says. Raises Fault."""
        for attempt in range(1, TRIES + 1):
            patience = Patience(self.service.seconds)
            with self._lock:
                self._held.add(patience)
            try:
                return self.service.reword(text, patience)
            except Fault as fault:
                wait = fault.retry_after if fault.retry_after is not None else 2.0 * attempt
                if fault.kind != "QUOTA" or attempt == TRIES or wait > LONGEST_WAIT or self._end.is_set():
                    raise
            finally:
                with self._lock:
                    self._held.discard(patience)
            self.waits = wait
            self._end.wait(wait)
            self.waits = 0.0
            if self._end.is_set():
                raise Fault("RETRY", "已取消")
        raise AssertionError("the last try returns or raises")
