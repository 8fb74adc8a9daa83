"""Records into the database and up into the day's totals."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from core import authors, clock, ingest, rollup
from core.counts import AT_LEAST, Count
from core.models import Account, AccountDay, Coverage, Dirty, Mention, Post, Reading, Source, Unit, Unsifted
from core.records import Batch, FollowerRecord, MentionRecord, PostRecord

T0 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def account(session) -> Account:
    unit = Unit(name="区卫健委", kind="bureau")
    session.add(unit)
    session.flush()
    made = Account(platform="wechat", external_id="gh_1", name="健康云澜", unit_id=unit.id)
    session.add(made)
    session.commit()
    return made


def post(number: int, at: datetime = T0, seen: datetime = T0 + timedelta(hours=1), **more) -> PostRecord:
    counters = {k: (v if isinstance(v, Count) else Count(v)) for k, v in more.pop("counters", {}).items()}
    return PostRecord(
        external_id=f"p{number}", published_at=at, observed_at=seen, title=f"第{number}篇", counters=counters, **more
    )


def take(session, account, *posts, at=T0, **kinds) -> ingest.Stored:
    run = ingest.begin(session, "collect", at=at)
    stored = ingest.store(session, Batch(posts=list(posts), **kinds), run=run, capture=None, account=account)
    ingest.finish(session, run, "ok", stored.words, at=at, stored=stored)
    session.commit()
    return stored


def day_row(session, account, basis="latest", day=date(2026, 3, 2)) -> AccountDay | None:
    rollup.run(session)
    return session.get(AccountDay, (account.id, basis, day))


def test_repeating_a_run_changes_nothing(session, account):
    first = take(session, account, post(1, counters={"reads": 10}), post(2, counters={"reads": 20}))
    again = take(session, account, post(1, counters={"reads": 10}), post(2, counters={"reads": 20}))
    later = take(session, account, post(1, seen=T0 + timedelta(days=1), counters={"reads": 10}))
    assert (first.new_posts, first.new_readings) == (2, 2)
    assert (again.new, again.known) == (0, 2)
    assert (later.new, later.known) == (0, 1)
    assert session.execute(select(func.count()).select_from(Reading)).scalar() == 2


def test_unchanged_post_is_remembered_as_seen(session, account):
    take(session, account, post(1, counters={"reads": 10}))
    take(session, account, post(1, seen=T0 + timedelta(days=2), counters={"reads": 10}))
    session.expire_all()
    assert session.execute(select(Post.last_seen_at)).scalar() == T0 + timedelta(days=2)


def test_day_sums_carry_the_weakest_exactness(session, account):
    take(
        session, account,
        post(1, counters={"reads": Count(100_001, AT_LEAST), "likes": Count(12_000, 500)}, position=1, push_id="a"),
        post(2, counters={"reads": 50, "likes": 7}, position=2, push_id="a"),
        post(3, counters={"likes": 1}),
    )
    row = day_row(session, account)
    assert (row.posts, row.pushes, row.headlines) == (3, 2, 1)
    assert row.counter("reads") == Count(100_051, AT_LEAST)
    assert (row.reads_max, row.reads_known) == (100_001, 2)
    assert row.counter("likes") == Count(12_008, 500)
    assert row.headline_reads == 100_001
    assert row.comments is None and row.counter("comments").missing


def test_bases_take_different_readings(session, account):
    take(session, account, post(1, counters={"reads": 10}))
    take(session, account, post(1, seen=T0 + timedelta(days=7), counters={"reads": 70}))
    take(session, account, post(1, seen=T0 + timedelta(days=20), counters={"reads": 200}))
    assert day_row(session, account).reads == 200
    assert day_row(session, account, "d7").reads == 70


def test_d7_is_missing_when_nothing_was_read_in_time(session, account):
    take(session, account, post(1, seen=T0 + timedelta(days=30), counters={"reads": 10}))
    row = day_row(session, account, "d7")
    assert row.posts == 1 and row.reads is None and row.reads_known == 0


def test_business_day_is_shanghai(session, account):
    take(session, account, post(1, at=datetime(2026, 3, 1, 16, 30, tzinfo=UTC), counters={"reads": 1}))
    assert day_row(session, account).posts == 1


def test_followers_land_on_their_day_and_are_append_only(session, account):
    day = date(2026, 3, 2)
    seen = datetime(2026, 3, 3, 1, tzinfo=UTC)
    take(session, account, followers=[FollowerRecord(day=day, observed_at=seen, followers=Count(1000), new=5, lost=2)])
    take(session, account, followers=[
        FollowerRecord(day=day, observed_at=seen + timedelta(hours=4), followers=Count(1003), new=6, lost=2)
    ])
    row = day_row(session, account)
    assert (row.followers, row.followers_new, row.posts) == (1003, 6, 0)
    assert session.execute(select(Coverage)).all() == [], "whether anything was published is not known by this"


def test_rebuild_equals_incremental(session, account):
    for n in range(12):
        take(session, account, post(n % 5, at=T0 + timedelta(days=n % 5), seen=T0 + timedelta(days=n + 5),
                                    counters={"reads": n * 10, "likes": n}))
        if n % 3 == 0:
            rollup.run(session)
    rollup.run(session)
    columns = [c for c in AccountDay.__table__.columns]
    before = session.execute(select(*columns).order_by(AccountDay.basis, AccountDay.day)).all()
    rollup.rebuild(session)
    assert session.execute(select(*columns).order_by(AccountDay.basis, AccountDay.day)).all() == before
    assert len(before) == 10


def test_facts_mark_their_days_dirty_and_covered(session, account):
    take(session, account, post(1, counters={"reads": 1}))
    assert session.execute(select(Dirty.account_id, Dirty.day)).all() == [(account.id, date(2026, 3, 2))]
    run = ingest.begin(session, "collect", at=T0)
    ingest.cover(session, {(account.id, date(2026, 3, 2)): "failed", (account.id, date(2026, 3, 3)): "failed"}, run)
    states = dict(session.execute(select(Coverage.day, Coverage.state)).all())
    assert states == {date(2026, 3, 2): "collected", date(2026, 3, 3): "failed"}


def test_a_record_of_an_unknown_account_stores_nothing(session, account):
    with pytest.raises(ingest.UnknownAccount, match="gh_9"):
        take(session, account, post(1), post(2, account=("wechat", "gh_9")))
    session.rollback()
    assert session.execute(select(func.count()).select_from(Post)).scalar() == 0


def test_mentions_keep_dwell_and_best_rank(session):
    source = Source(key="hot", name="热榜", collector="hotlist", platform="baidu")
    session.add(source)
    session.commit()
    for hour, rank in enumerate((5, 2, 9)):
        at = T0 + timedelta(hours=hour)
        record = MentionRecord(
            external_id="x", title="云澜区暴雨", published_at=T0, observed_at=at, rank=rank, dated=False
        )
        run = ingest.begin(session, "collect", source=source, at=at)
        ingest.store(session, Batch(mentions=[record]), run=run, capture=None, source=source)
        session.commit()
    session.expire_all()
    (row,) = session.execute(select(Mention)).scalars()
    assert (row.sightings, row.best_rank, row.first_seen_at) == (3, 2, T0)


def test_mentions_keep_figures_and_details_of_the_last_sighting(session):
    source = Source(key="hotline", name="工单", collector="file", platform="hotline12345")
    session.add(source)
    session.commit()
    outcomes = []
    for hour, state, views in ((0, "处理中", 5), (1, "处理中", None), (2, "已办结", 9)):
        record = MentionRecord(
            external_id="x", title="路灯不亮", published_at=T0, observed_at=T0 + timedelta(hours=hour),
            details={"办理状态": state, "街镇": "" if hour else "云澜街道\x00"},
            counters={"reads": Count(views), "comments": Count(hour)},
        )
        run = ingest.begin(session, "import", source=source, at=record.observed_at)
        outcomes.append(ingest.store(session, Batch(mentions=[record]), run=run, capture=None, source=source).words)
        session.commit()
    session.expire_all()
    (row,) = session.execute(select(Mention)).scalars()
    assert row.details == {"办理状态": "已办结", "街镇": "云澜街道"}
    assert row.figures == {"comments": [2, 0], "reads": [9, 0]}
    assert outcomes == ["新增信息 1 条", "已有 1 条", "更新信息 1 条，已有 1 条"]


@pytest.mark.parametrize("understood", [False, True])
def test_a_line_of_a_list_becomes_an_article_once(session, understood):
    """Title, text, author, date and trace of the article; what was understood stays on the day it was counted for."""
    source = Source(key="gov", name="区政府", collector="page", platform="news")
    session.add(source)
    session.commit()

    def take(hour: int, **said) -> str:
        at = T0 + timedelta(hours=hour)
        record = MentionRecord(external_id="x", published_at=said.pop("at", at), observed_at=at, **said)
        run = ingest.begin(session, "collect", source=source, at=at)
        words = ingest.store(session, Batch(mentions=[record]), run=run, capture=None, source=source).words
        session.commit()
        session.expire_all()
        return words

    take(0, title="关于停水的…", dated=False, url="https://a.cn/1")
    (row,) = session.execute(select(Mention)).scalars()
    row.understood_at = T0 if understood else None
    session.commit()
    article = {"title": "关于停水的通知", "text": "明日停水。", "author": "区水务局", "at": T0 - timedelta(days=1),
               "details": {"栏目": "公告"}, "locator": "article", "url": "https://a.cn/1"}
    assert take(0, **article) == "更新信息 1 条，已有 1 条"
    assert (row.title, row.text, row.author, row.details, row.locator, row.sightings) == (
        "关于停水的通知", "明日停水。", authors.hidden("区水务局", "news"), {"栏目": "公告"}, "article", 1
    )
    today = clock.day_of(T0)
    assert (row.dated, row.day) == ((False, today) if understood else (True, today - timedelta(1)))
    assert take(1, **article | {"title": "另一标题", "text": "另一正文"}) == "已有 1 条"
    assert (row.title, row.text, row.sightings) == ("关于停水的通知", "明日停水。", 2)


@pytest.mark.parametrize("published", [datetime(2099, 1, 1, tzinfo=UTC), datetime(1999, 1, 1, tzinfo=UTC)])
def test_an_impossible_date_is_refused(published):
    with pytest.raises(ValueError, match="不可信"):
        post(1, at=published)


def test_a_mention_that_spreads_is_sifted_again(session):
    source = Source(key="hot", name="热榜", collector="hotlist", platform="weibo_hot")
    session.add(source)
    session.commit()

    def take(hour: int, heat: int | None, reads: int) -> int:
        """Mentions that wait to be sifted, after those before were."""
        session.execute(delete(Unsifted))
        at = T0 + timedelta(hours=hour)
        record = MentionRecord(external_id="x", title="停水", published_at=T0, observed_at=at, heat=Count(heat),
                               counters={"reads": Count(reads)})
        run = ingest.begin(session, "collect", source=source, at=at)
        ingest.store(session, Batch(mentions=[record]), run=run, capture=None, source=source)
        session.commit()
        return session.execute(select(func.count()).select_from(Unsifted)).scalar()

    assert [take(0, 1_000, 10), take(1, 1_010, 12), take(2, 1_010, 17), take(3, 3_000, 17), take(4, None, 17)] == [
        1, 0, 1, 1, 0]
