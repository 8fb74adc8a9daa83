"""Words that the sections of reports on accounts share."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from core import labels
from core.counts import Count
from core.labels import COUNTERS
from core.report.content import Chart, Series
from core.report.platform.base import Base

INTERACTION = ("reposts", "comments", "likes")
SHORT = {"reposts": "转发", "comments": "评论", "likes": "点赞", "reads": "阅读", "plays": "播放", "wows": "在看",
         "favourites": "收藏", "readers": "阅读人数", "sharers": "分享人数", "interaction": "转评赞"}
METRICS = {**COUNTERS, "interaction": "转评赞"}


def dated(at: date) -> str:
    """`2026年8月1日`."""
    return f"{at.year}年{at.month}月{at.day}日"


def short_day(at: date) -> str:
    return f"{at.month}月{at.day}日"


def title(text: object, most: int = 60) -> str:
    """A post's title, cut to so many characters."""
    clean = " ".join(str(text or "").split()) or "（无标题）"
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def name(text: object) -> str:
    return " ".join(str(text).split())


def named(names: Iterable[object]) -> str:
    """`“甲”、“乙”`."""
    return "、".join(f"“{name(one)}”" for one in names)


def bars(names: Sequence[str]) -> list[str]:
    """Names as chart labels: the same name twice gets a number, or two accounts would share one bar."""
    seen: dict[str, int] = {}
    out = []
    for one in map(name, names):
        seen[one] = seen.get(one, 0) + 1
        out.append(one if seen[one] == 1 else f"{one}（{seen[one]}）")
    return out


def marks_note(counts: Sequence[Any]) -> str:
    """What the marks of these counts mean, where there are any."""
    marks = {one.mark for one in counts if isinstance(one, Count)}
    said = ["≥ 为下限（平台只显示“10万+”等）"] * ("≥" in marks) + ["≈ 为约数（平台显示“1.2万”等）"] * ("≈" in marks)
    return "；".join(said)


def values(frame: pd.DataFrame, counter: str) -> tuple[int | None, ...]:
    return tuple(None if pd.isna(value) else int(value) for value in frame[counter])


def each(f: Base) -> str:
    """`每日`, or `各月` of a long period."""
    return "各月" if f.long else "每日"


def steps(f: Base) -> tuple[str | date, ...]:
    """The labels of the course: days, or `1月`."""
    if not f.long:
        return tuple(f.course["day"])
    return tuple(f"{day.month}月" for day in f.course["day"])


def at(f: Base, day: date) -> str:
    """A step of the course in a sentence: `8月3日`, or `8月`."""
    return f"{day.month}月" if f.long else short_day(day)


def line(f: Base, what: str, names: Sequence[tuple[str, str]], unit: str, kind: str = "line") -> Chart:
    """The course of some counters: lines or bars by day, bars by month."""
    frame = f.course
    kind = "stacked" if f.long else kind
    blank = "没有数据的月份无柱" if f.long else "断开处为没有数据的日期"
    note = "、".join([blank] * any(frame["gap"]) + ["阴影为法定节假日"] * bool(f.holidays and kind == "line"))
    return Chart(kind, f"{each(f)}{what}", "月份" if f.long else "日期", steps(f),
                 tuple(Series(word, values(frame, counter)) for counter, word in names), unit, note=note,
                 marks=tuple(f.holidays.items()) if kind == "line" else ())


def metric_word(counter: str) -> str:
    """What posts are ordered by, in words."""
    return METRICS[counter]


def unit_kind(code: str) -> str:
    return labels.UNIT_KINDS.get(code, code)
