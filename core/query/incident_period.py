"""The incidents of a period as they stood at its end: opened, settled, under way; their clocks, tasks and steps."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlmodel import Session

from core import clock, labels
from core.incidents import CLOSED, family
from core.models import Incident, Mention
from core.query.corpus import Set
from core.query.incidents import Clock, File, Head, Step, Task, clocks, file, linked

TOLD = ("stage", "level", "note", "assign", "reply", "report", "merge", "split")
"""Kinds of steps that are told."""


@dataclass(frozen=True, slots=True)
class Case:
    """One incident. `head`: as it stood; `opened`, `settled`: within the period; `mentions`: linked now, `new` of them
    published in the period; `tasks` asked by then; `steps` of the period, in order of time."""

    head: Head
    opened: bool
    settled: bool
    mentions: int
    new: int
    clocks: tuple[Clock, ...]
    tasks: tuple[Task, ...]
    steps: tuple[Step, ...]

    @property
    def open(self) -> bool:
        return self.head.state == "open"

    @property
    def late(self) -> tuple[Clock, ...]:
        """Clocks that ran out, whether they were stopped since or not."""
        return tuple(one for one in self.clocks if one.late)

    @property
    def running(self) -> Clock | None:
        """The clock that is due next."""
        return min((one for one in self.clocks if one.running and not one.late), key=lambda one: one.due_at,
                   default=None)


def numbers(session: Session, within: Set, first: date, last: date) -> tuple[int, int]:
    """How many were opened and how many settled on those Shanghai days."""
    begin, end = _span(first, last)
    own = (within, Incident.alias_of.is_(None), Incident.withdrawn == "")
    opened = select(func.count()).select_from(Incident).where(
        *own, Incident.opened_at >= begin, Incident.opened_at < end)
    settled = select(func.count()).select_from(Incident).where(
        *own, Incident.stage.in_(CLOSED), Incident.closed_at >= begin, Incident.closed_at < end)
    return session.execute(opened).scalar_one(), session.execute(settled).scalar_one()


def cases(session: Session, within: Set, first: date, last: date, until: datetime) -> tuple[Case, ...]:
    """Those that were open on any of the Shanghai days, as they stood at a moment: the gravest first, then those
    opened first. `within`: a condition on incidents. Withdrawn and merged ones are left out."""
    begin, end = _span(first, last)
    ids = session.execute(
        select(Incident.id).where(within, Incident.alias_of.is_(None), Incident.withdrawn == "",
                                  Incident.opened_at < min(end, until),
                                  or_(Incident.closed_at.is_(None), Incident.closed_at >= begin))
        .order_by(Incident.opened_at, Incident.id)).scalars().all()
    found = [_case(session, one, begin, end, until) for id_ in ids if (one := file(session, id_)) is not None]
    order = list(labels.LEVELS)
    return tuple(sorted(found, key=lambda one: (order.index(one.head.level), one.head.opened_at, one.head.id)))


def _case(session: Session, one: File, begin: datetime, end: datetime, until: datetime) -> Case:
    head = _then(one, until)
    published = session.execute(select(func.count(Mention.id.distinct())).where(
        Mention.id.in_(linked(family(session, one.head.id))), Mention.published_at >= begin,
        Mention.published_at < min(end, until))).scalar_one()
    return Case(
        head, begin <= head.opened_at < end, head.closed_at is not None and head.closed_at >= begin, one.mentions,
        published, clocks(head, until),
        tuple(replace(task, answered_at=_by(task.answered_at, until), withdrawn_at=_by(task.withdrawn_at, until))
              for task in one.tasks if task.asked_at <= until),
        tuple(sorted((step for step in one.steps if step.kind in TOLD and begin <= step.at < end and step.at <= until),
                     key=lambda step: (step.at, step.noted_at))))


def _then(one: File, until: datetime) -> Head:
    """The head as it stood."""
    own = sorted((step for step in one.steps if not step.of), key=lambda step: (step.at, step.noted_at))
    stages = [step.stage for step in own if step.kind == "stage" and step.at <= until]
    later = [step.before for step in own if step.kind == "level" and step.at > until]
    levels = {word: level for level, word in labels.LEVELS.items()}
    stopped = _by(one.head.stopped_at, until)
    return replace(
        one.head, stage=stages[-1] if stages else "found", closed_at=_by(one.head.closed_at, until),
        level=levels.get(later[0], one.head.level) if later else one.head.level, stopped_at=stopped,
        stopped_by=one.head.stopped_by if stopped else "")


def _by(at: datetime | None, until: datetime) -> datetime | None:
    return at if at is not None and at <= until else None


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    return clock.instant(first), clock.instant(last + timedelta(1))
