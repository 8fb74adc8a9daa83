"""Sums over `account_day` with their exactness: what boards, trends and the overview are made of.

Frames carry for each counter `x`: `x` the sum (Int64, missing where no post has it), `x_mark` (≥, ≈ or nothing),
`x_known` how many posts had it, and where asked for `x_max` and `x_avg` (sum / known posts). A group that is known to
have published nothing has 0 in every counter that it yields; a group of which nothing is known has missing values.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlmodel import Session

from core import board_versions
from core.board_versions import Definition
from core.counts import Count, add
from core.db import chunks, summed
from core.labels import COUNTERS, INTERACTION, KNOWN_STATES
from core.models import COUNTER_NAMES, Account, AccountDay, Board, BoardMember, Coverage, Unit
from core.query.scope import Filter, accounts

FOLLOWER_LOOKBACK = 31
"""How many days back a reading of followers still speaks for a day."""


def meant(session: Session, where: Filter) -> Select[tuple[int]]:
    """SELECT of the account ids that the filter means, with a board's rule applied in full (kinds and tags)."""
    if where.board is None:
        return accounts(where)
    board = board_versions.definition(session, where.board, where.as_of)
    query = accounts(Filter(where.start, where.end, where.platforms, where.kinds, where.units))
    return query.where(Account.id.in_(_members(session, board) if board else []))


def members(session: Session, board: Board | Definition) -> list[int]:
    """The account ids of a board: the picked ones, or all of its platform that its rule means."""
    found = _members(session, board)
    return found if isinstance(found, list) else list(session.execute(found).scalars())


def _members(session: Session, board: Board | Definition) -> Select[tuple[int]] | list[int]:
    """The same as a SELECT where SQL can say it: tags are JSON, which it can't say alike everywhere."""
    query = select(Account.id).where(Account.platform == board.platform)
    if board.picked and isinstance(board, Definition) and board.since is not None:
        return query.where(Account.id.in_(board.members))
    if board.picked:
        return query.where(Account.id.in_(select(BoardMember.account_id).where(BoardMember.board_id == board.id)))
    if board.unit_kinds:
        query = query.join(Unit, Unit.id == Account.unit_id).where(Unit.kind.in_(board.unit_kinds))
    if board.importances:
        query = query.where(Account.importance.in_(board.importances))
    if not board.tags:
        return query
    wanted = set(board.tags)
    return [id_ for id_, tags in session.execute(query.add_columns(Account.tags)) if wanted & set(tags or ())]


def fetch(session: Session, query: Select) -> Sequence[Row]:
    """All rows of a SELECT of columns, many at once: without what the ORM does for each row."""
    session.flush()
    return session.connection().execute(query).all()


def raw(session: Session, query: Select) -> Sequence[tuple]:
    """All rows of a SELECT of whole numbers as the driver gives them."""
    session.flush()
    return session.connection().execute(query).cursor.fetchall()


def read(session: Session, query: Select) -> pd.DataFrame:
    """A SELECT as a frame of plain objects; missing values stay None."""
    names = list(query.selected_columns.keys())
    rows = fetch(session, query)
    return pd.DataFrame(
        {name: pd.Series([row[i] for row in rows], dtype=object) for i, name in enumerate(names)}, columns=names
    )


def sums(counters: Sequence[str], maxima: bool = False) -> list:
    """The columns of a GROUP BY over `account_day`: posts and each counter with what its exactness needs."""
    columns = [summed(getattr(AccountDay, name)).label(name)
               for name in ("posts", "pushes", "headlines", "originals", "original_known")]
    for name in counters:
        columns += [summed(getattr(AccountDay, f"{name}{part}")).label(f"{name}{part}")
                    for part in ("", "_known", "_capped", "_tolerance")]
        if maxima:
            columns.append(func.max(getattr(AccountDay, f"{name}_max")).label(f"{name}_max"))
    return columns


def within(basis: str, first: date, last: date) -> object:
    """WHERE clause of one basis and period."""
    return and_(AccountDay.basis == basis, AccountDay.day.between(first, last))


