"""The raw figures of many accounts over a period, as arrays: what rankings are made of.

Whole calendar months come from `account_month`, the days at either end from `account_day`; the two say the same
(see core.rollup). Sums are whole numbers, -1 where missing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from math import inf

import numpy as np
import pandas as pd
from sqlalchemy import Select, func, select
from sqlmodel import Session

from core.clock import Month
from core.counts import AT_LEAST, CAPPED_READ
from core.db import chunks, summed
from core.metrics.indices import Index
from core.models import Account, AccountDay, AccountMonth, Unit
from core.months import AT, LEVELS, ORIGINAL, OVER, PARTS, PUBLISHED, unpack
from core.query import totals

SPARK_DAYS = 31
"""A sparkline shows at most the last so many days of the period."""
PLAIN = ("reads", "plays", "likes", "wows", "reposts", "comments", "favourites")
_HEADLINE = ("reads", "likes", "wows", "reposts")
_PEAKED = ("reads", "plays", "likes", "wows", "reposts")
_FOLLOWERS = {"followers", "followers_gain"}
_LAST, _FIRST = LEVELS[:3], LEVELS[3:]


@dataclass(slots=True)
class Measured:
    """The accounts of a ranking in the order of their ids, with their raw figures by row.

    `owners`: columns name, platform, unit, unit_kind, state, closed_on. `sums`: whole numbers by column, -1 where
    missing; `posts` is missing where nothing is known of the period. `covered`: days known; `followers` -1 where
    missing, and the net change, nan where missing, each with its slack.
    """

    ids: np.ndarray
    owners: pd.DataFrame
    sums: dict[str, np.ndarray]
    covered: np.ndarray
    followers: np.ndarray
    followers_slack: np.ndarray
    followers_gain: np.ndarray
    gain_slack: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def real(self, name: str) -> np.ndarray:
        """A sum as numbers, nan where missing or where it was not asked for."""
        held = self.sums.get(name)
        return np.full(len(self), np.nan) if held is None else np.where(held < 0, np.nan, held)

    def count(self, name: str) -> np.ndarray:
        """A sum with 0 where missing or where it was not asked for."""
        held = self.sums.get(name)
        return np.zeros(len(self), dtype=np.int64) if held is None else np.maximum(held, 0)

    def inputs(self, index: Index | None) -> dict[str, np.ndarray]:
        """What an index takes of each row, by the names of `Inputs`; nan is missing, as are counters that were not
        read. An index that takes 10万+ as 100001 by its own rule takes known reads beyond it so, too."""
        posts = self.real("posts")
        # A push always has a headline: without one, the places of the articles were not collected.
        headline = self.count("headlines") > 0
        told = self.count("original_known") == posts
        originals = np.where(told, self.real("originals"), np.nan)
        out = {
            "posts": posts, "pushes": self.real("pushes"), "originals": originals,
            "followers": np.where(self.followers < 0, np.nan, self.followers), "followers_gain": self.followers_gain,
            **{n: self.real(n) for n in PLAIN}, **{f"{n}_max": self.real(f"{n}_max") for n in _PEAKED},
            **{f"headline_{n}": np.where(headline, self.real(f"headline_{n}"), np.nan) for n in _HEADLINE},
            **{f"original_{n}": np.where(originals == 0, 0, np.where(told, self.real(f"original_{n}"), np.nan))
               for n in ORIGINAL},
        }
        if index is not None and index.cap_by_rule:
            out["reads"] = out["reads"] - self.count("reads_over")
            out["headline_reads"] = out["headline_reads"] - self.count("headline_reads_over")
            out["reads_max"] = np.minimum(out["reads_max"], CAPPED_READ)
        return out

    def slacks(self, index: Index) -> dict[str, np.ndarray]:
        """How far each input of an index may be off: see `slack`; the followers by their own reading."""
        out = {name: np.zeros(len(self)) for name in index.inputs}
        for name in PLAIN:
            slack = self.slack(name, ignore_cap=index.cap_by_rule and name == "reads")
            out |= dict.fromkeys((name, f"{name}_max", f"headline_{name}", f"original_{name}"), slack)
        for name, slack in (("followers", self.followers_slack), ("followers_gain", self.gain_slack)):
            out[name] = np.where(slack < 0, inf, slack)
        return out

    def slack(self, name: str, ignore_cap: bool = False) -> np.ndarray:
        """How far the true sum may lie above: unbounded with a capped or a missing part, else the summed tolerance."""
        endless = self.count(f"{name}_known") < self.count("posts")
        if not ignore_cap:
            endless = endless | (self.count(f"{name}_capped") > 0)
        return np.where(endless, inf, self.count(f"{name}_tolerance"))

    def where(self, chosen: np.ndarray) -> "Measured":
        """Only these rows."""
        return Measured(
            self.ids[chosen], self.owners[chosen], {name: values[chosen] for name, values in self.sums.items()},
            self.covered[chosen], self.followers[chosen], self.followers_slack[chosen], self.followers_gain[chosen],
            self.gain_slack[chosen],
        )


class Accounts:
    """Some accounts on one basis: who they are, in the order of their ids, and their months, each read once.

    `owners`: columns account_id, name, platform, unit, unit_kind, state, closed_on.
    """

    def __init__(self, session: Session, ids: Select[tuple[int]], basis: str) -> None:
        self.session, self.ids, self.basis = session, ids, basis
        self.owners = totals.read(session, (
            select(Account.id.label("account_id"), Account.name, Account.platform, Unit.name.label("unit"),
                   Unit.kind.label("unit_kind"), Account.state, Account.closed_on)
            .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id.in_(ids)).order_by(Account.id)
        ))
        self.id_ = self.owners["account_id"].to_numpy(dtype=np.int64)
        self._held: dict[date, tuple[np.ndarray, np.ndarray]] = {}

    def column(self, month: date, name: str) -> np.ndarray:
        """One of `core.months.FIGURES` of the month that begins on that day, -1 where missing."""
        if month not in self._held:
            self._held[month] = self._read(month)
        at, table = self._held[month]
        out = np.full(len(self.id_), -1, dtype=np.int64)
        out[at] = table[:, AT[name]]
        return out

    def _read(self, month: date) -> tuple[np.ndarray, np.ndarray]:
        """Where in the order of ids each row belongs, and the rows."""
        found = totals.raw(self.session, select(AccountMonth.account_id, AccountMonth.figures).where(
            AccountMonth.basis == self.basis, AccountMonth.month == month, AccountMonth.account_id.in_(self.ids)))
        mine = np.fromiter((row[0] for row in found), dtype=np.int64, count=len(found))
        at, held = self.places(mine)
        return at, unpack([row[1] for row in found])[held]

    def places(self, account_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where in the order of ids these accounts stand, and which of them are there at all: one may have been added
        since the accounts were read."""
        at = np.searchsorted(self.id_, account_ids)
        held = np.append(self.id_, -1)[at] == account_ids
        return at[held], held


