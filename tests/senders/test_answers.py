"""What each kind of channel makes of what its service answers, and of answers that are none."""

import base64
import json
from dataclasses import replace

import pytest

from core import clock
from core.labels import OUTCOMES
from core.senders import SENDERS, Asked, Recipient
from core.senders.aliyun import CODES as ALIYUN
from core.senders.tencent import CODES as TENCENT
from tests.lab.senders import SERVICES
from tests.lab.services.group_bots import DingTalkBot, FeishuBot, Hook, WeComBot
from tests.lab.services.sms import AliyunSms, MasSms, TencentSms
from tests.senders.conftest import TO

REFUSALS = {
    AliyunSms: {"quota": "QUOTA", "unsigned": "STOP", "template": "STOP", "failure": "STOP"},
    TencentSms: {"quota": "QUOTA", "unsigned": "STOP", "template": "STOP", "failure": "STOP"},
    MasSms: {"quota": "MESSAGE", "unsigned": "STOP", "template": "MESSAGE", "failure": "STOP"},
    WeComBot: {"quota": "RETRY", "unsigned": "STOP", "template": "MESSAGE", "failure": "RETRY"},
    DingTalkBot: {"quota": "RETRY", "unsigned": "STOP", "template": "MESSAGE", "failure": "RETRY"},
    FeishuBot: {"quota": "RETRY", "unsigned": "STOP", "template": "MESSAGE", "failure": "RETRY"},
    Hook: {"quota": "QUOTA", "unsigned": "STOP", "template": "MESSAGE", "failure": "STOP", "busy": "RETRY"},
}
KINDS = pytest.mark.parametrize("kind", SERVICES, ids=lambda kind: kind.kind)


@KINDS
def test_what_is_taken_is_ok_and_is_taken_once(kind, lab, send):
    service = lab.mount(kind())
    verdict = send(service)
    assert (verdict.outcome, verdict.note) == ("ok", "")
    (taken,) = service.taken
    assert taken.mine == "pulse-1-1"
    assert verdict.reference == ("hook-pulse-1-1" if kind is Hook else taken.reference)
    assert SENDERS[kind.kind].check(service.sample()) is None


@pytest.mark.parametrize(("kind", "act", "outcome"), [
    (kind, act, outcome) for kind, acts in REFUSALS.items() for act, outcome in acts.items()
], ids=lambda value: value if isinstance(value, str) else value.kind)
def test_a_refusal_is_told_by_its_body(kind, act, outcome, lab, send):
    service = lab.mount(kind())
    verdict = send(service, act)
    assert verdict.outcome == outcome and verdict.code and not service.taken
    assert not verdict.note.partition("（")[0].isascii(), "it says in Chinese what to do"
    if outcome == "QUOTA":
        assert verdict.wait


@KINDS
@pytest.mark.parametrize("act", ["lost", "mute", "taken-html", "malformed", "reset", "stall", "html", "empty", "cut"])
def test_without_an_answer_that_can_be_read_nobody_knows(kind, act, lab, send):
    service = lab.mount(kind())
    verdict = send(service, act)
    assert verdict.outcome == "UNKNOWN" and "不知是否受理" in verdict.note
    if act == "mute":  # it may take the message after nobody waits any more
        assert service.took.wait(30)
    service.patience.set()
    assert bool(service.taken) == (act in ("lost", "mute", "taken-html", "malformed")), "the laboratory keeps its word"


@KINDS
@pytest.mark.parametrize(("act", "outcome"), [
    ("502", "UNKNOWN"), ("500", "UNKNOWN"), ("504", "UNKNOWN"), ("503 40", "RETRY"), ("429 120", "QUOTA"),
    ("404", "STOP"), ("403", "STOP"), ("401", "STOP"), ("400", "STOP"),
])
def test_a_status_counts_only_where_it_proves_that_nothing_was_taken(kind, act, outcome, lab, send):
    verdict = send(lab.mount(kind()), act)
    if kind is Hook:  # sending again does no harm there
        outcome = {"502": "RETRY", "500": "RETRY", "504": "RETRY", "400": "MESSAGE"}.get(act, outcome)
    assert verdict.outcome == outcome
    assert verdict.wait == {"503 40": 40, "429 120": 120}.get(act)


