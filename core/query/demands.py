"""Questions about demands: how many, where, whose, answered in time or not, and what they have in common.

Every share comes with its numerator and denominator. A demand of whose handling nothing is known (no state, no answer)
is neither answered nor overdue; an answer without a time is not in time and not late, and is told apart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import Select, and_, func, or_, select
from sqlmodel import Session

from core import clock, district
from core.db import chunks
from core.demands import deeds
from core.demands.intake import SAID
from core.faults import BadInput
from core.labels import DEMAND_CHANNELS, DEMAND_KINDS, DEMAND_LEVELS, DEMAND_SATISFIED, DEMAND_STATES
from core.models import (
    Capture,
    Demand,
    DemandChange,
    DemandDeed,
    DemandGroup,
    Incident,
    IncidentMention,
    Source,
    Unit,
)
from core.opinion.demand_fields import scheme
from core.opinion.demand_rules import One, Standing, rules, standing
from core.query.scope import id_of

WEEKS = 12
"""Weeks of a problem's line."""
OPEN = ("待办", "办理中", "")
REFUSED = ("退回", "不予受理")
NOWHERE, NOBODY, UNSAID = "未写明街镇", "未定单位", "未说明"
SHOWN_LIKE = 8
_LONGEST = 200
_LISTS = ("channels", "kinds", "fields", "towns", "units", "states", "satisfied", "levels")


@dataclass(frozen=True, slots=True)
class DemandFilter:
    """What is asked for. Days are Shanghai days, both included; an empty part means all. `fields`: 领域 or 领域/类别;
    `units`: ids as text, "0" for none; `levels`: of the problem; `overdue`: only what is not answered and past due."""

    start: date
    end: date
    words: str = ""
    channels: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    towns: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    satisfied: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    overdue: bool = False

    def to_params(self) -> dict[str, str]:
        """As it stands in the address, without the days."""
        out = {name: ",".join(getattr(self, name)) for name in _LISTS if getattr(self, name)}
        out |= {"words": self.words} if self.words else {}
        return out | ({"overdue": "1"} if self.overdue else {})

    @staticmethod
    def from_params(said: Mapping[str, str], start: date, end: date) -> "DemandFilter":
        """Of an address. Raises BadInput for a value that there cannot be."""
        lists = {name: tuple(dict.fromkeys(filter(None, said.get(name, "").split(",")))) for name in _LISTS}
        allowed = {"channels": DEMAND_CHANNELS, "kinds": DEMAND_KINDS, "satisfied": DEMAND_SATISFIED,
                   "levels": DEMAND_LEVELS, "states": (*DEMAND_STATES, UNSAID)}
        for name, known in allowed.items():
            if wrong := [one for one in lists[name] if one not in known]:
                raise BadInput(f"链接里的筛选值“{wrong[0][:20]}”不认识")
        if wrong := [one for one in lists["units"] if id_of(one) is None]:
            raise BadInput(f"链接里的单位“{wrong[0][:20]}”不认识")
        return DemandFilter(start, end, said.get("words", "")[:_LONGEST], overdue=said.get("overdue") == "1", **lists)


NAMES = tuple(one.name for one in fields(DemandFilter) if one.name not in ("start", "end"))
"""The parts of a filter that stand in the address."""


@dataclass(frozen=True, slots=True)
class DemandChoices:
    """What the filters offer: only what there is something of. `first` and `last`: the span of the demands."""

    channels: tuple[str, ...]
    fields: tuple[str, ...]
    towns: tuple[str, ...]
    units: tuple[tuple[int, str], ...]
    every_unit: tuple[tuple[int, str], ...]
    incidents: tuple[tuple[int, str], ...]
    streets: tuple[str, ...]
    first: date | None
    last: date | None
    unread: int


def choices(session: Session) -> DemandChoices:
    """What can be chosen now."""
    def used(column) -> list:
        return [one for one in session.execute(select(column).distinct()).scalars() if one not in ("", None)]

    held = used(Demand.field)
    areas = {one.partition("/")[0] for one in held}
    order = [key for area in (*scheme().areas, "其他") if area in areas
             for key in (area, *(one for one in sorted(held) if one.startswith(area + "/")))]
    first, last = session.execute(select(func.min(Demand.day), func.max(Demand.day))).one()
    units = session.execute(select(Unit.id, Unit.name).order_by(Unit.sort, Unit.name)).all()
    ids = set(used(Demand.unit_id))
    open_ = session.execute(select(Incident.id, Incident.title).where(Incident.closed_at.is_(None))
                            .order_by(Incident.opened_at.desc())).all()
    unread = session.execute(select(func.count()).where(Demand.read_at.is_(None)).select_from(Demand)).scalar()
    channels = set(used(Demand.channel))
    return DemandChoices(
        tuple(one for one in DEMAND_CHANNELS if one in channels), tuple(order), tuple(sorted(used(Demand.town))),
        tuple((one.id, one.name) for one in units if one.id in ids), tuple((one.id, one.name) for one in units),
        tuple(map(tuple, open_)), tuple(district.profile(session).streets), first, last, unread or 0)


