"""Local indices where platforms are ranked: the usual one, one that a board names, scores as of one account."""

from datetime import date

import pandas as pd
import pytest

from core import ledger, local_indices
from core.clock import instant
from core.ledger import BoardEntry, Entries
from core.metrics import local
from core.query import boards, explained
from core.query.scope import Filter

NOW = instant(date(2024, 5, 3), 9)
APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))


def saved(session, platforms, name="区综合传播分", definition=None, **more):
    definition = definition or local_indices.template(session, platforms)
    return local_indices.save(session, name, platforms, definition, who="测试", now=NOW, **more)


def posts_only(by=""):
    term = {"input": "posts", "weight": 100, "by": by, "times": 1, "cap": None, "daily": False}
    return {"scale": 10, "power": 1, "dimensions": [{"title": "活跃度", "weight": 100, "terms": [term]}]}


def test_a_platform_without_a_published_index_ranks_by_its_usual_local_one(reader, district):
    before = boards.plan(reader, "govsite")
    assert before.index is None and before.order == "reads"
    made = saved(reader, ("govsite",), usual=True)
    plan = boards.plan(reader, "govsite")
    assert (plan.index.key, plan.order, plan.index.local) == (made.key, "index", True)
    frame = boards.ranking(reader, Filter(APRIL.start, APRIL.end, ("govsite",)), "govsite")
    account = district.accounts["教育网站"]
    mine = plan.index.score(boards.inputs(reader, account, APRIL.start, APRIL.end, plan))
    assert frame["score"].tolist() == [round(mine.value, 2)] and frame["score"][0] > 100 and frame["rank"][0] == 1
    told = explained.told(reader, account, "govsite", APRIL.start, APRIL.end)
    assert told.index.title == "区综合传播分（本地，第1版）" and told.change.after == pytest.approx(mine.value)
    by_counter = boards.plan(reader, "govsite", "")
    assert by_counter.index is None, "none asked for is none"


def test_a_published_index_stays_the_usual_one(reader):
    made = saved(reader, ("wechat", "govsite"), usual=True)
    assert boards.plan(reader, "wechat").index.key == "wci_v14_2_3"
    chosen = boards.plan(reader, "wechat", made.key)
    assert chosen.index.key == made.key
    frame = boards.ranking(reader, APRIL, "wechat", made.key)
    assert frame["score"].max() <= 1000 and frame["rank"].dropna().is_monotonic_increasing


def test_a_board_names_one_version_and_stays_with_it(reader):
    first = saved(reader, ("govsite",))
    ledger.apply(reader, Entries(boards=[BoardEntry(name="网站榜", platform="govsite", index=first.key)]),
                 who="测试", now=NOW)
    board = boards.list_boards(reader, "govsite")["id"][0]
    saved(reader, ("govsite",), definition=posts_only())
    assert boards.plan(reader, "govsite", board=board).index.title == "区综合传播分（本地，第1版）"
    reader.commit()
    assert boards.plan(reader, "govsite", board=board).index.key == first.key
    with pytest.raises(LookupError, match="没有“local_gone”这种指数"):
        boards.plan(reader, "govsite", "local_gone")


def test_scores_by_a_draft_are_those_of_a_ranking(reader, district):
    draft = local.index("区综合传播分", ("wechat",), local_indices.template(reader, ("wechat",)))
    found = boards.scores(reader, APRIL, "wechat", draft)
    assert list(found["account_id"]) == sorted(found["account_id"])
    made = saved(reader, ("wechat",))
    ranked = boards.ranking(reader, APRIL, "wechat", made.key).set_index("name")
    for row in found.itertuples():
        there = ranked.loc[row.name]
        assert (pd.isna(row.score) and pd.isna(there["score"])) or row.score == there["score"], row.name
        assert row.reason == there["index_reason"]
    by_name = found.set_index("name")
    assert pd.isna(by_name.loc["未采集微信", "score"]) and by_name.loc["未采集微信", "reason"] == "发布数未知"
    assert by_name.loc["沉默微信", "score"] == 0 and by_name.loc["沉默微信", "reason"] == "本期未发布"
    assert by_name.loc["警方微信", "high"] == float("inf"), "its 10万+ is no rule of a local index"
    assert by_name.loc["街道微信", "unit_id"] == district.units["澜桥街道"]
    assert pd.isna(by_name.loc["未采集微信", "unit_id"])


def test_an_index_of_posts_alone(reader):
    index = local.index("发稿分", ("wechat",), posts_only())
    found = boards.scores(reader, APRIL, "wechat", index).set_index("name")
    assert found.loc["教育微信", "score"] > 30 and found.loc["未采集微信", "reason"] == "发布数未知"
    assert found.loc["教育微信", "low"] == found.loc["教育微信", "high"]


def test_a_missing_counter_is_named(reader):
    index = local.index("互动分", ("govsite",), local.template(("reads", "likes")))
    found = boards.scores(reader, APRIL, "govsite", index)
    assert pd.isna(found["score"][0]) and found["reason"][0] == "缺少点赞数"
