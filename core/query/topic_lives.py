"""What became of topics: merged, split and drifted; the wider subject (议题) they belong to; the units they concern."""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import func, or_, select
from sqlalchemy.orm import defer
from sqlmodel import Session

from core import topic_deeds
from core.clock import days
from core.labels import TOPIC_CHANGES
from core.models import Mention, Sense, Topic, TopicChange, TopicDay, TopicGroup, Unit
from core.query.opinion import hidden, within
from core.query.scope import Filter

SUBJECT_COLUMNS = ("group_id", "rank", "title", "topics", "names", "mentions", "folded", "platforms", "first_at",
                   "last_at", "daily")
NO_UNIT = "未定"
"""Mentions of which no responsible unit is known."""


HISTORY = ("change_id", "at", "kind", "words", "other_id", "mentions", "why", "who", "undoable")
_MOVES = ("merged", "split", "moved")


def history(session: Session, topic_id: int) -> pd.DataFrame:
    """What happened to a topic, the newest first (HISTORY): kind (labels.TOPIC_CHANGES, 撤销 where something was taken
    back), words (a sentence), other_id (the topic that came in or left; it opens under that id, or None), mentions that
    moved, why, who (empty: the system), undoable (whether it can be taken back: core.topic_deeds.undo)."""
    rows = session.execute(
        select(TopicChange).where(or_(TopicChange.topic_id == topic_id, TopicChange.other_id == topic_id))
        .order_by(TopicChange.at.desc(), TopicChange.id.desc()).options(defer(TopicChange.record))
    ).scalars().all()
    back = topic_deeds.undoable(session, rows)
    out = [
        {"change_id": row.id, "at": row.at, "kind": _kind(row), "words": _said(row, topic_id),
         "other_id": row.topic_id if row.other_id == topic_id else row.other_id, "mentions": row.mentions,
         "why": row.why, "who": row.who, "undoable": row.id in back}
        for row in rows
    ]
    frame = pd.DataFrame(out, columns=HISTORY)
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True), other_id=frame["other_id"].astype("Int64"))


def newest(session: Session) -> int:
    """The id of the newest step of any topic; 0 without any."""
    return session.execute(select(func.max(TopicChange.id))).scalar() or 0


def since(session: Session, change_id: int) -> tuple[int, ...]:
    """The steps after that one that can be taken back, the newest first: the order to do it in."""
    rows = session.execute(select(TopicChange).where(TopicChange.id > change_id).order_by(TopicChange.id.desc())
                           .options(defer(TopicChange.record))).scalars().all()
    return tuple(row.id for row in rows if row.id in topic_deeds.undoable(session, rows))


def _kind(row: TopicChange) -> str:
    back = row.undoes is not None and row.kind in _MOVES
    return f"撤销{TOPIC_CHANGES[row.kind]}" if back else TOPIC_CHANGES[row.kind]


def _said(row: TopicChange, topic_id: int) -> str:
    words, out = _words(row, topic_id), row.other_id == topic_id
    if row.undoes is None or row.kind not in _MOVES:
        return words
    if row.kind == "merged":
        return f"撤销合并，恢复为单独的话题，带回 {row.mentions} 条" if out else (
            f"撤销合并，“{row.before}”恢复为单独的话题，带走 {row.mentions} 条")
    return f"撤销拆分，{row.mentions} 条" + (f"回到“{row.before}”" if out else "回到本话题")


def _words(row: TopicChange, topic_id: int) -> str:
    out = row.other_id == topic_id
    match row.kind:
        case "merged":
            many = f"（{row.mentions} 条）"
            return f"并入“{row.after}”{many}" if out else f"“{row.before}”{many}并入本话题"
        case "drifted":
            same = row.before == row.after
            return f"“{row.after}”的焦点有所转移" if same else f"焦点由“{row.before}”转到“{row.after}”"
        case "split":
            return f"由“{row.before}”分出，带出 {row.mentions} 条" if out else f"分出“{row.after}”（{row.mentions} 条）"
        case "moved":
            return f"由“{row.before}”移入 {row.mentions} 条" if out else f"{row.mentions} 条移入“{row.after}”"
        case "named":
            return f"由“{row.before}”改名为“{row.after}”"
        case "unnamed":
            return f"由“{row.before}”恢复为自动名称“{row.after}”"
        case "pinned":
            return "列表中置于首位"
        case "unpinned":
            return "列表中不再置于首位"
        case "hidden":
            return "不再列入话题榜、统计和报告"
        case _:
            return "恢复列入话题榜、统计和报告"


@dataclass(frozen=True, slots=True)
class Subject:
    """A wider subject with its topics, the largest first: topic_id, title, mentions, first_at, last_at, active."""

    id: int
    title: str
    mentions: int
    topics: pd.DataFrame


