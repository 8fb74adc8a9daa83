"""Notices: what the operator should know of without looking for it. One open notice for each source and kind.

A source that went quiet is told by its own rhythm: the days on which it brought nothing in a row, against the longest
such row of its recent past.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import func, select
from sqlmodel import Session

from core import audit, clock, db
from core.faults import BadInput
from core.models import Mention, Notice, Post, Source

LOOKBACK = 60
"""Days of the past that tell a source's rhythm."""
LEAST_ACTIVE = 5
"""Days with something that a source must have had before its silence means anything."""


def quiet_after(active: Iterable[date], since: date) -> int:
    """Days of silence that are out of a source's rhythm (pure): one and a half times the longest gap between two active
    days seen from `since` on, and at least two; 0 where too few days tell of no rhythm at all."""
    days = sorted(d for d in set(active) if d >= since)
    if len(days) < LEAST_ACTIVE:
        return 0
    longest = max((later - earlier).days - 1 for earlier, later in pairwise(days))
    return max(2, -(-longest * 3 // 2) + 1)


def raise_(session: Session, kind: str, source: Source, title: str, note: str, at: datetime) -> Notice | None:
    """Open a notice unless the same one is open; the caller commits."""
    if _open(session, kind, source.id):
        return None
    made = Notice(
        at=at, kind=kind, source_id=source.id, account_id=source.account_id, title=title, note=note, demo=source.demo
    )
    session.add(made)
    session.flush()
    return made


def needs_a_person(session: Session, source: Source, at: datetime) -> None:
    """A source whose fault waits for a person."""
    kind = "reauth" if source.fault == "REAUTH" else "stop"
    words = "授权失效" if kind == "reauth" else "采集停止"
    raise_(session, kind, source, f"“{source.name}”{words}", source.fault_note, at)


def recovered(session: Session, source: Source, at: datetime) -> None:
    """A source that works again: what was open of it is closed, and said."""
    closed = [n for kind in ("reauth", "stop") if (n := _open(session, kind, source.id))]
    for notice in closed:
        notice.closed_at, notice.closed_by = at, "系统"
        session.add(notice)
    if closed:
        _say_recovered(session, source, f"此前：{closed[0].title}", at)


def _say_recovered(session: Session, source: Source, note: str, at: datetime) -> None:
    session.add(Notice(
        at=at, kind="recovered", source_id=source.id, account_id=source.account_id,
        title=f"“{source.name}”已恢复", note=note, demo=source.demo,
    ))


def watch(session: Session, now: datetime) -> tuple[int, int]:
    """Look at every enabled source's rhythm: raise a notice where one went quiet, and one where it speaks again.
    Returns how many of each. The caller commits."""
    today = clock.day_of(now)
    since = today - timedelta(LOOKBACK)
    active = _active_days(session, since)
    quiet = back = 0
    for source in session.execute(select(Source).where(Source.enabled.is_(True))).scalars():
        days = active.get(source.id, set())
        limit = quiet_after(days, since)
        silence = (today - max(days)).days - 1 if days else 0
        if limit and silence >= limit:
            note = (
                f"已连续 {silence} 天没有新内容，按其近 {LOOKBACK} 天的规律，超过 {limit - 1} 天即属异常；"
                f"最近一次有内容是 {max(days):%Y-%m-%d}。请核对来源是否停更、改版或被限制。"
            )
            quiet += raise_(session, "quiet", source, f"“{source.name}”没有动静", note, now) is not None
        elif days and (open_one := _open(session, "quiet", source.id)):
            open_one.closed_at, open_one.closed_by = now, "系统"
            session.add(open_one)
            _say_recovered(session, source, f"自 {clock.local(open_one.at):%Y-%m-%d} 起没有动静，现已有新内容", now)
            back += 1
    return quiet, back


def put_away(session: Session, notice_id: int, *, who: str, now: datetime) -> None:
    """A person has seen to it. Raises BadInput for a notice that is no longer there."""
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise BadInput("这条通知不存在，可能已被处理，请刷新页面")
    if notice.closed_at is None:
        notice.closed_at, notice.closed_by = now, who or "系统"
        session.add(notice)
        audit.note(session, who, "处理通知", notice.title)
        db.bump(session, now)


def _open(session: Session, kind: str, source_id: int) -> Notice | None:
    query = select(Notice).where(Notice.kind == kind, Notice.source_id == source_id, Notice.closed_at.is_(None))
    return session.execute(query.limit(1)).scalar()


def _active_days(session: Session, since: date) -> dict[int, set[date]]:
    """Days on which each source brought something: what it said, or what its account published."""
    found: dict[int, set[date]] = {}
    mentions = select(Mention.source_id, Mention.day).where(Mention.day >= since).distinct()
    posts = (
        select(Source.id, Post.day)
        .join(Post, Post.account_id == Source.account_id)
        .where(Post.day >= since)
        .distinct()
    )
    for query in (mentions, posts):
        for source_id, day in session.execute(query):
            found.setdefault(source_id, set()).add(day)
    return found


def unread(session: Session) -> int:
    """How many notices are open that wait for a person."""
    query = select(func.count()).select_from(Notice).where(Notice.closed_at.is_(None), Notice.kind != "recovered")
    return int(session.execute(query).scalar() or 0)
