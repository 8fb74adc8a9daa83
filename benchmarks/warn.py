"""From a mention's arrival to a service's word: `python -m benchmarks.warn --data ../shared/data [--seconds 600]`.

A hundred mentions a second of real texts are stored in real time; one of two hundred says something grave and fires a
rule. The scheduler runs as a process of its own and does all that it does, and the short message services answer as
documented (`tests.lab.senders`), as another. For every grave mention it is measured how long it took from the commit of
its arrival to the moment at which a service took the message; the services' own log says whether one was lost or taken
twice.

`--down`: the service of the first channel is silent, so that all goes out by the second. `--kills 50`: the scheduler is
killed with SIGKILL at so many random moments and started again. `--mix lost=0.05`: share of the calls that are taken
without a word. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy import select

from benchmarks.pipeline import mentions, take

RATE, GRAVE = 100, 200
"""Mentions a second; one of so many is grave."""
PATIENCE = 180
"""Seconds after the last mention within which all must have gone out."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--seconds", type=int, default=600)
    options.add_argument("--kills", type=int, default=0)
    options.add_argument("--down", action="store_true")
    options.add_argument("--mix", action="append", default=[])
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PULSE_DATA_DIR"] = folder
        print(json.dumps(run(chosen, Path(folder)), ensure_ascii=False))


def run(chosen: argparse.Namespace, folder: Path) -> dict:
    from core import db

    db.migrate()
    log = folder / "taken.jsonl"
    mix = [word for one in chosen.mix for word in ("--mix", one)]
    services = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.senders", "--log", str(log), *mix], stdout=subprocess.PIPE, text=True)
    clockwork = _Clock(folder)
    try:
        fields = json.loads(services.stdout.readline())
        if chosen.down:
            _silence(fields["aliyun"])
        source = prepare(fields)
        clockwork.start()
        over = threading.Event()
        killer = threading.Thread(target=_kill, args=(clockwork, chosen, over))
        killer.start()
        arrived = feed(chosen, source)
        over.set()
        killer.join()
        _settled(set(arrived))
        return found(arrived, log) | {
            "backend": db.engine().dialect.name, "seconds": chosen.seconds, "kills": clockwork.kills,
            "first_down": chosen.down, "mix": chosen.mix}
    finally:
        clockwork.stop()
        services.kill()
        services.wait()


def prepare(fields: dict) -> int:
    """A source, a person, two channels, and the rule; the source's id."""
    from core import alerts, channels, db, people
    from core.models import Source

    now = datetime.now(UTC)
    with db.session() as session:
        source = Source(key="benchmark", name="微博搜索", collector="page", platform="weibo")
        session.add(source)
        ways = [channels.add(session, name=kind, kind=kind, fields=fields[kind], who="", now=now).id
                for kind in ("aliyun", "tencent")]
        person = people.add(session, name="值班员", phone="13812345678", who="", now=now).id
        alerts.save(session, name="高风险", subject="mention", terms={"words": "化工厂 爆炸"}, level="red", who="",
                    now=now, plan={"steps": [{"people": [person]}], "channels": ways, "grouping": "each", "cool": 0,
                                   "most": 1_000})
        session.commit()
        return source.id


class _Clock:
    """The scheduler as a process that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.kills = folder, 0
        self._process: subprocess.Popen | None = None
        self._log = (folder / "scheduler.log").open("ab")

    def start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "scheduler.py"], stdout=self._log, stderr=self._log)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.kills += 1
        self.start()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(60)
        self._log.close()


def _kill(clockwork: _Clock, chosen: argparse.Namespace, over: threading.Event) -> None:
    chance = random.Random(chosen.seed)
    begun = time.monotonic()
    for moment in sorted(chance.uniform(5, chosen.seconds) for _ in range(chosen.kills)):
        if over.wait(max(begun + moment - time.monotonic(), 0)):
            return
        clockwork.kill()


def _silence(fields: dict) -> None:
    """Let a service say nothing for the rest of the run."""
    where = urlsplit(fields["endpoint"])
    for _ in range(40):
        httpx.get(f"{where.scheme}://{where.netloc}/script{where.path.rstrip('/')}", params={"act": ["stall"] * 50},
                  ).raise_for_status()


def feed(chosen: argparse.Namespace, source: int) -> dict[str, float]:
    """Store the mentions in real time; when each grave one was committed (Unix time), by its external id."""
    from core import db
    from core.records import MentionRecord

    arrived: dict[str, float] = {}
    said = mentions(chosen.data, RATE * chosen.seconds, seed=chosen.seed)
    begun = time.monotonic()
    with db.session() as session:
        for tick in range(chosen.seconds * 10):
            time.sleep(max(begun + tick / 10 - time.monotonic(), 0))
            now = datetime.now(UTC)
            batch = []
            for n in range(RATE // 10):
                number = tick * (RATE // 10) + n
                title, text = next(said)
                if number % GRAVE == 0:
                    title, text = f"第{number}号化工厂爆炸致3人死亡", ""
                batch.append(MentionRecord(external_id=str(number), title=title, text=text, published_at=now,
                                           observed_at=now))
            take(session, source, batch, now)
            done = time.time()
            arrived |= {one.external_id: done for one in batch if int(one.external_id) % GRAVE == 0}
    return arrived


def _settled(wanted: set[str]) -> None:
    """Wait until all have gone out, or too long."""
    from core import db
    from core.models import Alert, Delivery, Mention

    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with db.session() as session:
            states = dict(session.execute(
                select(Mention.external_id, Delivery.state).join(Alert, Alert.mention_id == Mention.id)
                .join(Delivery, Delivery.alert_id == Alert.id)).all())
        if wanted <= set(states) and not {"waiting", "sending"} & set(states.values()):
            return
        time.sleep(1)


def found(arrived: dict[str, float], log: Path) -> dict:
    """What became of each grave mention, by the services' own log."""
    from core import db
    from core.models import Alert, Delivery, Mention

    with db.session() as session:
        of = {f"pulse-{id_}-": external for id_, external in session.execute(
            select(Delivery.id, Mention.external_id).join(Alert, Alert.id == Delivery.alert_id)
            .join(Mention, Mention.id == Alert.mention_id))}
    taken: dict[str, list[float]] = {}
    by: dict[str, int] = {}
    for line in log.read_text("utf-8").splitlines():
        one = json.loads(line)
        external = of[one["mine"][: one["mine"].rindex("-") + 1]]
        taken.setdefault(external, []).append(datetime.fromisoformat(one["at"]).timestamp())
        by[one["kind"]] = by.get(one["kind"], 0) + 1
    waits = sorted(min(taken[external]) - at for external, at in arrived.items() if external in taken)
    return {
        "grave": len(arrived), "lost": len(arrived) - len(waits), "twice": sum(len(one) - 1 for one in taken.values()),
        "p50_s": _share(waits, 0.5), "p95_s": _share(waits, 0.95), "slowest_s": _share(waits, 1.0), "taken_by": by}


def _share(waits: list[float], share: float) -> float | None:
    return round(waits[min(int(share * len(waits)), len(waits) - 1)], 2) if waits else None


if __name__ == "__main__":
    main()
