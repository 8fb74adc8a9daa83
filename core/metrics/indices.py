"""Published communication indices (传播指数) as data: each version a list of weighted logarithms under its own key.

All logarithms are natural. A score has no unit and is published with two decimals; scores of different versions are
never comparable. An index refuses an account for which one of its inputs is missing, and says which one: a missing
metric is not 0. An account without a post scores 0.

Sources of the expressions: 清博 gsdata.cn "site/usage" pages and copies of them (WCI, BCI, BVCI, QSCI), published
implementations whose results match published rankings (WCI V12/V13, DCI, NRI), and the Zhejiang data-IP register
(simple BCI).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import inf, isinf, log
from typing import Literal

import numpy as np

from core.clock import Month
from core.metrics import ranking

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
    favourites: float | None = None
    reads_max: float | None = None
    plays_max: float | None = None
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
    "wows": "在看数", "reposts": "转发数", "comments": "评论数", "favourites": "收藏数",
    "reads_max": "最高阅读数", "plays_max": "最高播放数", "likes_max": "最高点赞数",
    "wows_max": "最高在看数", "reposts_max": "最高转发数", "headline_reads": "头条阅读数",
    "headline_likes": "头条点赞数", "headline_wows": "头条在看数", "headline_reposts": "头条转发数",
    "original_reposts": "原创转发数", "original_comments": "原创评论数",
    "followers": "粉丝数", "followers_gain": "粉丝净增",
}
"""Chinese name of each input, for the reason of a refusal."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score, or None with the Chinese reason. `parts`: the value of each dimension by its key, and their weighted sum
    `S`."""

    value: float | None
    reason: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Term:
    """One weighted logarithm: weight × ln(times · x / by + 1), where x is an input, and `by` the days or the posts of
    the period. With a `cap` the logarithm is divided by ln(cap + 1), `daily` caps being for each day; with `ceiling`
    what lies above the cap counts no more. A negative input (followers lost) counts as 0."""

    input: str
    weight: float
    by: Literal["", "days", "posts"] = ""
    times: float = 1
    cap: float = 0
    daily: bool = False
    ceiling: bool = False

    def value(self, x: Inputs, rounded: bool = False) -> float:
        """The logarithm without its weight. `rounded`: averages by posts enter with one decimal."""
        held = max(getattr(x, self.input), 0)
        if self.by:
            held = held / getattr(x, self.by) if getattr(x, self.by) else 0.0
            held = round(held, 1) if rounded and self.by == "posts" else held
        found = log(self.times * held + 1)
        if not self.cap:
            return found
        share = found / log((self.cap * x.days if self.daily else self.cap) + 1)
        return min(share, 1.0) if self.ceiling else share

    def values(self, x: Mapping[str, np.ndarray], days: int, rounded: bool = False) -> np.ndarray:
        """`value` for many accounts at once; nan where the input is missing."""
        held = np.maximum(x[self.input], 0)
        if self.by:
            by = x["posts"] if self.by == "posts" else np.full(len(held), float(days))
            held = np.divide(held, by, out=np.zeros(len(held)), where=by != 0)
            held = ranking.rounded(held, 1) if rounded and self.by == "posts" else held
        found = np.log(self.times * held + 1)
        if not self.cap:
            return found
        share = found / log((self.cap * days if self.daily else self.cap) + 1)
        return np.minimum(share, 1.0) if self.ceiling else share


@dataclass(frozen=True, slots=True)
class Dimension:
    """A weighted group of terms, under the name that the index itself gives it."""

    key: str
    title: str
    weight: float
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """One version of one index: scale × (Σ dimension weight × Σ term weight × term) ^ power.

    `families` are platform families (labels.FAMILIES) that it was made for; `platforms` narrows it to platform codes.
    `cap_by_rule`: a read shown as 10万+ enters as 100001 by the index's own rule, so a capped count does not make the
    score a lower bound. `local`: the district's own, not a published one.
    """

    key: str
    title: str
    families: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    source: str
    notes: str = ""
    scale: float = 1
    power: Literal[1, 2] = 1
    platforms: tuple[str, ...] = ()
    cap_by_rule: bool = False
    local: bool = False

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that it needs beside the number of posts, each once."""
        named = (term.input for group in self.dimensions for term in group.terms)
        return tuple(name for name in dict.fromkeys(named) if name != "posts")

    def expression(self, x: Inputs, *, rounded: bool = False) -> tuple[float, dict[str, float]]:
        """The bare value, and those of its parts; all inputs must be there. `rounded`: averages by posts enter with one
        decimal, as 清博 computes its own lists."""
        parts = {d.key: sum(t.weight * t.value(x, rounded) for t in d.terms) for d in self.dimensions}
        parts["S"] = sum(d.weight * parts[d.key] for d in self.dimensions)
        return self.scale * parts["S"] ** self.power, parts

    def score(self, inputs: Inputs, *, rounded: bool = False) -> Score:
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
        value, parts = self.expression(inputs, rounded=rounded)
        return Score(value, "", parts)

    def scores(self, x: Mapping[str, np.ndarray], days: int, *, rounded: bool = False) -> np.ndarray:
        """`score` for many accounts at once: arrays of the inputs by name and of `posts`; nan is missing."""
        if days < 1:
            raise ValueError("an index needs a period of at least one day")
        whole = sum(d.weight * sum(t.weight * t.values(x, days, rounded) for t in d.terms) for d in self.dimensions)
        return np.where(x["posts"] == 0, 0.0, self.scale * whole**self.power)

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


