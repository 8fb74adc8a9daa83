"""Rankings: one row per account of one platform, by an index or by a counter, with the change of rank."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import board_versions, local_indices
from core.clock import previous_period
from core.labels import BASES, INTERACTION, ORDERS
from core.metrics.indices import WORDS, Index, Inputs, wci_days
from core.metrics.ranking import Places, moved, places, rounded
from core.models import COUNTER_NAMES, Account, Board, Platform
from core.query import totals
from core.query.measured import Accounts, Measured, measure, sparks
from core.query.scope import Filter

ROUNDED = "篇均数据保留一位小数后计入指数"
"""How a board rounds (Board.rounded), in words."""
SPARK_ROWS = 500
"""Sparklines are made for the first so many places; a longer list is exported, not looked at."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a ranking is made: platform, index (None: none is published for it), basis, order and counters. `columns`:
    what a board shows (labels.ORDERS), empty for all; `rounded`: averages by posts enter the index with one decimal."""

    platform: str
    platform_name: str
    index: Index | None
    basis: str
    order: str
    counters: tuple[str, ...]
    title: str
    board: int | None = None
    columns: tuple[str, ...] = ()
    rounded: bool = False

    @property
    def orders(self) -> tuple[str, ...]:
        """What it could be ordered by."""
        interaction = ("interaction",) if {*INTERACTION} & {*self.counters} else ()
        return (*(("index",) if self.index else ()), "posts", *self.counters, *interaction, "followers")

    @property
    def by(self) -> str:
        """What it is ordered by, in words; a local index is called one."""
        return "本地指数" if self.order == "index" and self.index and self.index.local else ORDERS[self.order]

    @property
    def told(self) -> tuple[str, ...]:
        """The counters of which a reader sees something: shown, ordered by or in the index."""
        parts = INTERACTION if "interaction" in (*self.columns, self.order) else ()
        entering = [part for name in (self.index.inputs if self.index else ()) for part in name.split("_")]
        named = {*self.columns, self.order, *parts, *entering}
        return tuple(name for name in self.counters if not self.columns or name in named)

    @property
    def method(self) -> str:
        """How its figures are made, in words."""
        by = f"按{self.by}排名；取数口径：{BASES[self.basis]}"
        if self.index is None:
            return f"{by}；按原始数据排名，不计指数"
        rounding = f"；{ROUNDED}" if self.rounded else ""
        return f"{by}；{self.index.title}：{self.index.notes}；来源：{self.index.source}{rounding}"

    @property
    def main(self) -> str:
        """The counter that stands for reach: reads, or plays where there are no reads; "" where neither."""
        return next((name for name in ("reads", "plays") if name in self.counters), "")


def plan(
    session: Session, platform: str, index: str | None = None, basis: str | None = None, order: str | None = None,
    board: int | None = None, as_of: date | None = None,
) -> Plan:
    """Resolve a request: a board overrides the platform and gives its columns and rounding, and its index, order and
    basis where none is asked for, as they are or (`as_of`) were.

    `index` None takes the board's or the platform's own, "" none. Without an index, order `index` becomes the
    platform's main counter, or posts. Raises LookupError (Chinese) for an unknown board, platform, index or order.
    """
    if order is not None and order not in ORDERS:
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
    key = index if index is not None else chosen.index if chosen else ""
    if not key and index is None:
        key = local_indices.usual_of(session, found.code, as_of)
    kept = local_indices.find(session, key) if key else None
    counters = tuple(name for name in COUNTER_NAMES if name in found.counters)
    made = Plan(found.code, found.name, kept, basis or "latest", order or "index", counters, f"{found.name}榜", board)
    if chosen:
        made = replace(made, basis=basis or chosen.basis, order=order or chosen.order_by, title=chosen.name,
                       columns=chosen.columns, rounded=chosen.rounded)
    lacking = made.order not in made.orders and order in (None, "index")
    return replace(made, order=made.main or "posts") if lacking else made


def list_boards(session: Session, platform: str = "") -> pd.DataFrame:
    """The boards that are on offer: id, name, category, platform, index, basis, picked; all or of one platform. Those
    that are archived or kept to the ledger are not."""
    query = select(
        Board.id, Board.name, Board.category, Board.platform, Board.index, Board.basis, Board.picked
    ).where(Board.shown, Board.archived.is_(False)).order_by(*board_versions.BOARD_ORDER)
    return totals.read(session, query.where(Board.platform == platform) if platform else query)


def ranking(
    session: Session, where: Filter, platform: str, index: str | None = None, basis: str | None = None,
    order: str | None = None, board: int | None = None,
) -> pd.DataFrame:
    """One row per account in scope, those without posts included, best first; accounts without a value last.

    Columns: account_id, name, platform, unit, unit_kind, state · posts, pushes, originals, original_known, and per
    counter x, x_mark, x_known, x_max, x_avg (see core.query.totals) · interaction · followers, followers_mark,
    followers_change · score (two decimals), score_mark, index_reason · rank, previous_rank, rank_change (words),
    rank_steps, indistinct (不可区分) · covered of `days` days, note (what is not exact), spark (posts by day).
    Index, order, basis and rounding are the board's where none are asked for. Raises LookupError as `plan` does.
    """
    board = board if board is not None else where.board
    made = plan(session, platform, index, basis, order, board, where.as_of)
    scope = Filter(where.start, where.end, (made.platform,), where.kinds, where.units, board, where.as_of)
    accounts = Accounts(session, totals.meant(session, scope), made.basis)
    rows = measure(accounts, where.start, where.end, made.counters)
    now, scored = _placed(rows, where.start, where.end, made)
    first, last = previous_period(where.start, where.end)
    earlier = measure(accounts, first, last, made.counters, _needed(made))
    ranks = pd.Series(_placed(earlier, first, last, made)[0].ranks, index=earlier.ids)
    before = ranks.reindex(rows.ids, fill_value=0).to_numpy(dtype=np.int64)
    steps, has_steps, words = moved(now.ranks, before)
    frame = _frame(rows, scored, now.order, scope, made)
    frame["rank"] = totals.integers(now.ranks, now.ranks == 0)[now.order]
    frame["previous_rank"] = totals.integers(before, before == 0)[now.order]
    frame["rank_change"] = words[now.order]
    frame["rank_steps"] = totals.integers(steps, ~has_steps)[now.order]
    frame["indistinct"] = now.indistinct[now.order]
    frame["note"] = _notes(frame, made)
    shown = sparks(session, tuple(frame["account_id"][:SPARK_ROWS]), where.start, where.end)
    without: list[float | None] = []
    frame["spark"] = [shown.get(id_, without) for id_ in frame["account_id"]]
    return frame


def ranked(session: Session, where: Filter, platform: str, basis: str) -> tuple[Plan, pd.DataFrame]:
    """The ranking by the index, or as the board is ordered; by posts where no account has what that needs."""
    for order in (None, "posts"):
        made = plan(session, platform, basis=basis, order=order, board=where.board)
        found = ranking(session, where, platform, basis=basis, order=order, board=where.board)
        if (found["rank"].notna() & (found["posts"].fillna(0) > 0)).any():
            break
    return made, found


def scores(
    session: Session, where: Filter, platform: str, index: Index, basis: str = "latest"
) -> pd.DataFrame:
    """The scores of a platform's accounts in scope by any index, as `ranking` makes them, in the order of the accounts'
    ids: account_id, name, unit_id (missing: none), posts, score (two decimals), mark, low and high (its bounds), reason
    (why there is none). Raises LookupError for an unknown platform."""
    made = replace(plan(session, platform, "", basis), index=index, order="index")
    ids = totals.meant(session, Filter(where.start, where.end, (platform,), where.kinds, where.units))
    rows = measure(Accounts(session, ids, basis), where.start, where.end, made.counters)
    found = _placed(rows, where.start, where.end, made)[1]
    units = dict(session.execute(select(Account.id, Account.unit_id).where(Account.id.in_(ids))).all())
    unit_ids = [units[id_] for id_ in rows.ids.tolist()]
    return pd.DataFrame({
        "account_id": rows.ids, "name": rows.owners["name"].to_numpy(dtype=object),
        "unit_id": pd.array(unit_ids, dtype="Int64"),
        "posts": totals.integers(rows.sums["posts"], rows.sums["posts"] < 0),
        "score": pd.arrays.FloatingArray(rounded(found.value, 2), np.isnan(found.value)),
        "mark": found.marks, "low": found.low, "high": found.high, "reason": found.reason,
    })


def inputs(
    session: Session, account_id: int, first: date, last: date, made: Plan
) -> Inputs:
    """What an index takes of one account in a period, as `ranking` takes it; `made` is the plan of its platform."""
    unit = session.execute(select(Account.unit_id).where(Account.id == account_id)).scalar()
    scope = Filter(first, last, (made.platform,), units=(unit,) if unit else ())
    rows = measure(Accounts(session, totals.meant(session, scope), made.basis), first, last, made.counters)
    length = wci_days(first, last)
    place = np.flatnonzero(rows.ids == account_id)
    if not len(place):
        return Inputs(days=length, posts=None)
    taken = {name: values[place[0]] for name, values in rows.inputs(made.index).items()}
    return Inputs(days=length, **{name: None if np.isnan(v) else int(v) for name, v in taken.items()})


def _needed(made: Plan) -> set[str]:
    """What ranks are made of: sums and followers."""
    if made.order == "index":
        return set(made.index.inputs)
    return set(totals.INTERACTION if made.order == "interaction" else (made.order,))


@dataclass(slots=True)
class Scored:
    """By row: the index's value (nan: none) between its bounds, and the reason where there is none."""

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reason: np.ndarray

    @property
    def marks(self) -> np.ndarray:
        """≥ for a lower bound, ≈ for an estimate, nothing where a score is exact or missing."""
        marks = np.where(np.isinf(self.high), "≥", np.where(self.high > self.low, "≈", ""))
        return np.where(np.isnan(self.value), "", marks).astype(object)


