"""What demands are about, where, whose they are, and the problem that they belong to: found by the scheduler.

Demands whose `read_at` is null are taken a batch at a time; what is found is committed together with the mark. What a
person said of one (core.demands.deeds) stays. The demands that new ones are compared with are read once for each run.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import func, or_, select, update
from sqlmodel import Session

from core import audit
from core.db import bump, chunks
from core.demands import deeds, intake
from core.models import Demand, DemandDeed, DemandGroup, Unit
from core.opinion.demand_fields import kind_of, scheme
from core.opinion.demand_fold import Problems, Said, keep_ids, subject
from core.opinion.demand_rules import rules
from core.opinion.features import Background, load_background
from core.opinion.gazetteer import KINDS
from core.opinion.normal import normal
from core.opinion.places import Gazetteer, Place
from core.opinion.responsible import Offices
from core.opinion.scenes import event_place
from core.settings import CATALOG
from core.sift import sieve

BATCH = 200
"""Demands of one transaction."""
NEW = 2**31
"""The first of the numbers that new problems go by until the database allots their ids: beyond all of these."""
_TITLE = 60


@dataclass(frozen=True, slots=True)
class Reader:
    """What demands are read with."""

    places: Gazetteer | None
    offices: Offices
    streets: Mapping[str, str]
    """Name of a street or town, as files may write it → as the district writes it."""


def reader(session: Session) -> Reader:
    """What demands are read with now."""
    made = sieve(session)
    streets: dict[str, str] = {}
    for name, aliases in session.execute(select(Unit.name, Unit.aliases).where(Unit.kind == "street")):
        short = next((one for one in aliases or () if one.endswith(("街道", "镇", "乡"))), name)
        for one in (name, short, *(aliases or ()), short.removesuffix("街道").removesuffix("镇")):
            streets.setdefault(one, short)
    return Reader(made.places, made.offices, streets)


def run(session: Session, *, now: datetime, limit: int = 20_000) -> int:
    """Adopt mentions that are no demands yet and read what waits; commits batch by batch and tells readers. Returns how
    many were read."""
    if intake.left(session):
        while intake.adopt(session):
            session.commit()
        intake.adopted(session, now)
        session.commit()
    done = 0
    using: Reader | None = None
    problems: dict[bool, Problems] = {}
    heard: int | None = None
    while done < limit:
        rows = session.execute(select(Demand).where(Demand.read_at.is_(None)).order_by(
            Demand.asked_at, Demand.id).limit(min(BATCH, limit - done))).scalars().all()
        if not rows:
            break
        last = session.execute(select(func.max(DemandDeed.id))).scalar()
        if last != heard:  # people have put demands elsewhere since the problems were read
            problems, heard = {}, last
        using = using or reader(session)
        names = {row.id: read(row, using) for row in rows}
        deeds.stand(session, rows)
        _fold(session, rows, names, problems)
        for row in rows:
            row.read_at = now
        session.flush()
        deeds.count(session, {row.group_id for row in rows if row.group_id})
        bump(session, now)
        session.commit()
        done += len(rows)
    return done


def read(row: Demand, using: Reader) -> tuple[str, ...]:
    """Find kind, field, place, unit and the time by which an answer is due; returns the places that it names."""
    said = [one for one in row.kind_said.split("；") if one]
    whole = row.text if row.text.startswith(row.title) else f"{row.title}\n{row.text}"
    place, town, why, names = _where(row, whole, using)
    row.place, row.place_code = (place.name, place.code) if place and place.level in KINDS else ("", "")
    row.place_why = why
    field = scheme().tell(subject(row.title, names), subject(row.text, names), said)
    kind = kind_of(row.title, row.text, said)
    row.kind, row.kind_why = kind.value, kind.why
    if row.due_why != intake.STATED:
        row.due_at, row.due_why = rules().due(row.asked_at, kind.value)
    unit, unit_why = _unit(row, whole, town, using)
    row.unit_why = unit_why
    row.found = {"field": field.value, "field_sure": field.sure, "field_why": field.why, "town": town,
                 "unit_id": unit, "unit_why": unit_why}
    row.field, row.field_sure, row.field_why = field.value, field.sure, field.why
    row.town, row.unit_id = town, unit
    return names


def rebuild(session: Session, *, who: str, now: datetime) -> str:
    """Fold all demands anew, in the order of asking; those that a person put somewhere stay there. A problem that goes
    on keeps its id and its name. Returns what changed in Chinese. Commits."""
    ids = session.execute(select(Demand.id).where(Demand.read_at.is_not(None)).order_by(
        Demand.asked_at, Demand.id)).scalars().all()
    before: dict[int, list[int]] = {}
    fixed: dict[int, int] = {}
    using = reader(session)
    texts: dict[bool, list[Said]] = {False: [], True: []}
    for part in chunks(ids, BATCH):
        for row in session.execute(select(Demand).where(Demand.id.in_(part)).order_by(
                Demand.asked_at, Demand.id)).scalars():
            if row.group_id:
                before.setdefault(row.group_id, []).append(row.id)
            if row.pinned and row.group_id:
                fixed[row.id] = row.group_id
            texts[row.demo].append(_said(row, _names(row, using), row.group_id if row.pinned else None))
    after: dict[int, list[int]] = {}
    why: dict[int, str] = {}
    allot = itertools.count(NEW).__next__
    for every in texts.values():
        problems = Problems(background(), rules().fold, allot)
        for said in every:
            if said.group is not None:
                problems.put(said)
                after.setdefault(said.group, []).append(said.id)
            else:
                joined = problems.add(said)
                after.setdefault(joined.group, []).append(said.id)
                why[said.id] = joined.why
    # Those that a person put into a problem are in it whatever becomes of the others, and it goes on with these, too.
    keeping = {group: demands for group, demands in after.items() if group >= NEW}
    own = {group: [demand for demand in demands if demand not in fixed] for group, demands in before.items()}
    same = keep_ids(own, keeping)
    placed = {demand: same.get(group, group) for group, demands in after.items() for demand in demands}
    moved, _ = _place(session, placed, why)
    found = dict(session.execute(select(Demand.id, Demand.group_id).where(Demand.group_id.is_not(None))).all())
    deeds.count(session, {*found.values(), *before})
    for group in set(before) - set(found.values()):  # a link to it leads to where most of its demands are
        for heir, _ in Counter(found[demand] for demand in before[group] if demand in found).most_common(1):
            session.execute(update(DemandGroup).where(DemandGroup.id == group).values(alias_of=heir))
    words = f"重新归并 {len(ids):,} 件诉求，得 {len(set(found.values())):,} 个问题，{moved:,} 件换了问题"
    audit.note(session, who, "重新归并诉求", "", words)
    bump(session, now)
    session.commit()
    return words


@cache
def background() -> Background:
    """How common pieces of words are, loaded once."""
    return load_background(CATALOG / "text_background.npz")


# --- Parts ----------------------------------------------------------------------------------------------------------


def _where(row: Demand, whole: str, using: Reader) -> tuple[Place | None, str, str, tuple[str, ...]]:
    """(spot, street or town, reason, every place named): what the file states, else where the text says it happened."""
    stated = _street(row.town_said, using)
    named = using.places.find(normal(whole)) if using.places else []
    at = using.places.find(normal(row.address)) if using.places and row.address else []
    names = tuple(dict.fromkeys(one.name for one in (*at, *named)))
    if at:
        place = max(at, key=lambda one: (one.level in KINDS, len(one.code), one.start))
        town = stated or next((one.town for one in at if one.town), "")
        return place, town, f"文件写明地址“{row.address[:40]}”", names
    event = event_place(whole, named) if named else None
    if event is not None:
        place = event.place
        return place, stated or place.town, f"文件写明街镇“{row.town_said}”" if stated else event.reason, names
    if len(named) == 1 or (named and len({one.town for one in named if one.town}) == 1):
        place = max(named, key=lambda one: (one.level in KINDS, len(one.code)))
        return place, stated or place.town, f"文中只提到“{place.name}”", names
    if stated:
        return None, stated, f"文件写明街镇“{row.town_said}”", names
    return None, "", "没有写明地点" if not named else "提到的地点不止一处，没有写明是哪一处", names


def _names(row: Demand, using: Reader) -> tuple[str, ...]:
    """The places that a demand names."""
    if using.places is None:
        return ()
    found = using.places.find(normal(f"{row.address}\n{row.title}\n{row.text}"))
    return tuple(dict.fromkeys(one.name for one in found))


def _street(said: str, using: Reader) -> str:
    """A street or town as a file states it, as the district writes it; what is in no list stays as it is written."""
    if not said:
        return ""
    found = using.streets.get(said) or next(
        (name for known, name in using.streets.items() if known.endswith(("街道", "镇", "乡")) and known in said), "")
    return found or said[:40]


def _unit(row: Demand, whole: str, town: str, using: Reader) -> tuple[int | None, str]:
    if row.unit_said:
        named = using.offices.named(normal(row.unit_said))
        if len(named) == 1:
            (unit,) = named
            return unit, f"文件写明承办单位“{row.unit_said[:40]}”"
        why = "对应的单位不止一个" if named else "不在单位台账中"
        return None, f"文件写明承办单位“{row.unit_said[:40]}”，{why}"
    text = f"{row.address}\n{whole}" if row.address else whole
    form = normal(text)
    event = event_place(text, using.places.find(form)) if using.places else None
    unit, why = using.offices.find(using.offices.named(form), event, True)
    if unit is None and town and len(street := using.offices.named(normal(town))) == 1:
        (unit,) = street
        why = f"发生在{town}"
    return unit, why


def _said(row: Demand, names: tuple[str, ...], group: int | None = None) -> Said:
    return Said(row.id, row.asked_at, row.field, row.title, row.text, row.town, row.place, row.caller, names, group)


def _fold(
    session: Session, rows: Sequence[Demand], names: Mapping[int, tuple[str, ...]], held: dict[bool, Problems]
) -> None:
    """Put these into problems; the sample district's and real ones apart. `held`: what this run has read already."""
    for demo in (False, True):
        mine = [row for row in rows if row.demo is demo and not row.pinned]
        if not mine:
            continue
        if demo not in held:
            held[demo] = _known(session, demo)
        left = {row.group_id for row in mine if row.group_id}
        joined = {row.id: held[demo].add(_said(row, names[row.id])) for row in mine}
        # One that was alone in its problem and is so again, or is joined there by others, keeps that one's id.
        alone = _alone(session, mine, left)
        same = {joined[row.id].group: row.group_id for row in mine
                if joined[row.id].new and row.group_id in alone}
        if same:
            held[demo].rename(same)
        _, made = _place(session, {id_: same.get(one.group, one.group) for id_, one in joined.items()},
                         {id_: one.why for id_, one in joined.items()})
        held[demo].rename(made)
        deeds.count(session, left)


