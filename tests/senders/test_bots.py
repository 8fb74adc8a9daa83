"""Bots of groups and the office's own webhook: sizes, keywords, what nobody outside can make them do."""

import json
from dataclasses import replace

import pytest

from core.faults import BadInput
from core.senders import SENDERS, Recipient
from tests.lab.services.group_bots import DingTalkBot, FeishuBot, Hook, WeComBot
from tests.senders.conftest import TO

BOTS = pytest.mark.parametrize("kind", [WeComBot, DingTalkBot, FeishuBot], ids=lambda kind: kind.kind)
MAS = {"ec_name": "a", "ap_id": "b", "secret_key": "c", "sign": "d"}
MOST = {"wecom": 2_048, "dingtalk": 20_000, "feishu": 20_480}


@BOTS
@pytest.mark.parametrize("piece", ["长", "𠮷", "\"\\\n", "a", "é", "😡"])
def test_a_long_text_is_cut_to_what_the_service_takes_and_keeps_its_link(kind, piece, lab, send, message):
    service = lab.mount(kind())
    assert send(service, said=replace(message, text=piece * 30_000)).outcome == "ok"
    (taken,) = service.taken
    body = service.calls[0].body
    size = len(taken.text.encode()) if kind is WeComBot else len(body)
    assert size <= MOST[kind.kind] and size > MOST[kind.kind] * 0.9, "no more than needed is cut off"
    assert taken.text.endswith(message.link) and "�" not in taken.text


@BOTS
def test_a_text_that_fits_is_sent_as_it_is(kind, lab, send, message):
    service = lab.mount(kind())
    assert send(service).outcome == "ok"
    assert service.taken[0].text == f"{message.text}\n{message.link}"


@BOTS
@pytest.mark.parametrize("title", ['<at user_id="all">所有人</at>停水', "<@all>停水", "@所有人 停水"])
def test_nobody_outside_can_call_everybody_in_a_group(kind, title, lab, send, message):
    service = lab.mount(kind())
    assert send(service, said=replace(message, title=title, text=title)).outcome == "ok"
    assert "<" not in service.taken[0].text
    sent = json.loads(service.calls[0].body)
    assert not sent.get("at", {}).get("isAtAll") and "mentioned_list" not in sent.get("text", {})


@BOTS
def test_everybody_is_called_where_the_office_wants_it(kind, lab, send):
    service = lab.mount(kind())
    assert send(service, all="yes").outcome == "ok"
    sent = service.calls[0].body.decode()
    assert "@all" in sent or '"isAtAll": true' in sent or 'user_id=\\"all\\"' in sent


@pytest.mark.parametrize("kind", [DingTalkBot, FeishuBot], ids=lambda kind: kind.kind)
def test_bots_that_want_a_keyword_or_no_signature(kind, lab, send, message):
    service = lab.mount(kind())
    service.secret, service.keyword = "", "澜桥舆情"
    refused = send(service, secret="")
    assert refused.outcome == "STOP" and "关键词" in refused.note
    assert send(service, secret="", keyword="澜桥舆情").outcome == "ok"
    assert service.taken[0].text.startswith("澜桥舆情\n")
    assert send(service, secret="", keyword="停水两天").outcome == "STOP", "the service's own keyword counts"
    long = replace(message, text="长" * 30_000)
    assert send(service, secret="", keyword="澜桥舆情", said=long).outcome == "ok"


def test_feishu_answers_in_two_forms(lab, send):
    service = lab.mount(FeishuBot())
    service.old = True
    assert send(service).outcome == "ok"


def test_dingtalk_keeps_the_rest_of_an_address_and_signs_anew(lab, send):
    service = lab.mount(DingTalkBot())
    address = service.sample()["address"] + "&timestamp=1&sign=old"
    assert send(service, address=address).outcome == "ok"


def test_bots_are_silenced_as_the_real_ones_are(lab, send):
    wecom, dingtalk = lab.mount(WeComBot()), lab.mount(DingTalkBot())
    for service in (wecom, dingtalk):
        assert [send(service, mine=f"m{n}").outcome for n in range(20)] == ["ok"] * 20
        assert SENDERS[service.kind].per_minute <= 20
    too_many = send(wecom), send(dingtalk)
    assert [(one.outcome, one.wait) for one in too_many] == [("RETRY", 60), ("RETRY", 600)]
    assert len(wecom.taken) == len(dingtalk.taken) == 20


