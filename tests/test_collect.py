"""One source, one run, whatever happens. (Real HTTP faults: tests/collectors.)"""

import asyncio
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import clock, collect, db, evidence
from core.faults import Fault
from core.models import Account, Capture, Coverage, Mention, Post, Rejected, Run, Source
from core.records import Batch, Fetched, MentionRecord, PostRecord, Reject

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


class Script:
    """A collector that answers as told: a list of Fetched, Fault or other exceptions, one per ask."""

    alone = True

    def __init__(self, *answers, parse=None):
        self.answers = list(answers)
        self._parse = parse

    async def collect(self, source, desk):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        yield answer

    def parse(self, source, fetched):
        return self._parse(source, fetched)


def fetched(body: bytes = b"one", **more) -> Fetched:
    return Fetched(request="https://a.cn/x", body=body, status=200, media_type="text/xml", fetched_at=NOW, **more)


def one_mention(source, answer) -> Batch:
    return Batch(mentions=[MentionRecord(
        external_id=answer.body.decode(), title="标题", published_at=NOW, observed_at=answer.fetched_at
    )])


@pytest.fixture
def source(session) -> Source:
    made = Source(key="s", name="样例", collector="script", platform="feed", period_seconds=600)
    session.add(made)
    session.commit()
    return made


def run(session, script, *ids, now=NOW) -> dict[str, int]:
    ids = ids or tuple(collect.due(session, now, {"script": script}))
    session.commit()
    outcome = asyncio.run(collect.collect(list(ids), {"script": script}, None, now=lambda: now))
    session.expire_all()
    return outcome


def last_run(session) -> Run:
    return session.execute(select(Run).order_by(Run.id.desc()).limit(1)).scalar()


def test_a_source_is_asked_when_due_and_not_before(session, source):
    script = Script(fetched(), fetched(b"two"), parse=one_mention)
    assert run(session, script) == {"ok": 1}
    assert collect.due(session, NOW + timedelta(seconds=599), {"script": script}) == []
    assert run(session, script, now=NOW + timedelta(seconds=600)) == {"ok": 1}
    assert session.execute(select(func.count()).select_from(Mention)).scalar() == 2


def test_the_same_bytes_again_change_nothing(session, source):
    script = Script(fetched(), fetched(), parse=one_mention)
    run(session, script, source.id)
    before = db.stamp(session)
    assert run(session, script, source.id) == {"unchanged": 1}
    assert db.stamp(session) == before
    assert session.execute(select(func.count()).select_from(Capture)).scalar() == 1


def test_bytes_that_were_kept_but_not_stored_are_parsed_again(session, source):
    def broken(source, answer):
        raise KeyError("boom")

    assert run(session, Script(fetched(), parse=broken), source.id) == {"failed": 1}
    assert last_run(session).fault == "STOP" and "KeyError" in last_run(session).note
    assert run(session, Script(fetched(), parse=one_mention), source.id) == {"ok": 1}


def test_a_failure_is_recorded_in_words_with_the_answer_and_stops_nobody(session, source):
    other = Source(key="t", name="另一个", collector="script", platform="feed")
    session.add(other)
    session.commit()
    error_page = replace(fetched(b"<html>busy</html>"), status=503)
    script = Script(
        Fault("RETRY", "对方服务器出错（HTTP 503）", evidence=error_page), fetched(), parse=one_mention
    )
    assert run(session, script, source.id, other.id) == {"failed": 1, "ok": 1}
    failed = session.execute(select(Run).where(Run.state == "failed")).scalar()
    assert "HTTP 503" in failed.note and failed.fault == "RETRY"
    kept = session.execute(select(Capture).where(Capture.run_id == failed.id)).scalar()
    assert evidence.body(kept) == b"<html>busy</html>"
    assert (source.failures, source.fault) == (1, "RETRY")
    assert NOW + timedelta(minutes=1) <= source.next_due_at <= NOW + timedelta(minutes=1.25)


