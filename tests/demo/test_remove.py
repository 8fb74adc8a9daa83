"""Removal takes the sample district and nothing else."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import (
    corrections,
    db,
    demo,
    district,
    evidence,
    ingest,
    matrices,
    outlook,
    own_places,
    rollup,
    sift,
    understand,
    viewing,
    watches,
)
from core.clock import day_of
from core.counts import Count
from core.models import (
    METADATA,
    Account,
    AccountDay,
    Board,
    BoardMember,
    Capture,
    Edition,
    EditionFile,
    LocalIndex,
    LocalMark,
    Matrix,
    Mention,
    MentionDay,
    Outlook,
    OutlookDay,
    Post,
    Remembered,
    Run,
    Sense,
    Source,
    Topic,
    TopicChange,
    TopicDay,
    TopicGroup,
    TopicView,
    Unit,
    Unsifted,
    Watch,
    WatchHit,
    WatchMark,
)
from core.opinion.gazetteer import Own
from core.records import Batch, FollowerRecord, MentionRecord, PostRecord
from core.settings import settings
from tests.demo.district import NOW

pytestmark = pytest.mark.xdist_group("demo")
STAYS = {"platform", "run", "audit", "stamp", "remembered"}


def rows(session, table) -> list:
    return sorted(map(repr, session.execute(select(table)).all()))


def counts(session) -> dict[str, int]:
    return {table.name: len(session.execute(select(table)).all()) for table in METADATA.sorted_tables}


def write_real(session) -> None:
    """A real unit, account, board, and a source with its evidence, posts, followers and mentions; the mentions are
    word for word those of the sample district, so that folding has every occasion to mix them."""
    unit = Unit(name="区卫健委", kind="bureau")
    session.add(unit)
    session.flush()
    account = Account(platform="wechat", external_id="gh_1", name="健康本区", unit_id=unit.id)
    source = Source(key="real", name="真实订阅源", collector="feed", platform="thepaper")
    board = Board(name="我的榜单", platform="wechat", picked=True)
    session.add_all([account, source, board])
    session.flush()
    session.add(BoardMember(board_id=board.id, account_id=account.id))
    texts = select(Mention.title, Mention.text, Mention.published_at).where(Mention.text != "")
    said = session.execute(texts.limit(5)).all()
    run = ingest.begin(session, "collect", source=source, at=NOW)
    capture = evidence.keep(session, b"<rss/>", request="https://news.example.cn/rss", fetched_at=NOW, run=run,
                            source_id=source.id)
    posts = [
        PostRecord(external_id=f"p{n}", published_at=NOW - timedelta(days=n), observed_at=NOW, title=f"第{n}篇",
                   counters={"reads": Count(100 + n)})
        for n in range(3)
    ]
    followers = [FollowerRecord(day=day_of(NOW), observed_at=NOW, followers=Count(1000))]
    mentions = [
        MentionRecord(external_id=f"m{n}", title=title, text=text, published_at=at, observed_at=NOW)
        for n, (title, text, at) in enumerate(said)
    ]
    stored = ingest.store(session, Batch(posts=posts, followers=followers, mentions=mentions), run=run,
                          capture=capture, source=source, account=account)
    ingest.finish(session, run, "ok", stored.words, at=NOW, stored=stored)
    session.commit()
    rollup.run(session)
    understand.understand(session, now=NOW)
    session.commit()


def test_nothing_is_left(sample):
    files = list(settings().captures_dir.rglob("*.gz"))
    assert files
    with db.session() as session:
        account = session.execute(select(Account.id).limit(1)).scalar_one()
        session.add(LocalMark(account_id=account, item="01", day=day_of(NOW), reason="试登记", at=NOW))
        session.commit()
    removed = demo.remove(now=NOW)
    with db.session() as session:
        left = {name: n for name, n in counts(session).items() if n and name not in STAYS}
        assert left == {}
        assert [run.job for run in session.execute(select(Run)).scalars()] == ["demo"]
        assert not demo.present(session)
    assert list(settings().captures_dir.rglob("*")) == []
    assert removed.captures == len(files) and "已清除" in removed.words


def test_real_mentions_keep_their_folds_and_topics(sample):
    with db.session() as session:
        write_real(session)
        real = [
            select(Mention.__table__).join(Source, Source.id == Mention.source_id).where(Source.demo.is_(False)),
            select(Topic.__table__).where(Topic.demo.is_(False)),
            select(TopicDay.__table__).join(Topic, Topic.id == TopicDay.topic_id).where(Topic.demo.is_(False)),
        ]
        before = [sorted(map(repr, session.execute(query).all())) for query in real]
        assert all(before)
        assert session.execute(select(Mention.id).where(Mention.fold_id.is_(None))).first() is None
    demo.remove(now=NOW)
    with db.session() as session:
        assert [sorted(map(repr, session.execute(query).all())) for query in real] == before
        assert rows(session, Mention.__table__) == before[0] and rows(session, Topic.__table__) == before[1]
        counted = Counter((m.day, m.platform) for m in session.execute(select(Mention)).scalars())
        firsts = Counter((m.day, m.platform) for m in session.execute(select(Mention)).scalars() if m.fold_id == m.id)
        assert {(r.day, r.platform): (r.mentions, r.folded) for r in session.execute(select(MentionDay)).scalars()} == {
            key: (number, firsts[key]) for key, number in counted.items()
        }


def opined(session, demo_: bool) -> None:
    """What people and the system made of one side's topics: corrections, viewpoints, changes, groups."""
    topics = session.execute(select(Topic).where(Topic.demo.is_(demo_)).order_by(Topic.mentions.desc())).scalars().all()
    mention = session.execute(select(Mention.id).where(Mention.topic_id == topics[0].id).limit(1)).scalar_one()
    corrections.correct(session, mention, corrections.SENTIMENT, "负面", who="测试", now=NOW)
    group, other = (TopicGroup(title=title, first_at=NOW, last_at=NOW, demo=demo_) for title in ("大事", "同一件大事"))
    session.add(group)
    session.flush()
    other.alias_of = topics[0].group_id = group.id
    session.add(other)
    session.add(TopicChange(topic_id=topics[0].id, at=NOW, kind="merged", other_id=topics[-1].id))
    unit = session.execute(select(Unit.id).where(Unit.demo.is_(True)).limit(1)).scalar_one()
    session.merge(Sense(mention_id=mention, at=NOW, unit_id=unit, unit_why="地点"))
    forecast = session.execute(select(Outlook.id).where(Outlook.demo.is_(demo_)).limit(1)).scalar_one()
    session.add(OutlookDay(outlook_id=forecast, day=day_of(NOW), horizon=1, value=1, actual=1, error=0, naive=0,
                           inside=True))
    if not session.get(TopicView, topics[0].id):
        session.add(TopicView(topic_id=topics[0].id, at=NOW, content={}))
    session.commit()


