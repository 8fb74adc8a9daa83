"""关注方案 as the office keeps them: made, changed, tried out on what is stored, and judged by people's marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import and_, delete, func, select
from sqlmodel import Session

from core import audit, db, sift, unsifted
from core.faults import BadInput
from core.models import Mention, Platform, Source, Watch, WatchHit, WatchMark
from core.opinion.watch import parse, said

TRIED = 20_000
"""Newest mentions of the period on which a query is tried out."""
_NAME = 40


@dataclass(frozen=True, slots=True)
class Trial:
    """A query tried out: what it asks for (Chinese), how many mentions were looked at and met it, the first of them
    (mention_id, title, published_at, platform, source, why)."""

    said: str
    looked: int
    met: int
    frame: pd.DataFrame


def save(
    session: Session, name: str, query: str, *, id_: int | None = None, note: str = "", enabled: bool = True,
    marks: Mapping[int, bool] | None = None, who: str, now: datetime, demo: bool = False,
) -> Watch:
    """Add a watch, or change the one of that id; what came in of late is matched anew. `marks`: what a person said of
    mentions that a trial of this query found; `demo`: it is the sample district's. Raises BadInput for a query that
    cannot be read, a name that is empty, too long or taken, an id that is gone. The caller commits."""
    name = " ".join(name.split())
    if not name or len(name) > _NAME:
        raise BadInput(f"方案名称应有 1 到 {_NAME} 个字")
    tree = parse(query)
    taken = session.execute(select(Watch.id).where(Watch.name == name)).scalar()
    if taken is not None and taken != id_:
        raise BadInput(f"已有方案“{name}”，请换一个名称")
    made = Watch(name=name, query=query, at=now) if id_ is None else session.get(Watch, id_)
    if made is None:
        raise BadInput("这个方案不存在，可能已被删除，请刷新页面")
    before = (made.query, made.enabled) if id_ is not None else None
    made.name, made.query, made.note, made.enabled, made.at, made.who = name, query, note, enabled, now, who
    made.demo = demo
    session.add(made)
    session.flush()
    if before != (query, enabled):
        if before and not enabled:
            session.execute(delete(WatchHit).where(WatchHit.watch_id == made.id))
        else:
            unsifted.again(session, now)
    _mark(session, made.id, marks or {}, who, now)
    audit.note(session, who, "新增关注方案" if id_ is None else "修改关注方案", name, said(tree))
    db.bump(session, now)
    return made


def forget_sample(session: Session) -> bool:
    """Take the sample district's watches out with what they found, but for those that the office has changed; whether
    there were any. The caller commits."""
    # Held from here on, that what is being sifted does not find anything for them.
    ids = session.execute(select(Watch.id).where(Watch.demo.is_(True)).with_for_update()).scalars().all()
    for table in (WatchHit, WatchMark):
        session.execute(delete(table).where(table.watch_id.in_(ids)))
    return session.execute(delete(Watch).where(Watch.id.in_(ids))).rowcount > 0


def remove(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Delete a watch with what it found and the marks on it. Raises BadInput where it is gone. The caller commits."""
    made = session.get(Watch, id_, with_for_update=True)  # that what is being sifted finds nothing more for it
    if made is None:
        raise BadInput("这个方案不存在，可能已被删除，请刷新页面")
    for table in (WatchHit, WatchMark):
        session.execute(delete(table).where(table.watch_id == id_))
    audit.note(session, who, "删除关注方案", made.name, made.query)
    session.delete(made)
    db.bump(session, now)


def mark(
    session: Session, watch: int, mention: int, right: bool | None, *, who: str, now: datetime
) -> None:
    """Keep a person's word on whether a mention belongs to a watch; None takes it back. Raises BadInput where the
    mention does not meet the watch. The caller commits."""
    if not session.get(WatchHit, (watch, mention)):
        raise BadInput("这条内容已不符合这个方案，请刷新页面")
    if right is None:
        session.execute(delete(WatchMark).where(WatchMark.watch_id == watch, WatchMark.mention_id == mention))
    else:
        _mark(session, watch, {mention: right}, who, now)
    db.bump(session, now)


