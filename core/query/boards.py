"""Rankings: one row per account of one platform, by an index or by a counter, with the change of rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Select, func, select
from sqlmodel import Session

from core import board_versions
from core.clock import previous_period
from core.labels import COUNTERS
from core.metrics.indices import INDICES, WORDS, Index, Inputs, wci_days
from core.metrics.ranking import Places, moved, places, rounded
from core.models import COUNTER_NAMES, Account, AccountDay, Board, Coverage, Platform, Unit
from core.query import totals
from core.query.scope import Filter

SPARK_DAYS = 31
"""A sparkline shows at most the last so many days of the period."""
SPARK_ROWS = 500
"""Sparklines are made for the first so many places; a longer list is exported, not looked at."""
ORDERS = {
    "index": "传播指数", "posts": "发布数", **COUNTERS, "interaction": "转评赞总数", "followers": "粉丝数",
}
"""What a ranking can be ordered by."""
_PLAIN = ("reads", "plays", "likes", "wows", "reposts", "comments")
_HEADLINE = ("reads", "likes", "wows", "reposts")
_ORIGINAL = ("reposts", "comments")
_PUBLISHED = ("posts", "pushes", "headlines", "originals", "original_known")
_PARTS = ("", "_known", "_capped", "_tolerance", "_max")
_FOLLOWERS = {"followers", "followers_gain"}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a ranking is made: platform, index (None: none is published for it), basis, order and counters shown."""

    platform: str
    platform_name: str
    index: Index | None
    basis: str
    order: str
    counters: tuple[str, ...]
    title: str
    board: int | None = None

    @property
    def main(self) -> str:
        """The counter that stands for reach: reads, or plays where there are no reads; "" where neither."""
        return next((name for name in ("reads", "plays") if name in self.counters), "")


def plan(
    session: Session, platform: str, index: str | None = None, basis: str | None = None, order: str = "index",
    board: int | None = None, as_of: date | None = None,
) -> Plan:
    """Resolve a request: a board overrides the platform and gives its index and basis where none is asked for, as they
    are or (`as_of`) were.

    `index` None takes the board's or the platform's own, "" none. Without an index, order `index` becomes the
    platform's main counter, or posts. Raises LookupError (Chinese) for an unknown board, platform, index or order.
    """
    if order not in ORDERS:
        raise LookupError(f"不能按“{order}”排名")
    chosen = None
    if board is not None:
        chosen = board_versions.definition(session, board, as_of)
        if chosen is None:
            raise LookupError("这个榜单不存在，可能已被删除")
        platform = chosen.platform
    found = session.get(Platform, platform)
    if found is None:
        raise LookupError(f"平台“{platform}”不在目录中")
    key = index if index is not None else (chosen.index if chosen and chosen.index else found.index)
    if key and key not in INDICES:
        raise LookupError(f"没有“{key}”这种指数")
    kept = INDICES.get(key) if key else None
    counters = tuple(name for name in COUNTER_NAMES if name in found.counters)
    basis = basis or (chosen.basis if chosen else "latest")
    made = Plan(found.code, found.name, kept, basis, order, counters, chosen.name if chosen else f"{found.name}榜",
                board)
    if order == "index" and kept is None:
        return Plan(made.platform, made.platform_name, None, basis, made.main or "posts", counters, made.title, board)
    return made


def list_boards(session: Session, platform: str = "") -> pd.DataFrame:
    """The boards that users defined: id, name, category, platform, index, basis, picked; all or of one platform."""
    query = select(
        Board.id, Board.name, Board.category, Board.platform, Board.index, Board.basis, Board.picked
    ).order_by(Board.category, Board.sort, Board.name)
    return totals.read(session, query.where(Board.platform == platform) if platform else query)


