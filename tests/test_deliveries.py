"""What is to be said goes out by the first channel that takes it, once: against services that answer as documented."""

import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select

from core import channels, deliveries, people, receipts
from core.deliveries import Dispatcher, send_due
from core.models import Attempt, Channel, Delivery
from core.receive import Receiver
from core.senders import SENDERS, Message, Verdict, aliyun
from tests.lab import Lab
from tests.lab.senders import mail_fields
from tests.lab.services.group_bots import WeComBot
from tests.lab.services.sms import AliyunSms, MasSms, TencentSms
from tests.lab.smtp import Post

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
SAID = Message("orange", "化工厂爆炸", "江北一化工厂爆炸致3人死亡", "江北街道", 3, "舆情系统预警第1号",
               "【橙色预警】化工厂爆炸", "", NOW)


@pytest.fixture
def lab():
    with Lab() as made:
        yield made


@pytest.fixture
def town(session, lab, monkeypatch):
    """A person and two SMS services, the first before the second; they list at once what they took."""
    monkeypatch.setattr(aliyun, "SETTLED", timedelta(seconds=0.5))
    monkeypatch.setattr(type(SENDERS["aliyun"]), "asks", 1)
    for name, value in (("TIMEOUT", 3.0), ("ASKED_FIRST", timedelta()), ("ASKED_AGAIN", timedelta())):
        monkeypatch.setattr(deliveries, name, value)
    services = {kind.kind: lab.mount(kind()) for kind in (AliyunSms, TencentSms)}
    for name, service in services.items():
        channels.add(session, name=name, kind=name, fields=service.sample(), who="", now=NOW)
    people.add(session, name="值班员", phone="13812345678", mail="zhang@example.gov.cn", who="", now=NOW)
    session.commit()
    return services


def order(session, key="alert:1:0:person:1", ways=(1, 2), person=1, at=None) -> Delivery:
    at = at or datetime.now(UTC)
    made = Delivery(key=key, person_id=person, channels=list(ways), content=SAID.to_dict(), made_at=at, next_at=at)
    session.add(made)
    session.commit()
    return made


def state(session) -> list[str]:
    session.expire_all()
    return list(session.execute(select(Delivery.state).order_by(Delivery.id)).scalars())


def outcomes(session) -> list[tuple[int, str]]:
    session.expire_all()
    return [(one.channel_id, one.outcome) for one in session.execute(select(Attempt).order_by(Attempt.id)).scalars()]


def test_the_first_channel_takes_it_and_nothing_is_sent_twice(session, town):
    order(session)
    assert send_due() == 1 and send_due() == 0
    assert state(session) == ["accepted"] and outcomes(session) == [(1, "ok")]
    [taken] = town["aliyun"].taken
    assert taken.to == "13812345678" and "江北街道" in taken.text and not town["tencent"].taken
    attempt = session.execute(select(Attempt)).scalar_one()
    assert attempt.reference and attempt.ended_at >= attempt.at


@pytest.mark.parametrize("act", ["quota", "unsigned", "template", "failure", "502", "html", "empty", "reset"])
def test_what_the_first_refuses_the_second_takes(session, town, act):
    town["aliyun"].script("", *[act] * 4)
    order(session)
    send_due()
    assert state(session) == ["accepted"] and len(town["tencent"].taken) == 1 and not town["aliyun"].taken


@pytest.mark.parametrize("act", ["lost", "mute", "taken-html", "malformed"])
def test_what_was_taken_without_a_word_is_asked_after_and_not_sent_again(session, town, act):
    town["aliyun"].script("", act)
    order(session)
    send_due()
    assert len(town["aliyun"].taken) + len(town["tencent"].taken) == 1 and state(session) == ["accepted"]


def test_what_is_not_listed_yet_is_asked_after_and_goes_by_no_other_channel(session, town, monkeypatch):
    monkeypatch.setattr(deliveries, "ASKED_AGAIN", timedelta(seconds=30))
    monkeypatch.setattr(aliyun, "SETTLED", timedelta(seconds=30))
    monkeypatch.setattr(type(SENDERS["aliyun"]), "asks", 32)
    town["aliyun"].script("", "stall")
    made = order(session)
    send_due()
    session.refresh(made)
    assert made.state == "waiting" and "查询" in made.note and outcomes(session) == [(1, "UNKNOWN")]
    assert not town["tencent"].taken


