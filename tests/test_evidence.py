"""Captured bytes come back as they were, or it is said that they don't."""

import gzip

import pytest

from core import clock, evidence
from core.evidence import EvidenceLost


def keep(session, body: bytes):
    return evidence.keep(session, body, request="https://a.cn/feed", fetched_at=clock.now(), media_type="text/xml")


def test_bytes_come_back_and_lie_once(session, database):
    first, second = keep(session, b"<rss/>" * 1000), keep(session, b"<rss/>" * 1000)
    session.commit()
    assert evidence.body(first) == b"<rss/>" * 1000
    assert first.sha256 == second.sha256 and first.id != second.id
    files = [p for p in (database / "captures").rglob("*") if p.is_file()]
    assert [p.name for p in files] == [f"{first.sha256}.gz"]


def test_an_empty_body_is_evidence_too(session):
    assert evidence.body(keep(session, b"")) == b""


def test_tampered_or_lost_bytes_are_told(session):
    capture = keep(session, b"reads=10")
    place = evidence.path_of(capture.sha256)
    place.write_bytes(gzip.compress(b"reads=99"))
    with pytest.raises(EvidenceLost, match="校验值不符"):
        evidence.body(capture)
    place.write_bytes(b"not gzip")
    with pytest.raises(EvidenceLost, match="读不出来"):
        evidence.body(capture)
    place.unlink()
    with pytest.raises(EvidenceLost, match="读不出来"):
        evidence.body(capture)
