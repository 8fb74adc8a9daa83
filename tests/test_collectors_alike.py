"""Every collector through the same misfortunes, by the real engine, over real HTTP, into a real database.

Nothing may be lost, nothing may be there twice, and each outcome is recorded in words. What a collector's source can't
do (a hot list has no deletions) its case leaves out; tests/lab/cases.py.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from collectors import SOURCES
from collectors.http import Http
from core import collect, credentials, evidence
from core.labels import FAULTS
from core.models import Account, Capture, Mention, Notice, Post, Reading, Run, Source
from tests.lab import Lab
from tests.lab.cases import Case, every
from tests.lab.holding import FACTS, differences, doubled

CASES = every()
SOON = timedelta(minutes=10)


def those(has: Callable[[type[Case]], object] = lambda _: True) -> pytest.MarkDecorator:
    """The cases that can meet it."""
    return pytest.mark.parametrize("kind", [c for c in CASES if has(c)], ids=lambda c: c.collector)


class World:
    """A case set up: service mounted, ledger and source and credential in the database."""

    def __init__(self, session, lab: Lab, kind: type[Case]):
        self.session, self.case = session, kind()
        self.service = lab.mount(self.case.world)
        self.collector = SOURCES[kind.collector]
        account = None
        if kind.account:
            account = Account(platform=kind.platform, external_id=kind.account, name="云澜发布")
            session.add(account)
            session.flush()
        self.account = account
        made = None
        if kind.secrets:
            secret = frozenset(f.name for f in self.collector.secrets if f.secret)
            made = credentials.add(
                session, name="凭据", kind=kind.collector, fields=kind.secrets, secret=secret, who="测试",
                now=self.case.at,
            )
        self.source = Source(
            key="s", name="样例来源", collector=kind.collector, platform=kind.platform, url=self.case.url,
            config=dict(kind.config), account_id=account.id if account and kind.bound else None,
            credential_id=made.id if made else None, period_seconds=self.collector.period_seconds,
        )
        session.add(self.source)
        session.commit()

    def run(self, patience: float = 20.0) -> Run:
        """One run at the case's moment, due or not; `patience`: seconds that one answer may take."""
        async def work() -> None:
            async with Http(pace_seconds=0, private_hosts="*", timeout=patience, deadline=patience) as http:
                await collect.collect([self.source.id], SOURCES, http, now=lambda: self.case.at)

        self.session.commit()
        asyncio.run(work())
        self.session.expire_all()
        run = self.session.execute(select(Run).order_by(Run.id.desc()).limit(1)).scalar_one()
        assert run.finished_at is not None and run.note
        return run

    def strike(self, act: str) -> None:
        """Let the next run meet that act in its middle."""
        self.service.script(self.case.path, *["ok"] * self.case.passed, act)

    def later(self, wait: timedelta) -> None:
        self.case.at += wait

    def check(self) -> None:
        """Hold the database against the truth."""
        account_id = self.account.id if self.account else None
        assert differences(self.session, self.case.truth(), self.source.id, account_id) == []
        assert doubled(self.session) == []

    def facts(self) -> dict[str, int]:
        return {t.__name__: self.session.execute(select(func.count()).select_from(t)).scalar() for t in FACTS}

    def traced(self) -> None:
        """Every fact leads to bytes that are there, and no secret stands in what was kept of the requests."""
        for table in FACTS:
            lost = select(func.count()).select_from(table).where(table.capture_id.is_(None))
            assert self.session.execute(lost).scalar() == 0, table
        for capture in self.session.execute(select(Capture)).scalars():
            evidence.body(capture)
            kept = capture.request + str(capture.meta)
            secret = [f.name for f in self.collector.secrets if f.secret]
            assert not [n for n in secret if len(v := self.case.secrets.get(n, "")) > 3 and v in kept], kept


@pytest.fixture
def world(session, request) -> Iterator[World]:
    with Lab() as lab:
        made = World(session, lab, request.getfixturevalue("kind"))
        yield made


def in_chinese(text: str) -> bool:
    return re.search("[\u4e00-\u9fff]{4}", text) is not None


@those()
def test_a_happy_day_and_again(world, kind):
    assert world.run().state == "ok"
    world.check()
    world.traced()
    before = world.facts()
    world.later(SOON)
    assert world.run().state in ("ok", "unchanged")
    after = world.facts()
    assert after["Post"] == before["Post"] and after["Mention"] == before["Mention"]
    assert after["Reading"] == before["Reading"]
    world.check()


@those()
@pytest.mark.parametrize("act", ["malformed", "html", "reset", "stall", "empty", "cut", "502", "429 120"])
def test_a_misfortune_in_mid_run_costs_nothing(world, kind, act):
    world.strike(act)
    run = world.run(patience=1.0 if act == "stall" else 20.0)
    assert in_chinese(run.note)
    if one_by_one(kind) and act != "429 120":  # one of many: the others go on
        assert (run.state, run.fault) == ("ok", "") and "没有读取" in run.note
    elif act in kind.tolerates:
        assert (run.state, run.fault) == ("partial", "") and run.rejected_rows
    else:
        assert run.state in ("failed", "partial")
        assert run.fault == "RETRY" and run.note.startswith(FAULTS["RETRY"])
        assert world.source.next_due_at > world.case.at
    if act in ("html", "502") and kind.shows:  # the answer itself is kept, for whoever looks into it
        kept = world.session.execute(select(Capture).where(Capture.run_id == run.id)).scalars()
        assert any("<html" in evidence.body(one).decode("utf-8", "replace").lower() for one in kept)
    world.later(SOON)
    assert world.run().state in ("ok", "unchanged")
    world.check()
    world.traced()
    assert world.source.fault == "" and world.source.failures == 0 and world.source.cursor == {}


