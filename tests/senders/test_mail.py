"""Mail to a real server: encryption, login, headers that hold nothing but what they should, and lost answers."""

import ssl
import subprocess
from dataclasses import replace

import pytest

from core.senders import SENDERS, Attachment, Recipient, mail
from tests.lab.senders import mail_fields
from tests.lab.smtp import BLOCKED, PASSWORD, USER, Post
from tests.processes import free_port
from tests.senders.conftest import TO

MAIL = SENDERS["mail"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True)
    return folder


@pytest.fixture
def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return made


@pytest.fixture
def post():
    with Post() as running:
        yield running


def test_a_mail_arrives_with_text_and_html_that_say_the_same(post, http, message):
    said = replace(message, text=message.text + '\n<script>alert("x")</script> & more\n.a line with a dot')
    verdict = MAIL.send(http, mail_fields(post), said, TO, "pulse-1-1")
    assert (verdict.outcome, verdict.reference) == ("ok", "2.0.0 Ok: queued as LAB1")
    (mail,) = post.mails
    assert mail["Subject"] == "【红色预警】某小区停水两天"
    assert mail["To"] == "张三 <zhangsan@district.gov.cn>" and mail["From"] == "舆情预警 <yqjc@district.gov.cn>"
    assert mail["Message-ID"] == "<pulse-1-1@district.gov.cn>" and mail["Date"] and mail["Auto-Submitted"]
    text = mail.get_body(("plain",)).get_content()
    assert text.replace("\r\n", "\n").strip() == f"{said.text}\n{said.link}"
    html = mail.get_body(("html",)).get_content()
    assert "&lt;script&gt;" in html and "<script" not in html
    assert 'href="http://10.1.2.3:8501/alerts?alert=1032&amp;key=abc"' in html
    assert all(len(line) <= 998 and line.isascii() for line in post.raw[0].decode("ascii").splitlines())


@pytest.mark.parametrize("title", [
    "停水\r\nBcc: all@example.com", "停水\nSubject: 假", "停水\x00\x0b\u2028Bcc: a@b.cn", "=?utf-8?b?QmNjOiBh?=",
    "长" * 500, "\ud800停水",
])
def test_no_title_or_name_becomes_a_header(title, post, http, message):
    said = replace(message, title=title, text=f"{title}\n正文", link='javascript:alert("x")\r\nX: y')
    to = Recipient('张"三" <evil@example.com>,\r\nBcc: b@example.com', "", TO.mail)
    assert MAIL.send(http, mail_fields(post) | {"sender_name": 'a" <b@c.cn>'}, said, to, "p\r\nX: 1>").outcome == "ok"
    (mail,) = post.mails
    assert {name.lower() for name in mail} == {
        "subject", "from", "to", "date", "message-id", "auto-submitted", "mime-version", "content-type"}
    assert len(mail["To"].addresses) == 1 and mail["To"].addresses[0].addr_spec == TO.mail
    assert mail["From"].addresses[0].addr_spec == "yqjc@district.gov.cn"
    assert len(mail["Subject"]) <= 120 and "\n" not in mail["Subject"]
    assert "javascript" not in mail.get_body(("html",)).get_content().partition("href")[2]
    assert [one.to for one in post.taken] == [TO.mail]


