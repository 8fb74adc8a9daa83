"""Rankings: one row per account of one platform, by an index or by a counter, with the change of rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf

import pandas as pd
from sqlalchemy import func, select
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
_HEADLINE = ("reads", "likes", "wows", "reposts")
_ORIGINAL = ("reposts", "comments")


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
    frame, places = _ranked(session, scope, made)
    first, last = previous_period(where.start, where.end)
    _, earlier = _ranked(session, Filter(first, last, scope.platforms, scope.kinds, scope.units, board), made)
    now = {p.key: p.rank for p in places}
    before = {p.key: p.rank for p in earlier}
    steps = moves(now, before)
    frame = frame.set_index("account_id").loc[[p.key for p in places]].reset_index()
    frame["rank"] = totals.whole([p.rank for p in places]).values
    frame["previous_rank"] = totals.whole([before.get(p.key) for p in places]).values
    frame["rank_change"] = [steps[p.key].words for p in places]
    frame["rank_steps"] = totals.whole([steps[p.key].steps for p in places]).values
    frame["indistinct"] = [p.indistinct for p in places]
    frame["note"] = [_note(row, made.counters) for row in frame.to_dict("records")]
    frame = frame.drop(columns="_followers_slack")
    shown = sparks(session, tuple(frame["account_id"][:SPARK_ROWS]), where.start, where.end)
    frame["spark"] = [shown.get(id_, []) for id_ in frame["account_id"]]
    return frame


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


def _ranked(session: Session, scope: Filter, made: Plan) -> tuple[pd.DataFrame, list[Place[int]]]:
    frame = _rows(session, scope, made)
    raw = frame.pop("_raw")
    entries = []
    scores, marks, reasons = [], [], []
    length = wci_days(scope.start, scope.end)
    for row, sums in zip(frame.to_dict("records"), raw, strict=True):
        value, low, high, reason = _score(made.index, row, sums, length)
        scores.append(value)
        marks.append("≥" if high == inf else "≈" if value is not None and high > low else "")
        reasons.append(reason)
        if made.order == "index":
            entries.append(Entry(row["account_id"], value, low, high))
        else:
            entries.append(_entry(row, sums, made.order))
    frame["score"] = pd.array([None if s is None else round(s, 2) for s in scores], dtype="Float64")
    frame["score_mark"], frame["index_reason"] = marks, reasons
    return frame, rank(entries, decimals=2)


def _rows(session: Session, scope: Filter, made: Plan) -> pd.DataFrame:
    """Accounts with their sums; the raw sums stay in `_raw` for the index and the bounds."""
    ids = totals.meant(session, scope)
    owners = totals.read(session, (
        select(Account.id.label("account_id"), Account.name, Account.platform, Unit.name.label("unit"),
               Unit.kind.label("unit_kind"), Account.state, Account.closed_on)
        .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id.in_(ids)).order_by(Account.id)
    ))
    extra = [totals.summed(getattr(AccountDay, f"headline_{n}")).label(f"headline_{n}") for n in _HEADLINE]
    extra += [totals.summed(getattr(AccountDay, f"original_{n}")).label(f"original_{n}") for n in _ORIGINAL]
    summed = totals.read(session, (
        select(AccountDay.account_id, *totals.sums(made.counters, maxima=True), *extra)
        .where(AccountDay.account_id.in_(ids), totals.within(made.basis, scope.start, scope.end))
        .group_by(AccountDay.account_id)
    ))
    known = totals.known_days(ids, scope.start, scope.end).subquery()
    covered = dict(session.execute(
        select(known.c.account_id, func.count()).group_by(known.c.account_id)
    ).all())
    sums = {row["account_id"]: row for row in summed.to_dict("records")}
    # An account that was closed before the period and left nothing in it is out of the ranking.
    gone = [
        closed is not None and closed < scope.start and id_ not in sums and id_ not in covered
        for id_, closed in zip(owners["account_id"], owners["closed_on"], strict=True)
    ]
    owners = owners.drop(columns="closed_on").loc[[i for i, g in enumerate(gone) if not g]].reset_index(drop=True)
    blank = dict.fromkeys(summed.columns)
    merged = pd.DataFrame.from_records(
        [sums.get(id_, blank) | {"account_id": id_} for id_ in owners["account_id"]], columns=list(summed.columns),
    ).astype(object)
    merged = merged.where(merged.notna(), None)
    frame = totals.finish(
        merged.drop(columns=[c.key for c in extra]), made.counters,
        [covered.get(id_, 0) > 0 for id_ in owners["account_id"]], maxima=True,
    )
    frame = owners.merge(frame, on="account_id", how="left")
    frame["unit"] = [u or "未归属单位" for u in frame["unit"]]
    frame["unit_kind"] = [k or "other" for k in frame["unit_kind"]]
    frame["covered"] = totals.whole([covered.get(id_, 0) for id_ in frame["account_id"]]).values
    frame["days"] = scope.days
    return _with_followers(session, ids, scope, frame).assign(_raw=merged.to_dict("records"))


def _with_followers(session: Session, ids, scope: Filter, frame: pd.DataFrame) -> pd.DataFrame:
    """Followers at the end of the period, and their net change since the day before it.

    Without a reading before the period, the change since its first reading; missing with a single reading.
    """
    def by_account(found: pd.DataFrame) -> dict[int, dict]:
        return {row["account_id"]: row for row in found.to_dict("records")}

    end = by_account(totals.followers_at(session, ids, scope.end, scope.days))
    before = by_account(totals.followers_at(session, ids, scope.start - timedelta(1)))
    first = by_account(totals.first_followers(session, ids, scope.start, scope.end))
    values, slacks, changes = [], [], []
    for id_ in frame["account_id"]:
        last = end.get(id_)
        base = before.get(id_) or first.get(id_)
        values.append(last["followers"] if last else None)
        slacks.append(last["followers_slack"] if last else 0)
        changes.append(last["followers"] - base["followers"] if last and base["day"] != last["day"] else None)
    out = frame.assign(
        followers=totals.whole(values).values,
        followers_mark=["≥" if s < 0 else "≈" if s else "" for s in slacks],
        followers_change=totals.whole(changes).values,
    )
    out["_followers_slack"] = slacks
    return out


def _score(
    index: Index | None, row: dict, sums: dict, length: int
) -> tuple[float | None, float | None, float | None, str]:
    """Score, its least and greatest value, and the reason where there is none."""
    if index is None:
        return None, None, None, "该平台没有公开的指数公式"
    inputs = _inputs(row, sums, length)
    found = index.score(inputs)
    if found.value is None:
        return None, None, None, found.reason
    low, high = index.bounds(inputs, _slacks(row, sums, index.cap_by_rule))
    return found.value, low, high, found.reason


def _number(value: object) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _inputs(row: dict, sums: dict, length: int) -> Inputs:
    posts = _number(row["posts"])
    plain = {name: _number(row[name]) for name in ("reads", "plays", "likes", "wows", "reposts", "comments")}
    peaks = {f"{name}_max": _number(row[f"{name}_max"]) for name in _HEADLINE}
    # A push always has a headline: without one, the places of the articles were not collected.
    headline = {f"headline_{name}": sums.get(f"headline_{name}") if sums.get("headlines") else None
                for name in _HEADLINE}
    all_told = posts is not None and sums.get("original_known") == posts
    originals = _number(row["originals"]) if all_told else None
    original = {
        f"original_{name}": 0 if originals == 0 else sums.get(f"original_{name}") if all_told else None
        for name in _ORIGINAL
    }
    return Inputs(
        days=length, posts=posts, pushes=_number(row["pushes"]), originals=originals, **plain, **peaks, **headline,
        **original, followers=_number(row["followers"]), followers_gain=_number(row["followers_change"]),
    )


def _slacks(row: dict, sums: dict, cap_by_rule: bool) -> dict[str, float]:
    out: dict[str, float] = {}
    posts = _number(row["posts"]) or 0
    for name in ("reads", "plays", "likes", "wows", "reposts", "comments"):
        slack = _slack(sums, name, posts, ignore_cap=cap_by_rule and name == "reads")
        out |= dict.fromkeys((name, f"{name}_max", f"headline_{name}", f"original_{name}"), slack)
    followers = row["_followers_slack"]
    out["followers"] = inf if followers < 0 else followers
    out["followers_gain"] = 2 * out["followers"]
    return out


def _slack(sums: dict, name: str, posts: int, ignore_cap: bool = False) -> float:
    """How far the true sum may lie above: unbounded with a capped or a missing part, else the summed tolerance."""
    if (sums.get(f"{name}_known") or 0) < posts or (sums.get(f"{name}_capped") and not ignore_cap):
        return inf
    return float(sums.get(f"{name}_tolerance") or 0)


def _entry(row: dict, sums: dict, order: str) -> Entry[int]:
    value = _number(row[order])
    if value is None:
        return Entry(row["account_id"], None)
    posts = _number(row["posts"]) or 0
    if order == "followers":
        slack: float = inf if row["_followers_slack"] < 0 else row["_followers_slack"]
    elif order == "interaction":
        known = [n for n in totals.INTERACTION if row[n] is not None and not pd.isna(row[n])]
        slack = sum(_slack(sums, name, posts) for name in known)
    else:
        slack = 0 if order == "posts" else _slack(sums, order, posts)
    low = value if slack == inf else value - slack
    return Entry(row["account_id"], value, low, value + slack)


def _note(row: dict, counters: Sequence[str]) -> str:
    """What the reader of a row must know, in words."""
    if pd.isna(row["posts"]):
        return "本期没有采集到数据"
    said = ["与邻近名次不可区分"] if row["indistinct"] else []
    said += totals.inexact(row, counters)
    if pd.isna(row["score"]) and row["index_reason"].startswith("缺少"):
        said.append(f"不计指数：{row['index_reason']}")
    if row["covered"] < row["days"]:
        said.append(f"覆盖{row['covered']}/{row['days']}天")
    return "、".join(said)
