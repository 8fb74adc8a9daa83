"""Incidents as rooms and reports see them: response clocks, the list by urgency, one file as a whole.

A file that was merged into another is read with it (core.incidents.family): links, steps, tasks and attachments of the
family stand together, and its id opens the one that stands for it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlmodel import Session

from core import clock, district, incident_files, labels
from core.db import chunks
from core.incidents import CLOSED, STAGES, family, head, heads
from core.models import (
    Incident,
    IncidentFile,
    IncidentMention,
    IncidentStep,
    IncidentTask,
    IncidentTie,
    IncidentTopic,
    Mention,
    Topic,
    Unit,
)

GRAVE = ("red", "orange")
CLOCKS = (
    ("权威发布", 5, GRAVE), ("新闻发布会", 24, GRAVE), ("回应", 48, tuple(labels.LEVELS)),
)
"""Response clocks: name, hours from the first capture, levels that it runs for. After 国办发〔2016〕61号 and 80号: of
what concerns grave and most grave incidents authoritative word within 5 hours and a press conference within 24; an
answer to anything else within 48."""
STATES = {"open": "处置中", "closed": "已办结", "withdrawn": "已撤销", "all": "全部"}
SYSTEM = "系统"


# --- Clocks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """An incident's own figures. `stopped_at`: when it reached 回应 or went beyond it, `stopped_by` that stage (of
    labels.STAGES); `unit`: the leading unit's name, empty without one."""

    id: int
    title: str
    level: str
    stage: str
    summary: str
    risk: str
    town: str
    place: str
    unit_id: int | None
    unit: str
    first_at: datetime
    opened_at: datetime
    opened_by: str
    updated_at: datetime
    closed_at: datetime | None
    withdrawn: str
    demo: bool
    stopped_at: datetime | None
    stopped_by: str

    @property
    def state(self) -> str:
        """Of STATES."""
        return "withdrawn" if self.withdrawn else "closed" if self.stage in CLOSED else "open"


@dataclass(frozen=True, slots=True)
class Clock:
    """One response clock: what is due, within so many hours, until when; `left`: time from now, or from the moment at
    which it was stopped, negative where that is too late."""

    name: str
    hours: int
    due_at: datetime
    stopped_at: datetime | None
    stopped_by: str
    left: timedelta

    @property
    def running(self) -> bool:
        return self.stopped_at is None

    @property
    def late(self) -> bool:
        return self.left < timedelta(0)

    @property
    def words(self) -> str:
        """`剩 3 小时 12 分`, `已超时 2 小时`, `按时回应，用时 3 小时`, `超时 2 小时回应`."""
        if self.running:
            return f"已超时 {span(-self.left)}" if self.late else f"剩 {span(self.left)}"
        done = labels.STAGES[self.stopped_by]
        if self.late:
            return f"超时 {span(-self.left)}{done}"
        return f"按时{done}，用时 {span(timedelta(hours=self.hours) - self.left)}"


def clocks(incident: Head | Incident, now: datetime) -> tuple[Clock, ...]:
    """The response clocks of an incident of its level; none of a withdrawn one. A row of the table does not know when
    its clocks were stopped: it has them only while they run."""
    known = isinstance(incident, Head)
    if incident.withdrawn or not (known or STAGES.index(incident.stage) < STAGES.index("answered")):
        return ()
    stopped_at, stopped_by = (incident.stopped_at, incident.stopped_by) if known else (None, "")
    until = stopped_at or now
    return tuple(
        Clock(name, hours, due, stopped_at, stopped_by, due - until)
        for name, hours, levels in CLOCKS if incident.level in levels
        for due in [incident.first_at + timedelta(hours=hours)])


def pressing(incident: Head | Incident, now: datetime) -> Clock | None:
    """The running clock that is due first, or was; None where none runs."""
    return min((one for one in clocks(incident, now) if one.running), key=lambda one: one.due_at, default=None)


def span(time: timedelta) -> str:
    """A length of time in words, two units at most, rounded down: `2 天 3 小时`, `3 小时 12 分`, `不到 1 分钟`."""
    minutes = int(time.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "天"), (hours, "小时"), (minutes, "分")]
    shown = [f"{number} {unit}" for number, unit in (parts[:2] if days else parts[1:]) if number]
    if not shown:
        return "不到 1 分钟"
    return " ".join(shown) if len(shown) > 1 or not shown[0].endswith("分") else f"{shown[0]}钟"


