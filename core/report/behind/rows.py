"""The rows that stand behind a figure, and what they come to: what every query of this package answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core.models import Account, Platform, Unit

Leads = Literal["", "account", "day", "followers", "post", "reading", "mention", "topic", "demand", "incident", "alert",
                "source", "check", "problem", "edition"]
"""What a row leads on to: rows of its own (account, day, followers), the readings of a post, the captured reading of
followers, or the room where that is kept."""
Head = tuple[str, str, str]
"""A column: its name in the frame, its heading, and how it is written (core.ui.table: text, int, score, date …)."""
UNOWNED = "未归属单位"


@dataclass(frozen=True, slots=True)
class Rows:
    """`frame`: the rows, with `id` of what each leads on to · `heads`: the columns that are shown · `value`: what they
    come to (None: nothing is known), `mark` of it · `how`: in words, how they come to it · `rest`: rows that count but
    are not in the frame."""

    frame: pd.DataFrame
    heads: tuple[Head, ...]
    value: float | None
    how: str
    leads: Leads = ""
    mark: str = ""
    rest: int = 0


class Query(Protocol):
    """A question for the rows behind a figure, as plain values."""

    def rows(self, session: Session) -> Rows:
        """Its answer."""

    def next(self, id_: int) -> "Query | None":
        """The question behind one of its rows; None where the row leads elsewhere."""


class Last:
    """A question whose rows lead to no other question."""

    def next(self, id_: int) -> None:
        return None


def summed(values: pd.Series) -> float | None:
    """The sum of what is known; None where nothing is."""
    known = values.dropna()
    return None if known.empty else float(known.sum())


def marked(marks: Iterable[Any]) -> str:
    """The mark of a sum: the weakest of its parts."""
    found = set(marks)
    return "≥" if "≥" in found else "≈" if "≈" in found else ""


def owners(session: Session, ids: Any) -> pd.DataFrame:
    """Who these accounts are (`ids`: a SELECT or a list): id, name, platform (code), platform_name, unit, unit_kind."""
    rows = session.execute(
        select(Account.id, Account.name, Account.platform, Platform.name, Unit.name, Unit.kind)
        .join(Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(ids)).order_by(Platform.sort, Account.name, Account.id)).all()
    return pd.DataFrame([(id_, name, code, platform, unit or UNOWNED, kind or "other")
                         for id_, name, code, platform, unit, kind in rows],
                        columns=["id", "name", "platform", "platform_name", "unit", "unit_kind"])


Only = tuple[tuple[str, str], ...]
"""Conditions on `owners`: (column, value)."""


def kept(frame: pd.DataFrame, only: Only) -> pd.DataFrame:
    """The rows that meet the conditions; an empty value means anything."""
    for column, value in only:
        if value:
            frame = frame[frame[column] == value]
    return frame.reset_index(drop=True)


def heads(*named: str) -> tuple[Head, ...]:
    """Columns by `name:heading` or `name:heading:kind`; text where no kind is said."""
    found = (one.split(":") for one in named)
    return tuple((one[0], one[1], one[2] if len(one) > 2 else "text") for one in found)


def counted(frame: pd.DataFrame, shown: Sequence[Head], leads: Leads = "", word: str = "下列各行的个数") -> Rows:
    """Rows of which the number is the figure."""
    return Rows(frame.reset_index(drop=True), tuple(shown), float(len(frame)), word, leads)
