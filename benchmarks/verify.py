"""What verifying costs: `python -m benchmarks.verify --folder DIR [--accounts 300]`.

The folder holds a sample district (`python -m core demo`). In a copy of it the answers of its last whole month are
taken in again under other accounts' names, until there are so many accounts; then that month is verified whole, and the
walk from a figure to its field in the captured answer is made for readings picked at random, each in a cold cache. The
last line is one JSON object; times in seconds and milliseconds.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

WALKS = 200


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--accounts", type=int, default=300)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "data"
        shutil.copytree(chosen.folder, copy, ignore=shutil.ignore_patterns("reports", "*.lock"))
        os.environ["PULSE_DATA_DIR"] = str(copy)
        print(json.dumps(run(chosen.accounts), ensure_ascii=False))


def run(accounts: int) -> dict:
    from sqlalchemy import func, select

    from collectors import SOURCES
    from core import clock, db, rollup
    from core.clock import Month
    from core.models import Account, Capture, Post, Reading
    from core.query import posts
    from core.recheck import pointed, verify
    from core.recheck.captured import parsers_of

    db.migrate()
    month, parsers = Month.of(clock.day_of(clock.now())).shift(-1), parsers_of(SOURCES)
    with db.session() as session:
        grown(session, month, accounts)
        rollup.run(session)
        many = session.execute(select(func.count()).select_from(Account)).scalar_one()
        published = session.execute(select(func.count()).select_from(Post).where(
            Post.day.between(month.first, month.last))).scalar_one()
    begun = time.perf_counter()
    with db.snapshot() as reading:
        verdict = verify.verify(reading, month.first, month.last, parsers)
    seconds = time.perf_counter() - begun
    rng, walks = random.Random(1), []
    with db.session() as session:
        ids = list(session.execute(select(Reading.id).join(Post, Post.id == Reading.post_id).where(
            Post.day.between(month.first, month.last), Reading.capture_id.is_not(None))).scalars())
        for id_ in rng.sample(ids, min(WALKS, len(ids))):
            at = time.perf_counter()
            post = session.execute(select(Reading.post_id).where(Reading.id == id_)).scalar_one()
            posts.readings(session, post)
            found = posts.evidence(session, id_)
            shown = pointed.point(session, found.capture_id, found.locator, found.what, found.moment, parsers,
                                  found.named)
            walks.append((time.perf_counter() - at) * 1000)
            assert any(line.mark for line in shown.lines), shown
        size = session.execute(select(func.sum(Capture.size))).scalar_one()
    return {
        "accounts": many, "posts": published, "figures": verdict.figures, "wrong": verdict.wrong,
        "captures": verdict.captures, "megabytes": round(verdict.size / 1e6), "verify_s": round(seconds, 1),
        "walks": len(walks), "walk_p50_ms": round(statistics.median(walks)),
        "walk_p95_ms": round(sorted(walks)[int(len(walks) * 0.95)]), "walk_max_ms": round(max(walks)),
        "captured_megabytes": round(size / 1e6),
    }


def grown(session, month, accounts: int) -> None:
    """Take the month's answers in again under new names."""
    from sqlalchemy import select

    from core import clock, evidence, ingest
    from core.demo import payload
    from core.models import Account, Capture, Source

    since, until = clock.instant(month.first), clock.instant(month.last + timedelta(62))
    query = select(Capture).join(Source, Source.id == Capture.source_id)
    answers = [capture for capture in session.execute(query.where(
        Source.collector == "demo", Capture.fetched_at >= since, Capture.fetched_at < until)).scalars()
        if f"month={month}" in capture.request]
    known = session.execute(select(Account)).scalars().all()
    by_key = {(account.platform, account.external_id): account for account in known}
    names = {capture.id: json.loads(evidence.body(capture)) for capture in answers}
    number = 0
    for copy in range(1, 1 + -(-accounts // max(len(known), 1))):
        for capture in answers:
            if len(known) + number >= accounts:
                session.commit()
                return
            answer = names[capture.id]
            owner = by_key[answer["platform"], answer["account"]["id"]]
            text = json.dumps(answer, ensure_ascii=False).replace(owner.external_id, f"{owner.external_id}-c{copy}")
            account = Account(platform=owner.platform, external_id=f"{owner.external_id}-c{copy}",
                              name=f"{owner.name}{copy}", unit_id=owner.unit_id, demo=True)
            session.add(account)
            session.flush()
            source, body = session.get_one(Source, capture.source_id), text.encode()
            run = ingest.begin(session, "collect", source=source, at=capture.fetched_at)
            kept = evidence.keep(session, body, request=capture.request, fetched_at=capture.fetched_at, run=run,
                                 status=200, source_id=source.id, media_type=capture.media_type, demo=True)
            stored = ingest.store(session, payload.parse(body), run=run, capture=kept, source=source)
            ingest.finish(session, run, "ok", stored.words, at=capture.fetched_at, stored=stored)
            number += 1
    session.commit()


if __name__ == "__main__":
    main()
