"""Sums over `account_day` with their exactness: what boards, trends and the overview are made of.

Frames carry for each counter `x`: `x` the sum (Int64, missing where no post has it), `x_mark` (≥, ≈ or nothing),
`x_known` how many posts had it, and where asked for `x_max` and `x_avg` (sum / known posts). A group that is known to
have published nothing has 0 in every counter that it yields; a group of which nothing is known has missing values.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import BigInteger, Select, and_, case, cast, exists, func, literal_column, select, union_all
from sqlmodel import Session

from core.counts import Count, add, of_sum
from core.labels import COUNTERS
from core.models import COUNTER_NAMES, Account, AccountDay, Board, BoardMember, Coverage, Unit
from core.query.scope import Filter, accounts

KNOWN_STATES = ("collected", "zero")
"""Coverage states in which a day without posts is a day on which nothing was published."""
INTERACTION = ("likes", "reposts", "comments")
"""转评赞: reposts, comments and likes together."""
FOLLOWER_LOOKBACK = 31
"""How many days back a reading of followers still speaks for a day."""


def meant(session: Session, where: Filter) -> Select[tuple[int]]:
    """SELECT of the account ids that the filter means, with a board's rule applied in full (kinds and tags)."""
    if where.board is None:
        return accounts(where)
    board = session.get(Board, where.board)
    query = accounts(Filter(where.start, where.end, where.platforms, where.kinds, where.units))
    return query.where(Account.id.in_(members(session, board) if board else []))


def members(session: Session, board: Board) -> list[int]:
    """The account ids of a board: the picked ones, or all of its platform that its rule means."""
    query = select(Account.id, Account.tags).where(Account.platform == board.platform)
    if board.picked:
        picked = select(BoardMember.account_id).where(BoardMember.board_id == board.id)
        return list(session.execute(query.with_only_columns(Account.id).where(Account.id.in_(picked))).scalars())
    if board.unit_kinds:
        query = query.join(Unit, Unit.id == Account.unit_id).where(Unit.kind.in_(board.unit_kinds))
    wanted = set(board.tags)
    return [id_ for id_, tags in session.execute(query) if not wanted or wanted & set(tags or ())]


def read(session: Session, query: Select) -> pd.DataFrame:
    """A SELECT as a frame of plain objects; missing values stay None."""
    result = session.execute(query)
    names = list(result.keys())
    rows = result.all()
    return pd.DataFrame(
        {name: pd.Series([row[i] for row in rows], dtype=object) for i, name in enumerate(names)}, columns=names
    )


def summed(column: object) -> object:
    """The sum of a column as a whole number: PostgreSQL sums bigints as numeric, which would arrive as Decimal."""
    return cast(func.sum(column), BigInteger)


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
    also = select(AccountDay.account_id, AccountDay.day).where(
        AccountDay.account_id.in_(ids), within("latest", first, last), AccountDay.posts > 0,
        ~exists().where(Coverage.account_id == AccountDay.account_id, Coverage.day == AccountDay.day,
                        Coverage.state.in_(KNOWN_STATES)),
    )
    return union_all(covered, also)


def whole(values: Sequence) -> pd.Series:
    """Whole numbers that may be missing, as Int64."""
    return pd.Series(pd.array([None if v is None or v != v else int(v) for v in values], dtype="Int64"))


