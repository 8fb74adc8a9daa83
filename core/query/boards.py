"""Rankings: one row per account of one platform, by an index or by a counter, with the change of rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf
from typing import Any

import pandas as pd
from sqlalchemy import Select, func, select
from sqlmodel import Session

from core.clock import days, previous_period
from core.labels import COUNTERS
from core.metrics.indices import INDICES, Index, Inputs, wci_days
from core.metrics.ranking import Entry, Place, moves, rank
from core.models import COUNTER_NAMES, Account, AccountDay, Board, Platform, Unit
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
_FOLLOWERS = {"followers", "followers_gain"}
_OWN = ["account_id", "name", "platform", "unit", "unit_kind", "state", "covered", "followers", "followers_slack",
        "followers_gain", "score", "score_mark", "index_reason"]


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
    board: int | None = None,
) -> Plan:
    """Resolve a request: a board overrides the platform and gives its index and basis where none is asked for.

    `index` None takes the board's or the platform's own, "" none. Without an index, order `index` becomes the
    platform's main counter, or posts. Raises LookupError (Chinese) for an unknown board, platform, index or order.
    """
    if order not in ORDERS:
        raise LookupError(f"不能按“{order}”排名")
    chosen = None
    if board is not None:
        chosen = session.get(Board, board)
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
    made = plan(session, platform, index, basis, order, board)
    scope = Filter(where.start, where.end, (made.platform,), where.kinds, where.units, board)
    rows = _measured(session, scope, made, made.counters, followers=True)
    places = _placed(rows, scope, made)
    first, last = previous_period(where.start, where.end)
    then = Filter(first, last, scope.platforms, scope.kinds, scope.units, board)
    needed = {made.order, *(made.index.inputs if made.order == "index" else ())}
    earlier = _measured(session, then, made, _behind(needed, made.counters), bool(_FOLLOWERS & needed))
    before = {p.key: p.rank for p in _placed(earlier, then, made)}
    steps = moves({p.key: p.rank for p in places}, before)
    by_id = {row["account_id"]: row for row in rows}
    frame = _frame([by_id[p.key] for p in places], scope, made)
    frame["rank"] = totals.whole([p.rank for p in places]).values
    frame["previous_rank"] = totals.whole([before.get(p.key) for p in places]).values
    frame["rank_change"] = [steps[p.key].words for p in places]
    frame["rank_steps"] = totals.whole([steps[p.key].steps for p in places]).values
    frame["indistinct"] = [p.indistinct for p in places]
    frame["note"] = _notes(frame, made.counters)
    shown = sparks(session, tuple(frame["account_id"][:SPARK_ROWS]), where.start, where.end)
    frame["spark"] = [shown.get(id_, []) for id_ in frame["account_id"]]
    return frame


def inputs(
    session: Session, account_id: int, first: date, last: date, made: Plan
) -> Inputs:
    """What an index takes of one account in a period, as `ranking` takes it; `made` is the plan of its platform."""
    unit = session.execute(select(Account.unit_id).where(Account.id == account_id)).scalar()
    scope = Filter(first, last, (made.platform,), units=(unit,) if unit else ())
    rows = _measured(session, scope, made, made.counters, followers=True)
    row = next((row for row in rows if row["account_id"] == account_id), None)
    length = wci_days(first, last)
    return _inputs(row, length) if row else Inputs(days=length, posts=None)


def _behind(needed: set[str], counters: Sequence[str]) -> tuple[str, ...]:
    """The counters whose sums the needed inputs are made of."""
    if "interaction" in needed:
        needed = needed | set(totals.INTERACTION)
    return tuple(c for c in counters if any(n == c or n in (f"{c}_max", f"headline_{c}", f"original_{c}")
                                            for n in needed))


def sparks(session: Session, account_ids: Sequence[int], first: date, last: date) -> dict[int, list[float | None]]:
    """Posts by day of the last `SPARK_DAYS` days of a period, None where nothing is known of a day."""
    first = max(first, last - timedelta(SPARK_DAYS - 1))
    ids = select(Account.id).where(Account.id.in_(account_ids))
    known = {(a, d): 0.0 for a, d in session.execute(totals.known_days(ids, first, last))}
    for account_id, day, posts in session.execute(
        select(AccountDay.account_id, AccountDay.day, AccountDay.posts).where(
            AccountDay.account_id.in_(ids), totals.within("latest", first, last), AccountDay.posts > 0
        )
    ):
        known[(account_id, day)] = float(posts)
    span = days(first, last)
    return {id_: [known.get((id_, day)) for day in span] for id_ in account_ids}


def _measured(
    session: Session, scope: Filter, made: Plan, counters: Sequence[str], followers: bool
) -> list[dict[str, Any]]:
    """Every account in scope with its raw sums; `posts` is None where nothing is known of the period."""
    ids = totals.meant(session, scope)
    owners = session.execute(
        select(Account.id.label("account_id"), Account.name, Account.platform, Unit.name.label("unit"),
               Unit.kind.label("unit_kind"), Account.state, Account.closed_on)
        .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id.in_(ids)).order_by(Account.id)
    ).all()
    columns = totals.sums(counters, maxima=True)
    columns += [totals.summed(getattr(AccountDay, f"headline_{n}")).label(f"headline_{n}")
                for n in _HEADLINE if n in counters]
    columns += [totals.summed(getattr(AccountDay, f"original_{n}")).label(f"original_{n}")
                for n in _ORIGINAL if n in counters]
    names = [c.key for c in columns]
    sums = {
        id_: values for id_, *values in session.execute(
            select(AccountDay.account_id, *columns)
            .where(AccountDay.account_id.in_(ids), totals.within(made.basis, scope.start, scope.end))
            .group_by(AccountDay.account_id)
        )
    }
    known = totals.known_days(ids, scope.start, scope.end).subquery()
    covered = dict(session.execute(
        select(known.c.account_id, func.count()).group_by(known.c.account_id)
    ).all())
    blank = [None] * len(names)
    rows = []
    for owner in owners:
        id_ = owner.account_id
        # An account that was closed before the period and left nothing in it is out of the ranking.
        if owner.closed_on and owner.closed_on < scope.start and id_ not in sums and id_ not in covered:
            continue
        row = dict(zip(names, sums.get(id_, blank), strict=True)) | {
            "account_id": id_, "name": owner.name, "platform": owner.platform, "unit": owner.unit or "未归属单位",
            "unit_kind": owner.unit_kind or "other", "state": owner.state, "covered": covered.get(id_, 0),
            "followers": None, "followers_slack": 0, "followers_gain": None,
        }
        row["posts"] = (row["posts"] or 0) if row["covered"] else None
        rows.append(row)
    if followers:
        _add_followers(session, ids, scope, rows)
    return rows


def _add_followers(session: Session, ids: Select[tuple[int]], scope: Filter, rows: list[dict[str, Any]]) -> None:
    """Followers at the end of the period, and their net change since the day before it.

    Without a reading before the period, the change since its first reading; missing with a single reading.
    """
    end = totals.followers_at(session, ids, scope.end, scope.days)
    if not end:
        return
    base = totals.followers_at(session, ids, scope.start - timedelta(1))
    if end.keys() - base.keys():
        base = totals.first_followers(session, ids, scope.start, scope.end) | base
    for row in rows:
        if last := end.get(row["account_id"]):
            first = base[row["account_id"]]
            row["followers"], row["followers_slack"] = last.value, last.slack
            row["followers_gain"] = last.value - first.value if first.day != last.day else None


def _placed(rows: list[dict[str, Any]], scope: Filter, made: Plan) -> list[Place[int]]:
    """The places of measured accounts; writes score, its mark and the reason into the rows."""
    length = wci_days(scope.start, scope.end)
    entries = []
    for row in rows:
        by_index = _scored(row, made.index, length)
        entries.append(by_index if made.order == "index" else _entry(row, made.order))
    return rank(entries, decimals=2)


def _scored(row: dict[str, Any], index: Index | None, length: int) -> Entry[int]:
    row |= {"score": None, "score_mark": "", "index_reason": "该平台没有公开的指数公式"}
    if index is None:
        return Entry(row["account_id"], None)
    inputs = _inputs(row, length)
    found = index.score(inputs)
    row["index_reason"] = found.reason
    if found.value is None:
        return Entry(row["account_id"], None)
    slack = _slacks(row, index.cap_by_rule)
    low = high = found.value
    if any(slack.get(name) for name in index.inputs):
        low, high = index.bounds(inputs, slack)
    row["score"] = round(found.value, 2)
    row["score_mark"] = "≥" if high == inf else "≈" if high > low else ""
    return Entry(row["account_id"], found.value, low, high)


def _inputs(row: dict[str, Any], length: int) -> Inputs:
    """What an index takes of a row. Counters that were not read are missing."""
    posts = row["posts"]
    # A push always has a headline: without one, the places of the articles were not collected.
    headline = {f"headline_{n}": row.get(f"headline_{n}") if row["headlines"] else None for n in _HEADLINE}
    told = posts is not None and (row["original_known"] or 0) == posts
    originals = row["originals"] if told else None
    original = {f"original_{n}": 0 if originals == 0 else row.get(f"original_{n}") if told else None for n in _ORIGINAL}
    return Inputs(
        days=length, posts=posts, pushes=row["pushes"], originals=originals, followers=row["followers"],
        followers_gain=row["followers_gain"], **{n: row.get(n) for n in _PLAIN},
        **{f"{n}_max": row.get(f"{n}_max") for n in _HEADLINE}, **headline, **original,
    )


def _slacks(row: dict[str, Any], cap_by_rule: bool) -> dict[str, float]:
    """How far each input may be off: see `_slack`; the followers by their own reading."""
    out: dict[str, float] = {}
    for name in _PLAIN:
        if slack := _slack(row, name, ignore_cap=cap_by_rule and name == "reads"):
            out |= dict.fromkeys((name, f"{name}_max", f"headline_{name}", f"original_{name}"), slack)
    if row["followers_slack"]:
        out["followers"] = inf if row["followers_slack"] < 0 else row["followers_slack"]
        out["followers_gain"] = 2 * out["followers"]
    return out


def _slack(row: dict[str, Any], name: str, ignore_cap: bool = False) -> float:
    """How far the true sum may lie above: unbounded with a capped or a missing part, else the summed tolerance."""
    if (row.get(f"{name}_known") or 0) < (row["posts"] or 0) or (row.get(f"{name}_capped") and not ignore_cap):
        return inf
    return float(row.get(f"{name}_tolerance") or 0)


def _entry(row: dict[str, Any], order: str) -> Entry[int]:
    """A row as it is ranked by a counter. Silent accounts have 0 of everything, uncollected ones nothing."""
    if order == "followers":
        value, slack = row["followers"], inf if row["followers_slack"] < 0 else row["followers_slack"]
    elif order == "posts":
        value, slack = row["posts"], 0
    else:
        parts = [n for n in (totals.INTERACTION if order == "interaction" else (order,)) if row.get(n) is not None]
        value = sum(row[n] for n in parts) if parts else 0 if row["posts"] == 0 else None
        slack = sum(_slack(row, n) for n in parts)
    if value is None:
        return Entry(row["account_id"], None)
    return Entry(row["account_id"], value, value if slack == inf else value - slack, value + slack)


def _frame(rows: list[dict[str, Any]], scope: Filter, made: Plan) -> pd.DataFrame:
    """Measured rows as the columns of `ranking`."""
    names = list(rows[0]) if rows else [c.key for c in totals.sums(made.counters, maxima=True)] + _OWN
    raw = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in names})
    drop = [c for c in raw.columns if c.startswith(("headline_", "original_")) and c != "original_known"]
    frame = totals.finish(raw.drop(columns=drop), made.counters, [bool(c) for c in raw["covered"]], maxima=True)
    frame["score"] = frame["score"].astype("Float64")
    frame["covered"] = totals.whole(frame["covered"]).values
    frame["days"] = scope.days
    frame["followers_mark"] = ["≥" if s < 0 else "≈" if s else "" for s in frame.pop("followers_slack")]
    frame["followers"] = totals.whole(frame["followers"]).values
    frame["followers_change"] = totals.whole(frame.pop("followers_gain")).values
    return frame


def _notes(frame: pd.DataFrame, counters: Sequence[str]) -> list[str]:
    """What the reader of each row must know, in words."""
    columns = ["posts", "indistinct", "score", "index_reason", "covered", "days",
               *(f"{name}{part}" for name in counters for part in ("_mark", "_known"))]
    out = []
    for values in zip(*(frame[name] for name in columns), strict=True):
        row = dict(zip(columns, values, strict=True))
        if pd.isna(row["posts"]):
            out.append("本期没有采集到数据")
            continue
        said = ["与邻近名次不可区分"] if row["indistinct"] else []
        said += totals.inexact(row, counters)
        if pd.isna(row["score"]) and row["index_reason"].startswith("缺少"):
            said.append(f"不计指数：{row['index_reason']}")
        if row["covered"] < row["days"]:
            said.append(f"覆盖{row['covered']}/{row['days']}天")
        out.append("、".join(said))
    return out
