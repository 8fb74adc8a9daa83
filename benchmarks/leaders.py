"""How often the check of leaders' names and titles is wrong on real texts: `python -m benchmarks.leaders LIST
[--data ../shared/data] [--own 武汉市]`.

LIST is a table as the operator would upload it (姓名, 职务, 任职日期, 离任日期), of people who stand in the texts; none
is part of the repository. Every hit is printed to be judged by eye. Then errors are put into the texts: wherever a
listed title stands directly before its holder of that day, one character of the given name becomes another one.
The last line is one JSON object.
"""

import argparse
import csv
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from core.ledger.leaders import read
from core.opinion.leaders import Leader, Roll

WRONG = "明鸣伟炜军君建健华骅强祥平萍杰捷"
"""Characters that errors are made of."""


def texts(data: Path) -> Iterator[tuple[str, date, str]]:
    """(set, day, text) of posts and titles; of sets without days a day in their time."""
    csv.field_size_limit(10**9)

    def rows(name: str) -> Iterator[dict[str, str]]:
        with gzip.open(data / name, "rt", encoding="utf-8") as file:
            yield from csv.DictReader(file)

    for row in rows("weibo_cctvnews_2020/posts.csv.gz"):
        day = re.match(r"\s*(\d+)月(\d+)日", row["WB_from"])
        yield "weibo_cctvnews_2020", date(2020, int(day[1]), int(day[2])) if day else date(2020, 3, 1), row["WB_text"]
    for row in rows("wechat_rss_feeds/items.csv.gz"):
        yield "wechat_rss_feeds", date(2021, 3, 1), row["title"]
    for row in rows("multiplatform_hot_trendradar/titles.csv.gz"):
        yield "multiplatform_hot_trendradar", date.fromisoformat(row["date"]), row["title"]
    for row in rows("weibo_hot_titles_daily/titles.csv.gz"):
        yield "weibo_hot_titles_daily", date.fromisoformat(row["date"][:10]), row["title"]


def spoilt(roll: Roll, text: str, day: date, chance: random.Random) -> Iterator[tuple[str, int]]:
    """The text with one wrong character in a holder's given name, and where it is."""
    for title in roll.titles:
        for holder in (one for one in roll.by_title[title] if one.held(day)):
            if (at := text.find(title + holder.name)) >= 0:
                place = at + len(title) + chance.randrange(1, len(holder.name))
                letter = chance.choice([letter for letter in WRONG if letter != text[place]])
                yield text[:place] + letter + text[place + 1:], place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--own", default="武汉市", help="the district's name")
    chosen = parser.parse_args()
    lines = read("", chosen.list.read_bytes(), chosen.list.name)
    roll = Roll([Leader(one.name, one.titles, one.since, one.until) for one in lines], chosen.own)
    chance, seen, total, hits, made, told = random.Random(1), set(), Counter(), Counter(), 0, 0
    spent = 0.0
    for name, day, text in texts(chosen.data):
        if text in seen:
            continue
        seen.add(text)
        total[name] += 1
        begun = time.perf_counter()
        found = roll.find(text, day)
        spent += time.perf_counter() - begun
        hits[name] += len(found)
        for hit in found:
            print(name, day, hit.around, hit.term.right, hit.term.note)
        for bad, place in spoilt(roll, text, day, chance):
            made += 1
            told += any(hit.start <= place < hit.end for hit in roll.find(bad, day))
    print(json.dumps({
        "lines": len(lines), "texts": dict(total), "hits": dict(hits), "microseconds_a_text": round(
            spent / sum(total.values()) * 1e6, 1), "errors_made": made, "errors_found": told,
    }, ensure_ascii=False))


if __name__ == "__main__":
    main()
