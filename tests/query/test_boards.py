"""Rankings against a plain pandas computation over the same posts."""

from datetime import date

import pandas as pd
import pytest

from core.metrics.indices import INDICES, Inputs
from core.models import Account, Board
from core.query import boards, explained, scope
from core.query.scope import Filter

APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))


def month(district, account, number):
    posts = district.posts
    return posts[(posts["account"] == account) & posts["day"].map(lambda d: d.month == number)]


def test_sums_are_those_of_a_plain_computation(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat").set_index("name")
    for name in ("教育微信", "警方微信", "街道微信"):
        mine, row = month(district, name, 4), frame.loc[name]
        assert row["posts"] == len(mine)
        assert row["pushes"] == mine["push"].nunique()
        for counter in ("reads", "likes", "wows", "reposts", "comments"):
            assert row[counter] == mine[counter].sum()
            assert row[f"{counter}_max"] == mine[counter].max()
            assert row[f"{counter}_avg"] == pytest.approx(mine[counter].mean())
            assert row[f"{counter}_known"] == len(mine)
        assert row["interaction"] == mine[["likes", "reposts", "comments"]].to_numpy().sum()
        assert pd.isna(row["plays"])


def test_score_is_the_index_of_the_plain_sums_and_ranks_follow_it(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat", index="wci_v14_2_4").set_index("name")
    expected = {}
    for name in ("教育微信", "警方微信", "街道微信"):
        mine = month(district, name, 4)
        headline = mine[mine["position"] == 1]
        counters = ("reads", "likes", "wows", "reposts")
        inputs = Inputs(
            days=30, posts=len(mine), **{c: int(mine[c].sum()) for c in counters},
            **{f"{c}_max": int(mine[c].max()) for c in counters},
            **{f"headline_{c}": int(headline[c].sum()) for c in counters},
        )
        expected[name] = round(INDICES["wci_v14_2_4"].score(inputs).value, 2)
    for name, score in expected.items():
        assert frame.loc[name, "score"] == score
    order = sorted(expected, key=expected.get, reverse=True)
    assert list(frame.index) == [*order, "沉默微信", "未采集微信"]
    assert list(frame["rank"][:4]) == [1, 2, 3, 4]


def test_silent_and_uncollected_accounts_are_different(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat").set_index("name")
    silent, unknown = frame.loc["沉默微信"], frame.loc["未采集微信"]
    assert (silent["posts"], silent["reads"], silent["score"], silent["index_reason"]) == (0, 0, 0, "本期未发布")
    assert (silent["rank"], silent["covered"], silent["note"]) == (4, 30, "")
    assert pd.isna(silent["reads_avg"])
    assert pd.isna(unknown["posts"])
    assert pd.isna(unknown["score"])
    assert pd.isna(unknown["rank"])
    assert (unknown["index_reason"], unknown["note"]) == ("发布数未知", "本期没有采集到数据")
    assert unknown["unit"] == "未归属单位"


def test_exactness_reaches_the_row(reader, district):
    april = boards.ranking(reader, APRIL, "wechat", order="reads").set_index("name")
    assert (april.loc["警方微信", "reads_mark"], april.loc["教育微信", "reads_mark"]) == ("≥", "")
    assert april.loc["警方微信", "note"].startswith("阅读数为下限、覆盖")
    assert april.loc["警方微信", "score_mark"] == "", "清博 counts a capped read as 100001 by rule"
    march = boards.ranking(reader, Filter(date(2024, 3, 1), date(2024, 3, 31)), "wechat").set_index("name")
    assert march.loc["教育微信", "reads_mark"] == "≈"
    assert march.loc["教育微信", "score_mark"] == "≈"


def test_rank_change_against_the_month_before(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat", order="posts").set_index("name")
    march = {n: len(month(district, n, 3)) for n in ("教育微信", "警方微信", "街道微信", "沉默微信")}
    before = pd.Series(march).rank(ascending=False, method="min")
    for name in march:
        assert frame.loc[name, "previous_rank"] == before[name]
        assert frame.loc[name, "rank_steps"] == before[name] - frame.loc[name, "rank"]
    earliest = boards.ranking(reader, Filter(date(2024, 3, 1), date(2024, 3, 31)), "wechat", order="posts")
    assert earliest["previous_rank"].isna().sum() == len(earliest)
    assert set(earliest["rank_change"]) == {"—"}


def test_basis_d7_takes_the_reading_of_the_first_week(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat", basis="d7").set_index("name")
    mine = month(district, "教育微信", 4)
    # The May reading came within seven days of publishing for the last posts of April only.
    late = [d >= date(2024, 4, 25) for d in mine["day"]]
    expected = mine["reads"].where(late, mine["early_reads"]).sum()
    assert frame.loc["教育微信", "reads"] == expected


def test_followers_and_their_change(reader, district):
    frame = boards.ranking(reader, APRIL, "douyin").set_index("name")
    row = frame.loc["街道抖音"]
    read = [n for n in range(61) if n % 5 == 0]
    assert row["followers"] == 12_000 + 10 * read[-1]
    assert row["followers_change"] == 10 * (read[-1] - max(n for n in read if n <= 30))
    mine = month(district, "街道抖音", 4)
    assert row["plays"] == mine["plays"].sum()
    inputs = Inputs(days=30, posts=len(mine), likes=int(mine["likes"].sum()), comments=int(mine["comments"].sum()),
                    reposts=int(mine["reposts"].sum()), followers=12_600, followers_gain=300)
    assert row["score"] == round(INDICES["dci"].score(inputs).value, 2)


def test_weibo_index_separates_originals(reader, district):
    row = boards.ranking(reader, APRIL, "weibo").iloc[0]
    mine = month(district, "警方微博", 4)
    own = mine[mine["original"].astype(bool)]
    inputs = Inputs(days=30, posts=len(mine), originals=len(own), likes=int(mine["likes"].sum()),
                    reposts=int(mine["reposts"].sum()), comments=int(mine["comments"].sum()),
                    original_reposts=int(own["reposts"].sum()), original_comments=int(own["comments"].sum()))
    assert row["originals"] == len(own)
    assert row["score"] == round(INDICES["bci_v9"].score(inputs).value, 2)
    assert pd.isna(row["reads"])


def test_platform_without_index_ranks_by_its_main_counter(reader, district):
    frame = boards.ranking(reader, APRIL, "govsite")
    assert boards.plan(reader, "govsite").order == "reads"
    assert frame["score"].isna().all()
    assert frame["rank"][0] == 1
    assert frame["index_reason"][0] == "该平台没有公开的指数公式"


@pytest.mark.parametrize(
    ("board", "names", "index"),
    [("街镇榜", {"街道微信", "沉默微信"}, "wci_v13"), ("民生榜", {"教育微信", "街道微信"}, "wci_v14_2_3"),
     ("点名榜", {"教育微信", "警方微信"}, "wci_v14_2_3")],
)
def test_boards_mean_their_own_accounts_index_and_basis(reader, district, board, names, index):
    id_ = district.boards[board]
    assert set(boards.ranking(reader, APRIL, "", board=id_)["name"]) == names
    made = boards.plan(reader, "", board=id_)
    assert (made.platform, made.index.key, made.basis) == ("wechat", index, "d7" if board == "点名榜" else "latest")
    through_filter = Filter(APRIL.start, APRIL.end, board=id_)
    assert set(boards.ranking(reader, through_filter, "weibo")["name"]) == names


def test_filter_by_kind_and_unit(reader, district):
    street = Filter(APRIL.start, APRIL.end, kinds=("street",))
    assert set(boards.ranking(reader, street, "wechat")["name"]) == {"街道微信", "沉默微信"}
    unit = Filter(APRIL.start, APRIL.end, units=(district.units["教育局"],))
    assert list(boards.ranking(reader, unit, "wechat")["name"]) == ["教育微信"]
    nobody = Filter(APRIL.start, APRIL.end, units=(999,))
    assert boards.ranking(reader, nobody, "wechat").empty


def test_sparkline_has_a_value_for_each_known_day(reader, district):
    frame = boards.ranking(reader, APRIL, "wechat").set_index("name")
    mine = month(district, "教育微信", 4).groupby("day").size()
    spark = frame.loc["教育微信", "spark"]
    assert [v for v in spark if v is not None] == list(mine)
    assert spark.count(None) == 30 - len(mine)
    assert frame.loc["沉默微信", "spark"] == [0.0] * 30
    assert frame.loc["未采集微信", "spark"] == [None] * 30


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"platform": "无此平台"}, "不在目录中"), ({"platform": "wechat", "index": "wci_v99"}, "没有"),
     ({"platform": "wechat", "order": "hearts"}, "不能按"), ({"platform": "wechat", "board": 999}, "不存在")],
)
def test_unknown_requests_are_named(reader, arguments, words):
    with pytest.raises(LookupError, match=words):
        boards.plan(reader, **arguments)


def defined(reader, **fields) -> int:
    """A board as the ledger would write it."""
    board = Board(**{"name": "自定榜", "platform": "wechat"} | fields)
    reader.add(board)
    reader.flush()
    return board.id


def test_a_board_gives_order_columns_and_rounding_where_none_are_asked_for(reader, district):
    one = defined(reader, order_by="likes", columns=["likes", "followers"], rounded=True, basis="d7", index="wci_v13")
    made = boards.plan(reader, "", board=one)
    assert (made.order, made.columns, made.rounded, made.basis) == ("likes", ("likes", "followers"), True, "d7")
    frame = boards.ranking(reader, APRIL, "", board=one)
    assert frame["likes"].dropna().is_monotonic_decreasing and frame["rank"][0] == 1
    asked = boards.plan(reader, "", basis="latest", order="posts", board=one)
    assert (asked.order, asked.basis) == ("posts", "latest")
    assert boards.ROUNDED in made.method and "按点赞数排名；取数口径：发布后第7日值；WCI V13.0" in made.method
    assert boards.ROUNDED not in boards.plan(reader, "wechat").method
    unranked = boards.plan(reader, "", board=defined(reader, name="网站榜", platform="govsite", rounded=True))
    assert unranked.order == "reads" and unranked.method.endswith("按原始数据排名，不计指数")


def test_importance_is_scope_by_rule_beside_kinds_and_tags(reader, district):
    for name, importance in (("教育微信", 2), ("街道微信", 1), ("警方微信", 1)):
        reader.get(Account, district.accounts[name]).importance = importance
    reader.flush()

    def names(**rule) -> set[str]:
        one = defined(reader, name=f"榜{rule}", **rule)
        return set(boards.ranking(reader, APRIL, "", board=one)["name"])

    assert names(importances=[2]) == {"教育微信"}
    assert names(importances=[1, 2]) == {"教育微信", "街道微信", "警方微信"}
    assert names(importances=[1, 2], tags=["民生"]) == {"教育微信", "街道微信"}
    assert names(importances=[1], unit_kinds=["bureau"]) == {"警方微信"}


def test_rounded_averages_reach_score_bounds_and_explanation(reader, district):
    plain, rounded = (defined(reader, name=f"榜{on}", rounded=on, index="wci_v13") for on in (False, True))
    march, day = Filter(date(2024, 3, 1), date(2024, 3, 31)), Filter(date(2024, 4, 2), date(2024, 4, 2))
    moved = 0
    for where in (APRIL, march, day):
        before, after = (boards.ranking(reader, where, "", board=one).set_index("name") for one in (plain, rounded))
        for name in ("教育微信", "警方微信", "街道微信"):
            told = explained.told(reader, district.accounts[name], "wechat", where.start, where.end, board=rounded)
            score = INDICES["wci_v13"].score(told.now, rounded=True).value
            assert after.loc[name, "score"] == round(score, 2) and told.index.key == "wci_v13"
            if told.change is not None:
                assert told.change.after == score == told.what_if(1, 1)
            assert before.loc[name, "score"] == round(INDICES["wci_v13"].score(told.now).value, 2)
        assert list(after["score_mark"]) == list(before["score_mark"])
        moved += (after["score"] != before.loc[after.index, "score"]).sum()
    assert moved


def test_boards_of_the_ledger_only_and_archived_ones_are_not_on_offer(reader, district):
    kept = defined(reader, name="旧榜", archived=True, sort=-2)
    defined(reader, name="内部榜", shown=False, sort=-1)
    assert set(boards.list_boards(reader)["name"]) == set(district.boards)
    offered = scope.choices(reader)
    assert {name for _, name, _ in offered.boards} == set(district.boards)
    assert offered.archived == ((kept, "旧榜", "常用榜单"),)
    assert boards.plan(reader, "", board=kept).title == "旧榜", "a link still opens it"


def test_what_a_board_does_not_show_is_not_noted(reader, district):
    one = defined(reader, columns=["likes"], order_by="likes")
    for index, noted in (("", False), (None, True)):
        note = boards.ranking(reader, APRIL, "", index=index, board=one).set_index("name").loc["警方微信", "note"]
        assert ("阅读数为下限" in note) == noted, "reads enter the index"


def test_an_order_that_the_platform_no_longer_yields_gives_way(reader, district):
    one = defined(reader, platform="weibo", order_by="plays", index="bci_simple")
    assert boards.plan(reader, "", board=one).order == "reads"


def test_list_of_boards(reader, district):
    frame = boards.list_boards(reader)
    assert set(frame["name"]) == set(district.boards)
    assert boards.list_boards(reader, "weibo").empty