# --- The demands asked for ------------------------------------------------------------------------------------------


_COLUMNS = (
    "id", "mention_id", "number", "channel", "kind", "field", "field_sure", "title", "town", "place", "unit_id",
    "unit_said", "asked_at", "day", "due_at", "replied_at", "state", "satisfied", "caller", "group_id")


def demands(session: Session, where: DemandFilter, at: datetime) -> pd.DataFrame:
    """The demands that are asked for, the newest first, as of the moment `at`. Columns: those of the table, and area,
    unit (name, else as the file says), tracked (something is known of its handling), answered, overdue, over (days past
    due, missing where not overdue), repeat (the same caller asked about the same problem before), level (of its
    problem)."""
    query = _narrowed(select(*(getattr(Demand, name) for name in _COLUMNS), Unit.name.label("unit"),
                             (Demand.reply != "").label("replied")), where).outerjoin(
        Unit, Unit.id == Demand.unit_id).order_by(Demand.asked_at.desc(), Demand.id.desc())
    frame = pd.DataFrame(session.execute(query).all(), columns=[*_COLUMNS, "unit", "replied"])
    frame["area"] = [one.partition("/")[0] for one in frame["field"]]
    frame["unit"] = [name if isinstance(name, str) else said  # pandas holds a missing name as NaN, which is true
                     for name, said in zip(frame["unit"], frame["unit_said"], strict=True)]
    told = frame["replied"].astype(bool) | frame["replied_at"].notna()
    frame["answered"] = told | frame["state"].isin(["已答复", "已办结"])
    frame["tracked"] = frame["answered"] | (frame["state"] != "")
    due = pd.to_datetime(frame["due_at"], utc=True)
    frame["overdue"] = (
        frame["tracked"] & ~frame["answered"] & ~frame["state"].isin(REFUSED) & due.notna() & (due < pd.Timestamp(at)))
    frame["over"] = ((pd.Timestamp(at) - due).dt.total_seconds() // 86_400 + 1).where(frame["overdue"])
    frame["repeat"] = frame["id"].isin(_repeats(session, frame))
    levels = levels_of(session, frame["group_id"].dropna().astype(int), where.end)
    frame["level"] = [levels[int(one)].level if one == one and one is not None else "" for one in frame["group_id"]]
    if where.overdue:
        frame = frame[frame["overdue"]]
    if where.levels:
        frame = frame[frame["level"].isin(where.levels)]
    return frame.reset_index(drop=True)


def number(session: Session, where: DemandFilter) -> int:
    """How many demands are asked for, but for `levels` and `overdue`."""
    return session.execute(_narrowed(select(func.count()).select_from(Demand), where)).scalar_one()


def _narrowed(query: Select, where: DemandFilter) -> Select:
    query = query.where(Demand.day.between(where.start, where.end))
    for name, column in (("channels", Demand.channel), ("kinds", Demand.kind), ("satisfied", Demand.satisfied)):
        if chosen := getattr(where, name):
            query = query.where(column.in_(chosen))
    if where.towns:
        query = query.where(Demand.town.in_([one if one != NOWHERE else "" for one in where.towns]))
    if where.states:
        query = query.where(Demand.state.in_([one if one != UNSAID else "" for one in where.states]))
    if where.fields:
        query = query.where(or_(*(
            Demand.field == one if "/" in one else Demand.field.startswith(one + "/", autoescape=True)
            for one in where.fields)))
    if where.units:
        ids = [int(one) for one in where.units if one != "0"]
        none = Demand.unit_id.is_(None)
        query = query.where(or_(Demand.unit_id.in_(ids), none) if "0" in where.units else Demand.unit_id.in_(ids))
    for word in where.words.split():
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in (
            Demand.title, Demand.text, Demand.number, Demand.address))))
    return query


