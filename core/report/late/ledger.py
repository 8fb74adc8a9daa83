"""签发后变动台账: figures of issued reports that have changed since, what is done about them, and what became of that.

A row stands for one figure of one edition; every value that it came to, and every decision, is an event that is never
changed. A row is open until a newer version prints the figure (已更正), a person decides that it is not corrected
(不予更正, which can be taken back), or the figure is again what was printed (已恢复).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session

from core import audit, db
from core.faults import BadInput
from core.models import Edition, LateEvent, LateFigure, Notice
from core.report.content import clean_text
from core.report.late import held
from core.report.late.held import Change
from core.report.late.reasons import Reason
from core.report.late.terms import rules

WHY = 200
"""Characters of a reason at most."""
KIND = "late"
"""Kind of its notices."""
LISTED = 5


def keep(session: Session, edition: Edition, found: Iterable[tuple[Change, Reason]], now: datetime) -> list[str]:
    """Put down what an edition's figures come to now: new rows, further values, and those that are back. Returns what
    happened (labels.LATE_EVENTS), once for each. The caller commits."""
    rows = {row.key: row for row in session.execute(
        select(LateFigure).where(LateFigure.edition_id == edition.id)).scalars()}
    done: list[str] = []
    for change, reason in found:
        row = rows.pop(change.key, None)
        if row is None:
            row = LateFigure(edition_id=edition.id, key=change.key, name=change.name, old=change.old, new=change.new,
                             reason=reason.code, first_at=now, changed_at=now, looked_at=now, demo=edition.demo)
            _said(row, change, reason, now)
            done.append(_event(session, row, "found", now))
        elif row.new != change.new or row.state == "restored":
            again = row.new != change.new
            _said(row, change, reason, now)
            row.changed_at = now
            if row.state == "restored" or again:
                row.state, row.who, row.said, row.decided_at, row.by_edition_id = "open", "", "", None, None
            done.append(_event(session, row, "changed", now))
        else:
            _said(row, change, reason, now)
    for row in rows.values():
        row.looked_at = now
        if row.state in ("open", "waived"):
            row.state, row.new, row.difference, row.share, row.changed_at = "restored", row.old, "", None, now
            done.append(_event(session, row, "restored", now))
    session.flush()
    tell(session, edition, now)
    return done


def _said(row: LateFigure, change: Change, reason: Reason, now: datetime) -> None:
    said = rules()
    row.place, row.name, row.main, row.new = change.place, change.name, change.main, change.new
    row.difference, row.share = change.difference, change.share
    row.small = held.small(change, said.share, said.least)
    row.reason, row.why, row.evidence, row.looked_at = reason.code, reason.words, list(reason.evidence), now
    ids: dict[str, int] = {}
    for one in reason.evidence:
        ids.setdefault(str(one["what"]), int(one["id"]))
    row.account_id, row.post_id, row.capture_id = ids.get("account"), ids.get("post"), ids.get("capture")


def _event(session: Session, row: LateFigure, kind: str, now: datetime, words: str = "", who: str = "") -> str:
    session.add(row)
    session.flush()
    session.add(LateEvent(figure_id=row.id, at=now, kind=kind, new=row.new, words=words or row.why, who=who))
    return kind


def supersede(session: Session, edition: Edition, newer: Edition, values: Mapping[str, str], now: datetime) -> int:
    """Close what is open of an edition that a newer version took the place of. `values`: what that prints, by key. The
    caller commits."""
    rows = list(session.execute(select(LateFigure).where(
        LateFigure.edition_id == edition.id, LateFigure.state == "open")).scalars())
    for row in rows:
        row.state, row.by_edition_id, row.decided_at, row.who = "corrected", newer.id, now, newer.issued_by
        row.new = values.get(row.key, row.new)
        _event(session, row, "corrected", now, f"第{newer.version}版", newer.issued_by)
    tell(session, edition, now)
    return len(rows)


def waive(session: Session, ids: Sequence[int], why: str, *, who: str, now: datetime) -> str:
    """Decide that figures are not corrected, with a reason; what was done, in words. Raises BadInput without a reason
    and for rows that are not open. The caller commits."""
    why = clean_text(why)
    if not why or len(why) > WHY:
        raise BadInput(f"请写明不予更正的原因，1 到 {WHY} 个字")
    rows = _rows(session, ids, "open", "不是“有变动”状态，不能作此处理，请刷新页面")
    for row in rows:
        row.state, row.who, row.said, row.decided_at = "waived", who, why, now
        _event(session, row, "waived", now, why, who)
    return _decided(session, rows, "不予更正", why, who, now)


def reopen(session: Session, ids: Sequence[int], *, who: str, now: datetime) -> str:
    """Take that back. Raises BadInput for rows of which it was not decided. The caller commits."""
    rows = _rows(session, ids, "waived", "没有作过“不予更正”，无需撤回，请刷新页面")
    for row in rows:
        row.state, row.who, row.said, row.decided_at = "open", "", "", None
        _event(session, row, "reopened", now, "撤回", who)
    return _decided(session, rows, "撤回不予更正", "", who, now)


def _rows(session: Session, ids: Sequence[int], state: str, otherwise: str) -> list[LateFigure]:
    rows = [session.get(LateFigure, id_) for id_ in dict.fromkeys(ids)]
    if not rows or None in rows:
        raise BadInput("所选的变动已不存在，请刷新页面")
    if wrong := next((row for row in rows if row.state != state), None):
        raise BadInput(f"“{wrong.name}”{otherwise}")
    return rows


def _decided(session: Session, rows: Sequence[LateFigure], deed: str, why: str, who: str, now: datetime) -> str:
    editions = {row.edition_id: session.get_one(Edition, row.edition_id) for row in rows}
    session.flush()
    for id_, edition in editions.items():
        number = sum(row.edition_id == id_ for row in rows)
        audit.note(session, who, deed, f"《{edition.title}》第{edition.version}版", f"{number} 处变动" + (
            f"；{why}" if why else ""))
        tell(session, edition, now)
    db.bump(session, now)
    return f"已对 {len(rows)} 处变动作“{deed}”处理。"


def tell(session: Session, edition: Edition, now: datetime) -> None:
    """One open notice for an edition while something of it waits for a decision; it closes by itself. What a person has
    put away comes back only when something changes afterwards. The caller commits."""
    waits = list(session.execute(select(LateFigure).where(
        LateFigure.edition_id == edition.id, LateFigure.state == "open", LateFigure.small.is_(False),
    ).order_by(LateFigure.main.desc(), LateFigure.id)).scalars())
    last = session.execute(select(Notice).where(Notice.kind == KIND, Notice.edition_id == edition.id)
                           .order_by(Notice.id.desc()).limit(1)).scalar()
    if not waits:
        if last is not None and last.closed_at is None:
            last.closed_at, last.closed_by = now, "系统"
            session.add(last)
        return
    first = waits[:LISTED]
    note = "；".join(f"{row.name} {row.old} → {row.new}" for row in first) + (
        f"；共 {len(waits)} 处" if len(waits) > len(first) else "")
    title = f"《{edition.title}》第{edition.version}版有 {len(waits)} 处数字签发后有变动"
    if last is not None and last.closed_at is None:
        last.title, last.note = title, note
        session.add(last)
    elif last is None or last.closed_by == "系统" or any(row.changed_at > last.closed_at for row in waits):
        session.add(Notice(at=now, kind=KIND, edition_id=edition.id, title=title, note=note, demo=edition.demo))


def open_of(session: Session, edition_id: int) -> int:
    """How many of an edition's figures are open."""
    return session.execute(select(func.count()).select_from(LateFigure).where(
        LateFigure.edition_id == edition_id, LateFigure.state == "open")).scalar_one()
