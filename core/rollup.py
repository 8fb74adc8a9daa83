"""The day's and the month's totals: `account_day` from posts and readings, `account_month` from the days and what is
known of them, for the account-days that changed or for all of them.

Delete-and-insert of whole account-days, and of the months that they lie in, in one transaction per slice, so that it
can be repeated and interrupted: a reader never sees a month that is not the sum of its days. Posts that are gone stay
counted: they were published. A basis takes one reading per post (see docs/architecture.md).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import and_, case, delete, distinct, func, insert, literal, select
from sqlmodel import Session

from core.clock import Month
from core.counts import CAPPED_READ
from core.db import chunks, summed
from core.labels import KNOWN_STATES
from core.models import (
    COUNTER_NAMES,
    AccountDay,
    AccountMonth,
    AppReading,
    Coverage,
    Dirty,
    FollowerReading,
    Post,
    Reading,
)
from core.months import HEADLINE, ORIGINAL, SUMS, pack

SLICE = 500
"""Account-days of one transaction."""
SETTLE_DAYS = 7
"""Basis d7: the newest reading observed no later than the end of this many days after the publishing day."""


def run(session: Session) -> int:
    """Roll up the account-days marked dirty; commits slice by slice. Returns how many were done."""
    done = 0
    while keys := session.execute(
        select(Dirty.account_id, Dirty.day).order_by(Dirty.account_id, Dirty.day).limit(SLICE)
    ).all():
        roll(session, [(a, d) for a, d in keys])
        session.commit()
        done += len(keys)
    return done


def rebuild(session: Session) -> int:
    """Roll up every account-day that any fact touches, and drop those that none does. Gives the same rows again."""
    for table, column in ((Post, Post.day), (FollowerReading, FollowerReading.day), (AppReading, AppReading.day),
                          (Coverage, Coverage.day)):
        facts = select(table.account_id, column).distinct()
        present = select(Dirty.account_id).where(Dirty.account_id == table.account_id, Dirty.day == column).exists()
        session.execute(insert(Dirty).from_select(["account_id", "day"], facts.where(~present)))
    session.execute(delete(AccountDay))
    session.execute(delete(AccountMonth))
    session.commit()
    return run(session)


def roll(session: Session, keys: Sequence[tuple[int, date]]) -> None:
    """Recompute these account-days in both bases, and their months, and take them off the dirty list. The caller
    commits."""
    by_account: dict[int, list[date]] = {}
    for account_id, day in keys:
        by_account.setdefault(account_id, []).append(day)
    for account_id, days in by_account.items():
        within = and_(AccountDay.account_id == account_id, AccountDay.day.in_(days))
        session.execute(delete(AccountDay).where(within))
        rows = {}
        for basis in ("latest", "d7"):
            for row in session.execute(_sums(account_id, days, basis)).mappings():
                rows[(basis, row["day"])] = dict(row)
        _add_followers(session, account_id, days, rows)
        if rows:
            blank = {c.name: None for c in AccountDay.__table__.columns}
            zero = {c.name: 0 for c in AccountDay.__table__.columns if not c.nullable and c.name not in _KEY}
            session.execute(insert(AccountDay.__table__), [
                blank | zero | row | {"account_id": account_id, "basis": basis, "day": day}
                for (basis, day), row in rows.items()
            ])
        session.execute(delete(Dirty).where(Dirty.account_id == account_id, Dirty.day.in_(days)))
    by_month: dict[Month, set[int]] = defaultdict(set)
    for account_id, day in keys:
        by_month[Month.of(day)].add(account_id)
    for month, accounts in by_month.items():
        for some in chunks(sorted(accounts), SLICE):
            sum_month(session, some, month)


def sum_month(session: Session, accounts: Sequence[int], month: Month) -> None:
    """Sum the days of one month of these accounts (at most `SLICE`) in both bases. The caller commits.

    An account of which nothing is known in that month has no row.
    """
    held = _days_of_month(session, accounts, month)
    sums = [(func.max if name.endswith("_max") else summed)(getattr(AccountDay, name)).label(name) for name in SUMS]
    found = session.execute(
        select(AccountDay.account_id, AccountDay.basis, *sums)
        .where(AccountDay.account_id.in_(accounts), AccountDay.day.between(month.first, month.last))
        .group_by(AccountDay.account_id, AccountDay.basis)
    ).mappings()
    by_key = {(row["account_id"], row["basis"]): row for row in found}
    mine = and_(AccountMonth.month == month.first, AccountMonth.account_id.in_(accounts))
    session.execute(delete(AccountMonth).where(mine))
    rows = [
        {"account_id": account_id, "basis": basis, "month": month.first, "by_day": by_day,
         "figures": pack({**by_key.get((account_id, basis), {}), **own})}
        for basis in ("latest", "d7") for account_id, (by_day, own) in held.items()
    ]
    if rows:
        session.execute(insert(AccountMonth.__table__), rows)


def _days_of_month(session: Session, accounts: Sequence[int], month: Month) -> dict[int, tuple[str, dict[str, int]]]:
    """Of each account of which anything is known: posts by day, and its days known and readings of followers."""
    within = month.first, month.last
    posts: dict[int, list[int | None]] = defaultdict(lambda: [None] * month.days)
    levels: dict[int, dict[str, int]] = {}
    for account_id, day in session.execute(select(Coverage.account_id, Coverage.day).where(
        Coverage.account_id.in_(accounts), Coverage.day.between(*within), Coverage.state.in_(KNOWN_STATES)
    )):
        posts[account_id][day.day - 1] = 0
    query = select(AccountDay.account_id, AccountDay.day, AccountDay.posts, AccountDay.followers,
                   AccountDay.followers_slack)
    for account_id, day, number, followers, slack in session.execute(query.where(
        AccountDay.account_id.in_(accounts), AccountDay.basis == "latest", AccountDay.day.between(*within)
    ).order_by(AccountDay.account_id, AccountDay.day)):
        if number:
            posts[account_id][day.day - 1] = number
        if followers is not None:
            level = {"followers": followers, "followers_slack": slack, "followers_day": day.toordinal()}
            levels.setdefault(account_id, {f"first_{name}": value for name, value in level.items()}).update(level)
    return {
        account_id: (
            ",".join("" if n is None else str(n) for n in posts[account_id]),
            {"known": sum(n is not None for n in posts[account_id]), **levels.get(account_id, {})},
        )
        for account_id in {*posts, *levels}
    }


_KEY = ("account_id", "basis", "day")


def _sums(account_id: int, days: Sequence[date], basis: str):
    """SELECT of one row per publishing day with each column of account_day that comes from posts."""
    # Both bases order by the moment of observation; a correction made at the same moment can't exist (unique key).
    newest = func.row_number().over(partition_by=Reading.post_id, order_by=Reading.observed_at.desc()).label("nth")
    readings = select(Reading, newest).join(Post, Post.id == Reading.post_id).where(
        Post.account_id == account_id, Post.day.in_(days)
    )
    if basis == "d7":
        # The last day allowed depends on the publishing day: one branch per day keeps it portable (no date arithmetic).
        limit = case({day: day + timedelta(SETTLE_DAYS) for day in days}, value=Post.day)
        readings = readings.where(Reading.day <= limit)
    r = readings.subquery()
    columns = [
        Post.day,
        func.count().label("posts"),
        (func.count(distinct(case((Post.push_id != "", Post.push_id))))
         + func.coalesce(func.sum(case((Post.push_id == "", 1), else_=0)), 0)).label("pushes"),
        func.coalesce(func.sum(case((Post.position == 1, 1), else_=0)), 0).label("headlines"),
        func.coalesce(func.sum(case((Post.original.is_(True), 1), else_=0)), 0).label("originals"),
        func.count(Post.original).label("original_known"),
    ]
    for name in COUNTER_NAMES:
        value, slack = r.c[name], r.c[f"{name}_slack"]
        columns += [
            func.sum(value).label(name),
            func.max(value).label(f"{name}_max"),
            func.count(value).label(f"{name}_known"),
            func.coalesce(func.sum(case((and_(value.is_not(None), slack < 0), 1), else_=0)), 0).label(f"{name}_capped"),
            func.coalesce(func.sum(case((and_(value.is_not(None), slack > 0), slack), else_=0)), 0).label(
                f"{name}_tolerance"
            ),
        ]
    over = case((r.c.reads > CAPPED_READ, r.c.reads - CAPPED_READ), else_=0)
    columns += [
        func.coalesce(func.sum(over), 0).label("reads_over"),
        func.coalesce(func.sum(case((Post.position == 1, over), else_=0)), 0).label("headline_reads_over"),
    ]
    columns += [func.sum(case((Post.position == 1, r.c[name]))).label(f"headline_{name}") for name in HEADLINE]
    columns += [func.sum(case((Post.original.is_(True), r.c[name]))).label(f"original_{name}") for name in ORIGINAL]
    return (
        select(*columns)
        .select_from(Post)
        .outerjoin(r, and_(r.c.post_id == Post.id, r.c.nth == literal(1)))
        .where(Post.account_id == account_id, Post.day.in_(days))
        .group_by(Post.day)
    )


def _add_followers(session: Session, account_id: int, days: Sequence[date], rows: dict) -> None:
    """The newest reading of each day's followers, on both bases."""
    query = (
        select(FollowerReading)
        .where(FollowerReading.account_id == account_id, FollowerReading.day.in_(days))
        .order_by(FollowerReading.observed_at)
    )
    for (reading,) in session.execute(query):
        for basis in ("latest", "d7"):
            rows.setdefault((basis, reading.day), {}).update(
                followers=reading.followers, followers_slack=reading.followers_slack,
                followers_new=reading.new, followers_lost=reading.lost,
            )