def _repeats(session: Session, frame: pd.DataFrame) -> set[int]:
    """Ids of the demands whose caller asked about the same problem before, whenever that was."""
    groups = sorted({int(one) for one in frame["group_id"].dropna()})
    seen: set[tuple[int, str]] = set()
    found: set[int] = set()
    for part in chunks(groups):
        rows = session.execute(select(Demand.id, Demand.group_id, Demand.caller).where(
            Demand.group_id.in_(part), Demand.caller != "").order_by(Demand.asked_at, Demand.id))
        for id_, group, caller in rows:
            if (group, caller) in seen:
                found.add(id_)
            seen.add((group, caller))
    return found


def levels_of(session: Session, groups: Iterable[int], end: date) -> dict[int, Standing]:
    """How far these problems go, by their demands of the half year up to that day."""
    since, until = end - timedelta(rules().fold.days), end
    members: dict[int, list[One]] = {int(group): [] for group in groups}
    for part in chunks(sorted(members)):
        for group, town, caller in session.execute(select(Demand.group_id, Demand.town, Demand.caller).where(
                Demand.group_id.in_(part), Demand.day.between(since, until))):
            members[group].append(One(town, caller))
    return {group: standing(ones, rules().reach) for group, ones in members.items()}


# --- What they add up to --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a period. `called`: with a known caller, of which `repeats` asked about the same before; `due`: what
    was answered, or should have been by now, of which `in_time`; `untimed`: answered, nobody says when, and in neither;
    `rated`: with a verdict, of which `pleased` (满意 and 基本满意); `closed`: those that could have one."""

    total: int
    before: int
    called: int
    repeats: int
    tracked: int
    overdue: int
    due: int
    in_time: int
    untimed: int
    closed: int
    rated: int
    pleased: int


@dataclass(frozen=True, slots=True)
class Overview:
    """Totals, and what they are made of. `days`: day, series (channel), value; `weeks`: day (its Monday), value;
    `fields`, `towns`, `units`: name, total, change, overdue, due, in_time, rate, and what is said there."""

    totals: Totals
    days: pd.DataFrame
    weeks: pd.DataFrame
    fields: pd.DataFrame
    towns: pd.DataFrame
    units: pd.DataFrame


def overview(session: Session, where: DemandFilter, at: datetime) -> Overview:
    """What the demands that are asked for add up to."""
    frame = demands(session, where, at)
    first, last = clock.previous_period(where.start, where.end)
    earlier = session.execute(_narrowed(
        select(Demand.field, Demand.town, Demand.unit_id, Unit.name, Demand.unit_said), DemandFilter(**{
            one.name: getattr(where, one.name) for one in fields(DemandFilter)} | {"start": first, "end": last}))
        .outerjoin(Unit, Unit.id == Demand.unit_id)).all()
    before = pd.DataFrame(
        [(field, field.partition("/")[0], town, name or said or "") for field, town, _, name, said in earlier],
        columns=["field", "area", "town", "unit"])
    channels = frame.groupby(["day", "channel"], sort=True).size().reset_index(name="value")
    channels["series"] = [DEMAND_CHANNELS.get(one, one) for one in channels["channel"]]
    weeks = frame.assign(day=[day - timedelta(day.weekday()) for day in frame["day"]]).groupby("day").size()
    return Overview(
        totals(frame, len(before)), channels[["day", "series", "value"]],
        weeks.reset_index(name="value").assign(series="诉求"),
        _by(frame, before, "field"), _by(frame, before, "town", NOWHERE), _by(frame, before, "unit", NOBODY))


def totals(frame: pd.DataFrame, before: int = 0) -> Totals:
    """The figures of some demands (as `demands` gives them)."""
    due = _due(frame)
    timed = frame["replied_at"].notna()
    rated = frame["satisfied"].isin(["满意", "基本满意", "不满意"])
    return Totals(
        total=len(frame), before=before, called=int((frame["caller"] != "").sum()), repeats=int(frame["repeat"].sum()),
        tracked=int(frame["tracked"].sum()), overdue=int(frame["overdue"].sum()), due=int(due.sum()),
        in_time=int((due & timed & _early(frame)).sum()),
        untimed=int((frame["answered"] & ~timed).sum()), closed=int(frame["answered"].sum()), rated=int(rated.sum()),
        pleased=int(frame["satisfied"].isin(["满意", "基本满意"]).sum()))


def meant(frame: pd.DataFrame, pick: str = "", part: str = "", name: str = "") -> pd.Series:
    """Which of some demands (as `demands` gives them) a figure of `Totals` counts: total, called, repeats, tracked,
    overdue, due, in_time, closed, rated, pleased; of one part (channel, in words, field, town, unit) by name."""
    due = _due(frame)
    every = pd.Series(True, index=frame.index)
    chosen = {
        "called": frame["caller"] != "", "repeats": frame["repeat"], "tracked": frame["tracked"],
        "overdue": frame["overdue"], "closed": frame["answered"], "due": due,
        "in_time": due & frame["replied_at"].notna() & _early(frame),
        "rated": frame["satisfied"].isin(["满意", "基本满意", "不满意"]),
        "pleased": frame["satisfied"].isin(["满意", "基本满意"]),
    }.get(pick, every).astype(bool)
    if not part:
        return chosen
    missing = {"town": NOWHERE, "unit": NOBODY}.get(part, "未判定")
    held = frame[part].map(lambda one: DEMAND_CHANNELS.get(one, one)) if part == "channel" else \
        frame[part].where(frame[part] != "", missing)
    return chosen & (held == name)


def _due(frame: pd.DataFrame) -> pd.Series:
    """Whether something can be said of its being in time: answered at a known time, or overdue."""
    return frame["due_at"].notna() & ((frame["answered"] & frame["replied_at"].notna()) | frame["overdue"])


def _early(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["replied_at"], utc=True) <= pd.to_datetime(frame["due_at"], utc=True)


def _by(frame: pd.DataFrame, before: pd.DataFrame, name: str, missing: str = "") -> pd.DataFrame:
    """Figures by one part. Columns: name, total, before, overdue, due, in_time, rate, towns."""
    due = _due(frame)
    told = frame.assign(due=due, early=due & frame["replied_at"].notna() & _early(frame), **{
        name: frame[name].where(frame[name] != "", missing or "未判定")})
    counted = before[name].where(before[name] != "", missing or "未判定").value_counts() if len(before) else {}
    rows = [
        (key, len(part), int(counted.get(key, 0)), int(part["overdue"].sum()), int(part["due"].sum()),
         int(part["early"].sum()), part["early"].sum() / part["due"].sum() if part["due"].sum() else None,
         part.loc[part["town"] != "", "town"].nunique())
        for key, part in told.groupby(name, sort=False)
    ]
    out = pd.DataFrame(rows, columns=["name", "total", "before", "overdue", "due", "in_time", "rate", "towns"])
    return out.sort_values(["total", "name"], ascending=[False, True]).reset_index(drop=True)


# --- Problems -------------------------------------------------------------------------------------------------------


NAMED = 500
"""Problems that are offered by name."""


def problem_names(session: Session, but: int | None = None) -> dict[int, str]:
    """The problems that demands can be put into, those with the newest demands first: id → name with how many and the
    number. `but`: one that is left out, and the other side (real or sample) with it."""
    demo = session.execute(select(DemandGroup.demo).where(DemandGroup.id == but)).scalar() if but else None
    rows = session.execute(
        select(DemandGroup.id, DemandGroup.title, DemandGroup.demands)
        .where(DemandGroup.alias_of.is_(None), DemandGroup.demands > 0, DemandGroup.id != (but or 0),
               *([] if demo is None else [DemandGroup.demo.is_(demo)]))
        .order_by(DemandGroup.last_at.desc(), DemandGroup.id.desc()).limit(NAMED))
    return {id_: f"{title}（{number} 件，编号 {id_}）" for id_, title, number in rows}


def problems(session: Session, where: DemandFilter, at: datetime, *, single: bool = False) -> pd.DataFrame:
    """The problems that the demands asked for belong to, the furthest-reaching first; those of one demand only with
    `single`. Praise is no problem and left out. Columns: group_id, title, level (key), level_name, why, now (demands
    asked for), all (of the half year), people, vague (there may be fewer), field, towns (number), where (streets in
    words), first_at, last_at, weeks (of the last WEEKS, oldest first), overdue, overdue_share (of those asked for whose
    handling is known)."""
    frame = demands(session, where, at)
    frame = frame[frame["group_id"].notna() & (frame["kind"] != "表扬")]
    ids = sorted({int(one) for one in frame["group_id"]})
    levels = levels_of(session, ids, where.end)
    members = _members(session, ids, where.end)
    named: dict[int, DemandGroup] = {}
    for part in chunks(ids):
        named |= {one.id: one for one in session.execute(select(DemandGroup).where(DemandGroup.id.in_(part))).scalars()}
    monday = where.end - timedelta(where.end.weekday())
    rows = []
    for group, mine in frame.groupby(frame["group_id"].astype(int)):
        every = members.get(group)
        if every is None or (len(every) < 2 and not single):  # None: all of it is older than the half year
            continue
        how = levels[group]
        towns = every.loc[every["town"] != "", "town"].value_counts()
        weeks = [0] * WEEKS
        for day in every["day"]:
            back = (monday - (day - timedelta(day.weekday()))).days // 7
            if back < WEEKS:
                weeks[WEEKS - 1 - back] += 1
        known = int(mine["tracked"].sum())
        rows.append((
            group, named[group].title, how.level, DEMAND_LEVELS[how.level], how.why, len(mine), len(every), how.people,
            how.vague, every["field"].mode().iloc[0], len(towns),
            "、".join(f"{town} {number}" for town, number in towns.head(3).items()) + ("等" if len(towns) > 3 else ""),
            every["asked_at"].min(), every["asked_at"].max(), weeks, int(mine["overdue"].sum()),
            mine["overdue"].sum() / known if known else None))
    out = pd.DataFrame(rows, columns=[
        "group_id", "title", "level", "level_name", "why", "now", "all", "people", "vague", "field", "towns", "where",
        "first_at", "last_at", "weeks", "overdue", "overdue_share"])
    order = {level: place for place, level in enumerate(DEMAND_LEVELS)}
    out["place"] = out["level"].map(order)
    return out.sort_values(["place", "all", "last_at"], ascending=[True, False, False]).drop(
        columns="place").reset_index(drop=True)


def _members(session: Session, groups: Iterable[int], end: date) -> dict[int, pd.DataFrame]:
    """The demands of problems in the half year up to that day."""
    columns = ["group_id", "day", "asked_at", "town", "field"]
    rows: list = []
    for part in chunks(sorted(groups)):
        rows += session.execute(select(*(getattr(Demand, name) for name in columns)).where(
            Demand.group_id.in_(part), Demand.day.between(end - timedelta(rules().fold.days), end))).all()
    frame = pd.DataFrame(rows, columns=columns)
    return {int(group): part for group, part in frame.groupby("group_id")}


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `asked`: the id that was asked for, another one where that was merged into this. `frame`: all its
    demands, the newest first (as `demands` gives them); `towns`, `places`, `units`: name, total."""

    id: int
    asked: int
    title: str
    named: bool
    area: str
    standing: Standing
    totals: Totals
    frame: pd.DataFrame
    weeks: pd.DataFrame
    towns: pd.DataFrame
    places: pd.DataFrame
    units: pd.DataFrame
    merged: tuple[tuple[int, str], ...]
    incidents: tuple[tuple[int, str], ...]
    demo: bool


