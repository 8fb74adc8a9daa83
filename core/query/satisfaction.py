"""Satisfaction: by source, month, unit and aspect, each rate with its interval and sample size.

What is counted: answers of the survey page that nobody struck out and, of those that were marked (many from one
address), the ones that a person let; the current slices of imported files, single answers and numbers alike; and what
12345 orders in the database say themselves, in months for which no file with results of 12345 was imported (else they
would be counted twice). An answer belongs to its day; numbers of a month, of which no day is known, to its first.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import clock
from core.labels import SATISFACTION, SURVEY_LEVELS, SURVEY_REFUSED, SURVEY_SOURCES
from core.metrics.satisfaction import STRICT, UNRATED, USUAL, VERDICTS, Rate, of, verdict
from core.models import (
    Capture,
    Demand,
    SatisfactionFile,
    SatisfactionSlice,
    Survey,
    SurveyAnswer,
    SurveyRefused,
    Unit,
)
from core.survey.answers import COUNTED, STRUCK, counts, current, verdicts

NOBODY = "未指明单位"
"""Where answers stand that are about no unit in particular."""
_ORDERS = {"满意": "good", "基本满意": "basic", "不满意": "bad", "未评价": "none"}
"""What orders say → level."""


@dataclass(frozen=True, slots=True)
class Told:
    """So many ratings of one level by source, unit (None: of no unit in particular) and month (its first day)."""

    source: str
    unit_id: int | None
    month: date
    level: str
    number: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the room shows of a period. The frames have name or month, n, satisfied, share, low, high, verdict, strict,
    unrated and the numbers by level."""

    rate: Rate | None
    strict: Rate | None
    unrated: int
    months: pd.DataFrame
    units: pd.DataFrame
    sources: pd.DataFrame
    aspects: pd.DataFrame


def pooled(session: Session, first: date, last: date) -> Rate | None:
    """The rate of the whole district from first to last (Shanghai days, both included), all sources together, by the
    usual definition, with its 95 % Wilson interval; None where nobody rated."""
    return of(_by(told(session, first, last), lambda one: "").get("", {}), USUAL)


def told(session: Session, first: date, last: date, units: Collection[int] | None = None) -> list[Told]:
    """Every number that counts, of these units or of all."""
    sums: Counter[tuple[str, int | None, date, str]] = Counter()
    verdict_ = verdicts()
    rows = session.execute(
        select(SurveyAnswer.source, SurveyAnswer.unit_id, SurveyAnswer.day, SurveyAnswer.overall, func.count())
        .outerjoin(verdict_, verdict_.c.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.day.between(first, last), counts(verdict_), current(), *_of(SurveyAnswer.unit_id, units))
        .group_by(SurveyAnswer.source, SurveyAnswer.unit_id, SurveyAnswer.day, SurveyAnswer.overall))
    for source, unit_id, day, level, number in rows:
        if source == "site":  # all of these were on offer: nobody having chosen one is 0
            sums.update({(source, unit_id, day.replace(day=1), one): 0 for one in SURVEY_LEVELS})
        sums[source, unit_id, day.replace(day=1), level] += number
    slices = session.execute(
        select(SatisfactionSlice.source, SatisfactionSlice.unit_id, SatisfactionSlice.month, SatisfactionSlice.counts)
        .where(SatisfactionSlice.shape == "counts", SatisfactionSlice.replaced_by.is_(None),
               SatisfactionSlice.month.between(first, last), *_of(SatisfactionSlice.unit_id, units)))
    for source, unit_id, month, levels in slices:
        for level, number in levels.items():
            sums[source, unit_id, month, level] += number
    covered = set(session.execute(
        select(SatisfactionSlice.month).distinct().where(
            SatisfactionSlice.source == "hotline", SatisfactionSlice.replaced_by.is_(None))).scalars())
    orders = session.execute(
        select(Demand.unit_id, Demand.day, Demand.satisfied, func.count())
        .where(Demand.day.between(first, last), Demand.satisfied.in_(_ORDERS), *_of(Demand.unit_id, units))
        .group_by(Demand.unit_id, Demand.day, Demand.satisfied))
    for unit_id, day, words, number in orders:
        if (month := day.replace(day=1)) not in covered:
            sums["orders", unit_id, month, _ORDERS[words]] += number
    return [Told(*key, number) for key, number in sums.items()]


