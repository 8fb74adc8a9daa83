"""The looking: which issued reports are due, an edition reckoned again on its own terms, and its correction.

One edition at a time: it is read from one state of the database without a write, and what was found is put down in one
short transaction. What was looked at is remembered by edition, so that a round that was killed goes on where it was.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session

from core import clock, db
from core.faults import BadInput
from core.models import Edition, LateFigure, LateLook
from core.report import correction, editions, kinds
from core.report.content import Content
from core.report.figures import figures
from core.report.late import asof, facts, held, ledger, mark, reasons
from core.report.late.held import Change
from core.report.late.reasons import Reason
from core.report.late.terms import Terms, can, rules, terms

log = logging.getLogger("pulse.late")
READ = timedelta(minutes=10)
"""How long before its issue the data of a report that was built by older terms had been read, at most."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at an edition. `built`: whether it was built anew, or nothing it rests on had changed ·
    `events`: what happened (labels.LATE_EVENTS) · `open`: figures that are open · `note`: why it was not looked at."""

    built: bool
    events: tuple[str, ...] = ()
    open: int = 0
    note: str = ""


def due(session: Session, now: datetime) -> list[int]:
    """The editions to be looked at tonight, those that were looked at longest ago first."""
    said = rules()
    begun = clock.instant(clock.day_of(now), said.hour)
    if now < begun:
        return []
    newer = aliased(Edition)
    superseded = select(newer.id).where(
        newer.kind == Edition.kind, newer.platform == Edition.platform, newer.period == Edition.period,
        newer.scope == Edition.scope, newer.version > Edition.version).exists()
    left = select(LateFigure.id).where(LateFigure.edition_id == Edition.id, LateFigure.state == "open").exists()
    return list(session.execute(
        select(Edition.id).outerjoin(LateLook, LateLook.edition_id == Edition.id)
        .where(Edition.kind.in_(list(kinds.KINDS)), Edition.issued_at < begun,
               or_(LateLook.at.is_(None), LateLook.at < begun),
               or_(left, and_(Edition.issued_at >= begun - timedelta(said.days), ~superseded)))
        .order_by(func.coalesce(LateLook.at, Edition.issued_at), Edition.id)).scalars())


def look(edition_id: int, *, now: datetime, anew: bool = False) -> Looked:
    """Look at an edition: hold its figures against what they come to on its own terms. `anew`: build it although
    nothing that it rests on has changed. Raises BadInput for one that is gone or was tampered with."""
    begun = time.monotonic()
    with db.snapshot() as reading:
        content = editions.content_of(reading, edition_id)
        edition = reading.get_one(Edition, edition_id)
        newest = editions.newest_of(reading, edition_id)
        seen = reading.get(LateLook, edition_id)
        if newest.id != edition_id:
            values = {one.key: one.text for one in figures(editions.content_of(reading, newest.id))}
            return _superseded(edition_id, newest.id, values, now)
        if not can(content, edition.issued_at):
            return _passed(edition_id, "签发时统计时段尚未结束，或这种报告不按时段编制，不核对", now)
        of = terms(content)
        if mark.waiting(reading, of):
            return Looked(False, note="有数据正在汇总，稍后核对")
        said = mark.mark(reading, of)
        if not anew and seen is not None and seen.mark == said and seen.built_at is not None and (
                now - seen.built_at < timedelta(rules().anew)):
            return _same(edition_id, now)
        try:
            found, number, uncompared = _found(reading, content, edition, of)
        except BadInput as refused:  # its board, unit or platform is there no longer
            return _passed(edition_id, f"无法按原口径重新编制：{refused}", now)
    with db.session() as writing:
        edition = writing.get_one(Edition, edition_id)
        events = ledger.keep(writing, edition, found, now)
        _looked(writing, edition_id, now, mark=said, built_at=now, seconds=time.monotonic() - begun, figures=number,
                uncompared=uncompared, note="")
        if events:
            db.bump(writing, now)
        writing.commit()
        left = ledger.open_of(writing, edition_id)
    if events:
        log.info("edition %s: %s late figures, %s open", edition_id, len(events), left)
    return Looked(True, tuple(events), left)


def _found(reading: Session, content: Content, edition: Edition,
           of: Terms) -> tuple[list[tuple[Change, Reason]], int, int]:
    """What differs, each with its reason; how many figures were compared and how many could not be."""
    since = _since(reading, edition, content)
    came = None
    after = rebuilt(reading, of)
    both = held.held(content, after)
    reading.rollback()  # what the rebuilding laid over the tables
    found = []
    for change in both.changes:
        if came is None:
            came, known = facts.facts(reading, of, since), facts.known(reading, of)
        reason = reasons.find(change, came, known)
        if reasons.late(change, reason, opinion=not of.accounts):
            found.append((change, reason))
    return found, both.figures, both.uncompared


def rebuilt(reading: Session, of: Terms) -> Content:
    """The content that an edition's terms make of what is known now (`reading`: of db.snapshot, rolled back by the
    caller). Raises BadInput where it can't be built any more."""
    if of.accounts:
        asof.cover(reading, of.at, of.spans, of.order.platform)
    return kinds.build(reading, of.order, now=of.now)