def test_what_was_made_of_sample_topics_goes_and_that_of_real_ones_stays(sample):
    with db.session() as session:
        write_real(session)
        while viewing.run(session, now=NOW):
            pass
        outlook.run(session, now=NOW)
        opined(session, True)
        before = counts(session)
        assert all(before[table] for table in ("outlook", "outlookday", "topicview", "correction", "topicchange"))
        opined(session, False)
    demo.remove(now=NOW)
    with db.session() as session:
        for table, number in ((TopicView, 1), (TopicChange, 1), (TopicGroup, 2), (Sense, 1)):
            assert len(session.execute(select(table)).scalars().all()) == number, table
        assert {row.kind for row in session.execute(select(Outlook)).scalars()} == {"all"}
        assert session.execute(select(Outlook.id).where(Outlook.demo.is_(True))).all() == []
        ids = set(session.execute(select(Outlook.id)).scalars())
        (judged,) = session.execute(select(OutlookDay.outlook_id)).scalars()
        assert judged in ids
        assert session.execute(select(Sense.unit_id)).scalars().all() == [None]
        mention = session.execute(select(Mention.id).join(Topic).where(Topic.group_id.is_not(None)).limit(1)).scalar()
        assert corrections.corrected(session, [mention], corrections.SENTIMENT)[mention].label == "负面"
        assert session.execute(select(corrections.Correction.mention_id)).scalars().all() == [mention]
    demo.load(now=NOW, months=1, accounts=3)
    with db.session() as session:
        outlook.run(session, now=NOW)
        assert session.execute(select(Outlook.id).where(Outlook.demo.is_(True), Outlook.kind == "all")).scalar()


