"""An incident from its discovery to the archive: opened, edited, brought from stage to stage, withdrawn, reopened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import labels, marks
from core.db import chunks
from core.faults import BadInput
from core.incidents import entered, links, rows
from core.incidents.entered import FIELDS
from core.incidents.rows import CLOSED, STAGES
from core.models import Incident, Sense


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where most of some mentions say that it happened: street or town, place with its code, unit responsible; empty
    where none of them says so."""

    town: str = ""
    place: str = ""
    place_code: str = ""
    unit_id: int | None = None


def open_(
    session: Session, title: str, level: str, mention_ids: Iterable[int] = (), topic_ids: Iterable[int] = (), *,
    unit_id: int | None = None, town: str = "", place: str = "", summary: str = "", risk: str = "",
    found_at: datetime | None = None, who: str, now: datetime,
) -> Incident:
    """Open a file about mentions and about topics, whose new mentions belong to it as they come (`follow`). Place and
    unit are taken from the mentions where nothing is given; `found_at`: when it became known, where that was before
    the first capture, or nothing was captured (now). Raises BadInput for a field that cannot be, a mention, topic or
    unit that is gone, and a topic that another open incident follows."""
    fields = entered.checked(session, {
        "title": title, "summary": summary, "risk": risk, "town": town, "place": place, "unit_id": unit_id})
    entered.level_is_one(level)
    if found_at is not None and found_at > now:
        raise BadInput("发现时间晚于现在，请改正")
    ids = links.checked_mentions(session, mention_ids)
    topics = [links.topic_of(session, id_) for id_ in sorted(set(topic_ids))]
    row = Incident(level=level, opened_at=now, opened_by=who, updated_at=now, first_at=found_at or now, **fields)
    session.add(row)
    session.flush()
    links.put_in(session, row, ids, who, now)
    marks.joined(session, ids, row.id, True, who=who, now=now)
    for topic in topics:
        links.follow_topic(session, row, topic, who, now)
    if first := links.earliest(session, [row.id]):
        row.first_at = min(first, found_at or first)
        where = whereabouts(session, links.held(session, [row.id]))
        if not (row.town or row.place):
            row.town, row.place, row.place_code = where.town, where.place, where.place_code
        row.unit_id = row.unit_id or where.unit_id
    held = len(links.held(session, [row.id]))
    said = [f"关联信息 {held} 条"] if held else ["登记时没有关联信息"]
    said += [f"跟踪话题“{topic.title}”" for topic in topics]
    rows.step(session, row, "stage", who, now, at=row.first_at, stage="found", after=labels.STAGES["found"],
              text="，".join(said))
    return rows.done(session, row, who, "新建事件", now, f"{labels.LEVELS[level]}；{'，'.join(said)}")


def edit(session: Session, id_: int, *, seen: datetime, who: str, now: datetime, **fields: Any) -> bool:
    """Change FIELDS of a file; whether anything was another than before. Raises BadInput for a field that cannot be, a
    file that is closed to changes, or was changed since `seen`."""
    row = rows.take(session, id_, seen=seen)
    fields = entered.checked(session, fields)
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in changed.items():
        before, after = (entered.shown(session, name, one) for one in (getattr(row, name), value))
        rows.step(session, row, "edit", who, now, before=before, after=after, text=FIELDS[name])
        setattr(row, name, value)
    if not changed:
        return False
    if {"town", "place"} & set(changed):
        row.place_code = ""  # it was that of the place before
    rows.touch(row, now)
    rows.done(session, row, who, "修改事件", now, "、".join(FIELDS[name] for name in changed))
    return True


def set_level(session: Session, id_: int, level: str, reason: str = "", *, seen: datetime | None = None, who: str,
              now: datetime) -> None:
    """Give a file another level; lowering it takes a reason. Raises BadInput as `edit` does."""
    entered.level_is_one(level)
    row = rows.take(session, id_, seen=seen)
    if row.level == level:
        raise BadInput(f"事件已是{labels.LEVELS[level]}，请刷新页面")
    order = list(labels.LEVELS)
    lowered = order.index(level) > order.index(row.level)
    reason = entered.reasoned(reason, "调低等级") if lowered else entered.words("原因", reason)
    before, after = labels.LEVELS[row.level], labels.LEVELS[level]
    row.level = level
    rows.touch(row, now)
    rows.step(session, row, "level", who, now, before=before, after=after, text=reason)
    rows.done(session, row, who, "调整事件等级", now, f"{before} → {after} {reason}".strip())


