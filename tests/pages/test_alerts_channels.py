"""Channels and people in the room 预警, as a visitor sets them up."""

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import channels, clock, people
from core.models import Audit, Channel, Person, Unit
from core.query import channels as query_channels
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.group_bots import WeComBot
from tests.lab.services.sms import AliyunSms

PHONE, MAIL = "13800138000", "zhangsan@district.gov.cn"


def channels_page():
    from core.ui import alerts_channels
    from core.ui.deeds import said

    said(alerts_channels.TOLD)
    alerts_channels.channels("王主任")


def people_page():
    from core.ui import alerts_people
    from core.ui.deeds import said

    said(alerts_people.TOLD)
    alerts_people.people("王主任")


@pytest.fixture
def opened(database):
    def open_(page, **query: object) -> AppTest:
        app = AppTest.from_function(page, default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = str(value)
        app.run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    return open_


def press(app: AppTest, key: str) -> AppTest:
    next(button for button in app.button if button.key == key).click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def field(app: AppTest, label: str, nth: int = 0):
    return [one for one in app.text_input if one.label == label][nth]


def words(app: AppTest) -> str:
    return "\n".join(one.value for kind in ("success", "error", "warning", "info", "caption", "markdown")
                     for one in getattr(app, kind)).replace("\\", "")


def kept(app: AppTest) -> str:
    return str(app.main) + str({key: app.session_state[key] for key in app.session_state if key in app.session_state})


# --- Channels -------------------------------------------------------------------------------------------------------


def test_a_channel_is_set_up_tried_and_its_secrets_are_gone_from_the_page(opened, session, lab):  # noqa: F811
    service = lab.mount(AliyunSms())
    fields = service.sample()
    app = opened(channels_page)
    assert "还没有发送渠道" in words(app)
    field(app, "渠道名称").input("值班短信")
    press(app, "channel_save")
    assert "请填写：AccessKey ID、AccessKey Secret、短信签名、模板编号" in words(app)
    secret = field(app, "AccessKey Secret")
    assert secret.proto.type == secret.proto.PASSWORD
    secret.input(fields["access_key_secret"])
    field(app, "AccessKey ID").input(fields["access_key_id"])
    field(app, "短信签名").input(fields["sign_name"])
    field(app, "模板编号").input(fields["template_code"])
    field(app, "接口地址（可不填）").input(fields["endpoint"])
    next(one for one in app.selectbox if one.label == "内网地址").select("yes")
    press(app, "channel_save")
    assert "已保存渠道“值班短信”" in words(app)
    assert fields["access_key_secret"] not in kept(app)
    (row,) = session.execute(select(Channel)).scalars()
    assert channels.fields(row)["access_key_secret"] == fields["access_key_secret"] and row.who == "王主任"
    assert app.dataframe[0].value["state"][0] == "还没有用过"

    app = opened(channels_page, channel=row.id)
    service.script("", "failure")
    field(app, "或填写手机号").input(PHONE)
    press(app, f"channel_test_{row.id}")
    assert "测试没有成功：短信余额不足" in words(app) and app.dataframe[0].value["state"][0] == "渠道配置有误"
    field(app, "或填写手机号").input("123")
    press(app, f"channel_test_{row.id}")
    assert "11 位手机号" in words(app)
    field(app, "或填写手机号").input(PHONE)
    press(app, f"channel_test_{row.id}")
    assert "阿里云短信已受理测试消息" in words(app) and app.dataframe[0].value["state"][0] == "正常"
    assert [one.to for one in service.taken] == [PHONE]
    assert PHONE not in str([(one.what, one.detail) for one in session.execute(select(Audit)).scalars()])


def test_a_test_goes_to_somebody_of_the_list(opened, session, lab):  # noqa: F811
    service = lab.mount(AliyunSms())
    made = channels.add(session, name="短信", kind="aliyun", fields=service.sample(), who="", now=clock.now())
    people.add(session, name="张三", phone=PHONE, who="", now=clock.now())
    people.add(session, name="李四", mail=MAIL, who="", now=clock.now())
    session.commit()
    app = opened(channels_page, channel=made.id)
    chosen = next(one for one in app.selectbox if one.label == "测试发给")
    assert chosen.options == ["张三（138****8000）", "另填一个"], "only who has a number, and never all of it"
    press(app, f"channel_test_{made.id}")
    assert [one.to for one in service.taken] == [PHONE] and PHONE not in kept(app)


def test_every_kind_has_its_form(opened):
    from core.senders import SENDERS

    app = opened(channels_page)
    kind = next(one for one in app.selectbox if one.label == "渠道类型")
    for name, sender in SENDERS.items():
        kind = next(one for one in app.selectbox if one.label == "渠道类型")
        kind.select(name).run()
        assert not app.exception
        shown = {one.label.removesuffix("（可不填）") for one in [*app.text_input, *app.selectbox]}
        assert {one.label for one in sender.fields} <= shown
        secrets = {one.label for one in sender.fields if one.secret}
        assert secrets == {one.label.removesuffix("（可不填）") for one in app.text_input
                           if one.proto.type == one.proto.PASSWORD}


@pytest.fixture
def three(session, lab):  # noqa: F811
    service = lab.mount(WeComBot())
    made = [channels.add(session, name=name, kind="wecom", fields=service.sample(), who="", now=clock.now())
            for name in ("甲群", "乙群", "丙群")]
    session.commit()
    return made


def names(session) -> list[str]:
    session.expire_all()
    return list(query_channels.listed(session)["name"])


def test_channels_are_put_in_order_out_of_use_and_away(opened, session, three):
    last = three[2].id
    app = opened(channels_page, channel=last)
    assert next(one for one in app.button if one.key == f"channel_1_{last}").disabled, "it is the last"
    press(app, f"channel_-1_{last}")
    assert names(session) == ["甲群", "丙群", "乙群"] and "已调整渠道顺序" in words(app)
    assert any("丙群" in one.value for one in app.markdown), "it stays picked"
    press(app, f"channel_on_{last}")
    session.expire_all()
    assert not session.get(Channel, last).enabled and "已停用渠道“丙群”" in words(app)
    press(app, f"channel_drop_{last}")
    assert names(session) == ["甲群", "乙群"] and "已删除渠道“丙群”" in words(app)
    assert "找不到" in words(opened(channels_page, channel=last))


def test_a_bot_is_tried_without_a_recipient_and_changed_without_its_secret(opened, session, three, lab):  # noqa: F811
    app = opened(channels_page, channel=three[0].id)
    press(app, f"channel_test_{three[0].id}")
    assert "企业微信群机器人已受理测试消息" in words(app)
    assert len(lab.services["/wecom"].taken) == 1
    next(one for one in app.toggle if one.label == "修改设置").set_value(True).run()
    field(app, "渠道名称").input("应急群")
    press(app, f"channel_change_{three[0].id}")
    session.expire_all()
    row = session.get(Channel, three[0].id)
    assert row.name == "应急群" and "key=lab-key" in channels.fields(row)["address"]
    assert "lab-key" not in kept(app)


# --- People ---------------------------------------------------------------------------------------------------------


def test_a_person_is_added_changed_put_out_of_use_and_away(opened, session):
    unit = Unit(name="区卫生健康委", kind="bureau")
    session.add(unit)
    session.commit()
    app = opened(people_page)
    assert "还没有通知人员" in words(app)
    field(app, "姓名").input("张三")
    field(app, "手机").input("123")
    press(app, "person_save")
    assert "11 位手机号" in words(app)
    field(app, "手机").input(PHONE)
    next(one for one in app.selectbox if one.label == "单位（可不填）").select(unit.id)
    press(app, "person_save")
    assert "已新增“张三”" in words(app) and PHONE not in kept(app)
    assert app.dataframe[0].value[["name", "unit", "phone"]].iloc[0].tolist() == ["张三", "区卫生健康委", "138****8000"]
    (row,) = session.execute(select(Person)).scalars()

    app = opened(people_page, person=row.id)
    next(one for one in app.toggle if one.label == "修改").set_value(True).run()
    assert field(app, "手机").placeholder == "138****8000，留空则不改"
    field(app, "邮箱").input(MAIL)
    field(app, "职务（可不填）").input("值班主任")
    press(app, f"person_change_{row.id}")
    session.expire_all()
    row = session.get(Person, row.id)
    assert (row.post, row.unit_id, row.who) == ("值班主任", unit.id, "王主任")
    assert people.recipient(row).phone == PHONE and people.recipient(row).mail == MAIL
    next(one for one in app.toggle if one.label == "修改").set_value(True).run()
    next(one for one in app.checkbox if one.label == "清空手机号").check()
    press(app, f"person_change_{row.id}")
    session.expire_all()
    assert people.recipient(session.get(Person, row.id)).phone == ""
    press(app, f"person_on_{row.id}")
    session.expire_all()
    assert not session.get(Person, row.id).active and "已停用“张三”" in words(app)
    press(app, f"person_drop_{row.id}")
    session.expire_all()
    assert session.execute(select(Person)).scalars().all() == [] and "已删除“张三”" in words(app)


def test_a_table_is_looked_at_and_taken_in_whole(opened, session):
    app = opened(people_page)
    area = next(one for one in app.text_area if one.label == "粘贴表格")
    area.input(f"姓名\t手机\t邮箱\n张三\t{PHONE}\t{MAIL}\n李四\t1380\t\n").run()
    assert "有 1 处问题" in words(app) and not any(button.key == "person_import" for button in app.button)
    area = next(one for one in app.text_area if one.label == "粘贴表格")
    area.input(f"姓名\t手机\t邮箱\n张三\t{PHONE}\t{MAIL}\n李四\t13900139000\t\n").run()
    assert "读到 2 人：新增 2 人" in words(app)
    assert "138****8000" in str(app.dataframe[-1].value) and PHONE not in str(app.dataframe[-1].value)
    press(app, "person_import")
    assert "通知人员新增 2 人" in words(app)
    assert [one.name for one in session.execute(select(Person).order_by(Person.id)).scalars()] == ["张三", "李四"]
    assert PHONE not in kept(app), "what was pasted does not stay in the session"


def test_a_link_to_somebody_who_is_gone_says_so(opened, session):
    people.add(session, name="张三", phone=PHONE, who="", now=clock.now())
    session.commit()
    assert "找不到" in words(opened(people_page, person=99))