# --- The list -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents: STATES, and where given stage, level, town, leading unit or one with a task (of the file or of
    one that was merged into it), words of the title (all of them)."""

    state: str = "open"
    stage: str = ""
    level: str = ""
    town: str = ""
    unit_id: int | None = None
    search: str = ""


LISTED = ("incident_id", "level", "title", "stage", "state", "town", "unit", "clock", "clock_words", "due_at", "late",
          "mentions", "more", "tasks", "overdue", "first_at", "opened_at", "changed_at", "who")


def listed(session: Session, now: datetime, wanted: Wanted = Wanted()) -> pd.DataFrame:
    """Incidents, the most urgent first: those whose clock runs, the grave before the others, by the clock that is due
    first, then by level, then the last opened.

    Columns: incident_id, level, title, stage, state, town, unit, clock (name of the pressing clock; empty: none runs),
    clock_words, due_at, late (it is over), mentions, more (of the last 24 hours), tasks (that wait for an answer),
    overdue (names of the units whose answers are), first_at, opened_at, changed_at and who (of the last step).
    """
    found = _found(session, _matching(session, wanted))
    ids = [one.id for one in found]
    sizes, waiting = _sizes(session, ids, now - timedelta(hours=24)), _waiting(session, ids, now)
    last = _last_steps(session, ids)
    rows = []
    for one in found:
        due, (tasks, overdue) = pressing(one, now), waiting.get(one.id, (0, ()))
        mentions, more = sizes.get(one.id, (0, 0))
        changed_at, who = last.get(one.id, (one.opened_at, one.opened_by))
        rows.append({
            "incident_id": one.id, "level": one.level, "title": one.title, "stage": one.stage, "state": one.state,
            "town": one.town, "unit": one.unit, "clock": due.name if due else "",
            "clock_words": due.words if due else "", "due_at": due.due_at if due else None,
            "late": bool(due and due.late), "mentions": mentions, "more": more, "tasks": tasks,
            "overdue": "、".join(overdue), "first_at": one.first_at, "opened_at": one.opened_at,
            "changed_at": changed_at, "who": who or SYSTEM,
        })
    order = list(labels.LEVELS)
    far = clock.instant(clock.day_of(now)) + timedelta(days=36_500)
    rows.sort(key=lambda row: (
        row["state"] != "open", row["due_at"] is None, row["level"] not in GRAVE, row["due_at"] or far,
        order.index(row["level"]), -row["opened_at"].timestamp(), -row["incident_id"]))
    frame = pd.DataFrame(rows, columns=list(LISTED))
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True)
                           for name in ("due_at", "first_at", "opened_at", "changed_at")})


@dataclass(frozen=True, slots=True)
class Counts:
    """Incidents that are open, those of them with a clock that has run out, by level, tasks whose answers are overdue;
    closed and withdrawn ones."""

    open: int
    late: int
    levels: Mapping[str, int]
    overdue: int
    closed: int
    withdrawn: int


def counts(session: Session, now: datetime) -> Counts:
    """How many incidents there are, and how they stand."""
    found = _found(session, _matching(session, Wanted("all")))
    live = [one for one in found if one.state == "open"]
    waiting = _waiting(session, [one.id for one in live], now)
    levels = Counter(one.level for one in live)
    late = sum(bool((due := pressing(one, now)) and due.late) for one in live)
    states = Counter(one.state for one in found)
    return Counts(len(live), late, {level: levels[level] for level in labels.LEVELS},
                  sum(len(overdue) for _, overdue in waiting.values()), states["closed"], states["withdrawn"])


def streets(session: Session, now: datetime) -> pd.DataFrame:
    """Open incidents by street or town, most first: town (empty: not known), open, late, red, orange, yellow, blue."""
    frame = listed(session, now)
    levels = {level: (frame["level"] == level).astype(int) for level in labels.LEVELS}
    counted = pd.DataFrame({"town": frame["town"], "open": 1, "late": frame["late"].astype(int), **levels})
    summed = counted.groupby("town", as_index=False, sort=False).sum()
    return summed.sort_values(["open", "late", "town"], ascending=[False, False, True], ignore_index=True)


def overdue_units(session: Session, now: datetime) -> dict[int, tuple[str, ...]]:
    """Incident → names of the units whose answers are overdue, one for each task; of open incidents."""
    ids = list(session.execute(select(Incident.id).where(*_matching(session, Wanted()))).scalars())
    return {id_: overdue for id_, (_, overdue) in _waiting(session, ids, now).items() if overdue}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be filtered by: towns and units (id, name) of incidents; all units, for tasks."""

    towns: tuple[str, ...]
    units: tuple[tuple[int, str], ...]
    every_unit: tuple[tuple[int, str], ...]


