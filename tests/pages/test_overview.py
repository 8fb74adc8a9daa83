"""The overview room on a small district whose totals are known."""

from datetime import UTC, date, datetime

import pytest

from core import ingest, understand
from core.models import Source
from core.records import Batch, MentionRecord
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


def test_each_figure_leads_to_accounts_posts_and_readings(april, open_room):
    app = open_room("overview", **APRIL, origin="reads")
    assert any("各账号相加" in said.value and "与页面一致" in said.value for said in app.success)
    app = open_room("overview", **APRIL, origin="followers")
    assert any("与页面一致" in said.value for said in app.success)
    accounts = next(one.value for one in app.dataframe if "value_day" in one.value)
    assert accounts["value"].sum() == 93_200
    app = open_room("overview", **APRIL, origin="posts")
    accounts = next(one.value for one in app.dataframe if "value" in one.value)
    assert accounts["value"].sum() == len(april)
    app = open_room("overview", **APRIL, origin="posts", rows="1")
    mine = next(one.value for one in app.dataframe if "published" in one.value)
    assert len(mine) in set(accounts["value"]) and any("返回上一层" in one.label for one in app.button)


def test_empty_database_says_where_to_begin(open_room):
    app = open_room("overview")
    assert "账号台账" in app.info[0].value
    assert not app.metric


def test_hot_topics_show_even_before_there_are_accounts(open_room, session):
    at = datetime(2024, 4, 20, 2, tzinfo=UTC)
    source = Source(key="hot", name="热榜", collector="hotlist", platform="baidu")
    session.add(source)
    session.flush()
    run = ingest.begin(session, "collect", source=source, at=at)
    titles = ("云澜区地铁十号线开通运营", "云澜区地铁十号线今日开通运营", "地铁十号线云澜段开通运营")
    mentions = [MentionRecord(external_id=str(n), title=t, published_at=at, observed_at=at)
                for n, t in enumerate(titles)]
    ingest.store(session, Batch(mentions=mentions), run=run, capture=None, source=source)
    ingest.finish(session, run, "ok", "", at=at)
    session.commit()
    understand.understand(session, now=at)
    session.commit()
    app = open_room("overview")
    assert "账号台账" in app.info[0].value
    assert app.dataframe[0].value["mentions"].sum() == len(titles)
    assert app.dataframe[0].value["title"][0] in titles
