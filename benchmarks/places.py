"""How well places are found, against labelled texts and two other tools: `python -m benchmarks.places
[--data ../shared/data] [--sample 500] [--misses N]`.

Districts and streets on `shanghai_addresses` with the district unknown and known; spans on `cec_emergency_news` (tag
Location), `weibo_ner` (names of GPE and LOC) and `address_ccks2021`; the place of the event on the first of these;
speed on short texts. jionlp and cpca (benchmarks/requirements.txt) are asked where they are installed, on a sample:
they take thousands of times as long. The last line is one JSON object.
"""

import argparse
import csv
import gzip
import importlib
import json
import os
import random
import re
import resource
import tarfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import rjieba

from core.opinion.gazetteer import by_code
from core.opinion.places import Gazetteer, Place
from core.opinion.scenes import addresses, event_place

TRAPS = tuple(
    """
    来一碗兰州拉面 楼下的沙县小吃涨价了 新华社记者报道 北京时间晚上八点开播 和平年代的英雄 朝阳产业前景好 海南鸡饭好吃吗
    湖南卫视新综艺 广州日报评论员 厦门航空航班取消 南京银行理财 吉林路堵车了 南京东路步行街人多 大连路修路 山东舰入列
    重庆火锅真辣 一路平安 跨年晚上海风很大 贵州茅台股价 青岛啤酒节 中山装定制 资源浪费严重 合作共赢 友谊长存 东方财富App
    向阳而生 白银价格上涨 凤凰传奇演唱会 长寿的秘诀 通道拥挤 比如这个问题 同心协力 公安民警 解放双手 城关学校 大方承认
    延长营业时间 文昌帝君 麒麟芯片 小店开业
    """.split()  # noqa: SIM905
)
"""Sentences of ours that hold the name of a division and mean none."""
Spans = set[tuple[int, int]]
MISSES = [0]


