"""What the list of hot topics says beside its counts, and the timeline of one topic, against what was said."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from core import corrections, topic_deeds
from core.labels import SAID, SAID_ON
from core.models import Account, Mention, Platform, Sense, Topic, TopicDay, TopicGroup, Unit
from core.query import opinion, topic_course, topic_figures, topic_lives
from core.query.scope import Filter
from tests.query.test_opinion import GOLD, SINGLE, WATER, WEEK, said  # noqa: F401 - a fixture

NOW = datetime(2025, 10, 27, tzinfo=UTC)
WHO = {"who": "值班员", "now": NOW}


@pytest.fixture
def mentions(session, said):  # noqa: F811
    """The mentions of the period about the water, in order."""
    return session.execute(select(Mention).where(Mention.topic_id == said[WATER].id, Mention.day >= WEEK.start)
                           .order_by(Mention.published_at)).scalars().all()


def row(session, title=WATER, where=WEEK, **asked):
    return topic_figures.ranking(session, where, **asked).set_index("title").loc[title]


@pytest.mark.parametrize(("figures", "heats", "text", "covered"), [
    ([{}, {}, {}, {}], [None] * 4, "—", 0.0),
    ([{"reads": [900, 0]}, {}, {}, {}], [None] * 4, "900", 0.25),
    ([{"reads": [900, 0]}, {"reads": [100_001, -1]}, {}, {}], [None] * 4, "≥10.1万", 0.5),
    ([{"plays": [12_000, 500]}, {"likes": [5, 0]}, {}, {}], [None] * 4, "≈1.2万", 0.25),
    ([{"reads": [None, 0]}, {"reads": [10, 0], "plays": [99, 0]}, {}, {}], [None, 500, 40, None], "50", 0.5),
    ([{"reads": [0, 0]}, {}, {}, {}], [None] * 4, "0", 0.25),
])
def test_clicks_are_the_sum_of_what_is_known_with_its_mark_and_coverage(
    session, mentions, figures, heats, text, covered,
):
    for mention, figure, heat in zip(mentions, figures, heats, strict=True):
        mention.figures, mention.heat = figure, heat
    session.commit()
    found = row(session)
    assert (found["clicks"], found["covered"]) == (text, covered)


def test_news_are_what_media_publish_and_posts_what_people_write(session, mentions):
    """Of four lines of hot lists two are made news and a post; an unknown platform is taken for a feed."""
    assert (row(session)["news"], row(session)["posts"]) == (0, 1), "知乎 is where people write"
    days = session.execute(select(TopicDay).where(TopicDay.topic_id == mentions[0].topic_id,
                                                  TopicDay.platform == "weibo_hot")).scalars().all()
    for day, code in zip(sorted(days, key=lambda one: one.day)[-1:], ("nowhere",), strict=True):
        session.execute(update(TopicDay).where(TopicDay.topic_id == day.topic_id, TopicDay.day == day.day,
                                               TopicDay.platform == day.platform).values(platform=code))
    session.commit()
    assert (row(session)["news"], row(session)["posts"]) == (2, 1)
    assert opinion.sides(session, mentions[0].topic_id) == {"news": 2, "post": 1, "list": 2}


def test_every_family_of_the_catalogue_is_news_posts_or_lists(session):
    families = set(session.execute(select(Platform.family)).scalars())
    assert families <= set(SAID_ON) and set(SAID_ON.values()) == set(SAID)


def test_sentiment_units_and_towns_are_of_the_period_and_heed_corrections(session, mentions):
    unit = Unit(name="区水务局", kind="bureau")
    session.add(unit)
    session.flush()
    for mention, label in zip(mentions, ("负面", "负面", "中性", ""), strict=True):
        session.add(Sense(mention_id=mention.id, at=NOW, sentiment=label, confidence=0.9, town="东街街道",
                          unit_id=unit.id if label else None))
    session.commit()
    found = row(session)
    assert found["negative"] == pytest.approx(2 / 3) and found["mood"] == "正面 0%、中性 33%、负面 67%"
    assert (found["units"], found["towns"]) == ("区水务局 3", "东街街道 4")
    corrections.correct(session, mentions[0].id, corrections.SENTIMENT, "正面", who="值班员", now=NOW)
    session.commit()
    copies = 1 + sum(mention.fold_id == mentions[0].id for mention in mentions[1:])
    assert copies == 3 and row(session)["mood"] == "正面 75%、中性 25%、负面 0%"


def test_orders_that_are_not_counted_by_day(session, mentions):
    gold = session.execute(select(Mention).where(Mention.title.startswith(GOLD))).scalars().all()
    for mention in gold:
        mention.heat = 10**6
        session.add(Sense(mention_id=mention.id, at=NOW, sentiment="负面", confidence=0.9))
    session.commit()
    assert topic_figures.ranking(session, WEEK)["title"].tolist() == [WATER, GOLD]
    for order in ("clicks", "negative"):
        assert topic_figures.ranking(session, WEEK, order=order)["title"].tolist() == [GOLD, WATER]
    topic_deeds.pin(session, mentions[0].topic_id, **WHO)
    assert topic_figures.ranking(session, WEEK, order="clicks")["title"].tolist() == [WATER, GOLD]


def test_of_a_single_day_the_hours_are_told(session, mentions):
    found = row(session, where=Filter(date(2025, 10, 21), date(2025, 10, 21)))
    assert sum(found["hourly"]) == found["mentions"] == 2 and found["hourly"][10] == 2
    assert found["peak_hour"] == "10 时，2 条"
    assert row(session)["hourly"] is None


def test_a_pinned_topic_stands_first_in_every_period_in_which_it_has_something(session, said):  # noqa: F811
    topic_deeds.pin(session, said[SINGLE].id, **WHO)
    assert opinion.hot(session, WEEK)["title"].tolist() == [SINGLE, WATER, GOLD]
    assert SINGLE not in opinion.hot(session, Filter(date(2025, 10, 13), date(2025, 10, 19)))["title"].tolist()


def test_a_hidden_topic_is_in_no_list_no_count_and_no_rank(session, said):  # noqa: F811
    assert opinion.volume(session, WEEK).topics == 2
    topic_deeds.hide(session, said[WATER].id, "与本区无关", **WHO)
    session.commit()
    shown = opinion.hot(session, WEEK)
    assert shown["title"].tolist() == [GOLD] and shown["rank"].tolist() == [1]
    size = opinion.volume(session, WEEK)
    assert (size.topics, size.mentions) == (1, 7), "its mentions are counted as before"
    hidden = opinion.hot(session, WEEK, of_hidden=True)
    assert hidden["title"].tolist() == [WATER] and hidden["hidden_why"].tolist() == ["与本区无关"]


def test_a_hidden_topic_is_none_of_a_subject(session, said):  # noqa: F811
    group = TopicGroup(title="议题", first_at=NOW, last_at=NOW, topics=3)
    session.add(group)
    session.flush()
    for title in (WATER, GOLD, SINGLE):
        said[title].group_id = group.id
    session.commit()
    assert topic_lives.subjects(session, WEEK)["topics"].tolist() == [3]
    topic_deeds.hide(session, said[WATER].id, "与本区无关", **WHO)
    session.commit()
    found = topic_lives.subjects(session, WEEK)
    assert found["topics"].tolist() == [2] and found["mentions"].tolist() == [3] and WATER not in found["names"].iloc[0]


@pytest.mark.parametrize(("kind", "on", "first", "last", "before", "after"), [
    ("day", "2025-10-21", "2025-10-21", "2025-10-21", "2025-10-20", "2025-10-22"),
    ("week", "2025-10-26", "2025-10-20", "2025-10-26", "2025-10-19", "2025-10-27"),
    ("month", "2025-10-26", "2025-10-01", "2025-10-31", "2025-09-30", None),
    ("month", "", "2025-09-01", "2025-09-30", "2025-08-31", "2025-10-01"),
    ("day", "2099-01-01", "2025-10-28", "2025-10-28", "2025-10-27", None),
])
def test_spans_of_the_calendar(kind, on, first, last, before, after):
    span, back, on_ = topic_figures.spans(kind, on, date(2025, 9, 5), date(2025, 10, 28))
    assert tuple(map(str, span)) == (first, last)
    assert str(back) == before and (on_ and str(on_)) == after


# --- The timeline -----------------------------------------------------------------------------------------------------


def test_the_course_names_first_items_peak_and_the_first_official_word(session, mentions, said):  # noqa: F811
    session.add(Account(platform="weibo", external_id="1", name="知乎榜"))
    session.commit()
    nodes = topic_course.course(session, said[WATER].id)
    kinds = [node.kind for node in nodes]
    assert kinds[0] == "首发" and nodes[0].words == f"{WATER}0"
    assert {"百度热搜首条", "知乎首条", "官方首次发声", "峰值"} <= set(kinds) and "微博热搜首条" not in kinds
    assert all(node.why for node in nodes) and [node.at for node in nodes] == sorted(node.at for node in nodes)
    official = next(node for node in nodes if node.kind == "官方首次发声")
    assert official.source == "知乎榜" and "台账" in official.why


def test_the_course_tells_what_people_merged_and_split(session, said):  # noqa: F811
    topic_deeds.merge(session, [said[WATER].id, said[GOLD].id], why="同一事", **WHO)
    session.commit()
    living = session.get(Topic, said[GOLD].id).alias_of or session.get(Topic, said[WATER].id).alias_of
    node = next(node for node in topic_course.course(session, living) if node.kind == "人工并入")
    assert "并入本话题" in node.words and node.why == "同一事"


def test_a_share_of_negative_items_that_moves_is_a_node():
    days = {date(2025, 10, day): Counter({"负面": bad, "中性": 10 - bad})
            for day, bad in ((1, 1), (2, 2), (3, 7), (4, 7))}
    (node,) = topic_course.shifts(days)
    assert node.kind == "负面上升" and node.words == "负面占比由 15% 变为 70%"
    few = {date(2025, 10, 1): Counter({"负面": 2}), date(2025, 10, 2): Counter({"中性": 9})}
    assert topic_course.shifts(few) == []
