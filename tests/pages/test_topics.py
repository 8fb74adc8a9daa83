"""The topics room: the list of a period, one topic behind its link, and what is said when there is nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import bump
from core.db import session as session_of
from core.models import Edition, Mention, Source, Topic, TopicChange, TopicGroup
from core.opinion.features import load_background
from core.report import editions
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


# --- The period, the order, the figures -------------------------------------------------------------------------------


@pytest.mark.parametrize(("span", "on", "shown", "items"), [
    ("日", "2025-10-20", "2025-10-20", 6), ("周", "2025-10-22", "2025-10-20 至 2025-10-26", 24),
    ("月", "2025-10-01", "2025年10月", 24), ("月", "2025-08-31", "2025年8月", 1), ("月", "nonsense", "2025年10月", 24),
])
def test_a_day_a_week_or_a_month_is_chosen_in_the_address(spoken, open_room, span, on, shown, items):
    app = open_room("topics", span=span, on=on, **WEEK)
    assert any(shown in markdown.value for markdown in app.markdown)
    assert {metric.label: metric.value for metric in app.metric}["信息条数"] == str(items)


def test_steps_lead_to_the_period_before_and_after_but_not_beyond_today(spoken, open_room):
    app = open_room("topics", span="周", on="2025-10-22", **WEEK)
    app.button(key="span_before").click().run()
    assert app.query_params["on"] in ("2025-10-19", ["2025-10-19"]) and any(
        "2025-10-13 至 2025-10-19" in markdown.value for markdown in app.markdown)
    for _ in range(2):
        app.button(key="span_after").click().run()
    assert app.query_params["on"] in ("2025-10-27", ["2025-10-27"])
    today = clock.day_of(clock.now()).isoformat()
    assert open_room("topics", span="日", on=today).button(key="span_after").disabled


def test_figures_say_what_is_known_and_a_dash_where_nothing_is(spoken, open_room):
    (topic,) = {id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title}
    first = spoken.execute(select(Mention).where(Mention.topic_id == topic).order_by(Mention.id)).scalars().first()
    first.figures, first.heat = {"reads": [100_001, -1]}, 7
    bump(spoken, datetime(2025, 10, 27, tzinfo=UTC))
    spoken.commit()
    shown = frame(open_room("topics", order="点击量", **WEEK), "moved")
    assert "卢浮宫" in shown["title"].iloc[0] and shown["clicks"].iloc[0] == "≥10万"
    assert 0 < shown["covered"].iloc[0] < 1
    assert set(shown["clicks"].iloc[1:]) == {"—"} and (shown["news"] == 0).all() and (shown["posts"] == 0).all()


def test_an_order_that_there_is_not_is_dropped(spoken, open_room):
    shown = frame(open_room("topics", order="没有这一项", **WEEK), "moved")
    assert shown["mentions"].is_monotonic_decreasing


# --- What people decide -----------------------------------------------------------------------------------------------


def submit(app, key, label):
    next(button for button in app.button if key in (button.key or "") and button.label == label).click().run()
    assert not app.exception


def test_a_topic_is_renamed_pinned_and_stands_first(spoken, open_room):
    id_, _ = topic_ids(spoken)[-1]
    app = open_room("topics", topic=str(id_), **WEEK)
    app.text_input(key="topic_title_0").set_value("人工名称")
    submit(app, "topic_rename", "保存")
    assert "人工名称" in words(app) and any("人工命名" in markdown.value for markdown in app.markdown)
    app.button(key="topic_pin_1").click().run()
    shown = frame(open_room("topics", **WEEK), "moved")
    assert shown["title"].iloc[0] == "人工名称" and shown["mark"].iloc[0] == "置顶"
    app.button(key="topic_undo_last_2").click().run()
    assert frame(open_room("topics", **WEEK), "moved")["title"].iloc[0] != "人工名称"


def test_a_topic_is_hidden_with_a_reason_and_found_again(spoken, open_room):
    id_, title = topic_ids(spoken)[0]
    app = open_room("topics", topic=str(id_), **WEEK)
    submit(app, "topic_hide", "隐藏")
    assert "理由还没有填写" in app.error[0].value
    app.text_input(key="topic_why_0").set_value("与本区无关")
    submit(app, "topic_hide", "隐藏")
    app = open_room("topics", **WEEK)
    assert title not in set(frame(app, "moved")["title"])
    hidden = frame(open_room("topics", hidden="true", **WEEK), "moved")
    assert hidden["title"].tolist() == [title] and hidden["hidden_why"].tolist() == ["与本区无关"]
    app = open_room("topics", topic=str(id_), **WEEK)
    app.button(key="topic_show_0").click().run()
    assert title in set(frame(open_room("topics", **WEEK), "moved")["title"])


def test_topics_are_merged_and_taken_apart_again(spoken, open_room):
    (one, _), (other, title) = topic_ids(spoken)[:2]
    app = open_room("topics", topic=str(one), **WEEK)
    app.text_input(key="topic_merge_search_0").set_value(title[:4]).run()
    app.selectbox(key="topic_merge_other_0").select(int(other)).run()
    submit(app, "topic_merge_0", "合并 2 个话题")
    assert any("已合并为" in success.value for success in app.success)
    assert frame(app, "words")["kind"].iloc[0] == "并入"
    spoken.expire_all()
    assert spoken.get(Topic, max(one, other)).alias_of == min(one, other) or (
        spoken.get(Topic, min(one, other)).alias_of == max(one, other))
    app.button(key="topic_undo_last_1").click().run()
    spoken.expire_all()
    assert spoken.get(Topic, int(one)).alias_of is spoken.get(Topic, int(other)).alias_of is None


def test_ticked_texts_become_a_topic_of_their_own(spoken, open_room):
    id_ = next(id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title)
    app = open_room("topics", topic=str(id_), **WEEK)
    app.toggle(key="pick_items").set_value(True)
    app.session_state[f"members_{id_}_many_0"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.text_input(key="topic_split_title_0").set_value("另一件事")
    submit(app, "topic_split", "拆出所选 1 篇")
    made = spoken.execute(select(Topic).where(Topic.title == "另一件事")).scalar_one()
    assert made.mentions >= 1 and any("另一件事" in success.value for success in app.success)


def test_the_timeline_says_where_a_topic_began_and_why(spoken, open_room):
    id_ = next(id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title)
    app = open_room("topics", topic=str(id_), **WEEK)
    line = next(markdown.value for markdown in app.markdown if "首发" in markdown.value)
    assert "最早的一条" in line and "百度热搜首条" in line


# --- 专题报告 -------------------------------------------------------------------------------------------------------


@pytest.fixture
def light(monkeypatch):
    """Issued as Excel alone, which is quick."""
    for suffix in set(editions.FORMATS) - {"xlsx"}:
        monkeypatch.delitem(editions.FORMATS, suffix)


def test_a_topic_has_a_report_that_is_issued(spoken, open_room, light):
    topic = next(id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title)
    app = open_room("topics", topic=str(topic), **WEEK)
    next(one for one in app.button if one.key == "topic_report_open").click().run()
    assert not app.exception and app.query_params["report"] == "本话题"
    shown = " ".join(one.value for one in app.markdown).replace("\\", "")
    assert "的热点专题报告" in shown and "已采集到的最早信息由微博热搜榜" in shown and "热榜条目" in shown
    next(one for one in app.button if one.key and one.key.endswith("_issue")).click().run()
    assert not app.exception and "可在报告中心查阅" in app.success[0].value
    with session_of() as session:
        made = session.execute(select(Edition)).scalars().one()
        assert (made.kind, made.period, made.scope) == ("topic", "全程", f"topic:{topic}")
    next(one for one in app.button if one.key == "topic_report_back").click().run()
    assert not app.exception and "report" not in app.query_params and len(frame(app, "reprints"))


def test_a_report_may_hold_several_topics_and_days_of_ones_own(spoken, open_room):
    topic = next(id_ for id_, title in topic_ids(spoken) if "卢浮宫" in title)
    app = open_room("topics", topic=str(topic), report="多个话题", **WEEK)
    assert not app.exception
    others = next(one for one in app.multiselect if one.label == "并入的话题")
    assert others.options
    others.set_value([next(id_ for id_, _ in topic_ids(spoken) if id_ != topic)]).run()
    assert not app.exception
    assert "等2个话题的热点专题报告" in " ".join(one.value for one in app.markdown).replace("\\", "")
    period = next(one for one in app.segmented_control if one.label == "时段")
    period.set_value("自选").run()
    assert not app.exception
    app.date_input[0].set_value((date(2025, 10, 1), date(2025, 10, 2))).run()
    assert not app.exception
    assert "没有采集到信息" in " ".join(one.value for one in app.markdown).replace("\\", "")
