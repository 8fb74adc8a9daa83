"""The district's own indices in the database: versions, what boards keep, who ranks a platform."""

from copy import deepcopy
from datetime import date

import pytest
from sqlalchemy import select

from core import ledger, local_indices
from core.clock import instant
from core.faults import BadInput
from core.ledger import BoardEntry, Entries
from core.metrics.indices import INDICES
from core.models import Audit, Board, BoardVersion, LocalIndex

DAYS = [instant(date(2024, 5, n), 9) for n in range(1, 9)]
NAME = "区综合传播分"


def definition(session, platforms=("channels",), posts=10):
    made = deepcopy(local_indices.template(session, platforms))
    made["dimensions"][-1]["weight"] = posts
    made["dimensions"][0]["weight"] = 100 - sum(part["weight"] for part in made["dimensions"][1:])
    return made


def save(session, nth, platforms=("channels",), name=NAME, posts=10, **more):
    made = definition(session, platforms, posts)
    return local_indices.save(session, name, platforms, made, who="测试", now=DAYS[nth], **more)


@pytest.fixture
def boards(session):
    """A board that names nothing, one of another platform."""
    entries = [BoardEntry(name="视频号榜", platform="channels"), BoardEntry(name="微信榜", platform="wechat")]
    ledger.apply(session, Entries(boards=entries), who="测试", now=DAYS[0])
    return lambda: dict(session.execute(select(Board.name, Board.index)).all())


def test_keys_mean_published_and_local_indices(session):
    made = save(session, 0)
    assert local_indices.find(session, "dci") is INDICES["dci"]
    index = local_indices.find(session, made.key)
    assert (index.title, index.local, index.platforms) == (f"{NAME}（本地，第1版）", True, ("channels",))
    assert "2024-05-01 由测试保存" in index.source and "播放数 70%" in index.notes
    with pytest.raises(LookupError, match="没有“local_x”这种指数"):
        local_indices.find(session, "local_x")
    assert local_indices.titles(session)[made.key] == index.title
    assert local_indices.ranked_by(session) == {made.key: ("channels",)}


def test_published_indices_go_first_and_retired_ones_are_not_offered(session):
    save(session, 0, ("wechat", "channels"), name="全区分")
    made = save(session, 1)
    assert [i.key for i in local_indices.rankers(session, "wechat")][:6] == [
        k for k, i in INDICES.items() if "wechat" in i.families]
    assert [i.title for i in local_indices.rankers(session, "channels")] == [
        "全区分（本地，第1版）", f"{NAME}（本地，第1版）"]
    local_indices.retire(session, made.key, who="测试", now=DAYS[2])
    assert [i.title for i in local_indices.rankers(session, "channels")] == ["全区分（本地，第1版）"]
    assert local_indices.find(session, made.key).title.endswith("第1版）"), "boards that name it still find it"
    local_indices.restore(session, made.key, who="测试", now=DAYS[3])
    assert len(local_indices.rankers(session, "channels")) == 2
    assert local_indices.rankers(session, "nowhere") == []


def test_a_change_is_a_new_version_and_the_old_one_stays_as_it_was(session):
    first = save(session, 0)
    kept = deepcopy(first.definition)
    second = save(session, 1, posts=20)
    assert (second.version, second.key != first.key) == (2, True)
    assert (first.definition, first.retired, second.retired) == (kept, True, False)
    with pytest.raises(BadInput, match="与第 2 版相同"):
        save(session, 2, posts=20)
    assert [a.action for a in session.execute(select(Audit).where(Audit.what.contains(NAME))).scalars()] == [
        "新增本地指数", "修改本地指数"]


def test_what_is_wrong_keeps_everything_out(session):
    made = definition(session)
    made["dimensions"][0]["weight"] = 61
    for name, platforms, what, said in (
        (NAME, ("channels",), made, "合计 101%"), ("WVCI", ("channels",), definition(session), "公开指数的名称"),
        (NAME, (), definition(session), "请选择适用平台"), (NAME, ("baidu",), definition(session), "没有可用于计分"),
        (NAME, ("channels", "toutiao"), definition(session), "“播放数”不是所选平台都有的数据"),
    ):
        with pytest.raises(BadInput, match=said):
            local_indices.save(session, name, platforms, what, who="测试", now=DAYS[0])
    assert session.execute(select(LocalIndex)).first() is None and session.execute(select(Audit)).first() is None


