"""Whether the figures can be relied on: the checks before a month is closed, each with what it found.

A check says how many cases it looked at and how many are not right; `found` lists them. What can't be checked, for want
of data, says so and is neither right nor wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session

from core import clock, labels
from core.counts import FALL_LEAST, FALL_SHARE, tolerated
from core.db import chunks, summed
from core.labels import COUNTERS
from core.metrics.growth import share
from core.models import (
    COUNTER_NAMES,
    Account,
    AccountDay,
    AppReading,
    Capture,
    FollowerReading,
    Notice,
    Platform,
    Post,
    Reading,
    Rejected,
    Run,
    Source,
)
from core.query import exactness, sums, totals
from core.query.scope import Filter

GONE_REACH = timedelta(days=62)
"""A post that is older is no longer read again, so that its end can't be noticed."""
SHOWN = 500
"""Cases listed of one check; the check's figure counts all of them."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check's outcome. `checked` cases of which `wrong` are not right; `unit` is what a case is."""

    key: str
    name: str
    rule: str
    unit: str
    checked: int
    wrong: int

    @property
    def state(self) -> str:
        """In words: nothing to check, all right, or to be looked at."""
        if not self.checked:
            return "无可核对数据"
        some, none = ("有", "无") if self.key in _NEUTRAL else ("需核对", "通过")
        return some if self.wrong else none

    @property
    def share(self) -> float | None:
        """What is not right as a fraction of what was looked at."""
        return share(self.wrong, self.checked)


_NEUTRAL = ("bounds", "corrections", "gone")
"""Checks that count what is to be known, which is no fault."""


def checks(session: Session, where: Filter) -> tuple[Check, ...]:
    """Every check of the period and scope, in the order in which they are worked through."""
    return tuple(_CHECKS[key][0](session, where) for key in _CHECKS)


def found(session: Session, where: Filter, key: str) -> pd.DataFrame:
    """The cases that a check is about, at most SHOWN; columns differ by check (core.ui.quality names them). Raises
    KeyError for an unknown check."""
    return _CHECKS[key][1](session, where)


# --- (a) Complete ---------------------------------------------------------------------------------------------------


def _with_followers(session: Session, where: Filter) -> dict[int, tuple[str, str, int, int]]:
    """Accounts of which followers are expected: id → (name, platform, first and last place of a day that counts). Those
    in operation, on the platforms of which any account's followers have ever been read."""
    yields = select(Account.platform).join(FollowerReading, FollowerReading.account_id == Account.id)
    platforms = [
        code for code in session.execute(select(Platform.code)).scalars()
        if session.execute(yields.where(Account.platform == code).limit(1)).first()
    ]
    query = (
        select(Account.id, Account.name, Platform.name, Account.opened_on, Account.closed_on)
        .join(Platform, Platform.code == Account.platform)
        .where(Account.id.in_(totals.meant(session, where)), Account.state == "normal",
               Account.platform.in_(platforms))
    )
    out = {}
    for id_, name, platform, opened, closed in session.execute(query):
        first = max((opened - where.start).days, 0) if opened else 0
        last = min((closed - where.start).days, where.days - 1) if closed else where.days - 1
        if first <= last:
            out[id_] = (name, platform, first, last)
    return out


def _follower_days(session: Session, where: Filter) -> dict[int, set[int]]:
    query = select(AccountDay.account_id, AccountDay.day).where(
        AccountDay.account_id.in_(totals.meant(session, where)), totals.within("latest", where.start, where.end),
        AccountDay.followers.is_not(None),
    )
    read: dict[int, set[int]] = {}
    for account_id, day in session.execute(query):
        read.setdefault(account_id, set()).add((day - where.start).days)
    return read


def _followers_check(session: Session, where: Filter) -> Check:
    owned, read = _with_followers(session, where), _follower_days(session, where)
    checked = sum(last - first + 1 for _, _, first, last in owned.values())
    there = sum(first <= n <= last for id_, (_, _, first, last) in owned.items() for n in read.get(id_, ()))
    return Check("followers", "粉丝数逐日齐全", "在用账号每天应有一个粉丝读数", "账号日", checked, checked - there)


