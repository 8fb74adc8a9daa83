"""Comparisons that people made: kept with the file that they rest on, held anew, withdrawn, counted by month."""

from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, evidence
from core.clock import Month
from core.faults import BadInput
from core.imports import importer
from core.imports.shown import Preview
from core.models import Account, Capture, Platform, Reconciliation, Unit
from core.query import totals
from core.query.scope import Filter
from core.reconcile import given, tally
from core.reconcile.given import Held
from core.reconcile.tally import Tally

KEPT = 2_000
"""Findings kept of one comparison."""
LISTED = 200


def keep(session: Session, preview: Preview, *, who: str, now: datetime) -> Reconciliation:
    """Hold a previewed file against what is stored, and keep the file and what came of it; nothing of the file becomes
    a figure. The caller commits. Raises BadInput as `given.compare` does."""
    held = given.compare(session, preview, now)
    account = given.account_of(session, preview)
    capture = evidence.keep(
        session, preview.body, request=preview.name, fetched_at=now, meta=_meta(preview, account),
        demo=account.demo if account is not None else False)
    return _made(session, preview, account, capture, held, who, now)


def again(session: Session, id_: int, *, who: str, now: datetime) -> Reconciliation:
    """Hold the file of an earlier comparison against what is stored now; the earlier one is withdrawn. The caller
    commits. Raises BadInput where the file is lost or there is no such comparison."""
    before = _one(session, id_)
    capture = session.get_one(Capture, before.capture_id)
    try:
        body = evidence.body(capture)
    except evidence.EvidenceLost as lost:
        raise BadInput(f"{lost}。请从备份恢复，或重新上传这份文件") from lost
    meta = capture.meta
    preview = importer.preview(
        body, capture.request, platform=meta["platform"], account_name=meta["account"], now=capture.fetched_at,
        mapping=meta["mapping"], year=meta["year"], session=session, period=meta["period"],
        observed_at=datetime.fromisoformat(meta["observed_at"]) if meta["given"] else None,
        until=date.fromisoformat(meta["until"]) if meta["until"] else None)
    held = given.compare(session, preview, capture.fetched_at)
    before.withdrawn_at, before.withdrawn_by = now, f"{who}（重新比对）"
    return _made(session, preview, given.account_of(session, preview), capture, held, who, now)


