"""Reprints: `python -m benchmarks.fold --data ../shared/data [--million]`.

Two kinds of pairs are to be found, and no others. Real ones: articles of one event in ecob_zh_events that share at
least half of the shorter one's eight-letter runs. Made ones: posts of weibo_cctvnews_2020 in seven kinds of variation
(source line added, cut to a half to three quarters, single letters changed, sentences moved or left out, symbols strewn
in, a long comment before it, simplified to traditional). All texts, real and made, are given to each method in one
shuffled stream; a pair is found when both are in one group. Precision counts a pair as right, too, where the two share
half of the shorter one's runs: 央视新闻 says the same thing twice at times. `pairs` says of ours how many of the pairs
share a key and are told to be kin when compared by themselves. Beside ours: datasketch's MinHash LSH (threshold .5) and
64-bit simhash (distance up to 3, and up to 8) where installed (benchmarks/requirements.txt). Memory is the process's
growth while the stream is taken in, per document; `--many N` takes so many more. The last line is one JSON object.
"""

import argparse
import csv
import gzip
import json
import logging
import random
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from opencc import OpenCC

from core.opinion.fold import Folds, kin, signature
from core.opinion.text import letters

RUN = 8
SOURCES = ("来源：人民网", "（新华社记者）", "转自央视新闻客户端", "【转发】", "编辑：小王 责编：小李")
COMMENTS = ("这件事情真的是太让人感慨了，希望大家都能平平安安，早日恢复正常的生活，也向一线的工作人员致敬。",
            "刚刚看到这个消息，转给更多人看看，有关部门应该尽快给大家一个说法，不要再拖了。")
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


def posts(data: Path, number: int) -> list[str]:
    with gzip.open(data / "weibo_cctvnews_2020" / "posts.csv.gz", "rt", encoding="utf-8", newline="") as file:
        found = dict.fromkeys(row["WB_text"].replace("展开全文", "") for row in csv.DictReader(file))
    return [text for text in found if len(letters(text)) >= 40][:number]


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


def stream(data: Path, number: int) -> tuple[list[str], list[int], dict[str, set[tuple[int, int]]]]:
    """Texts in shuffled order, what each was made of (-1: nothing), and the pairs to be found by kind (smaller place
    first)."""
    chance = random.Random(5)
    texts: list[tuple[str, int, str]] = []
    made = posts(data, number)
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
    for number, text in enumerate(texts):
        yield folds.add(number, text).first


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
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    groups = list(method(texts))
    seconds = time.process_time() - begun
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / len(texts)
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    every = set().union(*wanted.values())
    hit = {pair for pair in every if groups[pair[0]] == groups[pair[1]]}
    held: dict[int, set[str]] = {}
    right = said = 0
    for some in members.values():
        for a, b in combinations(some, 2):
            said += 1
            for one in (a, b):
                held.setdefault(one, runs(texts[one]))
            same = origins[a] == origins[b] >= 0
            right += same or (a, b) in every or shared(held[a], held[b]) >= 0.5
    by_kind = {kind: round(len(pairs & hit) / len(pairs), 4) for kind, pairs in sorted(wanted.items()) if pairs}
    return {"recall": round(len(hit) / len(every), 4), "precision": round(right / max(said, 1), 4),
            "documents_s": round(len(texts) / seconds), "bytes_a_document": round(memory), "by_kind": by_kind}


def pairwise(texts: list[str], wanted: dict[str, set[tuple[int, int]]]) -> dict[str, float]:
    """By kind, the share of pairs that ours finds when they are compared by themselves."""
    out = {}
    for kind, pairs in sorted(wanted.items()):
        hit = sum(kin(texts[a], texts[b]) is not None and not set(signature(texts[a])).isdisjoint(signature(texts[b]))
                  for a, b in pairs)
        out[kind] = round(hit / len(pairs), 4) if pairs else 1.0
    return out


def many(data: Path, number: int) -> dict:
    """Ours on so many documents: speed of the first and the last tenth, memory."""
    chance, base = random.Random(9), posts(data, 10_000)
    folds = Folds()
    before, done, marks = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, []
    begun = time.process_time()
    while done < number:
        text = chance.choice(base)
        words = [text[i : i + 12] for i in range(0, len(text), 12)]
        chance.shuffle(words)
        folds.add(done, "".join(words[: chance.randrange(3, 14)]) + str(chance.random()))
        done += 1
        if done % (number // 10) == 0:
            marks.append(time.process_time() - begun)
    tenth = number // 10
    return {"documents": number, "first_tenth_s": round(tenth / marks[0]),
            "last_tenth_s": round(tenth / (marks[-1] - marks[-2])),
            "bytes_a_document": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / number)}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--posts", type=int, default=6_000)
    options.add_argument("--many", type=int, default=0)
    chosen = options.parse_args()
    texts, origins, wanted = stream(chosen.data, chosen.posts)
    found: dict = {"documents": len(texts), "pairs": {kind: len(pairs) for kind, pairs in sorted(wanted.items())}}
    methods = {"ours": ours, "datasketch": with_datasketch, "simhash_3": with_simhash(3), "simhash_8": with_simhash(8)}
    for name, method in methods.items():
        try:
            found[name] = scored(texts, origins, wanted, method)
        except ImportError as missing:
            found[name] = f"not installed: {missing.name}"
        print(name, found[name], flush=True)
    found["pairwise"] = pairwise(texts, wanted)
    print("pairwise", found["pairwise"], flush=True)
    if chosen.many:
        found["many"] = many(chosen.data, chosen.many)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()