def test_the_real_ledger_and_its_evidence_stay(sample):
    with db.session() as session:
        write_real(session)
    demo.remove(now=NOW)
    with db.session() as session:
        assert evidence.body(session.execute(select(Capture)).scalar_one()) == b"<rss/>"
        for table, name in ((Unit, "区卫健委"), (Account, "健康本区"), (Source, "真实订阅源"), (Board, "我的榜单")):
            assert session.execute(select(table.name)).scalars().all() == [name]
        assert len(session.execute(select(BoardMember)).scalars().all()) == 1
        assert len(session.execute(select(Post)).scalars().all()) == 3


def test_totals_of_real_accounts_do_not_change(sample):
    with db.session() as session:
        write_real(session)
        real = select(AccountDay.__table__).where(
            AccountDay.account_id.in_(select(Account.id).where(Account.demo.is_(False)))
        )
        before = sorted(map(repr, session.execute(real).all()))
        assert before
    demo.remove(now=NOW)
    with db.session() as session:
        assert rows(session, AccountDay.__table__) == before
        rollup.rebuild(session)
        assert rows(session, AccountDay.__table__) == before


def test_a_sample_account_that_got_real_figures_stays_with_them(sample):
    with db.session() as session:
        account = session.execute(select(Account).where(Account.external_id == "demo-wechat-01")).scalar_one()
        run = ingest.begin(session, "import", at=NOW)
        capture = evidence.keep(session, b"a,b", request="导出.csv", fetched_at=NOW, run=run)
        post = PostRecord(
            external_id="real-1", published_at=NOW, observed_at=NOW, title="真的", counters={"reads": Count(7)}
        )
        ingest.store(session, Batch(posts=[post]), run=run, capture=capture, account=account)
        session.commit()
        rollup.run(session)
        unit_id = account.unit_id
    removed = demo.remove(now=NOW)
    with db.session() as session:
        (account,) = session.execute(select(Account)).scalars()
        assert (account.external_id, account.demo, account.unit_id) == ("demo-wechat-01", False, unit_id)
        assert session.get(Unit, unit_id).demo is False
        assert session.execute(select(Post.title)).scalars().all() == ["真的"]
        assert {(r.day, r.basis, r.posts, r.reads) for r in session.execute(select(AccountDay)).scalars()} == {
            (day_of(NOW), basis, 1, 7) for basis in ("latest", "d7")
        }
    assert removed.kept == 1 and "予以保留" in removed.words


def test_a_sample_index_that_a_real_board_or_matrix_names_stays(sample):
    with db.session() as session:
        (index,) = session.execute(select(LocalIndex)).scalars()
        assert index.demo and session.execute(select(Matrix.demo)).scalars().all() == [True]
        session.add(Board(name="我的榜单", platform="channels", index=index.key))
        parts = [{"platform": "kuaishou", "index": index.key, "weight": 100, "scaled": False}]
        matrices.save(session, "我的总分", parts, "best", who="测试", now=NOW)
        session.commit()
    demo.remove(now=NOW)
    with db.session() as session:
        assert session.execute(select(LocalIndex.key, LocalIndex.demo)).all() == [(index.key, False)]
        assert session.execute(select(Matrix.name)).scalars().all() == ["我的总分"]


def test_files_that_a_real_capture_shares_stay(sample):
    with db.session() as session:
        shared = session.execute(select(Capture).where(Capture.demo.is_(True)).limit(1)).scalar_one()
        run = ingest.begin(session, "import", at=NOW)
        body = evidence.body(shared)
        evidence.keep(session, body, request="同样的内容.json", fetched_at=NOW, run=run)
        session.commit()
    demo.remove(now=NOW)
    with db.session() as session:
        (capture,) = session.execute(select(Capture)).scalars()
        assert evidence.body(capture) == body
    assert len(list(settings().captures_dir.rglob("*.gz"))) == 1


