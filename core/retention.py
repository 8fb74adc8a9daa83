"""How long captured bytes are kept: rules in months, holds, what may never go, and how much room it all takes.

What goes is the bytes alone: the capture's row stays, with its hash, and says when they went. They go only where a rule
says so, and never where an issued report's proof rests on them, where a hold covers them, or where what they hold is
part of an incident, a warning or a digest.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import case, exists, func, or_, select, update
from sqlmodel import Session

from core import audit, clock, db, evidence
from core.clock import Month
from core.faults import BadInput
from core.metrics import storage
from core.models import (
    METADATA,
    AlertMention,
    Capture,
    CaptureHold,
    CaptureRule,
    DigestItem,
    Edition,
    IncidentMention,
    Mention,
    Remembered,
    Source,
)
from core.periods import Period
from core.recheck.captured import serving
from core.report import kinds, opinion

log = logging.getLogger("pulse.retention")
LOOKS_BACK = 25
"""Months before a report's period of which captures can bear on it: last year's figures, and what stood before them."""
HOUR = 3
"""Shanghai hour from which what is due goes, once a day."""
CHUNK = 800
LONGEST, REASON = 240, 300
_LAST = "captures thinned"
_MEASURED = 4_000
"""Captures whose bytes on disk are counted in one go, of those that were kept before that was written down."""
KINDS = {"accounts": "账号数据", "opinion": "舆情数据", "files": "导入文件"}
WHY = {"proof": "已签发报告的证明需要", "hold": "在保全范围内", "cited": "事件、预警或摘报引用", "rule": "未到保管期限"}
"""Why bytes stay, in words."""


@dataclass(slots=True)
class Outcome:
    """`gone`: how many captures' bytes went (or would go), `size`: bytes on disk that this frees; `kept`: of those old
    enough that something else keeps them, how many for each reason of WHY."""

    gone: int = 0
    size: int = 0
    kept: Counter[str] = field(default_factory=Counter)


# --- Rules and holds ------------------------------------------------------------------------------------------------


def rule(session: Session) -> CaptureRule | None:
    """The rule that counts now; None: everything is kept."""
    return session.execute(select(CaptureRule).order_by(CaptureRule.id.desc()).limit(1)).scalars().first()


def set_rule(session: Session, used: int, idle: int, *, who: str, now: datetime) -> CaptureRule:
    """Keep captures that figures or texts were read from for `used` months, those that brought nothing new for `idle`;
    0: for good. The caller commits. Raises BadInput for months that can't be."""
    for months, words in ((used, "有数据引用的"), (idle, "没有数据引用的")):
        if not 0 <= months <= LONGEST:
            raise BadInput(f"{words}原始数据的保管月数应在 0（永久）到 {LONGEST} 之间")
        if 0 < months < 3:
            raise BadInput(f"{words}原始数据至少保管 3 个月：导出和更正常在一两个月后才来")
    if used and (not idle or idle > used):
        raise BadInput("没有数据引用的原始数据，保管期限不应长于有数据引用的")
    made = CaptureRule(at=now, who=who, used_months=used, idle_months=idle)
    session.add(made)
    audit.note(session, who, "设定原始数据保管期限", "原始数据", f"有引用 {_months(used)}，无引用 {_months(idle)}")
    db.bump(session, now)
    session.flush()
    return made


def _months(number: int) -> str:
    return f"{number} 个月" if number else "永久"


