"""Published communication indices (传播指数) as pure functions, each version under its own key.

All logarithms are natural. A score has no unit and is published with two decimals; scores of different versions are
never comparable. An index refuses an account for which one of its inputs is missing, and says which one: a missing
metric is not 0. An account without a post scores 0.

Sources of the expressions: 清博 gsdata.cn "site/usage" pages and copies of them (WCI, BCI, BVCI, QSCI), published
implementations whose results match published rankings (WCI V12/V13, DCI, NRI), and the Zhejiang data-IP register
(simple BCI).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf, isinf, log

from core.clock import Month

MONTH_DAYS, YEAR_DAYS = 30, 365
"""A month and a year as 清博 counts them; a week is seven days anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """One account's totals over a period; None is missing.

    `days` is the index's own length of the period (see `wci_days`). Plain names are sums over all posts,
    `headline_*` over posts in first position, `*_max` the largest value of a single post, `original_*` over original
    posts. `followers` stands at the period's end, `followers_gain` is the net change and may be negative.
    """

    days: int
    posts: int | None
    pushes: int | None = None
    originals: int | None = None
    reads: float | None = None
    plays: float | None = None
    likes: float | None = None
    wows: float | None = None
    reposts: float | None = None
    comments: float | None = None
    reads_max: float | None = None
    likes_max: float | None = None
    wows_max: float | None = None
    reposts_max: float | None = None
    headline_reads: float | None = None
    headline_likes: float | None = None
    headline_wows: float | None = None
    headline_reposts: float | None = None
    original_reposts: float | None = None
    original_comments: float | None = None
    followers: float | None = None
    followers_gain: float | None = None


WORDS = {
    "pushes": "发布次数", "originals": "原创标记", "reads": "阅读数", "plays": "播放数", "likes": "点赞数",
    "wows": "在看数", "reposts": "转发数", "comments": "评论数", "reads_max": "最高阅读数", "likes_max": "最高点赞数",
    "wows_max": "最高在看数", "reposts_max": "最高转发数", "headline_reads": "头条阅读数",
    "headline_likes": "头条点赞数", "headline_wows": "头条在看数", "headline_reposts": "头条转发数",
    "original_reposts": "原创转发数", "original_comments": "原创评论数",
    "followers": "粉丝数", "followers_gain": "粉丝净增",
}
"""Chinese name of each input, for the reason of a refusal."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score, or None with the Chinese reason. `parts` are the index's own intermediate values by name."""

    value: float | None
    reason: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Index:
    """One version of one index. `score` refuses missing inputs; `function` is the bare expression.

    `families` are platform families (labels.FAMILIES) that it was made for; `platforms` narrows it to platform codes.
    `cap_by_rule`: a read shown as 10万+ enters as 100001 by the index's own rule, so a capped count does not make the
    score a lower bound.
    """

    key: str
    title: str
    families: tuple[str, ...]
    inputs: tuple[str, ...]
    function: Callable[[Inputs], tuple[float, Mapping[str, float]]]
    source: str
    notes: str = ""
    platforms: tuple[str, ...] = ()
    cap_by_rule: bool = False

    def score(self, inputs: Inputs) -> Score:
        """The score of these totals. Raises ValueError for a period of less than one day."""
        if inputs.days < 1:
            raise ValueError("an index needs a period of at least one day")
        if inputs.posts is None:
            return Score(None, "发布数未知")
        if inputs.posts == 0:
            return Score(0.0, "本期未发布")
        missing = [WORDS[name] for name in self.inputs if getattr(inputs, name) is None]
        if missing:
            return Score(None, f"缺少{'、'.join(missing)}")
        value, parts = self.function(inputs)
        return Score(value, "", parts)

    def bounds(self, inputs: Inputs, slack: Mapping[str, float]) -> tuple[float, float] | None:
        """Least and greatest score when each input may be off by ± its slack (inf: it is only a lower bound).

        Holds because every index here rises with every counter. None where there is no score.
        """
        middle = self.score(inputs).value
        if middle is None:
            return None
        used = {name: slack.get(name, 0) for name in self.inputs}
        if inputs.posts == 0 or not any(used.values()):
            return middle, middle
        low = replace(inputs, **{name: max(getattr(inputs, name) - s, 0) for name, s in used.items() if 0 < s < inf})
        least = self.score(low).value
        if any(isinf(s) for s in used.values()):
            return least if least is not None else 0.0, inf
        high = replace(inputs, **{name: getattr(inputs, name) + s for name, s in used.items() if s})
        most = self.score(high).value
        return least if least is not None else 0.0, most if most is not None else inf


