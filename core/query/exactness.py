"""How many figures are only bounds or rounded, as their platforms print them."""

import pandas as pd
from sqlalchemy import and_, func, select
from sqlmodel import Session

from core.db import summed
from core.labels import COUNTERS
from core.metrics.growth import share
from core.models import COUNTER_NAMES, Account, AccountDay, Platform, Post, Reading
from core.query import totals
from core.query.scope import Filter


def told(session: Session, where: Filter) -> pd.DataFrame:
    """platform, counter (in words), known, capped, rounded, share (of both): newest values of the period's posts."""
    parts = [summed(getattr(AccountDay, f"{name}{part}")).label(f"{name}{part}")
             for name in COUNTER_NAMES for part in ("_known", "_capped", "_tolerance")]
    query = (
        select(Platform.code, Platform.name.label("platform"), *parts)
        .join(Account, Account.id == AccountDay.account_id).join(Platform, Platform.code == Account.platform)
        .where(AccountDay.account_id.in_(totals.meant(session, where)),
               totals.within("latest", where.start, where.end))
        .group_by(Platform.code, Platform.name, Platform.sort).order_by(Platform.sort)
    )
    rows = session.execute(query).mappings().all()
    vague = [name for name in COUNTER_NAMES if any(row[f"{name}_tolerance"] for row in rows)]
    rounded = _rounded(session, where, vague) if vague else {}
    found = [
        {"platform": row["platform"], "counter": word, "known": int(row[f"{name}_known"]),
         "capped": int(row[f"{name}_capped"]), "rounded": rounded.get((row["code"], name), 0)}
        for row in rows for name, word in COUNTERS.items() if row[f"{name}_known"]
    ]
    for row in found:
        row["share"] = share(row["capped"] + row["rounded"], row["known"])
    return pd.DataFrame(found, columns=["platform", "counter", "known", "capped", "rounded", "share"])


def _rounded(session: Session, where: Filter, names: list[str]) -> dict[tuple[str, str], int]:
    """How many posts' newest values are rounded (1.2万), by platform and counter."""
    mine = and_(Post.account_id.in_(totals.meant(session, where)), Post.day.between(where.start, where.end))
    newest = select(Reading.post_id, func.max(Reading.observed_at).label("at")).join(
        Post, Post.id == Reading.post_id).where(mine).group_by(Reading.post_id).subquery()
    counts = [func.count().filter(getattr(Reading, f"{name}_slack") > 0).label(name) for name in names]
    query = select(Account.platform, *counts).select_from(Reading).join(
        newest, and_(newest.c.post_id == Reading.post_id, newest.c.at == Reading.observed_at)
    ).join(Post, Post.id == Reading.post_id).join(Account, Account.id == Post.account_id).group_by(Account.platform)
    return {(row["platform"], name): int(row[name]) for row in session.execute(query).mappings() for name in names}
