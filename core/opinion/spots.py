"""Roads, estates, villages, schools, hospitals and landmarks that no list holds, known by how their names end.

Where such a name begins is decided by the words before the ending: what is a verb, a particle or a word that begins no
name (data/catalog/place_words.toml) ends it.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache

import rjieba

from core.settings import CATALOG

_ENDINGS = (
    ("道路", r"大道(?!路)|大街(?!小巷)|胡同|路步行街|步行街|高速公路|公路|高架路?|支弄"
             r"|(?<![电线套思退销回归])路(?![过人遇透演线程况边局牌径灯段费障途虎由口]|上的?人)"
             r"|街(?![道头坊舞拍景区边]|上的?人)|巷(?![尾子口])"
             r"|高速(?!路|发|增|行驶|度|运|公|铁|列|成)|(?<=\d)(?:国道|省道|县道)"),
    ("小区", r"小区(?!域)|花园|家园|新村|公寓|[名佳新雅花嘉家]苑|华庭|名邸|公馆|山庄|嘉园|华府|豪庭"),
    ("村", r"村(?![民里委口支干庄落镇级集官务子姑域规])|屯(?![田兵货里])"
           r"|社区(?!团购|工作|医院|卫生|居民|矫正|服务|网格|警务|党)"),
    ("乡", r"镇(?![化静痛定压守江级])|乡(?![村亲下土愁音情镇级])|街道(?!上)"),
    ("学校", r"[中小]学(?![生期习校时教科老毕])|学校|幼儿园|大学(?![生城毕期时里])|学院(?![派生])"),
    ("医院", r"医院(?!里|感染)|卫生院|卫生所|卫生服务中心"),
    ("地标", r"广场(?!舞)|大厦|公园|大桥|立交桥|机场|火车站|汽车站|客运站|地铁站|高铁站|服务区|收费站|水库|隧道"
             r"|景区|煤矿|工业园区?|开发区|码头|体育馆|体育场|博物馆|图书馆|购物中心|商城|批发市场"
             r"|大酒店|足球场|古镇|古城(?!墙)|故里|养老院|敬老院"),
)
_ENDING = re.compile("|".join(f"({pattern})" for _, pattern in _ENDINGS))
_HEAD = re.compile(r"(?:[\u3400-\u9fff·]+|[gs]?\d{1,4})$")
_NAMING = frozenset(
    "n ns nr nrt nrfg nt nz ng j zg f a an ad ag b s x i l t tg g m mq q z o vn vg eng yg dg ug e h k".split()  # noqa: SIM905
)
_CUT = re.compile("[^到在往从经驶]{0,6}(?:行经|途经|到|在|往|驶入)(?=..)")
"""Up to here it is no name, whatever the dictionary takes it for."""
_OTHER = frozenset(("n", "nr", "t", "s", "f", "a"))
"""What before two characters of a name is another word, as a rule."""
_NAMES = frozenset(("ns", "nr", "nrt", "nrfg", "nz", "nt", "j", "zg", "x"))
"""Kinds of words that are names."""
_LONG = ("小区", "学校", "医院", "地标")
_MOST = {"道路": 4, "村": 4, "乡": 3, **dict.fromkeys(_LONG, 8)}
"""Characters before an ending that a name has at most."""


@cache
def words_of(key: str) -> frozenset[str]:
    """A list of data/catalog/place_words.toml."""
    return frozenset(tomllib.loads((CATALOG / "place_words.toml").read_text("utf-8"))[key].split())


@lru_cache(20_000)
def ordinary(word: str) -> bool:
    """Whether the dictionary has a word and doesn't take it for a place."""
    tagged = rjieba.tag(word)
    return len(tagged) == 1 and rjieba.has_word(word) and tagged[0][1] != "ns"


@lru_cache(20_000)
def known(word: str) -> bool:
    """Whether the dictionary has a word as the name of a place."""
    return rjieba.has_word(word) and rjieba.tag(word)[0][1] == "ns"


def spots(words: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """(start, end, kind) of the names in a normal form; `taken`: the spans of names that are known, in order. A name
    begins behind them; one of an ending alone (南京|大学) has start = where the ending begins."""
    out: list[tuple[int, int, str]] = []
    place = 0
    last = 0
    for found in _ENDING.finditer(words):
        start, end = found.span()
        while place < len(taken) and taken[place][1] <= start:
            last = taken[place][1]
            place += 1
        if place < len(taken) and taken[place][0] < end:
            continue
        if out and start < out[-1][1]:
            continue
        kind = _ENDINGS[found.lastindex - 1][0]
        if last == start and last:
            if kind in ("学校", "医院", "地标"):
                out.append((start, end, kind))
            continue
        left = max(last, out[-1][1] if out else 0, start - 10)
        head = _HEAD.search(words, left, start)
        if not head:
            continue
        begin = head.start()
        behind = begin == last and last > 0
        size = _size(words[begin:end], end - start, kind, behind)
        if size:
            out.append((start - size, end, kind))
    return out


@lru_cache(50_000)
def _size(text: str, ending: int, kind: str, behind: bool) -> int:
    """How many characters before its ending belong to a name; 0: it is none. `behind`: the text begins right behind a
    known place."""
    head = text[:-ending]
    if head[-1].isdigit():
        return len(head) if text.endswith("道") else 0
    tagged = rjieba.tag(text)
    place, kept, whole = len(text), 0, False
    named = behind  # whether a part of it is a name by itself
    for word, flag in reversed(tagged):
        place -= len(word)
        if place >= len(head):
            continue  # within the ending
        size = len(head) - place
        if place + len(word) > len(head):  # the word that holds the ending, or its first part
            if word in words_of("plain") or (
                rjieba.has_word(word) and (flag[0] in "vmrd" or (flag == "n" and kind != "地标"))):
                return 0
            kept, whole, named = size, True, True
            continue
        if word in words_of("loose") or (kept and size > _MOST[kind]) or (flag not in _NAMING and not (
                flag == "v" and len(word) == 2 and not kept and place == 0 and kind == "道路")):
            break
        if whole and (kept > 1 or kind == "乡") and not (behind and place == 0):
            break
        enough = kept > (3 if kind == "小区" else 1) and (named or kind not in _LONG)
        if enough and flag in _OTHER and not (behind and place == 0):
            break
        kept = size
        named = named or flag in _NAMES or not rjieba.has_word(word)
    while kept > 0 and (found := _CUT.match(text, len(head) - kept)):
        kept -= found.end() - found.start()
    name = text[len(head) - kept :]
    if kept < 1 or name in words_of("plain"):
        return 0
    if kept == 1 and not behind and (
            kind in _LONG or not (whole or rjieba.tag(name[0])[0][1] in ("ns", "nr", "nz", "zg", "x"))):
        return 0
    motorway = kept == 3 and text.endswith(("高速", "高速公路"))  # 甬台温, which the dictionary has as a noun
    if not named and kind != "小区" and not motorway and (kind != "道路" or ordinary(name[:-ending])):
        return 0
    if not behind and kind in ("学校", "医院") and words_of("heads").issuperset(rjieba.cut(name[:-ending])):
        return 0
    return kept