def _since(session: Session, edition: Edition, content: Content) -> datetime:
    """When the edition's data had been read: at its moment, or shortly before its issue where it was built by the terms
    of an earlier version."""
    earlier = session.execute(select(Edition).where(
        Edition.kind == edition.kind, Edition.platform == edition.platform, Edition.period == edition.period,
        Edition.scope == edition.scope, Edition.version < edition.version).order_by(Edition.version.desc()).limit(1)
    ).scalar()
    if earlier is not None and editions.read(earlier).as_of == content.as_of:
        return max(edition.issued_at - READ, content.as_of)
    return content.as_of


def _superseded(edition_id: int, newer_id: int, values: dict[str, str], now: datetime) -> Looked:
    with db.session() as writing:
        edition, newer = writing.get_one(Edition, edition_id), writing.get_one(Edition, newer_id)
        closed = ledger.supersede(writing, edition, newer, values, now)
        _looked(writing, edition_id, now, mark="", note=f"已被第{newer.version}版取代")
        if closed:
            db.bump(writing, now)
        writing.commit()
    return Looked(False, ("corrected",) * closed, note=f"这一版已被第{newer.version}版取代")


def _passed(edition_id: int, note: str, now: datetime) -> Looked:
    with db.session() as writing:
        _looked(writing, edition_id, now, mark="", note=note)
        writing.commit()
        return Looked(False, note=note, open=ledger.open_of(writing, edition_id))


def _same(edition_id: int, now: datetime) -> Looked:
    with db.session() as writing:
        _looked(writing, edition_id, now)
        writing.commit()
        return Looked(False, open=ledger.open_of(writing, edition_id))


def _looked(session: Session, edition_id: int, now: datetime, **values: object) -> None:
    session.merge(LateLook(edition_id=edition_id, at=now, **values) if values else LateLook(
        edition_id=edition_id, at=now, **_held(session, edition_id)))


def _held(session: Session, edition_id: int) -> dict[str, object]:
    one = session.get_one(LateLook, edition_id)
    return {name: getattr(one, name) for name in ("mark", "built_at", "seconds", "figures", "uncompared", "note")}


def run(now: Callable[[], datetime] = clock.now, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Tonight's round; returns how many editions were looked at. One that fails does not keep the others from it."""
    with db.session() as session:
        ids = due(session, now())
    done = 0
    for id_ in ids:
        if stopping():
            break
        try:
            look(id_, now=now())
        except Exception as error:
            log.exception("edition %s could not be looked at", id_)
            said = str(error) if isinstance(error, BadInput) else f"核对中断：{type(error).__name__}，详见后台日志"
            _passed(id_, said, now())
            continue
        done += 1
    return done


def correct(edition_id: int, why: str, *, who: str, now: datetime) -> tuple[Edition, Edition]:
    """Issue the next version of a report, by its own terms with what came late, and its 更正单; closes its rows.
    Returns both. Raises BadInput without a reason, for an edition that is not the newest or cannot be built anew, and
    where nothing differs."""
    correction.check(why)
    with db.snapshot() as reading:
        content = editions.content_of(reading, edition_id)
        edition = reading.get_one(Edition, edition_id)
        if editions.newest_of(reading, edition_id).id != edition_id:
            raise BadInput("这一版已有新版，请在新版中处理")
        if not can(content, edition.issued_at):
            raise BadInput("这份报告不能按原口径重新编制，请在“编制”中签发新版")
        of = terms(content)
        after = rebuilt(reading, of)
        reading.rollback()
    made = replace(_arranged(content, after), as_of=content.as_of, title=content.title, office=content.office,
                   watermark=content.watermark, layout=content.layout, official=content.official,
                   indexed=content.indexed)
    if held.held(content, made).changes == ():
        raise BadInput("按原口径重新编制，数字与这一版相同，不需要更正")
    with db.session() as writing:
        newer = editions.issue(writing, made, by=who, now=now)
        sheet = editions.issue(writing, correction.build(writing, edition_id, why, now=now), by=who, now=now)
        values = {one.key: one.text for one in figures(made)}
        ledger.supersede(writing, writing.get_one(Edition, edition_id), newer, values, now)
        db.bump(writing, now)
        writing.commit()
    return newer, sheet


def _arranged(content: Content, after: Content) -> Content:
    """The content with the sections that an edition has, in its order: a person may have left others out. A brief is
    laid out as a whole."""
    by_title = {section.title: section for section in after.sections}
    if content.layout == "brief" or len(by_title) < len(after.sections):
        return after
    return replace(after, sections=tuple(
        by_title[section.title] for section in content.sections if section.title in by_title))
