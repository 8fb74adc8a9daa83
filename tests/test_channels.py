"""Channels as the office sets them up: sealed, in order, tried out, kept while something depends on them."""

import httpx
import pytest
from sqlalchemy import select

from core import channels, clock, credentials, db
from core.faults import BadInput
from core.models import AlertRule, Attempt, Audit, Channel, Delivery
from core.query import channels as query_channels
from core.senders import SENDERS, Recipient
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.group_bots import Hook, WeComBot
from tests.lab.services.sms import AliyunSms

ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=very-hushed-key"
MAIL = {"host": "smtp.district.gov.cn", "user": "yqjc@district.gov.cn", "password": "very-hushed-password",
        "sender": "yqjc@district.gov.cn"}
SMS = {"access_key_id": "LTAI-shown", "access_key_secret": "very-hushed-secret", "sign_name": "澜桥发布",
       "template_code": "SMS_1"}


def add(session, name="应急群", kind="wecom", fields=None, **more):
    made = channels.add(session, name=name, kind=kind, fields=fields or {"address": ADDRESS}, who="张三",
                        now=clock.now(), **more)
    session.commit()
    return made


def rule(session, **plan):
    now = clock.now()
    session.add(AlertRule(name="重大事故", subject="mention", level="red", plan=plan, since=now, at=now))
    session.commit()


def test_secrets_are_sealed_opened_for_senders_and_shown_to_nobody(session):
    made = add(session, "短信", "aliyun", SMS)
    bot = add(session)
    stored = b"".join(row.sealed for row in session.execute(select(Channel)).scalars())
    assert b"hushed" not in stored and "hushed" not in str([made.config, bot.config])
    assert channels.fields(made)["access_key_secret"] == "very-hushed-secret"
    assert channels.fields(made)["endpoint"] == "https://dysmsapi.aliyuncs.com", "what nobody filled in has its default"
    assert channels.fields(bot)["address"] == ADDRESS
    listed = query_channels.listed(session)
    assert "hushed" not in listed.to_csv()
    assert "AccessKey ID：LTAI-shown" in listed["shown"][0] and "AccessKey Secret：已填写" in listed["shown"][0]
    assert "qyapi.weixin.qq.com（其余不显示）" in listed["shown"][1]
    assert "hushed" not in str([(one.action, one.what, one.detail) for one in session.execute(select(Audit)).scalars()])


def test_a_list_says_what_each_is_and_how_it_does(session):
    assert query_channels.listed(session).empty
    add(session)
    add(session, "邮件", "mail", MAIL, enabled=False)
    broken = add(session, "短信", "aliyun", SMS)
    broken.fault, broken.fault_note, broken.rest_until = "STOP", "余额不足", clock.now()
    session.add(broken)
    session.commit()
    rule(session, channels=[broken.id], groups=[1])
    frame = query_channels.listed(session)
    assert list(frame["state"]) == ["还没有用过", "已停用", "渠道配置有误"]
    assert list(frame["reaches"]) == ["group", "mail", "phone"] and list(frame["rules"]) == [1, 0, 1]
    assert str(frame["rest_until"].dtype).startswith("datetime64") and frame["note"][2] == "余额不足"


@pytest.mark.parametrize(("more", "said"), [
    ({"name": " "}, "1 到 40"), ({"name": "长" * 41}, "1 到 40"), ({"name": "应急群"}, "已有渠道"),
    ({"kind": "pigeon"}, "渠道类型"), ({"fields": {"address": "x"}}, "机器人地址"),
    ({"fields": {"inside": "no"}}, "请填写"),
])
def test_what_cannot_be_is_refused_and_nothing_is_stored(session, more, said):
    add(session)
    with pytest.raises(BadInput, match=said):
        channels.add(session, **{"name": "新", "kind": "wecom", "fields": {"address": ADDRESS}} | more, who="",
                     now=clock.now())
    session.rollback()
    assert len(query_channels.listed(session)) == 1