def addresses_of(data: Path) -> list[dict[str, str]]:
    csv.field_size_limit(10**9)
    with gzip.open(data / "shanghai_addresses/addresses.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def conll(path: Path, between: str) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    """(text, [(start, end, tag)]) of a file of BIO or BIOES tags."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for block in file.read().strip().split("\n\n"):
            text, spans = "", []
            for line in block.split("\n"):
                char, _, tag = line.rpartition(between)
                at, text = len(text), text + char
                if tag[0] in "BS":
                    spans.append([at, len(text), tag[2:]])
                elif tag[0] in "IEM" and spans and spans[-1][1] == at:
                    spans[-1][1] = len(text)
            yield text, [(start, end, tag) for start, end, tag in spans]


def emergency(data: Path) -> Iterator[tuple[str, list[tuple[int, int, bool]]]]:
    """(text, [(start, end, whether it is the place of the emergency)]) of each article."""
    with tarfile.open(data / "cec_emergency_news/cec.tar.gz") as file:
        for member in sorted(file.getmembers(), key=lambda one: one.name):
            if not member.name.endswith(".xml"):
                continue
            root = ET.fromstring(file.extractfile(member).read().decode("utf-8", "replace").strip().lstrip("\ufeff"))
            spans: list[tuple[int, int, bool]] = []
            text = ""
            for part in root:
                if part.tag in ("Title", "Content"):
                    text = _walked(part, text, spans, False)
            yield text, spans


def _walked(node: ET.Element, text: str, spans: list[tuple[int, int, bool]], urgent: bool) -> str:
    """`text` with that of a node behind it; the places in it come into `spans`."""
    if node.tag == "Event":
        urgent = any(one.get("type") == "emergency" for one in node.iter("Denoter"))
    at = len(text)
    text += re.sub(r"\s+", "", node.text or "")
    for part in node:
        text = _walked(part, text, spans, urgent)
    if node.tag == "Location" and len(text) > at:
        spans.append((at, len(text), urgent))
    if node.tag == "Title":
        text += "\n"
    return text + re.sub(r"\s+", "", node.tail or "")


def scores(pairs: Iterable[tuple[str, Spans, Spans]]) -> dict[str, float]:
    """Precision, recall and F1 in per cent of (text, right, found): equal spans, and spans that overlap."""
    right = found = equal = caught = meant = 0
    for text, gold, mine in pairs:
        right, found, equal = right + len(gold), found + len(mine), equal + len(gold & mine)
        caught += sum(any(a < d and c < b for c, d in mine) for a, b in gold)
        meant += sum(any(a < d and c < b for c, d in gold) for a, b in mine)
        lost = [text[a:b] for a, b in sorted(gold - mine)] + ["＋" + text[a:b] for a, b in sorted(mine - gold)]
        if MISSES[0] and lost:
            MISSES[0] -= 1
            print(" ".join(lost), "｜", text[:160].replace("\n", " "))

    def three(precise: int, recalled: int) -> list[float]:
        p, r = precise / max(found, 1), recalled / max(right, 1)
        return [round(100 * one, 1) for one in (p, r, 2 * p * r / max(p + r, 1e-9))]

    return {"gold": right, "found": found, "strict": three(equal, equal), "overlap": three(meant, caught)}


def named(text: str) -> bool:
    """Whether a span holds a name and is not just 现场 or 医院."""
    return bool(re.search(r"\d(?:国道|省道)|高速", text)) or any(
        flag[:2] in ("ns", "nz", "nr", "nt") for _, flag in rjieba.tag(text))


def district_street(found: Sequence[Place]) -> tuple[str, str]:
    """The name of the first district, and of the first street or town."""
    county = next((by_code()[one.code[:6]].name if len(one.code) >= 6 else one.name for one in found
                   if len(one.code) >= 6 or (one.level == "县" and not one.word)), "")
    return county, next((one.town for one in found if one.town), "")


def shanghai(data: Path) -> dict[str, Any]:
    rows = addresses_of(data)
    homes = {one.name: one.code for one in by_code().values() if one.depth == 3 and one.code[:2] == "31"}
    # (what is asked, texts, whether the street is named)
    asked: dict[str, Callable[[dict[str, str]], str]] = {
        "as_normalised": lambda r: r["complete_address"] if r["district"] in r["complete_address"] else "",
        "with_district": lambda r: r["district"] + r["address"],
        "with_district_and_street": lambda r: f"上海市{r['district']}{r['street_level']}{r['address']}",
        "with_street": lambda r: ("" if r["street_level"] in r["address"] else r["street_level"]) + r["address"],
        "as_printed_naming_street": lambda r: r["address"] if r["street_level"] in r["address"] else "",
        "as_printed": lambda r: r["address"],
    }
    out: dict[str, Any] = {}
    listed = {one.name for one in by_code().values() if one.depth == 4 and one.code[:2] == "31"}
    rows = [row for row in rows if row["street_level"]]

    def ask(gazetteer: Gazetteer, part: list[dict[str, str]], tally: dict[str, list[int]]) -> None:
        for key, say in asked.items():
            for row in part:
                if not (text := say(row)):
                    continue
                county, town = district_street(gazetteer.find(text))
                count = tally.setdefault(key, [0, 0, 0, 0, 0, 0, 0])
                count[4] += county not in ("", row["district"])
                count[5] += bool(town)
                count[6] += town == row["street_level"]
                count[0] += 1
                count[1] += county == row["district"]
                if row["street_level"] in text and row["street_level"] in listed:
                    count[2] += 1
                    count[3] += town == row["street_level"]
                wrong = county != row["district"] or (row["street_level"] in text and town != row["street_level"])
                if MISSES[0] and wrong and (key != "as_printed" or county):
                    MISSES[0] -= 1
                    print(key, text, "→", county, town, "｜", row["district"], row["street_level"])

    for name, homes_of in (("unknown", {None: rows}), ("city_known", {"31": rows}),
                           ("district_known", {code: [r for r in rows if r["district"] == district]
                                               for district, code in sorted(homes.items())})):
        tally: dict[str, list[int]] = {}
        for home, part in homes_of.items():
            ask(Gazetteer.load(home), part, tally)
        out[name] = {key: {"texts": n, "district": round(100 * a / n, 2), "another_district": round(100 * w / n, 2),
                           "naming_street": m, "street": round(100 * b / max(m, 1), 2),
                           "some_street": round(100 * g / n, 2), "of_it_right": round(100 * r / max(g, 1), 2)}
                     for key, (n, a, m, b, w, g, r) in tally.items()}
        print(name, json.dumps(out[name], ensure_ascii=False))
    return out


def spans_of(gazetteer: Gazetteer, text: str, joined: bool) -> Spans:
    found = [one for one in gazetteer.find(text) if not one.word]
    return {(one.start, one.end) for one in (addresses(text, found) if joined else found)}


def speed(gazetteer: Gazetteer, data: Path) -> dict[str, Any]:
    texts = [row["address"] for row in addresses_of(data)]
    posts = [text for name in ("train", "dev") for text, _ in conll(data / f"weibo_ner/{name}.txt.gz", "\t")]
    with gzip.open(data / "multiplatform_hot_trendradar/titles.csv.gz", "rt", encoding="utf-8") as file:
        titles = [row["title"] for row in csv.DictReader(file)]
    out: dict[str, Any] = {"load": [round(one, 1) for one in os.getloadavg()]}
    for name, part in (("addresses", texts), ("titles", titles), ("posts", posts)):
        part = sorted(set(part))
        wall, cpu = time.perf_counter(), time.process_time()
        for text in part:
            gazetteer.find(text)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        out[name] = {"texts": len(part), "characters": round(sum(map(len, part)) / len(part), 1),
                     "a_second": round(len(part) / wall), "a_cpu_second": round(len(part) / cpu)}
    return out


def others(gazetteer: Gazetteer, data: Path, sample: int) -> dict[str, Any]:
    """Districts of samples of addresses, and sentences that name no place (TRAPS), by us and by the other tools."""
    chance = random.Random(1)
    rows = [row for row in addresses_of(data) if row["street_level"]]
    rows = chance.sample(rows, min(sample, len(rows)))
    tagged = [(text, next(text[a:b] for a, b, tag in spans if tag == "district"))
              for text, spans in conll(data / "address_ccks2021/train.conll.gz", " ")
              if any(tag == "district" for *_, tag in spans)]
    asked = {
        "shanghai_addresses": [(row["district"] + row["address"], row["district"]) for row in rows],
        "address_ccks2021": chance.sample(tagged, min(sample, len(tagged))),
        "no_place": [(text, "") for text in TRAPS],
    }
    out: dict[str, Any] = {"texts": {name: len(part) for name, part in asked.items()}}

    def ours(text: str) -> tuple[str, ...]:
        found = [one for one in gazetteer.find(text) if not one.word]
        named = [one for one in found if one.level in "省市县"]
        return (*(one.name for one in named), *(text[one.start : one.end] for one in named))

    def tool(name: str) -> Callable[[str], tuple[str, ...]] | None:
        try:
            module = importlib.import_module(name)
        except ImportError:
            out[name] = "not installed"
            return None
        if name == "jionlp":
            levels = ("province", "city", "county")
            return lambda text: tuple(filter(None, map(module.parse_location(text).get, levels)))
        return lambda text: tuple(filter(None, module.transform([text]).iloc[0][["省", "市", "区"]]))

    for name, ask in (("ours", ours), ("jionlp", tool("jionlp")), ("cpca", tool("cpca"))):
        if ask is None:
            continue
        ask("上海市浦东新区")
        out[name] = {}
        for kind, part in asked.items():
            begun = time.process_time()
            answers = [ask(text) for text, _ in part]
            spent = time.process_time() - begun
            right = sum(any(one.startswith(gold) for one in answer) if gold else not answer
                        for answer, (_, gold) in zip(answers, part, strict=True))
            out[name][kind] = {"right": round(100 * right / len(part), 1),
                               "a_cpu_second": round(len(part) / max(spent, 1e-9))}
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sample", type=int, default=500, help="addresses that the other tools are asked for")
    parser.add_argument("--misses", type=int, default=0, help="print the first so many errors of each set")
    parser.add_argument("--only", default="", help="shanghai, cec, weibo, ccks, speed or others")
    chosen = parser.parse_args()
    wall, cpu = time.perf_counter(), time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plain = Gazetteer.load()
    plain.find("上海市")
    out: dict[str, Any] = {
        "load_seconds": round(time.perf_counter() - wall, 2), "load_cpu_seconds": round(time.process_time() - cpu, 2),
        "load_megabytes": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
    }

    def wanted(name: str) -> bool:
        MISSES[0] = chosen.misses
        return chosen.only in ("", name)

    if wanted("shanghai"):
        out["shanghai_addresses"] = shanghai(chosen.data)
    if wanted("cec"):
        articles = list(emergency(chosen.data))
        found = [(text, {(a, b) for a, b, _ in spans}, spans_of(plain, text, True)) for text, spans in articles]
        out["cec_emergency_news"] = {
            "named": scores((text, {(a, b) for a, b in gold if named(text[a:b])}, mine) for text, gold, mine in found),
        }
        MISSES[0] = 0
        out["cec_emergency_news"]["every"] = scores(found)
        hits = asked = told = near = 0
        for text, spans in articles:
            gold = [(a, b) for a, b, urgent in spans if urgent and named(text[a:b])]
            event = event_place(text, plain.find(text))
            asked += bool(gold)
            told += bool(gold and event)
            good = bool(gold and event and any(text[event.place.start : event.place.end] in text[a:b] or (
                a < event.end and event.start < b) for a, b in gold))
            hits += good
            codes = [one.code for a, b in gold for one in plain.find(text[a:b]) if one.code]
            near += good or bool(gold and event and event.place.code and any(
                one.startswith(event.place.code) or event.place.code.startswith(one) for one in codes))
            if gold and not good and chosen.misses:
                print("事发地", event and (event.place.path, event.reason), [text[a:b] for a, b in gold][:6], text[:80])
        out["cec_emergency_news"]["event"] = {"articles": asked, "answered": told, "same_place": hits,
                                            "same_area": near}
    if wanted("weibo"):
        for part in ("train", "dev", "test"):
            if (path := chosen.data / f"weibo_ner/{part}.txt.gz").exists():
                out[f"weibo_ner_{part}"] = {
                    name: scores((text, {(a, b) for a, b, tag in spans if tag in tags}, spans_of(plain, text, True))
                                 for text, spans in conll(path, "\t"))
                    for name, tags in (("names", ("GPE.NAM", "LOC.NAM")), ("LOC", ("LOC.NAM", "LOC.NOM")))
                }
    if wanted("ccks"):
        rows = [(text, spans, [one for one in plain.find(text) if not one.word])
                for text, spans in conll(chosen.data / "address_ccks2021/train.conll.gz", " ")]
        out["address_ccks2021"] = {
            name: scores((text, {(a, b) for a, b, tag in spans if tag in tags},
                          {(one.start, one.end) for one in found if one.level in levels})
                         for text, spans, found in rows)
            for name, tags, levels in (
                ("divisions", ("prov", "city", "district", "town"), ("省", "市", "县", "乡")),
                ("with_roads_and_villages", ("prov", "city", "district", "town", "community", "road"),
                 ("省", "市", "县", "乡", "村", "道路")),
            )
        }
    if wanted("speed"):
        out["speed"] = speed(plain, chosen.data)
    if wanted("others"):
        out["others"] = others(plain, chosen.data, chosen.sample)
    print(json.dumps(out, ensure_ascii=False))


if __name__ == "__main__":
    main()