def wci_days(first: date, last: date) -> int:
    """Length of a period by 清博's convention: a calendar month is 30, a calendar year 365, else the real days."""
    month = Month.of(first)
    if (first, last) == (month.first, month.last):
        return MONTH_DAYS
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return YEAR_DAYS
    return (last - first).days + 1


def _l1(x: float) -> float:
    return log(x + 1)


def _l10(x: float) -> float:
    return log(10 * x + 1)


def _average(total: float, by: float, rounded: bool) -> float:
    return round(total / by, 1) if rounded else total / by


# --- WeChat ---------------------------------------------------------------------------------------------------------

_V14_3 = {"reads": 0.85, "wows": 0.09, "likes": 0.06}
_V14_4 = {"reads": 0.70, "wows": 0.09, "likes": 0.06, "reposts": 0.15}


def _dimension(weights: Mapping[str, float], values: Mapping[str, float]) -> float:
    return sum(w * (_l1(values[name]) if name == "reads" else _l10(values[name])) for name, w in weights.items())


def _wci_v14_2(x: Inputs, weights: Mapping[str, float], rounded: bool) -> tuple[float, Mapping[str, float]]:
    def total(pattern: str) -> dict[str, float]:
        return {name: getattr(x, pattern.format(name)) for name in weights}

    everything, headline = total("{}"), total("headline_{}")
    parts = {
        "O": _dimension(weights, {n: v / x.days for n, v in everything.items()}),
        "A": _dimension(weights, {n: _average(v, x.posts, rounded) for n, v in everything.items()}),
        "H": _dimension(weights, {n: v / x.days for n, v in headline.items()}),
        "P": _dimension(weights, total("{}_max")),
    }
    parts["S"] = 0.6 * parts["O"] + 0.2 * parts["A"] + 0.1 * parts["H"] + 0.1 * parts["P"]
    return parts["S"] ** 2 * 1.2 * 10, parts


def wci_v14_2_4(x: Inputs, rounded: bool = False) -> tuple[float, Mapping[str, float]]:
    """WCI V14.2 with four metrics (reads .70, 在看 .09, likes .06, reposts .15).

    `rounded`: per-article averages are rounded to one decimal before the logarithm, as 清博 computes its own lists.
    """
    return _wci_v14_2(x, _V14_4, rounded)


def wci_v14_2_3(x: Inputs, rounded: bool = False) -> tuple[float, Mapping[str, float]]:
    """WCI V14.2 with three metrics (reads .85, 在看 .09, likes .06); `rounded` as in `wci_v14_2_4`."""
    return _wci_v14_2(x, _V14_3, rounded)


def wci_v13(x: Inputs, rounded: bool = False) -> tuple[float, Mapping[str, float]]:
    """WCI V13.0: (.3 O + .3 A + .3 H + .1 P)² × 10 with .85 reads and .15 在看 (then 点赞)."""
    weights = {"reads": 0.85, "wows": 0.15}
    parts = {
        "O": _dimension(weights, {"reads": x.reads / x.days, "wows": x.wows / x.days}),
        "A": _dimension(weights, {"reads": _average(x.reads, x.posts, rounded),
                                  "wows": _average(x.wows, x.posts, rounded)}),
        "H": _dimension(weights, {"reads": x.headline_reads / x.days, "wows": x.headline_wows / x.days}),
        "P": _dimension(weights, {"reads": x.reads_max, "wows": x.wows_max}),
    }
    parts["S"] = 0.3 * (parts["O"] + parts["A"] + parts["H"]) + 0.1 * parts["P"]
    return parts["S"] ** 2 * 10, parts


