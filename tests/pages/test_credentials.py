"""From a credential to a source that is tested, in the room 采集源, against the laboratory's WeChat."""

import pytest
from sqlalchemy import select

from core import clock, credentials
from core.faults import BadInput
from core.models import Account, Credential, Source
from core.settings import settings
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.wechat import WeChat

FIELDS = {"appid": "wx1234567890abcdef", "secret": "lab-secret"}


@pytest.fixture
def wechat(lab, monkeypatch) -> WeChat:  # noqa: F811
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "localhost")
    settings.cache_clear()
    return lab.mount(WeChat())


def button(app, key):
    return next(b for b in app.button if b.key == key)


def test_a_credential_is_saved_sealed_and_never_shown_again(open_room, session):
    app = open_room("sources", sources_part="凭据")
    app.selectbox(key="cred0_kind").select("wechat").run()
    app.text_input(key="cred0_name").input("区卫健委公众号")
    app.text_input(key="cred0_wechat_appid").input(FIELDS["appid"])
    secret = app.text_input(key="cred0_wechat_secret")
    assert secret.proto.type == secret.proto.PASSWORD
    button(app, "cred0_go").click().run()
    assert "请填写：AppSecret" in app.error[0].value
    secret = app.text_input(key="cred0_wechat_secret")
    secret.input("very-hushed")
    button(app, "cred0_go").click().run()
    assert any("已保存凭据" in s.value for s in app.success), [e.value for e in app.error]
    (row,) = session.execute(select(Credential)).scalars()
    assert b"very-hushed" not in row.sealed and credentials.fields(session, row.id)["secret"] == "very-hushed"
    assert row.shown == {"appid": FIELDS["appid"]}
    kept = {key: app.session_state[key] for key in app.session_state if key in app.session_state}
    assert "very-hushed" not in str(app.main) + str(kept)
    assert credentials.key_file().stat().st_mode & 0o077 == 0
    assert any(str(credentials.key_file()) in c.value.replace("\\", "") and "另存一份" in c.value for c in app.caption)
    assert "号" in app.dataframe[0].value["name"][0], "it stands in the list at once"


def test_the_connection_test_names_the_address_to_allow(open_room, session, wechat):
    now = clock.now()
    made = credentials.add(
        session, name="号", kind="wechat", fields=FIELDS, secret=frozenset({"secret"}), who="测试", now=now
    )
    account = Account(platform="wechat", external_id="gh_1", name="健康云澜")
    session.add(account)
    session.flush()
    source = Source(key="w", name="健康云澜统计", collector="wechat", platform="wechat", url=wechat.base,
                    account_id=account.id, credential_id=made.id)
    session.add(source)
    session.commit()
    wechat.script("stable_token", "ip")
    app = open_room("sources", source=str(source.id))
    button(app, f"check_{source.id}").click().run()
    assert any("203.0.113.9 加入 IP 白名单" in e.value.replace("\\", "") for e in app.error)
    session.expire_all()
    assert session.get(Credential, made.id).state == "bad"
    button(app, f"check_{source.id}").click().run()
    assert any("连接正常" in s.value and "粉丝数" in s.value for s in app.success)
    session.expire_all()
    assert session.get(Credential, made.id).state == "ok"


def test_a_credential_is_tested_where_its_source_asks(open_room, session, wechat):
    made = credentials.add(session, name="号", kind="wechat", fields=FIELDS, secret=frozenset({"secret"}), who="测试",
                           now=clock.now())
    session.flush()
    session.add(Source(key="w", name="某源", collector="wechat", platform="wechat", url=wechat.base,
                       credential_id=made.id))
    session.commit()
    app = open_room("sources", sources_part="凭据")
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    wechat.script("stable_token", "ip")
    button(app, f"cred_test_{made.id}").click().run()
    listed = app.dataframe[0].value
    assert "203.0.113.9 加入 IP 白名单" in app.error[0].value.replace("\\", "")
    assert (listed["state_name"][0], listed["shown"][0]) == ("有问题", f"AppID：{FIELDS['appid']}")
    app.toggle(key=f"cred_edit_{made.id}").set_value(True).run()
    button(app, f"cred_save_{made.id}").click().run()
    assert "没有填写要更换的内容" in app.error[-1].value
    app.text_input(key=f"cred0_change_{made.id}_secret").input(FIELDS["secret"])
    button(app, f"cred_save_{made.id}").click().run()
    assert "已更换凭据" in app.success[0].value and not app.error, "the verdict was of what it held before"
    assert not app.toggle(key=f"cred_edit_{made.id}").value
    button(app, f"cred_test_{made.id}").click().run()
    assert "连接正常" in app.success[0].value and app.dataframe[0].value["state_name"][0] == "可用"


def test_what_the_deeds_refuse(session):
    now = clock.now()
    made = credentials.add(session, name="号", kind="wechat", fields=FIELDS, secret=frozenset(), who="", now=now)
    session.add(Source(key="w", name="某源", collector="wechat", platform="wechat", credential_id=made.id))
    session.commit()
    with pytest.raises(BadInput, match="还在被采集源使用：某源"):
        credentials.remove(session, made.id, who="")
    with pytest.raises(BadInput, match="已被使用"):
        credentials.add(session, name="号", kind="wechat", fields=FIELDS, secret=frozenset(), who="", now=now)
    with pytest.raises(BadInput, match="控制字符"):
        credentials.change(session, made.id, {"secret": "a\0"}, secret=frozenset(), who="", now=now)
    credentials.replace_field(session, made.id, "refresh_state", "{}", now)
    credentials.change(session, made.id, {"secret": "new", "appid": ""}, secret=frozenset({"secret"}), who="", now=now)
    assert credentials.fields(session, made.id) == FIELDS | {"secret": "new", "refresh_state": "{}"}
    assert set(made.shown) == {"appid"}, "neither secrets nor what a collector keeps for itself"
