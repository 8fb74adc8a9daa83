"""Sensitive words: recall by kind of variant, documents flagged on real text, characters a second.

`python -m benchmarks.risk --data ../shared/data [--words 10000]`. The list is the one that comes with the system, and
for speed filled up with words of real titles to ten thousand. Variants are made from the list's own words and put into
sentences: broken up with symbols, in traditional characters, with hidden characters, taken apart, in pinyin whole and
of one character, in homophones. What ordinary text holds is counted on all texts of the folder that the benchmark knows
how to read; `extra` are documents in which only a way of writing other than the plain one was found. The last line is
one JSON object.
"""

import argparse
import csv
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from opencc import OpenCC

from core.opinion.lexicon import CLASSES, Lexicon, Word, _parts, _readings, read
from core.opinion.risk import score
from core.settings import CATALOG

AROUND = ("今天听说", "的事，大家都在讨论")
SYMBOLS = "*.-~_|/·+🔥"


def texts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Real texts by set: whatever of the known sets lies in the folder."""
    def table(name: str, column: str) -> list[str]:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
            return [row[column] for row in csv.DictReader(file)]

    def lines(name: str, pick: Callable[[str], str]) -> list[str]:
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            return [pick(line) for line in file]

    known: dict[str, Callable[[], list[str]]] = {
        "weibo_cctvnews_2020/posts.csv.gz": lambda: table("weibo_cctvnews_2020/posts.csv.gz", "WB_text"),
        "toutiao_tnews_fewclue/unlabeled.json.gz": lambda: lines(
            "toutiao_tnews_fewclue/unlabeled.json.gz", lambda line: json.loads(line)["sentence"]),
        "thucnews_titles/dev.txt.gz": lambda: lines("thucnews_titles/dev.txt.gz", lambda line: line.split("\t")[0]),
        "weibo_ced_rumor/posts.jsonl.gz": lambda: lines(
            "weibo_ced_rumor/posts.jsonl.gz", lambda line: json.loads(line)["text"]),
        "sentiment_ewect2020/usual_eval_labeled.json.gz": lambda: [
            row["content"] for row in json.loads(gzip.decompress(
                (folder / "sentiment_ewect2020/usual_eval_labeled.json.gz").read_bytes()))],
    }
    for name, load in known.items():
        if (folder / name).is_file():
            yield name.split("/")[0], load()


def variants(word: str, chance: random.Random) -> dict[str, str | None]:
    """The word in each kind of variant; None where it has none."""
    readings, alike = _readings(), _alike()
    sounds = [readings.get(ord(char)) for char in word]
    place = chance.randrange(len(word))
    traditional = OpenCC("s2t").convert(word)
    others = [char for char in alike.get(sounds[place] or "", ()) if char != word[place]]
    apart = [_parts(char)[:1] for char in word]
    spelled = None not in sounds
    return {
        "原文": word, "夹符号": chance.choice(SYMBOLS).join(word), "隐形字符": "\u200b".join(word),
        "繁体": traditional if traditional != word else None,
        "拆字": "".join(a[0] if a else char for a, char in zip(apart, word, strict=True)) if any(apart) else None,
        "全拼": "".join(sounds) if spelled and len(word) > 2 else None,
        "单字拼音": word[:place] + sounds[place] + word[place + 1 :] if spelled and len(word) > 2 else None,
        "谐音": word[:place] + chance.choice(others) + word[place + 1 :] if others and len(word) > 2 else None,
    }


def _alike(cache: dict[str, list[str]] = {}) -> dict[str, list[str]]:  # noqa: B006
    if not cache:
        for code, sound in _readings().items():
            if 0x4E00 <= code < 0x9FA6:
                cache.setdefault(sound, []).append(chr(code))
    return cache


def recall(words: tuple[Word, ...], lexicon: Lexicon) -> dict[str, dict[str, float]]:
    """By kind of variant: how many were made, and the share that was found as this word, certain or suspected."""
    chance, made, hit, sure = random.Random(1), Counter(), Counter(), Counter()
    for word in words:
        for kind, written in variants(word.word, chance).items():
            if written is None:
                continue
            made[kind] += 1
            mine = [f for f in lexicon.find(AROUND[0] + written + AROUND[1]) if f.word.word == word.word]
            hit[kind] += bool(mine)
            sure[kind] += any(f.certain for f in mine)
    return {kind: {"made": n, "recall": round(hit[kind] / n, 4), "certain": round(sure[kind] / n, 4)}
            for kind, n in made.items()}


def flagged(folder: Path, lexicon: Lexicon) -> dict[str, dict[str, float]]:
    """By set: documents, and the shares in which a word, only another way of writing, a suspicion alone was found."""
    out = {}
    for name, docs in texts(folder):
        seen = Counter()
        for text in docs:
            found = lexicon.find(text)
            ways = {f.way for f in found}
            seen["any"] += bool(found)
            seen["extra"] += bool(ways) and "原文" not in ways
            seen["suspected"] += ways == {"同音或拼音"}
            seen[score(text, lexicon).level or "none"] += 1
        out[name] = {"documents": len(docs)} | {key: round(n / len(docs), 4) for key, n in sorted(seen.items())}
    return out


def speed(folder: Path, words: tuple[Word, ...], number: int) -> dict[str, float]:
    """Characters a second with so many words, for finding alone and with the score; seconds of making the list."""
    docs = [text for _, some in texts(folder) for text in some]
    chance, have = random.Random(2), {word.word for word in words}
    pieces = sorted({run[i : i + n] for text in docs[:30_000] for run in re.findall(r"[\u4e00-\u9fff]{4,}", text)[:2]
                     for n in (3, 4) for i in (0,)} - have)
    more = chance.sample(pieces, max(min(number - len(words), len(pieces)), 0))
    begun = time.perf_counter()
    lexicon = Lexicon([*words, *(Word(piece, CLASSES[0], 1) for piece in more)])
    built = time.perf_counter() - begun
    sample = chance.sample(docs, min(20_000, len(docs)))
    characters = sum(map(len, sample))
    out = {"words": len(lexicon.words), "build_seconds": round(built, 2)}
    for name, work in (("find", lexicon.find), ("certain_only", lambda text: lexicon.find(text, sounds=False)),
                       ("score", lambda text: score(text, lexicon))):
        begun = time.perf_counter()
        for text in sample:
            work(text)
        out[f"{name}_mchar_s"] = round(characters / (time.perf_counter() - begun) / 1e6, 2)
    return out


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--words", type=int, default=10_000)
    chosen = options.parse_args()
    words = read((CATALOG / "risk.csv").read_text("utf-8"))
    lexicon = Lexicon(words)
    found = {"recall": recall(words, lexicon), "flagged": flagged(chosen.data, lexicon),
             "speed": speed(chosen.data, words, chosen.words)}
    for part, figures in found.items():
        for name, value in figures.items():
            print(part, name, value)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
