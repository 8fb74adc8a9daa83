"""Collecting many feeds from loopback, against a plain loop that stores nothing.

`python -m benchmarks.feeds [--feeds 5000] [--items 20]`. Each feed has a host of its own (an address in 127/8), as most
real ones do. The plain loop is asyncio with httpx and feedparser, 64 requests at a time, one client, nothing stored;
ours is the scheduler's engine as it is configured by default, with the bytes kept, the entries stored, every run on
record. Both ask the same server, one after the other. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import tempfile
import time
from pathlib import Path

TITLES = ("区里召开重点工作推进会", "社区卫生服务中心延长夜间门诊", "老旧小区加装电梯完成验收", "地铁站口人行道通车")


def feed(number: int, items: int) -> bytes:
    """A feed as government sites publish them: summaries of some 200 characters."""
    parts = []
    for n in range(items):
        title = f"{TITLES[(number + n) % len(TITLES)]}（第{number}号{n}）"
        text = f"<p>{title}。" + "各街镇、各部门按照要求抓好落实，听取群众意见，及时回应关切。" * 6 + "</p>"
        parts.append(
            f"<item><title>{title}</title><link>https://site{number}.example.cn/news/{n}.html</link>"
            f"<guid>https://site{number}.example.cn/news/{n}.html</guid>"
            f"<pubDate>Mon, {2 + n % 20:02d} Mar 2026 08:{n % 60:02d}:00 +0800</pubDate>"
            f"<description><![CDATA[{text}]]></description></item>"
        )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>站点{number}</title>'
        f"<link>https://site{number}.example.cn/</link>{''.join(parts)}</channel></rss>"
    ).encode()


def address(number: int, port: int) -> str:
    return f"http://127.{1 + number // 62_500}.{1 + number // 250 % 250}.{1 + number % 250}:{port}/feed/{number}.xml"


def serve(items: int, ready: multiprocessing.Queue) -> None:
    """The server, in a process of its own."""
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(b" ", 2)[1].rpartition(b"/")[2].removesuffix(b".xml"))
            body = feed(number, items)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body) + body
            )
            await writer.drain()
        finally:
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1024)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


async def plain_loop(urls: list[str]) -> int:
    import feedparser
    import httpx

    gate = asyncio.Semaphore(64)
    async with httpx.AsyncClient(timeout=20) as client:

        async def one(url: str) -> int:
            async with gate:
                answer = await client.get(url)
                return len(feedparser.parse(answer.content).entries)

        return sum(await asyncio.gather(*(one(url) for url in urls)))


def rss_mb() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def ours(urls: list[str]) -> dict:
    """The engine over those feeds: seconds, entries stored, memory on the way."""
    from sqlalchemy import func, select

    from collectors import SOURCES
    from core import db, kitchen
    from core.collect.engine import Engine
    from core.models import Mention, Run, Source
    from scheduler import make_http

    db.migrate()
    with db.session() as session:
        session.add_all(Source(
            key=f"feed-{n}", name=f"站点{n}", collector="feed", platform="news", url=url, period_seconds=86_400
        ) for n, url in enumerate(urls))
        session.commit()
    memory = []
    with kitchen.opened() as pool:
        engine = Engine(SOURCES, make_http, tick=5, kitchen=pool)
        begun = time.perf_counter()
        engine.start()
        marks = [len(urls) * n // 10 for n in range(1, 11)]
        while (done := sum(engine.outcome.values())) < len(urls) and engine.alive:
            if marks and done >= marks[0]:
                memory.append(round(rss_mb()))
                marks.pop(0)
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        memory.append(round(rss_mb()))
        engine.stop()
    with db.session() as session:
        mentions = session.execute(select(func.count()).select_from(Mention)).scalar()
        runs = session.execute(select(func.count()).select_from(Run)).scalar()
    return {"seconds": seconds, "entries": mentions, "runs": runs, "outcome": dict(engine.outcome), "memory_mb": memory}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=5_000)
    options.add_argument("--items", type=int, default=20)
    chosen = options.parse_args()
    ready: multiprocessing.Queue = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(chosen.items, ready), daemon=True)
    server.start()
    port = ready.get(timeout=30)
    urls = [address(n, port) for n in range(chosen.feeds)]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PULSE_DATA_DIR": folder, "PULSE_ALLOW_PRIVATE_HOSTS": "127.0.0.0/8"}
        os.environ.pop("DATABASE_URL", None)
        begun, cpu = time.perf_counter(), time.process_time()
        entries = asyncio.run(plain_loop(urls))
        seconds, plain_cpu = time.perf_counter() - begun, time.process_time() - cpu
        cpu = time.process_time()
        mine = ours(urls)
        cpu = time.process_time() - cpu
    server.terminate()
    print(json.dumps({
        "feeds": chosen.feeds, "plain_seconds": round(seconds, 1), "plain_rate": round(chosen.feeds / seconds, 1),
        "plain_entries": entries, "seconds": round(mine["seconds"], 1),
        "rate": round(chosen.feeds / mine["seconds"], 1), "entries": mine["entries"], "runs": mine["runs"],
        "plain_cpu": round(plain_cpu, 1), "cpu_of_the_engine_s_process": round(cpu, 1),
        "outcome": mine["outcome"], "ratio": round(seconds / mine["seconds"], 2), "memory_mb": mine["memory_mb"],
    }))


if __name__ == "__main__":
    main()