def _followers_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, missing (days), first, last (missing day), read (days with a reading)."""
    read = _follower_days(session, where)
    rows = []
    for id_, (name, platform, first, last) in _with_followers(session, where).items():
        mine = read.get(id_, set())
        if lacking := [n for n in range(first, last + 1) if n not in mine]:
            rows.append({
                "account_id": id_, "account": name, "platform": platform, "missing": len(lacking),
                "first": where.start + timedelta(lacking[0]), "last": where.start + timedelta(lacking[-1]),
                "read": len(mine),
            })
    rows.sort(key=lambda r: (-r["missing"], r["account"], r["account_id"]))
    return pd.DataFrame(rows[:SHOWN], columns=["account_id", "account", "platform", "missing", "first", "last", "read"])


def _countable(session: Session) -> list[str]:
    """Platforms whose posts have counters at all."""
    return [p.code for p in session.execute(select(Platform)).scalars() if p.counters]


def _posts_meant(session: Session, where: Filter) -> object:
    return and_(Post.account_id.in_(totals.meant(session, where)), Post.day.between(where.start, where.end))


_UNREAD = ~select(Reading.id).where(Reading.post_id == Post.id).exists()


def _readings_check(session: Session, where: Filter) -> Check:
    query = (
        select(func.count(), func.coalesce(func.sum(case((_UNREAD, 1), else_=0)), 0)).select_from(Post)
        .join(Account, Account.id == Post.account_id)
        .where(_posts_meant(session, where), Account.platform.in_(_countable(session)))
    )
    checked, wrong = session.execute(query).one()
    return Check("readings", "帖文均有读数", "每篇已发布帖文至少有一次读数", "篇", checked, int(wrong))


def _readings_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, day, title, url."""
    return totals.read(session, (
        select(Account.id.label("account_id"), Account.name.label("account"), Platform.name.label("platform"), Post.day,
               Post.title, Post.url)
        .join(Account, Account.id == Post.account_id).join(Platform, Platform.code == Account.platform)
        .where(_posts_meant(session, where), Account.platform.in_(_countable(session)), _UNREAD)
        .order_by(Post.day.desc(), Post.id.desc()).limit(SHOWN)
    ))


# --- (b) Followers add up -------------------------------------------------------------------------------------------


def _identities(session: Session, where: Filter) -> list[dict]:
    """Pairs of days in a row of which followers, new and lost are all exact."""
    query = (
        select(AccountDay.account_id, Account.name, Platform.name, AccountDay.day, AccountDay.followers,
               AccountDay.followers_new, AccountDay.followers_lost)
        .join(Account, Account.id == AccountDay.account_id).join(Platform, Platform.code == Account.platform)
        .where(AccountDay.account_id.in_(totals.meant(session, where)),
               totals.within("latest", where.start - timedelta(1), where.end), AccountDay.followers.is_not(None),
               AccountDay.followers_slack == 0)
        .order_by(AccountDay.account_id, AccountDay.day)
    )
    rows, before = [], None
    for row in session.execute(query):
        account_id, name, platform, day, followers, new, lost = row
        if before and before[:2] == (account_id, day - timedelta(1)) and new is not None and lost is not None:
            rows.append({
                "account_id": account_id, "account": name, "platform": platform, "day": day, "before": before[2],
                "followers": followers, "new": new, "lost": lost, "difference": followers - before[2] - (new - lost),
            })
        before = (account_id, day, followers)
    return rows


def _identity_check(session: Session, where: Filter) -> Check:
    rows = _identities(session, where)
    return Check("identity", "粉丝增减相符", "当日粉丝数 − 前日粉丝数 = 新增 − 取消", "账号日", len(rows),
                 sum(row["difference"] != 0 for row in rows))


