"""Routine reports on opinion: what they say of much, little and nothing, of what is known and what is not."""

from datetime import date, timedelta

import pytest

from core import clock, db, incidents
from core.faults import BadInput
from core.models import Alert, AlertRule, Run, Sense, Watch, WatchHit
from core.periods import Period
from core.report import opinion, proof
from core.report.outline import Order
from tests.report.incident_cases import HOUR, NOW, Case, said, table, titles

DAY = timedelta(days=1)
HALF = Period.parse("2026-W09b")
"""26 February to 1 March 2026."""
AFTER = clock.instant(HALF.last + DAY, 8)
BEGIN = clock.instant(HALF.first)


def build(period=HALF, now=AFTER, scope="all", parts=()):
    with db.session() as session:
        content = opinion.build(session, Order("opinion", period, scope=scope, parts=parts), now)
    assert proof.unfounded(content) == []
    return content


@pytest.fixture
def case(session):
    return Case(session)


def hear(case, first, last, state="ok"):
    """Both sources were asked on every one of these days."""
    for day in clock.days(first, last):
        for of in (case.weibo, case.news):
            case.session.add(Run(job="collect", source_id=of.id, started_at=clock.instant(day, 20), state=state))
    case.session.commit()


@pytest.fixture
def water(case):
    """Two half weeks of 10 and 20 items; the second one with a topic that is bad, risky, and much thought of."""
    hear(case, date(2026, 2, 20), HALF.last)
    before = BEGIN - DAY
    case.say([f"西街停电{n}" for n in range(8)], before, case.topic("西街停电", before))
    about = case.topic("东街停水", before)
    case.say(["东街停水预告"] * 2, before, about)
    first = case.say(["东街停水", "停水了"], BEGIN + 9 * HOUR, about)
    most = case.say([f"还没来水{n}" for n in range(12)], BEGIN + DAY, about)
    last = case.say(["东街供水恢复"] * 4, BEGIN + 2 * DAY, about, media=True)
    case.say(["花市"] * 2, BEGIN + DAY, case.topic("花市开幕", BEGIN))
    case.feel([*first, *most], "负面")
    case.feel(last, "中性")
    case.risk(most[0], 80)
    case.risk(most[1], 45)
    sense = case.session.get(Sense, most[0].id)
    sense.unit_id, sense.town = case.water.id, "青山街道"
    case.session.commit()
    case.views(about, [("诉求建议", most), ("其他", first)], [("其他", last)])
    return about, most


def test_a_half_week_is_a_brief_with_its_number_and_everything_beside_the_one_before(case, water):
    content = build()
    text = said(content)
    assert (content.layout, content.kind, content.number) == ("brief", "舆情半周报", "2026年第18期")
    assert content.title == "2026年第9周后半周本区网络舆情半周报" and content.masthead == "本区舆情半周报"
    assert (content.subject.period, content.subject.scope) == ("2026-W09b", "all")
    assert "2月26日至3月1日，共监测到舆情信息20条（合并转载后16篇），涉及2个平台，环比增长100.0%。" in text
    assert "敏感信息2条（另有2条尚未判读），比上期增加2条，其中高风险1条。" in text
    assert "形成热点话题2个，最热的是“东街停水”（18条）。" in text
    assert "网民信息16条（已判读14条），均为负面；媒体信息4条，均为中性。" in text
    assert "未发出预警，没有在办或新立的事件" in text
    assert "2月27日（周五）最高，为14条" in text and "从平台看，微博16条、占80.0%，晨报4条、占20.0%。" in text
    assert "本期信息18条、排名第1，较上期上升1位。首发于微博·青山话题（微博）" in text
    assert "网民观点有2类，最集中的是“还没来水0”（12条，占85.7%）。媒体观点主要是“东街供水恢复”（4条）。" in text
    assert "高风险信息中有1条尚未归入事件" in text and "（微博，风险分80，青山街道、水务局）" in text
    rows = {row[0]: row[1:] for row in table(content, "主要指标")}
    assert rows["舆情信息（条）"] == (20, 10, 10, "增长100.0%")
    assert [row[:3] for row in table(content, "热点话题")] == [(1, "↑1", "东街停水"), (2, "新上榜", "花市开幕")]
    assert table(content, "采集覆盖情况")[0] == (8, 8, 1.0, 0)
    assert content.sections[-1].role == "annex" and "上期为3天，本期为4天" in content.to_json()


def test_what_is_wanted_comes_in_its_order_and_a_longer_one_has_its_tables_in_place(case, water):
    week = build(Period.parse("2026-W09"), parts=("sensitive", "topics"))
    assert week.layout == "report" and week.title == "2026年第9周本区网络舆情周报"
    assert [one.title for one in week.sections][:4] == ["本周概况", "敏感信息", "热点话题", "数据来源与说明"]
    assert "本周敏感信息2条" in said(week, "敏感信息") and "按街镇分布" in titles(week)
    with pytest.raises(BadInput, match="没有“weather”这一部分"):
        build(parts=("weather",))


