"""查找添加 in the room 账号台账: search the ledger and the laboratory's 清博, match lists, take in, take back."""

import pytest
from sqlalchemy import func, select

from core import clock, credentials, ledger
from core.ledger import AccountEntry, BoardEntry, Entries, UnitEntry
from core.models import Account, Board, BoardMember, Source, Unit
from core.settings import settings
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.gsdata import Gsdata


@pytest.fixture
def filled(session):
    ledger.apply(session, Entries(
        units=[UnitEntry(name="区卫健委", kind="bureau"), UnitEntry(name="江宁路街道", kind="street")],
        accounts=[
            AccountEntry(platform="wechat", external_id="gh_1", name="健康云澜", unit="区卫健委"),
            AccountEntry(platform="wechat", external_id="gh_2", name="江宁路街道", unit="江宁路街道"),
            AccountEntry(platform="weibo", external_id="100001", name="健康云澜"),
        ],
        boards=[BoardEntry(name="微信榜", platform="wechat", picked=True)],
    ), who="测试", now=clock.now())
    session.commit()
    return session


@pytest.fixture
def gsdata(lab, filled, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "localhost")
    settings.cache_clear()
    service = lab.mount(Gsdata())
    monkeypatch.setattr("collectors.gsdata.BASE", service.base)
    fields = {"app_key": "appkey", "app_secret": "appsecret"}
    credentials.add(filled, name="清博合同", kind="gsdata", fields=fields, secret=frozenset({"app_secret"}), who="",
                    now=clock.now())
    filled.commit()
    return service


def opened(open_room):
    return open_room("ledger", ledger_part="查找添加")


def press(app, label):
    next(b for b in app.button if b.label == label).click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def sought(app, text):
    app.text_input(key="find_text").set_value(text)
    return press(app, "查找")


def frame(app, column):
    """The read-only table that has this column."""
    return next(d for d in app.dataframe if column in d.value and d.editing_mode == "read_only")