def problem(session: Session, id_: int, at: datetime) -> Problem | None:
    """One problem with all its demands; None where there is none of that id."""
    group = session.get(DemandGroup, id_)
    seen = {id_}
    while group is not None and group.alias_of is not None and group.alias_of not in seen:
        seen.add(group.alias_of)
        group = session.get(DemandGroup, group.alias_of)
    if group is None or not group.demands:
        return None
    today = clock.day_of(at)
    first, last = clock.day_of(group.first_at), max(clock.day_of(group.last_at), today)
    frame = demands(session, DemandFilter(first, last), at)
    frame = frame[frame["group_id"] == group.id].reset_index(drop=True)
    weeks = frame.assign(day=[day - timedelta(day.weekday()) for day in frame["day"]]).groupby("day").size()
    merged = session.execute(select(DemandGroup.id, DemandGroup.title).where(DemandGroup.alias_of == group.id)).all()
    return Problem(
        group.id, id_, group.title, group.named, group.area,
        levels_of(session, [group.id], clock.day_of(group.last_at))[group.id], totals(frame), frame,
        weeks.reset_index(name="value").assign(series="诉求"),
        _counted(frame["town"], NOWHERE), _counted(frame["place"]), _counted(frame["unit"], NOBODY),
        tuple(map(tuple, merged)), _incidents(session, [int(one) for one in frame["mention_id"]]), group.demo)