def _mark(session: Session, watch: int, marks: Mapping[int, bool], who: str, now: datetime) -> None:
    rows = [{"watch_id": watch, "mention_id": mention, "right": right, "at": now, "who": who}
            for mention, right in marks.items()]
    db.upsert(session, WatchMark, rows, ["watch_id", "mention_id"], ["right", "at", "who"])


def hits(session: Session, watch: int, limit: int = 200) -> pd.DataFrame:
    """The newest mentions that meet a watch: mention_id, title, published_at, platform, source, why, url, right (a
    person's mark; missing without)."""
    rows = session.execute(
        select(Mention.id, Mention.title, Mention.published_at, func.coalesce(Platform.name, Mention.platform),
               Source.name, WatchHit.why, Mention.url, WatchMark.right)
        .join(WatchHit, WatchHit.mention_id == Mention.id).join(Source, Source.id == Mention.source_id)
        .outerjoin(Platform, Platform.code == Mention.platform)
        .outerjoin(WatchMark, and_(WatchMark.watch_id == WatchHit.watch_id, WatchMark.mention_id == Mention.id))
        .where(WatchHit.watch_id == watch).order_by(Mention.published_at.desc()).limit(limit)).all()
    return pd.DataFrame(rows, columns=["mention_id", "title", "published_at", "platform", "source", "why", "url",
                                       "right"])


def listed(session: Session) -> pd.DataFrame:
    """Every watch: id, name, query, said, fault (why the query cannot be read any more; "" where it can: then there is
    no `said`), note, enabled, hits (mentions that meet it), marked, precision (share of the marked ones that are right;
    missing without marks), at, who."""
    hits = dict(session.execute(select(WatchHit.watch_id, func.count()).group_by(WatchHit.watch_id)).all())
    marks: dict[int, list[bool]] = {}
    for watch, right in session.execute(select(WatchMark.watch_id, WatchMark.right)):
        marks.setdefault(watch, []).append(right)
    rows = [
        {"id": one.id, "name": one.name, "query": one.query, "said": said(tree) if tree else "", "fault": fault,
         "note": one.note, "enabled": one.enabled, "hits": hits.get(one.id, 0), "marked": len(marks.get(one.id, ())),
         "precision": sum(marks[one.id]) / len(marks[one.id]) if one.id in marks else None, "at": one.at,
         "who": one.who}
        for one in session.execute(select(Watch).order_by(Watch.sort, Watch.name)).scalars()
        for tree, fault in [sift.readable(one.query)]
    ]
    return pd.DataFrame(rows, columns=["id", "name", "query", "said", "fault", "note", "enabled", "hits", "marked",
                                       "precision", "at", "who"])


def trial(session: Session, query: str, *, now: datetime, days: int = 30, shown: int = 200) -> Trial:
    """Try a query out on the mentions of the last so many days, without keeping anything. Places and units are not
    known to a trial: what asks for them is met by nothing. Raises BadInput for a query that cannot be read."""
    tree = parse(query)
    one = sift.watches_of(session, {0: tree})
    rows = session.execute(
        select(Mention.id, Mention.title, Mention.text, Mention.author, Mention.platform, Mention.published_at,
               Mention.figures, Mention.heat, Mention.fold_id, Platform.name.label("platform_name"),
               Source.name.label("source"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(*unsifted.since(now - timedelta(days=days)))
        .order_by(Mention.day.desc(), Mention.published_at.desc()).limit(TRIED)  # as the index has them
    ).all()
    spread = sift.reprints(session, [row.fold_id for row in rows])
    found = []
    for row in rows:
        if matches := one.match(sift.item_of(row, spread)):
            found.append({"mention_id": row.id, "title": row.title, "published_at": row.published_at,
                          "platform": row.platform_name or row.platform, "source": row.source, "why": matches[0].why})
    columns = ["mention_id", "title", "published_at", "platform", "source", "why"]
    return Trial(said(tree), len(rows), len(found), pd.DataFrame(found[:shown], columns=columns))
