"""The ledger room: edit, add, change states, workbook and exports."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from core import clock, db, ledger
from core.ledger import AccountEntry, BoardEntry, Entries, UnitEntry
from core.models import Account, Audit, Board, BoardMember, Post, Rejected, Unit
from tests.imports.make import csv_file
from tests.imports.test_importer import BAD, GOOD, HEAD, link
from tests.test_ledger import FULL, book

EDIT = {"name": "区教育", "importance": "重点", "unit": "某某街道"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def filled(database):
    """Two units, three accounts, one board."""
    with db.session() as session:
        ledger.apply(
            session,
            Entries(
                units=[
                    UnitEntry(name="区教育局", kind="bureau", sort=1),
                    UnitEntry(name="某某街道", kind="street", sort=2),
                ],
                accounts=[
                    AccountEntry(
                        platform="weibo", external_id="100001", name="教育微博", unit="区教育局", tags=["教育"]
                    ),
                    AccountEntry(platform="wechat", external_id="gh_edu", name="教育发布", unit="区教育局"),
                    AccountEntry(platform="wechat", external_id="gh_jd", name="街道之声", unit="某某街道"),
                ],
                boards=[BoardEntry(name="微信榜", platform="wechat")],
            ),
            who="测试",
            now=clock.now(),
        )
        session.commit()


def all_of(table):
    with db.session() as session:
        return session.execute(select(table).order_by(table.id)).scalars().all()


def editor(app):
    (table,) = app.data_editor
    return table


def edited(app, press="", **rows):
    """The room after cells of its table were changed, row0={"name": …}, and a button was pressed.

    A browser sends the edits with every run; here they are put in again before the press.
    """
    edits = {int(row.removeprefix("row")): cells for row, cells in rows.items()}
    state = {"edited_rows": edits, "added_rows": [], "deleted_rows": []}
    key = editor(app).key
    app.session_state[key] = state
    app.run()
    if press:
        app.session_state[key] = state
        app.button(key=press).click().run()
    return app


def part(open_room, name):
    app = open_room("ledger", ledger_part=name)
    assert app.session_state["ledger_part"] == name
    return app


def test_an_empty_ledger_says_what_to_do(open_room):
    app = open_room("ledger")
    assert "还没有账号" in app.info[0].value
    for name, words in (("单位", "还没有单位"), ("榜单", "还没有自定义榜单")):
        assert words in part(open_room, name).info[0].value


def test_accounts_can_be_searched_and_filtered(filled, open_room):
    app = open_room("ledger")
    assert editor(app).value["name"].tolist() == ["教育微博", "教育发布", "街道之声"]
    app.text_input(key="account_search").set_value("教育").run()
    assert editor(app).value["name"].tolist() == ["教育微博", "教育发布"]
    app.selectbox(key="account_platform").set_value("政务微信").run()
    assert editor(app).value["name"].tolist() == ["教育发布"]
    app.text_input(key="account_search").set_value("没有").run()
    assert "没有符合条件" in app.info[0].value


def test_an_edit_is_listed_first_and_saved_when_confirmed(filled, open_room):
    app = edited(open_room("ledger"), row1=EDIT)
    listed = app.dataframe[-1].value
    assert listed.values.tolist() == [
        ["教育发布", "账号名称", "教育发布", "区教育"],
        ["教育发布", "重要程度", "一般", "重点"],
        ["教育发布", "所属单位", "区教育局", "某某街道"],
    ]
    assert [a.name for a in all_of(Account)] == ["教育微博", "教育发布", "街道之声"]
    app = edited(open_room("ledger"), "save_accounts", row1=EDIT)
    assert "已保存：修改账号 1 条" in app.success[0].value
    account = all_of(Account)[1]
    assert (account.name, account.importance, account.unit_id) == ("区教育", 2, all_of(Unit)[1].id)
    assert all_of(Audit)[-1].who == "网页操作"
    assert editor(app).value["former"].tolist() == ["", "教育发布", ""]


def test_an_edit_can_be_dropped(filled, open_room):
    app = edited(open_room("ledger"), "drop_accounts", row0={"name": "别的"})
    assert not app.success and editor(app).value["name"].tolist()[0] == "教育微博"
    assert all_of(Account)[0].name == "教育微博"


def test_an_edit_that_can_not_be_is_refused_with_its_reason(filled, open_room):
    app = edited(open_room("ledger"), "save_accounts", row0={"url": "javascript:alert(1)", "name": ""})
    assert "1 处问题" in app.error[0].value
    assert app.dataframe[-1].value[["列", "原因"]].values.tolist() == [["账号名称", "没有填写"]]
    assert all_of(Account)[0].name == "教育微博"


def test_a_fixed_column_is_not_saved_even_if_the_browser_sends_it(filled, open_room):
    app = edited(open_room("ledger"), row0={"external_id": "999"})
    assert all(button.key != "save_accounts" for button in app.button)


def test_an_account_can_be_added_once(filled, open_room):
    app = open_room("ledger")
    for round_ in (0, 1):
        app.selectbox(key=f"new_accounts_platform_{round_}").set_value("抖音")
        app.text_input(key=f"new_accounts_external_id_{round_}").set_value("dy1")
        app.text_input(key=f"new_accounts_name_{round_}").set_value("教育抖音")
        next(b for b in app.button if b.label == "新增").click().run()
    assert [(a.platform, a.name) for a in all_of(Account)][-1] == ("douyin", "教育抖音")
    assert len(all_of(Account)) == 4
    assert "已有这个账号（教育抖音）" in app.error[0].value.replace("\\", "")


def test_a_state_change_carries_its_day(filled, open_room):
    app = open_room("ledger")
    app.selectbox(key="state_of_0").set_value(all_of(Account)[2].id)
    app.selectbox(key="state_to_0").set_value("deregistered")
    app.date_input(key="state_on_0").set_value(date(2026, 1, 31))
    next(b for b in app.button if b.label == "变更状态").click().run()
    assert (all_of(Account)[2].state, all_of(Account)[2].closed_on) == ("deregistered", date(2026, 1, 31))
    app.selectbox(key="account_state").set_value("已注销").run()
    assert editor(app).value["name"].tolist() == ["街道之声"]


def test_a_renamed_unit_keeps_its_accounts_and_its_old_name(filled, open_room):
    app = edited(part(open_room, "单位"), "save_units", row0={"name": "区教体局"})
    unit = all_of(Unit)[0]
    assert (unit.name, unit.aliases) == ("区教体局", ["区教育局"])
    assert editor(app).value["accounts"].tolist() == [2, 1]


def test_a_board_can_be_added_and_its_members_picked(filled, open_room):
    app = part(open_room, "榜单")
    assert editor(app).value["members"].tolist() == [2]
    app.text_input(key="new_boards_name_0").set_value("重点微信榜")
    app.selectbox(key="new_boards_platform_0").set_value("政务微信")
    app.selectbox(key="new_boards_picked_0").set_value("指定成员")
    app.multiselect(key="new_boards_unit_kinds_0").set_value(["委办局"])
    next(b for b in app.button if b.label == "新增").click().run()
    assert not app.error, [e.value for e in app.error]
    board = all_of(Board)[1]
    assert (board.name, board.picked, board.unit_kinds) == ("重点微信榜", True, ["bureau"])
    app.selectbox(key="members_of").set_value(board.id).run()
    street = all_of(Account)[2].id
    app.multiselect(key=f"members_{board.id}_1").set_value([street]).run()
    app.button(key="save_members").click().run()
    with db.session() as session:
        assert session.execute(select(BoardMember.board_id, BoardMember.account_id)).all() == [(board.id, street)]
    assert editor(app).value["members"].tolist() == [2, 1]


def test_a_board_is_copied_and_its_versions_are_listed(filled, open_room):
    app = part(open_room, "榜单")
    board = all_of(Board)[0]
    app.selectbox(key="copy_of").set_value(board.id).run()
    app.text_input(key="copy_name_0").set_value("另一榜").run()
    app.button(key="copy_board").click().run()
    assert not app.error, [e.value for e in app.error]
    copied = all_of(Board)[1]
    assert (copied.name, copied.platform, copied.unit_kinds) == ("另一榜", board.platform, board.unit_kinds)
    versions = next(frame.value for frame in app.dataframe if "who" in frame.value.columns)
    assert "另一榜" in set(versions["board"])


def test_a_board_is_added_in_full_and_edited(filled, open_room):
    app = part(open_room, "榜单")
    app.text_input(key="new_boards_name_0").set_value("重点周榜")
    app.text_input(key="new_boards_category_0").set_value("周报")
    for name, word in (("platform", "政务微信"), ("order_by", "点赞数"), ("rounded", "是"), ("period", "周榜"),
                       ("week_start", "周五"), ("shown", "仅台账")):
        app.selectbox(key=f"new_boards_{name}_0").set_value(word)
    app.multiselect(key="new_boards_importances_0").set_value(["重点", "重要"])
    app.multiselect(key="new_boards_columns_0").set_value(["点赞数", "粉丝数"])
    next(b for b in app.button if b.label == "新增").click().run()
    assert not app.error, [e.value for e in app.error]
    board = all_of(Board)[1]
    assert board.model_dump(exclude={"id", "demo", "sort"}) == {
        "name": "重点周榜", "category": "周报", "platform": "wechat", "unit_kinds": [], "tags": [], "picked": False,
        "index": "", "basis": "latest", "importances": [2, 1], "order_by": "likes", "columns": ["likes", "followers"],
        "period": "week", "week_start": 4, "rounded": True, "shown": False, "archived": False,
    }
    row = f"row{editor(app).value['name'].tolist().index('重点周榜')}"
    app = edited(app, "save_boards", **{row: {"columns": ["阅读数"], "period": "月榜", "importances": []}})
    assert not app.error, [e.value for e in app.error]
    board = all_of(Board)[1]
    assert (board.columns, board.period, board.importances, board.order_by) == (["reads"], "month", [], "likes")
    app = edited(app, "save_boards", **{row: {"columns": ["播放数"]}})
    faults = next(table.value for table in app.dataframe if "原因" in table.value.columns)
    assert faults[["列", "原因"]].values.tolist() == [["显示列", "政务微信没有播放数"]]


def test_boards_are_ordered_archived_and_restored_with_one_click(filled, open_room):
    with db.session() as session:
        for name in ("甲榜", "乙榜"):
            entry = BoardEntry(name=name, platform="weibo")
            ledger.apply(session, Entries(boards=[entry]), who="测试", now=clock.now())
        session.commit()
    app = part(open_room, "榜单")
    ids = {board.name: board.id for board in all_of(Board)}
    before = editor(app).value["name"].tolist()
    app.button(key=f"up_{ids[before[2]]}").click().run()
    after = editor(app).value["name"].tolist()
    assert after == [before[0], before[2], before[1]]
    assert app.button(key=f"up_{ids[after[0]]}").disabled and app.button(key=f"down_{ids[after[2]]}").disabled
    app.button(key=f"archive_{ids['微信榜']}").click().run()
    assert "已归档" in app.success[0].value and "微信榜" not in editor(app).value["name"].tolist()
    assert "微信榜" not in app.selectbox(key="members_of").options
    app.button(key=f"restore_{ids['微信榜']}").click().run()
    assert editor(app).value["name"].tolist() == after
    assert not [b for b in app.button if str(b.key).startswith("restore_")]


def test_the_workbook_is_checked_then_imported(database, open_room):
    app = part(open_room, "导入导出")
    app.file_uploader(key="ledger_file_0").upload("台账.xlsx", book(**FULL), XLSX).run()
    assert "检查通过" in app.markdown[0].value and "新增账号 2 条" in app.markdown[0].value
    assert not all_of(Account)
    app.button(key="ledger_go").click().run()
    assert "台账已导入" in app.success[0].value
    assert [a.name for a in all_of(Account)] == ["教育发布", "某某街道"]


def test_a_faulty_workbook_is_refused_fault_by_fault(database, open_room):
    app = part(open_room, "导入导出")
    bad = book(账号=[["平台", "平台账号ID", "账号名称", "状态"], ["人人网", "1", "甲", "关停"]])
    app.file_uploader(key="ledger_file_0").upload("台账.xlsx", bad, XLSX).run()
    faults = app.dataframe[0].value
    assert faults[["工作表", "行", "列"]].values.tolist() == [["账号", 2, "平台"], ["账号", 2, "状态"]]
    assert not all_of(Account)


def test_the_download_is_the_ledger(filled, open_room):
    from core.ui.imports import _exported

    assert part(open_room, "导入导出").download_button
    sheet = load_workbook(io.BytesIO(_exported()))["账号"]
    assert [row[2] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["教育微博", "教育发布", "街道之声"]


def uploaded(open_room, rows, *, name="十月.csv", account="教育发布"):
    app = part(open_room, "导入导出")
    app.selectbox(key="import_platform").set_value("wechat").run()
    if account:
        app.selectbox(key="import_account_wechat").set_value(account)
    app.file_uploader(key="import_file_0").upload(name, csv_file(rows), "text/csv").run()
    assert not app.exception
    return app


def test_an_export_is_shown_before_it_is_imported(filled, open_room):
    app = uploaded(open_room, GOOD, account="教育发布")
    assert "可导入 2 条发文" in app.markdown[0].value
    assert app.dataframe[0].value["标题"].tolist() == ["甲", "乙"]
    assert not all_of(Post)
    app.button(key="import_go").click().run()
    assert "新增帖文 2 条" in app.success[0].value
    assert {p.account_id for p in all_of(Post)} == {all_of(Account)[1].id}


def test_bad_rows_leave_the_choice_between_all_and_the_good_ones(filled, open_room):
    app = uploaded(open_room, BAD)
    assert app.dataframe[1].value["列"].tolist() == ["发布时间", "阅读数", "点赞数"]
    assert app.button(key="import_go").disabled
    app.radio(key="import_partial").set_value(True).run()
    app.button(key="import_go").click().run()
    assert [p.title for p in all_of(Post)] == ["甲", "乙"]
    assert len(all_of(Rejected)) == 3


def test_the_same_file_again_is_told(filled, open_room):
    uploaded(open_room, GOOD).button(key="import_go").click().run()
    app = uploaded(open_room, GOOD)
    app.button(key="import_go").click().run()
    assert "导入过" in app.success[0].value and len(all_of(Post)) == 2


def test_unknown_headers_can_be_mapped_by_hand(filled, open_room):
    app = uploaded(open_room, [["名目", "何时", "看过", "网页"], ["甲", "2026-10-01", 9, link(1)]])
    assert "没有找到认识的表头" in app.error[0].value
    fields = {box.label: box for box in app.selectbox}
    assert fields["阅读数"].options[:3] == ["名目（如：甲）", "何时（如：2026-10-01）", "看过（如：9）"]
    for word, header in (("标题", "名目"), ("发布时间", "何时"), ("阅读数", "看过"), ("链接", "网页")):
        fields[word].set_value(header)
    next(b for b in app.button if b.label == "按此对应重新读取").click().run()
    assert "可导入 1 条发文" in app.markdown[0].value
    app.button(key="import_go").click().run()
    assert [p.title for p in all_of(Post)] == ["甲"]


@pytest.mark.parametrize(
    ("body", "word"), [(b"%PDF-1.7", "PDF"), (b"", "是空的"), (csv_file([HEAD]), "没有可导入的数据")]
)
def test_what_can_not_be_taken_is_said_in_words(filled, open_room, body, word):
    app = part(open_room, "导入导出")
    app.selectbox(key="import_platform").set_value("wechat").run()
    app.selectbox(key="import_account_wechat").set_value("教育发布")
    app.file_uploader(key="import_file_0").upload("报表.xlsx", body, XLSX).run()
    said = [e.value for e in app.error] + [c.value for c in app.caption]
    assert any(word in text for text in said), said
    assert not all_of(Post)
