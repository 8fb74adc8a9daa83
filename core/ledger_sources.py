"""What a person does to a source: add, change, switch on and off, ask for it now; and the catalogue of ready ones.

Sources are part of the ledger (core.ledger); here are the deeds that concern one of them by its id. The caller commits.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import Session

from core import audit, db, ledger
from core.faults import BadInput
from core.ledger import Entries, SourceEntry
from core.ledger.changes import account_named, source_key
from core.ledger.entries import FIELDS, SOURCE_COLLECTORS
from core.models import Account, Platform, Source
from core.query.sources import shown_address
from core.records import one_line, reasons
from core.settings import CATALOG

SERVICES = {"newsnow": "newsnow 热榜接口", "rsshub": "RSSHub"}
"""Services that the catalogue's entries belong to; where each one runs is for the person to say."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A ready definition of an open source: everything but the address of the service that it belongs to."""

    name: str
    service: str
    path: str
    collector: str
    platform: str
    period_minutes: int
    note: str = ""


def catalog(file: Path = CATALOG / "sources.csv") -> list[Offer]:
    """The catalogue in its order. Raises ValueError (Chinese) for a row that can't be right."""
    out = []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            if (
                row["service"] not in SERVICES or row["collector"] not in SOURCE_COLLECTORS
                or not row["path"].startswith("/") or not row["period_minutes"].isdecimal()
            ):
                raise ValueError(f"采集源目录 {file.name} 第 {number} 行不对（{row['name']}）")
            out.append(Offer(
                name=row["name"], service=row["service"], path=row["path"], collector=row["collector"],
                platform=row["platform"], period_minutes=int(row["period_minutes"]), note=row["note"],
            ))
    return out


def offered(offers: Iterable[Offer], bases: Mapping[str, str]) -> list[SourceEntry]:
    """Ledger entries of offers, switched off, at the services' base addresses. Raises BadInput where one is missing."""
    out = []
    for offer in offers:
        base = bases.get(offer.service, "").strip().rstrip("/")
        if not base:
            raise BadInput(f"请填写 {SERVICES[offer.service]} 的服务地址")
        out.append(entry(
            name=offer.name, collector=offer.collector, url=base + offer.path, platform=offer.platform,
            period_minutes=offer.period_minutes, enabled=False,
        ))
    return out


def entry(**values: Any) -> SourceEntry:
    """A validated ledger entry of a source. Raises BadInput with every reason in Chinese."""
    cleaned = {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}
    try:
        return SourceEntry(**cleaned)
    except ValidationError as error:
        words = FIELDS[SourceEntry]
        said = (f"{words[field]}：{reason}" if field in words else reason for field, reason in reasons(error))
        raise BadInput("采集源没有保存。" + "；".join(said)) from error


def add(session: Session, made: SourceEntry, *, who: str, now: datetime) -> int:
    """Add a source; returns its id. Raises BadInput where the address is taken or the ledger refuses it."""
    if taken := _by_address(session, made):
        raise BadInput(f"这个地址已经是采集源“{taken.name}”，不必重复添加")
    ledger.apply(session, Entries(sources=[made]), who=who, now=now, what="采集源")
    return _by_address(session, made).id


def add_offered(session: Session, entries: Iterable[SourceEntry], *, who: str, now: datetime) -> str:
    """Add catalogue entries that aren't there yet, those that are there stay as they are; the outcome in Chinese."""
    entries = list(entries)
    fresh = [made for made in entries if _by_address(session, made) is None]
    ledger.apply(session, Entries(sources=fresh), who=who, now=now, what="采集源")
    known = f"，{len(entries) - len(fresh)} 个已经有了" if len(fresh) < len(entries) else ""
    return f"添加了 {len(fresh)} 个采集源{known}。它们尚未启用，请逐个启用。" if fresh else "所选的采集源都已经有了。"


def change(session: Session, source_id: int, made: SourceEntry, *, who: str, now: datetime) -> None:
    """Give a source those values; another address means that what is known of the old one no longer holds."""
    source = _source(session, source_id)
    if source.key != _key(session, made):
        if taken := _by_address(session, made):
            raise BadInput(f"这个地址已经是采集源“{taken.name}”")
        moved = f"{shown_address(source.url)} → {shown_address(made.url)}"
        audit.note(session, who, "修改采集源地址", source.name, moved)
        source.collector, source.url, source.key = made.collector, made.url, _key(session, made)
        source.cursor = {}
        source.etag = source.last_modified = source.fault = source.fault_note = ""
        source.failures, source.next_due_at = 0, None
        session.add(source)
        session.flush()
    ledger.apply(session, Entries(sources=[made]), who=who, now=now, what="采集源")


def switch(session: Session, source_id: int, on: bool, *, who: str, now: datetime) -> None:
    """Switch a source on, which makes it due at once, or off."""
    source = _source(session, source_id)
    if source.enabled == on:
        return
    source.enabled = on
    if on:
        source.next_due_at = None
    session.add(source)
    audit.note(session, who, "启用采集源" if on else "停用采集源", source.name)
    session.flush()
    db.bump(session, now)


def ask_now(session: Session, source_id: int, *, who: str, now: datetime) -> None:
    """Make a source due at once; the scheduler takes it at its next tick. Raises BadInput for one that is off."""
    source = _source(session, source_id)
    if not source.enabled:
        raise BadInput("采集源已停用，请先启用")
    source.next_due_at = now
    session.add(source)
    audit.note(session, who, "立即采集", source.name)
    session.flush()
    db.bump(session, now)


def platforms(session: Session) -> list[tuple[str, str]]:
    """(code, name) of every platform, for forms."""
    return [tuple(row) for row in session.execute(select(Platform.code, Platform.name).order_by(Platform.sort))]


def accounts(session: Session, platform: str) -> list[tuple[str, str]]:
    """(id on the platform, name) of the accounts of a platform, for forms."""
    query = select(Account.external_id, Account.name).where(Account.platform == platform).order_by(Account.name)
    return [tuple(row) for row in session.execute(query)]


def _by_address(session: Session, made: SourceEntry) -> Source | None:
    return session.execute(select(Source).where(Source.key == _key(session, made))).scalars().first()


def _key(session: Session, made: SourceEntry) -> str:
    account = account_named(session, made.platform, made.account) if made.account else None
    return source_key(made, account.external_id if account else "")


def _source(session: Session, source_id: int) -> Source:
    source = session.get(Source, source_id)
    if source is None:
        raise BadInput("采集源不存在，可能已被删除，请刷新页面")
    if source.collector not in SOURCE_COLLECTORS:
        raise BadInput("这个来源由系统管理，不能在这里修改")
    return source