def ranking(
    session: Session, where: Filter, platform: str, index: str | None = None, basis: str | None = None,
    order: str = "index", board: int | None = None,
) -> pd.DataFrame:
    """One row per account in scope, those without posts included, best first; accounts without a value last.

    Columns: account_id, name, platform, unit, unit_kind, state · posts, pushes, originals, original_known, and per
    counter x, x_mark, x_known, x_max, x_avg (see core.query.totals) · interaction · followers, followers_mark,
    followers_change · score (two decimals), score_mark, index_reason · rank, previous_rank, rank_change (words),
    rank_steps, indistinct (不可区分) · covered of `days` days, note (what is not exact), spark (posts by day).
    The basis is the board's, or `latest`. Raises LookupError as `plan` does.
    """
    board = board if board is not None else where.board
    made = plan(session, platform, index, basis, order, board, where.as_of)
    scope = Filter(where.start, where.end, (made.platform,), where.kinds, where.units, board, where.as_of)
    ids = totals.meant(session, scope)
    owners = _owners(session, ids)
    rows = _measured(session, ids, owners, scope, made)
    now, scored = _placed(rows, scope, made)
    first, last = previous_period(where.start, where.end)
    then = Filter(first, last, scope.platforms, scope.kinds, scope.units, board, where.as_of)
    earlier = _measured(session, ids, owners, then, made, ranked_only=True)
    ranks = pd.Series(_placed(earlier, then, made)[0].ranks, index=earlier.ids)
    before = ranks.reindex(rows.ids, fill_value=0).to_numpy(dtype=np.int64)
    steps, has_steps, words = moved(now.ranks, before)
    frame = _frame(rows, scored, now.order, scope, made)
    frame["rank"] = totals.integers(now.ranks, now.ranks == 0)[now.order]
    frame["previous_rank"] = totals.integers(before, before == 0)[now.order]
    frame["rank_change"] = words[now.order]
    frame["rank_steps"] = totals.integers(steps, ~has_steps)[now.order]
    frame["indistinct"] = now.indistinct[now.order]
    frame["note"] = _notes(frame, made.counters)
    shown = sparks(session, tuple(frame["account_id"][:SPARK_ROWS]), where.start, where.end)
    without: list[float | None] = []
    frame["spark"] = [shown.get(id_, without) for id_ in frame["account_id"]]
    return frame


def inputs(
    session: Session, account_id: int, first: date, last: date, made: Plan
) -> Inputs:
    """What an index takes of one account in a period, as `ranking` takes it; `made` is the plan of its platform."""
    unit = session.execute(select(Account.unit_id).where(Account.id == account_id)).scalar()
    scope = Filter(first, last, (made.platform,), units=(unit,) if unit else ())
    ids = totals.meant(session, scope)
    rows = _measured(session, ids, _owners(session, ids), scope, made)
    length = wci_days(first, last)
    place = np.flatnonzero(rows.ids == account_id)
    if not len(place):
        return Inputs(days=length, posts=None)
    taken = {name: values[place[0]] for name, values in _inputs(rows).items()}
    return Inputs(days=length, **{name: None if np.isnan(v) else int(v) for name, v in taken.items()})


def sparks(session: Session, account_ids: Sequence[int], first: date, last: date) -> dict[int, list[float | None]]:
    """Posts by day of the last `SPARK_DAYS` days of a period, None where nothing is known of a day."""
    first = max(first, last - timedelta(SPARK_DAYS - 1))
    lines: dict[int, list[float | None]] = {id_: [None] * ((last - first).days + 1) for id_ in account_ids}
    for account_id, day in totals.fetch(session, select(Coverage.account_id, Coverage.day).where(
        Coverage.account_id.in_(account_ids), Coverage.day.between(first, last),
        Coverage.state.in_(totals.KNOWN_STATES),
    )):
        lines[account_id][(day - first).days] = 0.0
    published = select(AccountDay.account_id, AccountDay.day, AccountDay.posts).where(
        AccountDay.account_id.in_(account_ids), totals.within("latest", first, last), AccountDay.posts > 0
    )
    for account_id, day, posts in totals.fetch(session, published):
        lines[account_id][(day - first).days] = float(posts)
    return lines


@dataclass(slots=True)
class Measured:
    """The accounts of a ranking in the order of their ids, with their raw figures by row.

    `owners`: columns name, platform, unit, unit_kind, state, closed_on. `sums`: whole numbers by column, -1 where
    missing; `posts` is missing where nothing is known of the period. `covered`: days known; `followers` -1 where
    missing, their slack, and the net change, nan where missing.
    """

    ids: np.ndarray
    owners: pd.DataFrame
    sums: dict[str, np.ndarray]
    covered: np.ndarray
    followers: np.ndarray
    followers_slack: np.ndarray
    followers_gain: np.ndarray

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


def _owners(session: Session, ids: Select[tuple[int]]) -> pd.DataFrame:
    """Who the accounts are, in the order of their ids."""
    return totals.read(session, (
        select(Account.id.label("account_id"), Account.name, Account.platform, Unit.name.label("unit"),
               Unit.kind.label("unit_kind"), Account.state, Account.closed_on)
        .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id.in_(ids)).order_by(Account.id)
    ))


