"""How sensitivity is scored, as the office keeps it: versions of the weights, of which one is in force and one may run
in its shadow, what the two say of the same mentions, and the weights of sources."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import and_, case, func, or_, select, update
from sqlmodel import Session

from core import audit, clock, db, unsifted
from core.faults import BadInput
from core.models import Mention, Platform, Remembered, RiskVersion, Sense, Source
from core.opinion import risk
from core.opinion.risk import LEVELS, Version

BUILT_IN = {version.key: version for version in (risk.V1, risk.V2)}
"""Versions that come with the system."""
NOTES = {risk.V1.key: "系统自带，不计传播面", risk.V2.key: "系统自带，计传播面"}
STATES = {"active": "现行", "shadow": "试运行", "past": "未启用"}
WEIGHTS = "source_weights"
"""Key in `remembered`: source id → weight."""
LIGHTEST, HEAVIEST = 0.2, 3.0
_NAME = 30
_NONE = "无"


@dataclass(frozen=True, slots=True)
class Kept:
    """A version with its state (STATES) and where it comes from."""

    version: Version
    state: str
    note: str
    at: datetime | None
    who: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the version in force and the one in the shadow say of the same mentions of the last days: how many were
    looked at, how many stay on their level, rise and fall, by (level now, level in the shadow), and examples of those
    that move, the farthest first (mention_id, title, published_at, risk, shadow, before, after, why)."""

    active: str
    shadow: str
    looked: int
    same: int
    risen: int
    fallen: int
    moves: Mapping[tuple[str, str], int]
    examples: pd.DataFrame


def version_of(row: RiskVersion) -> Version:
    """Stored weights as a version; what they don't name is as in the first one."""
    pairs, steps = {"more", "other", "reach"}, {"dead", "hurt"}
    held = {}
    for name, value in row.weights.items():
        if name == "base":
            held[name] = {int(level): points for level, points in value.items()}
        else:
            held[name] = tuple(value) if name in pairs else tuple(map(tuple, value)) if name in steps else value
    return Version(row.key, **held)


def in_force(session: Session) -> tuple[Version, Version | None]:
    """The version in force and the one in the shadow, if any."""
    found = {one.state: one.version for one in versions(session)}
    return found["active"], found.get("shadow")


def versions(session: Session) -> list[Kept]:
    """Every version: in force, in the shadow, then the others, newest first."""
    rows = {row.key: row for row in session.execute(select(RiskVersion)).scalars()}
    out = [Kept(version_of(row) if key not in BUILT_IN else BUILT_IN[key], row.state,
                row.note or NOTES.get(key, ""), row.at, row.who) for key, row in rows.items()]
    free = not any(one.state == "active" for one in out)
    out += [Kept(version, "active" if free and version is risk.V2 else "past", NOTES[key], None, "")
            for key, version in BUILT_IN.items() if key not in rows]
    order = list(STATES)
    newest = sorted(out, key=lambda one: (one.at or datetime.min.replace(tzinfo=clock.UTC), one.version.key),
                    reverse=True)
    return sorted(newest, key=lambda one: order.index(one.state))


def make(session: Session, version: Version, note: str = "", *, who: str, now: datetime) -> str:
    """Keep weights as a new version, which is not in use yet. A version is never changed: other weights are another
    one. Raises BadInput, naming what is wrong. The caller commits."""
    key = " ".join(version.key.split())
    if not 0 < len(key) <= _NAME:
        raise BadInput(f"版本名称应有 1 到 {_NAME} 个字")
    if key in BUILT_IN or session.get(RiskVersion, key):
        raise BadInput(f"已有版本“{key}”，请换一个名称；版本一经建立就不再改动")
    _check(version)
    if same := next((one for one in versions(session) if _weights(one.version) == _weights(version)), None):
        raise BadInput(f"权重与版本“{same.version.key}”完全相同，不用另建")
    session.add(RiskVersion(key=key, weights=_weights(version), note=" ".join(note.split()), at=now, who=who))
    audit.note(session, who, "新建评分版本", key)
    session.flush()
    db.bump(session, now)
    return f"已新建评分版本“{key}”，尚未启用"