def wci_v12(x: Inputs, rounded: bool = False) -> tuple[float, Mapping[str, float]]:
    """WCI V12.0: {.8 [.40 ln(R/d+1) + .45 ln(R/n+1) + .15 ln(Rmax+1)] + .2 [the same of 10 Z]}² × 10."""
    reads = (0.40 * _l1(x.reads / x.days) + 0.45 * _l1(_average(x.reads, x.posts, rounded))
             + 0.15 * _l1(x.reads_max))
    wows = (0.40 * _l10(x.wows / x.days) + 0.45 * _l10(_average(x.wows, x.posts, rounded))
            + 0.15 * _l10(x.wows_max))
    return (0.8 * reads + 0.2 * wows) ** 2 * 10, {"reads": reads, "wows": wows}


def wci_v2(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """WCI V2.0: period totals and article averages, plain ln(x+1) for reads and likes alike."""
    reads = 0.40 * _l1(x.reads) + 0.45 * _l1(x.reads / x.posts) + 0.15 * _l1(x.reads_max)
    wows = 0.40 * _l1(x.wows) + 0.45 * _l1(x.wows / x.posts) + 0.15 * _l1(x.wows_max)
    return (0.8 * reads + 0.2 * wows) ** 2 * 10, {"reads": reads, "wows": wows}


_NRI_WEIGHTS = (0.75, 0.05, 0.10, 0.05, 0.05)
_NRI_DAILY = (800_000, 0, 0, 100_000, 80_000)
_NRI_CAP = 100_000


def nri_2018(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """新榜指数, form of 2018-19: Σ w · 1000 · ln(x+1) / ln(cap+1); caps of totals are per day of the period."""
    values = (x.reads, x.reads_max, x.reads / x.posts, x.headline_reads, x.likes)
    caps = tuple(daily * x.days or _NRI_CAP for daily in _NRI_DAILY)
    score = sum(w * 1000 * _l1(v) / _l1(cap) for w, v, cap in zip(_NRI_WEIGHTS, values, caps, strict=True))
    return score, {}


# --- Weibo ----------------------------------------------------------------------------------------------------------

def bci_v9(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """微博传播指数 BCI V9.0: 20 % activity (.30 posts, .70 originals), 80 % spread, × 160."""
    active = 0.30 * _l1(x.posts) + 0.70 * _l1(x.originals)
    spread = (0.20 * _l1(x.reposts) + 0.20 * _l1(x.comments) + 0.25 * _l1(x.original_reposts)
              + 0.25 * _l1(x.original_comments) + 0.10 * _l1(x.likes))
    return (0.20 * active + 0.80 * spread) * 160, {"W1": active, "W2": spread}


def bci_simple(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """微博影响力指数 (simple BCI): 20 % ln(posts+1), 80 % (.4 reposts + .4 comments + .2 likes), × 160."""
    active = _l1(x.posts)
    spread = 0.4 * _l1(x.reposts) + 0.4 * _l1(x.comments) + 0.2 * _l1(x.likes)
    return (0.20 * active + 0.80 * spread) * 160, {"W1": active, "W2": spread}


# --- Others ---------------------------------------------------------------------------------------------------------

def dci(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """抖音传播指数 DCI: .10 works + .76 interaction + .14 coverage, × 100; a loss of followers counts as 0."""
    interaction = 0.17 * _l1(x.likes) + 0.37 * _l1(x.comments) + 0.46 * _l1(x.reposts)
    coverage = 0.11 * _l1(max(x.followers_gain, 0)) + 0.89 * _l1(x.followers)
    published = _l1(x.posts)
    score = (0.10 * published + 0.76 * interaction + 0.14 * coverage) * 100
    return score, {"发布": published, "互动": interaction, "覆盖": coverage}


def bvci_v2(x: Inputs, per_post: bool = False) -> tuple[float, Mapping[str, float]]:
    """B站传播指数 BVCI V2.0, × 100. Plays and comments are daily means (the footnote), or means per video."""
    by = x.posts if per_post else x.days
    score = (0.15 * _l1(x.posts) + 0.25 * _l1(x.plays / by) + 0.30 * _l1(x.comments / by)
             + 0.18 * _l1(x.followers) + 0.12 * _l1(max(x.followers_gain, 0))) * 100
    return score, {}


def qsci(x: Inputs) -> tuple[float, Mapping[str, float]]:
    """QQ公众号传播指数 QSCI V1.0: 25 % activity (×10 inside the logarithm), 75 % spread; no scale factor."""
    active = 0.40 * _l10(x.posts) + 0.45 * _l10(x.posts / x.days) + 0.15 * _l10(x.pushes)
    spread = 0.45 * _l1(x.reads) + 0.40 * _l1(x.comments) + 0.15 * _l1(x.likes)
    return 0.25 * active + 0.75 * spread, {"活跃": active, "传播": spread}


_WCI = ("reads", "wows", "likes", "headline_reads", "headline_wows", "headline_likes", "reads_max", "wows_max",
        "likes_max")
_GSDATA = "清博大数据 gsdata.cn 指数说明"

INDICES: Mapping[str, Index] = {
    index.key: index
    for index in (
        Index("wci_v14_2_3", "WCI V14.2（三指标）", ("wechat",), _WCI, wci_v14_2_3, _GSDATA,
              "阅读 .85、在看 .09、点赞 .06；整体、篇均、头条、峰值 60:20:10:10；整月按 30 天", cap_by_rule=True),
        Index("wci_v14_2_4", "WCI V14.2（四指标）", ("wechat",),
              (*_WCI, "reposts", "headline_reposts", "reposts_max"), wci_v14_2_4, _GSDATA,
              "阅读 .70、在看 .09、点赞 .06、转发 .15；没有转发数的账号不计分，应改用三指标", cap_by_rule=True),
        Index("wci_v13", "WCI V13.0", ("wechat",),
              ("reads", "wows", "headline_reads", "headline_wows", "reads_max", "wows_max"), wci_v13,
              "公开实现与年度榜单", "2017年7月起使用的版本，仅供与历史榜单比较", cap_by_rule=True),
        Index("wci_v12", "WCI V12.0", ("wechat",), ("reads", "wows", "reads_max", "wows_max"), wci_v12,
              "公开论文附表与清博接口数据", "历史版本，仅供与历史榜单比较", cap_by_rule=True),
        Index("wci_v2", "WCI V2.0", ("wechat",), ("reads", "wows", "reads_max", "wows_max"), wci_v2,
              "公开算例", "历史版本，仅供与历史榜单比较", cap_by_rule=True),
        Index("nri_2018", "新榜指数（2018年公开形式）", ("wechat",),
              ("reads", "reads_max", "headline_reads", "likes"), nri_2018, "公开实现与周榜",
              "现行新榜指数可能已调整；范围 0 至 1000", cap_by_rule=True),
        Index("bci_v9", "BCI V9.0", ("weibo",),
              ("originals", "reposts", "comments", "original_reposts", "original_comments", "likes"), bci_v9, _GSDATA,
              "活跃度 20%、传播度 80%；需区分原创与转发"),
        Index("bci_simple", "微博影响力指数（简式）", ("weibo",), ("reposts", "comments", "likes"), bci_simple,
              "浙江省数据知识产权登记", "不区分原创时使用"),
        Index("dci", "DCI 抖音传播指数", ("video",),
              ("likes", "comments", "reposts", "followers", "followers_gain"), dci, "清博指数公开实现",
              "发布 10%、互动 76%、覆盖 14%；掉粉按 0 计", ("douyin",)),
        Index("bvci_v2", "BVCI V2.0", ("video",), ("plays", "comments", "followers", "followers_gain"), bvci_v2,
              _GSDATA, "播放、评论取日均值", ("bilibili",)),
        Index("qsci", "QSCI V1.0", ("news",), ("pushes", "reads", "comments", "likes"), qsci, _GSDATA,
              "QQ公众号", ("qq",)),
    )
}
"""Every index by key. Platforms without a published formula have none; no number is invented under a known name."""


def for_platform(code: str, family: str) -> list[Index]:
    """The indices that can rank that platform, in the registry's order."""
    return [i for i in INDICES.values() if family in i.families and (not i.platforms or code in i.platforms)]
