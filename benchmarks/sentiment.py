"""Sentiment: the packaged scorer, refits to 200, 1,000 and 5,000 marks, and snownlp.

`python -m benchmarks.sentiment --data ../shared/data [--seeds 3] [--fit]`. Marks are drawn at random from the train
parts of sentiment_ewect2020 (happy is 正面; angry, sad, fear 负面; surprise left out), and everything is scored on its
eval parts. Other labelled sets of the folder have two labels: `accuracy` counts neutral as wrong, `decided` leaves
neutral out. Titles of hot searches were labelled by one person (benchmarks/sentiment_titles.csv, titles from
justjavac/weibo-trending-hot-search, MIT). `--fit` makes data/catalog/sentiment.json anew: of the train parts, of every
other row of the other sets (the rest is scored) and of the titles' part "fit". snownlp is asked where it is installed
(benchmarks/requirements.txt). The last line is one JSON object.
"""

import argparse
import csv
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from core.opinion import sentiment_fit
from core.opinion.sentiment import FEATURES, LABELS, Scorer, Sentiment, Weights, aggregate, packaged, read
from core.opinion.sentiment_fit import Mark, Score
from core.settings import CATALOG

EMOTIONS = {"happy": "正面", "neutral": "中性", "angry": "负面", "sad": "负面", "fear": "负面"}
TITLES = Path(__file__).with_name("sentiment_titles.csv")
NUMBERS = (200, 1_000, 5_000)
SHARE = {"ewect": 1.0, "sentiment_weibo2018": 0.15, "sentiment_weibo_senti_subset": 0.15, "eprstmt_fewclue": 0.15,
         "sentiment_waimai10k": 0.05, "sentiment_chnsenticorp_hotel": 0.05, "titles": 8.0}
"""What a text of each set counts in fitting the packaged weights."""
STRICT = 0.03
"""Inverse strength of the penalty on the packaged weights."""


def ewect(data: Path, part: str) -> dict[str, list[Mark]]:
    """The marks of the files of a part (train, eval), by file."""
    out = {}
    for file in sorted((data / "sentiment_ewect2020").glob(f"*{part}*.json.gz")):
        rows = json.loads(gzip.decompress(file.read_bytes()))
        out[file.name.split("_")[0]] = [Mark(row["content"], EMOTIONS[row["label"]]) for row in rows
                                        if row["label"] in EMOTIONS]
    return out


