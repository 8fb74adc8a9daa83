"""What the sources of reports on accounts share: what a report is about, its measures, sums, means and changes."""

from dataclasses import dataclass
from datetime import date

from core import labels
from core.query.scope import Filter
from core.report.behind.account_rows import ByAccount
from core.report.behind.rows import Only, Query
from core.report.behind.source import At, Maker, Part, Rule, Source, Spans, basis, day_in, months, spans
from core.report.platform.wording import SHORT

MEASURES = {
    "发布数": "posts", "转评赞合计": "interaction", "转评赞": "interaction", "转评赞总数": "interaction",
    **{word: name for name, word in SHORT.items()}, **{word: name for name, word in labels.COUNTERS.items()},
    **{f"总{word}": name for name, word in labels.COUNTERS.items()},
}
"""What columns, rows and series call a measure."""
WORD = "|".join(sorted(MEASURES, key=len, reverse=True))
CALLED = {"posts": "发布数", "interaction": "转评赞合计", **labels.COUNTERS}


@dataclass(frozen=True, slots=True)
class About:
    """What a report is about: days, accounts, platform (code; empty of a unit), reading."""

    spans: Spans
    platform: str
    kinds: tuple[str, ...]
    units: tuple[int, ...]
    board: int | None
    basis: str
    year: bool

    def where(self, first: date, last: date) -> Filter:
        """Its accounts over some days."""
        return Filter(first, last, (self.platform,) if self.platform else (), self.kinds, self.units, self.board)

    @property
    def here(self) -> Filter:
        return self.where(self.spans.first, self.spans.last)


def about(at: At) -> About:
    """What the content of a number is about."""
    subject = at.content.subject
    kind, _, id_ = subject.scope.partition(":")
    number = int(id_) if id_.isdecimal() else 0
    return About(
        spans(at.content), subject.platform, (kind,) if kind in labels.UNIT_KINDS and not id_ else (),
        (number,) if kind == "unit" else (), number if kind == "board" else None, basis(at.content),
        spans(at.content).period.span == "year")


def said(measure: str, of: str) -> str:
    """The definition of a measure."""
    reading = f"每条取{labels.BASES[of]}"
    match measure:
        case "posts":
            return "已采集到的信息数，归入信息发布当日。"
        case "interaction":
            return f"转发、评论、点赞之和，{reading}，归入信息发布当日。"
    return f"{labels.COUNTERS[measure]}之和，{reading}，归入信息发布当日；没有此项数据的信息不计，不以零代替。"


def total(a: About, measure: str, first: date, last: date, only: Only = ()) -> Source:
    """A sum over accounts."""
    return Source(said(measure, a.basis), first, last, ByAccount(a.where(first, last), a.basis, measure, only))


def span_of(a: About, word: str) -> tuple[date, date]:
    """The days that a row or a label means: a day, a month, else the period."""
    found = months(a.spans.period, word)
    if found:
        return max(found[0], a.spans.first), min(found[1], a.spans.last)
    day = day_in(a.spans.period, word)
    return (day, day) if day else (a.spans.first, a.spans.last)


def by_account(a: About, measure: str, span: tuple[date, date], only: Only = ()) -> Query:
    return ByAccount(a.where(*span), a.basis, measure, only)


def this(a: About) -> tuple[date, date]:
    return a.spans.first, a.spans.last


def ratio(what: str, a: About, one: Part, by: Part, times: float = 1) -> Source:
    scale = f" × {times:,g}" if times != 1 else ""
    return Source(what, *this(a), formula=f"{one.name} ÷ {by.name}{scale}", parts=(one, by), times=times)


def change(what: str, a: About, now: Part, then: Part) -> Source:
    return Source(what, *this(a), formula=f"（{now.name} － {then.name}）÷ {then.name}", parts=(now, then),
                  reckon="change")


def known_of(measure: str) -> str:
    return "posts" if measure == "interaction" else f"{measure}_known"


def mean(a: About, measure: str, only: Only = (), span: tuple[date, date] | None = None) -> Source:
    """A sum by the posts that have it."""
    span = span or this(a)
    name = CALLED[measure]
    by = "发布数" if measure == "interaction" else f"有{name}的发布数"
    return ratio("平均数以有该项数据的信息数为分母。", a, Part(name, by_account(a, measure, span, only)),
                  Part(by, by_account(a, known_of(measure), span, only)))


def every(maker: Maker, *blocks: str) -> list[Rule]:
    return [(block, ".*", ".*", maker) for block in blocks]