def test_mail_goes_out_with_tls_from_the_start_and_login(certificate, context, http, message, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with Post(tls=context, login=True) as post:
        fields = mail_fields(post) | {"host": "localhost", "security": "ssl", "user": USER, "password": PASSWORD}
        assert MAIL.send(http, fields, message, TO, "m").outcome == "ok"
        wrong = MAIL.send(http, fields | {"password": "wrong-password"}, message, TO, "m")
        assert wrong.outcome == "STOP" and "授权码" in wrong.note and "wrong-password" not in wrong.note
        other = MAIL.send(http, fields | {"host": "127.0.0.1"}, message, TO, "m")
        assert other.outcome == "STOP" and "证书" in other.note
        assert len(post.taken) == 1


def test_mail_goes_out_with_starttls(certificate, context, http, message, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with Post(starttls=context, login=True) as post:
        fields = mail_fields(post) | {"host": "localhost", "security": "starttls", "user": USER, "password": PASSWORD}
        assert MAIL.send(http, fields, message, TO, "m").outcome == "ok"
        plain = MAIL.send(http, fields | {"security": "plain"}, message, TO, "m")
        assert plain.outcome == "STOP" and len(post.taken) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(context, http, message):
    with Post(tls=context) as post:
        verdict = MAIL.send(http, mail_fields(post) | {"host": "localhost", "security": "ssl"}, message, TO, "m")
    assert verdict.outcome == "STOP" and "证书" in verdict.note


def test_the_wrong_kind_of_encryption_is_told(post, http, message):
    asked = MAIL.send(http, mail_fields(post) | {"security": "starttls"}, message, TO, "m")
    assert asked.outcome == "STOP" and "加密方式" in asked.note
    asked = MAIL.send(http, mail_fields(post) | {"security": "ssl"}, message, TO, "m")
    assert asked.outcome == "STOP" and "加密方式" in asked.note
    asked = MAIL.send(http, mail_fields(post) | {"user": USER, "password": PASSWORD}, message, TO, "m")
    assert asked.outcome == "STOP"


@pytest.mark.parametrize(("act", "outcome", "scope"), [
    ("mail 550", "STOP", "channel"), ("rcpt 550 5.1.1 User unknown", "RECIPIENT", "recipient"),
    ("rcpt 551 not here", "RECIPIENT", "recipient"), ("rcpt 550 5.7.1 Relaying denied", "STOP", "channel"),
    ("rcpt 554 5.7.1 Relay access denied", "STOP", "channel"), ("rcpt 450 4.2.0 Greylisted", "RETRY", "recipient"),
    ("rcpt 452 4.2.2 Mailbox full", "RETRY", "recipient"), ("data 451 4.3.0 Try again", "RETRY", "channel"),
    ("data 554 5.7.1 Spam", "MESSAGE", "channel"), ("data 552 too large", "MESSAGE", "channel"),
    ("data 550 no", "STOP", "channel"),
])
def test_a_refusal_is_told_by_its_step_and_code(act, outcome, scope, post, http, message):
    post.acts.append(act)
    verdict = MAIL.send(http, mail_fields(post), message, TO, "m")
    assert (verdict.outcome, verdict.scope) == (outcome, scope) and not post.taken
    assert verdict.code == act.split()[1] and (outcome != "RETRY" or verdict.wait)


@pytest.mark.parametrize("act", ["lost", "mute"])
def test_nobody_knows_of_a_mail_that_was_handed_over_and_not_answered_for(act, post, http, message, monkeypatch):
    post.acts.append(act)
    if act == "mute":
        monkeypatch.setattr(mail, "TAKE", 1.0)
    assert MAIL.send(http, mail_fields(post), message, TO, "m").outcome == "UNKNOWN"
    assert len(post.taken) == 1
    assert MAIL.send(http, mail_fields(post), message, TO, "m").outcome == "ok"
    assert {one.mine for one in post.taken} == {"<m@district.gov.cn>"}, "the same mail for whoever gets both"


def test_a_large_mail_has_more_time_than_a_call_and_is_cut_where_it_does_not_get_on(
        post, hasty, message, monkeypatch):
    data = bytes(range(256)) * 12_000
    said = replace(message, attachments=(Attachment("月报.pdf", "", data),))
    post.acts.append("late")
    assert MAIL.send(hasty, mail_fields(post), said, TO, "m").outcome == "ok", "0.4 s are for what is quick"
    assert post.mails[0].get_payload()[-1].get_payload(decode=True) == data
    for name, value in (("SAY", 0.1), ("TAKE", 0.2), ("SLOWEST", 10_000_000)):
        monkeypatch.setattr(mail, name, value)
    post.acts.append("late")
    assert MAIL.send(hasty, mail_fields(post), said, TO, "m").outcome in ("RETRY", "UNKNOWN")


def test_a_server_that_is_not_there_or_says_nothing_is_tried_again(lab, http, message, monkeypatch):
    monkeypatch.setattr(mail, "SAY", 0.4)
    fields = {"host": "127.0.0.1", "security": "plain", "sender": "a@b.cn", "inside": "yes"}
    assert MAIL.send(http, fields | {"port": str(free_port())}, message, TO, "m").outcome == "RETRY"
    talks_http = MAIL.send(http, fields | {"port": str(lab.port)}, message, TO, "m")
    assert talks_http.outcome == "RETRY"


def test_a_server_inside_is_used_only_where_it_is_said_to_be(post, http, message):
    verdict = MAIL.send(http, mail_fields(post) | {"inside": "no"}, message, TO, "m")
    assert verdict.outcome == "STOP" and "内网地址" in verdict.note and not post.taken


@pytest.mark.parametrize("to", ["", "no address", "a@b", "a@b.cn, c@d.cn", "a@b.cn\r\nRCPT TO:<c@d.cn>", "<a@b.cn>"])
def test_what_is_no_address_is_not_sent_to(to, post, http, message):
    verdict = MAIL.send(http, mail_fields(post), message, Recipient("李四", "", to), "m")
    assert (verdict.outcome, verdict.scope) == ("RECIPIENT", "recipient") and not post.taken


def test_a_mailbox_that_does_not_exist(post, http, message):
    verdict = MAIL.send(http, mail_fields(post), message, Recipient("李四", "", BLOCKED), "m")
    assert verdict.outcome == "RECIPIENT" and BLOCKED not in verdict.note
