"""The overview room on a small district whose totals are known."""

from datetime import date

import pytest

from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}


@pytest.fixture
def april(district):  # noqa: F811
    posts = district.posts
    return posts[posts["day"].map(lambda d: date(2024, 4, 1) <= d <= date(2024, 4, 30))]


def test_cards_show_the_sums_of_the_facts(april, open_room):
    app = open_room("overview", **APRIL)
    cards = {m.label: m.value for m in app.metric}
    assert cards["监测账号"] == "8"
    assert cards["本期发布数"] == f"{len(april):,}"
    assert cards["阅读数"].startswith("≥")
    assert cards["粉丝数"] == "9.3万"
    assert any("数据截至 2024-04-30" in c.value.replace("\\", "") for c in app.caption)


def test_platform_table_and_leaders(april, open_room):
    app = open_room("overview", **APRIL)
    platforms = app.dataframe[0].value
    assert list(platforms["name"]) == ["政务微博", "政务微信", "抖音", "政府网站"]
    assert platforms["posts"].sum() == len(april)
    assert len(app.dataframe) == 5


def test_metric_can_be_changed(april, open_room):
    app = open_room("overview", **APRIL)
    app.segmented_control(key="overview_metric").set_value("reads").run()
    assert not app.exception


def test_empty_database_says_where_to_begin(open_room):
    app = open_room("overview")
    assert "账号台账" in app.info[0].value
    assert not app.metric