def _counted(column: pd.Series, missing: str = "") -> pd.DataFrame:
    told = column.where(column != "", missing)
    counted = told[told != ""].value_counts()
    return pd.DataFrame({"name": list(counted.index), "total": [int(one) for one in counted]})


def _incidents(session: Session, mentions: Iterable[int]) -> tuple[tuple[int, str], ...]:
    found: dict[int, str] = {}
    for part in chunks(sorted(set(mentions))):
        found |= dict(session.execute(
            select(Incident.id, Incident.title).join(IncidentMention, IncidentMention.incident_id == Incident.id)
            .where(IncidentMention.mention_id.in_(part), IncidentMention.removed_at.is_(None))).all())
    return tuple(sorted(found.items()))


# --- One demand -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a demand's history: what a file said otherwise, or what a person said."""

    at: datetime
    what: str
    before: str
    after: str
    by: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """One demand in full. `corrected`: what a person said, by what it is about; `alike`: id, title, asked_at, town,
    why; `capture`: id, name and moment of the file or answer that it was last read from."""

    row: Demand
    unit: str
    source: str
    answered: bool
    overdue: bool
    over: int
    group: tuple[int, str, Standing] | None
    corrected: Mapping[str, str]
    history: tuple[Change, ...]
    alike: pd.DataFrame
    capture: tuple[int, str, datetime] | None
    incidents: tuple[tuple[int, str], ...]