def origins(session: Session, first: date, last: date, unit_id: int | None) -> pd.DataFrame:
    """Where the numbers of one unit (None: of no unit in particular) come from: a row for each month and source, of
    files with name, locator and capture_id: month, source, n, satisfied, unrated, file, locator, capture_id."""
    same = SatisfactionSlice.unit_id.is_(None) if unit_id is None else SatisfactionSlice.unit_id == unit_id
    filed = {(row.source, row.month): row for row in session.execute(
        select(SatisfactionSlice.source, SatisfactionSlice.month, SatisfactionSlice.locator, SatisfactionFile.name,
               SatisfactionFile.capture_id)
        .join(SatisfactionFile, SatisfactionFile.id == SatisfactionSlice.file_id)
        .where(same, SatisfactionSlice.replaced_by.is_(None)))}
    rows = []
    mine = [one for one in told(session, first, last) if one.unit_id == unit_id]
    for (month, source), levels in sorted(_by(mine, lambda one: (one.month, one.source)).items(), reverse=True):
        found, rate = filed.get((source, month)), of(levels, USUAL)
        rows.append((month, SURVEY_SOURCES[source], rate.n if rate else 0, rate.satisfied if rate else 0,
                     levels.get(UNRATED), *((found.name, found.locator or None, found.capture_id) if found else
                                            (None, None, None))))
    return pd.DataFrame(rows, columns=["month", "source", "n", "satisfied", "unrated", "file", "locator", "capture_id"])


def meant(session: Session, units: tuple[int, ...], kinds: tuple[str, ...]) -> frozenset[int] | None:
    """Ids of the units that the filter bar means; None: everything, what names no unit as well."""
    if not units and not kinds:
        return None
    query = select(Unit.id)
    query = query.where(Unit.id.in_(units)) if units else query.where(Unit.kind.in_(kinds))
    return frozenset(session.execute(query).scalars())


def overview(session: Session, first: date, last: date, units: tuple[int, ...] = (), kinds: tuple[str, ...] = ()
             ) -> Overview:
    """All figures of a period."""
    only = meant(session, units, kinds)
    rows = told(session, first, last, only)
    every = _by(rows, lambda one: "").get("", Counter())
    names = dict(map(tuple, session.execute(select(Unit.id, Unit.name)).all()))
    months = _by(rows, lambda one: one.month)
    spans = [clock.Month.of(first).shift(n).first for n in range(_months(first, last))]
    by_unit = _frame(_by(rows, lambda one: one.unit_id), "unit_id").astype({"unit_id": "Int64"})
    by_unit.insert(0, "name", [NOBODY if pd.isna(id_) else names[id_] for id_ in by_unit["unit_id"]])
    return Overview(
        of(every, USUAL), of(every, STRICT), every[UNRATED],
        _frame({month: months.get(month, Counter()) for month in spans}, "month"),
        by_unit.sort_values(["share", "n"], ascending=[True, False], kind="stable", na_position="last",
                            ignore_index=True),
        _frame({SURVEY_SOURCES[source]: levels for source in SURVEY_SOURCES
                if (levels := _by(rows, lambda one: one.source).get(source))}),
        aspects(session, first, last, only))


def grid(session: Session, first: date, last: date, units: tuple[int, ...] = (), kinds: tuple[str, ...] = ()
         ) -> pd.DataFrame:
    """A row for every unit and month with ratings: name, month, then as the frames of `Overview`."""
    rows = told(session, first, last, meant(session, units, kinds))
    names = dict(map(tuple, session.execute(select(Unit.id, Unit.name)).all()))
    found = _frame(_by(rows, lambda one: (names.get(one.unit_id, NOBODY), one.month)))
    found.insert(1, "month", [month for _, month in found["name"]])
    found["name"] = [name for name, _ in found["name"]]
    return found[found["n"] > 0].sort_values(["name", "month"], ignore_index=True)


