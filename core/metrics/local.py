"""Indices of the district's own (本地指数), pure: what is wrong with a definition, the index it makes, a template.

A definition is plain values, as a person writes it: `scale`, `power`, and `dimensions` of `title`, `weight` (per cent)
and `terms` of `input`, `weight` (per cent of its dimension), `by` ("", days, posts), `times`, `cap` (None: none) and
`daily` (the cap is for each day). A cap really is one: what lies above it counts no more, so that an index whose terms
are all capped lies between 0 and its scale. Every weight is positive, so that it rises with every counter, on which
the bounds of scores rest.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from core.labels import COUNTERS, wan
from core.metrics.indices import INDICES, WORDS, Dimension, Index, Term

BY = {"": "总量", "days": "按天", "posts": "按篇"}
"""How a quantity enters: the period's sum, its mean by day, its mean by post."""
POWERS = (1, 2)
SCALE = 1000
TITLE_LENGTH, NAME_LENGTH = 20, 30
_STOCKS = ("followers", "followers_gain")
_PEAKED = ("reads", "plays", "likes", "wows", "reposts")
_TAKEN = re.compile(
    r"(?<![a-z])(?:wci|bci|dci|bvci|qsci|nri|tgi|kci|wvci|vci|mcci|ipi)(?![a-z])|新榜|清博|西瓜指数|端政|飞瓜|"
    r"(?:微信|微博|抖音|快手|头条|视频号|b站|小红书)(?:号)?(?:传播|影响力)?指数"
)
_DAILY_CAPS = {
    "reads": 100_000, "plays": 100_000, "readers": 100_000, "likes": 5_000, "wows": 2_000, "reposts": 2_000,
    "comments": 1_000, "favourites": 1_000,
}
_MOST, _POSTS_A_DAY = 100_000, 10


def offered(counters: Sequence[str]) -> dict[str, str]:
    """What an index for platforms that all yield these counters can be made of: input → its Chinese name."""
    yielded = [name for name in COUNTERS if name in counters and name in WORDS]
    names = ["posts", *yielded, *(f"{name}_max" for name in yielded if name in _PEAKED), *_STOCKS]
    return {name: word(name) for name in names}


def word(name: str) -> str:
    """The Chinese name of an input."""
    return "发布数" if name == "posts" else WORDS[name]


def template(counters: Sequence[str]) -> dict[str, Any]:
    """A definition of the type of NRI to begin with: reach, interaction and activity under daily caps, of 0 to 1000.
    Weights and caps are a starting point, no standard."""
    reach = next((name for name in ("plays", "reads") if name in counters), "")
    replies = [name for name in ("likes", "comments", "reposts", "favourites") if name in counters][:3]
    shares = {3: (40, 30, 30), 2: (60, 40), 1: (100,)}.get(len(replies), ())
    parts = []
    if reach:
        parts.append(("传播力", 60, [
            _term(reach, 70, cap=_DAILY_CAPS[reach], daily=True), _term(f"{reach}_max", 10, cap=_MOST),
            _term(reach, 20, by="posts", cap=_MOST),
        ]))
    if replies:
        parts.append(("互动力", 30 if reach else 80, [
            _term(name, share, cap=_DAILY_CAPS[name], daily=True) for name, share in zip(replies, shares, strict=True)
        ]))
    parts.append(("活跃度", 100 - sum(weight for _, weight, _ in parts), [
        _term("posts", 100, cap=_POSTS_A_DAY, daily=True)]))
    return {
        "scale": SCALE, "power": 1,
        "dimensions": [{"title": title, "weight": weight, "terms": terms} for title, weight, terms in parts],
    }


def _term(name: str, weight: float, by: str = "", cap: float | None = None, daily: bool = False) -> dict[str, Any]:
    return {"input": name, "weight": weight, "by": by, "times": 1, "cap": cap, "daily": daily}


# --- What is wrong --------------------------------------------------------------------------------------------------


