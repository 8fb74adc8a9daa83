"""What came in, through every step: `python -m benchmarks.pipeline --data ../shared/data [--to 1000000] [--live 60]`.

Mentions are made of real texts (posts of 央视新闻, Toutiao and THUCNews titles, rumours, Weibo posts) with variations:
half are reprints (whole, cut, with words before or behind), half are made of two texts. They come fourteen hundred a
day of made-up time, so that from the first mark on, a week of topics is active, and what is stored is all that grows
(`--a-day` for busier places). Each text is spoken of for a week, three hundred new ones a day; after some four months
the texts run out and come once more. With `--endless` all are spoken of for ever: topics never end, and fill up until
they hold what a topic holds at most. They are taken in by `ingest` in batches of a hundred, as a source gives them,
and each batch is sifted at once (`core.sift`: watches, risk, places, sentiment) with forty watches and a district's
names; every thousand are folded and grouped (`core.understand`), as the scheduler does between two looks at the time.
For the last mentions before each mark it is measured how many a second go through each step and through all (`cpu_s`:
for a second of this process's CPU, which other work on the machine disturbs less), how long a batch of a hundred
takes from its arrival to its senses (the worst of them), the active topics, memory and the size of the database.

Topics are grouped by n-grams alone unless `--embed` is given: embedding costs the same for each new text whatever is
stored (`benchmarks.topics`). `--live SECONDS`: before all that, a hundred mentions a second of real time, sifted every
two seconds as the scheduler does, and how long each took from its arrival to its senses. With DATABASE_URL (of an empty
database) it runs there. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlmodel import Session

from benchmarks.risk import texts

START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH, UNDERSTOOD = 100, 1_000
NEW_A_DAY = 300
"""Texts that begin to be spoken of each day, for a week."""
QUERIES = [f"@本区 ({word})" for word in (
    "停水 或 停电 或 停气", "拆迁 或 征收", "物业费", "欠薪 或 讨薪", "学校 近20 食堂", "幼儿园", "医院 近20 投诉",
    "异味", "噪音", "火灾 或 起火", "爆炸", "车祸", "坠楼", "城管", "公交", "地铁", "积水", "烂尾", "电梯", "停车")] + [
    f"{a} 近15 {b} -演练" for a in ("学生", "业主", "工人", "老人") for b in ("坠楼", "维权", "受伤", "求助", "中毒")]
PLACES = ("浦东新区", "川沙新镇", "张江镇", "人民路", "", "", "")


def mentions(data: Path, number: int, seed: int = 11, a_day: int | None = None) -> Iterator[tuple[str, str]]:
    """Made-up mentions: title and text. `a_day`: so many a day, and each text is spoken of for a week; without, all
    texts all the time."""
    chance = random.Random(seed)
    pool = [text for _, some in texts(data) for text in some if len(text) >= 12]
    chance.shuffle(pool)
    every = pool
    for n in range(number):
        if a_day and n % max(a_day // 24, 1) == 0:
            oldest = n * NEW_A_DAY // a_day
            every = [pool[(oldest + k) % len(pool)] for k in range(7 * NEW_A_DAY)]
        said = chance.choice(every)
        if chance.random() < 0.5:  # a reprint
            cut = len(said) if chance.random() < 0.5 else chance.randrange(len(said) * 3 // 4, len(said) + 1)
            before, behind = chance.choice(("", "", "转：", "【转载】")), chance.choice(("", "", "，求关注", "！"))
            said = f"{before}{said[:cut]}{behind}"
        else:  # half of one and half of another
            other = chance.choice(every)
            said = f"{chance.choice(PLACES)}{said[: len(said) // 2]}，{other[len(other) // 2 :]}"
        yield said[:40], said if len(said) > 40 else ""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--to", type=int, default=100_000)
    options.add_argument("--marks", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--a-day", type=int, default=1_400)
    options.add_argument("--endless", action="store_true", help="topics never end")
    options.add_argument("--window", type=int, default=5_000, help="mentions before each mark that its rates are of")
    options.add_argument("--embed", action="store_true")
    options.add_argument("--live", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PULSE_DATA_DIR"] = folder
        print(json.dumps(run(chosen, Path(folder))))


def prepare(session: Session) -> int:
    """A source, forty watches and what the district is called; the source's id."""
    from core import district, sift
    from core.models import Source, Watch
    from core.opinion.watch import Profile

    source = Source(key="benchmark", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    session.add_all(Watch(name=f"方案{n}", query=query, at=START) for n, query in enumerate(QUERIES))
    ours = Profile("浦东新区", ("浦东",), ("人民路",), ("上海",), "310115")
    district.keep(session, ours, who="", now=START)
    session.commit()
    sift.sieve(session)  # made before anything is measured
    return source.id


def take(session: Session, source_id: int, batch: list, at: datetime) -> None:
    """Take a batch in as an answer of the source."""
    from core import ingest
    from core.models import Source
    from core.records import Batch

    source = session.get(Source, source_id)
    run_ = ingest.begin(session, "collect", at=at, source=source)
    stored = ingest.store(session, Batch(mentions=batch), run=run_, capture=None, source=source)
    ingest.finish(session, run_, "ok", stored.words, at=at, stored=stored)
    session.commit()
    session.expunge_all()


def run(chosen: argparse.Namespace, folder: Path) -> dict:
    from core import db, sift, understand
    from core.records import MentionRecord

    db.migrate()
    full = understand.reader()
    using = full if chosen.embed else understand.Reader(full.background, None)
    found: dict = {"backend": db.engine().dialect.name, "embedding": using.embed is not None, "marks": []}
    with db.session() as session:
        source = prepare(session)
    if chosen.live:
        found["live"] = live(chosen.data, chosen.live, source)
    with db.session() as session:
        spent = dict.fromkeys(("ingest", "sift", "understand"), 0.0)
        worst, cpu, batch = 0.0, time.process_time(), []
        marks = sorted({*chosen.marks, chosen.to})
        watched = sorted({max(mark - chosen.window, 0) for mark in marks})
        a_day = None if chosen.endless else chosen.a_day
        for n, (title, said) in enumerate(mentions(chosen.data, chosen.to, a_day=a_day)):
            if n in watched:
                spent, worst, cpu = dict.fromkeys(spent, 0.0), 0.0, time.process_time()
            at = START + n * timedelta(days=1) / chosen.a_day
            batch.append(MentionRecord(external_id=str(n), title=title, text=said, published_at=at, observed_at=at))
            if len(batch) < BATCH:
                continue
            begun = time.perf_counter()
            take(session, source, batch, at)
            taken = time.perf_counter()
            sift.run(session, now=at)
            done = time.perf_counter()
            spent["ingest"] += taken - begun
            spent["sift"] += done - taken
            worst = max(worst, done - begun)
            if (n + 1) % UNDERSTOOD == 0:
                understand.understand(session, now=at + timedelta(hours=1), limit=UNDERSTOOD, using=using)
                spent["understand"] += time.perf_counter() - done
            session.expunge_all()
            batch = []
            if n + 1 in marks:
                number = min(chosen.window, n + 1)
                found["marks"].append(_mark(session, folder, n + 1, number, spent, worst)
                                      | {"cpu_s": round(number / (time.process_time() - cpu))})
                print(found["marks"][-1], flush=True)
    return found


def _mark(session: Session, folder: Path, stored: int, number: int, spent: dict[str, float], worst: float) -> dict:
    from core.models import Topic

    active = session.execute(select(func.count()).select_from(Topic).where(Topic.active.is_(True))).scalar()
    return {
        "stored": stored, **{f"{name}_s": round(number / value) for name, value in spent.items() if value},
        "all_s": round(number / sum(spent.values())), "worst_batch_ms": round(1000 * worst),
        "active_topics": active, "database_mb": round(_size(session, folder) / 1e6),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def live(data: Path, seconds: int, source: int) -> dict:
    """A hundred mentions a second of real time, sifted by the scheduler's job; seconds from arrival to senses."""
    from core import clock, db, jobs
    from core.models import Sense
    from core.records import MentionRecord
    from scheduler import SIFT_SECONDS

    arrived: list[float] = []
    over = threading.Event()
    waits: list[float] = []

    def arrive() -> None:
        begun = time.monotonic()
        with db.session() as session:
            said = mentions(data, 100 * seconds, seed=12)
            for tick in range(seconds * 10):
                time.sleep(max(begun + tick / 10 - time.monotonic(), 0))
                now = clock.now()
                batch = [MentionRecord(external_id=f"live{tick}-{n}", title=title, text=text_, published_at=now,
                                       observed_at=now) for n, (title, text_) in zip(range(10), said, strict=False)]
                came = time.monotonic()
                take(session, source, batch, now)
                arrived.extend([came] * len(batch))
        over.set()

    thread = threading.Thread(target=arrive)
    thread.start()
    while True:
        begun, last = time.monotonic(), over.is_set()
        jobs.sift()
        done = time.monotonic()
        with db.session() as session:
            sensed = len(session.execute(select(Sense.mention_id)).all())
        waits += [done - came for came in arrived[len(waits) : sensed]]
        if last and len(waits) == 100 * seconds:
            break
        time.sleep(max(begun + SIFT_SECONDS - time.monotonic(), 0))
    thread.join()
    waits.sort()
    return {"mentions": len(waits), "median_s": round(waits[len(waits) // 2], 2),
            "p95_s": round(waits[len(waits) * 95 // 100], 2), "slowest_s": round(waits[-1], 2)}


def _size(session: Session, folder: Path) -> int:
    """Bytes of the database."""
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(text("SELECT pg_database_size(current_database())")).scalar()
    return sum(path.stat().st_size for path in folder.glob("pulse.db*"))


if __name__ == "__main__":
    main()