def hold(session: Session, first: date, last: date | None, *, platform: str, reason: str, who: str, now: datetime
         ) -> CaptureHold:
    """Keep everything that was captured in these Shanghai days (`last` None: from then on), of one platform's sources
    or of all, until it is lifted. The caller commits. Raises BadInput without a reason, and for days that can't be."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > REASON:
        raise BadInput(f"请写明保全的依据，不超过 {REASON} 个字，如：某案件取证，办案单位和文号")
    if last is not None and last < first:
        raise BadInput("保全的结束日期早于开始日期，请改正")
    made = CaptureHold(first=first, last=last, platform=platform, reason=reason, at=now, who=who)
    session.add(made)
    until = f"{last:%Y-%m-%d}" if last else "解除为止"
    audit.note(session, who, "保全原始数据", f"{first:%Y-%m-%d} 至 {until}", reason)
    db.bump(session, now)
    session.flush()
    return made


def lift(session: Session, id_: int, *, why: str, who: str, now: datetime) -> None:
    """End a hold. The caller commits. Raises BadInput without a reason, and for one that there is not or that has
    ended."""
    one = session.get(CaptureHold, id_)
    if one is None or one.lifted_at is not None:
        raise BadInput("这项保全已经解除")
    why = " ".join(why.split())
    if not why or len(why) > REASON:
        raise BadInput(f"请写明解除的依据，不超过 {REASON} 个字")
    one.lifted_at, one.lifted_by, one.why = now, who, why
    audit.note(session, who, "解除原始数据保全", one.reason, why)
    db.bump(session, now)


def holds(session: Session) -> pd.DataFrame:
    """Every hold, those that count first: id, first, last, platform, reason, at, who, lifted_at, lifted_by, why."""
    rows = session.execute(select(CaptureHold.__table__).order_by(
        CaptureHold.lifted_at.is_not(None), CaptureHold.id.desc())).mappings().all()
    frame = pd.DataFrame([dict(row) for row in rows], columns=[column.name for column in CaptureHold.__table__.columns])
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in ("at", "lifted_at")})


# --- What goes ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reach:
    """What issued reports rest on: instants of captures of accounts, days of mentions."""

    accounts: tuple[tuple[datetime, datetime], ...]
    mentions: tuple[tuple[date, date], ...]


def _reach(session: Session) -> _Reach:
    accounts, mentions = [], []
    rows = session.execute(select(Edition.kind, Edition.period, func.max(Edition.issued_at))
                           .group_by(Edition.kind, Edition.period))
    for kind, code, issued in rows:
        if kind not in kinds.KINDS:
            continue  # what incidents, topics and digests show is kept as cited
        period = Period.parse(code)
        if kind == opinion.KIND:
            mentions.append((period.first, period.last))
        else:
            accounts.append((clock.instant(Month.of(period.first).shift(-LOOKS_BACK).first), issued))
    return _Reach(_merged(accounts), _merged(mentions))


def _merged(spans: list[tuple[Any, Any]]) -> tuple[tuple[Any, Any], ...]:
    out: list[tuple[Any, Any]] = []
    for first, last in sorted(spans):
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], last))
        else:
            out.append((first, last))
    return tuple(out)


def planned(session: Session, now: datetime) -> Outcome:
    """What would go now; nothing is changed."""
    outcome = Outcome()
    for rows, reasons in _looked(session, now):
        going = [row for row in rows if row.id not in reasons]
        outcome.kept.update(reasons.values())
        outcome.gone += len(going)
        outcome.size += sum(row.packed or 0 for row in going)
    return outcome


def thin(now: datetime, *, stopping: Callable[[], bool] = lambda: False) -> Outcome:
    """Let the bytes go that are due, in short transactions: the rows say so first, then the files go, so that a kill
    leaves at most a file that nobody needs, which the next time takes away."""
    outcome = Outcome()
    with db.session() as session:
        _sweep(session, now)
        for rows, reasons in _looked(session, now):
            if stopping():
                break
            outcome.kept.update(reasons.values())
            going = {row.id: row for row in rows if row.id not in reasons}
            if not going:
                continue
            hashes = {row.sha256 for row in going.values()}
            session.execute(update(Capture).where(Capture.id.in_(list(going))).values(thinned_at=now))
            left = set(session.execute(select(Capture.sha256).where(
                Capture.sha256.in_(list(hashes)), Capture.thinned_at.is_(None))).scalars())
            gone = sum(row.packed or 0 for row in going.values() if row.sha256 not in left)
            _handed_on(session, [row for row in going.values() if row.sha256 in left])
            session.commit()
            for sha256 in hashes - left:
                evidence.path_of(sha256).unlink(missing_ok=True)
            outcome.gone += len(going)
            outcome.size += gone
        said = {"gone": outcome.gone, "size": outcome.size, "kept": dict(outcome.kept), "day": str(clock.day_of(now))}
        db.upsert(session, Remembered, [{"key": _LAST, "value": said, "updated_at": now}], ["key"],
                  ["value", "updated_at"])
        if outcome.gone:
            audit.note(session, "系统", "按期限清理原始数据", f"{outcome.gone:,} 份", f"释放 {outcome.size:,} 字节")
            db.bump(session, now)
        session.commit()
    return outcome


def _sweep(session: Session, now: datetime) -> None:
    """Files of captures that went in the last days, where a kill came between."""
    recent = select(Capture.sha256).where(Capture.thinned_at > now - timedelta(days=7)).distinct()
    hashes = set(session.execute(recent).scalars())
    for part in db.chunks(sorted(hashes)):
        hashes -= set(session.execute(select(Capture.sha256).where(
            Capture.sha256.in_(part), Capture.thinned_at.is_(None))).scalars())
    for sha256 in hashes:
        evidence.path_of(sha256).unlink(missing_ok=True)


def _handed_on(session: Session, rows: Sequence[Any]) -> None:
    """The bytes of a body that another capture shares count there from now on."""
    for row in rows:
        if row.packed:
            heir = select(func.min(Capture.id)).where(
                Capture.sha256 == row.sha256, Capture.thinned_at.is_(None)).scalar_subquery()
            session.execute(update(Capture).where(Capture.id == heir).values(packed=row.packed))


def _looked(session: Session, now: datetime) -> Iterator[tuple[list[Any], dict[int, str]]]:
    """The captures that are old enough, some at a time, and of those that stay why (id → reason)."""
    counts = rule(session)
    if counts is None or not (counts.used_months or counts.idle_months):
        return
    today = clock.day_of(now)
    cut = {name: clock.instant(_before(today, months)) if months else None
           for name, months in (("used", counts.used_months), ("idle", counts.idle_months))}
    oldest = max(at for at in cut.values() if at is not None)
    serves, reach = set(serving(session)), _reach(session)
    held = [(one.first, one.last, one.platform) for one in session.execute(select(CaptureHold).where(
        CaptureHold.lifted_at.is_(None))).scalars()]
    platforms = dict(session.execute(select(Source.id, Source.platform)).all())
    at = 0
    while True:
        rows = session.execute(
            select(Capture.id, Capture.source_id, Capture.fetched_at, Capture.sha256, Capture.packed)
            .where(Capture.id > at, Capture.thinned_at.is_(None), Capture.fetched_at < oldest)
            .order_by(Capture.id).limit(CHUNK)).all()
        if not rows:
            return
        at = rows[-1].id
        yield list(rows), _reasons(session, rows, cut, serves, reach, held, platforms)


def _before(day: date, months: int) -> date:
    month = Month.of(day).shift(-months)
    return month.first.replace(day=min(day.day, month.days))


def _reasons(session: Session, rows: Sequence[Any], cut: dict[str, datetime | None], serves: set[int], reach: _Reach,
             held: list[tuple[date, date | None, str]], platforms: dict[int, str]) -> dict[int, str]:
    ids = [row.id for row in rows]
    used, cited, proving = _pointed(session, ids), _cited(session, ids), _proving(session, ids, reach)
    out: dict[int, str] = {}
    for row in rows:
        limit = cut["used" if row.id in used else "idle"]
        of_accounts = row.source_id is None or row.source_id in serves
        day = clock.day_of(row.fetched_at)
        if limit is None or row.fetched_at >= limit:
            out[row.id] = "rule"
        elif any(first <= day and (last is None or day <= last) and platform in ("", platforms.get(row.source_id, ""))
                 for first, last, platform in held):
            out[row.id] = "hold"
        elif row.id in cited:
            out[row.id] = "cited"
        elif row.id in proving or (of_accounts and any(
                first <= row.fetched_at <= last for first, last in reach.accounts)):
            out[row.id] = "proof"
    return out


def _pointed(session: Session, ids: Sequence[int]) -> set[int]:
    """Those that a row of any table was read from."""
    found: set[int] = set()
    for column in _pointing():
        found.update(session.execute(select(column).where(column.in_(ids)).distinct()).scalars())
    return found


def _pointing() -> list[Any]:
    """The columns of all tables that name a capture."""
    return [column for table in METADATA.sorted_tables for column in table.columns
            if any(key.column.table.name == "capture" for key in column.foreign_keys)]


def _cited(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of mentions that belong to an incident, a warning or a digest."""
    found: set[int] = set()
    for table in (IncidentMention, AlertMention, DigestItem):
        query = select(Mention.capture_id).join(table, table.mention_id == Mention.id)
        found.update(session.execute(query.where(Mention.capture_id.in_(ids)).distinct()).scalars())
    return found