def aspects(session: Session, first: date, last: date, units: Collection[int] | None = None) -> pd.DataFrame:
    """What else was rated, from single answers: a row for each aspect, in the words in which it was asked."""
    verdict_ = verdicts()
    rows = session.execute(
        select(SurveyAnswer.aspects).outerjoin(verdict_, verdict_.c.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.day.between(first, last), counts(verdict_), current(), *_of(SurveyAnswer.unit_id, units)))
    sums: dict[str, Counter[str]] = {}
    for (rated,) in rows:
        for name, level in rated.items():
            sums.setdefault(name, Counter())[level] += 1
    return _frame(sums)


def channels(session: Session, first: date, last: date, units: Collection[int] | None = None) -> pd.DataFrame:
    """The channels that those who answered use: name, n and the rate among them."""
    verdict_ = verdicts()
    rows = session.execute(
        select(SurveyAnswer.channel, SurveyAnswer.overall, func.count())
        .outerjoin(verdict_, verdict_.c.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.day.between(first, last), SurveyAnswer.channel != "", counts(verdict_), current(),
               *_of(SurveyAnswer.unit_id, units))
        .group_by(SurveyAnswer.channel, SurveyAnswer.overall))
    sums: dict[str, Counter[str]] = {}
    for name, level, number in rows:
        sums.setdefault(name, Counter())[level] += number
    return _frame(sums).sort_values("n", ascending=False, kind="stable", ignore_index=True)


def written(session: Session, first: date, last: date, units: tuple[int, ...] = (), kinds: tuple[str, ...] = (),
            words: str = "", state: str = "") -> pd.DataFrame:
    """Single answers, the newest first: id, at, source, unit, place, channel, level, aspects, text, state (counted,
    waiting, struck), who, why, judged_at. `words`: all of them stand in the text; `state`: only those of it, or `text`:
    only those with a remark."""
    only, verdict_ = meant(session, units, kinds), verdicts()
    query = (
        select(SurveyAnswer.id, SurveyAnswer.at, SurveyAnswer.source, Unit.name.label("unit"), SurveyAnswer.place,
               SurveyAnswer.channel, SurveyAnswer.overall, SurveyAnswer.aspects, SurveyAnswer.text, SurveyAnswer.flag,
               verdict_.c.kind, verdict_.c.who, verdict_.c.why, verdict_.c.at.label("judged_at"))
        .outerjoin(Unit, Unit.id == SurveyAnswer.unit_id)
        .outerjoin(verdict_, verdict_.c.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.day.between(first, last), current(), *_of(SurveyAnswer.unit_id, only))
        .order_by(SurveyAnswer.at.desc(), SurveyAnswer.id.desc()))
    for word in words.split():
        query = query.where(SurveyAnswer.text.contains(word, autoescape=True))
    match state:
        case "waiting":
            query = query.where(SurveyAnswer.flag != "", verdict_.c.kind.is_(None))
        case "struck":
            query = query.where(verdict_.c.kind == STRUCK)
        case "text":
            query = query.where(SurveyAnswer.text != "")
    columns = ["id", "at", "source", "unit", "place", "channel", "level", "aspects", "text", "state", "who", "why",
               "judged_at"]
    rows = [(
        row.id, row.at, SURVEY_SOURCES[row.source], row.unit, row.place or None, row.channel or None,
        SATISFACTION[row.overall],
        "、".join(f"{name}：{SATISFACTION[level]}" for name, level in row.aspects.items()) or None, row.text or None,
        row.kind or ("waiting" if row.flag else COUNTED), row.who, row.why or None, row.judged_at,
    ) for row in session.execute(query)]
    return pd.DataFrame(rows, columns=columns)


def waiting(session: Session) -> int:
    """Answers that were marked and that nobody has looked at."""
    verdict_ = verdicts()
    return session.execute(
        select(func.count()).select_from(SurveyAnswer).outerjoin(verdict_, verdict_.c.answer_id == SurveyAnswer.id)
        .where(SurveyAnswer.flag != "", verdict_.c.kind.is_(None))).scalar_one()