# --- WeChat ---------------------------------------------------------------------------------------------------------


def _terms(weights: Mapping[str, float], pattern: str, by: Literal["", "days", "posts"] = "") -> tuple[Term, ...]:
    """A dimension of WCI: only reads stand in the logarithm as they are, the others tenfold."""
    return tuple(
        Term(pattern.format(name), weight, by, 1 if name == "reads" else 10) for name, weight in weights.items()
    )


def _wci(
    key: str, title: str, weights: Mapping[str, float], shares: Sequence[float], scale: float, **more: str
) -> Index:
    """WCI since V13: overall and headlines by the day, the average by the article, the peaks; squared."""
    overall, average, headline, peak = shares
    return Index(
        key, title, ("wechat",), (
            Dimension("O", "整体传播力", overall, _terms(weights, "{}", "days")),
            Dimension("A", "篇均传播力", average, _terms(weights, "{}", "posts")),
            Dimension("H", "头条传播力", headline, _terms(weights, "headline_{}", "days")),
            Dimension("P", "峰值传播力", peak, _terms(weights, "{}_max")),
        ), scale=scale, power=2, cap_by_rule=True, **more,
    )


def _older_wci(key: str, title: str, by: Literal["", "days"], times: float, source: str) -> Index:
    """WCI before V13: 80 % reads, 20 % 在看 (then likes), each .40 total, .45 average, .15 peak; squared."""
    def three(name: str, times: float) -> tuple[Term, ...]:
        return (Term(name, 0.40, by, times), Term(name, 0.45, "posts", times), Term(f"{name}_max", 0.15, "", times))

    return Index(
        key, title, ("wechat",),
        (Dimension("reads", "阅读", 0.8, three("reads", 1)), Dimension("wows", "在看", 0.2, three("wows", times))),
        source, "历史版本，仅供与历史榜单比较", scale=10, power=2, cap_by_rule=True,
    )


_GSDATA = "清博大数据 gsdata.cn 指数说明"
_WECHAT = (
    _wci("wci_v14_2_3", "WCI V14.2（三指标）", {"reads": 0.85, "wows": 0.09, "likes": 0.06}, (0.6, 0.2, 0.1, 0.1), 12,
         source=_GSDATA, notes="阅读 .85、在看 .09、点赞 .06；整体、篇均、头条、峰值 60:20:10:10；整月按 30 天"),
    _wci("wci_v14_2_4", "WCI V14.2（四指标）", {"reads": 0.70, "wows": 0.09, "likes": 0.06, "reposts": 0.15},
         (0.6, 0.2, 0.1, 0.1), 12, source=_GSDATA,
         notes="阅读 .70、在看 .09、点赞 .06、转发 .15；没有转发数的账号不计分，应改用三指标"),
    _wci("wci_v13", "WCI V13.0", {"reads": 0.85, "wows": 0.15}, (0.3, 0.3, 0.3, 0.1), 10,
         source="公开实现与年度榜单", notes="2017年7月起使用的版本，仅供与历史榜单比较"),
    _older_wci("wci_v12", "WCI V12.0", "days", 10, "公开论文附表与清博接口数据"),
    _older_wci("wci_v2", "WCI V2.0", "", 1, "公开算例"),
    Index(
        "nri_2018", "新榜指数（2018年公开形式）", ("wechat",), (Dimension("S5", "五项", 1, (
            Term("reads", 0.75, cap=800_000, daily=True), Term("reads_max", 0.05, cap=100_000),
            Term("reads", 0.10, "posts", cap=100_000), Term("headline_reads", 0.05, cap=100_000, daily=True),
            Term("likes", 0.05, cap=80_000, daily=True),
        )),), "公开实现与周榜", "现行新榜指数可能已调整；范围 0 至 1000", scale=1000, cap_by_rule=True,
    ),
)

