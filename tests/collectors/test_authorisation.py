"""Authorisations by scan in the real desk: what the connection test exchanged, the runs use, sealed, one at a time."""

import asyncio

import pytest
from sqlalchemy import select

from collectors import SOURCES
from collectors.http import Http
from core import collect, credentials
from core.collect import trial
from core.models import Account, Credential, Run, Source
from tests.lab.cases import Case
from tests.lab.desk import OPEN
from tests.lab.services.bilibili import BilibiliCase
from tests.lab.services.douyin import DouyinCase
from tests.lab.services.kuaishou import KuaishouCase


@pytest.mark.parametrize("kind", [DouyinCase, KuaishouCase, BilibiliCase], ids=lambda case: case.collector)
def test_a_scan_is_exchanged_once_and_outlives_the_test(session, lab, monkeypatch, kind: type[Case]):
    case = kind()
    service, collector = lab.mount(case.world), SOURCES[kind.collector]
    monkeypatch.setattr("core.clock.now", lambda: case.at)
    secret = frozenset(f.name for f in collector.secrets if f.secret)
    made = credentials.add(
        session, name="号", kind=kind.collector, fields=case.secrets, secret=secret, who="测试", now=case.at
    )
    account = Account(platform=kind.platform, external_id=kind.account, name="云澜发布")
    session.add(account)
    session.flush()
    source = Source(
        key="s", name="源", collector=kind.collector, platform=kind.platform, url=case.url, account_id=account.id,
        credential_id=made.id,
    )
    session.add(source)
    session.commit()

    def http(**_) -> Http:
        return Http(**OPEN | {"timeout": 10.0, "deadline": 10.0})

    async def once() -> None:
        async with http() as client:
            await collect.collect([source.id], SOURCES, client, now=lambda: case.at)

    verdict = trial.check(source.id, SOURCES, http)
    assert verdict.ok and verdict.words.startswith("连接正常") and "粉丝数" in verdict.words
    asyncio.run(once())
    session.expire_all()
    run = session.execute(select(Run).order_by(Run.id.desc()).limit(1)).scalar_one()
    assert (run.state, run.fault) == ("ok", ""), run.note
    assert len([c for c in service.calls if "oauth" in c.path]) == 1, "the run uses what the test was given"
    fields, kept = credentials.fields(session, made.id), session.get(Credential, made.id)
    token = credentials.tokens(session, made.id)["access"]["value"]
    assert fields["code"] == "" and fields["refresh_token"] == service.refresh and token == service.access
    for plain in (token, fields["refresh_token"], "lab-scan-code"):
        assert plain.encode() not in bytes(kept.sealed) + bytes(kept.tokens) and plain not in str(kept.shown) + run.note