def _measured(
    session: Session, ids: Select[tuple[int]], owners: pd.DataFrame, scope: Filter, made: Plan,
    ranked_only: bool = False,
) -> Measured:
    """Every account with its raw figures; `ranked_only`: those that its rank is made of, and of the days known only
    whether there are any."""
    id_ = owners["account_id"].to_numpy(dtype=np.int64)
    needed = _needed(made)
    sums = _sums(session, ids, id_, scope, made.basis, [n for n in _names(made) if not ranked_only or n in needed])
    found = sums["posts"] >= 0
    posted = sums["posts"] > 0
    if ranked_only:
        quiet = id_[~posted].tolist()
        covered = posted | np.isin(id_, totals.known_at_all(session, quiet, scope.start, scope.end))
    else:
        known = totals.known_counts(session, ids, scope.start, scope.end)
        covered = np.array([known.get(i, 0) for i in id_.tolist()], dtype=np.int64)
    sums["posts"] = np.where(covered > 0, np.maximum(sums["posts"], 0), -1)
    rows = Measured(id_, owners, sums, covered, np.full(len(id_), -1), np.zeros(len(id_), dtype=np.int64),
                    np.full(len(id_), np.nan))
    if not ranked_only or needed & _FOLLOWERS:
        _add_followers(session, ids, scope, rows)
    return _without_closed(rows, scope, found)


def _names(made: Plan) -> list[str]:
    """The columns of account_day that a ranking shows or reckons with."""
    counters = made.counters
    return [*_PUBLISHED, *(f"{name}{part}" for name in counters for part in _PARTS),
            *(f"headline_{name}" for name in _HEADLINE if name in counters),
            *(f"original_{name}" for name in _ORIGINAL if name in counters)]


def _needed(made: Plan) -> set[str]:
    """What ranks are made of: columns of account_day and of the followers."""
    if made.order == "index":
        return {*_PUBLISHED, *made.index.inputs}
    return {*_PUBLISHED, *(totals.INTERACTION if made.order == "interaction" else (made.order,))}


def _sums(
    session: Session, ids: Select[tuple[int]], id_: np.ndarray, scope: Filter, basis: str, names: Sequence[str]
) -> dict[str, np.ndarray]:
    """The sums of these columns of account_day, maxima their greatest, in the order of the accounts' ids; -1 where
    missing."""
    totalled = [(func.max if name.endswith("_max") else totals.summed)(getattr(AccountDay, name)) for name in names]
    found = totals.fetch(session, (
        select(AccountDay.account_id, *(func.coalesce(column, -1) for column in totalled))
        .where(AccountDay.account_id.in_(ids), totals.within(basis, scope.start, scope.end))
        .group_by(AccountDay.account_id)
    ))
    width = len(names) + 1
    table = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=width * len(found)).reshape(-1, width)
    out = np.full((width, len(id_)), -1, dtype=np.int64)
    out[:, np.searchsorted(id_, table[:, 0])] = table.T
    return dict(zip(names, out[1:], strict=True))


def _without_closed(rows: Measured, scope: Filter, left: np.ndarray) -> Measured:
    """An account that was closed before the period and left nothing in it is out of the ranking."""
    closed = np.array([day is not None and day < scope.start for day in rows.owners["closed_on"]], dtype=bool)
    stay = ~(closed & ~left & (rows.covered == 0))
    if stay.all():
        return rows
    return Measured(
        rows.ids[stay], rows.owners[stay], {name: values[stay] for name, values in rows.sums.items()},
        rows.covered[stay], rows.followers[stay], rows.followers_slack[stay], rows.followers_gain[stay],
    )


def _add_followers(session: Session, ids: Select[tuple[int]], scope: Filter, rows: Measured) -> None:
    """Followers at the end of the period, and their net change since the day before it.

    Without a reading before the period, the change since its first reading; missing with a single reading.
    """
    end = totals.followers_at(session, ids, scope.end, scope.days)
    if not end:
        return
    base = totals.followers_at(session, ids, scope.start - timedelta(1))
    if end.keys() - base.keys():
        base = totals.first_followers(session, ids, scope.start, scope.end) | base
    for i, id_ in enumerate(rows.ids.tolist()):
        if last := end.get(id_):
            first = base[id_]
            rows.followers[i], rows.followers_slack[i] = last.value, last.slack
            if first.day != last.day:
                rows.followers_gain[i] = last.value - first.value