def choices(session: Session) -> Choices:
    """Towns and units that incidents have, and all units of the ledger."""
    towns = session.execute(select(Incident.town).where(
        Incident.town != "", Incident.alias_of.is_(None)).distinct().order_by(Incident.town))
    every = [tuple(row) for row in session.execute(select(Unit.id, Unit.name).order_by(Unit.sort, Unit.name))]
    used = {*session.execute(select(Incident.unit_id).distinct()).scalars(),
            *session.execute(select(IncidentTask.unit_id).distinct()).scalars()}
    return Choices(tuple(towns.scalars()), tuple(one for one in every if one[0] in used), tuple(every))


def towns(session: Session) -> tuple[str, ...]:
    """Streets and towns that an incident can be in: the district's, and those that incidents have already."""
    ours = district.profile(session)
    used = session.execute(select(Incident.town).where(Incident.town != "").distinct().order_by(Incident.town))
    return tuple(dict.fromkeys([*ours.streets, *sum(district.streets(ours.code), ()), *used.scalars()]))


def _matching(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    closed = Incident.stage.in_(CLOSED)
    terms = [Incident.alias_of.is_(None), *{
        "open": [Incident.withdrawn == "", ~closed], "closed": [Incident.withdrawn == "", closed],
        "withdrawn": [Incident.withdrawn != ""], "all": [],
    }[wanted.state]]
    for column, value in ((Incident.stage, wanted.stage), (Incident.level, wanted.level), (Incident.town, wanted.town)):
        terms += [column == value] if value else []
    if wanted.unit_id is not None:
        theirs = or_(Incident.unit_id == wanted.unit_id, exists().where(
            IncidentTask.incident_id == Incident.id, IncidentTask.unit_id == wanted.unit_id,
            IncidentTask.withdrawn_at.is_(None)))
        merged = session.execute(select(Incident.id).where(Incident.alias_of.is_not(None), theirs)).scalars().all()
        tops = heads(session) if merged else {}
        terms.append(or_(theirs, Incident.id.in_({tops[id_] for id_ in merged})))
    return terms + [Incident.title.icontains(word, autoescape=True) for word in wanted.search.split()[:8]]


def _found(session: Session, terms: Iterable[ColumnElement[bool]]) -> list[Head]:
    rows = session.execute(select(Incident, Unit.name).outerjoin(Unit, Unit.id == Incident.unit_id).where(*terms)
                           .order_by(Incident.id)).all()
    stops = _stops(session, [row.id for row, _ in rows])
    return [
        Head(row.id, row.title, row.level, row.stage, row.summary, row.risk, row.town, row.place, row.unit_id,
             unit or "", row.first_at, row.opened_at, row.opened_by, row.updated_at, row.closed_at, row.withdrawn,
             row.demo, *stops.get(row.id, (None, "")))
        for row, unit in rows
    ]


def _stops(session: Session, ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    """When the clocks of incidents were stopped, and by which stage: the first one from 回应 on since they were last
    before it."""
    out: dict[int, tuple[datetime, str]] = {}
    for part in chunks(ids):
        for id_, at, stage in session.execute(
            select(IncidentStep.incident_id, IncidentStep.at, IncidentStep.stage)
            .where(IncidentStep.incident_id.in_(part), IncidentStep.kind == "stage").order_by(IncidentStep.id)
        ):
            if STAGES.index(stage) < STAGES.index("answered"):
                out.pop(id_, None)
            else:
                out.setdefault(id_, (at, stage))
    return out


def _families(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Every file of these incidents → the incident."""
    return {id_: id_ for id_ in ids} | {id_: top for id_, top in heads(session).items() if top in set(ids)}


def _sizes(session: Session, ids: Sequence[int], since: datetime) -> dict[int, tuple[int, int]]:
    """Mentions of incidents, and those published since then."""
    of = _families(session, ids)
    several = {top for id_, top in of.items() if id_ != top}
    newer = func.count(case((Mention.published_at >= since, Mention.id)).distinct())
    counted = select(func.count(Mention.id.distinct()), newer).join(
        IncidentMention, IncidentMention.mention_id == Mention.id).where(IncidentMention.removed_at.is_(None))
    out = {}
    for part in chunks([id_ for id_ in ids if id_ not in several]):
        rows = session.execute(counted.add_columns(IncidentMention.incident_id).where(
            IncidentMention.incident_id.in_(part)).group_by(IncidentMention.incident_id))
        out |= {id_: (number, more) for number, more, id_ in rows}
    for top in several:
        every = [id_ for id_, one in of.items() if one == top]
        out[top] = tuple(session.execute(counted.where(IncidentMention.incident_id.in_(every))).one())
    return out


def _waiting(session: Session, ids: Sequence[int], now: datetime) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Of incidents: tasks without an answer, and the units whose answers are overdue, one for each task."""
    of = _families(session, ids)
    found: dict[int, list[str | None]] = defaultdict(list)
    for part in chunks(list(of)):
        for id_, due_at, unit in session.execute(
            select(IncidentTask.incident_id, IncidentTask.due_at, Unit.name)
            .join(Unit, Unit.id == IncidentTask.unit_id)
            .where(IncidentTask.incident_id.in_(part), IncidentTask.answered_at.is_(None),
                   IncidentTask.withdrawn_at.is_(None)).order_by(IncidentTask.due_at, IncidentTask.id)
        ):
            found[of[id_]].append(unit if due_at is not None and due_at < now else None)
    return {id_: (len(units), tuple(filter(None, units))) for id_, units in found.items()}


def _last_steps(session: Session, ids: Sequence[int]) -> dict[int, tuple[datetime, str]]:
    of = _families(session, ids)
    out: dict[int, tuple[datetime, str]] = {}
    for part in chunks(list(of)):
        newest = select(func.max(IncidentStep.id)).where(IncidentStep.incident_id.in_(part)).group_by(
            IncidentStep.incident_id)
        for id_, at, who in session.execute(select(IncidentStep.incident_id, IncidentStep.noted_at, IncidentStep.who)
                                            .where(IncidentStep.id.in_(newest))):
            out[of[id_]] = max(out.get(of[id_], (at, who)), (at, who))
    return out


# --- One file -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reached:
    """A stage of the file's course: when it was reached (None: not, or left out), whether it was left out, whether the
    file is there now."""

    stage: str
    at: datetime | None
    skipped: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the course. `of`: title of the merged file that it comes from, empty of the file itself; `other`: title
    of the other incident of a merge, a split or a relation."""

    at: datetime
    noted_at: datetime
    who: str
    kind: str
    stage: str
    before: str
    after: str
    text: str
    unit: str
    other_id: int | None
    other: str
    of: str


@dataclass(frozen=True, slots=True)
class Task:
    """What a unit was asked; `of` as in Step."""

    id: int
    unit_id: int
    unit: str
    person: str
    text: str
    asked_at: datetime
    asked_by: str
    due_at: datetime | None
    answered_at: datetime | None
    answered_by: str
    answer: str
    withdrawn_at: datetime | None
    of: str

    def state(self, now: datetime) -> str:
        """已收回, 已反馈, 超期反馈, 待反馈, 已超期."""
        if self.withdrawn_at is not None:
            return "已收回"
        late = self.due_at is not None and self.due_at < (self.answered_at or now)
        if self.answered_at is not None:
            return "超期反馈" if late else "已反馈"
        return "已超期" if late else "待反馈"


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file; `there`: its bytes lie where they should; `of` as in Step."""

    id: int
    name: str
    media_type: str
    sha256: str
    size: int
    note: str
    at: datetime
    who: str
    removed_at: datetime | None
    removed_by: str
    there: bool
    of: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A topic whose mentions belong to the incident as they come; `mentions`: how many of it do."""

    topic_id: int
    title: str
    mentions: int
    active: bool
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another incident: one that has to do with this, or was merged into it; since when, by whom, why."""

    id: int
    title: str
    level: str
    stage: str
    withdrawn: bool
    at: datetime
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class File:
    """一事一报: everything about one incident but what is linked to it (core.query.incident_mentions). `asked`: the id
    that was asked for, another one than the head's where that file was merged into it. `mentions`, `texts` (reprints
    counted once), `platforms`: how much is linked; `removed`: how much was taken out. Steps, tasks and attachments in
    the order in which they were written down."""

    asked: int
    head: Head
    mentions: int
    texts: int
    platforms: int
    removed: int
    stages: tuple[Reached, ...]
    steps: tuple[Step, ...]
    tasks: tuple[Task, ...]
    files: tuple[Attachment, ...]
    topics: tuple[Followed, ...]
    ties: tuple[Other, ...]
    merged: tuple[Other, ...]


def file(session: Session, incident_id: int) -> File | None:
    """The file of that id, or the one that it was merged into; None where there is none."""
    top = head(session, incident_id)
    found = _found(session, [Incident.id == top])
    if not found:
        return None
    every = family(session, top)
    titles = dict(session.execute(select(Incident.id, Incident.title).where(Incident.id.in_(every))).all())
    of = {id_: title if id_ != top else "" for id_, title in titles.items()}
    steps = _steps(session, every, of)
    mentions, texts, platforms = session.execute(
        select(func.count(Mention.id.distinct()), func.count(func.coalesce(Mention.fold_id, Mention.id).distinct()),
               func.count(Mention.platform.distinct()))
        .where(Mention.id.in_(linked(every)))).one()
    removed = session.execute(select(func.count(Mention.id)).where(Mention.id.in_(taken_out(every)))).scalar()
    return File(
        incident_id, found[0], mentions, texts, platforms, removed or 0, _stages(session, found[0]), steps,
        _tasks(session, every, of), _files(session, every, of), _topics(session, every), ties_of(session, every),
        _merged(session, every[1:]),
    )


def linked(every: Sequence[int]) -> Select[tuple[int]]:
    """SELECT of the mentions that belong to a family of files."""
    return select(IncidentMention.mention_id).where(
        IncidentMention.incident_id.in_(every), IncidentMention.removed_at.is_(None))


def taken_out(every: Sequence[int]) -> Select[tuple[int]]:
    """SELECT of those that were taken out of it."""
    return select(IncidentMention.mention_id).where(
        IncidentMention.incident_id.in_(every), IncidentMention.mention_id.not_in(linked(every)))


def _stages(session: Session, one: Head) -> tuple[Reached, ...]:
    here = STAGES.index(one.stage)
    at: dict[str, datetime] = {}
    for step in session.execute(select(IncidentStep.at, IncidentStep.stage).where(
            IncidentStep.incident_id == one.id, IncidentStep.kind == "stage").order_by(IncidentStep.id)):
        place = STAGES.index(step.stage)
        at = {stage: when for stage, when in at.items() if STAGES.index(stage) < place} | {step.stage: step.at}
    return tuple(Reached(stage, at.get(stage), n < here and stage not in at, n == here)
                 for n, stage in enumerate(STAGES))


def _steps(session: Session, every: Sequence[int], of: Mapping[int, str]) -> tuple[Step, ...]:
    """The steps, and a line for each day on which mentions of followed topics came in by themselves."""
    other = select(Incident.id, Incident.title).subquery()
    rows = session.execute(
        select(IncidentStep, Unit.name, other.c.title).outerjoin(Unit, Unit.id == IncidentStep.unit_id)
        .outerjoin(other, other.c.id == IncidentStep.other_id)
        .where(IncidentStep.incident_id.in_(every)).order_by(IncidentStep.id)).all()
    steps = [
        Step(row.at, row.noted_at, row.who or SYSTEM, row.kind, row.stage, row.before, row.after, row.text, unit or "",
             row.other_id, title or "", of[row.incident_id])
        for row, unit, title in rows
    ]
    arrived: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for id_, at in session.execute(select(IncidentMention.incident_id, IncidentMention.at).where(
            IncidentMention.incident_id.in_(every), IncidentMention.who == "")):
        arrived[id_, f"{clock.day_of(at)}"].append(at)
    for (id_, _), times in arrived.items():
        text = f"跟踪的话题自动归入信息 {len(times)} 条"
        steps.append(Step(max(times), max(times), SYSTEM, "link", "", "", "", text, "", None, "", of[id_]))
    return tuple(sorted(steps, key=lambda step: step.noted_at))


def _tasks(session: Session, every: Sequence[int], of: Mapping[int, str]) -> tuple[Task, ...]:
    rows = session.execute(select(IncidentTask, Unit.name).join(Unit, Unit.id == IncidentTask.unit_id).where(
        IncidentTask.incident_id.in_(every)).order_by(IncidentTask.id)).all()
    return tuple(
        Task(row.id, row.unit_id, unit, row.person, row.text, row.asked_at, row.asked_by, row.due_at, row.answered_at,
             row.answered_by, row.answer, row.withdrawn_at, of[row.incident_id]) for row, unit in rows)


def _files(session: Session, every: Sequence[int], of: Mapping[int, str]) -> tuple[Attachment, ...]:
    rows = session.execute(
        select(IncidentFile).where(IncidentFile.incident_id.in_(every)).order_by(IncidentFile.id)).scalars()
    return tuple(
        Attachment(row.id, row.name, row.media_type, row.sha256, row.size, row.note, row.at, row.who, row.removed_at,
                   row.removed_by, incident_files.there(row.sha256, row.size), of[row.incident_id]) for row in rows)


def _topics(session: Session, every: Sequence[int]) -> tuple[Followed, ...]:
    rows = session.execute(
        select(Topic.id, Topic.title, Topic.active, func.min(IncidentTopic.at), func.min(IncidentTopic.who))
        .join(IncidentTopic, IncidentTopic.topic_id == Topic.id).where(IncidentTopic.incident_id.in_(every))
        .group_by(Topic.id, Topic.title, Topic.active).order_by(func.min(IncidentTopic.at), Topic.id)).all()
    sizes = dict(session.execute(
        select(Mention.topic_id, func.count()).where(
            Mention.topic_id.in_([row[0] for row in rows]), Mention.id.in_(linked(every)))
        .group_by(Mention.topic_id)).all())
    return tuple(Followed(id_, title, sizes.get(id_, 0), active, at, who or SYSTEM)
                 for id_, title, active, at, who in rows)


def ties_of(session: Session, every: Sequence[int]) -> tuple[Other, ...]:
    """The incidents that a family has to do with, as people say."""
    tops = heads(session)
    found: dict[int, IncidentTie] = {}
    for tie in session.execute(select(IncidentTie).where(or_(
            IncidentTie.incident_id.in_(every), IncidentTie.other_id.in_(every))).order_by(IncidentTie.at)).scalars():
        ends = {tops.get(end, end) for end in (tie.incident_id, tie.other_id)} - {every[0]}
        for end in ends:
            found.setdefault(end, tie)
    rows = session.execute(select(Incident).where(Incident.id.in_(found)).order_by(Incident.opened_at)).scalars()
    return tuple(Other(row.id, row.title, row.level, row.stage, bool(row.withdrawn), tie.at, tie.who or SYSTEM, tie.why)
                 for row in rows for tie in [found[row.id]])


def _merged(session: Session, ids: Sequence[int]) -> tuple[Other, ...]:
    rows = session.execute(select(Incident).where(Incident.id.in_(ids)).order_by(Incident.opened_at)).scalars().all()
    last = {step.incident_id: step for step in session.execute(select(IncidentStep).where(
        IncidentStep.incident_id.in_(ids), IncidentStep.kind == "merge").order_by(IncidentStep.id)).scalars()}
    return tuple(Other(row.id, row.title, row.level, row.stage, bool(row.withdrawn), step.at, step.who or SYSTEM,
                       step.text) for row in rows for step in [last[row.id]])