def _proving(session: Session, ids: Sequence[int], reach: _Reach) -> set[int]:
    """Those of mentions of days that issued reports on opinion tell of."""
    if not reach.mentions:
        return set()
    days = or_(*(Mention.day.between(first, last) for first, last in reach.mentions))
    query = select(Mention.capture_id).where(Mention.capture_id.in_(ids), days)
    return set(session.execute(query.distinct()).scalars())


def nightly(now: datetime, *, stopping: Callable[[], bool] = lambda: False) -> Outcome | None:
    """Once a day, from three o'clock, where there is a rule: let go what is due; None where there was nothing to do.
    Counts the bytes on disk of captures that were kept before that was written down, too."""
    with db.session() as session:
        measure(session)
        last = session.get(Remembered, _LAST)
        due = rule(session) is not None and now >= clock.instant(clock.day_of(now), HOUR) and (
            last is None or last.value.get("day") != str(clock.day_of(now)))
    if not due:
        return None
    outcome = thin(now, stopping=stopping)
    log.info("thinned %s captures, %s bytes", outcome.gone, outcome.size)
    return outcome


# --- How much room it takes -----------------------------------------------------------------------------------------


def measure(session: Session, most: int = _MEASURED) -> int:
    """Write down the bytes on disk of captures that do not have them yet; of a body that several share, the first has
    them. Commits; how many."""
    rows = session.execute(select(Capture.id, Capture.sha256).where(
        Capture.packed.is_(None), Capture.thinned_at.is_(None)).order_by(Capture.id).limit(most)).all()
    counted: set[str] = set()
    for part in db.chunks(sorted({row.sha256 for row in rows})):
        counted |= set(session.execute(select(Capture.sha256).where(
            Capture.sha256.in_(part), Capture.packed > 0)).scalars())
    sizes = []
    for row in rows:
        path = evidence.path_of(row.sha256)
        size = path.stat().st_size if row.sha256 not in counted and path.exists() else 0
        counted.add(row.sha256)
        sizes.append({"id": row.id, "packed": size})
    if sizes:
        session.execute(update(Capture), sizes)
        session.commit()
    return len(sizes)