def change(session, made, fields, name=""):
    channels.change(session, made.id, name=name or made.name, fields=fields, who="李四", now=clock.now())
    session.commit()


def test_a_change_keeps_secrets_that_are_left_empty_and_forgets_faults(session):
    made = add(session, "短信", "aliyun", SMS)
    made.fault, made.fault_note, made.rest_until, made.failures = "STOP", "余额不足", clock.now(), 3
    change(session, made, {"access_key_id": "other", "sign_name": "澜桥", "template_code": "SMS_2"}, "短信一")
    opened = channels.fields(made)
    assert (opened["access_key_secret"], opened["access_key_id"], opened["template_code"]) == (
        "very-hushed-secret", "other", "SMS_2")
    assert (made.name, made.fault, made.rest_until, made.failures) == ("短信一", "", None, 0)
    change(session, made, SMS | {"access_key_secret": "new-hushed"})
    assert channels.fields(made)["access_key_secret"] == "new-hushed"
    with pytest.raises(BadInput, match="短信签名"):
        change(session, made, SMS | {"sign_name": ""})


@pytest.mark.parametrize(("kind", "before", "after", "refused"), [
    ("aliyun", SMS, {"endpoint": "https://evil.cn"}, True), ("aliyun", SMS, {"inside": "yes"}, True),
    ("aliyun", SMS, {"endpoint": "https://dysmsapi.aliyuncs.com"}, False), ("aliyun", SMS, {"inside": "no"}, False),
    ("mail", MAIL, {"host": "smtp.evil.cn"}, True), ("mail", MAIL, {"security": "plain"}, True),
    ("mail", MAIL, {"port": "2525"}, True), ("mail", MAIL, {"sender_name": "区委宣传部"}, False),
    ("dingtalk", {"address": "https://oapi.dingtalk.com/robot/send?access_token=a", "secret": "SEChushed"},
     {"address": "https://evil.cn/?access_token=a"}, True),
])
def test_a_stored_secret_goes_nowhere_else_than_where_it_was_entered_for(session, kind, before, after, refused):
    made = add(session, "渠道", kind, before)
    plain = {name: value for name, value in before.items() if not _secret(kind, name)}
    if not refused:
        return change(session, made, plain | after)
    with pytest.raises(BadInput, match="请重新填写"):
        channels.change(session, made.id, name="渠道", fields=plain | after, who="", now=clock.now())
    session.rollback()
    change(session, made, before | after)
    assert channels.fields(made).items() >= after.items()


def _secret(kind, name):
    return any(field.name == name and field.secret for field in SENDERS[kind].fields)


def test_a_lost_key_is_said_and_the_secrets_can_be_entered_anew(session):
    made = add(session, "短信", "aliyun", SMS)
    credentials.key_file().unlink()
    credentials._box_of.cache_clear()
    with pytest.raises(BadInput, match="无法解开"):
        channels.fields(made)
    assert "请重新填写" in query_channels.listed(session)["shown"][0]
    change(session, made, SMS)
    assert channels.fields(made)["access_key_secret"] == "very-hushed-secret"


def test_channels_stand_in_the_order_that_the_office_wants(session):
    ids = [add(session, name).id for name in "甲乙丙丁"]
    channels.order(session, [ids[3], ids[1]], who="张三", now=clock.now())
    session.commit()
    assert list(query_channels.listed(session)["name"]) == ["丁", "乙", "甲", "丙"]
    assert add(session, "戊").sort == 5
    for wrong in ([ids[0], 99], [ids[0], ids[0]]):
        with pytest.raises(BadInput, match="刷新"):
            channels.order(session, wrong, who="张三", now=clock.now())


