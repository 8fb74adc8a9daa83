"""Units and accounts side by side: totals of units among their peers, and a few accounts compared."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import inf

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core.clock import previous_period
from core.labels import COUNTERS, UNIT_KINDS
from core.metrics.ranking import Entry, Place, moves, rank
from core.models import Account, Unit
from core.query import accounts, boards, totals, trends
from core.query.scope import Filter

UNIT_ORDERS = {
    "interaction": "转评赞", "posts": "发布数", "reads": COUNTERS["reads"], "plays": COUNTERS["plays"],
    "followers": "粉丝数",
}
"""What units can be ordered by: sums over all their accounts."""
SIZES = ((1, "1 个账号"), (3, "2—3 个账号"), (6, "4—6 个账号"), (None, "7 个账号以上"))
"""Size classes of units by how many accounts they have: up to so many."""
FEW, MANY = 2, 6
"""So many accounts can be compared."""


def size_of(many: int) -> str:
    """The size class of a unit with so many accounts."""
    return next(words for most, words in SIZES if most is None or many <= most)


def units(session: Session, where: Filter, order: str = "interaction", sized: bool = False) -> pd.DataFrame:
    """One row per unit in scope with the sums of its accounts, the best of all first.

    Columns: unit_id, unit, kind, kind_name, size, accounts, active · posts and each counter with its mark, interaction,
    followers with their marks · rank among all, peers (how many of its kind, and with `sized` of its size class),
    peer_rank among them, rank_change (words, among the peers, since the period before), indistinct, note. Raises
    KeyError for an unknown order.
    """
    UNIT_ORDERS[order]
    first, last = previous_period(where.start, where.end)
    earlier = where.over(first, last)
    frame, before = _measured(session, where), _measured(session, earlier)
    for one in (frame, before):
        one["peer_group"] = one["kind"] + ("/" + one["size"] if sized else "")
    every = {place.key: place for place in _places(frame, order)}
    mine, then = _among_peers(frame, order), _among_peers(before, order)
    steps = moves({key: place.rank for key, place in mine.items()}, {key: place.rank for key, place in then.items()})
    ids = list(frame["unit_id"])
    frame["rank"] = totals.whole([every[id_].rank for id_ in ids]).values
    frame["peer_rank"] = totals.whole([mine[id_].rank for id_ in ids]).values
    frame["peers"] = frame.groupby("peer_group")["unit_id"].transform("count") if len(frame) else []
    frame["rank_change"] = [steps[id_].words for id_ in ids]
    frame["indistinct"] = [mine[id_].indistinct for id_ in ids]
    frame["note"] = ["与同类中邻近名次不可区分" if flag else "" for flag in frame["indistinct"]]
    return frame.drop(columns="peer_group").sort_values(["rank", "unit"], na_position="last").reset_index(drop=True)


def units_compared(session: Session, where: Filter, unit_ids: Sequence[int]) -> pd.DataFrame:
    """The lines of these units in `units`, in that order, with per_account (posts by account); those out of scope are
    left out."""
    found = units(session, where).set_index("unit_id", drop=False)
    found = found.loc[[id_ for id_ in unit_ids if id_ in found.index]].reset_index(drop=True)
    return found.assign(per_account=found["posts"].astype("Float64") / found["accounts"])


def units_daily(session: Session, where: Filter, unit_ids: Sequence[int], metric: str) -> pd.DataFrame:
    """The days of these units as charts take them: day, series (name), value, mark."""
    return trends.series(trends.daily(session, replace(where, units=tuple(unit_ids)), "unit"), metric)


def _measured(session: Session, where: Filter) -> pd.DataFrame:
    """The sums by unit; accounts without a unit are nobody's."""
    frame = totals.period(session, where, by="unit")
    named = {id_: (name, kind) for id_, name, kind in session.execute(select(Unit.id, Unit.name, Unit.kind))}
    frame = frame[[int(group) in named for group in frame["group"]]].reset_index(drop=True)
    frame["unit_id"] = [int(group) for group in frame["group"]]
    frame["unit"] = [named[id_][0] for id_ in frame["unit_id"]]
    frame["kind"] = [named[id_][1] for id_ in frame["unit_id"]]
    frame["kind_name"] = [UNIT_KINDS[kind] for kind in frame["kind"]]
    frame["size"] = [size_of(int(n)) for n in frame["accounts"]]
    ids = totals.meant(session, where)
    levels = totals.followers_at(session, ids, where.end)
    owners = dict(session.execute(select(Account.id, Account.unit_id).where(Account.id.in_(ids))).all())
    by_unit: dict[int, list[totals.FollowerLevel]] = {}
    for account_id, level in levels.items():
        by_unit.setdefault(owners[account_id], []).append(level)
    counts = [totals.follower_total(by_unit.get(id_, [])) for id_ in frame["unit_id"]]
    frame["followers"] = totals.whole([count.value for count in counts]).values
    frame["followers_mark"] = [count.mark for count in counts]
    return frame.drop(columns="group")


def _places(frame: pd.DataFrame, order: str) -> list[Place[int]]:
    entries = []
    for row in frame.to_dict("records"):
        value = row[order]
        if pd.isna(value):
            entries.append(Entry(row["unit_id"], None))
            continue
        slack = totals.slack_of(row.get(f"{order}_mark", ""))
        entries.append(Entry(row["unit_id"], int(value), int(value), inf if slack < 0 else int(value) + slack))
    return rank(entries)


def _among_peers(frame: pd.DataFrame, order: str) -> dict[int, Place[int]]:
    return {
        place.key: place for _, group in frame.groupby("peer_group", sort=False) for place in _places(group, order)
    }


def compared(session: Session, account_ids: Sequence[int], first: date, last: date) -> pd.DataFrame:
    """Accounts side by side, each with its line of its own platform's ranking: the columns of `boards.ranking`, and
    platform_name, ranked (how many have a rank there)."""
    platforms = dict(session.execute(select(Account.id, Account.platform).where(Account.id.in_(account_ids))).all())
    lines = []
    for platform in dict.fromkeys(platforms.values()):
        made = boards.plan(session, platform)
        frame = boards.ranking(session, Filter(first, last, (platform,)), platform)
        mine = frame[frame["account_id"].isin(account_ids)]
        lines.append(mine.assign(platform_name=made.platform_name, ranked=int(frame["rank"].notna().sum())))
    if not lines:
        return pd.DataFrame()
    found = pd.concat(lines, ignore_index=True).set_index("account_id", drop=False)
    return found.loc[[id_ for id_ in account_ids if id_ in found.index]].reset_index(drop=True)


def compared_daily(session: Session, account_ids: Sequence[int], first: date, last: date, metric: str) -> pd.DataFrame:
    """The days of these accounts as charts take them: day, series (name · platform), value, mark."""
    parts = []
    for id_ in account_ids:
        profile = accounts.profile(session, id_)
        if profile is None:
            continue
        days = accounts.daily(session, id_, first, last)
        parts.append(trends.series(days, metric).assign(series=f"{profile.name} · {profile.platform_name}"))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["day", "series", "value", "mark"])
