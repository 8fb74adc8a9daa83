"""The district's own indices as the room 账号台账 shows them, and what a draft would come to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.clock import Month
from core.metrics import local
from core.metrics.indices import Index
from core.metrics.ranking import places
from core.models import AccountDay, Board, LocalIndex, Platform
from core.query import boards, totals
from core.query.scope import Filter


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a local index, to be shown or to begin a new one with. `boards`: how many name it."""

    id: int
    key: str
    name: str
    version: int
    platforms: tuple[str, ...]
    platform_names: str
    definition: dict[str, Any]
    usual: bool
    retired: bool
    boards: int
    at: datetime
    who: str

    @property
    def title(self) -> str:
        return f"{self.name}（第{self.version}版）"

    @property
    def words(self) -> str:
        return local.words(self.definition)


def versions(session: Session) -> list[Version]:
    """Every version: those in use first, by name, the newest one first."""
    names = {platform.code: platform.name for platform in session.execute(select(Platform)).scalars()}
    named = dict(session.execute(select(Board.index, func.count()).group_by(Board.index)).all())
    rows = session.execute(
        select(LocalIndex).order_by(LocalIndex.retired, LocalIndex.name, LocalIndex.version.desc())).scalars()
    return [
        Version(row.id, row.key, row.name, row.version, tuple(row.platforms),
                "、".join(names.get(code, code) for code in row.platforms), row.definition, row.usual, row.retired,
                named.get(row.key, 0), row.at, row.who)
        for row in rows
    ]


def platforms(session: Session) -> dict[str, str]:
    """Code → name of the platforms that an index can be made for: those without a public index first."""
    query = select(Platform).order_by(Platform.index != "", Platform.sort)
    return {row.code: row.name for row in session.execute(query).scalars() if row.counters}


def preview(session: Session, index: Index, platform: str, first: date, last: date) -> pd.DataFrame:
    """How an index, saved or not, ranks a platform's accounts in a period, the best first, those without a score last:
    rank, name, score, mark (≥, ≈), posts, reason (why there is no score, or one of 0)."""
    found = boards.scores(session, Filter(first, last), platform, index)
    score = found["score"].to_numpy(dtype=float, na_value=np.nan)
    now = places(score, found["low"].to_numpy(), found["high"].to_numpy(), decimals=2)
    found["rank"] = totals.integers(now.ranks, now.ranks == 0)
    return found.iloc[now.order][["rank", "name", "score", "mark", "posts", "reason"]].reset_index(drop=True)


def last_month(session: Session, today: date) -> Month:
    """The month that a preview shows: the last whole one, or the last one before it with posts."""
    newest = Month.of(today).shift(-1)
    last = session.execute(select(func.max(AccountDay.day)).where(
        AccountDay.basis == "latest", AccountDay.posts > 0, AccountDay.day <= newest.last)).scalar()
    return Month.of(last) if last else newest