def _placed(rows: Measured, first: date, last: date, made: Plan) -> tuple[Places, Scored]:
    """The places of measured accounts, and their scores."""
    scored = _scored(rows, made.index, wci_days(first, last), made.rounded)
    if made.order == "index":
        return places(scored.value, scored.low, scored.high, decimals=2), scored
    value, slack = _ordered(rows, made.order)
    low = np.where(np.isinf(slack), value, value - np.where(np.isinf(slack), 0, slack))
    return places(value, low, value + slack, decimals=2), scored


def _scored(rows: Measured, index: Index | None, length: int, rounded: bool) -> Scored:
    none = np.full(len(rows), np.nan)
    if index is None:
        return Scored(none, none, none, np.full(len(rows), "该平台没有公开的指数公式", dtype=object))
    x = rows.inputs(index)
    value = index.scores(x, length, rounded=rounded)
    low, high = value.copy(), value.copy()
    slack = rows.slacks(index)
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
        low[off] = index.scores(less, length, rounded=rounded)
        high[off] = np.where(bound, inf, index.scores(more, length, rounded=rounded))
    return Scored(value, low, high, _reasons(x, index))


def _reasons(x: Mapping[str, np.ndarray], index: Index) -> np.ndarray:
    """Why a row has no score, or a score of 0, as `Index.score` says it."""
    reasons = np.full(len(x["posts"]), "", dtype=object)
    missing = np.array([np.isnan(x[name]) for name in index.inputs]).reshape(len(index.inputs), len(reasons))
    for pattern in np.unique(missing[:, missing.any(axis=0)], axis=1).T if missing.any() else ():
        words = "、".join(WORDS[name] for name, gone in zip(index.inputs, pattern, strict=True) if gone)
        reasons[(pattern == missing.T).all(axis=1)] = f"缺少{words}"
    reasons[x["posts"] == 0] = "本期未发布"
    reasons[np.isnan(x["posts"])] = "发布数未知"
    return reasons


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
    slack = np.sum([np.where(has, rows.slack(name), 0) for has, name in zip(there, names, strict=True)], axis=0)
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
    return {
        "covered": totals.integers(rows.covered[order], np.zeros(len(order), dtype=bool)),
        "followers": totals.integers(rows.followers[order], rows.followers[order] < 0),
        "followers_mark": np.where(slack < 0, "≥", np.where(slack > 0, "≈", "")).astype(object),
        "followers_change": totals.integers(np.nan_to_num(gain), np.isnan(gain)),
        "score": pd.arrays.FloatingArray(rounded(value, 2), np.isnan(value)),
        "score_mark": pd.Series(scored.marks[order], dtype=object),
        "index_reason": pd.Series(scored.reason[order], dtype=object),
    }


