"""Daily series, comparisons, outliers and gaps against a plain pandas computation."""

from datetime import date

import pandas as pd
import pytest

from core.clock import days
from core.query import trends
from core.query.scope import Filter

APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))
WECHAT = Filter(date(2024, 4, 1), date(2024, 4, 30), ("wechat",))
EDUCATION = "教育微信"


def of(district, *accounts):
    posts = district.posts
    return posts[posts["account"].isin(accounts) & posts["day"].map(lambda d: d.month == 4)]


def test_daily_sums_by_platform(reader, district):
    frame = trends.daily(reader, APRIL, "platform")
    april = of(district, *district.accounts)
    for platform in ("wechat", "weibo", "douyin", "govsite"):
        mine = april[april["platform"] == platform].groupby("day")
        got = frame[frame["group"] == platform].set_index("day")
        assert list(got.index) == days(APRIL.start, APRIL.end)
        posts = mine.size()
        for day in got.index:
            if day in posts.index:
                assert got.loc[day, "posts"] == posts[day]
        for counter in ("reads", "plays", "likes", "reposts", "comments"):
            expected = mine[counter].sum(min_count=1).dropna()
            assert got[counter].dropna().loc[expected.index].tolist() == expected.tolist()
    assert list(dict.fromkeys(frame["label"])) == ["政务微信", "政务微博", "抖音", "政府网站"]


def test_a_day_without_any_data_is_a_gap_and_a_day_known_to_be_silent_is_zero(reader, district):
    bureau = Filter(APRIL.start, APRIL.end, ("weibo",))
    frame = trends.daily(reader, bureau).set_index("day")
    published = set(of(district, "警方微博")["day"])
    for day, row in frame.iterrows():
        assert row["gap"] == (day not in published)
        assert pd.isna(row["posts"]) == (day not in published)
    silent = trends.daily(reader, Filter(APRIL.start, APRIL.end, ("wechat",), units=(district.units["澜桥街道"],)))
    covered = silent.set_index("day")
    posts = of(district, "街道微信").groupby("day").size()
    for day, row in covered.iterrows():
        assert not row["gap"]
        assert row["posts"] == posts.get(day, 0)
        assert row["reads"] == (of(district, "街道微信").groupby("day")["reads"].sum().get(day, 0))


def test_counters_that_a_platform_does_not_yield_stay_missing(reader, district):
    frame = trends.daily(reader, Filter(APRIL.start, APRIL.end, ("weibo",)))
    assert frame["reads"].isna().all()
    assert frame["plays"].isna().all()
    assert frame["interaction"].notna().any()


def test_groups_by_kind_and_unit(reader, district):
    by_kind = trends.daily(reader, APRIL, "kind").groupby("label")["posts"].sum()
    april = of(district, *district.accounts)
    assert by_kind["街镇"] == (april["kind"] == "street").sum()
    assert by_kind["委办局"] == (april["kind"] == "bureau").sum()
    by_unit = trends.daily(reader, APRIL, "unit").groupby("label")["posts"].sum()
    assert by_unit["教育局"] == april["account"].isin(["教育微信", "教育网站"]).sum()
    assert by_unit["未归属单位"] == 0


def test_capped_days_carry_their_mark(reader, district):
    frame = trends.daily(reader, WECHAT).set_index("day")
    capped = days(date(2024, 3, 1), date(2024, 4, 30))[45]
    assert frame.loc[capped, "reads_mark"] == "≥"
    assert set(frame["reads_mark"]) == {"", "≥"}


def test_comparison_with_the_month_before_and_without_a_last_year(reader, district):
    frame = trends.comparison(reader, WECHAT, "posts")
    assert list(dict.fromkeys(frame["series"])) == ["本期", "上期"]
    before = frame[frame["series"] == "上期"]
    assert before["own_day"].iloc[0] == date(2024, 3, 1)
    assert before["day"].iloc[0] == date(2024, 4, 1)
    assert len(before) == 30
    march = district.posts[(district.posts["platform"] == "wechat")].groupby("day").size()
    known = before.set_index("own_day")["value"]
    for day, value in known.items():
        assert value == march.get(day, 0.0)
    with pytest.raises(KeyError):
        trends.comparison(reader, WECHAT, "hearts")


def test_outliers_name_the_post_that_made_them(reader, district):
    frame = trends.outlying(reader, WECHAT, "reads")
    reads = of(district, *district.accounts)
    reads = reads[reads["platform"] == "wechat"].groupby("day")["reads"].sum()
    assert frame["day"][0] == reads.idxmax()
    assert frame["value"][0] == reads.max()
    best = of(district, *district.accounts)
    best = best[(best["day"] == reads.idxmax()) & (best["platform"] == "wechat")].sort_values("reads").iloc[-1]
    assert (frame["account"][0], frame["title"][0], frame["post_value"][0]) == (
        best["account"], best["title"], best["reads"])
    assert frame["share"][0] == pytest.approx(best["reads"] / reads.max())
    assert trends.outlying(reader, WECHAT, "posts").empty


def test_gaps_count_every_account_day_once(reader, district):
    frame = trends.gaps(reader, APRIL).set_index("state")["account_days"]
    assert frame.sum() == len(district.accounts) * 30
    assert frame["zero"] == 30
    street = set(of(district, "街道微信")["day"])
    assert frame["failed"] == 30 - len(street)
    assert frame["unknown"] >= 30


def test_summary_by_platform(reader, district):
    frame = trends.summary(trends.daily(reader, APRIL, "platform"), "reads").set_index("label")
    april = of(district, *district.accounts)
    for label, platform in (("政务微信", "wechat"), ("政府网站", "govsite")):
        mine = april[april["platform"] == platform].groupby("day")["reads"].sum()
        row = frame.loc[label]
        assert (row["total"], row["best"]) == (mine.sum(), mine.max())
        assert row["note"] == ("合计为下限" if platform == "wechat" else "")
        if platform == "govsite":
            assert (row["days"], row["mean"]) == (len(mine), round(mine.mean(), 1))
    assert pd.isna(frame.loc["政务微博", "total"])


def test_nobody_in_scope_is_an_empty_frame(reader, district):
    nobody = Filter(APRIL.start, APRIL.end, units=(999,))
    frame = trends.daily(reader, nobody, "platform")
    assert frame.empty
    assert {"label", "gap", "posts", "interaction", "accounts"} <= set(frame.columns)
    assert trends.outlying(reader, nobody, "reads").empty
    assert trends.daily(reader, nobody).empty


def test_period_of_one_day(reader, district):
    day = max(of(district, EDUCATION)["day"])
    frame = trends.daily(reader, Filter(day, day, ("wechat",), units=(district.units["教育局"],)))
    assert len(frame) == 1
    assert frame["reads"][0] == of(district, EDUCATION).groupby("day")["reads"].sum()[day]
    assert frame["day"][0] == day
