"""What a person asks of a source by hand: whether it can be reached as it is set up, and whom a search there finds.

Both speak to the real service once, outside any run: nothing is stored but the outcome with the credential.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import clock, credentials, ledger
from core.collect.desk import Desk
from core.collect.steps import Job, spec_of
from core.db import session as open_session
from core.faults import BadInput, Fault
from core.ledger import SourceEntry
from core.models import Account, Credential, Source
from core.records import SourceSpec

log = logging.getLogger("pulse.collect")

MakeHttp = Callable[..., AbstractAsyncContextManager[Any]]
PATIENCE = 45.0
"""Seconds that a person waits at most."""
ODD = "对方返回的内容与接口说明不符，无法解读；请稍后再试，仍然如此时请把运行日志交给维护人员"
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a collector's check or search may trip over in an answer of another form than it knows."""
AT_ONCE = 4
"""Sources that are tested side by side."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a connection test found: `words` say what was seen, or what is wrong and what to do."""

    ok: bool
    words: str
    fault: str = ""


def check(source_id: int, collectors: Mapping[str, Any], make_http: MakeHttp) -> Verdict:
    """Test a source's connection. The outcome is remembered with its credential. Raises BadInput without a source."""
    with open_session() as session:
        source = session.get(Source, source_id)
        if source is None:
            raise BadInput("采集源不存在，可能已被删除，请刷新页面")
        account = session.get(Account, source.account_id) if source.account_id else None
        spec, credential_id = spec_of(source, account), source.credential_id
    job = _job(spec, credential_id, [account.external_id] if account else [], [account.id] if account else [])
    job.source_id = source_id
    return _checked(job, collectors, make_http)


def check_entry(entry: SourceEntry, collectors: Mapping[str, Any], make_http: MakeHttp) -> Verdict:
    """Test a source as it would be, before anything of it is stored. Raises BadInput where the ledger doesn't know its
    account or credential."""
    with open_session() as session:
        account = ledger.account_named(session, entry.platform, entry.account) if entry.account else None
        if entry.account and account is None:
            raise BadInput(f"台账中没有账号“{entry.account}”")
        credential_id = session.execute(select(Credential.id).where(Credential.name == entry.credential)).scalar()
        if entry.credential and credential_id is None:
            raise BadInput(f"没有凭据“{entry.credential}”，请先添加")
    spec = SourceSpec(
        key=f"check:{entry.collector}", collector=entry.collector, name=entry.name, url=entry.url,
        platform=entry.platform, has_account=account is not None, config=entry.config,
        account=(account.platform, account.external_id) if account else None,
    )
    job = _job(spec, credential_id, [account.external_id] if account else [], [account.id] if account else [])
    return _checked(job, collectors, make_http)


def check_entries(
    entries: Sequence[SourceEntry], collectors: Mapping[str, Any], make_http: MakeHttp
) -> list[Verdict]:
    """`check_entry` for several, a few at a time; what can't even be asked is a verdict as well."""

    def one(entry: SourceEntry) -> Verdict:
        try:
            return check_entry(entry, collectors, make_http)
        except BadInput as refused:
            return Verdict(False, str(refused), "STOP")

    with ThreadPoolExecutor(AT_ONCE, "trials") as pool:
        return list(pool.map(one, entries))


def check_credential(credential_id: int, collectors: Mapping[str, Any], make_http: MakeHttp, url: str = "") -> Verdict:
    """Test a credential by itself, at its service's own address or at another one."""
    with open_session() as session:
        found = credentials.get(session, credential_id)
        kind, name = found.kind, found.name
    collector = collectors[kind]
    spec = SourceSpec(key=f"check:{credential_id}", collector=kind, name=name, url=url, platform=collector.platform)
    return _checked(_job(spec, credential_id, [], []), collectors, make_http)


def search(kind: str, credential_id: int | None, text: str, collectors: Mapping[str, Any], make_http: MakeHttp) -> list:
    """Accounts that a service finds by name or keyword (collectors.base.Found). Raises BadInput with what is wrong."""
    collector = collectors[kind]
    spec = SourceSpec(key=f"search:{kind}", collector=kind, name=collector.title, url="", platform=collector.platform)
    try:
        return _asked(_job(spec, credential_id, [], []), make_http, lambda desk: collector.search(spec, desk, text))
    except Fault as fault:
        raise BadInput(f"{collector.title}：{fault.message}") from fault
    except _UNREADABLE as error:
        log.exception("the search at %s failed", kind)
        raise BadInput(f"{collector.title}：{ODD}") from error


def _job(spec: SourceSpec, credential_id: int | None, accounts: list[str], account_ids: list[int]) -> Job:
    with open_session() as session:
        secrets = credentials.fields(session, credential_id)
    return Job(
        source_id=0, run_id=0, spec=spec, account_ids=account_ids, accounts=accounts, secrets=secrets,
        credential_id=credential_id, cursor={},
    )


def _checked(job: Job, collectors: Mapping[str, Any], make_http: MakeHttp) -> Verdict:
    collector = collectors[job.spec.collector]

    async def first_answer(desk: Desk) -> str:
        answers = collector.collect(job.spec, desk)
        try:
            async for fetched in answers:
                return _seen(collector, job.spec, fetched)
        finally:
            await answers.aclose()
        return "连接正常，目前没有到期要取的内容"

    async def ask(desk: Desk) -> str:
        return await (collector.check(job.spec, desk) if collector.check else first_answer(desk))

    try:
        verdict = Verdict(True, _asked(job, make_http, ask))
    except Fault as fault:
        verdict = Verdict(fault.kind == "NOTREADY", fault.message, fault.kind)
    except _UNREADABLE:
        log.exception("the connection test of %s failed", job.spec.collector)
        verdict = Verdict(False, ODD, "RETRY")
    if job.credential_id:
        with open_session() as session:
            credentials.tried(session, job.credential_id, verdict.ok, verdict.words, clock.now())
            session.commit()
    return verdict


def _seen(collector: Any, spec: SourceSpec, fetched: Any) -> str:
    batch = collector.parse(spec, fetched)
    words = f"连接正常，取到 {len(batch)} 条"
    titles = [m.title for m in (*batch.mentions, *batch.posts) if m.title][:1]
    if titles:
        words += f"，如“{titles[0][:30]}”"
    return f"{words}；{len(batch.rejects)} 条不合格，如：{batch.rejects[0].reason}" if batch.rejects else words


def _asked(job: Job, make_http: MakeHttp, ask: Callable[[Desk], Any]) -> Any:
    async def work() -> Any:
        with ThreadPoolExecutor(1, "trial") as thread:
            loop = asyncio.get_running_loop()

            async def books(step: Callable, *args: Any) -> Any:
                return await loop.run_in_executor(thread, step, *args)

            async with make_http() as http:
                desk = Desk(job, http, clock.now, books, asyncio.Lock())
                try:
                    async with asyncio.timeout(PATIENCE):
                        return await ask(desk)
                except TimeoutError:
                    raise Fault("RETRY", f"{PATIENCE:.0f} 秒内没有答复，已放弃") from None

    return asyncio.run(work())
