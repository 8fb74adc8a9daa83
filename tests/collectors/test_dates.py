"""Dates as pages, lists and addresses print them."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors import dates, page
from core import clock
from core.records import Fetched, SourceSpec

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
DAY = datetime(2026, 3, 7, 16, 0, tzinfo=UTC)
MORNING, AFTERNOON = DAY + timedelta(hours=9, minutes=30), DAY + timedelta(hours=15, minutes=5)


@pytest.mark.parametrize(("printed", "wanted"), [
    ("Sun Mar 08 09:30:00 CST 2026", MORNING), ("Sun, 08 Mar 2026 09:30:00 CST", MORNING),
    ("Sun Mar 08 09:30:00 GMT+08:00 2026", MORNING), ("Mar 8, 2026 3:05:00 PM", AFTERNOON),
    ("2026年3月8日 星期日 09:30", MORNING), ("2026年3月8日（周日）上午 9:30", MORNING),
    ("2026-03-08 星期日 9时30分00秒", MORNING),
    ("2026-3-8 下午3:05", AFTERNOON), ("2026/3/8 下午 3:05:00", AFTERNOON), ("2026-03-08 3:05 PM", AFTERNOON),
    ("2026年3月8日下午3时05分", AFTERNOON), ("2026-03-08 下午3点", DAY + timedelta(hours=15)),
    ("2026-03-08 中午12:30", DAY + timedelta(hours=12.5)), ("2026-03-08 凌晨12:30", DAY + timedelta(hours=0.5)),
    ("2026-03-08 晚上12:00", DAY + timedelta(days=1)), ("2026-03-08 24:00", DAY + timedelta(days=1)),
    ("3月8日 下午3:05", AFTERNOON), ("03-08 上午9:30", MORNING), ("3月8号", DAY), ("3月8号 9:30", MORNING),
    ("前天 下午3:05", AFTERNOON), ("大前天", DAY - timedelta(days=1)), ("2026-03-0809:30", MORNING),
    ("2026-03-08 09:30 80次阅读", MORNING), ("03-08人民日报", DAY), ("8日夜，3月8日 来源：本报", DAY),
])
def test_a_day_and_its_time_are_read_together(printed, wanted):
    assert dates.on_page(printed, NOW) == wanted


@pytest.mark.parametrize("printed", [
    "0001-01-01 00:00:00", "1970-01-01 08:00:00", "2026-13-45 09:30", "2026-02-30", "2026-03-08 25:61", "0000-00-00",
    "1989-12-31 23:59:59",
])
def test_a_full_date_that_cant_be_is_none_and_not_its_time_of_today(printed):
    assert dates.on_page(printed, NOW) is None
    assert dates.on_page(f"{printed} 更新 2026-03-08", NOW) in (None, DAY)


@pytest.mark.parametrize("printed", [
    "4.8分", "4.8 分", "3-5岁", "(12.5MB)", "12.5 MB", "浏览3.5k", "3.5w", "8.8折", "3.5%", "1.5万", "4-5星", "3-5℃",
    "3.8米", "2.5元", "3-5人", "8:30-11:30", "8:30 - 11:30", "3月8号楼", "5月1日-5月5日", "1-6月", "第3-4版", "A1-3",
    "10分钟", "08日",
])
def test_numbers_and_spans_are_no_dates(printed):
    assert dates.on_page(printed, NOW) is None


@pytest.mark.parametrize(("printed", "now", "wanted"), [
    ("01-01", clock.instant(datetime(2026, 12, 31).date(), 23), datetime(2026, 12, 31, 16, tzinfo=UTC)),
    ("03-11", NOW, datetime(2026, 3, 10, 16, tzinfo=UTC)), ("03-12", NOW, datetime(2025, 3, 11, 16, tzinfo=UTC)),
    ("12-31", datetime(2026, 1, 1, 2, tzinfo=UTC), datetime(2025, 12, 30, 16, tzinfo=UTC)),
])
def test_a_day_without_its_year_is_tomorrow_at_most(printed, now, wanted):
    assert dates.on_page(printed, now) == wanted


@pytest.mark.parametrize(("url", "wanted"), [
    *((f"https://a.cn{path}", DAY) for path in (
        "/2026/3/8/", "/art/2026/3/8/art_1_2.html", "/2026/03/08/1.html", "/20260308/1.html", "/2026-3-8.html",
        "/zw/t20260308_1.html", "/2026/13/8/2026/3/8/1.html",
    )),
    ("https://a.cn/2026/3/", None), ("https://a.cn/2026/13/8/", None), ("https://a.cn/2026/38/", None),
    ("https://a.cn/?d=/2026/3/8/", None),
])
def test_addresses_name_days(url, wanted):
    assert dates.in_address(url) == wanted


@pytest.mark.parametrize("printed", [
    "2026年3月8日（周日）上午 9:30", "[03-08]", "3月8号", "2026-03-08 3:05 PM", "昨天 下午3:05", "03:25", "(2026/3/8)",
])
def test_a_date_and_nothing_else(printed):
    assert dates.only(printed) and not dates.only(f"{printed} 停水通知")


@pytest.mark.parametrize("row", [
    "<i class=long>03:25</i><span>2026-03-08</span>", "<em>1/3</em><span>2026-03-08</span>",
    "<i>8:30-11:30</i><span>03-08</span>", "<em>03:25</em><i>来源：本报 3月8日</i>", "<i>4.8分</i><span>3月8号</span>",
    "<i>03:25</i><b>08</b> <i>2026-03</i>", "<i>12.5MB</i><i>3-5岁</i><u>2026-03-08</u>",
])
def test_lists_are_dated_by_what_says_most(row):
    html = f"<html><body><ul class=x><li><a href='1.html'>通知</a>{row}</li></ul></body></html>"
    source = SourceSpec("p", "page", "", "https://a.cn/", "news", config={"list": "ul.x li"})
    (found,) = page.parse(source, Fetched("u", html.encode(), 200, "text/html", NOW, url="https://a.cn/")).mentions
    assert found.dated and found.published_at == DAY


def test_the_first_of_those_that_say_most_is_chosen():
    said = ["09:30", "03-08", "03-07", "10:00"]
    assert dates.chosen(said, NOW) == ("03-08", DAY)
    assert dates.chosen([*said, "3小时前"], NOW) == ("3小时前", NOW - timedelta(hours=3))
    assert dates.chosen(["09:30"], NOW, dates.DAY) is None and dates.chosen(["通知"], NOW) is None
    assert dates.chosen(["09:30"], NOW) == ("09:30", datetime(2026, 3, 10, 1, 30, tzinfo=UTC))
