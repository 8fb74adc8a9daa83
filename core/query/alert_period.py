"""The warnings of a period as they stood at its end: how many, how grave, acknowledged by whom and how quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, labels
from core.models import Alert, Unit
from core.query.corpus import Set

COLUMNS = ("at", "level", "title", "place", "unit", "mentions", "seen_at", "minutes", "state")


@dataclass(frozen=True, slots=True)
class Warned:
    """`levels`: of labels.LEVELS; `seen`: acknowledged or settled by then, `wrong` of them settled as 误报, `open` not
    acknowledged yet; `minutes`: the middle of the times until then (None: none was); `rows`: COLUMNS, the gravest
    first, then the earliest; level a key, minutes missing where not acknowledged."""

    total: int
    levels: Mapping[str, int]
    seen: int
    wrong: int
    minutes: float | None
    rows: pd.DataFrame

    @property
    def open(self) -> int:
        return self.total - self.seen


def number(session: Session, within: Set, first: date, last: date) -> int:
    """How many were given on those Shanghai days."""
    return session.execute(select(func.count()).select_from(Alert).where(within, *_between(first, last))).scalar_one()


def warned(session: Session, within: Set, first: date, last: date, until: datetime) -> Warned:
    """Those of the Shanghai days, as they stood at a moment. `within`: a condition on alerts."""
    rows = []
    wrong = 0
    for one, unit in session.execute(
        select(Alert, Unit.name).outerjoin(Unit, Unit.id == Alert.unit_id)
        .where(within, *_between(first, last), Alert.at <= until).order_by(Alert.at, Alert.id)
    ):
        seen_at = min((at for at in (one.seen_at, one.closed_at) if at is not None and at <= until), default=None)
        closed = one.closed_at is not None and one.closed_at <= until
        wrong += closed and one.outcome == "wrong"
        minutes = None if seen_at is None else max(int((seen_at - one.at) / timedelta(minutes=1)), 0)
        state = "已处理" if closed else "已确认" if seen_at is not None else "待确认"
        rows.append((one.at, one.level, one.title, one.place or one.town, unit or "", one.mentions, seen_at, minutes,
                     state))
    order = list(labels.LEVELS)
    rows.sort(key=lambda row: (order.index(row[1]), row[0]))
    taken = [row[7] for row in rows if row[7] is not None]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return Warned(
        len(rows), {level: sum(row[1] == level for row in rows) for level in order}, len(taken), wrong,
        median(taken) if taken else None, frame.assign(minutes=frame["minutes"].astype("Int64")))


def _between(first: date, last: date) -> tuple[Set, Set]:
    return Alert.at >= clock.instant(first), Alert.at < clock.instant(last + timedelta(1))
