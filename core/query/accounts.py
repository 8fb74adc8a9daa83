"""One account: who it is, its followers, its days, its rhythm, its former names."""

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.clock import days
from core.counts import Count
from core.labels import ACCOUNT_STATES, COUNTERS, WEEKDAYS
from core.metrics.cadence import Gap, heat, longest_gap
from core.models import COUNTER_NAMES, Account, AccountDay, AccountName, DailyReading, Platform, Post, Unit
from core.query import totals
from core.query.scope import Filter


@dataclass(frozen=True, slots=True)
class Profile:
    """An account as the ledger knows it. `former`: (name, the day it ended), the newest first."""

    id: int
    name: str
    platform: str
    platform_name: str
    counters: tuple[str, ...]
    external_id: str
    unit: str
    unit_kind: str
    registration_no: str
    state: str
    opened_on: date | None
    closed_on: date | None
    url: str
    former: tuple[tuple[str, date], ...]

    @property
    def main(self) -> str:
        """The counter that stands for reach: reads or plays; "" where the platform yields neither."""
        return next((name for name in ("reads", "plays") if name in self.counters), "")

    @property
    def words(self) -> str:
        """Platform, unit, state, registration and former names in one line."""
        return " · ".join([
            self.platform_name, self.unit, ACCOUNT_STATES[self.state],
            *([f"备案号 {self.registration_no}"] if self.registration_no else []),
            *(f"曾用名“{name}”（至 {until}）" for name, until in self.former),
        ])


