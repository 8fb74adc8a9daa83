"""Reports on topics: one, several, a subject; over their life or a period; with and without a forecast."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from core import clock, db, incidents, outlook
from core.faults import BadInput
from core.models import Edition, Outlook, Topic, TopicGroup
from core.report import behind, editions, proof, topic
from core.report.content import Chart
from core.report.opinion_parts import Words
from core.settings import settings
from tests.report.incident_cases import HOUR, NOW, Case, said, table, titles
from tests.report.walking import walked

DAY = timedelta(days=1)


@pytest.fixture
def case(session):
    return Case(session)


def build(*topics, now=NOW, **more):
    with db.session() as session:
        content = topic.build(session, [one.id for one in topics], now=now, **more)
    assert proof.unfounded(content) == []
    return content


@pytest.fixture
def water(case):
    """A topic of three days: 2, 12, 4 items of netizens, the last ones in a paper."""
    about = case.topic(at=NOW - 2 * DAY)
    first = case.say(["东街停水", "停水了"], NOW - 2 * DAY, about)
    most = case.say([f"还没来水{n}" for n in range(12)], NOW - DAY, about)
    last = case.say(["东街供水恢复"] * 4, NOW - 2 * HOUR, about, media=True)
    case.feel([*first, *most], "负面")
    case.feel(last, "中性")
    case.risk(most[0], 80)
    case.risk(most[1], 20)
    case.views(about, [("诉求建议", most), ("其他", first)], [("其他", last)])
    return about


def test_one_topic_over_its_life(case, water):
    content = build(water)
    text = said(content)
    assert content.title == "关于“东街停水”的热点专题报告" and content.layout == "report"
    assert (content.subject.kind, content.subject.period) == ("topic", "全程")
    assert content.subject.scope == f"topic:{water.id}"
    assert "2月28日至3月2日，话题“东街停水”共有信息18条（合并转载后15篇），涉及2个平台。" in text
    assert "已采集到的最早信息由微博·青山话题（微博）于2月28日12时发布，标题为“东街停水”。" in text
    assert "信息先后传至晨报（3月2日10时）。从平台看，微博14条、占77.8%，晨报4条、占22.2%。" in text
    assert "转载最多的是晨报的《东街供水恢复》，同文信息4条。" in text
    assert "3月1日（周日）由" not in text and "从时间看，3月1日（周日）最高，为12条" in text
    assert "网民信息14条，均为负面；媒体信息4条，均为中性。" in text
    assert "已判读风险的信息18条，其中高风险1条、占5.6%，低风险1条、占5.6%。" in text and "社会民生（2条）" in text
    assert "（依据：有高风险信息1条，尚未立为事件）" in text and "（依据：网民信息中负面占100.0%）" in text
    assert table(content, "传播关键节点")[0][2] == "最早信息"
    chart = next(block for section in content.sections for block in section.blocks if isinstance(block, Chart))
    on = chart.labels.index(date(2026, 3, 1))
    assert {one.name: one.values[on] for one in chart.series} == {"微博": 12, "晨报": 0}
    assert "不作预测" in content.to_json() and "信息清单" in titles(content)


def test_a_day_that_is_not_over_is_no_fall(case):
    about = case.topic("西街停电", NOW - 2 * DAY)
    for many, ago in ((20, 48), (21, 24), (3, 2)):
        case.say(["西街停电"] * many, NOW - ago * HOUR, about, step=timedelta(minutes=1))
    assert "回落" not in said(build(about), "走势")
    later = said(build(about, now=NOW + DAY), "走势")
    assert "3月1日（周日）最高，为21条；3月2日（周一）由前几日均值20.5条回落到3条" in later


def test_a_period_holds_its_own_items_only(case, water):
    content = build(water, first=date(2026, 3, 1), last=date(2026, 3, 1))
    text = said(content)
    assert content.subject.period == "2026-03-01_2026-03-01"
    assert "3月1日，话题“东街停水”共有信息12条，均见于微博。" in text and "信息集中在同一天内" in text
    assert "近24小时" not in text and "期末24小时新增信息12条" in text
    assert "观点按话题全程的信息归纳" in content.to_json()


def test_a_period_without_items_says_so(case, water):
    content = build(water, first=date(2026, 1, 1), last=date(2026, 1, 3))
    assert said(content, "摘要") == "1月1日至1月3日，话题“东街停水”没有采集到信息。"
    assert [section.title for section in content.sections] == ["摘要", "统计口径与数据覆盖"]


def test_several_topics_and_a_subject(case, water, session):
    other = case.topic("西街停电", NOW - DAY)
    case.say(["西街停电"], NOW - DAY, other)
    content = build(other, water)
    assert content.title == "关于“东街停水”等2个话题的热点专题报告"
    assert content.subject.scope == f"topics:{min(water.id, other.id)}-{max(water.id, other.id)}"
    assert [row[1:3] for row in table(content, "话题构成")] == [("东街停水", 18), ("西街停电", 1)]
    assert "共有信息19条" in said(content) and "后续走势预测" not in content.to_json()
    group = TopicGroup(title="停水停电", first_at=NOW, last_at=NOW, mentions=19, topics=2)
    session.add(group)
    session.flush()
    for one in (water, other):
        session.get(Topic, one.id).group_id = group.id
    session.commit()
    content = build(group=group.id)
    assert content.title == "关于“停水停电”议题的热点专题报告" and content.subject.scope == f"subject:{group.id}"
    assert "议题“停水停电”（含2个话题）共有信息19条" in said(content)


def test_a_merged_topic_is_the_one_that_it_was_merged_into(case, water, session):
    gone = case.topic("停水", NOW - DAY)
    session.get(Topic, gone.id).alias_of = water.id
    session.commit()
    assert build(gone, water).subject.scope == f"topic:{water.id}"


@pytest.mark.parametrize(("more", "why"), [
    ({}, "还没有选择话题"), ({"topics": [999]}, "所选话题已不存在"), ({"group": 999}, "这个议题不存在"),
    ({"topics": [1], "first": date(2026, 3, 2), "last": date(2026, 3, 1)}, "统计时段不对"),
    ({"topics": [1], "first": date(2026, 3, 9), "last": date(2026, 3, 10)}, "统计时段不对"),
])
def test_what_cannot_be_told_says_why(case, water, session, more, why):
    with pytest.raises(BadInput, match=why):
        topic.build(session, more.pop("topics", ()), now=NOW, **more)


def forecast(session, about, refusal="", days=None):
    last = clock.day_of(NOW) - DAY
    days = days or [[f"{last + n * DAY}", 20.0 - n, 10.0, 30.0, 12.0] for n in range(1, 8)]
    session.add(Outlook(kind=outlook.TOPIC, key=str(about.id), day=last, made_at=NOW, method="按同类话题推算",
                        refusal=refusal, past="", days=[] if refusal else days, scale=3.0, demo=False))
    session.commit()


def test_a_forecast_is_drawn_with_its_band_and_its_record(case, water, session):
    forecast(session, water)
    content = build(water)
    assert "预计未来7天中，3月2日约19条（80%区间10至30条），最高为3月2日的约19条，3月8日约13条。" in said(content)
    assert table(content, "未来走势预测")[0][1] == date(2026, 3, 2)
    assert "尚无到期的预测可核对" in content.to_json() and "方法：按同类话题推算" in content.to_json()
    assert "（依据：预计3月2日约19条，高于当前水平）" in said(content)


def test_a_forecast_that_was_refused_is_not_drawn(case, water, session):
    forecast(session, water, "近期规律不足以预测")
    content = build(water)
    assert "不作预测：近期规律不足以预测。" in content.to_json() and "未来走势预测" not in titles(content)


def test_a_forecast_of_next_to_nothing_says_so(case, water, session):
    forecast(session, water, days=[[f"2026-03-0{n}", 0.2, 0.0, 4.0, 2.0] for n in range(2, 9)])
    assert "预计未来7天新信息很少，其中3月2日为0至4条（80%区间）。" in said(build(water))


def test_a_topic_with_an_incident_is_not_proposed_as_one(case, water, session):
    incidents.open_(session, "东街停水事件", "blue", topic_ids=[water.id], who="王敏", now=NOW)
    session.commit()
    text = said(build(water))
    assert "已立为事件处置：“东街停水事件”。" in text and "尚未立为事件" not in text


def test_a_persons_words_are_marked(case, water):
    content = build(water, words=Words(summary="东街停水，已恢复。"), by="王敏")
    assert said(content, "摘要").startswith("东街停水，已恢复。") and "摘要由王敏改定" in content.to_json()


def test_quotations_of_a_summary_are_verbatim_and_named(case, water, session):
    from sqlalchemy import select

    from core.models import Mention, TopicView
    one = session.execute(select(Mention).where(Mention.title == "东街供水恢复")).scalars().first()
    view = session.get(TopicView, water.id)
    view.content = view.content | {"summary": [{"mention": one.id, "start": 0, "end": 6, "text": "东街供水恢复"},
                                               {"mention": one.id, "start": 0, "end": 4, "text": "已经改掉"}]}
    session.commit()
    assert "据晨报：“东街供水恢复”。" in said(build(water), "摘要") and "已经改掉" not in said(build(water))


def test_issued_again_it_is_the_next_version_and_its_files_are_made_again(case, water, session):
    def publish(now):
        return editions.publish(lambda reading: topic.build(reading, [water.id], now=now), by="王敏", now=now)

    first = publish(NOW)
    assert publish(NOW).id == first.id and publish(NOW + HOUR).version == 2
    for suffix in editions.FORMATS:
        name, body = editions.body(session, first.id, suffix)
        (settings().reports_dir / name).unlink()
        assert editions.body(session, first.id, suffix) == (name, body)
    assert name.startswith("本区_网络舆情_全程_热点专题报告_东街停水_v1")
    assert editions.read(session.get(Edition, first.id)).is_demo is False


def test_every_number_comes_to_what_stands_behind_it(case, water, session):
    other = case.topic(at=NOW - DAY)
    case.say(["西街也停水了", "西街停水"], NOW - DAY, other)
    for content in (build(water), build(water, other), build(water, first=NOW.date() - DAY, last=NOW.date())):
        assert walked(session, content) > 20
    assert not behind.told(replace(build(water), subject=replace(build(water).subject, kind="correction")))


def test_a_text_that_came_after_the_report_is_told_beside_its_figure(case, water, session):
    content = build(water)
    one = behind.number(content, "总体情况//信息量")
    case.say(["又停水了"], NOW - HOUR, water)
    session.commit()
    with db.session() as other:
        found = behind.read(other, behind.source(content, one), one.text)
    assert (found.agrees, found.value) == (False, 19)