def known_days(ids: Select, first: date, last: date) -> Select:
    """SELECT of (account_id, day) of which it is known what was published: covered, or with a post."""
    covered = select(Coverage.account_id, Coverage.day).where(
        Coverage.account_id.in_(ids), Coverage.day.between(first, last), Coverage.state.in_(KNOWN_STATES)
    )
    return union_all(covered, _published(AccountDay.account_id.in_(ids), first, last))


def _published(which: ColumnElement[bool], first: date, last: date) -> Select:
    """SELECT of (account_id, day) with a post on days that are not covered."""
    return select(AccountDay.account_id, AccountDay.day).where(
        which, within("latest", first, last), AccountDay.posts > 0,
        ~exists().where(Coverage.account_id == AccountDay.account_id, Coverage.day == AccountDay.day,
                        Coverage.state.in_(KNOWN_STATES)),
    )


def known_counts(session: Session, ids: Select, first: date, last: date) -> dict[int, int]:
    """How many of a period's days are known of each account (see `known_days`); accounts without one are left out."""
    covered = dict(fetch(session, (
        select(Coverage.account_id, func.count())
        .where(Coverage.account_id.in_(ids), Coverage.day.between(first, last), Coverage.state.in_(KNOWN_STATES))
        .group_by(Coverage.account_id)
    )))
    # Only where a day is missing do posts have to be looked at.
    span = (last - first).days + 1
    partly = [id_ for (id_,) in fetch(session, ids) if covered.get(id_, 0) < span]
    for some in chunks(partly):
        also = _published(AccountDay.account_id.in_(some), first, last).subquery()
        for id_, number in session.execute(select(also.c.account_id, func.count()).group_by(also.c.account_id)):
            covered[id_] = covered.get(id_, 0) + number
    return covered


def known_at_all(session: Session, accounts: Sequence[int], first: date, last: date) -> list[int]:
    """Those of these accounts without posts of which a day is known."""
    found: list[int] = []
    for some in chunks(accounts):
        found += [id_ for (id_,) in fetch(session, (
            select(Coverage.account_id).distinct()
            .where(Coverage.account_id.in_(some), Coverage.day.between(first, last), Coverage.state.in_(KNOWN_STATES))
        ))]
    return found


def whole(values: Sequence) -> pd.Series:
    """Whole numbers that may be missing, as Int64."""
    return pd.Series(integers(*plain(values)))


