"""What a person entrusts to the system never comes out again: not in logs at their most talkative, not in verdicts."""

import logging

import pytest
from sqlalchemy import select

from collectors import SOURCES
from collectors.client import make_http
from core import clock, credentials, db, ledger, ledger_sources
from core.collect import trial
from core.ledger import AccountEntry, Entries
from core.models import Audit, Capture, Credential
from core.settings import settings
from tests.lab import cases
from tests.lab.plugin import lab  # noqa: F401

ENTRUSTED = sorted(
    (case for case in cases.every() if case.secrets and case.collector in SOURCES), key=lambda case: case.__name__
)


def secrets_of(case) -> set[str]:
    named = {field.name for field in SOURCES[case.collector].secrets if field.secret}
    return {value for name, value in case.secrets.items() if name in named and value}


@pytest.mark.parametrize("act", ["", "expired", "reset", "html", "502"])
@pytest.mark.parametrize("kind", ENTRUSTED, ids=lambda kind: kind.__name__)
def test_no_secret_is_logged_printed_or_told(kind, act, lab, session, monkeypatch, caplog, capfd):  # noqa: F811
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "*")
    monkeypatch.setenv("PULSE_PACE_SECONDS", "0")
    settings.cache_clear()
    case, now = kind(), clock.now()
    case.at = now
    lab.mount(case.world)
    if act:
        case.world.script("", *[case.expired if act == "expired" else act] * 3)
    collector = SOURCES[case.collector]
    account = case.account if case.bound else ""
    if account:
        ledger.apply(session, Entries(accounts=[
            AccountEntry(platform=case.platform, external_id=account, name="云澜发布"),
        ]), who="测试", now=now)
    hidden = frozenset(field.name for field in collector.secrets if field.secret)
    credentials.add(session, name="托付", kind=case.collector, fields=case.secrets, secret=hidden, who="", now=now)
    session.commit()
    entry = ledger_sources.entry(
        name="试", collector=case.collector, url=case.url, platform=case.platform or collector.platform,
        account=account, credential="托付", config=dict(case.config),
    )
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "asyncio", "pulse", "pulse.collect"):
            caplog.set_level(logging.DEBUG, logger=name)
        verdict = trial.check_entry(entry, SOURCES, make_http)
    printed = capfd.readouterr()
    told = [verdict.words, caplog.text, printed.out, printed.err, *(repr(r.__dict__) for r in caplog.records)]
    with db.session() as fresh:
        told += [str(row) for row in fresh.execute(select(Credential.note, Credential.shown)).all()]
        told += [str(row) for row in fresh.execute(select(Audit.what, Audit.detail)).all()]
        told += [str(row) for row in fresh.execute(select(Capture.request)).all()]
    assert caplog.records, "the loggers did speak"
    for secret in secrets_of(case):
        assert not [text for text in told if secret in text], secret[:3]
