"""Who won and lost: followers of accounts by month and altogether, and accounts beside what they were before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.clock import previous_period
from core.counts import Count, add
from core.models import AccountDay
from core.query import totals
from core.query.measured import Accounts, Measured, measure
from core.query.scope import Filter


@dataclass(frozen=True, slots=True)
class Flow:
    """Followers that were won and lost, as platforms say it; missing where none does. `days`: account-days that do."""

    won: Count
    lost: Count
    days: int


def flow(session: Session, where: Filter) -> Flow:
    """What platforms say of followers won and lost in the period."""
    ids = totals.meant(session, where)
    won, lost, days = session.execute(
        select(func.sum(AccountDay.followers_new), func.sum(AccountDay.followers_lost),
               func.count(AccountDay.followers_new))
        .where(AccountDay.account_id.in_(ids), totals.within("latest", where.start, where.end))).one()
    return Flow(*(Count(None if one is None else int(one)) for one in (won, lost)), int(days))


def levels(session: Session, where: Filter, ends: Sequence[date]) -> pd.DataFrame:
    """Followers at the end of each of these days: day, accounts (with a reading), followers, followers_mark; `change`
    since the one before, of the accounts that have both, with change_mark."""
    ids = totals.meant(session, where)
    rows, before = [], {}
    for day in ends:
        here = totals.followers_at(session, ids, day)
        both = sorted(here.keys() & before.keys())
        total, gain = totals.follower_total(here.values()), _gain([here[i] for i in both], [before[i] for i in both])
        rows.append({"day": day, "accounts": len(here), "followers": total.value, "followers_mark": total.mark,
                     "change": gain.value, "change_mark": gain.mark})
        before = here
    frame = pd.DataFrame(rows, columns=["day", "accounts", "followers", "followers_mark", "change", "change_mark"])
    for name in ("followers", "change"):
        frame[name] = totals.whole(frame[name]).values
    return frame


def _gain(now: Sequence[totals.FollowerLevel], before: Sequence[totals.FollowerLevel]) -> Count:
    """The change of the sum; inexact where one of the readings is."""
    if not now:
        return Count(None)
    exact = add(Count(one.value, one.slack) for one in (*now, *before)).exact
    return Count(sum(one.value for one in now) - sum(one.value for one in before), 0 if exact else 1)


def beside_before(session: Session, where: Filter, counters: Sequence[str], basis: str = "latest") -> pd.DataFrame:
    """Accounts of which both the period and the one before are known by nine tenths of their days: account_id, name,
    unit, posts, posts_before, and x, x_before of each counter and of interaction where both are exact enough to be
    compared (missing where one is missing or a lower bound)."""
    accounts = Accounts(session, totals.meant(session, where), basis)
    first, last = previous_period(where.start, where.end)
    names = tuple(dict.fromkeys((*counters, *totals.INTERACTION)))
    now, before = measure(accounts, where.start, where.end, names), measure(accounts, first, last, names)
    at = {id_: n for n, id_ in enumerate(before.ids.tolist())}
    kept = [n for n, id_ in enumerate(now.ids.tolist())
            if id_ in at and _well_known(now, n, where.days)
            and _well_known(before, at[id_], (last - first).days + 1)]
    then = [at[id_] for id_ in now.ids[kept].tolist()]
    out = {"account_id": now.ids[kept], "name": now.owners["name"].to_numpy(dtype=object)[kept],
           "unit": now.owners["unit"].fillna("未归属单位").to_numpy(dtype=object)[kept]}
    for name in ("posts", *names, "interaction"):
        out[name], out[f"{name}_before"] = (
            totals.integers(np.nan_to_num(value), np.isnan(value))
            for value in (_exact(now, name)[kept], _exact(before, name)[then]))
    return pd.DataFrame(out)


def _well_known(rows: Measured, place: int, days: int) -> bool:
    return rows.sums["posts"][place] >= 0 and rows.covered[place] >= 0.9 * days


def _exact(rows: Measured, name: str) -> np.ndarray:
    """A sum where it is no lower bound; 0 of everything of an account that published nothing."""
    if name == "interaction":
        parts = [_exact(rows, one) for one in totals.INTERACTION if (rows.count(f"{one}_known") > 0).any()]
        return np.sum(parts, axis=0) if parts else np.full(len(rows), np.nan)
    value = rows.real(name)
    if name == "posts":
        return value
    value = np.where(rows.count("posts") == 0, 0.0, value)
    return np.where(rows.count(f"{name}_capped") > 0, np.nan, value)