def test_a_channel_is_put_out_of_use_and_back(session):
    made = add(session)
    made.rest_until = clock.now()
    channels.enable(session, made.id, False, who="张三", now=clock.now())
    assert not made.enabled
    channels.enable(session, made.id, True, who="张三", now=clock.now())
    session.commit()
    assert made.enabled and made.rest_until is None
    assert [one.action for one in session.execute(select(Audit).order_by(Audit.id)).scalars()][1:] == [
        "停用发送渠道", "启用发送渠道"]


@pytest.mark.parametrize("plan", [{"channels": [1]}, {"groups": [1]}, {"channels": [2, 1], "groups": []}])
def test_a_channel_that_a_rule_uses_stays(session, plan):
    made = add(session)
    rule(session, **plan)
    with pytest.raises(BadInput, match="重大事故"):
        channels.remove(session, made.id, who="张三", now=clock.now())


def test_a_channel_by_which_something_was_sent_stays_and_another_goes(session):
    made, other = add(session), add(session, "别的")
    delivery = Delivery(key="k", made_at=clock.now())
    session.add(delivery)
    session.flush()
    session.add(Attempt(delivery_id=delivery.id, channel_id=made.id, at=clock.now()))
    session.commit()
    with pytest.raises(BadInput, match="已有发送记录"):
        channels.remove(session, made.id, who="张三", now=clock.now())
    before = db.stamp(session)
    channels.remove(session, other.id, who="张三", now=clock.now())
    session.commit()
    assert list(query_channels.listed(session)["name"]) == ["应急群"] and db.stamp(session) > before
    with pytest.raises(BadInput, match="不存在"):
        channels.remove(session, other.id, who="张三", now=clock.now())


# --- Trying out -----------------------------------------------------------------------------------------------------


@pytest.fixture
def http():
    with httpx.Client(timeout=20.0) as client:
        yield client


def test_a_test_message_goes_out_and_how_it_went_is_kept(session, lab, http):  # noqa: F811
    service = lab.mount(AliyunSms())
    made = add(session, "短信", "aliyun", service.sample())
    now, to = clock.now(), Recipient("张三", "13800138000")
    service.script("", "failure")
    refused = channels.test(session, made.id, to, http=http, who="张三", now=now)
    assert refused.outcome == "STOP" and (made.fault, made.ok_at) == ("STOP", None) and "余额" in made.fault_note
    service.script("", "quota")
    limited = channels.test(session, made.id, to, http=http, who="张三", now=now)
    assert limited.outcome == "QUOTA" and made.fault == "STOP", "that is this number's matter, not the channel's"
    assert channels.test(session, made.id, to, http=http, who="张三", now=now).outcome == "ok"
    session.commit()
    assert (made.fault, made.fault_note, made.ok_at) == ("", "", now)
    assert "测试" in service.taken[0].text and service.taken[0].mine.startswith("test-")
    notes = [(one.action, one.what, one.detail) for one in session.execute(select(Audit).order_by(Audit.id)).scalars()]
    assert notes[1:] == [("测试发送渠道", "短信", word) for word in ("渠道配置有误", "额度或频率受限", "已受理")]
    assert "13800138000" not in str(notes)


def test_each_test_is_another_message(session, lab, http):  # noqa: F811
    service = lab.mount(Hook())
    made = add(session, "系统", "webhook", service.sample())
    for _ in range(2):
        assert channels.test(session, made.id, Recipient(), http=http, who="", now=clock.now()).outcome == "ok"
    assert len(service.taken) == 2 and service.repeated == 0


def test_a_test_says_plainly_that_it_is_none(session, lab, http):  # noqa: F811
    service = lab.mount(WeComBot())
    made = add(session, "群", "wecom", service.sample())
    channels.test(session, made.id, Recipient(), http=http, who="", now=clock.now())
    assert service.taken[0].text.startswith("测试：发送渠道是否畅通\n【测试】") and "不是预警" in service.taken[0].text
    with pytest.raises(BadInput, match="不存在"):
        channels.test(session, 99, Recipient(), http=http, who="", now=clock.now())
