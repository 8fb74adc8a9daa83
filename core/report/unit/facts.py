"""What the report of one unit is made of: its sums over all platforms, each platform with its accounts and its place
among units of its kind."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import labels
from core.counts import Count
from core.faults import BadInput
from core.models import Platform, Unit
from core.query import boards, totals
from core.query.scope import choices
from core.report import scopes
from core.report.outline import Order
from core.report.platform.base import Base, cadences, piece_of
from core.report.platform.facts import TOP, common, top
from core.report.platform.rankings import by_index


@dataclass(frozen=True, slots=True)
class Place:
    """A unit among the units of its kind that have a ranked account on a platform, by the best of each: `rank` and
    `before` from 1, None without a ranked account; `first`: the unit in the first place."""

    rank: int | None
    before: int | None
    units: int
    first: str


@dataclass(frozen=True, slots=True)
class Presence:
    """A unit on one platform: `now`, `before`, `year` are totals (core.query.totals), `accounts` its rows of the whole
    platform's ranking, of which `ranked` accounts have a place, by `by`."""

    code: str
    name: str
    piece: str
    main: str
    by: str
    indexed: bool
    now: pd.Series
    before: pd.Series | None
    year: pd.Series | None
    accounts: pd.DataFrame
    ranked: int
    place: Place
    followers: Count

    def total(self, name: str) -> Count:
        return totals.count_of(self.now, name)

    def earlier(self, name: str) -> Count:
        return Count(None) if self.before is None else totals.count_of(self.before, name)

    def year_earlier(self, name: str) -> Count:
        return Count(None) if self.year is None else totals.count_of(self.year, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Base):
    """Everything the report of a unit says. `kind`: its kind in words · `platforms`: where it has accounts, in the
    order of the catalogue."""

    unit: str
    kind: str
    platforms: tuple[Presence, ...]


def read(session: Session, order: Order, now: datetime) -> Facts:
    """All facts of the report. Raises BadInput for a unit that there is not."""
    scope = next((one for one in scopes.units(session) if one.code == order.scope), None)
    if scope is None:
        raise BadInput(f"单位“{order.scope}”不在台账中，请选择一个单位")
    unit = session.get_one(Unit, scope.units[0])
    shared = common(session, order, scope, (), now)
    here = scope.over(shared["first"], shared["last"], ())
    names = dict(choices(session).platforms)
    sums = _by_platform(session, order, scope, here.start, here.end)
    former, year = order.period.shift(-1), order.period.year_before
    earlier = _by_platform(session, order, scope, former.first, former.last
                           ) if former != year and shared["complete"] else {}
    a_year = _by_platform(session, order, scope, year.first, year.last) if year and shared["complete"] else {}
    platforms = tuple(
        _presence(session, order, unit, platform, here, sums[platform.code], earlier.get(platform.code),
                  a_year.get(platform.code))
        for platform in session.execute(select(Platform).order_by(Platform.sort)).scalars() if platform.code in sums)
    rows = [row | {"name": f"{row['name']}（{one.name}）"} for one in platforms
            for row in one.accounts.to_dict("records")]
    best = top(session, here, ("interaction", "reads", "plays"), TOP)
    counters = tuple(name for name in labels.COUNTERS if shared["now"] is not None and not pd.isna(shared["now"][name]))
    return Facts(
        **shared, unit=unit.name, kind=labels.UNIT_KINDS[unit.kind], piece="条", main="", counters=counters,
        top=best.assign(platform_name=[names.get(code, code) for code in best["platform"]]),
        cadence=cadences(session, rows, here.start, here.end), platforms=platforms)


def _by_platform(session: Session, order: Order, scope: scopes.Scope, first, last) -> dict[str, pd.Series]:
    frame = totals.period(session, scope.over(first, last, ()), order.basis, by="platform")
    return {row["group"]: row for _, row in frame.iterrows()}


def _presence(session: Session, order: Order, unit: Unit, platform: Platform, here, now: pd.Series,
              before: pd.Series | None, year: pd.Series | None) -> Presence:
    whole = scopes.Scope("all", "").over(here.start, here.end, (platform.code,))
    plan, ranking = boards.ranked(session, whole, platform.code, order.basis)
    mine = ranking[(ranking["unit"] == unit.name) & (ranking["unit_kind"] == unit.kind)]
    active = ranking[ranking["rank"].notna() & (ranking["posts"].fillna(0) > 0)]
    place = _place(active[active["unit_kind"] == unit.kind], unit.name)
    levels = mine[mine["followers"].notna()]
    followers = Count(int(levels["followers"].sum()), max(
        (totals.slack_of(mark) for mark in levels["followers_mark"]), key=abs)) if len(levels) else Count(None)
    return Presence(
        platform.code, platform.name, piece_of(platform.family),
        plan.main if plan.main and not pd.isna(now[plan.main]) else "",
        plan.index.title if by_index(plan) else labels.ORDERS[plan.order], by_index(plan), now, before, year,
        mine.reset_index(drop=True), len(active), place, followers)


def _place(peers: pd.DataFrame, unit: str) -> Place:
    """Where a unit stands among the units of these ranked accounts, by the best account of each."""
    best = peers.groupby("unit", sort=False)["rank"].min().astype("Int64").sort_values(kind="stable")
    before = peers.groupby("unit", sort=False)["previous_rank"].min().astype("Int64").dropna()

    def rank_in(ranks: pd.Series) -> int | None:
        return 1 + int((ranks < ranks[unit]).sum()) if unit in ranks.index else None

    return Place(rank_in(best), rank_in(before), len(best), str(best.index[0]) if len(best) else "")