def _identity_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, day, before, followers, new, lost, difference."""
    rows = [row for row in _identities(session, where) if row["difference"]]
    rows.sort(key=lambda r: -abs(r["difference"]))
    return pd.DataFrame(rows[:SHOWN], columns=["account_id", "account", "platform", "day", "before", "followers", "new",
                                               "lost", "difference"])


def _months_check(session: Session, where: Filter) -> Check:
    checked, wrong = sums.held(session, where)
    rule = "所涉各月：逐日汇总之和 = 当月汇总（发布数和各项读数，两种口径）"
    return Check("months", "各日之和等于月值", rule, "个数字", checked, len(wrong))


def _months_found(session: Session, where: Filter) -> pd.DataFrame:
    """As core.query.sums.COLUMNS; the greatest difference first."""
    rows = sorted(sums.held(session, where)[1], key=lambda r: -abs(r["difference"]))
    return pd.DataFrame(rows[:SHOWN], columns=list(sums.COLUMNS))


def _published_check(session: Session, where: Filter) -> Check:
    rows = sums.published(session, where)
    return Check("published", "发布数与平台日汇总相符", "平台自己公布的当日发布数 = 采集到的当日帖文数", "账号日",
                 len(rows), sum(row["difference"] != 0 for row in rows))


def _published_found(session: Session, where: Filter) -> pd.DataFrame:
    """As `sums.published`, those that differ; the greatest difference first."""
    rows = sorted((row for row in sums.published(session, where) if row["difference"]),
                  key=lambda r: -abs(r["difference"]))
    return _timed(pd.DataFrame(rows[:SHOWN], columns=[
        "account_id", "account", "platform", "day", "stated", "posts", "difference", "observed_at", "capture_id",
    ]), "observed_at")


# --- (c) Counters don't fall ----------------------------------------------------------------------------------------


def _falls(session: Session, where: Filter) -> list[dict]:
    names = _present(session, where)
    if not names:
        return []
    window = {"partition_by": Reading.post_id, "order_by": Reading.observed_at}
    before = [func.lag(getattr(Reading, name)).over(**window).label(f"{name}_was") for name in names]
    r = (
        select(Reading.id, func.lag(Reading.id).over(**window).label("id_was"),
               *(getattr(Reading, name) for name in names), *before)
        .join(Post, Post.id == Reading.post_id).where(_posts_meant(session, where)).subquery()
    )
    pairs = session.execute(
        select(r.c.id, r.c.id_was).where(or_(*(r.c[name] < r.c[f"{name}_was"] for name in names)))
    ).all()
    rows = []
    for part in chunks(pairs, 400):
        found = {reading.id: reading for reading in session.execute(
            select(Reading).where(Reading.id.in_([id_ for pair in part for id_ in pair]))
        ).scalars()}
        of = (
            select(Post, Account.name, Platform.name).join(Account, Account.id == Post.account_id)
            .join(Platform, Platform.code == Account.platform)
            .where(Post.id.in_({reading.post_id for reading in found.values()}))
        )
        posts = {post.id: (post, account, platform) for post, account, platform in session.execute(of)}
        for id_, id_was in part:
            reading, was = found[id_], found[id_was]
            post, account, platform = posts[reading.post_id]
            rows += [
                {
                    "account_id": post.account_id, "account": account, "platform": platform, "day": post.day,
                    "title": post.title, "counter": COUNTERS[name], "before": was.counter(name).value,
                    "after": reading.counter(name).value,
                    "fall": was.counter(name).value - reading.counter(name).value,
                    "observed_at": reading.observed_at, "capture_id": reading.capture_id, "post_id": post.id,
                }
                for name in names if not tolerated(was.counter(name), reading.counter(name))
            ]
    return rows


def _present(session: Session, where: Filter) -> list[str]:
    """The counters that any post of the period has: a window over all nine would take twice as long."""
    query = select(*(summed(getattr(AccountDay, f"{name}_known")) for name in COUNTER_NAMES)).where(
        AccountDay.account_id.in_(totals.meant(session, where)), totals.within("latest", where.start, where.end)
    )
    return [name for name, known in zip(COUNTER_NAMES, session.execute(query).one(), strict=True) if known]


def _falls_check(session: Session, where: Filter) -> Check:
    checked = session.execute(
        select(func.count()).select_from(Reading).join(Post, Post.id == Reading.post_id)
        .where(_posts_meant(session, where))
    ).scalar()
    rule = f"同一帖文的累计读数不应回落（容差 {FALL_SHARE:.0%} 或 {FALL_LEAST}）"
    return Check("falls", "累计读数不回落", rule, "次读数", checked, len(_falls(session, where)))


def _falls_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, day, title, counter (in words), before, after, fall, observed_at, capture_id,
    post_id; the largest fall first."""
    rows = sorted(_falls(session, where), key=lambda r: (-r["fall"], r["post_id"]))
    return _timed(pd.DataFrame(rows[:SHOWN], columns=[
        "account_id", "account", "platform", "day", "title", "counter", "before", "after", "fall", "observed_at",
        "capture_id", "post_id",
    ]), "observed_at")


