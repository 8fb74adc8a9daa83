"""Figures in official sentences: pure functions that say no more than the counts allow."""

from collections.abc import Iterable
from datetime import date

from core import labels
from core.counts import Count
from core.metrics.growth import change


def amount(value: Count, unit: str) -> str:
    """`1,482条`, `不少于5,432.1万次`, `约1.2万次`; `暂无数据` where missing."""
    if value.value is None:
        return "暂无数据"
    bound = {"≥": "不少于", "≈": "约", "": ""}[value.mark]
    return f"{bound}{labels.wan(value.value)}{unit}"


def average(total: Count, parts: int | None, unit: str) -> str:
    """`平均每条3.7万次` without its noun: `3.7万次`; empty where nothing can be divided."""
    if total.value is None or not parts:
        return ""
    bound = {"≥": "不少于", "≈": "约", "": ""}[total.mark]
    return f"{bound}{labels.wan(round(total.value / parts, 1))}{unit}"


def moved(word: str, now: Count, before: Count) -> str:
    """`环比增长12.3%`, `环比下降4.0%（约）`, `环比持平`; empty where there is nothing to compare with.

    `word`: 环比 or 同比. A change between counts that are not both exact is marked 约.
    """
    found = change(now, before)
    if found.ratio is None:
        return ""
    rounded = round(abs(found.ratio) * 100, 1)
    if not rounded:
        return f"{word}持平"
    certain = "" if found.certain else "（约）"
    return f"{word}{'增长' if found.ratio > 0 else '下降'}{rounded:,.1f}%{certain}"


def changes(now: Count, before: Count, year: Count) -> str:
    """`，环比增长12.3%，同比下降1.0%` with its leading commas; empty where neither can be said."""
    said = [moved("环比", now, before), moved("同比", now, year)]
    return "".join(f"，{one}" for one in said if one)


def day(at: date) -> str:
    """`2月7日（周五）`."""
    return f"{at.month}月{at.day}日（{labels.WEEKDAYS[at.weekday()]}）"


def days(found: Iterable[date], most: int = 6) -> str:
    """`2月3日、4日、9日`; runs are drawn together (`2月3日至5日`); beyond `most` runs the rest is counted."""
    runs: list[list[date]] = []
    for one in sorted(found):
        if runs and (one - runs[-1][-1]).days == 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    words, month = [], 0
    for run in runs[:most]:
        first, last = run[0], run[-1]
        text = f"{first.day}日" if first.month == month else f"{first.month}月{first.day}日"
        month = first.month
        if len(run) > 1:
            end = f"{last.day}日" if last.month == month else f"{last.month}月{last.day}日"
            text += f"{'至' if len(run) > 2 else '、'}{end}"
            month = last.month
        words.append(text)
    rest = sum(len(run) for run in runs[most:])
    return "、".join(words) + (f"等共{sum(map(len, runs))}天" if rest else "")


def percent(share: float | None) -> str:
    """`58.3%`; a dash where missing."""
    return labels.MISSING if share is None else f"{share * 100:.1f}%"


def listed(names: Iterable[str], most: int = 5) -> str:
    """`甲、乙、丙`; beyond `most` names `甲、乙等9个`."""
    all_ = list(names)
    return "、".join(all_[:most]) + (f"等{len(all_)}个" if len(all_) > most else "")
