"""What the ledger room reads."""

from datetime import UTC, date, datetime

import pytest

from core import ledger
from core.ledger import AccountEntry, BoardEntry, Entries, MemberEntry, UnitEntry
from core.models import Account, AccountDay
from core.query import ledger as query

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)


@pytest.fixture
def filled(session):
    entries = Entries(
        units=[
            UnitEntry(name="区教育局", kind="bureau", aliases=["教育局"], sort=2),
            UnitEntry(name="某某街道", kind="street", sort=1),
        ],
        accounts=[
            AccountEntry(
                platform="weibo", external_id="1", name="教育微博", unit="教育局", importance=2, interactive=True
            ),
            AccountEntry(
                platform="wechat", external_id="gh_e", name="教育发布", unit="区教育局", tags=["教育", "民生"]
            ),
            AccountEntry(platform="wechat", external_id="gh_j", name="街道之声", unit="某某街道", state="suspended"),
            AccountEntry(platform="wechat", external_id="gh_x", name="无主"),
        ],
        boards=[
            BoardEntry(name="全部微信", platform="wechat", sort=1),
            BoardEntry(name="委办局微信", platform="wechat", unit_kinds=["bureau"], index="wci_v14_2_3", sort=2),
            BoardEntry(name="民生微信", platform="wechat", tags=["民生"], sort=3),
            BoardEntry(name="指定", platform="wechat", picked=True, sort=4),
        ],
        members=[MemberEntry(board="指定", platform="wechat", account="街道之声")],
    )
    ledger.apply(session, entries, who="测试", now=NOW)
    session.commit()
    return session


def test_accounts_in_the_words_of_the_ledger(filled):
    education = ledger.find_account(filled, "wechat", "gh_e")
    for day, posts in ((1, 2), (5, 1), (9, 0)):
        filled.add(AccountDay(account_id=education.id, basis="latest", day=date(2026, 10, day), posts=posts))
    renamed = AccountEntry(platform="wechat", external_id="gh_e", name="区教育")
    ledger.apply(filled, Entries(accounts=[renamed]), who="测试", now=NOW)
    frame = query.accounts(filled).set_index("external_id")
    assert frame.loc["gh_e", ["platform", "name", "unit", "unit_kind", "tags", "former"]].tolist() == [
        "政务微信",
        "区教育",
        "区教育局",
        "委办局",
        "教育、民生",
        "教育发布",
    ]
    assert frame["last_day"].tolist() == [None, date(2026, 10, 5), None, None]
    assert frame.loc["1", ["state", "interactive", "importance"]].tolist() == ["正常", "有", "重点"]
    assert frame.loc["gh_x", ["unit", "unit_kind", "interactive"]].tolist() == ["", "", "未核"]
    assert filled.get(Account, int(frame.loc["gh_j", "account_id"])).name == "街道之声"


def test_units_with_the_number_of_their_accounts(filled):
    frame = query.units(filled)
    assert frame[["name", "kind", "aliases", "accounts"]].values.tolist() == [
        ["某某街道", "街镇", "", 1],
        ["区教育局", "委办局", "教育局", 2],
    ]


def test_boards_with_the_accounts_that_they_rank(filled):
    frame = query.boards(filled)
    assert frame[["name", "unit_kinds", "picked", "index", "members"]].values.tolist() == [
        ["全部微信", "", "按规则", "", 3],
        ["委办局微信", "委办局", "按规则", "WCI V14.2（三指标）", 1],
        ["民生微信", "", "按规则", "", 1],
        ["指定", "", "指定成员", "", 1],
    ]


def test_what_can_be_picked_for_a_board_is_of_its_platform(filled):
    board = int(query.boards(filled).set_index("name").loc["指定", "id"])
    members, offered = query.picked(filled, board)
    assert sorted(offered.values()) == ["教育发布（区教育局）", "无主", "街道之声（某某街道）"]
    assert [offered[member] for member in members] == ["街道之声（某某街道）"]


def test_an_empty_ledger_gives_empty_frames_with_their_columns(session):
    for frame in (query.accounts(session), query.units(session), query.boards(session)):
        assert frame.empty and "name" in frame.columns
    assert query.matching(query.accounts(session), "x", platform="政务微信").empty
    assert query.account_names(session, "weibo") == []
    assert query.platforms(session)["weibo"] == "政务微博"


def test_matching_looks_into_every_text(filled):
    frame = query.accounts(filled)
    assert query.matching(frame, "民生")["name"].tolist() == ["教育发布"]
    assert query.matching(frame, "GH_", unit_kind="街镇")["name"].tolist() == ["街道之声"]
    assert query.matching(frame, state="停更")["name"].tolist() == ["街道之声"]
    assert query.matching(frame, "(.*").empty
    assert len(query.matching(frame, "  ", platform=None)) == 4
