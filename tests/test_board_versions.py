"""What a board was: versions of its definition and members, and the ranking as it was."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core import board_versions, ledger
from core.clock import instant
from core.ledger import BoardEntry, Entries
from core.models import Account, Board, BoardVersion
from core.query import boards, totals
from core.query import ledger as query
from core.query.scope import Filter
from tests.query.conftest import district, filled, reader  # noqa: F401

MARCH, APRIL = (date(2024, 3, 1), date(2024, 3, 31)), (date(2024, 4, 1), date(2024, 4, 30))
CHANGED = instant(date(2024, 4, 10), 9)


def board(session, name: str) -> Board:
    return session.execute(select(Board).where(Board.name == name)).scalar_one()


def names(session, where: Filter) -> set[str]:
    return set(session.execute(select(Account.name).where(Account.id.in_(totals.meant(session, where)))).scalars())


@pytest.fixture
def picked(reader, district):  # noqa: F811
    """A board of two picked accounts since February; its name was changed and one account exchanged on 10 April."""
    ledger.apply(reader, Entries(boards=[BoardEntry(name="重点榜", platform="wechat", picked=True)]), who="王敏",
                 now=instant(date(2024, 2, 1), 9))
    one = board(reader, "重点榜").id
    first = [district.accounts[name] for name in ("教育微信", "警方微信")]
    ledger.set_members(reader, one, first, who="王敏", now=instant(date(2024, 2, 1), 9))
    changed = [district.accounts[name] for name in ("教育微信", "街道微信")]
    ledger.set_members(reader, one, changed, who="李强", now=CHANGED)
    ledger.apply(reader, Entries(boards=[BoardEntry(id=one, name="重点月榜", platform="wechat", picked=True,
                                                    index="wci_v13")]), who="李强", now=CHANGED + timedelta(hours=1))
    reader.commit()
    return one


def test_last_march_s_board_is_shown_as_it_was(reader, picked):  # noqa: F811
    then, now = Filter(*MARCH, board=picked, as_of=MARCH[1]), Filter(*MARCH, board=picked)
    assert names(reader, then) == {"教育微信", "警方微信"} and names(reader, now) == {"教育微信", "街道微信"}
    old, new = (boards.plan(reader, "wechat", board=picked, as_of=day) for day in (MARCH[1], None))
    assert (old.title, old.index.key) == ("重点榜", "wci_v14_2_3")
    assert (new.title, new.index.key) == ("重点月榜", "wci_v13")
    frame = boards.ranking(reader, then, "wechat")
    assert set(frame["name"]) == {"教育微信", "警方微信"} and frame["rank"].notna().all()
    assert set(boards.ranking(reader, now, "wechat")["name"]) == {"教育微信", "街道微信"}


def test_it_is_known_whether_a_board_was_changed_after_a_day(reader, picked):  # noqa: F811
    assert board_versions.changed_since(reader, picked, MARCH[1]) == CHANGED + timedelta(hours=1)
    assert board_versions.changed_since(reader, picked, APRIL[1]) is None
    untouched = reader.execute(select(Board.id).where(Board.id != picked)).scalars().first()
    assert board_versions.changed_since(reader, untouched, date(2020, 1, 1)) is None


def test_a_board_that_was_there_before_versions_keeps_what_it_was(reader, district):  # noqa: F811
    one = board(reader, "街镇榜")
    was = (one.index, tuple(one.unit_kinds))
    ledger.apply(reader, Entries(boards=[BoardEntry(id=one.id, name="街镇榜", platform="wechat", index="wci_v12")]),
                 who="李强", now=CHANGED)
    then = board_versions.definition(reader, one.id, MARCH[1])
    assert (then.index, then.unit_kinds) == was
    assert board_versions.definition(reader, one.id).index == "wci_v12"


def test_nothing_changed_is_no_version(reader, picked):  # noqa: F811
    many = len(reader.execute(select(BoardVersion.id)).all())
    ledger.apply(reader, Entries(boards=[BoardEntry(id=picked, name="重点月榜", platform="wechat", picked=True,
                                                    index="wci_v13")]), who="李强", now=CHANGED + timedelta(days=1))
    assert len(reader.execute(select(BoardVersion.id)).all()) == many
    mine = select(BoardVersion.who).where(BoardVersion.board_id == picked).order_by(BoardVersion.id)
    assert list(reader.execute(mine).scalars())[-2:] == ["李强", "李强"]
    assert board_versions.definition(reader, 999) is None


def test_a_board_is_copied_with_its_members(reader, picked):  # noqa: F811
    made = ledger.copy_board(reader, picked, "另一榜", who="李强", now=CHANGED + timedelta(days=2))
    copied = Filter(*APRIL, board=made)
    assert names(reader, copied) == names(reader, Filter(*APRIL, board=picked))
    assert boards.plan(reader, "wechat", board=made).index.key == "wci_v13"
    with pytest.raises(ledger.LedgerFaults, match="已有榜单“另一榜”"):
        ledger.copy_board(reader, picked, "另一榜", who="李强", now=CHANGED)
    with pytest.raises(ledger.LedgerFaults, match="榜单不存在"):
        ledger.copy_board(reader, 999, "新榜", who="李强", now=CHANGED)


def test_the_versions_of_boards_in_words(reader, picked):  # noqa: F811
    frame = query.board_versions(reader)
    mine = frame[frame["board"] == "重点月榜"]
    assert list(mine["name"])[:2] == ["重点月榜", "重点榜"] and list(mine["scope"])[:2] == ["指定成员 2 个"] * 2
    assert list(mine["index"])[:2] == ["WCI V13.0", "平台默认"] and mine["who"].iloc[0] == "李强"
    rule = frame[frame["board"] == "街镇榜"].iloc[0]
    assert rule["scope"].startswith("街镇")


def test_an_old_version_reads_with_what_boards_were_then(reader, picked):  # noqa: F811
    version = reader.execute(select(BoardVersion).where(BoardVersion.board_id == picked).order_by(BoardVersion.id))
    first = version.scalars().first()
    new = ("importances", "order_by", "rounded", "columns", "period", "week_start", "shown", "archived")
    first.definition = {name: value for name, value in first.definition.items() if name not in new}
    reader.flush()
    then = board_versions.definition(reader, picked, date(2024, 2, 1) - timedelta(30))
    assert (then.name, then.importances, then.order_by, then.columns, then.period) == ("重点榜", (), "index", (), "")
    assert (then.week_start, then.rounded, then.shown, then.archived) == (0, False, True, False)
    assert set(query.board_versions(reader)["period"]) == {"随筛选"}


def test_versions_without_the_new_fields_are_no_change(reader, picked):  # noqa: F811
    for version in reader.execute(select(BoardVersion)).scalars():
        version.definition = {name: value for name, value in version.definition.items() if name != "period"}
    reader.flush()
    assert board_versions.record(reader, who="", now=CHANGED + timedelta(days=1)) == 0


def test_every_field_has_its_version_and_the_past_keeps_its_own(reader, picked):  # noqa: F811
    full = {"importances": [2], "order_by": "likes", "columns": ["likes"], "period": "week", "week_start": 6,
            "rounded": True, "basis": "d7"}
    ledger.apply(reader, Entries(boards=[BoardEntry(id=picked, name="重点月榜", platform="wechat", **full)]),
                 who="李强", now=CHANGED + timedelta(days=5))
    before, after = (boards.plan(reader, "", board=picked, as_of=day) for day in (date(2024, 4, 12), date(2024, 4, 15)))
    assert (before.order, before.columns, before.rounded, before.basis) == ("index", (), False, "latest")
    assert (after.order, after.columns, after.rounded, after.basis) == ("likes", ("likes",), True, "d7")
    newest = query.board_versions(reader).iloc[0]
    assert list(newest[["order", "period", "others"]]) == ["点赞数", "周榜（周日起）", "只显示点赞数；均值取一位小数"]


def test_a_board_put_away_is_still_the_same_list(reader, picked):  # noqa: F811
    before = board_versions.changed_since(reader, picked, MARCH[1])
    ledger.archive_board(reader, picked, True, who="李强", now=CHANGED + timedelta(days=9))
    assert board_versions.definition(reader, picked).archived
    assert not board_versions.definition(reader, picked, CHANGED.date()).archived
    assert board_versions.changed_since(reader, picked, MARCH[1]) == before
    assert query.board_versions(reader).iloc[0]["others"] == "已归档"