def plain(values: Sequence) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers that may be missing as two arrays: the numbers, 0 where missing, and where they are missing."""
    if isinstance(getattr(values, "dtype", None), pd.Int64Dtype):
        held = pd.array(values, dtype="Int64")
        return held.to_numpy(dtype=np.int64, na_value=0), held.isna()
    held = np.empty(len(values), dtype=object)
    held[:] = list(values)
    missing = pd.isna(held)
    return np.where(missing, 0, held).astype(np.int64), missing


def integers(values: np.ndarray, missing: np.ndarray) -> pd.arrays.IntegerArray:
    """Int64 of numbers and where they are missing; those may be anything."""
    return pd.arrays.IntegerArray(values.astype(np.int64), missing.astype(bool))


def finish(
    frame: pd.DataFrame, counters: Sequence[str], known: Sequence[bool], maxima: bool = False,
    groups: Sequence | None = None,
) -> pd.DataFrame:
    """From raw sums to columns as documented in the module; `known`: whether a row's account-days are known at all.

    A group yields a counter when any of its rows has it; all rows are one group unless `groups` says otherwise.
    Columns of counters that were not asked for exist too, all missing, so that every frame has the same columns.
    """
    known = np.asarray(known, dtype=bool)
    group = np.zeros(len(frame), dtype=int) if groups is None else pd.factorize(np.asarray(groups, dtype=object))[0]
    out: dict[str, Any] = {c: frame[c] for c in frame.columns if not c.endswith(("_capped", "_tolerance"))}
    for name in ("posts", "pushes", "headlines", "originals", "original_known"):
        out[name] = integers(plain(frame[name])[0], ~known)
    silent = known & (plain(frame["posts"])[0] == 0)
    nothing, never = np.zeros(len(frame), dtype=np.int64), np.zeros(len(frame), dtype=bool)
    parts: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = {}
    for name in COUNTER_NAMES:
        value, missing, bound, rounded, tally = nothing, ~never, never, never, nothing
        if name in counters:
            value, missing = plain(frame[name])
            tally = plain(frame[f"{name}_known"])[0]
            value = np.where(silent, 0, value)
            missing = np.where(silent, ~np.isin(group, group[tally > 0]), missing)
            bound = (plain(frame[f"{name}_capped"])[0] != 0) & ~silent & ~missing
            rounded = (plain(frame[f"{name}_tolerance"])[0] != 0) & ~silent & ~missing & ~bound
        parts[name] = value, missing, bound, rounded
        uncounted = ~known if name in counters else ~never
        out[name] = integers(value, missing)
        out[f"{name}_mark"] = _marks(bound, rounded)
        out[f"{name}_known"] = integers(tally, uncounted)
        if maxima:
            most = plain(frame[f"{name}_max"]) if name in counters else (nothing, ~never)
            out[f"{name}_max"] = integers(*most)
            without = missing | uncounted | (tally == 0)
            out[f"{name}_avg"] = pd.arrays.FloatingArray(value / np.where(without, 1, tally), without)
    value, missing, bound, rounded = zip(*(parts[name] for name in INTERACTION), strict=True)
    present = [np.where(gone, 0, part) for part, gone in zip(value, missing, strict=True)]
    out["interaction"] = integers(np.sum(present, axis=0), np.all(missing, axis=0))
    out["interaction_mark"] = _marks(np.any(bound, axis=0), np.any(rounded, axis=0))
    return pd.DataFrame(out, index=frame.index)


def _marks(bound: np.ndarray, rounded: np.ndarray) -> np.ndarray:
    """`≥` for lower bounds, else `≈` for rounded ones (see core.counts.Count.mark)."""
    return np.where(bound, "≥", np.where(rounded, "≈", "")).astype(object)


def slack_of(mark: str, tolerance: int = 0) -> int:
    """The slack that a mark stands for; the tolerance of `≈` is not kept in frames and counts as 1 when not given."""
    return -1 if mark == "≥" else (tolerance or 1) if mark == "≈" else 0


def count_of(row: pd.Series, name: str) -> Count:
    """One counter of a finished row with its exactness."""
    value = row[name]
    return Count(None) if pd.isna(value) else Count(int(value), slack_of(row.get(f"{name}_mark", "")))


def inexact(row: Mapping[str, Any], counters: Sequence[str]) -> list[str]:
    """What of a finished row is not exact, in words: `阅读数为下限`, `点赞数仅28/30篇`."""
    return inexactness(pd.DataFrame({name: [value] for name, value in row.items()}), counters)[0]


def inexactness(frame: pd.DataFrame, counters: Sequence[str]) -> defaultdict[int, list[str]]:
    """The words of `inexact` for every row of a finished frame that has some, by its position."""
    said: defaultdict[int, list[str]] = defaultdict(list)
    posts = plain(frame["posts"])[0]
    for name in counters:
        marks = frame[f"{name}_mark"].to_numpy(dtype=object)
        known = plain(frame[f"{name}_known"])[0]
        partly = (known > 0) & (known < posts)
        for i in np.flatnonzero((marks != "") | partly).tolist():
            if marks[i]:
                said[i].append(f"{COUNTERS[name]}{'为下限' if marks[i] == '≥' else '为约数'}")
            if partly[i]:
                said[i].append(f"{COUNTERS[name]}仅{known[i]}/{posts[i]}篇")
    return said


def period(session: Session, where: Filter, basis: str = "latest", by: str = "") -> pd.DataFrame:
    """Totals of the period: one row, or one per platform (`by="platform"`), kind of unit (`kind`), unit (`unit`) or
    `account`.

    Columns: `group` (code, kind, unit or account id; "" for all), `accounts` in scope, `active` (with a post),
    `covered` account-days known, and the sums of the module. Groups without a known account-day have missing sums.
    """
    ids = meant(session, where)
    group = grouping(by)
    raw = read(session, (
        _joined(select(group.label("group"), *sums(COUNTER_NAMES),
                       func.count(case((AccountDay.posts > 0, AccountDay.account_id)).distinct()).label("active")))
        .where(AccountDay.account_id.in_(ids), within(basis, where.start, where.end))
        .group_by(group)
    ))
    days = known_days(ids, where.start, where.end).subquery()
    covered = read(session, (
        select(group.label("group"), func.count().label("covered")).select_from(days)
        .join(Account, Account.id == days.c.account_id).outerjoin(Unit, Unit.id == Account.unit_id).group_by(group)
    ))
    owned = read(session, (
        select(group.label("group"), func.count().label("accounts")).select_from(Account)
        .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id.in_(ids)).group_by(group)
    ))
    for found in (owned, covered, raw):
        unite(found, by)
    merged = owned.merge(covered, how="left", on="group").merge(raw, how="left", on="group")
    merged = merged.astype(object).where(merged.notna(), None)
    for name in ("accounts", "covered", "active"):
        merged[name] = whole([v or 0 for v in merged[name]]).values
    return finish(merged, COUNTER_NAMES, [c > 0 for c in merged["covered"]])


def grouping(by: str) -> object:
    """The SQL expression of a group. Raises ValueError for an unknown one.

    Without bound parameters: PostgreSQL would not see that the one in SELECT and the one in GROUP BY are equal.
    """
    match by:
        case "":
            return Account.id.is_(None)
        case "platform":
            return Account.platform
        case "kind":
            return func.coalesce(Unit.kind, literal_column("'other'"))
        case "unit":
            return func.coalesce(Account.unit_id, literal_column("0"))
        case "account":
            return Account.id
    raise ValueError(f"unknown group {by!r}")


def unite(frame: pd.DataFrame, by: str) -> pd.DataFrame:
    """The same frame; without a grouping its one group is called ""."""
    if not by:
        frame["group"] = ""
    return frame


def _joined(query: Select) -> Select:
    return (query.select_from(AccountDay).join(Account, Account.id == AccountDay.account_id)
            .outerjoin(Unit, Unit.id == Account.unit_id))


def daily(session: Session, where: Filter, basis: str, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Raw sums by (group, day), and the number of known account-days by (group, day)."""
    ids = meant(session, where)
    group = grouping(by)
    raw = read(session, (
        _joined(select(group.label("group"), AccountDay.day.label("day"), *sums(COUNTER_NAMES)))
        .where(AccountDay.account_id.in_(ids), within(basis, where.start, where.end))
        .group_by(group, AccountDay.day)
    ))
    days = known_days(ids, where.start, where.end).subquery()
    covered = read(session, (
        select(group.label("group"), days.c.day.label("day"), func.count().label("covered")).select_from(days)
        .join(Account, Account.id == days.c.account_id).outerjoin(Unit, Unit.id == Account.unit_id)
        .group_by(group, days.c.day)
    ))
    return unite(raw, by), unite(covered, by)


