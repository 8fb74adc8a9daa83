"""Topics that incidents follow, when people merge them, take them apart again or split something off them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session

from core import db
from core.incidents import links, rows
from core.models import Incident, IncidentMention, IncidentTopic, Mention, Topic


def followers(session: Session, topic_id: int) -> list[int]:
    """The files that follow a topic."""
    return list(session.execute(select(IncidentTopic.incident_id).where(IncidentTopic.topic_id == topic_id)
                                .order_by(IncidentTopic.incident_id)).scalars())


def came_back(
    session: Session, young: Topic, living: Topic, mine: Iterable[int], theirs: Iterable[int], since: datetime, *,
    who: str, now: datetime,
) -> None:
    """Let the files that followed a topic (`mine`) before it was merged into the other do so again, as far as they
    still follow what it was merged into; `theirs`: those that had followed that one, too. What came into a file since
    by itself, because of the merge, is taken out of it."""
    kept = set(theirs)
    for id_ in mine:
        followed = set(session.execute(select(IncidentTopic.topic_id).where(
            IncidentTopic.incident_id == id_, IncidentTopic.topic_id.in_((young.id, living.id)))).scalars())
        if living.id not in followed or session.get(Incident, id_) is None:
            continue
        row = rows.hold(session, rows.head(session, id_))
        _follow(session, id_, young.id, who, now)
        out = ""
        if id_ not in kept:
            session.execute(delete(IncidentTopic).where(
                IncidentTopic.incident_id == id_, IncidentTopic.topic_id == living.id))
            gone = links.held(session, [id_], Mention.topic_id == living.id, IncidentMention.who == "",
                              IncidentMention.at >= since)
            moved = links.take_out(session, row, [id_], gone, who, now)
            out = f"，移出合并后自动归入的 {len(gone)} 条{moved}" if gone else ""
        rows.step(session, row, "link", who, now, before=f"话题“{living.title}”", after=f"话题“{young.title}”",
                  text=f"所跟踪的话题撤销合并，恢复跟踪原话题{out}", of=id_)
        session.add(row)


def parted(session: Session, topic: Topic, new: Topic, follow: bool, *, who: str, now: datetime) -> int:
    """Note in the open files that follow a topic that something was split off it; with `follow`, they follow that, too.
    Returns how many files there are."""
    files = followers(session, topic.id)
    open_ = _open(session, files)
    for id_ in open_:
        row = rows.hold(session, rows.head(session, id_))
        if follow:
            _follow(session, id_, new.id, who, now)
        what = "一并跟踪" if follow else "不跟踪，已归入的信息保留"
        rows.step(session, row, "link", who, now, text=f"所跟踪的话题“{topic.title}”分出“{new.title}”，{what}", of=id_)
    return len(open_)


def _open(session: Session, files: Sequence[int]) -> list[int]:
    return [id_ for id_ in files
            for head in [session.get(Incident, rows.head(session, id_))]
            if not head.withdrawn and head.stage != rows.STAGES[-1]]


def _follow(session: Session, incident_id: int, topic_id: int, who: str, now: datetime) -> None:
    db.upsert(session, IncidentTopic, [{"incident_id": incident_id, "topic_id": topic_id, "at": now, "who": who}],
              ["incident_id", "topic_id"])
