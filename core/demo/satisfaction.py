"""What the people of the sample district think of its offices: a survey with some months of answers, some of them
doubtful and one struck out, and each month's results of calls after 12345 orders, as a file."""

import csv
import io
import tomllib
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import delete, select, update
from sqlmodel import Session

from core import clock
from core.clock import Month
from core.demo.grammar import dice
from core.demo.places import BODIES, Body
from core.metrics.satisfaction import UNRATED
from core.models import (
    SatisfactionFile,
    SatisfactionSlice,
    Survey,
    SurveyAnswer,
    SurveyVerdict,
    Unit,
)
from core.survey import answers, definition, files

KEY = "yanshi25"
ANSWER_MONTHS = 6
"""Whole months with answers before this one."""
A_MONTH = 95
"""Answers of a month at the full size."""
PLACES = ("政务服务中心一楼大厅", "澜桥街道社区事务受理中心")
_TEXTS = tomllib.loads((Path(__file__).parent / "satisfaction.toml").read_text("utf-8"))
_LEVELS = (("best", 0.46), ("good", 0.44), ("fair", 0.06), ("bad", 0.03), ("worst", 0.01))
_WHO = "样例值班员"
_QUIET = {"synchronize_session": False}


def write(session: Session, seed: int, first: date, now: datetime, share: float = 1.0) -> int:
    """The survey, its answers and the files; returns the number of ratings. The caller commits."""
    units = dict(map(tuple, session.execute(select(Unit.name, Unit.id).where(Unit.demo.is_(True))).all()))
    survey = _survey(session, first, now)
    return _answers(session, survey, units, seed, first, now, share) + _calls(session, seed, first, now, share)


def forget(session: Session) -> None:
    """Take out all of it, and nothing else. A unit that real answers are about stays (`units`). The caller commits."""
    mine = select(SurveyAnswer.id).where(SurveyAnswer.demo.is_(True))
    filed = select(SatisfactionFile.id).where(SatisfactionFile.demo.is_(True))
    for statement in (
        delete(SurveyVerdict).where(SurveyVerdict.answer_id.in_(mine)),
        delete(SurveyAnswer).where(SurveyAnswer.demo.is_(True)),
        # What a sample file took the place of counts again.
        update(SatisfactionSlice).where(SatisfactionSlice.replaced_by.in_(filed)).values(replaced_by=None),
        delete(SatisfactionSlice).where(SatisfactionSlice.file_id.in_(filed)),
        delete(SatisfactionFile).where(SatisfactionFile.demo.is_(True)),
        delete(Survey).where(Survey.demo.is_(True)),
    ):
        session.execute(statement.execution_options(**_QUIET))


def units() -> list:
    """Selects of the ids of units that results hang on."""
    return [select(table.unit_id).where(table.unit_id.is_not(None)) for table in (SurveyAnswer, SatisfactionSlice)]


# --- Parts ----------------------------------------------------------------------------------------------------------


def _survey(session: Session, first: date, now: datetime) -> Survey:
    base = definition.template()
    draft = definition.Draft(f"{base.title}（演示）", base.intro, aspects=base.aspects, channels=base.channels,
                             places=PLACES)
    made = definition.make(session, draft, who=_WHO, now=clock.instant(first), demo=True, key=KEY)
    return definition.turn(session, made.id, "open", who=_WHO, now=clock.instant(first))


def _answers(session: Session, survey: Survey, units: dict[str, int], seed: int, first: date, now: datetime,
             share: float) -> int:
    rng, today = dice(seed, "satisfaction"), clock.day_of(now)
    month = max(Month.of(today).shift(-ANSWER_MONTHS), Month.of(first))
    rows: list[SurveyAnswer] = []
    while month.first <= today:
        held = (min(month.last, today) - month.first).days + 1
        for _ in range(round(A_MONTH * share * held / month.days * rng.uniform(0.85, 1.15))):
            hour = rng.choice((9, 10, 11, 14, 15, 19, 20, 21))
            at = clock.instant(month.first + timedelta(rng.randrange(held)), hour, rng.randrange(60))
            at = min(at, now - timedelta(hours=1)).replace(second=0, microsecond=0)
            rows.append(_answer(rng, survey, units, at))
        month = month.shift(1)
    burst = max(now - timedelta(days=2), clock.instant(first)).replace(minute=20, second=0, microsecond=0)
    for n in range(6):  # six within some minutes from one address: to be looked at
        one = _answer(rng, survey, units, burst + timedelta(minutes=n))
        one.overall, one.flag, one.text = "worst", answers.MARKED, ""
        rows.append(one)
    session.add_all(sorted(rows, key=lambda one: one.at))
    session.flush()
    false = next((one for one in rows if one.overall == "bad" and not one.flag), rows[0])
    answers.strike(session, [false.id], why="演示：内容与本单位无关，系误填", who=_WHO, now=now)
    return len(rows)


def _answer(rng: Random, survey: Survey, units: dict[str, int], at: datetime) -> SurveyAnswer:
    body: Body = rng.choices(BODIES, [one.weight for one in BODIES])[0]
    levels, weights = zip(*_LEVELS, strict=True)
    overall = rng.choices(levels, weights)[0]
    kind = "good" if overall in ("best", "good") else overall if overall == "fair" else "bad"
    text = rng.choice(_TEXTS[kind]) if rng.random() < (0.16 if kind == "good" else 0.6) else ""
    near = {name: overall if rng.random() < 0.7 else rng.choices(levels, weights)[0]
            for name in survey.aspects if rng.random() < 0.8}
    return SurveyAnswer(
        survey_id=survey.id, source="site", at=at, day=clock.day_of(at), overall=overall, aspects=near, text=text,
        unit_id=units.get(body.name) if rng.random() < 0.85 else None, demo=True,
        place=rng.choice(PLACES) if rng.random() < 0.2 else "",
        channel=rng.choice(survey.channels) if rng.random() < 0.75 else "")


def _calls(session: Session, seed: int, first: date, now: datetime, share: float) -> int:
    """A file each month with what people said when they were called after their orders."""
    rng, month, total = dice(seed, "calls"), Month.of(first), 0
    while month.last < clock.day_of(now):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(("承办单位", "统计月份", "满意", "基本满意", "不满意", "未评价", "回访数"))
        for body in BODIES:
            called = max(1, round(13 * body.weight * share * rng.uniform(0.7, 1.3)))
            said = rng.choices(("good", "basic", "bad", UNRATED), (0.62, 0.21, 0.075, 0.095), k=called)
            writer.writerow((body.short, str(month), *(said.count(one) for one in ("good", "basic", "bad", UNRATED)),
                             called))
            total += called - said.count(UNRATED)
        at = min(now, clock.instant(month.last + timedelta(3), 10))
        body_ = out.getvalue().encode("utf-8-sig")
        seen = files.look(session, body_, f"12345回访满意度 {month}.csv", source="hotline", given=None, now=at)
        files.take(session, seen, who=_WHO, now=at, demo=True)
        month = month.shift(1)
    return total
