"""What the part 检查指标 shows of the local list: entries with their state, and posts that can be their evidence."""

from datetime import date

import pandas as pd
from sqlalchemy import Select, func, select
from sqlmodel import Session

from core.ledger import deductions as ledger
from core.metrics.deductions import Sheet
from core.models import Account, AccountDay, LocalMark, Platform, Post, Unit
from core.query import totals


def sheet(session: Session, day: date) -> Sheet | None:
    """The list in force on a day."""
    return ledger.in_force(session, day)


def versions(session: Session) -> list[ledger.Version]:
    """Every version of the list, the last to begin first."""
    return ledger.versions(session)


def posts_by_day(session: Session, ids: Select, first: date, last: date) -> dict[int, dict[date, int]]:
    """Account id → posts of each day that has some."""
    found: dict[int, dict[date, int]] = {}
    query = select(AccountDay.account_id, AccountDay.day, AccountDay.posts).where(
        AccountDay.account_id.in_(ids), totals.within("latest", first, last), AccountDay.posts > 0)
    for account_id, day, posts in totals.fetch(session, query):
        found.setdefault(account_id, {})[day] = posts
    return found


def marks(session: Session, first: date, last: date) -> pd.DataFrame:
    """Entries of a period, the newest day first, withdrawn ones too: id, account_id, account, unit, platform, day, item
    (its key), times, reason, evidence (in words), url, who, at, state (在用 or 已撤回), withdrawn (why, by whom)."""
    query = (
        select(LocalMark, Account.name, Unit.name, Platform.name, Post.title, Post.url)
        .join(Account, Account.id == LocalMark.account_id).join(Platform, Platform.code == Account.platform)
        .outerjoin(Unit, Unit.id == Account.unit_id)
        .outerjoin(Post, (Post.account_id == LocalMark.account_id) & (Post.external_id == LocalMark.post)
                   & (LocalMark.post != ""))
        .where(LocalMark.day.between(first, last)).order_by(LocalMark.day.desc(), LocalMark.id.desc())
    )
    rows = [{
        "id": mark.id, "account_id": mark.account_id, "account": account, "unit": unit or "", "platform": platform,
        "day": mark.day, "item": mark.item, "times": mark.times, "reason": mark.reason,
        "evidence": ledger.shown(mark, title, ""), "url": url or None, "who": mark.who, "at": mark.at,
        "state": "已撤回" if mark.withdrawn_at else "在用",
        "withdrawn": f"{mark.withdrawn_why}（{mark.withdrawn_by}）" if mark.withdrawn_at else "",
    } for mark, account, unit, platform, title, url in session.execute(query)]
    frame = pd.DataFrame(rows, columns=[
        "id", "account_id", "account", "unit", "platform", "day", "item", "times", "reason", "evidence", "url", "who",
        "at", "state", "withdrawn",
    ])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


def posts_of(session: Session, account_id: int, day: date) -> dict[str, str]:
    """The posts of an account on a day: id at the platform → title, or the beginning of the text."""
    query = select(Post.external_id, Post.title, func.substr(Post.text, 1, 60)).where(
        Post.account_id == account_id, Post.day == day).order_by(Post.published_at)
    return {external_id: title or text or external_id for external_id, title, text in session.execute(query)}
