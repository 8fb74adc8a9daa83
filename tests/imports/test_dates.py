from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SHANGHAI, local
from core.imports.dates import DateError, parse_when


def wall(cell, **hints):
    return local(parse_when(cell, **hints).at).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2022-03-29", datetime(2022, 3, 29)),
        ("2022/3/9", datetime(2022, 3, 9)),
        ("2022.03.29", datetime(2022, 3, 29)),
        ("20220329", datetime(2022, 3, 29)),
        (20220329, datetime(2022, 3, 29)),
        (20220329.0, datetime(2022, 3, 29)),
        ("2022年3月29日", datetime(2022, 3, 29)),
        ("２０２２年３月２９日", datetime(2022, 3, 29)),
        ("'2022-03-29\t", datetime(2022, 3, 29)),
        ("2022-03-29(星期二)", datetime(2022, 3, 29)),
        (44649, datetime(2022, 3, 29)),
        ("44649", datetime(2022, 3, 29)),
        (44649.75, datetime(2022, 3, 29, 18)),
        (44649 + 1 / 86400, datetime(2022, 3, 29, 0, 0, 1)),
        (date(2022, 3, 29), datetime(2022, 3, 29)),
        (datetime(2022, 3, 29, 8, 30), datetime(2022, 3, 29, 8, 30)),
        ("2022-03-29 08:30", datetime(2022, 3, 29, 8, 30)),
        ("2022-03-29 8:30:05", datetime(2022, 3, 29, 8, 30, 5)),
        ("2022/03/29  08:30:05.123", datetime(2022, 3, 29, 8, 30, 5)),
        ("2026年07月24日10时20分00秒", datetime(2026, 7, 24, 10, 20)),
        ("2022-03-29 下午3:04", datetime(2022, 3, 29, 15, 4)),
        ("2022-03-29 12:05 AM", datetime(2022, 3, 29, 0, 5)),
        ("2022-03-29T08:30:00Z", datetime(2022, 3, 29, 16, 30)),
        ("2022-03-29T08:30:00+08:00", datetime(2022, 3, 29, 8, 30)),
        ("2022-03-29T08:30:00-0500", datetime(2022, 3, 29, 21, 30)),
        ("20220329083000", datetime(2022, 3, 29, 8, 30)),
        (20220329083000, datetime(2022, 3, 29, 8, 30)),
        (1648513800, datetime(2022, 3, 29, 8, 30)),
        ("1648513800000", datetime(2022, 3, 29, 8, 30)),
        ("Sun Nov 27 09:03:15 +0800 2011", datetime(2011, 11, 27, 9, 3, 15)),
        ("Thu, 17 Jun 2021 10:18:05 +0800", datetime(2021, 6, 17, 10, 18, 5)),
    ],
)
def test_every_form_of_the_back_offices(cell, expected):
    assert wall(cell) == expected


@pytest.mark.parametrize("cell", ["2022-03-29 08:30", 44649.5, datetime(2022, 3, 29), "1648513800"])
def test_a_time_is_told_from_a_bare_date(cell):
    assert parse_when(cell).timed


@pytest.mark.parametrize("cell", ["2022-03-29", 44649, date(2022, 3, 29), 20220329])
def test_a_bare_date_has_no_time(cell):
    assert not parse_when(cell).timed


@pytest.mark.parametrize(
    "text",
    [
        "1月25日 23:37",
        "1月25日 23:37 来自 微博 weibo.com",
        "01-25 23:37",
        "1月25日 23:37 已编辑",
        "1月25日 23:37 来自 微博云剪            \t          已编辑",
    ],
)
def test_a_date_without_a_year_takes_it_from_an_instant_or_the_caller(text):
    near = datetime(2020, 1, 25, 15, 37, 40, tzinfo=SHANGHAI)
    assert wall(text, near=near) == datetime(2020, 1, 25, 23, 37)
    assert wall(text, year=2019) == datetime(2019, 1, 25, 23, 37)
    with pytest.raises(DateError, match="没有年份"):
        parse_when(text)


def test_the_year_is_the_nearest_one_across_new_year():
    assert wall("12月31日 23:59", near=datetime(2020, 1, 1, 0, 1, tzinfo=SHANGHAI)) == datetime(2019, 12, 31, 23, 59)
    assert wall("2月29日 12:00", near=datetime(2021, 1, 1, tzinfo=SHANGHAI)) == datetime(2020, 2, 29, 12)


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ("1月23日 23:04 来自 微博 weibo.com,1月23日 22:01 来自 微博 weibo.com 已编辑", True),
        ("1月4日 22:03 来自 微博抽奖平台,2019-12-26 22:47 来自 微博", True),
        ("1月23日 23:04 来自 小米9 2300万像素", False),
    ],
)
def test_a_quoted_second_time_marks_a_repost(text, again):
    when = parse_when(text, year=2020)
    assert when.again is again
    assert local(when.at).strftime("%m-%d") in ("01-23", "01-04")


@pytest.mark.parametrize(
    "cell",
    [
        "",
        None,
        "  ",
        "-",
        "标题",
        "2022-13-01",
        "2022-02-30",
        "22/03/29",
        "2022-03",
        "2022-03-29 25:00",
        "昨天 12:00",
        "3分钟前",
        True,
        time(8, 30),
        timedelta(hours=1),
        -5,
        12,
        3.7,
        float("nan"),
        float("inf"),
        10**20,
        "2022-03-291",
        "99999999",
        "20221340",
    ],
)
def test_what_is_no_date_is_refused_in_words(cell):
    with pytest.raises(DateError):
        parse_when(cell, near=datetime(2020, 1, 1, tzinfo=SHANGHAI), year=2020)


@given(
    st.one_of(
        st.text(max_size=40), st.floats(), st.integers(), st.from_regex(r"\d{1,4}[-/年]\d{1,2}[-/月]\d{1,2}.{0,12}")
    )
)
def test_any_cell_gives_an_aware_time_or_a_date_error(cell):
    try:
        when = parse_when(cell, year=2020)
    except DateError as error:
        assert str(error)
    else:
        assert when.at.tzinfo is not None
