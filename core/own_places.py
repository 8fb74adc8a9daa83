"""The district's own places as the office keeps them: roads, estates, schools and the like, taken in from CSV whole or
not at all, after a look at what would change."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import delete, select
from sqlmodel import Session

from core import audit, db, district, unsifted
from core.faults import BadInput
from core.models import OwnPlace, Unit
from core.opinion import gazetteer
from core.opinion.gazetteer import COLUMNS, SHOWN, Own
from core.opinion.wordlist import decoded, written

HEADS = (*COLUMNS, "unit")
MOST = 20_000
"""Places of one list."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file would change: lines new, other than before, taken out (with `whole` only), and how many stay."""

    lines: tuple[Own, ...]
    added: tuple[Own, ...]
    changed: tuple[Own, ...]
    removed: tuple[Own, ...]
    same: int

    @property
    def words(self) -> str:
        """In Chinese."""
        parts = {"新增": len(self.added), "修改": len(self.changed), "移除": len(self.removed), "不变": self.same}
        return "，".join(f"{word} {many} 处" for word, many in parts.items() if many) or "没有变化"


def held(session: Session) -> tuple[Own, ...]:
    """The list as it stands, by street and name."""
    rows = session.execute(
        select(OwnPlace.name, OwnPlace.kind, OwnPlace.street, OwnPlace.aliases, Unit.name)
        .outerjoin(Unit, Unit.id == OwnPlace.unit_id).order_by(OwnPlace.street, OwnPlace.name))
    return tuple(Own(name, kind, street, tuple(aliases), unit or "") for name, kind, street, aliases, unit in rows)


def listed(session: Session) -> pd.DataFrame:
    """The same as a table: name, kind, street, aliases (text), unit."""
    rows = [(one.name, one.kind, one.street, "、".join(one.aliases), one.unit) for one in held(session)]
    return pd.DataFrame(rows, columns=list(HEADS))


def read(session: Session, data: bytes, name: str, code: str = "") -> tuple[Own, ...]:
    """The places of a file (CSV with the heads of `gazetteer.SHOWN`). `code`: of the district, by which streets are
    checked where it is given. Raises BadInput, naming file, line, field and remedy."""
    units: dict[str, str] = {}
    for unit in session.execute(select(Unit)).scalars():
        units |= dict.fromkeys((*unit.aliases, unit.name), unit.name)
    streets = {one for part in district.streets(code) for one in part}
    lines = gazetteer.read_own(decoded(data, name), name, streets or None)
    if len(lines) > MOST:
        raise BadInput(f"{name}：共 {len(lines)} 行，超过 {MOST} 行，请只保留常被提到的地点")
    if unknown := [line for line in lines if line.unit and line.unit not in units]:
        raise BadInput(f"{name}“{unknown[0].name}”一行的“{SHOWN['unit']}”：台账中没有单位“{unknown[0].unit}”，"
                       "请填台账中的单位名称，或先在账号台账中添加")
    return tuple(Own(one.name, one.kind, one.street, one.aliases, units.get(one.unit, "")) for one in lines)


def plan(session: Session, lines: tuple[Own, ...], *, whole: bool = False) -> Plan:
    """What taking these in would change. `whole`: the file is the whole list, and what it lacks is taken out."""
    before = {(one.name, one.street): one for one in held(session)}
    after = {(one.name, one.street): one for one in lines}
    return Plan(
        lines, tuple(one for key, one in after.items() if key not in before),
        tuple(one for key, one in after.items() if key in before and before[key] != one),
        tuple(one for key, one in before.items() if whole and key not in after),
        sum(before[key] == one for key, one in after.items() if key in before),
    )


def take(session: Session, made: Plan, *, who: str, now: datetime, demo: bool = False) -> str:
    """Carry a plan out; what came in of late is sifted again. `demo`: they are the sample district's. Returns what was
    done in Chinese. The caller commits."""
    rows = {(row.name, row.street): row for row in session.execute(select(OwnPlace)).scalars()}
    units = dict(session.execute(select(Unit.name, Unit.id)).all())
    for gone in made.removed:
        if row := rows.get((gone.name, gone.street)):
            session.delete(row)
    for one in (*made.added, *made.changed):
        row = rows.get((one.name, one.street)) or OwnPlace(name=one.name, street=one.street, kind=one.kind, at=now)
        row.kind, row.aliases, row.unit_id, row.at, row.who = one.kind, list(one.aliases), units.get(one.unit), now, who
        row.demo = demo
        session.add(row)
    audit.note(session, who, "修改本区地点", made.words)
    session.flush()
    unsifted.again(session, now)
    db.bump(session, now)
    return f"本区地点：{made.words}"


def forget_sample(session: Session) -> bool:
    """Take the sample district's places out, but for those that the office has changed; whether there were any. The
    caller commits."""
    return session.execute(delete(OwnPlace).where(OwnPlace.demo.is_(True))).rowcount > 0


def export(session: Session) -> str:
    """The list as CSV, as `read` takes it in again."""
    return written([SHOWN[head] for head in HEADS],
                   [(one.name, one.kind, one.street, "|".join(one.aliases), one.unit) for one in held(session)])
