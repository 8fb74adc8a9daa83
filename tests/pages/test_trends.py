"""The trends room: metric, group, comparison."""

from core.query.trends import METRICS
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}


def april(district):  # noqa: F811
    return district.posts[district.posts["day"].map(lambda d: d.month == 4)]


def summary(app):
    return next(t.value for t in app.dataframe if "mean" in t.value.columns).set_index("label")


def test_totals_are_those_of_the_facts(district, open_room):  # noqa: F811
    app = open_room("trends", metric="阅读数", **APRIL)
    row = summary(app).loc["合计"]
    assert row["total"] == april(district)["reads"].sum()
    assert row["note"] == "合计为下限"


def test_groups_from_the_address(district, open_room):  # noqa: F811
    app = open_room("trends", by="按单位类型", **APRIL)
    table = summary(app)
    assert table["total"]["委办局"] == (april(district)["kind"] == "bureau").sum()
    assert table["total"]["街镇"] == (april(district)["kind"] == "street").sum()
    days = next(t.value for t in app.dataframe if "covered" in t.value.columns)
    assert set(days["label"]) == set(table.index)


def test_unusual_days_are_named_with_their_post(district, open_room):  # noqa: F811
    app = open_room("trends", metric="阅读数", platform="政务微信", **APRIL)
    unusual = next(t.value for t in app.dataframe if "usual" in t.value.columns)
    mine = april(district)[april(district)["platform"] == "wechat"]
    day = mine.groupby("day")["reads"].sum().idxmax()
    assert unusual["title"][0] == mine[mine["day"] == day].sort_values("reads")["title"].iloc[-1]


def test_comparison_and_every_metric_draw(district, open_room):  # noqa: F811
    app = open_room("trends", **APRIL)
    app.toggle(key="compare").set_value(True).run()
    assert any("按天对齐" in c.value for c in app.caption)
    offered = set(app.selectbox(key="metric").options)
    assert {METRICS["posts"], METRICS["reads"], METRICS["interaction"]} <= offered
    for metric in [name for name, word in METRICS.items() if word in offered]:
        app.selectbox(key="metric").set_value(metric)
        app.run()
        assert not app.exception, metric


def test_nothing_collected_says_so(district, open_room):  # noqa: F811
    app = open_room("trends", period="自选", days=["2024-03-01", "2024-03-02"], unit="教育局", platform="抖音")
    assert "没有采集到数据" in app.info[0].value
    assert not app.dataframe
