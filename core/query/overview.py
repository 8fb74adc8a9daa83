"""The leader's page: a few figures with their change, platforms side by side, the best accounts, how complete it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import func, or_, select
from sqlmodel import Session

from core import db
from core.clock import previous_period
from core.counts import Count
from core.labels import COUNTERS, KNOWN_STATES
from core.metrics.growth import Change, change, share
from core.models import Account, AccountDay, Coverage, Platform
from core.query import boards, totals, trends
from core.query.scope import Filter


@dataclass(frozen=True, slots=True)
class Figure:
    """One card: what it counts, its value, what it is compared with, and its days as a sparkline (None: unknown)."""

    key: str
    label: str
    now: Count
    change: Change
    against: str
    spark: tuple[float | None, ...] = ()
    note: str = ""


def figures(session: Session, where: Filter, today: date, basis: str = "latest") -> tuple[Figure, ...]:
    """The cards of the period: accounts, posts of the last day, then posts, reach, 转评赞 and followers of the period.

    `today` is the Shanghai date. Reads and plays stand apart, each only where someone yields it. Followers are those
    of each account at the period's end.
    """
    ids = totals.meant(session, where)
    first, last = previous_period(where.start, where.end)
    earlier = where.over(first, last)
    now, before = totals.period(session, where, basis), totals.period(session, earlier, basis)
    days = trends.daily(session, where, "", basis)
    owned = int(now["accounts"].sum())
    active = int(now["active"].sum())
    out = [Figure("accounts", "监测账号", Count(owned), change(Count(None), Count(None)), "",
                  note=f"本期有发布的 {active} 个")]
    out.append(_day(session, ids, where, today))
    for key in ("posts", "reads", "plays", "interaction"):
        mine, theirs = _total(now, key), _total(before, key)
        if key != "posts" and mine.missing and theirs.missing:
            continue
        out.append(Figure(
            key, {"posts": "本期发布数", "interaction": "转评赞总数"}.get(key, trends.METRICS[key]), mine,
            change(mine, theirs), "较上期", _spark(days, key), _known(now, key),
        ))
    end, base = (totals.followers_at(session, ids, day) for day in (where.end, where.start - timedelta(1)))
    if end:
        # Only accounts read at both ends are compared: a newly monitored account is not growth.
        both = end.keys() & base.keys()
        compared = change(*(totals.follower_total(found[id_] for id_ in both) for found in (end, base)))
        note = f"{len(end)} 个账号有读数，其中 {len(both)} 个可与期初比较"
        out.append(Figure("followers", "粉丝数", totals.follower_total(end.values()), compared, "较期初", note=note))
    return tuple(out)


def _total(frame: pd.DataFrame, key: str) -> Count:
    return Count(None) if frame.empty else totals.count_of(frame.iloc[0], key)


def _known(frame: pd.DataFrame, key: str) -> str:
    """How many posts a sum rests on, where not on all of them."""
    if key not in totals.COUNTER_NAMES or frame.empty:
        return ""
    known, posts = int(frame[f"{key}_known"].sum()), int(frame["posts"].sum())
    return f"{known:,} 篇有此项，共 {posts:,} 篇" if known < posts else ""


def _spark(days: pd.DataFrame, key: str) -> tuple[float | None, ...]:
    return tuple(None if pd.isna(v) else float(v) for v in days[key])


def _day(session: Session, ids, where: Filter, today: date) -> Figure:
    """Posts of the newest day with any (today at the latest), beside the day before it."""
    newest = session.execute(
        select(func.max(AccountDay.day)).where(AccountDay.account_id.in_(ids), AccountDay.basis == "latest",
                                               AccountDay.posts > 0, AccountDay.day <= today)
    ).scalar()
    shown = newest or today
    scope = where.over(shown - timedelta(1), shown)
    frame = trends.daily(session, scope)
    counts = [totals.count_of(row, "posts") for _, row in frame.iterrows()] or [Count(None)] * 2
    names = {today: "今日发布", today - timedelta(1): "昨日发布"}
    label = names.get(shown, f"最近发布日（{shown.month}月{shown.day}日）")
    return Figure("day", label, counts[-1], change(counts[-1], counts[0]), "较前一日")


def platforms(session: Session, where: Filter, basis: str = "latest") -> pd.DataFrame:
    """Platforms side by side, in the catalogue's order.

    Columns: platform, name, accounts, active, posts, posts_change (words, against the period before), share (of all
    posts), the counters and interaction with marks, followers with mark, covered (share of account-days known),
    note (what is not exact, in words).
    """
    frame = totals.period(session, where, basis, by="platform")
    first, last = previous_period(where.start, where.end)
    earlier = totals.period(
        session, where.over(first, last), basis, by="platform"
    ).set_index("group")
    order = {p.code: (p.sort, p.name) for p in session.execute(select(Platform)).scalars()}
    ids = totals.meant(session, where)
    owners = dict(session.execute(select(Account.id, Account.platform).where(Account.id.in_(ids))).all())
    readings = totals.followers_at(session, ids, where.end)
    rows = []
    whole = frame["posts"].sum()
    for _, row in frame.iterrows():
        code = row["group"]
        before = totals.count_of(earlier.loc[code], "posts") if code in earlier.index else Count(None)
        followers = totals.follower_total(r for id_, r in readings.items() if owners[id_] == code)
        rows.append(row.to_dict() | {
            "platform": code, "name": order[code][1],
            "posts_change": change(totals.count_of(row, "posts"), before).words,
            "share": share(None if pd.isna(row["posts"]) else int(row["posts"]), int(whole)),
            "followers": followers.value, "followers_mark": followers.mark,
            "note": "、".join(totals.inexact(row, [n for n in COUNTERS if not pd.isna(row[n])])),
            "covered": share(int(row["covered"]), int(row["accounts"]) * where.days),
        })
    rows.sort(key=lambda row: order[row["platform"]])
    out = pd.DataFrame(rows, columns=["platform", "name", "posts_change", "share", "followers", "followers_mark",
                                      "note", *(c for c in frame.columns if c != "group")])
    for name in ("accounts", "active", "posts", *trends.METRICS, "followers"):
        out[name] = totals.whole(out[name]).values
    return out


def leaders(session: Session, where: Filter, limit: int = 5, most: int = 5) -> dict[str, pd.DataFrame]:
    """The first places of the rankings of up to `most` platforms in scope, those with an index first.

    Keys are platform names; values are rows of `boards.ranking` that have a rank and a post.
    """
    ids = totals.meant(session, where)
    found = session.execute(
        select(Platform.code, Platform.name)
        .where(Platform.code.in_(select(Account.platform).where(Account.id.in_(ids))))
        .order_by((Platform.index == "").asc(), Platform.sort).limit(most)
    ).all()
    out = {}
    for code, name in found:
        frame = boards.ranking(session, where, code)
        best = frame[frame["rank"].notna() & (frame["posts"].fillna(0) > 0)].head(limit)
        if len(best):
            out[name] = best.reset_index(drop=True)
    return out


@dataclass(frozen=True, slots=True)
class Freshness:
    """How complete the figures of a period are. Account-days: `expected` = `covered` + the rest by state.

    `last_day`: newest Shanghai day with a post in scope; `updated_at`: when anything last came in (aware UTC).
    """

    last_day: date | None
    updated_at: datetime | None
    expected: int
    covered: int
    failed: int
    expired: int
    pending: int
    unknown: int

    @property
    def share(self) -> float | None:
        """Known account-days as a fraction of all."""
        return share(self.covered, self.expected)

    @property
    def words(self) -> str:
        """One sentence: up to when, how complete, and what is missing."""
        if self.last_day is None:
            return "所选范围还没有账号数据"
        parts = [f"数据截至 {self.last_day:%Y-%m-%d}"]
        if self.share is not None:
            parts.append(f"账号日覆盖率 {self.share * 100:.1f}%")
        lacking = [f"{name} {n} 账号日" for name, n in (
            ("采集失败", self.failed), ("凭据失效", self.expired), ("待平台公布", self.pending),
            ("无采集记录", self.unknown)) if n]
        return "，".join(parts) + (f"（{'、'.join(lacking)}）" if lacking else "")


def freshness(session: Session, where: Filter) -> Freshness:
    """Coverage of the period's account-days; those before an account was opened or after it was closed don't count."""
    ids = totals.meant(session, where)
    last_day = session.execute(
        select(func.max(AccountDay.day)).where(AccountDay.account_id.in_(ids), AccountDay.basis == "latest",
                                               AccountDay.posts > 0)
    ).scalar()
    expected = sum(
        max((min(where.end, closed or where.end) - max(where.start, opened or where.start)).days + 1, 0)
        for opened, closed in session.execute(select(Account.opened_on, Account.closed_on).where(Account.id.in_(ids)))
    )
    known = totals.known_days(ids, where.start, where.end).subquery()
    alive = (
        select(func.count()).select_from(known).join(Account, Account.id == known.c.account_id)
        .where(or_(Account.opened_on.is_(None), known.c.day >= Account.opened_on),
               or_(Account.closed_on.is_(None), known.c.day <= Account.closed_on))
    )
    covered = session.execute(alive).scalar()
    states = dict(session.execute(
        select(Coverage.state, func.count()).where(
            Coverage.account_id.in_(ids), Coverage.day.between(where.start, where.end),
            ~Coverage.state.in_(KNOWN_STATES),
            ~select(AccountDay.account_id).where(
                AccountDay.account_id == Coverage.account_id, AccountDay.day == Coverage.day,
                AccountDay.basis == "latest", AccountDay.posts > 0).exists(),
        ).group_by(Coverage.state)
    ).all())
    failed, expired, pending = (states.get(name, 0) for name in ("failed", "expired", "pending"))
    unknown = max(expected - covered - failed - expired - pending, 0)
    return Freshness(last_day, db.stamped_at(session), expected, covered, failed, expired, pending, unknown)
