"""月度核验: months whose every figure is held against its captures, what each verification found, who accepted it.

A person or the night asks; the scheduler verifies (`step`), one month after the other. A month is accepted on one
verification; what is not right then is accepted with a reason, or not at all. A person may ask for a part as well: some
days of some accounts (`ask_part`), which is verified alike and accepted by nobody.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select, update
from sqlmodel import Session

from core import audit, clock, db
from core.clock import Month
from core.faults import BadInput
from core.models import AccountDay, MonthSign, Verification
from core.query.scope import Filter
from core.recheck import said as words
from core.recheck import verify
from core.recheck.captured import Parsers
from core.recheck.findings import Finding
from core.reconcile import kept
from core.reconcile.crossed import Crossed
from core.reconcile.tally import of_crossed

log = logging.getLogger("pulse.recheck")
KEPT = 1_000
"""Findings kept of one verification."""
HOUR = 2
"""Shanghai hour from which this month and the last one are verified by themselves, once a day."""
NIGHT = "每日自动"
CATCH_UP = 3
"""Earlier months that a night verifies, until all are."""
REASON = 300
LISTED = 24
COLUMNS = ("month", "verification_id", "state", "asked_at", "finished_at", "figures", "wrong", "trusted", "waiting",
           "signed_at", "signed_by", "why")

WHOLE = Verification.first.is_(None)
"""Verifications of whole months, of all accounts."""
LONGEST = 366
"""Days of a part, at most."""
_HEAD = (Verification.id, Verification.state, Verification.asked_at, Verification.finished_at, Verification.figures,
         Verification.wrong, Verification.trusted, Verification.waiting)
"""All but what was found, which may be long."""


def ask(session: Session, month: date, *, who: str, now: datetime) -> Verification:
    """Ask for a month to be verified; where that is asked already, the one that waits. The caller commits. Raises
    BadInput for a month that has not begun."""
    month = Month.of(month).first
    if month > clock.day_of(now):
        raise BadInput("这个月还没有开始，没有可核验的数据")
    waits = session.execute(select(Verification).where(
        WHOLE, Verification.month == month, Verification.state.in_(("waiting", "running")))).scalars().first()
    if waits is not None:
        return waits
    made = Verification(month=month, asked_at=now, who=who)
    session.add(made)
    session.flush()
    db.bump(session, now)
    return made


def ask_part(session: Session, where: Filter, ids: Sequence[int], words: str, *, who: str, now: datetime,
             ) -> Verification:
    """Ask for just these days of these accounts to be verified; where that is asked already, the one that waits.
    `words` say what is meant. The caller commits. Raises BadInput where nothing is meant, or too long a time."""
    last = min(where.end, clock.day_of(now))
    if last < where.start:
        raise BadInput("所选周期还没有开始，没有可核验的数据")
    if (last - where.start).days >= LONGEST:
        raise BadInput(f"一次最多核验 {LONGEST} 天，请缩短统计周期")
    if not ids:
        raise BadInput("所选范围内没有账号，请在左侧放宽筛选")
    if (waits := newest_part(session, where, ids, clock.day_of(now), ("waiting", "running"))) is not None:
        return waits
    made = Verification(month=Month.of(where.start).first, first=where.start, last=last, asked_at=now, who=who,
                        scope={"accounts": list(ids), "words": words})
    session.add(made)
    session.flush()
    db.bump(session, now)
    return made


def newest_part(session: Session, where: Filter, ids: Sequence[int], today: date, states: Sequence[str] = ("done",),
                ) -> Verification | None:
    """The newest verification of just these days of these accounts, in one of these states."""
    found = session.execute(select(Verification).where(
        Verification.first == where.start, Verification.last == min(where.end, today), Verification.state.in_(states),
    ).order_by(Verification.id.desc())).scalars()
    return next((one for one in found if one.scope.get("accounts") == list(ids)), None)


def ask_nightly(session: Session, now: datetime) -> int:
    """Once a day, from two o'clock: this month and the last one, where anything is known of them, and a few of the
    months before that nobody has asked for yet, the newest first. The caller commits."""
    begun = clock.instant(clock.day_of(now), HOUR)
    if now < begun:
        return 0
    asked = 0
    for month in (Month.of(clock.day_of(now)).shift(-1), Month.of(clock.day_of(now))):
        known = session.execute(select(AccountDay.account_id).where(
            AccountDay.day.between(month.first, month.last)).limit(1)).first()
        done = session.execute(select(Verification.id).where(
            WHOLE, Verification.month == month.first, Verification.asked_at >= begun).limit(1)).first()
        if known and not done:
            ask(session, month.first, who=NIGHT, now=now)
            asked += 1
    if asked:
        asked += _caught_up(session, now)
    return asked


def _caught_up(session: Session, now: datetime) -> int:
    """Ask for months that were never verified, as many as a night takes; how many."""
    first = session.execute(select(func.min(AccountDay.day))).scalar_one()
    known = set(session.execute(select(Verification.month).where(WHOLE).distinct()).scalars())
    month, asked = Month.of(clock.day_of(now)).shift(-2), 0
    while month.last >= first and asked < CATCH_UP:
        if month.first not in known and session.execute(select(AccountDay.account_id).where(
                AccountDay.day.between(month.first, month.last)).limit(1)).first():
            ask(session, month.first, who=NIGHT, now=now)
            asked += 1
        month = month.shift(-1)
    return asked


def step(parsers: Parsers, *, now: Callable[[], datetime] = clock.now) -> int | None:
    """Verify the month or the part that waits longest; its id, None where none waits."""
    with db.session() as session:
        one = session.execute(select(Verification).where(Verification.state == "waiting")
                              .order_by(Verification.id).limit(1)).scalars().first()
        if one is None:
            return None
        one.state, one.started_at = "running", now()
        db.bump(session, now())
        session.commit()
        id_, month, part = one.id, Month.of(one.month), one.scope.get("accounts", ())
        first, last = one.first or month.first, one.last or month.last
    begun = time.monotonic()
    try:
        with db.snapshot() as reading:
            both = Crossed()
            verdict = verify.verify(reading, first, last, parsers, accounts=part,
                                    also=lambda facts: both.hold(reading, facts))
            names = verify.names(reading, verdict.findings[:KEPT])
            mentions = words.Check(reading, first, last, parsers).run() if one.first is None else None
        said: dict[str, Any] = {
            "state": "done", "figures": verdict.figures, "wrong": verdict.wrong, "trusted": verdict.trusted,
            "waiting": verdict.waiting, "captures": verdict.captures, "size": verdict.size,
            "found": len(verdict.findings),
            "findings": [_packed(one, names) for one in verdict.findings[:KEPT]],
            "counts": {str(account): list(mine) for account, mine in verdict.counts.items()},
            "crossed": both.packed(),
        }
        if mentions is not None:
            said["said"] = {"figures": mentions.figures, "wrong": mentions.wrong, "trusted": mentions.trusted,
                            "found": len(mentions.findings),
                            "findings": [_packed(one, {}) for one in mentions.findings[:KEPT]]}
        log.info("%s to %s verified in %.1f s: %s figures, %s wrong", first, last, time.monotonic() - begun,
                 verdict.figures, verdict.wrong)
    except Exception as error:
        log.exception("%s to %s could not be verified", first, last)
        said = {"state": "failed", "note": f"核验中断：{type(error).__name__}，详见后台日志"}
    with db.session() as session:
        session.execute(update(Verification).where(Verification.id == id_).values(**said, finished_at=now()))
        db.bump(session, now())
        session.commit()
    return id_


def _packed(one: Finding, names: dict[int, str]) -> dict[str, Any]:
    """A finding as JSON, in words."""
    return {
        "what": one.what, "kind": one.kind, "account_id": one.account_id, "account": names.get(one.account_id or 0, ""),
        "day": one.day.isoformat() if one.day else "", "row": [str(part) for part in one.row],
        "stored": _said(one.stored), "expected": _said(one.expected), "capture_id": one.capture_id,
        "locator": one.locator, "note": one.note,
    }


def _said(values: Any) -> dict[str, str]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        number, slack = value
        return f"{'≥' if slack < 0 else '≈' if slack else ''}{number:,}"
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "—" if value is None else str(value)


def clear(one: Verification) -> bool:
    """Whether nothing is to be accepted with a reason, of figures and of mentions."""
    return not (one.wrong or one.trusted or one.waiting or one.said.get("wrong") or one.said.get("trusted"))


def sign(session: Session, id_: int, *, why: str, who: str, now: datetime) -> MonthSign:
    """Accept a month as that verification found it, and what second sources say of it. Raises BadInput where it is not
    done or not the newest, the month not over, or something is not right and no reason given. The caller commits."""
    one = session.get(Verification, id_)
    if one is None or one.state != "done" or one.first is not None:
        raise BadInput("这次核验还没有完成，不能签认")
    newest = session.execute(select(func.max(Verification.id)).where(
        WHOLE, Verification.month == one.month, Verification.state == "done")).scalar()
    if newest != id_:
        raise BadInput("之后又核验过这个月，请按最新的核验结果签认")
    if Month.of(one.month).last >= clock.day_of(now):
        raise BadInput("这个月还没有结束，结束后才能签认")
    why = " ".join(why.split())
    if len(why) > REASON:
        raise BadInput(f"说明不能超过 {REASON} 个字")
    if not clear(one) and not why:
        raise BadInput("有不符、无法核验或待汇总的数字，请写明接受哪些、为什么")
    number, held = kept.of_month(session, one.month)
    if not held.clear and not why:
        raise BadInput("对账有不符的数字，或有只有对方有的内容，请写明接受哪些、为什么")
    made = MonthSign(verification_id=id_, month=one.month, at=now, who=who, why=why,
                     known={"comparisons": number, **held.packed(),
                            "crossed": of_crossed(one.crossed).packed()})
    session.add(made)
    audit.note(session, who, "签认月度数据", f"{one.month:%Y年%m月}", why)
    db.bump(session, now)
    session.flush()
    return made


def months(session: Session, now: datetime) -> pd.DataFrame:
    """The months of which anything is known, the newest first, each with its newest verification and who accepted it
    (COLUMNS); figures are missing where none is done."""
    first = session.execute(select(func.min(AccountDay.day))).scalar()
    if first is None:
        return pd.DataFrame(columns=list(COLUMNS))
    newest = dict(session.execute(select(Verification.month, func.max(Verification.id)).where(WHOLE).group_by(
        Verification.month)).all())
    rows = {one.id: one for one in session.execute(select(*_HEAD).where(Verification.id.in_(list(newest.values()))))}
    signs = {one.month: one for one in session.execute(select(MonthSign).order_by(MonthSign.id)).scalars()}
    found, month = [], Month.of(clock.day_of(now))
    while month.last >= first and len(found) < LISTED:
        one, signed = rows.get(newest.get(month.first)), signs.get(month.first)
        figures = one.figures if one and one.state == "done" else None
        found.append({
            "month": month.first, "verification_id": one.id if one else None, "state": one.state if one else "",
            "asked_at": one.asked_at if one else None, "finished_at": one.finished_at if one else None,
            "figures": figures, "wrong": one.wrong if figures is not None else None,
            "trusted": one.trusted if figures is not None else None,
            "waiting": one.waiting if figures is not None else None,
            "signed_at": signed.at if signed else None, "signed_by": signed.who if signed else "",
            "why": signed.why if signed else "",
        })
        month = month.shift(-1)
    frame = pd.DataFrame(found, columns=list(COLUMNS))
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in
                           ("asked_at", "finished_at", "signed_at")})


def newest(session: Session, month: date) -> Verification | None:
    """The newest verification of a month."""
    return session.execute(select(Verification).where(WHOLE, Verification.month == Month.of(month).first)
                           .order_by(Verification.id.desc()).limit(1)).scalars().first()