def _known(session: Session, demo: bool) -> Problems:
    """The problems of the demands that are in one, as far back from those that wait as a problem lasts."""
    reach = timedelta(days=rules().fold.days)
    first, last = session.execute(select(func.min(Demand.asked_at), func.max(Demand.asked_at)).where(
        Demand.read_at.is_(None), Demand.demo.is_(demo))).one()
    problems = Problems(background(), rules().fold, itertools.count(NEW).__next__)
    stored = session.execute(select(Demand).where(
        Demand.demo.is_(demo), Demand.group_id.is_not(None), or_(Demand.read_at.is_not(None), Demand.pinned.is_(True)),
        Demand.asked_at.between(first - reach, last + reach)).order_by(Demand.asked_at, Demand.id)).scalars()
    for row in stored:
        problems.put(_said(row, (), row.group_id))
    return problems


def _alone(session: Session, mine: Sequence[Demand], groups: set[int]) -> set[int]:
    """Those of the problems in which nothing is but one of these demands."""
    here = Counter(row.group_id for row in mine if row.group_id)
    found: set[int] = set()
    for part in chunks(sorted(groups)):
        counted = session.execute(select(Demand.group_id, func.count()).where(Demand.group_id.in_(part)).group_by(
            Demand.group_id))
        found |= {group for group, number in counted if number == here[group] == 1}
    return found