def test_a_silent_service_holds_up_one_and_the_others_pass_it_by(session, town, monkeypatch):
    monkeypatch.setattr(type(SENDERS["aliyun"]), "asks", 0.1)
    town["aliyun"].script("", *["stall"] * 60)
    for n in range(4):
        order(session, f"alert:{n}:0:person:1")
    send_due()
    assert state(session) == ["accepted"] * 4 and len(town["tencent"].taken) == 4
    first = session.get(Channel, 1, populate_existing=True)
    assert first.fault in ("UNKNOWN", "RETRY") and first.rest_until > datetime.now(UTC) and first.failures >= 1
    before = len(outcomes(session))
    order(session, "alert:9:0:person:1")
    send_due()
    assert outcomes(session)[before:] == [(2, "ok")], "it rests"


def test_one_finds_out_whether_it_works_again(session, town):
    first = session.get(Channel, 1)
    first.fault, first.failures, first.rest_until = "RETRY", 3, datetime.now(UTC) - timedelta(seconds=1)
    session.add(first)
    session.commit()
    for n in range(3):
        order(session, f"alert:{n}:0:person:1")
    sender = Dispatcher()
    sender.step()
    sender.settle()
    sender.close()
    assert state(session) == ["accepted"] * 3 and len(town["aliyun"].taken) + len(town["tencent"].taken) == 3
    assert len(town["aliyun"].taken) >= 1
    assert session.get(Channel, 1, populate_existing=True).fault == ""


def test_a_wrong_number_is_no_fault_of_the_channel_and_mail_reaches_the_person(session, town):
    with Post() as post:
        channels.add(session, name="邮件", kind="mail", fields=mail_fields(post), who="", now=NOW)
        people.add(session, name="无手机", mail="li@example.gov.cn", who="", now=NOW)
        session.commit()
        order(session, ways=(1, 2, 3), person=2)
        send_due()
        assert state(session) == ["accepted"] and len(post.taken) == 1
    assert [outcome for _, outcome in outcomes(session)] == ["RECIPIENT", "RECIPIENT", "ok"]
    assert session.get(Channel, 1, populate_existing=True).fault == ""


def test_nobody_to_reach_by_any_channel_is_said_and_not_tried_for_ever(session, town):
    people.add(session, name="无手机", mail="li@example.gov.cn", who="", now=NOW)
    session.commit()
    made = order(session, person=2)
    send_due()
    session.refresh(made)
    assert made.state == "failed" and made.note
    deliveries.again(session, made.id, who="王敏", now=datetime.now(UTC))
    session.commit()
    assert state(session) == ["waiting"]


def test_all_channels_down_is_tried_later_and_given_up_after_a_day(session, town):
    for service in town.values():
        service.script("", *["failure"] * 100)
    made = order(session)
    old = order(session, "alert:2:0:person:1", at=datetime.now(UTC) - timedelta(hours=25))
    send_due()
    session.refresh(made)
    session.refresh(old)
    assert made.state == "waiting" and made.next_at > datetime.now(UTC) and made.note
    assert old.state == "failed"


def test_a_bots_limit_of_a_minute_is_kept_before_it_says_so(session, town, lab):
    service = lab.mount(WeComBot())
    bot = channels.add(session, name="群", kind="wecom", fields=service.sample(), who="", now=NOW)
    session.commit()
    for n in range(22):
        order(session, f"alert:{n}:0:channel:3", ways=(bot.id,), person=None)
    send_due()
    session.expire_all()
    assert state(session).count("accepted") == len(service.taken) <= 20
    waiting = session.execute(select(Delivery).where(Delivery.state == "waiting")).scalars().all()
    assert waiting and all(one.next_at > datetime.now(UTC) for one in waiting)


@pytest.mark.parametrize("kind", ["wecom", "mail"])
def test_who_takes_it_and_answers_too_late_is_told_once_more_and_no_further(session, town, lab, kind):
    with Post() as post:
        bot = lab.mount(WeComBot())
        service, fields = (bot, bot.sample()) if kind == "wecom" else (post, mail_fields(post))
        way = channels.add(session, name="慢", kind=kind, fields=fields, who="", now=NOW)
        session.commit()
        made = order(session, ways=(way.id,), at=NOW)
        if kind == "wecom":
            service.script("", *["lost"] * 4)
        else:
            service.acts += ["lost"] * 4
        at = NOW
        for _ in range(6):
            at += timedelta(hours=1)
            send_due(lambda: at)  # noqa: B023
        session.refresh(made)
        assert (made.state, len(service.taken)) == ("unknown", 2) and "核实" in made.note
        assert ["重发" in one.text for one in service.taken] == [False, True]
        deliveries.again(session, made.id, who="王敏", now=at)
        session.commit()
        send_due(lambda: at)
        assert len(service.taken) == 3 and service.taken[2].mine != service.taken[1].mine == service.taken[0].mine


def test_what_nobody_knows_of_goes_by_the_other_channel(session, town, lab):
    bot = lab.mount(WeComBot())
    bot.script("", *["lost"] * 4)
    way = channels.add(session, name="群", kind="wecom", fields=bot.sample(), who="", now=NOW)
    session.get(Channel, 2).rest_until = NOW + timedelta(hours=2)
    session.commit()
    order(session, ways=(way.id, 2), at=NOW)
    for hour in range(4):
        send_due(lambda: NOW + timedelta(hours=hour))  # noqa: B023
    assert state(session) == ["accepted"] and len(bot.taken) == 2 and len(town["tencent"].taken) == 1


def test_mails_that_take_long_keep_no_warning_waiting(session, town, monkeypatch):
    go, begun = threading.Event(), []

    def slowly(self, http, fields, message, to, mine):
        begun.append(mine)
        go.wait(30)
        return Verdict("ok")

    monkeypatch.setattr(type(SENDERS["mail"]), "_send", slowly)
    way = channels.add(session, name="邮件", kind="mail", who="", now=NOW, fields={
        "host": "127.0.0.1", "sender": "yqjc@district.gov.cn"})
    session.commit()
    for n in range(deliveries.WORKERS + 2):
        order(session, f"edition:{n}:person:1", ways=(way.id,))
    sender, until = Dispatcher(alone=True), time.monotonic() + 20
    sender.step()
    order(session, ways=(1,))
    while state(session)[-1] != "accepted" and time.monotonic() < until:
        sender.step()
        time.sleep(0.02)
    assert state(session)[-1] == "accepted" and 0 < len(begun) <= deliveries.SLOW
    go.set()
    while sender.step() or (set(state(session)) != {"accepted"} and time.monotonic() < until):
        sender.settle()
    sender.close()
    assert set(state(session)) == {"accepted"} and len(set(begun)) == len(begun) == deliveries.WORKERS + 2


# --- Killed in the middle -------------------------------------------------------------------------------------------


def killed(session, made: Delivery, **attempt) -> None:
    """As a process that was killed leaves it: being sent, with an attempt that has no end."""
    made.state = "sending"
    session.add_all([made, Attempt(delivery_id=made.id, channel_id=1, at=datetime.now(UTC), **attempt)])
    session.commit()
    assert deliveries.recover(session, datetime.now(UTC)) == 1
    session.commit()


def test_killed_after_the_service_took_it_it_is_not_sent_again(session, town):
    made = order(session)
    send_due()
    session.refresh(made)
    session.delete(session.execute(select(Attempt)).scalar_one())
    killed(session, made)
    send_due()
    assert state(session) == ["accepted"] and len(town["aliyun"].taken) == 1 and not town["tencent"].taken


def test_killed_before_the_service_heard_of_it_it_is_sent(session, town, monkeypatch):
    monkeypatch.setattr(type(SENDERS["aliyun"]), "asks", 0)
    killed(session, order(session))
    send_due()
    assert state(session) == ["accepted"] and len(town["aliyun"].taken) + len(town["tencent"].taken) == 1


def test_killed_between_the_services_word_and_our_note_it_is_done(session, town):
    killed(session, order(session), outcome="ok", ended_at=datetime.now(UTC))
    send_due()
    assert state(session) == ["accepted"] and not town["aliyun"].taken


def test_a_group_that_cannot_be_asked_is_told_again_and_told_so(session, town, lab):
    service = lab.mount(WeComBot())
    bot = channels.add(session, name="群", kind="wecom", fields=service.sample(), who="", now=NOW)
    session.commit()
    made = order(session, ways=(bot.id,), person=None)
    made.state = "sending"
    session.add_all([made, Attempt(delivery_id=made.id, channel_id=bot.id, at=datetime.now(UTC))])
    session.commit()
    deliveries.recover(session, datetime.now(UTC))
    session.commit()
    send_due()
    assert state(session) == ["accepted"] and "重发" in service.taken[0].text


def test_a_fault_of_ours_after_the_service_took_it_sends_nothing_twice(session, town, monkeypatch):
    order(session)
    with monkeypatch.context() as locked:
        for name in ("_keep", "_waiting"):
            locked.setattr(deliveries, name, lambda *_, **__: 1 / 0)
        send_due()
    assert state(session) == ["sending"] and outcomes(session) == [(1, "")]
    send_due()
    assert state(session) == ["sending"], "whoever is not alone can't know that nobody is at it"
    sender = Dispatcher(alone=True)
    assert sender.step() == 1 and sender.step() == 0
    sender.settle()
    sender.close()
    assert state(session) == ["accepted"] and len(town["aliyun"].taken) == 1 and not town["tencent"].taken


def test_an_attempt_without_an_end_is_asked_after(session, town, monkeypatch):
    order(session)
    with monkeypatch.context() as locked:
        locked.setattr(deliveries, "_keep", lambda *_, **__: 1 / 0)
        send_due()
    assert state(session) == ["waiting"]
    send_due(lambda: datetime.now(UTC) + deliveries.LONGEST)
    assert state(session) == ["accepted"] and len(town["aliyun"].taken) == 1


def test_two_who_send_at_once_send_once(session, town):
    order(session)
    threads = [threading.Thread(target=send_due) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(town["aliyun"].taken) + len(town["tencent"].taken) == 1


# --- Receipts -------------------------------------------------------------------------------------------------------


def test_a_receipt_that_says_not_delivered_sends_it_by_the_next_channel(session, town):
    made = order(session)
    send_due()
    attempt = session.execute(select(Attempt)).scalar_one()
    deliveries.keep_receipt(attempt.id, False, "空号", datetime.now(UTC))
    session.refresh(made)
    assert (made.state, made.channels, made.note) == ("waiting", [2], "未送达：空号")
    send_due()
    assert state(session) == ["accepted"] and len(town["tencent"].taken) == 1
    deliveries.keep_receipt(attempt.id, True, "", datetime.now(UTC))
    assert state(session) == ["accepted"], "a receipt counts once"


def test_receipts_are_fetched_and_tell_what_was_delivered(session, town):
    order(session)
    send_due()
    deliveries.fetch_receipts(datetime.now(UTC))
    assert state(session) == ["delivered"]


def test_a_receipt_between_the_services_word_and_our_note_is_not_lost(session, town, monkeypatch):
    keep = deliveries._keep

    def and_reported(attempt_id, *given, **more):
        keep(attempt_id, *given, **more)
        deliveries.keep_receipt(attempt_id, False, "关机", datetime.now(UTC))
        monkeypatch.undo()

    monkeypatch.setattr(deliveries, "_keep", and_reported)
    order(session)
    send_due()
    assert state(session) == ["accepted"] and outcomes(session) == [(1, "ok"), (2, "ok")]


def test_what_is_sent_anew_is_another_message(session, town):
    service, now = town["aliyun"], datetime.now(UTC)
    made = order(session, ways=(1,))
    send_due()
    service.undelivered.add(service.taken[0].mine)
    deliveries.fetch_receipts(now)
    assert state(session) == ["failed"]
    deliveries.again(session, made.id, who="王敏", now=now)
    session.commit()
    # Its request is lost on the way: what the service knows of the first one says nothing of it.
    session.add(Attempt(delivery_id=made.id, channel_id=1, at=now - timedelta(minutes=1), resent=1))
    session.commit()
    send_due()
    assert state(session) == ["accepted"] and len(service.taken) == 2
    way = session.get(Channel, 1, populate_existing=True)
    assert (way.fault, way.failures) == ("", 0), "that it had nothing was no fault of the channel"
    first = session.execute(select(Attempt.id).order_by(Attempt.id)).scalars().first()
    deliveries.keep_receipt(first, True, "", now)
    deliveries.fetch_receipts(now)
    assert state(session) == ["delivered"]


def test_asked_for_at_once_what_waits_stays_the_same_message(session, town):
    town["aliyun"].script("", "lost", "html")
    made = order(session)
    sender = Dispatcher()
    sender.step()
    sender.settle()
    sender.close()
    assert state(session) == ["waiting"] and len(town["aliyun"].taken) == 1
    deliveries.again(session, made.id, who="王敏", now=datetime.now(UTC))
    session.commit()
    send_due()
    assert state(session) == ["accepted"] and len(town["aliyun"].taken) == 1 and not town["tencent"].taken


def test_a_channel_that_cannot_be_opened_keeps_no_receipts_of_others(session, town):
    order(session, ways=(2,))
    order(session, "alert:2:0:person:1", ways=(1,))
    send_due()
    session.get(Channel, 2).sealed = b"x"
    session.commit()
    assert deliveries.fetch_receipts(datetime.now(UTC)) == 1
    assert state(session) == ["accepted", "delivered"]


# --- Receipts that a service sends of itself ------------------------------------------------------------------------


@pytest.fixture
def mas(session, lab):
    """云MAS before Tencent, with a delivery that it took, and the endpoint that it reports to."""
    services = {kind.kind: lab.mount(kind()) for kind in (MasSms, TencentSms)}
    for name, service in services.items():
        channels.add(session, name=name, kind=name, fields=service.sample(), who="", now=NOW)
    people.add(session, name="值班员", phone="13812345678", who="", now=NOW)
    session.commit()
    order(session)
    send_due()
    receiver = Receiver(lambda *_: None, "127.0.0.1", 0)
    receiver.start()
    yield services, f"http://127.0.0.1:{receiver.port}"
    receiver.stop()


def reported(services, status: str, **more) -> list[dict]:
    taken = services["mas"].taken[0]
    return [{"reportStatus": status, "mobile": taken.to, "submitDate": "20260302120000",
             "receiveDate": "20260302120003", "errorCode": "", "msgGroup": taken.reference} | more]


def test_a_report_of_arrival_is_kept_once(session, mas):
    services, base = mas
    said = httpx.post(base + receipts.path_of(1), json=reported(services, "CM:0000"))
    assert (said.status_code, said.json()["message"]) == (200, "已收到 1 条状态报告")
    assert state(session) == ["delivered"]
    httpx.post(base + receipts.path_of(1), json=reported(services, "CM:0101", errorCode="MI:0013"))
    assert state(session) == ["delivered"]


def test_what_did_not_arrive_goes_out_by_the_next_channel(session, mas):
    services, base = mas
    httpx.post(base + receipts.path_of(1), json=reported(services, "CM:0101", errorCode="MI:0013"))
    assert state(session) == ["waiting"]
    assert "MI:0013" in session.execute(select(Attempt.receipt_note)).scalar_one()
    send_due()
    assert state(session) == ["accepted"] and len(services["tencent"].taken) == 1


@pytest.mark.parametrize(("path", "body", "status"), [
    ("/receipts/1/0123456789abcdef0123456789abcdef", b"[]", 404), ("/receipts/9/x", b"[]", 404),
    ("/receipts/1/%C3%A9", b"[]", 404),
    (None, b"not json", 400), (None, b'[{"mobile": "13812345678"}]', 400), (None, b"[1]", 400),
    (None, b'[{"msgGroup": "other", "reportStatus": "CM:0000"}]', 200),
])
def test_a_report_of_nobody_or_of_nothing_changes_nothing(session, mas, path, body, status):
    _, base = mas
    assert httpx.post(base + (path or receipts.path_of(1)), content=body).status_code == status
    assert state(session) == ["accepted"]


def test_a_service_that_is_asked_reports_nothing(session, mas):
    _, base = mas
    assert httpx.post(base + receipts.path_of(2), json=[]).status_code == 400
