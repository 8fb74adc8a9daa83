"""What became of topics, their subjects and units, as the rooms ask for it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock
from core.models import Mention, Sense, Source, Topic, TopicChange, TopicDay, TopicGroup, Unit
from core.query import topic_lives
from core.query.scope import Filter

MONDAY = datetime(2025, 10, 20, 2, tzinfo=UTC)
WEEK = Filter(date(2025, 10, 20), date(2025, 10, 26))


@pytest.fixture
def lived(session):
    """Three topics of one subject (one of them an alias), one alone."""
    group = TopicGroup(title="金价大跌", first_at=MONDAY, last_at=MONDAY, mentions=5, topics=2)
    lone = TopicGroup(title="停水", first_at=MONDAY, last_at=MONDAY, mentions=2, topics=1)
    session.add_all([group, lone])
    session.flush()
    session.add(old := TopicGroup(title="旧", first_at=MONDAY, last_at=MONDAY, active=False, alias_of=group.id))
    topics = {name: Topic(title=name, first_at=MONDAY, last_at=MONDAY, mentions=number, group_id=home)
              for name, number, home in (("金价大跌", 3, group.id), ("排队买金条", 2, group.id), ("停水", 2, lone.id))}
    session.add_all(topics.values())
    session.flush()
    session.add(alias := Topic(title="金价创新低", first_at=MONDAY, last_at=MONDAY, active=False,
                               alias_of=topics["金价大跌"].id))
    session.flush()
    for name, days in (("金价大跌", (0, 0, 1)), ("排队买金条", (1, 9)), ("停水", (0, 2))):
        for day in set(days):
            session.add(TopicDay(topic_id=topics[name].id, day=date(2025, 10, 20) + timedelta(day), platform="baidu",
                                 mentions=days.count(day), folded=1))
    session.commit()
    return {"group": group.id, "lone": lone.id, "old": old.id, "alias": alias.id,
            **{name: one.id for name, one in topics.items()}}


def test_the_subjects_of_a_period_have_two_topics_at_least(session, lived):
    frame = topic_lives.subjects(session, WEEK)
    assert frame["group_id"].tolist() == [lived["group"]]
    row = frame.iloc[0]
    assert (row["topics"], row["mentions"], row["folded"], row["rank"]) == (2, 4, 3, 1)
    assert row["daily"] == [2, 2, 0, 0, 0, 0, 0] and row["names"] == "金价大跌；排队买金条"
    later = Filter(date(2025, 10, 27), date(2025, 11, 2))
    assert topic_lives.subjects(session, later).empty, "only one of its topics was spoken of"


def test_a_subject_opens_by_the_id_it_had_before_it_was_merged(session, lived):
    found = topic_lives.subject(session, lived["old"])
    assert found.id == lived["group"] and found.topics["title"].tolist() == ["金价大跌", "排队买金条"]
    assert topic_lives.subject(session, lived["lone"]) is None and topic_lives.subject(session, 999) is None
    assert topic_lives.subject_of(session, lived["排队买金条"]).id == lived["group"]
    assert topic_lives.subject_of(session, lived["停水"]) is None


def test_the_history_is_told_from_both_sides(session, lived):
    a, b = lived["金价大跌"], lived["排队买金条"]
    session.add_all([
        TopicChange(topic_id=a, at=MONDAY, kind="merged", other_id=lived["alias"], before="金价创新低",
                    after="金价大跌", mentions=2, why="内容趋同"),
        TopicChange(topic_id=a, at=MONDAY + timedelta(hours=2), kind="split", other_id=b, before="金价大跌",
                    after="排队买金条", mentions=2),
        TopicChange(topic_id=a, at=MONDAY + timedelta(hours=1), kind="drifted", before="金价创新高", after="金价大跌"),
    ])
    session.commit()
    mine = topic_lives.history(session, a)
    assert mine["words"].tolist() == ["分出“排队买金条”（2 条）", "焦点由“金价创新高”转到“金价大跌”",
                                      "“金价创新低”（2 条）并入本话题"]
    assert mine["kind"].tolist() == ["分出", "转移", "并入"] and mine["other_id"].tolist()[0] == b
    other = topic_lives.history(session, b)
    assert other["words"].tolist() == ["由“金价大跌”分出，带出 2 条"] and other["other_id"].tolist() == [a]
    assert topic_lives.history(session, lived["停水"]).empty


def test_items_by_unit_and_day_with_those_of_no_unit_last(session, lived):
    source = Source(key="s", name="热榜", collector="hotlist", platform="baidu")
    street = Unit(name="川沙新镇", kind="street")
    session.add_all([source, street])
    session.flush()
    for n, (day, unit) in enumerate(((0, None), (0, street.id), (1, street.id), (1, None), (1, None))):
        at = MONDAY + timedelta(days=day)
        mention = Mention(source_id=source.id, external_id=str(n), platform="baidu", title="金价", published_at=at,
                          day=clock.day_of(at), first_seen_at=at, last_seen_at=at, topic_id=lived["金价大跌"])
        session.add(mention)
        session.flush()
        if n != 4:  # one is not sifted yet
            session.add(Sense(mention_id=mention.id, at=at, unit_id=unit))
    session.commit()
    frame = topic_lives.units(session, lived["金价大跌"])
    assert list(frame[["unit", "day", "mentions"]].itertuples(index=False, name=None)) == [
        ("川沙新镇", date(2025, 10, 20), 1), ("川沙新镇", date(2025, 10, 21), 1),
        ("未定", date(2025, 10, 20), 1), ("未定", date(2025, 10, 21), 2)]
    assert topic_lives.units(session, lived["停水"]).empty