def set_state(session: Session, key: str, state: str, *, who: str, now: datetime) -> str:
    """Put a version into force, into the shadow, or out of use (`past`); what was there goes out of use, and what came
    in of late is sifted again. Raises BadInput where that cannot be. The caller commits."""
    known = {one.version.key: one for one in versions(session)}
    if key not in known or state not in STATES:
        raise BadInput("这个评分版本不存在，请刷新页面")
    if known[key].state == state:
        raise BadInput(f"版本“{key}”已是{STATES[state]}")
    if known[key].state == "active":
        raise BadInput(f"版本“{key}”正在使用，请直接启用另一个版本来替换它")
    if state != "past":
        session.execute(update(RiskVersion).where(RiskVersion.state == state).values(state="past"))
    if key in BUILT_IN and session.get(RiskVersion, key) is None:
        session.add(RiskVersion(key=key, weights=_weights(BUILT_IN[key]), note=NOTES[key], at=now, who=who))
        session.flush()
    session.execute(update(RiskVersion).where(RiskVersion.key == key).values(state=state))
    session.expire_all()
    unsifted.again(session, now)
    audit.note(session, who, {"active": "启用评分版本", "shadow": "试运行评分版本", "past": "停止试运行"}[state], key)
    db.bump(session, now)
    return f"评分版本“{key}”：{STATES[state]}"


def compare(session: Session, *, now: datetime, days: int = 30, shown: int = 100) -> Comparison | None:
    """The version in force beside the one in the shadow, over what is scored by both; None without a shadow."""
    active, shadow = in_force(session)
    if shadow is None:
        return None
    before, after = _level(Sense.risk), _level(Sense.shadow)
    where = and_(Mention.id == Sense.mention_id, Mention.day >= clock.day_of(now - timedelta(days=days)),
                 Sense.shadow.is_not(None), Sense.version == active.key, Sense.shadow_version == shadow.key)
    counted = session.execute(select(before, after, func.count()).where(where).group_by(before, after)).all()
    moves = {(_name(one), _name(other)): many for one, other, many in counted}
    rows = session.execute(
        select(Sense.mention_id, Mention.title, Mention.published_at, Sense.risk, Sense.shadow, before.label("before"),
               after.label("after"), Sense.why)
        .where(where, before != after).order_by(func.abs(Sense.shadow - Sense.risk).desc(), Sense.mention_id.desc())
        .limit(shown)).all()
    examples = pd.DataFrame(rows, columns=["mention_id", "title", "published_at", "risk", "shadow", "before", "after",
                                           "why"])
    for name in ("before", "after"):
        examples[name] = [_name(step) for step in examples[name]]
    sides = Counter()
    for one, other, many in counted:
        sides["same" if one == other else "risen" if other > one else "fallen"] += many
    return Comparison(active.key, shadow.key, sides.total(), sides["same"], sides["risen"], sides["fallen"], moves,
                      examples)


# --- Sources --------------------------------------------------------------------------------------------------------


def source_weights(session: Session) -> dict[int, float]:
    """Weights of sources that weigh other than 1, by id."""
    held = session.execute(select(Remembered.value).where(Remembered.key == WEIGHTS)).scalar() or {}
    return {int(id_): float(weight) for id_, weight in held.items()}


def sources(session: Session) -> pd.DataFrame:
    """Sources that bring mentions: source_id, name, platform (name), weight."""
    weights = source_weights(session)
    brings = select(Mention.id).where(Mention.source_id == Source.id).exists()
    rows = session.execute(
        select(Source.id, Source.name, func.coalesce(Platform.name, Source.platform))
        .outerjoin(Platform, Platform.code == Source.platform).where(or_(brings, Source.id.in_(list(weights))))
        .order_by(Source.name)).all()
    return pd.DataFrame([(*row, weights.get(row[0], 1.0)) for row in rows],
                        columns=["source_id", "name", "platform", "weight"])


