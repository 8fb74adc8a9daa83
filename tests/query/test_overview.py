"""The leader's figures against a plain computation."""

from datetime import date

import pytest

from core.counts import Count
from core.query import overview
from core.query.scope import Filter

APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))


def month(district, number):
    return district.posts[district.posts["day"].map(lambda d: d.month == number)]


def test_figures(reader, district):
    cards = {f.key: f for f in overview.figures(reader, APRIL, date(2024, 5, 20))}
    april, march = month(district, 4), month(district, 3)
    assert cards["accounts"].now == Count(len(district.accounts))
    assert cards["accounts"].note == f"本期有发布的 {april['account'].nunique()} 个"
    assert cards["posts"].now == Count(len(april))
    assert cards["posts"].change.words == f"{(len(april) - len(march)) / len(march) * 100:+.1f}%"
    assert (cards["reads"].now.value, cards["reads"].now.mark) == (april["reads"].sum(), "≥")
    assert cards["reads"].change.words.endswith("（约）")
    known = april["reads"].notna().sum()
    assert cards["reads"].note == f"{known:,} 篇有此项，共 {len(april):,} 篇"
    assert cards["plays"].now.value == april["plays"].sum()
    assert cards["interaction"].now.value == april[["likes", "reposts", "comments"]].to_numpy()[
        ~april["likes"].isna()].sum()
    assert cards["followers"].now == Count(12_600 + 80_600)
    assert cards["followers"].change.difference == 600
    assert len(cards["posts"].spark) == 30
    last = april[april["day"] == date(2024, 4, 30)]
    assert (cards["day"].label, cards["day"].now.value) == ("最近发布日（4月30日）", len(last))


@pytest.mark.parametrize(("today", "label"), [(date(2024, 4, 30), "今日发布"), (date(2024, 5, 1), "昨日发布")])
def test_the_newest_day_is_named_as_people_say_it(reader, district, today, label):
    cards = {f.key: f for f in overview.figures(reader, APRIL, today)}
    assert cards["day"].label == label
    assert cards["day"].change.before.value == (month(district, 4)["day"] == date(2024, 4, 29)).sum()


def test_platforms_side_by_side(reader, district):
    frame = overview.platforms(reader, APRIL).set_index("platform")
    april, march = month(district, 4), month(district, 3)
    assert list(frame.index) == ["weibo", "wechat", "douyin", "govsite"]
    for code, row in frame.iterrows():
        mine = april[april["platform"] == code]
        assert row["posts"] == len(mine)
        assert row["active"] == mine["account"].nunique()
        assert row["share"] == pytest.approx(len(mine) / len(april))
        before = (march["platform"] == code).sum()
        words = "持平" if len(mine) == before else f"{(len(mine) - before) / before * 100:+.1f}%"
        assert row["posts_change"] == words
    assert (frame.loc["wechat", "accounts"], frame.loc["wechat", "followers"]) == (5, 80_600)
    assert frame["share"].sum() == pytest.approx(1)


def test_leaders(reader, district):
    found = overview.leaders(reader, APRIL, limit=2)
    assert list(found) == ["政务微博", "政务微信", "抖音", "政府网站"]
    assert list(found["政务微信"]["rank"]) == [1, 2]
    assert list(found["抖音"]["name"]) == ["街道抖音"]


def test_freshness_counts_account_days(reader, district):
    found = overview.freshness(reader, APRIL)
    known = month(district, 4).groupby("account")["day"].nunique().sum() + 30
    # Days with nothing but a reading of followers count as collected by the intake.
    assert found.expected == 8 * 30
    assert known <= found.covered <= known + 12
    assert found.failed > 0
    assert found.expected == found.covered + found.failed + found.expired + found.pending + found.unknown
    assert found.last_day == date(2024, 4, 30)
    assert found.words.startswith("数据截至 2024-04-30，账号日覆盖率")
    assert "采集失败" in found.words


def test_an_empty_scope_has_words_and_no_figures(reader, district):
    nobody = Filter(APRIL.start, APRIL.end, units=(999,))
    cards = {f.key: f for f in overview.figures(reader, nobody, date(2024, 5, 1))}
    assert cards["accounts"].now == Count(0)
    assert cards["posts"].now == Count(None)
    assert "reads" not in cards
    assert overview.platforms(reader, nobody).empty
    assert overview.leaders(reader, nobody) == {}
    assert overview.freshness(reader, nobody).words == "所选范围还没有账号数据"
