"""Matrix totals of units, against the rankings of the platforms."""

from datetime import date

import pandas as pd
import pytest

from core import local_indices, matrices
from core.clock import instant
from core.query import boards, matrix
from core.query.scope import Filter

NOW = instant(date(2024, 5, 3), 9)
APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))


def part(platform, index, weight, scaled=False):
    return {"platform": platform, "index": index, "weight": weight, "scaled": scaled}


def saved(session, *parts, many="best", name="区矩阵总分"):
    return matrices.save(session, name, parts, many, who="测试", now=NOW).id


@pytest.fixture
def web(reader):
    """A local index for the sites, which have reads only."""
    return local_indices.save(reader, "区网站分", ("govsite",), local_indices.template(reader, ("govsite",)),
                              who="测试", now=NOW).key


def best_by_unit(session, platform, index):
    frame = boards.ranking(session, APRIL, platform, index).dropna(subset=["score"])
    return frame.groupby("unit")["score"].max().to_dict()


def test_totals_weigh_the_scores_of_the_platforms(reader, district, web):
    made = saved(reader, part("wechat", "wci_v14_2_3", 80), part("weibo", "bci_simple", 5), part("govsite", web, 5),
                 part("douyin", "dci", 10))
    frame = matrix.ranking(reader, APRIL, made).set_index("unit")
    wechat, weibo, site, douyin = (best_by_unit(reader, *of) for of in (
        ("wechat", "wci_v14_2_3"), ("weibo", "bci_simple"), ("govsite", web), ("douyin", "dci")))
    expected = {
        "教育局": .8 * wechat["教育局"] + .05 * site["教育局"],
        "公安分局": .8 * wechat["公安分局"] + .05 * weibo["公安分局"],
        "澜桥街道": .8 * wechat["澜桥街道"] + .1 * douyin["澜桥街道"],
    }
    assert set(frame.index) == set(expected)
    for unit, total in expected.items():
        row = frame.loc[unit]
        assert row["total"] == pytest.approx(total, abs=0.0051)
        brought = [row[f"{code}_brought"] for code in ("wechat", "weibo", "govsite", "douyin")]
        assert round(sum(brought), 2) == row["total"], "the platforms add up"
    assert frame.loc["教育局", "govsite_score"] == site["教育局"]
    assert pd.isna(frame.loc["教育局", "weibo_score"]) and frame.loc["教育局", "weibo_brought"] == 0
    assert "无政务微博、抖音账号，计 0 分" in frame.loc["教育局", "note"]
    ordered = sorted(expected, key=expected.get, reverse=True)
    assert list(frame.index) == ordered and list(frame["rank"]) == [1, 2, 3]
    assert frame.loc["澜桥街道", "peers"] == 1 and frame.loc["澜桥街道", "peer_rank"] == 1
    assert frame.loc["澜桥街道", "accounts"] == 3, "a silent account scores 0, which is a score"
    assert frame.loc["教育局", "rank_change"] in ("－", "↑1", "↓1", "↑2", "↓2")


def test_the_filter_chooses_rows_and_changes_no_total(reader, district):
    made = saved(reader, part("wechat", "wci_v14_2_3", 100, True))
    every = matrix.ranking(reader, APRIL, made).set_index("unit")
    assert every["total"].max() == 100 and 0 < every["total"].min() < 100
    streets = Filter(APRIL.start, APRIL.end, ("douyin",), ("street",), (), district.boards["街镇榜"])
    some = matrix.ranking(reader, streets, made)
    assert list(some["unit"]) == ["澜桥街道"] and some["rank"][0] == 1
    assert some["total"][0] == every.loc["澜桥街道", "total"]
    one = matrix.ranking(reader, Filter(APRIL.start, APRIL.end, units=(district.units["教育局"],)), made)
    assert list(one["unit"]) == ["教育局"]
    nobody = matrix.ranking(reader, Filter(APRIL.start, APRIL.end, kinds=("other",)), made)
    assert nobody.empty and {"total", "rank", "peers", "note"} <= set(nobody.columns)