def columns(counters: Iterable[str]) -> list[str]:
    """The sums that a ranking shows or reckons with."""
    counters = tuple(counters)
    return [*PUBLISHED, *(f"{name}{part}" for name in counters for part in PARTS),
            *(f"headline_{name}" for name in _HEADLINE if name in counters),
            *(f"original_{name}" for name in ORIGINAL if name in counters), *(OVER if "reads" in counters else ())]


def measure(
    accounts: Accounts, first: date, last: date, counters: Sequence[str], needed: Iterable[str] | None = None
) -> Measured:
    """The raw figures of accounts from first to last day, both included.

    `needed`: only these sums and followers, where ranks are all that is made of it; of the days known only whether
    there are any. An account that was closed before the period and left nothing in it is left out.
    """
    id_, whose = accounts.id_, accounts.owners
    names = [name for name in columns(counters) if needed is None or name in {*PUBLISHED, *OVER, *needed}]
    sums = _sums(accounts, first, last, names, roughly=needed is not None)
    covered, found = np.maximum(sums.pop("known"), 0), sums["posts"] >= 0
    sums["posts"] = np.where(covered > 0, np.maximum(sums["posts"], 0), -1)
    none = np.zeros(len(id_), dtype=np.int64)
    rows = Measured(id_, whose, sums, covered, none - 1, none, np.full(len(id_), np.nan), none)
    if needed is None or _FOLLOWERS & set(needed):
        _add_followers(accounts, first, last, rows)
    closed = np.array([day is not None and day < first for day in whose["closed_on"]], dtype=bool)
    stay = ~(closed & ~found & (covered == 0))
    return rows if stay.all() else rows.where(stay)


