"""What the district is called, as the office keeps it: by these names texts are known to speak of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, unsifted
from core.faults import BadInput
from core.models import Remembered
from core.opinion.gazetteer import division, divisions
from core.opinion.normal import normal
from core.opinion.watch import Profile

KEY = "district_profile"
"""Key in `remembered`."""
_DEMO = "demo"
"""In what is stored under it: the profile is the sample district's."""
LONGEST, MOST = 30, 2_000
"""Characters of a name; names of one field."""
FIELDS = {
    "sure": "别称", "streets": "街镇", "landmarks": "地标", "posts": "领导职务", "doubtful": "易混名称", "cues": "旁证",
}


def profile(session: Session) -> Profile:
    """What the district is called; a profile without names until the office gave some."""
    held = _held(session)
    known = {field.name for field in fields(Profile)}
    return Profile(**{"name": "", **{
        name: tuple(value) if isinstance(value, list) else value for name, value in held.items() if name in known}})


def made(name: str, code: str, **names: Iterable[str]) -> Profile:
    """A profile of what a person filled in (`names` by FIELDS). Raises BadInput, naming the field and the remedy."""
    name, code = " ".join(name.split()), code.strip()
    parts = {field: tuple(dict.fromkeys(filter(None, (" ".join(one.split()) for one in names.get(field, ())))))
             for field in FIELDS}
    if not name and any(parts.values()):
        raise BadInput("区名还没有填写，请填全称，如“浦东新区”")
    taken: dict[str, str] = {}
    for label, each in (("区名", (name,) if name else ()), *((FIELDS[field], part) for field, part in parts.items())):
        if len(each) > MOST:
            raise BadInput(f"{label}共 {len(each)} 个，超过 {MOST} 个，请只保留常用的")
        for one in each:
            if not 2 <= len(normal(one).text.strip()) <= LONGEST:
                raise BadInput(f"{label}“{one[:LONGEST]}”应为 2 到 {LONGEST} 个字")
            if one in taken:
                raise BadInput(f"“{one}”既在{taken[one]}中，又在{label}中，请只留一处")
            taken[one] = label
    if code and not ((home := division(code)) and home.depth == 3):
        raise BadInput(f"行政区划代码“{code[:LONGEST]}”不是名录中的区县，请填本区的六位代码，如 310115；"
                       "没有代码的可以留空，只认本区地点")
    return Profile(name, code=code, **parts)


def streets(code: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Streets and towns of the district of that code by the packaged list: those that no other place of the country is
    called like, and those that are called so elsewhere, too. Nothing for a code that the list does not have."""
    home = division(code)
    if home is None:
        return (), ()
    called = Counter(one.name for one in divisions() if one.depth == 4)
    mine = sorted({one.name for one in divisions() if one.depth == 4 and one.within(home)})
    return tuple(one for one in mine if called[one] == 1), tuple(one for one in mine if called[one] > 1)


def keep(session: Session, ours: Profile, *, who: str, now: datetime, demo: bool = False) -> str:
    """Store what the district is called; what came in of late is sifted again. `demo`: it is the sample district; what
    a person saves is the office's own from then on, changed or not. Returns what was done in Chinese. The caller
    commits."""
    same = ours == profile(session)
    if same and (demo or not _held(session).get(_DEMO)):
        return "本区名称没有变化。"
    value = asdict(ours) | ({_DEMO: True} if demo else {})
    db.upsert(session, Remembered, [{"key": KEY, "value": value, "updated_at": now}], ["key"],
              ["value", "updated_at"])
    if same:
        audit.note(session, who, "沿用演示数据的本区名称", ours.name)
        db.bump(session, now)
        return "本区名称没有变化，已由演示数据改为本单位的，移除演示数据时保留。"
    unsifted.again(session, now)
    audit.note(session, who, "修改本区名称", ours.name, f"名称 {len(ours.every)} 个，代码 {ours.code or '未填'}")
    db.bump(session, now)
    return f"已保存本区名称，共 {len(ours.every)} 个。近 30 天的内容正在后台重新判读。"


def forget_sample(session: Session) -> bool:
    """Take the sample district's profile out, unless the office has changed it; whether there was one. The caller
    commits."""
    row = session.get(Remembered, KEY)
    if row is None or not row.value.get(_DEMO):
        return False
    session.delete(row)
    return True


def _held(session: Session) -> dict[str, Any]:
    """What is stored of it; nothing until the office gave some."""
    return session.execute(select(Remembered.value).where(Remembered.key == KEY)).scalar() or {}
