"""Topics on real titles: `python -m benchmarks.topics [--data DIR] [--first 2025-10-20] [--days 7] [--shuffles 3]`.

Where the folder holds ecob_zh_events (articles with the event they tell of), their titles are streamed one by one in
shuffled orders, with the embedding and without, and scored by BCubed against the events; beside it BERTopic with the
same embedding, which gets all at once (`pip install -r benchmarks/requirements.txt`, and `pip install --no-deps
bertopic==0.17.4`, since what it asks for brings torch; left out with a note where it is absent). Then the hot-list
titles of a week in the order of their first sighting, in batches of 256 as the scheduler does: the ten largest topics
with some of their titles, splits and drifts, the largest groups; BERTopic on the same titles. Speeds are texts for a
second of the processor's time, embedding apart. The last line is one JSON object.
"""

import argparse
import gzip
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from core import clock
from core.opinion.features import Background, embedder, load_background
from core.opinion.text import gist
from core.opinion.topic_groups import Groups
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


def hot_titles(data: Path, first: date | None, days: int) -> list[Item]:
    """Each title of each list once, at its first sighting in the period; without a first day, in the week in the middle
    of what there is."""
    rows = pd.read_csv(data / "multiplatform_hot_trendradar/titles.csv.gz", dtype=str)
    if first is None:
        every = sorted(rows.date.unique())
        first = date.fromisoformat(every[max(len(every) - days, 0) // 2])
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


class Embedding:
    """The embedding, each text once; how many it made and in what time."""

    def __init__(self, background: Background) -> None:
        self._made = embedder(background)
        self._held: dict[str, np.ndarray] = {}
        self.seconds = 0.0

    @property
    def texts_per_second(self) -> float | None:
        return round(len(self._held) / self.seconds, 1) if self.seconds else None

    def __bool__(self) -> bool:
        return self._made is not None

    def __call__(self, texts: list[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in self._held))
        begun = time.process_time()
        self._held |= dict(zip(new, self._made(new), strict=True))
        self.seconds += time.process_time() - begun
        return np.stack([self._held[text] for text in texts])


def events(data: Path) -> tuple[list[Item], dict[int, Hashable]]:
    """The articles of ecob_zh_events and the event of each."""
    articles = []
    for path in sorted((data / "ecob_zh_events").glob("*.doc.json*")):
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
            articles += json.load(file)
    at = datetime(2025, 1, 1, tzinfo=UTC)
    items = [Item(n, article["Doc"]["title"], at) for n, article in enumerate(articles)]
    return items, {n: article["Descriptor"]["event_id"] for n, article in enumerate(articles)}


def one_by_one(items: list[Item], gold: Mapping[int, Hashable], make, shuffles: int, batch: int = 1) -> dict:
    """BCubed of streams in shuffled orders: the mean, the worst F, texts a second."""
    scores, seconds = [], 0.0
    for seed in range(1, shuffles + 1):
        shuffled = items[:]
        random.Random(seed).shuffle(shuffled)
        clusterer, begun = make(), time.process_time()
        found = stream(clusterer, shuffled, batch)
        seconds += time.process_time() - begun
        scores.append(bcubed(gold, found))
    means = [round(sum(one) / shuffles, 3) for one in zip(*scores, strict=True)]
    return dict(zip(("precision", "recall", "f"), means, strict=True)) | {
        "worst_f": round(min(score[2] for score in scores), 3),
        "texts_per_second": round(shuffles * len(items) / seconds)}


def bertopic(items: list[Item], embed, least: int) -> tuple[dict[int, Hashable], float] | None:
    """Topic of every item by BERTopic with the same vectors (what it calls outliers stands alone), and its seconds of
    CPU; None where it is not installed."""
    try:
        from bertopic import BERTopic
        from sklearn.feature_extraction.text import CountVectorizer
        from umap import UMAP
    except ImportError:
        print("BERTopic is not installed: left out")
        return None
    texts = [gist(item.title, item.text) for item in items]
    vectors = embed(texts)
    begun = time.process_time()
    model = BERTopic(
        min_topic_size=least, calculate_probabilities=False,
        umap_model=UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=1),
        vectorizer_model=CountVectorizer(analyzer="char", ngram_range=(2, 3)))
    topics, _ = model.fit_transform(texts, vectors)
    seconds = time.process_time() - begun
    return {item.id: topic if topic >= 0 else f"alone {item.id}"
            for item, topic in zip(items, topics, strict=True)}, seconds


def articles(data: Path, background: Background, embed: Embedding, shuffles: int) -> dict:
    """Every way on ecob_zh_events."""
    items, gold = events(data)
    out: dict = {"articles": len(items), "events": len(set(gold.values()))}
    ways = {"grams_only": None} | ({"embedding": embed} if embed else {})
    if embed:
        embed([gist(item.title) for item in items])  # before any of them is measured
    for name, way in ways.items():
        for batch in (1, 20):
            out[f"{name}_by_{batch}"] = one_by_one(
                items, gold, lambda way=way: Clusterer(background, way), shuffles, batch)
    if embed:
        for least in (2, 3, 5):
            if found := bertopic(items, embed, least):
                out[f"bertopic_least_{least}"] = dict(zip(
                    ("precision", "recall", "f"), (round(x, 3) for x in bcubed(gold, found[0])), strict=True)) | {
                    "texts_per_second": round(len(items) / found[1], 1)}
    return out


def week(items: list[Item], background: Background, embed) -> dict:
    """A stream of titles with all that the scheduler does: topics, splits, drifts, groups."""
    clusterer = Clusterer(background, embed)
    groups = Groups(clusterer.topics, {}, clusterer.thresholds.loose)
    of = {item.id: item for item in items}
    members: dict[int, set[int]] = defaultdict(set)
    lives: list[str] = []
    begun = time.process_time()
    for start in range(0, len(items), BATCH):
        change = clusterer.add(items[start : start + BATCH])
        for item, topic in change.assigned.items():
            members[topic].add(item)
        for young, old in change.merged.items():
            members[old] |= members.pop(young, set())
        touched = set(change.changed)
        for id_ in change.changed:
            if drifted := clusterer.drifted(id_):
                lives.append(f"drift {drifted[1]:.2f}: {drifted[0]} → {clusterer.name(id_)[0]}")
            if clusterer.due(id_) and (parts := clusterer.split(id_, [of[n] for n in sorted(members[id_])])):
                for topic in set(parts.values()):
                    members[topic] = {item for item, home in parts.items() if home == topic}
                touched |= set(parts.values())
                lives.append("split: " + " | ".join(clusterer.name(one)[0] for one in sorted(set(parts.values()))))
        groups.update(touched, change.retired, change.merged)
    seconds = time.process_time() - begun
    largest = sorted((id_ for id_ in members if id_ in clusterer.topics), key=lambda id_: -len(members[id_]))[:10]
    for id_ in largest:
        title, words = clusterer.name(id_)
        print(f"{len(members[id_]):4d}  {title}  （{'、'.join(words)}）")
        some = [of[n] for n in sorted(members[id_])]
        print("      " + " / ".join(item.title[:30] for item in some[:: max(1, len(some) // 6)][:6]))
    print(*lives, sep="\n")
    wide = sorted({*groups.group_of.values()}, key=lambda one: -sum(len(members[n]) for n in groups.members(one)))
    for one in wide[:8]:
        held = sorted(groups.members(one), key=lambda n: -len(members[n]))
        print(f"group of {len(held)}: " + " / ".join(clusterer.name(n)[0][:24] for n in held[:8]))
    return {"topics": len(members), "groups": len(wide), "splits_and_drifts": len(lives),
            "texts_per_second": round(len(items) / seconds), "largest": [clusterer.name(id_)[0] for id_ in largest]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--first", type=date.fromisoformat)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--shuffles", type=int, default=3)
    options = parser.parse_args()
    background = load_background(CATALOG / "text_background.npz")
    embed = Embedding(background)
    result: dict = {}
    if (options.data / "ecob_zh_events").is_dir():
        result["ecob_zh_events"] = articles(options.data, background, embed, options.shuffles)
    if (options.data / "multiplatform_hot_trendradar").is_dir():
        items = hot_titles(options.data, options.first, options.days)
        result["week"] = {"titles": len(items), "grams_only": week(items, background, None)}
        if embed:
            embed([gist(item.title) for item in items])
            result["week"]["embedding"] = week(items, background, embed)
            if found := bertopic(items, embed, 5):
                sizes = Counter(topic for topic in found[0].values() if isinstance(topic, int))
                for topic, number in sizes.most_common(10):
                    some = [item for item in items if found[0][item.id] == topic]
                    print(f"bertopic {number}: " + " / ".join(item.title[:24] for item in some[:: number // 6 + 1][:6]))
                result["week"]["bertopic_least_5"] = {
                    "topics": len(sizes), "outliers": round(1 - sum(sizes.values()) / len(items), 3),
                    "texts_per_second": round(len(items) / found[1])}
    result["embedded_per_second"] = embed.texts_per_second
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