ODD = [
    b"", b"null", b"[]", b"0", b'"ok"', b"{}", b"{", b"\xff\xfe\x00", b"<html></html>", b"OK", b"[" * 5_000,
    b'{"Code": null}', b'{"Code": 0}', b'{"Code": ["OK"]}', b'{"Code": {"OK": 1}}', b'{"Code": ""}', b'{"Code": true}',
    b'{"Response": []}', b'{"Response": {}}', b'{"Response": {"Error": "x"}}', b'{"Response": {"Error": {"Code": 1}}}',
    b'{"Response": {"SendStatusSet": []}}', b'{"Response": {"SendStatusSet": [null]}}',
    b'{"Response": {"SendStatusSet": [{"Code": 0}]}}', b'{"Response": {"SendStatusSet": {"Code": "Ok"}}}',
    b'{"errcode": "0"}', b'{"errcode": null}', b'{"errcode": false}', b'{"errcode": 0.0}', b'{"errcode": [0]}',
    b'{"code": "0"}', b'{"code": false}', b'{"StatusCode": "0"}', b'{"code": null, "StatusCode": 0}',
    b'{"success": true}', b'{"rspcod": true, "success": true}', b'{"rspcod": "", "success": true}',
    b'{"rspcod": "success", "success": false}', b'{"rspcod": "success"}', b'{"rspcod": "success", "success": 1}',
    b'{"ok": 1}', b'{"ok": "true"}', b'{"ok": null}', b'{"ok": false, "retry": "yes", "wait": "60", "message": 5}',
    b'{"ok": [true]}', b'{"errcode": 0' + b" " * 600_000 + b"}", b'{"Code": "OK"' + b" " * 600_000 + b"}",
]


@KINDS
def test_no_odd_answer_is_taken_for_a_success_or_raises(kind, lab, http, message, parrot):
    fields = lab.mount(kind()).sample()
    place = "address" if "address" in fields else "endpoint"
    for body in ODD:
        parrot.body = body
        verdict = SENDERS[kind.kind].send(http, fields | {place: parrot.url}, message, TO, "pulse-1-1")
        assert verdict.outcome in OUTCOMES and verdict.outcome != "ok", (body[:60], verdict)
        assert SENDERS[kind.kind].receipts(http, fields | {place: parrot.url}, [
            Asked("pulse-1-1", "", TO.phone, clock.now())]) == []


@pytest.mark.parametrize("code", sorted(code for code in ALIYUN if code.startswith("is")))
def test_every_code_of_aliyun_that_is_known(code, lab, send):
    verdict = send(lab.mount(AliyunSms()), code)
    assert (verdict.outcome, verdict.scope) == (ALIYUN[code].outcome, ALIYUN[code].scope) and code in verdict.note
    if "DAY" in code:
        assert 0 < verdict.wait <= 86_400
    if "MONTH" in code:
        assert 0 < verdict.wait <= 31 * 86_400


@pytest.mark.parametrize("code", [*sorted(TENCENT), "InternalError.SendAndRecvFail", "LimitExceeded.New",
                                  "UnsupportedOperation.", "UnauthorizedOperation.RequestIpNotInWhitelist"])
def test_every_code_of_tencent_whether_of_the_number_or_of_the_call(code, lab, send):
    service = lab.mount(TencentSms())
    verdict = send(service, f"error {code}")
    assert verdict.outcome not in ("ok", "UNKNOWN")
    if "." in code:
        of_number = send(service, code)
        assert of_number.outcome == verdict.outcome and of_number.code == code
    if code in TENCENT:
        assert verdict.outcome == TENCENT[code].outcome


@pytest.mark.parametrize(("said", "wait"), [("触发分钟级流控Permits:1", 60), ("触发小时级流控Permits:5", 3600),
                                            ("触发天级流控Permits:10", 86_400), ("触发号码天级流控", 86_400)])