def test_a_success_clears_the_failure(session, source):
    run(session, Script(Fault("RETRY", "超时")), source.id)
    run(session, Script(fetched(), parse=one_mention), source.id, now=NOW + timedelta(minutes=2))
    assert (source.failures, source.fault, source.fault_note) == (0, "", "")


def test_rejected_items_are_set_aside_with_reason(session, source):
    def some(source, answer):
        batch = one_mention(source, answer)
        batch.rejects.append(Reject("item 2", "title", "不能为空", "<item/>"))
        return batch

    assert run(session, Script(fetched(), parse=some), source.id) == {"partial": 1}
    (row,) = session.execute(select(Rejected)).scalars()
    assert (row.locator, row.reason) == ("item 2", "不能为空")


def test_an_unchanged_answer_is_a_success(session, source):
    run(session, Script(replace(fetched(b""), unchanged=True, etag='"v2"')), source.id)
    assert (last_run(session).state, source.etag, source.last_ok_at) == ("unchanged", '"v2"', NOW)


@pytest.mark.parametrize(("fault", "failures", "retry_after", "wait"), [
    ("", 0, None, timedelta(minutes=30)),
    ("RETRY", 1, None, timedelta(minutes=1)),
    ("RETRY", 4, None, timedelta(minutes=8)),
    ("RETRY", 40, None, timedelta(hours=6)),
    ("RETRY", 1, 600, timedelta(minutes=10)),
    ("RETRY", 1, 10**9, timedelta(days=1)),
    ("NOTREADY", 1, None, timedelta(minutes=30)),
    ("QUOTA", 1, None, timedelta(hours=14)),  # 10:00 in Shanghai until midnight
    ("QUOTA", 1, 7200, timedelta(hours=2)),
    ("STOP", 3, None, timedelta(days=1)),
    ("REAUTH", 1, None, timedelta(days=1)),
])
def test_next_due(fault, failures, retry_after, wait):
    assert collect.next_due(NOW, 1800, fault=fault, failures=failures, retry_after=retry_after) == NOW + wait


def test_an_account_feed_tells_of_days_without_posts(session, source):
    account = Account(platform="wechat", external_id="gh_1", name="健康云澜")
    session.add(account)
    session.flush()
    source.account_id = account.id
    session.commit()

    def posts(source, answer):
        return Batch(posts=[
            PostRecord(external_id=str(d), published_at=clock.instant(d, 9), observed_at=NOW, title="文")
            for d in (date(2026, 3, 6), date(2026, 3, 9))
        ])

    run(session, Script(fetched(), parse=posts), source.id)
    states = dict(session.execute(select(Coverage.day, Coverage.state).order_by(Coverage.day)).all())
    assert states == {
        date(2026, 3, 6): "collected", date(2026, 3, 7): "zero", date(2026, 3, 8): "zero", date(2026, 3, 9): "collected"
    }
    assert session.execute(select(func.count()).select_from(Post)).scalar() == 2
    run(session, Script(Fault("REAUTH", "授权失效")), source.id)
    assert session.get(Coverage, (account.id, date(2026, 3, 10))).state == "expired"


@pytest.mark.parametrize(("listed", "zeros"), [
    ([9, 6], [7, 8]), ([6, 9], [7, 8]), ([1, 9, 6], [7, 8]), ([1, 2, 9, 8, 6], [7]), ([9], []), ([], []),
])
def test_what_is_pinned_on_top_does_not_tell_how_far_back_a_feed_goes(listed, zeros):
    published = [clock.instant(date(2026, 3, day), 9) for day in listed]
    assert [day.day for _, day in collect.confirmed_zero(7, published, NOW)] == zeros


