"""The topics room: the list of a period, one topic behind its link, and what is said when there is nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core import clock
from core.db import bump
from core.models import Mention, Source, Topic, TopicChange, TopicGroup
from core.opinion.features import load_background
from core.settings import CATALOG
from core.understand import Reader, understand
from tests.opinion.test_topics import TITLES

WEEK = {"period": "近7天"}
HOSTILE = "东街停水[点我](https://evil.example) <script>alert(1)</script>"


@pytest.fixture
def spoken(session):
    """Two lists of a week's real titles and one hostile title, understood."""
    made = [Source(key=code, name=name, collector="hotlist", platform=code)
            for code, name in (("weibo_hot", "微博热搜榜"), ("baidu", "百度热搜榜"))]
    session.add_all(made)
    session.flush()
    titles = [line[2:] for line in TITLES]
    for source, wanted in zip(made, (titles, [*titles[:6], HOSTILE, HOSTILE + "！"]), strict=True):
        for n, title in enumerate(wanted):
            at = datetime(2025, 10, 20, 2, tzinfo=UTC) + timedelta(hours=5 * n)
            session.add(Mention(
                source_id=source.id, external_id=f"{n}", platform=source.platform, title=title, url="https://example.cn/1",
                published_at=at, day=clock.day_of(at), first_seen_at=at, last_seen_at=at, best_rank=n + 1,
            ))
    early = datetime(2025, 8, 1, 2, tzinfo=UTC)
    session.add(Mention(source_id=made[0].id, external_id="early", platform="weibo_hot", title="开学第一课", dated=True,
                        published_at=early, day=clock.day_of(early), first_seen_at=early, last_seen_at=early))
    session.commit()
    understand(session, now=datetime(2025, 10, 27, tzinfo=UTC),
               using=Reader(load_background(CATALOG / "text_background.npz"), None))
    return session


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value.columns)


def words(app):
    return " ".join(element.value for kind in (app.caption, app.subheader, app.info, app.warning) for element in kind)


def test_the_topics_of_the_period_are_listed_and_counted(spoken, open_room):
    app = open_room("topics", **WEEK)
    topics = frame(app, "moved")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards["信息条数"] == "24" and cards["涉及平台"] == "2"
    assert topics["mentions"].is_monotonic_decreasing and topics["rank"].iloc[0] == 1
    assert topics["mentions"].sum() <= 24 and (topics["mentions"] > topics["folded"]).any()
    assert any("卢浮宫" in title for title in topics["title"]) and "微博热搜榜" in set(topics["first_source"])


def test_search_from_the_address_narrows_the_list(spoken, open_room):
    app = open_room("topics", q="杨振宁", **WEEK)
    assert all("杨振宁" in title for title in frame(app, "moved")["title"])
    app = open_room("topics", q="没有这个词", **WEEK)
    assert "没有这个词" in app.info[0].value and not app.dataframe


def test_a_link_opens_one_topic_and_the_way_back(spoken, open_room):
    app = open_room("topics", **WEEK)
    topic = next(id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title)
    app = open_room("topics", topic=str(topic), **WEEK)
    items = frame(app, "reprints")
    assert items["title"].str.contains("卢浮宫").all() and items["reprints"].iloc[0] == 1
    assert "来源：微博热搜榜" in words(app).replace("\\", "")
    next(button for button in app.button if button.label == "返回全部话题").click().run()
    assert not app.exception and "topic" not in app.query_params
    assert len(frame(app, "moved"))


def topic_ids(session):
    from core.query import opinion
    from core.query.scope import Filter

    frame = opinion.hot(session, Filter(date(2025, 10, 20), date(2025, 10, 26)))
    return list(zip(frame["topic_id"], frame["title"], strict=True))


def test_subjects_are_listed_and_a_topic_shows_its_relatives_and_its_history(spoken, open_room):
    ids = dict((title, id_) for id_, title in topic_ids(spoken))
    chosen = [ids[title] for title in ids if "卢浮宫" in title or "高市" in title][:2]
    group = TopicGroup(title="一个议题", first_at=datetime(2025, 10, 20, tzinfo=UTC),
                       last_at=datetime(2025, 10, 26, tzinfo=UTC), topics=2)
    spoken.add(group)
    spoken.flush()
    for id_ in chosen:
        topic = spoken.get(Topic, id_)
        topic.group_id, group.mentions = group.id, group.mentions + topic.mentions
    spoken.add(TopicChange(topic_id=chosen[0], at=datetime(2025, 10, 21, tzinfo=UTC), kind="drifted", before="早先",
                           after="后来"))
    bump(spoken, datetime(2025, 10, 27, tzinfo=UTC))
    spoken.commit()
    app = open_room("topics", level="议题", **WEEK)
    shown = frame(app, "names")
    assert shown["title"].tolist() == ["一个议题"] and shown["topics"].tolist() == [2]
    app = open_room("topics", topic=str(chosen[0]), **WEEK)
    relatives = next(table.value for table in app.dataframe if list(table.value.columns)[:2] == ["title", "mentions"])
    assert relatives["title"].tolist() == [spoken.get(Topic, chosen[1]).title]
    assert frame(app, "words")["words"].tolist() == ["焦点由“早先”转到“后来”"]


def test_markup_in_a_collected_title_is_shown_as_text(spoken, open_room):
    topic = next(id_ for id_, title in topic_ids(spoken) if title.startswith("东街停水"))
    app = open_room("topics", topic=str(topic), **WEEK)
    title = app.subheader[0].value if app.subheader[0].value != "筛选" else app.subheader[1].value
    assert "[点我](" not in title and "<script" not in title and "东街停水" in title


@pytest.mark.parametrize("bad", ["999999", "abc", "-1", "9" * 40, "1;drop table topic", "²"])
def test_a_link_to_no_topic_says_so_and_shows_the_list(spoken, open_room, bad):
    app = open_room("topics", topic=bad, **WEEK)
    assert any("找不到" in warning.value for warning in app.warning)
    assert len(frame(app, "moved"))


def test_an_empty_period_names_the_days_that_have_something(spoken, open_room):
    app = open_room("topics", period="上月")
    assert "2025-08-01 至 2025-10-23" in app.info[0].value and not app.dataframe


def test_before_anything_is_collected_the_room_says_what_to_do(open_room):
    app = open_room("topics")
    assert "采集源" in app.info[0].value and not app.exception
