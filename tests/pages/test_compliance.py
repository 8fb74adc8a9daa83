"""The part 检查指标 of the ledger's room."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, ingest, rollup
from core.ledger import deductions as ledger
from core.ledger import leaders
from core.metrics.deductions import USUAL, Sheet
from core.models import Account, Audit, LocalMark, Unit
from core.query import compliance as query
from core.records import Batch, PostRecord

PART = {"ledger_part": "检查指标"}
HOSTILE = "<script>x</script> **粗** [链](javascript:x)"


@pytest.fixture
def checked(session) -> dict[str, int]:
    """A unit whose one account fell silent and whose other has a wrong word, and an account of which nothing is known;
    the data end yesterday."""
    yesterday = clock.day_of(clock.now()) - timedelta(1)
    span = clock.days(yesterday - timedelta(60), yesterday)
    units = [Unit(name="教育局", kind="bureau"), Unit(name=HOSTILE, kind="street")]
    session.add_all(units)
    session.flush()
    made = {}
    run = ingest.begin(session, "import", at=clock.now())
    for name, platform, unit, posts in (
        ("停更微信", "wechat", 0, span[:-20]), ("教育微博", "weibo", 0, span), (HOSTILE, "wechat", 1, ()),
    ):
        account = Account(platform=platform, external_id=name, name=name, unit_id=units[unit].id, interactive=True,
                          registration_no="备1")
        session.add(account)
        session.flush()
        made[name] = account.id
        records = [PostRecord(external_id=f"{name}{day}", published_at=clock.instant(day, 9), observed_at=clock.now(),
                              title="黄埔江畔" if day == yesterday else "好消息") for day in posts]
        ingest.store(session, Batch(posts=records), run=run, capture=None, account=account)
        if posts:
            ingest.cover(session, {(account.id, day): "zero" for day in set(span) - set(posts)}, run)
    session.commit()
    rollup.run(session)
    return made | {"unit": units[0].id}


def cards(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def text(app) -> str:
    return "\n".join([*(m.value for m in app.markdown), *(c.value for c in app.caption)])


def test_without_accounts_it_says_where_to_begin(open_room):
    app = open_room("ledger", **PART)
    assert "没有可检查的" in app.info[0].value and not app.dataframe


def test_the_table_of_accounts_and_the_checks_of_one(checked, open_room):
    app = open_room("ledger", **PART, checked=str(checked["停更微信"]))
    assert cards(app) == {"不合格": "1", "无法判定": "1", "有扣分项": "1", "有提醒项": "0", "合格": "0", "不检查": "0"}
    frame = app.dataframe[0].value
    assert list(frame["verdict"]) == ["不合格", "无法判定", "有扣分项"]
    assert frame["silent"][0] == 20 and frame["last_post"].isna().tolist() == [False, True, False]
    shown = text(app)
    assert "单项否决：截至" in shown and "已 20 天没有更新，超过 14 天" in shown
    assert shown.count("（单项否决）") == 3, "every rule of the account is told"
    app.multiselect(key="check_verdict").set_value(["有扣分项"]).run()
    assert list(app.dataframe[0].value["account"]) == ["教育微博"] and "单项否决：截至" not in text(app)
    app.text_input(key="check_search").set_value("没有的").run()
    assert "没有符合条件的账号" in app.info[0].value and not app.get("download_button")


def test_cards_of_units_begin_with_the_veto_and_show_names_as_they_are(checked, open_room):
    app = open_room("ledger", **PART, check_view="单位")
    shown = text(app)
    assert shown.index("教育局") < shown.index("script")
    assert "共 2 个账号：不合格 1 个、有扣分项 1 个" in shown.replace("\\", "")
    assert "**粗**" not in shown and "[链](javascript" not in shown
    only = open_room("ledger", **PART, check_view="单位", check_unit=str(checked["unit"]))
    assert "script" not in text(only) and only.selectbox(key="check_unit_choice").value == checked["unit"]


def test_words_found_and_the_rules_with_their_sources(checked, open_room):
    app = open_room("ledger", **PART, check_view="文字核对")
    (frame,) = [table.value for table in app.dataframe]
    assert (frame["wrong"][0], frame["right"][0], frame["place"][0]) == ("黄埔江", "黄浦江", "标题第 1 字")
    app.selectbox(key="check_platform").set_value("政务微信").run()
    assert "没有发现词表所列的错误" in app.info[0].value
    rules = open_room("ledger", **PART, check_view="规则")
    shown = text(rules)
    assert "国办秘函〔2019〕19号" in shown.replace("\\", "") and "国办发〔2018〕123号" in shown.replace("\\", "")
    assert len(rules.dataframe[0].value) == len(query.matcher(query.word_list()[0]).terms)


def test_a_word_found_is_judged_by_a_person(checked, open_room):
    app = open_room("ledger", **PART, check_view="文字核对")
    assert list(app.dataframe[0].value["decision"]) == ["待确认"]
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="check_fine").click().run()
    assert "已判断 1 处：不算差错" in app.success[0].value.replace("\\", "")
    assert list(app.dataframe[0].value["decision"]) == ["不算差错"] and cards(app)["合格"] == "1"
    assert not [button for button in app.button if button.key == "check_fine"], "nothing is ticked any more"
    with db.session() as session:
        assert [entry.what for entry in session.execute(select(Audit)).scalars()] == ["教育微博"]


def test_an_earlier_day_is_checked_as_it_stood(checked, open_room):
    day = clock.day_of(clock.now()) - timedelta(30)
    app = open_room("ledger", **PART, check_day=day.isoformat(), check_span="当季")
    assert cards(app)["不合格"] == "0" and cards(app)["合格"] == "2"


def test_a_list_of_words_that_cant_be_read_is_said(checked, open_room, tmp_path, monkeypatch):
    broken = tmp_path / "terms.csv"
    broken.write_text("wrong,right\n错,对\n", "utf-8")
    monkeypatch.setattr(query.word_list, "__defaults__", (broken,))
    app = open_room("ledger", **PART)
    assert "表头应为" in app.error[0].value.replace("\\", "") and not app.metric


def test_it_is_taken_along_as_it_is_filtered(checked, open_room):
    app = open_room("ledger", **PART, check_verdict="不合格")
    names = [button.proto.label for button in app.get("download_button")]
    assert names == ["导出 Excel", "导出 PDF"] and "导出的是筛选后的结果：不合格" in text(app)


# --- The local list -------------------------------------------------------------------------------------------------


def press(app, key, **cells):
    """The room after cells of its one table that can be changed were changed (row0={...}) and a button was pressed."""
    edits = {"edited_rows": {int(row.removeprefix("row")): changed for row, changed in cells.items()},
             "added_rows": [], "deleted_rows": []}
    (editor,) = app.data_editor
    app.session_state[editor.key] = edits
    app.run()
    app.session_state[editor.key] = edits
    return app.button(key=key).click().run()


def widget(kind, prefix):
    return next(one for one in kind if one.key.startswith(prefix))


def test_a_local_list_is_made_changed_and_counted(checked, open_room):
    app = open_room("ledger", **PART, check_view="本地扣分")
    assert "还没有执行中的本地扣分项" in app.info[0].value.replace("\\", "")
    assert list(app.data_editor[0].value["name"])[:len(USUAL)] == [item.name for item in USUAL]
    app = press(app, "list_go", row0={"limit": 15}, row4={"drop": True}, row9={
        "name": "回复不及时", "points": 2.5, "most": 5})
    assert "已保存本地扣分项 9 条" in app.success[0].value.replace("\\", "")
    frame = app.dataframe[0].value
    assert frame["account"][0] == "停更微信" and frame["national"][0] == "不合格"
    assert "内容更新不及时扣 10 分" in frame["why"][0] and "无法判定" in "".join(frame["why"])
    assert "政务新媒体在全国只看单项否决" in text(app) and cards(app)["本地不检查"] == "0"
    with db.session() as session:
        (version,) = ledger.versions(session)
    items = {item.key: item for item in version.sheet.items}
    assert items["10"].name == "回复不及时" and items["01"].limit == 15 and "05" not in items
    refused = press(app, "list_go", row0={"points": 99})
    assert "高于本项最高" in refused.error[0].value.replace("\\", "")
    unit = open_room("ledger", **PART, check_view="单位")
    assert "本地 " in text(unit) and "分，合格" in text(unit).replace("\\", "")
    one = open_room("ledger", **PART, checked=str(checked["停更微信"]))
    assert any("amount" in table.value for table in one.dataframe)


def test_an_entry_is_made_and_withdrawn_in_the_room(checked, open_room, session):
    ledger.keep(session, sheet_of_usual(), who="张三", now=clock.now())
    session.commit()
    app = open_room("ledger", **PART, check_view="本地扣分")
    app.button(key="mark_go").click().run()
    assert "请选择账号、日期和项目" in app.error[0].value
    widget(app.selectbox, "mark_account").set_value(checked["教育微博"]).run()
    assert "黄埔江畔" in widget(app.selectbox, "mark_post").options
    widget(app.selectbox, "mark_item").set_value("03")
    widget(app.text_input, "mark_reason").set_value(HOSTILE)
    app.button(key="mark_go").click().run()
    assert "已登记：教育微博" in app.success[0].value.replace("\\", "")
    with db.session() as fresh:
        (mark,) = fresh.execute(select(LocalMark)).scalars()
    marks = next(table for table in app.dataframe if "withdrawn" in table.value)
    assert list(marks.value["reason"]) == [HOSTILE] and list(marks.value["name"]) == ["功能无法使用"]
    app.session_state[marks.key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    widget(app.text_input, "withdraw_why").set_value("误登")
    app.button(key="withdraw_go").click().run()
    assert "已撤回" in app.success[0].value.replace("\\", "")
    with db.session() as fresh:
        assert fresh.get(LocalMark, mark.id).withdrawn_why == "误登"


def sheet_of_usual():
    return Sheet(clock.day_of(clock.now()) - timedelta(300), 100, 60, 80, USUAL)


# --- Leaders --------------------------------------------------------------------------------------------------------


def test_leaders_are_pasted_changed_and_taken_out(checked, open_room):
    app = open_room("ledger", **PART, check_view="领导名单")
    assert "还没有领导名单" in app.info[0].value
    widget(app.text_area, "leaders_text").set_value("李鸣,区长\n王强,局").run()
    assert "“局”不像职务" in str([table.value.to_dict() for table in app.dataframe])
    widget(app.text_area, "leaders_text").set_value("李鸣,区长\n王强,副区长").run()
    app.button(key="leaders_add").click().run()
    assert "新增 2 行" in app.success[0].value.replace("\\", "")
    assert list(app.data_editor[0].value["name"]) == ["李鸣", "王强"]
    app = press(app, "leaders_save", row0={"until": "2026-01-01"}, row1={"drop": True})
    assert "修改 1 行，删除 1 行" in app.success[0].value.replace("\\", "")
    with db.session() as session:
        assert [one.words for one in leaders.lines(session)] == ["李鸣：区长（至 2026-01-01）"]
