"""What a report on opinion is about: everything that was heard, what a watch (关注方案) found, what concerns a unit."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session

from core.faults import BadInput
from core.models import (
    Alert,
    AlertMention,
    Incident,
    IncidentMention,
    IncidentTask,
    Mention,
    Sense,
    Unit,
    Watch,
    WatchHit,
)
from core.query.corpus import Set

ALL = "all"


@dataclass(frozen=True, slots=True)
class Scope:
    """`code`: all, watch:3, unit:7 · `kind`: of them · `name`: of the watch or the unit, empty of all."""

    code: str
    kind: str = ALL
    id: int = 0
    name: str = ""

    @property
    def words(self) -> str:
        """全区, 关注方案“物业纠纷”, 区水务局."""
        return {ALL: "全区", "watch": f"关注方案“{self.name}”"}.get(self.kind, self.name)

    def mentions(self, first: date, last: date) -> Set:
        """Its mentions of those Shanghai days."""
        inside = Mention.day.between(first, last)
        if self.kind == "watch":
            return and_(inside, Mention.id.in_(self._hits()))
        if self.kind == "unit":
            return and_(inside, Mention.id.in_(select(Sense.mention_id).where(Sense.unit_id == self.id)))
        return inside

    def alerts(self) -> Set:
        """Its alerts: those about one of its mentions, or its unit's."""
        if self.kind == "watch":
            return exists().where(AlertMention.alert_id == Alert.id, AlertMention.mention_id.in_(self._hits()))
        return Alert.unit_id == self.id if self.kind == "unit" else Alert.id.is_not(None)

    def incidents(self) -> Set:
        """Its incidents: those with one of its mentions; those that its unit leads or has a task in."""
        if self.kind == "watch":
            return exists().where(IncidentMention.incident_id == Incident.id, IncidentMention.removed_at.is_(None),
                                  IncidentMention.mention_id.in_(self._hits()))
        if self.kind == "unit":
            return or_(Incident.unit_id == self.id, exists().where(
                IncidentTask.incident_id == Incident.id, IncidentTask.unit_id == self.id,
                IncidentTask.withdrawn_at.is_(None)))
        return Incident.id.is_not(None)

    def _hits(self):
        return select(WatchHit.mention_id).where(WatchHit.watch_id == self.id)


def scope(session: Session, code: str) -> Scope:
    """The scope of a code. Raises BadInput for one that there is not."""
    kind, _, id_ = code.partition(":")
    table = {"watch": Watch, "unit": Unit}.get(kind)
    if code == ALL:
        return Scope(ALL)
    if table is None or not (id_.isascii() and id_.isdecimal() and len(id_) < 10):
        raise BadInput(f"没有“{code[:20]}”这个统计范围，请重新选择")
    name = session.execute(select(table.name).where(table.id == int(id_))).scalar()
    if name is None:
        raise BadInput(f"所选{'关注方案' if kind == 'watch' else '单位'}已不存在，请重新选择")
    return Scope(code, kind, int(id_), name)


def scopes(session: Session) -> tuple[tuple[str, str], ...]:
    """What can be chosen: code and words; watches that are in use, then units."""
    watches = session.execute(
        select(Watch.id, Watch.name).where(Watch.enabled.is_(True)).order_by(Watch.sort, Watch.id)).all()
    units = session.execute(select(Unit.id, Unit.name).order_by(Unit.sort, Unit.name)).all()
    return ((ALL, Scope(ALL).words), *((f"watch:{id_}", f"关注方案“{name}”") for id_, name in watches),
            *((f"unit:{id_}", name) for id_, name in units))