def _kind(session: Session) -> Any:
    return case((Capture.source_id.is_(None), "files"), (Capture.source_id.in_(serving(session)), "accounts"),
                else_="opinion")


def stored(session: Session) -> pd.DataFrame:
    """Captures by the day on which they came (UTC) and kind: day, kind, captures, size (bytes as they came), packed
    (bytes on disk that are there now), gone (captures whose bytes went)."""
    live = Capture.thinned_at.is_(None)
    each = select(
        func.date(Capture.fetched_at).label("day"), _kind(session).label("kind"), Capture.size, Capture.thinned_at,
        case((live, Capture.packed), else_=0).label("packed")).subquery()
    query = select(
        each.c.day, each.c.kind, func.count(), db.summed(each.c.size), db.summed(each.c.packed),
        func.count(each.c.thinned_at)).group_by(each.c.day, each.c.kind).order_by(each.c.day)
    frame = pd.DataFrame([tuple(row) for row in session.execute(query)],
                         columns=["day", "kind", "captures", "size", "packed", "gone"])
    frame["day"] = pd.to_datetime(frame["day"].astype(str)).dt.date
    frame["kind_name"] = [KINDS[one] for one in frame["kind"]]
    return frame.fillna({"size": 0, "packed": 0})


def unmeasured(session: Session) -> int:
    """Captures whose bytes on disk are not counted yet."""
    return session.execute(select(func.count()).select_from(Capture).where(
        Capture.packed.is_(None), Capture.thinned_at.is_(None))).scalar_one()