def test_sample_reports_go_and_real_ones_stay(sample):
    folder = settings().reports_dir
    folder.mkdir(parents=True)
    with db.session() as session:
        for number, sampled in enumerate((True, False), start=1):
            edition = Edition(kind="monthly", platform="weibo", period=f"2026-0{number}", title="月报", content=b"",
                              sha256="", issued_at=NOW, demo=sampled)
            session.add(edition)
            session.flush()
            session.add(EditionFile(edition_id=edition.id, format="pdf", name=f"{number}.pdf", sha256="", size=1))
            (folder / f"{number}.pdf").write_bytes(b"%PDF")
        session.commit()
    assert demo.remove(now=NOW).editions == 1
    with db.session() as session:
        assert session.execute(select(Edition.period)).scalars().all() == ["2026-02"]
    assert [file.name for file in folder.iterdir()] == ["2.pdf"]


def test_readers_are_told(sample):
    with db.session() as session:
        before = db.stamp(session)
    demo.remove(now=NOW)
    with db.session() as session:
        assert db.stamp(session) > before


def test_removing_twice_does_no_harm(sample):
    demo.remove(now=NOW)
    with db.session() as session:
        before = {k: n for k, n in counts(session).items() if k not in STAYS}
    assert demo.remove(now=NOW).accounts == 0
    with db.session() as session:
        assert {k: n for k, n in counts(session).items() if k not in STAYS} == before


def test_it_can_be_loaded_again(sample):
    demo.remove(now=NOW)
    loaded = demo.load(now=NOW, months=1, accounts=3)
    assert loaded.accounts == 3 and loaded.posts > 0


def rules(session) -> tuple[str, set[str], set[str]]:
    """The district's name, watches and own places."""
    return (district.profile(session).name, set(session.execute(select(Watch.name)).scalars()),
            {one.name for one in own_places.held(session)})


def test_rules_that_nobody_changed_go_and_what_was_sifted_with_them_is_read_anew(sample):
    with db.session() as session:
        write_real(session)
        while sift.run(session, now=NOW):
            pass
        name, names, places = rules(session)
        assert name == "云澜区" and len(names) >= 5 and len(places) > 50
        real = [one for one in session.execute(select(Mention)).scalars() if one.external_id.startswith("m")]
        for mention in real[:2]:
            mention.published_at = NOW - timedelta(days=3)
            mention.day = day_of(mention.published_at)
        late = {mention.id for mention in real[:2]}
        watches.mark(session, *session.execute(select(WatchHit.watch_id, WatchHit.mention_id).limit(1)).one(), True,
                     who="测试", now=NOW)
        session.commit()
    demo.remove(now=NOW)
    with db.session() as session:
        assert rules(session) == ("", set(), set()) and session.get(Remembered, district.KEY) is None
        for table in (WatchHit, WatchMark):
            assert session.execute(select(table.mention_id)).first() is None
        assert set(session.execute(select(Unsifted.mention_id)).scalars()) == late


def test_rules_that_the_office_made_or_changed_stay(sample):
    with db.session() as session:
        ours = district.made("云澜新区", "", sure=["云澜"])
        district.keep(session, ours, who="王敏", now=NOW)
        changed = session.execute(select(Watch).where(Watch.name == "火情")).scalar_one()
        watches.save(session, "火情", "起火 或 着火", id_=changed.id, who="王敏", now=NOW)
        watches.save(session, "我的方案", "堵车", who="王敏", now=NOW)
        unit = session.execute(select(Unit.name).where(Unit.demo.is_(True)).limit(1)).scalar_one()
        lines = (Own("澜桥小学", "学校", "澜桥街道", ("澜小",), unit), Own("新建路", "道路"))
        own_places.take(session, own_places.plan(session, lines), who="王敏", now=NOW)
        session.commit()
    demo.remove(now=NOW)
    with db.session() as session:
        assert rules(session) == ("云澜新区", {"火情", "我的方案"}, {"澜桥小学", "新建路"})
        assert {one.unit for one in own_places.held(session)} == {""}, "the sample's unit is gone"


def test_an_office_with_rules_of_its_own_keeps_them_alone(database):
    with db.session() as session:
        watches.save(session, "我的方案", "@本区 堵车", who="王敏", now=NOW)
        session.commit()
    loaded = demo.load(now=NOW, months=1, accounts=2, topics=False)
    assert "已有自己的内容" in loaded.words
    with db.session() as session:
        assert rules(session) == ("", {"我的方案"}, set())