def test_a_row_that_can_t_be_read_may_be_a_day_s_only_post(session, source):
    account = Account(platform="wechat", external_id="gh_1", name="健康云澜")
    session.add(account)
    session.flush()
    source.account_id = account.id
    session.commit()

    def posts(source, answer):
        days = (date(2026, 3, 6), date(2026, 3, 9))
        return Batch(posts=[
            PostRecord(external_id=str(d), published_at=clock.instant(d, 9), observed_at=NOW, title="文") for d in days
        ], rejects=[Reject("item[2]", "pubDate", "日期无法识别", "?")])

    assert run(session, Script(fetched(), parse=posts), source.id) == {"partial": 1}
    assert set(session.execute(select(Coverage.state)).scalars()) == {"collected"}


class Kitchen(ThreadPoolExecutor):
    """One in which the parsing of some bytes breaks down, or never ends."""

    def __init__(self, what: bytes, error: Exception, times: int):
        super().__init__(1)
        self.what, self.error, self.times = what, error, times

    def submit(self, fn, source, answer):
        if answer.body == self.what and self.times:
            self.times -= 1
            broken = Future()
            broken.set_exception(self.error)
            return broken
        return super().submit(fn, source, answer)


@pytest.mark.parametrize(("times", "state"), [(1, "ok"), (9, "partial")])
def test_one_answer_of_many_that_can_t_be_parsed_is_set_aside_and_the_others_go_on(session, source, times, state):
    class Three(Script):
        alone = False

        async def collect(self, source, desk):
            for number, body in enumerate((b"one", b"two", b"three")):
                yield fetched(body, cursor={"at": number} if number < 2 else {})

    script = Three(parse=one_mention)
    with Kitchen(b"two", BrokenExecutor(), times) as kitchen:
        outcome = asyncio.run(collect.collect([source.id], {"script": script}, None, now=lambda: NOW, kitchen=kitchen))
    session.expire_all()
    stored = set(session.execute(select(Mention.external_id)).scalars())
    assert outcome == {state: 1} and source.cursor == {}
    assert stored == ({"one", "two", "three"} if times == 1 else {"one", "three"})
    reasons = session.execute(select(Rejected.reason)).scalars().all()
    assert reasons == ([] if times == 1 else ["解析进程意外退出，稍后重试"])
    assert len(session.execute(select(Capture)).scalars().all()) == 3, "the bytes are kept"


class Paged(Script):
    """One that gives a page with a cursor, and then fails for ever."""

    alone = False

    def __init__(self, kind: str, *, holds: bool):
        super().__init__(parse=lambda source, answer: Batch())
        self.kind, self.holds, self.begun = kind, holds, 0

    async def collect(self, source, desk):
        if not desk.cursor:
            self.begun += 1
            yield fetched(cursor={"page": 2})
        raise Fault(self.kind, "第 2 页读取失败")


@pytest.mark.parametrize(("kind", "holds", "begun"), [
    ("RETRY", False, 19), ("RETRY", True, 1), ("STOP", False, 30), ("STOP", True, 1), ("QUOTA", False, 1),
])
def test_a_round_that_is_stuck_begins_anew_unless_its_cursor_holds_what_no_list_names(
    session, source, kind, holds, begun
):
    script = Paged(kind, holds=holds)
    for n in range(30):
        run(session, script, source.id, now=NOW + timedelta(days=n))
    assert script.begun == begun


def test_a_killed_run_is_closed_and_its_source_asked_again(session, source):
    session.add(Run(job="collect", source_id=source.id, started_at=NOW))
    source.next_due_at = NOW + timedelta(days=1)
    session.commit()
    assert collect.close_interrupted(session, NOW) == 1
    session.commit()
    assert last_run(session).state == "failed" and "中断" in last_run(session).note
    assert collect.due(session, NOW, {"script": None}) == [source.id]


def test_nothing_new_begins_when_stopping(session, source):
    outcome = asyncio.run(collect.collect([source.id], {"script": Script()}, None, stopping=lambda: True))
    assert outcome == {} and last_run(session) is None
