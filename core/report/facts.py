"""What the monthly report of a platform is made of, read in one go through `core.query`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import holidays
import pandas as pd
from sqlalchemy import exists, select
from sqlmodel import Session

from core import db, labels
from core.clock import Month, day_of, days
from core.counts import Count
from core.faults import BadInput
from core.metrics.cadence import WARN_DAYS, Freshness, freshness, longest_gap
from core.metrics.growth import before, year_before
from core.models import Account, Platform
from core.query import boards, measured, overview, posts, totals, trends
from core.query.scope import Filter, choices

TOP = 10
"""Places of the top lists."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A report's scope: its code (`all`, `bureau`, `unit:3`, `board:2`), its words, and what it means as a filter."""

    code: str
    words: str
    kinds: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    board: int | None = None


def scopes(session: Session, platform: str) -> tuple[Scope, ...]:
    """The scopes that a report of the platform can have: all, kinds of unit, boards, single units."""
    offered = choices(session)
    found = [Scope("all", "全部账号")]
    found += [Scope(kind, f"{labels.UNIT_KINDS[kind]}账号", kinds=(kind,)) for kind in offered.kinds]
    found += [Scope(f"board:{row['id']}", f"榜单“{row['name']}”", board=int(row["id"]))
              for row in boards.list_boards(session, platform).to_dict("records")]
    found += [Scope(f"unit:{id_}", name, units=(id_,)) for id_, name, _ in offered.units]
    return tuple(found)


def scope_of(session: Session, platform: str, code: str) -> Scope:
    """The scope of that code. Raises BadInput (Chinese)."""
    for scope in scopes(session, platform):
        if scope.code == code:
            return scope
    raise BadInput(f"报告范围“{code}”不存在。可用：all 全部、bureau 委办局、street 街镇、unit:编号、board:编号")


@dataclass(frozen=True, slots=True)
class Cadence:
    """How one account kept publishing in the period. Days without any word are in `unknown`, not in the gap."""

    account: str
    unit: str
    posts: int | None
    active_days: int
    last_post: date | None
    longest_gap: int
    unknown: int
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a monthly report says, as read at one moment.

    `month` with `first` and `last` (the last is earlier while the month is running: `complete` is False and nothing is
    compared). `now`, `before`, `year`: totals of core.query.totals, one row or none. `by_kind`, `by_unit`: the same by
    group, with `label`. `daily`: core.query.trends. `ranking`: core.query.boards. `top`: posts by `main` or
    interaction. `states`: account-days by state of coverage.
    """

    month: Month
    first: date
    last: date
    complete: bool
    scope: Scope
    plan: boards.Plan
    family: str
    counters: tuple[str, ...]
    basis: str
    at: datetime
    stamp: int
    demo: bool
    now: pd.Series | None
    before: pd.Series | None
    year: pd.Series | None
    by_kind: pd.DataFrame
    by_unit: pd.DataFrame
    daily: pd.DataFrame
    ranking: pd.DataFrame
    top: pd.DataFrame
    cadence: tuple[Cadence, ...]
    followers: Count
    followers_compared: tuple[Count, Count]
    followers_accounts: int
    states: dict[str, int]
    freshness: overview.Freshness
    holidays: dict[date, str]
    working: dict[date, bool]

    @property
    def main(self) -> str:
        """The counter of reach, reads or plays; "" where the platform yields neither, or no post has it."""
        return self.plan.main if self.plan.main and not self.total(self.plan.main).missing else ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def total(self, name: str) -> Count:
        """The period's sum of a counter, `posts` or `interaction`."""
        return _count(self.now, name)

    def earlier(self, name: str) -> Count:
        return _count(self.before, name)

    def year_earlier(self, name: str) -> Count:
        return _count(self.year, name)

    def share_known(self, row: pd.Series | None, days_: int) -> float | None:
        """Known account-days of a totals row as a share of all."""
        if row is None or not int(row["accounts"]):
            return None
        return int(row["covered"]) / (int(row["accounts"]) * days_)


def _count(row: pd.Series | None, name: str) -> Count:
    return Count(None) if row is None else totals.count_of(row, name)


def has_data(session: Session, platform: str, month: Month, scope: str = "all") -> bool:
    """Whether anything is known of the platform's accounts in that month."""
    chosen = scope_of(session, platform, scope)
    where = Filter(month.first, month.last, (platform,), chosen.kinds, chosen.units, chosen.board)
    return int(totals.period(session, where)["covered"].sum()) > 0