def _place(session: Session, placed: Mapping[int, int], why: Mapping[int, str]) -> tuple[int, dict[int, int]]:
    """Write who is in which problem, making those that are new; whatever a person has put somewhere meanwhile stays
    there. Returns how many were moved, and the ids of the new problems by the numbers that they went by."""
    moved = 0
    made: dict[int, int] = {}
    for part in chunks(list(placed), BATCH):
        session.flush()
        session.execute(update(Demand).where(Demand.id.in_(part)).values(pinned=Demand.pinned).execution_options(
            synchronize_session=False))  # nobody puts them elsewhere before the commit
        for row in session.execute(select(Demand).where(Demand.id.in_(part)).order_by(
                Demand.asked_at, Demand.id).execution_options(populate_existing=True)).scalars():
            if row.pinned:
                continue
            group = placed[row.id]
            if group >= NEW and group not in made:
                fresh = DemandGroup(title=row.title[:_TITLE], area=row.field.partition("/")[0], first_at=row.asked_at,
                                    last_at=row.asked_at, demo=row.demo)
                session.add(fresh)
                session.flush()
                made[group] = fresh.id
            group = made.get(group, group)
            moved += row.group_id is not None and row.group_id != group
            row.group_id, row.group_why = group, why.get(row.id, row.group_why)
    session.flush()
    return moved, made
