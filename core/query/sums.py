"""What has to come to the same: a month and the sum of its days, the posts of a day and the number that the platform
itself states of it."""

from datetime import date, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, months
from core.clock import Month
from core.db import summed
from core.labels import BASES, COUNTERS, KNOWN_STATES
from core.models import COUNTER_NAMES, Account, AccountDay, AccountMonth, Coverage, DailyReading, Dirty, Platform
from core.query import totals
from core.query.scope import Filter

_WORDS = {"posts": "发布数", "pushes": "推送数", "headlines": "头条数", "originals": "原创数", **COUNTERS}
_NAMES = ("posts", "pushes", "headlines", "originals", *COUNTER_NAMES)
COLUMNS = ("account_id", "account", "platform", "month", "basis", "counter", "stored", "summed", "difference")


def held(session: Session, where: Filter) -> tuple[int, list[dict]]:
    """(figures of months that were held against the sums of their days, those that differ: COLUMNS). The months that
    the period touches, whole; those with days that wait for the roll-up are left out."""
    ids = totals.meant(session, where)
    first, last = session.execute(select(func.min(AccountDay.day), func.max(AccountDay.day))).one()
    checked, found = 0, []
    if first is None:
        return 0, []
    month = Month.of(max(first, where.start))
    while month.first <= min(where.end, last):
        number, rows = _month(session, ids, month)
        checked += number
        found += rows
        month = month.shift(1)
    return checked, found


def _month(session: Session, ids, month: Month) -> tuple[int, list[dict]]:
    waiting = set(session.execute(select(Dirty.account_id).where(
        Dirty.account_id.in_(ids), Dirty.day.between(month.first, month.last))).scalars())
    stored = session.execute(select(AccountMonth.account_id, AccountMonth.basis, AccountMonth.figures).where(
        AccountMonth.account_id.in_(ids), AccountMonth.month == month.first)).all()
    days = {(row[0], row[1]): row[2:] for row in session.execute(select(
        AccountDay.account_id, AccountDay.basis, *(summed(getattr(AccountDay, name)) for name in _NAMES)).where(
        AccountDay.account_id.in_(ids), AccountDay.day.between(month.first, month.last)).group_by(
        AccountDay.account_id, AccountDay.basis))}
    table = months.unpack([row.figures for row in stored])[:, [months.AT[name] for name in _NAMES]]
    known = {(row.account_id, row.basis): values for row, values in zip(stored, table, strict=True)}
    checked, wrong = 0, []
    for key in sorted({*known, *days}):
        if key[0] in waiting:
            continue
        mine, other = known.get(key), days.get(key)
        one = np.full(len(_NAMES), -1) if mine is None else mine
        sums = [-1 if value is None else int(value) for value in other or [None] * len(_NAMES)]
        checked += sum(a != -1 or b != -1 for a, b in zip(one, sums, strict=True))
        # A month without any day of its own is one of which it is known that nothing was published.
        wrong += [(key, name, int(a), b) for name, a, b in zip(_NAMES, one, sums, strict=True)
                  if a != b and (max(a, 0), max(b, 0)) != (0, 0)]
    return checked, _told(session, month.first, wrong)


def _told(session: Session, month: date, wrong: list[tuple]) -> list[dict]:
    query = select(Account.id, Account.name, Platform.name).join(Platform, Platform.code == Account.platform).where(
        Account.id.in_(sorted({key[0] for key, *_ in wrong})))
    names = {id_: (name, platform) for id_, name, platform in session.execute(query)} if wrong else {}
    return [{
        "account_id": account, "account": names[account][0], "platform": names[account][1], "month": month,
        "basis": BASES[basis], "counter": _WORDS[name], "stored": None if stored < 0 else stored,
        "summed": None if summed_ < 0 else summed_, "difference": max(stored, 0) - max(summed_, 0),
    } for (account, basis), name, stored, summed_ in wrong]


def published(session: Session, where: Filter) -> list[dict]:
    """Days of which the platform states, after their end, how many posts there were, and of which we know it, too:
    account_id, account, platform, day, stated, posts, difference (stated less ours), observed_at, capture_id."""
    ids = totals.meant(session, where)
    mine = (DailyReading.account_id.in_(ids), DailyReading.day.between(where.start, where.end),
            DailyReading.posts.is_not(None))
    newest = select(DailyReading.account_id, DailyReading.day, func.max(DailyReading.observed_at).label("at")).where(
        *mine).group_by(DailyReading.account_id, DailyReading.day).subquery()
    query = (
        select(DailyReading.account_id, Account.name.label("account"), Platform.name.label("platform"),
               DailyReading.day, DailyReading.posts.label("stated"), AccountDay.posts, Coverage.state,
               DailyReading.observed_at, DailyReading.capture_id)
        .join(newest, (newest.c.account_id == DailyReading.account_id) & (newest.c.day == DailyReading.day)
              & (newest.c.at == DailyReading.observed_at))
        .join(Account, Account.id == DailyReading.account_id).join(Platform, Platform.code == Account.platform)
        .outerjoin(AccountDay, (AccountDay.account_id == DailyReading.account_id) & (AccountDay.day == DailyReading.day)
                   & (AccountDay.basis == "latest"))
        .outerjoin(Coverage, (Coverage.account_id == DailyReading.account_id) & (Coverage.day == DailyReading.day))
        .where(*mine).order_by(DailyReading.day, DailyReading.account_id)
    )
    found = []
    for row in session.execute(query).mappings():
        known = row["posts"] or row["state"] in KNOWN_STATES
        if known and row["observed_at"] >= clock.instant(row["day"] + timedelta(1)) - timedelta(seconds=1):
            posts = row["posts"] or 0
            found.append({**{name: row[name] for name in row if name != "state"}, "posts": posts,
                          "difference": row["stated"] - posts})
    return found
