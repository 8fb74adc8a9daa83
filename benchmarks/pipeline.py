"""What came in, through every step: `python -m benchmarks.pipeline --data ../shared/data [--to 100000] [--marks N …]`.

Mentions are made of real texts (posts of 央视新闻, Toutiao titles, rumours) with variations, published one after the
other, a hundred a second of made-up time, and taken in by `ingest` in batches of a hundred, as a source gives them;
each batch is sifted at once (`core.sift`: watches, risk, places, sentiment) with forty watches and a district's names.
From mark to mark it is measured how many a second are taken in and sifted, how long a batch of a hundred takes from its
arrival to its senses (the worst of them), memory and the size of the database. `--understand` folds and groups them,
too (the embedding makes that slow). With DATABASE_URL it runs there. The last line is one JSON object.
"""

import argparse
import json
import os
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.risk import texts

START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 100
QUERIES = [f"@本区 ({word})" for word in (
    "停水 或 停电 或 停气", "拆迁 或 征收", "物业费", "欠薪 或 讨薪", "学校 近20 食堂", "幼儿园", "医院 近20 投诉",
    "异味", "噪音", "火灾 或 起火", "爆炸", "车祸", "坠楼", "城管", "公交", "地铁", "积水", "烂尾", "电梯", "停车")] + [
    f"{a} 近15 {b} -演练" for a in ("学生", "业主", "工人", "老人") for b in ("坠楼", "维权", "受伤", "求助", "中毒")]


def mentions(data: Path, number: int):
    """Made-up mentions: title and text."""
    chance = random.Random(11)
    every = [text for _, some in texts(data) for text in some if len(text) >= 12]
    names = ("浦东新区", "川沙新镇", "张江镇", "人民路", "")
    for n in range(number):
        text = chance.choice(every)
        cut = chance.randrange(len(text) // 2, len(text))
        said = f"{chance.choice(names)}{text[:cut]}{chance.choice(('', '，求关注', '，转', '！'))}{n % 97}"
        yield said[:40], said if len(said) > 40 else ""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--to", type=int, default=100_000)
    options.add_argument("--marks", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    options.add_argument("--understand", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PULSE_DATA_DIR"] = folder
        print(json.dumps(run(chosen, Path(folder))))


def run(chosen: argparse.Namespace, folder: Path) -> dict:
    from core import db, district, ingest, sift, understand
    from core.models import Source, Watch
    from core.opinion.watch import Profile
    from core.records import Batch, MentionRecord

    db.migrate()
    found: dict = {"backend": db.engine().dialect.name, "marks": []}
    with db.session() as session:
        source = Source(key="benchmark", name="微博搜索", collector="page", platform="weibo")
        session.add(source)
        session.add_all(Watch(name=f"方案{n}", query=query, at=START) for n, query in enumerate(QUERIES))
        ours = Profile("浦东新区", ("浦东",), ("人民路",), ("上海",), "310115")
        district.keep(session, ours, who="", now=START)
        session.commit()
        sift.sieve(session)  # made before anything is measured
        spent = {"ingest": 0.0, "sift": 0.0, "understand": 0.0}
        since, worst = 0, 0.0
        batch: list[MentionRecord] = []
        for n, (title, said) in enumerate(mentions(chosen.data, chosen.to)):
            at = START + timedelta(seconds=n / 100)
            batch.append(MentionRecord(external_id=str(n), title=title, text=said, published_at=at, observed_at=at))
            if len(batch) < BATCH:
                continue
            begun = time.perf_counter()
            run_ = ingest.begin(session, "collect", at=at, source=source)
            stored = ingest.store(session, Batch(mentions=batch), run=run_, capture=None, source=source)
            ingest.finish(session, run_, "ok", stored.words, at=at, stored=stored)
            session.commit()
            taken = time.perf_counter()
            sift.run(session, now=at)
            done = time.perf_counter()
            spent["ingest"] += taken - begun
            spent["sift"] += done - taken
            worst = max(worst, done - begun)
            if chosen.understand:
                understand.understand(session, now=at + timedelta(hours=1), limit=BATCH)
                spent["understand"] += time.perf_counter() - done
            session.expunge_all()
            source = session.get(Source, source.id)
            batch = []
            if n + 1 in (*chosen.marks, chosen.to) or (n + 1) == chosen.marks[0] // 2:
                number = n + 1 - since
                size = _size(session, folder)
                mark = {
                    "stored": n + 1, **{f"{name}_s": round(number / value) for name, value in spent.items() if value},
                    "worst_batch_ms": round(1000 * worst), "database_mb": round(size / 1e6),
                    "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                }
                found["marks"].append(mark)
                print(mark, flush=True)
                spent, since, worst = dict.fromkeys(spent, 0.0), n + 1, 0.0
    return found


def _size(session: Session, folder: Path) -> int:
    """Bytes of the database."""
    if session.get_bind().dialect.name == "postgresql":
        return session.execute(text("SELECT pg_database_size(current_database())")).scalar()
    return sum(path.stat().st_size for path in folder.glob("pulse.db*"))


if __name__ == "__main__":
    main()
