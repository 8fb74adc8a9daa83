"""Runs of several answers: the cursor, what a fault in the middle leaves, the desk, two sources at one credential."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from collectors import SOURCES
from collectors.base import Collector
from collectors.http import Closed, Http
from core import collect, credentials, evidence, notices
from core.collect.engine import Engine
from core.faults import Fault
from core.models import Account, Capture, Coverage, Credential, Host, Mention, Notice, Post, Quota, Reading, Run, Source
from core.records import Batch, Count, Fetched, Gone, MentionRecord, PostRecord
from tests.lab import Lab
from tests.processes import until

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def page(number: int, last: bool = False) -> Fetched:
    return Fetched(
        request=f"https://a.cn/list?page={number}", body=f"page {number}".encode(), status=200, media_type="text/plain",
        fetched_at=NOW, cursor={} if last else {"page": number + 1}, context={"page": str(number)},
    )


def parse(source, fetched) -> Batch:
    number = fetched.context["page"]
    return Batch(mentions=[MentionRecord(
        external_id=f"m{number}", title=f"第{number}页", published_at=NOW, observed_at=fetched.fetched_at
    )])


def paging(pages: int = 4, fails: Callable[[int], Exception | None] = lambda n: None, **more) -> Collector:
    """A collector of numbered pages; `fails` gives what is raised instead of a page."""

    async def answers(source, desk):
        for number in range(desk.cursor.get("page", 1), pages + 1):
            if error := fails(number):
                raise error
            yield page(number, last=number == pages)

    return Collector("paging", "翻页", 600, answers, more.pop("parse", parse), **more)


@pytest.fixture
def source(session) -> Source:
    made = Source(key="p", name="样例", collector="paging", platform="news", period_seconds=600)
    session.add(made)
    session.commit()
    return made


def run(session, collector, *sources, now=NOW) -> dict[str, int]:
    ids = [s.id for s in sources]
    session.commit()
    outcome = asyncio.run(collect.collect(ids, {"paging": collector}, None, now=lambda: now))
    session.expire_all()
    return outcome


def runs(session) -> list[Run]:
    return list(session.execute(select(Run).order_by(Run.id)).scalars())


def titles(session) -> list[str]:
    return list(session.execute(select(Mention.external_id).order_by(Mention.id)).scalars())


def test_every_answer_is_stored_with_its_bytes_and_context(session, source):
    assert run(session, paging(), source) == {"ok": 1}
    assert titles(session) == ["m1", "m2", "m3", "m4"] and source.cursor == {}
    kept = list(session.execute(select(Capture).order_by(Capture.id)).scalars())
    assert [evidence.body(c) for c in kept] == [b"page 1", b"page 2", b"page 3", b"page 4"]
    assert kept[1].meta == {"context": {"page": "2"}}
    assert (runs(session)[0].new_rows, runs(session)[0].note) == (4, "新增信息 4 条")


def test_a_fault_in_the_middle_keeps_what_came_and_the_next_run_goes_on_there(session, source):
    quota = paging(fails=lambda n: Fault("QUOTA", "今日额度已用完") if n == 3 else None)
    assert run(session, quota, source) == {"partial": 1}
    first = runs(session)[0]
    assert (first.fault, first.new_rows) == ("QUOTA", 2) and "今日额度已用完" in first.note and "2 条" in first.note
    assert source.cursor == {"page": 3} and source.failures == 0
    assert source.next_due_at == NOW + timedelta(hours=14)  # midnight in Shanghai
    assert run(session, paging(), source, now=NOW + timedelta(days=1)) == {"ok": 1}
    assert titles(session) == ["m1", "m2", "m3", "m4"] and source.cursor == {} and source.fault == ""


def test_what_can_not_be_parsed_is_kept_and_the_round_begins_again(session, source):
    def broken(spec, fetched):
        if fetched.context["page"] == "2":
            raise KeyError("x")
        return parse(spec, fetched)

    assert run(session, paging(parse=broken), source) == {"partial": 1}
    assert runs(session)[0].fault == "STOP" and source.cursor == {}
    bodies = [evidence.body(c) for c in session.execute(select(Capture)).scalars()]
    assert bodies == [b"page 1", b"page 2"]


def test_a_fault_that_needs_a_person_raises_one_notice_and_its_end_another(session, source):
    lost = paging(fails=lambda n: Fault("REAUTH", "授权失效，请重新填写"))
    run(session, lost, source)
    run(session, lost, source)
    (notice,) = session.execute(select(Notice)).scalars()
    assert (notice.kind, notice.note, notice.closed_at) == ("reauth", "授权失效，请重新填写", None)
    run(session, paging(), source)
    first, second = session.execute(select(Notice).order_by(Notice.id)).scalars()
    assert first.closed_at == NOW and second.kind == "recovered" and "样例" in second.title


def test_an_authorisation_about_to_end_is_told_once_and_until_it_is_renewed(session, source):
    made = credentials.add(session, name="号", kind="paging", fields={"k": "v"}, secret=frozenset(), who="", now=NOW)
    source.credential_id = made.id

    def warning(words: str):
        return lambda spec, fetched: replace(parse(spec, fetched), ending=words)

    run(session, paging(2, parse=warning("授权将于 3月20日 到期")), source)
    run(session, paging(2, parse=warning("授权将于 3月20日 到期")), source)
    (notice,) = session.execute(select(Notice)).scalars()
    assert (notice.kind, notice.note, notice.closed_at) == ("ending", "授权将于 3月20日 到期", None)
    assert "到期" in runs(session)[0].note
    notices.put_away(session, notice.id, who="王五", now=NOW)
    run(session, paging(2, parse=warning("授权将于 3月20日 到期")), source)
    run(session, paging(2, parse=warning("授权已于 3月20日 到期")), source)
    run(session, paging(2), source)
    assert session.execute(select(Notice.closed_by).order_by(Notice.id)).scalars().all() == ["王五", "系统"]


def test_one_answer_in_several_batches_fills_counters_without_losing_any(session):
    account = Account(platform="wechat", external_id="gh_1", name="健康云澜")
    session.add(account)
    session.flush()
    bound = Source(key="w", name="公众号", collector="paging", platform="wechat", account_id=account.id)
    session.add(bound)
    session.flush()

    def posts(spec, fetched):
        given = {"1": {"readers": 4123}, "2": {"sharers": 366}, "3": {}, "4": {}}[fetched.context["page"]]
        return Batch(
            posts=[PostRecord(
                external_id="p", published_at=NOW, observed_at=NOW, timed=False,
                counters={n: Count(v) for n, v in given.items()},
            )] if given else [],
            gone=[Gone("p")] if fetched.context["page"] == "4" else [],
            covered={(None, NOW.date()): "pending"},
        )

    assert run(session, paging(parse=posts), bound) == {"ok": 1}
    readings = session.execute(select(Reading.readers, Reading.sharers, Reading.reason).order_by(Reading.id)).all()
    assert [tuple(r) for r in readings] == [(4123, None, ""), (4123, 366, "")]
    (post,) = session.execute(select(Post)).scalars()
    assert post.gone_at == NOW and post.timed is False
    assert session.execute(select(Coverage.state)).scalars().all() == ["collected"]


def test_records_of_unknown_accounts_are_set_aside_and_the_others_stored(session, source):
    account = Account(platform="weibo", external_id="1", name="甲")
    session.add(account)

    def two(spec, fetched):
        return Batch(posts=[
            PostRecord(external_id=who, published_at=NOW, observed_at=NOW, title="文", account=("weibo", who))
            for who in ("1", "2")
        ])

    assert run(session, paging(1, parse=two), source) == {"partial": 1}
    assert session.execute(select(Post.external_id)).scalars().all() == ["1"]
    assert runs(session)[0].rejected_rows == 1


def test_a_credential_is_opened_for_its_source_and_its_token_made_once(session):
    made = credentials.add(
        session, name="号", kind="paging", fields={"appid": "wx1", "secret": "hush"}, secret=frozenset({"secret"}),
        who="测试", now=NOW,
    )
    two = [Source(key=k, name=k, collector="paging", platform="news", credential_id=made.id) for k in "ab"]
    session.add_all(two)
    session.flush()
    asked = []

    async def answers(source, desk):
        async def make():
            asked.append(desk.secrets["secret"])
            return f"token{len(asked)}", 7200.0

        token = await desk.token("access", make)
        await desk.spend("list", 5)
        fresh = await desk.token("access", make, stale="token1") if source.key == "b" else token
        yield replace(page(1, last=True), body=f"{source.key} {fresh[:5]}".encode())

    assert run(session, Collector("paging", "翻页", 600, answers, parse), *two) == {"ok": 2}
    assert asked == ["hush", "hush"]  # one for both, one that replaced the stale one
    assert session.execute(select(Quota.used)).scalar() == 2
    row = session.get(Credential, made.id)
    assert b"hush" not in row.sealed and b"token" not in row.tokens and row.shown == {"appid": "wx1"}


def test_a_lost_key_is_said_and_nothing_is_asked(session, source, monkeypatch):
    made = credentials.add(session, name="号", kind="paging", fields={"k": "v"}, secret=frozenset(), who="", now=NOW)
    source.credential_id = made.id
    session.commit()
    credentials.key_file().write_bytes(b"A" * 43 + b"=")
    credentials._box_of.cache_clear()
    assert run(session, paging(), source) == {"failed": 1}
    assert "密钥已更换或丢失" in runs(session)[0].note
    credentials._box_of.cache_clear()


def test_a_slow_host_does_not_delay_the_others(session):
    """Forty sources at a host that never answers, ten at others; the engine has the others done meanwhile."""
    with Lab() as lab:
        feed = "<rss version='2.0'><channel><item><title>新闻</title><guid>1</guid></item></channel></rss>"
        lab.serve("/feed.xml", feed)
        slow = [f"http://127.0.0.1:{lab.port}/stall?{n}" for n in range(40)]
        quick = [f"http://localhost:{lab.port}/feed.xml?{n}" for n in range(10)]
        for n in range(10):
            lab.serve(f"/feed.xml?{n}", feed)
        session.add_all(
            Source(key=url, name=url, collector="feed", platform="news", url=url) for url in [*slow, *quick]
        )
        session.commit()
        def make_http(closed=(), on_closed=None) -> Http:
            return Http(pace_seconds=0.001, private_hosts="*", timeout=2, deadline=2, concurrency=8)

        engine = Engine(SOURCES, make_http, tick=0.2)
        engine.start()
        until(lambda: engine.outcome["ok"] == 10, 20)
        assert engine.outcome["failed"] <= 6  # the slow host's few places, once round at most
        lab.closing.set()
        engine.stop(30)
        assert not engine.alive
    assert session.execute(select(func.count()).select_from(Run).where(Run.finished_at.is_(None))).scalar() == 0


def test_a_host_that_fails_and_fails_is_left_alone_even_after_a_restart(session):
    with Lab() as lab:
        session.add_all(
            Source(key=f"s{n}", name=f"s{n}", collector="feed", platform="news", url=lab.url(f"/status/502?{n}"))
            for n in range(8)
        )
        session.commit()

        def make_http(closed=(), on_closed=lambda _: None) -> Http:
            return Http(
                pace_seconds=0.001, private_hosts="*", on_closed=on_closed,
                closed=tuple(Closed(h.host, h.closed_until, h.failures, h.why) for h in closed),
            )

        def collected(times: int) -> None:
            engine = Engine(SOURCES, make_http, tick=0.2)
            engine.start()
            until(lambda: sum(engine.outcome.values()) >= times, 20)
            engine.stop()

        collected(8)
        assert len(lab.seen) <= 6  # five open the circuit; one more may have been under way
        (host,) = session.execute(select(Host)).scalars()
        assert host.host == "localhost" and host.failures >= 5 and "502" in host.why
        seen = len(lab.seen)
        session.execute(update(Source).values(next_due_at=None))
        session.commit()
        collected(8)
        assert len(lab.seen) == seen
    notes = session.execute(select(Run.note).order_by(Run.id.desc()).limit(8)).scalars().all()
    assert all("暂缓访问" in note for note in notes)