@dataclass(frozen=True, slots=True)
class Forecast:
    """`now`: bytes of captures on disk · `free`: of the disk, None where it is not known · `points`: month by month ·
    `daily`: bytes a day of late · `full_in`: days until the disk is full at that pace."""

    now: float
    free: int | None
    points: tuple[storage.Ahead, ...]
    daily: float | None
    full_in: int | None


MONTHS_AHEAD = 12
_OPINION = ("mention", "demand", "demandchange")


def forecast(session: Session, now: datetime, free: int | None) -> Forecast:
    """How much room captures will take in the next twelve months, what the rule takes out being taken out."""
    frame = stored(session)
    today = clock.day_of(now)
    by_day = frame.groupby("day")["packed"].sum() if len(frame) else pd.Series(dtype=float)
    first = max(by_day.index.min(), today - timedelta(storage.DAYS)) if len(by_day) else today
    daily = [float(by_day.get(first + timedelta(n), 0.0)) for n in range((today - first).days)]
    days = [round(365 / 12 * n) for n in range(1, MONTHS_AHEAD + 1)]
    held = float(by_day.sum()) if len(by_day) else 0.0
    points = storage.ahead(held, daily, _leaving(session, today, days[-1]), days)
    return Forecast(held, free, tuple(points), sum(daily) / len(daily) if len(daily) >= storage.LEAST else None,
                    storage.full_in(held, free, daily) if free is not None else None)


def _leaving(session: Session, today: date, days: int) -> list[float]:
    """Bytes that the rule takes out on each of the coming days: of answers about opinion that brought nothing new,
    which are most of what it can take; what will yet come in of them is taken to be as much a day as of late."""
    counts = rule(session)
    if counts is None or not counts.idle_months:
        return []
    pointed = [~exists().where(column == Capture.id) for column in _pointing() if column.table.name in _OPINION]
    day = func.date(Capture.fetched_at)
    query = select(day, db.summed(Capture.packed)).where(
        Capture.thinned_at.is_(None), Capture.source_id.is_not(None), Capture.source_id.not_in(serving(session)),
        *pointed).group_by(day)
    idle = {date.fromisoformat(str(when)): float(size) for when, size in session.execute(query)}
    pace = math.fsum(idle.get(today - timedelta(n), 0.0) for n in range(1, storage.DAYS + 1)) / storage.DAYS
    lasts = (today - _before(today, counts.idle_months)).days
    late = math.fsum(size for when, size in idle.items() if when <= today - timedelta(lasts))
    out = [late]
    out += [idle.get(today + timedelta(n - lasts), 0.0) if n < lasts else pace for n in range(1, days)]
    return out


def last(session: Session) -> tuple[datetime, dict[str, Any]] | None:
    """When bytes were last looked at to let them go, and what came of it."""
    row = session.get(Remembered, _LAST)
    return (row.updated_at, row.value) if row else None
