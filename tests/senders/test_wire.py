"""Out to addresses that may be called, back within bounds, and never a word about what is confidential."""

import gzip
import json
import logging
import socket
import ssl
import subprocess
import threading

import httpx
import pytest

from core.senders import SENDERS, Message
from core.senders.wire import LIMIT, Answer, call
from tests.lab.senders import SERVICES
from tests.processes import free_port
from tests.senders.conftest import TO


def test_where_nobody_listens_nothing_was_sent_and_it_is_tried_again(http):
    verdict = call(http, f"http://127.0.0.1:{free_port()}/", inside=True)
    assert verdict.outcome == "RETRY" and "没有发出" in verdict.note


def test_a_name_that_does_not_resolve_is_tried_again(http):
    assert call(http, "http://nowhere.invalid/").outcome == "RETRY"


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://10.0.0.1/",
    "http://192.168.1.1/", "http://169.254.169.254/latest", "http://[::ffff:127.0.0.1]:{port}/", "http://0.0.0.0:{port}/",
    "http://2130706433:{port}/", "http://100.64.1.1/",
])
def test_what_lies_inside_is_called_only_where_it_is_said_to(url, http, parrot):
    port = httpx.URL(parrot.url).port
    verdict = call(http, url.format(port=port))
    assert verdict.outcome == "STOP" and "内网地址" in verdict.note and not parrot.heard


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://example.com/", "file:///etc/passwd", "http://", "https:///x",
                                 "http://[bad/", "http://a b.cn/", "http://\u202e.cn:99999/", "http://x.cn:0x/"])
def test_what_is_no_address_is_told(url, http):
    assert call(http, url).outcome in ("STOP", "RETRY")


def test_redirects_are_not_followed(http, lab, parrot, message):
    for status in (301, 302, 307, 308):
        verdict = SENDERS["wecom"].send(
            http, {"address": lab.url(f"/redirect?to={parrot.url}&status={status}&key=1"), "inside": "yes"},
            message, TO, "m")
        assert verdict.outcome == "STOP" and "别的地址" in verdict.note
    assert not parrot.heard


def test_a_drip_of_bytes_holds_nobody_up(lab):
    verdict = call(httpx.Client(timeout=0.5), lab.url("/drip"), inside=True)
    assert verdict.outcome == "UNKNOWN"


def test_a_drip_in_the_head_of_an_answer_holds_nobody_up_either():
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip():
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                    while not stop.wait(0.05):
                        connection.sendall(b"x")
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        verdict = call(httpx.Client(timeout=0.5), f"http://127.0.0.1:{server.getsockname()[1]}/", inside=True)
        stop.set()
    assert verdict.outcome == "UNKNOWN" and "没有回答" in verdict.note


def test_an_endless_answer_is_not_read_to_its_end(lab, http):
    answer = call(http, lab.url("/endless"), inside=True)
    assert isinstance(answer, Answer) and answer.body == b""


@pytest.mark.parametrize("path", ["/gzip-bomb", "/broken-gzip", "/truncated-gzip", "/cut", "/html"])
def test_damaged_and_bloated_bodies_are_never_a_success(path, lab, http, message):
    verdict = SENDERS["wecom"].send(http, {"address": lab.url(f"{path}?key=1"), "inside": "yes"}, message, TO, "m")
    assert verdict.outcome == "UNKNOWN"
    answer = call(http, lab.url(path), inside=True)
    assert not isinstance(answer, Answer) or len(answer.body) <= LIMIT


def test_a_compressed_answer_is_read_all_the_same(parrot, http):
    parrot.body, parrot.headers = gzip.compress(b'{"errcode": 0}'), {"Content-Encoding": "gzip"}
    answer = call(http, parrot.url, inside=True)
    assert answer.json == {"errcode": 0}
    assert parrot.heard[0][1]["accept-encoding"] == "identity", "nothing compressed was asked for"


def test_a_connection_serves_one_call_and_cookies_are_not_sent_back(parrot, http):
    parrot.headers = {"Set-Cookie": "a=b; Path=/"}
    for _ in range(2):
        call(http, parrot.url, inside=True)
    assert [headers.get("cookie") for _, headers, _ in parrot.heard] == [None, None]
    assert {headers["connection"] for _, headers, _ in parrot.heard} == {"close"}
    assert parrot.heard[0][1]["host"] == httpx.URL(parrot.url).netloc.decode()


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(tmp_path, http):
    port, heard = _tls_server(tmp_path)
    verdict = call(http, f"https://localhost:{port}/", content=b"secret", inside=True)
    assert verdict.outcome == "STOP" and "证书" in verdict.note
    assert heard == []


def test_a_certificate_is_held_against_the_name_though_the_address_is_called(tmp_path):
    port, heard = _tls_server(tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    with httpx.Client(verify=trusting, timeout=20) as client:
        assert call(client, f"https://localhost:{port}/", inside=True).status == 200
        assert call(client, f"https://127.0.0.1:{port}/", inside=True).outcome == "STOP"
    assert heard == ["localhost"]


def _tls_server(folder) -> tuple[int, list]:
    """A server with a certificate of its own for localhost; notes the names that its callers asked for."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True)
    context, heard = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    names = []
    context.sni_callback = lambda sock, name, _: names.append(name)
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(2):
            try:
                connection, _ = server.accept()
                with context.wrap_socket(connection, server_side=True) as secure:
                    if secure.recv(65_536):
                        heard.append(names[-1])
                        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1], heard


@pytest.mark.parametrize("act", ["ok", "quota", "unsigned", "failure", "lost", "reset", "html", "502"])
@pytest.mark.parametrize("kind", SERVICES, ids=lambda kind: kind.kind)
def test_neither_secrets_nor_numbers_are_logged_or_told(kind, act, lab, send, caplog, capfd):
    service = lab.mount(kind())
    for name in ("", "httpx", "httpcore", "pulse"):
        caplog.set_level(logging.DEBUG, logger=name)
    verdict = send(service, act)
    fields, printed = service.sample(), capfd.readouterr()
    told = "\n".join([str(verdict), caplog.text, printed.out, printed.err, *(str(one.__dict__)
                                                                           for one in caplog.records)])
    for field in SENDERS[kind.kind].fields:
        if field.secret and field.name in fields:
            assert fields[field.name] not in told, field.name
    for piece in (TO.phone, TO.mail, TO.name, "lab-key", "lab-token", "lab-hook"):
        assert piece not in told, piece


def test_what_a_service_says_back_of_secrets_and_people_is_hidden(parrot, http, message):
    parrot.body = (b'{"errcode": 93000, "errmsg": "SECabcdef of 13800138000, +8613800138000 and '
                   b'zhangsan@district.gov.cn"}')
    verdict = SENDERS["dingtalk"].send(http, {
        "address": f"{parrot.url}?access_token=tok", "secret": "SECabcdef", "inside": "yes"}, message, TO, "m")
    assert "*** of 138****8000, +86138****8000 and z***@district.gov.cn" in verdict.note


def test_a_message_is_stored_as_json_and_comes_back_the_same(message):
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message
    with pytest.raises(ValueError, match="time zone"):
        Message.from_dict(message.to_dict() | {"at": "2026-11-27T09:00:00"})
    with pytest.raises(KeyError):
        Message.from_dict({"level": "red"})
