"""Sources: whether they deliver, when they are due, what each run did and what it left behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import case, func, select
from sqlmodel import Session

from core import evidence, labels
from core.catalog_sources import definitions
from core.ledger.entries import SOURCE_COLLECTORS
from core.models import Account, Capture, Credential, Platform, Rejected, Run, Source
from core.query import totals

STATES = {
    "person": "需人工处理", "failed": "采集失败", "late": "逾期未采", "quiet": "久无新内容", "held": "等待平台",
    "waiting": "等待首次采集",
    "fine": "正常", "off": "已停用",
}
"""State of a source → its word, the gravest first."""
FOR_A_PERSON = ("STOP", "REAUTH", "GONE")
HELD = ("QUOTA", "NOTREADY")
"""Faults that are no failure: the platform says when to come again."""
GRACE = timedelta(minutes=10)
"""How long after its time a source may be asked before it counts as late."""
QUIET_DAYS = {"hotlist": 1}
QUIET_DAYS_ELSE = 7
PREVIEW_CHARACTERS = 4_000
_UNSCHEDULED = ("file", "demo")


@dataclass(frozen=True, slots=True)
class Board:
    """How many sources are in each state, and rows that came in over the last day and week."""

    total: int
    states: dict[str, int]
    new_day: int
    new_week: int


@dataclass(frozen=True, slots=True)
class Detail:
    """One source as the form shows it. `address` is the whole address, secrets included."""

    id: int
    name: str
    collector: str
    address: str
    platform: str
    account: str
    period_minutes: int
    enabled: bool
    editable: bool
    credential: str = ""
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run in words; `finished` False while it is going on."""

    run_id: int
    finished: bool
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a capture's bytes as text; `problem` says why there is none."""

    text: str
    size: int
    whole: bool
    problem: str = ""


def state_of(
    *, enabled: bool, scheduled: bool, fault: str, last_run_at: datetime | None, next_due_at: datetime | None,
    quiet: bool, now: datetime,
) -> str:
    """The state of a source (pure): the gravest that holds."""
    if not enabled:
        return "off"
    if fault and fault not in HELD:
        return "person" if fault in FOR_A_PERSON else "failed"
    if scheduled and last_run_at is None:
        return "waiting"
    if scheduled and next_due_at is not None and next_due_at + GRACE < now:
        return "late"
    if fault:
        return "held"
    return "quiet" if scheduled and quiet else "fine"


def listing(session: Session, now: datetime) -> pd.DataFrame:
    """Every source, the gravest state first.

    Columns: source_id, name, collector, collector_name, platform, platform_name, account, address (without its query),
    period_minutes, enabled, state, state_name, fault, note, failures, last_run_at, last_ok_at, next_due_at (aware UTC),
    new_day, new_week (new rows of the last 24 hours and 7 days).
    """
    since = now - timedelta(days=7)
    came = (
        select(
            Run.source_id,
            func.sum(Run.new_rows).label("new_week"),
            func.sum(case((Run.started_at >= now - timedelta(days=1), Run.new_rows), else_=0)).label("new_day"),
        )
        .where(Run.job == "collect", Run.started_at >= since, Run.source_id.is_not(None))
        .group_by(Run.source_id)
        .subquery()
    )
    query = (
        select(
            Source.id.label("source_id"), Source.name, Source.collector, Source.platform,
            Platform.name.label("platform_name"), Account.name.label("account"), Source.url,
            Source.period_seconds, Source.enabled, Source.fault, Source.fault_note, Source.failures,
            Source.last_run_at, Source.last_ok_at, Source.next_due_at, came.c.new_day, came.c.new_week,
        )
        .outerjoin(Platform, Platform.code == Source.platform)
        .outerjoin(Account, Account.id == Source.account_id)
        .outerjoin(came, came.c.source_id == Source.id)
        .order_by(Source.id)
    )
    found = totals.read(session, query)
    gravity = {state: place for place, state in enumerate(STATES)}
    rows = found.to_dict("records")
    for row in rows:
        row["new_day"], row["new_week"] = int(row["new_day"] or 0), int(row["new_week"] or 0)
        fresh = row["new_day"] if QUIET_DAYS.get(row["collector"]) == 1 else row["new_week"]
        if row["collector"] in labels.PASSIVE:  # late by its own rhythm: nobody asks it
            last, period = row["last_ok_at"], timedelta(seconds=row["period_seconds"])
            row["next_due_at"] = last + period if last is not None else None
        row["state"] = state_of(
            enabled=row["enabled"], scheduled=row["collector"] not in _UNSCHEDULED, fault=row["fault"],
            last_run_at=row["last_run_at"], next_due_at=row["next_due_at"], quiet=not fresh, now=now,
        )
        row["state_name"] = STATES[row["state"]]
        row["collector_name"] = labels.COLLECTORS.get(row["collector"], row["collector"])
        row["address"] = shown_address(row["url"])
        row["note"] = _note(row, now)
        row["period_minutes"] = row["period_seconds"] // 60
    rows.sort(key=lambda row: (gravity[row["state"]], row["name"]))
    columns = [
        "source_id", "name", "collector", "collector_name", "platform", "platform_name", "account", "address",
        "period_minutes", "enabled", "state", "state_name", "fault", "note", "failures", "last_run_at", "last_ok_at",
        "next_due_at", "new_day", "new_week",
    ]
    return _timed(pd.DataFrame(rows, columns=columns), "last_run_at", "last_ok_at", "next_due_at")


