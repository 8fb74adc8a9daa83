"""Everything that is stored read again from its captures: nothing is wrong where nothing was changed, whatever came in
whatever order, and what was changed is named."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from core import db, evidence, ingest, rollup
from core.counts import Count
from core.models import Account, AccountDay, Capture, Coverage, FollowerReading, Post, Reading, Row, Source
from core.recheck import lines, verify
from core.recheck.lines import Held, Seen
from core.records import Batch, Complete, FollowerRecord, Gone, PostRecord

T = datetime(2026, 3, 2, 4, tzinfo=UTC)
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def parse(spec, fetched) -> Batch:
    """A source whose answers say in JSON what was seen."""
    batch = Batch()
    for number, one in enumerate(json.loads(fetched.body)):
        at = datetime.fromisoformat(one["at"])
        if "gone" in one:
            batch.gone.append(Gone(one["gone"]))
            continue
        if "whole" in one:
            batch.complete.append(Complete(T - timedelta(days=1), T + timedelta(days=1), at))
            continue
        if "followers" in one:
            batch.followers.append(FollowerRecord(
                day=date(2026, 3, one["day"]), observed_at=at, followers=Count(one["followers"]),
                locator=f"/{number}"))
            continue
        batch.posts.append(PostRecord(
            external_id=one["id"], published_at=T + timedelta(days=one["id"].count("x")), observed_at=at,
            title=one.get("title", ""), position=one.get("position"), push_id=one.get("push", ""),
            counters={name: Count(*value) for name, value in one["counters"].items()}, locator=f"/{number}"))
    return batch


PARSERS = {"test": parse}


class Line:
    """An account whose answers are taken in one after the other, and rolled up."""

    def __init__(self, session):
        self.session = session
        account = Account(platform="wechat", external_id="gh_1", name="云澜发布")
        session.add(account)
        session.flush()
        self.account, self.source = account, Source(
            key="test:1", name="测试源", collector="test", platform="wechat", account_id=account.id, period_seconds=60)
        session.add(self.source)
        session.flush()
        self.taken = 0

    def take(self, *said) -> None:
        at = T + timedelta(days=3, minutes=self.taken)
        self.taken += 1
        body = json.dumps(said).encode()
        run = ingest.begin(self.session, "collect", source=self.source, at=at)
        capture = evidence.keep(self.session, body, request="https://example.invalid", fetched_at=at, run=run,
                                source_id=self.source.id, media_type="application/json")
        fetched = type("F", (), {"body": body})
        stored = ingest.store(self.session, parse(None, fetched), run=run, capture=capture, source=self.source,
                              account=self.account)
        ingest.finish(self.session, run, "ok", stored.words, at=at, stored=stored)
        self.session.commit()
        rollup.run(self.session)

    def verdict(self):
        with db.snapshot() as reading:
            return verify.verify(reading, *MARCH, PARSERS)


@pytest.fixture
def line(session):
    return Line(session)


def seen(minutes: int, id_: str = "a", **counters) -> dict:
    return {"at": (T + timedelta(minutes=minutes)).isoformat(), "id": id_,
            "counters": {name: value if isinstance(value, tuple) else (value, 0) for name, value in counters.items()}}


def followers(minutes: int, day: int, number: int) -> dict:
    return {"at": (T + timedelta(minutes=minutes)).isoformat(), "day": day, "followers": number}


def told(verdict) -> set[tuple[str, str]]:
    return {(one.what, one.kind) for one in verdict.findings}


observations = st.lists(st.tuples(
    st.integers(0, 5), st.sampled_from(["a", "b", "ax"]),
    st.dictionaries(st.sampled_from(["reads", "likes", "comments"]), st.integers(0, 3), min_size=1)),
    min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers=st.lists(observations, min_size=1, max_size=4))
def test_whatever_comes_in_the_order_of_time_is_as_the_captures_say(session, answers):
    session.rollback()
    session.expunge_all()
    for table in reversed(Row.metadata.sorted_tables):
        if table.name in ("reading", "accountday", "accountmonth", "coverage", "dirty", "post", "rejected", "capture",
                          "run", "source", "account"):
            session.execute(delete(table))
    session.commit()
    line = Line(session)
    for number, answer in enumerate(answers):
        line.take(*(seen(10 * number + at, id_, **counters) for at, id_, counters in answer))
    found = line.verdict()
    assert found.findings == () and found.accuracy == 1 and found.figures > 0


def test_an_answer_that_comes_late_is_as_the_captures_say(line):
    line.take(seen(0, reads=10), seen(120, reads=30, likes=2))
    line.take(seen(60, comments=1, likes=1))
    line.take(seen(61, reads=20))
    assert line.verdict().findings == ()


def test_every_kind_of_change_is_named(line, session):
    line.take(seen(0, reads=10, likes=1), seen(0, "bx", reads=5), followers(0, 2, 100))
    line.take(seen(60, reads=20), followers(1500, 3, 110))
    line.take(seen(120, reads=20, likes=2))
    whole = line.verdict()
    assert told(whole) == set() and whole.accuracy == 1
    _, second, third = session.execute(
        select(Reading).join(Post).where(Post.external_id == "a").order_by(Reading.observed_at)).scalars()

    def change(*statements) -> set[tuple[str, str]]:
        with db.session() as other:
            for statement in statements:
                other.execute(statement)
            other.commit()
        found = line.verdict()
        assert found.accuracy < 1 and found.wrong
        return told(found)

    assert change(update(Reading).where(Reading.id == second.id).values(reads=21)) == {("reading", "altered")}
    assert change(update(Reading).where(Reading.id == second.id).values(reads=20),
                  update(Reading).where(Reading.id == third.id).values(capture_id=None)) == {("reading", "altered")}
    assert change(delete(Reading).where(Reading.id == third.id)) == {("reading", "dropped")}
    assert change(update(Post).where(Post.external_id == "bx").values(title="别的")) == {
        ("reading", "dropped"), ("post", "altered")}
    assert change(update(AccountDay).where(AccountDay.posts == 1).values(posts=2)) >= {("day", "altered")}
    assert change(update(FollowerReading).values(followers=FollowerReading.followers + 1)) >= {
        ("followers", "altered")}


def test_a_row_that_nobody_saw_is_named(line, session):
    line.take(seen(0, reads=10))
    reading = session.execute(select(Reading)).scalar_one()
    with db.session() as other:
        other.add(Reading(post_id=reading.post_id, observed_at=reading.observed_at + timedelta(hours=1),
                          day=reading.day, reads=11, capture_id=reading.capture_id))
        other.commit()
    (found,) = line.verdict().findings
    assert (found.what, found.kind, found.stored) == ("reading", "invented", {"reads": (11, 0)})


@pytest.mark.parametrize("damage", [
    lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:20]),
    lambda path: path.write_bytes(bytes(reversed(path.read_bytes()))),
    lambda path: path.write_bytes(path.read_bytes()[:-9] + b"\x00" * 9),
])
def test_a_capture_that_is_lost_is_named_and_its_figures_are_neither_right_nor_wrong(line, session, damage):
    line.take(seen(0, reads=10), followers(0, 2, 100))
    line.take(seen(60, reads=20))
    capture = session.execute(select(Capture).order_by(Capture.id)).scalars().first()
    damage(evidence.path_of(capture.sha256))
    found = line.verdict()
    assert told(found) == {("capture", "lost")} and found.trusted > 0
    assert found.findings[0].capture_id == capture.id and found.findings[0].note
    assert found.accuracy == 1, "what can't be reckoned anew is no part of it"


def test_what_waits_for_the_roll_up_is_left_out(line, session):
    line.take(seen(0, reads=10))
    with db.session() as other:
        ingest.mark_dirty(other, [(line.account.id, date(2026, 3, 2))])
        other.execute(update(AccountDay).values(posts=7))
        other.commit()
    found = line.verdict()
    assert told(found) == set() and found.waiting == 1


def test_moments_of_one_millisecond_are_one_and_the_later_answer_counts():
    near = T + timedelta(microseconds=300)
    (moment,) = lines.moments([Seen(near, (1, 0), {"reads": (1, 0)}), Seen(T, (2, 0), {"reads": (2, 0)})])
    assert moment.state == {"reads": (2, 0)}
    rows = [Held(1, near, {"reads": (1, 0)}, 1), Held(2, near + timedelta(microseconds=1), {"reads": (2, 0)}, 2)]
    assert list(lines.flaws([moment], rows)) == []
    assert [flaw.kind for flaw in lines.flaws([moment], rows[:1])] == ["altered"]


def whole(minutes: int) -> dict:
    return {"at": (T + timedelta(minutes=minutes)).isoformat(), "whole": True}


def test_posts_that_are_gone_and_days_that_are_collected_are_known_again(line):
    line.take(seen(1, "a", reads=1), seen(1, "b", reads=1), seen(1, "c", reads=1))
    line.take(seen(20, "a", reads=2), whole(10))  # b and c are no longer shown
    line.take(seen(30, "b", reads=3))  # b is back
    line.take({"at": T.isoformat(), "gone": "a"})
    session = line.session
    posts = {post.external_id: post for post in session.execute(select(Post)).scalars()}
    assert [posts[key].gone_at is None for key in "abc"] == [False, True, False]
    verdict = line.verdict()
    assert verdict.wrong == 0 and verdict.findings == ()
    posts["a"].gone_at += timedelta(hours=1)
    posts["b"].gone_at, posts["c"].gone_at = T + timedelta(days=3), None
    session.execute(update(Coverage).values(state="failed"))
    session.commit()
    found = line.verdict()
    assert {(one.what, one.kind) for one in found.findings} == {
        ("post", "altered"), ("post", "invented"), ("post", "dropped"), ("coverage", "altered")}
    assert found.figures == verdict.figures and found.wrong == 4
    session.execute(delete(Coverage))
    session.add(Coverage(account_id=line.account.id, day=date(2026, 3, 20), state="collected"))
    session.commit()
    kinds = {(one.kind, one.day) for one in line.verdict().findings if one.what == "coverage"}
    assert kinds == {("dropped", date(2026, 3, 2)), ("invented", date(2026, 3, 20))}
