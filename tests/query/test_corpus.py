"""Figures of any set of mentions: where it went, the items that mark its course, who speaks how, what risk it bears."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import false

from core.models import Mention
from core.query import corpus
from tests.report.incident_cases import Case
from tests.spoken import say, source

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTHING = false()


@pytest.fixture
def case(session):
    return Case(session)


@pytest.fixture
def water(case, session):
    """Five items of two days: netizens, twice the same; a hot list's line; a paper and its reprint."""
    about = case.topic(at=NOW - DAY)
    case.people = case.say(["停水", "停水", "没水"], NOW - DAY, about)
    case.line = say(session, source(session, "baidu", name="百度热搜"), about, ["东街停水"], NOW - 20 * HOUR)
    case.line[0].best_rank = 3
    case.paper = case.say(["正在抢修", "正在抢修"], NOW - HOUR, about, media=True)
    session.commit()
    return about


def test_an_empty_set_has_no_figures(session):
    assert corpus.size(session, NOTHING) == corpus.Size(0, 0, 0, None, None)
    assert corpus.platforms(session, NOTHING).empty and corpus.course(session, NOTHING).empty
    assert corpus.counts(session, NOTHING) == {} and corpus.voices(session, NOTHING) == {}
    assert corpus.items(session, NOTHING).empty and corpus.daily(session, NOTHING).empty


def test_platforms_stand_in_the_order_in_which_it_came_there(session, water):
    found = corpus.platforms(session, corpus.about([water.id]))
    assert found["platform"].tolist() == ["微博", "百度热搜", "晨报"]
    assert found["mentions"].tolist() == [3, 1, 2] and found["texts"].tolist() == [2, 1, 1]
    assert found["source"].tolist() == ["微博·青山话题", "百度热搜", "晨报"]


def test_the_items_that_mark_its_course_say_why(session, water, case):
    found = corpus.course(session, corpus.about([water.id]))
    why = dict(zip(found["mention_id"], found["why"], strict=True))
    assert why == {case.people[0].id: "最早信息、转载最多、最高日主要信息",
                   case.line[0].id: "热榜最高位次、传至百度热搜",
                   case.paper[0].id: "媒体首次报道、传至晨报", case.paper[1].id: "最近信息"}
    assert found["published_at"].is_monotonic_increasing
    assert found["copies"].tolist() == [2, 1, 2, 2]


def test_sides_speak_apart_and_hot_lists_are_not_judged(session, water, case):
    case.feel(case.people, "负面")
    case.feel(case.line, "负面")
    found = corpus.voices(session, corpus.about([water.id]))
    assert {side: (one.mentions, one.felt, one.numbers["负面"]) for side, one in found.items()} == {
        "媒体": (2, 0, 0), "网民": (3, 3, 3), "热榜": (1, 0, 0)}


def test_days_without_a_word_are_zero_where_others_were_heard_and_missing_where_nobody_was(session, water, case):
    other = case.topic("别的", NOW - 3 * DAY)
    case.say(["别的"], NOW + 2 * DAY, other)
    found = corpus.counts(session, corpus.about([water.id]), date(2026, 3, 4))
    assert found == {date(2026, 3, 1): 4, date(2026, 3, 2): 2, date(2026, 3, 3): None, date(2026, 3, 4): 0}


def test_distinct_texts_those_with_most_copies_first_or_the_riskiest(session, water, case):
    found = corpus.items(session, corpus.about([water.id]))
    assert list(zip(found["title"], found["copies"], strict=True)) == [
        ("停水", 2), ("正在抢修", 2), ("没水", 1), ("东街停水", 1)]
    case.risk(case.people[2], 50)
    case.risk(case.people[0], 5)
    riskiest = corpus.items(session, corpus.about([water.id]), riskiest=True)
    assert riskiest["title"].tolist() == ["没水"]
    risks = corpus.risks(session, corpus.about([water.id]))
    assert risks.levels == {"高": 0, "中": 1, "低": 0, "无": 1} and risks.unread == 4
    assert risks.kinds == (("社会民生", 1),)


def test_a_period_holds_its_days_only(session, water):
    day = corpus.about([water.id], date(2026, 3, 2), date(2026, 3, 2))
    assert corpus.size(session, day).mentions == 2
    assert corpus.size(session, Mention.topic_id == water.id).mentions == 6
