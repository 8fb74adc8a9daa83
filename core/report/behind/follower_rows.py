"""Readings of followers behind the figures of reports on accounts."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.models import AccountDay, FollowerReading
from core.query import totals
from core.query.scope import Filter
from core.report.behind.account_rows import account_ids
from core.report.behind.rows import Last, Only, Query, Rows, counted, heads, kept, marked, owners, summed


def _levels(session: Session, ids: object, day: date, name: str,
            lookback: int = totals.FOLLOWER_LOOKBACK) -> pd.DataFrame:
    found = totals.followers_at(session, ids, day, lookback)
    return pd.DataFrame([(id_, one.day, one.value, "≥" if one.slack < 0 else "≈" if one.slack else "")
                         for id_, one in found.items()], columns=["id", f"{name}_day", name, f"{name}_mark"])


@dataclass(frozen=True, slots=True)
class Followers:
    """The newest reading of each account at the end of a day: their sum, or how many there are."""

    where: Filter
    day: date
    number: bool = False
    only: Only = ()
    lookback: int = totals.FOLLOWER_LOOKBACK

    def rows(self, session: Session) -> Rows:
        ids = totals.meant(session, self.where)
        held = _levels(session, ids, self.day, "value", self.lookback)
        frame = kept(owners(session, ids).merge(held, on="id"), self.only)
        frame = frame.sort_values("value", ascending=False, kind="stable").reset_index(drop=True)
        shown = heads("name:账号", "value:粉丝数:int", "value_day:读数日期:date", "unit:单位")
        if self.number:
            return counted(frame, shown, "followers", "有粉丝数据的账号逐个计数")
        return Rows(frame, shown, summed(frame["value"]), "各账号相加", "followers", marked(frame["value_mark"]))

    def next(self, id_: int) -> Query:
        return Readings(self.day - timedelta(self.lookback - 1), self.day, id_)


@dataclass(frozen=True, slots=True)
class Gain:
    """The accounts with a reading at the end of both days, with the change between them."""

    where: Filter
    before: date
    day: date

    def rows(self, session: Session) -> Rows:
        ids = totals.meant(session, self.where)
        frame = owners(session, ids).merge(_levels(session, ids, self.before, "then"), on="id").merge(
            _levels(session, ids, self.day, "now"), on="id")
        frame = frame.assign(value=frame["now"] - frame["then"]).sort_values(
            "value", ascending=False, kind="stable").reset_index(drop=True)
        shown = heads("name:账号", "value:净增:int", "then:期初粉丝数:int", "now:期末粉丝数:int", "unit:单位")
        return Rows(frame, shown,
                    summed(frame["value"]), "各账号净增相加", "followers",
                    "≈" if marked((*frame["then_mark"], *frame["now_mark"])) else "")

    def next(self, id_: int) -> Query:
        return Readings(self.before - timedelta(totals.FOLLOWER_LOOKBACK - 1), self.day, id_)


@dataclass(frozen=True, slots=True)
class Flow:
    """Followers won and lost as platforms say it, by account: their sum, or the account-days that say it."""

    where: Filter
    what: Literal["won", "lost", "days"]

    def rows(self, session: Session) -> Rows:
        ids = totals.meant(session, self.where)
        found = session.execute(
            select(AccountDay.account_id, func.sum(AccountDay.followers_new), func.sum(AccountDay.followers_lost),
                   func.count(AccountDay.followers_new))
            .where(AccountDay.account_id.in_(ids), totals.within("latest", self.where.start, self.where.end))
            .group_by(AccountDay.account_id)).all()
        frame = owners(session, ids).merge(pd.DataFrame(
            [(id_, *(None if one is None else int(one) for one in rest)) for id_, *rest in found],
            columns=["id", "won", "lost", "days"]), on="id")
        frame = frame[frame["days"] > 0].reset_index(drop=True)
        shown = heads("name:账号", "won:新增关注:int", "lost:取消关注:int", "days:有此数据的天数:int", "unit:单位")
        return Rows(frame, shown, summed(frame[self.what]), "各账号相加", "followers")

    def next(self, id_: int) -> Query:
        return Readings(self.where.start, self.where.end, id_)


@dataclass(frozen=True, slots=True)
class Readings(Last):
    """What was read of one account's followers, the newest first; the figure is the first of them."""

    first: date
    last: date
    account: int = 0
    name: str = ""
    unit: str = ""
    platform: str = ""

    def rows(self, session: Session) -> Rows:
        found = [self.account] if self.account else account_ids(session, self.name, self.unit, self.platform)
        rows = session.execute(
            select(FollowerReading.id, FollowerReading.day, FollowerReading.followers,
                   FollowerReading.followers_slack, FollowerReading.new, FollowerReading.lost,
                   FollowerReading.observed_at)
            .where(FollowerReading.account_id.in_(found), FollowerReading.day.between(self.first, self.last))
            .order_by(FollowerReading.day.desc(), FollowerReading.observed_at.desc())).all()
        frame = pd.DataFrame([tuple(row) for row in rows],
                             columns=["id", "day", "value", "slack", "won", "lost", "observed_at"])
        frame = frame.assign(observed_at=pd.to_datetime(frame["observed_at"], utc=True),
                             **{one: totals.whole(frame[one]).values for one in ("value", "won", "lost")})
        known = frame.dropna(subset=["value"])
        return Rows(frame, heads("day:日期:date", "value:粉丝数:int", "won:新增关注:int", "lost:取消关注:int",
                                 "observed_at:读取时间:time"),
                    None if known.empty else float(known["value"].iloc[0]), "期末最近一次读数", "reading",
                    "" if known.empty else "≥" if known["slack"].iloc[0] < 0 else "≈" if known["slack"].iloc[0] else "")
