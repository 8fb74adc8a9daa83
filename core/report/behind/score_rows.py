"""What an index takes of one account, behind its score."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlmodel import Session

from core.metrics.indices import WORDS
from core.query import boards
from core.report.behind.account_rows import OfAccount, account_ids
from core.report.behind.follower_rows import Readings
from core.report.behind.rows import Query, Rows, heads
from core.report.behind.standing_rows import Ranked
from core.report.index_words import expression, formula


@dataclass(frozen=True, slots=True)
class Scored:
    """The terms of an index for one account of a ranking, by name and unit: each with the quantity it takes."""

    ranking: Ranked
    name: str
    unit: str = ""

    def rows(self, session: Session) -> Rows:
        made, found = self.ranking.made(session)
        ids = account_ids(session, self.name, self.unit, made.platform)
        shown = heads("dimension:维度", "term:项", "weight:权重:number", "input:数据", "value:数值:int")
        if not ids or made.index is None:
            return Rows(pd.DataFrame(columns=["id", *(one[0] for one in shown)]), shown, None, "没有找到这个账号")
        where = self.ranking.where
        taken = boards.inputs(session, ids[0], where.start, where.end, made)
        names = ["posts", *made.index.inputs]
        rows = [(names.index(term.input) * _SPAN + ids[0], group.title, expression(term), term.weight * group.weight,
                 WORDS.get(term.input, "发布数"), getattr(taken, term.input))
                for group in made.index.dimensions for term in group.terms]
        frame = pd.DataFrame(rows, columns=["id", *(one[0] for one in shown)])
        mine = found[found["account_id"] == ids[0]]
        score = made.index.score(taken, rounded=made.rounded)
        return Rows(frame, shown, score.value, formula(made.index), "account",
                    mine.iloc[0]["score_mark"] if len(mine) else "")

    def next(self, id_: int) -> Query:
        where = self.ranking.where
        return Input(self.ranking, where.start, where.end, id_ % _SPAN, id_ // _SPAN)


_SPAN = 2**31
"""An id holds which input it is, and the account."""


@dataclass(frozen=True, slots=True)
class Input:
    """One quantity that an index takes of an account: the posts, or readings of followers, behind it."""

    ranking: Ranked
    first: date
    last: date
    account: int
    nth: int

    def rows(self, session: Session) -> Rows:
        return self._query(session).rows(session)

    def next(self, id_: int) -> None:
        return None

    def _query(self, session: Session) -> Query:
        made, _ = self.ranking.made(session)
        name = ("posts", *made.index.inputs)[self.nth]
        if name in ("followers", "followers_gain"):
            return Readings(self.first, self.last, self.account)
        return OfAccount(self.first, self.last, made.basis, name, self.account)