def weigh_sources(session: Session, weights: Mapping[int, float], *, who: str, now: datetime) -> str:
    """Give sources these weights; the others keep theirs. What came in of late is sifted again. Raises BadInput for a
    weight out of bounds or a source that is gone. The caller commits."""
    names = dict(session.execute(select(Source.id, Source.name).where(Source.id.in_(list(weights)))).all())
    for id_, weight in weights.items():
        if id_ not in names:
            raise BadInput("采集源不存在，可能已被删除，请刷新页面")
        if not LIGHTEST <= weight <= HEAVIEST:
            raise BadInput(f"“{names[id_]}”的权重 {weight:g} 不对，应在 {LIGHTEST:g} 到 {HEAVIEST:g} 之间，1 为一般")
    before = source_weights(session)
    after = {id_: weight for id_, weight in (before | dict(weights)).items() if weight != 1}
    if after == before:
        return "来源权重没有变化"
    db.upsert(session, Remembered, [{"key": WEIGHTS, "value": {str(id_): w for id_, w in sorted(after.items())},
                                     "updated_at": now}], ["key"], ["value", "updated_at"])
    audit.note(session, who, "修改来源权重", "、".join(f"{names[i]} {w:g}" for i, w in list(weights.items())[:10]))
    unsifted.again(session, now)
    db.bump(session, now)
    return f"已修改 {len(weights)} 个来源的权重"


# --- Parts ----------------------------------------------------------------------------------------------------------


def _level(column: Any) -> Any:
    """0 (no level) to 3 (高)."""
    return case(*((column >= least, len(LEVELS) - n) for n, (least, _) in enumerate(LEVELS)), else_=0)


def _name(step: int) -> str:
    return LEVELS[len(LEVELS) - step][1] if step else _NONE


def _weights(version: Version) -> dict[str, Any]:
    """A version's weights as they are stored."""
    held = asdict(version)
    held.pop("key")
    held["base"] = {str(level): points for level, points in held["base"].items()}
    return {name: [list(one) if isinstance(one, tuple) else one for one in value] if isinstance(value, tuple) else value
            for name, value in held.items()}


def _check(version: Version) -> None:
    """Raises BadInput for weights that make no sense."""
    low, middle, high = (version.base[level] for level in (1, 2, 3))
    if not 0 < low < middle < high <= 100:
        raise BadInput("“一般、较重、严重”三级的基础分应依次增大，在 0 到 100 之间")
    points = {"其他敏感词": version.more[0], "涉及多类": version.other[0], "诉求语气": version.appeal,
              "涉众": version.crowd, "发生在本区": version.here}
    for name, number in points.items():
        if not 0 <= number <= 100:
            raise BadInput(f"“{name}”的分值 {number:g} 不对，应在 0 到 100 之间")
    for name, steps in (("人员死亡", version.dead), ("人员受伤", version.hurt)):
        if any(not 0 <= number <= 100 for _, number in steps) or list(steps) != sorted(steps, reverse=True) or [
                number for _, number in steps] != sorted((number for _, number in steps), reverse=True):
            raise BadInput(f"“{name}”应是人数越多分值越高，分值在 0 到 100 之间")
    for name, share in (("仅为疑似", version.suspected), ("发生在外地", version.elsewhere)):
        if not 0 < share <= 1:
            raise BadInput(f"“{name}”的系数 {share:g} 不对，应大于 0、不超过 1")
    if any(not 1 <= times <= 2 for times in version.reach) or list(version.reach) != sorted(version.reach):
        raise BadInput("“传播面”的系数应逐档不减，在 1 到 2 之间")
    if {field.name for field in fields(Version)} - {"key"} != set(_weights(version)):
        raise TypeError("a weight is not stored")