def finish(
    frame: pd.DataFrame, counters: Sequence[str], known: Sequence[bool], maxima: bool = False,
    groups: Sequence | None = None,
) -> pd.DataFrame:
    """From raw sums to columns as documented in the module; `known`: whether a row's account-days are known at all.

    A group yields a counter when any of its rows has it; all rows are one group unless `groups` says otherwise.
    Columns of counters that were not asked for exist too, all missing, so that every frame has the same columns.
    """
    out = frame.drop(columns=[c for c in frame.columns if c.endswith(("_capped", "_tolerance"))]).copy()
    known = list(known)
    for name in ("posts", "pushes", "headlines", "originals", "original_known"):
        out[name] = whole([(v or 0) if k else None for v, k in zip(frame[name], known, strict=True)]).values
    groups = [""] * len(frame) if groups is None else list(groups)
    parts: dict[str, list[Count]] = {}
    for name in COUNTER_NAMES:
        if name not in counters:
            counts, tally = [Count(None)] * len(frame), [None] * len(frame)
        else:
            yields = {group for group, n in zip(groups, frame[f"{name}_known"], strict=True) if n}
            counts = [
                Count(0 if group in yields else None) if k and not posts
                else of_sum(value, capped or 0, tolerance or 0)
                for k, group, posts, value, capped, tolerance in zip(
                    known, groups, frame["posts"], frame[name], frame[f"{name}_capped"], frame[f"{name}_tolerance"],
                    strict=True,
                )
            ]
            tally = [(n or 0) if k else None for n, k in zip(frame[f"{name}_known"], known, strict=True)]
        parts[name] = counts
        out[name] = whole([c.value for c in counts]).values
        out[f"{name}_mark"] = [c.mark for c in counts]
        out[f"{name}_known"] = whole(tally).values
        if maxima:
            out[f"{name}_max"] = whole(frame[f"{name}_max"] if name in counters else [None] * len(frame)).values
            out[f"{name}_avg"] = [
                c.value / n if n and c.value is not None else None for c, n in zip(counts, tally, strict=True)
            ]
            out[f"{name}_avg"] = out[f"{name}_avg"].astype("Float64")
    together = [add(row) for row in zip(*(parts[name] for name in INTERACTION), strict=True)]
    out["interaction"] = whole([c.value for c in together]).values
    out["interaction_mark"] = [c.mark for c in together]
    return out


def slack_of(mark: str, tolerance: int = 0) -> int:
    """The slack that a mark stands for; the tolerance of `≈` is not kept in frames and counts as 1 when not given."""
    return -1 if mark == "≥" else (tolerance or 1) if mark == "≈" else 0


def count_of(row: pd.Series, name: str) -> Count:
    """One counter of a finished row with its exactness."""
    value = row[name]
    return Count(None) if pd.isna(value) else Count(int(value), slack_of(row.get(f"{name}_mark", "")))


def inexact(row: Mapping[str, Any], counters: Sequence[str]) -> list[str]:
    """What of a finished row is not exact, in words: `阅读数为下限`, `点赞数仅28/30篇`."""
    said = []
    posts = 0 if pd.isna(row["posts"]) else int(row["posts"])
    for name in counters:
        if row[f"{name}_mark"]:
            said.append(f"{COUNTERS[name]}{'为下限' if row[f'{name}_mark'] == '≥' else '为约数'}")
        known = row[f"{name}_known"]
        if not pd.isna(known) and 0 < known < posts:
            said.append(f"{COUNTERS[name]}仅{known}/{posts}篇")
    return said


def period(session: Session, where: Filter, basis: str = "latest", by: str = "") -> pd.DataFrame:
    """Totals of the period: one row, or one per platform (`by="platform"`), kind of unit (`kind`) or unit (`unit`).

    Columns: `group` (code, kind or unit id; "" for all), `accounts` in scope, `active` (with a post), `covered`
    account-days known, and the sums of the module. Groups without a known account-day have missing sums.
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
    return _followers(session, ids, day - timedelta(lookback - 1), day, func.max)


def first_followers(session: Session, ids: Select, first: date, last: date) -> dict[int, FollowerLevel]:
    """The first reading of followers of each account in a period; accounts without one are left out."""
    return _followers(session, ids, first, last, func.min)


def _followers(session: Session, ids: Select, first: date, last: date, pick: Any) -> dict[int, FollowerLevel]:
    chosen = (
        select(AccountDay.account_id, pick(AccountDay.day).label("day"))
        .where(AccountDay.account_id.in_(ids), within("latest", first, last), AccountDay.followers.is_not(None))
        .group_by(AccountDay.account_id)
        .subquery()
    )
    return {
        id_: FollowerLevel(day, value, slack) for id_, day, value, slack in session.execute(
            select(AccountDay.account_id, AccountDay.day, AccountDay.followers, AccountDay.followers_slack)
            .join(chosen, and_(chosen.c.account_id == AccountDay.account_id, chosen.c.day == AccountDay.day))
            .where(AccountDay.basis == "latest")
        )
    }


def follower_total(readings: Iterable[FollowerLevel]) -> Count:
    """The sum over accounts; missing without any."""
    return add(Count(reading.value, reading.slack) for reading in readings)
