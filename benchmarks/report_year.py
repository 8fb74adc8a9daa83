"""The reports of a year in one batch: `python -m benchmarks.report_year --folder DIR`.

The folder holds a sample district (`python -m core demo`, then `scheduler.py --once`). The monthly reports of the last
twelve months and the annual one of Weibo, WeChat and APP (39), and an opinion report of every half week of a year
(104) are built and issued in all three formats, one after the other, in one process. Seconds for building and for
writing files, peak memory, sizes, and which were the slowest; the last line is one JSON object.
"""

import argparse
import json
import os
import resource
import time
from collections import Counter, defaultdict
from pathlib import Path

PLATFORMS = ("weibo", "wechat", "app")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--most", type=int, default=0, help="so many only, spread over the kinds")
    chosen = options.parse_args()
    os.environ["PULSE_DATA_DIR"] = str(chosen.folder)
    print(json.dumps(run(chosen.most), ensure_ascii=False))


def run(most: int) -> dict:
    from core import clock, db
    from core.report import editions, kinds

    db.migrate()
    now = clock.now()
    wanted = orders(clock.day_of(now))
    if most:
        wanted = wanted[:: max(len(wanted) // most, 1)]
    took: dict[str, list[float]] = defaultdict(list)
    sizes, slowest, begun = Counter(), [], time.perf_counter()
    for number, order in enumerate(wanted, 1):
        at = time.perf_counter()
        with db.snapshot() as session:
            content = kinds.build(session, order, now=now)
        built = time.perf_counter()
        with db.session() as session:
            edition = editions.issue(session, content, by="测量", now=now)
            session.commit()
            listed = editions.listing(session, 1)
        done = time.perf_counter()
        took["build"].append(built - at)
        took["write"].append(done - built)
        sizes[order.kind] += int(listed["size"].iloc[0])
        slowest.append((round(done - at, 2), edition.title))
        print(f"{number}/{len(wanted)} {edition.title}: {built - at:.1f} + {done - built:.1f} s", flush=True)
    return {
        "reports": dict(Counter(order.kind for order in wanted)), "seconds": round(time.perf_counter() - begun, 1),
        "build_s": round(sum(took["build"]), 1), "write_s": round(sum(took["write"]), 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "mb": {kind: round(size / 1e6, 1) for kind, size in sizes.items()}, "slowest": sorted(slowest)[-3:],
    }


def orders(today) -> list:
    """39 reports on accounts and 104 or more on opinion."""
    from datetime import timedelta

    from core.periods import Period, all_of
    from core.report.outline import Order

    last = Period.of("month", today).shift(-1)
    months = [last.shift(-n) for n in range(12)][::-1]
    year = Period.of("year", last.last)
    found = [Order("monthly", month, platform) for month in months for platform in PLATFORMS]
    found += [Order("annual", year, platform) for platform in PLATFORMS]
    halves = all_of("halfweek", today - timedelta(366), today - timedelta(1))
    return found + [Order("opinion", half) for half in halves[-104:]]


if __name__ == "__main__":
    main()
