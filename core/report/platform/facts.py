"""What the report of a platform is made of, read in one go through `core.query`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import pandas as pd
from sqlalchemy import exists, select
from sqlmodel import Session

from core import db, labels
from core.clock import day_of, days
from core.models import Account, Platform
from core.periods import Period, all_of
from core.query import boards, compliance, movers, overview, posts, totals, trends
from core.query.scope import Filter, choices
from core.report.outline import Order
from core.report.platform.base import Base, cadences, is_long, main_of, piece_of
from core.report.scopes import Scope, scope_of

TOP, TOP_OF_YEAR = 10, 20
"""Places of the top lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Base):
    """Everything the report of a platform says. `by_kind`, `by_unit`: totals by group, with `label`. `ranking`:
    core.query.boards. `flow`, `levels`, `movers`: core.query.movers, levels at the ends of the months. `best`: of a
    year the best post of each month, with `month`."""

    plan: boards.Plan
    by_kind: pd.DataFrame
    by_unit: pd.DataFrame
    ranking: pd.DataFrame
    flow: movers.Flow
    levels: pd.DataFrame
    movers: pd.DataFrame
    best: pd.DataFrame


def has_data(session: Session, platform: str, period: Period, scope: str = "all") -> bool:
    """Whether anything is known of the platform's accounts in that period."""
    where = scope_of(session, platform, scope).over(period.first, period.last, (platform,))
    return bool(session.execute(select(exists(totals.known_days(
        totals.meant(session, where), where.start, where.end).subquery().select()))).scalar())


def common(session: Session, order: Order, scope: Scope, platforms: tuple[str, ...], now: datetime) -> dict:
    """What every report on accounts has (Base) that does not depend on what it is about."""
    period = order.period
    today = day_of(now)
    last, complete = min(period.last, today), today > period.last
    here = scope.over(period.first, last, platforms)
    ids = totals.meant(session, here)
    former, year = period.shift(-1), period.year_before
    end, base = (totals.followers_at(session, ids, day) for day in (last, period.first - timedelta(1)))
    both = sorted(set(end) & set(base))
    span = days(period.first, last)
    calendar = holidays.country_holidays("CN", language="zh_CN", years=range(period.first.year, last.year + 1))

    def sums(of: Period | None) -> pd.Series | None:
        return _row(totals.period(session, scope.over(of.first, of.last, platforms), order.basis)
                    ) if of is not None and complete else None

    by_day = trends.daily(session, here, "", order.basis)
    return {
        "period": period, "first": period.first, "last": last, "complete": complete, "scope": scope,
        "basis": order.basis, "at": db.stamped_at(session) or now, "stamp": db.stamp(session),
        "demo": bool(session.execute(select(exists().where(Account.id.in_(ids), Account.demo.is_(True)))).scalar()),
        "now": _row(totals.period(session, here, order.basis)),
        "before": sums(former) if former != year else None, "year": sums(year),
        "by_day": by_day, "course": trends.by_month(by_day) if is_long(period) else by_day,
        "followers": totals.follower_total(end.values()),
        "followers_compared": tuple(totals.follower_total(found[id_] for id_ in both) for found in (end, base)),
        "followers_accounts": len(end),
        "states": {row["state"]: int(row["account_days"]) for row in trends.gaps(session, here).to_dict("records")},
        "freshness": overview.freshness(session, here),
        "checked": compliance.compliance(session, here, compliance.word_list()[0]),
        "hours": trends.hours(session, here),
        "holidays": {day: calendar[day] for day in span if day in calendar},
        "working": {day: calendar.is_working_day(day) for day in span},
    }


def read(session: Session, order: Order, now: datetime) -> Facts:
    """All facts of the report. Raises BadInput for an unknown scope."""
    found = session.get_one(Platform, order.platform)
    scope = scope_of(session, order.platform, order.scope)
    shared = common(session, order, scope, (order.platform,), now)
    here = scope.over(shared["first"], shared["last"], (order.platform,))
    names = {id_: name for id_, name, _ in choices(session).units}
    plan, ranking = boards.ranked(session, here, order.platform, order.basis)
    by_unit = totals.period(session, here, order.basis, by="unit")
    by_kind = totals.period(session, here, order.basis, by="kind")
    reach = plan.main or "interaction"
    year = order.period.span == "year"
    main = main_of(shared["now"], (plan.main,) if plan.main else ())
    return Facts(
        **shared, plan=plan, piece=piece_of(found.family), main=main,
        counters=tuple(name for name in labels.COUNTERS if name in found.counters),
        by_kind=by_kind.assign(label=[labels.UNIT_KINDS.get(kind, kind) for kind in by_kind["group"]]),
        by_unit=by_unit.assign(label=[names.get(id_, "未归属单位") for id_ in by_unit["group"]]),
        ranking=ranking, top=top(session, here, (reach, "interaction"), TOP_OF_YEAR if year else TOP),
        cadence=cadences(session, ranking.to_dict("records"), here.start, here.end),
        flow=movers.flow(session, here),
        levels=movers.levels(session, here, ends(order.period, here.end)),
        movers=movers.beside_before(session, here, [main] if main else [], order.basis)
        if shared["complete"] else pd.DataFrame(),
        best=_best(session, here, order.period, (reach, "interaction")) if year else pd.DataFrame(),
    )


def _row(frame: pd.DataFrame) -> pd.Series | None:
    return None if frame.empty else frame.iloc[0]


def top(session: Session, where: Filter, metrics: Sequence[str], most: int) -> pd.DataFrame:
    """The posts with most of the first of these of which any post has some: with `metric`."""
    for metric in dict.fromkeys(metrics):
        frame = posts.top(session, where, metric, most)
        if not frame.empty:
            break
    return frame.assign(metric=metric)


def _best(session: Session, where: Filter, period: Period, metrics: Sequence[str]) -> pd.DataFrame:
    """The best post of each month."""
    found = [top(session, where.over(one.first, min(one.last, where.end)), metrics, 1).assign(month=one.first)
             for one in all_of("month", period.first, period.last) if one.first <= where.end]
    found = [one for one in found if not one.empty]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def ends(period: Period, last: date) -> list[date]:
    """The day before the period, and the last days of its months as far as they have come."""
    months = [min(one.last, last) for one in all_of("month", period.first, period.last) if one.first <= last]
    return [period.first - timedelta(1), *months]