def one(session: Session, id_: int, at: datetime) -> Detail | None:
    """One demand; None where it is gone."""
    row = session.get(Demand, id_)
    if row is None:
        return None
    unit = session.get(Unit, row.unit_id) if row.unit_id else None
    group = session.get(DemandGroup, row.group_id) if row.group_id else None
    answered = bool(row.reply or row.replied_at or row.state in ("已答复", "已办结"))
    late = bool(row.state in ("待办", "办理中") and not answered and row.due_at and row.due_at < at)
    units = {str(key): name for key, name in session.execute(select(Unit.id, Unit.name))}
    history = [Change(c.at, SAID[c.what], c.before, c.after, "导入" if c.capture_id else "采集", c.late)
               for c in session.execute(select(DemandChange).where(DemandChange.demand_id == id_)).scalars()]
    history += [
        Change(d.at, deeds.NAMES[d.what], *(
            units.get(one, one) if d.what == "unit" else f"问题 {one}" if d.what == "group" and one else one
            for one in (d.was, d.value)), d.who)
        for d in session.execute(select(DemandDeed).where(DemandDeed.demand_id == id_)).scalars()]
    known = (group.id, group.title, levels_of(session, [group.id], clock.day_of(group.last_at))[group.id]) if (
        group) else None
    capture = session.get(Capture, row.capture_id) if row.capture_id else None
    source = session.get(Source, row.source_id)
    session.expunge(row)
    return Detail(
        row, unit.name if unit else "", source.name, answered, late, int((at - row.due_at).days) + 1 if late else 0,
        known,
        {what: value for (_, what), value in deeds.words(session, [id_]).items()},
        tuple(sorted(history, key=lambda line: line.at)), _alike(session, row),
        (capture.id, capture.request, capture.fetched_at) if capture else None, _incidents(session, [row.mention_id]))


def _alike(session: Session, row: Demand) -> pd.DataFrame:
    """The others of its problem, then those of the same 类别 in the same street."""
    columns = (Demand.id, Demand.title, Demand.asked_at, Demand.town, Demand.state)
    found: list[tuple] = []
    if row.group_id:
        found += [(*one, "同一问题") for one in session.execute(select(*columns).where(
            Demand.group_id == row.group_id, Demand.id != row.id).order_by(Demand.asked_at.desc()).limit(SHOWN_LIKE))]
    if row.town and len(found) < SHOWN_LIKE:
        other = or_(Demand.group_id.is_(None), Demand.group_id != row.group_id) if row.group_id else Demand.id != row.id
        found += [(*one, "同街镇、同类别") for one in session.execute(select(*columns).where(
            and_(Demand.field == row.field, Demand.town == row.town, Demand.id != row.id, other,
                 Demand.demo.is_(row.demo))).order_by(Demand.asked_at.desc()).limit(SHOWN_LIKE - len(found)))]
    return pd.DataFrame(found, columns=["id", "title", "asked_at", "town", "state", "why"])


def urged(session: Session, where: DemandFilter, at: datetime) -> pd.DataFrame:
    """What is overdue, by unit and then the longest over first (催办清单): unit, number, title, kind, field, town,
    asked_at, due_at, over, state, id."""
    frame = demands(session, where, at)
    frame = frame[frame["overdue"]].copy()
    frame["unit"] = frame["unit"].where(frame["unit"] != "", NOBODY)
    return frame.sort_values(["unit", "over", "asked_at"], ascending=[True, False, True])[
        ["unit", "number", "title", "kind", "field", "town", "asked_at", "due_at", "over", "state", "id"]
    ].reset_index(drop=True)
