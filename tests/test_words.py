"""Numbers as officials write them, and the calendar."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from core import clock, labels
from core.counts import AT_LEAST, Count
from core.records import clean, one_line


@pytest.mark.parametrize(("value", "text"), [
    (None, "—"), (0, "0"), (9_999, "9,999"), (10_000, "1万"), (12_345, "1.2万"), (99_949, "10万"), (123_456, "12.3万"),
    (99_999_999, "1亿"), (123_456_789, "1.2亿"), (-23_000, "-2.3万"), (1.25, "1.3"), (float("nan"), "—"),
])
def test_wan(value, text):
    assert labels.wan(value) == text


@pytest.mark.parametrize(("count", "text"), [
    (Count(None), "—"), (Count(100_001, AT_LEAST), "≥10万"), (Count(12_000, 500), "≈1.2万"), (Count(5), "5"),
])
def test_count_shows_its_exactness(count, text):
    assert labels.count(count) == text


@pytest.mark.parametrize(("now", "before", "text"), [
    (110, 100, "+10.0%"), (90, 100, "-10.0%"), (100, 100, "持平"), (5, 0, "—"), (None, 5, "—"), (5, None, "—"),
    (100.01, 100, "持平"),
])
def test_change(now, before, text):
    assert labels.change(now, before) == text


def test_the_business_day_is_shanghai():
    assert clock.day_of(datetime(2026, 2, 28, 16, 0, tzinfo=UTC)) == date(2026, 3, 1)
    assert clock.instant(date(2026, 3, 1)) == datetime(2026, 2, 28, 16, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="naive"):
        clock.day_of(datetime(2026, 3, 1))


def test_months():
    month = clock.Month.parse("2024-02")
    assert (month.first, month.last, month.days, month.label) == (date(2024, 2, 1), date(2024, 2, 29), 29, "2024年2月")
    assert str(month.shift(-2)) == "2023-12" and str(month.shift(11)) == "2025-01"
    for text in ("2024-13", "2024", "二月"):
        with pytest.raises(ValueError, match="2020-02"):
            clock.Month.parse(text)


def test_previous_period_is_the_month_before_or_as_many_days():
    assert clock.previous_period(date(2026, 3, 1), date(2026, 3, 31)) == (date(2026, 2, 1), date(2026, 2, 28))
    assert clock.previous_period(date(2026, 3, 5), date(2026, 3, 11)) == (date(2026, 2, 26), date(2026, 3, 4))


def test_collected_text_loses_what_could_mislead():
    assert clean("正文\x00\u202e倒序\u200b\r\n第二行\ud800") == "正文倒序\n第二行"
    assert one_line(" 标题\n 两行\t") == "标题 两行"


@pytest.mark.parametrize(("kind", "first", "last", "words"), [
    ("day", date(2026, 11, 26), date(2026, 11, 26), "2026-11-26"),
    ("week", date(2026, 11, 20), date(2026, 11, 26), "2026-11-20 至 2026-11-26"),
    ("month", date(2026, 10, 1), date(2026, 10, 31), "2026年10月"),
    ("quarter", date(2026, 7, 1), date(2026, 9, 30), "2026年第3季度"),
    ("year", date(2025, 1, 1), date(2025, 12, 31), "2025年"),
])
def test_the_last_whole_span_of_each_kind_and_the_one_before(kind, first, last, words):
    friday = 4
    found = clock.spans(kind, date(2026, 11, 26), 12, friday)
    assert found[0] == (first, last) and len(set(found)) == 12
    for span, earlier in pairwise(found):
        assert earlier[1] + timedelta(1) == span[0] and clock.previous_period(*span) == earlier
    assert clock.span_words(kind, found[0]) == words
    assert all(clock.span_called(kind, clock.span_words(kind, span), friday) == span for span in found)


def test_words_that_call_no_span_of_the_kind():
    for kind, words in (("month", "2026年第3季度"), ("year", "2026年13月"), ("day", "2026-02-30"), ("week", "近7天"),
                        ("week", "2026-11-23 至 2026-11-29"), ("quarter", "2026年第3季度后"), ("year", "0000年")):
        assert clock.span_called(kind, words, 4) is None
