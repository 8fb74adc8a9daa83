"""The plan of reports: what is due when, how it stands, and the writing of what is due."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock, db, people
from core.clock import instant
from core.faults import BadInput
from core.models import Account, Coverage, Delivery, Edition, ReportRule, ReportTask, Unit
from core.periods import Period
from core.report import editions, kinds, schedule
from core.report.outline import Order
from tests.query.conftest import district, filled  # noqa: F401

MAY = datetime(2024, 5, 2, 4, tzinfo=UTC)
"""The second of May at noon, in Shanghai."""


@pytest.fixture
def planned(district):  # noqa: F811
    """The district with a plan of monthly reports of WeChat from April on."""
    return rule(name="微信月报")


def rule(**more) -> int:
    with db.session() as session:
        made = schedule.save(session, **{
            "kind": "monthly", "span": "month", "platform": "wechat", "since": date(2024, 4, 1), "who": "张三",
            "now": MAY} | more)
        session.commit()
        return made.id


def states(year=2024, now=MAY) -> dict[str, str]:
    with db.session() as session:
        return {one.period.code: one.state for one in schedule.year(session, year, now)}


def open_ones(now=MAY):
    with db.session() as session:
        return schedule.open_ones(session, now)


def test_a_year_of_monthly_reports_as_it_stands(planned):
    found = states()
    assert list(found) == [f"2024-{month:02d}" for month in range(4, 13)]
    assert found["2024-04"] == "due" and set(list(found.values())[1:]) == {"ahead"}
    assert states(now=instant(date(2024, 5, 1), 5))["2024-04"] == "ahead", "written from six o'clock"
    assert states(now=instant(date(2024, 5, 4)) - timedelta(seconds=1))["2024-04"] == "due"
    assert states(now=instant(date(2024, 5, 4), 0, 1))["2024-04"] == "late"


def test_what_is_due_is_issued_once(planned):
    (one,) = open_ones()
    assert one.order == Order("monthly", Period.parse("2024-04"), "wechat")
    assert schedule.write(one, now=MAY) == "issued"
    assert open_ones() == [] and states()["2024-04"] == "done"
    with db.session() as session:
        edition = session.execute(select(Edition)).scalar_one()
        (done,) = (one for one in schedule.year(session, 2024, MAY) if one.state == "done")
    assert (edition.kind, edition.platform, edition.period) == ("monthly", "wechat", "2024-04")
    assert edition.issued_by == "系统"
    assert (done.edition_id, done.issued_at) == (edition.id, MAY)


def test_a_report_of_too_little_is_held_and_says_why_until_the_data_are_there(planned):
    rule(name="微博月报", platform="weibo", least=100)
    late = MAY + timedelta(hours=2)
    one = next(one for one in open_ones() if one.order.platform == "weibo")
    with db.session() as session:
        share = schedule.covered(session, one.order, MAY)
    assert share is not None and share < 1, "the district has gaps"
    assert schedule.write(one, now=MAY) == "held"
    with db.session() as session:
        held = next(one for one in schedule.year(session, 2024, MAY) if one.state == "held")
        assert f"数据覆盖率{share:.1%}，低于要求的100%" in held.why and held.coverage == share
    assert not [one for one in open_ones() if one.order.platform == "weibo"], "left alone for a while"
    again = next(one for one in open_ones(late) if one.order.platform == "weibo")
    with db.session() as session:
        row = session.get(ReportRule, again.rule_id)
        row.least = 0
        session.add(row)
        session.commit()
    assert schedule.write(again, now=late) == "issued"


def test_a_report_that_is_to_be_looked_at_waits_for_a_person(planned):
    id_ = rule(name="微博月报", platform="weibo", way="review")
    one = next(one for one in open_ones() if one.rule_id == id_)
    assert schedule.write(one, now=MAY) == "review"
    with db.session() as session:
        assert next(one.state for one in schedule.year(session, 2024, MAY) if one.rule_id == id_) == "review"
        assert not session.execute(select(Edition)).first()
    assert not [one for one in open_ones(MAY + timedelta(days=1)) if one.rule_id == id_]
    editions.publish(lambda session: kinds.build(session, one.order, now=MAY), by="张三", now=MAY)
    with db.session() as session:
        assert next(one.state for one in schedule.year(session, 2024, MAY) if one.rule_id == id_) == "done"


def test_a_report_is_not_needed_this_time_and_then_it_is(planned):
    with db.session() as session:
        with pytest.raises(BadInput, match="为什么"):
            schedule.skip(session, planned, "wechat", "2024-04", "  ", who="张三", now=MAY)
        schedule.skip(session, planned, "wechat", "2024-04", "并入季报", who="张三", now=MAY)
        session.commit()
    assert states()["2024-04"] == "skipped" and open_ones() == []
    with db.session() as session:
        schedule.unskip(session, planned, "wechat", "2024-04", who="张三", now=MAY)
        session.commit()
    assert states()["2024-04"] == "due" and len(open_ones()) == 1


def test_nothing_to_report_is_passed_over_or_written_as_the_rule_says(planned):
    """A unit whose account is looked at every day and publishes nothing."""
    with db.session() as session:
        unit = Unit(name="档案馆", kind="bureau")
        session.add(unit)
        session.flush()
        account = Account(platform="wechat", external_id="gh_archive", name="云澜档案", unit_id=unit.id)
        session.add(account)
        session.flush()
        session.add_all(Coverage(account_id=account.id, day=day, state="zero")
                        for day in clock.days(date(2024, 4, 1), date(2024, 4, 30)))
        session.commit()
    for empty, state in ((False, "skipped"), (True, "issued")):
        id_ = rule(name=f"档案馆专报{empty}", kind="unit", scope=f"unit:{unit.id}", platform="", empty=empty)
        one = next(one for one in open_ones() if one.rule_id == id_)
        assert schedule.write(one, now=MAY) == state
        with db.session() as session:
            task = session.get(ReportTask, (id_, "", "2024-04"))
            assert (task.state, task.why) == (state, "" if empty else "本期没有可报的内容")


def test_what_fails_is_put_down_and_tried_three_times(planned, monkeypatch):
    def broken(*_, **__):
        raise BadInput("榜单已删除")

    monkeypatch.setattr(kinds, "build", broken)
    at = MAY
    for _ in range(schedule.TRIES):
        (one,) = open_ones(at)
        assert schedule.write(one, now=at) == "failed"
        at += timedelta(hours=2)
    assert open_ones(at) == []
    with db.session() as session:
        task = session.execute(select(ReportTask)).scalar_one()
    assert (task.state, task.why, task.tries) == ("failed", "榜单已删除", 3)


def test_an_issued_report_is_sent_where_the_rule_says_so(planned):
    with db.session() as session:
        from core import channels

        person = people.add(session, name="李四", mail="lisi@district.gov.cn", who="", now=MAY).id
        way = channels.add(session, name="邮件", kind="mail", fields={
            "host": "smtp.district.gov.cn", "user": "yqjc@district.gov.cn", "password": "x",
            "sender": "yqjc@district.gov.cn"},
            who="", now=MAY).id
        session.commit()
    id_ = rule(name="微博月报", platform="weibo", way="send", people=[person], channels=[way])
    one = next(one for one in open_ones() if one.rule_id == id_)
    assert schedule.write(one, now=MAY) == "issued"
    with db.session() as session:
        sent = session.execute(select(Delivery)).scalar_one()
    assert sent.person_id == person and sent.channels == [way]
    assert [file["name"].rpartition(".")[2] for file in sent.content["attachments"]] == ["docx", "pdf"]


def test_the_plan_that_a_district_begins_with_is_made_once(district):  # noqa: F811
    with db.session() as session:
        assert schedule.install(session, MAY) >= 2
        session.commit()
        assert schedule.install(session, MAY) == 0
        found = schedule.year(session, 2024, MAY)
    assert {one.order.platform for one in found if one.order.kind == "monthly"} >= {"wechat", "weibo"}


@pytest.mark.parametrize(("wrong", "said"), [
    ({"name": " "}, "1 到 40"), ({"span": "week"}, "没有这种周期"), ({"platform": "nowhere"}, "请选择平台"),
    ({"least": 101}, "覆盖率"), ({"way": "send"}, "发给谁"), ({"parts": ("无此章",)}, "没有“无此章”"),
])
def test_a_rule_that_cannot_be_is_refused(district, wrong, said):  # noqa: F811
    with pytest.raises(BadInput, match=said):
        rule(**{"name": "计划"} | wrong)
