"""A week of real hot lists through the whole way in: served on loopback, collected, folded, grouped into topics.

    python -m benchmarks.hotweek [--data DIR] [--from 2025-10-20] [--days 7]

DIR holds `titles.csv.gz` (date, time, platform_id, platform, rank, title, url). Prints the ten largest topics and,
last, one JSON object with counts and speeds. The database is a temporary one.
"""

import argparse
import asyncio
import csv
import gzip
import json
import logging
import os
import tempfile
import threading
import time
from collections import defaultdict
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "multiplatform_hot_trendradar"
PLATFORMS = {
    "weibo": "weibo_hot", "baidu": "baidu", "douyin": "douyin", "toutiao": "toutiao", "tieba": "tieba",
    "zhihu": "zhihu", "thepaper": "thepaper", "ifeng": "ifeng", "bilibili-hot-search": "bilibili", "cls-hot": "cls",
    "wallstreetcn-hot": "wallstreetcn",
}
"""newsnow's list → platform of the catalogue."""

Crawls = dict[datetime, dict[str, list[dict]]]


def read(folder: Path, first: date, days: int) -> Crawls:
    """Moment of a crawl (aware UTC) → list → its items in order, in newsnow's shape."""
    from core import clock

    last = first + timedelta(days)
    crawls: Crawls = defaultdict(lambda: defaultdict(list))
    with gzip.open(folder / "titles.csv.gz", "rt", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if first.isoformat() <= row["date"] < last.isoformat():
                hour, minute = map(int, row["time"].split(":"))
                at = clock.instant(date.fromisoformat(row["date"]), hour, minute)
                item = {"id": row["url"] or row["title"], "title": row["title"], "url": row["url"]}
                crawls[at][row["platform_id"]].append(item)
    return dict(sorted(crawls.items()))


class Replay:
    """A newsnow server on loopback that shows the crawl it is set to."""

    def __init__(self) -> None:
        self.lists: dict[str, list[dict]] = {}
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = parse_qs(urlsplit(self.path).query).get("id", [""])[0]
                body = json.dumps({"status": "success", "id": name, "items": replay.lists.get(name, [])}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


def collect_week(crawls: Crawls) -> dict[str, float]:
    """Every crawl through collectors, ingest and understanding, at its own moment; returns seconds by step."""
    from collectors import SOURCES
    from collectors.http import Http
    from core import collect, db
    from core.models import Source
    from core.understand import understand

    replay = Replay()
    with db.session() as session:
        for name, platform in PLATFORMS.items():
            session.add(Source(
                key=f"newsnow-{name}", name=name, collector="hotlist", platform=platform, url=replay.url,
                config={"id": name}, period_seconds=60,
            ))
        session.commit()
    spent = {"collect": 0.0, "understand": 0.0}

    async def crawl(moment: datetime, ids: list[int]) -> None:
        async with Http(pace_seconds=0, private_hosts="127.0.0.1") as http:
            await collect.collect(ids, SOURCES, http, now=lambda: moment)

    for at, lists in crawls.items():
        replay.lists = lists
        started = time.perf_counter()
        with db.session() as session:
            ids = collect.due(session, at, SOURCES)
        asyncio.run(crawl(at, ids))
        spent["collect"] += time.perf_counter() - started
        started = time.perf_counter()
        with db.session() as session:
            understand(session, now=at)
            session.commit()
        spent["understand"] += time.perf_counter() - started
    replay.server.shutdown()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2025, 10, 20))
    parser.add_argument("--days", type=int, default=7)
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PULSE_DATA_DIR"] = folder
        os.environ.pop("DATABASE_URL", None)
        from sqlalchemy import func, select

        from core import db
        from core.models import Mention, Run, Topic

        db.migrate()
        crawls = read(options.data, options.first, options.days)
        spent = collect_week(crawls)
        with db.session() as session:
            mentions = session.execute(select(func.count()).select_from(Mention)).scalar()
            folds = session.execute(select(func.count(func.distinct(Mention.fold_id)))).scalar()
            live = Topic.alias_of.is_(None)
            topics = session.execute(select(func.count()).where(live)).scalar()
            failed = session.execute(select(func.count()).where(Run.state == "failed")).scalar()
            largest = session.execute(
                select(Topic).where(live).order_by(Topic.folded.desc(), Topic.mentions.desc()).limit(10)
            ).scalars()
            for place, topic in enumerate(largest, start=1):
                print(f"{place}. {topic.title}（{topic.mentions} 条，去重 {topic.folded}，{topic.platforms} 个平台；"
                      f"{'、'.join(topic.keywords[:6])}）")
                members = select(Mention.title).where(Mention.topic_id == topic.id).distinct().limit(8)
                for title in session.execute(members).scalars():
                    print(f"     {title}")
        print(json.dumps({
            "benchmark": "hotweek", "crawls": len(crawls), "lists": sum(len(c) for c in crawls.values()),
            "mentions": mentions, "texts": folds, "topics": topics, "failed_runs": failed,
            "collect_seconds": round(spent["collect"], 1), "understand_seconds": round(spent["understand"], 1),
            "mentions_per_second": round(mentions / max(spent["understand"], 1e-9), 1),
        }, ensure_ascii=False))


if __name__ == "__main__":
    main()