# --- (e) Lower bounds, (f) corrections, posts that are gone ---------------------------------------------------------


def _bounds_check(session: Session, where: Filter) -> Check:
    frame = exactness.told(session, where)
    rule = "平台只给出“10万+”一类下限，或“1.2万”一类约数的读数"
    return Check("bounds", "下限和约数", rule, "项", int(frame["known"].sum()),
                 int(frame["capped"].sum() + frame["rounded"].sum()))


def _bounds_found(session: Session, where: Filter) -> pd.DataFrame:
    frame = exactness.told(session, where)
    return frame[frame["capped"] + frame["rounded"] > 0].reset_index(drop=True)


def _corrected(session: Session, where: Filter, limit: int | None = None) -> list[dict]:
    """Readings with a reason: account_id, account, platform, day, what, reason, observed_at, capture_id, and for posts
    post_id and reading_id."""
    ids = totals.meant(session, where)
    base = [Account.id.label("account_id"), Account.name.label("account"), Platform.name.label("platform")]
    of_posts = (
        select(*base, Post.day, Post.title.label("what"), Reading.reason, Reading.observed_at, Reading.capture_id,
               Post.id.label("post_id"), Reading.id.label("reading_id"))
        .join(Post, Post.account_id == Account.id).join(Platform, Platform.code == Account.platform)
        .join(Reading, Reading.post_id == Post.id).where(_posts_meant(session, where), Reading.reason != "")
        .order_by(Reading.observed_at.desc()).limit(limit)
    )
    rows = [dict(row) for row in session.execute(of_posts).mappings()]
    for table, what in ((FollowerReading, "粉丝数"), (AppReading, "APP 日数据")):
        of_days = (
            select(*base, table.day, table.reason, table.observed_at, table.capture_id)
            .join(table, table.account_id == Account.id).join(Platform, Platform.code == Account.platform)
            .where(Account.id.in_(ids), table.day.between(where.start, where.end), table.reason != "")
            .order_by(table.observed_at.desc()).limit(limit)
        )
        rows += [dict(row) | {"what": what} for row in session.execute(of_days).mappings()]
    return rows


def _corrections_check(session: Session, where: Filter) -> Check:
    readings = session.execute(
        select(func.count()).select_from(Reading).join(Post, Post.id == Reading.post_id)
        .where(_posts_meant(session, where))
    ).scalar()
    for table in (FollowerReading, AppReading):
        readings += session.execute(select(func.count()).select_from(table).where(
            table.account_id.in_(totals.meant(session, where)), table.day.between(where.start, where.end)
        )).scalar()
    return Check("corrections", "更正", "平台或人工更正过的读数，原值保留", "次读数", readings,
                 len(_corrected(session, where)))