def options(session: Session, where: Filter | None = None) -> pd.DataFrame:
    """Accounts to choose from: account_id, label (name · platform · unit), in the order of platform and name."""
    query = (
        select(Account.id.label("account_id"), Account.name, Platform.name.label("platform"), Unit.name.label("unit"))
        .join(Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .order_by(Platform.sort, Account.name, Account.id)
    )
    if where is not None:
        query = query.where(Account.id.in_(totals.meant(session, where)))
    found = totals.read(session, query)
    found["label"] = [
        " · ".join(part for part in (row["name"], row["platform"], row["unit"]) if part)
        for row in found.to_dict("records")
    ]
    return found[["account_id", "label"]]


def profile(session: Session, account_id: int) -> Profile | None:
    """The account's profile; None where there is no such account."""
    row = session.execute(
        select(Account, Platform, Unit).join(Platform, Platform.code == Account.platform)
        .outerjoin(Unit, Unit.id == Account.unit_id).where(Account.id == account_id)
    ).one_or_none()
    if row is None:
        return None
    account, platform, unit = row
    former = session.execute(
        select(AccountName.name, AccountName.until).where(AccountName.account_id == account_id)
        .order_by(AccountName.until.desc(), AccountName.id.desc())
    ).all()
    return Profile(
        account.id, account.name, platform.code, platform.name,
        tuple(name for name in COUNTERS if name in platform.counters), account.external_id,
        unit.name if unit else "未归属单位", unit.kind if unit else "other", account.registration_no, account.state,
        account.opened_on, account.closed_on, account.url, tuple((name, until) for name, until in former),
    )


def daily(session: Session, account_id: int, first: date, last: date, basis: str = "latest") -> pd.DataFrame:
    """One row per day as `trends.daily`; gap where nothing is known of the day."""
    known = {d for _, d in session.execute(totals.known_days(_only(account_id), first, last))}
    raw = totals.read(session, (
        select(AccountDay.day, *totals.sums(COUNTER_NAMES))
        .where(AccountDay.account_id == account_id, totals.within(basis, first, last)).group_by(AccountDay.day)
    ))
    frame = pd.DataFrame({"day": pd.Series(days(first, last), dtype=object)}).merge(raw, how="left", on="day")
    frame = frame.astype(object).where(frame.notna(), None)
    out = totals.finish(frame, COUNTER_NAMES, [day in known for day in frame["day"]])
    return out.assign(gap=[day not in known for day in out["day"]], label="合计")


def _only(account_id: int):
    return select(Account.id).where(Account.id == account_id)


def period(session: Session, account_id: int, first: date, last: date, basis: str = "latest") -> pd.Series:
    """The account's totals with maxima and averages (columns of core.query.totals), and `covered` days."""
    covered = session.execute(
        select(func.count()).select_from(totals.known_days(_only(account_id), first, last).subquery())
    ).scalar()
    raw = totals.read(session, (
        select(*totals.sums(COUNTER_NAMES, maxima=True))
        .where(AccountDay.account_id == account_id, totals.within(basis, first, last))
    ))
    return totals.finish(raw, COUNTER_NAMES, [covered > 0], maxima=True).assign(covered=covered).iloc[0]


def followers(session: Session, account_id: int, first: date, last: date) -> pd.DataFrame:
    """Followers at the end of each day of the period: day, value (NaN where not read), mark, new, lost."""
    raw = totals.read(session, (
        select(AccountDay.day, AccountDay.followers, AccountDay.followers_slack, AccountDay.followers_new,
               AccountDay.followers_lost)
        .where(AccountDay.account_id == account_id, totals.within("latest", first, last))
    ))
    frame = pd.DataFrame({"day": pd.Series(days(first, last), dtype=object)}).merge(raw, how="left", on="day")
    slack = [0 if s is None or s != s else s for s in frame["followers_slack"]]
    return pd.DataFrame({
        "day": frame["day"],
        "value": pd.to_numeric(frame["followers"]).astype(float),
        "mark": ["≥" if s < 0 else "≈" if s else "" for s in slack],
        "new": totals.whole(frame["followers_new"]).values,
        "lost": totals.whole(frame["followers_lost"]).values,
    })


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When an account publishes. `cells`: 7 rows of 24 Shanghai hours; `last_post`: of all time, up to `last`."""

    cells: tuple[tuple[int, ...], ...]
    gap: Gap | None
    last_post: date | None
    unknown_days: int

    @property
    def words(self) -> str:
        """The longest silence in a sentence, with the days that may only not have been collected."""
        if self.gap is None:
            return "本期每天都有发布。"
        unknown = f"（本期有 {self.unknown_days} 天没有采集记录，可能包含在内）" if self.unknown_days else ""
        return f"最长 {self.gap.days} 天没有发布记录：{self.gap.first} 至 {self.gap.last}{unknown}。"

    def frame(self) -> pd.DataFrame:
        """The cells as charts take them: row (周一 …), column (hour), value."""
        return pd.DataFrame(
            [{"row": WEEKDAYS[w], "column": h, "value": float(n)} for w, row in enumerate(self.cells)
             for h, n in enumerate(row)]
        )


def rhythm(session: Session, account_id: int, first: date, last: date) -> Rhythm:
    """Posts by weekday and hour (those of which the hour is known), the longest silence, the last post, and how many
    days of the period are unknown."""
    published = session.execute(
        select(Post.published_at, Post.day, Post.timed)
        .where(Post.account_id == account_id, Post.day.between(first, last))
    ).all()
    last_post = session.execute(
        select(func.max(Post.day)).where(Post.account_id == account_id, Post.day <= last)
    ).scalar()
    known = session.execute(
        select(func.count()).select_from(totals.known_days(_only(account_id), first, last).subquery())
    ).scalar()
    cells = heat(at for at, _, timed in published if timed)
    return Rhythm(
        tuple(map(tuple, cells)), longest_gap((day for _, day, _ in published), first, last), last_post,
        (last - first).days + 1 - known,
    )


def platform_days(session: Session, account_id: int, first: date, last: date) -> pd.DataFrame:
    """The platform's own totals by day, to posts of any age, as last seen: day, posts, each counter (of those that it
    gives) with its mark, observed_at, reading_id. Empty where it gives none."""
    nth = func.row_number().over(partition_by=DailyReading.day, order_by=DailyReading.observed_at.desc()).label("nth")
    newest = (
        select(DailyReading, nth).where(DailyReading.account_id == account_id, DailyReading.day.between(first, last))
    ).subquery()
    rows = session.execute(select(newest).where(newest.c.nth == 1).order_by(newest.c.day)).mappings().all()
    given = [name for name in COUNTERS if any(name in (row["figures"] or {}) for row in rows)]
    out = []
    for row in rows:
        made = {"day": row["day"], "posts": row["posts"]}
        for name in given:
            count = Count(*(row["figures"] or {}).get(name, (None, 0)))
            made |= {name: count.value, f"{name}_mark": count.mark}
        out.append(made | {"observed_at": row["observed_at"], "reading_id": row["id"]})
    columns = ["day", "posts", *(c for name in given for c in (name, f"{name}_mark")), "observed_at", "reading_id"]
    frame = pd.DataFrame(out, columns=columns)
    for name in ("posts", *given):
        frame[name] = totals.whole(frame[name]).values
    return frame
