"""What a person does to a source: add by hand or out of the catalogue, change, switch on and off, ask for it now.

Sources are part of the ledger (core.ledger); here are the deeds that concern one of them by its id. The caller commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, or_, select
from sqlmodel import Session

from core import audit, db, ledger, notices
from core.catalog_sources import ACCOUNT, SERVICES, Definition, definitions
from core.faults import BadInput
from core.labels import PASSIVE
from core.ledger import Entries, SourceEntry
from core.ledger.changes import account_named, source_key
from core.ledger.entries import FIELDS, SOURCE_COLLECTORS
from core.models import (
    Account,
    AppReading,
    BoardReading,
    Capture,
    Coverage,
    DailyReading,
    FollowerReading,
    Mention,
    Notice,
    Platform,
    Post,
    Reading,
    Rejected,
    Run,
    Source,
)
from core.query.sources import shown_address
from core.records import one_line, reasons

_BROUGHT = (Post, Reading, FollowerReading, AppReading, DailyReading, BoardReading, Mention)
"""What collecting leaves behind, apart from its own books."""


def planned(
    definition: Definition, *, bases: Mapping[str, str], values: Mapping[str, str],
    accounts: Sequence[tuple[str, str]] = (), credentials: Mapping[str, str] | str = "",
    ids: Mapping[str, str] | None = None, enabled: bool = True,
) -> list[SourceEntry]:
    """Ledger entries of a definition: one, or one for each of `accounts` ((id on the platform, name)).

    `bases`: service → its address; `values`: parameter → what it stands for; `credentials`: name of a stored one, or
    one for each account's id; `ids`: account's id → the one that the service knows it by, where that is another.
    Raises BadInput for an address or parameter that is missing.
    """
    base = bases.get(definition.service, "").strip().rstrip("/")
    if definition.service and not base:
        raise BadInput(f"请填写 {SERVICES[definition.service]}的地址")
    given = {name: one_line(values.get(name, "")) for name in definition.questions}
    if lacking := [definition.questions[n] for n, v in given.items() if not v and n not in definition.optional]:
        raise BadInput(f"“{definition.title}”请填写：{'、'.join(lacking)}")
    if definition.bound and not accounts:
        raise BadInput(f"“{definition.title}”请选择台账中的账号")
    out = []
    for account, name in accounts or [("", "")]:
        known = given | {ACCOUNT: account}
        credential = credentials if isinstance(credentials, str) else credentials.get(account, "")
        config = definition.config(known)
        if definition.id_option and (other := (ids or {}).get(account, account)) != account:
            config[definition.id_option] = other
        out.append(entry(
            name=definition.named(known, name), collector=definition.collector, url=definition.address(base, known),
            platform=definition.platform, account=account, credential=credential, config=config,
            period_minutes=definition.period, enabled=enabled,
        ))
    return out


def bases(session: Session) -> dict[str, str]:
    """Service → its address, as the newest source on it says; what a person entered once need not be entered again."""
    known: dict[str, str] = {}
    marks = {definition.path.partition("=")[0] for definition in definitions() if definition.path}
    query = select(Source.collector, Source.url).where(Source.collector.in_(["rsshub", "hotlist", "feed"]))
    for collector, url in session.execute(query.order_by(Source.id.desc())):
        if collector == "hotlist":
            for mark in marks:
                if mark in url:
                    known.setdefault("newsnow", url.partition(mark)[0])
        elif collector == "rsshub":
            known.setdefault("rsshub", url)
        else:
            for route in (d.route for d in definitions() if d.route and "{" not in d.route and url.endswith(d.route)):
                known.setdefault("rsshub", url.removesuffix(route))
    return known


def turn_on(session: Session, entries: Iterable[SourceEntry], *, who: str, now: datetime) -> str:
    """Add the sources that aren't there yet and switch the others on, which stay as they are otherwise; the outcome in
    Chinese. Raises BadInput before anything is written."""
    fresh, off, known = [], [], 0
    for made in entries:
        there = _by_address(session, made) or _as_feed(session, made)
        if there is None:
            fresh.append(made)
        elif there.enabled:
            known += 1
        else:
            off.append(there)
    ledger.apply(session, Entries(sources=fresh), who=who, now=now, what="采集源")
    for source in off:
        switch(session, source.id, True, who=who, now=now)
    parts = [f"新启用 {len(fresh)} 个采集源"] if fresh else []
    parts += [f"重新启用 {len(off)} 个"] if off else []
    parts += [f"{known} 个原来就已启用"] if known else []
    later = "，后台采集进程将在下一轮采集" if fresh or off else ""
    return "，".join(parts) + later + "。"


def _as_feed(session: Session, made: SourceEntry) -> Source | None:
    """A route that was added as a plain feed, before routes had a collector of their own."""
    if made.collector != "rsshub":
        return None
    url = made.url.rstrip("/") + made.config.get("route", "")
    return session.execute(select(Source).where(Source.collector == "feed", Source.url == url)).scalars().first()


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
    """Switch a source on, which makes it due at once, or off, which closes its notices."""
    source = _source(session, source_id)
    if source.enabled == on:
        return
    source.enabled = on
    if on:
        source.next_due_at = None
    session.add(source)
    audit.note(session, who, "启用采集源" if on else "停用采集源", source.name)
    session.flush()
    notices.let_go(session, now)
    db.bump(session, now)


def remove(session: Session, source_id: int, *, who: str, now: datetime) -> None:
    """Delete a source that is off and has brought nothing, with its runs and notices. Raises BadInput for any other:
    what it brought must be traceable to it."""
    source = _source(session, source_id)
    if source.enabled:
        raise BadInput("请先停用，再删除")
    runs = select(Run.id).where(Run.source_id == source_id)
    captures = select(Capture.id).where(or_(Capture.source_id == source_id, Capture.run_id.in_(runs)))
    if session.execute(runs.where(Run.finished_at.is_(None)).limit(1)).first():
        raise BadInput("正在采集，请稍后再删除")
    brought = (select(table.id).where(table.capture_id.in_(captures)).limit(1) for table in _BROUGHT)
    mentioned = select(Mention.id).where(Mention.source_id == source_id).limit(1)
    if any(session.execute(query).first() for query in (mentioned, *brought)):
        raise BadInput(f"“{source.name}”已经取得数据，不能删除，停用即可：已入库的数据要能查到来源")
    for table, mine in ((Rejected, Rejected.run_id.in_(runs)), (Coverage, Coverage.run_id.in_(runs)),
                        (Capture, Capture.id.in_(captures)), (Notice, Notice.source_id == source_id),
                        (Run, Run.source_id == source_id)):
        session.execute(delete(table).where(mine).execution_options(synchronize_session=False))
    audit.note(session, who, "删除采集源", source.name, shown_address(source.url))
    session.delete(source)
    session.flush()
    db.bump(session, now)


def ask_now(session: Session, source_id: int, *, who: str, now: datetime) -> None:
    """Make a source due at once; the scheduler takes it at its next tick. Raises BadInput for one that is off, or
    that waits for what is sent."""
    source = _source(session, source_id)
    if not source.enabled:
        raise BadInput("采集源已停用，请先启用")
    if source.collector in PASSIVE:
        raise BadInput("这个采集源由对方推送数据，不能立即采集；请对方重新推送，或上传推送文件")
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