def withdraw(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """A comparison that was none (the wrong file, the wrong date) counts no more. The caller commits. Raises
    BadInput."""
    one = _one(session, id_)
    one.withdrawn_at, one.withdrawn_by = now, who
    audit.note(session, who, "撤销对账", one.name)
    db.bump(session, now)


def restore(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Take a withdrawal back. The caller commits. Raises BadInput."""
    one = session.get(Reconciliation, id_)
    if one is None or one.withdrawn_at is None:
        raise BadInput("这次对账没有被撤销")
    if "重新比对" in one.withdrawn_by:
        raise BadInput("这份文件之后重新比对过，以新的结果为准")
    one.withdrawn_at, one.withdrawn_by = None, ""
    audit.note(session, who, "恢复对账", one.name)
    db.bump(session, now)


def _one(session: Session, id_: int) -> Reconciliation:
    one = session.get(Reconciliation, id_)
    if one is None or one.withdrawn_at is not None:
        raise BadInput("这次对账不存在或已撤销，请刷新页面")
    return one


def _made(session: Session, preview: Preview, account: Account | None, capture: Capture, held: Held, who: str,
          now: datetime) -> Reconciliation:
    made = Reconciliation(
        at=now, who=who, name=preview.name, kind=preview.kind, platform=preview.platform,
        account_id=account.id if account is not None else None, capture_id=capture.id, seen_at=preview.observed_at,
        first=min(held.days), last=max(held.days), counts=held.tally.packed(),
        months={month: one.packed() for month, one in sorted(held.months.items())},
        lacking=dict(held.lacking), findings=[one.packed() for one in held.findings[:KEPT]], found=len(held.findings),
        hint=held.hint)
    session.add(made)
    session.flush()
    audit.note(session, who, "对账", account.name if account is not None else preview.platform,
               f"{preview.name}：{words(held.tally)}")
    db.bump(session, now)
    return made


def _meta(preview: Preview, account: Account | None) -> dict[str, Any]:
    """What the file was read with; `given`: when it was made was said by a person."""
    said = {key: dict(columns) for key, columns in preview.mapping.items()} if preview.mapping else None
    return importer.meta_of(preview, account) | {
        "account": preview.account_name, "given": preview.made == importer.BY_HAND, "mapping": said}


def words(one: Tally) -> str:
    """What came of it in one sentence."""
    parts = [f"比对 {one.compared:,} 个数字，相符 {one.agreeing:,} 个，不符 {one.differing:,} 个"]
    parts += [f"只有对方有 {one.theirs:,} 条"] if one.theirs else []
    parts += [f"只有我方有 {one.ours:,} 条"] if one.ours else []
    parts += [f"暂不能判定 {one.open:,} 个"] if one.open else []
    return "，".join(parts)


# --- Questions ------------------------------------------------------------------------------------------------------

COLUMNS = ("id", "at", "who", "name", "kind", "platform", "account", "unit", "first", "last", "seen_at", "compared",
           "differing", "share", "theirs", "ours", "open", "withdrawn_at", "withdrawn_by")


def listing(session: Session, where: Filter, withdrawn: bool = False) -> pd.DataFrame:
    """The comparisons that speak of days of the period and of accounts in scope, the newest first (COLUMNS)."""
    ids = totals.meant(session, where)
    mine = Reconciliation.account_id.in_(ids)
    if not where.units and not where.kinds and where.board is None:
        boards = Reconciliation.account_id.is_(None)
        mine |= boards & Reconciliation.platform.in_(where.platforms) if where.platforms else boards
    query = select(
        Reconciliation.id, Reconciliation.at, Reconciliation.who, Reconciliation.name, Reconciliation.kind,
        Platform.name.label("platform"), Account.name.label("account"), Unit.name.label("unit"), Reconciliation.first,
        Reconciliation.last, Reconciliation.seen_at, Reconciliation.counts, Reconciliation.withdrawn_at,
        Reconciliation.withdrawn_by,
    ).join(Platform, Platform.code == Reconciliation.platform).outerjoin(
        Account, Account.id == Reconciliation.account_id).outerjoin(Unit, Unit.id == Account.unit_id).where(
        Reconciliation.last >= where.start, Reconciliation.first <= where.end, mine)
    if not withdrawn:
        query = query.where(Reconciliation.withdrawn_at.is_(None))
    rows = []
    for row in session.execute(query.order_by(Reconciliation.id.desc()).limit(LISTED)).mappings():
        one = Tally.of(row["counts"])
        rows.append({**{name: row[name] for name in row if name != "counts"}, "compared": one.compared,
                     "differing": one.differing, "share": one.share, "theirs": one.theirs, "ours": one.ours,
                     "open": one.open})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("at", "seen_at", "withdrawn_at")})


def find(session: Session, id_: int) -> Reconciliation | None:
    return session.get(Reconciliation, id_)


FINDINGS = ("kind", "what", "day", "title", "name", "theirs", "ours", "difference", "reason", "remedy", "locator",
            "post_id", "account_id", "url")


def findings(session: Session, id_: int) -> pd.DataFrame:
    """What a comparison found, in words (FINDINGS)."""
    one = session.get(Reconciliation, id_)
    rows = [found | {"kind": tally.KINDS[found["kind"]], "what": tally.WHAT[found["what"]],
                     "day": date.fromisoformat(found["day"])} for found in (one.findings if one else [])]
    return pd.DataFrame(rows, columns=list(FINDINGS))


def of_month(session: Session, month: date) -> tuple[int, Tally]:
    """(how many comparisons speak of a month, what they came to for that month)."""
    key = f"{Month.of(month).first:%Y-%m}"
    first, last = Month.of(month).first, Month.of(month).last
    rows = session.execute(select(Reconciliation.months).where(
        Reconciliation.last >= first, Reconciliation.first <= last, Reconciliation.withdrawn_at.is_(None))).scalars()
    found = [Tally.of(months[key]) for months in rows if key in months]
    return len(found), tally.total(found)


def in_scope(session: Session, where: Filter) -> tuple[int, Tally]:
    """(how many comparisons, what they came to) of the list."""
    frame = listing(session, where)
    return len(frame), tally.total(
        Tally(int(row.compared), int(row.differing), int(row.open), int(row.theirs), int(row.ours))
        for row in frame.itertuples())