# --- Weibo ----------------------------------------------------------------------------------------------------------

_WEIBO = (
    Index(
        "bci_v9", "BCI V9.0", ("weibo",), (
            Dimension("W1", "活跃度", 0.20, (Term("posts", 0.30), Term("originals", 0.70))),
            Dimension("W2", "传播度", 0.80, (
                Term("reposts", 0.20), Term("comments", 0.20), Term("original_reposts", 0.25),
                Term("original_comments", 0.25), Term("likes", 0.10),
            )),
        ), _GSDATA, "活跃度 20%、传播度 80%；需区分原创与转发", scale=160,
    ),
    Index(
        "bci_simple", "微博影响力指数（简式）", ("weibo",), (
            Dimension("W1", "活跃度", 0.20, (Term("posts", 1),)),
            Dimension("W2", "传播度", 0.80, (Term("reposts", 0.4), Term("comments", 0.4), Term("likes", 0.2))),
        ), "浙江省数据知识产权登记", "不区分原创时使用", scale=160,
    ),
)

# --- Others ---------------------------------------------------------------------------------------------------------


def _bvci(key: str, title: str, by: Literal["days", "posts"], notes: str) -> Index:
    return Index(
        key, title, ("video",), (Dimension("S5", "五项", 1, (
            Term("posts", 0.15), Term("plays", 0.25, by), Term("comments", 0.30, by), Term("followers", 0.18),
            Term("followers_gain", 0.12),
        )),), _GSDATA, notes, scale=100, platforms=("bilibili",),
    )


_OTHERS = (
    Index(
        "dci", "DCI 抖音传播指数", ("video",), (
            Dimension("发布", "发布", 0.10, (Term("posts", 1),)),
            Dimension("互动", "互动", 0.76, (Term("likes", 0.17), Term("comments", 0.37), Term("reposts", 0.46))),
            Dimension("覆盖", "覆盖", 0.14, (Term("followers_gain", 0.11), Term("followers", 0.89))),
        ), "清博指数公开实现", "发布 10%、互动 76%、覆盖 14%；掉粉按 0 计", scale=100, platforms=("douyin",),
    ),
    _bvci("bvci_v2", "BVCI V2.0", "days", "播放、评论取日均值（按官方注释）"),
    _bvci("bvci_v2_post", "BVCI V2.0（篇均）", "posts", "播放、评论取每个视频的均值（按官方表格）"),
    Index(
        "qsci", "QSCI V1.0", ("news",), (
            Dimension("活跃", "活跃度", 0.25, (
                Term("posts", 0.40, times=10), Term("posts", 0.45, "days", 10), Term("pushes", 0.15, times=10),
            )),
            Dimension("传播", "传播力", 0.75, (Term("reads", 0.45), Term("comments", 0.40), Term("likes", 0.15))),
        ), _GSDATA, "QQ公众号", platforms=("qq",),
    ),
)
INDICES: Mapping[str, Index] = {index.key: index for index in (*_WECHAT, *_WEIBO, *_OTHERS)}
"""Every published index by key. Platforms without a published formula have none; no number is invented under a known
name."""


def for_platform(code: str, family: str) -> list[Index]:
    """The indices that can rank that platform, in the registry's order."""
    return [i for i in INDICES.values() if family in i.families and (not i.platforms or code in i.platforms)]
