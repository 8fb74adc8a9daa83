"""Kill the scheduler again and again while it collects; afterwards every fact must be there exactly once.

`python -m benchmarks.crash [--kills 200] [--seed 1]`. On loopback, feeds of news sites and of official accounts
publish more with every look, and the laboratory plays every platform's and provider's interface, with tokens, pages
and cursors; some of them publish more before each start. The real `scheduler.py` collects all of it without a pause,
is killed (SIGKILL) at a random moment after its first request, and started again. After the last kill it may finish.
Then the database is held against what was published. The last line is one JSON object; `lost` and `duplicated` count
facts.
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
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.lab import Lab

ROOT = Path(__file__).resolve().parent.parent
SITES, ACCOUNTS = 30, 30
UNFIT = ("feed", "hotlist", "weibo_commercial", "weibo_cli")
"""Not from the laboratory: feeds are here in numbers, a hot list's items are named by the day, and the others read the
accounts that `weibo` reads."""
STEP = 3
"""Entries that a feed gains with each look."""
MOST = 600
"""Entries that a feed comes to."""


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


class Press:
    """What is published: the entries of each feed so far."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.looks: Counter[int] = Counter()
        self.still = False
        press = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                press.asked.set()
                body = press.feed(int(self.path.rpartition("/")[2]))
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

        self.server = Server(("0.0.0.0", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    def published(self, number: int) -> int:
        return STEP * self.looks[number]

    def feed(self, number: int) -> bytes:
        """One look; the list never drops anything, so that what is missing at the end was lost here."""
        if not self.still and self.looks[number] < MOST // STEP:
            self.looks[number] += 1
        items = "".join(
            f"<item><title>第{number}号来源的第{n}条</title><guid>f{number}-{n}</guid>"
            f"<link>https://s{number}.example.cn/{n}</link>"
            f"<pubDate>Mon, 02 Mar 2026 08:{n // 60:02d}:{n % 60:02d} +0800</pubDate></item>"
            for n in reversed(range(self.published(number)))
        )
        return f'<rss version="2.0"><channel><title>来源{number}</title>{items}</channel></rss>'.encode()


@dataclass(frozen=True)
class Player:
    """One case of the laboratory, with its rows in the database."""

    case: Any
    source_id: int
    account_id: int | None


def cases(lab: Any) -> list[Player]:
    """Every collector against its service; those whose accounts another one reads, too, are left out, since what one
    doesn't know the other does."""
    from collectors import SOURCES
    from core import clock, credentials, db
    from core.models import Account, Source
    from tests.lab.cases import Case, every

    Case.born = clock.now()
    players = []
    with db.session() as session:
        taken = set()
        for number, kind in enumerate(every()):
            one, service = kind(), SOURCES[kind.collector]
            if kind.collector in UNFIT or (kind.account and (kind.platform, kind.account) in taken):
                continue
            taken.add((kind.platform, kind.account))
            lab.mount(one.world)
            one.world.base = one.world.base.replace("localhost", f"127.0.1.{1 + number}")  # a host of its own
            account, made = None, None
            if kind.account:
                account = Account(platform=kind.platform, external_id=kind.account, name=f"账号 {kind.collector}")
                session.add(account)
                session.flush()
            if kind.secrets:
                made = credentials.add(
                    session, name=kind.collector, kind=kind.collector, fields=one.secrets, who="benchmark",
                    secret=frozenset(f.name for f in service.secrets if f.secret), now=one.at,
                )
            source = Source(
                key=f"case-{kind.collector}", name=kind.collector, collector=kind.collector, platform=kind.platform,
                url=one.url, config=dict(kind.config),
                account_id=account.id if account and kind.bound else None, credential_id=made.id if made else None,
                period_seconds=1,
            )
            session.add(source)
            session.flush()
            players.append(Player(one, source.id, account.id if account else None))
        session.commit()
    return players


def again(players: list[Player]) -> None:
    """Make the interfaces due at once, whatever the hour and what was left of the day's calls, and have their worlds go
    on: as if each start were another day's."""
    from sqlalchemy import delete, update

    from core import db
    from core.models import Quota, Source

    with db.session() as session:
        session.execute(delete(Quota))
        mine = Source.id.in_([player.source_id for player in players])
        session.execute(update(Source).where(mine).values(next_due_at=None))
        session.commit()
    for player in players:
        player.case.grow()


def prepare(port: int) -> None:
    from core import db
    from core.models import Account, Source

    db.migrate()
    with db.session() as session:
        for n in range(SITES + ACCOUNTS):
            account = None
            if n >= SITES:
                account = Account(platform="wechat", external_id=f"gh_{n}", name=f"账号{n}")
                session.add(account)
                session.flush()
            session.add(Source(
                key=f"feed-{n}", name=f"来源{n}", collector="feed", platform="wechat" if account else "news",
                url=f"http://127.0.0.{1 + n}:{port}/{n}", period_seconds=1, account_id=account.id if account else None,
            ))
        session.commit()


def start(environ: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "scheduler.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(child: subprocess.Popen) -> None:
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def compare(press: Press, players: list[Player]) -> dict[str, Any]:
    """What is in the database against what was published."""
    from sqlalchemy import func, select

    from core import db, evidence
    from core.models import Capture, Mention, Post, Run, Source
    from tests.lab.holding import FACTS, differences, doubled

    expected = Counter(f"f{n}-{i}" for n in range(SITES + ACCOUNTS) for i in range(press.published(n)))
    with db.session() as session:
        fed = select(Source.id).where(Source.key.startswith("feed-"))
        found = Counter(session.execute(select(Mention.external_id).where(Mention.source_id.in_(fed))).scalars())
        fed = select(Source.account_id).where(Source.key.startswith("feed-"), Source.account_id.is_not(None))
        found += Counter(session.execute(select(Post.external_id).where(Post.account_id.in_(fed))).scalars())
        lacking = [
            f"{player.case.collector}: {words}" for player in players
            for words in differences(session, player.case.truth(), player.source_id, player.account_id)
        ]
        twice = doubled(session)
        facts = sum(session.execute(select(func.count()).select_from(t)).scalar() for t in FACTS)
        captures = list(session.execute(select(Capture)).scalars())
        unreadable = 0
        for capture in captures:
            try:
                evidence.body(capture)
            except evidence.EvidenceLost:
                unreadable += 1
        untraced = len(list(session.execute(select(Post.id).where(Post.capture_id.is_(None))).scalars()))
        open_runs = len(list(session.execute(select(Run.id).where(Run.finished_at.is_(None))).scalars()))
        interrupted = len(list(session.execute(select(Run.id).where(Run.note.contains("进程中断"))).scalars()))
    return {
        "facts": facts, "lost": sum((expected - found).values()) + len(lacking),
        "duplicated": sum((found - expected).values()) + len(twice), "interfaces": len(players),
        "what": [*lacking, *twice][:5], "by": dict(Counter(words.partition(":")[0] for words in lacking)),
        "captures": len(captures), "unreadable": unreadable, "untraced": untraced,
        "interrupted_runs": interrupted, "open_runs": open_runs,
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)
    press = Press()
    with tempfile.TemporaryDirectory() as folder, Lab(host="0.0.0.0") as lab:
        os.environ |= {
            "PULSE_DATA_DIR": folder, "PULSE_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8", "PULSE_PACE_SECONDS": "0.05",
            "PULSE_TICK_SECONDS": "1",
        }
        os.environ.pop("DATABASE_URL", None)
        prepare(press.port)
        players = cases(lab)
        begun = time.perf_counter()
        died = 0
        for _ in range(chosen.kills):
            press.asked.clear()
            again(players)
            child = start(dict(os.environ))
            press.asked.wait(60)
            time.sleep(chance.uniform(0, 2.5))
            died += child.poll() is not None
            kill(child)
        press.still = True
        again(players)
        child = start(dict(os.environ))
        settle(child, players)
        print(json.dumps({
            "kills": chosen.kills, "died_before": died, "seconds": round(time.perf_counter() - begun),
            **compare(press, players),
        }))


def settle(child: subprocess.Popen, players: list[Player]) -> None:
    """Let it collect every feed twice more and every interface to its end without a kill, then stop it in order."""
    from sqlalchemy import func, select

    from core import db
    from core.models import Run, Source

    with db.session() as session:
        last = session.execute(select(func.max(Run.id))).scalar() or 0
        feeds = list(session.execute(select(Source.id).where(Source.key.startswith("feed-"))).scalars())
    until = time.perf_counter() + 120
    while time.perf_counter() < until:
        time.sleep(1)
        with db.session() as session:
            runs = Counter(session.execute(
                select(Run.source_id).where(Run.id > last, Run.finished_at.is_not(None), Run.source_id.is_not(None))
            ).scalars())
            waiting = session.execute(
                select(func.count()).select_from(Source)
                .where(Source.id.in_([p.source_id for p in players]), Source.next_due_at.is_(None))
            ).scalar()
        fed = [runs[source_id] for source_id in feeds]
        if min(fed) >= 2 and not waiting and all(runs[p.source_id] for p in players):
            break
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(60)
    except subprocess.TimeoutExpired:
        kill(child)


if __name__ == "__main__":
    main()