@dataclass(slots=True)
class Scored:
    """By row: the index's value (nan: none) between its bounds, and the reason where there is none."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reason: np.ndarray


def _placed(rows: Measured, scope: Filter, made: Plan) -> tuple[Places, Scored]:
    """The places of measured accounts, and their scores."""
    scored = _scored(rows, made.index, wci_days(scope.start, scope.end))
    if made.order == "index":
        return places(scored.value, scored.low, scored.high, decimals=2), scored
    value, slack = _ordered(rows, made.order)
    low = np.where(np.isinf(slack), value, value - np.where(np.isinf(slack), 0, slack))
    return places(value, low, value + slack, decimals=2), scored


def _scored(rows: Measured, index: Index | None, length: int) -> Scored:
    none = np.full(len(rows), np.nan)
    if index is None:
        return Scored(none, none, none, np.full(len(rows), "该平台没有公开的指数公式", dtype=object))
    x = _inputs(rows)
    value = index.scores(x, length)
    low, high = value.copy(), value.copy()
    slack = _slacks(rows, index)
    off = ~np.isnan(value) & (x["posts"] > 0) & np.any([slack[name] > 0 for name in index.inputs], axis=0)
    if off.any():
        some = {name: values[off] for name, values in x.items()}
        less, more, bound = dict(some), dict(some), np.zeros(int(off.sum()), dtype=bool)
        for name in index.inputs:
            by = slack[name][off]
            endless = np.isinf(by)
            less[name] = np.where((by > 0) & ~endless, np.maximum(some[name] - np.where(endless, 0, by), 0), some[name])
            more[name] = some[name] + np.where(endless, 0, by)
            bound |= endless
        low[off] = index.scores(less, length)
        high[off] = np.where(bound, inf, index.scores(more, length))
    return Scored(value, low, high, _reasons(x, index))


def _reasons(x: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
    """Why a row has no score, or a score of 0, as `Index.score` says it."""
    reasons = np.full(len(x["posts"]), "", dtype=object)
    missing = np.array([np.isnan(x[name]) for name in index.inputs])
    for pattern in np.unique(missing[:, missing.any(axis=0)], axis=1).T:
        words = "、".join(WORDS[name] for name, gone in zip(index.inputs, pattern, strict=True) if gone)
        reasons[(pattern == missing.T).all(axis=1)] = f"缺少{words}"
    reasons[x["posts"] == 0] = "本期未发布"
    reasons[np.isnan(x["posts"])] = "发布数未知"
    return reasons


def _inputs(rows: Measured) -> dict[str, np.ndarray]:
    """What an index takes of each row, by the names of `Inputs`; nan is missing, as are counters that were not read."""
    posts = rows.real("posts")
    # A push always has a headline: without one, the places of the articles were not collected.
    headline = rows.count("headlines") > 0
    told = rows.count("original_known") == posts
    originals = np.where(told, rows.real("originals"), np.nan)
    return {
        "posts": posts, "pushes": rows.real("pushes"), "originals": originals,
        "followers": np.where(rows.followers < 0, np.nan, rows.followers), "followers_gain": rows.followers_gain,
        **{n: rows.real(n) for n in _PLAIN}, **{f"{n}_max": rows.real(f"{n}_max") for n in _HEADLINE},
        **{f"headline_{n}": np.where(headline, rows.real(f"headline_{n}"), np.nan) for n in _HEADLINE},
        **{f"original_{n}": np.where(originals == 0, 0, np.where(told, rows.real(f"original_{n}"), np.nan))
           for n in _ORIGINAL},
    }


def _slacks(rows: Measured, index: Index) -> dict[str, np.ndarray]:
    """How far each input may be off: see `_slack`; the followers by their own reading."""
    out = {name: np.zeros(len(rows)) for name in index.inputs}
    for name in _PLAIN:
        slack = _slack(rows, name, ignore_cap=index.cap_by_rule and name == "reads")
        out |= dict.fromkeys((name, f"{name}_max", f"headline_{name}", f"original_{name}"), slack)
    out["followers"] = np.where(rows.followers_slack < 0, inf, rows.followers_slack)
    out["followers_gain"] = 2 * out["followers"]
    return out


def _slack(rows: Measured, name: str, ignore_cap: bool = False) -> np.ndarray:
    """How far the true sum may lie above: unbounded with a capped or a missing part, else the summed tolerance."""
    endless = rows.count(f"{name}_known") < rows.count("posts")
    if not ignore_cap:
        endless = endless | (rows.count(f"{name}_capped") > 0)
    return np.where(endless, inf, rows.count(f"{name}_tolerance"))


def _ordered(rows: Measured, order: str) -> tuple[np.ndarray, np.ndarray]:
    """What a counter ranks by, and its slack. Silent accounts have 0 of everything, uncollected ones nothing."""
    if order == "followers":
        slack = np.where(rows.followers_slack < 0, inf, rows.followers_slack)
        return np.where(rows.followers < 0, np.nan, rows.followers), slack
    if order == "posts":
        return rows.real("posts"), np.zeros(len(rows))
    names = totals.INTERACTION if order == "interaction" else (order,)
    parts = [rows.real(name) for name in names]
    there = [~np.isnan(part) for part in parts]
    value = np.sum([np.where(has, part, 0) for has, part in zip(there, parts, strict=True)], axis=0)
    slack = np.sum([np.where(has, _slack(rows, name), 0) for has, name in zip(there, names, strict=True)], axis=0)
    return np.where(np.any(there, axis=0) | (rows.sums["posts"] == 0), value, np.nan), slack


def _frame(rows: Measured, scored: Scored, order: np.ndarray, scope: Filter, made: Plan) -> pd.DataFrame:
    """Measured rows as the columns of `ranking`, in that order."""
    sums = {name: totals.integers(values[order], values[order] < 0) for name, values in rows.sums.items()
            if not name.startswith(("headline_", "original_")) or name == "original_known"}
    owners = rows.owners.drop(columns="closed_on").iloc[order].reset_index(drop=True)
    owners["unit"] = owners["unit"].fillna("未归属单位").astype(object)
    owners["unit_kind"] = owners["unit_kind"].fillna("other").astype(object)
    raw = pd.DataFrame(sums).assign(**{name: owners[name] for name in owners.columns})
    frame = totals.finish(raw, made.counters, rows.covered[order] > 0, maxima=True)
    return frame.assign(**_own(rows, scored, order), days=scope.days)


def _own(rows: Measured, scored: Scored, order: np.ndarray) -> dict[str, Any]:
    """The columns of a ranking that are no sums of counters."""
    gain, value = rows.followers_gain[order], scored.value[order]
    slack = rows.followers_slack[order]
    marks = np.where(np.isnan(value), "", np.where(np.isinf(scored.high[order]), "≥", np.where(
        scored.high[order] > scored.low[order], "≈", "")))
    return {
        "covered": totals.integers(rows.covered[order], np.zeros(len(order), dtype=bool)),
        "followers": totals.integers(rows.followers[order], rows.followers[order] < 0),
        "followers_mark": np.where(slack < 0, "≥", np.where(slack > 0, "≈", "")).astype(object),
        "followers_change": totals.integers(np.nan_to_num(gain), np.isnan(gain)),
        "score": pd.arrays.FloatingArray(rounded(value, 2), np.isnan(value)),
        "score_mark": pd.Series(marks, dtype=object), "index_reason": pd.Series(scored.reason[order], dtype=object),
    }


def _notes(frame: pd.DataFrame, counters: Sequence[str]) -> list[str]:
    """What the reader of each row must know, in words."""
    said = totals.inexactness(frame, counters)
    posts, covered = frame["posts"].isna().to_numpy(dtype=bool), totals.plain(frame["covered"])[0]
    for i in np.flatnonzero(frame["indistinct"].to_numpy(dtype=bool)).tolist():
        said[i].insert(0, "与邻近名次不可区分")
    reasons = frame["index_reason"].to_numpy(dtype=object)
    for i in np.flatnonzero(frame["score"].isna().to_numpy(dtype=bool)).tolist():
        if reasons[i].startswith("缺少"):
            said[i].append(f"不计指数：{reasons[i]}")
    days = frame["days"].to_numpy()
    for i in np.flatnonzero(covered < days).tolist():
        said[i].append(f"覆盖{covered[i]}/{days[i]}天")
    return ["本期没有采集到数据" if unknown else "、".join(words) for unknown, words in zip(posts, said, strict=True)]
