"""By when an answer is due, and how far a problem goes, with the grounds."""

from datetime import UTC, date, datetime

import pytest

from core import clock, labels
from core.opinion.demand_rules import One, Reach, deadline, rules, standing

REACH = Reach(people=2, many=2, region=3, share=0.6, sector=6, towns=3)


@pytest.mark.parametrize(("day", "number", "last"), [
    (date(2026, 3, 2), 5, date(2026, 3, 9)),     # Monday: the weekend in between doesn't count
    (date(2026, 3, 6), 1, date(2026, 3, 9)),
    (date(2026, 2, 13), 5, date(2026, 2, 27)),   # Spring Festival, with Saturday the 14th and the 28th worked
])
def test_working_days_leave_out_holidays_and_count_worked_weekends(day, number, last):
    assert deadline(clock.instant(day, 10), number) == clock.instant(last, 23, 59, 59)


def test_each_kind_has_its_days():
    assert set(rules().days) == set(labels.DEMAND_KINDS)
    due, why = rules().due(datetime(2026, 3, 2, 2, tzinfo=UTC), "咨询")
    assert due == clock.instant(date(2026, 3, 9), 23, 59, 59) and "5 个工作日" in why
    assert rules().due(datetime(2026, 3, 2, 2, tzinfo=UTC), "没有这种")[0] is None


def some(*ones: str) -> list[One]:
    """`甲1`: street 甲, caller 1; `甲?`: an unknown caller; `-1`: an unknown street."""
    return [One(one[0].strip("-"), one[1].strip("?")) for one in ones]


@pytest.mark.parametrize(("ones", "level"), [
    (some("甲1"), "single"), (some("甲1", "甲1", "甲1"), "single"), (some("甲1", "乙2"), "many"),
    (some("-1", "-2", "-3"), "many"), (some("甲1", "甲2", "甲3"), "region"), (some("甲1", "甲1", "甲1", "乙2"), "many"),
    (some("甲1", "甲2", "乙3", "乙4", "丙5", "丁6"), "sector"),
    (some("甲1", "甲2", "甲3", "甲4", "乙5", "丙6"), "region"),
    (some("甲1", "甲2", "乙3", "乙4", "丙5"), "many"),
])
def test_levels(ones, level):
    found = standing(ones, REACH)
    assert found.level == level and found.why.startswith((f"{len(ones)} 件", "只有 1 件"))


def test_callers_that_are_not_known_make_the_number_of_people_a_bound():
    found = standing(some("甲1", "甲1", "甲?", "甲?"), REACH)
    assert (found.people, found.vague) == (3, True) and "至多 3 人" in found.why
    assert not standing(some("甲1", "甲2"), REACH).vague


def test_the_packaged_thresholds_are_in_order():
    reach, fold = rules().reach, rules().fold
    assert reach.many <= reach.region <= reach.sector and 0.5 < reach.share <= 1
    assert fold.same_spot < fold.same_town < fold.unknown <= fold.other_town