def refused(session: Session, first: date, last: date) -> pd.DataFrame:
    """What the page did not take: day, reason, number."""
    rows = session.execute(
        select(SurveyRefused.day, SurveyRefused.reason, SurveyRefused.number)
        .where(SurveyRefused.day.between(first, last)).order_by(SurveyRefused.day.desc(), SurveyRefused.reason)).all()
    return pd.DataFrame([(row.day, SURVEY_REFUSED.get(row.reason, row.reason), row.number) for row in rows],
                        columns=["day", "reason", "number"])


def surveys(session: Session) -> list[tuple[Survey, int, datetime | None]]:
    """Surveys with the number of their answers and when the last one came, the newest first."""
    given = {id_: (number, at) for id_, number, at in session.execute(
        select(SurveyAnswer.survey_id, func.count(), func.max(SurveyAnswer.at))
        .where(SurveyAnswer.survey_id.is_not(None)).group_by(SurveyAnswer.survey_id))}
    found = session.execute(select(Survey).order_by(Survey.id.desc())).scalars()
    return [(survey, *given.get(survey.id, (0, None))) for survey in found]


def files(session: Session) -> pd.DataFrame:
    """Imported files, the newest first: id, at, name, source, shape, rows, who, capture_id, slices, replaced."""
    replaced = func.count(SatisfactionSlice.replaced_by)
    rows = session.execute(
        select(SatisfactionFile, Capture.request, func.count(SatisfactionSlice.id), replaced)
        .join(Capture, Capture.id == SatisfactionFile.capture_id)
        .outerjoin(SatisfactionSlice, SatisfactionSlice.file_id == SatisfactionFile.id)
        .group_by(SatisfactionFile, Capture.request).order_by(SatisfactionFile.id.desc())).all()
    return pd.DataFrame([(
        file.id, file.at, file.name, SURVEY_SOURCES[file.source], "逐份" if file.shape == "answers" else "汇总",
        file.rows, file.who, file.capture_id, slices, gone) for file, _, slices, gone in rows],
        columns=["id", "at", "name", "source", "shape", "rows", "who", "capture_id", "slices", "replaced"])


def span(session: Session) -> tuple[date, date] | None:
    """First and last day of which anything is known; None: nothing yet."""
    days = [
        *session.execute(select(func.min(SurveyAnswer.day), func.max(SurveyAnswer.day))).one(),
        *session.execute(select(func.min(SatisfactionSlice.month), func.max(SatisfactionSlice.month)).where(
            SatisfactionSlice.replaced_by.is_(None))).one(),
        *session.execute(select(func.min(Demand.day), func.max(Demand.day)).where(
            Demand.satisfied.in_(_ORDERS))).one()]
    known = [day for day in days if day is not None]
    return (min(known), max(known)) if known else None


# --- Parts ----------------------------------------------------------------------------------------------------------


def _of(column: Any, units: Collection[int] | None) -> list[Any]:
    return [] if units is None else [column.in_(units)]


def _by(rows: Iterable[Told], of_: Callable[[Told], Hashable]) -> dict[Any, Counter[str]]:
    out: dict[Any, Counter[str]] = {}
    for one in rows:
        out.setdefault(of_(one), Counter())[one.level] += one.number
    return out


def _months(first: date, last: date) -> int:
    return max((last.year - first.year) * 12 + last.month - first.month + 1, 0)


def _frame(found: dict[Any, Counter[str]], name: str = "name") -> pd.DataFrame:
    """A row for each, with its rate; one without ratings has none, and a level that nobody was offered no number, which
    is missing and not 0."""
    rows = []
    for key, levels in found.items():
        rate, strict = of(levels, USUAL), of(levels, STRICT)
        rows.append((
            key, rate.n if rate else 0, rate.satisfied if rate else 0, *(
                (rate.share, rate.low, rate.high) if rate else (None, None, None)),
            VERDICTS[verdict(rate)] if rate else None, strict.share if strict else None,
            levels.get(UNRATED), *(levels.get(level) for level in SATISFACTION if level != UNRATED)))
    columns = [name, "n", "satisfied", "share", "low", "high", "verdict", "strict", "unrated",
               *(level for level in SATISFACTION if level != UNRATED)]
    whole = dict.fromkeys(columns[8:], "Int64")
    return pd.DataFrame(rows, columns=columns).astype(
        {"share": float, "low": float, "high": float, "strict": float} | whole)
