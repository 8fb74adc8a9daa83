"""通知人员, as they are listed."""

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core.models import Person, Unit
from core.people import used


def listed(session: Session) -> pd.DataFrame:
    """Everybody by name: id, name, unit_id, unit, post, phone and mail (masked; "" without), active, rules (that tell
    them), at, who, demo."""
    rules = used(session)
    rows = [
        {"id": one.id, "name": one.name, "unit_id": one.unit_id, "unit": unit or "", "post": one.post,
         "phone": one.shown.get("phone", ""), "mail": one.shown.get("mail", ""), "active": one.active,
         "rules": len(rules.get(one.id, ())), "at": one.at, "who": one.who, "demo": one.demo}
        for one, unit in session.execute(
            select(Person, Unit.name).outerjoin(Unit, Unit.id == Person.unit_id)
            .order_by(Person.active.desc(), Person.name))
    ]
    frame = pd.DataFrame(rows, columns=["id", "name", "unit_id", "unit", "post", "phone", "mail", "active", "rules",
                                        "at", "who", "demo"])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame
