"""What services know afterwards of messages: those whose answer was lost, and receipts."""

from datetime import timedelta

import pytest

from core import clock
from core.senders import SENDERS, Asked, Recipient
from tests.lab.services.group_bots import DingTalkBot, FeishuBot, Hook, WeComBot
from tests.lab.services.sms import AliyunSms, MasSms, TencentSms
from tests.lab.services.taking import Taken
from tests.senders.conftest import TO

ALIYUN, TENCENT = SENDERS["aliyun"], SENDERS["tencent"]


def test_aliyun_tells_a_message_whose_answer_was_lost_from_one_that_never_came(lab, http, send):
    service = lab.mount(AliyunSms())
    fields, now = service.sample(), clock.now()
    assert send(service, "lost", mine="pulse-1-1").outcome == "UNKNOWN"
    assert ALIYUN.find(http, fields, TO, "pulse-1-1", now).outcome == "ok"
    assert send(service, "reset", mine="pulse-2-1").outcome == "UNKNOWN"
    assert ALIYUN.find(http, fields, TO, "pulse-2-1", now) is None, "it may be listed in a moment"
    assert ALIYUN.find(http, fields, TO, "pulse-2-1", now - timedelta(minutes=1)).outcome == "RETRY"
    assert len(service.taken) == 1


def test_aliyun_lists_a_message_late(lab, http, send):
    service = lab.mount(AliyunSms())
    service.hidden, now = True, clock.now()
    send(service, "lost")
    assert ALIYUN.find(http, service.sample(), TO, "pulse-1-1", now) is None
    service.hidden = False
    assert ALIYUN.find(http, service.sample(), TO, "pulse-1-1", now).outcome == "ok"


def test_aliyun_is_asked_page_by_page_and_on_both_days_around_midnight(lab, http):
    midnight = clock.instant(clock.day_of(clock.now()) - timedelta(days=2))
    service = lab.mount(AliyunSms())
    service.taken = [Taken("aliyun", f"pulse-{n}-1", TO.phone, "x", "", midnight + timedelta(seconds=n))
                     for n in range(120)]
    fields, before = service.sample(), midnight - timedelta(seconds=20)
    assert ALIYUN.find(http, fields, TO, "pulse-0-1", before).outcome == "ok", "the oldest, on the third page"
    assert len(service.calls) == 4, "nothing on the day before, three pages of the day itself"
    assert ALIYUN.find(http, fields, TO, "pulse-500-1", before).outcome == "RETRY"
    noon = midnight - timedelta(hours=12)
    assert ALIYUN.find(http, fields, TO, "pulse-0-1", noon).outcome == "RETRY", "that day only"


@pytest.mark.parametrize("act", ["quota", "html", "502", "reset", "stall", "malformed", "unsigned",
                                 "isp.RAM_PERMISSION_DENY"])
@pytest.mark.parametrize("kind", [AliyunSms, TencentSms], ids=lambda kind: kind.kind)
def test_a_question_that_fails_proves_nothing(kind, act, lab, http, hasty):
    service = lab.mount(kind())
    service.script("", act, act)
    old = clock.now() - timedelta(hours=1)
    client = hasty if act == "stall" else http
    assert SENDERS[service.kind].find(client, service.sample(), TO, "pulse-1-1", old) is None


def test_tencent_knows_a_message_once_the_carrier_has_reported_it(lab, http, send):
    service = lab.mount(TencentSms())
    now = clock.now()
    send(service, "lost")
    service.waiting.add("pulse-1-1")
    assert TENCENT.find(http, service.sample(), TO, "pulse-1-1", now) is None
    assert TENCENT.find(http, service.sample(), TO, "pulse-1-1", now - timedelta(days=1)) is None, "no report proves it"
    service.waiting.clear()
    found = TENCENT.find(http, service.sample(), TO, "pulse-1-1", now)
    assert (found.outcome, found.reference) == ("ok", service.taken[0].reference)


def test_tencent_finds_a_message_among_more_than_it_lists_at_once(lab, http):
    service = lab.mount(TencentSms())
    now = clock.now() - timedelta(minutes=10)
    service.taken = [Taken("tencent", f"pulse-{n}-1", TO.phone, "x", f"2433:{n}", now + timedelta(seconds=n / 2))
                     for n in range(600)]
    for n in (0, 150, 599):
        found = TENCENT.find(http, service.sample(), TO, f"pulse-{n}-1", service.taken[n].at)
        assert found.outcome == "ok" and found.reference == f"2433:{n}"
    asked = [Asked(f"pulse-{n}-1", "", TO.phone, service.taken[n].at) for n in (3, 420, 598)]
    assert {one.mine for one in TENCENT.receipts(http, service.sample(), asked)} == {one.mine for one in asked}


def test_who_can_be_asked_what(lab, http):
    at = clock.now() - timedelta(hours=1)
    for kind in (MasSms, WeComBot, DingTalkBot, FeishuBot):
        service = lab.mount(kind())
        assert SENDERS[service.kind].find(http, service.sample(), TO, "pulse-1-1", at) is None
        assert not service.calls
    assert SENDERS["webhook"].find(http, {}, TO, "pulse-1-1", at).outcome == "RETRY"
    assert SENDERS["mail"].find(http, {}, TO, "pulse-1-1", at) is None, "not every mailbox knows a mail again"
    assert ALIYUN.find(http, lab.mount(AliyunSms()).sample(), Recipient(), "pulse-1-1", at) is None


def test_a_webhook_knows_what_it_has_taken_before(lab, send):
    service = lab.mount(Hook())
    assert send(service, "lost").outcome == "UNKNOWN"
    assert send(service).outcome == "ok"
    assert (len(service.taken), service.repeated) == (1, 1)


@pytest.mark.parametrize("kind", [AliyunSms, TencentSms], ids=lambda kind: kind.kind)
def test_receipts_say_what_arrived_and_nothing_of_what_is_under_way(kind, lab, http, send):
    service = lab.mount(kind())
    sender, other = SENDERS[service.kind], Recipient("李四", "13900139000")
    verdicts = {mine: send(service, mine=mine, to=to) for mine, to in
                (("pulse-1-1", TO), ("pulse-2-1", TO), ("pulse-3-1", other))}
    service.waiting.add("pulse-2-1")
    service.undelivered.add("pulse-3-1")
    asked = [Asked(mine, verdict.reference, other.phone if mine == "pulse-3-1" else TO.phone, clock.now())
             for mine, verdict in verdicts.items()]
    got = {receipt.mine: receipt for receipt in sender.receipts(http, service.sample(), asked)}
    assert {mine: receipt.delivered for mine, receipt in got.items()} == {"pulse-1-1": True, "pulse-3-1": False}
    assert got["pulse-1-1"].at and abs(got["pulse-1-1"].at - clock.now()) < timedelta(minutes=1)
    assert "没有送达" in got["pulse-3-1"].note and got["pulse-1-1"].note == ""
    assert got["pulse-1-1"].reference == verdicts["pulse-1-1"].reference
    calls = [call for call in service.calls if "Query" in call.path or "Pull" in call.path]
    assert len({str(call.query) + str(call.body) for call in calls}) <= 4, "each number is asked of once a day"


@pytest.mark.parametrize("kind", [AliyunSms, TencentSms], ids=lambda kind: kind.kind)
@pytest.mark.parametrize("act", ["html", "reset", "malformed", "failure"])
def test_receipts_that_cannot_be_had_are_none(kind, act, lab, http, send):
    service = lab.mount(kind())
    send(service)
    service.jams["Query"] = service.jams["Pull"] = act if act != "failure" or kind is AliyunSms else "unsigned"
    asked = [Asked("pulse-1-1", "", TO.phone, clock.now())]
    assert SENDERS[service.kind].receipts(http, service.sample(), asked) == []


@pytest.mark.parametrize("kind", [AliyunSms, TencentSms], ids=lambda kind: kind.kind)
def test_a_service_that_is_down_is_not_asked_of_everybody(kind, lab, http):
    service = lab.mount(kind())
    service.jams[""] = "502"
    asked = [Asked(f"pulse-{n}-1", "", f"138001380{n:02d}", clock.now()) for n in range(20)]
    assert SENDERS[service.kind].receipts(http, service.sample(), [*asked, Asked("x", "", "", clock.now())]) == []
    assert len(service.calls) == 3


def test_people_are_printed_without_their_numbers():
    told = repr((TO, Asked("pulse-1-1", "", TO.phone, clock.now())))
    assert TO.name in told and TO.phone not in told and TO.mail not in told


def test_channels_without_receipts_give_none(lab, http):
    for name in ("mas", "wecom", "dingtalk", "feishu", "mail", "webhook"):
        assert SENDERS[name].receipts(http, {}, [Asked("a", "", TO.phone, clock.now())]) == []
