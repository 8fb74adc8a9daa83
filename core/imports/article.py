"""The file of one article (单篇详情): its days → the article's counters at the end of each day. Pure.

The table 数据趋势明细 counts what happened on each day; times (次数) add up to the article's own counters, persons
don't. Which article it is stands in another part of the sheet (see `about`).
"""

from datetime import date, datetime

from core import clock
from core.counts import AT_LEAST, Count, add
from core.imports.about import Article
from core.imports.cells import Fault, Row, count, made, when
from core.records import PostRecord

SUMMED = ("reads", "reposts")
"""Counters of times."""


def day(row: Row, faults: list[Fault], year: int | None) -> tuple[date | None, dict[str, Count]]:
    """(day, what happened on it) of a row."""
    at = when(row, "day", faults, year=year)
    happened = {name: count(row, name, faults) for name in SUMMED if name in row.layout.columns}
    if at and clock.instant(at.day).year < 2005:
        faults.append(Fault("day", f"日期 {at.day} 早于 2005 年，不可信"))
    return (at.day if at else None), happened


def readings(
    article: Article, days: dict[date, dict[str, Count]], locator: str, observed_at: datetime, faults: list[Fault]
) -> list[PostRecord]:
    """The article's counters at the end of each day. Where days after the publishing are lacking, they are lower
    bounds."""
    out = []
    sums: dict[str, Count] = {}
    expected = article.at.day
    whole = True
    for at in sorted(days):
        whole = whole and at <= expected
        expected = max(expected, date.fromordinal(at.toordinal() + 1))
        for name, value in days[at].items():
            sums[name] = add((sums.get(name, Count(None)), value))
        figures = {
            name: value if whole or value.value is None else Count(value.value, AT_LEAST)
            for name, value in sums.items()
        }
        record = made(PostRecord, {
            "external_id": article.external_id, "published_at": article.at.at, "timed": article.at.timed,
            "observed_at": observed_at, "as_of": at, "title": article.title, "url": article.url, "counters": figures,
            "locator": locator,
        }, faults)
        if record is None:
            return []
        out.append(record)
    return out
