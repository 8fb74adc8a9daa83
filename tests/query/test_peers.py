"""Units among their peers and accounts side by side, against plain sums."""

from datetime import date

import pandas as pd
import pytest

from core.query import boards, peers
from core.query.scope import Filter

APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))


def test_units_have_the_sums_of_their_accounts_and_a_place_among_their_kind(reader, district):
    frame = peers.units(reader, APRIL, "posts")
    posts = district.posts[district.posts["day"].map(lambda d: d.month == 4)]
    assert len(frame) == frame["unit"].nunique() > 2
    by_unit = frame.set_index("unit")
    mine = {
        "教育局": ["教育微信", "教育网站"], "公安分局": ["警方微信", "警方微博"], "澜桥街道": ["街道微信", "街道抖音"],
    }
    for unit, names in mine.items():
        part = posts[posts["account"].isin(names)]
        assert by_unit.loc[unit, "posts"] == len(part)
        assert by_unit.loc[unit, "reads"] == part["reads"].sum()
    assert by_unit.loc["公安分局", "reads_mark"] == "≥" and by_unit.loc["公安分局", "followers"] > 80_000
    for kind, part in frame.groupby("kind"):
        ranks = part["peer_rank"].dropna()
        assert ranks.min() == 1 and set(part["peers"]) == {len(part)}, kind
        assert part.sort_values("posts", ascending=False)["peer_rank"].dropna().is_monotonic_increasing
    assert frame["rank"].dropna().is_monotonic_increasing


def test_peers_of_the_same_size(reader):
    every, sized = peers.units(reader, APRIL, "posts"), peers.units(reader, APRIL, "posts", True)
    assert set(every["unit"]) == set(sized["unit"])
    assert (sized.set_index("unit")["peers"] <= every.set_index("unit")["peers"]).all()
    for _, part in sized.groupby(["kind", "size"]):
        assert set(part["peers"]) == {len(part)}
    assert [peers.size_of(n) for n in (1, 2, 3, 4, 7, 40)] == [
        "1 个账号", "2—3 个账号", "2—3 个账号", "4—6 个账号", "7 个账号以上", "7 个账号以上"]


def test_the_filter_and_an_unknown_order(reader):
    streets = peers.units(reader, Filter(APRIL.start, APRIL.end, kinds=("street",)), "interaction")
    assert set(streets["kind"]) == {"street"} and streets["peer_rank"].dropna().min() == 1
    with pytest.raises(KeyError):
        peers.units(reader, APRIL, "nonsense")


def test_accounts_side_by_side_are_their_lines_in_the_rankings(reader, district):
    ids = (district.accounts["街道抖音"], district.accounts["警方微信"], district.accounts["教育微信"])
    frame = peers.compared(reader, ids, APRIL.start, APRIL.end)
    assert tuple(frame["account_id"]) == ids, "in the order in which they were picked"
    wechat = boards.ranking(reader, APRIL, "wechat").set_index("name")
    mine = frame.set_index("name")
    for name in ("警方微信", "教育微信"):
        for column in ("score", "rank", "posts", "reads", "followers"):
            here, there = mine.loc[name, column], wechat.loc[name, column]
            assert (pd.isna(here) and pd.isna(there)) or here == there, (name, column)
    assert mine.loc["警方微信", "ranked"] == wechat["rank"].notna().sum()
    daily = peers.compared_daily(reader, ids, APRIL.start, APRIL.end, "posts")
    assert set(daily["series"]) == {"街道抖音 · 抖音", "警方微信 · 政务微信", "教育微信 · 政务微信"}
    police = daily[daily["series"] == "警方微信 · 政务微信"]
    assert police["value"].sum() == wechat.loc["警方微信", "posts"]