def shown_address(url: str) -> str:
    """An address for lists: no query, which may hold secrets, no user name."""
    head = url.partition("#")[0].partition("?")[0].partition("://")[2] or url
    return head.rpartition("@")[2] + ("?…" if "?" in url else "")


def _note(row: dict, now: datetime) -> str:
    match row["state"]:
        case "person" | "failed" | "held":
            times = f"（连续 {row['failures']} 次）" if row["failures"] > 1 else ""
            return f"{labels.FAULTS.get(row['fault'], row['fault'])}：{row['fault_note']}{times}"
        case "waiting" if row["collector"] in labels.PASSIVE:
            return "等待对方推送"
        case "late" if row["collector"] in labels.PASSIVE:
            return f"已 {_span(now - row['last_ok_at'])} 没有收到推送，请联系 APP 后台的开发人员"
        case "late":
            return f"已逾期 {_span(now - row['next_due_at'])}，请检查后台采集进程是否在运行"
        case "quiet":
            return f"近 {QUIET_DAYS.get(row['collector'], QUIET_DAYS_ELSE)} 天采集正常但没有新内容"
        case _:
            return ""


def _span(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} 分钟"
    return f"{minutes // 60} 小时" if minutes < 2880 else f"{minutes // 1440} 天"


def board(found: pd.DataFrame) -> Board:
    """The freshness board of a listing (pure): how many sources are in each state."""
    counts = found["state"].value_counts()
    return Board(
        total=len(found), states={state: int(counts.get(state, 0)) for state in STATES},
        new_day=int(found["new_day"].sum()), new_week=int(found["new_week"].sum()),
    )