class FollowerLevel(NamedTuple):
    """A reading of followers as it stands on a day."""

    day: date
    value: int
    slack: int


def followers_at(
    session: Session, ids: Select, day: date, lookback: int = FOLLOWER_LOOKBACK
) -> dict[int, FollowerLevel]:
    """Followers of each account at the end of `day`: the newest reading of the last `lookback` days.

    Accounts without such a reading are left out.
    """
    return _followers(session, ids, day - timedelta(lookback - 1), day, newest=True)


def first_followers(session: Session, ids: Select, first: date, last: date) -> dict[int, FollowerLevel]:
    """The first reading of followers of each account in a period; accounts without one are left out."""
    return _followers(session, ids, first, last, newest=False)


def _followers(session: Session, ids: Select, first: date, last: date, newest: bool) -> dict[int, FollowerLevel]:
    # For each account a step into the index from the right end: the other days are not read.
    def found(column: object) -> object:
        return (
            select(column)
            .where(AccountDay.account_id == Account.id, AccountDay.followers.is_not(None))
            .where(within("latest", first, last)).order_by(AccountDay.day.desc() if newest else AccountDay.day)
            .limit(1).correlate(Account).scalar_subquery()
        )

    levels = select(Account.id, found(AccountDay.day), found(AccountDay.followers), found(AccountDay.followers_slack))
    return {id_: FollowerLevel(day, value, slack)
            for id_, day, value, slack in fetch(session, levels.where(Account.id.in_(ids))) if day is not None}


def follower_total(readings: Iterable[FollowerLevel]) -> Count:
    """The sum over accounts; missing without any."""
    return add(Count(reading.value, reading.slack) for reading in readings)