def test_a_score_that_cannot_be_made_is_no_zero(reader, district):
    """The sites have no followers: an index that asks for them leaves the total a lower bound."""
    def one_of(name, counter, *platforms):
        term = {"input": counter, "weight": 100, "by": "", "times": 1, "cap": 9, "daily": False}
        made = {"scale": 1000, "power": 1, "dimensions": [{"title": "一项", "weight": 100, "terms": [term]}]}
        return local_indices.save(reader, name, platforms, made, who="测试", now=NOW)

    likes, gain = one_of("区阅读分", "reads", "wechat"), one_of("区粉丝分", "followers", "govsite")
    made = saved(reader, part("wechat", likes.key, 60), part("govsite", gain.key, 40))
    row = matrix.ranking(reader, APRIL, made).set_index("unit").loc["教育局"]
    assert (row["total"], row["mark"]) == (600, "≥") and row["wechat_brought"] == 600
    assert pd.isna(row["govsite_score"]) and pd.isna(row["govsite_brought"])
    assert "总分为下限；政府网站缺分：“教育网站”缺少粉丝数" in row["note"]
    alone = matrix.ranking(reader, APRIL, saved(reader, part("govsite", gain.key, 100), name="只看网站"))
    assert pd.isna(alone["total"][0]) and pd.isna(alone["rank"][0]) and matrix.UNSCORED in alone["note"][0]
    assert matrix.contributions(alone, matrix.plan(reader, made), 10).empty


def test_several_accounts_of_a_unit(reader, district):
    """澜桥街道 has a silent WeChat account beside its own."""
    ways = {}
    for many in ("best", "mean", "sum"):
        made = saved(reader, part("wechat", "wci_v14_2_3", 100), many=many, name=many)
        ways[many] = matrix.ranking(reader, APRIL, made).set_index("unit").loc["澜桥街道", "total"]
    assert ways["best"] == ways["sum"] and ways["mean"] == pytest.approx(ways["best"] / 2, abs=0.01)


def test_units_of_one_size_are_peers(reader, district):
    made = saved(reader, part("wechat", "wci_v14_2_3", 50), part("weibo", "bci_simple", 50))
    every = matrix.ranking(reader, APRIL, made).set_index("unit")
    sized = matrix.ranking(reader, APRIL, made, True).set_index("unit")
    assert every.loc["教育局", "peers"] == 2 and sized.loc["教育局", "peers"] == 1
    assert sized.loc["公安分局", "size"] == "2—3 个账号" and (sized["rank"] == every["rank"]).all()


def test_contributions_are_drawn_for_the_first_units(reader, district):
    made = saved(reader, part("wechat", "wci_v14_2_3", 50), part("weibo", "bci_simple", 50))
    frame, plan = matrix.ranking(reader, APRIL, made), matrix.plan(reader, made)
    drawn = matrix.contributions(frame, plan, 2)
    assert list(drawn["label"]) == [unit for unit in frame["unit"][:2] for _ in range(2)]
    assert list(drawn["series"][:2]) == ["政务微信", "政务微博"]
    assert round(drawn["value"][:2].sum(), 2) == frame["total"][0]


def test_versions_and_an_unknown_matrix(reader):
    first = saved(reader, part("wechat", "wci_v14_2_3", 100))
    second = saved(reader, part("wechat", "wci_v14_2_4", 100))
    found = matrix.versions(reader)
    assert [(v.id, v.version, v.retired) for v in found] == [(second, 2, False), (first, 1, True)]
    assert "WCI V14.2（四指标）" in found[0].words and matrix.plan(reader, first).title == "区矩阵总分（第1版）"
    with pytest.raises(LookupError, match="不存在"):
        matrix.plan(reader, 99)
