"""The ledger room's import of exports other than posts: several tables, boards, work orders, dates, corrections."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core import clock, db, ledger
from core.models import Account, BoardReading, DailyReading, Mention, Post, Reading, Remembered
from tests.imports.make import csv_file, xls_file
from tests.imports.test_exports import tendency
from tests.imports.test_orders import HEAD, ROW

NAME = "tendency_20260301_20260331.xls"


@pytest.fixture
def filled(database):
    """Two accounts of WeChat."""
    with db.session() as session:
        for number, name in (("gh_a", "本区发布"), ("gh_b", "本区交警")):
            entry = ledger.AccountEntry(platform="wechat", external_id=number, name=name)
            ledger.add_account(session, entry, who="测试", now=clock.now())
        session.commit()


def all_of(table):
    with db.session() as session:
        return session.execute(select(table)).scalars().all()


def corrections():
    """What is remembered of tables."""
    return [one for one in all_of(Remembered) if one.key.startswith("import-mapping:")]


def uploaded(open_room, body, name, platform="wechat", account="本区发布"):
    app = open_room("ledger", ledger_part="导入导出")
    app.selectbox(key="import_platform").set_value(platform).run()
    if account:
        app.selectbox(key=f"import_account_{platform}").set_value(account)
    app.file_uploader(key="import_file_0").upload(name, body, "application/octet-stream").run()
    assert not app.exception
    return app


def box(app, label):
    return next(found for found in app.selectbox if found.label == label)


def press(app, label):
    next(found for found in app.button if found.label == label).click().run()
    assert not app.exception


def test_a_file_of_several_tables_is_told_table_by_table_and_imported(filled, open_room):
    app = uploaded(open_room, tendency(), NAME)
    assert app.dataframe[0].value[["表头在第几行", "存为"]].values.tolist() == [
        [3, "账号每日汇总"], [3, "账号每日汇总"], [3, "逐篇数据"],
    ]
    assert "可导入 1 条发文、2 天账号汇总" in app.markdown[0].value
    assert app.date_input[0].value == date(2026, 3, 31)
    app.button(key="import_go").click().run()
    assert "新增帖文 1 条" in app.success[0].value
    assert [row.figures["readers"] for row in all_of(DailyReading)] == [[120, 0], [90, 0]]


def test_a_name_that_the_ledger_lacks_is_questioned(filled, open_room):
    rows = [["账号", "标题", "发布时间", "阅读数"], ["本区发布厅", "甲", "2026-03-01", 5]]
    app = uploaded(open_room, csv_file(rows), "报表.csv", account="")
    assert "台账中没有账号“本区发布厅”，导入时将新增" in app.warning[0].value
    assert "名称相近的有：本区发布" in app.warning[0].value
    app.button(key="import_go").click().run()
    assert "已新增" in app.success[0].value and len(all_of(Account)) == 3


def test_numbers_stand_with_thousands_and_their_mark(filled, open_room):
    rows = [["标题", "发布时间", "阅读数", "链接"], ["2026", "2026-03-01", "10万+", "https://a.cn/1"],
            ["乙", "2026-03-02", 1234, "https://a.cn/2"]]
    app = uploaded(open_room, csv_file(rows), "报表.csv")
    assert app.dataframe[0].value["阅读数"].tolist() == ["≥100,001", "1,234"]
    assert app.dataframe[0].value["标题"].tolist() == ["2026", "乙"]


def test_the_date_of_the_export_can_be_changed(filled, open_room):
    app = uploaded(open_room, tendency(), "导出.xls")
    assert app.date_input[0].value == clock.day_of(clock.now())
    app.date_input[0].set_value(date(2026, 4, 2)).run()
    assert "数据截至 2026年04月02日 23:59（人工填写）" in app.markdown[0].value.replace("\\", "")
    app.button(key="import_go").click().run()
    assert {row.day for row in all_of(Reading)} == {date(2026, 4, 2)}


def test_one_table_can_be_corrected_and_the_correction_forgotten(filled, open_room):
    app = uploaded(open_room, tendency(), NAME)
    box(app, "要改的表").set_value(1).run()
    box(app, "收藏数").set_value("跳转阅读原文人数")
    press(app, "按此对应重新读取")
    box(app, "要改的表").set_value(2).run()
    box(app, "这个表是").set_value("none").run()
    press(app, "按此对应重新读取")
    assert "可导入 2 天账号汇总" in app.markdown[0].value
    app.button(key="import_go").click().run()
    assert [row.figures["favourites"] for row in all_of(DailyReading)] == [[1, 0], [0, 0]]
    assert not all_of(Post) and len(corrections()) == 2
    app = uploaded(open_room, tendency(), NAME)
    assert any("2 个表沿用了以前手工指定的对应关系" in said.value for said in app.caption)
    app.button(key="import_forget").click().run()
    assert not corrections() and "已忘记 2 个表" in app.success[0].value
    assert "可导入 1 条发文、2 天账号汇总" in app.markdown[0].value


def test_a_form_shows_the_fields_of_its_kind(filled, open_room):
    rows = [["时间", "新关注人数", "取消关注人数"], ["2026-03-01", 5, 2]]
    app = uploaded(open_room, xls_file(用户增长=rows), "增长.xls")
    labels = {found.label for found in app.selectbox}
    assert {"日期", "粉丝总数", "新增粉丝", "流失粉丝"} <= labels and not {"播放数", "工单编号", "评分"} & labels
    next(found for found in app.checkbox if found.label == "显示其他字段").check().run()
    assert {"播放数", "评分"} <= {found.label for found in app.selectbox}
    box(app, "这个表是").set_value("mentions").run()
    assert "承办单位" in {found.label for found in app.selectbox}


def test_a_board_brings_the_ledgers_accounts_and_lists_the_others(filled, open_room):
    rows = [["排名", "公众号", "发布", "新榜指数"], [1, "外区发布", "31/248", 1100], [2, "本区交警", "31/248", 1003.1]]
    app = uploaded(open_room, csv_file(rows), "榜单.csv", account="")
    assert "榜单截止日期" in app.info[0].value
    assert not [b for b in app.button if b.key == "import_go"] and not app.error, "nothing is faulty but for the date"
    until = clock.day_of(clock.now()) - timedelta(days=3)
    app.selectbox(key=next(found.key for found in app.selectbox if found.label == "榜单周期")).set_value("week").run()
    app.date_input[1].set_value(until).run()
    assert any(frame.value.columns.tolist() == ["账号"] and frame.value["账号"].tolist() == ["外区发布"]
               for frame in app.dataframe)
    app.button(key="import_go").click().run()
    (row,) = all_of(BoardReading)
    assert (row.period, row.day, row.place, row.value) == ("week", until, 2, 1003.1)
    assert row.account_id == next(a.id for a in all_of(Account) if a.name == "本区交警")


def test_work_orders_need_no_account_and_show_no_caller(filled, open_room):
    rows = [[*HEAD, "诉求代码"], [*ROW, 310106]]
    app = uploaded(open_room, xls_file(工单=rows), "工单.xls", platform="hotline12345", account="")
    shown = app.dataframe[0].value
    assert shown["诉求代码"].tolist() == ["310106"], "no number that is counted"
    assert shown["工单编号"].tolist() == [ROW[0]] and "来电人姓名" not in shown.columns
    assert not any("13812345678" in str(frame.value.to_dict()) for frame in app.dataframe)
    app.button(key="import_go").click().run()
    assert [row.details["承办单位"] for row in all_of(Mention)] == ["区水务局"]