def read(session: Session, platform: str, month: Month, scope: str, basis: str, now: datetime) -> Facts:
    """All facts of the report. Raises BadInput for an unknown platform, scope or basis, or a month to come."""
    found = session.get(Platform, platform)
    if found is None:
        raise BadInput(f"平台“{platform}”不在目录中，请核对平台代码（如 weibo、wechat）")
    if basis not in labels.BASES:
        raise BadInput(f"取数口径“{basis}”不存在，可用：{'、'.join(labels.BASES)}")
    today = day_of(now)
    if month.first > today:
        raise BadInput(f"{month.label}还没有开始，无法编制报告")
    chosen = scope_of(session, platform, scope)
    last = min(month.last, today)

    def where(first: date, end: date) -> Filter:
        return Filter(first, end, (platform,), chosen.kinds, chosen.units, chosen.board)

    here = where(month.first, last)
    complete = today > month.last
    ids = totals.meant(session, here)
    names = {id_: name for id_, name, _ in choices(session).units}
    plan, ranking = _ranking(session, here, platform, basis, chosen.board)
    end, base = (totals.followers_at(session, ids, day) for day in (last, month.first - timedelta(1)))
    both = sorted(set(end) & set(base))
    by_unit = totals.period(session, here, basis, by="unit")
    by_kind = totals.period(session, here, basis, by="kind")
    states = trends.gaps(session, here)
    calendar = holidays.country_holidays("CN", language="zh_CN", years=[month.year])
    span = days(month.first, last)
    main = plan.main or "interaction"
    return Facts(
        month=month, first=month.first, last=last, complete=complete, scope=chosen, plan=plan, family=found.family,
        counters=tuple(name for name in labels.COUNTERS if name in found.counters), basis=basis,
        at=db.stamped_at(session) or now, stamp=db.stamp(session),
        demo=bool(session.execute(select(exists().where(Account.id.in_(ids), Account.demo.is_(True)))).scalar()),
        now=_row(totals.period(session, here, basis)),
        before=_row(totals.period(session, where(*before(month.first, month.last)), basis)) if complete else None,
        year=_row(totals.period(session, where(*year_before(month.first, month.last)), basis)) if complete else None,
        by_kind=by_kind.assign(label=[labels.UNIT_KINDS.get(kind, kind) for kind in by_kind["group"]]),
        by_unit=by_unit.assign(label=[names.get(id_, "未归属单位") for id_ in by_unit["group"]]),
        daily=trends.daily(session, here, "", basis), ranking=ranking,
        top=_top(session, here, main), cadence=_cadence(session, ranking, month.first, last),
        followers=totals.follower_total(end.values()),
        followers_compared=tuple(totals.follower_total(found[id_] for id_ in both) for found in (end, base)),
        followers_accounts=len(end),
        states={row["state"]: int(row["account_days"]) for row in states.to_dict("records")},
        freshness=overview.freshness(session, here),
        holidays={day: calendar[day] for day in span if day in calendar},
        working={day: calendar.is_working_day(day) for day in span},
    )


def _ranking(session: Session, where: Filter, platform: str, basis: str, board: int | None,
             ) -> tuple[boards.Plan, pd.DataFrame]:
    """The ranking by the index, or as the board is ordered; by posts where no account has what that needs."""
    for order in (None, "posts"):
        plan = boards.plan(session, platform, basis=basis, order=order, board=board)
        ranking = boards.ranking(session, where, platform, basis=basis, order=order, board=board)
        if (ranking["rank"].notna() & (ranking["posts"].fillna(0) > 0)).any():
            break
    return plan, ranking


def _row(frame: pd.DataFrame) -> pd.Series | None:
    return None if frame.empty else frame.iloc[0]


def _top(session: Session, where: Filter, main: str) -> pd.DataFrame:
    """The most read or played posts; by 转评赞 where no post has reads or plays."""
    frame = posts.top(session, where, main, TOP)
    if frame.empty and main != "interaction":
        main, frame = "interaction", posts.top(session, where, "interaction", TOP)
    return frame.assign(metric=main)


def _cadence(session: Session, ranking: pd.DataFrame, first: date, last: date) -> tuple[Cadence, ...]:
    """By account in normal state, those that kept silent longest first."""
    span = days(first, last)
    by_day = measured.sparks(session, tuple(int(id_) for id_ in ranking["account_id"]), first, last)
    made = []
    for row in ranking[ranking["state"] == "normal"].to_dict("records"):
        known = [(day, n) for day, n in zip(span, by_day[row["account_id"]][-len(span):], strict=True) if n is not None]
        active = [day for day, n in known if n]
        last_post = max(active, default=None)
        gap = longest_gap({*active, *set(span).difference(day for day, _ in known)}, first, last)
        made.append(Cadence(
            row["name"], row["unit"], None if pd.isna(row["posts"]) else int(row["posts"]), len(active), last_post,
            gap.days if gap else 0, len(span) - len(known), _freshness([day for day, _ in known], last_post, last),
        ))
    return tuple(sorted(made, key=lambda one: (-one.longest_gap, one.account)))


def _freshness(known: list[date], last_post: date | None, last: date) -> Freshness:
    """How the two-week rule sees the period's end. Only days known to be silent count; none known: unknown."""
    silent = sum(day > (last_post or date.min) for day in known)
    if not known or (silent == 0 and known[-1] < last - timedelta(WARN_DAYS[0])):
        return "unknown"
    return freshness(last - timedelta(silent), last)
