"""Figures of demands: shares with both their numbers, what is overdue, problems and how far they go, the address."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import incidents
from core.demands import deeds
from core.faults import BadInput
from core.models import Unit
from core.query import demands as query
from core.query.demands import DemandFilter
from tests.asked import bring, order, place

NOW = datetime(2026, 3, 30, 2, tzinfo=UTC)
MARCH = DemandFilter(date(2026, 3, 1), date(2026, 3, 31))
LIFT = {"诉求内容": "桂园新村电梯停运多日，没有人维修", "诉求类型": "投诉", "承办单位": "区水务局"}
DONE = {"办理状态": "已办结", "答复内容": "已处理"}


@pytest.fixture
def asked(session):
    """March: three about a lift (two by the same caller), a road, a question without a state, one of February."""
    place(session, NOW)
    bring(session, [
        order("G1", "桂园新村电梯故障", 来电号码="13812345671", **LIFT, **DONE, 答复时间="2026-03-05 10:00",
              满意度="满意"),
        order("G2", "桂园新村电梯又坏了", "2026-03-09 09:00", 来电号码="13812345671", 办理状态="办理中", **LIFT),
        order("G3", "桂园新村电梯困人", "2026-03-10 09:00", 来电号码="13812345672", **LIFT, **DONE,
              答复时间="2026-03-29 10:00", 满意度="不满意"),
        order("G4", "白水公路路面坑洼", "2026-03-11 09:00", 诉求内容="道路破损", 诉求类型="求助", **DONE,
              满意度="未评价"),
        order("G5", "咨询居住证", "2026-03-12 09:00", 诉求类型="咨询"),
        order("G6", "退回的", "2026-03-02 09:00", 诉求类型="投诉", 办理状态="退回"),
        order("G0", "二月的停水", "2026-02-10 09:00", 诉求类型="投诉", 办理状态="办理中"),
    ], NOW)
    return session


def test_every_share_has_its_numerator_and_denominator(asked):
    one = query.overview(asked, MARCH, NOW).totals
    assert (one.total, one.before) == (6, 1)
    assert (one.called, one.repeats) == (3, 1), "of those with a caller"
    assert (one.tracked, one.overdue) == (5, 1), "the question says nothing of its handling; what was sent back is over"
    assert (one.due, one.in_time, one.untimed) == (3, 1, 1), "G1 in time, G3 late, G2 overdue; G4 at no known time"
    assert (one.closed, one.rated, one.pleased) == (3, 2, 1), "未评价 is no verdict"


def test_what_is_overdue_is_listed_by_unit_with_its_days(asked):
    found = query.urged(asked, MARCH, NOW)
    assert found["number"].tolist() == ["G2"] and found["unit"].tolist() == ["云澜区水务局"]
    due = query.one(asked, int(found["id"][0]), NOW).row.due_at
    assert found["over"][0] == (NOW - due).days + 1 == 7
    assert query.urged(asked, MARCH, NOW - timedelta(20)).empty, "before it was due"


def test_parts_add_up_and_say_what_was_before(asked):
    seen = query.overview(asked, MARCH, NOW)
    for part in (seen.fields, seen.towns, seen.units):
        assert part["total"].sum() == 6 == seen.days["value"].sum() == seen.weeks["value"].sum()
    towns = seen.towns.set_index("name")
    assert towns.loc["青山街道", ["total", "due", "in_time"]].tolist() == [3, 3, 1]
    assert query.NOWHERE in towns.index and query.NOBODY in set(seen.units["name"])
    units = seen.units.set_index("name")
    assert units.loc["云澜区水务局", "rate"] == pytest.approx(1 / 3)
    assert units["rate"].isna()[query.NOBODY], "nothing is known of theirs, and that is not 0"


@pytest.mark.parametrize(("change", "numbers"), [
    ({"kinds": ("求助",)}, ["G4"]), ({"fields": ("住房城建",)}, ["G3", "G2", "G1"]),
    ({"fields": ("住房城建/电梯",), "states": ("办理中",)}, ["G2"]), ({"towns": ("白水镇",)}, ["G4"]),
    ({"towns": (query.NOWHERE,)}, ["G5", "G6"]), ({"states": (query.UNSAID,)}, ["G5"]),
    ({"overdue": True}, ["G2"]), ({"words": "电梯 困人"}, ["G3"]), ({"words": "100%_"}, []), ({"words": "G4"}, ["G4"]),
    ({"satisfied": ("未评价",)}, ["G4"]), ({"levels": ("region",)}, ["G3", "G2", "G1"]), ({"units": ("0",)}, [
        "G5", "G6"]),
])
def test_filters(asked, change, numbers):
    where = DemandFilter(MARCH.start, MARCH.end, **change)
    assert query.demands(asked, where, NOW)["number"].tolist() == numbers
    assert DemandFilter.from_params(where.to_params(), MARCH.start, MARCH.end) == where, "a link brings it back"


@pytest.mark.parametrize("said", [{"kinds": "没有"}, {"units": "一"}, {"levels": "x"}, {"states": "好"}])
def test_what_a_link_made_up_is_refused(said):
    with pytest.raises(BadInput, match="不认识"):
        DemandFilter.from_params(said, MARCH.start, MARCH.end)


def test_problems_come_with_how_far_they_go_and_why(asked):
    found = query.problems(asked, MARCH, NOW)
    assert len(found) == 1
    one = found.iloc[0]
    assert (one["level_name"], one["now"], one["all"], one["people"], one["vague"]) == ("区域性", 3, 3, 2, False)
    assert one["why"] == "3 件、2 人，其中 3 件在青山街道" and one["where"] == "青山街道 3"
    assert sum(one["weeks"]) == 3 and (one["overdue"], round(one["overdue_share"], 2)) == (1, 0.33)
    every = query.problems(asked, MARCH, NOW, single=True)
    assert len(every) == 4 and every["level"].tolist() == ["region", "single", "single", "single"]


def test_praise_is_no_problem(session):
    place(session, NOW)
    thanks = {"诉求类型": "表扬", "诉求内容": "感谢居委会上门帮助"}
    bring(session, [order(f"G{n}", "感谢桂园新村社区", **thanks) for n in (1, 2, 3)], NOW)
    assert query.problems(session, MARCH, NOW).empty and query.overview(session, MARCH, NOW).totals.total == 3


def test_one_problem_and_one_demand_in_full(asked):
    frame = query.demands(asked, MARCH, NOW).set_index("number")
    made = incidents.open_(asked, "桂园电梯", "yellow", [int(frame.loc["G1", "mention_id"])], who="张三", now=NOW)
    asked.commit()
    found = query.problem(asked, int(frame.loc["G1", "group_id"]), NOW)
    assert found.frame["number"].tolist() == ["G3", "G2", "G1"] and found.standing.level == "region"
    assert found.towns.values.tolist() == [["青山街道", 3]] and found.places.values.tolist() == [["桂园新村", 3]]
    assert found.incidents == ((made.id, "桂园电梯"),)
    detail = query.one(asked, int(frame.loc["G2", "id"]), NOW)
    assert detail.overdue and detail.over == 7 and detail.unit == "云澜区水务局" and not detail.history
    assert set(detail.alike["why"]) == {"同一问题"} and len(detail.alike) == 2
    assert query.problem(asked, 999, NOW) is None and query.one(asked, 999, NOW) is None


def test_the_history_names_units_and_problems(asked):
    frame = query.demands(asked, MARCH, NOW).set_index("number")
    unit = asked.execute(select(Unit.id).where(Unit.name == "云澜区住建委")).scalar()
    id_ = int(frame.loc["G1", "id"])
    deeds.correct(asked, id_, "unit", str(unit), who="张三", now=NOW)
    made = deeds.move(asked, [id_], None, who="李四", now=NOW + timedelta(hours=1))
    asked.commit()
    lines = [(one.what, one.before, one.after, one.by) for one in query.one(asked, id_, NOW).history]
    assert lines[0] == ("承办单位", "云澜区水务局", "云澜区住建委", "张三")
    assert lines[1][2:] == (f"问题 {made}", "李四")


def test_a_merged_problem_is_found_by_both_numbers(asked):
    frame = query.demands(asked, MARCH, NOW).set_index("number")
    one, other = int(frame.loc["G1", "group_id"]), int(frame.loc["G4", "group_id"])
    kept = deeds.merge(asked, one, other, who="张三", now=NOW)
    asked.commit()
    gone = other if kept == one else one
    found = query.problem(asked, gone, NOW)
    assert (found.id, found.asked, len(found.frame)) == (kept, gone, 4) and found.merged[0][0] == gone


def test_choices_are_what_there_is(asked):
    offered = query.choices(asked)
    assert offered.channels == ("hotline12345",) and {"住房城建", "住房城建/电梯"} <= set(offered.fields)
    assert offered.towns == ("白水镇", "青山街道") and offered.unread == 0
    assert (offered.first, offered.last) == (date(2026, 2, 10), date(2026, 3, 12))


def test_nothing_yet_adds_up_to_nothing(session):
    seen = query.overview(session, MARCH, NOW)
    assert seen.totals.total == 0 and seen.days.empty and seen.units.empty
    assert query.problems(session, MARCH, NOW).empty and query.urged(session, MARCH, NOW).empty
    assert query.choices(session).first is None
