"""Topics on real titles: `python -m benchmarks.topics [--data DIR] [--first 2025-10-20] [--days 7] [--grams-only]`.

Streams the hot-list titles of a week in the order of their first sighting, in batches of 256 as the scheduler does,
and prints the ten largest topics with some of their titles. Where the folder holds ecob_zh_events, its 301 articles of
78 events are clustered by title too and scored by BCubed against the human labels. The last line is one JSON object.
"""

import argparse
import gzip
import json
import random
import time
from collections import defaultdict
from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from core import clock
from core.opinion.features import embedder, load_background
from core.opinion.topics import Clusterer, Item
from core.settings import CATALOG

BATCH = 256


def bcubed(gold: Mapping[int, Hashable], found: Mapping[int, Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F of Bagga and Baldwin's B-cubed over the items of `gold`."""
    by_gold, by_found = defaultdict(set), defaultdict(set)
    for item, label in gold.items():
        by_gold[label].add(item)
        by_found[found[item]].add(item)
    common = {item: len(by_gold[gold[item]] & by_found[found[item]]) for item in gold}
    precision = sum(n / len(by_found[found[item]]) for item, n in common.items()) / len(gold)
    recall = sum(n / len(by_gold[gold[item]]) for item, n in common.items()) / len(gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def hot_titles(data: Path, first: date, days: int) -> list[Item]:
    """Each title of each list once, at its first sighting in the period."""
    rows = pd.read_csv(data / "multiplatform_hot_trendradar/titles.csv.gz", dtype=str)
    rows = rows[(rows.date >= str(first)) & (rows.date < str(first + timedelta(days)))]
    rows = rows.drop_duplicates(["platform_id", "title"]).sort_values(["date", "time"], kind="stable")
    stamps = [clock.aware(datetime.fromisoformat(f"{day}T{at}")) for day, at in zip(rows.date, rows.time, strict=True)]
    return [Item(n, title, at) for n, (title, at) in enumerate(zip(rows.title, stamps, strict=True))]


def stream(clusterer: Clusterer, items: list[Item], batch: int = BATCH) -> dict[int, int]:
    """Topic of every item after the whole stream."""
    assigned: dict[int, int] = {}
    alias: dict[int, int] = {}
    for start in range(0, len(items), batch):
        change = clusterer.add(items[start : start + batch])
        assigned |= change.assigned
        alias |= change.merged
    out = {}
    for item, topic in assigned.items():
        while topic in alias:
            topic = alias[topic]
        out[item] = topic
    return out


def events(data: Path, make, batch: int) -> dict[str, float]:
    """BCubed on the titles of ecob_zh_events, shuffled."""
    with gzip.open(data / "ecob_zh_events/dev.doc.json.gz", "rt", encoding="utf-8") as file:
        articles = json.load(file)
    gold = {n: article["Descriptor"]["event_id"] for n, article in enumerate(articles)}
    at = datetime(2025, 1, 1, tzinfo=UTC)
    items = [Item(n, article["Doc"]["title"], at) for n, article in enumerate(articles)]
    random.Random(1).shuffle(items)
    names = ("precision", "recall", "f")
    return dict(zip(names, (round(x, 3) for x in bcubed(gold, stream(make(), items, batch))), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 10, 20))
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--grams-only", action="store_true", help="as where the embedding can't be installed")
    options = parser.parse_args()
    background = load_background(CATALOG / "text_background.npz")
    embed = None if options.grams_only else embedder(background)

    items = hot_titles(options.data, options.first, options.days)
    clusterer = Clusterer(background, embed)
    started = time.perf_counter()
    topic_of = stream(clusterer, items)
    seconds = time.perf_counter() - started
    members = defaultdict(list)
    for item in items:
        members[topic_of[item.id]].append(item)
    largest = sorted((id_ for id_ in members if id_ in clusterer.topics), key=lambda id_: -len(members[id_]))[:10]
    shown = []
    for id_ in largest:
        title, words = clusterer.name(id_)
        shown.append({"titles": len(members[id_]), "title": title, "keywords": words})
        print(f"{len(members[id_]):4d}  {title}  （{'、'.join(words)}）")
        step = max(1, len(members[id_]) // 6)
        print("      " + " / ".join(item.title[:30] for item in members[id_][::step][:6]))
    result = {
        "titles": len(items), "topics": len(members), "embedding": embed is not None,
        "titles_per_second": round(len(items) / seconds, 1), "largest": shown,
    }
    if (options.data / "ecob_zh_events").is_dir():
        for batch in (301, 20):
            result[f"ecob_batch_{batch}"] = events(options.data, lambda: Clusterer(background, embed), batch)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
