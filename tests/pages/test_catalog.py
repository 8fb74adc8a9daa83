"""The catalogue in the room 采集源: browse, read, fill in, test against the laboratory, turn on."""

import json

import pytest
from sqlalchemy import select

from core import clock, credentials, ledger
from core.catalog_sources import definitions
from core.ledger import AccountEntry, Entries
from core.models import Credential, Source
from core.settings import settings
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.rsshub import RssHub
from tests.lab.services.wechat import WeChat

FIELDS = {"appid": "wx1234567890abcdef", "secret": "lab-secret"}
LIST = {"status": "success", "id": "weibo", "items": [{"id": "1", "title": "云澜区地铁新线开通", "url": "https://s.cn/1"}]}


@pytest.fixture(autouse=True)
def _loopback(monkeypatch):
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "*")
    settings.cache_clear()


@pytest.fixture
def accounts(session):
    ledger.apply(session, Entries(accounts=[
        AccountEntry(platform="wechat", external_id="gh_1", name="健康云澜"),
        AccountEntry(platform="wechat", external_id="gh_2", name="云澜发布"),
    ]), who="测试", now=clock.now())
    session.commit()


def browsed(open_room):
    return open_room("sources", sources_part="从目录添加")


def shown(app):
    return app.dataframe[0].value


def tick(app, *keys):
    """Tick the rows of these entries: a browser keeps them as positions in the list that is shown."""
    titles = {one.title for one in definitions() if one.key in keys}
    rows = [n for n, title in enumerate(shown(app)["title"]) if title in titles]
    assert len(rows) == len(keys)
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return app.run()


def texts(app) -> str:
    return "\n".join(e.value for e in (*app.markdown, *app.caption)).replace("\\", "")


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_browsing(open_room):
    app = browsed(open_room)
    app.text_input(key="catalog_search").set_value("澎湃").run()
    assert {"澎湃新闻 首页头条", "澎湃热榜"} <= set(shown(app)["title"])
    app.text_input(key="catalog_search").set_value("").run()
    app.selectbox(key="catalog_family").set_value("民生诉求").run()
    assert set(shown(app)["platform_name"]) == {"领导留言板", "12345市民热线"}
    app.selectbox(key="catalog_family").set_value(None).run()
    app.pills(key="catalog_marks").set_value(["paid"]).run()
    assert set(shown(app)["cost"]) == {"付费"}
    app.pills(key="catalog_marks").set_value(["open", "well"]).run()
    assert set(shown(app)["needs"]) == {"不需"} and set(shown(app)["trouble"]) == {""}
    app.text_input(key="catalog_search").set_value("没有这样的").run()
    assert "没有符合条件" in app.info[-1].value


def test_a_card_tells_what_it_takes(open_room):
    app = tick(browsed(open_room), "wechat")
    said = texts(app)
    for part in ("产出", "需要", "费用", "依据", "IP 白名单", "官方数据统计接口"):
        assert part in said
    app = tick(browsed(open_room), "weibo_keyword")
    assert "微博搜索“本区”：2026-08-15 路由报错，需 WEIBO_COOKIES" in app.warning[0].value.replace("\\", "")
    app = tick(browsed(open_room), "hotline12345")
    assert "市民服务热线平台导出工单" in texts(app)
    assert not [b for b in app.button if b.key == "catalog_on"], "there is nothing to fill in"


def test_several_at_once_are_tested_and_turned_on(lab, open_room, session):  # noqa: F811
    lab.serve("/api/s?id=weibo", json.dumps(LIST), "application/json")
    app = tick(browsed(open_room), "newsnow_weibo", "newsnow_baidu")
    press(app, "catalog_test")
    assert "请填写 newsnow 热榜服务的地址" in app.error[0].value
    app.text_input(key="catalog_base_newsnow").set_value(lab.url("")).run()
    press(app, "catalog_test")
    assert "微博热搜" in app.success[0].value and "云澜区地铁新线开通" in app.success[0].value
    assert "百度热搜" in app.error[0].value and "404" in app.error[0].value
    assert session.execute(select(Source)).first() is None, "a test stores nothing"
    app.text_input(key="catalog_base_newsnow").set_value(lab.url("/")).run()
    assert not app.success, "the verdict spoke of another address"
    press(app, "catalog_on")
    assert "新启用 2 个采集源" in app.success[0].value
    found = session.execute(select(Source).order_by(Source.id)).scalars().all()
    assert [(s.url, s.enabled) for s in found] == [
        (lab.url("/api/s?id=weibo"), True), (lab.url("/api/s?id=baidu"), True)]
    app = tick(browsed(open_room), "newsnow_weibo", "newsnow_zhihu")
    assert app.text_input(key="catalog_base_newsnow").value == lab.url(""), "the address is remembered"
    assert list(shown(app).set_index("title").loc[["微博热搜", "知乎热榜"], "state_name"]) == ["已启用", "未启用"]
    assert "已有 1 个采集源" in texts(app)


