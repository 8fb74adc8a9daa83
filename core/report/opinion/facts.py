"""What a routine report on opinion is made of, read in one go through `core.query`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import and_, func, select
from sqlmodel import Session

from core import clock, db, outlook
from core.clock import days
from core.faults import BadInput
from core.models import Incident, IncidentMention, Mention, MentionDay, Source
from core.periods import BEFORE, NAMES, THIS, Period
from core.query import alert_period, corpus, demands, heard, incident_period, set_topics, topic_views
from core.query.alert_period import Warned
from core.query.corpus import MEDIA, NETIZENS, Risks, Set, Size, Voice
from core.query.demands import DemandFilter, Overview
from core.query.heard import Heard
from core.query.incident_period import Case
from core.query.opinion_scope import ALL, Scope, scope
from core.query.topic_views import Ahead, Seen
from core.report.outline import Order

LISTED, ANNEX_TOPICS, ANNEX_ITEMS = 10, 100, 100
"""Topics of the list, and of the annexes; sensitive texts of an annex."""
TOLD = {"day": 3, "halfweek": 3}
TOLD_ELSE = 5
"""Topics and sensitive texts that are told of one by one."""
PROBLEMS = 8
LONG = 62
"""Days from which on the course is told by months or weeks."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures that are compared with those of other periods. `felt`: items with a sentiment, `negative` of them
    负面; `topics` of two items or more."""

    mentions: int
    texts: int
    sensitive: int
    high: int
    felt: int
    negative: int
    topics: int
    alerts: int
    opened: int
    settled: int
    demands: int


@dataclass(frozen=True, slots=True)
class Told:
    """A topic that is told of in detail: its row of the list (set_topics.COLUMNS), the platforms (corpus.platforms) and
    streets (corpus.towns) of its items in the period, how they are spoken of, what is thought of it (None: not
    reckoned)."""

    row: Mapping[str, object]
    platforms: pd.DataFrame
    towns: pd.DataFrame
    voices: Mapping[str, Voice]
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Facts:
    """`first`, `last`: the Shanghai days that are told, `until` the moment; `earlier`, `year`: figures of the period
    before and of the year before, None where they can't be compared (`why` says it of the first); `counts`: items of
    each day (None: nothing was collected), `hours` of a single day by platform; `ahead`: the forecast of all items
    (None: none holds); `sources_first`: the first day of which anything is known."""

    order: Order
    scope: Scope
    now: datetime
    first: date
    last: date
    until: datetime
    heard: Heard
    size: Size
    sums: Sums
    earlier: Sums | None
    year: Sums | None
    why: str
    platforms: pd.DataFrame
    platforms_before: Mapping[str, int]
    daily: pd.DataFrame
    counts: Mapping[date, int | None]
    hours: tuple[tuple[int, str], ...]
    voices: Mapping[str, Voice]
    topics: pd.DataFrame
    told: tuple[Told, ...]
    risks: Risks
    sensitive_size: Size
    sensitive: pd.DataFrame
    sensitive_towns: pd.DataFrame
    sensitive_units: pd.DataFrame
    unfiled: int
    cases: tuple[Case, ...]
    warned: Warned
    asked: Overview | None
    problems: pd.DataFrame
    ahead: Ahead | None
    demo: bool
    stamp: int

    @property
    def period(self) -> Period:
        return self.order.period

    @property
    def running(self) -> bool:
        """Whether the period is not over yet."""
        return self.until < clock.instant(self.period.last + timedelta(1))

    @property
    def brief(self) -> bool:
        return self.period.span in ("day", "halfweek")

    @property
    def this(self) -> str:
        """当日, 本期, 本周 …"""
        return THIS[self.period.span]

    @property
    def before(self) -> str:
        """前一日, 上期, 上周 …"""
        return BEFORE[self.period.span]

    @property
    def name(self) -> str:
        """舆情周报."""
        return f"舆情{NAMES[self.period.span]}"

    @property
    def everything(self) -> bool:
        return self.scope.kind == ALL

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to be told: no item, alert, incident or demand."""
        sums = self.sums
        return not (sums.mentions or sums.alerts or sums.demands or self.cases)

    @property
    def felt(self) -> int:
        return self.sums.felt

    @property
    def margin(self) -> float:
        """Of the share of 负面, ± as a share: the larger one of both sides."""
        return max((one.margin for one in self.voices.values() if one.felt), default=0.0)


def read(session: Session, order: Order, now: datetime) -> Facts:
    """Everything about the period as it stood at its end, or stands now (use `db.snapshot`). Raises BadInput for a
    period that has not begun and for a scope that there is not."""
    period, today = order.period, clock.day_of(now)
    if period.first > today:
        raise BadInput(f"{period.label}还没有开始，不能编制报告")
    about = scope(session, order.scope)
    first, last = period.first, min(period.last, today)
    until = min(now, clock.instant(period.last + timedelta(1)))
    inside = about.mentions(first, last)
    ears = heard.heard(session, first, last, now)
    earlier, year, why = _compared(session, about, period, ears, until, now)
    before = period.shift(-1)
    grave = and_(inside, set_topics.risky())
    topics = set_topics.topics(session, inside, about.mentions(before.first, before.last) if earlier else None,
                               ANNEX_TOPICS)
    asked, problems = _asked(session, about, first, last, until)
    return Facts(
        order=order, scope=about, now=now, first=first, last=last, until=until, heard=ears,
        size=corpus.size(session, inside), sums=_sums(session, about, first, last), earlier=earlier, year=year, why=why,
        platforms=corpus.platforms(session, inside),
        platforms_before=_by_platform(session, about.mentions(before.first, before.last)) if earlier else {},
        daily=corpus.daily(session, inside), counts=_counts(session, inside, first, last, ears),
        hours=tuple((clock.local(at).hour, name) for at, name in corpus.moments(session, inside))
        if first == period.last else (),
        voices=corpus.voices(session, inside), topics=topics,
        told=tuple(_told(session, inside, row) for row in topics.head(TOLD.get(period.span, TOLD_ELSE)).to_dict(
            "records")),
        risks=corpus.risks(session, inside), sensitive_size=corpus.size(session, grave),
        sensitive=set_topics.sensitive(session, grave, ANNEX_ITEMS), sensitive_towns=corpus.towns(session, grave),
        sensitive_units=corpus.units(session, grave), unfiled=_unfiled(session, inside),
        cases=incident_period.cases(session, about.incidents(), first, last, until),
        warned=alert_period.warned(session, about.alerts(), first, last, until), asked=asked, problems=problems,
        ahead=_ahead(session, about, last, today), demo=_demo(session, inside), stamp=db.stamp(session),
    )


