"""Single posts: the top of a period, an account's own list, the readings of one post and the evidence behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Select, and_, case, func, literal, or_, select, true
from sqlmodel import Session

from core import clock
from core.counts import Count, add
from core.labels import COUNTERS
from core.models import (
    COUNTER_NAMES,
    Account,
    AccountDay,
    Capture,
    DailyReading,
    FollowerReading,
    Post,
    Reading,
    Source,
    Unit,
)
from core.query import totals
from core.query.scope import Filter
from core.rollup import SETTLE_DAYS

SORTS = ("published_at", "title", *COUNTER_NAMES, "interaction")
"""What a list of posts can be sorted by."""


def top(session: Session, where: Filter, metric: str = "reads", limit: int = 10) -> pd.DataFrame:
    """The posts of the period with the largest newest value of a counter, or of `interaction`.

    Columns: post_id, account_id, account, unit, platform, title, url, published_at, day, value, mark, and every
    counter with its mark. A capped value ranks by what is known of it. Only the account-days that can hold one of
    them are read: a post of the top n lies in one of the n account-days with the largest single value.
    """
    ids = totals.meant(session, where)
    if metric == "interaction":
        # No maximum of a sum is kept; the sum of the maxima bounds it, so days are read until none can hold a larger.
        bound = sum((func.coalesce(getattr(AccountDay, f"{n}_max"), 0) for n in totals.INTERACTION), start=0)
    else:
        if metric not in COUNTERS:
            raise KeyError(metric)
        bound = getattr(AccountDay, f"{metric}_max")
    candidates = (
        select(AccountDay.account_id, AccountDay.day, bound.label("bound"))
        .where(AccountDay.account_id.in_(ids), totals.within("latest", where.start, where.end), bound.is_not(None),
               AccountDay.posts > 0)
        .order_by(bound.desc(), AccountDay.account_id, AccountDay.day)
    )
    best: list[dict] = []
    offset = 0
    while keys := session.execute(candidates.offset(offset).limit(limit)).all():
        if len(best) >= limit and best[limit - 1]["value"] > keys[0].bound:
            break
        best += _of_days(session, [(k.account_id, k.day) for k in keys], metric)
        best.sort(key=lambda row: (-row["value"], row["post_id"]))
        best = best[:limit]
        offset += limit
        if metric != "interaction":
            break
    return pd.DataFrame(best, columns=[*_COLUMNS, "value", "mark", *_COUNTER_COLUMNS])


_COLUMNS = ["post_id", "account_id", "account", "unit", "platform", "title", "url", "published_at", "day", "kind",
            "original", "position"]
_COUNTER_COLUMNS = [c for name in COUNTER_NAMES for c in (name, f"{name}_mark")]


def _of_days(session: Session, keys: list[tuple[int, date]], metric: str) -> list[dict]:
    within = or_(*(and_(Post.account_id == a, Post.day == d) for a, d in keys))
    rows = []
    for row in session.execute(_with_newest(within)).mappings():
        made, counts = _row(row)
        count = counts[metric]
        if count.value is not None:
            rows.append(made | {"value": count.value, "mark": count.mark})
    return rows


def _newest_readings(within: object) -> Select:
    """Readings of the posts meant, numbered from the newest."""
    nth = func.row_number().over(partition_by=Reading.post_id, order_by=Reading.observed_at.desc()).label("nth")
    return select(Reading, nth).join(Post, Post.id == Reading.post_id).where(within)


def _with_newest(within: object, counted: object = true()) -> Select:
    """Posts with the newest of those readings that count."""
    r = _newest_readings(and_(within, counted)).subquery()
    return (
        select(Post.id.label("post_id"), Post.account_id, Account.name.label("account"), Unit.name.label("unit"),
               Account.platform, Post.title, Post.url, Post.published_at, Post.timed, Post.day, Post.kind,
               Post.original, Post.position, *(r.c[c] for name in COUNTER_NAMES for c in (name, f"{name}_slack")))
        .join(Account, Account.id == Post.account_id).outerjoin(Unit, Unit.id == Account.unit_id)
        .outerjoin(r, and_(r.c.post_id == Post.id, r.c.nth == 1)).where(within)
    )


def _row(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Count]]:
    """The row as plain values, and its counters with the sum of 转评赞."""
    counts = {name: Count(row[name], row[f"{name}_slack"] or 0) for name in COUNTER_NAMES}
    out = {name: row[name] for name in _COLUMNS}
    for name, count in counts.items():
        out |= {name: count.value, f"{name}_mark": count.mark}
    return out, counts | {"interaction": add(counts[name] for name in totals.INTERACTION)}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its rows, the number of rows altogether, the page's number from 1 and its size."""

    frame: pd.DataFrame
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        return max(-(-self.total // self.size), 1)


def of_account(
    session: Session, account_id: int, first: date, last: date, *, sort: str = "published_at",
    descending: bool = True, page: int = 1, size: int = 50, search: str = "",
) -> Page:
    """An account's posts of a period with their newest reading, sorted and paged; missing counters come last.

    Columns: post_id, title, url, published_at, published (words: no hour where only the day is known), day, kind,
    original, position, each counter with its mark, interaction with its mark. Raises KeyError for an unknown sort.
    """
    if sort not in SORTS:
        raise KeyError(sort)
    within = and_(Post.account_id == account_id, Post.day.between(first, last))
    if search:
        within = and_(within, Post.title.icontains(search, autoescape=True))
    total = session.execute(select(func.count()).select_from(Post).where(within)).scalar()
    page = min(max(page, 1), max(-(-total // size), 1))
    query = _with_newest(within)
    columns = {c.key: c for c in query.selected_columns}
    if sort == "interaction":
        key = sum((func.coalesce(columns[n], 0) for n in totals.INTERACTION), start=0)
    else:
        key = columns[sort]
    ordered = query.order_by((key.desc() if descending else key.asc()).nulls_last(), Post.id.desc())
    rows = []
    for row in session.execute(ordered.offset((page - 1) * size).limit(size)).mappings():
        made, counts = _row(row)
        together = counts["interaction"]
        rows.append(made | {"interaction": together.value, "interaction_mark": together.mark,
                            "published": _published(row)})
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, *_COUNTER_COLUMNS, "interaction", "interaction_mark", "published"])
    for name in (*COUNTER_NAMES, "interaction"):
        frame[name] = totals.whole(frame[name]).values
    return Page(frame, total, page, size)


def listed(session: Session, ids: object, first: date, last: date, basis: str = "latest") -> pd.DataFrame:
    """All posts of accounts (`ids`: a SELECT or a list) in a period with the reading that counts on a basis, in order
    of time. Columns: as `of_account`, with account_id, account, unit, platform, and timed, push_id."""
    within = and_(Post.account_id.in_(ids), Post.day.between(first, last))
    limit = case({day: day + timedelta(SETTLE_DAYS) for day in clock.days(first, last)}, value=Post.day)
    query = _with_newest(within, Reading.day <= limit if basis == "d7" else true()).add_columns(Post.push_id)
    rows = []
    for row in session.execute(query.order_by(Post.published_at, Post.id)).mappings():
        made, counts = _row(row)
        together = counts["interaction"]
        rows.append(made | {
            "interaction": together.value, "interaction_mark": together.mark, "timed": row["timed"],
            "push_id": row["push_id"], "published": _published(row)})
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, *_COUNTER_COLUMNS, "interaction", "interaction_mark", "timed",
                                        "push_id", "published"])
    for name in (*COUNTER_NAMES, "interaction"):
        frame[name] = totals.whole(frame[name]).values
    return frame


def _published(row: Mapping[str, Any]) -> str:
    """When, in words: no hour where only the day is known."""
    return f"{clock.local(row['published_at']):%Y-%m-%d %H:%M}" if row["timed"] else f"{row['day']:%Y-%m-%d}"


def readings(session: Session, post_id: int) -> pd.DataFrame:
    """All readings of one post, oldest first: reading_id, observed_at, counters with marks, reason, capture_id."""
    rows = []
    for reading in session.execute(
        select(Reading).where(Reading.post_id == post_id).order_by(Reading.observed_at)
    ).scalars():
        row = {"reading_id": reading.id, "observed_at": reading.observed_at, "reason": reading.reason,
               "capture_id": reading.capture_id}
        for name in COUNTER_NAMES:
            count = reading.counter(name)
            row |= {name: count.value, f"{name}_mark": count.mark}
        rows.append(row)
    frame = pd.DataFrame(rows, columns=["reading_id", "observed_at", *_COUNTER_COLUMNS, "reason", "capture_id"])
    for name in COUNTER_NAMES:
        frame[name] = totals.whole(frame[name]).values
    return frame


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a row stands in what was captured. `request` is redacted; times are aware UTC; size in bytes. `what`: of
    core.recheck.pointed.PARTS; `moment`: when its figures were so; `named`: external id, of its post or its own."""

    capture_id: int
    locator: str
    request: str
    fetched_at: datetime
    status: int
    media_type: str
    sha256: str
    size: int
    source: str
    what: str
    moment: datetime
    named: str = ""


def evidence(session: Session, reading_id: int) -> Evidence | None:
    """The evidence of one reading; None where the reading doesn't exist or names no capture."""
    named = select(Post.external_id).where(Post.id == Reading.post_id).scalar_subquery()
    return _evidence(session, Reading, "reading", named, reading_id)


def followers_evidence(session: Session, reading_id: int) -> Evidence | None:
    """The evidence of one reading of followers, as `evidence`."""
    return _evidence(session, FollowerReading, "followers", literal(""), reading_id)


def daily_evidence(session: Session, reading_id: int) -> Evidence | None:
    """The evidence of a platform's own totals of a day, as `evidence`."""
    return _evidence(session, DailyReading, "daily", literal(""), reading_id)


def _evidence(session: Session, table: type[Reading | FollowerReading | DailyReading], what: str, named: Any, id_: int
              ) -> Evidence | None:
    row = session.execute(
        select(Capture.id, table.locator, Capture.request, Capture.fetched_at, Capture.status, Capture.media_type,
               Capture.sha256, Capture.size, func.coalesce(Source.name, ""), literal(what), table.observed_at, named)
        .join(Capture, Capture.id == table.capture_id).outerjoin(Source, Source.id == Capture.source_id)
        .where(table.id == id_)
    ).one_or_none()
    return None if row is None else Evidence(*row)
