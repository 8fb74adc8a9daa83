"""Hot topics of a period, one topic, and mentions by day, against what was said."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.models import Mention, MentionDay, Platform, Source, Topic, TopicDay
from core.query import opinion
from core.query.scope import Filter

WEEK = Filter(date(2025, 10, 20), date(2025, 10, 26))
WATER, GOLD, SINGLE, OLD = "东街小区停水", "今日金价公布", "区政府常务会议召开", "去年的旧闻"
# topic, source, day of October, reprint of (place in this list)
SAID = [
    (WATER, "weibo_hot", 13, None), (GOLD, "baidu", 14, None), (GOLD, "baidu", 15, None),
    (WATER, "baidu", 20, None), (WATER, "weibo_hot", 21, 3), (WATER, "weibo_hot", 21, None), (WATER, "zhihu", 22, 3),
    (GOLD, "baidu", 21, None), (GOLD, "baidu", 22, None), (SINGLE, "zhihu", 25, None), (OLD, "zhihu", 1, None),
]


@pytest.fixture
def said(session):
    """The mentions with their derived rows, as understanding leaves them."""
    sources, topics, mentions = {}, {}, []
    for code in ("weibo_hot", "baidu", "zhihu"):
        name = session.get(Platform, code).name
        sources[code] = Source(key=code, name=f"{name}榜", collector="hotlist", platform=code)
    session.add_all(sources.values())
    session.flush()
    for n, (title, code, day, copy_of) in enumerate(SAID):
        at = datetime(2025, 10, day, 2, n, tzinfo=UTC)
        if title not in topics:
            topics[title] = Topic(title=title, keywords=[title[:2], title[2:]], first_at=at, last_at=at)
            session.add(topics[title])
            session.flush()
        topic = topics[title]
        topic.last_at = max(topic.last_at, at)
        mention = Mention(
            source_id=sources[code].id, external_id=str(n), platform=code, title=f"{title}{n}", url=f"https://x/{n}",
            published_at=at, day=clock.day_of(at), first_seen_at=at, last_seen_at=at, understood_at=at,
            topic_id=topic.id, best_rank=20 - n,
        )
        session.add(mention)
        session.flush()
        mention.fold_id = mention.id if copy_of is None else mentions[copy_of].id
        mention.fold_kind = "" if copy_of is None else "reprint"
        mentions.append(mention)
        first = int(copy_of is None)
        topic.mentions += 1
        topic.folded += first
        for table, key in ((MentionDay, (mention.day, code)), (TopicDay, (topic.id, mention.day, code))):
            row = session.get(table, key)
            if row is None:
                names = ("day", "platform") if table is MentionDay else ("topic_id", "day", "platform")
                row = table(**dict(zip(names, key, strict=True)))
                session.add(row)
            row.mentions += 1
            row.folded += first
            session.flush()
    session.commit()
    return topics


def test_hot_topics_are_ranked_by_items_of_the_period(session, said):
    frame = opinion.hot(session, WEEK)
    assert frame["title"].tolist() == [WATER, GOLD], "a single item is no hot topic, an old one is not of the period"
    water = frame.iloc[0]
    assert (water["mentions"], water["folded"], water["platforms"]) == (4, 2, 3)
    assert water["platform_names"].split("、")[0] == session.get(Platform, "weibo_hot").name
    assert water["keywords"] == "东街、小区停水"
    assert (water["peak_day"], water["peak"]) == (date(2025, 10, 21), 2)
    assert water["daily"] == [1, 2, 1, None, None, 0, None], "days without any mention are unknown, not 0"
    assert water["first_source"] == session.get(Platform, "weibo_hot").name + "榜"
    assert water["first_at"] == datetime(2025, 10, 13, 2, 0, tzinfo=UTC)


def test_rank_change_is_against_the_period_before(session, said):
    frame = opinion.hot(session, WEEK).set_index("title")
    assert frame["rank_before"].to_dict() == {WATER: 2, GOLD: 1}
    assert frame["moved"].to_dict() == {WATER: "↑1", GOLD: "↓1"}
    first_week = opinion.hot(session, Filter(date(2025, 9, 1), date(2025, 9, 30)))
    assert first_week.empty and list(first_week.columns) == list(opinion.HOT_COLUMNS)
    october = opinion.hot(session, Filter(date(2025, 10, 1), date(2025, 10, 31)))
    assert set(october["moved"]) == {""}, "nothing is known of September, so nothing is new"
    later = opinion.hot(session, Filter(date(2025, 10, 21), date(2025, 10, 22)))
    assert later.set_index("title")["moved"][GOLD] == opinion.MOVED_NEW


def test_a_platform_narrows_every_count(session, said):
    where = Filter(WEEK.start, WEEK.end, platforms=("weibo_hot",))
    frame = opinion.hot(session, where)
    assert frame[["title", "mentions", "folded"]].to_numpy().tolist() == [[WATER, 2, 1]]
    assert opinion.volume(session, where).mentions == 2
    assert set(opinion.mention_days(session, where)["series"]) == {session.get(Platform, "weibo_hot").name}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("停水", [WATER]), ("常务 会议", [SINGLE]), ("金价 停水", []), ("公布8", [GOLD]), ("%", []), ("_", []),
        ("' OR 1=1", []),
    ],
)
def test_search_looks_into_titles_of_topics_and_items_literally(session, said, words, found):
    assert opinion.hot(session, WEEK, search=words)["title"].tolist() == found


def test_volume_counts_the_period_and_names_the_span(session, said):
    size = opinion.volume(session, WEEK)
    assert (size.mentions, size.folded, size.topics, size.platforms) == (7, 5, 2, 3)
    assert size.change.difference == 4 and size.change.ratio == pytest.approx(4 / 3)
    assert (size.first_day, size.last_day) == (date(2025, 10, 1), date(2025, 10, 25))


def test_volume_of_nothing_is_zero_without_a_span(session):
    size = opinion.volume(session, WEEK)
    assert (size.mentions, size.topics, size.first_day, size.change.ratio) == (0, 0, None, None)


def test_a_topic_with_its_items_and_days(session, said):
    water = said[WATER]
    detail = opinion.topic(session, water.id)
    assert (detail.title, detail.mentions, detail.folded) == (WATER, 5, 3)
    assert detail.keywords == ("东街", "小区停水")
    items = opinion.members(session, water.id)
    assert items["reprints"].tolist() == [2, 0, 0] and items["title"][0] == WATER + "3"
    assert items["excerpts"].tolist() == [0, 0, 0]
    assert items["best_rank"][0] == 14, "the best place of all its copies"
    assert items["published_at"].dt.tz is not None
    days = opinion.topic_days(session, water.id)
    assert days["value"].sum() == 5 and days["day"].min() == date(2025, 10, 13)
    assert len(opinion.members(session, water.id, 1)) == 1


def test_the_id_of_a_merged_topic_opens_the_one_that_lives_on(session, said):
    at = datetime(2025, 10, 20, tzinfo=UTC)
    alias = Topic(title="合并前", first_at=at, last_at=at, alias_of=said[WATER].id, active=False)
    session.add(alias)
    session.commit()
    assert opinion.topic(session, alias.id).id == said[WATER].id
    assert opinion.topic(session, 10**9) is None


def test_all_counts_agree_with_the_mentions(session, said):
    frame = opinion.mention_days(session, WEEK)
    rows = session.execute(select(Mention).where(Mention.day.between(WEEK.start, WEEK.end))).scalars().all()
    assert frame["value"].sum() == len(rows)
    assert frame["folded"].sum() == sum(m.fold_id == m.id for m in rows)
    assert opinion.hot(session, WEEK, search="")["mentions"].sum() == len(rows) - 1
    assert WEEK.end - WEEK.start == timedelta(6)


def test_of_many_platforms_the_smaller_ones_are_added_up(session, said):
    before = opinion.mention_days(session, WEEK)
    day = date(2025, 10, 23)
    codes = ["douyin", "bilibili", "toutiao", "thepaper", "ifeng", "tieba", "people"]
    session.add_all(MentionDay(day=day, platform=code, mentions=n + 1, folded=1) for n, code in enumerate(codes))
    session.commit()
    frame = opinion.mention_days(session, WEEK)
    assert len(set(frame["series"])) == 8 and frame["series"].iloc[-1] == "其他"
    assert frame["value"].sum() == before["value"].sum() + sum(range(1, 8))
    assert not frame.duplicated(["day", "series"]).any()
