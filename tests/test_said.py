"""Mentions read again from their captures: nothing is wrong where nothing was changed, what was changed is named."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from core import db, evidence, ingest, understand
from core.models import Capture, Mention, Source, Unsifted
from core.recheck import said
from core.records import Batch, MentionRecord

T = datetime(2026, 3, 2, 4, tzinfo=UTC)
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def parse(spec, fetched) -> Batch:
    """Answers that list what was said in JSON."""
    return Batch(mentions=[MentionRecord(
        external_id=one["id"], title=one["title"], text=one.get("text", ""), url=one.get("url", ""),
        author=one.get("author", ""), published_at=datetime.fromisoformat(one.get("at", T.isoformat())),
        observed_at=fetched.fetched_at, locator=f"[{n}]") for n, one in enumerate(json.loads(fetched.body))])


class Site:
    """A source whose answers are taken in one after the other."""

    def __init__(self, session, platform: str = "news"):
        self.session, self.taken = session, 0
        self.source = Source(key=f"t:{platform}", name="测试源", collector="test", platform=platform, period_seconds=60)
        session.add(self.source)
        session.commit()

    def take(self, *items, fault: str = "") -> Capture:
        at = T + timedelta(hours=self.taken)
        self.taken += 1
        body = json.dumps(items).encode()
        run = ingest.begin(self.session, "collect", source=self.source, at=at)
        capture = evidence.keep(self.session, body, request="GET https://example.invalid/", fetched_at=at, run=run,
                                source_id=self.source.id, media_type="application/json")
        if not fault:
            fetched = type("F", (), {"body": body, "fetched_at": at})
            ingest.store(self.session, parse(None, fetched), run=run, capture=capture, source=self.source)
        ingest.finish(self.session, run, "failed" if fault else "ok", "", at=at, fault=fault)
        self.session.commit()
        return capture

    def check(self) -> said.Check:
        self.session.expire_all()
        with db.snapshot() as reading:
            return said.Check(reading, *MARCH, {"test": parse}).run()


@pytest.fixture
def site(session):
    return Site(session)


def test_what_was_said_is_as_it_was_captured_also_where_its_text_came_later(site):
    site.take({"id": "a", "title": "道路积水", "author": "王某"}, {"id": "b", "title": "路灯不亮", "url": "https://a.b/1"})
    understand.understand(site.session, now=T)
    later = (T + timedelta(minutes=7)).isoformat()
    site.take({"id": "a", "title": "道路积水严重", "text": "全文", "at": later}, {"id": "c", "title": "公园开放"},
              {"id": "c", "title": "同一条再说一遍"})
    site.take({"id": "x", "title": "出错的回应"}, fault="STOP")
    found = site.check()
    assert (found.figures, found.wrong, found.trusted, found.read) == (18, 0, 0, 4) and found.findings == []


def test_demands_are_held_against_what_is_stored_of_them_without_what_is_personal(session):
    site = Site(session, "hotline12345")
    site.take({"id": "1", "title": "噪声扰民，电话13812345678", "text": "=请处理"})
    found = site.check()
    assert found.wrong == 0 and found.figures == 6
    assert "13812345678" not in session.execute(select(Mention.title)).scalar_one()


def test_what_was_changed_invented_or_dropped_is_named(site):
    capture = site.take(*({"id": key, "title": f"标题{key}", "text": "正文" * 60} for key in "abcd"))
    site.take({"id": "e", "title": "另一条"})
    rows = {row.external_id: row for row in site.session.execute(select(Mention)).scalars()}
    site.session.execute(delete(Unsifted))
    rows["a"].text = rows["a"].text[:-1] + "改"
    rows["b"].published_at += timedelta(minutes=1)
    site.session.add(Mention(source_id=site.source.id, external_id="z", platform="news", title="多出来的",
                             published_at=T, day=date(2026, 3, 2), first_seen_at=T, last_seen_at=T,
                             capture_id=capture.id))
    site.session.delete(rows["c"])
    site.session.commit()
    found = site.check()
    told = {(one.kind, *one.stored, *one.expected) for one in found.findings}
    assert told == {("altered", "text", "text"), ("altered", "published_at", "published_at"), ("invented", "title"),
                    ("dropped", "title")}
    assert (found.figures, found.wrong) == (36, 1 + 1 + 6 + 6)
    evidence.path_of(capture.sha256).write_bytes(b"broken")
    found = site.check()
    assert [(one.what, one.kind) for one in found.findings] == [("capture", "lost")] and found.trusted == 24