@pytest.mark.parametrize(("kind", "fields", "said"), [
    ("wecom", {}, "机器人地址"),
    ("wecom", {"address": "https://oapi.dingtalk.com/robot/send?access_token=x"}, "企业微信"),
    ("dingtalk", {"address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"}, "钉钉"),
    ("feishu", {"address": "https://open.feishu.cn/"}, "飞书"),
    ("wecom", {"address": "qyapi.weixin.qq.com/send?key=x"}, "https://"),
    ("wecom", {"address": "https://a:b@qyapi.weixin.qq.com/send?key=x"}, "用户名"),
    ("wecom", {"address": "https://qyapi.weixin.qq.com/send?key=钥"}, "网址"),
    ("wecom", {"address": "https://qyapi.weixin.qq.com/send?key=x\r\nX: y"}, "控制字符"),
    ("wecom", {"address": "https://qyapi.weixin.qq.com/send?key=" + "x" * 3_000}, "过长"),
    ("wecom", {"address": "https://qyapi.weixin.qq.com:99999/send?key=x"}, "网址"),
    ("wecom", {"address": "https://qyapi.weixin.qq.com/send?key=x", "inside": "perhaps"}, "可选项"),
    ("webhook", {"address": "https://a.cn/", "secret": "short"}, "16"),
    ("webhook", {"address": "https://a.cn/", "accepted": "true"}, "受理的回答"),
    ("webhook", {"address": "https://a.cn/", "accepted": "{"}, "受理的回答"),
    ("aliyun", {"access_key_id": "a"}, "AccessKey Secret、短信签名、模板编号"),
    ("mas", MAS, "模板编号"),
    ("mas", {**MAS, "mode": "text", "wording": "{phone}"}, "phone"),
    ("mas", {**MAS, "mode": "text", "wording": "长" * 201}, "200"),
    ("mail", {"host": "smtp://a", "sender": "a@b.cn"}, "邮件服务器"),
    ("mail", {"host": "a.cn", "sender": "a@b"}, "发件邮箱"),
    ("mail", {"host": "a.cn", "sender": "a@b.cn", "port": "0"}, "端口"),
    ("mail", {"host": "a.cn", "sender": "a@b.cn", "user": "a"}, "一起填写"),
])
def test_fields_that_cannot_be_are_refused_in_words(kind, fields, said):
    with pytest.raises(BadInput, match=said):
        SENDERS[kind].check(fields)


def test_fields_at_their_official_hosts_are_right():
    SENDERS["wecom"].check({"address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a-b"})
    SENDERS["dingtalk"].check({"address": "https://oapi.dingtalk.com/robot/send?access_token=a", "secret": "SECx"})
    SENDERS["feishu"].check({"address": "https://open.feishu.cn/open-apis/bot/v2/hook/a-b"})
    SENDERS["tencent"].check(
        {"secret_id": "a", "secret_key": "b", "app_id": "1", "sign_name": "澜桥", "template_id": "1"})


# --- Webhook --------------------------------------------------------------------------------------------------------


def test_a_webhook_hears_everything_and_knows_its_caller(lab, send, message):
    service = lab.mount(Hook())
    verdict = send(service, mine="pulse-7-2")
    assert (verdict.outcome, verdict.reference) == ("ok", "hook-pulse-7-2")
    call = service.calls[0]
    body = json.loads(call.body)
    assert body["id"] == call.headers["idempotency-key"] == "pulse-7-2"
    assert body["level_name"] == "红色" and body["count"] == 12 and body["text"] == message.text
    assert body["at"] == "2026-11-27T09:30:00+08:00" and body["link"] == message.link
    assert body["to"] == {"name": TO.name, "phone": TO.phone, "mail": TO.mail}
    assert send(service, to=Recipient(), mine="other").outcome == "ok"
    assert json.loads(service.calls[1].body)["to"] == {}


@pytest.mark.parametrize(("accepted", "body", "status", "outcome"), [
    ('{"code": 0}', {"code": 0, "x": 1}, 200, "ok"), ('{"code": 0}', {"code": False}, 200, "STOP"),
    ('{"code": 0}', {"code": "0"}, 200, "STOP"), ('{"code": 0}', {"ok": True}, 200, "STOP"),
    ('{"a": {"b": [1]}}', {"a": {"b": [1]}}, 201, "ok"), ("*", None, 204, "ok"), ("*", {"ok": False}, 200, "ok"),
    ("*", None, 500, "RETRY"), ("*", None, 302, "STOP"), ("", {"ok": True}, 200, "ok"),
    ("", {"ok": True}, 400, "MESSAGE"),
])
def test_what_counts_as_taken_is_the_office_s_to_say(accepted, body, status, outcome, parrot, http, message):
    parrot.body, parrot.status = b"" if body is None else json.dumps(body).encode(), status
    verdict = SENDERS["webhook"].send(
        http, {"address": parrot.url, "accepted": accepted, "inside": "yes"}, message, TO, "m")
    assert verdict.outcome == outcome
    assert "x-pulse-signature" not in parrot.heard[0][1], "without a key there is no signature"


def test_a_webhook_says_how_long_to_wait_and_why(lab, send):
    service = lab.mount(Hook())
    busy = send(service, "busy")
    assert (busy.outcome, busy.wait) == ("RETRY", 20) and "忙" in busy.note
    assert "不接收此类信息" in send(service, "failure").note
