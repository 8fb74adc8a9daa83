"""How a topic is called: the most central of its real titles, with a few keywords under it."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import rjieba

from core.opinion.features import Background, buckets, gram_shares, rarity
from core.opinion.text import display_title, gist, plain

KEYWORDS = 5
LONGEST_KEYWORD = 10

_STOP = frozenset(
    """
    我们 你们 他们 她们 自己 大家 什么 怎么 怎样 如何 为何 为什么 哪些 哪里 多少 几个 这个
    那个 这些 那些 这样 没有 不是 就是 还是 可以 可能 能否 是否 已经 正在 将会 不会 不能
    需要 应该 因为 所以 但是 如果 还有 以及 关于 对于 通过 进行 表示 认为 觉得 称 说 曝 谈
    回应 最新 今日 今天 昨日 昨天 明天 现场 网友 记者 媒体 视频 官方 通报 发布 公布 消息
    评价 看待 看点 亮点 揭秘 关注 解读 点评 重磅 突发 惊现 一个 一种 一名 一张 多地 多人
    多名 多个 第一 时候 现在 最后 之后 之前 以来 背后 引发 宣布 成为 出现 开始 继续 影响
    情况 问题 原因 事件 事情 东西 真的 原来 居然 竟然 到底 究竟 一直 非常 更加 全文 快讯
    早报 日报 详情 图解 直播 专家 评论 声音 专访 中国 我国 全国 国家
    """.split()  # noqa: SIM905 - a list of words is read more easily without quotes
)
"""Words that head many topics and name none."""
_CONTENT = ("n", "v", "a", "j", "i", "l", "s", "t", "eng", "x", "b", "z", "f")
_LOOSE = ("u", "p", "c", "r", "d", "m", "q", "y", "e", "o", "w")
_GLUE = frozenset("的了在是这那称为与和被将对向从把也都就不很月日第")
_BREAK = re.compile(r"[^\w%·]+")
_QUESTION = re.compile(r"[?？]|如何|为何|为什么|怎么|什么|哪些|吗$")


def title(titles: Mapping[str, int], terms: np.ndarray, weights: np.ndarray, background: Background) -> str:
    """The title nearest to the centre (`terms`, ascending, and `weights`: the topic's n-grams), of those fit to be
    shown: neither clipped words nor a question nor a list of several subjects, where there is a choice."""
    names = list(titles)
    if len(names) == 1:
        return display_title(names[0])
    near = np.array([_nearness(_own(name), terms, weights, background) for name in names])
    near = near / (near.max() or 1)
    fit = [near[n] + _fitness(name, titles[name]) for n, name in enumerate(names)]
    return display_title(names[int(np.argmax(fit))])


@lru_cache(20_000)
def _own(name: str) -> np.ndarray:
    """The n-grams of a title; a topic is named many times by the same ones."""
    return buckets(gist(name))


def _nearness(own: np.ndarray, terms: np.ndarray, weights: np.ndarray, background: Background) -> float:
    if not len(terms):
        return 0.0
    mine = rarity(background.share[own])
    places = terms.searchsorted(own)
    centre = np.where(terms.take(places, mode="clip") == own, weights.take(places, mode="clip"), 0)
    return float(mine @ centre) / max(float(np.linalg.norm(mine)), 1e-9)


def _fitness(name: str, times: int) -> float:
    clean = plain(name)
    length = len(clean)
    score = 0.06 * math.log2(times)
    score -= 0.4 if length < 6 else 0.12 if length < 8 else 0.0
    score -= 0.015 * max(0, length - 26)
    score -= 0.15 if _QUESTION.search(clean) else 0.0
    score -= 0.3 if re.search(r"[;；|｜]|【", clean) else 0.0
    return score


def keywords(titles: Mapping[str, int], background: Background, limit: int = KEYWORDS) -> list[str]:
    """Words and short phrases that many of the titles share and titles at large don't: document frequency x rarity.

    A name that the dictionary splits (郑 | 丽文) is put together again where its parts always stand together.
    """
    found: dict[str, int] = {}
    kinds: dict[str, int] = {}
    texts = [gist(name) for name in titles]
    for name in texts:
        for span, size in _spans_of(name):
            found[span] = found.get(span, 0) + 1
            kinds[span] = size
    least = 2 if len(titles) >= 3 else 1
    names = [span for span, times in found.items() if times >= least]
    if not names:
        return []
    score = {
        span: found[span] * rare * (1.0 if kinds[span] == 1 else 1.15 if least == 2 else 0.6)
        for span, rare in zip(names, rarity(gram_shares(names, background)), strict=True)
    }
    chosen: list[str] = []
    for span in sorted(names, key=lambda one: (-score[one], one)):
        if any(_overlap(span, other) for other in chosen):
            continue
        # The longer form of the same thing, where most titles have it: 郑丽文 for 丽文.
        longer = [
            other for other in names
            if span in other and found[other] >= 0.7 * found[span] and not any(_overlap(other, c) for c in chosen)
        ]
        whole = _grown(max(longer, key=lambda one: (len(one), found[one], one)), texts)
        if not any(_overlap(whole, other) for other in chosen):
            chosen.append(whole)
        if len(chosen) == limit:
            break
    return chosen


def _grown(word: str, texts: list[str]) -> str:
    """The word with the characters that nearly always stand beside it: 连斯基 is 泽连斯基 wherever it occurs."""
    for _ in range(3):
        held = [text for text in texts if word in text]
        if len(held) < 3 or len(word) >= LONGEST_KEYWORD:
            break
        beside = Counter(text[at - 1] + word for text in held if (at := text.find(word)) > 0)
        beside.update(word + text[at] for text in held if (at := text.find(word) + len(word)) < len(text))
        longer, times = beside.most_common(1)[0] if beside else (word, 0)
        if times < 0.9 * len(held) or not longer.isalnum() or _GLUE & {longer[0], longer[-1]}:
            break
        word = longer
    return word


@lru_cache(20_000)
def _spans_of(text: str) -> frozenset[tuple[str, int]]:
    """As `_spans`, of a text of several runs."""
    return frozenset(span for run in _BREAK.split(text) for span in _spans(run))


def _spans(run: str) -> set[tuple[str, int]]:
    """Words of a run of text, and phrases of two or three neighbouring words, with the number of words."""
    tagged = [(word, flag) for word, flag in rjieba.tag(run) if word.strip()]
    out = set()
    for start in range(len(tagged)):
        for size in (1, 2, 3):
            part = tagged[start : start + size]
            if len(part) < size:
                break
            text = "".join(word for word, _ in part)
            if not 2 <= len(text) <= LONGEST_KEYWORD or text.isdigit():
                continue
            if part[0][0] in _STOP or part[-1][0] in _STOP:
                continue
            edges = (part[0], part[-1])
            if not _name_like(part) and any(flag.startswith(_LOOSE) or len(word) < 2 for word, flag in edges):
                continue
            if size == 1 and not part[0][1].startswith(_CONTENT):
                continue
            if size > 1 and any(flag.startswith(("u", "w", "y")) for _, flag in part):
                continue
            out.add((text, size))
    return out


def _name_like(part: list[tuple[str, str]]) -> bool:
    return len(part) > 1 and any(flag.startswith(("nr", "nz", "eng")) for _, flag in part)


def _overlap(a: str, b: str) -> bool:
    if a in b or b in a:
        return True
    pairs = {a[n : n + 2] for n in range(len(a) - 1)}
    return bool(pairs & {b[n : n + 2] for n in range(len(b) - 1)})