def test_a_limited_number_waits_as_long_as_its_limit_and_holds_up_nobody_else(said, wait, lab, send):
    class Limited(AliyunSms):
        def reply(self, request):
            return self.refuse("isv.BUSINESS_LIMIT_CONTROL", said, 200)

    verdict = send(lab.mount(Limited()))
    assert (verdict.outcome, verdict.wait, verdict.scope) == ("QUOTA", wait, "recipient")


def test_a_nonce_that_was_used_is_drawn_anew_once(lab, send):
    service = lab.mount(AliyunSms())
    service.script("", "nonce")
    assert send(service).outcome == "ok" and len(service.taken) == 1
    nonces = [call.headers["x-acs-signature-nonce"] for call in service.calls]
    assert len(set(nonces)) == 2
    service.script("", "nonce", "nonce")
    assert send(service).outcome == "RETRY" and len(service.calls) == 4


@KINDS
def test_wrong_secrets_are_found_out_by_the_signature(kind, lab, send):
    if kind is WeComBot:
        wrong = {"address": lab.mount(kind()).sample()["address"] + "x"}
    else:
        name = next(field.name for field in SENDERS[kind.kind].fields if field.secret and field.name != "address")
        wrong = {name: "wrong-secret-wrong-secret"}
    service = lab.mount(kind())
    verdict = send(service, **wrong)
    assert verdict.outcome == "STOP" and not service.taken


@pytest.mark.parametrize("kind", [AliyunSms, TencentSms, MasSms], ids=lambda kind: kind.kind)
def test_nobody_without_a_number_is_sent_a_short_message(kind, lab, send):
    service = lab.mount(kind())
    verdict = send(service, to=Recipient("李四", "", "a@b.cn"))
    assert (verdict.outcome, verdict.scope) == ("RECIPIENT", "recipient") and "手机号" in verdict.note
    assert not service.calls


@pytest.mark.parametrize("kind", [AliyunSms, TencentSms, MasSms], ids=lambda kind: kind.kind)
def test_short_messages_hold_neither_link_nor_what_services_refuse(kind, lab, send, message):
    service = lab.mount(kind())
    nasty = replace(message, title="【假】" * 30, gist="看 https://evil.cn/x \u202e【银行】😡" + "长" * 90,
                    place="<b>街道\n", where="www.a.cn", text="x" * 5_000)
    assert send(service, said=nasty).outcome == "ok"
    (taken,) = service.taken
    told = taken.text.removeprefix("【澜桥发布】")
    assert not any(part in told for part in ("http", "www", "evil", "【", "\u202e", "😡", "<", "\n", message.link))
    assert len(taken.text) <= 140


def test_mas_sends_free_text_too_and_its_switches_do_what_they_say(lab, send, message):
    service = lab.mount(MasSms())
    assert send(service, mode="text").outcome == "ok"
    assert service.taken[0].text.startswith("舆情预警：红色等级，地点澜桥街道，停水已两天")
    assert service.calls[0].path == "/sms/norsubmit"
    assert send(service, "misspelt").reference == service.taken[1].reference != ""
    bodies = [json.loads(base64.b64decode(call.body)) for call in service.calls]
    assert all(body["secretKey"] == "lab-password" for body in bodies)
    assert send(service, send_key="no").outcome == "ok"
    assert "secretKey" not in json.loads(base64.b64decode(service.calls[-1].body))


def test_what_is_set_up_wrongly_is_told_and_not_raised(lab, send):
    service = lab.mount(AliyunSms())
    verdict = send(service, variables="level:6,weather:3")
    assert verdict.outcome == "STOP" and "weather" in verdict.note and not service.calls
    verdict = send(service, access_key_id="钥匙")
    assert verdict.outcome == "STOP" and not service.taken
    assert send(service, endpoint="nonsense").outcome == "STOP"
    assert send(service, endpoint="ftp://x.cn").outcome == "STOP"
