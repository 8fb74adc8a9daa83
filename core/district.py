"""What the district is called, as the office keeps it: by these names texts are known to speak of it."""

from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, unsifted
from core.faults import BadInput
from core.models import Remembered
from core.opinion.gazetteer import division
from core.opinion.normal import normal
from core.opinion.watch import Profile

KEY = "district_profile"
"""Key in `remembered`."""
LONGEST, MOST = 30, 2_000
"""Characters of a name; names of one field."""
FIELDS = {"sure": "专有名称", "doubtful": "易混名称", "cues": "旁证"}


def profile(session: Session) -> Profile:
    """What the district is called; a profile without names until the office gave some."""
    held = session.execute(select(Remembered.value).where(Remembered.key == KEY)).scalar() or {}
    known = {field.name for field in fields(Profile)}
    return Profile(**{"name": "", **{
        name: tuple(value) if isinstance(value, list) else value for name, value in held.items() if name in known}})


def made(name: str, sure: Iterable[str], doubtful: Iterable[str], cues: Iterable[str], code: str) -> Profile:
    """A profile of what a person filled in. Raises BadInput, naming the field and the remedy."""
    name, code = " ".join(name.split()), code.strip()
    if not name and (sure or doubtful):
        raise BadInput("区名还没有填写，请填全称，如“浦东新区”")
    parts = {field: tuple(dict.fromkeys(filter(None, (" ".join(one.split()) for one in names))))
             for field, names in (("sure", sure), ("doubtful", doubtful), ("cues", cues))}
    for label, names in (("区名", (name,) if name else ()), *((FIELDS[field], part) for field, part in parts.items())):
        if len(names) > MOST:
            raise BadInput(f"{label}共 {len(names)} 个，超过 {MOST} 个，请只保留常用的")
        if wrong := [one for one in names if not 2 <= len(normal(one).text.strip()) <= LONGEST]:
            raise BadInput(f"{label}“{wrong[0][:LONGEST]}”应为 2 到 {LONGEST} 个字")
    if both := {name, *parts["sure"]} & {*parts["doubtful"], *parts["cues"]}:
        raise BadInput(f"“{min(both)}”既在专有名称中，又在易混名称或旁证中，请只留一处")
    if code and not ((home := division(code)) and home.depth == 3):
        raise BadInput(f"行政区划代码“{code[:LONGEST]}”不是名录中的区县，请填本区的六位代码，如 310115；"
                       "不判断地点时可以留空")
    return Profile(name, parts["sure"], parts["doubtful"], parts["cues"], code)


def keep(session: Session, ours: Profile, *, who: str, now: datetime) -> None:
    """Store what the district is called; what came in of late is sifted again. The caller commits."""
    if ours == profile(session):
        return
    db.upsert(session, Remembered, [{"key": KEY, "value": asdict(ours), "updated_at": now}], ["key"],
              ["value", "updated_at"])
    unsifted.again(session, now)
    audit.note(session, who, "修改本区名称", ours.name, f"名称 {len(ours.every)} 个，代码 {ours.code or '未填'}")
    db.bump(session, now)
