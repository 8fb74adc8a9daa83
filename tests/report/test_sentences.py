from datetime import date

import pytest

from core.counts import AT_LEAST, MISSING, Count
from core.report import sentences


@pytest.mark.parametrize(("count", "words"), [
    (Count(0), "0次"), (Count(1482), "1,482次"), (Count(54_321_000, AT_LEAST), "不少于5432.1万次"),
    (Count(12_000, 500), "约1.2万次"), (MISSING, "暂无数据"),
])
def test_amounts(count, words):
    assert sentences.amount(count, "次") == words


@pytest.mark.parametrize(("now", "before", "words"), [
    (Count(110), Count(100), "环比增长10.0%"), (Count(96), Count(100), "环比下降4.0%"),
    (Count(100), Count(100), "环比持平"),
    (Count(110, AT_LEAST), Count(100), "环比增长10.0%（约）"), (Count(110), MISSING, ""), (MISSING, Count(1), ""),
    (Count(5), Count(0), ""), (Count(0), Count(0), ""), (Count(0), Count(5), "环比下降100.0%"),
])
def test_changes_say_no_more_than_the_counts_allow(now, before, words):
    assert sentences.moved("环比", now, before) == words


def test_changes_are_joined_with_commas():
    assert sentences.changes(Count(3), Count(2), Count(6)) == "，环比增长50.0%，同比下降50.0%"
    assert sentences.changes(Count(3), MISSING, MISSING) == ""


def test_days_are_drawn_together():
    found = [date(2020, 2, n) for n in (3, 4, 5, 9, 11, 12)] + [date(2020, 3, 1)]
    assert sentences.days(found) == "2月3日至5日、9日、11日、12日、3月1日"
    assert sentences.days([date(2020, 2, n) for n in range(1, 29, 2)]) == "2月1日、3日、5日、7日、9日、11日等共14天"
    assert sentences.days([date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)]) == "1月31日至2月2日"


def test_average_and_lists():
    assert sentences.average(Count(10), 4, "次") == "2.5次"
    assert sentences.average(Count(10), 0, "次") == sentences.average(MISSING, 3, "次") == ""
    assert sentences.listed("甲乙丙", 2) == "甲、乙等3个"
    assert sentences.listed([]) == ""
    assert sentences.percent(None) == "—" and sentences.percent(0.5834) == "58.3%"
    assert sentences.day(date(2020, 2, 7)) == "2月7日（周五）"