def name_fault(name: str) -> str:
    """Why an index of the district's own can't have that name (Chinese); "" where it can."""
    plain = "".join(name.split()).casefold()
    if not plain:
        return "名称不能为空，请起一个能看出是本单位自定的名称，如“区综合传播分”"
    if len(name) > NAME_LENGTH:
        return f"名称最多 {NAME_LENGTH} 个字，请缩短"
    titles = {"".join(index.title.split()).casefold() for index in INDICES.values()}
    if plain in titles or (found := _TAKEN.search(name.casefold()) or _TAKEN.search(plain)):
        said = "公开指数的名称" if plain in titles else f"公开指数的名称“{found[0].upper()}”"
        return f"名称“{name}”用了{said}：自定的分值不能以它们的名义出现，请换一个名称，如“区综合传播分”"
    return ""


def faults(definition: Mapping[str, Any], inputs: Mapping[str, str]) -> list[str]:
    """Everything that is wrong with a definition, each in Chinese with dimension, term and remedy. `inputs`: what it
    can be made of (`offered`)."""
    out = []
    scale = _number(definition.get("scale"))
    if scale is None or not 0 < scale <= 1_000_000:
        out.append("满分（倍数）应是 0 到 1000000 之间的数，一般填 1000")
    if definition.get("power") not in POWERS:
        out.append("乘方只能是 1 或 2，一般填 1")
    dimensions = list(definition.get("dimensions") or ())
    if not dimensions:
        return [*out, "还没有维度，请至少填写一个维度和一项数据"]
    titles = [str(part.get("title") or "").strip() for part in dimensions]
    for title in dict.fromkeys(titles):
        if not title or len(title) > TITLE_LENGTH:
            out.append(f"维度要有名称，最多 {TITLE_LENGTH} 个字，请填写")
        elif titles.count(title) > 1:
            out.append(f"维度“{title}”有 {titles.count(title)} 个，请合并或改名")
    for title, part in zip(titles, dimensions, strict=True):
        if title:
            out += _dimension_faults(title, part, inputs)
    out += sum_faults("各维度", [part.get("weight") for part in dimensions], "维度")
    terms = [term for part in dimensions for term in part.get("terms") or ()]
    bare = [term for term in terms if term.get("cap") is None]
    if bare and len(bare) < len(terms):
        names = "、".join(dict.fromkeys(inputs.get(term.get("input"), "（未选）") for term in bare))
        out.append(f"{names}没有封顶值，而其他数据有：封顶的数据折算为 0 到 1，与不封顶的相差悬殊，请都填或都不填")
    return out


def _dimension_faults(title: str, part: Mapping[str, Any], inputs: Mapping[str, str]) -> list[str]:
    out = _weight_faults(f"维度“{title}”", part.get("weight"))
    terms = list(part.get("terms") or ())
    if not terms:
        return [*out, f"维度“{title}”没有数据，请至少加一项，或删去这个维度"]
    seen = set()
    for term in terms:
        name = term.get("input")
        if name not in inputs:
            said = f"“{word(name)}”不是所选平台都有的数据" if name in WORDS else "有一项没有选数据或数据不适用"
            out.append(f"维度“{title}”：{said}，请从下拉列表中选择")
            continue
        where = f"维度“{title}”的“{inputs[name]}”"
        if (name, term.get("by")) in seen:
            out.append(f"{where}（{BY.get(term.get('by'), '')}）重复，请合并权重，只留一行")
        seen.add((name, term.get("by")))
        out += _weight_faults(where, term.get("weight")) + _term_faults(where, name, term)
    return out + sum_faults(f"维度“{title}”内各项", [term.get("weight") for term in terms], "数据")


def _term_faults(where: str, name: str, term: Mapping[str, Any]) -> list[str]:
    out = []
    by, cap, times = term.get("by"), term.get("cap"), _number(term.get("times"))
    peak = name.endswith("_max")
    if by not in BY:
        out.append(f"{where}：取值方式只能是{'、'.join(BY.values())}")
    elif by and (name in _STOCKS or peak):
        out.append(f"{where}只能取总量，不能{BY[by]}计算，请改为“总量”")
    elif by == "posts" and name == "posts":
        out.append(f"{where}不能按篇计算（总是 1），请改为“总量”或“按天”")
    if cap is not None and (_number(cap) is None or _number(cap) <= 0):
        out.append(f"{where}的封顶值应大于 0；不封顶请留空")
    if times is None or times <= 0:
        out.append(f"{where}的放大倍数应大于 0，一般填 1")
    elif cap is not None and times != 1:
        out.append(f"{where}已有封顶值，放大倍数请填 1")
    if term.get("daily"):
        if cap is None:
            out.append(f"{where}勾选了“封顶按天累计”，但没有封顶值，请填写封顶值或取消勾选")
        elif by or peak or name == "followers":
            out.append(f"{where}不随天数增加，封顶值不能按天累计，请取消勾选")
    return out