@those(lambda case: case.expired)
def test_a_token_that_runs_out_in_mid_run(world, kind):
    world.strike(kind.expired)
    run = world.run()
    if not kind.mended:
        assert run.fault == "REAUTH" and in_chinese(run.note)
        (notice,) = world.session.execute(select(Notice)).scalars()
        assert (notice.kind, notice.closed_at) == ("reauth", None)
        secret = frozenset(f.name for f in world.collector.secrets if f.secret)
        world.later(SOON)
        credentials.change(
            world.session, world.source.credential_id, world.case.renew(), secret=secret, who="测试", now=world.case.at
        )
        assert world.source.next_due_at is None
        run = world.run()
        assert world.session.get(Notice, notice.id).closed_at == world.case.at
    assert run.state == "ok"
    world.check()
    world.traced()


@those(lambda case: case.quota)
def test_a_spent_quota_goes_on_when_it_is_open_again(world, kind):
    world.strike(kind.quota)
    run = world.run()
    assert run.fault == "QUOTA" and in_chinese(run.note)
    assert world.case.at < world.source.next_due_at <= world.case.at + kind.quota_until
    world.case.at = max(world.source.next_due_at, world.case.at + kind.quota_until)
    assert world.run().state == "ok"
    world.check()
    world.traced()


@those(lambda case: case.hold is not Case.hold)
def test_figures_that_are_late_are_asked_again_until_they_are_whole(world, kind):
    world.case.hold()
    run = world.run()
    assert run.fault == "NOTREADY" and in_chinese(run.note)
    wait = world.source.next_due_at - world.case.at
    assert timedelta(0) < wait <= timedelta(hours=12) and world.source.failures == 0
    world.later(wait)
    assert world.run().fault == "NOTREADY"
    world.case.release()
    world.later(timedelta(hours=1))
    assert world.run().state in ("ok", "unchanged")
    world.check()
    assert world.source.fault == ""


@those(lambda case: case.shuffled)
def test_pages_out_of_order_and_twice(world, kind):
    world.service.script(kind.path, *[kind.shuffled] * 60)
    assert world.run().state == "ok"
    world.check()


def rounds(world: World, until: datetime) -> None:
    """Let the source be asked whenever it is due, up to that moment."""
    for _ in range(400):
        due = world.source.next_due_at or world.case.at
        if due > until:
            break
        world.case.at = max(due, world.case.at)
        assert world.run().state in ("ok", "unchanged", "partial")
    world.case.at = until


@those(lambda case: case.vanish is not Case.vanish)
def test_a_post_that_vanishes_is_noticed(world, kind):
    world.run()
    gone = world.case.vanish()
    rounds(world, world.case.at + kind.later)
    post = world.session.execute(select(Post).where(Post.external_id == gone)).scalar_one()
    assert post.gone_at is not None
    assert world.session.execute(select(func.count()).select_from(Post).where(Post.gone_at.is_not(None))).scalar() == 1


@those(lambda case: case.fall is not Case.fall)
def test_a_counter_that_falls_is_kept_as_another_reading(world, kind):
    world.run()
    external_id, counter, value = world.case.fall()
    rounds(world, world.case.at + kind.later)
    column = getattr(Reading, counter)
    values = world.session.execute(
        select(column).join(Post, Post.id == Reading.post_id).where(Post.external_id == external_id)
        .order_by(Reading.observed_at)
    ).scalars().all()
    assert values[-1] == value and values[-2] > value


def one_by_one(kind: type[Case]) -> bool:
    """Whether its source reads mentions one by one, any of which may fail alone."""
    return kind.stick is not Case.stick


STICKY = those(one_by_one)


def text_of(world: World, external_id: str) -> str:
    return world.session.execute(select(Mention.text).where(Mention.external_id == external_id)).scalar_one()


@STICKY
def test_one_thing_that_fails_for_ever_holds_up_nothing(world, kind):
    """What the list says of it is there at once, like everything else."""
    stuck = world.case.stick()
    for number in range(20):
        run = world.run()
        assert run.fault == "", "the source itself is well"
        if number in (0, 10):
            world.check()
            assert not text_of(world, stuck)
        if number == 0:
            assert "没有读取" in run.note
        if number == 9:
            world.case.grow()
        world.later(timedelta(hours=8))
    assert world.source.cursor == {}, "let go in the end"
    world.check()


@STICKY
def test_one_thing_that_can_be_read_again_is_read_in_full(world, kind):
    stuck = world.case.stick()
    world.run()
    world.service.jams.clear()
    world.later(SOON)
    assert world.run().fault == "" and text_of(world, stuck)
    world.check()
    capture = world.session.execute(select(Mention.capture_id).where(Mention.external_id == stuck)).scalar_one()
    kept = evidence.body(world.session.get(Capture, capture)).decode("utf-8", "replace")
    assert text_of(world, stuck)[:3] in kept, "the trace leads to where the text stands"


@STICKY
def test_a_site_that_is_down_for_long_costs_no_text(world, kind):
    """The outage begins in mid-round, with articles still to be read."""
    world.service.script("/", *["ok"] * 4)
    world.service.jams = {"/": "500"}
    faults = []
    for _ in range(14):
        faults.append(world.run().fault)
        world.case.at = max(world.source.next_due_at, world.case.at)
    assert set(faults[1:]) == {"RETRY"}
    world.service.jams.clear()
    for _ in range(3):
        assert world.run().fault == ""
        world.later(timedelta(hours=13))
    world.check()
    assert all(world.session.execute(select(Mention.text)).scalars())
