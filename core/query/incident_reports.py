"""What was reported about an incident, which report is next, and what has come since the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session

from core.incidents import CLOSED, family, head
from core.models import Edition, EditionFile, Incident, IncidentMention, Mention, MentionDeed
from core.query.corpus import Set
from core.query.incidents import File, Head, linked

KIND = "incident"
FIRST, FOLLOWING, FINAL = "快报", "续报", "终报"
"""The stages of reporting; 续报 are numbered: 续报1, 续报2."""


def scope_of(incident_id: int) -> str:
    """The scope of an incident's editions."""
    return f"incident:{incident_id}"


def incident_of(scope: str) -> int:
    """The incident of an edition's scope."""
    return int(scope.removeprefix("incident:"))


@dataclass(frozen=True, slots=True)
class Issued:
    """A report that was issued. `of`: title of the merged file that it was about, empty of the file itself."""

    id: int
    stage: str
    version: int
    title: str
    issued_at: datetime
    issued_by: str
    formats: tuple[str, ...]
    of: str


def issued(session: Session, incident_id: int) -> tuple[Issued, ...]:
    """The reports about an incident and the files that were merged into it, in the order in which they were issued."""
    top = head(session, incident_id)
    every = family(session, top)
    titles = dict(session.execute(select(Incident.id, Incident.title).where(Incident.id.in_(every))).all())
    of = {scope_of(id_): title if id_ != top else "" for id_, title in titles.items()}
    rows = session.execute(
        select(Edition.id, Edition.period, Edition.version, Edition.title, Edition.issued_at, Edition.issued_by,
               Edition.scope)
        .where(Edition.kind == KIND, Edition.scope.in_(of)).order_by(Edition.issued_at, Edition.id)).all()
    formats: dict[int, list[str]] = {}
    for id_, suffix in session.execute(select(EditionFile.edition_id, EditionFile.format).where(
            EditionFile.edition_id.in_([row[0] for row in rows])).order_by(EditionFile.format)):
        formats.setdefault(id_, []).append(suffix)
    return tuple(Issued(*row[:6], tuple(formats.get(row[0], ())), of[row[6]]) for row in rows)


def number_of(stage: str) -> int:
    """3 of 续报3; 0 of the others."""
    return int(stage.removeprefix(FOLLOWING) or 0) if stage.startswith(FOLLOWING) else 0


def offered(done: Sequence[Issued], one: Head) -> tuple[str, ...]:
    """The stages that can be issued now, the one that is due first; none of a withdrawn file.

    快报 comes first, then as many 续报 as are needed, each saying what is new since the report before it, then 终报.
    What was issued last can be issued again: it becomes the next version (更正) of that number. An earlier one can't:
    what is new goes into the next 续报. After 终报 only that can be put right, unless the file is open again.
    """
    if one.withdrawn:
        return ()
    own = [report for report in done if not report.of]
    closed = one.stage in CLOSED
    if not own:
        return (FINAL, FIRST) if closed else (FIRST,)
    last = own[-1].stage
    following = f"{FOLLOWING}{max(number_of(report.stage) for report in own) + 1}"
    if last == FINAL:
        return (FINAL,) if closed else (following, FINAL)
    return (FINAL, following, last) if closed else (following, FINAL, last)


def before(done: Sequence[Issued], stage: str) -> Issued | None:
    """The report that one of this stage goes on from: the last of another stage. None of the first."""
    own = [report for report in done if not report.of and report.stage != stage]
    return own[-1] if own else None


@dataclass(frozen=True, slots=True)
class Change:
    """The mentions of a file at a moment and now, as conditions on Mention: those that it had, that are new to it, of
    these the ones published since, that were taken out."""

    had: Set
    new: Set
    newer: Set
    gone: Set


def change(file: File, every: Sequence[int], since: datetime) -> Change:
    """What has changed in the file (`every`: its family) since that moment."""
    merged_since = {one.id for one in file.merged if one.at > since}
    then = _held([id_ for id_ in every if id_ not in merged_since], since)
    here = Mention.id.in_(linked(every))
    new = and_(here, Mention.id.not_in(then))
    return Change(Mention.id.in_(then), new, and_(new, Mention.published_at > since),
                  and_(Mention.id.in_(then), Mention.id.not_in(linked(every))))


def _held(files: Sequence[int], at: datetime) -> Select[tuple[int]]:
    """SELECT of the mentions that files held at a moment. A link tells when it was made last: one that has been taken
    out and brought back since was there if taking it out came first."""
    first = select(func.min(MentionDeed.id)).where(
        MentionDeed.kind == "incident", MentionDeed.incident_id.in_(files), MentionDeed.at > at
    ).group_by(MentionDeed.mention_id)
    out = select(MentionDeed.mention_id).where(MentionDeed.id.in_(first), MentionDeed.on.is_(False))
    return select(IncidentMention.mention_id).where(
        IncidentMention.incident_id.in_(files), or_(
            and_(IncidentMention.at <= at,
                 or_(IncidentMention.removed_at.is_(None), IncidentMention.removed_at > at)),
            and_(IncidentMention.at > at, IncidentMention.who != "", IncidentMention.mention_id.in_(out))))