def _corrections_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, day, what, reason, change (old → new in words), observed_at, capture_id."""
    rows = sorted(_corrected(session, where, SHOWN), key=lambda r: r["observed_at"], reverse=True)[:SHOWN]
    for row in rows:
        row["change"] = _change(session, row)
    return _timed(pd.DataFrame(rows, columns=["account_id", "account", "platform", "day", "what", "reason", "change",
                                              "observed_at", "capture_id"]), "observed_at")


def _change(session: Session, row: dict) -> str:
    """What a correction changed, in words: `阅读数 100 → 98`."""
    if row.get("reading_id"):
        table, same = Reading, [Reading.post_id == row["post_id"]]
        words: dict[str, str] = COUNTERS
    elif row["what"] == "粉丝数":
        table = FollowerReading
        words = {"followers": "粉丝数", "new": "新增", "lost": "取消"}
        same = [table.account_id == row["account_id"], table.day == row["day"]]
    else:
        table = AppReading
        words = {"active_users": "活跃用户", "new_users": "新增用户", "total_users": "累计用户", "launches": "启动次数",
                 "downloads": "下载量", "rating": "评分"}
        same = [table.account_id == row["account_id"], table.day == row["day"]]
    last = session.execute(
        select(table).where(*same, table.observed_at <= row["observed_at"]).order_by(table.observed_at.desc()).limit(2)
    ).scalars().all()
    if len(last) < 2:
        return ""
    return "，".join(
        f"{word} {_text(getattr(last[1], name))} → {_text(getattr(last[0], name))}"
        for name, word in words.items() if getattr(last[1], name) != getattr(last[0], name)
    )


def _text(value: int | float | None) -> str:
    return labels.MISSING if value is None else f"{value:,}"


def _vanished(session: Session, where: Filter) -> object:
    """Posts of the period that are gone, and older ones whose end was noticed in it."""
    noticed = and_(Post.gone_at >= clock.instant(where.start), Post.gone_at < clock.instant(where.end + timedelta(1)))
    return and_(
        Post.account_id.in_(totals.meant(session, where)), Post.gone_at.is_not(None),
        Post.day.between(where.start - GONE_REACH, where.end), or_(Post.day >= where.start, noticed),
    )


def _gone_check(session: Session, where: Filter) -> Check:
    checked = session.execute(select(func.count()).select_from(Post).where(_posts_meant(session, where))).scalar()
    wrong = session.execute(select(func.count()).select_from(Post).where(_vanished(session, where))).scalar()
    return Check("gone", "已删除帖文", "发布后在平台上已不存在的帖文，仍计入发布数", "篇", max(checked, wrong), wrong)


def _gone_found(session: Session, where: Filter) -> pd.DataFrame:
    """account_id, account, platform, day, title, published_at, last_seen_at, gone_at, request and capture_id of the
    answer that no longer had it (empty where none is kept), post_id; the newest end first."""
    query = (
        select(Account.id.label("account_id"), Account.name.label("account"), Platform.name.label("platform"), Post.day,
               Post.title, Post.published_at, Post.last_seen_at, Post.gone_at, Post.id.label("post_id"),
               Account.platform.label("code"))
        .join(Account, Account.id == Post.account_id).join(Platform, Platform.code == Account.platform)
        .where(_vanished(session, where)).order_by(Post.gone_at.desc(), Post.id.desc()).limit(SHOWN)
    )
    rows = [dict(row) for row in session.execute(query).mappings()]
    # A post's end carries the very moment of the answer that showed it.
    moments = sorted({row["gone_at"] for row in rows})
    answers: dict[tuple, list] = {}
    if moments:
        asked = (
            select(Capture.fetched_at, Capture.id, Capture.request, Source.account_id, Source.platform)
            .join(Source, Source.id == Capture.source_id)
            .where(Capture.fetched_at.in_(moments)).order_by(Capture.id)
        )
        for at, capture_id, request, account_id, platform in session.execute(asked):
            answers.setdefault((at, account_id), []).append((capture_id, request))
            answers.setdefault((at, platform), []).append((capture_id, request))
    for row in rows:
        told = answers.get((row["gone_at"], row["account_id"])) or answers.get((row["gone_at"], row["code"]))
        row["capture_id"], row["request"] = told[-1] if told else (None, "")
    return _timed(pd.DataFrame(rows, columns=[
        "account_id", "account", "platform", "day", "title", "published_at", "last_seen_at", "gone_at", "request",
        "capture_id", "post_id",
    ]), "published_at", "last_seen_at", "gone_at")


# --- What was set aside ---------------------------------------------------------------------------------------------


def _runs_meant(where: Filter) -> object:
    """Runs of the period; of a filtered platform's sources where there is such a filter."""
    first, end = clock.instant(where.start), clock.instant(where.end + timedelta(1))
    during = and_(Run.started_at >= first, Run.started_at < end)
    if not where.platforms:
        return during
    return and_(during, Run.source_id.in_(select(Source.id).where(Source.platform.in_(where.platforms))))