def test_routes_of_one_service_share_its_address_and_key(lab, open_room, session):  # noqa: F811
    service = lab.mount(RssHub())
    app = tick(browsed(open_room), "thepaper_featured", "guancha")
    assert len([t for t in app.text_input if t.key.startswith("catalog_base")]) == 1
    app.text_input(key="catalog_base_rsshub").set_value(service.base).run()
    press(app, "catalog_test")
    assert len(app.error) == 2 and "密钥" in app.error[0].value
    box = app.selectbox(key="catalog_key_rsshub_0_credential")
    box.set_value(box.options[-1]).run()
    press(app, "catalog_key_rsshub_0_new_go")
    assert "请填写：访问密钥" in app.error[0].value, "a credential without anything is none"
    app.text_input(key="catalog_key_rsshub_0_new_access_key").set_value("lab-key")
    press(app, "catalog_key_rsshub_0_new_go")
    press(app, "catalog_test")
    assert "澎湃第0条" in app.success[-1].value and "观察者网" in app.error[0].value
    press(app, "catalog_on")
    found = session.execute(select(Source).order_by(Source.name)).scalars().all()
    assert [s.config["route"] for s in found] == ["/thepaper/featured", "/guancha"]
    assert {s.url for s in found} == {service.base} and all(s.credential_id for s in found)


def test_an_account_needs_to_be_in_the_ledger(open_room):
    app = tick(browsed(open_room), "wechat")
    assert "台账里还没有这个平台的账号" in texts(app)
    press(app, "catalog_on")
    assert "台账里还没有这个平台的账号" in app.error[0].value


def test_wechat_with_a_credential_entered_on_the_spot(lab, open_room, session, accounts, monkeypatch):  # noqa: F811
    service = lab.mount(WeChat())
    from collectors import wechat
    monkeypatch.setattr(wechat, "BASE", service.base)
    app = tick(browsed(open_room), "wechat")
    key = f"catalog_wechat_{app.session_state['catalog_round']}"
    press(app, "catalog_test")
    assert "请选择账号" in app.error[0].value
    app.multiselect(key=f"{key}_accounts").set_value(["gh_1"]).run()
    press(app, "catalog_on")
    assert "请为这些账号选择凭据：健康云澜" in app.error[0].value
    box = app.selectbox(key=f"{key}_0_credential")
    box.set_value(box.options[-1]).run()
    app.text_input(key=f"{key}_0_new_appid").set_value(FIELDS["appid"])
    app.text_input(key=f"{key}_0_new_secret").set_value("very-hushed")
    press(app, f"{key}_0_new_go")
    assert "已保存凭据“健康云澜”" in app.success[0].value
    kept = {k: app.session_state[k] for k in app.session_state if k in app.session_state}
    assert "very-hushed" not in str(app.main) + str(kept)
    assert app.selectbox(key=f"{key}_0_credential").value == "健康云澜"
    (made,) = session.execute(select(Credential)).scalars()
    credentials.change(session, made.id, {"secret": FIELDS["secret"]}, secret=frozenset(), who="", now=clock.now())
    session.commit()
    service.script("stable_token", "ip")
    press(app, "catalog_test")
    assert "203.0.113.9 加入 IP 白名单" in app.error[0].value.replace("\\", "")
    press(app, "catalog_test")
    assert "连接正常" in app.success[0].value
    press(app, "catalog_on")
    (source,) = session.execute(select(Source)).scalars()
    assert (source.credential_id, source.enabled, source.name) == (made.id, True, "健康云澜 · 公众号统计（官方接口）")


def test_a_parameter_stands_at_the_district(open_room, session, monkeypatch):
    monkeypatch.setenv("PULSE_DISTRICT", "云澜区")
    settings.cache_clear()
    app = tick(browsed(open_room), "anyfeed")
    app.text_input(key="catalog_anyfeed_0_column").set_value("云澜区论坛")
    press(app, "catalog_on")
    assert "请填写：订阅地址" in app.error[0].value
    app.text_input(key="catalog_anyfeed_0_site").set_value("https://bbs.cn/rss").run()
    press(app, "catalog_on")
    (source,) = session.execute(select(Source)).scalars()
    assert (source.name, source.collector, source.url) == ("云澜区论坛", "feed", "https://bbs.cn/rss")