def two_labels(data: Path) -> dict[str, list[Mark]]:
    """The sets of the folder that have only 正面 and 负面."""
    out: dict[str, list[Mark]] = {}
    for file in sorted(data.glob("sentiment_*/reviews.csv.gz")):
        with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream) if len(row) == 2 and row[0] in ("0", "1")]
        out[file.parent.name] = [Mark(text, "正面" if label == "1" else "负面") for label, text in rows]
    for file in sorted(data.glob("sentiment_weibo2018/*.txt.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            parts = [line.rstrip("\n").split(",", 2) for line in stream]
        out.setdefault(file.parent.name, []).extend(
            Mark(part[2], "正面" if part[1] == "1" else "负面") for part in parts
            if len(part) == 3 and part[1] in ("0", "1"))
    for file in sorted(data.glob("eprstmt_fewclue/*.json.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream]
        out.setdefault(file.parent.name, []).extend(
            Mark(row["sentence"], "正面" if row["label"] == "Positive" else "负面") for row in rows if "label" in row)
    return out


def titles(part: str) -> list[Mark]:
    with TITLES.open(encoding="utf-8", newline="") as stream:
        return [Mark(row["text"], row["label"]) for row in csv.DictReader(stream) if row["part"] == part]


def fit_packaged(data: Path) -> Weights:
    """The weights of the counts, fitted anew."""
    entries = read((CATALOG / "sentiment.csv").read_text("utf-8"))
    blank = Scorer(entries, Weights("", np.zeros((3, len(FEATURES))), np.zeros(3)))
    parts = [("ewect", marks) for marks in ewect(data, "train").values()]
    parts += [(name, marks[::2]) for name, marks in two_labels(data).items()] + [("titles", titles("fit"))]
    rows = [(blank.count(mark.text)[0], LABELS.index(mark.label), SHARE[name]) for name, marks in parts
            for mark in marks]
    matrix, truth, weight = (np.array(column) for column in zip(*rows, strict=True))
    each = np.array([weight[truth == label].sum() for label in range(3)])
    weight = weight * (weight.sum() / (3 * each))[truth]
    model = LogisticRegression(C=STRICT, max_iter=5000).fit(matrix, truth, sample_weight=weight)
    made = Weights("", model.coef_, model.intercept_)
    # A refit stands on these very numbers: others have another name.
    return replace(made, version=f"sentiment-1-{hashlib.blake2b(made.json().encode(), digest_size=3).hexdigest()}")


def measured(found: Sequence[str], marks: Sequence[Mark]) -> dict[str, object]:
    score = Score.of([LABELS.index(mark.label) for mark in marks], [LABELS.index(label) for label in found])
    return {"macro_f1": round(score.macro, 4), "accuracy": round(score.accuracy, 4),
            "f1": {label: round(value, 3) for label, value in zip(LABELS, score.each, strict=True)}}


def of_scorer(scorer: Scorer) -> Callable[[list[str]], list[str]]:
    return lambda texts: [one.label for one in scorer.many(texts)]


def on_eval(label: Callable[[list[str]], list[str]], parts: dict[str, list[Mark]]) -> dict[str, dict]:
    """By eval part, and of all together."""
    found = {name: label([mark.text for mark in marks]) for name, marks in parts.items()}
    out = {name: measured(found[name], marks) for name, marks in parts.items()}
    return out | {"all": measured([one for labels in found.values() for one in labels],
                                  [mark for marks in parts.values() for mark in marks])}


def sure(found: Sequence[Sentiment], marks: Sequence[Mark]) -> list[dict[str, float]]:
    """By tenth of confidence: how many texts, and the share that was right."""
    out = []
    for low in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        right = [one.label == mark.label for one, mark in zip(found, marks, strict=True)
                 if low <= one.confidence < low + 0.1 or (low == 0.9 and one.confidence == 1)]
        out.append({"from": low, "texts": len(right), "right": round(float(np.mean(right)), 3) if right else None})
    return out


def shares(found: Sequence[Sentiment], marks: Sequence[Mark]) -> dict[str, dict[str, float]]:
    """What `aggregate` says, and what is true."""
    told = aggregate(found)
    return {label: {"told": round(told.share[label], 3), "margin": round(told.margin[label], 3),
                    "true": round(float(np.mean([mark.label == label for mark in marks])), 3)} for label in LABELS}


def snownlp() -> Callable[[list[str]], list[str]] | None:
    """snownlp with a band of neutral in the middle; what it fails on is neutral. None where it is not installed."""
    try:
        from snownlp import SnowNLP
    except ImportError:
        return None

    def label(texts: list[str]) -> list[str]:
        out = []
        for text in texts:
            try:
                value = SnowNLP(text).sentiments
            except (ZeroDivisionError, ValueError, IndexError, KeyError):
                value = 0.5
            out.append("正面" if value > 0.6 else "负面" if value < 0.4 else "中性")
        return out

    return label


def speed(scorer: Scorer, texts: list[str]) -> dict[str, int]:
    """Texts a second: by the clock, and of the processor's time, which a busy machine doesn't lessen."""
    begun, used = time.perf_counter(), time.process_time()
    for n in range(0, len(texts), 256):
        scorer.many(texts[n : n + 256])
    took = {"clock": time.perf_counter() - begun, "processor": time.process_time() - used}
    return {name: round(len(texts) / seconds) for name, seconds in took.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fit", action="store_true", help="make the packaged weights anew")
    chosen = parser.parse_args()
    if chosen.fit:
        (CATALOG / "sentiment.json").write_text(fit_packaged(chosen.data).json(), "utf-8")
    ours, parts = packaged(), ewect(chosen.data, "eval")
    pool = [mark for marks in ewect(chosen.data, "train").values() for mark in marks]
    everything = [mark for marks in parts.values() for mark in marks]
    texts = [mark.text for mark in everything]
    result: dict[str, object] = {"before": on_eval(of_scorer(ours), parts)}
    print("before", result["before"], flush=True)
    found = ours.many(texts)
    result["confidence"], result["shares"] = sure(found, everything), {
        name: shares(ours.many([mark.text for mark in marks]), marks) for name, marks in parts.items()}
    others = {name: marks[1::2] for name, marks in two_labels(chosen.data).items()}
    result["others"] = {}
    for name, marks in others.items():
        labels = of_scorer(ours)([mark.text for mark in marks])
        right = [label == mark.label for label, mark in zip(labels, marks, strict=True)]
        result["others"][name] = {"accuracy": round(float(np.mean(right)), 4), "decided": round(float(np.mean(
            [r for r, label in zip(right, labels, strict=True) if label != "中性"])), 4),
            "neutral": round(labels.count("中性") / len(labels), 3)}
        print(name, result["others"][name], flush=True)
    result["titles"] = measured(of_scorer(ours)([mark.text for mark in titles("test")]), titles("test"))
    result["texts_a_second"] = {"packaged": speed(ours, texts)}
    print({key: value for key, value in result.items() if key not in ("before", "others")}, flush=True)
    for number in NUMBERS:
        runs = []
        for seed in range(chosen.seeds):
            drawn = np.random.default_rng(seed).permutation(len(pool))[:number]
            report = sentiment_fit.fit([pool[n] for n in drawn], datetime.now(UTC))
            refit = ours.with_local(report.local)
            runs.append({"better": report.better, "said_before": round(report.before.macro, 4),
                         "said_after": round(report.after.macro, 4), **on_eval(of_scorer(refit), parts)})
            print(number, seed, json.dumps(runs[-1], ensure_ascii=False), flush=True)
        result[f"after_{number}"] = {
            "runs": runs, "macro_f1": {name: round(float(np.mean([run[name]["macro_f1"] for run in runs])), 4)
                                       for name in (*parts, "all")}}
        result["texts_a_second"][f"refit_{number}"] = speed(refit, texts)
        result[f"confidence_{number}"] = sure(refit.many(texts), everything)
    result["snownlp"] = on_eval(other, parts) if (other := snownlp()) else "not installed"
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
