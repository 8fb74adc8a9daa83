"""The ledger: one validated path for pages, workbooks and imports."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import Workbook, load_workbook
from pydantic import ValidationError
from sqlalchemy import delete, func, select

from core import db, ledger
from core.board_versions import BOARD_ORDER
from core.faults import BadInput
from core.ledger import AccountEntry, BoardEntry, Entries, LedgerFaults, MemberEntry, SourceEntry, UnitEntry
from core.models import Account, AccountName, Audit, Board, BoardMember, BoardVersion, Source, Unit, Unsifted
from tests.spoken import say, source

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)
UNITS = ["单位名称*", "类别", "上级单位", "别名", "排序"]
ACCOUNTS = [
    "平台*",
    "平台账号ID*",
    "账号名称*",
    "所属单位",
    "备案号",
    "状态",
    "开通日期",
    "停用日期",
    "互动功能",
    "重要程度",
    "标签",
    "主页链接",
]
BOARDS = ["榜单名称*", "分类", "平台*", "单位类别", "标签", "成员方式", "指数", "统计口径", "排序"]
MEMBERS = ["榜单名称*", "平台*", "账号*"]
SOURCES = ["名称*", "采集方式*", "地址*", "平台*", "账号", "周期（分钟）", "启用"]


def book(**sheets) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


FULL = {
    "单位": [
        UNITS,
        ["区委宣传部", "委办局", "", "", 1],
        ["区教育局", "委办局", "", "教育局、区教委", 2],
        ["某某街道", "街镇", "区委宣传部", "", 3],
    ],
    "账号": [
        ACCOUNTS,
        [
            "政务微信",
            "gh_edu",
            "教育发布",
            "区教委",
            "310-1",
            "正常",
            date(2015, 3, 1),
            None,
            "有",
            "重点",
            "教育、民生",
            "https://mp.weixin.qq.com/x",
        ],
        ["微博", "2656274875", "某某街道", "某某街道", "", "", "", "", "", "", "", ""],
    ],
    "榜单": [BOARDS, ["委办局微信榜", "", "政务微信", "委办局", "", "指定成员", "WCI V14.2（三指标）", "最新值", 1]],
    "榜单成员": [MEMBERS, ["委办局微信榜", "政务微信", "教育发布"]],
    "采集源": [
        SOURCES,
        ["教育发布订阅", "RSS/Atom 订阅", "https://rss.example.cn/edu.xml", "政务微信", "gh_edu", 15, "是"],
        ["微博热搜", "hotlist", "https://hot.example.cn/weibo", "微博热搜", "", "", ""],
    ],
}


def taken(session, **sheets):
    changes = ledger.import_workbook(session, book(**sheets), who="张三", now=NOW)
    session.commit()
    return changes


def faults(session, **sheets) -> list[tuple[str, int, str]]:
    before = {
        t: session.execute(select(func.count()).select_from(t)).scalar_one() for t in (Unit, Account, Board, Source)
    }
    with pytest.raises(LedgerFaults) as caught:
        ledger.import_workbook(session, book(**sheets), who="张三", now=NOW)
    session.commit()
    after = {t: session.execute(select(func.count()).select_from(t)).scalar_one() for t in before}
    assert after == before, "nothing is written when anything is wrong"
    assert all(fault.reason and fault.remedy for fault in caught.value.faults)
    return [(fault.sheet, fault.row, fault.field) for fault in caught.value.faults]


def test_a_workbook_sets_up_everything(session):
    changes = taken(session, **FULL)
    assert dict(changes.added) == {"单位": 3, "账号": 2, "榜单": 1, "榜单成员": 1, "采集源": 2}
    units = {unit.name: unit for unit in session.execute(select(Unit)).scalars()}
    assert (units["某某街道"].kind, units["某某街道"].parent_id) == ("street", units["区委宣传部"].id)
    account = ledger.find_account(session, "wechat", "gh_edu")
    assert account.model_dump(exclude={"id", "demo"}) == {
        "platform": "wechat",
        "external_id": "gh_edu",
        "name": "教育发布",
        "unit_id": units["区教育局"].id,
        "registration_no": "310-1",
        "state": "normal",
        "opened_on": date(2015, 3, 1),
        "closed_on": None,
        "interactive": True,
        "importance": 2,
        "tags": ["教育", "民生"],
        "url": "https://mp.weixin.qq.com/x",
    }
    (board,) = session.execute(select(Board)).scalars()
    assert (board.platform, board.unit_kinds, board.picked, board.index, board.basis, board.category) == (
        "wechat",
        ["bureau"],
        True,
        "wci_v14_2_3",
        "latest",
        "常用榜单",
    )
    assert session.execute(select(BoardMember.account_id)).scalars().all() == [account.id]
    feed, hot = session.execute(select(Source).order_by(Source.id)).scalars()
    assert (feed.collector, feed.account_id, feed.period_seconds, feed.enabled) == ("feed", account.id, 900, True)
    assert (hot.collector, hot.platform, hot.account_id, hot.period_seconds) == ("hotlist", "weibo_hot", None, 1800)
    note = session.execute(select(Audit).order_by(Audit.id.desc())).scalars().first()
    assert note.who == "张三" and "新增账号“教育发布”" in note.detail


def test_the_same_workbook_again_changes_nothing_and_no_reader_is_told(session):
    taken(session, **FULL)
    stamp = db.stamp(session)
    changes = taken(session, **FULL)
    assert not changes.any and changes.unchanged == 9
    assert db.stamp(session) == stamp


def test_what_is_exported_can_be_imported_unchanged(session):
    taken(session, **FULL)
    assert taken(session, 账号=[ACCOUNTS[:3], ["微博", "2656274875", "某某街道办"]]).changed == {"账号": 1}
    body = ledger.export_workbook(session)
    exported = load_workbook(io.BytesIO(body))
    assert exported.sheetnames == ["填写说明", "单位", "账号", "榜单", "榜单成员", "采集源", "选项"]
    accounts = exported["账号"]
    assert accounts.freeze_panes == "D2"
    assert [cell.value for cell in accounts[1]][-1] == "曾用名"
    rows = {row[1]: row for row in accounts.iter_rows(min_row=2, values_only=True)}
    assert rows["2656274875"][2] == "某某街道办" and rows["2656274875"][-1] == "某某街道"
    assert len(accounts.data_validations.dataValidation) == 4
    changes = ledger.import_workbook(session, body, who="张三", now=NOW)
    assert not changes.any and not changes.notes


def test_an_exported_ledger_sets_up_an_empty_one(session):
    taken(session, **FULL)
    body = ledger.export_workbook(session)
    for table in (Source, BoardMember, BoardVersion, Board, Account, Unit):
        session.execute(table.__table__.delete())
    session.commit()
    changes = ledger.import_workbook(session, body, who="李四", now=NOW)
    assert dict(changes.added) == {"单位": 3, "账号": 2, "榜单": 1, "榜单成员": 1, "采集源": 2}
    assert ledger.export_workbook(session)[:4] == b"PK\x03\x04"


def test_five_hundred_feeds_by_one_workbook(session):
    names = [f"第{n:03d}号" for n in range(500)]
    taken(
        session,
        账号=[ACCOUNTS[:3], *(["wechat", f"gh_{n}", name] for n, name in enumerate(names))],
        采集源=[
            SOURCES,
            *(
                [name, "feed", f"http://127.0.0.1:8000/{n}.xml", "wechat", name, 30, "是"]
                for n, name in enumerate(names)
            ),
        ],
    )
    pairs = session.execute(
        select(Source.name, Account.name).join(Account, Account.id == Source.account_id).order_by(Source.id)
    ).all()
    assert pairs == [(name, name) for name in names]
    assert session.execute(select(func.count(func.distinct(Source.key)))).scalar_one() == 500


def test_every_fault_is_listed_by_sheet_row_and_field(session):
    found = faults(
        session,
        单位=[
            UNITS,
            ["甲局", "部门", "", "", ""],
            ["乙局", "委办局", "丁局", "", "很多"],
            ["丙局", "", "", "", ""],
            ["丙局", "", "", "", ""],
        ],
        账号=[
            ACCOUNTS,
            ["人人网", "1", "甲", "", "", "", "", "", "", "", "", ""],
            ["微博", "", "乙", "", "", "关停", "昨天", "", "也许", "", "", "javascript:1"],
            ["微博", 1234567890123456789, "丙", "", "", "", "", "", "", "", "", ""],
        ],
    )
    assert found == [
        ("单位", 2, "类别"),
        ("单位", 3, "排序"),
        ("账号", 2, "平台"),
        ("账号", 3, "平台账号ID"),
        ("账号", 3, "状态"),
        ("账号", 3, "开通日期"),
        ("账号", 3, "互动功能"),
        ("账号", 4, "平台账号ID"),
    ]


def test_every_broken_reference_is_listed(session):
    found = faults(
        session,
        单位=[
            UNITS,
            ["甲局", "", "没有的局", "", ""],
            ["乙局", "", "丙局", "甲局", ""],
            ["丙局", "", "乙局", "", ""],
            ["丙局", "", "乙局", "", ""],
        ],
        账号=[
            ACCOUNTS[:4],
            ["微博", "1", "同名", "甲局"],
            ["微博", "2", "同名", "没有的局"],
            ["微博", "2", "另一", ""],
        ],
        榜单=[BOARDS[:3], ["一榜", "", "微博"]],
        榜单成员=[
            MEMBERS,
            ["一榜", "微博", "同名"],
            ["二榜", "微博", "1"],
            ["一榜", "微信", "1"],
            ["一榜", "微博", "1"],
        ],
        采集源=[
            SOURCES[:5],
            ["甲", "feed", "https://a.cn/1", "微博", "没有"],
            ["乙", "热榜接口", "https://a.cn/2", "微博", "1"],
            ["丙", "feed", "https://a.cn/1", "微博", ""],
        ],
    )
    assert found == [
        ("单位", 2, "上级单位"),
        ("单位", 3, "别名"),
        ("单位", 3, "上级单位"),
        ("单位", 4, "上级单位"),
        ("单位", 5, "单位名称"),
        ("单位", 5, "上级单位"),
        ("账号", 3, "所属单位"),
        ("账号", 4, "平台账号ID"),
        ("榜单成员", 2, "账号"),
        ("榜单成员", 3, "榜单名称"),
        ("榜单成员", 4, "平台"),
        ("榜单成员", 4, "账号"),
        ("采集源", 2, "账号"),
        ("采集源", 3, "账号"),
        ("采集源", 4, "地址"),
    ]


def test_values_that_contradict_each_other_are_refused(session):
    row = ["微博", "1", "甲", "", "", "已注销", "2020-05-01", "2019-05-01", "", "", "", ""]
    assert faults(session, 账号=[ACCOUNTS, row]) == [("账号", 2, "")]
    assert faults(
        session,
        采集源=[
            SOURCES,
            ["甲", "feed", "ftp://a.cn", "微博", "", 0, "是"],
            ["乙", "feed", "https://", "微博", "", 99999, "是"],
        ],
    ) == [("采集源", 2, "地址"), ("采集源", 3, "地址"), ("采集源", 3, "周期（分钟）")]


@pytest.mark.parametrize(
    ("sheets", "word"),
    [
        ({"数据": [["标题"], ["甲"]]}, "不是台账工作簿"),
        ({"账号": [["平台", "名字"], ["微博", "甲"]]}, "表头缺少：平台账号ID、账号名称"),
        ({"账号": [ACCOUNTS]}, "没有数据行"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_in_words(session, sheets, word):
    with pytest.raises(BadInput, match=word):
        ledger.import_workbook(session, book(**sheets), who="张三", now=NOW)


def test_columns_that_are_missing_leave_what_stands_and_empty_cells_clear(session):
    taken(session, **FULL)
    taken(session, 账号=[ACCOUNTS[:3], ["政务微信", "gh_edu", "教育发布"]])
    account = ledger.find_account(session, "wechat", "gh_edu")
    assert account.tags == ["教育", "民生"] and account.importance == 2
    taken(session, 账号=[ACCOUNTS, ["政务微信", "gh_edu", "教育发布", *[""] * 9]])
    session.expire_all()
    assert (account.tags, account.importance, account.unit_id, account.opened_on) == ([], 0, None, None)


def test_unknown_columns_are_named_and_nothing_is_deleted(session):
    taken(session, **FULL)
    changes = taken(session, 单位=[[*UNITS, "备注"], ["区教育局", "委办局", "", "教育局、区教委", 2, "x"]])
    assert changes.notes == ["“单位”表中不认识的列没有使用：备注"]
    assert session.execute(select(func.count()).select_from(Unit)).scalar_one() == 3


def test_a_renamed_account_keeps_its_line(session):
    taken(session, **FULL)
    changes = taken(session, 账号=[ACCOUNTS[:3], ["政务微信", "gh_edu", "区教育"]])
    assert changes.details == ["修改账号“区教育”：账号名称 教育发布 → 区教育"]
    (former,) = session.execute(select(AccountName)).scalars()
    assert (former.name, former.until) == ("教育发布", date(2026, 11, 1))
    account = ledger.account_named(session, "wechat", "教育发布")
    assert account.name == "区教育" and ledger.known_as(session, account, "教育发布")
    assert ledger.account_named(session, "wechat", "没有") is None


def test_two_accounts_of_one_name_must_be_told_apart(session):
    taken(session, 账号=[ACCOUNTS[:3], ["微博", "1", "同名"], ["微博", "2", "同名"]])
    with pytest.raises(BadInput, match="2 个账号叫“同名”"):
        ledger.account_named(session, "weibo", "同名")
    assert ledger.account_named(session, "weibo", "2").external_id == "2"


def test_a_renamed_unit_is_still_found_by_its_old_name(session):
    taken(session, **FULL)
    unit = session.execute(select(Unit).where(Unit.name == "区教育局")).scalar_one()
    ledger.apply(session, Entries(units=[UnitEntry(id=unit.id, name="区教体局", kind="bureau")]), who="张三", now=NOW)
    session.commit()
    assert (unit.name, unit.aliases) == ("区教体局", ["教育局", "区教委", "区教育局"])
    assert taken(session, 账号=[ACCOUNTS[:4], ["微博", "9", "教体", "区教育局"]]).added == {"账号": 1}
    with pytest.raises(LedgerFaults, match="已有单位叫"):
        ledger.apply(session, Entries(units=[UnitEntry(id=unit.id, name="某某街道")]), who="张三", now=NOW)


def test_state_changes_carry_their_day(session):
    taken(session, **FULL)
    account = ledger.find_account(session, "wechat", "gh_edu")
    ledger.set_account_state(session, account.id, "deregistered", date(2026, 10, 31), who="张三", now=NOW)
    assert (account.state, account.closed_on, account.importance) == ("deregistered", date(2026, 10, 31), 2)
    ledger.set_account_state(session, account.id, "normal", date(2026, 11, 1), who="张三", now=NOW)
    assert (account.state, account.closed_on) == ("normal", None)
    with pytest.raises(LedgerFaults, match="在今天之后"):
        ledger.set_account_state(session, account.id, "merged", date(2026, 11, 2), who="张三", now=NOW)
    with pytest.raises(LedgerFaults, match="早于开通日期"):
        ledger.set_account_state(session, account.id, "merged", date(2014, 1, 1), who="张三", now=NOW)
    with pytest.raises(LedgerFaults, match="不存在"):
        ledger.set_account_state(session, 999, "merged", date(2026, 1, 1), who="张三", now=NOW)


def test_members_of_a_board_are_set_exactly(session):
    taken(
        session,
        **FULL,
    )
    taken(session, 账号=[ACCOUNTS[:3], ["微信", "gh_2", "卫健"], ["微信", "gh_3", "公安"]])
    board = session.execute(select(Board)).scalar_one()
    ids = {a.name: a.id for a in session.execute(select(Account)).scalars()}
    ledger.set_members(session, board.id, [ids["卫健"], ids["公安"]], who="张三", now=NOW)
    session.commit()
    members = set(session.execute(select(BoardMember.account_id)).scalars())
    assert members == {ids["卫健"], ids["公安"]}
    with pytest.raises(LedgerFaults, match="不在“委办局微信榜”所属的平台上"):
        ledger.set_members(session, board.id, [ids["某某街道"]], who="张三", now=NOW)
    assert set(session.execute(select(BoardMember.account_id)).scalars()) == members


def test_an_id_can_be_given_once_to_an_account_entered_by_name(session):
    for number, name in (("甲", "甲"), ("123", "乙")):
        ledger.add_account(session, AccountEntry(platform="weibo", external_id=number, name=name), who="张三", now=NOW)
    account = ledger.find_account(session, "weibo", "甲")
    with pytest.raises(BadInput, match="已属于账号“乙”"):
        ledger.identify(session, account, "123", who="张三")
    ledger.identify(session, account, "456", who="张三")
    assert ledger.find_account(session, "weibo", "456").name == "甲"


def test_switching_a_source_on_makes_it_due(session):
    source = SourceEntry(name="甲", collector="feed", url="https://a.cn/1", platform="wechat", enabled=False)
    ledger.apply(session, Entries(sources=[source]), who="张三", now=NOW)
    row = session.execute(select(Source)).scalar_one()
    row.next_due_at = datetime(2030, 1, 1, tzinfo=UTC)
    session.flush()
    ledger.apply(session, Entries(sources=[source.model_copy(update={"enabled": True})]), who="张三", now=NOW)
    assert row.enabled and row.next_due_at is None


def test_markup_formulas_and_control_characters_stay_text(session):
    nasty = '=HYPERLINK("http://x")'
    ledger.apply(
        session,
        Entries(units=[UnitEntry(name="甲\u202e局\x07", kind="bureau", aliases=[nasty, "<b>乙</b>"])]),
        who="张三",
        now=NOW,
    )
    session.commit()
    sheet = load_workbook(io.BytesIO(ledger.export_workbook(session)))["单位"]
    assert (sheet["A2"].value, sheet["D2"].value, sheet["D2"].data_type) == ("甲局", f"{nasty}、<b>乙</b>", "s")


@pytest.mark.parametrize(
    "values", [{"name": ""}, {"name": "x" * 61}, {"name": "甲", "kind": "province"}, {"name": "甲", "sort": 10**9}]
)
def test_entries_refuse_what_can_not_be(values):
    with pytest.raises(ValidationError):
        UnitEntry(**values)


def test_a_new_board_of_unknown_index_is_refused(session):
    with pytest.raises(LedgerFaults, match="没有指数“wci_v99”"):
        ledger.apply(
            session, Entries(boards=[BoardEntry(name="榜", platform="wechat", index="wci_v99")]), who="张三", now=NOW
        )
    with pytest.raises(LedgerFaults, match="没有榜单"):
        ledger.apply(
            session, Entries(members=[MemberEntry(board="榜", platform="wechat", account="x")]), who="张三", now=NOW
        )


WHOLE = {
    "name": "重点周榜", "category": "周报", "platform": "wechat", "unit_kinds": ["bureau", "street"],
    "importances": [2, 1], "tags": ["教育"], "picked": False, "index": "wci_v13", "order_by": "likes", "basis": "d7",
    "rounded": True, "columns": ["likes", "reads", "followers"], "period": "week", "week_start": 4, "shown": False,
    "archived": False, "sort": 7,
}


def board_named(session, name) -> Board:
    return session.execute(select(Board).where(Board.name == name)).scalar_one()


def held(session, name) -> dict:
    return board_named(session, name).model_dump(exclude={"id", "demo"})


def test_a_board_defined_in_full_survives_the_workbook(session):
    ledger.apply(session, Entries(boards=[BoardEntry(**WHOLE)]), who="张三", now=NOW)
    assert held(session, "重点周榜") == WHOLE
    exported = ledger.export_workbook(session)
    sheet = load_workbook(io.BytesIO(exported))["榜单"]
    heads, cells = ([cell.value for cell in row] for row in sheet.iter_rows(max_row=2))
    said = dict(zip(heads, cells, strict=True))
    assert {name: said[name] for name in (
        "重要程度", "排序依据", "均值取一位小数", "显示列", "周期", "每周起始日", "可见范围", "归档",
    )} == {
        "重要程度": "重点、重要", "排序依据": "点赞数", "均值取一位小数": "是", "显示列": "点赞数、阅读数、粉丝数",
        "周期": "周榜", "每周起始日": "周五", "可见范围": "仅台账", "归档": "否",
    }
    for table in (BoardVersion, Board):
        session.execute(delete(table))
    session.commit()
    assert dict(ledger.import_workbook(session, exported, who="张三", now=NOW).added) == {"榜单": 1}
    assert held(session, "重点周榜") == WHOLE
    assert not ledger.import_workbook(session, exported, who="张三", now=NOW).any


def test_an_older_workbook_leaves_what_it_does_not_name(session):
    ledger.apply(session, Entries(boards=[BoardEntry(**WHOLE)]), who="张三", now=NOW)
    taken(session, 榜单=[["榜单名称", "平台", "排序依据", "显示列", "周期"], ["重点周榜", "政务微信", "", "", ""]])
    changed = {"order_by": "index", "columns": [], "period": ""}
    assert held(session, "重点周榜") == WHOLE | changed
    (note,) = session.execute(select(Audit.detail).order_by(Audit.id.desc()).limit(1)).scalars()
    for words in ("排序依据 点赞数 → 传播指数", "周期 周榜 → 随筛选", "显示列 点赞数、阅读数、粉丝数 → 空"):
        assert words in note


def test_what_a_platform_does_not_yield_is_neither_order_nor_column(session):
    heads = ["榜单名称", "平台", "排序依据", "显示列", "周期", "重要程度"]
    assert faults(session, 榜单=[
        heads, ["甲", "政务微博", "在看数", "点赞数、播放数", "", ""],
        ["乙", "政务微博", "心动数", "", "旬榜", "极重要"],
        ["丙", "政务微博", "转评赞总数", "点赞数、粉丝数、转评赞总数", "年榜", "一般"],
    ]) == [("榜单", 3, "排序依据"), ("榜单", 3, "周期"), ("榜单", 3, "重要程度")]
    assert faults(session, 榜单=[heads, ["甲", "政务微博", "在看数", "点赞数、播放数", "", ""]]) == [
        ("榜单", 2, "排序依据"), ("榜单", 2, "显示列")]
    with pytest.raises(LedgerFaults, match=r"政务微博没有在看数.*请改选：传播指数、发布数、阅读数"):
        taken(session, 榜单=[heads, ["甲", "政务微博", "在看数", "", "", ""]])
    with pytest.raises(LedgerFaults, match="不能按“hearts”排名"):
        ledger.apply(session, Entries(boards=[BoardEntry(name="甲", platform="weibo", order_by="hearts")]), who="",
                     now=NOW)


def test_another_platform_must_yield_what_the_board_shows(session):
    ledger.apply(session, Entries(boards=[BoardEntry(**WHOLE)]), who="张三", now=NOW)
    moved = BoardEntry(id=board_named(session, "重点周榜").id, name="重点周榜", platform="douyin")
    with pytest.raises(LedgerFaults, match="显示列”：抖音没有阅读数"):
        ledger.apply(session, Entries(boards=[moved]), who="张三", now=NOW)


def test_a_board_is_put_away_and_taken_back(session):
    ledger.apply(session, Entries(boards=[BoardEntry(**WHOLE)]), who="张三", now=NOW)
    one = board_named(session, "重点周榜").id
    assert ledger.archive_board(session, one, True, who="张三", now=NOW).any
    assert held(session, "重点周榜") == WHOLE | {"archived": True}
    copied = ledger.copy_board(session, one, "新周榜", who="张三", now=NOW)
    assert held(session, "新周榜") == WHOLE | {"name": "新周榜"} and session.get(Board, copied).name == "新周榜"
    ledger.archive_board(session, one, False, who="张三", now=NOW)
    assert held(session, "重点周榜") == WHOLE
    with pytest.raises(LedgerFaults, match="榜单不存在"):
        ledger.archive_board(session, 999, True, who="张三", now=NOW)


def test_boards_change_places_within_their_category(session):
    names = [("甲", "一类", 5), ("乙", "一类", 5), ("丙", "一类", 5), ("丁", "二类", 1), ("旧", "一类", 5)]
    ledger.apply(session, Entries(boards=[
        BoardEntry(name=name, category=category, platform="weibo", sort=sort, archived=name == "旧")
        for name, category, sort in names
    ]), who="张三", now=NOW)

    def order() -> str:
        return "".join(name for name, gone in session.execute(
            select(Board.name, Board.archived).order_by(*BOARD_ORDER)) if not gone)

    def move(name: str, up: bool) -> str:
        ledger.move_board(session, board_named(session, name).id, up, who="张三", now=NOW)
        return order()

    start = order()
    assert start[0] == "丁", "the category with the smallest place comes first"
    first, second, third = start[1:]
    assert move(third, True) == f"丁{first}{third}{second}"
    assert move(third, True) == f"丁{third}{first}{second}"
    assert move(third, True) == f"丁{third}{first}{second}" and move("丁", False)[0] == "丁"
    assert move(third, False) == f"丁{first}{third}{second}"
    assert held(session, "旧")["sort"] == 5
    assert move("旧", True) == f"丁{first}{third}{second}"


def test_other_names_of_units_have_what_came_in_of_late_sifted_again(session):
    feed = source(session, "weibo")
    say(session, feed, None, ["区卫健委通报", "健康云澜说"], NOW - timedelta(days=2))
    say(session, feed, None, ["去年的通报"], NOW - timedelta(days=300))

    def asked(*entries: UnitEntry | AccountEntry) -> int:
        """How many mentions a change asks for."""
        session.execute(delete(Unsifted))
        units = [one for one in entries if isinstance(one, UnitEntry)]
        accounts = [one for one in entries if isinstance(one, AccountEntry)]
        ledger.apply(session, Entries(units=units, accounts=accounts), who="测试", now=NOW)
        return session.execute(select(func.count()).select_from(Unsifted)).scalar()

    assert asked(UnitEntry(name="区卫健委", kind="bureau", aliases=["健康云澜"])) == 2
    assert asked(UnitEntry(name="区卫健委", kind="bureau", aliases=["健康云澜"], sort=7)) == 0
    assert asked(UnitEntry(name="区卫健委", kind="bureau", aliases=["健康云澜", "卫健委"])) == 2
    assert asked(UnitEntry(name="区卫健委", kind="bureau", aliases=["卫健委", "健康云澜"])) == 0
    unit = session.execute(select(Unit.id)).scalar_one()
    assert asked(UnitEntry(id=unit, name="区卫生健康委", kind="bureau")) == 2
    assert asked(AccountEntry(platform="weibo", external_id="1", name="健康云澜", unit="区卫生健康委")) == 0