# --- Sums -----------------------------------------------------------------------------------------------------------


def whole_months(first: date, last: date) -> bool:
    """Whether a period begins and ends with a calendar month."""
    return first.day == 1 and (last + timedelta(1)).day == 1 and first <= last


def pieces(first: date, last: date) -> Iterator[tuple[bool, date, date]]:
    """A period as days before its first whole month, whole months, and days after: (whole months?, first, last)."""
    begin = first if first.day == 1 else Month.of(first).shift(1).first
    end = last if (last + timedelta(1)).day == 1 else Month.of(last).first - timedelta(1)
    if begin > end:
        yield False, first, last
        return
    if first < begin:
        yield False, first, begin - timedelta(1)
    yield True, begin, end
    if end < last:
        yield False, end + timedelta(1), last


def _sums(
    accounts: Accounts, first: date, last: date, names: Sequence[str], roughly: bool
) -> dict[str, np.ndarray]:
    """These sums, maxima their greatest, and `known` days, in the order of the accounts' ids; -1 where missing.
    `roughly`: of the days known only whether there are any."""
    out: dict[str, np.ndarray] = {}
    for whole, begin, end in pieces(first, last):
        parts = ({name: accounts.column(month, name) for name in (*names, "known")} for month in _firsts(begin, end)
                 ) if whole else [_of_days(accounts, begin, end, names, roughly)]
        for part in parts:
            out = {name: _joined(name, out[name], values) for name, values in part.items()} if out else part
    return out


def _firsts(first: date, last: date) -> list[date]:
    """The first days of the months from first to last day."""
    begun, out = Month.of(first), []
    while begun.first <= last:
        out.append(begun.first)
        begun = begun.shift(1)
    return out


