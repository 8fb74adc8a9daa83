"""The part 检查指标 of the ledger's room."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, ingest, rollup
from core.models import Account, Audit, Unit
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
    assert "缺少列" in app.error[0].value.replace("\\", "") and not app.metric


def test_it_is_taken_along_as_it_is_filtered(checked, open_room):
    app = open_room("ledger", **PART, check_verdict="不合格")
    names = [button.proto.label for button in app.get("download_button")]
    assert names == ["导出 Excel", "导出 PDF"] and "导出的是筛选后的结果：不合格" in text(app)
