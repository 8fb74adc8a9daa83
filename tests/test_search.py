"""The index over what mentions say is what the mentions say, whoever writes them and whenever it is interrupted."""

import random
import signal
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, event, select, text, update

from core import clock, db, ingest, jobs, search
from core.migrations import is_model
from core.models import METADATA, Mention, Source, Stamp, Unsifted
from core.opinion.search_query import needed, read
from core.records import Batch, MentionRecord
from core.search import DOC
from tests.processes import Process

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def source(session):
    made = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(made)
    session.commit()
    return made


def tell(session, source, texts: dict[str, tuple[str, str]], at: datetime = NOW) -> None:
    run = ingest.begin(session, "collect", at=at, source=source)
    records = [MentionRecord(external_id=key, title=title, text=said, published_at=at, observed_at=at)
               for key, (title, said) in texts.items()]
    ingest.store(session, Batch(mentions=records), run=run, capture=None, source=source)
    session.commit()


def found(session, typed: str, first: int = search.EVER[0], last: int = search.EVER[1]) -> list[str]:
    """Outer ids of the mentions that the index names, in its order."""
    within, key, condition = search.candidates(session, needed(read(typed)), first, last)
    ids = session.execute(select(DOC.c.mention_id).select_from(within).where(condition).order_by(key.desc())).scalars()
    names = dict(session.execute(select(Mention.id, Mention.external_id)).all())
    return [names[id_] for id_ in ids]


def pieces_left(session) -> int:
    """Pieces that the SQLite index holds of any mention, deleted ones included."""
    session.execute(text("CREATE VIRTUAL TABLE IF NOT EXISTS temp.held USING fts5vocab(main, searchindex, row)"))
    return session.execute(text("SELECT coalesce(sum(doc), 0) FROM temp.held")).scalar()


def test_what_comes_in_waits_and_is_indexed_newest_first(session, source):
    tell(session, source, {"a": ("小区停水三天", "物业不理")})
    tell(session, source, {"b": ("停水通知", ""), "c": ("天晴", "停電")}, NOW + timedelta(seconds=1))
    assert search.waiting(session) == 3 and found(session, "停水") == []
    before = db.stamp(session)
    assert search.keep(session, now=NOW, limit=2) == 2 and search.waiting(session) == 1
    assert found(session, "停水") == ["b"], "the newest first"
    assert search.keep(session, now=NOW) == 1 and search.keep(session, now=NOW) == 0
    assert found(session, "停水") == ["b", "a"] and found(session, "停电") == ["c"]
    assert found(session, "水三天") == ["a"] and found(session, "三停水") == []
    assert found(session, "停水 或 停电") == ["c", "b", "a"] and found(session, "区停 物业") == ["a"]
    assert db.stamp(session) == before + 2, "readers are told, once for each batch"


def test_keys_are_in_order_of_time_and_a_period_is_a_range_of_them(session, source):
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    for number, day in enumerate((days[1], days[2], days[0])):
        for name, at in (("first", clock.instant(day)), ("last", clock.instant(day, 23, 59, 59))):
            tell(session, source, {f"{day}{name}": (f"停水{number}", "")}, at)
    search.keep(session, now=NOW)
    assert found(session, "停水") == [f"{day}{name}" for day in reversed(days) for name in ("last", "first")]
    assert found(session, "停水", *search.keys_of(days[1], days[1])) == [f"{days[1]}last", f"{days[1]}first"]
    for key, at in session.execute(select(DOC.c.key, Mention.published_at).join(
            Mention, Mention.id == DOC.c.mention_id)):
        assert search.day_of(key) == clock.day_of(at)
    assert search.keys_of(date.min, date.max)[0] == 0
    assert search.key_of(datetime(1, 1, 2, tzinfo=UTC), 5) == 5
    assert search.EVER[1] >= search.key_of(datetime(9999, 1, 2, tzinfo=UTC), 5) > 0


def test_a_text_that_comes_later_is_indexed_in_place_of_the_line(session, source):
    tell(session, source, {"a": ("停水通知", "")})
    search.keep(session, now=NOW)
    size = pieces_left(session)
    tell(session, source, {"a": ("停水通知", "供電公司今日檢修")}, NOW + timedelta(hours=1))
    assert search.waiting(session) == 1
    search.keep(session, now=NOW)
    assert found(session, "供电公司") == found(session, "停水") == ["a"]
    assert session.execute(select(DOC.c.form, DOC.c.head, DOC.c.body)).all() == [("停水通知\n供电公司今日检修", 4, 5)]
    assert pieces_left(session) > size
    mention = session.execute(select(Mention)).scalar_one()
    mention.title, mention.text = "天晴", ""
    session.commit()
    search.keep(session, now=NOW)
    assert found(session, "停水") == [] and found(session, "天晴") == ["a"]
    assert pieces_left(session) == len({"天", "晴", "天晴", "on the platform"}), "nothing of what it said before"


def test_what_is_only_seen_again_is_not_indexed_again(session, source):
    tell(session, source, {"a": ("停水", "")})
    search.keep(session, now=NOW)
    tell(session, source, {"a": ("停水", "")}, NOW + timedelta(hours=1))
    session.execute(update(Mention).values(topic_id=None, fold_id=1, title=Mention.title))
    session.commit()
    assert session.execute(select(Mention.sightings)).scalar() == 2 and search.waiting(session) == 0