def _rejects_check(session: Session, where: Filter) -> Check:
    query = select(
        func.coalesce(func.sum(Run.new_rows + Run.known_rows + Run.rejected_rows), 0),
        func.coalesce(func.sum(Run.rejected_rows), 0),
    ).where(_runs_meant(where), Run.job.in_(("collect", "import")))
    checked, wrong = session.execute(query).one()
    return Check("rejects", "不合格的条目", "采集和导入时因内容有误而搁置的条目", "条", int(checked), int(wrong))


def _rejects_found(session: Session, where: Filter) -> pd.DataFrame:
    """source, field, reason, rows, last_at, run_id (the newest such run); the most frequent first."""
    query = (
        select(Source.name.label("source"), Rejected.field, Rejected.reason, func.count().label("rows"),
               func.max(Run.started_at).label("last_at"), func.max(Run.id).label("run_id"))
        .join(Run, Run.id == Rejected.run_id).outerjoin(Source, Source.id == Run.source_id)
        .where(_runs_meant(where)).group_by(Source.name, Rejected.field, Rejected.reason)
        .order_by(func.count().desc(), func.max(Run.id).desc()).limit(SHOWN)
    )
    frame = totals.read(session, query)
    frame["source"] = [name or "文件导入" for name in frame["source"]]
    return _timed(frame, "last_at")


_CHECKS: dict[str, tuple[Callable[[Session, Filter], Check], Callable[[Session, Filter], pd.DataFrame]]] = {
    "followers": (_followers_check, _followers_found),
    "readings": (_readings_check, _readings_found),
    "identity": (_identity_check, _identity_found),
    "months": (_months_check, _months_found),
    "published": (_published_check, _published_found),
    "falls": (_falls_check, _falls_found),
    "bounds": (_bounds_check, _bounds_found),
    "corrections": (_corrections_check, _corrections_found),
    "gone": (_gone_check, _gone_found),
    "rejects": (_rejects_check, _rejects_found),
}


def _timed(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in columns})


# --- Notices --------------------------------------------------------------------------------------------------------


def notices(session: Session, source_id: int | None = None, *, closed: bool = False, limit: int = 200) -> pd.DataFrame:
    """Notices of all sources or of one: those that wait for a person, or (`closed`) those put away and recoveries.

    Columns: notice_id, at, kind, kind_name, title, note, source_id, account_id, edition_id,
    closed_at, closed_by; newest first.
    """
    waiting = and_(Notice.closed_at.is_(None), Notice.kind != "recovered")
    query = select(
        Notice.id.label("notice_id"), Notice.at, Notice.kind, Notice.title, Notice.note, Notice.source_id,
        Notice.account_id, Notice.edition_id, Notice.closed_at, Notice.closed_by,
    ).where(~waiting if closed else waiting).order_by(Notice.at.desc(), Notice.id.desc()).limit(limit)
    if source_id is not None:
        query = query.where(Notice.source_id == source_id)
    frame = totals.read(session, query)
    frame["kind_name"] = [labels.NOTICES.get(kind, kind) for kind in frame["kind"]]
    return _timed(frame, "at", "closed_at")