def test_the_usual_index_ranks_platforms_without_a_published_one(session, boards):
    made = save(session, 1, ("wechat", "channels"), usual=True)
    assert local_indices.usual_of(session, "channels") == made.key
    assert local_indices.usual_of(session, "wechat") == "wci_v14_2_3"
    assert local_indices.usual_of(session, "toutiao") == "" == local_indices.usual_of(session, "nowhere")
    assert boards() == {"视频号榜": "", "微信榜": ""}, "boards that follow the platform's follow it"
    assert local_indices.namers(session, made.key) == {made.key: ["视频号榜"]}, "微信 has an index of its own"
    with pytest.raises(BadInput, match="视频号的默认指数已是"):
        save(session, 2, name="另一个分", usual=True)
    with pytest.raises(BadInput, match="政务微信已有公开指数"):
        save(session, 2, ("wechat",), name="另一个分", usual=True)


def test_a_new_version_moves_no_board_unless_told(session, boards):
    first = save(session, 1, usual=True)
    second = save(session, 2, posts=20, usual=True)
    assert boards()["视频号榜"] == first.key, "it followed the first version, and keeps it by name"
    assert local_indices.namers(session, second.key) == {first.key: ["视频号榜"], second.key: []}
    assert local_indices.move_boards(session, second.key, who="测试", now=DAYS[3]) == ["视频号榜"]
    assert boards()["视频号榜"] == second.key
    third = save(session, 4, posts=30, usual=True, move=True)
    assert boards() == {"视频号榜": third.key, "微信榜": ""}
    said = [v.definition["index"] for v in session.execute(select(BoardVersion).order_by(BoardVersion.id)).scalars()
            if v.definition["platform"] == "channels"]
    assert said == ["", first.key, second.key, third.key], "each of it recorded as a version of the board"


def test_followers_go_along_when_told_and_stay_followers(session, boards):
    save(session, 1, usual=True)
    second = save(session, 2, posts=20, usual=True, move=True)
    assert boards()["视频号榜"] == "" and local_indices.usual_of(session, "channels") == second.key


def test_boards_keep_an_index_that_is_no_longer_usual(session, boards):
    made = save(session, 1, usual=True)
    local_indices.set_usual(session, made.key, False, who="测试", now=DAYS[2])
    assert local_indices.usual_of(session, "channels") == "" and boards()["视频号榜"] == made.key
    local_indices.retire(session, made.key, who="测试", now=DAYS[3])
    with pytest.raises(BadInput, match="已停用，请先恢复"):
        local_indices.set_usual(session, made.key, True, who="测试", now=DAYS[4])
    local_indices.restore(session, made.key, who="测试", now=DAYS[4])
    local_indices.set_usual(session, made.key, True, who="测试", now=DAYS[5])
    assert local_indices.usual_of(session, "channels") == made.key
    with pytest.raises(BadInput, match="不存在"):
        local_indices.retire(session, "local_x", who="测试", now=DAYS[6])


def test_a_past_day_is_ranked_by_the_version_of_then(session):
    first, second = save(session, 1, usual=True), save(session, 3, posts=20, usual=True)
    assert local_indices.usual_of(session, "channels", date(2024, 5, 3)) == first.key
    assert local_indices.usual_of(session, "channels", date(2024, 5, 4)) == second.key
    assert local_indices.usual_of(session, "channels", date(2024, 4, 1)) == first.key, "the first one before there was"


def test_boards_and_the_workbook_know_local_indices(session, boards):
    first = save(session, 1)
    entry = BoardEntry(name="视频号榜", platform="channels", index=first.key)
    ledger.apply(session, Entries(boards=[entry]), who="测试", now=DAYS[2])
    second = save(session, 3, posts=20)
    words = ledger.words(session, BoardEntry)["index"]
    assert f"{NAME}（本地，第1版）" in words, "a board has it"
    third = save(session, 4, posts=30)
    assert f"{NAME}（本地，第2版）" not in ledger.words(session, BoardEntry)["index"], "nobody has it"
    rows = {row["name"]: row["index"] for row in ledger.ledger_rows(session)[BoardEntry]}
    assert rows == {"视频号榜": f"{NAME}（本地，第1版）", "微信榜": ""}
    again = ledger.form_entry(session, BoardEntry, {
        "name": "视频号榜", "platform": "视频号", "index": f"{NAME}（本地，第2版）"})
    assert again.index == second.key, "an old file may still say it"
    for wrong in (BoardEntry(name="微信榜", platform="wechat", index=third.key),
                  BoardEntry(name="视频号榜", platform="wechat")):
        with pytest.raises(ledger.LedgerFaults, match="不适用于榜单的平台"):
            ledger.apply(session, Entries(boards=[wrong]), who="测试", now=DAYS[5])