def test_what_is_deleted_leaves_the_index(session, source):
    tell(session, source, {"a": ("停水", ""), "b": ("停电", "")})
    search.keep(session, now=NOW)
    session.execute(delete(Unsifted))
    session.execute(delete(Mention).where(Mention.external_id == "a"))
    session.commit()
    assert search.keep(session, now=NOW) == 1
    assert session.execute(select(DOC.c.form)).scalars().all() == ["停电"]
    assert pieces_left(session) == len({"停", "电", "停电", "on the platform"})


def test_a_mention_that_changes_while_it_is_indexed_goes_on_waiting(session, source):
    tell(session, source, {"a": ("停水", "")})
    changed = []

    def change(*_):
        if not changed:
            changed.append(1)
            with db.session() as other:
                other.execute(update(Mention).values(title="停电"))
                other.commit()

    event.listen(session, "do_orm_execute", lambda state: change() if "searchdoc" in str(state.statement) else None)
    search.keep(session, now=NOW, limit=1)
    assert changed and search.waiting(session) == 1
    search.keep(session, now=NOW)
    assert found(session, "停电") == ["a"] and found(session, "停水") == []


def test_the_text_may_repeat_the_title(session, source):
    tell(session, source, {"a": ("停水了", "停水了，谁管"), "b": ("看 http://t.cn/a", "看 http://t.cn/abc 停水")})
    search.keep(session, now=NOW)
    forms = dict(session.execute(select(Mention.external_id, DOC.c.form).join(
        DOC, DOC.c.mention_id == Mention.id)).all())
    assert forms == {"a": "停水了,谁管", "b": "看  停水"}
    assert session.execute(select(DOC.c.head, DOC.c.body).order_by(DOC.c.mention_id)).all() == [(3, 0), (2, 0)]


def test_rebuilding_makes_the_same_index(session, source):
    tell(session, source, {str(n): (f"停水{n}", "物业") for n in range(30)})
    search.keep(session, now=NOW)
    before = session.execute(select(DOC).order_by(DOC.c.key)).all(), pieces_left(session)
    session.execute(update(DOC).values(form="坏了"))
    session.execute(text("INSERT INTO searchindex (rowid, pieces) VALUES (7, '停水')"))
    session.commit()
    assert search.rebuild(session, now=NOW) == 30
    assert (session.execute(select(DOC).order_by(DOC.c.key)).all(), pieces_left(session)) == before
    assert session.execute(text("INSERT INTO searchindex (searchindex, rank) VALUES ('integrity-check', 0)")).rowcount


def test_without_an_index_of_pieces_all_forms_are_candidates(session, source):
    tell(session, source, {"a": ("停水", ""), "b": ("停电", "")})
    session.execute(text("DROP TABLE searchindex"))
    session.commit()
    assert not search.indexed(session) and search.keep(session, now=NOW) == 2
    assert found(session, "停水") == ["b", "a"]
    session.execute(update(Mention).values(title="停气"))
    session.commit()
    assert search.keep(session, now=NOW) == 2 and search.rebuild(session, now=NOW) == 2
    assert set(session.execute(select(DOC.c.form)).scalars()) == {"停气"}


def test_the_scheduler_indexes_what_came_in(session, source):
    tell(session, source, {"a": ("停水", "")})
    assert jobs.sift() == 1
    assert found(session, "停水") == ["a"]
    session.execute(update(Mention).values(title="停电"))
    session.commit()
    assert jobs.sift() == 0 and found(session, "停电") == ["a"], "also where there is nothing to be sifted"
    assert session.execute(select(Stamp.value)).scalar()


def test_tables_of_the_index_are_no_models(session):
    held = set(session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'search%'"))
               .scalars())
    assert {"searchdoc", "searchwait", "searchindex"} <= held and not any(is_model(name, "table", {}) for name in held)
    assert all(is_model(name, "table", {}) for name in METADATA.tables)


WORK = """
import itertools, sys
from datetime import timedelta
from core import db, search
from tests.test_search import NOW, tell
from core.models import Source, Mention, Unsifted
from sqlalchemy import delete, select, update
with db.session() as session:
    source = session.get(Source, 1)
    begin = len(session.execute(select(Mention.id)).all())
    for n in itertools.count(begin):
        tell(session, source, {f"{n}-{k}": (f"停水{n}第{k}条", "") for k in range(30)}, NOW + timedelta(minutes=n))
        session.execute(update(Mention).where(Mention.external_id == f"{n}-1").values(text="停电"))
        session.execute(delete(Unsifted))
        session.execute(delete(Mention).where(Mention.external_id == f"{n}-2"))
        session.commit()
        search.keep(session, now=NOW, limit=20)
        if n % 7 == 0:
            search.rebuild(session, now=NOW)
        print("told", n, flush=True)
"""


def test_nothing_is_missed_when_it_is_killed(session, source, database):
    chance = random.Random(3)
    for _ in range(3):
        child = Process("-c", WORK, data_dir=database)
        child.wait_for("told")
        lines = len(child.said.splitlines()) + chance.randrange(1, 6)
        while len(child.said.splitlines()) < lines:
            pass
        child.stop(signal.SIGKILL)
    session.expire_all()
    while search.keep(session, now=NOW):
        pass
    there = session.execute(select(Mention.external_id, Mention.text)).all()
    assert len(there) > 100 and search.waiting(session) == 0
    assert sorted(found(session, "停水")) == sorted(row.external_id for row in there)
    assert sorted(found(session, "停电")) == sorted(row.external_id for row in there if row.text == "停电")
    assert session.execute(text("SELECT count(*) FROM searchdoc")).scalar() == len(there)
