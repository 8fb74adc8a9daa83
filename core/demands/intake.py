"""What files and answers say of demands, kept as it comes, in the transaction that stores the mentions.

A demand is one mention of a channel of demands. Told again, it takes over what is new (state, answer, satisfaction …),
with a row for every change; nothing that a file leaves empty takes anything away, and an older file only adds to the
history. Texts are masked (core.masking) and a caller becomes a pseudonym (core.authors) before anything is written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, insert, select, update
from sqlmodel import Session

from core import authors, clock
from core.db import chunks, upsert
from core.demands import terms
from core.imports.headers import ORDERS
from core.labels import DEMAND_CHANNELS
from core.masking import masked
from core.models import Capture, Demand, DemandChange, Mention, Remembered, Source
from core.opinion.demand_rules import rules
from core.records import MentionRecord

SAID = {
    "title": "标题", "text": "内容", "kind_said": "诉求类型", "unit_said": "承办单位", "address": "事发地址",
    "town_said": "所属街镇", "state_said": "办理状态", "reply": "答复内容", "replied_said": "答复时间",
    "due_said": "办理期限", "satisfied": "满意度", "way": "诉求来源",
}
"""What a file says of a demand, with the name that it has in the history."""
_READ = ("title", "text", "kind_said", "unit_said", "address", "town_said")
"""What field, place and unit are found by."""
_ADOPTED = "demands_adopted"
"""Key in `remembered`."""
STATED = "文件写明"
"""Why an answer is due by then, where the file says so."""
ADOPTED = 2_000
"""Mentions that one call of `adopt` makes demands of."""


def record_of(record: MentionRecord) -> MentionRecord:
    """The record as it may be stored: masked."""
    return record.model_copy(update={
        "title": masked(record.title), "text": masked(record.text),
        "details": {label: masked(text) for label, text in record.details.items()}})


def take(session: Session, records: Sequence[MentionRecord], source: Source, capture: Capture | None) -> int:
    """Keep what these (masked) records of one source say; returns how many demands are new or say something new. Their
    mentions are stored already. The caller commits."""
    found = {record.external_id: record for record in records}
    ids: dict[str, int] = {}
    held: dict[str, Demand] = {}
    for part in chunks(sorted(found)):
        ids |= dict(session.execute(select(Mention.external_id, Mention.id).where(
            Mention.source_id == source.id, Mention.external_id.in_(part))).all())
        held |= {row.number: row for row in session.execute(select(Demand).where(
            Demand.source_id == source.id, Demand.number.in_(part))).scalars()}
    fresh, changes = [], []
    changed: set[int] = set()
    for number, record in found.items():
        said = said_of(record.title, record.text, record.details)
        row = held.get(number)
        if row is None:
            caller = _caller(record, source)
            fresh.append(_new(said, record.published_at, record.observed_at, record.platform or source.platform) | {
                "mention_id": ids[number], "source_id": source.id, "number": number, "caller": caller,
                "capture_id": capture.id if capture else None, "locator": record.locator, "demo": source.demo})
            continue
        if new := _again(row, said, record.observed_at, capture):
            changed.add(row.id)
            changes += _unknown(session, new)
        row.caller = row.caller or _caller(record, source)
    for part in chunks(fresh, 200):
        session.execute(insert(Demand), list(part))
    session.add_all(changes)
    session.flush()
    return len(fresh) + len(changed)


def adopt(session: Session, *, limit: int = ADOPTED) -> int:
    """Make demands of the mentions of demand channels that are none yet (stored before there were any), masking what
    they say; returns how many. The caller commits."""
    rows = session.execute(_unknown_mentions(
        select(Mention.id, Mention.external_id, Mention.source_id, Mention.platform, Mention.title, Mention.text,
               Mention.details, Mention.published_at, Mention.last_seen_at, Mention.author, Mention.capture_id,
               Mention.locator, Source.demo)
        .join(Source, Source.id == Mention.source_id)).order_by(Mention.id).limit(limit)).all()

    for row in rows:
        title, text = masked(row.title), masked(row.text)
        details = {label: masked(words) for label, words in row.details.items()}
        if (title, text, details) != (row.title, row.text, row.details):
            session.execute(update(Mention).where(Mention.id == row.id).values(
                title=title, text=text, details=details))
        session.execute(insert(Demand), [_new(
            said_of(title, text, details), row.published_at, row.last_seen_at, row.platform) | _adopted(row)])
    return len(rows)


def left(session: Session) -> bool:
    """Whether the mentions from before there were demands are still to be adopted."""
    return session.get(Remembered, _ADOPTED) is None


def adopted(session: Session, now: datetime) -> None:
    """All of them are. The caller commits."""
    upsert(session, Remembered, [{"key": _ADOPTED, "value": {}, "updated_at": now}], ["key"])


def said_of(title: str, text: str, details: Mapping[str, str]) -> dict[str, str]:
    """What a record says, by SAID."""
    def one(*labels: str) -> str:
        return next((details[label] for label in labels if details.get(label)), "")

    return {
        "title": title, "text": text, "kind_said": "；".join(terms.classes_of(details))[:400],
        "unit_said": one(ORDERS["order_unit"], "答复单位"), "address": one(ORDERS["order_place"]),
        "town_said": one(ORDERS["order_town"]), "state_said": one(ORDERS["order_state"]),
        "reply": one(ORDERS["order_answer"]), "replied_said": one("答复时间", ORDERS["order_closed"]),
        "due_said": one(ORDERS["order_due"]), "satisfied": terms.satisfied_of(one(ORDERS["order_satisfied"])),
        "way": one(ORDERS["order_way"]),
    }


# --- Parts ----------------------------------------------------------------------------------------------------------


def _caller(record: MentionRecord, source: Source) -> str:
    """The pseudonym of who asks: by number the same on every channel, by the name of a site's user on that site."""
    if record.caller:
        return authors.hidden(record.caller, "caller")
    return authors.hidden(record.author, record.platform or source.platform)