def tick(app, *rows):
    app.session_state[frame(app, "source").key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return app.run()


def editor(app, column):
    return next(table for table in app.data_editor if column in table.value)


def key_of(app, prefix):
    return next(w.key for kind in (app.multiselect, app.text_input, app.selectbox) for w in kind
                if w.key and w.key.startswith(prefix))


def texts(app) -> str:
    return "\n".join(e.value for e in (*app.markdown, *app.caption)).replace("\\", "")


def count(session, table) -> int:
    session.expire_all()
    return session.execute(select(func.count()).select_from(table)).scalar()


def test_without_a_credential_the_ledger_alone_is_searched(filled, open_room):
    app = opened(open_room)
    assert "可以同时找台账以外的账号" in texts(app)
    sought(app, "健康")
    found = frame(app, "source").value
    assert list(found["name"]) == ["健康云澜", "健康云澜"] and set(found["known"]) == {"已在台账"}
    sought(app, "没有这样的账号")
    assert "没有找到账号" in app.info[0].value


def test_found_picked_taken_in_and_taken_back(gsdata, open_room, session):
    app = sought(opened(open_room), "云澜")
    found = frame(app, "source").value
    assert {"账号台账", "清博数据"} == set(found["source"])
    row = list(found["external_id"]).index("yunlan")
    assert (found["known"][row], found["intro"][row]) == ("", "区政府新闻办")
    tick(app, row)
    assert "加入台账：1 个账号" in texts(app)
    app.selectbox(key=key_of(app, "find_unit")).set_value("区卫健委").run()
    app.multiselect(key=key_of(app, "find_tags")).set_value(["重点"]).run()
    app.multiselect(key=key_of(app, "find_boards")).set_value([session.execute(select(Board.id)).scalar()]).run()
    app.text_input(key=key_of(app, "find_board_")).set_value("新榜单").run()
    app.selectbox(key=key_of(app, "find_way")).set_value("公众号文章和日榜（清博）").run()
    assert app.selectbox(key=key_of(app, "find_cred")).value == "清博合同", "the only one is chosen"
    press(app, "加入台账并开始采集")
    assert "新增账号 1 条" in app.success[0].value and "新启用 1 个采集源" in app.success[0].value
    made = ledger.find_account(session, "wechat", "yunlan")
    assert (made.name, made.tags, session.get(Unit, made.unit_id).name) == ("云澜发布", ["重点"], "区卫健委")
    (source,) = session.execute(select(Source)).scalars()
    assert (source.account_id, source.enabled, source.collector) == (made.id, True, "gsdata")
    assert (count(session, Board), count(session, BoardMember)) == (2, 2)
    press(app, "撤销刚才的添加")
    assert "已撤销：去掉账号 1 个、采集源 1 个" in app.success[0].value.replace("\\", "")
    assert [count(session, table) for table in (Account, Source, Board, BoardMember)] == [3, 0, 1, 0]
    assert not [b for b in app.button if b.label == "撤销刚才的添加"]


def test_a_refusal_is_told_and_saves_nothing(gsdata, open_room, session):
    app = sought(opened(open_room), "云澜")
    tick(app, list(frame(app, "source").value["external_id"]).index("yunlan"))
    app.text_input(key=key_of(app, "find_board_")).set_value("微信榜").run()
    press(app, "加入台账")
    assert "已有榜单叫“微信榜”" in app.error[0].value
    assert count(session, Account) == 3


def test_a_service_that_refuses_leaves_the_ledgers_answer(gsdata, open_room):
    gsdata.script("", "expired")
    app = sought(opened(open_room), "健康")
    assert "清博拒绝了请求：授权已过期" in app.error[0].value and "照常列在下面" in app.error[0].value
    assert set(frame(app, "source").value["source"]) == {"账号台账"}


def listed(app, text, platform=None):
    app.segmented_control(key="find_how").set_value("按名单匹配").run()
    app.text_area(key="find_names").set_value(text)
    if platform:
        app.selectbox(key="find_platform").set_value(platform)
    return press(app, "匹配")


def test_a_list_of_names_is_matched_asked_about_and_taken_in(filled, open_room, session):
    app = listed(opened(open_room), "名称\t单位\n健康云澜官微\t\n江宁路\t\n云澜新事\t区新办", "wechat")
    assert "名单 3 个：已匹配 1 个，待确认 1 个，台账中没有 1 个" in texts(app)
    sure = editor(app, "by").value
    assert (sure["name"][0], sure["account"][0], bool(sure["use"][0])) == ("健康云澜官微", "健康云澜", True)
    box = app.selectbox(key=key_of(app, "find_doubt"))
    assert box.value is None and "江宁路街道（台账，政务微信，相似度 85）" in box.options
    assert box.options[-2:] == ["新增这个账号", "不处理"]
    box.set_value(box.options[0]).run()
    picks = editor(app, "unit").value
    assert list(picks["name"]) == ["健康云澜", "江宁路街道", "云澜新事"]
    assert list(picks["known"]) == ["已在台账", "已在台账", "新增"]
    assert "台账中没有的单位将一并新增：区新办" in texts(app)
    app.multiselect(key=key_of(app, "find_boards")).set_value([1]).run()
    press(app, "加入台账")
    assert "新增单位 1 条" in app.success[0].value
    new = ledger.find_account(session, "wechat", "云澜新事")
    assert session.get(Unit, new.unit_id).name == "区新办"
    assert count(session, BoardMember) == 3
    press(app, "撤销刚才的添加")
    assert (count(session, Account), count(session, Unit), count(session, BoardMember)) == (3, 2, 0)


def test_homonyms_on_two_platforms_are_asked_about(filled, open_room):
    app = listed(opened(open_room), "健康云澜")
    assert "已匹配 0 个，待确认 1 个" in texts(app)
    assert len(app.selectbox(key=key_of(app, "find_doubt")).options) == 3


def test_names_without_a_platform_are_not_made_up(filled, open_room):
    app = listed(opened(open_room), "某某派出所")
    assert "不知道平台：某某派出所" in texts(app)
    assert not [b for b in app.button if b.key == "find_go"]


def test_what_the_ledger_lacks_is_looked_up_at_a_service(gsdata, open_room, session):
    app = opened(open_room)
    app.segmented_control(key="find_how").set_value("按名单匹配").run()
    app.text_area(key="find_names").set_value("云澜发布官方")
    app.pills(key="find_list_where").set_value(["清博数据"])
    press(app, "匹配")
    box = app.selectbox(key=key_of(app, "find_doubt"))
    (offered,) = [words for words in box.options if "yunlan" in words]
    box.set_value(offered).run()
    press(app, "加入台账")
    assert ledger.find_account(session, "wechat", "yunlan") is not None


def test_a_list_that_can_not_be_read_is_told(filled, open_room):
    app = listed(opened(open_room), "名称\t平台\n甲\t朋友圈")
    assert "没有平台“朋友圈”" in app.error[0].value