def _joined(name: str, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Two parts of a period as one; what is missing in both stays missing."""
    if name.endswith("_max"):
        return np.maximum(one, other)
    return np.where((one < 0) & (other < 0), -1, np.maximum(one, 0) + np.maximum(other, 0))


def _of_days(
    accounts: Accounts, first: date, last: date, names: Sequence[str], roughly: bool
) -> dict[str, np.ndarray]:
    session, ids, id_ = accounts.session, accounts.ids, accounts.id_
    total = {name: (func.max if name.endswith("_max") else summed)(getattr(AccountDay, name)) for name in names}
    found = totals.raw(session, (
        select(AccountDay.account_id, *(func.coalesce(column, -1) for column in total.values()))
        .where(AccountDay.account_id.in_(ids), totals.within(accounts.basis, first, last))
        .group_by(AccountDay.account_id)
    ))
    width = len(names) + 1
    table = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=width * len(found)).reshape(-1, width)
    held = np.full((width, len(id_)), -1, dtype=np.int64)
    at, there = accounts.places(table[:, 0])
    held[:, at] = table[there].T
    out = dict(zip(names, held[1:], strict=True))
    if roughly:
        posted = out["posts"] > 0
        return out | {"known": (posted | np.isin(id_, totals.known_at_all(
            session, id_[~posted].tolist(), first, last))).astype(np.int64)}
    known = totals.known_counts(session, ids, first, last)
    return out | {"known": np.array([known.get(i, 0) for i in id_.tolist()], dtype=np.int64)}


# --- Followers ------------------------------------------------------------------------------------------------------


def _add_followers(accounts: Accounts, first: date, last: date, rows: Measured) -> None:
    """Followers at the end of the period, and their net change since the day before it.

    Without a reading before the period, the change since its first reading; missing with a single reading.
    """
    end, since = (_levels_of_months if whole_months(first, last) else _levels_of_days)(accounts, first, last)
    there = end[0] >= 0
    rows.followers = np.where(there, end[0], -1)
    rows.followers_slack = np.where(there, end[1], 0)
    both = there & (since[0] >= 0)
    rows.followers_gain = np.where(both, end[0] - since[0], np.nan)
    bound = (end[1] < 0) | (since[1] < 0)
    rows.gain_slack = np.where(~both, 0, np.where(bound, AT_LEAST, end[1] + since[1]))


def _levels_of_months(accounts: Accounts, first: date, last: date) -> tuple[np.ndarray, np.ndarray]:
    """By account two readings of followers with slack and day (-1: none): the last one of a period of whole months, and
    the one that its change counts from."""
    end, since = (np.full((3, len(accounts.id_)), -1, dtype=np.int64) for _ in range(2))
    for month in _firsts(first, last):
        for level, names, held in ((end, _LAST, False), (since, _FIRST, True)):
            values = np.array([accounts.column(month, name) for name in names])
            take = (values[0] >= 0) & ~(held & (level[0] >= 0))
            level[:, take] = values[:, take]
    since[:, since[2] == end[2]] = -1
    oldest, month = first - timedelta(totals.FOLLOWER_LOOKBACK), Month.of(first).shift(-1)
    found = np.zeros(len(accounts.id_), dtype=bool)
    while month.last >= oldest and not found[end[0] >= 0].all():
        values = np.array([accounts.column(month.first, name) for name in _LAST])
        take = ~found & (values[0] >= 0) & (values[2] >= oldest.toordinal())
        since[:, take] = values[:, take]
        found, month = found | take, month.shift(-1)
    return end, since


def _levels_of_days(accounts: Accounts, first: date, last: date) -> tuple[np.ndarray, np.ndarray]:
    """The same for any period, without the days."""
    session, ids, id_ = accounts.session, accounts.ids, accounts.id_
    end = totals.followers_at(session, ids, last, (last - first).days + 1)
    base = totals.followers_at(session, ids, first - timedelta(1)) if end else {}
    if end.keys() - base.keys():
        base = totals.first_followers(session, ids, first, last) | base
    out = np.full((2, 2, len(id_)), -1, dtype=np.int64)
    for i, account_id in enumerate(id_.tolist()):
        if level := end.get(account_id):
            out[0, :, i] = level.value, level.slack
            if base[account_id].day != level.day:
                out[1, :, i] = base[account_id].value, base[account_id].slack
    return out[0], out[1]


# --- Sparklines -----------------------------------------------------------------------------------------------------


def sparks(session: Session, account_ids: Sequence[int], first: date, last: date) -> dict[int, list[float | None]]:
    """Posts by day of the last `SPARK_DAYS` days of a period, None where nothing is known of a day."""
    return by_day(session, account_ids, max(first, last - timedelta(SPARK_DAYS - 1)), last)


def by_day(session: Session, account_ids: Sequence[int], first: date, last: date) -> dict[int, list[float | None]]:
    """Posts by day of a period, None where nothing is known of a day."""
    lines: dict[int, list[float | None]] = {id_: [None] * ((last - first).days + 1) for id_ in account_ids}
    for some in chunks(account_ids):
        for account_id, month, by_day in totals.fetch(session, select(
            AccountMonth.account_id, AccountMonth.month, AccountMonth.by_day
        ).where(AccountMonth.basis == "latest", AccountMonth.month.in_(_firsts(first, last)),
                AccountMonth.account_id.in_(some))):
            held = [float(text) if text else None for text in by_day.split(",")]
            start = (month - first).days
            here = held[max(-start, 0) : max((last - month).days + 1, 0)]
            lines[account_id][max(start, 0) : max(start, 0) + len(here)] = here
    return lines