def _weight_faults(where: str, weight: object) -> list[str]:
    value = _number(weight)
    if value is not None and 0 < value <= 100:
        return []
    return [f"{where}的权重应大于 0、不超过 100（%），不用的请删去这一行"]


def sum_faults(whose: str, weights: Iterable[object], what: str) -> list[str]:
    """Whether weights add up to exactly 100 %; one that is no number is another fault."""
    found = [_number(weight) for weight in weights]
    if any(weight is None for weight in found):
        return []
    whole = sum((Decimal(repr(weight)) for weight in found), Decimal(0)).normalize()
    if whole == 100:
        return []
    said = f"还差 {(100 - whole).normalize():f}" if whole < 100 else f"多出 {(whole - 100).normalize():f}"
    return [f"{whose}权重合计 {whole:f}%，应为 100%（{said}），请调整各{what}的权重"]


def _number(value: object) -> float | None:
    """A finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


# --- The index ------------------------------------------------------------------------------------------------------


def tidy(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A faultless definition as it is kept: these fields only, whole numbers as such."""
    return {
        "scale": _whole(definition["scale"]), "power": int(definition["power"]),
        "dimensions": [{"title": part["title"].strip(), "weight": _whole(part["weight"]), "terms": [
            {"input": term["input"], "weight": _whole(term["weight"]), "by": term["by"], "times": _whole(term["times"]),
             "cap": None if term["cap"] is None else _whole(term["cap"]), "daily": bool(term["daily"])}
            for term in part["terms"]
        ]} for part in definition["dimensions"]],
    }


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def index(
    name: str, platforms: Sequence[str], definition: Mapping[str, Any], *, key: str = "", version: int = 0,
    told: str = "",
) -> Index:
    """The index that a faultless definition makes. `version` 0: a draft; `told`: since when it is so, by whom."""
    dimensions = tuple(
        Dimension(part["title"], part["title"], part["weight"] / 100, tuple(
            Term(term["input"], term["weight"] / 100, term["by"], term["times"], term["cap"] or 0, bool(term["daily"]),
                 ceiling=term["cap"] is not None)
            for term in part["terms"]
        )) for part in definition["dimensions"]
    )
    stand = f"第{version}版" if version else "草稿"
    return Index(
        key, f"{name}（本地，{stand}）", (), dimensions,
        f"本单位自定的本地指数，不是公开指数{f'；{told}' if told else ''}", words(definition),
        scale=definition["scale"], power=definition["power"], platforms=tuple(platforms), local=True,
    )


def words(definition: Mapping[str, Any]) -> str:
    """A definition in one line: dimensions, terms, weights and caps."""
    parts = []
    for part in definition["dimensions"]:
        terms = "、".join(_term_words(term) for term in part["terms"])
        parts.append(f"{part['title']} {part['weight']:g}%（{terms}）")
    capped = all(term["cap"] is not None for part in definition["dimensions"] for term in part["terms"])
    scale = f"满分 {definition['scale']:g}" if capped else f"倍数 {definition['scale']:g}"
    return f"{'；'.join(parts)}；各项取自然对数；{scale}{'，乘方 2' if definition['power'] == 2 else ''}"


def _term_words(term: Mapping[str, Any]) -> str:
    by = {"": "", "days": "日均", "posts": "篇均"}[term["by"]]
    times = f"×{term['times']:g}" if term["times"] != 1 else ""
    cap = f"，封顶{wan(term['cap'])}{'/天' if term['daily'] else ''}" if term["cap"] is not None else ""
    return f"{by}{word(term['input'])}{times} {term['weight']:g}%{cap}"