def test_a_quiet_period_says_so_only_where_enough_was_heard(case):
    hear(case, date(2026, 2, 20), HALF.last)
    text = said(build())
    assert "2月26日至3月1日，未监测到舆情信息（采集覆盖率100.0%）。本期未发出预警" in text.replace("\n", "")
    assert "没有需要立即采取措施的情形" in text
    assert [one.title for one in build().sections] == ["本期概况", "工作建议", "数据与主要信息"]


@pytest.mark.parametrize(("until", "words"), [
    (date(2026, 2, 25), "没有采集到任何数据（应采集8个来源日，实际采集到0个），不能据此判断有无舆情。"),
    (date(2026, 2, 26), "采集覆盖率仅为25.0%，已采集到的数据中没有舆情信息，不能据此认为没有舆情"),
])
def test_where_too_little_was_heard_nothing_is_claimed(case, until, words):
    hear(case, date(2026, 2, 20), until)
    hear(case, until + DAY, HALF.last, "failed")
    content = build()
    assert words in said(content) and "未监测到" not in said(content) and "尽快恢复缺数来源的采集" in said(content)


def test_nothing_at_all_is_no_silence(session):
    assert "没有采集到任何数据（没有可供采集的舆情来源），不能据此判断有无舆情。" in said(build())


def test_a_day_goes_by_hours_and_one_that_is_not_over_is_compared_with_nothing(case):
    hear(case, date(2026, 2, 20), date(2026, 3, 1))
    case.say(["早"] * 3, clock.instant(date(2026, 3, 2), 9), case.topic("早市", NOW - 5 * HOUR))
    content = build(Period.parse("2026-03-02"), now=NOW)
    text = said(content)
    assert "3月2日（统计至3月2日12时），共监测到舆情信息3条" in text and "环比" not in text
    assert "信息最集中的时段为9时至12时，为3条。" in text and content.number == "2026年第61期"
    assert "当日尚未结束，不作环比、同比" in content.to_json()
    with pytest.raises(BadInput, match="还没有开始"):
        build(Period.parse("2026-03-03"), now=NOW)


def test_incidents_and_warnings_stand_as_at_the_end_of_the_period(case, water, session):
    about, most = water
    row = case.open_(most[:1], [about.id], now=BEGIN + DAY, unit_id=case.water.id)
    incidents.assign(session, row.id, case.water.id, "核实原因", due_at=BEGIN + 2 * DAY, who="王敏", now=BEGIN + DAY)
    rule = AlertRule(name="高风险", subject="mention", level="orange", since=BEGIN, at=BEGIN)
    session.add(rule)
    session.flush()
    for n, seen in enumerate((BEGIN + 30 * HOUR, AFTER + DAY)):
        session.add(Alert(rule_id=rule.id, group=f"mention:{n}", level="orange", at=BEGIN + DAY, arrived_at=BEGIN,
                          title=f"还没来水{n}", seen_at=seen, state="seen", seen_by="王敏"))
    session.commit()
    case.advance(row, "answered", AFTER + DAY)  # later than what is told
    text = said(build(now=AFTER + 3 * DAY))
    assert "本期发出预警2次，已确认1次；新立事件1件，期末在办1件。" in text
    assert "交办任务超期未反馈1项" in text and "期末处于“发现”环节" in text and "督促水务局尽快反馈" in text
    assert "期末已确认1次，尚有1次未确认，确认用时的中位数为6小时" in text.replace("6.0小时", "6小时")
    assert "已立为" not in text and "高风险信息中有" not in text


def test_a_unit_and_a_watch_have_their_own_items(case, water, session):
    content = build(scope=f"unit:{case.water.id}")
    assert "共监测到涉及水务局的舆情信息1条" in said(content) and content.title.endswith("半周报（水务局）")
    watch = Watch(name="供水", query="停水", at=NOW)
    session.add(watch)
    session.flush()
    session.add_all(WatchHit(watch_id=watch.id, mention_id=one.id) for one in water[1][:5])
    session.commit()
    assert "关注方案“供水”共监测到信息5条" in said(build(scope=f"watch:{watch.id}"))
    assert dict(opinion.scopes(session))[f"watch:{watch.id}"] == "关注方案“供水”"
    for wrong in ("unit:999", "board:1", "unit:x"):
        with pytest.raises(BadInput):
            build(scope=wrong)


@pytest.mark.parametrize(("code", "number"), [
    ("2026-12-31", 365), ("2026-W48a", 95), ("2026-W48b", 96), ("2026-W48", 48), ("2026-11b", 22), ("2026-11", 11),
    ("2026Q4", 4), ("2026", 1), ("2025-W01a", 1),
])
def test_periods_are_counted_within_their_year(code, number):
    assert (Period.parse(code).number, Period.parse(code).year) == (number, int(code[:4]))
