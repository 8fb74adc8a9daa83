"""Rows of days → records: followers, an account's daily totals, APPs. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from core.imports.cells import Fault, Row, count, counters, made, when, whole
from core.labels import COUNTERS
from core.records import AppRecord, DailyRecord, FollowerRecord


def follower(
    row: Row, faults: list[Fault], observed_at: datetime, year: int | None
) -> tuple[FollowerRecord | None, object]:
    """(record, day) of a row of followers."""
    at = when(row, "day", faults, year=year)
    followers = count(row, "followers", faults)
    new, lost = whole(row, "new", faults), whole(row, "lost", faults)
    if faults or at is None:
        return None, ""
    values = {
        "day": at.day, "observed_at": observed_at, "followers": followers, "new": new, "lost": lost,
        "locator": row.locator,
    }
    return made(FollowerRecord, values, faults), at.day


def app(row: Row, faults: list[Fault], observed_at: datetime, year: int | None) -> tuple[AppRecord | None, object]:
    """(record, day) of a row of an APP."""
    at = when(row, "day", faults, year=year)
    counts = ("active_users", "new_users", "total_users", "launches", "downloads")
    values: dict[str, object] = {name: whole(row, name, faults) for name in counts}
    values["rating"] = _rating(row, faults)
    if not faults and all(value is None for value in values.values()):
        faults.append(Fault("", "各项数据都是空的"))
    if faults or at is None:
        return None, ""
    values |= {"day": at.day, "observed_at": observed_at, "locator": row.locator}
    return made(AppRecord, values, faults), at.day


def _rating(row: Row, faults: list[Fault]) -> float | None:
    text = row.text("rating").removesuffix("分").strip()
    if text in ("", "-", "--", "暂无"):
        return None
    try:
        return float(Decimal(text))
    except InvalidOperation:
        faults.append(Fault("rating", f"“{text[:30]}”不是评分"))
        return None


def daily(
    row: Row, faults: list[Fault], observed_at: datetime, year: int | None
) -> tuple[DailyRecord | None, object]:
    """(record, day) of a row of an account's totals."""
    at = when(row, "day", faults, year=year)
    figures, posts = counters(row, faults), whole(row, "posts", faults)
    if faults or at is None:
        return None, ""
    values = {
        "day": at.day, "observed_at": observed_at, "posts": posts, "counters": figures, "locator": row.locator,
    }
    return made(DailyRecord, values, faults), at.day


def has_daily(row: Row) -> bool:
    """Whether a row of followers tells anything of the day's totals besides."""
    return any(row.text(name).strip() not in ("", "-", "--") for name in ("posts", *COUNTERS))


@dataclass(slots=True)
class Days:
    """Daily totals of a file by day: tables side by side each say a part of a day."""

    found: dict[date, DailyRecord] = field(default_factory=dict)

    def add(self, record: DailyRecord, faults: list[Fault]) -> None:
        """Take what a table says of a day. A figure that another table gives differently is a fault."""
        before = self.found.get(record.day)
        if before is None:
            self.found[record.day] = record
            return
        for name in before.counters.keys() & record.counters.keys():
            if before.counters[name] != record.counters[name]:
                faults.append(Fault(name, f"与 {before.locator} 同一天的这一项不同，请核对"))
        if None not in (before.posts, record.posts) and before.posts != record.posts:
            faults.append(Fault("posts", f"与 {before.locator} 同一天的这一项不同，请核对"))
        if not faults:
            self.found[record.day] = before.model_copy(update={
                "posts": record.posts if before.posts is None else before.posts,
                "counters": before.counters | record.counters, "locator": f"{before.locator}、{record.locator}",
            })
