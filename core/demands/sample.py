"""Taking the sample district's demands out."""

from sqlalchemy import delete, or_, select, update
from sqlmodel import Session

from core.models import Demand, DemandChange, DemandDeed, DemandGroup, Source

_QUIET = {"synchronize_session": False}


def forget_sample(session: Session) -> int:
    """Delete them with their history and problems; returns how many. The caller commits."""
    ids = select(Demand.id).join(Source, Source.id == Demand.source_id).where(
        or_(Demand.demo.is_(True), Source.demo.is_(True)))
    for table in (DemandChange, DemandDeed):
        session.execute(delete(table).where(table.demand_id.in_(ids)).execution_options(**_QUIET))
    gone = session.execute(delete(Demand).where(Demand.id.in_(ids)).execution_options(**_QUIET)).rowcount
    session.execute(update(DemandGroup).where(DemandGroup.demo.is_(True)).values(alias_of=None).execution_options(
        **_QUIET))
    session.execute(delete(DemandGroup).where(DemandGroup.demo.is_(True)).execution_options(**_QUIET))
    return gone