def subject(session: Session, group_id: int) -> Subject | None:
    """The subject of that id, or the one that it was merged into; None where there is none, or of a single topic."""
    group = session.get(TopicGroup, group_id)
    if group is not None and group.alias_of is not None:
        group = session.get(TopicGroup, group.alias_of)
    if group is None or group.topics < 2:
        return None
    rows = session.execute(
        select(Topic.id.label("topic_id"), Topic.title, Topic.mentions, Topic.first_at, Topic.last_at, Topic.active)
        .where(Topic.group_id == group.id).order_by(Topic.mentions.desc(), Topic.id)
    ).all()
    frame = pd.DataFrame([row._asdict() for row in rows])
    return Subject(group.id, group.title, group.mentions, _times(frame))


def subject_of(session: Session, topic_id: int) -> Subject | None:
    """The subject that a topic belongs to."""
    group = session.execute(select(Topic.group_id).where(Topic.id == topic_id)).scalar()
    return subject(session, group) if group is not None else None


def subjects(session: Session, where: Filter, limit: int = 50) -> pd.DataFrame:
    """The period's subjects of two topics or more that are not hidden, most items first. Columns: group_id, rank (equal
    counts share one),
    title, topics (of the period), names (titles of its largest), mentions, folded, platforms, first_at, last_at, daily
    (items of each day; 0 on a day without)."""
    counted = func.sum(TopicDay.mentions)
    topics = func.count(TopicDay.topic_id.distinct())
    rows = session.execute(
        select(Topic.group_id, counted.label("mentions"), func.sum(TopicDay.folded).label("folded"),
               topics.label("topics"), func.count(TopicDay.platform.distinct()).label("platforms"),
               func.rank().over(order_by=counted.desc()).label("rank"))
        .join(Topic, Topic.id == TopicDay.topic_id).where(within(TopicDay, where), Topic.group_id.is_not(None),
                                                     hidden())
        .group_by(Topic.group_id).having(topics > 1).order_by(counted.desc(), Topic.group_id).limit(limit)
    ).all()
    ids = [row.group_id for row in rows]
    groups = {one.id: one for one in session.execute(select(TopicGroup).where(TopicGroup.id.in_(ids))).scalars()}
    daily: dict[int, dict] = {}
    for group, day, times in session.execute(
        select(Topic.group_id, TopicDay.day, counted).join(Topic, Topic.id == TopicDay.topic_id)
        .where(within(TopicDay, where), Topic.group_id.in_(ids), hidden()).group_by(Topic.group_id, TopicDay.day)
    ):
        daily.setdefault(group, {})[day] = int(times)
    names: dict[int, list[str]] = {}
    for group, title, _ in session.execute(
        select(Topic.group_id, Topic.title, counted).join(TopicDay, TopicDay.topic_id == Topic.id)
        .where(within(TopicDay, where), Topic.group_id.in_(ids), hidden())
        .group_by(Topic.group_id, Topic.id, Topic.title)
        .order_by(counted.desc(), Topic.id)
    ):
        names.setdefault(group, []).append(title)
    span = days(where.start, where.end)
    return _times(pd.DataFrame([
        {"group_id": row.group_id, "rank": row.rank, "title": groups[row.group_id].title, "topics": row.topics,
         "names": "；".join(names[row.group_id][:5]), "mentions": int(row.mentions), "folded": int(row.folded),
         "platforms": row.platforms, "first_at": groups[row.group_id].first_at,
         "last_at": groups[row.group_id].last_at, "daily": [daily[row.group_id].get(day, 0) for day in span]}
        for row in rows
    ], columns=SUBJECT_COLUMNS))


def _times(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("first_at", "last_at")})


def units(session: Session, topic_id: int) -> pd.DataFrame:
    """A topic's items by the unit responsible for the place of the event and by day: unit_id, unit (未定 where none is
    known, then unit_id is missing), day, mentions; the unit with the most items first."""
    rows = session.execute(
        select(Sense.unit_id, func.coalesce(Unit.name, NO_UNIT).label("unit"), Mention.day,
               func.count().label("mentions"))
        .select_from(Mention).outerjoin(Sense, Sense.mention_id == Mention.id)
        .outerjoin(Unit, Unit.id == Sense.unit_id).where(Mention.topic_id == topic_id)
        .group_by(Sense.unit_id, Unit.name, Mention.day).order_by(Mention.day)
    ).all()
    frame = pd.DataFrame([row._asdict() for row in rows], columns=["unit_id", "unit", "day", "mentions"])
    order = frame.groupby("unit")["mentions"].sum().sort_values(ascending=False, kind="stable")
    last = [name for name in order.index if name != NO_UNIT] + [name for name in order.index if name == NO_UNIT]
    frame["place"] = frame["unit"].map({name: n for n, name in enumerate(last)})
    frame = frame.sort_values(["place", "day"], kind="stable").drop(columns="place").reset_index(drop=True)
    return frame.assign(unit_id=frame["unit_id"].astype("Int64"))