def _notes(frame: pd.DataFrame, made: Plan) -> np.ndarray:
    """What the reader of each row must know, in words."""
    said = totals.inexactness(frame, made.told)
    capped = made.index is not None and made.index.cap_by_rule
    covered = totals.plain(frame["covered"])[0]
    for i in np.flatnonzero(frame["indistinct"].to_numpy(dtype=bool)).tolist():
        said[i].insert(0, "与邻近名次不可区分")
    reasons = frame["index_reason"].to_numpy(dtype=object)
    for i in np.flatnonzero(frame["score"].isna().to_numpy(dtype=bool)).tolist():
        if reasons[i].startswith("缺少"):
            said[i].append(f"不计指数：{reasons[i]}")
    days = frame["days"].to_numpy()
    over = totals.plain(frame["reads_over"])[0] if "reads_over" in frame.columns and capped else np.zeros(len(frame))
    for i in np.flatnonzero(over > 0).tolist():
        said[i].append(f"指数按10万+计，未计入超出的{over[i]:,}次阅读")
    for i in np.flatnonzero(covered < days).tolist():
        said[i].append(f"覆盖{covered[i]}/{days[i]}天")
    notes = np.full(len(frame), "", dtype=object)
    for i, words in said.items():
        notes[i] = "、".join(words)
    notes[frame["posts"].isna().to_numpy(dtype=bool)] = "本期没有采集到数据"
    return notes
