"""The sample district in a database: through the normal intake, the same each time, marked, traceable."""

import hashlib
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from core import db, demo, district, evidence, own_places, understand, watches
from core.clock import day_of
from core.counts import parse_count
from core.demo import events, local
from core.demo.places import BODIES, STREETS
from core.faults import BadInput
from core.models import (
    METADATA,
    Account,
    AccountDay,
    AccountName,
    Board,
    BoardMember,
    Capture,
    Coverage,
    Dirty,
    Mention,
    Post,
    Reading,
    Run,
    Sense,
    Source,
    Topic,
    Unit,
    Unsifted,
)
from core.opinion import risk
from tests.conftest import forget
from tests.demo.district import NOW, SMALL, build

pytestmark = pytest.mark.xdist_group("demo")


def fingerprint(session) -> dict[str, str]:
    """A digest of every table's rows, but for the moment of the audit entries."""
    skipped = {"audit", "stamp", "remembered"}
    out = {}
    for table in METADATA.sorted_tables:
        if table.name not in skipped:
            # Pseudonyms are made with the data folder's own key.
            columns = [column for column in table.columns if column.name != "caller"]
            rows = sorted(map(repr, session.execute(select(*columns)).all()))
            out[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return out


def test_everything_is_there_and_what_was_said_is_true(sample, template):
    loaded = template[1]
    with db.session() as session:
        def number(table) -> int:
            return session.execute(select(func.count()).select_from(table)).scalar()

        assert (number(Unit), number(Account), number(Board)) == (len(BODIES), SMALL["accounts"], loaded.boards)
        assert (number(Post), number(Reading), number(Mention)) == (loaded.posts, loaded.readings, loaded.mentions)
        assert number(Dirty) == 0
        assert session.execute(select(func.count()).where(Mention.understood_at.is_(None))).scalar() == 0
        assert number(Topic) > 0
        for table in (Unit, Account, Board, Source, Run, Capture, Topic):
            assert session.execute(select(func.count()).where(table.demo.is_(False))).scalar() == 0
        assert demo.present(session)


def test_the_days_end_yesterday(sample):
    with db.session() as session:
        first, last = session.execute(select(func.min(Post.day), func.max(Post.day))).one()
        assert last == day_of(NOW) - timedelta(1)
        assert first.isoformat() == "2026-01-01"
        assert session.execute(select(func.max(Mention.published_at))).scalar() <= NOW
        assert session.execute(select(func.max(Reading.observed_at))).scalar() <= NOW


def test_a_figure_leads_back_to_the_bytes(sample):
    with db.session() as session:
        rows = session.execute(
            select(Reading, Post).join(Post, Post.id == Reading.post_id).order_by(Reading.id.desc()).limit(50)
        ).all()
        for reading, post in rows:
            node = json.loads(evidence.body(session.get(Capture, reading.capture_id)))
            for step in reading.locator.strip("/").split("/"):
                node = node[int(step)] if isinstance(node, list) else node[step]
            for name, value in node["counters"].items():
                assert reading.counter(name).value == parse_count(value).value, (post.title, name)


def test_both_bases_count_the_same_posts_and_differ_a_little(sample):
    with db.session() as session:
        posts, reads = func.sum(AccountDay.posts).label("posts"), func.sum(AccountDay.reads).label("reads")
        query = select(AccountDay.basis, posts, reads).group_by(AccountDay.basis)
        totals = {row.basis: row for row in session.execute(query)}
    assert totals["latest"].posts == totals["d7"].posts
    assert totals["d7"].reads < totals["latest"].reads < 1.1 * totals["d7"].reads


def test_there_are_gaps_and_inexact_counts(sample):
    with db.session() as session:
        states = dict(session.execute(select(Coverage.state, func.count()).group_by(Coverage.state)).all())
        assert set(states) == {"collected", "zero", "failed", "expired", "pending", "unmonitored"}
        days = (day_of(NOW) - SMALL_FIRST).days
        assert sum(states.values()) == SMALL["accounts"] * days
        assert session.execute(select(func.count()).where(Reading.plays_slack > 0)).scalar() > 0
        faults = dict(session.execute(select(Source.key, Source.fault).where(Source.fault != "")).all())
        assert "REAUTH" in faults.values() and "NOTREADY" in faults.values()


def test_some_accounts_have_a_history(sample):
    with db.session() as session:
        assert session.execute(select(func.count()).select_from(AccountName)).scalar() == 1
        assert session.execute(select(Account.state).where(Account.state != "normal")).scalars().all() == ["suspended"]
        last = dict(session.execute(
            select(Account.id, func.max(Post.day)).join(Post, Post.account_id == Account.id)
            .where(Account.state == "normal").group_by(Account.id)
        ).all())
        assert [id_ for id_, day in last.items() if (day_of(NOW) - day).days > 14]
        assert session.execute(select(func.count()).select_from(BoardMember)).scalar() > 0


def test_the_same_seed_gives_the_same_figures(sample, template, tmp_path, monkeypatch):
    with db.session() as session:
        before = fingerprint(session)
    build(tmp_path / "again")
    monkeypatch.setenv("PULSE_DATA_DIR", str(tmp_path / "again"))
    forget()
    with db.session() as session:
        assert fingerprint(session) == before


def test_it_is_not_loaded_twice(sample):
    with db.session() as session:
        before = fingerprint(session)
    with pytest.raises(BadInput, match="已经载入"):
        demo.load(now=NOW, **SMALL)
    with db.session() as session:
        assert fingerprint(session) == before


def test_topics_can_be_left_to_the_scheduler(database):
    demo.load(now=NOW, months=1, accounts=2, topics=False)
    with db.session() as session:
        assert session.execute(select(func.count()).select_from(Topic)).scalar() == 0
        waiting = session.execute(select(func.count()).where(Mention.understood_at.is_(None))).scalar()
        assert waiting > 0
        assert understand.understand(session, now=NOW).mentions == waiting


def test_an_interrupted_load_leaves_nothing(database, monkeypatch):
    def stop(done: int, total: int, what: str) -> None:
        if "舆情" in what and done > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.load(now=NOW, months=1, accounts=2, progress=stop)
    with db.session() as session:
        assert not demo.present(session)
        assert session.execute(select(func.count()).select_from(Post)).scalar() == 0
        assert session.execute(text("select count(*) from run")).scalar() == 0


SMALL_FIRST = day_of(NOW).replace(month=1, day=1)


def test_the_room_of_rules_is_filled_and_what_was_said_is_sifted_with_it(sample, template):
    with db.session() as session:
        assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 0
        ours = district.profile(session)
        assert ours.name == "云澜区" and set(STREETS) == set(ours.streets) and ours.code == ""
        held = own_places.held(session)
        assert len(held) == template[1].places
        assert {one.kind for one in held} == {"道路", "小区", "学校", "医院", "地标"}
        assert {one.street for one in held} - {""} == set(STREETS)
        assert {one.unit for one in held} - {""} <= {body.name for body in BODIES}
        found = watches.listed(session)
        assert len(found) == template[1].watches and (found["hits"] > 0).sum() >= len(found) - 1
        senses = session.execute(select(Sense)).scalars().all()
        assert {risk.LEVELS[n][1] for n in range(3)} <= {
            next((word for least, word in risk.LEVELS if one.risk >= least), "") for one in senses}
        assert {one.sentiment for one in senses} >= {"正面", "中性", "负面"}
        placed = [one for one in senses if one.unit_id]
        assert len(placed) > 0.3 * len(senses) and any(one.place and one.town for one in placed)
        assert {"", "reprint", "excerpt"} == set(session.execute(select(Mention.fold_kind)).scalars())


def test_a_story_keeps_to_the_street_that_it_is_set_in():
    planned = [one for seed in range(3) for one in events.plan(seed, day_of(NOW) - timedelta(300), NOW)]
    for event in planned:
        seats = [local.street_of(event.words[slot]) for slot in event.kind.slots]
        if street := next(filter(None, seats), ""):
            assert event.words["street"] == street and local.street_of(event.words["community"]) == street
    both = [event.words for event in planned if event.kind.key == "water_cut"]
    assert any(local.street_of(one["estate"]) == local.street_of(one["road"]) for one in both)


def test_what_every_office_looks_out_for_was_told_of_late():
    late = {event.kind.key for event in events.plan(3, day_of(NOW) - timedelta(300), NOW)
            if (day_of(NOW) - event.day).days < events.WATCHED_DAYS}
    assert late >= set(events.WATCHED)
