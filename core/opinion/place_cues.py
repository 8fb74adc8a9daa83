"""What the characters beside a name say about it: that it is a place, or that it is part of another word."""

import re
from functools import lru_cache
from itertools import accumulate

import rjieba

_BRAND = re.compile(
    r"(?:市|省)?(?:日报|晚报|晨报|时报|早报|商报|快报|青年报|都市报|卫视|电视台|广播电台"
    r"|发布(?![会了暴台大高寒雷强])|拉面|牛肉面|小吃|火锅|烤鸭|炒饭|热干面|米粉|板鸭|麻花|凉皮|腐乳|螺蛳粉|过桥米线"
    r"|航空(?![港路])|银行|舰|时间(?=[\d晚早上下])|话(?![题费音])|菜(?![市场农])|啤酒|证券|信托|大众(?!点)"
    r"|国安|申花|上港|恒大|鲁能|亚泰)"
)
_ROAD = re.compile(
    r"[东南西北中]{0,2}[一二三四五六七八九十]{0,2}[支环新老]?"
    r"(?:路(?![过人遇透演线程况边])|大街(?!小巷)|大道|街(?![道头坊舞边])|巷|弄(?![得成的])|胡同)(?:步行街)?"
)
_ESTATE = re.compile(
    r"[东南西北新老]?(?:[一二三四五六七八九十]?村(?![民里委])|庄|家?宅|小区|公路|花园|家园|公寓|[名佳新雅花嘉家]苑|山庄)")
_OFFICE = re.compile(
    r"(?:县|市|区|镇|州)?(?:警方|公安|消防|交警|法院|检察院|官方|政府|应急|卫健|教育局|城管|住建|纪委|当地|境内"
    r"|城区|街头|辖区|各地|山区|全境|一(?:小区|男子|女子|商场|工厂|酒店|居民楼|学校|中学|小学|住户|商铺|民房|餐馆))"
)
_AT = re.compile(r"(?:[正就]在|位于|赴|抵达|前往|来到|途经|发自|地处|坐落于?|驶入|家住|坐标:?|籍贯:?|发生在)$")
_NEAR = re.compile(r"[在到去回]$")
_EDGE = frozenset("在于到从赴往至与和及的由是去回经抵驻位县市区省镇乡州旗盟道")
_INSIDE = {
    "市": "民场值面井容委集级", "省": "会委级份", "区": "域间别块委级", "县": "城委级衙", "镇": "化静痛定压守",
    "乡": "村亲下土愁音情", "村": "民委里落支官庄镇务口子姑",
}


def branded(words: str, end: int) -> bool:
    """Whether a short name goes on as that of a paper, a dish, a club."""
    return bool(_BRAND.match(words, end))


def road(words: str, end: int) -> int:
    """Where a road ends that begins with the name before `end` (南京 | 东路); 0 where none does."""
    found = _ROAD.match(words, end)
    return found.end() if found else 0


def estate(words: str, end: int) -> bool:
    """Whether a short name goes on as that of a village or an estate."""
    return bool(_ESTATE.match(words, end))


def swallowed(words: str, end: int) -> bool:
    """Whether a name's last character is the first one of the next word: 南京 | 市民."""
    return words[end : end + 1] in _INSIDE.get(words[end - 1], "") and end < len(words)


def level_behind(words: str, end: int) -> bool:
    """Whether 市, 县 or 区 stands behind a name and belongs to it."""
    return words[end : end + 1] in ("市", "县", "区") and not swallowed(words, end + 1) and (
        words[max(end - 2, 0) : end + 1] not in ("大城市", "新城市", "县城市"))


def stressed(words: str, start: int, end: int) -> bool:
    """Whether what stands beside a name says that it is a place."""
    return bool(_OFFICE.match(words, end) or _AT.search(words, max(start - 4, 0), start))


def visited(words: str, start: int) -> bool:
    """Whether 在, 到, 去 or 回 stands before a name: enough for the districts beside the home district."""
    return bool(_NEAR.search(words, max(start - 2, 0), start))


def free(words: str, start: int) -> bool:
    """Whether nothing before a name can belong to it."""
    before = words[start - 1 : start] if start else ""
    return not before or before in _EDGE or not "\u3400" <= before <= "\u9fff"


@lru_cache(50_000)
def edges(text: str) -> frozenset[int]:
    """Where words begin and end in a text."""
    return frozenset(accumulate((len(word) for word in rjieba.cut(text)), initial=0))