def detail(session: Session, source_id: int) -> Detail | None:
    """One source; None when it is gone."""
    source = session.get(Source, source_id)
    if source is None:
        return None
    account = session.get(Account, source.account_id) if source.account_id else None
    return Detail(
        id=source.id, name=source.name, collector=source.collector, address=source.url, platform=source.platform,
        account=account.external_id if account else "", period_minutes=max(source.period_seconds // 60, 1),
        enabled=source.enabled, editable=source.collector in SOURCE_COLLECTORS,
        credential=session.get(Credential, source.credential_id).name if source.credential_id else "",
        config={name: str(value) for name, value in source.config.items()},
    )


CATALOG_STATES = {"on": "已启用", "off": "已停用", "": "未启用"}
"""Whether a definition of the catalogue has been turned on → its word."""
COSTS = {False: "免费", True: "付费"}


def catalog(session: Session) -> pd.DataFrame:
    """The catalogue in its order: key, title, way, platform, platform_name, family, family_name, cost, trouble,
    state (on, off or empty), state_name, source_ids (of the sources that were made of it)."""
    names = {code: (name, family) for code, name, family in session.execute(
        select(Platform.code, Platform.name, Platform.family)
    )}
    there = session.execute(select(Source).order_by(Source.id)).scalars().all()
    rows = []
    for one in definitions():
        made = [s for s in there if one.is_of(s.collector, s.platform, s.url, s.config, bound=s.account_id is not None)]
        state = "on" if any(row.enabled for row in made) else "off" if made else ""
        name, family = names.get(one.platform, (one.platform, "other"))
        rows.append({
            "key": one.key, "title": one.title, "way": one.way, "platform": one.platform, "platform_name": name,
            "family": family, "family_name": labels.FAMILIES[family], "cost": COSTS[one.paid], "trouble": one.trouble,
            "state": state, "state_name": CATALOG_STATES[state], "source_ids": [row.id for row in made],
        })
    return pd.DataFrame(rows)


CREDENTIAL_STATES = {"": "未测试", "ok": "可用", "bad": "有问题"}


def credentials(session: Session) -> pd.DataFrame:
    """The credentials: credential_id, name, kind, kind_name, shown (what is no secret: field → value), state_name,
    note, checked_at (aware UTC), users (how many sources use it), url (the interface's address that the newest of them
    has; empty: its own)."""
    counted = select(Source.credential_id, func.count()).where(Source.credential_id.is_not(None))
    users = {found: count for found, count in session.execute(counted.group_by(Source.credential_id))}
    addressed = select(Source.credential_id, Source.url).where(Source.credential_id.is_not(None), Source.url != "")
    urls = {found: url for found, url in session.execute(addressed.order_by(Source.id))}
    rows = [
        {
            "credential_id": c.id, "name": c.name, "kind": c.kind, "kind_name": labels.COLLECTORS.get(c.kind, c.kind),
            "shown": dict(c.shown),
            "state_name": CREDENTIAL_STATES.get(c.state, c.state), "note": c.note,
            "checked_at": c.checked_at if c.state else None,
            "users": users.get(c.id, 0), "url": urls.get(c.id, ""),
        }
        for c in session.execute(select(Credential).order_by(Credential.name)).scalars()
    ]
    columns = [
        "credential_id", "name", "kind", "kind_name", "shown", "state_name", "note", "checked_at", "users", "url",
    ]
    return _timed(pd.DataFrame(rows, columns=columns), "checked_at")


def credential_names(session: Session, kind: str) -> list[str]:
    """Names of the credentials for a kind of source, for forms."""
    query = select(Credential.name).where(Credential.kind == kind).order_by(Credential.name)
    return list(session.execute(query).scalars())


def runs(session: Session, source_id: int, limit: int = 100) -> pd.DataFrame:
    """The newest runs of a source: run_id, started_at, finished_at, state_name, note, new/known/rejected_rows."""
    query = (
        select(
            Run.id.label("run_id"), Run.started_at, Run.finished_at, Run.state, Run.note, Run.new_rows,
            Run.known_rows, Run.rejected_rows,
        )
        .where(Run.source_id == source_id).order_by(Run.started_at.desc(), Run.id.desc()).limit(limit)
    )
    found = totals.read(session, query)
    found["state_name"] = [labels.RUN_STATES.get(state, state) for state in found["state"]]
    return _timed(found, "started_at", "finished_at")


def rejected(session: Session, run_id: int, limit: int = 500) -> pd.DataFrame:
    """What a run set aside: locator, field, reason, raw."""
    query = (
        select(Rejected.locator, Rejected.field, Rejected.reason, Rejected.raw)
        .where(Rejected.run_id == run_id).order_by(Rejected.id).limit(limit)
    )
    return totals.read(session, query)


def captures(session: Session, run_id: int) -> pd.DataFrame:
    """The answers that a run kept: capture_id, request, fetched_at, status, media_type, size, sha256."""
    query = (
        select(
            Capture.id.label("capture_id"), Capture.request, Capture.fetched_at, Capture.status, Capture.media_type,
            Capture.size, Capture.sha256,
        )
        .where(Capture.run_id == run_id).order_by(Capture.id)
    )
    return _timed(totals.read(session, query), "fetched_at")


def preview(session: Session, capture_id: int, characters: int = PREVIEW_CHARACTERS) -> Preview:
    """The beginning of the stored bytes, checked against their hash."""
    capture = session.get(Capture, capture_id)
    if capture is None:
        return Preview("", 0, False, "原始数据的记录不存在")
    try:
        body = evidence.body(capture)
    except evidence.EvidenceLost as lost:
        return Preview("", capture.size, False, str(lost))
    if b"\0" in body[:2000] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Preview("", capture.size, False, "这是二进制文件，不能以文字预览")
    text = _text(body, characters)
    return Preview(text[:characters], capture.size, len(text) <= characters)


def _text(body: bytes, characters: int) -> str:
    """As many characters as a preview needs; the encoding that loses least of them."""
    part = body[: characters * 4 + 4]
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return part.decode("utf-16", "replace")
    return min((part.decode(name, "replace") for name in ("utf-8", "gb18030", "big5hkscs")),
               key=lambda text: text.count("\ufffd"))


def outcome_since(session: Session, source_id: int, since: datetime) -> Outcome | None:
    """The newest run of a source that began at or after an instant; None while there is none."""
    run = session.execute(
        select(Run).where(Run.source_id == source_id, Run.started_at >= since).order_by(Run.id.desc()).limit(1)
    ).scalar()
    if run is None:
        return None
    return Outcome(run.id, run.finished_at is not None, labels.RUN_STATES.get(run.state, run.state), run.note)


def _timed(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """With these columns as aware UTC times."""
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in columns})
