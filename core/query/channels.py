"""发送渠道, as they are listed."""

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core.channels import REACHES, shown, state, used
from core.models import Channel
from core.senders import SENDERS


def listed(session: Session) -> pd.DataFrame:
    """Every channel in its order: id, name, kind, kind_name, reaches, reaches_name, enabled, state (in words), fault
    (labels.OUTCOMES; "" for none), note, ok_at, rest_until, rules (that use it), shown (fields as they may be read,
    in words), at, who, demo."""
    rules = used(session)
    rows = [
        {"id": one.id, "name": one.name, "kind": one.kind, "kind_name": SENDERS[one.kind].name,
         "reaches": SENDERS[one.kind].reaches, "reaches_name": REACHES[SENDERS[one.kind].reaches],
         "enabled": one.enabled, "state": state(one), "fault": one.fault, "note": one.fault_note, "ok_at": one.ok_at,
         "rest_until": one.rest_until, "rules": len(rules.get(one.id, ())),
         "shown": "；".join(f"{word}：{value}" for word, value in shown(one).items()), "at": one.at, "who": one.who,
         "demo": one.demo}
        for one in session.execute(select(Channel).order_by(Channel.sort, Channel.id)).scalars()
    ]
    frame = pd.DataFrame(rows, columns=[
        "id", "name", "kind", "kind_name", "reaches", "reaches_name", "enabled", "state", "fault", "note", "ok_at",
        "rest_until", "rules", "shown", "at", "who", "demo"])
    for name in ("ok_at", "rest_until", "at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame
