"""Reprints: `python -m benchmarks.fold --data ../shared/data [--of people] [--size 1000000]`.

Two kinds of pairs are to be found, and no others. Real ones: articles of one event in ecob_zh_events that share at
least half of the shorter one's eight-letter runs. Made ones: posts of weibo_cctvnews_2020 in seven kinds of variation
(source line added, cut to a half to three quarters, single letters changed, sentences moved or left out, symbols strewn
in, a long comment before it, simplified to traditional). All texts, real and made, are given to each method in one
shuffled stream; a pair is found when both are in one group.

Precision is told in two ways. `precision_strict` takes every pair of a group as wrong that is neither of one post nor a
real pair: but 央视新闻 does say the same thing twice, quotes its own posts and announces things again. So `precision`
sets pairs aside that are copies by themselves, whoever wrote them: half of all trigrams in common (Jaccard), or eight
tenths of the shorter one's. Neither right nor wrong, they are left out of the count; how many they are is told
(`set_aside`). A method that decides by these very measures would have its precision by construction, so both are given.

`--of` makes the pairs of other posts: `rumours` (weibo_ced_rumor, weibo_checked_covid: much of it copied from one
another), `people` (sentiment_weibo2018: short, and hardly ever copied). `pairs` says of ours how many of the pairs
share a key and are told to be kin when compared by themselves. Beside ours: datasketch's MinHash LSH (threshold .5)
and 64-bit simhash (distance up to 3, and up to 8) where installed (benchmarks/requirements.txt). Speed is documents a
second of CPU, from text to group, of the whole stream and of posts alone (`short_s`); memory is the process's growth
while the stream is taken in, per document. `--size N` takes so many texts into one process instead: clauses of the
real posts and articles, put together anew, a quarter of them variations of earlier ones. The last line is one JSON
object.
"""

import argparse
import csv
import gc
import gzip
import json
import logging
import random
import re
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import combinations, islice
from pathlib import Path

from opencc import OpenCC

from core.opinion.fold import Folds, kin, signature
from core.opinion.text import letters

RUN = 8
SOURCES = ("来源：人民网", "（新华社记者）", "转自央视新闻客户端", "【转发】", "编辑：小王 责编：小李")
COMMENTS = ("这件事情真的是太让人感慨了，希望大家都能平平安安，早日恢复正常的生活，也向一线的工作人员致敬。",
            "刚刚看到这个消息，转给更多人看看，有关部门应该尽快给大家一个说法，不要再拖了。")
POSTS = ("cctv", "rumours", "people")
SHORT = 10_000
"""Posts, without the articles, by which the speed on short texts is told."""
RECENT = 20_000
"""Texts of the stream of many, of which variations are made."""
SYMBOLS = "★☆▲●→～*#"


def runs(text: str) -> set[str]:
    clean = letters(text)
    return {clean[i : i + RUN] for i in range(len(clean) - RUN + 1)}


def shared(a: set[str], b: set[str]) -> float:
    """The share of the smaller set's runs that the other has, too."""
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def articles(data: Path) -> list[tuple[str, str]]:
    """(event, text) of the articles."""
    out = []
    for path in sorted((data / "ecob_zh_events").glob("*.doc.json.gz")):
        for row in json.loads(gzip.decompress(path.read_bytes())):
            out.append((f"{path.name}{row['Descriptor']['event_id']}",
                        "".join(s["sent_text"] for s in row["Doc"]["content"])))
    return out


def posts(data: Path, number: int, of: str = "cctv") -> list[str]:
    """Distinct posts of 40 letters and more: of 央视新闻, rumours and their denials, or people's own."""
    if of == "cctv":
        said = [row["WB_text"] for row in _rows(data / "weibo_cctvnews_2020" / "posts.csv.gz")]
    elif of == "rumours":
        with gzip.open(data / "weibo_ced_rumor" / "posts.jsonl.gz", "rt", encoding="utf-8") as file:
            said = [json.loads(line)["text"] for line in file]
        said += [row["text"] for row in _rows(data / "weibo_checked_covid" / "posts.csv.gz")]
    else:
        with gzip.open(data / "sentiment_weibo2018" / "train_part.txt.gz", "rt", encoding="utf-8") as file:
            said = [line.split(",", 2)[-1].strip() for line in file]
    found = {letters(text): text for text in (one.replace("展开全文", "") for one in said)}
    return [text for clean, text in found.items() if len(clean) >= 40][:number]


def _rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def variations(text: str, chance: random.Random) -> dict[str, str]:
    """The text as others would print it."""
    sentences = [part for part in text.replace("！", "。").split("。") if part.strip()]
    moved = sorted(sentences, key=len)[len(sentences) > 3 :]  # without the shortest
    chance.shuffle(moved)
    changed = list(text)
    for place in chance.sample(range(len(changed)), max(len(changed) * 6 // 100, 1)):
        changed[place] = chance.choice("的一是在不了有和人这中大为上个国")
    strewn = "".join(char + (chance.choice(SYMBOLS) if chance.random() < 0.15 else "") for char in text)
    return {
        "source": chance.choice(SOURCES) + text + chance.choice(SOURCES),
        "cut": text[: int(len(text) * chance.uniform(0.5, 0.75))],
        "edited": "".join(changed),
        "moved": "。".join(moved),
        "strewn": strewn,
        "commented": chance.choice(COMMENTS) + "//" + text,
        "traditional": _traditional(text),
    }


def _traditional(text: str, cache: list[OpenCC] = []) -> str:  # noqa: B006
    if not cache:
        cache.append(OpenCC("s2t"))
    return cache[0].convert(text)


def stream(
    data: Path, number: int, of: str = "cctv"
) -> tuple[list[str], list[int], dict[str, set[tuple[int, int]]]]:
    """Texts in shuffled order, what each was made of (-1: nothing), and the pairs to be found by kind (smaller place
    first)."""
    chance = random.Random(5)
    texts: list[tuple[str, int, str]] = []
    made = posts(data, number, of)
    for group, text in enumerate(made):
        texts.append((text, group, ""))
        some = variations(text, chance)
        texts += [(some[kind], group, kind) for kind in chance.sample(sorted(some), 2)]
    first = len(texts)
    real = articles(data)
    texts += [(text, -1, event) for event, text in real]
    order = list(range(len(texts)))
    chance.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    wanted: dict[str, set[tuple[int, int]]] = defaultdict(set)
    by_group: dict[int, list[int]] = defaultdict(list)
    for old in range(first):
        by_group[texts[old][1]].append(old)
    for members in by_group.values():
        for other in members[1:]:
            wanted[texts[other][2]].add(_pair(place[members[0]], place[other]))
    of_event: dict[str, list[int]] = defaultdict(list)
    for old in range(first, len(texts)):
        of_event[texts[old][2]].append(old)
    for members in of_event.values():
        for a, b in combinations(members, 2):
            if shared(runs(texts[a][0]), runs(texts[b][0])) >= 0.5:
                wanted["real"].add(_pair(place[a], place[b]))
    return [texts[old][0] for old in order], [texts[old][1] for old in order], wanted


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


# --- Methods: texts in order to the group of each -------------------------------------------------------------------


def ours(texts: Iterable[str]) -> Iterator[int]:
    folds = Folds()
    for part in batched(enumerate(texts), 500):
        yield from (joined.first for joined in folds.add_many(part))


def batched(items: Iterable, size: int) -> Iterator[list]:
    items = iter(items)
    while part := list(islice(items, size)):
        yield part


def with_datasketch(texts: Iterable[str]) -> Iterator[int]:
    from datasketch import MinHash, MinHashLSH

    index, first = MinHashLSH(threshold=0.5, num_perm=128), {}
    for number, text in enumerate(texts):
        clean = letters(text)
        sketch = MinHash(num_perm=128)
        sketch.update_batch([clean[i : i + 3].encode() for i in range(max(len(clean) - 2, 1))])
        found = index.query(sketch)
        first[number] = min((first[int(key)] for key in found), default=number)
        index.insert(str(number), sketch)
        yield first[number]


def with_simhash(distance: int) -> Callable[[Iterable[str]], Iterator[int]]:
    def method(texts: Iterable[str]) -> Iterator[int]:
        from simhash import Simhash, SimhashIndex

        logging.disable(logging.WARNING)  # it warns of each full bucket

        index, first = SimhashIndex([], f=64, k=distance), {}
        for number, text in enumerate(texts):
            clean = letters(text)
            value = Simhash([clean[i : i + 3] for i in range(max(len(clean) - 2, 1))], f=64)
            found = index.get_near_dups(value)
            first[number] = min((first[int(key)] for key in found), default=number)
            index.add(str(number), value)
            yield first[number]

    return method


def scored(texts: list[str], origins: list[int], wanted: dict[str, set[tuple[int, int]]], method: Callable) -> dict:
    """Recall by kind and over all, precision, documents a second, memory a document."""
    gc.collect()
    before, begun = resident(), time.process_time()
    running = method(texts)
    groups = [next(running) for _ in texts]  # what it has stored is still there
    seconds = time.process_time() - begun
    memory = (resident() - before) / len(texts)
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    every = set().union(*wanted.values())
    hit = {pair for pair in every if groups[pair[0]] == groups[pair[1]]}
    right = said = aside = 0
    for some in members.values():
        for a, b in combinations(some, 2):
            said += 1
            if origins[a] == origins[b] >= 0 or (a, b) in every:
                right += 1
            else:
                aside += copies(texts[a], texts[b])
    by_kind = {kind: round(len(pairs & hit) / len(pairs), 4) for kind, pairs in sorted(wanted.items()) if pairs}
    return {"recall": round(len(hit) / len(every), 4), "precision": round(right / max(said - aside, 1), 4),
            "precision_strict": round(right / max(said, 1), 4), "set_aside": aside,
            "documents_s": round(len(texts) / seconds), "bytes_a_document": round(memory), "by_kind": by_kind}


def rate(texts: list[str], method: Callable) -> int:
    """Documents a second of CPU, from text to group."""
    begun = time.process_time()
    for _ in method(texts):
        pass
    return round(len(texts) / (time.process_time() - begun))


def copies(a: str, b: str) -> bool:
    """Whether two texts are copies by themselves, whoever wrote them."""
    one, other = trigrams(a), trigrams(b)
    common = len(one & other)
    return common >= 0.5 * len(one | other) or common >= 0.8 * min(len(one), len(other))


@lru_cache(20_000)
def trigrams(text: str) -> frozenset[str]:
    clean = letters(text)
    return frozenset(clean[i : i + 3] for i in range(max(len(clean) - 2, 1)))


def pairwise(texts: list[str], wanted: dict[str, set[tuple[int, int]]]) -> dict[str, float]:
    """By kind, the share of pairs that ours finds when they are compared by themselves."""
    out = {}
    for kind, pairs in sorted(wanted.items()):
        hit = sum(kin(texts[a], texts[b]) is not None and not set(signature(texts[a])).isdisjoint(signature(texts[b]))
                  for a, b in pairs)
        out[kind] = round(hit / len(pairs), 4) if pairs else 1.0
    return out


def many(data: Path, number: int) -> Iterator[dict]:
    """Ours on so many documents in one process, at each power of ten from ten thousand on: documents a second over the
    thousands before it, memory, and what of it the keys take."""
    chance = random.Random(9)
    whole = [*(text for of in POSTS for text in posts(data, 10_000, of)), *(text for _, text in articles(data))]
    clauses = list(dict.fromkeys(
        clause for text in whole for clause in re.split("[，。；！？\\s]", text) if len(clause) >= 6))
    recent: list[str] = []
    folds, done, took, measured = Folds(), 0, 0.0, 0
    copied = characters = 0
    mark = min(10_000, number)
    folds.add_many([(-1, clauses[0])])
    before = resident()
    while done < number:
        batch = []
        for place in range(done, min(done + 500, number)):
            if recent and chance.random() < 0.25:
                text = chance.choice(list(variations(chance.choice(recent), chance).values()))
            else:
                text = "，".join(chance.choices(clauses, k=chance.randrange(4, 13)))
                if len(recent) < RECENT:
                    recent.append(text)
                else:
                    recent[chance.randrange(RECENT)] = text
            batch.append((place, text))
        if done >= mark - max(mark // 10, 5_000):
            begun = time.process_time()
            joined = folds.add_many(batch)
            took, measured = took + time.process_time() - begun, measured + len(batch)
        else:
            joined = folds.add_many(batch)
        copied += sum(one.kind is not None for one in joined)
        characters += sum(len(text) for _, text in batch)
        done += len(batch)
        if done >= mark:
            grown = resident() - before
            yield {"documents": done, "documents_s": round(measured / took), "first_copies": len(folds),
                   "copies": copied, "characters": round(characters / done), "MB": round(grown / 1e6),
                   "bytes_a_document": round(grown / done),
                   "key_bytes_a_first_copy": round(folds.key_bytes / len(folds)),
                   "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}
            mark, took, measured = min(mark * 10, number) if done < number else number, 0.0, 0


def resident() -> int:
    """Bytes of memory that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--posts", type=int, default=6_000)
    options.add_argument("--of", choices=POSTS, default="cctv", help="whose posts")
    options.add_argument("--size", type=int, help="only speed and memory of ours, on so many texts")
    options.add_argument("--million", action="store_const", const=1_000_000, dest="size", help="--size 1000000")
    chosen = options.parse_args()
    if chosen.size:
        found = {"many": []}
        for step in many(chosen.data, chosen.size):
            found["many"].append(step)
            print(step, flush=True)
    else:
        found = compared(chosen.data, chosen.posts, chosen.of)
    print(json.dumps(found, ensure_ascii=False))


def compared(data: Path, number: int, of: str) -> dict:
    texts, origins, wanted = stream(data, number, of)
    found: dict = {"documents": len(texts), "pairs": {kind: len(pairs) for kind, pairs in sorted(wanted.items())}}
    methods = {"ours": ours, "datasketch": with_datasketch, "simhash_3": with_simhash(3), "simhash_8": with_simhash(8)}
    for name, method in methods.items():
        try:
            found[name] = scored(texts, origins, wanted, method)
        except ImportError as missing:
            found[name] = f"not installed: {missing.name}"
        print(name, found[name], flush=True)
    short = [text for text, origin in zip(texts, origins, strict=True) if origin >= 0][:SHORT]
    found["short_s"] = {name: rate(short, method) for name, method in methods.items()
                        if isinstance(found[name], dict) and name != "simhash_8"}
    print("posts alone, documents a second", found["short_s"], flush=True)
    found["pairwise"] = pairwise(texts, wanted)
    print("pairwise", found["pairwise"], flush=True)
    return found


if __name__ == "__main__":
    main()
