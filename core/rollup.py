"""The day's totals: `account_day` from posts and readings, for the account-days that changed or for all of them.

Delete-and-insert of whole account-days in one transaction per slice, so that it can be repeated and interrupted.
Posts that are gone stay counted: they were published. A basis takes one reading per post (see docs/architecture.md).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import and_, case, delete, distinct, func, insert, literal, select
from sqlmodel import Session

from core.models import (
    COUNTER_NAMES,
    AccountDay,
    AppReading,
    Dirty,
    FollowerReading,
    Post,
    Reading,
)

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
    for table, column in ((Post, Post.day), (FollowerReading, FollowerReading.day), (AppReading, AppReading.day)):
        facts = select(table.account_id, column).distinct()
        present = select(Dirty.account_id).where(Dirty.account_id == table.account_id, Dirty.day == column).exists()
        session.execute(insert(Dirty).from_select(["account_id", "day"], facts.where(~present)))
    session.execute(delete(AccountDay))
    session.commit()
    return run(session)


def roll(session: Session, keys: Sequence[tuple[int, date]]) -> None:
    """Recompute these account-days in both bases, and take them off the dirty list. The caller commits."""
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


_KEY = ("account_id", "basis", "day")
_HEADLINE = ("reads", "readers", "likes", "wows", "reposts")
_ORIGINAL = ("reposts", "comments")


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
    columns += [func.sum(case((Post.position == 1, r.c[name]))).label(f"headline_{name}") for name in _HEADLINE]
    columns += [func.sum(case((Post.original.is_(True), r.c[name]))).label(f"original_{name}") for name in _ORIGINAL]
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
