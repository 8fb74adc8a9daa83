"""The clock: takes the leader lock, migrates, catches up, runs the jobs until told to stop.

`python scheduler.py` runs until SIGTERM or Ctrl-C, finishing the job at hand; `--once` does everything that is due
and exits. What is due comes from the database: nothing is kept in memory, a restart loses nothing.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from apscheduler.schedulers.background import BackgroundScheduler

from collectors import SOURCES
from collectors.client import make_http
from core import clock, db, deliveries, jobs, kitchen, receive
from core.collect.engine import Engine
from core.faults import BadInput
from core.lock import Leader, Led, leader
from core.settings import settings

log = logging.getLogger("pulse.scheduler")

SIFT_SECONDS = 2.0
"""How often it is asked whether something came in that has not been matched and scored."""
SEND_SECONDS = 0.5
"""How often it is asked whether somebody is to be told of something."""


def check_fonts() -> None:
    """Reports can't be written without Chinese type: better said at start than on the 1st. Raises BadInput."""
    from core.report import fonts

    fonts.check(settings().font_dir)


class Clock:
    """The jobs on their timer. `stop()` lets the job at hand end, and starts no other."""

    def __init__(self, proof: Leader):
        self.proof = proof
        self.stopped = threading.Event()
        self.lost = False
        self._free = threading.Lock()
        # Warnings wait for none of the others, and none of their steps for another; nobody waits for a year's reports.
        self._own = {name: threading.Lock() for name in (
            "sift", "demands", "alarms", "send", "receipts", "reports", "verify", "retain", "targets", "late")}
        self._timer = BackgroundScheduler(
            timezone=clock.SHANGHAI, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self.jobs: dict[str, Callable[[], object]] = {
            "collect": lambda: jobs.collect_due(SOURCES, make_http, stopping=self.stopped.is_set),
            "inbox": lambda: jobs.sweep_inbox(SOURCES),
            "sift": jobs.sift,
            "demands": jobs.demands,
            "digest": lambda: jobs.digest(stopping=self.stopped.is_set),
            "rounds": jobs.rounds,
            "alarms": jobs.alarms,
            "send": lambda: jobs.send(stopping=self.stopped.is_set),
            "receipts": jobs.receipts,
            "views": jobs.views,
            "outlook": jobs.outlook,
            "watch": jobs.watch,
            "reports": lambda: jobs.write_reports(stopping=self.stopped.is_set),
            "verify": lambda: jobs.verify(SOURCES, stopping=self.stopped.is_set),
            "retain": lambda: jobs.retain(stopping=self.stopped.is_set),
            "targets": jobs.targets,
            "late": lambda: jobs.late_figures(stopping=self.stopped.is_set),
        }

    def once(self) -> None:
        """Everything that is due, in order."""
        for name in self.jobs:
            self._run(name)

    def run(self) -> int:
        """Until stopped; 0, or 1 when the lead was lost."""
        tick = settings().tick_seconds
        receiver = receive.opened(SOURCES, settings())  # a port that is taken is said before anything begins
        sender = threading.Thread(target=self._send, name="send", daemon=True)
        sender.start()
        self._run("sift")  # before all others: whoever is to be warned has waited since the last process ended
        parsers = kitchen.Kitchen()
        engine = Engine(SOURCES, make_http, tick=tick, kitchen=parsers, on_error=self._engine_failed)
        engine.start()
        if receiver:
            receiver.start()
            log.info("pushes are received on %s:%s", settings().push_host, receiver.port)
        others = {"sift": SIFT_SECONDS, "demands": 5, "alarms": 5, "receipts": 60, "inbox": tick, "digest": tick,
                  "rounds": 60, "views": max(tick, 60), "outlook": max(tick, 600), "watch": max(tick, 3600),
                  "reports": max(tick, 600), "verify": max(tick, 5), "retain": max(tick, 600),
                  "targets": max(tick, 3600), "late": max(tick, 600)}
        # The first time now, and what warns waits for none of the others: a backlog is grouped meanwhile.
        for name, seconds in others.items():
            self._timer.add_job(self._run, "interval", args=[name], id=name, seconds=seconds,
                                jitter=min(seconds / 10, 5), next_run_time=clock.now())
        self._timer.add_job(self._check_lead, "interval", id="lead", seconds=30)
        self._timer.start()
        self.stopped.wait()
        self._timer.pause()
        engine.stop()
        if receiver:
            receiver.stop()
        parsers.shutdown(wait=False, cancel_futures=True)
        with ExitStack() as at_hand:  # the jobs at hand end first
            for lock in (self._free, *self._own.values()):
                at_hand.enter_context(lock)
            self._timer.shutdown(wait=True)
        sender.join()
        return 1 if self.lost else 0

    def _send(self) -> None:
        """Send what is due until stopped; what was begun ends."""
        sender = deliveries.Dispatcher(alone=True)
        try:
            while not self.stopped.wait(SEND_SECONDS):
                try:
                    sender.step()
                except Exception as error:
                    log.exception("nothing can be sent")
                    jobs.failed("send", error)
                    self.stopped.wait(30)
        finally:
            sender.close()

    def stop(self, *_: object) -> None:
        if not self.stopped.is_set():
            log.info("stopping after the job at hand")
        self.stopped.set()

    def _run(self, name: str) -> None:
        # One job at a time: they share one database and two cores.
        with self._own.get(name, self._free):
            if self.stopped.is_set():
                return
            try:
                self.jobs[name]()
            except Exception as error:
                log.exception("job %s failed", name)
                jobs.failed(name, error)

    def _engine_failed(self, error: BaseException) -> None:
        """The collecting loop broke down: on record, and the process ends, for its supervisor to start it anew."""
        jobs.failed("collect", error)
        self.lost = True
        self.stopped.set()

    def _check_lead(self) -> None:
        try:
            held = self.proof.held()
        except Exception:
            log.exception("the leader lock can't be checked")
            held = False
        if not held:
            log.error("the lead is lost: stopping")
            self.lost = True
            self.stopped.set()


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="采集、汇总、分析与定期报告的后台进程")
    parser.add_argument("--once", action="store_true", help="把当前到期的工作做完就退出")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    try:
        with leader() as proof:
            db.migrate()
            check_fonts()
            jobs.recover()
            timer = Clock(proof)
            for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), timer.stop)
            if options.once:
                timer.once()
                return 0
            log.info("leading; asking every %g s what is due", settings().tick_seconds)
            code = timer.run()
            log.info("stopped")
            return code
    except Led as led:
        print(led, file=sys.stderr)
        return 3
    except BadInput as fault:
        print(fault, file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
