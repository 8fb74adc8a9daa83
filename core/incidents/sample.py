"""Taking the sample district's incidents out: those that are about its mentions alone, and its mentions and topics in
others."""

from sqlalchemy import Select, delete, or_, select, union, update
from sqlmodel import Session

from core.db import chunks
from core.incidents import links
from core.models import (
    Alert,
    Incident,
    IncidentFile,
    IncidentMention,
    IncidentStep,
    IncidentTask,
    IncidentTie,
    IncidentTopic,
    Mention,
    MentionDeed,
    Source,
    Topic,
)

_QUIET = {"synchronize_session": False}


def forget_sample(session: Session) -> list[str]:
    """Delete them; what was merged into them stands by itself. Returns the hashes of attachments that nothing has any
    more, whose bytes may go once this is committed. The caller commits."""
    ids = list(session.execute(select(Incident.id).where(Incident.demo.is_(True)).with_for_update()).scalars())
    mentions = select(Mention.id).join(Source, Source.id == Mention.source_id).where(Source.demo.is_(True))
    _do(session, delete(IncidentMention).where(IncidentMention.mention_id.in_(mentions)))
    _do(session, delete(IncidentTopic).where(
        IncidentTopic.topic_id.in_(select(Topic.id).where(Topic.demo.is_(True)))))
    hashes: set[str] = set()
    for part in chunks(ids):
        for row in session.execute(select(Incident).where(
                Incident.alias_of.in_(part), Incident.demo.is_(False))).scalars().all():
            row.alias_of, row.closed_at = None, links.settled_at(session, row)
        session.flush()
        _do(session, update(Incident).where(Incident.alias_of.in_(part)).values(alias_of=None))
        _do(session, update(IncidentStep).where(IncidentStep.other_id.in_(part)).values(other_id=None))
        for table in (Alert, MentionDeed):
            _do(session, update(table).where(table.incident_id.in_(part)).values(incident_id=None))
        hashes |= set(session.execute(select(IncidentFile.sha256).where(IncidentFile.incident_id.in_(part))).scalars())
        _do(session, delete(IncidentTie).where(or_(
            IncidentTie.incident_id.in_(part), IncidentTie.other_id.in_(part))))
        for table in (IncidentFile, IncidentStep, IncidentTask, IncidentMention, IncidentTopic):
            _do(session, delete(table).where(table.incident_id.in_(part)))
    for part in chunks(ids):
        _do(session, delete(Incident).where(Incident.id.in_(part)))
    left = set(session.execute(select(IncidentFile.sha256)).scalars())
    return sorted(hashes - left)


def units() -> Select[tuple[int]]:
    """SELECT of the units that incidents have to do with."""
    named = union(*(select(table.unit_id).where(table.unit_id.is_not(None))
                    for table in (Incident, IncidentTask, IncidentStep))).subquery()
    return select(named.c.unit_id)


def _do(session: Session, statement) -> None:
    session.execute(statement.execution_options(**_QUIET))