def whereabouts(session: Session, mention_ids: Sequence[int]) -> Whereabouts:
    """Where most of the mentions say that it happened."""
    towns: Counter[str] = Counter()
    places: Counter[tuple[str, str, str]] = Counter()
    units: Counter[int] = Counter()
    for part in chunks(list(mention_ids)):
        for town, place, code, unit in session.execute(
            select(Sense.town, Sense.place, Sense.place_code, Sense.unit_id).where(Sense.mention_id.in_(part))
        ):
            towns.update([town] if town else [])
            places.update([(town, place, code)] if place else [])
            units.update([unit] if unit is not None else [])
    town = _most(towns) or ""
    place = _most(Counter({key: n for key, n in places.items() if key[0] == town})) or ("", "", "")
    return Whereabouts(town, place[1], place[2], _most(units))


def _most(counted: Counter) -> Any:
    return min(counted, key=lambda one: (-counted[one], str(one)), default=None)


# --- Stages -----------------------------------------------------------------------------------------------------------


def advance(session: Session, id_: int, stage: str, reason: str = "", *, at: datetime | None = None,
            seen: datetime | None = None, who: str, now: datetime) -> None:
    """Bring a file to another stage: the next one; one further on or an earlier one with a reason. `at`: when that
    happened (now), from the first capture on. The response clocks stop at 回应, and run again where a file goes back
    before it. Raises BadInput as `edit` does."""
    if stage not in STAGES:
        raise BadInput(f"没有“{stage}”这个环节，请从列表中选择")
    row = rows.take(session, id_, seen=seen, archived=True)
    there, here = STAGES.index(stage), STAGES.index(row.stage)
    if there == here:
        raise BadInput(f"事件已处于“{labels.STAGES[stage]}”环节，请刷新页面")
    name, reason = labels.STAGES[stage], entered.words("原因", reason)
    text = reason
    if there < here:
        text = entered.reasoned(reason, f"退回“{name}”")
    elif there > here + 1:
        left_out = "、".join(labels.STAGES[one] for one in STAGES[here + 1 : there])
        text = f"跳过{left_out}：{entered.reasoned(reason, f'跳过“{left_out}”')}"
    at = entered.when(at, row, now)
    before, row.stage = row.stage, stage
    row.closed_at = (row.closed_at or at) if stage in CLOSED else None
    rows.touch(row, now)
    rows.step(session, row, "stage", who, now, at=at, before=labels.STAGES[before], after=name, text=text)
    rows.done(session, row, who, f"事件环节：{name}", now, f"由“{labels.STAGES[before]}” {text}".strip())


def note(session: Session, id_: int, text: str, *, at: datetime | None = None, who: str, now: datetime) -> None:
    """Write something into the course of a file, whatever its state. Raises BadInput for nothing, too much, or a time
    to come."""
    row = rows.take(session, id_, archived=True, withdrawn=True)
    text = entered.words("记录", text, needed=True)
    rows.step(session, row, "note", who, now, at=entered.when(at, row, now), text=text)
    rows.done(session, row, who, "事件记录", now, text[:80])


def reported(session: Session, id_: int, what: str, title: str, *, who: str, now: datetime) -> None:
    """Write into the course of a file that a report about it was issued: `what` (签发快报), its title."""
    row = rows.take(session, id_, archived=True)
    rows.step(session, row, "report", who, now, after=title, text=what)
    rows.done(session, row, who, "签发事件报告", now, f"{what}《{title}》")


def withdraw(session: Session, id_: int, reason: str, *, seen: datetime | None = None, who: str, now: datetime) -> None:
    """Take a file off the table (误报、重复立项); it keeps everything and can be brought back. Raises BadInput as
    `edit` does."""
    row = rows.take(session, id_, seen=seen)
    row.withdrawn, row.closed_at = entered.reasoned(reason, "撤销事件"), row.closed_at or now
    rows.touch(row, now)
    rows.step(session, row, "withdraw", who, now, before=labels.STAGES[row.stage], after="已撤销", text=row.withdrawn)
    rows.done(session, row, who, "撤销事件", now, row.withdrawn)


def reopen(session: Session, id_: int, reason: str, *, who: str, now: datetime) -> None:
    """Bring a withdrawn file back to the stage that it was in. Raises BadInput where it is not withdrawn."""
    row = rows.take(session, id_, withdrawn=True)
    if not row.withdrawn:
        raise BadInput("这个事件没有撤销，无需恢复，请刷新页面；已办结的请退回到相应环节")
    reason, before = entered.reasoned(reason, "恢复事件"), row.withdrawn
    row.withdrawn, row.closed_at = "", links.settled_at(session, row)
    rows.touch(row, now)
    rows.step(session, row, "reopen", who, now, before=f"已撤销：{before}", after=labels.STAGES[row.stage], text=reason)
    rows.done(session, row, who, "恢复事件", now, reason)