def _new(said: Mapping[str, str], asked_at: datetime, seen_at: datetime, platform: str) -> dict[str, Any]:
    return {
        **said, "channel": terms.channel_of(platform, said["way"]), "asked_at": asked_at,
        "day": clock.day_of(asked_at), "seen_at": seen_at, "read_at": None, "found": {}, "group_id": None,
        "unit_id": None, **_meant(said, asked_at, "")}


def _meant(said: Mapping[str, str], asked_at: datetime, kind: str) -> dict[str, Any]:
    """What follows from what is said: state, time of the answer, time by which it is due."""
    stated = terms.moment_of(said["due_said"], end=True)
    due_at, why = (stated, STATED) if stated else rules().due(asked_at, kind) if kind else (None, "")
    return {
        "state": terms.state_of(said["state_said"], said["reply"]),
        "replied_at": terms.moment_of(said["replied_said"]), "due_at": due_at, "due_why": why}


def _again(row: Demand, said: Mapping[str, str], at: datetime, capture: Capture | None) -> list[DemandChange]:
    """What is said otherwise than before; taken over unless the file is older than what is known."""
    late = at < row.seen_at
    changes = []
    for name, after in said.items():
        before = getattr(row, name)
        if not after or after == before or (name == "text" and before.startswith(after)):
            continue
        kept = late and bool(before)
        changes.append(DemandChange(
            demand_id=row.id, at=at, what=name, before="" if kept else before, after=after, late=kept,
            capture_id=capture.id if capture else None))
        if not kept:
            setattr(row, name, after)
            if name in _READ:
                row.read_at = None
    if changes:
        for name, value in _meant({name: getattr(row, name) for name in SAID}, row.asked_at, row.kind).items():
            setattr(row, name, value)
    if not late:
        row.seen_at = at
        if capture and changes:
            row.capture_id = capture.id
    return changes


def _unknown_mentions(query: Select) -> Select:
    return query.where(Mention.platform.in_(DEMAND_CHANNELS), ~exists().where(Demand.mention_id == Mention.id))


def _unknown(session: Session, changes: Sequence[DemandChange]) -> list[DemandChange]:
    """Those that the history doesn't hold: an old file may be brought twice."""
    out = []
    for one in changes:
        same = one.late and session.execute(select(exists().where(
            DemandChange.demand_id == one.demand_id, DemandChange.what == one.what, (DemandChange.after == one.after)
            | (DemandChange.before == one.after)))).scalar()
        if not same:
            out.append(one)
    return out


def _adopted(row: Row) -> dict[str, Any]:
    return {"mention_id": row.id, "source_id": row.source_id, "number": row.external_id, "caller": row.author,
            "capture_id": row.capture_id, "locator": row.locator, "demo": row.demo}
