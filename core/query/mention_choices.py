"""What the filters of mentions offer: only what there is something of."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session

from core import district
from core.labels import FAMILIES
from core.models import Incident, Mention, MentionDay, Platform, Unit, Watch


@dataclass(frozen=True, slots=True)
class MentionChoices:
    """Platforms (code, name) and families (key, name) of which there are mentions, watches, units and open incidents
    (id, name), streets and towns."""

    platforms: tuple[tuple[str, str], ...]
    families: tuple[tuple[str, str], ...]
    watches: tuple[tuple[int, str], ...]
    units: tuple[tuple[int, str], ...]
    towns: tuple[str, ...]
    incidents: tuple[tuple[int, str], ...]


def choices(session: Session) -> MentionChoices:
    """What can be chosen now."""
    # Days are counted when a mention is understood, a little after it can be searched for.
    used = select(MentionDay.platform).union(select(Mention.platform).where(Mention.understood_at.is_(None)))
    platforms = session.execute(select(Platform.code, Platform.name, Platform.family).where(
        Platform.code.in_(used)).order_by(Platform.sort)).all()
    families = {row.family for row in platforms}
    named = {table: tuple(map(tuple, session.execute(
        select(table.id, table.name).order_by(table.sort, table.name)).all())) for table in (Watch, Unit)}
    streets = session.execute(select(Unit.name).where(Unit.kind == "street").order_by(Unit.sort, Unit.name)).scalars()
    open_ = session.execute(select(Incident.id, Incident.title).where(Incident.closed_at.is_(None))
                            .order_by(Incident.opened_at.desc())).all()
    return MentionChoices(
        tuple((row.code, row.name) for row in platforms),
        tuple((key, name) for key, name in FAMILIES.items() if key in families), named[Watch], named[Unit],
        tuple(dict.fromkeys((*district.profile(session).streets, *streets))), tuple(map(tuple, open_)))