def _sums(session: Session, about: Scope, first: date, last: date) -> Sums:
    inside = about.mentions(first, last)
    size = corpus.size(session, inside)
    levels = corpus.risks(session, inside).levels
    voices = [voice for side, voice in corpus.voices(session, inside).items() if side in (MEDIA, NETIZENS)]
    opened, settled = incident_period.numbers(session, about.incidents(), first, last)
    return Sums(
        size.mentions, size.texts, levels["高"] + levels["中"], levels["高"], sum(one.felt for one in voices),
        sum(one.numbers[corpus.NEGATIVE] for one in voices), set_topics.number(session, inside),
        alert_period.number(session, about.alerts(), first, last), opened, settled,
        0 if about.kind == "watch" else demands.number(session, _demands_of(about, first, last)))


def _compared(session: Session, about: Scope, period: Period, ears: Heard, until: datetime,
              now: datetime) -> tuple[Sums | None, Sums | None, str]:
    """Figures of the period before and of the year before, where both were heard well enough; else why not."""
    if until < clock.instant(period.last + timedelta(1)):
        return None, None, f"{THIS[period.span]}尚未结束，不作环比、同比"
    if not ears.enough:
        return None, None, f"{THIS[period.span]}采集覆盖不足，不作环比、同比"
    found = []
    for other in (period.shift(-1), period.year_before):
        fit = other is not None and heard.heard(session, other.first, other.last, now).enough
        found.append(_sums(session, about, other.first, other.last) if fit else None)
    return found[0], found[1], "" if found[0] else f"{BEFORE[period.span]}没有数据或采集覆盖不足，不作环比"


def _counts(session: Session, inside: Set, first: date, last: date, ears: Heard) -> dict[date, int | None]:
    """Items of every day; None where nothing was collected from anywhere."""
    found = dict(session.execute(select(Mention.day, func.count()).where(inside).group_by(Mention.day)).all())
    known = set(session.execute(
        select(MentionDay.day).where(MentionDay.day.between(first, last)).distinct()).scalars())
    known |= {day for day, (_, some) in ears.days.items() if some}
    return {day: found.get(day, 0 if day in known else None) for day in days(first, last)}


def _by_platform(session: Session, inside: Set) -> dict[str, int]:
    frame = corpus.platforms(session, inside)
    return dict(zip(frame["platform"], frame["mentions"].astype(int), strict=True))


def _told(session: Session, inside: Set, row: Mapping[str, object]) -> Told:
    own = and_(inside, Mention.topic_id == row["topic_id"])
    return Told(row, corpus.platforms(session, own), corpus.towns(session, own), corpus.voices(session, own),
                topic_views.seen(session, int(row["topic_id"])))


def _unfiled(session: Session, inside: Set) -> int:
    """Items of high risk that no incident has."""
    filed = select(IncidentMention.mention_id).join(Incident, Incident.id == IncidentMention.incident_id).where(
        IncidentMention.removed_at.is_(None), Incident.withdrawn == "")
    return corpus.size(session, and_(inside, set_topics.risky(set_topics.HIGH), Mention.id.not_in(filed))).mentions


def _demands_of(about: Scope, first: date, last: date) -> DemandFilter:
    return DemandFilter(first, last, units=(str(about.id),) if about.kind == "unit" else ())


def _asked(session: Session, about: Scope, first: date, last: date,
           until: datetime) -> tuple[Overview | None, pd.DataFrame]:
    """Demands of the period and their problems; a watch has none of its own."""
    where = _demands_of(about, first, last)
    if about.kind == "watch" or not demands.number(session, where):
        return None, pd.DataFrame()
    return demands.overview(session, where, until), demands.problems(session, where, until).head(PROBLEMS)


def _ahead(session: Session, about: Scope, last: date, today: date) -> Ahead | None:
    """What was forecast of all items on the morning after the last day."""
    return topic_views.ahead(session, outlook.ALL, "", min(last + timedelta(1), today)) if about.kind == ALL else None


def _demo(session: Session, inside: Set) -> bool:
    """Whether it holds anything of the sample district, or nothing at all where that alone is loaded."""
    sample = select(Mention.id).join(Source, Source.id == Mention.source_id).where(inside, Source.demo.is_(True))
    if session.execute(sample.limit(1)).first():
        return True
    if session.execute(select(Mention.id).where(inside).limit(1)).first():
        return False
    kinds = set(session.execute(select(Source.demo).distinct()).scalars())
    return kinds == {True}
